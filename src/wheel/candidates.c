/* stock.c: a table of wheel files, chained by project, opened only when they are needed. */
#include "wheel/candidates.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/path.h"
#include "fs/sys.h"
#include "packaging/name.h"

void vf_candidates_init(struct vf_candidates *s, struct vf_arena *a, struct vf_host *host)
{
    *s = (struct vf_candidates){.a = a, .host = host};
    vf_map_init(&s->first, a);
    vf_map_init(&s->last, a);
}

/* ---- adding ---- */

static enum vf_status chain(struct vf_candidates *s, size_t i, struct vf_err *err)
{
    struct vf_candidate_wheel *w = VF_VEC_AT(struct vf_candidate_wheel, &s->wheels, i);
    size_t last;
    if (vf_map_get(&s->last, w->canonical, &last))
        VF_VEC_AT(struct vf_candidate_wheel, &s->wheels, last)->next = i;
    else if (!vf_map_put(&s->first, w->canonical, i))
        return vf_err_nomem(err);
    return vf_map_put(&s->last, w->canonical, i) ? VF_OK : vf_err_nomem(err);
}

enum vf_status vf_candidates_add(struct vf_candidates *s, const struct vf_candidate_wheel *wheel,
                                 size_t *index, struct vf_err *err)
{
    struct vf_wheel_name name;
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_wheel_name_parse(s->a, wheel->file_name, &name, &why);
    if (st == VF_MALFORMED)
        st = vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", wheel->file_name, "this is no name of a wheel: %s",
                        why.detail);
    else if (st != VF_OK)
        st = vf_err_nomem(err);
    vf_err_release(&why);
    if (st != VF_OK)
        return st;
    struct vf_candidate_wheel *w = vf_vec_push(s->a, &s->wheels, sizeof *w);
    struct vf_slice canonical = vf_name_canonical(s->a, name.name);
    if (!w || !canonical.p)
        return vf_err_nomem(err);
    *w = *wheel;
    if (!w->path.n && w->held.fd < 0)
        w->held.size = w->held.bytes.n;
    w->canonical = canonical;
    w->name = name;
    w->next = VF_NPOS;
    if (index)
        *index = s->wheels.n - 1;
    return chain(s, s->wheels.n - 1, err);
}

/* "x-1.0.tar.gz", "x-1.0.zip": name and version lie around the last dash. */
static enum vf_status add_source(struct vf_candidates *s, struct vf_slice path, struct vf_slice base,
                                 struct vf_err *err)
{
    static const struct vf_slice ends[] = {VF_S_INIT(".tar.gz"), VF_S_INIT(".zip")};
    struct vf_slice stem = base;
    for (size_t i = 0; i < VF_COUNT(ends) && stem.n == base.n; i++)
        if (vf_slice_ends(base, ends[i]))
            stem.n -= ends[i].n;
    size_t dash = vf_slice_rfind_byte(stem, '-');
    if (stem.n == base.n || dash == VF_NPOS || !dash)
        return VF_OK;
    struct vf_candidate_source *src = vf_vec_push(s->a, &s->sources, sizeof *src);
    if (!src)
        return vf_err_nomem(err);
    *src = (struct vf_candidate_source){path, vf_name_canonical(s->a, vf_slice_sub(stem, 0, dash)),
                                        vf_slice_from(stem, dash + 1)};
    return src->canonical.p ? VF_OK : vf_err_nomem(err);
}

static enum vf_status add_file(struct vf_candidates *s, struct vf_slice dir, struct vf_slice base,
                               enum vf_origin origin, struct vf_err *err)
{
    struct vf_slice path = vf_path_join(s->a, dir, base);
    if (!path.p)
        return vf_err_nomem(err);
    if (!vf_slice_ends(base, VF_S(".whl")))
        return add_source(s, path, base, err);
    struct vf_candidate_wheel w = {.path = path, .file_name = base, .origin = origin};
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_candidates_add(s, &w, NULL, &why);
    if (st == VF_BAD_ARCHIVE) /* some other file that ends so */
        st = VF_OK;
    vf_err_release(&why);
    return st == VF_OK ? st : vf_err_nomem(err);
}

