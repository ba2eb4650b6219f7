/* pack_extra.c: what no RECORD lists goes along in extra/, with where it belongs. */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/path.h"
#include "bundle/pack_parts.h"
#include "relocate/plan.h"

struct extra {
    struct vf_bundle_extra e;
    struct vf_rebuild_member m;
};

struct extras {
    struct vf_pack *p;
    struct vf_vec v; /* struct extra */
    struct vf_vec left_out, bound;
};

/* Compiled files are made again; what pip could not remove begins with `~` and is none of the environment. */
static bool is_leftover(const struct vf_env *env, struct vf_slice path)
{
    struct vf_slice rest;
    for (size_t i = 0; i < env->n_sites; i++)
        if (vf_path_under(env->sites[i], path, &rest) && rest.n > 0 && rest.p[0] == '~')
            return true;
    return false;
}

static void place_of(const struct vf_env *env, struct vf_slice path, struct vf_bundle_extra *e)
{
    e->into = VF_INTO_ROOT;
    e->rest = path;
    if (vf_path_under(env->bin, path, &e->rest)) {
        e->into = VF_INTO_SCRIPTS;
        return;
    }
    for (size_t i = 0; i < env->n_sites; i++)
        if (vf_path_under(env->sites[i], path, &e->rest)) {
            e->into = VF_INTO_SITE;
            return;
        }
    e->rest = path;
}

static bool push(struct vf_pack *p, struct vf_vec *v, struct vf_slice path)
{
    struct vf_slice *s = vf_vec_push(&p->arena, v, sizeof *s);
    if (s)
        *s = path;
    return s != NULL;
}

/* `freeze` knows it, and no list of the bundle does. */
static void tell_egg(struct vf_pack *p, const struct vf_bundle_extra *e)
{
    if (e->into != VF_INTO_SITE || !vf_slice_ends(e->rest, VF_S(".egg")))
        return;
    vf_buf_put(&p->notes, e->rest);
    vf_buf_puts(&p->notes, ": a zipped egg, carried as a file: it is not in the lists, so pip and uv do not "
                           "install it\n");
}

static enum vf_status add_file(struct extras *x, uint32_t file, struct vf_err *err)
{
    static const struct vf_slice dirs[] = {VF_S_INIT("extra/root/"), VF_S_INIT("extra/scripts/"),
                                           VF_S_INIT("extra/site-packages/")};
    struct vf_pack *p = x->p;
    const struct vf_file *f = &p->env->files[file];
    struct extra *both = vf_vec_push(&p->arena, &x->v, sizeof *both);
    bool bound;
    if (!both)
        return vf_err_nomem(err);
    struct vf_bundle_extra *e = &both->e;
    struct vf_rebuild_member *m = &both->m;
    enum vf_status st = vf_rebuild_carried(p->env, file, &p->arena, m, &bound, err);
    if (st != VF_OK)
        return st;
    place_of(p->env, f->path, e);
    e->path = f->path;
    e->member = vf_arena_concat(&p->arena, dirs[e->into], e->rest, VF_S(""));
    e->executable = m->executable;
    tell_egg(p, e);
    e->sum.size = m->size;
    memcpy(e->sum.sha256, m->sha256, sizeof e->sum.sha256);
    if (!e->member.p || (bound && !push(p, &x->bound, f->path)))
        return vf_err_nomem(err);
    return VF_OK;
}

static enum vf_status add(struct extras *x, struct vf_slice path, struct vf_err *err)
{
    struct vf_pack *p = x->p;
    uint32_t file = vf_env_find(p->env, path);
    const struct vf_file *f = &p->env->files[file];
    if (is_leftover(p->env, path))
        return VF_OK;
    if (!vf_utf8_valid(path))
        return vf_err_set(err, VF_UNWRITABLE, 0, "pack", path,
                          "its name is not UTF-8, which a bundle cannot say");
    if (f->st.kind == VF_KIND_FILE)
        return add_file(x, file, err);
    return push(p, &x->left_out, path) ? VF_OK : vf_err_nomem(err);
}

static int by_member(const void *x, const void *y)
{
    const struct extra *a = x, *b = y;
    return vf_slice_cmp(a->e.member, b->e.member);
}

/* Sorted by member, into the two arrays of the pack. */
static enum vf_status resolve(const struct extras *x, struct vf_err *err)
{
    struct vf_pack *p = x->p;
    struct extra *v = x->v.base;
    if (x->v.n > 0)
        qsort(v, x->v.n, sizeof *v, by_member);
    struct vf_bundle_extra *e = vf_arena_array(&p->arena, x->v.n + 1, sizeof *e);
    struct vf_rebuild_member *m = vf_arena_array(&p->arena, x->v.n + 1, sizeof *m);
    if (!e || !m)
        return vf_err_nomem(err);
    for (size_t i = 0; i < x->v.n; i++) {
        e[i] = v[i].e;
        m[i] = v[i].m;
    }
    p->bundle.extras = e;
    p->bundle.n_extras = x->v.n;
    p->extras = m;
    return VF_OK;
}

/* Files of distributions without a RECORD that became wheels. */
static enum vf_status find_taken(struct vf_pack *p, struct vf_map *taken, struct vf_err *err)
{
    vf_map_init(taken, &p->arena);
    for (size_t i = 0; i < p->bundle.n_dists; i++)
        for (size_t k = 0; k < p->wheels[i].rebuild.n_taken; k++)
            if (!vf_map_put(taken, p->wheels[i].rebuild.taken[k], 1))
                return vf_err_nomem(err);
    return VF_OK;
}

enum vf_status vf_pack_plan_extras(struct vf_pack *p, struct vf_err *err)
{
    struct extras x = {.p = p};
    struct vf_slice *paths;
    size_t n, own;
    struct vf_map taken;
    enum vf_status st = find_taken(p, &taken, err);
    if (st == VF_OK)
        st = vf_plan_carried(p->env, &p->arena, &paths, &n, err);
    for (size_t i = 0; st == VF_OK && i < n; i++)
        if (!vf_map_get(&taken, paths[i], &own))
            st = add(&x, paths[i], err);
    if (st != VF_OK)
        return st;
    p->bundle.left_out = x.left_out.base;
    p->bundle.n_left_out = x.left_out.n;
    st = resolve(&x, err);
    if (st == VF_OK)
        st = vf_pack_prefix_extras(p, x.bound.base, &x.bound.n, err);
    p->bound = x.bound.base;
    p->n_bound = x.bound.n;
    return st;
}
