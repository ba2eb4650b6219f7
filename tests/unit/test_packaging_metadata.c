/* Headers of METADATA and WHEEL; entry points. */
#include "packaging_helper.h"

#include "packaging/entry_points.h"
#include "packaging/metadata.h"

static struct vf_arena arena;
static struct vf_metadata meta;
static struct vf_entry_points points;

static void parse(const char *text)
{
    struct vf_err err = {0};
    assert_int_equal(vf_metadata_parse(&arena, vf_slice_of(text), &meta, &err), VF_OK);
}

static void parse_points(const char *text)
{
    struct vf_err err = {0};
    assert_int_equal(vf_entry_points_parse(&arena, vf_slice_of(text), &points, &err), VF_OK);
}

static void check_header(const char *name, const char *req)
{
    struct vf_slice v = {NULL, 0};
    assert_true(vf_metadata_get(&meta, vf_slice_of(name), &v));
    CHECK_SLICE(v, req);
}

static void first_value_counts(void **state)
{
    (void)state;
    struct vf_slice v;
    size_t at = 0;
    parse("Metadata-Version: 2.1\r\nname:Foo.Bar \r\nNAME: other\rRequires-Dist: a\nRequires-Dist:\tb>1; x\n"
          "Root-Is-Purelib: TRUE\nEmpty:\n\nName: body\n");
    check_header("Name", "Foo.Bar");
    check_header("Empty", "");
    assert_true(vf_metadata_next(&meta, VF_S("requires-dist"), &at, &v));
    CHECK_SLICE(v, "a");
    assert_true(vf_metadata_next(&meta, VF_S("requires-dist"), &at, &v));
    CHECK_SLICE(v, "b>1; x");
    assert_false(vf_metadata_next(&meta, VF_S("requires-dist"), &at, &v));
    assert_false(vf_metadata_get(&meta, VF_S("Version"), &v));
    assert_true(vf_metadata_root_is_purelib(&meta));
    assert_int_equal(meta.n, 7);
    assert_int_equal(meta.headers[3].line, 4);
    assert_int_equal(meta.body_line, 9);
}

static void folded_headers(void **state)
{
    (void)state;
    parse(" stray\nLicense: one\n   two\n\t\n three\nVersion:\n 1.0\nX: y");
    check_header("License", "one two three");
    check_header("Version", "1.0");
    check_header("X", "y");
    assert_int_equal(meta.headers[1].line, 6);
    assert_true(meta.headers[1].folded);
    assert_false(meta.headers[2].folded);
}

static void headers_end_at_what_is_none(void **state)
{
    (void)state;
    parse("From someone\n: nameless\nA: 1\nB : 2\nC: 3\n");
    assert_int_equal(meta.n, 1);
    check_header("A", "1");
    assert_int_equal(meta.body_line, 4);
    parse("\xef\xbb\xbfName: x\n");
    assert_int_equal(meta.n, 0);
    parse("");
    assert_int_equal(meta.n, 0);
    assert_false(vf_metadata_root_is_purelib(&meta));
}

static void too_many_headers(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    struct vf_err err = {0};
    for (int i = 0; i <= VF_METADATA_HEADERS_MAX; i++)
        vf_buf_puts(&b, "A:\n");
    assert_int_equal(vf_metadata_parse(&arena, vf_buf_slice(&b), &meta, &err), VF_LIMIT);
    vf_err_release(&err);
    vf_buf_release(&b);
}

static void scripts_of_both_kinds(void **state)
{
    (void)state;
    parse_points("# comment\r\n[console_scripts]\r\n demo = demo.cli:main [x, y] \r\npoetry=demo:a.b\n\n"
                 "[gui_scripts]\nDemo-W = demo : gui\n[some.plugin]\nmod = demo.plugin\n"
                 "[console_scripts]\nlate = a:b\n");
    assert_int_equal(points.n_problems, 0);
    assert_int_equal(points.n, 5);
    const struct vf_entry_point *e = points.entries;
    assert_int_equal(e[0].kind, VF_ENTRY_CONSOLE);
    CHECK_SLICE(e[0].name, "demo");
    CHECK_SLICE(e[0].module, "demo.cli");
    CHECK_SLICE(e[0].attr, "main");
    CHECK_SLICE(e[0].extras, "x, y");
    CHECK_SLICE(e[0].value, "demo.cli:main [x, y]");
    assert_int_equal(e[0].line, 3);
    CHECK_SLICE(e[1].attr, "a.b");
    assert_int_equal(e[2].kind, VF_ENTRY_GUI);
    CHECK_SLICE(e[2].name, "Demo-W");
    assert_int_equal(e[3].kind, VF_ENTRY_OTHER);
    CHECK_SLICE(e[3].group, "some.plugin");
    CHECK_SLICE(e[3].attr, "");
    assert_ptr_equal(vf_entry_points_script(&points, VF_S("late")), &e[4]);
    assert_null(vf_entry_points_script(&points, VF_S("demo-w")));
    assert_null(vf_entry_points_script(&points, VF_S("mod")));
}

static void check_point(size_t i, enum vf_entry_problem_kind kind, unsigned line)
{
    assert_true(i < points.n_problems);
    assert_int_equal(points.problems[i].kind, kind);
    assert_int_equal(points.problems[i].line, line);
}

static void bad_lines_are_reported(void **state)
{
    (void)state;
    parse_points("x = a:b\n[console_scripts]\nnothing\n../x = a:b\na\\b = a:b\n = a:b\n.. = a:b\nnoattr = a\n"
                 "colon = a:\nblank = a b:c\ntwo = a:b:c\ngood = a:b\n[other]\nbad = a b\ngood = x\n");
    check_point(0, VF_ENTRY_NO_SECTION, 1);
    check_point(1, VF_ENTRY_NO_EQUALS, 3);
    for (unsigned i = 0; i < 4; i++)
        check_point(2 + i, VF_ENTRY_BAD_NAME, 4 + i);
    check_point(6, VF_ENTRY_NO_ATTR, 8);
    for (unsigned i = 0; i < 3; i++)
        check_point(7 + i, VF_ENTRY_BAD_VALUE, 9 + i);
    check_point(10, VF_ENTRY_BAD_VALUE, 14);
    assert_int_equal(points.n_problems, 11);
    assert_int_equal(points.n, 2);
}

static void last_of_two_scripts_counts(void **state)
{
    (void)state;
    parse_points("[console_scripts]\na = x:old\nb = x:b\n[gui_scripts]\na = x:new\n");
    assert_int_equal(points.n, 2);
    CHECK_SLICE(points.entries[0].attr, "new");
    assert_int_equal(points.entries[0].kind, VF_ENTRY_GUI);
    check_point(0, VF_ENTRY_TWICE, 5);
}

static int setup(void **state)
{
    (void)state;
    vf_arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vf_arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_value_counts),          cmocka_unit_test(folded_headers),
        cmocka_unit_test(headers_end_at_what_is_none), cmocka_unit_test(too_many_headers),
        cmocka_unit_test(scripts_of_both_kinds),       cmocka_unit_test(bad_lines_are_reported),
        cmocka_unit_test(last_of_two_scripts_counts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
