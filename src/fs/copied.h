/* copied.h: what was copied from a tree, so that later exactly that, and nothing else, is removed from it.
 *
 * The list is kept as bytes, one record for each file, link, directory and special file, in the order of the
 * copy: `KIND INODE NAMES SIZE MTIME CTIME PATH` and a NUL. KIND is f, l, d or s; times are nanoseconds since
 * 1970; of a directory the size is its mode. Of the root only kind, inode and mode count, since our own
 * rename and journal change its times.
 *
 * Removal goes by descriptors below the root, follows no link, crosses no mount, and compares each entry once
 * more right before it goes. It keeps its first error and goes on. */
#ifndef VF_FS_COPIED_H
#define VF_FS_COPIED_H

#include "fs/copy_list.h"

void vf_copied_put(struct vf_buf *out, const struct vf_copy_list *l);

/* Lists what is in the tree now, without making anything (l->dst is -1). The journal directory of the root is
 * left out. Release it with vf_copy_list_release, also after an error. */
VF_MUST_CHECK enum vf_status vf_copied_list(int root, const struct vf_hooks *hooks, struct vf_copy_list *l,
                                            struct vf_err *err);
/* Appends the paths (struct vf_slice, in the arena) of all that differs between `was` and `now`: changed, new
 * or gone, and mounts; entries of `now` that differ are marked to be kept. `begun`: a removal was cut off, so
 * what is gone and the times of directories say nothing. VF_MALFORMED: `was` is not such a list. */
VF_MUST_CHECK enum vf_status vf_copied_compare(struct vf_slice was, struct vf_copy_list *now, bool begun,
                                               struct vf_arena *a, struct vf_vec *changed,
                                               struct vf_err *err);
/* Removes everything in `now` that is not to be kept and is still what was listed; the root itself and its
 * journal stay. Goes on after an error and returns the first one. */
VF_MUST_CHECK enum vf_status vf_copied_remove(const struct vf_copy_list *now, struct vf_err *err);
/* Appends the paths of everything in the list but its root: after a removal, what is left. */
VF_MUST_CHECK enum vf_status vf_copied_rest(const struct vf_copy_list *now, struct vf_arena *a,
                                            struct vf_vec *left, struct vf_err *err);

#endif
