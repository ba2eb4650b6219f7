/* host_unknown.c: nothing is at any path. */
#include "fs/host_unknown.h"

#include <errno.h>
#include <stdlib.h>

static enum vf_kind unknown_kind(struct vf_host *o, struct vf_slice path, struct vf_stat *st, int *why)
{
    (void)o;
    (void)path;
    (void)st;
    (void)why;
    return VF_KIND_NONE;
}

static bool unknown_resolve(struct vf_host *o, struct vf_slice path, struct vf_buf *out)
{
    (void)o;
    (void)path;
    (void)out;
    errno = ENOENT;
    return false;
}

static enum vf_status unknown_read(struct vf_host *o, struct vf_slice path, uint64_t cap, struct vf_arena *a,
                                   struct vf_slice *out, struct vf_err *err)
{
    (void)o;
    (void)cap;
    (void)a;
    (void)out;
    return vf_err_set(err, VF_NOT_FOUND, ENOENT, "open", path, NULL);
}

static void unknown_free(struct vf_host *o)
{
    free(o);
}

static const struct vf_host_ops unknown_ops = {.kind = unknown_kind,
                                               .resolve = unknown_resolve,
                                               .readlink = unknown_resolve,
                                               .read = unknown_read,
                                               .free = unknown_free};

struct vf_host *vf_host_unknown_new(void)
{
    struct vf_host *o = calloc(1, sizeof *o);
    if (o)
        o->ops = &unknown_ops;
    return o;
}
