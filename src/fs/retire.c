/* retire.c: OLD is marked, put aside, compared and removed.
 *
 * Every step can be the last one of this process: what the next run finds then, and what it does, is the
 * table in docs/architecture.md. */
#include "fs/retire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/path.h"
#include "fs/copied.h"
#include "fs/edit_write.h"
#include "fs/kill_point.h"
#include "fs/txn_dir.h"

struct vf_retire {
    struct vf_jdir old, fresh; /* both locked; the paths below are in the arena of old */
    int parent;                /* the directory that holds OLD */
    const char *base;          /* OLD's name in it */
    struct vf_slice path;      /* OLD, absolute */
    char aside[48];            /* its name in the parent while it is being removed */
    bool is_aside;
    struct vf_buf copied;
};

/* --- life --- */

static struct vf_retire *retire_new(const struct vf_key *key)
{
    struct vf_retire *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    vf_jdir_init(&r->old);
    vf_jdir_init(&r->fresh);
    r->old.key = r->fresh.key = *key;
    r->parent = -1;
    return r;
}

static void retire_free(struct vf_retire *r)
{
    if (r->parent >= 0)
        (void)close(r->parent);
    vf_buf_release(&r->copied);
    vf_jdir_release(&r->old);
    vf_jdir_release(&r->fresh);
    free(r);
}

static void set_aside_name(struct vf_retire *r, const unsigned char token[32])
{
    size_t n = (size_t)snprintf(r->aside, sizeof r->aside, VF_TXN_DIR "-old-");
    for (size_t i = 0; i < 8; i++)
        (void)snprintf(r->aside + n + 2 * i, 3, "%02x", token[i]);
}

/* Opens the directory that holds OLD, once. */
static enum vf_status open_parent(struct vf_retire *r, struct vf_slice old, struct vf_err *err)
{
    r->path = vf_arena_dup(&r->old.arena, vf_prefix_trim(old));
    if (!r->path.p)
        return vf_err_nomem(err);
    return vf_prefix_parent(r->path, &r->old.arena, &r->parent, &r->base, err);
}

static bool is_root(const struct vf_jdir *d, int dir, const char *name)
{
    struct vf_stat st = vf_stat_at(dir, name);
    return st.kind == VF_KIND_DIR && st.ino == d->root_st.ino && st.dev == d->root_st.dev;
}

/* --- begin, note, cancel --- */

static enum vf_status mark_old(struct vf_retire *r, struct vf_slice new_prefix, struct vf_err *err)
{
    struct vf_journal *j = &r->old.journal;
    j->verb = "move";
    j->from = r->path;
    j->to = vf_arena_dup(&r->old.arena, vf_prefix_trim(new_prefix));
    if (!j->to.p)
        return vf_err_nomem(err);
    if (vf_sys_random(j->token, sizeof j->token) < 0)
        return vf_err_sys(err, errno, "random", VF_S(""));
    set_aside_name(r, j->token);
    enum vf_status st = vf_jdir_make(&r->old, err);
    if (st == VF_OK)
        st = vf_jdir_put_journal(&r->old, err);
    return st == VF_OK ? vf_jdir_put_state(&r->old, VF_JSTATE_LEAVING, err) : st;
}

enum vf_status vf_retire_begin(const struct vf_key *key, int fd, struct vf_slice old,
                               struct vf_slice new_prefix, struct vf_retire **out, struct vf_err *err)
{
    struct vf_retire *r = retire_new(key);
    *out = NULL;
    if (!r)
        return vf_err_nomem(err);
    enum vf_status st = open_parent(r, old, err);
    if (st == VF_OK)
        st = vf_jdir_root_fd(&r->old, fd, old, err);
    if (st == VF_OK && !is_root(&r->old, r->parent, r->base))
        st = vf_err_set(err, VF_CHANGED, 0, "open", old, "another directory is there by now");
    if (st == VF_OK)
        st = mark_old(r, new_prefix, err);
    if (st == VF_OK) {
        *out = r;
        return VF_OK;
    }
    if (r->old.lock >= 0) /* the journal directory was made here */
        (void)!vf_jdir_remove(&r->old, NULL);
    retire_free(r);
    return st;
}

