/* change.c: venvfix move, recreate and fix. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

struct change_args {
    struct vf_cli_common common;
    struct venvfix_change_options change;
    const char *prove;
};

#define AT(member) offsetof(struct change_args, member)

#define OPT_CHANGE                                                                                           \
    {"from",                                                                                                 \
     0,                                                                                                      \
     VF_OPT_LIST,                                                                                            \
     "PATH",                                                                                                 \
     "a path where it was before; may be given again",                                                       \
     NULL,                                                                                                   \
     AT(change.from),                                                                                        \
     AT(change.n_from),                                                                                      \
     .man = "Name a path where the environment was before. It may be given again. Old paths that the "       \
            "environment's own files name are found without it."},                                           \
        {"map",                                                                                              \
         0,                                                                                                  \
         VF_OPT_LIST,                                                                                        \
         "OLD=NEW",                                                                                          \
         "a project directory that was moved; may be given again",                                           \
         NULL,                                                                                               \
         AT(change.map),                                                                                     \
         AT(change.n_map),                                                                                   \
         .man = "A directory outside of the environment, such as a project installed editable, was moved "   \
                "from OLD to NEW: path files, loaders of editable installs, direct_url.json, kernels and "   \
                "links follow. It may be given again; the longest OLD counts."},                             \
        {"dry-run",                                                                                          \
         'n',                                                                                                \
         VF_OPT_FLAG,                                                                                        \
         NULL,                                                                                               \
         "print the plan as a unified diff, change nothing",                                                 \
         NULL,                                                                                               \
         AT(change.dry_run),                                                                                 \
         .man = "Print what would be changed as a unified diff, and change nothing."},                       \
        {"leave",                                                                                            \
         0,                                                                                                  \
         VF_OPT_FLAG,                                                                                        \
         NULL,                                                                                               \
         "go on where a path cannot be rewritten (exit 1)",                                                  \
         NULL,                                                                                               \
         AT(change.leave),                                                                                   \
         .man = "Go on although some paths cannot be rewritten. They are listed and the exit code is 1. "    \
                "Without it nothing is changed in that case."},                                              \
        VF_OPT_FORMAT_ROW("text (the default) or json; may be given again with =FILE",                       \
                          "Write the report in this format: to standard output, or with =FILE to that "      \
                          "file. It may be given again."),                                                   \
        VF_OPT_COMMON

#define OPT_COPY                                                                                             \
    {"link",                                                                                                 \
     0,                                                                                                      \
     VF_OPT_CHOICE,                                                                                          \
     "HOW",                                                                                                  \
     "how files are copied: auto (the default), reflink, copy",                                              \
     "auto|reflink|copy",                                                                                    \
     AT(change.link),                                                                                        \
     .man = "How files are copied where they have to be. The default, auto, shares their blocks where the "  \
            "file system can (reflink), and copies them elsewhere; reflink fails where it cannot.",          \
     .config = true},                                                                                        \
    {                                                                                                        \
        "bundle", 0, VF_OPT_VALUE, "FILE", "also pack a lock bundle, as `venvfix pack` does", NULL,          \
            AT(change.bundle),                                                                               \
            .man = "Also pack a lock bundle of the environment into FILE, as "                               \
                   "venvfix pack does."                                                                      \
    }

static const struct vf_option fix_options[] = {
    {"python", 0, VF_OPT_VALUE, "PATH", "base interpreter of the same minor: a path, a directory, 3.12", NULL,
     AT(change.install.python),
     .man =
         "Give ENV another base interpreter of the same minor version and implementation: a path, the "
         "directory of a Python or of an environment, a name on PATH, or a version such as 3.12. Without it "
         "a base that is missing is looked for, and taken where there is exactly one: where it moved along "
         "with the environment, another patch release beside it, on PATH, or where pyenv, uv, asdf, mise, "
         "Homebrew and the toolcache of GitHub's runners keep them."},
    {"undo", 0, VF_OPT_FLAG, NULL, "put back what the last fix changed", NULL, AT(change.undo),
     .man = "Put back what the last fix of ENV that changed something replaced: contents, links and times. "
            "Files "
            "that were changed since are named and left as they are; the exit code is 1 then."},
    {"no-undo", 0, VF_OPT_FLAG, NULL, "do not keep what --undo needs", NULL, AT(change.no_undo),
     .config = true,
     .man = "Do not keep what --undo needs. It is kept for each environment in the directory of venvfix's "
            "secret, "
            "$XDG_STATE_HOME/venvfix."},
    {"at", 0, VF_OPT_VALUE, "PATH", "write ENV for this path and leave it where it is (build roots)", NULL,
     AT(change.at),
     .man = "Write everything for PATH, while ENV stays where it is: for the build roots of packages and "
            "images, "
            "whose contents get another path later. `venvfix check --at PATH --forbid BUILDROOT` then finds "
            "nothing; compiled files have their path inside, for which there is --compile."},
    {"compile", 0, VF_OPT_FLAG, NULL, "make the compiled files again, with the path that is written for",
     NULL, AT(change.install.compile),
     .man = "Make the compiled files of site-packages again by the interpreter of ENV, with the path inside "
            "that "
            "ENV is written for."},
    OPT_CHANGE};
static const struct vf_option move_options[] = {OPT_COPY, OPT_CHANGE};

static const struct vf_option recreate_options[] = {
    {"python", 0, VF_OPT_VALUE, "PATH", "interpreter of NEW: a path, a name on PATH, or 3.12", NULL,
     AT(change.install.python), .config = true,
     .man = "The interpreter of NEW: a path, a name on PATH, a version such as 3.12, or the directory of an "
            "environment, whose base is taken. With an environment as FROM, NEW is then made by that "
            "interpreter and filled from wheels."},
    {"find-links", 0, VF_OPT_LIST, "DIR", "directory with wheels; may be given again", NULL,
     AT(change.install.find_links), AT(change.install.n_find_links), .config = true,
     .man = "Take wheels from this directory. It may be given again."},
    {"index-url", 0, VF_OPT_VALUE, "URL", "index for what is not found locally", NULL,
     AT(change.install.index_url), .config = true,
     .man = "The index that pip or uv ask for what is not found locally."},
    {"extra-index-url", 0, VF_OPT_LIST, "URL", "one more index; may be given again", NULL,
     AT(change.install.extra_index_urls), AT(change.install.n_extra_index_urls), .config = true,
     .man = "One more index. It may be given again."},
    {"offline", 0, VF_OPT_FLAG, NULL, "use only --find-links, the bundle, and the caches of pip and uv", NULL,
     AT(change.install.offline), .config = true,
     .man = "Ask no index: use only --find-links, the bundle, and the caches of pip and uv."},
    {"require-hashes", 0, VF_OPT_FLAG, NULL, "every requirement must have a hash", NULL,
     AT(change.install.require_hashes), .config = true,
     .man = "Refuse a list in which a requirement has no hash."},
    {"build", 0, VF_OPT_FLAG, NULL, "let pip or uv build sources here, which runs their code", NULL,
     AT(change.install.build), .config = true,
     .man = "Let pip or uv build source archives here. That runs code from them."},
    {"reinstall", 0, VF_OPT_FLAG, NULL, "with an environment as FROM: install everything from wheels", NULL,
     AT(change.install.reinstall),
     .man = "With an environment as FROM: install everything from wheels instead of copying files."},
    {"compile", 0, VF_OPT_FLAG, NULL, "compile what is installed, by the new interpreter", NULL,
     AT(change.install.compile), .config = true, .man = "Compile what is installed, by the new interpreter."},
    {"copies", 0, VF_OPT_FLAG, NULL, "copy the interpreter instead of linking to it", NULL,
     AT(change.install.copies), .config = true, .man = "Copy the interpreter instead of linking to it."},
    {"prompt", 0, VF_OPT_VALUE, "TEXT", "prompt of NEW (default: the name of its directory)", NULL,
     AT(change.install.prompt), .man = "The prompt of NEW. The default is the name of its directory."},
    {"prove", 0, VF_OPT_VALUE, "WHAT", "imports: import every top-level module at NEW, or undo", "imports",
     AT(prove), .config = true,
     .man = "With imports: import every top-level module at NEW. Where one fails, NEW is removed again."},
    {"sha256", 0, VF_OPT_VALUE, "HEX", "hash that the bundle must have", NULL, AT(change.install.sha256),
     .man = "The SHA-256 hash that the bundle must have, in hexadecimal."},
    {"allow-outside", 0, VF_OPT_FLAG, NULL, "-r and -c in a list may name files outside its directory", NULL,
     AT(change.install.allow_outside), .man = "Let -r and -c in a list name files outside its directory."},
    {"replace", 0, VF_OPT_FLAG, NULL, "NEW may be an environment: it is replaced by one rename", NULL,
     AT(change.replace),
     .man =
         "NEW may be an environment, FROM itself as well. The new one is made beside it, verified, and takes "
         "its name by one rename; then the previous one is removed. What fails before leaves NEW as it was."},
    {"keep", 0, VF_OPT_VALUE, "DIR", "with --replace: keep the previous environment as DIR", NULL,
     AT(change.keep),
     .man = "With --replace: the previous environment is not removed, but gets the name DIR, which is on the "
            "same file system."},
    OPT_COPY,
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

static void complete_install(struct caches *space, const char *prove, struct venvfix_install_options *o)
{
    o->prove_imports = prove != NULL;
    o->environ = (const char *const *)environ;
    o->pip_cache = cache_dir("PIP_CACHE_DIR", "pip", space->pip, sizeof space->pip);
    o->uv_cache = cache_dir("UV_CACHE_DIR", "uv", space->uv, sizeof space->uv);
}

static int report_result(const struct vf_verb *verb, const struct vf_cli_common *c,
                         const struct venvfix_change_result *r)
{
    const struct vf_report report = {.change = r};
    int code = vf_cli_report(verb, c, &report, r->exit);
    if (code != 2 || r->exit == 2 || r->dry_run)
        return code;
    fprintf(stderr, "venvfix: the %s itself is done\n", verb->name);
    return 1; /* 2 says that nothing was changed */
}

