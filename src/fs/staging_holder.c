/* staging_holder.c: made, recognised, removed.
 *
 * What is removed without asking is only a directory that belongs to this user, that nobody else may enter,
 * whose lock file is ours and free; and of it only the four names that we put there. */
#include "fs/staging_holder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "fs/edit_write.h"
#include "fs/kill_point.h"

enum vf_status vf_holder_init(struct vf_holder *h, struct vf_slice prefix, struct vf_err *err)
{
    unsigned char sum[32];
    *h = (struct vf_holder){.parent = -1, .dir = -1, .lock = -1};
    vf_arena_init(&h->arena);
    h->prefix = vf_arena_dup(&h->arena, vf_prefix_trim(prefix));
    if (!h->prefix.p)
        return vf_err_nomem(err);
    enum vf_status st = vf_prefix_parent(h->prefix, &h->arena, &h->parent, &h->base, err);
    if (st != VF_OK)
        return st;
    if (!vf_sha256(vf_slice_of(h->base), sum))
        return vf_err_set(err, VF_INTERNAL, 0, "hash", prefix, NULL);
    size_t n = (size_t)snprintf(h->name, sizeof h->name, VF_TXN_DIR "-");
    for (size_t i = 0; i < 8; i++)
        (void)snprintf(h->name + n + 2 * i, 3, "%02x", sum[i]);
    return VF_OK;
}

void vf_holder_release(struct vf_holder *h)
{
    if (h->dir >= 0)
        (void)close(h->dir);
    if (h->lock >= 0)
        (void)close(h->lock);
    if (h->parent >= 0)
        (void)close(h->parent);
    vf_arena_release(&h->arena);
    *h = (struct vf_holder){.parent = -1, .dir = -1, .lock = -1};
}

static bool ours(const struct vf_stat *st)
{
    return st->kind == VF_KIND_DIR && st->uid == geteuid() && (st->mode & 0777) == 0700;
}

bool vf_holder_left(const struct vf_holder *h)
{
    struct vf_stat st = vf_stat_at(h->parent, h->name);
    return ours(&st);
}

