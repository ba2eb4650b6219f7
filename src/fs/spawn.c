/* spawn.c: running a child to its end.
 *
 * Nothing is waited for without a limit: pipes are polled in ticks, in which the cancel flag, the clock, and
 * the child itself are looked at, too, since a descendant may hold the pipes open when the child is long
 * gone. The group is killed before its leader is reaped: until then its number cannot be anybody else's. */
#include "fs/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

enum {
    TICK_MS = 20,
    TICK_US = TICK_MS * 1000,
    TIMEOUT_MS = 30000,
    CAP = 64 * 1024,
    CHUNK = 16 * 1024,
    MOST_FDS = 1 << 16
};

enum stream { OUT, ERR, EXEC, STREAMS }; /* EXEC carries the errno of a failed execve */

struct child {
    pid_t pid;
    int rd[STREAMS], wr[STREAMS], null;
    struct vf_buf text[STREAMS];
    size_t cap;
    int64_t deadline; /* ms */
    bool timed_out, cancelled;
};

static const char *const plain_env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};

/* --- in the child: async-signal-safe calls only --- */

static void close_on_exec(int from, int most)
{
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, (unsigned)from, UINT_MAX, 4 /* CLOSE_RANGE_CLOEXEC */) == 0)
        return;
#endif
    for (int fd = from; fd < most; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void tell_and_exit(int fd, int e)
{
    ssize_t n;
    do
        n = write(fd, &e, sizeof e);
    while (n < 0 && errno == EINTR);
    _exit(127);
}

static void run_child(const struct vf_spawn *s, const struct child *c, int most_fds)
{
    sigset_t none;
    struct sigaction usual = {.sa_handler = SIG_DFL};
    (void)setpgid(0, 0);
#ifdef __linux__
    /* when we are killed, it must not go on writing where the next run cleans up */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    (void)sigaction(SIGPIPE, &usual, NULL);
    (void)sigaction(SIGXFSZ, &usual, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(c->null, 0) < 0 || dup2(c->wr[OUT], 1) < 0 || dup2(c->wr[ERR], 2) < 0)
        tell_and_exit(c->wr[EXEC], errno);
    close_on_exec(3, most_fds);
    if (chdir(s->cwd ? s->cwd : "/") < 0)
        tell_and_exit(c->wr[EXEC], errno);
    /* execve wants pointers to what it does not change. */
    (void)execve(s->argv[0], (char *const *)s->argv, (char *const *)(s->env ? s->env : plain_env));
    tell_and_exit(c->wr[EXEC], errno);
}

/* --- making it --- */

/* Close-on-exec, and above the standard ones, which the caller may have closed. */
static int lift(int fd)
{
    if (fd < 0)
        return -1;
    if (fd > 2)
        return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? (close(fd), -1) : fd;
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 3), e = errno;
    (void)close(fd);
    errno = e;
    return high;
}

static int make_pipe(int *rd, int *wr)
{
    int p[2];
#ifdef __APPLE__
    if (pipe(p) < 0)
        return -1;
#else
    if (pipe2(p, O_CLOEXEC) < 0)
        return -1;
#endif
    *rd = lift(p[0]);
    *wr = lift(p[1]);
    return *rd < 0 || *wr < 0 || fcntl(*rd, F_SETFL, O_NONBLOCK) < 0 ? -1 : 0;
}

static void shut(int *fd)
{
    int e = errno;
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    errno = e;
}

static void child_init(struct child *c)
{
    *c = (struct child){.pid = -1, .null = -1};
    for (int i = 0; i < STREAMS; i++)
        c->rd[i] = c->wr[i] = -1;
}

static void child_release(struct child *c)
{
    shut(&c->null);
    for (int i = 0; i < STREAMS; i++) {
        shut(&c->rd[i]);
        shut(&c->wr[i]);
        vf_buf_release(&c->text[i]);
    }
}

static int count_fds(void)
{
    struct rlimit lim;
    if (getrlimit(RLIMIT_NOFILE, &lim) < 0 || lim.rlim_cur > MOST_FDS)
        return MOST_FDS;
    return (int)lim.rlim_cur;
}

