/* .project in the root of an environment: the directory of the project that it was made for, and nothing
 * else. virtualenvwrapper, pew and pipenv write it; `workon` goes there. */
#include "syntax/syntax.h"

#include "base/path.h"

enum vf_status vf_read_PROJECT(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    struct vf_slice path = vf_slice_trim(src->bytes);
    if (!vf_path_is_abs(path) || vf_slice_find_byte(path, '\n', 0) != VF_NPOS ||
        vf_slice_find_byte(path, '\0', 0) != VF_NPOS)
        return VF_OK; /* Eclipse has a file of this name, too */
    struct vf_ref *r = vf_out_ref(out);
    if (!r)
        return vf_err_nomem(err);
    *r = (struct vf_ref){.syntax = VF_SYN_PROJECT,
                         .role = VF_ROLE_PROJECT_DIR,
                         .line = 1,
                         .off = (uint64_t)(path.p - src->bytes.p),
                         .len = path.n,
                         .value = path};
    r->value_off = r->off;
    return VF_OK;
}

enum vf_status vf_write_PROJECT(const struct vf_ref *ref, const struct vf_source *src, struct vf_slice path,
                                const struct vf_write_ctx *target, struct vf_buf *out, struct vf_err *err)
{
    (void)ref;
    (void)src;
    (void)target;
    if (!vf_path_is_abs(path) || vf_slice_trim(path).n != path.n ||
        vf_slice_find_byte(path, '\n', 0) != VF_NPOS || vf_slice_find_byte(path, '\0', 0) != VF_NPOS)
        return vf_unwritable(
            err, path, "a .project file cannot store a path with a line end or with blanks at its ends");
    vf_buf_put(out, path);
    return VF_OK;
}
