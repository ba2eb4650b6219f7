/* pack.c: venvfix pack. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static const struct vf_option options[] = {
    {"output", 'o', VF_OPT_VALUE, "FILE", "the new file", NULL},
    {"format", 'f', VF_OPT_LIST, "FORMAT",
     "of the file: tar.zst, tar.gz, tar.xz, tar, zip (the default goes by its name); of the report: text, "
     "json",
     "tar.zst|tar.gz|tar.xz|tar|zip|text|json"},
    {"python", 0, VF_OPT_VALUE, "VERSION", "of a list: the Python that the bundle is for, 3.12", NULL},
    {"platform", 0, VF_OPT_VALUE, "TAG", "of a list: for this platform, manylinux_2_28_x86_64", NULL},
    {"find-links", 0, VF_OPT_LIST, "DIR",
     "take the original wheels that lie there, where they hold what is installed; may be given again", NULL},
    {"exclude", 0, VF_OPT_LIST, "NAME", "leave out a distribution; may be given again", NULL},
    {"allow-modified", 0, VF_OPT_FLAG, NULL, "pack files as they are that differ from RECORD", NULL},
    {"pycache", 0, VF_OPT_FLAG, NULL,
     "compiled files, too: `recreate --sha256` uses them, where the Python is the same", NULL},
    {"from", 0, VF_OPT_LIST, "PATH", "a place where it stood before; may be given again", NULL},
    VF_OPT_COMMON,
};

/* --format, given for the file, for the report, or for both. */
static bool take_formats(const struct vf_verb *verb, const struct vf_parsed *p, enum venvfix_packing *packing)
{
    static const char *const names[] = {"", "tar.zst", "tar.gz", "tar.xz", "tar", "zip"};
    size_t option = vf_cli_index(verb, "format");
    bool json = false;
    *packing = VENVFIX_PACK_BY_NAME;
    for (size_t i = 0; i < p->n_lists[option]; i++) {
        const char *v = p->lists[option][i];
        for (size_t k = 1; k < sizeof names / sizeof *names; k++)
            if (!strcmp(v, names[k]))
                *packing = (enum venvfix_packing)k;
        if (!strcmp(v, "json") || !strcmp(v, "text"))
            json = v[0] == 'j';
    }
    return json;
}

static void take_list(const struct vf_verb *verb, const struct vf_parsed *p, const char *name,
                      const char *const **v, size_t *n)
{
    size_t i = vf_cli_index(verb, name);
    *v = p->lists[i];
    *n = p->n_lists[i];
}

bool vf_cli_epoch(int64_t *epoch)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    uint64_t n = 0;
    bool ok = !text || !*text || (vf_slice_to_u64(vf_slice_of(text), &n) && n < (UINT64_C(1) << 33));
    *epoch = (int64_t)n;
    return ok;
}

static int print_result(const struct vf_verb *verb, const struct vf_parsed *p, bool json,
                        const struct venvfix_change_result *r)
{
    struct vf_report_style st = vf_cli_style(verb, p, 1);
    struct vf_buf b = {0};
    if (json)
        b.failed = !vf_json_change(&b, r);
    else
        vf_text_pack(&b, r, &st);
    int code = vf_cli_print(1, &b, r->exit);
    vf_buf_release(&b);
    return code;
}

static int run(const struct vf_verb *verb, const struct vf_parsed *p)
{
    struct venvfix_pack_options o = {.path = p->args[0],
                                     .python = vf_cli_value(verb, p, "python"),
                                     .platform = vf_cli_value(verb, p, "platform"),
                                     .output = vf_cli_value(verb, p, "output"),
                                     .pycache = vf_cli_flag(verb, p, "pycache"),
                                     .allow_modified = vf_cli_flag(verb, p, "allow-modified")};
    bool json = take_formats(verb, p, &o.packing);
    take_list(verb, p, "find-links", &o.links, &o.n_links);
    take_list(verb, p, "exclude", &o.exclude, &o.n_exclude);
    take_list(verb, p, "from", &o.from, &o.n_from);
    if (!o.output)
        return vf_cli_usage_error(verb, json, "-o FILE says where the bundle goes");
    if (!vf_cli_epoch(&o.epoch))
        return vf_cli_usage_error(verb, json, "SOURCE_DATE_EPOCH is not a number of seconds");
    if (!vf_cli_hooks(verb, p, &o.hooks))
        return vf_cli_usage_error(verb, json, "--jobs takes a number from 1 to 256");
    struct venvfix_change_result r;
    (void)venvfix_pack(&o, &r);
    vf_cli_progress_end();
    struct vf_report_style st = vf_cli_style(verb, p, 2);
    int code = r.error.code ? vf_cli_error(&r.error, json, &st) : print_result(verb, p, json, &r);
    venvfix_change_free(&r);
    return code;
}

const struct vf_verb vf_verb_pack = {
    "pack",
    "ENV|LIST",
    "a lock bundle: the frozen list with hashes and all wheels, to be installed offline",
    "The file holds requirements.txt, pylock.toml, wheels/ and venvfix.json. It installs without venvfix:\n"
    "pip install --no-index --find-links wheels --require-hashes -r requirements.txt. The same environment\n"
    "gives the same bytes; SOURCE_DATE_EPOCH sets the time of all members. A LIST (requirements.txt,\n"
    "pylock.toml) is packed from the wheels in --find-links for the Python and the platform that are "
    "named.\n",
    options,
    VF_COUNT(options),
    1,
    1,
    run,
};
