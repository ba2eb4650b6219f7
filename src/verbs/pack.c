/* pack.c: the verb pack: a lock bundle of an environment. */
#include "verbs/pack.h"

#include "base/digest.h"
#include "base/escape.h"
#include "base/path.h"

/* --- plan --- */

static enum vf_status open_env(struct vf_packing *p)
{
    struct vf_env_params params = {
        .path = vf_slice_of(p->o->path), .cwd = p->s->cwd, .host = p->s->host, .hooks = &p->s->hooks};
    struct vf_slice *from = vf_arena_array(p->s->a, p->o->n_from + 1, sizeof *from);
    if (!from)
        return vf_err_nomem(&p->s->err);
    for (size_t i = 0; i < p->o->n_from; i++)
        from[i] = vf_slice_of(p->o->from[i]);
    params.from = from;
    params.n_from = p->o->n_from;
    enum vf_status st = vf_env_open(&params, &p->env, &p->s->err);
    return st == VF_OK ? vf_env_must_be_readable(p->env, true, &p->s->err) : st;
}

static enum vf_status links(struct vf_packing *p, struct vf_pack_opts *opts)
{
    struct vf_slice *dirs = vf_arena_array(p->s->a, p->o->n_links + 1, sizeof *dirs);
    if (!dirs)
        return vf_err_nomem(&p->s->err);
    for (size_t i = 0; i < p->o->n_links; i++) {
        enum vf_kind kind;
        dirs[i] = vf_session_abs(p->s, p->o->links[i]);
        if (!dirs[i].p)
            return vf_err_nomem(&p->s->err);
        enum vf_status st = vf_host_stat(p->s->host, dirs[i], &kind, &p->s->err);
        if (st != VF_OK)
            return st;
        if (kind != VF_KIND_DIR)
            return vf_err_set(&p->s->err, VF_NOT_FOUND, 0, "read", dirs[i],
                              "--find-links: no such directory");
    }
    opts->links = dirs;
    opts->n_links = p->o->n_links;
    return VF_OK;
}

/* Every line is a note to the user. */
static void report(struct vf_packing *p, const struct vf_buf *lines)
{
    struct vf_slice rest = vf_buf_slice(lines), line;
    struct vf_buf one = {0};
    while (vf_slice_next_line(&rest, &line)) {
        vf_buf_clear(&one);
        vf_term_put(&one, line);
        const char *text = vf_buf_cstr(&one);
        if (text)
            vf_hooks_note(&p->s->hooks, text);
    }
    vf_buf_release(&one);
}

/* A target is for lists: an environment has its own. */
static enum vf_status no_target(struct vf_packing *p)
{
    if (!p->o->python && !p->o->platform)
        return VF_OK;
    return vf_err_set(&p->s->err, VF_USAGE, 0, "pack", vf_slice_of(p->o->path),
                      "--python and --platform are for a list: an environment is packed for its own Python");
}

static enum vf_status plan(struct vf_packing *p)
{
    struct vf_pack_opts opts = {.pycache = p->o->pycache,
                                .allow_modified = p->o->allow_modified,
                                .epoch = p->o->epoch,
                                .n_exclude = p->o->n_exclude,
                                .hooks = &p->s->hooks};
    struct vf_slice *exclude = vf_arena_array(p->s->a, p->o->n_exclude + 1, sizeof *exclude);
    struct vf_buf problems = {0};
    if (!exclude)
        return vf_err_nomem(&p->s->err);
    for (size_t i = 0; i < p->o->n_exclude; i++)
        exclude[i] = vf_slice_of(p->o->exclude[i]);
    opts.exclude = exclude;
    opts.platform = vf_packing_host_platform(p->s->a);
    enum vf_status st = links(p, &opts);
    if (st == VF_OK)
        st = vf_pack_plan(p->env, &opts, &problems, &p->pack, &p->s->err);
    report(p, &problems);
    vf_buf_release(&problems);
    return st;
}

/* --- report --- */

static struct vf_slice pin(struct vf_arena *a, const struct vf_bundle_dist *d)
{
    return vf_arena_concat(a, d->name, VF_S("=="), d->version);
}

static enum vf_status report_requirements(struct vf_packing *p)
{
    const struct vf_bundle *b = &p->pack->bundle;
    struct venvfix_change_result *r = p->r;
    r->requirements = vf_arena_array(p->s->a, b->n_dists + b->n_extras + 1, sizeof *r->requirements);
    r->carried = vf_arena_array(p->s->a, b->n_extras + 1, sizeof *r->carried);
    if (!r->requirements || !r->carried)
        return vf_err_nomem(&p->s->err);
    for (size_t i = 0; i < b->n_dists; i++) {
        const struct vf_bundle_dist *d = &b->dists[i];
        r->requirements[r->n_requirements++] = (struct venvfix_requirement){
            .requirement = vf_bytes_of(pin(p->s->a, d)),
            .name = vf_bytes_of(vf_arena_dup(p->s->a, d->name)),
            .version = vf_bytes_of(vf_arena_dup(p->s->a, d->version)),
            .how = p->pack->wheels[i].original ? VENVFIX_INSTALLED : VENVFIX_REUSED,
            .modified = d->n_modified > 0};
    }
    for (size_t i = 0; i < b->n_extras; i++)
        r->carried[r->n_carried++] = vf_bytes_of(vf_arena_dup(p->s->a, b->extras[i].path));
    return p->s->a->failed ? vf_err_nomem(&p->s->err) : VF_OK;
}

