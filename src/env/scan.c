/* scan.c: pass 2: the contents of every file, in parallel; and the life of an environment. */
#include "env/dists.h"
#include "env/env_internal.h"
#include "env/freeze.h"
#include "env/recheck.h"

#include <stdlib.h>

struct scan {
    struct vf_read_job job;
    struct vf_read_tools *tools; /* one for each worker */
};

/* As params.proven says. */
static bool is_proven(const struct vf_env *env, const struct vf_file *f)
{
    return env->params.proven && !(f->flags & VF_FILE_IN_BIN) && vf_env_row_has_hash(env, f) &&
           !vf_syntax_classify(f->path, VF_S(""), false);
}

enum vf_status vf_env_go_on(const struct vf_env *env, struct vf_err *err)
{
    if (vf_hooks_cancelled(env->params.hooks))
        return vf_err_set(err, VF_INTERRUPTED, 0, NULL, VF_S(""), "stopped on request");
    return VF_OK;
}

static enum vf_status scan_file(void *ctx, size_t item, unsigned worker, struct vf_err *err)
{
    struct scan *s = ctx;
    struct vf_read_job job = s->job;
    if (worker == 0 && item % 256 == 0)
        vf_hooks_progress(job.env->params.hooks, "read", item, job.env->n_files);
    job.a = &job.env->worker_arenas[worker];
    job.tools = &s->tools[worker];
    struct vf_file *f = &job.env->files[item];
    return is_proven(job.env, f) ? VF_OK : vf_env_read_contents(&job, f, err);
}

static void count_examined(struct vf_env *env)
{
    env->examined = env->n_unexamined = 0;
    for (size_t i = 0; i < env->n_files; i++) {
        const struct vf_file *f = &env->files[i];
        if (f->flags & VF_FILE_JOURNAL)
            continue;
        if (f->unexamined != VF_OK || vf_kind_is_special(f->st.kind))
            env->n_unexamined++;
        else if (f->st.kind == VF_KIND_FILE || f->st.kind == VF_KIND_LINK)
            env->examined++;
    }
}

enum vf_status vf_env_scan(struct vf_env *env, struct vf_err *err)
{
    struct vf_searcher *searcher = NULL;
    struct vf_needles *needles = NULL;
    enum vf_status st = vf_searcher_new(env->place_list, env->n_prefixes, &searcher, err);
    if (st == VF_OK && env->params.n_forbid)
        st = vf_needles_new(env->params.forbid, env->params.n_forbid, &needles, err);
    if (st != VF_OK) {
        vf_searcher_free(searcher);
        return st;
    }
    struct scan s = {.job = {.env = env,
                             .tree = env->tree,
                             .searcher = searcher,
                             .needles = needles,
                             .hash = env->params.hashes}};
    s.tools = calloc(env->n_workers, sizeof *s.tools);
    if (!s.tools)
        st = vf_err_nomem(err);
    else
        st = vf_parallel(env->params.hooks, env->n_files, scan_file, &s, err);
    for (unsigned i = 0; s.tools && i < env->n_workers; i++)
        vf_read_tools_release(&s.tools[i]);
    free(s.tools);
    vf_searcher_free(searcher);
    vf_needles_free(needles);
    if (st == VF_OK)
        count_examined(env);
    env->scanned = st == VF_OK;
    return st;
}

struct vf_reread {
    struct vf_env *env;
    struct vf_tree *tree;
    struct vf_searcher *searcher;
    struct vf_read_tools tools;
};

enum vf_status vf_reread_new(struct vf_env *env, struct vf_tree *tree, struct vf_reread **out,
                             struct vf_err *err)
{
    struct vf_reread *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r)
        return vf_err_nomem(err);
    r->env = env;
    r->tree = tree;
    enum vf_status st = vf_searcher_new(env->place_list, env->n_prefixes, &r->searcher, err);
    if (st != VF_OK) {
        free(r);
        return st;
    }
    *out = r;
    return VF_OK;
}

void vf_reread_free(struct vf_reread *r)
{
    if (!r)
        return;
    vf_searcher_free(r->searcher);
    vf_read_tools_release(&r->tools);
    free(r);
}

