/* closure.c: a list of (distribution, extra) to be looked at, which grows while requirements ask for extras:
 * every pair once, so that it ends. */
#include "packaging/closure.h"

#include "packaging/metadata.h"
#include "packaging/name.h"

struct pair {
    size_t dist;
    struct vf_slice extra; /* canonical; "" for the distribution itself */
};

struct closure {
    struct vf_arena *a;
    const struct vf_closure_dist *dists;
    size_t n;
    struct vf_map by_name; /* canonical name -> index */
    struct vf_vec pairs;   /* struct pair */
    struct vf_map known;   /* "index/extra" -> 1 */
    struct vf_metadata *tables;
    struct vf_marker_env env;
    struct vf_vec gaps; /* struct vf_gap */
    struct vf_err *err;
};

static enum vf_status add_pair(struct closure *c, size_t dist, struct vf_slice extra)
{
    struct vf_buf b = {0};
    size_t seen;
    struct vf_slice canonical = extra.n ? vf_name_canonical(c->a, extra) : VF_S("");
    vf_buf_put_u64(&b, dist);
    vf_buf_putc(&b, '/');
    vf_buf_put(&b, canonical);
    struct vf_slice key = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(c->a, vf_buf_slice(&b));
    vf_buf_release(&b);
    if (!key.p || !canonical.p)
        return vf_err_nomem(c->err);
    if (vf_map_get(&c->known, key, &seen))
        return VF_OK;
    struct pair *p = vf_vec_push(c->a, &c->pairs, sizeof *p);
    if (!p || !vf_map_put(&c->known, key, 1))
        return vf_err_nomem(c->err);
    *p = (struct pair){dist, canonical};
    return VF_OK;
}

static enum vf_status prepare(struct closure *c)
{
    enum vf_status st = VF_OK;
    vf_map_init(&c->by_name, c->a);
    vf_map_init(&c->known, c->a);
    c->tables = vf_arena_array(c->a, c->n + 1, sizeof *c->tables);
    if (!c->tables)
        return vf_err_nomem(c->err);
    for (size_t i = 0; i < c->n && st == VF_OK; i++) {
        size_t first;
        struct vf_slice name = vf_name_canonical(c->a, c->dists[i].name);
        if (!name.p)
            return vf_err_nomem(c->err);
        if (!vf_map_get(&c->by_name, name, &first) && !vf_map_put(&c->by_name, name, i))
            return vf_err_nomem(c->err);
        st = vf_metadata_parse(c->a, c->dists[i].metadata, &c->tables[i], c->err);
    }
    for (size_t i = 0; i < c->n && st == VF_OK; i++)
        st = add_pair(c, i, VF_S(""));
    for (size_t i = 0; i < c->n; i++)
        for (size_t k = 0; k < c->dists[i].n_extras && st == VF_OK; k++)
            st = add_pair(c, i, c->dists[i].extras[k]);
    return st;
}

static struct vf_gap *add_gap(struct closure *c, const struct pair *p, struct vf_slice text)
{
    struct vf_gap *g = vf_vec_push(c->a, &c->gaps, sizeof *g);
    struct vf_slice shown = vf_slice_trim(vf_slice_sub(text, 0, vf_slice_find_byte(text, ';', 0)));
    if (g)
        *g = (struct vf_gap){.dist = p->dist, .extra = p->extra, .text = shown};
    else
        (void)vf_err_nomem(c->err);
    return g;
}

/* A requirement or a marker that cannot be read is a gap, not a reason to give up. */
static enum vf_status malformed(struct closure *c, const struct pair *p, struct vf_slice text,
                                struct vf_err *why)
{
    struct vf_gap *g = why->code == VF_NO_MEMORY ? NULL : add_gap(c, p, text);
    const char *words = g ? vf_arena_cstr(c->a, vf_slice_of(why->detail)) : NULL;
    if (!g || !words)
        return vf_err_nomem(c->err);
    g->kind = VF_GAP_MALFORMED;
    g->text = text;
    g->why = words;
    return VF_OK;
}

static enum vf_status meets(struct closure *c, const struct pair *p, struct vf_slice text,
                            const struct vf_requirement *req)
{
    size_t at;
    struct vf_slice name = vf_name_canonical(c->a, req->name);
    if (!name.p)
        return vf_err_nomem(c->err);
    if (!vf_map_get(&c->by_name, name, &at)) {
        struct vf_gap *g = add_gap(c, p, text);
        if (!g)
            return VF_NO_MEMORY;
        g->kind = VF_GAP_MISSING;
        g->needs = name;
        return VF_OK;
    }
    bool in = true;
    enum vf_status st = VF_OK;
    if (req->specifiers.n)
        st = vf_specifiers_contains_text(c->a, &req->specifiers, c->dists[at].version, &in, c->err);
    if (st == VF_OK && !in) {
        struct vf_gap *g = add_gap(c, p, text);
        if (!g)
            return VF_NO_MEMORY;
        g->kind = VF_GAP_VERSION;
        g->needs = name;
        g->found = c->dists[at].version;
    }
    for (size_t i = 0; i < req->n_extras && st == VF_OK; i++)
        st = add_pair(c, at, req->extras[i]);
    return st;
}

