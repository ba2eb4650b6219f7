/* The files of an archive in memory: which member counts, what is refused, how layers hide, and what paths
 * mean. */
#include "fs_box.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "archive/file_put.h"
#include "archive/file_read.h"

static struct vf_file_tree *new_tree(struct box *b)
{
    struct vf_file_tree *t = NULL;
    assert_int_equal(vf_file_tree_new(&t, &b->err), VF_OK);
    return t;
}

static void put(struct box *b, struct vf_file_tree *t, const struct vf_put *e)
{
    assert_int_equal(vf_file_put(t, e, &b->err), VF_OK);
}

static void put_file(struct box *b, struct vf_file_tree *t, const char *name, uint64_t size, unsigned layer)
{
    struct vf_put e = {.name = box_s(name),
                       .kind = VF_KIND_FILE,
                       .mode = 0644,
                       .size = size,
                       .layer = layer,
                       .follow = layer > 0};
    put(b, t, &e);
}

static void put_dir(struct box *b, struct vf_file_tree *t, const char *name, unsigned layer)
{
    struct vf_put e = {.name = box_s(name), .kind = VF_KIND_DIR, .mode = 0700, .layer = layer};
    put(b, t, &e);
}

static void put_link(struct box *b, struct vf_file_tree *t, const char *name, const char *target,
                     unsigned layer)
{
    struct vf_put e = {.name = box_s(name), .kind = VF_KIND_LINK, .target = box_s(target), .layer = layer};
    put(b, t, &e);
}

static void put_hard(struct box *b, struct vf_file_tree *t, const char *name, const char *to)
{
    struct vf_put e = {.name = box_s(name), .kind = VF_KIND_FILE, .hard = box_s(to), .is_hard = true};
    put(b, t, &e);
}

static bool has(const struct vf_file_tree *t, const char *path)
{
    return vf_file_tree_find(t, VF_NODE_ROOT, box_s(path)) != VF_NODE_NONE;
}

static const struct vf_node *node(const struct vf_file_tree *t, const char *path)
{
    uint32_t n = vf_file_tree_find(t, VF_NODE_ROOT, box_s(path));
    assert_int_not_equal(n, VF_NODE_NONE);
    return vf_file_tree_node(t, n);
}

static uint64_t flaws(const struct vf_file_tree *t, enum vf_member_flaw flaw)
{
    return vf_file_tree_flaws(t)[flaw].count;
}

static void names_are_cleaned_and_the_last_member_counts(void **state)
{
    struct box *b = *state;
    struct vf_file_tree *t = new_tree(b);
    put_file(b, t, "./a//b/./c", 1, 0);
    put_dir(b, t, "a/", 0); /* it was implied: not twice */
    put_dir(b, t, "a", 0);  /* directories may come again */
    assert_int_equal(node(t, "a/b/c")->size, 1);
    assert_int_equal(node(t, "a")->mode, 0700);
    assert_int_equal(flaws(t, VF_MEMBER_TWICE), 0);
    put_file(b, t, "a/b/c", 2, 0);
    assert_int_equal(node(t, "a/b/c")->size, 2);
    put_file(b, t, "a/b", 3, 0); /* a file in the place of a directory */
    assert_false(has(t, "a/b/c"));
    assert_int_equal(node(t, "a/b")->size, 3);
    assert_int_equal(flaws(t, VF_MEMBER_TWICE), 2);
    put_dir(b, t, "a/b", 0);
    put_file(b, t, "a/b/d", 4, 0);
    assert_false(has(t, "a/b/c"));
    assert_true(has(t, "a/b/d"));
    vf_file_tree_free(t);
}

