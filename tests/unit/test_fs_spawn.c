/* Children: what they get, what they give, how they end, and that nothing of them is left. */
#include "fs_box.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "fs/spawn.h"

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct vf_spawn_result run_sh(struct box *b, const char *script, struct vf_spawn s)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct vf_spawn_result r;
    s.argv = argv;
    if (vf_spawn_run(&s, NULL, &b->arena, &r, &b->err) != VF_OK)
        fail_msg("%s: %s", script, b->err.detail);
    return r;
}

static void output_and_exit_code(void **state)
{
    struct box *b = *state;
    struct vf_spawn_result r = run_sh(b, "echo out; echo err >&2; exit 7", (struct vf_spawn){0});
    assert_int_equal(r.exit_code, 7);
    assert_int_equal(r.signal, 0);
    assert_int_equal(r.exec_errno, 0);
    assert_false(r.timed_out);
    box_check(r.out, "out\n");
    box_check(r.err, "err\n");
    r = run_sh(b, "exit 0", (struct vf_spawn){0});
    assert_int_equal(r.exit_code, 0);
    assert_int_equal(r.out.n, 0);
    r = run_sh(b, "kill -TERM $$", (struct vf_spawn){0});
    assert_int_equal(r.exit_code, -1);
    assert_int_equal(r.signal, SIGTERM);
    r = run_sh(b, "exec >&- 2>&-; sleep 0.1; exit 3", (struct vf_spawn){0});
    assert_int_equal(r.exit_code, 3);
}

static void a_clean_surrounding(void **state)
{
    struct box *b = *state;
    const char *const env[] = {"A=1 2", "B=", NULL};
    const char *const argv[] = {"/usr/bin/env", NULL};
    struct vf_spawn_result r;
    struct vf_spawn s = {.argv = argv};
    assert_int_equal(setenv("VENVFIX_TEST_LEAK", "1", 1), 0);
    assert_int_equal(vf_spawn_run(&s, NULL, &b->arena, &r, &b->err), VF_OK);
    box_check(r.out, "PATH=/usr/bin:/bin\nLC_ALL=C.UTF-8\n");
    s.env = env;
    assert_int_equal(vf_spawn_run(&s, NULL, &b->arena, &r, &b->err), VF_OK);
    box_check(r.out, "A=1 2\nB=\n");
    r = run_sh(b, "pwd; read x || echo nothing", (struct vf_spawn){0});
    box_check(r.out, "/\nnothing\n");
    r = run_sh(b, "pwd", (struct vf_spawn){.cwd = b->path});
    assert_int_equal(r.out.n, strlen(b->path) + 1);
    int fd = open("/dev/null", O_RDONLY); /* not close-on-exec */
    char script[64];
    (void)snprintf(script, sizeof script, "true <&%d && echo leaked", fd);
    r = run_sh(b, script, (struct vf_spawn){0});
    assert_int_equal(r.out.n, 0);
    (void)close(fd);
}

