/* file_tree_open.c: a file tree as fs/tree.h sees trees, and its files as readers. */
#include "archive/file_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- an open file --- */

struct part_reader {
    struct vf_reader base;
    int fd; /* borrowed */
    uint64_t off, size, done;
    struct vf_stat st;
    size_t n; /* bytes of path */
    char path[];
};

static enum vf_status part_read_at(struct vf_reader *base, uint64_t off, void *buf, size_t n, size_t *got,
                                   struct vf_err *err)
{
    const struct part_reader *r = (struct part_reader *)base;
    struct vf_slice path = {r->path, r->n};
    if (off >= r->size)
        return VF_OK;
    if (n > r->size - off)
        n = (size_t)(r->size - off);
    ssize_t k;
    do
        k = pread(r->fd, buf, n < INT32_MAX ? n : INT32_MAX, (off_t)(r->off + off));
    while (k < 0 && errno == EINTR);
    if (k < 0)
        return vf_err_sys(err, errno, "read", path);
    if (k == 0)
        return vf_err_set(err, VF_CHANGED, 0, "read", path, "the archive became shorter while it was read");
    *got = (size_t)k;
    return VF_OK;
}

static enum vf_status part_read(struct vf_reader *base, void *buf, size_t n, size_t *got, struct vf_err *err)
{
    struct part_reader *r = (struct part_reader *)base;
    enum vf_status st = part_read_at(base, r->done, buf, n, got, err);
    r->done += st == VF_OK ? *got : 0;
    return st;
}

static enum vf_status part_stat(struct vf_reader *base, struct vf_stat *out, struct vf_err *err)
{
    (void)err;
    *out = ((struct part_reader *)base)->st;
    return VF_OK;
}

static void part_close(struct vf_reader *base)
{
    free(base);
}

static const struct vf_reader_ops part_ops = {
    .read = part_read, .stat = part_stat, .close = part_close, .read_at = part_read_at};

enum vf_status vf_file_tree_open(const struct vf_file_tree *t, uint32_t node, struct vf_slice path,
                                 struct vf_reader **out, struct vf_err *err)
{
    const struct vf_node *n = vf_file_tree_node(t, node);
    *out = NULL;
    if (n->kind != VF_KIND_FILE)
        return vf_err_set(err, VF_UNREADABLE, 0, "open", path, "it is not a regular file");
    struct part_reader *r = path.n < SIZE_MAX - sizeof *r ? malloc(sizeof *r + path.n) : NULL;
    if (!r)
        return vf_err_nomem(err);
    *r = (struct part_reader){.base.ops = &part_ops, .size = n->size, .n = path.n};
    vf_file_tree_bytes(t, node, &r->fd, &r->off);
    vf_file_tree_stat(t, node, &r->st);
    if (path.n > 0)
        memcpy(r->path, path.p, path.n);
    *out = &r->base;
    return VF_OK;
}

enum vf_status vf_file_tree_load(const struct vf_file_tree *t, struct vf_slice path, uint64_t cap,
                                 struct vf_arena *a, struct vf_slice *out, struct vf_err *err)
{
    struct vf_reader *r;
    uint32_t node = vf_file_tree_follow(t, path);
    *out = (struct vf_slice){NULL, 0};
    if (node == VF_NODE_NONE)
        return vf_err_set(err, VF_NOT_FOUND, ENOENT, "open", path, NULL);
    enum vf_status st = vf_file_tree_open(t, node, path, &r, err);
    if (st == VF_OK)
        st = vf_reader_read_all(r, path, cap, a, out, err);
    vf_reader_close(r);
    return st;
}

/* --- the tree below a directory --- */

struct files_tree {
    struct vf_tree base;
    const struct vf_file_tree *files;
    uint32_t dir;
};

static uint32_t find(struct vf_tree *base, struct vf_slice path)
{
    const struct files_tree *t = (struct files_tree *)base;
    return vf_file_tree_find(t->files, t->dir, path);
}

