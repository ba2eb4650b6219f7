/* stock_choose.c: of the wheels at hand the one that a want gets, or why there is none. */
#include <string.h>

#include "packaging/text.h"
#include "wheel/candidates.h"

struct option {
    size_t index, rank;
    const struct vf_candidate_wheel *wheel;
};

struct choosing {
    const struct vf_chooser *c;
    const struct vf_install_req *req;
    struct vf_arena scratch;
    struct vf_vec options; /* struct option */
    struct vf_buf *why;
    size_t reported;
    struct vf_err *err;
};

/* A few are named, the rest counted by nobody: the first ones say what is wrong. */
static void report(struct choosing *g, struct vf_slice file, const char *what)
{
    if (!g->why || g->reported++ >= 4)
        return;
    if (g->reported > 1)
        vf_buf_puts(g->why, "; ");
    vf_buf_put(g->why, file);
    vf_buf_puts(g->why, " ");
    vf_buf_puts(g->why, what);
}

static enum vf_status gather(struct choosing *g)
{
    const struct vf_candidates *s = g->c->candidates;
    size_t i;
    if (!vf_map_get(&s->first, g->req->name, &i))
        return VF_OK;
    for (; i != VF_NPOS; i = VF_VEC_AT(const struct vf_candidate_wheel, &s->wheels, i)->next) {
        const struct vf_candidate_wheel *w = VF_VEC_AT(const struct vf_candidate_wheel, &s->wheels, i);
        size_t rank = vf_tags_rank(&g->c->target->tags, &w->name.tags);
        if (rank == VF_NPOS) {
            report(g, w->file_name, "is for another Python or platform");
            continue;
        }
        struct option *o = vf_vec_push(&g->scratch, &g->options, sizeof *o);
        if (!o)
            return vf_err_nomem(g->err);
        *o = (struct option){i, rank, w};
    }
    return VF_OK;
}

static struct option *at(struct choosing *g, size_t i)
{
    return VF_VEC_AT(struct option, &g->options, i);
}

static void keep_only(struct choosing *g, const bool *keep, const char *otherwise)
{
    size_t n = 0;
    for (size_t i = 0; i < g->options.n; i++) {
        if (keep[i])
            *at(g, n++) = *at(g, i);
        else
            report(g, at(g, i)->wheel->file_name, otherwise);
    }
    g->options.n = n;
}

