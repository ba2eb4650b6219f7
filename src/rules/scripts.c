/* scripts.c: VF2xx: interpreter lines of scripts. Forms: docs/formats.md 2.2; what the kernel does with them:
 * docs/formats.md 2.1. */
#include "rules/judge.h"

static bool in_bin(const struct vf_file *f)
{
    return (f->flags & VF_FILE_IN_BIN) != 0;
}

/* Is this file a command that the owner's metadata declares? */
static bool is_entry_point(const struct vf_env *env, const struct vf_file *f)
{
    if (f->dist == VF_NONE)
        return false;
    const struct vf_env_dist *d = &env->dists[f->dist];
    return vf_entry_points_script(&d->entry_points, vf_path_base(f->path)) != NULL;
}

static void expect_interpreter(struct vf_judge *j, struct vf_finding *fi, struct vf_slice name)
{
    struct vf_slice bin =
        vf_path_join(&j->scratch, j->env->bin, vf_name_is_python(name) ? name : VF_S("python"));
    if (bin.p)
        vf_judge_expect(j, fi, bin);
}

/* What the line names below its place, where that is there (an interpreter of an environment inside this
 * one), or where it is no Python; else a Python in BIN. */
static void expect_placed(struct vf_judge *j, struct vf_finding *fi, const struct vf_location *loc)
{
    struct vf_slice name = vf_path_base(loc->path);
    if (loc->rest.n && (vf_env_has(j->env, loc->rest) || !vf_name_is_python(name)))
        vf_judge_expect(j, fi, loc->rest);
    else
        expect_interpreter(j, fi, name);
}

/* Right place, but is there such a name in BIN? */
static bool names_what_exists(struct vf_judge *j, const struct vf_location *loc)
{
    return vf_env_has(j->env, loc->rest);
}

static void judge_placed(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r,
                         const struct vf_location *loc)
{
    enum vf_ref_status status = vf_judge_status(j, loc);
    bool right = status == VF_STATUS_FINE || status == VF_STATUS_BOUND;
    struct vf_finding *fi = NULL;
    if (right && !names_what_exists(j, loc))
        fi = vf_judge_as(j, VF_FAMILY_SCRIPT, VF_STATUS_BROKEN, f, r);
    else if (right)
        (void)vf_judge_as(j, VF_FAMILY_SCRIPT, status, f, r);
    else
        fi = vf_judge_as(j, VF_FAMILY_SCRIPT, status, f, r);
    if (fi)
        expect_placed(j, fi, loc);
    if (fi && !in_bin(f) && fi->level == VF_L_ERROR && vf_judge_owned_true(f))
        fi->level = VF_L_WARNING;
}

/* That the base is missing is said once, of the base. */
static bool is_base_interpreter(const struct vf_judge *j, struct vf_slice path)
{
    return vf_env_is_base_prefix(j->env, vf_path_dir(vf_path_dir(path)));
}

/* Does the script import what its own distribution brings? The host's Python does not find it. */
static bool imports_own(struct vf_judge *j, const struct vf_file *f)
{
    const struct vf_env_dist *d = &j->env->dists[f->dist];
    struct vf_slice text, line;
    struct vf_err why;
    bool own = false;
    vf_err_init(&why);
    if (vf_tree_read(j->env->tree, f->path, 1u << 20, &j->scratch, &text, &why) != VF_OK)
        text = (struct vf_slice){NULL, 0};
    vf_err_release(&why);
    while (!own && vf_slice_next_line(&text, &line)) {
        bool from = vf_slice_starts(line, VF_S("from ")), import = vf_slice_starts(line, VF_S("import "));
        struct vf_slice name = vf_slice_trim(vf_slice_from(line, from ? 5 : 7));
        size_t end = 0;
        while (end < name.n && name.p[end] != '.' && name.p[end] != ' ' && name.p[end] != ',')
            end++;
        struct vf_slice path = vf_path_join(&j->scratch, d->site, vf_slice_sub(name, 0, end));
        if (!(from || import) || !end || !path.p)
            continue;
        struct vf_slice module = vf_arena_concat(&j->scratch, path, VF_S(".py"), VF_S(""));
        own = vf_env_has_dir(j->env, path) || vf_env_find(j->env, module) != VF_NONE;
    }
    return own;
}

