/* record_write.c: rows of RECORD as bytes: one row changed in place, and whole tables. */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "packaging/record.h"

static const struct vf_slice SHA256 = VF_S_INIT("sha256");

static bool must_quote(struct vf_slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == ',' || c == '"' || c == '\r' || c == '\n')
            return true;
    }
    return text.n == 0;
}

void vf_record_field_put(struct vf_buf *out, struct vf_slice text, bool quote)
{
    if (!quote && !must_quote(text)) {
        vf_buf_put(out, text);
        return;
    }
    vf_buf_putc(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            vf_buf_putc(out, '"');
        vf_buf_putc(out, text.p[i]);
    }
    vf_buf_putc(out, '"');
}

static struct vf_slice bytes_of(struct vf_slice file, struct vf_span at)
{
    return vf_slice_sub(file, at.off, (size_t)at.off + at.len);
}

static bool is_quoted(struct vf_slice file, struct vf_span at)
{
    return at.len > 0 && at.off < file.n && file.p[at.off] == '"';
}

static void hash_put(struct vf_buf *out, struct vf_slice alg, struct vf_slice digest, bool hex)
{
    vf_buf_put(out, alg);
    vf_buf_putc(out, '=');
    if (hex)
        vf_hex_put(out, digest);
    else
        vf_base64url_put(out, digest);
}

/* A quote around what a field gets, when its old text had one. The new texts hold nothing that needs
 * doubling. */
static void quote_like(struct vf_buf *out, struct vf_slice file, struct vf_span at)
{
    if (is_quoted(file, at))
        vf_buf_putc(out, '"');
}

void vf_record_row_put(struct vf_buf *out, struct vf_slice file, const struct vf_record_row *row,
                       const struct vf_record_change *change)
{
    if (change->path)
        vf_record_field_put(out, *change->path, is_quoted(file, row->path_at));
    else
        vf_buf_put(out, bytes_of(file, row->path_at));
    vf_buf_putc(out, ',');
    if (change->digest) {
        struct vf_slice own = row->alg.n > 0 ? row->alg : SHA256;
        quote_like(out, file, row->hash_at);
        hash_put(out, change->alg ? *change->alg : own, *change->digest, row->hex);
        quote_like(out, file, row->hash_at);
    } else {
        vf_buf_put(out, bytes_of(file, row->hash_at));
    }
    vf_buf_putc(out, ',');
    if (change->set_size) {
        quote_like(out, file, row->size_at);
        vf_buf_put_u64(out, change->size);
        quote_like(out, file, row->size_at);
    } else {
        vf_buf_put(out, bytes_of(file, row->size_at));
    }
    if (row->columns > 3) {
        size_t from = (size_t)row->size_at.off + row->size_at.len;
        vf_buf_put(out, vf_slice_sub(file, from, (size_t)row->row.off + row->row.len));
    }
}

static int by_path(const void *x, const void *y)
{
    const struct vf_record_entry *a = x;
    const struct vf_record_entry *b = y;
    return vf_slice_cmp(a->path, b->path);
}

void vf_record_sort(struct vf_record_entry *entries, size_t n)
{
    if (n > 1)
        qsort(entries, n, sizeof *entries, by_path);
}

void vf_record_put(struct vf_buf *out, const struct vf_record_entry *entries, size_t n,
                   enum vf_record_eol eol)
{
    for (size_t i = 0; i < n; i++) {
        const struct vf_record_entry *e = &entries[i];
        vf_record_field_put(out, e->path, false);
        vf_buf_putc(out, ',');
        if (e->digest.n > 0)
            hash_put(out, e->alg.n > 0 ? e->alg : SHA256, e->digest, false);
        vf_buf_putc(out, ',');
        if (e->has_size)
            vf_buf_put_u64(out, e->size);
        vf_buf_puts(out, eol == VF_RECORD_CRLF ? "\r\n" : "\n");
    }
}
