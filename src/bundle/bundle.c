/* bundle.c: opening a lock bundle: one pass over its members, each proven on the way. */
#include "bundle/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "fs/spool.h"

enum { TEXT_MAX = 64 << 20 };

struct opening {
    const struct vf_bundle_source *source;
    struct vf_bundle_file *f;
    struct vf_unpack *unpack;
    struct vf_bundle_manifest manifest;
    struct vf_map owners; /* name of a member -> index: of dists, or behind them of extras */
    struct vf_hasher *hasher;
    uint64_t done, total;
    unsigned char manifest_sum[32];
    struct vf_buf *text; /* where the current member goes; NULL: the spool */
    bool is_wheel;       /* then it is `dist`, and followed */
    size_t dist;
    struct vf_zip_follow follow;
    bool taken; /* by the caller, what comes by */
    struct vf_err *err;
};

static enum vf_status bad(const struct opening *o, struct vf_slice member, const char *why)
{
    struct vf_buf shown = {0};
    vf_buf_put(&shown, vf_slice_sub(member, 0, 200));
    const char *text = vf_buf_cstr(&shown);
    enum vf_status st = vf_err_set(o->err, VF_BAD_ARCHIVE, 0, "read", o->source->archive.label,
                                   "member '%s': %s", text ? text : "", why);
    vf_buf_release(&shown);
    return st;
}

/* --- bytes --- */

/* Somebody wants the member that begins here? Only of bytes that stay where they are. */
static enum vf_status announce(struct opening *o, struct vf_err *err)
{
    struct vf_block *block = vf_unpack_hold(o->unpack);
    o->taken = false;
    if (!block)
        return VF_OK;
    vf_block_release(block);
    return o->source->ahead(o->source->ctx, o->f, o->dist, &o->follow.ahead, &o->taken, err);
}

static enum vf_status hand_on(struct opening *o, struct vf_slice bytes, struct vf_err *err)
{
    enum vf_status st = vf_spool_skip(o->f->spool, bytes.n, err);
    return st == VF_OK ? o->source->data(o->source->ctx, bytes, vf_unpack_hold(o->unpack), err) : st;
}

/* Bytes of a wheel go to who wants them, and else to the spool. */
static enum vf_status follow(struct opening *o, struct vf_slice bytes, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    while (bytes.n > 0 && st == VF_OK) {
        size_t n;
        enum vf_zip_passing p = vf_zip_follow_next(&o->follow, bytes, &n);
        struct vf_slice some = vf_slice_sub(bytes, 0, n);
        if (p == VF_PASSING_BEGIN)
            st = announce(o, err);
        else if (p == VF_PASSING_DATA && o->taken)
            st = hand_on(o, some, err);
        else
            st = vf_spool_write(o->f->spool, some, err);
        bytes = vf_slice_from(bytes, n);
    }
    return st;
}

static enum vf_status take(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    struct opening *o = ctx;
    if (vf_hooks_cancelled(o->source->hooks))
        return vf_err_set(err, VF_INTERRUPTED, 0, "read", o->source->archive.label, NULL);
    o->done += bytes.n;
    vf_hooks_progress(o->source->hooks, "read", o->done, o->total);
    vf_hasher_update(o->hasher, bytes);
    if (o->is_wheel)
        return follow(o, bytes, err);
    if (!o->text)
        return vf_spool_write(o->f->spool, bytes, err);
    vf_buf_put(o->text, bytes);
    return o->text->failed ? vf_err_nomem(err) : VF_OK;
}

/* Unpacks the current member and compares it with what the manifest says (`sum` NULL: it is the manifest). */
static enum vf_status read_member(struct opening *o, const struct vf_unpack_member *m,
                                  const struct vf_bundle_sum *sum)
{
    unsigned char got[VF_DIGEST_MAX];
    if (sum && m->size != sum->size)
        return bad(o, m->name, "its size is not the one in the manifest");
    if (o->text && m->size > TEXT_MAX)
        return bad(o, m->name, "larger than such a file may be");
    vf_hasher_reset(o->hasher);
    enum vf_status st = vf_unpack_data(o->unpack, take, o, o->err);
    if (st != VF_OK)
        return st;
    if (vf_hasher_final(o->hasher, got) != 32)
        return vf_err_set(o->err, VF_INTERNAL, 0, "read", m->name, "its sha256 cannot be computed");
    if (sum && memcmp(got, sum->sha256, 32) != 0)
        return bad(o, m->name, "its sha256 is not the one in the manifest");
    return VF_OK;
}

static enum vf_status read_text(struct opening *o, const struct vf_unpack_member *m,
                                const struct vf_bundle_sum *sum, struct vf_slice *out)
{
    struct vf_buf text = {0};
    o->text = &text;
    enum vf_status st = read_member(o, m, sum);
    o->text = NULL;
    if (st == VF_OK) {
        *out = vf_arena_dup(&o->f->arena, vf_buf_slice(&text));
        st = out->p ? VF_OK : vf_err_nomem(o->err);
    }
    vf_buf_release(&text);
    return st;
}

