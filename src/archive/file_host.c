/* file_host.c: a file tree as fs/host.h sees the host: at a path of its own, over another host or over
 * nothing.
 *
 * A path is walked by its components. Above the mount point there is nothing to look at: those components are
 * taken by their words. What the tree does not have is asked of the host below, with the whole path. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/file_tree.h"
#include "base/path.h"

enum { LINKS_MAX = 40 };

struct files_host {
    struct vf_host base;
    struct vf_file_mount m;
    struct vf_arena a;
};

enum where {
    ABSENT,  /* nothing is there, in no tree */
    IN_TREE, /* `node` */
    ABOVE,   /* a directory that leads to the mount point */
    BELOW    /* to be asked of the host below */
};

struct walk {
    const struct files_host *h;
    struct vf_buf done; /* absolute, clean, without links; "" is the root */
    struct vf_slice todo;
    struct vf_arena scratch;
    enum where where;
    uint32_t node;
    unsigned links;
};

/* The root, or what `..` left: is it the mount point, above it, or elsewhere? */
static void find_where(struct walk *w)
{
    struct vf_slice done = w->done.n > 0 ? vf_buf_slice(&w->done) : VF_S("/"), at = w->h->m.at, rest;
    w->node = VF_NODE_NONE;
    w->where = BELOW;
    if (vf_path_under(at, done, &rest)) {
        w->node = vf_file_tree_find(w->h->m.files, w->h->m.dir, rest);
        w->where = w->node == VF_NODE_NONE ? BELOW : IN_TREE;
    } else if (vf_path_under(done, at, NULL)) {
        w->where = ABOVE;
    }
}

static struct vf_slice take_component(struct vf_slice *rest)
{
    while (rest->n > 0 && rest->p[0] == '/')
        *rest = vf_slice_from(*rest, 1);
    struct vf_slice name = vf_slice_sub(*rest, 0, vf_slice_find_byte(*rest, '/', 0));
    *rest = vf_slice_from(*rest, name.n);
    return name;
}

static void go_up(struct walk *w)
{
    size_t slash = vf_slice_rfind_byte(vf_buf_slice(&w->done), '/');
    w->done.n = slash == VF_NPOS ? 0 : slash;
    find_where(w);
}

static void append(struct walk *w, struct vf_slice name)
{
    vf_buf_putc(&w->done, '/');
    vf_buf_put(&w->done, name);
}

/* w->node is a link, whose name is not in w->done. */
static void follow(struct walk *w)
{
    struct vf_slice target = vf_node_target(vf_file_tree_node(w->h->m.files, w->node));
    w->todo = vf_arena_concat(&w->scratch, target, VF_S("/"), w->todo);
    if (++w->links > LINKS_MAX || target.n == 0 || !w->todo.p) {
        w->where = ABSENT;
        return;
    }
    if (vf_path_is_abs(target))
        w->done.n = 0;
    find_where(w);
}

/* A name, in a directory of the tree. */
static void enter(struct walk *w, struct vf_slice name, bool follow_last)
{
    const struct vf_file_tree *t = w->h->m.files;
    if (vf_file_tree_node(t, w->node)->kind != VF_KIND_DIR) {
        w->where = ABSENT;
        return;
    }
    uint32_t child = vf_file_tree_child(t, w->node, name);
    bool last = w->todo.n == 0;
    w->node = child;
    if (child != VF_NODE_NONE && vf_file_tree_node(t, child)->kind == VF_KIND_LINK &&
        (!last || follow_last)) {
        follow(w);
        return;
    }
    append(w, name);
    w->where = child == VF_NODE_NONE ? BELOW : IN_TREE;
}

/* The rest of a path that the tree does not have: what the host below has there, if it may be asked. */
static void leave(struct walk *w)
{
    struct vf_slice alone = w->h->m.alone;
    if (w->todo.n > 0)
        vf_buf_put(&w->done, w->todo);
    if (!w->h->m.below || (alone.n > 0 && vf_path_under(alone, vf_buf_slice(&w->done), NULL)))
        w->where = ABSENT;
}

