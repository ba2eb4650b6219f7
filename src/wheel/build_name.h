/* build_name.h: names of a rebuilt wheel. Apart from build_parts.h, since only names need tags.h. For
 * src/wheel only. */
#ifndef VF_WHEEL_BUILD_NAME_H
#define VF_WHEEL_BUILD_NAME_H

#include "base/arena.h"
#include "base/err.h"

/* Names in the wheel. `wheel`: bytes of WHEEL; `stem`: of the metadata directory as installed; it is kept
 * where it says the same name and version. */
struct vf_rebuild_names {
    struct vf_slice file_name, stem;
    bool tags_exact;
};
VF_MUST_CHECK enum vf_status vf_rebuild_names_make(struct vf_arena *a, struct vf_slice name,
                                                   struct vf_slice version, struct vf_slice stem,
                                                   struct vf_slice wheel, struct vf_rebuild_names *out,
                                                   struct vf_err *err);

#endif
