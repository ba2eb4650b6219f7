/* pyvenv.cfg: docs/formats.md 1.2, 1.3. */
#include "syntax_fixture.h"

#include <string.h>

#define FLAG "include-system-site-packages = false\n"
#define HEAD "home = /usr/bin\n" FLAG

static void read_cfg(struct syn *s, struct vf_slice text, bool copies, unsigned minor)
{
    s->src.path = VF_S("pyvenv.cfg");
    s->src.copies = copies;
    s->src.py_minor = minor;
    syn_read(s, VF_SYN_CFG, text);
}

static const struct vf_ref *find(const struct syn *s, enum vf_role role)
{
    for (size_t i = 0; i < syn_refs(s); i++)
        if (syn_ref(s, i)->role == role)
            return syn_ref(s, i);
    return NULL;
}

static size_t index_of(const struct syn *s, enum vf_role role)
{
    size_t i = 0;
    while (syn_ref(s, i)->role != role)
        i++;
    return i;
}

/* Every key that holds a path; command by its suffix. */
static void real_files(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    read_cfg(&s,
             VF_S("home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.12.1\n"
                  "executable = /usr/bin/python3.12\ncommand = /usr/bin/python3 -m venv --copies "
                  "--prompt=\"a b\" /p/e 1\n"),
             false, 12);
    assert_int_equal(syn_flaws(&s), 0);
    assert_int_equal(syn_refs(&s), 3);
    assert_text(find(&s, VF_ROLE_HOME)->value, "/usr/bin");
    assert_string_equal(find(&s, VF_ROLE_HOME)->key, "home");
    assert_text(find(&s, VF_ROLE_BASE)->value, "/usr/bin/python3.12");
    assert_int_equal(find(&s, VF_ROLE_BASE)->line, 4);
    assert_text(find(&s, VF_ROLE_COMMAND)->value, "/p/e 1");
    assert_text(syn_put(&s, 2, VF_S("/n x"), NULL),
                "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.12.1\n"
                "executable = /usr/bin/python3.12\ncommand = /usr/bin/python3 -m venv --copies --prompt=\"a "
                "b\" /n x\n");
    /* virtualenv 21, CRLF kept */
    read_cfg(&s,
             VF_S("home = /b/bin\r\nimplementation = CPython\r\npython-version = 3.12\r\nexecutable = "
                  "/b/bin/python3.12\r\n"
                  "command = /b/bin/python -m virtualenv /p/env\r\nvirtualenv = 21\r\nprompt = \"it\"s\"\r\n"
                  "include-system-site-packages = false\r\nbase-prefix = /b\r\nbase-exec-prefix = /b\r\n"
                  "base-executable = /b/bin/python3.12\r\n"),
             false, 12);
    assert_int_equal(syn_flaws(&s), 0);
    assert_int_equal(syn_refs(&s), 7);
    assert_text(find(&s, VF_ROLE_PROMPT)->value, "it\"s");
    assert_text(find(&s, VF_ROLE_COMMAND)->value, "/p/env");
    /* uv overlay, and a value nobody knows */
    read_cfg(&s, VF_S(HEAD "uv = 0.13.8\nextends-environment = /p2/env\nOdd = /odd x/y\n#c = /comment\n"),
             false, 12);
    assert_int_equal(syn_refs(&s), 3);
    assert_text(syn_ref(&s, 1)->extra, "extends-environment");
    assert_int_equal(syn_ref(&s, 1)->role, VF_ROLE_CFG_VALUE);
    assert_string_equal(syn_ref(&s, 2)->key, "Odd");
    assert_text(syn_ref(&s, 2)->value, "/odd x/y");
    syn_release(&s);
}

