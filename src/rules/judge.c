/* judge.c: the one sequential pass over all facts, and what the judges share. */
#include "rules/frozen.h"

#include <string.h>

enum vf_ref_status vf_judge_status(const struct vf_judge *j, const struct vf_location *loc)
{
    switch (loc->where) {
    case VF_WHERE_HERE:
        if (j->at)
            return VF_STATUS_BROKEN;
        return j->at_here ? VF_STATUS_FINE : VF_STATUS_BOUND;
    case VF_WHERE_NEW:
        return j->at ? VF_STATUS_FINE : VF_STATUS_HOST;
    case VF_WHERE_OLD:
        return VF_STATUS_BROKEN;
    case VF_WHERE_LIVE:
        return j->at ? VF_STATUS_BROKEN : VF_STATUS_ASTRAY;
    case VF_WHERE_HOST:
        return VF_STATUS_HOST;
    case VF_WHERE_RELATIVE:
        return VF_STATUS_RELATIVE;
    }
    return VF_STATUS_HOST;
}

bool vf_judge_host_has(const struct vf_judge *j, struct vf_slice path)
{
    return j->env->params.host_unknown || !vf_host_is_missing(j->env->params.host, path);
}

struct vf_slice vf_judge_fine_root(const struct vf_judge *j)
{
    return j->at ? j->env->params.at : j->env->typed;
}

bool vf_judge_owned_true(const struct vf_file *f)
{
    return f->dist != VF_NONE && f->truth != VF_ROW_FALSE;
}

static struct vf_slice owner_of(const struct vf_judge *j, const struct vf_file *f)
{
    return f->dist == VF_NONE ? (struct vf_slice){NULL, 0} : j->env->dists[f->dist].canonical;
}

struct vf_finding *vf_judge_about(struct vf_judge *j, enum vf_rule rule, const struct vf_file *f)
{
    struct vf_finding *fi = vf_findings_add(j->out, rule, f->path);
    if (!fi)
        return NULL;
    fi->distribution = owner_of(j, f);
    fi->file = (uint32_t)(f - j->env->files);
    return fi;
}

/* Whether an old path is still there is not known. */
static void say_unseen_prefix(struct vf_judge *j, struct vf_finding *fi, const struct vf_env_prefix *p)
{
    struct vf_buf b;
    if (!p->why)
        return;
    vf_buf_init(&b);
    vf_buf_printf(&b, "it contains another path of the environment, which could not be examined: %s",
                  strerror(p->why));
    vf_judge_say(j, fi, &b);
}

struct vf_finding *vf_judge_ref(struct vf_judge *j, enum vf_rule rule, const struct vf_file *f,
                                const struct vf_ref *r)
{
    struct vf_finding *fi = vf_judge_about(j, rule, f);
    if (!fi)
        return NULL;
    if (r->syntax != VF_SYN_LINK) {
        fi->line = r->line ? (int64_t)r->line : -1;
        fi->offset = (int64_t)r->value_off;
    }
    struct vf_location loc = vf_judge_locate(j, r);
    fi->value = loc.by_raw ? r->raw : r->value;
    if (vf_path_is_abs(fi->value))
        fi->target = loc.path;
    fi->ref = (uint32_t)(r - f->facts.refs);
    if (loc.prefix != VF_NONE && fi->verdict == VF_V_BROKEN)
        say_unseen_prefix(j, fi, &j->env->prefixes[loc.prefix]);
    return fi;
}

struct vf_finding *vf_judge_as(struct vf_judge *j, enum vf_family family, enum vf_ref_status status,
                               const struct vf_file *f, const struct vf_ref *r)
{
    enum vf_rule rule = vf_rule_of(family, status);
    return rule == VF_RULE_COUNT ? NULL : vf_judge_ref(j, rule, f, r);
}

enum vf_ref_status vf_judge_family(struct vf_judge *j, enum vf_family family, const struct vf_file *f,
                                   const struct vf_ref *r, const struct vf_location *loc,
                                   struct vf_finding **fi)
{
    enum vf_ref_status status = vf_judge_status(j, loc);
    bool wrong = status == VF_STATUS_BROKEN || status == VF_STATUS_ASTRAY;
    *fi = wrong || status == VF_STATUS_BOUND ? vf_judge_as(j, family, status, f, r) : NULL;
    if (wrong)
        vf_judge_expect(j, *fi, loc->rest);
    return status;
}

