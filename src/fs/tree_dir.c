/* tree_dir.c: a tree on disk.
 *
 * A list costs one open of the directory and one stat an entry, relative to it. Names are read first, into
 * one block, so that the array of entries has its size from the start and the arena holds nothing twice. */
#include "fs/tree_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/sys.h"
#include "fs/sys_open.h"

enum {
    READ_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
    MOST = 1 << 30 /* bytes of one read: some systems refuse more than INT_MAX */
};

struct dir_tree {
    struct vf_tree base;
    int fd;
};

struct fd_reader {
    struct vf_reader base;
    int fd;
    struct vf_stat st; /* when it was opened, or as it was seen before */
    uint64_t done;     /* bytes read */
    bool seen;         /* st is not of the descriptor */
    bool ended;
    size_t n; /* bytes of path */
    char path[];
};

/* --- an open file --- */

static struct vf_slice reader_path(const struct fd_reader *r)
{
    return (struct vf_slice){r->path, r->n};
}

/* The file has more or fewer bytes than it had when it was seen: is it a file at all? */
static enum vf_status look_again(struct fd_reader *r, struct vf_err *err)
{
    struct stat native;
    if (fstat(r->fd, &native) < 0)
        return vf_err_sys(err, errno, "stat", reader_path(r));
    if (!S_ISREG(native.st_mode))
        return vf_err_set(err, VF_CHANGED, 0, "read", reader_path(r), "it is not a regular file any more");
    vf_sys_to_stat(&native, &r->st);
    r->seen = false;
    return VF_OK;
}

/* A read that gave less than it was asked for and all that stat promised was the last: asking again would
 * double the calls of a small file. */
static enum vf_status fd_read(struct vf_reader *base, void *buf, size_t n, size_t *got, struct vf_err *err)
{
    struct fd_reader *r = (struct fd_reader *)base;
    ssize_t k;
    if (r->ended)
        return VF_OK;
    do
        k = read(r->fd, buf, n < MOST ? n : MOST);
    while (k < 0 && errno == EINTR);
    if (k < 0)
        return vf_err_sys(err, errno, "read", reader_path(r));
    *got = (size_t)k;
    r->done += (uint64_t)k;
    r->ended = (size_t)k < n && r->done == r->st.size;
    bool promised = r->done <= r->st.size && (k > 0 || r->ended);
    return r->seen && !promised ? look_again(r, err) : VF_OK;
}

static enum vf_status fd_read_at(struct vf_reader *base, uint64_t off, void *buf, size_t n, size_t *got,
                                 struct vf_err *err)
{
    const struct fd_reader *r = (struct fd_reader *)base;
    ssize_t k;
    if (off > INT64_MAX)
        return VF_OK;
    do
        k = pread(r->fd, buf, n < MOST ? n : MOST, (off_t)off);
    while (k < 0 && errno == EINTR);
    if (k < 0)
        return vf_err_sys(err, errno, "read", reader_path(r));
    *got = (size_t)k;
    return VF_OK;
}

static enum vf_status fd_stat(struct vf_reader *base, struct vf_stat *out, struct vf_err *err)
{
    (void)err;
    *out = ((struct fd_reader *)base)->st;
    return VF_OK;
}

static void fd_close(struct vf_reader *base)
{
    struct fd_reader *r = (struct fd_reader *)base;
    (void)close(r->fd);
    free(r);
}

/* Behind the last data, the rest of the file is a hole. */
static uint64_t fd_skip_hole(struct vf_reader *base)
{
    struct fd_reader *r = (struct fd_reader *)base;
    uint64_t skipped = 0;
#ifdef SEEK_DATA
    off_t now = lseek(r->fd, 0, SEEK_CUR), data = now < 0 ? -1 : lseek(r->fd, now, SEEK_DATA);
    if (data < 0 && now >= 0 && errno == ENXIO)
        data = lseek(r->fd, 0, SEEK_END);
    if (data > now)
        skipped = (uint64_t)(data - now);
    else if (now >= 0)
        (void)lseek(r->fd, now, SEEK_SET);
#endif
    r->done += skipped;
    return skipped;
}

