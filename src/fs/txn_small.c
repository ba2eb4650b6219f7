/* txn_small.c: locks, times, and names of one component, as the transaction and the staging directory use
 * them. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"
#include "fs/edit_write.h"
#include "fs/kill_point.h"
#include "fs/txn_dir.h"

const struct vf_hooks vf_disk_waiters = {.jobs = 8};

struct vf_stat vf_stat_at(int dir, const char *name)
{
    struct stat st;
    struct vf_stat out = {0};
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        vf_sys_to_stat(&st, &out);
    return out;
}

/* Whoever removes a journal directory holds its lock, and the lock file goes with it: a lock on a file that
 * is no longer there is worth nothing. */
static bool still_there(int dir, const char *name, int fd)
{
    struct stat st;
    struct vf_stat now = vf_stat_at(dir, name);
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && now.kind == VF_KIND_FILE &&
           now.ino == (uint64_t)st.st_ino;
}

enum vf_status vf_lock_take(int dir, const char *name, bool make, int *fd, struct vf_err *err)
{
    struct vf_slice path = vf_slice_of(name);
    int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (make ? O_EXCL : 0);
    VF_KILL_POINT();
    int at = openat(dir, name, flags, 0600);
    if (at < 0 && (errno == EEXIST || errno == ENOENT))
        return vf_err_set(err, VF_BUSY, errno, "lock", path, "another run is at work here");
    if (at < 0)
        return vf_err_write(err, errno, "lock", path);
    int e = flock(at, LOCK_EX | LOCK_NB) < 0 ? errno : 0;
    if (e == 0 && still_there(dir, name, at)) {
        *fd = at;
        return VF_OK;
    }
    if (make && still_there(dir, name, at)) /* made here, and of no use without its lock */
        (void)unlinkat(dir, name, 0);
    (void)close(at);
    if (e == 0 || e == EWOULDBLOCK)
        return vf_err_set(err, VF_BUSY, e, "lock", path, "another run is at work here");
    return vf_err_set(err, VF_IO, e, "lock", path, "this file system has no locks");
}

bool vf_lock_held(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool held = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    (void)close(fd);
    return held;
}

struct vf_slice vf_prefix_trim(struct vf_slice prefix)
{
    while (prefix.n > 1 && prefix.p[prefix.n - 1] == '/')
        prefix.n--;
    return prefix;
}

enum vf_status vf_prefix_parent(struct vf_slice prefix, struct vf_arena *a, int *fd, const char **base,
                                struct vf_err *err)
{
    prefix = vf_prefix_trim(prefix);
    struct vf_slice name = vf_path_base(prefix);
    if (!vf_path_is_abs(prefix) || name.n == 0 || vf_slice_eq(name, VF_S("/")) ||
        vf_slice_eq(name, VF_S(".")) || vf_slice_eq(name, VF_S("..")))
        return vf_err_set(err, VF_USAGE, 0, "open", prefix, "it does not name a directory entry");
    *base = vf_arena_cstr(a, name);
    if (!*base)
        return vf_err_nomem(err);
    *fd = vf_sys_open_path(vf_path_dir(prefix), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return vf_err_set(err, VF_NO_PARENT, errno, "open", vf_path_dir(prefix), NULL);
    if (*fd < 0)
        return vf_err_sys(err, errno, "open", vf_path_dir(prefix));
    return VF_OK;
}

void vf_times_keep(int dir, struct vf_stat *keep)
{
    struct stat st;
    *keep = (struct vf_stat){0};
    if (fstat(dir, &st) == 0)
        vf_sys_to_stat(&st, keep);
}

void vf_times_restore(int dir, const struct vf_stat *keep)
{
    struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, {(time_t)keep->mtime_s, (long)keep->mtime_ns}};
    VF_KILL_POINT();
    if (keep->kind == VF_KIND_DIR)
        (void)futimens(dir, t);
}

int vf_file_make(int dir, const char *name)
{
    return openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int vf_file_sync(int fd)
{
    if (fsync(fd) < 0 && errno != EINVAL && errno != ENOTSUP)
        return -1;
    return 0;
}
