/* installer.c: wheels are planned one after another by the caller's thread and written by workers behind it.
 *
 * The plan's arena belongs to the caller's thread. A worker sees only items of units that are planned: their
 * storage stays where it is, also when the plan's list grows, since an arena keeps what it handed out. */
#include <stdlib.h>

#include "fs/create.h"
#include "wheel/installer_parts.h"

enum { CHUNK = 16 };

struct unit_ref {
    struct vf_unit *unit;
};

static bool given_up(const struct vf_installer *i)
{
    return i->abandoned || i->err.code != VF_OK;
}

/* A chunk of items, or a file that comes by. False: closed and empty. After a failure only such files are
 * given out: who sends their bytes waits for those to be released. */
static bool take(struct vf_installer *i, struct vf_batch *out)
{
    (void)pthread_mutex_lock(&i->lock);
    for (;;) {
        while (i->first && !i->first->ahead && given_up(i)) {
            i->first = i->first->next;
            i->taken = 0;
        }
        if (i->first || i->closed)
            break;
        i->waiting++;
        (void)pthread_cond_wait(&i->more, &i->lock);
        i->waiting--;
    }
    struct vf_batch *b = i->first;
    if (b) {
        *out = *b;
        if (b->items)
            out->items += i->taken;
        out->n = b->n - i->taken < CHUNK ? b->n - i->taken : CHUNK;
        i->taken += out->n;
        if (i->taken == b->n) {
            i->first = b->next;
            i->taken = 0;
        }
    }
    (void)pthread_mutex_unlock(&i->lock);
    return b != NULL;
}

bool vf_installer_failed(struct vf_installer *i)
{
    (void)pthread_mutex_lock(&i->lock);
    bool is = given_up(i);
    (void)pthread_mutex_unlock(&i->lock);
    return is;
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

static enum vf_status stopped(const struct vf_installer *i, struct vf_err *err)
{
    return vf_hooks_cancelled(i->hooks)
               ? vf_err_set(err, VF_INTERRUPTED, 0, "install", i->site.prefix, "nothing was made")
               : VF_OK;
}

static enum vf_status do_batch(struct vf_installer *i, const struct vf_batch *b, struct vf_err *err)
{
    enum vf_status st = stopped(i, err);
    if (b->ahead && (st != VF_OK || vf_installer_failed(i)))
        vf_ahead_drop(i, b->ahead);
    else if (b->ahead)
        st = vf_ahead_write(i, b->ahead, err);
    for (size_t k = 0; k < b->n && st == VF_OK; k++) {
        st = vf_install_item(&i->site, &b->items[k], err);
        st = st == VF_OK ? stopped(i, err) : st;
    }
    return st;
}

static void *work(void *ctx)
{
    struct vf_installer *i = ctx;
    for (struct vf_batch b; take(i, &b);) {
        struct vf_err err;
        vf_err_init(&err);
        if (do_batch(i, &b, &err) != VF_OK)
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
    vf_map_init(&i->ahead_dest, &i->plan.arena);
    (void)pthread_mutex_init(&i->lock, NULL);
    (void)pthread_cond_init(&i->more, NULL);
    unsigned req = vf_hooks_jobs(hooks);
    while (i->n_threads < req && i->n_threads < VF_INSTALLERS_MAX &&
           pthread_create(&i->threads[i->n_threads], NULL, work, i) == 0)
        i->n_threads++;
    return VF_OK; /* without any thread `finish` does the work */
}

enum vf_status vf_installer_reported(struct vf_installer *i, struct vf_err *err)
{
    (void)pthread_mutex_lock(&i->lock);
    enum vf_status st = vf_err_copy(err, &i->err);
    (void)pthread_mutex_unlock(&i->lock);
    return st;
}

void vf_installer_enqueue(struct vf_installer *i, struct vf_batch *b)
{
    if (i->first)
        i->last->next = b;
    else
        i->first = b;
    i->last = b;
    if (i->waiting > 0)
        (void)pthread_cond_broadcast(&i->more);
}

enum vf_status vf_installer_dirs(struct vf_installer *i, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    for (; i->dirs_made < i->plan.dirs.n && st == VF_OK; i->dirs_made++)
        st = vf_create_dir(i->site.root, *VF_VEC_AT(struct vf_slice, &i->plan.dirs, i->dirs_made), err);
    return st;
}

enum vf_status vf_installer_add(struct vf_installer *i, const struct vf_install *in, struct vf_err *err)
{
    struct vf_arena *a = &i->plan.arena;
    enum vf_status st = vf_installer_reported(i, err);
    if (st != VF_OK)
        return st;
    size_t from = i->plan.items.n;
    struct unit_ref *slot = vf_vec_push(a, &i->units, sizeof *slot);
    struct vf_unit *u = vf_arena_alloc(a, sizeof *u);
    struct vf_batch *b = vf_arena_alloc(a, sizeof *b);
    struct vf_install *own = vf_arena_alloc(a, sizeof *own);
    if (!slot || !u || !b || !own)
        return vf_err_nomem(err);
    *own = *in;
    slot->unit = u;
    st = vf_install_plan_add(&i->plan, own, u, err);
    if (st == VF_OK)
        st = vf_ahead_match(i, own, from, err);
    if (st == VF_OK)
        st = vf_installer_dirs(i, err);
    if (st != VF_OK || i->plan.items.n == from)
        return st;
    *b = (struct vf_batch){.items = VF_VEC_AT(struct vf_item, &i->plan.items, from),
                           .n = i->plan.items.n - from};
    (void)pthread_mutex_lock(&i->lock);
    vf_installer_enqueue(i, b);
    (void)pthread_mutex_unlock(&i->lock);
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

static enum vf_status prove_ahead(void *ctx, size_t n, unsigned worker, struct vf_err *err)
{
    (void)worker;
    return vf_ahead_prove(ctx, n, err);
}

enum vf_status vf_installer_finish(struct vf_installer *i, struct vf_err *err)
{
    join(i);
    (void)work(i); /* what no thread took */
    enum vf_status st = vf_installer_reported(i, err);
    if (st == VF_OK)
        st = vf_parallel(i->hooks, i->ahead.n, prove_ahead, i, err);
    return st == VF_OK ? vf_parallel(i->hooks, i->units.n, record, i, err) : st;
}

void vf_installer_free(struct vf_installer *i)
{
    if (!i)
        return;
    (void)pthread_mutex_lock(&i->lock);
    i->abandoned = true; /* what is not begun is not begun any more */
    (void)pthread_cond_broadcast(&i->more);
    (void)pthread_mutex_unlock(&i->lock);
    join(i);
    vf_install_plan_release(&i->plan);
    vf_err_release(&i->err);
    (void)pthread_cond_destroy(&i->more);
    (void)pthread_mutex_destroy(&i->lock);
    free(i);
}
