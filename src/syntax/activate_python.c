/* Python literals in activate files: repr as virtualenv writes it, "..." and b"..." as uv does, and the
 * expressions that virtualenv writes since 21.15.9 where a literal would depend on xonsh's reading of the
 * file. */
#include "syntax/activate_python.h"

#include <string.h>

#include "base/escape.h"
#include "base/hex.h"

static const char bytes_lead[] = "__import__('builtins').bytes.fromhex('";
static const char chars_lead[] = "''.join(__import__('builtins').map(__import__('builtins').chr, (";

/* The bytes of bytes.fromhex('...'). False, and nothing in out: it is something else. */
static bool get_bytes(struct vf_buf *out, struct vf_slice text, size_t *used)
{
    size_t at = sizeof bytes_lead - 1, before = out->n;
    uint32_t byte;
    if (!vf_slice_starts(text, vf_slice_of(bytes_lead)))
        return false;
    for (; vf_hex_number(vf_slice_from(text, at), 2, &byte); at += 2)
        vf_buf_putc(out, (char)(unsigned char)byte);
    if (vf_slice_starts(vf_slice_from(text, at), VF_S("')"))) {
        *used = at + 2;
        return true;
    }
    out->n = before;
    return false;
}

/* One code point of the tuple, as the bytes that os.fsencode makes of it. */
static bool put_char(struct vf_buf *out, uint32_t c)
{
    if (c >= 0xDC80 && c <= 0xDCFF)
        vf_buf_putc(out, (char)(unsigned char)(c - 0xDC00));
    else if (c < 0x110000 && (c < 0xD800 || c > 0xDFFF))
        vf_utf8_put(out, c);
    else
        return false;
    return true;
}

/* The text of ''.join(map(chr, (...))). */
static bool get_chars(struct vf_buf *out, struct vf_slice text, size_t *used)
{
    size_t at = sizeof chars_lead - 1, before = out->n;
    bool good = vf_slice_starts(text, vf_slice_of(chars_lead));
    while (good && at < text.n && text.p[at] >= '0' && text.p[at] <= '9') {
        uint32_t c = 0;
        for (; at < text.n && text.p[at] >= '0' && text.p[at] <= '9' && c < 0x110000; at++)
            c = c * 10 + (uint32_t)(text.p[at] - '0');
        good = put_char(out, c);
        while (at < text.n && (text.p[at] == ',' || text.p[at] == ' '))
            at++;
    }
    if (good && vf_slice_starts(vf_slice_from(text, at), VF_S(")))"))) {
        *used = at + 3;
        return true;
    }
    out->n = before;
    return false;
}

struct act_word act_python_word(struct vf_buf *out, struct vf_slice text)
{
    struct act_word w = {0};
    size_t n;
    if (get_chars(out, text, &n) || get_bytes(out, text, &n))
        w.used = n;
    else if (text.n > 0 && strchr("'\"bBrRuU", text.p[0]) && vf_pystr_get(out, text, &n))
        w.used = n;
    return w;
}

/* Between double quotes: a str keeps what is UTF-8, bytes keep ASCII. */
static void put_double(struct vf_buf *out, struct vf_slice value, bool bytes)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == '"' || c == '\\')
            vf_buf_putc(out, '\\');
        if (((unsigned char)c >= 0x20 && (unsigned char)c < 0x7F) || (!bytes && (unsigned char)c >= 0x80)) {
            vf_buf_putc(out, c);
            continue;
        }
        vf_buf_puts(out, "\\x");
        vf_hex_number_put(out, (unsigned char)c, 2);
    }
}

/* Does xonsh read such a literal as it stands? */
static bool is_safe(struct vf_slice value)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < 0x20 || value.p[i] > 0x7E || strchr("'\\+~%$", value.p[i]))
            return false;
    return true;
}

static void put_chars(struct vf_buf *out, struct vf_slice value)
{
    vf_buf_puts(out, chars_lead);
    size_t count = 0;
    for (size_t i = 0; i < value.n; count++) {
        uint32_t c;
        size_t n = vf_utf8_decode(vf_slice_from(value, i), &c);
        if (n == 0)
            c = 0xDC00U + (unsigned char)value.p[i];
        i += n == 0 ? 1 : n;
        vf_buf_puts(out, count ? ", " : "");
        vf_buf_put_u64(out, c);
    }
    vf_buf_puts(out, count == 1 ? ",)))" : ")))");
}

static void put_call(struct vf_buf *out, struct vf_slice value, bool bytes)
{
    if (is_safe(value)) {
        vf_pyrepr_put(out, value);
    } else if (bytes && !act_is_ascii(value)) {
        vf_buf_puts(out, bytes_lead);
        for (size_t i = 0; i < value.n; i++)
            vf_hex_number_put(out, (unsigned char)value.p[i], 2);
        vf_buf_puts(out, "')");
    } else {
        put_chars(out, value);
    }
}

void act_python_put(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    unsigned quote = shape & ACT_QUOTE_MASK;
    if (quote == ACT_PYCALL) {
        put_call(out, value, (shape & ACT_FSPATH) != 0);
        return;
    }
    if (quote != ACT_PYBYTES && quote != ACT_DQ) {
        vf_pyrepr_put(out, value);
        return;
    }
    vf_buf_puts(out, quote == ACT_PYBYTES ? "b\"" : "\"");
    put_double(out, value, quote == ACT_PYBYTES);
    vf_buf_putc(out, '"');
}

/* uv, and virtualenv before 20.26.6, put the prompt between double quotes and mark the line for a linter. */
unsigned act_python_style(struct vf_slice file, unsigned quote)
{
    if (act_contains(file, "def _fs_path("))
        return ACT_PYCALL;
    return quote == ACT_DQ && act_contains(file, "# noqa: SIM222") ? ACT_DQ : ACT_REPR;
}

const uint16_t act_python_correct[] = {ACT_REPR, ACT_DQ, ACT_PYBYTES, ACT_PYCALL, ACT_BARE};
