/* text_check.c: a check for people: the answer first, then the findings, then what each question comes to and
 * the command that helps. */
#include <string.h>

#include "report/text_parts.h"

/* What the findings come to, at warning and above. */
struct sums {
    uint64_t wrong;      /* broken, reaching another environment, tampered with: at error */
    uint64_t repairable; /* of these, what `fix` and `move` rewrite */
    uint64_t bound_files;
    uint64_t
        partly; /* broken or reaching another environment, at warning: it starts, but not all of it works */
    uint64_t unseen;
    uint64_t host;
    bool only_bound; /* nothing but path-dependent references is at warning or above */
};

static bool same_bytes(struct venvfix_bytes a, struct venvfix_bytes b)
{
    return vf_slice_eq((struct vf_slice){a.p, a.n}, (struct vf_slice){b.p, b.n});
}

static bool is_wrong(const struct venvfix_finding *f)
{
    return f->level == VENVFIX_LEVEL_ERROR &&
           (f->verdict == VENVFIX_BROKEN || f->verdict == VENVFIX_ASTRAY || f->verdict == VENVFIX_TAMPERED);
}

static bool is_partly_wrong(const struct venvfix_finding *f)
{
    return f->level == VENVFIX_LEVEL_WARNING &&
           (f->verdict == VENVFIX_BROKEN || f->verdict == VENVFIX_ASTRAY);
}

static struct sums add_up(const struct venvfix_findings *fs)
{
    struct sums s = {.only_bound = true};
    struct venvfix_bytes last = {NULL, 0};
    for (size_t i = 0; i < fs->n; i++) {
        const struct venvfix_finding *f = &fs->v[i];
        if (f->level == VENVFIX_LEVEL_INFO || f->suppressed)
            continue;
        s.wrong += is_wrong(f) ? f->count : 0;
        s.repairable += is_wrong(f) && f->fix == VENVFIX_BY_REWRITE ? f->count : 0;
        s.partly += is_partly_wrong(f) ? f->count : 0;
        s.unseen += f->verdict == VENVFIX_UNEXAMINED;
        s.host += f->verdict == VENVFIX_HOST;
        if (f->verdict != VENVFIX_BOUND) {
            s.only_bound = false;
            continue;
        }
        s.bound_files += !last.p || !same_bytes(last, f->path);
        last = f->path;
    }
    return s;
}

static bool is_elsewhere(const struct venvfix_check_result *r)
{
    return r->at.p && !same_bytes(r->at, r->path) && !same_bytes(r->at, r->resolved);
}

/* It was checked for another Python or platform than those of this host. */
static bool has_target(const struct venvfix_check_result *r)
{
    return r->target_python.p || r->target_platform.p || r->target_glibc.p;
}

static void put_unknown(struct vf_buf *out, uint64_t paths)
{
    vf_buf_puts(out, " (");
    vf_text_put_count(out, paths, "path could not be examined)", "paths could not be examined)");
}

static void put_answer_line(struct vf_buf *out, const struct venvfix_check_result *r, const struct sums *s,
                            const struct vf_report_style *st)
{
    vf_text_color(out, st, "1");
    vf_text_put(out, r->path);
    if (r->member.n > 0) {
        vf_buf_puts(out, ": ");
        vf_text_put(out, r->member);
    }
    vf_text_color(out, st, "0");
    vf_buf_puts(out, ": ");
    uint64_t unknown = vf_report_unknown(r);
    vf_text_color(out, st, r->sound && !unknown ? "32" : "31");
    if (unknown)
        vf_buf_puts(out, "it is not known whether it ");
    if (is_elsewhere(r)) {
        vf_buf_puts(out, r->sound ? "would work at " : "would not work at ");
        vf_text_put(out, r->at);
    } else if (has_target(r)) {
        vf_buf_puts(out, r->sound ? "would work on the target" : "would not work on the target");
    } else {
        vf_buf_puts(out, r->sound ? "works here" : "does not work here");
    }
    vf_text_color(out, st, "0");
    if (unknown) {
        put_unknown(out, unknown);
    } else if (!r->sound) {
        vf_buf_puts(out, " (");
        vf_text_put_count(out, s->wrong, "problem", "problems");
        vf_buf_putc(out, ')');
    } else if (r->exit == 1 && !s->only_bound) {
        vf_buf_puts(out, ", with ");
        if (r->errors)
            vf_text_put_count(out, r->errors, "error", "errors");
        if (r->errors && r->warnings)
            vf_buf_puts(out, " and ");
        if (r->warnings || !r->errors)
            vf_text_put_count(out, r->warnings, "warning", "warnings");
    }
    vf_buf_putc(out, '\n');
}

