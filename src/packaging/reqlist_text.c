/* reqlist_text.c: the bytes of a requirement list as UTF-8 text, and its logical lines. */
#include <string.h>

#include "base/escape.h"
#include "packaging/reqlist.h"
#include "packaging/text.h"

enum coding { UTF8, UTF16_LE, UTF16_BE, UTF32_LE, UTF32_BE, ASCII, LATIN1, CP1252 };

static enum vf_status bad(struct vf_err *err, const char *what, size_t offset)
{
    return vf_err_set(err, VF_BAD_LIST, 0, "decode", (struct vf_slice){NULL, 0}, "not %s at byte %zu", what,
                      offset);
}

static uint32_t unit16(const unsigned char *p, bool big)
{
    return big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static uint32_t unit32(const unsigned char *p, bool big)
{
    return big ? unit16(p, true) << 16 | unit16(p + 2, true) : unit16(p + 2, false) << 16 | unit16(p, false);
}

/* Bytes of the code point at the start, 0 when there is none. */
static size_t take16(struct vf_slice s, bool big, uint32_t *cp)
{
    const unsigned char *p = (const unsigned char *)s.p;
    if (s.n < 2)
        return 0;
    *cp = unit16(p, big);
    if (*cp < 0xd800 || *cp > 0xdfff)
        return 2;
    if (*cp > 0xdbff || s.n < 4)
        return 0;
    uint32_t low = unit16(p + 2, big);
    *cp = 0x10000 + ((*cp & 0x3ff) << 10) + (low & 0x3ff);
    return low >= 0xdc00 && low <= 0xdfff ? 4 : 0;
}

static size_t take32(struct vf_slice s, bool big, uint32_t *cp)
{
    if (s.n < 4)
        return 0;
    *cp = unit32((const unsigned char *)s.p, big);
    return *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff) ? 0 : 4;
}

/* Windows-1252 where it differs from Latin-1; 0: no character. */
static const uint16_t cp1252[32] = {0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
                                    0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

static size_t take(struct vf_slice s, enum coding coding, uint32_t *cp)
{
    switch (coding) {
    case UTF8:
        return vf_utf8_decode(s, cp);
    case UTF16_LE:
    case UTF16_BE:
        return take16(s, coding == UTF16_BE, cp);
    case UTF32_LE:
    case UTF32_BE:
        return take32(s, coding == UTF32_BE, cp);
    case ASCII:
    case LATIN1:
    case CP1252:
        break;
    }
    *cp = (unsigned char)s.p[0];
    if (coding == CP1252 && *cp >= 0x80 && *cp < 0xa0) {
        *cp = cp1252[*cp - 0x80];
        return *cp != 0 ? 1 : 0;
    }
    return coding == ASCII && *cp >= 0x80 ? 0 : 1;
}

static const char *coding_name(enum coding c)
{
    static const char *const names[] = {"UTF-8",  "UTF-16", "UTF-16",  "UTF-32",
                                        "UTF-32", "ASCII",  "Latin-1", "Windows-1252"};
    return names[c];
}

static enum vf_status convert(struct vf_arena *a, struct vf_slice bytes, enum coding coding,
                              struct vf_slice *text, struct vf_err *err)
{
    struct vf_buf b;
    size_t i = 0;
    if (coding == UTF8 && vf_utf8_valid(bytes)) {
        *text = bytes;
        return VF_OK;
    }
    vf_buf_init(&b);
    while (i < bytes.n) {
        uint32_t cp;
        size_t n = take(vf_slice_from(bytes, i), coding, &cp);
        if (n == 0) {
            vf_buf_release(&b);
            return bad(err, coding_name(coding), i);
        }
        vf_utf8_put(&b, cp);
        i += n;
    }
    *text = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return text->p ? VF_OK : vf_err_nomem(err);
}

static bool in_coding_name(char c)
{
    return vf_text_alpha(c) || vf_text_digit(c) || c == '-' || c == '_' || c == '.';
}

/* `coding[:=]\s*([-\w.]+)` in a line. */
static struct vf_slice cookie_in(struct vf_slice line)
{
    const struct vf_slice none = {NULL, 0};
    for (size_t at = 0; (at = vf_slice_find(line, VF_S("coding"), at)) != VF_NPOS; at += 6) {
        size_t i = at + 6;
        if (i >= line.n || (line.p[i] != ':' && line.p[i] != '='))
            continue;
        i++;
        while (i < line.n && vf_text_blank(vf_slice_from(line, i)) == 1)
            i++;
        size_t from = i;
        while (i < line.n && in_coding_name(line.p[i]))
            i++;
        if (i > from)
            return vf_slice_sub(line, from, i);
    }
    return none;
}

static struct vf_slice find_cookie(struct vf_slice bytes)
{
    struct vf_slice line;
    for (int i = 0; i < 2 && vf_slice_next_line(&bytes, &line); i++) {
        struct vf_slice cookie =
            line.n > 0 && line.p[0] == '#' ? cookie_in(line) : (struct vf_slice){NULL, 0};
        if (cookie.n > 0)
            return cookie;
    }
    return (struct vf_slice){NULL, 0};
}

/* Names compare without case, `_` counts as `-`. */
static bool coding_is(struct vf_slice name, struct vf_slice known)
{
    if (name.n != known.n)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        int c = name.p[i] == '_' ? '-' : vf_text_lower((unsigned char)name.p[i]);
        if (c != known.p[i])
            return false;
    }
    return true;
}