static bool fd_has_capability(struct vf_reader *base)
{
    return vf_sys_has_capability(((struct fd_reader *)base)->fd);
}

static const struct vf_reader_ops fd_ops = {.read = fd_read,
                                            .stat = fd_stat,
                                            .close = fd_close,
                                            .read_at = fd_read_at,
                                            .skip_hole = fd_skip_hole,
                                            .has_capability = fd_has_capability};

enum vf_status vf_reader_of_fd(int fd, const struct vf_stat *st, struct vf_slice path, struct vf_reader **out,
                               struct vf_err *err)
{
    struct fd_reader *r = path.n < SIZE_MAX - sizeof *r ? malloc(sizeof *r + path.n) : NULL;
    *out = NULL;
    if (!r) {
        (void)close(fd);
        return vf_err_nomem(err);
    }
    *r = (struct fd_reader){.base.ops = &fd_ops, .fd = fd, .st = *st, .n = path.n};
    if (path.n > 0)
        memcpy(r->path, path.p, path.n);
    *out = (struct vf_reader *)r;
    return VF_OK;
}

/* --- paths --- */

/* A link in the middle of a path: no tree has anything below a link. */
static enum vf_status path_error(struct vf_err *err, int e, const char *op, struct vf_slice path)
{
    if (e == ELOOP || e == EXDEV)
        return vf_err_set(err, VF_NOT_FOUND, e, op, path, NULL);
    return vf_err_sys(err, e, op, path);
}

/* A name to be given to the `at` calls: below *dir, which is t->fd (left open) or a descriptor to be closed.
 */
struct spot {
    int dir;
    char name[VF_SYS_NAME];
};

static int find_spot(const struct dir_tree *t, struct vf_slice path, struct spot *s)
{
    struct vf_slice base = path;
    s->dir = t->fd;
    if (path.n == 0) {
        s->name[0] = '.';
        s->name[1] = 0;
        return 0;
    }
    if (vf_slice_find_byte(path, '/', 0) != VF_NPOS)
        s->dir = vf_sys_open_parent(t->fd, path, &base);
    else if (vf_slice_eq(path, VF_S("..")))
        s->dir = -1, errno = EXDEV;
    if (s->dir < 0)
        return -1;
    if (vf_sys_name(base, s->name) == 0)
        return 0;
    int e = errno;
    if (s->dir != t->fd)
        (void)close(s->dir);
    errno = e;
    return -1;
}

static void leave_spot(const struct dir_tree *t, const struct spot *s)
{
    int e = errno;
    if (s->dir != t->fd)
        (void)close(s->dir);
    errno = e;
}

static enum vf_status dir_stat(struct vf_tree *base, struct vf_slice path, struct vf_stat *out,
                               struct vf_err *err)
{
    const struct dir_tree *t = (struct dir_tree *)base;
    struct spot s;
    if (find_spot(t, path, &s) < 0)
        return path_error(err, errno, "stat", path);
    int r = vf_sys_stat_at(s.dir, s.name, out);
    leave_spot(t, &s);
    return r < 0 ? path_error(err, errno, "stat", path) : VF_OK;
}

static enum vf_status dir_readlink(struct vf_tree *base, struct vf_slice path, struct vf_arena *a,
                                   struct vf_slice *out, struct vf_err *err)
{
    const struct dir_tree *t = (struct dir_tree *)base;
    struct vf_buf target = {0};
    struct spot s;
    if (find_spot(t, path, &s) < 0)
        return path_error(err, errno, "readlink", path);
    int r = vf_sys_readlink_at(s.dir, s.name, 0, &target);
    leave_spot(t, &s);
    enum vf_status st = r < 0 ? path_error(err, errno, "readlink", path) : VF_OK;
    if (st == VF_OK) {
        *out = vf_arena_dup(a, vf_buf_slice(&target));
        st = out->p ? VF_OK : vf_err_nomem(err);
    }
    vf_buf_release(&target);
    return st;
}

static enum vf_status not_regular(struct vf_err *err, struct vf_slice path)
{
    return vf_err_set(err, VF_UNREADABLE, 0, "open", path, "it is not a regular file");
}

