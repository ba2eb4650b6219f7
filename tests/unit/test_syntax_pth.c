/* .pth and .egg-link files, links: docs/formats.md 4.1, 4.2. */
#include "syntax_fixture.h"

#include <string.h>

static void read_pth(struct syn *s, const char *name, unsigned minor, struct vf_slice text)
{
    s->src.path = vf_arena_concat(&s->a, VF_S("lib/python3.12/site-packages/"), vf_slice_of(name), VF_S(""));
    s->src.py_minor = minor;
    s->target.py_minor = minor;
    syn_read(s, VF_SYN_PTH, text);
}

/* The table of docs/formats.md 4.1: what one line is for each Python. */
static void lines(void **state)
{
    (void)state;
    enum { OLD = 1, NEW = 2, NEXT = 4, ALL = 7 }; /* 3.12, 3.13, 3.15 */
    static const struct {
        struct vf_slice line;
        unsigned when;
        struct vf_slice value, raw; /* empty value: no reference */
        int flaw;                   /* -1: none */
    } cases[] = {
        {VF_S_INIT("/p/src"), ALL, VF_S_INIT("/p/src"), VF_S_INIT(""), -1},
        {VF_S_INIT("./X.egg"), ALL, VF_S_INIT("./X.egg"), VF_S_INIT(""), -1},
        {VF_S_INIT("~/x"), ALL, VF_S_INIT("~/x"), VF_S_INIT(""), -1},
        {VF_S_INIT("# comment"), ALL, VF_S_INIT(""), VF_S_INIT(""), -1},
        {VF_S_INIT(" # comment"), ALL, VF_S_INIT(""), VF_S_INIT(""), -1},
        {VF_S_INIT(" \t"), ALL, VF_S_INIT(""), VF_S_INIT(""), -1},
        {VF_S_INIT("/p/src\xFF"), ALL, VF_S_INIT("/p/src\xFF"), VF_S_INIT(""), VF_FLAW_PTH_UNDECODABLE},
        {VF_S_INIT("\xEF\xBB\xBF/p/src"), OLD, VF_S_INIT("\xEF\xBB\xBF/p/src"), VF_S_INIT("/p/src"),
         VF_FLAW_PTH_BOM},
        {VF_S_INIT("\xEF\xBB\xBF/p/src"), NEW | NEXT, VF_S_INIT("/p/src"), VF_S_INIT(""), -1},
        {VF_S_INIT("/p/a\x0B/b"), OLD, VF_S_INIT("/p/a\x0B/b"), VF_S_INIT(""), -1},
        {VF_S_INIT("/p/a\x0B/b"), NEW | NEXT, VF_S_INIT("/p/a"), VF_S_INIT("/p/a\x0B/b"), VF_FLAW_PTH_SPLIT},
        {VF_S_INIT("/p/a\xE2\x80\xA8/b"), OLD, VF_S_INIT("/p/a\xE2\x80\xA8/b"), VF_S_INIT(""), -1},
        {VF_S_INIT("/p/a\xE2\x80\xA8/b"), NEW, VF_S_INIT("/p/a"), VF_S_INIT("/p/a\xE2\x80\xA8/b"),
         VF_FLAW_PTH_SPLIT},
        {VF_S_INIT("/p/a\xC2\x85/b"), NEW, VF_S_INIT("/p/a"), VF_S_INIT("/p/a\xC2\x85/b"), VF_FLAW_PTH_SPLIT},
        {VF_S_INIT("  /p/src"), OLD | NEW, VF_S_INIT("  /p/src"), VF_S_INIT("/p/src"),
         VF_FLAW_PTH_LEADING_BLANK},
        {VF_S_INIT("  /p/src"), NEXT, VF_S_INIT("/p/src"), VF_S_INIT(""), -1},
        {VF_S_INIT("/p/src  "), ALL, VF_S_INIT("/p/src"), VF_S_INIT(""), VF_FLAW_PTH_TRAILING_BLANK},
        {VF_S_INIT("/p/s\0rc"), ALL, VF_S_INIT(""), VF_S_INIT(""), VF_FLAW_PTH_NUL},
        {VF_S_INIT("import sys; x = 'y'"), ALL, VF_S_INIT(""), VF_S_INIT(""), VF_FLAW_PTH_CODE},
        {VF_S_INIT("import\tsys"), ALL, VF_S_INIT(""), VF_S_INIT(""), VF_FLAW_PTH_CODE},
        {VF_S_INIT("importlib"), ALL, VF_S_INIT("importlib"), VF_S_INIT(""), -1},
        {VF_S_INIT(" import sys"), OLD | NEW, VF_S_INIT(""), VF_S_INIT(""), VF_FLAW_PTH_LEADING_BLANK},
        {VF_S_INIT(" import sys"), NEXT, VF_S_INIT(""), VF_S_INIT(""), VF_FLAW_PTH_CODE},
    };
    static const unsigned minors[] = {12, 13, 15};
    static const char *const ends[] = {"", "\n", "\r\n", "\r"};
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases) * 12; i++) {
        size_t row = i / 12, when = i % 3, end = i / 3 % 4;
        if ((cases[row].when & 1u << when) == 0)
            continue;
        struct vf_slice text = vf_arena_concat(&s.a, cases[row].line, vf_slice_of(ends[end]), VF_S(""));
        read_pth(&s, "x.pth", minors[when], text);
        assert_int_equal(syn_refs(&s), cases[row].value.n > 0);
        assert_int_equal(syn_flaws(&s), cases[row].flaw >= 0);
        if (cases[row].flaw >= 0)
            assert_non_null(syn_flaw(&s, (enum vf_flaw_kind)cases[row].flaw));
        if (cases[row].value.n == 0)
            continue;
        const struct vf_ref *r = syn_ref(&s, 0);
        assert_bytes(r->value, cases[row].value);
        assert_bytes(r->raw, cases[row].raw);
        assert_int_equal(r->flags & VF_REF_RELATIVE, cases[row].value.p[0] == '/' ? 0 : VF_REF_RELATIVE);
        /* written anew it is sound, and the end of the line is the same */
        struct vf_slice moved = syn_put(&s, 0, VF_S("/n/src"), NULL);
        assert_true(vf_slice_ends(moved, vf_slice_of(ends[end])));
        read_pth(&s, "x.pth", minors[when], moved);
        assert_text(syn_ref(&s, 0)->value, "/n/src");
        assert_null(syn_flaw(&s, VF_FLAW_PTH_SPLIT));
        assert_null(syn_flaw(&s, VF_FLAW_PTH_BOM));
    }
    syn_release(&s);
}

