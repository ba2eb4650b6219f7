/* pack.c: the plan of a bundle, and its bytes. */
#include "bundle/pack.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "bundle/pack_parts.h"
#include "packaging/target.h"

/* --- the plan --- */

/* Does the wheel ask for one minor version: an interpreter of its own, and no stable ABI? */
static bool is_pinned(struct vf_slice tags)
{
    struct vf_tag t;
    struct vf_slice value;
    if (!vf_tag_parse(tags, &t))
        return true;
    for (struct vf_slice set = t.python; vf_tag_next(&set, &value);)
        if (vf_slice_starts(value, VF_S("py3")) || vf_slice_eq_nocase(value, VF_S("py2")))
            return false;
    for (struct vf_slice set = t.abi; vf_tag_next(&set, &value);)
        if (vf_slice_eq_nocase(value, VF_S("abi3")) || vf_slice_eq_nocase(value, VF_S("none")))
            return false;
    return true;
}

static enum vf_status write_texts(struct vf_pack *p, struct vf_err *err)
{
    enum vf_status st = vf_bundle_put_requirements(&p->bundle, &p->requirements, err);
    if (st == VF_OK)
        st = vf_bundle_put_lock(&p->bundle, &p->lock, err);
    struct vf_slice lock = vf_buf_slice(&p->lock), list = vf_buf_slice(&p->requirements);
    if (st == VF_OK)
        st = vf_bundle_put_manifest(&p->bundle, lock, list, &p->manifest, err);
    if (st == VF_OK)
        st = vf_bundle_put_sums(&p->bundle, vf_buf_slice(&p->manifest), lock, list, &p->sums, err);
    return st;
}

/* The newest that the tags of a wheel ask for. */
static unsigned glibc_of(const struct vf_bundle *b)
{
    unsigned newest = 0;
    for (size_t i = 0; i < b->n_dists; i++) {
        struct vf_tag t;
        unsigned n = vf_tag_parse(b->dists[i].tags, &t) ? vf_target_tag_glibc(t.platform) : 0;
        newest = n > newest ? n : newest;
    }
    return newest;
}

enum vf_status vf_pack_describe(struct vf_pack *p, bool pypy, unsigned minor, struct vf_err *err)
{
    struct vf_bundle *b = &p->bundle;
    struct vf_buf version = {0}, requires = {0}, glibc = {0};
    unsigned newest = glibc_of(b);
    bool pinned = false;
    for (size_t i = 0; i < b->n_dists; i++)
        pinned = pinned || is_pinned(b->dists[i].tags);
    b->implementation = pypy ? "pypy" : "cpython";
    if (minor > 0) {
        vf_buf_printf(&version, "3.%u", minor);
        vf_buf_printf(&requires, pinned ? "==3.%u.*" : ">=3.%u", minor);
    }
    if (newest > 0)
        vf_buf_printf(&glibc, "2.%u", newest);
    b->glibc = vf_arena_dup(&p->arena, vf_buf_slice(&glibc));
    b->python = vf_arena_dup(&p->arena, vf_buf_slice(&version));
    b->requires_python = vf_arena_dup(&p->arena, vf_buf_slice(&requires));
    bool ok = !version.failed && !requires.failed && !glibc.failed && !p->arena.failed;
    vf_buf_release(&glibc);
    vf_buf_release(&version);
    vf_buf_release(&requires);
    return ok ? write_texts(p, err) : vf_err_nomem(err);
}

static struct vf_pack *make(const struct vf_env *env, const struct vf_pack_opts *opts)
{
    struct vf_pack *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    vf_arena_init(&p->arena);
    p->env = env;
    p->epoch = opts->epoch;
    p->n_workers = vf_hooks_jobs(opts->hooks);
    p->worker_arenas = calloc(p->n_workers, sizeof *p->worker_arenas);
    for (unsigned i = 0; p->worker_arenas && i < p->n_workers; i++)
        vf_arena_init(&p->worker_arenas[i]);
    return p;
}

