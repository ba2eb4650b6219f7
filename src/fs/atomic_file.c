/* atomic_file.c: files that appear complete or not at all. */
#include "fs/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "fs/sys_open.h"

#define TEMP_PREFIX ".venvfix-new-"

static enum vf_status exists(struct vf_slice path, struct vf_err *err)
{
    return vf_err_set(err, VF_EXISTS, 0, "create", path,
                      "it exists already: choose another name or remove it");
}

static enum vf_status cannot_create(const struct vf_atomic_file *w, struct vf_err *err)
{
    if (errno == EACCES || errno == EPERM || errno == EROFS)
        return vf_err_set(err, VF_NOT_WRITABLE, errno, "create", w->path, "its directory is not writable");
    return vf_err_sys(err, errno, "create", w->path);
}

/* Does the open file still have this name? */
static bool has_name(int dir, const char *name, int fd)
{
    struct stat open, named;
    return fstat(fd, &open) == 0 && fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

/* A file of this name that a killed run left: a run that is alive holds its lock. */
static void remove_left(int dir, const char *name)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
        return;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && has_name(dir, name, fd))
        (void)unlinkat(dir, name, 0);
    (void)close(fd);
}

/* What killed runs left in the directory. One that cannot be listed is used all the same. */
static void remove_all_left(int dir)
{
    struct vf_buf names;
    size_t n = 0, at = 0;
    vf_buf_init(&names);
    int list = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (list >= 0 && vf_sys_read_names(list, &names, &n) == 0 && !names.failed)
        for (size_t i = 0; i < n; i++) {
            const char *name = names.p + at;
            at += strlen(name) + 1;
            if (strncmp(name, TEMP_PREFIX, sizeof TEMP_PREFIX - 1) == 0)
                remove_left(dir, name);
        }
    if (list >= 0)
        (void)close(list);
    vf_buf_release(&names);
}

/* A new file that is locked until it has its own name. Without the lock (a file system that has none) it is
 * as good, but is not removed when this run is killed. */
static enum vf_status make_temp(struct vf_atomic_file *w, struct vf_err *err)
{
    remove_all_left(w->dir);
    for (unsigned i = 0; i < 100; i++) {
        (void)snprintf(w->temp, sizeof w->temp, TEMP_PREFIX "%ld-%u", (long)getpid(), i);
        w->fd = openat(w->dir, w->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (w->fd < 0 && errno == EEXIST)
            continue;
        if (w->fd < 0)
            break;
        (void)flock(w->fd, LOCK_EX | LOCK_NB);
        if (has_name(w->dir, w->temp, w->fd))
            return VF_OK;
        (void)close(w->fd); /* another run took it for one that was left, before the lock */
        w->fd = -1;
    }
    return cannot_create(w, err);
}

static enum vf_status open_file(struct vf_slice path, bool replace, struct vf_atomic_file *out,
                                struct vf_err *err)
{
    char name[VF_SYS_NAME];
    struct vf_stat st;
    *out = (struct vf_atomic_file){.path = path, .base = vf_path_base(path), .fd = -1, .replace = replace};
    if (vf_sys_name(out->base, name) != 0)
        return vf_err_sys(err, errno, "create", path);
    out->dir = vf_sys_open_path(vf_path_dir(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->dir < 0) {
        int e = errno;
        return e == ENOENT || e == ENOTDIR ? vf_err_set(err, VF_NO_PARENT, 0, "create", path,
                                                        "its parent directory does not exist: make it first")
                                           : vf_err_sys(err, e, "create", path);
    }
    bool in_the_way = vf_sys_stat_at(out->dir, name, &st) == 0 && !(replace && st.kind == VF_KIND_FILE);
    enum vf_status s = in_the_way ? exists(path, err) : make_temp(out, err);
    out->open = s == VF_OK;
    if (!out->open)
        close(out->dir);
    return s;
}

enum vf_status vf_atomic_file_open(struct vf_slice path, struct vf_atomic_file *out, struct vf_err *err)
{
    return open_file(path, false, out, err);
}

enum vf_status vf_atomic_file_open_to_replace(struct vf_slice path, struct vf_atomic_file *out,
                                              struct vf_err *err)
{
    return open_file(path, true, out, err);
}

/* The disk begins early, so that the end does not wait for all of it. */
static void flush_some(struct vf_atomic_file *w, size_t n)
{
    enum { STEP = 8 << 20 };
    w->unflushed += n;
    if (w->unflushed < STEP)
        return;
    vf_sys_start_flush(w->fd);
    w->unflushed = 0;
}

enum vf_status vf_atomic_file_write(struct vf_atomic_file *w, struct vf_slice bytes, struct vf_err *err)
{
    flush_some(w, bytes.n);
    while (bytes.n > 0) {
        ssize_t n = write(w->fd, bytes.p, bytes.n);
        if (n < 0 && errno != EINTR)
            return vf_err_sys(err, errno, "write", w->path);
        bytes = vf_slice_from(bytes, n < 0 ? 0 : (size_t)n);
    }
    return VF_OK;
}

static enum vf_status publish(const struct vf_atomic_file *w, struct vf_err *err)
{
    char name[VF_SYS_NAME];
    if (vf_sys_name(w->base, name) != 0)
        return vf_err_sys(err, errno, "create", w->path);
    if (w->replace)
        return renameat(w->dir, w->temp, w->dir, name) == 0 ? VF_OK
                                                            : vf_err_sys(err, errno, "create", w->path);
    if (vf_sys_rename_noreplace(w->dir, w->temp, w->dir, name) != 0)
        return errno == EEXIST ? exists(w->path, err) : vf_err_sys(err, errno, "create", w->path);
    return VF_OK;
}

/* A name that the disk did not confirm goes again, but for one that took the place of another file. fd: the
 * file, or -1. */
static enum vf_status sync_name(const struct vf_atomic_file *w, int fd, struct vf_err *err)
{
    char name[VF_SYS_NAME];
    if (vf_sys_sync_dir(w->dir) == 0)
        return VF_OK;
    enum vf_status st = vf_err_sys(err, errno, "write", w->path);
    if (w->replace)
        vf_err_context(err, "the file is there, but the disk did not confirm its name");
    else if (fd >= 0 && vf_sys_name(w->base, name) == 0 && has_name(w->dir, name, fd))
        (void)unlinkat(w->dir, name, 0);
    return st;
}

enum vf_status vf_atomic_file_commit(struct vf_atomic_file *w, struct vf_err *err)
{
    enum vf_status st = fsync(w->fd) == 0 ? VF_OK : vf_err_sys(err, errno, "write", w->path);
    int lock = fcntl(w->fd, F_DUPFD_CLOEXEC, 0),
        closed = close(w->fd); /* the lock stays until the file has its name */
    w->fd = -1;
    if (st == VF_OK && closed != 0)
        st = vf_err_sys(err, errno, "write", w->path);
    if (st == VF_OK)
        st = publish(w, err);
    if (st != VF_OK) {
        vf_atomic_file_abandon(w);
    } else {
        st = sync_name(w, lock, err);
        (void)close(w->dir);
        w->open = false;
    }
    if (lock >= 0)
        (void)close(lock);
    return st;
}

void vf_atomic_file_abandon(struct vf_atomic_file *w)
{
    if (!w->open)
        return;
    if (w->fd >= 0)
        close(w->fd);
    (void)unlinkat(w->dir, w->temp, 0);
    close(w->dir);
    w->open = false;
}
