/* copy_list.h: the list of a tree that is to be copied, made in one go together with its empty directories.
 * Private to copy*.c. */
#ifndef VF_FS_COPY_LIST_H
#define VF_FS_COPY_LIST_H

#include "fs/copy.h"

struct vf_copy_entry { /* anything but a directory; special files are listed, not copied */
    const char *name;
    const char *target; /* of a link */
    struct vf_stat st;
    bool keep;                     /* not to be removed (copied.h) */
    bool again;                    /* another name of a file that is copied under its first name */
    size_t first_dir, first_entry; /* `again`: that one */
};

struct vf_copy_dir {
    struct vf_slice path; /* relative to the root; "" is the root; NUL behind it */
    struct vf_stat st;
    struct vf_copy_entry *v; /* sorted by name */
    size_t n;
    /* while listing: names of directories below, in the order of their bytes */
    struct vf_copy_dir *below;
    size_t n_below;
    bool mount;       /* listing without a target: another file system, not entered */
    uint64_t skipped; /* special files here */
};

struct vf_copy_list {
    int src, dst; /* roots; dst -1: nothing is made, and no mount is entered */
    const struct vf_copy_opts *opts;
    const struct vf_hooks *hooks;
    struct vf_copy_dir *dirs; /* parents before children; in arenas[0] */
    size_t n;
    struct vf_arena *arenas; /* one per worker */
    unsigned n_arenas;
};

/* Lists src, without the journal directory at its root, and makes the directories of it in dst, mode 0700.
 * Owned by l: vf_copy_list_release. */
VF_MUST_CHECK enum vf_status vf_copy_list_make(struct vf_copy_list *l, struct vf_err *err);
void vf_copy_list_release(struct vf_copy_list *l);
struct vf_slice vf_copy_path(struct vf_buf *tmp, const struct vf_copy_dir *d,
                             const char *name); /* valid until tmp changes */

#endif
