/* OLD of a move by copying where it cannot be put aside: a directory that has to keep its name, a mount
 * point, a parent that nobody may write to. It is emptied where it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/mount.h>

#include "retire_world.h"

/* As on an overlay: OLD cannot be put aside and is emptied where it is. */
static void killed_where_old_must_stay(void **state)
{
    (void)state;
    char *after = expected_after();
    long n = 0;
    for (bool killed = true; killed; n++) {
        struct world w;
        struct vf_err err;
        vf_err_init(&err);
        ready_to_retire(&w);
        dirs_stay = true;
        killed = die_at(n + 1, recover, &w, NULL);
        if (recover(&w, NULL, &err) != VF_OK)
            fail_msg("step %ld: %s %s", n + 1, err.detail, err.path ? err.path : "");
        dirs_stay = false;
        assert_false(fx_there(w.base, "from/old"));
        check_world(&w, after, true, n + 1);
        world_free(&w);
    }
    assert_true(n > 20);
    free(after);
}

static void changed_where_old_must_stay(void **state)
{
    (void)state;
    struct world w;
    char changed[200];
    struct vf_retire *r = committed(&w);
    append(w.old, "bin/pip", "precious\n");
    dirs_stay = true;
    assert_int_equal(finished(r, changed), VF_RETIRE_CHANGED);
    dirs_stay = false;
    assert_string_equal(changed, "bin/pip ");
    assert_true(fx_there(w.old, "bin/data"));
    no_journal(&w);
    world_free(&w);
}

static void a_mount_point(void **state)
{
    (void)state;
    struct world w;
    char changed[200];
    struct vf_err err;
    struct vf_retire *r = NULL;
    vf_err_init(&err);
    world_make(&w);
    fx_remove(w.old);
    fx_mkdir(w.base, "from/old", 0755);
    if (mount("tmpfs", w.old, "tmpfs", 0, "size=128k,mode=0755") == 0) { /* root only */
        fx_mkdir(w.base, "from/old/bin", 0755);
        fx_file(w.base, "from/old/bin/pip", "#!/base/old/bin/python\n", 0755, 1500000001);
        assert_int_equal(up_to_commit(&w, true, &r, &err), VF_OK);
        assert_int_equal(finished(r, changed), VF_RETIRE_EMPTIED);
        char *left = fx_snapshot(w.old, NULL, false);
        assert_string_equal(left, ". 40755 0 * \n");
        no_journal(&w);
        assert_int_equal(umount(w.old), 0);
        free(left);
    }
    world_free(&w);
}

/* Something is mounted over OLD, or below it, after it was copied: neither is entered, and OLD stays. */
static void mounted_meanwhile(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) { /* over OLD, below it, a bind mount below it; in one run or after a kill */
        struct world w;
        char changed[200];
        bool live = i < 3, over = i % 3 == 0, bind = i % 3 == 2;
        struct vf_retire *r = committed(&w);
        if (!live)
            retire_free(r);
        fx_mkdir(w.base, "victim", 0755);
        char *at = over ? fx_join(w.old, "") : fx_join(w.old, "bin"), *victim = fx_join(w.base, "victim");
        int failed =
            bind ? mount(victim, at, NULL, MS_BIND, NULL) : mount("tmpfs", at, "tmpfs", 0, "size=128k");
        if (failed == 0) {
            fx_file(at, "mine", "precious", 0644, 1500000000);
            int outcome = live ? finished(r, changed) : resumed(&w);
            assert_int_equal(outcome, over ? VF_RETIRE_NOT_OLD : VF_RETIRE_CHANGED);
            assert_true(fx_there(at, "mine"));
            assert_int_equal(umount2(at, MNT_DETACH), 0);
            assert_true(fx_there(w.old, "bin/pip"));
        } else if (live) {
            retire_free(r);
        }
        free(at);
        free(victim);
        world_free(&w);
    }
}

static enum vf_status as_nobody(const struct world *w, void *ctx, struct vf_err *err)
{
    struct vf_retire *r = NULL;
    char changed[200];
    (void)ctx;
    if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
        return VF_INTERNAL;
    enum vf_status st = up_to_commit(w, true, &r, err);
    if (st == VF_OK && finished(r, changed) != VF_RETIRE_EMPTIED)
        st = VF_INTERNAL;
    return st;
}

/* OLD is the user's, the directory above it is not. */
static void below_a_closed_directory(void **state)
{
    (void)state;
    static const char *const rel[] = {"from/old",          "from/old/bin",     "from/old/bin/pip",
                                      "from/old/bin/data", "from/old/bin/out", "to"};
    struct world w;
    world_make(&w);
    for (size_t i = 0; i < VF_COUNT(rel); i++)
        give(w.base, rel[i]);
    char *from = fx_join(w.base, "from");
    assert_int_equal(chmod(from, 0555), 0);
    assert_false(die_at(0, as_nobody, &w, NULL));
    char *left = fx_snapshot(w.old, NULL, false);
    assert_string_equal(left, ". 40755 0 * \n");
    assert_true(fx_there(w.fresh, "bin/pip"));
    assert_int_equal(chmod(from, 0755), 0);
    free(left);
    free(from);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_where_old_must_stay),
        cmocka_unit_test(changed_where_old_must_stay),
        cmocka_unit_test(a_mount_point),
        cmocka_unit_test(mounted_meanwhile),
        cmocka_unit_test(below_a_closed_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
