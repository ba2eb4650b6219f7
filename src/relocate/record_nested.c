/* record_nested.c: RECORDs that are not this environment's: of an environment inside it, of `pip install
 * --prefix` or `--target`. Their scripts are edited like any file that nobody owns here; their rows stay true
 * all the same. */
#include "relocate/edit_builder.h"

#define NESTED_CAP ((uint64_t)64 << 20) /* bytes of a RECORD that is read */

/* The edited file that nobody owns and that a row means; VF_NONE. `site` is where the paths of the RECORD
 * begin. */
static const struct vf_edit_builder *edited_by_row(struct vf_edit_builders *d, struct vf_slice site,
                                                   struct vf_slice row, struct vf_buf *path)
{
    struct vf_slice joined =
        vf_path_is_abs(row) ? (struct vf_slice){NULL, 0} : vf_path_join(&d->scratch, site, row);
    if (!joined.p)
        return NULL;
    vf_buf_clear(path);
    vf_path_clean(path, joined);
    uint32_t file = vf_env_find(d->plan->env, vf_buf_slice(path));
    const struct vf_edit_builder *dr =
        file == VF_NONE || d->plan->env->files[file].dist != VF_NONE ? NULL : vf_edit_builder_find(d, file);
    return dr && dr->kind == VF_EDIT_SPLICE && dr->splices.n ? dr : NULL;
}

static enum vf_status follow_record(struct vf_edit_builders *d, uint32_t file, struct vf_err *err)
{
    const struct vf_env *env = d->plan->env;
    struct vf_slice bytes, site = vf_path_dir(vf_path_dir(env->files[file].path));
    struct vf_record record;
    struct vf_err why;
    struct vf_buf path;
    vf_err_init(&why);
    enum vf_status st = vf_tree_read(env->tree, env->files[file].path, NESTED_CAP, &d->scratch, &bytes, &why);
    if (st == VF_OK)
        st = vf_record_parse(&d->scratch, bytes, &record, &why);
    bool nomem = st == VF_NO_MEMORY;
    vf_err_release(&why);
    if (st != VF_OK)
        return nomem ? vf_err_nomem(err) : VF_OK; /* one that cannot be read stays as it is */
    vf_buf_init(&path);
    for (size_t r = 0; r < record.n && st == VF_OK; r++) {
        const struct vf_edit_builder *dr = edited_by_row(d, site, record.rows[r].path, &path);
        struct vf_row_change c = {0};
        bool was_true = false;
        if (dr)
            st = vf_edit_builders_measure(d, dr, &record.rows[r], &c, &was_true, err);
        if (st == VF_OK && was_true)
            st = vf_edit_builders_splice_row(d, file, bytes, &record.rows[r], &c, err);
    }
    vf_buf_release(&path);
    return st == VF_OK && d->scratch.failed ? vf_err_nomem(err) : st;
}

enum vf_status vf_edit_builders_nested(struct vf_edit_builders *d, size_t n, struct vf_err *err)
{
    const struct vf_env *env = d->plan->env;
    enum vf_status st = VF_OK;
    bool any = false;
    for (size_t i = 0; i < n && !any; i++)
        any = env->files[VF_VEC_AT(struct vf_edit_builder, &d->v, i)->file].dist == VF_NONE;
    for (uint32_t i = 0; any && i < env->n_files && st == VF_OK; i++) {
        const struct vf_file *f = &env->files[i];
        if (vf_slice_ends(f->path, VF_S(".dist-info/RECORD")) && f->st.kind == VF_KIND_FILE &&
            !(f->flags & VF_FILE_JOURNAL) && f->dist == VF_NONE && vf_env_record_of(env, i) == VF_NONE)
            st = follow_record(d, i, err);
    }
    return st;
}
