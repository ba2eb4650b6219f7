/* windows.c: an environment laid out for Windows (Scripts, Lib\site-packages), on any host: which paths its
 * launchers, scripts, activate files and import paths name, and whether these are right for --at. Nothing can
 * be started or looked up here: what is not in the environment is of another machine. docs/formats.md 5. */
#include "base/prefix.h"
#include "rules/judge.h"
#include "syntax/launcher.h"

struct windows {
    struct vf_judge *j;
    struct vf_prefix recorded; /* where its files say that it is; path empty: nowhere */
    struct vf_prefix at;       /* where it is checked for; path empty: where it is recorded */
};

/* One path that a file names. */
struct named {
    const struct vf_file *f;
    struct vf_slice value; /* borrowed */
    int64_t line, offset;
};

static struct vf_prefix prefix_of(struct vf_slice path)
{
    while (path.n > 3 && (path.p[path.n - 1] == '\\' || path.p[path.n - 1] == '/'))
        path.n--;
    return (struct vf_prefix){path, VF_STYLE_WINDOWS, true};
}

static bool holds(const struct windows *w, const struct vf_prefix *p, struct vf_slice path,
                  struct vf_slice *rest)
{
    return p->path.n && vf_prefix_holds(p, path, rest, &w->j->scratch);
}

static enum vf_ref_status status_of(const struct windows *w, struct vf_slice path, struct vf_slice *rest)
{
    struct vf_slice between;
    if (holds(w, &w->recorded, path, rest)) {
        if (!w->at.path.n)
            return VF_STATUS_BOUND;
        bool same = holds(w, &w->at, w->recorded.path, &between) && !between.n;
        return same ? VF_STATUS_FINE : VF_STATUS_BROKEN;
    }
    if (holds(w, &w->at, path, rest))
        return VF_STATUS_FINE;
    return VF_STATUS_HOST;
}

/* `at` and the rest behind it, with backslashes. */
static struct vf_slice moved_path(const struct windows *w, struct vf_slice rest)
{
    struct vf_slice out = vf_arena_concat(w->j->a, w->at.path, rest.n ? VF_S("\\") : VF_S(""), rest);
    char *p = (char *)out.p;
    for (size_t i = 0; p && i < out.n; i++)
        if (p[i] == '/')
            p[i] = '\\';
    w->j->out->failed = w->j->out->failed || !out.p;
    return out;
}

static struct vf_finding *report(struct windows *w, enum vf_rule rule, const struct named *n)
{
    struct vf_finding *fi = rule == VF_RULE_COUNT ? NULL : vf_judge_about(w->j, rule, n->f);
    if (!fi)
        return NULL;
    fi->value = vf_arena_dup(w->j->a, n->value);
    fi->line = n->line;
    fi->offset = n->offset;
    fi->fix = VF_FIX_NONE;
    w->j->out->failed = w->j->out->failed || !fi->value.p;
    return fi;
}

static void judge_named(struct windows *w, enum vf_family family, const struct named *n)
{
    struct vf_slice rest = VF_S("");
    enum vf_ref_status status = status_of(w, n->value, &rest);
    if (status == VF_STATUS_FINE)
        return;
    struct vf_finding *fi = report(w, vf_rule_of(family, status), n);
    if (fi && status == VF_STATUS_BROKEN)
        fi->expected = moved_path(w, rest);
}

/* ---- what each file names ---- */

static struct vf_launcher read_launcher(struct windows *w, const struct vf_file *f)
{
    struct vf_launcher none = {.kind = VF_LAUNCHER_NONE};
    struct vf_slice bytes;
    struct vf_err why;
    struct vf_slice end = f->path.n > 4 ? vf_slice_from(f->path, f->path.n - 4) : VF_S("");
    if (!(f->flags & VF_FILE_IN_BIN) || f->st.kind != VF_KIND_FILE ||
        !vf_slice_eq_nocase(end, VF_S(".exe")) || f->st.size > VF_LAUNCHER_CAP)
        return none;
    vf_err_init(&why);
    enum vf_status st = vf_tree_read(w->j->env->tree, f->path, VF_LAUNCHER_CAP, &w->j->scratch, &bytes, &why);
    vf_err_release(&why);
    return st == VF_OK ? vf_launcher_read(bytes) : none;
}

