/* freeze.c: distributions -> frozen list. The first of one name counts, site-packages in their order, as for
 * importlib.metadata. */
#include "env/freeze.h"

#include <stdlib.h>

#include "base/escape.h"
#include "dist/freeze.h"
#include "dist/text.h"
#include "dist/url.h"
#include "env/env_internal.h"
#include "env/vcs.h"

struct freezing {
    const struct vf_env *env;
    const struct vf_env_freeze *f;
    struct vf_arena a;
    struct vf_vec items; /* struct vf_freeze_item */
    struct vf_map seen;  /* canonical names */
    struct vf_buf *notes;
};

static void note(struct freezing *z, struct vf_slice what, const char *words)
{
    vf_buf_puts(z->notes, "venvfix: ");
    vf_buf_put(z->notes, what);
    vf_buf_printf(z->notes, ": %s\n", words);
}

static bool excluded(const struct freezing *z, struct vf_slice canonical)
{
    for (size_t i = 0; i < z->f->n_exclude; i++)
        if (vf_name_same(z->f->exclude[i], canonical))
            return true;
    return vf_freeze_hides(canonical, z->env->py.minor, z->f->all);
}

/* Directory of an editable: the url's path, or the first line of the egg-link. */
static enum vf_status locate_editable(struct freezing *z, const struct vf_env_dist *d,
                                      struct vf_freeze_item *it, struct vf_err *err)
{
    struct vf_slice path = d->egg_source;
    if (d->has_url && d->url.editable && !vf_url_file_path(&z->a, d->url.url, &path))
        return VF_OK;
    it->location = vf_path_clean_dup(&z->a, path);
    if (!it->location.p)
        return vf_err_nomem(err);
    it->editable = true;
    return vf_vcs_look(z->env->params.outside, it->location, &z->a, &it->vcs, err);
}

static enum vf_status add(struct freezing *z, const struct vf_env_dist *d, struct vf_err *err)
{
    size_t known;
    if (!d->valid_name) {
        note(z, d->info, "not a valid name of a distribution, passed over");
        return VF_OK;
    }
    if (excluded(z, d->canonical) || vf_map_get(&z->seen, d->canonical, &known))
        return VF_OK;
    struct vf_freeze_item *it = vf_vec_push(&z->a, &z->items, sizeof *it);
    if (!it || !vf_map_put(&z->seen, d->canonical, 1))
        return vf_err_nomem(err);
    bool spoilt = vf_text_has_control(d->name);
    *it =
        (struct vf_freeze_item){.name = spoilt ? d->canonical : d->name, .url = d->has_url ? &d->url : NULL};
    struct vf_info_name info = vf_info_name_parse(vf_path_base(d->info));
    enum vf_status st =
        vf_freeze_version(&z->a, &info, d->header_version.p ? &d->header_version : NULL, &it->version, err);
    if (st == VF_OK && d->editable)
        st = locate_editable(z, d, it, err);
    if (st == VF_OK && d->url_invalid)
        note(z, d->info, "direct_url.json cannot be read, taken as absent");
    if (st == VF_OK && vf_freeze_has_secret(it))
        note(z, it->name, "a password was left out of its URL");
    return st;
}

enum vf_status vf_env_freeze(const struct vf_env *env, const struct vf_env_freeze *f, struct vf_buf *text,
                             struct vf_buf *notes, struct vf_err *err)
{
    struct freezing z = {.env = env, .f = f, .notes = notes};
    vf_arena_init(&z.a);
    vf_map_init(&z.seen, &z.a);
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < env->n_dists && st == VF_OK; i++)
        st = add(&z, &env->dists[i], err);
    if (st == VF_OK) {
        vf_freeze_sort(z.items.base, z.items.n);
        for (size_t i = 0; i < z.items.n; i++)
            vf_freeze_put(text, VF_VEC_AT(struct vf_freeze_item, &z.items, i), false);
        if (text->failed || notes->failed)
            st = vf_err_nomem(err);
    }
    vf_arena_release(&z.a);
    return st;
}
