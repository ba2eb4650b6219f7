/* activate.csh for csh and tcsh. docs/formats.md 3.2 (line forms, three places since virtualenv 21.7.15), 3.5
 * (quoting).
 *
 * In single quotes csh still sees history (`!`) and ends the literal at a LF: both need a backslash there.
 * Double quotes cannot hold `"`, `$` and a backtick at all. The PATH line tells how the file's writer quotes:
 * `"$VIRTUAL_ENV/bin:` venv before its fix (double quotes), `:q/bin:` always single quotes, `/"bin":` only
 * where needed, `/"'bin'":` always, with escapes outside the quotes. Since 21.15.9 virtualenv reads the path
 * from a variable of its own and puts `''` behind each byte beyond ASCII. */
#include "syntax/activate.h"

#include <string.h>

#define ROOT VF_ROLE_ENV_ROOT
#define NAME VF_ROLE_PROMPT
#define LIB  VF_ROLE_HOST_LIB

static const struct act_form forms[] = {
    {"setenv VIRTUAL_ENV ", "\n", ROOT, 0, 0, "VIRTUAL_ENV"},
    {"set _virtualenv_dir=", "\n", ROOT, 0, 0, "VIRTUAL_ENV"},
    {"if ($?_OLD_VIRTUAL_PATH) source ", "\"/\"", ROOT, 0, 0, "deactivate"},
    {"set deactivate_script = ", "\"/\"", ROOT, 0, 0, "deactivate"},
    {"setenv TCL_LIBRARY ", "\n", LIB, 0, 0, "TCL_LIBRARY"},
    {"setenv TK_LIBRARY ", "\n", LIB, 0, 0, "TK_LIBRARY"},
    {"setenv VIRTUAL_ENV_PROMPT \"(", ") \"\n", NAME, 0, ACT_INNER | ACT_DQ, "VIRTUAL_ENV_PROMPT"},
    {"setenv VIRTUAL_ENV_PROMPT '(", ") '\n", NAME, 0, ACT_INNER | ACT_SQ, "VIRTUAL_ENV_PROMPT"},
    {"setenv VIRTUAL_ENV_PROMPT ", "\n", NAME, 0, 0, "VIRTUAL_ENV_PROMPT"},
    {"set env_name = '(", ") '\n", NAME, 0, ACT_INNER | ACT_SQ, "prompt"},
    {"set env_name = ", "\n", NAME, 0, 0, "prompt"},
    {"if (", " != \"\") then\n", NAME, ACT_GUESS_ROLE, 0, "test"},
    {"set _virtualenv_prompt_tcsh = ", "\n", NAME, 0, ACT_SQ | ACT_PIECES | ACT_TCSH_PROMPT, "prompt"},
    {"set _virtualenv_prompt_plain = ", "\n", NAME, 0, ACT_SQ | ACT_PIECES | ACT_CSH_PROMPT, "prompt"},
    {"set prompt = '('", "') '\"$prompt", NAME, 0, ACT_SQ | ACT_BACKSLASH | ACT_CSH_PROMPT, "prompt"},
    {"set prompt = \"(\"'(", ") '\") $prompt", NAME, 0, ACT_INNER | ACT_SQ, "prompt"},
    {"set prompt = \"(\"", "\") $prompt", NAME, 0, 0, "prompt"},
    {"set prompt = \"(", ") $prompt\"", NAME, 0, ACT_INNER | ACT_DQ, "prompt"},
    {"set prompt = '(", ") '\"$prompt", NAME, 0, ACT_INNER | ACT_SQ, "prompt"},
};

static bool is_history(struct vf_slice text, size_t i)
{
    char next = i + 1 < text.n ? text.p[i + 1] : '\n';
    return text.p[i] == '!' && !strchr(" \t\n=(", next);
}

/* A quoted piece behind its quote at text.p[i - 1]; the index behind the closing one, 0 when it does not end.
 */
static size_t quoted(struct vf_buf *out, struct vf_slice text, size_t i, bool *dynamic)
{
    char quote = text.p[i - 1];
    for (; i < text.n && text.p[i] != quote; i++) {
        char next = i + 1 < text.n ? text.p[i + 1] : '\0';
        if (text.p[i] == '\n')
            return 0;
        if (text.p[i] == '\\' && (next == '!' || next == '\n'))
            i++;
        else if (is_history(text, i) || (quote == '"' && (text.p[i] == '$' || text.p[i] == '`')))
            *dynamic = true;
        vf_buf_putc(out, text.p[i]);
    }
    return i < text.n ? i + 1 : 0;
}

