/* mapped.c: references into a directory that the user says was moved (--map OLD=NEW). */
#include "rules/judge.h"

/* The longest OLD that the path is below, and the path below its NEW; empty: none. */
static struct vf_slice mapped_path(struct vf_judge *j, struct vf_slice path, size_t *matched)
{
    const struct vf_env_params *p = &j->env->params;
    struct vf_slice to = {NULL, 0};
    *matched = 0;
    for (size_t i = 0; i < p->n_maps; i++) {
        struct vf_slice rest;
        if (p->maps[i].from.n <= *matched || !vf_path_under(p->maps[i].from, path, &rest) ||
            (vf_path_under(p->maps[i].from, p->maps[i].to, NULL) && vf_path_under(p->maps[i].to, path, NULL)))
            continue; /* mapped already, into a directory below the old one */
        *matched = p->maps[i].from.n;
        to = rest.n ? vf_path_join(j->a, p->maps[i].to, rest) : p->maps[i].to;
        j->out->failed = j->out->failed || !to.p;
    }
    return to;
}

static enum vf_rule rule_of(const struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    bool editable = r->flags & VF_REF_EDITABLE || r->role == VF_ROLE_EDITABLE ||
                    r->role == VF_ROLE_BUILD_TOOL || (f->dist != VF_NONE && j->env->dists[f->dist].editable);
    switch (r->syntax) {
    case VF_SYN_HEADER:
        if (r->role == VF_ROLE_INTERPRETER)
            return VF_RULE_SCRIPT_DANGLING;
        return editable ? VF_RULE_EDITABLE_BROKEN : VF_RULE_PTH_BROKEN;
    case VF_SYN_PTH:
    case VF_SYN_FINDER:
    case VF_SYN_EGG_LINK:
        return editable ? VF_RULE_EDITABLE_BROKEN : VF_RULE_PTH_BROKEN;
    case VF_SYN_DIRECT_URL:
        return VF_RULE_URL_STALE;
    case VF_SYN_PROJECT:
        return VF_RULE_PROJECT_STALE;
    case VF_SYN_KERNELSPEC:
        return VF_RULE_KERNEL_BROKEN;
    case VF_SYN_RPATH:
        return VF_RULE_RPATH_BROKEN;
    case VF_SYN_LINK:
        return VF_RULE_LINK_BROKEN;
    case VF_SYN_ACTIVATE_SH:
    case VF_SYN_ACTIVATE_CSH:
    case VF_SYN_ACTIVATE_FISH:
    case VF_SYN_ACTIVATE_NU:
    case VF_SYN_ACTIVATE_PS1:
    case VF_SYN_ACTIVATE_XSH:
    case VF_SYN_ACTIVATE_BAT:
    case VF_SYN_ACTIVATE_THIS:
        return VF_RULE_ACTIVATE_PATH_BROKEN;
    case VF_SYN_CFG:
    case VF_SYN_RECORD:
    case VF_SYN_TEXT:
    case VF_SYN_COUNT:
        break;
    }
    return VF_RULE_COUNT;
}

bool vf_judge_mapped(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    size_t matched;
    if (!j->env->params.n_maps || r->flags & (VF_REF_SELF | VF_REF_RELATIVE) || !vf_path_is_abs(r->value))
        return false;
    struct vf_location loc = vf_judge_locate(j, r);
    struct vf_slice to = mapped_path(j, loc.path, &matched);
    enum vf_rule rule = to.p ? rule_of(j, f, r) : VF_RULE_COUNT;
    if (rule == VF_RULE_COUNT)
        return false;
    if (loc.prefix != VF_NONE && j->env->prefixes[loc.prefix].prefix.path.n >= matched)
        return false; /* it is the environment's own */
    if (vf_judge_stale_build(j, f, r, to))
        return true;
    struct vf_finding *fi = vf_judge_ref(j, rule, f, r);
    if (fi) {
        fi->expected = to;
        fi->fix = VF_FIX_REWRITE;
    }
    return true;
}
