/* change_resume.c: journals of OLD and NEW, and the directories beside NEW, are looked at before anything is
 * refused, so that the same command, given again after a crash, finishes. */
#include "base/digest.h"
#include "base/escape.h"
#include "env/freeze.h"
#include "fs/txn.h"
#include "verbs/change/change.h"

#include <time.h>

static enum vf_status foreign(struct vf_change *c, struct vf_slice root, const char *why)
{
    struct vf_slice path = vf_path_join(c->s.a, root, VF_S(VF_TXN_DIR));
    return vf_err_set(&c->s.err, VF_EXISTS, 0, "resume", path,
                      "a journal that is not to be trusted (%s): look at it, then remove it",
                      why ? why : "it came from elsewhere");
}

static enum vf_status busy(struct vf_change *c, struct vf_slice root)
{
    return vf_err_set(&c->s.err, VF_BUSY, 0, "resume", root, "another venvfix is at work there");
}

/* The proof that the run that was cut off did not come to: the interpreter says that it is at home there. */
static enum vf_status prove_resumed(struct vf_change *c, struct vf_slice root, struct vf_slice prefix)
{
    struct vf_env_params p = {.path = root, .cwd = c->s.cwd, .host = c->s.host, .hooks = &c->s.hooks};
    struct vf_env *env = NULL;
    struct vf_proofs proved;
    enum vf_status st = vf_env_open_metadata(&p, &env, &c->s.err);
    if (st == VF_OK)
        st = vf_prove_interpreter(env, prefix, &c->s.hooks, c->s.a, &proved, &c->s.err);
    vf_env_free(env);
    return st;
}

/* Applies what is left, starts the interpreter, and lets go of the originals; a failed proof takes everything
 * back. */
static enum vf_status roll_forward(struct vf_change *c, struct vf_slice root, const struct vf_txn_info *info,
                                   bool *moved)
{
    struct vf_txn *t = NULL;
    enum vf_status st = vf_txn_resume(&c->s.key, root, &t, moved, &c->s.err);
    if (st != VF_OK)
        return st;
    if (!*moved)
        return vf_txn_roll_back(t, &c->s.err);
    st = vf_txn_apply(t, &c->s.hooks, &c->s.err);
    if (st == VF_OK && !info->done)
        st = prove_resumed(c, root, info->to);
    vf_err_below(&c->s.err, root);
    if (st == VF_OK)
        return vf_change_finish(c, t, root);
    struct vf_err second;
    vf_err_init(&second);
    if (vf_txn_roll_back(t, &second) != VF_OK)
        vf_err_context(&c->s.err, "the journal is kept for another try");
    vf_err_release(&second);
    return st;
}

static enum vf_status take_back(struct vf_change *c, struct vf_slice root)
{
    struct vf_txn *t = NULL;
    bool moved;
    enum vf_status st = vf_txn_resume(&c->s.key, root, &t, &moved, &c->s.err);
    return st == VF_OK ? vf_txn_roll_back(t, &c->s.err) : st;
}

/* The run that was cut off may not have come to starting the interpreter of its copy: as long as the original
 * is whole, that is made up for before it goes. */
static enum vf_status prove_copy(struct vf_change *c, struct vf_slice old, struct vf_slice prefix)
{
    struct vf_slice cfg = vf_path_join(c->s.a, old, VF_S("pyvenv.cfg"));
    if (!cfg.p)
        return vf_err_nomem(&c->s.err);
    enum vf_kind kind;
    enum vf_status st = vf_host_stat(c->s.host, cfg, &kind, &c->s.err);
    if (st != VF_OK || kind == VF_KIND_NONE)
        return st;
    st = prove_resumed(c, prefix, prefix);
    if (st != VF_OK)
        vf_err_context(&c->s.err, "the original was not touched. First");
    return st;
}

static enum vf_status retire(struct vf_change *c, struct vf_slice old, struct vf_slice prefix)
{
    struct vf_retire_result res;
    enum vf_status st = prove_copy(c, old, prefix);
    if (st != VF_OK)
        return st;
    st = vf_retire_resume(&c->s.key, prefix, &c->s.hooks, c->s.a, &res, &c->s.err);
    if (st == VF_BUSY || st == VF_NO_MEMORY)
        return st;
    return vf_change_report_retire(c, st, prefix, &res);
}

/* A process that was killed keeps its lock until the kernel has let it go, which may wait for the disk: look
 * again for three seconds. */
static enum vf_status look(struct vf_change *c, struct vf_slice root, struct vf_txn_info *info,
                           struct vf_err *err)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    enum vf_status st = vf_txn_inspect(&c->s.key, root, c->s.a, info, err);
    for (int i = 0; i < 60 && st == VF_OK && info->state == VF_TXN_BUSY && !vf_hooks_cancelled(&c->s.hooks);
         i++) {
        nanosleep(&pause, NULL);
        st = vf_txn_inspect(&c->s.key, root, c->s.a, info, err);
    }
    return st;
}

