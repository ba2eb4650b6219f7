/* The copy of a tree: everything that has to stay, edits on the way, and what makes it fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "fs_fixture.h"
#include "fs_hooked.h"

struct world {
    char *base, *src, *dst;
    int sfd, dfd;
};

static void world_make(struct world *w)
{
    w->base = fx_dir();
    w->src = fx_join(w->base, "src");
    w->dst = fx_join(w->base, "dst");
    fx_mkdir(w->base, "src", 0755);
    fx_mkdir(w->base, "dst", 0700);
    w->sfd = open(w->src, O_RDONLY | O_DIRECTORY);
    w->dfd = open(w->dst, O_RDONLY | O_DIRECTORY);
    assert_true(w->sfd >= 0 && w->dfd >= 0);
}

static void world_free(struct world *w)
{
    (void)close(w->sfd);
    (void)close(w->dfd);
    fx_remove(w->base);
    free(w->base);
    free(w->src);
    free(w->dst);
}

/* A tree with what real ones have; `wide` directories of `wide` files beside it. */
static void fill_src(const struct world *w, int wide)
{
    char name[64];
    fx_mkdir(w->src, "bin", 0755);
    fx_mkdir(w->src, "lib", 0755);
    fx_mkdir(w->src, "lib/ro", 0755);
    fx_mkdir(w->src, "lib/empty", 02750);
    fx_file(w->src, "bin/pip", "#!/base/old/bin/python\nimport pip\n", 0755, 1500000002);
    fx_file(w->src, "bin/nothing", "", 0711, 1500000003);
    fx_file(w->src, "lib/ro/data", "x", 0444, -5);
    fx_file(w->src, "lib/we\xff\n", "bytes", 0600, 1500000005);
    fx_link(w->src, "bin/python", "/usr/bin/python3");
    fx_link(w->src, "lib/dangling", "no/\xfe/where");
    char *p = fx_join(w->src, "lib/one"), *q = fx_join(w->src, "bin/two"), *r = fx_join(w->src, "lib/three");
    fx_file(w->src, "lib/one", "linked", 0644, 1500000006);
    assert_int_equal(link(p, q), 0);
    assert_int_equal(link(p, r), 0);
    char *big = malloc(1000001);
    for (int i = 0; i < 1000000; i++)
        big[i] = (char)('a' + i % 25);
    big[1000000] = 0;
    fx_file(w->src, "lib/big", big, 0640, 1500000007);
    for (int i = 0; i < wide; i++) {
        (void)snprintf(name, sizeof name, "lib/d%d", i);
        fx_mkdir(w->src, name, 0755);
        for (int k = 0; k < wide; k++) {
            (void)snprintf(name, sizeof name, "lib/d%d/f%d", i, k);
            fx_file(w->src, name, name, 0644, 1500000000 + k);
        }
        (void)snprintf(name, sizeof name, "lib/d%d", i);
        fx_mtime(w->src, name, 1400000000 + i);
    }
    fx_mtime(w->src, "lib/empty", 1400001000);
    char *ro = fx_join(w->src, "lib/ro");
    assert_int_equal(chmod(ro, 0555), 0);
    fx_mtime(w->src, "lib/ro", 1400001001);
    fx_mtime(w->src, "lib", 1400001002);
    fx_mtime(w->src, "bin", 1400001003);
    fx_mtime(w->src, ".", 1400001004);
    free(ro);
    free(big);
    free(p);
    free(q);
    free(r);
}

static enum vf_status copy(const struct world *w, const struct vf_edits *edits, const struct vf_copy_opts *o,
                           unsigned jobs, struct vf_copy_result *res, struct vf_err *err)
{
    struct vf_hooks h = {.jobs = jobs};
    return vf_copy_tree(w->sfd, w->dfd, edits, o, &h, res, err);
}

