/* markdown.c: a summary for job pages (GitHub flavoured Markdown). A step summary holds 1 MiB: rows beyond a
 * budget are counted instead. Names and values stand in <code> elements, whose text is escaped. */
#include "report/location.h"
#include "report/markup.h"

#define ROWS_BYTES 900000u /* of all tables together */

static void put_code(struct vf_buf *out, struct vf_slice text)
{
    vf_buf_puts(out, "<code>");
    vf_markup_put_cell(out, text);
    vf_buf_puts(out, "</code>");
}

void vf_markdown_begin(struct vf_buf *out, struct vf_checks *c)
{
    (void)c;
    vf_buf_puts(out, "## venvfix\n\n");
}

static void put_row(struct vf_buf *out, const struct vf_checked *one, const struct venvfix_finding *f)
{
    struct vf_buf where = {0};
    vf_location_put(&where, one, f);
    if (f->line > 0)
        vf_buf_printf(&where, ":%lld", (long long)f->line);
    vf_buf_printf(out, "| %s | %s %s | ", venvfix_level_name(f->level), f->rule, f->name);
    put_code(out, vf_buf_slice(&where));
    vf_buf_puts(out, " | ");
    vf_markup_put_cell(out, (struct vf_slice){f->message.p, f->message.n});
    if (f->value.p && f->value.n > 0) {
        vf_buf_puts(out, ": ");
        put_code(out, (struct vf_slice){f->value.p, f->value.n});
    }
    if (f->count > 1)
        vf_buf_printf(out, " (%u times)", f->count);
    vf_buf_puts(out, " |\n");
    vf_buf_release(&where);
}

static void put_answer(struct vf_buf *out, const struct venvfix_check_result *r)
{
    if (r->bundle)
        vf_buf_puts(out, r->exit ? "is not complete for its target" : "is complete for its target");
    else if (vf_report_unknown(r))
        vf_buf_puts(out, r->at.p ? "may not work at " : "may not work where it is");
    else if (r->at.p)
        vf_buf_puts(out, r->sound ? "would work at " : "would not work at ");
    else
        vf_buf_puts(out, r->sound ? "works where it is" : "does not work where it is");
    if (!r->bundle && r->at.p)
        put_code(out, (struct vf_slice){r->at.p, r->at.n});
}

static void put_rows(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one)
{
    const struct venvfix_findings *fs = &one->result->findings;
    struct vf_buf row = {0};
    uint64_t left_out = 0;
    vf_buf_puts(out, "| Level | Rule | File | Finding |\n|---|---|---|---|\n");
    for (int level = VENVFIX_LEVEL_ERROR; level >= VENVFIX_LEVEL_INFO; level--)
        for (size_t i = 0; i < fs->n; i++) {
            if ((int)fs->v[i].level != level || fs->v[i].suppressed)
                continue;
            vf_buf_clear(&row);
            put_row(&row, one, &fs->v[i]);
            if (c->shown[0] + row.n > ROWS_BYTES) {
                left_out++;
                continue;
            }
            c->shown[0] += row.n;
            vf_buf_put(out, vf_buf_slice(&row));
        }
    vf_buf_putc(out, '\n');
    if (left_out > 0)
        vf_buf_printf(out, "%llu more findings are left out here.\n\n", (unsigned long long)left_out);
    out->failed = out->failed || row.failed;
    vf_buf_release(&row);
}

void vf_markdown_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one)
{
    const struct venvfix_check_result *r = one->result;
    if (r->error.code) {
        struct vf_buf text = {0};
        vf_error_put_text(&text, &r->error);
        vf_buf_puts(out, "**Could not be checked:** ");
        put_code(out, vf_buf_slice(&text));
        vf_buf_puts(out, "\n\n");
        vf_buf_release(&text);
        return;
    }
    put_code(out, (struct vf_slice){r->path.p, r->path.n});
    vf_buf_puts(out, " **");
    put_answer(out, r);
    vf_buf_printf(out, "**: %u errors, %u warnings, %u of level info", r->errors, r->warnings, r->infos);
    if (r->suppressed > 0)
        vf_buf_printf(out, ", %u in the baseline", r->suppressed);
    vf_buf_puts(out, "\n\n");
    if (r->findings.n > r->suppressed)
        put_rows(out, c, one);
}

void vf_markdown_end(struct vf_buf *out, struct vf_checks *c)
{
    if (c->several)
        vf_buf_printf(out, "%llu environments: %llu fine, %llu with problems, %llu could not be examined\n",
                      (unsigned long long)c->environments, (unsigned long long)c->sound,
                      (unsigned long long)c->unsound, (unsigned long long)c->unreadable);
}

void vf_markdown_error(struct vf_buf *out, const struct venvfix_error *e)
{
    struct vf_buf text = {0};
    vf_error_put_text(&text, e);
    vf_markdown_begin(out, NULL);
    vf_buf_puts(out, "**Could not be checked:** ");
    put_code(out, vf_buf_slice(&text));
    vf_buf_puts(out, "\n");
    vf_buf_release(&text);
}
