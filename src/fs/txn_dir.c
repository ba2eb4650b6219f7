/* txn_dir.c: making, judging and removing the journal directory.
 *
 * The order of the removal is the order of trust: `state` goes before `journal`, `journal` before `lock`, so
 * that a kill in between leaves a directory that is still ours by its inode numbers, or one that holds
 * nothing but empty files. */
#include "fs/txn_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/edit_write.h"
#include "fs/kill_point.h"

static const char dir_name[] = VF_TXN_DIR;
#define VF_COPIED_MAX ((uint64_t)4 << 30) /* bytes of a list that is still read */

static const char *const state_words[VF_JSTATES] = {
    [VF_JSTATE_STAGED] = "staged",     [VF_JSTATE_COMMITTED] = "sealed", [VF_JSTATE_DONE] = "done",
    [VF_JSTATE_ROLLBACK] = "rollback", [VF_JSTATE_UNDONE] = "undone",    [VF_JSTATE_RETIRE] = "retire",
    [VF_JSTATE_REMOVING] = "removing", [VF_JSTATE_LEAVING] = "leaving"};

void vf_jdir_init(struct vf_jdir *d)
{
    *d = (struct vf_jdir){.root = -1, .dir = -1, .lock = -1};
    vf_arena_init(&d->arena);
}

void vf_jdir_close(struct vf_jdir *d)
{
    if (d->dir >= 0)
        (void)close(d->dir);
    if (d->lock >= 0)
        (void)close(d->lock);
    if (d->root >= 0)
        (void)close(d->root);
    d->dir = d->lock = d->root = -1;
}

void vf_jdir_release(struct vf_jdir *d)
{
    vf_jdir_close(d);
    vf_arena_release(&d->arena);
    vf_jdir_init(d);
}

static enum vf_status stat_root(struct vf_jdir *d, struct vf_slice root, struct vf_err *err)
{
    struct stat st;
    if (d->root < 0)
        return vf_err_sys(err, errno, "open", root);
    if (fstat(d->root, &st) < 0)
        return vf_err_sys(err, errno, "stat", root);
    vf_sys_to_stat(&st, &d->root_st);
    return VF_OK;
}

