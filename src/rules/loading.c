/* loading.c: VF611 to VF614, VF617: can the loader load what the environment brings? Every extension module
 * is followed through the libraries that it needs. One missing library, or one that is too old, is one
 * finding for all the files of a distribution that need it. */
#include <stdlib.h>
#include <string.h>

#include "rules/modules.h"

enum { TRIES_MAX = 4 }; /* modules of a distribution whose use is looked up in its code */

enum subject { SUBJECT_NONE, SUBJECT_MODULE, SUBJECT_LIBRARY };

struct cause {
    enum vf_rule rule;
    uint32_t file;          /* that the finding is about */
    struct vf_slice module; /* path of one that cannot be imported; empty */
    struct vf_load_problem p;
    enum vf_level level;
    uint32_t count;
};

struct loading {
    struct vf_judge *j;
    struct vf_map by_key; /* -> index into causes */
    struct vf_vec causes; /* struct cause */
    struct vf_map names;  /* names of the environment's own libraries -> file */
    bool *reached;        /* file: some extension module loads it */
    struct code {
        bool known, loads; /* its Python code loads libraries by itself */
        unsigned tries;    /* modules that were looked for in it */
    } * code;              /* by distribution */
    bool names_known;
};

/* --- one cause is one finding --- */

static struct cause *cause_of(struct loading *s, enum vf_rule rule, uint32_t file, struct vf_slice what,
                              bool *fresh)
{
    const struct vf_file *f = &s->j->env->files[file];
    struct vf_buf b;
    size_t at;
    vf_buf_init(&b);
    vf_buf_put_u64(&b, (uint64_t)rule);
    vf_buf_putc(&b, ' ');
    if (f->dist == VF_NONE) /* whatever has no owner stands for itself */
        vf_buf_put(&b, f->path);
    else
        vf_buf_put_u64(&b, f->dist);
    vf_buf_putc(&b, ' ');
    vf_buf_put(&b, what);
    struct vf_slice key =
        b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(&s->j->scratch, vf_buf_slice(&b));
    vf_buf_release(&b);
    *fresh = key.p && !vf_map_get(&s->by_key, key, &at);
    if (key.p && !*fresh)
        return VF_VEC_AT(struct cause, &s->causes, at);
    struct cause *c = key.p ? vf_vec_push(&s->j->scratch, &s->causes, sizeof *c) : NULL;
    if (!c || !vf_map_put(&s->by_key, key, s->causes.n - 1)) {
        s->j->out->failed = true;
        return NULL;
    }
    *c = (struct cause){.rule = rule, .file = file, .level = VF_L_INFO};
    return c;
}

/* Numbers as numbers: GLIBC_2.9 comes before GLIBC_2.14. */
static int compare_versions(struct vf_slice x, struct vf_slice y)
{
    size_t i = 0, k = 0;
    while (i < x.n && k < y.n) {
        uint64_t a = 0, b = 0;
        bool digits = x.p[i] >= '0' && x.p[i] <= '9' && y.p[k] >= '0' && y.p[k] <= '9';
        if (!digits && x.p[i] != y.p[k])
            return (unsigned char)x.p[i] < (unsigned char)y.p[k] ? -1 : 1;
        if (!digits) {
            i++, k++;
            continue;
        }
        for (; i < x.n && x.p[i] >= '0' && x.p[i] <= '9'; i++)
            a = a * 10 + (uint64_t)(x.p[i] - '0');
        for (; k < y.n && y.p[k] >= '0' && y.p[k] <= '9'; k++)
            b = b * 10 + (uint64_t)(y.p[k] - '0');
        if (a != b)
            return a < b ? -1 : 1;
    }
    return (i < x.n) - (k < y.n);
}

static void add_cause(struct loading *s, enum vf_rule rule, uint32_t file, const struct vf_load_problem *p,
                      struct vf_slice module, enum vf_level level)
{
    bool fresh;
    struct vf_slice what = p->kind == VF_LOAD_VERSION && p->found ? p->found->path : p->name;
    struct cause *c = cause_of(s, rule, file, what, &fresh);
    if (!c)
        return;
    if (fresh || level > c->level ||
        (p->kind == VF_LOAD_VERSION && compare_versions(p->version, c->p.version) > 0))
        c->p = *p;
    if (fresh || level > c->level) {
        c->level = level;
        c->file = fresh ? c->file : file;
        c->module = module;
    }
    c->count++;
}

