/* metadata.c: an environment opened for its metadata only. A walk costs a stat for each of its files; here
 * site-packages is one listing by name, and of each distribution two files are asked for. */
#include "env/dists.h"

#include "packaging/text.h"

#define PTH_CAP ((uint64_t)1 << 20)

/* --- instead of the walk --- */

static enum vf_status add_site(struct vf_env *env, struct vf_vec *sites, struct vf_slice lib,
                               struct vf_err *err)
{
    struct vf_slice path = vf_path_join(&env->arena, lib, VF_S("site-packages"));
    if (!path.p)
        return vf_err_nomem(err);
    struct vf_stat seen;
    enum vf_status st = vf_env_stat(env, path, &seen, err);
    if (st != VF_OK || seen.kind != VF_KIND_DIR)
        return st;
    struct vf_slice *s = vf_vec_push(&env->arena, sites, sizeof *s);
    if (!s)
        return vf_err_nomem(err);
    *s = path;
    return VF_OK;
}

/* The entries of a directory; none when there is none. */
static enum vf_status list(struct vf_env *env, struct vf_slice dir, struct vf_dirent **ents, size_t *n,
                           struct vf_err *err)
{
    struct vf_stat seen;
    *n = 0;
    enum vf_status st = vf_env_stat(env, dir, &seen, err);
    if (st != VF_OK || seen.kind != VF_KIND_DIR)
        return st;
    return vf_tree_list(env->tree, dir, &env->arena, ents, n, err);
}

/* lib64 comes first, as in sys.path where it is a directory of its own. */
static enum vf_status find_sites(struct vf_env *env, struct vf_err *err)
{
    static const struct vf_slice libs[] = {VF_S_INIT("lib64"), VF_S_INIT("lib")};
    struct vf_vec sites = {0};
    enum vf_status st = VF_OK;
    for (size_t k = 0; k < VF_COUNT(libs) && st == VF_OK; k++) {
        struct vf_dirent *ents = NULL;
        size_t n = 0;
        st = list(env, libs[k], &ents, &n, err);
        for (size_t i = 0; i < n && st == VF_OK; i++) {
            struct vf_slice lib = vf_path_join(&env->arena, libs[k], ents[i].name);
            st = lib.p ? add_site(env, &sites, lib, err) : vf_err_nomem(err);
        }
    }
    if (st == VF_OK)
        st = add_site(env, &sites, VF_S("Lib"), err);
    env->sites = sites.base;
    env->n_sites = sites.n;
    return st;
}

/* BIN's own entries: the interpreter is found by them. */
static enum vf_status list_bin(struct vf_env *env, struct vf_err *err)
{
    struct vf_dirent *ents = NULL;
    size_t n = 0;
    enum vf_status st = list(env, env->bin, &ents, &n, err);
    if (st != VF_OK || !n)
        return st;
    env->files = vf_arena_array(&env->arena, n, sizeof *env->files);
    if (!env->files)
        return vf_err_nomem(err);
    for (size_t i = 0; i < n; i++) {
        struct vf_slice path = vf_path_join(&env->arena, env->bin, ents[i].name);
        if (path.p && ents[i].status != VF_OK && ents[i].status != VF_NOT_FOUND)
            return vf_err_set(err, ents[i].status, ents[i].sys, "stat", path, NULL);
        if (!path.p || !vf_map_put(&env->by_path, path, i))
            return vf_err_nomem(err);
        env->files[i] = (struct vf_file){.path = path,
                                         .st = ents[i].st,
                                         .target = ents[i].target,
                                         .flags = VF_FILE_IN_BIN,
                                         .dist = VF_NONE,
                                         .row = VF_NONE,
                                         .info_of = VF_NONE,
                                         .second_dist = VF_NONE,
                                         .truth = VF_ROW_NONE};
    }
    env->n_files = n;
    return VF_OK;
}

enum vf_status vf_env_walk_metadata(struct vf_env *env, struct vf_err *err)
{
    vf_map_init(&env->by_path, &env->arena);
    vf_map_init(&env->dirs, &env->arena);
    enum vf_status st = find_sites(env, err);
    return st == VF_OK ? list_bin(env, err) : st;
}

