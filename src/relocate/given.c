/* given.c: evidence for the paths of --from. A project directory that holds the environment is the usual
 * mistake: its files are named by the environment, too, and must not be looked for inside of it. */
#include "relocate/given.h"

#include "base/escape.h"
#include "rules/judge.h"

struct evidence {
    const struct vf_env *env;
    struct vf_arena scratch;
    struct given {
        bool named, explained;
        struct vf_slice file, value; /* of the first reference that does not explain it */
    } * v;                           /* one for each prefix in env->places */
};

/* The path resolves where it is, and that is not this environment's file. */
static bool resolves_elsewhere(struct evidence *e, const struct vf_env_prefix *p, struct vf_slice rest)
{
    struct vf_host *host = e->env->params.host;
    struct vf_slice there = vf_path_join(&e->scratch, p->prefix.path, rest);
    struct vf_slice here = vf_path_join(&e->scratch, e->env->resolved, rest);
    if (p->kind == VF_PREFIX_LIVE || (!p->exists && !p->why) || !there.p || !here.p)
        return false;
    return !vf_host_is_missing(host, there) && !vf_host_same(host, there, here);
}

static bool is_interpreter(const struct vf_env *env, struct vf_slice rest)
{
    return vf_slice_eq(vf_path_dir(rest), env->bin) && vf_name_is_python(vf_path_base(rest));
}

static bool explains(struct evidence *e, const struct vf_ref *r, const struct vf_location *loc)
{
    const struct vf_env_prefix *p = &e->env->prefixes[loc->prefix];
    bool has = loc->rest.n && vf_env_has(e->env, loc->rest);
    switch (r->role) {
    case VF_ROLE_ENV_ROOT:
    case VF_ROLE_COMMAND:
        return !loc->rest.n;
    case VF_ROLE_INTERPRETER:
    case VF_ROLE_KERNEL_COMMAND:
        return is_interpreter(e->env, loc->rest);
    case VF_ROLE_RECORD_ROW:
        return has;
    case VF_ROLE_IMPORT_DIR:
    case VF_ROLE_EDITABLE:
    case VF_ROLE_BUILD_TOOL:
    case VF_ROLE_PROJECT_URL:
    case VF_ROLE_PROJECT_DIR: /* projects have a `lib` and a `src`, too */
        return has && vf_path_depth(loc->rest) > 1 && !resolves_elsewhere(e, p, loc->rest);
    case VF_ROLE_CFG_VALUE:
    case VF_ROLE_ENV_FILE:
    case VF_ROLE_LIBRARY_DIR:
    case VF_ROLE_KERNEL_PATH:
    case VF_ROLE_LINK:
    case VF_ROLE_TEXT:
        return has && !resolves_elsewhere(e, p, loc->rest);
    case VF_ROLE_HOME:
    case VF_ROLE_BASE:
    case VF_ROLE_PROMPT:
    case VF_ROLE_HOST_LIB:
        return false;
    }
    return false;
}

static void count(struct evidence *e, uint32_t prefix, bool explained, const struct vf_file *f,
                  struct vf_slice value)
{
    struct given *g = &e->v[prefix];
    if (!g->named || (g->explained && !explained)) {
        g->file = f->path;
        g->value = value;
    }
    g->named = true;
    g->explained = g->explained || explained;
}

static enum vf_status gather(struct evidence *e, const struct vf_file *f, struct vf_err *err)
{
    const struct vf_env *env = e->env;
    for (uint32_t i = 0; i < f->facts.n_refs; i++) {
        const struct vf_ref *r = &f->facts.refs[i];
        struct vf_location loc;
        enum vf_status st = vf_env_locate_ref(env, r, &e->scratch, &loc, err);
        if (st != VF_OK)
            return st;
        if (loc.prefix != VF_NONE && env->prefixes[loc.prefix].given)
            count(e, loc.prefix, explains(e, r, &loc), f, loc.path);
    }
    for (uint32_t i = 0; i < f->facts.n_hits; i++) {
        const struct vf_hit *h = &f->facts.hits[i];
        const struct vf_env_prefix *p = &env->prefixes[h->prefix];
        if (!p->given || vf_judge_evidence(env, f, h) == VF_EV_NONE)
            continue;
        bool explained = vf_judge_rest_exists(env, h) && !resolves_elsewhere(e, p, h->rest);
        struct vf_slice value =
            h->rest.n ? vf_path_join(&e->scratch, p->prefix.path, h->rest) : p->prefix.path;
        count(e, h->prefix, explained, f, value);
    }
    return VF_OK;
}

