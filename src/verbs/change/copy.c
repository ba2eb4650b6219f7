/* change_copy.c: recreate from an environment, and move where one rename cannot do it: a copy in a staging
 * directory beside NEW, edits applied on the way, one rename, and, for move, OLD retired. */
#include "fs/copy.h"
#include "env/recheck.h"
#include "fs/sys.h"
#include "fs/tree_dir.h"
#include "fs/txn.h"
#include "verbs/change/change.h"

#include <fcntl.h>
#include <unistd.h>

bool vf_change_has_mounts(const struct vf_env *env)
{
    uint64_t dev = 0;
    for (size_t i = 0; i < env->n_files; i++) {
        if (!env->files[i].st.dev)
            continue;
        if (dev && env->files[i].st.dev != dev)
            return true;
        dev = env->files[i].st.dev;
    }
    return false;
}

static enum vf_status enough_space(struct vf_change *c, int fd)
{
    uint64_t bytes, inodes;
    if (vf_sys_free_space(fd, &bytes, &inodes) != 0)
        return VF_OK; /* not to be had: the copy itself will say so */
    uint64_t need = c->env->bytes + (uint64_t)c->env->n_files * 512;
    if (need <= bytes && (!inodes || c->env->n_files <= inodes))
        return VF_OK;
    bool small = need >> 20 < 10;
    unsigned shift = small ? 10 : 20;
    return vf_err_set(&c->s.err, VF_NO_SPACE, 0, "copy", c->to, "it needs %llu %s there, %llu %s are free",
                      (unsigned long long)(need >> shift), small ? "kB" : "MB",
                      (unsigned long long)(bytes >> shift), small ? "kB" : "MB");
}

static enum vf_status fill(struct vf_change *c, struct vf_staging *s)
{
    static const struct vf_slice omit[] = {VF_S_INIT(VF_TXN_DIR)};
    struct vf_copy_opts opts = {
        .mode = (enum vf_link_mode)c->o->link, .omit = omit, .n_omit = VF_COUNT(omit)};
    struct vf_copy_result res = {0};
    enum vf_status st = enough_space(c, vf_staging_fd(s));
    if (st == VF_OK)
        st = vf_copy_tree(vf_tree_dir_fd(c->env->tree), vf_staging_fd(s), &c->plan.edits, &opts, &c->s.hooks,
                          &res, &c->s.err);
    if (st == VF_OK && res.skipped)
        vf_hooks_note(&c->s.hooks, "sockets, pipes and devices were not copied");
    if (st == VF_OK)
        st = vf_env_recheck(c->env, NULL, &c->s.err);
    if (st == VF_OK && c->o->verb == VENVFIX_MOVE)
        st = vf_staging_note_retire(&c->s.key, s, c->from, &c->s.err);
    return st;
}

void vf_change_discard(struct vf_change *c, uint64_t ino)
{
    struct vf_err second;
    vf_err_init(&second);
    if (vf_staging_discard(c->to, ino, &second) != VF_OK)
        vf_err_context(&c->s.err, "what was made there could not be removed. First");
    vf_err_release(&second);
}

static enum vf_status prove_or_discard(struct vf_change *c, uint64_t ino)
{
    double start = vf_seconds_since(0);
    vf_hooks_phase(&c->s.hooks, "prove");
    enum vf_status st = vf_prove_interpreter(c->env, c->to, &c->s.hooks, c->s.a, &c->proofs, &c->s.err);
    if (st == VF_OK)
        st = vf_change_require_packages(c);
    c->r->prove_s += vf_seconds_since(start);
    if (st != VF_OK)
        vf_change_discard(c, ino);
    return st;
}

static enum vf_status retire(struct vf_change *c)
{
    bool emptied = false;
    double start = vf_seconds_since(0);
    vf_hooks_phase(&c->s.hooks, "retire");
    enum vf_status st = vf_retire(&c->s.key, c->from, c->to, &emptied, &c->s.err);
    c->r->retire_s = vf_seconds_since(start);
    if (st != VF_OK) { /* NEW is whole: say what is left, do not call it undone */
        vf_hooks_note(&c->s.hooks,
                      "the old place could not be removed wholly; give the command again to finish");
        vf_err_clear(&c->s.err);
        c->r->exit = 1;
    }
    if (emptied)
        vf_hooks_note(&c->s.hooks, "the old place is a mount point or cannot be removed: it was emptied");
    return VF_OK;
}

enum vf_status vf_change_by_copy(struct vf_change *c)
{
    struct vf_staging *s = NULL;
    double start = vf_seconds_since(0);
    vf_hooks_phase(&c->s.hooks, "copy");
    enum vf_status st = vf_staging_begin(c->to, &s, &c->s.err);
    if (st != VF_OK)
        return st;
    st = fill(c, s);
    c->r->stage_s = vf_seconds_since(start);
    if (st != VF_OK) {
        struct vf_err second;
        vf_err_init(&second);
        if (vf_staging_drop(s, &second) != VF_OK)
            vf_err_context(&c->s.err, "the staging directory could not be removed. First");
        vf_err_release(&second);
        return st;
    }
    start = vf_seconds_since(0);
    uint64_t ino = vf_staging_ino(s);
    st = vf_staging_commit(s, &c->s.err);
    c->r->commit_s = vf_seconds_since(start);
    if (st == VF_OK)
        st = prove_or_discard(c, ino);
    return st == VF_OK && c->o->verb == VENVFIX_MOVE ? retire(c) : st;
}
