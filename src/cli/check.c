/* check.c: venvfix check. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/config.h"

struct check_args {
    struct vf_cli_common common;
    struct venvfix_check_options check;
    bool here, exit_zero;
    const char *anchor, *baseline, *write_baseline, *diff;
    const char *const *recursive;
    size_t n_recursive;
    enum venvfix_level min_level; /* findings below it are not shown */
};

#define AT(member) offsetof(struct check_args, member)
#define LIST_MAX   ((size_t)32 << 20) /* bytes of a list on standard input */

static const struct vf_option options[] = {
    {"here", 0, VF_OPT_FLAG, NULL, "check whether it works where it is (short for --at its own path)", NULL,
     AT(here), .config = true,
     .man = "Check whether the environment works where it is. Short for --at with its own path: references "
            "to this path are then fine."},
    {"at", 0, VF_OPT_VALUE, "PATH", "check whether it would work at PATH", NULL, AT(check.at), .config = true,
     .man = "Check whether the environment would work at PATH: references into PATH are fine, references to "
            "its present path or to an old one are broken."},
    {"root", 0, VF_OPT_VALUE, "DIR",
     "check it for the file system of an image or host: a directory, or an archive", NULL, AT(check.root),
     .config = true,
     .man = "Look for everything that is not in the environment (interpreter, standard library, libraries, "
            "programs) in the directory DIR, which holds the file system of an image or of another host. "
            "Absolute links are followed inside DIR, and nothing of this host is taken into account. An "
            "environment below DIR is checked for the path that it has there; for another one, --at names "
            "its path. IMAGE is a tar of a root file system, or an image as `docker save` writes it or in "
            "OCI layout (a tar or a directory), which is not unpacked; ENV is its path there."},
    {"recursive", 0, VF_OPT_LIST, "DIR", "check every environment below DIR; may be given again", NULL,
     AT(recursive), AT(n_recursive),
     .man =
         "Check every environment below the directory DIR, each once: links are not followed. It may be "
         "given "
         "again. Environments that tools keep (.tox, .nox, pipx, uv, pre-commit, poetry) are found like any "
         "others. Those with problems are listed, then all are counted."},
    {"from", 0, VF_OPT_LIST, "PATH", "a path where it was before; may be given again", NULL, AT(check.from),
     AT(check.n_from), .config = true,
     .man = "Name a path where the environment was before. It may be given again. Old paths that the "
            "environment's own files name are found without it."},
    {"hashes", 0, VF_OPT_FLAG, NULL, "verify every file against its RECORD hash", NULL, AT(check.hashes),
     .config = true,
     .man = "Compute the hash of every installed file and compare it with RECORD, and report code that no "
            "package installed. Without it only files that matter for a move are hashed, and sizes are "
            "compared."},
    {"frozen", 0, VF_OPT_VALUE, "FILE", "compare what is installed with a list or lock file", NULL,
     AT(check.frozen), .config = true,
     .man =
         "Compare what is installed with FILE, a requirements list (with or without hashes) or a lock file "
         "(pylock.toml): what is missing, what is extra, other versions and other sources are errors. - is "
         "standard input. What pip freeze leaves out (pip, before Python 3.12 also setuptools, wheel and "
         "distribute) is compared only where FILE names it."},
    {"project", 0, VF_OPT_VALUE, "DIR", "forbid import paths outside DIR and the environment", NULL,
     AT(check.project), .config = true,
     .man = "Report it as an error when an editable install or a path file leads out of both DIR and the "
            "environment: into a sibling checkout, for example."},
    {"forbid", 0, VF_OPT_LIST, "STRING", "report every file that contains STRING; may be given again", NULL,
     AT(check.forbid), AT(check.n_forbid), .config = true,
     .man =
         "Report every file whose contents, name or link target contain STRING, compiled files and programs "
         "included. It may be given again."},
    {"python", 0, VF_OPT_VALUE, "VERSION", "check it for this Python: 3.12, 3.12.1, or a path of one", NULL,
     AT(check.python), .config = true,
     .man =
         "Check for this Python instead of the interpreter that an environment leads to, or that a bundle "
         "was packed for: a version, or (of an environment) the path of an interpreter, which is looked at "
         "and not started. With --python, --platform or --glibc nothing but the environment itself is asked "
         "of this host, unless --root names a file system: whether a base interpreter, library or program "
         "is on the target is not claimed."},
    {"platform", 0, VF_OPT_VALUE, "TAG", "check it for this platform: manylinux_2_28_x86_64", NULL,
     AT(check.platform), .config = true,
     .man = "Check for this platform: a tag of wheels such as manylinux_2_28_x86_64, musllinux_1_2_aarch64, "
            "linux_aarch64, macosx_11_0_arm64 or win_amd64. Compiled files are judged by what they are built "
            "for: processor, C library, versions of glibc or macOS, names of extension modules."},
    {"glibc", 0, VF_OPT_VALUE, "VERSION", "check it for a system with this glibc: 2.28", NULL,
     AT(check.glibc), .config = true, .man = "Check for a system with this version of glibc."},
    {"user", 0, VF_OPT_VALUE, "NAME|UID", "check whether this user may read and execute what is needed", NULL,
     AT(check.user), .config = true,
     .man =
         "Check for this user, by name or number, with the rights that modes give owner, group and others: "
         "of the environment, the directories above it, and the base interpreter. Names and groups are those "
         "of /etc/passwd and /etc/group, with --root those there; NAME:GROUP names another group. Run it as "
         "a "
         "user who may read everything."},
    {"fail-on", 0, VF_OPT_CHOICE, "LEVEL", "exit 1 at this level: warning (the default), error, info, never",
     "warning|error|info|never", AT(check.fail_on), .config = true,
     .man = "Exit with 1 when there is a finding of this level or above. The default is warning; never "
            "exits with 0 whatever is found."},
    {"exit-zero", 0, VF_OPT_FLAG, NULL, "exit 0 whatever is found", NULL, AT(exit_zero), .config = true,
     .man = "Exit with 0 whatever is found, as with --fail-on never. An environment that cannot be examined "
            "is still 2."},
    {"select", 0, VF_OPT_LIST, "RULES", "report only these rules: VF201, VF2, script-bound", NULL,
     AT(check.select), AT(check.n_select), .config = true,
     .man = "Report only these rules: ids, beginnings of ids, or names, separated by commas. It may be given "
            "again. "
            "Where --select and --ignore name the same rule, the longer word counts."},
    {"ignore", 0, VF_OPT_LIST, "RULES", "leave out these rules", NULL, AT(check.ignore), AT(check.n_ignore),
     .config = true,
     .man = "Leave out these rules. It may be given again. How many findings were left out is part of the "
            "report."},
    {"level", 0, VF_OPT_LIST, "RULE=LEVEL", "report a rule at another level: error, warning, info", NULL,
     AT(check.levels), AT(check.n_levels), .config = true,
     .man = "Report a rule, or a family of rules, at another level. It may be given again."},
    {"min-level", 0, VF_OPT_CHOICE, "LEVEL",
     "show findings from this level on: info (the default), warning, error", "info|warning|error",
     AT(min_level), .config = true,
     .man = "Show findings of this level and above. The others are counted, and may make the exit code 1."},
    {"baseline", 0, VF_OPT_VALUE, "FILE", "do not count findings that this file lists", NULL, AT(baseline),
     .config = true,
     .man = "Do not count findings that this file lists: it was made by --write-baseline. Findings are "
            "compared by "
            "rule, file and value, so that the baseline holds when checkout or environment move."},
    {"write-baseline", 0, VF_OPT_VALUE, "FILE", "write all findings into this file, for --baseline", NULL,
     AT(write_baseline), .man = "Write all findings into this file, for --baseline."},
    {"diff", 0, VF_OPT_VALUE, "REPORT", "count only what is not in this earlier JSON report", NULL, AT(diff),
     .man = "Count only findings that are not in this earlier JSON report."},
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

/* Everything that one run of check holds on to. */
struct session {
    const struct vf_verb *verb;
    const struct check_args *args;
    struct venvfix_baseline *baseline, *collect;
    struct vf_buf list; /* of --frozen -, for all environments */
    struct vf_cli_checks *reports;
    size_t n_reports;
};

/* Findings below --min-level are counted, but in no report. */
static void hide_small(struct venvfix_findings *fs, enum venvfix_level least)
{
    size_t kept = 0;
    for (size_t i = 0; i < fs->n; i++)
        if (fs->v[i].level >= least)
            fs->v[kept++] = fs->v[i];
    fs->n = kept;
}

/* More than one was asked for, by name or by a directory around them. */
static bool is_several(const struct check_args *a)
{
    return a->common.n_args > 1 || a->n_recursive > 0;
}

/* What the reports call an environment of an archive. */
static const char *shown_name(const char *path, const struct venvfix_archive_result *archive, size_t member,
                              struct vf_buf *space)
{
    if (!archive || archive->n_members < 2)
        return path;
    vf_buf_puts(space, path);
    vf_buf_putc(space, ':');
    vf_buf_put(space, (struct vf_slice){archive->members[member].p, archive->members[member].n});
    const char *name = vf_buf_cstr(space);
    return name ? name : path;
}

/* archive NULL: the path is a directory or a lock bundle. */
static int check_path(struct session *s, const struct check_args *a, const char *path,
                      const struct venvfix_archive_result *archive, size_t member)
{
    const struct vf_cli_common *c = &s->args->common;
    struct venvfix_check_options o = a->check;
    struct venvfix_check_result r;
    char state[4096];
    struct vf_buf space = {0};
    o.path = path;
    o.archive = archive ? archive->archive : NULL;
    o.member = member;
    /* with --root, and in an archive, it is judged for its own path in any case */
    o.at = a->here && !o.root && !archive ? path : o.at;
    o.scratch = scratch();
    o.state_dir = vf_cli_state_dir(state, sizeof state);
    o.environ = (const char *const *)environ;
    o.baseline = s->baseline;
    o.collect = s->collect;
    if (o.frozen && !strcmp(o.frozen, "-"))
        o.frozen_text = (struct venvfix_bytes){s->list.p, s->list.n};
    if (a->exit_zero)
        o.fail_on = VENVFIX_FAIL_NEVER;
    vf_cli_hooks(c, &o.hooks);
    (void)venvfix_check(&o, &r);
    vf_cli_progress_end();
    int code = r.exit;
    const struct vf_checked one = {.env = shown_name(path, archive, member, &space), .result = &r};
    if (r.error.code && !is_several(s->args) && (!archive || archive->n_members < 2)) {
        code = vf_cli_error(s->verb, c, &r.error);
    } else {
        hide_small(&r.findings, a->min_level);
        vf_cli_checks_add(s->reports, s->n_reports, &one);
    }
    venvfix_check_free(&r);
    vf_buf_release(&space);
    return code;
}

/* Every environment of an archive; `archive` NULL: of a path that is none. */
static int check_members(struct session *s, const struct check_args *a, const char *path,
                         const struct venvfix_archive_result *archive)
{
    if (!archive->archive)
        return check_path(s, a, path, NULL, 0);
    int code = 0;
    for (size_t i = 0; i < archive->n_members; i++) {
        int one = check_path(s, a, path, archive, i);
        code = one > code ? one : code;
    }
    return code;
}

static int check_failed(struct session *s, const char *path, const struct venvfix_error *error)
{
    struct venvfix_check_result r = {.error = *error, .exit = 2};
    const struct vf_checked one = {.env = path, .result = &r};
    if (!is_several(s->args))
        return vf_cli_error(s->verb, &s->args->common, error);
    vf_cli_checks_add(s->reports, s->n_reports, &one);
    return 2;
}

/* With the options that the configuration has for this path. */
static int check_one(struct session *s, const char *path, const struct venvfix_archive_result *archive)
{
    struct check_args a = *s->args;
    struct venvfix_error error = {0};
    if (!vf_config_apply_path(s->args->common.loaded, s->verb, path, &a, &error))
        return vf_cli_error(s->verb, &s->args->common, &error);
    if (a.here && a.check.at)
        return vf_cli_usage_error(s->verb, &s->args->common,
                                  "--here is --at with the environment's own path: give one of them");
    if (archive->error.code)
        return check_failed(s, path, &archive->error);
    return check_members(s, &a, path, archive);
}

static void open_archive(const struct session *s, const char *path, struct venvfix_archive_result *archive)
{
    struct venvfix_archive_options o = {.path = path, .scratch = scratch()};
    vf_cli_hooks(&s->args->common, &o.hooks);
    (void)venvfix_archive_open(&o, archive);
    vf_cli_progress_end();
}

/* An error of the only environment was reported in the form of each output already. */
static int finish(struct session *s, int code, bool only_one)
{
    if (code != 2 || !only_one)
        return vf_cli_checks_end(s->reports, s->n_reports, code);
    vf_cli_checks_drop(s->reports, s->n_reports);
    return code;
}

struct walk {
    struct session *s;
    int code;
};

static bool check_found(void *ctx, const char *path)
{
    struct walk *w = ctx;
    const struct venvfix_archive_result none = {0};
    int one = check_one(w->s, path, &none);
    w->code = one > w->code ? one : w->code;
    return true;
}

/* Every environment below a directory. */
static int check_below(struct session *s, const char *dir)
{
    struct walk w = {.s = s};
    struct venvfix_find_options o = {.path = dir, .found = check_found, .ctx = &w};
    struct venvfix_find_result found;
    vf_cli_hooks(&s->args->common, &o.hooks);
    o.hooks.progress = NULL;
    if (venvfix_find(&o, &found) != 0)
        w.code = check_failed(s, dir, &found.error);
    venvfix_find_free(&found);
    return w.code;
}

static int check_next(struct session *s, const char *path)
{
    struct venvfix_archive_result archive;
    open_archive(s, path, &archive);
    int code = check_one(s, path, &archive);
    venvfix_archive_close(&archive);
    return code;
}

static int check_rest(struct session *s, int code)
{
    for (size_t i = 1; i < s->args->common.n_args; i++) {
        int one = check_next(s, s->args->common.args[i]);
        code = one > code ? one : code;
    }
    for (size_t i = 0; i < s->args->n_recursive; i++) {
        int below = check_below(s, s->args->recursive[i]);
        code = below > code ? below : code;
    }
    return code;
}

static int check_all(struct session *s)
{
    const struct vf_cli_common *c = &s->args->common;
    char space[4096], anchor[4096];
    const char *first = c->n_args ? c->args[0] : NULL;
    struct venvfix_archive_result archive = {0};
    if (!first && !s->args->n_recursive)
        first = vf_cli_default_env(space, sizeof space, c->quiet);
    if (first)
        open_archive(s, first, &archive);
    bool several = is_several(s->args) || archive.n_members > 1;
    struct vf_checks like = {.several = several, .baseline = s->baseline != NULL};
    like.anchor = split_anchor(s->args->anchor, anchor, sizeof anchor, &like.anchor_line);
    s->reports = vf_cli_checks_begin(s->verb, c, &like, &s->n_reports);
    int code = first ? check_one(s, first, &archive) : 0;
    if (first)
        venvfix_archive_close(&archive);
    return finish(s, check_rest(s, code), !several);
}

static int run(const struct vf_verb *verb, const void *args)
{
    const struct check_args *a = args;
    struct session s = {.verb = verb, .args = a};
    int code;
    if (a->baseline && a->diff)
        return vf_cli_usage_error(verb, &a->common, "--baseline and --diff: give one of them");
    if (!vf_cli_baseline_open(verb, &a->common, a->baseline ? a->baseline : a->diff, &s.baseline))
        return 2;
    if (a->check.frozen && !strcmp(a->check.frozen, "-") && !vf_cli_read_input(&s.list, LIST_MAX)) {
        vf_buf_release(&s.list);
        return vf_cli_usage_error(verb, &a->common, "the list on standard input cannot be read");
    }
    if (a->write_baseline)
        s.collect = venvfix_baseline_new();
    code = check_all(&s);
    vf_buf_release(&s.list);
    if (code != 2 && s.collect)
        code = vf_cli_baseline_write(verb, &a->common, a->write_baseline, s.collect, code);
    if (code != 2 && a->baseline)
        vf_cli_baseline_report(&a->common, a->baseline, s.baseline);
    venvfix_baseline_free(s.baseline);
    venvfix_baseline_free(s.collect);
    return code;
}

const struct vf_verb vf_verb_check = {
    .name = "check",
    .usage = "[ENV|ARCHIVE|BUNDLE ...]",
    .what = "report what is broken, tampered with, or would not survive a move",
    .details =
        "ENV is the directory of an environment, a link to one, or a one-line file that names one. The "
        "default is $VIRTUAL_ENV, else .venv here or in a directory above. ARCHIVE is a tar (packed by gzip, "
        "xz, zstd or bzip2, or not) or zip file with environments in it, or - for standard input; each is "
        "checked for the path that its own files name, or that --at names. BUNDLE is a file that `venvfix "
        "pack` made.\n"
        "Nothing is written, started or fetched.",
    .examples = "venvfix check --here                          # does it work?\n"
                "venvfix check --at /srv/app/.venv build/.venv # would it work there?\n"
                "venvfix check                                 # could it be moved as it is?\n"
                "venvfix check --root img img/app/.venv        # does it work in the image?\n"
                "venvfix check --here --recursive /srv         # does every one below work?\n"
                "venvfix check --at /srv/app/.venv app.tar.gz  # would it work there, once unpacked?\n",
    .options = options,
    .n_options = VF_COUNT(options),
    .max_args = SIZE_MAX,
    .report = VF_REPORT_CHECK,
    .args_size = sizeof(struct check_args),
    .run = run,
};
