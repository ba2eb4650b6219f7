/* Text as Python sees it. White space is str.isspace's set: the bidirectional classes WS, B and S, and Zs. */
#include "syntax/pytext.h"

#include <string.h>

#include "base/escape.h"
#include "base/hex.h"

static bool is_space(uint32_t cp)
{
    return (cp >= 0x09 && cp <= 0x0D) || (cp >= 0x1C && cp <= 0x20) || cp == 0x85 || cp == 0xA0 ||
           cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 || cp == 0x202F ||
           cp == 0x205F || cp == 0x3000;
}

size_t vf_py_space(struct vf_slice s)
{
    uint32_t cp = 0;
    size_t n = s.n > 0 ? vf_utf8_decode(s, &cp) : 0;
    return n > 0 && is_space(cp) ? n : 0;
}

struct vf_slice vf_py_lstrip(struct vf_slice s)
{
    for (size_t n; (n = vf_py_space(s)) > 0;)
        s = vf_slice_from(s, n);
    return s;
}

struct vf_slice vf_py_rstrip(struct vf_slice s)
{
    while (s.n > 0) {
        size_t start = s.n - 1;
        while (start > 0 && s.n - start < 4 && ((unsigned char)s.p[start] & 0xC0) == 0x80)
            start--;
        if (vf_py_space(vf_slice_from(s, start)) != s.n - start)
            break;
        s.n = start;
    }
    return s;
}

struct vf_slice vf_py_strip(struct vf_slice s)
{
    return vf_py_lstrip(vf_py_rstrip(s));
}

size_t vf_py_find_splitter(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == 0x0B || c == 0x0C || (c >= 0x1C && c <= 0x1E))
            return i;
        struct vf_slice rest = vf_slice_from(s, i);
        if (vf_slice_starts(rest, VF_S("\xC2\x85")) || vf_slice_starts(rest, VF_S("\xE2\x80\xA8")) ||
            vf_slice_starts(rest, VF_S("\xE2\x80\xA9")))
            return i;
    }
    return VF_NPOS;
}

bool vf_py_next_line(struct vf_slice *rest, struct vf_slice *line, size_t *end_len)
{
    if (rest->n == 0)
        return false;
    size_t n = 0;
    while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
        n++;
    *line = vf_slice_sub(*rest, 0, n);
    *end_len = n == rest->n ? 0 : vf_slice_starts(vf_slice_from(*rest, n), VF_S("\r\n")) ? 2 : 1;
    *rest = vf_slice_from(*rest, n + *end_len);
    return true;
}

void vf_py_put_hex_escaped(struct vf_buf *out, struct vf_slice s)
{
    while (s.n > 0) {
        uint32_t cp = 0;
        size_t n = vf_utf8_decode(s, &cp);
        if (n == 0 || cp < 0x20 || cp == 0x7F) {
            vf_buf_put(out, VF_S("\\x"));
            vf_hex_number_put(out, (unsigned char)s.p[0], 2);
            n = 1;
        } else {
            vf_buf_put(out, vf_slice_sub(s, 0, n));
        }
        s = vf_slice_from(s, n);
    }
}

bool vf_py_is_cookie(struct vf_slice line)
{
    size_t i = 0;
    while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t' || line.p[i] == '\f'))
        i++;
    if (i == line.n || line.p[i] != '#')
        return false;
    for (i = vf_slice_find(line, VF_S("coding"), i); i != VF_NPOS;
         i = vf_slice_find(line, VF_S("coding"), i + 1)) {
        size_t k = i + 6;
        if (k >= line.n || (line.p[k] != ':' && line.p[k] != '='))
            continue;
        for (k++; k < line.n && (line.p[k] == ' ' || line.p[k] == '\t');)
            k++;
        if (k < line.n &&
            (strchr("-_.", line.p[k]) != NULL || (line.p[k] >= '0' && line.p[k] <= '9') ||
             ((line.p[k] | 0x20) >= 'a' && (line.p[k] | 0x20) <= 'z')) &&
            line.p[k] != '\0')
            return true;
    }
    return false;
}

static bool is_name_byte(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c & 0x80) != 0;
}

/* The prefix letters in front of the quote at s.p[i]. */
static void read_prefix(struct vf_slice s, size_t from, size_t i, struct vf_py_string *str)
{
    size_t start = i;
    while (start > from && i - start < 2 && s.p[start - 1] != '\0' && strchr("rRbBuUfFtT", s.p[start - 1]))
        start--;
    if (start > from && is_name_byte(s.p[start - 1]))
        start = i;
    str->start = start;
    for (size_t k = start; k < i; k++) {
        char c = (char)(s.p[k] | 0x20);
        str->raw |= c == 'r';
        str->bytes |= c == 'b';
        str->format |= c == 'f' || c == 't';
    }
}

