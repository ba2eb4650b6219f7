/* sources.c: VF418: the source directory of an editable install is there; are the modules in it that the
 * distribution says it has? */
#include "rules/judge.h"

struct source {
    struct vf_judge *j;
    const struct vf_env_dist *d;
    const struct vf_file *file; /* that puts the first directory on the path */
    const struct vf_ref *ref;
    struct vf_vec dirs; /* struct vf_slice */
};

/* What cannot be examined is not accused: it counts as there. */
static bool may_exist(struct vf_judge *j, struct vf_slice path)
{
    struct vf_location loc = vf_judge_locate(j, &(struct vf_ref){.value = path, .syntax = VF_SYN_PTH});
    if (loc.prefix != VF_NONE && (loc.where == VF_WHERE_HERE || loc.where == VF_WHERE_NEW))
        return vf_env_has(j->env, loc.rest);
    return vf_judge_host_has(j, path);
}

/* A package, a module, or an extension module that was built there. */
static bool holds(struct vf_judge *j, struct vf_slice dir, struct vf_slice name)
{
    struct vf_slice *names, package = vf_path_join(&j->scratch, dir, name);
    struct vf_slice module = vf_arena_concat(&j->scratch, package, VF_S(".py"), VF_S(""));
    size_t n = 0;
    if (!package.p || !module.p || may_exist(j, package) || may_exist(j, module))
        return true;
    if (!vf_host_list(j->env->params.host, dir, &j->scratch, &names, &n))
        return true; /* what cannot be listed is not accused */
    for (size_t i = 0; i < n; i++)
        if (vf_slice_starts(names[i], name) && names[i].n > name.n && names[i].p[name.n] == '.')
            return true;
    return false;
}

static bool any_holds(const struct source *s, struct vf_slice name)
{
    for (size_t i = 0; i < s->dirs.n; i++)
        if (holds(s->j, *VF_VEC_AT(struct vf_slice, &s->dirs, i), name))
            return true;
    return false;
}

static void find_dirs(struct source *s)
{
    const struct vf_env *env = s->j->env;
    for (size_t i = 0; i < s->d->record.n; i++) {
        const struct vf_file *f = s->d->row_files[i] == VF_NONE ? NULL : &env->files[s->d->row_files[i]];
        for (uint32_t k = 0; f && k < f->facts.n_refs; k++) {
            const struct vf_ref *r = &f->facts.refs[k];
            if (r->syntax != VF_SYN_PTH || (r->flags & VF_REF_CODE) || !vf_path_is_abs(r->value))
                continue;
            struct vf_slice *dir = vf_vec_push(&s->j->scratch, &s->dirs, sizeof *dir);
            if (!dir)
                return;
            *dir = r->value;
            s->file = s->file ? s->file : f;
            s->ref = s->ref ? s->ref : r;
        }
    }
}

/* top_level.txt, else the modules of its entry points. *known: there is at least one name. */
static bool any_name_held(const struct source *s, struct vf_slice *first)
{
    struct vf_slice text = {NULL, 0}, line,
                    path = vf_path_join(&s->j->scratch, s->d->info, VF_S("top_level.txt"));
    struct vf_err why;
    vf_err_init(&why);
    if (!path.p || vf_tree_read(s->j->env->tree, path, 1u << 16, &s->j->scratch, &text, &why) != VF_OK)
        text = (struct vf_slice){NULL, 0};
    vf_err_release(&why);
    while (vf_slice_next_line(&text, &line)) {
        line = vf_slice_trim(line);
        *first = first->n ? *first : line;
        if (line.n && any_holds(s, line))
            return true;
    }
    for (size_t i = 0; !first->n && i < s->d->entry_points.n; i++) {
        struct vf_slice module = s->d->entry_points.entries[i].module;
        struct vf_slice name = vf_slice_sub(module, 0, vf_slice_find_byte(module, '.', 0));
        if (name.n && any_holds(s, name))
            return true;
    }
    if (!first->n && s->d->entry_points.n) {
        struct vf_slice module = s->d->entry_points.entries[0].module;
        *first = vf_slice_sub(module, 0, vf_slice_find_byte(module, '.', 0));
    }
    return false;
}

void vf_judge_sources(struct vf_judge *j)
{
    for (size_t i = 0; i < j->env->n_dists && !vf_judge_is_stopped(j); i++) {
        struct source s = {.j = j, .d = &j->env->dists[i]};
        struct vf_slice name = {NULL, 0};
        if (!s.d->editable)
            continue;
        find_dirs(&s);
        bool there = s.dirs.n > 0;
        for (size_t k = 0; there && k < s.dirs.n; k++)
            there = may_exist(j, *VF_VEC_AT(struct vf_slice, &s.dirs, k)); /* else that is the finding */
        if (!there || any_name_held(&s, &name) || !name.n)
            continue;
        struct vf_finding *fi = vf_judge_ref(j, VF_RULE_EDITABLE_EMPTY, s.file, s.ref);
        struct vf_buf b;
        vf_buf_init(&b);
        vf_buf_puts(&b, vf_rule_info(VF_RULE_EDITABLE_EMPTY)->what);
        vf_buf_puts(&b, ": ");
        vf_buf_put(&b, name);
        vf_judge_say(j, fi, &b);
    }
}