static void put_target(struct vf_buf *out, const struct venvfix_check_result *r)
{
    const struct {
        struct venvfix_bytes value;
        const char *words;
    } parts[] = {{r->target_python, "Python "},
                 {r->target_platform, "platform "},
                 {r->target_glibc, "glibc "},
                 {r->target_user, "user "}};
    bool any = false;
    for (size_t i = 0; i < VF_COUNT(parts); i++)
        if (parts[i].value.p) {
            vf_buf_puts(out, any ? ", " : "\nchecked for ");
            vf_buf_puts(out, parts[i].words);
            vf_text_put(out, parts[i].value);
            any = true;
        }
    if (has_target(r) && !r->target_root.p)
        vf_buf_puts(out, "; nothing of this host was taken into account");
}

static void put_facts(struct vf_buf *out, const struct venvfix_check_result *r)
{
    vf_buf_puts(out, r->implementation == VENVFIX_PYPY ? "PyPy" : "CPython");
    if (r->python.p) {
        vf_buf_putc(out, ' ');
        vf_text_put(out, r->python);
    }
    if (r->base.p) {
        vf_buf_puts(out, " from ");
        vf_text_put(out, r->base);
    }
    vf_buf_puts(out, ", ");
    vf_text_put_count(out, r->distributions, "package", "packages");
    vf_buf_puts(out, ", ");
    vf_text_put_count(out, r->files, "file", "files");
    if (r->target_root.p) {
        vf_buf_puts(out, "\nchecked for ");
        vf_text_put(out, r->at);
        vf_buf_puts(out, " in the image ");
        vf_text_put(out, r->target_root);
    }
    put_target(out, r);
    vf_buf_puts(out, "\n\n");
}

static void put_question(struct vf_buf *out, const char *question, const struct vf_report_style *st,
                         int answer)
{
    size_t from = out->n;
    vf_buf_puts(out, question);
    vf_text_pad(out, from, 23);
    if (answer < 0)
        return;
    vf_text_color(out, st, answer ? "32" : "31");
    vf_buf_puts(out, answer ? "yes" : "no");
    vf_text_color(out, st, "0");
}

static void put_command(struct vf_buf *out, const char *verb, const char *env, struct venvfix_bytes at)
{
    vf_buf_printf(out, "   venvfix %s ", verb);
    vf_text_put_word(out, vf_slice_of(env));
    if (at.p) {
        vf_buf_putc(out, ' ');
        vf_text_put_word(out, (struct vf_slice){at.p, at.n});
    }
}

