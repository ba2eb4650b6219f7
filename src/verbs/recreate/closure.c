/* anew_closure.c: does what was picked hold all that it asks for? What an environment lacked before, it may
 * lack after; what its base's own packages may close is only told. */
#include <stdio.h>

#include "packaging/closure.h"
#include "verbs/recreate/recreate.h"

static enum vf_status dists_of(struct vf_recreate *a, struct vf_closure_dist **out, bool *known)
{
    size_t n = a->reqs.v.n;
    *known = true;
    *out = vf_arena_array(a->c->s.a, n + 1, sizeof **out);
    if (!*out)
        return vf_err_nomem(&a->c->s.err);
    for (size_t i = 0; i < n; i++) {
        const struct vf_install_req *w = VF_INSTALL_REQ_AT(&a->reqs, i);
        *known = *known && a->selections[i].metadata.p;
        (*out)[i] = (struct vf_closure_dist){.name = w->name,
                                             .version = a->selections[i].version,
                                             .metadata = a->selections[i].metadata,
                                             .extras = w->extras,
                                             .n_extras = w->n_extras};
    }
    return VF_OK;
}

/* The same distributions, as they are in the environment, for its own Python. */
static enum vf_status gaps_before(struct vf_recreate *a, struct vf_gap **gaps, size_t *n)
{
    struct vf_change *c = a->c;
    struct vf_marker_env markers = a->query.markers;
    char minor[16];
    int len = snprintf(minor, sizeof minor, "3.%u", c->env->py.minor);
    size_t k = 0;
    struct vf_closure_dist *d = vf_arena_array(c->s.a, c->env->n_dists + 1, sizeof *d);
    if (!d)
        return vf_err_nomem(&c->s.err);
    for (size_t i = 0; i < c->env->n_dists; i++)
        if (c->env->dists[i].valid_name && !c->env->dists[i].duplicate)
            d[k++] = (struct vf_closure_dist){.name = c->env->dists[i].canonical,
                                              .version = c->env->dists[i].version,
                                              .metadata = c->env->dists[i].metadata};
    markers.value[VF_MARKER_PYTHON_VERSION] = (struct vf_slice){minor, (size_t)len};
    if (c->env->py.version.n)
        markers.value[VF_MARKER_PYTHON_FULL_VERSION] = c->env->py.version;
    return vf_closure_check(c->s.a, d, k, &markers, gaps, n, &c->s.err);
}

static bool was_there(const struct vf_gap *g, const struct vf_gap *before, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (before[i].dist == g->dist && vf_slice_eq(before[i].text, g->text))
            return true;
    return false;
}

/* Moves the gaps that are new to the front; how many there are. */
static size_t new_gaps(struct vf_gap *gaps, size_t n, const struct vf_gap *before, size_t n_before)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        struct vf_gap g = gaps[i];
        if (was_there(&g, before, n_before))
            continue;
        gaps[i] = gaps[k];
        gaps[k++] = g;
    }
    return k;
}

static void put_gaps(struct vf_buf *b, const struct vf_closure_dist *d, const struct vf_gap *gaps, size_t n)
{
    for (size_t i = 0; i < n && i < 4; i++) {
        vf_buf_puts(b, i ? "; " : "");
        vf_gap_put(b, d, &gaps[i]);
    }
    if (n > 4)
        vf_buf_printf(b, "; and %zu more", n - 4);
}

static enum vf_status tell_gaps(struct vf_recreate *a, const struct vf_closure_dist *d, struct vf_gap *gaps,
                                size_t n)
{
    struct vf_change *c = a->c;
    struct vf_gap *before = NULL;
    size_t n_before = 0, fresh = n;
    bool env = a->kind == VF_RECREATE_ENV;
    struct vf_buf b = {0};
    enum vf_status st = env ? gaps_before(a, &before, &n_before) : VF_OK;
    if (st != VF_OK)
        return st;
    if (env)
        fresh = c->env->system_site ? 0 : new_gaps(gaps, n, before, n_before);
    put_gaps(&b, d, gaps, fresh ? fresh : n);
    struct vf_slice s = vf_buf_slice(&b);
    if (b.failed)
        st = vf_err_nomem(&c->s.err);
    else if (fresh)
        st = vf_err_set(&c->s.err, VF_INCOMPLETE, 0, "install", c->from, "%.*s", (int)(s.n < 560 ? s.n : 560),
                        s.p);
    else if (vf_buf_cstr(&b))
        vf_hooks_note(&c->s.hooks, vf_buf_cstr(&b));
    vf_buf_release(&b);
    return st;
}

enum vf_status vf_recreate_closure(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_closure_dist *d = NULL;
    struct vf_gap *gaps = NULL;
    size_t n = 0;
    bool known;
    enum vf_status st = dists_of(a, &d, &known);
    if (st != VF_OK || !known) /* dry run: what is to be fetched is not known */
        return st;
    st = vf_closure_check(c->s.a, d, a->reqs.v.n, &a->query.markers, &gaps, &n, &c->s.err);
    return st == VF_OK && n ? tell_gaps(a, d, gaps, n) : st;
}
