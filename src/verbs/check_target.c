/* check_target.c: the Python, platform and glibc that an environment is checked for. */
#include "verbs/check_target.h"
#include "verbs/check_root.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/path.h"
#include "env/read_elf.h"
#include "fs/host_layer.h"
#include "fs/host_unknown.h"
#include "fs/user.h"

bool vf_check_has_target(const struct venvfix_check_options *o)
{
    return o->python || o->platform || o->glibc;
}

/* --- the host --- */

static struct vf_slice resolved(struct vf_session *s, struct vf_slice path)
{
    struct vf_buf b = {0};
    struct vf_slice out = {NULL, 0};
    if (path.p && vf_host_kind(s->host, path, NULL) == VF_KIND_DIR && vf_host_resolve(s->host, path, &b))
        out = vf_arena_dup(s->a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out;
}

enum vf_status vf_check_unknown_host(struct vf_session *s, const struct venvfix_check_options *o,
                                     struct vf_env_params *p, struct vf_host **host)
{
    struct vf_slice typed = vf_session_abs(s, o->path);
    *host = NULL;
    if (typed.p)
        typed = vf_check_named(s, s->host, typed);
    if (!typed.p)
        return vf_err_nomem(&s->err);
    struct vf_slice dir = resolved(s, typed);
    p->path = typed;
    if (!dir.n)
        return VF_OK;
    struct vf_host *unknown = vf_host_unknown_new();
    if (!unknown)
        return vf_err_nomem(&s->err);
    enum vf_status st = vf_host_layer(unknown, s->host, dir, typed, host, &s->err);
    if (st == VF_OK && p->at.n)
        st = vf_host_layer(*host, s->host, dir, p->at, host, &s->err);
    if (st != VF_OK)
        return st;
    p->host = *host;
    p->host_unknown = true;
    return VF_OK;
}

/* --- what the environment's own files say --- */

static struct vf_slice tag_of(struct vf_session *s, const struct vf_elf_object *elf)
{
    const char *arch = vf_elf_machine_arch(&elf->machine);
    bool musl = elf->libc == VF_ELF_LIBC_MUSL || vf_slice_starts(vf_path_base(elf->interp), VF_S("ld-musl"));
    if (!arch)
        return (struct vf_slice){NULL, 0};
    return vf_arena_concat(s->a, musl ? VF_S("musllinux_1_2_") : VF_S("linux_"), vf_slice_of(arch), VF_S(""));
}

/* What most of the extension modules are built for; NULL: there are none. */
static const struct vf_elf_object *usual_module(const struct vf_env *env)
{
    const struct vf_elf_object *best = NULL;
    long lead = 0; /* of the present candidate: a majority outlives all others */
    for (size_t i = 0; i < env->n_files; i++) {
        const struct vf_elf_object *elf = env->files[i].facts.elf;
        if (!elf || !elf->loadable || elf->damage || !elf->has_symbol)
            continue;
        bool same = best && vf_elf_machine_eq(&best->machine, &elf->machine) && best->libc == elf->libc;
        if (lead == 0)
            best = elf;
        lead += same || lead == 0 ? 1 : -1;
    }
    return best;
}

/* Of the extension modules; else this host's processor, which only markers ask for then. */
static struct vf_slice own_platform(struct vf_session *s, const struct vf_env *env)
{
    const struct vf_elf_object *module = usual_module(env);
    struct utsname u;
    struct vf_slice tag = module ? tag_of(s, module) : VF_S("");
    if (tag.n)
        return tag;
    return vf_arena_concat(s->a, VF_S("linux_"), uname(&u) == 0 ? vf_slice_of(u.machine) : VF_S("x86_64"),
                           VF_S(""));
}

static bool is_threaded(const struct vf_env *env)
{
    for (size_t i = 0; i < env->n_sites; i++)
        if (vf_slice_ends(vf_path_dir(env->sites[i]), VF_S("t")))
            return true;
    return false;
}

static enum vf_status own_python(struct vf_session *s, const struct vf_env *env, struct vf_slice *out)
{
    struct vf_buf b = {0};
    vf_buf_printf(&b, "3.%u", env->py.minor);
    size_t minor = b.n;
    if (vf_slice_starts(env->py.version, vf_buf_slice(&b)) && env->py.version.n > minor &&
        env->py.version.p[minor] == '.')
        vf_buf_put(&b, vf_slice_from(env->py.version, minor));
    if (is_threaded(env))
        vf_buf_putc(&b, 't');
    *out = vf_arena_dup(s->a, vf_buf_slice(&b));
    bool failed = b.failed || !out->p;
    vf_buf_release(&b);
    if (!failed && !env->py.minor)
        return vf_err_set(&s->err, VF_USAGE, 0, "check", env->typed,
                          "nothing says which Python the environment is for: name it with --python 3.12");
    return failed ? vf_err_nomem(&s->err) : VF_OK;
}

/* --- --python PATH --- */

/* "python3.12", "libpython3.13t.so.1.0" -> "3.12", "3.13t"; empty: no version in it. */
static struct vf_slice version_in(struct vf_slice name)
{
    size_t at = vf_slice_find(name, VF_S("3."), 0), end;
    if (at == VF_NPOS)
        return (struct vf_slice){NULL, 0};
    for (end = at + 2; end < name.n && name.p[end] >= '0' && name.p[end] <= '9'; end++)
        continue;
    bool digits = end > at + 2;
    end += end < name.n && name.p[end] == 't';
    return vf_slice_sub(name, at, digits ? end : at);
}

/* An interpreter by its path: its version is in the name of its libpython or of the program itself. */
static enum vf_status inspect_python(struct vf_session *s, struct vf_host *host, struct vf_slice path,
                                     struct vf_target_spec *spec)
{
    struct vf_buf real = {0};
    const struct vf_elf_object *elf = NULL;
    int why = 0;
    enum vf_status st = vf_host_resolve_path(host, path, &real, &s->err);
    if (st == VF_OK && !vf_host_elf(host, vf_buf_slice(&real), s->a, &elf, &why))
        st = vf_err_nomem(&s->err);
    if (st == VF_OK && why)
        st = vf_err_sys(&s->err, why, "read", path);
    struct vf_slice name = vf_arena_dup(s->a, vf_path_base(vf_buf_slice(&real)));
    vf_buf_release(&real);
    if (st == VF_NOT_FOUND)
        vf_err_clear(&s->err);
    else if (st != VF_OK)
        return st;
    if (!elf)
        return vf_err_set(&s->err, VF_USAGE, 0, "check", path,
                          "--python takes a version such as 3.12, or the path of an interpreter");
    spec->pypy = vf_slice_starts(name, VF_S("pypy"));
    spec->python = version_in(name);
    for (size_t i = 0; i < elf->n_needed; i++)
        if (vf_slice_starts(elf->needed[i], VF_S("libpython3.")))
            spec->python = version_in(elf->needed[i]);
    if (!spec->python.n)
        return vf_err_set(&s->err, VF_USAGE, 0, "check", path,
                          "the version of this interpreter is not in its name: give it as --python 3.12");
    if (!spec->platform.n)
        spec->platform = tag_of(s, elf);
    return VF_OK;
}

/* --- together --- */

static enum vf_status make_spec(struct vf_session *s, const struct venvfix_check_options *o,
                                const struct vf_env *env, struct vf_target_spec *spec)
{
    enum vf_status st;
    *spec = (struct vf_target_spec){.pypy = env->py.pypy, .platform = vf_slice_of(o->platform)};
    if (o->glibc && !vf_target_parse_glibc(vf_slice_of(o->glibc), &spec->glibc_minor))
        return vf_err_set(&s->err, VF_USAGE, 0, "check", VF_S(""), "--glibc takes a version such as 2.28");
    if (!o->python) {
        st = own_python(s, env, &spec->python);
    } else if (strchr(o->python, '/')) {
        struct vf_slice path = o->root ? vf_slice_of(o->python) : vf_session_abs(s, o->python);
        st = inspect_python(s, o->root ? env->params.host : s->host, path, spec);
    } else {
        spec->python = vf_slice_of(o->python);
        st = VF_OK;
    }
    if (st == VF_OK && !spec->platform.n)
        spec->platform = own_platform(s, env);
    return st == VF_OK && !spec->platform.p ? vf_err_nomem(&s->err) : st;
}

enum vf_status vf_check_take_target(struct vf_session *s, const struct venvfix_check_options *o,
                                    struct vf_env *env)
{
    struct vf_target_spec spec;
    struct vf_target *t = vf_arena_alloc(s->a, sizeof *t);
    if (!t)
        return vf_err_nomem(&s->err);
    enum vf_status st = make_spec(s, o, env, &spec);
    if (st == VF_OK)
        st = vf_target_make(s->a, &spec, t, &s->err);
    if (st != VF_OK)
        return st;
    t->words = spec;
    t->platform_named = o->platform || (o->python && strchr(o->python, '/'));
    env->params.target = t;
    return VF_OK;
}

/* --- the user --- */

enum vf_status vf_check_take_user(struct vf_session *s, const struct venvfix_check_options *o,
                                  struct vf_env *env, struct vf_host **host)
{
    struct vf_user *user = vf_arena_alloc(s->a, sizeof *user);
    *host = NULL;
    if (!o->user)
        return VF_OK;
    if (!user)
        return vf_err_nomem(&s->err);
    enum vf_status st =
        vf_user_find(env->params.host, vf_slice_of(o->user), o->root != NULL, s->a, user, &s->err);
    if (st != VF_OK)
        return st;
    *host = vf_host_user_new(env->params.host, user);
    if (!*host)
        return vf_err_nomem(&s->err);
    env->params.user = user;
    env->params.host = *host;
    return VF_OK;
}

/* --- which assumption a finding rests on --- */

/* Rules that ask for the target at all; what they ask of it. */
static unsigned asks(enum vf_rule rule)
{
    static const struct {
        enum vf_rule first, last;
        unsigned assumes;
    } rules[] = {
        {VF_RULE_CFG_HOME_MISSING, VF_RULE_INTERPRETER_DANGLING, VENVFIX_ASSUMES_ROOT},
        {VF_RULE_INTERPRETER_NOT_EXECUTABLE, VF_RULE_INTERPRETER_NOT_EXECUTABLE,
         VENVFIX_ASSUMES_ROOT | VENVFIX_ASSUMES_USER},
        {VF_RULE_MINOR_MISMATCH, VF_RULE_MINOR_MISMATCH, VENVFIX_ASSUMES_ROOT | VENVFIX_ASSUMES_PYTHON},
        {VF_RULE_HOME_DISAGREES, VF_RULE_BASE_NEEDED, VENVFIX_ASSUMES_ROOT},
        {VF_RULE_BASE_DENIED, VF_RULE_BASE_DENIED, VENVFIX_ASSUMES_ROOT | VENVFIX_ASSUMES_USER},
        {VF_RULE_HOME_NO_STDLIB, VF_RULE_STDLIB_MISSING, VENVFIX_ASSUMES_ROOT},
        {VF_RULE_INTERPRETER_FOREIGN, VF_RULE_INTERPRETER_LIBRARY,
         VENVFIX_ASSUMES_ROOT | VENVFIX_ASSUMES_PLATFORM},
        {VF_RULE_HOST_UNSEEN, VF_RULE_HOST_UNSEEN, VENVFIX_ASSUMES_ROOT | VENVFIX_ASSUMES_USER},
        {VF_RULE_LAYOUT_FOREIGN, VF_RULE_LAYOUT_FOREIGN, VENVFIX_ASSUMES_PLATFORM},
        {VF_RULE_SCRIPT_DANGLING, VF_RULE_SCRIPT_HOST, VENVFIX_ASSUMES_ROOT},
        {VF_RULE_PTH_DANGLING, VF_RULE_PTH_DANGLING, VENVFIX_ASSUMES_ROOT},
        {VF_RULE_PTH_OUTSIDE, VF_RULE_PTH_OUTSIDE, VENVFIX_ASSUMES_ROOT},
        {VF_RULE_EDITABLE_BROKEN, VF_RULE_EDITABLE_EMPTY, VENVFIX_ASSUMES_ROOT},
        {VF_RULE_BUNDLE_NEEDS, VF_RULE_BUNDLE_NEEDS,
         VENVFIX_ASSUMES_ROOT | VENVFIX_ASSUMES_PYTHON | VENVFIX_ASSUMES_PLATFORM},
        {VF_RULE_WHEEL_TAGS, VF_RULE_WHEEL_TAGS,
         VENVFIX_ASSUMES_PYTHON | VENVFIX_ASSUMES_PLATFORM | VENVFIX_ASSUMES_GLIBC},
        {VF_RULE_WHEEL_PYTHON, VF_RULE_WHEEL_PYTHON, VENVFIX_ASSUMES_ROOT | VENVFIX_ASSUMES_PYTHON},
        {VF_RULE_BUNDLE_GLIBC, VF_RULE_BUNDLE_GLIBC, VENVFIX_ASSUMES_PLATFORM | VENVFIX_ASSUMES_GLIBC},
        {VF_RULE_MODULE_MACHINE, VF_RULE_LIBRARY_MISSING, VENVFIX_ASSUMES_ROOT | VENVFIX_ASSUMES_PLATFORM},
        {VF_RULE_LIBRARY_VERSION, VF_RULE_LIBRARY_VERSION,
         VENVFIX_ASSUMES_ROOT | VENVFIX_ASSUMES_PLATFORM | VENVFIX_ASSUMES_GLIBC},
        {VF_RULE_MODULE_ABI, VF_RULE_MODULE_ABI,
         VENVFIX_ASSUMES_ROOT | VENVFIX_ASSUMES_PYTHON | VENVFIX_ASSUMES_PLATFORM},
        {VF_RULE_LINK_OUTSIDE, VF_RULE_LINK_DANGLING, VENVFIX_ASSUMES_ROOT},
        {VF_RULE_NO_ACCESS, VF_RULE_NO_ACCESS, VENVFIX_ASSUMES_USER}};
    for (size_t i = 0; i < VF_COUNT(rules); i++)
        if (rule >= rules[i].first && rule <= rules[i].last)
            return rules[i].assumes;
    return 0;
}

unsigned vf_check_assumes(const struct venvfix_check_options *o, const struct vf_finding *fi)
{
    unsigned given = (o->root ? VENVFIX_ASSUMES_ROOT : 0u) | (o->python ? VENVFIX_ASSUMES_PYTHON : 0u) |
                     (o->platform ? VENVFIX_ASSUMES_PLATFORM : 0u) | (o->glibc ? VENVFIX_ASSUMES_GLIBC : 0u) |
                     (o->user ? VENVFIX_ASSUMES_USER : 0u);
    unsigned found = asks(fi->rule) & given;
    if ((fi->rule == VF_RULE_LIBRARY_VERSION || fi->rule == VF_RULE_BUNDLE_GLIBC) && o->glibc)
        found &= ~(unsigned)VENVFIX_ASSUMES_PLATFORM; /* the closer word counts */
    return found;
}
