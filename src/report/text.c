/* text.c: reports for people: worst first, one line a kind of finding, the answers last, each with the
 * command that helps. Foreign names are escaped before they reach a terminal. */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/path.h"

#define NAMES_SHOWN 4u

static void put(struct vf_buf *out, struct venvfix_bytes v)
{
    vf_term_put(out, (struct vf_slice){v.p, v.n});
}

static void color(struct vf_buf *out, const struct vf_report_style *st, const char *code)
{
    if (st->color)
        vf_buf_printf(out, "\033[%sm", code);
}

static const char *level_color(const char *level)
{
    return !strcmp(level, "error") ? "31" : !strcmp(level, "warning") ? "33" : "2";
}

static void pad(struct vf_buf *out, size_t from, size_t width)
{
    size_t used = out->n - from;
    do
        vf_buf_putc(out, ' ');
    while (++used < width);
}

/* As a word that can be pasted into a shell: quoted where needed; control bytes make it escaped for the eye
 * only. */
static void put_word(struct vf_buf *out, struct vf_slice word)
{
    struct vf_buf w;
    vf_buf_init(&w);
    vf_shell_word_put(&w, word);
    vf_term_put(out, vf_buf_slice(&w));
    vf_buf_release(&w);
}

/* ---- groups: findings of one rule, verdict and level ---- */

struct group {
    const struct venvfix_finding *first;
    size_t n; /* findings */
    uint64_t count;
};

static int rank(const struct venvfix_finding *f)
{
    return !strcmp(f->level, "error") ? 0 : !strcmp(f->level, "warning") ? 1 : 2;
}

static int by_weight(const void *pa, const void *pb)
{
    const struct group *a = pa, *b = pb;
    int d = rank(a->first) - rank(b->first);
    if (!d)
        d = strcmp(a->first->rule, b->first->rule);
    return d ? d : strcmp(a->first->verdict, b->first->verdict);
}

static bool same_kind(const struct venvfix_finding *a, const struct venvfix_finding *b)
{
    return !strcmp(a->rule, b->rule) && !strcmp(a->level, b->level) && !strcmp(a->verdict, b->verdict);
}

static struct group *make_groups(const struct venvfix_findings *fs, size_t *n)
{
    struct group *g = calloc(fs->n + 1, sizeof *g);
    *n = 0;
    for (size_t i = 0; g && i < fs->n; i++) {
        size_t k = 0;
        while (k < *n && !same_kind(g[k].first, &fs->v[i]))
            k++;
        if (k == *n)
            g[(*n)++] = (struct group){.first = &fs->v[i]};
        g[k].n++;
        g[k].count += fs->v[i].count;
    }
    if (g && *n > 1)
        qsort(g, *n, sizeof *g, by_weight);
    return g;
}

static void put_place(struct vf_buf *out, const struct venvfix_finding *f)
{
    put(out, f->path);
    if (f->line >= 0)
        vf_buf_printf(out, ":%lld", (long long)f->line);
}

/* The different files of a group, a few of them by name. */
static void put_files(struct vf_buf *out, const struct venvfix_findings *fs, const struct group *g)
{
    size_t shown = 0, files = 0;
    struct venvfix_bytes last = {NULL, 0};
    for (size_t i = 0; i < fs->n; i++) {
        const struct venvfix_finding *f = &fs->v[i];
        if (!same_kind(f, g->first) || (last.p && last.n == f->path.n && !memcmp(last.p, f->path.p, last.n)))
            continue;
        last = f->path;
        files++;
        if (shown >= NAMES_SHOWN)
            continue;
        shown++;
        vf_buf_puts(out, shown == 1 ? ": " : " ");
        put(out, f->path);
    }
    if (files > shown)
        vf_buf_printf(out, " and %zu more", files - shown);
}

