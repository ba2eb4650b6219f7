/* stop_at.c: a library for LD_PRELOAD that counts the calls by which a program changes the disk, and does
 * something at one of them, so that a test can act as another process between any two. Linux only.
 *
 *     STOP_AT=n[,n...]  the calls, counted from 1. Without it they are only counted.
 *     STOP_DO=stop      (default) SIGSTOP right before the call: the test acts and sends SIGCONT
 *             kill      SIGKILL right before it
 *             NUMBER    the call fails with this errno
 *     STOP_STAYS=1      an error also meets each later call of the same name
 *     STOP_FAIL=n,e     in the same run, the n-th call fails with errno e
 *     STOP_LOG=FILE     a line for each call, before it is made: number, name, path (and second path), by
 * tabs STOP_SYNCS=1      fsync and its like are done; else they only count, as no test takes the power away
 *     STOP_READS=1      opening for reading, stat and readlink count, too
 *     STOP_LOCKS=1      flock counts, too
 *
 * Calls on descriptors 0 to 2 and on anything but regular files and directories do not count, nor do
 * children: the variables are gone from the environment when main begins. Every wrapper ends in the raw
 * system call. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { POINTS = 64, PATH = 4096, LOG_FD = 200 };

static long (*raw)(long, ...);
static pid_t owner; /* 0: nothing is counted */
static atomic_long count;
static long points[POINTS], failing;
static int fail_error, n_points, log_fd = -1, error, sig = SIGSTOP;
static bool stays, reads, locks, syncs = true;
static char stays_name[32];

static void find_raw(void)
{
    if (!raw) {
        void *p = dlsym(RTLD_NEXT, "syscall");
        memcpy(&raw, &p, sizeof p);
    }
}

static void read_points(const char *v)
{
    for (char *end = NULL; v && *v && n_points < POINTS; v = *end == ',' ? end + 1 : "") {
        points[n_points++] = strtol(v, &end, 10);
    }
}

static void read_failing(const char *v)
{
    char *end = NULL;
    failing = v ? strtol(v, &end, 10) : 0;
    fail_error = v && *end == ',' ? (int)strtol(end + 1, NULL, 10) : 0;
}

static void read_what(const char *v)
{
    if (!v || strcmp(v, "stop") == 0)
        sig = SIGSTOP;
    else if (strcmp(v, "kill") == 0)
        sig = SIGKILL;
    else
        error = (int)strtol(v, NULL, 10);
}

