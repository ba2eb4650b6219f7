/* sys_copy.c: contents and attributes from one descriptor to another.
 *
 * The ways to copy are tried from the cheapest to the plainest, each going on where the one before stopped,
 * so that a file system that gives up half-way (or lies about the end, as some do with copy_file_range) costs
 * nothing but the calls. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#endif

#include "fs/sys_open.h"

#if defined(__linux__) && !defined(FICLONE)
#define FICLONE _IOW(0x94, 9, int)
#endif

enum {
    CHUNK = 128 * 1024,
    RANGE = 64 << 20, /* what a copy that is to stop still waits for */
    SPARSE_MIN = 64 * 1024
};

int vf_sys_clone(int src, int dst)
{
#ifdef __linux__
    if (!vf_sys_fallback_forced())
        return ioctl(dst, FICLONE, src);
#endif
    (void)src, (void)dst;
    errno = EOPNOTSUPP;
    return -1;
}

/* errno ECANCELED when it is to stop. */
static bool may_go_on(const struct vf_hooks *hooks)
{
    if (!vf_hooks_cancelled(hooks))
        return true;
    errno = ECANCELED;
    return false;
}

/* Copies what the kernel will, from the positions of both; *done counts. False: a real error. */
static bool copy_range(int src, int dst, uint64_t size, const struct vf_hooks *hooks, uint64_t *done)
{
#if defined(__linux__) && defined(SYS_copy_file_range)
    while (*done < size && !vf_sys_fallback_forced()) {
        if (!may_go_on(hooks))
            return false;
        uint64_t left = size - *done;
        long n = syscall(SYS_copy_file_range, src, NULL, dst, NULL,
                         left < RANGE ? (size_t)left : (size_t)RANGE, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno != ENOSPC && errno != EDQUOT && errno != EIO && errno != EFBIG;
        if (n == 0)
            break;
        *done += (uint64_t)n;
    }
#else
    (void)src, (void)dst, (void)size, (void)hooks, (void)done;
#endif
    return true;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return -1;
        p += w;
        n -= (size_t)w;
    }
    return 0;
}

static int read_write(int src, int dst, uint64_t left, const struct vf_hooks *hooks)
{
    char *buf = malloc(CHUNK);
    int r = buf ? 0 : -1;
    while (r == 0 && left > 0) {
        if (!may_go_on(hooks)) {
            r = -1;
            break;
        }
        ssize_t n = read(src, buf, left < CHUNK ? (size_t)left : CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ESTALE;
        r = n <= 0 ? -1 : write_all(dst, buf, (size_t)n);
        left -= n > 0 ? (uint64_t)n : 0;
    }
    int e = errno;
    free(buf);
    errno = e;
    return r;
}

static int has_size(int fd, uint64_t size)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -1;
    if ((uint64_t)st.st_size >= size)
        return 0;
    errno = ESTALE;
    return -1;
}

/* From the positions of both. */
static int copy_piece(int src, int dst, uint64_t size, const struct vf_hooks *hooks)
{
    uint64_t done = 0;
    if (!copy_range(src, dst, size, hooks, &done))
        return -1;
    return read_write(src, dst, size - done, hooks);
}

#ifdef SEEK_HOLE

/* Has it a hole worth a look? Asking moves the position, which is put back. */
static bool has_hole(int fd, uint64_t size)
{
    if (size < SPARSE_MIN)
        return false;
    off_t hole = lseek(fd, 0, SEEK_HOLE);
    return hole >= 0 && lseek(fd, 0, SEEK_SET) == 0 && (uint64_t)hole < size;
}

