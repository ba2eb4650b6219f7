/* anew_source.c: what FROM is, and what it asks for. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "fs/spool.h"
#include "fs/sys.h"
#include "packaging/source_name.h"
#include "verbs/recreate/recreate.h"

/* ---- what it is ---- */

static enum vf_status is_archive(struct vf_change *c, bool *yes, uint64_t *size)
{
    struct stat st;
    enum vf_status done = VF_OK;
    int fd = vf_sys_open_path(c->from, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return vf_err_sys(&c->s.err, errno, "open", c->from);
    if (fstat(fd, &st) < 0)
        done = vf_err_sys(&c->s.err, errno, "stat", c->from);
    struct vf_zip_source src = {.fd = fd, .size = done == VF_OK ? (uint64_t)st.st_size : 0, .label = c->from};
    *yes = done == VF_OK && vf_bundle_is_archive(&src);
    *size = src.size;
    (void)close(fd);
    return done;
}

/* An option that a copy of an environment has no use for, or NULL. */
static const char *useless(const struct venvfix_install_options *o)
{
    return o->n_find_links         ? "--find-links"
           : o->index_url          ? "--index-url"
           : o->n_extra_index_urls ? "--extra-index-url"
           : o->offline            ? "--offline"
           : o->require_hashes     ? "--require-hashes"
           : o->build              ? "--build"
           : o->allow_outside      ? "--allow-outside"
           : o->compile            ? "--compile"
           : o->copies             ? "--copies"
           : o->prove_imports      ? "--prove"
           : o->prompt             ? "--prompt"
           : o->sha256             ? "--sha256"
                                   : NULL;
}

static enum vf_status recognise(struct vf_change *c, enum vf_recreate_kind *kind)
{
    const struct venvfix_install_options *o = &c->o->install;
    bool archive = false;
    uint64_t size = 0;
    struct vf_slice text;
    *kind = VF_RECREATE_NOT;
    if (c->o->verb != VENVFIX_RECREATE)
        return VF_OK;
    enum vf_kind at = vf_host_kind(c->s.host, c->from, NULL);
    if (at == VF_KIND_DIR)
        *kind = o->python || o->reinstall ? VF_RECREATE_ENV : VF_RECREATE_NOT;
    if (at != VF_KIND_FILE)
        return VF_OK;
    enum vf_status st = is_archive(c, &archive, &size);
    if (st == VF_OK && archive)
        *kind = VF_RECREATE_BUNDLE;
    if (st != VF_OK || archive)
        return st;
    st = vf_source_name_check(vf_slice_of(c->o->from_path), size, &c->s.err);
    if (st == VF_OK)
        st = vf_host_read(c->s.host, c->from, VF_LIST_MAX, c->s.a, &text, &c->s.err);
    if (st != VF_OK)
        return st;
    if (vf_slice_ends(c->from, VF_S(".toml")))
        *kind = VF_RECREATE_LOCK;
    else if (!vf_env_is_named_by(c->s.host, c->from, text, c->s.a))
        *kind = VF_RECREATE_LIST;
    else if (o->python || o->reinstall)
        *kind = VF_RECREATE_ENV;
    return VF_OK;
}

enum vf_status vf_recreate_recognise(struct vf_change *c, enum vf_recreate_kind *kind)
{
    enum vf_status st = recognise(c, kind);
    const char *option = useless(&c->o->install);
    if (st == VF_OK && *kind == VF_RECREATE_NOT && c->o->verb == VENVFIX_RECREATE && option &&
        vf_host_kind(c->s.host, c->from, NULL) != VF_KIND_NONE)
        st = vf_err_set(
            &c->s.err, VF_USAGE, 0, "recreate", c->from,
            "%s is for a list, a lock file or a bundle; an environment is copied, unless --python or "
            "--reinstall says that it is to be created from wheels",
            option);
    if (st == VF_OK && *kind != VF_RECREATE_BUNDLE && c->o->install.sha256)
        st = vf_err_set(&c->s.err, VF_USAGE, 0, "recreate", c->from, "--sha256 is for a bundle");
    return st;
}

/* ---- reading ---- */

bool vf_recreate_variable(const struct vf_recreate *a, struct vf_slice name, struct vf_slice *value)
{
    for (size_t i = 0; a->o->environ && a->o->environ[i]; i++) {
        struct vf_slice s = vf_slice_of(a->o->environ[i]);
        if (s.n > name.n + 1 && s.p[name.n] == '=' && vf_slice_starts(s, name)) {
            *value = vf_slice_from(s, name.n + 1);
            return true;
        }
    }
    return false;
}

struct vf_slice vf_recreate_abs(struct vf_recreate *a, struct vf_slice path)
{
    struct vf_slice joined = vf_path_join(a->c->s.a, a->c->s.cwd, path);
    return joined.p ? vf_path_clean_dup(a->c->s.a, joined) : joined;
}

static bool variable(void *ctx, struct vf_slice name, struct vf_slice *value)
{
    return vf_recreate_variable(ctx, name, value);
}

static enum vf_status read_file(void *ctx, struct vf_slice path, struct vf_arena *arena,
                                struct vf_slice *bytes, struct vf_err *err)
{
    struct vf_recreate *a = ctx;
    struct vf_slice abs = vf_recreate_abs(a, path);
    return abs.p ? vf_host_read(a->c->s.host, abs, VF_LIST_MAX, arena, bytes, err) : vf_err_nomem(err);
}

static enum vf_status read_list(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_slice bytes;
    struct vf_list_reader reader = {
        .ctx = a, .read = read_file, .variable = variable, .allow_outside = a->o->allow_outside};
    enum vf_status st = vf_host_read(c->s.host, c->from, VF_LIST_MAX, c->s.a, &bytes, &c->s.err);
    if (st == VF_OK)
        st = vf_reqlist_parse(c->s.a, vf_slice_of(c->o->from_path), bytes, &reader, &a->list, &c->s.err);
    if (st == VF_OK && !vf_reqlist_requires(&a->list))
        vf_hooks_note(&c->s.hooks, c->o->dry_run
                                       ? "the list is empty: the new environment would have no packages"
                                       : "the list is empty: the new environment has no packages");
    return st;
}

static enum vf_status read_lock(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_slice bytes;
    enum vf_status st = vf_host_read(c->s.host, c->from, VF_LIST_MAX, c->s.a, &bytes, &c->s.err);
    if (st == VF_OK)
        st = vf_pylock_parse(c->s.a, bytes, &a->lock, &c->s.err);
    if (st != VF_OK)
        vf_err_below(&c->s.err, vf_slice_of(c->o->from_path));
    if (st == VF_OK && !a->lock.n_packages)
        vf_hooks_note(&c->s.hooks, "the lock file has no packages: the new environment has none either");
    if (st == VF_OK && a->lock.newer)
        vf_hooks_note(&c->s.hooks,
                      "the lock file has a newer minor version: there may be things in it that are not "
                      "understood here");
    return st;
}

static enum vf_status right_bundle(struct vf_recreate *a)
{
    struct vf_buf b = {0};
    const char *req = a->o->sha256;
    if (!req)
        return VF_OK;
    vf_hex_put(&b, (struct vf_slice){(const char *)a->bundle->sha256, 32});
    struct vf_slice digits =
        b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a->c->s.a, vf_buf_slice(&b));
    vf_buf_release(&b);
    if (!digits.p)
        return vf_err_nomem(&a->c->s.err);
    a->c->r->sha256 = vf_bytes_of(digits);
    return vf_slice_eq_nocase(digits, vf_slice_of(req))
               ? VF_OK
               : vf_err_set(&a->c->s.err, VF_BAD_ARCHIVE, 0, "read", a->c->from,
                            "its sha256 is not the one that was given with --sha256");
}

