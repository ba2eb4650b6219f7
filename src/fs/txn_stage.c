/* txn_stage.c: the new file of one edit, written beside the old one, which is only read.
 *
 * The new file is complete (contents, owner, mode, extended attributes) before anything can see it under its
 * name; what it was made from is remembered so exactly that a change of the original in the meantime is
 * noticed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/path.h"
#include "fs/edit_write.h"
#include "fs/kill_point.h"
#include "fs/txn_edit.h"

struct vf_txn_names vf_txn_names(size_t i)
{
    struct vf_txn_names n;
    (void)snprintf(n.staged, sizeof n.staged, "%zu", i);
    (void)snprintf(n.aside, sizeof n.aside, "%zu.old", i);
    return n;
}

int vf_txn_parent(struct vf_txn *t, struct vf_slice dir)
{
    if (t->parent >= 0 && vf_slice_eq(dir, t->parent_path))
        return t->parent;
    if (t->parent >= 0)
        (void)close(t->parent);
    t->parent = vf_sys_open_beneath(t->d.root, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    t->parent_path = dir;
    return t->parent;
}

static void to_jfile(struct vf_jfile *f, const struct vf_stat *st)
{
    f->kind = st->kind;
    f->ino = st->ino;
    f->size = st->size;
    f->mtime_s = st->mtime_s;
    f->mtime_ns = st->mtime_ns;
}

bool vf_jfile_same(const struct vf_jfile *f, const struct vf_stat *st)
{
    return f->kind == st->kind && f->ino == st->ino && f->size == st->size && f->mtime_s == st->mtime_s &&
           f->mtime_ns == st->mtime_ns;
}

static enum vf_status stat_fd(int fd, struct vf_slice path, struct vf_stat *out, struct vf_err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return vf_err_sys(err, errno, "stat", path);
    vf_sys_to_stat(&st, out);
    return VF_OK;
}

/* What a file is made from: its directory, its name, and the original as it stands there. */
struct source {
    int dir; /* borrowed from t */
    const char *base;
    struct vf_stat st; /* kind NONE: there is no original */
    int fd;            /* of a regular file; -1 */
};

