/* String literals of Python: repr as CPython writes it, and the reading of one literal.
 *
 * What a str cannot hold as text (bytes that are no UTF-8) is a lone surrogate U+DC80..DCFF there (PEP 383).
 */
#include "base/escape.h"

#include <string.h>

#include "base/hex.h"

/* Not printable by str.isprintable, unassigned code points left out: those differ between versions of Python,
 * and either spelling reads back as the same text. From the Unicode categories Cc, Cf, Cs, Co, Zl, Zp, Zs. */
static bool is_printable(uint32_t cp)
{
    static const uint32_t ranges[][2] = {
        {0x7F, 0xA0},       {0xAD, 0xAD},         {0x600, 0x605},     {0x61C, 0x61C},     {0x6DD, 0x6DD},
        {0x70F, 0x70F},     {0x890, 0x891},       {0x8E2, 0x8E2},     {0x1680, 0x1680},   {0x180E, 0x180E},
        {0x2000, 0x200F},   {0x2028, 0x202F},     {0x205F, 0x2064},   {0x2066, 0x206F},   {0x3000, 0x3000},
        {0xD800, 0xF8FF},   {0xFEFF, 0xFEFF},     {0xFFF9, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
        {0x13430, 0x13438}, {0x1BCA0, 0x1BCA3},   {0x1D173, 0x1D17A}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F},
        {0xF0000, 0xFFFFD}, {0x100000, 0x10FFFD},
    };
    if (cp < 0x7F)
        return cp >= 0x20;
    for (size_t i = 0; i < VF_COUNT(ranges) && cp >= ranges[i][0]; i++)
        if (cp <= ranges[i][1])
            return false;
    return true;
}

static void put_escaped(struct vf_buf *out, uint32_t cp)
{
    vf_buf_putc(out, '\\');
    if (cp == '\n' || cp == '\r' || cp == '\t') {
        vf_buf_putc(out, cp == '\n' ? 'n' : cp == '\r' ? 'r' : 't');
    } else if (cp <= 0xFF) {
        vf_buf_putc(out, 'x');
        vf_hex_number_put(out, cp, 2);
    } else {
        vf_buf_putc(out, cp <= 0xFFFF ? 'u' : 'U');
        vf_hex_number_put(out, cp, cp <= 0xFFFF ? 4 : 8);
    }
}

void vf_pyrepr_put(struct vf_buf *out, struct vf_slice s)
{
    bool single = vf_slice_find_byte(s, '\'', 0) != VF_NPOS;
    char quote = single && vf_slice_find_byte(s, '"', 0) == VF_NPOS ? '"' : '\'';
    vf_buf_putc(out, quote);
    while (s.n > 0) {
        uint32_t cp = 0;
        size_t n = vf_utf8_decode(s, &cp);
        if (n == 0) {
            put_escaped(out, 0xDC00 + (uint32_t)(unsigned char)s.p[0]);
            n = 1;
        } else if (s.p[0] == '\\' || s.p[0] == quote) {
            vf_buf_putc(out, '\\');
            vf_buf_putc(out, s.p[0]);
        } else if (is_printable(cp)) {
            vf_buf_put(out, vf_slice_sub(s, 0, n));
        } else {
            put_escaped(out, cp);
        }
        s = vf_slice_from(s, n);
    }
    vf_buf_putc(out, quote);
}

struct literal {
    bool raw, bytes;
    struct vf_slice quote; /* one or three quotes */
    size_t start;          /* of the contents */
};

/* Reads prefix and opening quote. */
static bool literal_open(struct vf_slice s, struct literal *lit)
{
    size_t i = 0;
    *lit = (struct literal){0};
    bool text = false;
    for (; i < s.n && s.p[i] != '\'' && s.p[i] != '"'; i++) {
        char c = (char)(s.p[i] | 0x20);
        bool *seen = c == 'r' ? &lit->raw : c == 'b' ? &lit->bytes : c == 'u' ? &text : NULL;
        if (!seen || *seen)
            return false;
        *seen = true;
    }
    if (i == s.n || (text && (lit->raw || lit->bytes)))
        return false;
    char q = s.p[i];
    bool triple = i + 2 < s.n && s.p[i + 1] == q && s.p[i + 2] == q;
    lit->quote = vf_slice_sub(s, i, i + (triple ? 3 : 1));
    lit->start = i + lit->quote.n;
    return true;
}

static void put_code_point(struct vf_buf *out, uint32_t cp)
{
    if (cp >= 0xDC80 && cp <= 0xDCFF)
        vf_buf_putc(out, (char)(cp - 0xDC00));
    else
        vf_utf8_put(out, cp);
}

/* \x41, \u0041, \U00000041 or octal at the backslash s.p[0]; its length, 0 when malformed. */
static size_t numeric_escape(struct vf_buf *out, struct vf_slice s, bool bytes)
{
    size_t digits = s.p[1] == 'x' ? 2 : s.p[1] == 'u' ? 4 : 8;
    uint32_t cp = 0;
    size_t n = 2 + digits;
    if (s.p[1] >= '0' && s.p[1] <= '7') {
        for (n = 1; n < 4 && n < s.n && s.p[n] >= '0' && s.p[n] <= '7'; n++)
            cp = cp * 8 + (uint32_t)(s.p[n] - '0');
    } else if (!vf_hex_number(vf_slice_from(s, 2), digits, &cp) || cp > 0x10FFFF) {
        return 0;
    }
    if (bytes)
        vf_buf_putc(out, (char)(cp & 0xFF));
    else
        put_code_point(out, cp);
    return n;
}

/* The escape at the backslash s.p[0] of a literal that is not raw; its length, 0 when malformed. */
static size_t escape_get(struct vf_buf *out, struct vf_slice s, bool bytes)
{
    static const char esc[] = "\\'\"abfnrtv";
    static const char raw[] = "\\'\"\a\b\f\n\r\t\v";
    char c = s.p[1];
    const char *at = c == '\0' ? NULL : strchr(esc, c);
    if (at) {
        vf_buf_putc(out, raw[at - esc]);
        return 2;
    }
    if (c == '\n')
        return 2;
    if (c == '\r')
        return s.n > 2 && s.p[2] == '\n' ? 3 : 2;
    if (c == 'x' || (c >= '0' && c <= '7') || (!bytes && (c == 'u' || c == 'U')))
        return numeric_escape(out, s, bytes);
    if (!bytes && c == 'N')
        return 0; /* a name of a character: no table of those here */
    vf_buf_put(out, vf_slice_sub(s, 0, 2));
    return 2;
}

bool vf_pystr_get(struct vf_buf *out, struct vf_slice s, size_t *used)
{
    struct literal lit;
    if (!literal_open(s, &lit))
        return false;
    for (size_t i = lit.start; i < s.n;) {
        struct vf_slice rest = vf_slice_from(s, i);
        if (vf_slice_starts(rest, lit.quote)) {
            *used = i + lit.quote.n;
            return true;
        }
        bool line_end = rest.p[0] == '\n' || rest.p[0] == '\r';
        if ((line_end && lit.quote.n == 1) || (rest.p[0] == '\\' && rest.n < 2))
            return false;
        size_t n = 1;
        if (rest.p[0] != '\\')
            vf_buf_putc(out, rest.p[0]);
        else if (lit.raw)
            vf_buf_put(out, vf_slice_sub(rest, 0, n = 2));
        else
            n = escape_get(out, rest, lit.bytes);
        if (n == 0)
            return false;
        i += n;
    }
    return false;
}
