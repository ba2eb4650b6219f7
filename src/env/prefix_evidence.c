/* voters.c: pass 1 of reading: the files whose references decide what the old places are. They are read once,
 * here, and their references kept; pass 2 searches them, too, as soon as the places are known. */
#include "env/env_internal.h"

#define VOTER_CAP ((uint64_t)1 << 20) /* larger files in BIN are programs; they are read with the rest */

static bool is_voter(const struct vf_file *f)
{
    if (f->flags & (VF_FILE_JOURNAL | VF_FILE_PYC) || f->unexamined != VF_OK)
        return false;
    if (f->st.kind == VF_KIND_LINK)
        return true;
    if (f->st.kind != VF_KIND_FILE || f->st.size > VOTER_CAP)
        return false;
    if (f->flags & VF_FILE_IN_BIN || vf_slice_eq(f->path, VF_S("pyvenv.cfg")))
        return true;
    struct vf_slice base = vf_path_base(f->path);
    if (vf_slice_eq(base, VF_S("kernel.json")))
        return true;
    return vf_slice_eq(base, VF_S("RECORD")) && vf_slice_ends(vf_path_dir(f->path), VF_S(".dist-info"));
}

struct evidence {
    struct vf_read_job job;
    struct vf_tree_near *near; /* one for each worker */
    uint32_t *index;
};

/* Its bytes, which were kept when it is the RECORD of a distribution. */
static enum vf_status bytes_of(const struct vf_read_job *job, struct vf_tree_near *near,
                               const struct vf_file *f, struct vf_slice *out, struct vf_err *err)
{
    const struct vf_env *env = job->env;
    uint32_t dist = vf_env_record_of(env, (uint32_t)(f - env->files));
    if (dist != VF_NONE) {
        *out = env->dists[dist].record_bytes;
        return VF_OK;
    }
    struct vf_reader *r = NULL;
    enum vf_status st = vf_tree_open_near(job->tree, near, f->path, &f->st, &r, err);
    if (st == VF_OK)
        st = vf_reader_read_all(r, f->path, VOTER_CAP, job->a, out, err);
    vf_reader_close(r);
    return st;
}

static enum vf_status read_voter(void *ctx, size_t item, unsigned worker, struct vf_err *err)
{
    struct evidence *v = ctx;
    struct vf_read_job job = v->job;
    job.a = &job.env->worker_arenas[worker];
    struct vf_file *f = &job.env->files[v->index[item]];
    f->flags |= VF_FILE_EVIDENCE;
    struct vf_slice bytes = {NULL, 0};
    if (f->st.kind == VF_KIND_LINK)
        return vf_env_read_syntaxes(&job, f, f->target, err);
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = bytes_of(&job, &v->near[worker], f, &bytes, &why);
    if (st == VF_OK) {
        st = vf_env_read_syntaxes(&job, f, bytes, err);
    } else if (st == VF_NO_MEMORY) {
        st = vf_err_nomem(err);
    } else {
        vf_file_unexamined(f, st, why.sys, NULL);
        st = VF_OK;
    }
    vf_err_release(&why);
    return st;
}

enum vf_status vf_env_read_evidence(struct vf_env *env, struct vf_err *err)
{
    struct evidence v = {.job = {.env = env, .tree = env->tree}};
    v.index = vf_arena_array(&env->arena, env->n_files + 1, sizeof *v.index);
    v.near = vf_arena_array(&env->arena, env->n_workers, sizeof *v.near);
    if (!v.index || !v.near)
        return vf_err_nomem(err);
    size_t n = 0;
    for (size_t i = 0; i < env->n_files; i++)
        if (is_voter(&env->files[i]))
            v.index[n++] = (uint32_t)i;
    struct vf_hooks hooks = vf_hooks_for_short(env->params.hooks, n);
    enum vf_status st = vf_parallel(&hooks, n, read_voter, &v, err);
    for (unsigned i = 0; i < env->n_workers; i++)
        vf_tree_near_leave(&v.near[i]);
    return st;
}