/* The environment, or an old prefix of it, that lies below the path: what was probably meant. */
static struct vf_slice meant(const struct vf_env *env, struct vf_slice path)
{
    for (size_t i = 0; i < env->n_prefixes; i++) {
        const struct vf_env_prefix *p = &env->prefixes[i];
        if (!p->given && p->votes && (p->kind == VF_PREFIX_OLD || p->kind == VF_PREFIX_LIVE) &&
            vf_path_under(path, p->prefix.path, NULL))
            return p->prefix.path;
    }
    return (struct vf_slice){NULL, 0};
}

static enum vf_status refuse(const struct evidence *e, const struct vf_env_prefix *p, const struct given *g,
                             struct vf_err *err)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_puts(&b, "no reference shows that --from ");
    vf_term_put(&b, p->prefix.path);
    vf_buf_puts(&b, " is an old path of the environment: ");
    vf_term_put(&b, g->file);
    vf_buf_puts(&b, " names ");
    vf_term_put(&b, g->value);
    vf_buf_puts(&b, ", which is no part of the environment");
    struct vf_slice better = meant(e->env, p->prefix.path);
    if (better.n) {
        vf_buf_puts(&b, "; did you mean --from ");
        vf_term_put(&b, better);
        vf_buf_puts(&b, "?");
    }
    vf_buf_puts(&b, better.n ? " For" : ". For");
    vf_buf_puts(&b, " a project directory that was moved: --map OLD=NEW");
    const char *text = vf_buf_cstr(&b);
    enum vf_status st =
        text ? vf_err_set(err, VF_USAGE, 0, "fix", p->prefix.path, "%s", text) : vf_err_nomem(err);
    vf_buf_release(&b);
    return st;
}

static void note_unnamed(const struct vf_env *env, struct vf_slice path)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_puts(&b, "no file of the environment names the path of --from: ");
    vf_term_put(&b, path);
    const char *text = vf_buf_cstr(&b);
    if (text)
        vf_hooks_note(env->params.hooks, text);
    vf_buf_release(&b);
}

static enum vf_status check_one(const struct evidence *e, size_t i, struct vf_err *err)
{
    const struct vf_env_prefix *p = &e->env->prefixes[i];
    if (!p->given || (p->kind != VF_PREFIX_OLD && p->kind != VF_PREFIX_LIVE))
        return VF_OK;
    if (vf_env_is_base_prefix(e->env, p->prefix.path))
        return vf_err_set(err, VF_USAGE, 0, "fix", p->prefix.path,
                          "--from names an old path of the environment, and this is the prefix of its base "
                          "interpreter; another base is chosen by --python");
    if (e->v[i].named && !e->v[i].explained)
        return refuse(e, p, &e->v[i], err);
    if (!e->v[i].named)
        note_unnamed(e->env, p->prefix.path);
    return VF_OK;
}

enum vf_status vf_check_given(const struct vf_env *env, struct vf_err *err)
{
    struct evidence e = {.env = env};
    enum vf_status st = VF_OK;
    if (!env->params.n_from)
        return VF_OK;
    vf_arena_init(&e.scratch);
    e.v = vf_arena_array(&e.scratch, env->n_prefixes + 1, sizeof *e.v);
    if (!e.v) {
        vf_arena_release(&e.scratch);
        return vf_err_nomem(err);
    }
    for (size_t i = 0; i < env->n_files && st == VF_OK; i++)
        st = gather(&e, &env->files[i], err);
    for (size_t i = 0; i < env->n_prefixes && st == VF_OK; i++)
        st = check_one(&e, i, err);
    if (st == VF_OK && e.scratch.failed)
        st = vf_err_nomem(err);
    vf_arena_release(&e.scratch);
    return st;
}
