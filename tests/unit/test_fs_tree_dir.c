/* The tree that is a directory on disk: order, odd files, links that are not followed, permissions, depth. */
#include "fs_box.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hooks.h"
#include "fs/tree_dir.h"

enum { DEEP = 30, MANY = 3000 };

static struct vf_tree *open_tree(struct box *b)
{
    struct vf_tree *t = NULL;
    if (vf_tree_dir_open(vf_slice_of(b->path), &t, &b->err) != VF_OK)
        fail_msg("%s", b->err.detail);
    return t;
}

static void lists_in_order_of_bytes(void **state)
{
    struct box *b = *state;
    static const struct {
        const char *name;
        enum vf_kind kind;
    } req[] = {{"\x01", VF_KIND_FILE},     {"-x", VF_KIND_FILE},       {".hidden", VF_KIND_FILE},
               {"B", VF_KIND_FILE},        {"a", VF_KIND_DIR},         {"a.b", VF_KIND_FILE},
               {"dangling", VF_KIND_LINK}, {"fifo", VF_KIND_FIFO},     {"new\nline", VF_KIND_FILE},
               {"sock", VF_KIND_SOCKET},   {"\xc3\xa4", VF_KIND_FILE}, {"\xff", VF_KIND_FILE}};
    for (size_t i = 0; i < VF_COUNT(req); i++)
        if (req[i].kind == VF_KIND_FILE)
            fx_file(b->path, req[i].name, "12345", 0640, 1700000000);
    fx_mkdir(b->path, "a", 0755);
    fx_link(b->path, "dangling", "no/where\xfe");
    box_fifo(b, "fifo");
    box_socket(b, "sock");
    struct vf_tree *t = open_tree(b);
    struct vf_dirent *v;
    size_t n;
    assert_int_equal(vf_tree_list(t, VF_S(""), &b->arena, &v, &n, &b->err), VF_OK);
    assert_int_equal(n, VF_COUNT(req));
    for (size_t i = 0; i < n; i++) {
        box_check(v[i].name, req[i].name);
        assert_int_equal(v[i].st.kind, req[i].kind);
        assert_int_equal(v[i].status, VF_OK);
        if (req[i].kind == VF_KIND_FILE) {
            assert_int_equal(v[i].st.size, 5);
            assert_int_equal(v[i].st.mode, 0640);
            assert_int_equal(v[i].st.mtime_s, 1700000000);
        }
        box_check(v[i].target, req[i].kind == VF_KIND_LINK ? "no/where\xfe" : "");
    }
    assert_int_equal(vf_tree_list(t, VF_S("a"), &b->arena, &v, &n, &b->err), VF_OK);
    assert_int_equal(n, 0);
    vf_tree_free(t);
}

static void only_regular_files_are_opened(void **state)
{
    struct box *b = *state;
    static const char *const bad[] = {"fifo", "sock", "d", "l", "gone", ""};
    struct vf_reader *r;
    fx_file(b->path, "f", "x", 0644, 1);
    fx_mkdir(b->path, "d", 0755);
    fx_link(b->path, "l", "f");
    fx_link(b->path, "gone", "nowhere");
    box_fifo(b, "fifo");
    box_socket(b, "sock");
    struct vf_tree *t = open_tree(b);
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        assert_int_equal(vf_tree_open(t, box_s(bad[i]), &r, &b->err), VF_UNREADABLE);
        assert_null(r);
        box_check_err(b, VF_UNREADABLE);
    }
    assert_int_equal(vf_tree_open(t, VF_S("none"), &r, &b->err), VF_NOT_FOUND);
    box_check_err(b, VF_NOT_FOUND);
    vf_tree_free(t);
}

static void check_near(struct vf_tree *t, struct vf_tree_near *near, struct box *b, const char *path,
                       const char *req)
{
    struct vf_reader *r = NULL;
    struct vf_slice s;
    struct vf_stat seen;
    assert_int_equal(vf_tree_stat(t, box_s(path), &seen, &b->err), VF_OK);
    assert_int_equal(vf_tree_open_near(t, near, box_s(path), &seen, &r, &b->err), VF_OK);
    assert_int_equal(vf_reader_read_all(r, box_s(path), 100, &b->arena, &s, &b->err), VF_OK);
    box_check(s, req);
    vf_reader_close(r);
}

