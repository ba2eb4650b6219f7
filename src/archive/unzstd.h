/* unzstd.h: zstd unpacked straight into the caller's memory (RFC 8878). libarchive does it, too, and copies
 * all of it once more. Private to src/archive. */
#ifndef VF_ARCHIVE_UNZSTD_H
#define VF_ARCHIVE_UNZSTD_H

#include "base/str.h"

struct vf_unzstd; /* opaque */

/* NULL: the library is not there, or there is no memory. It is loaded at the first call, as libarchive is
 * (lazy.c). */
struct vf_unzstd *vf_unzstd_new(void);
/* From the front of *in, which gets shorter, to `to`: *n bytes, at most `room`. False: *why, static. */
bool vf_unzstd_some(struct vf_unzstd *u, struct vf_slice *in, char *to, size_t room, size_t *n,
                    const char **why);
/* Nothing of what went in waits for more: the file may end here. */
bool vf_unzstd_at_end(const struct vf_unzstd *u);
void vf_unzstd_free(struct vf_unzstd *u); /* NULL is fine */

#endif
