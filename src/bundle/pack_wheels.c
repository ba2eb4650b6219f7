/* pack_wheels.c: a wheel for every distribution. Workers take them largest first, so that none is left with a
 * large one at the end; what failed is told in the order of names all the same. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "bundle/pack_parts.h"
#include "packaging/metadata.h"
#include "packaging/name.h"
#include "packaging/specifier.h"
#include "packaging/tags.h"
#include "packaging/url.h"

struct job {
    const struct vf_env_dist *dist;
    uint32_t index; /* of env->dists */
    uint64_t bytes;
    struct vf_pack_wheel wheel;
    enum vf_status status;
    struct vf_err err;
};

struct jobs {
    struct vf_pack *p;
    const struct vf_pack_opts *o;
    struct job *v; /* sorted by name */
    size_t n;
    size_t *order; /* by size */
    atomic_size_t next;
};

/* --- which --- */

static bool excluded(const struct vf_pack_opts *o, struct vf_slice canonical)
{
    for (size_t i = 0; i < o->n_exclude; i++)
        if (vf_name_same(o->exclude[i], canonical))
            return true;
    return false;
}

static void note(struct vf_pack *p, struct vf_slice what, const char *words)
{
    vf_buf_put(&p->notes, what);
    vf_buf_puts(&p->notes, words);
    vf_buf_putc(&p->notes, '\n');
}

static int by_name(const void *x, const void *y)
{
    const struct job *a = x, *b = y;
    int c = vf_slice_cmp(a->dist->canonical, b->dist->canonical);
    return c != 0 ? c : (a->index > b->index) - (a->index < b->index);
}

static uint64_t bytes_of(const struct vf_env_dist *d)
{
    uint64_t n = 0;
    for (size_t i = 0; i < d->record.n; i++)
        n += d->record.rows[i].has_size ? d->record.rows[i].size : 0;
    return n;
}

static enum vf_status choose(struct jobs *j, struct vf_err *err)
{
    const struct vf_env *env = j->p->env;
    j->v = calloc(env->n_dists + 1, sizeof *j->v);
    j->order = calloc(env->n_dists + 1, sizeof *j->order);
    if (!j->v || !j->order)
        return vf_err_nomem(err);
    for (size_t i = 0; i < env->n_dists; i++) {
        const struct vf_env_dist *d = &env->dists[i];
        if (!d->valid_name)
            note(j->p, d->info, ": not a valid name of a distribution, left out");
        else if (excluded(j->o, d->canonical))
            note(j->p, d->canonical, ": left out, as asked for");
        else
            j->v[j->n++] = (struct job){.dist = d, .index = (uint32_t)i, .bytes = bytes_of(d)};
    }
    qsort(j->v, j->n, sizeof *j->v, by_name);
    for (size_t i = 0; i < j->n; i++) {
        size_t k = i;
        for (; k > 0 && j->v[j->order[k - 1]].bytes < j->v[i].bytes; k--)
            j->order[k] = j->order[k - 1];
        j->order[k] = i;
    }
    return VF_OK;
}

/* --- one wheel --- */

static bool has_twin(const struct jobs *j, const struct job *job)
{
    size_t i = (size_t)(job - j->v);
    struct vf_slice name = job->dist->canonical;
    return job->dist->duplicate || (i > 0 && vf_slice_eq(j->v[i - 1].dist->canonical, name)) ||
           (i + 1 < j->n && vf_slice_eq(j->v[i + 1].dist->canonical, name));
}

