/* Slices and buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void compares(void **state)
{
    (void)state;
    assert_true(vf_slice_eq(VF_S(""), (struct vf_slice){0}));
    assert_true(vf_slice_eq_nocase(VF_S("C:/Abc"), VF_S("c:/aBC")));
    assert_false(vf_slice_eq_nocase(VF_S("a["), VF_S("a{")));
    assert_true(vf_slice_cmp(VF_S("a"), VF_S("ab")) < 0);
    assert_true(vf_slice_cmp(VF_S("a\xFF"), VF_S("ab")) > 0);
    assert_int_equal(vf_slice_cmp(VF_S("x"), VF_S("x")), 0);
    assert_true(vf_slice_starts(VF_S("abc"), VF_S("ab")));
    assert_false(vf_slice_starts(VF_S("a"), VF_S("ab")));
    assert_true(vf_slice_ends(VF_S("abc"), VF_S("bc")));
    assert_false(vf_slice_ends(VF_S("c"), VF_S("bc")));
    assert_true(vf_slice_of(NULL).n == 0);
}

static void cuts_and_finds(void **state)
{
    (void)state;
    struct vf_slice s = VF_S("a\0b/c/d");
    assert_true(vf_slice_eq(vf_slice_sub(s, 2, 99), VF_S("b/c/d")));
    assert_true(vf_slice_sub(s, 5, 3).n == 0);
    assert_true(vf_slice_from(s, 100).n == 0);
    assert_int_equal(vf_slice_find(s, VF_S("/d"), 0), 5);
    assert_int_equal(vf_slice_find(s, VF_S("/c"), 4), VF_NPOS);
    assert_int_equal(vf_slice_find(s, VF_S(""), 7), 7);
    assert_int_equal(vf_slice_find(s, VF_S(""), 8), VF_NPOS);
    assert_int_equal(vf_slice_find_byte(s, '\0', 0), 1);
    assert_int_equal(vf_slice_find_byte(s, '/', 7), VF_NPOS);
    assert_int_equal(vf_slice_rfind_byte(s, '/'), 5);
    assert_int_equal(vf_slice_rfind_byte(s, 'z'), VF_NPOS);
    assert_true(vf_slice_eq(vf_slice_trim(VF_S(" \t\r\n\v\fa b ")), VF_S("a b")));
    assert_true(vf_slice_trim(VF_S("  ")).n == 0);
}

static void lines(void **state)
{
    (void)state;
    struct vf_slice rest = VF_S("one\r\n\ntail");
    struct vf_slice line;
    assert_true(vf_slice_next_line(&rest, &line));
    assert_true(vf_slice_eq(line, VF_S("one\r")));
    assert_true(vf_slice_next_line(&rest, &line));
    assert_true(line.n == 0);
    assert_true(vf_slice_next_line(&rest, &line));
    assert_true(vf_slice_eq(line, VF_S("tail")));
    assert_false(vf_slice_next_line(&rest, &line));
    rest = VF_S("x\n");
    assert_true(vf_slice_next_line(&rest, &line));
    assert_false(vf_slice_next_line(&rest, &line));
}

static void numbers(void **state)
{
    (void)state;
    uint64_t v = 7;
    assert_true(vf_slice_to_u64(VF_S("18446744073709551615"), &v));
    assert_true(v == UINT64_MAX);
    assert_false(vf_slice_to_u64(VF_S("18446744073709551616"), &v));
    assert_false(vf_slice_to_u64(VF_S("99999999999999999999"), &v));
    assert_false(vf_slice_to_u64(VF_S(""), &v));
    assert_false(vf_slice_to_u64(VF_S("+1"), &v));
    assert_false(vf_slice_to_u64(VF_S("1 "), &v));
    assert_true(vf_slice_to_u64(VF_S("0042"), &v));
    assert_int_equal(v, 42);
}

static void buffer_grows(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    assert_string_equal(vf_buf_cstr(&b), "");
    for (int i = 0; i < 1000; i++)
        vf_buf_putc(&b, (char)('a' + i % 26));
    assert_int_equal(b.n, 1000);
    assert_int_equal(b.p[999], 'a' + 999 % 26);
    vf_buf_clear(&b);
    vf_buf_puts(&b, "n=");
    vf_buf_put_u64(&b, 0);
    vf_buf_putc(&b, ' ');
    vf_buf_put_u64(&b, UINT64_MAX);
    vf_buf_printf(&b, " %d%s", -3, "x");
    assert_string_equal(vf_buf_cstr(&b), "n=0 18446744073709551615 -3x");
    vf_buf_put(&b, (struct vf_slice){0});
    assert_int_equal(vf_buf_slice(&b).n, 28);
    vf_buf_release(&b);
    assert_null(b.p);
}

static void buffer_keeps_its_failure(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    vf_buf_puts(&b, "abc");
    assert_false(vf_buf_reserve(&b, SIZE_MAX - 1));
    vf_buf_puts(&b, "def");
    assert_int_equal(b.n, 3);
    assert_null(vf_buf_cstr(&b));
    vf_buf_clear(&b);
    vf_buf_puts(&b, "def");
    assert_string_equal(vf_buf_cstr(&b), "def");
    vf_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares),     cmocka_unit_test(cuts_and_finds),
        cmocka_unit_test(lines),        cmocka_unit_test(numbers),
        cmocka_unit_test(buffer_grows), cmocka_unit_test(buffer_keeps_its_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
