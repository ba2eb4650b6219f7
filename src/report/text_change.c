/* text_change.c: recreate, move and fix for people: what was done, what was verified, what was left. In a dry
 * run what would be done: nothing is verified then but the plan. */
#include <string.h>

#include "base/escape.h"
#include "report/text_parts.h"

static double seconds(const struct venvfix_change_result *r)
{
    const double parts[] = {r->plan_s, r->stage_s, r->prove_s, r->commit_s, r->retire_s};
    double sum = 0;
    for (size_t i = 0; i < VF_COUNT(parts); i++)
        sum += parts[i] > 0 ? parts[i] : 0;
    return sum;
}

/* An error that remains is no success: exit code 1. */
static const char *done_word(const struct venvfix_change_result *r)
{
    switch (r->verb) {
    case VENVFIX_MOVE:
        return r->dry_run ? "would move" : "moved";
    case VENVFIX_FIX:
        if (r->undone)
            return r->dry_run ? "would undo" : "undone";
        if (r->dry_run)
            return "would fix";
        if (!r->exit)
            return "fixed";
        return r->n_edits ? "fixed in part" : "not fixed";
    case VENVFIX_RECREATE:
    case VENVFIX_PACK:
        break;
    }
    return r->dry_run ? "would create" : "created";
}

static void put_paths(struct vf_buf *out, const struct venvfix_change_result *r)
{
    if (r->verb == VENVFIX_RECREATE) {
        vf_text_put(out, r->to);
        vf_buf_puts(out, " from ");
        vf_text_put(out, r->from);
        return;
    }
    vf_text_put(out, r->from);
    if (r->verb != VENVFIX_MOVE)
        return;
    vf_buf_puts(out, " to ");
    vf_text_put(out, r->to);
}

static void put_separator(struct vf_buf *out, bool *first)
{
    vf_buf_puts(out, *first ? ": " : ", ");
    *first = false;
}

static uint64_t references(const struct venvfix_change_result *r)
{
    uint64_t n = 0;
    for (size_t i = 0; i < r->n_edits; i++)
        n += r->edits[i].count;
    return n;
}

/* Counts of what a reader sees; those that are 0 are left out. */
static void put_reused_counts(struct vf_buf *out, const struct venvfix_change_result *r)
{
    bool first = true;
    if (r->n_edits > 0) {
        put_separator(out, &first);
        vf_text_put_count(out, references(r), "reference", "references");
        vf_buf_puts(out, r->dry_run ? " to rewrite in " : " rewritten in ");
        vf_text_put_count(out, r->n_edits, "file", "files");
    }
    if (r->n_carried > 0 && r->verb != VENVFIX_FIX) {
        put_separator(out, &first);
        vf_text_put_count(out, r->n_carried, "file from no package kept", "files from no package kept");
    }
}

/* How many came from where, in the order in which they are first met. */
static void put_origins(struct vf_buf *out, const struct venvfix_change_result *r)
{
    size_t counts[VENVFIX_ORIGIN_ENVIRONMENT + 1] = {0};
    enum venvfix_origin order[VENVFIX_ORIGIN_ENVIRONMENT + 1];
    size_t n = 0;
    for (size_t i = 0; i < r->n_requirements; i++) {
        enum venvfix_origin o = r->requirements[i].origin;
        if (counts[o]++ == 0)
            order[n++] = o;
    }
    bool first = true;
    for (size_t k = 0; k < n; k++) {
        const char *name = venvfix_origin_name(order[k]);
        if (!name)
            continue;
        vf_buf_printf(out, "%s%zu from %s", first ? " (" : ", ", counts[order[k]], name);
        first = false;
    }
    vf_buf_puts(out, first ? "" : ")");
}

static void put_installed_counts(struct vf_buf *out, const struct venvfix_change_result *r)
{
    vf_buf_puts(out, ": ");
    vf_text_put_count(out, r->n_requirements, "package", "packages");
    put_origins(out, r);
    if (r->n_carried > 0) {
        vf_buf_puts(out, ", ");
        vf_text_put_count(out, r->n_carried, "file that no wheel has", "files that no wheel has");
    }
    vf_buf_puts(out, ", Python ");
    vf_text_put(out, r->python);
    vf_buf_puts(out, " from ");
    vf_text_put(out, r->interpreter);
}

