/* VF2xx: scripts. */
#include "rule_case.h"

#define META  "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
#define ENTRY META, "{D}/entry_points.txt|[console_scripts]\ntool = demo:main\n"

static const struct rule_case cases[] = {
    {"VF201",
     "bin/x",
     0,
     {"bin/x*|#!{E}/bin/python\nprint(1)\n"},
     {"bin/x*|#!{E}2/bin/python\nprint(1)\n"},
     NULL},
    {"VF201",
     "bin/x",
     0,
     {"bin/x*|#!{E}/bin/python -sE\nprint(1)\n"},
     {"bin/x*|#!/x{E}/bin/python -sE\nprint(1)\n"},
     NULL},
    {"VF201",
     "bin/x",
     RC_ONE_WAY,
     {"bin/x*|#!/bin/sh\n'''exec' '{E}/bin/python' \"$0\" \"$@\"\n' '''\nprint(1)\n"},
     {"bin/x*|#!/bin/sh\necho python \"$0\" \"$@\"\nprint(1)\n"},
     NULL},
    {"VF203",
     "bin/x",
     0,
     {"bin/x*|#!{OLD}/bin/python3\nprint(1)\n"},
     {"bin/x*|#!{E}/bin/python3\nprint(1)\n"},
     NULL},
    {"VF203", "bin/x", 0, {"bin/x*|#!{E}/bin/python3.99\nprint(1)\n"}, {"bin/x*|#!/bin/sh\necho\n"}, NULL},
    {"VF203",
     "bin/x",
     RC_NO_FIX,
     {"bin/x*|#!{T}/gone/perl\nprint(1)\n"},
     {"bin/x*|#!{PY}\nprint(1)\n"},
     NULL},
    {"VF204",
     "bin/x",
     0,
     {"bin/x*|#!{LIVE}/bin/python\nprint(1)\n"},
     {"bin/x*|#!{OUT}/bin/python\nprint(1)\n"},
     NULL},
    {"VF203",
     "bin/x",
     RC_NO_FIX,
     {"bin/x*|#!{T}/gone/perl\nprint 1\n", "{D}/METADATA|Name: demo\nVersion: 1.0\n",
      "{D}/RECORD|../../../bin/x,,\n"},
     {"bin/x*|#!/bin/sh\n", "{D}/METADATA|Name: demo\nVersion: 1.0\n", "{D}/RECORD|../../../bin/x,,\n"},
     NULL},
    {"VF205", "bin/x", 0, {"bin/x*|#!{PY}\nprint(1)\n"}, {"bin/x*|#!/bin/sh\n"}, NULL},
    /* the base is missing: its scripts wait for it */
    {"VF205",
     "bin/x",
     0,
     {"pyvenv.cfg|home = {T}/base/bin\n", "bin/x*|#!{T}/base/bin/python3\n"},
     {"pyvenv.cfg|home = {T}/base/bin\n", "bin/x*|#!{T}/gone/bin/python3\n"},
     NULL},
    {"VF206", "bin/x", 0, {"bin/x*|#!/usr/bin/env python3\n"}, {"bin/x*|#!/usr/bin/env perl\n"}, NULL},
    {"VF207", "bin/x", 0, {"bin/x*|#!python\nprint(1)\n"}, {"lib/x*|#!python\nprint(1)\n"}, NULL},
    {"VF208",
     "bin/x",
     0,
     {"bin/x*|#!{E}{/260}bin/python\nprint(1)\n"},
     {"bin/x*|#!{E}{/100}bin/python\nprint(1)\n"},
     NULL},
    {"VF209",
     "bin/x",
     0,
     {META, "bin/x|#!/opt/nowhere/bin/python2\n", "{D}/RECORD|../../../bin/x,,\n{D}/RECORD,,\n"},
     {"bin/x*|#!/opt/nowhere/bin/python2\n"},
     NULL},
    {"VF210",
     "bin/x",
     0,
     {"bin/x*|#!{E}/bin/python{CR}\nprint(1)\n"},
     {"bin/x*|#!{E}/bin/python\nprint(1){CR}\n"},
     NULL},
    {"VF210", "bin/x", 0, {"bin/x*|\xEF\xBB\xBF#!{E}/bin/python\nprint(1)\n"}, {"bin/x*|print(1)\n"}, NULL},
    {"VF211",
     "bin/tool",
     0,
     {ENTRY, "bin/tool|#!{E}/bin/python\n", "{D}/RECORD|../../../bin/tool,,\n"},
     {ENTRY, "bin/tool*|#!{E}/bin/python\n", "{D}/RECORD|../../../bin/tool,,\n"},
     NULL},
    {"VF212",
     "bin/x",
     0,
     {"bin/x*|#!/bin/sh\ncat {E}/etc/conf\n"},
     {"bin/x*|#!/bin/sh\ncat {E}.d/etc/conf /a{E}/b\n"},
     NULL},
    {"VF213",
     "bin/x",
     0,
     {"bin/x*|#!/bin/sh\ncat {OLD}/etc/conf\n"},
     {"bin/x*|#!/bin/sh\ncat {OLD}er/etc/conf\n"},
     NULL},
    {"VF214",
     "bin/x",
     0,
     {"etc/conf|x", "bin/x*|#!/bin/sh\ncat {LIVE}/etc/conf\n"},
     {"bin/x*|#!/bin/sh\ncat {LIVE}ly/etc/conf\n"},
     NULL},
    {"VF215",
     "bin/tool",
     0,
     {ENTRY, "{D}/RECORD|demo.py,,\n"},
     {ENTRY, "{D}/RECORD|../../../bin/tool,,\n"},
     NULL},
    {"VF218",
     "bin/x",
     RC_HASHES,
     {"bin/x*|#!/bin/sh\n"},
     {"bin/x*|#!/bin/sh\n", "bin/activate_this.py*|x",
      "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n", "{D}/RECORD|../../../bin/x,,\n"},
     NULL},
    {"VF218", "bin/x", RC_HASHES, {"bin/x*|#!/bin/sh\n"}, {"bin/x|data"}, NULL},
    {"VF216",
     "bin/x",
     0,
     {"bin/x*|#!{E}{/120}bin/python\nprint(1)\n"},
     {"bin/x*|#!{E}{/20}bin/python\nprint(1)\n"},
     NULL},
};

static const char *const waiting[] = {NULL};

static void every_case(void **state)
{
    rc_run(*state, cases, sizeof cases / sizeof *cases);
}

static void none_is_forgotten(void **state)
{
    (void)state;
    rc_all_hit(cases, sizeof cases / sizeof *cases, '2', waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(every_case), cmocka_unit_test(none_is_forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