/* Where a member lies in the spool. Memory moves while it grows: `bytes` are set by settle(). */
static enum vf_status read_spooled(struct opening *o, const struct vf_unpack_member *m,
                                   const struct vf_bundle_sum *sum, struct vf_slice label,
                                   struct vf_zip_source *out)
{
    *out = (struct vf_zip_source){
        .fd = vf_spool_fd(o->f->spool), .base = vf_spool_size(o->f->spool), .size = m->size, .label = label};
    return read_member(o, m, sum);
}

static void resolve(struct vf_zip_source *s, struct vf_slice memory)
{
    if (s->fd < 0 && s->size > 0)
        s->bytes = vf_slice_sub(memory, (size_t)s->base, (size_t)(s->base + s->size));
}

static void settle_all(struct opening *o)
{
    struct vf_bundle_file *f = o->f;
    struct vf_slice memory = vf_spool_bytes(f->spool);
    for (size_t i = 0; i < f->bundle.n_dists; i++)
        resolve(&f->wheels[i], memory);
    for (size_t i = 0; i < f->bundle.n_extras; i++)
        resolve(&f->extras[i], memory);
    resolve(&f->pycache, memory);
}

static enum vf_status read_wheel(struct opening *o, const struct vf_unpack_member *m, size_t dist)
{
    struct vf_bundle_file *f = o->f;
    const struct vf_bundle_dist *d = &f->bundle.dists[dist];
    o->is_wheel = o->source->ahead && vf_spool_fd(f->spool) >= 0;
    o->dist = dist;
    enum vf_status st = read_spooled(o, m, &d->sum, d->wheel, &f->wheels[dist]);
    o->is_wheel = false;
    vf_zip_follow_release(&o->follow);
    o->follow = (struct vf_zip_follow){0};
    if (st != VF_OK || !o->source->wheel)
        return st;
    settle_all(o);
    st = o->source->wheel(o->source->ctx, f, dist, o->err);
    if (!o->source->forget)
        return st;
    f->wheels[dist] = (struct vf_zip_source){.fd = -1, .label = d->wheel};
    return st == VF_OK ? vf_spool_clear(f->spool, o->err) : st;
}

/* --- members --- */

/* The member that the manifest says is next. */
static enum vf_status read_listed(struct opening *o, const struct vf_unpack_member *m,
                                  const struct vf_bundle_member *req)
{
    struct vf_bundle_file *f = o->f;
    size_t owner;
    if (!vf_slice_eq(m->name, req->name))
        return bad(o, m->name, "the manifest does not list it, or not here");
    if (vf_slice_eq(m->name, VF_S(VF_BUNDLE_LOCK)))
        return read_text(o, m, req->sum, &f->lock);
    if (vf_slice_eq(m->name, VF_S(VF_BUNDLE_REQUIREMENTS)))
        return read_text(o, m, req->sum, &f->requirements);
    if (vf_slice_eq(m->name, VF_S(VF_BUNDLE_PYCACHE)))
        return read_spooled(o, m, req->sum, VF_S(VF_BUNDLE_PYCACHE), &f->pycache);
    if (!vf_map_get(&o->owners, m->name, &owner))
        return vf_err_set(o->err, VF_INTERNAL, 0, "read", m->name, "a member without owner");
    if (owner < f->bundle.n_dists)
        return read_wheel(o, m, owner);
    owner -= f->bundle.n_dists;
    return read_spooled(o, m, req->sum, f->bundle.extras[owner].member, &f->extras[owner]);
}

static enum vf_status note_owners(struct opening *o)
{
    const struct vf_bundle *b = &o->f->bundle;
    bool ok = true;
    for (size_t i = 0; i < b->n_dists && ok; i++) {
        struct vf_slice name = vf_arena_concat(&o->f->arena, VF_S("wheels/"), b->dists[i].wheel, VF_S(""));
        ok = name.p && vf_map_put(&o->owners, name, i);
    }
    for (size_t i = 0; i < b->n_extras && ok; i++)
        ok = vf_map_put(&o->owners, b->extras[i].member, b->n_dists + i);
    return ok ? VF_OK : vf_err_nomem(o->err);
}

static enum vf_status read_manifest(struct opening *o)
{
    struct vf_unpack_member m;
    struct vf_slice json;
    struct vf_bundle_file *f = o->f;
    bool more;
    enum vf_status st = vf_unpack_next(o->unpack, &m, &more, o->err);
    if (st != VF_OK)
        return st;
    if (!more || !vf_slice_eq(m.name, VF_S(VF_BUNDLE_MANIFEST)))
        return vf_err_set(o->err, VF_BAD_ARCHIVE, 0, "read", o->source->archive.label,
                          "it is no lock bundle: it does not begin with %s", VF_BUNDLE_MANIFEST);
    if (m.size > VF_BUNDLE_MANIFEST_MAX)
        return bad(o, m.name, "larger than a manifest may be");
    st = read_text(o, &m, NULL, &json);
    if (st == VF_OK && !vf_sha256(json, o->manifest_sum))
        st = vf_err_nomem(o->err);
    if (st == VF_OK)
        st = vf_bundle_read_manifest(&f->arena, json, &o->manifest, o->err);
    if (st != VF_OK)
        return st;
    f->bundle = o->manifest.bundle;
    f->wheels = vf_arena_array(&f->arena, f->bundle.n_dists + 1, sizeof *f->wheels);
    f->extras = vf_arena_array(&f->arena, f->bundle.n_extras + 1, sizeof *f->extras);
    if (!f->wheels || !f->extras)
        return vf_err_nomem(o->err);
    for (size_t i = 0; i < f->bundle.n_dists; i++)
        f->wheels[i].fd = -1;
    for (size_t i = 0; i < f->bundle.n_extras; i++)
        f->extras[i].fd = -1;
    for (size_t i = 0; i < o->manifest.n_files; i++) /* a sum that overflows is above every limit, too */
        o->total += o->manifest.files[i].sum->size;
    return note_owners(o);
}

