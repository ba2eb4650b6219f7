/* anew_make.c: the environment in the staging directory: made by the interpreter's own venv module,
 * re-pointed to NEW by the engine of move and fix, filled with wheels whose scripts name NEW from the start.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "fs/create.h"
#include "fs/spawn.h"
#include "fs/sys.h"
#include "verbs/recreate/recreate.h"
#include "wheel/pycache.h"
#include "wheel/script_conflict.h"
#include "wheel/scripts.h"

/* ---- bare ---- */

static enum vf_status make_bare(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    const char *argv[12] = {vf_arena_cstr(c->s.a, a->query.started), "-I", "-m", "venv", "--without-pip"};
    size_t n = 5;
    bool system =
        (a->kind == VF_RECREATE_ENV && c->env->system_site) || (a->bundle && a->bundle->bundle.system_site);
    if (a->o->copies)
        argv[n++] = "--copies";
    if (system)
        argv[n++] = "--system-site-packages";
    struct vf_slice prompt = a->o->prompt ? vf_slice_of(a->o->prompt) : a->prompt;
    if (a->o->prompt || prompt.n) /* one word: it may begin with a dash */
        argv[n++] = vf_arena_cstr(c->s.a, vf_arena_concat(c->s.a, VF_S("--prompt="), prompt, VF_S("")));
    argv[n++] = vf_arena_cstr(c->s.a, a->root);
    if (!argv[0] || !argv[n - 1] || c->s.a->failed)
        return vf_err_nomem(&c->s.err);
    struct vf_spawn s = {.argv = argv, .timeout_ms = 300 * 1000};
    struct vf_spawn_result r;
    enum vf_status st = vf_spawn_run(&s, &c->s.hooks, c->s.a, &r, &c->s.err);
    if (st != VF_OK || (r.exit_code == 0 && !r.exec_errno))
        return st;
    struct vf_slice words = vf_slice_trim(r.err.n ? r.err : r.out);
    return vf_err_set(&c->s.err, VF_TOOL_FAILED, r.exec_errno, "run", a->query.started,
                      "its venv module failed: %.*s", (int)(words.n < 400 ? words.n : 400),
                      words.p ? words.p : "");
}

/* The staging directory is 0700; what is made of it gets what venv gave to BIN. */
static enum vf_status set_mode(struct vf_recreate *a)
{
    struct vf_stat st;
    int fd = vf_staging_fd(a->staging);
    if (vf_sys_stat_at(fd, "bin", &st) != 0)
        return vf_err_set(&a->c->s.err, VF_TOOL_FAILED, errno, "make", a->root,
                          "its venv module made no bin directory");
    return fchmod(fd, st.mode & 0777) == 0 ? VF_OK : vf_err_sys(&a->c->s.err, errno, "chmod", a->root);
}

/* ---- re-pointed ---- */

static enum vf_status apply(struct vf_recreate *a, const struct vf_plan *plan)
{
    struct vf_change *c = a->c;
    struct vf_txn *t = NULL;
    enum vf_status st = vf_txn_begin(&c->s.key, a->root, "fix", a->root, a->root, &t, &c->s.err);
    if (st != VF_OK)
        return st;
    for (size_t i = 0; i < plan->edits.n && st == VF_OK; i++)
        st = vf_txn_stage(t, &plan->edits.v[i], &c->s.err);
    if (st == VF_OK)
        st = vf_txn_write_commit_record(t, &c->s.err);
    if (st == VF_OK)
        st = vf_txn_apply(t, &c->s.hooks, &c->s.err);
    if (st == VF_OK)
        return vf_txn_finish(t, &c->s.err);
    vf_txn_abandon(t); /* all of it goes with the staging directory */
    return st;
}

static enum vf_status refuse_unwritable(struct vf_recreate *a, const struct vf_plan *plan)
{
    if (!plan->unwritable.v.n)
        return VF_OK;
    const struct vf_finding *fi = vf_findings_at(&plan->unwritable, 0);
    return vf_err_set(&a->c->s.err, VF_UNWRITABLE, 0, "plan", fi->path,
                      "a file of the new environment cannot hold its path: %.*s",
                      (int)(fi->message.n < 300 ? fi->message.n : 300), fi->message.p ? fi->message.p : "");
}

