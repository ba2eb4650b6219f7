/* sys_remove.c: removing a tree.
 *
 * One directory is open at a time: the way down is a name, the way up is "..", and what is found there must
 * have the device and inode of the directory that was left, else somebody moved it meanwhile and the work
 * ends. So neither depth nor a swapped directory matters. Names of a directory are read before anything is
 * removed, and go in the order of their bytes, so that the first error is always the same one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/sys_open.h"

struct level {
    dev_t dev;
    ino_t ino;
    struct vf_buf names; /* directories below, each with its NUL */
    size_t at;           /* the next of them */
    size_t path;         /* length of the path up to this directory */
};

struct work {
    struct level *v;
    size_t n, cap;
    int fd; /* of the innermost level; -1: lost */
    int top;
    struct vf_buf path; /* for errors only */
    enum vf_status first;
    struct vf_err *err;
};

static enum vf_status code_of(int e)
{
    switch (e) {
    case EACCES:
    case EPERM:
    case EROFS:
        return VF_NOT_WRITABLE;
    case EBUSY:
        return VF_BUSY;
    default:
        return VF_OK;
    }
}

/* Remembers the first error; name may be NULL. The message names the file as it is seen from dirfd. */
static void note(struct work *w, int e, const char *op, const char *name)
{
    if (w->first != VF_OK)
        return;
    size_t keep = w->path.n;
    if (name) {
        if (keep > 0)
            vf_buf_putc(&w->path, '/');
        vf_buf_puts(&w->path, name);
    }
    struct vf_slice path = w->path.failed ? VF_S("") : vf_buf_slice(&w->path);
    enum vf_status code = code_of(e);
    w->first = code != VF_OK ? vf_err_set(w->err, code, e, op, path, NULL) : vf_err_sys(w->err, e, op, path);
    w->path.n = w->path.failed ? 0 : keep;
}

static int compare_names(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

/* Removes what is no directory. True when it is one. d_type is only a hint, but a wrong one costs a call. */
static bool drop_entry(struct work *w, const char *name)
{
    struct stat st;
    if (unlinkat(w->fd, name, 0) == 0 || errno == ENOENT)
        return false;
    int e = errno;
    if ((e == EISDIR || e == EPERM) && fstatat(w->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(st.st_mode))
        return true;
    note(w, e, "remove", name);
    return false;
}

static bool looks_like_dir(const struct dirent *d)
{
#ifdef DT_DIR
    return d->d_type == DT_DIR;
#else
    (void)d;
    return false;
#endif
}

/* All names in the directory that is open, one NUL behind each, `d` or `-` before each (the hint). */
static int read_names(int dir, struct vf_buf *out, size_t *count)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (!list) {
        int e = errno;
        if (fd >= 0)
            (void)close(fd);
        errno = e;
        return -1;
    }
    struct dirent *d;
    while (errno = 0, (d = readdir(list))) {
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        vf_buf_putc(out, looks_like_dir(d) ? 'd' : '-');
        vf_buf_put(out, (struct vf_slice){d->d_name, strlen(d->d_name) + 1});
        ++*count;
    }
    int e = errno;
    (void)closedir(list);
    errno = out->failed ? ENOMEM : e;
    return errno ? -1 : 0;
}

/* Empties the directory that is open of everything but directories, whose names go to the level. */
static void empty_level(struct work *w, struct level *l)
{
    struct vf_buf raw = {0};
    size_t n = 0, i = 0;
    if (read_names(w->fd, &raw, &n) < 0)
        note(w, errno, "list", NULL);
    const char **v = raw.failed || n == 0 ? NULL : calloc(n, sizeof *v);
    if (v) {
        for (size_t at = 0; at < raw.n && i < n; at += strlen(raw.p + at) + 1)
            v[i++] = raw.p + at + 1;
        qsort(v, i, sizeof *v, compare_names);
    } else if (n > 0) {
        note(w, ENOMEM, "list", NULL);
    }
    for (size_t k = 0; k < i; k++)
        if (v[k][-1] == 'd' || drop_entry(w, v[k]))
            vf_buf_put(&l->names, (struct vf_slice){v[k], strlen(v[k]) + 1});
    if (l->names.failed)
        note(w, ENOMEM, "list", NULL);
    free(v);
    vf_buf_release(&raw);
}

static bool push(struct work *w, int fd, const struct stat *st, const char *name)
{
    if (w->n == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 16;
        struct level *v = cap > SIZE_MAX / sizeof *v ? NULL : realloc(w->v, cap * sizeof *v);
        if (!v) {
            note(w, ENOMEM, "remove", name);
            return false;
        }
        w->v = v;
        w->cap = cap;
    }
    if (w->fd >= 0)
        (void)close(w->fd);
    w->fd = fd;
    if (w->n > 0)
        vf_buf_putc(&w->path, '/');
    vf_buf_puts(&w->path, name);
    w->v[w->n++] = (struct level){.dev = st->st_dev, .ino = st->st_ino, .path = w->path.n};
    /* Without owner permissions nothing can be removed from it; it is ours, and about to go. */
    if (st->st_uid == geteuid() && (st->st_mode & 0700) != 0700)
        (void)fchmod(fd, (st->st_mode & 07777) | 0700);
    empty_level(w, &w->v[w->n - 1]);
    return true;
}

/* A directory of ours that we may not read is made readable. The name may be another thing by now: fchmodat
 * follows no link. */
static bool unlock_dir(int dir, const char *name)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
           st.st_uid == geteuid() &&
           fchmodat(dir, name, (st.st_mode & 07777) | 0700, AT_SYMLINK_NOFOLLOW) == 0;
}