static enum vf_family family_of(const struct vf_ref *r)
{
    static const struct {
        enum vf_role role;
        enum vf_family family;
    } families[] = {{VF_ROLE_INTERPRETER, VF_FAMILY_SCRIPT}, {VF_ROLE_ENV_ROOT, VF_FAMILY_ACTIVATE},
                    {VF_ROLE_ENV_FILE, VF_FAMILY_ACTIVATE},  {VF_ROLE_EDITABLE, VF_FAMILY_EDITABLE},
                    {VF_ROLE_IMPORT_DIR, VF_FAMILY_PTH},     {VF_ROLE_PROJECT_URL, VF_FAMILY_URL}};
    for (size_t i = 0; i < VF_COUNT(families); i++)
        if (families[i].role == r->role)
            return families[i].family;
    return VF_FAMILY_NONE;
}

/* `/C:/x` of a file: URL. */
static struct vf_slice without_slash(struct vf_slice v)
{
    struct vf_slice rest = v.n && v.p[0] == '/' ? vf_slice_from(v, 1) : v;
    return vf_path_is_windows_abs(rest) ? rest : v;
}

static void judge_file(struct windows *w, const struct vf_file *f)
{
    struct vf_launcher l = read_launcher(w, f);
    if (vf_path_is_windows_abs(l.python)) {
        const struct named n = {f, l.python, -1, (int64_t)l.offset};
        judge_named(w, VF_FAMILY_SCRIPT, &n);
    }
    for (uint32_t i = 0; i < f->facts.n_refs; i++) {
        const struct vf_ref *r = &f->facts.refs[i];
        const struct named n = {f, without_slash(r->value), r->line ? (int64_t)r->line : -1,
                                (int64_t)r->value_off};
        if (family_of(r) != VF_FAMILY_NONE && vf_path_is_windows_abs(n.value))
            judge_named(w, family_of(r), &n);
    }
}

/* ---- where it is recorded ---- */

/* The directory two levels above `Scripts\python.exe`. */
static struct vf_slice root_of_program(struct vf_slice program)
{
    for (int up = 0; up < 2; up++) {
        size_t at = program.n;
        while (at && program.p[at - 1] != '\\' && program.p[at - 1] != '/')
            at--;
        program = vf_slice_sub(program, 0, at ? at - 1 : 0);
    }
    return program;
}

static void find_recorded(struct windows *w)
{
    const struct vf_env *env = w->j->env;
    struct vf_slice launcher = VF_S("");
    for (size_t i = 0; i < env->n_files && !w->recorded.path.n; i++) {
        const struct vf_file *f = &env->files[i];
        for (uint32_t k = 0; f->flags & VF_FILE_IN_BIN && k < f->facts.n_refs; k++) {
            const struct vf_ref *r = &f->facts.refs[k];
            if (r->role == VF_ROLE_ENV_ROOT && vf_path_is_windows_abs(r->value))
                w->recorded = prefix_of(r->value);
        }
        if (launcher.n)
            continue;
        struct vf_launcher l = read_launcher(w, f);
        if (vf_path_is_windows_abs(l.python))
            launcher = root_of_program(l.python);
    }
    if (!w->recorded.path.n && vf_path_is_windows_abs(launcher))
        w->recorded = prefix_of(launcher);
}

/* ---- pyvenv.cfg ---- */

static void judge_cfg(struct windows *w)
{
    const struct vf_env *env = w->j->env;
    uint32_t cfg = vf_env_find(env, VF_S("pyvenv.cfg"));
    if (cfg == VF_NONE) {
        vf_findings_add(w->j->out, VF_RULE_CFG_LOST, VF_S("pyvenv.cfg"));
        return;
    }
    const struct named n = {&env->files[cfg], env->py.home, -1, -1};
    struct vf_slice rest;
    if (!vf_path_is_windows_abs(n.value))
        (void)report(w, VF_RULE_CFG_HOME_FORM, &n);
    else if (holds(w, &w->recorded, n.value, &rest) || holds(w, &w->at, n.value, &rest))
        (void)report(w, VF_RULE_CFG_HOME_SELF, &n);
    else
        (void)report(w, VF_RULE_BASE_NEEDED, &n);
    if (env->system_site_known && env->system_site)
        vf_judge_about(w->j, VF_RULE_SYSTEM_SITE, n.f);
}

void vf_judge_windows(struct vf_judge *j)
{
    struct windows w = {.j = j};
    if (j->env->params.at_windows.n)
        w.at = prefix_of(j->env->params.at_windows);
    find_recorded(&w);
    if (j->env->params.at.n && !w.at.path.n) /* a path of this host: nothing but "where it is" can be meant */
        w.at = w.recorded;
    judge_cfg(&w);
    for (size_t i = 0; i < j->env->n_files && !vf_judge_is_stopped(j); i++) {
        const struct vf_file *f = &j->env->files[i];
        if (f->flags & VF_FILE_JOURNAL)
            continue;
        vf_judge_file(j, f);
        judge_file(&w, f);
    }
}
