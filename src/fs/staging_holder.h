/* staging_holder.h: the directory `.venvfix-<16 hex>` beside a place, which holds the place's NAME while it
 * is being made, or while it is being removed. Private to staging.c and retire.c.
 *
 * In it: `lock` (flock held; its contents are the inode number of NAME, so that it is known whether NAME went
 * to its place), NAME/, `.gitignore`, and, where something has to be fetched first, `.scratch/`. */
#ifndef VF_FS_STAGING_HOLDER_H
#define VF_FS_STAGING_HOLDER_H

#include "fs/txn_dir.h"

struct vf_holder {
    int parent, dir, lock;  /* descriptors; -1 */
    const char *base;       /* NAME, in the arena */
    struct vf_slice prefix; /* in the arena */
    char name[40];          /* of the holder itself */
    struct vf_arena arena;
};

/* Finds the directory beside which the holder stands. Nothing is made. */
VF_MUST_CHECK enum vf_status vf_holder_init(struct vf_holder *h, struct vf_slice prefix, struct vf_err *err);
void vf_holder_release(struct vf_holder *h);
/* Makes the holder, empty but for its lock; one of ours that an earlier run left is removed first. VF_BUSY;
 * VF_EXISTS: not ours. */
VF_MUST_CHECK enum vf_status vf_holder_make(struct vf_holder *h, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_holder_note(struct vf_holder *h, uint64_t ino, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_holder_ignore(struct vf_holder *h,
                                              struct vf_err *err); /* writes .gitignore */
/* Name of the directory in it for what is needed meanwhile: another one than NAME. */
const char *vf_holder_scratch(const struct vf_holder *h);
/* Removes the holder made or found here, with NAME. */
VF_MUST_CHECK enum vf_status vf_holder_remove(struct vf_holder *h, struct vf_err *err);
/* Removes what an earlier run left; VF_OK when there is nothing. */
VF_MUST_CHECK enum vf_status vf_holder_clean(struct vf_holder *h, struct vf_err *err);
bool vf_holder_left(const struct vf_holder *h);
/* Nothing that we put there is there any more, or yet. */
bool vf_holder_empty(const struct vf_holder *h);
/* Inode number in the lock file; 0: none. */
uint64_t vf_holder_noted(const struct vf_holder *h);

#endif
