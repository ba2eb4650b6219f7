/* OLD of a move by copying: marked, put aside, compared, removed; and nothing removed but what was copied,
 * whatever other processes do meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "retire_world.h"

/* --- what another process writes to OLD --- */

enum act {
    NEW_FILE,
    NEW_DIR,
    NEW_LINK,
    NEW_FIFO,
    APPEND,
    REPLACE,
    SAME_TIME,
    DELETE,
    CHMOD,
    CHMOD_DIR,
    IN_JOURNAL,
    ACTS
};

static void act_on(const struct world *w, enum act act)
{
    char *data = fx_join(w->old, "bin/data"), *bin = fx_join(w->old, "bin"), *fifo = fx_join(w->old, "fifo");
    switch (act) {
    case NEW_FILE:
        fx_file(w->old, "bin/theirs", "precious", 0644, 1500000000);
        break;
    case NEW_DIR:
        fx_mkdir(w->old, "theirs", 0755);
        break;
    case NEW_LINK:
        fx_link(w->old, "bin/theirs", "data");
        break;
    case NEW_FIFO:
        assert_int_equal(mkfifo(fifo, 0600), 0);
        break;
    case APPEND:
        append(w->old, "bin/pip", "precious\n");
        break;
    case REPLACE:
        assert_int_equal(unlink(data), 0);
        fx_file(w->old, "bin/data", "atad", 0444, 1500000002);
        break;
    case SAME_TIME: /* equal size, time put back: as rsync -t does */
        assert_int_equal(chmod(data, 0644), 0);
        fx_file(w->old, "bin/data", "atad", 0444, 1500000002);
        break;
    case DELETE:
        assert_int_equal(unlink(data), 0);
        break;
    case CHMOD:
        assert_int_equal(chmod(data, 0600), 0);
        break;
    case CHMOD_DIR:
        assert_int_equal(chmod(bin, 0700), 0);
        break;
    case IN_JOURNAL:
        fx_file(w->old, ".venvfix/theirs", "precious", 0600, 1500000000);
        break;
    case ACTS:
        break;
    }
    free(data);
    free(bin);
    free(fifo);
}

static const char *const act_paths[ACTS] = {"bin/theirs", "theirs",   "bin/theirs",     "fifo",
                                            "bin/pip",    "bin/data", "bin/data",       "bin/data",
                                            "bin/data",   "bin",      ".venvfix/theirs"};

static void assert_named(const char *changed, enum act act)
{
    char want[64];
    (void)snprintf(want, sizeof want, "%s ", act_paths[act]);
    if (!strstr(changed, want))
        fail_msg("act %d: '%s' does not name '%s'", (int)act, changed, want);
}

/* Whatever it is, OLD stays as it is now, and is told. */
static void written_before_the_end(void **state)
{
    (void)state;
    for (enum act act = NEW_FILE; act < ACTS; act++) {
        struct world w;
        char changed[200];
        int fds = fx_open_fds();
        struct vf_retire *r = committed(&w);
        act_on(&w, act);
        char *now = fx_snapshot(w.old, NULL, false);
        assert_int_equal(finished(r, changed), VF_RETIRE_CHANGED);
        assert_named(changed, act);
        if (act != IN_JOURNAL) { /* its journal stays for the stranger in it */
            no_journal(&w);
            char *then = fx_snapshot(w.old, NULL, false);
            assert_non_null(strstr(now, ".venvfix"));
            assert_true(strlen(then) > 0 && strncmp(then, now, 10) == 0);
            free(then);
        } else {
            assert_true(fx_there(w.base, "from/old/.venvfix/theirs"));
        }
        if (act == NEW_FILE)
            assert_true(fx_there(w.base, "from/old/bin/theirs"));
        assert_int_equal(fx_there(w.old, "bin/data"), act != DELETE);
        assert_true(fx_there(w.fresh, "bin/pip"));
        assert_int_equal(fx_open_fds(), fds);
        free(now);
        world_free(&w);
    }
}

/* The same after a kill: the list of what was copied has survived. */
static void written_before_the_resume(void **state)
{
    (void)state;
    for (enum act act = NEW_FILE; act < IN_JOURNAL; act++) {
        struct world w;
        ready_to_retire(&w);
        act_on(&w, act);
        assert_int_equal(resumed(&w), VF_RETIRE_CHANGED);
        no_journal(&w);
        assert_true(fx_there(w.old, "bin/pip"));
        assert_int_equal(fx_there(w.old, "bin/data"), act != DELETE);
        world_free(&w);
    }
}