static bool coding_of(struct vf_slice name, enum coding *out)
{
    static const struct {
        struct vf_slice name;
        enum coding coding;
    } known[] = {
        {VF_S_INIT("utf-8"), UTF8},
        {VF_S_INIT("utf8"), UTF8},
        {VF_S_INIT("u8"), UTF8},
        {VF_S_INIT("utf-8-sig"), UTF8},
        {VF_S_INIT("utf-16-le"), UTF16_LE},
        {VF_S_INIT("utf-16-be"), UTF16_BE},
        {VF_S_INIT("ascii"), ASCII},
        {VF_S_INIT("us-ascii"), ASCII},
        {VF_S_INIT("latin-1"), LATIN1},
        {VF_S_INIT("latin1"), LATIN1},
        {VF_S_INIT("l1"), LATIN1},
        {VF_S_INIT("iso-8859-1"), LATIN1},
        {VF_S_INIT("iso8859-1"), LATIN1},
        {VF_S_INIT("cp1252"), CP1252},
        {VF_S_INIT("windows-1252"), CP1252},
    };
    for (size_t i = 0; i < VF_COUNT(known); i++) {
        if (coding_is(name, known[i].name)) {
            *out = known[i].coding;
            return true;
        }
    }
    return false;
}

enum vf_status vf_list_decode(struct vf_arena *a, struct vf_slice bytes, struct vf_slice *text,
                              struct vf_err *err)
{
    /* UTF-32 first: the mark of UTF-16 begins that of UTF-32, little end first. */
    static const struct {
        struct vf_slice mark;
        enum coding coding;
    } marks[] = {{VF_S_INIT("\xef\xbb\xbf"), UTF8},
                 {VF_S_INIT("\xff\xfe\0\0"), UTF32_LE},
                 {VF_S_INIT("\0\0\xfe\xff"), UTF32_BE},
                 {VF_S_INIT("\xff\xfe"), UTF16_LE},
                 {VF_S_INIT("\xfe\xff"), UTF16_BE}};
    enum coding coding = UTF8;
    if (bytes.n > VF_LIST_MAX) {
        return vf_err_set(err, VF_LIMIT, 0, "decode", (struct vf_slice){NULL, 0},
                          "a list of more than %u bytes", VF_LIST_MAX);
    }
    for (size_t i = 0; i < VF_COUNT(marks); i++)
        if (vf_slice_starts(bytes, marks[i].mark))
            return convert(a, vf_slice_from(bytes, marks[i].mark.n), marks[i].coding, text, err);
    struct vf_slice cookie = find_cookie(bytes);
    if (cookie.n > 0 && !coding_of(cookie, &coding)) {
        return vf_err_set(err, VF_NOT_SUPPORTED, 0, "decode", (struct vf_slice){NULL, 0},
                          "the list says that it is written in '%s'; convert it to UTF-8",
                          vf_quote(cookie).s);
    }
    return convert(a, bytes, coding, text, err);
}

/* --- logical lines --- */

/* Where the comment begins with the blanks before it: `#` at the start or behind a blank. VF_NPOS: none. */
static size_t comment_at(struct vf_slice line)
{
    for (size_t i = 0; (i = vf_slice_find_byte(line, '#', i)) != VF_NPOS; i++) {
        size_t from = i;
        size_t n;
        while ((n = vf_text_blank_at_end(vf_slice_sub(line, 0, from))) > 0)
            from -= n;
        if (from < i || i == 0)
            return from;
    }
    return VF_NPOS;
}

static struct vf_slice strip_backslashes(struct vf_slice s)
{
    while (s.n > 0 && s.p[0] == '\\')
        s = vf_slice_from(s, 1);
    while (s.n > 0 && s.p[s.n - 1] == '\\')
        s.n--;
    return s;
}

/* Joins what follows a line that ends in a backslash. A comment line ends the joining, and is joined behind a
 * blank so that it is seen as a comment. */
static bool join(struct vf_arena *a, struct vf_list_lines *l, struct vf_slice line, struct vf_slice *out)
{
    struct vf_buf b;
    vf_buf_init(&b);
    for (;;) {
        bool comment = comment_at(line) == 0;
        if (comment || !vf_slice_ends(line, VF_S("\\"))) {
            vf_buf_puts(&b, comment ? " " : "");
            vf_buf_put(&b, line);
            break;
        }
        vf_buf_put(&b, strip_backslashes(line));
        if (!vf_text_next_line(&l->rest, &line))
            break;
        l->line++;
    }
    *out = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out->p != NULL;
}

bool vf_list_next_line(struct vf_arena *a, struct vf_list_lines *l, struct vf_slice *out, bool *failed)
{
    struct vf_slice line;
    *failed = false;
    while (vf_text_next_line(&l->rest, &line)) {
        l->first = ++l->line;
        *out = line;
        if (comment_at(line) != 0 && vf_slice_ends(line, VF_S("\\")) && !join(a, l, line, out)) {
            *failed = true;
            return false;
        }
        *out = vf_text_strip(vf_slice_sub(*out, 0, comment_at(*out)));
        if (out->n > 0)
            return true;
    }
    *out = (struct vf_slice){NULL, 0};
    return false;
}