/* Its directory stays open between two files: what became of them since they were listed is seen all the
 * same. */
static void one_file_after_the_other(void **state)
{
    struct box *b = *state;
    static const char *const bad[] = {"d/l", "l/f",    "d/none",      "d/..",
                                      "d/.", "d/../f", "/etc/passwd", "d/f/x"};
    struct vf_tree_near near = {0};
    struct vf_reader *r;
    struct vf_stat seen = {.kind = VF_KIND_FILE, .size = 1};
    fx_mkdir(b->path, "d", 0755);
    fx_mkdir(b->path, "e", 0755);
    fx_file(b->path, "d/f", "x", 0644, 1);
    fx_file(b->path, "d/g", "", 0644, 1);
    fx_file(b->path, "e/f", "other", 0644, 1);
    fx_file(b->path, "f", "top", 0644, 1);
    fx_link(b->path, "d/l", "f");
    fx_link(b->path, "l", "d");
    struct vf_tree *t = open_tree(b);
    for (int round = 0; round < 2; round++) {
        check_near(t, &near, b, "d/f", "x");
        check_near(t, &near, b, "d/g", "");
        check_near(t, &near, b, "e/f", "other");
        check_near(t, &near, b, "f", "top");
        for (size_t i = 0; i < VF_COUNT(bad); i++) {
            assert_int_not_equal(vf_tree_open_near(t, &near, box_s(bad[i]), &seen, &r, NULL), VF_OK);
            assert_null(r);
        }
        assert_int_equal(vf_tree_open_near(t, &near, VF_S("d/l"), &seen, &r, NULL), VF_NOT_FOUND);
    }
    vf_tree_near_leave(&near);
    vf_tree_near_leave(&near);
    check_near(t, &near, b, "e/f", "other");
    vf_tree_near_leave(&near);
    vf_tree_free(t);
}

/* Other bytes than were seen: it is looked at again. */
static void what_it_has_become_since(void **state)
{
    struct box *b = *state;
    static const uint64_t sizes[] = {0, 1, 4, 5, 6, 100};
    struct vf_tree_near near = {0};
    struct vf_reader *r;
    struct vf_slice s;
    char text[8];
    size_t got;
    fx_mkdir(b->path, "d", 0755);
    fx_file(b->path, "d/f", "12345", 0644, 1);
    box_fifo(b, "d/fifo");
    struct vf_tree *t = open_tree(b);
    for (size_t i = 0; i < VF_COUNT(sizes); i++) {
        struct vf_stat seen = {.kind = VF_KIND_FILE, .size = sizes[i]};
        assert_int_equal(vf_tree_open_near(t, &near, VF_S("d/f"), &seen, &r, &b->err), VF_OK);
        assert_int_equal(vf_reader_read_all(r, VF_S("d/f"), 100, &b->arena, &s, &b->err), VF_OK);
        box_check(s, "12345");
        vf_reader_close(r);
        if (sizes[i] == 0)
            continue; /* nothing was promised, and nothing came */
        assert_int_equal(vf_tree_open_near(t, &near, VF_S("d/fifo"), &seen, &r, &b->err), VF_OK);
        assert_int_equal(vf_reader_read(r, text, sizeof text, &got, &b->err), VF_CHANGED);
        box_check_err(b, VF_CHANGED);
        vf_reader_close(r);
    }
    vf_tree_near_leave(&near);
    vf_tree_free(t);
}

