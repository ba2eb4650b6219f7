/* runtime.c: the interpreter's links one by one, the program at their end, and its standard library. */
#include "env/runtime.h"

#include <errno.h>

#include "env/loader_search.h"
#include "env/read_elf.h"
#include "fs/user.h"

enum { LINKS_MAX = 40 }; /* what Linux follows */

static struct vf_slice kept(struct vf_runtime *rt, const struct vf_buf *b)
{
    struct vf_slice s = b->failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(rt->loader.a, vf_buf_slice(b));
    rt->loader.failed = rt->loader.failed || !s.p;
    return s;
}

/* --- paths inside and outside --- */

/* What is at an absolute path, links followed, as it will be when the environment is at its root. */
static enum vf_kind look(struct vf_runtime *rt, struct vf_slice path, struct vf_stat *st, int *why)
{
    const struct vf_env *env = rt->loader.env;
    struct vf_slice rel;
    bool gone;
    *why = 0;
    *st = (struct vf_stat){0};
    if (!vf_loader_below_root(&rt->loader, path, &rel, &gone))
        return gone ? VF_KIND_NONE : vf_host_look(env->params.host, path, st, why);
    uint32_t file = vf_env_find(env, rel);
    if (file != VF_NONE && env->files[file].st.kind != VF_KIND_LINK) {
        *st = env->files[file].st;
        if (env->params.user)
            st->mode = (st->mode & ~0777u) | vf_user_rights(env->params.user, st) * 0111u;
        return st->kind;
    }
    if (!rel.n || vf_env_has_dir(env, rel))
        return VF_KIND_DIR;
    struct vf_buf end;
    vf_buf_init(&end);
    enum vf_kind kind = vf_tree_resolve(env->tree, rel, &rt->loader.scratch, &end);
    if (kind == VF_KIND_LINK)
        kind = vf_path_is_abs(vf_buf_slice(&end))
                   ? vf_host_look(env->params.host, vf_buf_slice(&end), st, why)
                   : VF_KIND_NONE;
    else if (kind == VF_KIND_FILE && (file = vf_env_find(env, vf_buf_slice(&end))) != VF_NONE)
        *st = env->files[file].st;
    vf_buf_release(&end);
    return kind;
}

static bool exists(struct vf_runtime *rt, struct vf_slice path)
{
    struct vf_stat st;
    int why;
    enum vf_kind kind = look(rt, path, &st, &why);
    if (kind == VF_KIND_FILE && rt->loader.env->params.user && !(st.mode & 0444))
        vf_host_add_unseen(rt->loader.env->params.host, path, EACCES);
    return kind != VF_KIND_NONE;
}

static size_t count_unseen(const struct vf_runtime *rt)
{
    return vf_host_unseen_count(rt->loader.env->params.host);
}

static void note_unseen(struct vf_runtime *rt, struct vf_slice path)
{
    if (!rt->loader.unseen.n)
        rt->loader.unseen = path;
}

/* The target of the link at an absolute path, absolute and clean; empty: it is no link. */
static struct vf_slice next_link(struct vf_runtime *rt, struct vf_slice path)
{
    const struct vf_env *env = rt->loader.env;
    struct vf_slice rel, out = {NULL, 0}, dir = vf_path_dir(path);
    struct vf_buf target, joined;
    bool gone, is_link;
    vf_buf_init(&target);
    vf_buf_init(&joined);
    if (vf_loader_below_root(&rt->loader, path, &rel, &gone)) {
        uint32_t file = vf_env_find(env, rel);
        is_link = file != VF_NONE && env->files[file].st.kind == VF_KIND_LINK;
        if (is_link)
            vf_buf_put(&target, env->files[file].target);
    } else {
        size_t unseen = count_unseen(rt);
        is_link = !gone && vf_host_readlink(env->params.host, path, &target);
        if (count_unseen(rt) != unseen)
            note_unseen(rt, path); /* what it leads to is not known */
        if (is_link && !vf_path_is_abs(vf_buf_slice(&target)) &&
            vf_host_resolve(env->params.host, dir, &joined))
            dir = kept(rt, &joined);
        vf_buf_clear(&joined);
    }
    if (is_link && !target.failed) {
        vf_path_join_buf(&joined, dir, vf_buf_slice(&target));
        out = vf_path_clean_dup(rt->loader.a, vf_buf_slice(&joined));
    }
    rt->loader.failed = rt->loader.failed || target.failed || joined.failed || (is_link && !out.p);
    vf_buf_release(&target);
    vf_buf_release(&joined);
    return out;
}

