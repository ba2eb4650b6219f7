/* build_state.c: editable installs that build on import (scikit-build-core's editable.rebuild, meson-python):
 * CMake and meson note in the build directory which path it was made for, and refuse to work at another. */
#include "rules/judge.h"

#define STATE_CAP ((uint64_t)16 << 20)

static const struct {
    const char *file, *lead;
    char end;
} states[] = {
    {"CMakeCache.txt", "\nCMAKE_CACHEFILE_DIR:INTERNAL=", '\n'},
    {"meson-info/meson-info.json", "\"build\": \"", '"'},
};

/* The path that the build directory `dir` was made for; empty when it does not say. */
static struct vf_slice made_for(struct vf_judge *j, struct vf_slice dir, const char **file)
{
    struct vf_slice none = {NULL, 0};
    for (size_t i = 0; i < VF_COUNT(states); i++) {
        struct vf_slice text, path = vf_path_join(&j->scratch, dir, vf_slice_of(states[i].file));
        struct vf_slice lead = vf_slice_of(states[i].lead);
        struct vf_err ignored;
        vf_err_init(&ignored);
        enum vf_status st =
            path.p ? vf_host_read(j->env->params.host, path, STATE_CAP, &j->scratch, &text, &ignored)
                   : VF_NO_MEMORY;
        vf_err_release(&ignored);
        size_t at = st == VF_OK ? vf_slice_find(text, lead, 0) : VF_NPOS;
        if (at == VF_NPOS)
            continue;
        at += lead.n;
        *file = states[i].file;
        return vf_slice_sub(text, at, vf_slice_find_byte(text, states[i].end, at));
    }
    return none;
}

/* Where the directory is now: of the environment's own directories the present path counts. */
static struct vf_slice present_path(struct vf_judge *j, struct vf_slice path)
{
    struct vf_location loc;
    struct vf_err ignored;
    vf_err_init(&ignored);
    bool ok = vf_env_locate(j->env, path, &j->scratch, &loc, &ignored) == VF_OK;
    vf_err_release(&ignored);
    if (!ok || loc.prefix == VF_NONE)
        return path;
    return vf_path_join(&j->scratch, j->env->resolved, loc.rest);
}

bool vf_judge_stale_build(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r,
                          struct vf_slice path)
{
    const char *file = NULL;
    if (!(r->flags & VF_REF_REBUILDS))
        return false;
    struct vf_slice now = present_path(j, path), made = now.p ? made_for(j, now, &file) : now;
    if (!made.n || !file || vf_slice_eq(made, path))
        return false;
    size_t unseen = vf_host_unseen_count(j->env->params.host);
    if (vf_slice_eq(now, path) && vf_host_same(j->env->params.host, made, path))
        return false;
    if (vf_host_unseen_count(j->env->params.host) != unseen)
        return false; /* they may be one directory */
    struct vf_finding *fi = vf_judge_ref(j, VF_RULE_EDITABLE_REBUILD, f, r);
    if (!fi)
        return true;
    fi->target = vf_arena_dup(j->a, made);
    struct vf_slice said = vf_arena_concat(j->a, fi->message, VF_S(": "), vf_slice_of(file));
    fi->message = vf_arena_concat(j->a, said, VF_S(" is for "), made);
    return true;
}
