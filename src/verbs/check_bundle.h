/* check_bundle.h: check of a lock bundle, the other half of the verb check. For src/verbs only. */
#ifndef VF_VERBS_CHECK_BUNDLE_H
#define VF_VERBS_CHECK_BUNDLE_H

#include "verbs/result.h"

/* Sets what the report says of the archive; findings are sorted. */
VF_MUST_CHECK enum vf_status vf_check_bundle(struct vf_session *s, const struct venvfix_check_options *o,
                                             struct vf_findings *findings, struct venvfix_check_result *r);

#endif
