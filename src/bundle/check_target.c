/* check_target.c: the target that a bundle was made for, as its manifest says, else by its wheels. */
#include "bundle/check_parts.h"

/* "manylinux_2_17_x86_64" -> "linux_x86_64"; musl and others stay as they are. Compressed sets: their first.
 */
static struct vf_slice family_of(struct vf_arena *a, struct vf_slice platforms)
{
    struct vf_slice value, rest;
    if (!vf_tag_next(&platforms, &value) || vf_slice_eq(value, VF_S("any")))
        return VF_S("");
    if (!vf_slice_starts(value, VF_S("manylinux")))
        return value;
    size_t at = vf_slice_find_byte(value, '_', 0);
    rest = at == VF_NPOS ? VF_S("") : vf_slice_from(value, at + 1);
    for (int i = 0; i < 2 && vf_slice_starts(value, VF_S("manylinux_")); i++) {
        at = vf_slice_find_byte(rest, '_', 0);
        rest = at == VF_NPOS ? VF_S("") : vf_slice_from(rest, at + 1);
    }
    return vf_arena_concat(a, VF_S("linux_"), rest, VF_S(""));
}

/* The family that most wheels are of; of equals the first. */
static struct vf_slice most(struct vf_arena *a, const struct vf_bundle *b)
{
    struct vf_slice *family = vf_arena_array(a, b->n_dists + 1, sizeof *family), best = VF_S("");
    size_t best_count = 0;
    for (size_t i = 0; family && i < b->n_dists; i++) {
        struct vf_tag t;
        family[i] = vf_tag_parse(b->dists[i].tags, &t) ? family_of(a, t.platform) : VF_S("");
    }
    for (size_t i = 0; family && i < b->n_dists; i++) {
        size_t n = 0;
        for (size_t k = 0; k < b->n_dists; k++)
            n += vf_slice_eq(family[i], family[k]);
        if (family[i].n > 0 && n > best_count) {
            best = family[i];
            best_count = n;
        }
    }
    return best;
}

enum vf_status vf_check_target(struct vf_checking *c, const struct vf_bundle *b, struct vf_err *err)
{
    struct vf_target_spec spec = {.python = c->o->python,
                                  .pypy = vf_slice_eq(vf_slice_of(b->implementation), VF_S("pypy")),
                                  .platform = c->o->platform,
                                  .glibc_minor = c->o->glibc_minor};
    if (c->has_goal)
        return VF_OK;
    if (spec.python.n == 0)
        spec.python = b->python.n > 0 ? b->python : VF_S("3.99");
    if (spec.platform.n == 0)
        spec.platform = b->platform.n > 0 ? b->platform : most(c->a, b);
    if (spec.platform.n == 0)
        spec.platform = vf_arena_concat(c->a, VF_S("linux_"), c->o->arch, VF_S(""));
    spec.python = vf_arena_dup(c->a, spec.python); /* the goal outlives the bundle */
    spec.platform = vf_arena_dup(c->a, spec.platform);
    if (c->a->failed)
        return vf_err_nomem(err);
    c->has_goal = true;
    return vf_target_make(c->a, &spec, &c->target, err);
}
