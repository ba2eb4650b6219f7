/* man.c: the verbs and their options for the man page, in full sentences (man(7)). */
#include <string.h>

#include "cli/cli.h"

static void put_roff(struct vf_buf *out, const char *text)
{
    for (bool start = true; *text; text++) {
        if (*text == '\n') {
            vf_buf_puts(out, "\n.PP\n");
            start = true;
            continue;
        }
        if (start && (*text == '.' || *text == '\''))
            vf_buf_puts(out, "\\&");
        start = false;
        if (*text == '-')
            vf_buf_puts(out, "\\-");
        else if (*text == '\\')
            vf_buf_puts(out, "\\e");
        else if (*text == '\'')
            vf_buf_puts(out, "\\(aq");
        else
            vf_buf_putc(out, *text);
    }
}

/* A phrase as a sentence. */
static void put_sentence(struct vf_buf *out, const char *phrase)
{
    size_t n = strlen(phrase);
    char first[2] = {phrase[0], '\0'};
    if (first[0] >= 'a' && first[0] <= 'z')
        first[0] = (char)(first[0] - 32);
    put_roff(out, first);
    put_roff(out, phrase + (n > 0));
    if (n > 0 && !strchr(".?", phrase[n - 1]))
        vf_buf_putc(out, '.');
}

static void put_option(struct vf_buf *out, const struct vf_option *o)
{
    vf_buf_puts(out, ".TP\n");
    if (o->letter)
        vf_buf_printf(out, "\\fB\\-%c\\fR, ", o->letter);
    vf_buf_puts(out, "\\fB\\-\\-");
    put_roff(out, o->name);
    vf_buf_puts(out, "\\fR");
    if (o->value)
        vf_buf_printf(out, " \\fI%s\\fR", o->value);
    vf_buf_putc(out, '\n');
    if (o->man)
        put_roff(out, o->man);
    else
        put_sentence(out, o->help);
    vf_buf_putc(out, '\n');
}

static bool is_common(const struct vf_option *o)
{
    static const char *const names[] = {"jobs", "color", "quiet", "verbose", "config", "isolated", "help"};
    for (size_t i = 0; i < VF_COUNT(names); i++)
        if (!strcmp(o->name, names[i]))
            return true;
    return false;
}

static void put_verb(struct vf_buf *out, const struct vf_verb *v)
{
    vf_buf_printf(out, ".SS venvfix %s ", v->name);
    put_roff(out, v->usage);
    vf_buf_putc(out, '\n');
    put_sentence(out, v->what);
    vf_buf_putc(out, '\n');
    if (*v->details) {
        vf_buf_puts(out, ".PP\n");
        put_roff(out, v->details);
        vf_buf_putc(out, '\n');
    }
    for (size_t i = 0; i < v->n_options; i++)
        if (!is_common(&v->options[i]))
            put_option(out, &v->options[i]);
}

void vf_cli_man(struct vf_buf *out)
{
    for (size_t i = 0; vf_verbs[i]; i++)
        put_verb(out, vf_verbs[i]);
    vf_buf_puts(out, ".SS Options of every verb\n");
    for (size_t i = 0; i < vf_verbs[0]->n_options; i++)
        if (is_common(&vf_verbs[0]->options[i]))
            put_option(out, &vf_verbs[0]->options[i]);
}
