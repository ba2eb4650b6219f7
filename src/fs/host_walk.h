/* outside_walk.h: the way to an absolute path below a directory that stands for `/`. Private to outside*.c.
 */
#ifndef VF_FS_HOST_WALK_H
#define VF_FS_HOST_WALK_H

#include "fs/sys_open.h"

/* Where a way ends: `name` in the directory `dir` is what stands there, and no link (unless the last link was
 * not to be followed). */
struct vf_way {
    int dir; /* owned, unless it is the root */
    int root;
    char name[VF_SYS_NAME]; /* "." for the root and behind a `..` */
    struct vf_stat st;
    struct vf_buf path; /* clean, without leading slash; "" is the root */
};

/* Walks `path` (a leading slash is not needed) from the root's descriptor. Links are followed, absolute ones
 * from the root again,
 * `..` at the root stays there: nothing outside root is ever reached. -1 with errno; then there is nothing to
 * release. */
int vf_way_walk(int root, struct vf_slice path, bool follow_last, struct vf_way *way);
void vf_way_release(struct vf_way *way);

#endif
