/* activate.fish. docs/formats.md 3.2 (line forms), 3.5 (quoting).
 *
 * Single quotes in fish know two escapes, `\\` and `\'`, so what POSIX quoting writes is wrong for two
 * backslashes and for one at the end. How BIN is quoted in the PATH line tells the writer's habit:
 * `"$VIRTUAL_ENV/bin"` venv before its fix (double quotes),
 * `"'/bin'` always single quotes, `"'/'bin` and `/"bin` only where needed, `"'/''bin'` always, escapes
 * outside the quotes. */
#include "syntax/activate.h"

#include <string.h>

#define ROOT VF_ROLE_ENV_ROOT
#define NAME VF_ROLE_PROMPT
#define LIB  VF_ROLE_HOST_LIB

static const struct act_form forms[] = {
    {"set -gx VIRTUAL_ENV ''(", "\n", ROOT, ACT_TO_LINE_END, 0, "VIRTUAL_ENV"},
    {"set -gx VIRTUAL_ENV ''\"$(", "\n", ROOT, ACT_TO_LINE_END, 0, "VIRTUAL_ENV"},
    {"set -gx VIRTUAL_ENV (dirname", "\n", ROOT, ACT_TO_LINE_END, 0, "VIRTUAL_ENV"},
    {"set -gx VIRTUAL_ENV ", "\n", ROOT, 0, 0, "VIRTUAL_ENV"},
    {"set -gx TCL_LIBRARY ", "\n", LIB, 0, 0, "TCL_LIBRARY"},
    {"set -gx TK_LIBRARY ", "\n", LIB, 0, 0, "TK_LIBRARY"},
    {"set -gx VIRTUAL_ENV_PROMPT \"(", ") \"\n", NAME, 0, ACT_INNER | ACT_DQ, "VIRTUAL_ENV_PROMPT"},
    {"set -gx VIRTUAL_ENV_PROMPT '(", ") '\n", NAME, 0, ACT_INNER | ACT_SQ, "VIRTUAL_ENV_PROMPT"},
    {"set -gx VIRTUAL_ENV_PROMPT ", "\n", NAME, 0, 0, "VIRTUAL_ENV_PROMPT"},
    {"if test -n \"(", ") \"", NAME, 0, ACT_INNER | ACT_DQ, "test"},
    {"if test -n ", "\n", NAME, ACT_GUESS_ROLE, 0, "test"},
    {"printf \"%s%s\" \"(", ") \" (set_color normal)", NAME, 0, ACT_INNER | ACT_DQ, "prompt"},
    {"printf '%s%s' ", " (set_color normal)", NAME, 0, 0, "prompt"},
    {"printf '(%s) ' ", "\n", NAME, 0, 0, "prompt"},
    {"(set_color 4B8BBE) \"(", ") \" (set_color normal)", NAME, ACT_ANYWHERE, ACT_INNER | ACT_DQ, "prompt"},
    {"(set_color 4B8BBE) '(", ") ' (set_color normal)", NAME, ACT_ANYWHERE, ACT_INNER | ACT_SQ, "prompt"},
    {"(set_color 4B8BBE) ", " (set_color normal)", NAME, ACT_ANYWHERE, 0, "prompt"},
};

/* A quoted piece behind its quote at text.p[i - 1]; the index behind the closing one, 0 when it does not end.
 */
static size_t quoted(struct vf_buf *out, struct vf_slice text, size_t i, bool *dynamic)
{
    char quote = text.p[i - 1];
    const char *escapable = quote == '\'' ? "\\'" : "\\\"$";
    for (; i < text.n && text.p[i] != quote; i++) {
        char next = i + 1 < text.n ? text.p[i + 1] : '\0';
        if (text.p[i] == '\\' && next == '\n' && quote == '"') {
            i++;
            continue;
        }
        if (text.p[i] == '\\' && next != '\0' && strchr(escapable, next))
            i++;
        else if (quote == '"' && text.p[i] == '$')
            *dynamic = true;
        vf_buf_putc(out, text.p[i]);
    }
    return i < text.n ? i + 1 : 0;
}

