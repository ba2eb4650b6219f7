/* A place found in any other file. Its text alone is replaced, in the spelling it had, and with the quoting
 * of the language around it; where the result would not be valid any more it is VF_UNWRITABLE. */
#include "syntax/text.h"

#include <string.h>

#include "base/escape.h"
#include "base/path.h"
#include "base/search.h"
#include "syntax/pytext.h"
#include "syntax/shell_words.h"

/* --- writing --- */

bool vf_text_has_any(struct vf_slice s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\0' && strchr(set, s.p[i]))
            return true;
    return false;
}

static bool is_plain_byte(char c)
{
    return (c & 0x80) != 0 || c == '~' || vf_shell_is_plain((struct vf_slice){&c, 1});
}

bool vf_text_is_plain(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_plain_byte(s.p[i]))
            return false;
    return true;
}

bool vf_text_needs_more(const struct vf_text_writer *w)
{
    for (size_t i = 0; i < w->path.n; i++) {
        char c = w->path.p[i];
        bool plain = is_plain_byte(c) && c != '%';
        if (!plain && vf_slice_find_byte(w->ref->value, c, 0) == VF_NPOS)
            return true;
    }
    return false;
}

/* Does a byte of `set` stand in the value, apart from the old path? */
static bool value_has(const struct vf_text_writer *w, size_t from, size_t to, const char *set)
{
    size_t off = (size_t)w->ref->off, end = off + (size_t)w->ref->len;
    return vf_text_has_any(vf_slice_sub(w->bytes, from, off), set) ||
           vf_text_has_any(vf_slice_sub(w->bytes, end, to), set);
}

bool vf_text_fits_value(const struct vf_text_writer *w, size_t from, size_t to)
{
    static const char *const separators[] = {":", ",", ";"};
    if (vf_text_has_any(w->path, "\n\r"))
        return false;
    if (value_has(w, from, to, " \t"))
        return !vf_text_needs_more(w);
    for (size_t i = 0; i < VF_COUNT(separators); i++)
        if (vf_text_has_any(w->path, separators[i]) && value_has(w, from, to, separators[i]) &&
            !vf_text_has_any(w->ref->value, separators[i]))
            return false;
    return true;
}

void vf_text_put_doubled(struct vf_buf *out, struct vf_slice path, const char *twice)
{
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] != '\0' && strchr(twice, path.p[i]))
            vf_buf_putc(out, path.p[i]);
        vf_buf_putc(out, path.p[i]);
    }
}

const struct vf_line_scan *vf_text_line_before(const struct vf_text_writer *w)
{
    vf_line_scan_to(&w->memo->line, w->bytes, (size_t)w->ref->off);
    return &w->memo->line;
}

static bool write_prose(const struct vf_text_writer *w)
{
    vf_buf_put(w->out, w->path);
    return !vf_text_has_any(w->path, "\n\r");
}

/* Between quotes a blank is a blank nearly everywhere; nothing else is known. */
static bool write_raw(const struct vf_text_writer *w)
{
    vf_buf_put(w->out, w->path);
    if (vf_text_has_any(w->path, "\n\r"))
        return false;
    if (!vf_text_needs_more(w))
        return true;
    char quote = vf_text_line_before(w)->quote;
    size_t off = (size_t)w->ref->off, end = quote ? vf_slice_find_byte(w->bytes, quote, off) : VF_NPOS;
    if (end == VF_NPOS || vf_text_has_any(w->path, "\"'\\$`%{}\t"))
        return false;
    size_t from = off;
    while (from > 0 && w->bytes.p[from - 1] != quote && w->bytes.p[from - 1] != '\n')
        from--;
    return vf_text_fits_value(w, from, end);
}

static bool write_code(const struct vf_text_writer *w)
{
    vf_buf_put(w->out, w->path);
    if (vf_text_is_plain(w->path))
        return true;
    return vf_text_line_before(w)->quote != '\0' && !vf_text_has_any(w->path, "\"'\\$`%{}\n\r\t");
}

