/* interpreter.c: VF1xx: the base interpreter and pyvenv.cfg. What breaks when is in docs/formats.md 1.5. */
#include "rules/judge.h"

static struct vf_finding *about_env(struct vf_judge *j, enum vf_rule rule, struct vf_slice path)
{
    uint32_t i = vf_env_find(j->env, path);
    return i == VF_NONE ? vf_findings_add(j->out, rule, path) : vf_judge_about(j, rule, &j->env->files[i]);
}

static struct vf_slice bin_path(struct vf_judge *j, struct vf_slice name)
{
    struct vf_slice p = vf_path_join(j->a, j->env->bin, name);
    if (!p.p)
        j->out->failed = true;
    return p;
}

/* An interpreter of its own lies in the environment: the directory `rest` has its standard library above it.
 */
static bool holds_stdlib(struct vf_judge *j, struct vf_slice rest)
{
    bool found = false;
    struct vf_buf b;
    vf_buf_init(&b);
    for (struct vf_slice dir = rest; !found && j->env->py.minor; dir = vf_path_dir(dir)) {
        vf_buf_clear(&b);
        vf_buf_put(&b, dir);
        vf_buf_printf(&b, "%slib/python3.%u/os.py", dir.n ? "/" : "", j->env->py.minor);
        found = !b.failed && vf_env_find(j->env, vf_buf_slice(&b)) != VF_NONE;
        if (!dir.n)
            break;
    }
    j->out->failed = j->out->failed || b.failed;
    vf_buf_release(&b);
    return found;
}

/* An interpreter that is carried along: right as long as home names where it is. */
static void judge_home_inside(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r,
                              const struct vf_location *loc)
{
    enum vf_ref_status status = vf_judge_status(j, loc);
    struct vf_finding *fi = NULL;
    if (status == VF_STATUS_BOUND)
        vf_judge_ref(j, VF_RULE_CFG_VALUE, f, r);
    else if (status == VF_STATUS_BROKEN || status == VF_STATUS_ASTRAY)
        fi = vf_judge_ref(j, VF_RULE_CFG_HOME_MISSING, f, r);
    vf_judge_expect(j, fi, loc->rest);
}

static void report_home_missing(struct vf_judge *j, struct vf_finding *fi, enum vf_level level)
{
    const struct vf_interpreter *py = &j->env->py;
    if (!fi)
        return;
    fi->level = level;
    if (py->link_target.p)
        fi->expected = vf_path_dir(py->link_target);
    else
        fi->fix = VF_FIX_MANUAL;
}

static void judge_home(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    const struct vf_interpreter *py = &j->env->py;
    if (!vf_path_is_abs(r->value))
        return; /* a flaw says so */
    struct vf_location loc = vf_judge_locate(j, r);
    if (loc.prefix != VF_NONE && holds_stdlib(j, loc.rest)) {
        judge_home_inside(j, f, r, &loc);
        return;
    }
    if (loc.prefix != VF_NONE && (loc.where == VF_WHERE_HERE || loc.where == VF_WHERE_NEW)) {
        vf_judge_ref(j, VF_RULE_CFG_HOME_SELF, f, r);
        return;
    }
    bool denied = j->runtime.fault == VF_START_DENIED;
    if ((!py->base_exists || denied) && py->link_target.p)
        return; /* one cause: the base is gone or cannot be examined, and the link says so */
    enum vf_level level = py->link_target.p && py->minor && py->minor <= 10 ? VF_L_WARNING : VF_L_ERROR;
    if (vf_judge_presence(j, f, r, r->value, level) == VF_NOT_EXAMINED)
        return;
    /* what lies in it, and whether a Python starts with that, start.c asks */
    if (!j->env->params.host_unknown && vf_host_kind(j->env->params.host, r->value, NULL) != VF_KIND_DIR) {
        report_home_missing(j, vf_judge_ref(j, VF_RULE_CFG_HOME_MISSING, f, r), level);
        return;
    }
    if (!py->link_target.p)
        return;
    size_t unseen = vf_host_unseen_count(j->env->params.host);
    struct vf_slice dir = vf_path_dir(py->link_target);
    if (vf_host_same(j->env->params.host, dir, r->value) || j->runtime.stdlib_home.n)
        return; /* the second is one cause: home has no standard library */
    struct vf_buf a, b;
    vf_buf_init(&a);
    vf_buf_init(&b);
    vf_path_join_buf(&a, r->value, vf_path_base(py->link_target));
    bool same = !a.failed && vf_host_same(j->env->params.host, vf_buf_slice(&a), py->link_target);
    if (!same && vf_host_resolve(j->env->params.host, py->link_target, &b) && !b.failed)
        same = vf_host_same(j->env->params.host, vf_path_dir(vf_buf_slice(&b)), r->value) ||
               vf_host_same(j->env->params.host, vf_path_dir(vf_path_dir(vf_buf_slice(&b))), r->value);
    vf_buf_release(&a);
    vf_buf_release(&b);
    if (!same && vf_host_unseen_count(j->env->params.host) == unseen)
        vf_judge_ref(j, VF_RULE_HOME_DISAGREES, f, r);
}

