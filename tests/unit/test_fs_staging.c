/* Staging beside NEW: a copy and a move by copying, killed before each of their steps, and what is not ours
 * to remove. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "staging_world.h"

static void kill_everywhere(bool retire, long again)
{
    char *after = expected_after();
    bool killed = true;
    long n = 0;
    for (n = 1; killed; n += STRIDE) {
        bool killed_again = true;
        for (long m = n / STRIDE % again == 0 ? 1 : 0; killed_again; m++) {
            struct world w;
            struct vf_err err;
            vf_err_init(&err);
            world_make(&w);
            killed = die_at(n, whole, &w, &retire);
            killed_again = m > 0 && die_at(m, recover, &w, NULL);
            enum vf_status st = recover(&w, NULL, &err);
            if (st != VF_OK)
                fail_msg("step %ld, then %ld: %s: %s %s", n, m, vf_status_name(st), err.detail,
                         err.path ? err.path : "");
            check_world(&w, after, retire, n);
            vf_err_release(&err);
            world_free(&w);
        }
    }
    assert_true(n > (retire ? 60 : 30));
    free(after);
}

static void killed_recreating(void **state)
{
    (void)state;
    kill_everywhere(false, 3);
}

static void killed_moving(void **state)
{
    (void)state;
    kill_everywhere(true, 3);
}

/* --- undisturbed --- */

static void staged_path(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_staging *s = NULL, *other = NULL;
    struct stat a, b;
    vf_err_init(&err);
    int fds = fx_open_fds(), unflushed = 0;
    bool stays = true;
    world_make(&w);
    assert_false(vf_staging_left(sl(w.fresh)));
    assert_int_equal(vf_staging_begin(sl(w.fresh), &s, &err), VF_OK);
    struct vf_slice path = vf_staging_path(s);
    assert_true(vf_slice_ends(path, VF_S("/new")));
    assert_true(vf_slice_find(path, VF_S("/to/.venvfix-"), 0) != VF_NPOS);
    assert_int_equal(stat(path.p, &a), 0);
    assert_int_equal(fstat(vf_staging_fd(s), &b), 0);
    assert_true(a.st_ino == b.st_ino);
    assert_true(vf_staging_left(sl(w.fresh)));
    assert_false(vf_staging_committed(sl(w.fresh)));
    assert_int_equal(vf_staging_begin(sl(w.fresh), &other, &err), VF_BUSY);
    vf_err_clear(&err);
    assert_int_equal(vf_staging_clean(sl(w.fresh), &err), VF_BUSY);
    vf_err_clear(&err);
    assert_int_equal(fill_staged(&w, s, NULL, &err), VF_OK);
    assert_int_equal(vf_staging_drop(s, &err), VF_OK);
    assert_false(vf_staging_left(sl(w.fresh)));

    assert_int_equal(vf_staging_begin(sl(w.fresh), &s, &err), VF_OK);
    fx_mkdir(w.base, "to/new", 0755); /* somebody is faster */
    assert_int_equal(vf_staging_commit(s, &unflushed, &err), VF_EXISTS);
    vf_err_clear(&err);
    assert_false(vf_staging_left(sl(w.fresh)));
    assert_true(fx_there(w.base, "to/new"));
    fx_remove(w.fresh);

    assert_int_equal(vf_staging_begin(sl(w.fresh), &s, &err), VF_OK);
    assert_int_equal(fill_staged(&w, s, NULL, &err), VF_OK);
    assert_int_equal(vf_staging_commit(s, &unflushed, &err), VF_OK);
    assert_true(fx_there(w.fresh, "bin/pip"));
    assert_int_equal(fx_mtime_of(w.fresh, "."), 1500000004);
    assert_false(fx_there(w.fresh, ".gitignore"));
    assert_int_equal(vf_staging_take_back(s, &stays, &err), VF_OK);
    assert_false(stays);
    assert_false(fx_there(w.fresh, "."));
    assert_true(fx_there(w.base, "to/other"));
    assert_int_equal(fx_open_fds(), fds);
    world_free(&w);
}

static void ignored_by_git(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_staging *s = NULL;
    char *p = NULL;
    vf_err_init(&err);
    world_make(&w);
    assert_int_equal(vf_staging_begin(sl(w.fresh), &s, &err), VF_OK);
    assert_true(asprintf(&p, "%.*s", (int)vf_path_dir(vf_staging_path(s)).n, vf_staging_path(s).p) > 0);
    char *text = fx_read(p, ".gitignore");
    assert_string_equal(text, "*\n");
    assert_int_equal(vf_staging_drop(s, &err), VF_OK);
    free(text);
    free(p);
    world_free(&w);
}

