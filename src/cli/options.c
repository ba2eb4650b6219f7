/* options.c: the command line against a table of options. `--name VALUE`, `--name=VALUE`, `-n VALUE`,
 * `-nVALUE`; `--` ends the options. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

struct parser {
    const struct vf_verb *verb;
    char *args;     /* the verb's arguments, as bytes */
    size_t most;    /* values that a list may get */
    char *why;      /* the first mistake */
    size_t why_len; /* bytes there */
    bool wrong;
};

static void *member(const struct parser *p, size_t at)
{
    return p->args + at;
}

VF_PRINTF(2, 3) static void complain(struct parser *p, const char *fmt, ...)
{
    if (p->wrong)
        return;
    p->wrong = true;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(p->why, p->why_len, fmt, ap);
    va_end(ap);
}

/* --- words --- */

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

static void unknown_option(struct parser *p, const char *name, size_t n)
{
    const char *words[64];
    char typed[64];
    size_t count = 0;
    for (size_t i = 0; i < p->verb->n_options && count < VF_COUNT(words); i++)
        words[count++] = p->verb->options[i].name;
    (void)snprintf(typed, sizeof typed, "%.*s", (int)n, name);
    const char *near = vf_cli_suggest(typed, words, count);
    if (near)
        complain(p, "unknown option '--%.*s' (did you mean '--%s'?)", (int)n, name, near);
    else
        complain(p, "unknown option '--%.*s'", (int)n, name);
}

/* Position of a word in "a|b|c"; -1: it is none of them. */
static int choice(const char *choices, const char *value, size_t n)
{
    int i = 0;
    for (const char *at = choices; at; at = strchr(at, '|'), i++) {
        at += *at == '|';
        if (!strncmp(at, value, n) && (at[n] == '|' || at[n] == '\0'))
            return i;
    }
    return -1;
}

static void not_a_choice(struct parser *p, const struct vf_option *o, const char *choices, const char *value)
{
    char copy[256];
    const char *words[32];
    size_t n = 0;
    (void)snprintf(copy, sizeof copy, "%s", choices);
    for (char *at = copy; at && n < VF_COUNT(words); n++) {
        words[n] = at;
        at = strchr(at, '|');
        if (at)
            *at++ = '\0';
    }
    const char *near = vf_cli_suggest(value, words, n);
    if (near)
        complain(p, "--%s takes one of %s, not '%.60s' (did you mean '%s'?)", o->name, choices, value, near);
    else
        complain(p, "--%s takes one of %s, not '%.60s'", o->name, choices, value);
}

/* --- values --- */

static void take_count(struct parser *p, const struct vf_option *o, const char *value)
{
    uint64_t n = 0;
    if (!vf_slice_to_u64(vf_slice_of(value), &n) || n < 1 || n > 256) {
        complain(p, "--%s takes a number from 1 to 256, not '%.60s'", o->name, value);
        return;
    }
    *(unsigned *)member(p, o->at) = (unsigned)n;
}

static void take_choice(struct parser *p, const struct vf_option *o, const char *value)
{
    int i = choice(o->choices, value, strlen(value));
    if (i < 0)
        not_a_choice(p, o, o->choices, value);
    else
        *(unsigned *)member(p, o->at) = (unsigned)i;
}

/* The list of an option, with room for all values there can be, made at the first one; NULL: no memory. */
static void *list_room(struct parser *p, const struct vf_option *o, size_t size)
{
    struct vf_cli_common *c = member(p, 0);
    void **slot = member(p, o->at);
    if (!*slot)
        *slot = vf_arena_array(&c->memory, p->most + 1, size);
    if (!*slot)
        complain(p, "no memory");
    return *slot;
}

static void take_list(struct parser *p, const struct vf_option *o, const char *value)
{
    const char **list = list_room(p, o, sizeof *list);
    size_t *n = member(p, o->n_at);
    if (list)
        list[(*n)++] = value;
}

/* `pack --format zip` of before there was --archive-format. */
static bool take_archive_format(struct parser *p, const char *value)
{
    struct vf_cli_common *c = member(p, 0);
    const struct vf_option *o = find_long(p->verb, "archive-format", strlen("archive-format"));
    int i = o ? choice(o->choices, value, strlen(value)) : -1;
    if (i < 0)
        return false;
    *(unsigned *)member(p, o->at) = (unsigned)i;
    c->archive_by_format = true;
    return true;
}

static void take_format(struct parser *p, const struct vf_option *o, const char *value)
{
    size_t *n = member(p, o->n_at);
    const char *eq = strchr(value, '=');
    size_t len = eq ? (size_t)(eq - value) : strlen(value);
    const struct vf_writer *w = vf_writer_find(p->verb->report, (struct vf_slice){value, len});
    if (!w && take_archive_format(p, value))
        return;
    if (!w) {
        char words[256];
        vf_writer_names(p->verb->report, words, sizeof words);
        not_a_choice(p, o, words, value);
        return;
    }
    if (eq && !eq[1]) {
        complain(p, "--%s %s needs a file name behind '='", o->name, value);
        return;
    }
    struct vf_output *list = list_room(p, o, sizeof *list);
    const char *file = eq ? eq + 1 : NULL;
    for (size_t i = 0; list && i < *n && !file; i++)
        if (!list[i].file) {
            list[i].writer = w; /* the last one without a file counts */
            return;
        }
    if (list)
        list[(*n)++] = (struct vf_output){w, file};
}

