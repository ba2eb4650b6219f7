/* The planned tree: what lists, stat, readlink and reading say once edits are laid over a directory. */
#include "fs_box.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fs/tree_dir.h"
#include "fs/tree_planned.h"

struct plan {
    struct vf_tree *base, *t;
    struct vf_edits edits;
};

static void lay(struct box *b, struct plan *p, struct vf_edit *v, size_t n)
{
    p->edits = (struct vf_edits){v, n};
    assert_int_equal(vf_edits_finish(&p->edits, &b->err), VF_OK);
    assert_int_equal(vf_tree_dir_open(vf_slice_of(b->path), &p->base, &b->err), VF_OK);
    assert_int_equal(vf_tree_planned(p->base, &p->edits, &p->t, &b->err), VF_OK);
}

static void lift_off(struct plan *p)
{
    vf_tree_free(p->t);
    vf_tree_free(p->base);
}

/* Everything below dir as one text: "name kind/size[ -> target]" a line, in order. */
static void show(struct box *b, struct vf_tree *t, const char *dir, const char *req)
{
    static const char kinds[] = "-fdlpsb";
    struct vf_dirent *v;
    struct vf_buf out = {0};
    size_t n;
    assert_int_equal(vf_tree_list(t, box_s(dir), &b->arena, &v, &n, &b->err), VF_OK);
    for (size_t i = 0; i < n; i++) {
        vf_buf_put(&out, v[i].name);
        vf_buf_printf(&out, " %c%d", kinds[v[i].st.kind],
                      v[i].st.kind == VF_KIND_DIR ? 0 : (int)v[i].st.size);
        if (v[i].st.kind == VF_KIND_LINK)
            vf_buf_puts(&out, ">");
        vf_buf_put(&out, v[i].target);
        vf_buf_puts(&out, v[i].st.mtime_s == INT64_MAX ? "*\n" : "\n");
        /* stat of the path says the same */
        struct vf_stat st;
        struct vf_slice path =
            dir[0] ? vf_arena_concat(&b->arena, box_s(dir), VF_S("/"), v[i].name) : v[i].name;
        assert_int_equal(vf_tree_stat(t, path, &st, &b->err), VF_OK);
        assert_true(st.kind == v[i].st.kind && st.size == v[i].st.size && st.mode == v[i].st.mode);
        assert_true(st.mtime_s == v[i].st.mtime_s && st.ino == v[i].st.ino && st.nlink == v[i].st.nlink);
    }
    box_check(vf_buf_slice(&out), req);
    vf_buf_release(&out);
}

static void lists_show_what_will_be(void **state)
{
    struct box *b = *state;
    struct plan p;
    fx_mkdir(b->path, "bin", 0755);
    fx_mkdir(b->path, "bin.d", 0755);
    fx_mkdir(b->path, "lib", 0755);
    fx_file(b->path, "bin/pip", "#!/old/python\n", 0755, 7);
    fx_file(b->path, "bin/gone", "x", 0644, 7);
    fx_file(b->path, "bin/kept", "kept", 0644, 7);
    fx_link(b->path, "bin/python", "/old/python");
    fx_file(b->path, "top", "x", 0600, 7);
    fx_file(b->path, "lib/a.pyc", "x", 0600, 7);
    struct vf_splice s = {2, 4, VF_S("/newer")};
    struct vf_edit v[] = {
        {.path = VF_S("bin/pip"), .kind = VF_EDIT_SPLICE, .splices = &s, .n = 1},
        {.path = VF_S("bin/gone"), .kind = VF_EDIT_DELETE},
        {.path = VF_S("bin/python"), .kind = VF_EDIT_LINK, .contents = VF_S("/newer/python")},
        {.path = VF_S("bin/aaa"), .kind = VF_EDIT_LINK, .contents = VF_S("pip")},
        {.path = VF_S("bin/zzz"), .kind = VF_EDIT_WRITE, .contents = VF_S("zzz"), .mode = 0755},
        {.path = VF_S("top"), .kind = VF_EDIT_WRITE, .contents = VF_S("written"), .mode = 0755},
        {.path = VF_S("new/sub/file"), .kind = VF_EDIT_WRITE, .contents = VF_S("n"), .mode = 0640},
        {.path = VF_S("new.x"), .kind = VF_EDIT_WRITE, .contents = VF_S(""), .mode = 0644},
        {.path = VF_S("new/other"), .kind = VF_EDIT_WRITE, .contents = VF_S("oo"), .mode = 0644},
        {.path = VF_S("lib/a.pyc"), .kind = VF_EDIT_DELETE},
        {.path = VF_S("lib/none"), .kind = VF_EDIT_DELETE},
    };
    lay(b, &p, v, VF_COUNT(v));
    show(b, p.t, "", "bin d0\nbin.d d0\nlib d0\nnew d0*\nnew.x f0*\ntop f7*\n");
    show(b, p.t, "bin", "aaa l3>pip*\nkept f4\npip f16*\npython l13>/newer/python*\nzzz f3*\n");
    show(b, p.t, "bin.d", "");
    show(b, p.t, "lib", "");
    show(b, p.t, "new", "other f2*\nsub d0*\n");
    show(b, p.t, "new/sub", "file f1*\n");
    struct vf_stat st;
    assert_int_equal(vf_tree_stat(p.t, VF_S("top"), &st, &b->err), VF_OK);
    assert_int_equal(st.mode, 0600); /* of the original */
    assert_int_equal(st.nlink, 1);
    assert_int_equal(vf_tree_stat(p.t, VF_S("new/sub/file"), &st, &b->err), VF_OK);
    assert_int_equal(st.mode, 0640);
    lift_off(&p);
}

