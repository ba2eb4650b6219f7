/* anew_pick.c: a wheel for every want: from the bundle and --find-links, else from the caches, else fetched;
 * then the closure of all of them. */
#include "base/digest.h"
#include "packaging/name.h"
#include "packaging/url.h"
#include "verbs/recreate/recreate.h"
#include "wheel/unpacked.h"

static struct vf_install_req *req(struct vf_recreate *a, size_t i)
{
    return VF_INSTALL_REQ_AT(&a->reqs, i);
}

enum vf_status vf_recreate_stage(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    if (a->staging || (c->o->dry_run && !a->rehearse))
        return VF_OK;
    enum vf_status st = vf_staging_begin(c->to, &a->staging, &c->s.err);
    if (st == VF_OK)
        st = vf_change_begin_replace(c, a->staging);
    if (st != VF_OK)
        return st;
    a->root = vf_staging_path(a->staging);
    return vf_staging_scratch(a->staging, &a->scratch, &c->s.err);
}

/* ---- what is at hand ---- */

static bool is_url(struct vf_slice s)
{
    return vf_slice_find(s, VF_S("://"), 0) != VF_NPOS;
}

static enum vf_status add_links(struct vf_recreate *a, struct vf_slice value, bool from_list)
{
    struct vf_change *c = a->c;
    struct vf_slice path = {NULL, 0};
    if (vf_url_file_path(c->s.a, value, &path))
        value = path;
    else if (!is_url(value))
        value = vf_recreate_abs(a, value);
    struct vf_slice *kept = value.p ? vf_vec_push(c->s.a, &a->links, sizeof *kept) : NULL;
    if (!kept)
        return vf_err_nomem(&c->s.err);
    *kept = value;
    if (is_url(value))
        return VF_OK;
    enum vf_kind kind;
    enum vf_status st = vf_host_stat(c->s.host, value, &kind, &c->s.err);
    if (st != VF_OK)
        return st;
    if (from_list && kind != VF_KIND_DIR)
        return VF_OK; /* as with pip */
    return vf_candidates_add_dir(&a->candidates, value, VF_ORIGIN_LINKS, &c->s.err);
}

static enum vf_status add_bundle(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    enum vf_status st = VF_OK;
    for (size_t i = 0; a->bundle && i < a->bundle->bundle.n_dists && st == VF_OK; i++) {
        const struct vf_bundle_dist *d = &a->bundle->bundle.dists[i];
        struct vf_candidate_wheel w = {.held = a->bundle->wheels[i],
                                       .file_name = d->wheel,
                                       .origin = VF_ORIGIN_BUNDLE,
                                       .has_sha256 = true};
        for (size_t k = 0; k < sizeof w.sha256; k++)
            w.sha256[k] = d->sum.sha256[k];
        st = vf_candidates_add(&a->candidates, &w, NULL, &c->s.err);
    }
    return st;
}

static enum vf_status stock_up(struct vf_recreate *a)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < a->o->n_find_links && st == VF_OK; i++)
        st = add_links(a, vf_slice_of(a->o->find_links[i]), false);
    for (size_t i = 0; i < a->reqs.find_links.n && st == VF_OK; i++)
        st = add_links(a, *VF_VEC_AT(struct vf_slice, &a->reqs.find_links, i), true);
    return st == VF_OK ? add_bundle(a) : st;
}

/* ---- choosing ---- */

static struct vf_chooser chooser(struct vf_recreate *a)
{
    return (struct vf_chooser){.candidates = &a->candidates,
                               .target = &a->query,
                               .pre = a->reqs.pre,
                               .require_hashes = a->o->require_hashes || a->reqs.require_hashes};
}

static enum vf_status choose(struct vf_recreate *a, size_t i, struct vf_buf *why)
{
    struct vf_chooser ch = chooser(a);
    return vf_candidates_choose(&ch, req(a, i), &a->selections[i].candidates, why, &a->c->s.err);
}

/* Where the lock file itself says that the wheel is. */
static enum vf_status choose_file(struct vf_recreate *a, size_t i)
{
    struct vf_slice path = req(a, i)->location;
    struct vf_candidate_wheel file = {
        .path = path, .file_name = vf_path_base(path), .origin = VF_ORIGIN_DIRECT};
    enum vf_status st = vf_candidates_add(&a->candidates, &file, NULL, &a->c->s.err);
    return st == VF_OK ? choose(a, i, NULL) : st;
}

/* Nothing at hand, and nothing that the real run would fetch or build. */
static bool is_missing(const struct vf_recreate *a, size_t i)
{
    const struct vf_selection *p = &a->selections[i];
    return p->candidates == VF_NPOS && !p->metadata.p && !p->later;
}