/* What is left in NEW has no name of a place any more, and OLD is not there: the last traces of a move that
 * was over. */
static bool was_over(struct vf_change *c, bool is_target, const struct vf_txn_info *info)
{
    return is_target && c->o->verb == VENVFIX_MOVE && !info->verb && vf_host_is_missing(c->s.host, c->from);
}

/* Whatever is done now, finished or begun anew: these times are gone. */
static enum vf_status note_times(struct vf_change *c, const struct vf_txn_info *info)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < info->n_retimed && st == VF_OK; i++)
        st = vf_change_lost(c, info->retimed[i], "time");
    return st;
}

/* OLD of a copying move that was cut off. Where NEW is complete, only the removal of OLD is unfinished, and
 * that is for the same command to do; else OLD is as it was but for its journal. */
static enum vf_status resume_leaving(struct vf_change *c, struct vf_slice root,
                                     const struct vf_txn_info *info)
{
    struct vf_txn_info at_new;
    struct vf_err ignored;
    vf_err_init(&ignored);
    enum vf_status st = look(c, info->to, &at_new, &ignored);
    vf_err_release(&ignored);
    if (st == VF_OK && at_new.state == VF_TXN_BUSY)
        return busy(c, info->to);
    if (st != VF_OK || at_new.state != VF_TXN_RETIRE ||
        !vf_digest_eq(at_new.token, info->token, sizeof info->token)) {
        st = note_times(c, info);
        return st == VF_OK ? take_back(c, root) : st;
    }
    if (c->o->verb == VENVFIX_MOVE && vf_slice_eq(info->to, c->to))
        return VF_OK;
    struct vf_buf shown = {0};
    vf_term_put(&shown, info->to);
    st = vf_err_set(
        &c->s.err, VF_EXISTS, 0, "resume", root,
        "it was copied to '%s', and only its removal is unfinished: `venvfix fix` there finishes it; to "
        "keep both, remove .venvfix in both",
        vf_buf_cstr(&shown) ? shown.p : "");
    vf_buf_release(&shown);
    return st;
}

/* One root. *done: the whole command is finished by it. */
static enum vf_status resume_root(struct vf_change *c, struct vf_slice root, bool is_target, bool *done)
{
    struct vf_txn_info info;
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = look(c, root, &info, &why);
    vf_err_release(&why);
    if (st != VF_OK)
        return VF_OK; /* nothing there, or nothing to be seen: the ordinary checks speak about it */
    bool moved = true, mine = c->o->verb == VENVFIX_MOVE && vf_slice_eq(info.to, c->to);
    st = info.state == VF_TXN_LEAVING ? VF_OK : note_times(c, &info);
    if (st != VF_OK)
        return st;
    switch (info.state) {
    case VF_TXN_NONE:
        return VF_OK;
    case VF_TXN_BUSY:
        return busy(c, root);
    case VF_TXN_FOREIGN:
        return is_target ? VF_OK : foreign(c, root, info.why_foreign);
    case VF_TXN_STAGED:
    case VF_TXN_ROLLBACK:
        st = take_back(c, root);
        *done = st == VF_OK && was_over(c, is_target, &info);
        return st;
    case VF_TXN_COMMITTED:
        st = roll_forward(c, root, &info, &moved);
        *done = st == VF_OK && moved && is_target && mine;
        return st;
    case VF_TXN_LEAVING:
        return resume_leaving(c, root, &info);
    case VF_TXN_RETIRE:
        st = retire(c, info.from, root);
        *done = st == VF_OK && is_target && mine;
        return st;
    }
    return VF_OK;
}

static enum vf_status resume_staging(struct vf_change *c, bool *done)
{
    if (!vf_staging_left(c->to))
        return VF_OK;
    bool committed = vf_staging_committed(c->to);
    enum vf_status st = vf_change_resume_replace(c, committed);
    if (st == VF_OK)
        st = vf_staging_clean(c->to, &c->s.err);
    if (st == VF_OK && committed && c->o->verb == VENVFIX_RECREATE)
        st = prove_resumed(c, c->to, c->to);
    *done = st == VF_OK && committed && c->o->verb == VENVFIX_RECREATE;
    return st;
}

enum vf_status vf_change_resume(struct vf_change *c)
{
    enum vf_status st = VF_OK;
    if (c->o->dry_run)
        return VF_OK;
    if (c->o->verb != VENVFIX_RECREATE)
        st = resume_root(c, c->from, c->o->verb == VENVFIX_FIX, &c->finished);
    c->finished = c->finished && c->o->verb != VENVFIX_FIX;
    if (c->o->verb == VENVFIX_FIX || st != VF_OK)
        return st;
    bool staged = false, there = false;
    st = resume_staging(c, &staged);
    if (st == VF_OK)
        st = resume_root(c, c->to, true, &there);
    c->finished = staged || there;
    return st;
}