/* A dry run leaves nothing on the disk: then the members wait in a nameless file beside NEW. */
static enum vf_status spool_dir(struct vf_recreate *a, int *fd)
{
    struct vf_slice dir = a->staging ? a->scratch : vf_path_dir(a->c->to);
    *fd = vf_sys_open_path(dir, O_RDONLY | O_DIRECTORY);
    return *fd < 0 ? vf_err_sys(&a->c->s.err, errno, "open", dir) : VF_OK;
}

/* What the calls for single wheels met stands in the session's error; the reader's own error is another one.
 */
static enum vf_status open_bundle(struct vf_recreate *a, const struct vf_bundle_source *src)
{
    struct vf_change *c = a->c;
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_bundle_open(src, &a->bundle, &why);
    if (st != VF_OK) {
        a->bundle = NULL;
        vf_installer_free(a->installer);
        a->installer = NULL;
        st = vf_err_copy(&c->s.err, &why);
    }
    vf_err_release(&why);
    return st;
}

static enum vf_status read_bundle(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    int spool = -1, fd = -1;
    enum vf_status done = vf_recreate_stage(a);
    if (done == VF_OK)
        done = spool_dir(a, &spool);
    if (done != VF_OK)
        return done;
    vf_hooks_phase(&c->s.hooks, "read");
    done = vf_file_open(c->from, &fd, &a->bundle_size, &c->s.err);
    struct vf_bundle_source src = {.archive = {.fd = fd, .size = a->bundle_size, .label = c->from},
                                   .spool = spool,
                                   .digest = a->o->sha256 != NULL,
                                   .wheel = c->o->dry_run ? NULL : vf_recreate_stream,
                                   .ahead = c->o->dry_run ? NULL : vf_recreate_ahead,
                                   .data = vf_recreate_data,
                                   .ctx = a,
                                   .hooks = &c->s.hooks};
    if (done == VF_OK)
        done = open_bundle(a, &src);
    if (fd >= 0)
        (void)close(fd);
    (void)close(spool);
    return done == VF_OK ? right_bundle(a) : done;
}

