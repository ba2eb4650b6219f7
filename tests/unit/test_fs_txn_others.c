/* Somebody else is at work while a transaction runs: in its files, and with its lock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/file.h>

#include "base/digest.h"
#include "txn_world.h"

struct disturbance {
    const char *path, *contents; /* contents NULL: removed */
    bool by_rename;              /* a new inode under the name */
};

static void disturb(const char *root, const struct disturbance *d)
{
    if (!d->contents || d->by_rename) {
        char *p = fx_join(root, d->path);
        (void)unlink(p);
        free(p);
    }
    if (d->contents)
        fx_file(root, d->path, d->contents, 0644, 1550000000);
}

static const struct disturbance disturbances[] = {
    {"bin/pip", "#!/base/old/bin/python\nimport PIP\n", false},
    {"bin/pip", "longer or shorter", true},
    {"bin/pip", NULL, false},
    {"bin/new", "already there", true},
    {"bin/python", "no link any more", true},
    {"lib/gone.pyc", "again", true},
    {"pyvenv.cfg", "edited", false},
    {"bin/python9", "taken", true},
};

static void changed_before_apply(void **state)
{
    (void)state;
    for (size_t i = 0; i < VF_COUNT(disturbances) * 2; i++) {
        struct world w;
        struct vf_err err;
        struct vf_txn *t = NULL;
        const struct disturbance *d = &disturbances[i / 2];
        no_exchange = i % 2;
        vf_err_init(&err);
        world_make(&w, false);
        assert_int_equal(staged(&w, &t, &err), VF_OK);
        disturb(w.old, d);
        char *now = fx_snapshot(w.old, NULL, false);
        assert_int_equal(vf_txn_apply(t, NULL, &err), VF_CHANGED);
        assert_string_equal(err.path, d->path);
        vf_err_clear(&err);
        assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
        /* exactly what it was when the other one was done, but for our own directory */
        char *then = fx_snapshot(w.old, NULL, false);
        char *ours = strstr(now, ".venvfix ");
        assert_non_null(ours);
        char *rest = strstr(ours, "\nbin ");
        assert_non_null(rest);
        memmove(ours, rest + 1, strlen(rest + 1) + 1);
        assert_string_equal(then, now);
        free(now);
        free(then);
        world_free(&w);
    }
    no_exchange = false;
}

/* The comparison and the rename are two calls: what comes in between is noticed all the same. */
static const char *race_root;
static const struct disturbance *race_with;
static void race(void)
{
    disturb(race_root, race_with);
}

static void changed_in_between(void **state)
{
    (void)state;
    for (int variant = 0; variant < 2; variant++) {
        for (size_t i = 0; i < VF_COUNT(disturbances); i++) {
            struct world w;
            struct vf_err err;
            struct vf_txn *t = NULL;
            struct vf_edit *e = plan;
            vf_err_init(&err);
            world_make(&w, false);
            while (!vf_slice_eq(e->path, sl(disturbances[i].path)))
                e++;
            assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err),
                             VF_OK);
            assert_int_equal(vf_txn_stage(t, e, &err), VF_OK);
            assert_int_equal(vf_txn_write_commit_record(t, &err), VF_OK);
            no_exchange = variant;
            race_root = w.old;
            race_with = &disturbances[i];
            just_before_rename = race;
            assert_int_equal(vf_txn_apply(t, NULL, &err), VF_CHANGED);
            assert_null(just_before_rename);
            vf_err_clear(&err);
            assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
            char *now = fx_snapshot(w.old, NULL, false);
            world_free(&w);
            world_make(&w, false);
            disturb(w.old, race_with);
            char *req = fx_snapshot(w.old, NULL, false);
            assert_string_equal(now, req);
            free(now);
            free(req);
            world_free(&w);
        }
    }
    no_exchange = false;
}

/* Between apply and the proof's end: what somebody wrote meanwhile is not overwritten by rolling back, nor is
 * the original lost. */
static void changed_after_apply(void **state)
{
    (void)state;
    for (int variant = 0; variant < 2; variant++) {
        struct world w;
        struct vf_err err;
        struct vf_txn *t = NULL;
        bool moved;
        no_exchange = variant;
        vf_err_init(&err);
        world_make(&w, false);
        assert_int_equal(staged(&w, &t, &err), VF_OK);
        assert_int_equal(vf_txn_apply(t, NULL, &err), VF_OK);
        disturb(w.old, &disturbances[1]);
        assert_int_equal(vf_txn_roll_back(t, &err), VF_CHANGED);
        assert_string_equal(err.path, "bin/pip");
        char *mine = fx_read(w.old, "bin/pip");
        assert_string_equal(mine, "longer or shorter");
        char *kept = fx_read(w.old, variant ? ".venvfix/new/2.old" : ".venvfix/new/2");
        assert_string_equal(kept, "#!/base/old/bin/python\nimport pip\n");
        char *other = fx_read(w.old, "pyvenv.cfg"); /* the others went back */
        assert_string_equal(other, "home = /usr/bin\ncommand = /o\n");
        /* a person makes room, and gives the command again */
        char *p = fx_join(w.old, "bin/pip");
        assert_int_equal(unlink(p), 0);
        vf_err_clear(&err);
        assert_int_equal(vf_txn_resume(&test_key, sl(w.old), &t, &moved, &err), VF_OK);
        assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
        char *now = fx_snapshot(w.old, NULL, false);
        assert_string_equal(now, w.before);
        free(p);
        free(now);
        free(mine);
        free(kept);
        free(other);
        world_free(&w);
    }
    no_exchange = false;
}