static int open_dir(int dir, const char *name, bool stay, struct stat *st)
{
    int fd = vf_sys_open_subdir(dir, name, stay), e = errno;
    if (fd < 0 && e == EACCES && unlock_dir(dir, name)) {
        fd = vf_sys_open_subdir(dir, name, stay);
        e = errno;
    }
    if (fd >= 0 && fstat(fd, st) < 0) {
        e = errno;
        (void)close(fd);
        fd = -1;
    }
    errno = e;
    return fd;
}

/* Goes into the next directory below the innermost one. What cannot be entered may still be empty. */
static void go_down(struct work *w, const char *name)
{
    struct stat st;
    int fd = open_dir(w->fd, name, true, &st);
    if (fd >= 0 && st.st_dev == w->v[0].dev) {
        if (!push(w, fd, &st, name))
            (void)close(fd);
        return;
    }
    int e = fd >= 0 ? EXDEV : errno;
    if (fd >= 0)
        (void)close(fd);
    if (e == ENOENT)
        return;
    if (e == EXDEV) {
        note(w, e, "remove", name);
        return;
    }
    if (e == ENOTDIR || e == ELOOP) { /* it is no directory any more */
        (void)drop_entry(w, name);
        return;
    }
    if (unlinkat(w->fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        note(w, e, "remove", name);
}

/* Back to the directory above, of which dev and ino are known. */
static int open_above(const struct work *w)
{
    struct stat st;
    const struct level *up = &w->v[w->n - 2];
    int fd = openat(w->fd, "..", VF_O_AT);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && st.st_dev == up->dev && st.st_ino == up->ino)
        return fd;
    (void)close(fd);
    errno = ESTALE;
    return -1;
}

/* Leaves the innermost directory, which is empty now, and removes it. */
static void go_up(struct work *w)
{
    struct level *l = &w->v[w->n - 1];
    const char *name = vf_buf_cstr(&w->path);
    size_t from = w->n > 1 ? w->v[w->n - 2].path + 1 : 0;
    int up = w->n > 1 ? open_above(w) : w->top;
    if (up < 0)
        note(w, errno, "remove", NULL);
    else if (!name)
        note(w, ENOMEM, "remove", NULL);
    else if (unlinkat(up, name + from, AT_REMOVEDIR) < 0 && errno != ENOENT)
        note(w, errno, "remove", NULL); /* ENOTEMPTY comes after what is the reason for it */
    (void)close(w->fd);
    w->fd = w->n > 1 ? up : -1;
    w->path.n = w->n > 1 ? w->v[w->n - 2].path : 0;
    vf_buf_release(&l->names);
    w->n--;
}

static void run(struct work *w)
{
    while (w->n > 0 && w->fd >= 0) {
        struct level *l = &w->v[w->n - 1];
        if (w->path.failed || l->names.failed || l->at >= l->names.n) {
            go_up(w);
            continue;
        }
        const char *name = l->names.p + l->at;
        l->at += strlen(name) + 1;
        go_down(w, name); /* may move the levels */
    }
}

static void start(struct work *w, const char *name)
{
    struct stat st;
    struct vf_stat seen;
    if (name[0] == 0 || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        w->first =
            vf_err_set(w->err, VF_INTERNAL, 0, "remove", vf_slice_of(name), "not a name in a directory");
        return;
    }
    if (vf_sys_stat_at(w->top, name, &seen) < 0) {
        if (errno != ENOENT)
            note(w, errno, "remove", name);
        return;
    }
    int fd = seen.kind == VF_KIND_DIR ? open_dir(w->top, name, false, &st) : -1;
    if (fd >= 0) {
        if (!push(w, fd, &st, name))
            (void)close(fd);
        return;
    }
    int e = errno;
    bool gone = seen.kind == VF_KIND_DIR ? unlinkat(w->top, name, AT_REMOVEDIR) == 0
                                         : unlinkat(w->top, name, 0) == 0 || (e = errno) == ENOENT;
    if (!gone)
        note(w, e, "remove", name);
}

enum vf_status vf_sys_remove_tree(int dirfd, const char *name, struct vf_err *err)
{
    struct work w = {.fd = -1, .top = dirfd, .first = VF_OK, .err = err};
    start(&w, name);
    run(&w);
    while (w.n > 0)
        vf_buf_release(&w.v[--w.n].names);
    if (w.fd >= 0)
        (void)close(w.fd);
    free(w.v);
    vf_buf_release(&w.path);
    return w.first;
}
