/* rule_case.c: one case: hit, near miss, fix. */
#include "rule_case.h"

#include <stdio.h>
#include <stdlib.h>

#include "fs/txn.h"

struct run {
    struct envfix *f;
    const struct rule_case *c;
    char *path; /* braces replaced */
    unsigned failed;
};

static void fail_case(struct run *r, const char *what, const struct venvfix_findings *fs)
{
    (void)fprintf(stderr, "%s at %s: %s\n", r->c->rule, r->path, what);
    if (fs)
        ef_show(fs);
    r->failed++;
}

static void leave_journal(struct envfix *f)
{
    struct vf_txn *t;
    struct vf_err err;
    struct vf_slice root = vf_slice_of(f->env);
    vf_err_init(&err);
    assert_int_equal(vf_txn_begin(NULL, root, "fix", root, root, &t, &err), VF_OK);
    vf_txn_abandon(t);
    vf_err_release(&err);
}

static void check(struct run *r, const char *env, const char *at, struct venvfix_check_result *out)
{
    struct ef_check how = {.path = env, .hashes = r->c->flags & RC_HASHES, .from = r->c->from, .at = at};
    if (r->c->flags & RC_SOUND)
        how.at = env;
    if (r->c->flags & RC_NOBODY)
        box_as_nobody(r->f->box);
    (void)ef_check(r->f, &how, out);
    box_as_root();
    if (out->error.code)
        fail_case(r, out->error.message.p, NULL);
}

static void look(struct run *r, const char *const *lines, bool hit)
{
    struct venvfix_check_result out;
    ef_reset(r->f);
    ef_lines(r->f, lines);
    if (hit && r->c->flags & RC_JOURNAL)
        leave_journal(r->f);
    check(r, r->f->env, NULL, &out);
    size_t n = ef_count(&out.findings, r->c->rule, r->path);
    if (hit != (n > 0))
        fail_case(r, hit ? "not found" : "found in the near miss", &out.findings);
    venvfix_check_free(&out);
}

static char *snapshot(const struct run *r, const char *env)
{
    struct envfix *f = r->f;
    char *record = ef_text(f, "{D}/RECORD", NULL), *a = fx_join(".", r->path), *b = fx_join(".", record);
    const char *masked[] = {r->path, record, a, b, NULL};
    char *s = fx_snapshot(env, masked, false);
    free(record);
    free(a);
    free(b);
    return s;
}

static bool change(struct run *r, enum venvfix_verb verb, const char *from, const char *to, size_t *edits)
{
    struct venvfix_change_result out;
    (void)ef_change(r->f, verb, from, to, (r->c->flags & RC_DRY) != 0, &out);
    bool ok = !out.error.code;
    if (!ok) {
        fail_case(r, venvfix_verb_name(out.verb), NULL);
        (void)fprintf(stderr, "  %s: %s %s\n", out.error.code, out.error.message.p,
                      out.error.path.p ? out.error.path.p : "");
    }
    if (edits)
        *edits = out.n_edits;
    venvfix_change_free(&out);
    return ok;
}

/* No such finding is left that a rewriting could mend. */
static void expect_mended(struct run *r, const char *env)
{
    struct venvfix_check_result out;
    check(r, env, NULL, &out);
    size_t n = 0;
    for (size_t i = 0; i < out.findings.n; i++) {
        const struct venvfix_finding *fi = &out.findings.v[i];
        n += !strcmp(fi->rule, r->c->rule) && !strcmp(fi->path.p, r->path) &&
             !strcmp(venvfix_how_fixed_name(fi->fix), "rewrite");
    }
    size_t any = ef_count(&out.findings, r->c->rule, r->path);
    if (n || (any && !(r->c->flags & RC_STAYS)))
        fail_case(r, "still there after fix", &out.findings);
    venvfix_check_free(&out);
}

/* fix: gone; once more: nothing. */
static void mend(struct run *r)
{
    size_t edits = 0;
    char *live = snapshot(r, r->f->live);
    if (!change(r, VENVFIX_FIX, r->f->env, NULL, &edits)) {
        free(live);
        return;
    }
    if (!edits)
        fail_case(r, "fix edits nothing", NULL);
    if (!(r->c->flags & RC_DRY)) {
        expect_mended(r, r->f->env);
        char *once = fx_snapshot(r->f->env, NULL, true);
        if (change(r, VENVFIX_FIX, r->f->env, NULL, &edits) && edits)
            fail_case(r, "fix a second time edits again", NULL);
        char *twice = fx_snapshot(r->f->env, NULL, true);
        if (strcmp(once, twice) != 0)
            fail_case(r, "fix a second time changes bytes", NULL);
        free(once);
        free(twice);
    }
    char *after = snapshot(r, r->f->live);
    if (strcmp(live, after) != 0)
        fail_case(r, "fix touched the other environment", NULL);
    free(live);
    free(after);
}

