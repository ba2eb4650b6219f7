/* plan.h: from what is wrong for a place to what is to be written: edits (docs/architecture.md).
 *
 * The plan follows the findings: a reference that a rule says is to be rewritten, and only that, is written
 * by its syntax with the path that the rule expects. So finding and mending cannot disagree. RECORD rows of
 * edited files are a second pass over the first. */
#ifndef VF_RELOCATE_PLAN_H
#define VF_RELOCATE_PLAN_H

#include "fs/edit.h"
#include "rules/judge.h"

struct vf_plan {
    struct vf_arena *a;            /* borrowed: everything below lives there */
    const struct vf_env *env;      /* borrowed */
    struct vf_slice to;            /* the place that is written for */
    bool stays;                    /* fix: the environment stays where it is */
    struct vf_edits edits;         /* sealed */
    struct vf_findings unwritable; /* references that have to change and have no writer; message says why */
    size_t n_breaking;             /* of them: whose edit would break a reference that resolves */
    size_t first_breaking;         /* index of the first of these */
    struct vf_findings
        warnings;         /* what is listed and stays: mentions, unedited references, errors that remain */
    uint32_t edited_refs; /* sum of the counts of the edits */
};

/* `findings`: of vf_judge_env for this environment, judged for the place in params.at, or for the present one
 * (fix). VF_PATH_TOO_LONG when a path below the new place would be longer than the system allows. */
VF_MUST_CHECK enum vf_status vf_plan_make(const struct vf_env *env, const struct vf_findings *findings,
                                          struct vf_arena *a, struct vf_plan *out, struct vf_err *err);
/* Opens, reads and judges the environment of `params`, and plans. *env is the caller's to free in any case
 * (NULL: it could not be opened), after the plan. Errors of vf_env_open and the steps behind it. */
VF_MUST_CHECK enum vf_status vf_plan_env(const struct vf_env_params *params, struct vf_arena *a,
                                         struct vf_env **env, struct vf_plan *out, struct vf_err *err);
/* The edits as a unified diff against the present files (binary changes and links in one line each).
 * `label_to`: the new root shown behind +++. Names and contents are given as they are; what is printed to a
 * terminal is escaped there. */
VF_MUST_CHECK enum vf_status vf_plan_diff(const struct vf_plan *p, struct vf_buf *out, struct vf_err *err);
/* Files that no RECORD lists and no maker of environments writes: carried along. */
VF_MUST_CHECK enum vf_status vf_plan_carried(const struct vf_env *env, struct vf_arena *a,
                                             struct vf_slice **out, size_t *n, struct vf_err *err);

#endif
