/* freeze.c: venvfix freeze. */
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/cli.h"

static const struct vf_option options[] = {
    {"all", 0, VF_OPT_FLAG, NULL, "also pip, and before Python 3.12 setuptools, wheel and distribute", NULL},
    {"exclude", 0, VF_OPT_LIST, "NAME", "leave out a distribution; may be given again", NULL},
    {"format", 'f', VF_OPT_VALUE, "FORMAT", "requirements (the default), pylock or json",
     "requirements|pylock|json"},
    {"hashes", 0, VF_OPT_FLAG, NULL, "a hash in every line, of the wheels in --find-links", NULL},
    {"find-links", 0, VF_OPT_LIST, "DIR",
     "a directory with wheels, for --hashes and pylock; may be given again", NULL},
    VF_OPT_COMMON,
};

/* What contradicts itself; NULL: nothing. */
static const char *contradiction(const struct venvfix_freeze_options *o, bool json)
{
    if (o->hashes && !o->n_find_links)
        return "--hashes needs --find-links DIR: the hashes are those of the wheels there";
    if (o->n_find_links && !o->hashes && !o->lock && !json)
        return "--find-links is for --hashes, --format pylock and --format json";
    return NULL;
}

static int print(const struct venvfix_freeze_result *r, bool json, const struct vf_report_style *st)
{
    struct vf_buf b;
    vf_buf_init(&b);
    if (!st->quiet)
        vf_term_put_lines(&b, (struct vf_slice){r->notes.p, r->notes.n});
    vf_cli_print(2, &b, 0);
    vf_buf_clear(&b);
    if (!json)
        vf_buf_put(&b, (struct vf_slice){r->text.p, r->text.n});
    else if (!vf_json_freeze(&b, r))
        b.failed = true;
    int code = vf_cli_print(1, &b, 0);
    vf_buf_release(&b);
    return code;
}

static int run(const struct vf_verb *verb, const struct vf_parsed *p)
{
    size_t ex = vf_cli_index(verb, "exclude"), links = vf_cli_index(verb, "find-links");
    const char *format = vf_cli_value(verb, p, "format");
    bool json = vf_cli_json(verb, p);
    struct venvfix_freeze_options o = {.path = p->args[0],
                                       .all = vf_cli_flag(verb, p, "all"),
                                       .exclude = p->lists[ex],
                                       .n_exclude = p->n_lists[ex],
                                       .find_links = p->lists[links],
                                       .n_find_links = p->n_lists[links],
                                       .hashes = vf_cli_flag(verb, p, "hashes"),
                                       .lock = format && !strcmp(format, "pylock")};
    if (!vf_cli_hooks(verb, p, &o.hooks))
        return vf_cli_usage_error(verb, json, "--jobs takes a number from 1 to 256");
    const char *wrong = contradiction(&o, json);
    if (wrong)
        return vf_cli_usage_error(verb, json, wrong);
    struct venvfix_freeze_result r;
    struct vf_report_style st = vf_cli_style(verb, p, 2);
    int code = venvfix_freeze(&o, &r) == 0 ? print(&r, json, &st) : vf_cli_error(&r.error, json, &st);
    venvfix_freeze_free(&r);
    return code;
}

const struct vf_verb vf_verb_freeze = {
    "freeze",
    "ENV",
    "the frozen list, as the newest pip prints it, without Python",
    "Passwords in URLs become ****. What means a place of this host, or was passed over, is said on "
    "standard\n"
    "error. A list with hashes and a lock file (pylock.toml) are made whole or not at all.\n",
    options,
    VF_COUNT(options),
    1,
    1,
    run,
};
