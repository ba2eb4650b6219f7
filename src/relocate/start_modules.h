/* start_modules.h: for src/relocate only. */
#ifndef VF_RELOCATE_START_MODULES_H
#define VF_RELOCATE_START_MODULES_H

#include "env/env.h"

/* Appends the modules that the interpreter of `env` (its distributions and their RECORDs read) has to find,
 * as lines of a Python list: (site-packages directory, directory of the module, name), all relative to the
 * environment. Returns how many; 0: nothing is installed that could show it. */
size_t vf_put_start_modules(const struct vf_env *env, struct vf_buf *out);

#endif
