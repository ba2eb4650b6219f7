/* terminal.c: what touches the process: standard output and error, colour, progress, Ctrl-C. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/cli.h"

static atomic_bool cancelled;
static bool bar_shown;
static double bar_start, bar_last;

static void on_signal(int sig)
{
    (void)sig;
    atomic_store(&cancelled, true);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Only after a second, and ten times a second at most. */
static void on_progress(void *ctx, const char *phase, uint64_t done, uint64_t total)
{
    (void)ctx;
    double t = now();
    if (t - bar_start < 1.0 || t - bar_last < 0.1 || !total)
        return;
    bar_last = t;
    bar_shown = true;
    fprintf(stderr, "\r%-8s %3u %%", phase, (unsigned)(done * 100 / total));
    fflush(stderr);
}

static void on_note(void *ctx, const char *sentence)
{
    struct vf_buf b = {0};
    (void)ctx;
    vf_buf_puts(&b, "venvfix: ");
    vf_term_put(&b, vf_slice_of(sentence)); /* names of foreign archives are in it */
    vf_buf_putc(&b, '\n');
    vf_cli_print(2, &b, 0);
    vf_buf_release(&b);
}

void vf_cli_progress_end(void)
{
    if (bar_shown)
        fprintf(stderr, "\r%-16s\r", "");
    bar_shown = false;
}

void vf_cli_hooks(const struct vf_cli_common *c, struct venvfix_hooks *hooks)
{
    *hooks = (struct venvfix_hooks){.cancel = &cancelled, .note = on_note, .jobs = c->jobs};
    if (isatty(2) && !c->quiet)
        hooks->progress = on_progress;
    bar_start = now();
    struct sigaction sa = {.sa_handler = on_signal};
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGHUP, &sa, NULL);
}

static bool is_set(const char *variable)
{
    const char *v = getenv(variable);
    return v && *v;
}

/* no-color.org and force-color.org: an empty variable counts as unset. */
static bool automatic_color(int fd)
{
    const char *term = getenv("TERM");
    if (is_set("NO_COLOR"))
        return false;
    if (is_set("FORCE_COLOR"))
        return true;
    return isatty(fd) && !(term && !strcmp(term, "dumb"));
}

struct vf_report_style vf_cli_style(const struct vf_cli_common *c, int fd)
{
    struct vf_report_style st = {.verbose = c->verbose, .quiet = c->quiet, .terminal = isatty(fd) != 0};
    st.color = c->color == VF_COLOR_ALWAYS || (c->color == VF_COLOR_AUTO && automatic_color(fd));
    return st;
}

size_t vf_cli_width(int fd)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    uint64_t n = 0;
    if (columns && vf_slice_to_u64(vf_slice_of(columns), &n) && n >= 40 && n <= 1000)
        return (size_t)n;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col;
    return 80;
}

bool vf_cli_epoch(int64_t *epoch)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    uint64_t n = 0;
    bool ok = !text || !*text || (vf_slice_to_u64(vf_slice_of(text), &n) && n < (UINT64_C(1) << 33));
    *epoch = (int64_t)n;
    return ok;
}

int vf_cli_print(int fd, struct vf_buf *b, int exit_code)
{
    vf_cli_progress_end();
    if (b->failed) {
        fprintf(stderr, "venvfix: error: no memory\n");
        return 2;
    }
    size_t done = 0;
    while (done < b->n) {
        ssize_t n = write(fd, b->p + done, b->n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (fd != 2)
                fprintf(stderr, "venvfix: error: cannot write the report: %s\n", strerror(errno));
            return 2;
        }
        done += (size_t)n;
    }
    return exit_code;
}

const char *vf_cli_state_dir(char *space, size_t n)
{
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int len = -1;
    if (xdg && *xdg == '/')
        len = snprintf(space, n, "%s/venvfix", xdg);
    else if (home && *home == '/')
        len = snprintf(space, n, "%s/.local/state/venvfix", home);
    return len > 0 && (size_t)len < n ? space : NULL;
}