enum vf_status vf_pack_plan(const struct vf_env *env, const struct vf_pack_opts *opts,
                            struct vf_buf *problems, struct vf_pack **out, struct vf_err *err)
{
    struct vf_pack *p = make(env, opts);
    *out = NULL;
    if (!p)
        return vf_err_nomem(err);
    vf_hooks_phase(opts->hooks, "plan");
    enum vf_status st = p->worker_arenas ? vf_pack_plan_wheels(p, opts, problems, err) : vf_err_nomem(err);
    if (st == VF_OK)
        st = vf_pack_plan_extras(p, err);
    if (st == VF_OK && opts->pycache)
        st = vf_pack_plan_pycache(p, err);
    p->bundle.system_site = env->system_site;
    p->bundle.platform = vf_arena_dup(&p->arena, opts->platform);
    if (st == VF_OK)
        st = vf_pack_describe(p, env->py.pypy, env->py.minor, err);
    if (st == VF_OK)
        *out = p;
    else
        vf_pack_free(p);
    return st;
}

enum vf_status vf_pack_resolve_scripts(struct vf_pack *p, const struct vf_script_provider *c, size_t n,
                                       const struct vf_env *env, struct vf_err *err)
{
    struct vf_bundle *b = &p->bundle;
    struct vf_vec yields = {0};
    enum vf_status st = vf_script_conflicts_resolve(c, n, env, &p->arena, &yields, err);
    for (size_t i = 0, k = 0; i < n && yields.n > 0 && st == VF_OK; i++) {
        while (!vf_slice_eq(b->dists[k].name, c[i].name))
            k++;
        st = vf_script_conflicts_lost(&yields, i, &p->arena, &b->dists[k].yields, &b->dists[k].n_yields, err);
    }
    return st;
}

void vf_pack_free(struct vf_pack *p)
{
    if (!p)
        return;
    for (size_t i = 0; p->wheels && i < p->bundle.n_dists; i++)
        if (p->wheels[i].original)
            (void)close(p->wheels[i].file.fd);
    for (unsigned i = 0; p->worker_arenas && i < p->n_workers; i++)
        vf_arena_release(&p->worker_arenas[i]);
    free(p->worker_arenas);
    vf_buf_release(&p->manifest);
    vf_buf_release(&p->lock);
    vf_buf_release(&p->requirements);
    vf_buf_release(&p->sums);
    vf_buf_release(&p->notes);
    vf_arena_release(&p->arena);
    free(p);
}

/* --- the bytes --- */

struct writing {
    struct vf_pack *p;
    struct vf_tar_writer *tar;
    const struct vf_hooks *hooks;
    struct vf_hasher *hasher; /* original wheels are hashed again */
    uint64_t done, total;
};

static enum vf_status put(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    struct writing *w = ctx;
    if (vf_hooks_cancelled(w->hooks))
        return vf_err_set(err, VF_INTERRUPTED, 0, "pack", VF_S(""), NULL);
    w->done += bytes.n;
    vf_hooks_progress(w->hooks, "write", w->done, w->total);
    if (w->hasher)
        vf_hasher_update(w->hasher, bytes);
    return vf_tar_writer_data(w->tar, bytes, err);
}

static enum vf_status put_text(struct writing *w, const char *name, const struct vf_buf *text,
                               struct vf_err *err)
{
    struct vf_slice s = vf_buf_slice(text);
    enum vf_status st = vf_tar_writer_member(w->tar, vf_slice_of(name), s.n, err);
    return st == VF_OK ? vf_tar_writer_data(w->tar, s, err) : st;
}

static enum vf_status put_original(struct writing *w, const struct vf_pack_wheel *from,
                                   const struct vf_bundle_dist *d, struct vf_err *err)
{
    unsigned char sum[VF_DIGEST_MAX];
    enum vf_status st = vf_hasher_new(VF_S("sha256"), &w->hasher, err);
    if (st == VF_OK)
        st = vf_zip_source_read(&from->file, put, w, err);
    if (st == VF_OK && (vf_hasher_final(w->hasher, sum) != 32 || memcmp(sum, d->sum.sha256, 32) != 0))
        st = vf_err_set(err, VF_CHANGED, 0, "pack", d->wheel, "it changed while it was packed");
    vf_hasher_free(w->hasher);
    w->hasher = NULL;
    return st;
}

