/* fs_hooked.h: the modules that change the disk, compiled once more into the test, with the hooks that kill;
 * whatever the build's own flags are. The linker then takes none of them from the library. Renames go through
 * a wrapper here, so that a file system that cannot exchange names, or has no rename that refuses to
 * overwrite, can be played. */
#ifndef TESTS_UNIT_FS_HOOKED_H
#define TESTS_UNIT_FS_HOOKED_H

#ifndef VF_TEST_HOOKS
#define VF_TEST_HOOKS
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/kill_point.h"
#include "fs/sys.h"

/* Steps of a run at which it is killed: every one; with a sanitizer, whose processes take long to fork, every
 * seventh. */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 7
#else
#define STRIDE 1
#endif

static bool no_exchange; /* EINVAL, as NFS says */
static bool dirs_stay;   /* EXDEV for directories, as an overlay says of those in its lower layers */
static bool link_dance;  /* files: link, then unlink */
static void (*just_before_rename)(void); /* somebody else, between our comparison and our rename; once */
static atomic_bool *stop_in_a_file;      /* set when the bytes of a file are about to be copied; or NULL */

static void let_others_in(void)
{
    void (*fn)(void) = just_before_rename;
    just_before_rename = NULL;
    if (fn)
        fn();
}

static int hooked_exchange(int afd, const char *a, int bfd, const char *b)
{
    let_others_in();
    if (no_exchange)
        return errno = EINVAL, -1;
    return vf_sys_rename_exchange(afd, a, bfd, b);
}

static int hooked_clone(int src, int dst)
{
    if (stop_in_a_file)
        atomic_store(stop_in_a_file, true);
    return vf_sys_clone(src, dst);
}

static int hooked_noreplace(int ofd, const char *o, int nfd, const char *n)
{
    struct stat st;
    let_others_in();
    if (fstatat(ofd, o, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -1;
    if (dirs_stay && S_ISDIR(st.st_mode))
        return errno = EXDEV, -1;
    if (!link_dance || S_ISDIR(st.st_mode))
        return vf_sys_rename_noreplace(ofd, o, nfd, n);
    if (linkat(ofd, o, nfd, n, 0) < 0)
        return -1;
    VF_KILL_POINT();
    return unlinkat(ofd, o, 0);
}

#define vf_sys_clone            hooked_clone
#define vf_sys_rename_exchange  hooked_exchange
#define vf_sys_rename_noreplace hooked_noreplace

#include "fs/copied.c"
#include "fs/copy.c"
#include "fs/copy_list.c"
#include "fs/edit_write.c"
#include "fs/kill_point.c"
#include "fs/retire.c"
#include "fs/staging.c"
#include "fs/staging_holder.c"
#include "fs/txn.c"
#include "fs/txn_apply.c"
#include "fs/txn_dir.c"
#include "fs/txn_journal.c"
#include "fs/txn_small.c"
#include "fs/txn_stage.c"
#include "fs/txn_times.c"

#endif