static void what_cannot_be_below_the_root_is_refused(void **state)
{
    struct box *b = *state;
    struct vf_file_tree *t = new_tree(b);
    char deep[2 * VF_FILE_TREE_DEPTH + 4];
    memset(deep, 'd', sizeof deep);
    for (size_t i = 1; i < sizeof deep; i += 2)
        deep[i] = '/';
    deep[sizeof deep - 1] = 0;
    put_file(b, t, "../x", 1, 0);
    put_file(b, t, "a/../../x", 1, 0);
    put_file(b, t, "", 1, 0);
    put_file(b, t, deep, 1, 0);
    put_file(b, t, "/etc/passwd", 1, 0);
    put_link(b, t, "l", "/etc", 0);
    put_file(b, t, "l/shadow", 1, 0);
    put_file(b, t, "f", 1, 0);
    put_file(b, t, "f/g", 1, 0);
    put_hard(b, t, "h", "nothing");
    put_hard(b, t, "i", "../../etc/passwd");
    assert_int_equal(flaws(t, VF_MEMBER_ESCAPES), 3);
    assert_int_equal(flaws(t, VF_MEMBER_NAME), 2);
    assert_int_equal(flaws(t, VF_MEMBER_ABSOLUTE), 1);
    assert_int_equal(flaws(t, VF_MEMBER_BELOW_LINK), 2);
    assert_int_equal(flaws(t, VF_MEMBER_NO_TARGET), 1);
    box_check(vf_file_tree_flaws(t)[VF_MEMBER_ESCAPES].first, "../x");
    assert_true(has(t, "etc/passwd"));
    assert_false(has(t, "l/shadow"));
    assert_false(has(t, "h"));
    assert_false(has(t, "x"));
    vf_file_tree_free(t);
}

static void hard_links_share_what_they_name(void **state)
{
    struct box *b = *state;
    struct vf_file_tree *t = new_tree(b);
    put_file(b, t, "a", 7, 0);
    put_hard(b, t, "d/b", "./a");
    put_hard(b, t, "a", "a"); /* to itself: nothing changes */
    put_file(b, t, "a", 9, 0);
    assert_int_equal(node(t, "d/b")->size, 7);
    assert_int_equal(node(t, "a")->size, 9);
    struct vf_stat x, y;
    put_hard(b, t, "c", "a");
    vf_file_tree_stat(t, vf_file_tree_find(t, VF_NODE_ROOT, VF_S("a")), &x);
    vf_file_tree_stat(t, vf_file_tree_find(t, VF_NODE_ROOT, VF_S("c")), &y);
    assert_true(x.ino == y.ino && x.dev == y.dev && x.ino != 0);
    vf_file_tree_free(t);
}

static void layers_hide_what_is_below_them(void **state)
{
    struct box *b = *state;
    struct vf_file_tree *t = new_tree(b);
    put_file(b, t, "d/one", 1, 1);
    put_file(b, t, "d/sub/two", 1, 1);
    put_file(b, t, "e/three", 1, 1);
    put_file(b, t, "f/four", 1, 1);
    put_file(b, t, "f/new", 1, 2); /* before the name that hides: layers have no order in them */
    put_file(b, t, "f/.wh..wh..opq", 0, 2);
    put_file(b, t, "d/.wh.one", 0, 2);
    put_file(b, t, ".wh.e", 0, 2);
    put_file(b, t, ".wh.nothing", 0, 2);
    assert_false(has(t, "d/one"));
    assert_true(has(t, "d/sub/two"));
    assert_false(has(t, "e"));
    assert_false(has(t, "f/four"));
    assert_true(has(t, "f/new"));
    assert_false(has(t, "d/.wh.one"));
    put_file(b, t, "e/again", 1, 3);
    assert_true(has(t, "e/again"));
    assert_false(has(t, "e/three"));
    put_file(b, t, "d", 1, 3); /* a file hides a directory */
    assert_false(has(t, "d/sub"));
    assert_int_equal(flaws(t, VF_MEMBER_TWICE), 0);
    vf_file_tree_free(t);
}

static void without_layers_the_names_are_ordinary(void **state)
{
    struct box *b = *state;
    struct vf_file_tree *t = new_tree(b);
    put_file(b, t, "one", 1, 0);
    put_file(b, t, ".wh.one", 1, 0);
    assert_true(has(t, "one"));
    assert_true(has(t, ".wh.one"));
    vf_file_tree_free(t);
}

static void members_of_layers_go_through_links_inside(void **state)
{
    struct box *b = *state;
    struct vf_file_tree *t = new_tree(b);
    put_dir(b, t, "usr/lib", 1);
    put_link(b, t, "lib", "/usr/lib", 1);
    put_link(b, t, "up", "../../../usr", 1);
    put_link(b, t, "loop", "loop", 1);
    put_file(b, t, "lib/a.so", 1, 2);
    put_file(b, t, "up/b", 1, 2);
    put_file(b, t, "loop/c", 1, 2);
    assert_true(has(t, "usr/lib/a.so"));
    assert_true(has(t, "usr/b"));
    assert_int_equal(flaws(t, VF_MEMBER_BELOW_LINK), 1);
    vf_file_tree_free(t);
}