/* A BOM and a leading blank (docs/formats.md 4.1). */
static void repairs(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    read_pth(&s, "x.pth", 12, VF_S("\xEF\xBB\xBF/a\n \t/b\n import os\n"));
    assert_text(syn_repaired(&s), "/a\n/b\n import os\n");
    read_pth(&s, "x.pth", 13, VF_S("\xEF\xBB\xBF/a\n"));
    assert_int_equal(syn_flaws(&s), 0);
    assert_int_equal(syn_ref(&s, 0)->off, 3);
    syn_release(&s);
}

static void several_lines(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    read_pth(
        &s, "_virtualenv_path_extensions.pth", 12,
        VF_S("import sys; sys.__plen = len(sys.path)\n/p/env/src/a\n/p/env/src/b b\r\nimport sys; new=1\n"));
    assert_int_equal(syn_refs(&s), 2);
    assert_int_equal(syn_count(&s, VF_FLAW_PTH_CODE), 2);
    assert_int_equal(syn_ref(&s, 1)->line, 3);
    assert_text(syn_ref(&s, 1)->value, "/p/env/src/b b");
    assert_text(syn_put(&s, 1, VF_S("/n"), NULL),
                "import sys; sys.__plen = len(sys.path)\n/p/env/src/a\n/n\r\nimport sys; new=1\n");
    syn_release(&s);
}

