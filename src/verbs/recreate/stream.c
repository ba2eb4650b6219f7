/* anew_stream.c: the wheels of a bundle are installed while the archive is still being unpacked. The manifest
 * comes first, so all that has to be known is known when the first wheel is there.
 *
 * When the archive turns out to be bad, what the reader holds is gone before we hear of it, while workers may
 * still read: so they get a descriptor and names of their own. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "verbs/recreate/recreate.h"

/* What the manifest promises. Our wheels are not packed, so that is what they need. */
static enum vf_status room(struct vf_recreate *a)
{
    const struct vf_bundle *b = &a->bundle->bundle;
    uint64_t need = 0;
    for (size_t i = 0; i < b->n_dists; i++)
        need += b->dists[i].sum.size;
    return vf_recreate_room(a, need, 0);
}

static enum vf_status begin(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    enum vf_status st = vf_recreate_choose_python(a);
    if (st == VF_OK)
        st = room(a);
    if (st == VF_OK)
        st = vf_recreate_make_reqs(a);
    if (st == VF_OK)
        st = vf_recreate_begin_selections(a);
    if (st == VF_OK)
        st = vf_recreate_build_bare(a);
    if (st == VF_OK)
        st = vf_installer_new(&a->site, &c->s.hooks, &a->installer, &c->s.err);
    a->streamed = st == VF_OK;
    return st;
}

static enum vf_status add_to_stock(struct vf_recreate *a, const struct vf_bundle_file *file, size_t dist)
{
    struct vf_change *c = a->c;
    const struct vf_bundle_dist *d = &file->bundle.dists[dist];
    struct vf_candidate_wheel w = {.held = file->wheels[dist],
                                   .file_name = vf_arena_dup(c->s.a, d->wheel),
                                   .origin = VF_ORIGIN_BUNDLE,
                                   .has_sha256 = true};
    if (!w.file_name.p)
        return vf_err_nomem(&c->s.err);
    if (a->spool < 0)
        a->spool = fcntl(w.held.fd, F_DUPFD_CLOEXEC, 3);
    if (a->spool < 0)
        return vf_err_sys(&c->s.err, errno, "open", c->from);
    w.held.fd = a->spool;
    memcpy(w.sha256, d->sum.sha256, sizeof w.sha256);
    return vf_candidates_add(&a->candidates, &w, &a->selections[dist].candidates, &c->s.err);
}

static enum vf_status one(struct vf_recreate *a, const struct vf_bundle_file *file, size_t dist)
{
    struct vf_change *c = a->c;
    struct vf_install in;
    enum vf_status st = add_to_stock(a, file, dist);
    if (st == VF_OK)
        st = vf_recreate_open_selection(a, dist);
    if (st == VF_OK)
        st = vf_recreate_install_of(a, dist, &in);
    return st == VF_OK ? vf_installer_add(a->installer, &in, &c->s.err) : st;
}

/* The reader's error says that there is one; what it is, the session's does. */
static enum vf_status reported(const struct vf_recreate *a, enum vf_status st, struct vf_err *err)
{
    return st == VF_OK ? VF_OK : vf_err_set(err, st, 0, "install", a->c->to, NULL);
}

enum vf_status vf_recreate_ahead(void *ctx, const struct vf_bundle_file *file, size_t dist,
                                 const struct vf_zip_ahead *m, bool *taken, struct vf_err *err)
{
    struct vf_recreate *a = ctx;
    (void)dist;
    enum vf_status st = VF_OK;
    a->bundle = (struct vf_bundle_file *)file;
    if (!a->streamed)
        st = begin(a);
    a->bundle = NULL;
    if (st == VF_OK)
        st = vf_installer_ahead(a->installer, m, taken, &a->c->s.err);
    return reported(a, st, err);
}

enum vf_status vf_recreate_data(void *ctx, struct vf_slice bytes, struct vf_block *block, struct vf_err *err)
{
    struct vf_recreate *a = ctx;
    return reported(a, vf_installer_data(a->installer, bytes, block, &a->c->s.err), err);
}

enum vf_status vf_recreate_stream(void *ctx, const struct vf_bundle_file *file, size_t dist,
                                  struct vf_err *err)
{
    struct vf_recreate *a = ctx;
    enum vf_status st = VF_OK;
    if (file->wheels[dist].fd < 0)
        return VF_OK; /* kept in memory: installed when all are there */
    a->bundle = (struct vf_bundle_file *)file;
    if (!a->streamed)
        st = begin(a);
    if (st == VF_OK)
        st = one(a, file, dist);
    a->bundle = NULL; /* it is ours only when the whole archive is good */
    return reported(a, st, err);
}
