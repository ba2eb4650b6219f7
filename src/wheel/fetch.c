/* fetch.c: `pip download` or `pip wheel` for what is named, one call for the wants with hashes and one for
 * those without, since a hash in a list makes pip ask for all of them; sources one by one, since only the
 * file that comes out tells its name. */
#include "wheel/fetch.h"

#include <string.h>

#include "base/path.h"
#include "fs/create.h"
#include "fs/sys.h"
#include "packaging/url.h"
#include "wheel/fetch_tool.h"
#include "wheel/install_req_location.h"
#include "wheel/unpacked.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct run {
    struct vf_fetch *f;
    struct vf_tool tool;
    int scratch; /* descriptor */
    struct vf_err *err;
};

static struct vf_install_req *req(struct run *r, size_t i)
{
    return VF_INSTALL_REQ_AT(r->f->reqs, i);
}

static const char ONLY_A_SOURCE[] =
    "only a source archive was found: --build builds a wheel from it on this host";

static enum vf_status refuse(struct run *r, const struct vf_install_req *w, enum vf_status code,
                             const char *why)
{
    struct vf_buf b = {0};
    vf_install_req_put(&b, w);
    enum vf_status st = vf_err_set(r->err, code, 0, "fetch", vf_buf_slice(&b), "%s", why);
    vf_buf_release(&b);
    return st;
}

/* What a line of a list cannot hold. */
static bool has_controls(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
            return true;
    return false;
}

/* ---- what the tool is told ---- */

/* A URL as one word of a list: what shlex, comments and `${NAME}` would take for something else is encoded.
 */
static void put_url_option(struct vf_buf *list, const char *option, struct vf_slice url)
{
    static const char hex[] = "0123456789ABCDEF";
    vf_buf_puts(list, option);
    vf_buf_putc(list, ' ');
    for (size_t i = 0; i < url.n; i++) {
        unsigned char c = (unsigned char)url.p[i];
        if (c > ' ' && c != 0x7f && !strchr("{}'\"\\", c)) {
            vf_buf_putc(list, url.p[i]);
            continue;
        }
        vf_buf_putc(list, '%');
        vf_buf_putc(list, hex[c >> 4]);
        vf_buf_putc(list, hex[c & 15]);
    }
    vf_buf_putc(list, '\n');
}

static bool is_link_url(struct vf_slice link)
{
    return vf_slice_find(link, VF_S("://"), 0) != VF_NPOS;
}

/* URLs may hold passwords, and every user of the host may read the arguments of a process. So they are lines
 * of the list, which lies in a directory of ours. */
static void put_urls(const struct run *r, struct vf_buf *list)
{
    const struct vf_fetch *f = r->f;
    struct vf_slice url = f->index_url.n ? f->index_url : f->reqs->index_url;
    if (url.n && !f->offline)
        put_url_option(list, "--index-url", url);
    for (size_t i = 0; i < f->n_extra_index_urls && !f->offline; i++)
        put_url_option(list, "--extra-index-url", f->extra_index_urls[i]);
    for (size_t i = 0; i < f->reqs->extra_index_urls.n && !f->offline; i++)
        put_url_option(list, "--extra-index-url", *VF_VEC_AT(struct vf_slice, &f->reqs->extra_index_urls, i));
    for (size_t i = 0; i < f->n_links; i++)
        if (is_link_url(f->links[i]))
            put_url_option(list, "--find-links", f->links[i]);
}

static void put_index(struct run *r, struct vf_words *w)
{
    const struct vf_fetch *f = r->f;
    if (f->offline)
        vf_words_put(w, "--no-index");
    for (size_t i = 0; i < f->reqs->trusted_hosts.n; i++) {
        vf_words_put(w, r->tool.kind == VF_TOOL_UV ? "--allow-insecure-host" : "--trusted-host");
        vf_words_slice(w, *VF_VEC_AT(struct vf_slice, &f->reqs->trusted_hosts, i));
    }
    for (size_t i = 0; i < f->n_links; i++) {
        if (is_link_url(f->links[i]))
            continue;
        vf_words_put(w, "--find-links");
        vf_words_slice(w, f->links[i]);
    }
}

