/* The scan is a state machine over bytes: what may stand here, and a stack of open objects and arrays. */
#include "syntax/json_strings.h"

#include <string.h>

#include "base/escape.h"
#include "base/hex.h"

static bool fail(struct vf_json_scan *s)
{
    s->state = VF_JSON_BAD;
    return false;
}

static void skip_blanks(struct vf_json_scan *s)
{
    if (s->line == 0)
        s->line = 1;
    for (; s->at < s->text.n && s->text.p[s->at] != '\0' && strchr(" \t\r\n", s->text.p[s->at]); s->at++)
        s->line += s->text.p[s->at] == '\n';
}

/* Length of the string at the quote, with both quotes; 0 when it is malformed. */
static size_t string_length(struct vf_slice s)
{
    for (size_t i = 1; i < s.n; i++) {
        uint32_t hex;
        if (s.p[i] == '"')
            return i + 1;
        if ((unsigned char)s.p[i] < 0x20)
            return 0;
        if (s.p[i] != '\\')
            continue;
        if (++i == s.n || s.p[i] == '\0' || !strchr("\"\\/bfnrtu", s.p[i]))
            return 0;
        if (s.p[i] == 'u' && !vf_hex_number(vf_slice_from(s, i + 1), 4, &hex))
            return 0;
    }
    return 0;
}

static size_t digits(struct vf_slice s, size_t i)
{
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i;
}

/* Length of the number at the start of s; 0 when there is none. */
static size_t number_length(struct vf_slice s)
{
    size_t i = s.n > 0 && s.p[0] == '-';
    size_t end = digits(s, i);
    if (end == i || (s.p[i] == '0' && end > i + 1))
        return 0;
    if (end + 1 < s.n && s.p[end] == '.' && digits(s, end + 1) > end + 1)
        end = digits(s, end + 1);
    size_t sign = end + 1 < s.n && (s.p[end + 1] == '+' || s.p[end + 1] == '-') ? 2 : 1;
    if (end < s.n && (s.p[end] | 0x20) == 'e' && digits(s, end + sign) > end + sign)
        end = digits(s, end + sign);
    return end;
}