/* What a file grows by while it is open is read, too. */
static void a_file_that_grows(void **state)
{
    struct box *b = *state;
    char text[64];
    size_t got;
    struct vf_reader *r;
    fx_file(b->path, "f", "12345", 0644, 1);
    struct vf_tree *t = open_tree(b);
    assert_int_equal(vf_tree_open(t, VF_S("f"), &r, &b->err), VF_OK);
    assert_int_equal(vf_reader_read(r, text, 5, &got, &b->err), VF_OK);
    assert_int_equal(got, 5);
    fx_file(b->path, "f", "123456789", 0644, 1);
    assert_int_equal(vf_reader_read(r, text, sizeof text, &got, &b->err), VF_OK);
    assert_int_equal(got, 4);
    assert_int_equal(vf_reader_read(r, text, sizeof text, &got, &b->err), VF_OK);
    assert_int_equal(got, 0);
    vf_reader_close(r);
    vf_tree_free(t);
}

static void follows_no_link(void **state)
{
    struct box *b = *state;
    static const char *const bad[] = {"l/f",  "abs/passwd",  "l/none", "d/../f",
                                      "../x", "/etc/passwd", "d/f/x"};
    struct vf_reader *r;
    struct vf_stat st;
    struct vf_slice s;
    struct vf_dirent *v;
    size_t n;
    fx_mkdir(b->path, "d", 0755);
    fx_file(b->path, "d/f", "x", 0644, 1);
    fx_link(b->path, "l", "d");
    fx_link(b->path, "abs", "/etc");
    struct vf_tree *t = open_tree(b);
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        assert_int_equal(vf_tree_open(t, box_s(bad[i]), &r, NULL), VF_NOT_FOUND);
        assert_int_equal(vf_tree_stat(t, box_s(bad[i]), &st, NULL), VF_NOT_FOUND);
        assert_int_equal(vf_tree_readlink(t, box_s(bad[i]), &b->arena, &s, NULL), VF_NOT_FOUND);
        assert_int_equal(vf_tree_list(t, box_s(bad[i]), &b->arena, &v, &n, NULL), VF_NOT_FOUND);
        assert_int_equal(vf_tree_kind(t, box_s(bad[i])), VF_KIND_NONE);
    }
    assert_int_equal(vf_tree_list(t, VF_S("l"), &b->arena, &v, &n, NULL), VF_NOT_FOUND);
    assert_int_equal(vf_tree_kind(t, VF_S("..")), VF_KIND_NONE);
    assert_int_equal(vf_tree_kind(t, VF_S("l")), VF_KIND_LINK);
    assert_int_equal(vf_tree_kind(t, VF_S("")), VF_KIND_DIR);
    assert_int_equal(vf_tree_readlink(t, VF_S("l"), &b->arena, &s, NULL), VF_OK);
    box_check(s, "d");
    assert_int_not_equal(vf_tree_readlink(t, VF_S("d"), &b->arena, &s, NULL), VF_OK);
    assert_int_not_equal(vf_tree_open(t, VF_S("d\0/f"), &r, NULL), VF_OK);
    vf_tree_free(t);
}

static void reads_files(void **state)
{
    struct box *b = *state;
    static char big[200001];
    struct vf_reader *r;
    struct vf_slice s;
    struct vf_stat st;
    memset(big, 'b', sizeof big - 1);
    fx_mkdir(b->path, "d", 0755);
    fx_file(b->path, "d/big", big, 0644, 5);
    fx_file(b->path, "empty", "", 0644, 1);
    struct vf_tree *t = open_tree(b);
    assert_int_equal(vf_tree_read(t, VF_S("d/big"), 1 << 20, &b->arena, &s, &b->err), VF_OK);
    assert_int_equal(s.n, sizeof big - 1);
    assert_memory_equal(s.p, big, s.n);
    assert_int_equal(vf_tree_read(t, VF_S("d/big"), 200000, &b->arena, &s, &b->err), VF_OK);
    assert_int_equal(vf_tree_read(t, VF_S("d/big"), 199999, &b->arena, &s, &b->err), VF_LIMIT);
    box_check_err(b, VF_LIMIT);
    assert_int_equal(vf_tree_read(t, VF_S("empty"), 0, &b->arena, &s, &b->err), VF_OK);
    assert_int_equal(s.n, 0);
    assert_int_equal(vf_tree_open(t, VF_S("d/big"), &r, &b->err), VF_OK);
    assert_int_equal(unlinkat(b->fd, "d/big", 0), 0); /* it stays readable */
    assert_int_equal(vf_reader_stat(r, &st, &b->err), VF_OK);
    assert_int_equal(st.size, sizeof big - 1);
    assert_int_equal(st.mtime_s, 5);
    size_t got = 1;
    assert_int_equal(vf_reader_read(r, big, 0, &got, &b->err), VF_OK);
    assert_int_equal(got, 0);
    assert_int_equal(vf_reader_read(r, big, 10, &got, &b->err), VF_OK);
    assert_int_equal(got, 10);
    vf_reader_close(r);
    vf_tree_free(t);
}