/* --- libraries that something else has loaded before --- */

static void index_names(struct loading *s)
{
    const struct vf_env *env = s->j->env;
    if (s->names_known)
        return;
    s->names_known = true;
    for (size_t i = 0; i < env->n_files; i++) {
        const struct vf_elf_object *elf = env->files[i].facts.elf;
        if (!elf || !elf->loadable || !vf_elf_machine_eq(&elf->machine, &s->j->runtime.loader.machine))
            continue;
        struct vf_slice names[] = {elf->soname, vf_path_base(env->files[i].path)};
        for (size_t k = 0; k < VF_COUNT(names); k++)
            if (names[k].n && !vf_map_get(&s->names, names[k], NULL) && !vf_map_put(&s->names, names[k], i))
                s->j->out->failed = true;
    }
}

/* Calls `says` with the text of each Python file of a distribution, until one answers yes. */
static bool any_text(struct loading *s, uint32_t dist, struct vf_slice word,
                     bool (*says)(struct vf_slice text, struct vf_slice word))
{
    enum { FILES = 1000 };
    const struct vf_env *env = s->j->env;
    const struct vf_env_dist *d = &env->dists[dist];
    bool found = false;
    for (size_t i = 0, n = 0; i < d->record.n && n < FILES && !found && !vf_judge_is_stopped(s->j); i++) {
        const struct vf_file *f = d->row_files[i] == VF_NONE ? NULL : &env->files[d->row_files[i]];
        struct vf_arena arena;
        struct vf_slice text;
        struct vf_err why;
        if (!f || !vf_slice_ends(f->path, VF_S(".py")))
            continue;
        n++;
        vf_arena_init(&arena);
        vf_err_init(&why);
        found = vf_tree_read(env->tree, f->path, 1u << 20, &arena, &text, &why) == VF_OK && says(text, word);
        vf_err_release(&why);
        vf_arena_release(&arena);
    }
    return found;
}

static bool calls_loader(struct vf_slice text, struct vf_slice ignored)
{
    static const char *const words[] = {"CDLL(", "LoadLibrary(", "RTLD_GLOBAL", ".dlopen("};
    (void)ignored;
    for (size_t k = 0; k < VF_COUNT(words); k++)
        if (vf_slice_find(text, vf_slice_of(words[k]), 0) != VF_NPOS)
            return true;
    return false;
}

/* Does the Python code of a distribution load libraries by itself? */
static bool loads_itself(struct loading *s, uint32_t dist)
{
    struct code *c = &s->code[dist];
    if (!c->known)
        *c = (struct code){
            .known = true, .loads = any_text(s, dist, VF_S(""), calls_loader), .tries = c->tries};
    return c->loads;
}

/* `try:` and, within three lines, an import of the name: whoever wrote it expects that it may fail. */
static bool tries_import(struct vf_slice text, struct vf_slice name)
{
    struct vf_slice line;
    unsigned since = 9;
    while (vf_slice_next_line(&text, &line)) {
        line = vf_slice_trim(line);
        since = vf_slice_eq(line, VF_S("try:")) ? 0 : since + 1;
        if (since > 0 && since <= 3 && vf_slice_find(line, VF_S("import "), 0) != VF_NPOS &&
            vf_slice_find(line, name, 0) != VF_NPOS)
            return true;
    }
    return false;
}

/* A search path that names a prefix of this environment is a finding of its own (VF60x). */
static bool names_prefix(struct loading *s, const struct vf_library *by)
{
    if (by->file == VF_NONE)
        return false;
    const struct vf_file *f = &s->j->env->files[by->file];
    for (uint32_t i = 0; i < f->facts.n_refs; i++)
        if (f->facts.refs[i].syntax == VF_SYN_RPATH &&
            vf_judge_locate(s->j, &f->facts.refs[i]).prefix != VF_NONE)
            return true;
    return false;
}

