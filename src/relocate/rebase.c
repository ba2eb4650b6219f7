/* rebase.c: the environment on another base interpreter of the same minor version: the link or the copied
 * program in BIN, pyvenv.cfg, orig-prefix.txt, and everything that names a path of the old base. */
#include <string.h>

#include "relocate/edit_builder.h"

#define PROGRAM_CAP ((uint64_t)256 << 20)

struct rebasing {
    struct vf_edit_builders *d;
    const struct vf_base_python *base;
    struct vf_slice old_bin; /* where the old interpreter was; empty: not known */
};

static enum vf_status splice(struct rebasing *r, uint32_t file, uint64_t off, uint64_t len,
                             struct vf_slice bytes, const char *rule, struct vf_err *err)
{
    bool added;
    struct vf_splice s = {.off = off, .len = len, .bytes = vf_arena_dup(r->d->plan->a, bytes)};
    if (bytes.n && !s.bytes.p)
        return vf_err_nomem(err);
    return vf_edit_builder_splice(r->d, file, s, rule, 1, &added, err);
}

/* ---- pyvenv.cfg ---- */

/* "3.11.2.final.0" keeps its form; a version of two parts names every patch release. */
static struct vf_slice new_version(struct rebasing *r, struct vf_slice was)
{
    size_t dots = 0, third = was.n;
    for (size_t i = 0; i < was.n; i++)
        if (was.p[i] == '.' && ++dots == 3)
            third = i;
    if (dots < 2 || !r->base->version.n)
        return was;
    return vf_arena_concat(r->d->plan->a, r->base->version, vf_slice_from(was, third), VF_S(""));
}

/* `command` begins with the interpreter that made the environment: only one of the old base is replaced. What
 * follows names the environment, and is written by its own finding. */
static enum vf_status rebase_command(struct rebasing *r, uint32_t file, struct vf_slice bytes,
                                     struct vf_err *err)
{
    struct vf_cfg_value v;
    if (!vf_cfg_find(bytes, VF_S("command"), &v))
        return VF_OK;
    size_t end = vf_slice_find(v.value, VF_S(" -m "), 0);
    struct vf_slice program = vf_slice_sub(v.value, 0, end == VF_NPOS ? 0 : end);
    if (!vf_path_is_abs(program) || vf_slice_eq(program, r->base->program) ||
        (!vf_slice_eq(vf_path_dir(program), r->old_bin) &&
         !vf_host_is_missing(r->d->plan->env->params.host, program)))
        return VF_OK;
    return splice(r, file, v.off, program.n, r->base->program, "VF112", err);
}

static struct vf_slice new_value(struct rebasing *r, const char *key, struct vf_slice was)
{
    if (!strcmp(key, "home"))
        return vf_path_dir(r->base->program);
    if (!strcmp(key, "executable"))
        return r->base->real;
    if (!strcmp(key, "base-executable"))
        return r->base->program;
    if (!strncmp(key, "version", 7))
        return new_version(r, was);
    return r->base->prefix;
}

static enum vf_status rebase_cfg(struct rebasing *r, struct vf_err *err)
{
    static const struct {
        const char *key, *rule;
    } keys[] = {{"home", "VF101"},        {"executable", "VF113"},       {"base-executable", "VF113"},
                {"base-prefix", "VF113"}, {"base-exec-prefix", "VF113"}, {"version", "VF113"},
                {"version_info", "VF113"}};
    uint32_t file = vf_env_find(r->d->plan->env, VF_S("pyvenv.cfg"));
    struct vf_slice bytes;
    if (file == VF_NONE)
        return VF_OK;
    enum vf_status st = vf_edit_builder_bytes(r->d, file, &bytes, err);
    size_t n = r->base->home_only ? 1 : VF_COUNT(keys);
    for (size_t i = 0; i < n && st == VF_OK; i++) {
        struct vf_cfg_value v;
        if (!vf_cfg_find(bytes, vf_slice_of(keys[i].key), &v)) {
            if (i)
                continue; /* only `home` is needed */
            struct vf_slice line =
                vf_arena_concat(r->d->plan->a, VF_S("home = "), new_value(r, "home", VF_S("")), VF_S("\n"));
            st = splice(r, file, 0, 0, line, keys[i].rule, err);
            continue;
        }
        struct vf_slice to = new_value(r, keys[i].key, v.value);
        if (!to.p && to.n)
            return vf_err_nomem(err);
        if (to.n && !vf_slice_eq(to, v.value)) {
            struct vf_slice text = v.len ? to : vf_arena_concat(r->d->plan->a, VF_S(" "), to, VF_S(""));
            st = splice(r, file, v.off, v.len, text, keys[i].rule, err);
        }
    }
    return st == VF_OK && n > 1 ? rebase_command(r, file, bytes, err) : st;
}