/* The references that kept it from being done, then the error. */
static int report_error(const struct vf_verb *verb, const struct vf_cli_common *c,
                        const struct venvfix_change_result *r)
{
    struct vf_report_style st = vf_cli_style(c, 2);
    struct vf_buf b = {0};
    vf_text_unwritten(&b, &r->unwritten, &st);
    vf_cli_print(2, &b, 2);
    vf_buf_release(&b);
    return vf_cli_error(verb, c, &r->error);
}

static int change(const struct vf_verb *verb, const struct vf_cli_common *c, struct venvfix_change_options *o)
{
    struct venvfix_change_result r;
    char state[4096];
    o->state_dir = vf_cli_state_dir(state, sizeof state);
    if (!vf_cli_epoch(&o->epoch))
        return vf_cli_usage_error(verb, c, "SOURCE_DATE_EPOCH is not a number of seconds");
    vf_cli_hooks(c, &o->hooks);
    (void)venvfix_change(o, &r);
    vf_cli_progress_end();
    int code = r.error.code ? report_error(verb, c, &r) : report_result(verb, c, &r);
    venvfix_change_free(&r);
    return code;
}

static int run_move(const struct vf_verb *verb, const void *args)
{
    const struct change_args *a = args;
    struct venvfix_change_options o = a->change;
    o.verb = VENVFIX_MOVE;
    o.from_path = a->common.args[0];
    o.to_path = a->common.args[1];
    return change(verb, &a->common, &o);
}

