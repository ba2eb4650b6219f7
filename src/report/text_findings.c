/* text_findings.c: findings for people: worst first, one line for each kind; with --verbose each on lines of
 * its own. */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "report/text_parts.h"

#define NAMES_SHOWN 4u   /* files of a group that are named */
#define VALUE_SHOWN 200u /* bytes of a value; a longer one is left to --verbose */

/* Findings of one rule, verdict and level, with a message that begins with the rule's words, or with one
 * message. */
struct group {
    const struct venvfix_finding *first;
    size_t n;        /* findings */
    uint64_t count;  /* what they stand for */
    bool same_value; /* all of them found the same */
    bool same_message, words_of_rule;
    size_t files; /* different ones, as far as they follow each other */
    const struct venvfix_finding *last, *shown[NAMES_SHOWN];
    size_t n_shown;
};

static bool same_bytes(struct venvfix_bytes a, struct venvfix_bytes b)
{
    return a.n == b.n && (a.n == 0 || !memcmp(a.p, b.p, a.n));
}

static int by_weight(const void *pa, const void *pb)
{
    const struct group *a = pa, *b = pb;
    if (a->first->level != b->first->level)
        return a->first->level > b->first->level ? -1 : 1;
    int d = strcmp(a->first->rule, b->first->rule);
    return d ? d : (int)a->first->verdict - (int)b->first->verdict;
}

/* Of these the message says what is missing: each has a line of its own. */
static bool is_listed_alone(const struct venvfix_finding *f)
{
    return !strncmp(f->rule, "VF61", 4) || !strcmp(f->rule, "VF551") || !strcmp(f->rule, "VF553");
}

/* The rule's words, and perhaps more about the one finding. */
static bool has_words_of_rule(const struct venvfix_finding *f)
{
    const struct venvfix_rule *rule = venvfix_rule_find(f->rule);
    return !rule || vf_slice_starts((struct vf_slice){f->message.p, f->message.n}, vf_slice_of(rule->what));
}

static bool belongs(const struct group *g, const struct venvfix_finding *b, bool words_of_rule)
{
    const struct venvfix_finding *a = g->first;
    if (is_listed_alone(a) && a != b)
        return false;
    if (g->words_of_rule != words_of_rule || (!words_of_rule && !same_bytes(a->message, b->message)))
        return false;
    return a->level == b->level && a->verdict == b->verdict && !strcmp(a->rule, b->rule);
}

/* What a line of several names: the file, or the distribution that a list is compared with. */
static struct venvfix_bytes subject(const struct venvfix_finding *f)
{
    return !strncmp(f->rule, "VF57", 4) && f->distribution.p ? f->distribution : f->path;
}

static void add_to_group(struct group *g, const struct venvfix_finding *f)
{
    g->n++;
    g->count += f->count;
    g->same_value = g->same_value && same_bytes(f->value, g->first->value);
    g->same_message = g->same_message && same_bytes(f->message, g->first->message);
    if (g->last && same_bytes(subject(g->last), subject(f)))
        return;
    g->last = f;
    g->files++;
    if (g->n_shown < NAMES_SHOWN)
        g->shown[g->n_shown++] = f;
}

/* There are as many groups as there are kinds of findings: a few dozen. */
static struct group *make_groups(const struct venvfix_findings *fs, size_t *n)
{
    struct group *g = calloc(fs->n + 1, sizeof *g);
    *n = 0;
    for (size_t i = 0; g && i < fs->n; i++) {
        size_t k = 0;
        if (fs->v[i].suppressed)
            continue;
        bool words = has_words_of_rule(&fs->v[i]);
        while (k < *n && !belongs(&g[k], &fs->v[i], words))
            k++;
        if (k == *n)
            g[(*n)++] = (struct group){
                .first = &fs->v[i], .same_value = true, .same_message = true, .words_of_rule = words};
        add_to_group(&g[k], &fs->v[i]);
    }
    if (g && *n > 1)
        qsort(g, *n, sizeof *g, by_weight);
    return g;
}

static void put_level(struct vf_buf *out, enum venvfix_level level, const struct vf_report_style *st)
{
    static const char *const padded[] = {"info     ", "warning  ", "error    "};
    vf_text_color(out, st, vf_text_level_color(level));
    vf_buf_puts(out, padded[level]);
    vf_text_color(out, st, "0");
}

static void put_rule(struct vf_buf *out, const struct venvfix_finding *f)
{
    size_t from = out->n;
    vf_buf_printf(out, "%s %s", f->rule, f->name);
    vf_text_pad(out, from, 24);
}

