/* text_rules.c: errors, and the rules of `venvfix explain`, for people. */
#include <string.h>

#include "base/escape.h"
#include "report/text_parts.h"

void vf_text_error(struct vf_buf *out, const struct venvfix_error *e, const struct vf_report_style *st)
{
    vf_buf_puts(out, "venvfix: ");
    vf_text_color(out, st, "31");
    vf_buf_puts(out, "error");
    vf_text_color(out, st, "0");
    vf_buf_puts(out, ": ");
    if (!strcmp(e->code, "usage")) {
        vf_text_put(out, e->message);
        vf_buf_putc(out, '\n');
        return;
    }
    vf_buf_printf(out, "cannot %s", e->operation);
    if (e->path.p) {
        vf_buf_puts(out, " '");
        vf_text_put(out, e->path);
        vf_buf_putc(out, '\'');
    }
    vf_buf_puts(out, ": ");
    vf_text_put(out, e->message);
    vf_buf_putc(out, '\n');
}

static const char *how_fixed(enum venvfix_how_fixed fix)
{
    switch (fix) {
    case VENVFIX_BY_REWRITE:
        return "`venvfix fix` and `venvfix move` rewrite it";
    case VENVFIX_BY_REINSTALL:
        return "reinstall the package";
    case VENVFIX_BY_HAND:
        return "by hand";
    case VENVFIX_NOT_FIXED:
        break;
    }
    return "venvfix changes nothing about it";
}

void vf_text_rule(struct vf_buf *out, const struct venvfix_rule *r, const struct vf_report_style *st)
{
    vf_text_color(out, st, "1");
    vf_buf_printf(out, "%s %s", r->id, r->name);
    vf_text_color(out, st, "0");
    vf_buf_printf(out, " (%s, usually %s)\n\n%s.\n\n", venvfix_verdict_name(r->verdict),
                  venvfix_level_name(r->level), r->what);
    vf_buf_printf(out, "Why      %s\nRepair   %s\nFix      %s\n", r->why, r->how, how_fixed(r->fix));
}

void vf_text_rules(struct vf_buf *out, const struct vf_report_style *st)
{
    (void)st;
    for (size_t i = 0; i < venvfix_rule_count(); i++) {
        const struct venvfix_rule *r = venvfix_rule_at(i);
        size_t from = out->n;
        vf_buf_printf(out, "%s %s", r->id, r->name);
        vf_text_pad(out, from, 32);
        from = out->n;
        vf_buf_puts(out, venvfix_level_name(r->level));
        vf_text_pad(out, from, 9);
        vf_buf_printf(out, "%s\n", r->what);
    }
}
