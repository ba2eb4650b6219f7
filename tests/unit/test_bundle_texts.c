/* The texts of a lock bundle, and the tar file: the same input gives the same bytes, whatever the threads. */
#include "fs_box.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/tar.h"
#include "bundle/manifest.h"
#include "fs/atomic_file.h"
#include "packaging/pylock.h"

static struct vf_bundle_dist dists[] = {
    {.name = VF_S_INIT("a"),
     .version = VF_S_INIT("1.0"),
     .wheel = VF_S_INIT("a-1.0-py3-none-any.whl"),
     .tags = VF_S_INIT("py3-none-any"),
     .requires_python = VF_S_INIT(">=3.8"),
     .listed = true,
     .tags_exact = true,
     .sum = {.size = 7, .sha256 = {0xab}}},
    {.name = VF_S_INIT("a-b"),
     .version = VF_S_INIT("2"),
     .wheel = VF_S_INIT("A_b-2-py3-none-any.whl"),
     .tags = VF_S_INIT("py3-none-any"),
     .sum = {.size = 8}},
};
static struct vf_bundle_extra extras[] = {{.member = VF_S_INIT("extra/etc/x"),
                                           .path = VF_S_INIT("etc/x"),
                                           .rest = VF_S_INIT("etc/x"),
                                           .executable = true}};

static struct vf_bundle sample(void)
{
    return (struct vf_bundle){.implementation = "cpython",
                              .python = VF_S("3.11"),
                              .requires_python = VF_S(">=3.11"),
                              .dists = dists,
                              .n_dists = 2,
                              .extras = extras,
                              .n_extras = 1};
}

static void lists(void **state)
{
    struct box *b = *state;
    struct vf_bundle in = sample();
    struct vf_buf text = {0};
    struct vf_pylock lock;
    size_t order[2];
    assert_int_equal(vf_bundle_put_requirements(&in, &text, &b->err), VF_OK);
    box_check(vf_buf_slice(&text),
              "a==1.0 "
              "--hash=sha256:ab00000000000000000000000000000000000000000000000000000000000000\n");
    vf_buf_clear(&text);
    assert_int_equal(vf_bundle_put_lock(&in, &text, &b->err), VF_OK);
    assert_int_equal(vf_pylock_parse(&b->arena, vf_buf_slice(&text), &lock, &b->err), VF_OK);
    assert_int_equal(lock.n_packages, 1);
    assert_true(lock.has_requires_python && lock.packages[0].has_requires_python);
    box_check(lock.packages[0].wheels[0].path, "wheels/a-1.0-py3-none-any.whl");
    assert_int_equal(lock.packages[0].wheels[0].size, 7);
    vf_buf_release(&text);
    vf_bundle_wheel_order(&in, order);
    assert_int_equal(order[0], 1); /* "A_b" stands before "a-" */
}

static void manifest(void **state)
{
    struct box *b = *state;
    struct vf_bundle in = sample();
    struct vf_buf one = {0}, two = {0};
    assert_int_equal(vf_bundle_put_manifest(&in, VF_S("l"), VF_S("r"), &one, &b->err), VF_OK);
    assert_int_equal(vf_bundle_put_manifest(&in, VF_S("l"), VF_S("r"), &two, &b->err), VF_OK);
    assert_true(vf_slice_eq(vf_buf_slice(&one), vf_buf_slice(&two)));
    struct vf_slice text = vf_buf_slice(&one);
    size_t wheel = vf_slice_find(text, VF_S("\"path\": \"wheels/A_b"), 0);
    assert_int_not_equal(wheel, VF_NPOS);
    assert_true(wheel < vf_slice_find(text, VF_S("\"path\": \"wheels/a-"), 0));
    assert_int_not_equal(vf_slice_find(text, VF_S("\"member\": \"extra/etc/x\""), 0), VF_NPOS);
    vf_buf_release(&one);
    vf_buf_release(&two);
    in.left_out = &VF_S("\xff");
    in.n_left_out = 1;
    assert_int_equal(vf_bundle_put_manifest(&in, VF_S("l"), VF_S("r"), &one, &b->err), VF_UNWRITABLE);
    vf_buf_release(&one);
    box_check_err(b, VF_UNWRITABLE);
}

/* --- the tar file --- */

static enum vf_status collect(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    (void)err;
    vf_buf_put(ctx, bytes);
    return VF_OK;
}

static enum vf_status full(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    (void)ctx;
    (void)bytes;
    return vf_err_set(err, VF_NO_SPACE, 0, "write", VF_S("f"), "full");
}

static void make_tar(struct box *b, enum vf_tar_packing packing, unsigned threads, struct vf_buf *out)
{
    struct vf_tar_params p = {.packing = packing, .threads = threads, .sink = collect, .ctx = out};
    struct vf_tar_writer *w = NULL;
    /* only zstd is packed by several threads, which each want some MiB */
    size_t size = packing == VF_TAR_ZSTD ? 3 << 20 : 64 << 10;
    char *bytes = malloc(size);
    assert_non_null(bytes);
    for (unsigned i = 0, x = 1; i < size; i++, x = x * 1103515245u + 12345u)
        bytes[i] = (char)(x >> 28);
    assert_int_equal(vf_tar_writer_new(&p, &w, &b->err), VF_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(vf_tar_writer_member(w, VF_S("caf\xc3\xa9/x"), size, &b->err), VF_OK);
        assert_int_equal(vf_tar_writer_data(w, (struct vf_slice){bytes, size}, &b->err), VF_OK);
    }
    assert_int_equal(vf_tar_writer_finish(w, &b->err), VF_OK);
    vf_tar_writer_free(w);
    free(bytes);
}

