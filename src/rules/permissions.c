/* permissions.c: VF812, VF813, VF822, VF823: who may change, start and read what is there. */
#include "rules/judge.h"

static void judge_file(struct vf_judge *j, const struct vf_file *f)
{
    if (f->flags & VF_FILE_JOURNAL || f->st.kind != VF_KIND_FILE)
        return;
    if (f->st.mode & 06000)
        vf_judge_about(j, VF_RULE_SETUID, f);
    if (f->flags & VF_FILE_CAPABILITY)
        vf_judge_about(j, VF_RULE_CAPABILITY, f);
    bool own_lock = f->st.size == 0 && vf_slice_eq(vf_path_base(f->path), VF_S(".lock")); /* uv's */
    if ((f->st.mode & 0002) && !own_lock)
        vf_judge_about(j, VF_RULE_WORLD_WRITABLE, f);
}

/* The permission bits of a directory below the root. False: not known. */
static bool dir_mode(const struct vf_judge *j, struct vf_slice dir, uint32_t *mode)
{
    size_t value;
    if (!vf_map_get(&j->env->dirs, dir, &value) || value == VF_DIR_SEEN)
        return false;
    *mode = (uint32_t)value & 07777;
    return true;
}

/* Everyone may put a module into such a directory; the sticky bit only keeps others from replacing one. */
static void judge_dir(struct vf_judge *j, struct vf_slice dir)
{
    uint32_t mode;
    if (!dir_mode(j, dir, &mode) || !(mode & 0002))
        return;
    struct vf_finding *fi = vf_findings_add(j->out, VF_RULE_WORLD_WRITABLE, dir);
    if (fi)
        fi->message = VF_S("a directory in which everyone may make files");
}

/* ---- what only its owner reads ---- */

/* Files that another user needs to run the environment. */
static bool is_for_all(const struct vf_file *f)
{
    return f->st.kind == VF_KIND_FILE && f->flags & (VF_FILE_IN_SITE | VF_FILE_IN_BIN) &&
           !(f->flags & (VF_FILE_JOURNAL | VF_FILE_PYC));
}

static bool is_private(const struct vf_judge *j, const struct vf_file *f)
{
    uint32_t dir = 0;
    bool closed = dir_mode(j, vf_path_dir(f->path), &dir) && (dir & 0005) != 0005;
    return closed || !(f->st.mode & 0004);
}

/* A distribution's private files are one finding; files of no distribution have one each. */
static void report_private(struct vf_judge *j, const struct vf_file *f, struct vf_map *seen)
{
    size_t at;
    struct vf_slice owner = f->dist == VF_NONE ? f->path : j->env->dists[f->dist].info;
    if (vf_map_get(seen, owner, &at)) {
        vf_findings_at(j->out, at)->count++;
        return;
    }
    at = j->out->v.n;
    if (vf_judge_about(j, VF_RULE_FILE_PRIVATE, f) && !vf_map_put(seen, owner, at))
        j->out->failed = true;
}

/* Only where others are meant to use it: nearly all files are for everyone. */
static void judge_private(struct vf_judge *j)
{
    const struct vf_env *env = j->env;
    size_t n = 0, hidden = 0;
    struct vf_map seen;
    for (size_t i = 0; i < env->n_files; i++) {
        if (!is_for_all(&env->files[i]))
            continue;
        n++;
        hidden += is_private(j, &env->files[i]);
    }
    if (!hidden || hidden > n / 4)
        return;
    vf_map_init(&seen, &j->scratch);
    for (size_t i = 0; i < env->n_files && !vf_judge_is_stopped(j); i++)
        if (is_for_all(&env->files[i]) && is_private(j, &env->files[i]))
            report_private(j, &env->files[i], &seen);
}

void vf_judge_permissions(struct vf_judge *j)
{
    struct vf_slice last = VF_S("");
    struct vf_map dirs;
    size_t one;
    vf_map_init(&dirs, &j->scratch);
    for (size_t i = 0; i < j->env->n_files && !vf_judge_is_stopped(j); i++) {
        const struct vf_file *f = &j->env->files[i];
        struct vf_slice dir = vf_path_dir(f->path);
        judge_file(j, f);
        for (; dir.n && !vf_slice_eq(dir, last) && !vf_map_get(&dirs, dir, &one); dir = vf_path_dir(dir)) {
            if (!(f->flags & VF_FILE_JOURNAL))
                judge_dir(j, dir);
            if (!vf_map_put(&dirs, dir, 1)) {
                j->out->failed = true;
                return;
            }
        }
        last = vf_path_dir(f->path);
    }
    if (!j->env->params.user) /* else it is known who is to read it: rights.c */
        judge_private(j);
}