static void what_may_not_be_read(void **state)
{
    struct box *b = *state;
    struct vf_dirent *v;
    size_t n;
    struct vf_slice s;
    struct vf_stat st;
    box_as_nobody(b);
    fx_mkdir(b->path, "shut", 0755);
    fx_file(b->path, "shut/f", "x", 0644, 1);
    fx_mkdir(b->path, "names-only", 0755);
    fx_file(b->path, "names-only/f", "x", 0644, 1);
    fx_link(b->path, "names-only/l", "t");
    fx_file(b->path, "secret", "x", 0, 1);
    assert_int_equal(fchmodat(b->fd, "shut", 0, 0), 0);
    assert_int_equal(fchmodat(b->fd, "names-only", 0444, 0), 0);
    struct vf_tree *t = open_tree(b);
    assert_int_equal(vf_tree_list(t, VF_S("shut"), &b->arena, &v, &n, &b->err), VF_UNREADABLE);
    assert_int_equal(b->err.sys, EACCES);
    box_check_err(b, VF_UNREADABLE);
    assert_int_equal(vf_tree_stat(t, VF_S("shut/f"), &st, &b->err), VF_UNREADABLE);
    box_check_err(b, VF_UNREADABLE);
    assert_int_equal(vf_tree_read(t, VF_S("secret"), 10, &b->arena, &s, &b->err), VF_UNREADABLE);
    assert_string_equal(b->err.path, "secret");
    box_check_err(b, VF_UNREADABLE);
    assert_int_equal(vf_tree_list(t, VF_S("names-only"), &b->arena, &v, &n, &b->err), VF_OK);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(v[i].status, VF_UNREADABLE);
        assert_int_equal(v[i].sys, EACCES);
        assert_int_equal(v[i].st.kind, VF_KIND_NONE);
    }
    vf_tree_free(t);
    struct vf_tree *none = NULL;
    char *p = fx_join(b->path, "shut");
    assert_int_equal(vf_tree_dir_open(vf_slice_of(p), &none, &b->err), VF_UNREADABLE);
    box_check_err(b, VF_UNREADABLE);
    free(p);
    box_as_root();
}

static void check_open(struct box *b, const char *rel, enum vf_status req)
{
    struct vf_tree *t = NULL;
    char *p = fx_join(b->path, rel);
    assert_int_equal(vf_tree_dir_open(vf_slice_of(p), &t, &b->err), req);
    assert_true((t != NULL) == (req == VF_OK));
    if (t)
        assert_true(vf_tree_dir_fd(t) >= 0);
    box_check_err(b, req);
    vf_tree_free(t);
    free(p);
}

static void opening_a_root(void **state)
{
    struct box *b = *state;
    fx_file(b->path, "f", "x", 0644, 1);
    fx_mkdir(b->path, "d", 0755);
    fx_link(b->path, "l", "d");
    fx_link(b->path, "gone", "nowhere");
    fx_link(b->path, "loop", "loop");
    box_fifo(b, "fifo");
    check_open(b, "d", VF_OK);
    check_open(b, "l", VF_OK); /* it names the root */
    check_open(b, "f", VF_NOT_AN_ENVIRONMENT);
    check_open(b, "fifo", VF_NOT_AN_ENVIRONMENT);
    check_open(b, "f/x", VF_NOT_FOUND);
    check_open(b, "none", VF_NOT_FOUND);
    check_open(b, "gone", VF_NOT_FOUND);
    check_open(b, "loop", VF_NOT_FOUND);
    assert_int_equal(vf_tree_dir_fd(NULL), -1);
}

