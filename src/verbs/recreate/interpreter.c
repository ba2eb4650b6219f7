/* anew_python.c: which interpreter. What the user names is taken or refused; else the first that is there,
 * starts and is allowed by the source. */
#include <stdio.h>

#include "packaging/text.h"
#include "verbs/recreate/recreate.h"

struct choice {
    struct vf_recreate *a;
    struct vf_slice admits; /* specifiers; empty: any */
    const struct vf_specifiers *parsed;
    struct vf_err first; /* why the first that was there could not be taken */
    bool found;
};

static enum vf_status split_path(struct vf_recreate *a)
{
    struct vf_slice all;
    if (!vf_recreate_variable(a, VF_S("PATH"), &all))
        all = VF_S("/usr/local/bin:/usr/bin:/bin");
    while (all.n) {
        size_t colon = vf_slice_find_byte(all, ':', 0);
        struct vf_slice *d = vf_vec_push(a->c->s.a, &a->path, sizeof *d);
        if (!d)
            return vf_err_nomem(&a->c->s.err);
        *d = vf_slice_sub(all, 0, colon);
        all = colon == VF_NPOS ? VF_S("") : vf_slice_from(all, colon + 1);
    }
    return VF_OK;
}

static enum vf_status allowed(struct choice *ch, bool *yes, struct vf_err *err)
{
    struct vf_arena *arena = ch->a->c->s.a;
    struct vf_specifiers own;
    *yes = true;
    const struct vf_specifiers *set = ch->parsed;
    enum vf_status st = VF_OK;
    if (!set && ch->admits.n) {
        st = vf_specifiers_parse(arena, ch->admits, &own, err);
        set = &own;
    }
    return st == VF_OK && set ? vf_specifiers_contains_text(arena, set, ch->a->query.python, yes, err) : st;
}

/* One candidate. Only what cannot go on at all is an error here. */
static enum vf_status attempt(struct choice *ch, struct vf_slice path)
{
    struct vf_change *c = ch->a->c;
    struct vf_err why;
    bool yes = false;
    vf_err_init(&why);
    enum vf_status st =
        vf_interpreter_query_run(path, ch->a->o->environ, &c->s.hooks, c->s.a, &ch->a->query, &why);
    if (st == VF_OK)
        st = allowed(ch, &yes, &why);
    if (st == VF_OK && yes && !ch->a->query.has_venv)
        st = vf_err_set(&why, VF_TOOL_FAILED, 0, "use", path,
                        "it has no venv module (a distribution packs it apart)");
    if (st == VF_OK && !yes)
        st = vf_err_set(&why, VF_INCOMPATIBLE, 0, "use", path,
                        "it is Python %.*s, which the source does not allow", (int)ch->a->query.python.n,
                        ch->a->query.python.p);
    ch->found = st == VF_OK;
    if (st == VF_NO_MEMORY || st == VF_INTERRUPTED)
        (void)vf_err_set(&c->s.err, st, 0, "start", path, NULL);
    else if (st != VF_OK && ch->first.code == VF_OK)
        (void)vf_err_set(&ch->first, why.code, why.sys, why.op, path, "%s", why.detail);
    vf_err_release(&why);
    return c->s.err.code != VF_OK ? c->s.err.code : VF_OK;
}

/* Every program of this name on PATH. */
static enum vf_status on_path(struct choice *ch, struct vf_slice name)
{
    struct vf_change *c = ch->a->c;
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < ch->a->path.n && st == VF_OK && !ch->found; i++) {
        struct vf_slice p = vf_path_join(c->s.a, *VF_VEC_AT(struct vf_slice, &ch->a->path, i), name);
        if (!p.p)
            return vf_err_nomem(&c->s.err);
        if (vf_path_is_abs(p) && vf_host_executable(c->s.host, p))
            st = attempt(ch, p);
    }
    return st;
}

static bool is_version(struct vf_slice s)
{
    size_t dot = vf_slice_find_byte(s, '.', 0);
    return dot != VF_NPOS && vf_text_digits(vf_slice_sub(s, 0, dot)) &&
           vf_text_digits(vf_slice_from(s, dot + 1));
}

