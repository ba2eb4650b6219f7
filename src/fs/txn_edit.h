/* txn_edit.h: the transaction's own state, and one edit of it: staged, brought in, taken back. Private to
 * txn*.c. */
#ifndef VF_FS_TXN_EDIT_H
#define VF_FS_TXN_EDIT_H

#include "fs/txn_dir.h"

/* The directory above the environment at one end of a move, and the environment's name in it. */
struct vf_held {
    int fd;
    const char *base; /* NULL: not opened yet */
};

struct vf_txn {
    struct vf_jdir d;
    struct vf_held from, to;
    int news;            /* descriptor of .venvfix/new */
    struct vf_vec edits; /* of struct vf_jedit, in d.arena; also d.journal.v once sealed */
    struct vf_map paths; /* of the edits */
    struct vf_map twins; /* of edited files with several names: (device, inode, new sum) -> edit */
    bool resumed;        /* read from disk, not made by this process */
    int parent;          /* descriptor of the directory that was used last; -1: none */
    struct vf_slice parent_path;
};

/* The directory (relative to the root, "" for the root itself), opened for reading without following a link.
 * Owned by t, valid until the next call. -1 with errno. */
int vf_txn_parent(struct vf_txn *t, struct vf_slice dir);

/* Appends to out (of struct vf_slice, in a) the directories, "." for the root, whose times of change the run
 * that was cut off could not put back (txn_times.c). */
VF_MUST_CHECK enum vf_status vf_txn_retimed(struct vf_txn *t, struct vf_arena *a, struct vf_vec *out,
                                            struct vf_err *err);

/* --- the rename (txn_rename.c) --- */

enum vf_end { VF_END_FROM, VF_END_TO };
bool vf_txn_stays(const struct vf_txn *t); /* there is no rename */
/* Opens the directories above both ends. VF_CHANGED: `from` does not lead to the environment. */
VF_MUST_CHECK enum vf_status vf_txn_hold_parents(struct vf_txn *t, struct vf_err *err);
void vf_txn_release_parents(struct vf_txn *t);
/* Is the environment directory at this end, under a name of its own (not a link)? */
bool vf_txn_is_at(struct vf_txn *t, enum vf_end end);
/* Is anything there at all? False where the directory above was not opened. */
bool vf_txn_is_taken(struct vf_txn *t, enum vf_end end);
/* Does the new path, looked up again, lead to the environment? VF_CHANGED. */
VF_MUST_CHECK enum vf_status vf_txn_check_path(struct vf_txn *t, struct vf_err *err);
/* One rename to this end, and both directories above made durable. */
VF_MUST_CHECK enum vf_status vf_txn_rename_root(struct vf_txn *t, enum vf_end to, struct vf_err *err);

/* Names in .venvfix/new of edit i: the staged file, and where an original stands aside when names cannot be
 * exchanged. */
struct vf_txn_names {
    char staged[24], aside[32];
};
struct vf_txn_names vf_txn_names(size_t i);

/* Writes the new file of e into new/, and fills *j. */
VF_MUST_CHECK enum vf_status vf_txn_stage_one(struct vf_txn *t, const struct vf_edit *e, size_t i,
                                              struct vf_jedit *j, struct vf_err *err);
/* Brings edit i in, or takes it back, from whatever instant it is at. VF_CHANGED: somebody else changed the
 * file meanwhile. */
VF_MUST_CHECK enum vf_status vf_txn_forward(struct vf_txn *t, size_t i, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_txn_back(struct vf_txn *t, size_t i, struct vf_err *err);
/* Edit i is applied: is what it replaced still what it was made from? Who had the file open may have written
 * to it since. VF_CHANGED: the edit has to be taken back, which brings what he wrote back under its name. */
VF_MUST_CHECK enum vf_status vf_txn_verify_one(struct vf_txn *t, size_t i, struct vf_err *err);
/* May edit i be at any instant that a run of ours leaves: is its new file, by inode number, in new/ or in
 * place, or gone from both because somebody replaced it after it was applied? */
bool vf_txn_plausible(struct vf_txn *t, size_t i);
/* Is the file the journal's one: kind, inode, size, mtime. */
bool vf_jfile_same(const struct vf_jfile *f, const struct vf_stat *st);

#endif