static void what_is_deleted_is_not_there(void **state)
{
    struct box *b = *state;
    struct plan p;
    struct vf_stat st;
    struct vf_slice s;
    struct vf_dirent *d;
    size_t n;
    struct vf_reader *r;
    fx_file(b->path, "f", "x", 0644, 1);
    fx_link(b->path, "l", "f");
    struct vf_edit v[] = {{.path = VF_S("f"), .kind = VF_EDIT_DELETE},
                          {.path = VF_S("l"), .kind = VF_EDIT_DELETE}};
    lay(b, &p, v, 2);
    show(b, p.t, "", "");
    assert_int_equal(vf_tree_stat(p.t, VF_S("f"), &st, NULL), VF_NOT_FOUND);
    assert_int_equal(st.kind, VF_KIND_NONE);
    assert_int_equal(vf_tree_open(p.t, VF_S("f"), &r, NULL), VF_NOT_FOUND);
    assert_int_equal(vf_tree_readlink(p.t, VF_S("l"), &b->arena, &s, NULL), VF_NOT_FOUND);
    assert_int_equal(vf_tree_resolve(p.t, VF_S("l"), &b->arena, NULL), VF_KIND_NONE);
    assert_int_equal(vf_tree_list(p.t, VF_S("none"), &b->arena, &d, &n, &b->err), VF_NOT_FOUND);
    box_check_err(b, VF_NOT_FOUND);
    assert_int_equal(vf_tree_stat(p.t, VF_S("none"), &st, &b->err), VF_NOT_FOUND);
    box_check_err(b, VF_NOT_FOUND);
    lift_off(&p);
}

static void links_lead_where_they_will(void **state)
{
    struct box *b = *state;
    struct plan p;
    struct vf_slice s;
    struct vf_reader *r;
    fx_mkdir(b->path, "lib", 0755);
    fx_file(b->path, "lib/f", "x", 0644, 1);
    fx_link(b->path, "l", "/old");
    fx_file(b->path, "was-file", "x", 0644, 1);
    struct vf_edit v[] = {
        {.path = VF_S("l"), .kind = VF_EDIT_LINK, .contents = VF_S("lib/new")},
        {.path = VF_S("lib/new"), .kind = VF_EDIT_LINK, .contents = VF_S("f")},
        {.path = VF_S("was-file"), .kind = VF_EDIT_LINK, .contents = VF_S("lib")},
    };
    lay(b, &p, v, 3);
    assert_int_equal(vf_tree_readlink(p.t, VF_S("l"), &b->arena, &s, &b->err), VF_OK);
    box_check(s, "lib/new");
    struct vf_buf end = {0};
    assert_int_equal(vf_tree_resolve(p.t, VF_S("l"), &b->arena, &end), VF_KIND_FILE);
    box_check(vf_buf_slice(&end), "lib/f");
    vf_buf_release(&end);
    assert_int_equal(vf_tree_resolve(p.t, VF_S("was-file/f"), &b->arena, NULL), VF_KIND_FILE);
    assert_int_equal(vf_tree_open(p.t, VF_S("l"), &r, NULL), VF_UNREADABLE);
    assert_int_not_equal(vf_tree_readlink(p.t, VF_S("lib/f"), &b->arena, &s, NULL), VF_OK);
    lift_off(&p);
}

/* Reads with a buffer of `piece` bytes. */
static void check_read(struct box *b, struct vf_tree *t, const char *path, struct vf_slice req, size_t piece)
{
    struct vf_reader *r;
    struct vf_buf all = {0};
    char buf[40000];
    size_t got = 0;
    assert_int_equal(vf_tree_open(t, box_s(path), &r, &b->err), VF_OK);
    do {
        assert_int_equal(vf_reader_read(r, buf, piece, &got, &b->err), VF_OK);
        assert_true(got <= piece);
        vf_buf_put(&all, (struct vf_slice){buf, got});
    } while (got > 0);
    assert_int_equal(all.n, req.n);
    if (req.n > 0)
        assert_memory_equal(all.p, req.p, req.n);
    struct vf_stat st;
    assert_int_equal(vf_reader_stat(r, &st, &b->err), VF_OK);
    assert_int_equal(st.size, req.n);
    assert_int_equal(st.mtime_s, INT64_MAX);
    vf_reader_close(r);
    vf_buf_release(&all);
}

