/* create.h: new files in a tree that is being built (a staging directory). Nothing is ever replaced, and no
 * link is followed. The process's umask applies. */
#ifndef VF_FS_CREATE_H
#define VF_FS_CREATE_H

#include "base/err.h"

/* Is the first component `.venvfix`, or does it begin with `.venvfix-`, in any case: a journal or a staging
 * directory of ours. No function here makes anything there (VF_BAD_ARCHIVE): what comes from a wheel or a
 * bundle must not look like a journal. */
bool vf_create_is_reserved(struct vf_slice rel);

/* A file being written; zero-initialise. */
struct vf_new_file {
    int fd;
    struct vf_slice path; /* below the root; borrowed, for errors */
};

/* Makes root/rel, 0666 or with all execute bits; its directory must be there. VF_EXISTS: something stands
 * there. */
VF_MUST_CHECK enum vf_status vf_create_file(int root, struct vf_slice rel, bool executable,
                                            struct vf_new_file *out, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_create_write(const struct vf_new_file *f, struct vf_slice bytes,
                                             struct vf_err *err);
/* Closes; `st` is what became of it so far and is returned when it is not VF_OK. */
VF_MUST_CHECK enum vf_status vf_create_close(struct vf_new_file *f, enum vf_status st, struct vf_err *err);
/* Gives a file that was made here all execute bits. */
VF_MUST_CHECK enum vf_status vf_create_executable(int root, struct vf_slice rel, struct vf_err *err);
/* The whole file in one call. */
VF_MUST_CHECK enum vf_status vf_create_complete(int root, struct vf_slice rel, bool executable,
                                                struct vf_slice bytes, struct vf_err *err);
/* A symbolic link. */
VF_MUST_CHECK enum vf_status vf_create_link(int root, struct vf_slice rel, struct vf_slice target,
                                            struct vf_err *err);
/* The directory root/rel, 0777; the one above must be there. That it is there already is fine; VF_EXISTS when
 * something else is. */
VF_MUST_CHECK enum vf_status vf_create_dir(int root, struct vf_slice rel, struct vf_err *err);

#endif
