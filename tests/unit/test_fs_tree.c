/* What every tree has in common: whole files by a reader that does its worst, and the following of links. */
#include "fs_box.h"

#include <stdio.h>
#include <stdlib.h>

#include "fs/tree_dir.h"

/* A reader that gives out `total` bytes in pieces of at most `piece`, and says `claimed` is its size. */
struct odd_reader {
    struct vf_reader base;
    uint64_t claimed, total, at;
    size_t piece;
    bool fails;
    int closed;
};

static enum vf_status odd_read(struct vf_reader *r, void *buf, size_t n, size_t *got, struct vf_err *err)
{
    struct odd_reader *o = (struct odd_reader *)r;
    uint64_t k = o->total - o->at;
    k = k > o->piece ? o->piece : k;
    k = k > n ? n : k;
    if (o->fails && k == 0)
        return vf_err_set(err, VF_IO, 5, "read", VF_S("odd"), NULL);
    for (size_t i = 0; i < k; i++)
        ((char *)buf)[i] = (char)(o->at + i);
    o->at += k;
    *got = (size_t)k;
    return VF_OK;
}

static enum vf_status odd_stat(struct vf_reader *r, struct vf_stat *out, struct vf_err *err)
{
    (void)err;
    *out = (struct vf_stat){.kind = VF_KIND_FILE, .size = ((struct odd_reader *)r)->claimed};
    return VF_OK;
}

static void odd_close(struct vf_reader *r)
{
    ((struct odd_reader *)r)->closed++;
}

static const struct vf_reader_ops odd_ops = {.read = odd_read, .stat = odd_stat, .close = odd_close};

static void check_odd(struct box *b, uint64_t claimed, uint64_t total, size_t piece, uint64_t cap,
                      enum vf_status req)
{
    struct odd_reader o = {.base.ops = &odd_ops, .claimed = claimed, .total = total, .piece = piece};
    struct vf_slice out = {0};
    assert_int_equal(vf_reader_read_all(&o.base, VF_S("odd"), cap, &b->arena, &out, &b->err), req);
    box_check_err(b, req);
    if (req != VF_OK)
        return;
    assert_int_equal(out.n, total);
    for (size_t i = 0; i < out.n; i++)
        assert_int_equal(out.p[i], (char)i);
    assert_int_equal(out.p[out.n], 0);
}

static void reads_whole_files(void **state)
{
    struct box *b = *state;
    check_odd(b, 0, 0, 1, 0, VF_OK);
    check_odd(b, 100, 100, 7, 100, VF_OK);
    check_odd(b, 100, 60, 100, 1000, VF_OK);        /* shrank */
    check_odd(b, 100, 101, 50, 1000, VF_OK);        /* grew */
    check_odd(b, 100, 70000, 5000, 1 << 20, VF_OK); /* grew a lot */
    check_odd(b, 0, 30000, 4096, 1 << 20, VF_OK);   /* procfs */
    check_odd(b, 100, 100, 7, 99, VF_LIMIT);
    check_odd(b, 10, 200, 7, 99, VF_LIMIT);
    check_odd(b, 0, UINT64_MAX, 4096, 10000, VF_LIMIT); /* no end */
    check_odd(b, UINT64_MAX, 3, 4096, UINT64_MAX, VF_NO_MEMORY);
    struct odd_reader o = {.base.ops = &odd_ops, .claimed = 9, .total = 9, .piece = 4, .fails = true};
    struct vf_slice out;
    assert_int_equal(vf_reader_read_all(&o.base, VF_S("odd"), 100, &b->arena, &out, &b->err), VF_IO);
    vf_reader_close(&o.base);
    vf_reader_close(NULL);
    vf_tree_free(NULL);
    assert_int_equal(o.closed, 1);
}

static struct vf_tree *make_tree(struct box *b)
{
    struct vf_tree *t = NULL;
    fx_mkdir(b->path, "bin", 0755);
    fx_mkdir(b->path, "lib", 0755);
    fx_mkdir(b->path, "lib/deep", 0755);
    fx_file(b->path, "lib/deep/f", "x", 0644, 1);
    fx_link(b->path, "lib64", "lib");
    fx_link(b->path, "lib/up", "..");
    fx_link(b->path, "lib/here", ".");
    fx_link(b->path, "bin/f", "../lib64/deep/f");
    fx_link(b->path, "bin/slashes", "..//lib///deep/");
    fx_link(b->path, "bin/file-as-dir", "f/");
    fx_link(b->path, "bin/behind", "../lib64/deep/../up/lib/deep/f");
    fx_link(b->path, "bin/python", "/usr/bin/python3");
    fx_link(b->path, "bin/python3", "python");
    fx_link(b->path, "bin/out", "../../base/bin");
    fx_link(b->path, "bin/gone", "nowhere");
    fx_link(b->path, "a", "b");
    fx_link(b->path, "b", "a");
    fx_link(b->path, "deepout", "lib/deep/up3");
    fx_link(b->path, "lib/deep/up3", "../../..");
    assert_int_equal(vf_tree_dir_open(vf_slice_of(b->path), &t, &b->err), VF_OK);
    return t;
}

