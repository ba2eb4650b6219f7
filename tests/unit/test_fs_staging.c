/* Staging beside NEW, and retiring OLD: a move by copying, killed before each of its steps, and what is not
 * ours to remove. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "fs_fixture.h"
#include "fs_hooked.h"

static const struct vf_key test_key = {true, "not so secret, 32 bytes of text"};

static struct vf_slice sl(const char *s)
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

static void world_make(struct world *w)
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
    w->before = fx_snapshot(w->old, NULL, true);
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

static enum vf_status fill_staged(const struct world *w, struct vf_staging *s, struct vf_err *err)
{
    struct vf_hooks h = {.jobs = 1};
    int src = open(w->old, O_RDONLY | O_DIRECTORY);
    enum vf_status st = vf_copy_tree(src, vf_staging_fd(s), &edits, NULL, &h, NULL, err);
    (void)close(src);
    return st;
}

/* What a move by copying does. */
static enum vf_status whole(const struct world *w, void *ctx, struct vf_err *err)
{
    struct vf_staging *s = NULL;
    bool emptied = false, retire = *(bool *)ctx;
    enum vf_status st = vf_staging_begin(sl(w->fresh), &s, err);
    if (st == VF_OK)
        st = fill_staged(w, s, err);
    if (st == VF_OK && retire)
        st = vf_staging_note_retire(&test_key, s, sl(w->old), err);
    if (st != VF_OK) {
        if (s)
            (void)!vf_staging_drop(s, NULL);
        return st;
    }
    st = vf_staging_commit(s, err);
    if (st == VF_OK && retire)
        st = vf_retire(&test_key, sl(w->old), sl(w->fresh), &emptied, err);
    return st;
}

/* What the next run does with what it finds. */
static enum vf_status recover(const struct world *w, void *ctx, struct vf_err *err)
{
    struct vf_arena a;
    struct vf_txn_info info = {.state = VF_TXN_NONE};
    bool emptied;
    (void)ctx;
    vf_arena_init(&a);
    enum vf_status st = VF_OK;
    if (vf_staging_left(sl(w->fresh)))
        st = vf_staging_clean(sl(w->fresh), err);
    if (st == VF_OK && fx_there(w->fresh, "."))
        st = vf_txn_inspect(&test_key, sl(w->fresh), &a, &info, err);
    if (st == VF_OK && info.state == VF_TXN_RETIRE) {
        st = vf_slice_eq(info.from, sl(w->old))
                 ? vf_retire(&test_key, sl(w->old), sl(w->fresh), &emptied, err)
                 : VF_INTERNAL;
    } else if (st == VF_OK && info.state != VF_TXN_NONE) { /* killed while the journal itself was removed */
        struct vf_txn *t = NULL;
        bool moved;
        st = vf_txn_resume(&test_key, sl(w->fresh), &t, &moved, err);
        if (st == VF_OK)
            st = info.state == VF_TXN_COMMITTED ? vf_txn_finish(t, err) : vf_txn_roll_back(t, err);
    }
    vf_arena_release(&a);
    return st;
}

