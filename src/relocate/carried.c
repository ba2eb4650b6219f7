/* carried.c: the files that no RECORD lists: a move carries them along and says so. */
#include "relocate/plan.h"

/* Written by venv, virtualenv, uv or Python themselves. */
static bool of_the_maker(const struct vf_file *f)
{
    static const char *const at_root[] = {"pyvenv.cfg", ".gitignore", "CACHEDIR.TAG", ".lock", "lib64"};
    struct vf_slice base = vf_path_base(f->path);
    for (size_t i = 0; i < VF_COUNT(at_root); i++)
        if (vf_slice_eq(f->path, vf_slice_of(at_root[i])))
            return true;
    if (f->flags & VF_FILE_IN_BIN)
        return vf_name_is_python(base) || vf_slice_starts(base, VF_S("activate")) ||
               vf_slice_starts(base, VF_S("Activate")) || vf_slice_starts(base, VF_S("deactivate")) ||
               vf_slice_eq(base, VF_S("pydoc.bat")) || (f->syntaxes & (1u << VF_SYN_ACTIVATE_SH));
    if (vf_slice_eq(base, VF_S("_virtualenv.py")) || vf_slice_eq(base, VF_S("_virtualenv.pth")) ||
        vf_slice_ends(base, VF_S(".virtualenv")))
        return (f->flags & VF_FILE_IN_SITE) != 0;
    return false;
}

enum vf_status vf_plan_carried(const struct vf_env *env, struct vf_arena *a, struct vf_slice **out, size_t *n,
                               struct vf_err *err)
{
    struct vf_vec v = {0};
    for (size_t i = 0; i < env->n_files; i++) {
        const struct vf_file *f = &env->files[i];
        bool thing = f->st.kind == VF_KIND_FILE || f->st.kind == VF_KIND_LINK;
        if (!thing || f->dist != VF_NONE || f->info_of != VF_NONE ||
            f->flags & (VF_FILE_JOURNAL | VF_FILE_PYC) || of_the_maker(f))
            continue;
        struct vf_slice *p = vf_vec_push(a, &v, sizeof *p);
        if (!p)
            return vf_err_nomem(err);
        *p = f->path;
    }
    *out = v.base;
    *n = v.n;
    return VF_OK;
}
