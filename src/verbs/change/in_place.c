/* in_place.c: fix, and move by one rename: the transaction around it. What it costs depends on what is
 * edited, not on the environment. */
#include <string.h>

#include "base/escape.h"
#include "env/recheck.h"
#include "fs/tree_dir.h"
#include "fs/txn.h"
#include "verbs/change/change.h"

static enum vf_status stage_all(struct vf_change *c, struct vf_txn *t)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < c->plan.edits.n && st == VF_OK; i++) {
        if (vf_hooks_cancelled(&c->s.hooks))
            return vf_err_set(&c->s.err, VF_INTERRUPTED, 0, "stage", c->from, "nothing was changed");
        st = vf_txn_stage(t, &c->plan.edits.v[i], &c->s.err);
    }
    return st;
}

static enum vf_status stage_stub(struct vf_change *c, struct vf_txn *t)
{
    struct vf_buf stub;
    vf_buf_init(&stub);
    enum vf_status st = vf_prove_stub(c->env, c->to, &stub, &c->s.err);
    if (st == VF_OK)
        st = vf_txn_write_stub(t, vf_buf_slice(&stub), &c->s.err);
    vf_buf_release(&stub);
    return st;
}

/* A script with the header that scripts get there, and with it the interpreter, is started at the place where
 * they are now. */
static enum vf_status prove_there(struct vf_change *c)
{
    vf_hooks_phase(&c->s.hooks, "prove");
    if (c->o->verb == VENVFIX_FIX && c->o->at) { /* scripts have headers for a path where nothing is */
        enum vf_status st =
            vf_prove_interpreter(c->env, c->env->typed, &c->s.hooks, c->s.a, &c->proofs, &c->s.err);
        return st == VF_OK ? vf_change_require_packages(c) : st;
    }
    struct vf_slice stub = vf_path_join(c->s.a, c->to, VF_S(VF_TXN_DIR "/probe"));
    if (!stub.p)
        return vf_err_nomem(&c->s.err);
    enum vf_status st = vf_prove_started(c->env, c->to, stub, &c->s.hooks, c->s.a, &c->proofs, &c->s.err);
    return st == VF_OK ? vf_change_require_packages(c) : st;
}

static enum vf_status commit(struct vf_change *c, struct vf_txn *t, bool *moved)
{
    vf_hooks_phase(&c->s.hooks, "commit");
    double start = vf_seconds_since(0);
    enum vf_status st = VF_OK;
    if (c->o->verb == VENVFIX_MOVE)
        st = vf_txn_move(t, &c->s.err);
    *moved = st == VF_OK && c->o->verb == VENVFIX_MOVE;
    if (st == VF_OK)
        st = vf_txn_apply(t, &c->s.hooks, &c->s.err);
    c->r->commit_s = vf_seconds_since(start);
    if (st != VF_OK)
        return st;
    start = vf_seconds_since(0);
    st = prove_there(c);
    c->r->prove_s += vf_seconds_since(start);
    return st;
}

enum vf_status vf_change_finish(struct vf_change *c, struct vf_txn *t, struct vf_slice root)
{
    struct vf_err why;
    struct vf_buf text = {0};
    vf_err_init(&why);
    enum vf_status st = vf_txn_finish(t, &why);
    vf_err_below(&why, root);
    if (st == VF_INTERNAL || st == VF_NO_MEMORY) {
        st = vf_err_copy(&c->s.err, &why);
    } else if (st != VF_OK) {
        vf_buf_puts(&text, "'");
        vf_term_put(&text, (struct vf_slice){why.path, why.path_len});
        vf_buf_printf(&text,
                      "' could not be removed (%s); everything else is done, and the next run of "
                      "venvfix here removes the rest of " VF_TXN_DIR,
                      why.sys ? strerror(why.sys) : why.detail);
        const char *note = vf_buf_cstr(&text);
        vf_hooks_note(&c->s.hooks, note ? note : VF_TXN_DIR " could not be removed; the next run removes it");
        st = VF_OK;
    }
    vf_buf_release(&text);
    vf_err_release(&why);
    return st;
}

static enum vf_status give_up(struct vf_change *c, struct vf_txn *t, enum vf_status st)
{
    struct vf_err second;
    vf_err_init(&second);
    if (vf_txn_roll_back(t, &second) != VF_OK) {
        c->journal_kept = true;
        vf_err_context(
            &c->s.err,
            "taking it back failed as well (%s); the journal is kept: give the command again. First",
            second.detail[0] ? second.detail : vf_status_name(second.code));
    }
    vf_err_release(&second);
    return st;
}

/* Everything is in: did another process change what it was made from, or add what should have been edited?
 * From here on there is no way back. */
static enum vf_status last_look(struct vf_change *c, struct vf_txn *t)
{
    enum vf_status st = vf_env_recheck(c->env, &c->plan.edits, &c->s.err);
    if (st == VF_OK)
        st = vf_txn_verify(t, &c->s.err);
    if (st == VF_OK && vf_txn_old_is_back(t)) {
        vf_hooks_note(&c->s.hooks, "another process made the old path again while the environment was moved; "
                                   "what it wrote there is not in the new one");
        c->r->exit = 1;
    }
    return st;
}

static enum vf_status through_journal(struct vf_change *c)
{
    struct vf_txn *t = NULL;
    double start = vf_seconds_since(0);
    vf_hooks_phase(&c->s.hooks, "write");
    const char *verb = c->o->verb == VENVFIX_MOVE ? "move" : "fix";
    enum vf_status st = vf_txn_begin_in(&c->s.key, vf_tree_dir_fd(c->env->tree), verb,
                                        c->o->verb == VENVFIX_MOVE ? c->from : c->env->resolved,
                                        c->o->verb == VENVFIX_MOVE ? c->to : c->env->resolved, &t, &c->s.err);
    if (st != VF_OK)
        return st;
    st = stage_all(c, t);
    if (st == VF_OK)
        st = stage_stub(c, t);
    if (st == VF_OK)
        st = vf_env_recheck(c->env, NULL, &c->s.err);
    if (st == VF_OK && c->o->verb == VENVFIX_FIX)
        st = vf_change_keep_undo(c);
    if (st == VF_OK)
        st = vf_txn_write_commit_record(t, &c->s.err);
    c->r->stage_s = vf_seconds_since(start);
    bool moved = false;
    if (st == VF_OK)
        st = commit(c, t, &moved);
    if (st == VF_OK)
        st = last_look(c, t);
    vf_err_below(&c->s.err, moved ? c->to : c->env->resolved);
    if (st != VF_OK)
        return give_up(c, t, st);
    start = vf_seconds_since(0);
    st = vf_change_finish(c, t, c->r->renamed ? c->to : c->env->resolved);
    c->r->retire_s = vf_seconds_since(start);
    return st;
}

enum vf_status vf_change_in_place(struct vf_change *c)
{
    if (c->o->verb == VENVFIX_FIX && !c->plan.edits.n) {
        enum vf_status st =
            vf_prove_interpreter(c->env, c->env->typed, &c->s.hooks, c->s.a, &c->proofs, &c->s.err);
        return st == VF_OK ? vf_change_require_packages(c) : st;
    }
    c->r->renamed = c->o->verb == VENVFIX_MOVE;
    return through_journal(c);
}
