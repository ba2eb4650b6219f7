/* Slice -> number: open addressing, linear probes, at most 3/4 full, nothing is ever taken out.
 *
 * Keys come from foreign archives, so the hash is seeded with an address: nobody can prepare names that all
 * collide. Nothing depends on the order of slots. */
#include "base/arena.h"

#include <string.h>

struct vf_map_slot {
    struct vf_slice key;
    size_t value;
    uint64_t hash; /* 0: empty */
};

static uint64_t mix(uint64_t h, uint64_t v)
{
    h ^= v;
    h *= 0x9FB21C651E98DF25u;
    return h ^ (h >> 32);
}

static uint64_t hash_of(const struct vf_map *m, struct vf_slice key)
{
    uint64_t h = mix((uint64_t)(uintptr_t)m->arena, key.n);
    size_t i = 0;
    for (; i + 8 <= key.n; i += 8) {
        uint64_t v;
        memcpy(&v, key.p + i, 8);
        h = mix(h, v);
    }
    uint64_t tail = 0;
    if (i < key.n)
        memcpy(&tail, key.p + i, key.n - i);
    h = mix(mix(h, tail), h >> 29);
    return h == 0 ? 1 : h;
}

void vf_map_init(struct vf_map *m, struct vf_arena *a)
{
    *m = (struct vf_map){.arena = a};
}

/* The slot of the key, or the empty one where it belongs. The map has at least one empty slot. */
static struct vf_map_slot *slot_of(const struct vf_map *m, struct vf_slice key, uint64_t hash)
{
    for (size_t i = (size_t)hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
        struct vf_map_slot *s = &m->slots[i];
        if (s->hash == 0 || (s->hash == hash && vf_slice_eq(s->key, key)))
            return s;
    }
}

static bool grow_to(struct vf_map *m, size_t cap)
{
    struct vf_map bigger = {NULL, m->n, cap, m->arena};
    if (!m->arena || bigger.cap < m->cap)
        return false;
    bigger.slots = vf_arena_array(m->arena, bigger.cap, sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].hash != 0)
            *slot_of(&bigger, m->slots[i].key, m->slots[i].hash) = m->slots[i];
    *m = bigger;
    return true;
}

static bool is_full(size_t n, size_t cap)
{
    return n >= cap - cap / 4;
}

bool vf_map_reserve(struct vf_map *m, size_t n)
{
    size_t cap = m->cap == 0 ? 16 : m->cap;
    while (is_full(n, cap) && cap <= SIZE_MAX / 4)
        cap *= 2;
    return cap == m->cap || grow_to(m, cap);
}

bool vf_map_put(struct vf_map *m, struct vf_slice key, size_t value)
{
    if (is_full(m->n, m->cap) && !grow_to(m, m->cap == 0 ? 16 : m->cap * 2))
        return false;
    uint64_t hash = hash_of(m, key);
    struct vf_map_slot *s = slot_of(m, key, hash);
    if (s->hash == 0) {
        s->key = key;
        s->hash = hash;
        m->n++;
    }
    s->value = value;
    return true;
}

bool vf_map_get(const struct vf_map *m, struct vf_slice key, size_t *value)
{
    if (m->cap == 0)
        return false;
    const struct vf_map_slot *s = slot_of(m, key, hash_of(m, key));
    if (s->hash == 0)
        return false;
    if (value)
        *value = s->value;
    return true;
}
