/* dists_egg.c: what an egg-link leads to. As pip, every distribution in that directory counts; the one that
 * the link is named after is the editable one. */
#include "env/dists.h"

struct link {
    struct vf_dists *ds;
    struct vf_slice source; /* the directory: absolute, clean */
    struct vf_slice stem;   /* of the link's own name */
};

/* The first line that is not empty; empty when there is none. */
static enum vf_status first_line(struct vf_env *env, struct vf_slice site, struct vf_slice name,
                                 struct vf_slice *line, struct vf_err *err)
{
    struct vf_slice text;
    bool there;
    enum vf_status st = vf_dists_read(env, site, name, VF_META_CAP, &text, &there, err);
    *line = (struct vf_slice){NULL, 0};
    while (st == VF_OK && there && !line->n && vf_slice_next_line(&text, line))
        *line = vf_slice_trim(*line);
    return st;
}

static enum vf_status add(const struct link *l, struct vf_slice name, struct vf_err *err)
{
    struct vf_info_name parts = vf_info_name_parse(name);
    bool named = vf_name_same(parts.name, l->stem);
    if (parts.kind == VF_INFO_NONE || (!named && !l->ds->env->metadata_only))
        return VF_OK;
    struct vf_slice path = vf_path_join(&l->ds->env->arena, l->source, name);
    if (!path.p)
        return vf_err_nomem(err);
    enum vf_kind kind = vf_outside_kind(l->ds->env->params.outside, path, NULL);
    enum vf_status st = vf_dists_add(l->ds, l->source, name, &parts, kind, err);
    if (st != VF_OK)
        return st;
    struct vf_env_dist *d = VF_VEC_AT(struct vf_env_dist, &l->ds->v, l->ds->v.n - 1);
    d->is_egg_link = true;
    d->editable = named;
    d->egg_source = l->source;
    return VF_OK;
}

enum vf_status vf_dists_add_egg_link(struct vf_dists *ds, struct vf_slice site, struct vf_slice name,
                                     struct vf_err *err)
{
    struct vf_env *env = ds->env;
    struct vf_slice line, *names;
    size_t n = 0;
    enum vf_status st = first_line(env, site, name, &line, err);
    if (st != VF_OK || !line.n)
        return st;
    struct vf_slice base = vf_path_join(&env->arena, env->typed, site);
    struct link l = {.ds = ds, .stem = vf_slice_sub(name, 0, name.n - (sizeof ".egg-link" - 1))};
    l.source = vf_path_clean_dup(&env->arena, vf_path_join(&env->arena, base, line));
    if (!l.source.p)
        return vf_err_nomem(err);
    /* not to be listed: its project is gone, and pip does not see it either; the link itself is judged */
    if (!vf_outside_list(env->params.outside, l.source, &env->arena, &names, &n))
        return env->arena.failed ? vf_err_nomem(err) : VF_OK;
    for (size_t i = 0; i < n && st == VF_OK; i++)
        st = add(&l, names[i], err);
    return st;
}
