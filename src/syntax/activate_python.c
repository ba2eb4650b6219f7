/* Python literals in activate files: repr as virtualenv writes it, "..." and b"..." as uv does. */
#include "syntax/activate_python.h"

#include <string.h>

#include "base/escape.h"
#include "base/hex.h"

struct act_word act_python_word(struct vf_buf *out, struct vf_slice text)
{
    struct act_word w = {0};
    size_t n;
    if (text.n > 0 && strchr("'\"bBrRuU", text.p[0]) && vf_pystr_get(out, text, &n))
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

void act_python_put(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    unsigned quote = shape & ACT_QUOTE_MASK;
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
    return quote == ACT_DQ && act_contains(file, "# noqa: SIM222") ? ACT_DQ : ACT_REPR;
}

const uint16_t act_python_correct[] = {ACT_REPR, ACT_DQ, ACT_PYBYTES, ACT_BARE};