/* The environment has such a library where the loader does not look; another module, or Python code, may have
 * loaded it when its turn comes. */
static bool may_be_loaded(struct loading *s, const struct vf_load_problem *p, uint32_t file)
{
    const struct vf_env *env = s->j->env;
    size_t at;
    index_names(s);
    if (!vf_map_get(&s->names, p->name, &at))
        return false;
    if (s->reached[at] || names_prefix(s, p->by))
        return true;
    uint32_t dists[] = {env->files[at].dist, env->files[file].dist};
    for (size_t i = 0; i < VF_COUNT(dists); i++)
        if (dists[i] != VF_NONE && loads_itself(s, dists[i]))
            return true;
    return false;
}

/* --- one file --- */

static enum vf_rule rule_of(const struct vf_load_problem *p)
{
    switch (p->kind) {
    case VF_LOAD_NO_LIBRARY:
        return VF_RULE_LIBRARY_MISSING;
    case VF_LOAD_MACHINE:
        return VF_RULE_MODULE_MACHINE;
    case VF_LOAD_VERSION:
        break;
    }
    return VF_RULE_LIBRARY_VERSION;
}

/* How much it matters that a file cannot be loaded: a module that is only tried is optional, and a library
 * that no module needs is loaded only where Python code does so, if at all. */
static enum vf_level level_of(struct loading *s, const struct vf_file *f, bool module, enum vf_level level)
{
    if (level == VF_L_INFO || f->dist == VF_NONE)
        return level;
    if (module && s->code[f->dist].tries++ >= TRIES_MAX)
        return level; /* where so many fail, none of them is optional */
    if (module)
        return any_text(s, f->dist, vf_module_of(s->j, f).name, tries_import) ? VF_L_WARNING : level;
    return f->flags & VF_FILE_IN_BIN || loads_itself(s, f->dist) ? level : VF_L_INFO;
}

static void take_problems(struct loading *s, const struct vf_file *f, bool module, enum vf_level level)
{
    const struct vf_loader *l = &s->j->runtime.loader;
    uint32_t root = (uint32_t)(f - s->j->env->files);
    if (l->problems.n)
        level = level_of(s, f, module, level);
    for (size_t i = 0; i < l->problems.n; i++) {
        const struct vf_load_problem *p = VF_VEC_AT(struct vf_load_problem, &l->problems, i);
        uint32_t file = p->by->file == VF_NONE ? root : p->by->file;
        enum vf_level loud = level;
        if (p->kind == VF_LOAD_NO_LIBRARY && s->j->env->params.host_unknown)
            continue;
        if (p->kind == VF_LOAD_NO_LIBRARY && may_be_loaded(s, p, root))
            loud = VF_L_INFO;
        add_cause(s, rule_of(p), file, p, module ? f->path : VF_S(""), loud);
    }
}

static void note_reached(struct loading *s)
{
    const struct vf_library *lib;
    for (size_t i = 0; (lib = vf_loader_loaded(&s->j->runtime.loader, i)); i++)
        if (lib->file != VF_NONE)
            s->reached[lib->file] = true;
}

/* --- what files have to be built for: the interpreter, or the target where that was named --- */

static const struct vf_target *target_of(const struct loading *s)
{
    const struct vf_target *t = s->j->env->params.target;
    return t && (t->platform_named || s->j->runtime.fault == VF_START_ASSUMED) ? t : NULL;
}

static const char *own_name(const struct loading *s)
{
    return target_of(s) ? "the target" : "the interpreter";
}

static bool fits_machine(const struct loading *s, const struct vf_elf_object *elf)
{
    const struct vf_target *t = target_of(s);
    struct vf_elf_machine m = s->j->runtime.loader.machine;
    if (t && !vf_elf_machine_of(t->target.arch, &m))
        return true; /* a processor that is not known: nothing is claimed */
    return vf_elf_machine_eq(&elf->machine, &m);
}

