/* anew_env.c: an environment as the source: its frozen list is what is wanted; what is not bound to its
 * interpreter is made a wheel again, and what no RECORD lists is carried along. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/digest.h"
#include "fs/create.h"
#include "fs/sys.h"
#include "verbs/recreate/recreate.h"

/* The prompt, where somebody chose one. */
static struct vf_slice prompt_of(const struct vf_env *env)
{
    struct vf_slice rest = env->cfg, line;
    while (vf_slice_next_line(&rest, &line)) {
        size_t eq = vf_slice_find_byte(line, '=', 0);
        if (eq == VF_NPOS || !vf_slice_eq_nocase(vf_slice_trim(vf_slice_sub(line, 0, eq)), VF_S("prompt")))
            continue;
        struct vf_slice v = vf_slice_trim(vf_slice_from(line, eq + 1));
        bool quoted = v.n >= 2 && (v.p[0] == '\'' || v.p[0] == '"') && v.p[v.n - 1] == v.p[0];
        return quoted ? vf_slice_sub(v, 1, v.n - 1) : v;
    }
    return VF_S("");
}

enum vf_status vf_recreate_open_env(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_slice *from = vf_arena_array(c->s.a, c->o->n_from + 1, sizeof *from);
    if (!from)
        return vf_err_nomem(&c->s.err);
    for (size_t i = 0; i < c->o->n_from; i++)
        from[i] = vf_slice_of(c->o->from[i]);
    struct vf_env_params p = {.path = c->from,
                              .cwd = c->s.cwd,
                              .from = from,
                              .n_from = c->o->n_from,
                              .at = c->to,
                              .settle = !c->o->dry_run,
                              .host = c->s.host,
                              .hooks = &c->s.hooks};
    enum vf_status st = vf_change_read_maps(c, &p);
    if (st == VF_OK)
        st = vf_env_open(&p, &c->env, &c->s.err);
    if (st == VF_OK)
        st = vf_change_lock_source(c);
    if (st == VF_OK)
        st = vf_env_scan(c->env, &c->s.err);
    if (st == VF_OK)
        st = vf_env_must_be_readable(c->env, true, &c->s.err);
    if (st != VF_OK)
        return st;
    a->prompt = prompt_of(c->env);
    if (vf_slice_eq(a->prompt, vf_path_base(c->from)) ||
        vf_slice_eq(a->prompt, vf_path_base(c->env->resolved)))
        a->prompt = VF_S("");
    c->findings.a = c->s.a;
    st = vf_judge_env(c->env, &c->findings, &c->s.err);
    return st == VF_OK ? vf_plan_make(c->env, &c->findings, c->s.a, &c->plan, &c->s.err) : st;
}

/* ---- wants ---- */

static bool counts(const struct vf_env_dist *d)
{
    return d->valid_name && !d->duplicate;
}

static enum vf_status url_bytes(struct vf_recreate *a, const struct vf_env_dist *d, struct vf_slice *out)
{
    struct vf_change *c = a->c;
    *out = VF_S("");
    if (!d->has_url)
        return VF_OK;
    struct vf_slice path = vf_path_join(c->s.a, d->info, VF_S("direct_url.json"));
    return path.p ? vf_tree_read(c->env->tree, path, VF_DIRECT_URL_MAX, c->s.a, out, &c->s.err)
                  : vf_err_nomem(&c->s.err);
}

enum vf_status vf_recreate_env_reqs(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    enum vf_status st = VF_OK;
    for (uint32_t i = 0; i < c->env->n_dists && st == VF_OK; i++) {
        const struct vf_env_dist *d = &c->env->dists[i];
        struct vf_slice url, requested = vf_path_join(c->s.a, d->info, VF_S("REQUESTED"));
        struct vf_install_req *w = NULL;
        if (!counts(d))
            continue;
        st = requested.p ? url_bytes(a, d, &url) : vf_err_nomem(&c->s.err);
        if (st == VF_OK)
            st = vf_install_reqs_pin(c->s.a, &a->reqs, d->canonical, d->version, url, &w, &c->s.err);
        if (st == VF_OK)
            w->not_requested = vf_env_find(c->env, requested) == VF_NONE;
    }
    return st;
}

/* ---- its own wheels ---- */

static enum vf_status sink(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    return vf_create_write(ctx, bytes, err);
}