static void put_line(struct run *r, const struct vf_install_req *w, bool hashes, bool url, struct vf_buf *out)
{
    struct vf_err ignored;
    vf_err_init(&ignored);
    if (w->kind == VF_INSTALL_REQ_NAMED && !(url && w->location.n && !w->local)) {
        vf_buf_put(out, w->name);
        if (vf_specifiers_put(r->f->a, out, &w->versions, &ignored) != VF_OK)
            out->failed = true;
    } else {
        if (w->name.n) {
            vf_buf_put(out, w->name);
            vf_buf_puts(out, " @ ");
        }
        if (w->local) /* in a list ` #` and `${NAME}` are no part of a path; of a URL no byte is anything else
                       */
            vf_url_file_put(out, w->location);
        else
            vf_buf_put(out, w->location);
    }
    for (size_t i = 0; i < w->n_hashes && hashes; i++) {
        vf_buf_puts(out, " --hash=");
        vf_buf_put(out, w->hashes[i].alg);
        vf_buf_putc(out, ':');
        vf_buf_put(out, w->hashes[i].value);
    }
    vf_buf_putc(out, '\n');
    vf_err_release(&ignored);
}

/* A new directory in the scratch directory, and a list in it. */
static enum vf_status new_dir(struct run *r, struct vf_slice list, struct vf_slice *dir,
                              struct vf_slice *file)
{
    struct vf_buf b = {0};
    vf_buf_puts(&b, "fetch");
    vf_buf_put_u64(&b, r->f->count++);
    struct vf_slice name = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(r->f->a, vf_buf_slice(&b));
    vf_buf_release(&b);
    struct vf_slice text = name.p ? vf_arena_concat(r->f->a, name, VF_S(".txt"), VF_S("")) : name;
    *dir = name.p ? vf_path_join(r->f->a, r->f->scratch, name) : name;
    *file = text.p ? vf_path_join(r->f->a, r->f->scratch, text) : text;
    if (!name.p || !text.p || !dir->p || !file->p)
        return vf_err_nomem(r->err);
    struct vf_buf whole = {0};
    put_urls(r, &whole);
    vf_buf_put(&whole, list);
    enum vf_status st = whole.failed ? vf_err_nomem(r->err) : vf_create_dir(r->scratch, name, r->err);
    if (st == VF_OK)
        st = vf_create_complete(r->scratch, text, false, vf_buf_slice(&whole), r->err);
    vf_buf_release(&whole);
    return st;
}

static enum vf_status run_tool(struct run *r, struct vf_words *w, const char *doing, bool build)
{
    enum vf_status st = vf_tool_run(r->f, &r->tool, w, doing, r->err);
    bool none =
        strstr(r->err->detail, "No matching distribution") || strstr(r->err->detail, "no usable wheels");
    if (st == VF_TOOL_FAILED && !build && none)
        vf_err_context(r->err, "where only a source archive is to be had, --build makes a wheel of it");
    return st;
}

/* Of a source at hand the hash was asked already, and the line has none. */
static bool list_has_hashes(struct vf_slice list)
{
    return vf_slice_find(list, VF_S(" --hash="), 0) != VF_NPOS;
}

static void put_choice(const struct run *r, struct vf_slice list, bool build, bool hashes, const char *pre,
                       struct vf_words *w)
{
    vf_words_put(w, "--no-deps");
    if (!build)
        vf_words_put(w, "--only-binary=:all:");
    if (hashes && list_has_hashes(list))
        vf_words_put(w, "--require-hashes");
    if (r->f->reqs->pre)
        vf_words_put(w, pre);
}

/* pip: files into dir. `build`: sources are allowed and become wheels. */
static enum vf_status by_pip(struct run *r, struct vf_slice list, bool build, bool hashes,
                             struct vf_slice *dir)
{
    struct vf_slice file;
    struct vf_words w = {.a = r->f->a};
    enum vf_status st = new_dir(r, list, dir, &file);
    if (st != VF_OK)
        return st;
    vf_words_put(&w, "--disable-pip-version-check");
    vf_words_put(&w, "--no-input");
    vf_words_put(&w, "-q");
    vf_words_put(&w, build ? "wheel" : "download");
    put_choice(r, list, build, hashes, "--pre", &w);
    vf_words_put(&w, build ? "--wheel-dir" : "--dest");
    vf_words_slice(&w, *dir);
    put_index(r, &w);
    vf_words_put(&w, "-r");
    vf_words_slice(&w, file);
    return run_tool(r, &w, build ? "pip wheel" : "pip download", build);
}

/* uv has no download: it installs into a directory of ours with a cache of ours, and the wheels lie unpacked
 * in that. */
