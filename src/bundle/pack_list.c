/* pack_list.c: a bundle from a list, without an environment: every wheel is an original one that lies on the
 * host. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "bundle/pack_parts.h"
#include "fs/spool.h"
#include "packaging/closure.h"

struct listing {
    struct vf_pack *p;
    const struct vf_pack_list *l;
    struct vf_closure_dist *dists;  /* of the bundle, by index */
    struct vf_entry_points *points; /* likewise: their scripts */
    struct vf_err *err;
};

static enum vf_status no_wheel(struct listing *x, const struct vf_install_req *req, struct vf_buf *why)
{
    struct vf_buf words = {0};
    vf_install_req_put(&words, req);
    if (why->n > 0)
        vf_buf_puts(&words, ": ");
    vf_buf_put(&words, vf_buf_slice(why));
    const char *text = vf_buf_cstr(&words);
    enum vf_status st =
        vf_err_set(x->err, VF_INCOMPLETE, 0, "pack", req->file, "no wheel found for %s", text ? text : "");
    vf_buf_release(&words);
    return st;
}

/* The wheel that a want gets: the one that it names, or the best of the stock. */
static enum vf_status choose(struct listing *x, const struct vf_install_req *req, size_t *index)
{
    struct vf_chooser c = {.candidates = x->l->candidates,
                           .target = x->l->target,
                           .pre = x->l->reqs->pre,
                           .require_hashes = x->l->reqs->require_hashes};
    struct vf_buf why = {0};
    enum vf_status local = vf_install_req_check_local(x->l->candidates->host, req, x->err);
    if (local != VF_OK)
        return local;
    if (req->kind == VF_INSTALL_REQ_SOURCE || (req->kind == VF_INSTALL_REQ_WHEEL && !req->local))
        return vf_err_set(x->err, VF_NOT_SUPPORTED, 0, "pack", req->file,
                          "'%.*s' is no wheel on this host: build or fetch it, and name its directory with "
                          "--find-links",
                          (int)(req->line.n < 200 ? req->line.n : 200), req->line.p);
    if (req->kind == VF_INSTALL_REQ_WHEEL) {
        struct vf_candidate_wheel w = {.path = req->location,
                                       .held = {.fd = -1},
                                       .file_name = vf_path_base(req->location),
                                       .origin = VF_ORIGIN_DIRECT};
        return vf_candidates_add(x->l->candidates, &w, index, x->err);
    }
    enum vf_status st = vf_candidates_choose(&c, req, index, &why, x->err);
    if (st == VF_OK && *index == VF_NPOS)
        st = no_wheel(x, req, &why);
    vf_buf_release(&why);
    return st;
}

/* The header as it is, where it holds valid specifiers. */
static struct vf_slice requires_python(struct vf_arena *a, const struct vf_wheel *w)
{
    struct vf_specifiers s;
    struct vf_err err = {0};
    struct vf_slice text = vf_arena_dup(a, w->requires_python);
    bool ok = text.p && vf_specifiers_parse(a, text, &s, &err) == VF_OK;
    vf_err_release(&err);
    return ok ? text : VF_S("");
}

