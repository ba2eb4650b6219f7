/* walk.c: names and stats of everything below the root, in one pass without recursion.
 *
 * No link is followed. What cannot be listed becomes an entry that says so: unseen is a result. */
#include "env/env_internal.h"

#define MAX_DEPTH 512 /* directories below each other; a deeper tree is a finding, not a crash */

struct walk {
    struct vf_env *env;
    struct vf_arena scratch;
    struct vf_vec files; /* struct vf_file */
    struct vf_vec stack; /* struct vf_slice: directories still to be listed */
    struct vf_vec sites; /* struct vf_slice */
};

void vf_file_unexamined(struct vf_file *f, enum vf_status st, int sys, const char *why)
{
    if (f->unexamined != VF_OK)
        return;
    f->unexamined = st;
    f->sys = sys;
    f->why = why;
}

static struct vf_file *add_file(struct walk *w, struct vf_slice path, const struct vf_dirent *d)
{
    struct vf_file *f = vf_vec_push(&w->env->arena, &w->files, sizeof *f);
    if (!f)
        return NULL;
    *f = (struct vf_file){.path = path,
                          .dist = VF_NONE,
                          .row = VF_NONE,
                          .info_of = VF_NONE,
                          .second_dist = VF_NONE,
                          .truth = VF_ROW_NONE};
    if (!d)
        return f;
    f->st = d->st;
    f->target = d->target;
    if (d->status != VF_OK)
        vf_file_unexamined(f, d->status, d->sys, NULL);
    return f;
}

static bool in_journal(struct vf_slice path)
{
    return vf_path_under(VF_S(".venvfix"), path, NULL);
}

static uint32_t flags_of(const struct walk *w, struct vf_slice path)
{
    uint32_t flags = 0;
    if (vf_slice_eq(vf_path_dir(path), w->env->bin))
        flags |= VF_FILE_IN_BIN;
    if (vf_slice_ends(path, VF_S(".pyc")))
        flags |= VF_FILE_PYC;
    if (in_journal(path))
        flags |= VF_FILE_JOURNAL;
    for (size_t i = 0; i < w->sites.n; i++)
        if (vf_path_under(*VF_VEC_AT(struct vf_slice, &w->sites, i), path, NULL))
            flags |= VF_FILE_IN_SITE;
    return flags;
}

/* lib/pythonX.Y/site-packages and its kin: one level below a directory of lib, lib64, or Lib/site-packages.
 */
static bool is_site(struct vf_slice dir)
{
    if (!vf_slice_eq(vf_path_base(dir), VF_S("site-packages")))
        return false;
    struct vf_slice parent = vf_path_dir(dir);
    if (vf_slice_eq(parent, VF_S("Lib")))
        return true;
    struct vf_slice lib = vf_path_dir(parent);
    return vf_slice_eq(lib, VF_S("lib")) || vf_slice_eq(lib, VF_S("lib64"));
}

static enum vf_status enter_dir(struct walk *w, struct vf_slice path, struct vf_err *err)
{
    if (!vf_map_put(&w->env->dirs, path, 1))
        return vf_err_nomem(err);
    if (is_site(path)) {
        struct vf_slice *s = vf_vec_push(&w->env->arena, &w->sites, sizeof *s);
        if (!s)
            return vf_err_nomem(err);
        *s = path;
    }
    if (vf_path_depth(path) > MAX_DEPTH) {
        struct vf_file *f = add_file(w, path, NULL);
        if (!f)
            return vf_err_nomem(err);
        f->st.kind = VF_KIND_DIR;
        vf_file_unexamined(f, VF_LIMIT, 0, "more than 512 directories deep");
        return VF_OK;
    }
    struct vf_slice *next = vf_vec_push(&w->scratch, &w->stack, sizeof *next);
    if (!next)
        return vf_err_nomem(err);
    *next = path;
    return VF_OK;
}