static enum vf_status choose_all(struct vf_recreate *a, size_t *missing)
{
    enum vf_status st = VF_OK;
    *missing = 0;
    for (size_t i = 0; i < a->reqs.v.n && st == VF_OK; i++) {
        const struct vf_install_req *w = req(a, i);
        if (a->selections[i].metadata.p)
            continue; /* dry run: it comes from the environment itself */
        if (a->selections[i].candidates == VF_NPOS && w->kind == VF_INSTALL_REQ_NAMED)
            st = choose(a, i, NULL);
        bool file_of_lock = w->kind == VF_INSTALL_REQ_NAMED && w->local && w->location.n &&
                            vf_host_kind(a->c->s.host, w->location, NULL) == VF_KIND_FILE;
        if (st == VF_OK && a->selections[i].candidates == VF_NPOS && file_of_lock)
            st = choose_file(a, i);
        if (st == VF_OK && a->selections[i].candidates == VF_NPOS && w->kind == VF_INSTALL_REQ_WHEEL &&
            w->local) {
            struct vf_candidate_wheel file = {
                .path = w->location, .file_name = vf_path_base(w->location), .origin = VF_ORIGIN_DIRECT};
            st = vf_candidates_add(&a->candidates, &file, &a->selections[i].candidates, &a->c->s.err);
        }
        *missing += is_missing(a, i);
    }
    return st;
}

static enum vf_status from_caches(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_map names;
    enum vf_status st = VF_OK;
    vf_map_init(&names, c->s.a);
    for (size_t i = 0; i < a->reqs.v.n; i++)
        if (a->selections[i].candidates == VF_NPOS && req(a, i)->kind == VF_INSTALL_REQ_NAMED &&
            !vf_map_put(&names, req(a, i)->name, i))
            return vf_err_nomem(&c->s.err);
    if (!names.n)
        return VF_OK;
    if (a->o->pip_cache)
        st = vf_cache_add_pip(&a->candidates, vf_recreate_abs(a, vf_slice_of(a->o->pip_cache)), &names,
                              &c->s.err);
    if (st == VF_OK && a->o->uv_cache && a->scratch.n)
        st = vf_unpacked_add_uv(&a->candidates, vf_recreate_abs(a, vf_slice_of(a->o->uv_cache)), &names,
                                a->scratch, VF_ORIGIN_CACHE, &c->s.err);
    return st;
}

/* The others that are missing, by name. */
static void put_others(struct vf_recreate *a, size_t first, struct vf_buf *out)
{
    size_t n = 0;
    for (size_t i = first + 1; i < a->reqs.v.n; i++)
        n += is_missing(a, i);
    if (!n)
        return;
    vf_buf_printf(out, ", nor of %zu more (", n);
    size_t reported = 0;
    for (size_t i = first + 1; i < a->reqs.v.n && reported < 6; i++) {
        if (!is_missing(a, i))
            continue;
        vf_buf_puts(out, reported++ ? " " : "");
        vf_buf_put(out, req(a, i)->line);
    }
    vf_buf_puts(out, n > reported ? " ...)" : ")");
}

/* What is missing, and about the first of it why. */
static enum vf_status incomplete(struct vf_recreate *a, enum vf_status code)
{
    struct vf_buf text = {0}, why = {0}, more = {0};
    size_t first = 0;
    enum vf_status st = VF_OK;
    while (!is_missing(a, first))
        first++;
    if (req(a, first)->kind == VF_INSTALL_REQ_NAMED)
        st = choose(a, first, &why);
    vf_install_req_put(&text, req(a, first));
    put_others(a, first, &more);
    struct vf_slice refused = a->selections[first].refused, reported = vf_buf_slice(&why),
                    others = vf_buf_slice(&more);
    if (st == VF_OK)
        st = vf_err_set(&a->c->s.err, code, 0, "find", vf_buf_slice(&text),
                        "no wheel found for it%.*s%s%.*s%s%.*s", (int)(others.n < 200 ? others.n : 200),
                        others.p ? others.p : "", reported.n ? ": " : "",
                        (int)(reported.n < 250 ? reported.n : 250), reported.p ? reported.p : "",
                        refused.n ? "; the environment's own cannot be taken: " : "",
                        (int)(refused.n < 120 ? refused.n : 120), refused.p ? refused.p : "");
    vf_buf_release(&text);
    vf_buf_release(&why);
    vf_buf_release(&more);
    return st;
}

