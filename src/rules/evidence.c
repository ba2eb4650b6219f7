/* evidence.c: how loud a hit in a file without syntax is: docs/architecture.md, "The evidence of a hit". A
 * path of an environment such as /code or /app is also an ordinary word of documentation; what a publisher
 * wrote is never accused for it. */
#include "rules/judge.h"

bool vf_judge_rest_exists(const struct vf_env *env, const struct vf_hit *hit)
{
    if (!hit->rest.n)
        return false;
    if (vf_env_has(env, hit->rest))
        return true;
    /* prose and code end paths with points and brackets that are no part of them */
    struct vf_slice rest = hit->rest;
    while (rest.n && (rest.p[rest.n - 1] == '.' || rest.p[rest.n - 1] == ',' || rest.p[rest.n - 1] == ')' ||
                      rest.p[rest.n - 1] == '/' || rest.p[rest.n - 1] == ':'))
        rest.n--;
    if (rest.n && rest.n < hit->rest.n && vf_env_has(env, rest))
        return true;
    /* a quoted command: the path ends at one of its blanks */
    for (size_t at = 0; (at = vf_slice_find_byte(hit->rest, ' ', at)) != VF_NPOS; at++)
        if (at && vf_env_has(env, vf_slice_sub(hit->rest, 0, at)))
            return true;
    return false;
}

/* A binary file of a tool that looks whether it fits, and makes it again: compiled functions of numba, state
 * of mypy, parsed documents of Sphinx. */
static bool is_cache(const struct vf_file *f)
{
    static const char *const names[] = {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache",
                                        ".doctrees"};
    struct vf_slice dir = vf_path_dir(f->path);
    if (!(f->flags & VF_FILE_BINARY) || f->dist != VF_NONE)
        return false;
    for (; dir.n > 1; dir = vf_path_dir(dir))
        for (size_t i = 0; i < VF_COUNT(names); i++)
            if (vf_slice_eq(vf_path_base(dir), vf_slice_of(names[i])))
                return true;
    return false;
}

enum vf_evidence vf_judge_evidence(const struct vf_env *env, const struct vf_file *f,
                                   const struct vf_hit *hit)
{
    const struct vf_prefix *prefix = &env->prefixes[hit->prefix].prefix;
    if (vf_prefix_is_common(prefix))
        return VF_EV_NONE;
    if (hit->idle)
        return VF_EV_IDLE;
    if (is_cache(f))
        return VF_EV_CACHE;
    bool strong = vf_judge_rest_exists(env, hit) || vf_prefix_distinctive(prefix);
    if (f->dist == VF_NONE || f->truth == VF_ROW_FALSE || f->truth == VF_ROW_NONE)
        return strong ? VF_EV_REFERENCE : VF_EV_MENTION;
    if (!strong)
        return VF_EV_MENTION;
    if (f->truth == VF_ROW_NO_HASH && env->dists[f->dist].editable)
        return VF_EV_REFERENCE;
    return env->dists[f->dist].built_here ? VF_EV_BUILT : VF_EV_PUBLISHED;
}