enum vf_status vf_recreate_read_source(struct vf_recreate *a)
{
    switch (a->kind) {
    case VF_RECREATE_NOT:
        break;
    case VF_RECREATE_ENV:
        return vf_recreate_open_env(a);
    case VF_RECREATE_LIST:
        return read_list(a);
    case VF_RECREATE_LOCK:
        return read_lock(a);
    case VF_RECREATE_BUNDLE:
        return read_bundle(a);
    }
    return vf_err_set(&a->c->s.err, VF_INTERNAL, 0, "read", a->c->from, "not a source");
}

/* ---- wants ---- */

static enum vf_status bundle_want(struct vf_recreate *a, const struct vf_bundle_dist *d)
{
    struct vf_change *c = a->c;
    struct vf_buf json = {0}, hex = {0};
    struct vf_install_req *w = NULL;
    struct vf_direct_hash *h = vf_arena_alloc(c->s.a, sizeof *h);
    if (d->url)
        vf_direct_url_put(&json, d->url);
    vf_hex_put(&hex, (struct vf_slice){(const char *)d->sum.sha256, sizeof d->sum.sha256});
    struct vf_slice bytes = vf_arena_dup(c->s.a, vf_buf_slice(&json)),
                    digits = vf_arena_dup(c->s.a, vf_buf_slice(&hex));
    enum vf_status st =
        json.failed || hex.failed || !bytes.p || !digits.p || !h
            ? vf_err_nomem(&c->s.err)
            : vf_install_reqs_pin(c->s.a, &a->reqs, d->name, d->version, bytes, &w, &c->s.err);
    vf_buf_release(&json);
    vf_buf_release(&hex);
    if (st != VF_OK || !h || !w)
        return st;
    *h = (struct vf_direct_hash){VF_S("sha256"), digits};
    w->hashes = h;
    w->n_hashes = 1;
    w->hashed = true;
    w->not_requested = !d->requested;
    return VF_OK;
}

static enum vf_status bundle_wants(struct vf_recreate *a)
{
    const struct vf_bundle *b = &a->bundle->bundle;
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < b->n_dists && st == VF_OK; i++)
        st = bundle_want(a, &b->dists[i]);
    return st;
}

enum vf_status vf_recreate_make_reqs(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    switch (a->kind) {
    case VF_RECREATE_NOT:
        break;
    case VF_RECREATE_ENV:
        return vf_recreate_env_reqs(a);
    case VF_RECREATE_LIST:
        return vf_install_reqs_from_list(c->s.a, &a->list, &a->query.markers, c->s.cwd, &a->reqs, &c->s.err);
    case VF_RECREATE_LOCK:
        return vf_install_reqs_from_lock(c->s.a, &a->lock, c->from, &a->query.markers, &a->query.tags,
                                         &a->reqs, &c->s.err);
    case VF_RECREATE_BUNDLE:
        return bundle_wants(a);
    }
    return VF_OK;
}
