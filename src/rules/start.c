/* start.c: VF1xx: does the interpreter start? One cause is one finding: the first thing that stops it. */
#include "rules/judge.h"

/* A finding about the entry of BIN that leads to the base. */
static struct vf_finding *about_link(struct vf_judge *j, enum vf_rule rule)
{
    const struct vf_env *env = j->env;
    struct vf_slice path = vf_path_join(j->a, env->bin, j->runtime.name);
    uint32_t i = path.p ? vf_env_find(env, path) : VF_NONE;
    struct vf_finding *fi = NULL;
    if (!path.p)
        j->out->failed = true;
    else
        fi = i == VF_NONE ? vf_findings_add(j->out, rule, path) : vf_judge_about(j, rule, &env->files[i]);
    if (fi) {
        fi->value = env->py.link_target.p ? env->py.link_target : env->py.base;
        fi->target = j->runtime.program;
    }
    return fi;
}

/* "what: bin/python -> /a/python3 -> /b/python3.12" */
static void put_chain(const struct vf_judge *j, enum vf_rule rule, struct vf_buf *b)
{
    const struct vf_runtime *rt = &j->runtime;
    vf_buf_puts(b, vf_rule_info(rule)->what);
    vf_buf_puts(b, ": ");
    vf_path_join_buf(b, j->env->bin, rt->name);
    for (size_t i = 1; i < rt->n_links; i++) {
        vf_buf_puts(b, " -> ");
        vf_buf_put(b, rt->links[i]);
    }
    if (rt->n_links) {
        vf_buf_puts(b, " -> ");
        vf_buf_put(b, rt->program);
    }
}

static void report(struct vf_judge *j, enum vf_rule rule, const char *behind, struct vf_slice name)
{
    struct vf_finding *fi = about_link(j, rule);
    struct vf_buf b;
    vf_buf_init(&b);
    put_chain(j, rule, &b);
    vf_buf_puts(&b, behind);
    vf_buf_put(&b, name);
    vf_judge_say(j, fi, &b);
}

/* Links into a prefix of the environment's own are judged as links, also where they end nowhere. */
static bool leads_inside(struct vf_judge *j)
{
    struct vf_location loc = {.prefix = VF_NONE};
    struct vf_err err;
    vf_err_init(&err);
    if (vf_env_locate(j->env, j->runtime.program, j->a, &loc, &err) != VF_OK)
        j->out->failed = true;
    vf_err_release(&err);
    return loc.prefix != VF_NONE;
}

/* Directories that hold one patch release and go with the next upgrade. A pyenv or uv directory of a whole
 * minor is none. */
static bool is_fragile(struct vf_slice base)
{
    static const char *const marks[] = {"/Cellar/",    "/hostedtoolcache/", "/nix/store/",
                                        "/gnu/store/", "/.pyenv/versions/", "/pyenv/versions/"};
    for (size_t i = 0; i < VF_COUNT(marks); i++)
        if (vf_slice_find(base, vf_slice_of(marks[i]), 0) != VF_NPOS)
            return true;
    size_t at = vf_slice_find(base, VF_S("/uv/python/cpython-3."), 0);
    if (at == VF_NPOS)
        return false;
    struct vf_slice version = vf_slice_from(base, at + sizeof "/uv/python/cpython-" - 1);
    size_t end = vf_slice_find_byte(version, '-', 0);
    struct vf_slice v = vf_slice_sub(version, 0, end == VF_NPOS ? version.n : end);
    size_t dot = vf_slice_find_byte(v, '.', 0);
    return dot != VF_NPOS && vf_slice_find_byte(v, '.', dot + 1) != VF_NPOS;
}

/* pyenv, asdf and mise keep their scripts in directories of this name. A wrapper that somebody wrote may well
 * start the right Python with the right name. */
static void report_script(struct vf_judge *j)
{
    struct vf_finding *fi = about_link(j, VF_RULE_INTERPRETER_SHIM);
    if (fi && vf_slice_eq(vf_path_base(vf_path_dir(j->runtime.program)), VF_S("shims")))
        fi->level = VF_L_ERROR;
}

static void report_format(struct vf_judge *j)
{
    struct vf_buf b;
    struct vf_finding *fi = about_link(j, VF_RULE_INTERPRETER_FOREIGN);
    vf_buf_init(&b);
    put_chain(j, VF_RULE_INTERPRETER_FOREIGN, &b);
    if (j->runtime.fault == VF_START_MACHINE) {
        vf_buf_puts(&b, " is for ");
        vf_elf_machine_put(&b, &j->runtime.library->elf->machine);
        vf_buf_puts(&b, ", this host is ");
        vf_elf_machine_put(&b, &j->runtime.host_machine);
    } else {
        vf_buf_puts(&b, " is not an ELF file, or is damaged");
    }
    vf_judge_say(j, fi, &b);
}

