/* Writing a path in the spelling, and as far as one can tell in the habit, of the text that it replaces. */
#include <string.h>

#include "base/escape.h"
#include "base/hex.h"
#include "base/search.h"

static bool contains(struct vf_slice s, struct vf_slice part)
{
    return vf_slice_find(s, part, 0) != VF_NPOS;
}

static bool has_control(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7F)
            return true;
    return false;
}

static bool has_high_byte(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return true;
    return false;
}

/* Bytes that the original left as they are although they could have been escaped, and the case of its digits.
 */
static void put_percent(struct vf_buf *out, struct vf_slice path, struct vf_slice original)
{
    char safe[16];
    size_t n = 0;
    for (const char *c = "!$&'()*+,:;=@"; *c; c++)
        if (vf_slice_find_byte(original, *c, 0) != VF_NPOS)
            safe[n++] = *c;
    safe[n] = '\0';
    bool tilde = contains(original, VF_S("%7E")) || contains(original, VF_S("%7e"));
    bool lower = false;
    for (size_t i = 0; i + 2 < original.n; i++)
        if (original.p[i] == '%')
            lower = lower || original.p[i + 1] >= 'a' || original.p[i + 2] >= 'a';
    size_t start = out->n;
    for (size_t i = 0; i < path.n; i++) {
        if (tilde && path.p[i] == '~')
            vf_buf_puts(out, "%7E");
        else
            vf_percent_encode(out, vf_slice_sub(path, i, i + 1), safe);
    }
    for (size_t i = start; lower && !out->failed && i + 2 < out->n; i++) {
        if (out->p[i] != '%')
            continue;
        for (size_t k = i + 1; k <= i + 2; k++)
            if (out->p[k] >= 'A' && out->p[k] <= 'F')
                out->p[k] = (char)(out->p[k] + ('a' - 'A'));
    }
}

static void put_u(struct vf_buf *out, uint32_t cp)
{
    if (cp > 0xFFFF) {
        put_u(out, 0xD800 + ((cp - 0x10000) >> 10));
        put_u(out, 0xDC00 + ((cp - 0x10000) & 0x3FF));
        return;
    }
    vf_buf_puts(out, "\\u");
    vf_hex_number_put(out, cp, 4);
}

/* Bytes that are no UTF-8 are written as Python's json module has them, \udcXX. */
static void put_json(struct vf_buf *out, struct vf_slice path, struct vf_slice original)
{
    bool slashes = contains(original, VF_S("\\/"));
    bool raw = has_high_byte(original);
    while (path.n > 0) {
        uint32_t cp = 0;
        size_t n = vf_utf8_decode(path, &cp);
        if (n == 0)
            put_u(out, 0xDC00 + (uint32_t)(unsigned char)path.p[0]);
        else if (path.p[0] == '/' && slashes)
            vf_buf_puts(out, "\\/");
        else if (n > 1 && !raw)
            put_u(out, cp);
        else
            vf_json_put(out, vf_slice_sub(path, 0, n));
        path = vf_slice_from(path, n == 0 ? 1 : n);
    }
}

/* Which quotes stand around the text is not known here, so both kinds are escaped. */
static void put_python(struct vf_buf *out, struct vf_slice path)
{
    while (path.n > 0) {
        size_t n = 0;
        while (n < path.n && path.p[n] != '\'' && path.p[n] != '"')
            n++;
        struct vf_buf repr = {0};
        vf_pyrepr_put(&repr, vf_slice_sub(path, 0, n));
        out->failed = out->failed || repr.failed;
        if (!repr.failed)
            vf_buf_put(out, vf_slice_sub(vf_buf_slice(&repr), 1, repr.n - 1));
        vf_buf_release(&repr);
        if (n < path.n) {
            vf_buf_putc(out, '\\');
            vf_buf_putc(out, path.p[n++]);
        }
        path = vf_slice_from(path, n);
    }
}

enum shell_habit {
    HABIT_SINGLE,  /* inside '...' */
    HABIT_DOUBLE,  /* inside "..." */
    HABIT_BARE,    /* outside quotes */
    HABIT_UNKNOWN, /* a double-quoted or a bare word: only what both write alike can be written */
};

static bool is_special(char c)
{
    return c != '\0' && strchr(" \"'\\$`&|;<>()*?[]#~!{}=", c) != NULL;
}

