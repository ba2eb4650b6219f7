/* ld_cache.c: a header, entries of equal size, then their texts. Offsets of texts count from the header. */
#include "syntax/ld_cache.h"

enum {
    HEAD = 48,      /* magic, number of entries, bytes of texts, flags and reserved words */
    ENTRY = 24,     /* flags, name, path, required kernel, extensions (8 bytes) */
    OLD_HEAD = 16,  /* magic (11 bytes, padded), number of entries */
    OLD_ENTRY = 12, /* flags, name, path */
    COUNT_AT = 20,
    FLAGS_AT = 28, /* of its two lowest bits 3 is big-endian */
    BIG = 3
};

static const char new_magic[] = "glibc-ld.so.cache1.1";
static const char old_magic[] = "ld.so-1.7.0";

static uint32_t number(const char *p, bool big)
{
    const unsigned char *b = (const unsigned char *)p;
    uint32_t v = 0;
    for (int i = 0; i < 4; i++)
        v = v << 8 | b[big ? i : 3 - i];
    return v;
}

/* The newer form may follow the older one, aligned to eight bytes. */
static struct vf_slice newer_part(struct vf_slice bytes)
{
    if (!vf_slice_starts(bytes, vf_slice_of(old_magic)) || bytes.n < OLD_HEAD)
        return bytes;
    uint64_t count = number(bytes.p + 12, false);
    if (count > bytes.n) /* of a machine with the other byte order */
        count = number(bytes.p + 12, true);
    uint64_t end = OLD_HEAD + count * OLD_ENTRY;
    end = (end + 7) & ~(uint64_t)7;
    return end < bytes.n ? vf_slice_from(bytes, (size_t)end) : (struct vf_slice){NULL, 0};
}

static struct vf_slice text_at(struct vf_slice part, uint32_t at)
{
    size_t end = vf_slice_find_byte(part, 0, at);
    return end == VF_NPOS ? (struct vf_slice){NULL, 0} : vf_slice_sub(part, at, end);
}

bool vf_ld_cache_read(struct vf_slice bytes, struct vf_arena *a, struct vf_ld_cache_entry **v, size_t *n)
{
    struct vf_slice part = newer_part(bytes);
    *v = NULL;
    *n = 0;
    if (part.n < HEAD || !vf_slice_starts(part, vf_slice_of(new_magic)))
        return true;
    bool big = (part.p[FLAGS_AT] & BIG) == BIG;
    size_t count = number(part.p + COUNT_AT, big);
    if (count > (part.n - HEAD) / ENTRY)
        return true;
    struct vf_ld_cache_entry *entries = vf_arena_array(a, count + 1, sizeof *entries);
    if (!entries)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *e = part.p + HEAD + i * ENTRY;
        struct vf_slice name = text_at(part, number(e + 4, big)), path = text_at(part, number(e + 8, big));
        if (name.n && path.n)
            entries[(*n)++] =
                (struct vf_ld_cache_entry){name, path, number(e + 16, big) == 0 && number(e + 20, big) == 0};
    }
    *v = entries;
    return true;
}
