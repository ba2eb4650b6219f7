/* record_pass.c: the second pass of a plan: RECORD rows of edited files, and compiled files of edited
 * sources.
 *
 * A row gets the new hash and size only where the old one was true: what was changed before is not blessed
 * (docs/formats.md 4.5). */
#include "relocate/edit_builder.h"

#include "base/digest.h"

#include <stdlib.h>
#include <string.h>

struct vf_row_change *vf_edit_builders_row(struct vf_edit_builders *d, uint32_t dist, uint32_t row)
{
    struct vf_vec *rows = &d->rows[dist];
    uint32_t **of = &d->row_change[dist];
    if (!*of)
        *of = vf_arena_array(&d->scratch, d->plan->env->dists[dist].record.n + 1, sizeof **of);
    if (!*of)
        return NULL;
    if ((*of)[row])
        return VF_VEC_AT(struct vf_row_change, rows, (*of)[row] - 1);
    struct vf_row_change *c = vf_vec_push(&d->scratch, rows, sizeof *c);
    if (!c)
        return NULL;
    *c = (struct vf_row_change){.row = row};
    (*of)[row] = (uint32_t)rows->n;
    return c;
}

static enum vf_status digest_of(struct vf_arena *a, struct vf_slice alg, struct vf_slice bytes,
                                struct vf_slice *out, struct vf_err *err)
{
    struct vf_hasher *h = NULL;
    unsigned char d[VF_DIGEST_MAX];
    *out = (struct vf_slice){NULL, 0};
    enum vf_status st = vf_hasher_new(alg, &h, err);
    if (st != VF_OK)
        return st;
    vf_hasher_update(h, bytes);
    size_t n = vf_hasher_final(h, d);
    vf_hasher_free(h);
    *out = vf_arena_dup(a, (struct vf_slice){(const char *)d, n});
    return out->p ? VF_OK : vf_err_nomem(err);
}

static enum vf_status new_contents(struct vf_edit_builders *d, const struct vf_edit_builder *dr,
                                   struct vf_buf *out, struct vf_err *err)
{
    struct vf_edit e = {
        .path = d->plan->env->files[dr->file].path, .kind = VF_EDIT_SPLICE, .n = dr->splices.n};
    e.splices = vf_arena_array(&d->scratch, e.n + 1, sizeof *e.splices);
    if (!e.splices)
        return vf_err_nomem(err);
    memcpy(e.splices, dr->splices.base, e.n * sizeof *e.splices);
    struct vf_edits one = {.v = &e, .n = 1};
    enum vf_status st = vf_edits_finish(&one, err);
    return st == VF_OK ? vf_edit_apply(&e, dr->bytes, out, err) : st;
}

enum vf_status vf_edit_builders_measure(struct vf_edit_builders *d, const struct vf_edit_builder *dr,
                                        const struct vf_record_row *row, struct vf_row_change *c,
                                        bool *was_true, struct vf_err *err)
{
    struct vf_slice before;
    struct vf_err why;
    *was_true = false;
    if ((!row->digest.n && !row->has_size) || (row->has_size && row->size != dr->bytes.n))
        return VF_OK;
    if (row->digest.n) {
        vf_err_init(&why);
        enum vf_status st = digest_of(&d->scratch, row->alg, dr->bytes, &before, &why);
        vf_err_release(&why);
        if (st == VF_NOT_SUPPORTED || (st == VF_OK && !vf_record_digest_is(row, before)))
            return VF_OK;
        if (st != VF_OK)
            return vf_err_nomem(err);
    }
    struct vf_buf now;
    vf_buf_init(&now);
    enum vf_status st = new_contents(d, dr, &now, err);
    if (st == VF_OK && row->digest.n)
        st = digest_of(d->plan->a, row->alg, vf_buf_slice(&now), &c->digest, err);
    c->set_size = row->has_size;
    c->size = now.n;
    *was_true = st == VF_OK;
    vf_buf_release(&now);
    return st;
}

/* One row of one edited file. */
static enum vf_status follow_row(struct vf_edit_builders *d, const struct vf_edit_builder *dr, uint32_t dist,
                                 uint32_t index, struct vf_err *err)
{
    struct vf_row_change now = {0};
    bool was_true;
    enum vf_status st =
        vf_edit_builders_measure(d, dr, &d->plan->env->dists[dist].record.rows[index], &now, &was_true, err);
    if (st != VF_OK || !was_true)
        return st;
    struct vf_row_change *c = vf_edit_builders_row(d, dist, index);
    if (!c)
        return vf_err_nomem(err);
    c->digest = now.digest;
    c->set_size = now.set_size;
    c->size = now.size;
    return VF_OK;
}

static bool is_spliced(const struct vf_edit_builder *dr)
{
    return dr && dr->kind == VF_EDIT_SPLICE && dr->splices.n;
}

/* Every row of a distribution that means an edited file. */
static enum vf_status follow_dist(struct vf_edit_builders *d, uint32_t dist, struct vf_err *err)
{
    const struct vf_env_dist *ed = &d->plan->env->dists[dist];
    enum vf_status st = VF_OK;
    for (uint32_t r = 0; r < ed->record.n && st == VF_OK; r++) {
        const struct vf_edit_builder *dr =
            ed->row_files[r] == VF_NONE ? NULL : vf_edit_builder_find(d, ed->row_files[r]);
        if (is_spliced(dr))
            st = follow_row(d, dr, dist, r, err);
    }
    return st;
}

