/* direct_url.json as a syntax: the path of its file: URL. docs/formats.md 4.4.
 *
 * The reference is the encoded path inside the URL's string, so scheme, query and every other byte stay.
 * Where the string holds JSON escapes it is the whole inside of the string. */
#include <string.h>

#include "base/escape.h"
#include "base/path.h"
#include "packaging/url.h"
#include "syntax/json_strings.h"
#include "syntax/syntax.h"

enum { FORM_PATH, FORM_WHOLE }; /* what the range covers */

struct found {
    struct vf_json_string url;
    bool has_url;
    unsigned infos;
};

static bool is_info(struct vf_slice key)
{
    return vf_slice_eq(key, VF_S("vcs_info")) || vf_slice_eq(key, VF_S("archive_info")) ||
           vf_slice_eq(key, VF_S("dir_info"));
}

static struct found look(struct vf_json_scan *scan)
{
    struct found f = {0};
    struct vf_json_string str;
    while (vf_json_next(scan, &str)) {
        if (scan->depth == 1 && str.is_key)
            f.infos += is_info(str.inner);
        if (scan->depth != 1 || str.is_key || !vf_json_key_is(scan, 0, "url"))
            continue;
        f.url = str;
        f.has_url = true;
    }
    return f;
}

/* `file:///C:/x`: a place on a Windows host, not ours to re-point. */
static bool is_drive(struct vf_slice path)
{
    char c = path.n > 2 ? (char)(path.p[1] | 0x20) : '\0';
    return c >= 'a' && c <= 'z' && path.p[2] == ':' && (path.n == 3 || path.p[3] == '/');
}

static enum vf_status note_secret(const struct found *f, struct vf_slice url, struct vf_read_out *out,
                                  struct vf_err *err)
{
    struct vf_buf b = {0};
    struct vf_slice shown;
    vf_url_redact_put(&b, url);
    enum vf_status st = vf_out_keep(out, &b, &shown, err);
    if (st != VF_OK)
        return st;
    return vf_out_note(out, VF_FLAW_URL_SECRET, f->url.line, f->url.off, f->url.len, shown, err);
}

static enum vf_status add_ref(const struct found *f, struct vf_slice url, struct vf_slice path,
                              struct vf_read_out *out, struct vf_err *err)
{
    bool whole = vf_slice_find_byte(f->url.inner, '\\', 0) != VF_NPOS;
    struct vf_ref *ref = vf_out_ref(out);
    if (!ref)
        return vf_err_nomem(err);
    size_t skip = whole ? 0 : (size_t)(vf_url_split(url).path.p - url.p);
    ref->syntax = VF_SYN_DIRECT_URL;
    ref->role = VF_ROLE_PROJECT_URL;
    ref->form = whole ? FORM_WHOLE : FORM_PATH;
    ref->line = f->url.line;
    ref->off = f->url.off + 1 + skip;
    ref->len = whole ? f->url.inner.n : vf_url_split(url).path.n;
    ref->value_off = ref->off;
    ref->value = path;
    ref->key = "url";
    return VF_OK;
}

static enum vf_status judge_url(const struct found *f, struct vf_slice url, struct vf_read_out *out,
                                struct vf_err *err)
{
    struct vf_slice path;
    struct vf_url parts = vf_url_split(url);
    enum vf_status st = vf_url_has_secret(url) ? note_secret(f, url, out, err) : VF_OK;
    if (st != VF_OK || (vf_url_has_scheme(url, VF_S("file")) && is_drive(parts.path)))
        return st;
    bool file = vf_url_has_scheme(url, VF_S("file"));
    if (file && vf_url_file_path(out->a, url, &path))
        return path.p ? add_ref(f, url, path, out, err) : vf_err_nomem(err);
    if (!file && parts.scheme.n > 0)
        return VF_OK;
    return vf_out_note(out, VF_FLAW_URL_INVALID, f->url.line, f->url.off, f->url.len, url, err);
}

enum vf_status vf_read_DIRECT_URL(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    struct vf_json_scan scan = {.text = src->bytes};
    struct found f = look(&scan);
    if (!vf_json_valid(&scan) || !scan.top_object)
        return vf_out_note(out, VF_FLAW_JSON_INVALID, scan.line, scan.at, 0, VF_S(""), err);
    if (!f.has_url)
        return vf_out_note(out, VF_FLAW_URL_INVALID, 1, 0, 0, VF_S(""), err);
    struct vf_buf b = {0};
    struct vf_slice url;
    if (!vf_json_inner_get(&b, f.url.inner) && !b.failed)
        vf_buf_clear(&b);
    enum vf_status st = vf_out_keep(out, &b, &url, err);
    /* Without escapes the decoded URL is looked at where it stands, so that its parts have offsets in the
     * file. */
    if (st == VF_OK && vf_slice_eq(url, f.url.inner))
        url = f.url.inner;
    if (st == VF_OK)
        st = judge_url(&f, url, out, err);
    if (st == VF_OK && f.infos != 1)
        st = vf_out_note(out, VF_FLAW_URL_INVALID, f.url.line, f.url.off, f.url.len, url, err);
    return st;
}

/* Bytes that this file's writer leaves as they are beside the common ones: those it left here, and for uv
 * (compact, url first) all that a path may hold by RFC 3986. */
static void safe_bytes(struct vf_slice file, struct vf_slice encoded, char safe[256])
{
    static const char candidates[] = "!$&'()*+,;=:@";
    bool uv = vf_slice_starts(file, VF_S("{\"url\":\""));
    size_t n = 0;
    for (const char *c = candidates; *c; c++)
        if (uv || vf_slice_find_byte(encoded, *c, 0) != VF_NPOS)
            safe[n++] = *c;
    safe[n] = '\0';
}

enum vf_status vf_write_DIRECT_URL(const struct vf_ref *ref, const struct vf_source *src,
                                   struct vf_slice path, const struct vf_write_ctx *target,
                                   struct vf_buf *out, struct vf_err *err)
{
    char safe[256];
    (void)target;
    if (!vf_path_is_abs(path) || vf_slice_find_byte(path, '\0', 0) != VF_NPOS)
        return vf_unwritable(err, path, "a file: URL needs an absolute path without NUL");
    struct vf_slice old = vf_slice_sub(src->bytes, ref->off, ref->off + ref->len);
    safe_bytes(src->bytes, old, safe);
    if (ref->form == FORM_PATH) {
        vf_percent_encode(out, path, safe);
        return out->failed ? vf_err_nomem(err) : VF_OK;
    }
    struct vf_buf url = {0};
    vf_buf_puts(&url, "file://");
    vf_percent_encode(&url, path, safe);
    vf_json_put_styled(out, vf_buf_slice(&url), vf_json_style_of(src->bytes) | vf_json_slash_of(old));
    out->failed = out->failed || url.failed;
    vf_buf_release(&url);
    return out->failed ? vf_err_nomem(err) : VF_OK;
}