/* Has the host a package of the name that the entry point imports? Then it starts, and runs that. */
static bool host_has_module(struct vf_judge *j, const struct vf_file *f)
{
    const struct vf_env_dist *d = &j->env->dists[f->dist];
    const struct vf_entry_point *ep = vf_entry_points_script(&d->entry_points, vf_path_base(f->path));
    struct vf_slice module = vf_slice_sub(ep->module, 0, vf_slice_find_byte(ep->module, '.', 0));
    struct vf_slice dirs[] = {VF_S("/usr/lib/python3/dist-packages"),
                              j->runtime.stdlib.n
                                  ? vf_path_join(&j->scratch, j->runtime.stdlib, VF_S("site-packages"))
                                  : VF_S("/")};
    for (size_t i = 0; i < VF_COUNT(dirs); i++) {
        struct vf_slice package = vf_path_join(&j->scratch, dirs[i], module);
        struct vf_slice file = vf_arena_concat(&j->scratch, package, VF_S(".py"), VF_S(""));
        if (vf_judge_host_has(j, package) || vf_judge_host_has(j, file))
            return true;
    }
    return false;
}

/* An absolute interpreter that is in no place of this environment. */
static void judge_outside(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r,
                          const struct vf_location *loc)
{
    bool published = vf_judge_owned_true(f) && !is_entry_point(j->env, f);
    enum vf_level missing = published && !(f->st.mode & 0111) ? VF_L_INFO : VF_L_ERROR;
    enum vf_presence at = vf_judge_presence(j, f, r, loc->path, missing);
    struct vf_finding *fi;
    if (at == VF_NOT_EXAMINED)
        return;
    bool exists = at == VF_PRESENT;
    if (!vf_header_is_python(r)) { /* a shell, perl, node: wrong only when it is not there */
        if (!exists && (fi = vf_judge_ref(j, VF_RULE_SCRIPT_DANGLING, f, r))) {
            fi->fix = VF_FIX_MANUAL;
            fi->level = published && (f->st.mode & 0111) ? VF_L_ERROR : VF_L_WARNING;
        }
        return;
    }
    if (exists && vf_env_other_root(j->env, loc->path, &j->scratch).n) {
        fi = vf_judge_ref(j, VF_RULE_SCRIPT_ASTRAY, f, r);
        expect_interpreter(j, fi, vf_path_base(loc->path));
    } else if (exists || is_base_interpreter(j, loc->path)) {
        fi = vf_judge_ref(j, VF_RULE_SCRIPT_HOST, f, r);
        if (fi && published && !imports_own(j, f))
            fi->level = VF_L_INFO;
        if (fi && exists && is_entry_point(j->env, f) && !host_has_module(j, f)) {
            fi->level = VF_L_ERROR;
            fi->verdict = VF_V_BROKEN;
            fi->fix = VF_FIX_REWRITE;
            expect_interpreter(j, fi, vf_path_base(loc->path));
        }
    } else if (published && !(f->st.mode & 0111)) {
        vf_judge_ref(j, VF_RULE_SCRIPT_FOREIGN, f, r);
    } else {
        fi = vf_judge_ref(j, VF_RULE_SCRIPT_DANGLING, f, r);
        expect_interpreter(j, fi, vf_path_base(loc->path));
    }
}

static void judge_self(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    struct vf_slice rel = vf_path_join(&j->scratch, vf_path_dir(f->path), r->value);
    if (!rel.p || !in_bin(f) || !r->value.n || vf_env_has(j->env, rel))
        return;
    struct vf_finding *fi = vf_judge_ref(j, VF_RULE_SCRIPT_DANGLING, f, r);
    expect_interpreter(j, fi, VF_S("python"));
}

