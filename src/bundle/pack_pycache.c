/* pack_pycache.c: compiled files that fit their sources, as one zip of stored members. The time of the
 * source, which a new place will not have, is left out of their headers: who unpacks them puts it in. */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/le.h"
#include "base/path.h"
#include "bundle/pack_parts.h"
#include "wheel/pycache.h"

enum { PYC_MAX = 64 << 20, HEADER = 16, MAGIC = 4 };

struct caching {
    struct vf_pack *p;
    struct vf_vec v; /* struct vf_pack_pyc */
    struct vf_zip_writer *zip;
    struct vf_hasher *hasher;
    uint64_t size;
    char magic[MAGIC];
    bool has_magic;
    struct vf_arena scratch;
};

/* Made from the source that is there now, by time and size (PEP 552: no flags). */
static bool is_fresh(struct vf_slice bytes, const struct vf_file *source)
{
    return bytes.n > HEADER && vf_le32(bytes.p + 4) == 0 &&
           vf_le32(bytes.p + 8) == (uint32_t)source->st.mtime_s &&
           vf_le32(bytes.p + 12) == (uint32_t)source->st.size;
}

/* The whole file without the time; *fits false: it is not one that goes along. */
static enum vf_status load(struct vf_pack *p, struct vf_slice path, const struct vf_file *source,
                           struct vf_arena *a, struct vf_slice *out, bool *fits, struct vf_err *err)
{
    enum vf_status st = vf_tree_read(p->env->tree, path, PYC_MAX, a, out, err);
    *fits = st == VF_OK && is_fresh(*out, source);
    if (*fits)
        memset((char *)(uintptr_t)out->p + 8, 0, 4); /* the arena's own copy */
    return st;
}

/* Is the source in the bundle: of a distribution, or carried? */
static const struct vf_file *packed_source(const struct vf_pack *p, struct vf_slice path, bool *no_memory)
{
    struct vf_buf source = {0};
    uint32_t i = vf_pycache_source(path, &source) ? vf_env_find(p->env, vf_buf_slice(&source)) : VF_NONE;
    *no_memory = source.failed;
    vf_buf_release(&source);
    const struct vf_file *f = i != VF_NONE ? &p->env->files[i] : NULL;
    if (!f || f->st.kind != VF_KIND_FILE)
        return NULL;
    for (size_t k = 0; k < p->bundle.n_dists; k++)
        if (f->dist != VF_NONE && vf_slice_eq(p->env->dists[f->dist].canonical, p->bundle.dists[k].name))
            return f;
    for (size_t k = 0; k < p->bundle.n_extras && f->dist == VF_NONE; k++)
        if (vf_slice_eq(p->bundle.extras[k].path, f->path))
            return f;
    return NULL;
}

static enum vf_status add_member(struct caching *c, const struct vf_pack_pyc *pyc, struct vf_slice bytes,
                                 struct vf_err *err)
{
    struct vf_zip_entry e = {.name = pyc->name, .size = bytes.n, .crc = pyc->crc};
    struct vf_pack_pyc *kept = vf_vec_push(&c->p->arena, &c->v, sizeof *kept);
    if (!kept)
        return vf_err_nomem(err);
    *kept = *pyc;
    kept->size = bytes.n;
    enum vf_status st = vf_zip_writer_member(c->zip, &e, err);
    return st == VF_OK ? vf_zip_writer_data(c->zip, bytes, err) : st;
}

static enum vf_status add(struct caching *c, const struct vf_file *f, struct vf_slice name,
                          struct vf_err *err)
{
    struct vf_slice bytes;
    bool fits, no_memory;
    vf_arena_clear(&c->scratch);
    const struct vf_file *source = packed_source(c->p, f->path, &no_memory);
    if (!source)
        return no_memory ? vf_err_nomem(err) : VF_OK;
    enum vf_status st = load(c->p, f->path, source, &c->scratch, &bytes, &fits, err);
    if (st != VF_OK || !fits)
        return st;
    if (!c->has_magic)
        memcpy(c->magic, bytes.p, MAGIC);
    c->has_magic = true;
    if (memcmp(c->magic, bytes.p, MAGIC) != 0) /* of another Python */
        return VF_OK;
    struct vf_pack_pyc pyc = {.path = f->path, .name = name, .source = source, .crc = vf_zip_crc(0, bytes)};
    return add_member(c, &pyc, bytes, err);
}