/* Into the scratch directory, in one of its own. */
static enum vf_status write_wheel(struct vf_recreate *a, size_t req, struct vf_rebuild *r,
                                  struct vf_slice *path, struct vf_err *err)
{
    struct vf_arena *arena = a->c->s.a;
    struct vf_buf b = {0};
    struct vf_new_file file = {0};
    vf_buf_puts(&b, "own");
    vf_buf_put_u64(&b, req);
    struct vf_slice dir = vf_arena_dup(arena, vf_buf_slice(&b)), rel = vf_path_join(arena, dir, r->file_name);
    *path = vf_path_join(arena, a->scratch, rel);
    bool lost = b.failed || arena->failed;
    vf_buf_release(&b);
    if (lost)
        return vf_err_nomem(err);
    int root = vf_sys_open_path(a->scratch, O_RDONLY | O_DIRECTORY);
    if (root < 0)
        return vf_err_sys(err, errno, "open", a->scratch);
    enum vf_status st = vf_create_dir(root, dir, err);
    if (st == VF_OK)
        st = vf_create_file(root, rel, false, &file, err);
    if (st == VF_OK)
        st = vf_create_close(&file, vf_rebuild_write(r, sink, &file, err), err);
    (void)close(root);
    return st;
}

static bool fits(struct vf_recreate *a, struct vf_slice file_name, struct vf_slice *tags)
{
    struct vf_wheel_name name;
    struct vf_err ignored;
    vf_err_init(&ignored);
    bool ok = vf_wheel_name_parse(a->c->s.a, file_name, &name, &ignored) == VF_OK;
    vf_err_release(&ignored);
    if (!ok)
        return false;
    const char *end = name.tags.platform.p + name.tags.platform.n;
    *tags = (struct vf_slice){name.tags.python.p, (size_t)(end - name.tags.python.p)};
    return vf_tags_rank(&a->query.tags, &name.tags) != VF_NPOS;
}

static enum vf_status one_wheel(struct vf_recreate *a, uint32_t dist, size_t req, struct vf_err *why)
{
    struct vf_change *c = a->c;
    struct vf_selection *p = &a->selections[req];
    struct vf_rebuild_opts opts = {.allow_modified = true, .editable = true};
    struct vf_rebuild r = {0};
    struct vf_slice path = {NULL, 0}, tags = {NULL, 0};
    enum vf_status st = vf_rebuild_plan(c->env, dist, &opts, c->s.a, &r, why);
    if (st != VF_OK)
        return st;
    if (!fits(a, r.file_name, &tags)) {
        p->was = tags;
        return vf_err_set(
            why, VF_INCOMPATIBLE, 0, "rebuild", r.file_name, "%s",
            c->env->dists[dist].editable
                ? "an editable that is bound to its Python: its project's own tool installs it again"
                : "it is for another Python or platform");
    }
    p->modified = r.n_modified > 0;
    if (c->o->dry_run) {
        p->metadata = c->env->dists[dist].metadata;
        p->version = c->env->dists[dist].version;
        return VF_OK;
    }
    st = write_wheel(a, req, &r, &path, why);
    if (st != VF_OK)
        return st;
    struct vf_candidate_wheel w = {.path = path, .file_name = r.file_name, .origin = VF_ORIGIN_ENV};
    return vf_candidates_add(&a->candidates, &w, &p->candidates, why);
}

/* pip is in no frozen list: where the interpreter is another and brings a newer one, that is taken, since an
 * old pip may not run on it. */
static enum vf_status newer_pip(struct vf_recreate *a, const struct vf_env_dist *d, size_t req, bool *taken)
{
    struct vf_change *c = a->c;
    struct vf_wheel_name name;
    struct vf_version old;
    struct vf_err why;
    struct vf_slice wheel = a->query.pip_wheel;
    *taken = false;
    if (!vf_slice_eq(d->canonical, VF_S("pip")) || !wheel.n || c->env->py.minor == a->query.target.minor)
        return VF_OK;
    vf_err_init(&why);
    bool newer = vf_wheel_name_parse(c->s.a, vf_path_base(wheel), &name, &why) == VF_OK &&
                 vf_version_parse(c->s.a, d->version, &old, &why) == VF_OK &&
                 vf_version_cmp(&name.version, &old) > 0;
    vf_err_release(&why);
    if (!newer)
        return VF_OK;
    struct vf_candidate_wheel w = {
        .path = wheel, .file_name = vf_path_base(wheel), .origin = VF_ORIGIN_DIRECT};
    VF_INSTALL_REQ_AT(&a->reqs, req)->versions.n = 0;
    a->selections[req].was = d->version;
    *taken = true;
    return vf_candidates_add(&a->candidates, &w, &a->selections[req].candidates, &c->s.err);
}

