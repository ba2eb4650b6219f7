/* System calls and their fallbacks: opening, renaming, copying, flushing. */
#include "fs_box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#include "fs/sys.h"

enum { DEEP = 30 }; /* times 201 bytes: beyond PATH_MAX */

static void close_ok(int fd)
{
    if (fd < 0)
        fail_msg("errno %d", errno);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(close(fd), 0);
}

static void refused(const struct box *b, struct vf_slice rel, int flags, int req)
{
    errno = 0;
    int fd = vf_sys_open_beneath(b->fd, rel, flags, 0);
    int e = errno;
    if (fd >= 0)
        (void)close(fd);
    if (fd >= 0 || e != req)
        fail_msg("'%.*s': fd %d, errno %d instead of %d", (int)rel.n, rel.p, fd, e, req);
}

static void fill(const struct box *b)
{
    fx_mkdir(b->path, "d", 0755);
    fx_mkdir(b->path, "d/e", 0755);
    fx_file(b->path, "d/e/f", "text", 0644, 1);
    fx_link(b->path, "d/up", "e");
    fx_link(b->path, "d/l", "e/f");
    fx_link(b->path, "d/gone", "nowhere");
    fx_link(b->path, "abs", "/etc");
}

static void opens_beneath(void **state)
{
    struct box *b = *state;
    fill(b);
    close_ok(vf_sys_open_beneath(b->fd, VF_S("d/e/f"), O_RDONLY, 0));
    close_ok(vf_sys_open_beneath(b->fd, VF_S("d//./e/f"), O_RDONLY, 0));
    close_ok(vf_sys_open_beneath(b->fd, VF_S("d/e"), O_RDONLY | O_DIRECTORY, 0));
    close_ok(vf_sys_open_beneath(b->fd, VF_S(""), O_RDONLY | O_DIRECTORY, 0));
    close_ok(vf_sys_open_beneath(b->fd, (struct vf_slice){"d/e/fxx", 5}, O_RDONLY, 0)); /* not terminated */
    close_ok(vf_sys_open_beneath(b->fd, VF_S("d/new"), O_WRONLY | O_CREAT | O_EXCL, 0640));
    struct vf_stat st;
    assert_int_equal(vf_sys_stat_at(b->fd, "d/new", &st), 0);
    assert_int_equal(st.mode, 0640);
    refused(b, VF_S("d/new"), O_WRONLY | O_CREAT | O_EXCL, EEXIST);
    refused(b, VF_S("d/none"), O_RDONLY, ENOENT);
    refused(b, VF_S("none/f"), O_RDONLY, ENOENT);
    refused(b, VF_S("d/e/f/g"), O_RDONLY, ENOTDIR);
    refused(b, VF_S("d/e/f"), O_RDONLY | O_DIRECTORY, ENOTDIR);
}

static void follows_no_link(void **state)
{
    struct box *b = *state;
    fill(b);
    refused(b, VF_S("d/up/f"), O_RDONLY, ELOOP);
    refused(b, VF_S("d/up"), O_RDONLY | O_DIRECTORY, ELOOP);
    refused(b, VF_S("d/l"), O_RDONLY, ELOOP);
    refused(b, VF_S("d/l"), O_WRONLY | O_TRUNC, ELOOP);
    refused(b, VF_S("d/gone"), O_WRONLY | O_CREAT, ELOOP);
    refused(b, VF_S("abs/passwd"), O_RDONLY, ELOOP);
    refused(b, VF_S("/etc"), O_RDONLY, EXDEV);
    refused(b, VF_S("/"), O_RDONLY, EXDEV);
    refused(b, VF_S(".."), O_RDONLY, EXDEV);
    refused(b, VF_S("d/../d/e/f"), O_RDONLY, EXDEV);
    refused(b, VF_S("d/e/.."), O_RDONLY, EXDEV);
    refused(b, VF_S("d/e\0/f"), O_RDONLY, EINVAL);
    assert_false(fx_there(b->path, "d/nowhere"));
    char *text = fx_read(b->path, "d/e/f");
    assert_string_equal(text, "text");
    free(text);
#ifdef O_PATH
    struct stat st;
    int fd = vf_sys_open_beneath(b->fd, VF_S("d/l"), O_PATH | O_NOFOLLOW, 0);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    close_ok(fd);
#endif
}