static void commands(void **state)
{
    (void)state;
    static const struct {
        const char *command, *path;
    } cases[] = {
        {"/b x/python -m venv /p/env", "/p/env"},
        {"/b/python -m venv --system-site-packages --clear --upgrade --upgrade-deps /p/a --b /c",
         "/p/a --b /c"},
        {"/b/python -m venv --prompt=\"x\" y\" --without-scm-ignore-files /p/env", "/p/env"},
        {"/b/python -m venv --without-scm-ignore-files /p/env", "/p/env"},
        {"/b/python -m venv --prompt=\"p\" /p/env", "/p/env"},
        {"/b/python -m venv --new-flag=3 /p/env", "/p/env"},
        {"/b/python -m virtualenv /p/-m venv /x", "/p/-m venv /x"},
        {"/b/python -m venv rel", NULL},
        {"something else /p/env", NULL},
        {"/b/python -m venv --prompt=\"unclosed", NULL},
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        char text[512] = HEAD "command = ";
        strcat(text, cases[i].command);
        strcat(text, "\n");
        read_cfg(&s, vf_slice_of(text), false, 12);
        const struct vf_ref *r = find(&s, VF_ROLE_COMMAND);
        assert_int_equal(r != NULL, cases[i].path != NULL);
        if (r)
            assert_bytes(r->value, vf_slice_of(cases[i].path));
    }
    syn_release(&s);
}

/* A line feed in the path or the prompt. */
static void spilled(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    read_cfg(&s, VF_S(HEAD "command = /b/python -m venv /tmp/a\nb/env\n"), false, 12);
    assert_int_equal(syn_count(&s, VF_FLAW_CFG_SPILLED_LINE), 1);
    assert_text(find(&s, VF_ROLE_COMMAND)->value, "/tmp/a");
    assert_text(find(&s, VF_ROLE_COMMAND)->raw, "/tmp/a\nb/env");
    assert_text(syn_repaired(&s), HEAD "command = /b/python -m venv /tmp/a\n");
    /* it can read as another home: the first one stays */
    read_cfg(&s, VF_S(HEAD "command = /b/python -m venv /tmp/a\nhome = /evil\nx/y=z\nversion = 3\n"), false,
             12);
    assert_int_equal(syn_count(&s, VF_FLAW_CFG_SPILLED_LINE), 1);
    assert_int_equal(syn_count(&s, VF_FLAW_CFG_DUPLICATE_HOME), 1);
    assert_text(syn_repaired(&s), HEAD "command = /b/python -m venv /tmp/a\nversion = 3\n");
    assert_int_equal(syn_refs(&s), 2);
    read_cfg(&s, VF_S(HEAD "command = /b/python -m venv --prompt=\"a\nb\" /p/env\n"), false, 12);
    assert_null(find(&s, VF_ROLE_COMMAND));
    assert_text(syn_repaired(&s), HEAD "command = /b/python -m venv --prompt=\"a\n");
    /* near miss: text elsewhere is only ignored */
    read_cfg(&s, VF_S(HEAD "[section]\nwords\n: x\n"), false, 12);
    assert_int_equal(syn_flaws(&s), 0);
    syn_release(&s);
}

/* What only the C reader of 3.10 and older refuses. */
static void legacy_reader(void **state)
{
    (void)state;
    static const struct {
        const char *text, *mended;
        enum vf_flaw_kind flaw;
    } cases[] = {
        {"home=/x\n" FLAG, "home = /x\n" FLAG, VF_FLAW_CFG_NO_BLANKS},
        {"home =/x\n" FLAG, "home = /x\n" FLAG, VF_FLAW_CFG_NO_BLANKS},
        {"home= /x\n" FLAG, "home = /x\n" FLAG, VF_FLAW_CFG_NO_BLANKS},
        {"HOME = /x\n" FLAG, "home = /x\n" FLAG, VF_FLAW_CFG_KEY_CASE},
        {"Home=/x\n" FLAG, "home = /x\n" FLAG, VF_FLAW_CFG_KEY_CASE},
        {FLAG "home = /x", FLAG "home = /x\n", VF_FLAW_CFG_NO_FINAL_LF},
        {"home =  /x\n" FLAG, "home = /x\n" FLAG, VF_FLAW_CFG_TWO_BLANKS},
    };
    static const struct vf_slice fine[] = {
        VF_S_INIT("home\t=\t/x\n" FLAG), VF_S_INIT("  home   = /x \n" FLAG), VF_S_INIT("home = /x\r\n" FLAG)};
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        struct vf_slice text = vf_slice_of(cases[i].text);
        read_cfg(&s, text, true, 8);
        assert_int_equal(syn_flaws(&s), 1);
        assert_non_null(syn_flaw(&s, cases[i].flaw));
        assert_text(syn_ref(&s, 0)->value, "/x");
        struct vf_slice mended = syn_repaired(&s);
        assert_bytes(mended, vf_slice_of(cases[i].mended));
        read_cfg(&s, mended, true, 8);
        assert_int_equal(syn_flaws(&s), 0);
        read_cfg(&s, text, true, 11);
        assert_int_equal(syn_flaws(&s), 0);
        read_cfg(&s, text, false, 8);
        assert_int_equal(syn_flaws(&s), 0);
    }
    for (size_t i = 0; i < VF_COUNT(fine); i++) {
        read_cfg(&s, fine[i], true, 8);
        assert_int_equal(syn_flaws(&s), 0);
    }
    struct vf_buf b = {0};
    for (int i = 0; i < 900; i++)
        vf_buf_puts(&b, "0123456789");
    vf_buf_puts(&b, "\n" HEAD);
    read_cfg(&s, vf_buf_slice(&b), true, 9);
    assert_non_null(syn_flaw(&s, VF_FLAW_CFG_LONG_LINE));
    read_cfg(&s, vf_buf_slice(&b), true, 12);
    assert_int_equal(syn_flaws(&s), 0);
    vf_buf_release(&b);
    syn_release(&s);
}

