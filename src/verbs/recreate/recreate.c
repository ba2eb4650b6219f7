/* anew.c: from FROM to NEW, and what is left when it fails: nothing. */
#include <unistd.h>

#include "verbs/recreate/recreate.h"

static void let_go(struct vf_recreate *a)
{
    vf_installer_free(a->installer);
    for (size_t i = 0; a->selections && i < a->reqs.v.n; i++)
        vf_open_wheel_close(&a->selections[i].open);
    vf_bundle_close(a->bundle);
    if (a->spool >= 0)
        (void)close(a->spool);
    vf_env_free(a->made);
    if (!a->staging)
        return;
    struct vf_err second;
    vf_err_init(&second);
    if (vf_staging_drop(a->staging, &second) != VF_OK)
        vf_err_context(&a->c->s.err, "the staging directory could not be removed. First");
    vf_err_release(&second);
}

static enum vf_status read_and_pick(struct vf_recreate *a)
{
    enum vf_status st = vf_recreate_read_source(a);
    if (st == VF_OK && !a->streamed)
        st = vf_recreate_choose_python(a);
    if (st == VF_OK && !a->streamed)
        st = vf_recreate_make_reqs(a);
    if (st == VF_OK && !a->streamed)
        st = vf_recreate_select(a);
    return st == VF_OK ? vf_recreate_closure(a) : st;
}

static enum vf_status make_and_commit(struct vf_recreate *a)
{
    struct venvfix_change_result *r = a->c->r;
    double start = vf_seconds_since(0);
    enum vf_status st = vf_recreate_build(a);
    r->stage_s = vf_seconds_since(start);
    if (st != VF_OK)
        return st;
    start = vf_seconds_since(0);
    st = vf_recreate_verify(a);
    r->prove_s = vf_seconds_since(start);
    if (st == VF_OK && a->c->s.a->failed)
        st = vf_err_nomem(&a->c->s.err);
    return st == VF_OK ? vf_recreate_commit(a) : st;
}

enum vf_status vf_recreate_run(struct vf_change *c, enum vf_recreate_kind kind)
{
    struct vf_recreate a = {.c = c, .o = &c->o->install, .kind = kind, .spool = -1};
    double start = vf_seconds_since(0);
    c->r->recreated = true;
    enum vf_status st = read_and_pick(&a);
    c->r->plan_s = vf_seconds_since(start);
    if (st == VF_OK && !c->o->dry_run)
        st = make_and_commit(&a);
    if (st == VF_OK)
        st = vf_recreate_report(&a);
    let_go(&a);
    return st;
}
