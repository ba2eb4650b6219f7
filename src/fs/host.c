/* host.c: the host, or a file tree that takes its part.
 *
 * Both are walked alike; only what is asked most, what is at a path and what is in a file, is left to the
 * kernel when the root is the real one. */
#include "fs/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "fs/host_walk.h"
#include "fs/tree_dir.h"

enum { SHORT = 1024, CWD_MAX = 1 << 20 };

struct host {
    struct vf_host base;
    int root;
    bool real; /* root is `/` */
};

static bool is_absence(int e)
{
    return e == ENOENT || e == ENOTDIR || e == ELOOP || e == ENAMETOOLONG || e == EINVAL;
}

static bool is_proper(struct vf_slice path)
{
    return vf_path_is_abs(path) && !memchr(path.p, 0, path.n);
}

static int stat_short(struct vf_slice path, struct vf_stat *out)
{
    char name[SHORT];
    struct stat st;
    memcpy(name, path.p, path.n);
    name[path.n] = 0;
    if (stat(name, &st) < 0)
        return -1;
    vf_sys_to_stat(&st, out);
    return 0;
}

static int stat_walked(const struct host *h, struct vf_slice path, struct vf_stat *out)
{
    struct vf_way way;
    if (vf_way_walk(h->root, path, true, &way) < 0)
        return -1;
    *out = way.st;
    vf_way_release(&way);
    return 0;
}

static enum vf_kind host_kind(struct vf_host *o, struct vf_slice path, struct vf_stat *st, int *why)
{
    const struct host *h = (struct host *)o;
    *why = 0;
    if (!is_proper(path))
        return VF_KIND_NONE;
    int r = h->real && path.n < SHORT ? stat_short(path, st) : stat_walked(h, path, st);
    if (r == 0)
        return st->kind;
    *why = is_absence(errno) ? 0 : errno;
    *st = (struct vf_stat){.kind = VF_KIND_NONE};
    return VF_KIND_NONE;
}

static bool host_resolve(struct vf_host *o, struct vf_slice path, struct vf_buf *out)
{
    const struct host *h = (struct host *)o;
    struct vf_way way;
    if (!is_proper(path) || vf_way_walk(h->root, path, true, &way) < 0)
        return false;
    vf_buf_putc(out, '/');
    vf_buf_put(out, vf_buf_slice(&way.path));
    vf_way_release(&way);
    return true;
}

static bool host_readlink(struct vf_host *o, struct vf_slice path, struct vf_buf *out)
{
    const struct host *h = (struct host *)o;
    struct vf_way way;
    if (!is_proper(path) || vf_way_walk(h->root, path, false, &way) < 0)
        return false;
    errno = EINVAL;
    bool ok = way.st.kind == VF_KIND_LINK && vf_sys_readlink_at(way.dir, way.name, way.st.size, out) == 0;
    int e = errno;
    vf_way_release(&way);
    errno = e;
    return ok;
}

static int open_short(struct vf_slice path, bool *regular)
{
    char name[SHORT];
    struct stat st;
    memcpy(name, path.p, path.n);
    name[path.n] = 0;
    if (stat(name, &st) < 0)
        return -1;
    *regular = S_ISREG(st.st_mode);
    return *regular ? open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
}

