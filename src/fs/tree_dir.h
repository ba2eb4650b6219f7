/* tree_dir.h: a tree that is a directory on disk.
 *
 * One descriptor for the root; every path is opened from it by openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS
 * | RESOLVE_NO_MAGICLINKS), or, where the kernel or a sandbox lacks it, component by component with
 * O_NOFOLLOW (the same results; also used for paths near PATH_MAX). Files: fstatat first, only regular files
 * are opened, O_NONBLOCK | O_NOCTTY | O_CLOEXEC. */
#ifndef VF_FS_TREE_DIR_H
#define VF_FS_TREE_DIR_H

#include "fs/tree.h"

/* Opens `path` (links in it are followed: it names the root). VF_NOT_FOUND, VF_UNREADABLE,
 * VF_NOT_AN_ENVIRONMENT when it is no directory. */
VF_MUST_CHECK enum vf_status vf_tree_dir_open(struct vf_slice path, struct vf_tree **out, struct vf_err *err);
/* A reader of an open file (a regular one); takes fd, also when it fails. `st`: what fstat said of it,
 * copied. `path` is for errors, copied. */
VF_MUST_CHECK enum vf_status vf_reader_of_fd(int fd, const struct vf_stat *st, struct vf_slice path,
                                             struct vf_reader **out, struct vf_err *err);
int vf_tree_dir_fd(
    const struct vf_tree *t); /* the root's descriptor, owned by the tree; -1 when t is no directory tree */

#endif