/* --- distributions --- */

struct finder {
    struct vf_dists *ds;
    struct vf_vec more; /* struct vf_slice: directories and eggs that .pth files add, relative to the root */
};

bool vf_env_site_is_used(const struct vf_env *env, struct vf_slice site)
{
    struct vf_slice lib = vf_path_base(vf_path_dir(site));
    uint64_t minor;
    if (!env->py.minor || !vf_slice_starts(lib, VF_S("python3.")))
        return true;
    lib = vf_slice_from(lib, sizeof "python3." - 1);
    if (vf_slice_ends(lib, VF_S("t"))) /* free-threaded */
        lib.n--;
    return !vf_slice_to_u64(lib, &minor) || minor == env->py.minor;
}

/* Only of an egg-info it matters what it is. */
static enum vf_status kind_of(struct vf_env *env, struct vf_slice dir, struct vf_slice name,
                              const struct vf_info_name *parts, enum vf_kind *kind, struct vf_err *err)
{
    *kind = VF_KIND_DIR;
    if (parts->kind == VF_INFO_DIST_INFO)
        return VF_OK;
    struct vf_slice rel = vf_path_join(&env->arena, dir, name);
    struct vf_slice path = vf_path_join(&env->arena, env->resolved, rel);
    return path.p ? vf_host_stat(env->params.host, path, kind, err) : vf_err_nomem(err);
}

static enum vf_status add_entry(struct vf_dists *ds, struct vf_slice dir, struct vf_slice name,
                                struct vf_err *err)
{
    struct vf_info_name parts = vf_info_name_parse(name);
    /* of an egg on the path, name and version stand in its PKG-INFO alone */
    bool egg = vf_slice_ends(dir, VF_S(".egg")) && vf_slice_eq_nocase(name, VF_S("EGG-INFO"));
    if (egg)
        parts.kind = VF_INFO_EGG_INFO;
    if (parts.kind == VF_INFO_NONE)
        return VF_OK;
    enum vf_kind kind;
    enum vf_status st = kind_of(ds->env, dir, name, &parts, &kind, err);
    return st == VF_OK ? vf_dists_add(ds, dir, name, &parts, kind, err) : st;
}

static enum vf_status list_names(struct vf_env *env, struct vf_slice dir, struct vf_slice **names, size_t *n,
                                 struct vf_err *err)
{
    struct vf_slice path = vf_path_join(&env->arena, env->resolved, dir);
    if (!path.p)
        return vf_err_nomem(err);
    return vf_dists_list(env, path, names, n, err);
}

static bool known(const struct finder *f, struct vf_slice dir)
{
    const struct vf_env *env = f->ds->env;
    for (size_t i = 0; i < env->n_sites; i++)
        if (vf_slice_eq(env->sites[i], dir))
            return true;
    for (size_t i = 0; i < f->more.n; i++)
        if (vf_slice_eq(*VF_VEC_AT(struct vf_slice, &f->more, i), dir))
            return true;
    return false;
}

/* Does it lie below the root once every link is followed? pip asks so of what is local. */
static enum vf_status is_inside(const struct vf_env *env, struct vf_slice path, bool *inside,
                                struct vf_err *err)
{
    struct vf_buf real;
    struct vf_err why;
    vf_buf_init(&real);
    vf_err_init(&why);
    enum vf_status st = vf_host_resolve_path(env->params.host, path, &real, &why);
    *inside = st == VF_OK && vf_path_under(env->resolved, vf_buf_slice(&real), NULL);
    if (st == VF_NOT_FOUND)
        st = VF_OK;
    else if (st != VF_OK)
        st = vf_err_copy(err, &why);
    vf_err_release(&why);
    vf_buf_release(&real);
    return st;
}

