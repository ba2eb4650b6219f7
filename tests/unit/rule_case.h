/* rule_case.h: what a rule of rules.def is to find, what it is to leave alone, and what becomes of it: a
 * table of cases per hundred, and the one way they are all run. */
#ifndef TESTS_UNIT_RULE_CASE_H
#define TESTS_UNIT_RULE_CASE_H

#include "env_fixture.h"

enum {
    RC_HASHES = 1,   /* check --hashes */
    RC_SOUND = 2,    /* check --at the place itself */
    RC_NOBODY = 4,   /* without privileges */
    RC_JOURNAL = 8,  /* with the journal of a run that did not finish */
    RC_NO_FIX = 16,  /* this hit of a rule that can be rewritten has no writer, or nothing to write */
    RC_ONE_WAY = 32, /* there and back gives another form that is as good */
    RC_STAYS = 64,   /* the path is mended, what it names is still not there */
    RC_DRY = 128     /* the plan only: nothing could be started there */
};

struct rule_case {
    const char *rule; /* "VF201" */
    const char *path; /* of the finding, braces replaced */
    unsigned flags;
    const char *hit[EF_LINES];  /* laid over the environment */
    const char *near[EF_LINES]; /* almost the same, without this rule at this path */
    const char *from;           /* one more old place */
};

/* Runs all the cases in order and says which failed: hit, near miss, fix (twice is once; there and back gives
 * the same bytes). */
void rc_run(struct envfix *f, const struct rule_case *cases, size_t n);
/* Fails for every rule with this first digit that no case hits and that does not stand in `waiting`
 * (NULL-terminated): rules whose judge is to come. */
void rc_all_hit(const struct rule_case *cases, size_t n, char hundred, const char *const *waiting);

#endif