/* What is wrong was said by who found it; what to do about it in a pack is said here. */
static enum vf_status advise(struct job *job, enum vf_status st)
{
    struct vf_err reported = job->err;
    struct vf_slice path = {reported.path, reported.path_len}, name = job->dist->canonical;
    int n = (int)(name.n < 60 ? name.n : 60);
    if (st != VF_CHANGED && st != VF_NOT_SUPPORTED && st != VF_INCOMPLETE && st != VF_UNWRITABLE)
        return st;
    job->err = (struct vf_err){0};
    if (st == VF_CHANGED)
        st = vf_err_set(&job->err, st, reported.sys, reported.op, path,
                        "%.400s; --allow-modified packs it as it is, else install %.*s again",
                        reported.detail, n, name.p);
    else
        st = vf_err_set(&job->err, st, reported.sys, reported.op, path,
                        "%.400s; install %.*s from a wheel, or leave it out with --exclude %.*s",
                        reported.detail, n, name.p, n, name.p);
    vf_err_release(&reported);
    return st;
}

static enum vf_status plan_one(struct jobs *j, struct job *job, struct vf_arena *a)
{
    const struct vf_env *env = j->p->env;
    struct vf_rebuild_opts ro = {
        .allow_modified = j->o->allow_modified, .legacy = true, .digest = true, .epoch = j->o->epoch};
    struct vf_pack_wheel *w = &job->wheel;
    if (has_twin(j, job))
        return vf_err_set(&job->err, VF_NOT_SUPPORTED, 0, "pack", job->dist->info,
                          "two distributions of one name are installed: remove one");
    enum vf_status st = vf_rebuild_plan(env, job->index, &ro, a, &w->rebuild, &job->err);
    if (st == VF_OK && w->rebuild.n_modified == 0)
        st = vf_pack_find_original(j->o, job->dist, &w->rebuild, a, &w->file, &w->original, &job->err);
    return st == VF_OK ? st : advise(job, st);
}

static enum vf_status work(void *ctx, size_t item, unsigned worker, struct vf_err *err)
{
    struct jobs *j = ctx;
    (void)item;
    for (;;) {
        size_t i = atomic_fetch_add(&j->next, 1);
        if (i >= j->n)
            return VF_OK;
        if (vf_hooks_cancelled(j->o->hooks))
            return vf_err_set(err, VF_INTERRUPTED, 0, "read", VF_S(""), NULL);
        struct job *job = &j->v[j->order[i]];
        job->status = plan_one(j, job, &j->p->worker_arenas[worker]);
        if (worker == 0)
            vf_hooks_progress(j->o->hooks, "plan", i, j->n);
    }
}

/* The first one that failed is the error; every one is a line. */
static enum vf_status judge(struct jobs *j, struct vf_buf *problems, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < j->n; i++) {
        struct job *job = &j->v[i];
        if (job->status == VF_OK)
            continue;
        if (problems) {
            vf_buf_put(problems, job->dist->canonical);
            vf_buf_puts(problems, ": ");
            vf_buf_put(problems, (struct vf_slice){job->err.path, job->err.path_len});
            vf_buf_puts(problems, job->err.path_len ? ": " : "");
            vf_buf_puts(problems, job->err.detail[0] ? job->err.detail : vf_status_name(job->status));
            vf_buf_putc(problems, '\n');
        }
        if (st == VF_OK) {
            st = job->status;
            *err = job->err;
            job->err = (struct vf_err){0};
        }
    }
    return st;
}

/* --- what the manifest says of it --- */

static enum vf_status keep_url(struct vf_pack *p, const struct vf_direct_url *in,
                               const struct vf_direct_url **out, struct vf_err *err)
{
    struct vf_direct_url *url = vf_arena_alloc(&p->arena, sizeof *url);
    struct vf_buf b = {0};
    if (!url)
        return vf_err_nomem(err);
    *url = *in;
    vf_url_strip_put(&b, in->url);
    url->url = vf_arena_dup(&p->arena, vf_buf_slice(&b));
    bool ok = !b.failed && url->url.p;
    vf_buf_release(&b);
    *out = url;
    return ok ? VF_OK : vf_err_nomem(err);
}

