/* sys.c: opening paths.
 *
 * openat2 resolves as much of a path as fits in one call; without it, or where a sandbox refuses it, the same
 * loop takes one component a call with O_NOFOLLOW. Both give the same descriptors and the same errno. */
#include "fs/sys.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "fs/sys_open.h"

#if defined(__linux__) && !defined(SYS_openat2) && !defined(__alpha__)
#define SYS_openat2 437 /* the same on every architecture but alpha */
#endif

enum {
    STEP = 1024,                  /* bytes of path given to the kernel at once; every system takes so many */
    BENEATH = 0x08 | 0x04 | 0x02, /* RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS */
    NO_XDEV = 0x01
};

struct how { /* struct open_how of linux/openat2.h, which older headers lack */
    uint64_t flags, mode, resolve;
};

static atomic_bool forced;
static atomic_bool no_openat2; /* the kernel said ENOSYS */

void vf_sys_force_fallback(bool on)
{
    atomic_store(&forced, on);
}

bool vf_sys_fallback_forced(void)
{
    return atomic_load(&forced);
}

static bool may_openat2(void)
{
#ifdef SYS_openat2
    return !atomic_load_explicit(&forced, memory_order_relaxed) &&
           !atomic_load_explicit(&no_openat2, memory_order_relaxed);
#else
    return false;
#endif
}

/* True when the error says that there is no such call (for this caller), rather than how it went. */
static bool is_refused(int e)
{
    if (e == ENOSYS)
        atomic_store(&no_openat2, true);
    return e == ENOSYS || e == EPERM || e == E2BIG || e == EINVAL;
}

static int call_openat2(int dirfd, const char *path, int flags, mode_t mode, unsigned resolve)
{
#ifdef SYS_openat2
    struct how how = {.flags = (unsigned)flags, .resolve = resolve};
    if (flags & O_CREAT)
        how.mode = (uint64_t)mode & 07777;
    long fd;
    do
        fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);
    while (fd < 0 && errno == EINTR);
    return (int)fd;
#else
    (void)dirfd, (void)path, (void)flags, (void)mode, (void)resolve;
    errno = ENOSYS;
    return -1;
#endif
}

