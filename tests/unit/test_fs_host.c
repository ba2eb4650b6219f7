/* The host around an environment: real, and as a file tree that stands for it. */
#include "fs_box.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/host.h"

enum { DEEP = 30 };

static struct vf_host *open_root(struct box *b, const char *root)
{
    struct vf_host *o = NULL;
    assert_int_equal(vf_host_open(box_s(root), &o, &b->err), VF_OK);
    return o;
}

/* An image: its absolute links are meant inside it. The same paths exist on no machine. */
static void make_image(const struct box *b)
{
    fx_mkdir(b->path, "vfx", 0755);
    fx_mkdir(b->path, "vfx/bin", 0755);
    fx_file(b->path, "vfx/bin/python3.12", "ELF", 0755, 1);
    fx_file(b->path, "vfx/bin/readme", "text", 0644, 1);
    fx_link(b->path, "vfx/bin/python3", "python3.12");
    fx_link(b->path, "vfx/bin/python", "/vfx/bin/python3");
    fx_link(b->path, "vfxbin", "/vfx/bin");
    fx_link(b->path, "climb", "../../../../../../vfx/bin/readme");
    fx_link(b->path, "vfx/bin/host", "/etc/passwd");
    fx_link(b->path, "vfx/bin/loop", "loop");
    fx_link(b->path, "vfx/slash", "/");
    fx_link(b->path, "vfx/trail", "bin/");
    box_fifo(b, "vfx/fifo");
}

static void resolves_inside_its_root(void **state)
{
    struct box *b = *state;
    static const struct {
        const char *path, *end;
    } req[] = {
        {"/", "/"},
        {"/vfx/bin/python", "/vfx/bin/python3.12"},
        {"/vfxbin/python", "/vfx/bin/python3.12"},
        {"//vfxbin//./python/", NULL},
        {"/vfxbin/", "/vfx/bin"},
        {"/climb", "/vfx/bin/readme"},
        {"/../../vfx/./bin/../bin/readme", "/vfx/bin/readme"},
        {"/vfxbin/../bin/readme", "/vfx/bin/readme"}, /* .. of where the link leads */
        {"/vfx/slash/vfx/slash/vfxbin", "/vfx/bin"},
        {"/vfx/trail/python", "/vfx/bin/python3.12"},
        {"/vfx/bin/host", NULL},
        {"/etc/passwd", NULL},
        {"/vfx/bin/loop", NULL},
        {"/vfx/bin/readme/x", NULL},
        {"/vfx/bin/readme/..", NULL},
        {"/vfx/none", NULL},
        {"vfx/bin", NULL},
        {"", NULL},
    };
    make_image(b);
    struct vf_host *o = open_root(b, b->path);
    for (size_t i = 0; i < VF_COUNT(req); i++) {
        struct vf_buf end = {0};
        bool there = vf_host_resolve(o, box_s(req[i].path), &end);
        if (there != (req[i].end != NULL))
            fail_msg("'%s' resolved: %d", req[i].path, there);
        box_check(vf_buf_slice(&end), there ? req[i].end : "");
        assert_int_equal(vf_host_exists(o, box_s(req[i].path)), there);
        vf_buf_release(&end);
    }
    vf_host_free(o);
}

