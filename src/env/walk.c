/* walk.c: names and stats of everything below the root, without recursion.
 *
 * Directories are listed by several workers, in no certain order; then one pass goes over the listings in
 * always the same order and makes the files of them. No link is followed. What cannot be listed becomes an
 * entry that says so: unseen is a result. */
#include "env/env_internal.h"

#include <stdlib.h>

#include "base/parallel_walk.h"

#define MAX_DEPTH 512 /* directories below each other; a deeper tree is a finding, not a crash */

/* A directory. Lives in the scratch arena of the worker that found it; paths live as long as the environment.
 */
struct listing {
    struct vf_walk_item item;
    struct vf_slice path;
    struct vf_dirent *entries; /* sorted; name: the path below the root */
    struct listing **below;    /* of the entries that are directories, else NULL */
    size_t n;
    uint32_t mode;         /* 0: not known (the root) */
    enum vf_status status; /* why it could not be listed; VF_LIMIT: too deep */
    int sys;
};

struct lister { /* what one worker has for itself */
    struct vf_arena scratch;
    size_t files; /* entries that become files */
};

struct walk {
    struct vf_env *env;
    struct lister *listers;
    struct vf_err root_error;
    struct vf_arena scratch;
    struct vf_vec stack; /* struct listing *: still to be gone over */
    struct vf_vec sites; /* struct vf_slice */
    size_t cap;          /* of env->files */
};

