/* change_copy.c: recreate from an environment, and move where one rename cannot do it: a copy in a staging
 * directory beside NEW, edits applied on the way, one rename, and, for move, OLD retired. */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "env/recheck.h"
#include "fs/copy.h"
#include "fs/sys.h"
#include "fs/tree_dir.h"
#include "fs/txn.h"
#include "verbs/change/change.h"

#include <errno.h>
#include <sys/file.h>

bool vf_change_has_mounts(const struct vf_env *env)
{
    uint64_t dev = 0;
    for (size_t i = 0; i < env->n_files; i++) {
        if (!env->files[i].st.dev)
            continue;
        if (dev && env->files[i].st.dev != dev)
            return true;
        dev = env->files[i].st.dev;
    }
    return false;
}

static enum vf_status enough_space(struct vf_change *c, int fd)
{
    uint64_t bytes, inodes;
    if (vf_sys_free_space(fd, &bytes, &inodes) != 0)
        return VF_OK; /* not to be had: the copy itself will say so */
    uint64_t need = c->env->bytes + (uint64_t)c->env->n_files * 512;
    if (need <= bytes && (!inodes || c->env->n_files <= inodes))
        return VF_OK;
    bool small = need >> 20 < 10;
    unsigned shift = small ? 10 : 20;
    return vf_err_set(&c->s.err, VF_NO_SPACE, 0, "copy", c->to, "it needs %llu %s there, %llu %s are free",
                      (unsigned long long)(need >> shift), small ? "kB" : "MB",
                      (unsigned long long)(bytes >> shift), small ? "kB" : "MB");
}

/* `lost`: as vf_copy_tree lists it. */
static enum vf_status note_not_kept(struct vf_change *c, struct vf_slice lost)
{
    enum vf_status st = VF_OK;
    for (size_t at = 0; at < lost.n && st == VF_OK;) {
        struct vf_slice path = vf_slice_of(lost.p + at);
        struct vf_slice what = vf_slice_of(path.p + path.n + 1);
        at += path.n + what.n + 2;
        const char *kept = vf_arena_cstr(c->s.a, what);
        st = kept ? vf_change_lost(c, path, kept) : vf_err_nomem(&c->s.err);
    }
    return st;
}

static enum vf_status fill(struct vf_change *c, struct vf_staging *s, struct vf_retire *r)
{
    struct vf_buf copied = {0}, lost = {0};
    struct vf_copy_opts opts = {
        .mode = (enum vf_link_mode)c->o->link, .copied = r ? &copied : NULL, .not_kept = &lost};
    struct vf_copy_result res = {0};
    enum vf_status st = enough_space(c, vf_staging_fd(s));
    if (st == VF_OK)
        st = vf_copy_tree(vf_tree_dir_fd(c->env->tree), vf_staging_fd(s), &c->plan.edits, &opts, &c->s.hooks,
                          &res, &c->s.err);
    if (st == VF_OK && res.skipped)
        vf_hooks_note(&c->s.hooks, "sockets, pipes and devices were not copied");
    if (st == VF_OK)
        st = note_not_kept(c, vf_buf_slice(&lost));
    vf_buf_release(&lost);
    if (st == VF_OK)
        st = vf_env_recheck(c->env, NULL, &c->s.err);
    if (st == VF_OK && r)
        st = vf_retire_note(r, vf_staging_fd(s), vf_buf_slice(&copied), &c->s.err);
    vf_buf_release(&copied);
    return st;
}

static void note_new_stays(struct vf_change *c, const struct vf_err *second)
{
    struct vf_buf b = {0};
    vf_term_put(&b, c->to);
    vf_buf_puts(&b, " was made and is not usable: ");
    vf_change_put_error(&b, &c->s.err);
    vf_buf_puts(&b, "; it could not be removed again either: ");
    vf_change_put_error(&b, second);
    vf_buf_puts(&b, c->o->verb == VENVFIX_MOVE ? ". The old directory was kept: remove the new one"
                                               : ". Remove it");
    const char *text = vf_buf_cstr(&b);
    if (text)
        vf_hooks_note(&c->s.hooks, text);
    vf_buf_release(&b);
}

enum vf_status vf_change_take_back(struct vf_change *c, struct vf_staging *s)
{
    struct vf_err second;
    bool stays = false;
    vf_err_init(&second);
    enum vf_status st = vf_staging_take_back(s, &stays, &second);
    c->new_stays = stays;
    if (stays) {
        note_new_stays(c, &second);
        vf_err_clear(&c->s.err);
        c->r->exit = 1;
    } else if (st != VF_OK) {
        vf_err_context(&c->s.err, "the staging directory could not be removed. First");
    }
    vf_err_release(&second);
    return stays ? VF_OK : c->s.err.code;
}