/* Whether a `$` there would begin something else: `${NAME}`, or `$$`, which not all take for one `$`. */
static bool pc_dollar_binds(const struct vf_text_writer *w, size_t i)
{
    size_t end = (size_t)(w->ref->off + w->ref->len);
    struct vf_slice next =
        i + 1 < w->path.n ? vf_slice_sub(w->path, i + 1, i + 2) : vf_slice_sub(w->bytes, end, end + 1);
    return w->path.p[i] == '$' && vf_text_has_any(next, "${");
}

/* Three readings in turn: `\#` and the end of the line, `${NAME}`, the quotes of a shell (to which `$` is an
 * ordinary byte). pkg-config, pkgconf 1 and later ones agree on what is written here. */
static bool write_pc(const struct vf_text_writer *w)
{
    char quote = vf_text_line_before(w)->quote;
    const char *special = quote == '\0' ? " \t\"'\\#" : quote == '"' ? "\"\\#" : "#";
    const char *apart = quote == '\0' ? "${" : quote == '"' ? "$" : ""; /* what may follow `$\` */
    bool ok = !vf_text_has_any(w->path, quote == '\'' ? "\n\r'" : "\n\r"), binds = false;
    for (size_t i = 0; i < w->path.n; i++) {
        struct vf_slice byte = vf_slice_sub(w->path, i, i + 1);
        if (binds || vf_text_has_any(byte, special))
            vf_buf_putc(w->out, '\\');
        vf_buf_put(w->out, byte);
        binds = pc_dollar_binds(w, i);
        struct vf_slice next = vf_slice_sub(w->path, i + 1, i + 2);
        ok = ok && (!binds || vf_text_has_any(next, apart));
        ok = ok &&
             !(quote == '\'' && byte.p[0] == '\\' && vf_text_has_any(next, "#")); /* `\\#` is a comment */
    }
    return ok;
}

static bool write_python(const struct vf_text_writer *w)
{
    const struct vf_py_string *str = vf_py_string_at(&w->memo->py, w->bytes, (size_t)w->ref->off);
    if (str)
        return vf_py_put_body(w->out, w->path, str, !w->utf8);
    vf_buf_put(w->out, w->path);
    return vf_text_line_before(w)->hash ? !vf_text_has_any(w->path, "\n\r") : vf_text_is_plain(w->path);
}

/* A file: or other URL whose path begins here is percent-encoded whatever the text around it is. */
static bool in_url(const struct vf_text_writer *w)
{
    return w->ref->form == VF_ENC_PERCENT ||
           vf_slice_ends(vf_slice_sub(w->bytes, 0, w->ref->off), VF_S("://"));
}

/* Where `%` is doubled, it is doubled in a URL as well. */
static bool write_url(const struct vf_text_writer *w, enum vf_text_lang lang)
{
    bool doubles = lang == VF_LANG_INI_PERCENT || lang == VF_LANG_SYSTEMD ||
                   vf_slice_find(w->original, VF_S("%%"), 0) != VF_NPOS;
    struct vf_buf url;
    vf_buf_init(&url);
    bool ok = vf_encoding_put(&url, VF_ENC_PERCENT, w->path, w->original);
    vf_text_put_doubled(w->out, vf_buf_slice(&url), doubles ? "%" : "");
    w->out->failed = w->out->failed || url.failed;
    vf_buf_release(&url);
    bool escaped = vf_slice_find_byte(vf_buf_slice(w->out), '%', 0) != VF_NPOS;
    return ok && !(escaped && (lang == VF_LANG_INI_UNSURE || lang == VF_LANG_CRON));
}