/* --- the program --- */

static void follow_links(struct vf_runtime *rt, struct vf_slice path)
{
    struct vf_vec v = {0};
    struct vf_slice next;
    while (!rt->loader.failed && (next = next_link(rt, path)).n) {
        struct vf_slice *one = vf_vec_push(rt->loader.a, &v, sizeof *one);
        if (!one)
            break;
        *one = path;
        path = next;
        if (v.n > LINKS_MAX) {
            rt->fault = VF_START_LOOP;
            v.n = 1;
            break;
        }
    }
    rt->links = v.base;
    rt->n_links = v.n;
    rt->program = path;
}

/* The first directory on the way that may not be searched. */
static struct vf_slice blocked_at(struct vf_runtime *rt, struct vf_slice path)
{
    struct vf_slice at = vf_path_dir(path);
    struct vf_stat st;
    int why;
    while (at.n > 1) {
        if (look(rt, at, &st, &why) != VF_KIND_NONE || !why)
            return at;
        at = vf_path_dir(at);
    }
    return at;
}

static bool starts_with_hash_bang(struct vf_runtime *rt, struct vf_slice path, const struct vf_stat *st)
{
    struct vf_slice head = {NULL, 0}, rel;
    struct vf_err why;
    bool gone, read;
    const struct vf_env *env = rt->loader.env;
    if (st->size > 8192)
        return false; /* a shim is a few lines */
    vf_err_init(&why);
    if (vf_loader_below_root(&rt->loader, path, &rel, &gone))
        read = vf_tree_read(env->tree, rel, 8192, &rt->loader.scratch, &head, &why) == VF_OK;
    else
        read = vf_loader_read(&rt->loader, path, 8192, &rt->loader.scratch, &head);
    vf_err_release(&why);
    return read && vf_slice_starts(head, VF_S("#!"));
}

/* May a program for that machine run here? What this very program was built for says which machine this is; a
 * file tree that stands for a host has no such answer. An emulator that is registered runs others. */
static bool runs_here(struct vf_runtime *rt, const struct vf_elf_machine *m)
{
    const struct vf_elf_object *own = NULL;
    struct vf_host *host = rt->loader.env->params.host;
    int why;
    if (!vf_host_elf(host, VF_S("/proc/self/exe"), rt->loader.a, &own, &why))
        rt->loader.failed = true;
    if (why)
        note_unseen(rt, VF_S("/proc/self/exe"));
    if (!own || vf_elf_machine_eq(&own->machine, m))
        return true;
    rt->host_machine = own->machine;
    bool narrow = own->machine.bits == 64 && m->bits == 32 && own->machine.big_endian == m->big_endian;
    return narrow || !vf_host_is_missing(host, VF_S("/proc/sys/fs/binfmt_misc/status"));
}

static void load_program(struct vf_runtime *rt, const struct vf_stat *st)
{
    const struct vf_elf_object *elf = rt->library ? rt->library->elf : NULL;
    if (!elf) {
        bool script = starts_with_hash_bang(rt, rt->program, st);
        rt->fault = script ? VF_START_SCRIPT : VF_START_FORMAT;
        if (!script && rt->loader.unseen.n)
            rt->fault = VF_START_UNSEEN;
        return;
    }
    vf_loader_start(&rt->loader, rt->library);
    if (rt->loader.unseen.n) {
        rt->fault = VF_START_UNSEEN;
    } else if (!runs_here(rt, &elf->machine)) {
        rt->fault = VF_START_MACHINE;
    } else if (elf->interp.n && !rt->loader.interp) {
        rt->fault = VF_START_LOADER;
    } else if (rt->loader.problems.n) {
        struct vf_load_problem *p = vf_arena_alloc(rt->loader.a, sizeof *p);
        rt->fault = VF_START_LIBRARY;
        rt->problem = p;
        if (p)
            *p = *VF_VEC_AT(struct vf_load_problem, &rt->loader.problems, 0);
    }
}

