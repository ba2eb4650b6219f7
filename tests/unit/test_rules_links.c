/* VF8xx: links, names, file system. */
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "rule_case.h"

static const struct rule_case cases[] = {
    {"VF801", "share/a", 0, {"share/b|x", "share/a@|{E}/share/b"}, {"share/b|x", "share/a@|b"}, NULL},
    /* the interpreter of an inner environment needs its base, as that of the outer one does */
    {"VF802",
     "in/bin/python",
     0,
     {"in/bin/python@|{OUT}/thing"},
     {"in/pyvenv.cfg|home = /usr/bin\n", "in/bin/python@|{OUT}/thing"},
     NULL},
    {"VF802", "share/a", 0, {"share/a@|{OUT}/thing"}, {"share/a@|{T}/gone"}, NULL},
    {"VF803", "share/a", 0, {"share/a@|gone"}, {"share/b|x", "share/a@|b"}, NULL},
    {"VF803", "share/a", 0, {"share/a@|{E}/gone"}, {"share/b|x", "share/a@|{E}/share/b"}, NULL},
    {"VF803", "bin/a", 0, {"bin/a@|{T}/gone"}, {"bin/a@|{OUT}/thing"}, NULL},
    {"VF804",
     "share/a",
     0,
     {"share/b|x", "share/a@|{OLD}/share/b"},
     {"share/b|x", "share/a@|{OUT}/thing"},
     NULL},
    {"VF805", "etc/a", 0, {"etc/conf|x", "etc/a@|{LIVE}/etc/conf"}, {"etc/conf|x", "etc/a@|conf"}, NULL},
    {"VF806", "share/a", 0, {"share/a@|../../out/thing"}, {"thing|x", "share/a@|../thing"}, NULL},
    {"VF807", "share/a", 0, {"share/a@|a"}, {"share/b|x", "share/a@|b"}, NULL},
    {"VF807", "share/a", 0, {"share/a@|b", "share/b@|a"}, {"share/c|x", "share/a@|b", "share/b@|c"}, NULL},
    {"VF811", "run", 0, {"run!|"}, {"run|"}, NULL},
    {"VF812", "bin/x", 0, {"bin/x%4755|x"}, {"bin/x%755|x"}, NULL},
    {"VF813", "etc/x", 0, {"etc/x%666|x"}, {"etc/x%664|x", ".lock%666|"}, NULL},
    {"VF823",
     "{S}/d/x.py",
     0,
     {"{S}/a.py|x", "{S}/b.py|x", "{S}/c.py|x", "{S}/d/x.py%600|x"},
     {"{S}/a.py|x", "{S}/b.py|x", "{S}/c.py|x", "etc/secret%600|x", "{S}/d/x.py%604|x"},
     NULL},
    {"VF814", "etc/x", RC_NOBODY, {"etc/x%000|x"}, {"etc/x%644|x"}, NULL},
    {"VF815",
     "share/jupyter/kernels/k/kernel.json",
     0,
     {"share/jupyter/kernels/k/kernel.json|{\"argv\": ["},
     {"share/jupyter/kernels/k/kernel.json|{\"argv\": [\"python\"]}"},
     NULL},
    {"VF816", ".venvfix", RC_JOURNAL, {"etc/x|x"}, {"etc/.venvfix/x|x"}, NULL},
    {"VF818", "etc/readme", 0, {"etc/README|x", "etc/readme|x"}, {"etc/README|x", "etc/readme2|x"}, NULL},
    {"VF818", "etc/CONF", 0, {"etc/CONF/a|x", "etc/conf/b|x"}, {"etc/CONF/a|x", "etc/CONF/b|x"}, NULL},
    {"VF819", "etc/a\xFF", 0, {"etc/a{FF}|x"}, {"etc/a\xC3\xA4|x"}, NULL},
    {"VF821",
     "{S}/b.py",
     0,
     {"{S}/demo.py@|{T}/cache/demo.py", "{S}/b.py@|{T}/cache/b.py",
      "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n", "{D}/RECORD|demo.py,,\nb.py,,\n"},
     {"{S}/b.py@|{T}/cache/b.py", "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
      "{D}/RECORD|demo.py,,\n"},
     NULL},
    {"VF821",
     "{S}/demo",
     0,
     {"{S}/demo@|{T}/cache/demo", "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
      "{D}/RECORD|demo/__init__.py,,\n"},
     {"{S}/demo@|{OUT}", "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
      "{D}/RECORD|demo/__init__.py,,\n"},
     NULL},
    {"VF817", ".venvfix", 0, {".venvfix/journal|x\n"}, {"etc/.venvfix/journal|x\n"}, NULL},
};

/* Only with --at: a test of its own, below. */
static const char *const waiting[] = {"VF820", "VF822", "VF824", "VF841", "VF842", "VF843", "VF844", NULL};

static void every_case(void **state)
{
    rc_run(*state, cases, sizeof cases / sizeof *cases);
}