static bool write_in(const struct vf_text_writer *w, enum vf_text_lang lang)
{
    size_t off = (size_t)w->ref->off;
    enum vf_encoding sp = w->ref->form < VF_ENCODINGS ? (enum vf_encoding)w->ref->form : VF_ENC_RAW;
    if (in_url(w))
        return write_url(w, lang);
    switch (lang) {
    case VF_LANG_RAW:
        return sp == VF_ENC_RAW ? write_raw(w) : vf_encoding_put(w->out, sp, w->path, w->original);
    case VF_LANG_PROSE:
    case VF_LANG_LINES:
        return sp == VF_ENC_RAW ? write_prose(w) : vf_encoding_put(w->out, sp, w->path, w->original);
    case VF_LANG_CODE:
        return sp == VF_ENC_RAW ? write_code(w) : vf_encoding_put(w->out, sp, w->path, w->original);
    case VF_LANG_SHELL:
        return vf_shell_context_put(w->out, w->path, vf_shell_context_at(&w->memo->shell, w->bytes, off),
                                    lang, w->original);
    case VF_LANG_CSH:
    case VF_LANG_FISH:
        return vf_shell_context_put(
            w->out, w->path, vf_simple_context_at(&w->memo->shell, w->bytes, off, lang), lang, w->original);
    case VF_LANG_PYTHON:
        return write_python(w);
    case VF_LANG_JSON:
        return vf_encoding_put(w->out, VF_ENC_JSON, w->path, w->original);
    case VF_LANG_PC:
        return write_pc(w);
    case VF_LANG_XML:
        return vf_encoding_put(w->out, VF_ENC_XML, w->path, w->original);
    case VF_LANG_INI:
    case VF_LANG_INI_PERCENT:
    case VF_LANG_INI_UNSURE:
        return vf_text_put_ini(w, lang);
    case VF_LANG_SYSTEMD:
        return vf_text_put_systemd(w);
    case VF_LANG_CRON:
        return vf_text_put_cron(w);
    case VF_LANG_MAKE:
        return vf_text_put_make(w);
    case VF_LANG_DESKTOP:
        return vf_text_put_desktop(w);
    case VF_LANG_YAML:
    case VF_LANG_TOML:
        return vf_text_put_scalar(w, lang);
    case VF_LANG_PROPERTIES:
        return vf_text_put_properties(w);
    case VF_LANG_SED:
        return vf_text_put_sed(w);
    }
    return false;
}

enum vf_status vf_read_TEXT(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    (void)src; /* the search makes these references */
    (void)out;
    (void)err;
    return VF_OK;
}

bool vf_source_is_utf8(const struct vf_source *src)
{
    struct vf_text_memo own = {0}, *memo = src->memo ? src->memo : &own;
    if (!memo->utf8_known)
        memo->utf8 = vf_utf8_valid(src->bytes);
    memo->utf8_known = true;
    return memo->utf8;
}

static enum vf_status look_at_all(const struct vf_source *src, struct vf_text_memo *memo, struct vf_err *err)
{
    memo->binary = vf_slice_find_byte(src->bytes, '\0', 0) != VF_NPOS;
    enum vf_status st = vf_text_lang_of(src, &memo->lang, err);
    memo->known = st == VF_OK;
    return st;
}

enum vf_status vf_write_TEXT(const struct vf_ref *ref, const struct vf_source *src, struct vf_slice path,
                             const struct vf_write_ctx *target, struct vf_buf *out, struct vf_err *err)
{
    (void)target;
    struct vf_text_memo own = {0}, *memo = src->memo ? src->memo : &own;
    if (path.n == 0 || vf_slice_find_byte(path, '\0', 0) != VF_NPOS)
        return vf_unwritable(err, path, "no file names this path");
    enum vf_status st = memo->known ? VF_OK : look_at_all(src, memo, err);
    if (st != VF_OK)
        return st;
    if (memo->binary)
        return vf_unwritable(err, path, "the file is binary: the text's length may be stored elsewhere");
    struct vf_text_writer w = {.ref = ref,
                               .bytes = src->bytes,
                               .path = path,
                               .original = vf_slice_sub(src->bytes, ref->off, ref->off + ref->len),
                               .out = out,
                               .memo = memo,
                               .utf8 = vf_source_is_utf8(src)};
    size_t start = out->n;
    bool ok = write_in(&w, memo->lang) || out->failed; /* of which the caller knows */
    if (ok && !out->failed && w.utf8)
        ok = vf_utf8_valid(vf_slice_from(vf_buf_slice(out), start));
    return ok ? VF_OK
              : vf_unwritable(err, path,
                              "it cannot be rewritten safely: the format around it does not hold this path");
}