struct vf_finding *vf_judge_flaw(struct vf_judge *j, enum vf_rule rule, const struct vf_file *f,
                                 const struct vf_flaw *fl)
{
    struct vf_finding *fi = vf_judge_about(j, rule, f);
    if (!fi)
        return NULL;
    fi->line = fl->line ? (int64_t)fl->line : -1;
    fi->offset = (int64_t)fl->off;
    fi->value = fl->value;
    if (!fl->has_repair && fi->fix == VF_FIX_REWRITE)
        fi->fix = VF_FIX_MANUAL;
    return fi;
}

void vf_judge_say(struct vf_judge *j, struct vf_finding *fi, struct vf_buf *words)
{
    struct vf_slice kept =
        words->failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(j->a, vf_buf_slice(words));
    vf_buf_release(words);
    if (!kept.p)
        j->out->failed = true;
    else if (fi)
        fi->message = kept;
}

void vf_judge_expect(struct vf_judge *j, struct vf_finding *fi, struct vf_slice rest)
{
    if (!fi)
        return;
    struct vf_slice root = vf_judge_fine_root(j);
    fi->expected = rest.n ? vf_path_join(j->a, root, rest) : root;
    if (!fi->expected.p)
        j->out->failed = true;
}

struct vf_location vf_judge_locate(struct vf_judge *j, const struct vf_ref *r)
{
    struct vf_location loc = {.where = VF_WHERE_HOST, .prefix = VF_NONE};
    struct vf_err err;
    vf_err_init(&err);
    if (vf_env_locate_ref(j->env, r, j->a, &loc, &err) != VF_OK)
        j->out->failed = true;
    vf_err_release(&err);
    return loc;
}

bool vf_judge_is_interpreter(const struct vf_file *f)
{
    return (f->flags & VF_FILE_IN_BIN) && vf_name_is_python(vf_path_base(f->path)) &&
           (f->st.kind == VF_KIND_LINK || f->st.size > 2048);
}

static void judge_ref(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    vf_judge_outside_project(j, f, r);
    if (vf_judge_mapped(j, f, r))
        return;
    switch (r->syntax) {
    case VF_SYN_CFG: /* looked at as a whole */
        break;
    case VF_SYN_HEADER:
        if (r->role == VF_ROLE_INTERPRETER)
            vf_judge_script(j, f, r);
        else
            vf_judge_import(j, f, r);
        break;
    case VF_SYN_ACTIVATE_SH:
    case VF_SYN_ACTIVATE_CSH:
    case VF_SYN_ACTIVATE_FISH:
    case VF_SYN_ACTIVATE_NU:
    case VF_SYN_ACTIVATE_PS1:
    case VF_SYN_ACTIVATE_XSH:
    case VF_SYN_ACTIVATE_BAT:
    case VF_SYN_ACTIVATE_THIS:
        vf_judge_activate(j, f, r);
        break;
    case VF_SYN_PTH:
    case VF_SYN_FINDER:
    case VF_SYN_EGG_LINK:
        vf_judge_import(j, f, r);
        break;
    case VF_SYN_PROJECT:
        vf_judge_project_file(j, f, r);
        break;
    case VF_SYN_RECORD:
        vf_judge_row(j, f, r);
        break;
    case VF_SYN_DIRECT_URL:
        vf_judge_url(j, f, r);
        break;
    case VF_SYN_KERNELSPEC:
        vf_judge_kernel(j, f, r);
        break;
    case VF_SYN_RPATH:
        vf_judge_rpath(j, f, r);
        break;
    case VF_SYN_LINK:
        vf_judge_link(j, f, r);
        break;
    case VF_SYN_TEXT:
    case VF_SYN_COUNT:
        break;
    }
}

static void judge_flaw(struct vf_judge *j, const struct vf_file *f, const struct vf_flaw *fl)
{
    if (fl->kind <= VF_FLAW_CFG_LONG_LINE)
        return; /* with pyvenv.cfg as a whole */
    if (fl->kind <= VF_FLAW_HEADER_DOC_LOST)
        vf_judge_script_flaw(j, f, fl);
    else if (fl->kind <= VF_FLAW_ACTIVATE_RELATIVE_SH)
        vf_judge_activate_flaw(j, f, fl);
    else if (fl->kind == VF_FLAW_URL_INVALID || fl->kind == VF_FLAW_URL_SECRET)
        vf_judge_url_flaw(j, f, fl);
    else
        vf_judge_import_flaw(j, f, fl);
}

