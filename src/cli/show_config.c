/* show_config.c: venvfix config. */
#include "cli/config.h"

#include <stdlib.h>

struct config_args {
    struct vf_cli_common common;
};

static const struct vf_option options[] = {VF_OPT_COMMON};

/* Every key is checked as the verbs will check it. */
static bool check_keys(struct vf_config *cfg, struct venvfix_error *error)
{
    bool ok = true;
    for (size_t i = 0; vf_verbs[i] && ok; i++) {
        void *args = calloc(1, vf_verbs[i]->args_size);
        ok = args && vf_config_apply(cfg, vf_verbs[i], args, error);
        if (args)
            vf_cli_args_free(vf_verbs[i], args);
        free(args);
    }
    return ok;
}

static int run(const struct vf_verb *verb, const void *args)
{
    const struct vf_cli_common *c = args;
    struct venvfix_error error = {0};
    struct vf_buf b = {0};
    if (!c->loaded)
        vf_buf_puts(&b, "no configuration file is in force\n");
    else if (check_keys(c->loaded, &error))
        vf_config_print(c->loaded, &b);
    int code = error.code ? vf_cli_error(verb, c, &error) : vf_cli_print(1, &b, 0);
    vf_buf_release(&b);
    return code;
}

const struct vf_verb vf_verb_config = {
    .name = "config",
    .usage = "",
    .what = "print the configuration that is in force, and where it comes from",
    .details = "The file is venvfix.toml, or the table [tool.venvfix] in pyproject.toml, in this directory "
               "or above it "
               "up to the root of the repository, never in an environment. Keys are long options; a table "
               "[path.\"build/.venv\"] is for that environment alone.",
    .examples = "venvfix config\n",
    .options = options,
    .n_options = VF_COUNT(options),
    .args_size = sizeof(struct config_args),
    .run = run,
};
