/* retire.c: what is left of OLD goes, once NEW is complete and on disk.
 *
 * OLD goes aside by one rename, so that it is never seen half-removed. Where that cannot be (a mount point, a
 * directory whose parent may not be written to, an overlay's lower directory) it is emptied where it stands,
 * behind a marker: an inode number alone would not tell OLD from a directory that somebody made there after a
 * crash. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/edit_write.h"
#include "fs/kill_point.h"
#include "fs/staging_holder.h"

static const char marker[] = VF_TXN_DIR "-retired";

struct retire {
    struct vf_jdir d;   /* of NEW */
    struct vf_holder h; /* beside OLD */
    bool *emptied;
    bool other; /* what stands at OLD is not what was copied */
};

static bool old_is_there(const struct retire *r)
{
    struct vf_stat st = vf_stat_at(r->h.parent, r->h.base);
    return st.kind == VF_KIND_DIR && st.ino == r->d.journal.retire_ino;
}

/* --- aside --- */

static bool must_stay(int sys)
{
    return sys == EBUSY || sys == EXDEV || sys == EACCES || sys == EPERM || sys == EROFS;
}

/* VF_CROSS_DEVICE: it cannot be put aside, nothing was changed. */
static enum vf_status put_aside(struct retire *r, struct vf_err *err)
{
    struct vf_err own;
    vf_err_init(&own);
    enum vf_status st = vf_holder_make(&r->h, &own);
    if (st == VF_NOT_WRITABLE)
        st = VF_CROSS_DEVICE;
    else if (st != VF_OK)
        st = vf_err_set(err, own.code, own.sys, own.op, r->h.prefix, "%s", own.detail);
    vf_err_release(&own);
    if (st != VF_OK)
        return st;
    st = vf_holder_ignore(&r->h, err);
    VF_KILL_POINT();
    if (st == VF_OK && vf_sys_rename_noreplace(r->h.parent, r->h.base, r->h.dir, r->h.base) < 0) {
        int e = errno;
        (void)!vf_holder_remove(&r->h, NULL);
        return must_stay(e) ? VF_CROSS_DEVICE : vf_err_write(err, e, "rename", r->h.prefix);
    }
    VF_KILL_POINT();
    if (st == VF_OK && (vf_sys_sync_dir(r->h.dir) < 0 || vf_sys_sync_dir(r->h.parent) < 0))
        st = vf_err_write(err, errno, "sync", r->h.prefix);
    return st;
}

/* --- emptied where it stands --- */

static enum vf_status put_marker(struct retire *r, struct vf_err *err)
{
    int dir = openat(r->h.parent, r->h.base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    VF_KILL_POINT();
    int fd = dir >= 0 ? vf_file_make(dir, marker) : -1;
    int bad = fd < 0 && (dir < 0 || errno != EEXIST) ? errno : 0;
    if (!bad && vf_sys_sync_dir(dir) < 0)
        bad = errno;
    if (fd >= 0)
        (void)close(fd);
    if (dir >= 0)
        (void)close(dir);
    return bad ? vf_err_write(err, bad, "write", r->h.prefix) : VF_OK;
}

/* Everything but the marker. */
static enum vf_status empty_dir(int dir, struct vf_slice prefix, struct vf_err *err)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (!list) {
        int e = errno;
        if (fd >= 0)
            (void)close(fd);
        return vf_err_sys(err, e, "list", prefix);
    }
    enum vf_status st = VF_OK;
    for (struct dirent *e = readdir(list); e; e = readdir(list)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || strcmp(e->d_name, marker) == 0)
            continue;
        VF_KILL_POINT();
        enum vf_status one = vf_sys_remove_tree(dir, e->d_name, err);
        st = st == VF_OK ? one : st;
    }
    (void)closedir(list);
    return st;
}

