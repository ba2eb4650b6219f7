/* contest.c: see contest.h. Claims of one script are a chain, found by its name. */
#include "wheel/script_conflict.h"

#include <stdlib.h>

#include "base/path.h"
#include "packaging/metadata.h"
#include "packaging/name.h"
#include "packaging/text.h"

enum { SCRIPT_MAX = 1 << 20 }; /* what an installer made of an entry point is much smaller */

struct claim {
    size_t claimant;
    const struct vf_entry_point *entry;
    size_t next; /* of the same script; VF_NPOS */
};

struct conflict {
    const struct vf_script_provider *c;
    const struct vf_env *env;
    struct vf_arena *a;
    struct vf_map by_name; /* script -> index of its first claim */
    struct vf_vec claims;  /* struct claim */
    struct vf_vec *out;
};

static struct claim *claim_at(const struct conflict *x, size_t i)
{
    return VF_VEC_AT(struct claim, &x->claims, i);
}

/* --- claims --- */

static bool add_claim(struct conflict *x, size_t claimant, const struct vf_entry_point *e)
{
    size_t first, at = x->claims.n;
    struct claim *c = vf_vec_push(x->a, &x->claims, sizeof *c);
    if (!c)
        return false;
    *c = (struct claim){claimant, e, VF_NPOS};
    if (!vf_map_get(&x->by_name, e->name, &first))
        return vf_map_put(&x->by_name, e->name, at);
    c->next = claim_at(x, first)->next;
    claim_at(x, first)->next = at;
    return true;
}

static bool add_claims(struct conflict *x, size_t claimant)
{
    const struct vf_entry_points *p = x->c[claimant].points;
    bool ok = true;
    for (size_t i = 0; i < p->n && ok; i++)
        if (p->entries[i].kind != VF_ENTRY_OTHER)
            ok = add_claim(x, claimant, &p->entries[i]);
    return ok;
}

static bool same_script(const struct vf_entry_point *a, const struct vf_entry_point *b)
{
    return vf_slice_eq(a->module, b->module) && vf_slice_eq(a->attr, b->attr);
}

/* --- who wins --- */

/* `from MODULE import NAME`, which every installer writes. */
static bool is_made_of(struct vf_slice script, const struct vf_entry_point *e, struct vf_arena *a)
{
    if (script.n == 0)
        return false;
    struct vf_slice head = vf_slice_sub(e->attr, 0, vf_slice_find_byte(e->attr, '.', 0));
    struct vf_slice from = vf_arena_concat(a, VF_S("\nfrom "), e->module, VF_S(" import "));
    struct vf_slice line = from.p ? vf_arena_concat(a, from, head, VF_S("")) : from;
    size_t at = line.p ? vf_slice_find(script, line, 0) : VF_NPOS;
    size_t end = at + line.n;
    return at != VF_NPOS && (end == script.n || script.p[end] == '\n' || script.p[end] == '\r');
}

static struct vf_slice installed(const struct conflict *x, struct vf_slice name)
{
    struct vf_slice bytes = {NULL, 0}, path;
    struct vf_err ignored = {0};
    if (!x->env)
        return bytes;
    path = vf_path_join(x->a, x->env->bin, name);
    if (path.p && vf_env_has(x->env, path) &&
        vf_tree_read(x->env->tree, path, SCRIPT_MAX, x->a, &bytes, &ignored) != VF_OK)
        bytes = (struct vf_slice){NULL, 0};
    vf_err_release(&ignored);
    return bytes;
}

static bool requires(const struct conflict *x, size_t claimant, struct vf_slice name)
{
    struct vf_metadata m;
    struct vf_slice value;
    struct vf_err ignored = {0};
    bool found = false;
    if (vf_metadata_parse(x->a, x->c[claimant].metadata, &m, &ignored) == VF_OK)
        for (size_t at = 0; !found && vf_metadata_next(&m, VF_S("Requires-Dist"), &at, &value);) {
            size_t n = 0;
            while (n < value.n && (vf_text_alpha(value.p[n]) || vf_text_digit(value.p[n]) ||
                                   value.p[n] == '-' || value.p[n] == '_' || value.p[n] == '.'))
                n++;
            found = vf_name_same(vf_slice_sub(value, 0, n), name);
        }
    vf_err_release(&ignored);
    return found;
}

