/* Stopping: every stage asks whether it is to go on, again and again, and ends as soon as it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "env/freeze.h"
#include "env_fixture.h"
#include "relocate/plan.h"
#include "relocate/prove.h"

enum { MANY = 300 };

/* Says stop at the n-th question; 0: never. */
struct stopper {
    atomic_ulong asked;
    unsigned long at;
};

static bool stop(void *ctx)
{
    struct stopper *s = ctx;
    return atomic_fetch_add(&s->asked, 1) + 1 >= s->at && s->at;
}

/* MANY files, scripts, RECORD rows with and without their file, links, import paths, references of one file.
 */
static void fill(struct envfix *f)
{
    ef_write(f, "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n");
    char *record = calloc(MANY, 128), *conf = calloc(MANY, 256), *lines = calloc(MANY, 256);
    size_t r = 0, c = 0, l = 0;
    for (int i = 0; i < MANY; i++) {
        char line[256];
        snprintf(line, sizeof line, "bin/s%d*|#!{E}/bin/python\n", i);
        ef_write(f, line);
        r += (size_t)sprintf(record + r, "gone/m%d.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n",
                             i);
        c += (size_t)sprintf(conf + c, "k%d = %s/data\n", i, f->env);
        l += (size_t)sprintf(lines + l, "/nowhere/src/p%d\n", i);
    }
    char *text = calloc(1, r + c + l + 256);
    sprintf(text, "{D}/RECORD|%s", record);
    ef_write(f, text);
    sprintf(text, "etc/app.conf|%s", conf);
    ef_write(f, text);
    sprintf(text, "{S}/many.pth|%s", lines);
    ef_write(f, text);
    free(record);
    free(conf);
    free(lines);
    free(text);
}

enum stage { OPEN, SCAN, JUDGE, PLAN, PROVE, STAGES };

/* Runs all stages; asked[i]: questions up to the end of stage i. Stops with the first that fails. */
static enum vf_status run(struct envfix *f, struct stopper *s, unsigned long asked[STAGES])
{
    struct vf_hooks hooks = {.asked = stop, .ctx = s, .jobs = 2};
    struct vf_arena a;
    struct vf_err err;
    struct vf_env *env = NULL;
    struct vf_host *host = NULL;
    struct vf_plan plan;
    struct vf_proofs proofs;
    vf_arena_init(&a);
    vf_err_init(&err);
    struct vf_findings findings = {.a = &a};
    assert_int_equal(vf_host_open(VF_S("/"), &host, &err), VF_OK);
    struct vf_env_params p = {.path = vf_slice_of(f->env),
                              .cwd = VF_S("/"),
                              .at = VF_S("/else/where"),
                              .host = host,
                              .hooks = &hooks};
    enum vf_status st = vf_env_open(&p, &env, &err);
    asked[OPEN] = s->asked;
    st = st == VF_OK ? vf_env_scan(env, &err) : st;
    asked[SCAN] = s->asked;
    st = st == VF_OK ? vf_judge_env(env, &findings, &err) : st;
    asked[JUDGE] = s->asked;
    st = st == VF_OK ? vf_plan_make(env, &findings, &a, &plan, &err) : st;
    asked[PLAN] = s->asked;
    st = st == VF_OK ? vf_prove_plan(&plan, true, &a, &proofs, &err) : st;
    asked[PROVE] = s->asked;
    vf_env_free(env);
    vf_host_free(host);
    vf_err_release(&err);
    vf_arena_release(&a);
    return st;
}

static void every_stage_asks(void **state)
{
    struct envfix *f = *state;
    unsigned long asked[STAGES];
    struct stopper s = {0};
    fill(f);
    assert_int_equal(run(f, &s, asked), VF_OK);
    /* once for each script, row, reference and finding at least */
    assert_true(asked[OPEN] >= 4 * MANY);
    assert_true(asked[SCAN] - asked[OPEN] >= MANY);
    assert_true(asked[JUDGE] - asked[SCAN] >= 3 * MANY);
    assert_true(asked[PLAN] - asked[JUDGE] >= 2 * MANY);
    assert_true(asked[PROVE] - asked[PLAN] >= 2 * MANY);
}

/* Stopped at the n-th question, for many n, each stage ends with VF_INTERRUPTED, and asks hardly any more. */
static void a_stop_is_heard(void **state)
{
    struct envfix *f = *state;
    unsigned long asked[STAGES], all;
    struct stopper s = {0};
    fill(f);
    assert_int_equal(run(f, &s, asked), VF_OK);
    all = s.asked;
    for (unsigned long at = 1; at < all; at += all / 40 + 1) {
        struct stopper early = {.at = at};
        assert_int_equal(run(f, &early, asked), VF_INTERRUPTED);
        assert_true(early.asked <= at + 16); /* a few by the other worker, and by who passes it up */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(every_stage_asks), EF_TEST(a_stop_is_heard)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
