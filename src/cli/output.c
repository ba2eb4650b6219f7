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

static int write_file(const char *file, struct vf_buf *b, int exit_code)
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
    return o->file ? write_file(o->file, b, exit_code) : vf_cli_print(1, b, exit_code);
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

int vf_cli_report(const struct vf_verb *verb, const struct vf_cli_common *c, const struct vf_report *report,
                  int exit_code)
{
    const struct vf_report_style plain = {.verbose = c->verbose, .quiet = c->quiet};
    bool printed = false;
    int code = exit_code;
    for (size_t i = 0; i < c->n_outputs; i++) {
        const struct vf_output *o = &c->outputs[i];
        struct vf_report_style style = o->file ? plain : vf_cli_style(c, 1);
        struct vf_buf b = {0};
        vf_writer_function(o->writer, verb->report)(&b, report, &style);
        code = worse(code, write_output(o, &b, exit_code));
        vf_buf_release(&b);
        printed = printed || !o->file;
    }
    if (printed)
        return code;
    struct vf_report_style style = vf_cli_style(c, 1);
    struct vf_buf b = {0};
    for (const struct vf_writer *w = vf_writers; w->name; w++)
        if (vf_writer_function(w, verb->report)) {
            vf_writer_function(w, verb->report)(&b, report, &style);
            break;
        }
    code = worse(code, vf_cli_print(1, &b, exit_code));
    vf_buf_release(&b);
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