static void signals_as_usual(void **state)
{
    struct box *b = *state;
    sigset_t all, old;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, was;
    (void)sigfillset(&all);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &all, &old), 0);
    assert_int_equal(sigaction(SIGPIPE, &ignore, &was), 0);
    struct vf_spawn_result r = run_sh(b, "kill -PIPE $$; exit 5", (struct vf_spawn){0});
    assert_int_equal(r.signal, SIGPIPE);
    r = run_sh(b, "kill -TERM $$; exit 5", (struct vf_spawn){0});
    assert_int_equal(r.signal, SIGTERM);
    (void)sigaction(SIGPIPE, &was, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void what_cannot_be_started(void **state)
{
    struct box *b = *state;
    char *plain = fx_join(b->path, "plain"), *none = fx_join(b->path, "none");
    fx_file(b->path, "plain", "text", 0644, 1);
    fx_file(b->path, "stub", "#!/no/such/interpreter\n", 0755, 1);
    char *stub = fx_join(b->path, "stub");
    const char *const tries[] = {none, plain, stub, b->path};
    const int req[] = {ENOENT, EACCES, ENOENT, EACCES};
    for (size_t i = 0; i < VF_COUNT(tries); i++) {
        const char *argv[] = {tries[i], NULL};
        struct vf_spawn s = {.argv = argv, .out_cap = 1};
        struct vf_spawn_result r;
        assert_int_equal(vf_spawn_run(&s, NULL, &b->arena, &r, &b->err), VF_OK);
        assert_int_equal(r.exec_errno, req[i]);
        assert_int_equal(r.exit_code, 0);
        assert_int_equal(r.out.n, 0);
    }
    struct vf_spawn_result r = run_sh(b, "true", (struct vf_spawn){.cwd = none});
    assert_int_equal(r.exec_errno, ENOENT);
    free(plain), free(none), free(stub);
}

static void output_is_capped(void **state)
{
    struct box *b = *state;
    struct vf_spawn_result r = run_sh(
        b,
        "i=0; while test $i -lt 3000; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done; "
        "echo e >&2",
        (struct vf_spawn){0});
    assert_int_equal(r.exit_code, 0);
    assert_int_equal(r.out.n, 64 * 1024);
    box_check(r.err, "e\n");
    r = run_sh(b, "printf 12345", (struct vf_spawn){.out_cap = 3});
    box_check(r.out, "123");
}

static void time_is_limited(void **state)
{
    struct box *b = *state;
    double start = seconds();
    struct vf_spawn_result r = run_sh(b, "echo before; sleep 60", (struct vf_spawn){.timeout_ms = 200});
    assert_true(r.timed_out);
    assert_int_equal(r.signal, SIGKILL);
    box_check(r.out, "before\n");
    r = run_sh(b, "exec >&- 2>&-; sleep 60", (struct vf_spawn){.timeout_ms = 200});
    assert_true(r.timed_out);
    r = run_sh(b, "while :; do echo noise; done", (struct vf_spawn){.timeout_ms = 200});
    assert_true(r.timed_out);
    assert_true(seconds() - start < 20);
}

/* Does the process that wrote its number into this file still run? */
static bool is_alive(const struct box *b, const char *name)
{
    char *text = fx_read(b->path, name);
    assert_non_null(text);
    pid_t pid = (pid_t)strtol(text, NULL, 10);
    free(text);
    assert_true(pid > 1);
    for (int i = 0; i < 100 && kill(pid, 0) == 0; i++) {
        char stat[64], line[64] = "";
        (void)snprintf(stat, sizeof stat, "/proc/%d/stat", (int)pid);
        FILE *f = fopen(stat, "r");
        bool zombie = f && fgets(line, sizeof line, f) && strstr(line, ") Z");
        if (f)
            (void)fclose(f);
        if (zombie) /* init will take it */
            return false;
        (void)usleep(10000);
    }
    return kill(pid, 0) == 0;
}

static void nothing_is_left_behind(void **state)
{
    struct box *b = *state;
    double start = seconds();
    /* A descendant that holds the pipes while the child is gone. */
    struct vf_spawn_result r =
        run_sh(b, "sleep 60 & echo $! > pid; echo done", (struct vf_spawn){.cwd = b->path});
    assert_int_equal(r.exit_code, 0);
    assert_false(r.timed_out);
    box_check(r.out, "done\n");
    assert_false(is_alive(b, "pid"));
    r = run_sh(b, "sleep 60 & echo $! > pid; wait", (struct vf_spawn){.cwd = b->path, .timeout_ms = 300});
    assert_true(r.timed_out);
    assert_false(is_alive(b, "pid"));
    assert_true(seconds() - start < 20);
}

static atomic_bool cancel;

static void *cancel_soon(void *arg)
{
    (void)usleep(200000);
    atomic_store(&cancel, true);
    return arg;
}

static void is_cancelled(void **state)
{
    struct box *b = *state;
    const char *const argv[] = {"/bin/sleep", "60", NULL};
    struct vf_spawn s = {.argv = argv};
    struct vf_spawn_result r;
    struct vf_hooks hooks = {.cancel = &cancel};
    pthread_t thread;
    double start = seconds();
    atomic_store(&cancel, false);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
    assert_int_equal(vf_spawn_run(&s, &hooks, &b->arena, &r, &b->err), VF_INTERRUPTED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    box_check_err(b, VF_INTERRUPTED);
    assert_true(seconds() - start < 20);
}

static void standard_descriptors_may_be_closed(void **state)
{
    struct box *b = *state;
    int keep[3];
    for (int i = 0; i < 3; i++)
        keep[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
    for (int i = 0; i < 3; i++)
        (void)close(i);
    const char *const argv[] = {"/bin/sh", "-c", "read x; echo out; echo err >&2", NULL};
    struct vf_spawn s = {.argv = argv};
    struct vf_spawn_result r;
    enum vf_status st = vf_spawn_run(&s, NULL, &b->arena, &r, &b->err);
    for (int i = 0; i < 3; i++) {
        if (keep[i] >= 0) {
            (void)dup2(keep[i], i);
            (void)close(keep[i]);
        }
    }
    assert_int_equal(st, VF_OK);
    box_check(r.out, "out\n");
    box_check(r.err, "err\n");
}

static void a_child_that_others_reap(void **state)
{
    struct box *b = *state;
    const char *const argv[] = {"/bin/true", NULL};
    struct vf_spawn s = {.argv = argv};
    struct vf_spawn_result r;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, was;
    assert_int_equal(sigaction(SIGCHLD, &ignore, &was), 0);
    assert_int_equal(vf_spawn_run(&s, NULL, &b->arena, &r, &b->err), VF_TOOL_FAILED);
    (void)sigaction(SIGCHLD, &was, NULL);
    box_check_err(b, VF_TOOL_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_TEST(output_and_exit_code),
        BOX_TEST(a_clean_surrounding),
        BOX_TEST(signals_as_usual),
        BOX_TEST(what_cannot_be_started),
        BOX_TEST(output_is_capped),
        BOX_TEST(time_is_limited),
        BOX_TEST(nothing_is_left_behind),
        BOX_TEST(is_cancelled),
        BOX_TEST(standard_descriptors_may_be_closed),
        BOX_TEST(a_child_that_others_reap),
    };
    return cmocka_run_group_tests_name("fs/spawn", tests, NULL, NULL);
}
