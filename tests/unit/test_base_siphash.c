/* The hash of sources in compiled files; expected values from `_imp.source_hash` of CPython 3.10 and 3.11. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/siphash.h"

static uint64_t hash_of(uint64_t key, unsigned rounds, struct vf_slice text, size_t piece)
{
    struct vf_siphash h;
    vf_siphash_init(&h, key, rounds);
    for (size_t i = 0; i < text.n; i += piece)
        vf_siphash_update(&h, vf_slice_sub(text, i, i + piece < text.n ? i + piece : text.n));
    return vf_siphash_final(&h);
}

static void as_python(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 9; piece++) {
        assert_true(hash_of(168627567, 2, VF_S("x = 1\n"), piece) == UINT64_C(0xbfbe8c8ce2ad4ad9));
        assert_true(hash_of(168627623, 1, VF_S("x = 1\n"), piece) == UINT64_C(0x5252f793aa72034c));
    }
    assert_true(hash_of(168627623, 1, VF_S(""), 1) == UINT64_C(0x737fe8d5d59c8d73));
}

/* However the bytes come, whole blocks of eight among them. */
static void pieces(void **state)
{
    (void)state;
    struct vf_slice text = VF_S("0123456789abcdef0123456789abcdef!");
    uint64_t whole = hash_of(7, 1, text, text.n);
    for (size_t piece = 1; piece <= text.n; piece++)
        assert_true(hash_of(7, 1, text, piece) == whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_python), cmocka_unit_test(pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
