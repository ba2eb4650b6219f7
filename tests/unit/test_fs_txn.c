/* The transaction, undisturbed: what it brings in, what it takes back, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/mount.h>

#include "txn_world.h"

static void fix_changes_what_it_should(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    vf_err_init(&err);
    int fds = fx_open_fds();
    world_make(&w, false);
    char *dirs = fx_snapshot(w.old, edited, true);
    assert_int_equal(whole(&w, false, &err), VF_OK);
    char *pip = fx_read(w.old, "bin/pip");
    assert_string_equal(pip, "#!/somewhere/new/bin/python\nimport os\nimport pip\n");
    char *weird = fx_read(w.old, WEIRD);
    assert_string_equal(weird, "two");
    char *script = fx_read(w.old, "bin/script");
    assert_string_equal(script, "was a link");
    assert_false(fx_there(w.old, "lib/gone.pyc"));
    assert_false(fx_there(w.old, ".venvfix"));
    assert_true(fx_mtime_of(w.old, "lib/deep") == 1500000010);
    assert_true(fx_mtime_of(w.old, "lib") == 1500000011);
    assert_true(fx_mtime_of(w.old, "bin") == 1500000012);
    assert_true(fx_mtime_of(w.old, ".") == 1500000013);
    assert_int_equal(fx_open_fds(), fds);
    free(dirs);
    free(pip);
    free(weird);
    free(script);
    world_free(&w);
}

static void roll_back_leaves_no_trace(void **state)
{
    (void)state;
    struct vf_err err;
    vf_err_init(&err);
    for (int variant = 0; variant < 4; variant++) {
        struct world w;
        no_exchange = variant & 1;
        int fds = fx_open_fds();
        world_make(&w, variant & 2);
        char *before = fx_snapshot(w.old, NULL, true);
        assert_int_equal(whole(&w, true, &err), VF_OK);
        char *now = fx_snapshot(w.old, NULL, true); /* with the times of directories */
        assert_string_equal(now, before);
        assert_int_equal(fx_open_fds(), fds);
        free(before);
        free(now);
        world_free(&w);
    }
    no_exchange = false;
}

static void edited_py_gets_another_time(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_txn *t = NULL;
    struct vf_edit e = {.path = VF_S_INIT("lib/now.py"), .kind = VF_EDIT_WRITE, .contents = VF_S_INIT("y")};
    vf_err_init(&err);
    world_make(&w, false);
    for (int i = 0; i < 3; i++) { /* the same size, written in the same second */
        long now = (long)time(NULL);
        fx_file(w.old, "lib/now.py", "x", 0644, now);
        assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
        assert_int_equal(vf_txn_stage(t, &e, &err), VF_OK);
        assert_int_equal(vf_txn_write_commit_record(t, &err), VF_OK);
        assert_int_equal(vf_txn_apply(t, NULL, &err), VF_OK);
        assert_int_equal(vf_txn_finish(t, &err), VF_OK);
        assert_true(fx_mtime_of(w.old, "lib/now.py") != now);
    }
    world_free(&w);
}

/* Two names of one file that are edited alike are one file before, afterwards, and when it was taken back. */
static void two_names_stay_one_file(void **state)
{
    (void)state;
    for (int back = 0; back < 2; back++) {
        struct world w;
        struct vf_err err;
        struct stat a, b;
        vf_err_init(&err);
        world_make(&w, false);
        char *pip = fx_join(w.old, "bin/pip"), *pip3 = fx_join(w.old, "bin/pip3");
        assert_int_equal(whole(&w, back, &err), VF_OK);
        assert_int_equal(stat(pip, &a), 0);
        assert_int_equal(stat(pip3, &b), 0);
        assert_true(a.st_ino == b.st_ino && a.st_nlink == 2);
        free(pip);
        free(pip3);
        world_free(&w);
    }
}