static enum vf_status repoint(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_env_params p = {
        .path = a->root, .cwd = c->s.cwd, .at = c->to, .host = c->s.host, .hooks = &c->s.hooks};
    struct vf_env *env = NULL;
    struct vf_plan plan = {0};
    enum vf_status st = vf_plan_env(&p, c->s.a, &env, &plan, &c->s.err);
    if (st == VF_OK)
        st = refuse_unwritable(a, &plan);
    if (st == VF_OK)
        st = vf_prove_plan(&plan, false, c->s.a, &c->proofs, &c->s.err);
    if (st == VF_OK)
        st = apply(a, &plan);
    vf_env_free(env);
    return st;
}

/* ---- what the carried files of a bundle name ---- */

static bool is_placed(const struct vf_recreate *a, struct vf_slice path)
{
    for (size_t i = 0; i < a->extras.n; i++) {
        const struct vf_recreate_extra *x = VF_VEC_AT(struct vf_recreate_extra, &a->extras, i);
        if (x->placed && (!path.n || vf_slice_eq(x->dest, path)))
            return true;
    }
    return false;
}

/* Only those files: the others are what the wheels brought. */
static enum vf_status repoint_placed(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_slice prefix = VF_S(VF_BUNDLE_PREFIX);
    struct vf_env_params p = {.path = a->root,
                              .cwd = c->s.cwd,
                              .from = &prefix,
                              .n_from = 1,
                              .at = c->to,
                              .host = c->s.host,
                              .hooks = &c->s.hooks};
    struct vf_env *env = NULL;
    struct vf_plan plan = {0};
    size_t n = 0;
    if (!is_placed(a, VF_S("")))
        return VF_OK;
    enum vf_status st = vf_plan_env(&p, c->s.a, &env, &plan, &c->s.err);
    for (size_t i = 0; i < plan.edits.n && st == VF_OK; i++)
        if (is_placed(a, plan.edits.v[i].path))
            plan.edits.v[n++] = plan.edits.v[i];
    plan.edits.n = n;
    if (st == VF_OK && n > 0)
        st = apply(a, &plan);
    vf_env_free(env);
    return st;
}

/* ---- filled ---- */

static enum vf_status bin_names(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_slice *in = NULL, bin = vf_path_join(c->s.a, a->root, VF_S("bin"));
    size_t n = 0;
    if (!bin.p)
        return vf_err_nomem(&c->s.err);
    enum vf_status st = vf_host_list_any(c->s.host, bin, c->s.a, &in, &n, &c->s.err);
    for (size_t i = 0; i < n; i++) {
        if (!vf_name_is_python(in[i]))
            continue;
        struct vf_slice *name = vf_vec_push(c->s.a, &a->bin_names, sizeof *name);
        if (!name)
            return vf_err_nomem(&c->s.err);
        *name = in[i];
    }
    return st;
}

static enum vf_status describe(struct vf_recreate *a)
{
    const struct vf_interpreter_query *p = &a->query;
    struct vf_stat st;
    int fd = vf_staging_fd(a->staging);
    a->site = (struct vf_site){.root = fd,
                               .prefix = a->c->to,
                               .purelib = p->purelib,
                               .platlib = p->platlib,
                               .headers = p->headers,
                               .bin = VF_S("bin"),
                               .python = p->python,
                               .py_major = p->target.major,
                               .py_minor = p->target.minor,
                               .tags = &p->tags,
                               .env_s = vf_host_env_splits(a->c->s.host),
                               .line_limit = 127};
    a->site.lib64_is_lib = vf_sys_stat_at(fd, "lib64", &st) == 0 && st.kind == VF_KIND_LINK;
    struct vf_slice below;
    if (a->site.lib64_is_lib && vf_path_under(VF_S("lib64"), p->platlib, &below))
        a->site.platlib = vf_path_join(a->c->s.a, VF_S("lib"), below); /* nothing is written through a link */
    if (!a->site.platlib.p)
        return vf_err_nomem(&a->c->s.err);
    a->site.fold_case = vf_sys_stat_at(fd, "PYVENV.CFG", &st) == 0;
    enum vf_status done = bin_names(a);
    a->site.bin_names = a->bin_names.base;
    a->site.n_bin_names = a->bin_names.n;
    return done;
}

