/* VF1xx: the interpreter and pyvenv.cfg. */
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
    {"VF105", "pyvenv.cfg", 0, {"pyvenv.cfg|home = {OUT}\n" CFG_H}, {CFG}, NULL},
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
    {"VF127", "bin/python", 0, {"bin/python-|", "bin/python3-|"}, {"bin/python3-|"}, NULL},
};

/* It takes a program of its own, linked against a libpython: no text can stand for that. */
static const char *const waiting[] = {"VF117", NULL};

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
    const struct CMUnitTest tests[] = {EF_TEST(every_case), cmocka_unit_test(none_is_forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
