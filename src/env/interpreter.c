/* interpreter.c: pyvenv.cfg, the interpreter links in BIN, and what they say together. docs/formats.md
 * 1, 2.5. */
#include "env/env_internal.h"
#include "syntax/elf.h"
#include "syntax/launcher.h"

#define CFG_CAP ((uint64_t)1 << 20)

static enum vf_env_kind kind_from_cfg(const struct vf_env *env)
{
    struct vf_slice v;
    if (vf_cfg_get(env->cfg, VF_S("uv"), &v))
        return VF_ENV_UV;
    if (vf_cfg_get(env->cfg, VF_S("virtualenv"), &v))
        return VF_ENV_VIRTUALENV;
    if (vf_cfg_get(env->cfg, VF_S("home"), &v))
        return VF_ENV_VENV;
    return VF_ENV_UNKNOWN;
}

static void read_booleans(struct vf_env *env)
{
    struct vf_slice v;
    env->system_site_known = env->py.has_cfg;
    env->system_site = true;
    if (vf_cfg_get(env->cfg, VF_S("include-system-site-packages"), &v))
        env->system_site = vf_slice_eq_nocase(v, VF_S("true"));
    env->relocatable_claim =
        vf_cfg_get(env->cfg, VF_S("relocatable"), &v) && vf_slice_eq_nocase(v, VF_S("true"));
}

/* `version = 3.12.1` (venv), `version_info = 3.12.1` or `3.11.2.final.0` (uv, virtualenv): three parts are
 * shown. */
static struct vf_slice version_of(const struct vf_env *env)
{
    struct vf_slice v;
    if (!vf_cfg_get(env->cfg, VF_S("version"), &v) && !vf_cfg_get(env->cfg, VF_S("version_info"), &v))
        return (struct vf_slice){NULL, 0};
    size_t dots = 0, end = v.n;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] == '.' && ++dots == 3) {
            end = i;
            break;
        }
    return vf_slice_sub(v, 0, end);
}

static unsigned minor_from(struct vf_slice version)
{
    uint64_t minor;
    if (!vf_slice_starts(version, VF_S("3.")))
        return 0;
    struct vf_slice rest = vf_slice_from(version, 2);
    size_t end = 0;
    while (end < rest.n && rest.p[end] >= '0' && rest.p[end] <= '9')
        end++;
    return vf_slice_to_u64(vf_slice_sub(rest, 0, end), &minor) && minor < 1000 ? (unsigned)minor : 0;
}

/* The minor that the packages are installed for: from lib/python3.X. */
static unsigned minor_from_sites(struct vf_env *env)
{
    for (size_t i = 0; i < env->n_sites; i++) {
        struct vf_slice dir = vf_path_base(vf_path_dir(env->sites[i]));
        if (vf_slice_starts(dir, VF_S("pypy"))) {
            env->py.pypy = true;
            return minor_from(vf_slice_from(dir, 4));
        }
        if (vf_slice_starts(dir, VF_S("python")))
            return minor_from(vf_slice_from(dir, 6));
    }
    return 0;
}

/* virtualenv older than 20 wrote where its base is into a file beside its own site.py. */
static bool is_legacy(const struct vf_env *env)
{
    struct vf_buf path;
    bool found = false;
    vf_buf_init(&path);
    for (size_t i = 0; i < env->n_sites && !found && !env->py.has_cfg; i++) {
        vf_buf_clear(&path);
        vf_path_join_buf(&path, vf_path_dir(env->sites[i]), VF_S("orig-prefix.txt"));
        found = vf_env_find(env, vf_buf_slice(&path)) != VF_NONE;
    }
    vf_buf_release(&path);
    return found;
}

static bool is_python2(const struct vf_env *env)
{
    return env->n_sites && vf_slice_starts(vf_path_base(vf_path_dir(env->sites[0])), VF_S("python2"));
}

/* How well an entry of BIN says where the base is. */
enum link_rank { RANK_NONE, RANK_ALIAS, RANK_INSIDE, RANK_COPY, RANK_LEAVES, RANK_ABSOLUTE };

static bool is_program(const struct vf_file *f)
{
    return f->st.kind == VF_KIND_FILE && f->st.size > 2048; /* less is a script */
}

/* A relative link: out of the environment, to a program of its own in another directory, or another name. */
static enum link_rank rank_relative(struct vf_env *env, const struct vf_file *f)
{
    struct vf_buf to;
    enum link_rank rank = RANK_LEAVES;
    vf_buf_init(&to);
    if (vf_path_link_inside(&to, f->path, f->target)) {
        struct vf_slice rel = vf_buf_slice(&to);
        uint32_t file = vf_env_find(env, rel);
        bool other = !vf_slice_eq(vf_path_dir(rel), env->bin);
        rank = RANK_ALIAS;
        if (other && (file != VF_NONE || vf_env_has(env, rel)))
            rank = RANK_INSIDE;
    }
    vf_buf_release(&to);
    return rank;
}