/* Backslash works inside double quotes only before these. */
static bool is_special_in_double(char c)
{
    return c == '"' || c == '\\' || c == '$' || c == '`';
}

static enum shell_habit shell_habit(struct vf_slice original)
{
    if (contains(original, VF_S("'\\''")) || contains(original, VF_S("'\"'\"'")))
        return HABIT_SINGLE;
    enum shell_habit habit = HABIT_UNKNOWN;
    for (size_t i = 0; i < original.n; i++) {
        char c = original.p[i];
        if (c == '\\' && i + 1 < original.n) {
            c = original.p[++i];
            if (!is_special_in_double(c))
                return HABIT_BARE;
        } else if (c == ' ' || c == '\'' || c == '&' || c == ';' || c == '(' || c == ')') {
            habit = HABIT_DOUBLE;
        }
    }
    return habit;
}

static bool put_shell(struct vf_buf *out, struct vf_slice path, struct vf_slice original)
{
    enum shell_habit habit = shell_habit(original);
    bool long_quote = contains(original, VF_S("'\"'\"'"));
    if (habit != HABIT_SINGLE && has_control(path))
        return false;
    for (size_t i = 0; i < path.n; i++) {
        char c = path.p[i];
        if (habit == HABIT_SINGLE && c == '\'') {
            vf_buf_put(out, long_quote ? VF_S("'\"'\"'") : VF_S("'\\''"));
            continue;
        }
        if (habit == HABIT_UNKNOWN && is_special(c) && !is_special_in_double(c))
            return false;
        if ((habit == HABIT_BARE && is_special(c)) || (habit != HABIT_SINGLE && is_special_in_double(c)))
            vf_buf_putc(out, '\\');
        vf_buf_putc(out, c);
    }
    return true;
}

static bool put_xml(struct vf_buf *out, struct vf_slice path)
{
    static const char bytes[] = "&<>\"'";
    static const char *const names[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    if (has_control(path) || !vf_utf8_valid(path))
        return false;
    for (size_t i = 0; i < path.n; i++) {
        const char *at = strchr(bytes, path.p[i]);
        if (at)
            vf_buf_puts(out, names[at - bytes]);
        else
            vf_buf_putc(out, path.p[i]);
    }
    return true;
}

/* In a format that is not known: what was doubled is doubled; of the escapes nothing is known but what the
 * original shows. */
static bool put_config(struct vf_buf *out, struct vf_slice path, struct vf_slice original)
{
    static const char doubled[] = "%$'\"";
    bool backslash = vf_slice_find_byte(original, '\\', 0) != VF_NPOS;
    if (has_control(path))
        return false;
    for (size_t i = 0; i < path.n; i++) {
        char c = path.p[i], twice[] = {c, c, '\0'};
        bool pairs = strchr(doubled, c) != NULL && contains(original, vf_slice_of(twice));
        if (!pairs &&
            (c == '\\' || c == '%' || (is_special(c) && c != '~' && c != '=' && (c != ' ' || backslash))))
            return false;
        vf_buf_put(out, pairs ? vf_slice_of(twice) : vf_slice_sub(path, i, i + 1));
    }
    return true;
}

static bool put_spelled(struct vf_buf *out, enum vf_encoding sp, struct vf_slice path,
                        struct vf_slice original)
{
    switch (sp) {
    case VF_ENC_RAW:
        vf_buf_put(out, path);
        return vf_slice_find_byte(path, '\n', 0) == VF_NPOS && vf_slice_find_byte(path, '\r', 0) == VF_NPOS;
    case VF_ENC_PERCENT:
        put_percent(out, path, original);
        return true;
    case VF_ENC_JSON:
        put_json(out, path, original);
        return true;
    case VF_ENC_PY:
        put_python(out, path);
        return true;
    case VF_ENC_SHELL:
        return put_shell(out, path, original);
    case VF_ENC_XML:
        return put_xml(out, path);
    case VF_ENC_CONFIG:
        return put_config(out, path, original);
    case VF_ENCODINGS:
        return false;
    }
    return false;
}

bool vf_encoding_put(struct vf_buf *out, enum vf_encoding sp, struct vf_slice path, struct vf_slice original)
{
    size_t start = out->n;
    bool ok = vf_slice_find_byte(path, '\0', 0) == VF_NPOS && put_spelled(out, sp, path, original);
    if (!ok || out->failed) {
        out->n = start;
        return false;
    }
    return true;
}
