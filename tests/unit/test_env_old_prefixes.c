/* Which places an environment calls its own: by vote of what installers and tools wrote, never by what a
 * publisher's script names. */
#include <stdlib.h>

#include "env_fixture.h"

#define META "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"

static const struct {
    const char *lines[EF_LINES], *prefix; /* NULL: none */
    unsigned votes;
} table[] = {
    {{"bin/activate|VIRTUAL_ENV='{OLD}'\nexport VIRTUAL_ENV\n"}, "{OLD}", 1},
    {{"bin/a*|#!{OLD}/bin/python\n", "bin/b*|#!{OLD}/bin/python3\n"}, "{OLD}", 2},
    {{"bin/a*|#!{OLD}/libexec/python\n"}, NULL, 0},
    {{"bin/a*|#!/usr/bin/python3\n"}, NULL, 0},
    {{"bin/a*|#!{E}/bin/python\n"}, NULL, 0},
    {{META, "bin/a*|#!{OLD}/bin/python\n", "{D}/RECORD|../../../bin/a,,\n"}, NULL, 0},
    {{META, "{D}/RECORD|{OLD}/{S}/demo.py,,\n"}, "{OLD}", 1},
    {{"pyvenv.cfg|home = {HOME}\ncommand = {PY} -m venv {OLD}\n"}, "{OLD}", 1},
    {{"share/jupyter/kernels/k/kernel.json|{\"argv\": [\"{OLD}/bin/python\"]}"}, "{OLD}", 1},
    {{"share/b|x", "share/a@|{OLD}/share/b"}, "{OLD}", 1},
    {{"share/a@|{OUT}/thing"}, NULL, 0},
    /* a link into the cache that its file came from, and into a tree that is there and is no environment */
    {{"bin/t|x", "{S}/t/data/bin/t@|{OLD}/t/data/bin/t"}, NULL, 0},
    {{"share/thing|x", "etc/a@|{OUT}/share/thing"}, NULL, 0},
    {{"etc/conf|root={OLD}\n"}, NULL, 0},
    /* the prefix of the base is none of the environment's, whether or not it exists */
    {{"bin/a*|#!{OLD}/bin/python\n", "pyvenv.cfg|home = {OLD}/bin\n"}, NULL, 0},
    {{"bin/a*|#!{OLD}/bin/python\n", "pyvenv.cfg|home = {OLD}\n"}, NULL, 0},
    {{"bin/a*|#!{OLD}/bin/python\n", "pyvenv.cfg|home = {HOME}\nexecutable = {OLD}/bin/python3.9\n"},
     NULL,
     0},
    {{"bin/a*|#!{OLD}/bin/python\n", "pyvenv.cfg|home = {HOME}\nbase-prefix = {OLD}\n"}, NULL, 0},
    {{"bin/a*|#!{OLD}/bin/python\n", "pyvenv.cfg|home = {HOME}\nbase-exec-prefix = {OLD}\n"}, NULL, 0},
    {{"bin/a*|#!{OLD}/bin/python\n", "pyvenv.cfg|home = {HOME}\nbase-executable = {OLD}/bin/py\n"}, NULL, 0},
    {{"{S}/../orig-prefix.txt|{OLD}", "bin/a*|#!{OLD}/bin/python\n"}, NULL, 0},
    {{"pyvenv.cfg|home = {OUT}/gone\n", "bin/python@|{OLD}/bin/python3", "bin/a*|#!{OLD}/bin/python\n"},
     NULL,
     0},
    /* but an activate file says whose prefix it is */
    {{"bin/activate|VIRTUAL_ENV='{OLD}'\nexport VIRTUAL_ENV\n", "pyvenv.cfg|home = {OLD}/bin\n"}, "{OLD}", 1},
    /* redirected into the old environment, while home names the base */
    {{"bin/python@|{OLD}/bin/python3", "bin/a*|#!{OLD}/bin/python\n"}, "{OLD}", 1},
};

static void votes(void **state)
{
    struct envfix *f = *state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct venvfix_check_result r;
        ef_reset(f);
        ef_lines(f, table[i].lines);
        assert_true(ef_check(f, &(struct ef_check){.alone = true}, &r) < 2);
        assert_int_equal(r.n_old_places, table[i].prefix ? 1 : 0);
        if (table[i].prefix) {
            char *prefix = ef_text(f, table[i].prefix, NULL);
            assert_string_equal(r.old_places[0].path.p, prefix);
            assert_int_equal(r.old_places[0].votes, table[i].votes);
            assert_false(r.old_places[0].exists);
            free(prefix);
        }
        venvfix_check_free(&r);
    }
}

/* The same bytes whatever the number of workers; a sound environment has nothing to say but that it needs its
 * base. */
static void nothing_wrong(void **state)
{
    struct envfix *f = *state;
    for (unsigned jobs = 1; jobs < 5; jobs++) {
        struct venvfix_check_result r;
        assert_int_equal(ef_check(f, &(struct ef_check){.alone = true, .jobs = jobs}, &r), 0);
        assert_true(r.sound && r.movable == 1 && r.self_contained);
        assert_int_equal(r.findings.n, 1);
        assert_string_equal(r.findings.v[0].rule, "VF106");
        venvfix_check_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(votes), EF_TEST(nothing_wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