static const struct world *acting;

static void write_into_aside(void)
{
    append(acting->old, "bin/pip", "precious\n");
}

/* Between the look and the rename: it is seen in the second listing. */
static void written_right_before_the_rename(void **state)
{
    (void)state;
    struct world w;
    char changed[200];
    struct vf_retire *r = committed(&w);
    acting = &w;
    just_before_rename = write_into_aside;
    assert_int_equal(finished(r, changed), VF_RETIRE_CHANGED);
    assert_string_equal(changed, "bin/pip ");
    char *pip = fx_read(w.old, "bin/pip");
    assert_non_null(strstr(pip, "precious"));
    free(pip);
    no_journal(&w);
    world_free(&w);
}

static int held_bin = -1;

/* At each step of the removal a file is made through a descriptor that was open before. */
static void written_through_a_descriptor(void **state)
{
    (void)state;
    bool ended = false;
    int stayed = 0;
    for (long n = 1; !ended; n++) {
        struct world w;
        ready_to_retire(&w);
        char *bin = fx_join(w.old, "bin");
        held_bin = open(bin, O_RDONLY | O_DIRECTORY);
        ended = !die_at(n, recover, &w, NULL);
        if (!ended) {
            int fd = openat(held_bin, "theirs", O_WRONLY | O_CREAT | O_EXCL, 0644);
            bool written = fd >= 0;
            if (written)
                (void)close(fd);
            int outcome = resumed(&w);
            if (written) {
                assert_int_equal(outcome, VF_RETIRE_CHANGED);
                assert_true(fx_there(w.old, "bin/theirs"));
                no_journal(&w);
                stayed++;
            }
        }
        (void)close(held_bin);
        free(bin);
        world_free(&w);
    }
    assert_true(stayed > 5);
}

/* --- who stands where --- */

static void mine_at_old(const struct world *w)
{
    fx_mkdir(w->base, "from/old", 0755);
    fx_file(w->base, "from/old/mine", "precious", 0644, 1500000000);
}

static void another_old(void **state)
{
    (void)state;
    for (int live = 0; live < 2; live++) {
        struct world w;
        char changed[200];
        struct vf_retire *r = committed(&w);
        if (!live)
            retire_free(r);
        char *aside = fx_join(w.base, "from/aside");
        assert_int_equal(rename(w.old, aside), 0);
        mine_at_old(&w);
        assert_int_equal(live ? finished(r, changed) : resumed(&w), VF_RETIRE_NOT_OLD);
        assert_true(fx_there(w.base, "from/old/mine"));
        assert_true(fx_there(w.base, "from/aside/bin/pip"));
        assert_int_equal(fx_there(w.base, "from/aside/.venvfix"), !live);
        assert_false(fx_there(w.fresh, ".venvfix"));
        free(aside);
        world_free(&w);
    }
}

/* OLD is removed and another one made, which gets its inode number: on ext4 and tmpfs alike it may. A token
 * of another move, or a copy of the right one, proves nothing. */
static void another_old_with_a_token(void **state)
{
    (void)state;
    struct world w, other;
    ready_to_retire(&w);
    ready_to_retire(&other);
    char *cmd = NULL;
    assert_true(
        asprintf(&cmd,
                 "cp -a '%s/.venvfix' '%s/keep' && rm -r '%s' && mkdir '%s' && echo precious > '%s/mine' && "
                 "mv '%s/keep' '%s/.venvfix'",
                 w.old, w.base, w.old, w.old, w.old, w.base, w.old) > 0);
    assert_int_equal(system(cmd), 0);
    assert_int_equal(resumed(&w), VF_RETIRE_NOT_OLD);
    assert_true(fx_there(w.base, "from/old/mine"));
    free(cmd);
    /* a whole environment that another move has marked */
    assert_true(asprintf(&cmd, "rm -r '%s' && mv '%s' '%s'", w.old, other.old, w.old) > 0);
    assert_int_equal(system(cmd), 0);
    world_free(&w);
    ready_to_retire(&w);
    free(cmd);
    assert_true(asprintf(&cmd, "rm -r '%s'", w.old) > 0);
    assert_int_equal(system(cmd), 0);
    assert_int_equal(resumed(&w), VF_RETIRED);
    free(cmd);
    world_free(&w);
    world_free(&other);
}