static enum vf_status fetch(struct vf_recreate *a, size_t missing)
{
    struct vf_change *c = a->c;
    struct vf_slice *extra = vf_arena_array(c->s.a, a->o->n_extra_index_urls + 1, sizeof *extra);
    size_t *which = vf_arena_array(c->s.a, missing + 1, sizeof *which), n = 0;
    size_t *made = vf_arena_array(c->s.a, missing + 1, sizeof *made);
    bool *later = vf_arena_array(c->s.a, missing + 1, sizeof *later);
    if (!extra || !which || !made || !later)
        return vf_err_nomem(&c->s.err);
    for (size_t i = 0; i < a->o->n_extra_index_urls; i++)
        extra[i] = vf_slice_of(a->o->extra_index_urls[i]);
    for (size_t i = 0; i < a->reqs.v.n; i++)
        if (a->selections[i].candidates == VF_NPOS)
            which[n++] = i;
    struct vf_fetch f = {.target = &a->query,
                         .candidates = &a->candidates,
                         .reqs = &a->reqs,
                         .scratch = a->scratch,
                         .environ = a->o->environ,
                         .path = a->path.base,
                         .n_path = a->path.n,
                         .index_url = a->o->index_url ? vf_slice_of(a->o->index_url) : VF_S(""),
                         .extra_index_urls = extra,
                         .n_extra_index_urls = a->o->n_extra_index_urls,
                         .links = a->links.base,
                         .n_links = a->links.n,
                         .offline = a->o->offline || a->reqs.no_index,
                         .build = a->o->build,
                         .dry_run = c->o->dry_run,
                         .later = later,
                         .hooks = &c->s.hooks,
                         .a = c->s.a};
    enum vf_status st = vf_fetch(&f, which, n, made, &c->s.err);
    for (size_t i = 0; i < n && st == VF_OK; i++)
        a->selections[which[i]].candidates = made[i];
    for (size_t i = 0; i < n && st == VF_OK && f.dry_run; i++)
        a->selections[which[i]].later = f.later[i];
    return st;
}

/* ---- proving what was picked ---- */

/* A wheel that the want itself names (a path, a URL, a source) was not chosen by tags, hash and Python: it is
 * asked now. */
static enum vf_status check_direct(struct vf_recreate *a, size_t i)
{
    struct vf_change *c = a->c;
    const struct vf_install_req *w = req(a, i);
    struct vf_selection *p = &a->selections[i];
    bool proven = VF_VEC_AT(struct vf_candidate_wheel, &a->candidates.wheels, p->candidates)->proven;
    bool yes = true, required = a->o->require_hashes || a->reqs.require_hashes;
    if (required && !w->hashed)
        return vf_install_req_error(&c->s.err, VF_BAD_LIST, "choose", w,
                                    "it has no --hash, and hashes are required");
    enum vf_status st = vf_wheel_check_target(p->open.wheel, &a->query.tags, a->query.python, &c->s.err);
    if (st == VF_OK && w->hashed && !proven)
        st = vf_candidates_has_hash(&a->candidates, p->candidates, w->hashes, w->n_hashes, &yes, &c->s.err);
    if (st == VF_OK && !yes)
        st = vf_install_req_error(&c->s.err, VF_INCOMPATIBLE, "choose", w,
                                  "the file does not have a hash of the list");
    return st;
}

static enum vf_status right_project(struct vf_recreate *a, size_t i)
{
    struct vf_install_req *w = req(a, i);
    const struct vf_wheel *wheel = a->selections[i].open.wheel;
    bool in = true;
    enum vf_status st = VF_OK;
    if (!w->name.n)
        w->name = wheel->canonical;
    if (!vf_slice_eq(w->name, wheel->canonical))
        return vf_install_req_error(&a->c->s.err, VF_BAD_LIST, "choose", w, "the file is '%.*s'",
                                    (int)(wheel->file_name.n < 200 ? wheel->file_name.n : 200),
                                    wheel->file_name.p);
    if (w->versions.n)
        st = vf_specifiers_contains_text(a->c->s.a, &w->versions, wheel->version, &in, &a->c->s.err);
    return st != VF_OK || in
               ? st
               : vf_install_req_error(&a->c->s.err, VF_INCOMPATIBLE, "choose", w, "the wheel is version %.*s",
                                      (int)(wheel->version.n < 100 ? wheel->version.n : 100),
                                      wheel->version.p);
}

/* The archive and each wheel have a limit of their own (archive/unpack.h, archive/zip.h); together they would
 * allow its square. */
static enum vf_status no_bomb(struct vf_recreate *a, const struct vf_wheel *w)
{
    enum { RATIO_MAX = 200, FREE_BYTES = 16 << 20 };
    a->unpacked += w->bytes;
    if (a->kind != VF_RECREATE_BUNDLE || a->unpacked <= FREE_BYTES ||
        (a->unpacked - FREE_BYTES) / RATIO_MAX <= a->bundle_size)
        return VF_OK;
    return vf_err_set(&a->c->s.err, VF_BAD_ARCHIVE, 0, "read", a->c->from,
                      "its wheels hold much more than any honest file of this size");
}

