/* modules.c: VF615: extension modules that the interpreter does not find, since their names say another
 * Python; VF611: distributions of another system. */
#include "rules/modules.h"

#include "packaging/metadata.h"
#include "packaging/tags.h"

/* --- names --- */

static bool is_identifier(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return s.n > 0;
}

static bool is_test_name(struct vf_slice s)
{
    static const char *const names[] = {"test", "tests", "testing", "_test", "_tests", "_testing"};
    for (size_t i = 0; i < VF_COUNT(names); i++)
        if (vf_slice_eq(s, vf_slice_of(names[i])))
            return true;
    return false;
}

/* The path below its site-packages directory; empty when it lies in none that the interpreter looks into. */
static struct vf_slice below_site(const struct vf_env *env, const struct vf_file *f)
{
    struct vf_slice rest;
    for (size_t i = 0; i < env->n_sites; i++)
        if (vf_path_under(env->sites[i], f->path, &rest))
            return rest;
    return (struct vf_slice){NULL, 0};
}

/* Packages all the way down; an egg is a directory on the path. */
static bool reached_by_import(struct vf_slice dir, bool *tests)
{
    bool first = true;
    while (dir.n) {
        size_t slash = vf_slice_find_byte(dir, '/', 0);
        struct vf_slice part = vf_slice_sub(dir, 0, slash == VF_NPOS ? dir.n : slash);
        dir = slash == VF_NPOS ? VF_S("") : vf_slice_from(dir, slash + 1);
        *tests = *tests || is_test_name(part);
        if (!is_identifier(part) && !(first && vf_slice_ends(part, VF_S(".egg"))))
            return false;
        first = false;
    }
    return true;
}

static enum vf_target_os system_of(const struct vf_judge *j)
{
    const struct vf_target *t = j->env->params.target;
    return t ? t->target.os : VF_TARGET_LINUX;
}

/* The system in "cpython-312-darwin"; "abi3" and "cpython-312" say none. */
static bool fits_system(const struct vf_judge *j, struct vf_slice tag)
{
    bool darwin = vf_slice_find(tag, VF_S("-darwin"), 0) != VF_NPOS;
    bool linux_gnu = vf_slice_find(tag, VF_S("-linux"), 0) != VF_NPOS;
    switch (system_of(j)) {
    case VF_TARGET_LINUX:
        return !darwin;
    case VF_TARGET_MACOS:
        return !linux_gnu;
    case VF_TARGET_OTHER:
        break;
    }
    return false; /* names for Windows are read by fits_windows */
}

/* "cp312-win_amd64" of "_x.cp312-win_amd64.pyd"; "" of "_x.pyd". */
static bool fits_windows(const struct vf_judge *j, struct vf_slice tag)
{
    const struct vf_target *t = j->env->params.target;
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_printf(&b, "cp3%u%s-", t->target.minor, t->target.threaded ? "t" : "");
    vf_buf_put(&b, t->target.platform);
    bool fits = !tag.n || (!b.failed && vf_slice_eq(tag, vf_buf_slice(&b)));
    vf_buf_release(&b);
    return fits;
}

/* "cpython-312t-x86_64-linux-gnu": for this interpreter? */
static bool tag_fits(const struct vf_judge *j, struct vf_slice tag)
{
    const struct vf_runtime *rt = &j->runtime;
    unsigned minor = rt->minor ? rt->minor : j->env->py.minor;
    bool pypy = rt->pypy || j->env->py.pypy;
    struct vf_buf b;
    if (!tag.n)
        return true;
    if (vf_slice_eq(tag, VF_S("abi3")))
        return !pypy && !rt->threaded;
    if (!fits_system(j, tag))
        return false;
    vf_buf_init(&b);
    vf_buf_printf(&b, pypy ? "pypy3%u-" : rt->threaded ? "cpython-3%ut" : "cpython-3%u", minor);
    struct vf_slice head = vf_buf_slice(&b), rest = {NULL, 0};
    bool fits = !b.failed && vf_slice_starts(tag, head);
    if (fits && !pypy) { /* what follows is a debug build's flag or the platform */
        rest = vf_slice_from(tag, head.n);
        fits = !rest.n || rest.p[0] == '-' || (minor < 8 && rest.p[0] == 'm');
    }
    vf_buf_release(&b);
    return fits;
}

static bool is_tag(struct vf_slice tag)
{
    static const char *const heads[] = {"cpython-", "pypy3", "pypy-", "graalpy"};
    for (size_t i = 0; i < VF_COUNT(heads); i++)
        if (vf_slice_starts(tag, vf_slice_of(heads[i])))
            return true;
    return vf_slice_eq(tag, VF_S("abi3"));
}