static void put_value(struct vf_buf *out, struct venvfix_bytes value)
{
    if (!value.p || value.n == 0 || value.n >= VALUE_SHOWN)
        return;
    vf_buf_puts(out, ": ");
    vf_text_put(out, value);
}

static void put_where(struct vf_buf *out, const struct venvfix_finding *f)
{
    if (f->path.n == 1 && f->path.p[0] == '.')
        return; /* the whole environment */
    vf_text_put(out, f->path);
    if (f->line >= 0)
        vf_buf_printf(out, ":%lld", (long long)f->line);
    vf_buf_puts(out, ": ");
}

/* What a finding counts: files of the environment, rows of a RECORD, or references of a file. */
static const char *counted(const struct venvfix_finding *f)
{
    struct vf_slice path = {f->path.p, f->path.n};
    if (vf_slice_eq(path, VF_S(".")))
        return "files";
    return vf_slice_eq(vf_path_base(path), VF_S("RECORD")) ? "rows" : "times";
}

static void put_single(struct vf_buf *out, const struct venvfix_finding *f)
{
    put_where(out, f);
    vf_text_put(out, f->message);
    put_value(out, f->value);
    if (f->count > 1)
        vf_buf_printf(out, " (%u %s)", f->count, counted(f));
}

void vf_text_finding_line(struct vf_buf *out, const struct venvfix_finding *f)
{
    vf_buf_printf(out, "%s ", f->rule);
    put_single(out, f);
}

static void put_several(struct vf_buf *out, const struct group *g)
{
    const struct venvfix_rule *rule = venvfix_rule_find(g->first->rule);
    for (size_t i = 0; i < g->n_shown; i++) {
        vf_buf_puts(out, i ? ", " : "");
        vf_text_put(out, subject(g->shown[i]));
    }
    if (g->files > g->n_shown)
        vf_buf_printf(out, " and %zu more", g->files - g->n_shown);
    if (g->count > g->files)
        vf_buf_printf(out, " (%llu times)", (unsigned long long)g->count);
    vf_buf_puts(out, ": ");
    if (g->same_message)
        vf_text_put(out, g->first->message);
    else
        vf_buf_puts(out, rule ? rule->what : g->first->name);
    if (g->same_value)
        put_value(out, g->first->value);
}

static void put_group(struct vf_buf *out, const struct group *g, const struct vf_report_style *st)
{
    put_level(out, g->first->level, st);
    put_rule(out, g->first);
    if (g->n == 1)
        put_single(out, g->first);
    else
        put_several(out, g);
    vf_buf_putc(out, '\n');
}

static void put_detail(struct vf_buf *out, const char *label, struct venvfix_bytes value)
{
    if (!value.p)
        return;
    vf_buf_printf(out, "           %-12s ", label);
    vf_text_put(out, value);
    vf_buf_putc(out, '\n');
}

static void put_finding(struct vf_buf *out, const struct venvfix_finding *f, const struct vf_report_style *st)
{
    put_level(out, f->level, st);
    put_rule(out, f);
    put_where(out, f);
    vf_text_put(out, f->message);
    vf_buf_putc(out, '\n');
    put_detail(out, "found", f->value);
    put_detail(out, "expected", f->expected);
    if (!same_bytes(f->target, f->value))
        put_detail(out, "leads to", f->target);
    put_detail(out, "package", f->distribution);
    if (f->offset >= 0)
        vf_buf_printf(out, "           %-12s %lld\n", "byte", (long long)f->offset);
    if (f->count > 1)
        vf_buf_printf(out, "           %-12s %u\n", counted(f), f->count);
}

void vf_text_findings(struct vf_buf *out, const struct venvfix_findings *fs, const struct vf_report_style *st)
{
    if (st->verbose) {
        for (size_t i = 0; i < fs->n; i++)
            if (!fs->v[i].suppressed)
                put_finding(out, &fs->v[i], st);
        return;
    }
    size_t n;
    struct group *g = make_groups(fs, &n);
    if (!g)
        out->failed = true;
    for (size_t i = 0; g && i < n; i++)
        if (!st->quiet || g[i].first->level == VENVFIX_LEVEL_ERROR)
            put_group(out, &g[i], st);
    free(g);
}

void vf_text_unwritten(struct vf_buf *out, const struct venvfix_findings *fs,
                       const struct vf_report_style *st)
{
    struct vf_report_style each = *st;
    each.verbose = true;
    vf_text_findings(out, fs, &each);
}
