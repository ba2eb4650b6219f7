/* find_base.c: see find_base.h. */
#include "env/find_base.h"

#include <stdio.h>

struct finding_base {
    const struct vf_env *env;
    struct vf_arena *a;
    struct vf_vec found; /* struct vf_base_found */
    enum vf_base_source source;
    char version[16]; /* "3.12" */
    bool failed;
};

const char *vf_base_source_name(enum vf_base_source s)
{
    switch (s) {
    case VF_BASE_RECORDED:
        return "recorded in the environment";
    case VF_BASE_MOVED:
        return "moved along with the environment";
    case VF_BASE_BESIDE:
        return "another patch release beside it";
    case VF_BASE_ELSEWHERE:
        return "of the same minor version";
    }
    return "";
}

/* ---- does it fit ---- */

/* X of a program named python3.X; 0: its name does not say. */
static unsigned minor_of_program(struct vf_slice name)
{
    static const char lead[] = "python3.";
    unsigned minor = 0;
    if (!vf_slice_starts(name, vf_slice_of(lead)))
        return 0;
    for (size_t i = sizeof lead - 1; i < name.n && name.p[i] >= '0' && name.p[i] <= '9' && minor < 100; i++)
        minor = minor * 10 + (unsigned)(name.p[i] - '0');
    return minor;
}

/* A directory above `dir`, or it, holds the standard library (what getpath looks for). */
static bool has_library_above(const struct vf_env *env, struct vf_slice dir, struct vf_arena *scratch)
{
    char names[5][40];
    const char *word = env->py.pypy ? "pypy" : "python";
    (void)snprintf(names[0], sizeof names[0], "lib/%s3.%u/os.py", word, env->py.minor);
    (void)snprintf(names[1], sizeof names[1], "lib64/%s3.%u/os.py", word, env->py.minor);
    (void)snprintf(names[2], sizeof names[2], "lib/%s3%u.zip", word, env->py.minor);
    (void)snprintf(names[3], sizeof names[3], "lib/%s3.%u/os.pyc", word, env->py.minor);
    (void)snprintf(names[4], sizeof names[4], "lib-python/3/os.py"); /* PyPy up to 3.7 */
    for (; dir.n > 1; dir = vf_path_dir(dir))
        for (size_t i = 0; i < VF_COUNT(names); i++) {
            struct vf_slice mark = vf_path_join(scratch, dir, vf_slice_of(names[i]));
            if (mark.p && vf_host_exists(env->params.host, mark))
                return true;
        }
    return false;
}

static bool is_script(const struct vf_env *env, struct vf_slice path, struct vf_arena *scratch)
{
    struct vf_slice head = {NULL, 0};
    struct vf_stat st;
    struct vf_err ignored;
    if (vf_host_kind(env->params.host, path, &st) != VF_KIND_FILE || st.size > 8192)
        return false;
    vf_err_init(&ignored);
    bool script = vf_host_read(env->params.host, path, 8192, scratch, &head, &ignored) == VF_OK &&
                  vf_slice_starts(head, VF_S("#!"));
    vf_err_release(&ignored);
    return script;
}

bool vf_base_fits(const struct vf_env *env, struct vf_slice program, struct vf_arena *scratch,
                  struct vf_buf *real)
{
    if (!vf_path_is_abs(program) || !env->py.minor || !vf_host_executable(env->params.host, program) ||
        is_script(env, program, scratch) || !vf_host_resolve(env->params.host, program, real))
        return false;
    struct vf_slice path = vf_buf_slice(real), rest;
    if (vf_path_under(env->resolved, path, &rest))
        return false;
    /* python3 of another minor beside the library of this one */
    unsigned minor = minor_of_program(vf_path_base(path));
    return (!minor || minor == env->py.minor) && has_library_above(env, vf_path_dir(path), scratch);
}

static bool is_wrong_home(const struct vf_env *env, struct vf_arena *scratch)
{
    struct vf_slice home = env->py.home;
    if (!env->py.has_cfg)
        return false;
    if (!vf_path_is_abs(home))
        return true;
    if (!env->py.copies && env->py.minor && env->py.minor <= 10 && env->py.base_exists)
        return vf_host_is_missing(env->params.host, home);
    size_t unseen = vf_host_unseen_count(env->params.host);
    bool right =
        vf_host_kind(env->params.host, home, NULL) == VF_KIND_DIR && has_library_above(env, home, scratch);
    return !right && vf_host_unseen_count(env->params.host) == unseen;
}

bool vf_base_is_missing(const struct vf_env *env, struct vf_arena *scratch)
{
    const struct vf_interpreter *py = &env->py;
    struct vf_slice rest;
    if (py->python2 || py->legacy || !py->minor || !py->link.n)
        return false;
    if (py->link_target.n && vf_path_under(env->typed, py->link_target, &rest))
        return false;
    for (size_t i = 0; i < env->n_prefixes; i++)
        if (py->link_target.n && vf_path_under(env->prefixes[i].prefix.path, py->link_target, &rest) &&
            vf_env_has(env, rest))
            return false; /* a link into the environment itself */
    if (py->base_why)
        return false;
    if (py->link_target.n && !py->base_exists)
        return true;
    return is_wrong_home(env, scratch);
}

