/* tree.c: what every kind of tree has in common: reading a whole file, and following links by readlink. */
#include "fs/tree.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/path.h"

enum { MAX_LINKS = 40, FIRST = 4096 }; /* 40: what Linux follows */

bool vf_stat_same(const struct vf_stat *a, const struct vf_stat *b)
{
    bool same_file = a->kind == b->kind && a->dev == b->dev && a->ino == b->ino;
    bool same_time = a->mtime_s == b->mtime_s && a->mtime_ns == b->mtime_ns;
    bool never_touched = a->ctime_s == b->ctime_s && a->ctime_ns == b->ctime_ns;
    bool may_be_linked = a->nlink > 1 || b->nlink > 1;
    return same_file && a->size == b->size && same_time && (never_touched || may_be_linked) &&
           a->mode == b->mode && a->uid == b->uid && a->gid == b->gid;
}

bool vf_kind_is_special(enum vf_kind k)
{
    return k == VF_KIND_FIFO || k == VF_KIND_SOCKET || k == VF_KIND_DEVICE;
}

enum vf_status vf_tree_list(struct vf_tree *t, struct vf_slice dir, struct vf_arena *a,
                            struct vf_dirent **out, size_t *n, struct vf_err *err)
{
    *out = NULL;
    *n = 0;
    return t->ops->list(t, dir, a, out, n, err);
}

enum vf_status vf_tree_stat(struct vf_tree *t, struct vf_slice path, struct vf_stat *out, struct vf_err *err)
{
    *out = (struct vf_stat){.kind = VF_KIND_NONE};
    return t->ops->stat(t, path, out, err);
}

enum vf_status vf_tree_readlink(struct vf_tree *t, struct vf_slice path, struct vf_arena *a,
                                struct vf_slice *out, struct vf_err *err)
{
    *out = (struct vf_slice){NULL, 0};
    return t->ops->readlink(t, path, a, out, err);
}

enum vf_status vf_tree_open(struct vf_tree *t, struct vf_slice path, struct vf_reader **out,
                            struct vf_err *err)
{
    *out = NULL;
    return t->ops->open(t, path, out, err);
}

enum vf_status vf_tree_open_near(struct vf_tree *t, struct vf_tree_near *near, struct vf_slice path,
                                 const struct vf_stat *seen, struct vf_reader **out, struct vf_err *err)
{
    *out = NULL;
    return t->ops->open_near ? t->ops->open_near(t, near, path, seen, out, err)
                             : t->ops->open(t, path, out, err);
}

enum vf_status vf_reader_read(struct vf_reader *r, void *buf, size_t n, size_t *got, struct vf_err *err)
{
    *got = 0;
    return n == 0 ? VF_OK : r->ops->read(r, buf, n, got, err);
}

enum vf_status vf_reader_read_at(struct vf_reader *r, uint64_t off, void *buf, size_t n, size_t *got,
                                 struct vf_err *err)
{
    *got = 0;
    if (!r->ops->read_at)
        return vf_err_set(err, VF_NOT_SUPPORTED, 0, "read", VF_S(""),
                          "it can only be read from the beginning");
    while (*got < n) {
        size_t more = 0;
        enum vf_status st = r->ops->read_at(r, off + *got, (char *)buf + *got, n - *got, &more, err);
        if (st != VF_OK || more == 0)
            return st;
        *got += more;
    }
    return VF_OK;
}

enum vf_status vf_reader_stat(struct vf_reader *r, struct vf_stat *out, struct vf_err *err)
{
    *out = (struct vf_stat){.kind = VF_KIND_NONE};
    return r->ops->stat(r, out, err);
}

bool vf_reader_has_capability(struct vf_reader *r)
{
    return r->ops->has_capability && r->ops->has_capability(r);
}

uint64_t vf_reader_skip_hole(struct vf_reader *r)
{
    return r->ops->skip_hole ? r->ops->skip_hole(r) : 0;
}

void vf_reader_close(struct vf_reader *r)
{
    if (r)
        r->ops->close(r);
}

void vf_tree_free(struct vf_tree *t)
{
    if (t)
        t->ops->free(t);
}

enum vf_kind vf_tree_kind(struct vf_tree *t, struct vf_slice path)
{
    struct vf_stat st;
    return vf_tree_stat(t, path, &st, NULL) == VF_OK ? st.kind : VF_KIND_NONE;
}

/* --- whole files --- */

static enum vf_status too_large(struct vf_slice path, uint64_t cap, struct vf_err *err)
{
    return vf_err_set(err, VF_LIMIT, 0, "read", path, "it has more than %llu bytes", (unsigned long long)cap);
}

/* Room for more than `want` bytes, and a NUL. NULL: no memory. */
static char *more_room(struct vf_arena *a, const char *old, size_t have, size_t req)
{
    char *p = req < SIZE_MAX ? vf_arena_alloc(a, req + 1) : NULL;
    if (p && have > 0)
        memcpy(p, old, have);
    return p;
}

/* The size that stat tells is a guess: a file may grow while it is read, and some say 0 and have bytes. So
 * there is always room for one byte more than expected, and the end is where read says so. */
