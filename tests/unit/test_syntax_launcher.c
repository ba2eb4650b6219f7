/* Launchers of Windows scripts: any bytes are taken, and nothing is read behind them. Real ones:
 * tests/e2e/test_windows.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "syntax/launcher.h"

static const char shebang[] = "MZstub\0#!C:\\a b\\python.exe -E\r\nPK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
static const char trailer[] = "MZstub C:\\v\\python.exe\x0f\0\0\0UVSC";

static struct vf_slice of(const char *p, size_t n)
{
    return (struct vf_slice){p, n};
}

static void forms(void **state)
{
    (void)state;
    struct vf_launcher l = vf_launcher_read(of(shebang, sizeof shebang));
    assert_int_equal(l.kind, VF_LAUNCHER_SHEBANG);
    assert_true(vf_slice_eq(l.python, VF_S("C:\\a b\\python.exe")));
    assert_int_equal(l.offset, 9);
    l = vf_launcher_read(of(trailer, sizeof trailer - 1));
    assert_int_equal(l.kind, VF_LAUNCHER_TRAILER);
    assert_true(vf_slice_eq(l.python, VF_S("C:\\v\\python.exe")));
    assert_int_equal(vf_launcher_read(VF_S("MZ x-script.py")).kind, VF_LAUNCHER_SCRIPT);
    assert_int_equal(vf_launcher_read(VF_S("#!C:\\python.exe\n")).kind, VF_LAUNCHER_NONE);
}

/* Each beginning stands in memory of exactly its size; every byte is changed once. */
static void any_bytes(void **state)
{
    (void)state;
    const struct vf_slice all[] = {of(shebang, sizeof shebang), of(trailer, sizeof trailer - 1)};
    for (size_t k = 0; k < VF_COUNT(all); k++)
        for (size_t n = 1; n <= all[k].n; n++) {
            char *copy = malloc(n);
            assert_non_null(copy);
            memcpy(copy, all[k].p, n);
            copy[n / 2] = (char)0xff;
            (void)vf_launcher_read(of(copy, n));
            free(copy);
        }
}

static void absolute(void **state)
{
    (void)state;
    assert_true(vf_path_is_windows_abs(VF_S("c:/x")));
    assert_true(vf_path_is_windows_abs(VF_S("C:\\")));
    assert_true(vf_path_is_windows_abs(VF_S("\\\\server\\x")));
    assert_false(vf_path_is_windows_abs(VF_S("C:x")));
    assert_false(vf_path_is_windows_abs(VF_S("/C:/x")));
    assert_false(vf_path_is_windows_abs(VF_S("1:\\x")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(forms), cmocka_unit_test(any_bytes),
                                       cmocka_unit_test(absolute)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
