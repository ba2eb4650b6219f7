/* check_parts.h: the steps of vf_bundle_check. For src/bundle only. */
#ifndef VF_BUNDLE_CHECK_PARTS_H
#define VF_BUNDLE_CHECK_PARTS_H

#include "bundle/check.h"
#include "fs/spool.h"
#include "packaging/closure.h"

struct vf_checking {
    const struct vf_bundle_check_opts *o;
    struct vf_findings *findings;
    struct vf_arena *a; /* of the findings */
    bool has_goal;
    struct vf_target target;
    struct vf_closure_dist *dists; /* of the bundle, by index */
    struct vf_spool *aside;        /* unpacked ELF files */
    unsigned floor;                /* glibc 2.N that all wheels need; 0: none */
    size_t floor_dist;             /* the wheel that needs it */
    struct vf_slice floor_member;
};

/* The target: what was asked for, else what the bundle was made for (check_goal.c). */
VF_MUST_CHECK enum vf_status vf_check_target(struct vf_checking *c, const struct vf_bundle *b,
                                             struct vf_err *err);
/* One wheel (check_wheel.c). */
VF_MUST_CHECK enum vf_status vf_check_wheel(struct vf_checking *c, const struct vf_bundle_file *f,
                                            size_t dist, struct vf_err *err);
/* requirements.txt and pylock.toml against the manifest (check_lists.c). */
VF_MUST_CHECK enum vf_status vf_check_lists(struct vf_checking *c, const struct vf_bundle_file *f,
                                            struct vf_err *err);
/* A finding about a wheel, or (`dist` VF_NPOS) about the member `path`. NULL: no memory, which
 * vf_check_failed tells. */
struct vf_finding *vf_check_add(struct vf_checking *c, enum vf_rule rule, const struct vf_bundle *b,
                                size_t dist, struct vf_slice path);

#endif
