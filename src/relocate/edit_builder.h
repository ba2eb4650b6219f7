/* draft.h: edits while they are being gathered: one draft a file, splices in any order. For src/relocate
 * only. */
#ifndef VF_RELOCATE_EDIT_BUILDER_H
#define VF_RELOCATE_EDIT_BUILDER_H

#include "relocate/plan.h"
#include "syntax/text.h"

struct vf_edit_builder {
    uint32_t file;
    enum vf_edit_kind kind;
    struct vf_vec splices;  /* struct vf_splice: by offset, none overlaps another */
    struct vf_slice bytes;  /* of the file as it is; p NULL until read */
    struct vf_slice target; /* LINK */
    const char *rule;
    uint32_t count;
};

/* A RECORD row that changes. */
struct vf_row_change {
    uint32_t row;
    struct vf_slice path;   /* p NULL: stays */
    struct vf_slice digest; /* n 0: stays */
    uint64_t size;
    bool set_size;
};

/* An edited reference whose old target exists. */
struct vf_followed {
    uint32_t file;
    enum vf_role role;
    uint64_t off;
    struct vf_slice was, now; /* what it names, and is to name */
};

/* An edit that would break a reference that resolves. */
struct vf_refused_edit {
    const char *why;
};

struct vf_edit_builders {
    struct vf_plan *plan;
    struct vf_vec v;       /* struct vf_edit_builder */
    struct vf_map by_file; /* path -> index into v */
    struct vf_vec *rows;   /* struct vf_row_change, of each distribution */
    uint32_t **row_change; /* of each distribution, where one of its rows changes: of each row, 1 + its index
                              in rows; 0: it stays */
    uint32_t *present;     /* the places that the environment is at now */
    size_t n_present;
    struct { /* flaws of one kind in one file are repaired all at once */
        uint32_t file;
        enum vf_rule rule;
        bool refused;
    } repaired;
    struct vf_vec followed; /* struct vf_followed */
    struct vf_arena scratch;
    struct vf_write_ctx target;
    struct vf_text_memo memo; /* of the file that was written last */
    uint32_t memo_file;
    /* from an earlier planning of the same findings; in an arena that outlives the scratch */
    struct vf_arena *refused_arena;
    struct vf_vec refused;    /* struct vf_refused_edit */
    struct vf_map refused_at; /* file and offset -> index into refused */
};

/* The draft of a file, made when there is none. NULL: no memory. Pointers are not stable over further calls.
 */
struct vf_edit_builder *vf_edit_builder_of(struct vf_edit_builders *d, uint32_t file, enum vf_edit_kind kind);
struct vf_edit_builder *vf_edit_builder_find(struct vf_edit_builders *d, uint32_t file);
/* Contents of the draft's file, read once. VF_LIMIT above 256 MiB. */
VF_MUST_CHECK enum vf_status vf_edit_builder_bytes(struct vf_edit_builders *d, uint32_t file,
                                                   struct vf_slice *out, struct vf_err *err);
/* Adds a splice unless one already covers some of these bytes (the first one wins: *added says). A splice
 * that changes nothing is left out. */
VF_MUST_CHECK enum vf_status vf_edit_builder_splice(struct vf_edit_builders *d, uint32_t file,
                                                    struct vf_splice s, const char *rule, uint32_t count,
                                                    bool *added, struct vf_err *err);
/* Is the byte at this offset of the file among those that are replaced, or beside them? */
bool vf_edit_builder_covers(const struct vf_edit_builder *dr, uint64_t off);
/* Sets VF_INTERRUPTED. */
enum vf_status vf_plan_stopped(struct vf_err *err);
/* record_pass.c: rows of edited files get new hash and size where the old row was true; .pyc of edited .py
 * go. */
VF_MUST_CHECK enum vf_status vf_edit_builders_records(struct vf_edit_builders *d, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_edit_builders_pycs(struct vf_edit_builders *d, struct vf_err *err);
/* What becomes of the hash and the size of a row that means the draft's file; not *was_true: it stays. */
VF_MUST_CHECK enum vf_status vf_edit_builders_measure(struct vf_edit_builders *d,
                                                      const struct vf_edit_builder *dr,
                                                      const struct vf_record_row *row,
                                                      struct vf_row_change *c, bool *was_true,
                                                      struct vf_err *err);
/* Writes a row of the RECORD `file`, whose contents are `bytes`, anew. */
VF_MUST_CHECK enum vf_status vf_edit_builders_splice_row(struct vf_edit_builders *d, uint32_t file,
                                                         struct vf_slice bytes,
                                                         const struct vf_record_row *row,
                                                         const struct vf_row_change *c, struct vf_err *err);
/* record_nested.c: the same for the RECORDs of other trees inside the environment (a virtual environment in
 * it, `pip install --prefix`), which mean files that no distribution of this one owns. `n`: drafts that were
 * there before the RECORDs'. */
VF_MUST_CHECK enum vf_status vf_edit_builders_nested(struct vf_edit_builders *d, size_t n,
                                                     struct vf_err *err);
/* The change of a row, made when there is none. */
struct vf_row_change *vf_edit_builders_row(struct vf_edit_builders *d, uint32_t dist, uint32_t row);
/* plan.c: the reference is to name `path`; where its format cannot, it stays. */
VF_MUST_CHECK enum vf_status vf_edit_builder_write(struct vf_edit_builders *d, uint32_t file,
                                                   const struct vf_ref *r, struct vf_slice path,
                                                   const char *rule, struct vf_err *err);
/* The link is to have this target. */
VF_MUST_CHECK enum vf_status vf_edit_builder_link(struct vf_edit_builders *d, uint32_t file,
                                                  struct vf_slice target, const char *rule,
                                                  struct vf_err *err);
/* rebase.c: the edits for env->params.base, when there is one. Before the findings' own. */
VF_MUST_CHECK enum vf_status vf_edit_builders_rebase(struct vf_edit_builders *d, struct vf_err *err);
/* resolves.c: notes that reference `r` is to name `path`. */
VF_MUST_CHECK enum vf_status vf_edit_builders_note_edit(struct vf_edit_builders *d, uint32_t file,
                                                        const struct vf_ref *r, struct vf_slice path,
                                                        struct vf_err *err);
/* Refuses the noted edits whose old target exists and whose new one exists neither in the tree that `edits`
 * give nor on the host. */
VF_MUST_CHECK enum vf_status vf_edit_builders_find_breaking(struct vf_edit_builders *d,
                                                            const struct vf_edits *edits, bool *found,
                                                            struct vf_err *err);
/* Why this edit was refused; NULL: it was not. */
const char *vf_edit_builders_is_refused(const struct vf_edit_builders *d, uint32_t file,
                                        const struct vf_ref *r);
/* All drafts as sealed edits. */
VF_MUST_CHECK enum vf_status vf_edit_builders_finish(struct vf_edit_builders *d, struct vf_edits *out,
                                                     struct vf_err *err);

#endif
