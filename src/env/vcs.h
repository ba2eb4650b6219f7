/* vcs.h: which version control checkout a directory lies in, read from its files, without running git
 * (docs/formats.md 6.1, 6.2). For src/env only. */
#ifndef VF_ENV_VCS_H
#define VF_ENV_VCS_H

#include "fs/host.h"
#include "packaging/freeze.h"

/* state NONE when `dir` (absolute, clean) is in no checkout. Slices live in the arena. What cannot be read is
 * VF_VCS_UNKNOWN. */
VF_MUST_CHECK enum vf_status vf_vcs_inspect(struct vf_host *o, struct vf_slice dir, struct vf_arena *a,
                                            struct vf_freeze_vcs *out, struct vf_err *err);

#endif
