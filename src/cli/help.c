/* help.c: --help, from the option tables. */
#include "cli/cli.h"

#include <string.h>

#define OPTION_COLUMN 28u

/* Words of `text` in lines of at most `width` columns, the first of which begins at column `at`, the others
 * at `indent`. A LF in the text begins a new line. */
static void put_wrapped(struct vf_buf *out, const char *text, size_t at, size_t indent, size_t width)
{
    bool first = true;
    for (const char *word = text; *word;) {
        size_t n = strcspn(word, " \n");
        if (!first && at + 1 + n > width) {
            vf_buf_printf(out, "\n%*s", (int)indent, "");
            at = indent;
            first = true;
        }
        vf_buf_printf(out, "%s%.*s", first ? "" : " ", (int)n, word);
        at += n + !first;
        first = false;
        word += n;
        if (*word == '\n' && word[1]) {
            vf_buf_printf(out, "\n%*s", (int)indent, "");
            at = indent;
            first = true;
        }
        word += *word != '\0';
    }
    vf_buf_putc(out, '\n');
}

static void put_option(struct vf_buf *out, const struct vf_option *o, size_t width)
{
    size_t from = out->n;
    if (o->letter)
        vf_buf_printf(out, "  -%c, ", o->letter);
    else
        vf_buf_puts(out, "      ");
    vf_buf_printf(out, "--%s", o->name);
    if (o->value)
        vf_buf_printf(out, " %s", o->value);
    if (out->n - from + 2 > OPTION_COLUMN) {
        vf_buf_putc(out, '\n');
        from = out->n;
    }
    while (out->n - from < OPTION_COLUMN)
        vf_buf_putc(out, ' ');
    put_wrapped(out, o->help, OPTION_COLUMN, OPTION_COLUMN, width);
}

static void put_examples(struct vf_buf *out, const char *lines)
{
    if (!*lines)
        return;
    vf_buf_puts(out, "\nExamples:\n");
    while (*lines) {
        size_t n = strcspn(lines, "\n");
        vf_buf_printf(out, "  %.*s\n", (int)n, lines);
        lines += n + (lines[n] == '\n');
    }
}

static void put_verb(struct vf_buf *out, const struct vf_verb *v, size_t width)
{
    vf_buf_printf(out, "venvfix %s %s [OPTIONS]\n\n", v->name, v->usage);
    put_wrapped(out, v->what, 0, 0, width);
    if (*v->details) {
        vf_buf_putc(out, '\n');
        put_wrapped(out, v->details, 0, 0, width);
    }
    vf_buf_puts(out, "\nOptions:\n");
    for (size_t i = 0; i < v->n_options; i++)
        put_option(out, &v->options[i], width);
    put_examples(out, v->examples);
}

static void put_verbs(struct vf_buf *out, size_t width)
{
    for (size_t i = 0; vf_verbs[i]; i++) {
        size_t from = out->n;
        vf_buf_printf(out, "  %s %s", vf_verbs[i]->name, vf_verbs[i]->usage);
        do
            vf_buf_putc(out, ' ');
        while (out->n - from < OPTION_COLUMN);
        put_wrapped(out, vf_verbs[i]->what, OPTION_COLUMN, OPTION_COLUMN, width);
    }
}

void vf_cli_help(struct vf_buf *out, const struct vf_verb *verb, size_t width)
{
    if (verb) {
        put_verb(out, verb, width);
        return;
    }
    vf_buf_puts(out, "venvfix VERB [ARGUMENTS] [OPTIONS]\n\n");
    put_wrapped(out,
                "Finds every path that ties a Python environment to where it is, moves it, and repairs one "
                "that was moved.",
                0, 0, width);
    vf_buf_puts(out, "\nVerbs:\n");
    put_verbs(out, width);
    vf_buf_puts(out, "\n  venvfix VERB --help         options of a verb\n"
                     "  venvfix --version\n\n"
                     "Exit codes:\n");
    put_wrapped(out, "check: 0 no finding at or above --fail-on, 1 there are some, 2 it could not be checked",
                0, 0, width);
    put_wrapped(
        out, "others: 0 done, 1 done, but something listed needs attention, 2 not done, nothing was changed",
        0, 0, width);
}
