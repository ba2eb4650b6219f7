/* activate for POSIX shells: bash, zsh, dash, ksh. FACTS 3.2 (line forms), 3.5 (quoting).
 *
 * How the writer quoted BIN's name in its PATH line tells whether it quotes only where needed (venv since its
 * 2024 fix, virtualenv since 20.26.6: `"$VIRTUAL_ENV/"bin":$PATH"`) or always (`"$VIRTUAL_ENV/bin:$PATH"`).
 */
#include "syntax/activate.h"
#include "syntax/shell_words.h"

#define ROOT VF_ROLE_ENV_ROOT
#define NAME VF_ROLE_PROMPT

static const struct act_form forms[] = {
    {"VIRTUAL_ENV=''\"$(", "\n", ROOT, ACT_TO_LINE_END, 0, "VIRTUAL_ENV"},
    {"VIRTUAL_ENV=\"$(dirname", "\n", ROOT, ACT_TO_LINE_END, 0, "VIRTUAL_ENV"},
    {"VIRTUAL_ENV=$(cygpath ", ")", ROOT, 0, 0, "VIRTUAL_ENV"},
    {"VIRTUAL_ENV=$(wslpath ", ")", ROOT, 0, 0, "VIRTUAL_ENV"},
    {"VIRTUAL_ENV=", "\n", ROOT, 0, 0, "VIRTUAL_ENV"},
    {"export VIRTUAL_ENV=$(cygpath ", ")", ROOT, 0, 0, "VIRTUAL_ENV"},
    {"export VIRTUAL_ENV=$(wslpath ", ")", ROOT, 0, 0, "VIRTUAL_ENV"},
    {"export VIRTUAL_ENV=", "\n", ROOT, 0, 0, "VIRTUAL_ENV"},
    {"if [ ! -d ", " ]; then\n", ROOT, ACT_ONLY_MOVER, 0, "test"},
    {"if [ ! -d ", " ] &&\n", ROOT, ACT_ONLY_MOVER, 0, "test"},
    {"echo \"Virtual environment directory\" ", " \"does not exist!\"", ROOT, 0, 0, "echo"},
    {"echo \"Virtual environment directory ", " does not exist!\" >&2\n", ROOT, 0,
     ACT_INNER | ACT_DQ | ACT_NESTED, "echo"},
    {"TCL_LIBRARY=", "\n", VF_ROLE_HOST_LIB, 0, 0, "TCL_LIBRARY"},
    {"TK_LIBRARY=", "\n", VF_ROLE_HOST_LIB, 0, 0, "TK_LIBRARY"},
    {"if [ ", " != \"\" ]; then\n", VF_ROLE_HOST_LIB, 0, 0, "test"},
    {"VIRTUAL_ENV_PROMPT=\"(", ") \"\n", NAME, 0, ACT_INNER | ACT_DQ, "VIRTUAL_ENV_PROMPT"},
    {"VIRTUAL_ENV_PROMPT='(", ") '\n", NAME, 0, ACT_INNER | ACT_SQ, "VIRTUAL_ENV_PROMPT"},
    {"VIRTUAL_ENV_PROMPT=", "\n", NAME, 0, 0, "VIRTUAL_ENV_PROMPT"},
    {"if [ \"x(", ") \" != x ]", NAME, 0, ACT_INNER | ACT_DQ, "test"},
    {"if [ \"x\"", " != x ]", NAME, 0, 0, "test"},
    {"if [ \"x", "\" != x ]", NAME, 0, ACT_INNER | ACT_DQ, "test"},
    {"PS1=\"(\"'(", ") '\") ${PS1", NAME, 0, ACT_INNER | ACT_SQ, "PS1"},
    {"PS1=\"(\"", "\") ${PS1", NAME, 0, 0, "PS1"},
    {"PS1=\"(", ") ${PS1", NAME, 0, ACT_INNER | ACT_DQ, "PS1"},
    {"PS1=\"", "${PS1", NAME, 0, ACT_INNER | ACT_DQ, "PS1"},
    {"PS1='(", ") '\"${PS1", NAME, 0, ACT_INNER | ACT_SQ, "PS1"},
};

