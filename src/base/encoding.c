/* Comparing text with a place under each spelling.
 *
 * Spellings are read tolerantly: what need not be escaped may be, and the other way round. Where both
 * readings are possible the escape wins, since the text then says more about its writer. */
#include "base/encoding.h"

#include <string.h>

#include "base/escape.h"
#include "base/hex.h"

static char fold(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

static bool one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool same_byte(const struct vf_prefix *pl, char req, char have)
{
    if (req == have || (pl->fold_case && fold(req) == fold(have)))
        return true;
    return pl->style == VF_STYLE_WINDOWS && is_separator(req) && is_separator(have);
}

/* Number of bytes that are the same from the start on. */
static size_t same_prefix(const struct vf_prefix *pl, struct vf_slice text)
{
    size_t n = pl->path.n < text.n ? pl->path.n : text.n;
    size_t i = 0;
    while (i + 8 <= n && memcmp(pl->path.p + i, text.p + i, 8) == 0)
        i += 8;
    while (i < n && same_byte(pl, pl->path.p[i], text.p[i]))
        i++;
    return i;
}

static size_t put_code_point(uint32_t cp, char out[4])
{
    if (cp >= 0xDC80 && cp <= 0xDCFF) { /* PEP 383: a byte that was no UTF-8 */
        out[0] = (char)(cp - 0xDC00);
        return 1;
    }
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        return 0;
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; cp >>= 6)
        out[i] = (char)(0x80 | (cp & 0x3F));
    out[0] = (char)(0xFFu << (8 - n) | cp);
    return n;
}

/* A single byte that the letter behind a backslash stands for; `letters` and `bytes` go together. */
static bool letter_escape(char c, const char *letters, const char *bytes, char *out)
{
    const char *at = c == '\0' ? NULL : strchr(letters, c);
    if (at)
        *out = bytes[at - letters];
    return at != NULL;
}

static size_t percent_unit(struct vf_slice text, char out[4], size_t *n)
{
    uint32_t v;
    size_t doubled =
        vf_slice_starts(text, VF_S("%%")) ? 1 : 0; /* a URL in an INI file that is interpolated */
    if (text.p[0] != '%' || !vf_hex_number(vf_slice_from(text, 1 + doubled), 2, &v))
        return 0;
    out[0] = (char)v;
    *n = 1;
    return 3 + doubled;
}

/* \uXXXX, with the low surrogate that may follow. */
static size_t u_unit(struct vf_slice text, char out[4], size_t *n)
{
    uint32_t cp, low;
    if (!vf_hex_number(vf_slice_from(text, 2), 4, &cp))
        return 0;
    size_t used = 6;
    if (cp >= 0xD800 && cp < 0xDC00 && vf_slice_starts(vf_slice_from(text, 6), VF_S("\\u")) &&
        vf_hex_number(vf_slice_from(text, 8), 4, &low) && low >= 0xDC00 && low <= 0xDFFF) {
        cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
        used = 12;
    }
    *n = put_code_point(cp, out);
    return *n > 0 ? used : 0;
}

static size_t json_unit(struct vf_slice text, char out[4], size_t *n)
{
    if (text.n < 2 || text.p[0] != '\\')
        return 0;
    *n = 1;
    if (letter_escape(text.p[1], "/\"\\bfnrt", "/\"\\\b\f\n\r\t", out))
        return 2;
    return text.p[1] == 'u' ? u_unit(text, out, n) : 0;
}

static size_t python_unit(struct vf_slice text, char out[4], size_t *n)
{
    if (text.n < 2 || text.p[0] != '\\')
        return 0;
    *n = 1;
    if (letter_escape(text.p[1], "'\"\\abfnrtv", "'\"\\\a\b\f\n\r\t\v", out))
        return 2;
    if (text.p[1] == 'u')
        return u_unit(text, out, n);
    size_t digits = text.p[1] == 'x' ? 2 : text.p[1] == 'U' ? 8 : 0;
    uint32_t cp;
    if (digits == 0 || !vf_hex_number(vf_slice_from(text, 2), digits, &cp))
        return 0;
    *n = put_code_point(cp, out);
    return *n > 0 ? 2 + digits : 0;
}

static size_t shell_unit(struct vf_slice text, char out[4], size_t *n)
{
    *n = 1;
    out[0] = '\'';
    if (vf_slice_starts(text, VF_S("'\\''")))
        return 4;
    if (vf_slice_starts(text, VF_S("'\"'\"'")))
        return 5;
    if (text.n < 2 || text.p[0] != '\\' || text.p[1] == '\n')
        return 0;
    out[0] = text.p[1];
    return 2;
}

/* The number of &#38; or &#x26; between `#` and `;`, at most 7 digits. */
static bool xml_number(struct vf_slice digits, uint32_t *cp)
{
    if (digits.n > 0 && (digits.p[0] == 'x' || digits.p[0] == 'X'))
        return digits.n >= 2 && digits.n <= 7 && vf_hex_number(vf_slice_from(digits, 1), digits.n - 1, cp);
    uint64_t v;
    if (digits.n > 7 || !vf_slice_to_u64(digits, &v))
        return false;
    *cp = (uint32_t)v;
    return true;
}

static size_t xml_unit(struct vf_slice text, char out[4], size_t *n)
{
    static const struct {
        struct vf_slice name;
        char byte;
    } names[] = {
        {VF_S_INIT("&amp;"), '&'},  {VF_S_INIT("&lt;"), '<'},    {VF_S_INIT("&gt;"), '>'},
        {VF_S_INIT("&quot;"), '"'}, {VF_S_INIT("&apos;"), '\''},
    };
    for (size_t i = 0; i < VF_COUNT(names); i++) {
        if (!vf_slice_starts(text, names[i].name))
            continue;
        out[0] = names[i].byte;
        *n = 1;
        return names[i].name.n;
    }
    if (!vf_slice_starts(text, VF_S("&#")))
        return 0;
    size_t end = vf_slice_find_byte(vf_slice_sub(text, 0, 12), ';', 2);
    uint32_t cp;
    if (end == VF_NPOS || !xml_number(vf_slice_sub(text, 2, end), &cp))
        return 0;
    *n = put_code_point(cp, out);
    return *n > 0 ? end + 1 : 0;
}

