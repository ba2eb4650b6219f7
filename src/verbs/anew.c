/* anew.c: from FROM to NEW, and what is left when it fails: nothing. */
#include <unistd.h>

#include "verbs/anew.h"

static void let_go(struct vf_anew *a)
{
    vf_installer_free(a->installer);
    for (size_t i = 0; a->picks && i < a->wants.v.n; i++)
        vf_open_wheel_close(&a->picks[i].open);
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

static enum vf_status read_and_pick(struct vf_anew *a)
{
    enum vf_status st = vf_anew_read_source(a);
    if (st == VF_OK && !a->streamed)
        st = vf_anew_choose_python(a);
    if (st == VF_OK && !a->streamed)
        st = vf_anew_make_wants(a);
    if (st == VF_OK && !a->streamed)
        st = vf_anew_pick(a);
    return st == VF_OK ? vf_anew_closure(a) : st;
}

static enum vf_status make_and_commit(struct vf_anew *a)
{
    struct venvfix_change_result *r = a->c->r;
    double start = vf_seconds_since(0);
    enum vf_status st = vf_anew_make(a);
    r->stage_s = vf_seconds_since(start);
    if (st != VF_OK)
        return st;
    start = vf_seconds_since(0);
    st = vf_anew_prove_staged(a);
    r->prove_s = vf_seconds_since(start);
    if (st == VF_OK && a->c->s.a->failed)
        st = vf_err_nomem(&a->c->s.err);
    return st == VF_OK ? vf_anew_commit(a) : st;
}

enum vf_status vf_anew_run(struct vf_change *c, enum vf_anew_kind kind)
{
    struct vf_anew a = {.c = c, .o = &c->o->install, .kind = kind, .spool = -1};
    double start = vf_seconds_since(0);
    c->r->anew = true;
    enum vf_status st = read_and_pick(&a);
    c->r->plan_s = vf_seconds_since(start);
    if (st == VF_OK && !c->o->dry_run)
        st = make_and_commit(&a);
    if (st == VF_OK)
        st = vf_anew_tell(&a);
    let_go(&a);
    return st;
}