/* docs/formats.md 4.3: path files of editable installs, without their last line feed. */
static void editable_names(void **state)
{
    (void)state;
    static const char *const yes[] = {"__editable__.x-1.0.pth", "_editable_impl_x.pth", "__editables_x.pth",
                                      "x-editable.pth",         "_editable_skbc_x.pth", "easy-install.pth"};
    static const char *const no[] = {"x.pth", "pipx_shared.pth", "distutils-precedence.pth"};
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(yes); i++) {
        read_pth(&s, yes[i], 12, VF_S("/src/x"));
        assert_true(syn_ref(&s, 0)->flags & VF_REF_EDITABLE);
        assert_text(syn_put(&s, 0, VF_S("/n"), NULL), "/n");
    }
    for (size_t i = 0; i < VF_COUNT(no); i++) {
        read_pth(&s, no[i], 12, VF_S("/src/x"));
        assert_false(syn_ref(&s, 0)->flags & VF_REF_EDITABLE);
    }
    read_pth(&s, "easy-install.pth", 12, VF_S("./X-1.0-py3.8.egg\n"));
    assert_int_equal(syn_ref(&s, 0)->flags, VF_REF_RELATIVE);
    syn_release(&s);
}

static void code_literals(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    /* uv's overlay */
    read_pth(&s, "_uv_ephemeral_overlay.pth", 12,
             VF_S("import site; site.addsitedir(__import__(\"os\").fsdecode(b\"/c a/sp\")); "
                  "x(b\"/p/env/lib\"); y('rel', '/')\n"));
    assert_int_equal(syn_refs(&s), 2);
    const struct vf_ref *r = syn_ref(&s, 1);
    assert_text(r->value, "/p/env/lib");
    assert_true(r->flags & VF_REF_CODE);
    assert_text(syn_put(&s, 1, VF_S("/n/\"\xC3\xA9\xFF\\"), NULL),
                "import site; site.addsitedir(__import__(\"os\").fsdecode(b\"/c a/sp\")); "
                "x(b\"/n/\\\"\\xc3\\xa9\\xff\\\\\"); y('rel', '/')\n");
    read_pth(&s, "x.pth", 12, VF_S("import a; f(r'/p/env', u\"/p/x\", f'/p/y', '/p/it\\'s') # '/no'\n"));
    assert_int_equal(syn_refs(&s), 3);
    assert_text(syn_ref(&s, 2)->value, "/p/it's");
    assert_text(syn_put(&s, 0, VF_S("/n e"), NULL),
                "import a; f(r'/n e', u\"/p/x\", f'/p/y', '/p/it\\'s') # '/no'\n");
    /* a raw literal cannot hold these */
    assert_text(syn_put(&s, 0, VF_S("/n\\'"), NULL),
                "import a; f('/n\\\\\\'', u\"/p/x\", f'/p/y', '/p/it\\'s') # '/no'\n");
    assert_text(syn_put(&s, 1, VF_S("/\xC3\xA9\xFF"), NULL),
                "import a; f(r'/p/env', u\"/\xC3\xA9\\udcff\", f'/p/y', '/p/it\\'s') # '/no'\n");
    /* nspkg.pth: no path */
    read_pth(
        &s, "a-1-py3.8-nspkg.pth", 12,
        VF_S("import sys, types, os;has_mfs = sys.version_info > (3, 5);p = os.path.join(sys._getframe(1)."
             "f_locals['sitedir'], *('ns',));importlib = has_mfs and __import__('importlib.util')\n"));
    assert_int_equal(syn_refs(&s), 0);
    syn_release(&s);
}