static enum vf_status named(struct choice *ch, struct vf_slice name)
{
    struct vf_change *c = ch->a->c;
    if (is_version(name)) {
        struct vf_slice exe = vf_arena_concat(c->s.a, VF_S("python"), name, VF_S(""));
        return exe.p ? on_path(ch, exe) : vf_err_nomem(&c->s.err);
    }
    struct vf_slice abs = vf_recreate_abs(ch->a, name);
    if (!abs.p)
        return vf_err_nomem(&c->s.err);
    enum vf_kind kind;
    enum vf_status st = vf_host_stat(c->s.host, abs, &kind, &c->s.err);
    if (st != VF_OK)
        return st;
    if (kind != VF_KIND_DIR && vf_slice_find_byte(name, '/', 0) == VF_NPOS)
        return on_path(ch, name);
    if (kind == VF_KIND_DIR)
        abs = vf_path_join(c->s.a, abs, VF_S("bin/python"));
    if (!abs.p)
        return vf_err_nomem(&c->s.err);
    st = vf_host_stat(c->s.host, abs, &kind, &c->s.err);
    if (st != VF_OK)
        return st;
    if (!vf_host_executable(c->s.host, abs))
        return vf_err_set(&c->s.err, VF_NO_BASE, 0, "start", abs,
                          "there is no interpreter that could be started");
    return attempt(ch, abs);
}

/* pythonX.Y of the source's own version. */
static enum vf_status same_minor(struct choice *ch, const char *stem, struct vf_slice version)
{
    struct vf_change *c = ch->a->c;
    struct vf_slice name = vf_arena_concat(c->s.a, vf_slice_of(stem), version, VF_S(""));
    return name.p ? on_path(ch, name) : vf_err_nomem(&c->s.err);
}

static enum vf_status of_env(struct choice *ch)
{
    const struct vf_interpreter *py = &ch->a->c->env->py;
    char version[16];
    enum vf_status st = VF_OK;
    if (py->base.n && py->base_exists)
        st = attempt(ch, py->base);
    int n = snprintf(version, sizeof version, "3.%u", py->minor);
    if (st == VF_OK && !ch->found && py->minor && n > 0)
        st = same_minor(ch, py->pypy ? "pypy" : "python", (struct vf_slice){version, (size_t)n});
    return st;
}

/* Any minor that the source allows, the newest first. */
static enum vf_status any_minor(struct choice *ch)
{
    enum { NEWEST = 30, OLDEST = 6 };
    enum vf_status st = VF_OK;
    for (int minor = NEWEST; minor >= OLDEST && st == VF_OK && !ch->found; minor--) {
        char name[16];
        int n = snprintf(name, sizeof name, "python3.%d", minor);
        struct vf_slice kept = vf_arena_dup(ch->a->c->s.a, (struct vf_slice){name, (size_t)n});
        st = kept.p ? on_path(ch, kept) : vf_err_nomem(&ch->a->c->s.err);
    }
    return st;
}

static enum vf_status by_source(struct choice *ch)
{
    enum vf_status st = VF_OK;
    if (ch->a->kind == VF_RECREATE_ENV)
        return of_env(ch);
    if (ch->a->kind == VF_RECREATE_BUNDLE && ch->a->bundle->bundle.python.n) {
        const char *impl = ch->a->bundle->bundle.implementation;
        st = same_minor(ch, impl && vf_slice_eq(vf_slice_of(impl), VF_S("pypy")) ? "pypy" : "python",
                        ch->a->bundle->bundle.python);
    }
    if (st == VF_OK && !ch->found)
        st = on_path(ch, VF_S("python3"));
    bool bounded = ch->admits.n || ch->parsed;
    return st == VF_OK && !ch->found && bounded ? any_minor(ch) : st;
}

static enum vf_status none(struct choice *ch)
{
    struct vf_change *c = ch->a->c;
    if (ch->first.code != VF_OK)
        return vf_err_set(&c->s.err, ch->first.code, ch->first.sys, ch->first.op,
                          (struct vf_slice){ch->first.path, ch->first.path_len}, "%s%s", ch->first.detail,
                          ch->a->o->python ? "" : " (--python names another)");
    return vf_err_set(&c->s.err, VF_NO_BASE, 0, "find",
                      ch->a->o->python ? vf_slice_of(ch->a->o->python) : VF_S("python3"),
                      "there is no such interpreter on PATH: --python PATH names one");
}

enum vf_status vf_recreate_choose_python(struct vf_recreate *a)
{
    struct choice ch = {.a = a};
    vf_err_init(&ch.first);
    if (a->bundle)
        ch.admits = a->bundle->bundle.requires_python;
    if (a->kind == VF_RECREATE_LOCK && a->lock.has_requires_python)
        ch.parsed = &a->lock.requires_python;
    enum vf_status st = split_path(a);
    if (st == VF_OK)
        st = a->o->python ? named(&ch, vf_slice_of(a->o->python)) : by_source(&ch);
    if (st == VF_OK && !ch.found)
        st = none(&ch);
    vf_err_release(&ch.first);
    return st;
}
