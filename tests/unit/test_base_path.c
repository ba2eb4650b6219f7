/* Paths by their words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/path.h"

static void cleans(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"", "."},         {".", "."},         {"/", "/"},           {"//", "/"},       {"//a//b/", "/a/b"},
        {"/..", "/"},      {"/../a", "/a"},    {"a/..", "."},        {"../a", "../a"},  {"../../", "../.."},
        {"a/../..", ".."}, {"./a/./b", "a/b"}, {"a/b/../../c", "c"}, {"/a/b/..", "/a"}, {"..a/.b", "..a/.b"},
        {"/a/../..", "/"}, {"../a/..", ".."},  {"/.", "/"},          {"a/./..", "."},   {"...", "..."},
        {"./..", ".."},    {"a//", "a"},
    };
    struct vf_arena a = {0};
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_slice in = vf_slice_of(table[i][0]);
        struct vf_slice req = vf_slice_of(table[i][1]);
        struct vf_buf b = {0};
        vf_buf_puts(&b, "x/");
        vf_path_clean(&b, in);
        assert_true(vf_slice_eq(vf_slice_from(vf_buf_slice(&b), 2), req));
        vf_buf_release(&b);
        assert_true(vf_slice_eq(vf_path_clean_dup(&a, in), req));
        assert_int_equal(vf_path_is_clean(in), vf_slice_eq(in, req));
        assert_true(vf_path_is_clean(req));
    }
    vf_arena_release(&a);
}

static void joins_and_splits(void **state)
{
    (void)state;
    struct vf_arena a = {0};
    assert_string_equal(vf_path_join(&a, VF_S("a"), VF_S("b/c")).p, "a/b/c");
    assert_string_equal(vf_path_join(&a, VF_S("/"), VF_S("b")).p, "/b");
    assert_string_equal(vf_path_join(&a, VF_S("a"), VF_S("/b")).p, "/b");
    assert_string_equal(vf_path_join(&a, VF_S(""), VF_S("b")).p, "b");
    vf_arena_release(&a);
    static const char *const table[][3] = {
        {"a/b/c", "a/b", "c"}, {"c", "", "c"}, {"/c", "/", "c"}, {"/", "/", ""}, {"", "", ""},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        assert_true(vf_slice_eq(vf_path_dir(vf_slice_of(table[i][0])), vf_slice_of(table[i][1])));
        assert_true(vf_slice_eq(vf_path_base(vf_slice_of(table[i][0])), vf_slice_of(table[i][2])));
    }
    assert_int_equal(vf_path_depth(VF_S("/a/b")), 2);
    assert_int_equal(vf_path_depth(VF_S("/")), 0);
    assert_int_equal(vf_path_depth(VF_S(".")), 0);
    assert_true(vf_path_is_abs(VF_S("/")) && !vf_path_is_abs(VF_S("")));
}

static void under(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {"/a", "/a", ""},  {"/a", "/a/b", "b"},  {"/a", "/ab", NULL}, {"/", "/x", "x"},
        {"/", "/", ""},    {"/a/b", "/a", NULL}, {".", "x/y", "x/y"}, {".", ".", ""},
        {".", "..", NULL}, {".", "../x", NULL},  {".", "..x", "..x"}, {"a", "a/b", "b"},
        {".", "/x", NULL},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_slice rest;
        bool is = vf_path_under(vf_slice_of(table[i][0]), vf_slice_of(table[i][1]), &rest);
        assert_int_equal(is, table[i][2] != NULL);
        if (is)
            assert_true(vf_slice_eq(rest, vf_slice_of(table[i][2])));
    }
    assert_true(vf_path_under(VF_S("/a"), VF_S("/a/b"), NULL));
}

static void relative(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {"/a/b", "/a/c", "../c"}, {"/a", "/a", "."},         {"/", "/a", "a"},        {"/a/b", "/", "../.."},
        {"/a", "/ab", "../ab"},   {"/a/b/c", "/a", "../.."}, {"/a", "/a/b/c", "b/c"}, {"/", "/", "."},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_buf b = {0};
        vf_path_relative(&b, vf_slice_of(table[i][0]), vf_slice_of(table[i][1]));
        assert_string_equal(vf_buf_cstr(&b), table[i][2]);
        vf_buf_release(&b);
    }
}

static void links_stay_inside(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {"lib64", "lib", "lib"},
        {"bin/python", "python3", "bin/python3"},
        {"bin/x", "..", "."},
        {"bin/x", "../..", NULL},
        {"bin/x", "../../env/y", NULL},
        {"x", "/etc", NULL},
        {"a/b/l", "../../c", "c"},
        {"x", "..", NULL},
        {"x", "a/../../y", NULL},
        {"x", "..a", "..a"},
        {"x", "", NULL},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_buf b = {0};
        bool in = vf_path_link_inside(&b, vf_slice_of(table[i][0]), vf_slice_of(table[i][1]));
        assert_int_equal(in, table[i][2] != NULL);
        assert_string_equal(vf_buf_cstr(&b), in ? table[i][2] : "");
        vf_buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cleans),   cmocka_unit_test(joins_and_splits),  cmocka_unit_test(under),
        cmocka_unit_test(relative), cmocka_unit_test(links_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
