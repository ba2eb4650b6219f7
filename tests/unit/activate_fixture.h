/* For tests of activation scripts: whole files moved to another place and back. */
#ifndef TEST_ACTIVATE_FIXTURE_H
#define TEST_ACTIVATE_FIXTURE_H

#include "syntax_fixture.h"

struct act_case {
    const char *text;  /* a file made at /p/env */
    const char *moved; /* the same at "/n/a b", NULL: the harmless move is all that is looked at */
    size_t roots;      /* references to the environment */
    size_t names;      /* prompts, each "env" */
};

/* The file that was read last with every reference to the environment at `place`. */
struct vf_slice act_moved(struct syn *s, struct vf_slice prefix);
/* Each case: the references, no flaw, the move, and back to the same bytes from several awkward places. */
void act_cases(enum vf_syntax syntax, const struct act_case *cases, size_t n);
/* The file has one flaw of this kind, whose repair gives `mended`; mended it has none. */
void act_mends(enum vf_syntax syntax, struct vf_slice root, const char *text, enum vf_flaw_kind kind,
               const char *mended);
size_t act_count(const struct syn *s, enum vf_role role);

#endif
