/* main.c: venvfix VERB ... */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config.h"

static int print_help(const struct vf_verb *verb, int fd, int exit_code)
{
    struct vf_buf b = {0};
    vf_cli_help(&b, verb, vf_cli_width(fd));
    int code = vf_cli_print(fd, &b, exit_code);
    vf_buf_release(&b);
    return code;
}

/* The configuration file fills what the command line left open. */
static int run_configured(const struct vf_verb *verb, void *args)
{
    struct vf_cli_common *c = args;
    struct venvfix_error error = {0};
    bool ok = c->isolated || vf_config_load(c->config, &c->loaded, &error);
    ok = ok && vf_config_apply(c->loaded, verb, args, &error);
    int code = ok ? verb->run(verb, args) : vf_cli_error(verb, c, &error);
    vf_config_free(c->loaded);
    return code;
}

static int run_verb(const struct vf_verb *verb, int argc, char **argv)
{
    char why[400];
    void *args = calloc(1, verb->args_size);
    int code;
    if (!args)
        return vf_cli_usage_error(verb, NULL, "no memory");
    const struct vf_cli_common *common = args;
    if (!vf_cli_parse(verb, argc, argv, args, why, sizeof why))
        code = vf_cli_usage_error(verb, common, why);
    else if (common->help)
        code = print_help(verb, 1, 0);
    else
        code = run_configured(verb, args);
    vf_cli_args_free(verb, args);
    free(args);
    return code;
}

/* Words that other programs have for a verb. */
static const char *other_name(const char *word)
{
    static const char *const names[][2] = {
        {"mv", "move"},        {"rename", "move"},     {"cp", "recreate"},      {"copy", "recreate"},
        {"clone", "recreate"}, {"create", "recreate"}, {"install", "recreate"}, {"repair", "fix"},
        {"verify", "check"},   {"scan", "check"},      {"doctor", "check"},     {"list", "freeze"},
        {"export", "freeze"},  {"bundle", "pack"},
    };
    for (size_t i = 0; i < VF_COUNT(names); i++)
        if (!strcmp(word, names[i][0]))
            return names[i][1];
    return NULL;
}

static int unknown_verb(const char *word)
{
    const char *names[32];
    char why[300];
    size_t n = 0;
    for (; n < VF_COUNT(names) && vf_verbs[n]; n++)
        names[n] = vf_verbs[n]->name;
    const char *near = other_name(word);
    if (!near)
        near = vf_cli_suggest(word, names, n);
    if (near)
        (void)snprintf(why, sizeof why, "unknown verb '%.100s' (did you mean '%s'?)", word, near);
    else
        (void)snprintf(why, sizeof why, "unknown verb '%.100s'", word);
    return vf_cli_usage_error(NULL, NULL, why);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a reader that went away and the limit of a file's size are errors of write */
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2)
        return print_help(NULL, 2, 2);
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
        puts("venvfix " VENVFIX_VERSION);
        return fflush(stdout) == 0 ? 0 : 2;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return print_help(NULL, 1, 0);
    if (!strcmp(argv[1], "help") && argc == 2)
        return print_help(NULL, 1, 0);
    bool help = !strcmp(argv[1], "help");
    const char *word = help ? argv[2] : argv[1];
    const struct vf_verb *verb = vf_cli_verb(word);
    if (!verb)
        return unknown_verb(word);
    return help ? print_help(verb, 1, 0) : run_verb(verb, argc - 2, argv + 2);
}
