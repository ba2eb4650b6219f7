/* locate.c: where the environment is and whether it is one.
 *
 * The argument may be the directory, a link to it, or a one-line file that names it (`.venv` files of editors
 * and pipenv). The typed spelling is kept: tools write it into files, and it may differ from the resolved
 * one. */
#include "env/env_internal.h"
#include "fs/tree_dir.h"

#include <errno.h>

#define PATH_FILE_CAP 4096

/* For messages: as typed. */
static struct vf_slice shown(const struct vf_env *env, struct vf_slice prefix)
{
    return env->params.outer.n ? env->params.outer : prefix;
}

static enum vf_status not_found(struct vf_slice path, struct vf_err *err)
{
    return vf_err_set(err, VF_NOT_FOUND, 0, "open", path, "there is no such directory");
}

/* The only line of a text; empty: it has more, or none. */
static struct vf_slice only_line(struct vf_slice text)
{
    struct vf_slice line = vf_slice_trim(text);
    bool one = line.n <= PATH_FILE_CAP && vf_slice_find_byte(line, '\n', 0) == VF_NPOS &&
               vf_slice_find_byte(line, '\0', 0) == VF_NPOS;
    return one ? line : VF_S("");
}

bool vf_env_is_named_by(struct vf_host *host, struct vf_slice file, struct vf_slice text, struct vf_arena *a)
{
    struct vf_slice line = only_line(text);
    struct vf_slice dir = line.n ? vf_path_join(a, vf_path_dir(file), line) : line;
    struct vf_slice cfg = dir.n ? vf_path_join(a, dir, VF_S("pyvenv.cfg")) : dir;
    return cfg.n && vf_host_kind(host, cfg, NULL) == VF_KIND_FILE;
}

/* A regular file whose only line is a path: the environment it names. */
static enum vf_status follow_path_file(struct vf_env *env, struct vf_slice *prefix, struct vf_err *err)
{
    struct vf_slice text;
    enum vf_status st = vf_host_read(env->params.host, *prefix, PATH_FILE_CAP, &env->arena, &text, err);
    if (st == VF_LIMIT) {
        vf_err_clear(err);
        return vf_err_set(err, VF_NOT_AN_ENVIRONMENT, 0, "open", *prefix, "it is a file, not an environment");
    }
    if (st != VF_OK)
        return st;
    text = only_line(text);
    if (!text.n)
        return vf_err_set(err, VF_NOT_AN_ENVIRONMENT, 0, "open", *prefix, "it is a file, not an environment");
    struct vf_slice named = vf_path_join(&env->arena, vf_path_dir(*prefix), text);
    *prefix = vf_path_clean_dup(&env->arena, named);
    return prefix->p ? VF_OK : vf_err_nomem(err);
}

enum vf_status vf_env_stat(struct vf_env *env, struct vf_slice path, struct vf_stat *out, struct vf_err *err)
{
    *out = (struct vf_stat){.kind = VF_KIND_NONE};
    if (!path.p)
        return vf_err_nomem(err);
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_tree_stat(env->tree, path, out, &why);
    if (st == VF_NOT_FOUND) {
        *out = (struct vf_stat){.kind = VF_KIND_NONE};
        st = VF_OK;
    } else if (st != VF_OK) {
        st = vf_err_copy(err, &why);
    }
    vf_err_release(&why);
    return st;
}

static enum vf_status is_kind(struct vf_env *env, struct vf_slice path, enum vf_kind kind, bool *yes,
                              struct vf_err *err)
{
    struct vf_stat seen;
    enum vf_status st = vf_env_stat(env, path, &seen, err);
    *yes = st == VF_OK && seen.kind == kind;
    return st;
}

static enum vf_status has_site_packages(struct vf_env *env, bool *found, struct vf_err *err)
{
    struct vf_dirent *ents = NULL;
    size_t n = 0;
    bool lib = false;
    enum vf_status st = is_kind(env, VF_S("Lib/site-packages"), VF_KIND_DIR, found, err);
    if (st == VF_OK && !*found)
        st = is_kind(env, VF_S("lib"), VF_KIND_DIR, &lib, err);
    if (st == VF_OK && !*found && lib)
        st = vf_tree_list(env->tree, VF_S("lib"), &env->arena, &ents, &n, err);
    for (size_t i = 0; i < n && st == VF_OK && !*found; i++) {
        struct vf_slice site =
            vf_arena_concat(&env->arena, VF_S("lib/"), ents[i].name, VF_S("/site-packages"));
        st = is_kind(env, site, VF_KIND_DIR, found, err);
    }
    return st;
}