struct vf_module vf_module_of(const struct vf_judge *j, const struct vf_file *f)
{
    struct vf_module m = {.fit = VF_MODULE_NONE};
    struct vf_slice rel = below_site(j->env, f), base = vf_path_base(f->path);
    bool windows = system_of(j) == VF_TARGET_OTHER;
    bool pyd = windows && vf_slice_ends(base, VF_S(".pyd"));
    if (!rel.n || f->st.kind != VF_KIND_FILE || !(pyd || vf_slice_ends(base, VF_S(".so"))))
        return m;
    struct vf_slice stem = vf_slice_sub(base, 0, base.n - (pyd ? 4 : 3));
    size_t dot = vf_slice_find_byte(stem, '.', 0);
    m.name = vf_slice_sub(stem, 0, dot == VF_NPOS ? stem.n : dot);
    m.tag = dot == VF_NPOS ? VF_S("") : vf_slice_from(stem, dot + 1);
    bool other = system_of(j) == VF_TARGET_MACOS && !f->facts.elf; /* target.c reads it */
    bool bare = other || (f->facts.elf && f->facts.elf->has_symbol);
    if (!pyd && (m.tag.n ? !is_tag(m.tag) : !bare))
        return m;
    m.tests = vf_slice_starts(m.name, VF_S("_test")) || vf_slice_ends(m.name, VF_S("_tests"));
    m.on_path = reached_by_import(vf_path_dir(rel), &m.tests) && is_identifier(m.name) &&
                vf_env_site_is_used(j->env, vf_slice_sub(f->path, 0, f->path.n - rel.n - 1));
    bool fits = pyd ? fits_windows(j, m.tag) : !windows && tag_fits(j, m.tag);
    m.fit = fits ? VF_MODULE_FITS : VF_MODULE_FOREIGN;
    return m;
}

/* --- another way to the same name --- */

static bool has_file(const struct vf_judge *j, struct vf_buf *b, struct vf_slice stem, const char *suffix)
{
    vf_buf_clear(b);
    vf_buf_put(b, stem);
    vf_buf_puts(b, suffix);
    return !b->failed && vf_env_find(j->env, vf_buf_slice(b)) != VF_NONE;
}

/* env->files is sorted, so the neighbours of a file have the names that begin alike. */
static bool has_fitting_neighbour(const struct vf_judge *j, const struct vf_file *f, struct vf_slice stem)
{
    const struct vf_env *env = j->env;
    for (int step = -1; step <= 1; step += 2)
        for (const struct vf_file *at = f + step; at >= env->files && at < env->files + env->n_files;
             at += step) {
            if (!vf_slice_starts(at->path, stem))
                break;
            struct vf_slice rest = vf_slice_from(at->path, stem.n);
            if (rest.n && rest.p[0] == '.' && vf_module_of(j, at).fit == VF_MODULE_FITS)
                return true;
        }
    return false;
}

bool vf_module_has_other(const struct vf_judge *j, const struct vf_file *f, const struct vf_module *m)
{
    struct vf_slice dir = vf_path_dir(f->path);
    struct vf_slice stem = vf_slice_sub(f->path, 0, dir.n + (dir.n ? 1 : 0) + m->name.n);
    struct vf_buf b;
    vf_buf_init(&b);
    bool other = vf_env_has_dir(j->env, stem) || has_file(j, &b, stem, ".py") ||
                 has_file(j, &b, stem, ".pyc") || has_fitting_neighbour(j, f, stem);
    vf_buf_release(&b);
    return other;
}

/* --- VF615 --- */

struct foreign {    /* of one distribution */
    uint32_t index; /* of its finding */
    bool any;
};

static void put_wanted(const struct vf_judge *j, struct vf_buf *b)
{
    const struct vf_runtime *rt = &j->runtime;
    bool pypy = rt->pypy || j->env->py.pypy;
    vf_buf_printf(b, "%s 3.%u%s", pypy ? "PyPy" : "Python", rt->minor ? rt->minor : j->env->py.minor,
                  rt->threaded ? "t" : "");
}

static void report_foreign(struct vf_judge *j, const struct vf_file *f, const struct vf_module *m)
{
    struct vf_finding *fi = vf_judge_about(j, VF_RULE_MODULE_ABI, f);
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_puts(&b, "the extension module is built for ");
    vf_buf_put(&b, m->tag);
    vf_buf_puts(&b, "; ");
    put_wanted(j, &b);
    vf_buf_puts(&b, " does not find it");
    vf_judge_say(j, fi, &b);
    if (fi)
        fi->value = m->tag;
    if (fi && m->tests)
        fi->level = VF_L_INFO;
}

