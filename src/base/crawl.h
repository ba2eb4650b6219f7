/* crawl.h: work that finds more work while it is done: the directories of a tree. */
#ifndef VF_BASE_CRAWL_H
#define VF_BASE_CRAWL_H

#include "base/hooks.h"

/* What is waiting; users embed it first and own the memory, which has to last until vf_crawl returns. */
struct vf_crawl_item {
    struct vf_crawl_item *next;
};

/* Does one item and appends what it found to *found (a chain, last item NULL), also when it fails. */
typedef enum vf_status (*vf_crawl_fn)(void *ctx, struct vf_crawl_item *item, unsigned worker,
                                      struct vf_crawl_item **found, struct vf_err *err);

/* Runs fn for `first` and for all that is found, on the workers of vf_parallel, in no certain order. An error
 * ends it as soon as every worker has finished its item; which one is returned when several fail at once is
 * not certain either, so fn returns only those that make everything worthless (no memory). VF_INTERRUPTED
 * when the hooks were cancelled. */
VF_MUST_CHECK enum vf_status vf_crawl(const struct vf_hooks *h, struct vf_crawl_item *first, vf_crawl_fn fn,
                                      void *ctx, struct vf_err *err);

#endif
