/* start.c: the proof by starting: the interpreter at its new place must call that place its prefix. No code
 * of the environment runs: -I leaves out the user's settings, -S site-packages with every .pth file;
 * before 3.14 the prefix is then still the base's, so site's own function that reads pyvenv.cfg is called,
 * with the one that adds directories taken out (docs/architecture.md). */
#include "relocate/prove.h"

#include <errno.h>

#include "relocate/start_modules.h"
#include "syntax/header.h"

static const char program_head[] = "#!python -ISB\n" /* the stub's; a comment otherwise */
                                   "import sys\n"
                                   "import site\n"
                                   "if sys.prefix == sys.base_prefix:\n"
                                   "    site.addsitepackages = lambda known, prefixes=None: known\n"
                                   "    site.addusersitepackages = lambda known: known\n"
                                   "    site.venv(set())\n"
                                   "import os\n"
                                   "from importlib.machinery import PathFinder\n"
                                   "modules = [\n";
/* Each is (directory of site-packages, directory of the module, name). Finding a module runs none of its
 * code. */
static const char program_tail[] =
    "]\n"
    "out = [os.fsencode(sys.prefix)]\n"
    "searched = [d for d in site.getsitepackages([sys.prefix]) if os.path.isdir(d)]\n"
    "for directory, parent, name in modules:\n"
    "    directory = os.path.join(sys.prefix, directory)\n"
    "    found = os.path.isdir(directory) and any(os.path.samefile(directory, d) for d in searched)\n"
    "    spec = found and PathFinder.find_spec(name, [os.path.join(sys.prefix, parent)])\n"
    "    if not spec or not spec.origin or not os.path.isfile(spec.origin):\n"
    "        out.append(os.fsencode(os.path.join(parent, name)))\n"
    "sys.stdout.buffer.write(b'\\0'.join(out))\n";

static struct vf_slice interpreter_path(const struct vf_env *env, struct vf_slice root, struct vf_arena *a)
{
    struct vf_slice bin = vf_path_join(a, root, env->bin);
    return vf_path_join(a, bin, env->py.link.n ? env->py.link : VF_S("python"));
}

static bool cannot_start_here(const struct vf_spawn_result *r)
{
    return r->exec_errno == ENOEXEC || r->exec_errno == EACCES || r->exec_errno == EPERM;
}

static bool same_place(const struct vf_env *env, struct vf_slice reported, struct vf_slice root)
{
    return vf_slice_eq(reported, root) || vf_host_same(env->params.host, reported, root);
}

/* The probe is written for Python 3 and its own site module. */
static bool understands_the_probe(const struct vf_env *env)
{
    return !env->py.python2 && !env->py.legacy;
}

/* The program with the modules that it has to find. */
static void put_program(const struct vf_env *env, struct vf_buf *out, size_t *n)
{
    vf_buf_puts(out, program_head);
    *n = vf_put_start_modules(env, out);
    vf_buf_puts(out, program_tail);
}

/* What the program wrote: the prefix, then what it did not find, with a NUL in front of each. */
static struct vf_slice prefix_of(const struct vf_spawn_result *r)
{
    return vf_slice_sub(r->out, 0, vf_slice_find_byte(r->out, '\0', 0));
}

static void take_modules(const struct vf_spawn_result *r, size_t n, struct vf_proofs *out)
{
    size_t nul = vf_slice_find_byte(r->out, '\0', 0);
    out->packages = !n ? VF_PROOF_NOT_TRIED : nul == VF_NPOS ? VF_PROVED : VF_PROVED_NOT;
    if (nul == VF_NPOS)
        return;
    struct vf_slice rest = vf_slice_from(r->out, nul + 1);
    out->not_found = vf_slice_sub(rest, 0, vf_slice_find_byte(rest, '\0', 0));
}

static enum vf_status run_program(const struct vf_env *env, struct vf_slice path,
                                  const struct vf_hooks *hooks, struct vf_arena *a, struct vf_spawn_result *r,
                                  size_t *n, struct vf_err *err)
{
    struct vf_buf program;
    vf_buf_init(&program);
    put_program(env, &program, n);
    const char *exe = vf_arena_cstr(a, path), *text = vf_buf_cstr(&program);
    const char *const argv[] = {exe, "-I", "-S", "-B", "-c", text, NULL};
    struct vf_spawn s = {.argv = argv};
    enum vf_status st = exe && text ? vf_spawn_run(&s, hooks, a, r, err) : vf_err_nomem(err);
    vf_buf_release(&program);
    return st;
}

enum vf_status vf_prove_interpreter(const struct vf_env *env, struct vf_slice root,
                                    const struct vf_hooks *hooks, struct vf_arena *a, struct vf_proofs *out,
                                    struct vf_err *err)
{
    struct vf_slice path = interpreter_path(env, root, a);
    struct vf_spawn_result r = {0};
    size_t n = 0;
    out->interpreter = out->packages = VF_PROOF_NOT_TRIED;
    if (!path.p)
        return vf_err_nomem(err);
    if (!understands_the_probe(env))
        return VF_OK;
    enum vf_status st = run_program(env, path, hooks, a, &r, &n, err);
    if (st != VF_OK || cannot_start_here(&r))
        return st;
    out->interpreter = VF_PROVED_NOT;
    if (r.exec_errno)
        return vf_err_set(err, VF_PROOF_FAILED, r.exec_errno, "start", path,
                          "the interpreter does not start there");
    if (r.exit_code != 0)
        return vf_err_set(err, VF_PROOF_FAILED, 0, "start", path, "the interpreter fails there: %.*s",
                          (int)(r.err.n < 300 ? r.err.n : 300), r.err.p ? r.err.p : "");
    struct vf_slice prefix = prefix_of(&r);
    if (!same_place(env, prefix, root))
        return vf_err_set(err, VF_PROOF_FAILED, 0, "start", path, "the interpreter says its prefix is %.*s",
                          (int)(prefix.n < 300 ? prefix.n : 300), prefix.p ? prefix.p : "");
    out->interpreter = VF_PROVED;
    take_modules(&r, n, out);
    return VF_OK;
}

