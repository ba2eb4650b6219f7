/* zip_read.c: the bytes of one member, unpacked piece by piece, with size and checksum proven. */
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "archive/zip_format.h"

enum { IN = 32 << 10, OUT = 64 << 10 }; /* together below the size for which malloc asks the kernel */

struct reading {
    const struct vf_zip *z;
    const struct vf_zip_member *m;
    vf_zip_sink sink;
    void *ctx;
    uint64_t at, left; /* packed bytes still to be read */
    uint64_t size;     /* unpacked so far */
    uint32_t crc;
    char *in, *out;
    struct vf_err *err;
};

static enum vf_status bad(struct reading *r, const char *why)
{
    return vf_zip_refuse(&r->z->source, VF_BAD_ARCHIVE, r->m->name, why, r->err);
}

static enum vf_status emit(struct reading *r, const char *p, size_t n)
{
    if (n > r->m->size - r->size)
        return bad(r, "more bytes than the directory says");
    if (n == 0)
        return VF_OK;
    r->size += n;
    r->crc = vf_zip_crc(r->crc, (struct vf_slice){p, n});
    return r->sink(r->ctx, (struct vf_slice){p, n}, r->err);
}

static enum vf_status take(struct reading *r, char *buf, size_t cap, size_t *n)
{
    *n = r->left < cap ? (size_t)r->left : cap;
    enum vf_status st = vf_zip_pread(&r->z->source, r->at, buf, *n, r->err);
    r->at += *n;
    r->left -= *n;
    return st;
}

static enum vf_status read_stored(struct reading *r)
{
    enum vf_status st = VF_OK;
    while (r->left > 0 && st == VF_OK) {
        size_t n;
        st = take(r, r->out, OUT, &n);
        if (st == VF_OK)
            st = emit(r, r->out, n);
    }
    return st;
}

static enum vf_status inflate_all(struct reading *r, z_stream *s)
{
    enum vf_status st = VF_OK;
    int end = Z_OK;
    while (st == VF_OK && end != Z_STREAM_END) {
        if (s->avail_in == 0) {
            size_t n;
            st = take(r, r->in, IN, &n);
            if (st != VF_OK)
                break;
            s->next_in = (Bytef *)r->in;
            s->avail_in = (uInt)n;
        }
        s->next_out = (Bytef *)r->out;
        s->avail_out = OUT;
        uInt before = s->avail_in;
        end = inflate(s, Z_NO_FLUSH);
        if (end == Z_MEM_ERROR)
            st = vf_err_nomem(r->err);
        else if (end != Z_OK && end != Z_STREAM_END)
            st = bad(r, "its packed bytes are damaged");
        else if (end == Z_OK && before == 0 && s->avail_out == OUT)
            st = bad(r, "its packed bytes are cut short");
        else
            st = emit(r, r->out, OUT - s->avail_out);
    }
    if (st == VF_OK && (s->avail_in > 0 || r->left > 0))
        st = bad(r, "bytes behind the end of its packed bytes");
    return st;
}

static enum vf_status read_deflated(struct reading *r)
{
    z_stream s = {0};
    if (inflateInit2(&s, -MAX_WBITS) != Z_OK)
        return vf_err_nomem(r->err);
    enum vf_status st = inflate_all(r, &s);
    (void)inflateEnd(&s);
    return st;
}

enum vf_status vf_zip_read(const struct vf_zip *z, size_t member, vf_zip_sink sink, void *ctx,
                           struct vf_err *err)
{
    const struct vf_zip_member *m = &z->members[member];
    struct reading r = {
        .z = z, .m = m, .sink = sink, .ctx = ctx, .at = m->data, .left = m->packed, .err = err};
    char *memory = malloc(IN + OUT);
    if (!memory)
        return vf_err_nomem(err);
    r.in = memory;
    r.out = memory + IN;
    enum vf_status st = m->deflated ? read_deflated(&r) : read_stored(&r);
    free(memory);
    if (st == VF_OK && r.size != m->size)
        st = bad(&r, "fewer bytes than the directory says");
    if (st == VF_OK && r.crc != m->crc)
        st = bad(&r, "its checksum is wrong");
    return st;
}

static enum vf_status append(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    struct vf_slice *out = ctx;
    (void)err;
    memcpy((char *)out->p + out->n, bytes.p, bytes.n);
    out->n += bytes.n;
    return VF_OK;
}

enum vf_status vf_zip_load(const struct vf_zip *z, size_t member, uint64_t cap, struct vf_arena *a,
                           struct vf_slice *out, struct vf_err *err)
{
    const struct vf_zip_member *m = &z->members[member];
    if (m->size > cap || m->size >= SIZE_MAX)
        return vf_zip_refuse(&z->source, VF_LIMIT, m->name, "larger than such a file may be", err);
    struct vf_slice got = {vf_arena_alloc(a, (size_t)m->size + 1), 0};
    if (!got.p)
        return vf_err_nomem(err);
    enum vf_status st = vf_zip_read(z, member, append, &got, err);
    if (st == VF_OK)
        *out = got;
    return st;
}

uint32_t vf_zip_crc(uint32_t crc, struct vf_slice bytes)
{
    return bytes.n > 0 ? libdeflate_crc32(crc, bytes.p, bytes.n) : crc;
}
