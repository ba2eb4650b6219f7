/* start.c: the proof by starting: the interpreter at its new place must call that place its prefix. No code
 * of the environment runs: -I leaves out the user's settings, -S site-packages with every .pth file;
 * before 3.14 the prefix is then still the base's, so site's own function that reads pyvenv.cfg is called,
 * with the one that adds directories taken out (docs/architecture.md). */
#include "relocate/prove.h"

#include <errno.h>

#include "syntax/header.h"

static const char program[] = "#!python -ISB\n" /* the stub's header, to be replaced; a comment otherwise */
                              "import sys\n"
                              "if sys.prefix == sys.base_prefix:\n"
                              "    import site\n"
                              "    site.addsitepackages = lambda known, prefixes=None: known\n"
                              "    site.addusersitepackages = lambda known: known\n"
                              "    site.venv(set())\n"
                              "import os\n"
                              "sys.stdout.buffer.write(os.fsencode(sys.prefix))\n";

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

enum vf_status vf_prove_interpreter(const struct vf_env *env, struct vf_slice root,
                                    const struct vf_hooks *hooks, struct vf_arena *a, enum vf_proof *out,
                                    struct vf_err *err)
{
    struct vf_slice path = interpreter_path(env, root, a);
    const char *exe = path.p ? vf_arena_cstr(a, path) : NULL;
    if (!exe)
        return vf_err_nomem(err);
    const char *const argv[] = {exe, "-I", "-S", "-B", "-c", program, NULL};
    struct vf_spawn s = {.argv = argv};
    struct vf_spawn_result r;
    *out = VF_PROOF_NOT_TRIED;
    if (!understands_the_probe(env))
        return VF_OK;
    enum vf_status st = vf_spawn_run(&s, hooks, a, &r, err);
    if (st != VF_OK || cannot_start_here(&r))
        return st;
    *out = VF_PROVED_NOT;
    if (r.exec_errno)
        return vf_err_set(err, VF_PROOF_FAILED, r.exec_errno, "start", path,
                          "the interpreter does not start there");
    if (r.exit_code != 0)
        return vf_err_set(err, VF_PROOF_FAILED, 0, "start", path, "the interpreter fails there: %.*s",
                          (int)(r.err.n < 300 ? r.err.n : 300), r.err.p ? r.err.p : "");
    if (!same_place(env, r.out, root))
        return vf_err_set(err, VF_PROOF_FAILED, 0, "start", path, "the interpreter says its prefix is %.*s",
                          (int)(r.out.n < 300 ? r.out.n : 300), r.out.p ? r.out.p : "");
    *out = VF_PROVED;
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
    struct vf_source src = {.path = VF_S("probe"), .bytes = vf_slice_of(program)};
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
        if (out->failed || header.failed)
            st = vf_err_nomem(err);
    }
    vf_buf_release(&header);
    vf_arena_release(&a);
    return st;
}

static enum vf_status start_stub(const struct vf_env *env, struct vf_slice root, struct vf_slice stub,
                                 const struct vf_hooks *hooks, struct vf_arena *a, enum vf_proof *out,
                                 struct vf_err *err)
{
    const char *exe = vf_arena_cstr(a, stub);
    if (!exe)
        return vf_err_nomem(err);
    const char *const argv[] = {exe, NULL};
    struct vf_spawn s = {.argv = argv};
    struct vf_spawn_result r;
    *out = VF_PROOF_NOT_TRIED;
    enum vf_status st = vf_spawn_run(&s, hooks, a, &r, err);
    if (st != VF_OK || r.exec_errno == EACCES || r.exec_errno == EPERM)
        return st;
    *out = VF_PROVED_NOT;
    if (r.exec_errno || r.exit_code != 0 || !same_place(env, r.out, root))
        return vf_err_set(err, VF_PROOF_FAILED, r.exec_errno, "start", stub,
                          "a script with the header for this place does not start: %.*s",
                          (int)(r.err.n < 300 ? r.err.n : 300), r.err.p ? r.err.p : "");
    *out = VF_PROVED;
    return VF_OK;
}

enum vf_status vf_prove_started(const struct vf_env *env, struct vf_slice root, struct vf_slice stub,
                                const struct vf_hooks *hooks, struct vf_arena *a, enum vf_proof *out,
                                struct vf_err *err)
{
    struct vf_err why;
    vf_err_init(&why);
    *out = VF_PROOF_NOT_TRIED;
    enum vf_status st = understands_the_probe(env) ? start_stub(env, root, stub, hooks, a, out, &why) : VF_OK;
    if (st != VF_OK || *out != VF_PROVED) {
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
