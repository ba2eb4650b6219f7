/* *.egg-link of `setup.py develop`: line 1 is the directory of the .egg-info, line 2 leads from there to
 * setup.py (docs/formats.md 4.2). Readers take the first line that is not blank. */
#include "syntax/syntax.h"

#include "base/escape.h"
#include "base/path.h"

enum vf_status vf_read_EGG_LINK(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    struct vf_slice rest = src->bytes, line, text = {0};
    uint32_t no = 0;
    while (text.n == 0 && vf_slice_next_line(&rest, &line)) {
        text = vf_slice_trim(line);
        no++;
    }
    if (text.n == 0 || vf_slice_find_byte(text, '\0', 0) != VF_NPOS)
        return vf_out_note(out, VF_FLAW_EGG_LINK_MALFORMED, 1, 0, src->bytes.n, (struct vf_slice){0}, err);
    struct vf_ref *r = vf_out_ref(out);
    if (!r)
        return vf_err_nomem(err);
    *r = (struct vf_ref){.syntax = VF_SYN_EGG_LINK,
                         .role = VF_ROLE_EDITABLE,
                         .line = no,
                         .off = (uint64_t)(text.p - src->bytes.p),
                         .len = text.n,
                         .value = text};
    r->value_off = r->off;
    r->flags = vf_path_is_abs(text) ? 0 : VF_REF_RELATIVE;
    return VF_OK;
}

enum vf_status vf_write_EGG_LINK(const struct vf_ref *ref, const struct vf_source *src, struct vf_slice path,
                                 const struct vf_write_ctx *target, struct vf_buf *out, struct vf_err *err)
{
    (void)ref;
    (void)src;
    (void)target;
    bool lines = vf_slice_find_byte(path, '\n', 0) != VF_NPOS || vf_slice_find_byte(path, '\r', 0) != VF_NPOS;
    if (lines || path.n == 0 || !vf_utf8_valid(path) || vf_slice_trim(path).n != path.n ||
        vf_slice_find_byte(path, '\0', 0) != VF_NPOS)
        return vf_unwritable(
            err, path,
            "an .egg-link cannot store a path with a line end, with blanks at its ends, or that is no UTF-8");
    vf_buf_put(out, path);
    return VF_OK;
}