static void long_names(void **state)
{
    struct box *b = *state;
    static char name[5000];
    memset(name, 'n', sizeof name);
    refused(b, (struct vf_slice){name, 255}, O_RDONLY, ENOENT);
    refused(b, (struct vf_slice){name, 256}, O_RDONLY, ENAMETOOLONG);
    refused(b, (struct vf_slice){name, 1024}, O_RDONLY, ENAMETOOLONG);
    refused(b, (struct vf_slice){name, 5000}, O_RDONLY, ENAMETOOLONG);
    fx_mkdir(b->path, "d", 0755);
    memcpy(name, "d/", 2);
    refused(b, (struct vf_slice){name, 5000}, O_RDONLY, ENAMETOOLONG);
    char buf[VF_SYS_NAME];
    assert_int_equal(vf_sys_name(VF_S("ab"), buf), 0);
    assert_string_equal(buf, "ab");
    assert_int_equal(vf_sys_name(VF_S(""), buf), -1);
    assert_int_equal(vf_sys_name(VF_S("a/b"), buf), -1);
    assert_int_equal(vf_sys_name(VF_S("a\0b"), buf), -1);
    assert_int_equal(vf_sys_name((struct vf_slice){name, 1024}, buf), -1);
}

static void deeper_than_path_max(void **state)
{
    struct box *b = *state;
    char *rel = box_deep(b, "deep", DEEP), text[8];
    char *end = fx_join(rel, "end"), *whole = fx_join(b->path, end), *none = fx_join(rel, "none");
    int fd = vf_sys_open_beneath(b->fd, vf_slice_of(end), O_RDONLY, 0);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, text, sizeof text), 4);
    close_ok(fd);
    refused(b, vf_slice_of(none), O_RDONLY, ENOENT);
    fd = vf_sys_open_path(vf_slice_of(whole), O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, text, sizeof text), 4);
    close_ok(fd);
    struct vf_slice base;
    close_ok(vf_sys_open_parent(b->fd, vf_slice_of(end), &base));
    box_check(base, "end");
    free(rel);
    free(end);
    free(whole);
    free(none);
    box_drop(b, "deep");
}

static void opens_parents(void **state)
{
    struct box *b = *state;
    fill(b);
    struct vf_slice base;
    struct vf_stat st;
    int fd = vf_sys_open_parent(b->fd, VF_S("d/e/f"), &base);
    box_check(base, "f");
    assert_int_equal(vf_sys_stat_at(fd, "f", &st), 0);
    assert_int_equal(vf_sys_sync_dir(fd), 0); /* O_PATH */
    assert_int_equal(vf_sys_syncfs(fd), 0);
    close_ok(fd);
    close_ok(vf_sys_open_parent(b->fd, VF_S("nothing"), &base));
    box_check(base, "nothing");
    static const struct vf_slice bad[] = {VF_S_INIT(""),     VF_S_INIT("d/"),     VF_S_INIT("/d"),
                                          VF_S_INIT("d/.."), VF_S_INIT("d/up/f"), VF_S_INIT(".."),
                                          VF_S_INIT("."),    VF_S_INIT("../x")};
    for (size_t i = 0; i < VF_COUNT(bad); i++)
        assert_int_equal(vf_sys_open_parent(b->fd, bad[i], &base), -1);
}

