/* check.h: is a lock bundle complete for a target: what would go wrong when it is installed there, offline?
 *
 * Damaged bundles are errors (bundle.h); everything here is a finding. Every wheel is opened, every file in
 * it compared with its RECORD, ELF files are asked for the glibc that they need. Nothing is started. */
#ifndef VF_BUNDLE_CHECK_H
#define VF_BUNDLE_CHECK_H

#include "bundle/bundle.h"
#include "packaging/target.h"
#include "rules/finding.h"

struct vf_bundle_check_opts {
    struct vf_zip_source archive;
    int spool;                /* as in struct vf_bundle_source */
    struct vf_slice python;   /* "3.12"; empty: the one of the bundle */
    struct vf_slice platform; /* a platform tag; empty: the one of the bundle's wheels */
    struct vf_slice arch;     /* of this host: where nothing else says one */
    unsigned glibc_minor;     /* of the target, 2.N; 0: not asked */
    const struct vf_hooks *hooks;
};

struct vf_bundle_report {
    struct vf_bundle_file *file; /* to be closed; its wheels are gone */
    struct vf_target target;     /* what it was checked for; in the arena of the findings */
    uint64_t files;              /* members */
};

/* Findings are sorted, and do not need the file any more. Errors of vf_bundle_open and of vf_wheel_open;
 * VF_USAGE: python or platform are no words for a target. */
VF_MUST_CHECK enum vf_status vf_bundle_check(const struct vf_bundle_check_opts *opts,
                                             struct vf_findings *findings, struct vf_bundle_report *out,
                                             struct vf_err *err);

#endif