/* What an extra asks for is what holds with it and not without it. */
static enum vf_status applies(struct closure *c, const struct pair *p, const struct vf_requirement *req,
                              bool *out, struct vf_err *why)
{
    bool without = false;
    struct vf_arena scratch;
    vf_arena_init(&scratch);
    c->env.has_extra = true;
    c->env.extra = p->extra;
    *out = true;
    enum vf_status st = VF_OK;
    if (req->has_marker)
        st = vf_marker_eval(&req->marker, &c->env, &scratch, out, why);
    if (st == VF_OK && *out && p->extra.n) {
        c->env.extra = VF_S("");
        st = req->has_marker ? vf_marker_eval(&req->marker, &c->env, &scratch, &without, why) : VF_OK;
        *out = req->has_marker && !without;
    }
    vf_arena_release(&scratch);
    return st;
}

static enum vf_status one(struct closure *c, const struct pair *p, struct vf_slice text)
{
    struct vf_requirement req;
    struct vf_err why;
    bool wanted = false;
    vf_err_init(&why);
    enum vf_status st = vf_requirement_parse(c->a, text, &req, &why);
    if (st == VF_OK)
        st = applies(c, p, &req, &wanted, &why);
    if (st != VF_OK) /* said once, by the distribution itself */
        st = p->extra.n && st != VF_NO_MEMORY ? VF_OK : malformed(c, p, text, &why);
    else if (wanted)
        st = meets(c, p, text, &req);
    vf_err_release(&why);
    return st;
}

static int by_dist(const struct vf_gap *x, const struct vf_gap *y)
{
    return (x->dist > y->dist) - (x->dist < y->dist);
}

/* Pairs of extras come late: their gaps go to those of their distribution. Few, so by insertion. */
static void sort(struct vf_gap *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct vf_gap g = v[i];
        size_t k = i;
        for (; k > 0 && by_dist(&v[k - 1], &g) > 0; k--)
            v[k] = v[k - 1];
        v[k] = g;
    }
}

enum vf_status vf_closure_check(struct vf_arena *a, const struct vf_closure_dist *dists, size_t n,
                                const struct vf_marker_env *env, struct vf_gap **gaps, size_t *n_gaps,
                                struct vf_err *err)
{
    struct closure c = {.a = a, .dists = dists, .n = n, .env = *env, .err = err};
    *gaps = NULL;
    *n_gaps = 0;
    enum vf_status st = prepare(&c);
    for (size_t i = 0; i < c.pairs.n && st == VF_OK; i++) {
        struct pair p = *VF_VEC_AT(struct pair, &c.pairs, i);
        struct vf_slice text;
        for (size_t at = 0;
             st == VF_OK && vf_metadata_next(&c.tables[p.dist], VF_S("Requires-Dist"), &at, &text);)
            st = one(&c, &p, text);
    }
    if (st != VF_OK)
        return st;
    *gaps = c.gaps.base;
    *n_gaps = c.gaps.n;
    sort(*gaps, *n_gaps);
    return VF_OK;
}

void vf_gap_put(struct vf_buf *out, const struct vf_closure_dist *dists, const struct vf_gap *gap)
{
    const struct vf_closure_dist *d = &dists[gap->dist];
    vf_buf_put(out, d->name);
    if (gap->extra.n) {
        vf_buf_putc(out, '[');
        vf_buf_put(out, gap->extra);
        vf_buf_putc(out, ']');
    }
    vf_buf_putc(out, ' ');
    vf_buf_put(out, d->version);
    vf_buf_puts(out, " needs '");
    vf_buf_put(out, gap->text);
    vf_buf_putc(out, '\'');
    switch (gap->kind) {
    case VF_GAP_MISSING:
        vf_buf_puts(out, ", which is not there");
        break;
    case VF_GAP_VERSION:
        vf_buf_puts(out, ", and ");
        vf_buf_put(out, gap->found);
        vf_buf_puts(out, " is there");
        break;
    case VF_GAP_MALFORMED:
        vf_buf_puts(out, ", which cannot be read: ");
        vf_buf_puts(out, gap->why);
        break;
    }
}