static void judge_one(struct vf_judge *j, const struct vf_file *f)
{
    if (f->flags & VF_FILE_JOURNAL)
        return;
    vf_judge_file(j, f);
    if (f->facts.elf)
        vf_judge_search_path(j, f);
    if (vf_slice_ends(f->path, VF_S(".pc")))
        vf_judge_pkgconfig(j, f);
    if (vf_slice_eq(f->path, VF_S("pyvenv.cfg")))
        vf_judge_cfg(j, f);
    for (uint32_t i = 0; i < f->facts.n_refs && !vf_judge_is_stopped(j); i++)
        judge_ref(j, f, &f->facts.refs[i]);
    for (uint32_t i = 0; i < f->facts.n_flaws && !vf_judge_is_stopped(j); i++)
        judge_flaw(j, f, &f->facts.flaws[i]);
    if (f->facts.n_hits)
        vf_judge_hits(j, f);
}

/* home as it is in the file now: an edit may be laid over it. */
static struct vf_slice home_of(const struct vf_env *env)
{
    uint32_t cfg = vf_env_find(env, VF_S("pyvenv.cfg"));
    for (uint32_t i = 0; cfg != VF_NONE && i < env->files[cfg].facts.n_refs; i++)
        if (env->files[cfg].facts.refs[i].role == VF_ROLE_HOME)
            return env->files[cfg].facts.refs[i].value;
    return (struct vf_slice){"", 0};
}

static bool inspect_runtime(struct vf_judge *j)
{
    return vf_runtime_inspect(&j->runtime, j->env, vf_judge_fine_root(j), home_of(j->env), j->a);
}

bool vf_judge_is_stopped(const struct vf_judge *j)
{
    return vf_hooks_cancelled(j->env->params.hooks);
}

/* What only a host of its own kind can say of an environment. */
static void judge_for_host(struct vf_judge *j)
{
    vf_judge_entry_points(j);
    vf_judge_sources(j);
    vf_judge_modules(j);
    vf_judge_loading(j);
}

static void judge_all(struct vf_judge *j, const struct vf_questions *q)
{
    bool windows = j->env->windows;
    if (windows) {
        vf_judge_windows(j);
    } else {
        vf_judge_interpreter(j);
        vf_judge_start(j);
    }
    vf_judge_journal(j);
    vf_judge_metadata(j);
    vf_judge_requirements(j);
    vf_judge_pyc(j);
    if (!windows)
        judge_for_host(j);
    else if (j->env->params.host_unknown)
        vf_judge_modules(j);
    vf_judge_target(j);
    vf_judge_rights(j);
    vf_judge_names(j);
    vf_judge_permissions(j);
    vf_judge_unowned(j);
    vf_judge_forbidden(j);
    if (q->expected)
        vf_judge_expected(j, q->expected);
    for (size_t i = 0; !windows && i < j->env->n_files && !vf_judge_is_stopped(j); i++)
        judge_one(j, &j->env->files[i]);
    if (!windows)
        vf_judge_unseen(j);
}

enum vf_status vf_judge_env(const struct vf_env *env, struct vf_findings *out, struct vf_err *err)
{
    const struct vf_questions none = {0};
    return vf_judge_env_asked(env, &none, out, err);
}

enum vf_status vf_judge_env_asked(const struct vf_env *env, const struct vf_questions *q,
                                  struct vf_findings *out, struct vf_err *err)
{
    struct vf_judge j = {.env = env, .out = out, .a = out->a, .hashes = env->params.hashes};
    vf_arena_init(&j.scratch);
    vf_map_init(&j.absent_dirs, &j.scratch);
    out->failed = !vf_judge_find_projects(&j);
    if (env->params.at.n) {
        struct vf_location loc;
        enum vf_status st = vf_env_locate(env, env->params.at, &j.scratch, &loc, err);
        if (st != VF_OK) {
            vf_arena_release(&j.scratch);
            return st;
        }
        j.at_here = loc.where == VF_WHERE_HERE && !loc.rest.n;
        j.at = !j.at_here;
    }
    if ((!env->windows || env->params.host_unknown) && !inspect_runtime(&j)) {
        vf_runtime_release(&j.runtime);
        vf_arena_release(&j.scratch);
        out->failed = true;
        return vf_err_nomem(err);
    }
    judge_all(&j, q);
    /* also where a judge asked with a function that cannot say so */
    out->failed = vf_buf_ran_out() || out->failed || j.scratch.failed || j.a->failed;
    vf_runtime_release(&j.runtime);
    vf_arena_release(&j.scratch);
    if (vf_judge_is_stopped(&j))
        return vf_err_set(err, VF_INTERRUPTED, 0, "judge", VF_S(""), "stopped on request");
    vf_findings_sort(out);
    return out->failed ? vf_err_nomem(err) : VF_OK;
}