/* ---- candidates ---- */

static void add(struct finding_base *f, struct vf_slice program)
{
    struct vf_buf real;
    vf_buf_init(&real);
    bool fits = program.p && vf_base_fits(f->env, program, f->a, &real);
    for (size_t i = 0; fits && i < f->found.n; i++)
        fits = !vf_slice_eq(VF_VEC_AT(struct vf_base_found, &f->found, i)->real, vf_buf_slice(&real));
    /* a directory of links to interpreters: its programs find no library from there */
    if (fits && !has_library_above(f->env, vf_path_dir(program), f->a))
        program = vf_buf_slice(&real);
    if (fits) {
        struct vf_base_found *b = vf_vec_push(f->a, &f->found, sizeof *b);
        if (b)
            *b = (struct vf_base_found){f->source, vf_arena_dup(f->a, program),
                                        vf_arena_dup(f->a, vf_buf_slice(&real))};
        f->failed = f->failed || !b || !b->program.p || !b->real.p;
    }
    f->failed = f->failed || real.failed;
    vf_buf_release(&real);
}

/* pythonX.Y, python3 and python in a directory: the first that fits. */
static void add_in(struct finding_base *f, struct vf_slice dir)
{
    char versioned[32];
    (void)snprintf(versioned, sizeof versioned, "%s%s", f->env->py.pypy ? "pypy" : "python", f->version);
    const char *const names[] = {versioned, f->env->py.pypy ? "pypy3" : "python3", "python"};
    size_t before = f->found.n;
    for (size_t i = 0; i < VF_COUNT(names) && f->found.n == before; i++)
        add(f, vf_path_join(f->a, dir, vf_slice_of(names[i])));
}

static struct vf_slice cfg_value(const struct finding_base *f, const char *key)
{
    struct vf_slice v;
    return vf_cfg_get(f->env->cfg, vf_slice_of(key), &v) ? v : (struct vf_slice){NULL, 0};
}

static void add_recorded(struct finding_base *f)
{
    const struct vf_interpreter *py = &f->env->py;
    if (py->link_target.n && py->base_exists)
        add(f, py->link_target);
    if (vf_path_is_abs(py->home))
        add_in(f, py->home);
    if (!f->found.n)
        add(f, cfg_value(f, "base-executable"));
    if (!f->found.n)
        add(f, cfg_value(f, "executable"));
}

/* O and N without the components that both end with. */
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

bool vf_base_moved_along(const struct vf_env *env, struct vf_slice path, struct vf_arena *a,
                         struct vf_slice *now)
{
    if (!vf_host_is_missing(env->params.host, path))
        return false;
    for (size_t i = 0; i < env->n_prefixes; i++) {
        struct vf_slice o = env->prefixes[i].prefix.path, n = env->typed, rest;
        if (env->prefixes[i].kind != VF_PREFIX_OLD || !enclosing(&o, &n) || !vf_path_under(o, path, &rest))
            continue;
        *now = rest.n ? vf_path_join(a, n, rest) : n;
        if (now->p && vf_host_exists(env->params.host, *now))
            return true;
    }
    return false;
}

static void add_moved(struct finding_base *f)
{
    const struct vf_interpreter *py = &f->env->py;
    struct vf_slice now;
    if (py->link_target.n && vf_base_moved_along(f->env, py->link_target, f->a, &now))
        add(f, now);
    if (!f->found.n && py->home.n && vf_path_is_abs(py->home) &&
        vf_base_moved_along(f->env, py->home, f->a, &now))
        add_in(f, now);
}

/* "cpython-3.12.4-linux" at the digits behind "3.12.": *patch ends there. */
static bool split_patch(const struct finding_base *f, struct vf_slice name, size_t *from, size_t *to)
{
    struct vf_slice want = vf_slice_of(f->version);
    size_t at = vf_slice_find(name, want, 0);
    if (at == VF_NPOS || (at && name.p[at - 1] >= '0' && name.p[at - 1] <= '9') || at + want.n >= name.n ||
        name.p[at + want.n] != '.')
        return false;
    *from = *to = at + want.n + 1;
    while (*to < name.n && ((name.p[*to] >= '0' && name.p[*to] <= '9') || name.p[*to] == '_'))
        ++*to; /* Homebrew adds a revision: 3.12.4_1 */
    return *to > *from;
}

