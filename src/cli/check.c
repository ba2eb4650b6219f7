/* check.c: venvfix check. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static const struct vf_option options[] = {
    {"at", 0, VF_OPT_VALUE, "PATH", "would it work at PATH? (its own path: is it sound where it stands?)",
     NULL},
    {"from", 0, VF_OPT_LIST, "PATH", "a place where it stood before; may be given again", NULL},
    {"hashes", 0, VF_OPT_FLAG, NULL, "verify every file against its RECORD hash", NULL},
    {"python", 0, VF_OPT_VALUE, "VERSION", "of a bundle: is it complete for this Python? 3.12, 3.12.1", NULL},
    {"platform", 0, VF_OPT_VALUE, "TAG", "of a bundle: for this platform? manylinux_2_28_x86_64", NULL},
    {"glibc", 0, VF_OPT_VALUE, "VERSION", "of a bundle: for a system with this glibc? 2.28", NULL},
    {"fail-on", 0, VF_OPT_VALUE, "LEVEL",
     "exit 1 from this level on: error, warning (the default), info, never", "error|warning|info|never"},
    VF_OPT_FORMAT,
    VF_OPT_COMMON,
};

static const char *default_env(void)
{
    const char *active = getenv("VIRTUAL_ENV");
    return active && *active ? active : ".venv";
}

static const char *scratch(void)
{
    const char *tmp = getenv("TMPDIR");
    return tmp && *tmp ? tmp : "/tmp";
}

static enum venvfix_fail_on fail_on(const char *v)
{
    if (!v || !strcmp(v, "warning"))
        return VENVFIX_FAIL_WARNING;
    if (!strcmp(v, "error"))
        return VENVFIX_FAIL_ERROR;
    return !strcmp(v, "info") ? VENVFIX_FAIL_INFO : VENVFIX_FAIL_NEVER;
}

static int print_result(const struct vf_verb *verb, const struct vf_parsed *p,
                        const struct venvfix_check_result *r, const char *env)
{
    struct vf_buf b;
    vf_buf_init(&b);
    struct vf_report_style st = vf_cli_style(verb, p, 1);
    if (vf_cli_json(verb, p))
        b.failed = !vf_json_check(&b, r);
    else if (r->bundle)
        vf_text_bundle(&b, r, &st);
    else
        vf_text_check(&b, r, &st, env);
    int code = vf_cli_print(1, &b, r->exit);
    vf_buf_release(&b);
    return code;
}

static int run(const struct vf_verb *verb, const struct vf_parsed *p)
{
    size_t from = vf_cli_index(verb, "from");
    bool json = vf_cli_json(verb, p);
    char state[4096];
    struct venvfix_check_options o = {.path = p->n_args ? p->args[0] : default_env(),
                                      .at = vf_cli_value(verb, p, "at"),
                                      .from = p->lists[from],
                                      .n_from = p->n_lists[from],
                                      .python = vf_cli_value(verb, p, "python"),
                                      .platform = vf_cli_value(verb, p, "platform"),
                                      .glibc = vf_cli_value(verb, p, "glibc"),
                                      .scratch = scratch(),
                                      .state_dir = vf_cli_state_dir(state, sizeof state),
                                      .hashes = vf_cli_flag(verb, p, "hashes"),
                                      .fail_on = fail_on(vf_cli_value(verb, p, "fail-on"))};
    if (!vf_cli_hooks(verb, p, &o.hooks))
        return vf_cli_usage_error(verb, json, "--jobs takes a number from 1 to 256");
    struct venvfix_check_result r;
    int code;
    (void)venvfix_check(&o, &r);
    vf_cli_progress_end();
    if (r.error.code) {
        struct vf_report_style st = vf_cli_style(verb, p, 2);
        code = vf_cli_error(&r.error, json, &st);
    } else {
        code = print_result(verb, p, &r, o.path);
    }
    venvfix_check_free(&r);
    return code;
}

const struct vf_verb vf_verb_check = {
    "check",
    "[ENV|BUNDLE]",
    "what is broken, silently wrong, or would not survive a move; is a lock bundle complete?",
    "ENV is an environment's directory, a link to one, or a one-line file that names one; without it\n"
    "$VIRTUAL_ENV, else .venv. BUNDLE is a file that `venvfix pack` made: complete for its target, or for "
    "the one\n"
    "that --python, --platform and --glibc name? Nothing is written, started or fetched.\n",
    options,
    VF_COUNT(options),
    0,
    1,
    run,
};
