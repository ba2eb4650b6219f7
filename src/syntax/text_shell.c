/* How a path is written at a place of a shell script. Where that is, text_scan.c says. */
#include "syntax/text.h"

#include <string.h>

#include "syntax/shell_words.h"

static bool one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool has_any(struct vf_slice s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        if (one_of(s.p[i], set))
            return true;
    return false;
}

static void put_escaped(struct vf_buf *out, struct vf_slice path, const char *set)
{
    for (size_t i = 0; i < path.n; i++) {
        if (one_of(path.p[i], set))
            vf_buf_putc(out, '\\');
        vf_buf_putc(out, path.p[i]);
    }
}

static void put_bare(struct vf_buf *out, struct vf_slice path)
{
    for (size_t i = 0; i < path.n; i++) {
        struct vf_slice byte = vf_slice_sub(path, i, i + 1);
        if (path.p[i] == '\n') {
            vf_buf_put(out, VF_S("'\n'"));
            continue;
        }
        if (!vf_shell_is_plain(byte) && (path.p[i] & 0x80) == 0)
            vf_buf_putc(out, '\\');
        vf_buf_put(out, byte);
    }
}

static void put_single(struct vf_buf *out, struct vf_slice path, struct vf_slice original)
{
    bool long_quote = vf_slice_find(original, VF_S("'\"'\"'"), 0) != VF_NPOS;
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '\'')
            vf_buf_put(out, long_quote ? VF_S("'\"'\"'") : VF_S("'\\''"));
        else
            vf_buf_putc(out, path.p[i]);
    }
}

static bool put_ansi(struct vf_buf *out, struct vf_slice path)
{
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '\n') {
            vf_buf_put(out, VF_S("\\n"));
            continue;
        }
        if (path.p[i] == '\\' || path.p[i] == '\'')
            vf_buf_putc(out, '\\');
        vf_buf_putc(out, path.p[i]);
    }
    return true;
}

/* Bytes that stand for something else there in csh (no escape helps in double quotes) and in fish. */
static bool refuses(enum vf_text_lang lang, enum vf_shell_context at, struct vf_slice path)
{
    if (lang != VF_LANG_CSH)
        return false;
    return at == VF_SHELL_DOUBLE ? has_any(path, "\"$`!\\\n") : has_any(path, "\n");
}

bool vf_shell_context_put(struct vf_buf *out, struct vf_slice path, enum vf_shell_context at,
                          enum vf_text_lang lang, struct vf_slice original)
{
    if (vf_slice_find_byte(path, '\0', 0) != VF_NPOS || refuses(lang, at, path))
        return false;
    switch (at) {
    case VF_SHELL_BARE:
        put_bare(out, path);
        return true;
    case VF_SHELL_DOUBLE:
        put_escaped(out, path, lang == VF_LANG_FISH ? "\"$\\" : "\"$`\\");
        return true;
    case VF_SHELL_SINGLE:
        if (lang == VF_LANG_FISH)
            put_escaped(out, path, "'\\");
        else if (lang == VF_LANG_CSH && has_any(path, "!"))
            return false;
        else
            put_single(out, path, original);
        return true;
    case VF_SHELL_ANSI:
        return put_ansi(out, path);
    case VF_SHELL_COMMENT:
    case VF_SHELL_HERE_RAW:
        vf_buf_put(out, path);
        return !has_any(path, "\n\r");
    case VF_SHELL_HERE:
        put_escaped(out, path, "$`\\");
        return !has_any(path, "\n\r");
    case VF_SHELL_UNKNOWN:
        vf_buf_put(out, path);
        return vf_shell_is_plain(path);
    }
    return false;
}
