/* change.c: venvfix move, recreate and fix. */
#include <stdio.h>
#include <stdlib.h>
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
    {"bundle", 0, VF_OPT_VALUE, "FILE", "also pack a lock bundle of it, as `venvfix pack` does", NULL},
    OPT_CHANGE,
};

static const struct vf_option recreate_options[] = {
    {"python", 0, VF_OPT_VALUE, "PATH",
     "the interpreter of NEW: a path, a name on PATH, or 3.12. With an environment as FROM, NEW is made anew",
     NULL},
    {"find-links", 0, VF_OPT_LIST, "DIR", "where wheels lie; may be given again", NULL},
    {"index-url", 0, VF_OPT_VALUE, "URL", "the index that pip or uv ask for what is not at hand", NULL},
    {"extra-index-url", 0, VF_OPT_LIST, "URL", "one more index; may be given again", NULL},
    {"offline", 0, VF_OPT_FLAG, NULL, "only what is at hand: --find-links, the bundle, caches of pip and uv",
     NULL},
    {"require-hashes", 0, VF_OPT_FLAG, NULL, "every requirement must have a hash", NULL},
    {"build", 0, VF_OPT_FLAG, NULL, "sources may be built here by pip or uv, which runs their code", NULL},
    {"reinstall", 0, VF_OPT_FLAG, NULL, "with an environment as FROM: everything from wheels", NULL},
    {"compile", 0, VF_OPT_FLAG, NULL, "compile what is installed, by the new interpreter", NULL},
    {"copies", 0, VF_OPT_FLAG, NULL, "copy the interpreter instead of linking it", NULL},
    {"prompt", 0, VF_OPT_VALUE, "TEXT", "the prompt of NEW", NULL},
    {"prove", 0, VF_OPT_VALUE, "WHAT", "imports: import every top-level module at NEW, or take it back",
     "imports"},
    {"sha256", 0, VF_OPT_VALUE, "HEX", "the hash that the bundle must have", NULL},
    {"allow-outside", 0, VF_OPT_FLAG, NULL, "-r and -c of a list may leave its directory", NULL},
    {"link", 0, VF_OPT_VALUE, "HOW", "how files are copied, where they are: auto, reflink, copy",
     "auto|reflink|copy"},
    {"bundle", 0, VF_OPT_VALUE, "FILE", "also pack a lock bundle of it, as `venvfix pack` does", NULL},
    OPT_CHANGE,
};

/* Where pip and uv keep their caches: their own variables, else below the user's cache directory. */
static const char *cache_dir(const char *variable, const char *name, char *space, size_t n)
{
    const char *own = getenv(variable), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (own && *own)
        return own;
    int len = -1;
    if (xdg && *xdg == '/')
        len = snprintf(space, n, "%s/%s", xdg, name);
    else if (home && *home)
        len = snprintf(space, n, "%s/.cache/%s", home, name);
    return len > 0 && (size_t)len < n ? space : NULL;
}

struct caches {
    char pip[4096], uv[4096];
};

static void read_install(const struct vf_verb *verb, const struct vf_parsed *p, struct caches *space,
                         struct venvfix_install_options *o)
{
    size_t links = vf_cli_index(verb, "find-links"), extra = vf_cli_index(verb, "extra-index-url");
    *o = (struct venvfix_install_options){
        .python = vf_cli_value(verb, p, "python"),
        .find_links = p->lists[links],
        .n_find_links = p->n_lists[links],
        .index_url = vf_cli_value(verb, p, "index-url"),
        .extra_index_urls = p->lists[extra],
        .n_extra_index_urls = p->n_lists[extra],
        .offline = vf_cli_flag(verb, p, "offline"),
        .require_hashes = vf_cli_flag(verb, p, "require-hashes"),
        .build = vf_cli_flag(verb, p, "build"),
        .reinstall = vf_cli_flag(verb, p, "reinstall"),
        .allow_outside = vf_cli_flag(verb, p, "allow-outside"),
        .compile = vf_cli_flag(verb, p, "compile"),
        .copies = vf_cli_flag(verb, p, "copies"),
        .prove_imports = vf_cli_value(verb, p, "prove") != NULL,
        .prompt = vf_cli_value(verb, p, "prompt"),
        .sha256 = vf_cli_value(verb, p, "sha256"),
        .environ = (const char *const *)environ,
        .pip_cache = cache_dir("PIP_CACHE_DIR", "pip", space->pip, sizeof space->pip),
        .uv_cache = cache_dir("UV_CACHE_DIR", "uv", space->uv, sizeof space->uv),
    };
}

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
    if (!vf_cli_json(verb, p))
        vf_text_packed(&b, r, &st);
    int code = vf_cli_print(1, &b, r->exit);
    vf_buf_release(&b);
    if (code != 2 || r->exit == 2 || r->dry_run)
        return code;
    fprintf(stderr, "venvfix: what was asked for is done all the same\n");
    return 1; /* 2 says that everything is as before */
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
    char state[4096];
    struct venvfix_change_options o = {.verb = which,
                                       .state_dir = vf_cli_state_dir(state, sizeof state),
                                       .from_path = p->args[0],
                                       .to_path = p->n_args > 1 ? p->args[1] : NULL,
                                       .from = p->lists[from],
                                       .n_from = p->n_lists[from],
                                       .dry_run = vf_cli_flag(verb, p, "dry-run"),
                                       .leave = vf_cli_flag(verb, p, "leave"),
                                       .link = link_mode(verb, p)};
    struct caches space;
    if (which != VENVFIX_FIX)
        o.bundle = vf_cli_value(verb, p, "bundle");
    if (!vf_cli_epoch(&o.epoch))
        return vf_cli_usage_error(verb, vf_cli_json(verb, p), "SOURCE_DATE_EPOCH is not a number of seconds");
    if (which == VENVFIX_RECREATE)
        read_install(verb, p, &space, &o.install);
    if (!vf_cli_hooks(verb, p, &o.hooks))
        return vf_cli_usage_error(verb, vf_cli_json(verb, p), "--jobs takes a number from 1 to 256");
    struct venvfix_change_result r;
    (void)venvfix_change(&o, &r);
    vf_cli_progress_end();
    int code = r.error.code ? print_error(verb, p, &r) : print_result(verb, p, &r);
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
    "FROM NEW",
    "an environment at NEW from another one, a list, a lock file or a lock bundle",
    "FROM an environment: a second one at NEW, equal to it. FROM requirements.txt, pylock.toml or a bundle, "
    "or\n"
    "with --python: made anew by that interpreter's venv module and filled from wheels, which come from the\n"
    "bundle, --find-links, the caches of pip and uv, else from an index through pip or uv. Nothing is "
    "resolved:\n"
    "a list is complete, or it is said who lacks what.\n",
    recreate_options,
    VF_COUNT(recreate_options),
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
