/* txn_dir.h: the journal directory ENV/.venvfix on disk: made, locked, read, judged, removed. Shared by the
 * transaction and by retiring; nobody else includes it.
 *
 * A journal is ours when its MAC was made with the user's secret, and when it names the inode numbers of the
 * root and of this directory, and the lock file by inode number, last change and birth: a copy or a backup
 * that was restored has other ones. One without a MAC (a run that had no secret) is ours by the same numbers,
 * but confined.
 *
 * Files in it: `lock` (empty, flock held by the owner), `journal` (txn_journal.h), `state` (one word), `new/`
 * (staged files, and originals), `copied` (copied.h), `probe` (an executable that proves a header),
 * `journal.new` and `state.new` (being written), `state.sealed` and `state.done` (written ahead, so that
 * these two changes of state cost one rename and one flush each). */
#ifndef VF_FS_TXN_DIR_H
#define VF_FS_TXN_DIR_H

#include "fs/sys.h"
#include "fs/txn.h"
#include "fs/txn_journal.h"

/* What `state` says. STAGED has no file: nothing was changed yet, or everything is over but for the directory
 * itself. */
enum vf_jstate {
    VF_JSTATE_STAGED,
    VF_JSTATE_COMMITTED, /* edits may be partly applied */
    VF_JSTATE_DONE,      /* applied and proven; the originals are being removed */
    VF_JSTATE_ROLLBACK,  /* edits may be partly undone */
    VF_JSTATE_UNDONE,    /* everything is back; the staged files are being removed */
    VF_JSTATE_RETIRE,   /* in NEW: the directory at `from` is to be removed, when it is still as it was copied
                         */
    VF_JSTATE_REMOVING, /* in NEW: it was, and is being removed */
    VF_JSTATE_LEAVING,  /* in OLD: it is being copied to `to`, and removed then */
    VF_JSTATES
};

struct vf_jdir {
    int root, dir, lock; /* descriptors; -1: not open */
    struct vf_stat root_st;
    enum vf_jstate state;
    struct vf_journal journal; /* in the arena */
    bool verified;             /* there is a journal, and it belongs to these directories */
    bool confined;             /* it has no MAC: nothing that it says may lead out of the root */
    struct vf_key key;         /* set by the caller */
    struct vf_arena arena;
};

void vf_jdir_init(struct vf_jdir *d);
void vf_jdir_release(struct vf_jdir *d); /* closes everything, and with it the lock; the disk stays */
/* Opens the environment directory. */
VF_MUST_CHECK enum vf_status vf_jdir_root(struct vf_jdir *d, struct vf_slice root, struct vf_err *err);
/* The same by a descriptor, which stays the caller's. */
VF_MUST_CHECK enum vf_status vf_jdir_root_fd(struct vf_jdir *d, int root, struct vf_slice path,
                                             struct vf_err *err);
void vf_jdir_close(struct vf_jdir *d); /* descriptors and locks; the arena stays */
/* Makes the directory and takes the lock, and one of the root itself. VF_EXISTS, VF_BUSY, VF_NOT_WRITABLE. */
VF_MUST_CHECK enum vf_status vf_jdir_make(struct vf_jdir *d, struct vf_err *err);
/* Opens what is there and reads it. *why: NULL, or why it is not to be trusted. VF_NOT_FOUND: there is none.
 * VF_BUSY. `take`: the lock is taken and kept; else it is only asked. */
VF_MUST_CHECK enum vf_status vf_jdir_open(struct vf_jdir *d, bool take, const char **why, struct vf_err *err);
/* Replaces a file by one with these contents: new file, fsync, rename; for the state an fsync of the
 * directory, too. Until the first state there is nothing that the journal's own name would have to survive
 * for. */
VF_MUST_CHECK enum vf_status vf_jdir_put_journal(struct vf_jdir *d, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_jdir_put_state(struct vf_jdir *d, enum vf_jstate state, struct vf_err *err);
/* The journal complete, and state sealed. `flush` is called (ctx, false) to start flushing what has to be on
 * disk by then, and (ctx, true) to wait for it: everything together, so that it costs few commits. */
typedef enum vf_status (*vf_flush_fn)(void *ctx, bool wait, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_jdir_write_commit_record(struct vf_jdir *d, vf_flush_fn flush, void *ctx,
                                                         struct vf_err *err);
/* The list of what was copied (copied.h): a file beside the journal, not flushed; read whole. */
VF_MUST_CHECK enum vf_status vf_jdir_put_copied(struct vf_jdir *d, struct vf_slice copied,
                                                struct vf_err *err);
VF_MUST_CHECK bool vf_jdir_read_copied(struct vf_jdir *d, struct vf_buf *out);
/* *name: something in the directory that we did not put there (in the arena), or NULL. */
VF_MUST_CHECK enum vf_status vf_jdir_stranger(struct vf_jdir *d, struct vf_arena *a, const char **name,
                                              struct vf_err *err);
/* Removes the directory: only what we put there; anything else stops it. */
VF_MUST_CHECK enum vf_status vf_jdir_remove(struct vf_jdir *d, struct vf_err *err);

/* --- small things that the neighbours need, too --- */

/* Workers for calls that only wait for the disk (fsync, the blocks of a removed file): more than there are
 * processors. */
extern const struct vf_hooks vf_disk_waiters;

/* Takes the lock file `name` of directory dir; `make`: it must not be there yet. *fd: open and locked.
 * VF_BUSY when somebody else holds it or took it away meanwhile. */
VF_MUST_CHECK enum vf_status vf_lock_take(int dir, const char *name, bool make, int *fd, struct vf_err *err);
bool vf_lock_held(int dir, const char *name); /* by another open file */
/* stat of dir/name, no link followed: kind NONE when there is nothing or it cannot be seen. */
struct vf_stat vf_stat_at(int dir, const char *name);
/* The directory that holds the absolute `place`, opened for reading, and the last component in *base (in the
 * arena). Links in the directories above are followed: the place is a path that somebody typed. */
VF_MUST_CHECK enum vf_status vf_prefix_parent(struct vf_slice prefix, struct vf_arena *a, int *fd,
                                              const char **base, struct vf_err *err);
/* The times of a directory, to be put back after a rename in it. Failure is none of ours: the times are lost
 * then. */
void vf_times_keep(int dir, struct vf_stat *keep);
void vf_times_restore(int dir, const struct vf_stat *keep);
/* A new empty file for writing, never an existing one. -1 with errno. */
int vf_file_make(int dir, const char *name);
/* fsync that a file system without it may refuse. 0 or -1 with errno. */
int vf_file_sync(int fd);
/* Cuts slashes off the end. */
struct vf_slice vf_prefix_trim(struct vf_slice prefix);

#endif