/* What the kernel cannot start, where home names one that it can. */
static void report_loop(struct vf_judge *j)
{
    struct vf_finding *fi = about_link(j, VF_RULE_INTERPRETER_LOOP);
    const struct vf_env *env = j->env;
    struct vf_buf b;
    if (!fi)
        return;
    fi->fix = VF_FIX_MANUAL;
    fi->value = (struct vf_slice){NULL, 0};
    if (fi->file != VF_NONE && env->files[fi->file].facts.n_refs)
        fi->value = env->files[fi->file].target;
    fi->target = (struct vf_slice){NULL, 0};
    if (fi->file == VF_NONE || !env->files[fi->file].facts.n_refs || !vf_path_is_abs(j->runtime.home))
        return;
    vf_buf_init(&b);
    vf_path_join_buf(&b, j->runtime.home, VF_S("python3"));
    if (env->py.minor)
        vf_buf_printf(&b, ".%u", env->py.minor);
    if (!b.failed && vf_host_executable(env->params.host, vf_buf_slice(&b))) {
        fi->expected = vf_arena_dup(j->a, vf_buf_slice(&b));
        fi->ref = 0;
        fi->fix = VF_FIX_REWRITE;
    }
    j->out->failed = j->out->failed || b.failed;
    vf_buf_release(&b);
}

void vf_judge_put_problem(struct vf_buf *b, const struct vf_load_problem *p)
{
    vf_buf_put(b, p->name);
    switch (p->kind) {
    case VF_LOAD_NO_LIBRARY:
        vf_buf_puts(b, " is not found");
        break;
    case VF_LOAD_MACHINE:
        vf_buf_puts(b, " is there only for ");
        vf_elf_machine_put(b, &p->found->elf->machine);
        vf_buf_puts(b, " (");
        vf_buf_put(b, p->found->path);
        vf_buf_putc(b, ')');
        break;
    case VF_LOAD_VERSION:
        vf_buf_puts(b, " has no version ");
        vf_buf_put(b, p->version);
        vf_buf_puts(b, " (");
        vf_buf_put(b, p->found->path);
        vf_buf_putc(b, ')');
        break;
    }
}

static void report_library(struct vf_judge *j)
{
    const struct vf_load_problem *p = j->runtime.problem;
    struct vf_finding *fi = about_link(j, VF_RULE_INTERPRETER_LIBRARY);
    struct vf_buf b;
    if (!p) /* there was no memory for it, which its arena says */
        return;
    vf_buf_init(&b);
    vf_buf_puts(&b, vf_rule_info(VF_RULE_INTERPRETER_LIBRARY)->what);
    vf_buf_puts(&b, ": ");
    vf_judge_put_problem(&b, p);
    vf_buf_puts(&b, "; ");
    vf_buf_put(&b, p->by->path);
    vf_buf_puts(&b, " needs it");
    if (fi) {
        fi->value = p->kind == VF_LOAD_VERSION ? p->version : p->name;
        fi->target = p->found ? p->found->path : (struct vf_slice){NULL, 0};
    }
    vf_judge_say(j, fi, &b);
}

/* It starts, as far as can be seen: what it rests on. */
static void report_base(struct vf_judge *j)
{
    const struct vf_interpreter *py = &j->env->py;
    if (!j->runtime.inside) {
        about_link(j, VF_RULE_BASE_NEEDED);
    } else if (py->copies && py->base_exists) {
        struct vf_finding *fi = about_link(j, VF_RULE_BASE_NEEDED);
        if (fi)
            fi->value = py->base, fi->target = (struct vf_slice){NULL, 0};
    }
    if (!j->runtime.inside && is_fragile(py->base)) {
        struct vf_finding *fi = about_link(j, VF_RULE_BASE_FRAGILE);
        if (fi)
            fi->target = (struct vf_slice){NULL, 0};
    }
}

/* The library that a copied interpreter loads from outside. Not on its own path: the loader may take another
 * one from the system. */
static void judge_library(struct vf_judge *j)
{
    const struct vf_interpreter *py = &j->env->py;
    struct vf_finding *fi = py->library.p ? about_link(j, VF_RULE_COPY_NEEDS_LIBRARY) : NULL;
    if (!fi)
        return;
    fi->value = py->library;
    fi->target = (struct vf_slice){NULL, 0};
    if (py->library_found) { /* it comes with the base interpreter, which is needed anyway */
        fi->target = py->library;
        fi->level = VF_L_INFO;
    } else {
        fi->message = VF_S(
            "the copied interpreter needs a library that is not where it looks: another one may be loaded");
    }
}

/* --- is it the Python that the packages are for --- */

static void put_python(struct vf_buf *b, bool pypy, unsigned minor, bool threaded)
{
    vf_buf_printf(b, "%s 3.%u%s", pypy ? "PyPy" : "Python", minor, threaded ? "t" : "");
}

/* lib/python3.13t: of a free-threaded Python. */
static bool sites_threaded(const struct vf_env *env)
{
    for (size_t i = 0; i < env->n_sites; i++)
        if (vf_slice_ends(vf_path_dir(env->sites[i]), VF_S("t")))
            return true;
    return false;
}

