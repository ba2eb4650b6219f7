/* Boundaries that take more than one byte to see, and the rest of a path.
 *
 * Everything looks at a fixed number of bytes only: the answer must not depend on how a file was cut into
 * windows. */
#include "base/path_boundary.h"

#include <string.h>

#include "base/encoding.h"
#include "base/escape.h"
#include "base/hex.h"

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static char last_byte(struct vf_slice s)
{
    return s.p[s.n - 1];
}

static struct vf_slice without_last(struct vf_slice s, size_t n)
{
    return vf_slice_sub(s, 0, s.n > n ? s.n - n : 0);
}

static bool left_boundary(char c)
{
    return vf_prefix_left_boundary((unsigned char)c);
}

/* Takes `/` or `\/` off the end; how many. */
static size_t strip_slashes(struct vf_slice *s)
{
    size_t n = 0;
    while (s->n > 0 && last_byte(*s) == '/') {
        *s = without_last(*s, 1);
        if (s->n > 0 && last_byte(*s) == '\\')
            *s = without_last(*s, 1);
        n++;
    }
    return n;
}

bool vf_boundary_scheme(enum vf_style style, struct vf_slice before)
{
    size_t slashes = strip_slashes(&before);
    if (before.n == 0 || last_byte(before) != ':')
        return false;
    before = without_last(before, 1);
    size_t start = before.n;
    while (start > 0 && (is_letter(before.p[start - 1]) || is_digit(before.p[start - 1]) ||
                         one_of(before.p[start - 1], "+.-")))
        start--;
    struct vf_slice scheme = vf_slice_from(before, start);
    if (scheme.n < 2) /* `C:` is none */
        return false;
    /* SQLAlchemy: three slashes and a relative path, or four and an absolute one. */
    if (vf_slice_starts(scheme, VF_S("sqlite")))
        return slashes == 3;
    return slashes == 2 || slashes == 3 || (slashes == 1 && style == VF_STYLE_WINDOWS);
}

bool vf_boundary_file_url(struct vf_slice before)
{
    if (vf_slice_ends(before, VF_S("file://localhost")))
        return true;
    (void)strip_slashes(&before);
    return vf_slice_ends(before, VF_S("file:"));
}

/* Does `before` end with an escape for a byte that may stand there: %20, \n, \x3d, \u003d? */
static bool ends_with_escape(struct vf_slice before)
{
    char byte[4];
    size_t n = 0;
    for (size_t len = 2; len <= 6 && len <= before.n; len++) {
        struct vf_slice tail = vf_slice_from(before, before.n - len);
        size_t backslashes = 0; /* in front of this one: an odd number makes it a plain backslash */
        while (backslashes < before.n - len && before.p[before.n - len - 1 - backslashes] == '\\')
            backslashes++;
        bool escape = vf_encoding_unit(VF_ENC_PERCENT, tail, byte, &n) == len;
        if (!escape && backslashes % 2 == 0)
            escape = vf_encoding_unit(VF_ENC_PY, tail, byte, &n) == len;
        if (escape && n == 1 && left_boundary(byte[0]))
            return true;
    }
    return false;
}

/* -I/opt/app, -L/opt/app, -isystem/opt/app: options of compilers that take a path without a blank.
 * `-/opt/app`: a path that may be missing (EnvironmentFile of systemd), a command that may fail (make). */
static bool ends_with_flag(struct vf_slice before)
{
    static const struct vf_slice flags[] = {
        VF_S_INIT("-isystem"),  VF_S_INIT("-iquote"),  VF_S_INIT("-idirafter"),
        VF_S_INIT("-isysroot"), VF_S_INIT("-iprefix"),
    };
    size_t n = 0;
    if (before.n >= 2 && last_byte(before) >= 'A' && last_byte(before) <= 'Z' &&
        before.p[before.n - 2] == '-')
        n = 2;
    else if (before.n && last_byte(before) == '-')
        n = 1;
    for (size_t i = 0; n == 0 && i < VF_COUNT(flags); i++)
        if (vf_slice_ends(before, flags[i]))
            n = flags[i].n;
    struct vf_slice word = without_last(before, n);
    return n > 0 && (word.n == 0 || left_boundary(last_byte(word)) || ends_with_escape(word));
}

bool vf_boundary_left(enum vf_style style, struct vf_slice before)
{
    /* A backslash may belong to the slash (`y\/app`): what counts is the byte before it. */
    struct vf_slice bare = before;
    while (bare.n > 0 && last_byte(bare) == '\\')
        bare = without_last(bare, 1);
    if (bare.n == 0 || vf_slice_eq(bare, VF_S("\xEF\xBB\xBF")))
        return true;
    if (last_byte(bare) == '/')
        return vf_boundary_scheme(style, bare);
    if (left_boundary(last_byte(bare)))
        return true;
    return ends_with_escape(bare) || ends_with_flag(bare) || vf_boundary_file_url(bare);
}

/* The backslash behind a place: `\/`, `\"`, `\n`, `\u002f` end it; `\ ` and `\u00e9` go on with the name. */
static bool right_backslash(enum vf_style style, struct vf_slice behind)
{
    char byte[4];
    size_t n = 0;
    if (style == VF_STYLE_WINDOWS || behind.n < 2 || !one_of(behind.p[1], " uxU"))
        return true;
    if (vf_encoding_unit(VF_ENC_PY, behind, byte, &n) == 0)
        return behind.p[1] != ' ';
    return n == 1 && vf_prefix_right_boundary((unsigned char)byte[0]);
}