/* Offset of the closing quotes of a literal whose body starts at i; VF_NPOS when it does not end. */
static size_t find_close(struct vf_slice s, size_t i, char quote, bool triple)
{
    const char three[3] = {quote, quote, quote};
    for (; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (!triple && s.p[i] == '\n')
            return VF_NPOS;
        else if (triple ? vf_slice_starts(vf_slice_from(s, i), (struct vf_slice){three, 3}) : s.p[i] == quote)
            return i;
    }
    return VF_NPOS;
}

bool vf_py_next_string(struct vf_slice s, size_t from, struct vf_py_string *str)
{
    size_t i = from;
    for (; i < s.n && s.p[i] != '\'' && s.p[i] != '"'; i++) {
        if (s.p[i] != '#')
            continue;
        i = vf_slice_find_byte(s, '\n', i);
        if (i == VF_NPOS)
            return false;
    }
    if (i >= s.n)
        return false;
    *str = (struct vf_py_string){.quote = s.p[i]};
    read_prefix(s, from, i, str);
    str->triple = i + 2 < s.n && s.p[i + 1] == s.p[i] && s.p[i + 2] == s.p[i];
    size_t marks = str->triple ? 3 : 1;
    str->body = i + marks;
    size_t close = find_close(s, str->body, str->quote, str->triple);
    if (close != VF_NPOS) {
        str->body_end = close;
        str->end = close + marks;
        return true;
    }
    size_t stop = str->triple ? VF_NPOS : vf_slice_find_byte(s, '\n', str->body);
    str->body_end = str->end = stop == VF_NPOS ? s.n : stop;
    return true;
}

/* One run without quotes and backslashes, as repr writes it. */
static void put_run(struct vf_buf *out, struct vf_slice run)
{
    struct vf_buf repr = {0};
    vf_pyrepr_put(&repr, run);
    out->failed |= repr.failed;
    if (!repr.failed)
        vf_buf_put(out, vf_slice_sub(vf_buf_slice(&repr), 1, repr.n - 1));
    vf_buf_release(&repr);
}

static void put_code_point(struct vf_buf *out, uint32_t cp)
{
    vf_buf_put(out, cp <= 0xFFFF ? VF_S("\\u") : VF_S("\\U"));
    vf_hex_number_put(out, cp, cp <= 0xFFFF ? 4 : 8);
}

/* The first character of s; its length. */
static size_t put_char(struct vf_buf *out, struct vf_slice s, const struct vf_py_string *str, bool ascii)
{
    char c = s.p[0];
    if (c == '\\' || c == str->quote) {
        vf_buf_putc(out, '\\');
        vf_buf_putc(out, c);
        return 1;
    }
    if (str->format && (c == '{' || c == '}')) {
        vf_buf_putc(out, c);
        vf_buf_putc(out, c);
        return 1;
    }
    uint32_t cp = 0;
    size_t n = vf_utf8_decode(s, &cp);
    if (str->bytes && ((c & 0x80) != 0)) {
        vf_buf_put(out, VF_S("\\x"));
        vf_hex_number_put(out, (unsigned char)c, 2);
        return 1;
    }
    if (n > 1 && ascii)
        put_code_point(out, cp);
    else
        put_run(out, vf_slice_sub(s, 0, n > 0 ? n : 1));
    return n > 0 ? n : 1;
}

bool vf_py_put_body(struct vf_buf *out, struct vf_slice text, const struct vf_py_string *str, bool ascii)
{
    for (size_t i = 0; str->raw && i < text.n; i++)
        if (text.p[i] == '\\' || text.p[i] == str->quote || (unsigned char)text.p[i] < 0x20 ||
            ((str->bytes || ascii) && (text.p[i] & 0x80) != 0))
            return false;
    if (str->raw && !vf_utf8_valid(text))
        return false;
    if (str->raw && !str->format) {
        vf_buf_put(out, text);
        return true;
    }
    while (text.n > 0) {
        struct vf_slice rest = vf_slice_from(text, str->raw && text.p[0] != '{' && text.p[0] != '}' ? 1 : 0);
        if (rest.n < text.n)
            vf_buf_putc(out, text.p[0]);
        else
            rest = vf_slice_from(text, put_char(out, text, str, ascii));
        text = rest;
    }
    return true;
}
