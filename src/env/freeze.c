/* freeze.c: distributions -> frozen list. The first of one name counts, as for importlib.metadata:
 * directories in the order of sys.path, entries of one directory in the order in which the file system gives
 * them. */
#include "env/freeze.h"

#include <stdlib.h>

#include "base/escape.h"
#include "env/env_internal.h"
#include "env/vcs.h"
#include "packaging/text.h"
#include "packaging/url.h"

struct choice {
    const struct vf_env_dist *dist;
};

struct freezing {
    const struct vf_env *env;
    const struct vf_env_freeze *f;
    struct vf_arena *a;
    struct vf_vec chosen;  /* struct choice: one of each name, as the directories have it */
    struct vf_map seen;    /* canonical name -> index of chosen */
    struct vf_vec printed; /* struct choice: of these one of each name, as METADATA has it */
    struct vf_map shown;   /* canonical form of that -> index of printed */
    struct vf_vec items;   /* struct vf_freeze_item */
    struct vf_map sites;   /* directory of site-packages -> index of orders */
    struct vf_vec orders;  /* struct vf_map: name -> when the directory gives it */
    struct vf_buf *notes;
};

static void note(struct freezing *z, struct vf_slice what, const char *words)
{
    vf_buf_puts(z->notes, "venvfix: ");
    vf_text_one_line_put(z->notes, what);
    vf_buf_printf(z->notes, ": %s\n", words);
}

/* What belongs to the standard library is known by its directory, the rest by the name that is printed. */
static bool excluded(const struct freezing *z, const struct vf_env_dist *d, struct vf_slice canonical)
{
    if (vf_freeze_hides(d->canonical, z->env->py.minor, true))
        return true;
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
    if (d->has_url && d->url.editable && !vf_url_file_path(z->a, d->url.url, &path))
        return VF_OK;
    it->location = vf_path_clean_dup(z->a, path);
    if (!it->location.p)
        return vf_err_nomem(err);
    it->editable = true;
    return vf_vcs_inspect(z->env->params.host, it->location, z->a, &it->vcs, err);
}

/* The order of a directory of site-packages, which is read once. NULL: not known. */
static const struct vf_map *order_of(struct freezing *z, struct vf_slice site)
{
    size_t known;
    if (vf_map_get(&z->sites, site, &known))
        return VF_VEC_AT(struct vf_map, &z->orders, known);
    struct vf_map *ranks = vf_vec_push(z->a, &z->orders, sizeof *ranks);
    struct vf_slice dir = vf_path_join(z->a, z->env->resolved, site);
    if (!ranks || !dir.p || !vf_map_put(&z->sites, site, z->orders.n - 1))
        return NULL;
    if (!vf_host_order(z->env->params.host, dir, z->a, ranks))
        vf_map_init(ranks, z->a);
    return ranks;
}

/* Does Python see `d` before `other`, which was listed first? */
static bool comes_before(struct freezing *z, const struct vf_env_dist *d, const struct vf_env_dist *other)
{
    const struct vf_map *ranks = vf_slice_eq(d->site, other->site) ? order_of(z, d->site) : NULL;
    size_t mine, its;
    return ranks && vf_map_get(ranks, vf_path_base(d->info), &mine) &&
           (!vf_map_get(ranks, vf_path_base(other->info), &its) || mine < its);
}

static enum vf_status keep(struct freezing *z, struct vf_vec *v, struct vf_map *by_name, struct vf_slice name,
                           const struct vf_env_dist *d, struct vf_err *err)
{
    struct choice *c = vf_vec_push(z->a, v, sizeof *c);
    if (!c || !vf_map_put(by_name, name, v->n - 1))
        return vf_err_nomem(err);
    c->dist = d;
    return VF_OK;
}

static enum vf_status choose(struct freezing *z, const struct vf_env_dist *d, struct vf_err *err)
{
    size_t known;
    if (!d->valid_name) {
        note(z, d->info, "not a valid name of a distribution, passed over");
        return VF_OK;
    }
    if (vf_map_get(&z->seen, d->canonical, &known)) {
        struct choice *other = VF_VEC_AT(struct choice, &z->chosen, known);
        bool before = comes_before(z, d, other->dist);
        note(z, before ? other->dist->info : d->info,
             "Python sees another one of this name first, passed over");
        other->dist = before ? d : other->dist;
        return VF_OK;
    }
    return keep(z, &z->chosen, &z->seen, d->canonical, d, err);
}

