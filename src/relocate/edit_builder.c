/* draft.c: gathering splices, one draft a file. */
#include "relocate/edit_builder.h"

#include <string.h>

#include "base/digest.h"

#define BYTES_CAP ((uint64_t)256 << 20)

struct vf_edit_builder *vf_edit_builder_find(struct vf_edit_builders *d, uint32_t file)
{
    size_t i;
    if (!vf_map_get(&d->by_file, d->plan->env->files[file].path, &i))
        return NULL;
    return VF_VEC_AT(struct vf_edit_builder, &d->v, i);
}

struct vf_edit_builder *vf_edit_builder_of(struct vf_edit_builders *d, uint32_t file, enum vf_edit_kind kind)
{
    struct vf_edit_builder *dr = vf_edit_builder_find(d, file);
    if (dr)
        return dr;
    dr = vf_vec_push(&d->scratch, &d->v, sizeof *dr);
    if (!dr || !vf_map_put(&d->by_file, d->plan->env->files[file].path, d->v.n - 1))
        return NULL;
    *dr = (struct vf_edit_builder){.file = file, .kind = kind};
    return dr;
}

enum vf_status vf_edit_builder_bytes(struct vf_edit_builders *d, uint32_t file, struct vf_slice *out,
                                     struct vf_err *err)
{
    const struct vf_env *env = d->plan->env;
    struct vf_edit_builder *dr = vf_edit_builder_find(d, file);
    if (dr && dr->bytes.p) {
        *out = dr->bytes;
        return VF_OK;
    }
    if (env->files[file].st.kind == VF_KIND_LINK) {
        *out = env->files[file].target;
        return VF_OK;
    }
    enum vf_status st = vf_tree_read(env->tree, env->files[file].path, BYTES_CAP, d->plan->a, out, err);
    if (st != VF_OK)
        return st;
    if (out->n != env->files[file].st.size)
        return vf_err_set(err, VF_CHANGED, 0, "read", env->files[file].path,
                          "the file changed while it was examined");
    dr = vf_edit_builder_of(d, file, VF_EDIT_SPLICE);
    if (!dr)
        return vf_err_nomem(err);
    if (!out->p)
        out->p = "";
    dr->bytes = *out;
    return VF_OK;
}

static bool overlaps(const struct vf_splice *a, const struct vf_splice *b)
{
    if (!a->len && !b->len)
        return a->off == b->off;
    if (!a->len || !b->len)
        return false;
    return a->off < b->off + b->len && b->off < a->off + a->len;
}

static struct vf_splice *splice_at(const struct vf_edit_builder *dr, size_t i)
{
    return VF_VEC_AT(struct vf_splice, &dr->splices, i);
}

