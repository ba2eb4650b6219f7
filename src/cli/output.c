/* output.c: reports and errors to where --format sends them: standard output, or files that appear complete
 * or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "cli/cli.h"
#include "fs/atomic_file.h"
#include "fs/host.h"

static int cannot_write(const char *file, const struct vf_err *err)
{
    struct vf_buf b = {0};
    vf_buf_puts(&b, "venvfix: error: cannot write the report '");
    vf_buf_puts(&b, file);
    vf_buf_puts(&b, "': ");
    vf_buf_puts(&b, *err->detail ? err->detail : strerror(err->sys ? err->sys : EIO));
    vf_buf_putc(&b, '\n');
    vf_cli_print(2, &b, 2);
    vf_buf_release(&b);
    return 2;
}

/* A device, a pipe, or /dev/stdout: there is nothing to rename. */
static int write_into(const char *file, struct vf_buf *b, int exit_code)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        struct vf_err err = {.sys = errno};
        return cannot_write(file, &err);
    }
    int code = vf_cli_print(fd, b, exit_code);
    return close(fd) == 0 ? code : 2;
}

static enum vf_status replace_file(struct vf_arena *a, const char *file, struct vf_buf *b, struct vf_err *err)
{
    struct vf_slice cwd;
    struct vf_atomic_file w;
    enum vf_status st = vf_host_cwd(a, &cwd, err);
    if (st != VF_OK)
        return st;
    struct vf_slice path = vf_path_join(a, cwd, vf_slice_of(file));
    if (path.p)
        path = vf_path_clean_dup(a, path);
    if (!path.p)
        return vf_err_nomem(err);
    st = vf_atomic_file_open_to_replace(path, &w, err);
    if (st != VF_OK)
        return st;
    st = vf_atomic_file_write(&w, vf_buf_slice(b), err);
    if (st == VF_OK)
        return vf_atomic_file_commit(&w, err);
    vf_atomic_file_abandon(&w);
    return st;
}

int vf_cli_write_file(const char *file, struct vf_buf *b, int exit_code)
{
    struct stat st;
    char *real = realpath(file, NULL); /* the file behind a link is replaced, not the link */
    const char *name = real ? real : file;
    int code = exit_code;
    if (stat(name, &st) == 0 && !S_ISREG(st.st_mode)) {
        code = write_into(name, b, exit_code);
    } else {
        struct vf_arena a;
        struct vf_err err;
        vf_arena_init(&a);
        vf_err_init(&err);
        if (b->failed || replace_file(&a, name, b, &err) != VF_OK)
            code = cannot_write(file, &err);
        vf_err_release(&err);
        vf_arena_release(&a);
    }
    free(real);
    return code;
}