/* Findings that no edit of the environment repairs: it needs another interpreter. */
static bool needs_interpreter(const struct venvfix_finding *f)
{
    static const char *const rules[] = {"VF120", "VF127", "VF128", "VF130",
                                        "VF131", "VF132", "VF133", "VF134"};
    for (size_t i = 0; i < VF_COUNT(rules); i++)
        if (!strcmp(f->rule, rules[i]))
            return f->level != VENVFIX_LEVEL_INFO && f->fix != VENVFIX_BY_REWRITE;
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

static void put_recreate(struct vf_buf *out, const struct venvfix_check_result *r, const char *env,
                         struct venvfix_bytes at)
{
    struct vf_slice minor = minor_version(r);
    vf_buf_puts(out, "   venvfix recreate --python ");
    vf_buf_put(out, minor.n ? minor : VF_S("PATH"));
    vf_buf_putc(out, ' ');
    vf_text_put_word(out, vf_slice_of(env));
    vf_buf_putc(out, ' ');
    vf_text_put_word(out, at.p ? (struct vf_slice){at.p, at.n} : VF_S("NEW"));
}

static bool lacks_base(const struct venvfix_check_result *r)
{
    for (size_t i = 0; i < r->findings.n; i++)
        if (!strcmp(r->findings.v[i].rule, "VF102") || !strcmp(r->findings.v[i].rule, "VF104"))
            return minor_version(r).n > 0;
    return false;
}

static void put_argv(struct vf_buf *out, const struct venvfix_command *c)
{
    for (size_t i = 0; i < c->n; i++) {
        vf_buf_putc(out, ' ');
        vf_text_put_word(out, (struct vf_slice){c->argv[i].p, c->argv[i].n});
    }
}

static void put_check_root(struct vf_buf *out, const struct venvfix_check_result *r, const char *env)
{
    vf_buf_puts(out, "   for the image that it is in: venvfix check --root ");
    vf_text_put_word(out, (struct vf_slice){r->image_root.p, r->image_root.n});
    vf_buf_putc(out, ' ');
    vf_text_put_word(out, vf_slice_of(env));
}

/* The commands that repair what makes the environment unsound; nothing where none does. */
static void put_next(struct vf_buf *out, const struct venvfix_check_result *r, const struct sums *s,
                     const char *env)
{
    if (r->image_root.p && !r->n_next) {
        put_check_root(out, r, env);
        return;
    }
    if (r->windows) {
        vf_buf_puts(out, "   use it on Windows, or recreate it");
        return;
    }
    if (r->target_root.p || r->member.p || has_target(r)) /* the commands change environments of this host */
        return;
    struct venvfix_bytes at = is_elsewhere(r) ? r->at : (struct venvfix_bytes){NULL, 0};
    if (r->n_next == 1) {
        vf_buf_puts(out, "  ");
        put_argv(out, r->next);
        if (r->next->repairs == s->wrong)
            vf_buf_puts(out, s->wrong == 1 ? " repairs it" : " repairs them");
        else
            vf_buf_printf(out, " repairs %lu", (unsigned long)r->next->repairs);
        return;
    }
    for (size_t i = 0; i < r->n_next; i++) {
        vf_buf_puts(out, i ? "\n                       or"
                           : "  one of these repairs it:\n                         ");
        put_argv(out, &r->next[i]);
    }
    if (!r->n_next && lacks_base(r)) {
        vf_buf_puts(out, "   no Python ");
        vf_buf_put(out, minor_version(r));
        vf_buf_puts(out, " was found here: install it again");
        return;
    }
    for (size_t i = 0; !r->n_next && i < r->findings.n; i++)
        if (needs_interpreter(&r->findings.v[i])) {
            put_recreate(out, r, env, at);
            return;
        }
}

static void put_works(struct vf_buf *out, const struct venvfix_check_result *r, const struct sums *s,
                      const char *env, const struct vf_report_style *st)
{
    uint64_t unknown = vf_report_unknown(r);
    put_question(out, is_elsewhere(r) || has_target(r) ? "Works there" : "Works here", st,
                 unknown ? -1 : r->sound);
    if (unknown) {
        vf_buf_puts(out, "not known");
        put_unknown(out, unknown);
    } else if (!r->sound) {
        vf_buf_puts(out, " (");
        vf_text_put_count(out, s->wrong, "problem)", "problems)");
        put_next(out, r, s, env);
    } else if (s->partly > 0) {
        vf_buf_puts(out, ", but not all of it (");
        vf_text_put_count(out, s->partly, "warning says what is broken)", "warnings say what is broken)");
    }
    vf_buf_putc(out, '\n');
}

static void put_survives(struct vf_buf *out, const struct venvfix_check_result *r, const struct sums *s,
                         const char *env, const struct vf_report_style *st)
{
    if (r->movable < 0)
        return;
    put_question(out, "Survives a plain mv", st, r->movable);
    if (!r->movable && s->bound_files > 0) {
        vf_buf_puts(out, " (");
        vf_text_put_count(out, s->bound_files, "file contains its path)", "files contain its path)");
        if (r->sound && !r->image_root.p && !has_target(r) && !r->windows) {
            put_command(out, "move", env, (struct venvfix_bytes){"NEW", 3});
            vf_buf_puts(out, " rewrites them");
        }
    } else if (!r->movable && s->unseen > 0) {
        vf_buf_puts(out, " (");
        vf_text_put_count(out, s->unseen, "file could not be examined)", "files could not be examined)");
    }
    vf_buf_putc(out, '\n');
}

static void put_needs(struct vf_buf *out, const struct venvfix_check_result *r, const struct sums *s,
                      const struct vf_report_style *st)
{
    const char *of = r->target_root.p ? "Needs from the image" : "Needs from the host";
    put_question(out, has_target(r) && !r->target_root.p ? "Needs on the target" : of, st, -1);
    if (r->self_contained)
        vf_buf_puts(out, "only ");
    if (r->base.p)
        vf_text_put(out, r->base);
    else
        vf_buf_puts(out, "its base interpreter");
    if (!r->self_contained)
        vf_buf_printf(out, " and %llu more (above)", (unsigned long long)s->host);
    vf_buf_putc(out, '\n');
}

/* What the command line or a baseline left out is counted, so that a quiet report is not taken for a clean
 * one. */
static void put_left_out(struct vf_buf *out, const struct venvfix_check_result *r)
{
    if (r->suppressed > 0) {
        vf_text_put_count(out, r->suppressed, "finding is", "findings are");
        vf_buf_puts(out, " in the baseline and not shown\n");
    }
    if (r->ignored > 0) {
        vf_text_put_count(out, r->ignored, "finding was", "findings were");
        vf_buf_puts(out, " left out by --select or --ignore\n");
    }
}

/* When only path-dependent references made it fail, another question may be meant. */
static void put_hint(struct vf_buf *out, const struct venvfix_check_result *r, const struct sums *s,
                     const char *env)
{
    if (r->exit != 1 || r->at.p || !s->only_bound)
        return;
    vf_buf_puts(out,
                "\nThis is normal unless you want to move it. To check only whether it works where it is: "
                "venvfix check --here ");
    vf_text_put_word(out, vf_slice_of(env));
    vf_buf_putc(out, '\n');
}

static void put_one(struct vf_buf *out, const struct vf_checked *one, const struct vf_report_style *st)
{
    const struct venvfix_check_result *r = one->result;
    struct sums s = add_up(&r->findings);
    put_answer_line(out, r, &s, st);
    put_facts(out, r);
    vf_text_findings(out, &r->findings, st);
    if (r->findings.n > r->suppressed)
        vf_buf_putc(out, '\n');
    put_works(out, r, &s, one->env, st);
    put_survives(out, r, &s, one->env, st);
    put_needs(out, r, &s, st);
    put_left_out(out, r);
    put_hint(out, r, &s, one->env);
}

/* The worst one that counts; of equal ones the first. NULL: there is none. */
static const struct venvfix_finding *worst_of(const struct venvfix_findings *fs)
{
    const struct venvfix_finding *worst = NULL;
    for (size_t i = 0; i < fs->n; i++)
        if (!fs->v[i].suppressed && fs->v[i].verdict != VENVFIX_BOUND &&
            (!worst || fs->v[i].level > worst->level))
            worst = &fs->v[i];
    return worst;
}

/* Of several environments those with problems, each in one line: the answer and the worst finding. That one
 * contains its path is no problem where it is. */
static bool put_short(struct vf_buf *out, const struct vf_checked *one, const struct vf_report_style *st)
{
    const struct venvfix_check_result *r = one->result;
    struct sums s = add_up(&r->findings);
    bool problem = !r->sound || (r->exit != 0 && !s.only_bound);
    if (!problem && !st->verbose)
        return false;
    put_answer_line(out, r, &s, st);
    if (st->verbose) {
        vf_text_findings(out, &r->findings, st);
        return problem;
    }
    const struct venvfix_finding *worst = worst_of(&r->findings);
    if (worst && out->n && out->p[out->n - 1] == '\n') {
        out->n--;
        vf_buf_puts(out, ": ");
        vf_text_finding_line(out, worst);
        vf_buf_putc(out, '\n');
    }
    return problem;
}

void vf_text_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one)
{
    const struct vf_report_style *st = c->style;
    const struct venvfix_check_result *r = one->result;
    if (r->bundle && !r->error.code)
        c->listed += !r->sound;
    if (r->error.code)
        vf_text_error(out, &r->error, st);
    else if (r->bundle)
        vf_text_bundle(out, r, st);
    else if (st->quiet)
        vf_text_findings(out, &r->findings, st);
    else if (c->several)
        c->listed += put_short(out, one, st);
    else
        put_one(out, one, st);
}

void vf_text_end(struct vf_buf *out, struct vf_checks *c)
{
    if (!c->several || c->style->quiet)
        return;
    vf_text_put_count(out, c->environments, "environment", "environments");
    vf_buf_printf(out, ": %llu fine", (unsigned long long)(c->environments - c->unreadable - c->listed));
    if (c->listed > 0)
        vf_buf_printf(out, ", %llu with problems", (unsigned long long)c->listed);
    if (c->unreadable > 0)
        vf_buf_printf(out, ", %llu could not be examined", (unsigned long long)c->unreadable);
    vf_buf_putc(out, '\n');
}