static const struct vf_file_tree *files_of(struct vf_tree *base)
{
    return ((struct files_tree *)base)->files;
}

static enum vf_status nothing(struct vf_err *err, const char *op, struct vf_slice path)
{
    return vf_err_set(err, VF_NOT_FOUND, ENOENT, op, path, NULL);
}

static int compare_entries(const void *a, const void *b)
{
    const struct vf_dirent *x = a, *y = b;
    return vf_slice_cmp(x->name, y->name);
}

static enum vf_status files_list(struct vf_tree *base, struct vf_slice path, struct vf_arena *a,
                                 struct vf_dirent **out, size_t *n, struct vf_err *err)
{
    const struct vf_file_tree *files = files_of(base);
    uint32_t dir = find(base, path);
    size_t count = 0;
    if (dir == VF_NODE_NONE)
        return nothing(err, "list", path);
    const struct vf_node *d = vf_file_tree_node(files, dir);
    if (d->kind != VF_KIND_DIR)
        return vf_err_sys(err, ENOTDIR, "list", path);
    for (uint32_t i = d->child; i != VF_NODE_NONE; i = vf_file_tree_node(files, i)->next)
        count++;
    struct vf_dirent *v = vf_arena_array(a, count + 1, sizeof *v);
    if (!v)
        return vf_err_nomem(err);
    count = 0;
    for (uint32_t i = d->child; i != VF_NODE_NONE; i = vf_file_tree_node(files, i)->next) {
        const struct vf_node *node = vf_file_tree_node(files, i);
        if (node->kind == VF_KIND_NONE)
            continue;
        v[count].name = vf_node_name(node);
        vf_file_tree_stat(files, i, &v[count].st);
        if (node->kind == VF_KIND_LINK)
            v[count].target = vf_node_target(node);
        count++;
    }
    qsort(v, count, sizeof *v, compare_entries);
    *out = v;
    *n = count;
    return VF_OK;
}

static enum vf_status files_stat(struct vf_tree *base, struct vf_slice path, struct vf_stat *out,
                                 struct vf_err *err)
{
    uint32_t node = find(base, path);
    if (node == VF_NODE_NONE)
        return nothing(err, "stat", path);
    vf_file_tree_stat(files_of(base), node, out);
    return VF_OK;
}

static enum vf_status files_readlink(struct vf_tree *base, struct vf_slice path, struct vf_arena *a,
                                     struct vf_slice *out, struct vf_err *err)
{
    uint32_t node = find(base, path);
    if (node == VF_NODE_NONE)
        return nothing(err, "readlink", path);
    const struct vf_node *n = vf_file_tree_node(files_of(base), node);
    if (n->kind != VF_KIND_LINK)
        return vf_err_sys(err, EINVAL, "readlink", path);
    *out = vf_arena_dup(a, vf_node_target(n));
    return out->p ? VF_OK : vf_err_nomem(err);
}

static enum vf_status files_open(struct vf_tree *base, struct vf_slice path, struct vf_reader **out,
                                 struct vf_err *err)
{
    uint32_t node = find(base, path);
    return node == VF_NODE_NONE ? nothing(err, "open", path)
                                : vf_file_tree_open(files_of(base), node, path, out, err);
}

static void files_free(struct vf_tree *base)
{
    free(base);
}

static const struct vf_tree_ops files_ops = {.list = files_list,
                                             .stat = files_stat,
                                             .readlink = files_readlink,
                                             .open = files_open,
                                             .free = files_free};

enum vf_status vf_tree_of_files(const struct vf_file_tree *files, uint32_t dir, struct vf_tree **out,
                                struct vf_err *err)
{
    struct files_tree *t = malloc(sizeof *t);
    *out = NULL;
    if (!t)
        return vf_err_nomem(err);
    *t = (struct files_tree){.base.ops = &files_ops, .files = files, .dir = dir};
    *out = (struct vf_tree *)t;
    return VF_OK;
}
