/* default_env.c: the environment that is meant when the command line names none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/cli.h"

static void report_choice(const char *env, const char *from)
{
    struct vf_buf b = {0};
    vf_buf_puts(&b, "venvfix: using ");
    vf_term_put(&b, vf_slice_of(env));
    vf_buf_puts(&b, from);
    vf_cli_print(2, &b, 0);
    vf_buf_release(&b);
}

/* The nearest `.venv` above this directory, in `space`. */
static bool find_above(char *space, size_t n)
{
    static const char name[] = "/.venv";
    struct stat st;
    if (n < sizeof name || !getcwd(space, n - sizeof name))
        return false;
    for (;;) {
        char *last = strrchr(space, '/');
        if (!last || last == space)
            return false;
        *last = '\0';
        memcpy(last, name, sizeof name);
        if (stat(space, &st) == 0)
            return true;
        *last = '\0';
    }
}

const char *vf_cli_default_env(char *space, size_t n, bool quiet)
{
    const char *active = getenv("VIRTUAL_ENV");
    struct stat st;
    if (active && *active) {
        if (!quiet)
            report_choice(active, " ($VIRTUAL_ENV)\n");
        return active;
    }
    if (stat(".venv", &st) == 0 || !find_above(space, n))
        return ".venv";
    if (!quiet)
        report_choice(space, " (of a directory above this one)\n");
    return space;
}
