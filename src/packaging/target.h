/* goal.h: a target named by words: `--python 3.12`, `--platform manylinux_2_28_x86_64`, `--glibc 2.28`, as
 * the tags that it takes and the variables of its markers.
 *
 * Pure: nothing is asked of this host. Sources: PEP 425, 508, 600, 656; platform tags as pip takes them. */
#ifndef VF_PACKAGING_TARGET_H
#define VF_PACKAGING_TARGET_H

#include "packaging/marker.h"
#include "packaging/tags.h"

#define VF_TARGET_GLIBC_ANY 99 /* minor version when nothing bounds it */
#define VF_TARGET_PATCH_ANY 99 /* of "3.12": the last of its releases, whichever that is */

struct vf_target_spec {
    struct vf_slice python;   /* "3.12", "3.12.1", "3.13t" (free-threaded) */
    bool pypy;                /* else CPython */
    struct vf_slice platform; /* one platform tag */
    unsigned glibc_minor;     /* of 2.N; 0: what the platform says, else any */
};

struct vf_target {
    struct vf_wheel_target target;
    struct vf_tags tags;
    struct vf_marker_env markers; /* has_extra and has_sets are false */
    struct vf_slice python;       /* full version */
    struct vf_target_spec words;  /* what it was made of, for messages; borrowed */
    bool platform_named;          /* set by the caller: the platform was not derived from what is checked */
};

/* Everything lives in the arena or borrows from the spec. VF_USAGE with words for people: not a version, not
 * a platform. VF_NOT_SUPPORTED, VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_target_make(struct vf_arena *a, const struct vf_target_spec *spec,
                                            struct vf_target *out, struct vf_err *err);
/* "2.28" -> 28. False when it is no version of glibc. */
bool vf_target_parse_glibc(struct vf_slice text, unsigned *minor);
/* The glibc, 2.N, that the platform tags of a wheel ask for at least: of a compressed set the one that asks
 * for least. 0: they ask for none. */
unsigned vf_target_tag_glibc(struct vf_slice platforms);

#endif
