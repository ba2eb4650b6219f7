/* fs_fixture.c: real files for the tests. */
#include "fs_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"

char *fx_join(const char *a, const char *b)
{
    size_t n = strlen(a) + strlen(b) + 2;
    char *p = malloc(n);
    assert_non_null(p);
    (void)snprintf(p, n, "%s/%s", a, b);
    return p;
}

char *fx_dir(void)
{
    char *p = fx_join(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", "venvfix-test-XXXXXX");
    assert_non_null(mkdtemp(p));
    assert_int_equal(chmod(p, 0755), 0);
    return p;
}

void fx_remove(const char *path)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return;
    if (S_ISDIR(st.st_mode)) {
        (void)chmod(path, 0700);
        DIR *d = opendir(path);
        assert_non_null(d);
        for (struct dirent *e = readdir(d); e; e = readdir(d)) {
            if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
                continue;
            char *sub = fx_join(path, e->d_name);
            fx_remove(sub);
            free(sub);
        }
        (void)closedir(d);
        assert_int_equal(rmdir(path), 0);
    } else {
        assert_int_equal(unlink(path), 0);
    }
}

void fx_mkdir(const char *base, const char *rel, mode_t mode)
{
    char *p = fx_join(base, rel);
    assert_int_equal(mkdir(p, 0700), 0);
    assert_int_equal(chmod(p, mode), 0);
    free(p);
}

void fx_mtime(const char *base, const char *rel, long mtime)
{
    struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = mtime, .tv_nsec = 123}};
    char *p = fx_join(base, rel);
    assert_int_equal(utimensat(AT_FDCWD, p, t, AT_SYMLINK_NOFOLLOW), 0);
    free(p);
}

long fx_mtime_of(const char *base, const char *rel)
{
    struct stat st;
    char *p = fx_join(base, rel);
    assert_int_equal(lstat(p, &st), 0);
    free(p);
    return (long)st.st_mtime;
}

void fx_file(const char *base, const char *rel, const char *contents, mode_t mode, long mtime)
{
    char *p = fx_join(base, rel);
    int fd = open(p, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, contents, strlen(contents)), (ssize_t)strlen(contents));
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
    free(p);
    fx_mtime(base, rel, mtime);
}

void fx_link(const char *base, const char *rel, const char *target)
{
    char *p = fx_join(base, rel);
    assert_int_equal(symlink(target, p), 0);
    free(p);
    fx_mtime(base, rel, 1500000000);
}

bool fx_there(const char *base, const char *rel)
{
    struct stat st;
    char *p = fx_join(base, rel);
    bool there = lstat(p, &st) == 0;
    free(p);
    return there;
}

char *fx_read(const char *base, const char *rel)
{
    char *p = fx_join(base, rel);
    int fd = open(p, O_RDONLY | O_NOFOLLOW);
    free(p);
    if (fd < 0)
        return NULL;
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    char *text = calloc(1, (size_t)st.st_size + 1);
    assert_non_null(text);
    assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
    (void)close(fd);
    return text;
}

static bool is_masked(const char *const *masked, const char *rel)
{
    for (; masked && *masked; masked++)
        if (strcmp(*masked, rel) == 0)
            return true;
    return false;
}

static void put_entry(struct vf_buf *out, const char *path, const char *rel, const struct stat *st, bool time)
{
    char target[4096];
    vf_buf_puts(out, rel);
    vf_buf_printf(out, " %o %lu ", (unsigned)st->st_mode,
                  S_ISDIR(st->st_mode) ? 0UL : (unsigned long)st->st_nlink);
    if (time)
        vf_buf_printf(out, "%ld.%ld ", (long)st->st_mtim.tv_sec, (long)st->st_mtim.tv_nsec);
    else
        vf_buf_puts(out, "* ");
    if (S_ISLNK(st->st_mode)) {
        ssize_t n = readlink(path, target, sizeof target);
        assert_true(n >= 0);
        vf_buf_put(out, (struct vf_slice){target, (size_t)n});
    } else if (S_ISREG(st->st_mode)) {
        char *text = fx_read("/", path);
        assert_non_null(text);
        vf_buf_put(out, (struct vf_slice){text, (size_t)st->st_size});
        free(text);
    }
    vf_buf_putc(out, '\n');
}

static void put_tree(struct vf_buf *out, const char *root, const char *rel, const char *const *masked,
                     bool dir_times)
{
    struct dirent **names = NULL;
    char *dir = fx_join(root, rel);
    int n = scandir(dir, &names, NULL, alphasort);
    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        struct stat st;
        const char *name = names[i]->d_name;
        if (strcmp(name, "..") != 0 && (strcmp(name, ".") != 0 || strcmp(rel, ".") == 0)) {
            char *sub = strcmp(rel, ".") == 0 ? strdup(name) : fx_join(rel, name);
            char *path = fx_join(root, sub);
            assert_int_equal(lstat(path, &st), 0);
            put_entry(out, path, sub, &st, S_ISDIR(st.st_mode) ? dir_times : !is_masked(masked, sub));
            if (S_ISDIR(st.st_mode) && strcmp(name, ".") != 0)
                put_tree(out, root, sub, masked, dir_times);
            free(path);
            free(sub);
        }
        free(names[i]);
    }
    free(names);
    free(dir);
}

char *fx_snapshot(const char *root, const char *const *masked, bool dir_times)
{
    struct vf_buf b = {0};
    put_tree(&b, root, ".", masked, dir_times);
    vf_buf_putc(&b, '\0');
    assert_false(b.failed);
    return b.p;
}

int fx_open_fds(void)
{
    int n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}
