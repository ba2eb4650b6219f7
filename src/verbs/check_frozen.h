/* check_frozen.h: the list of `check --frozen`; for src/verbs only. */
#ifndef VF_VERBS_CHECK_FROZEN_H
#define VF_VERBS_CHECK_FROZEN_H

#include "rules/frozen.h"
#include "verbs/result.h"

/* Reads o->frozen, and what it includes. VF_NOT_FOUND, VF_BAD_LIST, VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_check_read_frozen(struct vf_session *s, const struct venvfix_check_options *o,
                                                  struct vf_expected *out);

#endif