enum vf_status vf_retire_note(struct vf_retire *r, int staged, struct vf_slice copied, struct vf_err *err)
{
    struct vf_journal *j = &r->fresh.journal;
    const struct vf_journal *of_old = &r->old.journal;
    enum vf_status st = vf_jdir_root_fd(&r->fresh, staged, of_old->to, err);
    j->verb = of_old->verb;
    j->from = of_old->from;
    j->to = of_old->to;
    j->retire_ino = r->old.root_st.ino;
    memcpy(j->token, of_old->token, sizeof j->token);
    vf_buf_put(&r->copied, copied);
    if (st == VF_OK && (r->copied.failed || !vf_sha256(copied, j->copied)))
        st = vf_err_nomem(err);
    if (st == VF_OK)
        st = vf_jdir_make(&r->fresh, err);
    if (st == VF_OK)
        st = vf_jdir_put_copied(&r->fresh, copied, err);
    if (st == VF_OK)
        st = vf_jdir_put_journal(&r->fresh, err);
    return st == VF_OK ? vf_jdir_put_state(&r->fresh, VF_JSTATE_RETIRE, err) : st;
}

enum vf_status vf_retire_cancel(struct vf_retire *r, struct vf_err *err)
{
    enum vf_status st = vf_jdir_remove(&r->old, err);
    retire_free(r);
    return st;
}

/* --- aside, and back --- */

static bool must_stay(int sys)
{
    return sys == EBUSY || sys == EXDEV || sys == EACCES || sys == EPERM || sys == EROFS;
}

static enum vf_status sync_parent(const struct vf_retire *r, struct vf_err *err)
{
    VF_KILL_POINT();
    return vf_sys_sync_dir(r->parent) < 0 ? vf_err_write(err, errno, "sync", vf_path_dir(r->path)) : VF_OK;
}

/* Back under its own name, unless somebody has made something there: then it stays where it is, and the
 * result says where. */
static enum vf_status put_back(struct vf_retire *r, struct vf_err *err)
{
    if (!r->is_aside)
        return VF_OK;
    VF_KILL_POINT();
    if (vf_sys_rename_noreplace(r->parent, r->aside, r->parent, r->base) < 0)
        return errno == EEXIST || errno == ENOTEMPTY ? VF_OK : vf_err_write(err, errno, "rename", r->path);
    r->is_aside = false;
    return sync_parent(r, err);
}

/* *other: what is under OLD's name is not the directory that was copied. */
static enum vf_status put_aside(struct vf_retire *r, bool *other, struct vf_err *err)
{
    if (r->is_aside) /* by the run that was cut off */
        return VF_OK;
    *other = !is_root(&r->old, r->parent, r->base);
    if (*other)
        return VF_OK;
    VF_KILL_POINT();
    if (vf_sys_rename_noreplace(r->parent, r->base, r->parent, r->aside) < 0) {
        *other = errno == ENOENT;
        return *other || must_stay(errno) ? VF_OK : vf_err_write(err, errno, "rename", r->path);
    }
    r->is_aside = true;
    if (is_root(&r->old, r->parent, r->aside))
        return sync_parent(r, err);
    *other = true; /* somebody put it there between the two calls */
    return put_back(r, err);
}

/* --- the comparison and the removal --- */

static void keep_list(struct vf_retire_result *res, const struct vf_vec *v)
{
    res->outcome = VF_RETIRE_CHANGED;
    res->changed = v->base;
    res->n_changed = v->n;
}

/* Nothing but our own files in OLD's journal directory: it would go with them. */
static enum vf_status compare_journal(struct vf_retire *r, struct vf_arena *a, struct vf_vec *changed,
                                      struct vf_err *err)
{
    const char *stranger = NULL;
    enum vf_status st = vf_jdir_stranger(&r->old, a, &stranger, err);
    if (st != VF_OK || !stranger)
        return st;
    struct vf_slice *v = vf_vec_push(a, changed, sizeof *v);
    if (!v)
        return vf_err_nomem(err);
    *v = vf_path_join(a, VF_S(VF_TXN_DIR), vf_slice_of(stranger));
    return v->p ? VF_OK : vf_err_nomem(err);
}