static void same_tree(void **state)
{
    (void)state;
    for (unsigned jobs = 1; jobs <= 8; jobs *= 2) {
        for (int fallback = 0; fallback < 2; fallback++) {
            struct world w;
            struct vf_err err;
            struct vf_copy_result res;
            struct vf_copy_opts o = {.sync = jobs == 1};
            struct stat a, b;
            vf_err_init(&err);
            int fds = fx_open_fds();
            world_make(&w);
            fill_src(&w, 30);
            vf_sys_force_fallback(fallback);
            assert_int_equal(copy(&w, NULL, &o, jobs, &res, &err), VF_OK);
            vf_sys_force_fallback(false);
            char *was = fx_snapshot(w.src, NULL, true), *is = fx_snapshot(w.dst, NULL, true);
            assert_string_equal(is, was);
            assert_int_equal(res.files, 5 + 2 + 1 + 30 * 30);
            assert_int_equal(res.links, 2);
            assert_int_equal(res.dirs, 5 + 30);
            assert_int_equal(res.skipped, 0);
            char *p = fx_join(w.dst, "lib/one"), *q = fx_join(w.dst, "bin/two");
            assert_int_equal(stat(p, &a), 0);
            assert_int_equal(stat(q, &b), 0);
            assert_true(a.st_ino == b.st_ino && a.st_nlink == 3);
            free(p);
            free(q);
            free(was);
            free(is);
            world_free(&w);
            assert_int_equal(fx_open_fds(), fds);
        }
    }
}

static void owners_and_attributes(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct stat st;
    char value[16];
    vf_err_init(&err);
    world_make(&w);
    fill_src(&w, 0);
    char *a = fx_join(w.src, "bin/pip"), *b = fx_join(w.dst, "bin/pip"), *l = fx_join(w.src, "bin/python"),
         *m = fx_join(w.dst, "bin/python");
    bool root = geteuid() == 0;
    if (root) {
        assert_int_equal(chown(a, 1234, 4321), 0);
        assert_int_equal(chmod(a, 06755), 0);
        assert_int_equal(lchown(l, 1234, 4321), 0);
    }
    bool xattrs = setxattr(a, "user.venvfix", "seen", 4, 0) == 0;
    assert_int_equal(copy(&w, NULL, NULL, 2, NULL, &err), VF_OK);
    assert_int_equal(stat(b, &st), 0);
    if (root)
        assert_true(st.st_uid == 1234 && st.st_gid == 4321 && (st.st_mode & 07777) == 06755);
    assert_int_equal(lstat(m, &st), 0);
    if (root)
        assert_true(st.st_uid == 1234 && st.st_gid == 4321);
    if (xattrs)
        assert_int_equal(getxattr(b, "user.venvfix", value, sizeof value), 4);
    free(a);
    free(b);
    free(l);
    free(m);
    world_free(&w);
}

static struct vf_splice pip_splices[] = {{2, 9, VF_S_INIT("/somewhere/new")}};
static struct vf_splice big_splices[] = {
    {0, 1, VF_S_INIT("")}, {500000, 3, VF_S_INIT("spliced")}, {1000000, 0, VF_S_INIT("!")}};
static struct vf_splice three_splices[] = {{0, 6, VF_S_INIT("edited")}};
static struct vf_edit plan[] = {
    {.path = VF_S_INIT("bin/new"), .kind = VF_EDIT_WRITE, .contents = VF_S_INIT("new file"), .mode = 0751},
    {.path = VF_S_INIT("bin/nothing"), .kind = VF_EDIT_DELETE},
    {.path = VF_S_INIT("bin/pip"), .kind = VF_EDIT_SPLICE, .splices = pip_splices, .n = 1},
    {.path = VF_S_INIT("bin/python"), .kind = VF_EDIT_LINK, .contents = VF_S_INIT("python9")},
    {.path = VF_S_INIT("bin/python9"), .kind = VF_EDIT_LINK, .contents = VF_S_INIT("/opt/python9")},
    {.path = VF_S_INIT("lib/big"), .kind = VF_EDIT_SPLICE, .splices = big_splices, .n = 3},
    {.path = VF_S_INIT("lib/dangling"),
     .kind = VF_EDIT_WRITE,
     .contents = VF_S_INIT("a file now"),
     .mode = 0640},
    {.path = VF_S_INIT("lib/three"), .kind = VF_EDIT_SPLICE, .splices = three_splices, .n = 1},
    {.path = VF_S_INIT("lib/we\xff\n"), .kind = VF_EDIT_WRITE, .contents = VF_S_INIT("other")},
};

