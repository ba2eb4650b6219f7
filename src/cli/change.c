/* change.c: venvfix move, recreate and fix. */
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#define OPT_CHANGE                                                                                           \
    {"from", 0, VF_OPT_LIST, "PATH", "a place where it stood before; may be given again", NULL},             \
        {"dry-run", 'n', VF_OPT_FLAG, NULL, "show the plan as a unified diff, change nothing", NULL},        \
        {"leave", 0, VF_OPT_FLAG, NULL, "go on although references without a writer stay (exit code 1)",     \
         NULL},                                                                                              \
        VF_OPT_FORMAT, VF_OPT_COMMON

static const struct vf_option fix_options[] = {OPT_CHANGE};
static const struct vf_option place_options[] = {
    {"link", 0, VF_OPT_VALUE, "HOW", "how files are copied, where they are: auto, reflink, copy",
     "auto|reflink|copy"},
    OPT_CHANGE,
};

static enum venvfix_link link_mode(const struct vf_verb *verb, const struct vf_parsed *p)
{
    const char *v = verb == &vf_verb_fix ? NULL : vf_cli_value(verb, p, "link");
    if (!v || !strcmp(v, "auto"))
        return VENVFIX_LINK_AUTO;
    return !strcmp(v, "reflink") ? VENVFIX_LINK_REFLINK : VENVFIX_LINK_COPY;
}

static int print_result(const struct vf_verb *verb, const struct vf_parsed *p,
                        const struct venvfix_change_result *r)
{
    struct vf_buf b;
    vf_buf_init(&b);
    struct vf_report_style st = vf_cli_style(verb, p, 1);
    if (vf_cli_json(verb, p))
        b.failed = !vf_json_change(&b, r);
    else
        vf_text_change(&b, r, &st);
    int code = vf_cli_print(1, &b, r->exit);
    vf_buf_release(&b);
    return code;
}

/* The references that kept it from being done, then the error. */
static int print_error(const struct vf_verb *verb, const struct vf_parsed *p,
                       const struct venvfix_change_result *r)
{
    struct vf_report_style st = vf_cli_style(verb, p, 2);
    struct vf_buf b;
    vf_buf_init(&b);
    vf_text_unwritten(&b, &r->unwritten, &st);
    vf_cli_print(2, &b, 2);
    vf_buf_release(&b);
    return vf_cli_error(&r->error, vf_cli_json(verb, p), &st);
}

static int run_verb(const struct vf_verb *verb, const struct vf_parsed *p, enum venvfix_verb which)
{
    size_t from = vf_cli_index(verb, "from");
    struct venvfix_change_options o = {.verb = which,
                                       .from_path = p->args[0],
                                       .to_path = p->n_args > 1 ? p->args[1] : NULL,
                                       .from = p->lists[from],
                                       .n_from = p->n_lists[from],
                                       .dry_run = vf_cli_flag(verb, p, "dry-run"),
                                       .leave = vf_cli_flag(verb, p, "leave"),
                                       .link = link_mode(verb, p)};
    if (!vf_cli_hooks(verb, p, &o.hooks))
        return vf_cli_usage_error(verb, vf_cli_json(verb, p), "--jobs takes a number from 1 to 256");
    struct venvfix_change_result r;
    int code = venvfix_change(&o, &r);
    vf_cli_progress_end();
    code = r.error.code ? print_error(verb, p, &r) : print_result(verb, p, &r);
    venvfix_change_free(&r);
    return code;
}

static int run_move(const struct vf_verb *verb, const struct vf_parsed *p)
{
    return run_verb(verb, p, VENVFIX_MOVE);
}

static int run_recreate(const struct vf_verb *verb, const struct vf_parsed *p)
{
    return run_verb(verb, p, VENVFIX_RECREATE);
}

static int run_fix(const struct vf_verb *verb, const struct vf_parsed *p)
{
    return run_verb(verb, p, VENVFIX_FIX);
}

const struct vf_verb vf_verb_move = {
    "move",
    "OLD NEW",
    "the same environment at NEW, proven equal, then OLD is gone",
    "One rename with journaled edits around it, or, where a rename cannot do it, a copy. Killed at any "
    "moment,\n"
    "the same command, given again, finishes.\n",
    place_options,
    VF_COUNT(place_options),
    2,
    2,
    run_move,
};

const struct vf_verb vf_verb_recreate = {
    "recreate",
    "OLD NEW",
    "a second environment at NEW, equal to OLD, which stays",
    "",
    place_options,
    VF_COUNT(place_options),
    2,
    2,
    run_recreate,
};

const struct vf_verb vf_verb_fix = {
    "fix",
    "ENV",
    "mends an environment that was moved, copied, or whose project was renamed",
    "Only what is wrong is edited; the second run changes nothing. An original that a copy still reaches is\n"
    "never touched.\n",
    fix_options,
    VF_COUNT(fix_options),
    1,
    1,
    run_fix,
};
