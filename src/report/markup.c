/* markup.c: foreign text inside XML, HTML and Markdown. */
#include "report/markup.h"

#include <string.h>

#include "base/escape.h"

/* XML 1.0, production 2 (Char), without line feed and tab, which are written as references. */
static bool is_xml_char(uint32_t cp)
{
    return (cp >= 0x20 && cp <= 0xD7FF && cp != 0x7F && !(cp >= 0x80 && cp <= 0x9F)) ||
           (cp >= 0xE000 && cp <= 0xFFFD) || (cp >= 0x10000 && cp <= 0x10FFFF);
}

/* Characters that change the direction of text around them (Unicode, UAX 9). */
static bool is_bidi_control(uint32_t cp)
{
    return cp == 0x061C || cp == 0x200E || cp == 0x200F || (cp >= 0x202A && cp <= 0x202E) ||
           (cp >= 0x2066 && cp <= 0x2069);
}

static void put_escaped(struct vf_buf *out, struct vf_slice text, const char *special)
{
    for (size_t i = 0; i < text.n;) {
        uint32_t cp;
        size_t n = vf_utf8_decode(vf_slice_from(text, i), &cp);
        if (n == 0) {
            vf_buf_printf(out, "\\x%02x", (unsigned char)text.p[i]);
            n = 1;
        } else if (cp == '\n' || cp == '\t' || (cp != 0 && cp < 0x80 && strchr(special, (int)cp))) {
            vf_buf_printf(out, "&#%u;", (unsigned)cp);
        } else if (!is_xml_char(cp) || is_bidi_control(cp)) {
            vf_buf_printf(out, cp < 0x100 ? "\\x%02x" : "\\u{%x}", (unsigned)cp);
        } else {
            vf_buf_put(out, vf_slice_sub(text, i, i + n));
        }
        i += n;
    }
}

void vf_markup_put(struct vf_buf *out, struct vf_slice text)
{
    put_escaped(out, text, "&<>\"'");
}

void vf_markup_put_cell(struct vf_buf *out, struct vf_slice text)
{
    struct vf_slice line;
    bool first = true;
    while (vf_slice_next_line(&text, &line)) { /* a line feed would end the row, also as a reference */
        if (!first)
            vf_buf_puts(out, "\\n");
        put_escaped(out, line, "&<>\"'|`*_[]\\~#@:!");
        first = false;
    }
}

void vf_finding_put_text(struct vf_buf *out, const struct venvfix_finding *f)
{
    vf_buf_put(out, (struct vf_slice){f->message.p, f->message.n});
    if (f->value.p && f->value.n > 0) {
        vf_buf_puts(out, ": ");
        vf_buf_put(out, (struct vf_slice){f->value.p, f->value.n});
    }
    if (f->expected.p && f->expected.n > 0) {
        vf_buf_puts(out, " (expected ");
        vf_buf_put(out, (struct vf_slice){f->expected.p, f->expected.n});
        vf_buf_putc(out, ')');
    }
}

bool vf_finding_fails(const struct venvfix_check_result *r, const struct venvfix_finding *f)
{
    if (f->suppressed)
        return false;
    switch (r->fail_on) {
    case VENVFIX_FAIL_ERROR:
        return f->level == VENVFIX_LEVEL_ERROR;
    case VENVFIX_FAIL_WARNING:
        return f->level != VENVFIX_LEVEL_INFO;
    case VENVFIX_FAIL_INFO:
        return true;
    case VENVFIX_FAIL_NEVER:
        break;
    }
    return false;
}

void vf_error_put_text(struct vf_buf *out, const struct venvfix_error *e)
{
    struct vf_buf b = {0};
    vf_text_error(&b, e, &(struct vf_report_style){0});
    struct vf_slice text = vf_buf_slice(&b);
    while (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    vf_buf_put(out, text);
    out->failed = out->failed || b.failed;
    vf_buf_release(&b);
}
