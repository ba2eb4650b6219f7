/* POSIX shell words. */
#include "syntax/shell_words.h"

#include <string.h>

static bool one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

bool vf_shell_is_plain(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alnum && !one_of(c, "_@%+=:,./-"))
            return false;
    }
    return true;
}

void vf_shell_put_single(struct vf_buf *out, struct vf_slice s)
{
    vf_buf_putc(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'')
            vf_buf_put(out, VF_S("'\"'\"'"));
        else
            vf_buf_putc(out, s.p[i]);
    }
    vf_buf_putc(out, '\'');
}

/* Behind the opening quote at s.p[i]; returns the index of the closing one, VF_NPOS when there is none. */
static size_t double_quoted(struct vf_buf *out, struct vf_slice s, size_t i, bool *expands)
{
    for (i++; i < s.n && s.p[i] != '"'; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && one_of(s.p[i + 1], "\"$`\\\n")) {
            if (s.p[++i] == '\n')
                continue;
        } else if (s.p[i] == '$' || s.p[i] == '`') {
            *expands = true;
        }
        vf_buf_putc(out, s.p[i]);
    }
    return i < s.n ? i : VF_NPOS;
}

/* One piece at s.p[i]: a quoted string, an escape or a byte; returns the index of its last byte, or VF_NPOS.
 */
static size_t piece(struct vf_buf *out, struct vf_slice s, size_t i, bool *expands)
{
    if (s.p[i] == '\'') {
        size_t end = vf_slice_find_byte(s, '\'', i + 1);
        if (end != VF_NPOS)
            vf_buf_put(out, vf_slice_sub(s, i + 1, end));
        return end;
    }
    if (s.p[i] == '"')
        return double_quoted(out, s, i, expands);
    if (s.p[i] == '\\') {
        if (i + 1 == s.n)
            return VF_NPOS;
        if (s.p[i + 1] != '\n')
            vf_buf_putc(out, s.p[i + 1]);
        return i + 1;
    }
    if (one_of(s.p[i], "$`*?[") || (i == 0 && one_of(s.p[i], "~#")))
        *expands = true;
    vf_buf_putc(out, s.p[i]);
    return i;
}

bool vf_shell_word_get(struct vf_buf *out, struct vf_slice s, size_t *used, bool *expands)
{
    size_t i = 0;
    *expands = false;
    while (i < s.n && !one_of(s.p[i], " \t\n;&|<>()")) {
        size_t last = piece(out, s, i, expands);
        if (last == VF_NPOS)
            return false;
        i = last + 1;
    }
    *used = i;
    return i > 0;
}
