/* want.c: lines of a requirement list become wants. */
#include "wheel/install_req.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "packaging/name.h"
#include "packaging/url.h"
#include "wheel/install_req_location.h"

struct reading {
    struct vf_arena *a;
    const struct vf_reqlist *list;
    const struct vf_marker_env *env;
    struct vf_slice cwd;
    struct vf_install_reqs *out;
    struct vf_map by_name; /* canonical -> index */
    struct vf_err *err;
};

void vf_install_req_put(struct vf_buf *out, const struct vf_install_req *w)
{
    vf_buf_put(out, w->line);
    if (!w->file.n)
        return;
    vf_buf_puts(out, " (");
    vf_buf_put(out, w->file);
    if (w->at) {
        vf_buf_putc(out, ':');
        vf_buf_put_u64(out, w->at);
    }
    vf_buf_putc(out, ')');
}

enum vf_status vf_install_req_error(struct vf_err *err, enum vf_status code, const char *op,
                                    const struct vf_install_req *req, const char *fmt, ...)
{
    char why[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    if (!req->file.n)
        return vf_err_set(err, code, 0, op, req->line, "%s", why);
    return vf_err_set(err, code, 0, op, req->file, "line %u: '%.*s': %s", req->at,
                      (int)(req->line.n < 120 ? req->line.n : 120), req->line.p, why);
}

/* The line as it may be shown: without the secret of its URL. */
static struct vf_slice shown(struct vf_arena *a, const struct vf_list_item *it)
{
    struct vf_buf b = {0};
    size_t at = vf_url_has_secret(it->location) ? vf_slice_find(it->text, it->location, 0) : VF_NPOS;
    if (at == VF_NPOS)
        return vf_url_has_secret(it->location) ? it->req.name : it->text;
    vf_buf_put(&b, vf_slice_sub(it->text, 0, at));
    vf_url_redact_put(&b, it->location);
    vf_buf_put(&b, vf_slice_from(it->text, at + it->location.n));
    struct vf_slice out = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out.p ? out : it->req.name;
}

static enum vf_status bad(struct reading *r, const struct vf_list_item *it, enum vf_status st,
                          const char *why)
{
    struct vf_slice text = shown(r->a, it);
    return vf_err_set(r->err, st, 0, "read", it->file, "line %u: '%.*s': %s", it->line,
                      (int)(text.n < 200 ? text.n : 200), text.p, why);
}

/* ---- merging ---- */

static bool merge_versions(struct vf_arena *a, struct vf_specifiers *into, const struct vf_specifiers *more)
{
    struct vf_specifier *v = vf_arena_array(a, into->n + more->n + 1, sizeof *v);
    if (!v)
        return false;
    if (into->n)
        memcpy(v, into->v, into->n * sizeof *v);
    if (more->n)
        memcpy(v + into->n, more->v, more->n * sizeof *v);
    into->v = v;
    into->n += more->n;
    return true;
}

static bool merge_extras(struct vf_arena *a, struct vf_install_req *w, const struct vf_requirement *r)
{
    struct vf_slice *v = vf_arena_array(a, w->n_extras + r->n_extras + 1, sizeof *v);
    if (!v)
        return false;
    if (w->n_extras)
        memcpy(v, w->extras, w->n_extras * sizeof *v);
    for (size_t i = 0; i < r->n_extras; i++)
        v[w->n_extras++] = r->extras[i];
    w->extras = v;
    return true;
}

/* Two lines with hashes: only what both name is left, as pip has it. */
static bool merge_hashes(struct vf_arena *a, struct vf_install_req *w, const struct vf_direct_hash *h,
                         size_t n)
{
    if (!n)
        return true;
    struct vf_direct_hash *v = vf_arena_array(a, n + 1, sizeof *v);
    size_t kept = 0;
    if (!v)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool both = !w->hashed;
        for (size_t k = 0; k < w->n_hashes && !both; k++)
            both =
                vf_slice_eq(w->hashes[k].alg, h[i].alg) && vf_slice_eq_nocase(w->hashes[k].value, h[i].value);
        if (both)
            v[kept++] = h[i];
    }
    w->hashes = v;
    w->n_hashes = kept;
    w->hashed = true;
    return true;
}

static bool merge(struct vf_arena *a, struct vf_install_req *w, const struct vf_list_item *it)
{
    return merge_versions(a, &w->versions, &it->req.specifiers) && merge_extras(a, w, &it->req) &&
           merge_hashes(a, w, it->hashes, it->n_hashes);
}