static enum vf_status direct_url(struct vf_recreate *a, size_t i, struct vf_slice *out)
{
    struct vf_change *c = a->c;
    const struct vf_install_req *w = VF_INSTALL_REQ_AT(&a->reqs, i);
    struct vf_direct_url url = w->url;
    struct vf_direct_hash h = {VF_S("sha256"), {NULL, 0}};
    struct vf_buf b = {0};
    enum vf_status st = VF_OK;
    *out = w->direct_url;
    if (w->direct_url.n || !w->has_url)
        return VF_OK;
    if (url.kind == VF_DIRECT_ARCHIVE && w->kind == VF_INSTALL_REQ_WHEEL) {
        st = vf_candidates_sha256(&a->candidates, a->selections[i].candidates, &c->s.err);
        if (st != VF_OK)
            return st;
        const struct vf_candidate_wheel *f =
            VF_VEC_AT(struct vf_candidate_wheel, &a->candidates.wheels, a->selections[i].candidates);
        vf_hex_put(&b, (struct vf_slice){(const char *)f->sha256, sizeof f->sha256});
        h.value = vf_arena_dup(c->s.a, vf_buf_slice(&b));
        url.hashes = &h;
        url.n_hashes = 1;
    } else if (url.kind == VF_DIRECT_ARCHIVE) { /* of a source archive: what the list says */
        url.hashes = w->hashes;
        url.n_hashes = w->n_hashes ? 1 : 0;
    }
    vf_buf_clear(&b);
    vf_direct_url_put(&b, &url);
    *out = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(c->s.a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out->p ? VF_OK : vf_err_nomem(&c->s.err);
}

enum vf_status vf_recreate_install_of(struct vf_recreate *a, size_t i, struct vf_install *out)
{
    struct vf_wheel *w = a->selections[i].open.wheel;
    if (a->bundle)
        vf_script_conflicts_drop(&w->entry_points, a->bundle->bundle.dists[i].yields,
                                 a->bundle->bundle.dists[i].n_yields);
    *out = (struct vf_install){.wheel = a->selections[i].open.wheel,
                               .requested = !VF_INSTALL_REQ_AT(&a->reqs, i)->not_requested};
    return direct_url(a, i, &out->direct_url);
}

/* Of a list and an environment; a bundle says itself who makes a script that two want. */
static enum vf_status settle_scripts(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    size_t n = a->reqs.v.n;
    struct vf_vec yields = {0};
    struct vf_script_provider *v = vf_arena_array(c->s.a, n + 1, sizeof *v);
    if (!v)
        return vf_err_nomem(&c->s.err);
    for (size_t i = 0; i < n; i++) {
        const struct vf_wheel *w = a->selections[i].open.wheel;
        v[i] = (struct vf_script_provider){w->canonical, &w->entry_points, w->metadata};
    }
    enum vf_status st = vf_script_conflicts_resolve(v, n, c->env, c->s.a, &yields, &c->s.err);
    for (size_t i = 0; i < yields.n && st == VF_OK; i++) {
        const struct vf_script_conflict *y = VF_VEC_AT(const struct vf_script_conflict, &yields, i);
        vf_script_conflicts_drop(&a->selections[y->loser].open.wheel->entry_points, &y->script, 1);
    }
    return st;
}

static enum vf_status install(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    size_t n = a->reqs.v.n;
    struct vf_install *in = vf_arena_array(c->s.a, n + 1, sizeof *in);
    enum vf_status st = VF_OK;
    vf_hooks_phase(&c->s.hooks, "install");
    if (a->installer)
        return vf_installer_finish(a->installer, &c->s.err);
    if (!in)
        return vf_err_nomem(&c->s.err);
    if (!a->bundle)
        st = settle_scripts(a);
    for (size_t i = 0; i < n && st == VF_OK; i++)
        st = vf_recreate_install_of(a, i, &in[i]);
    return st == VF_OK ? vf_install_wheels(&a->site, in, n, &c->s.hooks, NULL, &c->s.err) : st;
}

enum vf_status vf_recreate_room(struct vf_recreate *a, uint64_t need, uint64_t files)
{
    uint64_t bytes, inodes;
    if (vf_sys_free_space(vf_staging_fd(a->staging), &bytes, &inodes) != 0)
        return VF_OK;
    need += files * 512;
    if (need <= bytes && (!inodes || files <= inodes))
        return VF_OK;
    return vf_err_set(&a->c->s.err, VF_NO_SPACE, 0, "install", a->c->to,
                      "it needs %llu MB there, %llu MB are free", (unsigned long long)(need >> 20),
                      (unsigned long long)(bytes >> 20));
}

static enum vf_status enough_space(struct vf_recreate *a)
{
    uint64_t need = 0, files = 0;
    for (size_t i = 0; i < a->reqs.v.n; i++) {
        need += a->selections[i].open.wheel->bytes;
        files += a->selections[i].open.wheel->n_files;
    }
    return vf_recreate_room(a, need, files);
}

/* ---- what no wheel brings ---- */

static enum vf_status parents(struct vf_recreate *a, struct vf_slice dest)
{
    struct vf_slice dir = vf_path_dir(dest);
    enum vf_status st = VF_OK;
    for (size_t at = 0; at < dir.n && st == VF_OK;) {
        size_t slash = vf_slice_find_byte(dir, '/', at);
        st = vf_create_dir(vf_staging_fd(a->staging), vf_slice_sub(dir, 0, slash), &a->c->s.err);
        at = slash == VF_NPOS ? dir.n : slash + 1;
    }
    return st;
}

static enum vf_status write_piece(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    return vf_create_write(ctx, bytes, err);
}

static enum vf_status put_extra(struct vf_recreate *a, const struct vf_recreate_extra *x)
{
    struct vf_err *err = &a->c->s.err;
    int root = vf_staging_fd(a->staging);
    struct vf_new_file file = {0};
    enum vf_status st = parents(a, x->dest);
    if (st != VF_OK)
        return st;
    switch (x->what) {
    case VF_EXTRA_BYTES:
        return vf_create_complete(root, x->dest, x->executable, x->bytes, err);
    case VF_EXTRA_LINK:
        return vf_create_link(root, x->dest, x->bytes, err);
    case VF_EXTRA_SOURCE:
        st = vf_create_file(root, x->dest, x->executable, &file, err);
        return st == VF_OK
                   ? vf_create_close(&file, vf_zip_source_read(&x->source, write_piece, &file, err), err)
                   : st;
    }
    return VF_OK;
}

/* Nothing that is there is replaced: what a wheel brings is the newer truth. */
static enum vf_status put_extras(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < a->extras.n && st == VF_OK; i++) {
        const struct vf_recreate_extra *x = VF_VEC_AT(struct vf_recreate_extra, &a->extras, i);
        st = put_extra(a, x);
        if (st == VF_EXISTS) {
            struct vf_buf b = {0};
            vf_buf_puts(&b, "a file from no package was not copied, since another file has its name: ");
            vf_buf_put(&b, x->dest);
            if (vf_buf_cstr(&b))
                vf_hooks_note(&c->s.hooks, vf_buf_cstr(&b));
            vf_buf_release(&b);
            vf_err_clear(&c->s.err);
            st = VF_OK;
        }
    }
    return st;
}