enum vf_status vf_candidates_add_dir(struct vf_candidates *s, struct vf_slice dir, enum vf_origin origin,
                                     struct vf_err *err)
{
    struct vf_slice *names = NULL;
    size_t n = 0;
    enum vf_status st = vf_host_list_dir(s->host, dir, s->a, &names, &n, err);
    for (size_t i = 0; i < n && st == VF_OK; i++)
        st = add_file(s, dir, names[i], origin, err);
    return st;
}

const struct vf_candidate_source *vf_candidates_source_for(const struct vf_candidates *s,
                                                           const struct vf_install_req *req,
                                                           struct vf_arena *scratch)
{
    const struct vf_candidate_source *best = NULL;
    struct vf_version best_version = {0}, v;
    struct vf_err ignored;
    vf_err_init(&ignored);
    for (size_t i = 0; i < s->sources.n; i++) {
        const struct vf_candidate_source *src = VF_VEC_AT(const struct vf_candidate_source, &s->sources, i);
        if (!vf_slice_eq(src->canonical, req->name))
            continue;
        vf_err_clear(&ignored);
        if (vf_version_parse(scratch, src->version, &v, &ignored) != VF_OK)
            continue;
        struct vf_candidate c = {&v, src->version};
        if (vf_specifiers_contains(&req->versions, &c) && (!best || vf_version_cmp(&v, &best_version) > 0)) {
            best = src;
            best_version = v;
        }
    }
    vf_err_release(&ignored);
    return best;
}

/* ---- opening ---- */

static struct vf_candidate_identity mark_of(const struct stat *st)
{
#ifdef __APPLE__
    const struct timespec *changed = &st->st_ctimespec;
#else
    const struct timespec *changed = &st->st_ctim;
#endif
    return (struct vf_candidate_identity){.set = true,
                                          .dev = (uint64_t)st->st_dev,
                                          .ino = (uint64_t)st->st_ino,
                                          .size = (uint64_t)st->st_size,
                                          .ctime_s = (int64_t)changed->tv_sec,
                                          .ctime_ns = (int64_t)changed->tv_nsec};
}

/* A file is opened more than once: what was hashed has to be what is installed. */
static bool is_same(struct vf_candidate_wheel *w, const struct stat *st)
{
    struct vf_candidate_identity now = mark_of(st), *m = &w->mark;
    if (!m->set)
        *m = now;
    return m->dev == now.dev && m->ino == now.ino && m->size == now.size && m->ctime_s == now.ctime_s &&
           m->ctime_ns == now.ctime_ns;
}

/* The descriptor and the extent of its file; *own: to be closed. */
static enum vf_status open_file(struct vf_candidate_wheel *w, struct vf_zip_source *out, int *own,
                                struct vf_err *err)
{
    struct stat st;
    *own = -1;
    *out = w->held;
    out->label = w->file_name;
    if (!w->path.n)
        return VF_OK;
    *out = (struct vf_zip_source){.label = w->file_name};
    *own = vf_sys_open_path(w->path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (*own < 0)
        return vf_err_sys(err, errno, "open", w->path);
    if (fstat(*own, &st) < 0)
        return vf_err_sys(err, errno, "stat", w->path);
    if (!S_ISREG(st.st_mode))
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "open", w->path, "it is not a regular file");
    if (!is_same(w, &st))
        return vf_err_set(err, VF_CHANGED, 0, "open", w->path, "it was replaced or changed meanwhile");
    out->fd = *own;
    out->size = (uint64_t)st.st_size;
    return VF_OK;
}

enum vf_status vf_candidates_open(struct vf_candidates *s, size_t index, struct vf_open_wheel *out,
                                  struct vf_err *err)
{
    struct vf_candidate_wheel *w = VF_VEC_AT(struct vf_candidate_wheel, &s->wheels, index);
    struct vf_zip_source source;
    *out = (struct vf_open_wheel){.fd = -1};
    enum vf_status st = open_file(w, &source, &out->fd, err);
    if (st == VF_OK)
        st = vf_wheel_open(&source, NULL, &out->wheel, err);
    if (st != VF_OK)
        vf_open_wheel_close(out);
    return st;
}