/* The name that is printed; with control characters in it the canonical one. */
static struct vf_slice shown_name(const struct vf_env_dist *d)
{
    return vf_text_has_control(d->name) ? d->canonical : d->name;
}

/* METADATA may give two directories the same name: pip prints the last. */
static enum vf_status choose_printed(struct freezing *z, const struct vf_env_dist *d, struct vf_err *err)
{
    struct vf_slice name = vf_name_canonical(z->a, shown_name(d));
    size_t known;
    if (!name.p)
        return vf_err_nomem(err);
    if (excluded(z, d, name))
        return VF_OK;
    if (!vf_map_get(&z->shown, name, &known))
        return keep(z, &z->printed, &z->shown, name, d, err);
    struct choice *other = VF_VEC_AT(struct choice, &z->printed, known);
    bool before = comes_before(z, d, other->dist);
    note(z, before ? d->info : other->dist->info, "another directory says the same name, passed over");
    other->dist = before ? other->dist : d;
    return VF_OK;
}

static enum vf_status add(struct freezing *z, const struct vf_env_dist *d, struct vf_err *err)
{
    struct vf_freeze_item *it = vf_vec_push(z->a, &z->items, sizeof *it);
    if (!it)
        return vf_err_nomem(err);
    *it = (struct vf_freeze_item){.name = shown_name(d),
                                  .canonical = vf_name_canonical(z->a, shown_name(d)),
                                  .requires_python = d->requires_python,
                                  .url = d->has_url ? &d->url : NULL};
    struct vf_info_name info = vf_info_name_parse(vf_path_base(d->info));
    enum vf_status st =
        vf_freeze_version(z->a, &info, d->header_version.p ? &d->header_version : NULL, &it->version, err);
    if (st == VF_OK && d->editable)
        st = locate_editable(z, d, it, err);
    if (st == VF_OK && d->url_invalid)
        note(z, d->info, "direct_url.json cannot be read, taken as absent");
    if (st == VF_OK && vf_freeze_has_secret(it))
        note(z, it->name, "a password was left out of its URL (****)");
    if (st == VF_OK && vf_freeze_is_local(it))
        note(z, it->name, "is installed from a path of this host; its line does not work elsewhere");
    return st;
}

static enum vf_status collect(struct freezing *z, struct vf_err *err)
{
    const struct vf_env *env = z->env;
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < env->n_sites; i++)
        if (!vf_env_site_is_used(env, env->sites[i]))
            note(z, env->sites[i], "not of this interpreter's version, passed over");
    for (size_t i = 0; i < env->n_dists && st == VF_OK; i++)
        st = choose(z, &env->dists[i], err);
    for (size_t i = 0; i < z->chosen.n && st == VF_OK; i++)
        st = choose_printed(z, VF_VEC_AT(struct choice, &z->chosen, i)->dist, err);
    for (size_t i = 0; i < z->printed.n && st == VF_OK; i++)
        st = add(z, VF_VEC_AT(struct choice, &z->printed, i)->dist, err);
    if (st == VF_OK)
        vf_freeze_sort(z->items.base, z->items.n);
    return st;
}

enum vf_status vf_env_freeze(const struct vf_env *env, const struct vf_env_freeze *f, struct vf_arena *a,
                             struct vf_frozen *out, struct vf_buf *notes, struct vf_err *err)
{
    struct freezing z = {.env = env, .f = f, .a = a, .notes = notes};
    vf_map_init(&z.seen, a);
    vf_map_init(&z.shown, a);
    vf_map_init(&z.sites, a);
    enum vf_status st = collect(&z, err);
    *out = (struct vf_frozen){z.items.base, z.items.n};
    return st == VF_OK && (notes->failed || a->failed) ? vf_err_nomem(err) : st;
}