static bool has_versioned_site(const struct vf_env *env)
{
    for (size_t i = 0; i < env->n_sites; i++) {
        struct vf_slice dir = vf_path_base(vf_path_dir(env->sites[i]));
        if (vf_slice_starts(dir, VF_S("python3.")) || vf_slice_starts(dir, VF_S("pypy3.")))
            return true;
    }
    return false;
}

static void judge_version(struct vf_judge *j)
{
    const struct vf_interpreter *py = &j->env->py;
    const struct vf_runtime *rt = &j->runtime;
    bool threaded = sites_threaded(j->env);
    if (!rt->minor || !py->minor || !has_versioned_site(j->env) ||
        (rt->minor == py->minor && rt->pypy == py->pypy && rt->threaded == threaded))
        return;
    struct vf_finding *fi = about_link(j, VF_RULE_MINOR_MISMATCH);
    struct vf_buf b;
    vf_buf_init(&b);
    put_python(&b, rt->pypy, rt->minor, rt->threaded);
    vf_buf_puts(&b, rt->fault == VF_START_ASSUMED ? " is the target" : " is started");
    vf_buf_puts(&b, ", the packages are installed for ");
    put_python(&b, py->pypy, py->minor, threaded);
    vf_judge_say(j, fi, &b);
    if (fi && rt->fault == VF_START_ASSUMED)
        fi->target = (struct vf_slice){NULL, 0};
}

/* --- its standard library --- */

static void report_home(struct vf_judge *j)
{
    uint32_t cfg = vf_env_find(j->env, VF_S("pyvenv.cfg"));
    const struct vf_file *f = cfg == VF_NONE ? NULL : &j->env->files[cfg];
    for (uint32_t i = 0; f && i < f->facts.n_refs; i++) {
        if (f->facts.refs[i].role != VF_ROLE_HOME)
            continue;
        struct vf_finding *fi = vf_judge_ref(j, VF_RULE_HOME_NO_STDLIB, f, &f->facts.refs[i]);
        if (fi)
            fi->expected = j->runtime.stdlib_home;
        return;
    }
}

static void judge_stdlib(struct vf_judge *j)
{
    const struct vf_runtime *rt = &j->runtime;
    if (!rt->stdlib_known || rt->stdlib.n)
        return;
    if (rt->stdlib_home.n) {
        report_home(j);
        return;
    }
    struct vf_finding *fi = about_link(j, VF_RULE_STDLIB_MISSING);
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_printf(&b, "%s: no lib/python3.%u/os.py in ", vf_rule_info(VF_RULE_STDLIB_MISSING)->what,
                  rt->minor ? rt->minor : j->env->py.minor);
    vf_buf_put(&b, rt->stdlib_by_home ? rt->home : vf_path_dir(rt->program));
    vf_buf_puts(&b, " or above");
    vf_judge_say(j, fi, &b);
}

static void judge_fault(struct vf_judge *j)
{
    const struct vf_runtime *rt = &j->runtime;
    switch (rt->fault) {
    case VF_START_OK:
    case VF_START_ASSUMED:
        report_base(j);
        break;
    case VF_START_NONE:
    case VF_START_UNSEEN: /* vf_judge_unseen says so */
        break;
    case VF_START_MISSING:
        report(j, VF_RULE_INTERPRETER_DANGLING, ", which does not exist", VF_S(""));
        break;
    case VF_START_DENIED:
        report(j, VF_RULE_BASE_DENIED,
               j->env->params.user ? "; the user may not search " : "; not searchable: ", rt->blocked);
        break;
    case VF_START_LOOP:
        report_loop(j);
        break;
    case VF_START_NO_FILE:
        report(j, VF_RULE_INTERPRETER_NOT_EXECUTABLE, ", which is not a file", VF_S(""));
        break;
    case VF_START_NOT_EXECUTABLE:
        report(j, VF_RULE_INTERPRETER_NOT_EXECUTABLE,
               j->env->params.user ? ", which the user may not execute" : ", which is not executable",
               VF_S(""));
        break;
    case VF_START_SCRIPT:
        report_script(j);
        break;
    case VF_START_FORMAT:
    case VF_START_MACHINE:
        report_format(j);
        break;
    case VF_START_LOADER:
        report(j, VF_RULE_INTERPRETER_LOADER, " names ", rt->library->elf->interp);
        break;
    case VF_START_LIBRARY:
        report_library(j);
        break;
    }
}

void vf_judge_start(struct vf_judge *j)
{
    const struct vf_runtime *rt = &j->runtime;
    bool inside = rt->fault == VF_START_MISSING && leads_inside(j);
    if (!inside)
        judge_fault(j);
    if (rt->fault != VF_START_LIBRARY && rt->fault != VF_START_ASSUMED)
        judge_library(j);
    if (rt->fault == VF_START_OK || rt->fault == VF_START_ASSUMED)
        judge_version(j);
    if (rt->fault == VF_START_OK)
        judge_stdlib(j);
}