static void answers(struct box *b, struct vf_host *o, const char *prefix)
{
    char *bin = fx_join(prefix, "vfx/bin"), *python = fx_join(bin, "python"),
         *third = fx_join(bin, "python3");
    char *readme = fx_join(bin, "readme"), *fifo = fx_join(prefix, "vfx/fifo"), *none = fx_join(bin, "none");
    struct vf_stat st;
    struct vf_buf target = {0};
    struct vf_slice s, *names;
    size_t n;
    int why = EIO;
    assert_int_equal(vf_host_look(o, box_s(readme), &st, &why), VF_KIND_FILE);
    assert_int_equal(why, 0);
    assert_int_equal(st.size, 4);
    assert_int_equal(vf_host_look(o, box_s(none), NULL, &why), VF_KIND_NONE);
    assert_int_equal(why, 0);
    assert_int_equal(vf_host_kind(o, box_s(bin), NULL), VF_KIND_DIR);
    assert_int_equal(vf_host_kind(o, box_s(fifo), NULL), VF_KIND_FIFO);
    assert_true(vf_host_executable(o, box_s(third)));
    assert_false(vf_host_executable(o, box_s(readme)) || vf_host_executable(o, box_s(bin)));
    assert_true(vf_host_readlink(o, box_s(third), &target));
    box_check(vf_buf_slice(&target), "python3.12");
    vf_buf_clear(&target);
    assert_true(vf_host_readlink(o, box_s(python), &target));
    box_check(vf_buf_slice(&target), "/vfx/bin/python3");
    assert_false(vf_host_readlink(o, box_s(readme), &target) || vf_host_readlink(o, box_s(none), &target));
    assert_int_equal(vf_host_read(o, box_s(readme), 4, &b->arena, &s, &b->err), VF_OK);
    box_check(s, "text");
    assert_int_equal(vf_host_read(o, box_s(readme), 3, &b->arena, &s, NULL), VF_LIMIT);
    assert_int_equal(vf_host_read(o, box_s(none), 3, &b->arena, &s, NULL), VF_NOT_FOUND);
    assert_int_equal(vf_host_read(o, box_s(bin), 3, &b->arena, &s, NULL), VF_UNREADABLE);
    assert_int_equal(vf_host_read(o, box_s(fifo), 3, &b->arena, &s, NULL), VF_UNREADABLE);
    assert_int_equal(vf_host_read(o, VF_S("relative"), 3, &b->arena, &s, NULL), VF_NOT_FOUND);
    assert_true(vf_host_list(o, box_s(bin), &b->arena, &names, &n));
    assert_int_equal(n, 6);
    box_check(names[0], "host");
    box_check(names[5], "readme");
    struct vf_map ranks;
    size_t rank, sum = 0;
    assert_true(vf_host_order(o, box_s(bin), &b->arena, &ranks));
    for (size_t i = 0; i < n; i++, sum += rank)
        assert_true(vf_map_get(&ranks, names[i], &rank) && rank < n);
    assert_int_equal(sum, n * (n - 1) / 2); /* each has its own */
    assert_false(vf_host_order(o, box_s(none), &b->arena, &ranks));
    assert_false(vf_host_list(o, box_s(readme), &b->arena, &names, &n));
    assert_int_equal(n, 0);
    assert_true(vf_host_same(o, box_s(bin), box_s(bin)));
    assert_false(vf_host_same(o, box_s(bin), box_s(readme)) || vf_host_same(o, box_s(none), box_s(none)));
    assert_false(vf_host_exists(o, (struct vf_slice){"/\0x", 3}));
    vf_buf_release(&target);
    free(bin), free(python), free(third), free(readme), free(fifo), free(none);
}

static void answers_in_an_image(void **state)
{
    struct box *b = *state;
    make_image(b);
    struct vf_host *o = open_root(b, b->path);
    answers(b, o, "");
    assert_true(vf_host_executable(o, VF_S("/vfxbin/python")));
    assert_true(vf_host_same(o, VF_S("/vfxbin/python"), VF_S("/vfx/bin/python3.12")));
    vf_host_free(o);
    vf_host_free(NULL);
}

static void answers_on_the_host(void **state)
{
    struct box *b = *state;
    make_image(b);
    struct vf_host *o = open_root(b, "/");
    answers(b, o, b->path);
    char *loop = fx_join(b->path, "vfx/bin/loop"), *p = fx_join(b->path, "vfxbin/python");
    int why = EIO;
    assert_int_equal(vf_host_look(o, box_s(loop), NULL, &why), VF_KIND_NONE);
    assert_int_equal(why, 0);
    assert_false(vf_host_exists(o, box_s(p))); /* /vfx is not there */
    assert_true(vf_host_exists(o, VF_S("/")));
    free(loop);
    free(p);
    vf_host_free(o);
}

static void long_paths(void **state)
{
    struct box *b = *state;
    char *rel = box_deep(b, "deep", DEEP), *end = fx_join(rel, "end"), *whole = fx_join(b->path, end);
    char *inside = fx_join("", end), *none = fx_join(whole, "x");
    struct vf_slice s;
    struct vf_host *o = open_root(b, "///"), *image = open_root(b, b->path);
    assert_int_equal(vf_host_kind(o, box_s(whole), NULL), VF_KIND_FILE);
    assert_int_equal(vf_host_kind(image, box_s(inside), NULL), VF_KIND_FILE);
    assert_int_equal(vf_host_read(o, box_s(whole), 9, &b->arena, &s, &b->err), VF_OK);
    box_check(s, "deep");
    assert_false(vf_host_exists(o, box_s(none)));
    char junk[6000];
    memset(junk, 'j', sizeof junk);
    junk[0] = '/';
    int why = EIO;
    assert_int_equal(vf_host_look(o, (struct vf_slice){junk, sizeof junk}, NULL, &why), VF_KIND_NONE);
    assert_int_equal(why, 0); /* no such name can be */
    assert_int_equal(vf_host_look(o, (struct vf_slice){junk, 300}, NULL, &why), VF_KIND_NONE);
    assert_int_equal(why, 0);
    free(rel), free(end), free(whole), free(inside), free(none);
    vf_host_free(o);
    vf_host_free(image);
    box_drop(b, "deep");
}

