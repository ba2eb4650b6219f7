/* host_layer.h: a file tree that stands for the host, with an environment that is not in it yet: as it would
 * be once the environment had been copied there. */
#ifndef VF_FS_HOST_LAYER_H
#define VF_FS_HOST_LAYER_H

#include "fs/host.h"

/* Paths below `at`, and below `dir`, are those of the directory `dir` of `own`; all others are those of
 * `root`. What a link below `dir` leads to outside of it is looked for in `root`. `own` is borrowed; `root`
 * is owned by *out, also when this fails. dir, at: absolute and clean, copied. */
VF_MUST_CHECK enum vf_status vf_host_layer(struct vf_host *root, struct vf_host *own, struct vf_slice dir,
                                           struct vf_slice at, struct vf_host **out, struct vf_err *err);

#endif
