/* check.c: venvfix check. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

struct check_args {
    struct vf_cli_common common;
    struct venvfix_check_options check;
    bool here;
    const char *anchor;
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
    {"anchor", 0, VF_OPT_VALUE, "FILE[:LINE]",
     "committed file that sarif, github and gitlab show findings at", NULL, AT(anchor), .config = true,
     .man = "Show findings at this committed file in the formats that a code host displays (sarif, github, "
            "gitlab), "
            "since the environment itself is not in the repository."},
    VF_OPT_FORMAT_ROW(
        "text (the default), json, jsonl, sarif, junit, github, gitlab, markdown, html; may be given "
        "again with =FILE",
        "Write the report in this format: to standard output, or with =FILE to that file. It may be "
        "given again; text goes to standard output where no other format does."),
    VF_OPT_COMMON,
};

static const char *scratch(void)
{
    const char *tmp = getenv("TMPDIR");
    return tmp && *tmp ? tmp : "/tmp";
}

/* FILE[:LINE] of --anchor; *line 0: there is none. */
static const char *split_anchor(const char *anchor, char *space, size_t n, long *line)
{
    const char *colon = anchor ? strrchr(anchor, ':') : NULL;
    uint64_t number = 0;
    *line = 0;
    if (!colon || !vf_slice_to_u64(vf_slice_of(colon + 1), &number) || number > 10000000)
        return anchor;
    *line = (long)number;
    (void)snprintf(space, n, "%.*s", (int)(colon - anchor), anchor);
    return space;
}

/* Examines one environment and adds it to the reports. Returns its exit code. */
static int check_one(const struct vf_verb *verb, const struct check_args *a, struct venvfix_check_options *o,
                     struct vf_cli_checks *reports, size_t n)
{
    const struct vf_cli_common *c = &a->common;
    struct venvfix_check_result r;
    bool several = c->n_args > 1;
    o->at = a->here ? o->path : a->check.at;
    (void)venvfix_check(o, &r);
    vf_cli_progress_end();
    const struct vf_checked one = {.env = o->path, .result = &r};
    int code = r.exit;
    if (r.error.code && !several)
        code = vf_cli_error(verb, c, &r.error);
    else
        vf_cli_checks_add(reports, n, &one);
    venvfix_check_free(&r);
    return code;
}

/* An error of the only environment was reported in the form of each output already. */
static int finish(const struct check_args *a, struct vf_cli_checks *reports, size_t n, int code)
{
    bool reported = code == 2 && a->common.n_args <= 1;
    if (!reported)
        return vf_cli_checks_end(reports, n, code);
    vf_cli_checks_drop(reports, n);
    return code;
}

static int run(const struct vf_verb *verb, const void *args)
{
    const struct check_args *a = args;
    const struct vf_cli_common *c = &a->common;
    char space[4096], state[4096], anchor[4096];
    struct venvfix_check_options o = a->check;
    if (a->here && o.at)
        return vf_cli_usage_error(verb, c,
                                  "--here is --at with the environment's own path: give one of them");
    o.scratch = scratch();
    o.state_dir = vf_cli_state_dir(state, sizeof state);
    vf_cli_hooks(c, &o.hooks);
    struct vf_checks like = {.several = c->n_args > 1};
    like.anchor = split_anchor(a->anchor, anchor, sizeof anchor, &like.anchor_line);
    size_t n;
    struct vf_cli_checks *reports = vf_cli_checks_begin(verb, c, &like, &n);
    int code = 0;
    for (size_t i = 0; i < c->n_args || (i == 0 && c->n_args == 0); i++) {
        o.path = c->n_args ? c->args[i] : vf_cli_default_env(space, sizeof space, c->quiet);
        int one = check_one(verb, a, &o, reports, n);
        code = one > code ? one : code;
    }
    return finish(a, reports, n, code);
}

const struct vf_verb vf_verb_check = {
    .name = "check",
    .usage = "[ENV|BUNDLE ...]",
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
    .max_args = SIZE_MAX,
    .report = VF_REPORT_CHECK,
    .args_size = sizeof(struct check_args),
    .run = run,
};
