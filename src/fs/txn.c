/* txn.c: the life of a transaction: begin, stage, seal, move, apply, finish or roll back, and the same from a
 * journal that an earlier run left.
 *
 * Only two facts are kept in memory that the disk could not tell: the device of an original, and that this
 * process made the journal itself. Everything else (was it renamed, which edit is in) is looked up, so that
 * going on after a crash is no other code than going on. */
#include "fs/txn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "fs/edit_write.h"
#include "fs/kill_point.h"
#include "fs/txn_edit.h"

enum { SYNC_EACH = 128 }; /* more files than this: one syncfs is cheaper than an fsync for each */

static struct vf_txn *txn_new(const struct vf_key *key)
{
    struct vf_txn *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    vf_jdir_init(&t->d);
    if (key)
        t->d.key = *key;
    vf_map_init(&t->paths, &t->d.arena);
    vf_map_init(&t->twins, &t->d.arena);
    t->news = t->parent = -1;
    return t;
}

void vf_txn_abandon(struct vf_txn *t)
{
    if (!t)
        return;
    if (t->news >= 0)
        (void)close(t->news);
    if (t->parent >= 0)
        (void)close(t->parent);
    vf_txn_release_parents(t);
    vf_jdir_release(&t->d);
    free(t);
}

/* --- begin --- */

