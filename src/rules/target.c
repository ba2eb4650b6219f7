/* target.c: VF131, VF136, VF552 and, of files for macOS and Windows, VF611, VF613 to VF615, VF617: the
 * environment against a target that was named by --python, --platform and --glibc. What the loader of Linux
 * asks is in loading.c, names of extension modules are in modules.c. */
#include "packaging/metadata.h"
#include "rules/modules.h"
#include "syntax/native_file.h"

#define NATIVE_CAP ((uint64_t)256 << 20)

static void put_platform(struct vf_buf *b, const struct vf_target *t)
{
    vf_buf_puts(b, "the target is ");
    vf_buf_put(b, t->words.platform);
}

/* --- the environment as a whole --- */

static void judge_layout(struct vf_judge *j, const struct vf_target *t)
{
    const struct vf_env *env = j->env;
    bool windows = env->windows;
    struct vf_buf b;
    if (windows == (t->target.os == VF_TARGET_OTHER))
        return;
    struct vf_finding *fi = vf_findings_add(j->out, VF_RULE_LAYOUT_FOREIGN, env->bin);
    vf_buf_init(&b);
    vf_buf_puts(&b, windows ? "the environment is laid out for Windows (Scripts, Lib\\site-packages), "
                            : "the environment is laid out for POSIX systems (bin, lib/pythonX.Y), ");
    put_platform(&b, t);
    vf_judge_say(j, fi, &b);
}

/* A copied interpreter, or one that the environment brings. */
static void judge_program(struct vf_judge *j, const struct vf_target *t)
{
    const struct vf_library *program = j->runtime.library;
    struct vf_elf_machine machine;
    bool known = vf_elf_machine_of(t->target.arch, &machine);
    struct vf_buf b;
    if (!program || !t->platform_named || (t->target.os == VF_TARGET_LINUX && !known))
        return;
    bool musl = vf_slice_starts(vf_path_base(program->elf->interp), VF_S("ld-musl"));
    bool libc = !program->elf->interp.n || musl == (t->target.musl_major > 0);
    if (t->target.os == VF_TARGET_LINUX && vf_elf_machine_eq(&machine, &program->elf->machine) && libc)
        return;
    struct vf_slice path = program->file == VF_NONE ? vf_path_join(j->a, j->env->bin, j->runtime.name)
                                                    : j->env->files[program->file].path;
    struct vf_finding *fi = vf_findings_add(j->out, VF_RULE_INTERPRETER_FOREIGN, path);
    vf_buf_init(&b);
    vf_buf_puts(&b, "the interpreter is a program for Linux, ");
    vf_elf_machine_put(&b, &program->elf->machine);
    vf_buf_puts(&b, musl ? ", musl; " : "; ");
    put_platform(&b, t);
    vf_judge_say(j, fi, &b);
}

/* --- tags of wheels --- */

static bool has_native(const struct vf_judge *j, const struct vf_env_dist *d)
{
    for (size_t i = 0; i < d->record.n; i++)
        if (d->row_files[i] != VF_NONE && j->env->files[d->row_files[i]].facts.elf)
            return true;
    return false;
}

/* Does the target take one of the wheel's tags, or has it none that can be read? */
static bool is_taken(struct vf_judge *j, const struct vf_target *t, const struct vf_env_dist *d,
                     struct vf_slice *first)
{
    struct vf_metadata wheel;
    struct vf_slice line;
    struct vf_tag tag;
    struct vf_err why;
    vf_err_init(&why);
    bool taken = vf_metadata_parse(&j->scratch, d->wheel, &wheel, &why) != VF_OK;
    vf_err_release(&why);
    *first = (struct vf_slice){NULL, 0};
    for (size_t at = 0; !taken && vf_metadata_next(&wheel, VF_S("Tag"), &at, &line);) {
        *first = first->n ? *first : line;
        taken = !vf_tag_parse(line, &tag) || vf_tags_rank(&t->tags, &tag) != VF_NPOS;
    }
    return taken || !first->n;
}

/* Distributions whose files do not load there, by name. False where the whole environment is for another
 * Python: that is said once, and for no distribution. */
static bool note_accused(struct vf_judge *j, struct vf_map *names)
{
    vf_map_init(names, &j->scratch);
    for (size_t i = 0; i < j->out->v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(j->out, i);
        bool native = fi->rule >= VF_RULE_MODULE_MACHINE && fi->rule <= VF_RULE_ELF_DAMAGED;
        if (fi->rule == VF_RULE_MINOR_MISMATCH)
            return false;
        if (native && fi->distribution.n && !vf_map_put(names, fi->distribution, 1))
            j->out->failed = true;
    }
    return true;
}

