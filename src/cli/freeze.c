/* freeze.c: venvfix freeze. */
#include <unistd.h>

#include "base/escape.h"
#include "cli/cli.h"

static const struct vf_option options[] = {
    {"all", 0, VF_OPT_FLAG, NULL, "also pip, and before Python 3.12 setuptools, wheel and distribute", NULL},
    {"exclude", 0, VF_OPT_LIST, "NAME", "leave out a distribution; may be given again", NULL},
    {"format", 'f', VF_OPT_VALUE, "FORMAT", "requirements", "requirements"},
    VF_OPT_COMMON,
};

static int run(const struct vf_verb *verb, const struct vf_parsed *p)
{
    size_t ex = vf_cli_index(verb, "exclude");
    struct venvfix_freeze_options o = {.path = p->args[0],
                                       .all = vf_cli_flag(verb, p, "all"),
                                       .exclude = p->lists[ex],
                                       .n_exclude = p->n_lists[ex]};
    if (!vf_cli_hooks(verb, p, &o.hooks))
        return vf_cli_usage_error(verb, false, "--jobs takes a number from 1 to 256");
    struct venvfix_freeze_result r;
    int code = venvfix_freeze(&o, &r);
    struct vf_report_style st = vf_cli_style(verb, p, 2);
    struct vf_buf b;
    vf_buf_init(&b);
    if (r.error.code) {
        code = vf_cli_error(&r.error, false, &st);
    } else {
        if (!st.quiet)
            vf_term_put_lines(&b, (struct vf_slice){r.notes.p, r.notes.n});
        vf_cli_print(2, &b, 0);
        vf_buf_clear(&b);
        vf_buf_put(&b, (struct vf_slice){r.text.p, r.text.n});
        code = vf_cli_print(1, &b, code);
    }
    vf_buf_release(&b);
    venvfix_freeze_free(&r);
    return code;
}

const struct vf_verb vf_verb_freeze = {
    "freeze", "ENV",   "the frozen list, as the newest pip prints it, without Python",
    "",       options, VF_COUNT(options),
    1,        1,       run,
};