bool vf_boundary_right(enum vf_style style, struct vf_slice behind)
{
    if (behind.n == 0)
        return true;
    char byte[4];
    size_t n = 0;
    if (behind.p[0] == '\\')
        return right_backslash(style, behind);
    if (behind.p[0] == '%' && vf_encoding_unit(VF_ENC_PERCENT, behind, byte, &n) > 0)
        return vf_prefix_right_boundary((unsigned char)byte[0]);
    if (behind.p[0] == '.') /* the end of a sentence */
        return behind.n == 1 || one_of(behind.p[1], " \t\r\n");
    return vf_prefix_right_boundary((unsigned char)behind.p[0]);
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}

/* Begins the slice, which is not empty, with what stands in no text? */
static bool is_no_text(struct vf_slice s)
{
    uint32_t cp;
    return is_control(s.p[0]) || ((unsigned char)s.p[0] >= 0x80 && vf_utf8_decode(s, &cp) == 0);
}

bool vf_boundary_right_binary(enum vf_style style, struct vf_slice behind)
{
    return vf_boundary_right(style, behind) || is_no_text(behind);
}

/* One byte or escape of a rest. used 0: the rest ends here. */
struct unit {
    char bytes[4];
    size_t n, used;
};

static struct unit plain(char c)
{
    return (struct unit){{c}, 1, 1};
}

/* A whole character of UTF-8, so that what is none is seen at its first byte. */
static struct unit character(struct vf_slice s)
{
    struct unit u = plain(s.p[0]);
    uint32_t cp;
    u.n = u.used = vf_utf8_decode(s, &cp);
    memcpy(u.bytes, s.p, u.n);
    return u;
}

/* A backslash in the rest of a path in text. */
static struct unit backslash_unit(struct vf_rest_rule rule, struct vf_slice s)
{
    struct unit u = {{0}, 0, 0};
    bool windows = rule.style == VF_STYLE_WINDOWS;
    if (windows && rule.encoding == VF_ENC_RAW)
        return plain('/');
    if (s.n < 2)
        return u;
    if (s.p[1] == '/' || (s.p[1] == ' ' && !rule.quoted) || (windows && s.p[1] == '\\'))
        return (struct unit){{s.p[1] == '\\' ? '/' : s.p[1]}, 1, 2};
    if (!one_of(s.p[1], "uxU"))
        return u;
    u.used = vf_encoding_unit(VF_ENC_PY, s, u.bytes, &u.n);
    if (u.n == 1 && (is_control(u.bytes[0]) || one_of(u.bytes[0], "\"'`:;<>")))
        u.used = 0;
    return u;
}

/* A byte that ends a path between blanks, but may belong to a name between quotes. */
static bool soft_end(struct vf_rest_rule rule, struct vf_slice s, bool after_slash)
{
    char c = s.p[0];
    if (!one_of(c, " ,()[]{}&#=!@"))
        return false;
    if (!rule.quoted)
        return !(c == '@' && after_slash); /* node_modules/@scope */
    if (c != ' ' && c != ',')
        return false;
    /* Quoted commands and lists: the next word is an option, another path, an operator. */
    char next = s.n > 1 ? s.p[1] : '\0';
    return !(is_letter(next) || is_digit(next) || one_of(next, "_(.") || (unsigned char)next >= 0x80);
}

static struct unit next_unit(struct vf_rest_rule rule, struct vf_slice s, bool after_slash)
{
    struct unit u = {{0}, 0, 0};
    char c = s.p[0];
    if (c == '\\' && rule.encoding != VF_ENC_PERCENT && rule.encoding != VF_ENC_XML)
        return backslash_unit(rule, s);
    if ((c == '%' && rule.encoding == VF_ENC_PERCENT) || (c == '&' && rule.encoding == VF_ENC_XML)) {
        u.used = vf_encoding_unit(rule.encoding, s, u.bytes, &u.n);
        if (u.used > 0 && u.n == 1 && (is_control(u.bytes[0]) || one_of(u.bytes[0], "<>\"'`")))
            u.used = 0;
        return u;
    }
    if (is_control(c) || (rule.binary && is_no_text(s)) || one_of(c, "\\\"'`:;|<>?*$") ||
        soft_end(rule, s, after_slash))
        return u;
    return rule.binary ? character(s) : plain(c);
}

size_t vf_boundary_rest(struct vf_rest_rule rule, struct vf_slice behind, struct vf_buf *out)
{
    size_t start = out->n;
    size_t used = 0;
    bool slash = false; /* the unit before was one; at first: the rest has begun */
    bool dot = false;
    while (used < behind.n) {
        struct unit u = next_unit(rule, vf_slice_from(behind, used), slash);
        bool is_slash = u.used > 0 && u.n == 1 && u.bytes[0] == '/';
        if (u.used == 0 || used + u.used > VF_BOUNDARY_REST || (used == 0 && !is_slash))
            break;
        dot = u.used == 1 && u.bytes[0] == '.' && !slash;
        slash = is_slash;
        used += u.used;
        if (!is_slash || out->n > start) /* leading slashes are not part of the rest */
            vf_buf_put(out, (struct vf_slice){u.bytes, u.n});
    }
    bool sentence = used == behind.n || (used < VF_BOUNDARY_REST && one_of(behind.p[used], " \t\r\n"));
    if (dot && sentence && out->n > start) {
        used--;
        out->n--;
    }
    return used;
}
