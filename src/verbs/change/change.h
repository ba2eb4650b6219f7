/* change.h: recreate, move and fix: one engine, three uses (docs/architecture.md). For src/verbs only.
 *
 *   resume  (change_resume.c)  what an earlier run left is finished or taken back, before anything is refused
 *   refuse  (change_refuse.c)  everything that speaks against it, before anything is touched
 *   examine (change.c)         open, scan, judge, plan, prove
 *   carry out: in place (change_place.c: fix, and move by one rename) or by copying (change_copy.c) */
#ifndef VF_VERBS_CHANGE_CHANGE_H
#define VF_VERBS_CHANGE_CHANGE_H

#include "fs/retire.h"
#include "relocate/prove.h"
#include "verbs/result.h"

struct vf_change {
    struct vf_session s;
    const struct venvfix_change_options *o;
    struct venvfix_change_result *r;
    struct vf_slice from, to; /* absolute, as typed; equal for fix */
    struct vf_env *env;
    struct vf_base_python base; /* another base interpreter, when env->params.base is set */
    struct vf_findings findings;
    struct vf_plan plan;
    struct vf_proofs proofs;
    bool finished;                   /* resume did all there was to do */
    bool journal_kept;               /* what failed could not be taken back: the next run does it */
    struct vf_vec not_kept;          /* of struct venvfix_not_kept, sorted when it is reported */
    int unflushed;                   /* errno: NEW was made, and the disk did not confirm its name */
    bool new_stays;                  /* NEW was made and is not right, and could not be removed again */
    bool from_file;                  /* FROM is a list, a lock file or a bundle */
    struct vf_change_bundle *bundle; /* --bundle, as far as it is written; NULL */
};

/* --replace and --keep (replace.c): what is at NEW may be replaced; where the previous one goes. */
VF_MUST_CHECK enum vf_status vf_change_may_replace(struct vf_change *c);
VF_MUST_CHECK enum vf_status vf_change_begin_replace(struct vf_change *c, struct vf_staging *s);
/* NEW is there and works: the previous one is kept or removed. Frees s. */
VF_MUST_CHECK enum vf_status vf_change_end_staging(struct vf_change *c, struct vf_staging *s);
VF_MUST_CHECK enum vf_status vf_change_resume_replace(struct vf_change *c, bool committed);

/* fix --compile (compile.c): the compiled files are made again, by the environment's interpreter, with the
 * path that is written for inside. What failed is a note and exit 1. */
VF_MUST_CHECK enum vf_status vf_change_compile(struct vf_change *c);

/* undo.c: what the edits of a fix replace is kept, before they are applied; and taken back by `fix --undo`.
 */
VF_MUST_CHECK enum vf_status vf_change_keep_undo(struct vf_change *c);
VF_MUST_CHECK enum vf_status vf_change_undo(struct vf_change *c);

/* --bundle (change_bundle.c): before anything is touched; and at the end, whatever came of it. */
VF_MUST_CHECK enum vf_status vf_change_bundle_first(struct vf_change *c);
void vf_change_bundle_last(struct vf_change *c, enum vf_status st);

/* maps.c: --map into p->maps. VF_USAGE: not OLD=NEW, or nothing at NEW. */
VF_MUST_CHECK enum vf_status vf_change_read_maps(struct vf_change *c, struct vf_env_params *p);
/* base.c: sets env->params.base where --python asks for it or the base is missing. VF_NO_BASE, and
 * VF_INCOMPATIBLE for another minor version. */
VF_MUST_CHECK enum vf_status vf_change_choose_base(struct vf_change *c);
VF_MUST_CHECK enum vf_status vf_change_resume(struct vf_change *c);
/* Before the environment is opened: places. */
VF_MUST_CHECK enum vf_status vf_change_refuse_places(struct vf_change *c);
/* After it was scanned: what is in it. */
VF_MUST_CHECK enum vf_status vf_change_refuse_contents(struct vf_change *c);
/* fix, or move with one rename. VF_CROSS_DEVICE: the rename cannot do it, nothing was changed. */
VF_MUST_CHECK enum vf_status vf_change_in_place(struct vf_change *c);
VF_MUST_CHECK enum vf_status vf_change_by_copy(struct vf_change *c);
void vf_change_report_proofs(struct vf_change *c);
/* The started interpreter has to find what is installed, unless an error about it was known before the start.
 * VF_PROOF_FAILED names the module. */
VF_MUST_CHECK enum vf_status vf_change_require_packages(struct vf_change *c);
/* A proof at NEW failed (the error is set): what was committed there is removed again. Frees s. Where NEW
 * stays nevertheless, that is not "nothing was changed": the error becomes a note, exit 1, c->new_stays and
 * VF_OK. */
VF_MUST_CHECK enum vf_status vf_change_take_back(struct vf_change *c, struct vf_staging *s);
/* "cannot remove PATH: why", of an error. */
void vf_change_put_error(struct vf_buf *b, const struct vf_err *e);
/* `what` of `path` (copied), which NEW or the repaired environment does not have any more. */
VF_MUST_CHECK enum vf_status vf_change_lost(struct vf_change *c, struct vf_slice path, const char *what);
void vf_change_report_lost(struct vf_change *c);
/* After the proof at NEW: a note and exit 1 when the disk did not confirm the rename (c->unflushed). */
void vf_change_note_unflushed(struct vf_change *c);
/* recreate: refuses an environment that another run is changing, and keeps others from it until the end. */
VF_MUST_CHECK enum vf_status vf_change_lock_source(struct vf_change *c);
/* What became of OLD (old.c) goes into the result: exit 1 when it stays. `st`: what removing it gave. */
VF_MUST_CHECK enum vf_status vf_change_report_retire(struct vf_change *c, enum vf_status st,
                                                     struct vf_slice at_new,
                                                     const struct vf_retire_result *res);
/* Removes the journal of a transaction that is applied and verified, and frees t. What cannot be removed is a
 * note: the environment is complete, and the next run removes it. */
struct vf_txn;
VF_MUST_CHECK enum vf_status vf_change_finish(struct vf_change *c, struct vf_txn *t, struct vf_slice root);
/* Is this finding to be listed after the change? */
bool vf_change_worth_a_warning(const struct vf_finding *fi);
/* Adds it to `out` when it is worth a warning. Exit becomes 1 when a reference is broken or astray
 * afterwards. */
VF_MUST_CHECK enum vf_status vf_change_add_warning(struct vf_change *c, const struct vf_finding *fi,
                                                   struct vf_findings *out);
/* A directory inside the environment is a mount of its own. */
bool vf_change_has_mounts(const struct vf_env *env);

#endif
