/* Hooks and the one place where threads are made.
 *
 * Which error vf_parallel returns must not depend on timing: chunks are handed out in order, so when an item
 * fails, every lower item is already done or in some worker's hands, and workers stop only above the lowest
 * failure. */
#include "base/hooks.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    MOST_JOBS = 256,
    MOST_CHUNK = 32,
    WORKER_STACK = 1024 * 1024,
    SHORT_ITEMS = 24 /* of some 10 us each: what starting a thread costs */
};

bool vf_hooks_cancelled(const struct vf_hooks *h)
{
    if (h && h->asked)
        return h->asked(h->ctx);
    return h && h->cancel && atomic_load_explicit(h->cancel, memory_order_relaxed);
}

static void send(const struct vf_hooks *h, const struct vf_event *ev)
{
    if (h && h->event)
        h->event(h->ctx, ev);
}

void vf_hooks_phase(const struct vf_hooks *h, const char *phase)
{
    send(h, &(struct vf_event){.kind = VF_EVENT_PHASE, .phase = phase});
}

void vf_hooks_progress(const struct vf_hooks *h, const char *phase, uint64_t done, uint64_t total)
{
    send(h, &(struct vf_event){VF_EVENT_PROGRESS, phase, done, total, NULL});
}

void vf_hooks_note(const struct vf_hooks *h, const char *note)
{
    send(h, &(struct vf_event){.kind = VF_EVENT_NOTE, .note = note});
}

unsigned vf_hooks_jobs(const struct vf_hooks *h)
{
    long jobs = h && h->jobs > 0 ? (long)h->jobs : sysconf(_SC_NPROCESSORS_ONLN);
    if (jobs < 1)
        return 1;
    return jobs > MOST_JOBS ? MOST_JOBS : (unsigned)jobs;
}

struct vf_hooks vf_hooks_for_short(const struct vf_hooks *h, size_t n)
{
    struct vf_hooks few = h ? *h : (struct vf_hooks){0};
    size_t most = n / SHORT_ITEMS + 1;
    few.jobs = vf_hooks_jobs(h);
    if (few.jobs > most)
        few.jobs = (unsigned)most;
    return few;
}

/* What the workers share. */
struct work {
    const struct vf_hooks *hooks;
    vf_work_fn fn;
    void *ctx;
    size_t n, chunk;
    atomic_size_t next;   /* first item nobody took */
    atomic_size_t failed; /* lowest item that failed; n: none */
    atomic_bool cancelled;
};

struct worker {
    struct work *work;
    pthread_t thread;
    unsigned index;
    size_t item; /* the lowest item that failed here, when status is not VF_OK */
    enum vf_status status;
    struct vf_err err;
};

static void lower_failed(struct work *w, size_t item)
{
    size_t seen = atomic_load(&w->failed);
    while (item < seen && !atomic_compare_exchange_weak(&w->failed, &seen, item))
        ;
}

/* One item; false when this worker is to stop. */
static bool run_item(struct worker *me, size_t item)
{
    struct work *w = me->work;
    if (vf_hooks_cancelled(w->hooks)) {
        atomic_store(&w->cancelled, true);
        return false;
    }
    if (item > atomic_load(&w->failed))
        return false;
    enum vf_status st = w->fn(w->ctx, item, me->index, &me->err);
    if (st == VF_OK)
        return true;
    me->item = item;
    me->status = st;
    lower_failed(w, item);
    return false;
}

static void *run_worker(void *arg)
{
    struct worker *me = arg;
    struct work *w = me->work;
    for (;;) {
        size_t from = atomic_fetch_add(&w->next, w->chunk);
        if (from >= w->n)
            return NULL;
        size_t to = w->n - from < w->chunk ? w->n : from + w->chunk;
        for (size_t item = from; item < to; item++)
            if (!run_item(me, item))
                return NULL;
    }
}

/* Starts workers 1 and up; returns how many there are, with the caller. */
static unsigned start_workers(struct worker *workers, unsigned jobs)
{
    pthread_attr_t attr;
    if (jobs < 2 || pthread_attr_init(&attr) != 0)
        return 1;
    (void)pthread_attr_setstacksize(&attr, WORKER_STACK); /* musl's default is 128 KiB */
    unsigned n = 1;
    while (n < jobs && pthread_create(&workers[n].thread, &attr, run_worker, &workers[n]) == 0)
        n++;
    (void)pthread_attr_destroy(&attr);
    return n;
}

/* The error of the lowest failed item goes into err, the others are dropped. */
static enum vf_status collect(struct worker *workers, unsigned n, struct vf_err *err)
{
    struct worker *first = NULL;
    for (unsigned i = 0; i < n; i++)
        if (workers[i].status != VF_OK && (!first || workers[i].item < first->item))
            first = &workers[i];
    enum vf_status st = first ? first->status : VF_OK;
    if (first && err && err->code == VF_OK) {
        *err = first->err;
        vf_err_init(&first->err);
        (void)vf_err_set(err, st, 0, NULL, VF_S(""), NULL); /* the function may have set nothing */
    }
    for (unsigned i = 0; i < n; i++)
        vf_err_release(&workers[i].err);
    return st;
}

static void work_init(struct work *w, const struct vf_hooks *h, size_t n, unsigned jobs)
{
    size_t chunk = n / ((size_t)jobs * 16);
    w->hooks = h;
    w->n = n;
    w->chunk = chunk < 1 ? 1 : chunk > MOST_CHUNK ? MOST_CHUNK : chunk;
    atomic_init(&w->next, 0);
    atomic_init(&w->failed, n);
    atomic_init(&w->cancelled, false);
}

/* Runs everything on these workers; returns once all have stopped. */
static enum vf_status run_all(struct work *w, struct worker *workers, unsigned jobs, struct vf_err *err)
{
    for (unsigned i = 0; i < jobs; i++) {
        workers[i].work = w;
        workers[i].index = i;
    }
    unsigned running = start_workers(workers, jobs);
    (void)run_worker(&workers[0]);
    for (unsigned i = 1; i < running; i++)
        (void)pthread_join(workers[i].thread, NULL);
    return collect(workers, running, err);
}

enum vf_status vf_parallel(const struct vf_hooks *h, size_t n, vf_work_fn fn, void *ctx, struct vf_err *err)
{
    unsigned jobs = vf_hooks_jobs(h);
    if (jobs > n)
        jobs = n > 0 ? (unsigned)n : 1;
    struct worker alone = {0};
    struct worker *workers = jobs > 1 ? calloc(jobs, sizeof *workers) : &alone;
    if (!workers) {
        workers = &alone;
        jobs = 1;
    }
    struct work w = {.fn = fn, .ctx = ctx};
    work_init(&w, h, n, jobs);
    enum vf_status st = run_all(&w, workers, jobs, err);
    if (workers != &alone)
        free(workers);
    if (st == VF_OK && atomic_load(&w.cancelled))
        st = vf_err_set(err, VF_INTERRUPTED, 0, NULL, VF_S(""), "stopped on request");
    return st;
}