/* ---- the interpreter in BIN ---- */

static bool is_base_program(const struct vf_env *env, const struct vf_file *f)
{
    if (!(f->flags & VF_FILE_IN_BIN) || !vf_name_is_python(vf_path_base(f->path)))
        return false;
    if (f->st.kind == VF_KIND_LINK)
        return vf_path_is_abs(f->target) && !vf_path_under(env->typed, f->target, NULL);
    return f->st.kind == VF_KIND_FILE && env->py.copies && f->st.size > 2048;
}

/* The whole file is replaced; what it had of attributes stays. */
static enum vf_status copy_over(struct rebasing *r, uint32_t file, struct vf_slice from, const char *rule,
                                struct vf_err *err)
{
    struct vf_slice bytes;
    const struct vf_env *env = r->d->plan->env;
    enum vf_status st = vf_host_read(env->params.host, from, PROGRAM_CAP, r->d->plan->a, &bytes, err);
    return st == VF_OK ? splice(r, file, 0, env->files[file].st.size, bytes, rule, err) : st;
}

static enum vf_status rebase_program(struct rebasing *r, uint32_t file, struct vf_err *err)
{
    const struct vf_file *f = &r->d->plan->env->files[file];
    if (f->st.kind == VF_KIND_LINK)
        return vf_edit_builder_link(r->d, file, r->base->program, "VF102", err);
    return copy_over(r, file, r->base->real, "VF102", err);
}

/* A libpython that was copied along with the program. */
static enum vf_status rebase_library(struct rebasing *r, uint32_t file, struct vf_err *err)
{
    const struct vf_file *f = &r->d->plan->env->files[file];
    struct vf_slice lib = vf_path_join(&r->d->scratch, r->base->prefix, VF_S("lib"));
    struct vf_slice from = vf_path_join(&r->d->scratch, lib, vf_path_base(f->path));
    if (!from.p)
        return vf_err_nomem(err);
    enum vf_kind kind;
    enum vf_status st = vf_host_stat(r->d->plan->env->params.host, from, &kind, err);
    return st == VF_OK && kind != VF_KIND_NONE ? copy_over(r, file, from, "VF102", err) : st;
}

static bool is_copied_library(const struct vf_env *env, const struct vf_file *f)
{
    struct vf_slice dir = vf_path_dir(f->path);
    return env->py.copies && f->st.kind == VF_KIND_FILE && f->dist == VF_NONE &&
           (vf_slice_eq(dir, VF_S("lib")) || vf_slice_eq(dir, VF_S("lib64")) || vf_slice_eq(dir, env->bin)) &&
           vf_slice_starts(vf_path_base(f->path), VF_S("libpython"));
}

/* ---- what else names the old base ---- */

/* Directories that hold more than a Python. */
static bool is_shared_prefix(struct vf_slice prefix)
{
    return prefix.n <= 1 || vf_slice_eq(prefix, VF_S("/usr")) || vf_slice_eq(prefix, VF_S("/usr/local"));
}

