/* terminal.c: what touches the process: standard output and error, colour, progress, Ctrl-C. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

bool vf_cli_hooks(const struct vf_verb *verb, const struct vf_parsed *p, struct venvfix_hooks *hooks)
{
    const char *jobs = vf_cli_value(verb, p, "jobs");
    uint64_t n = 0;
    if (jobs && (!vf_slice_to_u64(vf_slice_of(jobs), &n) || !n || n > 256))
        return false;
    *hooks = (struct venvfix_hooks){.cancel = &cancelled, .note = on_note, .jobs = (unsigned)n};
    if (isatty(2))
        hooks->progress = on_progress;
    bar_start = now();
    struct sigaction sa = {.sa_handler = on_signal};
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGHUP, &sa, NULL);
    return true;
}

struct vf_report_style vf_cli_style(const struct vf_verb *verb, const struct vf_parsed *p, int fd)
{
    const char *when = vf_cli_value(verb, p, "color"), *no = getenv("NO_COLOR"), *term = getenv("TERM");
    bool dumb = term && !strcmp(term, "dumb");
    struct vf_report_style st = {.verbose = vf_cli_flag(verb, p, "verbose"),
                                 .quiet = vf_cli_flag(verb, p, "quiet")};
    st.color = when && !strcmp(when, "always");
    if (!when || !strcmp(when, "auto"))
        st.color = isatty(fd) && !(no && *no) && !dumb;
    return st;
}

bool vf_cli_json(const struct vf_verb *verb, const struct vf_parsed *p)
{
    const char *f = vf_cli_value(verb, p, "format");
    return f && !strcmp(f, "json");
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

int vf_cli_error(const struct venvfix_error *e, bool json, const struct vf_report_style *style)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_text_error(&b, e, style);
    vf_cli_print(2, &b, 2);
    if (json) {
        vf_buf_clear(&b);
        if (!vf_json_error(&b, e))
            b.failed = true;
        vf_cli_print(1, &b, 2);
    }
    vf_buf_release(&b);
    return 2;
}

int vf_cli_usage_error(const struct vf_verb *verb, bool json, const char *message)
{
    struct venvfix_error e = {
        .code = "usage", .operation = verb ? verb->name : "run", .message = {message, strlen(message)}};
    struct vf_report_style plain = {0};
    int code = vf_cli_error(&e, json, &plain);
    fprintf(stderr, "venvfix: see `venvfix%s%s --help`\n", verb ? " " : "", verb ? verb->name : "");
    return code;
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