static int start(const struct vf_spawn *s, struct child *c)
{
    int most = count_fds();
    c->null = lift(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (c->null < 0)
        return -1;
    for (int i = 0; i < STREAMS; i++)
        if (make_pipe(&c->rd[i], &c->wr[i]) < 0)
            return -1;
    c->pid = fork();
    if (c->pid == 0)
        run_child(s, c, most);
    if (c->pid > 0)
        (void)setpgid(c->pid, c->pid); /* here and there: whoever comes first */
    for (int i = 0; i < STREAMS; i++)
        shut(&c->wr[i]);
    return c->pid < 0 ? -1 : 0;
}

/* --- listening to it --- */

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void keep(struct child *c, int i, struct vf_slice bytes)
{
    size_t have = c->text[i].n, cap = i == EXEC ? sizeof(int) : c->cap, room = cap > have ? cap - have : 0;
    vf_buf_put(&c->text[i], vf_slice_sub(bytes, 0, room));
}

/* Takes what is in the pipe now, but not without end: the clock has to be looked at. */
static void drain(struct child *c, int i)
{
    char buf[CHUNK];
    for (int round = 0; round < 64 && c->rd[i] >= 0; round++) {
        ssize_t n = read(c->rd[i], buf, sizeof buf);
        if (n > 0)
            keep(c, i, (struct vf_slice){buf, (size_t)n});
        else if (n < 0 && errno == EINTR)
            continue;
        else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        else
            shut(&c->rd[i]);
    }
}

static void drain_all(struct child *c)
{
    for (int i = 0; i < STREAMS; i++)
        drain(c, i);
}

/* One tick of waiting for output, or for the end. */
static void tick(struct child *c)
{
    struct pollfd p[STREAMS];
    nfds_t n = 0;
    for (int i = 0; i < STREAMS; i++)
        if (c->rd[i] >= 0)
            p[n++] = (struct pollfd){.fd = c->rd[i], .events = POLLIN};
    (void)poll(p, n, TICK_MS); /* EINTR is a short tick */
    drain_all(c);
}

/* Has it ended? It stays a zombie. -1: it is not ours to wait for (any more). */
static int has_ended(const struct child *c)
{
    siginfo_t info;
    int r;
    info.si_pid = 0;
    do
        r = waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    while (r < 0 && errno == EINTR);
    return r < 0 ? -1 : info.si_pid == c->pid;
}

static bool all_shut(const struct child *c)
{
    for (int i = 0; i < STREAMS; i++)
        if (c->rd[i] >= 0)
            return false;
    return true;
}

/* Until the child has ended. False when it cannot be waited for. With the pipes shut there is nothing to
 * poll, and a short wait grows, so that an ordinary exit is seen at once. */
static bool listen_to(struct child *c, const struct vf_hooks *hooks)
{
    long pause_us = 50;
    for (;;) {
        int ended = has_ended(c);
        if (ended != 0) {
            drain_all(c);
            return ended > 0;
        }
        c->cancelled = vf_hooks_cancelled(hooks);
        c->timed_out = !c->cancelled && now_ms() >= c->deadline;
        if (c->cancelled || c->timed_out)
            return true;
        if (!all_shut(c)) {
            tick(c);
            continue;
        }
        struct timespec t = {0, pause_us * 1000};
        (void)nanosleep(&t, NULL);
        pause_us = pause_us < TICK_US / 2 ? pause_us * 2 : TICK_US;
    }
}

/* Ends what is left of the group and reaps the leader. -1 with errno. */
static int reap(struct child *c, int *status)
{
    pid_t r;
    (void)kill(-c->pid, SIGKILL);
    (void)kill(c->pid, SIGKILL); /* had it not made its group yet */
    do
        r = waitpid(c->pid, status, 0);
    while (r < 0 && errno == EINTR);
    drain_all(c);
    return r < 0 ? -1 : 0;
}

static enum vf_status report(struct child *c, int status, struct vf_arena *a, struct vf_spawn_result *r,
                             struct vf_err *err)
{
    if (c->text[EXEC].n == sizeof r->exec_errno) {
        memcpy(&r->exec_errno, c->text[EXEC].p, sizeof r->exec_errno);
        return VF_OK;
    }
    r->timed_out = c->timed_out;
    r->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    r->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    r->out = vf_arena_dup(a, vf_buf_slice(&c->text[OUT]));
    r->err = vf_arena_dup(a, vf_buf_slice(&c->text[ERR]));
    bool failed = c->text[OUT].failed || c->text[ERR].failed || !r->out.p || !r->err.p;
    return failed ? vf_err_nomem(err) : VF_OK;
}

enum vf_status vf_spawn_run(const struct vf_spawn *s, const struct vf_hooks *hooks, struct vf_arena *a,
                            struct vf_spawn_result *r, struct vf_err *err)
{
    struct child c;
    struct vf_slice name = vf_slice_of(s->argv[0]);
    int status = 0;
    *r = (struct vf_spawn_result){0};
    child_init(&c);
    c.cap = s->out_cap ? s->out_cap : CAP;
    c.deadline = now_ms() + (s->timeout_ms ? (int64_t)s->timeout_ms : TIMEOUT_MS);
    enum vf_status st = start(s, &c) < 0 ? vf_err_sys(err, errno, "start", name) : VF_OK;
    if (st == VF_OK) {
        bool ours = listen_to(&c, hooks);
        if ((ours ? reap(&c, &status) : -1) < 0)
            st = vf_err_set(err, VF_TOOL_FAILED, ECHILD, "wait", name, "how it ended is not known");
        else if (c.cancelled)
            st = vf_err_set(err, VF_INTERRUPTED, 0, "run", name, NULL);
        else
            st = report(&c, status, a, r, err);
    }
    child_release(&c);
    return st;
}