static void expect_sound(struct run *r, const char *env, const char *gone)
{
    struct venvfix_check_result out;
    check(r, env, env, &out);
    for (size_t i = 0; i < out.findings.n; i++)
        if (!strcmp(out.findings.v[i].path.p, r->path) &&
            !strcmp(venvfix_level_name(out.findings.v[i].level), "error"))
            fail_case(r, "an error at the new place", &out.findings);
    venvfix_check_free(&out);
    char *bytes = *r->path == '/' || *r->path == '.' ? NULL : fx_read(env, r->path);
    if (bytes && strstr(bytes, gone))
        fail_case(r, "the old place still stands in the file", NULL);
    free(bytes);
}

/* move: it works there and names it; back: the bytes are those of the beginning. */
static void move(struct run *r)
{
    struct envfix *f = r->f;
    size_t edits = 0;
    char *before = snapshot(r, f->env);
    if (change(r, VENVFIX_MOVE, f->env, f->next, &edits)) {
        if (!edits)
            fail_case(r, "move edits nothing", NULL);
        if (!(r->c->flags & RC_DRY)) {
            expect_sound(r, f->next, f->env);
            if (change(r, VENVFIX_MOVE, f->next, f->env, NULL)) {
                char *after = snapshot(r, f->env);
                if (strcmp(before, after) != 0 && !(r->c->flags & RC_ONE_WAY))
                    (void)fprintf(stderr, "%s--\n%s", before, after),
                        fail_case(r, "there and back differs", NULL);
                free(after);
            }
        }
    }
    free(before);
    fx_remove(f->next);
}

static void mend_or_move(struct run *r)
{
    const struct venvfix_rule *rule = venvfix_rule_find(r->c->rule);
    assert_non_null(rule);
    if (strcmp(venvfix_how_fixed_name(rule->fix), "rewrite") != 0 || r->c->flags & RC_NO_FIX)
        return;
    ef_reset(r->f);
    ef_lines(r->f, r->c->hit);
    /* evidence that both were prefixes of the environment, in a file that is never edited */
    ef_write(r->f, ".mypy_cache/seen|{NUL}{OLD}/bin/python{NUL}{LIVE}/bin/python{NUL}");
    if (!strcmp(venvfix_verdict_name(rule->verdict), "bound"))
        move(r);
    else
        mend(r);
}

void rc_run(struct envfix *f, const struct rule_case *cases, size_t n)
{
    unsigned failed = 0;
    for (size_t i = 0; i < n; i++) {
        struct run r = {.f = f, .c = &cases[i], .path = ef_text(f, cases[i].path, NULL)};
        int fds = fx_open_fds();
        look(&r, cases[i].hit, true);
        look(&r, cases[i].near, false);
        mend_or_move(&r);
        if (fx_open_fds() != fds)
            fail_case(&r, "leaves a descriptor open", NULL);
        free(r.path);
        failed += r.failed;
    }
    assert_int_equal(failed, 0);
}

static bool stands_in(const char *const *list, const char *rule)
{
    for (; *list; list++)
        if (!strcmp(*list, rule))
            return true;
    return false;
}

void rc_all_hit(const struct rule_case *cases, size_t n, char hundred, const char *const *waiting)
{
    unsigned missing = 0;
    for (size_t k = 0; k < venvfix_rule_count(); k++) {
        const struct venvfix_rule *rule = venvfix_rule_at(k);
        bool hit = false, fixed = strcmp(venvfix_how_fixed_name(rule->fix), "rewrite") != 0;
        if (rule->id[2] != hundred || stands_in(waiting, rule->id))
            continue;
        for (size_t i = 0; i < n; i++) {
            bool is = !strcmp(cases[i].rule, rule->id);
            hit = hit || is;
            fixed = fixed || (is && !(cases[i].flags & RC_NO_FIX));
        }
        if (!hit || !fixed)
            (void)fprintf(stderr, "%s %s has no %s test\n", rule->id, rule->name, hit ? "fix" : "hit");
        missing += !hit || !fixed;
    }
    assert_int_equal(missing, 0);
}
