/* result.h: from the inside to the plain structs of venvfix.h. For src/verbs only. */
#ifndef VF_VERBS_RESULT_H
#define VF_VERBS_RESULT_H

#include "env/env.h"
#include "fs/key.h"
#include "rules/finding.h"
#include "venvfix.h"

/* What a running verb holds on to; its arena becomes the result's memory. */
struct vf_session {
    struct vf_arena *a; /* malloc'ed: the result's `own` */
    struct vf_hooks hooks;
    struct venvfix_hooks user;
    struct vf_host *host;
    struct vf_slice cwd;
    struct vf_err err;
    struct vf_key key; /* of the journals; not known until vf_key_load */
};
/* VF_NO_MEMORY and what opening `/` can give. After a failure vf_session_close is still to be called. */
VF_MUST_CHECK enum vf_status vf_session_open(struct vf_session *s, const struct venvfix_hooks *user);
/* Moves the session's error, if any, into *error; gives up everything but the arena (which `own` keeps). */
void vf_session_close(struct vf_session *s, struct venvfix_error *error, void **own);
void vf_session_free_own(void *own);

/* Absolute and clean, as typed. p NULL: no memory. */
struct vf_slice vf_session_abs(struct vf_session *s, const char *path);
struct venvfix_bytes vf_bytes_of(struct vf_slice s); /* no copy; p NULL stays NULL */
/* Copies findings (slices included) into the session's arena. */
VF_MUST_CHECK enum vf_status vf_findings_out(struct vf_session *s, const struct vf_findings *in,
                                             struct venvfix_findings *out);
double vf_seconds_since(double start); /* monotonic clock; start 0 gives the clock itself */

/* Answers of docs/report.md, from live findings. */
struct vf_answers {
    bool sound, movable, self_contained;
    uint32_t errors, warnings, infos, suppressed;
};
struct vf_answers vf_answers_of(const struct vf_findings *f);

#endif