void vf_file_unexamined(struct vf_file *f, enum vf_status st, int sys, const char *why)
{
    if (f->unexamined != VF_OK)
        return;
    f->unexamined = st;
    f->sys = sys;
    f->why = why;
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

/* ---- listing, by several workers ---- */

static enum vf_status found_dir(struct listing *l, size_t i, struct lister *me, struct vf_walk_item **found,
                                struct vf_err *err)
{
    struct listing *sub = vf_arena_alloc(&me->scratch, sizeof *sub);
    if (!sub)
        return vf_err_nomem(err);
    sub->path = l->entries[i].name;
    sub->mode = l->entries[i].st.mode;
    l->below[i] = sub;
    if (vf_path_depth(sub->path) > MAX_DEPTH) {
        sub->status = VF_LIMIT;
        me->files++;
    } else {
        sub->item.next = *found;
        *found = &sub->item;
    }
    return VF_OK;
}

static enum vf_status found_entry(struct walk *w, struct listing *l, size_t i, unsigned worker,
                                  struct vf_walk_item **found, struct vf_err *err)
{
    struct vf_arena *keep = &w->env->worker_arenas[worker];
    struct vf_dirent *d = &l->entries[i];
    d->name = vf_path_join(keep, l->path, d->name);
    if (!d->name.p)
        return vf_err_nomem(err);
    if (d->st.kind == VF_KIND_DIR && d->status == VF_OK)
        return found_dir(l, i, &w->listers[worker], found, err);
    if (d->target.n && !(d->target = vf_arena_dup(keep, d->target)).p)
        return vf_err_nomem(err);
    w->listers[worker].files++;
    return VF_OK;
}

static enum vf_status list_dir(void *ctx, struct vf_walk_item *item, unsigned worker,
                               struct vf_walk_item **found, struct vf_err *err)
{
    struct walk *w = ctx;
    struct listing *l = (struct listing *)item;
    struct lister *me = &w->listers[worker];
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_tree_list(w->env->tree, l->path, &me->scratch, &l->entries, &l->n, &why);
    l->status = st;
    l->sys = why.sys;
    if (st != VF_OK && !l->path.n) {
        w->root_error = why;
        return VF_OK;
    }
    vf_err_release(&why);
    if (st == VF_NO_MEMORY)
        return vf_err_nomem(err);
    if (st != VF_OK) {
        me->files++;
        return VF_OK;
    }
    l->below = vf_arena_array(&me->scratch, l->n, sizeof(struct listing *));
    if (!l->below)
        return vf_err_nomem(err);
    for (size_t i = 0; i < l->n && st == VF_OK; i++)
        st = found_entry(w, l, i, worker, found, err);
    return st;
}

/* ---- making files of the listings ---- */

static struct vf_file *add_file(struct walk *w, struct vf_slice path)
{
    struct vf_env *env = w->env;
    if (env->n_files == w->cap)
        return NULL;
    struct vf_file *f = &env->files[env->n_files++];
    *f = (struct vf_file){.path = path,
                          .dist = VF_NONE,
                          .row = VF_NONE,
                          .info_of = VF_NONE,
                          .second_dist = VF_NONE,
                          .truth = VF_ROW_NONE};
    return f;
}

/* A directory that is known by name only. */
static enum vf_status add_unlisted(struct walk *w, const struct listing *l, struct vf_err *err)
{
    struct vf_file *f = add_file(w, l->path);
    if (!f)
        return vf_err_set(err, VF_INTERNAL, 0, "list", l->path, "more files than were counted");
    f->st.kind = VF_KIND_DIR;
    vf_file_unexamined(f, l->status, l->sys, l->status == VF_LIMIT ? "more than 512 directories deep" : NULL);
    return VF_OK;
}

/* What all files directly in a directory have in common. */
static uint32_t flags_of_dir(const struct walk *w, struct vf_slice dir)
{
    uint32_t flags = 0;
    if (vf_slice_eq(dir, w->env->bin))
        flags |= VF_FILE_IN_BIN;
    if (vf_path_under(VF_S(".venvfix"), dir, NULL))
        flags |= VF_FILE_JOURNAL;
    for (size_t i = 0; i < w->sites.n; i++)
        if (vf_path_under(*VF_VEC_AT(struct vf_slice, &w->sites, i), dir, NULL))
            flags |= VF_FILE_IN_SITE;
    return flags;
}

static enum vf_status enter_dir(struct walk *w, struct listing *l, struct vf_err *err)
{
    if (!vf_map_put(&w->env->dirs, l->path, l->mode | VF_DIR_SEEN))
        return vf_err_nomem(err);
    if (is_site(l->path)) {
        struct vf_slice *s = vf_vec_push(&w->env->arena, &w->sites, sizeof *s);
        if (!s)
            return vf_err_nomem(err);
        *s = l->path;
    }
    if (l->status == VF_LIMIT)
        return add_unlisted(w, l, err);
    struct listing **next = vf_vec_push(&w->scratch, &w->stack, sizeof(struct listing *));
    if (!next)
        return vf_err_nomem(err);
    *next = l;
    return VF_OK;
}

static enum vf_status add_entry(struct walk *w, const struct vf_dirent *d, uint32_t flags, struct vf_err *err)
{
    struct vf_file *f = add_file(w, d->name);
    if (!f)
        return vf_err_set(err, VF_INTERNAL, 0, "list", d->name, "more files than were counted");
    f->st = d->st;
    f->target = d->target;
    if (d->status != VF_OK)
        vf_file_unexamined(f, d->status, d->sys, NULL);
    f->flags = flags;
    if (vf_slice_ends(d->name, VF_S(".pyc")))
        f->flags |= VF_FILE_PYC;
    if (vf_slice_eq(d->name, VF_S(".venvfix")))
        f->flags |= VF_FILE_JOURNAL;
    if (f->flags & VF_FILE_JOURNAL)
        return VF_OK;
    if (d->st.kind == VF_KIND_FILE || d->st.kind == VF_KIND_LINK)
        w->env->counted++;
    if (d->st.kind == VF_KIND_FILE)
        w->env->bytes += d->st.size;
    return VF_OK;
}

static enum vf_status add_listing(struct walk *w, struct listing *l, struct vf_err *err)
{
    if (l->status != VF_OK)
        return add_unlisted(w, l, err);
    uint32_t flags = flags_of_dir(w, l->path);
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < l->n && st == VF_OK; i++)
        st = l->below[i] ? enter_dir(w, l->below[i], err) : add_entry(w, &l->entries[i], flags, err);
    return st;
}

