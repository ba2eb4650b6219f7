/* For harnesses of syntaxes. The first byte of the input chooses Python version, interpreter kind and target;
 * the rest is the file. It is read; every reference is written for other paths, and read again: the reference
 * that stands at the same offset must have the path. A file with all its repairs must be readable, too. */
#ifndef FUZZ_SYNTAX_H
#define FUZZ_SYNTAX_H

#include <stdint.h>
#include <stdlib.h>

#include "base/path.h"
#include "syntax/syntax.h"

struct fuzz {
    struct vf_arena a;
    struct vf_err err;
    struct vf_source src;
    struct vf_write_ctx target;
};

static inline void demand(bool ok)
{
    if (!ok)
        abort();
}

static inline void fuzz_init(struct fuzz *f, const char *path, struct vf_slice bytes)
{
    static const struct vf_slice bin[] = {VF_S_INIT("python"), VF_S_INIT("python3")};
    unsigned choice = bytes.n > 0 ? (unsigned char)bytes.p[0] : 0;
    static const unsigned minors[] = {0, 8, 12, 13, 15};
    *f = (struct fuzz){0};
    vf_arena_init(&f->a);
    vf_err_init(&f->err);
    f->src = (struct vf_source){.path = vf_slice_of(path),
                                .bytes = vf_slice_from(bytes, 1),
                                .root = VF_S("/p/env"),
                                .py_minor = minors[choice % VF_COUNT(minors)],
                                .copies = choice & 0x80};
    f->target = (struct vf_write_ctx){.bin = bin,
                                      .n_bin = choice & 0x10 ? 2 : 0,
                                      .env_s = choice & 0x20,
                                      .relocatable = choice & 0x40,
                                      .py_major = 3,
                                      .py_minor = f->src.py_minor};
}

static inline void fuzz_release(struct fuzz *f)
{
    vf_err_release(&f->err);
    vf_arena_release(&f->a);
}

static inline struct vf_read_out fuzz_read(struct fuzz *f, enum vf_syntax s, struct vf_slice bytes)
{
    struct vf_read_out out = {.a = &f->a};
    struct vf_source src = f->src;
    src.bytes = bytes;
    demand(vf_syntax_read(s, &src, &out, &f->err) == VF_OK);
    return out;
}

/* The file with [off, off+len) replaced; NULL in p when `path` cannot be stored. */
static inline struct vf_slice fuzz_write(struct fuzz *f, const struct vf_ref *r, struct vf_slice path)
{
    struct vf_buf b = {0};
    struct vf_slice made = {0};
    vf_buf_put(&b, vf_slice_sub(f->src.bytes, 0, (size_t)r->off));
    size_t before = b.n;
    enum vf_status st = vf_syntax_write(r, &f->src, path, &f->target, &b, &f->err);
    demand(st == VF_OK || (st == VF_UNWRITABLE && b.n == before && f->err.detail[0] != '\0'));
    vf_err_clear(&f->err);
    vf_buf_put(&b, vf_slice_from(f->src.bytes, (size_t)(r->off + r->len)));
    if (st == VF_OK)
        made = vf_arena_dup(&f->a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return made;
}

static inline const struct vf_ref *fuzz_ref_at(const struct vf_read_out *out, uint64_t off)
{
    for (size_t i = 0; i < out->refs.n; i++) {
        const struct vf_ref *r = VF_VEC_AT(struct vf_ref, &out->refs, i);
        if (r->off == off)
            return r;
    }
    return NULL;
}

/* Applies the repairs in order of offset, those that overlap an earlier one left out. */
static inline void fuzz_repair(struct fuzz *f, enum vf_syntax s, const struct vf_read_out *out)
{
    struct vf_buf b = {0};
    size_t at = 0;
    for (size_t i = 0; i < out->flaws.n; i++) {
        const struct vf_flaw *fl = VF_VEC_AT(struct vf_flaw, &out->flaws, i);
        if (!fl->has_repair || fl->off < at)
            continue;
        vf_buf_put(&b, vf_slice_sub(f->src.bytes, at, (size_t)fl->off));
        vf_buf_put(&b, fl->repair);
        at = (size_t)(fl->off + fl->len);
    }
    vf_buf_put(&b, vf_slice_from(f->src.bytes, at));
    struct vf_slice mended = vf_arena_dup(&f->a, vf_buf_slice(&b));
    vf_buf_release(&b);
    (void)fuzz_read(f, s, mended);
}

#endif
