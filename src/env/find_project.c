/* Where the projects of editable installs went. Nothing is started, and nothing but names and the files that
 * describe a project are read. */
#include "env/find_project.h"

#include "packaging/name.h"
#include "packaging/url.h"

enum { CAP = 1 << 20, ANCESTORS = 6, BESIDE = 500 };

struct finder {
    const struct vf_env *env;
    struct vf_arena *a;
    const struct vf_env_dist *dist;
    struct vf_slice found;
    size_t n; /* different directories that were found */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The value of a line `name = "x"`, as TOML, INI and a call of setup() in Python have it; empty: it is none.
 */
static struct vf_slice name_in(struct vf_slice line)
{
    struct vf_slice s = vf_slice_trim(line);
    if (vf_slice_starts(s, VF_S("setup(")))
        s = vf_slice_trim(vf_slice_from(s, 6));
    if (!vf_slice_starts(s, VF_S("name")))
        return VF_S("");
    s = vf_slice_from(s, 4);
    while (s.n && is_blank(s.p[0]))
        s = vf_slice_from(s, 1);
    if (!s.n || s.p[0] != '=')
        return VF_S("");
    s = vf_slice_trim(vf_slice_from(s, 1));
    size_t from = s.n && (s.p[0] == '"' || s.p[0] == '\'') ? 1 : 0, end = from;
    while (end < s.n && s.p[end] != '"' && s.p[end] != '\'' && s.p[end] != ',' && !is_blank(s.p[end]))
        end++;
    return vf_slice_sub(s, from, end);
}

static bool names_dist(struct finder *f, struct vf_slice dir, const char *file)
{
    struct vf_slice text, line, path = vf_path_join(f->a, dir, vf_slice_of(file));
    struct vf_err ignored;
    vf_err_init(&ignored);
    bool read = path.p && vf_host_exists(f->env->params.host, path) &&
                vf_host_read(f->env->params.host, path, CAP, f->a, &text, &ignored) == VF_OK;
    vf_err_release(&ignored);
    while (read && vf_slice_next_line(&text, &line)) {
        struct vf_slice name = name_in(line);
        if (name.n && vf_name_same(name, f->dist->name))
            return true;
    }
    return false;
}

static void try_dir(struct finder *f, struct vf_slice dir)
{
    static const char *const files[] = {"pyproject.toml", "setup.cfg", "setup.py"};
    if (!dir.p || dir.n <= 1 || (f->n && vf_host_same(f->env->params.host, f->found, dir)))
        return;
    for (size_t i = 0; i < VF_COUNT(files); i++) {
        if (!names_dist(f, dir, files[i]))
            continue;
        f->found = dir;
        f->n++;
        return;
    }
}

/* Every end of the old path below every directory above the environment; that directory itself, too. */
static void try_ancestors(struct finder *f, struct vf_slice old)
{
    struct vf_slice dir = vf_path_dir(f->env->resolved);
    for (unsigned i = 0; i < ANCESTORS && dir.n > 1; i++, dir = vf_path_dir(dir)) {
        try_dir(f, dir);
        struct vf_slice above = vf_path_dir(old);
        for (; above.n > 1; above = vf_path_dir(above))
            try_dir(f, vf_path_join(f->a, dir, vf_slice_from(old, above.n + 1)));
    }
}

static void try_beside(struct finder *f, struct vf_slice parent)
{
    struct vf_slice *names = NULL;
    size_t n = 0;
    if (!vf_host_list(f->env->params.host, parent, f->a, &names, &n))
        return;
    for (size_t i = 0; i < n && i < BESIDE; i++)
        try_dir(f, vf_path_join(f->a, parent, names[i]));
}

/* The directory of an editable install as it is recorded; empty: it is no file: URL, or there is none. */
static struct vf_slice recorded(struct finder *f)
{
    struct vf_slice path = {NULL, 0};
    if (f->dist->egg_source.n)
        return f->dist->egg_source;
    if (!f->dist->has_url || !f->dist->url.editable || !vf_url_file_path(f->a, f->dist->url.url, &path))
        return VF_S("");
    return vf_path_clean_dup(f->a, path);
}

static bool is_known(const struct vf_vec *v, struct vf_slice from)
{
    for (size_t i = 0; i < v->n; i++)
        if (vf_slice_eq(VF_VEC_AT(struct vf_dir_map, v, i)->from, from))
            return true;
    return false;
}

static enum vf_status find_one(struct finder *f, struct vf_vec *out, struct vf_err *err)
{
    struct vf_location loc;
    struct vf_slice old = recorded(f);
    f->n = 0;
    if (!old.n || !vf_path_is_abs(old) || !vf_host_is_missing(f->env->params.host, old) || is_known(out, old))
        return VF_OK;
    enum vf_status st = vf_env_locate(f->env, old, f->a, &loc, err);
    if (st != VF_OK || loc.prefix != VF_NONE) /* inside of it: found by itself */
        return st;
    try_ancestors(f, old);
    if (!f->n)
        try_beside(f, vf_path_dir(f->env->resolved));
    if (!f->n)
        try_beside(f, vf_path_dir(old));
    if (f->n != 1)
        return VF_OK;
    struct vf_dir_map *m = vf_vec_push(f->a, out, sizeof *m);
    if (!m)
        return vf_err_nomem(err);
    *m = (struct vf_dir_map){old, f->found};
    return VF_OK;
}

enum vf_status vf_find_projects(const struct vf_env *env, struct vf_arena *a, struct vf_dir_map **out,
                                size_t *n, struct vf_err *err)
{
    struct vf_vec found = {0};
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < env->n_dists && st == VF_OK; i++) {
        struct finder f = {.env = env, .a = a, .dist = &env->dists[i]};
        if (env->dists[i].editable)
            st = find_one(&f, &found, err);
    }
    *out = found.base;
    *n = found.n;
    return st == VF_OK && a->failed ? vf_err_nomem(err) : st;
}