/* The last member has the sum of the manifest, too, which nothing else has. */
static enum vf_status read_sums(struct opening *o, const struct vf_unpack_member *m)
{
    struct vf_buf req = {0};
    struct vf_slice got;
    vf_bundle_put_sum(&req, o->manifest_sum, VF_S(VF_BUNDLE_MANIFEST));
    for (size_t i = 0; i < o->manifest.n_files; i++)
        vf_bundle_put_sum(&req, o->manifest.files[i].sum->sha256, o->manifest.files[i].name);
    enum vf_status st = req.failed ? vf_err_nomem(o->err) : read_text(o, m, NULL, &got);
    if (st == VF_OK && !vf_slice_eq(got, vf_buf_slice(&req)))
        st = bad(o, m->name, "it does not agree with the manifest, one of them was changed");
    vf_buf_release(&req);
    return st;
}

static enum vf_status read_all(struct opening *o)
{
    struct vf_unpack_member m;
    bool more = true;
    enum vf_status st = read_manifest(o);
    for (size_t i = 0; st == VF_OK && more; i++) {
        st = vf_unpack_next(o->unpack, &m, &more, o->err);
        if (st != VF_OK)
            break;
        size_t n = o->manifest.n_files;
        if (more && i < n)
            st = read_listed(o, &m, &o->manifest.files[i]);
        else if (more && i == n && vf_slice_eq(m.name, VF_S(VF_BUNDLE_SUMS)))
            st = read_sums(o, &m);
        else if (more)
            st = bad(o, m.name, "the manifest does not list it");
        else if (i <= n)
            st = bad(o, i < n ? o->manifest.files[i].name : VF_S(VF_BUNDLE_SUMS),
                     "it belongs to the bundle, and it is not there");
    }
    if (st == VF_OK && o->source->digest)
        st = vf_unpack_digest(o->unpack, o->f->sha256, o->err);
    settle_all(o);
    return st;
}

static enum vf_status open_archive(struct opening *o)
{
    struct vf_unpack_limits limits = {0};
    if (o->source->limits)
        limits = *o->source->limits;
    limits.alone = vf_hooks_jobs(o->source->hooks) < 2;
    return vf_unpack_open(&o->source->archive, &limits, o->source->digest, &o->unpack, o->err);
}

enum vf_status vf_bundle_open(const struct vf_bundle_source *source, struct vf_bundle_file **out,
                              struct vf_err *err)
{
    struct opening o = {.source = source, .err = err};
    *out = NULL;
    o.f = calloc(1, sizeof *o.f);
    if (!o.f)
        return vf_err_nomem(err);
    vf_arena_init(&o.f->arena);
    o.f->pycache.fd = -1;
    vf_map_init(&o.owners, &o.f->arena);
    enum vf_status st = vf_spool_new(source->spool, &o.f->spool, err);
    if (st == VF_OK)
        st = vf_hasher_new(VF_S("sha256"), &o.hasher, err);
    if (st == VF_OK)
        st = open_archive(&o);
    if (st == VF_OK)
        st = read_all(&o);
    vf_unpack_free(o.unpack);
    vf_hasher_free(o.hasher);
    if (st == VF_OK)
        *out = o.f;
    else
        vf_bundle_close(o.f);
    return st;
}

void vf_bundle_close(struct vf_bundle_file *f)
{
    if (!f)
        return;
    vf_spool_free(f->spool);
    vf_arena_release(&f->arena);
    free(f);
}

/* --- kind --- */

bool vf_bundle_is_archive(const struct vf_zip_source *s)
{
    static const struct vf_slice magics[] = {VF_S_INIT("\x28\xb5\x2f\xfd"), VF_S_INIT("\x1f\x8b"),
                                             VF_S_INIT("\xfd"
                                                       "7zXZ"),
                                             VF_S_INIT("PK\3\4")};
    char head[512];
    struct vf_slice bytes = {head, vf_zip_source_head(s, head, sizeof head)};
    bool is = vf_slice_eq(vf_slice_sub(bytes, 257, 262), VF_S("ustar"));
    for (size_t i = 0; i < VF_COUNT(magics) && !is; i++)
        is = vf_slice_starts(bytes, magics[i]);
    return is;
}
