/* recheck.c: the last look before a change counts: is everything that the plan depends on as it was listed?
 *
 * Files of one directory are neighbours in env->files, in the order of their names, so each directory that
 * matters is listed once more and merged with its range. */
#include "env/recheck.h"

#include <time.h>

#include "base/path.h"

struct recheck {
    const struct vf_env *env;
    const struct vf_edits *applied; /* NULL: none is */
    struct vf_map watched;          /* directory -> number of its range, plus one; 0: not met yet */
    struct vf_arena scratch;
};

static enum vf_status changed(struct vf_slice path, const char *what, struct vf_err *err)
{
    return vf_err_set(err, VF_CHANGED, 0, "compare", path,
                      "another process %s it while venvfix was at work; run the command again", what);
}

static enum vf_status watch(struct recheck *r, struct vf_slice dir, struct vf_err *err)
{
    uint32_t unlisted =
        vf_env_find(r->env, dir); /* a directory is a file only where it could not be listed */
    bool known = vf_env_has_dir(r->env, dir) && unlisted == VF_NONE;
    return !known || vf_map_put(&r->watched, dir, 0) ? VF_OK : vf_err_nomem(err);
}

static enum vf_status watch_all(struct recheck *r, struct vf_err *err)
{
    const struct vf_env *env = r->env;
    enum vf_status st = watch(r, env->bin, err);
    for (size_t i = 0; i < env->n_sites && st == VF_OK; i++)
        st = watch(r, env->sites[i], err);
    for (size_t i = 0; i < env->n_dists && st == VF_OK; i++)
        st = watch(r, env->dists[i].info, err);
    return st;
}

/* A file that was listed, and what is there now. */
static enum vf_status compare_file(const struct recheck *r, const struct vf_file *f,
                                   const struct vf_dirent *now, struct vf_err *err)
{
    if (f->unexamined != VF_OK || now->status != VF_OK || vf_edits_find(r->applied, f->path))
        return VF_OK;
    bool same = vf_stat_same(&f->st, &now->st) && vf_slice_eq(f->target, now->target);
    return same ? VF_OK : changed(f->path, "changed", err);
}

static enum vf_status compare_new(struct recheck *r, struct vf_slice dir, const struct vf_dirent *now,
                                  struct vf_err *err)
{
    struct vf_slice path = vf_path_join(&r->scratch, dir, now->name);
    if (!path.p)
        return vf_err_nomem(err);
    bool known = now->st.kind == VF_KIND_DIR &&
                 (vf_slice_eq(now->name, VF_S("__pycache__")) || vf_env_has_dir(r->env, path));
    return known || vf_edits_find(r->applied, path) ? VF_OK : changed(path, "made", err);
}

static enum vf_status compare_gone(const struct recheck *r, const struct vf_file *f, struct vf_err *err)
{
    return vf_edits_find(r->applied, f->path) ? VF_OK : changed(f->path, "removed", err);
}

static enum vf_status list(struct recheck *r, struct vf_slice dir, struct vf_dirent **now, size_t *n,
                           struct vf_err *err)
{
    struct vf_err own;
    vf_err_init(&own);
    enum vf_status st = vf_tree_list(r->env->tree, dir, &r->scratch, now, n, &own);
    if (st == VF_NOT_FOUND)
        st = changed(dir, "removed", err);
    else
        st = vf_err_copy(err, &own);
    vf_err_release(&own);
    return st;
}

/* The files [from, to) of env are those that dir had. */
static enum vf_status compare_dir(struct recheck *r, struct vf_slice dir, size_t from, size_t to,
                                  struct vf_err *err)
{
    const struct vf_file *files = r->env->files;
    struct vf_dirent *now = NULL;
    size_t n = 0;
    vf_arena_clear(&r->scratch);
    enum vf_status st = list(r, dir, &now, &n, err);
    for (size_t i = 0; st == VF_OK && (i < n || from < to);) {
        int order = i == n ? 1 : -1;
        if (i < n && from < to)
            order = vf_slice_cmp(now[i].name, vf_path_base(files[from].path));
        if (order < 0)
            st = compare_new(r, dir, &now[i++], err);
        else if (order > 0)
            st = compare_gone(r, &files[from++], err);
        else
            st = compare_file(r, &files[from++], &now[i++], err);
    }
    return st;
}