void vf_judge_script(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    if (r->flags & VF_REF_SELF) {
        judge_self(j, f, r);
        return;
    }
    struct vf_location loc = vf_judge_locate(j, r);
    if (vf_header_is_placeholder(r)) {
        struct vf_finding *fi = in_bin(f) ? vf_judge_ref(j, VF_RULE_SCRIPT_PLACEHOLDER, f, r) : NULL;
        expect_interpreter(j, fi, r->value);
        return;
    }
    if (vf_header_is_env(r)) {
        if (in_bin(f) && vf_name_is_python(vf_path_base(r->value)))
            vf_judge_ref(j, VF_RULE_SCRIPT_ENV, f, r);
        return;
    }
    if (loc.prefix != VF_NONE)
        judge_placed(j, f, r, &loc);
    else if (in_bin(f) && loc.where == VF_WHERE_HOST)
        judge_outside(j, f, r, &loc);
    else if (in_bin(f) && vf_header_is_python(r))
        vf_judge_ref(j, VF_RULE_SCRIPT_MALFORMED, f, r);
}

/* Does the header's own reference already carry an error? Then the flaw is the same cause. */
static bool accused(const struct vf_judge *j, const struct vf_file *f)
{
    for (size_t i = j->out->v.n; i-- > 0;) {
        const struct vf_finding *fi = vf_findings_at(j->out, i);
        if (fi->file != (uint32_t)(f - j->env->files))
            return false;
        if (fi->rule == VF_RULE_SCRIPT_DANGLING || fi->rule == VF_RULE_SCRIPT_ASTRAY ||
            fi->rule == VF_RULE_SCRIPT_PLACEHOLDER || fi->rule == VF_RULE_SCRIPT_MALFORMED)
            return true;
    }
    return false;
}

void vf_judge_script_flaw(struct vf_judge *j, const struct vf_file *f, const struct vf_flaw *fl)
{
    if (!in_bin(f) || fl->kind == VF_FLAW_HEADER_DOC_LOST || accused(j, f))
        return;
    enum vf_rule rule = VF_RULE_SCRIPT_MALFORMED;
    if (fl->kind == VF_FLAW_HEADER_TOO_LONG)
        rule = VF_RULE_SCRIPT_TOO_LONG;
    if (fl->kind == VF_FLAW_HEADER_LONG_PORTABLE)
        rule = VF_RULE_SCRIPT_LONG_LINE;
    struct vf_finding *fi = vf_judge_flaw(j, rule, f, fl);
    if (fi) /* the writer re-issues the whole header */
        fi->fix = vf_rule_info(rule)->fix;
}

/* pip's own versioned names and conditional extras are no missing scripts. */
static bool expected_script(const struct vf_env_dist *d, const struct vf_entry_point *ep)
{
    return ep->kind == VF_ENTRY_CONSOLE && !ep->extras.n && !vf_slice_eq(d->canonical, VF_S("pip")) &&
           !vf_slice_eq(d->canonical, VF_S("setuptools")) && d->has_record && !d->is_egg;
}

void vf_judge_entry_points(struct vf_judge *j)
{
    const struct vf_env *env = j->env;
    for (size_t d = 0; d < env->n_dists; d++) {
        const struct vf_env_dist *dist = &env->dists[d];
        for (size_t i = 0; i < dist->entry_points.n; i++) {
            const struct vf_entry_point *ep = &dist->entry_points.entries[i];
            struct vf_slice path = vf_path_join(j->a, env->bin, ep->name);
            if (!path.p)
                j->out->failed = true;
            if (ep->kind != VF_ENTRY_CONSOLE && ep->kind != VF_ENTRY_GUI)
                continue;
            uint32_t file = vf_env_find(env, path);
            bool missing = file == VF_NONE && !vf_map_get(&env->missing, path, NULL);
            struct vf_finding *fi = NULL;
            if (missing && expected_script(dist, ep))
                fi = vf_findings_add(j->out, VF_RULE_SCRIPT_ABSENT, path);
            else if (file != VF_NONE && env->files[file].st.kind == VF_KIND_FILE &&
                     !(env->files[file].st.mode & 0111))
                fi = vf_findings_add(j->out, VF_RULE_SCRIPT_NOT_EXECUTABLE, path);
            if (fi)
                fi->distribution = dist->canonical;
        }
    }
}