static void what_may_not_be_seen(void **state)
{
    struct box *b = *state;
    struct vf_slice s;
    box_as_nobody(b);
    fx_mkdir(b->path, "shut", 0755);
    fx_file(b->path, "shut/f", "x", 0644, 1);
    fx_file(b->path, "secret", "x", 0, 1);
    assert_int_equal(fchmodat(b->fd, "shut", 0, 0), 0);
    char *whole = fx_join(b->path, "shut/f");
    struct vf_host *o = open_root(b, "/"), *image = open_root(b, b->path);
    int why = 0;
    assert_int_equal(vf_host_look(o, box_s(whole), NULL, &why), VF_KIND_NONE);
    assert_int_equal(why, EACCES);
    why = 0;
    assert_int_equal(vf_host_look(image, VF_S("/shut/f"), NULL, &why), VF_KIND_NONE);
    assert_int_equal(why, EACCES);
    assert_int_equal(vf_host_read(image, VF_S("/shut/f"), 9, &b->arena, &s, &b->err), VF_UNREADABLE);
    box_check_err(b, VF_UNREADABLE);
    assert_int_equal(vf_host_read(image, VF_S("/secret"), 9, &b->arena, &s, &b->err), VF_UNREADABLE);
    box_check_err(b, VF_UNREADABLE);
    /* each once, the last one first, whatever was asked */
    assert_int_equal(vf_host_unseen_count(o), 1);
    box_check(vf_host_unseen(o)->path, whole);
    assert_int_equal(vf_host_unseen(o)->why, EACCES);
    assert_null(vf_host_unseen(o)->next);
    assert_false(vf_host_exists(o, box_s(whole)) || vf_host_is_missing(o, box_s(whole)));
    assert_true(vf_host_presence(o, box_s(whole)) == VF_NOT_EXAMINED);
    struct vf_buf out = {0};
    assert_false(vf_host_resolve(o, box_s(whole), &out) || vf_host_readlink(o, box_s(whole), &out));
    assert_int_equal(vf_host_unseen_count(o), 6);
    assert_null(vf_host_unseen(o)->next);
    assert_int_equal(vf_host_unseen_count(image), 3);
    box_check(vf_host_unseen(image)->path, "/secret");
    assert_null(vf_host_unseen(image)->next->next);
    for (int i = 0; i < 200; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "/shut/%d", i);
        assert_false(vf_host_is_missing(image, vf_slice_of(name)));
    }
    size_t kept = 0;
    for (const struct vf_host_unseen *u = vf_host_unseen(image); u; u = u->next)
        kept++;
    assert_int_equal(kept, VF_HOST_UNSEEN_MAX);
    assert_int_equal(vf_host_unseen_count(image), 203);
    assert_true(vf_host_is_missing(o, VF_S("/no/such/path")) && vf_host_presence(o, VF_S("/")) == VF_PRESENT);
    assert_int_equal(vf_host_unseen_count(o), 6);
    vf_host_free(o);
    vf_host_free(image);
    free(whole);
    box_as_root();
}

static void roots(void **state)
{
    struct box *b = *state;
    struct vf_host *o;
    char *none = fx_join(b->path, "none"), *file = fx_join(b->path, "f");
    fx_file(b->path, "f", "x", 0644, 1);
    assert_int_equal(vf_host_open(box_s(none), &o, &b->err), VF_NOT_FOUND);
    box_check_err(b, VF_NOT_FOUND);
    assert_int_equal(vf_host_open(box_s(file), &o, &b->err), VF_NOT_FOUND);
    box_check_err(b, VF_NOT_FOUND);
    assert_null(o);
    free(none);
    free(file);
    struct vf_slice cwd;
    assert_int_equal(vf_host_cwd(&b->arena, &cwd, &b->err), VF_OK);
    char *req = getcwd(NULL, 0);
    box_check(cwd, req);
    free(req);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_BOTH(resolves_inside_its_root), BOX_BOTH(answers_in_an_image),
        BOX_BOTH(answers_on_the_host),      BOX_BOTH(long_paths),
        BOX_TEST(what_may_not_be_seen),     BOX_TEST(roots),
    };
    return cmocka_run_group_tests_name("fs/outside", tests, NULL, NULL);
}
