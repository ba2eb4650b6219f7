/* owners.c: who owns which file: every RECORD row is resolved to a path below the root. */
#include "env/env_internal.h"

/* Nearly all rows: nothing in them has to be taken away. */
static bool is_plain(struct vf_slice row)
{
    if (!row.n || row.p[0] == '.' || row.p[0] == '/')
        return false;
    for (size_t i = 0; (i = vf_slice_find_byte(row, '/', i)) != VF_NPOS;)
        if (++i == row.n || row.p[i] == '/' || row.p[i] == '.')
            return false;
    return true;
}

/* `pip install --target SITE` unpacks into SITE what RECORD lists two directories above it: the row
 * "../../bin/x" means SITE/bin/x, where that is there and lib/bin/x is not. Replaces *path. */
static bool take_target_path(const struct vf_env *env, const struct vf_env_dist *d, struct vf_slice row,
                             struct vf_buf *path)
{
    if (!vf_slice_starts(row, VF_S("../../")) || vf_slice_starts(row, VF_S("../../../")) ||
        vf_env_find(env, vf_buf_slice(path)) != VF_NONE)
        return true;
    struct vf_buf there;
    vf_buf_init(&there);
    vf_path_join_buf(&there, d->site, vf_slice_from(row, sizeof "../../" - 1));
    bool ok = !there.failed;
    if (ok && vf_env_find(env, vf_buf_slice(&there)) != VF_NONE) {
        vf_buf_clear(path);
        vf_buf_put(path, vf_buf_slice(&there));
        ok = !path->failed;
    }
    vf_buf_release(&there);
    return ok;
}

/* The path below the root that a row means; false when it lies elsewhere. Rows are relative to the directory
 * that holds the dist-info; absolute rows are resolved against every spelling of a place the environment had.
 */
static bool row_path(const struct vf_env *env, const struct vf_env_dist *d, struct vf_slice row,
                     struct vf_buf *out)
{
    vf_buf_clear(out);
    if (is_plain(row)) {
        vf_path_join_buf(out, d->site, row);
        return !out->failed;
    }
    if (!vf_path_is_abs(row)) {
        struct vf_buf joined;
        vf_buf_init(&joined);
        vf_path_join_buf(&joined, d->site, row);
        vf_path_clean(out, vf_buf_slice(&joined));
        bool ok = !joined.failed && !out->failed;
        vf_buf_release(&joined);
        if (ok)
            ok = take_target_path(env, d, row, out);
        struct vf_slice c = vf_buf_slice(out);
        return ok && !vf_path_is_abs(c) && !vf_slice_eq(c, VF_S("..")) && !vf_slice_starts(c, VF_S("../"));
    }
    struct vf_buf clean;
    vf_buf_init(&clean);
    vf_path_clean(&clean, row);
    struct vf_slice c = vf_buf_slice(&clean), rest = {NULL, 0};
    bool inside = vf_path_under(env->typed, c, &rest) || vf_path_under(env->resolved, c, &rest);
    size_t site = inside ? VF_NPOS : vf_slice_find(c, d->site, 0);
    if (site != VF_NPOS && site > 0) { /* an old place: what stands behind it decides */
        rest = vf_slice_from(c, site);
        inside = true;
    }
    size_t bin = inside ? VF_NPOS : vf_slice_find(c, VF_S("/bin/"), 0);
    if (bin != VF_NPOS) {
        rest = vf_slice_from(c, bin + 1);
        inside = vf_env_find(env, rest) != VF_NONE;
    }
    if (inside)
        vf_buf_put(out, rest);
    vf_buf_release(&clean);
    return inside && !out->failed;
}

/* The first that lists a file owns it. */
static void own(struct vf_env *env, uint32_t dist, uint32_t row, struct vf_file *f)
{
    const struct vf_record_row *r = &env->dists[dist].record.rows[row];
    if (f->dist == dist && !env->dists[dist].record.rows[f->row].digest.n)
        f->row = row; /* the same file twice in one RECORD: the row with a hash counts */
    if (f->dist != VF_NONE && f->dist != dist && f->second_dist == VF_NONE) {
        f->second_dist = dist;
        f->flags |= VF_FILE_SHARED;
    }
    if (f->dist != VF_NONE)
        return;
    f->dist = dist;
    f->row = row;
    f->truth = r->digest.n ? VF_ROW_UNKNOWN : VF_ROW_NO_HASH;
    if (r->has_size && f->st.kind == VF_KIND_FILE && r->size != f->st.size) {
        f->flags |= VF_FILE_SIZE_BAD;
        if (r->digest.n)
            f->truth = VF_ROW_FALSE;
    }
}

static enum vf_status miss(struct vf_env *env, const struct vf_env_dist *dist, struct vf_slice row,
                           struct vf_buf *path, struct vf_err *err)
{
    if (!row_path(env, dist, row, path))
        return VF_OK;
    struct vf_slice key = vf_arena_dup(&env->arena, vf_buf_slice(path));
    return key.p && vf_map_put(&env->missing, key, 1) ? VF_OK : vf_err_nomem(err);
}

bool vf_env_row_path(const struct vf_env *env, const struct vf_env_dist *d, struct vf_slice row,
                     struct vf_buf *out)
{
    return row_path(env, d, row, out);
}

/* Metadata files that no row lists (no RECORD, or RECORD itself) still belong to their distribution. */
static void own_metadata(struct vf_env *env)
{
    for (size_t i = 0; i < env->n_files; i++) {
        struct vf_file *f = &env->files[i];
        if (f->dist != VF_NONE || !(f->flags & VF_FILE_IN_SITE))
            continue;
        size_t dist;
        struct vf_slice dir = vf_path_dir(f->path);
        if (vf_map_get(&env->infos, dir, &dist))
            f->info_of = (uint32_t)dist;
    }
}

enum vf_status vf_env_owners(struct vf_env *env, struct vf_err *err)
{
    struct vf_buf path;
    vf_buf_init(&path);
    vf_map_init(&env->missing, &env->arena);
    enum vf_status st = VF_OK;
    for (uint32_t d = 0; d < env->n_dists && st == VF_OK; d++) {
        const struct vf_env_dist *dist = &env->dists[d];
        for (uint32_t r = 0; r < dist->record.n && st == VF_OK; r++) {
            st = vf_env_go_on(env, err);
            if (dist->row_files[r] != VF_NONE)
                own(env, d, r, &env->files[dist->row_files[r]]);
            else if (st == VF_OK)
                st = miss(env, dist, dist->record.rows[r].path, &path, err);
        }
    }
    vf_buf_release(&path);
    if (st == VF_OK)
        own_metadata(env);
    return st;
}

bool vf_env_row_is_in_target(const struct vf_env_dist *d, struct vf_slice row, struct vf_slice rel)
{
    struct vf_slice rest;
    return vf_slice_starts(row, VF_S("../../")) && vf_path_under(d->site, rel, &rest) &&
           vf_slice_eq(rest, vf_slice_from(row, sizeof "../../" - 1));
}