static void deeper_than_path_max(void **state)
{
    struct box *b = *state;
    struct vf_dirent *v;
    size_t n;
    struct vf_slice s;
    char *rel = box_deep(b, "deep", DEEP), *end = fx_join(rel, "end");
    assert_true(strlen(end) > 4096);
    struct vf_tree *t = open_tree(b);
    assert_int_equal(vf_tree_list(t, vf_slice_of(rel), &b->arena, &v, &n, &b->err), VF_OK);
    assert_int_equal(n, 1);
    box_check(v[0].name, "end");
    assert_int_equal(vf_tree_kind(t, vf_slice_of(end)), VF_KIND_FILE);
    assert_int_equal(vf_tree_read(t, vf_slice_of(end), 10, &b->arena, &s, &b->err), VF_OK);
    box_check(s, "deep");
    assert_int_equal(vf_tree_resolve(t, vf_slice_of(end), &b->arena, NULL), VF_KIND_FILE);
    vf_tree_free(t);
    free(rel);
    free(end);
    box_drop(b, "deep");
}

static void a_long_target(void **state)
{
    struct box *b = *state;
    char target[4000];
    struct vf_dirent *v;
    size_t n;
    struct vf_slice s;
    memset(target, 't', sizeof target);
    target[sizeof target - 1] = 0;
    fx_link(b->path, "l", target);
    struct vf_tree *t = open_tree(b);
    assert_int_equal(vf_tree_list(t, VF_S(""), &b->arena, &v, &n, &b->err), VF_OK);
    box_check(v[0].target, target);
    assert_int_equal(vf_tree_readlink(t, VF_S("l"), &b->arena, &s, &b->err), VF_OK);
    box_check(s, target);
    vf_tree_free(t);
}

static enum vf_status list_again(void *ctx, size_t item, unsigned worker, struct vf_err *err)
{
    struct vf_arena a;
    struct vf_dirent *v;
    size_t n = 0;
    (void)worker;
    vf_arena_init(&a);
    enum vf_status st = vf_tree_list(ctx, VF_S("many"), &a, &v, &n, err);
    if (st == VF_OK && n != MANY)
        st = vf_err_set(err, VF_INTERNAL, 0, "list", VF_S("many"), "%zu entries", n);
    for (size_t i = 1; st == VF_OK && i < n; i++)
        if (vf_slice_cmp(v[i - 1].name, v[i].name) >= 0 || v[i].st.size != item * 0)
            st = VF_INTERNAL;
    vf_arena_release(&a);
    return st;
}

static void many_entries_from_many_threads(void **state)
{
    struct box *b = *state;
    struct vf_hooks hooks = {.jobs = 4};
    fx_mkdir(b->path, "many", 0755);
    for (int i = 0; i < MANY; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "many/%d", i);
        fx_file(b->path, name, "", 0644, 1);
    }
    struct vf_tree *t = open_tree(b);
    assert_int_equal(vf_parallel(&hooks, 40, list_again, t, &b->err), VF_OK);
    vf_tree_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_BOTH(lists_in_order_of_bytes),
        BOX_BOTH(only_regular_files_are_opened),
        BOX_BOTH(one_file_after_the_other),
        BOX_TEST(what_it_has_become_since),
        BOX_TEST(a_file_that_grows),
        BOX_BOTH(follows_no_link),
        BOX_BOTH(reads_files),
        BOX_BOTH(what_may_not_be_read),
        BOX_TEST(opening_a_root),
        BOX_BOTH(deeper_than_path_max),
        BOX_TEST(a_long_target),
        BOX_BOTH(many_entries_from_many_threads),
    };
    return cmocka_run_group_tests_name("fs/tree_dir", tests, NULL, NULL);
}
