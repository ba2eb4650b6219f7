/* Edits: sealing, finding, applying in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fs/edit.h"

static struct vf_edit link_at(const char *path)
{
    return (struct vf_edit){.path = vf_slice_of(path), .kind = VF_EDIT_LINK, .contents = VF_S("t")};
}

static void found_after_sealing(void **state)
{
    (void)state;
    struct vf_edit v[] = {link_at("bin/pip"), link_at("bin"), link_at("a\xff"), link_at("bin.d/x")};
    struct vf_edits e = {v, VF_COUNT(v)};
    assert_int_equal(vf_edits_finish(&e, NULL), VF_OK);
    assert_ptr_equal(vf_edits_find(&e, VF_S("bin/pip")), &v[3]);
    assert_ptr_equal(vf_edits_find(&e, VF_S("bin.d/x")), &v[2]); /* '.' sorts before '/' */
    assert_ptr_equal(vf_edits_find(&e, VF_S("a\xff")), &v[0]);
    assert_null(vf_edits_find(&e, VF_S("bin/pi")));
    assert_null(vf_edits_find(&e, VF_S("bin/pip3")));
    assert_null(vf_edits_find(&e, VF_S("")));
    assert_null(vf_edits_find(&(struct vf_edits){0}, VF_S("bin")));
    assert_null(vf_edits_find(NULL, VF_S("bin")));
    assert_int_equal(vf_edits_finish(&(struct vf_edits){0}, NULL), VF_OK);
}

static void bad_paths_are_refused(void **state)
{
    (void)state;
    static const struct vf_slice bad[] = {
        VF_S_INIT(""),     VF_S_INIT("."),    VF_S_INIT("/a"),  VF_S_INIT(".."),   VF_S_INIT("../a"),
        VF_S_INIT("a/.."), VF_S_INIT("a//b"), VF_S_INIT("./a"), VF_S_INIT("a\0b"), VF_S_INIT("a/")};
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        struct vf_edit v = {.path = bad[i], .kind = VF_EDIT_DELETE};
        assert_int_equal(vf_edits_finish(&(struct vf_edits){&v, 1}, NULL), VF_INTERNAL);
    }
    static const char *const good[] = {"..a", "a..", "...", "a/.b", "a\n"};
    for (size_t i = 0; i < VF_COUNT(good); i++) {
        struct vf_edit v = {.path = vf_slice_of(good[i]), .kind = VF_EDIT_DELETE};
        assert_int_equal(vf_edits_finish(&(struct vf_edits){&v, 1}, NULL), VF_OK);
    }
}

static void doubles_are_refused(void **state)
{
    (void)state;
    struct vf_edit v[] = {link_at("b"), link_at("a"), link_at("b")};
    struct vf_err err = {0};
    assert_int_equal(vf_edits_finish(&(struct vf_edits){v, 3}, &err), VF_INTERNAL);
    assert_string_equal(err.path, "b");
    vf_err_release(&err);
}

static enum vf_status seal_splices(struct vf_splice *s, size_t n)
{
    struct vf_edit v = {.path = VF_S("f"), .kind = VF_EDIT_SPLICE, .splices = s, .n = n};
    return vf_edits_finish(&(struct vf_edits){&v, 1}, NULL);
}

static void overlapping_splices_are_refused(void **state)
{
    (void)state;
    struct vf_splice touch[] = {{4, 2, VF_S("")}, {0, 4, VF_S("")}, {6, 0, VF_S("x")}};
    assert_int_equal(seal_splices(touch, 3), VF_OK);
    assert_int_equal(touch[0].off, 0);
    struct vf_splice over[] = {{0, 5, VF_S("")}, {4, 2, VF_S("")}};
    assert_int_equal(seal_splices(over, 2), VF_INTERNAL);
    struct vf_splice insert_first[] = {{4, 2, VF_S("")}, {4, 0, VF_S("x")}};
    assert_int_equal(seal_splices(insert_first, 2), VF_OK);
    assert_int_equal(insert_first[0].len, 0);
    struct vf_splice twice[] = {{4, 0, VF_S("x")}, {4, 0, VF_S("y")}};
    assert_int_equal(seal_splices(twice, 2), VF_INTERNAL);
    struct vf_splice inside[] = {{0, 5, VF_S("")}, {3, 0, VF_S("x")}};
    assert_int_equal(seal_splices(inside, 2), VF_INTERNAL);
    struct vf_splice endless = {5, UINT64_MAX, VF_S("")};
    assert_int_equal(seal_splices(&endless, 1), VF_INTERNAL);
}

static void check_apply(const struct vf_edit *e, const char *old, const char *req)
{
    struct vf_buf out = {0};
    assert_int_equal(vf_edit_apply(e, vf_slice_of(old), &out, NULL), VF_OK);
    assert_int_equal(out.n, strlen(req));
    if (out.n > 0)
        assert_memory_equal(out.p, req, out.n);
    vf_buf_release(&out);
}

static void applies(void **state)
{
    (void)state;
    struct vf_splice s[] = {{0, 0, VF_S("<")}, {0, 2, VF_S("AB")}, {3, 1, VF_S("")}, {6, 0, VF_S(">")}};
    struct vf_edit e = {.path = VF_S("f"), .kind = VF_EDIT_SPLICE, .splices = s, .n = 4};
    check_apply(&e, "abcdef", "<ABcef>");
    e.n = 0;
    check_apply(&e, "abcdef", "abcdef");
    check_apply(&e, "", "");
    struct vf_edit w = {.path = VF_S("f"), .kind = VF_EDIT_WRITE, .contents = VF_S("new")};
    check_apply(&w, "old", "new");
    w.kind = VF_EDIT_LINK;
    check_apply(&w, "old", "new");
    w.kind = VF_EDIT_DELETE;
    check_apply(&w, "old", "");
}

static void a_splice_outside_is_a_change(void **state)
{
    (void)state;
    static const struct vf_splice bad[] = {{7, 0, VF_S_INIT("")},
                                           {6, 1, VF_S_INIT("")},
                                           {5, UINT64_MAX - 5, VF_S_INIT("")},
                                           {UINT64_MAX, 0, VF_S_INIT("")}};
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        struct vf_splice s = bad[i];
        struct vf_edit e = {.path = VF_S("f"), .kind = VF_EDIT_SPLICE, .splices = &s, .n = 1};
        struct vf_buf out = {0};
        assert_int_equal(vf_edit_apply(&e, VF_S("abcdef"), &out, NULL), VF_CHANGED);
        vf_buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_after_sealing),
        cmocka_unit_test(bad_paths_are_refused),
        cmocka_unit_test(doubles_are_refused),
        cmocka_unit_test(overlapping_splices_are_refused),
        cmocka_unit_test(applies),
        cmocka_unit_test(a_splice_outside_is_a_change),
    };
    return cmocka_run_group_tests_name("fs/edit", tests, NULL, NULL);
}
