/* check.c: venvfix check. */
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"

struct check_args {
    struct vf_cli_common common;
    struct venvfix_check_options check;
    bool here;
};

#define AT(member) offsetof(struct check_args, member)

static const struct vf_option options[] = {
    {"here", 0, VF_OPT_FLAG, NULL, "check whether it works where it is (short for --at its own path)", NULL,
     AT(here), .config = true,
     .man = "Check whether the environment works where it is. Short for --at with its own path: references "
            "to this path are then fine."},
    {"at", 0, VF_OPT_VALUE, "PATH", "check whether it would work at PATH", NULL, AT(check.at), .config = true,
     .man = "Check whether the environment would work at PATH: references into PATH are fine, references to "
            "its present path or to an old one are broken."},
    {"from", 0, VF_OPT_LIST, "PATH", "a path where it was before; may be given again", NULL, AT(check.from),
     AT(check.n_from), .config = true,
     .man = "Name a path where the environment was before. It may be given again. Old paths that the "
            "environment's own files name are found without it."},
    {"hashes", 0, VF_OPT_FLAG, NULL, "verify every file against its RECORD hash", NULL, AT(check.hashes),
     .config = true,
     .man = "Compute the hash of every installed file and compare it with RECORD. Without it only files that "
            "matter for a move are hashed, and sizes are compared."},
    {"python", 0, VF_OPT_VALUE, "VERSION", "for a bundle: the target's Python, 3.12 or 3.12.1", NULL,
     AT(check.python), .config = true,
     .man = "Check a lock bundle for this Python instead of the one it was packed for."},
    {"platform", 0, VF_OPT_VALUE, "TAG", "for a bundle: the target's platform, manylinux_2_28_x86_64", NULL,
     AT(check.platform), .config = true,
     .man = "Check a lock bundle for this platform tag instead of the one it was packed for."},
    {"glibc", 0, VF_OPT_VALUE, "VERSION", "for a bundle: the target's glibc, 2.28", NULL, AT(check.glibc),
     .config = true, .man = "Check a lock bundle for a system with this version of glibc."},
    {"fail-on", 0, VF_OPT_CHOICE, "LEVEL", "exit 1 at this level: warning (the default), error, info, never",
     "warning|error|info|never", AT(check.fail_on), .config = true,
     .man = "Exit with 1 when there is a finding of this level or above. The default is warning; never "
            "exits with 0 whatever is found."},
    VF_OPT_FORMAT_ROW(
        "text (the default), json or jsonl; may be given again with =FILE",
        "Write the report in this format: to standard output, or with =FILE to that file. It may "
        "be given again; text goes to standard output where no other format does."),
    VF_OPT_COMMON,
};

static const char *scratch(void)
{
    const char *tmp = getenv("TMPDIR");
    return tmp && *tmp ? tmp : "/tmp";
}

static int run(const struct vf_verb *verb, const void *args)
{
    const struct check_args *a = args;
    const struct vf_cli_common *c = &a->common;
    char space[4096], state[4096];
    struct venvfix_check_options o = a->check;
    struct venvfix_check_result r;
    if (a->here && o.at)
        return vf_cli_usage_error(verb, c,
                                  "--here is --at with the environment's own path: give one of them");
    o.path = c->n_args ? c->args[0] : vf_cli_default_env(space, sizeof space, c->quiet);
    o.at = a->here ? o.path : o.at;
    o.scratch = scratch();
    o.state_dir = vf_cli_state_dir(state, sizeof state);
    vf_cli_hooks(c, &o.hooks);
    (void)venvfix_check(&o, &r);
    vf_cli_progress_end();
    const struct vf_report report = {.kind = verb->report, .check = &r, .env = o.path};
    int code = r.error.code ? vf_cli_error(verb, c, &r.error) : vf_cli_report(verb, c, &report, r.exit);
    venvfix_check_free(&r);
    return code;
}

const struct vf_verb vf_verb_check = {
    .name = "check",
    .usage = "[ENV|BUNDLE]",
    .what = "report what is broken, tampered with, or would not survive a move",
    .details =
        "ENV is the directory of an environment, a link to one, or a one-line file that names one. The "
        "default is $VIRTUAL_ENV, else .venv here or in a directory above. BUNDLE is a file that "
        "`venvfix pack` made.\n"
        "Nothing is written, started or fetched.",
    .examples = "venvfix check --here                          # does it work?\n"
                "venvfix check --at /srv/app/.venv build/.venv # would it work there?\n"
                "venvfix check                                 # could it be moved as it is?\n",
    .options = options,
    .n_options = VF_COUNT(options),
    .max_args = 1,
    .report = VF_REPORT_CHECK,
    .args_size = sizeof(struct check_args),
    .run = run,
};
