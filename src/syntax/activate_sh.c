/* activate for POSIX shells: bash, zsh, dash, ksh. docs/formats.md 3.2 (line forms), 3.5 (quoting).
 *
 * How the writer quoted BIN's name in its PATH line tells whether it quotes only where needed (venv since its
 * 2024 fix, virtualenv since 20.26.6: `"$VIRTUAL_ENV/"bin":$PATH"`) or always (`"$VIRTUAL_ENV/bin:$PATH"`).
 * Since 21.15.9 virtualenv lets printf make the bytes beyond ASCII, as octal numbers. */
#include "syntax/activate.h"

#include <string.h>

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

/* How the newest virtualenv writes bytes beyond ASCII: octal numbers between these two. */
static const char printf_lead[] = "\"$(unset -f printf 2>/dev/null || :; \\printf '%b' '";
static const char printf_tail[] = "')\"";

/* The octal numbers at text.p[i]; the index behind what closes them, 0 when it is something else. */
static size_t get_octal(struct vf_buf *out, struct vf_slice text, size_t i)
{
    for (; i + 5 <= text.n && text.p[i] == '\\' && text.p[i + 1] == '0'; i += 5) {
        unsigned byte = 0;
        for (size_t k = i + 2; k < i + 5; k++) {
            if (text.p[k] < '0' || text.p[k] > '7')
                return 0;
            byte = byte * 8 + (unsigned)(text.p[k] - '0');
        }
        if (byte < 0x80 || byte > 0xFF)
            return 0;
        vf_buf_putc(out, (char)(unsigned char)byte);
    }
    return vf_slice_starts(vf_slice_from(text, i), vf_slice_of(printf_tail)) ? i + strlen(printf_tail) : 0;
}

/* The word with what printf makes put into its place. False when there is none of it. */
static bool undo_printf(struct vf_buf *out, struct vf_slice word)
{
    bool any = false;
    for (size_t i = 0; i < word.n;) {
        size_t next = 0, before = out->n;
        if (vf_slice_starts(vf_slice_from(word, i), vf_slice_of(printf_lead)))
            next = get_octal(out, word, i + strlen(printf_lead));
        any = any || next > 0;
        if (next == 0) {
            out->n = before;
            vf_buf_putc(out, word.p[i]);
        }
        i = next > 0 ? next : i + 1;
    }
    return any;
}

static struct act_word decode_sh(struct vf_buf *out, struct vf_slice text)
{
    size_t before = out->n;
    struct act_word w = act_posix_word(out, text);
    struct vf_buf plain = {0};
    if (w.used > 0 && w.dynamic && undo_printf(&plain, vf_slice_sub(text, 0, w.used))) {
        out->n = before;
        struct act_word inner = act_posix_word(out, vf_buf_slice(&plain));
        w.dynamic = inner.dynamic || inner.used != plain.n;
    }
    out->failed = out->failed || plain.failed;
    vf_buf_release(&plain);
    return w;
}

static void encode_sh(struct vf_buf *out, struct vf_slice value, unsigned shape);

/* Runs of ASCII as ever, all others as numbers for printf. */
static void put_runs(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    for (size_t i = 0, end; i < value.n; i = end) {
        bool ascii = (unsigned char)value.p[i] < 0x80;
        for (end = i; end < value.n && ((unsigned char)value.p[end] < 0x80) == ascii;)
            end++;
        if (ascii) {
            encode_sh(out, vf_slice_sub(value, i, end), shape & ~(unsigned)ACT_ASCII);
            continue;
        }
        vf_buf_puts(out, printf_lead);
        for (size_t k = i; k < end; k++) {
            unsigned c = (unsigned char)value.p[k];
            char number[] = {
                '\\', '0', (char)('0' + (c >> 6)), (char)('0' + (c >> 3 & 7)), (char)('0' + (c & 7)), '\0'};
            vf_buf_puts(out, number);
        }
        vf_buf_puts(out, printf_tail);
    }
}

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
    if ((shape & ACT_ASCII) && !act_is_ascii(value)) {
        put_runs(out, value, shape);
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
    if (act_contains(file, "_virtualenv_escape_prompt"))
        return ACT_SQ | ACT_SHLEX | ACT_ASCII;
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
    .decode = decode_sh,
    .encode = encode_sh,
    .style = style_sh,
    .refuses = act_refuses_nul,
    .correct = correct,
    .windows = true,
};

/* Every CR before a LF ends up in the value of a POSIX shell (docs/formats.md 3.3). One flaw per line, so
 * that each repair is one byte; those inside a literal belong to the path. */
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
                                    struct vf_slice path, const struct vf_write_ctx *target,
                                    struct vf_buf *out, struct vf_err *err)
{
    (void)src;
    (void)target;
    return act_write(&sh, ref, path, out, err);
}
