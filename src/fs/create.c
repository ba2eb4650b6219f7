/* create.c: new files and directories, by descriptors. */
#include "fs/create.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/sys.h"
#include "fs/txn.h"

bool vf_create_is_reserved(struct vf_slice rel)
{
    static const struct vf_slice own = VF_S_INIT(VF_TXN_DIR), staged = VF_S_INIT(VF_TXN_DIR "-");
    size_t slash = vf_slice_find_byte(rel, '/', 0);
    struct vf_slice first = vf_slice_sub(rel, 0, slash == VF_NPOS ? rel.n : slash);
    return vf_slice_eq_nocase(first, own) ||
           (first.n > staged.n && vf_slice_eq_nocase(vf_slice_sub(first, 0, staged.n), staged));
}

static enum vf_status refuse_reserved(struct vf_slice rel, struct vf_err *err)
{
    if (!vf_create_is_reserved(rel))
        return VF_OK;
    return vf_err_set(err, VF_BAD_ARCHIVE, 0, "create", rel,
                      "'" VF_TXN_DIR "' is the name of venvfix's own journal; nothing else may bring it");
}

static enum vf_status failed(struct vf_err *err, const char *op, struct vf_slice path)
{
    if (errno == EEXIST)
        return vf_err_set(err, VF_EXISTS, EEXIST, op, path, "it exists already");
    if (errno == ELOOP || errno == ENOTDIR)
        return vf_err_set(err, VF_EXISTS, errno, op, path, "a link or a file is where a directory has to be");
    return vf_err_sys(err, errno, op, path);
}

/* As pip: executable for all, whatever the umask. */
static bool make_executable(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 &&
           ((st.st_mode & 0111) == 0111 || fchmod(fd, (st.st_mode & 07777) | 0111) == 0);
}

enum vf_status vf_create_file(int root, struct vf_slice rel, bool executable, struct vf_new_file *out,
                              struct vf_err *err)
{
    out->path = rel;
    out->fd = -1;
    enum vf_status st = refuse_reserved(rel, err);
    if (st != VF_OK)
        return st;
    out->fd = vf_sys_open_beneath(root, rel, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                  executable ? 0777 : 0666);
    if (out->fd < 0)
        return failed(err, "create", rel);
    if (!executable || make_executable(out->fd))
        return VF_OK;
    return vf_create_close(out, vf_err_sys(err, errno, "chmod", rel), err);
}

enum vf_status vf_create_executable(int root, struct vf_slice rel, struct vf_err *err)
{
    int fd = vf_sys_open_beneath(root, rel, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0)
        return failed(err, "open", rel);
    enum vf_status st = make_executable(fd) ? VF_OK : vf_err_sys(err, errno, "chmod", rel);
    (void)close(fd);
    return st;
}

enum vf_status vf_create_write(const struct vf_new_file *f, struct vf_slice bytes, struct vf_err *err)
{
    while (bytes.n > 0) {
        ssize_t n = write(f->fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return vf_err_sys(err, errno, "write", f->path);
        bytes = vf_slice_from(bytes, (size_t)n);
    }
    return VF_OK;
}

enum vf_status vf_create_close(struct vf_new_file *f, enum vf_status st, struct vf_err *err)
{
    int fd = f->fd;
    f->fd = -1;
    if (close(fd) < 0 && errno != EINTR && st == VF_OK)
        st = vf_err_sys(err, errno, "write", f->path);
    return st;
}

enum vf_status vf_create_complete(int root, struct vf_slice rel, bool executable, struct vf_slice bytes,
                                  struct vf_err *err)
{
    struct vf_new_file f;
    enum vf_status st = vf_create_file(root, rel, executable, &f, err);
    return st == VF_OK ? vf_create_close(&f, vf_create_write(&f, bytes, err), err) : st;
}

enum vf_status vf_create_link(int root, struct vf_slice rel, struct vf_slice target, struct vf_err *err)
{
    char name[VF_SYS_NAME];
    struct vf_slice base;
    struct vf_arena a;
    enum vf_status reserved = refuse_reserved(rel, err);
    if (reserved != VF_OK)
        return reserved;
    vf_arena_init(&a);
    const char *to = vf_arena_cstr(&a, target);
    int dir = to ? vf_sys_open_parent(root, rel, &base) : -1;
    bool ok = dir >= 0 && vf_sys_name(base, name) == 0 && symlinkat(to, dir, name) == 0;
    enum vf_status st = ok ? VF_OK : to ? failed(err, "link", rel) : vf_err_nomem(err);
    if (dir >= 0)
        (void)close(dir);
    vf_arena_release(&a);
    return st;
}

enum vf_status vf_create_dir(int root, struct vf_slice rel, struct vf_err *err)
{
    struct vf_slice base;
    struct vf_stat there;
    char name[VF_SYS_NAME];
    enum vf_status reserved = refuse_reserved(rel, err);
    if (reserved != VF_OK)
        return reserved;
    int dir = vf_sys_open_parent(root, rel, &base);
    if (dir < 0)
        return failed(err, "create", rel);
    int r = vf_sys_name(base, name);
    if (r == 0)
        r = mkdirat(dir, name, 0777);
    if (r < 0 && errno == EEXIST && vf_sys_stat_at(dir, name, &there) == 0 && there.kind == VF_KIND_DIR)
        r = 0;
    enum vf_status st = r == 0 ? VF_OK : failed(err, "create", rel);
    (void)close(dir);
    return st;
}
