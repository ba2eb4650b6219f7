/* forbidden.c: VF731: strings that --forbid names, in contents, names and link targets; VF431: import paths
 * that leave the project and the environment. */
#include "rules/judge.h"

/* ---- --forbid ---- */

/* Occurrences in a text that end behind `from`; *which: the string of the first. */
static uint32_t count_in(const struct vf_judge *j, struct vf_slice text, size_t from, size_t *which)
{
    const struct vf_env_params *p = &j->env->params;
    uint32_t n = 0;
    for (size_t i = 0; i < p->n_forbid; i++) {
        size_t at = 0;
        while ((at = vf_slice_find(text, p->forbid[i], at)) != VF_NPOS) {
            at += p->forbid[i].n;
            if (at <= from)
                continue;
            if (!n++)
                *which = i;
        }
    }
    return n;
}

/* Where the last component begins. */
static size_t base_at(struct vf_slice path)
{
    return path.n - vf_path_base(path).n;
}

static void say(struct vf_judge *j, struct vf_finding *fi, struct vf_slice string, const char *where)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_puts(&b, where);
    vf_judge_say(j, fi, &b);
    fi->value = vf_arena_dup(j->a, string);
    j->out->failed = j->out->failed || !fi->value.p;
}

static void judge_file(struct vf_judge *j, const struct vf_file *f)
{
    const struct vf_env_params *p = &j->env->params;
    size_t which = 0;
    uint32_t in_name = count_in(j, f->path, base_at(f->path), &which);
    const char *where = "its name contains a forbidden string";
    uint32_t in_target = f->st.kind == VF_KIND_LINK ? count_in(j, f->target, 0, &which) : 0;
    if (in_target)
        where = "the link's target contains a forbidden string";
    if (f->facts.forbidden) {
        which = f->facts.forbidden_string;
        where = "contains a forbidden string";
    }
    if (!in_name && !in_target && !f->facts.forbidden)
        return;
    struct vf_finding *fi = vf_judge_about(j, VF_RULE_FORBIDDEN_STRING, f);
    if (!fi)
        return;
    fi->count = in_name + in_target + f->facts.forbidden;
    if (f->facts.forbidden)
        fi->offset = (int64_t)f->facts.forbidden_off;
    say(j, fi, p->forbid[which], where);
}

static void judge_dir(struct vf_judge *j, struct vf_slice dir)
{
    size_t which = 0;
    uint32_t n = count_in(j, dir, base_at(dir), &which);
    struct vf_finding *fi = n ? vf_findings_add(j->out, VF_RULE_FORBIDDEN_STRING, dir) : NULL;
    if (!fi)
        return;
    fi->count = n;
    say(j, fi, j->env->params.forbid[which], "the directory's name contains a forbidden string");
}

/* Directories that were not seen before: of the files' paths, each once. */
static bool judge_new_dirs(struct vf_judge *j, struct vf_map *seen, struct vf_slice dir)
{
    size_t one;
    for (; dir.n && !vf_map_get(seen, dir, &one); dir = vf_path_dir(dir)) {
        judge_dir(j, dir);
        if (!vf_map_put(seen, dir, 1))
            return false;
    }
    return true;
}

void vf_judge_forbidden(struct vf_judge *j)
{
    struct vf_map seen;
    if (!j->env->params.n_forbid)
        return;
    vf_map_init(&seen, &j->scratch);
    for (size_t i = 0; i < j->env->n_files && !vf_judge_is_stopped(j); i++) {
        const struct vf_file *f = &j->env->files[i];
        if (f->flags & VF_FILE_JOURNAL)
            continue;
        judge_file(j, f);
        j->out->failed = !judge_new_dirs(j, &seen, vf_path_dir(f->path)) || j->out->failed;
    }
}

/* ---- --project ---- */

static bool puts_on_path(const struct vf_ref *r)
{
    bool import = r->role == VF_ROLE_IMPORT_DIR || r->role == VF_ROLE_EDITABLE;
    return import && !(r->flags & VF_REF_CODE && r->role == VF_ROLE_IMPORT_DIR && r->syntax == VF_SYN_PTH &&
                       !(r->flags & VF_REF_EDITABLE));
}

/* Links on the way count: a link in the project that leads elsewhere is elsewhere. */
static bool is_in_project(struct vf_judge *j, struct vf_slice path)
{
    struct vf_slice project = j->env->params.project;
    struct vf_buf here, there;
    vf_buf_init(&here);
    vf_buf_init(&there);
    bool in = vf_path_under(project, path, NULL);
    if (vf_host_resolve(j->env->params.host, project, &here) &&
        vf_host_resolve(j->env->params.host, path, &there))
        in = vf_path_under(vf_buf_slice(&here), vf_buf_slice(&there), NULL);
    j->out->failed = j->out->failed || here.failed || there.failed;
    vf_buf_release(&here);
    vf_buf_release(&there);
    return in;
}

/* Absolute, where the reference leads outside of the environment; else empty. */
static struct vf_slice target_outside(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    struct vf_location loc = vf_judge_locate(j, r);
    struct vf_slice rest;
    if (loc.where == VF_WHERE_HERE || loc.where == VF_WHERE_NEW)
        return VF_S("");
    if (loc.where != VF_WHERE_RELATIVE)
        return loc.path;
    struct vf_slice dir = vf_path_join(j->a, vf_judge_fine_root(j), vf_path_dir(f->path));
    struct vf_slice abs = {NULL, 0};
    if (dir.p)
        abs = vf_path_clean_dup(j->a, vf_path_join(j->a, dir, r->value));
    j->out->failed = j->out->failed || !abs.p;
    return !abs.p || vf_path_under(vf_judge_fine_root(j), abs, &rest) ? VF_S("") : abs;
}

void vf_judge_outside_project(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    bool import = r->syntax == VF_SYN_PTH || r->syntax == VF_SYN_FINDER || r->syntax == VF_SYN_EGG_LINK;
    if (!j->env->params.project.n || !import || !puts_on_path(r))
        return;
    struct vf_slice target = target_outside(j, f, r);
    if (!target.n || is_in_project(j, target))
        return;
    struct vf_finding *fi = vf_judge_ref(j, VF_RULE_PROJECT_OUTSIDE, f, r);
    if (fi)
        fi->target = target;
}
