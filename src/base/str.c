/* Byte slices and the growable buffer.
 *
 * memcpy and memcmp are never given NULL, even for zero bytes: an empty slice may have no address. */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vf_slice vf_slice_of(const char *cstr)
{
    return (struct vf_slice){cstr, cstr ? strlen(cstr) : 0};
}

bool vf_slice_eq(struct vf_slice a, struct vf_slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool vf_slice_eq_nocase(struct vf_slice a, struct vf_slice b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

int vf_slice_cmp(struct vf_slice a, struct vf_slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n > 0 ? memcmp(a.p, b.p, n) : 0;
    if (c != 0)
        return c;
    return (a.n > b.n) - (a.n < b.n);
}

bool vf_slice_starts(struct vf_slice s, struct vf_slice prefix)
{
    return s.n >= prefix.n && vf_slice_eq(vf_slice_sub(s, 0, prefix.n), prefix);
}

bool vf_slice_ends(struct vf_slice s, struct vf_slice suffix)
{
    return s.n >= suffix.n && vf_slice_eq(vf_slice_from(s, s.n - suffix.n), suffix);
}

struct vf_slice vf_slice_sub(struct vf_slice s, size_t from, size_t to)
{
    if (!s.p)
        return (struct vf_slice){0};
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    return (struct vf_slice){s.p + from, to - from};
}

struct vf_slice vf_slice_from(struct vf_slice s, size_t from)
{
    return vf_slice_sub(s, from, s.n);
}

size_t vf_slice_find(struct vf_slice s, struct vf_slice needle, size_t from)
{
    if (from > s.n || needle.n > s.n - from)
        return VF_NPOS;
    if (needle.n == 0)
        return from;
    const char *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return hit ? (size_t)(hit - s.p) : VF_NPOS;
}

size_t vf_slice_find_byte(struct vf_slice s, char c, size_t from)
{
    if (from >= s.n)
        return VF_NPOS;
    const char *hit = memchr(s.p + from, (unsigned char)c, s.n - from);
    return hit ? (size_t)(hit - s.p) : VF_NPOS;
}

size_t vf_slice_rfind_byte(struct vf_slice s, char c)
{
    for (size_t i = s.n; i > 0; i--)
        if (s.p[i - 1] == c)
            return i - 1;
    return VF_NPOS;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct vf_slice vf_slice_trim(struct vf_slice s)
{
    size_t from = 0;
    size_t to = s.n;
    while (from < to && is_blank(s.p[from]))
        from++;
    while (to > from && is_blank(s.p[to - 1]))
        to--;
    return vf_slice_sub(s, from, to);
}

bool vf_slice_next_line(struct vf_slice *rest, struct vf_slice *line)
{
    if (rest->n == 0)
        return false;
    size_t lf = vf_slice_find_byte(*rest, '\n', 0);
    *line = vf_slice_sub(*rest, 0, lf);
    *rest = vf_slice_from(*rest, lf == VF_NPOS ? rest->n : lf + 1);
    return true;
}

bool vf_slice_to_u64(struct vf_slice s, uint64_t *out)
{
    uint64_t v = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(s.p[i] - '0');
        if (v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

void vf_buf_init(struct vf_buf *b)
{
    *b = (struct vf_buf){0};
}

void vf_buf_release(struct vf_buf *b)
{
    free(b->p);
    vf_buf_init(b);
}

void vf_buf_clear(struct vf_buf *b)
{
    b->n = 0;
    b->failed = false;
}

static _Thread_local bool ran_out;

bool vf_buf_ran_out(void)
{
    bool was = ran_out;
    ran_out = false;
    return was;
}

bool vf_buf_reserve(struct vf_buf *b, size_t more)
{
    if (b->failed)
        return false;
    if (more <= b->cap - b->n)
        return true;
    b->failed = true;
    if (more > SIZE_MAX / 2 - b->n)
        return false;
    size_t cap = b->cap < 32 ? 64 : b->cap * 2;
    if (cap < b->n + more)
        cap = b->n + more;
    char *p = realloc(b->p, cap);
    ran_out = ran_out || !p;
    if (!p)
        return false;
    b->p = p;
    b->cap = cap;
    b->failed = false;
    return true;
}

void vf_buf_put(struct vf_buf *b, struct vf_slice s)
{
    if (s.n == 0 || !vf_buf_reserve(b, s.n))
        return;
    memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
}

void vf_buf_puts(struct vf_buf *b, const char *cstr)
{
    vf_buf_put(b, vf_slice_of(cstr));
}

void vf_buf_putc(struct vf_buf *b, char c)
{
    if (vf_buf_reserve(b, 1))
        b->p[b->n++] = c;
}

void vf_buf_put_u64(struct vf_buf *b, uint64_t v)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    vf_buf_put(b, (struct vf_slice){digits + at, sizeof digits - at});
}

void vf_buf_printf(struct vf_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        b->failed = true;
    else if (vf_buf_reserve(b, (size_t)n + 1))
        b->n += (size_t)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
    va_end(again);
}

struct vf_slice vf_buf_slice(const struct vf_buf *b)
{
    return (struct vf_slice){b->p, b->n};
}

const char *vf_buf_cstr(struct vf_buf *b)
{
    if (!vf_buf_reserve(b, 1))
        return NULL;
    b->p[b->n] = '\0';
    return b->p;
}