static void check_text(const char *root, const char *rel, const char *req)
{
    char *text = fx_read(root, rel);
    assert_non_null(text);
    assert_string_equal(text, req);
    free(text);
}

static void edits_on_the_way(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct stat st;
    struct vf_edits edits = {plan, VF_COUNT(plan)};
    struct vf_copy_result res;
    char target[64];
    vf_err_init(&err);
    world_make(&w);
    fill_src(&w, 3);
    char *before = fx_snapshot(w.src, NULL, true);
    assert_int_equal(vf_edits_finish(&edits, &err), VF_OK);
    assert_int_equal(copy(&w, &edits, NULL, 2, &res, &err), VF_OK);
    check_text(w.dst, "bin/new", "new file");
    check_text(w.dst, "bin/pip", "#!/somewhere/new/bin/python\nimport pip\n");
    check_text(w.dst, "lib/dangling", "a file now");
    check_text(w.dst, "lib/three", "edited");
    check_text(w.dst, "lib/one", "linked");
    check_text(w.dst, "lib/we\xff\n", "other");
    assert_false(fx_there(w.dst, "bin/nothing"));
    char *big = fx_read(w.dst, "lib/big"), *p = fx_join(w.dst, "bin/python"),
         *q = fx_join(w.dst, "lib/three");
    assert_int_equal(strlen(big), 1000000 - 1 - 3 + 7 + 1);
    assert_memory_equal(big + 499999, "spliced", 7);
    assert_int_equal(big[0], 'b');
    assert_int_equal(readlink(p, target, sizeof target), 7);
    assert_int_equal(stat(q, &st), 0);
    assert_int_equal(st.st_nlink, 1); /* a hard link that is edited is a file of its own, */
    char *one = fx_join(w.dst, "lib/one");
    assert_int_equal(stat(one, &st), 0);
    assert_int_equal(st.st_nlink, 2); /* the others stay one */
    assert_true(fx_mtime_of(w.dst, "bin/pip") > 1600000000);
    assert_int_equal(fx_mtime_of(w.dst, "lib/one"), 1500000006);
    assert_int_equal(fx_mtime_of(w.dst, "bin"), 1400001003);
    char *now = fx_snapshot(w.src, NULL, true);
    assert_string_equal(now, before);
    free(before);
    free(now);
    free(one);
    free(big);
    free(p);
    free(q);
    world_free(&w);
}

static void stale_edits(void **state)
{
    (void)state;
    static struct vf_splice far[] = {{100, 3, VF_S_INIT("x")}};
    static struct vf_edit cases[] = {
        {.path = VF_S_INIT("lib/none"), .kind = VF_EDIT_DELETE},
        {.path = VF_S_INIT("lib/none"), .kind = VF_EDIT_SPLICE},
        {.path = VF_S_INIT("bin/python"), .kind = VF_EDIT_SPLICE},
        {.path = VF_S_INIT("bin/pip"), .kind = VF_EDIT_SPLICE, .splices = far, .n = 1},
    };
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        struct world w;
        struct vf_err err;
        struct vf_edits edits = {&cases[i], 1};
        vf_err_init(&err);
        world_make(&w);
        fill_src(&w, 1);
        assert_int_equal(copy(&w, &edits, NULL, 2, NULL, &err), VF_CHANGED);
        assert_string_equal(err.path, cases[i].path.p);
        vf_err_release(&err);
        world_free(&w);
    }
}