static enum vf_status add_entry(struct walk *w, struct vf_slice dir, const struct vf_dirent *d,
                                struct vf_err *err)
{
    struct vf_slice path = vf_path_join(&w->env->arena, dir, d->name);
    if (!path.p)
        return vf_err_nomem(err);
    if (d->st.kind == VF_KIND_DIR && d->status == VF_OK)
        return enter_dir(w, path, err);
    struct vf_dirent kept = *d;
    if (d->target.n) {
        kept.target = vf_arena_dup(&w->env->arena, d->target);
        if (!kept.target.p)
            return vf_err_nomem(err);
    }
    struct vf_file *f = add_file(w, path, &kept);
    if (!f)
        return vf_err_nomem(err);
    f->flags = flags_of(w, path);
    if (f->flags & VF_FILE_JOURNAL)
        return VF_OK;
    if (d->st.kind == VF_KIND_FILE || d->st.kind == VF_KIND_LINK)
        w->env->counted++;
    if (d->st.kind == VF_KIND_FILE)
        w->env->bytes += d->st.size;
    return VF_OK;
}

static enum vf_status list_dir(struct walk *w, struct vf_slice dir, struct vf_err *err)
{
    struct vf_arena entries;
    struct vf_dirent *ents;
    size_t n;
    struct vf_err why;
    vf_arena_init(&entries);
    vf_err_init(&why);
    enum vf_status st = vf_tree_list(w->env->tree, dir, &entries, &ents, &n, &why);
    if (st == VF_NO_MEMORY || (st != VF_OK && !dir.n)) {
        vf_err_set(err, why.code, why.sys, why.op, w->env->typed, "%s", why.detail);
        goto out;
    }
    if (st != VF_OK) {
        struct vf_file *f = add_file(w, dir, NULL);
        if (!f) {
            st = vf_err_nomem(err);
            goto out;
        }
        f->st.kind = VF_KIND_DIR;
        vf_file_unexamined(f, st, why.sys, NULL);
        st = VF_OK;
        goto out;
    }
    for (size_t i = 0; i < n && st == VF_OK; i++)
        st = add_entry(w, dir, &ents[i], err);
out:
    vf_err_release(&why);
    vf_arena_release(&entries);
    return st;
}

static enum vf_status index_files(struct vf_env *env, struct vf_err *err)
{
    for (size_t i = 0; i < env->n_files; i++)
        if (!vf_map_put(&env->by_path, env->files[i].path, i))
            return vf_err_nomem(err);
    return VF_OK;
}

enum vf_status vf_env_walk(struct vf_env *env, struct vf_err *err)
{
    struct walk w = {.env = env};
    vf_arena_init(&w.scratch);
    vf_map_init(&env->by_path, &env->arena);
    vf_map_init(&env->dirs, &env->arena);
    enum vf_status st = enter_dir(&w, VF_S(""), err);
    while (st == VF_OK && w.stack.n) {
        if (vf_hooks_cancelled(env->params.hooks)) {
            st = vf_err_set(err, VF_INTERRUPTED, 0, "list", env->typed, NULL);
            break;
        }
        struct vf_slice dir = *VF_VEC_AT(struct vf_slice, &w.stack, --w.stack.n);
        st = list_dir(&w, dir, err);
    }
    vf_arena_release(&w.scratch);
    if (st != VF_OK)
        return st;
    env->files = w.files.base;
    env->n_files = w.files.n;
    env->sites = w.sites.base;
    env->n_sites = w.sites.n;
    return index_files(env, err);
}

uint32_t vf_env_find(const struct vf_env *env, struct vf_slice path)
{
    size_t i;
    return vf_map_get(&env->by_path, path, &i) ? (uint32_t)i : VF_NONE;
}

bool vf_env_has_dir(const struct vf_env *env, struct vf_slice path)
{
    size_t one;
    return vf_map_get(&env->dirs, path, &one);
}

bool vf_env_has(const struct vf_env *env, struct vf_slice rel)
{
    if (!rel.n || vf_env_find(env, rel) != VF_NONE || vf_env_has_dir(env, rel))
        return true;
    struct vf_arena scratch;
    vf_arena_init(&scratch);
    struct vf_buf clean, end;
    vf_buf_init(&clean);
    vf_buf_init(&end);
    vf_path_clean(&clean, rel);
    struct vf_slice c = vf_buf_slice(&clean);
    bool inside = !clean.failed && !vf_path_is_abs(c) && !vf_slice_starts(c, VF_S(".."));
    bool has = false;
    if (inside) {
        enum vf_kind k = vf_tree_resolve(env->tree, vf_slice_eq(c, VF_S(".")) ? VF_S("") : c, &scratch, &end);
        has = k != VF_KIND_NONE;
    }
    vf_buf_release(&clean);
    vf_buf_release(&end);
    vf_arena_release(&scratch);
    return has;
}