/* A directory or egg that a .pth file in `site` adds: kept when it lies below the root. */
static enum vf_status add_path(struct finder *f, struct vf_slice site, struct vf_slice value,
                               struct vf_err *err)
{
    struct vf_env *env = f->ds->env;
    struct vf_slice base = vf_path_join(&env->arena, env->resolved, site), rest;
    struct vf_slice path = vf_path_clean_dup(&env->arena, vf_path_join(&env->arena, base, value));
    if (!path.p)
        return vf_err_nomem(err);
    if (!vf_path_under(env->resolved, path, &rest) && !vf_path_under(env->typed, path, &rest))
        return VF_OK;
    if (!rest.n || known(f, rest))
        return VF_OK;
    bool inside;
    enum vf_status st = is_inside(env, path, &inside, err);
    if (st != VF_OK || !inside)
        return st;
    struct vf_slice *more = vf_vec_push(&env->arena, &f->more, sizeof *more);
    if (!more)
        return vf_err_nomem(err);
    *more = rest;
    return VF_OK;
}

static enum vf_status read_pth(struct finder *f, struct vf_slice site, struct vf_slice name,
                               struct vf_err *err)
{
    struct vf_env *env = f->ds->env;
    struct vf_slice text;
    bool there;
    enum vf_status st = vf_dists_read(env, site, name, PTH_CAP, &text, &there, err);
    struct vf_slice path = vf_path_join(&env->arena, site, name);
    if (st != VF_OK || !there || !path.p)
        return path.p ? st : vf_err_nomem(err);
    struct vf_source src = vf_env_source(env, path, text);
    struct vf_read_out out = {.a = &env->arena};
    st = vf_syntax_read(VF_SYN_PTH, &src, &out, err);
    for (size_t i = 0; i < out.refs.n && st == VF_OK; i++) {
        const struct vf_ref *r = VF_VEC_AT(struct vf_ref, &out.refs, i);
        if (!(r->flags & VF_REF_CODE))
            st = add_path(f, site, r->value, err);
    }
    return st;
}

static enum vf_status add_site_entry(struct finder *f, struct vf_slice site, struct vf_slice name,
                                     struct vf_err *err)
{
    if (vf_slice_ends(name, VF_S(".egg-link")))
        return vf_dists_add_egg_link(f->ds, site, name, err);
    if (vf_slice_ends(name, VF_S(".pth")) && name.p[0] != '.')
        return read_pth(f, site, name, err);
    return add_entry(f->ds, site, name, err);
}

/* Egg-links come behind all that lies in the directory itself. */
static enum vf_status add_site_entries(struct finder *f, struct vf_slice site, struct vf_err *err)
{
    struct vf_slice *names;
    size_t n = 0;
    enum vf_status st = list_names(f->ds->env, site, &names, &n, err);
    for (int links = 0; links < 2; links++)
        for (size_t i = 0; i < n && st == VF_OK; i++)
            if (vf_slice_ends(names[i], VF_S(".egg-link")) == (links == 1))
                st = add_site_entry(f, site, names[i], err);
    return st;
}

static enum vf_status add_more(struct finder *f, struct vf_slice dir, struct vf_err *err)
{
    struct vf_env *env = f->ds->env;
    struct vf_slice *names, path = vf_path_join(&env->arena, env->resolved, dir);
    size_t n = 0;
    if (!path.p)
        return vf_err_nomem(err);
    enum vf_kind kind;
    enum vf_status st = vf_host_stat(env->params.host, path, &kind, err);
    if (st == VF_OK && kind == VF_KIND_FILE)
        return vf_slice_ends(dir, VF_S(".egg")) ? vf_dists_add_egg_zip(f->ds, dir, err) : VF_OK;
    if (st == VF_OK)
        st = list_names(env, dir, &names, &n, err);
    for (size_t i = 0; i < n && st == VF_OK; i++)
        st = add_entry(f->ds, dir, names[i], err);
    return st;
}

enum vf_status vf_dists_find_metadata(struct vf_dists *ds, struct vf_err *err)
{
    struct finder f = {.ds = ds};
    struct vf_env *env = ds->env;
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < env->n_sites && st == VF_OK; i++)
        if (vf_env_site_is_used(env, env->sites[i]))
            st = add_site_entries(&f, env->sites[i], err);
    for (size_t i = 0; i < f.more.n && st == VF_OK; i++)
        st = add_more(&f, *VF_VEC_AT(struct vf_slice, &f.more, i), err);
    return st;
}
