/* Arena, growing array, map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdalign.h>
#include <stdio.h>

#include "base/arena.h"

static void hands_out_zeroed_aligned(void **state)
{
    (void)state;
    struct vf_arena a;
    vf_arena_init(&a);
    for (size_t round = 0; round < 3; round++) {
        for (size_t size = 0; size < 3000; size += 7) {
            unsigned char *p = vf_arena_alloc(&a, size);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xAA, size);
        }
        vf_arena_clear(&a);
        assert_int_equal(a.used, 0);
    }
    char *big = vf_arena_alloc(&a, 5u << 20);
    char *small = vf_arena_alloc(&a, 10);
    assert_true(big && small);
    big[(5u << 20) - 1] = 1;
    vf_arena_release(&a);
    assert_non_null(vf_arena_alloc(&a, 1));
    vf_arena_release(&a);
}

static void overflow_is_refused(void **state)
{
    (void)state;
    struct vf_arena a = {0};
    assert_null(vf_arena_alloc(&a, SIZE_MAX));
    assert_null(vf_arena_array(&a, SIZE_MAX / 2, 4));
    struct vf_slice huge = {"", SIZE_MAX};
    assert_null(vf_arena_dup(&a, huge).p);
    assert_null(vf_arena_cstr(&a, huge));
    assert_null(vf_arena_concat(&a, VF_S("x"), huge, VF_S("")).p);
    vf_arena_release(&a);
}

static void copies(void **state)
{
    (void)state;
    struct vf_arena a = {0};
    struct vf_slice s = vf_arena_dup(&a, VF_S("a\0b"));
    assert_int_equal(s.n, 3);
    assert_memory_equal(s.p, "a\0b", 4);
    assert_non_null(vf_arena_dup(&a, (struct vf_slice){0}).p);
    assert_string_equal(vf_arena_cstr(&a, VF_S("x")), "x");
    assert_string_equal(vf_arena_concat(&a, VF_S("a"), (struct vf_slice){0}, VF_S("c")).p, "ac");
    vf_arena_release(&a);
}

static void vector_grows(void **state)
{
    (void)state;
    struct vf_arena a = {0};
    struct vf_vec v = {0};
    for (int i = 0; i < 1000; i++) {
        int *p = vf_vec_push(&a, &v, sizeof *p);
        assert_true(p && *p == 0);
        *p = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(*VF_VEC_AT(int, &v, i), i);
    v.n = 0; /* used again: elements are new */
    assert_int_equal(*(int *)vf_vec_push(&a, &v, sizeof(int)), 0);
    vf_arena_release(&a);
}

static void map_finds_all(void **state)
{
    (void)state;
    struct vf_arena a = {0};
    struct vf_map m;
    size_t v = 0;
    assert_false(vf_map_get(&(struct vf_map){0}, VF_S("x"), &v));
    assert_false(vf_map_put(&(struct vf_map){0}, VF_S("x"), 1));
    vf_map_init(&m, &a);
    char key[32];
    for (size_t i = 0; i < 5000; i++) {
        int n = snprintf(key, sizeof key, "lib/%zu", i);
        assert_true(vf_map_put(&m, vf_arena_dup(&a, (struct vf_slice){key, (size_t)n}), i));
    }
    assert_int_equal(m.n, 5000);
    for (size_t i = 0; i < 5000; i++) {
        int n = snprintf(key, sizeof key, "lib/%zu", i);
        assert_true(vf_map_get(&m, (struct vf_slice){key, (size_t)n}, &v));
        assert_int_equal(v, i);
    }
    assert_false(vf_map_get(&m, VF_S("lib/5000"), &v));
    assert_true(vf_map_put(&m, VF_S("lib/7"), 70));
    assert_true(vf_map_put(&m, VF_S(""), 1));
    assert_true(vf_map_get(&m, VF_S("lib/7"), &v) && v == 70);
    assert_true(vf_map_get(&m, (struct vf_slice){0}, NULL));
    assert_false(vf_map_get(&m, VF_S("\0"), NULL));
    assert_int_equal(m.n, 5001);
    size_t cap = m.cap;
    assert_true(vf_map_reserve(&m, 10)); /* there is room: nothing moves */
    assert_int_equal(m.cap, cap);
    assert_true(vf_map_reserve(&m, 50000));
    cap = m.cap;
    assert_true(vf_map_get(&m, VF_S("lib/4999"), &v) && v == 4999);
    for (size_t i = 0; i < 50000; i++) {
        int n = snprintf(key, sizeof key, "lib/%zu", i);
        assert_true(vf_map_put(&m, vf_arena_dup(&a, (struct vf_slice){key, (size_t)n}), i));
    }
    assert_int_equal(m.cap, cap);
    assert_false(vf_map_reserve(&(struct vf_map){0}, 100));
    vf_arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_zeroed_aligned),
        cmocka_unit_test(overflow_is_refused),
        cmocka_unit_test(copies),
        cmocka_unit_test(vector_grows),
        cmocka_unit_test(map_finds_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