/* The reader of a file that was just opened; fd -1: errno says why not. Looked at by descriptor, since the
 * name may be another file by now. */
static enum vf_status opened(int fd, struct vf_slice path, struct vf_reader **out, struct vf_err *err)
{
    struct stat native;
    struct vf_stat st;
    if (fd < 0)
        return path_error(err, errno, "open", path);
    int r = fstat(fd, &native), e = errno;
    if (r < 0 || !S_ISREG(native.st_mode)) {
        (void)close(fd);
        return r < 0 ? vf_err_sys(err, e, "stat", path) : not_regular(err, path);
    }
    vf_sys_to_stat(&native, &st);
    return vf_reader_of_fd(fd, &st, path, out, err);
}

static int open_for_reading(int dir, const char *name)
{
    int fd;
    do
        fd = openat(dir, name, READ_FLAGS);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* Looked at before it is opened, since opening alone may do something to a device. */
static enum vf_status dir_open(struct vf_tree *base, struct vf_slice path, struct vf_reader **out,
                               struct vf_err *err)
{
    const struct dir_tree *t = (struct dir_tree *)base;
    struct vf_stat seen;
    struct spot s;
    if (find_spot(t, path, &s) < 0)
        return path_error(err, errno, "open", path);
    int fd = -1, r = vf_sys_stat_at(s.dir, s.name, &seen);
    if (r == 0 && seen.kind == VF_KIND_FILE)
        fd = open_for_reading(s.dir, s.name);
    leave_spot(t, &s);
    if (r == 0 && seen.kind != VF_KIND_FILE)
        return not_regular(err, path);
    return opened(fd, path, out, err);
}

void vf_tree_near_leave(struct vf_tree_near *near)
{
    if (near->open)
        (void)close(near->fd);
    vf_buf_release(&near->dir);
    *near = (struct vf_tree_near){0};
}

/* The directory of the file before is kept open: the next one is most often its neighbour. */
static enum vf_status dir_open_near(struct vf_tree *base, struct vf_tree_near *near, struct vf_slice path,
                                    const struct vf_stat *seen, struct vf_reader **out, struct vf_err *err)
{
    const struct dir_tree *t = (struct dir_tree *)base;
    size_t slash = vf_slice_rfind_byte(path, '/');
    struct vf_slice dir = vf_slice_sub(path, 0, slash == VF_NPOS ? 0 : slash), name = path;
    if (slash == VF_NPOS)
        return dir_open(base, path, out, err);
    name = vf_slice_from(path, slash + 1);
    if (!near->open || !vf_slice_eq(dir, vf_buf_slice(&near->dir))) {
        vf_tree_near_leave(near);
        near->fd = vf_sys_open_parent(t->fd, path, &name);
        if (near->fd < 0)
            return path_error(err, errno, "open", path);
        near->open = true;
        vf_buf_put(&near->dir, dir);
        if (near->dir.failed)
            return vf_err_nomem(err);
    }
    char text[VF_SYS_NAME];
    if (vf_slice_eq(name, VF_S("..")) || vf_slice_eq(name, VF_S(".")))
        return not_regular(err, path);
    int fd = vf_sys_name(name, text) < 0 ? -1 : open_for_reading(near->fd, text);
    if (fd < 0)
        return path_error(err, errno, "open", path);
    enum vf_status st = vf_reader_of_fd(fd, seen, path, out, err);
    struct fd_reader *r = (struct fd_reader *)*out;
    if (r)
        r->seen = true;
    return st;
}

/* --- listing --- */

static int compare_entries(const void *a, const void *b)
{
    const struct vf_dirent *x = a, *y = b;
    return vf_slice_cmp(x->name, y->name);
}

static void entry_failed(struct vf_dirent *d, int e)
{
    d->status = path_error(NULL, e, "stat", d->name);
    d->sys = e;
    d->st = (struct vf_stat){.kind = VF_KIND_NONE};
    d->target = (struct vf_slice){NULL, 0};
}

/* False: no memory. Names are NUL-terminated. */
static bool look_at(int dir, struct vf_dirent *d, struct vf_arena *a, struct vf_buf *tmp)
{
    if (vf_sys_stat_at(dir, d->name.p, &d->st) < 0) {
        entry_failed(d, errno);
        return true;
    }
    if (d->st.kind != VF_KIND_LINK)
        return true;
    vf_buf_clear(tmp);
    if (vf_sys_readlink_at(dir, d->name.p, d->st.size, tmp) < 0) {
        entry_failed(d, errno);
        return !tmp->failed;
    }
    d->target = vf_arena_dup(a, vf_buf_slice(tmp));
    return d->target.p != NULL;
}

static struct vf_dirent *make_entries(struct vf_arena *a, struct vf_slice names, size_t n)
{
    struct vf_slice block = vf_arena_dup(a, names);
    struct vf_dirent *v = vf_arena_array(a, n, sizeof *v);
    if (!block.p || !v)
        return NULL;
    const char *p = block.p;
    for (size_t i = 0; i < n; i++) {
        v[i].name = vf_slice_of(p);
        p += v[i].name.n + 1;
    }
    qsort(v, n, sizeof *v, compare_entries);
    return v;
}

static enum vf_status list_fd(int dir, struct vf_slice path, struct vf_arena *a, struct vf_dirent **out,
                              size_t *n, struct vf_err *err)
{
    struct vf_buf buf = {0};
    size_t count = 0;
    bool ok = true;
    if (vf_sys_read_names(dir, &buf, &count) < 0) {
        int e = errno;
        vf_buf_release(&buf);
        return path_error(err, e, "list", path);
    }
    struct vf_dirent *v = count > 0 ? make_entries(a, vf_buf_slice(&buf), count) : NULL;
    for (size_t i = 0; ok && v && i < count; i++)
        ok = look_at(dir, &v[i], a, &buf);
    vf_buf_release(&buf);
    if (!ok || (count > 0 && !v))
        return vf_err_nomem(err);
    *out = v;
    *n = count;
    return VF_OK;
}

static enum vf_status dir_list(struct vf_tree *base, struct vf_slice dir, struct vf_arena *a,
                               struct vf_dirent **out, size_t *n, struct vf_err *err)
{
    const struct dir_tree *t = (struct dir_tree *)base;
    int fd = vf_sys_open_beneath(t->fd, dir, READ_FLAGS | O_DIRECTORY, 0);
    if (fd < 0)
        return path_error(err, errno, "list", dir);
    enum vf_status st = list_fd(fd, dir, a, out, n, err);
    (void)close(fd);
    return st;
}

/* --- the tree --- */

static void dir_free(struct vf_tree *base)
{
    struct dir_tree *t = (struct dir_tree *)base;
    (void)close(t->fd);
    free(t);
}

static const struct vf_tree_ops dir_ops = {.list = dir_list,
                                           .stat = dir_stat,
                                           .readlink = dir_readlink,
                                           .open = dir_open,
                                           .open_near = dir_open_near,
                                           .free = dir_free};

int vf_tree_dir_fd(const struct vf_tree *t)
{
    return t && t->ops == &dir_ops ? ((const struct dir_tree *)t)->fd : -1;
}

/* ENOTDIR has two reasons: the path names a file, or goes through one. */
static bool is_there(struct vf_slice path)
{
#ifdef O_PATH
    int fd = vf_sys_open_path(path, O_PATH | O_CLOEXEC);
#else
    int fd = vf_sys_open_path(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
#endif
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

enum vf_status vf_tree_dir_open(struct vf_slice path, struct vf_tree **out, struct vf_err *err)
{
    *out = NULL;
    int fd = vf_sys_open_path(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        int e = errno;
        if (e == ENOTDIR && is_there(path))
            return vf_err_set(err, VF_NOT_AN_ENVIRONMENT, e, "open", path, "it is not a directory");
        return path_error(err, e, "open", path);
    }
    struct dir_tree *t = malloc(sizeof *t);
    if (!t) {
        (void)close(fd);
        return vf_err_nomem(err);
    }
    t->base.ops = &dir_ops;
    t->fd = fd;
    *out = (struct vf_tree *)t;
    return VF_OK;
}