static void put_group(struct vf_buf *out, const struct venvfix_findings *fs, const struct group *g,
                      const struct vf_report_style *st)
{
    const struct venvfix_finding *f = g->first;
    size_t from = out->n;
    color(out, st, level_color(f->level));
    vf_buf_puts(out, f->level);
    color(out, st, "0");
    size_t invisible = st->color ? 9 : 0;
    pad(out, from, 9 + (st->color ? invisible - (strcmp(f->level, "info") ? 0 : 1) : 0));
    from = out->n;
    vf_buf_puts(out, f->verdict);
    pad(out, from, 13);
    vf_buf_printf(out, "%s %s  ", f->rule, f->name);
    if (g->n == 1) {
        put_place(out, f);
        vf_buf_puts(out, "  ");
        put(out, f->message);
        if (f->value.p && f->value.n && f->value.n < 200) {
            vf_buf_puts(out, ": ");
            put(out, f->value);
        }
    } else {
        const struct venvfix_rule *rule = venvfix_rule_find(f->rule);
        vf_buf_printf(out, "%zu times: %s", g->n, rule ? rule->what : f->name);
        put_files(out, fs, g);
    }
    vf_buf_putc(out, '\n');
}

static void put_finding(struct vf_buf *out, const struct venvfix_finding *f, const struct vf_report_style *st)
{
    color(out, st, level_color(f->level));
    vf_buf_puts(out, f->level);
    color(out, st, "0");
    vf_buf_printf(out, "  %s  %s %s  ", f->verdict, f->rule, f->name);
    put_place(out, f);
    if (f->offset >= 0)
        vf_buf_printf(out, " (byte %lld)", (long long)f->offset);
    if (f->distribution.p) {
        vf_buf_puts(out, " [");
        put(out, f->distribution);
        vf_buf_putc(out, ']');
    }
    vf_buf_puts(out, "  ");
    put(out, f->message);
    if (f->value.p) {
        vf_buf_puts(out, "\n         found     ");
        put(out, f->value);
    }
    if (f->expected.p) {
        vf_buf_puts(out, "\n         expected  ");
        put(out, f->expected);
    }
    if (f->count > 1)
        vf_buf_printf(out, "\n         %u times in this file", f->count);
    vf_buf_putc(out, '\n');
}

static void put_findings(struct vf_buf *out, const struct venvfix_findings *fs,
                         const struct vf_report_style *st)
{
    if (st->verbose) {
        for (size_t i = 0; i < fs->n; i++)
            put_finding(out, &fs->v[i], st);
        return;
    }
    size_t n;
    struct group *g = make_groups(fs, &n);
    for (size_t i = 0; g && i < n; i++)
        if (!st->quiet || rank(g[i].first) == 0)
            put_group(out, fs, &g[i], st);
    free(g);
}

/* ---- check ---- */

static uint64_t count_hard(const struct venvfix_findings *fs, const char *verdict)
{
    uint64_t n = 0;
    for (size_t i = 0; i < fs->n; i++)
        n += !strcmp(fs->v[i].verdict, verdict) && strcmp(fs->v[i].level, "info");
    return n;
}

static uint64_t count_unsound(const struct venvfix_findings *fs)
{
    uint64_t n = 0;
    for (size_t i = 0; i < fs->n; i++) {
        const struct venvfix_finding *f = &fs->v[i];
        n += !strcmp(f->level, "error") && (!strcmp(f->verdict, "broken") || !strcmp(f->verdict, "astray") ||
                                            !strcmp(f->verdict, "tampered"));
    }
    return n;
}

static void put_head(struct vf_buf *out, const struct venvfix_check_result *r,
                     const struct vf_report_style *st)
{
    color(out, st, "1");
    put(out, r->path);
    color(out, st, "0");
    vf_buf_puts(out, "   ");
    vf_buf_puts(out, r->implementation && !strcmp(r->implementation, "pypy") ? "PyPy" : "CPython");
    if (r->python.p) {
        vf_buf_putc(out, ' ');
        put(out, r->python);
    }
    if (r->base.p) {
        vf_buf_puts(out, " on ");
        put(out, r->base);
    }
    vf_buf_printf(out, " \xC2\xB7 %llu distribution%s \xC2\xB7 %llu files",
                  (unsigned long long)r->distributions, r->distributions == 1 ? "" : "s",
                  (unsigned long long)r->files);
    if (r->at.p) {
        vf_buf_puts(out, " \xC2\xB7 judged for ");
        put(out, r->at);
    }
    vf_buf_puts(out, "\n\n");
}

