/* sys_stat.c: what stands at a name, the names in a directory, the target of a link, the space that is left,
 * and flushing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "fs/sys_open.h"

enum {
    LINK_MAX_BYTES = 1 << 20, /* no file system stores a longer target */
    NAMES_BLOCK = 32 * 1024   /* bytes of names asked for in one call */
};

static enum vf_kind kind_of(mode_t mode)
{
    if (S_ISREG(mode))
        return VF_KIND_FILE;
    if (S_ISDIR(mode))
        return VF_KIND_DIR;
    if (S_ISLNK(mode))
        return VF_KIND_LINK;
    if (S_ISFIFO(mode))
        return VF_KIND_FIFO;
    if (S_ISSOCK(mode))
        return VF_KIND_SOCKET;
    return VF_KIND_DEVICE;
}

void vf_sys_to_stat(const void *native, struct vf_stat *out)
{
    const struct stat *st = native;
#ifdef __APPLE__
    const struct timespec *mtime = &st->st_mtimespec, *ctime = &st->st_ctimespec;
#else
    const struct timespec *mtime = &st->st_mtim, *ctime = &st->st_ctim;
#endif
    *out = (struct vf_stat){
        .kind = kind_of(st->st_mode),
        .mode = (uint32_t)(st->st_mode & 07777),
        .uid = (uint32_t)st->st_uid,
        .gid = (uint32_t)st->st_gid,
        .size = st->st_size > 0 ? (uint64_t)st->st_size : 0,
        .mtime_s = (int64_t)mtime->tv_sec,
        .mtime_ns = (uint32_t)mtime->tv_nsec,
        .ctime_s = (int64_t)ctime->tv_sec,
        .ctime_ns = (uint32_t)ctime->tv_nsec,
        .dev = (uint64_t)st->st_dev,
        .ino = (uint64_t)st->st_ino,
        .nlink = (uint64_t)st->st_nlink,
    };
}

int vf_sys_stat_at(int dirfd, const char *name, struct vf_stat *out)
{
    struct stat st;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -1;
    vf_sys_to_stat(&st, out);
    return 0;
}

static uint64_t nanoseconds(int64_t s, uint32_t ns)
{
    return (uint64_t)s * 1000000000u + ns;
}

static uint64_t birth(int fd)
{
#if defined(STATX_BTIME) && !defined(__APPLE__)
    struct statx x;
    if (!vf_sys_fallback_forced() && statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &x) == 0 &&
        (x.stx_mask & STATX_BTIME))
        return nanoseconds(x.stx_btime.tv_sec, x.stx_btime.tv_nsec);
#else
    (void)fd;
#endif
    return 0;
}

int vf_sys_file_id(int fd, struct vf_file_id *out)
{
    struct stat native;
    struct vf_stat st;
    if (fstat(fd, &native) < 0)
        return -1;
    vf_sys_to_stat(&native, &st);
    *out = (struct vf_file_id){st.ino, nanoseconds(st.ctime_s, st.ctime_ns), birth(fd)};
    return 0;
}

bool vf_file_id_same(const struct vf_file_id *a, const struct vf_file_id *b)
{
    bool born = a->born_ns == b->born_ns || a->born_ns == 0 || b->born_ns == 0;
    return a->ino == b->ino && a->changed_ns == b->changed_ns && born;
}

int vf_sys_random(void *buf, size_t n)
{
    return getentropy(buf, n);
}

int vf_sys_readlink_at(int dirfd, const char *name, uint64_t hint, struct vf_buf *out)
{
    size_t room = hint > 0 && hint < LINK_MAX_BYTES ? (size_t)hint + 1 : 256;
    for (; room <= LINK_MAX_BYTES; room *= 2) {
        if (!vf_buf_reserve(out, room)) {
            errno = ENOMEM;
            return -1;
        }
        ssize_t n = readlinkat(dirfd, name, out->p + out->n, room);
        if (n < 0)
            return -1;
        if ((size_t)n < room) { /* else it may have been cut */
            out->n += (size_t)n;
            return 0;
        }
    }
    errno = ENAMETOOLONG;
    return -1;
}

