/* change_bundle.c: --bundle of recreate and move: what is changed is packed, too.
 *
 * An environment is packed before it is touched, so that one that cannot be packed stays where it is; the
 * file gets its name when the change is done. What is made from a file is packed when it is there. */
#include "verbs/change/change.h"
#include "verbs/pack.h"

struct vf_change_bundle {
    struct vf_packing packing;
    struct venvfix_pack_options o;
    struct venvfix_change_result r;
    bool written;
};

static enum vf_status write_bundle(struct vf_change *c, struct vf_slice env)
{
    struct vf_change_bundle *b = vf_arena_alloc(c->s.a, sizeof *b);
    if (!b)
        return vf_err_nomem(&c->s.err);
    c->bundle = b;
    b->o = (struct venvfix_pack_options){.path = vf_arena_cstr(c->s.a, env),
                                         .output = c->o->bundle,
                                         .from = c->o->from,
                                         .n_from = c->o->n_from,
                                         .epoch = c->o->epoch};
    if (!b->o.path)
        return vf_err_nomem(&c->s.err);
    b->packing = (struct vf_packing){.s = &c->s, .o = &b->o, .r = &b->r};
    enum vf_status st = vf_packing_write(&b->packing);
    b->written = st == VF_OK;
    return b->written ? VF_OK : vf_packing_end(&b->packing, st);
}

enum vf_status vf_change_bundle_first(struct vf_change *c)
{
    bool wanted = c->o->bundle && !c->o->dry_run && !c->from_file;
    return wanted ? write_bundle(c, c->from) : VF_OK;
}

/* The change is done: that it is not packed is no reason to call it undone. */
static void give_up(struct vf_change *c)
{
    struct vf_buf b = {0};
    vf_buf_puts(&b, "the bundle was not made: ");
    vf_buf_puts(&b, c->s.err.detail[0] ? c->s.err.detail : vf_status_name(c->s.err.code));
    const char *words = vf_buf_cstr(&b);
    if (words)
        vf_hooks_note(&c->s.hooks, words);
    vf_buf_release(&b);
    vf_err_clear(&c->s.err);
    if (c->r->exit == 0)
        c->r->exit = 1;
}

void vf_change_bundle_last(struct vf_change *c, enum vf_status st)
{
    if (!c->o->bundle || c->o->dry_run)
        return;
    bool written = c->bundle && c->bundle->written;
    if (st != VF_OK) {
        if (written)
            (void)!vf_packing_end(&c->bundle->packing, st);
        return;
    }
    if (!written)
        st = write_bundle(c, c->to);
    if (st == VF_OK)
        st = vf_packing_end(&c->bundle->packing, VF_OK);
    if (st != VF_OK) {
        give_up(c);
        return;
    }
    c->r->bundle = c->bundle->r.to;
    c->r->bundle_sha256 = c->bundle->r.sha256;
}
