/* freeze.h: the wheels of a frozen list; for src/verbs only. */
#ifndef VF_VERBS_FREEZE_H
#define VF_VERBS_FREEZE_H

#include "env/freeze.h"
#include "verbs/result.h"

/* Gives every item the wheels of its name and version that lie in the directories, with size and sha256;
 * their path begins with the directory as given. Appends a note for every file of the right name that is no
 * wheel. */
VF_MUST_CHECK enum vf_status vf_freeze_find_wheels(struct vf_session *s, const char *const *dirs, size_t n,
                                                   struct vf_frozen *frozen, struct vf_buf *notes,
                                                   struct vf_err *err);

#endif
