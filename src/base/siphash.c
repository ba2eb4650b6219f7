/* siphash.c: SipHash-2-4 and SipHash-1-3, from the paper of Aumasson and Bernstein. */
#include "base/siphash.h"

#include "base/le.h"

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void run_rounds(uint64_t v[4], unsigned n)
{
    for (; n; n--) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

static void absorb(struct vf_siphash *h, const unsigned char *p)
{
    uint64_t word = vf_le32(p) | (uint64_t)vf_le32(p + 4) << 32;
    h->v[3] ^= word;
    run_rounds(h->v, h->rounds);
    h->v[0] ^= word;
}

void vf_siphash_init(struct vf_siphash *h, uint64_t key, unsigned rounds)
{
    *h = (struct vf_siphash){.v = {key ^ UINT64_C(0x736f6d6570736575), UINT64_C(0x646f72616e646f6d),
                                   key ^ UINT64_C(0x6c7967656e657261), UINT64_C(0x7465646279746573)},
                             .rounds = rounds};
}

void vf_siphash_update(struct vf_siphash *h, struct vf_slice bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    size_t n = bytes.n;
    h->total += n;
    while (n && h->n_tail) {
        h->tail[h->n_tail++] = *p++;
        n--;
        if (h->n_tail == sizeof h->tail) {
            absorb(h, h->tail);
            h->n_tail = 0;
        }
    }
    for (; n >= sizeof h->tail; n -= sizeof h->tail, p += sizeof h->tail)
        absorb(h, p);
    for (; n; n--)
        h->tail[h->n_tail++] = *p++;
}

uint64_t vf_siphash_final(struct vf_siphash *h)
{
    for (size_t i = h->n_tail; i < sizeof h->tail; i++)
        h->tail[i] = 0;
    h->tail[7] = (unsigned char)h->total;
    absorb(h, h->tail);
    h->v[2] ^= 0xff;
    run_rounds(h->v, h->rounds + 2);
    return h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
}
