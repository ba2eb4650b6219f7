/* whole.h: a file that appears whole or not at all: written beside its name, renamed when it is complete and
 * on the disk. What is at the name already is never replaced. The process's umask applies. What a
 * killed run left beside it is removed when the next file is opened in that directory: such a file has a name
 * of ours, is the user's own, and nobody holds its lock. */
#ifndef VF_FS_ATOMIC_FILE_H
#define VF_FS_ATOMIC_FILE_H

#include "base/err.h"

/* Zero-initialise. */
struct vf_atomic_file {
    bool open;
    bool replace; /* a file of that name is replaced */
    int dir, fd;
    uint64_t unflushed;         /* bytes written since the disk was last told to begin */
    char temp[64];              /* name in dir */
    struct vf_slice path, base; /* the file and its last component; borrowed */
};

/* `path` is absolute and clean. VF_EXISTS, VF_NO_PARENT, VF_NOT_WRITABLE and the like. */
VF_MUST_CHECK enum vf_status vf_atomic_file_open(struct vf_slice path, struct vf_atomic_file *out,
                                                 struct vf_err *err);
/* The same, but a regular file of that name is replaced at commit. */
VF_MUST_CHECK enum vf_status vf_atomic_file_open_to_replace(struct vf_slice path, struct vf_atomic_file *out,
                                                            struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_atomic_file_write(struct vf_atomic_file *w, struct vf_slice bytes,
                                                  struct vf_err *err);
/* To the disk, then to its name. Whatever comes of it, the file is closed. After a failure it is gone; but
 * one that replaced another stays when only the flush of its name failed, and the error says so. */
VF_MUST_CHECK enum vf_status vf_atomic_file_commit(struct vf_atomic_file *w, struct vf_err *err);
/* Removes what was written; nothing when it is not open. */
void vf_atomic_file_abandon(struct vf_atomic_file *w);

#endif
