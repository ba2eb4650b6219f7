/* activate.xsh for xonsh, which is Python with `$NAME`. docs/formats.md 3.2, 3.5. uv's finds its own place.
 * virtualenv since 21.15.9 hands its paths to `_fs_path`, as bytes where they are not ASCII. */
#include "syntax/activate_python.h"

#define ROOT VF_ROLE_ENV_ROOT
#define NAME VF_ROLE_PROMPT
#define LIB  VF_ROLE_HOST_LIB

static const struct act_form forms[] = {
    {"self.embedded_virtual_env = dirname(", "\n", ROOT, ACT_TO_LINE_END, 0, "VIRTUAL_ENV"},
    {"self.embedded_virtual_env = self._fs_path(", ", required=True)\n", ROOT, 0, ACT_PYCALL | ACT_FSPATH,
     "VIRTUAL_ENV"},
    {"self.embedded_virtual_env = ", "\n", ROOT, 0, ACT_REPR, "VIRTUAL_ENV"},
    {"$VIRTUAL_ENV = ", "\n", ROOT, 0, ACT_REPR, "VIRTUAL_ENV"},
    {"self.embedded_tcl_library = self._fs_path(", ")\n", LIB, 0, ACT_PYCALL | ACT_FSPATH, "TCL_LIBRARY"},
    {"self.embedded_tk_library = self._fs_path(", ")\n", LIB, 0, ACT_PYCALL | ACT_FSPATH, "TK_LIBRARY"},
    {"self.embedded_tcl_library = ", "\n", LIB, 0, ACT_REPR, "TCL_LIBRARY"},
    {"self.embedded_tk_library = ", "\n", LIB, 0, ACT_REPR, "TK_LIBRARY"},
    {"self.embedded_virtual_prompt = ", ".decode(\"utf-8\")\n", NAME, 0, ACT_PYBYTES, "VIRTUAL_ENV_PROMPT"},
    {"self.embedded_virtual_prompt = ", "\n", NAME, 0, 0, "VIRTUAL_ENV_PROMPT"},
};

/* Where bytes are taken, any path can stand. */
static const char *refuses(struct vf_slice value, unsigned shape)
{
    return shape & ACT_FSPATH ? act_refuses_nul(value, shape) : act_refuses_bytes(value, shape);
}

static const struct act_shell xsh = {
    .syntax = VF_SYN_ACTIVATE_XSH,
    .forms = forms,
    .n_forms = VF_COUNT(forms),
    .decode = act_python_word,
    .encode = act_python_put,
    .style = act_python_style,
    .refuses = refuses,
    .correct = act_python_correct,
    .windows = true,
};

enum vf_status vf_read_ACTIVATE_XSH(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    return act_read(&xsh, src, out, err);
}

enum vf_status vf_write_ACTIVATE_XSH(const struct vf_ref *ref, const struct vf_source *src,
                                     struct vf_slice path, const struct vf_write_ctx *target,
                                     struct vf_buf *out, struct vf_err *err)
{
    (void)src;
    (void)target;
    return act_write(&xsh, ref, path, out, err);
}
