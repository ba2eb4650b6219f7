/* baseline.h: findings that are known already: a set of fingerprints with counts. For src/verbs and
 * src/report. */
#ifndef VF_VERBS_BASELINE_H
#define VF_VERBS_BASELINE_H

#include "rules/finding.h"
#include "venvfix.h"

/* What a finding of one environment is compared by. Slices are borrowed. */
struct vf_known_as {
    struct vf_slice rule, path, value; /* path relative to the environment; value may be empty */
    struct vf_slice env, resolved;     /* the environment as typed, absolute, and with every link resolved */
};
/* Appends 64 hexadecimal digits: SHA-256 of rule, path and value, in which the paths of the environment and
 * of the directory that holds it are left out: it stays the same when checkout or environment move. `more`
 * (may be empty) is hashed, too. */
void vf_fingerprint_of(struct vf_buf *out, const struct vf_known_as *f, struct vf_slice more);
/* Marks findings that the baseline holds, each entry as often as it counts, as suppressed. */
VF_MUST_CHECK enum vf_status vf_baseline_apply(struct venvfix_baseline *b, struct vf_findings *f,
                                               struct vf_slice env, struct vf_slice resolved,
                                               struct vf_err *err);
/* Adds findings to the baseline. */
VF_MUST_CHECK enum vf_status vf_baseline_add(struct venvfix_baseline *b, const struct vf_findings *f,
                                             struct vf_slice env, struct vf_slice resolved,
                                             struct vf_err *err);

#endif
