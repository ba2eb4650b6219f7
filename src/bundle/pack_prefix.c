/* pack_place.c: carried files that name the environment's place name VF_BUNDLE_PREFIX in a bundle, written by
 * the writers of a move: so the bundle is the same wherever the environment stands, and whoever unpacks it
 * writes the new place there. What has no writer stays, and is told. */
#include <string.h>

#include "bundle/pack_parts.h"
#include "relocate/plan.h"
#include "rules/judge.h"
#include "wheel/build_parts.h"

struct placing {
    struct vf_pack *p;
    struct vf_env *env; /* the same, judged for the place of a bundle */
    struct vf_plan plan;
    struct vf_rebuild_dirs prefixes;
};

static enum vf_status judge(struct placing *g, struct vf_err *err)
{
    struct vf_env_params params = g->p->env->params;
    params.at = VF_S(VF_BUNDLE_PREFIX);
    enum vf_status st = vf_plan_env(&params, &g->p->arena, &g->env, &g->plan, err);
    return st == VF_OK ? vf_rebuild_dirs_make(g->p->env, &g->p->arena, &g->prefixes, err) : st;
}

static struct vf_slice below_first_line(struct vf_slice text)
{
    struct vf_slice line;
    (void)vf_slice_next_line(&text, &line);
    return text;
}

/* A script that got `#!python` already, and needs no more. */
static bool is_headed(const struct vf_rebuild_member *now, struct vf_slice placed)
{
    return now->bytes.p && vf_slice_eq(below_first_line(now->bytes), below_first_line(placed));
}

/* Written for the place of a bundle, if that leaves no place of this environment in it. */
static enum vf_status take(struct placing *g, size_t extra, struct vf_slice bytes, struct vf_err *err)
{
    struct vf_bundle_extra *e = &g->p->bundle.extras[extra];
    struct vf_rebuild_member m = {.path = e->path, .executable = e->executable, .bytes = bytes};
    struct vf_err why = {0};
    enum vf_status st = vf_rebuild_measure(&g->prefixes, &m, &why);
    if (st == VF_OK) {
        g->p->extras[extra] = m;
        e->sum.size = m.size;
        memcpy(e->sum.sha256, m.sha256, sizeof e->sum.sha256);
        e->placed = true;
    } else if (st == VF_UNWRITABLE) {
        vf_err_release(&why);
        st = VF_OK;
    } else {
        *err = why;
    }
    return st;
}

static enum vf_status place_one(struct placing *g, size_t extra, struct vf_err *err)
{
    struct vf_arena *a = &g->p->arena;
    struct vf_slice path = g->p->bundle.extras[extra].path, old, bytes = VF_S("");
    const struct vf_edit *edit = vf_edits_find(&g->plan.edits, path);
    struct vf_buf b = {0};
    if (!edit || (edit->kind != VF_EDIT_SPLICE && edit->kind != VF_EDIT_WRITE))
        return VF_OK;
    enum vf_status st = vf_edit_original(edit, g->env->tree, a, &old, err);
    if (st == VF_OK)
        st = vf_edit_apply(edit, old, &b, err);
    if (st == VF_OK)
        bytes = vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    if (st != VF_OK || !bytes.p)
        return st != VF_OK ? st : vf_err_nomem(err);
    return is_headed(&g->p->extras[extra], bytes) ? VF_OK : take(g, extra, bytes, err);
}

static bool is_placed(const struct vf_bundle *b, struct vf_slice path)
{
    for (size_t i = 0; i < b->n_extras; i++)
        if (vf_slice_eq(b->extras[i].path, path))
            return b->extras[i].placed;
    return false;
}

/* A copy names the environment that it was copied from, which may still be there. */
static bool is_copy(const struct vf_env *env)
{
    for (size_t i = 0; i < env->n_prefixes; i++)
        if (env->prefixes[i].kind == VF_PREFIX_LIVE)
            return true;
    return false;
}

enum vf_status vf_pack_prefix_extras(struct vf_pack *p, struct vf_slice *bound, size_t *n_bound,
                                     struct vf_err *err)
{
    struct placing g = {.p = p};
    size_t left = 0;
    if (!p->bundle.n_extras || (!*n_bound && !is_copy(p->env)))
        return VF_OK;
    enum vf_status st = judge(&g, err);
    for (size_t i = 0; i < p->bundle.n_extras && st == VF_OK; i++)
        st = place_one(&g, i, err);
    for (size_t i = 0; i < *n_bound; i++)
        if (!is_placed(&p->bundle, bound[i]))
            bound[left++] = bound[i];
    *n_bound = left;
    vf_rebuild_dirs_release(&g.prefixes);
    vf_env_free(g.env);
    return st;
}