static bool die_at(long n, enum vf_status (*fn)(const struct world *, void *, struct vf_err *),
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

static char *expected_after(void)
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
static void check_world(const struct world *w, const char *after, bool retire, long n)
{
    bool at_old = fx_there(w->base, "from/old"), at_new = fx_there(w->base, "to/new");
    char *from = fx_join(w->base, "from"), *to = fx_join(w->base, "to");
    if (at_old) {
        char *now = fx_snapshot(w->old, NULL, true);
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

static void ready_to_retire(struct world *w)
{
    struct vf_staging *s = NULL;
    struct vf_err err;
    vf_err_init(&err);
    world_make(w);
    assert_int_equal(vf_staging_begin(sl(w->fresh), &s, &err), VF_OK);
    assert_int_equal(fill_staged(w, s, &err), VF_OK);
    assert_int_equal(vf_staging_note_retire(&test_key, s, sl(w->old), &err), VF_OK);
    assert_int_equal(vf_staging_commit(s, &err), VF_OK);
}

/* As on an overlay: OLD cannot be put aside and is emptied where it stands. */
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

/* --- undisturbed --- */

static void staged_path(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_staging *s = NULL, *other = NULL;
    struct stat a, b;
    vf_err_init(&err);
    int fds = fx_open_fds();
    world_make(&w);
    assert_false(vf_staging_left(sl(w.fresh)));
    assert_int_equal(vf_staging_begin(sl(w.fresh), &s, &err), VF_OK);
    struct vf_slice path = vf_staging_path(s);
    assert_true(vf_slice_ends(path, VF_S("/new")));
    assert_true(vf_slice_find(path, VF_S("/to/.venvfix-"), 0) != VF_NPOS);
    assert_int_equal(stat(path.p, &a), 0);
    assert_int_equal(fstat(vf_staging_fd(s), &b), 0);
    assert_true(a.st_ino == b.st_ino && a.st_ino == vf_staging_ino(s));
    assert_true(vf_staging_left(sl(w.fresh)));
    assert_false(vf_staging_committed(sl(w.fresh)));
    assert_int_equal(vf_staging_begin(sl(w.fresh), &other, &err), VF_BUSY);
    vf_err_clear(&err);
    assert_int_equal(vf_staging_clean(sl(w.fresh), &err), VF_BUSY);
    vf_err_clear(&err);
    assert_int_equal(fill_staged(&w, s, &err), VF_OK);
    assert_int_equal(vf_staging_drop(s, &err), VF_OK);
    assert_false(vf_staging_left(sl(w.fresh)));

    assert_int_equal(vf_staging_begin(sl(w.fresh), &s, &err), VF_OK);
    uint64_t ino = vf_staging_ino(s);
    fx_mkdir(w.base, "to/new", 0755); /* somebody is faster */
    assert_int_equal(vf_staging_commit(s, &err), VF_EXISTS);
    vf_err_clear(&err);
    assert_false(vf_staging_left(sl(w.fresh)));
    assert_int_equal(vf_staging_discard(sl(w.fresh), ino, &err), VF_CHANGED);
    vf_err_clear(&err);
    fx_remove(w.fresh);

    assert_int_equal(vf_staging_begin(sl(w.fresh), &s, &err), VF_OK);
    ino = vf_staging_ino(s);
    assert_int_equal(fill_staged(&w, s, &err), VF_OK);
    assert_int_equal(vf_staging_commit(s, &err), VF_OK);
    assert_true(fx_there(w.fresh, "bin/pip"));
    assert_int_equal(fx_mtime_of(w.fresh, "."), 1500000004);
    assert_false(fx_there(w.fresh, ".gitignore"));
    assert_int_equal(vf_staging_discard(sl(w.fresh), ino, &err), VF_OK);
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

/* --- retiring --- */

static void retire_only_what_was_copied(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    bool emptied;
    vf_err_init(&err);
    int fds = fx_open_fds();
    ready_to_retire(&w);
    char *aside = fx_join(w.base, "from/aside"), *inside = fx_join(w.base, "from/old/mine");
    assert_int_equal(vf_retire(&test_key, sl(aside), sl(w.fresh), &emptied, &err),
                     VF_INTERNAL); /* the journal names another */
    vf_err_clear(&err);
    assert_int_equal(rename(w.old, aside), 0);
    fx_mkdir(w.base, "from/old", 0755);
    fx_file(w.base, "from/old/mine", "precious", 0644, 1500000000);
    assert_int_equal(vf_retire(&test_key, sl(w.old), sl(w.fresh), &emptied, &err), VF_CHANGED);
    vf_err_clear(&err);
    assert_true(fx_there(w.base, "from/old/mine"));
    assert_true(fx_there(w.base, "from/aside/bin/pip"));
    assert_false(fx_there(w.fresh, ".venvfix"));
    assert_int_equal(vf_retire(&test_key, sl(w.old), sl(w.fresh), &emptied, &err),
                     VF_NOT_FOUND); /* nothing to do any more */
    vf_err_clear(&err);
    assert_int_equal(fx_open_fds(), fds);
    free(aside);
    free(inside);
    world_free(&w);
}

/* OLD was put aside and the run killed; then somebody made a new OLD. It stays, whatever its inode number is.
 */
static void new_old_after_a_kill(void **state)
{
    (void)state;
    bool seen = false, ended = false;
    for (long n = 1; !ended; n++) {
        struct world w;
        struct vf_err err;
        vf_err_init(&err);
        ready_to_retire(&w);
        ended = !die_at(n, recover, &w, NULL);
        if (!fx_there(w.base, "from/old")) {
            seen = true;
            fx_mkdir(w.base, "from/old", 0755);
            fx_file(w.base, "from/old/mine", "precious", 0644, 1500000000);
            assert_int_equal(recover(&w, NULL, &err), VF_OK);
            char *mine = fx_read(w.old, "mine");
            assert_string_equal(mine, "precious");
            free(mine);
            assert_false(fx_there(w.fresh, ".venvfix"));
        }
        vf_err_release(&err);
        world_free(&w);
    }
    assert_true(seen);
}

static void retire_a_mount_point(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_staging *s = NULL;
    bool emptied = false;
    vf_err_init(&err);
    world_make(&w);
    fx_remove(w.old);
    fx_mkdir(w.base, "from/old", 0755);
    if (mount("tmpfs", w.old, "tmpfs", 0, "size=128k,mode=0755") == 0) { /* root only */
        fx_mkdir(w.base, "from/old/bin", 0755);
        fx_file(w.base, "from/old/bin/pip", "#!/base/old/bin/python\n", 0755, 1500000001);
        assert_int_equal(vf_staging_begin(sl(w.fresh), &s, &err), VF_OK);
        assert_int_equal(fill_staged(&w, s, &err), VF_OK);
        assert_int_equal(vf_staging_note_retire(&test_key, s, sl(w.old), &err), VF_OK);
        assert_int_equal(vf_staging_commit(s, &err), VF_OK);
        assert_int_equal(vf_retire(&test_key, sl(w.old), sl(w.fresh), &emptied, &err), VF_OK);
        assert_true(emptied);
        char *left = fx_snapshot(w.old, NULL, false);
        assert_string_equal(left, ". 40755 0 * \n");
        assert_false(fx_there(w.fresh, ".venvfix"));
        assert_int_equal(umount(w.old), 0);
        free(left);
    }
    world_free(&w);
}

static enum vf_status as_nobody(const struct world *w, void *ctx, struct vf_err *err)
{
    bool emptied = false;
    (void)ctx;
    if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
        return VF_INTERNAL;
    struct vf_staging *s = NULL;
    enum vf_status st = vf_staging_begin(sl(w->fresh), &s, err);
    if (st == VF_OK)
        st = fill_staged(w, s, err);
    if (st == VF_OK)
        st = vf_staging_note_retire(&test_key, s, sl(w->old), err);
    if (st == VF_OK)
        st = vf_staging_commit(s, err);
    if (st == VF_OK)
        st = vf_retire(&test_key, sl(w->old), sl(w->fresh), &emptied, err);
    return st == VF_OK && !emptied ? VF_INTERNAL : st;
}

static void give(const char *base, const char *rel)
{
    char *p = fx_join(base, rel);
    if (geteuid() == 0)
        assert_int_equal(lchown(p, 65534, 65534), 0);
    free(p);
}

/* OLD is the user's, the directory above it is not. */
static void retire_below_a_closed_directory(void **state)
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
        cmocka_unit_test(retire_only_what_was_copied),
        cmocka_unit_test(new_old_after_a_kill),
        cmocka_unit_test(retire_a_mount_point),
        cmocka_unit_test(retire_below_a_closed_directory),
        cmocka_unit_test(read_only_root),
        cmocka_unit_test(killed_recreating),
        cmocka_unit_test(killed_moving),
        cmocka_unit_test(killed_where_old_must_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
