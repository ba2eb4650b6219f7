/* retire.h: a move by copying, as far as OLD is concerned: locked and marked before it is copied, removed
 * when NEW is complete, and nothing removed but what was copied.
 *
 * Call sequence:  begin -> [copy, vf_staging_begin .. ] -> note (into the staged NEW) -> [commit, proof] ->
 * finish
 *                       `-> cancel at any point before the commit, or when NEW was taken away again.
 * After a crash, resume on NEW finishes; before the commit, rolling back OLD's journal is all there is to do.
 *
 * While it lasts OLD has an identity that can be proven: its journal directory, state `leaving`, with a
 * random token, flushed before anything is copied. NEW's journal, state `retire`, names the same token and
 * the sha256 of the list of what was copied, which lies beside it (`copied`). Both are locked until the end.
 *
 * Removal: OLD is put aside by one rename, to `.venvfix-old-TOKEN` beside it, listed again and compared. If
 * anything differs it goes back to its name and stays whole. Else NEW's journal says `removing`, and exactly
 * the listed entries go, each compared once more. What somebody else wrote meanwhile stays, under OLD's name.
 * A mount point, and a directory whose parent cannot be written to, is emptied where it is.
 *
 * OLD is reached by the descriptors that begin opened, after a crash by a path whose directory holds the
 * token; never by a path alone, and never across a mount. */
#ifndef VF_FS_RETIRE_H
#define VF_FS_RETIRE_H

#include "fs/txn.h"

struct vf_retire;

enum vf_retire_outcome {
    VF_RETIRED,         /* OLD is gone */
    VF_RETIRE_EMPTIED,  /* all that was copied is gone, the directory itself could not be removed */
    VF_RETIRE_CHANGED,  /* OLD, or what is left of it, stays: `changed` lists what is not as it was copied */
    VF_RETIRE_NOT_OLD,  /* another directory is at OLD, or none, or another file system: left alone */
    VF_RETIRE_NOT_NEW,  /* NEW is not at its path any more: OLD stays */
    VF_RETIRE_UNPROVEN, /* the journal of the run that was cut off proves too little: OLD stays */
};

struct vf_retire_result {
    enum vf_retire_outcome outcome;
    struct vf_slice old;      /* where OLD was, or is when it stays; in the arena */
    struct vf_slice *changed; /* relative to OLD; in the arena */
    size_t n_changed;
    bool resumed;      /* by vf_retire_resume */
    int64_t copied_at; /* seconds since 1970 when the copy was complete; 0: not known */
};

/* fd: an open descriptor of OLD, whose directory has to be the one at `old` (VF_CHANGED). VF_BUSY: another
 * run is at work there. VF_EXISTS, VF_NOT_WRITABLE. */
VF_MUST_CHECK enum vf_status vf_retire_begin(const struct vf_key *key, int fd, struct vf_slice old,
                                             struct vf_slice new_prefix, struct vf_retire **out,
                                             struct vf_err *err);
/* Writes the journal into the staged NEW, and locks it. copied: the list made by the copy. */
VF_MUST_CHECK enum vf_status vf_retire_note(struct vf_retire *r, int staged, struct vf_slice copied,
                                            struct vf_err *err);
/* Removes OLD and both journals. Frees r. The result is in the arena. With an error OLD may be removed in
 * part, and the journals stay, so that resume can finish. */
VF_MUST_CHECK enum vf_status vf_retire_finish(struct vf_retire *r, const struct vf_hooks *hooks,
                                              struct vf_arena *a, struct vf_retire_result *res,
                                              struct vf_err *err);
/* Takes the journal out of OLD. Frees r. */
VF_MUST_CHECK enum vf_status vf_retire_cancel(struct vf_retire *r, struct vf_err *err);
/* After the commit: OLD and NEW both stay, and nothing is left to be finished. Both journals go. Frees r. */
VF_MUST_CHECK enum vf_status vf_retire_keep(struct vf_retire *r, struct vf_err *err);
/* Finishes from the journal in the environment at new_prefix. VF_NOT_FOUND: it has none. VF_BUSY. */
VF_MUST_CHECK enum vf_status vf_retire_resume(const struct vf_key *key, struct vf_slice new_prefix,
                                              const struct vf_hooks *hooks, struct vf_arena *a,
                                              struct vf_retire_result *res, struct vf_err *err);

#endif