/* Opened, proven to be for the target; its metadata is kept. */
static enum vf_status look(struct listing *x, const struct vf_install_req *req, size_t index,
                           struct vf_bundle_dist *d, struct vf_closure_dist *c)
{
    struct vf_arena *a = &x->p->arena;
    struct vf_open_wheel w = {.fd = -1};
    struct vf_tag tag;
    struct vf_buf tags = {0};
    enum vf_status st = vf_candidates_open(x->l->candidates, index, &w, x->err);
    if (st == VF_OK)
        st = vf_wheel_check_target(w.wheel, &x->l->target->tags, x->l->target->python, x->err);
    if (st == VF_OK) {
        tag = (struct vf_tag){w.wheel->python, w.wheel->abi, w.wheel->platform};
        vf_buf_put(&tags, tag.python);
        vf_buf_putc(&tags, '-');
        vf_buf_put(&tags, tag.abi);
        vf_buf_putc(&tags, '-');
        vf_buf_put(&tags, tag.platform);
        *d = (struct vf_bundle_dist){.name = vf_arena_dup(a, w.wheel->canonical),
                                     .version = vf_arena_dup(a, w.wheel->version),
                                     .wheel = vf_arena_dup(a, w.wheel->file_name),
                                     .tags = vf_arena_dup(a, vf_buf_slice(&tags)),
                                     .requires_python = requires_python(a, w.wheel),
                                     .listed = !vf_slice_eq(w.wheel->canonical, VF_S("pip")),
                                     .requested = !req->not_requested,
                                     .tags_exact = true};
        *c = (struct vf_closure_dist){.name = d->name,
                                      .version = d->version,
                                      .metadata = vf_arena_dup(a, w.wheel->metadata),
                                      .extras = req->extras,
                                      .n_extras = req->n_extras};
        st = vf_script_conflicts_copy_points(&w.wheel->entry_points, a, &x->points[c - x->dists], x->err);
    }
    if (st == VF_OK) {
        st = tags.failed || a->failed ? vf_err_nomem(x->err) : VF_OK;
    }
    vf_buf_release(&tags);
    vf_open_wheel_close(&w);
    return st;
}

static enum vf_status add(struct listing *x, const struct vf_install_req *req)
{
    struct vf_bundle *b = &x->p->bundle;
    size_t index = VF_NPOS, i = b->n_dists;
    bool fits = true;
    enum vf_status st = choose(x, req, &index);
    if (st == VF_OK && req->hashed)
        st = vf_candidates_has_hash(x->l->candidates, index, req->hashes, req->n_hashes, &fits, x->err);
    if (st == VF_OK && !fits)
        st = vf_install_req_error(x->err, VF_INCOMPATIBLE, "pack", req,
                                  "its wheel has none of the hashes that the list names");
    if (st == VF_OK)
        st = vf_candidates_check_size(x->l->candidates, index, req, x->err);
    if (st == VF_OK)
        st = look(x, req, index, &b->dists[i], &x->dists[i]);
    if (st != VF_OK)
        return st;
    struct vf_zip_source *file = &x->p->wheels[i].file;
    *file = (struct vf_zip_source){.fd = -1, .label = b->dists[i].wheel};
    st = vf_file_open(VF_VEC_AT(const struct vf_candidate_wheel, &x->l->candidates->wheels, index)->path,
                      &file->fd, &file->size, x->err);
    if (st != VF_OK)
        return st;
    x->p->wheels[i].original = true; /* from here on the pack closes it */
    b->n_dists++;
    return vf_pack_file_sum(file, &b->dists[i].sum, x->err);
}

static enum vf_status closure(struct listing *x)
{
    struct vf_gap *gaps;
    size_t n;
    struct vf_buf words = {0};
    enum vf_status st = vf_closure_check(&x->p->arena, x->dists, x->p->bundle.n_dists, &x->l->target->markers,
                                         &gaps, &n, x->err);
    if (st != VF_OK || n == 0)
        return st;
    for (size_t i = 0; i < n; i++) {
        vf_buf_puts(&words, i ? "; " : "");
        vf_gap_put(&words, x->dists, &gaps[i]);
    }
    const char *text = vf_buf_cstr(&words);
    st = vf_err_set(x->err, VF_INCOMPLETE, 0, "pack", VF_S(""), "the list is not complete: %s",
                    text ? text : "");
    vf_buf_release(&words);
    return st;
}