static void take(struct parser *p, const struct vf_option *o, const char *value)
{
    struct vf_cli_common *c = member(p, 0);
    c->given |= UINT64_C(1) << (o - p->verb->options);
    switch (o->kind) {
    case VF_OPT_FLAG:
        *(bool *)member(p, o->at) = true;
        break;
    case VF_OPT_VALUE:
        if (o->choices && choice(o->choices, value, strlen(value)) < 0)
            not_a_choice(p, o, o->choices, value);
        *(const char **)member(p, o->at) = value;
        break;
    case VF_OPT_LIST:
        take_list(p, o, value);
        break;
    case VF_OPT_CHOICE:
        take_choice(p, o, value);
        break;
    case VF_OPT_COUNT:
        take_count(p, o, value);
        break;
    case VF_OPT_FORMAT:
        take_format(p, o, value);
        break;
    }
}

/* --- arguments; each returns whether the next word was used as a value --- */

static bool take_long(struct parser *p, const char *arg, const char *next)
{
    const char *eq = strchr(arg, '=');
    size_t n = eq ? (size_t)(eq - arg) : strlen(arg);
    const struct vf_option *o = find_long(p->verb, arg, n);
    if (!o) {
        unknown_option(p, arg, n);
        return false;
    }
    if (o->kind == VF_OPT_FLAG) {
        if (eq)
            complain(p, "--%s takes no value", o->name);
        else
            take(p, o, "");
        return false;
    }
    if (eq) {
        take(p, o, eq + 1);
        return false;
    }
    if (!next) {
        complain(p, "--%s needs a value: %s", o->name, o->value);
        return false;
    }
    take(p, o, next);
    return true;
}

static bool take_letters(struct parser *p, const char *arg, const char *next)
{
    for (; *arg; arg++) {
        const struct vf_option *o = find_letter(p->verb, *arg);
        if (!o) {
            complain(p, "unknown option '-%c'", *arg);
            return false;
        }
        if (o->kind == VF_OPT_FLAG) {
            take(p, o, "");
            continue;
        }
        if (arg[1]) {
            take(p, o, arg + 1);
            return false;
        }
        if (!next) {
            complain(p, "-%c needs a value: %s", *arg, o->value);
            return false;
        }
        take(p, o, next);
        return true;
    }
    return false;
}

static void take_argument(struct parser *p, struct vf_cli_common *c, const char *word)
{
    if (!*word) {
        complain(p, "%s: the path is empty", p->verb->name);
        return;
    }
    ((const char **)c->args)[c->n_args++] = word;
}

static void check_number_of_arguments(struct parser *p, const struct vf_cli_common *c)
{
    if (c->n_args < p->verb->min_args)
        complain(p, "%s needs %s", p->verb->name, p->verb->usage);
    if (c->n_args > p->verb->max_args)
        complain(p, "%s takes %s, and '%.100s' is one more", p->verb->name, p->verb->usage,
                 c->args[p->verb->max_args]);
}

bool vf_cli_parse(const struct vf_verb *verb, int argc, char **argv, void *args, char *why, size_t n)
{
    struct parser p = {verb, args, (size_t)argc, why, n, false};
    struct vf_cli_common *c = args;
    bool options = true;
    vf_arena_init(&c->memory);
    c->args = calloc((size_t)argc + 1, sizeof *c->args);
    if (!c->args) {
        complain(&p, "no memory");
        return false;
    }
    for (int i = 0; i < argc; i++) {
        if (!options || argv[i][0] != '-' || !argv[i][1])
            take_argument(&p, c, argv[i]);
        else if (!strcmp(argv[i], "--"))
            options = false;
        else if (argv[i][1] == '-')
            i += take_long(&p, argv[i] + 2, argv[i + 1]);
        else
            i += take_letters(&p, argv[i] + 1, argv[i + 1]);
    }
    if (!c->help)
        check_number_of_arguments(&p, c);
    return !p.wrong;
}

bool vf_cli_set(const struct vf_verb *verb, const struct vf_option *o, const char *text, size_t most,
                void *args, char *why, size_t n)
{
    struct vf_cli_common *c = args;
    struct parser p = {verb, args, most, why, n, false};
    uint64_t given = c->given;
    take(&p, o, text);
    c->given = given; /* it was not given on the command line */
    return !p.wrong;
}

void vf_cli_args_free(const struct vf_verb *verb, void *args)
{
    struct vf_cli_common *c = args;
    (void)verb;
    vf_arena_release(&c->memory);
    free((void *)c->args);
}
