/* unpack.c: archives of any kind as a row of members. Names are proven here, for all kinds. */
#include <stdlib.h>
#include <string.h>

#include "archive/tar_read.h"
#include "archive/zip_format.h"
#include "base/digest.h"
#include "base/escape.h"

enum { MEMBERS_MAX = 100000, PIECE = 256 << 10 };
#define MEMBER_BYTES_MAX ((8ull << 30) - 1)
#define TOTAL_BYTES_MAX  (32ull << 30)
#define RATIO_MAX        200

struct vf_unpack {
    struct vf_arena arena;
    struct vf_zip_source source;
    struct vf_unpack_limits limits;
    struct vf_map names;
    uint64_t n, total;
    struct vf_tar_reader *tar; /* one of these */
    struct vf_zip *zip;
    size_t at; /* zip: index behind the current member */
    struct vf_hasher *hasher;
    bool digest;
};

static uint64_t or_default(uint64_t v, uint64_t dflt)
{
    return v > 0 ? v : dflt;
}

static bool is_zip(const struct vf_zip_source *s)
{
    char magic[4];
    struct vf_err err = {0};
    bool is = s->size >= sizeof magic && vf_zip_pread(s, 0, magic, sizeof magic, &err) == VF_OK &&
              (memcmp(magic, "PK\3\4", 4) == 0 || memcmp(magic, "PK\5\6", 4) == 0);
    vf_err_release(&err);
    return is;
}

static enum vf_status open_kind(struct vf_unpack *u, struct vf_err *err)
{
    struct vf_zip_limits zl = {.members = u->limits.members,
                               .member_bytes = u->limits.member_bytes,
                               .total_bytes = u->limits.total_bytes,
                               .ratio = u->limits.ratio};
    if (is_zip(&u->source))
        return vf_zip_open(&u->source, &zl, &u->zip, err);
    enum vf_status st = u->digest ? vf_hasher_new(VF_S("sha256"), &u->hasher, err) : VF_OK;
    return st == VF_OK ? vf_tar_reader_open(&u->source, &u->limits, u->hasher, &u->tar, err) : st;
}

enum vf_status vf_unpack_open(const struct vf_zip_source *source, const struct vf_unpack_limits *limits,
                              bool digest, struct vf_unpack **out, struct vf_err *err)
{
    static const struct vf_unpack_limits none;
    const struct vf_unpack_limits *l = limits ? limits : &none;
    struct vf_unpack *u = calloc(1, sizeof *u);
    *out = NULL;
    if (!u)
        return vf_err_nomem(err);
    vf_arena_init(&u->arena);
    vf_map_init(&u->names, &u->arena);
    u->source = *source;
    u->digest = digest;
    u->limits = (struct vf_unpack_limits){.members = or_default(l->members, MEMBERS_MAX),
                                          .member_bytes = or_default(l->member_bytes, MEMBER_BYTES_MAX),
                                          .total_bytes = or_default(l->total_bytes, TOTAL_BYTES_MAX),
                                          .ratio = or_default(l->ratio, RATIO_MAX),
                                          .alone = l->alone};
    enum vf_status st = open_kind(u, err);
    if (st == VF_OK)
        *out = u;
    else
        vf_unpack_free(u);
    return st;
}

/* What speaks against a member, whatever the kind of the archive. */
static const char *flaw_of(struct vf_unpack *u, const struct vf_unpack_member *m)
{
    const char *flaw = vf_zip_name_flaw(m->name);
    size_t before;
    if (flaw)
        return flaw;
    if (!vf_utf8_valid(m->name))
        return "a name that is not UTF-8";
    if (vf_slice_ends(m->name, VF_S("/")))
        return "a directory, where only files are members";
    if (vf_map_get(&u->names, m->name, &before))
        return "it is there twice";
    if (u->n > u->limits.members)
        return "more members than an archive may have";
    if (m->size > u->limits.member_bytes)
        return "larger than a member may be";
    return m->size > u->limits.total_bytes - u->total ? "with it the archive is larger than one may be"
                                                      : NULL;
}

static enum vf_status zip_next(struct vf_unpack *u, struct vf_unpack_member *m, bool *more,
                               struct vf_err *err)
{
    *more = u->at < u->zip->n;
    if (!*more)
        return VF_OK;
    const struct vf_zip_member *z = &u->zip->members[u->at++];
    if (z->is_dir)
        return vf_zip_refuse(&u->source, VF_BAD_ARCHIVE, z->name, "a directory, where only files are members",
                             err);
    if (z->mode & 07000)
        return vf_zip_refuse(&u->source, VF_BAD_ARCHIVE, z->name, "a setuid, setgid or sticky bit", err);
    *m = (struct vf_unpack_member){z->name, z->size};
    return VF_OK;
}

enum vf_status vf_unpack_next(struct vf_unpack *u, struct vf_unpack_member *m, bool *more, struct vf_err *err)
{
    enum vf_status st = u->zip ? zip_next(u, m, more, err) : vf_tar_reader_next(u->tar, m, more, err);
    if (st != VF_OK || !*more)
        return st;
    u->n++;
    const char *flaw = flaw_of(u, m);
    if (flaw)
        return vf_zip_refuse(&u->source, VF_BAD_ARCHIVE, m->name, flaw, err);
    u->total += m->size;
    m->name = vf_arena_dup(&u->arena, m->name);
    return m->name.p && vf_map_put(&u->names, m->name, 1) ? VF_OK : vf_err_nomem(err);
}

enum vf_status vf_unpack_data(struct vf_unpack *u, vf_zip_sink sink, void *ctx, struct vf_err *err)
{
    return u->zip ? vf_zip_read(u->zip, u->at - 1, sink, ctx, err)
                  : vf_tar_reader_data(u->tar, sink, ctx, err);
}

struct vf_block *vf_unpack_hold(struct vf_unpack *u)
{
    return u->tar ? vf_tar_reader_hold(u->tar) : NULL;
}

static enum vf_status hash_file(struct vf_unpack *u, struct vf_err *err)
{
    char *buf = malloc(PIECE);
    enum vf_status st = buf ? vf_hasher_new(VF_S("sha256"), &u->hasher, err) : vf_err_nomem(err);
    for (uint64_t at = 0; at < u->source.size && st == VF_OK;) {
        size_t n = u->source.size - at < PIECE ? (size_t)(u->source.size - at) : PIECE;
        st = vf_zip_pread(&u->source, at, buf, n, err);
        if (st == VF_OK)
            vf_hasher_update(u->hasher, (struct vf_slice){buf, n});
        at += n;
    }
    free(buf);
    return st;
}

enum vf_status vf_unpack_digest(struct vf_unpack *u, unsigned char sha256[32], struct vf_err *err)
{
    unsigned char sum[VF_DIGEST_MAX];
    enum vf_status st = u->hasher ? VF_OK : hash_file(u, err);
    if (st == VF_OK && vf_hasher_final(u->hasher, sum) != 32)
        st = vf_err_set(err, VF_INTERNAL, 0, "read", u->source.label, "its digest cannot be computed");
    if (st == VF_OK)
        memcpy(sha256, sum, 32);
    return st;
}

void vf_unpack_free(struct vf_unpack *u)
{
    if (!u)
        return;
    vf_tar_reader_free(u->tar);
    vf_zip_free(u->zip);
    vf_hasher_free(u->hasher);
    vf_arena_release(&u->arena);
    free(u);
}