/* A backslash outside quotes: letters are codes, anything else stands for itself. */
static char bare_escape(char c, bool *dynamic)
{
    static const char letters[] = "abefnrtv";
    static const char codes[] = "\a\b\033\f\n\r\t\v";
    const char *at = c == '\0' ? NULL : strchr(letters, c);
    if (at)
        return codes[at - letters];
    bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    *dynamic = *dynamic || alnum;
    return c;
}

static struct act_word decode_fish(struct vf_buf *out, struct vf_slice text)
{
    struct act_word w = {0};
    size_t i = 0;
    while (i < text.n && text.p[i] != '\0' && !strchr(" \t\n;&|<>)", text.p[i])) {
        if (text.p[i] == '\r' && (i + 1 == text.n || text.p[i + 1] == '\n'))
            break;
        char c = text.p[i++];
        if (c == '\'' || c == '"') {
            i = quoted(out, text, i, &w.dynamic);
            if (i == 0)
                return w;
            continue;
        }
        if (c == '\\' && i < text.n)
            c = bare_escape(text.p[i++], &w.dynamic);
        else if (strchr("$(*?{", c) || (c == '~' && i == 1))
            w.dynamic = true;
        vf_buf_putc(out, c);
    }
    w.used = i;
    return w;
}

static void put_single(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    bool pieces = (shape & ACT_PIECES) != 0;
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        bool special = c == '\'' || c == '\\';
        if (c == '\'' && !pieces && !(shape & ACT_BACKSLASH)) {
            vf_buf_put(out, VF_S("'\"'\"'"));
            continue;
        }
        vf_buf_puts(out, !special ? "" : pieces ? "'\\" : "\\");
        vf_buf_putc(out, c);
        vf_buf_puts(out, special && pieces ? "'" : "");
    }
}

static void encode_fish(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    bool dq = (shape & ACT_QUOTE_MASK) == ACT_DQ;
    if ((shape & ACT_SHLEX) && act_is_plain(value)) {
        vf_buf_put(out, value);
        return;
    }
    const char *quote = shape & ACT_INNER ? "" : dq ? "\"" : "'";
    vf_buf_puts(out, quote);
    if (dq)
        act_put_escaped(out, value, "\\\"$");
    else
        put_single(out, value, shape);
    vf_buf_puts(out, quote);
}

static unsigned style_fish(struct vf_slice file, unsigned quote)
{
    if (quote == ACT_BARE)
        return ACT_SQ | ACT_SHLEX;
    if (quote == ACT_DQ)
        return ACT_DQ;
    if (act_contains(file, "\"$VIRTUAL_ENV\"'/''"))
        return ACT_SQ | ACT_PIECES;
    if (act_contains(file, "\"$VIRTUAL_ENV\"'/'") || act_contains(file, "PATH \"$VIRTUAL_ENV/\""))
        return ACT_SQ | ACT_SHLEX;
    return ACT_SQ;
}

static const uint16_t correct[] = {ACT_SQ, ACT_SQ | ACT_PIECES, ACT_SQ | ACT_BACKSLASH, ACT_DQ, ACT_BARE};

static const struct act_shell fish = {
    .syntax = VF_SYN_ACTIVATE_FISH,
    .forms = forms,
    .n_forms = VF_COUNT(forms),
    .decode = decode_fish,
    .encode = encode_fish,
    .style = style_fish,
    .refuses = act_refuses_nul,
    .correct = correct,
    .windows = true,
};

enum vf_status vf_read_ACTIVATE_FISH(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    return act_read(&fish, src, out, err);
}

enum vf_status vf_write_ACTIVATE_FISH(const struct vf_ref *ref, const struct vf_source *src,
                                      struct vf_slice path, const struct vf_write_ctx *target,
                                      struct vf_buf *out, struct vf_err *err)
{
    (void)src;
    (void)target;
    return act_write(&fish, ref, path, out, err);
}