static void put_answer(struct vf_buf *out, const char *question, const char *answer,
                       const struct vf_report_style *st, bool good)
{
    size_t from = out->n;
    vf_buf_puts(out, question);
    pad(out, from, 21);
    color(out, st, good ? "32" : "31");
    vf_buf_puts(out, answer);
    color(out, st, "0");
}

static void put_command(struct vf_buf *out, const char *verb, const char *env, const char *rest)
{
    vf_buf_printf(out, "   venvfix %s ", verb);
    put_word(out, vf_slice_of(env));
    vf_buf_puts(out, rest);
}

static bool same_bytes(struct venvfix_bytes a, struct venvfix_bytes b)
{
    return vf_slice_eq((struct vf_slice){a.p, a.n}, (struct vf_slice){b.p, b.n});
}

/* Findings that no edit of the environment mends: it needs another interpreter. */
static bool needs_interpreter(const struct venvfix_finding *fi)
{
    static const char *const rules[] = {"VF102", "VF103", "VF104", "VF120", "VF127", "VF128",
                                        "VF130", "VF131", "VF132", "VF133", "VF134"};
    for (size_t i = 0; i < VF_COUNT(rules); i++)
        if (!strcmp(fi->rule, rules[i]))
            return strcmp(fi->level, "info") != 0 && strcmp(fi->fix, "rewrite") != 0;
    return false;
}

/* The minor version that the packages are for, "3.12"; empty when it is not known. */
static struct vf_slice minor_version(const struct venvfix_check_result *r)
{
    struct vf_slice v = {r->python.p, r->python.n};
    size_t dot = vf_slice_find_byte(v, '.', 0);
    dot = dot == VF_NPOS ? dot : vf_slice_find_byte(v, '.', dot + 1);
    return vf_slice_sub(v, 0, dot == VF_NPOS ? v.n : dot);
}

/* The command that mends what makes the environment unsound; nothing where none does. */
static void put_next(struct vf_buf *out, const struct venvfix_check_result *r, const char *env)
{
    bool elsewhere = r->at.p && !same_bytes(r->at, r->path) && !same_bytes(r->at, r->resolved);
    bool interpreter = false, rewrite = false;
    for (size_t i = 0; i < r->findings.n; i++) {
        const struct venvfix_finding *fi = &r->findings.v[i];
        interpreter = interpreter || needs_interpreter(fi);
        rewrite = rewrite || (!strcmp(fi->fix, "rewrite") && !strcmp(fi->level, "error"));
    }
    struct vf_slice minor = minor_version(r);
    if (interpreter) {
        vf_buf_puts(out, "   venvfix recreate --python ");
        vf_buf_put(out, minor.n ? minor : VF_S("PATH"));
        vf_buf_putc(out, ' ');
        put_word(out, vf_slice_of(env));
        vf_buf_puts(out, elsewhere ? " " : " NEW");
    } else if (rewrite) {
        put_command(out, elsewhere ? "move" : "fix", env, elsewhere ? " " : "");
    }
    if (elsewhere && (interpreter || rewrite))
        put_word(out, (struct vf_slice){r->at.p, r->at.n});
}