enum vf_status vf_jdir_root(struct vf_jdir *d, struct vf_slice root, struct vf_err *err)
{
    d->root = vf_sys_open_path(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return stat_root(d, root, err);
}

/* Opened again, not duplicated: the lock on it is this one's alone. */
enum vf_status vf_jdir_root_fd(struct vf_jdir *d, int root, struct vf_slice path, struct vf_err *err)
{
    d->root = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return stat_root(d, path, err);
}

/* A run that only reads (recreate) holds a shared lock on the root, since it may not be able to write there.
 * A file system that locks no directories is no error. */
static enum vf_status lock_root(struct vf_jdir *d, struct vf_err *err)
{
    if (flock(d->root, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return VF_OK;
    return vf_err_set(err, VF_BUSY, errno, "lock", vf_slice_of(dir_name), "another run is at work here");
}

/* --- making --- */

static enum vf_status make_dir(struct vf_jdir *d, bool *made, struct vf_err *err)
{
    struct vf_slice name = vf_slice_of(dir_name);
    struct vf_stat keep;
    struct stat st;
    vf_times_keep(d->root, &keep);
    VF_KILL_POINT();
    if (mkdirat(d->root, dir_name, 0700) < 0) {
        int e = errno;
        if (e != EEXIST)
            return vf_err_write(err, e, "mkdir", name);
        int at = openat(d->root, dir_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        bool busy = at >= 0 && vf_lock_held(at, "lock");
        if (at >= 0)
            (void)close(at);
        return vf_err_set(err, busy ? VF_BUSY : VF_EXISTS, 0, "mkdir", name,
                          busy ? "another run is at work here" : "an earlier run left it");
    }
    *made = true;
    vf_times_restore(d->root, &keep);
    d->dir = openat(d->root, dir_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (d->dir < 0)
        return vf_err_write(err, errno, "open", name);
    VF_KILL_POINT();
    if (fchmod(d->dir, 0700) < 0 || fstat(d->dir, &st) < 0) /* a setgid parent hands its bit down */
        return vf_err_write(err, errno, "chmod", name);
    vf_sys_drop_default_acl(d->dir);
    d->journal.dir_ino = (uint64_t)st.st_ino;
    d->journal.root_ino = d->root_st.ino;
    return VF_OK;
}

/* Only what was made just now, and only while it is empty but for the lock file. */
static void unmake_dir(struct vf_jdir *d)
{
    struct vf_stat keep;
    VF_KILL_POINT();
    if (d->lock >= 0) {
        (void)unlinkat(d->dir, "lock", 0);
        (void)close(d->lock);
    }
    if (d->dir >= 0)
        (void)close(d->dir);
    d->lock = d->dir = -1;
    vf_times_keep(d->root, &keep);
    VF_KILL_POINT();
    if (unlinkat(d->root, dir_name, AT_REMOVEDIR) == 0)
        vf_times_restore(d->root, &keep);
}

enum vf_status vf_jdir_make(struct vf_jdir *d, struct vf_err *err)
{
    bool made = false;
    enum vf_status st = lock_root(d, err);
    if (st == VF_OK)
        st = make_dir(d, &made, err);
    if (st == VF_OK)
        st = vf_lock_take(d->dir, "lock", true, &d->lock, err);
    if (st == VF_OK && vf_sys_file_id(d->lock, &d->journal.lock) < 0)
        st = vf_err_sys(err, errno, "stat", VF_S(VF_TXN_DIR "/lock"));
    if (st != VF_OK && made)
        unmake_dir(d);
    return st;
}

/* An error about the file `name` of the directory `dir`, which is ".venvfix" or below it. */
static enum vf_status failed_in(struct vf_err *err, int sys, const char *op, struct vf_slice dir,
                                const char *name)
{
    bool first = err && err->code == VF_OK;
    enum vf_status st = vf_err_write(err, sys, op, vf_slice_of(name));
    if (first)
        vf_err_below(err, dir);
    return st;
}

/* A new file, whatever stood under the name before; not flushed. */
static enum vf_status write_file(struct vf_jdir *d, const char *name, struct vf_slice bytes, int *fd,
                                 struct vf_err *err)
{
    struct vf_slice journal = VF_S(VF_TXN_DIR);
    VF_KILL_POINT();
    if (unlinkat(d->dir, name, 0) < 0 && errno != ENOENT)
        return failed_in(err, errno, "remove", journal, name);
    VF_KILL_POINT();
    *fd = vf_file_make(d->dir, name);
    if (*fd < 0)
        return failed_in(err, errno, "create", journal, name);
    return vf_fd_write_all(*fd, bytes) < 0 ? failed_in(err, errno, "write", journal, name) : VF_OK;
}

static enum vf_status flush_file(int fd, const char *name, enum vf_status st, struct vf_err *err)
{
    if (fd < 0)
        return st;
    int bad = st == VF_OK && vf_file_sync(fd) < 0 ? errno : 0;
    if (close(fd) < 0 && !bad)
        bad = errno;
    return st == VF_OK && bad ? failed_in(err, bad, "write", VF_S(VF_TXN_DIR), name) : st;
}

static enum vf_status rename_file(struct vf_jdir *d, const char *from, const char *to, struct vf_err *err)
{
    VF_KILL_POINT();
    return renameat(d->dir, from, d->dir, to) < 0 ? failed_in(err, errno, "rename", VF_S(VF_TXN_DIR), to)
                                                  : VF_OK;
}

static enum vf_status flush_dir(struct vf_jdir *d, struct vf_err *err)
{
    VF_KILL_POINT();
    return vf_sys_sync_dir(d->dir) < 0 ? vf_err_write(err, errno, "sync", vf_slice_of(dir_name)) : VF_OK;
}

static enum vf_status replace_file(struct vf_jdir *d, const char *name, const char *fresh,
                                   struct vf_slice bytes, struct vf_err *err)
{
    int fd = -1;
    enum vf_status st = write_file(d, fresh, bytes, &fd, err);
    st = flush_file(fd, name, st, err);
    if (st == VF_OK)
        st = rename_file(d, fresh, name, err);
    return st == VF_OK ? flush_dir(d, err) : st;
}

static enum vf_status journal_text(struct vf_jdir *d, struct vf_buf *b, struct vf_err *err)
{
    vf_journal_put(b, &d->journal, &d->key);
    if (b->failed)
        return vf_err_nomem(err);
    if (b->n > VF_JOURNAL_MAX)
        return vf_err_set(err, VF_LIMIT, 0, "write", vf_slice_of(dir_name), "the journal would be too large");
    return VF_OK;
}

enum vf_status vf_jdir_put_journal(struct vf_jdir *d, struct vf_err *err)
{
    struct vf_buf b = {0};
    enum vf_status st = journal_text(d, &b, err);
    if (st == VF_OK)
        st = replace_file(d, "journal", "journal.new", vf_buf_slice(&b), err);
    vf_buf_release(&b);
    d->verified = d->verified || st == VF_OK;
    return st;
}

/* Written ahead and flushed by vf_jdir_write_commit_record? */
static const char *ahead_of(struct vf_jdir *d, enum vf_jstate state)
{
    const char *name = state == VF_JSTATE_DONE        ? "state.done"
                       : state == VF_JSTATE_COMMITTED ? "state.sealed"
                                                      : NULL;
    struct vf_stat st = name ? vf_stat_at(d->dir, name) : (struct vf_stat){0};
    return st.kind == VF_KIND_FILE && st.size == strlen(state_words[state]) ? name : NULL;
}

enum vf_status vf_jdir_put_state(struct vf_jdir *d, enum vf_jstate state, struct vf_err *err)
{
    const char *ahead = ahead_of(d, state);
    enum vf_status st = ahead ? rename_file(d, ahead, "state", err)
                              : replace_file(d, "state", "state.new", vf_slice_of(state_words[state]), err);
    if (st == VF_OK)
        st = flush_dir(d, err);
    if (st == VF_OK)
        d->state = state;
    return st;
}

enum { AHEAD = 3 };

/* Waits for the files written ahead; closes them in any case. */
static enum vf_status flush_ahead(int fd[AHEAD], vf_flush_fn flush, void *ctx, enum vf_status st,
                                  struct vf_err *err)
{
    for (size_t i = 0; i < AHEAD && st == VF_OK; i++)
        vf_sys_start_flush(fd[i]);
    if (st == VF_OK)
        st = flush(ctx, false, err);
    if (st == VF_OK)
        st = flush(ctx, true, err);
    for (size_t i = 0; i < AHEAD; i++)
        st = flush_file(fd[i], VF_TXN_DIR, st, err);
    return st;
}

/* Should the second rename reach the disk before the first, it finds a journal without edits: nothing was
 * applied yet by then, so that is right, too. */
enum vf_status vf_jdir_write_commit_record(struct vf_jdir *d, vf_flush_fn flush, void *ctx,
                                           struct vf_err *err)
{
    struct vf_buf b = {0};
    int fd[AHEAD] = {-1, -1, -1};
    enum vf_status st = journal_text(d, &b, err);
    if (st == VF_OK)
        st = write_file(d, "journal.new", vf_buf_slice(&b), &fd[0], err);
    if (st == VF_OK)
        st = write_file(d, "state.sealed", vf_slice_of(state_words[VF_JSTATE_COMMITTED]), &fd[1], err);
    if (st == VF_OK)
        st = write_file(d, "state.done", vf_slice_of(state_words[VF_JSTATE_DONE]), &fd[2], err);
    st = flush_ahead(fd, flush, ctx, st, err);
    vf_buf_release(&b);
    if (st == VF_OK)
        st = rename_file(d, "journal.new", "journal", err);
    return st == VF_OK ? vf_jdir_put_state(d, VF_JSTATE_COMMITTED, err) : st;
}

enum vf_status vf_jdir_put_copied(struct vf_jdir *d, struct vf_slice copied, struct vf_err *err)
{
    int fd = -1;
    enum vf_status st = write_file(d, "copied", copied, &fd, err);
    if (fd >= 0 && close(fd) < 0 && st == VF_OK)
        st = vf_err_write(err, errno, "write", VF_S("copied"));
    return st;
}

/* --- judging --- */

/* A regular file of ours in the journal directory. -1: there is none (errno ENOENT) or it is something else.
 */
static int open_own(int dir, const char *name, uint64_t *size)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_size < 0) {
        (void)close(fd);
        errno = EINVAL;
        return -1;
    }
    *size = (uint64_t)st.st_size;
    return fd;
}

static bool read_own(int dir, const char *name, uint64_t cap, struct vf_buf *out)
{
    uint64_t size = 0;
    int fd = open_own(dir, name, &size);
    if (fd < 0)
        return false;
    bool ok = size <= cap && vf_buf_reserve(out, (size_t)size + 1);
    while (ok && out->n <= size) {
        ssize_t r = read(fd, out->p + out->n, (size_t)size + 1 - out->n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0) {
            ok = r == 0;
            break;
        }
        out->n += (size_t)r;
    }
    (void)close(fd);
    errno = EINVAL;
    return ok && out->n == size;
}

bool vf_jdir_read_copied(struct vf_jdir *d, struct vf_buf *out)
{
    return read_own(d->dir, "copied", VF_COPIED_MAX, out);
}

static const char *read_state(struct vf_jdir *d)
{
    struct vf_buf b = {0};
    const char *why = NULL;
    if (!read_own(d->dir, "state", 32, &b)) {
        why = errno == ENOENT ? NULL : "its state cannot be read";
        d->state = VF_JSTATE_STAGED;
    } else {
        size_t i = VF_JSTATE_COMMITTED;
        while (i < VF_JSTATES && !vf_slice_eq(vf_buf_slice(&b), vf_slice_of(state_words[i])))
            i++;
        why = i < VF_JSTATES ? NULL : "its state is unknown";
        d->state = i < VF_JSTATES ? (enum vf_jstate)i : VF_JSTATE_STAGED;
    }
    vf_buf_release(&b);
    return why;
}

/* The first name in the directory that is none of these: "" where there is none, NULL when it cannot be
 * listed; in the arena. */
static const char *other_name(struct vf_jdir *d, struct vf_arena *a, const char *const *may, size_t n)
{
    const char *other = "";
    int fd = openat(d->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (!list) {
        if (fd >= 0)
            (void)close(fd);
        return NULL;
    }
    for (struct dirent *e = readdir(list); e && !*other; e = readdir(list)) {
        size_t i = 0;
        while (i < n && strcmp(e->d_name, may[i]) != 0)
            i++;
        if (i == n)
            other = vf_arena_cstr(a, vf_slice_of(e->d_name));
        if (!other)
            break;
    }
    (void)closedir(list);
    return other;
}

enum vf_status vf_jdir_stranger(struct vf_jdir *d, struct vf_arena *a, const char **name, struct vf_err *err)
{
    static const char *const may[] = {".", "..", "lock", "journal", "journal.new", "state", "state.new"};
    const char *other = other_name(d, a, may, VF_COUNT(may));
    if (!other)
        return vf_err_sys(err, errno, "list", vf_slice_of(dir_name));
    *name = *other ? other : NULL;
    return VF_OK;
}

/* A directory without a journal holds nothing to be replayed, but is ours to remove only if it holds nothing
 * at all: what a run leaves that was killed at its very start or its very end. */
static const char *judge_bare(struct vf_jdir *d)
{
    static const char *const may[] = {".", "..", "lock", "journal.new"};
    const char *other = other_name(d, &d->arena, may, VF_COUNT(may));
    struct vf_stat lock = vf_stat_at(d->dir, "lock"), fresh = vf_stat_at(d->dir, "journal.new");
    d->state = VF_JSTATE_STAGED;
    if (!other)
        return "it cannot be listed";
    if (*other || (lock.kind != VF_KIND_NONE && (lock.kind != VF_KIND_FILE || lock.size > 0)) ||
        (fresh.kind != VF_KIND_NONE && fresh.kind != VF_KIND_FILE))
        return "it has no journal";
    return NULL;
}

/* The lock file is the one that was made together with the journal. */
static bool same_lock(const struct vf_jdir *d)
{
    struct vf_file_id now;
    uint64_t size = 0;
    int fd = open_own(d->dir, "lock", &size);
    if (fd < 0)
        return false;
    bool same = vf_sys_file_id(fd, &now) == 0 && vf_file_id_same(&now, &d->journal.lock);
    (void)close(fd);
    return same;
}

/* Why the journal, whose text this is, is not one of ours; NULL: it is. */
static const char *judge_journal(struct vf_jdir *d, struct vf_slice text, const struct vf_stat *dir_st)
{
    if (d->journal.root_ino != d->root_st.ino)
        return "its journal was written for another directory";
    if (d->journal.dir_ino != dir_st->ino || !same_lock(d))
        return "it is a copy";
    enum vf_jmac mac = vf_journal_mac(text, &d->journal, &d->key);
    d->confined = mac == VF_JMAC_NONE;
    return mac == VF_JMAC_OTHER ? "its journal was not written by this user, or the user's secret is gone"
                                : NULL;
}

static enum vf_status read_journal(struct vf_jdir *d, const struct vf_stat *dir_st, const char **why,
                                   struct vf_err *err)
{
    struct vf_buf b = {0};
    struct vf_err own;
    vf_err_init(&own);
    enum vf_status st = VF_OK;
    if (!read_own(d->dir, "journal", VF_JOURNAL_MAX, &b)) {
        *why = errno == ENOENT ? judge_bare(d) : "its journal cannot be read";
    } else {
        st = vf_journal_parse(vf_buf_slice(&b), &d->arena, &d->journal, &own);
        if (st == VF_MALFORMED)
            *why = "its journal is malformed";
        else if (st != VF_OK)
            st = vf_err_nomem(err);
        else
            *why = judge_journal(d, vf_buf_slice(&b), dir_st);
        d->verified = st == VF_OK && !*why;
        st = st == VF_MALFORMED ? VF_OK : st;
    }
    vf_err_release(&own);
    vf_buf_release(&b);
    return st;
}

static const char *judge_dir(const struct vf_stat *st)
{
    if (st->kind != VF_KIND_DIR)
        return "it is not a directory";
    if (st->uid != geteuid())
        return "it belongs to another user";
    if ((st->mode & 0777) != 0700)
        return "others may write to it or read it";
    return NULL;
}

static enum vf_status read_dir(struct vf_jdir *d, const struct vf_stat *st, const char **why,
                               struct vf_err *err)
{
    d->verified = false;
    d->journal = (struct vf_journal){0};
    *why = read_state(d);
    return *why ? VF_OK : read_journal(d, st, why, err);
}

enum vf_status vf_jdir_open(struct vf_jdir *d, bool take, const char **why, struct vf_err *err)
{
    struct vf_slice name = vf_slice_of(dir_name);
    struct stat native;
    struct vf_stat st = vf_stat_at(d->root, dir_name);
    *why = NULL;
    if (st.kind == VF_KIND_NONE)
        return vf_err_set(err, VF_NOT_FOUND, 0, "open", name, "there is no journal");
    *why = judge_dir(&st);
    if (*why)
        return VF_OK;
    d->dir = openat(d->root, dir_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (d->dir < 0 || fstat(d->dir, &native) < 0)
        return vf_err_sys(err, errno, "open", name);
    vf_sys_to_stat(&native, &st);
    *why = judge_dir(&st);
    if (*why)
        return VF_OK;
    /* Judged before the lock file is touched: what is not ours stays as it is. Then again, since its owner
     * may just have ended. */
    if (vf_lock_held(d->dir, "lock"))
        return vf_err_set(err, VF_BUSY, 0, "lock", name, "another run is at work here");
    enum vf_status done = read_dir(d, &st, why, err);
    if (done != VF_OK || *why || !take)
        return done;
    done = lock_root(d, err);
    if (done == VF_OK)
        done = vf_lock_take(d->dir, "lock", false, &d->lock, err);
    return done == VF_OK ? read_dir(d, &st, why, err) : done;
}

/* --- removing --- */

struct leftovers {
    int dir;             /* new/ */
    struct vf_vec names; /* of char * */
};

static enum vf_status list_new(struct vf_jdir *d, struct leftovers *l, struct vf_err *err)
{
    struct vf_slice name = VF_S(VF_TXN_DIR "/new");
    int fd = openat(l->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (!list) {
        int e = errno;
        if (fd >= 0)
            (void)close(fd);
        return vf_err_sys(err, e, "list", name);
    }
    enum vf_status st = VF_OK;
    struct dirent *e;
    while (st == VF_OK && (errno = 0, e = readdir(list))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        const char **v = vf_vec_push(&d->arena, &l->names, sizeof *v);
        if (!v || !(*v = vf_arena_cstr(&d->arena, vf_slice_of(e->d_name))))
            st = vf_err_nomem(err);
    }
    if (st == VF_OK && errno)
        st = vf_err_sys(err, errno, "list", name);
    (void)closedir(list);
    return st;
}

static enum vf_status remove_one(void *ctx, size_t i, unsigned worker, struct vf_err *err)
{
    struct leftovers *l = ctx;
    const char *name = *VF_VEC_AT(const char *, &l->names, i);
    (void)worker;
    VF_KILL_POINT();
    if (unlinkat(l->dir, name, 0) < 0 && errno != ENOENT)
        return failed_in(err, errno, "remove", VF_S(VF_TXN_DIR "/new"), name);
    return VF_OK;
}

/* Everything in new/: files and links that we put or moved there. */
static enum vf_status empty_new(struct vf_jdir *d, struct vf_err *err)
{
    struct vf_slice name = VF_S(VF_TXN_DIR "/new");
    struct leftovers l = {.dir = openat(d->dir, "new", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (l.dir < 0)
        return errno == ENOENT ? VF_OK : vf_err_sys(err, errno, "open", name);
    enum vf_status st = list_new(d, &l, err);
    if (st == VF_OK)
        st = vf_parallel(&vf_disk_waiters, l.names.n, remove_one, &l, err);
    (void)close(l.dir);
    VF_KILL_POINT();
    if (st == VF_OK && unlinkat(d->dir, "new", AT_REMOVEDIR) < 0 && errno != ENOENT)
        st = vf_err_write(err, errno, "remove", name);
    return st;
}

enum vf_status vf_jdir_remove(struct vf_jdir *d, struct vf_err *err)
{
    static const char *const names[] = {"probe",       "state.new", "state.sealed", "state.done", "copied",
                                        "journal.new", "state",     "journal",      "lock"};
    struct vf_stat keep;
    /* Never sealed as far as we know: whatever the file says (its last fsync may have failed), nothing is to
     * be replayed. */
    VF_KILL_POINT();
    if (d->dir >= 0 && d->state == VF_JSTATE_STAGED && unlinkat(d->dir, "state", 0) < 0 && errno != ENOENT)
        return vf_err_write(err, errno, "remove", VF_S(VF_TXN_DIR "/state"));
    enum vf_status st = d->dir >= 0 ? empty_new(d, err) : VF_OK;
    for (size_t i = 0; i < VF_COUNT(names) && st == VF_OK && d->dir >= 0; i++) {
        if (vf_stat_at(d->dir, names[i]).kind == VF_KIND_NONE)
            continue;
        VF_KILL_POINT();
        if (unlinkat(d->dir, names[i], 0) < 0 && errno != ENOENT)
            st = failed_in(err, errno, "remove", VF_S(VF_TXN_DIR), names[i]);
    }
    if (st != VF_OK)
        return st;
    vf_times_keep(d->root, &keep);
    VF_KILL_POINT();
    if (unlinkat(d->root, dir_name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return vf_err_write(err, errno, "remove", vf_slice_of(dir_name));
    vf_times_restore(
        d->root,
        &keep); /* not flushed: should the directory come back after a crash, its state says what it is */
    return VF_OK;
}
