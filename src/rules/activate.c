/* activate.c: VF3xx: the activate files of every shell. docs/formats.md 3. */
#include "rules/judge.h"

bool vf_judge_is_idle_batch(const struct vf_env *env, const struct vf_file *f)
{
    return (f->syntaxes & (1u << VF_SYN_ACTIVATE_BAT)) != 0 && vf_slice_eq(env->bin, VF_S("bin"));
}

/* Where cmd does not run, a name that no Windows path can have is no reason to refuse anything. */
static bool is_moot(const struct vf_judge *j, const struct vf_file *f)
{
    struct vf_slice root = vf_judge_fine_root(j);
    if (!vf_judge_is_idle_batch(j->env, f))
        return false;
    for (size_t i = 0; i < root.n; i++)
        if (root.p[i] == '"' || root.p[i] == '\n' || root.p[i] == '\r' || root.p[i] == 0x1a)
            return true;
    return false;
}

static void judge_root(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    bool root = r->role == VF_ROLE_ENV_ROOT;
    enum vf_family family = root ? VF_FAMILY_ACTIVATE : VF_FAMILY_ACTIVATE_LINE;
    struct vf_location loc = vf_judge_locate(j, r);
    struct vf_finding *fi;
    enum vf_ref_status status = vf_judge_family(j, family, f, r, &loc, &fi);
    if (status == VF_STATUS_HOST && root) {
        fi = vf_judge_as(j, family, VF_STATUS_BROKEN, f, r);
        vf_judge_expect(j, fi, loc.rest);
    }
    if (!fi || status == VF_STATUS_BOUND || !is_moot(j, f))
        return;
    fi->level = VF_L_INFO;
    fi->fix = VF_FIX_NONE;
    fi->expected = (struct vf_slice){NULL, 0};
}

/* The prompt follows the directory name only where it was derived from it: it is the last component of an old
 * place. */
static void judge_prompt(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    struct vf_slice now = vf_path_base(vf_judge_fine_root(j));
    if (vf_slice_eq(r->value, now))
        return;
    for (size_t i = 0; i < j->env->n_prefixes; i++) {
        const struct vf_env_prefix *p = &j->env->prefixes[i];
        bool old =
            p->kind == VF_PREFIX_OLD || p->kind == VF_PREFIX_LIVE || (j->at && p->kind == VF_PREFIX_PRESENT);
        if (!old || !vf_slice_eq(r->value, vf_path_base(p->prefix.path)))
            continue;
        struct vf_finding *fi = vf_judge_ref(j, VF_RULE_ACTIVATE_PROMPT, f, r);
        if (fi)
            fi->expected = now;
        return;
    }
}

void vf_judge_activate(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    if (r->flags & VF_REF_SELF)
        return;
    switch ((int)r->role) {
    case VF_ROLE_PROMPT:
        judge_prompt(j, f, r);
        break;
    case VF_ROLE_HOST_LIB:
        vf_judge_ref(j, VF_RULE_ACTIVATE_HOST_LIB, f, r);
        break;
    default:
        judge_root(j, f, r);
        break;
    }
}

void vf_judge_activate_flaw(struct vf_judge *j, const struct vf_file *f, const struct vf_flaw *fl)
{
    enum vf_rule rule = VF_RULE_ACTIVATE_QUOTING;
    if (fl->kind == VF_FLAW_ACTIVATE_UNKNOWN)
        rule = VF_RULE_ACTIVATE_UNKNOWN;
    if (fl->kind == VF_FLAW_ACTIVATE_RELATIVE_SH)
        return; /* uv --relocatable: works in the shells it is made for */
    struct vf_finding *fi = vf_judge_flaw(j, rule, f, fl);
    if (fi && rule == VF_RULE_ACTIVATE_QUOTING)
        fi->fix = VF_FIX_REWRITE;
    bool uv_nu = j->env->kind == VF_ENV_UV && vf_slice_ends(f->path, VF_S(".nu"));
    if (fi && uv_nu && rule == VF_RULE_ACTIVATE_QUOTING)
        fi->level = VF_L_INFO; /* uv quotes it as for a POSIX shell: only nushell is concerned */
    if (fi && rule == VF_RULE_ACTIVATE_UNKNOWN && vf_judge_is_idle_batch(j->env, f))
        fi->level = VF_L_INFO; /* its reader stops at a quote, as cmd would */
}