/* What cannot be stored; below the new place a relative line can. */
static void unstorable(void **state)
{
    (void)state;
    static const struct {
        struct vf_slice path;
        bool from_13; /* only there */
    } bad[] = {{VF_S_INIT("/x\ny"), false},
               {VF_S_INIT("/x\ry"), false},
               {VF_S_INIT("/x "), false},
               {VF_S_INIT("/x\xFF"), false},
               {VF_S_INIT("/x\xC2\xA0"), false},
               {VF_S_INIT("/x\x0By"), true},
               {VF_S_INIT("/x\xE2\x80\xA9y"), true},
               {VF_S_INIT("/x\x1Cy"), true},
               {VF_S_INIT("import x"), false},
               {VF_S_INIT("#x"), false},
               {VF_S_INIT(""), false},
               {VF_S_INIT("/x\0y"), false}};
    struct syn s;
    enum vf_status st;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        read_pth(&s, "x.pth", 12, VF_S("/p/env/src\n"));
        (void)syn_put(&s, 0, bad[i].path, &st);
        assert_int_equal(st, bad[i].from_13 ? VF_OK : VF_UNWRITABLE);
        s.target.py_minor = 13;
        (void)syn_put(&s, 0, bad[i].path, &st);
        assert_int_equal(st, VF_UNWRITABLE);
        assert_true(s.err.detail[0] != '\0');
    }
    s.target.root = VF_S("/n\nx");
    assert_text(syn_put(&s, 0, VF_S("/n\nx/src/a"), NULL), "../../../src/a\n");
    (void)syn_put(&s, 0, VF_S("/n\nx/src\n/a"), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    (void)syn_put(&s, 0, VF_S("/n\nxy/src"), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    syn_release(&s);
}

/* An egg-link keeps line 2 and its missing last LF (docs/formats.md 4.2). */
static void egg_link(void **state)
{
    (void)state;
    struct syn s;
    enum vf_status st;
    syn_init(&s);
    syn_read(&s, VF_SYN_EGG_LINK, VF_S("/src/my proj\n../"));
    assert_int_equal(syn_refs(&s), 1);
    assert_text(syn_ref(&s, 0)->value, "/src/my proj");
    assert_int_equal(syn_ref(&s, 0)->role, VF_ROLE_EDITABLE);
    assert_text(syn_put(&s, 0, VF_S("/n"), NULL), "/n\n../");
    syn_read(&s, VF_SYN_EGG_LINK, VF_S("\r\n /src \r\n.\r\n"));
    assert_int_equal(syn_ref(&s, 0)->line, 2);
    assert_text(syn_put(&s, 0, VF_S("/n"), NULL), "\r\n /n \r\n.\r\n");
    (void)syn_put(&s, 0, VF_S("/a\nb"), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    (void)syn_put(&s, 0, VF_S("/a "), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    syn_read(&s, VF_SYN_EGG_LINK, VF_S("../src\n."));
    assert_int_equal(syn_ref(&s, 0)->flags, VF_REF_RELATIVE);
    syn_read(&s, VF_SYN_EGG_LINK, VF_S(" \n\n"));
    assert_non_null(syn_flaw(&s, VF_FLAW_EGG_LINK_MALFORMED));
    assert_int_equal(syn_refs(&s), 0);
    syn_release(&s);
}

static void links(void **state)
{
    (void)state;
    struct syn s;
    enum vf_status st;
    syn_init(&s);
    syn_read(&s, VF_SYN_LINK, VF_S("/p/env/lib\n\xFF"));
    assert_text(syn_ref(&s, 0)->value, "/p/env/lib\n\xFF");
    assert_int_equal(syn_ref(&s, 0)->line, 0);
    assert_text(syn_put(&s, 0, VF_S("/n \n"), NULL), "/n \n");
    (void)syn_put(&s, 0, VF_S(""), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    (void)syn_put(&s, 0, VF_S("a\0b"), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    syn_read(&s, VF_SYN_LINK, VF_S("../lib"));
    assert_int_equal(syn_ref(&s, 0)->flags, VF_REF_RELATIVE);
    syn_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),          cmocka_unit_test(repairs),       cmocka_unit_test(several_lines),
        cmocka_unit_test(editable_names), cmocka_unit_test(code_literals), cmocka_unit_test(unstorable),
        cmocka_unit_test(egg_link),       cmocka_unit_test(links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