static void put_inside(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    if ((shape & ACT_QUOTE_MASK) == ACT_DQ) {
        act_put_escaped(out, value, "\"\\$`");
        return;
    }
    act_put_single(out, value, shape);
}

/* The word as shlex.quote shows it, made safe for the double quotes around it. */
static void put_nested(struct vf_buf *out, struct vf_slice value)
{
    struct vf_buf word = {0};
    if (act_is_plain(value))
        vf_buf_put(&word, value);
    else
        vf_shell_put_single(&word, value);
    act_put_escaped(out, vf_buf_slice(&word), "\"\\$`");
    out->failed = out->failed || word.failed;
    vf_buf_release(&word);
}

static void encode_sh(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    if (shape & ACT_NESTED) {
        put_nested(out, value);
        return;
    }
    if ((shape & ACT_SHLEX) && act_is_plain(value)) {
        vf_buf_put(out, value);
        return;
    }
    const char *quote = shape & ACT_INNER ? "" : (shape & ACT_QUOTE_MASK) == ACT_DQ ? "\"" : "'";
    vf_buf_puts(out, quote);
    put_inside(out, value, shape);
    vf_buf_puts(out, quote);
}

static unsigned style_sh(struct vf_slice file, unsigned quote)
{
    if (quote == ACT_DQ)
        return ACT_DQ;
    bool shlex = quote == ACT_BARE || act_contains(file, "PATH=\"$VIRTUAL_ENV/\"");
    return ACT_SQ | (shlex ? ACT_SHLEX : 0U);
}

static const uint16_t correct[] = {ACT_SQ, ACT_SQ | ACT_BACKSLASH, ACT_DQ, ACT_BARE};

static const struct act_shell sh = {
    .syntax = VF_SYN_ACTIVATE_SH,
    .forms = forms,
    .n_forms = VF_COUNT(forms),
    .decode = act_posix_word,
    .encode = encode_sh,
    .style = style_sh,
    .refuses = act_refuses_nul,
    .correct = correct,
    .windows = true,
};

/* Every CR before a LF ends up in the value of a POSIX shell (FACTS 99). One flaw per line, so that each
 * repair is one byte; those inside a literal belong to the path. */
static enum vf_status note_crs(const struct vf_source *src, struct vf_read_out *out, size_t ref,
                               struct vf_err *err)
{
    struct vf_slice file = src->bytes;
    size_t first = vf_slice_find_byte(file, '\n', 0);
    if (first == VF_NPOS || first == 0 || file.p[first - 1] != '\r')
        return VF_OK;
    enum vf_status st = VF_OK;
    for (uint32_t line = 1; first != VF_NPOS && st == VF_OK; line++) {
        struct vf_flaw flaw = {.kind = VF_FLAW_ACTIVATE_CR, .line = line, .off = first - 1, .len = 1};
        const struct vf_ref *refs = out->refs.base;
        while (ref < out->refs.n && refs[ref].off + refs[ref].len < first)
            ref++;
        bool inside = ref < out->refs.n && refs[ref].off < first;
        if (first > 0 && file.p[first - 1] == '\r' && !inside)
            st = vf_out_repair(out, &flaw, err);
        first = vf_slice_find_byte(file, '\n', first + 1);
    }
    return st;
}

enum vf_status vf_read_ACTIVATE_SH(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    size_t first = out->refs.n;
    enum vf_status st = act_read(&sh, src, out, err);
    return st == VF_OK ? note_crs(src, out, first, err) : st;
}

enum vf_status vf_write_ACTIVATE_SH(const struct vf_ref *ref, const struct vf_source *src,
                                    struct vf_slice path, const struct vf_target *target, struct vf_buf *out,
                                    struct vf_err *err)
{
    (void)src;
    (void)target;
    return act_write(&sh, ref, path, out, err);
}