__attribute__((constructor)) static void begin(void)
{
    static const char *const names[] = {"STOP_AT",    "STOP_DO",    "STOP_STAYS", "STOP_LOG",  "STOP_READS",
                                        "STOP_LOCKS", "STOP_SYNCS", "STOP_FAIL",  "LD_PRELOAD"};
    find_raw();
    if (!getenv("STOP_LOG") && !getenv("STOP_AT"))
        return;
    read_points(getenv("STOP_AT"));
    read_what(getenv("STOP_DO"));
    read_failing(getenv("STOP_FAIL"));
    stays = getenv("STOP_STAYS") != NULL;
    reads = getenv("STOP_READS") != NULL;
    locks = getenv("STOP_LOCKS") != NULL;
    syncs = getenv("STOP_SYNCS") != NULL;
    const char *log = getenv("STOP_LOG");
    int fd = log ? (int)raw(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        log_fd = fcntl(fd, F_DUPFD_CLOEXEC, LOG_FD);
        (void)close(fd);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unsetenv(names[i]);
    owner = getpid();
}

/* --- the log --- */

static size_t put_fd(char *to, size_t cap, int fd)
{
    char link[64];
    if (fd == AT_FDCWD)
        return 0;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long n = raw(SYS_readlinkat, AT_FDCWD, link, to, cap);
    return n > 0 ? (size_t)n : 0;
}

static size_t put_path(char *to, size_t cap, int dir, const char *name)
{
    size_t n = 0;
    if (!name || name[0] != '/')
        n = put_fd(to, cap, dir);
    if (!name)
        return n;
    if (n > 0 && n < cap)
        to[n++] = '/';
    size_t more = strlen(name) < cap - n ? strlen(name) : cap - n;
    memcpy(to + n, name, more);
    for (size_t i = n; i < n + more; i++)
        if (to[i] == '\n' || to[i] == '\t')
            to[i] = '?';
    return n + more;
}

struct call {
    const char *name;
    int dir;
    const char *path; /* NULL: the call is about the descriptor */
    int dir2;
    const char *path2; /* NULL: it has no second path */
};

static void write_log(long n, const struct call *c)
{
    char line[2 * PATH + 128];
    int at = snprintf(line, 64, "%ld\t%s\t", n, c->name);
    size_t len = (size_t)at + put_path(line + at, PATH, c->dir, c->path);
    if (c->path2) {
        line[len++] = '\t';
        len += put_path(line + len, PATH, c->dir2, c->path2);
    }
    line[len++] = '\n';
    (void)raw(SYS_write, log_fd, line, len);
}

/* --- what every wrapper asks --- */

static bool is_file(int fd)
{
    struct stat st;
    return fd > 2 && raw(SYS_fstat, fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

static bool is_point(long n)
{
    for (int i = 0; i < n_points; i++)
        if (points[i] == n)
            return true;
    return false;
}

/* True: the call is to fail, errno is set. */
static bool met(struct call c)
{
    int saved = errno;
    find_raw();
    if (!owner || owner != (pid_t)raw(SYS_getpid) || (!c.path && !is_file(c.dir))) {
        errno = saved;
        return false;
    }
    long n = atomic_fetch_add(&count, 1) + 1;
    if (log_fd >= 0)
        write_log(n, &c);
    bool here = is_point(n);
    if (here && error)
        (void)snprintf(stays_name, sizeof stays_name, "%s", c.name);
    else if (here)
        (void)raw(SYS_kill, owner, sig);
    bool fails = error && (here || (stays && strcmp(stays_name, c.name) == 0));
    errno = fails ? error : saved;
    if (failing && n == failing) {
        errno = fail_error;
        return true;
    }
    return fails;
}

#define FD(name, fd)                      met((struct call){name, fd, NULL, -1, NULL})
#define AT(name, dir, path)               met((struct call){name, dir, path, -1, NULL})
#define TWO(name, dir, path, dir2, path2) met((struct call){name, dir, path, dir2, path2})

/* --- the wrappers --- */

static bool changes(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
}

static int open_any(int dir, const char *path, int flags, mode_t mode)
{
    if ((changes(flags) || reads) && AT(changes(flags) ? "openat" : "open-read", dir, path))
        return -1;
    return (int)raw(SYS_openat, dir, path, flags, mode);
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(args, int) : 0;
}

int openat(int dir, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_any(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_any(dir, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_any(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_any(AT_FDCWD, path, flags, mode);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
    return AT("mkdirat", dir, path) ? -1 : (int)raw(SYS_mkdirat, dir, path, mode);
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

int renameat2(int dir, const char *path, int dir2, const char *path2, unsigned flags)
{
    return TWO("renameat2", dir, path, dir2, path2) ? -1
                                                    : (int)raw(SYS_renameat2, dir, path, dir2, path2, flags);
}

int renameat(int dir, const char *path, int dir2, const char *path2)
{
    return TWO("renameat", dir, path, dir2, path2) ? -1 : (int)raw(SYS_renameat2, dir, path, dir2, path2, 0);
}

int rename(const char *path, const char *path2)
{
    return renameat(AT_FDCWD, path, AT_FDCWD, path2);
}

int unlinkat(int dir, const char *path, int flags)
{
    return AT("unlinkat", dir, path) ? -1 : (int)raw(SYS_unlinkat, dir, path, flags);
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int linkat(int dir, const char *path, int dir2, const char *path2, int flags)
{
    return TWO("linkat", dir, path, dir2, path2) ? -1 : (int)raw(SYS_linkat, dir, path, dir2, path2, flags);
}

int link(const char *path, const char *path2)
{
    return linkat(AT_FDCWD, path, AT_FDCWD, path2, 0);
}

int symlinkat(const char *target, int dir, const char *path)
{
    return AT("symlinkat", dir, path) ? -1 : (int)raw(SYS_symlinkat, target, dir, path);
}

int symlink(const char *target, const char *path)
{
    return symlinkat(target, AT_FDCWD, path);
}

ssize_t write(int fd, const void *p, size_t n)
{
    return FD("write", fd) ? -1 : raw(SYS_write, fd, p, n);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
    return FD("writev", fd) ? -1 : raw(SYS_writev, fd, v, n);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    return FD("pwrite", fd) ? -1 : raw(SYS_pwrite64, fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    return FD("pwrite", fd) ? -1 : raw(SYS_pwrite64, fd, p, n, at);
}

ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t n, unsigned flags)
{
    return FD("copy_file_range", out) ? -1 : raw(SYS_copy_file_range, in, in_at, out, out_at, n, flags);
}

int ftruncate(int fd, off_t n)
{
    return FD("ftruncate", fd) ? -1 : (int)raw(SYS_ftruncate, fd, n);
}

int ftruncate64(int fd, off64_t n)
{
    return FD("ftruncate", fd) ? -1 : (int)raw(SYS_ftruncate, fd, n);
}

int fallocate(int fd, int mode, off_t at, off_t n)
{
    return FD("fallocate", fd) ? -1 : (int)raw(SYS_fallocate, fd, mode, at, n);
}

int fallocate64(int fd, int mode, off64_t at, off64_t n)
{
    return FD("fallocate", fd) ? -1 : (int)raw(SYS_fallocate, fd, mode, at, n);
}

int fchmod(int fd, mode_t mode)
{
    return FD("fchmod", fd) ? -1 : (int)raw(SYS_fchmod, fd, mode);
}

int fchmodat(int dir, const char *path, mode_t mode, int flags)
{
    if (AT("fchmodat", dir, path))
        return -1;
    if (flags) /* the old system call has none: what the library does then, the program was to be ready for */
        return errno = EOPNOTSUPP, -1;
    return (int)raw(SYS_fchmodat, dir, path, mode);
}

int fchown(int fd, uid_t uid, gid_t gid)
{
    return FD("fchown", fd) ? -1 : (int)raw(SYS_fchown, fd, uid, gid);
}

int fchownat(int dir, const char *path, uid_t uid, gid_t gid, int flags)
{
    return AT("fchownat", dir, path) ? -1 : (int)raw(SYS_fchownat, dir, path, uid, gid, flags);
}

int fsetxattr(int fd, const char *name, const void *value, size_t n, int flags)
{
    return FD("fsetxattr", fd) ? -1 : (int)raw(SYS_fsetxattr, fd, name, value, n, flags);
}

int fremovexattr(int fd, const char *name)
{
    return FD("fremovexattr", fd) ? -1 : (int)raw(SYS_fremovexattr, fd, name);
}

int utimensat(int dir, const char *path, const struct timespec t[2], int flags)
{
    return AT("utimensat", dir, path) ? -1 : (int)raw(SYS_utimensat, dir, path, t, flags);
}

int futimens(int fd, const struct timespec t[2])
{
    return FD("futimens", fd) ? -1 : (int)raw(SYS_utimensat, fd, NULL, t, 0);
}

static int flush(long number, int fd)
{
    return syncs ? (int)raw(number, fd) : 0;
}

int fsync(int fd)
{
    return FD("fsync", fd) ? -1 : flush(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return FD("fdatasync", fd) ? -1 : flush(SYS_fdatasync, fd);
}

int syncfs(int fd)
{
    return FD("syncfs", fd) ? -1 : flush(SYS_syncfs, fd);
}

int flock(int fd, int how)
{
    if (locks && !(how & LOCK_UN) && FD("flock", fd))
        return -1;
    return (int)raw(SYS_flock, fd, how);
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    va_start(args, request);
    void *p = va_arg(args, void *);
    va_end(args);
    if ((request == FICLONE || request == FICLONERANGE) && FD("FICLONE", fd))
        return -1;
    return (int)raw(SYS_ioctl, fd, request, p);
}

/* glibc's signatures of the next two name their results; the raw call fills the same structure on 64-bit
 * systems, which is where this is used. */
int fstatat(int dir, const char *restrict path, struct stat *restrict st, int flags)
{
    if (reads && AT("fstatat", dir, path))
        return -1;
    return (int)raw(SYS_newfstatat, dir, path, st, flags);
}

ssize_t readlinkat(int dir, const char *restrict path, char *restrict to, size_t n)
{
    if (reads && AT("readlinkat", dir, path))
        return -1;
    return raw(SYS_readlinkat, dir, path, to, n);
}

struct how { /* of openat2 */
    uint64_t flags, mode, resolve;
};

long syscall(long number, ...)
{
    long a[6];
    va_list args;
    va_start(args, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    find_raw();
    bool fails = false;
    if (number == SYS_openat2) {
        struct how how;
        const void *p = (const void *)(uintptr_t)a[2];
        memcpy(&how, p, sizeof how);
        bool writes = changes((int)how.flags);
        if (writes || reads)
            fails = AT(writes ? "openat" : "open-read", (int)a[0], (const char *)(uintptr_t)a[1]);
    } else if (number == SYS_renameat2) {
        fails = TWO("renameat2", (int)a[0], (const char *)(uintptr_t)a[1], (int)a[2],
                    (const char *)(uintptr_t)a[3]);
    } else if (number == SYS_copy_file_range) {
        fails = FD("copy_file_range", (int)a[2]);
    }
    return fails ? -1 : raw(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
