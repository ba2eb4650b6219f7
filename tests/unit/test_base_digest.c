/* Hashes and their spellings; expected values from hashlib and base64 of CPython. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"

static void known_hashes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *abc;
    } table[] = {
        {"sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"sha384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                   "8086072ba1e7cc2358baeca134c825a7"},
        {"sha512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                   "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
        {"sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
        {"sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"md5", "900150983cd24fb0d6963f7d28e17f72"},
        {"sha3_256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
        {"sha3_384", "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
                     "98d88cea927ac7f539f1edf228376d25"},
        {"sha3_512", "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
                     "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"},
        {"blake2b", "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                    "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
        {"blake2s", "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_err err = {0};
        struct vf_hasher *h;
        assert_int_equal(vf_hasher_new(vf_slice_of(table[i].name), &h, &err), VF_OK);
        for (int round = 0; round < 2; round++) {
            unsigned char raw[VF_DIGEST_MAX];
            struct vf_buf hex = {0};
            vf_hasher_reset(h);
            vf_hasher_update(h, VF_S("a"));
            vf_hasher_update(h, (struct vf_slice){0});
            vf_hasher_update(h, VF_S("bc"));
            size_t n = vf_hasher_final(h, raw);
            vf_hex_put(&hex, (struct vf_slice){(char *)raw, n});
            assert_string_equal(vf_buf_cstr(&hex), table[i].abc);
            assert_int_equal(vf_hasher_final(h, raw), 0);
            vf_buf_release(&hex);
        }
        vf_hasher_free(h);
    }
}

static void unknown_hash(void **state)
{
    (void)state;
    struct vf_err err = {0};
    struct vf_hasher *h;
    assert_int_equal(vf_hasher_new(VF_S("sha257"), &h, &err), VF_NOT_SUPPORTED);
    assert_null(h);
    vf_hasher_free(NULL);
    vf_err_release(&err);
}

static void sha256_of_a_slice(void **state)
{
    (void)state;
    unsigned char raw[32];
    struct vf_buf b = {0};
    assert_true(vf_sha256((struct vf_slice){0}, raw));
    vf_base64url_put(&b, (struct vf_slice){(char *)raw, 32});
    assert_string_equal(vf_buf_cstr(&b), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    vf_buf_release(&b);
}

static void base64(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"\xFB\xFF", "+/8=", "-_8"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_buf b = {0};
        vf_base64_put(&b, vf_slice_of(table[i][0]));
        assert_string_equal(vf_buf_cstr(&b), table[i][1]);
        vf_buf_clear(&b);
        vf_base64url_put(&b, vf_slice_of(table[i][0]));
        assert_string_equal(vf_buf_cstr(&b), table[i][2]);
        for (int k = 1; k < 3; k++) {
            vf_buf_clear(&b);
            assert_true(vf_base64url_get(&b, vf_slice_of(table[i][k])));
            assert_string_equal(vf_buf_cstr(&b), table[i][0]);
        }
        vf_buf_release(&b);
    }
    static const char *const bad[] = {"Z", "Zg=", "Zg===", "Zh",    "Z!",
                                      "=", "==",  "Zm9v=", "Zm9vY", "Zg==Zg=="};
    struct vf_buf b = {0};
    vf_buf_puts(&b, "kept");
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        assert_false(vf_base64url_get(&b, vf_slice_of(bad[i])));
        assert_string_equal(vf_buf_cstr(&b), "kept");
    }
    vf_buf_release(&b);
}

static void hex(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    assert_true(vf_hex_get(&b, VF_S("00fFA5")));
    assert_int_equal(b.n, 3);
    assert_memory_equal(b.p, "\x00\xFF\xA5", 3);
    assert_false(vf_hex_get(&b, VF_S("0")));
    assert_false(vf_hex_get(&b, VF_S("0g")));
    assert_int_equal(b.n, 3);
    vf_buf_release(&b);
}

/* RFC 4231, case 2; HMAC itself fills the key up with zeros. */
static void known_hmac(void **state)
{
    (void)state;
    unsigned char key[32] = "Jefe", sum[32];
    struct vf_buf b = {0};
    assert_true(vf_hmac_sha256(key, VF_S("what do ya want for nothing?"), sum));
    vf_hex_put(&b, (struct vf_slice){(const char *)sum, 32});
    assert_string_equal(vf_buf_cstr(&b), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    vf_buf_release(&b);
    assert_true(vf_digest_eq(sum, sum, 32));
    key[0] = sum[0];
    assert_false(vf_digest_eq(key, sum, 32));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_hashes),      cmocka_unit_test(known_hmac), cmocka_unit_test(unknown_hash),
        cmocka_unit_test(sha256_of_a_slice), cmocka_unit_test(base64),     cmocka_unit_test(hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