/* The header as it is, where it holds valid specifiers. */
static struct vf_slice requires_python(struct vf_arena *a, struct vf_slice metadata)
{
    struct vf_metadata m;
    struct vf_slice v;
    struct vf_specifiers s;
    struct vf_err err = {0};
    bool ok = vf_metadata_parse(a, metadata, &m, &err) == VF_OK &&
              vf_metadata_get(&m, VF_S("Requires-Python"), &v) && v.n > 0 &&
              vf_specifiers_parse(a, v, &s, &err) == VF_OK;
    vf_err_release(&err);
    return ok ? v : VF_S("");
}

static struct vf_slice tags_of(struct vf_slice wheel)
{
    size_t at = wheel.n;
    for (int dashes = 0; at > 0 && dashes < 3;)
        dashes += wheel.p[--at] == '-';
    return vf_slice_sub(wheel, at + 1, wheel.n - 4);
}

static enum vf_status describe(struct vf_pack *p, struct job *job, struct vf_bundle_dist *d,
                               struct vf_err *err)
{
    const struct vf_env *env = p->env;
    struct vf_buf path = {0};
    vf_path_join_buf(&path, job->dist->info, VF_S("REQUESTED"));
    const struct vf_rebuild *r = &job->wheel.rebuild;
    *d = (struct vf_bundle_dist){.name = job->dist->canonical,
                                 .version = job->dist->header_version.n > 0 ? job->dist->header_version
                                                                            : job->dist->version,
                                 .wheel = job->wheel.original ? job->wheel.file.label : r->file_name,
                                 .requires_python = requires_python(&p->arena, job->dist->metadata),
                                 .modified = r->modified,
                                 .n_modified = r->n_modified,
                                 .listed = !vf_slice_eq(job->dist->canonical, VF_S("pip")),
                                 .requested = vf_env_find(env, vf_buf_slice(&path)) != VF_NONE,
                                 .tags_exact = job->wheel.original || r->tags_exact,
                                 .converted = r->converted,
                                 .sum = {.size = r->size}};
    memcpy(d->sum.sha256, r->sha256, sizeof d->sum.sha256);
    d->tags = tags_of(d->wheel);
    bool failed = path.failed;
    vf_buf_release(&path);
    enum vf_status st = failed ? vf_err_nomem(err) : VF_OK;
    if (st == VF_OK && job->wheel.original)
        st = vf_pack_file_sum(&job->wheel.file, &d->sum, err);
    if (st == VF_OK && job->dist->has_url && !job->dist->url.editable)
        st = keep_url(p, &job->dist->url, &d->url, err);
    return st;
}

static enum vf_status hash_piece(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    (void)err;
    vf_hasher_update(ctx, bytes);
    return VF_OK;
}

enum vf_status vf_pack_file_sum(const struct vf_zip_source *s, struct vf_bundle_sum *out, struct vf_err *err)
{
    struct vf_hasher *h = NULL;
    unsigned char sum[VF_DIGEST_MAX];
    enum vf_status st = vf_hasher_new(VF_S("sha256"), &h, err);
    if (st == VF_OK)
        st = vf_zip_source_read(s, hash_piece, h, err);
    if (st == VF_OK && vf_hasher_final(h, sum) != 32)
        st = vf_err_nomem(err);
    out->size = s->size;
    if (st == VF_OK)
        memcpy(out->sha256, sum, 32);
    vf_hasher_free(h);
    return st;
}

/* --- pip --- */

