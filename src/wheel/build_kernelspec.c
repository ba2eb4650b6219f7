/* build_kernelspec.c: the kernelspec that a wheel brings, on its way back into one. `python -m ipykernel
 * install --sys-prefix` writes over it, with the path of the environment's interpreter as its command; in a
 * wheel that is `python`, which Jupyter takes for the interpreter that it runs in itself. */
#include "syntax/syntax.h"
#include "wheel/build_parts.h"

enum { SPEC_MAX = 1 << 20 };

/* A Python in BIN of this environment, under its present or an earlier path. */
static bool is_own_python(const struct vf_rebuild_dirs *p, struct vf_slice command)
{
    struct vf_slice dir = vf_path_dir(command), rest;
    if (!vf_slice_starts(vf_path_base(command), VF_S("python")))
        return false;
    for (size_t i = 0; i < p->env->n_prefixes; i++) {
        const struct vf_env_prefix *prefix = &p->env->prefixes[i];
        if (prefix->kind != VF_PREFIX_LIVE && vf_path_under(prefix->prefix.path, dir, &rest) &&
            vf_slice_eq(rest, p->env->bin))
            return true;
    }
    return false;
}

static const struct vf_ref *own_command(const struct vf_rebuild_dirs *p, const struct vf_read_out *read)
{
    for (size_t i = 0; i < read->refs.n; i++) {
        const struct vf_ref *ref = VF_VEC_AT(const struct vf_ref, &read->refs, i);
        if (ref->role == VF_ROLE_KERNEL_COMMAND && is_own_python(p, ref->value))
            return ref;
    }
    return NULL;
}

static enum vf_status put_python(struct vf_rebuild_member *m, struct vf_slice bytes, const struct vf_ref *ref,
                                 struct vf_arena *a, struct vf_err *err)
{
    m->bytes = vf_arena_concat(a, vf_slice_sub(bytes, 0, (size_t)ref->off), VF_S("python"),
                               vf_slice_from(bytes, (size_t)(ref->off + ref->len)));
    return m->bytes.p ? VF_OK : vf_err_nomem(err);
}

enum vf_status vf_rebuild_read_kernelspec(const struct vf_rebuild_dirs *p, struct vf_rebuild_member *m,
                                          const struct vf_record_row *row, struct vf_arena *a,
                                          enum vf_rebuild_match *match, struct vf_err *err)
{
    struct vf_slice bytes;
    struct vf_arena scratch;
    vf_arena_init(&scratch);
    struct vf_read_out read = {.a = &scratch};
    enum vf_status st = vf_tree_read(p->env->tree, m->path, SPEC_MAX, &scratch, &bytes, err);
    if (st == VF_OK) {
        struct vf_source src = vf_env_source(p->env, m->path, bytes);
        st = vf_syntax_read(VF_SYN_KERNELSPEC, &src, &read, err);
    }
    const struct vf_ref *ref = st == VF_OK ? own_command(p, &read) : NULL;
    if (ref)
        st = put_python(m, bytes, ref, a, err);
    vf_arena_release(&scratch);
    if (!ref) { /* also what is too large or no JSON */
        vf_err_clear(err);
        return vf_rebuild_read(p, m, row, match, NULL, err);
    }
    *match = VF_MATCH_FALSE;
    return st == VF_OK ? vf_rebuild_measure(p, m, err) : st;
}