/* An environment that lost its pyvenv.cfg is known by these two. */
static enum vf_status has_landmarks(struct vf_env *env, bool *yes, struct vf_err *err)
{
    struct vf_slice activate = vf_path_join(&env->arena, env->bin, VF_S("activate"));
    enum vf_status st = is_kind(env, activate, VF_KIND_FILE, yes, err);
    return st == VF_OK && *yes ? has_site_packages(env, yes, err) : st;
}

static enum vf_status must_be_environment(struct vf_env *env, struct vf_err *err)
{
    bool conda = false, bin = false, scripts = false, known = false;
    enum vf_status st = is_kind(env, VF_S("conda-meta"), VF_KIND_DIR, &conda, err);
    if (conda)
        return vf_err_set(err, VF_CONDA, 0, "open", shown(env, env->typed),
                          "this is a conda environment; conda-pack moves those");
    if (st == VF_OK)
        st = is_kind(env, VF_S("bin"), VF_KIND_DIR, &bin, err);
    if (st == VF_OK && !bin)
        st = is_kind(env, VF_S("Scripts"), VF_KIND_DIR, &scripts, err);
    env->windows = scripts;
    env->bin = scripts ? VF_S("Scripts") : VF_S("bin");
    if (st == VF_OK)
        st = is_kind(env, VF_S("pyvenv.cfg"), VF_KIND_FILE, &env->py.has_cfg, err);
    if (st == VF_OK && !env->py.has_cfg)
        st = has_landmarks(env, &known, err);
    if (st != VF_OK || env->py.has_cfg || known)
        return st;
    return vf_err_set(err, VF_NOT_AN_ENVIRONMENT, 0, "open", shown(env, env->typed),
                      "no pyvenv.cfg there: it is not a virtual environment");
}

static enum vf_status resolve_dup(struct vf_env *env, struct vf_slice path, struct vf_slice *out,
                                  struct vf_err *err)
{
    struct vf_buf b;
    vf_buf_init(&b);
    enum vf_status st = vf_host_resolve_path(env->params.host, path, &b, err);
    if (st == VF_OK) {
        *out = vf_arena_dup(&env->arena, vf_buf_slice(&b));
        st = out->p ? VF_OK : vf_err_nomem(err);
    }
    vf_buf_release(&b);
    return st;
}

/* The directory on this host that env->resolved means. */
static struct vf_slice dir_on_host(struct vf_env *env)
{
    struct vf_slice root = env->params.root;
    return root.n ? vf_arena_concat(&env->arena, root, env->resolved, VF_S("")) : env->resolved;
}

enum vf_status vf_env_locate_root(struct vf_env *env, struct vf_err *err)
{
    struct vf_slice joined = vf_path_join(&env->arena, env->params.cwd, env->params.path);
    env->typed = vf_path_clean_dup(&env->arena, joined);
    if (!env->typed.p)
        return vf_err_nomem(err);
    struct vf_slice prefix = env->typed;
    int why;
    enum vf_kind kind = vf_host_look(env->params.host, prefix, NULL, &why);
    if (why)
        return vf_err_sys(err, why, "open", shown(env, prefix));
    if (kind == VF_KIND_NONE) {
        bool dangling = false;
        struct vf_buf b;
        vf_buf_init(&b);
        dangling = vf_host_readlink(env->params.host, prefix, &b);
        vf_buf_release(&b);
        if (dangling)
            return vf_err_set(err, VF_NOT_FOUND, 0, "open", shown(env, prefix), "it is a broken symlink");
        return not_found(shown(env, prefix), err);
    }
    if (kind == VF_KIND_FILE) {
        enum vf_status st = follow_path_file(env, &prefix, err);
        if (st != VF_OK)
            return st;
        st = vf_host_stat(env->params.host, prefix, &kind, err);
        if (st != VF_OK)
            return st;
        if (kind != VF_KIND_DIR)
            return not_found(shown(env, prefix), err);
    }
    enum vf_status st = resolve_dup(env, prefix, &env->resolved, err);
    if (st != VF_OK)
        return st;
    env->dir = dir_on_host(env);
    if (!env->dir.p)
        return vf_err_nomem(err);
    const struct vf_host_ops *ops = env->params.host->ops;
    st = ops->tree ? ops->tree(env->params.host, env->resolved, &env->tree, err)
                   : vf_tree_dir_open(env->params.root.n ? env->dir : prefix, &env->tree, err);
    return st == VF_OK ? must_be_environment(env, err) : st;
}