/* OLD was put aside and the run killed; then somebody made a new OLD. It stays, whatever its inode number is.
 */
static void new_old_after_a_kill(void **state)
{
    (void)state;
    bool seen = false, ended = false;
    for (long n = 1; !ended; n++) {
        struct world w;
        ready_to_retire(&w);
        ended = !die_at(n, recover, &w, NULL);
        if (!fx_there(w.base, "from/old")) {
            seen = true;
            mine_at_old(&w);
            struct vf_err err;
            vf_err_init(&err);
            assert_int_equal(recover(&w, NULL, &err), VF_OK);
            char *mine = fx_read(w.old, "mine"), *from = fx_join(w.base, "from");
            assert_string_equal(mine, "precious");
            assert_false(fx_there(w.fresh, ".venvfix"));
            fx_remove(w.old);
            char *rest = fx_snapshot(from, NULL, false);
            assert_string_equal(rest, ". 40755 0 * \n"); /* what was aside is gone */
            free(rest);
            free(from);
            free(mine);
        }
        world_free(&w);
    }
    assert_true(seen);
}

/* A directory above OLD, or above NEW, becomes a link that leads to a victim of the same shape. */
static void parents_swapped(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) { /* OLD's or NEW's; in one run, or after a kill */
        struct world w;
        char changed[200], *cmd = NULL;
        bool of_new = which & 1, live = which & 2;
        struct vf_retire *r = committed(&w);
        if (!live)
            retire_free(r);
        const char *dir = of_new ? "to" : "from";
        assert_true(asprintf(&cmd, "cd '%s' && cp -a %s victim && mv %s real && ln -s victim %s", w.base, dir,
                             dir, dir) > 0);
        assert_int_equal(system(cmd), 0);
        char *victim = fx_join(w.base, "victim"), *before = fx_snapshot(victim, NULL, false);
        if (live && of_new) {
            assert_int_equal(finished(r, changed), VF_RETIRE_NOT_NEW);
            assert_true(fx_there(w.base, "from/old/bin/pip"));
            assert_false(fx_there(w.base, "from/old/.venvfix"));
        } else if (live) { /* the parent that was opened is the one that is meant */
            assert_int_equal(finished(r, changed), VF_RETIRED);
            assert_false(fx_there(w.base, "real/old"));
        } else if (of_new) { /* what is at NEW is a copy, and so foreign */
            struct vf_txn_info info;
            struct vf_arena a;
            struct vf_err err;
            vf_err_init(&err);
            vf_arena_init(&a);
            assert_int_equal(vf_txn_inspect(&test_key, sl(w.fresh), &a, &info, &err), VF_OK);
            assert_int_equal(info.state, VF_TXN_FOREIGN);
            assert_non_null(info.why_foreign);
            vf_arena_release(&a);
            assert_true(fx_there(w.base, "from/old/bin/pip"));
        } else {
            assert_int_equal(resumed(&w), VF_RETIRE_NOT_OLD);
            assert_true(fx_there(w.base, "real/old/bin/pip"));
        }
        char *now = fx_snapshot(victim, NULL, false);
        assert_string_equal(now, before);
        free(now);
        free(before);
        free(victim);
        free(cmd);
        world_free(&w);
    }
}

/* --- locks --- */

static void both_are_locked(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_retire *second = NULL;
    struct vf_txn *t = NULL;
    char changed[200];
    vf_err_init(&err);
    struct vf_retire *r = committed(&w);
    int fd = open(w.old, O_RDONLY | O_DIRECTORY);
    assert_int_equal(vf_retire_begin(&test_key, fd, sl(w.old), sl("/elsewhere"), &second, &err), VF_BUSY);
    vf_err_clear(&err);
    assert_int_equal(vf_txn_begin(&test_key, sl(w.old), "fix", sl(w.old), sl(w.old), &t, &err), VF_BUSY);
    vf_err_clear(&err);
    assert_int_equal(vf_txn_begin(&test_key, sl(w.fresh), "fix", sl(w.fresh), sl(w.fresh), &t, &err),
                     VF_BUSY);
    vf_err_clear(&err);
    struct vf_arena a;
    struct vf_retire_result res;
    vf_arena_init(&a);
    assert_int_equal(vf_retire_resume(&test_key, sl(w.fresh), NULL, &a, &res, &err), VF_BUSY);
    vf_err_clear(&err);
    vf_arena_release(&a);
    assert_true(flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK); /* what a reader asks */
    (void)close(fd);
    assert_int_equal(finished(r, changed), VF_RETIRED);
    world_free(&w);

    world_make(&w);
    fd = open(w.old, O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(fd, LOCK_SH), 0); /* a reader is at work */
    assert_int_equal(vf_retire_begin(&test_key, fd, sl(w.old), sl(w.fresh), &second, &err), VF_BUSY);
    vf_err_clear(&err);
    assert_false(fx_there(w.old, ".venvfix"));
    (void)close(fd);
    world_free(&w);
}

