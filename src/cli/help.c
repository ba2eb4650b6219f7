/* help.c: --help, from the option tables. */
#include "cli/cli.h"

#include <string.h>

static void put_option(struct vf_buf *out, const struct vf_option *o)
{
    size_t from = out->n;
    vf_buf_puts(out, "  ");
    if (o->letter)
        vf_buf_printf(out, "-%c, ", o->letter);
    else
        vf_buf_puts(out, "    ");
    vf_buf_printf(out, "--%s", o->name);
    if (o->value)
        vf_buf_printf(out, " %s", o->value);
    do
        vf_buf_putc(out, ' ');
    while (out->n - from < 26);
    vf_buf_printf(out, "%s\n", o->help);
}

static void put_verb(struct vf_buf *out, const struct vf_verb *v)
{
    vf_buf_printf(out, "venvfix %s %s\n\n%s\n", v->name, v->usage, v->what);
    if (*v->details)
        vf_buf_printf(out, "\n%s", v->details);
    vf_buf_puts(out, "\n");
    for (size_t i = 0; i < v->n_options; i++)
        put_option(out, &v->options[i]);
}

void vf_cli_help(struct vf_buf *out, const struct vf_verb *verb)
{
    if (verb) {
        put_verb(out, verb);
        return;
    }
    vf_buf_puts(out, "venvfix: finds what ties a Python environment to its place, moves it, and mends one "
                     "that was moved\n\n");
    for (size_t i = 0; vf_verbs[i]; i++) {
        size_t from = out->n;
        vf_buf_printf(out, "  venvfix %s %s", vf_verbs[i]->name, vf_verbs[i]->usage);
        do
            vf_buf_putc(out, ' ');
        while (out->n - from < 32);
        vf_buf_printf(out, "%s\n", vf_verbs[i]->what);
    }
    vf_buf_puts(
        out,
        "\n  venvfix VERB --help           options of a verb\n"
        "  venvfix --version\n\n"
        "Exit codes: check 0 nothing at or above --fail-on, 1 findings, 2 could not do it;\n"
        "the others 0 done, 1 done and something listed remains wrong, 2 not done, everything as before.\n");
}