static enum vf_elf_libc own_libc(const struct loading *s)
{
    const struct vf_runtime *rt = &s->j->runtime;
    const struct vf_target *t = target_of(s);
    if (t && t->target.musl_major)
        return VF_ELF_LIBC_MUSL;
    if (t)
        return t->target.glibc_major ? VF_ELF_LIBC_GLIBC : VF_ELF_LIBC_NONE;
    if (!rt->library->elf->interp.n)
        return VF_ELF_LIBC_NONE;
    return rt->loader.musl ? VF_ELF_LIBC_MUSL : VF_ELF_LIBC_GLIBC;
}

/* The glibc, 2.N, of a version that a file requires; 0: of none. */
static unsigned glibc_of(struct vf_slice version)
{
    uint64_t minor;
    if (vf_slice_eq(version, VF_S("GLIBC_ABI_DT_RELR")))
        return 36;
    if (!vf_slice_starts(version, VF_S("GLIBC_2.")))
        return 0;
    struct vf_slice rest = vf_slice_from(version, sizeof "GLIBC_2." - 1);
    size_t end = vf_slice_find_byte(rest, '.', 0);
    return vf_slice_to_u64(vf_slice_sub(rest, 0, end), &minor) && minor < 1000 ? (unsigned)minor : 0;
}

/* What was loaded requires a newer glibc than the target has, whatever the libraries at hand define. */
static void take_glibc(struct loading *s, const struct vf_file *f, bool module, enum vf_level level)
{
    const struct vf_target *t = s->j->env->params.target;
    const struct vf_library *lib;
    uint32_t root = (uint32_t)(f - s->j->env->files);
    bool asked = false;
    if (!t || !t->target.glibc_major || t->target.glibc_minor == VF_TARGET_GLIBC_ANY)
        return;
    for (size_t i = 0; (lib = vf_loader_loaded(&s->j->runtime.loader, i)); i++)
        for (size_t k = 0; lib->file != VF_NONE && k < lib->elf->n_requires; k++) {
            const struct vf_elf_version *v = &lib->elf->requires[k];
            if (v->weak || glibc_of(v->name) <= t->target.glibc_minor)
                continue;
            if (!asked)
                level = level_of(s, f, module, level);
            asked = true;
            uint32_t file = lib->file == VF_NONE ? root : lib->file;
            add_cause(s, VF_RULE_LIBRARY_VERSION, file,
                      &(struct vf_load_problem){
                          .kind = VF_LOAD_VERSION, .by = lib, .name = VF_S("glibc"), .version = v->name},
                      module ? f->path : VF_S(""), level);
        }
}

static void judge_file(struct loading *s, const struct vf_file *f, bool module, enum vf_level level)
{
    struct vf_runtime *rt = &s->j->runtime;
    const struct vf_elf_object *elf = f->facts.elf;
    uint32_t file = (uint32_t)(f - s->j->env->files);
    struct vf_slice path = module ? f->path : VF_S("");
    enum vf_elf_libc own = own_libc(s);
    if (!elf->loadable || elf->damage)
        return;
    if (!fits_machine(s, elf)) {
        if (module || f->flags & VF_FILE_IN_BIN)
            add_cause(s, VF_RULE_MODULE_MACHINE, file, &(struct vf_load_problem){.kind = VF_LOAD_MACHINE},
                      path, level);
        return;
    }
    if (elf->libc != VF_ELF_LIBC_NONE && own != VF_ELF_LIBC_NONE && elf->libc != own) {
        if (module)
            add_cause(s, VF_RULE_MODULE_LIBC, file, &(struct vf_load_problem){.kind = VF_LOAD_MACHINE}, path,
                      level);
        return;
    }
    const struct vf_library *lib = vf_loader_env_file(&rt->loader, file);
    if (!lib)
        return;
    vf_loader_load(&rt->loader, lib);
    if (module && !rt->loader.problems.n)
        note_reached(s);
    take_problems(s, f, module, level);
    take_glibc(s, f, module, level);
}

/* Opened only on demand, and often for something that is not installed. */
static bool is_plugin(struct vf_slice path)
{
    static const char *const parts[] = {"plugin",   "/test",  "_test", "gstreamer", "/qml/",
                                        "provider", "cuda",   "/dri/", "rocm",      "driver",
                                        "backend",  "vulkan", "/debug"};
    for (size_t i = 0; i < VF_COUNT(parts); i++)
        if (vf_slice_find(path, vf_slice_of(parts[i]), 0) != VF_NPOS)
            return true;
    return false;
}