static void put_done(struct vf_buf *out, const struct venvfix_change_result *r)
{
    if (r->verb == VENVFIX_FIX && r->n_edits == 0 && r->exit == 0 && !r->resumed && !r->undone) {
        vf_buf_puts(out, "nothing to fix in ");
        put_paths(out, r);
        vf_buf_putc(out, '\n');
        return;
    }
    vf_text_put_label(out, done_word(r));
    put_paths(out, r);
    if (!r->dry_run)
        vf_buf_printf(out, " in %.1f s", seconds(r));
    if (r->undone)
        vf_buf_printf(out, ": %zu file%s as before", r->n_edits, r->n_edits == 1 ? "" : "s");
    else if (r->recreated)
        put_installed_counts(out, r);
    else if (!r->resumed)
        put_reused_counts(out, r);
    vf_buf_putc(out, '\n');
}

static void put_interpreter(struct vf_buf *out, const struct venvfix_change_result *r)
{
    if (r->proof_packages == 0) {
        vf_buf_puts(out, "; but Python does not find ");
        vf_text_put(out, r->not_found);
        return;
    }
    if (r->proof_interpreter != 1) {
        vf_buf_puts(out, "; Python could not be started here");
        return;
    }
    vf_buf_puts(out, ", Python starts");
    if (r->proof_imports == 1)
        vf_buf_puts(out, " and imports every top-level module");
    else if (r->proof_packages == 1)
        vf_buf_puts(out, " and finds its packages");
}

static void put_verified(struct vf_buf *out, const struct venvfix_change_result *r)
{
    bool untouched = r->verb == VENVFIX_FIX && r->n_edits == 0;
    if (r->dry_run || untouched)
        return;
    vf_text_put_label(out, "verified");
    vf_buf_puts(out, r->recreated ? "the packages asked for, RECORD matches"
                                  : "no old paths left, same packages, RECORD matches");
    put_interpreter(out, r);
    vf_buf_putc(out, '\n');
}

/* recreate ENV for another interpreter: which packages come from another wheel than before. */
static void put_replaced(struct vf_buf *out, const struct venvfix_change_result *r)
{
    for (size_t i = 0; r->recreated && i < r->n_requirements; i++) {
        const struct venvfix_requirement *q = &r->requirements[i];
        if (!q->was.p && !q->modified)
            continue;
        vf_text_put_label(out, "changed");
        vf_text_put(out, q->requirement);
        if (q->was.p) {
            vf_buf_puts(out, ": ");
            vf_text_put(out, q->was);
            vf_buf_puts(out, " becomes ");
            vf_text_put(out, q->wheel);
        } else {
            vf_buf_puts(out, ": files that were changed by hand are copied as they are");
        }
        vf_buf_putc(out, '\n');
    }
}

static const char *explain_not_kept(const char *what)
{
    if (strcmp(what, "capability") == 0)
        return "file capabilities, which this user or file system cannot set";
    if (strcmp(what, "hardlink") == 0)
        return "it was one file with another name in the environment, and is a file of its own now";
    if (strcmp(what, "time") == 0)
        return "the directory's modification time, which an interrupted run had changed";
    return "extended attributes, which this user or file system cannot set";
}

/* A few by name. */
static void put_not_kept(struct vf_buf *out, const struct venvfix_change_result *r)
{
    enum { SHOWN = 5 };
    for (size_t i = 0; i < r->n_not_kept && i < SHOWN; i++) {
        vf_text_put_label(out, "not kept");
        vf_text_put(out, r->not_kept[i].path);
        vf_buf_printf(out, ": %s\n", explain_not_kept(r->not_kept[i].what));
    }
    if (r->n_not_kept > SHOWN) {
        vf_text_put_label(out, "not kept");
        vf_buf_printf(out, "the same of %zu more\n", r->n_not_kept - SHOWN);
    }
}

static void put_left(struct vf_buf *out, const struct venvfix_change_result *r,
                     const struct vf_report_style *st)
{
    if (r->warnings.n == 0)
        return;
    vf_buf_puts(out, r->dry_run ? "\nWould be left as it is:\n" : "\nLeft as it is:\n");
    vf_text_findings(out, &r->warnings, st);
}

void vf_text_change(struct vf_buf *out, const struct vf_report *report, const struct vf_report_style *st)
{
    const struct venvfix_change_result *r = report->change;
    if (r->dry_run && st->terminal)
        vf_term_put_lines(out, (struct vf_slice){r->diff.p, r->diff.n});
    else if (r->dry_run)
        vf_buf_put(out, (struct vf_slice){r->diff.p, r->diff.n});
    if (st->quiet && !r->exit)
        return;
    if (r->resumed)
        vf_buf_puts(out, "finished what an interrupted run had begun\n");
    put_replaced(out, r);
    put_done(out, r);
    if (!r->resumed)
        put_verified(out, r);
    put_not_kept(out, r);
    put_left(out, r, st);
    vf_text_packed(out, r, st);
}
