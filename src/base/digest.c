/* Hashes by libcrypto. Algorithms are fetched once per hasher and the context is used again, because in
 * OpenSSL 3 the fetch costs more than the hash of a small file. */
#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>

struct vf_hasher {
    EVP_MD *md;
    EVP_MD_CTX *ctx;
    bool failed;
};

/* openssl.cnf and $OPENSSL_CONF can name modules to load: a static program must load none, since they are
 * made for the C library of the host. A shared libcrypto is left as its owner configured it. */
static void init_library(void)
{
#ifdef VF_STATIC
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
#endif
}

static void init_library_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, init_library);
}

/* OpenSSL's name for a name of hashlib, or NULL. */
static const char *openssl_name(struct vf_slice name)
{
    static const struct {
        struct vf_slice name;
        const char *openssl;
    } table[] = {
        {VF_S_INIT("sha256"), "SHA256"},       {VF_S_INIT("sha384"), "SHA384"},
        {VF_S_INIT("sha512"), "SHA512"},       {VF_S_INIT("sha224"), "SHA224"},
        {VF_S_INIT("sha1"), "SHA1"},           {VF_S_INIT("md5"), "MD5"},
        {VF_S_INIT("sha3_224"), "SHA3-224"},   {VF_S_INIT("sha3_256"), "SHA3-256"},
        {VF_S_INIT("sha3_384"), "SHA3-384"},   {VF_S_INIT("sha3_512"), "SHA3-512"},
        {VF_S_INIT("blake2b"), "BLAKE2B-512"}, {VF_S_INIT("blake2s"), "BLAKE2S-256"},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++)
        if (vf_slice_eq(name, table[i].name))
            return table[i].openssl;
    return NULL;
}

enum vf_status vf_hasher_new(struct vf_slice name, struct vf_hasher **out, struct vf_err *err)
{
    *out = NULL;
    init_library_once();
    const char *known = openssl_name(name);
    EVP_MD *md = known ? EVP_MD_fetch(NULL, known, NULL) : NULL;
    if (!md)
        return vf_err_set(err, VF_NOT_SUPPORTED, 0, "hash", VF_S(""), "the hash algorithm is not supported");
    struct vf_hasher *h = calloc(1, sizeof *h);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!h || !ctx) {
        free(h);
        EVP_MD_CTX_free(ctx);
        EVP_MD_free(md);
        return vf_err_nomem(err);
    }
    h->md = md;
    h->ctx = ctx;
    vf_hasher_reset(h);
    *out = h;
    return VF_OK;
}

void vf_hasher_reset(struct vf_hasher *h)
{
    h->failed = EVP_DigestInit_ex2(h->ctx, h->md, NULL) != 1;
}

void vf_hasher_update(struct vf_hasher *h, struct vf_slice bytes)
{
    if (bytes.n > 0 && !h->failed)
        h->failed = EVP_DigestUpdate(h->ctx, bytes.p, bytes.n) != 1;
}

size_t vf_hasher_final(struct vf_hasher *h, unsigned char out[VF_DIGEST_MAX])
{
    unsigned n = 0;
    bool ok = !h->failed && EVP_DigestFinal_ex(h->ctx, out, &n) == 1;
    h->failed = true; /* until it is reset */
    return ok ? n : 0;
}

void vf_hasher_free(struct vf_hasher *h)
{
    if (!h)
        return;
    EVP_MD_CTX_free(h->ctx);
    EVP_MD_free(h->md);
    free(h);
}

bool vf_sha256(struct vf_slice bytes, unsigned char out[32])
{
    unsigned n = 0;
    const char *p = bytes.p ? bytes.p : "";
    init_library_once();
    return EVP_Digest(p, bytes.n, out, &n, EVP_sha256(), NULL) == 1 && n == 32;
}

bool vf_hmac_sha256(const unsigned char key[32], struct vf_slice bytes, unsigned char out[32])
{
    unsigned n = 0;
    const unsigned char *p = (const unsigned char *)(bytes.p ? bytes.p : "");
    init_library_once();
    return HMAC(EVP_sha256(), key, 32, p, bytes.n, out, &n) && n == 32;
}

bool vf_digest_eq(const unsigned char *a, const unsigned char *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}