static void begin(struct walk *w, const struct files_host *h, struct vf_slice path, bool follow_last)
{
    struct vf_slice name;
    *w = (struct walk){.h = h, .todo = path};
    vf_arena_init(&w->scratch);
    if (!vf_path_is_abs(path) || memchr(path.p, 0, path.n))
        return; /* ABSENT */
    find_where(w);
    while (w->where == IN_TREE || w->where == ABOVE) {
        name = take_component(&w->todo);
        while (w->todo.n > 0 && w->todo.p[0] == '/')
            w->todo = vf_slice_from(w->todo, 1);
        if (name.n == 0)
            break;
        if (vf_slice_eq(name, VF_S(".")))
            continue;
        if (vf_slice_eq(name, VF_S(".."))) {
            go_up(w);
        } else if (w->where == IN_TREE) {
            enter(w, name, follow_last);
        } else {
            append(w, name);
            find_where(w);
        }
    }
    if (w->where == BELOW) {
        if (w->todo.n > 0)
            vf_buf_putc(&w->done, '/');
        leave(w);
    }
    if (w->done.failed)
        w->where = ABSENT;
}

static struct vf_slice end_of(const struct walk *w)
{
    return w->done.n > 0 ? vf_buf_slice(&w->done) : VF_S("/");
}

static void end(struct walk *w)
{
    vf_buf_release(&w->done);
    vf_arena_release(&w->scratch);
}

static enum vf_kind files_kind(struct vf_host *o, struct vf_slice path, struct vf_stat *st, int *why)
{
    struct walk w;
    begin(&w, (struct files_host *)o, path, true);
    *why = 0;
    *st = (struct vf_stat){.kind = VF_KIND_NONE};
    if (w.where == IN_TREE)
        vf_file_tree_stat(w.h->m.files, w.node, st);
    else if (w.where == ABOVE)
        *st = (struct vf_stat){.kind = VF_KIND_DIR, .mode = 0755, .nlink = 1};
    else if (w.where == BELOW)
        (void)vf_host_look(w.h->m.below, end_of(&w), st, why);
    end(&w);
    return st->kind;
}

static bool files_resolve(struct vf_host *o, struct vf_slice path, struct vf_buf *out)
{
    struct walk w;
    begin(&w, (struct files_host *)o, path, true);
    bool there = w.where != ABSENT;
    errno = ENOENT;
    if (w.where == BELOW)
        there = vf_host_resolve(w.h->m.below, end_of(&w), out);
    else if (there)
        vf_buf_put(out, end_of(&w));
    end(&w);
    return there;
}

static bool files_readlink(struct vf_host *o, struct vf_slice path, struct vf_buf *out)
{
    struct walk w;
    begin(&w, (struct files_host *)o, path, false);
    bool is = false;
    errno = EINVAL;
    if (w.where == BELOW) {
        is = vf_host_readlink(w.h->m.below, end_of(&w), out);
    } else if (w.where == IN_TREE && vf_file_tree_node(w.h->m.files, w.node)->kind == VF_KIND_LINK) {
        vf_buf_put(out, vf_node_target(vf_file_tree_node(w.h->m.files, w.node)));
        is = true;
    }
    end(&w);
    return is;
}

static enum vf_status files_open(struct vf_host *o, struct vf_slice path, struct vf_reader **out,
                                 struct vf_err *err)
{
    struct walk w;
    begin(&w, (struct files_host *)o, path, true);
    enum vf_status st;
    if (w.where == BELOW)
        st = vf_host_open_file(w.h->m.below, end_of(&w), out, err);
    else if (w.where == IN_TREE)
        st = vf_file_tree_open(w.h->m.files, w.node, path, out, err);
    else
        st = vf_err_set(err, VF_NOT_FOUND, ENOENT, "open", path, NULL);
    end(&w);
    return st;
}

static enum vf_status files_read(struct vf_host *o, struct vf_slice path, uint64_t cap, struct vf_arena *a,
                                 struct vf_slice *out, struct vf_err *err)
{
    struct vf_reader *r = NULL;
    enum vf_status st = files_open(o, path, &r, err);
    if (st == VF_OK)
        st = vf_reader_read_all(r, path, cap, a, out, err);
    vf_reader_close(r);
    return st;
}

static int compare_names(const void *a, const void *b)
{
    return vf_slice_cmp(*(const struct vf_slice *)a, *(const struct vf_slice *)b);
}

