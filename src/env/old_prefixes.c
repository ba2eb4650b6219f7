/* old_prefixes.c: the set of places that the environment ever called its own, by vote (docs/formats.md 10.1),
 * and the question where a path leads.
 *
 * Candidates come from references that installers and tools write: activate files, interpreter lines,
 * `command`, absolute RECORD rows, kernelspecs, absolute links. An owned script that is no entry point votes
 * for nobody: its path is the publisher's. */
#include "env/env_internal.h"

struct vote {
    struct vf_env *env;
    struct vf_arena scratch;
    struct vf_vec prefixes; /* struct vf_env_prefix */
    struct vf_map by_path;
    struct vf_vec unsure; /* struct vf_slice: paths that could not be examined; see weigh */
};

static enum vf_status add_place(struct vote *v, struct vf_slice path, enum vf_prefix_kind kind,
                                struct vf_env_prefix **added, struct vf_err *err)
{
    size_t known;
    if (vf_map_get(&v->by_path, path, &known)) {
        *added = VF_VEC_AT(struct vf_env_prefix, &v->prefixes, known);
        return VF_OK;
    }
    struct vf_env_prefix *p = vf_vec_push(&v->env->arena, &v->prefixes, sizeof *p);
    if (!p)
        return vf_err_nomem(err);
    p->prefix.path = vf_arena_dup(&v->env->arena, path);
    if (!p->prefix.path.p || !vf_map_put(&v->by_path, p->prefix.path, v->prefixes.n - 1))
        return vf_err_nomem(err);
    p->kind = kind;
    *added = p;
    return VF_OK;
}

/* P from P/BIN/python; empty when the path has another shape. */
static struct vf_slice root_of_interpreter(struct vf_slice path)
{
    struct vf_slice bin = vf_path_dir(path), name = vf_path_base(bin);
    if (!vf_name_is_python(vf_path_base(path)))
        return (struct vf_slice){NULL, 0};
    if (!vf_slice_eq(name, VF_S("bin")) && !vf_slice_eq(name, VF_S("Scripts")))
        return (struct vf_slice){NULL, 0};
    return vf_path_dir(bin);
}

static bool may_be_root(struct vf_slice path)
{
    return path.n > 1 && vf_path_is_abs(path) && !vf_slice_eq(path, VF_S("/usr")) &&
           !vf_slice_eq(path, VF_S("/usr/local"));
}

/* Does an environment stand there? virtualenv older than 20 wrote no pyvenv.cfg. */
static bool is_environment(const struct vf_env *env, struct vf_slice root, struct vf_arena *a)
{
    static const char *const marks[] = {"pyvenv.cfg", "bin/activate_this.py"};
    for (size_t i = 0; i < VF_COUNT(marks); i++) {
        struct vf_slice mark = vf_path_join(a, root, vf_slice_of(marks[i]));
        if (mark.p && vf_host_exists(env->params.host, mark))
            return true;
    }
    return false;
}

/* A base interpreter's directory looks like an environment's BIN: where there is no environment, it is
 * evidence only when nothing is there. */
static bool has_base_interpreter(struct vote *v, struct vf_slice root)
{
    if (!vf_host_exists(v->env->params.host, root))
        return false;
    if (is_environment(v->env, root, &v->scratch))
        return false;
    struct vf_slice py = vf_path_join(&v->scratch, root, VF_S("bin/python3"));
    return py.p && vf_host_exists(v->env->params.host, py);
}

/* A directory that is there, or may be, and is not seen to be an environment. */
static bool is_other_tree(struct vote *v, struct vf_slice root)
{
    return !vf_host_is_missing(v->env->params.host, root) && !is_environment(v->env, root, &v->scratch);
}

/* An installer writes these only into an environment, so that they are evidence by themselves. */
static bool names_environment(enum vf_role role)
{
    return role == VF_ROLE_ENV_ROOT || role == VF_ROLE_COMMAND || role == VF_ROLE_RECORD_ROW;
}

static enum vf_status count_vote(struct vote *v, struct vf_slice clean, struct vf_err *err)
{
    struct vf_env_prefix *p = NULL;
    enum vf_status st = add_place(v, clean, VF_PREFIX_OLD, &p, err);
    if (st == VF_OK && p)
        p->votes++;
    return st;
}

/* Whether an interpreter or a link to something else is there cannot be found out where the path cannot be
 * examined: such a path is an old prefix only if other evidence says so. */