static struct vf_slice version_text(struct choosing *g, const struct vf_version *v)
{
    struct vf_buf b = {0};
    vf_version_put(&b, v);
    struct vf_slice out = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(&g->scratch, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out;
}

static enum vf_status by_version(struct choosing *g)
{
    size_t n = g->options.n;
    struct vf_candidate *v = vf_arena_array(&g->scratch, n + 1, sizeof *v);
    bool *keep = vf_arena_array(&g->scratch, n + 1, sizeof *keep);
    if (!v || !keep)
        return vf_err_nomem(g->err);
    for (size_t i = 0; i < n; i++) {
        v[i].version = &at(g, i)->wheel->name.version;
        v[i].text = version_text(g, v[i].version);
        if (!v[i].text.p)
            return vf_err_nomem(g->err);
    }
    vf_specifiers_filter(&g->req->versions, v, n, g->c->pre, keep);
    keep_only(g, keep, "is another version");
    return VF_OK;
}

static enum vf_status by_hash(struct choosing *g)
{
    bool *keep = vf_arena_array(&g->scratch, g->options.n + 1, sizeof *keep);
    enum vf_status st = VF_OK;
    if (!keep)
        return vf_err_nomem(g->err);
    bool ask = g->req->hashed || g->c->require_hashes;
    for (size_t i = 0; i < g->options.n && st == VF_OK && ask; i++) {
        const struct vf_candidate_wheel *w = at(g, i)->wheel;
        keep[i] = w->proven;
        if (!keep[i] && !w->unhashed)
            st = vf_candidates_has_hash(g->c->candidates, at(g, i)->index, g->req->hashes, g->req->n_hashes,
                                        &keep[i], g->err);
    }
    if (st == VF_OK && ask)
        keep_only(g, keep, "does not have a hash of the list");
    return st;
}

static bool better(const struct option *x, const struct option *y)
{
    int d = vf_version_cmp(&x->wheel->name.version, &y->wheel->name.version);
    if (d)
        return d > 0;
    if (x->rank != y->rank)
        return x->rank < y->rank;
    d = vf_wheel_build_cmp(x->wheel->name.build, y->wheel->name.build);
    return d ? d > 0 : x->index < y->index;
}

/* The best that is left and whose Requires-Python takes the target. A file that is no wheel at all is told
 * and passed over like one that does not fit. */
static enum vf_status best(struct choosing *g, size_t *index)
{
    while (g->options.n) {
        size_t top = 0;
        for (size_t i = 1; i < g->options.n; i++)
            if (better(at(g, i), at(g, top)))
                top = i;
        struct option o = *at(g, top);
        struct vf_open_wheel w;
        struct vf_err why;
        vf_err_init(&why);
        enum vf_status st = vf_candidates_open(g->c->candidates, o.index, &w, &why);
        if (st == VF_OK)
            st = vf_wheel_check_target(w.wheel, NULL, g->c->target->python, &why);
        vf_open_wheel_close(&w);
        bool lost = st == VF_NO_MEMORY || st == VF_INTERRUPTED;
        if (st == VF_OK)
            *index = o.index;
        else if (!lost)
            report(g, o.wheel->file_name, why.detail[0] ? why.detail : vf_status_name(st));
        vf_err_release(&why);
        if (st == VF_OK)
            return st;
        if (lost)
            return vf_err_nomem(g->err);
        *at(g, top) = *at(g, g->options.n - 1);
        g->options.n--;
    }
    return VF_OK;
}

enum vf_status vf_candidates_choose(const struct vf_chooser *c, const struct vf_install_req *req,
                                    size_t *index, struct vf_buf *why, struct vf_err *err)
{
    struct choosing g = {.c = c, .req = req, .why = why, .err = err};
    *index = VF_NPOS;
    if (c->require_hashes && !req->hashed)
        return vf_install_req_error(err, VF_BAD_LIST, "choose", req,
                                    "it has no --hash, and hashes are required");
    vf_arena_init(&g.scratch);
    enum vf_status st = gather(&g);
    if (st == VF_OK)
        st = by_version(&g);
    if (st == VF_OK)
        st = by_hash(&g);
    if (st == VF_OK)
        st = best(&g, index);
    vf_arena_release(&g.scratch);
    return st;
}

static enum vf_status one_size(struct vf_candidates *s, size_t index, const struct vf_install_req *req,
                               const struct vf_lock_file *f, struct vf_err *err)
{
    bool same = false;
    if (!f->has_size)
        return VF_OK;
    enum vf_status st = vf_candidates_has_hash(s, index, f->hashes, f->n_hashes, &same, err);
    const struct vf_candidate_wheel *w = VF_VEC_AT(struct vf_candidate_wheel, &s->wheels, index);
    uint64_t size = w->path.n ? w->mark.size : w->held.size;
    if (st != VF_OK || !same || size == f->size)
        return st;
    return vf_install_req_error(
        err, VF_BAD_LIST, "check", req,
        "the lock file says that '%.*s' has %llu bytes; the file with its hash has %llu",
        (int)(w->file_name.n < 150 ? w->file_name.n : 150), w->file_name.p, (unsigned long long)f->size,
        (unsigned long long)size);
}

enum vf_status vf_candidates_check_size(struct vf_candidates *s, size_t index,
                                        const struct vf_install_req *req, struct vf_err *err)
{
    const struct vf_lock_package *k = req->locked;
    const struct vf_candidate_wheel *w = VF_VEC_AT(struct vf_candidate_wheel, &s->wheels, index);
    enum vf_status st = VF_OK;
    if (!k || w->proven || w->unhashed)
        return VF_OK;
    for (size_t i = 0; i < k->n_wheels && st == VF_OK; i++)
        st = one_size(s, index, req, &k->wheels[i], err);
    return st == VF_OK && k->source == VF_LOCK_ARCHIVE ? one_size(s, index, req, &k->archive, err) : st;
}