static void put_answers(struct vf_buf *out, const struct venvfix_check_result *r,
                        const struct vf_report_style *st, const char *env)
{
    uint64_t wrong = count_unsound(&r->findings), bound = count_hard(&r->findings, "bound"),
             unseen = count_hard(&r->findings, "unexamined"), host = count_hard(&r->findings, "host");
    put_answer(out, r->at.p ? "would work there" : "works here", r->sound ? "yes" : "no", st, r->sound);
    if (!r->sound) {
        vf_buf_printf(out, "   %llu thing%s broken or reach%s elsewhere", (unsigned long long)wrong,
                      wrong == 1 ? " is" : "s are", wrong == 1 ? "es" : "");
        put_next(out, r, env);
    }
    vf_buf_putc(out, '\n');
    if (r->movable >= 0) {
        put_answer(out, "can be moved by mv", r->movable ? "yes" : "no", st, r->movable);
        if (!r->movable && bound) {
            vf_buf_printf(out, "   %llu name%s this place", (unsigned long long)bound, bound == 1 ? "s" : "");
            put_command(out, "move", env, " NEW");
        }
        if (unseen)
            vf_buf_printf(out, "   %llu could not be examined", (unsigned long long)unseen);
        vf_buf_putc(out, '\n');
    }
    put_answer(out, "needs from outside", "", st, true);
    if (r->self_contained)
        vf_buf_puts(out, "only its base interpreter\n");
    else
        vf_buf_printf(out, "%llu more than its base interpreter (host, above)\n", (unsigned long long)host);
}

/* When nothing but `bound` made it fail, a gate asks another question. */
static void put_hint(struct vf_buf *out, const struct venvfix_check_result *r, const char *env)
{
    bool only_bound = r->exit == 1 && !r->at.p;
    for (size_t i = 0; i < r->findings.n && only_bound; i++)
        only_bound = !strcmp(r->findings.v[i].level, "info") || !strcmp(r->findings.v[i].verdict, "bound");
    if (!only_bound)
        return;
    vf_buf_puts(out, "\nThis is normal for an environment that is not to be moved. Is it sound where it "
                     "stands:  venvfix check --at ");
    put_word(out, vf_slice_of(env));
    vf_buf_putc(out, ' ');
    put_word(out, vf_slice_of(env));
    vf_buf_putc(out, '\n');
}

void vf_text_check(struct vf_buf *out, const struct vf_report *report, const struct vf_report_style *st)
{
    const struct venvfix_check_result *r = report->check;
    if (r->bundle) {
        vf_text_bundle(out, r, st);
        return;
    }
    if (!st->quiet)
        put_head(out, r, st);
    put_findings(out, &r->findings, st);
    if (st->quiet)
        return;
    if (r->findings.n)
        vf_buf_putc(out, '\n');
    put_answers(out, r, st, report->env);
    put_hint(out, r, report->env);
}

/* ---- recreate, move, fix ---- */

void vf_term_put_lines(struct vf_buf *out, struct vf_slice text)
{
    struct vf_slice line;
    while (vf_slice_next_line(&text, &line)) {
        vf_term_put(out, line);
        vf_buf_putc(out, '\n');
    }
}

static uint64_t edited_files(const struct venvfix_change_result *r, uint64_t *refs)
{
    *refs = 0;
    for (size_t i = 0; i < r->n_edits; i++)
        *refs += r->edits[i].count;
    return r->n_edits;
}

static void put_proof(struct vf_buf *out, const struct venvfix_change_result *r)
{
    vf_buf_puts(out, "proved   no edited reference names another place \xC2\xB7 the same frozen list "
                     "\xC2\xB7 RECORD true");
    if (r->proof_packages == 0) {
        vf_buf_puts(out, " \xC2\xB7 the interpreter does not find ");
        put(out, r->not_found);
    } else if (r->proof_packages == 1) {
        vf_buf_puts(out, " \xC2\xB7 the interpreter starts there and finds its packages");
    } else if (r->proof_interpreter == 1)
        vf_buf_puts(out, " \xC2\xB7 the interpreter starts there");
    else if (!r->dry_run)
        vf_buf_puts(out, " \xC2\xB7 the interpreter could not be tried here");
    if (r->proof_imports == 1)
        vf_buf_puts(out, " \xC2\xB7 every top-level module was imported");
    vf_buf_putc(out, '\n');
}