static enum subject subject_of(struct loading *s, const struct vf_file *f, enum vf_level *level)
{
    struct vf_module m = vf_module_of(s->j, f);
    if (!f->facts.elf || f->flags & VF_FILE_JOURNAL)
        return SUBJECT_NONE;
    if (m.fit == VF_MODULE_FOREIGN)
        return SUBJECT_NONE; /* its name says so already, or nothing looks for it */
    if (m.fit == VF_MODULE_FITS && m.on_path) {
        *level = m.tests ? VF_L_INFO : VF_L_ERROR;
        return SUBJECT_MODULE;
    }
    if (vf_judge_is_interpreter(f) || is_plugin(f->path))
        return SUBJECT_NONE;
    *level = VF_L_WARNING;
    return SUBJECT_LIBRARY;
}

/* Modules first: what they load is then known. */
static void judge_files(struct loading *s, enum subject which)
{
    const struct vf_env *env = s->j->env;
    for (size_t i = 0; i < env->n_files && !vf_judge_is_stopped(s->j); i++) {
        const struct vf_file *f = &env->files[i];
        enum vf_level level = VF_L_INFO;
        if (f->facts.elf && subject_of(s, f, &level) == which && !(which == SUBJECT_LIBRARY && s->reached[i]))
            judge_file(s, f, which == SUBJECT_MODULE, level);
    }
}

/* --- words --- */

/* The highest version of the same kind that the library defines. */
static struct vf_slice highest_like(const struct vf_library *lib, struct vf_slice version)
{
    struct vf_slice best = {NULL, 0};
    size_t dash = vf_slice_rfind_byte(version, '_');
    struct vf_slice kind = vf_slice_sub(version, 0, dash == VF_NPOS ? 0 : dash + 1);
    for (size_t i = 0; kind.n && i < lib->elf->n_defines; i++) {
        struct vf_slice v = lib->elf->defines[i];
        bool number = vf_slice_starts(v, kind) && v.n > kind.n && v.p[kind.n] >= '0' && v.p[kind.n] <= '9';
        if (number && (!best.n || compare_versions(v, best) > 0))
            best = v;
    }
    return best;
}

static void put_version(struct vf_buf *b, const struct vf_load_problem *p)
{
    struct vf_slice has = highest_like(p->found, p->version);
    vf_buf_puts(b, "needs version ");
    vf_buf_put(b, p->version);
    vf_buf_puts(b, " of ");
    vf_buf_put(b, p->name);
    vf_buf_puts(b, ", and ");
    vf_buf_put(b, p->found->path);
    vf_buf_puts(b, has.n ? " has only " : " has no such version");
    vf_buf_put(b, has);
}

static void put_words(const struct loading *s, const struct cause *c, struct vf_buf *b)
{
    const struct vf_elf_object *elf = s->j->env->files[c->file].facts.elf;
    const struct vf_runtime *rt = &s->j->runtime;
    if (c->rule == VF_RULE_LIBRARY_VERSION && !c->p.found) {
        vf_buf_puts(b, "needs ");
        vf_buf_put(b, c->p.version);
        vf_buf_printf(b, ", and the target has glibc 2.%u", s->j->env->params.target->target.glibc_minor);
    } else if (c->rule == VF_RULE_LIBRARY_VERSION) {
        put_version(b, &c->p);
    } else if (c->rule == VF_RULE_LIBRARY_MISSING) {
        vf_buf_puts(b, "needs ");
        vf_buf_put(b, c->p.name);
        vf_buf_puts(b, ", which is not found");
    } else if (c->rule == VF_RULE_MODULE_LIBC) {
        vf_buf_printf(b, "is built for %s, %s for %s", vf_elf_libc_name(elf->libc), own_name(s),
                      vf_elf_libc_name(own_libc(s)));
    } else if (c->p.found) {
        vf_buf_puts(b, "needs ");
        vf_judge_put_problem(b, &c->p);
    } else {
        vf_buf_puts(b, "is built for ");
        vf_elf_machine_put(b, &elf->machine);
        vf_buf_printf(b, ", %s ", own_name(s));
        if (target_of(s)) {
            vf_buf_puts(b, "is ");
            vf_buf_put(b, target_of(s)->words.platform);
        } else {
            vf_buf_puts(b, "for ");
            vf_elf_machine_put(b, &rt->loader.machine);
        }
    }
    if (c->module.n && !vf_slice_eq(c->module, s->j->env->files[c->file].path)) {
        vf_buf_puts(b, "; so ");
        vf_buf_put(b, c->module);
        vf_buf_puts(b, " cannot be imported");
    } else if (c->module.n && c->level == VF_L_ERROR) {
        vf_buf_puts(b, "; it cannot be imported");
    }
}