static void hard_link_and_attributes(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct stat a, b;
    vf_err_init(&err);
    world_make(&w, false);
    char *path = fx_join(w.old, "lib/shared.py"), *cache = fx_join(w.base, "cache.py");
    if (geteuid() == 0)
        assert_int_equal(chown(path, 1234, 4321), 0);
    assert_int_equal(chmod(path, 04755), 0);
    assert_int_equal(whole(&w, false, &err), VF_OK);
    assert_int_equal(stat(path, &a), 0);
    assert_int_equal(stat(cache, &b), 0);
    assert_true(a.st_ino != b.st_ino);
    assert_int_equal(a.st_nlink, 1);
    assert_int_equal(a.st_mode & 07777, 04755);
    assert_int_equal(a.st_uid, b.st_uid);
    assert_int_equal(a.st_gid, b.st_gid);
    char *text = fx_read(w.base, "cache.py");
    assert_string_equal(text, "X = '/base/old'\n");
    free(text);
    free(path);
    free(cache);
    world_free(&w);
}
static void stage_refuses(void **state)
{
    (void)state;
    static const struct {
        struct vf_edit e;
        enum vf_status req;
    } cases[] = {
        {{.path = VF_S_INIT("../evil"), .kind = VF_EDIT_WRITE}, VF_INTERNAL},
        {{.path = VF_S_INIT("/etc/evil"), .kind = VF_EDIT_WRITE}, VF_INTERNAL},
        {{.path = VF_S_INIT(".venvfix/lock"), .kind = VF_EDIT_WRITE}, VF_INTERNAL},
        {{.path = VF_S_INIT(".venvfix"), .kind = VF_EDIT_DELETE}, VF_INTERNAL},
        {{.path = VF_S_INIT("bin//pip"), .kind = VF_EDIT_DELETE}, VF_INTERNAL},
        {{.path = VF_S_INIT("lib64/shared.py"), .kind = VF_EDIT_WRITE}, VF_CHANGED}, /* through a link */
        {{.path = VF_S_INIT("lib/none"), .kind = VF_EDIT_DELETE}, VF_CHANGED},
        {{.path = VF_S_INIT("lib/none"), .kind = VF_EDIT_SPLICE}, VF_CHANGED},
        {{.path = VF_S_INIT("none/none"), .kind = VF_EDIT_WRITE}, VF_CHANGED},
        {{.path = VF_S_INIT("lib"), .kind = VF_EDIT_WRITE}, VF_CHANGED},
        {{.path = VF_S_INIT("bin/python"), .kind = VF_EDIT_SPLICE}, VF_CHANGED},
        {{.path = VF_S_INIT("fifo"), .kind = VF_EDIT_WRITE}, VF_CHANGED},
        {{.path = VF_S_INIT("bin/keep"), .kind = VF_EDIT_SPLICE, .splices = pip_splices, .n = 2}, VF_CHANGED},
    };
    struct world w;
    struct vf_err err;
    struct vf_txn *t = NULL;
    vf_err_init(&err);
    world_make(&w, false);
    fx_link(w.old, "lib64", "lib");
    char *fifo = fx_join(w.old, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    char *before = fx_snapshot(w.old, NULL, true);
    int fds = fx_open_fds();
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
        assert_int_equal(vf_txn_stage(t, &cases[i].e, &err), cases[i].req);
        vf_err_clear(&err);
        assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
    }
    assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
    assert_int_equal(vf_txn_stage(t, &plan[2], &err), VF_OK);
    assert_int_equal(vf_txn_stage(t, &plan[2], &err), VF_INTERNAL); /* one path twice */
    vf_err_clear(&err);
    assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
    char *now = fx_snapshot(w.old, NULL, true);
    assert_string_equal(now, before);
    assert_int_equal(fx_open_fds(), fds);
    free(fifo);
    free(before);
    free(now);
    world_free(&w);
}
static void probe_is_a_program(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_txn *t = NULL;
    vf_err_init(&err);
    world_make(&w, false);
    assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(vf_txn_write_stub(t, VF_S("#!/bin/sh\nexit 7\n"), &err), VF_OK);
        char *p = fx_join(w.old, ".venvfix/probe");
        int r = system(p);
        assert_int_equal(WEXITSTATUS(r), 7);
        free(p);
    }
    assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
    assert_false(fx_there(w.old, ".venvfix"));
    world_free(&w);
}

static void many_edits_one_flush(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_txn *t = NULL;
    enum { MANY = 300 };
    char path[64];
    vf_err_init(&err);
    world_make(&w, false);
    assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(path, sizeof path, "lib/deep/new%d",
                       i); /* the edit is the caller's only during the call */
        struct vf_edit e = {
            .path = sl(path), .kind = VF_EDIT_WRITE, .contents = VF_S_INIT("x"), .mode = 0644};
        assert_int_equal(vf_txn_stage(t, &e, &err), VF_OK);
    }
    assert_int_equal(vf_txn_write_commit_record(t, &err), VF_OK);
    assert_int_equal(vf_txn_apply(t, NULL, &err), VF_OK);
    assert_true(fx_there(w.old, "lib/deep/new299"));
    assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
    char *now = fx_snapshot(w.old, NULL, false);
    assert_string_equal(now, w.before);
    free(now);
    world_free(&w);
}
/* --- the rename --- */

