/* Removing trees: whatever is in them, and nothing else. */
#include "fs_box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#endif

#include "fs/sys.h"

enum { DEEP = 60 };

static void removes_all_kinds(void **state)
{
    struct box *b = *state;
    fx_mkdir(b->path, "t", 0755);
    fx_mkdir(b->path, "kept", 0755);
    fx_file(b->path, "kept/f", "x", 0644, 1);
    fx_mkdir(b->path, "t/new\nline", 0755);
    fx_file(b->path, "t/new\nline/\xff\xfe", "x", 0, 1);
    fx_mkdir(b->path, "t/d", 0755);
    fx_mkdir(b->path, "t/d/d", 0);
    fx_link(b->path, "t/d/out", "../../kept");
    fx_link(b->path, "t/abs", b->path);
    fx_link(b->path, "t/gone", "nowhere");
    fx_link(b->path, "t/self", "self");
    box_fifo(b, "t/fifo");
    for (int i = 0; i < 300; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "t/d/%d", i);
        fx_file(b->path, name, "", 0644, 1);
    }
    assert_int_equal(vf_sys_remove_tree(b->fd, "t", &b->err), VF_OK);
    assert_false(fx_there(b->path, "t"));
    assert_true(fx_there(b->path, "kept/f"));
    box_check_err(b, VF_OK);
}

static void removes_what_is_no_directory(void **state)
{
    struct box *b = *state;
    fx_mkdir(b->path, "d", 0755);
    fx_file(b->path, "d/f", "x", 0644, 1);
    fx_link(b->path, "l", "d");
    fx_file(b->path, "f", "x", 0, 1);
    assert_int_equal(vf_sys_remove_tree(b->fd, "l", &b->err), VF_OK);
    assert_int_equal(vf_sys_remove_tree(b->fd, "f", &b->err), VF_OK);
    assert_int_equal(vf_sys_remove_tree(b->fd, "none", &b->err), VF_OK);
    assert_true(fx_there(b->path, "d/f"));
    assert_false(fx_there(b->path, "l") || fx_there(b->path, "f"));
}

static void refuses_what_is_no_name(void **state)
{
    struct box *b = *state;
    static const char *const bad[] = {"", ".", "..", "d/e", "/tmp", "d/"};
    fx_mkdir(b->path, "d", 0755);
    fx_mkdir(b->path, "d/e", 0755);
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        assert_int_equal(vf_sys_remove_tree(b->fd, bad[i], &b->err), VF_INTERNAL);
        box_check_err(b, VF_INTERNAL);
    }
    assert_true(fx_there(b->path, "d/e"));
}

static void deeper_than_path_max(void **state)
{
    struct box *b = *state;
    free(box_deep(b, "deep", DEEP));
    int limit = fx_open_fds();
    assert_int_equal(vf_sys_remove_tree(b->fd, "deep", &b->err), VF_OK);
    assert_false(fx_there(b->path, "deep"));
    assert_int_equal(fx_open_fds(), limit);
}

static void own_directories_without_permissions(void **state)
{
    struct box *b = *state;
    box_as_nobody(b);
    fx_mkdir(b->path, "t", 0755);
    static const mode_t modes[] = {0555, 0, 0444, 0311, 0677};
    for (size_t i = 0; i < VF_COUNT(modes); i++) {
        char name[32], file[40];
        (void)snprintf(name, sizeof name, "t/%zu", i);
        (void)snprintf(file, sizeof file, "%s/f", name);
        fx_mkdir(b->path, name, 0755);
        fx_file(b->path, file, "x", 0444, 1);
        assert_int_equal(fchmodat(b->fd, name, modes[i], 0), 0);
    }
    assert_int_equal(fchmodat(b->fd, "t", 0555, 0), 0);
    assert_int_equal(vf_sys_remove_tree(b->fd, "t", &b->err), VF_OK);
    box_check_err(b, VF_OK);
    assert_false(fx_there(b->path, "t"));
}

