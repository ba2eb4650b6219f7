/* main.c: venvfix VERB ... */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static int help(const struct vf_verb *verb)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_cli_help(&b, verb);
    int code = vf_cli_print(1, &b, 0);
    vf_buf_release(&b);
    return code;
}

/* Before the options are understood: does the user want JSON? An error is then one, too. */
static bool asks_for_json(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        bool next = (!strcmp(argv[i], "--format") || !strcmp(argv[i], "-f")) && i + 1 < argc;
        if (!strcmp(argv[i], "--format=json") || !strcmp(argv[i], "-fjson") ||
            (next && !strcmp(argv[i + 1], "json")))
            return true;
    }
    return false;
}

static int run_verb(const struct vf_verb *verb, int argc, char **argv)
{
    char why[300];
    struct vf_parsed p = {0};
    int code;
    if (!vf_cli_parse(verb, argc, argv, &p, why, sizeof why))
        code = vf_cli_usage_error(verb, asks_for_json(argc, argv), why);
    else if (vf_cli_flag(verb, &p, "help"))
        code = help(verb);
    else
        code = verb->run(verb, &p);
    vf_cli_parsed_free(&p);
    return code;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        struct vf_buf b;
        vf_buf_init(&b);
        vf_cli_help(&b, NULL);
        vf_cli_print(2, &b, 2);
        vf_buf_release(&b);
        return 2;
    }
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
        puts("venvfix " VENVFIX_VERSION);
        return fflush(stdout) == 0 ? 0 : 2;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return help(NULL);
    if (!strcmp(argv[1], "help")) {
        for (size_t i = 0; argc > 2 && vf_verbs[i]; i++)
            if (!strcmp(argv[2], vf_verbs[i]->name))
                return help(vf_verbs[i]);
        return help(NULL);
    }
    for (size_t i = 0; vf_verbs[i]; i++)
        if (!strcmp(argv[1], vf_verbs[i]->name))
            return run_verb(vf_verbs[i], argc - 2, argv + 2);
    char why[300];
    snprintf(why, sizeof why, "there is no verb '%.200s'", argv[1]);
    return vf_cli_usage_error(NULL, asks_for_json(argc, argv), why);
}
