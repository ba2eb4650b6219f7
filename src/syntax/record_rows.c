/* RECORD as a syntax: its absolute rows (poetry, flit, docs/formats.md 4.5). The table itself is
 * src/packaging/record.h.
 *
 * The reference is the path field with its quotes; hash, size, line end and every other row keep their bytes.
 */
#include "base/path.h"
#include "packaging/record.h"
#include "syntax/syntax.h"

enum { FORM_BARE, FORM_QUOTED };

/* Drive and UNC paths do not get here: rows of a Windows environment are not ours to re-point. */
static enum vf_status add(const struct vf_record_row *row, struct vf_slice file, unsigned flags,
                          struct vf_read_out *out, struct vf_err *err)
{
    struct vf_ref *ref = vf_out_ref(out);
    struct vf_slice path = vf_arena_dup(out->a, row->path);
    if (!ref || !path.p)
        return vf_err_nomem(err);
    bool quoted = row->path_at.len > 0 && file.p[row->path_at.off] == '"';
    ref->syntax = VF_SYN_RECORD;
    ref->role = VF_ROLE_RECORD_ROW;
    ref->form = quoted ? FORM_QUOTED : FORM_BARE;
    ref->flags = (uint16_t)flags;
    ref->line = row->line;
    ref->off = row->path_at.off;
    ref->len = row->path_at.len;
    ref->value_off = row->path_at.off + (quoted ? 1U : 0U);
    ref->value = path;
    return VF_OK;
}

/* Then a row's extent is a guess, and a quote written into a path could close it. */
static bool has_open_quote(const struct vf_record *table)
{
    for (size_t i = 0; i < table->n_problems; i++)
        if (table->problems[i].kind == VF_RECORD_OPEN_QUOTE)
            return true;
    return table->problems_total > table->n_problems;
}

/* Nearly all files: no row can be absolute, since no line begins with a slash and nothing is quoted. */
static bool has_no_absolute(struct vf_slice file)
{
    return file.n <= VF_RECORD_MAX && !vf_slice_starts(file, VF_S("/")) &&
           vf_slice_find_byte(file, '"', 0) == VF_NPOS && vf_slice_find(file, VF_S("\n/"), 0) == VF_NPOS &&
           vf_slice_find(file, VF_S("\r/"), 0) == VF_NPOS;
}

enum vf_status vf_read_RECORD(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    struct vf_record table = {0};
    if (has_no_absolute(src->bytes))
        return VF_OK;
    enum vf_status st = vf_record_parse(out->a, src->bytes, &table, err);
    unsigned flags = table.n > 0 && has_open_quote(&table) ? VF_REF_READONLY : 0;
    for (size_t i = 0; i < table.n && st == VF_OK; i++)
        if (vf_path_is_abs(table.rows[i].path))
            st = add(&table.rows[i], src->bytes, flags, out, err);
    return st;
}

/* A field in quotes that its old path did not need is its writer's habit: it keeps them. */
static bool keeps_quotes(const struct vf_ref *ref, struct vf_slice path)
{
    struct vf_buf bare = {0};
    vf_record_field_put(&bare, ref->value, false);
    bool needed = bare.n > 0 && bare.p[0] == '"';
    vf_buf_release(&bare);
    return ref->form == FORM_QUOTED && (!needed || vf_slice_eq(ref->value, path));
}

enum vf_status vf_write_RECORD(const struct vf_ref *ref, const struct vf_source *src, struct vf_slice path,
                               const struct vf_write_ctx *target, struct vf_buf *out, struct vf_err *err)
{
    (void)src;
    (void)target;
    if (path.n == 0 || vf_slice_find_byte(path, '\0', 0) != VF_NPOS)
        return vf_unwritable(err, path, "a row needs a path without NUL");
    vf_record_field_put(out, path, keeps_quotes(ref, path));
    return out->failed ? vf_err_nomem(err) : VF_OK;
}
