/* check_journal.h: what `check` says about the journal that lies in an environment. For src/verbs only. */
#ifndef VF_VERBS_CHECK_JOURNAL_H
#define VF_VERBS_CHECK_JOURNAL_H

#include "env/env.h"
#include "verbs/result.h"

/* Sets env->journal_foreign and env->journal_message. A journal that cannot be looked at is no error. */
VF_MUST_CHECK enum vf_status vf_check_journal(struct vf_session *s, struct vf_env *env);

#endif
