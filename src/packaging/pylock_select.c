/* pylock_select.c: what of a lock file is to be installed on a target (PEP 751, "Installation"). */
#include <string.h>

#include "packaging/pylock.h"
#include "packaging/text.h"

struct select {
    struct vf_arena *arena;
    const struct vf_pylock *lock;
    const struct vf_marker_env *env;
    const struct vf_tags *tags;
    struct vf_slice python; /* python_full_version, made a version */
    struct vf_vec chosen;
    struct vf_map names;
    struct vf_err *err;
};

static enum vf_status incompatible(struct select *s, const char *what, struct vf_slice which)
{
    return vf_err_set(s->err, VF_INCOMPATIBLE, 0, "select", (struct vf_slice){NULL, 0}, "%s%s%s", what,
                      which.n > 0 ? ": " : "", vf_quote(which).s);
}

/* A marker without meaning makes the list bad. */
static enum vf_status holds(struct select *s, const struct vf_marker *m, const struct vf_marker_env *env,
                            bool *out)
{
    enum vf_status st = vf_marker_eval(m, env, s->arena, out, s->err);
    if (st == VF_MALFORMED) {
        if (s->err)
            s->err->code = VF_BAD_LIST;
        return VF_BAD_LIST;
    }
    return st;
}

static enum vf_status check_python(struct select *s, const struct vf_specifiers *set, struct vf_slice of)
{
    bool in;
    enum vf_status st = vf_specifiers_contains_text(s->arena, set, s->python, &in, s->err);
    return st != VF_OK || in ? st : incompatible(s, "requires-python does not admit the target's Python", of);
}

static enum vf_status check_environments(struct select *s)
{
    struct vf_marker_env env = *s->env;
    bool any = s->lock->n_environments == 0;
    env.has_extra = env.has_sets = false;
    for (size_t i = 0; !any && i < s->lock->n_environments; i++) {
        enum vf_status st = holds(s, &s->lock->environments[i], &env, &any);
        if (st != VF_OK)
            return st;
    }
    return any ? VF_OK : incompatible(s, "the lock is for other environments", (struct vf_slice){NULL, 0});
}

/* The wheel with the best tag; the first of equals. */
static const struct vf_lock_file *best_wheel(struct select *s, const struct vf_lock_package *k,
                                             enum vf_status *st)
{
    const struct vf_lock_file *best = NULL;
    size_t best_rank = VF_NPOS;
    for (size_t i = 0; i < k->n_wheels; i++) {
        struct vf_wheel_name w;
        *st = vf_wheel_name_parse(s->arena, k->wheels[i].name, &w, s->err);
        if (*st != VF_OK)
            return NULL;
        size_t rank = vf_tags_rank(s->tags, &w.tags);
        if (rank < best_rank) {
            best_rank = rank;
            best = &k->wheels[i];
        }
    }
    return best;
}

static enum vf_status choose(struct select *s, const struct vf_lock_package *k)
{
    struct vf_lock_choice c = {.package = k};
    enum vf_status st = VF_OK;
    if (k->source == VF_LOCK_ARCHIVE) {
        c.file = &k->archive;
    } else if (k->source == VF_LOCK_FILES) {
        c.file = best_wheel(s, k, &st);
        c.is_wheel = c.file != NULL;
        if (!c.file && k->has_sdist)
            c.file = &k->sdist;
        if (st == VF_OK && !c.file)
            return incompatible(s, "no wheel fits the target, and there is no sdist", k->name);
    }
    struct vf_lock_choice *kept = st == VF_OK ? vf_vec_push(s->arena, &s->chosen, sizeof *kept) : NULL;
    if (!kept)
        return st == VF_OK ? vf_err_nomem(s->err) : st;
    *kept = c;
    return VF_OK;
}

static enum vf_status take_package(struct select *s, const struct vf_lock_package *k)
{
    bool wanted = true;
    size_t before;
    enum vf_status st = k->has_marker ? holds(s, &k->marker, s->env, &wanted) : VF_OK;
    if (st != VF_OK || !wanted)
        return st;
    st = k->has_requires_python ? check_python(s, &k->requires_python, k->name) : VF_OK;
    if (st != VF_OK)
        return st;
    if (vf_map_get(&s->names, k->name, &before)) {
        return vf_err_set(s->err, VF_BAD_LIST, 0, "select", (struct vf_slice){NULL, 0},
                          "lines %u and %u: two entries of '%s' apply", s->lock->packages[before].line,
                          k->line, vf_quote(k->name).s);
    }
    if (!vf_map_put(&s->names, k->name, (size_t)(k - s->lock->packages)))
        return vf_err_nomem(s->err);
    return choose(s, k);
}

enum vf_status vf_pylock_select(struct vf_arena *a, const struct vf_pylock *lock,
                                const struct vf_marker_env *env, const struct vf_tags *tags,
                                struct vf_lock_choice **out, size_t *n, struct vf_err *err)
{
    struct select s = {.arena = a, .lock = lock, .env = env, .tags = tags, .err = err};
    const struct vf_slice none = {NULL, 0};
    *out = NULL;
    *n = 0;
    vf_map_init(&s.names, a);
    s.python = env->value[VF_MARKER_PYTHON_FULL_VERSION];
    if (vf_slice_ends(s.python, VF_S("+"))) {
        s.python = vf_arena_concat(a, s.python, VF_S("local"), none);
        if (!s.python.p)
            return vf_err_nomem(err);
    }
    enum vf_status st = lock->has_requires_python ? check_python(&s, &lock->requires_python, none) : VF_OK;
    if (st == VF_OK)
        st = check_environments(&s);
    for (size_t i = 0; i < lock->n_packages && st == VF_OK; i++)
        st = take_package(&s, &lock->packages[i]);
    *out = s.chosen.base;
    *n = s.chosen.n;
    return st;
}
