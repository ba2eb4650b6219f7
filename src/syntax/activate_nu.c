/* activate.nu for nushell. docs/formats.md 3.2 (line forms), 3.5 (quoting).
 *
 * Nushell has no joining of quoted pieces: one literal is one pair of delimiters. '...' has no escapes and
 * cannot hold a quote or, for older releases, a LF; r#'...'# holds everything that is UTF-8. How the file
 * quotes `bin` is its writer's habit. */
#include "syntax/activate.h"

#include <string.h>

#include "base/escape.h"
#include "base/hex.h"

#define ROOT VF_ROLE_ENV_ROOT
#define NAME VF_ROLE_PROMPT
#define LIB  VF_ROLE_HOST_LIB

static const struct act_form forms[] = {
    {"let virtual-env = ", "\n", ROOT, 0, 0, "VIRTUAL_ENV"},
    {"let virtual_env = (path self", "\n", ROOT, ACT_TO_LINE_END, 0, "VIRTUAL_ENV"},
    {"let virtual_env = ", "\n", ROOT, 0, 0, "VIRTUAL_ENV"},
    {"const virtual_env = (path self", "\n", ROOT, ACT_TO_LINE_END, 0, "VIRTUAL_ENV"},
    {"const virtual_env = ", "\n", ROOT, 0, 0, "VIRTUAL_ENV"},
    {"alias deactivate = source ", "\n", VF_ROLE_ENV_FILE, 0, 0, "deactivate"},
    {"| insert TCL_LIBRARY ", "", LIB, ACT_ANYWHERE, 0, "TCL_LIBRARY"},
    {"| insert TK_LIBRARY ", "", LIB, ACT_ANYWHERE, 0, "TK_LIBRARY"},
    {"if (", " | is-empty)", NAME, ACT_ANYWHERE | ACT_GUESS_ROLE, 0, "test"},
    {"if (", " != \"\")", NAME, ACT_ANYWHERE, 0, "test"},
    {"if (", " == '')", NAME, ACT_ANYWHERE, 0, "test"},
    {"if ", " == '' {", NAME, ACT_ANYWHERE, 0, "test"},
    {"'(", ") '\n", NAME, ACT_REPEAT, ACT_INNER | ACT_SQ, "prompt"},
    {"\"(", ") \"\n", NAME, ACT_REPEAT, ACT_INNER | ACT_DQ, "prompt"},
    {"r#", "\n", NAME, ACT_PEEK | ACT_REPEAT, 0, "prompt"},
    {"'", "\n", NAME, ACT_PEEK | ACT_REPEAT, 0, "prompt"},
    {"\"", "\n", NAME, ACT_PEEK | ACT_REPEAT, 0, "prompt"},
};

/* The escape behind a backslash at text.p[i]; bytes read, 0 when it is none. */
static size_t escape_get(struct vf_buf *out, struct vf_slice text, size_t i)
{
    static const char letters[] = "\"'`\\/bfnrt()$^#|~{}";
    static const char codes[] = "\"'`\\/\b\f\n\r\t()$^#|~{}";
    const char *at = i < text.n && text.p[i] != '\0' ? strchr(letters, text.p[i]) : NULL;
    if (at) {
        vf_buf_putc(out, codes[at - letters]);
        return 1;
    }
    if (!vf_slice_starts(vf_slice_from(text, i), VF_S("u{")))
        return 0;
    size_t close = vf_slice_find_byte(vf_slice_sub(text, 0, i + 9), '}', i + 2);
    uint32_t cp;
    if (close == VF_NPOS || close == i + 2 ||
        !vf_hex_number(vf_slice_from(text, i + 2), close - (i + 2), &cp) || cp > 0x10FFFF)
        return 0;
    vf_utf8_put(out, cp);
    return close + 1 - i;
}

/* "..." at text.p[0]; 0 when it does not end. */
static size_t double_quoted(struct vf_buf *out, struct vf_slice text)
{
    size_t i = 1;
    while (i < text.n && text.p[i] != '"') {
        if (text.p[i] != '\\') {
            vf_buf_putc(out, text.p[i++]);
            continue;
        }
        size_t n = escape_get(out, text, i + 1);
        if (n == 0)
            return 0;
        i += 1 + n;
    }
    return i < text.n ? i + 1 : 0;
}

