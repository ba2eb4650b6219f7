/* rights.c: VF824: what the user of --user may not read or search of the environment. One directory that
 * blocks the way is one finding, and so are all files of a distribution. */
#include "fs/user.h"
#include "rules/judge.h"

struct rights {
    struct vf_judge *j;
    const struct vf_user *user;
    struct vf_map dirs;     /* seen: 0 free, 1 blocked */
    struct vf_map by_cause; /* distribution or directory -> index of its finding */
};

static struct vf_finding *report(struct rights *r, struct vf_slice path, const char *words)
{
    struct vf_finding *fi = vf_findings_add(r->j->out, VF_RULE_NO_ACCESS, path);
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_puts(&b, "permission denied: user ");
    vf_buf_put(&b, r->user->name);
    vf_buf_puts(&b, " may not ");
    vf_buf_puts(&b, words);
    vf_judge_say(r->j, fi, &b);
    return fi;
}

/* Directories above the environment: at the path that it is judged for. */
static bool is_reachable(struct rights *r)
{
    struct vf_slice root = vf_judge_fine_root(r->j), up = root;
    int unseen = 0;
    (void)vf_host_look(r->j->env->params.host, root, NULL, &unseen);
    while (unseen && up.n > 1) {
        up = vf_path_dir(up);
        int behind;
        if (vf_host_look(r->j->env->params.host, up, NULL, &behind) == VF_KIND_NONE && behind)
            continue;
        struct vf_finding *fi = report(r, VF_S("."), "search a directory above the environment");
        if (fi)
            fi->value = fi->target = vf_arena_dup(r->j->a, up);
        return false;
    }
    return true;
}

/* Import lists and searches directories. */
static bool is_free(struct rights *r, struct vf_slice dir)
{
    struct vf_stat st;
    struct vf_err why;
    size_t known;
    if (vf_map_get(&r->dirs, dir, &known))
        return known == 0;
    vf_err_init(&why);
    bool blocked = vf_tree_stat(r->j->env->tree, dir, &st, &why) == VF_OK && st.kind == VF_KIND_DIR &&
                   (vf_user_rights(r->user, &st) & 5) != 5;
    vf_err_release(&why);
    if (blocked) {
        struct vf_slice path = dir.n ? vf_arena_dup(r->j->a, dir) : VF_S(".");
        bool searched = (vf_user_rights(r->user, &st) & 1) != 0;
        (void)report(r, path, searched ? "list this directory" : "search this directory");
    }
    struct vf_slice kept = vf_arena_dup(&r->j->scratch, dir);
    if (!kept.p || !vf_map_put(&r->dirs, kept, blocked))
        r->j->out->failed = true;
    return !blocked;
}

static bool is_way_free(struct rights *r, struct vf_slice path)
{
    for (size_t at = 0; at < path.n; at++)
        if (path.p[at] == '/' && !is_free(r, vf_slice_sub(path, 0, at)))
            return false;
    return true;
}

/* What Python or the kernel opens when something is started or imported. */
static bool is_needed(const struct vf_file *f)
{
    static const char *const ends[] = {".py", ".so", ".pth", "METADATA", "entry_points.txt"};
    if (f->flags & VF_FILE_IN_BIN || vf_slice_eq(f->path, VF_S("pyvenv.cfg")) ||
        vf_slice_find(f->path, VF_S(".so."), 0) != VF_NPOS)
        return true;
    for (size_t i = 0; f->flags & VF_FILE_IN_SITE && i < VF_COUNT(ends); i++)
        if (vf_slice_ends(f->path, vf_slice_of(ends[i])))
            return true;
    return false;
}

/* Python compares the source's time and size, and reads only the compiled file. */
static bool has_compiled(struct rights *r, const struct vf_file *f)
{
    const struct vf_env *env = r->j->env;
    struct vf_slice name = vf_path_base(f->path);
    struct vf_buf b;
    if (!vf_slice_ends(name, VF_S(".py")) || f->flags & VF_FILE_IN_BIN)
        return false;
    vf_buf_init(&b);
    vf_path_join_buf(&b, vf_path_dir(f->path), VF_S("__pycache__/"));
    vf_buf_put(&b, vf_slice_sub(name, 0, name.n - 3));
    vf_buf_printf(&b, ".cpython-3%u.pyc", env->py.minor);
    uint32_t i = b.failed ? VF_NONE : vf_env_find(env, vf_buf_slice(&b));
    bool readable = i != VF_NONE && is_way_free(r, vf_buf_slice(&b)) &&
                    !(env->files[i].flags & VF_FILE_PYC_STALE) &&
                    vf_user_rights(r->user, &env->files[i].st) & 4;
    vf_buf_release(&b);
    return readable;
}

static void report_file(struct rights *r, const struct vf_file *f, const char *words)
{
    struct vf_judge *j = r->j;
    bool owned = f->dist != VF_NONE && !(f->flags & VF_FILE_IN_BIN);
    struct vf_slice cause = owned ? j->env->dists[f->dist].info : f->path;
    enum vf_level level = is_needed(f) ? VF_L_ERROR : VF_L_WARNING;
    size_t known;
    if (has_compiled(r, f))
        level = VF_L_INFO;
    if (vf_map_get(&r->by_cause, cause, &known)) {
        struct vf_finding *first = vf_findings_at(j->out, known);
        first->count++;
        if (level > first->level)
            first->level = level;
        return;
    }
    struct vf_finding *fi = report(r, f->path, words);
    if (!fi)
        return;
    fi->file = (uint32_t)(f - j->env->files);
    fi->distribution = f->dist == VF_NONE ? fi->distribution : j->env->dists[f->dist].canonical;
    fi->level = level;
    if (!vf_map_put(&r->by_cause, cause, j->out->v.n - 1))
        j->out->failed = true;
}

static void judge_file(struct rights *r, const struct vf_file *f)
{
    unsigned rights = vf_user_rights(r->user, &f->st);
    bool starts = f->flags & VF_FILE_IN_BIN && f->st.mode & 0111;
    if (f->st.kind != VF_KIND_FILE || f->flags & (VF_FILE_JOURNAL | VF_FILE_PYC))
        return;
    if (!(rights & 4))
        report_file(r, f, "read this file");
    else if (starts && !(rights & 1))
        report_file(r, f, "start this program");
}

void vf_judge_rights(struct vf_judge *j)
{
    const struct vf_env *env = j->env;
    struct rights r = {.j = j, .user = env->params.user};
    if (!r.user)
        return;
    vf_map_init(&r.dirs, &j->scratch);
    vf_map_init(&r.by_cause, &j->scratch);
    if (!is_reachable(&r) || !is_free(&r, VF_S("")))
        return;
    for (size_t i = 0; i < env->n_files && !vf_judge_is_stopped(j); i++)
        if (is_way_free(&r, env->files[i].path))
            judge_file(&r, &env->files[i]);
}
