/* verbs.c: the verbs. */
#include <string.h>

#include "cli/cli.h"

const struct vf_verb *const vf_verbs[] = {
    &vf_verb_check,
    &vf_verb_move,
    &vf_verb_recreate,
    &vf_verb_fix,
    &vf_verb_upgrade,
    &vf_verb_freeze,
    &vf_verb_pack,
    &vf_verb_explain,
    &vf_verb_config,
    &vf_verb_completion,
    NULL,
};

const struct vf_verb *vf_cli_verb(const char *name)
{
    for (size_t i = 0; vf_verbs[i]; i++)
        if (!strcmp(name, vf_verbs[i]->name))
            return vf_verbs[i];
    return NULL;
}
