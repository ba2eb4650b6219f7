/* txn_rename.c: the rename of the environment directory.
 *
 * The directories above it are opened once, when the run begins, and held: whatever somebody does to the path
 * later (a parent renamed away, a link put in its place), the rename and its way back are made in the
 * directories that were looked at, and nowhere else. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "fs/edit_write.h"
#include "fs/kill_point.h"
#include "fs/txn_edit.h"

static struct vf_held *held_of(struct vf_txn *t, enum vf_end end)
{
    return end == VF_END_FROM ? &t->from : &t->to;
}

static struct vf_slice path_of(const struct vf_txn *t, enum vf_end end)
{
    return end == VF_END_FROM ? t->d.journal.from : t->d.journal.to;
}

static enum vf_status hold(struct vf_txn *t, enum vf_end end, struct vf_err *err)
{
    struct vf_held *h = held_of(t, end);
    return h->base ? VF_OK : vf_prefix_parent(path_of(t, end), &t->d.arena, &h->fd, &h->base, err);
}

void vf_txn_release_parents(struct vf_txn *t)
{
    if (t->from.base)
        (void)close(t->from.fd);
    if (t->to.base)
        (void)close(t->to.fd);
    t->from.base = t->to.base = NULL;
}

bool vf_txn_stays(const struct vf_txn *t)
{
    return vf_slice_eq(t->d.journal.from, t->d.journal.to);
}

bool vf_txn_is_at(struct vf_txn *t, enum vf_end end)
{
    struct vf_err ignored;
    vf_err_init(&ignored);
    bool held = hold(t, end, &ignored) == VF_OK;
    vf_err_release(&ignored);
    const struct vf_held *h = held_of(t, end);
    struct vf_stat at = held ? vf_stat_at(h->fd, h->base) : (struct vf_stat){0};
    return at.kind == VF_KIND_DIR && at.ino == t->d.root_st.ino && at.dev == t->d.root_st.dev;
}

bool vf_txn_is_taken(struct vf_txn *t, enum vf_end end)
{
    const struct vf_held *h = held_of(t, end);
    return h->base && vf_stat_at(h->fd, h->base).kind != VF_KIND_NONE;
}

enum vf_status vf_txn_hold_parents(struct vf_txn *t, struct vf_err *err)
{
    if (vf_txn_stays(t))
        return VF_OK;
    enum vf_status st = hold(t, VF_END_FROM, err);
    if (st == VF_OK)
        st = hold(t, VF_END_TO, err);
    if (st == VF_OK && !vf_txn_is_at(t, VF_END_FROM))
        st = vf_err_set(err, VF_CHANGED, 0, "rename", t->d.journal.from,
                        "the path does not lead to the environment any more");
    return st;
}

enum vf_status vf_txn_check_path(struct vf_txn *t, struct vf_err *err)
{
    struct stat st;
    int fd = vf_sys_open_path(t->d.journal.to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool same = fd >= 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_ino == t->d.root_st.ino &&
                (uint64_t)st.st_dev == t->d.root_st.dev;
    if (fd >= 0)
        (void)close(fd);
    return same ? VF_OK
                : vf_err_set(err, VF_CHANGED, 0, "compare", t->d.journal.to,
                             "another process moved it, or a directory above it, while venvfix was at work");
}

static enum vf_status rename_error(int sys, struct vf_slice to, struct vf_err *err)
{
    switch (sys) {
    case EXDEV:
        return vf_err_set(err, VF_CROSS_DEVICE, sys, "rename", to, NULL);
    case EBUSY:
        return vf_err_set(err, VF_BUSY, sys, "rename", to, "it is a mount point");
    case EEXIST:
    case ENOTEMPTY:
        return vf_err_set(err, VF_EXISTS, sys, "rename", to, NULL);
    case EINVAL:
        return vf_err_set(err, VF_NESTED, sys, "rename", to, "one path is inside the other");
    default:
        return vf_err_write(err, sys, "rename", to);
    }
}

enum vf_status vf_txn_rename_root(struct vf_txn *t, enum vf_end to, struct vf_err *err)
{
    enum vf_end from = to == VF_END_TO ? VF_END_FROM : VF_END_TO;
    enum vf_status st = hold(t, from, err);
    if (st == VF_OK)
        st = hold(t, to, err);
    if (st != VF_OK)
        return st;
    const struct vf_held *o = held_of(t, from), *n = held_of(t, to);
    VF_KILL_POINT();
    if (vf_sys_rename_noreplace(o->fd, o->base, n->fd, n->base) < 0)
        return rename_error(errno, path_of(t, to), err);
    VF_KILL_POINT();
    if (vf_sys_sync_dir(n->fd) < 0 || vf_sys_sync_dir(o->fd) < 0)
        return vf_err_write(err, errno, "sync", path_of(t, to));
    return VF_OK;
}
