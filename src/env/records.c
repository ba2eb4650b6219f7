/* records.c: the RECORD of every distribution, read and taken apart in parallel, and which file each row
 * means.
 */
#include "env/env_internal.h"

/* False: it is behind a link (shared with others, never edited), missing, or could not be read. */
static bool find_record(struct vf_env *env, struct vf_env_dist *d, struct vf_arena *a, struct vf_err *err)
{
    struct vf_slice path = vf_path_join(a, d->info, VF_S("RECORD"));
    uint32_t i = path.p ? vf_env_find(env, path) : VF_NONE;
    if (!path.p) {
        (void)vf_err_nomem(err);
    } else if (i == VF_NONE || env->files[i].st.kind == VF_KIND_LINK) {
        struct vf_slice abs = vf_path_join(a, env->resolved, path);
        enum vf_kind kind = VF_KIND_NONE;
        enum vf_status st = abs.p ? vf_host_stat(env->params.host, abs, &kind, err) : vf_err_nomem(err);
        d->has_record = st == VF_OK && kind == VF_KIND_FILE;
    } else if (env->files[i].st.kind == VF_KIND_FILE) {
        d->has_record = true;
        if (env->files[i].unexamined == VF_OK)
            d->record_file = i;
    }
    return d->record_file != VF_NONE;
}

static enum vf_status read_record(struct vf_env *env, struct vf_env_dist *d, struct vf_arena *a,
                                  struct vf_err *err)
{
    struct vf_file *f = &env->files[d->record_file];
    enum vf_status st = vf_tree_read(env->tree, f->path, VF_RECORD_CAP, a, &d->record_bytes, err);
    if (st == VF_NO_MEMORY)
        return st;
    if (st != VF_OK) {
        vf_file_unexamined(f, st, err->sys, st == VF_LIMIT ? "larger than such a file can be" : NULL);
        d->record_file = VF_NONE;
        return VF_OK;
    }
    st = vf_record_parse(a, d->record_bytes, &d->record, err);
    if (st == VF_LIMIT) {
        vf_file_unexamined(f, VF_LIMIT, 0, "more rows than are read");
        d->record = (struct vf_record){0};
        st = VF_OK;
    }
    return st;
}

static enum vf_status find_files(const struct vf_env *env, struct vf_env_dist *d, struct vf_arena *a,
                                 struct vf_err *err)
{
    d->row_files = vf_arena_array(a, d->record.n + 1, sizeof *d->row_files);
    if (!d->row_files)
        return vf_err_nomem(err);
    struct vf_buf path;
    vf_buf_init(&path);
    enum vf_status st = VF_OK;
    for (size_t r = 0; r < d->record.n && st == VF_OK; r++) {
        bool inside = vf_env_row_path(env, d, d->record.rows[r].path, &path);
        d->row_files[r] = inside ? vf_env_find(env, vf_buf_slice(&path)) : VF_NONE;
        st = vf_env_go_on(env, err);
    }
    if (path.failed)
        st = vf_err_nomem(err);
    vf_buf_release(&path);
    return st;
}

static enum vf_status one_record(void *ctx, size_t item, unsigned worker, struct vf_err *err)
{
    struct vf_env *env = ctx;
    struct vf_env_dist *d = &env->dists[item];
    struct vf_arena *a = &env->worker_arenas[worker];
    struct vf_err why;
    if (vf_path_is_abs(d->site)) /* behind an egg-link: not of this environment */
        return VF_OK;
    vf_err_init(&why);
    enum vf_status st = VF_OK;
    if (find_record(env, d, a, &why))
        st = read_record(env, d, a, &why);
    else if (why.code != VF_OK)
        st = d->unseen && why.code != VF_NO_MEMORY ? VF_OK : vf_err_copy(err, &why);
    if (why.code == VF_NO_MEMORY)
        st = vf_err_nomem(err);
    vf_err_release(&why);
    return st == VF_OK ? find_files(env, d, a, err) : st;
}

enum vf_status vf_env_records(struct vf_env *env, struct vf_err *err)
{
    struct vf_hooks hooks = vf_hooks_for_short(env->params.hooks, env->n_dists);
    return vf_parallel(&hooks, env->n_dists, one_record, env, err);
}

uint32_t vf_env_record_of(const struct vf_env *env, uint32_t file)
{
    size_t dist;
    struct vf_slice dir = vf_path_dir(env->files[file].path);
    if (!vf_map_get(&env->infos, dir, &dist) || env->dists[dist].record_file != file)
        return VF_NONE;
    return (uint32_t)dist;
}

bool vf_env_is_kernelspec(struct vf_slice rel)
{
    return vf_path_under(VF_S("share/jupyter/kernels"), rel, NULL) &&
           vf_slice_eq(vf_path_base(rel), VF_S("kernel.json"));
}

bool vf_env_jupyter_rewrites(struct vf_slice rel)
{
    return vf_env_is_kernelspec(rel) || vf_path_under(VF_S("etc/jupyter"), rel, NULL);
}

bool vf_env_row_is_hidden_script(const struct vf_env_dist *d, struct vf_slice rel)
{
    struct vf_slice dir = vf_path_dir(rel), data = vf_path_dir(dir);
    return vf_slice_eq(vf_path_base(dir), VF_S("scripts")) && vf_slice_ends(data, VF_S(".data")) &&
           vf_slice_eq(vf_path_dir(data), d->site) &&
           vf_entry_points_script(&d->entry_points, vf_path_base(rel));
}