static void resolves_links(void **state)
{
    struct box *b = *state;
    static const struct {
        const char *path;
        enum vf_kind kind;
        const char *end;
    } req[] = {
        {"", VF_KIND_DIR, ""},
        {".", VF_KIND_DIR, ""},
        {"lib", VF_KIND_DIR, "lib"},
        {"lib64", VF_KIND_DIR, "lib"},
        {"lib64/deep/f", VF_KIND_FILE, "lib/deep/f"},
        {"bin/f", VF_KIND_FILE, "lib/deep/f"},
        {"bin/behind", VF_KIND_FILE, "lib/deep/f"},
        {"bin/slashes", VF_KIND_DIR, "lib/deep"},
        {"bin/slashes/f", VF_KIND_FILE, "lib/deep/f"},
        {"lib/up", VF_KIND_DIR, ""},
        {"lib/up/lib/up/bin/f", VF_KIND_FILE, "lib/deep/f"},
        {"lib/here/here/here/deep", VF_KIND_DIR, "lib/deep"},
        {"lib64/deep/../../bin", VF_KIND_DIR, "bin"},
        {"bin/python", VF_KIND_LINK, "/usr/bin/python3"},
        {"bin/python3", VF_KIND_LINK, "/usr/bin/python3"},
        {"bin/python/x/../y", VF_KIND_LINK, "/usr/bin/python3/y"},
        {"bin/out", VF_KIND_LINK, "../base/bin"},
        {"bin/out/pip", VF_KIND_LINK, "../base/bin/pip"},
        {"deepout/x", VF_KIND_LINK, "../x"},
        {"..", VF_KIND_LINK, ".."},
        {"lib/../../x", VF_KIND_LINK, "../x"},
        {"/etc/x", VF_KIND_LINK, "/etc/x"},
        {"bin/gone", VF_KIND_NONE, ""},
        {"bin/none", VF_KIND_NONE, ""},
        {"none/x", VF_KIND_NONE, ""},
        {"bin/f/x", VF_KIND_NONE, ""},
        {"bin/gone/..", VF_KIND_NONE, ""},
        {"a", VF_KIND_NONE, ""},
        {"a/x", VF_KIND_NONE, ""},
    };
    struct vf_tree *t = make_tree(b);
    for (size_t i = 0; i < VF_COUNT(req); i++) {
        struct vf_buf end = {0};
        enum vf_kind kind = vf_tree_resolve(t, box_s(req[i].path), &b->arena, &end);
        if (kind != req[i].kind)
            fail_msg("'%s' is of kind %d", req[i].path, (int)kind);
        box_check(vf_buf_slice(&end), req[i].end);
        assert_int_equal(vf_tree_resolve(t, box_s(req[i].path), &b->arena, NULL), kind);
        vf_buf_release(&end);
    }
    struct vf_buf end = {0};
    vf_buf_puts(&end, ">");
    assert_int_equal(vf_tree_resolve(t, VF_S("lib64"), &b->arena, &end), VF_KIND_DIR);
    box_check(vf_buf_slice(&end), ">lib");
    vf_buf_release(&end);
    vf_tree_free(t);
}

static void forty_links_and_no_more(void **state)
{
    struct box *b = *state;
    struct vf_tree *t = NULL;
    fx_file(b->path, "l0", "x", 0644, 1);
    for (int i = 1; i <= 41; i++) {
        char name[16], target[16];
        (void)snprintf(name, sizeof name, "l%d", i);
        (void)snprintf(target, sizeof target, "l%d", i - 1);
        fx_link(b->path, name, target);
    }
    assert_int_equal(vf_tree_dir_open(vf_slice_of(b->path), &t, &b->err), VF_OK);
    assert_int_equal(vf_tree_resolve(t, VF_S("l40"), &b->arena, NULL), VF_KIND_FILE);
    assert_int_equal(vf_tree_resolve(t, VF_S("l41"), &b->arena, NULL), VF_KIND_NONE);
    vf_tree_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_TEST(reads_whole_files),
        BOX_BOTH(resolves_links),
        BOX_TEST(forty_links_and_no_more),
    };
    return cmocka_run_group_tests_name("fs/tree", tests, NULL, NULL);
}