static void check_resolve(struct vf_host *h, const char *path, const char *req)
{
    struct vf_buf out = {0};
    bool found = vf_host_resolve(h, box_s(path), &out);
    assert_int_equal(found, req != NULL);
    if (req)
        box_check(vf_buf_slice(&out), req);
    vf_buf_release(&out);
}

static void a_host_of_files_follows_links_inside(void **state)
{
    struct box *b = *state;
    struct vf_file_tree *t = new_tree(b);
    struct vf_host *h = NULL;
    put_file(b, t, "app/env/bin/python3", 1, 0);
    put_link(b, t, "app/env/bin/python", "python3", 0);
    put_link(b, t, "app/env/base", "../../base", 0);
    put_link(b, t, "app/env/abs", "/srv/base/bin", 0);
    put_link(b, t, "app/env/out", "/nowhere/x", 0);
    put_link(b, t, "app/env/loop", "loop", 0);
    put_file(b, t, "base/bin/tool", 1, 0);
    struct vf_file_mount m = {.files = t, .dir = VF_NODE_ROOT, .at = VF_S("/srv")};
    assert_int_equal(vf_host_of_files(&m, &h, &b->err), VF_OK);
    check_resolve(h, "/srv/app/env/bin/python", "/srv/app/env/bin/python3");
    check_resolve(h, "/srv/app/env/base/bin/tool", "/srv/base/bin/tool");
    check_resolve(h, "/srv/app/env/abs/tool", "/srv/base/bin/tool");
    check_resolve(h, "/srv/app/env/bin/../../env/abs", "/srv/base/bin");
    check_resolve(h, "/srv/../srv/app", "/srv/app");
    check_resolve(h, "/srv/app/env/out", NULL);
    check_resolve(h, "/srv/app/env/loop", NULL);
    check_resolve(h, "/srv/app/env/bin/python/x", NULL);
    check_resolve(h, "/etc/passwd", NULL); /* nothing of this host */
    assert_int_equal(vf_host_kind(h, VF_S("/"), NULL), VF_KIND_DIR);
    struct vf_slice *names;
    size_t n;
    assert_true(vf_host_list(h, VF_S("/srv/app/env/bin"), &b->arena, &names, &n));
    assert_int_equal(n, 2);
    box_check(names[0], "python");
    vf_host_free(h);
    vf_file_tree_free(t);
}

static void a_host_below_is_asked_for_the_rest(void **state)
{
    struct box *b = *state;
    struct vf_file_tree *t = new_tree(b);
    struct vf_host *h = NULL, *below = NULL;
    fx_mkdir(b->path, "srv", 0755);
    fx_mkdir(b->path, "srv/env", 0755);
    fx_file(b->path, "srv/env/only-below", "x", 0644, 1);
    fx_file(b->path, "srv/base", "y", 0644, 1);
    put_file(b, t, "env/pyvenv.cfg", 0, 0);
    put_link(b, t, "env/out", "../base", 0);
    struct vf_file_mount m = {.files = t, .dir = VF_NODE_ROOT, .at = VF_S("/srv"), .alone = VF_S("/srv/env")};
    assert_int_equal(vf_host_open(box_s(b->path), &below, &b->err), VF_OK);
    m.below = below;
    assert_int_equal(vf_host_of_files(&m, &h, &b->err), VF_OK);
    assert_true(vf_host_exists(h, VF_S("/srv/env/pyvenv.cfg")));
    assert_true(vf_host_exists(h, VF_S("/srv/base")));
    assert_true(vf_host_exists(h, VF_S("/srv/env/out")));
    assert_false(vf_host_exists(h, VF_S("/srv/env/only-below")));
    struct vf_slice *names;
    size_t n;
    assert_true(vf_host_list(h, VF_S("/srv"), &b->arena, &names, &n));
    assert_int_equal(n, 2); /* base and env, of both */
    assert_true(vf_host_list(h, VF_S("/srv/env"), &b->arena, &names, &n));
    assert_int_equal(n, 2); /* out and pyvenv.cfg */
    vf_host_free(h);
    vf_host_free(below);
    vf_file_tree_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_TEST(names_are_cleaned_and_the_last_member_counts),
        BOX_TEST(what_cannot_be_below_the_root_is_refused),
        BOX_TEST(hard_links_share_what_they_name),
        BOX_TEST(layers_hide_what_is_below_them),
        BOX_TEST(without_layers_the_names_are_ordinary),
        BOX_TEST(members_of_layers_go_through_links_inside),
        BOX_TEST(a_host_of_files_follows_links_inside),
        BOX_TEST(a_host_below_is_asked_for_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