static enum vf_status open_news(struct vf_txn *t, struct vf_err *err)
{
    t->news = openat(t->d.dir, "new", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return t->news >= 0 ? VF_OK : vf_err_sys(err, errno, "open", VF_S(VF_TXN_DIR "/new"));
}

static enum vf_status set_head(struct vf_txn *t, const char *verb, struct vf_slice from, struct vf_slice to,
                               struct vf_err *err)
{
    struct vf_journal *j = &t->d.journal;
    from = vf_prefix_trim(from);
    to = vf_prefix_trim(to);
    if (!vf_path_is_abs(from) || !vf_path_is_abs(to) || memchr(from.p, 0, from.n) || memchr(to.p, 0, to.n))
        return vf_err_set(err, VF_INTERNAL, 0, "begin", from, "a path is not absolute");
    j->verb = strcmp(verb, "move") == 0 ? "move" : "fix";
    j->from = vf_arena_dup(&t->d.arena, from);
    j->to = vf_arena_dup(&t->d.arena, to);
    return j->from.p && j->to.p ? VF_OK : vf_err_nomem(err);
}

/* The first journal has no edits yet: it is what makes the directory recognisably ours. */
static enum vf_status make_all(struct vf_txn *t, struct vf_err *err)
{
    enum vf_status st = vf_jdir_put_journal(&t->d, err);
    VF_KILL_POINT();
    if (st == VF_OK && mkdirat(t->d.dir, "new", 0700) < 0)
        st = vf_err_write(err, errno, "mkdir", VF_S(VF_TXN_DIR "/new"));
    return st == VF_OK ? open_news(t, err) : st;
}

/* begin, with the root open already; takes t. */
static enum vf_status begin_opened(struct vf_txn *t, const char *verb, struct vf_slice from,
                                   struct vf_slice to, struct vf_txn **out, struct vf_err *err)
{
    enum vf_status st = set_head(t, verb, from, to, err);
    if (st == VF_OK)
        st = vf_txn_hold_parents(t, err);
    if (st == VF_OK)
        st = vf_jdir_make(&t->d, err);
    if (st == VF_OK)
        st = make_all(t, err);
    if (st == VF_OK) {
        *out = t;
        return VF_OK;
    }
    if (t->d.lock >= 0) /* made by us: the first error is the one to tell */
        (void)!vf_jdir_remove(&t->d, NULL);
    vf_txn_abandon(t);
    return st;
}

enum vf_status vf_txn_begin(const struct vf_key *key, struct vf_slice root, const char *verb,
                            struct vf_slice from, struct vf_slice to, struct vf_txn **out, struct vf_err *err)
{
    struct vf_txn *t = txn_new(key);
    *out = NULL;
    if (!t)
        return vf_err_nomem(err);
    enum vf_status st = vf_jdir_root(&t->d, root, err);
    if (st == VF_OK)
        return begin_opened(t, verb, from, to, out, err);
    vf_txn_abandon(t);
    return st;
}

enum vf_status vf_txn_begin_in(const struct vf_key *key, int root, const char *verb, struct vf_slice from,
                               struct vf_slice to, struct vf_txn **out, struct vf_err *err)
{
    struct vf_txn *t = txn_new(key);
    *out = NULL;
    if (!t)
        return vf_err_nomem(err);
    enum vf_status st = vf_jdir_root_fd(&t->d, root, from, err);
    if (st == VF_OK)
        return begin_opened(t, verb, from, to, out, err);
    vf_txn_abandon(t);
    return st;
}

/* --- stage, seal --- */

enum vf_status vf_txn_stage(struct vf_txn *t, const struct vf_edit *e, struct vf_err *err)
{
    if (t->d.state != VF_JSTATE_STAGED || t->resumed)
        return vf_err_set(err, VF_INTERNAL, 0, "stage", e->path, "the transaction is sealed");
    if (!vf_journal_path_ok(e->path) || vf_map_get(&t->paths, e->path, NULL))
        return vf_err_set(err, VF_INTERNAL, 0, "stage", e->path,
                          "the plan names this path twice, or it leads outside");
    size_t i = t->edits.n;
    struct vf_edit own = *e; /* its path lives as long as the transaction */
    own.path = vf_arena_dup(&t->d.arena, e->path);
    struct vf_jedit *j = own.path.p ? vf_vec_push(&t->d.arena, &t->edits, sizeof *j) : NULL;
    if (!j || !vf_map_put(&t->paths, own.path, i))
        return vf_err_nomem(err);
    j->path = own.path;
    return vf_txn_stage_one(t, &own, i, j, err);
}

/* Opens a staged file and starts its writing, or waits for it. */
static enum vf_status flush_staged(struct vf_txn *t, size_t i, bool wait, struct vf_err *err)
{
    const struct vf_jedit *e = &t->d.journal.v[i];
    struct vf_txn_names name = vf_txn_names(i);
    if (e->is.kind != VF_KIND_FILE)
        return VF_OK;
    int fd = openat(t->news, name.staged, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int bad = fd < 0 || (wait && vf_file_sync(fd) < 0) ? errno : 0;
    if (fd >= 0 && !wait)
        vf_sys_start_flush(fd);
    if (fd >= 0)
        (void)close(fd);
    return bad ? vf_err_write(err, bad, "sync", e->path) : VF_OK;
}

static enum vf_status wait_staged(void *ctx, size_t i, unsigned worker, struct vf_err *err)
{
    (void)worker;
    return flush_staged(ctx, i, true, err);
}

static enum vf_status flush_news(void *ctx, bool wait, struct vf_err *err)
{
    struct vf_txn *t = ctx;
    size_t n = t->d.journal.n;
    enum vf_status st = VF_OK;
    VF_KILL_POINT();
    if (n > SYNC_EACH)
        return wait && vf_sys_syncfs(t->news) < 0 ? vf_err_write(err, errno, "sync", VF_S(VF_TXN_DIR))
                                                  : VF_OK;
    for (size_t i = 0; !wait && i < n && st == VF_OK; i++)
        st = flush_staged(t, i, false, err);
    if (wait)
        st = vf_parallel(&vf_disk_waiters, n, wait_staged, t, err);
    VF_KILL_POINT();
    if (st == VF_OK && wait && vf_sys_sync_dir(t->news) < 0)
        st = vf_err_write(err, errno, "sync", VF_S(VF_TXN_DIR "/new"));
    return st;
}

enum vf_status vf_txn_write_commit_record(struct vf_txn *t, struct vf_err *err)
{
    if (t->d.state != VF_JSTATE_STAGED || t->resumed)
        return vf_err_set(err, VF_INTERNAL, 0, "seal", VF_S(VF_TXN_DIR), "the transaction is sealed");
    t->d.journal.v = t->edits.base;
    t->d.journal.n = t->edits.n;
    return vf_jdir_write_commit_record(&t->d, flush_news, t, err);
}

/* --- the rename --- */

/* A journal that anybody could have written leads to no path outside of its root. */
static enum vf_status refuse_confined(struct vf_txn *t, struct vf_err *err)
{
    if (!t->resumed || !t->d.confined)
        return VF_OK;
    return vf_err_set(
        err, VF_EXISTS, 0, "resume", VF_S(VF_TXN_DIR),
        "the run that was cut off had no secret to sign its journal with, so the directory is not "
        "renamed: rename it yourself, remove .venvfix and run `venvfix fix`");
}

enum vf_status vf_txn_move(struct vf_txn *t, struct vf_err *err)
{
    const struct vf_journal *j = &t->d.journal;
    if (t->d.state == VF_JSTATE_DONE || vf_txn_stays(t) || vf_txn_is_at(t, VF_END_TO))
        return VF_OK;
    if (t->d.state != VF_JSTATE_COMMITTED)
        return vf_err_set(err, VF_INTERNAL, 0, "rename", j->to, "the transaction is not sealed");
    if (!vf_txn_is_at(t, VF_END_FROM))
        return vf_err_set(err, VF_CHANGED, 0, "rename", j->from,
                          "the path does not lead to the environment any more");
    enum vf_status st = refuse_confined(t, err);
    return st != VF_OK ? st : vf_txn_rename_root(t, VF_END_TO, err);
}

/* --- apply --- */

struct targets {
    struct vf_txn *t;
    struct vf_vec dirs; /* of struct vf_slice: each directory that holds a target, once */
};

static enum vf_status sync_target(void *ctx, size_t i, unsigned worker, struct vf_err *err)
{
    struct targets *g = ctx;
    struct vf_slice dir = *VF_VEC_AT(struct vf_slice, &g->dirs, i);
    (void)worker;
    int fd = vf_sys_open_beneath(g->t->d.root, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0) /* gone, or a link by now: then its edits have failed already */
        return VF_OK;
    VF_KILL_POINT();
    int bad = vf_sys_sync_dir(fd) < 0 ? errno : 0;
    (void)close(fd);
    return bad ? vf_err_write(err, bad, "sync", dir) : VF_OK;
}

/* fsync of every directory that holds a target, and of new/. */
static enum vf_status sync_targets(struct vf_txn *t, struct vf_err *err)
{
    const struct vf_journal *j = &t->d.journal;
    struct targets g = {.t = t};
    struct vf_map seen;
    vf_map_init(&seen, &t->d.arena);
    for (size_t i = 0; i < j->n; i++) {
        struct vf_slice dir = vf_path_dir(j->v[i].path);
        if (vf_map_get(&seen, dir, NULL))
            continue;
        struct vf_slice *new_dir = vf_vec_push(&t->d.arena, &g.dirs, sizeof *new_dir);
        if (!new_dir || !vf_map_put(&seen, dir, i))
            return vf_err_nomem(err);
        *new_dir = dir;
    }
    enum vf_status st = vf_parallel(&vf_disk_waiters, g.dirs.n, sync_target, &g, err);
    VF_KILL_POINT();
    if (st == VF_OK && t->news >= 0 && vf_sys_sync_dir(t->news) < 0)
        st = vf_err_write(err, errno, "sync", VF_S(VF_TXN_DIR "/new"));
    return st;
}

enum vf_status vf_txn_apply(struct vf_txn *t, const struct vf_hooks *hooks, struct vf_err *err)
{
    size_t n = t->d.journal.n;
    if (t->d.state == VF_JSTATE_DONE)
        return VF_OK;
    if (t->d.state != VF_JSTATE_COMMITTED)
        return vf_err_set(err, VF_INTERNAL, 0, "edit", VF_S(VF_TXN_DIR), "the transaction is not sealed");
    for (size_t i = 0; i < n; i++) {
        if (vf_hooks_cancelled(hooks))
            return vf_err_set(err, VF_INTERRUPTED, 0, "edit", VF_S(""), "stopped on request");
        enum vf_status st = vf_txn_forward(t, i, err);
        if (st != VF_OK)
            return st;
        vf_hooks_progress(hooks, "commit", i + 1, n);
    }
    return sync_targets(t, err);
}

bool vf_txn_old_is_back(struct vf_txn *t)
{
    return !vf_txn_stays(t) && vf_txn_is_taken(t, VF_END_FROM) && !vf_txn_is_at(t, VF_END_FROM);
}

enum vf_status vf_txn_verify(struct vf_txn *t, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < t->d.journal.n && st == VF_OK; i++)
        st = vf_txn_verify_one(t, i, err);
    return st == VF_OK ? vf_txn_check_path(t, err) : st;
}

/* --- the two ends --- */

enum vf_status vf_txn_finish(struct vf_txn *t, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    if (t->d.state != VF_JSTATE_COMMITTED && t->d.state != VF_JSTATE_DONE)
        st = vf_err_set(err, VF_INTERNAL, 0, "finish", VF_S(VF_TXN_DIR), "the transaction is not applied");
    /* From here on originals go, so from here on there is no way back. */
    if (st == VF_OK && t->d.state == VF_JSTATE_COMMITTED)
        st = vf_jdir_put_state(&t->d, VF_JSTATE_DONE, err);
    if (st == VF_OK)
        st = vf_jdir_remove(&t->d, err);
    vf_txn_abandon(t);
    return st;
}

/* First the rename: should it be impossible (somebody made a new OLD), what stands at NEW is still a whole
 * environment. */
static enum vf_status undo_all(struct vf_txn *t, struct vf_err *err)
{
    const struct vf_journal *j = &t->d.journal;
    bool renamed = !vf_txn_stays(t) && vf_txn_is_at(t, VF_END_TO);
    enum vf_status st = renamed ? refuse_confined(t, err) : VF_OK;
    if (st == VF_OK && t->d.state == VF_JSTATE_COMMITTED)
        st = vf_jdir_put_state(&t->d, VF_JSTATE_ROLLBACK, err);
    if (st == VF_OK && !vf_txn_stays(t) && vf_txn_is_at(t, VF_END_TO))
        st = vf_txn_rename_root(t, VF_END_FROM, err);
    if (st != VF_OK)
        return st;
    for (size_t i = j->n; i-- > 0;) { /* one that is stuck does not keep the others from going back */
        enum vf_status one = vf_txn_back(t, i, err);
        st = st == VF_OK ? one : st;
    }
    if (st == VF_OK)
        st = sync_targets(t, err);
    return st == VF_OK ? vf_jdir_put_state(&t->d, VF_JSTATE_UNDONE, err) : st;
}

enum vf_status vf_txn_roll_back(struct vf_txn *t, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    if (t->d.state == VF_JSTATE_COMMITTED || t->d.state == VF_JSTATE_ROLLBACK)
        st = undo_all(t, err);
    else if (t->d.state != VF_JSTATE_STAGED && t->d.state != VF_JSTATE_UNDONE &&
             t->d.state != VF_JSTATE_LEAVING)
        st = vf_err_set(err, VF_NOT_SUPPORTED, 0, "restore", VF_S(VF_TXN_DIR), "it was finished already");
    if (st == VF_OK)
        st = vf_jdir_remove(&t->d, err);
    vf_txn_abandon(t);
    return st;
}

/* --- what an earlier run left --- */

/* The last traces of a move that was finished: its state is gone already, the directory not yet. */
static bool finished_move(struct vf_txn *t)
{
    return t->d.state == VF_JSTATE_STAGED && t->d.verified && !vf_txn_stays(t) && vf_txn_is_at(t, VF_END_TO);
}

static const char *judge_edits(struct vf_txn *t)
{
    if (t->d.state != VF_JSTATE_COMMITTED && t->d.state != VF_JSTATE_ROLLBACK)
        return NULL;
    for (size_t i = 0; i < t->d.journal.n; i++)
        if (!vf_txn_plausible(t, i))
            return "its new files are not the ones it names";
    return NULL;
}

/* Opens and judges; t is the caller's to abandon. */
static enum vf_status open_left(struct vf_txn *t, struct vf_slice root, bool take, const char **why,
                                struct vf_err *err)
{
    *why = NULL;
    enum vf_status st = vf_jdir_root(&t->d, root, err);
    if (st == VF_OK)
        st = vf_jdir_open(&t->d, take, why, err);
    if (st != VF_OK || *why)
        return st;
    t->resumed = true;
    if (t->d.state == VF_JSTATE_STAGED && finished_move(t))
        t->d.state = VF_JSTATE_DONE;
    if (t->d.state == VF_JSTATE_COMMITTED || t->d.state == VF_JSTATE_ROLLBACK) {
        st = vf_stat_at(t->d.dir, "new").kind == VF_KIND_DIR ? open_news(t, err) : VF_OK;
        *why = t->news < 0 ? "its new files are not there" : judge_edits(t);
    }
    return st;
}

static enum vf_txn_state outer_state(enum vf_jstate s)
{
    switch (s) {
    case VF_JSTATE_STAGED:
        return VF_TXN_STAGED;
    case VF_JSTATE_COMMITTED:
    case VF_JSTATE_DONE:
        return VF_TXN_COMMITTED;
    case VF_JSTATE_ROLLBACK:
    case VF_JSTATE_UNDONE:
        return VF_TXN_ROLLBACK;
    case VF_JSTATE_RETIRE:
    case VF_JSTATE_REMOVING:
        return VF_TXN_RETIRE;
    case VF_JSTATE_LEAVING:
        return VF_TXN_LEAVING;
    case VF_JSTATES:
        break;
    }
    return VF_TXN_FOREIGN;
}

static enum vf_status fill_info(struct vf_txn *t, struct vf_arena *a, struct vf_txn_info *info,
                                struct vf_err *err)
{
    const struct vf_journal *j = &t->d.journal;
    struct vf_vec retimed = {0};
    enum vf_status st = vf_txn_retimed(t, a, &retimed, err);
    info->state = outer_state(t->d.state);
    info->done = t->d.state == VF_JSTATE_DONE;
    info->retimed = retimed.base;
    info->n_retimed = retimed.n;
    if (!j->verb || st != VF_OK)
        return st;
    info->verb = j->verb;
    info->from = vf_arena_dup(a, j->from);
    info->to = vf_arena_dup(a, j->to);
    memcpy(info->token, j->token, sizeof info->token);
    return info->from.p && info->to.p ? VF_OK : vf_err_nomem(err);
}

enum vf_status vf_txn_inspect(const struct vf_key *key, struct vf_slice root, struct vf_arena *a,
                              struct vf_txn_info *info, struct vf_err *err)
{
    struct vf_txn *t = txn_new(key);
    struct vf_err own;
    vf_err_init(&own);
    *info = (struct vf_txn_info){.state = VF_TXN_NONE};
    if (!t)
        return vf_err_nomem(err);
    enum vf_status st = open_left(t, root, false, &info->why_foreign, &own);
    if (t->d.root < 0) {
        if (err && err->code == VF_OK) { /* the root itself: the caller's error */
            *err = own;
            vf_err_init(&own);
        }
    } else if (st == VF_NOT_FOUND || st == VF_BUSY) {
        info->state = st == VF_BUSY ? VF_TXN_BUSY : VF_TXN_NONE;
        st = VF_OK;
    } else if (st == VF_NO_MEMORY) {
        st = vf_err_nomem(err);
    } else if (st != VF_OK || info->why_foreign) {
        info->state = VF_TXN_FOREIGN;
        info->why_foreign = info->why_foreign ? info->why_foreign : "it cannot be read";
        st = VF_OK;
    } else {
        st = fill_info(t, a, info, err);
    }
    vf_err_release(&own);
    vf_txn_abandon(t);
    return st;
}

enum vf_status vf_txn_resume(const struct vf_key *key, struct vf_slice root, struct vf_txn **out, bool *moved,
                             struct vf_err *err)
{
    const char *why = NULL;
    struct vf_txn *t = txn_new(key);
    *out = NULL;
    *moved = false;
    if (!t)
        return vf_err_nomem(err);
    enum vf_status st = open_left(t, root, true, &why, err);
    if (st == VF_OK && why)
        st = vf_err_set(err, VF_EXISTS, 0, "open", VF_S(VF_TXN_DIR),
                        "it is not the journal of this environment: %s", why);
    if (st == VF_OK && outer_state(t->d.state) == VF_TXN_RETIRE)
        st = vf_err_set(err, VF_INTERNAL, 0, "open", VF_S(VF_TXN_DIR),
                        "it is about retiring another directory");
    if (st != VF_OK) {
        vf_txn_abandon(t);
        return st;
    }
    *moved = !t->d.verified || vf_txn_stays(t) || vf_txn_is_at(t, VF_END_TO);
    *out = t;
    return VF_OK;
}

enum vf_status vf_txn_write_stub(struct vf_txn *t, struct vf_slice contents, struct vf_err *err)
{
    struct vf_slice path = VF_S(VF_TXN_DIR "/probe");
    VF_KILL_POINT();
    if (unlinkat(t->d.dir, "probe", 0) < 0 && errno != ENOENT)
        return vf_err_write(err, errno, "remove", path);
    VF_KILL_POINT();
    int fd = vf_file_make(t->d.dir, "probe");
    int bad = fd < 0 || vf_fd_write_all(fd, contents) < 0 || fchmod(fd, 0700) < 0 ? errno : 0;
    if (fd >= 0 && close(fd) < 0 && !bad)
        bad = errno;
    return bad ? vf_err_write(err, bad, "write", path) : VF_OK;
}