static enum vf_status to_hasher(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    struct caching *c = ctx;
    (void)err;
    c->size += bytes.n;
    vf_hasher_update(c->hasher, bytes);
    return VF_OK;
}

/* All of them, in the order of their paths. */
static enum vf_status add_all(struct caching *c, struct vf_err *err)
{
    const struct vf_env *env = c->p->env;
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < env->n_files && st == VF_OK; i++) {
        const struct vf_file *f = &env->files[i];
        struct vf_slice name;
        bool in = false;
        if (f->st.kind != VF_KIND_FILE || !(f->flags & VF_FILE_PYC))
            continue;
        for (size_t k = 0; k < env->n_sites && !in; k++)
            in = vf_path_under(env->sites[k], f->path, &name);
        if (in)
            st = add(c, f, name, err);
    }
    return st;
}

static enum vf_status resolve(struct caching *c, struct vf_err *err)
{
    struct vf_bundle_pycache *out = &c->p->bundle.pycache;
    unsigned char sum[VF_DIGEST_MAX];
    struct vf_buf hex = {0};
    if (c->v.n == 0) {
        vf_buf_puts(&c->p->notes, "compiled files: there are none that fit their sources\n");
        return VF_OK;
    }
    enum vf_status st = vf_zip_writer_finish(c->zip, err);
    if (st == VF_OK && vf_hasher_final(c->hasher, sum) != 32)
        st = vf_err_set(err, VF_INTERNAL, 0, "pack", VF_S(VF_BUNDLE_PYCACHE), "no sha256 to be had");
    if (st != VF_OK)
        return st;
    vf_hex_put(&hex, (struct vf_slice){c->magic, MAGIC});
    *out = (struct vf_bundle_pycache){.member = VF_S(VF_BUNDLE_PYCACHE),
                                      .magic = vf_arena_dup(&c->p->arena, vf_buf_slice(&hex)),
                                      .sum = {.size = c->size}};
    memcpy(out->sum.sha256, sum, sizeof out->sum.sha256);
    bool failed = hex.failed;
    vf_buf_release(&hex);
    c->p->pycs = c->v.base;
    c->p->n_pycs = c->v.n;
    return out->magic.p && !failed ? VF_OK : vf_err_nomem(err);
}

enum vf_status vf_pack_plan_pycache(struct vf_pack *p, struct vf_err *err)
{
    struct caching c = {.p = p};
    vf_arena_init(&c.scratch);
    enum vf_status st = vf_hasher_new(VF_S("sha256"), &c.hasher, err);
    if (st == VF_OK)
        st = vf_zip_writer_new(to_hasher, &c, p->epoch, &c.zip, err);
    if (st == VF_OK)
        vf_zip_writer_trust(c.zip);
    if (st == VF_OK)
        st = add_all(&c, err);
    if (st == VF_OK)
        st = resolve(&c, err);
    vf_zip_writer_free(c.zip);
    vf_hasher_free(c.hasher);
    vf_arena_release(&c.scratch);
    return st;
}

enum vf_status vf_pack_put_pycache(struct vf_pack *p, vf_zip_sink sink, void *ctx, struct vf_err *err)
{
    struct vf_zip_writer *zip = NULL;
    struct vf_arena a;
    vf_arena_init(&a);
    enum vf_status st = vf_zip_writer_new(sink, ctx, p->epoch, &zip, err);
    for (size_t i = 0; i < p->n_pycs && st == VF_OK; i++) {
        const struct vf_pack_pyc *c = &p->pycs[i];
        struct vf_zip_entry e = {.name = c->name, .size = c->size, .crc = c->crc};
        struct vf_slice bytes;
        bool fits;
        vf_arena_clear(&a);
        st = load(p, c->path, c->source, &a, &bytes, &fits, err);
        if (st == VF_OK && !fits)
            st = vf_err_set(err, VF_CHANGED, 0, "pack", c->path, "it changed while it was packed");
        if (st == VF_OK)
            st = vf_zip_writer_member(zip, &e, err);
        if (st == VF_OK)
            st = vf_zip_writer_data(zip, bytes, err);
    }
    if (st == VF_OK)
        st = vf_zip_writer_finish(zip, err);
    vf_zip_writer_free(zip);
    vf_arena_release(&a);
    return st;
}