static enum vf_status remove_listed(struct vf_retire *r, const struct vf_copy_list *now,
                                    const struct vf_hooks *hooks, struct vf_arena *a, struct vf_vec *left,
                                    struct vf_err *err)
{
    struct vf_copy_list rest = {0};
    enum vf_status st = vf_copied_remove(now, err);
    if (st != VF_OK)
        return st;
    st = vf_copied_list(r->old.root, hooks, &rest, err);
    if (st == VF_OK)
        st = vf_copied_rest(&rest, a, left, err);
    vf_copy_list_release(&rest);
    return st == VF_OK ? compare_journal(r, a, left, err) : st;
}

static enum vf_status compare_and_remove(struct vf_retire *r, const struct vf_hooks *hooks,
                                         struct vf_arena *a, struct vf_retire_result *res, struct vf_err *err)
{
    struct vf_copy_list now = {0};
    struct vf_vec changed = {0};
    bool begun = r->fresh.state == VF_JSTATE_REMOVING;
    enum vf_status st = vf_copied_list(r->old.root, hooks, &now, err);
    if (st == VF_OK)
        st = vf_copied_compare(vf_buf_slice(&r->copied), &now, begun, a, &changed, err);
    if (st == VF_OK && !begun)
        st = compare_journal(r, a, &changed, err);
    if (st == VF_OK && !begun && changed.n == 0)
        st = vf_jdir_put_state(&r->fresh, VF_JSTATE_REMOVING, err);
    if (st == VF_OK && (begun || changed.n == 0)) {
        changed.n = 0;
        st = remove_listed(r, &now, hooks, a, &changed, err);
    }
    if (st == VF_OK && changed.n > 0)
        keep_list(res, &changed);
    vf_copy_list_release(&now);
    return st;
}