static int run_recreate(const struct vf_verb *verb, const void *args)
{
    const struct change_args *a = args;
    struct venvfix_change_options o = a->change;
    struct caches space;
    o.verb = VENVFIX_RECREATE;
    o.from_path = a->common.args[0];
    o.to_path = a->common.args[1];
    complete_install(&space, a->prove, &o.install);
    return change(verb, &a->common, &o);
}

static int run_fix(const struct vf_verb *verb, const void *args)
{
    const struct change_args *a = args;
    struct venvfix_change_options o = a->change;
    char space[4096];
    o.verb = VENVFIX_FIX;
    o.from_path =
        a->common.n_args ? a->common.args[0] : vf_cli_default_env(space, sizeof space, a->common.quiet);
    o.install.environ = (const char *const *)environ;
    return change(verb, &a->common, &o);
}

static int run_upgrade(const struct vf_verb *verb, const void *args)
{
    const struct change_args *a = args;
    struct venvfix_change_options o = a->change;
    struct caches space;
    char env[4096];
    o.verb = VENVFIX_RECREATE;
    o.replace = true;
    o.from_path = a->common.n_args ? a->common.args[0] : vf_cli_default_env(env, sizeof env, a->common.quiet);
    o.to_path = o.from_path;
    if (!o.install.python)
        return vf_cli_usage_error(verb, &a->common, "--python is needed: the interpreter that ENV gets");
    complete_install(&space, a->prove, &o.install);
    return change(verb, &a->common, &o);
}