/* How many came from where, in the order in which they are first met. */
static void put_origins(struct vf_buf *out, const struct venvfix_change_result *r)
{
    const char *names[8];
    size_t counts[8], n = 0;
    for (size_t i = 0; i < r->n_requirements; i++) {
        size_t k = 0;
        const char *o = r->requirements[i].origin ? r->requirements[i].origin : "";
        while (k < n && strcmp(names[k], o))
            k++;
        if (k == n && n < VF_COUNT(names)) {
            names[n] = o;
            counts[n++] = 0;
        }
        if (k < n)
            counts[k]++;
    }
    for (size_t k = 0; k < n; k++)
        vf_buf_printf(out, "%s%zu %s", k ? ", " : " (", counts[k], names[k]);
    vf_buf_puts(out, n ? ")" : "");
}

static void put_plan_anew(struct vf_buf *out, const struct venvfix_change_result *r)
{
    vf_buf_printf(out, "plan     %zu distribution%s installed", r->n_requirements,
                  r->n_requirements == 1 ? "" : "s");
    put_origins(out, r);
    vf_buf_puts(out, " \xC2\xB7 Python ");
    put(out, r->python);
    vf_buf_puts(out, " of ");
    put(out, r->interpreter);
    if (r->n_carried)
        vf_buf_printf(out, " \xC2\xB7 %zu file%s that no wheel brings", r->n_carried,
                      r->n_carried == 1 ? "" : "s");
    vf_buf_putc(out, '\n');
    for (size_t i = 0; i < r->n_requirements; i++) {
        const struct venvfix_requirement *q = &r->requirements[i];
        if (!q->was.p && !q->modified)
            continue;
        vf_buf_puts(out, "changed  ");
        put(out, q->requirement);
        if (q->was.p) {
            vf_buf_puts(out, ": ");
            put(out, q->was);
            vf_buf_puts(out, " -> ");
            put(out, q->wheel);
        } else {
            vf_buf_puts(out, ": has files that are not what its wheel had; they were carried as they are");
        }
        vf_buf_putc(out, '\n');
    }
}

/* An error that remains is no success: exit code 1. */
static const char *done_word(const struct venvfix_change_result *r)
{
    if (!strcmp(r->verb, "move"))
        return "moved";
    if (strcmp(r->verb, "fix") != 0)
        return "made";
    if (!r->exit)
        return "fixed";
    return r->n_edits ? "fixed in part" : "not fixed";
}

static void put_done(struct vf_buf *out, const struct venvfix_change_result *r)
{
    double s = r->plan_s + r->prove_s + (r->stage_s > 0 ? r->stage_s : 0) +
               (r->commit_s > 0 ? r->commit_s : 0) + (r->retire_s > 0 ? r->retire_s : 0);
    const char *word = done_word(r);
    size_t from = out->n;
    vf_buf_puts(out, r->dry_run ? "would be" : word);
    pad(out, from, 9);
    put(out, r->from);
    if (strcmp(r->verb, "fix")) {
        vf_buf_puts(out, " -> ");
        put(out, r->to);
    }
    if (!r->dry_run)
        vf_buf_printf(out, " in %.1f s", s);
    vf_buf_putc(out, '\n');
}

static void put_left(struct vf_buf *out, const struct venvfix_change_result *r,
                     const struct vf_report_style *st)
{
    if (!r->warnings.n)
        return;
    vf_buf_puts(out, "\nleft as it is:\n");
    put_findings(out, &r->warnings, st);
}

