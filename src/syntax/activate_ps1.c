/* activate.ps1 for PowerShell. docs/formats.md 3.2, 3.5, 3.6.
 *
 * Only venv before 3.8 wrote a path into it. All later files find their own place, and official builds sign
 * them: in such a file there is nothing to refer to and never anything to edit, prompts included. */
#include "syntax/activate.h"

#define ROOT VF_ROLE_ENV_ROOT

static const struct act_form forms[] = {
    {"$env:VIRTUAL_ENV=", "\n", ROOT, 0, 0, "VIRTUAL_ENV"},
};

/* Bytes of a quote at text.p[i] that PowerShell takes for `'` (U+2018 to U+201B count) or `"` (U+201C to
 * U+201E); else 0. */
static size_t quote_at(struct vf_slice text, size_t i, char quote)
{
    if (i < text.n && text.p[i] == quote)
        return 1;
    struct vf_slice s = vf_slice_from(text, i);
    if (s.n < 3 || !vf_slice_starts(s, VF_S("\xE2\x80")))
        return 0;
    unsigned char c = (unsigned char)s.p[2];
    if (quote == '\'')
        return c >= 0x98 && c <= 0x9B ? 3 : 0;
    return c >= 0x9C && c <= 0x9E ? 3 : 0;
}

static struct act_word decode_ps1(struct vf_buf *out, struct vf_slice text)
{
    struct act_word w = {0};
    char quote = text.n > 0 ? text.p[0] : '\0';
    if (quote != '\'' && quote != '"')
        return w;
    for (size_t i = 1; i < text.n;) {
        size_t n = quote_at(text, i, quote);
        if (n > 0 && quote_at(text, i + n, quote) == 0) {
            w.used = i + n;
            return w;
        }
        i += n;
        if (n == 0 && quote == '"' && text.p[i] == '`' && i + 1 < text.n)
            i++;
        else if (n == 0 && quote == '"' && text.p[i] == '$')
            w.dynamic = true;
        n = n > 0 ? quote_at(text, i, quote) : 1;
        vf_buf_put(out, vf_slice_sub(text, i, i + n));
        i += n;
    }
    return w;
}

static bool fits_double(struct vf_slice value)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] == '`' || value.p[i] == '$' || quote_at(value, i, '"') > 0)
            return false;
    return true;
}

static void encode_ps1(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    bool dq = (shape & ACT_QUOTE_MASK) == ACT_DQ && fits_double(value);
    vf_buf_putc(out, dq ? '"' : '\'');
    for (size_t i = 0; i < value.n; i++) {
        size_t n = dq ? 0 : quote_at(value, i, '\'');
        if (n > 0)
            vf_buf_put(out, vf_slice_sub(value, i, i + n));
        vf_buf_put(out, vf_slice_sub(value, i, i + (n > 0 ? n : 1)));
        i += n > 1 ? n - 1 : 0;
    }
    vf_buf_putc(out, dq ? '"' : '\'');
}

/* The one writer that puts a path here writes double quotes. */
static unsigned style_ps1(struct vf_slice file, unsigned quote)
{
    (void)file;
    (void)quote;
    return ACT_DQ;
}

static const uint16_t correct[] = {ACT_SQ, ACT_DQ, ACT_BARE};

static const struct act_shell ps1 = {
    .syntax = VF_SYN_ACTIVATE_PS1,
    .forms = forms,
    .n_forms = VF_COUNT(forms),
    .decode = decode_ps1,
    .encode = encode_ps1,
    .style = style_ps1,
    .refuses = act_refuses_bytes,
    .correct = correct,
    .windows = true,
    .may_lack = true,
};

enum vf_status vf_read_ACTIVATE_PS1(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    return act_read(&ps1, src, out, err);
}

enum vf_status vf_write_ACTIVATE_PS1(const struct vf_ref *ref, const struct vf_source *src,
                                     struct vf_slice path, const struct vf_write_ctx *target,
                                     struct vf_buf *out, struct vf_err *err)
{
    (void)src;
    (void)target;
    return act_write(&ps1, ref, path, out, err);
}
