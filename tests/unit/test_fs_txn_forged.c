/* Journals that are not to be trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "txn_world.h"

static void commit_and_leave(const struct world *w)
{
    struct vf_err err;
    struct vf_txn *t = NULL;
    vf_err_init(&err);
    assert_int_equal(staged(w, &t, &err), VF_OK);
    vf_txn_abandon(t);
}

static void put_line(struct vf_buf *b, const char *key, const unsigned char sum[32])
{
    vf_buf_puts(b, key);
    vf_hex_put(b, (struct vf_slice){(const char *)sum, 32});
    vf_buf_putc(b, '\n');
}

/* The journal with one piece of text (the first behind `after`) replaced, and its MAC (by this key; NULL:
 * none) and its hash made right again. */
static void forge_by(const struct vf_key *key, const char *root, const char *after, const char *was,
                     const char *is)
{
    struct vf_buf b = {0};
    unsigned char sum[32] = {0};
    char *text = fx_read(root, ".venvfix/journal");
    assert_non_null(text);
    char *at = strstr(text, after), *end = strstr(text, "\nmac ");
    assert_non_null(at);
    at = strstr(at, was);
    assert_non_null(at);
    assert_non_null(end);
    vf_buf_put(&b, (struct vf_slice){text, (size_t)(at - text)});
    vf_buf_puts(&b, is);
    at += strlen(was);
    vf_buf_put(&b, (struct vf_slice){at, (size_t)(end + 1 - at)});
    if (key)
        assert_true(vf_hmac_sha256(key->secret, vf_buf_slice(&b), sum));
    put_line(&b, "mac ", sum);
    assert_true(vf_sha256(vf_buf_slice(&b), sum));
    put_line(&b, "end ", sum);
    assert_non_null(vf_buf_cstr(&b));
    fx_file(root, ".venvfix/journal", vf_buf_cstr(&b), 0600, 1500000000);
    vf_buf_release(&b);
    free(text);
}

static void forge(const char *root, const char *after, const char *was, const char *is)
{
    forge_by(&test_key, root, after, was, is);
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
    if (vf_txn_resume(&test_key, sl(root), &t, &moved, &err) != VF_EXISTS)
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
        {"edits 11", "edits 9", ""},
        {"edits 11", "edits 18446744073709551615", ""},
        {"edit splice", "edit delete", ""},
        {"from /", "from ", ""},
        {"venvfix-journal 2", "venvfix-journal 1", ""},
        {"lock ", "lock 9", ""},
        {"lock-changed ", "lock-changed 9", ""},
        {"token 0", "token x", ""},
    };
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        struct world w;
        world_make(&w, false);
        commit_and_leave(&w);
        forge(w.old, cases[i].after, cases[i].was, cases[i].is);
        assert_foreign(w.old, cases[i].is);
        world_free(&w);
    }
}

/* Whose secret made the MAC, and none at all. */
static void other_secrets(void **state)
{
    (void)state;
    struct world w;
    struct vf_txn_info info;
    struct vf_arena a;
    struct vf_key other = {true, "that of somebody else on the hos"};
    vf_arena_init(&a);
    world_make(&w, false);
    commit_and_leave(&w);
    assert_int_equal(look_state(w.old, &info, &a), VF_TXN_COMMITTED);
    forge_by(&other, w.old, "", "verb fix", "verb fix");
    assert_foreign(w.old, "another secret");
    forge(w.old, "", "verb fix", "verb fix");
    assert_int_equal(look_state(w.old, &info, &a), VF_TXN_COMMITTED);
    char *text = fx_read(w.old, ".venvfix/journal"), *mac = strstr(text, "\nmac ");
    mac[5] = mac[5] == '0' ? '1' : '0';
    fx_file(w.old, ".venvfix/journal", text, 0600, 1500000000);
    assert_foreign(w.old, "a wrong MAC");
    free(text);
    vf_arena_release(&a);
    world_free(&w);
}