static void put_change(struct vf_buf *out, const struct venvfix_change_result *r,
                       const struct vf_report_style *st)
{
    if (r->dry_run)
        vf_term_put_lines(out, (struct vf_slice){r->diff.p, r->diff.n});
    if (st->quiet && !r->exit)
        return;
    if (r->resumed) {
        vf_buf_puts(out, "finished what an earlier run had begun\n");
        put_done(out, r);
        return;
    }
    if (r->recreated) {
        put_plan_anew(out, r);
        put_done(out, r);
        if (!r->dry_run)
            put_proof(out, r);
        put_left(out, r, st);
        return;
    }
    uint64_t refs, files = edited_files(r, &refs);
    size_t dists = 0;
    for (size_t i = 0; i < r->n_requirements; i++)
        dists += r->requirements[i].requirement.p != NULL;
    vf_buf_printf(out, "plan     %zu distribution%s reused \xC2\xB7 %llu edit%s in %llu file%s", dists,
                  dists == 1 ? "" : "s", (unsigned long long)refs, refs == 1 ? "" : "s",
                  (unsigned long long)files, files == 1 ? "" : "s");
    if (strcmp(r->verb, "fix"))
        vf_buf_printf(out, " \xC2\xB7 %zu file%s that nobody owns carried", r->n_carried,
                      r->n_carried == 1 ? "" : "s");
    vf_buf_putc(out, '\n');
    put_done(out, r);
    put_proof(out, r);
    put_left(out, r, st);
}

void vf_text_change(struct vf_buf *out, const struct vf_report *report, const struct vf_report_style *st)
{
    put_change(out, report->change, st);
    vf_text_packed(out, report->change, st);
}

void vf_text_findings(struct vf_buf *out, const struct venvfix_findings *fs, const struct vf_report_style *st)
{
    put_findings(out, fs, st);
}

void vf_text_unwritten(struct vf_buf *out, const struct venvfix_findings *fs,
                       const struct vf_report_style *st)
{
    struct vf_report_style each = *st;
    each.verbose = true;
    put_findings(out, fs, &each);
}

/* ---- errors and rules ---- */

void vf_text_error(struct vf_buf *out, const struct venvfix_error *e, const struct vf_report_style *st)
{
    vf_buf_puts(out, "venvfix: ");
    color(out, st, "31");
    vf_buf_puts(out, "error");
    color(out, st, "0");
    vf_buf_puts(out, ": ");
    if (!strcmp(e->code, "usage")) {
        put(out, e->message);
        vf_buf_putc(out, '\n');
        return;
    }
    vf_buf_printf(out, "cannot %s", e->operation);
    if (e->path.p) {
        vf_buf_puts(out, " '");
        put(out, e->path);
        vf_buf_putc(out, '\'');
    }
    vf_buf_puts(out, ": ");
    put(out, e->message);
    vf_buf_putc(out, '\n');
}

void vf_text_rule(struct vf_buf *out, const struct venvfix_rule *r, const struct vf_report_style *st)
{
    color(out, st, "1");
    vf_buf_printf(out, "%s %s", r->id, r->name);
    color(out, st, "0");
    vf_buf_printf(out, "   %s, usually %s\n\n%s.\n\nWhy   %s\nHelp  %s\n", r->verdict, r->level, r->what,
                  r->why, r->how);
    vf_buf_printf(out, "Fix   %s\n",
                  !strcmp(r->fix, "rewrite")     ? "`venvfix fix` and `venvfix move` rewrite it"
                  : !strcmp(r->fix, "reinstall") ? "by reinstalling the distribution"
                  : !strcmp(r->fix, "manual")    ? "by hand"
                                                 : "nothing to be done by venvfix");
}

void vf_text_rules(struct vf_buf *out, const struct vf_report_style *st)
{
    (void)st;
    for (size_t i = 0; i < venvfix_rule_count(); i++) {
        const struct venvfix_rule *r = venvfix_rule_at(i);
        size_t from = out->n;
        vf_buf_printf(out, "%s %s", r->id, r->name);
        pad(out, from, 30);
        from = out->n;
        vf_buf_puts(out, r->verdict);
        pad(out, from, 13);
        vf_buf_printf(out, "%s\n", r->what);
    }
}
