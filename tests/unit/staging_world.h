/* staging_world.h: an environment at base/from/old, to be copied or moved to base/to/new, and the ways to do
 * it, to die meanwhile and to recover. The modules that change the disk are compiled in, with their hooks. */
#ifndef TESTS_UNIT_STAGING_WORLD_H
#define TESTS_UNIT_STAGING_WORLD_H

#include <signal.h>
#include <sys/wait.h>

#include "fs_fixture.h"
#include "fs_hooked.h"

static const struct vf_key test_key = {true, "not so secret, 32 bytes of text"};

static inline struct vf_slice sl(const char *s)
{
    return vf_slice_of(s);
}

struct world {
    char *base, *old, *fresh;
    char *before, *after; /* snapshots of OLD as it was, of NEW as it is to be */
    char *beside;         /* everything else below base */
};

static struct vf_splice splices[] = {{2, 9, VF_S_INIT("/base/new")}};
static struct vf_edit plan[] = {
    {.path = VF_S_INIT("bin/pip"), .kind = VF_EDIT_SPLICE, .splices = splices, .n = 1}};
static const struct vf_edits edits = {plan, 1};
static const char *const edited[] = {"bin/pip", NULL};

static inline void world_make(struct world *w)
{
    w->base = fx_dir();
    w->old = fx_join(w->base, "from/old");
    w->fresh = fx_join(w->base, "to/new");
    w->after = NULL;
    fx_mkdir(w->base, "from", 0755);
    fx_mkdir(w->base, "to", 0755);
    fx_file(w->base, "to/other", "somebody's", 0644, 1500000000);
    fx_mkdir(w->base, "from/old", 0755);
    fx_mkdir(w->base, "from/old/bin", 0755);
    fx_file(w->base, "from/old/bin/pip", "#!/base/old/bin/python\n", 0755, 1500000001);
    fx_file(w->base, "from/old/bin/data", "data", 0444, 1500000002);
    fx_link(w->base, "from/old/bin/out", "../../../to/other");
    fx_mtime(w->base, "from/old/bin", 1500000003);
    fx_mtime(w->base, "from/old", 1500000004);
    w->before = fx_snapshot(w->old, NULL, false);
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

static inline enum vf_status fill_staged(const struct world *w, struct vf_staging *s, struct vf_buf *copied,
                                         struct vf_err *err)
{
    struct vf_copy_opts opts = {.copied = copied};
    struct vf_hooks h = {.jobs = 1};
    int src = open(w->old, O_RDONLY | O_DIRECTORY);
    enum vf_status st = vf_copy_tree(src, vf_staging_fd(s), &edits, &opts, &h, NULL, err);
    (void)close(src);
    return st;
}

/* A move by copying up to the commit. *r: NULL, or what is to become of OLD. */
static inline enum vf_status up_to_commit(const struct world *w, bool retire, struct vf_retire **r,
                                          struct vf_err *err)
{
    struct vf_staging *s = NULL;
    struct vf_buf copied = {0};
    enum vf_status st = VF_OK;
    *r = NULL;
    if (retire) {
        int fd = open(w->old, O_RDONLY | O_DIRECTORY);
        st = vf_retire_begin(&test_key, fd, sl(w->old), sl(w->fresh), r, err);
        (void)close(fd);
    }
    if (st == VF_OK)
        st = vf_staging_begin(sl(w->fresh), &s, err);
    if (st == VF_OK)
        st = fill_staged(w, s, retire ? &copied : NULL, err);
    if (st == VF_OK && retire)
        st = vf_retire_note(*r, vf_staging_fd(s), vf_buf_slice(&copied), err);
    vf_buf_release(&copied);
    if (st != VF_OK) {
        if (s)
            (void)!vf_staging_drop(s, NULL);
        return st;
    }
    int unflushed = 0;
    st = vf_staging_commit(s, &unflushed, err);
    assert_int_equal(unflushed, 0);
    if (st == VF_OK)
        vf_staging_end(s);
    return st;
}

/* What a move by copying does. */
static inline enum vf_status whole(const struct world *w, void *ctx, struct vf_err *err)
{
    struct vf_retire *r = NULL;
    struct vf_retire_result res;
    struct vf_arena a;
    enum vf_status st = up_to_commit(w, *(bool *)ctx, &r, err);
    if (st != VF_OK || !r)
        return st;
    vf_arena_init(&a);
    st = vf_retire_finish(r, NULL, &a, &res, err);
    if (st == VF_OK && res.outcome != VF_RETIRED)
        st = VF_CHANGED;
    vf_arena_release(&a);
    return st;
}

static inline enum vf_status roll_back(const char *root, bool forward, struct vf_err *err)
{
    struct vf_txn *t = NULL;
    bool moved;
    enum vf_status st = vf_txn_resume(&test_key, sl(root), &t, &moved, err);
    if (st != VF_OK)
        return st;
    return forward ? vf_txn_finish(t, err) : vf_txn_roll_back(t, err);
}

/* OLD's journal goes when there is no NEW that names its token. */
static inline enum vf_status recover_old(const struct world *w, struct vf_arena *a, struct vf_err *err)
{
    struct vf_txn_info old = {.state = VF_TXN_NONE}, fresh = {.state = VF_TXN_NONE};
    enum vf_status st = VF_OK;
    if (fx_there(w->old, "."))
        st = vf_txn_inspect(&test_key, sl(w->old), a, &old, err);
    if (st == VF_OK && fx_there(w->fresh, "."))
        st = vf_txn_inspect(&test_key, sl(w->fresh), a, &fresh, err);
    if (st != VF_OK || old.state == VF_TXN_NONE || old.state == VF_TXN_FOREIGN ||
        (fresh.state == VF_TXN_RETIRE && memcmp(old.token, fresh.token, 32) == 0))
        return st;
    return roll_back(w->old, false, err);
}

/* What the next run does with what it finds. ctx: gets the outcome; or NULL. */
static inline enum vf_status recover(const struct world *w, void *ctx, struct vf_err *err)
{
    struct vf_arena a;
    struct vf_txn_info info = {.state = VF_TXN_NONE};
    struct vf_retire_result res = {.outcome = VF_RETIRED};
    vf_arena_init(&a);
    enum vf_status st = recover_old(w, &a, err);
    if (st == VF_OK && vf_staging_left(sl(w->fresh)))
        st = vf_staging_clean(sl(w->fresh), err);
    if (st == VF_OK && fx_there(w->fresh, "."))
        st = vf_txn_inspect(&test_key, sl(w->fresh), &a, &info, err);
    if (st == VF_OK && info.state == VF_TXN_RETIRE)
        st = vf_retire_resume(&test_key, sl(w->fresh), NULL, &a, &res, err);
    else if (st == VF_OK && info.state != VF_TXN_NONE) /* killed while the journal itself was removed */
        st = roll_back(w->fresh, info.state == VF_TXN_COMMITTED, err);
    if (ctx)
        *(int *)ctx = (int)res.outcome;
    vf_arena_release(&a);
    return st;
}

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

static inline char *expected_after(void)
{
    struct world w;
    bool retire = false;
    struct vf_err err;
    vf_err_init(&err);
    world_make(&w);
    assert_int_equal(whole(&w, &retire, &err), VF_OK);
    char *s = fx_snapshot(w.fresh, edited, false);
    world_free(&w);
    return s;
}

/* OLD whole and no NEW, or NEW whole and (after a move) no OLD; and nothing beside them. The time of NEW's
 * own directory is lost to a kill between the removal of its journal and the call that puts the time back. */
static inline void check_world(const struct world *w, const char *after, bool retire, long n)
{
    bool at_old = fx_there(w->base, "from/old"), at_new = fx_there(w->base, "to/new");
    char *from = fx_join(w->base, "from"), *to = fx_join(w->base, "to");
    if (at_old) {
        char *now = fx_snapshot(w->old, NULL, false);
        if (strcmp(now, w->before) != 0)
            fail_msg("step %ld: OLD is\n%s\nand not\n%s", n, now, w->before);
        free(now);
    }
    if (at_new) {
        char *now = fx_snapshot(w->fresh, edited, false);
        if (strcmp(now, after) != 0)
            fail_msg("step %ld: NEW is\n%s\nand not\n%s", n, now, after);
        free(now);
    }
    if (!(retire ? at_old != at_new : at_old))
        fail_msg("step %ld: old %d new %d", n, at_old, at_new);
    if (at_new)
        fx_remove(w->fresh);
    if (at_old)
        fx_remove(w->old);
    char *rest = fx_snapshot(from, NULL, false), *rest_to = fx_snapshot(to, NULL, false);
    if (strcmp(rest, ". 40755 0 * \n") != 0)
        fail_msg("step %ld: left beside OLD:\n%s", n, rest);
    if (strcmp(rest_to, ". 40755 0 * \nother 100644 1 1500000000.123 somebody's\n") != 0)
        fail_msg("step %ld: left beside NEW:\n%s", n, rest_to);
    free(rest);
    free(rest_to);
    free(from);
    free(to);
}

/* NEW is committed, OLD is there, and the run was cut off. */
static inline void ready_to_retire(struct world *w)
{
    struct vf_retire *r = NULL;
    struct vf_err err;
    vf_err_init(&err);
    world_make(w);
    assert_int_equal(up_to_commit(w, true, &r, &err), VF_OK);
    retire_free(r);
}

static inline void give(const char *base, const char *rel)
{
    char *p = fx_join(base, rel);
    if (geteuid() == 0)
        assert_int_equal(lchown(p, 65534, 65534), 0);
    free(p);
}

#endif