static void report_cause(struct loading *s, const struct cause *c)
{
    struct vf_finding *fi = vf_judge_about(s->j, c->rule, &s->j->env->files[c->file]);
    struct vf_buf b;
    vf_buf_init(&b);
    put_words(s, c, &b);
    vf_judge_say(s->j, fi, &b);
    if (!fi)
        return;
    fi->level = c->level;
    fi->count = c->count;
    if (c->p.name.n)
        fi->value = c->p.kind == VF_LOAD_VERSION ? c->p.version : c->p.name;
    if (c->p.found)
        fi->target = c->p.found->path;
}

/* --- damaged files --- */

static void judge_damage(struct loading *s, const struct vf_file *f)
{
    struct vf_module m = vf_module_of(s->j, f);
    struct vf_buf b;
    if (!f->facts.elf || !f->facts.elf->damage || vf_slice_ends(f->path, VF_S(".debug")))
        return;
    bool module = m.fit == VF_MODULE_FITS && m.on_path;
    bool named = vf_slice_ends(f->path, VF_S(".so")) || vf_slice_find(f->path, VF_S(".so."), 0) != VF_NPOS;
    if (!module && !named && !(f->flags & VF_FILE_IN_BIN))
        return; /* example files for programs that read such files */
    struct vf_finding *fi = vf_judge_about(s->j, VF_RULE_ELF_DAMAGED, f);
    vf_buf_init(&b);
    vf_buf_puts(&b, vf_rule_info(VF_RULE_ELF_DAMAGED)->what);
    vf_buf_puts(&b, ": ");
    vf_buf_puts(&b, f->facts.elf->damage);
    vf_judge_say(s->j, fi, &b);
    if (fi && module && !m.tests) { /* whatever it was, an import of it fails */
        fi->level = VF_L_ERROR;
        fi->verdict = VF_V_BROKEN;
    }
}

void vf_judge_loading(struct vf_judge *j)
{
    const struct vf_env *env = j->env;
    const struct vf_target *t = env->params.target;
    struct loading s = {.j = j};
    if (t && t->target.os != VF_TARGET_LINUX)
        return; /* its loader takes no ELF files: target.c */
    for (size_t i = 0; i < env->n_files; i++)
        judge_damage(&s, &env->files[i]);
    bool assumed = j->runtime.fault == VF_START_ASSUMED && j->runtime.loader.machine.bits;
    if (!assumed && (j->runtime.fault != VF_START_OK || !j->runtime.library))
        return;
    vf_map_init(&s.by_key, &j->scratch);
    vf_map_init(&s.names, &j->scratch);
    s.reached = vf_arena_array(&j->scratch, env->n_files + 1, sizeof *s.reached);
    s.code = vf_arena_array(&j->scratch, env->n_dists + 1, sizeof *s.code);
    if (!s.reached || !s.code)
        return;
    judge_files(&s, SUBJECT_MODULE);
    judge_files(&s, SUBJECT_LIBRARY);
    bool unsure = j->runtime.loader.unseen.n > 0; /* what was not read may be what is looked for */
    for (size_t i = 0; i < s.causes.n; i++)
        if (!unsure || VF_VEC_AT(struct cause, &s.causes, i)->rule != VF_RULE_LIBRARY_MISSING)
            report_cause(&s, VF_VEC_AT(struct cause, &s.causes, i));
    j->out->failed = j->out->failed || j->runtime.loader.failed;
}