static void begin_elsewhere(void **state)
{
    (void)state;
    struct world w;
    struct vf_err err;
    struct vf_retire *r = NULL;
    vf_err_init(&err);
    world_make(&w);
    int fds = fx_open_fds(), fd = open(w.old, O_RDONLY | O_DIRECTORY);
    char *aside = fx_join(w.base, "from/aside");
    assert_int_equal(rename(w.old, aside), 0);
    mine_at_old(&w); /* the directory that was looked at is another one now */
    assert_int_equal(vf_retire_begin(&test_key, fd, sl(w.old), sl(w.fresh), &r, &err), VF_CHANGED);
    vf_err_clear(&err);
    assert_false(fx_there(aside, ".venvfix") || fx_there(w.old, ".venvfix"));
    (void)close(fd);
    assert_int_equal(fx_open_fds(), fds);
    free(aside);
    world_free(&w);
}

/* --- proof --- */

static void too_little_proof(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct world w;
        ready_to_retire(&w);
        char *list = fx_join(w.fresh, ".venvfix/copied");
        if (i == 0)
            append(w.fresh, ".venvfix/copied", "f");
        else if (i == 1)
            assert_int_equal(unlink(list), 0);
        else
            assert_int_equal(truncate(list, 0), 0);
        assert_int_equal(resumed(&w), VF_RETIRE_UNPROVEN);
        assert_true(fx_there(w.old, "bin/pip"));
        free(list);
        world_free(&w);
    }
}

/* A run that had no secret finishes, but what it leaves when it is cut off removes nothing. */
static void without_a_secret(void **state)
{
    (void)state;
    static const struct vf_key none = {0};
    struct world w;
    struct vf_err err;
    struct vf_retire *r = NULL;
    struct vf_staging *s = NULL;
    struct vf_buf copied = {0};
    char changed[200];
    int unflushed = 0;
    vf_err_init(&err);
    for (int live = 0; live < 2; live++) {
        world_make(&w);
        int fd = open(w.old, O_RDONLY | O_DIRECTORY);
        assert_int_equal(vf_retire_begin(&none, fd, sl(w.old), sl(w.fresh), &r, &err), VF_OK);
        (void)close(fd);
        vf_buf_clear(&copied);
        assert_int_equal(vf_staging_begin(sl(w.fresh), &s, &err), VF_OK);
        assert_int_equal(fill_staged(&w, s, &copied, &err), VF_OK);
        assert_int_equal(vf_retire_note(r, vf_staging_fd(s), vf_buf_slice(&copied), &err), VF_OK);
        assert_int_equal(vf_staging_commit(s, &unflushed, &err), VF_OK);
        vf_staging_end(s);
        if (live) {
            assert_int_equal(finished(r, changed), VF_RETIRED);
        } else {
            retire_free(r);
            assert_int_equal(resumed(&w), VF_RETIRE_UNPROVEN);
            assert_true(fx_there(w.old, "bin/pip"));
        }
        world_free(&w);
    }
    vf_buf_release(&copied);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_before_the_end),
        cmocka_unit_test(written_before_the_resume),
        cmocka_unit_test(written_right_before_the_rename),
        cmocka_unit_test(written_through_a_descriptor),
        cmocka_unit_test(another_old),
        cmocka_unit_test(another_old_with_a_token),
        cmocka_unit_test(new_old_after_a_kill),
        cmocka_unit_test(parents_swapped),
        cmocka_unit_test(both_are_locked),
        cmocka_unit_test(begin_elsewhere),
        cmocka_unit_test(too_little_proof),
        cmocka_unit_test(without_a_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
