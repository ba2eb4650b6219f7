/* recorded.h: the path that an environment was made for, by what its own files say, when it is not known
 * where it is (in an archive). */
#ifndef VF_ENV_RECORDED_H
#define VF_ENV_RECORDED_H

#include "fs/tree.h"

/* The path that most of pyvenv.cfg, the activate files and the scripts in BIN name, in the arena; empty when
 * they name none. `tree` is the environment's. What cannot be read says nothing. VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_env_recorded(struct vf_tree *tree, struct vf_arena *a, struct vf_slice *path,
                                             struct vf_err *err);

#endif