const struct vf_verb vf_verb_move = {
    .name = "move",
    .usage = "OLD NEW",
    .what = "move an environment: the same at NEW, verified, then OLD is removed",
    .details =
        "One rename with journaled edits around it, or a copy where a rename cannot do it. Killed at any "
        "moment, the same command, given again, finishes.",
    .examples = "venvfix move .venv /srv/app/.venv\n"
                "venvfix move --dry-run .venv /srv/app/.venv\n",
    .options = move_options,
    .n_options = VF_COUNT(move_options),
    .min_args = 2,
    .max_args = 2,
    .report = VF_REPORT_CHANGE,
    .args_size = sizeof(struct change_args),
    .run = run_move,
};

const struct vf_verb vf_verb_recreate = {
    .name = "recreate",
    .usage = "FROM NEW",
    .what = "create an environment from another one, a requirements list, a lock file or a bundle",
    .details = "FROM is an environment: NEW is a second one, equal to it. Or FROM is requirements.txt, "
               "pylock.toml or a lock bundle, or --python is given: NEW is made by that interpreter's venv "
               "module and filled from wheels. These come from the bundle, --find-links, the caches of pip "
               "and uv, else from an index through pip or uv. No dependencies are resolved: the list has to "
               "be complete, and the message names what is missing.",
    .examples = "venvfix recreate .venv /srv/app/.venv\n"
                "venvfix recreate requirements.txt .venv --find-links wheels --offline\n"
                "venvfix recreate app.tar.zst /srv/app/.venv\n",
    .options = recreate_options,
    .n_options = VF_COUNT(recreate_options),
    .min_args = 2,
    .max_args = 2,
    .report = VF_REPORT_CHANGE,
    .args_size = sizeof(struct change_args),
    .run = run_recreate,
};

const struct vf_verb vf_verb_upgrade = {
    .name = "upgrade",
    .usage = "[ENV]",
    .what = "give an environment another Python: `recreate ENV ENV --replace --python X`",
    .details =
        "The new environment is made beside ENV and takes its name by one rename when it is complete and "
        "verified. Packages that do not depend on the Python version are taken from ENV, the others from "
        "wheels; editable installs and files from no package are kept. The old Python is not needed.",
    .examples = "venvfix upgrade --python 3.13\n"
                "venvfix upgrade .venv --python 3.13 --keep .venv-3.12\n",
    .options = recreate_options,
    .n_options = VF_COUNT(recreate_options),
    .max_args = 1,
    .report = VF_REPORT_CHANGE,
    .args_size = sizeof(struct change_args),
    .run = run_upgrade,
};

const struct vf_verb vf_verb_fix = {
    .name = "fix",
    .usage = "[ENV]",
    .what = "repair an environment that was moved or copied",
    .details =
        "The default ENV is $VIRTUAL_ENV, else .venv here or in a directory above. Only what is wrong is "
        "edited; a second run changes nothing. The original of a copy is never touched.",
    .examples = "mv project renamed && venvfix fix renamed/.venv\n"
                "venvfix fix --dry-run\n",
    .options = fix_options,
    .n_options = VF_COUNT(fix_options),
    .max_args = 1,
    .report = VF_REPORT_CHANGE,
    .args_size = sizeof(struct change_args),
    .run = run_fix,
};