static enum vf_status by_uv(struct run *r, struct vf_slice list, bool build, bool hashes,
                            struct vf_slice *dir)
{
    struct vf_slice file;
    struct vf_words w = {.a = r->f->a};
    enum vf_status st = new_dir(r, list, dir, &file);
    if (st != VF_OK)
        return st;
    vf_words_put(&w, "pip");
    vf_words_put(&w, "install");
    vf_words_put(&w, "-q");
    put_choice(r, list, build, hashes, "--prerelease=allow", &w);
    vf_words_put(&w, "--python");
    vf_words_slice(&w, r->f->target->started);
    vf_words_put(&w, "--cache-dir");
    vf_words_slice(&w, *dir);
    vf_words_put(&w, "--target");
    vf_words_slice(&w, vf_path_join(r->f->a, *dir, VF_S("target")));
    put_index(r, &w);
    vf_words_put(&w, "-r");
    vf_words_slice(&w, file);
    return run_tool(r, &w, "uv pip install", build);
}

/* `proven`: the list has hashes, and the tool refuses what has none of them. */
static enum vf_status bring(struct run *r, struct vf_slice list, bool build, bool proven)
{
    struct vf_slice dir;
    struct vf_candidates *candidates = r->f->candidates;
    enum vf_origin origin = build ? VF_ORIGIN_BUILT : VF_ORIGIN_INDEX;
    size_t before = candidates->wheels.n;
    bool uv = r->tool.kind == VF_TOOL_UV;
    enum vf_status st = uv ? by_uv(r, list, build, proven, &dir) : by_pip(r, list, build, proven, &dir);
    if (st == VF_OK && uv)
        st = vf_unpacked_add_uv(candidates, dir, NULL, r->f->scratch, origin, r->err);
    else if (st == VF_OK)
        st = vf_candidates_add_dir(candidates, dir, origin, r->err);
    for (size_t i = before; st == VF_OK && i < candidates->wheels.n; i++)
        VF_VEC_AT(struct vf_candidate_wheel, &candidates->wheels, i)->proven = proven;
    return st;
}

/* ---- one want with a place of its own ---- */

static enum vf_status single(struct run *r, size_t i, size_t *made)
{
    const struct vf_install_req *w = req(r, i);
    struct vf_buf list = {0};
    bool build = w->kind == VF_INSTALL_REQ_SOURCE;
    size_t before = r->f->candidates->wheels.n;
    put_line(r, w, w->hashed, true, &list);
    enum vf_status st = list.failed ? vf_err_nomem(r->err) : bring(r, vf_buf_slice(&list), build, w->hashed);
    vf_buf_release(&list);
    if (st != VF_OK)
        return st;
    if (r->f->candidates->wheels.n != before + 1)
        return refuse(r, w, VF_TOOL_FAILED, "the tool did not bring exactly one wheel for it");
    *made = before;
    return VF_OK;
}

/* ---- those that are named ---- */

/* Tools hold hashes against pinned versions only; of others what they bring is asked here. */
static bool by_hash(const struct vf_install_req *w)
{
    return w->hashed && vf_specifiers_pin(&w->versions) != NULL;
}

static enum vf_status try_group(struct run *r, const size_t *which, size_t n, bool hashed, bool urls)
{
    struct vf_buf list = {0};
    for (size_t i = 0; i < n; i++) {
        const struct vf_install_req *w = req(r, which[i]);
        if (w->kind == VF_INSTALL_REQ_NAMED && by_hash(w) == hashed)
            put_line(r, w, hashed, urls, &list);
    }
    enum vf_status st = list.failed ? vf_err_nomem(r->err) : VF_OK;
    if (st == VF_OK && list.n)
        st = bring(r, vf_buf_slice(&list), r->f->build, hashed);
    vf_buf_release(&list);
    return st;
}

/* A lock says where its wheels are; where that is not to be had, or an index was named, they are asked for by
 * name and hash. */
static enum vf_status group(struct run *r, const size_t *which, size_t n, bool hashed)
{
    bool any_url = false;
    for (size_t i = 0; i < n && !r->f->index_url.n; i++)
        any_url = any_url || (req(r, which[i])->location.n && !req(r, which[i])->local);
    if (any_url && try_group(r, which, n, hashed, true) == VF_OK)
        return VF_OK;
    if (any_url && r->err->code != VF_TOOL_FAILED)
        return r->err->code;
    vf_err_clear(r->err);
    return try_group(r, which, n, hashed, false);
}

/* Source archives at hand, each by itself; its hash is asked for here, since pip reads no hashes for a path.
 */
