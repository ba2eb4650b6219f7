/* digest.h: hashes (OpenSSL libcrypto) and their spellings. */
#ifndef VF_BASE_DIGEST_H
#define VF_BASE_DIGEST_H

#include "base/err.h"

#define VF_DIGEST_MAX 64 /* bytes of the longest digest (sha512) */

struct vf_hasher; /* opaque */

/* `name` as in RECORD (hashlib's names): sha256, sha384, sha512, sha224, sha1, md5, sha3_224, sha3_256,
 * sha3_384, sha3_512, blake2b, blake2s. VF_NOT_SUPPORTED for others. The hasher is owned by the caller. */
VF_MUST_CHECK enum vf_status vf_hasher_new(struct vf_slice name, struct vf_hasher **out, struct vf_err *err);
void vf_hasher_reset(struct vf_hasher *h); /* begin again with the same algorithm */
void vf_hasher_update(struct vf_hasher *h, struct vf_slice bytes);
size_t vf_hasher_final(struct vf_hasher *h,
                       unsigned char out[VF_DIGEST_MAX]); /* length in bytes; 0 on failure */
void vf_hasher_free(struct vf_hasher *h);

/* sha256 of one slice. */
VF_MUST_CHECK bool vf_sha256(struct vf_slice bytes, unsigned char out[32]);

/* HMAC-SHA256 (RFC 2104) of one slice under a key of 32 bytes. */
VF_MUST_CHECK bool vf_hmac_sha256(const unsigned char key[32], struct vf_slice bytes, unsigned char out[32]);
/* Compares in a time that does not depend on the contents. */
bool vf_digest_eq(const unsigned char *a, const unsigned char *b, size_t n);

void vf_base64_put(struct vf_buf *out, struct vf_slice bytes);    /* standard alphabet, padded */
void vf_base64url_put(struct vf_buf *out, struct vf_slice bytes); /* URL alphabet, no padding (RECORD) */
bool vf_base64url_get(struct vf_buf *out, struct vf_slice text);  /* either alphabet, padding optional */
void vf_hex_put(struct vf_buf *out, struct vf_slice bytes);       /* lower case */
bool vf_hex_get(struct vf_buf *out, struct vf_slice text);

#endif
