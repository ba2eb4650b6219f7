/* The error value: first one wins, nothing about it fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/err.h"

static void first_error_wins(void **state)
{
    (void)state;
    struct vf_err e = {0};
    assert_int_equal(vf_err_set(&e, VF_EXISTS, 0, "rename", VF_S("a\0b"), "%d files", 3), VF_EXISTS);
    assert_int_equal(vf_err_sys(&e, EACCES, "open", VF_S("x")), VF_EXISTS);
    assert_int_equal(e.code, VF_EXISTS);
    assert_string_equal(e.op, "rename");
    assert_string_equal(e.detail, "3 files");
    assert_int_equal(e.path_len, 3);
    assert_memory_equal(e.path, "a\0b", 4);
    vf_err_clear(&e);
    assert_int_equal(e.code, VF_OK);
    assert_int_equal(vf_err_nomem(&e), VF_NO_MEMORY);
    vf_err_release(&e);
    assert_int_equal(vf_err_set(NULL, VF_IO, 0, NULL, VF_S(""), NULL), VF_IO);
}

static void errno_becomes_a_code(void **state)
{
    (void)state;
    static const struct {
        int sys;
        enum vf_status code;
    } table[] = {
        {ENOENT, VF_NOT_FOUND},
        {ENOTDIR, VF_NOT_FOUND},
        {EACCES, VF_UNREADABLE},
        {EPERM, VF_UNREADABLE},
        {ENOSPC, VF_NO_SPACE},
        {EDQUOT, VF_NO_SPACE},
        {EXDEV, VF_CROSS_DEVICE},
        {EROFS, VF_NOT_WRITABLE},
        {ENOMEM, VF_NO_MEMORY},
        {ENAMETOOLONG, VF_PATH_TOO_LONG},
        {EIO, VF_IO},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_err e = {0};
        assert_int_equal(vf_err_sys(&e, table[i].sys, "read", VF_S("p")), table[i].code);
        assert_int_equal(e.sys, table[i].sys);
        vf_err_release(&e);
    }
}

static void context_goes_in_front(void **state)
{
    (void)state;
    struct vf_err e = {0};
    vf_err_context(&e, "nothing is set");
    assert_string_equal(e.detail, "");
    vf_err_sys(&e, EIO, "read", VF_S("p"));
    vf_err_context(&e, "while reading %s", "a journal");
    assert_string_equal(e.detail, "while reading a journal");
    vf_err_context(&e, "outer");
    assert_string_equal(e.detail, "outer: while reading a journal");
    vf_err_release(&e);
    vf_err_context(NULL, "x");
}

static void cut_at_a_character(void **state)
{
    (void)state;
    char text[700];
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'a', shift);
        for (size_t i = shift; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xE2\x82\xAC", 4);
        struct vf_err e = {0};
        vf_err_set(&e, VF_IO, 0, NULL, VF_S(""), "%s", text);
        size_t n = strlen(e.detail);
        assert_true(n >= sizeof e.detail - 4 && (n - shift) % 3 == 0);
        vf_err_context(&e, "b");
        n = strlen(e.detail);
        assert_true(n >= sizeof e.detail - 4 && (n - 3 - shift) % 3 == 0);
        vf_err_context(&e, "%s", text);
        n = strlen(e.detail);
        assert_true(n >= sizeof e.detail - 4 && (n - shift) % 3 == 0);
        vf_err_release(&e);
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(vf_status_name(VF_OK), "ok");
    assert_string_equal(vf_status_name(VF_NO_BASE), "no-base");
    assert_string_equal(vf_status_name(VF_NO_MEMORY), "internal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_error_wins),
        cmocka_unit_test(errno_becomes_a_code),
        cmocka_unit_test(context_goes_in_front),
        cmocka_unit_test(cut_at_a_character),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
