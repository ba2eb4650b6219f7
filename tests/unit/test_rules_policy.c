/* Which rules count: the longer word wins, --ignore wins between equal ones, levels follow the same order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules/policy.h"

struct want {
    const char *select, *ignore, *level;
    const char *left; /* "201i 203e": rules of the three findings that stay, with their levels */
};

static void add(struct vf_findings *f, const char *id)
{
    enum vf_rule rule;
    assert_true(vf_rule_find(vf_slice_of(id), &rule));
    assert_non_null(vf_findings_add(f, rule, VF_S("x")));
}

static void run(const struct want *w)
{
    struct vf_arena a;
    struct vf_err err;
    struct vf_policy p;
    char got[64] = "";
    vf_arena_init(&a);
    vf_err_init(&err);
    struct vf_findings f = {.a = &a};
    add(&f, "VF201"); /* warning */
    add(&f, "VF203"); /* error */
    add(&f, "VF720"); /* info */
    vf_policy_init(&p);
    if (w->select)
        assert_int_equal(vf_policy_select(&p, vf_slice_of(w->select), &err), VF_OK);
    if (w->ignore)
        assert_int_equal(vf_policy_ignore(&p, vf_slice_of(w->ignore), &err), VF_OK);
    if (w->level)
        assert_int_equal(vf_policy_level(&p, vf_slice_of(w->level), &err), VF_OK);
    size_t before = f.v.n, removed = vf_policy_apply(&p, &f);
    assert_int_equal(before - removed, f.v.n);
    for (size_t i = 0; i < f.v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(&f, i);
        const char word[] = {vf_rule_info(fi->rule)->id[2],
                             vf_rule_info(fi->rule)->id[3],
                             vf_rule_info(fi->rule)->id[4],
                             vf_level_name(fi->level)[0],
                             ' ',
                             '\0'};
        strcat(got, word);
    }
    if (strcmp(got, w->left) != 0)
        fail_msg("select %s ignore %s level %s: %s", w->select, w->ignore, w->level, got);
    vf_err_release(&err);
    vf_arena_release(&a);
}

static void the_longer_word_wins(void **state)
{
    static const struct want table[] = {
        {NULL, NULL, NULL, "201w 203e 720i "},
        {"VF2", NULL, NULL, "201w 203e "},
        {NULL, "VF2", NULL, "720i "},
        {"VF203", "VF2", NULL, "203e "},
        {"VF2", "VF203", NULL, "201w "},
        {"VF2", "VF2", NULL, ""},
        {"script-bound, vf720", NULL, NULL, "201w 720i "},
        {NULL, "VF", NULL, ""},
        {"VF201", "VF", NULL, "201w "},
        {NULL, NULL, "VF2=info", "201i 203i 720i "},
        {NULL, NULL, "VF=info,VF203=warning", "201i 203w 720i "},
        {NULL, NULL, "VF203=warning,VF=info", "201i 203w 720i "},
        {NULL, "VF201", "script-dangling=info", "203i 720i "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        run(&table[i]);
}

static void what_names_no_rule_is_refused(void **state)
{
    static const char *const words[] = {"VF999", "VF2,nothing", "201", "script"};
    static const char *const levels[] = {"VF201", "VF201=loud", "VF999=error", "=error"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct vf_policy p;
        struct vf_err err;
        vf_err_init(&err);
        vf_policy_init(&p);
        assert_int_equal(vf_policy_select(&p, vf_slice_of(words[i]), &err), VF_USAGE);
        vf_err_clear(&err);
        assert_int_equal(vf_policy_ignore(&p, vf_slice_of(words[i]), &err), VF_USAGE);
        vf_err_clear(&err);
        assert_int_equal(vf_policy_level(&p, vf_slice_of(levels[i]), &err), VF_USAGE);
        vf_err_release(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_longer_word_wins),
                                       cmocka_unit_test(what_names_no_rule_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
