/* check_next.h: for src/verbs only. */
#ifndef VF_VERBS_CHECK_NEXT_H
#define VF_VERBS_CHECK_NEXT_H

#include "verbs/result.h"

/* Fills r->next: the commands that would make the environment sound. `r` has its answers and findings. */
VF_MUST_CHECK enum vf_status vf_check_next(struct vf_session *s, const struct vf_env *env,
                                           const struct venvfix_check_options *o,
                                           const struct vf_findings *findings,
                                           struct venvfix_check_result *r);

#endif