static enum vf_status open_source(struct vf_txn *t, const struct vf_edit *e, struct source *src,
                                  struct vf_err *err)
{
    struct stat st;
    src->fd = -1;
    src->dir = vf_txn_parent(t, vf_path_dir(e->path));
    if (src->dir < 0)
        return vf_err_set(err, VF_CHANGED, errno, "open", e->path, "its directory cannot be opened");
    src->base = vf_arena_cstr(&t->d.arena, vf_path_base(e->path));
    if (!src->base)
        return vf_err_nomem(err);
    if (fstatat(src->dir, src->base, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? VF_OK : vf_err_sys(err, errno, "stat", e->path);
    vf_sys_to_stat(&st, &src->st);
    if (src->st.kind != VF_KIND_FILE)
        return VF_OK;
    src->fd = openat(src->dir, src->base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (src->fd < 0 && e->kind != VF_EDIT_DELETE)
        return vf_err_sys(err, errno, "open", e->path);
    return src->fd < 0 ? VF_OK : stat_fd(src->fd, e->path, &src->st, err);
}

static enum vf_status fits(const struct vf_edit *e, const struct source *src, struct vf_err *err)
{
    enum vf_kind k = src->st.kind;
    const char *what = NULL;
    if (k == VF_KIND_NONE && (e->kind == VF_EDIT_SPLICE || e->kind == VF_EDIT_DELETE))
        what = "it is gone";
    else if (k != VF_KIND_NONE && k != VF_KIND_FILE && (k != VF_KIND_LINK || e->kind == VF_EDIT_SPLICE))
        what = "it is another kind of file than when it was read";
    return what ? vf_err_set(err, VF_CHANGED, 0, "stage", e->path, "%s", what) : VF_OK;
}

static enum vf_status fill_file(const struct vf_edit *e, const struct source *src, int fd, struct vf_jedit *j,
                                struct vf_err *err)
{
    struct vf_edit_sums sums = {0};
    struct vf_stat after = {0};
    enum vf_status st = vf_edit_write(e, src->fd, src->st.size, fd, &sums, err);
    if (st != VF_OK)
        return st;
    VF_KILL_POINT();
    if (src->fd >= 0 ? vf_sys_copy_attrs(src->fd, fd, &src->st) < 0
                     : fchmod(fd, (mode_t)(e->mode & 07777)) < 0)
        return vf_err_write(err, errno, "chmod", e->path);
    VF_KILL_POINT();
    if (vf_edit_set_time(fd, &src->st) < 0)
        return vf_err_write(err, errno, "utime", e->path);
    if (src->fd >= 0) {
        st = stat_fd(src->fd, e->path, &after, err);
        if (st == VF_OK && !vf_stat_same(&j->was_st, &after))
            st = vf_err_set(err, VF_CHANGED, 0, "stage", e->path, "it changed while it was read");
        if (st == VF_OK)
            st = vf_edit_check_sum(e, sums.old_sum, err);
        memcpy(j->was.sum, sums.old_sum, sizeof sums.old_sum);
    }
    memcpy(j->is.sum, sums.new_sum, sizeof sums.new_sum);
    return st;
}

static enum vf_status stage_file(struct vf_txn *t, const struct vf_edit *e, const struct source *src,
                                 const char *name, struct vf_jedit *j, struct vf_err *err)
{
    VF_KILL_POINT();
    int fd = vf_file_make(t->news, name);
    if (fd < 0)
        return vf_err_write(err, errno, "create", e->path);
    enum vf_status st = fill_file(e, src, fd, j, err);
    if (close(fd) < 0 && st == VF_OK)
        st = vf_err_write(err, errno, "close", e->path);
    return st;
}

static enum vf_status stage_link(struct vf_txn *t, const struct vf_edit *e, const struct source *src,
                                 const char *name, struct vf_jedit *j, struct vf_err *err)
{
    const char *target = vf_arena_cstr(&t->d.arena, e->contents);
    if (!target)
        return vf_err_nomem(err);
    VF_KILL_POINT();
    if (symlinkat(target, t->news, name) < 0)
        return vf_err_write(err, errno, "symlink", e->path);
    if (src->st.kind != VF_KIND_NONE && geteuid() == 0) {
        VF_KILL_POINT();
        if (fchownat(t->news, name, src->st.uid, src->st.gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != EPERM &&
            errno != EINVAL)
            return vf_err_write(err, errno, "chown", e->path);
    }
    return vf_sha256(e->contents, j->is.sum) ? VF_OK : vf_err_set(err, VF_INTERNAL, 0, "hash", e->path, NULL);
}

/* Hash of an original that is not read for its contents: a link, or a file that goes away. One that cannot be
 * read has none. */
static enum vf_status hash_source(struct vf_txn *t, const struct vf_edit *e, const struct source *src,
                                  struct vf_jedit *j, struct vf_err *err)
{
    if (src->fd >= 0)
        return vf_fd_sha256(src->fd, j->was.sum, err);
    if (src->st.kind != VF_KIND_LINK)
        return VF_OK;
    size_t cap = (size_t)src->st.size + 1;
    char *buf = vf_arena_alloc(&t->d.arena, cap);
    if (!buf)
        return vf_err_nomem(err);
    ssize_t n = readlinkat(src->dir, src->base, buf, cap);
    if (n < 0)
        return vf_err_sys(err, errno, "readlink", e->path);
    if ((size_t)n >= cap)
        return vf_err_set(err, VF_CHANGED, 0, "readlink", e->path, "it changed while it was read");
    return vf_sha256((struct vf_slice){buf, (size_t)n}, j->was.sum)
               ? VF_OK
               : vf_err_set(err, VF_INTERNAL, 0, "hash", e->path, NULL);
}

/* Has an edit before this one made the same new file of another name of the same original? *at: which one;
 * i: this is the first. */
static enum vf_status find_twin(struct vf_txn *t, const struct vf_jedit *j, size_t i, size_t *at,
                                struct vf_err *err)
{
    struct twin {
        uint64_t dev, ino;
        unsigned char sum[sizeof j->is.sum];
    } twin = {.dev = j->was_st.dev, .ino = j->was.ino};
    memcpy(twin.sum, j->is.sum, sizeof twin.sum);
    struct vf_slice key = {(const char *)&twin, sizeof twin};
    *at = i;
    if (vf_map_get(&t->twins, key, at))
        return VF_OK;
    key = vf_arena_dup(&t->d.arena, key);
    return key.p && vf_map_put(&t->twins, key, i) ? VF_OK : vf_err_nomem(err);
}

/* Two names of one file, edited alike, stay two names of one. Where they cannot, each keeps its own. */
static enum vf_status share_with_twin(struct vf_txn *t, const struct vf_edit *e, const struct source *src,
                                      size_t i, const struct vf_jedit *j, struct vf_err *err)
{
    size_t at;
    if (src->fd < 0 || src->st.nlink < 2)
        return VF_OK;
    enum vf_status st = find_twin(t, j, i, &at, err);
    if (st != VF_OK || at == i)
        return st;
    struct vf_txn_names own = vf_txn_names(i), twin = vf_txn_names(at);
    VF_KILL_POINT();
    if (linkat(t->news, twin.staged, t->news, own.aside, 0) < 0)
        return VF_OK;
    VF_KILL_POINT();
    return renameat(t->news, own.aside, t->news, own.staged) < 0 ? vf_err_write(err, errno, "rename", e->path)
                                                                 : VF_OK;
}

enum vf_status vf_txn_stage_one(struct vf_txn *t, const struct vf_edit *e, size_t i, struct vf_jedit *j,
                                struct vf_err *err)
{
    struct vf_txn_names name = vf_txn_names(i);
    struct source src = {.dir = -1, .fd = -1};
    enum vf_status st = open_source(t, e, &src, err);
    if (st == VF_OK)
        st = vf_edit_check_stat(e, &src.st, err);
    if (st == VF_OK)
        st = fits(e, &src, err);
    if (st == VF_OK) {
        to_jfile(&j->was, &src.st);
        j->was_st = src.st;
        j->kind = e->kind;
    }
    if (st == VF_OK && (e->kind == VF_EDIT_LINK || e->kind == VF_EDIT_DELETE || src.st.kind == VF_KIND_LINK))
        st = hash_source(t, e, &src, j, err);
    if (st == VF_OK && src.st.kind == VF_KIND_LINK)
        st = vf_edit_check_sum(e, j->was.sum, err);
    if (st == VF_OK && e->kind == VF_EDIT_LINK)
        st = stage_link(t, e, &src, name.staged, j, err);
    else if (st == VF_OK && e->kind != VF_EDIT_DELETE)
        st = stage_file(t, e, &src, name.staged, j, err);
    if (st == VF_OK && (e->kind == VF_EDIT_SPLICE || e->kind == VF_EDIT_WRITE))
        st = share_with_twin(t, e, &src, i, j, err);
    if (st == VF_OK && e->kind != VF_EDIT_DELETE) {
        struct vf_stat is = vf_stat_at(t->news, name.staged);
        if (is.kind == VF_KIND_NONE)
            st = vf_err_set(err, VF_IO, 0, "stage", e->path, "the new file vanished");
        to_jfile(&j->is, &is);
    }
    if (src.fd >= 0)
        (void)close(src.fd);
    return st;
}
