/* pack.c: venvfix pack. */
#include <stdio.h>

#include "cli/cli.h"

struct pack_args {
    struct vf_cli_common common;
    struct venvfix_pack_options pack;
};

#define AT(member) offsetof(struct pack_args, member)

static const struct vf_option options[] = {
    {"output", 'o', VF_OPT_VALUE, "FILE", "the new file", NULL, AT(pack.output),
     .man = "The new file. A file that is there is never replaced."},
    {"archive-format", 0, VF_OPT_CHOICE, "KIND", "by-name (the default), tar.zst, tar.gz, tar.xz, tar, zip",
     "by-name|tar.zst|tar.gz|tar.xz|tar|zip", AT(pack.packing), .config = true,
     .man =
         "The kind of archive. The default goes by the name of the file, and is tar.zst for any other name."},
    VF_OPT_FORMAT_ROW("of the report: text (the default) or json; may be given again with =FILE",
                      "Write the report in this format: to standard output, or with =FILE to that file."),
    {"python", 0, VF_OPT_VALUE, "VERSION", "for a list: the target's Python, 3.12", NULL, AT(pack.python),
     .config = true, .man = "Pack a list for this Python."},
    {"platform", 0, VF_OPT_VALUE, "TAG", "for a list: the target's platform, manylinux_2_28_x86_64", NULL,
     AT(pack.platform), .config = true,
     .man = "Pack a list for this platform tag. The default is this host's."},
    {"find-links", 0, VF_OPT_LIST, "DIR",
     "take original wheels from there, where they hold what is installed; may be given again", NULL,
     AT(pack.links), AT(pack.n_links), .config = true,
     .man = "Take original wheels from this directory, where they hold what is installed. It may be given "
            "again."},
    {"exclude", 0, VF_OPT_LIST, "NAME", "leave out a distribution; may be given again", NULL,
     AT(pack.exclude), AT(pack.n_exclude), .config = true,
     .man = "Leave out a distribution. It may be given again."},
    {"allow-modified", 0, VF_OPT_FLAG, NULL, "pack files that differ from RECORD as they are", NULL,
     AT(pack.allow_modified), .config = true,
     .man = "Pack files that differ from RECORD as they are. Without it they are a reason to refuse."},
    {"pycache", 0, VF_OPT_FLAG, NULL, "also pack compiled files, for `recreate --sha256`", NULL,
     AT(pack.pycache), .config = true,
     .man = "Also pack compiled files. They are used only by recreate with --sha256, since no other hash "
            "covers them, and only where the Python is the same."},
    {"from", 0, VF_OPT_LIST, "PATH", "a path where it was before; may be given again", NULL, AT(pack.from),
     AT(pack.n_from), .man = "Name a path where the environment was before. It may be given again."},
    VF_OPT_COMMON,
};

static int run(const struct vf_verb *verb, const void *args)
{
    const struct pack_args *a = args;
    const struct vf_cli_common *c = &a->common;
    struct venvfix_pack_options o = a->pack;
    struct venvfix_change_result r;
    if (!o.output)
        return vf_cli_usage_error(verb, c, "-o FILE is missing: it names the new file");
    if (!vf_cli_epoch(&o.epoch))
        return vf_cli_usage_error(verb, c, "SOURCE_DATE_EPOCH is not a number of seconds");
    if (c->archive_by_format)
        fputs("venvfix: --format names the format of the report; use --archive-format for the kind of "
              "archive\n",
              stderr);
    o.path = c->args[0];
    vf_cli_hooks(c, &o.hooks);
    (void)venvfix_pack(&o, &r);
    vf_cli_progress_end();
    const struct vf_report report = {.change = &r};
    int code = r.error.code ? vf_cli_error(verb, c, &r.error) : vf_cli_report(verb, c, &report, r.exit);
    venvfix_change_free(&r);
    return code;
}

const struct vf_verb vf_verb_pack = {
    .name = "pack",
    .usage = "ENV|LIST",
    .what = "pack a lock bundle: requirements with hashes and all wheels, for installing offline",
    .details =
        "The file holds requirements.txt, pylock.toml, wheels/ and venvfix.json. It installs without "
        "venvfix: pip install --no-index --find-links wheels --require-hashes -r requirements.txt. The "
        "same environment gives the same bytes; SOURCE_DATE_EPOCH sets the time of all members. A "
        "LIST (requirements.txt, pylock.toml) is packed from the wheels in --find-links for the "
        "Python and platform that are named.",
    .examples = "venvfix pack .venv -o app.tar.zst\n"
                "venvfix pack requirements.txt -o app.tar.zst --python 3.12 --find-links wheels\n",
    .options = options,
    .n_options = VF_COUNT(options),
    .min_args = 1,
    .max_args = 1,
    .report = VF_REPORT_PACK,
    .args_size = sizeof(struct pack_args),
    .run = run,
};
