/* siphash.h: SipHash with a 64-bit key, the hash that Python writes into compiled files (PEP 552).
 *
 * Call sequence: vf_siphash_init, vf_siphash_update for each piece, vf_siphash_final once. No memory, no
 * errors. */
#ifndef VF_BASE_SIPHASH_H
#define VF_BASE_SIPHASH_H

#include "base/str.h"

struct vf_siphash {
    uint64_t v[4];
    unsigned rounds; /* for each 8 bytes: 2 (SipHash-2-4) or 1 (SipHash-1-3) */
    unsigned char tail[8];
    size_t n_tail;
    uint64_t total;
};

/* The first half of the key is `key`, the second is zero, as in Python's `_imp.source_hash`. */
void vf_siphash_init(struct vf_siphash *h, uint64_t key, unsigned rounds);
void vf_siphash_update(struct vf_siphash *h, struct vf_slice bytes);
uint64_t vf_siphash_final(struct vf_siphash *h);

#endif
