/* No space, no room in a file, no permission. */
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

#include "txn_world.h"

static enum vf_status child_small_files(const struct world *w, void *ctx, struct vf_err *err)
{
    struct rlimit lim = {*(rlim_t *)ctx, *(rlim_t *)ctx};
    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &lim) < 0)
        return VF_INTERNAL;
    struct vf_txn *t = NULL;
    enum vf_status st = up_to_apply(w, &t, err);
    if (st == VF_OK)
        return vf_txn_finish(t, err);
    vf_err_clear(err);
    return t ? vf_txn_roll_back(t, err) : VF_OK;
}

static void files_may_not_grow(void **state)
{
    (void)state;
    char *after = expected_after(false);
    for (rlim_t limit = 0; limit < 6000; limit += limit < 64 ? 3 : 499) {
        struct world w;
        struct vf_err err;
        vf_err_init(&err);
        world_make(&w, false);
        assert_false(die_at(0, child_small_files, &w, &limit));
        assert_int_equal(recover(&w, BACKWARD, &err), VF_OK);
        check_world(&w, after, true, true, "file size", (long)limit);
        world_free(&w);
    }
    free(after);
}

static void full_disk(void **state)
{
    (void)state;
    struct world w = {.move = false};
    struct vf_err err;
    struct vf_txn *t = NULL;
    vf_err_init(&err);
    char *dir = fx_dir();
    w.base = fx_join(dir, "mnt");
    fx_mkdir(dir, "mnt", 0755);
    if (mount("tmpfs", w.base, "tmpfs", 0, "size=128k") <
        0) { /* no root: files_may_not_grow shows the same paths */
        fx_remove(dir);
        free(dir);
        free(w.base);
        return;
    }
    w.old = fx_join(w.base, "old");
    w.fresh = fx_join(w.base, "new");
    make_env(w.base);
    w.before = fx_snapshot(w.old, NULL, true);
    char *big = calloc(1, 100001);
    memset(big, 'x', 100000);
    struct vf_edit e = {.path = VF_S_INIT("bin/keep"), .kind = VF_EDIT_WRITE, .contents = {big, 100000}};
    assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
    assert_int_equal(vf_txn_stage(t, &plan[2], &err), VF_OK);
    assert_int_equal(vf_txn_stage(t, &e, &err), VF_NO_SPACE);
    vf_err_clear(&err);
    assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
    char *now = fx_snapshot(w.old, NULL, true);
    assert_string_equal(now, w.before);
    assert_int_equal(umount(w.base), 0);
    fx_remove(dir);
    free(dir);
    free(now);
    free(big);
    free(w.base);
    free(w.old);
    free(w.fresh);
    free(w.before);
}

static enum vf_status child_unprivileged(const struct world *w, void *ctx, struct vf_err *err)
{
    struct vf_txn *t = NULL;
    (void)ctx;
    if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
        return VF_INTERNAL;
    enum vf_status st = vf_txn_begin(&test_key, sl(w->old), "fix", sl(w->old), sl(w->old), &t, err);
    vf_err_clear(err);
    return st == VF_NOT_WRITABLE ? VF_OK : VF_INTERNAL;
}

static void not_writable(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, false);
    assert_int_equal(chmod(w.old, 0555), 0);
    assert_false(die_at(0, child_unprivileged, &w, NULL));
    assert_false(fx_there(w.old, ".venvfix"));
    assert_int_equal(chmod(w.old, 0755), 0);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_may_not_grow),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(not_writable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