static bool differs_in_patch(const struct finding_base *f, struct vf_slice a, struct vf_slice b)
{
    size_t from, to, from_b, to_b;
    return !vf_slice_eq(a, b) && split_patch(f, a, &from, &to) && split_patch(f, b, &from_b, &to_b) &&
           vf_slice_eq(vf_slice_sub(a, 0, from), vf_slice_sub(b, 0, from_b)) &&
           vf_slice_eq(vf_slice_from(a, to), vf_slice_from(b, to_b));
}

/* `path` with one component replaced by each sibling of another patch release. */
static void add_beside(struct finding_base *f, struct vf_slice path, bool is_dir)
{
    for (struct vf_slice dir = path; dir.n > 1; dir = vf_path_dir(dir)) {
        struct vf_slice parent = vf_path_dir(dir), *names, rest;
        size_t n, from, to;
        if (!split_patch(f, vf_path_base(dir), &from, &to) || !vf_path_under(dir, path, &rest) ||
            !vf_host_list(f->env->params.host, parent, f->a, &names, &n))
            continue;
        for (size_t i = 0; i < n; i++) {
            if (!differs_in_patch(f, vf_path_base(dir), names[i]))
                continue;
            struct vf_slice there = vf_path_join(f->a, vf_path_join(f->a, parent, names[i]), rest);
            if (is_dir)
                add_in(f, there);
            else
                add(f, there);
        }
    }
}

/* Directories of version managers: every entry that begins with the minor version. */
static const struct {
    const char *dir, *lead, *bin; /* dir: below the home directory unless it is absolute */
} managers[] = {
    {".pyenv/versions", "", "bin"},
    {".local/share/uv/python", "cpython-", "bin"},
    {".asdf/installs/python", "", "bin"},
    {".local/share/mise/installs/python", "", "bin"},
    {"/opt/hostedtoolcache/Python", "", "x64/bin"},
    {"/opt/hostedtoolcache/Python", "", "arm64/bin"},
    {"/opt/homebrew/opt", "python@", "bin"},
    {"/home/linuxbrew/.linuxbrew/opt", "python@", "bin"},
    {"/usr/local/opt", "python@", "bin"},
};

static void add_managed(struct finding_base *f, const struct vf_base_search *s, size_t m)
{
    struct vf_slice dir = vf_slice_of(managers[m].dir), *names;
    size_t n;
    if (!vf_path_is_abs(dir)) {
        if (!s->home || *s->home != '/')
            return;
        dir = vf_path_join(f->a, vf_slice_of(s->home), dir);
    }
    if (!dir.p || !vf_host_list(f->env->params.host, dir, f->a, &names, &n))
        return;
    struct vf_slice lead =
        vf_arena_concat(f->a, vf_slice_of(managers[m].lead), vf_slice_of(f->version), VF_S(""));
    for (size_t i = 0; lead.p && i < n; i++) {
        bool ends = names[i].n == lead.n ||
                    (names[i].n > lead.n && (names[i].p[lead.n] == '.' || names[i].p[lead.n] == '-'));
        if (vf_slice_starts(names[i], lead) && ends)
            add_in(f, vf_path_join(f->a, vf_path_join(f->a, dir, names[i]), vf_slice_of(managers[m].bin)));
    }
}

static void add_elsewhere(struct finding_base *f, const struct vf_base_search *s)
{
    struct vf_slice path = vf_slice_of(s->path);
    while (path.n) {
        size_t colon = vf_slice_find_byte(path, ':', 0);
        struct vf_slice dir = vf_slice_sub(path, 0, colon);
        path = colon == VF_NPOS ? (struct vf_slice){NULL, 0} : vf_slice_from(path, colon + 1);
        if (vf_path_is_abs(dir))
            add_in(f, dir);
    }
    static const char *const usual[] = {"/usr/local/bin", "/usr/bin"};
    for (size_t i = 0; i < VF_COUNT(usual); i++)
        add_in(f, vf_slice_of(usual[i]));
    for (size_t i = 0; i < VF_COUNT(managers); i++)
        add_managed(f, s, i);
}

enum vf_status vf_find_base(const struct vf_env *env, const struct vf_base_search *search, struct vf_arena *a,
                            struct vf_base_found **out, size_t *n, struct vf_err *err)
{
    struct finding_base f = {.env = env, .a = a};
    const struct vf_interpreter *py = &env->py;
    (void)snprintf(f.version, sizeof f.version, "3.%u", py->minor);
    add_recorded(&f);
    f.source = VF_BASE_MOVED;
    if (!f.found.n)
        add_moved(&f);
    f.source = VF_BASE_BESIDE;
    if (!f.found.n && py->link_target.n)
        add_beside(&f, py->link_target, false);
    if (!f.found.n && vf_path_is_abs(py->home))
        add_beside(&f, py->home, true);
    f.source = VF_BASE_ELSEWHERE;
    if (!f.found.n)
        add_elsewhere(&f, search);
    *out = f.found.base;
    *n = f.found.n;
    return f.failed || a->failed ? vf_err_nomem(err) : VF_OK;
}
