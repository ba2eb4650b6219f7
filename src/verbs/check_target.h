/* check_target.h: check for a named Python, platform and glibc (--python, --platform, --glibc). For src/verbs
 * only. */
#ifndef VF_VERBS_CHECK_TARGET_H
#define VF_VERBS_CHECK_TARGET_H

#include "env/env.h"
#include "verbs/result.h"

/* Does an option name a target? */
bool vf_check_has_target(const struct venvfix_check_options *o);
/* Makes *p one for which nothing but the environment itself is asked of this host. *host is what p->host
 * became; to be freed after the environment (NULL: p is as it was, since there is no such directory, which
 * opening it says). */
VF_MUST_CHECK enum vf_status vf_check_unknown_host(struct vf_session *s,
                                                   const struct venvfix_check_options *o,
                                                   struct vf_env_params *p, struct vf_host **host);
/* What the options and, where they are silent, the environment's own files say; `env` has been scanned. It
 * becomes env->params.target. VF_USAGE: not a version, platform or interpreter. */
VF_MUST_CHECK enum vf_status vf_check_take_target(struct vf_session *s, const struct venvfix_check_options *o,
                                                  struct vf_env *env);
/* From here on env->params.host is what the user of --user sees; VF_USAGE: there is no such user. *host: the
 * new host, to be freed after the environment; NULL: the option was not given. */
VF_MUST_CHECK enum vf_status vf_check_take_user(struct vf_session *s, const struct venvfix_check_options *o,
                                                struct vf_env *env, struct vf_host **host);
/* On which options the finding rests: enum venvfix_assumed. */
unsigned vf_check_assumes(const struct venvfix_check_options *o, const struct vf_finding *fi);

#endif