/* The first splice that begins behind `off`, or at it. */
static size_t first_from(const struct vf_edit_builder *dr, uint64_t off)
{
    size_t low = 0, high = dr->splices.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (splice_at(dr, middle)->off < off)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Does a splice overlap one of the draft's? At or behind its offset, only those that begin before its end are
 * looked at; before it, only the insertions up to the nearest one that replaces something. */
static bool is_taken(const struct vf_edit_builder *dr, const struct vf_splice *s, size_t at)
{
    for (size_t i = at; i < dr->splices.n && splice_at(dr, i)->off <= s->off + s->len; i++)
        if (overlaps(splice_at(dr, i), s))
            return true;
    for (size_t i = at; i > 0; i--)
        if (splice_at(dr, i - 1)->len)
            return overlaps(splice_at(dr, i - 1), s);
    return false;
}

bool vf_edit_builder_covers(const struct vf_edit_builder *dr, uint64_t off)
{
    size_t at = first_from(dr, off);
    if (at < dr->splices.n && splice_at(dr, at)->off == off)
        return true;
    return at > 0 && splice_at(dr, at - 1)->off + splice_at(dr, at - 1)->len >= off;
}

enum vf_status vf_edit_builder_splice(struct vf_edit_builders *d, uint32_t file, struct vf_splice s,
                                      const char *rule, uint32_t count, bool *added, struct vf_err *err)
{
    struct vf_slice bytes;
    *added = false;
    enum vf_status st = vf_edit_builder_bytes(d, file, &bytes, err);
    if (st != VF_OK)
        return st;
    if (s.off > bytes.n || s.len > bytes.n - s.off)
        return vf_err_set(err, VF_CHANGED, 0, "edit", d->plan->env->files[file].path,
                          "the file changed while it was examined");
    if (s.len == s.bytes.n && (!s.len || !memcmp(bytes.p + s.off, s.bytes.p, s.len)))
        return VF_OK;
    struct vf_edit_builder *dr = vf_edit_builder_of(d, file, VF_EDIT_SPLICE);
    if (!dr)
        return vf_err_nomem(err);
    size_t at = first_from(dr, s.off);
    if (is_taken(dr, &s, at))
        return VF_OK;
    if (at < dr->splices.n && splice_at(dr, at)->off == s.off && s.len)
        at++; /* behind the insertion there */
    if (!vf_vec_push(&d->scratch, &dr->splices, sizeof s))
        return vf_err_nomem(err);
    memmove(splice_at(dr, at) + 1, splice_at(dr, at), (dr->splices.n - 1 - at) * sizeof s);
    *splice_at(dr, at) = s;
    if (!dr->rule)
        dr->rule = rule;
    dr->count += count;
    *added = true;
    return VF_OK;
}

static bool changes(const struct vf_edit_builder *dr)
{
    return dr->kind != VF_EDIT_SPLICE || dr->splices.n;
}

/* What the edit is made from: the file as it was listed, before any of it was read, and the bytes that its
 * splices were made for. */
static enum vf_status set_source(const struct vf_edit_builders *d, const struct vf_edit_builder *dr,
                                 struct vf_edit *e, struct vf_err *err)
{
    const struct vf_file *f = &d->plan->env->files[dr->file];
    struct vf_edit_source *s = &e->source;
    *s = (struct vf_edit_source){.known = true, .st = f->st};
    if (dr->kind == VF_EDIT_SPLICE)
        s->bytes = dr->bytes;
    else if (f->st.kind == VF_KIND_LINK)
        s->bytes = f->target;
    if (!s->bytes.p)
        return VF_OK;
    s->has_sum = vf_sha256(s->bytes, s->sum);
    return s->has_sum ? VF_OK : vf_err_set(err, VF_INTERNAL, 0, "hash", e->path, NULL);
}

enum vf_status vf_edit_builders_finish(struct vf_edit_builders *d, struct vf_edits *out, struct vf_err *err)
{
    struct vf_arena *a = d->plan->a;
    out->v = vf_arena_array(a, d->v.n + 1, sizeof *out->v);
    if (!out->v)
        return vf_err_nomem(err);
    for (size_t i = 0; i < d->v.n; i++) {
        const struct vf_edit_builder *dr = VF_VEC_AT(struct vf_edit_builder, &d->v, i);
        if (!changes(dr))
            continue;
        if (!dr->rule)
            return vf_err_set(err, VF_INTERNAL, 0, "plan", d->plan->env->files[dr->file].path,
                              "an edit goes by no rule");
        struct vf_edit *e = &out->v[out->n++];
        *e = (struct vf_edit){.path = d->plan->env->files[dr->file].path,
                              .kind = dr->kind,
                              .n = dr->splices.n,
                              .contents = dr->target,
                              .rule = dr->rule,
                              .count = dr->count};
        e->splices = vf_arena_array(a, e->n + 1, sizeof *e->splices);
        if (!e->splices)
            return vf_err_nomem(err);
        if (e->n)
            memcpy(e->splices, dr->splices.base, e->n * sizeof *e->splices);
        enum vf_status st = set_source(d, dr, e, err);
        if (st != VF_OK)
            return st;
        d->plan->edited_refs += dr->count;
    }
    return vf_edits_finish(out, err);
}