static void judge_value(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    struct vf_location loc = vf_judge_locate(j, r);
    enum vf_family family = r->role == VF_ROLE_COMMAND ? VF_FAMILY_CFG_COMMAND : VF_FAMILY_CFG_VALUE;
    struct vf_finding *fi;
    if (vf_judge_family(j, family, f, r, &loc, &fi) != VF_STATUS_HOST)
        return;
    if (r->role == VF_ROLE_COMMAND && (loc.path.n > 1)) {
        fi = vf_judge_ref(j, VF_RULE_CFG_COMMAND, f, r);
        vf_judge_expect(j, fi, (struct vf_slice){"", 0});
    } else if (r->role == VF_ROLE_CFG_VALUE && vf_slice_eq_nocase(r->extra, VF_S("extends-environment"))) {
        vf_judge_ref(j, VF_RULE_CFG_EXTENDS, f, r);
    } else if (r->role == VF_ROLE_BASE && vf_host_is_missing(j->env->params.host, loc.path) &&
               j->env->py.base_exists) {
        vf_judge_ref(j, VF_RULE_CFG_STALE_KEY, f, r);
    }
}

static void judge_flaw(struct vf_judge *j, const struct vf_file *f, const struct vf_flaw *fl)
{
    enum vf_rule rule = VF_RULE_CFG_GRAMMAR;
    switch ((int)fl->kind) {
    case VF_FLAW_CFG_UNDECODABLE:
        rule = VF_RULE_CFG_UNDECODABLE;
        break;
    case VF_FLAW_CFG_DUPLICATE_HOME:
    case VF_FLAW_CFG_DUPLICATE_KEY:
        rule = VF_RULE_CFG_DUPLICATE;
        break;
    case VF_FLAW_CFG_QUOTED_HOME:
    case VF_FLAW_CFG_RELATIVE_HOME:
        rule = VF_RULE_CFG_HOME_FORM;
        break;
    case VF_FLAW_CFG_SYSTEM_SITE:
    case VF_FLAW_CFG_NO_BOOLEAN:
        return; /* VF116 says it once */
    case VF_FLAW_CFG_EMPTY_HOME:
    case VF_FLAW_CFG_NO_HOME:
        rule = j->env->py.copies ? VF_RULE_CFG_HOME_FORM : VF_RULE_CFG_GRAMMAR;
        break;
    default:
        break;
    }
    struct vf_finding *fi = vf_judge_flaw(j, rule, f, fl);
    bool c_reader = j->env->py.copies && j->env->py.minor && j->env->py.minor <= 10;
    if (fi && rule == VF_RULE_CFG_GRAMMAR && c_reader && fl->kind != VF_FLAW_CFG_BAD_BOOLEAN) {
        fi->verdict = VF_V_BROKEN;
        fi->level = VF_L_ERROR;
    }
    if (fi && rule == VF_RULE_CFG_HOME_FORM && !j->env->py.copies && j->env->py.minor &&
        j->env->py.minor <= 10)
        fi->level = VF_L_WARNING;
}

void vf_judge_cfg(struct vf_judge *j, const struct vf_file *f)
{
    for (uint32_t i = 0; i < f->facts.n_refs; i++) {
        const struct vf_ref *r = &f->facts.refs[i];
        if (r->syntax != VF_SYN_CFG || r->role == VF_ROLE_PROMPT)
            continue;
        if (r->role == VF_ROLE_HOME)
            judge_home(j, f, r);
        else
            judge_value(j, f, r);
    }
    for (uint32_t i = 0; i < f->facts.n_flaws; i++)
        if (f->facts.flaws[i].kind <= VF_FLAW_CFG_LONG_LINE)
            judge_flaw(j, f, &f->facts.flaws[i]);
    if (j->env->system_site_known && j->env->system_site)
        vf_judge_about(j, VF_RULE_SYSTEM_SITE, f);
}

static bool has_interpreter(const struct vf_env *env)
{
    if (env->py.link.n)
        return true;
    for (size_t i = 0; i < env->n_files; i++)
        if ((env->files[i].flags & VF_FILE_IN_BIN) && vf_name_is_python(vf_path_base(env->files[i].path)))
            return true;
    /* a file of that name is a directory that could not be listed */
    return vf_slice_eq(env->bin, VF_S("Scripts")) || vf_env_find(env, env->bin) != VF_NONE;
}

void vf_judge_interpreter(struct vf_judge *j)
{
    const struct vf_env *env = j->env;
    uint32_t cfg = vf_env_find(env, VF_S("pyvenv.cfg"));
    struct vf_finding *lost = NULL;
    if (cfg == VF_NONE && !env->py.legacy)
        vf_findings_add(j->out, VF_RULE_CFG_LOST, VF_S("pyvenv.cfg"));
    else if (cfg != VF_NONE && vf_kind_is_special(env->files[cfg].st.kind))
        lost = vf_findings_add(j->out, VF_RULE_CFG_LOST, VF_S("pyvenv.cfg"));
    if (lost)
        lost->message =
            VF_S("pyvenv.cfg is a pipe, socket or device: an interpreter that is started waits for it");
    struct vf_slice second = bin_path(j, VF_S("pyvenv.cfg"));
    if (vf_env_find(env, second) != VF_NONE)
        about_env(j, VF_RULE_CFG_TWO_FILES, second);
    if (!has_interpreter(env))
        vf_findings_add(j->out, VF_RULE_INTERPRETER_MISSING, bin_path(j, VF_S("python")));
    if (vf_env_has_dir(env, VF_S("lib64")) && vf_env_has_dir(env, VF_S("lib")) && env->n_sites > 1)
        vf_findings_add(j->out, VF_RULE_LIB64_COPY, VF_S("lib64"));
}
