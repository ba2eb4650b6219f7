/* outside_walk.c: resolving a path inside a directory that stands for `/`, as a chroot would.
 *
 * One descriptor goes along, a component at a time, and opens no link; a `..` starts again from the root with
 * what has been resolved, as the directory may have been moved out of the root meanwhile. */
#include "fs/host_walk.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { MAX_LINKS = 40 }; /* what Linux follows */

struct walk {
    struct vf_way *way;
    struct vf_buf todo, next; /* what is left, and where it is put together anew */
    size_t at;                /* position in todo */
    bool pending;             /* way->name is a directory that was not entered yet */
    bool follow_last;
    unsigned links;
};

static void set_dir(struct vf_way *way, int fd)
{
    int e = errno;
    if (way->dir >= 0 && way->dir != way->root)
        (void)close(way->dir);
    way->dir = fd;
    errno = e;
}

static void set_here(struct vf_way *way)
{
    way->name[0] = '.';
    way->name[1] = 0;
}

/* Enters way->name. */
static int enter(struct walk *w)
{
    struct vf_way *way = w->way;
    if (!w->pending)
        return 0;
    int fd = openat(way->dir, way->name, VF_O_AT | O_NOFOLLOW);
    if (fd < 0)
        return -1;
    set_dir(way, fd);
    if (way->path.n > 0)
        vf_buf_putc(&way->path, '/');
    vf_buf_puts(&way->path, way->name);
    set_here(way);
    w->pending = false;
    return 0;
}

static int go_up(struct vf_way *way)
{
    size_t slash = vf_slice_rfind_byte(vf_buf_slice(&way->path), '/');
    way->path.n = slash == VF_NPOS ? 0 : slash;
    int fd =
        way->path.n == 0 ? way->root : vf_sys_open_beneath(way->root, vf_buf_slice(&way->path), VF_O_AT, 0);
    if (fd < 0)
        return -1;
    set_dir(way, fd);
    set_here(way);
    return 0;
}

/* way->name is a link: its target takes its place in what is left. */
static int follow(struct walk *w)
{
    struct vf_way *way = w->way;
    if (++w->links > MAX_LINKS) {
        errno = ELOOP;
        return -1;
    }
    vf_buf_clear(&w->next);
    if (vf_sys_readlink_at(way->dir, way->name, way->st.size, &w->next) < 0)
        return -1;
    if (w->next.n == 0) {
        errno = ENOENT;
        return -1;
    }
    if (w->next.p[0] == '/') {
        set_dir(way, way->root);
        way->path.n = 0;
    }
    vf_buf_put(&w->next, vf_slice_from(vf_buf_slice(&w->todo), w->at));
    struct vf_buf was = w->todo;
    w->todo = w->next;
    w->next = was;
    w->at = 0;
    set_here(way);
    return 0;
}

/* One component that is a name. */
static int step(struct walk *w, struct vf_slice name)
{
    struct vf_way *way = w->way;
    if (vf_sys_name(name, way->name) < 0 || vf_sys_stat_at(way->dir, way->name, &way->st) < 0)
        return -1;
    bool last = w->at == w->todo.n;
    if (way->st.kind == VF_KIND_LINK && (!last || w->follow_last))
        return follow(w);
    w->pending = true;
    if (last || way->st.kind == VF_KIND_DIR)
        return 0;
    errno = ENOTDIR;
    return -1;
}

static bool next_component(struct walk *w, struct vf_slice *name)
{
    struct vf_slice todo = vf_buf_slice(&w->todo);
    while (w->at < todo.n && todo.p[w->at] == '/')
        w->at++;
    size_t slash = vf_slice_find_byte(todo, '/', w->at);
    *name = vf_slice_sub(todo, w->at, slash == VF_NPOS ? todo.n : slash);
    w->at += name->n;
    return name->n > 0;
}

static int walk_all(struct walk *w)
{
    struct vf_slice name;
    while (next_component(w, &name)) {
        int r = enter(w);
        if (r == 0 && vf_slice_eq(name, VF_S("..")))
            r = go_up(w->way);
        else if (r == 0 && !vf_slice_eq(name, VF_S(".")))
            r = step(w, name);
        if (r < 0)
            return -1;
        if (w->todo.failed || w->way->path.failed) {
            errno = ENOMEM;
            return -1;
        }
    }
    if (!w->pending)
        return vf_sys_stat_at(w->way->dir, ".", &w->way->st);
    if (w->way->path.n > 0)
        vf_buf_putc(&w->way->path, '/');
    vf_buf_puts(&w->way->path, w->way->name);
    return 0;
}

int vf_way_walk(int root, struct vf_slice path, bool follow_last, struct vf_way *way)
{
    *way = (struct vf_way){.dir = root, .root = root};
    set_here(way);
    if (path.n > 0 && memchr(path.p, 0, path.n)) {
        errno = EINVAL;
        return -1;
    }
    struct walk w = {.way = way, .follow_last = follow_last};
    vf_buf_put(&w.todo, path);
    int r = walk_all(&w);
    if (r == 0 && (w.todo.failed || way->path.failed)) {
        errno = ENOMEM;
        r = -1;
    }
    int e = errno;
    vf_buf_release(&w.todo);
    vf_buf_release(&w.next);
    if (r < 0)
        vf_way_release(way);
    errno = e;
    return r;
}

void vf_way_release(struct vf_way *way)
{
    set_dir(way, way->root);
    vf_buf_release(&way->path);
}