static int open_walked(const struct host *h, struct vf_slice path, bool *regular)
{
    struct vf_way way;
    if (vf_way_walk(h->root, path, true, &way) < 0)
        return -1;
    *regular = way.st.kind == VF_KIND_FILE;
    int fd =
        *regular ? openat(way.dir, way.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
    int e = errno;
    vf_way_release(&way);
    errno = e;
    return fd;
}

/* Looked at before it is opened, since opening alone may do something to a device. */
static enum vf_status open_regular(const struct host *h, struct vf_slice path, struct vf_reader **out,
                                   struct vf_err *err)
{
    struct stat native;
    bool regular = true;
    int fd = h->real && path.n < SHORT ? open_short(path, &regular) : open_walked(h, path, &regular);
    if (regular && fd < 0)
        return vf_err_sys(err, errno == ELOOP ? ENOENT : errno, "open", path);
    if (fd >= 0 && fstat(fd, &native) == 0 && S_ISREG(native.st_mode)) {
        struct vf_stat st;
        vf_sys_to_stat(&native, &st);
        return vf_reader_of_fd(fd, &st, path, out, err);
    }
    if (fd >= 0)
        (void)close(fd);
    return vf_err_set(err, VF_UNREADABLE, 0, "open", path, "it is not a regular file");
}

static enum vf_status host_read(struct vf_host *o, struct vf_slice path, uint64_t cap, struct vf_arena *a,
                                struct vf_slice *out, struct vf_err *err)
{
    struct vf_reader *r = NULL;
    if (!is_proper(path))
        return vf_err_set(err, VF_NOT_FOUND, ENOENT, "open", path, NULL);
    enum vf_status st = open_regular((struct host *)o, path, &r, err);
    if (st != VF_OK)
        return st;
    st = vf_reader_read_all(r, path, cap, a, out, err);
    vf_reader_close(r);
    return st;
}

static enum vf_status host_open(struct vf_host *o, struct vf_slice path, struct vf_reader **out,
                                struct vf_err *err)
{
    if (!is_proper(path))
        return vf_err_set(err, VF_NOT_FOUND, ENOENT, "open", path, NULL);
    return open_regular((struct host *)o, path, out, err);
}

static int compare_names(const void *a, const void *b)
{
    return vf_slice_cmp(*(const struct vf_slice *)a, *(const struct vf_slice *)b);
}

static int open_listing(const struct host *h, struct vf_slice dir)
{
    struct vf_way way;
    if (!is_proper(dir)) {
        errno = ENOENT;
        return -1;
    }
    if (vf_way_walk(h->root, dir, true, &way) < 0)
        return -1;
    int fd = openat(way.dir, way.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int e = errno;
    vf_way_release(&way);
    errno = e;
    return fd;
}

/* The names of a directory, each with a NUL behind it. -1 with errno. */
static int read_listing(const struct host *h, struct vf_slice dir, struct vf_buf *names, size_t *n)
{
    int fd = open_listing(h, dir);
    if (fd < 0)
        return -1;
    int r = vf_sys_read_names(fd, names, n);
    int e = errno;
    (void)close(fd);
    errno = e;
    return r;
}

static enum vf_status host_list(struct vf_host *o, struct vf_slice dir, struct vf_arena *a,
                                struct vf_slice **names, size_t *n, struct vf_err *err)
{
    struct vf_buf buf = {0};
    size_t count = 0;
    if (read_listing((struct host *)o, dir, &buf, &count) < 0) {
        enum vf_status st = vf_err_sys(err, errno == ELOOP ? ENOENT : errno, "list", dir);
        vf_buf_release(&buf);
        return st;
    }
    struct vf_slice block = vf_arena_dup(a, vf_buf_slice(&buf));
    struct vf_slice *v = block.p && count > 0 ? vf_arena_array(a, count, sizeof *v) : NULL;
    vf_buf_release(&buf);
    if (!block.p || (count > 0 && !v))
        return vf_err_nomem(err);
    for (size_t i = 0, at = 0; i < count; i++) {
        v[i] = vf_slice_of(block.p + at);
        at += v[i].n + 1;
    }
    if (count > 0)
        qsort(v, count, sizeof *v, compare_names);
    *names = v;
    *n = count;
    return VF_OK;
}

static bool host_order(struct vf_host *o, struct vf_slice dir, struct vf_arena *a, struct vf_map *ranks)
{
    struct vf_buf buf = {0};
    size_t count = 0;
    bool ok = read_listing((struct host *)o, dir, &buf, &count) == 0;
    struct vf_slice block = ok ? vf_arena_dup(a, vf_buf_slice(&buf)) : VF_S("");
    vf_buf_release(&buf);
    for (size_t i = 0, at = 0; ok && i < count; i++) {
        struct vf_slice name = vf_slice_of(block.p ? block.p + at : "");
        ok = block.p && vf_map_put(ranks, name, i);
        at += name.n + 1;
    }
    return ok;
}

static void host_free(struct vf_host *o)
{
    struct host *h = (struct host *)o;
    (void)close(h->root);
    free(h);
}

static const struct vf_host_ops host_ops = {.kind = host_kind,
                                            .resolve = host_resolve,
                                            .readlink = host_readlink,
                                            .read = host_read,
                                            .free = host_free,
                                            .open = host_open,
                                            .list = host_list,
                                            .order = host_order};

static bool is_slash(struct vf_slice path)
{
    size_t i = 0;
    while (i < path.n && path.p[i] == '/')
        i++;
    return path.n > 0 && i == path.n;
}

enum vf_status vf_host_open(struct vf_slice root, struct vf_host **out, struct vf_err *err)
{
    *out = NULL;
    int fd = vf_sys_open_path(root, VF_O_AT);
    if (fd < 0)
        return vf_err_sys(err, errno, "open", root);
    struct host *h = malloc(sizeof *h);
    if (!h) {
        (void)close(fd);
        return vf_err_nomem(err);
    }
    *h = (struct host){.base.ops = &host_ops, .root = fd, .real = is_slash(root)};
    *out = (struct vf_host *)h;
    return VF_OK;
}

/* --- what every maker has in common --- */

/* ---- what could not be examined ---- */

size_t vf_host_unseen_count(const struct vf_host *o)
{
    return atomic_load(&o->n_unseen);
}

const struct vf_host_unseen *vf_host_unseen(const struct vf_host *o)
{
    return atomic_load(&o->unseen);
}

static bool is_remembered(const struct vf_host_unseen *list, struct vf_slice path)
{
    size_t n = 0;
    for (; list; list = list->next, n++)
        if (vf_slice_eq(list->path, path))
            return true;
    return n >= VF_HOST_UNSEEN_MAX;
}

/* Two threads that meet may remember one path twice, or one path more than the limit. */
void vf_host_add_unseen(struct vf_host *o, struct vf_slice path, int why)
{
    const struct vf_host_unseen *had = vf_host_unseen(o);
    atomic_fetch_add(&o->n_unseen, 1);
    if (is_remembered(had, path))
        return;
    int e = errno; /* callers go on to read it */
    struct vf_host_unseen *u = malloc(sizeof *u + path.n + 1);
    errno = e;
    if (!u)
        return; /* the count is there without a path */
    char *text = (char *)(u + 1);
    if (path.n > 0)
        memcpy(text, path.p, path.n);
    *u = (struct vf_host_unseen){.next = had, .path = {text, path.n}, .why = why};
    while (!atomic_compare_exchange_weak(&o->unseen, &had, u))
        u->next = had;
}

/* After a question that was answered with no: errno says whether that is known. */
static void remember_errno(struct vf_host *o, struct vf_slice path)
{
    if (errno != 0 && errno != ENOMEM && !is_absence(errno))
        vf_host_add_unseen(o, path, errno);
}

/* The same after one that was answered with an error. */
static enum vf_status remember_error(struct vf_host *o, struct vf_slice path, enum vf_status st,
                                     const struct vf_err *err)
{
    bool answered = st == VF_OK || st == VF_NOT_FOUND || st == VF_NO_MEMORY;
    if (!answered && err && err->sys != 0)
        vf_host_add_unseen(o, path, err->sys);
    return st;
}

static void forget(struct vf_host *o)
{
    const struct vf_host_unseen *u = atomic_exchange(&o->unseen, NULL);
    while (u) {
        const struct vf_host_unseen *next = u->next;
        free((void *)(uintptr_t)u);
        u = next;
    }
}

void vf_host_free(struct vf_host *o)
{
    if (!o)
        return;
    forget(o);
    if (o->ops->free)
        o->ops->free(o);
}

/* ---- questions ---- */

enum vf_kind vf_host_look(struct vf_host *o, struct vf_slice path, struct vf_stat *st, int *why)
{
    struct vf_stat own = {.kind = VF_KIND_NONE};
    int own_why = 0;
    st = st ? st : &own;
    why = why ? why : &own_why;
    *st = (struct vf_stat){.kind = VF_KIND_NONE};
    *why = 0;
    enum vf_kind kind = o->ops->kind(o, path, st, why);
    if (*why)
        vf_host_add_unseen(o, path, *why);
    return kind;
}

enum vf_presence vf_host_presence(struct vf_host *o, struct vf_slice path)
{
    int why;
    if (vf_host_look(o, path, NULL, &why) != VF_KIND_NONE)
        return VF_PRESENT;
    return why ? VF_NOT_EXAMINED : VF_MISSING;
}

bool vf_host_is_missing(struct vf_host *o, struct vf_slice path)
{
    return vf_host_presence(o, path) == VF_MISSING;
}

enum vf_kind vf_host_kind(struct vf_host *o, struct vf_slice path, struct vf_stat *st)
{
    return vf_host_look(o, path, st, NULL);
}

enum vf_status vf_host_stat(struct vf_host *o, struct vf_slice path, enum vf_kind *kind, struct vf_err *err)
{
    int why;
    *kind = vf_host_look(o, path, NULL, &why);
    return why ? vf_err_sys(err, why, "stat", path) : VF_OK;
}

bool vf_host_exists(struct vf_host *o, struct vf_slice path)
{
    return vf_host_kind(o, path, NULL) != VF_KIND_NONE;
}

bool vf_host_executable(struct vf_host *o, struct vf_slice path)
{
    struct vf_stat st;
    return vf_host_kind(o, path, &st) == VF_KIND_FILE && (st.mode & 0111) != 0;
}

bool vf_host_resolve(struct vf_host *o, struct vf_slice path, struct vf_buf *out)
{
    errno = 0;
    if (o->ops->resolve(o, path, out))
        return !out->failed;
    remember_errno(o, path);
    return false;
}

enum vf_status vf_host_resolve_path(struct vf_host *o, struct vf_slice path, struct vf_buf *out,
                                    struct vf_err *err)
{
    if (vf_host_resolve(o, path, out))
        return VF_OK;
    if (out->failed)
        return vf_err_nomem(err);
    return vf_err_sys(err, errno == 0 || is_absence(errno) ? ENOENT : errno, "resolve", path);
}

bool vf_host_readlink(struct vf_host *o, struct vf_slice path, struct vf_buf *out)
{
    errno = 0;
    if (o->ops->readlink(o, path, out))
        return !out->failed;
    remember_errno(o, path);
    return false;
}

enum vf_status vf_host_read(struct vf_host *o, struct vf_slice path, uint64_t cap, struct vf_arena *a,
                            struct vf_slice *out, struct vf_err *err)
{
    *out = (struct vf_slice){NULL, 0};
    return remember_error(o, path, o->ops->read(o, path, cap, a, out, err), err);
}

enum vf_status vf_host_open_file(struct vf_host *o, struct vf_slice path, struct vf_reader **out,
                                 struct vf_err *err)
{
    *out = NULL;
    if (!o->ops->open)
        return vf_err_set(err, VF_NOT_SUPPORTED, 0, "open", path, NULL);
    return remember_error(o, path, o->ops->open(o, path, out, err), err);
}

bool vf_host_same(struct vf_host *o, struct vf_slice a, struct vf_slice b)
{
    struct vf_stat x, y;
    if (vf_host_kind(o, a, &x) == VF_KIND_NONE || vf_host_kind(o, b, &y) == VF_KIND_NONE)
        return false;
    if (x.ino || y.ino)
        return x.ino == y.ino && x.dev == y.dev;
    struct vf_buf p = {0}, q = {0};
    bool same = vf_host_resolve(o, a, &p) && vf_host_resolve(o, b, &q) &&
                vf_slice_eq(vf_buf_slice(&p), vf_buf_slice(&q));
    vf_buf_release(&p);
    vf_buf_release(&q);
    return same;
}

bool vf_host_list(struct vf_host *o, struct vf_slice dir, struct vf_arena *a, struct vf_slice **names,
                  size_t *n)
{
    struct vf_err ignored;
    vf_err_init(&ignored);
    bool ok = vf_host_list_dir(o, dir, a, names, n, &ignored) == VF_OK;
    vf_err_release(&ignored);
    return ok;
}

enum vf_status vf_host_list_dir(struct vf_host *o, struct vf_slice dir, struct vf_arena *a,
                                struct vf_slice **names, size_t *n, struct vf_err *err)
{
    *names = NULL;
    *n = 0;
    if (!o->ops->list)
        return vf_err_set(err, VF_NOT_FOUND, ENOENT, "list", dir, NULL);
    return remember_error(o, dir, o->ops->list(o, dir, a, names, n, err), err);
}

enum vf_status vf_host_list_any(struct vf_host *o, struct vf_slice dir, struct vf_arena *a,
                                struct vf_slice **names, size_t *n, struct vf_err *err)
{
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_host_list_dir(o, dir, a, names, n, &why);
    if (st == VF_NOT_FOUND)
        st = VF_OK;
    else if (st != VF_OK)
        st = vf_err_copy(err, &why);
    vf_err_release(&why);
    return st;
}

bool vf_host_order(struct vf_host *o, struct vf_slice dir, struct vf_arena *a, struct vf_map *ranks)
{
    vf_map_init(ranks, a);
    return o->ops->order && o->ops->order(o, dir, a, ranks);
}

bool vf_host_env_splits(struct vf_host *o)
{
    struct vf_buf b = {0};
    bool splits = vf_host_resolve(o, VF_S("/usr/bin/env"), &b) && !b.failed &&
                  !vf_slice_eq(vf_path_base(vf_buf_slice(&b)), VF_S("busybox"));
    vf_buf_release(&b);
    return splits;
}

enum vf_status vf_host_cwd(struct vf_arena *a, struct vf_slice *out, struct vf_err *err)
{
    struct vf_buf b = {0};
    enum vf_status st = VF_OK;
    for (size_t room = 256; room <= CWD_MAX; room *= 2) {
        vf_buf_clear(&b);
        if (!vf_buf_reserve(&b, room)) {
            st = vf_err_nomem(err);
            break;
        }
        if (getcwd(b.p, room)) {
            *out = vf_arena_dup(a, vf_slice_of(b.p));
            st = out->p ? VF_OK : vf_err_nomem(err);
            vf_buf_release(&b);
            return st;
        }
        if (errno != ERANGE) {
            st = vf_err_sys(err, errno, "getcwd", VF_S("."));
            break;
        }
        st = VF_PATH_TOO_LONG;
    }
    vf_buf_release(&b);
    *out = (struct vf_slice){NULL, 0};
    return st == VF_PATH_TOO_LONG ? vf_err_sys(err, ENAMETOOLONG, "getcwd", VF_S(".")) : st;
}