static enum vf_status put_wheel(struct writing *w, size_t i, struct vf_err *err)
{
    const struct vf_bundle_dist *d = &w->p->bundle.dists[i];
    struct vf_pack_wheel *from = &w->p->wheels[i];
    struct vf_arena a;
    vf_arena_init(&a);
    struct vf_slice name = vf_arena_concat(&a, VF_S("wheels/"), d->wheel, VF_S(""));
    enum vf_status st = name.p ? vf_tar_writer_member(w->tar, name, d->sum.size, err) : vf_err_nomem(err);
    vf_arena_release(&a);
    if (st == VF_OK && from->original)
        return put_original(w, from, d, err);
    if (st == VF_OK)
        st = vf_rebuild_write(&from->rebuild, put, w, err);
    if (st == VF_OK && memcmp(from->rebuild.sha256, d->sum.sha256, 32) != 0)
        st = vf_err_set(err, VF_CHANGED, 0, "pack", d->wheel, "a file of it changed while it was packed");
    return st;
}

static enum vf_status put_extra(struct writing *w, size_t i, struct vf_err *err)
{
    const struct vf_bundle_extra *e = &w->p->bundle.extras[i];
    enum vf_status st = vf_tar_writer_member(w->tar, e->member, e->sum.size, err);
    return st == VF_OK ? vf_rebuild_carry(w->p->env, &w->p->extras[i], put, w, err) : st;
}

static enum vf_status put_pycache(struct writing *w, struct vf_err *err)
{
    const struct vf_bundle_pycache *c = &w->p->bundle.pycache;
    if (c->member.n == 0)
        return VF_OK;
    enum vf_status st = vf_tar_writer_member(w->tar, c->member, c->sum.size, err);
    return st == VF_OK ? vf_pack_put_pycache(w->p, put, w, err) : st;
}

static enum vf_status put_all(struct writing *w, struct vf_err *err)
{
    struct vf_pack *p = w->p;
    const struct vf_bundle *b = &p->bundle;
    size_t *order = vf_arena_array(&p->arena, b->n_dists + 1, sizeof *order);
    if (!order)
        return vf_err_nomem(err);
    vf_bundle_wheel_order(b, order);
    enum vf_status st = put_text(w, VF_BUNDLE_MANIFEST, &p->manifest, err);
    if (st == VF_OK)
        st = put_text(w, VF_BUNDLE_LOCK, &p->lock, err);
    if (st == VF_OK)
        st = put_text(w, VF_BUNDLE_REQUIREMENTS, &p->requirements, err);
    for (size_t i = 0; i < b->n_dists && st == VF_OK; i++)
        st = put_wheel(w, order[i], err);
    for (size_t i = 0; i < b->n_extras && st == VF_OK; i++)
        st = put_extra(w, i, err);
    if (st == VF_OK)
        st = put_pycache(w, err);
    if (st == VF_OK)
        st = put_text(w, VF_BUNDLE_SUMS, &p->sums, err);
    return st == VF_OK ? vf_tar_writer_finish(w->tar, err) : st;
}

enum vf_status vf_pack_write(struct vf_pack *p, enum vf_tar_packing packing, const struct vf_hooks *hooks,
                             vf_tar_sink sink, void *ctx, struct vf_err *err)
{
    struct writing w = {.p = p, .hooks = hooks};
    struct vf_tar_params params = {
        .packing = packing, .epoch = p->epoch, .threads = vf_hooks_jobs(hooks), .sink = sink, .ctx = ctx};
    for (size_t i = 0; i < p->bundle.n_dists; i++)
        w.total += p->bundle.dists[i].sum.size;
    for (size_t i = 0; i < p->bundle.n_extras; i++)
        w.total += p->bundle.extras[i].sum.size;
    w.total += p->bundle.pycache.sum.size;
    vf_hooks_phase(hooks, "write");
    enum vf_status st = vf_tar_writer_new(&params, &w.tar, err);
    if (st == VF_OK)
        st = put_all(&w, err);
    vf_tar_writer_free(w.tar);
    return st;
}
