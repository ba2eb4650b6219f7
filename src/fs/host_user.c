/* host_user.c: what a user may see of a host. */
#include <errno.h>
#include <stdlib.h>

#include "base/path.h"
#include "fs/user.h"

struct user_host {
    struct vf_host base;
    struct vf_host *host;
    const struct vf_user *user;
};

/* May the user search every directory above `path`? Errors of the host itself are left to who asks for the
 * path. */
static bool may_reach(const struct user_host *h, struct vf_slice path)
{
    for (size_t at = 0; at < path.n; at++) {
        struct vf_stat st;
        if (path.p[at] != '/' || (at > 0 && path.p[at - 1] == '/'))
            continue;
        struct vf_slice dir = vf_slice_sub(path, 0, at ? at : 1);
        if (vf_host_kind(h->host, dir, &st) == VF_KIND_DIR && !(vf_user_rights(h->user, &st) & 1))
            return false;
    }
    return true;
}

/* The same for where its links lead. */
static bool may_see(const struct user_host *h, struct vf_slice path)
{
    struct vf_buf real = {0};
    bool ok = may_reach(h, path);
    if (ok && vf_host_resolve(h->host, path, &real) && !vf_slice_eq(vf_buf_slice(&real), path))
        ok = may_reach(h, vf_buf_slice(&real));
    vf_buf_release(&real);
    return ok;
}

static enum vf_kind user_kind(struct vf_host *o, struct vf_slice path, struct vf_stat *st, int *why)
{
    const struct user_host *h = (struct user_host *)o;
    enum vf_kind kind = vf_host_look(h->host, path, st, why);
    if (*why)
        return kind;
    if (!may_see(h, path)) {
        *why = EACCES;
        *st = (struct vf_stat){.kind = VF_KIND_NONE};
        return VF_KIND_NONE;
    }
    st->mode = (st->mode & ~0777u) | vf_user_rights(h->user, st) * 0111u;
    return kind;
}

static bool user_resolve(struct vf_host *o, struct vf_slice path, struct vf_buf *out)
{
    const struct user_host *h = (struct user_host *)o;
    if (may_see(h, path))
        return vf_host_resolve(h->host, path, out);
    errno = EACCES;
    return false;
}

static bool user_readlink(struct vf_host *o, struct vf_slice path, struct vf_buf *out)
{
    const struct user_host *h = (struct user_host *)o;
    if (may_reach(h, path))
        return vf_host_readlink(h->host, path, out);
    errno = EACCES;
    return false;
}

/* 0, or EACCES: the user may not read it. */
static int refuse(const struct user_host *h, struct vf_slice path)
{
    struct vf_stat st;
    bool there = vf_host_kind(h->host, path, &st) != VF_KIND_NONE;
    bool may = !there || (may_see(h, path) && vf_user_rights(h->user, &st) & 4);
    return may ? 0 : EACCES;
}

static enum vf_status user_read(struct vf_host *o, struct vf_slice path, uint64_t cap, struct vf_arena *a,
                                struct vf_slice *out, struct vf_err *err)
{
    const struct user_host *h = (struct user_host *)o;
    int e = refuse(h, path);
    return e ? vf_err_sys(err, e, "open", path) : vf_host_read(h->host, path, cap, a, out, err);
}

static enum vf_status user_open(struct vf_host *o, struct vf_slice path, struct vf_reader **out,
                                struct vf_err *err)
{
    const struct user_host *h = (struct user_host *)o;
    int e = refuse(h, path);
    return e ? vf_err_sys(err, e, "open", path) : vf_host_open_file(h->host, path, out, err);
}

static enum vf_status user_list(struct vf_host *o, struct vf_slice dir, struct vf_arena *a,
                                struct vf_slice **names, size_t *n, struct vf_err *err)
{
    const struct user_host *h = (struct user_host *)o;
    int e = refuse(h, dir);
    return e ? vf_err_sys(err, e, "list", dir) : vf_host_list_dir(h->host, dir, a, names, n, err);
}

static void user_free(struct vf_host *o)
{
    free(o);
}

static const struct vf_host_ops user_ops = {.kind = user_kind,
                                            .resolve = user_resolve,
                                            .readlink = user_readlink,
                                            .read = user_read,
                                            .free = user_free,
                                            .open = user_open,
                                            .list = user_list};

struct vf_host *vf_host_user_new(struct vf_host *host, const struct vf_user *user)
{
    struct user_host *h = calloc(1, sizeof *h);
    if (h)
        *h = (struct user_host){.base.ops = &user_ops, .host = host, .user = user};
    return (struct vf_host *)h;
}