/* What is in its files decides whether it works; that an installer refuses it is information. */
static void judge_tags(struct vf_judge *j, const struct vf_target *t)
{
    const struct vf_env *env = j->env;
    struct vf_map accused;
    if (!note_accused(j, &accused))
        return;
    for (size_t i = 0; i < env->n_dists && !vf_judge_is_stopped(j); i++) {
        const struct vf_env_dist *d = &env->dists[i];
        struct vf_slice tag;
        struct vf_buf b;
        if (!d->wheel.n || vf_map_get(&accused, d->canonical, NULL) || !has_native(j, d) ||
            is_taken(j, t, d, &tag))
            continue;
        struct vf_slice path = vf_path_join(j->a, d->info, VF_S("WHEEL"));
        struct vf_finding *fi = path.p ? vf_findings_add(j->out, VF_RULE_WHEEL_TAGS, path) : NULL;
        vf_buf_init(&b);
        vf_buf_puts(&b, "installers refuse this wheel there: it is for ");
        vf_buf_put(&b, tag);
        vf_buf_puts(&b, ", ");
        put_platform(&b, t);
        vf_buf_puts(&b, " with Python ");
        vf_buf_put(&b, t->words.python);
        vf_judge_say(j, fi, &b);
        if (!fi)
            continue;
        fi->level = VF_L_INFO;
        fi->distribution = d->canonical;
        fi->value = vf_arena_dup(j->a, tag);
    }
}

/* --- files for macOS and Windows --- */

struct native {
    struct vf_judge *j;
    const struct vf_target *t;
    const struct vf_file *f;
    struct vf_module module;
    struct vf_native_file is;
    struct vf_slice cpu;
    bool *accused; /* distribution: one cause is one finding */
};

static enum vf_native_kind kind_of(const struct vf_target *t)
{
    return t->target.os == VF_TARGET_MACOS ? VF_NATIVE_MACHO : VF_NATIVE_PE;
}

/* As the files themselves name it. */
static struct vf_slice cpu_of(const struct vf_target *t)
{
    struct vf_slice p = t->target.platform;
    if (t->target.os == VF_TARGET_MACOS)
        return t->target.arch;
    return vf_slice_eq(p, VF_S("win32")) ? p : vf_slice_from(p, sizeof "win_" - 1);
}

static void report(struct native *n, enum vf_rule rule, struct vf_slice value, struct vf_buf *words)
{
    struct vf_finding *fi = vf_judge_about(n->j, rule, n->f);
    if (fi) {
        bool module = n->module.fit == VF_MODULE_FITS && n->module.on_path;
        fi->level = !module ? VF_L_WARNING : n->module.tests ? VF_L_INFO : VF_L_ERROR;
        fi->value = value.n ? vf_arena_dup(n->j->a, value) : (struct vf_slice){NULL, 0};
    }
    if (n->f->dist != VF_NONE)
        n->accused[n->f->dist] = true;
    vf_judge_say(n->j, fi, words);
}

static void report_kind(struct native *n)
{
    static const char *const kinds[] = {"no compiled file of a known form", "for Linux (ELF)",
                                        "for macOS (Mach-O)", "for Windows (PE)"};
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_printf(&b, "is %s", kinds[n->is.kind]);
    for (size_t i = 0; i < n->is.n_cpus; i++)
        vf_buf_printf(&b, ", %s", n->is.cpus[i]);
    vf_buf_puts(&b, "; ");
    put_platform(&b, n->t);
    report(n, VF_RULE_MODULE_MACHINE, (struct vf_slice){NULL, 0}, &b);
}

static bool is_too_new(const struct native *n)
{
    const struct vf_wheel_target *t = &n->t->target;
    return t->os == VF_TARGET_MACOS &&
           (n->is.least_major > t->macos_major ||
            (n->is.least_major == t->macos_major && n->is.least_minor > t->macos_minor));
}

static void report_system(struct native *n)
{
    struct vf_buf b, value;
    vf_buf_init(&b);
    vf_buf_init(&value);
    vf_buf_printf(&value, "macOS %u.%u", n->is.least_major, n->is.least_minor);
    vf_buf_puts(&b, "needs ");
    vf_buf_put(&b, vf_buf_slice(&value));
    vf_buf_puts(&b, "; ");
    put_platform(&b, n->t);
    report(n, VF_RULE_LIBRARY_VERSION, vf_buf_slice(&value), &b);
    vf_buf_release(&value);
}

/* Is a library that is looked for beside the file there? `rest`: its path from the file's directory. */
static bool is_beside(const struct native *n, struct vf_slice rest)
{
    struct vf_slice dir = vf_path_dir(n->f->path);
    struct vf_slice path = vf_path_clean_dup(&n->j->scratch, vf_path_join(&n->j->scratch, dir, rest));
    return !path.p || vf_env_has(n->j->env, path);
}