enum vf_status vf_reread_file(struct vf_reread *r, uint32_t file, struct vf_file *out, struct vf_arena *a,
                              struct vf_err *err)
{
    struct vf_file *f = &r->env->files[file], kept = *f;
    f->facts = (struct vf_facts){0};
    f->unexamined = VF_OK;
    f->flags &= ~(uint32_t)(VF_FILE_EVIDENCE | VF_FILE_HASHED | VF_FILE_HITS_CUT | VF_FILE_BINARY);
    struct vf_read_job job = {
        .env = r->env, .tree = r->tree, .searcher = r->searcher, .a = a, .tools = &r->tools};
    enum vf_status st = VF_OK;
    if (f->st.kind == VF_KIND_LINK) {
        struct vf_slice target;
        st = vf_tree_readlink(r->tree, f->path, a, &target, err);
        f->target = target;
        if (st == VF_OK)
            st = vf_env_read_syntaxes(&job, f, target, err);
    } else {
        st = vf_env_read_contents(&job, f, err);
    }
    *out = *f;
    *f = kept;
    return st;
}

static enum vf_status open_steps(struct vf_env *env, struct vf_err *err)
{
    static enum vf_status (*const steps[])(struct vf_env *, struct vf_err *) = {
        vf_env_locate_root, vf_env_walk,   vf_env_settle,        vf_env_interpreter, vf_env_dists,
        vf_env_records,     vf_env_owners, vf_env_read_evidence, vf_env_add_evidence};
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < VF_COUNT(steps) && st == VF_OK; i++)
        st = steps[i](env, err);
    return vf_buf_ran_out() && st == VF_OK ? vf_err_nomem(err) : st;
}

static enum vf_status metadata_steps(struct vf_env *env, struct vf_err *err)
{
    env->metadata_only = true;
    static enum vf_status (*const steps[])(struct vf_env *, struct vf_err *) = {
        vf_env_locate_root, vf_env_walk_metadata, vf_env_interpreter, vf_env_dists};
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < VF_COUNT(steps) && st == VF_OK; i++)
        st = steps[i](env, err);
    return vf_buf_ran_out() && st == VF_OK ? vf_err_nomem(err) : st;
}

static enum vf_status open_with(const struct vf_env_params *params,
                                enum vf_status (*steps)(struct vf_env *, struct vf_err *),
                                struct vf_env **out, struct vf_err *err)
{
    struct vf_env *env = calloc(1, sizeof *env);
    if (!env)
        return vf_err_nomem(err);
    vf_arena_init(&env->arena);
    env->params = *params;
    env->egg_link = VF_NONE;
    env->n_workers = vf_hooks_jobs(params->hooks);
    env->worker_arenas = calloc(env->n_workers, sizeof *env->worker_arenas);
    enum vf_status st = env->worker_arenas ? VF_OK : vf_err_nomem(err);
    for (unsigned i = 0; st == VF_OK && i < env->n_workers; i++)
        vf_arena_init(&env->worker_arenas[i]);
    vf_hooks_phase(params->hooks, "read");
    if (st == VF_OK)
        st = steps(env, err);
    if (st != VF_OK) {
        vf_err_below(err, env->typed);
        vf_env_free(env);
        return st;
    }
    *out = env;
    return VF_OK;
}

enum vf_status vf_env_open(const struct vf_env_params *params, struct vf_env **out, struct vf_err *err)
{
    return open_with(params, open_steps, out, err);
}

enum vf_status vf_env_open_metadata(const struct vf_env_params *params, struct vf_env **out,
                                    struct vf_err *err)
{
    return open_with(params, metadata_steps, out, err);
}

void vf_env_free(struct vf_env *env)
{
    if (!env)
        return;
    for (unsigned i = 0; env->worker_arenas && i < env->n_workers; i++)
        vf_arena_release(&env->worker_arenas[i]);
    free(env->worker_arenas);
    if (!env->borrowed_tree)
        vf_tree_free(env->tree);
    vf_arena_release(&env->arena);
    free(env);
}
