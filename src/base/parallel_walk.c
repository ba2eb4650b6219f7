/* A stack of waiting items under one lock. A worker that finds it empty sleeps while another is busy, since
 * that one may still find something. */
#include "base/parallel_walk.h"

#include <pthread.h>

struct walk {
    const struct vf_hooks *hooks;
    vf_walk_fn fn;
    void *ctx;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct vf_walk_item *waiting; /* these are guarded by the lock */
    unsigned busy;
    bool stopped;
};

/* The next item, or NULL when everything is done or stopped. */
static struct vf_walk_item *take(struct walk *c)
{
    while (!c->waiting && c->busy > 0 && !c->stopped)
        (void)pthread_cond_wait(&c->changed, &c->lock);
    struct vf_walk_item *item = c->stopped ? NULL : c->waiting;
    if (item) {
        c->waiting = item->next;
        c->busy++;
    }
    return item;
}

/* The giver takes one of them next, so another worker is woken only when there is more than that, or when
 * nothing will ever come. */
static void give(struct walk *c, struct vf_walk_item *found)
{
    c->busy--;
    while (found) {
        struct vf_walk_item *next = found->next;
        found->next = c->waiting;
        c->waiting = found;
        found = next;
    }
    bool over = !c->waiting && c->busy == 0;
    if (c->stopped || over || (c->waiting && c->waiting->next))
        (void)pthread_cond_broadcast(&c->changed);
}

static enum vf_status do_item(struct walk *c, struct vf_walk_item *item, unsigned worker,
                              struct vf_walk_item **found, struct vf_err *err)
{
    *found = NULL;
    if (vf_hooks_cancelled(c->hooks))
        return vf_err_set(err, VF_INTERRUPTED, 0, NULL, VF_S(""), "stopped on request");
    return c->fn(c->ctx, item, worker, found, err);
}

static enum vf_status crawl_worker(void *ctx, size_t n, unsigned worker, struct vf_err *err)
{
    struct walk *c = ctx;
    struct vf_walk_item *item, *found;
    enum vf_status st = VF_OK;
    (void)n;
    (void)pthread_mutex_lock(&c->lock);
    while (st == VF_OK && (item = take(c)) != NULL) {
        (void)pthread_mutex_unlock(&c->lock);
        st = do_item(c, item, worker, &found, err);
        (void)pthread_mutex_lock(&c->lock);
        c->stopped = c->stopped || st != VF_OK;
        give(c, found);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return st;
}

enum vf_status vf_parallel_walk(const struct vf_hooks *h, struct vf_walk_item *first, vf_walk_fn fn,
                                void *ctx, struct vf_err *err)
{
    struct walk c = {.hooks = h,
                     .fn = fn,
                     .ctx = ctx,
                     .lock = PTHREAD_MUTEX_INITIALIZER,
                     .changed = PTHREAD_COND_INITIALIZER,
                     .waiting = first};
    first->next = NULL;
    enum vf_status st = vf_parallel(h, vf_hooks_jobs(h), crawl_worker, &c, err);
    (void)pthread_cond_destroy(&c.changed);
    (void)pthread_mutex_destroy(&c.lock);
    return st;
}