/* Killed right after the rename: that NEW is complete can still be told. */
static void committed_but_not_cleaned(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_staging *s = NULL;
    bool retire = false, seen = false;
    vf_err_init(&err);
    for (long n = 1; !seen; n++) {
        world_make(&w);
        assert_true(die_at(n, whole, &w, &retire));
        bool there = fx_there(w.base, "to/new");
        assert_int_equal(vf_staging_committed(sl(w.fresh)), there);
        seen = there;
        if (!there)
            world_free(&w);
    }
    assert_int_equal(vf_staging_clean(sl(w.fresh), &err), VF_OK);
    assert_true(fx_there(w.fresh, "bin/pip"));
    assert_int_equal(vf_staging_begin(sl(w.fresh), &s, &err), VF_OK); /* begin cleans up, too */
    assert_int_equal(vf_staging_drop(s, &err), VF_OK);
    world_free(&w);
}

/* --- what is not ours --- */

static char *holder_of(const struct world *w)
{
    struct vf_holder h;
    struct vf_err err;
    vf_err_init(&err);
    assert_int_equal(vf_holder_init(&h, sl(w->fresh), &err), VF_OK);
    char *p = fx_join("to", h.name);
    vf_holder_release(&h);
    return p;
}

static void name_taken(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct world w;
        struct vf_err err;
        struct vf_staging *s = NULL;
        vf_err_init(&err);
        world_make(&w);
        char *h = holder_of(&w), *abs = fx_join(w.base, h), *file = fx_join(h, "mine"),
             *lock = fx_join(h, "lock");
        enum vf_status req = VF_EXISTS;
        switch (i) {
        case 0: /* a user's own directory */
            fx_mkdir(w.base, h, 0700);
            fx_file(w.base, file, "precious", 0644, 1500000000);
            break;
        case 1: /* ours, but others may write to it */
            fx_mkdir(w.base, h, 0777);
            fx_file(w.base, lock, "", 0600, 1500000000);
            break;
        case 2:
            fx_link(w.base, h, "other");
            break;
        case 3: /* ours, with something that we did not put there: that stays */
            fx_mkdir(w.base, h, 0700);
            fx_file(w.base, lock, "", 0600, 1500000000);
            fx_file(w.base, file, "precious", 0644, 1500000000);
            break;
        default: /* killed before it made its lock */
            fx_mkdir(w.base, h, 0700);
            req = VF_OK;
        }
        bool mine = fx_there(w.base, file);
        assert_int_equal(vf_staging_begin(sl(w.fresh), &s, &err), req);
        vf_err_clear(&err);
        if (req == VF_OK)
            assert_int_equal(vf_staging_drop(s, &err), VF_OK);
        assert_int_equal(fx_there(w.base, file), mine);
        free(h);
        free(abs);
        free(file);
        free(lock);
        world_free(&w);
    }
}

static void bad_places(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        enum vf_status req;
    } cases[] = {{"/", VF_USAGE},
                 {"rel/new", VF_USAGE},
                 {"/proc/self/none/new", VF_NO_PARENT},
                 {"/dev/null/new", VF_NO_PARENT},
                 {"/tmp/..", VF_USAGE}};
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        struct vf_staging *s = NULL;
        struct vf_err err;
        vf_err_init(&err);
        int fds = fx_open_fds();
        assert_int_equal(vf_staging_begin(sl(cases[i].prefix), &s, &err), cases[i].req);
        assert_false(vf_staging_left(sl(cases[i].prefix)));
        assert_int_equal(fx_open_fds(), fds);
        vf_err_release(&err);
    }
}

static enum vf_status recreate_as_nobody(const struct world *w, void *ctx, struct vf_err *err)
{
    if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
        return VF_INTERNAL;
    return whole(w, ctx, err);
}

/* An environment that its owner may not write to is recreated as such. */
static void read_only_root(void **state)
{
    (void)state;
    struct world w;
    bool retire = false;
    world_make(&w);
    assert_int_equal(chmod(w.old, 0555), 0);
    give(w.base, "to");
    assert_false(die_at(0, recreate_as_nobody, &w, &retire));
    struct stat st;
    assert_int_equal(stat(w.fresh, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0555);
    assert_int_equal(fx_mtime_of(w.fresh, "."), 1500000004);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(staged_path),
        cmocka_unit_test(ignored_by_git),
        cmocka_unit_test(committed_but_not_cleaned),
        cmocka_unit_test(name_taken),
        cmocka_unit_test(bad_places),
        cmocka_unit_test(read_only_root),
        cmocka_unit_test(killed_recreating),
        cmocka_unit_test(killed_moving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
