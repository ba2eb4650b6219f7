/* Places: what they hold, how telling they are, what may stand beside them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/prefix.h"

static struct vf_prefix posix(const char *path)
{
    return (struct vf_prefix){.path = vf_slice_of(path)};
}

static void holds(void **state)
{
    (void)state;
    struct vf_arena a = {0};
    struct vf_slice rest;
    struct vf_prefix p = posix("/x/app");
    assert_true(vf_prefix_holds(&p, VF_S("/x/app"), &rest, &a) && rest.n == 0);
    assert_true(vf_prefix_holds(&p, VF_S("/x//y/../app/bin/"), &rest, &a));
    assert_true(vf_slice_eq(rest, VF_S("bin")));
    assert_false(vf_prefix_holds(&p, VF_S("/x/app2"), &rest, &a));
    assert_false(vf_prefix_holds(&p, VF_S("/x/app/../b"), NULL, &a));
    assert_false(vf_prefix_holds(&p, VF_S("/X/app"), &rest, &a));
    p.fold_case = true;
    assert_true(vf_prefix_holds(&p, VF_S("/X/APP/b"), NULL, &a));
    struct vf_prefix w = {VF_S("C:/Users/me/.venv"), VF_STYLE_WINDOWS, true};
    assert_true(vf_prefix_holds(&w, VF_S("c:\\users\\ME\\.venv\\Scripts"), &rest, &a));
    assert_true(vf_slice_eq(rest, VF_S("Scripts")));
    w.path = VF_S("C:\\Users\\me\\.venv");
    assert_true(vf_prefix_holds(&w, VF_S("C:/Users/me/.venv"), &rest, &a) && rest.n == 0);
    vf_arena_release(&a);
}

static void distinctive(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool distinctive, common;
    } table[] = {
        {"/app", false, false},     {"/opt/venv", false, false}, {"/app/.venv", true, false},
        {"/a/b/c", true, false},    {"/.venv", false, false},    {"/", false, true},
        {"/usr", false, true},      {"/usr/local", false, true}, {"/opt", false, true},
        {"/usr/lib", false, false},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_prefix p = posix(table[i].path);
        assert_int_equal(vf_prefix_distinctive(&p), table[i].distinctive);
        assert_int_equal(vf_prefix_is_common(&p), table[i].common);
    }
    struct vf_prefix w = {VF_S("C:\\app\\.venv"), VF_STYLE_WINDOWS, true};
    assert_true(vf_prefix_distinctive(&w));
    w.path = VF_S("C:\\app");
    assert_false(vf_prefix_distinctive(&w));
    w.path = VF_S("C:\\");
    assert_true(vf_prefix_is_common(&w));
}

static void boundaries(void **state)
{
    (void)state;
    for (const char *c = "/\\\"'`:;,)]}><&|#?= \t\n\r*$@!"; *c; c++)
        assert_true(vf_prefix_right_boundary(*c));
    assert_true(vf_prefix_right_boundary(-1) && vf_prefix_right_boundary(0));
    for (const char *c = "aZ9_-.~+%"; *c; c++)
        assert_false(vf_prefix_right_boundary(*c));
    assert_false(vf_prefix_right_boundary(0xC3));
    for (const char *c = "azAZ09_-./"; *c; c++)
        assert_false(vf_prefix_left_boundary(*c));
    assert_false(vf_prefix_left_boundary(0x80));
    for (const char *c = " \"'=:!\n(["; *c; c++)
        assert_true(vf_prefix_left_boundary(*c));
    assert_true(vf_prefix_left_boundary(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds),
        cmocka_unit_test(distinctive),
        cmocka_unit_test(boundaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
