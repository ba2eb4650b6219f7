/* base.c: which base interpreter `fix` gives the environment: the one of --python, or, where its own is gone,
 * the one that took its place. */
#include <stdio.h>

#include "base/escape.h"
#include "env/find_base.h"
#include "verbs/recreate/recreate.h"

static const char *variable(const struct vf_change *c, const char *name)
{
    struct vf_slice want = vf_slice_of(name);
    for (const char *const *e = c->o->install.environ; e && *e; e++) {
        struct vf_slice s = vf_slice_of(*e);
        if (vf_slice_starts(s, want) && s.n > want.n && s.p[want.n] == '=')
            return *e + want.n + 1;
    }
    return NULL;
}

static enum vf_status search(struct vf_change *c, struct vf_base_found **found, size_t *n)
{
    struct vf_base_search where = {.path = variable(c, "PATH"), .home = variable(c, "HOME")};
    return vf_find_base(c->env, &where, c->s.a, found, n, &c->s.err);
}

/* ---- the interpreter is asked, and taken ---- */

static void put_python(struct vf_buf *out, bool pypy, struct vf_slice version)
{
    vf_buf_puts(out, pypy ? "PyPy " : "CPython ");
    vf_term_put(out, version);
}

/* `venvfix upgrade` makes the environment again on another minor. */
static enum vf_status refuse_other_python(struct vf_change *c, const struct vf_interpreter_query *q)
{
    struct vf_buf b;
    char minor[16];
    vf_buf_init(&b);
    (void)snprintf(minor, sizeof minor, "3.%u", c->env->py.minor);
    vf_buf_puts(&b, "it is ");
    put_python(&b, vf_slice_eq(q->markers.value[VF_MARKER_IMPLEMENTATION_NAME], VF_S("pypy")), q->python);
    vf_buf_puts(&b, ", and the environment is for ");
    put_python(&b, c->env->py.pypy, vf_slice_of(minor));
    vf_buf_puts(&b,
                "; this makes a new environment and puts it in the place of the old one: venvfix upgrade ");
    vf_shell_word_put(&b, c->env->typed);
    vf_buf_puts(&b, " --python ");
    vf_shell_word_put(&b, q->base);
    const char *text = vf_buf_cstr(&b);
    enum vf_status st = text ? vf_err_set(&c->s.err, VF_INCOMPATIBLE, 0, "use", q->base, "%s", text)
                             : vf_err_nomem(&c->s.err);
    vf_buf_release(&b);
    return st;
}

static bool is_same_python(const struct vf_change *c, const struct vf_interpreter_query *q)
{
    char minor[16];
    (void)snprintf(minor, sizeof minor, "3.%u", c->env->py.minor);
    bool pypy = vf_slice_eq(q->markers.value[VF_MARKER_IMPLEMENTATION_NAME], VF_S("pypy"));
    return vf_slice_eq(q->short_version, vf_slice_of(minor)) && pypy == c->env->py.pypy;
}

static enum vf_status take(struct vf_change *c, struct vf_slice program, struct vf_slice version)
{
    struct vf_buf real;
    vf_buf_init(&real);
    enum vf_status st = vf_host_resolve_path(c->s.host, program, &real, &c->s.err);
    c->base = (struct vf_base_python){.program = program,
                                      .real = vf_arena_dup(c->s.a, vf_buf_slice(&real)),
                                      .prefix = vf_path_dir(vf_path_dir(program)),
                                      .version = version};
    bool failed = real.failed || !c->base.real.p;
    vf_buf_release(&real);
    if (st == VF_NOT_FOUND) {
        vf_err_clear(&c->s.err);
        return vf_err_set(&c->s.err, VF_NO_BASE, 0, "open", program, "there is no such interpreter");
    }
    if (st != VF_OK)
        return st;
    if (failed)
        return vf_err_nomem(&c->s.err);
    c->env->params.base = &c->base;
    return VF_OK;
}

/* ---- --python ---- */

/* A directory is that of a Python or of an environment. */
static const char *program_in(struct vf_change *c, const char *given)
{
    struct vf_slice dir = vf_session_abs(&c->s, given);
    if (!dir.p || vf_host_kind(c->s.host, dir, NULL) != VF_KIND_DIR)
        return given;
    char versioned[32];
    (void)snprintf(versioned, sizeof versioned, "%s3.%u", c->env->py.pypy ? "pypy" : "python",
                   c->env->py.minor);
    const char *const names[] = {versioned, "python3", "python", "pypy3"};
    const char *const bins[] = {"bin", ""};
    for (size_t i = 0; i < VF_COUNT(bins) * VF_COUNT(names); i++) {
        struct vf_slice bin = vf_path_join(c->s.a, dir, vf_slice_of(bins[i / VF_COUNT(names)]));
        struct vf_slice p = vf_path_join(c->s.a, bin, vf_slice_of(names[i % VF_COUNT(names)]));
        if (p.p && vf_host_executable(c->s.host, p))
            return vf_arena_cstr(c->s.a, p);
    }
    return given;
}

static bool is_own_version(const struct vf_change *c, const char *given)
{
    char minor[16];
    (void)snprintf(minor, sizeof minor, "3.%u", c->env->py.minor);
    return vf_slice_eq(vf_slice_of(given), vf_slice_of(minor));
}