/* "@rpath/libx.dylib": is it nowhere along search paths that all lie in the environment? */
static bool is_nowhere(const struct native *n, struct vf_slice name)
{
    static const struct vf_slice here = VF_S_INIT("@loader_path/"), rpath = VF_S_INIT("@rpath/");
    if (vf_slice_starts(name, here))
        return !is_beside(n, vf_slice_from(name, here.n));
    if (!vf_slice_starts(name, rpath) || !n->is.n_rpaths)
        return false;
    for (size_t i = 0; i < n->is.n_rpaths; i++) {
        struct vf_slice dir = n->is.rpaths[i];
        if (!vf_slice_starts(dir, here) && !vf_slice_eq(dir, VF_S("@loader_path")))
            return false; /* somewhere on the target */
        struct vf_slice rest = vf_slice_from(dir, dir.n < here.n ? dir.n : here.n);
        if (is_beside(n, vf_path_join(&n->j->scratch, rest, vf_slice_from(name, rpath.n))))
            return false;
    }
    return true;
}

/* The version in "python312.dll" where it is not the target's; empty: none, or the right one. */
static struct vf_slice other_python(const struct native *n, struct vf_slice name)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_printf(&b, "python3%u%s.dll", n->t->target.minor, n->t->target.threaded ? "t" : "");
    bool python = vf_slice_starts(name, VF_S("python3")) && !vf_slice_eq_nocase(name, VF_S("python3.dll")) &&
                  !vf_slice_eq_nocase(name, vf_buf_slice(&b));
    vf_buf_release(&b);
    return python ? name : (struct vf_slice){NULL, 0};
}

static void judge_needed(struct native *n)
{
    for (size_t i = 0; i < n->is.n_needed; i++) {
        struct vf_slice name = n->is.needed[i];
        struct vf_buf b;
        bool python = n->is.kind == VF_NATIVE_PE && other_python(n, name).n;
        if (!python && (n->is.kind != VF_NATIVE_MACHO || !is_nowhere(n, name)))
            continue;
        vf_buf_init(&b);
        vf_buf_puts(&b, "needs ");
        vf_buf_put(&b, name);
        if (python)
            vf_buf_printf(&b, "; the target is Python 3.%u", n->t->target.minor);
        else
            vf_buf_puts(&b, ", which is not found");
        report(n, python ? VF_RULE_MODULE_ABI : VF_RULE_LIBRARY_MISSING, name, &b);
        return;
    }
}

static void judge_native_file(struct native *n)
{
    struct vf_buf b;
    bool universal = n->t->target.os == VF_TARGET_MACOS && vf_slice_starts(n->cpu, VF_S("universal"));
    if (n->is.kind != kind_of(n->t)) {
        report_kind(n);
    } else if (n->is.damage) {
        vf_buf_init(&b);
        vf_buf_printf(&b, "a damaged file: %s", n->is.damage);
        report(n, VF_RULE_ELF_DAMAGED, (struct vf_slice){NULL, 0}, &b);
    } else if (!universal && !vf_native_has_cpu(&n->is, n->cpu)) {
        report_kind(n);
    } else if (is_too_new(n)) {
        report_system(n);
    } else {
        judge_needed(n);
    }
}

static bool is_native_name(struct vf_slice path)
{
    static const char *const ends[] = {".so", ".dylib", ".pyd", ".dll"};
    for (size_t i = 0; i < VF_COUNT(ends); i++)
        if (vf_slice_ends(path, vf_slice_of(ends[i])))
            return true;
    return false;
}

/* A library that no extension module loads matters only where it is of the right system. */
static bool is_subject(const struct native *n)
{
    bool module = n->module.fit == VF_MODULE_FITS && n->module.on_path;
    return module || (n->module.fit == VF_MODULE_NONE && n->is.kind == kind_of(n->t));
}

static void judge_native(struct vf_judge *j, const struct vf_target *t)
{
    const struct vf_env *env = j->env;
    bool *accused = vf_arena_array(&j->scratch, env->n_dists + 1, sizeof *accused);
    for (size_t i = 0; accused && i < env->n_files && !vf_judge_is_stopped(j); i++) {
        struct native n = {.j = j, .t = t, .f = &env->files[i], .cpu = cpu_of(t), .accused = accused};
        struct vf_arena scratch;
        struct vf_slice bytes;
        struct vf_err why;
        bool known = n.f->dist != VF_NONE && (accused[n.f->dist] || j->other_system[n.f->dist]);
        if (known || n.f->st.kind != VF_KIND_FILE || !(n.f->flags & VF_FILE_IN_SITE) ||
            !is_native_name(n.f->path))
            continue;
        vf_arena_init(&scratch);
        vf_err_init(&why);
        n.module = vf_module_of(j, n.f);
        if (vf_tree_read(env->tree, n.f->path, NATIVE_CAP, &scratch, &bytes, &why) == VF_OK &&
            vf_native_read(bytes, n.cpu, &scratch, &n.is) && is_subject(&n))
            judge_native_file(&n);
        j->out->failed = j->out->failed || scratch.failed;
        vf_err_release(&why);
        vf_arena_release(&scratch);
    }
}

void vf_judge_target(struct vf_judge *j)
{
    const struct vf_target *t = j->env->params.target;
    if (!t || !j->other_system)
        return;
    judge_layout(j, t);
    judge_program(j, t);
    judge_tags(j, t);
    if (t->target.os != VF_TARGET_LINUX)
        judge_native(j, t);
}
