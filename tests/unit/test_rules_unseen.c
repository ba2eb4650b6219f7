/* A directory outside of the environment that this user may not search: what lies behind it is not missing.
 * For each kind of reference VF135 says so, and the rule that says "missing" is there only when the directory
 * is open and empty. Nothing is rewritten meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "env_fixture.h"

#define PROJECT_RECORD                                                                                       \
    "{D}/RECORD|demo.py,,\ndemo-1.0.dist-info/direct_url.json,,\ndemo-1.0.dist-info/RECORD,,\n"

static const struct {
    const char *file, *lines[3], *missing;
} cases[] = {
    {"{S}/a.pth", {"{S}/a.pth|{T}/shut/src\n"}, "VF402"},
    {"{S}/a.pth", {"{S}/a.pth|../../../../shut/src\n"}, "VF402"},
    {"{D}/direct_url.json",
     {"{D}/direct_url.json|{\"url\": \"file://{T}/shut/p\", \"dir_info\": {\"editable\": true}}",
      "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n", PROJECT_RECORD},
     "VF522"},
    {"bin/host", {"bin/host*|#!{T}/shut/py/bin/python3\n"}, "VF203"},
    {"bin/shell", {"bin/shell*|#!{T}/shut/sh\n"}, "VF203"},
    {"bin/tool", {"bin/tool@|{T}/shut/tool"}, "VF803"},
    {"etc/data", {"etc/data@|{T}/shut/data"}, "VF803"},
    {"etc/data", {"etc/data@|../../shut/data"}, "VF803"},
    {"share/jupyter/kernels/k/kernel.json",
     {"share/jupyter/kernels/k/kernel.json|{\"argv\": [\"{T}/shut/py/bin/python\", \"-m\", \"ipykernel\"], "
      "\"display_name\": \"k\", \"language\": \"python\"}\n"},
     "VF702"},
    {"pyvenv.cfg",
     {"pyvenv.cfg|home = {T}/shut/bin\ninclude-system-site-packages = false\nversion = {V}.1\n"},
     "VF101"},
};

static void shut(struct envfix *f, mode_t mode)
{
    char *dir = ef_text(f, "{T}/shut", NULL);
    ef_write(f, "{T}/shut/|");
    assert_int_equal(chmod(dir, mode), 0);
    free(dir);
}

static void check(struct envfix *f, struct venvfix_check_result *r)
{
    box_as_nobody(f->box);
    (void)ef_check(f, &(struct ef_check){.alone = true, .at = f->env, .jobs = 1}, r);
    box_as_root();
    assert_null(r->error.code);
}

/* A dry run says what it would write. */
static void rewrites_nothing(struct envfix *f, const char *file)
{
    struct venvfix_change_result r;
    box_as_nobody(f->box);
    int code = ef_change(f, VENVFIX_FIX, f->env, NULL, true, &r);
    box_as_root();
    if (code != 2 && strstr(r.diff.p ? r.diff.p : "", file)) {
        (void)fprintf(stderr, "%s\n", r.diff.p);
        fail();
    }
    venvfix_change_free(&r);
}

static void a_shut_directory_is_not_a_missing_one(void **state)
{
    struct envfix *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct venvfix_check_result r;
        char *file = ef_text(f, cases[i].file, NULL);
        ef_reset(f);
        for (size_t k = 0; k < 3 && cases[i].lines[k]; k++)
            ef_write(f, cases[i].lines[k]);
        shut(f, 0700);
        check(f, &r);
        if (ef_count(&r.findings, "VF135", file) != 1 || ef_count(&r.findings, cases[i].missing, file)) {
            (void)fprintf(stderr, "case %zu, %s:\n", i, file);
            ef_show(&r.findings);
        }
        assert_int_equal(ef_count(&r.findings, "VF135", file), 1);
        assert_int_equal(ef_count(&r.findings, "VF135", NULL), 1); /* and no other finding for the same */
        assert_int_equal(ef_count(&r.findings, cases[i].missing, file), 0);
        assert_int_equal(r.unexamined, 1);
        venvfix_check_free(&r);
        rewrites_nothing(f, file);
        shut(f, 0755);
        check(f, &r);
        if (!ef_count(&r.findings, cases[i].missing, file)) {
            (void)fprintf(stderr, "case %zu, %s, open:\n", i, file);
            ef_show(&r.findings);
        }
        assert_int_equal(ef_count(&r.findings, "VF135", NULL), 0);
        assert_true(ef_count(&r.findings, cases[i].missing, file) > 0);
        assert_int_equal(r.unexamined, 0);
        venvfix_check_free(&r);
        free(file);
    }
}

static char *planned(struct envfix *f)
{
    struct venvfix_change_result r;
    box_as_nobody(f->box);
    assert_int_equal(ef_change(f, VENVFIX_FIX, f->env, NULL, true, &r), 0);
    box_as_root();
    char *diff = strdup(r.diff.p ? r.diff.p : "");
    venvfix_change_free(&r);
    assert_non_null(diff);
    return diff;
}

/* A shebang alone does not make a path that cannot be examined an old path of the environment: a Python of
 * the host may be there. What only an installer writes into an environment does. */
static void an_old_path_that_is_shut(void **state)
{
    struct envfix *f = *state;
    struct venvfix_check_result r;
    ef_write(f, "bin/run*|#!{T}/shut/E/bin/python3\n");
    shut(f, 0700);
    char *diff = planned(f);
    assert_string_equal(diff, "");
    free(diff);
    ef_write(f, "bin/activate|VIRTUAL_ENV={T}/shut/E\nexport VIRTUAL_ENV\n");
    diff = planned(f);
    assert_non_null(strstr(diff, "bin/run"));
    assert_non_null(strstr(diff, "bin/activate"));
    free(diff);
    check(f, &r);
    assert_int_equal(ef_count(&r.findings, "VF203", "bin/run"), 1);
    for (size_t i = 0; i < r.findings.n; i++)
        assert_null(strstr(r.findings.v[i].message.p, "does not exist"));
    venvfix_check_free(&r);
}

/* What the old path may hold and this environment has not is left. */
static void a_file_of_an_old_path_that_is_shut(void **state)
{
    struct envfix *f = *state;
    struct venvfix_change_result r;
    ef_write(f, "bin/activate|VIRTUAL_ENV={T}/shut/E\nexport VIRTUAL_ENV\n");
    ef_write(f, "etc/conf|a = {T}/shut/E/etc/other\n");
    shut(f, 0700);
    box_as_nobody(f->box);
    assert_int_equal(ef_change(f, VENVFIX_FIX, f->env, NULL, true, &r), 2);
    box_as_root();
    assert_non_null(strstr(r.error.message.p, "could not be examined"));
    venvfix_change_free(&r);
    shut(f, 0755);
    char *diff = planned(f);
    assert_non_null(strstr(diff, "etc/conf"));
    free(diff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(a_shut_directory_is_not_a_missing_one),
                                       EF_TEST(an_old_path_that_is_shut),
                                       EF_TEST(a_file_of_an_old_path_that_is_shut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
