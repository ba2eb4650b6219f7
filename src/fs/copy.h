/* copy.h: copies a tree on disk into an empty directory, edits applied on the way (docs/architecture.md:
 * recreate, and move where one rename cannot do it). Several writers; reflink, else copy_file_range; hard
 * links inside the tree kept (an edited file becomes an inode of its own, shared by the names that are edited
 * alike); modes, owners (as root), xattrs and mtimes kept, of directories too; special files are not copied:
 * `skipped` counts them. A journal directory at its
 * root is never copied; names in `omit` (relative paths) are left out, too. Removes nothing when it fails:
 * the caller drops the staging directory. */
#ifndef VF_FS_COPY_H
#define VF_FS_COPY_H

#include "base/hooks.h"
#include "fs/edit.h"
#include "fs/tree.h"

enum vf_link_mode { VF_LINK_AUTO, VF_LINK_REFLINK, VF_LINK_COPY };
struct vf_copy_opts {
    enum vf_link_mode mode;
    const struct vf_slice *omit;
    size_t n_omit;
    bool sync;               /* syncfs at the end */
    struct vf_buf *not_kept; /* gets, for each attribute that a copy could not keep, the path, NUL, what it is
                                ("xattr", "capability"; "hardlink": another
                                name in the tree was the same file), NUL; in no order; NULL: not wanted */
    struct vf_buf *copied;   /* gets the list of what was copied (copied.h); NULL: not wanted */
};
struct vf_copy_result {
    uint64_t files, bytes, links, dirs, skipped, cloned;
};
VF_MUST_CHECK enum vf_status vf_copy_tree(int src_root, int dst_root, const struct vf_edits *edits,
                                          const struct vf_copy_opts *opts, const struct vf_hooks *hooks,
                                          struct vf_copy_result *res, struct vf_err *err);

#endif