static bool beats(const struct conflict *x, const struct claim *a, const struct claim *b,
                  struct vf_slice there)
{
    bool made_a = is_made_of(there, a->entry, x->a), made_b = is_made_of(there, b->entry, x->a);
    struct vf_slice name_a = x->c[a->claimant].name, name_b = x->c[b->claimant].name;
    if (made_a != made_b)
        return made_a;
    bool after_b = requires(x, a->claimant, name_b), after_a = requires(x, b->claimant, name_a);
    return after_b != after_a ? after_b : vf_slice_cmp(name_a, name_b) < 0;
}

static bool settle_one(const struct conflict *x, size_t first)
{
    size_t best = first;
    struct vf_slice there = installed(x, claim_at(x, first)->entry->name);
    for (size_t i = claim_at(x, first)->next; i != VF_NPOS; i = claim_at(x, i)->next)
        if (beats(x, claim_at(x, i), claim_at(x, best), there))
            best = i;
    for (size_t i = first; i != VF_NPOS; i = claim_at(x, i)->next) {
        const struct claim *c = claim_at(x, i);
        if (same_script(c->entry, claim_at(x, best)->entry))
            continue;
        struct vf_script_conflict *y = vf_vec_push(x->a, x->out, sizeof *y);
        if (!y)
            return false;
        *y = (struct vf_script_conflict){c->claimant, claim_at(x, best)->claimant, c->entry->name};
    }
    return true;
}

enum vf_status vf_script_conflicts_resolve(const struct vf_script_provider *c, size_t n,
                                           const struct vf_env *env, struct vf_arena *a, struct vf_vec *out,
                                           struct vf_err *err)
{
    struct conflict x = {.c = c, .env = env, .a = a, .out = out};
    bool ok = true;
    vf_map_init(&x.by_name, a);
    for (size_t i = 0; i < n && ok; i++)
        ok = add_claims(&x, i);
    for (size_t i = 0; i < x.claims.n && ok; i++) {
        size_t first;
        if (claim_at(&x, i)->next != VF_NPOS &&
            vf_map_get(&x.by_name, claim_at(&x, i)->entry->name, &first) && first == i)
            ok = settle_one(&x, i);
    }
    return ok && !a->failed ? VF_OK : vf_err_nomem(err);
}

/* --- what was settled --- */

static int by_bytes(const void *x, const void *y)
{
    const struct vf_slice *a = x, *b = y;
    return vf_slice_cmp(*a, *b);
}

enum vf_status vf_script_conflicts_lost(const struct vf_vec *yields, size_t loser, struct vf_arena *a,
                                        const struct vf_slice **names, size_t *n, struct vf_err *err)
{
    struct vf_slice *v = vf_arena_array(a, yields->n + 1, sizeof *v);
    *n = 0;
    *names = v;
    if (!v)
        return vf_err_nomem(err);
    for (size_t i = 0; i < yields->n; i++) {
        const struct vf_script_conflict *y = VF_VEC_AT(const struct vf_script_conflict, yields, i);
        if (y->loser == loser)
            v[(*n)++] = y->script;
    }
    qsort(v, *n, sizeof *v, by_bytes);
    return VF_OK;
}

void vf_script_conflicts_drop(struct vf_entry_points *points, const struct vf_slice *names, size_t n)
{
    for (size_t i = 0; i < points->n; i++)
        for (size_t k = 0; k < n; k++)
            if (vf_slice_eq(points->entries[i].name, names[k]))
                points->entries[i].kind = VF_ENTRY_OTHER;
}

enum vf_status vf_script_conflicts_copy_points(const struct vf_entry_points *points, struct vf_arena *a,
                                               struct vf_entry_points *out, struct vf_err *err)
{
    *out = (struct vf_entry_points){.entries = vf_arena_array(a, points->n + 1, sizeof *out->entries)};
    for (size_t i = 0; out->entries && i < points->n; i++) {
        const struct vf_entry_point *e = &points->entries[i];
        if (e->kind != VF_ENTRY_OTHER)
            out->entries[out->n++] = (struct vf_entry_point){.kind = e->kind,
                                                             .name = vf_arena_dup(a, e->name),
                                                             .module = vf_arena_dup(a, e->module),
                                                             .attr = vf_arena_dup(a, e->attr)};
    }
    return out->entries && !a->failed ? VF_OK : vf_err_nomem(err);
}