/* Length of the number or word at the start of s; 0 when there is none. */
static size_t scalar_length(struct vf_slice s)
{
    static const char *const words[] = {"true", "false", "null", "NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < VF_COUNT(words); i++)
        if (vf_slice_starts(s, vf_slice_of(words[i])))
            return strlen(words[i]);
    return number_length(s);
}

static bool take_string(struct vf_json_scan *s, struct vf_json_string *out, bool is_key)
{
    size_t n = string_length(vf_slice_from(s->text, s->at));
    if (n == 0)
        return fail(s);
    *out = (struct vf_json_string){
        .off = s->at, .len = n, .inner = {s->text.p + s->at + 1, n - 2}, .line = s->line, .is_key = is_key};
    s->at += n;
    return true;
}

static bool open_level(struct vf_json_scan *s, bool object)
{
    if (s->depth == VF_JSON_DEPTH)
        return fail(s);
    if (s->depth == 0)
        s->top_object = object;
    s->level[s->depth++] = (struct vf_json_level){.object = object};
    s->state = object ? VF_JSON_FIRST_KEY : VF_JSON_FIRST_ITEM;
    s->at++;
    return true;
}

static bool close_level(struct vf_json_scan *s)
{
    s->depth--;
    s->state = VF_JSON_AFTER;
    s->at++;
    return true;
}

/* A key and its colon. */
static bool take_key(struct vf_json_scan *s, struct vf_json_string *out)
{
    if (s->text.p[s->at] != '"' || !take_string(s, out, true))
        return fail(s);
    s->level[s->depth - 1].key = out->inner;
    skip_blanks(s);
    if (s->at == s->text.n || s->text.p[s->at] != ':')
        return fail(s);
    s->at++;
    s->state = VF_JSON_VALUE;
    return true;
}

/* Behind a value: a comma or the end of the level. */
static bool take_separator(struct vf_json_scan *s)
{
    struct vf_json_level *top = s->depth > 0 ? &s->level[s->depth - 1] : NULL;
    char c = s->text.p[s->at];
    if (!top)
        return fail(s);
    if (c == (top->object ? '}' : ']'))
        return close_level(s);
    if (c != ',')
        return fail(s);
    top->index++;
    s->state = top->object ? VF_JSON_KEY : VF_JSON_VALUE;
    s->at++;
    return true;
}

/* A value that is no string: opens a level or passes over a scalar. */
static bool take_value(struct vf_json_scan *s)
{
    char c = s->text.p[s->at];
    if (c == '{' || c == '[')
        return open_level(s, c == '{');
    size_t n = scalar_length(vf_slice_from(s->text, s->at));
    if (n == 0)
        return fail(s);
    s->at += n;
    s->state = VF_JSON_AFTER;
    return true;
}

bool vf_json_next(struct vf_json_scan *s, struct vf_json_string *out)
{
    bool going = s->state != VF_JSON_BAD;
    while (going) {
        skip_blanks(s);
        if (s->at == s->text.n)
            return false;
        char c = s->text.p[s->at];
        switch (s->state) {
        case VF_JSON_FIRST_KEY:
        case VF_JSON_KEY:
            if (s->state == VF_JSON_KEY || c != '}')
                return take_key(s, out);
            going = close_level(s);
            break;
        case VF_JSON_FIRST_ITEM:
        case VF_JSON_VALUE:
            if (s->state == VF_JSON_FIRST_ITEM && c == ']') {
                going = close_level(s);
            } else if (c == '"') {
                s->state = VF_JSON_AFTER;
                return take_string(s, out, false);
            } else {
                going = take_value(s);
            }
            break;
        case VF_JSON_AFTER:
            going = take_separator(s);
            break;
        case VF_JSON_BAD:
            return false;
        }
    }
    return false;
}

bool vf_json_valid(const struct vf_json_scan *s)
{
    return s->state == VF_JSON_AFTER && s->depth == 0 && s->at == s->text.n && vf_utf8_valid(s->text);
}

bool vf_json_key_is(const struct vf_json_scan *s, unsigned level, const char *key)
{
    if (level >= s->depth || !s->level[level].object)
        return false;
    struct vf_slice written = s->level[level].key;
    if (vf_slice_find_byte(written, '\\', 0) == VF_NPOS)
        return vf_slice_eq(written, vf_slice_of(key));
    struct vf_buf b = {0};
    bool same =
        vf_json_inner_get(&b, written) && !b.failed && vf_slice_eq(vf_buf_slice(&b), vf_slice_of(key));
    vf_buf_release(&b);
    return same;
}

unsigned vf_json_style_of(struct vf_slice text)
{
    bool raw = false;
    bool escaped = false;
    for (size_t i = 0; i < text.n; i++) {
        uint32_t cp = 0;
        raw = raw || (unsigned char)text.p[i] >= 0x80;
        if (text.p[i] == '\\' && i + 1 < text.n && text.p[i + 1] == 'u')
            escaped = escaped || (vf_hex_number(vf_slice_from(text, i + 2), 4, &cp) && cp >= 0x80);
        i += text.p[i] == '\\';
    }
    return raw && !escaped ? 0 : VF_JSON_ASCII;
}

unsigned vf_json_slash_of(struct vf_slice inner)
{
    return vf_slice_find(inner, VF_S("\\/"), 0) == VF_NPOS ? 0 : VF_JSON_SLASH;
}

static void put_u(struct vf_buf *out, uint32_t unit)
{
    vf_buf_put(out, VF_S("\\u"));
    vf_hex_number_put(out, unit, 4);
}

static void put_code_point(struct vf_buf *out, uint32_t cp)
{
    if (cp < 0x10000) {
        put_u(out, cp);
        return;
    }
    put_u(out, 0xD800 + ((cp - 0x10000) >> 10));
    put_u(out, 0xDC00 + ((cp - 0x10000) & 0x3FF));
}

void vf_json_put_styled(struct vf_buf *out, struct vf_slice value, unsigned style)
{
    for (size_t i = 0; i < value.n;) {
        uint32_t cp = 0;
        struct vf_slice rest = vf_slice_from(value, i);
        size_t n = vf_utf8_decode(rest, &cp);
        if (n == 0)
            put_u(out, 0xDC00 + (uint32_t)(unsigned char)rest.p[0]);
        else if (cp >= 0x80 && (style & VF_JSON_ASCII))
            put_code_point(out, cp);
        else if (cp == '/' && (style & VF_JSON_SLASH))
            vf_buf_put(out, VF_S("\\/"));
        else
            vf_json_put(out, vf_slice_sub(rest, 0, n));
        i += n > 0 ? n : 1;
    }
}

bool vf_json_inner_get(struct vf_buf *out, struct vf_slice inner)
{
    struct vf_buf quoted = {0};
    size_t used = 0;
    vf_buf_putc(&quoted, '"');
    vf_buf_put(&quoted, inner);
    vf_buf_putc(&quoted, '"');
    bool ok = !quoted.failed && vf_json_get(out, vf_buf_slice(&quoted), &used) && used == quoted.n;
    out->failed = out->failed || quoted.failed;
    vf_buf_release(&quoted);
    return ok;
}
