/* The transaction: brought in, taken back, killed before each of its steps, and faced with journals that are
 * not its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "fs_fixture.h"
#include "fs_hooked.h"

#define WEIRD "lib/we\xffird\n\"name"

static struct vf_slice sl(const char *s)
{
    return vf_slice_of(s);
}

/* An environment at base/old, and beside it a second name of one of its files. */
static void make_env(const char *base)
{
    fx_mkdir(base, "old", 0755);
    fx_mkdir(base, "old/bin", 0755);
    fx_mkdir(base, "old/lib", 0755);
    fx_mkdir(base, "old/lib/deep", 0750);
    fx_file(base, "old/pyvenv.cfg", "home = /usr/bin\ncommand = /o\n", 0644, 1500000001);
    fx_file(base, "old/bin/pip", "#!/base/old/bin/python\nimport pip\n", 0755, 1500000002);
    fx_file(base, "old/bin/keep", "#!/bin/sh\n", 0711, 1500000003);
    fx_file(base, "cache.py", "X = '/base/old'\n", 0644, 1500000004);
    fx_file(base, "old/" WEIRD, "one", 0600, 1500000005);
    fx_file(base, "old/lib/gone.pyc", "pyc", 0644, 1500000006);
    fx_file(base, "old/lib/deep/data", "unedited", 0640, 1500000007);
    fx_link(base, "old/bin/python", "/base/old/bin/python3");
    fx_link(base, "old/bin/script", "pip");
    fx_link(base, "old/bin/gone", "nowhere");
    char *from = fx_join(base, "cache.py"), *to = fx_join(base, "old/lib/shared.py");
    assert_int_equal(link(from, to), 0);
    free(from);
    free(to);
    fx_mtime(base, "old/lib/deep", 1500000010);
    fx_mtime(base, "old/lib", 1500000011);
    fx_mtime(base, "old/bin", 1500000012);
    fx_mtime(base, "old", 1500000013);
}

static const char *const edited[] = {
    "bin/new",       "bin/pip", "bin/python", "bin/python9", "bin/script", "lib/gone.pyc",
    "lib/shared.py", WEIRD,     "pyvenv.cfg", "bin/gone",    NULL};

static struct vf_splice pip_splices[] = {{2, 9, VF_S_INIT("/somewhere/new")},
                                         {23, 0, VF_S_INIT("import os\n")}};
static struct vf_splice shared_splices[] = {{5, 9, VF_S_INIT("/base/new")}};
static struct vf_edit plan[] = {
    {.path = VF_S_INIT("bin/gone"), .kind = VF_EDIT_DELETE},
    {.path = VF_S_INIT("bin/new"), .kind = VF_EDIT_WRITE, .contents = VF_S_INIT("new file"), .mode = 0751},
    {.path = VF_S_INIT("bin/pip"), .kind = VF_EDIT_SPLICE, .splices = pip_splices, .n = 2},
    {.path = VF_S_INIT("bin/python"), .kind = VF_EDIT_LINK, .contents = VF_S_INIT("/base/new/bin/python3")},
    {.path = VF_S_INIT("bin/python9"), .kind = VF_EDIT_LINK, .contents = VF_S_INIT("python")},
    {.path = VF_S_INIT("bin/script"),
     .kind = VF_EDIT_WRITE,
     .contents = VF_S_INIT("was a link"),
     .mode = 0755},
    {.path = VF_S_INIT("lib/gone.pyc"), .kind = VF_EDIT_DELETE},
    {.path = VF_S_INIT("lib/shared.py"), .kind = VF_EDIT_SPLICE, .splices = shared_splices, .n = 1},
    {.path = VF_S_INIT(WEIRD), .kind = VF_EDIT_WRITE, .contents = VF_S_INIT("two")},
    {.path = VF_S_INIT("pyvenv.cfg"), .kind = VF_EDIT_WRITE, .contents = VF_S_INIT("home = /usr/bin\n")},
};

