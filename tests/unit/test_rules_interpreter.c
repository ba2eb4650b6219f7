/* VF1xx: the interpreter and pyvenv.cfg. */
#include <stdio.h>
#include <stdlib.h>

#include "elf_fixture.h"
#include "rule_case.h"

#define CFG   "pyvenv.cfg|home = {HOME}\ninclude-system-site-packages = false\nversion = {V}.1\n"
#define CFG_H "include-system-site-packages = false\nversion = {V}.1\n"

static const struct rule_case cases[] = {
    {"VF101", "pyvenv.cfg", 0, {"pyvenv.cfg|home = {T}/gone\n" CFG_H}, {CFG}, NULL},
    {"VF102", "bin/python", 0, {"bin/python@|{T}/gone/python3"}, {"bin/python@|{PY}"}, NULL},
    {"VF103", "bin/python", 0, {"bin/python@|{OUT}/thing"}, {"bin/python@|{PY}"}, NULL},
    {"VF103", "bin/python", 0, {"bin/python@|{OUT}"}, {"bin/python@|{T}/gone"}, NULL},
    {"VF104",
     "bin/python",
     0,
     {"lib/python{V}-|", "lib/python3.1/site-packages/|"},
     {"lib/python{V}-|", "lib/python{V}/site-packages/|"},
     NULL},
    {"VF105",
     "pyvenv.cfg",
     0,
     {"{T}/two/lib/python{V}/os.py|", "{T}/two/bin/|", "pyvenv.cfg|home = {T}/two/bin\n" CFG_H},
     {CFG},
     NULL},
    {"VF106", "bin/python", 0, {CFG}, {"bin/python@|{T}/gone/python3"}, NULL},
    {"VF107",
     "bin/python",
     0,
     {"{T}/Cellar/python@3/bin/python3@|{PY}", "bin/python@|{T}/Cellar/python@3/bin/python3"},
     {"{T}/Cellar2/python@3/bin/python3@|{PY}", "bin/python@|{T}/Cellar2/python@3/bin/python3"},
     NULL},
    {"VF108",
     "pyvenv.cfg",
     0,
     {"pyvenv.cfg-|", "bin/activate|VIRTUAL_ENV='{E}'\n"},
     {"bin/activate|VIRTUAL_ENV='{E}'\n"},
     NULL},
    {"VF109", "pyvenv.cfg", 0, {CFG "prompt = a{FF}\n"}, {CFG "prompt = \xC3\xA4\n"}, NULL},
    {"VF110",
     "pyvenv.cfg",
     0,
     {"pyvenv.cfg|home = {HOME}{CR}" CFG_H},
     {"pyvenv.cfg|home = {HOME}{CR}\n" CFG_H},
     NULL},
    {"VF111", "pyvenv.cfg", 0, {CFG "version = 3.2\n"}, {CFG "versions = 3.2\n"}, NULL},
    {"VF112",
     "pyvenv.cfg",
     0,
     {CFG "command = {PY} -m venv {OLD}\n"},
     {CFG "command = {PY} -m venv {E}\n"},
     NULL},
    {"VF113",
     "bin/pyvenv.cfg",
     0,
     {"bin/pyvenv.cfg|home = {HOME}\n"},
     {"bin/pyvenv.cfg.bak|home = {HOME}\n"},
     NULL},
    {"VF114", "pyvenv.cfg", 0, {"pyvenv.cfg|home = \"{HOME}\"\n" CFG_H}, {CFG}, NULL},
    {"VF114", "pyvenv.cfg", RC_NO_FIX, {"pyvenv.cfg|home = bin\n" CFG_H}, {CFG}, NULL},
    {"VF115",
     "pyvenv.cfg",
     0,
     {"pyvenv.cfg|home = {E}/bin\n" CFG_H},
     {"pyvenv.cfg|home = {E}2/bin\n" CFG_H},
     NULL},
    {"VF116",
     "pyvenv.cfg",
     0,
     {"pyvenv.cfg|home = {HOME}\ninclude-system-site-packages = true\n"},
     {CFG},
     NULL},
    {"VF116", "pyvenv.cfg", 0, {"pyvenv.cfg|home = {HOME}\n"}, {CFG}, NULL},
    {"VF118", "lib64", 0, {"lib64-|", "lib64/python{V}/site-packages/|"}, {"lib64@|lib"}, NULL},
    {"VF119", "lib64", RC_ONE_WAY, {"lib64@|{E}/lib"}, {"lib64@|lib"}, NULL},
    {"VF120",
     "bin/python",
     0,
     {"{T}/shims/python3*|#!/bin/sh\nexec {PY} \"$@\"\n", "bin/python@|{T}/shims/python3"},
     {"{T}/shims/python3@|{PY}", "bin/python@|{T}/shims/python3"},
     NULL},
    {"VF121",
     "pyvenv.cfg",
     0,
     {CFG "base-executable = {T}/gone/python3\n"},
     {CFG "base-executable = {PY}\n"},
     NULL},
    {"VF122", "pyvenv.cfg", 0, {CFG "tool-cache = {E}/cache\n"}, {CFG "tool-cache = {E}2/cache\n"}, NULL},
    {"VF123",
     "pyvenv.cfg",
     0,
     {CFG "extends-environment = {OUT}\n"},
     {CFG "extended-environment = {OUT}\n"},
     NULL},
    {"VF124", "pyvenv.cfg", 0, {CFG "tool-cache = {OLD}/cache\n"}, {CFG "tool-cache = {OLD}2/cache\n"}, NULL},
    {"VF125", "bin/python3", RC_ONE_WAY, {"bin/python3@|{E}/bin/python"}, {"bin/python3@|python"}, NULL},
    {"VF126", "bin/python3", 0, {"bin/python3@|{LIVE}/bin/python"}, {"bin/python3@|{PY}"}, NULL},
    {"VF120",
     "bin/python",
     0,
     {"{T}/wrap/python3*|#!/bin/sh\nexec {PY} \"$@\"\n", "bin/python@|{T}/wrap/python3"},
     {"{T}/wrap/python3@|{PY}", "bin/python@|{T}/wrap/python3"},
     NULL},
    {"VF131",
     "bin/python",
     0,
     {"{T}/no/python3*|no program", "bin/python@|{T}/no/python3"},
     {"{T}/no/python3@|{PY}", "bin/python@|{T}/no/python3"},
     NULL},
    {"VF134", "bin/python", 0, {"bin/python@|python3"}, {"bin/python@|{PY}"}, NULL},
    {"VF134", "bin/python", 0, {"bin/python@|{E}/bin/python"}, {"bin/python@|{PY}"}, NULL},
    {"VF127", "bin/python", 0, {"bin/python-|", "bin/python3-|"}, {"bin/python3-|"}, NULL},
};

