/* read_row.h: is the RECORD row of a file true: a hash that is fed while the file is read. For src/env only.
 */
#ifndef VF_ENV_READ_ROW_H
#define VF_ENV_READ_ROW_H

#include "base/digest.h"
#include "env/env.h"

/* The hasher of one worker, kept from file to file: nearly all rows have the same algorithm, and fetching it
 * costs more than the hash of a small file. Zero-initialise. */
struct vf_row_hasher {
    struct vf_hasher *hasher;
    struct vf_slice alg; /* borrowed from the RECORD that asked first */
};
void vf_row_hasher_release(struct vf_row_hasher *h);

struct vf_row_check {
    struct vf_hasher *hasher; /* borrowed; NULL: the row has no hash, or nobody owns the file */
    const struct vf_env *env;
};
/* Sets f->truth to NONE or NO_HASH where there is nothing to compare. */
VF_MUST_CHECK enum vf_status vf_row_check_begin(struct vf_row_check *c, struct vf_row_hasher *h,
                                                const struct vf_env *env, struct vf_file *f,
                                                struct vf_err *err);
void vf_row_check_update(struct vf_row_check *c, struct vf_slice bytes);
/* `complete`: the whole file was read; then f->truth is TRUE or FALSE. */
void vf_row_check_end(struct vf_row_check *c, struct vf_file *f, bool complete);

#endif