static void move_refuses(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_txn *t = NULL;
    vf_err_init(&err);
    world_make(&w, true);
    fx_mkdir(w.base, "new", 0755);
    static const struct {
        const char *to;
        enum vf_status req;
    } cases[] = {{"new", VF_EXISTS}, {"old/bin/inside", VF_NESTED}};
    char *nowhere = fx_join(w.base, "none/new");
    assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "move", sl(w.old), sl(nowhere), &t, &err),
                     VF_NO_PARENT);
    vf_err_clear(&err);
    assert_false(fx_there(w.old, ".venvfix"));
    free(nowhere);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        char *to = fx_join(w.base, cases[i].to);
        char *before = fx_snapshot(w.base, NULL, false);
        assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "move", sl(w.old), sl(to), &t, &err), VF_OK);
        assert_int_equal(vf_txn_stage(t, &plan[2], &err), VF_OK);
        assert_int_equal(vf_txn_write_commit_record(t, &err), VF_OK);
        assert_int_equal(vf_txn_move(t, &err), cases[i].req);
        vf_err_clear(&err);
        assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
        char *now = fx_snapshot(w.base, NULL, false);
        assert_string_equal(now, before);
        free(before);
        free(now);
        free(to);
    }
    world_free(&w);
}

static void other_file_system(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_txn *t = NULL;
    struct stat a, b;
    char there[] = "/tmp/venvfix-test-XXXXXX";
    vf_err_init(&err);
    world_make(&w, true);
    assert_non_null(mkdtemp(there));
    assert_int_equal(stat(there, &a), 0);
    assert_int_equal(stat(w.old, &b), 0);
    if (a.st_dev != b.st_dev) { /* /dev/shm and /tmp; where they are one, there is nothing to cross */
        char *to = fx_join(there, "new");
        assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "move", sl(w.old), sl(to), &t, &err), VF_OK);
        assert_int_equal(vf_txn_stage(t, &plan[2], &err), VF_OK);
        assert_int_equal(vf_txn_write_commit_record(t, &err), VF_OK);
        assert_int_equal(vf_txn_move(t, &err), VF_CROSS_DEVICE);
        vf_err_clear(&err);
        assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
        char *now = fx_snapshot(w.old, NULL, false);
        assert_string_equal(now, w.before);
        free(now);
        free(to);
    }
    assert_int_equal(rmdir(there), 0);
    world_free(&w);
}

/* Somebody made a new OLD before the move could be taken back: what stands at NEW stays whole, and nothing is
 * overwritten. */
static void old_place_taken(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_txn *t = NULL;
    vf_err_init(&err);
    world_make(&w, true);
    char *after = expected_after(true);
    assert_int_equal(up_to_apply(&w, &t, &err), VF_OK);
    fx_mkdir(w.base, "old", 0755);
    fx_file(w.base, "old/mine", "mine", 0644, 1500000000);
    assert_int_equal(vf_txn_roll_back(t, &err), VF_EXISTS);
    vf_err_clear(&err);
    char *mine = fx_read(w.old, "mine");
    assert_string_equal(mine, "mine");
    fx_remove(w.old);
    assert_int_equal(recover(&w, FORWARD, &err), VF_OK); /* the state says back */
    check_world(&w, after, true, false, "old place taken", 0);
    free(mine);
    free(after);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fix_changes_what_it_should),
        cmocka_unit_test(roll_back_leaves_no_trace),
        cmocka_unit_test(edited_py_gets_another_time),
        cmocka_unit_test(hard_link_and_attributes),
        cmocka_unit_test(two_names_stay_one_file),
        cmocka_unit_test(stage_refuses),
        cmocka_unit_test(probe_is_a_program),
        cmocka_unit_test(many_edits_one_flush),
        cmocka_unit_test(move_refuses),
        cmocka_unit_test(other_file_system),
        cmocka_unit_test(old_place_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
