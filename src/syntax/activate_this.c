/* activate_this.py: no path, it finds its own place (docs/formats.md 3.2); only a prompt may stand in it. */
#include "syntax/activate_python.h"

#define NAME VF_ROLE_PROMPT

static const struct act_form forms[] = {
    {"os.environ[\"VIRTUAL_ENV_PROMPT\"] = ", " or os.path.basename(base)", NAME, 0, 0, "VIRTUAL_ENV_PROMPT"},
};

static const struct act_shell this_py = {
    .syntax = VF_SYN_ACTIVATE_THIS,
    .forms = forms,
    .n_forms = VF_COUNT(forms),
    .decode = act_python_word,
    .encode = act_python_put,
    .style = act_python_style,
    .refuses = act_refuses_bytes,
    .correct = act_python_correct,
    .windows = true,
    .may_lack = true,
};

enum vf_status vf_read_ACTIVATE_THIS(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    return act_read(&this_py, src, out, err);
}

enum vf_status vf_write_ACTIVATE_THIS(const struct vf_ref *ref, const struct vf_source *src,
                                      struct vf_slice path, const struct vf_write_ctx *target,
                                      struct vf_buf *out, struct vf_err *err)
{
    (void)src;
    (void)target;
    return act_write(&this_py, ref, path, out, err);
}