enum vf_status vf_reader_read_all(struct vf_reader *r, struct vf_slice path, uint64_t cap, struct vf_arena *a,
                                  struct vf_slice *out, struct vf_err *err)
{
    struct vf_stat st;
    enum vf_status status = vf_reader_stat(r, &st, err);
    if (status != VF_OK)
        return status;
    if (st.size > cap)
        return too_large(path, cap, err);
    if (st.size >= SIZE_MAX - 1)
        return vf_err_nomem(err);
    size_t room = st.size > 0 ? (size_t)st.size + 1 : FIRST, n = 0, got = 0;
    char *p = more_room(a, NULL, 0, room);
    while (p) {
        status = vf_reader_read(r, p + n, room - n, &got, err);
        if (status != VF_OK)
            return status;
        n += got;
        if (n > cap)
            return too_large(path, cap, err);
        if (got == 0) {
            p[n] = 0;
            *out = (struct vf_slice){p, n};
            return VF_OK;
        }
        if (n == room) {
            room = room <= SIZE_MAX / 2 ? room * 2 : SIZE_MAX;
            p = more_room(a, p, n, room);
        }
    }
    return vf_err_nomem(err);
}

enum vf_status vf_tree_read(struct vf_tree *t, struct vf_slice path, uint64_t cap, struct vf_arena *a,
                            struct vf_slice *out, struct vf_err *err)
{
    struct vf_reader *r;
    *out = (struct vf_slice){NULL, 0};
    enum vf_status st = vf_tree_open(t, path, &r, err);
    if (st != VF_OK)
        return st;
    st = vf_reader_read_all(r, path, cap, a, out, err);
    vf_reader_close(r);
    return st;
}

/* --- following links --- */

struct walk {
    struct vf_tree *t;
    struct vf_arena *a;
    struct vf_buf done;   /* resolved so far: clean, no link in it */
    struct vf_slice todo; /* what is left of the way */
    unsigned links;
};

static bool next_component(struct vf_slice *rest, struct vf_slice *name)
{
    while (rest->n > 0 && rest->p[0] == '/')
        *rest = vf_slice_from(*rest, 1);
    size_t slash = vf_slice_find_byte(*rest, '/', 0);
    *name = vf_slice_sub(*rest, 0, slash == VF_NPOS ? rest->n : slash);
    *rest = vf_slice_from(*rest, name->n);
    return name->n > 0;
}

static size_t dir_length(const struct vf_buf *path)
{
    size_t slash = vf_slice_rfind_byte(vf_buf_slice(path), '/');
    return slash == VF_NPOS ? 0 : slash;
}

/* The way leaves the tree with `out`: nothing more is known than the words. */
static enum vf_kind leave(struct walk *w, struct vf_slice out)
{
    struct vf_slice way = vf_arena_concat(w->a, out, VF_S("/"), w->todo);
    vf_buf_clear(&w->done);
    if (!way.p)
        return VF_KIND_NONE;
    vf_path_clean(&w->done, way);
    return VF_KIND_LINK;
}

/* Replaces the link in w->done by its target. NONE: goes on. */
static enum vf_kind follow(struct walk *w, bool *failed)
{
    struct vf_slice target;
    *failed = ++w->links > MAX_LINKS ||
              vf_tree_readlink(w->t, vf_buf_slice(&w->done), w->a, &target, NULL) != VF_OK || target.n == 0;
    if (*failed)
        return VF_KIND_NONE;
    if (vf_path_is_abs(target))
        return leave(w, target);
    w->todo = vf_arena_concat(w->a, target, VF_S("/"), w->todo);
    w->done.n = dir_length(&w->done);
    *failed = !w->todo.p;
    return VF_KIND_NONE;
}

static enum vf_kind walk_on(struct walk *w)
{
    enum vf_kind kind = VF_KIND_DIR; /* of w->done */
    struct vf_slice name;
    bool failed = false;
    while (!failed && !w->done.failed && next_component(&w->todo, &name)) {
        if (kind != VF_KIND_DIR)
            return VF_KIND_NONE;
        if (vf_slice_eq(name, VF_S(".")))
            continue;
        if (vf_slice_eq(name, VF_S(".."))) {
            if (w->done.n == 0)
                return leave(w, name);
            w->done.n = dir_length(&w->done);
            continue;
        }
        if (w->done.n > 0)
            vf_buf_putc(&w->done, '/');
        vf_buf_put(&w->done, name);
        kind = w->done.failed ? VF_KIND_NONE : vf_tree_kind(w->t, vf_buf_slice(&w->done));
        if (kind != VF_KIND_LINK)
            continue;
        if (follow(w, &failed) == VF_KIND_LINK)
            return VF_KIND_LINK;
        kind = VF_KIND_DIR;
    }
    return failed || w->done.failed ? VF_KIND_NONE : kind;
}

enum vf_kind vf_tree_resolve(struct vf_tree *t, struct vf_slice path, struct vf_arena *scratch,
                             struct vf_buf *resolved)
{
    bool abs = vf_path_is_abs(path);
    struct walk w = {.t = t, .a = scratch, .todo = abs ? VF_S("") : path};
    enum vf_kind kind = abs ? leave(&w, path) : walk_on(&w);
    if (resolved && kind != VF_KIND_NONE) {
        if (w.done.failed)
            resolved->failed = true;
        vf_buf_put(resolved, vf_buf_slice(&w.done));
    }
    vf_buf_release(&w.done);
    return kind;
}
