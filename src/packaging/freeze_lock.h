/* freeze_lock.h: a frozen list as a lock file (PEP 751). */
#ifndef VF_PACKAGING_FREEZE_LOCK_H
#define VF_PACKAGING_FREEZE_LOCK_H

#include "packaging/freeze.h"

/* Why the distribution cannot stand in a lock file: static words behind its name and a colon; NULL: it can.
 * There every file has a hash, and everything is a file, a directory, or a commit. */
const char *vf_freeze_why_unlocked(const struct vf_freeze_item *item);
/* Appends the lock file. Wheels at hand go before what direct_url.json says, but for archives with a hash and
 * commits; an editable in a checkout becomes its commit, others their directory. `minor` is the Y of the
 * Python 3.Y that the list holds for; 0: any. VF_BAD_LIST (a path or URL that is no UTF-8), VF_NO_MEMORY.
 * Only for items that vf_freeze_why_unlocked has nothing to say against. */
VF_MUST_CHECK enum vf_status vf_freeze_lock_put(struct vf_buf *out, const struct vf_freeze_item *items,
                                                size_t n, unsigned minor, struct vf_err *err);

#endif