static enum vf_status empty_old(struct retire *r, struct vf_err *err)
{
    if (!old_is_there(r))
        return VF_OK;
    int dir = openat(r->h.parent, r->h.base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return vf_err_sys(err, errno, "open", r->h.prefix);
    enum vf_status st = VF_OK;
    if (vf_stat_at(dir, marker).kind == VF_KIND_FILE) {
        st = empty_dir(dir, r->h.prefix, err);
        VF_KILL_POINT();
        if (st == VF_OK && unlinkat(dir, marker, 0) < 0)
            st = vf_err_write(err, errno, "remove", r->h.prefix);
    }
    (void)close(dir);
    VF_KILL_POINT();
    if (st == VF_OK && unlinkat(r->h.parent, r->h.base, AT_REMOVEDIR) < 0) {
        if (must_stay(errno))
            *r->emptied = true;
        else if (errno != ENOENT) /* without its marker, and not empty: somebody's new directory */
            r->other = true;
    }
    return st;
}

/* --- the steps, each from the state that the one before it wrote --- */

static enum vf_status begin_retire(struct retire *r, struct vf_err *err)
{
    enum vf_jstate next = VF_JSTATE_RETIRED;
    enum vf_status st = VF_OK;
    if (old_is_there(r)) {
        st = put_aside(r, err);
        if (st == VF_CROSS_DEVICE) {
            next = VF_JSTATE_EMPTYING;
            st = put_marker(r, err);
        }
    } else {
        /* Aside already, when its holder is there: the run was killed before it wrote so. */
        r->other = vf_stat_at(r->h.parent, r->h.base).kind != VF_KIND_NONE && !vf_holder_left(&r->h);
    }
    return st == VF_OK ? vf_jdir_put_state(&r->d, next, err) : st;
}

static enum vf_status end_retire(struct retire *r, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    if (r->h.dir >= 0)
        st = vf_holder_remove(&r->h, err);
    else if (vf_holder_left(&r->h))
        st = vf_holder_clean(&r->h, err);
    if (st == VF_OK)
        st = vf_jdir_remove(&r->d, err);
    if (st == VF_OK && r->other)
        st = vf_err_set(err, VF_CHANGED, 0, "retire", r->h.prefix,
                        "it is not the directory that was copied; it was left alone");
    return st;
}

static enum vf_status retire_steps(struct retire *r, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    if (r->d.state == VF_JSTATE_RETIRE)
        st = begin_retire(r, err);
    if (st == VF_OK && r->d.state == VF_JSTATE_EMPTYING) {
        st = empty_old(r, err);
        if (st == VF_OK)
            st = vf_jdir_put_state(&r->d, VF_JSTATE_RETIRED, err);
    }
    return st == VF_OK ? end_retire(r, err) : st;
}

static enum vf_status check(struct retire *r, struct vf_slice old, const char *why, struct vf_err *err)
{
    struct vf_slice name = VF_S(VF_TXN_DIR);
    if (why)
        return vf_err_set(err, VF_EXISTS, 0, "open", name, "it is not the journal of this environment: %s",
                          why);
    if (r->d.state != VF_JSTATE_RETIRE && r->d.state != VF_JSTATE_EMPTYING && r->d.state != VF_JSTATE_RETIRED)
        return vf_err_set(err, VF_INTERNAL, 0, "retire", name, "the journal is not about retiring");
    if (!r->d.verified || !vf_slice_eq(r->d.journal.from, vf_prefix_trim(old)))
        return vf_err_set(err, VF_INTERNAL, 0, "retire", old, "the journal names another directory");
    return VF_OK;
}

enum vf_status vf_retire(const struct vf_key *key, struct vf_slice old, struct vf_slice new_prefix,
                         bool *emptied, struct vf_err *err)
{
    struct retire r = {.emptied = emptied};
    const char *why = NULL;
    *emptied = false;
    vf_jdir_init(&r.d);
    r.d.key = *key;
    enum vf_status st = vf_holder_init(&r.h, old, err);
    if (st == VF_OK)
        st = vf_jdir_root(&r.d, new_prefix, err);
    if (st == VF_OK)
        st = vf_jdir_open(&r.d, true, &why, err);
    if (st == VF_OK)
        st = check(&r, old, why, err);
    if (st == VF_OK)
        st = retire_steps(&r, err);
    vf_holder_release(&r.h);
    vf_jdir_release(&r.d);
    return st;
}

enum vf_status vf_staging_discard(struct vf_slice prefix, uint64_t ino, struct vf_err *err)
{
    struct vf_holder h;
    enum vf_status st = vf_holder_init(&h, prefix, err);
    struct vf_stat at = st == VF_OK ? vf_stat_at(h.parent, h.base) : (struct vf_stat){0};
    if (st == VF_OK && (at.kind != VF_KIND_DIR || at.ino != ino))
        st = vf_err_set(err, VF_CHANGED, 0, "remove", prefix, "it is not the directory that was made here");
    if (st == VF_OK)
        st = vf_holder_make(&h, err);
    if (st == VF_OK) {
        VF_KILL_POINT();
        if (vf_sys_rename_noreplace(h.parent, h.base, h.dir, h.base) < 0)
            st = vf_err_write(err, errno, "rename", prefix);
        enum vf_status removed = vf_holder_remove(&h, err);
        st = st == VF_OK ? removed : st;
    }
    vf_holder_release(&h);
    return st;
}
