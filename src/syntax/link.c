/* The target of a symbolic link: the bytes of the "file" are the target. */
#include "syntax/syntax.h"

#include "base/path.h"

enum vf_status vf_read_LINK(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    struct vf_ref *r = vf_out_ref(out);
    if (!r)
        return vf_err_nomem(err);
    *r = (struct vf_ref){
        .syntax = VF_SYN_LINK, .role = VF_ROLE_LINK, .len = src->bytes.n, .value = src->bytes};
    r->flags = vf_path_is_abs(src->bytes) ? 0 : VF_REF_RELATIVE;
    return VF_OK;
}

enum vf_status vf_write_LINK(const struct vf_ref *ref, const struct vf_source *src, struct vf_slice path,
                             const struct vf_write_ctx *target, struct vf_buf *out, struct vf_err *err)
{
    (void)ref;
    (void)src;
    (void)target;
    if (path.n == 0 || vf_slice_find_byte(path, '\0', 0) != VF_NPOS)
        return vf_unwritable(err, path, "no link can have this target");
    vf_buf_put(out, path);
    return VF_OK;
}