/* No text can stand for a program: tests of their own, below and in test_rules_start.c. */
static const char *const waiting[] = {
    "VF117", "VF128", "VF129", "VF130", "VF132", "VF133", "VF135", "VF136", /* e2e/test_targets.py */ NULL};

/* {E}/bin/python is a program, larger than any script, that needs this library and looks for it here. */
static void write_program(struct envfix *f, const char *library, const char *runpath)
{
    struct elf_image file;
    elf_image(&file, library, runpath, NULL);
    ef_write(f, "bin/python-|");
    ef_write(f, "bin/python*|");
    char *path = ef_text(f, "{E}/bin/python", NULL);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(&file, sizeof file, 1, out), 1);
    assert_int_equal(fclose(out), 0);
    free(path);
}

/* How loud VF117 is: 0 not at all, 1 info, 2 warning. */
static int needs_library(struct envfix *f, const char *library, const char *runpath)
{
    struct venvfix_check_result r;
    char *dir = ef_text(f, runpath, NULL);
    write_program(f, library, dir);
    free(dir);
    assert_true(ef_check(f, &(struct ef_check){.alone = true}, &r) < 2);
    int loud = 0;
    for (size_t i = 0; i < r.findings.n; i++)
        if (!strcmp(r.findings.v[i].rule, "VF117"))
            loud = strcmp(venvfix_level_name(r.findings.v[i].level), "info") ? 2 : 1;
    venvfix_check_free(&r);
    return loud;
}

/* pyvenv.cfg of `venv --upgrade` says the version of the Python that ran it. */
static void version(void **state)
{
    struct envfix *f = *state;
    static const char *const lines[] = {
        "pyvenv.cfg|home = {HOME}\ninclude-system-site-packages = false\nversion = 3.3.1\n", CFG};
    static const char *const req[] = {"{V}", "{V}.1"};
    for (int i = 0; i < 2; i++) {
        struct venvfix_check_result r;
        char *text = ef_text(f, req[i], NULL);
        ef_write(f, lines[i]);
        assert_true(ef_check(f, &(struct ef_check){.alone = true}, &r) < 2);
        assert_string_equal(r.python.p, text);
        free(text);
        venvfix_check_free(&r);
    }
}

static void library(void **state)
{
    struct envfix *f = *state;
    ef_write(f, "{OUT}/lib/libpython3.so|x");
    ef_write(f, "lib/libpython3.so|x");
    assert_int_equal(needs_library(f, "libpython3.so", "{T}/gone:{OUT}/lib"), 1);
    assert_int_equal(needs_library(f, "libpython3.so", "{T}/gone"), 2);
    assert_int_equal(needs_library(f, "libpython3.so", "$ORIGIN/../lib"), 0); /* its own */
    assert_int_equal(needs_library(f, "libm.so.6", "{OUT}/lib"), 0);
}

static void every_case(void **state)
{
    rc_run(*state, cases, sizeof cases / sizeof *cases);
}

static void none_is_forgotten(void **state)
{
    (void)state;
    rc_all_hit(cases, sizeof cases / sizeof *cases, '1', waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(every_case), EF_TEST(library), EF_TEST(version),
                                       cmocka_unit_test(none_is_forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