/* What INI files, units, crontabs, makefiles, desktop entries, YAML and TOML have: bytes that are doubled,
 * and escapes with a backslash, which a desktop entry and a recipe of make write twice. */
static size_t config_unit(struct vf_slice text, char out[4], size_t *n)
{
    *n = 1;
    out[0] = text.p[0];
    if (text.n < 2)
        return 0;
    if (text.p[0] != '\\')
        return one_of(text.p[0], "%$'\"") && text.p[1] == text.p[0] ? 2 : 0;
    if (text.p[1] == 'x' || text.p[1] == 'u')
        return python_unit(text, out, n);
    out[0] = text.p[1];
    if (vf_slice_starts(text, VF_S("\\$$")))
        return 3;
    if (text.p[1] == '\\' && text.n > 2 && one_of(text.p[2], "\"`$")) {
        out[0] = text.p[2];
        return 3;
    }
    return text.p[1] == '\n' ? 0 : 2;
}

size_t vf_encoding_unit(enum vf_encoding sp, struct vf_slice text, char out[4], size_t *n)
{
    if (text.n == 0)
        return 0;
    switch (sp) {
    case VF_ENC_PERCENT:
        return percent_unit(text, out, n);
    case VF_ENC_JSON:
        return json_unit(text, out, n);
    case VF_ENC_PY:
        return python_unit(text, out, n);
    case VF_ENC_SHELL:
        return shell_unit(text, out, n);
    case VF_ENC_XML:
        return xml_unit(text, out, n);
    case VF_ENC_CONFIG:
        return config_unit(text, out, n);
    case VF_ENC_RAW:
    case VF_ENCODINGS:
        return 0;
    }
    return 0;
}

/* Without one of these bytes the spelling is the same as raw. */
static const char *introducers(enum vf_encoding sp)
{
    switch (sp) {
    case VF_ENC_PERCENT:
        return "%";
    case VF_ENC_JSON:
    case VF_ENC_PY:
        return "\\";
    case VF_ENC_SHELL:
        return "\\'";
    case VF_ENC_XML:
        return "&";
    case VF_ENC_CONFIG:
        return "%$'\"\\";
    case VF_ENC_RAW:
    case VF_ENCODINGS:
        return "";
    }
    return "";
}

bool vf_encoding_may_start(const struct vf_prefix *pl, char c)
{
    return (pl->path.n > 0 && same_byte(pl, pl->path.p[0], c)) || c == '\\' || c == '%' || c == '&';
}

static bool same_bytes(const struct vf_prefix *pl, size_t at, const char *have, size_t n)
{
    if (n > pl->path.n - at)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!same_byte(pl, pl->path.p[at + i], have[i]))
            return false;
    return true;
}

/* One escape that stands for the place's bytes at `at`: its length, and how many bytes it stands for. */
static size_t same_unit(const struct vf_prefix *pl, size_t at, enum vf_encoding sp, struct vf_slice text,
                        size_t *stands_for)
{
    char bytes[4];
    size_t used = vf_encoding_unit(sp, text, bytes, stands_for);
    if (used == 0 || used > VF_ENCODING_GROWTH * *stands_for)
        return 0;
    if (same_bytes(pl, at, bytes, *stands_for))
        return used;
    uint32_t v; /* repr of bytes: each byte by itself */
    if (sp != VF_ENC_PY || text.p[1] != 'x' || !vf_hex_number(vf_slice_from(text, 2), 2, &v))
        return 0;
    bytes[0] = (char)v;
    *stands_for = 1;
    return same_bytes(pl, at, bytes, 1) ? used : 0;
}

/* Length of the place's text under one spelling, or 0. */
static size_t match_spelled(const struct vf_prefix *pl, enum vf_encoding sp, struct vf_slice text,
                            uint64_t *work)
{
    size_t i = 0;
    for (size_t at = 0; at < pl->path.n;) {
        size_t stands_for = 1;
        size_t used = same_unit(pl, at, sp, vf_slice_from(text, i), &stands_for);
        if (used == 0) {
            if (i >= text.n || !same_byte(pl, pl->path.p[at], text.p[i]))
                return 0;
            used = stands_for = 1;
        }
        *work += 2;
        i += used;
        at += stands_for;
    }
    return i;
}

static bool has_one_of(struct vf_slice text, const char *set)
{
    for (; *set; set++)
        if (vf_slice_find_byte(text, *set, 0) != VF_NPOS)
            return true;
    return false;
}

size_t vf_encoding_match(const struct vf_prefix *pl, struct vf_slice text, enum vf_encoding *sp,
                         uint64_t *work)
{
    size_t same = same_prefix(pl, text);
    *sp = VF_ENC_RAW;
    *work += 1 + same / 4;
    if (same == pl->path.n)
        return same;
    /* A spelling that has no escape up to the byte where raw fails, fails there too. */
    struct vf_slice upto = vf_slice_sub(text, 0, same + 1);
    for (*sp = VF_ENC_PERCENT; *sp < VF_ENCODINGS; (*sp)++) {
        size_t n = has_one_of(upto, introducers(*sp)) ? match_spelled(pl, *sp, text, work) : 0;
        if (n > 0)
            return n;
    }
    return 0;
}
