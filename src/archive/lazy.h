/* lazy.h: is libarchive, which is loaded when the first archive is touched, to be had? */
#ifndef VF_ARCHIVE_LAZY_H
#define VF_ARCHIVE_LAZY_H

#include "base/err.h"

/* False: the library cannot be loaded, and each of its functions fails. */
bool vf_archive_is_available(void);
/* Why there is no new archive object: VF_NOT_SUPPORTED where the library is missing, else VF_NO_MEMORY. */
enum vf_status vf_archive_not_made(const char *operation, struct vf_slice path, struct vf_err *err);

#endif
