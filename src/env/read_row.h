/* read_row.h: is the RECORD row of a file true: a hash that is fed while the file is read. For src/env only.
 */
#ifndef VF_ENV_READ_ROW_H
#define VF_ENV_READ_ROW_H

#include "base/digest.h"
#include "env/env.h"

struct vf_row_check {
    struct vf_hasher *hasher; /* NULL: the row has no hash, or nobody owns the file */
    const struct vf_env *env;
};
/* Sets f->truth to NONE or NO_HASH where there is nothing to compare. */
VF_MUST_CHECK enum vf_status vf_row_check_begin(struct vf_row_check *c, const struct vf_env *env,
                                                struct vf_file *f, struct vf_err *err);
void vf_row_check_update(struct vf_row_check *c, struct vf_slice bytes);
/* `complete`: the whole file was read; then f->truth is TRUE or FALSE. Frees the hasher. */
void vf_row_check_end(struct vf_row_check *c, struct vf_file *f, bool complete);

#endif
