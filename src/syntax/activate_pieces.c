/* Quoting that several shells share. */
#include <string.h>

#include "base/escape.h"
#include "syntax/activate.h"
#include "syntax/shell_words.h"

bool act_contains(struct vf_slice text, const char *needle)
{
    return vf_slice_find(text, vf_slice_of(needle), 0) != VF_NPOS;
}

bool act_is_absolute(struct vf_slice value, bool windows)
{
    if (value.n > 0 && value.p[0] == '/')
        return true;
    if (windows && value.n > 1 && value.p[0] == '\\' && value.p[1] == '\\')
        return true;
    if (value.n < 3 || value.p[1] != ':' || (value.p[2] != '\\' && value.p[2] != '/'))
        return false;
    char c = (char)(value.p[0] | 0x20);
    return c >= 'a' && c <= 'z';
}

bool act_is_ascii(struct vf_slice value)
{
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] >= 0x80)
            return false;
    return true;
}

bool act_is_plain(struct vf_slice value)
{
    return value.n > 0 && vf_shell_is_plain(value);
}

void act_put_escaped(struct vf_buf *out, struct vf_slice value, const char *special)
{
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] != '\0' && strchr(special, value.p[i]))
            vf_buf_putc(out, '\\');
        vf_buf_putc(out, value.p[i]);
    }
}

void act_put_single(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] != '\'')
            vf_buf_putc(out, value.p[i]);
        else
            vf_buf_put(out, shape & ACT_BACKSLASH ? VF_S("'\\''") : VF_S("'\"'\"'"));
    }
}

const char *act_refuses_nul(struct vf_slice value, unsigned shape)
{
    (void)shape;
    return vf_slice_find_byte(value, '\0', 0) == VF_NPOS ? NULL : "a NUL byte";
}

const char *act_refuses_bytes(struct vf_slice value, unsigned shape)
{
    if (!vf_utf8_valid(value))
        return "a name that is not UTF-8";
    return act_refuses_nul(value, shape);
}

struct act_word act_posix_word(struct vf_buf *out, struct vf_slice text)
{
    struct act_word w = {0};
    size_t n;
    if (!vf_shell_word_get(out, text, &n, &w.dynamic))
        return w;
    /* A file edited on Windows: the CR of the line's end is not meant to be part of the word. */
    bool cr = n > 1 && text.p[n - 1] == '\r' && (n == text.n || text.p[n] == '\n');
    if (cr && out->n > 0 && !out->failed) {
        out->n--;
        n--;
    }
    w.used = n;
    return w;
}