static enum vf_status collect(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    struct vf_buf *b = ctx;
    vf_buf_put(b, bytes);
    return b->failed ? vf_err_nomem(err) : VF_OK;
}

/* A carried script gets the interpreter line of its new place, as one of a wheel does. */
static enum vf_status head_script(struct vf_recreate *a, const struct vf_site *site,
                                  struct vf_recreate_extra *x)
{
    enum { SCRIPT_MAX = 16 << 20 };
    struct vf_change *c = a->c;
    struct vf_buf raw = {0}, out = {0};
    enum vf_status st = VF_OK;
    if (x->source.size > SCRIPT_MAX)
        return VF_OK;
    st = vf_zip_source_read(&x->source, collect, &raw, &c->s.err);
    if (st == VF_OK && vf_script_is_placeholder(vf_buf_slice(&raw))) {
        st = vf_script_put(site, x->dest, vf_buf_slice(&raw), &out, &c->s.err);
        x->what = VF_EXTRA_BYTES;
        x->bytes = st == VF_OK ? vf_arena_dup(c->s.a, vf_buf_slice(&out)) : x->bytes;
        st = st == VF_OK && !x->bytes.p ? vf_err_nomem(&c->s.err) : st;
    }
    vf_buf_release(&raw);
    vf_buf_release(&out);
    return st;
}