/* Only what is there is copied: copy_file_range writes holes out as zeros on some file systems. */
static int copy_around_holes(int src, int dst, uint64_t size, const struct vf_hooks *hooks)
{
    off_t end = (off_t)size, at = 0;
    while (at < end) {
        off_t data = lseek(src, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break;
        off_t hole = data < 0 ? -1 : lseek(src, data, SEEK_HOLE);
        if (hole < 0)
            return -1;
        hole = hole < end ? hole : end;
        if (data >= hole)
            break;
        if (lseek(src, data, SEEK_SET) < 0 || lseek(dst, data, SEEK_SET) < 0 ||
            copy_piece(src, dst, (uint64_t)(hole - data), hooks) < 0)
            return -1;
        at = hole;
    }
    return has_size(src, size) < 0 ? -1 : ftruncate(dst, end);
}

#else

static bool has_hole(int fd, uint64_t size)
{
    (void)fd, (void)size;
    return false;
}

static int copy_around_holes(int src, int dst, uint64_t size, const struct vf_hooks *hooks)
{
    return copy_piece(src, dst, size, hooks);
}

#endif

int vf_sys_copy_bytes(int src, int dst, uint64_t size, bool reflink, const struct vf_hooks *hooks)
{
    if (reflink && size > 0 && vf_sys_clone(src, dst) == 0)
        return has_size(dst, size);
    return has_hole(src, size) ? copy_around_holes(src, dst, size, hooks) : copy_piece(src, dst, size, hooks);
}

#ifdef __linux__

/* Signatures of the original, which the kernel makes itself. */
static bool is_left_out(const char *name)
{
    return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0;
}

static bool is_capability(const char *name)
{
    return strcmp(name, "security.capability") == 0;
}

/* May not, cannot, or gone meanwhile: none of ours. */
static bool is_ignored(int e)
{
    return e == EPERM || e == EACCES || e == ENOTSUP || e == ENODATA || e == EINVAL || e == ENOSYS ||
           e == EBADF;
}

/* The value in *buf, which grows; -1 with errno. */
static ssize_t get_xattr(int fd, const char *name, struct vf_buf *buf)
{
    for (;;) {
        ssize_t n = fgetxattr(fd, name, buf->p, buf->cap);
        if (n >= 0 && buf->cap > 0) /* with no room it only tells the size */
            return n;
        if (n < 0 && errno != ERANGE)
            return -1;
        ssize_t need = fgetxattr(fd, name, NULL, 0);
        if (need < 0)
            return -1;
        vf_buf_clear(buf);
        if (!vf_buf_reserve(buf, (size_t)need + 1)) {
            errno = ENOMEM;
            return -1;
        }
    }
}

static int list_xattrs(int fd, struct vf_buf *names)
{
    for (;;) {
        ssize_t need = flistxattr(fd, NULL, 0);
        if (need <= 0)
            return need < 0 && !is_ignored(errno) ? -1 : 0;
        vf_buf_clear(names);
        if (!vf_buf_reserve(names, (size_t)need)) {
            errno = ENOMEM;
            return -1;
        }
        ssize_t n = flistxattr(fd, names->p, names->cap);
        if (n >= 0) {
            names->n = (size_t)n;
            return 0;
        }
        if (errno != ERANGE)
            return is_ignored(errno) ? 0 : -1;
    }
}

static int copy_xattrs(int src, int dst, struct vf_attrs_kept *kept)
{
    struct vf_buf names = {0}, value = {0};
    int r = list_xattrs(src, &names);
    for (size_t i = 0; r == 0 && i < names.n; i += strlen(names.p + i) + 1) {
        const char *name = names.p + i;
        if (is_left_out(name) || (is_capability(name) && !kept->same_bytes))
            continue;
        ssize_t n = get_xattr(src, name, &value);
        if (n >= 0 && fsetxattr(dst, name, value.p, (size_t)n, 0) == 0)
            continue;
        r = is_ignored(errno) ? 0 : -1;
        if (is_capability(name))
            kept->lost_capability = true;
        else
            kept->lost_xattr = true;
    }
    int e = errno;
    vf_buf_release(&names);
    vf_buf_release(&value);
    errno = e;
    return r;
}

bool vf_sys_has_capability(int fd)
{
    return fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

void vf_sys_drop_default_acl(int dirfd)
{
    (void)fremovexattr(dirfd, "system.posix_acl_default");
}

#else

static int copy_xattrs(int src, int dst, struct vf_attrs_kept *kept)
{
    (void)src, (void)dst, (void)kept;
    return 0;
}

bool vf_sys_has_capability(int fd)
{
    (void)fd;
    return false;
}

void vf_sys_drop_default_acl(int dirfd)
{
    (void)dirfd;
}

#endif

/* EINVAL: an id that a user namespace does not map. */
static bool is_refused_owner(int e)
{
    return e == EPERM || e == EACCES || e == EINVAL || e == ENOSYS || e == ENOTSUP;
}

/* Owner and group as far as this user may. *all: dst has both. */
static int copy_owner(int dst, const struct vf_stat *req, bool *all)
{
    struct stat now;
    if (fstat(dst, &now) < 0)
        return -1;
    bool uid = (uint32_t)now.st_uid == req->uid, gid = (uint32_t)now.st_gid == req->gid;
    *all = true;
    if (uid && gid)
        return 0;
    if (fchown(dst, (uid_t)req->uid, (gid_t)req->gid) == 0)
        return 0;
    *all = false;
    if (!is_refused_owner(errno))
        return -1;
    if (!gid && fchown(dst, (uid_t)-1, (gid_t)req->gid) < 0 && !is_refused_owner(errno))
        return -1;
    return 0;
}

int vf_sys_copy_attrs(int src, int dst, const struct vf_stat *st)
{
    struct vf_attrs_kept kept = {0};
    return vf_sys_copy_attrs_kept(src, dst, st, &kept);
}

int vf_sys_copy_attrs_kept(int src, int dst, const struct vf_stat *st, struct vf_attrs_kept *kept)
{
    bool owned = false;
    if (copy_owner(dst, st, &owned) < 0 || copy_xattrs(src, dst, kept) < 0)
        return -1;
    /* Last: chown takes setuid away, and an ACL writes the group's bits. */
    return fchmod(dst, (mode_t)(owned ? st->mode : st->mode & 01777));
}
