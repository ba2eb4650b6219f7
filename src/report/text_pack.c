/* text_pack.c: lock bundles, for people: what `pack` made, what `check` thinks of one. */
#include "base/escape.h"
#include "report/report.h"

static void put(struct vf_buf *out, struct venvfix_bytes b)
{
    vf_term_put(out, (struct vf_slice){b.p, b.n});
}

static void put_count(struct vf_buf *out, size_t n, const char *what, const char *many)
{
    vf_buf_printf(out, "%zu %s", n, n == 1 ? what : many);
}

static void put_contents(struct vf_buf *out, const struct venvfix_change_result *r)
{
    size_t original = 0, modified = 0;
    for (size_t i = 0; i < r->n_requirements; i++) {
        original += r->requirements[i].how[0] == 'i';
        modified += r->requirements[i].modified;
    }
    size_t made = r->n_requirements - original;
    vf_buf_puts(out, "wheels   ");
    if (made > 0 || original == 0)
        vf_buf_printf(out, "%zu made of installed files", made);
    if (original > 0)
        vf_buf_printf(out, "%s%zu original", made > 0 ? " \xC2\xB7 " : "", original);
    if (modified > 0)
        vf_buf_printf(out, " \xC2\xB7 %zu with files that are not what RECORD says", modified);
    if (r->n_carried > 0) {
        vf_buf_puts(out, " \xC2\xB7 ");
        put_count(out, r->n_carried, "file that nobody owns carried", "files that nobody owns carried");
    }
    vf_buf_putc(out, '\n');
}

void vf_text_pack(struct vf_buf *out, const struct vf_report *report, const struct vf_report_style *st)
{
    const struct venvfix_change_result *r = report->change;
    if (st->quiet)
        return;
    put_contents(out, r);
    vf_buf_puts(out, "packed   ");
    put(out, r->from);
    vf_buf_puts(out, " -> ");
    put(out, r->to);
    vf_buf_printf(out, ", %.1f MB in %.1f s\nsha256   ", (double)r->bytes / 1e6, r->plan_s + r->stage_s);
    put(out, r->sha256);
    vf_buf_putc(out, '\n');
    if (r->warnings.n == 0)
        return;
    vf_buf_puts(out, "\nworth knowing:\n");
    vf_text_findings(out, &r->warnings, st);
}

void vf_text_packed(struct vf_buf *out, const struct venvfix_change_result *r,
                    const struct vf_report_style *st)
{
    if (!r->bundle.p || st->quiet)
        return;
    vf_buf_puts(out, "bundle   ");
    put(out, r->bundle);
    vf_buf_puts(out, "\nsha256   ");
    put(out, r->bundle_sha256);
    vf_buf_putc(out, '\n');
}

void vf_text_bundle(struct vf_buf *out, const struct venvfix_check_result *r,
                    const struct vf_report_style *st)
{
    bool complete = r->errors == 0 && r->warnings == 0;
    if (!st->quiet) {
        put(out, r->path);
        vf_buf_printf(out, "   lock bundle for %s ", r->implementation);
        put(out, r->python);
        vf_buf_puts(out, " \xC2\xB7 ");
        put_count(out, r->distributions, "distribution", "distributions");
        vf_buf_puts(out, " \xC2\xB7 ");
        put_count(out, r->files, "member", "members");
        vf_buf_puts(out, "\n\n");
    }
    if (r->findings.n > 0 && !(st->quiet && complete)) {
        vf_text_findings(out, &r->findings, st);
        vf_buf_putc(out, '\n');
    }
    if (!st->quiet)
        vf_buf_printf(out, "complete for its target   %s\n", complete ? "yes" : "no");
}
