/* retire_world.h: a move by copying that has come to the end of its copy, and how OLD is removed then. */
#ifndef TESTS_UNIT_RETIRE_WORLD_H
#define TESTS_UNIT_RETIRE_WORLD_H

#include "staging_world.h"

/* Recovers in this process; the outcome. */
static inline int resumed(const struct world *w)
{
    struct vf_err err;
    int outcome = -1;
    vf_err_init(&err);
    if (recover(w, &outcome, &err) != VF_OK)
        fail_msg("%s %s: %s", vf_status_name(err.code), err.path ? err.path : "", err.detail);
    vf_err_release(&err);
    assert_false(fx_there(w->fresh, ".venvfix"));
    return outcome;
}

/* The disk right before the end: OLD marked, NEW committed, the process still there. */
static inline struct vf_retire *committed(struct world *w)
{
    struct vf_retire *r = NULL;
    struct vf_err err;
    vf_err_init(&err);
    world_make(w);
    assert_int_equal(up_to_commit(w, true, &r, &err), VF_OK);
    return r;
}

/* Ends it; the outcome, and the paths that changed as one text ("a b ") in `changed` (200 bytes). */
static inline int finished(struct vf_retire *r, char *changed)
{
    struct vf_retire_result res;
    struct vf_arena a;
    struct vf_err err;
    vf_err_init(&err);
    vf_arena_init(&a);
    if (vf_retire_finish(r, NULL, &a, &res, &err) != VF_OK)
        fail_msg("%s %s: %s", vf_status_name(err.code), err.path ? err.path : "", err.detail);
    changed[0] = 0;
    for (size_t i = 0; i < res.n_changed; i++) {
        size_t n = strlen(changed);
        (void)snprintf(changed + n, 200 - n, "%.*s ", (int)res.changed[i].n, res.changed[i].p);
    }
    int outcome = (int)res.outcome;
    vf_arena_release(&a);
    vf_err_release(&err);
    return outcome;
}

static inline void no_journal(const struct world *w)
{
    assert_false(fx_there(w->base, "from/old/.venvfix"));
    assert_false(fx_there(w->base, "to/new/.venvfix"));
}

static inline void append(const char *base, const char *rel, const char *text)
{
    char *p = fx_join(base, rel);
    int fd = open(p, O_WRONLY | O_APPEND);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    free(p);
}

#endif
