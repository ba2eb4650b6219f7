/* find_project.h: where the project of an editable install is, when its recorded directory is gone: the same
 * directory below a parent that was renamed, or another one beside the environment or its old parent, that
 * says in its pyproject.toml, setup.cfg or setup.py that it is the distribution's. */
#ifndef VF_ENV_FIND_PROJECT_H
#define VF_ENV_FIND_PROJECT_H

#include "env/env.h"

/* One for each editable distribution whose directory is missing and for which exactly one directory was
 * found; sorted by `from`, none twice. `env` is opened; the result is in `a`. */
VF_MUST_CHECK enum vf_status vf_find_projects(const struct vf_env *env, struct vf_arena *a,
                                              struct vf_dir_map **out, size_t *n, struct vf_err *err);

#endif
