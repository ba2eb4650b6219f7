/* explain.c: venvfix explain: a rule, a family of rules, or an error text that somebody met. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

struct explain_args {
    struct vf_cli_common common;
};

static const struct vf_option options[] = {VF_OPT_COMMON};

/* What Python, the kernel and the loader print, and the rules that find the cause. */
static const struct symptom {
    const char *part; /* of the text, in lower case */
    const char *cause;
    const char *rules[6];
} symptoms[] = {
    {"bad interpreter",
     "The kernel cannot start the program that the script's first line (#!) names: the environment was moved "
     "or "
     "copied, or its Python is gone.",
     {"VF203", "VF208", "VF210", "VF102"}},
    {"cannot execute: required file not found",
     "The script's first line (#!) names a program that does not exist, or the program's loader does not "
     "exist.",
     {"VF203", "VF102"}},
    {"no such file or directory",
     "A script's first line (#!), a link or a configuration names a path that does not exist, often the "
     "environment's old path.",
     {"VF203", "VF102", "VF213", "VF803"}},
    {"encodings",
     "The interpreter does not find its standard library: home in pyvenv.cfg is wrong, or the base Python is "
     "gone.",
     {"VF101", "VF114", "VF115"}},
    {"failed to locate pyvenv.cfg",
     "The launcher found no pyvenv.cfg beside or above itself: the file is lost, or only bin was copied.",
     {"VF108"}},
    {"failed to import the site module",
     "The interpreter starts but does not find its standard library, or a .pth file cannot be decoded.",
     {"VF101", "VF406", "VF104"}},
    {"could not find platform",
     "The interpreter does not find its standard library: home in pyvenv.cfg is wrong, or the base Python is "
     "gone.",
     {"VF101", "VF114"}},
    {"unable to create process",
     "A Windows launcher starts a Python that does not exist: the environment was moved or copied.",
     {"VF203"}},
    {"no module named",
     "The module is not on the import path: the interpreter is of another minor version than the packages, a "
     ".pth file or an editable install names a path that does not exist, or it is not installed.",
     {"VF104", "VF402", "VF412", "VF506"}},
    {"externally-managed-environment",
     "pip runs with the host's Python: the script's first line names it, or the environment is not active.",
     {"VF205", "VF206"}},
    {"exec format error",
     "The program is for another machine, or it is a script whose first line the kernel cannot read.",
     {"VF210", "VF120"}},
    {"permission denied",
     "The file, or a directory above it, cannot be entered or executed by this user.",
     {"VF103", "VF211", "VF814"}},
    {"too many levels of symbolic links", "A link leads to itself.", {"VF807"}},
    {"filename too long", "The script's first line (#!) is longer than the kernel reads.", {"VF208"}},
};

static void lower(char *out, size_t n, const char *text)
{
    size_t i = 0;
    for (; text[i] && i + 1 < n; i++)
        out[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
    out[i] = '\0';
}

/* `GLIBC_2.34' not found and the like: a version of a library of the system. */
static bool is_library_text(const char *text)
{
    return strstr(text, "glibc_") || strstr(text, "glibcxx_") || strstr(text, "cannot open shared object") ||
           strstr(text, "invalid elf header") || strstr(text, "wrong elf class");
}

static void put_rule_line(struct vf_buf *out, const struct venvfix_rule *r)
{
    vf_buf_printf(out, "  %s %s: %s\n", r->id, r->name, r->what);
}

static bool put_symptom(struct vf_buf *out, const char *typed)
{
    char text[512];
    lower(text, sizeof text, typed);
    if (is_library_text(text)) {
        vf_buf_puts(
            out, "A compiled file needs a library, or a version of one, that this system does not have: it "
                 "was built for a newer system or for another machine.\n\nRules that find the cause:\n");
        for (size_t i = 0; i < venvfix_rule_count(); i++)
            if (!strncmp(venvfix_rule_at(i)->id, "VF6", 3))
                put_rule_line(out, venvfix_rule_at(i));
        return true;
    }
    for (size_t i = 0; i < VF_COUNT(symptoms); i++) {
        if (!strstr(text, symptoms[i].part))
            continue;
        vf_buf_printf(out, "%s\n\nRules that find the cause:\n", symptoms[i].cause);
        for (size_t k = 0; k < VF_COUNT(symptoms[i].rules) && symptoms[i].rules[k]; k++)
            if (venvfix_rule_find(symptoms[i].rules[k]))
                put_rule_line(out, venvfix_rule_find(symptoms[i].rules[k]));
        vf_buf_puts(out, "\n`venvfix check --here ENV` says which one it is.\n");
        return true;
    }
    return false;
}

/* "VF2" or "vf20": how many rules begin with it. */
static size_t put_family(struct vf_buf *out, const char *prefix)
{
    size_t n = 0, len = strlen(prefix);
    if (len < 3 || len > 4 || (prefix[0] | 32) != 'v' || (prefix[1] | 32) != 'f')
        return 0;
    for (size_t i = 0; i < venvfix_rule_count(); i++) {
        const struct venvfix_rule *r = venvfix_rule_at(i);
        if (strncmp(r->id + 2, prefix + 2, len - 2) != 0)
            continue;
        put_rule_line(out, r);
        n++;
    }
    return n;
}

static int unknown(const struct vf_verb *verb, const struct vf_cli_common *c, const char *typed)
{
    const char *names[512];
    char why[400];
    size_t n = 0;
    for (size_t i = 0; i < venvfix_rule_count() && n + 1 < VF_COUNT(names); i++) {
        names[n++] = venvfix_rule_at(i)->id;
        names[n++] = venvfix_rule_at(i)->name;
    }
    const char *near = vf_cli_suggest(typed, names, n);
    if (near)
        (void)snprintf(why, sizeof why, "unknown rule '%.100s' (did you mean '%s'?)", typed, near);
    else
        (void)snprintf(why, sizeof why,
                       "unknown rule or error text '%.100s'; `venvfix explain` lists the rules", typed);
    return vf_cli_usage_error(verb, c, why);
}

static int run(const struct vf_verb *verb, const void *args)
{
    const struct vf_cli_common *c = &((const struct explain_args *)args)->common;
    const char *typed = c->n_args ? c->args[0] : NULL;
    const struct venvfix_rule *rule = typed ? venvfix_rule_find(typed) : NULL;
    struct vf_report_style st = vf_cli_style(c, 1);
    struct vf_buf b = {0};
    bool known = true;
    if (!typed)
        vf_text_rules(&b, &st);
    else if (rule)
        vf_text_rule(&b, rule, &st);
    else
        known = put_family(&b, typed) > 0 || put_symptom(&b, typed);
    int code = known ? vf_cli_print(1, &b, 0) : unknown(verb, c, typed);
    vf_buf_release(&b);
    return code;
}

const struct vf_verb vf_verb_explain = {
    .name = "explain",
    .usage = "[RULE|TEXT]",
    .what = "explain a rule, a family of rules, or an error text",
    .details = "RULE is an id (VF201), a name (script-bound) or the beginning of ids (VF2). TEXT is an error "
               "message of "
               "Python, pip, a shell or the loader. Without either the rules are listed.",
    .examples = "venvfix explain VF203\n"
                "venvfix explain 'bad interpreter'\n",
    .options = options,
    .n_options = VF_COUNT(options),
    .max_args = 1,
    .args_size = sizeof(struct explain_args),
    .run = run,
};