static void left_out_and_skipped(void **state)
{
    (void)state;
    static const struct vf_slice omit[] = {VF_S_INIT(".venvfix"), VF_S_INIT("lib/d0/f0"),
                                           VF_S_INIT("lib/d1")};
    struct vf_copy_opts o = {.omit = omit, .n_omit = VF_COUNT(omit)};
    struct world w;
    struct vf_err err;
    struct vf_copy_result res;
    vf_err_init(&err);
    world_make(&w);
    fill_src(&w, 2);
    fx_mkdir(w.src, ".venvfix", 0700);
    fx_file(w.src, ".venvfix/lock", "", 0600, 1500000000);
    fx_mkdir(w.src, "lib/.venvfix", 0700); /* only the root's own is ours */
    char *fifo = fx_join(w.src, "lib/fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(copy(&w, NULL, &o, 2, &res, &err), VF_OK);
    assert_int_equal(res.skipped, 1);
    assert_false(fx_there(w.dst, "lib/fifo"));
    assert_false(fx_there(w.dst, ".venvfix"));
    assert_false(fx_there(w.dst, "lib/d1"));
    assert_false(fx_there(w.dst, "lib/d0/f0"));
    assert_true(fx_there(w.dst, "lib/d0/f1"));
    assert_true(fx_there(w.dst, "lib/.venvfix"));
    free(fifo);
    world_free(&w);
}

/* --- failing --- */

/* In a process of its own, since limits and users are the process's. */
static void in_child(const struct world *w, enum vf_status (*fn)(const struct world *, struct vf_err *),
                     enum vf_status req)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct vf_err err;
        vf_err_init(&err);
        enum vf_status st = fn(w, &err);
        if (st != req)
            (void)fprintf(stderr, "child: %s %s %s\n", vf_status_name(st), err.path ? err.path : "",
                          err.detail);
        vf_err_release(&err);
        _exit(st == req ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static enum vf_status as_nobody(const struct world *w, struct vf_err *err)
{
    if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
        return VF_INTERNAL;
    char *home = fx_dir(), *dst = fx_join(home, "dst");
    fx_mkdir(home, "dst", 0700);
    int fd = open(dst, O_RDONLY | O_DIRECTORY);
    struct vf_hooks h = {.jobs = 2};
    enum vf_status st = vf_copy_tree(w->sfd, fd, NULL, NULL, &h, NULL, err);
    (void)close(fd);
    if (st == VF_OK) { /* what belongs to others becomes ours, with the same modes */
        char *was = fx_snapshot(w->src, NULL, true), *is = fx_snapshot(dst, NULL, true);
        if (strcmp(was, is) != 0)
            st = VF_INTERNAL;
        free(was);
        free(is);
    }
    fx_remove(home);
    free(dst);
    free(home);
    return st;
}

static void as_another_user(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    fill_src(&w, 3);
    static const char *const closed[] = {"lib/empty", "lib/big", "bin/nothing", "lib/we\xff\n"};
    for (size_t i = 0; i < VF_COUNT(closed); i++) {
        char *p = fx_join(w.src, closed[i]);
        if (i == VF_COUNT(closed) - 1 && geteuid() == 0)
            in_child(&w, as_nobody, VF_UNREADABLE); /* 0600, root's */
        assert_int_equal(chmod(p, 0755), 0);
        free(p);
    }
    in_child(&w, as_nobody, VF_OK);
    world_free(&w);
}

static enum vf_status with_small_files(const struct world *w, struct vf_err *err)
{
    struct rlimit lim = {500000, 500000};
    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &lim) < 0)
        return VF_INTERNAL;
    return copy(w, NULL, NULL, 2, NULL, err);
}

static enum vf_status with_few_descriptors(const struct world *w, struct vf_err *err)
{
    struct rlimit lim = {32, 32};
    if (setrlimit(RLIMIT_NOFILE, &lim) < 0)
        return VF_INTERNAL;
    return copy(w, NULL, NULL, 4, NULL, err);
}

static void within_limits(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    fill_src(&w, 60);
    in_child(&w, with_small_files, VF_IO);
    world_free(&w);
    world_make(&w);
    fill_src(&w, 60);
    in_child(&w, with_few_descriptors, VF_OK);
    world_free(&w);
}

static void full_disk(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    vf_err_init(&err);
    world_make(&w);
    fill_src(&w, 3);
    if (mount("tmpfs", w.dst, "tmpfs", 0, "size=512k") ==
        0) { /* root only; within_limits shows the same paths to others */
        int fd = open(w.dst, O_RDONLY | O_DIRECTORY), fds = fx_open_fds();
        struct vf_hooks h = {.jobs = 2};
        assert_int_equal(vf_copy_tree(w.sfd, fd, NULL, NULL, &h, NULL, &err), VF_NO_SPACE);
        assert_non_null(err.path);
        assert_int_equal(fx_open_fds(), fds);
        (void)close(fd);
        assert_int_equal(umount(w.dst), 0);
    }
    vf_err_release(&err);
    world_free(&w);
}

