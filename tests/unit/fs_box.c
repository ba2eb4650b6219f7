/* fs_box.c: made and removed by plain calls, so that a test does not rest on what it tests. */
#include "fs_box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fs/sys.h"

enum { NOBODY = 65534, NAME = 200 };

static int enter(void **state, bool fallback)
{
    struct box *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->fds = fx_open_fds();
    b->fallback = fallback;
    b->path = fx_dir();
    b->fd = open(b->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(b->fd >= 0);
    vf_arena_init(&b->arena);
    vf_err_init(&b->err);
    vf_sys_force_fallback(fallback);
    *state = b;
    return 0;
}

int box_enter(void **state)
{
    return enter(state, false);
}

int box_enter_plain(void **state)
{
    return enter(state, true);
}

int box_leave(void **state)
{
    struct box *b = *state;
    vf_sys_force_fallback(false);
    box_as_root();
    (void)close(b->fd);
    vf_arena_release(&b->arena);
    vf_err_release(&b->err);
    fx_remove(b->path);
    int fds = b->fds;
    free(b->path);
    free(b);
    assert_int_equal(fx_open_fds(), fds);
    return 0;
}

void box_as_nobody(const struct box *b)
{
    if (getuid() != 0)
        return;
    assert_int_equal(fchown(b->fd, NOBODY, NOBODY), 0);
    assert_int_equal(setegid(NOBODY), 0);
    assert_int_equal(seteuid(NOBODY), 0);
}

void box_as_root(void)
{
    if (getuid() != 0)
        return;
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(setegid(0), 0);
}

char *box_deep(const struct box *b, const char *first, int depth)
{
    size_t n = strlen(first);
    char name[NAME + 1], *path = malloc(n + (size_t)depth * (NAME + 1) + 1);
    assert_non_null(path);
    memset(name, 'd', NAME);
    name[NAME] = 0;
    memcpy(path, first, n + 1);
    assert_int_equal(mkdirat(b->fd, first, 0755), 0);
    int fd = openat(b->fd, first, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < depth; i++) {
        assert_true(fd >= 0);
        assert_int_equal(mkdirat(fd, name, 0755), 0);
        int below = openat(fd, name, O_RDONLY | O_DIRECTORY);
        (void)close(fd);
        fd = below;
        path[n++] = '/';
        memcpy(path + n, name, NAME + 1);
        n += NAME;
    }
    int end = openat(fd, "end", O_WRONLY | O_CREAT, 0644);
    assert_int_equal(write(end, "deep", 4), 4);
    (void)close(end);
    (void)close(fd);
    return path;
}

void box_drop(const struct box *b, const char *name)
{
    assert_int_equal(vf_sys_remove_tree(b->fd, name, NULL), VF_OK);
}

void box_fifo(const struct box *b, const char *rel)
{
    char *p = fx_join(b->path, rel);
    assert_int_equal(mkfifo(p, 0644), 0);
    free(p);
}

void box_socket(const struct box *b, const char *name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)snprintf(a.sun_path, sizeof a.sun_path, "%s/%s", b->path, name);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    (void)close(fd);
}

struct vf_slice box_s(const char *text)
{
    return vf_slice_of(text);
}

void box_check(struct vf_slice got, const char *req)
{
    if (!vf_slice_eq(got, vf_slice_of(req)))
        fail_msg("'%.*s' instead of '%s'", (int)got.n, got.n ? got.p : "", req);
}

void box_check_err(struct box *b, enum vf_status code)
{
    if (b->err.code != code)
        fail_msg("error %s instead of %s: %s", vf_status_name(b->err.code), vf_status_name(code),
                 b->err.detail);
    vf_err_clear(&b->err);
}
