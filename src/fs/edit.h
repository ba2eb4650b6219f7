/* edit.h: what is to be written differently: the one currency between planning and writing. An edit is about
 * one path of a tree. Copying, the transaction and the planned tree apply edits; nobody else writes into an
 * environment. */
#ifndef VF_FS_EDIT_H
#define VF_FS_EDIT_H

#include "fs/tree.h"

enum vf_edit_kind {
    VF_EDIT_SPLICE, /* a regular file gets the splices, sorted, not overlapping; a new inode, attributes kept
                     */
    VF_EDIT_WRITE,  /* a regular file with these contents: new (mode as given) or instead of the old one
                       (attributes kept) */
    VF_EDIT_LINK,   /* a symbolic link with this target, new or instead of the old link */
    VF_EDIT_DELETE  /* a file or link goes away */
};

struct vf_splice {
    uint64_t off, len;     /* bytes of the original that are replaced; len 0 inserts */
    struct vf_slice bytes; /* what stands there instead */
};

/* What an edit was made from. Whoever writes the new file compares all of it with the descriptor that it
 * reads from, so that a file which somebody changes meanwhile is never written from old offsets. */
struct vf_edit_source {
    bool known;            /* false: nothing is compared (edits that no plan made) */
    struct vf_stat st;     /* of the file or link, from before it was read; kind NONE: there is none */
    bool has_sum;          /* not for a file that is deleted */
    unsigned char sum[32]; /* sha256 of its contents; of a link: of its target */
    struct vf_slice bytes; /* those bytes; p NULL: not kept */
};

struct vf_edit {
    struct vf_slice path; /* relative to the root */
    enum vf_edit_kind kind;
    struct vf_splice *splices;
    size_t n;
    struct vf_slice contents; /* WRITE: the file; LINK: the target */
    struct vf_edit_source source;
    uint32_t mode;    /* WRITE of a new file */
    const char *rule; /* rule id for the report, static */
    uint32_t count;   /* references that this edit changes */
};

/* Is `now`, what stands at the path, still what the edit was made from? VF_CHANGED names the file. */
VF_MUST_CHECK enum vf_status vf_edit_check_stat(const struct vf_edit *e, const struct vf_stat *now,
                                                struct vf_err *err);
/* The same for the sha256 of the contents as they were read now. */
VF_MUST_CHECK enum vf_status vf_edit_check_sum(const struct vf_edit *e, const unsigned char sum[32],
                                               struct vf_err *err);

/* The contents that the edit was made from: kept, or else read from the tree into the arena. */
VF_MUST_CHECK enum vf_status vf_edit_original(const struct vf_edit *e, struct vf_tree *tree,
                                              struct vf_arena *a, struct vf_slice *out, struct vf_err *err);

/* Edits sorted by path, one per path. Read-only once built. */
struct vf_edits {
    struct vf_edit *v;
    size_t n;
};
const struct vf_edit *vf_edits_find(const struct vf_edits *e, struct vf_slice path); /* NULL when none */
/* Sorts by path, and the splices of each edit by offset; VF_INTERNAL when two edits have one path or splices
 * overlap. */
VF_MUST_CHECK enum vf_status vf_edits_finish(struct vf_edits *e, struct vf_err *err);
/* The contents after the edit. `old` is the whole original (ignored for WRITE). VF_CHANGED when a splice lies
 * outside it. */
VF_MUST_CHECK enum vf_status vf_edit_apply(const struct vf_edit *e, struct vf_slice old, struct vf_buf *out,
                                           struct vf_err *err);

#endif