static enum vf_status bundle_extras(struct vf_recreate *a, const struct vf_site *site)
{
    struct vf_change *c = a->c;
    for (size_t i = 0; a->bundle && i < a->bundle->bundle.n_extras; i++) {
        const struct vf_bundle_extra *e = &a->bundle->bundle.extras[i];
        struct vf_slice dir = e->into == VF_INTO_SCRIPTS ? site->bin
                              : e->into == VF_INTO_SITE  ? site->purelib
                                                         : VF_S("");
        struct vf_recreate_extra *x = vf_vec_push(c->s.a, &a->extras, sizeof *x);
        if (!x)
            return vf_err_nomem(&c->s.err);
        *x = (struct vf_recreate_extra){.dest = dir.n ? vf_path_join(c->s.a, dir, e->rest) : e->rest,
                                        .what = VF_EXTRA_SOURCE,
                                        .source = a->bundle->extras[i],
                                        .executable = e->executable,
                                        .placed = e->placed};
        if (!x->dest.p)
            return vf_err_nomem(&c->s.err);
        enum vf_status st = e->into == VF_INTO_SCRIPTS ? head_script(a, site, x) : VF_OK;
        if (st != VF_OK)
            return st;
    }
    return VF_OK;
}

/* Only where the bundle's own digest was given, and for the very Python that they were compiled by. */
static enum vf_status bundle_pycache(struct vf_recreate *a, const struct vf_site *site)
{
    struct vf_change *c = a->c;
    struct vf_buf magic = {0};
    const struct vf_bundle_pycache *p = a->bundle ? &a->bundle->bundle.pycache : NULL;
    if (!p || !p->member.n)
        return VF_OK;
    const char *why = !a->o->sha256 ? "only with --sha256, since no hash of the list covers them"
                      : vf_slice_eq_nocase(p->magic, a->query.magic) ? NULL
                                                                     : "another Python made them";
    if (why) {
        struct vf_buf b = {0};
        vf_buf_printf(&b, "the compiled files of the bundle were left out: %s", why);
        if (vf_buf_cstr(&b))
            vf_hooks_note(&c->s.hooks, vf_buf_cstr(&b));
        vf_buf_release(&b);
        return VF_OK;
    }
    enum vf_status st = vf_hex_get(&magic, p->magic) ? VF_OK : vf_err_nomem(&c->s.err);
    if (st == VF_OK)
        st =
            vf_pycache_install(site, &a->bundle->pycache, vf_buf_slice(&magic), &c->s.hooks, NULL, &c->s.err);
    vf_buf_release(&magic);
    return st;
}

static enum vf_status compile(struct vf_recreate *a, const struct vf_site *site)
{
    struct vf_change *c = a->c;
    struct vf_slice python = vf_path_join(c->s.a, a->root, VF_S("bin/python"));
    if (!a->o->compile)
        return VF_OK;
    vf_hooks_phase(&c->s.hooks, "compile");
    return python.p ? vf_install_compile(site, python, a->root, &c->s.hooks, &c->s.err)
                    : vf_err_nomem(&c->s.err);
}

enum vf_status vf_recreate_build_bare(struct vf_recreate *a)
{
    vf_hooks_phase(&a->c->s.hooks, "make");
    enum vf_status st = make_bare(a);
    if (st == VF_OK)
        st = set_mode(a);
    if (st == VF_OK)
        st = repoint(a);
    return st == VF_OK ? describe(a) : st;
}

enum vf_status vf_recreate_build(struct vf_recreate *a)
{
    enum vf_status st = VF_OK;
    if (!a->streamed)
        st = enough_space(a);
    if (st == VF_OK && !a->streamed)
        st = vf_recreate_build_bare(a);
    if (st == VF_OK)
        st = install(a);
    if (st == VF_OK && a->kind == VF_RECREATE_ENV)
        st = vf_recreate_env_carried(a);
    if (st == VF_OK)
        st = bundle_extras(a, &a->site);
    if (st == VF_OK)
        st = put_extras(a);
    if (st == VF_OK)
        st = repoint_placed(a);
    if (st == VF_OK)
        st = bundle_pycache(a, &a->site);
    return st == VF_OK ? compile(a, &a->site) : st;
}
