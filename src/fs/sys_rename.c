/* sys_rename.c: renames with a condition.
 *
 * Where the kernel or the file system lacks the flags (ENOSYS; EINVAL from file systems that know none), a
 * look stands in for NOREPLACE; an exchange is left to the caller, who knows which of two renames has to come
 * first. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "fs/sys_open.h"

enum { NOREPLACE = 1, EXCHANGE = 2 }; /* of renameat2 */

static int rename_with(int ofd, const char *o, int nfd, const char *n, unsigned flags)
{
    if (!vf_sys_fallback_forced()) {
#if defined(__linux__) && defined(SYS_renameat2)
        return (int)syscall(SYS_renameat2, ofd, o, nfd, n, flags);
#elif defined(__APPLE__) && defined(RENAME_SWAP)
        return renameatx_np(ofd, o, nfd, n, flags == EXCHANGE ? RENAME_SWAP : RENAME_EXCL);
#endif
    }
    (void)ofd, (void)o, (void)nfd, (void)n, (void)flags;
    errno = ENOSYS;
    return -1;
}

int vf_sys_rename_noreplace(int ofd, const char *o, int nfd, const char *n)
{
    struct stat st;
    if (rename_with(ofd, o, nfd, n, NOREPLACE) == 0)
        return 0;
    /* EINVAL may also say that a directory would go into itself: the plain rename says so again. EPERM: a
     * sandbox. */
    if (errno != ENOSYS && errno != EINVAL && errno != ENOTSUP && errno != EPERM)
        return -1;
    if (fstatat(nfd, n, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return errno == ENOENT ? renameat(ofd, o, nfd, n) : -1;
}

int vf_sys_rename_exchange(int afd, const char *a, int bfd, const char *b)
{
    return rename_with(afd, a, bfd, b, EXCHANGE);
}
