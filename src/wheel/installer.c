/* installer.c: wheels are planned one after another by the caller's thread and written by workers behind it.
 *
 * The plan's arena belongs to the caller's thread. A worker sees only items of units that are planned: their
 * storage stays where it is, also when the plan's list grows, since an arena keeps what it handed out. */
#include <pthread.h>
#include <stdlib.h>

#include "fs/create.h"
#include "wheel/install.h"
#include "wheel/install_plan.h"

enum { CHUNK = 16, WORKERS_MAX = 64 };

struct unit_ref {
    struct vf_unit *unit;
};
struct batch { /* items of one wheel */
    const struct vf_item *items;
    size_t n;
    struct batch *next;
};

struct vf_installer {
    struct vf_install_plan plan;
    struct vf_site site;
    const struct vf_hooks *hooks;
    struct vf_vec units; /* struct unit_ref */
    size_t dirs_made;
    pthread_t threads[WORKERS_MAX];
    unsigned n_threads;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct batch *first, *last; /* under the lock, all below, too */
    size_t taken;               /* of the first batch */
    bool closed;
    struct vf_err err; /* the first that a worker met */
};

/* The next chunk, or none: closed and empty, or somebody failed. */
static size_t take(struct vf_installer *i, const struct vf_item **out)
{
    (void)pthread_mutex_lock(&i->lock);
    while (!i->first && !i->closed && i->err.code == VF_OK)
        (void)pthread_cond_wait(&i->more, &i->lock);
    size_t n = 0;
    if (i->first && i->err.code == VF_OK) {
        struct batch *b = i->first;
        n = b->n - i->taken < CHUNK ? b->n - i->taken : CHUNK;
        *out = b->items + i->taken;
        i->taken += n;
        if (i->taken == b->n) {
            i->first = b->next;
            i->taken = 0;
        }
    }
    (void)pthread_mutex_unlock(&i->lock);
    return n;
}

/* The error moves. */
static void fail(struct vf_installer *i, struct vf_err *err)
{
    (void)pthread_mutex_lock(&i->lock);
    if (i->err.code == VF_OK) {
        i->err = *err;
        vf_err_init(err);
    }
    (void)pthread_cond_broadcast(&i->more);
    (void)pthread_mutex_unlock(&i->lock);
    vf_err_release(err);
}

static void *work(void *ctx)
{
    struct vf_installer *i = ctx;
    const struct vf_item *items = NULL;
    for (size_t n = take(i, &items); n; n = take(i, &items)) {
        struct vf_err err;
        vf_err_init(&err);
        enum vf_status st = VF_OK;
        for (size_t k = 0; k < n && st == VF_OK; k++)
            st = vf_hooks_cancelled(i->hooks)
                     ? vf_err_set(&err, VF_INTERRUPTED, 0, "install", i->site.place, "nothing was made")
                     : vf_install_item(&i->site, &items[k], &err);
        if (st != VF_OK)
            fail(i, &err);
    }
    return NULL;
}

enum vf_status vf_installer_new(const struct vf_site *site, const struct vf_hooks *hooks,
                                struct vf_installer **out, struct vf_err *err)
{
    struct vf_installer *i = calloc(1, sizeof *i);
    *out = i;
    if (!i)
        return vf_err_nomem(err);
    i->site = *site;
    i->hooks = hooks;
    vf_err_init(&i->err);
    vf_install_plan_init(&i->plan, &i->site);
    (void)pthread_mutex_init(&i->lock, NULL);
    (void)pthread_cond_init(&i->more, NULL);
    unsigned want = vf_hooks_jobs(hooks);
    while (i->n_threads < want && i->n_threads < WORKERS_MAX &&
           pthread_create(&i->threads[i->n_threads], NULL, work, i) == 0)
        i->n_threads++;
    return VF_OK; /* without any thread `finish` does the work */
}

static enum vf_status told(struct vf_installer *i, struct vf_err *err)
{
    (void)pthread_mutex_lock(&i->lock);
    enum vf_status st = vf_err_copy(err, &i->err);
    (void)pthread_mutex_unlock(&i->lock);
    return st;
}

static void enqueue(struct vf_installer *i, struct batch *b)
{
    (void)pthread_mutex_lock(&i->lock);
    if (i->first)
        i->last->next = b;
    else
        i->first = b;
    i->last = b;
    (void)pthread_cond_broadcast(&i->more);
    (void)pthread_mutex_unlock(&i->lock);
}

enum vf_status vf_installer_add(struct vf_installer *i, const struct vf_install *in, struct vf_err *err)
{
    struct vf_arena *a = &i->plan.arena;
    enum vf_status st = told(i, err);
    if (st != VF_OK)
        return st;
    size_t from = i->plan.items.n;
    struct unit_ref *slot = vf_vec_push(a, &i->units, sizeof *slot);
    struct vf_unit *u = vf_arena_alloc(a, sizeof *u);
    struct batch *b = vf_arena_alloc(a, sizeof *b);
    struct vf_install *own = vf_arena_alloc(a, sizeof *own);
    if (!slot || !u || !b || !own)
        return vf_err_nomem(err);
    *own = *in;
    slot->unit = u;
    st = vf_install_plan_add(&i->plan, own, u, err);
    for (; i->dirs_made < i->plan.dirs.n && st == VF_OK; i->dirs_made++)
        st = vf_create_dir(i->site.root, *VF_VEC_AT(struct vf_slice, &i->plan.dirs, i->dirs_made), err);
    if (st != VF_OK || i->plan.items.n == from)
        return st;
    *b =
        (struct batch){.items = VF_VEC_AT(struct vf_item, &i->plan.items, from), .n = i->plan.items.n - from};
    enqueue(i, b);
    return VF_OK;
}

static void join(struct vf_installer *i)
{
    (void)pthread_mutex_lock(&i->lock);
    i->closed = true;
    (void)pthread_cond_broadcast(&i->more);
    (void)pthread_mutex_unlock(&i->lock);
    for (unsigned t = 0; t < i->n_threads; t++)
        (void)pthread_join(i->threads[t], NULL);
    i->n_threads = 0;
}

static enum vf_status record(void *ctx, size_t n, unsigned worker, struct vf_err *err)
{
    struct vf_installer *i = ctx;
    (void)worker;
    return vf_install_record(&i->site, VF_VEC_AT(struct unit_ref, &i->units, n)->unit, err);
}

enum vf_status vf_installer_finish(struct vf_installer *i, struct vf_err *err)
{
    join(i);
    (void)work(i); /* what no thread took */
    enum vf_status st = told(i, err);
    return st == VF_OK ? vf_parallel(i->hooks, i->units.n, record, i, err) : st;
}

void vf_installer_free(struct vf_installer *i)
{
    if (!i)
        return;
    (void)pthread_mutex_lock(&i->lock);
    i->first = NULL; /* what is not begun is not begun any more */
    (void)pthread_mutex_unlock(&i->lock);
    join(i);
    vf_install_plan_release(&i->plan);
    vf_err_release(&i->err);
    (void)pthread_cond_destroy(&i->more);
    (void)pthread_mutex_destroy(&i->lock);
    free(i);
}