/* OLD is empty but for its journal. */
static enum vf_status remove_root(struct vf_retire *r, struct vf_retire_result *res, struct vf_err *err)
{
    const char *name = r->is_aside ? r->aside : r->base;
    enum vf_status st = vf_jdir_remove(&r->old, err);
    if (st != VF_OK)
        return st;
    VF_KILL_POINT();
    if (is_root(&r->old, r->parent, name) && unlinkat(r->parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT) {
        if (!must_stay(errno))
            return vf_err_write(err, errno, "remove", r->path);
        res->outcome = VF_RETIRE_EMPTIED;
        return VF_OK;
    }
    return sync_parent(r, err);
}

/* OLD stays, whole or what is left of it, and neither journal is needed any more. What somebody else put into
 * its journal directory stays there. */
static enum vf_status let_stay(struct vf_retire *r, struct vf_err *err)
{
    struct vf_err own;
    vf_err_init(&own);
    enum vf_status st = put_back(r, err);
    if (st == VF_OK && vf_jdir_remove(&r->old, &own) != VF_OK && own.sys != ENOTEMPTY && own.sys != EEXIST)
        st = vf_err_copy(err, &own);
    vf_err_release(&own);
    return st;
}

static enum vf_status say_where(struct vf_retire *r, struct vf_arena *a, struct vf_retire_result *res,
                                struct vf_err *err)
{
    res->old =
        r->is_aside ? vf_path_join(a, vf_path_dir(r->path), vf_slice_of(r->aside)) : vf_arena_dup(a, r->path);
    return res->old.p ? VF_OK : vf_err_nomem(err);
}

/* Both directories are open and locked. */
static enum vf_status retire_steps(struct vf_retire *r, const struct vf_hooks *hooks, struct vf_arena *a,
                                   struct vf_retire_result *res, struct vf_err *err)
{
    bool other = false;
    enum vf_status st = VF_OK;
    if (r->fresh.state == VF_JSTATE_RETIRE)
        st = put_aside(r, &other, err);
    if (st == VF_OK && other)
        res->outcome = VF_RETIRE_NOT_OLD;
    else if (st == VF_OK)
        st = compare_and_remove(r, hooks, a, res, err);
    if (st == VF_OK)
        st = res->outcome == VF_RETIRED ? remove_root(r, res, err) : let_stay(r, err);
    if (st == VF_OK)
        st = say_where(r, a, res, err);
    return st == VF_OK ? vf_jdir_remove(&r->fresh, err) : st;
}

/* --- the end of a run --- */

static int64_t time_of_copy(const struct vf_jdir *fresh)
{
    return vf_stat_at(fresh->dir, "copied").mtime_s;
}

/* NEW is where the journal says, under a name of its own. */
static bool new_is_there(struct vf_retire *r)
{
    int fd = -1;
    const char *base = NULL;
    enum vf_status st = vf_prefix_parent(r->fresh.journal.to, &r->fresh.arena, &fd, &base, NULL);
    bool there = st == VF_OK && is_root(&r->fresh, fd, base);
    if (fd >= 0)
        (void)close(fd);
    return there;
}

enum vf_status vf_retire_finish(struct vf_retire *r, const struct vf_hooks *hooks, struct vf_arena *a,
                                struct vf_retire_result *res, struct vf_err *err)
{
    *res = (struct vf_retire_result){.outcome = VF_RETIRED, .copied_at = time_of_copy(&r->fresh)};
    enum vf_status st = VF_OK;
    if (new_is_there(r)) {
        st = retire_steps(r, hooks, a, res, err);
    } else {
        res->outcome = VF_RETIRE_NOT_NEW;
        st = let_stay(r, err);
        if (st == VF_OK)
            st = say_where(r, a, res, err);
        if (st == VF_OK)
            st = vf_jdir_remove(&r->fresh, err);
    }
    retire_free(r);
    return st;
}

enum vf_status vf_retire_keep(struct vf_retire *r, struct vf_err *err)
{
    enum vf_status st = vf_jdir_remove(&r->fresh, err); /* first: without it nothing removes OLD */
    enum vf_status old = vf_jdir_remove(&r->old, err);
    retire_free(r);
    return st == VF_OK ? old : st;
}

/* --- after a crash --- */

/* Is the directory of this name the one that was copied: its journal is ours and holds NEW's token. A journal
 * that is being removed has lost its state, then itself, and only its lock is left: by then all else is gone,
 * and what somebody put there since is on no list. */
static enum vf_status open_old(struct vf_retire *r, const char *name, bool *found, struct vf_err *err)
{
    const char *why = NULL;
    struct vf_err own;
    *found = false;
    vf_err_init(&own);
    int fd = openat(r->parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    enum vf_status st = fd >= 0 ? vf_jdir_root_fd(&r->old, fd, r->path, &own) : VF_NOT_FOUND;
    if (fd >= 0)
        (void)close(fd);
    if (st == VF_OK)
        st = vf_jdir_open(&r->old, true, &why, &own);
    const struct vf_journal *j = &r->old.journal;
    bool token = r->old.verified && !r->old.confined &&
                 vf_digest_eq(j->token, r->fresh.journal.token, sizeof j->token);
    bool bare = !r->old.verified && r->fresh.state == VF_JSTATE_REMOVING;
    *found = st == VF_OK && !why && (token || bare) && r->old.root_st.ino == r->fresh.journal.retire_ino &&
             (r->old.state == VF_JSTATE_LEAVING || r->old.state == VF_JSTATE_STAGED);
    st = st == VF_BUSY        ? vf_err_set(err, VF_BUSY, 0, "lock", r->path, "another run is at work here")
         : st == VF_NO_MEMORY ? vf_err_nomem(err)
                              : VF_OK;
    vf_err_release(&own);
    if (!*found)
        vf_jdir_close(&r->old);
    return st;
}

/* The directory itself, when its journal went before the crash: it is empty then, and removing it loses
 * nothing. */
static bool remove_empty(struct vf_retire *r, const char *name)
{
    struct vf_stat st = vf_stat_at(r->parent, name);
    if (r->fresh.state != VF_JSTATE_REMOVING || st.kind != VF_KIND_DIR ||
        st.ino != r->fresh.journal.retire_ino)
        return false;
    VF_KILL_POINT();
    return unlinkat(r->parent, name, AT_REMOVEDIR) == 0;
}

static enum vf_status find_old(struct vf_retire *r, bool *found, struct vf_err *err)
{
    set_aside_name(r, r->fresh.journal.token);
    enum vf_status st = open_old(r, r->aside, found, err);
    r->is_aside = *found;
    return st == VF_OK && !*found ? open_old(r, r->base, found, err) : st;
}

static enum vf_status without_old(struct vf_retire *r, struct vf_arena *a, struct vf_retire_result *res,
                                  struct vf_err *err)
{
    bool there = vf_stat_at(r->parent, r->base).kind != VF_KIND_NONE;
    if (!remove_empty(r, r->aside) && there && !remove_empty(r, r->base))
        res->outcome = VF_RETIRE_NOT_OLD;
    enum vf_status st = say_where(r, a, res, err);
    return st == VF_OK ? vf_jdir_remove(&r->fresh, err) : st;
}

/* The run that was cut off may not have come to it, or it failed. */
static enum vf_status flush_new(struct vf_retire *r, struct vf_err *err)
{
    int fd = -1;
    const char *base = NULL;
    if (vf_sys_syncfs(r->fresh.root) < 0)
        return vf_err_write(err, errno, "sync", r->fresh.journal.to);
    enum vf_status st = vf_prefix_parent(r->fresh.journal.to, &r->fresh.arena, &fd, &base, NULL);
    if (st == VF_OK && vf_sys_sync_dir(fd) < 0)
        st = vf_err_write(err, errno, "sync", r->fresh.journal.to);
    if (fd >= 0)
        (void)close(fd);
    return st;
}

/* Only a journal with a MAC, whose list is whole, removes anything. */
static bool is_proven(struct vf_retire *r)
{
    unsigned char sum[32];
    return !r->fresh.confined && vf_jdir_read_copied(&r->fresh, &r->copied) &&
           vf_sha256(vf_buf_slice(&r->copied), sum) && vf_digest_eq(sum, r->fresh.journal.copied, sizeof sum);
}

/* Without proof nothing is removed; where nothing is left of OLD, there is nothing to remove either. */
static enum vf_retire_outcome unproven(struct vf_retire *r)
{
    set_aside_name(r, r->fresh.journal.token);
    r->is_aside = faccessat(r->parent, r->aside, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    if (r->is_aside)
        return VF_RETIRE_UNPROVEN;
    bool gone = faccessat(r->parent, r->base, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
    return gone ? VF_RETIRED : VF_RETIRE_UNPROVEN;
}

static enum vf_status leave_alone(struct vf_retire *r, enum vf_retire_outcome outcome, struct vf_arena *a,
                                  struct vf_retire_result *res, struct vf_err *err)
{
    res->outcome = outcome;
    enum vf_status st = say_where(r, a, res, err);
    return st == VF_OK ? vf_jdir_remove(&r->fresh, err) : st;
}

static enum vf_status resume_steps(struct vf_retire *r, const struct vf_hooks *hooks, struct vf_arena *a,
                                   struct vf_retire_result *res, struct vf_err *err)
{
    bool found = false;
    res->copied_at = time_of_copy(&r->fresh);
    enum vf_status st = open_parent(r, r->fresh.journal.from, err);
    if (st == VF_NO_PARENT) { /* the whole directory went */
        vf_err_clear(err);
        return leave_alone(r, VF_RETIRED, a, res, err);
    }
    if (st == VF_OK && !is_proven(r))
        return leave_alone(r, unproven(r), a, res, err);
    if (st == VF_OK)
        st = find_old(r, &found, err);
    if (st == VF_OK && found)
        st = flush_new(r, err);
    if (st != VF_OK)
        return st;
    return found ? retire_steps(r, hooks, a, res, err) : without_old(r, a, res, err);
}

enum vf_status vf_retire_resume(const struct vf_key *key, struct vf_slice new_prefix,
                                const struct vf_hooks *hooks, struct vf_arena *a,
                                struct vf_retire_result *res, struct vf_err *err)
{
    const char *why = NULL;
    struct vf_retire *r = retire_new(key);
    *res = (struct vf_retire_result){.outcome = VF_RETIRED, .resumed = true};
    if (!r)
        return vf_err_nomem(err);
    enum vf_status st = vf_jdir_root(&r->fresh, new_prefix, err);
    if (st == VF_OK)
        st = vf_jdir_open(&r->fresh, true, &why, err);
    if (st == VF_OK && why)
        st = vf_err_set(err, VF_EXISTS, 0, "open", VF_S(VF_TXN_DIR),
                        "it is not the journal of this environment: %s", why);
    if (st == VF_OK &&
        (!r->fresh.verified || (r->fresh.state != VF_JSTATE_RETIRE && r->fresh.state != VF_JSTATE_REMOVING)))
        st = vf_err_set(err, VF_INTERNAL, 0, "retire", VF_S(VF_TXN_DIR),
                        "the journal is about something else");
    if (st == VF_OK)
        st = resume_steps(r, hooks, a, res, err);
    retire_free(r);
    return st;
}
