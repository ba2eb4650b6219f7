/* given.h: is a path that the user named by --from an old prefix of this environment? */
#ifndef VF_RELOCATE_GIVEN_H
#define VF_RELOCATE_GIVEN_H

#include "env/env.h"

/* For every --from of `env` (opened and scanned): some reference has to show that the environment was there,
 * VF_USAGE otherwise. A reference shows it when an installer wrote the path as the environment's own prefix,
 * or when what it names below the path exists in this environment and not at the path. A path that no file
 * names is let pass with a note: after a fix nothing names it any more. */
VF_MUST_CHECK enum vf_status vf_check_given(const struct vf_env *env, struct vf_err *err);

#endif
