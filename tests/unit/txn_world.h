/* txn_world.h: an environment at base/old with something for every kind of edit, a plan with those edits, and
 * the ways to bring it in, to die meanwhile and to recover. The modules that change the disk are compiled in,
 * with their hooks. */
#ifndef TESTS_UNIT_TXN_WORLD_H
#define TESTS_UNIT_TXN_WORLD_H

#include <sys/wait.h>

#include "fs_fixture.h"
#include "fs_hooked.h"

/* Of the user who runs the tests. */
static const struct vf_key test_key = {true, "not so secret, 32 bytes of text"};

#define WEIRD "lib/we\xffird\n\"name"

static inline struct vf_slice sl(const char *s)
{
    return vf_slice_of(s);
}

/* An environment at base/old, beside it a second name of one of its files, and one inside for
 * another. */
static inline void make_env(const char *base)
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
    from = fx_join(base, "old/bin/pip");
    to = fx_join(base, "old/bin/pip3");
    assert_int_equal(link(from, to), 0);
    free(from);
    free(to);
    fx_mtime(base, "old/lib/deep", 1500000010);
    fx_mtime(base, "old/lib", 1500000011);
    fx_mtime(base, "old/bin", 1500000012);
    fx_mtime(base, "old", 1500000013);
}

static const char *const edited[] = {"bin/new",    "bin/pip",      "bin/python",    "bin/python9",
                                     "bin/script", "lib/gone.pyc", "lib/shared.py", WEIRD,
                                     "pyvenv.cfg", "bin/gone",     "bin/pip3",      NULL};

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
    {.path = VF_S_INIT("bin/pip3"), .kind = VF_EDIT_SPLICE, .splices = pip_splices, .n = 2},
};

struct world {
    char *base, *old, *fresh; /* base, base/old, base/new */
    bool move;
    char *before, *after; /* snapshots of the environment; `after` with masked times */
};

static inline void world_make(struct world *w, bool move)
{
    w->base = fx_dir();
    w->old = fx_join(w->base, "old");
    w->fresh = fx_join(w->base, "new");
    w->move = move;
    make_env(w->base);
    w->before = fx_snapshot(w->old, NULL, false);
    w->after = NULL;
}

static inline void world_free(struct world *w)
{
    fx_remove(w->base);
    free(w->base);
    free(w->old);
    free(w->fresh);
    free(w->before);
    free(w->after);
}

static const char *prefix(const struct world *w)
{
    return w->move ? w->fresh : w->old;
}

static inline enum vf_status staged(const struct world *w, struct vf_txn **t, struct vf_err *err)
{
    enum vf_status st = vf_txn_begin(&test_key, sl(w->old), "fix", sl(w->old), sl(w->old), t, err);
    for (size_t i = 0; st == VF_OK && i < VF_COUNT(plan); i++)
        st = vf_txn_stage(*t, &plan[i], err);
    return st == VF_OK ? vf_txn_write_commit_record(*t, err) : st;
}

static inline enum vf_txn_state look_state(const char *root, struct vf_txn_info *info, struct vf_arena *a)
{
    struct vf_err err;
    vf_err_init(&err);
    assert_int_equal(vf_txn_inspect(&test_key, sl(root), a, info, &err), VF_OK);
    vf_err_release(&err);
    return info->state;
}

static inline enum vf_status up_to_apply(const struct world *w, struct vf_txn **t, struct vf_err *err)
{
    enum vf_status st =
        vf_txn_begin(&test_key, sl(w->old), w->move ? "move" : "fix", sl(w->old), sl(prefix(w)), t, err);
    for (size_t i = 0; st == VF_OK && i < VF_COUNT(plan); i++)
        st = vf_txn_stage(*t, &plan[i], err);
    if (st == VF_OK)
        st = vf_txn_write_commit_record(*t, err);
    if (st == VF_OK)
        st = vf_txn_move(*t, err);
    if (st == VF_OK)
        st = vf_txn_apply(*t, NULL, err);
    return st;
}

static inline enum vf_status whole(const struct world *w, bool back, struct vf_err *err)
{
    struct vf_txn *t = NULL;
    enum vf_status st = up_to_apply(w, &t, err);
    if (st != VF_OK)
        return st;
    return back ? vf_txn_roll_back(t, err) : vf_txn_finish(t, err);
}

/* What the new tree looks like, from a run that nothing disturbs. */
static inline char *expected_after(bool move)
{
    struct world w;
    struct vf_err err;
    vf_err_init(&err);
    world_make(&w, move);
    assert_int_equal(whole(&w, false, &err), VF_OK);
    char *s = fx_snapshot(prefix(&w), edited, false);
    world_free(&w);
    return s;
}

/* --- recovery, as a verb would do it --- */

enum policy { FORWARD, BACKWARD };

static inline enum vf_status recover_at(const char *root, enum policy policy, struct vf_err *err)
{
    struct vf_arena a;
    struct vf_txn_info info;
    struct vf_txn *t = NULL;
    bool moved = false;
    struct stat st;
    if (lstat(root, &st) < 0)
        return VF_OK;
    vf_arena_init(&a);
    enum vf_status r = vf_txn_inspect(&test_key, sl(root), &a, &info, err);
    enum vf_txn_state state = info.state;
    bool done = info.done;
    vf_arena_release(&a);
    if (r != VF_OK || state == VF_TXN_NONE)
        return r;
    if (state != VF_TXN_STAGED && state != VF_TXN_COMMITTED && state != VF_TXN_ROLLBACK)
        return vf_err_set(err, VF_INTERNAL, 0, "look", sl(root), "state %d: %s", (int)state,
                          info.why_foreign ? info.why_foreign : "");
    r = vf_txn_resume(&test_key, sl(root), &t, &moved, err);
    if (r != VF_OK)
        return r;
    if (state != VF_TXN_COMMITTED || (policy == BACKWARD && !done))
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

static inline enum vf_status recover(const struct world *w, enum policy policy, struct vf_err *err)
{
    enum vf_status st = recover_at(w->old, policy, err);
    return st == VF_OK && w->move ? recover_at(w->fresh, policy, err) : st;
}

/* The environment is the old one at its old place or the new one at its new place, whole, and nothing of ours
 * is left. */
static inline void check_world(const struct world *w, const char *after, bool may_be_old, bool may_be_new,
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
/* Runs in a child that dies at its n-th step. True: it was killed; false: it ended before that, well. */
static inline bool die_at(long n, enum vf_status (*fn)(const struct world *, void *, struct vf_err *),
                          const struct world *w, void *ctx)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct vf_err err;
        vf_err_init(&err);
        vf_kill_point_set(n);
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

#endif