static void the_same_bytes(void **state)
{
    struct box *b = *state;
    for (enum vf_tar_packing p = VF_TAR_ZSTD; p <= VF_TAR_PLAIN; p++) {
        struct vf_buf one = {0}, two = {0};
        make_tar(b, p, 1, &one);
        make_tar(b, p, 3, &two);
        assert_true(one.n > 100 && vf_slice_eq(vf_buf_slice(&one), vf_buf_slice(&two)));
        if (p == VF_TAR_PLAIN)
            assert_int_not_equal(vf_slice_find(vf_buf_slice(&one), VF_S("path=caf\xc3\xa9/x\n"), 0), VF_NPOS);
        vf_buf_release(&one);
        vf_buf_release(&two);
    }
}

static void tar_refuses(void **state)
{
    struct box *b = *state;
    struct vf_buf out = {0};
    struct vf_tar_params p = {.packing = VF_TAR_PLAIN, .sink = collect, .ctx = &out};
    struct vf_tar_writer *w = NULL;
    static const char *const bad[] = {"", "/x", "../x", "a//b", "a/", "\xff"};
    assert_int_equal(vf_tar_writer_new(&p, &w, &b->err), VF_OK);
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        assert_int_equal(vf_tar_writer_member(w, vf_slice_of(bad[i]), 0, &b->err), VF_USAGE);
        box_check_err(b, VF_USAGE);
    }
    assert_int_equal(vf_tar_writer_member(w, VF_S("x"), 3, &b->err), VF_OK);
    assert_int_equal(vf_tar_writer_data(w, VF_S("abcd"), &b->err), VF_CHANGED);
    box_check_err(b, VF_CHANGED);
    assert_int_equal(vf_tar_writer_data(w, VF_S("ab"), &b->err), VF_OK);
    assert_int_equal(vf_tar_writer_finish(w, &b->err), VF_CHANGED);
    box_check_err(b, VF_CHANGED);
    vf_tar_writer_free(w);
    vf_buf_release(&out);
    p.sink = full;
    assert_int_equal(vf_tar_writer_new(&p, &w, &b->err), VF_OK);
    assert_int_equal(vf_tar_writer_finish(w, &b->err), VF_NO_SPACE);
    box_check_err(b, VF_NO_SPACE);
    vf_tar_writer_free(w);
}

static void packings(void **state)
{
    (void)state;
    assert_int_equal(vf_tar_packing_of(VF_S("x.tar.zst")), VF_TAR_ZSTD);
    assert_int_equal(vf_tar_packing_of(VF_S("x")), VF_TAR_ZSTD);
    assert_int_equal(vf_tar_packing_of(VF_S("x.TGZ")), VF_TAR_GZIP);
    assert_int_equal(vf_tar_packing_of(VF_S("x.tar.xz")), VF_TAR_XZ);
    assert_int_equal(vf_tar_packing_of(VF_S("x.tar")), VF_TAR_PLAIN);
}

/* --- a file that appears whole --- */

static struct vf_slice below(struct box *b, const char *name)
{
    return vf_arena_concat(&b->arena, vf_slice_of(b->path), VF_S("/"), vf_slice_of(name));
}

static unsigned names(const struct box *b)
{
    struct stat st;
    return (fstatat(b->fd, "f", &st, AT_SYMLINK_NOFOLLOW) == 0) +
           2u * (fstatat(b->fd, "g", &st, AT_SYMLINK_NOFOLLOW) == 0);
}

static void whole(void **state)
{
    struct box *b = *state;
    struct vf_atomic_file w = {0};
    vf_atomic_file_abandon(&w);
    assert_int_equal(vf_atomic_file_open(below(b, "f"), &w, &b->err), VF_OK);
    assert_int_equal(vf_atomic_file_write(&w, VF_S("data"), &b->err), VF_OK);
    assert_int_equal(names(b), 0);
    assert_int_equal(vf_atomic_file_commit(&w, &b->err), VF_OK);
    vf_atomic_file_abandon(&w);
    assert_int_equal(names(b), 1);
    assert_int_equal(vf_atomic_file_open(below(b, "f"), &w, &b->err), VF_EXISTS);
    box_check_err(b, VF_EXISTS);
    assert_int_equal(vf_atomic_file_open(below(b, "none/f"), &w, &b->err), VF_NO_PARENT);
    box_check_err(b, VF_NO_PARENT);
    assert_int_equal(vf_atomic_file_open(below(b, "g"), &w, &b->err), VF_OK);
    vf_atomic_file_abandon(&w);
    assert_int_equal(names(b), 1);
    assert_int_equal(vf_atomic_file_open(below(b, "g"), &w, &b->err), VF_OK);
    assert_int_equal(renameat(b->fd, "f", b->fd, "g"), 0); /* somebody else was faster */
    assert_int_equal(vf_atomic_file_commit(&w, &b->err), VF_EXISTS);
    box_check_err(b, VF_EXISTS);
    assert_int_equal(names(b), 2);
    assert_int_equal(faccessat(b->fd, w.temp, F_OK, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_TEST(lists),       BOX_TEST(manifest), BOX_TEST(the_same_bytes),
        BOX_TEST(tar_refuses), BOX_TEST(packings), BOX_BOTH(whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