/* The distributions that own one of the first n drafts' files. */
static bool *touched_dists(struct vf_edit_builders *d, size_t n)
{
    const struct vf_env *env = d->plan->env;
    bool *touched = vf_arena_array(&d->scratch, env->n_dists + 1, sizeof *touched);
    for (size_t i = 0; touched && i < n; i++) {
        const struct vf_edit_builder *dr = VF_VEC_AT(struct vf_edit_builder, &d->v, i);
        const struct vf_file *f = &env->files[dr->file];
        if (!is_spliced(dr) || f->dist == VF_NONE)
            continue;
        touched[f->dist] = true;
        if (f->second_dist != VF_NONE)
            touched[f->second_dist] = true;
    }
    return touched;
}

static enum vf_status write_rows(struct vf_edit_builders *d, uint32_t dist, struct vf_err *err)
{
    const struct vf_env_dist *ed = &d->plan->env->dists[dist];
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < d->rows[dist].n && ed->record_file != VF_NONE && st == VF_OK; i++) {
        struct vf_row_change c = *VF_VEC_AT(struct vf_row_change, &d->rows[dist], i);
        st = vf_edit_builders_splice_row(d, ed->record_file, ed->record_bytes, &ed->record.rows[c.row], &c,
                                         err);
    }
    return st;
}

enum vf_status vf_edit_builders_splice_row(struct vf_edit_builders *d, uint32_t file, struct vf_slice bytes,
                                           const struct vf_record_row *row, const struct vf_row_change *c,
                                           struct vf_err *err)
{
    struct vf_record_change change = {.path = c->path.p ? &c->path : NULL,
                                      .digest = c->digest.n ? &c->digest : NULL,
                                      .set_size = c->set_size,
                                      .size = c->size};
    struct vf_buf out;
    vf_buf_init(&out);
    vf_record_row_put(&out, bytes, row, &change);
    struct vf_splice s = {.off = row->row.off, .len = row->row.len};
    s.bytes = vf_arena_dup(d->plan->a, vf_buf_slice(&out));
    bool failed = out.failed || !s.bytes.p, added;
    vf_buf_release(&out);
    if (failed)
        return vf_err_nomem(err);
    const char *rule = vf_rule_info(c->path.p ? VF_RULE_RECORD_BROKEN_PLACE : VF_RULE_FILE_HASH)->id;
    return vf_edit_builder_splice(d, file, s, rule, c->path.p ? 1 : 0, &added, err);
}

enum vf_status vf_edit_builders_records(struct vf_edit_builders *d, struct vf_err *err)
{
    const struct vf_env *env = d->plan->env;
    size_t n = d->v.n;
    const bool *touched = touched_dists(d, n);
    enum vf_status st = touched ? VF_OK : vf_err_nomem(err);
    for (uint32_t i = 0; i < env->n_dists && st == VF_OK; i++) {
        if (vf_hooks_cancelled(env->params.hooks))
            return vf_plan_stopped(err);
        if (touched[i])
            st = follow_dist(d, i, err);
    }
    for (uint32_t i = 0; i < env->n_dists && st == VF_OK; i++)
        st = write_rows(d, i, err);
    return st == VF_OK ? vf_edit_builders_nested(d, n, err) : st;
}

/* The source that a compiled file stands for: `a/__pycache__/m.cpython-312.pyc` and `a/m.pyc` both mean
 * `a/m.py`. */
static struct vf_slice source_of(struct vf_arena *a, struct vf_slice pyc)
{
    struct vf_slice dir = vf_path_dir(pyc), base = vf_path_base(pyc);
    if (vf_slice_eq(vf_path_base(dir), VF_S("__pycache__")))
        dir = vf_path_dir(dir);
    size_t dot = vf_slice_find_byte(base, '.', 0);
    struct vf_slice name = vf_arena_concat(a, vf_slice_sub(base, 0, dot), VF_S(".py"), VF_S(""));
    return name.p ? vf_path_join(a, dir, name) : name;
}

enum vf_status vf_edit_builders_pycs(struct vf_edit_builders *d, struct vf_err *err)
{
    const struct vf_env *env = d->plan->env;
    bool any = false;
    for (size_t i = 0; i < d->v.n; i++) {
        const struct vf_edit_builder *dr = VF_VEC_AT(struct vf_edit_builder, &d->v, i);
        any = any || (dr->splices.n && vf_slice_ends(env->files[dr->file].path, VF_S(".py")));
    }
    for (uint32_t i = 0; any && i < env->n_files; i++) {
        if (!(env->files[i].flags & VF_FILE_PYC) || env->files[i].st.kind != VF_KIND_FILE)
            continue;
        struct vf_slice src = source_of(&d->scratch, env->files[i].path);
        if (!src.p)
            return vf_err_nomem(err);
        uint32_t f = vf_env_find(env, src);
        const struct vf_edit_builder *dr = f == VF_NONE ? NULL : vf_edit_builder_find(d, f);
        if (!dr || !dr->splices.n) /* a link that is re-pointed leads to the same bytes with the same times */
            continue;
        struct vf_edit_builder *gone = vf_edit_builder_of(d, i, VF_EDIT_DELETE);
        if (!gone)
            return vf_err_nomem(err);
        gone->kind = VF_EDIT_DELETE;
        gone->rule = vf_rule_info(VF_RULE_PYC_PLACE)->id;
    }
    return VF_OK;
}
