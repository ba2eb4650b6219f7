/* closure.h: does a set of distributions hold all that its members ask for? What `pip check` asks of an
 * installed environment, here of any set and any target, with the extras that were requested.
 *
 * Pure: names, versions and the text of METADATA come in. Extras travel: a requirement `b[x]` of an active
 * distribution makes `x` of b requested, too. Source: pip's operations/check.py; PEP 508. */
#ifndef VF_PACKAGING_CLOSURE_H
#define VF_PACKAGING_CLOSURE_H

#include "packaging/requirement.h"

struct vf_closure_dist {
    struct vf_slice name;          /* any spelling */
    struct vf_slice version;       /* as METADATA has it */
    struct vf_slice metadata;      /* the bytes of METADATA */
    const struct vf_slice *extras; /* requested of it, any spelling */
    size_t n_extras;
};

enum vf_gap_kind {
    VF_GAP_MISSING,  /* nothing of that name is there */
    VF_GAP_VERSION,  /* it is there in a version that is not allowed */
    VF_GAP_MALFORMED /* the requirement cannot be read, so nobody knows */
};
struct vf_gap {
    enum vf_gap_kind kind;
    size_t dist;           /* who needs it: index into the set */
    struct vf_slice extra; /* the extra that asks for it, canonical; "" none */
    struct vf_slice text;  /* the requirement as METADATA has it, without its marker */
    struct vf_slice needs; /* canonical name of what is needed; "" when malformed */
    struct vf_slice found; /* VF_GAP_VERSION: the version that is there */
    const char *why;       /* VF_GAP_MALFORMED: words, in the arena */
};

/* `env`: the target; its `extra` is set here. Of two distributions with one name the first counts. Gaps come
 * in the order of the set, then of METADATA. Everything borrows from the input or lives in the arena.
 * VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_closure_check(struct vf_arena *a, const struct vf_closure_dist *dists,
                                              size_t n, const struct vf_marker_env *env, struct vf_gap **gaps,
                                              size_t *n_gaps, struct vf_err *err);
/* Appends one sentence without an end: "flask 3.0.3 needs 'werkzeug>=3.0', which is not there". */
void vf_gap_put(struct vf_buf *out, const struct vf_closure_dist *dists, const struct vf_gap *gap);

#endif
