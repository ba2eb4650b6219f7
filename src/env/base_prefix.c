/* base_prefix.c: the prefixes of the base interpreter, as the environment records them. They are never old
 * prefixes of the environment, whether or not they exist: a base that is not mounted comes back. */
#include "env/env_internal.h"

struct base_list {
    struct vf_env *env;
    struct vf_vec v; /* struct vf_slice */
};

static enum vf_status add(struct base_list *l, struct vf_slice path, struct vf_err *err)
{
    if (!vf_path_is_abs(path))
        return VF_OK;
    struct vf_slice clean = vf_path_clean_dup(&l->env->arena, path);
    struct vf_slice *kept = clean.p ? vf_vec_push(&l->env->arena, &l->v, sizeof *kept) : NULL;
    if (!kept)
        return vf_err_nomem(err);
    *kept = clean;
    return VF_OK;
}

/* The directory above BIN. virtualenv before 20.16.7 wrote the prefix itself as `home`. */
static enum vf_status add_home(struct base_list *l, struct vf_slice home, struct vf_err *err)
{
    if (vf_name_is_python(vf_path_base(home))) /* it names the program */
        home = vf_path_dir(home);
    struct vf_slice name = vf_path_base(home);
    if (vf_slice_eq(name, VF_S("bin")) || vf_slice_eq(name, VF_S("Scripts")))
        home = vf_path_dir(home);
    return add(l, home, err);
}

static enum vf_status add_cfg(struct base_list *l, struct vf_err *err)
{
    static const struct {
        const char *key;
        enum { HOME, PROGRAM, PREFIX } kind;
    } keys[] = {{"home", HOME},
                {"executable", PROGRAM},
                {"base-executable", PROGRAM},
                {"base-prefix", PREFIX},
                {"base-exec-prefix", PREFIX}};
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < VF_COUNT(keys) && st == VF_OK; i++) {
        struct vf_slice value;
        if (!vf_cfg_get(l->env->cfg, vf_slice_of(keys[i].key), &value))
            continue;
        if (keys[i].kind == PREFIX)
            st = add(l, value, err);
        else
            st = add_home(l, keys[i].kind == HOME ? value : vf_path_dir(value), err);
    }
    return st;
}

/* virtualenv before 20 wrote the base prefix into a file beside its own site.py. */
static enum vf_status add_orig_prefix(struct base_list *l, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < l->env->n_sites && st == VF_OK; i++) {
        struct vf_slice lib = vf_path_dir(l->env->sites[i]), text;
        struct vf_slice path = vf_path_join(&l->env->arena, lib, VF_S("orig-prefix.txt"));
        struct vf_err ignored;
        if (!path.p)
            return vf_err_nomem(err);
        if (vf_env_find(l->env, path) == VF_NONE)
            continue;
        vf_err_init(&ignored);
        if (vf_tree_read(l->env->tree, path, 4096, &l->env->arena, &text, &ignored) == VF_OK)
            st = add(l, vf_slice_trim(text), err);
        vf_err_release(&ignored);
    }
    return st;
}

/* The link counts unless `home` names another directory that exists: then the link may have been redirected
 * into the old environment. */
static enum vf_status add_link(struct base_list *l, struct vf_err *err)
{
    const struct vf_interpreter *py = &l->env->py;
    struct vf_slice bin = vf_path_dir(py->link_target);
    if (!py->link_target.n)
        return VF_OK;
    if (py->home.n && !vf_slice_eq(py->home, bin) && vf_host_exists(l->env->params.host, py->home))
        return VF_OK;
    return add_home(l, bin, err);
}

/* What an activate file calls the environment's own prefix is no base. */
static bool is_own_prefix(const struct vf_env *env, struct vf_slice path)
{
    for (size_t i = 0; i < env->n_files; i++)
        for (uint32_t k = 0; k < env->files[i].facts.n_refs; k++) {
            const struct vf_ref *r = &env->files[i].facts.refs[k];
            if ((r->role == VF_ROLE_ENV_ROOT || r->role == VF_ROLE_COMMAND) && vf_slice_eq(r->value, path))
                return true;
        }
    return false;
}

enum vf_status vf_env_base_prefixes(struct vf_env *env, struct vf_err *err)
{
    struct base_list l = {.env = env};
    enum vf_status st = add_cfg(&l, err);
    if (st == VF_OK)
        st = add_orig_prefix(&l, err);
    if (st == VF_OK)
        st = add_link(&l, err);
    struct vf_slice *v = l.v.base;
    size_t n = 0;
    for (size_t i = 0; st == VF_OK && i < l.v.n; i++)
        if (!is_own_prefix(env, v[i]))
            v[n++] = v[i];
    env->base_prefixes = v;
    env->n_base_prefixes = n;
    return st;
}

bool vf_env_is_base_prefix(const struct vf_env *env, struct vf_slice path)
{
    for (size_t i = 0; i < env->n_base_prefixes; i++)
        if (vf_slice_eq(env->base_prefixes[i], path))
            return true;
    return false;
}