struct world {
    char *base, *old, *fresh; /* base, base/old, base/new */
    bool move;
    char *before, *after; /* snapshots of the environment; `after` with masked times */
    char *shared;         /* the second name outside */
};

static void world_make(struct world *w, bool move)
{
    w->base = fx_dir();
    w->old = fx_join(w->base, "old");
    w->fresh = fx_join(w->base, "new");
    w->move = move;
    make_env(w->base);
    w->before = fx_snapshot(w->old, NULL, false);
    w->after = NULL;
}

static void world_free(struct world *w)
{
    fx_remove(w->base);
    free(w->base);
    free(w->old);
    free(w->fresh);
    free(w->before);
    free(w->after);
}

static const char *place(const struct world *w)
{
    return w->move ? w->fresh : w->old;
}

static enum vf_status up_to_apply(const struct world *w, struct vf_txn **t, struct vf_err *err)
{
    enum vf_status st = vf_txn_begin(sl(w->old), w->move ? "move" : "fix", sl(w->old), sl(place(w)), t, err);
    for (size_t i = 0; st == VF_OK && i < VF_COUNT(plan); i++)
        st = vf_txn_stage(*t, &plan[i], err);
    if (st == VF_OK)
        st = vf_txn_seal(*t, err);
    if (st == VF_OK)
        st = vf_txn_move(*t, err);
    if (st == VF_OK)
        st = vf_txn_apply(*t, NULL, err);
    return st;
}

static enum vf_status whole(const struct world *w, bool back, struct vf_err *err)
{
    struct vf_txn *t = NULL;
    enum vf_status st = up_to_apply(w, &t, err);
    if (st != VF_OK)
        return st;
    return back ? vf_txn_roll_back(t, err) : vf_txn_finish(t, err);
}

/* What the new tree looks like, from a run that nothing disturbs. */
static char *expected_after(bool move)
{
    struct world w;
    struct vf_err err;
    vf_err_init(&err);
    world_make(&w, move);
    assert_int_equal(whole(&w, false, &err), VF_OK);
    char *s = fx_snapshot(place(&w), edited, false);
    world_free(&w);
    return s;
}

/* --- recovery, as a verb would do it --- */

enum policy { FORWARD, BACKWARD };

static enum vf_status recover_at(const char *root, enum policy policy, struct vf_err *err)
{
    struct vf_arena a;
    struct vf_txn_info info;
    struct vf_txn *t = NULL;
    bool moved = false;
    struct stat st;
    if (lstat(root, &st) < 0)
        return VF_OK;
    vf_arena_init(&a);
    enum vf_status r = vf_txn_look(sl(root), &a, &info, err);
    enum vf_txn_state state = info.state;
    bool done = info.done;
    vf_arena_release(&a);
    if (r != VF_OK || state == VF_TXN_NONE)
        return r;
    if (state != VF_TXN_STAGED && state != VF_TXN_SEALED && state != VF_TXN_ROLLBACK)
        return vf_err_set(err, VF_INTERNAL, 0, "look", sl(root), "state %d: %s", (int)state,
                          info.why_foreign ? info.why_foreign : "");
    r = vf_txn_resume(sl(root), &t, &moved, err);
    if (r != VF_OK)
        return r;
    if (state != VF_TXN_SEALED || (policy == BACKWARD && !done))
        return vf_txn_roll_back(t, err);
    if (!moved)
        r = vf_txn_move(t, err);
    if (r == VF_OK)
        r = vf_txn_apply(t, NULL, err);
    if (r == VF_OK)
        return vf_txn_finish(t, err);
    vf_txn_abandon(t);
    return r;
}

static enum vf_status recover(const struct world *w, enum policy policy, struct vf_err *err)
{
    enum vf_status st = recover_at(w->old, policy, err);
    return st == VF_OK && w->move ? recover_at(w->fresh, policy, err) : st;
}

