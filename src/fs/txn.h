/* txn.h: the transaction that brings edits into an environment in place, optionally around one rename of its
 * directory, so that at every instant, also after SIGKILL or power loss, there is the old or the new
 * environment or a journal from which the next run rolls forward or back (docs/architecture.md).
 *
 * Call sequence:  begin -> stage (each edit) -> seal -> [move] -> apply -> (proof by the caller) -> finish
 *                                                                 `-> roll_back at any point after begin.
 *
 * On disk: ENV/.venvfix/ (0700) with `lock` (flock held), `journal` (text, one field a line, names escaped;
 * says version, verb, inode of the root and of the journal directory, old and new place, for each edit kind,
 * path, inode of the new file, sha256 of old and new contents), `new/<n>` (staged files and links, and after
 * apply: the originals), `state` (none yet: staged; sealed | done | rollback | undone | retire | removing |
 * leaving). Edits are applied by RENAME_EXCHANGE of new/<n> with the target, after its dev/ino/size/mtime
 * were compared again with what was staged from (VF_CHANGED otherwise); a deletion is a rename of the target
 * to new/<n>; a new file a rename out of it.
 *
 * Trust: a journal is replayed only if the directory belongs to the caller's euid, is 0700, carries a MAC
 * made with the user's secret (`key`), names the inode numbers of this root, of the journal directory and of
 * each new file, and the lock file by inode number, last change and birth. Every path in it is relative,
 * without
 * `..`, and opened without following links. A journal without a MAC, which a run leaves that has no secret
 * (`key` NULL or not known), is replayed by the same numbers inside the root only: no rename of the root, no
 * removal of another directory. Anything else is VF_TXN_FOREIGN. */
#ifndef VF_FS_TXN_H
#define VF_FS_TXN_H

#include "base/hooks.h"
#include "fs/edit.h"
#include "fs/key.h"
#include "fs/tree.h"

#define VF_TXN_DIR ".venvfix"

enum vf_txn_state {
    VF_TXN_NONE,      /* no journal directory */
    VF_TXN_BUSY,      /* another process holds the lock */
    VF_TXN_STAGED,    /* not sealed: nothing was changed; rolling back only removes the directory */
    VF_TXN_COMMITTED, /* complete: roll forward (edits may be partly applied; the rename may or may not have
                      happened) */
    VF_TXN_ROLLBACK,  /* was being rolled back */
    VF_TXN_LEAVING,   /* OLD of a copying move, which was cut off; rolling back only removes the directory */
    VF_TXN_RETIRE,    /* NEW is complete; what is left of OLD is to be removed (copying move) */
    VF_TXN_FOREIGN    /* not trustworthy: a finding, never input */
};

struct vf_txn_info {
    enum vf_txn_state state;
    const char *verb;         /* "fix" or "move"; static */
    struct vf_slice from, to; /* absolute places; equal for fix; in the arena given */
    unsigned char token[32];  /* RETIRE, LEAVING: the same in OLD and NEW; else zeros */
    const char *why_foreign;  /* static, or NULL */
    struct vf_slice *retimed; /* directories ("." is the root) whose time of change is that of the run that
                                 was cut off, which could not put it back; in the arena given */
    size_t n_retimed;
    bool done; /* SEALED: applied and proven already, only the journal is left: apply does nothing, finish
                  removes it */
};

struct vf_txn;

/* Looks at the journal of the environment directory `root` (absolute or cwd-relative), without changing
 * anything. */
VF_MUST_CHECK enum vf_status vf_txn_inspect(const struct vf_key *key, struct vf_slice root,
                                            struct vf_arena *a, struct vf_txn_info *info, struct vf_err *err);

/* Makes the journal directory in the environment and takes the lock. from, to: absolute places as typed
 * (equal for fix). VF_EXISTS when there is one already (call vf_txn_inspect first), VF_NOT_WRITABLE, VF_BUSY.
 */
VF_MUST_CHECK enum vf_status vf_txn_begin(const struct vf_key *key, struct vf_slice root, const char *verb,
                                          struct vf_slice from, struct vf_slice to, struct vf_txn **out,
                                          struct vf_err *err);
/* The same in a directory that is open for reading, whatever the path leads to by now. */
VF_MUST_CHECK enum vf_status vf_txn_begin_in(const struct vf_key *key, int root, const char *verb,
                                             struct vf_slice from, struct vf_slice to, struct vf_txn **out,
                                             struct vf_err *err);
/* Writes the new file of one edit into the journal directory, with the attributes of the original (seal
 * flushes all of them at once). The original is read through no link; VF_CHANGED when splices do not fit. */
VF_MUST_CHECK enum vf_status vf_txn_stage(struct vf_txn *t, const struct vf_edit *e, struct vf_err *err);
/* Writes VF_TXN_DIR "/probe", 0700, with these contents: the stub that proves a header by being started. Any
 * time before finish. */
VF_MUST_CHECK enum vf_status vf_txn_write_stub(struct vf_txn *t, struct vf_slice contents,
                                               struct vf_err *err);
/* Journal written and fsynced, state sealed. After this a crash rolls forward. */
VF_MUST_CHECK enum vf_status vf_txn_write_commit_record(struct vf_txn *t, struct vf_err *err);
/* One renameat2(OLD, NEW, NOREPLACE). VF_CROSS_DEVICE (EXDEV), VF_BUSY (EBUSY: a mount point): nothing is
 * changed; the caller rolls back and copies. VF_EXISTS. */