/* BOM, line ends, bytes that are not UTF-8 (docs/formats.md 1.2). */
static void encoding(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    read_cfg(&s, VF_S("\xEF\xBB\xBF" HEAD), false, 12);
    assert_non_null(syn_flaw(&s, VF_FLAW_CFG_BOM));
    assert_text(syn_ref(&s, 0)->value, "/usr/bin");
    assert_text(syn_repaired(&s), HEAD);
    read_cfg(&s, VF_S("home = /usr/bin\rinclude-system-site-packages = false\r"), false, 12);
    assert_int_equal(syn_count(&s, VF_FLAW_CFG_LONE_CR), 2);
    assert_text(syn_ref(&s, 0)->value, "/usr/bin");
    assert_text(syn_repaired(&s), HEAD);
    read_cfg(&s, VF_S("home = /usr/bin\r\ninclude-system-site-packages = false\r\n"), true, 8);
    assert_int_equal(syn_flaws(&s), 0);
    /* a prompt and a command may be spelled otherwise, home may not */
    read_cfg(&s,
             VF_S(HEAD "prompt = a\xFF\xFE"
                       "b\ncommand = /b\x80 -m venv /p/\xE9nv\n"),
             false, 12);
    assert_int_equal(syn_count(&s, VF_FLAW_CFG_UNDECODABLE), 3);
    assert_text(syn_repaired(&s), HEAD "prompt = a\\xff\\xfeb\ncommand = /b\\x80 -m venv /p/\\xe9nv\n");
    assert_text(find(&s, VF_ROLE_COMMAND)->value, "/p/\xE9nv");
    read_cfg(&s, VF_S("home = /b\xFF\n" FLAG), false, 12);
    assert_false(syn_flaw(&s, VF_FLAW_CFG_UNDECODABLE)->has_repair);
    read_cfg(&s, VF_S(HEAD "x\xFF = y\n\xFF\n"), false, 12);
    assert_text(syn_repaired(&s), HEAD "x\\xff = y\n\\xff\n");
    syn_release(&s);
}

