/* text_pack.c: lock bundles, for people: what `pack` made, what `check` thinks of one. */
#include "report/text_parts.h"

static void put_contents(struct vf_buf *out, const struct venvfix_change_result *r)
{
    size_t original = 0, modified = 0;
    for (size_t i = 0; i < r->n_requirements; i++) {
        original += r->requirements[i].how == VENVFIX_INSTALLED;
        modified += r->requirements[i].modified;
    }
    size_t made = r->n_requirements - original;
    vf_text_put_label(out, "wheels");
    if (made > 0 || original == 0)
        vf_buf_printf(out, "%zu rebuilt from installed files", made);
    if (original > 0)
        vf_buf_printf(out, "%s%zu original", made > 0 ? ", " : "", original);
    if (modified > 0)
        vf_buf_printf(out, ", %zu with files that differ from RECORD", modified);
    if (r->n_carried > 0) {
        vf_buf_puts(out, ", ");
        vf_text_put_count(out, r->n_carried, "file from no package", "files from no package");
    }
    vf_buf_putc(out, '\n');
}

void vf_text_pack(struct vf_buf *out, const struct vf_report *report, const struct vf_report_style *st)
{
    const struct venvfix_change_result *r = report->change;
    if (st->quiet)
        return;
    put_contents(out, r);
    vf_text_put_label(out, "packed");
    vf_text_put(out, r->from);
    vf_buf_puts(out, " into ");
    vf_text_put(out, r->to);
    vf_buf_printf(out, ", %.1f MB in %.1f s\n", (double)r->bytes / 1e6, r->plan_s + r->stage_s);
    vf_text_put_label(out, "sha256");
    vf_text_put(out, r->sha256);
    vf_buf_putc(out, '\n');
    if (r->warnings.n == 0)
        return;
    vf_buf_puts(out, "\nNote:\n");
    vf_text_findings(out, &r->warnings, st);
}

void vf_text_packed(struct vf_buf *out, const struct venvfix_change_result *r,
                    const struct vf_report_style *st)
{
    if (!r->bundle.p || st->quiet)
        return;
    vf_text_put_label(out, "bundle");
    vf_text_put(out, r->bundle);
    vf_buf_putc(out, '\n');
    vf_text_put_label(out, "sha256");
    vf_text_put(out, r->bundle_sha256);
    vf_buf_putc(out, '\n');
}

void vf_text_bundle(struct vf_buf *out, const struct venvfix_check_result *r,
                    const struct vf_report_style *st)
{
    bool complete = r->errors == 0 && r->warnings == 0;
    if (!st->quiet) {
        vf_text_put(out, r->path);
        vf_buf_printf(out, ": lock bundle for %s ", venvfix_implementation_name(r->implementation));
        vf_text_put(out, r->python);
        vf_buf_puts(out, ", ");
        vf_text_put_count(out, r->distributions, "package", "packages");
        vf_buf_puts(out, ", ");
        vf_text_put_count(out, r->files, "member", "members");
        vf_buf_puts(out, "\n\n");
    }
    if (r->findings.n > 0 && !(st->quiet && complete)) {
        vf_text_findings(out, &r->findings, st);
        vf_buf_putc(out, '\n');
    }
    if (!st->quiet)
        vf_buf_printf(out, "Complete for its target   %s\n", complete ? "yes" : "no");
}
