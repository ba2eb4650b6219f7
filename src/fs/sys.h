/* sys.h: the system calls that POSIX.1-2008 lacks, each with a fallback that is tested (VF_SYS_FALLBACK=1 in a test build
 * forces it), so that macOS and musl build. Nobody else calls Linux extras. */
#ifndef VF_FS_SYS_H
#define VF_FS_SYS_H

#include <sys/types.h>

#include "fs/tree.h"

/* Opens rel below dirfd without following any link; flags as open(2). -1 with errno. rel "" opens dirfd itself again. */
int vf_sys_open_beneath(int dirfd, struct vf_slice rel, int flags, mode_t mode);
/* The directory that holds rel (opened O_PATH|O_DIRECTORY), its last component in *base. */
int vf_sys_open_parent(int dirfd, struct vf_slice rel, struct vf_slice *base);
/* Whole-path open of an absolute or cwd-relative path, also longer than PATH_MAX (in steps). Links are followed. */
int vf_sys_open_path(struct vf_slice path, int flags);
/* rename that refuses an existing target: renameat2(NOREPLACE), else link/rename dance or EEXIST by look. 0 or -1 with errno. */
int vf_sys_rename_noreplace(int ofd, const char *o, int nfd, const char *n);
/* exchange two names in one call; -1 with ENOSYS/EINVAL where the file system cannot: the caller falls back to two renames. */
int vf_sys_rename_exchange(int afd, const char *a, int bfd, const char *b);
/* Copies all bytes src -> dst: FICLONE, else copy_file_range, else read/write; holes may become zeros. `reflink` false skips FICLONE. */
int vf_sys_copy_bytes(int src, int dst, uint64_t size, bool reflink);
/* FICLONE alone: dst shares the blocks of src. 0, or -1 with errno where the file system cannot. */
int vf_sys_clone(int src, int dst);
/* Owner (as root or when the same), mode, xattrs and ACLs of src onto dst by descriptor; never security.capability. Failure to set
 * an owner or an xattr that this user may not set is not an error. */
int vf_sys_copy_attrs(int src, int dst, const struct vf_stat *st);
/* A directory that hands down no ACL to what is made in it. Failure is none of ours: then there was none. */
void vf_sys_drop_default_acl(int dirfd);
void vf_sys_to_stat(const void *native /* struct stat */, struct vf_stat *out);
/* Flushes the file system that holds fd (syncfs, else sync). */
int vf_sys_syncfs(int fd);
int vf_sys_sync_dir(int dirfd);
/* Removes dirfd/name and all below: by descriptors, following no link, never crossing a device; goes on after an error, keeps the first. */
VF_MUST_CHECK enum vf_status vf_sys_remove_tree(int dirfd, const char *name, struct vf_err *err);
/* Bytes and inodes free for this user on the file system of fd. */
int vf_sys_free_space(int fd, uint64_t *bytes, uint64_t *inodes);

#endif