static void inspect_program(struct vf_runtime *rt)
{
    struct vf_stat st;
    struct vf_slice rel;
    bool gone;
    int why;
    if (rt->fault != VF_START_OK)
        return;
    enum vf_kind kind = look(rt, rt->program, &st, &why);
    if (why == EACCES || why == EPERM) {
        rt->fault = VF_START_DENIED;
        rt->blocked = blocked_at(rt, rt->program);
    } else if (why) {
        rt->fault = VF_START_UNSEEN;
        note_unseen(rt, rt->program);
    } else if (kind == VF_KIND_NONE) {
        rt->fault = VF_START_MISSING;
    } else if (kind != VF_KIND_FILE) {
        rt->fault = VF_START_NO_FILE;
    } else if (!(st.mode & 0111)) {
        rt->fault = VF_START_NOT_EXECUTABLE;
    } else {
        rt->inside = rt->program.n && vf_loader_below_root(&rt->loader, rt->program, &rel, &gone);
        rt->library = vf_loader_file(&rt->loader, rt->program);
        load_program(rt, &st);
    }
}

/* --- which Python --- */

/* "3.13t" -> 13, threaded. */
static void take_version(struct vf_runtime *rt, struct vf_slice text)
{
    unsigned minor = 0;
    size_t i = 2;
    if (!vf_slice_starts(text, VF_S("3.")))
        return;
    for (; i < text.n && text.p[i] >= '0' && text.p[i] <= '9' && minor < 100; i++)
        minor = minor * 10 + (unsigned)(text.p[i] - '0');
    rt->minor = minor;
    rt->threaded = i < text.n && text.p[i] == 't';
}

static void take_name(struct vf_runtime *rt, struct vf_slice name)
{
    static const char *const heads[] = {"python", "pypy"};
    for (size_t i = 0; i < VF_COUNT(heads); i++) {
        if (!vf_slice_starts(name, vf_slice_of(heads[i])))
            continue;
        rt->pypy = rt->pypy || i == 1;
        take_version(rt, vf_slice_from(name, vf_slice_of(heads[i]).n));
    }
}

static void identify(struct vf_runtime *rt)
{
    if (rt->n_links)
        take_name(rt, vf_path_base(rt->program));
    for (size_t i = rt->n_links; i-- > 1 && !rt->minor;) /* the first is BIN's own name, which says nothing */
        take_name(rt, vf_path_base(rt->links[i]));
    for (size_t i = 0; rt->library && i < rt->library->elf->n_needed; i++) {
        struct vf_slice name = rt->library->elf->needed[i];
        if (!vf_slice_starts(name, VF_S("libpython3.")))
            continue;
        rt->shared = true;
        take_version(rt, vf_slice_from(name, sizeof "libpython" - 1)); /* what runs, whatever its name is */
    }
}

/* --- the standard library --- */

static void put_landmark(struct vf_buf *b, struct vf_slice dir, int form, unsigned minor, bool threaded)
{
    vf_buf_clear(b);
    vf_buf_put(b, vf_slice_eq(dir, VF_S("/")) ? VF_S("") : dir);
    switch (form) {
    case 0:
    case 1:
        vf_buf_printf(b, "/%s/python3.%u%s/os.py", form ? "lib64" : "lib", minor, threaded ? "t" : "");
        break;
    case 2:
        vf_buf_printf(b, "/lib/python3.%u%s/os.pyc", minor, threaded ? "t" : "");
        break;
    case 3:
        vf_buf_printf(b, "/lib/python3%u%s.zip", minor, threaded ? "t" : "");
        break;
    case 4:
        vf_buf_printf(b, "/lib/pypy3.%u/os.py", minor);
        break;
    case 5:
        vf_buf_puts(b, "/lib-python/3/os.py");
        break;
    default: /* a build directory: Python finds its sources by this file */
        vf_buf_puts(b, "/pybuilddir.txt");
        break;
    }
}

/* In `dir` or a directory above it; empty when there is none. */
static struct vf_slice find_stdlib(struct vf_runtime *rt, struct vf_slice dir)
{
    unsigned minor = rt->minor ? rt->minor : rt->loader.env->py.minor;
    struct vf_slice found = {NULL, 0};
    struct vf_buf b;
    vf_buf_init(&b);
    while (!found.n && dir.n && vf_path_is_abs(dir)) {
        for (int form = 0; form <= 6 && !found.n; form++) {
            put_landmark(&b, dir, form, minor, rt->threaded);
            if (!b.failed && exists(rt, vf_buf_slice(&b)))
                found = vf_path_dir(kept(rt, &b));
        }
        if (dir.n == 1)
            break;
        dir = vf_path_dir(dir);
    }
    rt->loader.failed = rt->loader.failed || b.failed;
    vf_buf_release(&b);
    return found;
}