static enum vf_status weigh(struct vote *v, struct vf_slice path, enum vf_role role, struct vf_err *err)
{
    struct vf_slice clean = vf_path_clean_dup(&v->scratch, path);
    if (!clean.p)
        return vf_err_nomem(err);
    if (!may_be_root(clean) || vf_env_is_base_prefix(v->env, clean))
        return VF_OK;
    size_t unseen = vf_host_unseen_count(v->env->params.host);
    if (has_base_interpreter(v, clean))
        return VF_OK;
    if (vf_host_unseen_count(v->env->params.host) == unseen || names_environment(role))
        return count_vote(v, clean, err);
    struct vf_slice *later = vf_vec_push(&v->scratch, &v->unsure, sizeof *later);
    if (!later)
        return vf_err_nomem(err);
    *later = clean;
    return VF_OK;
}

static enum vf_status weigh_unsure(struct vote *v, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < v->unsure.n && st == VF_OK; i++) {
        struct vf_slice path = *VF_VEC_AT(struct vf_slice, &v->unsure, i);
        if (vf_map_get(&v->by_path, path, NULL))
            st = count_vote(v, path, err);
    }
    return st;
}

/* Does an interpreter line vote? Installers' forms only; of owned scripts only entry points and rewritten
 * ones. */
static bool header_votes(const struct vf_env *env, const struct vf_file *f, const struct vf_ref *r)
{
    if (!(f->flags & VF_FILE_IN_BIN) || r->role != VF_ROLE_INTERPRETER || (r->flags & VF_REF_SELF))
        return false;
    if (!vf_header_is_python(r) || vf_header_is_placeholder(r))
        return false;
    if (f->dist == VF_NONE)
        return true;
    const struct vf_env_dist *d = &env->dists[f->dist];
    struct vf_slice base = vf_path_base(f->path);
    if (vf_entry_points_script(&d->entry_points, base))
        return true;
    /* pip writes pip3.12 beside the entry points it declares */
    return vf_slice_starts(base, VF_S("pip")) || vf_slice_starts(base, VF_S("easy_install"));
}

/* How many bytes an absolute path and a relative one share at their ends, in whole components. */
static size_t shared_tail(struct vf_slice abs, struct vf_slice rel)
{
    size_t n = 0, whole = 0;
    for (; n < rel.n && n < abs.n && abs.p[abs.n - 1 - n] == rel.p[rel.n - 1 - n]; n++)
        if (rel.p[rel.n - 1 - n] == '/')
            whole = n;
    return n == rel.n && n < abs.n && abs.p[abs.n - 1 - n] == '/' ? n : whole;
}

/* The place a link votes for: the part of its absolute target in front of the tail that it shares with this
 * environment. A link whose own path ends like its target, for longer than that, leads to its counterpart in
 * another tree (the cache that the file came from), which says nothing of a place. Nor does a directory that
 * is there and is no environment. */
static struct vf_slice root_of_link(struct vote *v, const struct vf_file *f)
{
    const struct vf_env *env = v->env;
    struct vf_slice t = f->target;
    if (!vf_path_is_abs(t) || (f->flags & VF_FILE_IN_BIN))
        return (struct vf_slice){NULL, 0};
    static const char *const marks[] = {"/lib/python", "/bin/", "/share/",  "/etc/",
                                        "/src/",       "/lib/", "/include/"};
    for (size_t i = 0; i < VF_COUNT(marks); i++) {
        size_t at = vf_slice_find(t, vf_slice_of(marks[i]), 1);
        if (at == VF_NPOS)
            continue;
        struct vf_slice rest = vf_slice_from(t, at + 1);
        if (vf_env_find(env, rest) == VF_NONE && !vf_env_has_dir(env, rest))
            continue;
        if (shared_tail(t, f->path) > rest.n || is_other_tree(v, vf_slice_sub(t, 0, at)))
            return (struct vf_slice){NULL, 0};
        return vf_slice_sub(t, 0, at);
    }
    if (vf_slice_eq(f->path, VF_S("lib64")) && vf_slice_eq(vf_path_base(t), VF_S("lib")))
        return vf_path_dir(t);
    return (struct vf_slice){NULL, 0};
}

static struct vf_slice root_of_row(const struct vf_env *env, struct vf_slice row)
{
    struct vf_slice none = {NULL, 0};
    for (size_t i = 0; i < env->n_sites; i++) {
        size_t at = vf_slice_find(row, env->sites[i], 0);
        if (at != VF_NPOS && at > 1 && row.p[at - 1] == '/')
            return vf_slice_sub(row, 0, at - 1);
    }
    size_t at = vf_slice_find(row, VF_S("/bin/"), 0);
    return at != VF_NPOS ? vf_slice_sub(row, 0, at) : none;
}

