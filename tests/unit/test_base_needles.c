/* Strings anywhere: counts, the first occurrence, and windows that cut them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/needles.h"

static const struct vf_slice strings[] = {VF_S_INIT("/build/root"), VF_S_INIT("aa"), VF_S_INIT(".*")};
static const struct vf_slice text = VF_S_INIT("xaaaa .* /build/roo /build/root\0/build/root! build/root aaa");

static struct vf_needle_state search(size_t window)
{
    struct vf_needles *s;
    struct vf_err err;
    struct vf_needle_state st = {0};
    vf_err_init(&err);
    assert_int_equal(vf_needles_new(strings, VF_COUNT(strings), &s, &err), VF_OK);
    size_t overlap = vf_needles_overlap(s), base = 0;
    for (;;) {
        size_t end = base + window < text.n ? base + window : text.n;
        assert_int_equal(vf_needles_scan(s, &st, base, vf_slice_sub(text, base, end), &err), VF_OK);
        if (end == text.n)
            break;
        base = end - overlap;
    }
    vf_needles_free(s);
    vf_err_release(&err);
    return st;
}

static void any_window(void **state)
{
    (void)state;
    struct vf_needle_state whole = search(text.n);
    assert_int_equal(whole.count, 6); /* aa twice and once, .* once, the path twice */
    assert_int_equal(whole.first, 1);
    assert_int_equal(whole.needle, 1);
    for (size_t window = 11; window < text.n; window++) {
        struct vf_needle_state st = search(window);
        assert_int_equal(st.count, whole.count);
        assert_int_equal(st.first, whole.first);
        assert_int_equal(st.needle, whole.needle);
    }
}

static void refused(void **state)
{
    (void)state;
    struct vf_needles *s;
    struct vf_err err;
    struct vf_slice empty = VF_S("");
    static const struct vf_slice many[VF_NEEDLES_MAX + 1] = {VF_S_INIT("x")};
    vf_err_init(&err);
    assert_int_equal(vf_needles_new(&empty, 1, &s, &err), VF_USAGE);
    vf_err_clear(&err);
    assert_int_equal(vf_needles_new(many, VF_COUNT(many), &s, &err), VF_USAGE);
    vf_err_release(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_window), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