static enum link_rank rank_of(struct vf_env *env, const struct vf_file *f)
{
    if (!(f->flags & VF_FILE_IN_BIN) || !vf_name_is_python(vf_path_base(f->path)))
        return RANK_NONE;
    if (f->st.kind != VF_KIND_LINK)
        return is_program(f) ? RANK_COPY : RANK_NONE;
    if (!vf_path_is_abs(f->target))
        return rank_relative(env, f);
    bool own = vf_path_under(env->typed, f->target, NULL) || vf_path_under(env->resolved, f->target, NULL);
    return own ? RANK_INSIDE : RANK_ABSOLUTE;
}

/* Where a relative link that leaves the environment leads from where it is judged for. */
static struct vf_slice absolute_target(struct vf_env *env, const struct vf_file *f)
{
    struct vf_slice root = env->params.at.n ? env->params.at : env->typed;
    struct vf_slice dir = vf_path_join(&env->arena, root, vf_path_dir(f->path));
    return vf_path_clean_dup(&env->arena, vf_path_join(&env->arena, dir, f->target));
}

/* The entry of BIN that leads to the base: the absolute link, a relative one that leaves the environment, a
 * copied program, or a link to a program that is inside. */
static void find_link(struct vf_env *env)
{
    enum link_rank best = RANK_ALIAS;
    for (size_t i = 0; i < env->n_files; i++) {
        const struct vf_file *f = &env->files[i];
        enum link_rank rank = rank_of(env, f);
        if (rank <= best)
            continue;
        best = rank;
        env->py.link = vf_path_base(f->path);
        env->py.copies = rank == RANK_COPY;
        env->py.link_target = (struct vf_slice){NULL, 0};
        if (rank == RANK_LEAVES)
            env->py.link_target = absolute_target(env, f);
        else if (rank != RANK_COPY && vf_path_is_abs(f->target))
            env->py.link_target = f->target;
    }
}

/* The program at the end: through the link, or, for copies, home and the name that exists there. */
static enum vf_status find_base(struct vf_env *env, struct vf_err *err)
{
    struct vf_host *o = env->params.host;
    struct vf_slice at = env->py.link_target;
    if (!at.p && env->py.home.n) {
        char name[32] = "python3";
        struct vf_buf versioned;
        vf_buf_init(&versioned);
        vf_buf_printf(&versioned, "python3.%u", env->py.minor);
        at = vf_path_join(&env->arena, env->py.home, vf_buf_slice(&versioned));
        if (at.p && vf_host_is_missing(o, at))
            at = vf_path_join(&env->arena, env->py.home, vf_slice_of(name));
        vf_buf_release(&versioned);
        if (!at.p)
            return vf_err_nomem(err);
    }
    env->py.base = at;
    struct vf_stat seen;
    env->py.base_why = 0;
    env->py.base_exists =
        at.n && vf_host_look(o, at, &seen, &env->py.base_why) == VF_KIND_FILE && (seen.mode & 0111) != 0;
    return VF_OK;
}

/* Looks for `name` along a colon list of directories; $ORIGIN is BIN. */
static bool search_library(struct vf_env *env, struct vf_slice list, struct vf_slice name)
{
    struct vf_slice bin = vf_path_join(&env->arena, env->typed, env->bin);
    while (list.n) {
        size_t colon = vf_slice_find_byte(list, ':', 0);
        struct vf_slice dir = vf_slice_sub(list, 0, colon == VF_NPOS ? list.n : colon);
        list = colon == VF_NPOS ? (struct vf_slice){NULL, 0} : vf_slice_from(list, colon + 1);
        if (vf_slice_starts(dir, VF_S("$ORIGIN")))
            dir = vf_arena_concat(&env->arena, bin, vf_slice_from(dir, 7), VF_S(""));
        struct vf_slice path = vf_path_clean_dup(&env->arena, vf_path_join(&env->arena, dir, name));
        if (!path.p || !vf_host_exists(env->params.host, path))
            continue;
        env->py.library = vf_path_under(env->typed, path, NULL) ? (struct vf_slice){NULL, 0} : path;
        env->py.library_found = true;
        return true;
    }
    return false;
}

/* A copied interpreter of a shared build still loads the base's libpython (docs/formats.md 1.4). */
static enum vf_status find_library(struct vf_env *env, struct vf_err *err)
{
    if (!env->py.copies)
        return VF_OK;
    struct vf_arena scratch;
    struct vf_slice bytes;
    struct vf_elf elf;
    struct vf_err why;
    vf_arena_init(&scratch);
    vf_err_init(&why);
    struct vf_slice path = vf_path_join(&env->arena, env->bin, env->py.link);
    enum vf_status st =
        path.p ? vf_tree_read(env->tree, path, VF_ELF_CAP, &scratch, &bytes, &why) : VF_NO_MEMORY;
    if (st == VF_OK && vf_elf_read(bytes, &scratch, &elf)) {
        for (size_t i = 0; i < elf.n_needed; i++) {
            if (!vf_slice_starts(elf.needed[i], VF_S("libpython")) ||
                search_library(env, elf.runpath, elf.needed[i]))
                continue;
            env->py.library = vf_arena_dup(&env->arena, elf.needed[i]);
        }
    }
    vf_err_release(&why);
    vf_arena_release(&scratch);
    return st == VF_NO_MEMORY ? vf_err_nomem(err) : VF_OK; /* unreadable: said of the file itself */
}