/* The environment is the old one at its old place or the new one at its new place, whole, and nothing of ours
 * is left. */
static void check_world(const struct world *w, const char *after, bool may_be_old, bool may_be_new,
                        const char *what, long n)
{
    bool at_old = fx_there(w->base, "old"), at_new = fx_there(w->base, "new");
    if (at_old == at_new)
        fail_msg("%s, step %ld: at both places, or at none", what, n);
    const char *at = at_old ? w->old : w->fresh;
    char *full = fx_snapshot(at, NULL, false), *masked = fx_snapshot(at, edited, false);
    bool is_old = at_old && strcmp(full, w->before) == 0;
    bool is_new = at_old == !w->move && strcmp(masked, after) == 0;
    if (!(is_old && may_be_old) && !(is_new && may_be_new))
        fail_msg("%s, step %ld: neither old nor new:\n%s\n--- old\n%s\n--- new\n%s", what, n, full, w->before,
                 after);
    for (size_t i = 0; is_new && edited[i]; i++)
        if (fx_there(at, edited[i]) && strcmp(edited[i], "bin/new") != 0)
            assert_true(fx_mtime_of(at, edited[i]) > 1600000000);
    char *cache = fx_read(w->base, "cache.py");
    assert_string_equal(cache, "X = '/base/old'\n");
    assert_int_equal(fx_mtime_of(w->base, "cache.py"), 1500000004);
    free(cache);
    free(full);
    free(masked);
}

/* --- killing --- */

/* Runs in a child that dies at its n-th step. True: it was killed; false: it ended before that, well. */
static bool die_at(long n, enum vf_status (*fn)(const struct world *, void *, struct vf_err *),
                   const struct world *w, void *ctx)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct vf_err err;
        vf_err_init(&err);
        vf_txn_test_stop_at(n);
        enum vf_status st = fn(w, ctx, &err);
        if (st != VF_OK)
            (void)fprintf(stderr, "child: %s %s: %s\n", vf_status_name(st), err.path ? err.path : "",
                          err.detail);
        vf_err_release(&err);
        _exit(st == VF_OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGKILL);
        return true;
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    return false;
}

static enum vf_status child_whole(const struct world *w, void *ctx, struct vf_err *err)
{
    return whole(w, *(bool *)ctx, err);
}

static enum vf_status child_recover(const struct world *w, void *ctx, struct vf_err *err)
{
    return recover(w, *(enum policy *)ctx, err);
}

/* Kills a run before each of its steps, and every `again`-th time the recovery, too, before each of its own.
 */
static void kill_everywhere(bool move, bool back, enum policy policy, long again)
{
    char *after = expected_after(move);
    bool killed = true;
    long n = 0;
    for (n = 1; killed; n += STRIDE) {
        bool killed_again = true;
        for (long m = n / STRIDE % again == 0 ? 1 : 0; killed_again; m++) {
            struct world w;
            struct vf_err err;
            vf_err_init(&err);
            world_make(&w, move);
            killed = die_at(n, child_whole, &w, &back);
            killed_again = m > 0 && die_at(m, child_recover, &w, &policy);
            enum vf_status st = recover(&w, policy, &err);
            if (st != VF_OK)
                fail_msg("step %ld, then %ld: %s: %s %s", n, m, vf_status_name(st), err.detail,
                         err.path ? err.path : "");
            check_world(&w, after, true, !back || policy == FORWARD, "killed", n);
            vf_err_release(&err);
            world_free(&w);
        }
    }
    assert_true(n > 60); /* there were steps at all */
    free(after);
}

static void killed_moving(void **state)
{
    (void)state;
    kill_everywhere(true, false, FORWARD, 9);
}

static void killed_moving_then_back(void **state)
{
    (void)state;
    kill_everywhere(true, false, BACKWARD, 11);
}

static void killed_rolling_back(void **state)
{
    (void)state;
    kill_everywhere(true, true, FORWARD, 17);
    kill_everywhere(false, true, BACKWARD, 1000000);
}