bool vf_holder_empty(const struct vf_holder *h)
{
    static const char *const names[] = {"lock", ".gitignore", NULL};
    int dir = openat(h->parent, h->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool empty = dir >= 0 && vf_stat_at(dir, h->base).kind == VF_KIND_NONE;
    for (size_t i = 0; names[i] && empty; i++)
        empty = vf_stat_at(dir, names[i]).kind == VF_KIND_NONE;
    if (dir >= 0)
        (void)close(dir);
    return empty;
}

uint64_t vf_holder_noted(const struct vf_holder *h)
{
    char text[24];
    uint64_t ino = 0;
    int dir = openat(h->parent, h->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int fd = dir >= 0 ? openat(dir, "lock", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : 0;
    if (fd >= 0)
        (void)close(fd);
    if (dir >= 0)
        (void)close(dir);
    if (n <= 0 || !vf_slice_to_u64((struct vf_slice){text, (size_t)n}, &ino))
        return 0;
    return ino;
}

const char *vf_holder_scratch(const struct vf_holder *h)
{
    return strcmp(h->base, ".scratch") == 0 ? ".scratch-" : ".scratch";
}

enum vf_status vf_holder_remove(struct vf_holder *h, struct vf_err *err)
{
    static const char *const names[] = {".gitignore", "lock"};
    const char *const trees[] = {h->base, vf_holder_scratch(h)};
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < VF_COUNT(trees) && st == VF_OK; i++) {
        VF_KILL_POINT();
        if (vf_stat_at(h->dir, trees[i]).kind != VF_KIND_NONE)
            st = vf_sys_remove_tree(h->dir, trees[i], err);
    }
    for (size_t i = 0; i < VF_COUNT(names) && st == VF_OK; i++) {
        VF_KILL_POINT();
        if (unlinkat(h->dir, names[i], 0) < 0 && errno != ENOENT)
            st = vf_err_write(err, errno, "remove", vf_slice_of(names[i]));
    }
    if (st != VF_OK)
        return st;
    VF_KILL_POINT();
    if (unlinkat(h->parent, h->name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return vf_err_set(err, VF_EXISTS, errno, "remove", vf_slice_of(h->name), NULL);
    VF_KILL_POINT();
    if (vf_sys_sync_dir(h->parent) < 0)
        return vf_err_write(err, errno, "sync", h->prefix);
    return VF_OK;
}

static enum vf_status not_ours(const struct vf_holder *h, struct vf_err *err)
{
    return vf_err_set(err, VF_EXISTS, 0, "mkdir", vf_slice_of(h->name),
                      "the name is taken, beside '%s', by something that is not ours", h->base);
}

/* What a killed run had started (pip, its compilers) may write on for a moment: a directory that fills up
 * again while it is removed is tried again, for three seconds. */
static enum vf_status remove_left(struct vf_holder *h, struct vf_err *err)
{
    const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
    for (int i = 0; i < 30; i++) {
        struct vf_err why;
        vf_err_init(&why);
        enum vf_status st = vf_holder_remove(h, &why);
        bool fills = st != VF_OK && (why.sys == ENOTEMPTY || why.sys == EEXIST);
        vf_err_release(&why);
        if (!fills)
            break;
        nanosleep(&pause, NULL);
    }
    return vf_holder_remove(h, err);
}

enum vf_status vf_holder_clean(struct vf_holder *h, struct vf_err *err)
{
    struct vf_stat st = vf_stat_at(h->parent, h->name);
    if (st.kind == VF_KIND_NONE)
        return VF_OK;
    if (!ours(&st))
        return not_ours(h, err);
    h->dir = openat(h->parent, h->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (h->dir < 0)
        return vf_err_sys(err, errno, "open", vf_slice_of(h->name));
    enum vf_status done = VF_OK;
    if (vf_stat_at(h->dir, "lock").kind ==
        VF_KIND_NONE) { /* killed before it made one: then the directory is empty */
        VF_KILL_POINT();
        if (unlinkat(h->parent, h->name, AT_REMOVEDIR) < 0 && errno != ENOENT)
            done = not_ours(h, err);
    } else {
        done = vf_lock_take(h->dir, "lock", false, &h->lock, err);
        if (done == VF_OK)
            done = remove_left(h, err);
    }
    if (h->lock >= 0)
        (void)close(h->lock);
    (void)close(h->dir);
    h->dir = h->lock = -1;
    return done;
}

/* The directory that was made just now: nobody else's to enter, and locked. */
static enum vf_status take_dir(struct vf_holder *h, struct vf_err *err)
{
    struct vf_slice name = vf_slice_of(h->name);
    h->dir = openat(h->parent, h->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (h->dir < 0)
        return vf_err_write(err, errno, "open", name);
    VF_KILL_POINT();
    if (fchmod(h->dir, 0700) < 0)
        return vf_err_write(err, errno, "chmod", name);
    vf_sys_drop_default_acl(h->dir);
    return vf_lock_take(h->dir, "lock", true, &h->lock, err);
}

enum vf_status vf_holder_make(struct vf_holder *h, struct vf_err *err)
{
    struct vf_slice name = vf_slice_of(h->name);
    enum vf_status st = vf_holder_clean(h, err);
    if (st != VF_OK)
        return st;
    VF_KILL_POINT();
    if (mkdirat(h->parent, h->name, 0700) < 0)
        return errno == EEXIST
                   ? vf_err_set(err, VF_BUSY, EEXIST, "mkdir", name, "another run is at work here")
                   : vf_err_write(err, errno, "mkdir", name);
    st = take_dir(h, err);
    if (st == VF_OK)
        return VF_OK;
    if (h->dir >= 0)
        (void)close(h->dir);
    h->dir = -1;
    VF_KILL_POINT();
    (void)unlinkat(h->parent, h->name, AT_REMOVEDIR); /* fails where anybody put something into it */
    return st;
}

enum vf_status vf_holder_note(struct vf_holder *h, uint64_t ino, struct vf_err *err)
{
    struct vf_buf b = {0};
    vf_buf_put_u64(&b, ino);
    int bad = b.failed || vf_fd_write_all(h->lock, vf_buf_slice(&b)) < 0;
    int e = errno;
    vf_buf_release(&b);
    return bad ? vf_err_write(err, e, "write", VF_S("lock")) : VF_OK;
}

enum vf_status vf_holder_ignore(struct vf_holder *h, struct vf_err *err)
{
    VF_KILL_POINT();
    int fd = vf_file_make(h->dir, ".gitignore");
    int bad = fd < 0 || vf_fd_write_all(fd, VF_S("*\n")) < 0 ? errno : 0;
    if (fd >= 0 && close(fd) < 0 && !bad)
        bad = errno;
    return bad ? vf_err_write(err, bad, "write", VF_S(".gitignore")) : VF_OK;
}
