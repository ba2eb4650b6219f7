/* needles.h: searching for byte strings anywhere, text or not: what --forbid asks for.
 *
 * Call sequence: vf_needles_new once, shared by all threads; for each file a zeroed vf_needle_state and
 * vf_needles_scan for each window, in order; vf_needles_free. Windows may overlap by any number of bytes, and
 * each has to repeat at least vf_needles_overlap bytes of the one before. */
#ifndef VF_BASE_NEEDLES_H
#define VF_BASE_NEEDLES_H

#include "base/err.h"
#include "base/str.h"

#define VF_NEEDLES_MAX 64   /* strings of one search */
#define VF_NEEDLE_MAX  1024 /* bytes of one */

struct vf_needles; /* compiled strings; read-only after they were made */

struct vf_needle_state {
    uint64_t
        next[VF_NEEDLES_MAX]; /* file offset behind the last occurrence of each, or of what was searched */
    uint64_t first;           /* file offset of the first occurrence */
    uint32_t needle;          /* of the first occurrence: its index */
    uint32_t count;           /* occurrences of all; those of one string do not overlap */
};

/* `strings` are borrowed. VF_USAGE: an empty one, one that is too long, too many. */
VF_MUST_CHECK enum vf_status vf_needles_new(const struct vf_slice *strings, size_t n, struct vf_needles **out,
                                            struct vf_err *err);
void vf_needles_free(struct vf_needles *s); /* NULL is fine */
size_t vf_needles_overlap(const struct vf_needles *s);
/* `base`: the file offset of the window's first byte. */
VF_MUST_CHECK enum vf_status vf_needles_scan(const struct vf_needles *s, struct vf_needle_state *st,
                                             uint64_t base, struct vf_slice window, struct vf_err *err);

#endif