static struct vf_slice candidate(struct vote *v, const struct vf_file *f, const struct vf_ref *r,
                                 struct vf_slice value)
{
    const struct vf_env *env = v->env;
    struct vf_slice none = {NULL, 0};
    if (r->flags & (VF_REF_SELF | VF_REF_RELATIVE) || !vf_path_is_abs(value))
        return none;
    switch (r->role) {
    case VF_ROLE_INTERPRETER:
        return header_votes(env, f, r) ? root_of_interpreter(value) : none;
    case VF_ROLE_ENV_ROOT:
    case VF_ROLE_COMMAND:
        return value;
    case VF_ROLE_KERNEL_COMMAND:
        return root_of_interpreter(value);
    case VF_ROLE_RECORD_ROW:
        return root_of_row(env, value);
    case VF_ROLE_LINK:
        return root_of_link(v, f);
    case VF_ROLE_HOME:
    case VF_ROLE_BASE:
    case VF_ROLE_CFG_VALUE:
    case VF_ROLE_PROMPT:
    case VF_ROLE_ENV_FILE:
    case VF_ROLE_HOST_LIB:
    case VF_ROLE_IMPORT_DIR:
    case VF_ROLE_EDITABLE:
    case VF_ROLE_BUILD_TOOL:
    case VF_ROLE_PROJECT_URL:
    case VF_ROLE_PROJECT_DIR:
    case VF_ROLE_LIBRARY_DIR:
    case VF_ROLE_KERNEL_PATH:
    case VF_ROLE_TEXT:
        return none;
    }
    return none;
}

/* Where the value as the shell reads it and as the writer meant it differ, the longer one is the path:
 * quoting only takes away. A value that is the present place's name is just that. */
static struct vf_slice meant(const struct vf_env *env, const struct vf_ref *r)
{
    bool present = vf_slice_eq(r->value, env->typed) || vf_slice_eq(r->value, env->resolved);
    return r->raw.n && !present ? r->raw : r->value;
}

static enum vf_status vote_file(struct vote *v, const struct vf_file *f, struct vf_err *err)
{
    for (uint32_t i = 0; i < f->facts.n_refs; i++) {
        const struct vf_ref *r = &f->facts.refs[i];
        struct vf_slice c = candidate(v, f, r, meant(v->env, r));
        enum vf_status st = vf_env_go_on(v->env, err);
        if (st == VF_OK && c.n)
            st = weigh(v, c, r->role, err);
        if (st != VF_OK)
            return st;
    }
    return VF_OK;
}

static bool same_as_present(const struct vf_env *env, struct vf_slice path)
{
    return vf_slice_eq(path, env->typed) || vf_slice_eq(path, env->resolved) ||
           vf_host_same(env->params.host, path, env->resolved);
}

static void resolve(struct vote *v, struct vf_env_prefix *p)
{
    struct vf_env *env = v->env;
    p->exists = vf_host_look(env->params.host, p->prefix.path, NULL, &p->why) != VF_KIND_NONE;
    if (same_as_present(env, p->prefix.path)) {
        p->kind = VF_PREFIX_PRESENT;
        return;
    }
    if (env->params.at.n && vf_slice_eq(p->prefix.path, env->params.at)) {
        p->kind = VF_PREFIX_NEW;
        return;
    }
    p->kind = is_environment(env, p->prefix.path, &v->scratch) ? VF_PREFIX_LIVE : VF_PREFIX_OLD;
}

/* With --root: what names the directory on this host names nothing in the root. */
static enum vf_status outer_places(struct vote *v, struct vf_err *err)
{
    struct vf_slice paths[] = {v->env->params.outer, v->env->dir};
    struct vf_env_prefix *p;
    enum vf_status st = VF_OK;
    for (size_t i = 0; v->env->params.outer.n && i < VF_COUNT(paths) && st == VF_OK; i++)
        st = add_place(v, paths[i], VF_PREFIX_OLD, &p, err);
    return st;
}