/* ---- one line ---- */

static enum vf_status wanted(struct reading *r, const struct vf_list_item *it, bool *out)
{
    struct vf_marker_env env = *r->env;
    env.has_extra = true;
    env.extra = VF_S("");
    *out = true;
    if (!it->req.has_marker)
        return VF_OK;
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_marker_eval(&it->req.marker, &env, r->a, out, &why);
    if (st == VF_MALFORMED)
        st = bad(r, it, VF_BAD_LIST, why.detail);
    else if (st != VF_OK)
        st = vf_err_nomem(r->err);
    vf_err_release(&why);
    return st;
}

static enum vf_status add_line(struct reading *r, const struct vf_list_item *it)
{
    struct vf_slice name = it->req.name.n ? vf_name_canonical(r->a, it->req.name) : VF_S("");
    size_t before;
    if (!name.p)
        return vf_err_nomem(r->err);
    if (name.n && vf_map_get(&r->by_name, name, &before)) {
        struct vf_install_req *w = VF_INSTALL_REQ_AT(r->out, before);
        if (it->source != VF_LIST_NAMED && !vf_install_req_same_location(r->a, w, it, r->cwd))
            return bad(r, it, VF_BAD_LIST, "the list names two locations for this project");
        return merge(r->a, w, it) ? VF_OK : vf_err_nomem(r->err);
    }
    struct vf_install_req *w = vf_vec_push(r->a, &r->out->v, sizeof *w);
    if (!w || (name.n && !vf_map_put(&r->by_name, name, r->out->v.n - 1)))
        return vf_err_nomem(r->err);
    *w = (struct vf_install_req){.name = name, .line = shown(r->a, it), .file = it->file, .at = it->line};
    if (!merge(r->a, w, it))
        return vf_err_nomem(r->err);
    return vf_install_req_set_location(r->a, w, it, r->cwd, r->err);
}

static enum vf_status take_line(struct reading *r, const struct vf_list_item *it)
{
    bool yes;
    if (it->kind == VF_LIST_EDITABLE)
        return bad(
            r, it, VF_NOT_SUPPORTED,
            "an editable is installed by its project's own tool: leave it out here, then `NEW/bin/python -m "
            "pip install --no-deps -e DIRECTORY`");
    if (it->has_config_settings)
        return bad(r, it, VF_NOT_SUPPORTED,
                   "--config-settings is for a build of one's own: build the wheel, then name it here");
    enum vf_status st = wanted(r, it, &yes);
    if (st != VF_OK)
        return st;
    if (yes)
        return add_line(r, it);
    struct vf_slice *s = vf_vec_push(r->a, &r->out->skipped, sizeof *s);
    if (!s)
        return vf_err_nomem(r->err);
    *s = it->text;
    return VF_OK;
}

static enum vf_status take_constraint(struct reading *r, const struct vf_list_item *it)
{
    bool yes;
    size_t i;
    struct vf_slice name = vf_name_canonical(r->a, it->req.name);
    if (!name.p)
        return vf_err_nomem(r->err);
    enum vf_status st = wanted(r, it, &yes);
    if (st != VF_OK || !yes || !vf_map_get(&r->by_name, name, &i))
        return st;
    struct vf_install_req *w = VF_INSTALL_REQ_AT(r->out, i);
    if (!merge(r->a, w, it))
        return vf_err_nomem(r->err);
    return it->source == VF_LIST_NAMED ? VF_OK : vf_install_req_set_location(r->a, w, it, r->cwd, r->err);
}

/* ---- options ---- */

static enum vf_status keep(struct reading *r, struct vf_vec *v, struct vf_slice s)
{
    struct vf_slice *one = vf_vec_push(r->a, v, sizeof *one);
    if (!one)
        return vf_err_nomem(r->err);
    *one = s;
    return VF_OK;
}