static enum vf_status make_files(struct walk *w, struct listing *root, struct vf_err *err)
{
    struct vf_env *env = w->env;
    for (unsigned i = 0; i < env->n_workers; i++)
        w->cap += w->listers[i].files;
    env->files = vf_arena_array(&env->arena, w->cap + 1, sizeof *env->files);
    if (!env->files || !vf_map_reserve(&env->by_path, w->cap))
        return vf_err_nomem(err);
    enum vf_status st = enter_dir(w, root, err);
    while (st == VF_OK && w->stack.n) {
        st = add_listing(w, *VF_VEC_AT(struct listing *, &w->stack, --w->stack.n), err);
        if (st == VF_OK)
            st = vf_env_go_on(env, err);
    }
    for (size_t i = 0; i < env->n_files && st == VF_OK; i++)
        st = vf_map_put(&env->by_path, env->files[i].path, i) ? vf_env_go_on(env, err) : vf_err_nomem(err);
    env->sites = w->sites.base;
    env->n_sites = w->sites.n;
    return st;
}

enum vf_status vf_env_walk(struct vf_env *env, struct vf_err *err)
{
    struct listing root = {.path = VF_S("")};
    struct walk w = {.env = env, .listers = calloc(env->n_workers, sizeof *w.listers)};
    if (!w.listers)
        return vf_err_nomem(err);
    vf_err_init(&w.root_error);
    vf_arena_init(&w.scratch);
    for (unsigned i = 0; i < env->n_workers; i++)
        vf_arena_init(&w.listers[i].scratch);
    vf_map_init(&env->by_path, &env->arena);
    vf_map_init(&env->dirs, &env->arena);
    enum vf_status st = vf_parallel_walk(env->params.hooks, &root.item, list_dir, &w, err);
    if (st == VF_OK && root.status != VF_OK)
        st = vf_err_set(err, root.status, root.sys, w.root_error.op, env->typed, "%s", w.root_error.detail);
    if (st == VF_OK)
        st = make_files(&w, &root, err);
    for (unsigned i = 0; i < env->n_workers; i++)
        vf_arena_release(&w.listers[i].scratch);
    vf_arena_release(&w.scratch);
    vf_err_release(&w.root_error);
    free(w.listers);
    return st;
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

/* Below a directory that could not be listed anything may be: said once, of the directory. */
static bool is_unseen(const struct vf_env *env, struct vf_slice rel)
{
    for (struct vf_slice up = rel, dir = vf_path_dir(rel); dir.n && dir.n < up.n;
         up = dir, dir = vf_path_dir(dir)) {
        uint32_t i = vf_env_find(env, dir);
        if (i != VF_NONE && env->files[i].unexamined != VF_OK && env->files[i].st.kind != VF_KIND_LINK)
            return true;
    }
    return false;
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
        has = k != VF_KIND_NONE || is_unseen(env, c);
    }
    vf_buf_release(&clean);
    vf_buf_release(&end);
    vf_arena_release(&scratch);
    return has;
}

static bool is_unread(const struct vf_env *env, const struct vf_file *f, bool metadata)
{
    size_t dist;
    if (f->flags & VF_FILE_JOURNAL || f->unexamined == VF_OK || f->unexamined == VF_MALFORMED)
        return false;
    if (f->unexamined != VF_LIMIT)
        return true;
    return metadata && (f->st.kind == VF_KIND_DIR || vf_map_get(&env->infos, vf_path_dir(f->path), &dist));
}

enum vf_status vf_env_must_be_readable(const struct vf_env *env, bool metadata, struct vf_err *err)
{
    for (size_t i = 0; i < env->n_files; i++) {
        const struct vf_file *f = &env->files[i];
        if (!is_unread(env, f, metadata))
            continue;
        vf_err_set(err, VF_UNREADABLE, f->sys, "read", f->path,
                   "%s%swhat is there would be missing in the result; make it readable first",
                   f->why ? f->why : "", f->why ? ": " : "");
        vf_err_below(err, env->typed);
        return VF_UNREADABLE;
    }
    return VF_OK;
}
