/* txn_apply.c: one edit brought in or taken back.
 *
 * Where an edit is, is read off the disk each time, never remembered: by inode number, size and mtime it is
 * seen whether the staged file or the original stands under the name. So a run that was killed between any
 * two calls, and one that is going on normally, take the same way, and doing a thing twice is doing it once.
 *
 *     target  new/i  new/i.old
 *       old    new      -       BEFORE
 *        -     new     old      BETWEEN   two renames, where names cannot be exchanged
 *       new    old      -       AFTER
 *       new     -      old      AFTER
 *
 * A new file has no `old`, a deletion no `new` (its original goes to new/i). Where link+unlink stand for a
 * rename that must not overwrite, one file has two names for an instant: BETWEEN, too, or TWICE. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/path.h"
#include "fs/edit_write.h"
#include "fs/kill_point.h"
#include "fs/sys_open.h"
#include "fs/txn_edit.h"

enum instant {
    BEFORE,  /* not applied */
    BLOCKED, /* not applied, and the target is not what was staged from */
    BETWEEN,
    TWICE_OLD, /* the original stands both under its name and aside */
    TWICE_NEW, /* the new file stands both under its name and in new/, the original aside */
    AFTER,     /* applied */
    REPLACED,  /* applied, and then somebody changed or removed the target */
    UNKNOWN    /* could not be looked at */
};

struct spot {
    const struct vf_jedit *e;
    struct vf_txn *t;
    int dir; /* of the target; borrowed */
    const char *base;
    struct vf_txn_names name;
    struct vf_stat target, staged, aside;
};

static bool look_at(int dir, const char *name, struct vf_stat *out)
{
    struct stat st;
    *out = (struct vf_stat){0};
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT;
    vf_sys_to_stat(&st, out);
    return true;
}

static bool look(struct spot *s)
{
    return look_at(s->dir, s->base, &s->target) && look_at(s->t->news, s->name.staged, &s->staged) &&
           look_at(s->t->news, s->name.aside, &s->aside);
}

/* Inode numbers of originals are no evidence once they were renamed: an overlay copies the file up then. */
static bool like_old(const struct vf_jfile *f, const struct vf_stat *st)
{
    return f->kind == st->kind && f->size == st->size && f->mtime_s == st->mtime_s &&
           f->mtime_ns == st->mtime_ns;
}

/* In the run that staged it, all of it must be as it was; a later run has the journal only, and compares the
 * contents when it comes to it (still_original). */
static bool is_old(const struct spot *s)
{
    bool resumed = s->e->was_st.kind == VF_KIND_NONE;
    return resumed ? vf_jfile_same(&s->e->was, &s->target) : vf_stat_same(&s->e->was_st, &s->target);
}

/* Is what came out what was to be replaced. Renaming moves the time of change, so that cannot be asked; in
 * the run that staged it, mode and owner can: what somebody set since the last look must not be lost. */
static bool came_out(const struct spot *s, const struct vf_stat *out)
{
    const struct vf_stat *was = &s->e->was_st;
    bool resumed = was->kind == VF_KIND_NONE;
    bool attrs = resumed || (was->mode == out->mode && was->uid == out->uid && was->gid == out->gid);
    return like_old(&s->e->was, out) && attrs;
}

static bool one_file(const struct vf_stat *a, const struct vf_stat *b)
{
    return a->kind != VF_KIND_NONE && a->ino == b->ino && a->dev == b->dev;
}

static enum instant of_deletion(const struct spot *s)
{
    if (s->staged.kind == VF_KIND_NONE)
        return is_old(s) ? BEFORE : s->target.kind == VF_KIND_NONE ? AFTER : BLOCKED;
    if (s->target.kind == VF_KIND_NONE)
        return AFTER;
    return one_file(&s->staged, &s->target) ? BETWEEN : REPLACED;
}

static enum instant of_new_file(const struct spot *s)
{
    bool staged = vf_jfile_same(&s->e->is, &s->staged), there = vf_jfile_same(&s->e->is, &s->target);
    if (staged && there)
        return BETWEEN;
    if (there)
        return AFTER;
    if (staged)
        return s->target.kind == VF_KIND_NONE ? BEFORE : BLOCKED;
    return REPLACED;
}

