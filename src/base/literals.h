/* literals.h: many literals found in one pass over the bytes (Aho and Corasick, "Efficient string matching",
 * 1975), however many there are. For a few, one search each is faster. */
#ifndef VF_BASE_LITERALS_H
#define VF_BASE_LITERALS_H

#include "base/err.h"

struct vf_literals; /* read-only after it is made, so threads may share it */

/* The texts are not empty, and are not needed any more afterwards. Memory: four bytes for each byte of all
 * texts (common beginnings once) and each different byte in them. VF_LIMIT: more than 4 GB of states. */
VF_MUST_CHECK enum vf_status vf_literals_new(const struct vf_slice *texts, size_t n, struct vf_literals **out,
                                             struct vf_err *err);
void vf_literals_free(struct vf_literals *s);
/* Calls fn for each occurrence in bytes[from..], in the order of their ends, longer ones first; `which` is
 * the index of the text, `at` where it begins. What fn returns other than VF_OK ends it. */
typedef enum vf_status (*vf_literal_fn)(void *ctx, size_t which, size_t at, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_literals_find(const struct vf_literals *s, struct vf_slice bytes, size_t from,
                                              vf_literal_fn fn, void *ctx, struct vf_err *err);

#endif
