/* options.c: the command line against a table of options. `--name VALUE`, `--name=VALUE`, `-n VALUE`,
 * `-nVALUE`, `--` ends options. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

size_t vf_cli_index(const struct vf_verb *verb, const char *name)
{
    for (size_t i = 0; i < verb->n_options; i++)
        if (!strcmp(verb->options[i].name, name))
            return i;
    abort();
}

static const struct vf_option *find_long(const struct vf_verb *verb, const char *text, size_t n)
{
    for (size_t i = 0; i < verb->n_options; i++)
        if (strlen(verb->options[i].name) == n && !memcmp(verb->options[i].name, text, n))
            return &verb->options[i];
    return NULL;
}

static const struct vf_option *find_letter(const struct vf_verb *verb, char c)
{
    for (size_t i = 0; i < verb->n_options; i++)
        if (verb->options[i].letter == c)
            return &verb->options[i];
    return NULL;
}

static bool is_choice(const char *choices, const char *value)
{
    size_t n = strlen(value);
    for (const char *at = choices; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (!strncmp(at, value, n) && (at[n] == '|' || at[n] == '\0'))
            return true;
    }
    return false;
}

struct parser {
    const struct vf_verb *verb;
    struct vf_parsed *out;
    char *space;
    size_t n;
};

VF_PRINTF(2, 3) static bool complain(struct parser *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(p->space, p->n, fmt, ap);
    va_end(ap);
    return false;
}

static bool take(struct parser *p, const struct vf_option *o, const char *value)
{
    size_t i = (size_t)(o - p->verb->options);
    if (o->choices && !is_choice(o->choices, value))
        return complain(p, "--%s takes one of %s", o->name, o->choices);
    if (o->kind == VF_OPT_FLAG) {
        p->out->flags[i] = true;
        return true;
    }
    if (o->kind == VF_OPT_VALUE) {
        p->out->values[i] = value;
        return true;
    }
    p->out->lists[i][p->out->n_lists[i]++] = value;
    return true;
}

static bool take_long(struct parser *p, const char *arg, char **next, bool *used)
{
    const char *eq = strchr(arg, '=');
    size_t n = eq ? (size_t)(eq - arg) : strlen(arg);
    const struct vf_option *o = find_long(p->verb, arg, n);
    if (!o)
        return complain(p, "there is no option --%s", arg);
    if (o->kind == VF_OPT_FLAG)
        return eq ? complain(p, "--%s takes no value", o->name) : take(p, o, "");
    if (eq)
        return take(p, o, eq + 1);
    if (!*next)
        return complain(p, "--%s needs a value: %s", o->name, o->value);
    *used = true;
    return take(p, o, *next);
}

static bool take_letters(struct parser *p, const char *arg, char **next, bool *used)
{
    for (; *arg; arg++) {
        char letter[2] = {*arg, 0};
        const struct vf_option *o = find_letter(p->verb, *arg);
        if (!o)
            return complain(p, "there is no option -%s", letter);
        if (o->kind == VF_OPT_FLAG) {
            if (!take(p, o, ""))
                return false;
            continue;
        }
        if (arg[1])
            return take(p, o, arg + 1);
        if (!*next)
            return complain(p, "-%s needs a value: %s", letter, o->value);
        *used = true;
        return take(p, o, *next);
    }
    return true;
}

/* For as many values as there are arguments, in every list. */
static bool make_room(const struct vf_verb *verb, size_t most, struct vf_parsed *out)
{
    out->args = calloc(most + 1, sizeof *out->args);
    bool ok = out->args != NULL;
    for (size_t i = 0; i < verb->n_options && ok; i++) {
        if (verb->options[i].kind != VF_OPT_LIST)
            continue;
        out->lists[i] = calloc(most + 1, sizeof *out->lists[i]);
        ok = out->lists[i] != NULL;
    }
    return ok;
}

bool vf_cli_parse(const struct vf_verb *verb, int argc, char **argv, struct vf_parsed *out, char *space,
                  size_t n)
{
    struct parser p = {verb, out, space, n};
    bool options = true;
    *out = (struct vf_parsed){0};
    if (!make_room(verb, (size_t)argc, out))
        return complain(&p, "no memory");
    for (int i = 0; i < argc; i++) {
        bool used = false, ok = true;
        if (options && !strcmp(argv[i], "--"))
            options = false;
        else if (options && !strncmp(argv[i], "--", 2))
            ok = take_long(&p, argv[i] + 2, &argv[i + 1], &used);
        else if (options && argv[i][0] == '-' && argv[i][1])
            ok = take_letters(&p, argv[i] + 1, &argv[i + 1], &used);
        else if (*argv[i])
            out->args[out->n_args++] = argv[i];
        else
            ok = complain(&p, "%s: an empty path", verb->name);
        if (!ok)
            return false;
        i += used;
    }
    if (vf_cli_flag(verb, out, "help"))
        return true;
    if (out->n_args < verb->min_args)
        return complain(&p, "%s needs %s", verb->name, verb->usage);
    if (out->n_args > verb->max_args)
        return complain(&p, "%s takes %s and no more", verb->name, verb->usage);
    return true;
}

void vf_cli_parsed_free(struct vf_parsed *p)
{
    for (size_t i = 0; i < VF_CLI_OPTIONS; i++)
        free(p->lists[i]);
    free(p->args);
    *p = (struct vf_parsed){0};
}

const char *vf_cli_value(const struct vf_verb *verb, const struct vf_parsed *p, const char *name)
{
    return p->values[vf_cli_index(verb, name)];
}

bool vf_cli_flag(const struct vf_verb *verb, const struct vf_parsed *p, const char *name)
{
    return p->flags[vf_cli_index(verb, name)];
}
