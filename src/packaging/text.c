/* text.c: blanks and lines as Python's str has them; short quotations.
 *
 * The sets are small and fixed, so they are tested by their UTF-8 bytes instead of by decoded code points. */
#include "packaging/text.h"

#include <stdio.h>
#include <string.h>

static unsigned at(struct vf_slice s, size_t i)
{
    return i < s.n ? (unsigned char)s.p[i] : 0;
}

/* U+1680, U+2000..200A, U+2028, U+2029, U+202F, U+205F, U+3000. */
static bool blank3(unsigned a, unsigned b, unsigned c)
{
    if (a == 0xe2 && b == 0x80)
        return (c >= 0x80 && c <= 0x8a) || c == 0xa8 || c == 0xa9 || c == 0xaf;
    return (a == 0xe1 && b == 0x9a && c == 0x80) || (a == 0xe2 && b == 0x81 && c == 0x9f) ||
           (a == 0xe3 && b == 0x80 && c == 0x80);
}

size_t vf_text_blank(struct vf_slice s)
{
    unsigned a = at(s, 0);
    if (s.n == 0)
        return 0;
    if (a == ' ' || (a >= 9 && a <= 13) || (a >= 0x1c && a <= 0x1f))
        return 1;
    if (a == 0xc2)
        return at(s, 1) == 0x85 || at(s, 1) == 0xa0 ? 2 : 0;
    return blank3(a, at(s, 1), at(s, 2)) ? 3 : 0;
}

size_t vf_text_blank_at_end(struct vf_slice s)
{
    for (size_t n = 1; n <= 3 && n <= s.n; n++)
        if (vf_text_blank(vf_slice_from(s, s.n - n)) == n)
            return n;
    return 0;
}

struct vf_slice vf_text_strip(struct vf_slice s)
{
    size_t n;
    while ((n = vf_text_blank(s)) > 0)
        s = vf_slice_from(s, n);
    while ((n = vf_text_blank_at_end(s)) > 0)
        s.n -= n;
    return s;
}

/* Bytes of the line end at the start of s, or 0. */
static size_t line_end(struct vf_slice s)
{
    unsigned a = at(s, 0);
    if (a == '\r')
        return at(s, 1) == '\n' ? 2 : 1;
    if ((a >= 10 && a <= 12) || (a >= 0x1c && a <= 0x1e))
        return 1;
    if (a == 0xc2)
        return at(s, 1) == 0x85 ? 2 : 0;
    return a == 0xe2 && at(s, 1) == 0x80 && (at(s, 2) == 0xa8 || at(s, 2) == 0xa9) ? 3 : 0;
}

bool vf_text_next_line(struct vf_slice *rest, struct vf_slice *line)
{
    if (rest->n == 0)
        return false;
    size_t i = 0;
    size_t end = 0;
    while (i < rest->n && (end = line_end(vf_slice_from(*rest, i))) == 0)
        i++;
    *line = vf_slice_sub(*rest, 0, i);
    *rest = vf_slice_from(*rest, i + end);
    return true;
}

/* Bytes of the control character or line end at the start of s, or 0. */
static size_t control(struct vf_slice s)
{
    unsigned a = at(s, 0);
    if (a == 0xc2)
        return at(s, 1) >= 0x80 && at(s, 1) <= 0x9f ? 2 : 0;
    return s.n > 0 && (a < ' ' || a == 0x7f) ? 1 : line_end(s);
}

bool vf_text_has_control(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (control(vf_slice_from(s, i)) > 0)
            return true;
    return false;
}

void vf_text_one_line_put(struct vf_buf *out, struct vf_slice s)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t escape = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned c = (unsigned char)s.p[i];
        escape = escape > 0 ? escape : control(vf_slice_from(s, i));
        if (escape > 0) {
            char code[] = {'%', hex[c >> 4], hex[c & 15]};
            vf_buf_put(out, (struct vf_slice){code, sizeof code});
            escape--;
        } else {
            vf_buf_putc(out, (char)c);
        }
    }
}

bool vf_text_digit(int c)
{
    return c >= '0' && c <= '9';
}

bool vf_text_alpha(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int vf_text_lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

bool vf_text_digits(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!vf_text_digit(s.p[i]))
            return false;
    return s.n > 0;
}

struct vf_quoted vf_quote(struct vf_slice s)
{
    struct vf_quoted q = {""};
    size_t used = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (used + 8 > sizeof q.s) {
            memcpy(q.s + used, "...", 4);
            return q;
        }
        unsigned c = (unsigned char)s.p[i];
        if (c >= ' ' && c < 0x7f)
            q.s[used++] = (char)c;
        else
            used += (size_t)snprintf(q.s + used, 5, "\\x%02x", c);
    }
    q.s[used] = '\0';
    return q;
}
