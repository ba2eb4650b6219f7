/* crawl.h: work that finds more work while it is done: the directories of a tree. */
#ifndef VF_BASE_PARALLEL_WALK_H
#define VF_BASE_PARALLEL_WALK_H

#include "base/hooks.h"

/* What is waiting; users embed it first and own the memory, which has to last until vf_parallel_walk returns.
 */
struct vf_walk_item {
    struct vf_walk_item *next;
};

/* Does one item and appends what it found to *found (a chain, last item NULL), also when it fails. */
typedef enum vf_status (*vf_walk_fn)(void *ctx, struct vf_walk_item *item, unsigned worker,
                                     struct vf_walk_item **found, struct vf_err *err);

/* Runs fn for `first` and for all that is found, on the workers of vf_parallel, in no certain order. An error
 * ends it as soon as every worker has finished its item; which one is returned when several fail at once is
 * not certain either, so fn returns only those that make everything worthless (no memory). VF_INTERRUPTED
 * when the hooks were cancelled. */
VF_MUST_CHECK enum vf_status vf_parallel_walk(const struct vf_hooks *h, struct vf_walk_item *first,
                                              vf_walk_fn fn, void *ctx, struct vf_err *err);

#endif
