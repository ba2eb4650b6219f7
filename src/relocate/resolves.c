/* resolves.c: no edit may break a reference that resolves. A copy names files of its original, and not all
 * of them were copied: such a reference is left, and said, instead of being pointed to nothing. */
#include "base/escape.h"
#include "fs/tree_planned.h"
#include "relocate/edit_builder.h"

#include <string.h>

struct key {
    uint64_t file, off;
};

static struct vf_slice key_of(const struct key *k)
{
    return (struct vf_slice){(const char *)k, sizeof *k};
}

/* RECORD rows are claims of ownership and prompts are words: neither is followed to a file. */
static bool is_followed(const struct vf_ref *r)
{
    return r->syntax != VF_SYN_RECORD && r->role != VF_ROLE_PROMPT && !(r->flags & VF_REF_SELF);
}

/* What the reference names now, or may name; empty where that goes along by itself or does not exist. */
static enum vf_status resolving_target(struct vf_edit_builders *d, const struct vf_ref *r,
                                       struct vf_slice *out, struct vf_err *err)
{
    const struct vf_env *env = d->plan->env;
    struct vf_location loc;
    *out = (struct vf_slice){NULL, 0};
    enum vf_status st = vf_env_locate_ref(env, r, &d->scratch, &loc, err);
    if (st != VF_OK || !vf_path_is_abs(loc.path) || loc.where == VF_WHERE_HERE)
        return st;
    if (loc.prefix != VF_NONE && !env->prefixes[loc.prefix].exists && !env->prefixes[loc.prefix].why)
        return VF_OK;
    struct vf_slice path = loc.path;
    if (r->syntax == VF_SYN_TEXT && r->extra.n)
        path = vf_path_join(&d->scratch, path, r->extra);
    if (!path.p)
        return vf_err_nomem(err);
    if (!vf_host_is_missing(env->params.host, path))
        *out = path;
    return VF_OK;
}

enum vf_status vf_edit_builders_note_edit(struct vf_edit_builders *d, uint32_t file, const struct vf_ref *r,
                                          struct vf_slice path, struct vf_err *err)
{
    struct vf_slice was;
    if (!is_followed(r))
        return VF_OK;
    enum vf_status st = resolving_target(d, r, &was, err);
    if (st != VF_OK || !was.n)
        return st;
    struct vf_followed *n = vf_vec_push(&d->scratch, &d->followed, sizeof *n);
    if (!n)
        return vf_err_nomem(err);
    *n = (struct vf_followed){.file = file, .off = r->off, .role = r->role, .was = was, .now = path};
    if (r->syntax == VF_SYN_TEXT && r->extra.n)
        n->now = vf_path_join(&d->scratch, path, r->extra);
    return n->now.p ? VF_OK : vf_err_nomem(err);
}

static bool will_exist(const struct vf_edit_builders *d, const struct vf_env *after,
                       const struct vf_followed *n)
{
    struct vf_slice rest;
    if (!vf_path_under(d->plan->to, n->now, &rest))
        return vf_host_exists(after->params.host, n->now);
    if (vf_env_has(after, rest))
        return true;
    /* the writer of the header takes a name that is there */
    return n->role == VF_ROLE_INTERPRETER && d->target.n_bin > 0;
}

static enum vf_status refuse(struct vf_edit_builders *d, const struct vf_followed *n, struct vf_err *err)
{
    struct vf_buf why;
    vf_buf_init(&why);
    vf_term_put(&why, n->was);
    bool seen = vf_host_exists(d->plan->env->params.host, n->was);
    vf_buf_puts(&why, seen ? " exists, and " : " could not be examined, and ");
    vf_term_put(&why, n->now);
    vf_buf_puts(&why, seen ? " would not" : " would not exist");
    struct vf_slice text = vf_arena_dup(d->plan->a, vf_buf_slice(&why));
    const char *words = why.failed || !text.p ? NULL : vf_arena_cstr(d->plan->a, text);
    vf_buf_release(&why);
    struct key *k = vf_arena_alloc(d->refused_arena, sizeof *k);
    struct vf_refused_edit *kept = vf_vec_push(d->refused_arena, &d->refused, sizeof *kept);
    if (!words || !k || !kept)
        return vf_err_nomem(err);
    *k = (struct key){.file = n->file, .off = n->off};
    *kept = (struct vf_refused_edit){.why = words};
    return vf_map_put(&d->refused_at, key_of(k), d->refused.n - 1) ? VF_OK : vf_err_nomem(err);
}

enum vf_status vf_edit_builders_find_breaking(struct vf_edit_builders *d, const struct vf_edits *edits,
                                              bool *found, struct vf_err *err)
{
    struct vf_env after = *d->plan->env;
    *found = false;
    if (!d->followed.n)
        return VF_OK;
    enum vf_status st = vf_tree_planned(d->plan->env->tree, edits, &after.tree, err);
    for (size_t i = 0; i < d->followed.n && st == VF_OK; i++) {
        const struct vf_followed *n = VF_VEC_AT(struct vf_followed, &d->followed, i);
        if (will_exist(d, &after, n))
            continue;
        *found = true;
        st = refuse(d, n, err);
    }
    if (after.tree != d->plan->env->tree)
        vf_tree_free(after.tree);
    return st;
}

const char *vf_edit_builders_is_refused(const struct vf_edit_builders *d, uint32_t file,
                                        const struct vf_ref *r)
{
    struct key k = {.file = file, .off = r->off};
    size_t i;
    if (!d->refused.n || !vf_map_get(&d->refused_at, key_of(&k), &i))
        return NULL;
    return VF_VEC_AT(struct vf_refused_edit, &d->refused, i)->why;
}
