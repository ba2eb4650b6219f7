/* Names of projects and of metadata directories. */
#include "packaging_helper.h"

#include "packaging/name.h"
#include "packaging/text.h"

static void canonical_names(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {"Foo.Bar_Baz", "foo-bar-baz", "foo_bar_baz"},
        {"a-_.-b", "a-b", "a_b"},
        {"-x-", "-x-", "_x_"},
        {"", "", ""},
        {"\xc3\x89t\xc3\xa9", "\xc3\x89t\xc3\xa9", "\xc3\x89t\xc3\xa9"},
    };
    struct vf_arena a;
    vf_arena_init(&a);
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_buf b = {0};
        struct vf_slice name = vf_slice_of(table[i][0]);
        CHECK_SLICE(vf_name_canonical(&a, name), table[i][1]);
        vf_name_canonical_put(&b, name);
        CHECK_SLICE(vf_buf_slice(&b), table[i][1]);
        vf_buf_clear(&b);
        vf_name_escaped_put(&b, name);
        CHECK_SLICE(vf_buf_slice(&b), table[i][2]);
        vf_buf_release(&b);
    }
    vf_arena_release(&a);
}

static void same_names(void **state)
{
    (void)state;
    assert_true(vf_name_same(VF_S("A.b--c"), VF_S("a_B-C")));
    assert_false(vf_name_same(VF_S("ab"), VF_S("a-b")));
    assert_false(vf_name_same(VF_S("a"), VF_S("a-")));
    assert_true(vf_name_same(VF_S(""), VF_S("")));
}

static void valid_names(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "7", "A.b", "a--b", "x_1"};
    static const char *const bad[] = {"", "-x", "x-", "~ip", "a b", "a/b", "\xc3\xa9", "."};
    for (size_t i = 0; i < VF_COUNT(good); i++)
        assert_true(vf_name_valid(vf_slice_of(good[i])));
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        assert_false(vf_name_valid(vf_slice_of(bad[i])));
        assert_false(vf_name_is_canonical(vf_slice_of(bad[i])));
    }
    assert_true(vf_name_is_canonical(VF_S("a-b2")));
    assert_false(vf_name_is_canonical(VF_S("a--b")));
    assert_false(vf_name_is_canonical(VF_S("a_b")));
    assert_false(vf_name_is_canonical(VF_S("A")));
}

static void info_directories(void **state)
{
    (void)state;
    static const struct {
        const char *base;
        enum vf_info_kind kind;
        const char *name, *version;
    } table[] = {
        {"Foo.Bar-1.0.dist-info", VF_INFO_DIST_INFO, "Foo.Bar", "1.0"},
        {"foo-1.0-2.dist-info", VF_INFO_DIST_INFO, "foo", "1.0-2"},
        {"foo.dist-info", VF_INFO_DIST_INFO, "", ""},
        {"-x-1.0.dist-info", VF_INFO_DIST_INFO, "", "x-1.0"},
        {"~ip-23.0.dist-info", VF_INFO_DIST_INFO, "~ip", "23.0"},
        {"Foo-1.0.DIST-INFO", VF_INFO_DIST_INFO, "", ""},
        {"X-4.0-py3.8.egg-info", VF_INFO_EGG_INFO, "X", "4.0-py3.8"},
        {"x.egg-info", VF_INFO_EGG_INFO, "x", ""},
        {".dist-info", VF_INFO_DIST_INFO, "", ""},
        {"..egg-info", VF_INFO_EGG_INFO, "", ""},
        {"foo-1.0.dist-inf", VF_INFO_NONE, "", ""},
        {"", VF_INFO_NONE, "", ""},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_info_name n = vf_info_name_parse(vf_slice_of(table[i].base));
        assert_int_equal(n.kind, table[i].kind);
        CHECK_SLICE(n.name, table[i].name);
        CHECK_SLICE(n.version, table[i].version);
    }
}

static void blanks_and_lines_of_python(void **state)
{
    (void)state;
    CHECK_SLICE(vf_text_strip(VF_S(" \t\x1c\xc2\xa0\xe2\x80\x83 a \xe3\x80\x80\r\n")), "a");
    CHECK_SLICE(vf_text_strip(VF_S("\xc2\x84")), "\xc2\x84");
    struct vf_slice rest = VF_S("a\r\nb\rc\x0b\xe2\x80\xa8\xc2\x85"
                                "d\n");
    struct vf_slice line;
    static const char *const req[] = {"a", "b", "c", "", "", "d"};
    for (size_t i = 0; i < VF_COUNT(req); i++) {
        assert_true(vf_text_next_line(&rest, &line));
        CHECK_SLICE(line, req[i]);
    }
    assert_false(vf_text_next_line(&rest, &line));
}

static void quotations_fit(void **state)
{
    (void)state;
    char big[500];
    memset(big, '\x01', sizeof big);
    assert_string_equal(vf_quote(VF_S("a\0\xff")).s, "a\\x00\\xff");
    assert_true(strlen(vf_quote((struct vf_slice){big, sizeof big}).s) < 96);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_names),
        cmocka_unit_test(same_names),
        cmocka_unit_test(valid_names),
        cmocka_unit_test(info_directories),
        cmocka_unit_test(blanks_and_lines_of_python),
        cmocka_unit_test(quotations_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