static void none_is_forgotten(void **state)
{
    (void)state;
    rc_all_hit(cases, sizeof cases / sizeof *cases, '8', waiting);
}

/* A directory or a RECORD that cannot be looked at is said to be so; nothing below it is called missing. */
static void unseen_is_not_missing(void **state)
{
    struct envfix *f = *state;
    static const char *const lines[] = {
        "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        "{D}/entry_points.txt|[console_scripts]\na = demo:a\n",
        "bin/a*|#!{E}/bin/python\n",
        "{S}/demo/x.py|",
        "{S}/demo/kernel.json|",
        "etc/l@|../{S}/demo/x.py",
        "{D}/RECORD|../../../bin/a,{sha:bin/a},\ndemo/x.py,,0\n{D}/RECORD,,\n",
        NULL};
    static const char *const hidden[] = {"bin", "{S}/demo", "lib", "{D}/RECORD"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        struct venvfix_check_result r;
        ef_reset(f);
        ef_lines(f, lines);
        char *rel = ef_text(f, hidden[i], NULL), *path = fx_join(f->env, rel);
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(chmod(path, 0), 0);
        box_as_nobody(f->box);
        (void)ef_check(f, &(struct ef_check){.alone = true}, &r);
        box_as_root();
        assert_int_equal(chmod(path, st.st_mode & 07777), 0);
        if (r.errors || ef_count(&r.findings, "VF814", rel) != 1 || ef_count(&r.findings, "VF501", NULL))
            ef_show(&r.findings);
        assert_int_equal(r.errors, 0);
        assert_int_equal(ef_count(&r.findings, "VF814", rel), 1);
        assert_int_equal(ef_count(&r.findings, "VF501", NULL), 0);
        venvfix_check_free(&r);
        free(path);
        free(rel);
    }
}

/* A command that leads nowhere is an error, wherever it is asked; elsewhere it is a warning. */
static void dangling_commands(void **state)
{
    struct envfix *f = *state;
    const char *asked[] = {NULL, f->env};
    ef_write(f, "bin/gone@|{E}/nowhere");
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct venvfix_check_result r;
        assert_int_equal(ef_check(f, &(struct ef_check){.at = asked[i]}, &r), 1);
        assert_int_equal(ef_count(&r.findings, "VF803", "bin/gone"), 1);
        assert_int_equal(r.errors, 1);
        venvfix_check_free(&r);
    }
}

/* A path that is too long where the environment goes. */
static void too_long(void **state)
{
    struct envfix *f = *state;
    struct venvfix_check_result r;
    static char at[4090];
    memset(at, 'a', sizeof at - 1);
    for (size_t i = 0; i < sizeof at - 1; i += 200)
        at[i] = '/';
    assert_int_equal(ef_check(f, &(struct ef_check){.at = at}, &r), 1);
    assert_int_equal(ef_count(&r.findings, "VF820", NULL), 1);
    venvfix_check_free(&r);
    at[3000] = 0;
    assert_int_equal(ef_check(f, &(struct ef_check){.at = at}, &r) < 2, 1);
    assert_int_equal(ef_count(&r.findings, "VF820", NULL), 0);
    venvfix_check_free(&r);
    memset(at + 1, 'b', 256);
    at[257] = 0;
    assert_int_equal(ef_check(f, &(struct ef_check){.at = at}, &r), 1);
    assert_int_equal(ef_count(&r.findings, "VF820", "."), 1);
    venvfix_check_free(&r);
}

/* Modes of directories, and an attribute that no line of a case can give. */
static void open_to_others(void **state)
{
    struct envfix *f = *state;
    struct venvfix_check_result r;
    ef_write(f, "bin/prog*|\x7F"
                "ELF");
    ef_write(f, "bin/other*|\x7F"
                "ELF");
    ef_write(f, "etc/d/x|x");
    char *prog = ef_text(f, "{E}/bin/prog", NULL), *dir = ef_text(f, "{E}/etc/d", NULL);
    /* version 2 with CAP_NET_BIND_SERVICE, effective */
    static const unsigned char value[20] = {1, 0, 0, 2, 0, 4};
    bool has = setxattr(prog, "security.capability", value, sizeof value, 0) == 0;
    assert_int_equal(chmod(dir, 01777), 0);
    assert_true(ef_check(f, &(struct ef_check){.path = f->env}, &r) < 2);
    assert_int_equal(ef_count(&r.findings, "VF822", NULL), has);
    assert_int_equal(ef_count(&r.findings, "VF822", "bin/prog"), has);
    assert_int_equal(ef_count(&r.findings, "VF813", "etc/d"), 1);
    venvfix_check_free(&r);
    free(prog);
    free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EF_TEST(too_long),          EF_TEST(open_to_others),        EF_TEST(every_case),
        EF_TEST(dangling_commands), EF_TEST(unseen_is_not_missing), cmocka_unit_test(none_is_forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