VF_MUST_CHECK enum vf_status vf_txn_move(struct vf_txn *t, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_txn_apply(struct vf_txn *t, const struct vf_hooks *hooks, struct vf_err *err);
/* The last look before finish: VF_CHANGED when a file that was replaced is not what its edit was made from
 * any more, or when the new path does not lead to the environment. The caller rolls back. */
VF_MUST_CHECK enum vf_status vf_txn_verify(struct vf_txn *t, struct vf_err *err);
/* After a move: did somebody make the old path again? */
bool vf_txn_old_is_back(struct vf_txn *t);
/* Everything back as it was before begin; frees t. */
VF_MUST_CHECK enum vf_status vf_txn_roll_back(struct vf_txn *t, struct vf_err *err);
/* Removes the journal directory (with the originals) and frees t. */
VF_MUST_CHECK enum vf_status vf_txn_finish(struct vf_txn *t, struct vf_err *err);
/* Opens an unfinished journal (state STAGED, SEALED or ROLLBACK) so that apply + finish, or roll_back, can be
 * called. For SEALED with a rename that did not happen yet (root still at `from`), *moved is false. */
VF_MUST_CHECK enum vf_status vf_txn_resume(const struct vf_key *key, struct vf_slice root,
                                           struct vf_txn **out, bool *moved, struct vf_err *err);
void vf_txn_abandon(struct vf_txn *t); /* frees memory and the lock, leaves the disk as it is */

/* --- staging directories beside NEW, and retiring OLD (copying verbs) --- */

/* `.venvfix-<16 hex of sha256 of NAME>` beside `place`, with a `.gitignore` of `*`, holding an empty
 * directory NAME. An earlier one of ours that was left is removed first (same owner, 0700, holding our lock
 * file; else VF_BUSY or VF_EXISTS). */
struct vf_staging;
VF_MUST_CHECK enum vf_status vf_staging_begin(struct vf_slice prefix, struct vf_staging **out,
                                              struct vf_err *err);
int vf_staging_fd(const struct vf_staging *s);               /* descriptor of the staged NAME directory */
struct vf_slice vf_staging_path(const struct vf_staging *s); /* its absolute path */
/* Makes a directory beside NAME for what is needed meanwhile (0700); it goes with the staging directory.
 * *path: absolute, lives as long as s. */
VF_MUST_CHECK enum vf_status vf_staging_scratch(struct vf_staging *s, struct vf_slice *path,
                                                struct vf_err *err);
/* What is at `prefix` now, a directory, is to be replaced: commit exchanges the two, and the previous one is
 * in the staging directory until vf_staging_end. VF_NOT_FOUND: there is no directory. */
VF_MUST_CHECK enum vf_status vf_staging_replace(struct vf_staging *s, struct vf_err *err);
/* After a commit that replaced: the previous directory goes to `keep`, which is on the same file system and
 * not there yet (VF_EXISTS, VF_CROSS_DEVICE). */
VF_MUST_CHECK enum vf_status vf_staging_keep(struct vf_staging *s, struct vf_slice keep, struct vf_err *err);
/* The same for what a run left that was cut off behind its commit; nothing to do where it replaced nothing.
 */
VF_MUST_CHECK enum vf_status vf_staging_keep_left(struct vf_slice prefix, struct vf_slice keep,
                                                  struct vf_err *err);
/* Is what an earlier run left the only whole directory of this name: it was replaced, and `prefix` is gone?
 */
bool vf_staging_holds_previous(struct vf_slice prefix);
/* syncfs, then one rename to `prefix` (NOREPLACE), staging directory removed. On failure (VF_EXISTS) all is
 * taken away again and s is freed; else s waits for vf_staging_end or vf_staging_take_back. *unflushed: errno
 * of the flush behind the rename, else 0. Then `prefix` is there and complete, but the disk may not have its
 * name: a caller removes nothing that would be the only copy after a crash. */
VF_MUST_CHECK enum vf_status vf_staging_commit(struct vf_staging *s, int *unflushed, struct vf_err *err);
/* Frees s. What was replaced is removed, and the staging directory with it; what cannot be removed stays
 * there, for the next run. */
void vf_staging_end(struct vf_staging *s);
void vf_staging_abandon(struct vf_staging *s); /* frees s; the disk stays as it is */
/* After commit (the proof failed there): away by one rename, then removed; by the descriptors of the
 * directory in which it was made, whatever its path leads to by now. VF_CHANGED: another directory has its
 * name. Frees s. *stays: it failed, and what was made still has its name; else at most the staging directory
 * is left, which the next run removes. */
VF_MUST_CHECK enum vf_status vf_staging_take_back(struct vf_staging *s, bool *stays, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_staging_drop(struct vf_staging *s,
                                             struct vf_err *err); /* removes it all; frees s */
/* Is there an unfinished staging directory of ours for this place? */
bool vf_staging_left(struct vf_slice prefix);
/* Was it left after its rename, so that `place` is complete? Ask before vf_staging_clean or vf_staging_begin.
 */
bool vf_staging_committed(struct vf_slice prefix);
/* Removes what vf_staging_left sees. VF_BUSY: another run is at work. */
VF_MUST_CHECK enum vf_status vf_staging_clean(struct vf_slice prefix, struct vf_err *err);

#endif