/* After a crash a file that was already replaced by its user stays as he left it when the rest goes forward.
 */
static void changed_before_going_on(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_txn *t = NULL;
    vf_err_init(&err);
    world_make(&w, false);
    assert_int_equal(staged(&w, &t, &err), VF_OK);
    assert_int_equal(vf_txn_apply(t, NULL, &err), VF_OK);
    vf_txn_abandon(t);
    disturb(w.old, &disturbances[1]);
    assert_int_equal(recover(&w, FORWARD, &err), VF_OK);
    char *mine = fx_read(w.old, "bin/pip");
    assert_string_equal(mine, "longer or shorter");
    assert_false(fx_there(w.old, ".venvfix"));
    free(mine);
    world_free(&w);
}
/* As many bytes, and the time put back: the time of change says it. A mode: the same. */
static void changed_without_a_trace(void **state)
{
    (void)state;
    for (int variant = 0; variant < 2; variant++) {
        struct world w;
        struct vf_err err;
        struct vf_txn *t = NULL;
        vf_err_init(&err);
        world_make(&w, false);
        char *p = fx_join(w.old, "pyvenv.cfg");
        assert_int_equal(staged(&w, &t, &err), VF_OK);
        if (variant)
            assert_int_equal(chmod(p, 0600), 0);
        else
            fx_file(w.old, "pyvenv.cfg", "HOME = /usr/bin\ncommand = /o\n", 0644, 1500000001);
        char *theirs = fx_snapshot(w.old, NULL, false);
        assert_int_equal(vf_txn_apply(t, NULL, &err), VF_CHANGED);
        assert_string_equal(err.path, "pyvenv.cfg");
        vf_err_clear(&err);
        assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
        char *now = fx_read(w.old, "pyvenv.cfg");
        assert_string_equal(now,
                            variant ? "home = /usr/bin\ncommand = /o\n" : "HOME = /usr/bin\ncommand = /o\n");
        struct stat st;
        assert_int_equal(stat(p, &st), 0);
        assert_int_equal(st.st_mode & 07777, variant ? 0600 : 0644);
        free(theirs);
        free(now);
        free(p);
        world_free(&w);
    }
}

/* Somebody who had the file open goes on writing to it after it was replaced. */
static void written_by_an_open_descriptor(void **state)
{
    (void)state;
    for (int variant = 0; variant < 2; variant++) {
        struct world w;
        struct vf_err err;
        struct vf_txn *t = NULL;
        vf_err_init(&err);
        no_exchange = variant != 0;
        world_make(&w, false);
        char *p = fx_join(w.old, "pyvenv.cfg");
        int fd = open(p, O_WRONLY | O_APPEND);
        assert_true(fd >= 0);
        assert_int_equal(staged(&w, &t, &err), VF_OK);
        assert_int_equal(vf_txn_apply(t, NULL, &err), VF_OK);
        assert_int_equal(vf_txn_verify(t, &err), VF_OK);
        assert_int_equal(write(fd, "late\n", 5), 5);
        assert_int_equal(close(fd), 0);
        assert_int_equal(vf_txn_verify(t, &err), VF_CHANGED);
        assert_string_equal(err.path, "pyvenv.cfg");
        vf_err_clear(&err);
        assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
        char *now = fx_read(w.old, "pyvenv.cfg");
        assert_string_equal(now, "home = /usr/bin\ncommand = /o\nlate\n");
        free(now);
        free(p);
        world_free(&w);
    }
    no_exchange = false;
}

/* An edit says what it was made from: another file, or other bytes, are not written from its offsets. */
static void made_from_another_file(void **state)
{
    (void)state;
    for (int variant = 0; variant < 3; variant++) {
        struct world w;
        struct vf_err err;
        struct vf_txn *t = NULL;
        struct vf_edit e = plan[2];
        struct stat st;
        vf_err_init(&err);
        world_make(&w, false);
        char *p = fx_join(w.old, "bin/pip");
        assert_int_equal(stat(p, &st), 0);
        e.source.known = true;
        vf_sys_to_stat(&st, &e.source.st);
        e.source.has_sum = true;
        assert_true(vf_sha256(VF_S("#!/base/old/bin/python\nimport pip\n"), e.source.sum));
        if (variant == 1)
            e.source.st.ino++;
        if (variant == 2)
            e.source.sum[0] ^= 1;
        assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
        assert_int_equal(vf_txn_stage(t, &e, &err), variant ? VF_CHANGED : VF_OK);
        vf_err_clear(&err);
        assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
        char *now = fx_snapshot(w.old, NULL, false);
        assert_string_equal(now, w.before);
        free(now);
        free(p);
        world_free(&w);
    }
}