void vf_open_wheel_close(struct vf_open_wheel *w)
{
    vf_wheel_free(w->wheel);
    if (w->fd >= 0)
        (void)close(w->fd);
    *w = (struct vf_open_wheel){.fd = -1};
}

/* ---- hashes ---- */

static enum vf_status hash_piece(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    (void)err;
    vf_hasher_update(ctx, bytes);
    return VF_OK;
}

static enum vf_status digest(struct vf_candidate_wheel *w, struct vf_slice alg,
                             unsigned char out[VF_DIGEST_MAX], size_t *n, struct vf_err *err)
{
    struct vf_zip_source src;
    struct vf_hasher *h = NULL;
    int own = -1;
    enum vf_status st = open_file(w, &src, &own, err);
    if (st == VF_OK)
        st = vf_hasher_new(alg, &h, err);
    if (st == VF_OK)
        st = vf_zip_source_read(&src, hash_piece, h, err);
    if (st == VF_OK)
        *n = vf_hasher_final(h, out);
    vf_hasher_free(h);
    if (own >= 0)
        (void)close(own);
    return st;
}

/* sha256 is kept with the wheel. */
static enum vf_status sum_of(struct vf_candidate_wheel *w, struct vf_slice alg,
                             unsigned char sum[VF_DIGEST_MAX], size_t *n, struct vf_err *err)
{
    bool usual = vf_slice_eq(alg, VF_S("sha256"));
    if (!usual || !w->has_sha256) {
        enum vf_status st = digest(w, alg, sum, n, err);
        if (st != VF_OK || !usual)
            return st;
        memcpy(w->sha256, sum, sizeof w->sha256);
        w->has_sha256 = true;
    }
    memcpy(sum, w->sha256, sizeof w->sha256);
    *n = sizeof w->sha256;
    return VF_OK;
}

enum vf_status vf_candidates_sha256(struct vf_candidates *s, size_t index, struct vf_err *err)
{
    unsigned char sum[VF_DIGEST_MAX];
    size_t n;
    return sum_of(VF_VEC_AT(struct vf_candidate_wheel, &s->wheels, index), VF_S("sha256"), sum, &n, err);
}

static bool is_digest(struct vf_slice hex, const unsigned char *sum, size_t n)
{
    struct vf_buf b = {0};
    vf_hex_put(&b, (struct vf_slice){(const char *)sum, n});
    bool same = !b.failed && vf_slice_eq_nocase(hex, vf_buf_slice(&b));
    vf_buf_release(&b);
    return same;
}

/* Weak algorithms are not asked. */
static enum vf_status has_hash(struct vf_candidate_wheel *w, const struct vf_direct_hash *hashes, size_t n,
                               bool *yes, struct vf_err *err)
{
    static const struct vf_slice strong[] = {VF_S_INIT("sha256"), VF_S_INIT("sha384"), VF_S_INIT("sha512")};
    enum vf_status st = VF_OK;
    *yes = false;
    for (size_t k = 0; k < VF_COUNT(strong) && !*yes && st == VF_OK; k++) {
        unsigned char sum[VF_DIGEST_MAX];
        size_t len = 0;
        for (size_t i = 0; i < n && !*yes && st == VF_OK; i++) {
            if (!vf_slice_eq(hashes[i].alg, strong[k]))
                continue;
            if (!len)
                st = sum_of(w, strong[k], sum, &len, err);
            *yes = st == VF_OK && is_digest(hashes[i].value, sum, len);
        }
    }
    return st;
}

enum vf_status vf_candidates_has_hash(struct vf_candidates *s, size_t index,
                                      const struct vf_direct_hash *hashes, size_t n, bool *yes,
                                      struct vf_err *err)
{
    return has_hash(VF_VEC_AT(struct vf_candidate_wheel, &s->wheels, index), hashes, n, yes, err);
}

enum vf_status vf_candidates_path_has_hash(struct vf_slice path, const struct vf_direct_hash *hashes,
                                           size_t n, bool *yes, struct vf_err *err)
{
    struct vf_candidate_wheel w = {.path = path, .file_name = path};
    return has_hash(&w, hashes, n, yes, err);
}