/* Of a directory that both hosts have: the names of both. */
static enum vf_status merge(struct vf_slice **names, size_t *n, const struct vf_slice *more, size_t n_more,
                            struct vf_arena *a, struct vf_err *err)
{
    struct vf_slice *v = vf_arena_array(a, *n + n_more + 1, sizeof *v);
    size_t kept = 0, all = *n + n_more;
    if (!v)
        return vf_err_nomem(err);
    if (*n > 0)
        memcpy(v, *names, *n * sizeof *v);
    if (n_more > 0)
        memcpy(v + *n, more, n_more * sizeof *v);
    qsort(v, all, sizeof *v, compare_names);
    for (size_t i = 0; i < all; i++)
        if (kept == 0 || !vf_slice_eq(v[kept - 1], v[i]))
            v[kept++] = v[i];
    *names = v;
    *n = kept;
    return VF_OK;
}

static enum vf_status list_node(struct walk *w, struct vf_arena *a, struct vf_slice **names, size_t *n,
                                struct vf_err *err)
{
    const struct vf_file_tree *t = w->h->m.files;
    const struct vf_node *dir = vf_file_tree_node(t, w->node);
    size_t count = 0;
    if (dir->kind != VF_KIND_DIR)
        return vf_err_sys(err, ENOTDIR, "list", end_of(w));
    for (uint32_t i = dir->child; i != VF_NODE_NONE; i = vf_file_tree_node(t, i)->next)
        count++;
    *names = vf_arena_array(a, count + 1, sizeof **names);
    if (!*names)
        return vf_err_nomem(err);
    *n = 0;
    for (uint32_t i = dir->child; i != VF_NODE_NONE; i = vf_file_tree_node(t, i)->next)
        if (vf_file_tree_node(t, i)->kind != VF_KIND_NONE)
            (*names)[(*n)++] = vf_node_name(vf_file_tree_node(t, i));
    qsort(*names, *n, sizeof **names, compare_names);
    return VF_OK;
}

static enum vf_status files_list(struct vf_host *o, struct vf_slice path, struct vf_arena *a,
                                 struct vf_slice **names, size_t *n, struct vf_err *err)
{
    struct walk w;
    begin(&w, (struct files_host *)o, path, true);
    struct vf_slice alone = w.h->m.alone, *more = NULL;
    bool both = w.h->m.below && w.where == IN_TREE && !(alone.n && vf_path_under(alone, end_of(&w), NULL));
    size_t n_more = 0;
    enum vf_status st = VF_OK;
    if (w.where == IN_TREE)
        st = list_node(&w, a, names, n, err);
    else if (w.where == BELOW)
        st = vf_host_list_dir(w.h->m.below, end_of(&w), a, names, n, err);
    else
        st = vf_err_set(err, VF_NOT_FOUND, ENOENT, "list", path, NULL);
    if (st == VF_OK && both && vf_host_list(w.h->m.below, end_of(&w), a, &more, &n_more))
        st = merge(names, n, more, n_more, a, err);
    end(&w);
    return st;
}

static enum vf_status files_tree(struct vf_host *o, struct vf_slice path, struct vf_tree **out,
                                 struct vf_err *err)
{
    struct walk w;
    begin(&w, (struct files_host *)o, path, true);
    enum vf_status st;
    if (w.where == IN_TREE && vf_file_tree_node(w.h->m.files, w.node)->kind == VF_KIND_DIR)
        st = vf_tree_of_files(w.h->m.files, w.node, out, err);
    else
        st = vf_err_set(err, VF_NOT_FOUND, 0, "open", path, "there is no such directory in the archive");
    end(&w);
    return st;
}

static void files_free(struct vf_host *o)
{
    struct files_host *h = (struct files_host *)o;
    vf_arena_release(&h->a);
    free(h);
}

static const struct vf_host_ops files_ops = {.kind = files_kind,
                                             .resolve = files_resolve,
                                             .readlink = files_readlink,
                                             .read = files_read,
                                             .free = files_free,
                                             .open = files_open,
                                             .list = files_list,
                                             .tree = files_tree};

enum vf_status vf_host_of_files(const struct vf_file_mount *m, struct vf_host **out, struct vf_err *err)
{
    struct files_host *h = calloc(1, sizeof *h);
    *out = NULL;
    if (!h)
        return vf_err_nomem(err);
    h->base.ops = &files_ops;
    h->m = *m;
    vf_arena_init(&h->a);
    h->m.at = vf_arena_dup(&h->a, m->at);
    h->m.alone = vf_arena_dup(&h->a, m->alone);
    if (h->a.failed) {
        files_free(&h->base);
        return vf_err_nomem(err);
    }
    *out = &h->base;
    return VF_OK;
}
