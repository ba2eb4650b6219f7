/* verbs.c: the verbs, and the way from argv to one of them. */
#include "cli/cli.h"

const struct vf_verb *const vf_verbs[] = {
    &vf_verb_check,  &vf_verb_move, &vf_verb_recreate, &vf_verb_fix,
    &vf_verb_freeze, &vf_verb_pack, &vf_verb_explain,  NULL,
};