/* The path of the new base for one of an old base; empty: it is none, or there is nothing there. */
static struct vf_slice mapped(struct rebasing *r, const struct vf_ref *ref)
{
    const struct vf_env *env = r->d->plan->env;
    struct vf_slice rest, none = {NULL, 0}, path = ref->value;
    bool program = ref->role == VF_ROLE_INTERPRETER || ref->role == VF_ROLE_KERNEL_COMMAND;
    if (!vf_path_is_abs(path) || vf_path_under(env->typed, path, NULL) ||
        vf_path_under(env->resolved, path, NULL))
        return none;
    if (program && vf_slice_eq(vf_path_dir(path), r->old_bin) && vf_name_is_python(vf_path_base(path))) {
        struct vf_slice same = vf_path_join(r->d->plan->a, vf_path_dir(r->base->program), vf_path_base(path));
        return same.p && vf_host_executable(env->params.host, same) ? same : r->base->program;
    }
    for (size_t i = 0; i < env->n_base_prefixes; i++) {
        if (is_shared_prefix(env->base_prefixes[i]) || vf_slice_eq(env->base_prefixes[i], r->base->prefix) ||
            !vf_path_under(env->base_prefixes[i], path, &rest))
            continue;
        struct vf_slice to = rest.n ? vf_path_join(r->d->plan->a, r->base->prefix, rest) : r->base->prefix;
        return to.p && vf_host_exists(env->params.host, to) ? to : none;
    }
    return none;
}

static enum vf_status rebase_refs(struct rebasing *r, uint32_t file, struct vf_err *err)
{
    const struct vf_file *f = &r->d->plan->env->files[file];
    enum vf_status st = VF_OK;
    for (uint32_t i = 0; i < f->facts.n_refs && st == VF_OK; i++) {
        const struct vf_ref *ref = &f->facts.refs[i];
        if (ref->syntax == VF_SYN_CFG || ref->flags & VF_REF_SELF || vf_judge_owned_true(f))
            continue;
        struct vf_slice to = mapped(r, ref);
        if (to.n)
            st = vf_edit_builder_write(r->d, file, ref, to, "VF205", err);
    }
    return st;
}

static enum vf_status rebase_orig_prefix(struct rebasing *r, uint32_t file, struct vf_err *err)
{
    struct vf_slice bytes;
    enum vf_status st = vf_edit_builder_bytes(r->d, file, &bytes, err);
    struct vf_slice was = vf_slice_trim(bytes);
    if (st != VF_OK || vf_slice_eq(was, r->base->prefix))
        return st;
    return splice(r, file, was.n ? (uint64_t)(was.p - bytes.p) : 0, was.n, r->base->prefix, "VF113", err);
}

enum vf_status vf_edit_builders_rebase(struct vf_edit_builders *d, struct vf_err *err)
{
    const struct vf_env *env = d->plan->env;
    struct rebasing r = {.d = d, .base = env->params.base};
    if (!r.base)
        return VF_OK;
    r.old_bin = env->py.link_target.n ? vf_path_dir(env->py.link_target) : env->py.home;
    if (!env->py.link_target.n && vf_name_is_python(vf_path_base(r.old_bin)))
        r.old_bin = vf_path_dir(r.old_bin);
    enum vf_status st = rebase_cfg(&r, err);
    for (uint32_t i = 0; i < env->n_files && st == VF_OK && !r.base->home_only; i++) {
        const struct vf_file *f = &env->files[i];
        if (f->flags & VF_FILE_JOURNAL)
            continue;
        if (is_base_program(env, f))
            st = rebase_program(&r, i, err);
        else if (is_copied_library(env, f))
            st = rebase_library(&r, i, err);
        else if (vf_slice_eq(vf_path_base(f->path), VF_S("orig-prefix.txt")) && f->st.kind == VF_KIND_FILE)
            st = rebase_orig_prefix(&r, i, err);
        else
            st = rebase_refs(&r, i, err);
    }
    return st;
}
