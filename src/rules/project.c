/* project.c: the project directory around an environment, which was often copied or renamed together with it.
 */
#include "rules/judge.h"

#include <stdlib.h>

/* The directories around an old place and around the present one, where both places have the same names below
 * them. */
struct vf_project {
    struct vf_slice old, now;
    uint32_t prefix; /* index into env->places */
    uint32_t next;   /* 1 + index of the next project with the same old directory; 0: none */
};

/* O and N without the components that both end with: the directories around them. False when they end
 * differently. */
static bool enclosing(struct vf_slice *o, struct vf_slice *n)
{
    bool any = false;
    while (o->n > 1 && n->n > 1 && vf_slice_eq(vf_path_base(*o), vf_path_base(*n))) {
        *o = vf_path_dir(*o);
        *n = vf_path_dir(*n);
        any = true;
    }
    return any && o->n > 1 && n->n > 1;
}

static bool has_name(struct vf_judge *j, struct vf_slice dir, const char *name)
{
    struct vf_slice path = vf_path_join(&j->scratch, dir, vf_slice_of(name));
    return path.p && vf_host_exists(j->env->params.host, path);
}

/* Was the project at `path` copied to `now`? What marks it there is here, too. */
static bool is_same_project(struct vf_judge *j, struct vf_slice path, struct vf_slice now)
{
    static const char *const marks[] = {"pyproject.toml", "setup.py",  "setup.cfg", "requirements.txt",
                                        "Pipfile",        "manage.py", ".git"};
    bool any = false;
    for (size_t i = 0; i < VF_COUNT(marks); i++) {
        if (!has_name(j, path, marks[i]))
            continue;
        if (!has_name(j, now, marks[i]))
            return false;
        any = true;
    }
    return any;
}

bool vf_judge_find_projects(struct vf_judge *j)
{
    const struct vf_env *env = j->env;
    vf_map_init(&j->by_old_project, &j->scratch);
    for (uint32_t i = 0; i < env->n_prefixes; i++) {
        const struct vf_env_prefix *p = &env->prefixes[i];
        struct vf_slice o = p->prefix.path, n = env->typed;
        size_t first;
        if ((p->kind != VF_PREFIX_OLD && p->kind != VF_PREFIX_LIVE) || !enclosing(&o, &n))
            continue;
        struct vf_project *added = vf_vec_push(&j->scratch, &j->projects, sizeof *added);
        if (!added)
            return false;
        bool known = vf_map_get(&j->by_old_project, o, &first);
        *added = (struct vf_project){.old = o, .now = n, .prefix = i, .next = known ? (uint32_t)first : 0};
        if (!vf_map_put(&j->by_old_project, o, j->projects.n))
            return false;
    }
    return true;
}

/* Where `path`, which lies in the old project, lies around the present place; p NULL: not there. */
static struct vf_slice path_now(struct vf_judge *j, const struct vf_project *p, struct vf_slice path,
                                bool live)
{
    struct vf_slice none = {NULL, 0}, rest;
    if (!vf_path_under(p->old, path, &rest))
        return none;
    if (!live && !vf_host_is_missing(j->env->params.host, path))
        return none; /* it is, or may be, where it was: only the environment moved */
    struct vf_slice now = rest.n ? vf_path_join(j->a, p->now, rest) : p->now;
    if (!now.p)
        j->out->failed = true;
    else if (live && vf_path_under(now, j->env->typed, NULL) && !is_same_project(j, path, now))
        return none; /* the directory around this environment is always there */
    return now.p && vf_host_exists(j->env->params.host, now) ? now : none;
}

bool vf_judge_project(struct vf_judge *j, struct vf_slice path, struct vf_slice *now, bool *live)
{
    uint32_t best = VF_NONE; /* the place that comes first */
    size_t head;
    for (struct vf_slice up = path; j->projects.n && up.n > 1; up = vf_path_dir(up)) {
        if (!vf_map_get(&j->by_old_project, up, &head))
            continue;
        for (uint32_t i = (uint32_t)head; i;) {
            const struct vf_project *p = VF_VEC_AT(struct vf_project, &j->projects, i - 1);
            i = p->next;
            if (p->prefix >= best)
                continue;
            bool its = j->env->prefixes[p->prefix].kind == VF_PREFIX_LIVE;
            struct vf_slice found = path_now(j, p, path, its);
            if (!found.p)
                continue;
            best = p->prefix;
            *now = found;
            *live = its;
        }
    }
    return best != VF_NONE;
}