static enum instant instant_of(struct spot *s)
{
    if (!look(s))
        return UNKNOWN;
    if (s->e->kind == VF_EDIT_DELETE)
        return of_deletion(s);
    if (s->e->was.kind == VF_KIND_NONE)
        return of_new_file(s);
    if (vf_jfile_same(&s->e->is, &s->staged)) {
        if (s->aside.kind == VF_KIND_NONE)
            return is_old(s) ? BEFORE : BLOCKED;
        if (s->target.kind == VF_KIND_NONE)
            return BETWEEN;
        return one_file(&s->aside, &s->target)    ? TWICE_OLD
               : one_file(&s->staged, &s->target) ? TWICE_NEW
                                                  : BLOCKED;
    }
    return vf_jfile_same(&s->e->is, &s->target) ? AFTER : REPLACED;
}

static enum vf_status find_spot(struct vf_txn *t, size_t i, struct spot *s, struct vf_err *err)
{
    *s = (struct spot){.t = t, .e = &t->d.journal.v[i], .name = vf_txn_names(i)};
    s->base = vf_arena_cstr(&t->d.arena, vf_path_base(s->e->path));
    if (!s->base)
        return vf_err_nomem(err);
    s->dir = vf_txn_parent(t, vf_path_dir(s->e->path));
    if (s->dir < 0)
        return vf_err_set(err, VF_CHANGED, errno, "open", s->e->path, "its directory cannot be opened");
    return VF_OK;
}

static enum vf_status changed(const struct spot *s, struct vf_err *err)
{
    return vf_err_set(err, VF_CHANGED, 0, "edit", s->e->path,
                      "another process changed it while venvfix was at work; run the command again");
}

static enum vf_status failed(const struct spot *s, int sys, struct vf_err *err)
{
    if (sys == ENOENT || sys == EEXIST || sys == ENOTDIR || sys == EISDIR)
        return changed(s, err);
    return vf_err_write(err, sys, "rename", s->e->path);
}

static bool cannot_exchange(int sys)
{
    return sys == ENOSYS || sys == EINVAL || sys == ENOTSUP || sys == EOPNOTSUPP;
}

/* --- the few calls that change names; the directory keeps its times --- */

enum move { EXCHANGE, IN, OUT, ASIDE, BACK, TO_ASIDE };

static int rename_once(const struct spot *s, enum move m)
{
    struct vf_stat keep;
    int r = -1;
    vf_times_keep(s->dir, &keep);
    VF_KILL_POINT();
    switch (m) {
    case EXCHANGE:
        r = vf_sys_rename_exchange(s->t->news, s->name.staged, s->dir, s->base);
        break;
    case IN:
        r = vf_sys_rename_noreplace(s->t->news, s->name.staged, s->dir, s->base);
        break;
    case OUT:
        r = vf_sys_rename_noreplace(s->dir, s->base, s->t->news, s->name.staged);
        break;
    case ASIDE:
        r = vf_sys_rename_noreplace(s->dir, s->base, s->t->news, s->name.aside);
        break;
    case BACK:
        r = vf_sys_rename_noreplace(s->t->news, s->name.aside, s->dir, s->base);
        break;
    case TO_ASIDE:
        r = vf_sys_rename_noreplace(s->t->news, s->name.staged, s->t->news, s->name.aside);
        break;
    }
    int e = errno;
    if (r == 0 && m != TO_ASIDE)
        vf_times_restore(s->dir, &keep);
    errno = e;
    return r;
}

/* One of two names of one file goes (the second half of link+unlink). */
enum which { TARGET, STAGED, IN_ASIDE };
static enum vf_status drop_name(const struct spot *s, enum which w, struct vf_err *err)
{
    struct vf_stat keep;
    vf_times_keep(s->dir, &keep);
    VF_KILL_POINT();
    if (unlinkat(w == TARGET ? s->dir : s->t->news,
                 w == TARGET   ? s->base
                 : w == STAGED ? s->name.staged
                               : s->name.aside,
                 0) < 0)
        return failed(s, errno, err);
    if (w == TARGET)
        vf_times_restore(s->dir, &keep);
    return VF_OK;
}

/* --- forward --- */

static enum vf_status in_by_two(struct spot *s, struct vf_err *err)
{
    if (rename_once(s, ASIDE) < 0)
        return failed(s, errno, err);
    if (!look(s) || !came_out(s, &s->aside)) {
        (void)rename_once(s, BACK);
        return changed(s, err);
    }
    return rename_once(s, IN) < 0 ? failed(s, errno, err) : VF_OK;
}

/* The comparison before and the exchange are two calls: what came out is compared once more, and goes back if
 * it is not what was to be replaced. */
