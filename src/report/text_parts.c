/* text_parts.c: pieces that the text reports share. */
#include "report/text_parts.h"

#include <string.h>

#include "base/escape.h"

void vf_text_put(struct vf_buf *out, struct venvfix_bytes v)
{
    vf_term_put(out, (struct vf_slice){v.p, v.n});
}

void vf_text_put_word(struct vf_buf *out, struct vf_slice word)
{
    struct vf_buf w;
    vf_buf_init(&w);
    vf_shell_word_put(&w, word);
    vf_term_put(out, vf_buf_slice(&w));
    vf_buf_release(&w);
}

void vf_text_color(struct vf_buf *out, const struct vf_report_style *style, const char *code)
{
    if (style->color)
        vf_buf_printf(out, "\033[%sm", code);
}

const char *vf_text_level_color(enum venvfix_level level)
{
    static const char *const codes[] = {"2", "33", "31"};
    return codes[level];
}

void vf_text_pad(struct vf_buf *out, size_t from, size_t width)
{
    size_t used = out->n - from;
    do
        vf_buf_putc(out, ' ');
    while (++used < width);
}

void vf_text_put_count(struct vf_buf *out, uint64_t n, const char *one, const char *many)
{
    vf_buf_printf(out, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

void vf_text_put_label(struct vf_buf *out, const char *label)
{
    size_t from = out->n;
    vf_buf_puts(out, label);
    vf_text_pad(out, from, 11);
}

void vf_term_put_lines(struct vf_buf *out, struct vf_slice text)
{
    struct vf_slice line;
    while (vf_slice_next_line(&text, &line)) {
        vf_term_put(out, line);
        vf_buf_putc(out, '\n');
    }
}