static enum vf_status prove_or_take_back(struct vf_change *c, struct vf_staging *s)
{
    double start = vf_seconds_since(0);
    vf_hooks_phase(&c->s.hooks, "prove");
    enum vf_status st = vf_prove_interpreter(c->env, c->to, &c->s.hooks, c->s.a, &c->proofs, &c->s.err);
    if (st == VF_OK)
        st = vf_change_require_packages(c);
    c->r->prove_s += vf_seconds_since(start);
    if (st != VF_OK)
        return vf_change_take_back(c, s);
    st = vf_change_end_staging(c, s);
    vf_change_note_unflushed(c);
    return st;
}

/* ---- the staged copy ---- */

static void drop(struct vf_change *c, struct vf_staging *s)
{
    struct vf_err second;
    vf_err_init(&second);
    if (vf_staging_drop(s, &second) != VF_OK)
        vf_err_context(&c->s.err, "the staging directory could not be removed. First");
    vf_err_release(&second);
}

/* A copy whose original is being changed by another run is worth nothing. */
enum vf_status vf_change_lock_source(struct vf_change *c)
{
    int fd = vf_tree_dir_fd(c->env->tree);
    if (flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return VF_OK;
    return vf_err_set(&c->s.err, VF_BUSY, 0, "copy", c->from, "another venvfix is at work there");
}

static enum vf_status copy_and_commit(struct vf_change *c, struct vf_retire *r)
{
    struct vf_staging *s = NULL;
    double start = vf_seconds_since(0);
    enum vf_status st = vf_staging_begin(c->to, &s, &c->s.err);
    if (st != VF_OK)
        return st;
    st = vf_change_begin_replace(c, s);
    if (st == VF_OK)
        st = fill(c, s, r);
    c->r->stage_s = vf_seconds_since(start);
    if (st != VF_OK) {
        drop(c, s);
        return st;
    }
    start = vf_seconds_since(0);
    st = vf_staging_commit(s, &c->unflushed, &c->s.err);
    c->r->commit_s = vf_seconds_since(start);
    return st == VF_OK ? prove_or_take_back(c, s) : st;
}

/* ---- OLD ---- */

static void cancel(struct vf_change *c, struct vf_retire *r)
{
    struct vf_err second;
    vf_err_init(&second);
    if (vf_retire_cancel(r, &second) != VF_OK)
        vf_err_context(&c->s.err, "the journal in the old directory could not be removed. First");
    vf_err_release(&second);
}

/* NEW may be gone after a crash, or does not work: OLD is the good one. */
static enum vf_status keep_both(struct vf_change *c, struct vf_retire *r)
{
    struct vf_err why;
    vf_err_init(&why);
    if (vf_retire_keep(r, &why) != VF_OK)
        vf_hooks_note(&c->s.hooks, ".venvfix could not be removed from both directories: remove it yourself");
    vf_err_release(&why);
    return VF_OK;
}

static enum vf_status retire(struct vf_change *c, struct vf_retire *r)
{
    struct vf_retire_result res;
    double start = vf_seconds_since(0);
    vf_hooks_phase(&c->s.hooks, "retire");
    enum vf_status st = vf_retire_finish(r, &c->s.hooks, c->s.a, &res, &c->s.err);
    c->r->retire_s = vf_seconds_since(start);
    return vf_change_report_retire(c, st, c->to, &res);
}

static enum vf_status move_by_copy(struct vf_change *c)
{
    struct vf_retire *r = NULL;
    int fd = vf_tree_dir_fd(c->env->tree);
    enum vf_status st = vf_retire_begin(&c->s.key, fd, c->from, c->to, &r, &c->s.err);
    if (st == VF_OK)
        st = copy_and_commit(c, r);
    if (st == VF_OK)
        return c->unflushed || c->new_stays ? keep_both(c, r) : retire(c, r);
    if (r)
        cancel(c, r);
    return st;
}

enum vf_status vf_change_by_copy(struct vf_change *c)
{
    vf_hooks_phase(&c->s.hooks, "copy");
    return c->o->verb == VENVFIX_MOVE ? move_by_copy(c) : copy_and_commit(c, NULL);
}