static enum vf_status take_option(struct reading *r, const struct vf_list_item *it)
{
    struct vf_install_reqs *o = r->out;
    switch (it->option) {
    case VF_LISTOPT_INDEX_URL:
    case VF_LISTOPT_PYPI_URL:
        o->index_url = it->value;
        return VF_OK;
    case VF_LISTOPT_EXTRA_INDEX_URL:
        return keep(r, &o->extra_index_urls, it->value);
    case VF_LISTOPT_NO_INDEX:
        o->no_index = true;
        return VF_OK;
    case VF_LISTOPT_FIND_LINKS:
        return keep(r, &o->find_links, vf_install_req_links_location(r->a, it->value, it->file, r->cwd));
    case VF_LISTOPT_NO_BINARY:
        return keep(r, &o->no_binary, it->value);
    case VF_LISTOPT_REQUIRE_HASHES:
        o->require_hashes = true;
        return VF_OK;
    case VF_LISTOPT_NO_REQUIRE_HASHES:
        o->require_hashes = false;
        return VF_OK;
    case VF_LISTOPT_PRE:
        o->pre = true;
        return VF_OK;
    case VF_LISTOPT_TRUSTED_HOST:
        return keep(r, &o->trusted_hosts, it->value);
    case VF_LISTOPT_ALL_RELEASES:
    case VF_LISTOPT_ONLY_FINAL:
        return bad(r, it, VF_NOT_SUPPORTED,
                   "this option is not understood here: say `--pre`, or name the versions");
    case VF_LISTOPT_ONLY_BINARY:
    case VF_LISTOPT_PREFER_BINARY:
    case VF_LISTOPT_USE_FEATURE:
    case VF_LISTOPT_REQUIREMENT: /* read by the reader of lists */
    case VF_LISTOPT_CONSTRAINT:
    case VF_LISTOPT_EDITABLE:
    case VF_LISTOPT_HASH:
    case VF_LISTOPT_CONFIG_SETTINGS:
        return VF_OK;
    }
    return VF_OK;
}

/* pip's rule: one hash in the list demands one of every requirement. */
static enum vf_status all_hashed(struct reading *r)
{
    for (size_t i = 0; i < r->out->v.n && r->out->require_hashes; i++) {
        const struct vf_install_req *w = VF_INSTALL_REQ_AT(r->out, i);
        if (!w->hashed)
            return vf_install_req_error(r->err, VF_BAD_LIST, "read", w,
                                        "it has no --hash, and %s; add its hash (`pip hash WHEEL` "
                                        "prints it)",
                                        r->list->any_hash
                                            ? "another requirement of the list has one, so that "
                                              "each of them must have one"
                                            : "the list says --require-hashes");
    }
    return VF_OK;
}

enum vf_status vf_install_reqs_from_list(struct vf_arena *a, const struct vf_reqlist *list,
                                         const struct vf_marker_env *env, struct vf_slice cwd,
                                         struct vf_install_reqs *out, struct vf_err *err)
{
    struct reading r = {.a = a, .list = list, .env = env, .cwd = cwd, .out = out, .err = err};
    enum vf_status st = VF_OK;
    *out = (struct vf_install_reqs){.require_hashes = list->any_hash};
    vf_map_init(&r.by_name, a);
    for (size_t i = 0; i < list->n && st == VF_OK; i++) {
        const struct vf_list_item *it = &list->items[i];
        if (it->kind == VF_LIST_OPTION)
            st = take_option(&r, it);
        else if (!it->constraint)
            st = take_line(&r, it);
    }
    for (size_t i = 0; i < list->n && st == VF_OK; i++)
        if (list->items[i].constraint && list->items[i].kind == VF_LIST_REQUIREMENT &&
            list->items[i].req.name.n)
            st = take_constraint(&r, &list->items[i]);
    return st == VF_OK ? all_hashed(&r) : st;
}

enum vf_status vf_install_reqs_pin(struct vf_arena *a, struct vf_install_reqs *w, struct vf_slice name,
                                   struct vf_slice version, struct vf_slice direct_url,
                                   struct vf_install_req **out, struct vf_err *err)
{
    struct vf_install_req *v = vf_vec_push(a, &w->v, sizeof *v);
    struct vf_slice canonical = vf_name_canonical(a, name);
    struct vf_version parsed;
    struct vf_err ignored;
    vf_err_init(&ignored);
    bool legacy = vf_version_parse(a, version, &parsed, &ignored) != VF_OK;
    vf_err_release(&ignored);
    struct vf_slice pin = vf_arena_concat(a, legacy ? VF_S("===") : VF_S("=="), version, VF_S(""));
    if (!v || !canonical.p || !pin.p)
        return vf_err_nomem(err);
    *v = (struct vf_install_req){
        .name = canonical, .line = vf_arena_concat(a, name, pin, VF_S("")), .direct_url = direct_url};
    if (out)
        *out = v;
    return v->line.p ? vf_specifiers_parse(a, pin, &v->versions, err) : vf_err_nomem(err);
}
