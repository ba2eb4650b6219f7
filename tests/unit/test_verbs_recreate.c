/* What the proof of an environment that was made anew says of the distributions in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verbs/recreate/verify.c"

struct staged {
    struct vf_arena arena;
    struct vf_env_dist dists[2];
    struct vf_install_req req;
    struct vf_selection selection;
    struct vf_env env;
    struct vf_change change;
    struct vf_recreate recreated;
};

/* One distribution, `demo` 1.0, that was asked for; a second slot for one that was not. */
static void stage(struct staged *s)
{
    *s = (struct staged){.req = {.kind = VF_INSTALL_REQ_NAMED, .name = VF_S("demo"), .line = VF_S("demo")},
                         .selection = {.version = VF_S("1.0")}};
    vf_arena_init(&s->arena);
    s->dists[0] = (struct vf_env_dist){
        .canonical = VF_S("demo"), .version = VF_S("1.0"), .info = VF_S("demo-1.0.dist-info")};
    s->dists[1] = s->dists[0];
    s->dists[1].info = VF_S("demo-1.dist-info");
    s->env.dists = s->dists;
    s->env.n_dists = 1;
    s->change.s.a = &s->arena;
    vf_err_init(&s->change.s.err);
    s->recreated = (struct vf_recreate){.c = &s->change, .made = &s->env, .selections = &s->selection};
    s->recreated.reqs.v = (struct vf_vec){.base = &s->req, .n = 1, .cap = 1};
}

static void unstage(struct staged *s)
{
    vf_err_release(&s->change.s.err);
    vf_arena_release(&s->arena);
}

static void what_was_asked_for(void **state)
{
    (void)state;
    struct staged s;
    stage(&s);
    assert_int_equal(prove_freeze(&s.recreated), VF_OK);
    unstage(&s);
}

static void one_twice(void **state)
{
    (void)state;
    struct staged s;
    stage(&s);
    s.env.n_dists = 2;
    assert_int_equal(prove_freeze(&s.recreated), VF_PROOF_FAILED);
    assert_non_null(strstr(s.change.s.err.detail, "there twice"));
    unstage(&s);
}

static void no_memory_is_no_distribution_twice(void **state)
{
    (void)state;
    struct staged s;
    stage(&s);
    s.arena.failed = true;
    assert_int_equal(prove_freeze(&s.recreated), VF_NO_MEMORY);
    unstage(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_asked_for),
        cmocka_unit_test(one_twice),
        cmocka_unit_test(no_memory_is_no_distribution_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