/* A journal without a MAC works inside its root, and nowhere else. */
static void without_a_secret(void **state)
{
    (void)state;
    struct vf_err err;
    struct vf_txn *t = NULL;
    bool moved;
    vf_err_init(&err);
    for (int at_new = 0; at_new < 2; at_new++) {
        struct world w;
        world_make(&w, true);
        assert_int_equal(vf_txn_begin(NULL, sl(w.old), "move", sl(w.old), sl(w.fresh), &t, &err), VF_OK);
        for (size_t i = 0; i < VF_COUNT(plan); i++)
            assert_int_equal(vf_txn_stage(t, &plan[i], &err), VF_OK);
        assert_int_equal(vf_txn_write_commit_record(t, &err), VF_OK);
        if (at_new)
            assert_int_equal(vf_txn_move(t, &err), VF_OK);
        vf_txn_abandon(t);
        const char *at = at_new ? w.fresh : w.old;
        assert_int_equal(vf_txn_resume(&test_key, sl(at), &t, &moved, &err), VF_OK);
        assert_int_equal(moved, at_new);
        if (at_new) { /* not back, but forward */
            assert_int_equal(vf_txn_roll_back(t, &err), VF_EXISTS);
            vf_err_clear(&err);
            assert_int_equal(vf_txn_resume(&test_key, sl(at), &t, &moved, &err), VF_OK);
            assert_int_equal(vf_txn_apply(t, NULL, &err), VF_OK);
            assert_int_equal(vf_txn_finish(t, &err), VF_OK);
        } else {
            assert_int_equal(vf_txn_move(t, &err), VF_EXISTS);
            vf_err_clear(&err);
            assert_int_equal(vf_txn_roll_back(t, &err), VF_OK);
        }
        char *after = expected_after(true);
        check_world(&w, after, !at_new, at_new, "without a secret", at_new);
        free(after);
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
    commit_and_leave(&w);
    assert_int_equal(look_state(w.old, &info, &a), VF_TXN_COMMITTED);
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
    assert_int_equal(look_state(w.old, &info, &a), VF_TXN_COMMITTED);

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
    commit_and_leave(&w);
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
    commit_and_leave(&w);
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
    char *host = fx_join(w.base, "outside"), *lib = fx_join(w.old, "lib"),
         *aside = fx_join(w.old, "lib.aside");
    char *before = fx_snapshot(host, NULL, true);
    commit_and_leave(&w);
    assert_int_equal(rename(lib, aside), 0);
    assert_int_equal(symlink(host, lib), 0);
    assert_int_equal(vf_txn_resume(&test_key, sl(w.old), &t, &moved, &err), VF_OK);
    assert_int_equal(vf_txn_apply(t, NULL, &err), VF_CHANGED);
    vf_err_clear(&err);
    assert_int_equal(vf_txn_roll_back(t, &err), VF_CHANGED);
    vf_err_clear(&err);
    assert_int_equal(unlink(lib), 0);
    assert_int_equal(rename(aside, lib), 0);
    assert_int_equal(recover(&w, FORWARD, &err), VF_OK);
    char *now = fx_snapshot(w.old, NULL, false), *out_now = fx_snapshot(host, NULL, true);
    assert_string_equal(now, w.before);
    assert_string_equal(out_now, before);
    free(host);
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
    commit_and_leave(&w);
    char *p = fx_join(w.old, ".venvfix/new/2");
    assert_int_equal(stat(p, &st), 0);
    int fd = open(p, O_WRONLY);
    assert_int_equal(pwrite(fd, "\0\0\0", 3, 0), 3);
    struct timespec t2[2] = {st.st_atim, st.st_mtim};
    assert_int_equal(futimens(fd, t2), 0);
    (void)close(fd);
    assert_int_equal(vf_txn_resume(&test_key, sl(w.old), &t, &moved, &err), VF_OK);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forged_journals),    cmocka_unit_test(spoiled_directories),
        cmocka_unit_test(other_secrets),      cmocka_unit_test(without_a_secret),
        cmocka_unit_test(copied_environment), cmocka_unit_test(replaced_staged_file),
        cmocka_unit_test(linked_directory),   cmocka_unit_test(damaged_staged_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
