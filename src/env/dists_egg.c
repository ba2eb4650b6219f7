/* dists_egg.c: eggs that are zip files, and what an egg-link leads to. As pip, every distribution in that
 * directory counts; the one that the link is named after is the editable one. */
#include "archive/zip.h"
#include "env/dists.h"

#define EGG_CAP ((uint64_t)256 << 20) /* bytes of a zipped egg */

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
    /* one that cannot be seen cannot be read either, which is then said of the file */
    enum vf_kind kind = vf_host_kind(l->ds->env->params.host, path, NULL);
    enum vf_status st = vf_dists_add(l->ds, l->source, name, &parts, kind, err);
    if (st != VF_OK)
        return st;
    struct vf_env_dist *d = VF_VEC_AT(struct vf_env_dist, &l->ds->v, l->ds->v.n - 1);
    d->is_egg_link = true;
    d->editable = named;
    d->egg_source = l->source;
    return VF_OK;
}

static enum vf_status add_linked(struct link *l, struct vf_slice site, struct vf_slice line,
                                 struct vf_err *err)
{
    struct vf_env *env = l->ds->env;
    struct vf_slice *names, base = vf_path_join(&env->arena, env->typed, site);
    size_t n = 0;
    l->source = vf_path_clean_dup(&env->arena, vf_path_join(&env->arena, base, line));
    if (!l->source.p)
        return vf_err_nomem(err);
    /* none: its project is gone, and pip does not see it either; the link itself is judged */
    enum vf_status st = vf_dists_list(env, l->source, &names, &n, err);
    for (size_t i = 0; i < n && st == VF_OK; i++)
        st = add(l, names[i], err);
    return st;
}

enum vf_status vf_dists_add_egg_link(struct vf_dists *ds, struct vf_slice site, struct vf_slice name,
                                     struct vf_err *err)
{
    struct vf_env *env = ds->env;
    struct vf_slice line;
    enum vf_status st = first_line(env, site, name, &line, err);
    if (st != VF_OK || !line.n)
        return st;
    struct link l = {.ds = ds, .stem = vf_slice_sub(name, 0, name.n - (sizeof ".egg-link" - 1))};
    struct vf_slice path = vf_path_join(&env->arena, site, name);
    if (!path.p)
        return vf_err_nomem(err);
    env->egg_link = vf_env_find(env, path);
    st = add_linked(&l, site, line, err);
    env->egg_link = VF_NONE;
    return st;
}

/* ---- zipped eggs ---- */

static enum vf_status load_info(struct vf_env *env, struct vf_slice egg, struct vf_slice *info,
                                struct vf_err *why)
{
    struct vf_zip *zip = NULL;
    struct vf_zip_source source = {.fd = -1, .size = egg.n, .bytes = egg, .label = VF_S("egg")};
    enum vf_status st = vf_zip_open(&source, NULL, &zip, why);
    size_t member = st == VF_OK ? vf_zip_find(zip, VF_S("EGG-INFO/PKG-INFO")) : VF_NPOS;
    if (st == VF_OK && member == VF_NPOS)
        st = VF_NOT_FOUND;
    if (st == VF_OK)
        st = vf_zip_load(zip, member, VF_META_CAP, &env->arena, info, why);
    vf_zip_free(zip);
    return st;
}

enum vf_status vf_dists_add_egg_zip(struct vf_dists *ds, struct vf_slice path, struct vf_err *err)
{
    struct vf_env *env = ds->env;
    struct vf_slice egg, info;
    struct vf_arena scratch;
    struct vf_err why;
    vf_arena_init(&scratch);
    vf_err_init(&why);
    struct vf_slice abs = vf_path_join(&scratch, env->resolved, path);
    enum vf_status read =
        abs.p ? vf_host_read(env->params.host, abs, EGG_CAP, &scratch, &egg, err) : vf_err_nomem(err);
    enum vf_status st = read == VF_OK ? load_info(env, egg, &info, &why) : read;
    vf_err_release(&why);
    vf_arena_release(&scratch);
    if (read != VF_OK)
        return read;
    if (st == VF_OK)
        return vf_dists_add_bytes(ds, path, VF_S("EGG-INFO"), info, err);
    return st == VF_NO_MEMORY ? vf_err_nomem(err) : VF_OK; /* no egg: Python finds nothing in it either */
}
