/* zip_local.c: local headers and data descriptors: a reader of the stream has to see what a reader of the
 * directory sees, and no byte may belong to nobody. */
#include <stdlib.h>
#include <string.h>

#include "archive/zip_format.h"

struct locals {
    struct vf_zip *z;
    struct vf_buf scratch;
    struct vf_err *err;
};

static enum vf_status bad(struct locals *l, const struct vf_zip_location *at, const char *why)
{
    return vf_zip_refuse(&l->z->source, VF_BAD_ARCHIVE, at->raw, why, l->err);
}

static int by_offset(const void *a, const void *b)
{
    const struct vf_zip_location *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->member < y->member ? -1 : x->member > y->member;
}

/* The bytes of the local header with its name and extra field, in the scratch buffer. */
static enum vf_status load(struct locals *l, const struct vf_zip_location *at, uint64_t next)
{
    size_t want = ZIP_LOCAL_SIZE + at->raw.n + 64; /* mostly all of it */
    uint64_t room = next - at->at;
    want = want < room ? want : (size_t)room;
    vf_buf_clear(&l->scratch);
    if (!vf_buf_reserve(&l->scratch, want + 1))
        return vf_err_nomem(l->err);
    enum vf_status st = vf_zip_pread(&l->z->source, at->at, l->scratch.p, want, l->err);
    if (st != VF_OK)
        return st;
    if (want < ZIP_LOCAL_SIZE || zip_get32(l->scratch.p) != ZIP_LOCAL)
        return bad(l, at, "its local header is missing or covered by another member");
    size_t all = ZIP_LOCAL_SIZE + zip_get16(l->scratch.p + 26) + zip_get16(l->scratch.p + 28);
    if (all > room)
        return bad(l, at, "its local header is covered by another member");
    l->scratch.n = want;
    if (all > want && !vf_buf_reserve(&l->scratch, all - want + 1))
        return vf_err_nomem(l->err);
    l->scratch.n = all;
    return all > want ? vf_zip_pread(&l->z->source, at->at + want, l->scratch.p + want, all - want, l->err)
                      : VF_OK;
}

/* Sizes of the local header, from its zip64 field where it has them there. */
static bool local_sizes(struct vf_slice header, size_t n_name, uint64_t *size, uint64_t *packed)
{
    struct vf_slice extra = vf_slice_from(header, ZIP_LOCAL_SIZE + n_name);
    *packed = zip_get32(header.p + 18);
    *size = zip_get32(header.p + 22);
    if (*packed != ZIP_32_FULL && *size != ZIP_32_FULL)
        return true;
    while (extra.n >= 4) {
        size_t n = zip_get16(extra.p + 2);
        if (n > extra.n - 4)
            return false;
        if (zip_get16(extra.p) == ZIP_EXTRA_64) {
            if (n < 16)
                return false;
            *size = zip_get64(extra.p + 4);
            *packed = zip_get64(extra.p + 12);
            return true;
        }
        extra = vf_slice_from(extra, 4 + n);
    }
    return false;
}

static enum vf_status check_header(struct locals *l, const struct vf_zip_location *at)
{
    struct vf_slice h = vf_buf_slice(&l->scratch);
    struct vf_zip_member *m = &l->z->members[at->member];
    size_t n_name = zip_get16(h.p + 26);
    uint64_t size, packed;
    uint32_t flags = zip_get16(h.p + 6), crc = zip_get32(h.p + 14);
    uint32_t same = ZIP_FLAG_DESCRIPTOR | ZIP_FLAG_UTF8 | ZIP_FLAGS_SECRET | ZIP_FLAG_PATCHED;
    if (!vf_slice_eq(vf_slice_sub(h, ZIP_LOCAL_SIZE, ZIP_LOCAL_SIZE + n_name), at->raw))
        return bad(l, at, "its local header has another name");
    if (zip_get16(h.p + 8) != at->method || (flags & same) != (at->flags & same))
        return bad(l, at, "its local header has another method or other flags");
    if (!local_sizes(h, n_name, &size, &packed))
        return bad(l, at, "its local header has no sizes");
    bool later = flags & ZIP_FLAG_DESCRIPTOR; /* then they may be zero here */
    if ((size != m->size && !(later && size == 0)) || (packed != m->packed && !(later && packed == 0)) ||
        (crc != m->crc && !(later && crc == 0)))
        return bad(l, at, "its local header has another size or checksum");
    m->data = at->at + h.n;
    return VF_OK;
}

/* The data descriptor, `n` bytes at `off`: with or without its mark, with sizes of four or eight bytes. */
static enum vf_status check_descriptor(struct locals *l, const struct vf_zip_location *at, uint64_t off,
                                       uint64_t n)
{
    const struct vf_zip_member *m = &l->z->members[at->member];
    char d[24];
    if (n != 12 && n != 16 && n != 20 && n != 24)
        return bad(l, at, "bytes behind it that belong to no member, or it overlaps the next");
    enum vf_status st = vf_zip_pread(&l->z->source, off, d, (size_t)n, l->err);
    if (st != VF_OK)
        return st;
    const char *p = d;
    if (n == 16 || n == 24) {
        if (zip_get32(p) != ZIP_DATA)
            return bad(l, at, "a data descriptor that is none");
        p += 4;
    }
    bool wide = n >= 20;
    uint64_t packed = wide ? zip_get64(p + 4) : zip_get32(p + 4);
    uint64_t size = wide ? zip_get64(p + 12) : zip_get32(p + 8);
    if (zip_get32(p) != m->crc || packed != m->packed || size != m->size)
        return bad(l, at, "its data descriptor says something else than the directory");
    return VF_OK;
}

static enum vf_status check_one(struct locals *l, const struct vf_zip_location *at, uint64_t next)
{
    enum vf_status st = load(l, at, next);
    if (st == VF_OK)
        st = check_header(l, at);
    if (st != VF_OK)
        return st;
    const struct vf_zip_member *m = &l->z->members[at->member];
    if (m->packed > next - m->data)
        return bad(l, at, "it overlaps another member");
    uint64_t end = m->data + m->packed;
    if (at->flags & ZIP_FLAG_DESCRIPTOR)
        return check_descriptor(l, at, end, next - end);
    return end == next ? VF_OK : bad(l, at, "bytes behind it belong to no member");
}

enum vf_status vf_zip_check_locals(struct vf_zip *z, struct vf_zip_location *places, uint64_t end,
                                   struct vf_err *err)
{
    struct locals l = {.z = z, .err = err};
    enum vf_status st = VF_OK;
    qsort(places, z->n, sizeof *places, by_offset);
    if ((z->n > 0 ? places[0].at : end) != 0)
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", z->source.label,
                          "bytes before the first member of the zip file");
    for (size_t i = 0; i < z->n && st == VF_OK; i++) {
        uint64_t next = i + 1 < z->n ? places[i + 1].at : end;
        if (places[i].at >= end || places[i].at == next)
            st = bad(&l, &places[i], "it overlaps another member, or the directory");
        else
            st = check_one(&l, &places[i], next < end ? next : end);
    }
    vf_buf_release(&l.scratch);
    return st;
}