static enum vf_status add_pip(struct vf_pack *p, const struct vf_pack_opts *o, struct vf_err *err)
{
    struct vf_zip_source file;
    struct vf_wheel_name name;
    bool found;
    enum vf_status st = vf_pack_find_pip(p->env, o, &p->arena, &file, &found, err);
    if (st != VF_OK)
        return st;
    if (!found) {
        note(p, VF_S("pip"), ": no wheel of it was found, so hosts that install this bundle need their own");
        return VF_OK;
    }
    st = vf_wheel_name_parse(&p->arena, file.label, &name, err);
    size_t at = 0;
    struct vf_bundle *b = &p->bundle;
    while (at < b->n_dists && vf_slice_cmp(b->dists[at].name, VF_S("pip")) < 0)
        at++;
    memmove(&b->dists[at + 1], &b->dists[at], (b->n_dists - at) * sizeof *b->dists);
    memmove(&p->wheels[at + 1], &p->wheels[at], (b->n_dists - at) * sizeof *p->wheels);
    b->n_dists++;
    p->wheels[at] = (struct vf_pack_wheel){.original = true, .file = file};
    struct vf_slice rest = vf_slice_from(file.label, name.name.n + 1);
    b->dists[at] = (struct vf_bundle_dist){.name = VF_S("pip"),
                                           .version = vf_slice_sub(rest, 0, vf_slice_find_byte(rest, '-', 0)),
                                           .wheel = file.label,
                                           .tags = tags_of(file.label),
                                           .tags_exact = true};
    return st == VF_OK ? vf_pack_file_sum(&file, &b->dists[at].sum, err) : st;
}

/* --- all of them --- */

static enum vf_status describe_all(struct jobs *j, struct vf_err *err)
{
    struct vf_pack *p = j->p;
    struct vf_bundle *b = &p->bundle;
    enum vf_status st = VF_OK;
    bool pip = false;
    b->dists = vf_arena_array(&p->arena, j->n + 2, sizeof *b->dists);
    p->wheels = vf_arena_array(&p->arena, j->n + 2, sizeof *p->wheels);
    if (!b->dists || !p->wheels)
        return vf_err_nomem(err);
    for (size_t i = 0; i < j->n; i++) /* from here on the descriptors are the pack's */
        p->wheels[i] = j->v[i].wheel;
    b->n_dists = j->n;
    for (size_t i = 0; i < j->n && st == VF_OK; i++) {
        st = describe(p, &j->v[i], &b->dists[i], err);
        pip = pip || vf_slice_eq(b->dists[i].name, VF_S("pip"));
        if (b->dists[i].converted)
            note(p, b->dists[i].name,
                 ": installed by `setup.py install`, without hashes; a wheel was made of what is there");
    }
    return st == VF_OK && !pip && !excluded(j->o, VF_S("pip")) ? add_pip(p, j->o, err) : st;
}

static void drop(struct jobs *j, bool taken)
{
    for (size_t i = 0; j->v && i < j->n; i++) {
        vf_err_release(&j->v[i].err);
        if (!taken && j->v[i].wheel.original)
            (void)close(j->v[i].wheel.file.fd);
    }
    free(j->v);
    free(j->order);
}

/* The distributions of the environment; what it is packed from says who made a script that two want. */
static enum vf_status settle_scripts(struct jobs *j, struct vf_err *err)
{
    struct vf_pack *p = j->p;
    struct vf_script_provider *c = vf_arena_array(&p->arena, j->n + 1, sizeof *c);
    if (!c)
        return vf_err_nomem(err);
    for (size_t i = 0; i < j->n; i++)
        c[i] = (struct vf_script_provider){j->v[i].dist->canonical, &j->v[i].dist->entry_points,
                                           j->v[i].dist->metadata};
    return vf_pack_resolve_scripts(p, c, j->n, p->env, err);
}

enum vf_status vf_pack_plan_wheels(struct vf_pack *p, const struct vf_pack_opts *o, struct vf_buf *problems,
                                   struct vf_err *err)
{
    struct jobs j = {.p = p, .o = o};
    enum vf_status st = choose(&j, err);
    if (st == VF_OK)
        st = vf_parallel(o->hooks, p->n_workers, work, &j, err);
    if (st == VF_OK)
        st = judge(&j, problems, err);
    if (st == VF_OK)
        st = describe_all(&j, err);
    if (st == VF_OK)
        st = settle_scripts(&j, err);
    drop(&j, p->wheels != NULL);
    return st;
}
