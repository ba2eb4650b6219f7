/* baseline.c: the files of --baseline, --write-baseline and --diff. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cli/cli.h"

#define LARGEST (256u << 20) /* bytes of a baseline or report */
#define NAMED   5u           /* entries that are named */

static bool bad_baseline(const struct vf_verb *verb, const struct vf_cli_common *c, const char *file,
                         const char *why)
{
    struct venvfix_error e = {.code = "bad-baseline",
                              .operation = "read",
                              .path = {file, strlen(file)},
                              .message = {why, strlen(why)}};
    vf_cli_error(verb, c, &e);
    return false;
}

bool vf_cli_baseline_open(const struct vf_verb *verb, const struct vf_cli_common *c, const char *file,
                          struct venvfix_baseline **out)
{
    size_t n;
    *out = NULL;
    if (!file)
        return true;
    char *text = vf_cli_read_file(file, LARGEST, &n);
    if (!text)
        return bad_baseline(verb, c, file, strerror(errno));
    *out = venvfix_baseline_read(text, n);
    free(text);
    return *out ||
           bad_baseline(verb, c, file,
                        "it is neither a baseline (check --write-baseline) nor a JSON report of check");
}

int vf_cli_baseline_write(const struct vf_verb *verb, const struct vf_cli_common *c, const char *file,
                          const struct venvfix_baseline *b, int exit_code)
{
    size_t n;
    char *text = venvfix_baseline_text(b, &n);
    struct vf_buf out = {0};
    (void)verb;
    (void)c;
    vf_buf_put(&out, (struct vf_slice){text, text ? n : 0});
    out.failed = out.failed || !text;
    free(text);
    int code = vf_cli_write_file(file, &out, exit_code);
    vf_buf_release(&out);
    return code;
}

void vf_cli_baseline_report(const struct vf_cli_common *c, const char *file, const struct venvfix_baseline *b)
{
    struct venvfix_baseline_entry unused[NAMED];
    size_t n = venvfix_baseline_unused(b, unused, NAMED);
    struct vf_buf out = {0};
    if (n == 0 || c->quiet)
        return;
    vf_buf_printf(&out, "venvfix: %zu entr%s of ", n, n == 1 ? "y" : "ies");
    vf_term_put(&out, vf_slice_of(file));
    vf_buf_puts(&out, n == 1 ? " no longer occurs: " : " no longer occur: ");
    for (size_t i = 0; i < n && i < NAMED; i++) {
        vf_buf_puts(&out, i ? ", " : "");
        vf_term_put(&out, (struct vf_slice){unused[i].rule.p, unused[i].rule.n});
        vf_buf_putc(&out, ' ');
        vf_term_put(&out, (struct vf_slice){unused[i].path.p, unused[i].path.n});
    }
    vf_buf_puts(&out, n > NAMED ? ", ...\n" : "\n");
    vf_cli_print(2, &out, 0);
    vf_buf_release(&out);
}
