/* outside.h: the host around an environment, read-only: does an absolute path exist, what is it, where does it lead. Rooted
 * at `/`, or at the directory given by --root (links are then resolved inside it). Tests replace it. */
#ifndef VF_FS_OUTSIDE_H
#define VF_FS_OUTSIDE_H

#include "fs/tree.h"

struct vf_outside;
struct vf_outside_ops {
    /* What stands at the absolute path, links followed; `executable`: any x bit of a regular file. NONE: nothing, or not to be
     * seen: *unseen is set when the reason is not ENOENT/ENOTDIR/ELOOP. */
    enum vf_kind (*kind)(struct vf_outside *, struct vf_slice path, struct vf_stat *st, bool *unseen);
    /* Every link resolved. False when it does not exist. */
    bool (*resolve)(struct vf_outside *, struct vf_slice path, struct vf_buf *out);
    /* The target of the link that stands there, not followed. False when it is no link. */
    bool (*readlink)(struct vf_outside *, struct vf_slice path, struct vf_buf *out);
    enum vf_status (*read)(struct vf_outside *, struct vf_slice path, uint64_t cap, struct vf_arena *, struct vf_slice *,
                           struct vf_err *);
    void (*free)(struct vf_outside *);
};
struct vf_outside { /* makers embed this first */
    const struct vf_outside_ops *ops;
};

/* root: "/" or the directory of --root (VF_NOT_FOUND when it is not there). */
VF_MUST_CHECK enum vf_status vf_outside_open(struct vf_slice root, struct vf_outside **out, struct vf_err *err);
void vf_outside_free(struct vf_outside *o);
enum vf_kind vf_outside_kind(struct vf_outside *o, struct vf_slice path, struct vf_stat *st /* may be NULL */);
bool vf_outside_exists(struct vf_outside *o, struct vf_slice path);
bool vf_outside_executable(struct vf_outside *o, struct vf_slice path); /* a regular file with an x bit, links followed */
bool vf_outside_resolve(struct vf_outside *o, struct vf_slice path, struct vf_buf *out);
bool vf_outside_readlink(struct vf_outside *o, struct vf_slice path, struct vf_buf *out);
VF_MUST_CHECK enum vf_status vf_outside_read(struct vf_outside *o, struct vf_slice path, uint64_t cap, struct vf_arena *a,
                                             struct vf_slice *out, struct vf_err *err);
/* The same directory or file (dev, ino)? False when either is missing. */
bool vf_outside_same(struct vf_outside *o, struct vf_slice a, struct vf_slice b);
/* Regular-file or directory names in a directory, sorted; empty when it cannot be listed. For `home/python3*`, landmarks. */
VF_MUST_CHECK enum vf_status vf_outside_cwd(struct vf_arena *a, struct vf_slice *out, struct vf_err *err);

#endif