static void opens_whole_paths(void **state)
{
    struct box *b = *state;
    fill(b);
    char *p = fx_join(b->path, "d/up/f");
    close_ok(vf_sys_open_path(vf_slice_of(p), O_RDONLY)); /* through a link */
    free(p);
    close_ok(vf_sys_open_path(VF_S("/"), O_RDONLY));
    close_ok(vf_sys_open_path(VF_S("."), O_RDONLY));
    assert_int_equal(vf_sys_open_path(VF_S(""), O_RDONLY), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(vf_sys_open_path(VF_S("/etc\0x"), O_RDONLY), -1);
    assert_int_equal(errno, EINVAL);
    char slashes[3000]; /* long, but few components */
    memset(slashes, '/', sizeof slashes);
    close_ok(vf_sys_open_path((struct vf_slice){slashes, sizeof slashes}, O_RDONLY));
}

static void renames_refuse_a_target(void **state)
{
    struct box *b = *state;
    fill(b);
    fx_file(b->path, "a", "a", 0644, 1);
    fx_mkdir(b->path, "empty", 0755);
    static const char *const taken[] = {"d", "empty", "abs", "d/gone", "d/e/f"};
    for (size_t i = 0; i < VF_COUNT(taken); i++) {
        assert_int_equal(vf_sys_rename_noreplace(b->fd, "a", b->fd, taken[i]), -1);
        assert_int_equal(errno, EEXIST);
        assert_int_equal(vf_sys_rename_noreplace(b->fd, "d", b->fd, "empty"), -1);
        assert_int_equal(errno, EEXIST);
    }
    assert_int_equal(vf_sys_rename_noreplace(b->fd, "a", b->fd, "d/b"), 0);
    assert_int_equal(vf_sys_rename_noreplace(b->fd, "empty", b->fd, "full"), 0);
    assert_true(fx_there(b->path, "d/b") && fx_there(b->path, "full") && !fx_there(b->path, "a"));
    assert_int_equal(vf_sys_rename_noreplace(b->fd, "a", b->fd, "x"), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(vf_sys_rename_noreplace(b->fd, "d", b->fd, "d/e/d"), -1);
    assert_int_equal(errno, EINVAL);
}

static void renames_exchange(void **state)
{
    struct box *b = *state;
    fx_file(b->path, "a", "A", 0644, 1);
    fx_link(b->path, "b", "target");
    int r = vf_sys_rename_exchange(b->fd, "a", b->fd, "b"), e = errno;
    if (b->fallback) {
        assert_int_equal(r, -1);
        assert_int_equal(e, ENOSYS);
        return;
    }
    assert_int_equal(r, 0);
    char *text = fx_read(b->path, "b");
    assert_string_equal(text, "A");
    free(text);
    assert_int_equal(vf_sys_rename_exchange(b->fd, "a", b->fd, "none"), -1);
    assert_int_equal(errno, ENOENT);
}

static void check_copy(const struct box *b, size_t size, bool reflink)
{
    char *data = malloc(size + 1), *back = malloc(size + 1);
    assert_non_null(data);
    assert_non_null(back);
    for (size_t i = 0; i < size; i++)
        data[i] = (char)(i * 7 + i / 251);
    int src = openat(b->fd, "src", O_RDWR | O_CREAT | O_TRUNC, 0644);
    int dst = openat(b->fd, "dst", O_RDWR | O_CREAT | O_TRUNC, 0644);
    assert_int_equal(write(src, data, size), (ssize_t)size);
    (void)lseek(src, 0, SEEK_SET);
    assert_int_equal(vf_sys_copy_bytes(src, dst, size, reflink, NULL), 0);
    assert_int_equal(pread(dst, back, size + 1, 0), (ssize_t)size);
    assert_memory_equal(data, back, size);
    assert_int_equal(ftruncate(dst, 0), 0);
    (void)lseek(src, 0, SEEK_SET);
    (void)lseek(dst, 0, SEEK_SET);
    assert_int_equal(vf_sys_copy_bytes(src, dst, size + 1, reflink, NULL), -1);
    assert_int_equal(errno, ESTALE);
    (void)close(src);
    (void)close(dst);
    free(data);
    free(back);
}

static void copies_bytes(void **state)
{
    struct box *b = *state;
    static const size_t sizes[] = {0, 1, 4096, 128 * 1024, 128 * 1024 + 1, 3000000};
    for (size_t i = 0; i < VF_COUNT(sizes); i++) {
        check_copy(b, sizes[i], false);
        check_copy(b, sizes[i], true);
    }
    /* Two file systems: copy_file_range may refuse. procfs says size 0. */
    int src = open("/proc/self/cmdline", O_RDONLY), dst = openat(b->fd, "x", O_RDWR | O_CREAT, 0600);
    if (src >= 0)
        assert_int_equal(vf_sys_copy_bytes(src, dst, 4, true, NULL), 0);
    struct vf_stat st;
    assert_int_equal(vf_sys_stat_at(b->fd, "x", &st), 0);
    assert_int_equal(st.size, src >= 0 ? 4 : 0);
    if (src >= 0)
        (void)close(src);
    (void)close(dst);
    assert_int_equal(vf_sys_copy_bytes(-1, -1, 4, true, NULL), -1);
}

/* Once it is to stop it copies nothing more, whichever way it goes. */
static void stops_copying(void **state)
{
    struct box *b = *state;
    atomic_bool cancel = true;
    struct vf_hooks h = {.cancel = &cancel};
    struct stat st;
    int src = openat(b->fd, "src", O_RDWR | O_CREAT | O_TRUNC, 0644);
    int dst = openat(b->fd, "dst", O_RDWR | O_CREAT | O_TRUNC, 0644);
    assert_int_equal(write(src, "text", 4), 4);
    for (int holes = 0; holes < 2; holes++) {
        uint64_t size = holes ? 1 << 20 : 4;
        assert_int_equal(ftruncate(src, (off_t)size), 0);
        assert_int_equal(lseek(src, 0, SEEK_SET), 0);
        assert_int_equal(vf_sys_copy_bytes(src, dst, size, false, &h), -1);
        assert_int_equal(errno, ECANCELED);
        assert_int_equal(fstat(dst, &st), 0);
        assert_int_equal(st.st_size, 0);
    }
    (void)close(src);
    (void)close(dst);
}

/* A hole, data, a hole: the copy has the bytes and none of the blocks that are not there. */
static void copies_around_holes(void **state)
{
    struct box *b = *state;
    const off_t size = 64 << 20, at = 32 << 20;
    char back[9] = "";
    struct stat st;
    int src = openat(b->fd, "src", O_RDWR | O_CREAT | O_TRUNC, 0644);
    int dst = openat(b->fd, "dst", O_RDWR | O_CREAT | O_TRUNC, 0644);
    assert_int_equal(ftruncate(src, size), 0);
    assert_int_equal(pwrite(src, "in there", 8, at), 8);
    assert_int_equal(vf_sys_copy_bytes(src, dst, (uint64_t)size, false, NULL), 0);
    assert_int_equal(fstat(dst, &st), 0);
    assert_int_equal(st.st_size, size);
    assert_true(st.st_blocks < 2048);
    assert_int_equal(pread(dst, back, 8, at), 8);
    assert_string_equal(back, "in there");
    assert_int_equal(pread(dst, back, 1, size - 1), 1);
    assert_int_equal(back[0], 0);
    (void)close(src);
    (void)close(dst);
}

static void open_two(const struct box *b, int *src, int *dst, struct vf_stat *st)
{
    *src = openat(b->fd, "src", O_RDONLY);
    *dst = openat(b->fd, "dst", O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(*src >= 0 && *dst >= 0);
    assert_int_equal(vf_sys_stat_at(b->fd, "src", st), 0);
}

static void copies_attributes(void **state)
{
    struct box *b = *state;
    struct vf_stat req, got;
    int src, dst;
    fx_file(b->path, "src", "x", 06751, 1);
    bool root = geteuid() == 0;
    if (root)
        assert_int_equal(fchownat(b->fd, "src", 12, 34, 0), 0);
    assert_int_equal(fchmodat(b->fd, "src", 06751, 0), 0);
    open_two(b, &src, &dst, &req);
    bool xattrs = false;
#ifdef __linux__
    char value[100] = "v\0w", back[200];
    xattrs = fsetxattr(src, "user.venvfix", value, sizeof value, 0) == 0;
    if (root)
        (void)fsetxattr(src, "security.capability", "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, 0);
#endif
    assert_int_equal(vf_sys_copy_attrs(src, dst, &req), 0);
    assert_int_equal(vf_sys_stat_at(b->fd, "dst", &got), 0);
    assert_int_equal(got.mode, 06751);
    assert_int_equal(got.uid, req.uid);
    assert_int_equal(got.gid, req.gid);
#ifdef __linux__
    if (xattrs) {
        assert_int_equal(fgetxattr(dst, "user.venvfix", back, sizeof back), sizeof value);
        assert_memory_equal(back, value, sizeof value);
    }
    assert_int_equal(fgetxattr(dst, "security.capability", back, sizeof back), -1);
#endif
    (void)xattrs;
    (void)close(src);
    (void)close(dst);
}

static void an_owner_that_cannot_be_set(void **state)
{
    struct box *b = *state;
    struct vf_stat req, got;
    int src, dst;
    fx_file(b->path, "src", "x", 0644, 1);
    assert_int_equal(fchmodat(b->fd, "src", 06755, 0), 0);
    box_as_nobody(b);
    open_two(b, &src, &dst, &req);
    req.uid = req.gid = 4711;
    assert_int_equal(vf_sys_copy_attrs(src, dst, &req), 0);
    assert_int_equal(vf_sys_stat_at(b->fd, "dst", &got), 0);
    assert_int_equal(got.mode, 0755); /* setuid of another owner would be a gift */
    assert_int_not_equal(got.uid, 4711);
    (void)close(src);
    (void)close(dst);
}

static void tells_kinds(void **state)
{
    struct box *b = *state;
    struct vf_stat st;
    static const struct {
        const char *name;
        enum vf_kind kind;
    } req[] = {{"f", VF_KIND_FILE}, {"d", VF_KIND_DIR},    {"l", VF_KIND_LINK},
               {"p", VF_KIND_FIFO}, {"s", VF_KIND_SOCKET}, {"/dev/null", VF_KIND_DEVICE}};
    fx_file(b->path, "f", "12345", 04600, 1234567);
    fx_mkdir(b->path, "d", 01777);
    fx_link(b->path, "l", "somewhere");
    box_fifo(b, "p");
    box_socket(b, "s");
    for (size_t i = 0; i < VF_COUNT(req); i++) {
        assert_int_equal(vf_sys_stat_at(b->fd, req[i].name, &st), 0);
        assert_int_equal(st.kind, req[i].kind);
    }
    assert_int_equal(vf_sys_stat_at(b->fd, "f", &st), 0);
    assert_int_equal(st.mode, 04600);
    assert_int_equal(st.size, 5);
    assert_int_equal(st.mtime_s, 1234567);
    assert_int_equal(st.mtime_ns, 123);
    assert_int_equal(st.nlink, 1);
    assert_int_equal(vf_sys_stat_at(b->fd, "d", &st), 0);
    assert_int_equal(st.mode, 01777);
}

static void flushes_and_counts(void **state)
{
    struct box *b = *state;
    uint64_t bytes = 0, inodes = 0;
    assert_int_equal(vf_sys_syncfs(b->fd), 0);
    assert_int_equal(vf_sys_sync_dir(b->fd), 0);
    assert_int_equal(vf_sys_free_space(b->fd, &bytes, &inodes), 0);
    assert_true(bytes > 0 && inodes > 0);
    assert_int_equal(vf_sys_free_space(-1, &bytes, &inodes), -1);
    assert_int_equal(vf_sys_syncfs(-1), -1);
    assert_int_equal(vf_sys_sync_dir(-1), -1);
    vf_sys_drop_default_acl(b->fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_BOTH(opens_beneath),
        BOX_BOTH(follows_no_link),
        BOX_BOTH(long_names),
        BOX_BOTH(deeper_than_path_max),
        BOX_BOTH(opens_parents),
        BOX_BOTH(opens_whole_paths),
        BOX_BOTH(renames_refuse_a_target),
        BOX_BOTH(renames_exchange),
        BOX_BOTH(copies_bytes),
        BOX_BOTH(copies_around_holes),
        BOX_BOTH(stops_copying),
        BOX_BOTH(copies_attributes),
        BOX_BOTH(an_owner_that_cannot_be_set),
        BOX_BOTH(flushes_and_counts),
        BOX_TEST(tells_kinds),
    };
    return cmocka_run_group_tests_name("fs/sys", tests, NULL, NULL);
}