/* By name; the three arrays are kept in step. */
static void sort(struct listing *x)
{
    struct vf_bundle *b = &x->p->bundle;
    for (size_t i = 1; i < b->n_dists; i++)
        for (size_t k = i; k > 0 && vf_slice_cmp(b->dists[k - 1].name, b->dists[k].name) > 0; k--) {
            struct vf_bundle_dist d = b->dists[k];
            struct vf_pack_wheel w = x->p->wheels[k];
            struct vf_closure_dist c = x->dists[k];
            b->dists[k] = b->dists[k - 1];
            b->dists[k - 1] = d;
            x->p->wheels[k] = x->p->wheels[k - 1];
            x->p->wheels[k - 1] = w;
            x->dists[k] = x->dists[k - 1];
            x->dists[k - 1] = c;
        }
}

/* Before they are sorted: the claimants get an order of their own. */
static int by_claimant(const void *x, const void *y)
{
    const struct vf_script_provider *a = x, *b = y;
    return vf_slice_cmp(a->name, b->name);
}

static enum vf_status settle_scripts(struct listing *x)
{
    size_t n = x->p->bundle.n_dists;
    struct vf_script_provider *c = vf_arena_array(&x->p->arena, n + 1, sizeof *c);
    if (!c)
        return vf_err_nomem(x->err);
    for (size_t i = 0; i < n; i++)
        c[i] = (struct vf_script_provider){x->dists[i].name, &x->points[i], x->dists[i].metadata};
    qsort(c, n, sizeof *c, by_claimant);
    sort(x);
    return vf_pack_resolve_scripts(x->p, c, n, NULL, x->err);
}

/* The newest pip at hand, where the list does not name one. */
static enum vf_status add_pip(struct listing *x)
{
    struct vf_install_req pip = {
        .kind = VF_INSTALL_REQ_NAMED, .name = VF_S("pip"), .line = VF_S("pip"), .not_requested = true};
    struct vf_chooser c = {.candidates = x->l->candidates, .target = x->l->target};
    size_t index = VF_NPOS;
    for (size_t i = 0; i < x->p->bundle.n_dists; i++)
        if (vf_slice_eq(x->p->bundle.dists[i].name, VF_S("pip")))
            return VF_OK;
    enum vf_status st = vf_candidates_choose(&c, &pip, &index, NULL, x->err);
    if (st == VF_OK && index != VF_NPOS)
        return add(x, &pip);
    if (st == VF_OK)
        vf_buf_puts(&x->p->notes, "pip: no wheel of it was found, so hosts that install this bundle need "
                                  "their own\n");
    return st;
}

static enum vf_status fill(struct listing *x)
{
    struct vf_pack *p = x->p;
    size_t n = x->l->reqs->v.n;
    enum vf_status st = VF_OK;
    p->bundle.dists = vf_arena_array(&p->arena, n + 2, sizeof *p->bundle.dists);
    p->wheels = vf_arena_array(&p->arena, n + 2, sizeof *p->wheels);
    x->dists = vf_arena_array(&p->arena, n + 2, sizeof *x->dists);
    x->points = vf_arena_array(&p->arena, n + 2, sizeof *x->points);
    if (!p->bundle.dists || !p->wheels || !x->dists || !x->points)
        return vf_err_nomem(x->err);
    for (size_t i = 0; i < n && st == VF_OK; i++)
        st = add(x, VF_INSTALL_REQ_AT(x->l->reqs, i));
    if (st == VF_OK)
        st = closure(x);
    if (st == VF_OK)
        st = add_pip(x);
    return st == VF_OK ? settle_scripts(x) : st;
}

enum vf_status vf_pack_plan_list(const struct vf_pack_list *list, int64_t epoch, struct vf_pack **out,
                                 struct vf_err *err)
{
    struct vf_pack *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p)
        return vf_err_nomem(err);
    vf_arena_init(&p->arena);
    p->epoch = epoch;
    p->bundle.platform = vf_arena_dup(&p->arena, list->platform);
    struct listing x = {.p = p, .l = list, .err = err};
    enum vf_status st = fill(&x);
    if (st == VF_OK)
        st = vf_pack_describe(p, list->target->target.python == VF_TARGET_PYPY, list->target->target.minor,
                              err);
    if (st == VF_OK)
        *out = p;
    else
        vf_pack_free(p);
    return st;
}