static struct act_word decode_csh(struct vf_buf *out, struct vf_slice text)
{
    struct act_word w = {0};
    size_t i = 0;
    while (i < text.n && text.p[i] != '\0' && !strchr(" \t\n;&|<>()", text.p[i])) {
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
            c = text.p[i++];
        else if (strchr("$`*?[{", c) || is_history(text, i - 1))
            w.dynamic = true;
        vf_buf_putc(out, c);
    }
    w.used = i;
    return w;
}

static void put_single(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    for (size_t i = 0; i < value.n; i++) {
        struct vf_slice c = vf_slice_sub(value, i, i + 1);
        bool piece = (shape & ACT_PIECES) && (c.p[0] == '!' || c.p[0] == '\\');
        if (c.p[0] == '\'') {
            act_put_single(out, c, shape);
            continue;
        }
        vf_buf_puts(out, piece ? "'\\" : c.p[0] == '!' || c.p[0] == '\n' ? "\\" : "");
        vf_buf_put(out, c);
        bool apart = (shape & ACT_ASCII) && (unsigned char)c.p[0] >= 0x80;
        vf_buf_puts(out, apart ? "''" : piece ? "'" : "");
    }
}

static const char beyond_double[] = "\"$`!\n";

/* What double quotes cannot hold stands in single quotes between two double-quoted pieces. */
static void put_double(struct vf_buf *out, struct vf_slice value)
{
    for (size_t i = 0; i < value.n; i++) {
        struct vf_slice c = vf_slice_sub(value, i, i + 1);
        bool beyond = c.p[0] != '\0' && strchr(beyond_double, c.p[0]);
        vf_buf_puts(out, beyond ? "\"'" : "");
        if (beyond)
            put_single(out, c, 0);
        else
            vf_buf_put(out, c);
        vf_buf_puts(out, beyond ? "'\"" : "");
    }
}

static bool fits_double(struct vf_slice value)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] != '\0' && strchr(beyond_double, value.p[i]))
            return false;
    return true;
}

static void encode_csh(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    bool inner = (shape & ACT_INNER) != 0;
    bool dq = (shape & ACT_QUOTE_MASK) == ACT_DQ && (inner || fits_double(value));
    if ((shape & ACT_SHLEX) && act_is_plain(value)) {
        vf_buf_put(out, value);
        return;
    }
    const char *quote = inner ? "" : dq ? "\"" : "'";
    vf_buf_puts(out, quote);
    if (dq)
        put_double(out, value);
    else
        put_single(out, value, shape);
    vf_buf_puts(out, quote);
}

static unsigned style_csh(struct vf_slice file, unsigned quote)
{
    if (quote == ACT_BARE)
        return ACT_SQ | ACT_SHLEX;
    if (quote == ACT_DQ)
        return ACT_DQ;
    if (act_contains(file, "$_virtualenv_dir:q/\"'"))
        return ACT_SQ | ACT_PIECES | ACT_ASCII;
    if (act_contains(file, "$VIRTUAL_ENV:q/\"'"))
        return ACT_SQ | ACT_PIECES;
    if (act_contains(file, "$VIRTUAL_ENV:q/\"") || act_contains(file, "$VIRTUAL_ENV/\""))
        return ACT_SQ | ACT_SHLEX;
    return act_contains(file, "setenv PATH \"$VIRTUAL_ENV/") ? ACT_DQ : ACT_SQ;
}

static const uint16_t correct[] = {ACT_SQ, ACT_SQ | ACT_PIECES, ACT_SQ | ACT_BACKSLASH, ACT_DQ, ACT_BARE};

static const struct act_shell csh = {
    .syntax = VF_SYN_ACTIVATE_CSH,
    .forms = forms,
    .n_forms = VF_COUNT(forms),
    .decode = decode_csh,
    .encode = encode_csh,
    .style = style_csh,
    .refuses = act_refuses_nul,
    .correct = correct,
};

enum vf_status vf_read_ACTIVATE_CSH(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    return act_read(&csh, src, out, err);
}

enum vf_status vf_write_ACTIVATE_CSH(const struct vf_ref *ref, const struct vf_source *src,
                                     struct vf_slice path, const struct vf_write_ctx *target,
                                     struct vf_buf *out, struct vf_err *err)
{
    (void)src;
    (void)target;
    return act_write(&csh, ref, path, out, err);
}
