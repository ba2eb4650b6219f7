/* staging.c: a new environment is made beside its place, under its own last name, and appears there by one
 * rename.
 *
 * Until that rename nothing in the staging directory is the only copy of anything, so every failure simply
 * removes it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "fs/edit_write.h"
#include "fs/kill_point.h"
#include "fs/staging_holder.h"

struct vf_staging {
    struct vf_holder h;
    int fd; /* of NAME */
    struct vf_slice path;
    bool replaces, replaced; /* what is at the prefix; was it exchanged already */
    struct vf_stat previous; /* it, as it was at the beginning */
};

static void staging_free(struct vf_staging *s)
{
    if (s->fd >= 0)
        (void)close(s->fd);
    vf_holder_release(&s->h);
    free(s);
}

static enum vf_status set_path(struct vf_staging *s, struct vf_err *err)
{
    struct vf_arena *a = &s->h.arena;
    struct vf_slice dir = vf_path_join(a, vf_path_dir(s->h.prefix), vf_slice_of(s->h.name));
    s->path = vf_path_join(a, dir, vf_slice_of(s->h.base));
    return dir.p && s->path.p ? VF_OK : vf_err_nomem(err);
}

static enum vf_status make_name(struct vf_staging *s, struct vf_err *err)
{
    struct stat st;
    VF_KILL_POINT();
    if (mkdirat(s->h.dir, s->h.base, 0700) < 0)
        return vf_err_write(err, errno, "mkdir", s->path);
    s->fd = openat(s->h.dir, s->h.base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (s->fd < 0 || fstat(s->fd, &st) < 0)
        return vf_err_sys(err, errno, "open", s->path);
    enum vf_status done = vf_holder_note(&s->h, (uint64_t)st.st_ino, err);
    return done == VF_OK ? vf_holder_ignore(&s->h, err) : done;
}

enum vf_status vf_staging_begin(struct vf_slice prefix, struct vf_staging **out, struct vf_err *err)
{
    struct vf_staging *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return vf_err_nomem(err);
    s->fd = -1;
    enum vf_status st = vf_holder_init(&s->h, prefix, err);
    if (st == VF_OK)
        st = set_path(s, err);
    if (st == VF_OK)
        st = vf_holder_make(&s->h, err);
    if (st == VF_OK)
        st = make_name(s, err);
    if (st == VF_OK) {
        *out = s;
        return VF_OK;
    }
    if (s->h.lock >= 0)
        (void)!vf_holder_remove(&s->h, NULL);
    staging_free(s);
    return st;
}

int vf_staging_fd(const struct vf_staging *s)
{
    return s->fd;
}

struct vf_slice vf_staging_path(const struct vf_staging *s)
{
    return s->path;
}

enum vf_status vf_staging_scratch(struct vf_staging *s, struct vf_slice *path, struct vf_err *err)
{
    struct vf_slice name = vf_slice_of(vf_holder_scratch(&s->h));
    *path = vf_path_join(&s->h.arena, vf_path_dir(s->path), name);
    if (!path->p)
        return vf_err_nomem(err);
    VF_KILL_POINT();
    if (mkdirat(s->h.dir, name.p, 0700) < 0)
        return vf_err_write(err, errno, "mkdir", *path);
    return VF_OK;
}

enum vf_status vf_staging_replace(struct vf_staging *s, struct vf_err *err)
{
    s->previous = vf_stat_at(s->h.parent, s->h.base);
    s->replaces = s->previous.kind == VF_KIND_DIR;
    return s->replaces ? VF_OK
                       : vf_err_set(err, VF_NOT_FOUND, 0, "replace", s->h.prefix, "it is no directory");
}

static bool is_previous(const struct vf_staging *s, const struct vf_stat *st)
{
    return st->kind == VF_KIND_DIR && st->dev == s->previous.dev && st->ino == s->previous.ino;
}

/* The directory that is to be replaced, and no other one that somebody put there meanwhile. */
static enum vf_status exchange(struct vf_staging *s, struct vf_err *err)
{
    struct vf_stat at = vf_stat_at(s->h.parent, s->h.base);
    if (!is_previous(s, &at))
        return vf_err_set(err, VF_CHANGED, 0, "replace", s->h.prefix,
                          "another process put something else there while venvfix was at work");
    VF_KILL_POINT();
    if (vf_sys_rename_exchange(s->h.dir, s->h.base, s->h.parent, s->h.base) < 0)
        return vf_err_write(err, errno, "rename", s->h.prefix);
    VF_KILL_POINT();
    at = vf_stat_at(s->h.dir, s->h.base);
    s->replaced = is_previous(s, &at);
    if (s->replaced)
        return VF_OK;
    (void)vf_sys_rename_exchange(s->h.dir, s->h.base, s->h.parent, s->h.base);
    return vf_err_set(err, VF_CHANGED, 0, "replace", s->h.prefix,
                      "another process put something else there while venvfix was at work");
}

static enum vf_status keep_previous(struct vf_holder *h, struct vf_slice keep, struct vf_err *err)
{
    int parent = -1;
    const char *base;
    enum vf_status st = vf_prefix_parent(keep, &h->arena, &parent, &base, err);
    VF_KILL_POINT();
    if (st == VF_OK && vf_sys_rename_noreplace(h->dir, h->base, parent, base) < 0)
        st = errno == EEXIST || errno == ENOTEMPTY ? vf_err_set(err, VF_EXISTS, errno, "keep", keep, NULL)
             : errno == EXDEV
                 ? vf_err_set(err, VF_CROSS_DEVICE, errno, "keep", keep, "it is on another file system")
                 : vf_err_write(err, errno, "rename", keep);
    if (st == VF_OK && vf_sys_sync_dir(parent) < 0)
        st = vf_err_write(err, errno, "sync", keep);
    if (parent >= 0)
        (void)close(parent);
    return st;
}

enum vf_status vf_staging_keep(struct vf_staging *s, struct vf_slice keep, struct vf_err *err)
{
    return s->replaced ? keep_previous(&s->h, keep, err) : VF_OK;
}

/* A directory that its owner may not write to cannot change its parent: it gets the bit for the instant of
 * the rename. */
static int rename_out(struct vf_staging *s)
{
    struct stat st;
    if (fstat(s->fd, &st) < 0)
        return -1;
    bool locked = !(st.st_mode & S_IWUSR) && geteuid() != 0;
    VF_KILL_POINT();
    if (locked && fchmod(s->fd, (st.st_mode & 07777) | S_IWUSR) < 0)
        return -1;
    VF_KILL_POINT();
    int r = vf_sys_rename_noreplace(s->h.dir, s->h.base, s->h.parent, s->h.base);
    int e = errno;
    VF_KILL_POINT();
    if (locked)
        (void)fchmod(s->fd, st.st_mode & 07777);
    errno = e;
    return r;
}

void vf_staging_end(struct vf_staging *s)
{
    if (s->replaced)
        (void)!vf_holder_remove(&s->h, NULL);
    staging_free(s);
}

void vf_staging_abandon(struct vf_staging *s)
{
    staging_free(s);
}

static void close_holder(struct vf_holder *h)
{
    if (h->dir >= 0)
        (void)close(h->dir);
    if (h->lock >= 0)
        (void)close(h->lock);
    h->dir = h->lock = -1;
}

/* Is what was made here under its own name? */
static bool is_published(const struct vf_staging *s)
{
    struct stat st;
    struct vf_stat at = vf_stat_at(s->h.parent, s->h.base);
    return fstat(s->fd, &st) == 0 && at.kind == VF_KIND_DIR && at.ino == (uint64_t)st.st_ino &&
           at.dev == (uint64_t)st.st_dev;
}

static enum vf_status take_back(struct vf_staging *s, struct vf_err *err)
{
    if (!is_published(s))
        return vf_err_set(err, VF_CHANGED, 0, "remove", s->h.prefix,
                          "it is not the directory that was made here");
    enum vf_status done = s->h.dir < 0 ? vf_holder_make(&s->h, err) : VF_OK;
    if (done != VF_OK)
        return done;
    VF_KILL_POINT();
    int r = s->replaced ? vf_sys_rename_exchange(s->h.dir, s->h.base, s->h.parent, s->h.base)
                        : vf_sys_rename_noreplace(s->h.parent, s->h.base, s->h.dir, s->h.base);
    if (r < 0) /* then the staging directory holds the previous one, which is not ours to remove */
        done = vf_err_write(err, errno, "rename", s->h.prefix);
    if (r < 0 && s->replaced)
        return done;
    enum vf_status removed = vf_holder_remove(&s->h, err);
    return done == VF_OK ? removed : done;
}

enum vf_status vf_staging_take_back(struct vf_staging *s, bool *stays, struct vf_err *err)
{
    enum vf_status st = take_back(s, err);
    *stays = st != VF_OK && is_published(s);
    staging_free(s);
    return st;
}

static enum vf_status publish(struct vf_staging *s, int *unflushed, struct vf_err *err)
{
    VF_KILL_POINT();
    if (vf_sys_syncfs(s->fd) < 0)
        return vf_err_write(err, errno, "sync", s->path);
    if (s->replaces) {
        enum vf_status st = exchange(s, err);
        if (st != VF_OK)
            return st;
    } else if (rename_out(s) < 0) {
        int e = errno;
        if (e == EEXIST || e == ENOTEMPTY)
            return vf_err_set(err, VF_EXISTS, e, "rename", s->h.prefix, NULL);
        if (!is_published(s)) /* a server may repeat a rename, and report the second one */
            return vf_err_write(err, e, "rename", s->h.prefix);
    }
    VF_KILL_POINT();
    *unflushed = vf_sys_sync_dir(s->h.parent) < 0 ? errno : 0;
    return VF_OK;
}

enum vf_status vf_staging_commit(struct vf_staging *s, int *unflushed, struct vf_err *err)
{
    *unflushed = 0;
    enum vf_status st = publish(s, unflushed, err);
    if (!s->replaced) {
        (void)!vf_holder_remove(&s->h, NULL); /* an empty holder that stays is cleaned up by the next run */
        close_holder(&s->h);
    }
    if (st != VF_OK)
        staging_free(s);
    return st;
}

enum vf_status vf_staging_drop(struct vf_staging *s, struct vf_err *err)
{
    enum vf_status st = vf_holder_remove(&s->h, err);
    staging_free(s);
    return st;
}

bool vf_staging_left(struct vf_slice prefix)
{
    struct vf_holder h;
    bool left = vf_holder_init(&h, prefix, NULL) == VF_OK && vf_holder_left(&h);
    vf_holder_release(&h);
    return left;
}

/* A holder that is empty was cut off at its very beginning, when there was no NEW (else the run had been
 * refused), or at its very end. */
bool vf_staging_committed(struct vf_slice prefix)
{
    struct vf_holder h;
    bool committed = false;
    if (vf_holder_init(&h, prefix, NULL) == VF_OK && vf_holder_left(&h)) {
        uint64_t ino = vf_holder_noted(&h);
        struct vf_stat at = vf_stat_at(h.parent, h.base);
        committed = at.kind == VF_KIND_DIR && (ino != 0 ? at.ino == ino : vf_holder_empty(&h));
    }
    vf_holder_release(&h);
    return committed;
}

enum vf_status vf_staging_clean(struct vf_slice prefix, struct vf_err *err)
{
    struct vf_holder h;
    enum vf_status st = vf_holder_init(&h, prefix, err);
    if (st == VF_OK)
        st = vf_holder_clean(&h, err);
    vf_holder_release(&h);
    return st;
}

/* Has the holder something under NAME that is not what the run made? Opens it. */
static bool holds_previous(struct vf_holder *h, struct vf_slice prefix)
{
    if (vf_holder_init(h, prefix, NULL) != VF_OK || !vf_holder_left(h))
        return false;
    uint64_t ino = vf_holder_noted(h);
    h->dir = openat(h->parent, h->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct vf_stat in = h->dir >= 0 ? vf_stat_at(h->dir, h->base) : (struct vf_stat){.kind = VF_KIND_NONE};
    return ino != 0 && in.kind == VF_KIND_DIR && in.ino != ino;
}

bool vf_staging_holds_previous(struct vf_slice prefix)
{
    struct vf_holder h;
    bool only = holds_previous(&h, prefix) && vf_stat_at(h.parent, h.base).kind == VF_KIND_NONE;
    vf_holder_release(&h);
    return only;
}

enum vf_status vf_staging_keep_left(struct vf_slice prefix, struct vf_slice keep, struct vf_err *err)
{
    struct vf_holder h;
    enum vf_status st = holds_previous(&h, prefix) ? keep_previous(&h, keep, err) : VF_OK;
    vf_holder_release(&h);
    return st;
}