/* Keys twice, booleans, relative and quoted values (docs/formats.md 1.2). */
static void keys(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    read_cfg(&s, VF_S(HEAD "home = /bad\n"), false, 12);
    assert_non_null(syn_flaw(&s, VF_FLAW_CFG_DUPLICATE_HOME));
    assert_false(syn_flaw(&s, VF_FLAW_CFG_DUPLICATE_HOME)->has_repair);
    assert_int_equal(syn_refs(&s), 2);
    read_cfg(&s, VF_S(HEAD "home = /usr/bin\n"), false, 12);
    assert_text(syn_repaired(&s), HEAD);
    read_cfg(&s, VF_S(HEAD "include-system-site-packages = TRUE\n"), false, 12);
    assert_int_equal(syn_count(&s, VF_FLAW_CFG_DUPLICATE_KEY), 1);
    assert_int_equal(syn_count(&s, VF_FLAW_CFG_SYSTEM_SITE), 1);
    read_cfg(&s, VF_S("home = /usr/bin\ninclude-system-site-packages = yes\n"), false, 12);
    assert_int_equal(syn_count(&s, VF_FLAW_CFG_BAD_BOOLEAN), 1);
    assert_int_equal(syn_count(&s, VF_FLAW_CFG_SYSTEM_SITE), 0);
    read_cfg(&s, VF_S("home = /usr/bin\n"), false, 12);
    assert_int_equal(syn_flaws(&s), 1);
    assert_non_null(syn_flaw(&s, VF_FLAW_CFG_NO_BOOLEAN));
    read_cfg(&s, VF_S(""), false, 12);
    assert_non_null(syn_flaw(&s, VF_FLAW_CFG_NO_HOME));
    assert_int_equal(syn_refs(&s), 0);
    read_cfg(&s, VF_S("home = bin\n" FLAG), false, 12);
    assert_non_null(syn_flaw(&s, VF_FLAW_CFG_RELATIVE_HOME));
    assert_true(syn_ref(&s, 0)->flags & VF_REF_RELATIVE);
    read_cfg(&s, VF_S("home = \"/x y\"\n" FLAG), false, 12);
    assert_text(syn_ref(&s, 0)->value, "\"/x y\"");
    assert_text(syn_ref(&s, 0)->raw, "/x y");
    assert_text(syn_repaired(&s), "home = /x y\n" FLAG);
    read_cfg(&s, VF_S("home =\n" FLAG), false, 12);
    assert_non_null(syn_flaw(&s, VF_FLAW_CFG_EMPTY_HOME));
    assert_text(syn_put(&s, 0, VF_S("/x"), NULL), "home = /x\n" FLAG);
    read_cfg(&s, VF_S("home = \xC2\xA0/x\xE2\x80\x83\n" FLAG), false, 12); /* Unicode blanks are blanks */
    assert_text(syn_ref(&s, 0)->value, "/x");
    syn_release(&s);
}

static void prompts(void **state)
{
    (void)state;
    static const struct {
        const char *stored, *value, *renamed;
    } cases[] = {
        {"env", "env", "it's"},
        {"'env'", "env", "\"it's\""},
        {"\"it's\"", "it's", "\"it's\""},
        {"'a\\tb'", "a\tb", "\"it's\""},
        {"\"env\"", "env", "\"it's\""},
        {"\"a\\tb\"", "a\\tb", "\"it's\""}, /* virtualenv escapes nothing */
        {"\"it\"s\"", "it\"s", "\"it's\""},
        {"'", "'", "it's"},
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        char text[256] = HEAD "prompt = ", req[256] = HEAD "prompt = ";
        strcat(strcat(text, cases[i].stored), "\n");
        strcat(strcat(req, cases[i].renamed), "\n");
        read_cfg(&s, vf_slice_of(text), false, 12);
        size_t k = index_of(&s, VF_ROLE_PROMPT);
        assert_bytes(syn_ref(&s, k)->value, vf_slice_of(cases[i].value));
        assert_bytes(syn_put(&s, k, VF_S("it's"), NULL), vf_slice_of(req));
        struct vf_slice again = syn_put(&s, k, syn_ref(&s, k)->value, NULL);
        if (strcmp(cases[i].stored, "'") != 0)
            assert_bytes(again, vf_slice_of(text));
    }
    read_cfg(&s, VF_S(HEAD "prompt = env\n"), false, 12);
    assert_text(syn_put(&s, 1, VF_S("a\nb\xFF"), NULL), HEAD "prompt = a\\x0ab\\xff\n");
    assert_text(syn_put(&s, 1, VF_S(" a"), NULL), HEAD "prompt = \" a\"\n");
    syn_release(&s);
}

