/* want_place.c: paths and URLs of requirements (PEP 508 direct references, PEP 610; docs/formats.md 4.4). */
#include "wheel/install_req_location.h"

#include "base/escape.h"
#include "base/path.h"
#include "packaging/text.h"
#include "packaging/url.h"

struct vf_slice vf_install_req_abs(struct vf_arena *a, struct vf_slice base, struct vf_slice path)
{
    struct vf_slice joined = vf_path_join(a, base, path);
    return joined.p ? vf_path_clean_dup(a, joined) : joined;
}

struct vf_slice vf_install_req_links_location(struct vf_arena *a, struct vf_slice value, struct vf_slice list,
                                              struct vf_slice cwd)
{
    struct vf_slice path = {NULL, 0};
    if (vf_url_file_path(a, value, &path))
        return path;
    if (vf_slice_find(value, VF_S("://"), 0) != VF_NPOS)
        return value;
    return vf_install_req_abs(a, vf_install_req_abs(a, cwd, vf_path_dir(list)), value);
}

struct vf_slice vf_install_req_file_name(struct vf_arena *a, struct vf_slice location, bool local)
{
    if (local)
        return vf_path_base(location);
    struct vf_slice path = vf_url_split(location).path;
    struct vf_buf b = {0};
    vf_percent_decode(&b, vf_slice_from(path, vf_slice_rfind_byte(path, '/') + 1));
    struct vf_slice out = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out;
}

static bool is_vcs(struct vf_slice url)
{
    return vf_slice_find_byte(vf_url_split(url).scheme, '+', 0) != VF_NPOS;
}

static struct vf_slice without_fragment(struct vf_slice url)
{
    return vf_slice_sub(url, 0, vf_slice_find_byte(url, '#', 0));
}

/* `#sha256=...` of a URL. */
static bool hash_of_fragment(struct vf_arena *a, struct vf_install_req *w, struct vf_slice url)
{
    static const struct vf_slice algs[] = {VF_S_INIT("sha256"), VF_S_INIT("sha384"), VF_S_INIT("sha512")};
    for (size_t i = 0; i < VF_COUNT(algs) && !w->hashed; i++) {
        struct vf_slice v;
        if (!vf_url_fragment_get(url, algs[i], &v) || !v.n)
            continue;
        struct vf_direct_hash *h = vf_arena_alloc(a, sizeof *h);
        if (!h)
            return false;
        *h = (struct vf_direct_hash){algs[i], v};
        w->hashes = h;
        w->n_hashes = 1;
        w->hashed = true;
    }
    return true;
}

static struct vf_slice stripped(struct vf_arena *a, struct vf_slice url)
{
    struct vf_buf b = {0};
    vf_url_strip_put(&b, url);
    struct vf_slice out = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out;
}

static struct vf_slice file_url(struct vf_arena *a, struct vf_slice path)
{
    struct vf_buf b = {0};
    vf_url_file_put(&b, path);
    struct vf_slice out = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out;
}

bool vf_install_req_set_archive_url(struct vf_arena *a, struct vf_install_req *w, struct vf_slice location,
                                    bool local)
{
    struct vf_slice sub;
    w->has_url = true;
    w->url = (struct vf_direct_url){.kind = VF_DIRECT_ARCHIVE};
    w->url.url = local ? file_url(a, location) : stripped(a, without_fragment(location));
    if (!local && vf_url_fragment_get(location, VF_S("subdirectory"), &sub))
        w->url.subdirectory = sub;
    return w->url.url.p != NULL;
}

static bool is_commit(struct vf_slice s)
{
    bool ok = s.n == 40 || s.n == 64;
    for (size_t i = 0; i < s.n && ok; i++)
        ok = vf_text_digit(s.p[i]) || (s.p[i] >= 'a' && s.p[i] <= 'f');
    return ok;
}

bool vf_install_req_set_vcs_url(struct vf_arena *a, struct vf_install_req *w, struct vf_slice location)
{
    struct vf_slice sub, url = without_fragment(location);
    size_t plus = vf_slice_find_byte(url, '+', 0), at = vf_slice_rfind_byte(url, '@');
    size_t slash = vf_slice_rfind_byte(url, '/');
    bool has_rev = at != VF_NPOS && slash != VF_NPOS && at > slash;
    struct vf_slice rev = has_rev ? vf_slice_from(url, at + 1) : VF_S("");
    if (!is_commit(rev))
        return true;
    w->has_url = true;
    w->url = (struct vf_direct_url){.kind = VF_DIRECT_VCS,
                                    .vcs = vf_slice_sub(url, 0, plus),
                                    .commit_id = rev,
                                    .requested_revision = rev,
                                    .url = stripped(a, vf_slice_sub(url, plus + 1, at))};
    if (vf_url_fragment_get(location, VF_S("subdirectory"), &sub))
        w->url.subdirectory = sub;
    return w->url.url.p != NULL;
}