static enum vf_status from_source_at_hand(struct run *r, size_t i, bool *done)
{
    struct vf_install_req *w = req(r, i);
    const struct vf_candidate_source *src = vf_candidates_source_for(r->f->candidates, w, r->f->a);
    *done = false;
    if (!src || w->kind != VF_INSTALL_REQ_NAMED)
        return VF_OK;
    if (has_controls(src->path))
        return refuse(r, w, VF_NOT_SUPPORTED, "control characters in the path of its source archive");
    if (!r->f->build)
        return refuse(r, w, VF_NOT_SUPPORTED, ONLY_A_SOURCE);
    struct vf_install_req built = *w;
    built.kind = VF_INSTALL_REQ_SOURCE;
    built.location = src->path;
    built.local = true;
    bool right = true;
    enum vf_status st =
        w->hashed ? vf_candidates_path_has_hash(src->path, w->hashes, w->n_hashes, &right, r->err) : VF_OK;
    if (st != VF_OK || !right)
        return st;
    struct vf_buf list = {0};
    put_line(r, &built, false, true, &list);
    st = list.failed ? vf_err_nomem(r->err) : bring(r, vf_buf_slice(&list), true, w->hashed);
    vf_buf_release(&list);
    *done = st == VF_OK;
    return st;
}

static enum vf_status all(struct run *r, const size_t *which, size_t n, size_t *made)
{
    enum vf_status st = VF_OK;
    size_t *rest = vf_arena_array(r->f->a, n + 1, sizeof *rest), n_rest = 0;
    if (!rest)
        return vf_err_nomem(r->err);
    for (size_t i = 0; i < n && st == VF_OK; i++) {
        bool done = false;
        made[i] = VF_NPOS;
        if (req(r, which[i])->kind == VF_INSTALL_REQ_NAMED)
            st = from_source_at_hand(r, which[i], &done);
        else
            st = single(r, which[i], &made[i]);
        if (st == VF_OK && !done && made[i] == VF_NPOS)
            rest[n_rest++] = which[i];
    }
    if (n_rest && st == VF_OK && r->f->offline)
        return VF_OK; /* the choice says what is missing */
    if (st == VF_OK)
        st = group(r, rest, n_rest, true);
    return st == VF_OK ? group(r, rest, n_rest, false) : st;
}

static enum vf_status may_be_fetched(struct run *r, const struct vf_install_req *w)
{
    if (w->kind == VF_INSTALL_REQ_SOURCE && !r->f->build)
        return refuse(r, w, VF_NOT_SUPPORTED, "this is a source: --build makes a wheel of it, on this host");
    if (has_controls(w->location))
        return refuse(r, w, VF_NOT_SUPPORTED, "control characters in its location");
    if (w->kind != VF_INSTALL_REQ_NAMED && !w->local && r->f->offline)
        return refuse(r, w, VF_INCOMPLETE, "it has to be fetched, and --offline forbids that");
    return VF_OK;
}

static enum vf_status rehearse(struct run *r, const size_t *which, size_t n, size_t *made)
{
    for (size_t i = 0; i < n; i++) {
        const struct vf_install_req *w = req(r, which[i]);
        bool named = w->kind == VF_INSTALL_REQ_NAMED;
        bool at_hand = named && vf_candidates_source_for(r->f->candidates, w, r->f->a);
        made[i] = VF_NPOS;
        if (at_hand && !r->f->build)
            return refuse(r, w, VF_NOT_SUPPORTED, ONLY_A_SOURCE);
        r->f->later[i] = !named || at_hand || !r->f->offline;
    }
    return VF_OK;
}

enum vf_status vf_fetch(struct vf_fetch *f, const size_t *which, size_t n, size_t *made, struct vf_err *err)
{
    struct run r = {.f = f, .scratch = -1, .err = err};
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < n && st == VF_OK; i++)
        st = may_be_fetched(&r, req(&r, which[i]));
    if (st == VF_OK)
        st = vf_tool_find(f, &r.tool, err);
    if (st == VF_OK && r.tool.kind == VF_TOOL_NONE)
        st = refuse(&r, req(&r, which[0]), VF_INCOMPLETE,
                    "it was not found locally, and neither pip nor uv is there to fetch it");
    if (st == VF_OK && f->dry_run)
        return rehearse(&r, which, n, made);
    if (st != VF_OK)
        return st;
    r.scratch = vf_sys_open_path(f->scratch, O_RDONLY | O_DIRECTORY);
    if (r.scratch < 0)
        return vf_err_sys(err, errno, "open", f->scratch);
    vf_hooks_phase(f->hooks, "fetch");
    st = all(&r, which, n, made);
    (void)close(r.scratch);
    return st;
}
