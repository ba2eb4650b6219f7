/* key.c: the secret is read, or made once.
 *
 * It is written under a name of its own and then renamed, so that of two first runs one wins and both use its
 * key, and so that a reader never sees a part of it. */
#include "fs/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/edit_write.h"
#include "fs/sys.h"

static const char file_name[] = "key";

static bool is_private(int fd, struct stat *st)
{
    return fstat(fd, st) == 0 && st->st_uid == geteuid();
}

static bool read_key(int dir, struct vf_key *out)
{
    struct stat st;
    unsigned char bytes[sizeof out->secret + 1];
    int fd = openat(dir, file_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = is_private(fd, &st) && S_ISREG(st.st_mode) && (st.st_mode & 0077) == 0 && st.st_nlink == 1 &&
              read(fd, bytes, sizeof bytes) == (ssize_t)sizeof out->secret;
    (void)close(fd);
    errno = EINVAL;
    if (ok)
        memcpy(out->secret, bytes, sizeof out->secret);
    out->known = ok;
    return ok;
}

/* Opens the directory dir/name; `make`: makes it where there is none. Only the last one has to be ours. */
static int enter(int dir, struct vf_slice name, bool make)
{
    char text[VF_SYS_NAME];
    struct stat st;
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    if (vf_sys_name(name, text) < 0)
        return -1;
    int fd = openat(dir, text, flags);
    if (fd >= 0 || errno != ENOENT || !make)
        return fd;
    if (!is_private(dir, &st)) /* sudo may keep the HOME of another user: nothing of ours is made there */
        return -1;
    if (mkdirat(dir, text, 0700) < 0 && errno != EEXIST)
        return -1;
    return openat(dir, text, flags);
}

static int open_dir(const char *path, bool make)
{
    struct vf_slice rest = vf_slice_of(path);
    struct stat st;
    int fd = rest.n > 0 && path[0] == '/' ? open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    while (fd >= 0 && rest.n > 0) {
        size_t end = vf_slice_find_byte(rest, '/', 0);
        struct vf_slice name = vf_slice_sub(rest, 0, end == VF_NPOS ? rest.n : end);
        rest = vf_slice_from(rest, end == VF_NPOS ? rest.n : end + 1);
        if (name.n == 0)
            continue;
        int next = enter(fd, name, make);
        (void)close(fd);
        fd = next;
    }
    if (fd >= 0 && !is_private(fd, &st)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static void make_key(int dir)
{
    unsigned char bytes[32 + 8];
    char fresh[40];
    if (vf_sys_random(bytes, sizeof bytes) < 0)
        return;
    size_t n = (size_t)snprintf(fresh, sizeof fresh, "%s.", file_name);
    for (size_t i = 0; i < 8; i++)
        (void)snprintf(fresh + n + 2 * i, 3, "%02x", bytes[32 + i]);
    int fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    bool ok = vf_fd_write_all(fd, (struct vf_slice){(const char *)bytes, 32}) == 0 && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    if (ok)
        (void)!vf_sys_rename_noreplace(dir, fresh, dir, file_name); /* EEXIST: another run was faster */
    (void)unlinkat(dir, fresh, 0);
    (void)!vf_sys_sync_dir(dir);
}

void vf_key_load(const char *dir, bool make, struct vf_key *out)
{
    *out = (struct vf_key){.known = false};
    int fd = dir ? open_dir(dir, make) : -1;
    if (fd < 0)
        return;
    if (!read_key(fd, out) && make && errno == ENOENT) {
        make_key(fd);
        (void)read_key(fd, out);
    }
    (void)close(fd);
}
