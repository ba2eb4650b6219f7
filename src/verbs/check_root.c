/* check_root.c: which path an environment has in the file tree that it is checked for. */
#include "verbs/check_root.h"

#include "base/path.h"
#include "fs/host_layer.h"

struct vf_slice vf_check_named(struct vf_session *s, struct vf_host *host, struct vf_slice path)
{
    struct vf_slice text;
    struct vf_err why;
    if (vf_host_kind(host, path, NULL) != VF_KIND_FILE)
        return path;
    vf_err_init(&why);
    if (vf_host_read(host, path, 4096, s->a, &text, &why) == VF_OK &&
        vf_env_is_named_by(host, path, text, s->a))
        path = vf_path_clean_dup(s->a, vf_path_join(s->a, vf_path_dir(path), vf_slice_trim(text)));
    vf_err_release(&why);
    return path;
}

static struct vf_slice resolved(struct vf_session *s, struct vf_slice path)
{
    struct vf_buf b = {0};
    struct vf_slice out = {NULL, 0};
    if (path.p && vf_host_resolve(s->host, path, &b))
        out = vf_arena_dup(s->a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out;
}

/* The path below `root`, absolute as seen from there; empty: it is not below. */
static struct vf_slice below(struct vf_session *s, struct vf_slice root, struct vf_slice path)
{
    struct vf_slice rest;
    if (!root.n || !path.n || !vf_path_under(root, path, &rest))
        return (struct vf_slice){NULL, 0};
    return vf_arena_concat(s->a, VF_S("/"), rest, VF_S(""));
}

/* By the words that were typed, if possible: an absolute link on the way means another directory here than in
 * the tree. */
static struct vf_slice path_in_root(struct vf_session *s, struct vf_slice typed_root, struct vf_slice root,
                                    struct vf_slice env)
{
    struct vf_slice in = below(s, typed_root, env);
    if (!in.n)
        in = below(s, root, env);
    return in.n ? in : below(s, root, resolved(s, env));
}

/* ENV is not in the tree: what it would be there, at p->at. */
static enum vf_status add_layer(struct vf_session *s, struct vf_env_params *p, struct vf_host **host)
{
    struct vf_host *root = *host;
    struct vf_slice dir = resolved(s, vf_check_named(s, s->host, p->outer));
    *host = NULL;
    p->path = dir.n ? dir : p->outer;
    p->root = (struct vf_slice){NULL, 0};
    return vf_host_layer(root, s->host, p->path, p->at, host, &s->err);
}

/* A path of the image, as it is typed: for an environment of this host --at names where it will be. */
static struct vf_slice path_in_image(struct vf_session *s, const struct venvfix_check_options *o,
                                     const struct vf_env_params *p, struct vf_host *image)
{
    struct vf_slice in = vf_arena_concat(s->a, VF_S("/"), vf_slice_of(o->path), VF_S(""));
    in = in.p ? vf_path_clean_dup(s->a, in) : in;
    if (!in.p || (p->at.n && vf_host_exists(s->host, p->outer)) || !vf_host_exists(image, in))
        return (struct vf_slice){NULL, 0};
    return in;
}

static enum vf_status set_path(struct vf_session *s, const struct venvfix_check_options *o,
                               struct vf_env_params *p, struct vf_host **host)
{
    struct vf_slice typed_root = vf_session_abs(s, o->root);
    struct vf_slice in = path_in_root(s, typed_root, p->root, p->outer);
    if (!in.n && *host && (*host)->ops->tree)
        in = path_in_image(s, o, p, *host);
    if (in.n)
        in = vf_check_named(s, *host, in);
    if (in.n) {
        p->path = in;
        p->at = p->at.n ? p->at : in;
        if (vf_slice_eq(p->root, VF_S("/")))
            p->root = (struct vf_slice){NULL, 0};
        return VF_OK;
    }
    if (!p->at.n)
        return vf_err_set(&s->err, VF_USAGE, 0, "check", vf_slice_of(o->path),
                          "the environment is not in the file tree of --root: name the path that it will "
                          "have there with --at");
    return add_layer(s, p, host);
}

/* o->root as a host, and its resolved path. */
static bool is_layout(struct vf_session *s, struct vf_slice dir)
{
    struct vf_slice mark = vf_path_join(s->a, dir, VF_S("oci-layout"));
    struct vf_slice index = vf_path_join(s->a, dir, VF_S("index.json"));
    return mark.p && index.p && vf_host_kind(s->host, mark, NULL) == VF_KIND_FILE &&
           vf_host_kind(s->host, index, NULL) == VF_KIND_FILE;
}

static enum vf_status open_image(struct vf_session *s, const struct venvfix_check_options *o,
                                 struct vf_slice path, struct vf_host **host, struct vf_image **image)
{
    enum vf_status st = vf_image_open(s, path, o->scratch, image);
    if (st != VF_OK)
        return st;
    struct vf_file_mount m = {.files = vf_image_files(*image), .dir = VF_NODE_ROOT, .at = VF_S("/")};
    return vf_host_of_files(&m, host, &s->err);
}

static enum vf_status open_root(struct vf_session *s, const struct venvfix_check_options *o,
                                struct vf_slice *root, struct vf_host **host, struct vf_image **image)
{
    struct vf_slice typed = vf_session_abs(s, o->root);
    if (o->at && o->at[0] != '/')
        return vf_err_set(&s->err, VF_USAGE, 0, "check", vf_slice_of(o->at),
                          "with --root, --at takes an absolute path, as seen from that directory");
    if (!typed.p)
        return vf_err_nomem(&s->err);
    enum vf_kind kind;
    enum vf_status st = vf_host_stat(s->host, typed, &kind, &s->err);
    if (st == VF_OK && kind != VF_KIND_DIR && kind != VF_KIND_FILE)
        st = vf_err_set(&s->err, VF_NOT_FOUND, 0, "open", typed, "there is no such directory or archive");
    *root = resolved(s, typed);
    if (st == VF_OK && !root->p)
        st = vf_err_nomem(&s->err);
    if (st == VF_OK && (kind == VF_KIND_FILE || is_layout(s, *root)))
        return open_image(s, o, *root, host, image);
    return st == VF_OK ? vf_host_open(*root, host, &s->err) : st;
}

enum vf_status vf_check_root_alone(struct vf_session *s, const struct venvfix_check_options *o,
                                   struct vf_host **host, struct vf_image **image)
{
    struct vf_slice root;
    *host = NULL;
    *image = NULL;
    return open_root(s, o, &root, host, image);
}

enum vf_status vf_check_root(struct vf_session *s, const struct venvfix_check_options *o,
                             struct vf_env_params *p, struct vf_host **host, struct vf_image **image)
{
    *host = NULL;
    *image = NULL;
    p->outer = vf_session_abs(s, o->path);
    enum vf_status st = p->outer.p ? open_root(s, o, &p->root, host, image) : vf_err_nomem(&s->err);
    if (st == VF_OK)
        st = set_path(s, o, p, host);
    p->host = *host;
    return st;
}

/* --- an image that nobody named --- */

static bool has_dir(struct vf_session *s, struct vf_slice dir, const char *name)
{
    struct vf_slice path = vf_path_join(s->a, dir, vf_slice_of(name));
    return path.p && vf_host_kind(s->host, path, NULL) == VF_KIND_DIR;
}

static bool is_image(struct vf_session *s, struct vf_slice dir)
{
    return has_dir(s, dir, "usr") &&
           (has_dir(s, dir, "etc") || (has_dir(s, dir, "bin") && has_dir(s, dir, "lib")));
}

/* What is in front of `path` at the end of `dir`; empty: `dir` has another end. */
static struct vf_slice parent_of(struct vf_slice dir, struct vf_slice path)
{
    bool ends = vf_path_is_abs(path) && path.n > 1 && dir.n > path.n && vf_slice_ends(dir, path);
    return ends ? vf_slice_sub(dir, 0, dir.n - path.n) : (struct vf_slice){NULL, 0};
}

struct vf_slice vf_image_root(struct vf_session *s, const struct vf_env *env)
{
    for (size_t i = 0; i < env->n_prefixes; i++) {
        const struct vf_env_prefix *p = &env->prefixes[i];
        bool named = p->votes > 0 || p->given || p->kind == VF_PREFIX_NEW;
        struct vf_slice root = named ? parent_of(env->resolved, p->prefix.path) : (struct vf_slice){NULL, 0};
        if (root.n && is_image(s, root))
            return vf_arena_dup(s->a, root);
    }
    return (struct vf_slice){NULL, 0};
}