static bool only_this_one(enum vf_status st)
{
    return st == VF_NOT_SUPPORTED || st == VF_INCOMPLETE || st == VF_CHANGED || st == VF_UNWRITABLE ||
           st == VF_UNREADABLE || st == VF_INCOMPATIBLE || st == VF_NOT_FOUND;
}

enum vf_status vf_recreate_env_wheels(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    enum vf_status st = VF_OK;
    size_t req = 0;
    vf_hooks_phase(&c->s.hooks, "read");
    for (uint32_t i = 0; i < c->env->n_dists && st == VF_OK; i++) {
        struct vf_err why;
        if (!counts(&c->env->dists[i]))
            continue;
        if (a->o->reinstall && !c->env->dists[i].editable) { /* an editable is in no stock */
            req++;
            continue;
        }
        if (vf_hooks_cancelled(&c->s.hooks))
            return vf_err_set(&c->s.err, VF_INTERRUPTED, 0, "read", c->from, "nothing was made");
        bool taken;
        st = newer_pip(a, &c->env->dists[i], req, &taken);
        if (st != VF_OK || taken) {
            req++;
            continue;
        }
        vf_err_init(&why);
        st = one_wheel(a, i, req, &why);
        if (only_this_one(st)) {
            a->selections[req].refused = vf_arena_dup(c->s.a, vf_slice_of(why.detail));
            st = VF_OK;
        } else if (st != VF_OK) {
            st = vf_err_set(&c->s.err, why.code, why.sys, why.op, (struct vf_slice){why.path, why.path_len},
                            "%s", why.detail);
        }
        vf_err_release(&why);
        req++;
    }
    return st;
}

/* ---- what no RECORD lists ---- */

struct vf_slice vf_recreate_env_path(struct vf_recreate *a, struct vf_slice path)
{
    const struct vf_env *env = a->c->env;
    struct vf_slice rest;
    for (size_t i = 0; i < env->n_sites; i++)
        if (vf_path_under(env->sites[i], path, &rest))
            return rest.n ? vf_path_join(a->c->s.a, a->query.purelib, rest) : a->query.purelib;
    return path;
}

static enum vf_status carry(struct vf_recreate *a, const struct vf_file *f)
{
    struct vf_change *c = a->c;
    const struct vf_edit *e = vf_edits_find(&c->plan.edits, f->path);
    struct vf_recreate_extra x = {.dest = vf_recreate_env_path(a, f->path),
                                  .executable = (f->st.mode & 0111) != 0};
    struct vf_slice old;
    if (!x.dest.p)
        return vf_err_nomem(&c->s.err);
    if (e && e->kind == VF_EDIT_DELETE)
        return VF_OK;
    if (f->st.kind == VF_KIND_LINK) {
        x.what = VF_EXTRA_LINK;
        x.bytes = e ? e->contents : f->target;
    } else {
        struct vf_buf b = {0};
        enum vf_status st = e ? vf_edit_original(e, c->env->tree, c->s.a, &old, &c->s.err)
                              : vf_tree_read(c->env->tree, f->path, UINT64_MAX, c->s.a, &old, &c->s.err);
        if (st == VF_OK && e)
            st = vf_edit_apply(e, old, &b, &c->s.err);
        x.bytes = st == VF_OK && e ? vf_arena_dup(c->s.a, vf_buf_slice(&b)) : old;
        vf_buf_release(&b);
        if (st != VF_OK || !x.bytes.p)
            return st != VF_OK ? st : vf_err_nomem(&c->s.err);
    }
    struct vf_recreate_extra *kept = vf_vec_push(c->s.a, &a->extras, sizeof *kept);
    if (!kept)
        return vf_err_nomem(&c->s.err);
    *kept = x;
    return VF_OK;
}

enum vf_status vf_recreate_env_carried(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_slice *paths = NULL;
    size_t n = 0;
    enum vf_status st = vf_plan_carried(c->env, c->s.a, &paths, &n, &c->s.err);
    for (size_t i = 0; i < n && st == VF_OK; i++) {
        uint32_t f = vf_env_find(c->env, paths[i]);
        if (f != VF_NONE)
            st = carry(a, &c->env->files[f]);
    }
    return st;
}