/* docs/formats.md 1.2, last paragraph: home fails, command is escaped. */
static void unstorable(void **state)
{
    (void)state;
    static const struct vf_slice bad[] = {VF_S_INIT("/a\nb"), VF_S_INIT("/a\rb"), VF_S_INIT("/a\xFF"),
                                          VF_S_INIT("/a "),   VF_S_INIT(""),      VF_S_INIT("/a\0b")};
    struct syn s;
    syn_init(&s);
    read_cfg(&s, VF_S(HEAD "command = /b -m venv /p\n"), false, 12);
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        enum vf_status st;
        (void)syn_put(&s, 0, bad[i], &st);
        assert_int_equal(st, VF_UNWRITABLE);
        assert_true(s.err.detail[0] != '\0');
    }
    assert_text(syn_put(&s, 1, VF_S("/a\nb\xFF"), NULL), HEAD "command = /b -m venv /a\\x0ab\\xff\n");
    syn_release(&s);
}

/* What was escaped is read as the path it stands for, and nothing else is. */
static void escaped_command(void **state)
{
    (void)state;
    static const struct {
        struct vf_slice path;
        const char *stored;
    } cases[] = {
        {VF_S_INIT("/a\nb"), "/a\\x0ab"},         {VF_S_INIT("/a  "), "/a\\x20\\x20"},
        {VF_S_INIT("/a\xFF"), "/a\\xff"},         {VF_S_INIT("/a\\x0a"), "/a\\x5cx0a"},
        {VF_S_INIT("/a\\\\x0a"), "/a\\\\x5cx0a"}, {VF_S_INIT("/a\\x"), "/a\\x"},
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        char text[128] = HEAD "command = /b -m venv ";
        read_cfg(&s, VF_S(HEAD "command = /b -m venv /p\n"), false, 12);
        strcat(strcat(text, cases[i].stored), "\n");
        assert_bytes(syn_put(&s, 1, cases[i].path, NULL), vf_slice_of(text));
        read_cfg(&s, vf_slice_of(text), false, 12);
        const struct vf_ref *r = find(&s, VF_ROLE_COMMAND);
        assert_bytes(r->value, vf_slice_of(cases[i].stored));
        assert_bytes(r->raw.n ? r->raw : r->value, cases[i].path);
    }
    read_cfg(&s, VF_S(HEAD "command = /b -m venv /a\\x41\n"), false, 12); /* by venv, in such a directory */
    assert_int_equal(find(&s, VF_ROLE_COMMAND)->raw.n, 0);
    syn_release(&s);
}

/* What readers see. */
static void get(void **state)
{
    (void)state;
    struct vf_slice v;
    struct vf_slice text = VF_S("HOME=/a\nhome = /b\nx = 1\nX = 2\r\nempty =\n");
    assert_true(vf_cfg_get(text, VF_S("home"), &v));
    assert_text(v, "/a");
    assert_true(vf_cfg_get(text, VF_S("x"), &v));
    assert_text(v, "2");
    assert_true(vf_cfg_get(text, VF_S("empty"), &v));
    assert_int_equal(v.n, 0);
    assert_false(vf_cfg_get(text, VF_S("y"), &v));
    assert_false(
        vf_cfg_get(VF_S("\xEF\xBB\xBFhome = /a\n"), VF_S("home"), &v)); /* it is not the key any more */
}

/* Twice = once: a repaired file has nothing left to repair. */
static void repairs_are_final(void **state)
{
    (void)state;
    static const struct vf_slice files[] = {
        VF_S_INIT("\xEF\xBB\xBFHOME=/x\rprompt = \xFF\rcommand = y -m venv /a\rb\rhome = /z"),
        VF_S_INIT("home =  /x\r" FLAG "home = /x"),
        VF_S_INIT("home = '/x'\ncommand = z\nq\n"),
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(files); i++) {
        struct vf_slice once = files[i];
        for (int k = 0; k < 2; k++) { /* the second round: blanks that another repair brought to light */
            read_cfg(&s, once, true, 8);
            once = syn_repaired(&s);
        }
        read_cfg(&s, once, true, 8);
        assert_bytes(syn_repaired(&s), once);
    }
    syn_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escaped_command),
        cmocka_unit_test(real_files),
        cmocka_unit_test(commands),
        cmocka_unit_test(spilled),
        cmocka_unit_test(legacy_reader),
        cmocka_unit_test(encoding),
        cmocka_unit_test(keys),
        cmocka_unit_test(prompts),
        cmocka_unit_test(unstorable),
        cmocka_unit_test(get),
        cmocka_unit_test(repairs_are_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
