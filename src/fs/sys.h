/* sys.h: the system calls that POSIX.1-2008 lacks, each with a fallback that is tested
 * (vf_sys_force_fallback), so that macOS and musl build. Nobody else calls Linux extras. Descriptors that are
 * made here are close-on-exec. */
#ifndef VF_FS_SYS_H
#define VF_FS_SYS_H

#include <sys/types.h>

#include "base/hooks.h"
#include "fs/tree.h"

/* From now on every call takes its fallback, as on a system without the extras. For tests. */
void vf_sys_force_fallback(bool on);

/* Opens rel below dirfd without following any link; flags as open(2). -1 with errno. rel "" opens dirfd
 * itself again. rel may be longer than PATH_MAX. errno ELOOP: a link stands in the way (or is the last
 * component, unless flags have O_PATH | O_NOFOLLOW); EXDEV: rel is absolute or holds `..`; EINVAL: it holds a
 * NUL. */
int vf_sys_open_beneath(int dirfd, struct vf_slice rel, int flags, mode_t mode);
/* The same, across no mount (EXDEV), bind mounts included where openat2 is there; else the caller compares
 * devices. */
int vf_sys_open_staying(int dirfd, struct vf_slice rel, int flags);
/* The directory that holds rel, its last component in *base (a part of rel: without NUL behind it). The
 * descriptor is good for the `at` calls only (O_PATH where there is such a thing). EINVAL when rel is "". */
int vf_sys_open_parent(int dirfd, struct vf_slice rel, struct vf_slice *base);
/* Whole-path open of an absolute or cwd-relative path, also longer than PATH_MAX (in steps). Links are
 * followed. */
int vf_sys_open_path(struct vf_slice path, int flags);
/* A NUL-terminated copy of one path component in buf. -1 with errno ENAMETOOLONG, or EINVAL when it holds a
 * NUL or a slash. */
#define VF_SYS_NAME 1024 /* bytes; NAME_MAX is 255 on every system that we know */
int vf_sys_name(struct vf_slice component, char buf[VF_SYS_NAME]);
/* What tells a file from every other one, also after a reboot, and what no archive and no copy can bring
 * along: neither the time of the last change nor that of the birth can be set. Nanoseconds since 1970; birth
 * 0 where the file system or the system knows none. */
struct vf_file_id {
    uint64_t ino, changed_ns, born_ns;
};
int vf_sys_file_id(int fd, struct vf_file_id *out); /* 0 or -1 with errno */
/* The same file, and not changed in between; births are compared where both are known. */
bool vf_file_id_same(const struct vf_file_id *a, const struct vf_file_id *b);
/* At most 256 random bytes from the kernel. 0 or -1 with errno. */
int vf_sys_random(void *buf, size_t n);
/* fstatat that follows no link. 0 or -1 with errno. */
int vf_sys_stat_at(int dirfd, const char *name, struct vf_stat *out);
/* rename that refuses an existing target: renameat2(NOREPLACE), else EEXIST by look: then a target that comes
 * between look and rename is lost, so the caller's lock has to keep others out. (A link and an unlink would
 * close that gap, but a kill between them leaves both names, which a journal cannot tell from a finished
 * rename.) 0 or -1 with errno. */
int vf_sys_rename_noreplace(int ofd, const char *o, int nfd, const char *n);
/* Exchanges two names in one call; -1 with ENOSYS/EINVAL where the file system cannot: the caller falls back
 * to two renames. */
int vf_sys_rename_exchange(int afd, const char *a, int bfd, const char *b);
/* Copies size bytes src -> dst, both at their start: FICLONE, else copy_file_range, else read/write; holes
 * may become zeros. `reflink` false skips FICLONE. -1 with errno, ESTALE when src holds fewer bytes,
 * ECANCELED when the hooks (may be NULL) say stop, which is asked every 64 MiB at least. */
int vf_sys_copy_bytes(int src, int dst, uint64_t size, bool reflink, const struct vf_hooks *hooks);
/* FICLONE alone: dst shares the blocks of src. 0, or -1 with errno where the file system cannot. */
int vf_sys_clone(int src, int dst);
/* Does the file have the attribute security.capability? Linux only. */
bool vf_sys_has_capability(int fd);
/* Owner (as root or when the same), mode, xattrs and ACLs of src onto dst by descriptor; never
 * security.capability nor integrity signatures. Failure to set an owner or an xattr that this user may not
 * set is not an error; without the owner, setuid and setgid are not given either. 0 or -1 with errno. */
int vf_sys_copy_attrs(int src, int dst, const struct vf_stat *st);
/* The same, and what could not be kept. A capability (capabilities(7)) is copied only to the same bytes. */
struct vf_attrs_kept {
    bool same_bytes; /* set by the caller */
    bool lost_xattr, lost_capability;
};
int vf_sys_copy_attrs_kept(int src, int dst, const struct vf_stat *st, struct vf_attrs_kept *kept);
/* A directory that hands down no ACL to what is made in it. Failure is none of ours: then there was none. */
void vf_sys_drop_default_acl(int dirfd);
void vf_sys_to_stat(const void *native /* struct stat */, struct vf_stat *out);
/* Starts writing out what fd holds, without waiting: an fsync of many files then waits for one commit, not
 * for one each. */
void vf_sys_start_flush(int fd);
/* Flushes the file system that holds fd (syncfs, else sync). 0 or -1 with errno. */
int vf_sys_syncfs(int fd);
/* fsync of a directory; the descriptor may be one of vf_sys_open_parent. A file system that has no such thing
 * is no error. */
int vf_sys_sync_dir(int dirfd);
/* Removes dirfd/name (one component) and all below: by descriptors, following no link, into no other file
 * system or bind mount below; goes on after an error, keeps the first. Two descriptors whatever the depth.
 * Nothing there: VF_OK. Directories of ours that lack owner permissions get them first. VF_NOT_WRITABLE,
 * VF_BUSY (a mount point: it is empty then), VF_CROSS_DEVICE. */
VF_MUST_CHECK enum vf_status vf_sys_remove_tree(int dirfd, const char *name, struct vf_err *err);
/* Bytes and inodes free for this user on the file system of fd; UINT64_MAX inodes where they are not counted.
 * 0 or -1. */
int vf_sys_free_space(int fd, uint64_t *bytes, uint64_t *inodes);

#endif