/* The real directory of the program; empty when it is nowhere. */
static struct vf_slice program_dir(struct vf_runtime *rt)
{
    struct vf_buf b;
    struct vf_slice out = {NULL, 0}, rel;
    bool gone;
    if (vf_loader_below_root(&rt->loader, rt->program, &rel, &gone))
        return vf_path_dir(rt->program);
    vf_buf_init(&b);
    if (!gone && vf_host_resolve(rt->loader.env->params.host, rt->program, &b))
        out = vf_path_dir(kept(rt, &b));
    vf_buf_release(&b);
    return out;
}

/* Which of home and the program's own directory this version asks. */
static bool asks_home(const struct vf_runtime *rt)
{
    unsigned minor = rt->minor ? rt->minor : rt->loader.env->py.minor;
    bool linked = rt->n_links > 0 && !rt->inside;
    return vf_path_is_abs(rt->home) && (minor >= 11 || !linked);
}

static void inspect_stdlib(struct vf_runtime *rt)
{
    const struct vf_interpreter *py = &rt->loader.env->py;
    struct vf_stat st;
    int why;
    if ((!rt->minor && !py->minor) || py->python2 || py->legacy || rt->fault != VF_START_OK)
        return;
    struct vf_slice own = program_dir(rt);
    bool framework = vf_slice_find(own, VF_S(".framework/"), 0) != VF_NPOS;
    rt->stdlib_by_home = asks_home(rt);
    if (rt->stdlib_by_home && look(rt, rt->home, &st, &why) != VF_KIND_DIR)
        return; /* that is another finding */
    size_t unseen = count_unseen(rt);
    rt->stdlib = find_stdlib(rt, rt->stdlib_by_home ? rt->home : own);
    if (!rt->stdlib.n && count_unseen(rt) != unseen)
        return; /* it may be there */
    rt->stdlib_known = own.n || rt->stdlib_by_home;
    if (rt->stdlib.n || !rt->stdlib_by_home || !own.n)
        return;
    struct vf_slice other = find_stdlib(rt, own);
    if (other.n && framework)
        rt->stdlib = other; /* found through its own library */
    else if (other.n)
        rt->stdlib_home = own;
}

/* The entry of BIN to start from: the one that leads to the base, else any with the name of an interpreter.
 */
static struct vf_slice start_name(const struct vf_env *env)
{
    for (size_t i = 0; !env->py.link.n && i < env->n_files; i++) {
        const struct vf_file *f = &env->files[i];
        if (f->flags & VF_FILE_IN_BIN && f->st.kind == VF_KIND_LINK &&
            vf_name_is_python(vf_path_base(f->path)))
            return vf_path_base(f->path);
    }
    return env->py.link;
}

/* Nothing is known of the program but what the target says of it, unless the environment holds it. */
static void assume(struct vf_runtime *rt, const struct vf_target *t)
{
    struct vf_slice rel;
    bool gone;
    rt->fault = rt->fault == VF_START_LOOP ? rt->fault : VF_START_ASSUMED;
    rt->minor = t->target.minor;
    rt->threaded = t->target.threaded;
    rt->pypy = t->target.python == VF_TARGET_PYPY;
    rt->loader.musl = t->target.musl_major > 0;
    rt->inside = rt->program.n && vf_loader_below_root(&rt->loader, rt->program, &rel, &gone);
    if (rt->inside)
        rt->library = vf_loader_file(&rt->loader, rt->program);
    if (t->target.os == VF_TARGET_LINUX)
        (void)vf_elf_machine_of(t->target.arch, &rt->loader.machine);
}

bool vf_runtime_inspect(struct vf_runtime *rt, const struct vf_env *env, struct vf_slice root,
                        struct vf_slice home, struct vf_arena *a)
{
    *rt = (struct vf_runtime){.home = home};
    vf_loader_init(&rt->loader, env, root, a);
    rt->name = start_name(env);
    if (rt->name.n) {
        struct vf_slice bin = vf_path_join(a, env->bin, rt->name);
        struct vf_slice path = bin.p ? vf_path_join(a, root, bin) : bin;
        rt->loader.failed = !path.p;
        if (path.p)
            follow_links(rt, path);
    }
    if (env->params.host_unknown && env->params.target) {
        assume(rt, env->params.target);
    } else if (!rt->name.n) {
        rt->fault = VF_START_NONE;
    } else {
        inspect_program(rt);
        identify(rt);
        inspect_stdlib(rt);
    }
    return !rt->loader.failed && !a->failed && !rt->loader.scratch.failed;
}

void vf_runtime_release(struct vf_runtime *rt)
{
    vf_loader_release(&rt->loader);
}
