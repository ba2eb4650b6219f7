/* requirement.h: requirements (PEP 508): `name [extras] (specifiers) ; marker` and `name [extras] @ url ;
 * marker`.
 *
 * Agrees with packaging.requirements on what is valid. */
#ifndef VF_PACKAGING_REQUIREMENT_H
#define VF_PACKAGING_REQUIREMENT_H

#include "packaging/marker.h"

#define VF_EXTRAS_MAX 4096 /* of one requirement; more are malformed */

/* Slices borrow from the text that was parsed. */
struct vf_requirement {
    struct vf_slice name;    /* as written; may end in `_`, so ask vf_name_valid where it matters */
    struct vf_slice *extras; /* as written, in the order written; NULL when there are none */
    size_t n_extras;
    struct vf_slice url; /* empty: none */
    struct vf_specifiers specifiers;
    bool has_marker;
    struct vf_marker marker; /* holds always when there is none */
};

/* VF_MALFORMED, VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_requirement_parse(struct vf_arena *a, struct vf_slice text,
                                                  struct vf_requirement *out, struct vf_err *err);
/* Parses `[a, b]` at the start of s: *used gets its bytes, 0 when s does not begin with `[`. The same errors.
 */
VF_MUST_CHECK enum vf_status vf_extras_parse(struct vf_arena *a, struct vf_slice s, struct vf_slice **extras,
                                             size_t *n, size_t *used, struct vf_err *err);

#endif