/* `venv --upgrade` to another minor leaves two trees: the one of the base interpreter counts. */
static void prefer_base_minor(struct vf_env *env)
{
    struct vf_buf b;
    vf_buf_init(&b);
    unsigned base = 0;
    if (env->py.base_exists && vf_host_resolve(env->params.host, env->py.base, &b) && !b.failed) {
        struct vf_slice name = vf_path_base(vf_buf_slice(&b));
        base = vf_slice_starts(name, VF_S("python")) ? minor_from(vf_slice_from(name, 6)) : 0;
    }
    vf_buf_release(&b);
    for (size_t i = 0; base && i < env->n_sites; i++) {
        struct vf_slice dir = vf_path_base(vf_path_dir(env->sites[i]));
        if (vf_slice_starts(dir, VF_S("python")) && minor_from(vf_slice_from(dir, 6)) == base)
            env->py.minor = base;
    }
}

/* `venv --upgrade` writes the version of the Python that ran it; bin/python may still be the one before. */
static enum vf_status trust_the_interpreter(struct vf_env *env, struct vf_err *err)
{
    unsigned reported = minor_from(env->py.version);
    if (!env->py.base_exists || !reported || !env->py.minor || reported == env->py.minor)
        return VF_OK;
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_printf(&b, "3.%u", env->py.minor);
    env->py.version = vf_arena_dup(&env->arena, vf_buf_slice(&b));
    bool failed = b.failed || !env->py.version.p;
    vf_buf_release(&b);
    return failed ? vf_err_nomem(err) : VF_OK;
}

/* It cannot be looked at here. */
static enum vf_status name_windows_base(struct vf_env *env, struct vf_err *err)
{
    if (env->py.home.n)
        env->py.base = vf_arena_concat(&env->arena, env->py.home, VF_S("\\python.exe"), VF_S(""));
    return env->py.home.n && !env->py.base.p ? vf_err_nomem(err) : VF_OK;
}

enum vf_status vf_env_interpreter(struct vf_env *env, struct vf_err *err)
{
    if (env->py.has_cfg) {
        struct vf_err why;
        vf_err_init(&why);
        enum vf_status st =
            vf_tree_read(env->tree, VF_S("pyvenv.cfg"), CFG_CAP, &env->arena, &env->cfg, &why);
        if (st == VF_NO_MEMORY) {
            vf_err_release(&why);
            return vf_err_nomem(err);
        }
        uint32_t file = vf_env_find(env, VF_S("pyvenv.cfg"));
        if (st != VF_OK && file == VF_NONE) {
            st = vf_err_copy(err, &why);
            vf_err_release(&why);
            return st;
        }
        if (st != VF_OK) { /* a finding of the file itself */
            vf_file_unexamined(&env->files[file], st, why.sys, NULL);
            env->cfg = (struct vf_slice){NULL, 0};
            env->py.has_cfg = false;
        }
        vf_err_release(&why);
    }
    env->kind = kind_from_cfg(env);
    if (env->kind == VF_ENV_UNKNOWN && vf_env_find(env, VF_S("bin/activate_this.py")) != VF_NONE)
        env->kind = VF_ENV_VIRTUALENV;
    env->py.legacy = is_legacy(env);
    env->py.python2 = is_python2(env);
    if (env->py.legacy)
        env->kind = VF_ENV_VIRTUALENV;
    read_booleans(env);
    struct vf_slice home;
    if (vf_cfg_get(env->cfg, VF_S("home"), &home))
        env->py.home = home;
    env->windows = env->windows || vf_path_is_windows_abs(env->py.home); /* MSYS2 has `bin` */
    env->py.version = version_of(env);
    env->py.minor = minor_from_sites(env);
    if (!env->py.minor)
        env->py.minor = minor_from(env->py.version);
    struct vf_slice impl;
    if (vf_cfg_get(env->cfg, VF_S("implementation"), &impl) && vf_slice_eq_nocase(impl, VF_S("PyPy")))
        env->py.pypy = true;
    if (env->windows)
        return name_windows_base(env, err);
    find_link(env);
    enum vf_status st = find_base(env, err);
    if (st == VF_OK) {
        prefer_base_minor(env);
        st = trust_the_interpreter(env, err);
    }
    return st == VF_OK && !env->metadata_only ? find_library(env, err) : st;
}

enum vf_status vf_env_reread_interpreter(struct vf_env *env, struct vf_arena *a, struct vf_err *err)
{
    struct vf_arena own = env->arena;
    env->arena = *a;
    env->py = (struct vf_interpreter){.has_cfg = vf_env_find(env, VF_S("pyvenv.cfg")) != VF_NONE};
    enum vf_status st = vf_env_interpreter(env, err);
    *a = env->arena;
    env->arena = own;
    return st;
}

struct vf_source vf_env_source(const struct vf_env *env, struct vf_slice path, struct vf_slice bytes)
{
    return (struct vf_source){.path = path,
                              .bytes = bytes,
                              .root = env->typed,
                              .py_minor = env->py.minor,
                              .copies = env->py.copies};
}