/* What is in the bundle, or is not, and should be known. */
static enum vf_status report_warnings(struct vf_packing *p)
{
    struct vf_findings f = {.a = p->s->a};
    const struct vf_bundle *b = &p->pack->bundle;
    for (size_t i = 0; i < b->n_dists; i++)
        for (size_t k = 0; k < b->dists[i].n_modified; k++) {
            struct vf_slice path = b->dists[i].modified[k];
            bool shared = (p->env->files[vf_env_find(p->env, path)].flags & VF_FILE_SHARED) != 0;
            struct vf_finding *fi =
                vf_findings_add(&f, shared ? VF_RULE_FILE_SHARED : VF_RULE_FILE_HASH, path);
            if (!fi)
                break;
            fi->level = VF_L_WARNING;
            fi->distribution = b->dists[i].name;
        }
    for (size_t i = 0; i < p->pack->n_bound; i++)
        (void)vf_findings_add(&f, VF_RULE_TEXT_BOUND, p->pack->bound[i]);
    for (size_t i = 0; i < b->n_left_out; i++)
        (void)vf_findings_add(&f, VF_RULE_BUNDLE_LEFT_OUT, b->left_out[i]);
    if (f.failed)
        return vf_err_nomem(&p->s->err);
    vf_findings_sort(&f);
    return vf_findings_out(p->s, &f, &p->r->warnings);
}

/* --- the file --- */

static enum vf_status put(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    struct vf_packing *p = ctx;
    vf_hasher_update(p->hasher, bytes);
    p->bytes += bytes.n;
    return vf_atomic_file_write(&p->file, bytes, err);
}

static enum vf_status keep_digest(struct vf_packing *p)
{
    unsigned char sum[VF_DIGEST_MAX];
    struct vf_buf hex = {0};
    if (vf_hasher_final(p->hasher, sum) != 32)
        return vf_err_set(&p->s->err, VF_INTERNAL, 0, "pack", VF_S(""), "no sha256 to be had");
    vf_hex_put(&hex, (struct vf_slice){(const char *)sum, 32});
    p->r->sha256 = vf_bytes_of(vf_arena_dup(p->s->a, vf_buf_slice(&hex)));
    p->r->bytes = p->bytes;
    bool failed = hex.failed;
    vf_buf_release(&hex);
    return p->r->sha256.p && !failed ? VF_OK : vf_err_nomem(&p->s->err);
}

static enum vf_status write_file(struct vf_packing *p)
{
    static const enum vf_tar_packing packings[] = {VF_TAR_ZSTD, VF_TAR_ZSTD,  VF_TAR_GZIP,
                                                   VF_TAR_XZ,   VF_TAR_PLAIN, VF_TAR_ZIP};
    struct vf_slice to = {p->r->to.p, p->r->to.n};
    enum vf_tar_packing packing =
        p->o->packing == VENVFIX_PACK_BY_NAME ? vf_tar_packing_of(vf_path_base(to)) : packings[p->o->packing];
    enum vf_status st = vf_hasher_new(VF_S("sha256"), &p->hasher, &p->s->err);
    if (st == VF_OK)
        st = vf_pack_write(p->pack, packing, &p->s->hooks, put, p, &p->s->err);
    if (st == VF_OK)
        st = keep_digest(p);
    vf_hasher_free(p->hasher);
    return st;
}

/* The name of the new file is taken before the long plan begins: what stands in its way is said at once. */
enum vf_status vf_packing_write(struct vf_packing *p)
{
    double start = vf_seconds_since(0);
    struct vf_slice from = vf_session_abs(p->s, p->o->path), to = vf_session_abs(p->s, p->o->output);
    struct venvfix_change_result *r = p->r;
    if (!from.p || !to.p)
        return vf_err_nomem(&p->s->err);
    r->from = vf_bytes_of(from);
    r->to = vf_bytes_of(to);
    bool list = vf_packing_is_list(p);
    enum vf_status st = list ? VF_OK : no_target(p);
    if (st == VF_OK && !list)
        st = open_env(p);
    if (st == VF_OK)
        st = vf_atomic_file_open(to, &p->file, &p->s->err);
    if (st == VF_OK)
        st = list ? vf_packing_plan_list(p) : plan(p);
    if (st == VF_OK)
        report(p, &p->pack->notes);
    r->plan_s = vf_seconds_since(start);
    if (st == VF_OK)
        st = report_requirements(p);
    if (st == VF_OK)
        st = report_warnings(p);
    start = vf_seconds_since(0);
    if (st == VF_OK)
        st = write_file(p);
    r->stage_s = vf_seconds_since(start);
    if (st != VF_OK && p->env)
        vf_err_below(&p->s->err, p->env->typed);
    vf_pack_free(p->pack);
    vf_env_free(p->env);
    return st;
}

enum vf_status vf_packing_end(struct vf_packing *p, enum vf_status st)
{
    if (st == VF_OK)
        return vf_atomic_file_commit(&p->file, &p->s->err);
    vf_atomic_file_abandon(&p->file);
    return st;
}

int venvfix_pack(const struct venvfix_pack_options *options, struct venvfix_change_result *result)
{
    struct vf_session s;
    struct vf_packing p = {.s = &s, .o = options, .r = result};
    *result = (struct venvfix_change_result){.verb = VENVFIX_PACK,
                                             .proof_static = -1,
                                             .proof_freeze = -1,
                                             .proof_record = -1,
                                             .proof_interpreter = -1,
                                             .proof_imports = -1,
                                             .plan_s = -1,
                                             .stage_s = -1,
                                             .prove_s = -1,
                                             .commit_s = -1,
                                             .retire_s = -1};
    enum vf_status st = vf_session_open(&s, &options->hooks);
    if (st == VF_OK)
        st = vf_packing_end(&p, vf_packing_write(&p));
    result->exit = st == VF_OK ? 0 : 2;
    vf_session_close(&s, &result->error, &result->own);
    return result->exit;
}