/* Whatever the size of the pieces, a stream gives what vf_edit_apply gives. */
static void splices_are_streamed(void **state)
{
    struct box *b = *state;
    static char old[50001];
    struct plan p;
    static const size_t pieces[] = {1, 2, 7, 4096, 40000};
    for (size_t i = 0; i + 1 < sizeof old; i++)
        old[i] = (char)('a' + i % 26);
    fx_file(b->path, "f", old, 0644, 1);
    struct vf_splice s[] = {{0, 0, VF_S("start")},
                            {0, 3, VF_S("X")},
                            {3, 30000, VF_S("")},
                            {30003, 1, VF_S("")},
                            {40000, 1, VF_S("long replacement")},
                            {49999, 1, VF_S("")},
                            {50000, 0, VF_S("end")}};
    struct vf_edit v[] = {{.path = VF_S("f"), .kind = VF_EDIT_SPLICE, .splices = s, .n = VF_COUNT(s)}};
    struct vf_buf req = {0};
    lay(b, &p, v, 1);
    assert_int_equal(vf_edit_apply(&v[0], box_s(old), &req, &b->err), VF_OK);
    for (size_t i = 0; i < VF_COUNT(pieces); i++)
        check_read(b, p.t, "f", vf_buf_slice(&req), pieces[i]);
    struct vf_slice all;
    assert_int_equal(vf_tree_read(p.t, VF_S("f"), 1 << 20, &b->arena, &all, &b->err), VF_OK);
    assert_true(vf_slice_eq(all, vf_buf_slice(&req)));
    vf_buf_release(&req);
    lift_off(&p);
}

static void written_files_are_read_back(void **state)
{
    struct box *b = *state;
    struct plan p;
    fx_file(b->path, "f", "old", 0644, 1);
    struct vf_edit v[] = {{.path = VF_S("f"), .kind = VF_EDIT_WRITE, .contents = VF_S("contents")},
                          {.path = VF_S("d/empty"), .kind = VF_EDIT_WRITE}};
    lay(b, &p, v, 2);
    check_read(b, p.t, "f", VF_S("contents"), 3);
    check_read(b, p.t, "d/empty", VF_S(""), 3);
    lift_off(&p);
}

static void a_file_that_changed_is_an_error(void **state)
{
    struct box *b = *state;
    static const struct vf_splice bad[] = {
        {5, 0, VF_S_INIT("x")}, {4, 1, VF_S_INIT("")}, {2, 9, VF_S_INIT("x")}};
    fx_file(b->path, "f", "1234", 0644, 1);
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        struct vf_splice s = bad[i];
        struct vf_edit v = {.path = VF_S("f"), .kind = VF_EDIT_SPLICE, .splices = &s, .n = 1};
        struct plan p;
        struct vf_slice all;
        lay(b, &p, &v, 1);
        assert_int_equal(vf_tree_read(p.t, VF_S("f"), 1 << 20, &b->arena, &all, &b->err), VF_CHANGED);
        box_check_err(b, VF_CHANGED);
        lift_off(&p);
    }
    struct vf_edit v = {.path = VF_S("none"), .kind = VF_EDIT_SPLICE};
    struct plan p;
    struct vf_reader *r;
    struct vf_stat st;
    lay(b, &p, &v, 1);
    assert_int_equal(vf_tree_open(p.t, VF_S("none"), &r, &b->err), VF_NOT_FOUND);
    box_check_err(b, VF_NOT_FOUND);
    assert_int_equal(vf_tree_stat(p.t, VF_S("none"), &st, &b->err), VF_NOT_FOUND);
    box_check_err(b, VF_NOT_FOUND);
    lift_off(&p);
}

static void what_is_not_edited_stays(void **state)
{
    struct box *b = *state;
    struct plan p;
    struct vf_slice all;
    struct vf_dirent *d;
    size_t n;
    fx_file(b->path, "f", "1234", 0644, 1);
    fx_mkdir(b->path, "shut", 0755);
    lay(b, &p, NULL, 0);
    show(b, p.t, "", "f f4\nshut d0\n");
    assert_int_equal(vf_tree_read(p.t, VF_S("f"), 10, &b->arena, &all, &b->err), VF_OK);
    box_check(all, "1234");
    assert_int_equal(vf_tree_dir_fd(p.t), -1);
    lift_off(&p);
    struct vf_edit v = {.path = VF_S("shut/new"), .kind = VF_EDIT_LINK, .contents = VF_S("x")};
    lay(b, &p, &v, 1);
    assert_int_equal(fchmodat(b->fd, "shut", 0, 0), 0);
    box_as_nobody(b);
    assert_int_equal(vf_tree_list(p.t, VF_S("shut"), &b->arena, &d, &n, &b->err), VF_UNREADABLE);
    box_check_err(b, VF_UNREADABLE);
    box_as_root();
    lift_off(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_TEST(lists_show_what_will_be),     BOX_TEST(what_is_deleted_is_not_there),
        BOX_TEST(links_lead_where_they_will),  BOX_TEST(splices_are_streamed),
        BOX_TEST(written_files_are_read_back), BOX_TEST(a_file_that_changed_is_an_error),
        BOX_TEST(what_is_not_edited_stays),
    };
    return cmocka_run_group_tests_name("fs/tree_planned", tests, NULL, NULL);
}
