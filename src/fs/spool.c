/* spool.c: bytes that are put aside. */
#include "fs/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/sys.h"

struct vf_spool {
    int fd; /* -1: memory */
    uint64_t size;
    struct vf_buf memory;
};

/* A file that never has a name, or loses it at once. */
static int nameless(int dir)
{
    int fd = -1;
#ifdef O_TMPFILE
    fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL))
        return fd;
#endif
    char name[64];
    for (unsigned i = 0; i < 100 && fd < 0; i++) {
        (void)snprintf(name, sizeof name, ".venvfix-spool-%ld-%u", (long)getpid(), i);
        fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 && errno != EEXIST)
            return -1;
    }
    if (fd >= 0)
        (void)unlinkat(dir, name, 0);
    return fd;
}

enum vf_status vf_spool_new(int dir, struct vf_spool **out, struct vf_err *err)
{
    struct vf_spool *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return vf_err_nomem(err);
    s->fd = -1;
    if (dir >= 0) {
        s->fd = nameless(dir);
        if (s->fd < 0) {
            free(s);
            return vf_err_sys(err, errno, "create", VF_S("a temporary file"));
        }
    }
    *out = s;
    return VF_OK;
}

enum vf_status vf_spool_write(struct vf_spool *s, struct vf_slice bytes, struct vf_err *err)
{
    s->size += bytes.n;
    if (s->fd < 0) {
        vf_buf_put(&s->memory, bytes);
        return s->memory.failed ? vf_err_nomem(err) : VF_OK;
    }
    while (bytes.n > 0) {
        ssize_t n = write(s->fd, bytes.p, bytes.n);
        if (n < 0 && errno != EINTR)
            return vf_err_sys(err, errno, "write", VF_S("a temporary file"));
        bytes = vf_slice_from(bytes, n < 0 ? 0 : (size_t)n);
    }
    return VF_OK;
}

enum vf_status vf_spool_skip(struct vf_spool *s, uint64_t n, struct vf_err *err)
{
    s->size += n;
    return lseek(s->fd, (off_t)n, SEEK_CUR) >= 0 ? VF_OK
                                                 : vf_err_sys(err, errno, "seek", VF_S("a temporary file"));
}

uint64_t vf_spool_size(const struct vf_spool *s)
{
    return s->size;
}

int vf_spool_fd(const struct vf_spool *s)
{
    return s->fd;
}

struct vf_slice vf_spool_bytes(const struct vf_spool *s)
{
    return vf_buf_slice(&s->memory);
}

static size_t before_page(uint64_t at)
{
    return (size_t)(at % (uint64_t)sysconf(_SC_PAGESIZE));
}

char *vf_spool_map(const struct vf_spool *s, uint64_t at, size_t n)
{
    if (n == 0 || at > s->size || n > s->size - at)
        return NULL;
    if (s->fd < 0) {
        char *copy = malloc(n);
        if (copy)
            memcpy(copy, s->memory.p + at, n);
        return copy;
    }
    size_t before = before_page(at);
    void *p = mmap(NULL, n + before, PROT_READ | PROT_WRITE, MAP_PRIVATE, s->fd, (off_t)(at - before));
    return p == MAP_FAILED ? NULL : (char *)p + before;
}

void vf_spool_unmap(const struct vf_spool *s, char *image, uint64_t at, size_t n)
{
    if (!image)
        return;
    if (s->fd < 0)
        free(image);
    else
        (void)munmap(image - before_page(at), n + before_page(at));
}

enum vf_status vf_spool_clear(struct vf_spool *s, struct vf_err *err)
{
    s->size = 0;
    vf_buf_clear(&s->memory);
    if (s->fd >= 0 && (ftruncate(s->fd, 0) != 0 || lseek(s->fd, 0, SEEK_SET) != 0))
        return vf_err_sys(err, errno, "truncate", VF_S("a temporary file"));
    return VF_OK;
}

void vf_spool_free(struct vf_spool *s)
{
    if (!s)
        return;
    if (s->fd >= 0)
        (void)close(s->fd);
    vf_buf_release(&s->memory);
    free(s);
}

enum vf_status vf_file_open(struct vf_slice path, int *fd, uint64_t *size, struct vf_err *err)
{
    struct stat st;
    *fd = vf_sys_open_path(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return vf_err_sys(err, errno, "open", path);
    int r = fstat(*fd, &st);
    if (r == 0 && S_ISREG(st.st_mode)) {
        *size = (uint64_t)st.st_size;
        return VF_OK;
    }
    enum vf_status s = r != 0 ? vf_err_sys(err, errno, "stat", path)
                              : vf_err_set(err, VF_UNREADABLE, 0, "open", path, "it is no regular file");
    (void)close(*fd);
    *fd = -1;
    return s;
}