static void into_something(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    vf_err_init(&err);
    world_make(&w);
    fill_src(&w, 1);
    fx_mkdir(w.dst, "bin", 0755);
    fx_file(w.dst, "bin/pip", "precious", 0644, 1500000000);
    assert_int_not_equal(copy(&w, NULL, NULL, 2, NULL, &err), VF_OK);
    check_text(w.dst, "bin/pip", "precious");
    vf_err_release(&err);
    world_free(&w);
}

static bool is_listed(const struct vf_buf *lost, const char *path)
{
    for (size_t at = 0; at < lost->n; at += strlen(lost->p + at) + 1 + sizeof "hardlink") {
        assert_string_equal(lost->p + at + strlen(lost->p + at) + 1, "hardlink");
        if (strcmp(lost->p + at, path) == 0)
            return true;
    }
    return false;
}

/* Three names of one file: two that are edited alike stay one, and that is neither the third nor the
 * original. Which names are no longer the same file as an earlier one is said. */
static void alike_stay_one(void **state)
{
    (void)state;
    for (int alike = 0; alike < 2; alike++) {
        struct world w;
        struct vf_err err;
        struct stat a, b;
        struct vf_splice other = {0, 6, alike ? VF_S("edited") : VF_S("others")};
        struct vf_edit both[] = {
            {.path = VF_S("bin/two"), .kind = VF_EDIT_SPLICE, .splices = &other, .n = 1},
            {.path = VF_S("lib/three"), .kind = VF_EDIT_SPLICE, .splices = three_splices, .n = 1},
        };
        struct vf_edits edits = {both, VF_COUNT(both)};
        struct vf_buf lost = {0};
        struct vf_copy_opts opts = {.not_kept = &lost};
        vf_err_init(&err);
        world_make(&w);
        fill_src(&w, 1);
        assert_int_equal(copy(&w, &edits, &opts, 2, NULL, &err), VF_OK);
        assert_false(is_listed(&lost, "bin/two"));
        assert_true(is_listed(&lost, "lib/one"));
        assert_int_equal(is_listed(&lost, "lib/three"), !alike);
        vf_buf_release(&lost);
        check_text(w.dst, "lib/one", "linked");
        check_text(w.dst, "lib/three", "edited");
        check_text(w.dst, "bin/two", alike ? "edited" : "others");
        assert_int_equal(fstatat(w.dfd, "bin/two", &a, 0), 0);
        assert_int_equal(fstatat(w.dfd, "lib/three", &b, 0), 0);
        assert_int_equal(a.st_nlink, alike ? 2 : 1);
        assert_int_equal(a.st_ino == b.st_ino, alike);
        world_free(&w);
    }
}

static void cancel_it(void *ctx, const struct vf_event *ev)
{
    if (ev->kind == VF_EVENT_PROGRESS && ev->done > 100)
        atomic_store((atomic_bool *)ctx, true);
}

static bool count_questions(void *ctx)
{
    ++*(unsigned long *)ctx;
    return false;
}

/* Further names of a file are made one after the other, and each asks whether to go on. */
static void links_ask_whether_to_go_on(void **state)
{
    (void)state;
    enum { NAMES = 200 };
    struct world w;
    struct vf_err err;
    unsigned long asked[2] = {0, 0};
    vf_err_init(&err);
    for (int linked = 0; linked < 2; linked++) {
        world_make(&w);
        fx_file(w.src, "first", "text", 0644, 1500000000);
        int dir = open(w.src, O_RDONLY | O_DIRECTORY);
        for (int i = 0; linked && i < NAMES; i++) {
            char name[32];
            (void)snprintf(name, sizeof name, "name%d", i);
            assert_int_equal(linkat(dir, "first", dir, name, 0), 0);
        }
        struct vf_hooks hooks = {.jobs = 1, .asked = count_questions, .ctx = &asked[linked]};
        assert_int_equal(vf_copy_tree(dir, w.dfd, NULL, NULL, &hooks, NULL, &err), VF_OK);
        (void)close(dir);
        world_free(&w);
    }
    assert_true(asked[1] >= asked[0] + NAMES);
    vf_err_release(&err);
}