static enum vf_status given_places(struct vote *v, struct vf_err *err)
{
    const struct vf_env_params *q = &v->env->params;
    struct vf_env_prefix *p;
    enum vf_status st = add_place(v, v->env->typed, VF_PREFIX_PRESENT, &p, err);
    if (st == VF_OK)
        st = add_place(v, v->env->resolved, VF_PREFIX_PRESENT, &p, err);
    if (st == VF_OK && q->at.n)
        st = add_place(v, q->at, VF_PREFIX_NEW, &p, err);
    if (st == VF_OK)
        st = outer_places(v, err);
    for (size_t i = 0; st == VF_OK && i < q->n_from; i++) {
        struct vf_slice abs = vf_path_join(&v->scratch, q->cwd, q->from[i]);
        struct vf_slice clean = vf_path_clean_dup(&v->scratch, abs);
        if (!clean.p)
            return vf_err_nomem(err);
        st = add_place(v, clean, VF_PREFIX_OLD, &p, err);
        if (st == VF_OK)
            p->given = true;
    }
    return st;
}

enum vf_status vf_env_add_evidence(struct vf_env *env, struct vf_err *err)
{
    struct vote v = {.env = env};
    vf_arena_init(&v.scratch);
    vf_map_init(&v.by_path, &env->arena);
    enum vf_status st = vf_env_base_prefixes(env, err);
    if (st == VF_OK)
        st = given_places(&v, err);
    for (size_t i = 0; st == VF_OK && i < env->n_files; i++) {
        st = vote_file(&v, &env->files[i], err);
        if (st == VF_OK)
            st = vf_env_go_on(env, err);
    }
    if (st == VF_OK)
        st = weigh_unsure(&v, err);
    for (size_t i = 0; st == VF_OK && i < v.prefixes.n; i++) {
        resolve(&v, VF_VEC_AT(struct vf_env_prefix, &v.prefixes, i));
        st = vf_env_go_on(env, err);
    }
    vf_arena_release(&v.scratch);
    if (st != VF_OK)
        return st;
    env->prefixes = v.prefixes.base;
    env->n_prefixes = v.prefixes.n;
    env->by_prefix = v.by_path;
    env->place_list = vf_arena_array(&env->arena, env->n_prefixes, sizeof *env->place_list);
    if (!env->place_list)
        return vf_err_nomem(err);
    for (size_t i = 0; i < env->n_prefixes; i++)
        env->place_list[i] = env->prefixes[i].prefix;
    return VF_OK;
}

static enum vf_where where_of(enum vf_prefix_kind k)
{
    switch (k) {
    case VF_PREFIX_PRESENT:
        return VF_WHERE_HERE;
    case VF_PREFIX_OLD:
        return VF_WHERE_OLD;
    case VF_PREFIX_LIVE:
        return VF_WHERE_LIVE;
    case VF_PREFIX_NEW:
        return VF_WHERE_NEW;
    }
    return VF_WHERE_HOST;
}

enum vf_status vf_env_locate(const struct vf_env *env, struct vf_slice path, struct vf_arena *a,
                             struct vf_location *out, struct vf_err *err)
{
    *out = (struct vf_location){.where = VF_WHERE_RELATIVE, .prefix = VF_NONE, .path = path};
    if (!vf_path_is_abs(path))
        return VF_OK;
    out->path = vf_path_is_clean(path) ? path : vf_path_clean_dup(a, path);
    if (!out->path.p)
        return vf_err_nomem(err);
    out->where = VF_WHERE_HOST;
    size_t i;
    for (struct vf_slice up = out->path; up.n; up = vf_path_dir(up)) {
        if (vf_map_get(&env->by_prefix, up, &i) && vf_path_under(up, out->path, &out->rest)) {
            out->where = where_of(env->prefixes[i].kind);
            out->prefix = (uint32_t)i;
            break;
        }
        if (up.n == 1)
            break;
    }
    return VF_OK;
}

enum vf_status vf_env_locate_ref(const struct vf_env *env, const struct vf_ref *ref, struct vf_arena *a,
                                 struct vf_location *out, struct vf_err *err)
{
    enum vf_status st = vf_env_locate(env, ref->value, a, out, err);
    if (st != VF_OK || out->prefix != VF_NONE || !ref->raw.n)
        return st;
    struct vf_location raw;
    st = vf_env_locate(env, ref->raw, a, &raw, err);
    if (st == VF_OK && raw.prefix != VF_NONE) {
        *out = raw;
        out->by_raw = true;
    }
    return st;
}

struct vf_slice vf_env_other_root(const struct vf_env *env, struct vf_slice path, struct vf_arena *a)
{
    struct vf_slice none = {NULL, 0};
    for (int up = 0; up < 6 && path.n > 1; up++) {
        path = vf_path_dir(path);
        if (is_environment(env, path, a))
            return same_as_present(env, path) ? none : path;
    }
    return none;
}