/* A directory above the new path is renamed away and a link put in its place: the way back is made where the
 * environment went. */
static void parent_becomes_a_link(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_txn *t = NULL;
    vf_err_init(&err);
    world_make(&w, true);
    fx_mkdir(w.base, "n", 0755);
    fx_mkdir(w.base, "stranger", 0755);
    char *to = fx_join(w.base, "n/new"), *n = fx_join(w.base, "n"), *away = fx_join(w.base, "away");
    assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "move", sl(w.old), sl(to), &t, &err), VF_OK);
    assert_int_equal(vf_txn_write_commit_record(t, &err), VF_OK);
    assert_int_equal(vf_txn_move(t, &err), VF_OK);
    assert_int_equal(vf_txn_verify(t, &err), VF_OK);
    assert_int_equal(rename(n, away), 0);
    fx_link(w.base, "n", "stranger");
    assert_int_equal(vf_txn_verify(t, &err), VF_CHANGED);
    vf_err_clear(&err);
    assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
    char *now = fx_snapshot(w.old, NULL, false);
    assert_string_equal(now, w.before);
    free(now);
    free(to);
    free(n);
    free(away);
    world_free(&w);
}

/* --- locks --- */

static void second_run_is_kept_out(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_arena a;
    struct vf_txn_info info;
    struct vf_txn *t = NULL, *other = NULL;
    bool moved;
    vf_err_init(&err);
    vf_arena_init(&a);
    world_make(&w, true);
    assert_int_equal(look_state(w.old, &info, &a), VF_TXN_NONE);
    assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "move", sl(w.old), sl(w.fresh), &t, &err), VF_OK);
    assert_int_equal(look_state(w.old, &info, &a), VF_TXN_BUSY);
    assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "fix", sl(w.old), sl(w.old), &other, &err), VF_BUSY);
    vf_err_clear(&err);
    assert_int_equal(vf_txn_resume(&test_key, sl(w.old), &other, &moved, &err), VF_BUSY);
    vf_err_clear(&err);
    vf_txn_abandon(t); /* as if it had been killed */
    assert_int_equal(look_state(w.old, &info, &a), VF_TXN_STAGED);
    assert_string_equal(info.verb, "move");
    assert_true(vf_slice_eq(info.from, sl(w.old)) && vf_slice_eq(info.to, sl(w.fresh)));
    assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "fix", sl(w.old), sl(w.old), &other, &err),
                     VF_EXISTS);
    vf_err_clear(&err);
    assert_int_equal(recover(&w, FORWARD, &err), VF_OK);
    assert_int_equal(look_state(w.old, &info, &a), VF_TXN_NONE);
    vf_arena_release(&a);
    world_free(&w);
}

/* Of a move that was killed at its very end it can still be told that it was complete. */
static void finished_but_for_the_journal(void **state)
{
    (void)state;
    for (int variant = 0; variant < 2; variant++) {
        struct world w;
        struct vf_err err;
        struct vf_arena a;
        struct vf_txn_info info;
        struct vf_txn *t = NULL;
        bool moved;
        vf_err_init(&err);
        vf_arena_init(&a);
        world_make(&w, true);
        assert_int_equal(up_to_apply(&w, &t, &err), VF_OK);
        assert_int_equal(look_state(w.fresh, &info, &a), VF_TXN_BUSY);
        vf_txn_abandon(t);
        assert_int_equal(look_state(w.fresh, &info, &a), VF_TXN_COMMITTED);
        assert_false(info.done);
        char *p = fx_join(w.fresh, ".venvfix/state");
        if (variant)
            assert_int_equal(unlink(p), 0);
        else
            fx_file(w.fresh, ".venvfix/state", "done", 0600, 1500000000);
        free(p);
        assert_int_equal(look_state(w.fresh, &info, &a), VF_TXN_COMMITTED);
        assert_true(info.done);
        assert_int_equal(vf_txn_resume(&test_key, sl(w.fresh), &t, &moved, &err), VF_OK);
        assert_true(moved);
        assert_int_equal(vf_txn_move(t, &err), VF_OK);
        assert_int_equal(vf_txn_apply(t, NULL, &err), VF_OK);
        if (variant) {
            assert_int_equal(vf_txn_finish(t, &err), VF_OK);
            assert_int_equal(look_state(w.fresh, &info, &a), VF_TXN_NONE);
        } else {
            assert_int_equal(vf_txn_roll_back(t, &err), VF_NOT_SUPPORTED);
            vf_err_clear(&err);
        }
        vf_arena_release(&a);
        world_free(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changed_before_apply),    cmocka_unit_test(changed_in_between),
        cmocka_unit_test(changed_after_apply),     cmocka_unit_test(changed_before_going_on),
        cmocka_unit_test(changed_without_a_trace), cmocka_unit_test(written_by_an_open_descriptor),
        cmocka_unit_test(made_from_another_file),  cmocka_unit_test(parent_becomes_a_link),
        cmocka_unit_test(second_run_is_kept_out),  cmocka_unit_test(finished_but_for_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