static void cancelled(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    atomic_bool cancel = false;
    struct vf_hooks h = {.jobs = 1, .cancel = &cancel, .event = cancel_it, .ctx = &cancel};
    vf_err_init(&err);
    world_make(&w);
    fill_src(&w, 40);
    int fds = fx_open_fds();
    assert_int_equal(vf_copy_tree(w.sfd, w.dfd, NULL, NULL, &h, NULL, &err), VF_INTERRUPTED);
    assert_int_equal(fx_open_fds(), fds);
    vf_err_release(&err);
    world_free(&w);
}

/* One file is all there is, and it is a long one. */
static void cancelled_in_a_file(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    atomic_bool cancel = false;
    struct vf_hooks h = {.jobs = 1, .cancel = &cancel};
    char *text = calloc(1, (1 << 20) + 1);
    assert_non_null(text);
    memset(text, 'x', 1 << 20);
    vf_err_init(&err);
    world_make(&w); /* tmpfs cannot share blocks */
    fx_file(w.src, "long", text, 0644, 1500000000);
    stop_in_a_file = &cancel;
    assert_int_equal(vf_copy_tree(w.sfd, w.dfd, NULL, NULL, &h, NULL, &err), VF_INTERRUPTED);
    stop_in_a_file = NULL;
    struct stat st;
    assert_int_equal(fstatat(w.dfd, "long", &st, 0), 0);
    assert_int_equal(st.st_size, 0);
    free(text);
    vf_err_release(&err);
    world_free(&w);
}

static void reflink_only(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_copy_opts o = {.mode = VF_LINK_REFLINK};
    struct vf_copy_result res;
    vf_err_init(&err);
    world_make(&w); /* tmpfs cannot */
    fill_src(&w, 1);
    enum vf_status st = copy(&w, NULL, &o, 2, &res, &err);
    if (st == VF_OK)
        assert_true(res.cloned > 0);
    else
        assert_int_equal(st, VF_NOT_SUPPORTED);
    vf_err_release(&err);
    world_free(&w);
}

/* Deeper than PATH_MAX: every directory is reached in steps. */
static void deep_tree(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    enum { DEPTH = 30 };
    char name[201];
    vf_err_init(&err);
    world_make(&w);
    memset(name, 'n', 200);
    name[200] = 0;
    int at = dup(w.sfd);
    for (int i = 0; i < DEPTH; i++) {
        assert_int_equal(mkdirat(at, name, 0755), 0);
        int next = openat(at, name, O_RDONLY | O_DIRECTORY);
        assert_true(next >= 0);
        (void)close(at);
        at = next;
    }
    int fd = openat(at, "leaf", O_WRONLY | O_CREAT, 0644);
    assert_int_equal(write(fd, "leaf", 4), 4);
    (void)close(fd);
    (void)close(at);
    assert_int_equal(copy(&w, NULL, NULL, 2, NULL, &err), VF_OK);
    at = dup(w.dfd);
    for (int i = 0; i < DEPTH; i++) {
        int next = openat(at, name, O_RDONLY | O_DIRECTORY);
        assert_true(next >= 0);
        (void)close(at);
        at = next;
    }
    struct stat st;
    assert_int_equal(fstatat(at, "leaf", &st, 0), 0);
    assert_int_equal(st.st_size, 4);
    (void)close(at);
    assert_int_equal(vf_sys_remove_tree(w.sfd, name, &err), VF_OK);
    assert_int_equal(vf_sys_remove_tree(w.dfd, name, &err), VF_OK);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_tree),
        cmocka_unit_test(owners_and_attributes),
        cmocka_unit_test(edits_on_the_way),
        cmocka_unit_test(stale_edits),
        cmocka_unit_test(left_out_and_skipped),
        cmocka_unit_test(as_another_user),
        cmocka_unit_test(within_limits),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(into_something),
        cmocka_unit_test(alike_stay_one),
        cmocka_unit_test(links_ask_whether_to_go_on),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(cancelled_in_a_file),
        cmocka_unit_test(reflink_only),
        cmocka_unit_test(deep_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