static enum vf_status take_named(struct vf_change *c)
{
    struct venvfix_install_options o = c->o->install;
    o.python = program_in(c, o.python);
    struct vf_recreate *a = vf_arena_alloc(c->s.a, sizeof *a);
    if (!a || !o.python)
        return vf_err_nomem(&c->s.err);
    *a = (struct vf_recreate){.c = c, .o = &o, .kind = VF_RECREATE_ENV};
    enum vf_status st = vf_recreate_choose_python(a);
    struct vf_base_found *found;
    size_t n = 0;
    if (st != VF_OK && st != VF_NO_MEMORY && st != VF_INTERRUPTED && is_own_version(c, o.python)) {
        /* not on PATH, or only a shim that does not lead to one */
        vf_err_clear(&c->s.err);
        st = search(c, &found, &n);
        if (st == VF_OK && n) {
            o.python = vf_arena_cstr(c->s.a, found[0].program);
            st = o.python ? vf_recreate_choose_python(a) : vf_err_nomem(&c->s.err);
        } else if (st == VF_OK) {
            st = vf_err_set(&c->s.err, VF_NO_BASE, 0, "find", vf_slice_of(c->o->install.python),
                            "no such Python was found on PATH or where version managers keep them");
        }
    }
    if (st != VF_OK)
        return st;
    if (!is_same_python(c, &a->query))
        return refuse_other_python(c, &a->query);
    if (vf_path_under(c->env->typed, a->query.base, NULL) ||
        vf_path_under(c->env->resolved, a->query.base, NULL))
        return vf_err_set(&c->s.err, VF_USAGE, 0, "use", a->query.base,
                          "it is the environment's own interpreter; --python names its base");
    return take(c, a->query.base, a->query.python);
}

/* ---- a base that is gone ---- */

static void put_fix(struct vf_buf *out, const struct vf_change *c, struct vf_slice program)
{
    vf_buf_puts(out, "venvfix fix ");
    vf_shell_word_put(out, c->env->typed);
    vf_buf_puts(out, " --python ");
    vf_shell_word_put(out, program);
}

static struct vf_slice missing(const struct vf_change *c)
{
    return c->env->py.link_target.n ? c->env->py.link_target : c->env->py.home;
}

static enum vf_status refuse(struct vf_change *c, const struct vf_base_found *found, size_t n)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_printf(&b, "the base interpreter is missing");
    if (!n)
        vf_buf_printf(
            &b,
            ", and no Python 3.%u was found that could take its place: install it again, or name one "
            "with venvfix fix --python PATH",
            c->env->py.minor);
    for (size_t i = 0; i < n && i < 8; i++) {
        vf_buf_puts(&b, i ? "; or: " : "; choose one: ");
        put_fix(&b, c, found[i].program);
    }
    const char *text = vf_buf_cstr(&b);
    enum vf_status st =
        text ? vf_err_set(&c->s.err, VF_NO_BASE, 0, "open", missing(c), "%s", text) : vf_err_nomem(&c->s.err);
    vf_buf_release(&b);
    return st;
}

static bool is_linked(const struct vf_change *c)
{
    return c->env->py.link_target.n && c->env->py.base_exists;
}

static void note_taken(struct vf_change *c, const struct vf_base_found *f)
{
    struct vf_buf b;
    vf_buf_init(&b);
    if (is_linked(c)) {
        vf_buf_puts(&b, "`home` in pyvenv.cfg leads to no standard library of this Python: it becomes ");
        vf_term_put(&b, vf_path_dir(f->program));
    } else {
        vf_buf_puts(&b, "the base interpreter ");
        vf_term_put(&b, missing(c));
        vf_buf_puts(&b, " is missing: it becomes ");
        vf_term_put(&b, f->program);
        vf_buf_printf(&b, " (%s)", vf_base_source_name(f->source));
    }
    const char *text = vf_buf_cstr(&b);
    if (text)
        vf_hooks_note(&c->s.hooks, text);
    vf_buf_release(&b);
}

static enum vf_status take_found(struct vf_change *c, const struct vf_base_found *f)
{
    struct vf_interpreter_query q;
    struct vf_err why;
    if (f->source == VF_BASE_RECORDED && is_linked(c)) {
        enum vf_status taken = take(c, f->program, VF_S(""));
        c->base.home_only = true;
        if (taken == VF_OK)
            note_taken(c, f);
        return taken;
    }
    vf_err_init(&why);
    enum vf_status st =
        vf_interpreter_query_run(f->program, c->o->install.environ, &c->s.hooks, c->s.a, &q, &why);
    bool fits = st == VF_OK && is_same_python(c, &q);
    vf_err_release(&why);
    if (st == VF_NO_MEMORY || st == VF_INTERRUPTED)
        return vf_err_set(&c->s.err, st, 0, "start", f->program, NULL);
    if (!fits)
        return refuse(c, NULL, 0);
    st = take(c, f->program, q.python);
    if (st == VF_OK)
        note_taken(c, f);
    return st;
}

enum vf_status vf_change_choose_base(struct vf_change *c)
{
    struct vf_base_found *found;
    size_t n;
    if (c->o->verb != VENVFIX_FIX)
        return VF_OK;
    if (c->o->install.python)
        return take_named(c);
    if (!vf_base_is_missing(c->env, c->s.a))
        return VF_OK;
    enum vf_status st = search(c, &found, &n);
    if (st != VF_OK)
        return st;
    if (n == 1)
        return take_found(c, &found[0]);
    return is_linked(c) && !n ? VF_OK : refuse(c, found, n);
}