/* r#'...'# at text.p[0]; 0 when it is none. */
static size_t hash_quoted(struct vf_buf *out, struct vf_slice text)
{
    size_t hashes = 0;
    while (1 + hashes < text.n && text.p[1 + hashes] == '#')
        hashes++;
    size_t from = hashes + 2;
    if (hashes == 0 || from > text.n || text.p[from - 1] != '\'')
        return 0;
    struct vf_slice mark = vf_slice_sub(text, 1, 1 + hashes);
    for (size_t i = from; i < text.n; i++) {
        if (text.p[i] != '\'' || !vf_slice_starts(vf_slice_from(text, i + 1), mark))
            continue;
        vf_buf_put(out, vf_slice_sub(text, from, i));
        return i + 1 + hashes;
    }
    return 0;
}

static struct act_word decode_nu(struct vf_buf *out, struct vf_slice text)
{
    struct act_word w = {0};
    char c = text.n > 0 ? text.p[0] : '\0';
    if (c == '\'' || c == '`') {
        size_t end = vf_slice_find_byte(text, c, 1);
        vf_buf_put(out, vf_slice_sub(text, 1, end));
        w.used = end == VF_NPOS ? 0 : end + 1;
    } else if (c == '"') {
        w.used = double_quoted(out, text);
    } else if (c == 'r') {
        w.used = hash_quoted(out, text);
    }
    return w;
}

static void put_hashes(struct vf_buf *out, struct vf_slice value)
{
    size_t longest = 0;
    size_t run = 0;
    for (size_t i = 0; i < value.n; i++) {
        run = value.p[i] == '#' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    for (size_t i = 0; i <= longest; i++)
        vf_buf_putc(out, '#');
}

static void put_double(struct vf_buf *out, struct vf_slice value)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == '"' || c == '\\')
            vf_buf_putc(out, '\\');
        if (c == '\n' || c == '\r')
            vf_buf_puts(out, c == '\n' ? "\\n" : "\\r");
        else
            vf_buf_putc(out, c);
    }
}

static bool fits_single(struct vf_slice value)
{
    return vf_slice_find_byte(value, '\'', 0) == VF_NPOS && vf_slice_find_byte(value, '\n', 0) == VF_NPOS;
}

static void encode_nu(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    bool inner = (shape & ACT_INNER) != 0;
    unsigned quote = shape & ACT_QUOTE_MASK;
    if (quote == ACT_DQ) {
        vf_buf_puts(out, inner ? "" : "\"");
        put_double(out, value);
        vf_buf_puts(out, inner ? "" : "\"");
    } else if (quote == ACT_SQ && (inner || fits_single(value))) {
        vf_buf_puts(out, inner ? "" : "'");
        vf_buf_put(out, value);
        vf_buf_puts(out, inner ? "" : "'");
    } else {
        vf_buf_putc(out, 'r');
        put_hashes(out, value);
        vf_buf_putc(out, '\'');
        vf_buf_put(out, value);
        vf_buf_putc(out, '\'');
        put_hashes(out, value);
    }
}

static unsigned style_nu(struct vf_slice file, unsigned quote)
{
    if (act_contains(file, "let bin = r#"))
        return ACT_HASH;
    if (act_contains(file, "let bin = '") || act_contains(file, "const bin = '"))
        return ACT_SQ;
    return quote == ACT_BARE ? ACT_HASH : quote;
}

static const char *refuses_nu(struct vf_slice value, unsigned shape)
{
    if ((shape & ACT_INNER) && (shape & ACT_QUOTE_MASK) == ACT_SQ && !fits_single(value))
        return "a single quote or a line feed in its prompt";
    return act_refuses_bytes(value, shape);
}

static const uint16_t correct[] = {ACT_SQ, ACT_DQ, ACT_HASH, ACT_BARE};

static const struct act_shell nu = {
    .syntax = VF_SYN_ACTIVATE_NU,
    .forms = forms,
    .n_forms = VF_COUNT(forms),
    .decode = decode_nu,
    .encode = encode_nu,
    .style = style_nu,
    .refuses = refuses_nu,
    .correct = correct,
    .windows = true,
};

enum vf_status vf_read_ACTIVATE_NU(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    return act_read(&nu, src, out, err);
}

enum vf_status vf_write_ACTIVATE_NU(const struct vf_ref *ref, const struct vf_source *src,
                                    struct vf_slice path, const struct vf_write_ctx *target,
                                    struct vf_buf *out, struct vf_err *err)
{
    (void)src;
    (void)target;
    return act_write(&nu, ref, path, out, err);
}
