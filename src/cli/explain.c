/* explain.c: venvfix explain. */
#include <unistd.h>

#include "cli/cli.h"

static const struct vf_option options[] = {VF_OPT_COMMON};

static int run(const struct vf_verb *verb, const struct vf_parsed *p)
{
    struct vf_report_style st = vf_cli_style(verb, p, 1);
    const struct venvfix_rule *rule = p->n_args ? venvfix_rule_find(p->args[0]) : NULL;
    if (p->n_args && !rule)
        return vf_cli_usage_error(verb, false, "there is no such rule; `venvfix explain` lists them");
    struct vf_buf b;
    vf_buf_init(&b);
    if (rule)
        vf_text_rule(&b, rule, &st);
    else
        vf_text_rules(&b, &st);
    int code = vf_cli_print(1, &b, 0);
    vf_buf_release(&b);
    return code;
}

const struct vf_verb vf_verb_explain = {
    "explain",
    "[RULE]",
    "why a rule exists and how to mend what it finds; without RULE the list",
    "RULE is an id such as VF201, or a name such as script-bound.\n",
    options,
    VF_COUNT(options),
    0,
    1,
    run,
};