/* Where the line leads: *local says whether *out is a path. False: no memory. */
static bool place_of(struct vf_arena *a, const struct vf_list_item *it, struct vf_slice cwd,
                     struct vf_slice *out, bool *local)
{
    *local = it->source == VF_LIST_PATH;
    *out = it->location;
    if (*local) {
        *out = vf_install_req_abs(a, cwd, it->location);
    } else if (vf_url_has_scheme(it->location, VF_S("file"))) {
        struct vf_slice path = {NULL, 0};
        *local = vf_url_file_path(a, without_fragment(it->location), &path);
        if (*local)
            *out = path.p ? vf_path_clean_dup(a, path) : path;
    }
    return out->p != NULL;
}

static bool is_archive_name(struct vf_slice name)
{
    static const struct vf_slice ends[] = {VF_S_INIT(".zip"),    VF_S_INIT(".tar.gz"),  VF_S_INIT(".tgz"),
                                           VF_S_INIT(".tar"),    VF_S_INIT(".tar.bz2"), VF_S_INIT(".tbz"),
                                           VF_S_INIT(".tar.xz"), VF_S_INIT(".txz"),     VF_S_INIT(".tlz")};
    for (size_t i = 0; i < VF_COUNT(ends); i++)
        if (name.n > ends[i].n && vf_slice_eq_nocase(vf_slice_from(name, name.n - ends[i].n), ends[i]))
            return true;
    return false;
}

enum vf_status vf_install_req_set_location(struct vf_arena *a, struct vf_install_req *w,
                                           const struct vf_list_item *it, struct vf_slice cwd,
                                           struct vf_err *err)
{
    if (it->source == VF_LIST_NAMED)
        return VF_OK;
    if (!place_of(a, it, cwd, &w->location, &w->local))
        return vf_err_nomem(err);
    struct vf_slice name = vf_install_req_file_name(a, w->location, w->local);
    w->kind = name.p && vf_slice_ends(name, VF_S(".whl")) && !is_vcs(w->location) ? VF_INSTALL_REQ_WHEEL
                                                                                  : VF_INSTALL_REQ_SOURCE;
    bool ok = name.p && hash_of_fragment(a, w, it->location);
    if (ok && !w->local && is_vcs(w->location))
        return vf_install_req_set_vcs_url(a, w, w->location) ? VF_OK : vf_err_nomem(err);
    if (ok && w->local && w->kind == VF_INSTALL_REQ_SOURCE && !is_archive_name(name)) {
        w->has_url = true;
        w->url = (struct vf_direct_url){.kind = VF_DIRECT_DIR, .url = file_url(a, w->location)};
        return w->url.url.p ? VF_OK : vf_err_nomem(err);
    }
    return ok && vf_install_req_set_archive_url(a, w, w->location, w->local) ? VF_OK : vf_err_nomem(err);
}

bool vf_install_req_same_location(struct vf_arena *a, const struct vf_install_req *w,
                                  const struct vf_list_item *it, struct vf_slice cwd)
{
    struct vf_slice place;
    bool local;
    return w->kind != VF_INSTALL_REQ_NAMED && place_of(a, it, cwd, &place, &local) && local == w->local &&
           vf_slice_eq(without_fragment(place), without_fragment(w->location));
}

/* Where the builders of conda unpack what they package: such a path is in every list that `pip freeze` makes
 * there. */
static bool is_condas(struct vf_slice path)
{
    static const struct vf_slice marks[] = {VF_S_INIT("/croot/"), VF_S_INIT("/conda-bld/"),
                                            VF_S_INIT("/feedstock_root/")};
    for (size_t i = 0; i < VF_COUNT(marks); i++)
        if (vf_slice_find(path, marks[i], 0) != VF_NPOS)
            return true;
    return false;
}

enum vf_status vf_install_req_check_local(struct vf_host *host, const struct vf_install_req *req,
                                          struct vf_err *err)
{
    enum vf_kind kind;
    if (!req->local || req->kind == VF_INSTALL_REQ_NAMED)
        return VF_OK;
    enum vf_status st = vf_host_stat(host, req->location, &kind, err);
    if (st != VF_OK || kind != VF_KIND_NONE)
        return st;
    struct vf_slice name = req->name.n ? req->name : VF_S("NAME"), path = req->location;
    return vf_install_req_error(
        err, VF_BAD_LIST, "read", req,
        "'%.*s' does not exist here: it is a path of the host where the list was written; write "
        "`%.*s==VERSION` instead%s",
        (int)(path.n < 120 ? path.n : 120), path.p, (int)(name.n < 60 ? name.n : 60), name.p,
        is_condas(path)
            ? " (in the conda environment, `python -m pip list --format freeze` writes such lines)"
            : "");
}
