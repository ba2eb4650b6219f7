/* edit.c: sorting edits, finding one, applying one in memory.
 *
 * Sealing is where unsafe paths are refused, so that no writer ever sees one; the writers open without
 * following links all the same. */
#include "fs/edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"

static int by_path(const void *a, const void *b)
{
    const struct vf_edit *x = a, *y = b;
    return vf_slice_cmp(x->path, y->path);
}

static int by_offset(const void *a, const void *b)
{
    const struct vf_splice *x = a, *y = b;
    if (x->off != y->off)
        return x->off < y->off ? -1 : 1;
    return x->len == y->len  ? 0
           : x->len < y->len ? -1
                             : 1; /* an insertion stands before what is replaced there */
}

const struct vf_edit *vf_edits_find(const struct vf_edits *e, struct vf_slice path)
{
    struct vf_edit key = {.path = path};
    return e && e->n > 0 ? bsearch(&key, e->v, e->n, sizeof *e->v, by_path) : NULL;
}

static enum vf_status changed(const struct vf_edit *e, const char *what, struct vf_err *err)
{
    return vf_err_set(err, VF_CHANGED, 0, "edit", e->path,
                      "another process %s it while venvfix was at work; run the command again", what);
}

enum vf_status vf_edit_check_stat(const struct vf_edit *e, const struct vf_stat *now, struct vf_err *err)
{
    const struct vf_edit_source *s = &e->source;
    if (!s->known || vf_stat_same(&s->st, now) || (s->st.kind == VF_KIND_NONE && now->kind == VF_KIND_NONE))
        return VF_OK;
    if (now->kind == VF_KIND_NONE)
        return changed(e, "removed", err);
    return changed(e, s->st.kind == VF_KIND_NONE ? "made" : "changed", err);
}

enum vf_status vf_edit_check_sum(const struct vf_edit *e, const unsigned char sum[32], struct vf_err *err)
{
    bool same = !e->source.has_sum || memcmp(e->source.sum, sum, sizeof e->source.sum) == 0;
    return same ? VF_OK : changed(e, "changed", err);
}

enum vf_status vf_edit_original(const struct vf_edit *e, struct vf_tree *tree, struct vf_arena *a,
                                struct vf_slice *out, struct vf_err *err)
{
    *out = e->source.bytes;
    return out->p ? VF_OK : vf_tree_read(tree, e->path, UINT64_MAX, a, out, err);
}

static bool is_safe(struct vf_slice path)
{
    if (path.n == 0 || vf_path_is_abs(path) || !vf_path_is_clean(path) || vf_slice_eq(path, VF_S(".")) ||
        vf_slice_find_byte(path, 0, 0) != VF_NPOS)
        return false;
    return !vf_slice_eq(path, VF_S("..")) && !vf_slice_starts(path, VF_S("../")); /* clean: only in front */
}

static enum vf_status seal_splices(struct vf_edit *e, struct vf_err *err)
{
    if (e->n > 1)
        qsort(e->splices, e->n, sizeof *e->splices, by_offset);
    for (size_t i = 0; i < e->n; i++) {
        const struct vf_splice *s = &e->splices[i];
        if (s->len > UINT64_MAX - s->off)
            return vf_err_set(err, VF_INTERNAL, 0, "edit", e->path, "a splice has no end");
        if (i == 0)
            continue;
        const struct vf_splice *was = s - 1;
        bool two_inserts = was->off == s->off && was->len == 0 && s->len == 0; /* which first? */
        if (was->off + was->len > s->off || two_inserts)
            return vf_err_set(err, VF_INTERNAL, 0, "edit", e->path, "two splices overlap");
    }
    return VF_OK;
}

enum vf_status vf_edits_finish(struct vf_edits *e, struct vf_err *err)
{
    if (e->n > 1)
        qsort(e->v, e->n, sizeof *e->v, by_path);
    for (size_t i = 0; i < e->n; i++) {
        if (!is_safe(e->v[i].path))
            return vf_err_set(err, VF_INTERNAL, 0, "edit", e->v[i].path, "not a path below the environment");
        if (i > 0 && vf_slice_eq(e->v[i - 1].path, e->v[i].path))
            return vf_err_set(err, VF_INTERNAL, 0, "edit", e->v[i].path, "two edits of one file");
        enum vf_status st = e->v[i].kind == VF_EDIT_SPLICE ? seal_splices(&e->v[i], err) : VF_OK;
        if (st != VF_OK)
            return st;
    }
    return VF_OK;
}

static enum vf_status apply_splices(const struct vf_edit *e, struct vf_slice old, struct vf_buf *out,
                                    struct vf_err *err)
{
    size_t pos = 0;
    for (size_t i = 0; i < e->n; i++) {
        const struct vf_splice *s = &e->splices[i];
        if (s->off < pos || s->off > old.n || s->len > old.n - s->off)
            return vf_err_set(err, VF_CHANGED, 0, "edit", e->path, "it changed since it was read");
        vf_buf_put(out, vf_slice_sub(old, pos, (size_t)s->off));
        vf_buf_put(out, s->bytes);
        pos = (size_t)(s->off + s->len);
    }
    vf_buf_put(out, vf_slice_from(old, pos));
    return VF_OK;
}

enum vf_status vf_edit_apply(const struct vf_edit *e, struct vf_slice old, struct vf_buf *out,
                             struct vf_err *err)
{
    enum vf_status st = VF_OK;
    switch (e->kind) {
    case VF_EDIT_SPLICE:
        st = apply_splices(e, old, out, err);
        break;
    case VF_EDIT_WRITE:
    case VF_EDIT_LINK:
        vf_buf_put(out, e->contents);
        break;
    case VF_EDIT_DELETE:
        break;
    }
    if (st == VF_OK && out->failed)
        st = vf_err_nomem(err);
    return st;
}