static void killed_fixing(void **state)
{
    (void)state;
    kill_everywhere(false, false, FORWARD, 1000000);
}

static void killed_without_exchange(void **state)
{
    (void)state;
    no_exchange = true;
    kill_everywhere(true, false, FORWARD, 23);
    kill_everywhere(true, false, BACKWARD, 23);
    kill_everywhere(true, true, BACKWARD, 1000000);
    no_exchange = false;
}

static void killed_without_any_renameat2(void **state)
{
    (void)state;
    no_exchange = link_dance = true;
    kill_everywhere(true, false, FORWARD, 29);
    kill_everywhere(true, true, BACKWARD, 1000000);
    no_exchange = link_dance = false;
}

/* --- undisturbed --- */

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
        assert_int_equal(vf_txn_begin(sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
        assert_int_equal(vf_txn_stage(t, &e, &err), VF_OK);
        assert_int_equal(vf_txn_seal(t, &err), VF_OK);
        assert_int_equal(vf_txn_apply(t, NULL, &err), VF_OK);
        assert_int_equal(vf_txn_finish(t, &err), VF_OK);
        assert_true(fx_mtime_of(w.old, "lib/now.py") != now);
    }
    world_free(&w);
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

/* --- somebody else is at work, too --- */

static enum vf_status staged(const struct world *w, struct vf_txn **t, struct vf_err *err)
{
    enum vf_status st = vf_txn_begin(sl(w->old), "fix", sl(w->old), sl(w->old), t, err);
    for (size_t i = 0; st == VF_OK && i < VF_COUNT(plan); i++)
        st = vf_txn_stage(*t, &plan[i], err);
    return st == VF_OK ? vf_txn_seal(*t, err) : st;
}

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
            assert_int_equal(vf_txn_begin(sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
            assert_int_equal(vf_txn_stage(t, e, &err), VF_OK);
            assert_int_equal(vf_txn_seal(t, &err), VF_OK);
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
            char *want = fx_snapshot(w.old, NULL, false);
            assert_string_equal(now, want);
            free(now);
            free(want);
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
        assert_int_equal(vf_txn_resume(sl(w.old), &t, &moved, &err), VF_OK);
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

static void stage_refuses(void **state)
{
    (void)state;
    static const struct {
        struct vf_edit e;
        enum vf_status want;
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
        assert_int_equal(vf_txn_begin(sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
        assert_int_equal(vf_txn_stage(t, &cases[i].e, &err), cases[i].want);
        vf_err_clear(&err);
        assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
    }
    assert_int_equal(vf_txn_begin(sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
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

/* --- locks --- */

static enum vf_txn_state look_state(const char *root, struct vf_txn_info *info, struct vf_arena *a)
{
    struct vf_err err;
    vf_err_init(&err);
    assert_int_equal(vf_txn_look(sl(root), a, info, &err), VF_OK);
    vf_err_release(&err);
    return info->state;
}

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
    assert_int_equal(vf_txn_begin(sl(w.old), "move", sl(w.old), sl(w.fresh), &t, &err), VF_OK);
    assert_int_equal(look_state(w.old, &info, &a), VF_TXN_BUSY);
    assert_int_equal(vf_txn_begin(sl(w.old), "fix", sl(w.old), sl(w.old), &other, &err), VF_BUSY);
    vf_err_clear(&err);
    assert_int_equal(vf_txn_resume(sl(w.old), &other, &moved, &err), VF_BUSY);
    vf_err_clear(&err);
    vf_txn_abandon(t); /* as if it had been killed */
    assert_int_equal(look_state(w.old, &info, &a), VF_TXN_STAGED);
    assert_string_equal(info.verb, "move");
    assert_true(vf_slice_eq(info.from, sl(w.old)) && vf_slice_eq(info.to, sl(w.fresh)));
    assert_int_equal(vf_txn_begin(sl(w.old), "fix", sl(w.old), sl(w.old), &other, &err), VF_EXISTS);
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
        assert_int_equal(look_state(w.fresh, &info, &a), VF_TXN_SEALED);
        assert_false(info.done);
        char *p = fx_join(w.fresh, ".venvfix/state");
        if (variant)
            assert_int_equal(unlink(p), 0);
        else
            fx_file(w.fresh, ".venvfix/state", "done", 0600, 1500000000);
        free(p);
        assert_int_equal(look_state(w.fresh, &info, &a), VF_TXN_SEALED);
        assert_true(info.done);
        assert_int_equal(vf_txn_resume(sl(w.fresh), &t, &moved, &err), VF_OK);
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

/* --- journals that are not to be trusted --- */

static void seal_and_leave(const struct world *w)
{
    struct vf_err err;
    struct vf_txn *t = NULL;
    vf_err_init(&err);
    assert_int_equal(staged(w, &t, &err), VF_OK);
    vf_txn_abandon(t);
}

/* The journal with one piece of text (the first behind `after`) replaced, and its hash made right again. */
static void forge(const char *root, const char *after, const char *was, const char *is)
{
    struct vf_buf b = {0};
    unsigned char sum[32];
    char *text = fx_read(root, ".venvfix/journal");
    assert_non_null(text);
    char *at = strstr(text, after), *end = strstr(text, "\nend ");
    assert_non_null(at);
    at = strstr(at, was);
    assert_non_null(at);
    assert_non_null(end);
    vf_buf_put(&b, (struct vf_slice){text, (size_t)(at - text)});
    vf_buf_puts(&b, is);
    at += strlen(was);
    vf_buf_put(&b, (struct vf_slice){at, (size_t)(end + 1 - at)});
    assert_true(vf_sha256(vf_buf_slice(&b), sum));
    vf_buf_puts(&b, "end ");
    vf_hex_put(&b, (struct vf_slice){(const char *)sum, 32});
    vf_buf_putc(&b, '\n');
    assert_non_null(vf_buf_cstr(&b));
    fx_file(root, ".venvfix/journal", vf_buf_cstr(&b), 0600, 1500000000);
    vf_buf_release(&b);
    free(text);
}

static void assert_foreign(const char *root, const char *what)
{
    struct vf_txn_info info;
    struct vf_arena a;
    struct vf_err err;
    struct vf_txn *t = NULL;
    bool moved;
    vf_err_init(&err);
    vf_arena_init(&a);
    char *before = fx_snapshot(root, NULL, true);
    if (look_state(root, &info, &a) != VF_TXN_FOREIGN)
        fail_msg("%s: state %d", what, (int)info.state);
    assert_non_null(info.why_foreign);
    if (vf_txn_resume(sl(root), &t, &moved, &err) != VF_EXISTS)
        fail_msg("%s was resumed", what);
    char *now = fx_snapshot(root, NULL, true); /* looked at, not touched */
    assert_string_equal(now, before);
    free(before);
    free(now);
    vf_err_release(&err);
    vf_arena_release(&a);
}

static void forged_journals(void **state)
{
    (void)state;
    static const struct {
        const char *was, *is, *after;
    } cases[] = {
        {"path bin/pip\n", "path ../pip\n", ""},
        {"path bin/pip\n", "path /etc/passwd\n", ""},
        {"path bin/pip\n", "path bin/../../x\n", ""},
        {"path bin/pip\n", "path .venvfix/lock\n", ""},
        {"path bin/pip\n", "path bin//pip\n", ""},
        {"path bin/pip\n", "path bin/%70ip\n", ""},
        {"path bin/pip\n", "path bin/pip%00\n", ""},
        {"path bin/pip\n", "path bin/new\n", ""},
        {"root ", "root 9", ""},
        {"dir ", "dir 9", ""},
        {"new file\nino ", "new file\nino 9", "path bin/pip\n"},
        {"new link\nino ", "new link\nino 9", "path bin/python\n"},
        {"old file\nino ", "old none\nino ", "path bin/pip\n"},
        {"new file\n", "new link\n", "path bin/pip\n"},
        {"mtime ", "mtime 0", "path bin/pip\n"},
        {"mtime-ns ", "mtime-ns 999999999", "path bin/pip\n"},
        {"size ", "size -", "path bin/pip\n"},
        {"verb fix", "verb rm", ""},
        {"edits 10", "edits 9", ""},
        {"edits 10", "edits 18446744073709551615", ""},
        {"edit splice", "edit delete", ""},
        {"from /", "from ", ""},
        {"venvfix-journal 1", "venvfix-journal 2", ""},
    };
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        struct world w;
        world_make(&w, false);
        seal_and_leave(&w);
        forge(w.old, cases[i].after, cases[i].was, cases[i].is);
        assert_foreign(w.old, cases[i].is);
        world_free(&w);
    }
}

static void spoiled_directories(void **state)
{
    (void)state;
    struct world w;
    struct vf_txn_info info;
    struct vf_arena a;
    vf_arena_init(&a);
    world_make(&w, false);
    seal_and_leave(&w);
    assert_int_equal(look_state(w.old, &info, &a), VF_TXN_SEALED);
    char *dir = fx_join(w.old, ".venvfix"), *aside = fx_join(w.old, "aside"),
         *journal = fx_join(w.old, ".venvfix/journal");

    assert_int_equal(chmod(dir, 0750), 0);
    assert_foreign(w.old, "mode");
    assert_int_equal(chmod(dir, 0700), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(dir, 1234, 0), 0);
        assert_foreign(w.old, "owner");
        assert_int_equal(chown(dir, 0, 0), 0);
        assert_int_equal(chown(journal, 1234, 0), 0);
        assert_foreign(w.old, "owner of the journal");
        assert_int_equal(chown(journal, 0, 0), 0);
    }
    assert_int_equal(rename(dir, aside), 0);
    assert_int_equal(symlink("aside", dir), 0);
    assert_foreign(w.old, "link");
    assert_int_equal(unlink(dir), 0);
    fx_file(w.old, ".venvfix", "", 0600, 1500000000);
    assert_foreign(w.old, "file");
    assert_int_equal(unlink(dir), 0);
    fx_mkdir(w.old, ".venvfix", 0700);
    fx_file(w.old, ".venvfix/notes.txt", "a user's own", 0600, 1500000000);
    assert_foreign(w.old, "somebody's directory");
    fx_remove(dir);
    fx_mkdir(w.old, ".venvfix", 0700);
    assert_int_equal(look_state(w.old, &info, &a), VF_TXN_STAGED); /* empty: killed at its very start */
    fx_remove(dir);
    assert_int_equal(rename(aside, dir), 0);
    assert_int_equal(look_state(w.old, &info, &a), VF_TXN_SEALED);

    fx_file(w.old, ".venvfix/state", "whatever", 0600, 1500000000);
    assert_foreign(w.old, "state");
    fx_file(w.old, ".venvfix/state", "sealed", 0600, 1500000000);
    char *text = fx_read(w.old, ".venvfix/journal");
    text[strlen(text) / 2] ^= 1;
    fx_file(w.old, ".venvfix/journal", text, 0600, 1500000000);
    assert_foreign(w.old, "hash");
    assert_int_equal(unlink(journal), 0);
    assert_foreign(w.old, "no journal");
    assert_int_equal(symlink("state", journal), 0);
    assert_foreign(w.old, "journal is a link");
    free(text);
    free(dir);
    free(aside);
    free(journal);
    vf_arena_release(&a);
    world_free(&w);
}

static void copied_environment(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, false);
    seal_and_leave(&w);
    char *copy = fx_join(w.base, "copy"), *cmd = NULL;
    assert_true(asprintf(&cmd, "cp -a '%s' '%s'", w.old, copy) > 0);
    assert_int_equal(system(cmd), 0);
    assert_foreign(copy, "copy");
    fx_remove(copy); /* copied over the original's root: the root's inode is right, the journal's is not */
    free(cmd);
    assert_true(asprintf(&cmd, "cd '%s' && cp -a .venvfix x && rm -r .venvfix && mkdir y && mv x .venvfix",
                         w.old) > 0);
    assert_int_equal(system(cmd), 0);
    char *text = fx_read(w.old, ".venvfix/journal");
    assert_foreign(w.old, "copied journal");
    free(text);
    free(cmd);
    free(copy);
    world_free(&w);
}

/* Both inode numbers right, by hard work: the new files are still not the ones that were staged. */
static void replaced_staged_file(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, false);
    seal_and_leave(&w);
    char *p = fx_join(w.old, ".venvfix/new/2"), *q = fx_join(w.old, ".venvfix/new/x");
    fx_file(w.old, ".venvfix/new/x", "#!/bin/sh\nrm -rf /\n", 0755, 1500000000);
    assert_int_equal(rename(q, p), 0);
    assert_foreign(w.old, "staged file");
    free(p);
    free(q);
    world_free(&w);
}

/* A directory on the way becomes a link that leads outside: neither forward nor back goes through it. */
static void linked_directory(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_txn *t = NULL;
    bool moved;
    vf_err_init(&err);
    world_make(&w, false);
    fx_mkdir(w.base, "outside", 0755);
    fx_file(w.base, "outside/shared.py", "precious", 0644, 1500000000);
    fx_file(w.base, "outside/gone.pyc", "precious", 0644, 1500000000);
    char *outside = fx_join(w.base, "outside"), *lib = fx_join(w.old, "lib"),
         *aside = fx_join(w.old, "lib.aside");
    char *before = fx_snapshot(outside, NULL, true);
    seal_and_leave(&w);
    assert_int_equal(rename(lib, aside), 0);
    assert_int_equal(symlink(outside, lib), 0);
    assert_int_equal(vf_txn_resume(sl(w.old), &t, &moved, &err), VF_OK);
    assert_int_equal(vf_txn_apply(t, NULL, &err), VF_CHANGED);
    vf_err_clear(&err);
    assert_int_equal(vf_txn_roll_back(t, &err), VF_CHANGED);
    vf_err_clear(&err);
    assert_int_equal(unlink(lib), 0);
    assert_int_equal(rename(aside, lib), 0);
    assert_int_equal(recover(&w, FORWARD, &err), VF_OK);
    char *now = fx_snapshot(w.old, NULL, false), *out_now = fx_snapshot(outside, NULL, true);
    assert_string_equal(now, w.before);
    assert_string_equal(out_now, before);
    free(outside);
    free(lib);
    free(aside);
    free(before);
    free(now);
    free(out_now);
    world_free(&w);
}

/* A staged file whose bytes did not survive (a lost write) is not brought in. */
static void damaged_staged_file(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_txn *t = NULL;
    struct stat st;
    bool moved;
    vf_err_init(&err);
    world_make(&w, false);
    seal_and_leave(&w);
    char *p = fx_join(w.old, ".venvfix/new/2");
    assert_int_equal(stat(p, &st), 0);
    int fd = open(p, O_WRONLY);
    assert_int_equal(pwrite(fd, "\0\0\0", 3, 0), 3);
    struct timespec t2[2] = {st.st_atim, st.st_mtim};
    assert_int_equal(futimens(fd, t2), 0);
    (void)close(fd);
    assert_int_equal(vf_txn_resume(sl(w.old), &t, &moved, &err), VF_OK);
    assert_int_equal(vf_txn_apply(t, NULL, &err), VF_CHANGED);
    assert_string_equal(err.path, "bin/pip");
    vf_err_clear(&err);
    assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
    char *now = fx_snapshot(w.old, NULL, false);
    assert_string_equal(now, w.before);
    free(now);
    free(p);
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
        enum vf_status want;
    } cases[] = {{"new", VF_EXISTS}, {"none/new", VF_NO_PARENT}, {"old/bin/inside", VF_NESTED}};
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        char *to = fx_join(w.base, cases[i].to);
        char *before = fx_snapshot(w.base, NULL, false);
        assert_int_equal(vf_txn_begin(sl(w.old), "move", sl(w.old), sl(to), &t, &err), VF_OK);
        assert_int_equal(vf_txn_stage(t, &plan[2], &err), VF_OK);
        assert_int_equal(vf_txn_seal(t, &err), VF_OK);
        assert_int_equal(vf_txn_move(t, &err), cases[i].want);
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
        assert_int_equal(vf_txn_begin(sl(w.old), "move", sl(w.old), sl(to), &t, &err), VF_OK);
        assert_int_equal(vf_txn_stage(t, &plan[2], &err), VF_OK);
        assert_int_equal(vf_txn_seal(t, &err), VF_OK);
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

/* --- no space, no room in a file, no permission --- */

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
    assert_int_equal(vf_txn_begin(sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
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
    enum vf_status st = vf_txn_begin(sl(w->old), "fix", sl(w->old), sl(w->old), &t, err);
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

static void probe_is_a_program(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_txn *t = NULL;
    vf_err_init(&err);
    world_make(&w, false);
    assert_int_equal(vf_txn_begin(sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(vf_txn_probe(t, VF_S("#!/bin/sh\nexit 7\n"), &err), VF_OK);
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
    assert_int_equal(vf_txn_begin(sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_OK);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(path, sizeof path, "lib/deep/new%d",
                       i); /* the edit is the caller's only during the call */
        struct vf_edit e = {
            .path = sl(path), .kind = VF_EDIT_WRITE, .contents = VF_S_INIT("x"), .mode = 0644};
        assert_int_equal(vf_txn_stage(t, &e, &err), VF_OK);
    }
    assert_int_equal(vf_txn_edits(t), MANY);
    assert_int_equal(vf_txn_seal(t, &err), VF_OK);
    assert_int_equal(vf_txn_apply(t, NULL, &err), VF_OK);
    assert_true(fx_there(w.old, "lib/deep/new299"));
    assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
    char *now = fx_snapshot(w.old, NULL, false);
    assert_string_equal(now, w.before);
    free(now);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fix_changes_what_it_should),
        cmocka_unit_test(roll_back_leaves_no_trace),
        cmocka_unit_test(edited_py_gets_another_time),
        cmocka_unit_test(hard_link_and_attributes),
        cmocka_unit_test(changed_before_apply),
        cmocka_unit_test(changed_in_between),
        cmocka_unit_test(changed_after_apply),
        cmocka_unit_test(changed_before_going_on),
        cmocka_unit_test(stage_refuses),
        cmocka_unit_test(second_run_is_kept_out),
        cmocka_unit_test(finished_but_for_the_journal),
        cmocka_unit_test(forged_journals),
        cmocka_unit_test(spoiled_directories),
        cmocka_unit_test(copied_environment),
        cmocka_unit_test(replaced_staged_file),
        cmocka_unit_test(linked_directory),
        cmocka_unit_test(damaged_staged_file),
        cmocka_unit_test(move_refuses),
        cmocka_unit_test(other_file_system),
        cmocka_unit_test(old_place_taken),
        cmocka_unit_test(files_may_not_grow),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(not_writable),
        cmocka_unit_test(probe_is_a_program),
        cmocka_unit_test(many_edits_one_flush),
        cmocka_unit_test(killed_moving),
        cmocka_unit_test(killed_moving_then_back),
        cmocka_unit_test(killed_rolling_back),
        cmocka_unit_test(killed_fixing),
        cmocka_unit_test(killed_without_exchange),
        cmocka_unit_test(killed_without_any_renameat2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