/* Each run of files of one directory that is watched. */
static enum vf_status compare_ranges(struct recheck *r, struct vf_err *err)
{
    const struct vf_env *env = r->env;
    enum vf_status st = VF_OK;
    for (size_t from = 0, to; from < env->n_files && st == VF_OK; from = to) {
        struct vf_slice dir = vf_path_dir(env->files[from].path);
        size_t seen;
        for (to = from + 1; to < env->n_files && vf_slice_eq(vf_path_dir(env->files[to].path), dir);)
            to++;
        if (!vf_map_get(&r->watched, dir, &seen) || seen)
            continue;
        st = compare_dir(r, dir, from, to, err);
        if (st == VF_OK && !vf_map_put(&r->watched, dir, 1))
            st = vf_err_nomem(err);
    }
    return st;
}

/* Directories that had no file of their own. */
static enum vf_status compare_empty(struct recheck *r, struct vf_slice dir, struct vf_err *err)
{
    size_t seen;
    bool due = vf_map_get(&r->watched, dir, &seen) && !seen;
    return due ? compare_dir(r, dir, 0, 0, err) : VF_OK;
}

static enum vf_status compare_all(struct recheck *r, struct vf_err *err)
{
    const struct vf_env *env = r->env;
    enum vf_status st = compare_ranges(r, err);
    if (st == VF_OK)
        st = compare_empty(r, env->bin, err);
    for (size_t i = 0; i < env->n_sites && st == VF_OK; i++)
        st = compare_empty(r, env->sites[i], err);
    return st;
}

static enum vf_status compare_cfg(const struct recheck *r, struct vf_err *err)
{
    uint32_t i = vf_env_find(r->env, VF_S("pyvenv.cfg"));
    struct vf_stat now = {0};
    struct vf_err ignored;
    if (i == VF_NONE || vf_edits_find(r->applied, r->env->files[i].path))
        return VF_OK;
    const struct vf_file *f = &r->env->files[i];
    vf_err_init(&ignored);
    bool there = vf_tree_stat(r->env->tree, f->path, &now, &ignored) == VF_OK;
    vf_err_release(&ignored);
    return there && vf_stat_same(&f->st, &now) ? VF_OK : changed(f->path, there ? "changed" : "removed", err);
}

enum vf_status vf_env_recheck(const struct vf_env *env, const struct vf_edits *applied, struct vf_err *err)
{
    struct recheck r = {.env = env, .applied = applied};
    struct vf_arena keys;
    vf_arena_init(&r.scratch);
    vf_arena_init(&keys);
    vf_map_init(&r.watched, &keys);
    enum vf_status st = watch_all(&r, err);
    if (st == VF_OK)
        st = compare_cfg(&r, err);
    if (st == VF_OK)
        st = compare_all(&r, err);
    vf_arena_release(&r.scratch);
    vf_arena_release(&keys);
    return st;
}

/* ---- the clock ---- */

enum {
    TICK_NS = 10 * 1000 * 1000
}; /* file systems take the time from the kernel's timer, which may be this slow */

static int64_t nanoseconds_of(int64_t s, int64_t ns)
{
    return s * 1000000000 + ns;
}

static int64_t newest_change(const struct vf_env *env)
{
    int64_t newest = 0;
    for (size_t i = 0; i < env->n_files; i++) {
        const struct vf_stat *st = &env->files[i].st;
        int64_t at = nanoseconds_of(st->ctime_s, st->ctime_ns);
        if (st->kind == VF_KIND_FILE && at > newest)
            newest = at;
    }
    return newest;
}

enum vf_status vf_env_settle(struct vf_env *env, struct vf_err *err)
{
    struct timespec now;
    (void)err;
    if (!env->params.settle || clock_gettime(CLOCK_REALTIME, &now) != 0)
        return VF_OK;
    int64_t age = nanoseconds_of(now.tv_sec, now.tv_nsec) - newest_change(env);
    struct timespec pause = {.tv_nsec = TICK_NS};
    if (age < TICK_NS) /* also of a file whose time lies ahead: no wait would help that one */
        nanosleep(&pause, NULL);
    return VF_OK;
}