/* The stub stands in the journal directory, so a form that finds the interpreter beside itself is led to BIN.
 */
static void put_header(struct vf_buf *out, struct vf_slice header, struct vf_slice bin)
{
    static const char self[] = "$(dirname -- \"$(realpath -- \"$0\")\")";
    size_t at = vf_slice_find(header, VF_S("$(dirname -- \"$(realpath -- \"$0\")\")"), 0);
    if (at == VF_NPOS) {
        vf_buf_put(out, header);
        return;
    }
    size_t end = at + sizeof self - 1;
    vf_buf_put(out, vf_slice_sub(header, 0, end));
    vf_buf_puts(out, "/../");
    vf_buf_put(out, bin);
    vf_buf_put(out, vf_slice_from(header, end));
}

enum vf_status vf_prove_stub(const struct vf_env *env, struct vf_slice root, struct vf_buf *out,
                             struct vf_err *err)
{
    struct vf_arena a;
    vf_arena_init(&a);
    struct vf_slice name = env->py.link.n ? env->py.link : VF_S("python");
    struct vf_buf program;
    size_t n;
    vf_buf_init(&program);
    put_program(env, &program, &n);
    struct vf_source src = {.path = VF_S("probe"), .bytes = vf_buf_slice(&program)};
    struct vf_read_out read = {.a = &a};
    struct vf_write_ctx target = {
        .root = root, .bin = &name, .n_bin = 1, .line_limit = 127, .py_major = 3, .py_minor = env->py.minor};
    struct vf_buf header;
    vf_buf_init(&header);
    struct vf_slice path = interpreter_path(env, root, &a);
    enum vf_status st = path.p ? vf_syntax_read(VF_SYN_HEADER, &src, &read, err) : vf_err_nomem(err);
    if (st == VF_OK && !read.refs.n)
        st = vf_err_set(err, VF_INTERNAL, 0, "prove", src.path, "no header in the probe");
    const struct vf_ref *r = read.refs.base;
    if (st == VF_OK && r)
        st = vf_syntax_write(r, &src, path, &target, &header, err);
    if (st == VF_OK && r) {
        vf_buf_put(out, vf_slice_sub(src.bytes, 0, r->off));
        put_header(out, vf_buf_slice(&header), env->bin);
        vf_buf_put(out, vf_slice_from(src.bytes, r->off + r->len));
        if (out->failed || header.failed || program.failed)
            st = vf_err_nomem(err);
    }
    vf_buf_release(&program);
    vf_buf_release(&header);
    vf_arena_release(&a);
    return st;
}

static enum vf_status start_stub(const struct vf_env *env, struct vf_slice root, struct vf_slice stub,
                                 const struct vf_hooks *hooks, struct vf_arena *a, struct vf_proofs *out,
                                 struct vf_err *err)
{
    const char *exe = vf_arena_cstr(a, stub);
    if (!exe)
        return vf_err_nomem(err);
    const char *const argv[] = {exe, NULL};
    struct vf_spawn s = {.argv = argv};
    struct vf_spawn_result r = {0};
    out->interpreter = out->packages = VF_PROOF_NOT_TRIED;
    enum vf_status st = vf_spawn_run(&s, hooks, a, &r, err);
    if (st != VF_OK || r.exec_errno == EACCES || r.exec_errno == EPERM)
        return st;
    out->interpreter = VF_PROVED_NOT;
    if (r.exec_errno || r.exit_code != 0 || !same_place(env, prefix_of(&r), root))
        return vf_err_set(err, VF_PROOF_FAILED, r.exec_errno, "start", stub,
                          "a script with the #! line for this path does not start: %.*s",
                          (int)(r.err.n < 300 ? r.err.n : 300), r.err.p ? r.err.p : "");
    struct vf_buf modules;
    vf_buf_init(&modules);
    out->interpreter = VF_PROVED;
    take_modules(&r, vf_put_start_modules(env, &modules), out);
    st = modules.failed ? vf_err_nomem(err) : VF_OK;
    vf_buf_release(&modules);
    return st;
}

enum vf_status vf_prove_started(const struct vf_env *env, struct vf_slice root, struct vf_slice stub,
                                const struct vf_hooks *hooks, struct vf_arena *a, struct vf_proofs *out,
                                struct vf_err *err)
{
    struct vf_err why;
    vf_err_init(&why);
    out->interpreter = out->packages = VF_PROOF_NOT_TRIED;
    enum vf_status st = understands_the_probe(env) ? start_stub(env, root, stub, hooks, a, out, &why) : VF_OK;
    if (st != VF_OK || out->interpreter != VF_PROVED) {
        enum vf_status alone = VF_OK;
        if (st == VF_OK || st == VF_PROOF_FAILED)
            alone = vf_prove_interpreter(env, root, hooks, a, out, err);
        if (alone != VF_OK)
            st = alone;
        else if (st != VF_OK)
            vf_err_set(err, why.code, why.sys, why.op, stub, "%s", why.detail);
    }
    vf_err_release(&why);
    return st;
}
