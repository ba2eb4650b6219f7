/* hooks.h: what a long call gets from its caller: a flag to stop, a place to report progress, and how many
 * workers it may use. The library has no signals and prints nothing. */
#ifndef VF_BASE_HOOKS_H
#define VF_BASE_HOOKS_H

#include <stdatomic.h>

#include "base/err.h"

enum vf_event_kind { VF_EVENT_PHASE, VF_EVENT_PROGRESS, VF_EVENT_NOTE };

struct vf_event {
    enum vf_event_kind kind;
    const char *phase; /* static: "read", "copy", "write", "prove", "commit", "retire", "fetch", "make",
                          "install", "compile" */
    uint64_t done, total;
    const char *note; /* VF_EVENT_NOTE: a sentence, valid during the call */
};

struct vf_hooks {
    atomic_bool
        *cancel; /* set by anyone: the call ends with VF_INTERRUPTED as soon as it is safe; may be NULL */
    void (*event)(void *ctx,
                  const struct vf_event *ev); /* called from the calling thread only; may be NULL */
    bool (*asked)(void *ctx); /* asked in the place of `cancel`, by any worker; may be NULL. For tests */
    void *ctx;
    unsigned jobs; /* workers; 0: as many as there are processors */
};

bool vf_hooks_cancelled(const struct vf_hooks *h); /* h may be NULL */
void vf_hooks_phase(const struct vf_hooks *h, const char *phase);
void vf_hooks_progress(const struct vf_hooks *h, const char *phase, uint64_t done, uint64_t total);
void vf_hooks_note(const struct vf_hooks *h, const char *note);
unsigned vf_hooks_jobs(const struct vf_hooks *h); /* at least 1 */

/* The same hooks for n items that are short: no more workers than pay for being started. h may be NULL. */
struct vf_hooks vf_hooks_for_short(const struct vf_hooks *h, size_t n);

/* Runs fn(ctx, item, worker) for every item 0..n-1 on `jobs` workers (the caller is worker 0), items in
 * chunks taken in order. Returns the status of the lowest item that failed; that worker's error is moved into
 * err. With one worker no thread is made; when a thread cannot be made the rest goes on with fewer. */
typedef enum vf_status (*vf_work_fn)(void *ctx, size_t item, unsigned worker, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_parallel(const struct vf_hooks *h, size_t n, vf_work_fn fn, void *ctx,
                                         struct vf_err *err);

#endif
