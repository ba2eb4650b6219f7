/* metadata.c: RFC 822-like headers as Python's email.feedparser reads them. */
#include "packaging/metadata.h"

#include <string.h>

struct reader {
    struct vf_arena *arena;
    struct vf_slice text;
    size_t i;
    uint32_t line;
};

/* Takes one line off; *next is behind its end. LF, CRLF, CR. */
static struct vf_slice line_at(struct vf_slice text, size_t i, size_t *next)
{
    size_t end = i;
    while (end < text.n && text.p[end] != '\n' && text.p[end] != '\r')
        end++;
    *next = end;
    if (end < text.n)
        *next += text.p[end] == '\r' && end + 1 < text.n && text.p[end + 1] == '\n' ? 2 : 1;
    return vf_slice_sub(text, i, end);
}

/* Where the colon of a header stands; VF_NPOS when the line is none. */
static size_t header_colon(struct vf_slice line)
{
    for (size_t i = 0; i < line.n; i++) {
        unsigned char c = (unsigned char)line.p[i];
        if (c == ':')
            return i;
        if (c <= ' ' || c >= 0x7f)
            return VF_NPOS;
    }
    return VF_NPOS;
}

static bool is_continuation(struct vf_slice line)
{
    return line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
}

/* Takes the continuation lines at the reader and joins them to the value. False: no memory. */
static bool take_folds(struct reader *r, struct vf_metadata_header *h)
{
    struct vf_buf b;
    size_t next;
    vf_buf_init(&b);
    for (;;) {
        struct vf_slice line = line_at(r->text, r->i, &next);
        if (r->i >= r->text.n || !is_continuation(line))
            break;
        if (!h->folded)
            vf_buf_put(&b, h->value);
        line = vf_slice_trim(line);
        if (b.n > 0 && line.n > 0)
            vf_buf_putc(&b, ' ');
        vf_buf_put(&b, line);
        h->folded = true;
        r->i = next;
        r->line++;
    }
    if (h->folded)
        h->value = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(r->arena, vf_buf_slice(&b));
    vf_buf_release(&b);
    return !h->folded || h->value.p;
}

/* Lines the email parser passes over without ending the headers: a continuation of nothing, `From ` lines, a
 * colon without name. */
static bool is_skipped(struct vf_slice line, size_t colon)
{
    return is_continuation(line) || colon == 0 || (colon == VF_NPOS && vf_slice_starts(line, VF_S("From ")));
}

static enum vf_status parse_headers(struct reader *r, struct vf_vec *headers, struct vf_err *err)
{
    while (r->i < r->text.n) {
        size_t next;
        struct vf_slice line = line_at(r->text, r->i, &next);
        size_t colon = header_colon(line);
        if (colon == VF_NPOS && !is_skipped(line, colon)) {
            r->i = line.n == 0 ? next : r->i;
            r->line += line.n == 0 ? 1 : 0;
            return VF_OK;
        }
        struct vf_metadata_header h = {.line = r->line++};
        r->i = next;
        if (is_skipped(line, colon))
            continue;
        h.name = vf_slice_sub(line, 0, colon);
        h.value = vf_slice_trim(vf_slice_from(line, colon + 1));
        if (headers->n >= VF_METADATA_HEADERS_MAX) {
            return vf_err_set(err, VF_LIMIT, 0, "parse", (struct vf_slice){NULL, 0}, "more than %d headers",
                              VF_METADATA_HEADERS_MAX);
        }
        struct vf_metadata_header *kept =
            take_folds(r, &h) ? vf_vec_push(r->arena, headers, sizeof *kept) : NULL;
        if (!kept)
            return vf_err_nomem(err);
        *kept = h;
    }
    return VF_OK;
}

enum vf_status vf_metadata_parse(struct vf_arena *a, struct vf_slice text, struct vf_metadata *out,
                                 struct vf_err *err)
{
    struct reader r = {.arena = a, .text = text, .line = 1};
    struct vf_vec headers = {0};
    enum vf_status st = parse_headers(&r, &headers, err);
    *out = (struct vf_metadata){headers.base, headers.n, r.i, r.line};
    return st;
}

bool vf_metadata_next(const struct vf_metadata *m, struct vf_slice name, size_t *at, struct vf_slice *value)
{
    while (*at < m->n) {
        const struct vf_metadata_header *h = &m->headers[(*at)++];
        if (vf_slice_eq_nocase(h->name, name)) {
            *value = h->value;
            return true;
        }
    }
    return false;
}

bool vf_metadata_get(const struct vf_metadata *m, struct vf_slice name, struct vf_slice *value)
{
    size_t at = 0;
    return vf_metadata_next(m, name, &at, value);
}

bool vf_metadata_root_is_purelib(const struct vf_metadata *wheel)
{
    struct vf_slice value;
    return vf_metadata_get(wheel, VF_S("Root-Is-Purelib"), &value) && vf_slice_eq_nocase(value, VF_S("true"));
}
