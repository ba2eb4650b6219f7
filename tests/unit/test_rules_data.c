/* VF7xx: data and configuration. */
#include "rule_case.h"

#define KERNEL "share/jupyter/kernels/k/kernel.json"
#define SPEC(program)                                                                                        \
    KERNEL "|{\"argv\": [\"" program                                                                         \
           "\", \"-m\", \"ipykernel\"], \"display_name\": \"k\", \"language\": \"python\"}\n"
#define META  "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
#define OWNED "{D}/RECORD|demo.py,{sha:{S}/demo.py},\ndemo-1.0.dist-info/RECORD,,\n"

static const struct rule_case cases[] = {
    {"VF701", KERNEL, 0, {SPEC("{E}/bin/python")}, {SPEC("python")}, NULL},
    {"VF702", KERNEL, 0, {SPEC("{OLD}/bin/python")}, {SPEC("{E}/bin/python")}, NULL},
    {"VF702", KERNEL, RC_NO_FIX, {SPEC("{T}/gone/perl")}, {SPEC("{OUT}/thing")}, NULL},
    {"VF703", KERNEL, 0, {SPEC("{LIVE}/bin/python")}, {SPEC("{PY}")}, NULL},
    {"VF704", KERNEL, 0, {SPEC("{PY}")}, {SPEC("{OUT}/thing")}, NULL},
    {"VF711",
     "etc/conf",
     0,
     {"etc/conf|root={E}\ndata={E}/etc/conf\n"},
     {"etc/conf|root={E}2\ndata=/x{E}/etc/conf\n"},
     NULL},
    {"VF712",
     "etc/conf",
     0,
     {"etc/conf|root={OLD}\ndata={OLD}/etc/conf\n"},
     {"etc/conf|root={OLD}-er/etc/conf\n"},
     NULL},
    {"VF713", "etc/conf", 0, {"etc/conf|root={LIVE}\n"}, {"etc/conf|root={LIVE}_2\n"}, NULL},
    {"VF714",
     "notes.txt",
     0,
     {"notes.txt|see /zzq-venvfix/there\n"},
     {"notes.txt|see /zzq-venvfixed/there\n"},
     "/zzq-venvfix"},
    {"VF723", ".project", 0, {".project|{OLD}/src\n"}, {".project|{OUT}\n"}, NULL},
    {"VF723", ".project", 0, {".project|{LIVE}\n"}, {".project|<p>{LIVE}</p>\n"}, NULL},
    {"VF725",
     "lib/pkgconfig/demo.pc",
     0,
     {"lib/pkgconfig/demo.pc|prefix={T}/build\nlibdir=${prefix}/lib\n"},
     {"lib/pkgconfig/demo.pc|prefix=${pcfiledir}/..\nlibdir=${prefix}/lib\n"},
     NULL},
    {"VF725",
     "lib/pkgconfig/demo.pc",
     0,
     {"lib/pkgconfig/demo.pc|prefix={T}/build\n"},
     {"lib/pkgconfig/demo.pc|prefix={OUT}\n"},
     NULL},
    {"VF724",
     "src/__pycache__/m.f-2.nbc",
     RC_NO_FIX,
     {"src/__pycache__/m.f-2.nbc|{NUL}{OLD}/src/m.py{NUL}"},
     {"src/__pycache__/m.f-2.nbc|{NUL}{OLD}2/src/m.py{NUL}"},
     NULL},
    {"VF715",
     "{S}/demo.py",
     0,
     {META, "{S}/demo.py|root = '{E}/etc'\n", OWNED},
     {META, "{S}/demo.py|root = '{E}2/etc'\n", OWNED},
     NULL},
    {"VF716",
     "{S}/demo.py",
     0,
     {META, "{S}/demo.py|root = '{OLD}/etc'\n", OWNED},
     {META, "{S}/demo.py|root = '{OLD}2/etc'\n", OWNED},
     NULL},
    {"VF717", "etc/blob", 0, {"etc/blob|{NUL}{E}/etc{NUL}"}, {"etc/blob|{NUL}{E}2/etc{NUL}"}, NULL},
    {"VF718", "etc/blob", 0, {"etc/blob|{NUL}{OLD}/etc{NUL}"}, {"etc/blob|{NUL}{OLD}2/etc{NUL}"}, NULL},
    {"VF719", "etc/blob", 0, {"etc/blob|{NUL}{LIVE}/etc{NUL}"}, {"etc/blob|{NUL}{LIVE}2/etc{NUL}"}, NULL},
    {"VF720", ".", 0, {"{S}/__pycache__/a.cpython-311.pyc|x"}, {"{S}/__pycache__/a.txt|x"}, NULL},
    /* made for a source of 1970 and three bytes; without a source; with a hash instead of a time */
    {"VF721",
     ".",
     0,
     {"{S}/a.py|x=1",
      "{S}/__pycache__/"
      "a.cpython-312.opt-1.pyc|\xCB\r\r\n{NUL}{NUL}{NUL}{NUL}{NUL}{NUL}{NUL}{NUL}\x03{NUL}{NUL}{NUL}"},
     {"{S}/b.py|x=1",
      "{S}/__pycache__/"
      "a.cpython-312.opt-1.pyc|\xCB\r\r\n{NUL}{NUL}{NUL}{NUL}{NUL}{NUL}{NUL}{NUL}\x03{NUL}{NUL}{NUL}"},
     NULL},
    {"VF721",
     ".",
     0,
     {"{S}/a.py|x=1", "{S}/__pycache__/a.pypy310.pyc|\xCB\r\r\n"},
     {"{S}/a.py|x=1",
      "{S}/__pycache__/"
      "a.cpython-37.pyc|\xCB\r\r\n\x01{NUL}{NUL}{NUL}{NUL}{NUL}{NUL}{NUL}\x03{NUL}{NUL}{NUL}"},
     NULL},
    /* the hash of "x = 1\n", as Python 3.11 and 3.10 write it */
    {"VF726",
     "{S}/__pycache__/a.cpython-311.pyc",
     RC_HASHES,
     {"{S}/a.py|x = 2\n", "{S}/__pycache__/a.cpython-311.pyc|\xA7\r\r\n\x01{NUL}{NUL}{NUL}"
                          "\x4C\x03\x72\xAA\x93\xF7\x52\x52"},
     {"{S}/a.py|x = 1\n", "{S}/__pycache__/a.cpython-311.pyc|\xA7\r\r\n\x01{NUL}{NUL}{NUL}"
                          "\x4C\x03\x72\xAA\x93\xF7\x52\x52"},
     NULL},
    {"VF726",
     "{S}/__pycache__/a.cpython-311.pyc",
     RC_HASHES,
     {"{S}/a.py|x = 2\n", "{S}/__pycache__/a.cpython-311.pyc|\xA7\r\r\n\x01{NUL}{NUL}{NUL}"
                          "\x4C\x03\x72\xAA\x93\xF7\x52\x52"},
     {"{S}/a.py|x = 2\n", "{S}/__pycache__/a.cpython-311.pyc|\xA7\r\r\n\x03{NUL}{NUL}{NUL}"
                          "\x4C\x03\x72\xAA\x93\xF7\x52\x52"},
     NULL},
    {"VF726",
     "{S}/__pycache__/a.cpython-310.pyc",
     RC_HASHES,
     {"{S}/a.py|x = 2\n", "{S}/__pycache__/a.cpython-310.pyc|\x6F\r\r\n\x01{NUL}{NUL}{NUL}"
                          "\xD9\x4A\xAD\xE2\x8C\x8C\xBE\xBF"},
     {"{S}/a.py|x = 1\n", "{S}/__pycache__/a.cpython-310.pyc|\x6F\r\r\n\x01{NUL}{NUL}{NUL}"
                          "\xD9\x4A\xAD\xE2\x8C\x8C\xBE\xBF"},
     NULL},
};

/* ELF files: test_rules_native.c */
static const char *const waiting[] = {"VF722", "VF731", NULL};

static void every_case(void **state)
{
    rc_run(*state, cases, sizeof cases / sizeof *cases);
}

static void none_is_forgotten(void **state)
{
    (void)state;
    rc_all_hit(cases, sizeof cases / sizeof *cases, '7', waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(every_case), cmocka_unit_test(none_is_forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