static enum vf_status in_by_exchange(struct spot *s, struct vf_err *err)
{
    if (rename_once(s, EXCHANGE) < 0)
        return cannot_exchange(errno) ? in_by_two(s, err) : failed(s, errno, err);
    if (look(s) && came_out(s, &s->staged))
        return VF_OK;
    (void)rename_once(s, EXCHANGE);
    return changed(s, err);
}

static enum vf_status out_checked(struct spot *s, struct vf_err *err)
{
    if (rename_once(s, OUT) < 0)
        return failed(s, errno, err);
    if (look(s) && came_out(s, &s->staged))
        return VF_OK;
    (void)rename_once(s, IN);
    return changed(s, err);
}

/* A staged file that did not survive a crash is worse than none. Within one run there is no need to read it
 * again. */
static enum vf_status still_right(const struct spot *s, struct vf_err *err)
{
    unsigned char sum[32] = {0};
    if (!s->t->resumed || s->e->is.kind != VF_KIND_FILE)
        return VF_OK;
    int fd = openat(s->t->news, s->name.staged, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return vf_err_sys(err, errno, "open", s->e->path);
    enum vf_status st = vf_fd_sha256(fd, sum, err);
    (void)close(fd);
    if (st == VF_OK && memcmp(sum, s->e->is.sum, sizeof sum) != 0)
        st = vf_err_set(err, VF_CHANGED, 0, "edit", s->e->path, "its new contents were damaged");
    return st;
}

/* sha256 of a file, or of the target of a link, at dir/name. */
static enum vf_status sum_of(const struct spot *s, int dir, const char *name, unsigned char sum[32],
                             struct vf_err *err)
{
    if (s->e->was.kind == VF_KIND_LINK) {
        struct vf_buf target = {0};
        bool ok = vf_sys_readlink_at(dir, name, s->e->was.size, &target) == 0 &&
                  vf_sha256(vf_buf_slice(&target), sum);
        vf_buf_release(&target);
        return ok ? VF_OK : changed(s, err);
    }
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return failed(s, errno, err);
    enum vf_status st = vf_fd_sha256(fd, sum, err);
    (void)close(fd);
    return st;
}

/* Does dir/name hold the bytes that were staged from? One that could not be read then has no sum. */
static enum vf_status same_bytes(const struct spot *s, int dir, const char *name, struct vf_err *err)
{
    static const unsigned char none[32];
    unsigned char sum[32] = {0};
    if (memcmp(s->e->was.sum, none, sizeof none) == 0)
        return VF_OK;
    enum vf_status st = sum_of(s, dir, name, sum, err);
    return st == VF_OK && memcmp(sum, s->e->was.sum, sizeof sum) != 0 ? changed(s, err) : st;
}

/* Mode, owner and extended attributes of dir/name, a regular file, for another one. */
static enum vf_status carry_attrs(const struct spot *s, int from, const char *name, int to, const char *other,
                                  struct vf_err *err)
{
    struct stat native;
    struct vf_stat st;
    int src = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int dst = openat(to, other, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int bad = src < 0 || dst < 0 || fstat(src, &native) < 0 ? errno : 0;
    if (!bad) {
        vf_sys_to_stat(&native, &st);
        VF_KILL_POINT();
        bad = vf_sys_copy_attrs(src, dst, &st) < 0 ? errno : 0;
    }
    if (src >= 0)
        (void)close(src);
    if (dst >= 0)
        (void)close(dst);
    return bad ? vf_err_write(err, bad, "chmod", s->e->path) : VF_OK;
}

/* What `is_old` could not compare: after a crash the contents, and the attributes, which may have been set in
 * between; of a file with several names the contents. */
static enum vf_status still_original(const struct spot *s, struct vf_err *err)
{
    bool resumed = s->e->was_st.kind == VF_KIND_NONE;
    if (!resumed && s->e->was_st.nlink < 2)
        return VF_OK;
    enum vf_status st = same_bytes(s, s->dir, s->base, err);
    bool file = s->e->was.kind == VF_KIND_FILE && s->e->is.kind == VF_KIND_FILE;
    if (st == VF_OK && resumed && file)
        st = carry_attrs(s, s->dir, s->base, s->t->news, s->name.staged, err);
    return st;
}

static enum vf_status begin_forward(struct spot *s, struct vf_err *err)
{
    enum vf_status st = s->e->was.kind == VF_KIND_NONE ? VF_OK : still_original(s, err);
    if (st == VF_OK && s->e->kind == VF_EDIT_DELETE)
        return out_checked(s, err);
    if (st == VF_OK)
        st = still_right(s, err);
    if (st != VF_OK)
        return st;
    if (s->e->was.kind == VF_KIND_NONE)
        return rename_once(s, IN) < 0 ? failed(s, errno, err) : VF_OK;
    return in_by_exchange(s, err);
}

static enum vf_status end_forward(struct spot *s, struct vf_err *err)
{
    if (s->e->kind == VF_EDIT_DELETE)
        return drop_name(s, TARGET, err);
    if (s->e->was.kind == VF_KIND_NONE)
        return drop_name(s, STAGED, err);
    enum vf_status st = still_right(s, err);
    if (st != VF_OK)
        return st;
    return rename_once(s, IN) < 0 ? failed(s, errno, err) : VF_OK;
}

enum vf_status vf_txn_forward(struct vf_txn *t, size_t i, struct vf_err *err)
{
    struct spot s;
    enum vf_status st = find_spot(t, i, &s, err);
    if (st != VF_OK)
        return st;
    switch (instant_of(&s)) {
    case BEFORE:
        return begin_forward(&s, err);
    case BETWEEN:
        return end_forward(&s, err);
    case TWICE_OLD:
        st = drop_name(&s, IN_ASIDE, err);
        return st == VF_OK ? begin_forward(&s, err) : st;
    case TWICE_NEW:
        return drop_name(&s, STAGED, err);
    case AFTER:
    case REPLACED:
        return VF_OK;
    case BLOCKED:
        return changed(&s, err);
    case UNKNOWN:
        break;
    }
    return vf_err_sys(err, errno, "stat", s.e->path);
}

/* --- back --- */

/* A mode or owner that somebody gave the new file is the original's from now on. */
static enum vf_status keep_attrs(const struct spot *s, const char *original, struct vf_err *err)
{
    struct vf_stat old = vf_stat_at(s->t->news, original);
    bool files = old.kind == VF_KIND_FILE && s->target.kind == VF_KIND_FILE;
    bool same = old.mode == s->target.mode && old.uid == s->target.uid && old.gid == s->target.gid;
    return files && !same ? carry_attrs(s, s->dir, s->base, s->t->news, original, err) : VF_OK;
}

static enum vf_status back_from_aside(struct spot *s, struct vf_err *err)
{
    enum vf_status kept = keep_attrs(s, s->name.aside, err);
    if (kept != VF_OK)
        return kept;
    if (one_file(&s->staged, &s->aside)) {
        enum vf_status st = drop_name(s, STAGED, err);
        if (st != VF_OK)
            return st;
    }
    if (rename_once(s, OUT) < 0)
        return failed(s, errno, err);
    if (!look(s) || !vf_jfile_same(&s->e->is, &s->staged)) {
        (void)rename_once(s, IN);
        return changed(s, err);
    }
    return rename_once(s, BACK) < 0 ? failed(s, errno, err) : VF_OK;
}

static enum vf_status back_by_exchange(struct spot *s, struct vf_err *err)
{
    enum vf_status st = keep_attrs(s, s->name.staged, err);
    if (st != VF_OK)
        return st;
    if (rename_once(s, EXCHANGE) == 0) {
        if (look(s) && vf_jfile_same(&s->e->is, &s->staged))
            return VF_OK;
        (void)rename_once(s, EXCHANGE);
        return changed(s, err);
    }
    if (!cannot_exchange(errno) || rename_once(s, TO_ASIDE) < 0)
        return failed(s, errno, err);
    return back_from_aside(s, err);
}

static enum vf_status begin_back(struct spot *s, struct vf_err *err)
{
    if (s->e->kind == VF_EDIT_DELETE) {
        if (s->staged.kind == VF_KIND_NONE) /* it was gone before we came */
            return VF_OK;
        return rename_once(s, IN) < 0 ? failed(s, errno, err) : VF_OK;
    }
    if (s->e->was.kind != VF_KIND_NONE)
        return s->aside.kind != VF_KIND_NONE ? back_from_aside(s, err) : back_by_exchange(s, err);
    if (rename_once(s, OUT) < 0)
        return failed(s, errno, err);
    if (look(s) && vf_jfile_same(&s->e->is, &s->staged))
        return VF_OK;
    (void)rename_once(s, IN);
    return changed(s, err);
}

static enum vf_status end_back(struct spot *s, struct vf_err *err)
{
    if (s->e->kind == VF_EDIT_DELETE)
        return drop_name(s, STAGED, err);
    if (s->e->was.kind == VF_KIND_NONE)
        return drop_name(s, TARGET, err);
    return rename_once(s, BACK) < 0 ? failed(s, errno, err) : VF_OK;
}

/* The target is somebody's newer file. Where there is an original of ours, it must not be lost either: it
 * goes back if the name is free, else both stay and a person decides. */
static enum vf_status back_replaced(struct spot *s, struct vf_err *err)
{
    bool staged = s->staged.kind != VF_KIND_NONE, aside = s->aside.kind != VF_KIND_NONE;
    if (s->e->was.kind == VF_KIND_NONE || (!staged && !aside))
        return VF_OK;
    if (s->target.kind == VF_KIND_NONE)
        return rename_once(s, aside ? BACK : IN) < 0 ? failed(s, errno, err) : VF_OK;
    if (vf_jfile_same(&s->e->was, &s->target) && !staged)
        return VF_OK;
    return vf_err_set(
        err, VF_CHANGED, 0, "restore", s->e->path,
        "another process changed it while venvfix was at work; what it was before is kept as '" VF_TXN_DIR
        "/new/%s': "
        "move one of the two away and give the command again",
        aside ? s->name.aside : s->name.staged);
}

enum vf_status vf_txn_back(struct vf_txn *t, size_t i, struct vf_err *err)
{
    struct spot s;
    enum vf_status st = find_spot(t, i, &s, err);
    if (st != VF_OK)
        return st;
    switch (instant_of(&s)) {
    case BEFORE:
        return VF_OK;
    case BLOCKED: /* nothing was done to it, unless its original stands aside */
        return s.aside.kind == VF_KIND_NONE ? VF_OK : back_replaced(&s, err);
    case BETWEEN:
        return end_back(&s, err);
    case TWICE_OLD:
        return drop_name(&s, IN_ASIDE, err);
    case TWICE_NEW:
        st = drop_name(&s, TARGET, err);
        return st == VF_OK ? end_back(&s, err) : st;
    case AFTER:
        return begin_back(&s, err);
    case REPLACED:
        return back_replaced(&s, err);
    case UNKNOWN:
        break;
    }
    return vf_err_sys(err, errno, "stat", s.e->path);
}

enum vf_status vf_txn_verify_one(struct vf_txn *t, size_t i, struct vf_err *err)
{
    struct spot s;
    enum vf_status st = find_spot(t, i, &s, err);
    if (st != VF_OK || s.e->was.kind == VF_KIND_NONE)
        return st;
    enum instant now = instant_of(&s);
    if (now != AFTER && now != REPLACED)
        return changed(&s, err);
    bool at_aside = s.aside.kind != VF_KIND_NONE;
    const struct vf_stat *old = at_aside ? &s.aside : &s.staged, *was = &s.e->was_st;
    if (old->kind == VF_KIND_NONE) /* a deletion of what somebody else deleted first */
        return VF_OK;
    bool same_attrs =
        was->kind == VF_KIND_NONE || (old->mode == was->mode && old->uid == was->uid && old->gid == was->gid);
    if (!like_old(&s.e->was, old) || !same_attrs)
        return changed(&s, err);
    return same_bytes(&s, t->news, at_aside ? s.name.aside : s.name.staged, err);
}

bool vf_txn_plausible(struct vf_txn *t, size_t i)
{
    struct spot s;
    struct vf_err err;
    vf_err_init(&err);
    enum vf_status st = find_spot(t, i, &s, &err);
    vf_err_release(&err);
    if (st != VF_OK) /* its directory is gone or became a link: the journal may still be ours, the edit will
                        fail by itself */
        return true;
    enum instant now = instant_of(&s);
    bool kept = like_old(&s.e->was, &s.staged) || like_old(&s.e->was, &s.aside);
    switch (now) {
    case REPLACED: /* our new file is gone from both places: then its original must be here */
        return s.e->was.kind == VF_KIND_NONE || kept;
    case AFTER:
        return s.e->kind != VF_EDIT_DELETE || s.staged.kind == VF_KIND_NONE || kept;
    case BEFORE:
    case BLOCKED:
    case BETWEEN:
    case TWICE_OLD:
    case TWICE_NEW:
    case UNKNOWN:
        break;
    }
    return true;
}