static int open_retry(int dirfd, const char *path, int flags, mode_t mode)
{
    int fd;
    do
        fd = openat(dirfd, path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* One component, and never a link but with O_PATH. O_DIRECTORY hides a link behind ENOTDIR: looked at again,
 * so that the errno is that of openat2. */
static int open_one(int dirfd, const char *name, int flags, mode_t mode)
{
    struct stat st;
    int fd = open_retry(dirfd, name, flags | O_NOFOLLOW, mode);
    if (fd >= 0)
        return fd;
    int e = errno;
    if (e == ENOTDIR && (flags & O_DIRECTORY) && fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISLNK(st.st_mode))
        e = ELOOP;
#ifdef EMLINK
    if (e == EMLINK) /* FreeBSD's word for it */
        e = ELOOP;
#endif
    errno = e;
    return -1;
}

/* Takes components off the front of *rest into buf: one, or (`many`) as many as fit. The slash between two
 * components stays in buf, slashes at the ends go. False: the first one does not fit. */
static bool take_step(struct vf_slice *rest, bool many, char buf[STEP])
{
    size_t end = 0, i = 0;
    while (i < rest->n) {
        size_t stop = vf_slice_find_byte(*rest, '/', i);
        stop = stop == VF_NPOS ? rest->n : stop;
        if (stop >= STEP)
            break;
        end = stop;
        if (!many)
            break;
        i = stop + 1;
    }
    if (end == 0)
        return false;
    memcpy(buf, rest->p, end);
    buf[end] = 0;
    while (end < rest->n && rest->p[end] == '/')
        end++;
    *rest = vf_slice_from(*rest, end);
    return true;
}

static int check_beneath(struct vf_slice rel)
{
    if (rel.n > 0 && memchr(rel.p, 0, rel.n)) {
        errno = EINVAL;
        return -1;
    }
    for (size_t at = 0; at < rel.n;) {
        size_t end = vf_slice_find_byte(rel, '/', at);
        end = end == VF_NPOS ? rel.n : end;
        if ((end == 0 && at == 0) || vf_slice_eq(vf_slice_sub(rel, at, end), VF_S(".."))) {
            errno = EXDEV;
            return -1;
        }
        at = end + 1;
    }
    return 0;
}

static int open_step(int dirfd, const char *step, unsigned many, int flags, mode_t mode)
{
    return many ? call_openat2(dirfd, step, flags | O_CLOEXEC, mode, many)
                : open_one(dirfd, step, flags, mode);
}

/* `many`: as much as fits is given to openat2, with these RESOLVE_ flags. */
static int walk_beneath(int dirfd, struct vf_slice rel, int flags, mode_t mode, unsigned many)
{
    char step[STEP];
    int at = dirfd;
    while (rel.n > 0) {
        int fd = -1;
        if (take_step(&rel, many != 0, step))
            fd = open_step(at, step, many, rel.n > 0 ? VF_O_AT : flags, mode);
        else
            errno = ENAMETOOLONG;
        int e = errno;
        if (at != dirfd)
            (void)close(at);
        if (fd < 0) {
            errno = e;
            return -1;
        }
        at = fd;
    }
    return at;
}

static int open_below(int dirfd, struct vf_slice rel, int flags, mode_t mode, unsigned resolve)
{
    if (check_beneath(rel) < 0)
        return -1;
    if (rel.n == 0)
        return open_retry(dirfd, ".", flags, mode);
    if (may_openat2()) {
        int fd = walk_beneath(dirfd, rel, flags, mode, resolve);
        if (fd >= 0 || !is_refused(errno))
            return fd;
    }
    return walk_beneath(dirfd, rel, flags, mode, 0);
}

int vf_sys_open_beneath(int dirfd, struct vf_slice rel, int flags, mode_t mode)
{
    return open_below(dirfd, rel, flags, mode, BENEATH);
}

int vf_sys_open_staying(int dirfd, struct vf_slice rel, int flags)
{
    return open_below(dirfd, rel, flags, 0, BENEATH | NO_XDEV);
}

int vf_sys_open_parent(int dirfd, struct vf_slice rel, struct vf_slice *base)
{
    size_t slash = vf_slice_rfind_byte(rel, '/');
    *base = slash == VF_NPOS ? rel : vf_slice_from(rel, slash + 1);
    if (base->n == 0 || slash == 0) {
        errno = slash == 0 ? EXDEV : EINVAL;
        return -1;
    }
    if (vf_slice_eq(*base, VF_S("..")) || vf_slice_eq(*base, VF_S("."))) {
        errno = EXDEV;
        return -1;
    }
    return vf_sys_open_beneath(dirfd, vf_slice_sub(rel, 0, slash == VF_NPOS ? 0 : slash), VF_O_AT, 0);
}

int vf_sys_open_path(struct vf_slice path, int flags)
{
    char step[STEP];
    int at = AT_FDCWD;
    if (path.n == 0 || memchr(path.p, 0, path.n)) {
        errno = path.n == 0 ? ENOENT : EINVAL;
        return -1;
    }
    if (path.n < STEP) {
        memcpy(step, path.p, path.n);
        step[path.n] = 0;
        return open_retry(AT_FDCWD, step, flags, 0);
    }
    if (path.p[0] == '/')
        at = open_retry(AT_FDCWD, "/", VF_O_AT, 0);
    while (path.n > 0 && path.p[0] == '/')
        path = vf_slice_from(path, 1);
    while (path.n > 0 && (at >= 0 || at == AT_FDCWD)) {
        int fd = -1;
        if (take_step(&path, true, step))
            fd = open_retry(at, step, path.n > 0 ? VF_O_AT : flags, 0);
        else
            errno = ENAMETOOLONG;
        int e = errno;
        if (at >= 0)
            (void)close(at);
        errno = e;
        at = fd;
    }
    return at;
}

int vf_sys_open_subdir(int dirfd, const char *name, bool stay)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if (stay && may_openat2()) {
        int fd = call_openat2(dirfd, name, flags, 0, BENEATH | NO_XDEV);
        if (fd >= 0 || !is_refused(errno))
            return fd;
    }
    return open_one(dirfd, name, flags, 0);
}

int vf_sys_name(struct vf_slice component, char buf[VF_SYS_NAME])
{
    if (component.n >= VF_SYS_NAME) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (component.n == 0 || memchr(component.p, 0, component.n) || memchr(component.p, '/', component.n)) {
        errno = EINVAL;
        return -1;
    }
    memcpy(buf, component.p, component.n);
    buf[component.n] = 0;
    return 0;
}