static void judge_names(struct vf_judge *j, struct foreign *of)
{
    const struct vf_env *env = j->env;
    for (size_t i = 0; i < env->n_files; i++) {
        const struct vf_file *f = &env->files[i];
        struct vf_module m = vf_module_of(j, f);
        if (m.fit != VF_MODULE_FOREIGN || !m.on_path || vf_module_has_other(j, f, &m))
            continue;
        struct foreign *one = f->dist == VF_NONE ? NULL : &of[f->dist];
        if (j->out->failed)
            return;
        if (one && one->any) { /* one cause: the wheel is for another Python */
            vf_findings_at(j->out, one->index)->count++;
            continue;
        }
        if (one)
            *one = (struct foreign){.any = true, .index = (uint32_t)j->out->v.n};
        report_foreign(j, f, &m);
    }
}

/* --- wheels of another system --- */

static bool is_native(struct vf_slice path)
{
    static const char *const ends[] = {".pyd", ".dll", ".dylib", ".so", ".exe"};
    for (size_t i = 0; i < VF_COUNT(ends); i++)
        if (vf_slice_ends(path, vf_slice_of(ends[i])))
            return true;
    return false;
}

static bool has_native(const struct vf_env *env, const struct vf_env_dist *d)
{
    for (size_t i = 0; i < d->record.n; i++)
        if (d->row_files[i] != VF_NONE && is_native(env->files[d->row_files[i]].path))
            return true;
    return false;
}

static bool is_for(struct vf_slice platform, enum vf_target_os os)
{
    bool windows = vf_slice_starts(platform, VF_S("win")), macos = vf_slice_starts(platform, VF_S("macosx_"));
    bool any = vf_slice_eq(platform, VF_S("any"));
    switch (os) {
    case VF_TARGET_LINUX:
        return !windows && !macos;
    case VF_TARGET_MACOS:
        return macos || any;
    case VF_TARGET_OTHER:
        break;
    }
    return windows || any;
}

/* The platform of a wheel all of whose tags are for other systems; empty otherwise. */
static struct vf_slice other_system(struct vf_judge *j, const struct vf_env_dist *d)
{
    struct vf_metadata wheel;
    struct vf_slice line, found = {NULL, 0};
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_metadata_parse(&j->scratch, d->wheel, &wheel, &why);
    vf_err_release(&why);
    for (size_t at = 0; st == VF_OK && vf_metadata_next(&wheel, VF_S("Tag"), &at, &line);) {
        struct vf_tag tag;
        bool other = vf_tag_parse(line, &tag) && !is_for(tag.platform, system_of(j));
        if (!other)
            return (struct vf_slice){NULL, 0};
        found = tag.platform;
    }
    return found;
}

static void judge_systems(struct vf_judge *j, struct foreign *of)
{
    const struct vf_env *env = j->env;
    for (size_t i = 0; i < env->n_dists; i++) {
        const struct vf_env_dist *d = &env->dists[i];
        struct vf_slice platform = d->wheel.n ? other_system(j, d) : d->wheel;
        if (!platform.n || !has_native(env, d))
            continue;
        struct vf_slice path = vf_path_join(j->a, d->info, VF_S("WHEEL"));
        j->other_system[i] = true;
        of[i] = (struct foreign){.any = true, .index = (uint32_t)j->out->v.n};
        struct vf_finding *fi = path.p ? vf_findings_add(j->out, VF_RULE_MODULE_MACHINE, path) : NULL;
        struct vf_buf b;
        vf_buf_init(&b);
        vf_buf_puts(&b, "the wheel is for ");
        vf_buf_put(&b, platform);
        if (j->env->params.target) {
            vf_buf_puts(&b, ", the target is ");
            vf_buf_put(&b, j->env->params.target->words.platform);
        } else {
            vf_buf_puts(&b, ", the interpreter for Linux, ");
            vf_elf_machine_put(&b, &j->runtime.library->elf->machine);
        }
        vf_judge_say(j, fi, &b);
        if (fi) {
            fi->distribution = d->canonical;
            fi->value = vf_arena_dup(j->a, platform);
        }
    }
}

void vf_judge_modules(struct vf_judge *j)
{
    bool assumed = j->runtime.fault == VF_START_ASSUMED;
    j->other_system = vf_arena_array(&j->scratch, j->env->n_dists + 1, sizeof *j->other_system);
    struct foreign *of = vf_arena_array(&j->scratch, j->env->n_dists + 1, sizeof *of);
    if (!of || !j->other_system || (!assumed && (j->runtime.fault != VF_START_OK || !j->runtime.library)))
        return;
    judge_systems(j, of);
    if (j->runtime.minor || j->env->py.minor)
        judge_names(j, of);
}