static int write_output(const struct vf_output *o, struct vf_buf *b, int exit_code)
{
    return o->file ? vf_cli_write_file(o->file, b, exit_code) : vf_cli_print(1, b, exit_code);
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

/* The writers' reports, and text on standard output where nothing else goes there. */
static size_t all_outputs(const struct vf_verb *verb, const struct vf_cli_common *c, struct vf_output *out)
{
    size_t n = 0;
    bool printed = false;
    for (size_t i = 0; i < c->n_outputs; i++) {
        out[n++] = c->outputs[i];
        printed = printed || !c->outputs[i].file;
    }
    const struct vf_writer *w = vf_writers;
    while (!vf_writer_takes(w, verb->report))
        w++;
    if (!printed)
        out[n++] = (struct vf_output){.writer = w};
    return n;
}

static struct vf_report_style style_of(const struct vf_cli_common *c, const struct vf_output *o)
{
    const struct vf_report_style plain = {.verbose = c->verbose, .quiet = c->quiet};
    return o->file ? plain : vf_cli_style(c, 1);
}

int vf_cli_report(const struct vf_verb *verb, const struct vf_cli_common *c, const struct vf_report *report,
                  int exit_code)
{
    struct vf_output *outputs = calloc(c->n_outputs + 1, sizeof *outputs);
    int code = outputs ? exit_code : 2;
    size_t n = outputs ? all_outputs(verb, c, outputs) : 0;
    for (size_t i = 0; i < n; i++) {
        struct vf_report_style style = style_of(c, &outputs[i]);
        struct vf_buf b = {0};
        vf_writer_function(outputs[i].writer, verb->report)(&b, report, &style);
        code = worse(code, write_output(&outputs[i], &b, exit_code));
        vf_buf_release(&b);
    }
    free(outputs);
    return code;
}

/* --- reports of checks, written as the environments are examined --- */

struct vf_cli_checks {
    struct vf_output output;
    struct vf_report_style style;
    struct vf_checks checks;
    struct vf_buf text; /* for a file: all of it; for standard output: what is not printed yet */
};

struct vf_cli_checks *vf_cli_checks_begin(const struct vf_verb *verb, const struct vf_cli_common *c,
                                          const struct vf_checks *like, size_t *n)
{
    struct vf_output *outputs = calloc(c->n_outputs + 1, sizeof *outputs);
    struct vf_cli_checks *v = calloc(c->n_outputs + 1, sizeof *v);
    *n = outputs && v ? all_outputs(verb, c, outputs) : 0;
    for (size_t i = 0; i < *n; i++) {
        v[i].output = outputs[i];
        v[i].style = style_of(c, &outputs[i]);
        v[i].checks = *like;
        v[i].checks.style = &v[i].style;
        if (outputs[i].writer->begin)
            outputs[i].writer->begin(&v[i].text, &v[i].checks);
    }
    free(outputs);
    return v;
}

void vf_cli_checks_add(struct vf_cli_checks *v, size_t n, const struct vf_checked *one)
{
    for (size_t i = 0; i < n; i++) {
        vf_checks_add(&v[i].checks, one);
        v[i].output.writer->check(&v[i].text, &v[i].checks, one);
        if (v[i].output.file || !v[i].checks.several)
            continue;
        vf_cli_print(1, &v[i].text, 0); /* at once, so that a fleet's report streams */
        vf_buf_clear(&v[i].text);
    }
}

void vf_cli_checks_drop(struct vf_cli_checks *v, size_t n)
{
    for (size_t i = 0; v && i < n; i++) {
        vf_buf_release(&v[i].text);
        vf_checks_release(&v[i].checks);
    }
    free(v);
}

int vf_cli_checks_end(struct vf_cli_checks *v, size_t n, int exit_code)
{
    int code = v ? exit_code : 2;
    for (size_t i = 0; v && i < n; i++) {
        if (v[i].output.writer->end)
            v[i].output.writer->end(&v[i].text, &v[i].checks);
        code = worse(code, write_output(&v[i].output, &v[i].text, exit_code));
    }
    vf_cli_checks_drop(v, n);
    return code;
}

int vf_cli_error(const struct vf_verb *verb, const struct vf_cli_common *c, const struct venvfix_error *e)
{
    const struct vf_cli_common none = {.color = VF_COLOR_NEVER};
    struct vf_report_style style = vf_cli_style(c ? c : &none, 2);
    struct vf_buf b = {0};
    (void)verb;
    vf_text_error(&b, e, &style);
    vf_cli_print(2, &b, 2);
    for (size_t i = 0; c && i < c->n_outputs; i++) {
        if (!c->outputs[i].writer->error)
            continue;
        vf_buf_clear(&b);
        c->outputs[i].writer->error(&b, e);
        write_output(&c->outputs[i], &b, 2);
    }
    vf_buf_release(&b);
    return 2;
}

int vf_cli_usage_error(const struct vf_verb *verb, const struct vf_cli_common *c, const char *message)
{
    struct venvfix_error e = {
        .code = "usage", .operation = verb ? verb->name : "run", .message = {message, strlen(message)}};
    vf_cli_error(verb, c, &e);
    fprintf(stderr, "venvfix: see `venvfix%s%s --help`\n", verb ? " " : "", verb ? verb->name : "");
    return 2;
}
