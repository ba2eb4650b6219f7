/* recheck.h: what other processes did to an environment while it was at work on. */
#ifndef VF_ENV_RECHECK_H
#define VF_ENV_RECHECK_H

#include "env/env.h"
#include "fs/edit.h"

/* Lists again what a plan depends on, pyvenv.cfg, BIN, the top level of each site-packages and the metadata
 * directories, and compares names, stats and link targets with what vf_env_open saw. `applied`: edits that
 * were brought in since, whose files are not compared; NULL: none. `__pycache__` does not count. Reads by the
 * descriptor of the root, so a rename of the environment is no matter. VF_CHANGED names the first file that
 * appeared, vanished or changed. */
VF_MUST_CHECK enum vf_status vf_env_recheck(const struct vf_env *env, const struct vf_edits *applied,
                                            struct vf_err *err);
/* A step of vf_env_open, with params.settle. Waits until a further change of any file that was listed would
 * get another time of change: a few milliseconds where one was changed right before, else not at all. */
VF_MUST_CHECK enum vf_status vf_env_settle(struct vf_env *env, struct vf_err *err);

#endif
