/* host_layer.c: which of two file trees a path is asked of. */
#include "fs/host_layer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/path.h"

struct layer {
    struct vf_host base;
    struct vf_host *root, *own;
    struct vf_arena a;
    struct vf_slice dir, at;
};

/* Where a path is to be asked. */
struct route {
    struct vf_host *host;
    struct vf_slice path;
    struct vf_buf space;
};

static void append_rest(struct vf_buf *b, struct vf_slice dir, struct vf_slice rest)
{
    vf_buf_put(b, dir);
    if (rest.n) {
        vf_buf_putc(b, '/');
        vf_buf_put(b, rest);
    }
}

/* The path as `own` has it; false: it is one of `root`. */
static bool map_own(const struct layer *l, struct vf_slice path, struct route *r)
{
    struct vf_slice rest;
    *r = (struct route){.host = l->root, .path = path};
    if (vf_path_under(l->dir, path, &rest)) {
        r->host = l->own;
        return true;
    }
    if (!vf_path_under(l->at, path, &rest))
        return false;
    append_rest(&r->space, l->dir, rest);
    r->host = l->own;
    r->path = vf_buf_slice(&r->space);
    return true;
}

/* The same for a path whose links are followed: a link may lead out of the environment. */
static void map_followed(const struct layer *l, struct vf_slice path, struct route *r)
{
    struct vf_buf end = {0};
    if (map_own(l, path, r) && vf_host_resolve(l->own, r->path, &end) &&
        !vf_path_under(l->dir, vf_buf_slice(&end), NULL)) {
        vf_buf_release(&r->space);
        r->space = end;
        r->path = vf_buf_slice(&r->space);
        r->host = l->root;
        return;
    }
    vf_buf_release(&end);
}

static enum vf_kind layer_kind(struct vf_host *o, struct vf_slice path, struct vf_stat *st, int *why)
{
    struct route r;
    map_followed((struct layer *)o, path, &r);
    enum vf_kind kind = vf_host_look(r.host, r.path, st, why);
    vf_buf_release(&r.space);
    return kind;
}

/* A path that was given below `at` stays there. */
static bool layer_resolve(struct vf_host *o, struct vf_slice path, struct vf_buf *out)
{
    const struct layer *l = (struct layer *)o;
    struct vf_buf end = {0};
    struct vf_slice rest;
    struct route r;
    map_followed(l, path, &r);
    bool ok = vf_host_resolve(r.host, r.path, &end);
    int e = errno;
    if (ok && vf_path_under(l->at, path, NULL) && vf_path_under(l->dir, vf_buf_slice(&end), &rest))
        append_rest(out, l->at, rest);
    else if (ok)
        vf_buf_put(out, vf_buf_slice(&end));
    vf_buf_release(&end);
    vf_buf_release(&r.space);
    errno = e;
    return ok;
}

static bool layer_readlink(struct vf_host *o, struct vf_slice path, struct vf_buf *out)
{
    struct route r;
    (void)map_own((struct layer *)o, path, &r);
    bool ok = vf_host_readlink(r.host, r.path, out);
    int e = errno;
    vf_buf_release(&r.space);
    errno = e;
    return ok;
}

static enum vf_status layer_read(struct vf_host *o, struct vf_slice path, uint64_t cap, struct vf_arena *a,
                                 struct vf_slice *out, struct vf_err *err)
{
    struct route r;
    map_followed((struct layer *)o, path, &r);
    enum vf_status st = vf_host_read(r.host, r.path, cap, a, out, err);
    vf_buf_release(&r.space);
    return st;
}

static enum vf_status layer_open(struct vf_host *o, struct vf_slice path, struct vf_reader **out,
                                 struct vf_err *err)
{
    struct route r;
    map_followed((struct layer *)o, path, &r);
    enum vf_status st = vf_host_open_file(r.host, r.path, out, err);
    vf_buf_release(&r.space);
    return st;
}

static enum vf_status layer_list(struct vf_host *o, struct vf_slice dir, struct vf_arena *a,
                                 struct vf_slice **names, size_t *n, struct vf_err *err)
{
    struct route r;
    map_followed((struct layer *)o, dir, &r);
    enum vf_status st = vf_host_list_dir(r.host, r.path, a, names, n, err);
    vf_buf_release(&r.space);
    return st;
}

static bool layer_order(struct vf_host *o, struct vf_slice dir, struct vf_arena *a, struct vf_map *ranks)
{
    struct route r;
    map_followed((struct layer *)o, dir, &r);
    bool known = vf_host_order(r.host, r.path, a, ranks);
    vf_buf_release(&r.space);
    return known;
}

static void layer_free(struct vf_host *o)
{
    struct layer *l = (struct layer *)o;
    vf_host_free(l->root);
    vf_arena_release(&l->a);
    free(l);
}

static const struct vf_host_ops layer_ops = {.kind = layer_kind,
                                             .resolve = layer_resolve,
                                             .readlink = layer_readlink,
                                             .read = layer_read,
                                             .free = layer_free,
                                             .open = layer_open,
                                             .list = layer_list,
                                             .order = layer_order};

enum vf_status vf_host_layer(struct vf_host *root, struct vf_host *own, struct vf_slice dir,
                             struct vf_slice at, struct vf_host **out, struct vf_err *err)
{
    struct layer *l = calloc(1, sizeof *l);
    *out = NULL;
    if (!l) {
        vf_host_free(root);
        return vf_err_nomem(err);
    }
    *l = (struct layer){.base.ops = &layer_ops, .root = root, .own = own};
    vf_arena_init(&l->a);
    l->dir = vf_arena_dup(&l->a, dir);
    l->at = vf_arena_dup(&l->a, at);
    if (!l->dir.p || !l->at.p) {
        layer_free(&l->base);
        return vf_err_nomem(err);
    }
    *out = &l->base;
    return VF_OK;
}
