/* The documents say what the tables say: docs/rules.md has a section for every rule, docs/venvfix.1 and the
 * completions have every verb and option.
 *
 * `test_docs --print` writes the sections of docs/rules.md; tests/tools/option_docs.py the options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"

static char *read_doc(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s: not there (tests run from the top directory)", path);
    struct vf_buf b = {0};
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        vf_buf_put(&b, (struct vf_slice){part, n});
    (void)fclose(f);
    vf_buf_putc(&b, '\0');
    assert_false(b.failed);
    return b.p;
}

/* ---- rules ---- */

static void put_rule(struct vf_buf *out, const struct venvfix_rule *r)
{
    static const struct {
        const char *fix, *words;
    } fixes[] = {{"rewrite", "`fix`, `move` and `recreate` rewrite it"},
                 {"reinstall", "reinstalling the distribution"},
                 {"manual", "by hand"},
                 {"none", "nothing to be mended by venvfix"}};
    const char *words = "";
    for (size_t i = 0; i < sizeof fixes / sizeof *fixes; i++)
        if (!strcmp(fixes[i].fix, r->fix))
            words = fixes[i].words;
    vf_buf_printf(out, "### %s %s\n\n", r->id, r->name);
    vf_buf_printf(out, "*%s, usually %s; mended: %s.*\n\n", r->verdict, r->level, words);
    vf_buf_printf(out, "**What:** %s.\n\n", r->what);
    vf_buf_printf(out, "**Why:** %s\n\n", r->why);
    vf_buf_printf(out, "**How:** %s\n", r->how);
}

static void every_rule_has_its_section(void **state)
{
    (void)state;
    char *doc = read_doc("docs/rules.md");
    unsigned wrong = 0;
    for (size_t i = 0; i < venvfix_rule_count(); i++) {
        struct vf_buf req = {0};
        put_rule(&req, venvfix_rule_at(i));
        vf_buf_putc(&req, '\0');
        assert_false(req.failed);
        if (!strstr(doc, req.p))
            wrong++, (void)fprintf(stderr, "docs/rules.md does not hold:\n%s\n", req.p);
        vf_buf_release(&req);
    }
    assert_int_equal(wrong, 0);
    free(doc);
}

static void no_section_is_without_rule(void **state)
{
    (void)state;
    char *doc = read_doc("docs/rules.md");
    size_t n = 0;
    for (const char *at = doc; (at = strstr(at, "\n### VF")); at++, n++) {
        char id[6] = {0};
        memcpy(id, at + 5, 5);
        assert_non_null(venvfix_rule_find(id));
    }
    assert_int_equal(n, venvfix_rule_count());
    free(doc);
}

/* ---- options ---- */

/* The part of `doc` from `begin` to the next `end`; free() it. */
static char *part_of(const char *doc, const char *begin, const char *end)
{
    const char *at = strstr(doc, begin);
    if (!at)
        return NULL;
    const char *stop = strstr(at + strlen(begin), end);
    return strndup(at, stop ? (size_t)(stop - at) : strlen(at));
}

/* Is `word` in text, with nothing behind it that would make it another one? */
static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz-\\", at[n]) || (at[n] == '\\' && at[n + 1] == 'f'))
            return true;
    return false;
}

static unsigned expect(const char *doc, const char *text, const char *verb, const char *word)
{
    if (text && has_word(text, word))
        return 0;
    (void)fprintf(stderr, "%s: %s: no %s\n", doc, verb, word);
    return 1;
}

/* --dry-run as roff writes it */
static void roff_name(char out[80], const char *name)
{
    char *p = out;
    memcpy(p, "\\-\\-", 4);
    for (p += 4; *name; name++) {
        if (*name == '-')
            *p++ = '\\';
        *p++ = *name;
    }
    *p = 0;
}

static void man_page_has_every_option(void **state)
{
    (void)state;
    char *doc = read_doc("docs/venvfix.1"), *common = part_of(doc, "\n.SS Options of every verb\n", "\n.S");
    unsigned wrong = 0;
    for (size_t v = 0; vf_verbs[v]; v++) {
        char head[80], word[80];
        (void)snprintf(head, sizeof head, "\n.SS venvfix %s ", vf_verbs[v]->name);
        char *part = part_of(doc, head, "\n.SS");
        for (size_t i = 0; i < vf_verbs[v]->n_options; i++) {
            roff_name(word, vf_verbs[v]->options[i].name);
            wrong += !part || !has_word(common, word)
                         ? expect("docs/venvfix.1", part, vf_verbs[v]->name, word)
                         : 0;
        }
        free(part);
    }
    free(common);
    free(doc);
    assert_int_equal(wrong, 0);
}

static void completions_have_every_option(void **state)
{
    static const struct {
        const char *path, *begin, *end, *option;
    } shells[] = {{"docs/completions/venvfix.bash", "\n    %s) words=\"", "\n", "--%s"},
                  {"docs/completions/_venvfix", "\n    %s)\n", ";;", "--%s"},
                  {"docs/completions/venvfix.fish", "-a %s -d", "__fish_use_subcommand", "-l %s"}};
    unsigned wrong = 0;
    (void)state;
    for (size_t s = 0; s < sizeof shells / sizeof *shells; s++) {
        char *doc = read_doc(shells[s].path);
        for (size_t v = 0; vf_verbs[v]; v++) {
            struct vf_buf head = {0};
            const char *mark = strstr(shells[s].begin, "%s");
            vf_buf_put(&head, (struct vf_slice){shells[s].begin, (size_t)(mark - shells[s].begin)});
            vf_buf_printf(&head, "%s%s", vf_verbs[v]->name, mark + 2);
            vf_buf_putc(&head, '\0');
            char *part = part_of(doc, head.p, shells[s].end), word[80];
            for (size_t i = 0; i < vf_verbs[v]->n_options; i++) {
                size_t n = (size_t)(strstr(shells[s].option, "%s") - shells[s].option);
                (void)snprintf(word, sizeof word, "%.*s%s", (int)n, shells[s].option,
                               vf_verbs[v]->options[i].name);
                wrong += expect(shells[s].path, part, vf_verbs[v]->name, word);
            }
            free(part);
            vf_buf_release(&head);
        }
        free(doc);
    }
    assert_int_equal(wrong, 0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--print")) {
        struct vf_buf b = {0};
        for (size_t i = 0; i < venvfix_rule_count(); i++, vf_buf_putc(&b, '\n'))
            put_rule(&b, venvfix_rule_at(i));
        bool ok = !b.failed && fwrite(b.p, 1, b.n, stdout) == b.n;
        vf_buf_release(&b);
        return ok ? 0 : 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_its_section), cmocka_unit_test(no_section_is_without_rule),
        cmocka_unit_test(man_page_has_every_option), cmocka_unit_test(completions_have_every_option)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