static void put_name(struct vf_buf *out, const char *name, size_t *n)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return;
    vf_buf_put(out, (struct vf_slice){name, strlen(name) + 1});
    ++*n;
}

#ifdef SYS_getdents64
/* What the kernel writes; <dirent.h> of no libc declares it under one name. */
struct native_entry {
    uint64_t ino;
    int64_t off;
    uint16_t length;
    uint8_t type;
    char name[];
};

/* One call where readdir takes five: it looks at the descriptor and allocates. */
static int read_native(int fd, struct vf_buf *out, size_t *n)
{
    alignas(struct native_entry) char block[NAMES_BLOCK];
    long got;
    while ((got = syscall(SYS_getdents64, fd, block, sizeof block)) > 0)
        for (long at = 0; at < got;) {
            const struct native_entry *e = (const struct native_entry *)(const void *)(block + at);
            put_name(out, e->name, n);
            at += e->length;
        }
    return got < 0 ? -1 : 0;
}
#endif

static int read_portable(int fd, struct vf_buf *out, size_t *n)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    DIR *list = own < 0 ? NULL : fdopendir(own);
    if (!list) {
        int e = errno;
        if (own >= 0)
            (void)close(own);
        errno = e;
        return -1;
    }
    struct dirent *d;
    while (errno = 0, (d = readdir(list)))
        put_name(out, d->d_name, n);
    int e = errno;
    (void)closedir(list);
    errno = e;
    return e ? -1 : 0;
}

int vf_sys_read_names(int fd, struct vf_buf *out, size_t *n)
{
    int r = -1;
#ifdef SYS_getdents64
    if (!vf_sys_fallback_forced())
        r = read_native(fd, out, n);
    else
#endif
        r = read_portable(fd, out, n);
    if (r == 0 && out->failed) {
        errno = ENOMEM;
        return -1;
    }
    return r;
}

/* O_PATH descriptors cannot be synced. */
static int for_reading(int dirfd)
{
    return openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int sync_one(int fd)
{
    int r;
    do
        r = fsync(fd);
    while (r < 0 && errno == EINTR);
    return r < 0 && (errno == EINVAL || errno == ENOTSUP || errno == EROFS) ? 0 : r;
}

int vf_sys_sync_dir(int dirfd)
{
    if (sync_one(dirfd) == 0)
        return 0;
    if (errno != EBADF)
        return -1;
    int fd = for_reading(dirfd);
    if (fd < 0)
        return -1;
    int r = sync_one(fd), e = errno;
    (void)close(fd);
    errno = e;
    return r;
}

void vf_sys_start_flush(int fd)
{
#ifdef SYNC_FILE_RANGE_WRITE
    if (!vf_sys_fallback_forced())
        (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
    (void)fd;
#endif
}

int vf_sys_syncfs(int fd)
{
#ifdef __linux__
    if (!vf_sys_fallback_forced()) {
        if (syncfs(fd) == 0)
            return 0;
        int e = errno, again = e == EBADF ? for_reading(fd) : -1;
        if (again >= 0) {
            int r = syncfs(again);
            e = errno;
            (void)close(again);
            if (r == 0)
                return 0;
        }
        if (e != ENOSYS && e != EPERM && e != EINVAL) {
            errno = e;
            return -1;
        }
    }
#endif
    if (fcntl(fd, F_GETFD) < 0)
        return -1;
    sync();
    return 0;
}

int vf_sys_free_space(int fd, uint64_t *bytes, uint64_t *inodes)
{
    struct statvfs v;
    int r;
    do
        r = fstatvfs(fd, &v);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return -1;
    uint64_t unit = v.f_frsize ? v.f_frsize : v.f_bsize;
    *bytes = unit && (uint64_t)v.f_bavail > UINT64_MAX / unit ? UINT64_MAX : (uint64_t)v.f_bavail * unit;
    *inodes = v.f_files == 0 ? UINT64_MAX : (uint64_t)v.f_favail; /* btrfs counts none */
    return 0;
}
