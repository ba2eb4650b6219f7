/* Who keeps a script that several distributions make, where none of them is installed yet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wheel/script_conflict.h"

enum { MAX = 3 };

struct party {
    const char *name, *points, *metadata;
};

/* Settles it, in this order and in the other one: the same in both. "winner" of the script `both`, or NULL.
 */
static const char *keeps(const struct party *v, size_t n)
{
    const char *kept[2] = {NULL, NULL};
    for (int turn = 0; turn < 2; turn++) {
        struct vf_entry_points points[MAX] = {0};
        struct vf_script_provider c[MAX];
        struct vf_vec yields = {0};
        struct vf_err err = {0};
        struct vf_arena a;
        vf_arena_init(&a);
        for (size_t i = 0; i < n; i++) {
            const struct party *p = &v[turn ? n - 1 - i : i];
            assert_int_equal(vf_entry_points_parse(&a, vf_slice_of(p->points), &points[i], &err), VF_OK);
            c[i] = (struct vf_script_provider){vf_slice_of(p->name), &points[i], vf_slice_of(p->metadata)};
        }
        assert_int_equal(vf_script_conflicts_resolve(c, n, NULL, &a, &yields, &err), VF_OK);
        for (size_t i = 0; i < yields.n; i++) {
            const struct vf_script_conflict *y = VF_VEC_AT(const struct vf_script_conflict, &yields, i);
            const struct vf_slice *names;
            size_t n_names;
            assert_true(vf_slice_eq(y->script, VF_S("both")));
            kept[turn] = v[turn ? n - 1 - y->winner : y->winner].name;
            assert_int_equal(vf_script_conflicts_lost(&yields, y->loser, &a, &names, &n_names, &err), VF_OK);
            assert_int_equal(n_names, 1);
            vf_script_conflicts_drop(&points[y->loser], names, n_names);
            assert_null(vf_entry_points_script(&points[y->loser], VF_S("both")));
        }
        vf_arena_release(&a);
    }
    assert_true(kept[0] == kept[1]);
    return kept[0];
}

#define MAKES(module) "[console_scripts]\nboth = " module ":main\nown-" module " = " module ":main\n"

static void test_first_by_name(void **state)
{
    (void)state;
    const struct party v[] = {{"b", MAKES("b"), ""}, {"a", MAKES("a"), ""}, {"c", MAKES("c"), ""}};
    assert_string_equal(keeps(v, 3), "a");
}

static void test_who_requires_the_other(void **state)
{
    (void)state;
    const struct party v[] = {
        {"tool", MAKES("tool"), "Name: tool\nRequires-Dist: Tool_CLI[x]>=1; extra == \"y\"\n"},
        {"tool-cli", MAKES("tool_cli"), "Name: tool-cli\nRequires-Dist: tool-c\n"}};
    assert_string_equal(keeps(v, 2), "tool");
    const struct party turned[] = {{"a", MAKES("a"), ""}, {"b", MAKES("b"), "Requires-Dist: a\n"}};
    assert_string_equal(keeps(turned, 2), "b");
}

static void test_nothing_to_settle(void **state)
{
    (void)state;
    const struct party equal[] = {{"a", "[console_scripts]\nboth = m:f\n", ""},
                                  {"b", "[gui_scripts]\nboth = m:f [extra]\n", ""}};
    assert_null(keeps(equal, 2));
    const struct party others[] = {{"a", "[x]\nboth = a:f\n", ""}, {"b", "[x]\nboth = b:f\n", ""}};
    assert_null(keeps(others, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_by_name),
        cmocka_unit_test(test_who_requires_the_other),
        cmocka_unit_test(test_nothing_to_settle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