static void goes_on_after_an_error(void **state)
{
    struct box *b = *state;
    if (getuid() != 0)
        skip(); /* needs directories of two owners */
    fx_mkdir(b->path, "t", 0777);
    fx_mkdir(b->path, "t/b", 0755);
    fx_file(b->path, "t/b/theirs", "x", 0644, 1);
    fx_mkdir(b->path, "t/d", 0755);
    fx_file(b->path, "t/d/theirs", "x", 0644, 1);
    fx_mkdir(b->path, "t/shut", 0700);
    fx_file(b->path, "t/shut/f", "x", 0644, 1);
    fx_mkdir(b->path, "t/shut-empty", 0700);
    box_as_nobody(b);
    fx_file(b->path, "t/a", "x", 0644, 1);
    fx_mkdir(b->path, "t/c", 0755);
    fx_file(b->path, "t/c/f", "x", 0644, 1);
    fx_file(b->path, "t/e", "x", 0644, 1);
    assert_int_equal(vf_sys_remove_tree(b->fd, "t", &b->err), VF_NOT_WRITABLE);
    box_as_root();
    assert_int_equal(b->err.sys, EACCES);
    assert_string_equal(b->err.path, "t/b/theirs");
    box_check_err(b, VF_NOT_WRITABLE);
    assert_true(fx_there(b->path, "t/b/theirs") && fx_there(b->path, "t/d/theirs"));
    assert_true(fx_there(b->path, "t/shut/f"));
    assert_false(fx_there(b->path, "t/shut-empty")); /* cannot be looked into, but can be removed */
    assert_false(fx_there(b->path, "t/a") || fx_there(b->path, "t/c") || fx_there(b->path, "t/e"));
}

static void unwritable_parent(void **state)
{
    struct box *b = *state;
    if (getuid() != 0)
        skip();
    fx_mkdir(b->path, "d", 0755);
    fx_mkdir(b->path, "d/t", 0777);
    fx_file(b->path, "f", "x", 0644, 1);
    int fd = openat(b->fd, "d", O_RDONLY | O_DIRECTORY);
    box_as_nobody(b);
    assert_int_equal(vf_sys_remove_tree(fd, "t", &b->err), VF_NOT_WRITABLE);
    box_check_err(b, VF_NOT_WRITABLE);
    (void)close(fd);
    box_as_root();
}

#ifdef __linux__

/* In a child of its own, as the mounts belong to its namespace. 0, or the line that failed; 77: no mounts
 * here. */
static int with_mounts(const struct box *b)
{
#define MUST(x)                                                                                              \
    if (!(x))                                                                                                \
    return __LINE__ % 250
    char mnt[300], kept[300];
    (void)snprintf(mnt, sizeof mnt, "%s/t/d/mnt", b->path);
    (void)snprintf(kept, sizeof kept, "%s/kept", b->path);
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", mnt, "tmpfs", 0, NULL) < 0)
        return 77;
    int top = open(b->path, O_RDONLY | O_DIRECTORY); /* b->fd sees the mounts of the old namespace */
    struct vf_err err = {0};
    fx_file(b->path, "t/d/mnt/f", "x", 0644, 1);
    MUST(vf_sys_remove_tree(top, "t", &err) == VF_CROSS_DEVICE);
    MUST(strcmp(err.path, "t/d/mnt") == 0);
    vf_err_clear(&err);
    MUST(fx_there(b->path, "t/d/mnt/f") && !fx_there(b->path, "t/a"));
    MUST(umount(mnt) == 0);
    MUST(mount(kept, mnt, NULL, MS_BIND, NULL) == 0);
    if (!b->fallback) { /* openat2 alone sees a bind mount of the same device */
        MUST(vf_sys_remove_tree(top, "t", &err) == VF_CROSS_DEVICE);
        vf_err_clear(&err);
        MUST(fx_there(b->path, "kept/f"));
    }
    int at = openat(top, "t/d", O_RDONLY | O_DIRECTORY);
    MUST(vf_sys_remove_tree(at, "mnt", &err) == VF_BUSY); /* the root of the mount itself: emptied */
    vf_err_clear(&err);
    MUST(fx_there(b->path, "t/d/mnt") && !fx_there(b->path, "kept/f") && close(at) == 0);
    MUST(umount(mnt) == 0);
    MUST(vf_sys_remove_tree(top, "t", &err) == VF_OK);
    return 0;
#undef MUST
}

static void stays_on_its_device(void **state)
{
    struct box *b = *state;
    fx_mkdir(b->path, "kept", 0755);
    fx_file(b->path, "kept/f", "x", 0644, 1);
    fx_mkdir(b->path, "t", 0755);
    fx_file(b->path, "t/a", "x", 0644, 1);
    fx_mkdir(b->path, "t/d", 0755);
    fx_mkdir(b->path, "t/d/mnt", 0755);
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(with_mounts(b));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip(); /* no privilege to mount */
    assert_int_equal(WEXITSTATUS(status), 0);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_BOTH(removes_all_kinds),
        BOX_BOTH(removes_what_is_no_directory),
        BOX_BOTH(refuses_what_is_no_name),
        BOX_BOTH(deeper_than_path_max),
        BOX_BOTH(own_directories_without_permissions),
        BOX_BOTH(goes_on_after_an_error),
        BOX_BOTH(unwritable_parent),
#ifdef __linux__
        BOX_BOTH(stays_on_its_device),
#endif
    };
    return cmocka_run_group_tests_name("fs/sys_remove", tests, NULL, NULL);
}
