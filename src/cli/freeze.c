/* freeze.c: venvfix freeze. */
#include <string.h>

#include "base/escape.h"
#include "cli/cli.h"

struct freeze_args {
    struct vf_cli_common common;
    struct venvfix_freeze_options freeze;
};

#define AT(member) offsetof(struct freeze_args, member)

static const struct vf_option options[] = {
    {"all", 0, VF_OPT_FLAG, NULL, "also pip, and before Python 3.12 setuptools, wheel and distribute", NULL,
     AT(freeze.all), .config = true,
     .man = "Also list pip, and before Python 3.12 setuptools, wheel and distribute, which pip freeze leaves "
            "out."},
    {"exclude", 0, VF_OPT_LIST, "NAME", "leave out a distribution; may be given again", NULL,
     AT(freeze.exclude), AT(freeze.n_exclude), .config = true,
     .man = "Leave out a distribution. It may be given again."},
    VF_OPT_FORMAT_ROW(
        "requirements (the default), pylock or json; may be given again with =FILE",
        "Write a requirements list, a lock file (pylock.toml, PEP 751) or a report for programs: "
        "to standard output, or with =FILE to that file."),
    {"hashes", 0, VF_OPT_FLAG, NULL, "a hash in every line, of the wheels in --find-links", NULL,
     AT(freeze.hashes), .config = true,
     .man = "Write the hashes of the wheels in --find-links into every line. Where one has no wheel, nothing "
            "is written."},
    {"find-links", 0, VF_OPT_LIST, "DIR",
     "directory with wheels, for --hashes and pylock; may be given again", NULL, AT(freeze.find_links),
     AT(freeze.n_find_links), .config = true,
     .man = "Take the hashes from the wheels in this directory. It may be given again."},
    VF_OPT_COMMON,
};

static bool asks_for(const struct vf_cli_common *c, const char *format)
{
    for (size_t i = 0; i < c->n_outputs; i++)
        if (!strcmp(c->outputs[i].writer->name, format))
            return true;
    return false;
}

/* What contradicts itself; NULL: nothing. */
static const char *contradiction(const struct vf_cli_common *c, const struct venvfix_freeze_options *o)
{
    if (o->hashes && !o->n_find_links)
        return "--hashes needs --find-links DIR: the hashes are those of the wheels there";
    if (o->n_find_links && !o->hashes && !o->lock && !asks_for(c, "json"))
        return "--find-links is for --hashes, --format pylock and --format json";
    if (o->lock && asks_for(c, "requirements"))
        return "--format requirements and --format pylock: run freeze once for each";
    return NULL;
}

static void print_notes(const struct venvfix_freeze_result *r)
{
    struct vf_buf b = {0};
    vf_term_put_lines(&b, (struct vf_slice){r->notes.p, r->notes.n});
    vf_cli_print(2, &b, 0);
    vf_buf_release(&b);
}

static int run(const struct vf_verb *verb, const void *args)
{
    const struct freeze_args *a = args;
    const struct vf_cli_common *c = &a->common;
    char space[4096];
    struct venvfix_freeze_options o = a->freeze;
    struct venvfix_freeze_result r;
    o.path = c->n_args ? c->args[0] : vf_cli_default_env(space, sizeof space, c->quiet);
    o.lock = asks_for(c, "pylock");
    const char *wrong = contradiction(c, &o);
    if (wrong)
        return vf_cli_usage_error(verb, c, wrong);
    vf_cli_hooks(c, &o.hooks);
    int code = venvfix_freeze(&o, &r);
    vf_cli_progress_end();
    if (code != 0) {
        code = vf_cli_error(verb, c, &r.error);
    } else {
        const struct vf_report report = {.freeze = &r};
        if (!c->quiet)
            print_notes(&r);
        code = vf_cli_report(verb, c, &report, 0);
    }
    venvfix_freeze_free(&r);
    return code;
}

const struct vf_verb vf_verb_freeze = {
    .name = "freeze",
    .usage = "[ENV]",
    .what = "print the requirements list as the newest pip freeze does, without Python",
    .details =
        "The default ENV is $VIRTUAL_ENV, else .venv here or in a directory above. Passwords in URLs become "
        "****. What means a path of this host, or was left out, is named on standard error. A list "
        "with hashes and a lock file are written whole or not at all.",
    .examples = "venvfix freeze > requirements.txt\n"
                "venvfix freeze --format pylock=pylock.toml --find-links wheels\n",
    .options = options,
    .n_options = VF_COUNT(options),
    .max_args = 1,
    .report = VF_REPORT_FREEZE,
    .args_size = sizeof(struct freeze_args),
    .run = run,
};