enum vf_status vf_recreate_open_selection(struct vf_recreate *a, size_t i)
{
    struct vf_change *c = a->c;
    struct vf_selection *p = &a->selections[i];
    if (vf_hooks_cancelled(&c->s.hooks))
        return vf_err_set(&c->s.err, VF_INTERRUPTED, 0, "choose", c->to, "nothing was made");
    enum vf_status st = vf_candidates_open(&a->candidates, p->candidates, &p->open, &c->s.err);
    if (st == VF_OK && req(a, i)->kind != VF_INSTALL_REQ_NAMED)
        st = check_direct(a, i);
    if (st == VF_OK)
        st = vf_candidates_check_size(&a->candidates, p->candidates, req(a, i), &c->s.err);
    if (st == VF_OK)
        st = right_project(a, i);
    if (st == VF_OK)
        st = no_bomb(a, p->open.wheel);
    if (st != VF_OK)
        return st;
    p->version = p->open.wheel->version;
    p->metadata = p->open.wheel->metadata;
    return VF_OK;
}

static enum vf_status open_all(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_map names;
    size_t before;
    enum vf_status st = VF_OK;
    vf_map_init(&names, c->s.a);
    for (size_t i = 0; i < a->reqs.v.n && st == VF_OK; i++) {
        if (a->selections[i].candidates == VF_NPOS)
            continue; /* dry run */
        st = vf_recreate_open_selection(a, i);
        if (st != VF_OK)
            break;
        if (vf_map_get(&names, req(a, i)->name, &before))
            st = vf_install_req_error(&c->s.err, VF_BAD_LIST, "choose", req(a, i),
                                      "the list names this project twice");
        else if (!vf_map_put(&names, req(a, i)->name, i))
            st = vf_err_nomem(&c->s.err);
    }
    return st;
}

static enum vf_status no_binary(struct vf_recreate *a)
{
    if (!a->reqs.no_binary.n || a->o->build)
        return VF_OK;
    struct vf_slice of = *VF_VEC_AT(struct vf_slice, &a->reqs.no_binary, 0);
    return vf_err_set(&a->c->s.err, VF_NOT_SUPPORTED, 0, "choose", of,
                      "the list says --no-binary: only with --build");
}

enum vf_status vf_recreate_begin_selections(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    a->selections = vf_arena_array(c->s.a, a->reqs.v.n + 1, sizeof *a->selections);
    if (!a->selections)
        return vf_err_nomem(&c->s.err);
    for (size_t i = 0; i < a->reqs.v.n; i++)
        a->selections[i] = (struct vf_selection){.candidates = VF_NPOS, .open = {.fd = -1}};
    vf_candidates_init(&a->candidates, c->s.a, c->s.host);
    return VF_OK;
}

/* The caches, then pip or uv. Without network a dry run does the same, since uv's cache can be asked only by
 * packing what it holds: in a staging directory, which goes again. */
static enum vf_status look_further(struct vf_recreate *a, size_t *missing)
{
    a->rehearse = a->c->o->dry_run && (a->o->offline || a->reqs.no_index);
    enum vf_status st = a->o->uv_cache ? vf_recreate_stage(a) : VF_OK;
    if (st == VF_OK)
        st = from_caches(a);
    if (st == VF_OK)
        st = choose_all(a, missing);
    if (st == VF_OK && *missing)
        st = fetch(a, *missing);
    return st == VF_OK && *missing ? choose_all(a, missing) : st;
}

enum vf_status vf_recreate_select(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    size_t missing = 0;
    enum vf_status st = vf_recreate_begin_selections(a);
    if (st == VF_OK)
        st = no_binary(a);
    for (size_t i = 0; i < a->reqs.v.n && st == VF_OK; i++)
        st = vf_install_req_check_local(c->s.host, req(a, i), &c->s.err);
    if (st == VF_OK)
        st = vf_recreate_stage(a);
    if (st == VF_OK)
        st = stock_up(a);
    if (st == VF_OK && a->kind == VF_RECREATE_ENV)
        st = vf_recreate_env_wheels(a);
    if (st == VF_OK)
        st = choose_all(a, &missing);
    if (st == VF_OK && missing && a->kind != VF_RECREATE_BUNDLE)
        st = look_further(a, &missing);
    if (st == VF_OK && missing)
        st = incomplete(a, a->kind == VF_RECREATE_BUNDLE ? VF_INCOMPATIBLE : VF_INCOMPLETE);
    return st == VF_OK ? open_all(a) : st;
}
