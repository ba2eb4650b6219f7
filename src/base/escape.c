/* Percent, JSON, terminal and shell spellings. */
#include "base/escape.h"

#include <string.h>

#include "base/hex.h"

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Is c one of the bytes of `set`? NUL never is. */
static bool one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

void vf_percent_decode(struct vf_buf *out, struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint32_t v;
        if (s.p[i] == '%' && vf_hex_number(vf_slice_from(s, i + 1), 2, &v)) {
            vf_buf_putc(out, (char)v);
            i += 2;
        } else {
            vf_buf_putc(out, s.p[i]);
        }
    }
}

void vf_percent_encode(struct vf_buf *out, struct vf_slice s, const char *also_safe)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (is_alnum(s.p[i]) || one_of(s.p[i], "_.-~/") || one_of(s.p[i], also_safe)) {
            vf_buf_putc(out, s.p[i]);
            continue;
        }
        vf_buf_putc(out, '%');
        vf_buf_putc(out, digits[c >> 4]);
        vf_buf_putc(out, digits[c & 15]);
    }
}

/* The letter behind the backslash in a JSON string, or 0. */
static char json_letter(char c)
{
    static const char raw[] = "\b\f\n\r\t\"\\";
    static const char esc[] = "bfnrt\"\\";
    const char *at = c == '\0' ? NULL : strchr(raw, c);
    return at ? esc[at - raw] : '\0';
}

void vf_json_put(struct vf_buf *out, struct vf_slice s)
{
    while (s.n > 0) {
        uint32_t cp;
        size_t n = vf_utf8_decode(s, &cp);
        char letter = json_letter(s.p[0]);
        if (n == 0) {
            vf_buf_put(out, VF_S("\xEF\xBF\xBD"));
            n = 1;
        } else if (letter != '\0') {
            vf_buf_putc(out, '\\');
            vf_buf_putc(out, letter);
        } else if (cp < 0x20) {
            vf_buf_put(out, VF_S("\\u"));
            vf_hex_number_put(out, cp, 4);
        } else {
            vf_buf_put(out, vf_slice_sub(s, 0, n));
        }
        s = vf_slice_from(s, n);
    }
}

/* The code point of the \u at s, with the low half that may follow; returns its length, 0 when malformed. */
static size_t json_u(struct vf_slice s, uint32_t *cp)
{
    uint32_t low;
    if (!vf_hex_number(vf_slice_from(s, 2), 4, cp))
        return 0;
    bool high = *cp >= 0xD800 && *cp < 0xDC00;
    if (!high || !vf_slice_starts(vf_slice_from(s, 6), VF_S("\\u")) ||
        !vf_hex_number(vf_slice_from(s, 8), 4, &low) || low < 0xDC00 || low > 0xDFFF)
        return 6;
    *cp = 0x10000 + ((*cp - 0xD800) << 10) + (low - 0xDC00);
    return 12;
}

/* The escape at the backslash s.p[0]; returns its length, 0 when malformed. */
static size_t json_escape_get(struct vf_buf *out, struct vf_slice s)
{
    static const char esc[] = "bfnrt\"\\/";
    static const char raw[] = "\b\f\n\r\t\"\\/";
    if (s.n < 2)
        return 0;
    if (one_of(s.p[1], esc)) {
        vf_buf_putc(out, raw[strchr(esc, s.p[1]) - esc]);
        return 2;
    }
    uint32_t cp;
    size_t n = s.p[1] == 'u' ? json_u(s, &cp) : 0;
    if (n == 0)
        return 0;
    if (cp >= 0xDC80 && cp <= 0xDCFF)
        vf_buf_putc(out, (char)(cp - 0xDC00));
    else
        vf_utf8_put(out, cp);
    return n;
}

bool vf_json_get(struct vf_buf *out, struct vf_slice s, size_t *used)
{
    if (s.n < 2 || s.p[0] != '"')
        return false;
    for (size_t i = 1; i < s.n;) {
        if (s.p[i] == '"') {
            *used = i + 1;
            return true;
        }
        if ((unsigned char)s.p[i] < 0x20)
            return false;
        if (s.p[i] != '\\') {
            vf_buf_putc(out, s.p[i++]);
            continue;
        }
        size_t n = json_escape_get(out, vf_slice_from(s, i));
        if (n == 0)
            return false;
        i += n;
    }
    return false;
}

/* Code points that move or hide text on a terminal: C1, bidi controls and marks, line and paragraph
 * separators. */
static bool is_unruly(uint32_t cp)
{
    return (cp >= 0x80 && cp < 0xA0) || cp == 0x61C || cp == 0x200E || cp == 0x200F ||
           (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069);
}

void vf_term_put(struct vf_buf *out, struct vf_slice s)
{
    while (s.n > 0) {
        uint32_t cp = 0;
        size_t n = vf_utf8_decode(s, &cp);
        if (n == 0 || cp < 0x20 || cp == 0x7F) {
            vf_buf_put(out, VF_S("\\x"));
            vf_hex_number_put(out, (unsigned char)s.p[0], 2);
            n = 1;
        } else if (is_unruly(cp)) {
            vf_buf_put(out, VF_S("\\u{"));
            vf_hex_number_put(out, cp, cp < 0x100 ? 2 : cp < 0x1000 ? 3 : 4);
            vf_buf_putc(out, '}');
        } else {
            vf_buf_put(out, vf_slice_sub(s, 0, n));
        }
        s = vf_slice_from(s, n);
    }
}

void vf_shell_word_put(struct vf_buf *out, struct vf_slice s)
{
    bool bare = s.n > 0;
    for (size_t i = 0; bare && i < s.n; i++)
        bare = is_alnum(s.p[i]) || one_of(s.p[i], "_@%+=:,./-"); /* as shlex.quote has it */
    if (bare) {
        vf_buf_put(out, s);
        return;
    }
    vf_buf_putc(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'')
            vf_buf_put(out, VF_S("'\\''"));
        else
            vf_buf_putc(out, s.p[i]);
    }
    vf_buf_putc(out, '\'');
}
