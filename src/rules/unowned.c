/* unowned.c: VF218, VF421, VF422: code that no distribution installed, where Python or a shell would find it.
 *
 * Only code that runs at every start is looked for in any case; the rest is a question of --hashes, which
 * asks whether the environment is what was installed. */
#include "rules/judge.h"

/* ---- what tools write themselves (docs/formats.md 4.1) ---- */

struct known_line {
    struct vf_slice name; /* the file's; one that begins with `-` is the end of it */
    struct vf_slice head; /* what the line begins with */
};
static const struct known_line known_lines[] = {
    {VF_S_INIT("_virtualenv.pth"), VF_S_INIT("import _virtualenv")},
    {VF_S_INIT("distutils-precedence.pth"), VF_S_INIT("import os; var = 'SETUPTOOLS_USE_DISTUTILS'; ")},
    {VF_S_INIT("_virtualenv_path_extensions.pth"), VF_S_INIT("import sys; ")},
    {VF_S_INIT("virtualenv_path_extensions.pth"), VF_S_INIT("import sys; ")},
    {VF_S_INIT("easy-install.pth"), VF_S_INIT("import sys; ")},
    {VF_S_INIT("_uv_ephemeral_overlay.pth"), VF_S_INIT("import site; site.addsitedir(")},
    {VF_S_INIT("a1_coverage.pth"), VF_S_INIT("import sys; exec(")},
    {VF_S_INIT("-nspkg.pth"), VF_S_INIT("import sys, types, os;")},
};

/* No line of a tool is longer, and no other statement hides behind one. */
#define KNOWN_LINE_MAX 1024u

static bool is_named(struct vf_slice base, struct vf_slice name)
{
    return name.p[0] == '-' ? vf_slice_ends(base, name) : vf_slice_eq(base, name);
}

/* Does an editable install's `import __editable___NAME_finder; ...` stand here? */
static bool is_editable_line(struct vf_slice base, struct vf_slice line)
{
    return vf_slice_starts(base, VF_S("__editable__")) && vf_slice_starts(line, VF_S("import __editable___"));
}

static bool is_known_line(struct vf_slice base, struct vf_slice line)
{
    if (line.n > KNOWN_LINE_MAX)
        return false;
    if (is_editable_line(base, line))
        return true;
    for (size_t i = 0; i < VF_COUNT(known_lines); i++)
        if (is_named(base, known_lines[i].name) && vf_slice_starts(line, known_lines[i].head))
            return i > 0 || vf_slice_eq(vf_slice_trim(line), known_lines[i].head);
    return false;
}

static bool is_known_module(struct vf_slice base)
{
    return vf_slice_eq(base, VF_S("_virtualenv.py")) ||
           (vf_slice_starts(base, VF_S("__editable___")) && vf_slice_ends(base, VF_S("_finder.py")));
}

/* ---- what is asked of each file ---- */

static bool is_unowned(const struct vf_file *f)
{
    return f->dist == VF_NONE && f->info_of == VF_NONE;
}

/* The stem of a name that `import` takes: "x" of x.py, x.pyc, x.abi3.so; empty: it takes none. */
static struct vf_slice module_stem(struct vf_slice base)
{
    static const struct vf_slice ends[] = {VF_S_INIT(".py"), VF_S_INIT(".pyc"), VF_S_INIT(".so"),
                                           VF_S_INIT(".pyd")};
    size_t dot = vf_slice_find_byte(base, '.', 0);
    for (size_t i = 0; i < VF_COUNT(ends); i++)
        if (dot != VF_NPOS && vf_slice_ends(base, ends[i]))
            return vf_slice_sub(base, 0, dot);
    return VF_S("");
}

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

static bool is_startup_name(struct vf_slice module)
{
    return vf_slice_eq(module, VF_S("sitecustomize")) || vf_slice_eq(module, VF_S("usercustomize"));
}

/* ---- code at every start ---- */

static struct vf_finding *report_startup(struct vf_judge *j, const struct vf_file *f, const char *more)
{
    struct vf_finding *fi = vf_judge_about(j, VF_RULE_STARTUP_UNOWNED, f);
    if (!fi || !more)
        return fi;
    fi->message =
        vf_arena_concat(j->a, vf_slice_of(vf_rule_info(fi->rule)->what), VF_S(": "), vf_slice_of(more));
    j->out->failed = j->out->failed || !fi->message.p;
    return fi;
}

/* A .pth file: its code lines. What a tool wrote is information, and only with --hashes. */
static void judge_path_file(struct vf_judge *j, const struct vf_file *f)
{
    const struct vf_flaw *first = NULL;
    bool known = true;
    uint32_t n = 0;
    if (f->st.kind == VF_KIND_LINK) {
        (void)report_startup(j, f, "the .pth file is a symlink, and what it leads to was not examined");
        return;
    }
    for (uint32_t i = 0; i < f->facts.n_flaws; i++) {
        const struct vf_flaw *fl = &f->facts.flaws[i];
        if (fl->kind != VF_FLAW_PTH_CODE)
            continue;
        bool is_known = is_known_line(vf_path_base(f->path), fl->value);
        if (!first || (known && !is_known))
            first = fl;
        known = known && is_known;
        n++;
    }
    if (!first || (known && !j->hashes))
        return;
    struct vf_finding *fi = report_startup(j, f, NULL);
    if (!fi)
        return;
    fi->line = first->line;
    fi->offset = (int64_t)first->off;
    fi->value = first->value;
    fi->count = n;
    if (known)
        fi->level = VF_L_INFO;
}

/* ---- import paths ---- */

/* The modules that belong to distributions without a list of files: egg-info directories, a RECORD that is
 * gone. */
static bool note_unlisted(struct vf_judge *j, struct vf_map *modules)
{
    for (size_t i = 0; i < j->env->n_dists; i++) {
        const struct vf_env_dist *d = &j->env->dists[i];
        struct vf_slice path = vf_path_join(&j->scratch, d->info, VF_S("top_level.txt")), text, line;
        struct vf_err why;
        if (d->has_record || d->is_egg_link)
            continue;
        struct vf_buf own;
        vf_buf_init(&own);
        for (size_t k = 0; k < d->canonical.n; k++)
            vf_buf_putc(&own, d->canonical.p[k] == '-' ? '_' : d->canonical.p[k]);
        struct vf_slice name = vf_arena_dup(&j->scratch, vf_buf_slice(&own));
        vf_buf_release(&own);
        if (!path.p || !name.p || !vf_map_put(modules, name, 1))
            return false;
        vf_err_init(&why);
        if (vf_tree_read(j->env->tree, path, 1u << 16, &j->scratch, &text, &why) != VF_OK)
            text = VF_S("");
        vf_err_release(&why);
        while (vf_slice_next_line(&text, &line))
            if (!vf_map_put(modules, vf_slice_trim(line), 1))
                return false;
    }
    return true;
}

/* Would `import` take this file in the place of one that a distribution installed: x.so beside its x.py, the
 * package x/ beside it? */
static bool hides_owned(struct vf_judge *j, const struct vf_file *f)
{
    struct vf_slice dir = vf_path_dir(f->path), base = vf_path_base(f->path), stem = module_stem(base);
    struct vf_slice module =
        vf_slice_eq(stem, VF_S("__init__")) ? dir : vf_slice_sub(f->path, 0, f->path.n - base.n + stem.n);
    if (vf_slice_ends(base, VF_S(".pyc")) || (module.n != dir.n && vf_slice_ends(base, VF_S(".py"))))
        return false; /* what is not a package stands behind extension modules and sources */
    struct vf_slice source = vf_arena_concat(&j->scratch, module, VF_S(".py"), VF_S(""));
    uint32_t other = source.p ? vf_env_find(j->env, source) : VF_NONE;
    return other != VF_NONE && !is_unowned(&j->env->files[other]);
}

/* One name directly in a site-packages directory: the files files[begin..end) are it or lie below it. */
struct entry {
    struct vf_slice name;
    size_t begin, end;
    const struct vf_file *first; /* the first that was not installed and can be imported */
    uint32_t n;                  /* of these */
    bool is_dir, owned;
};

static void look_at_file(struct vf_judge *j, struct entry *e, const struct vf_file *f)
{
    struct vf_slice base = vf_path_base(f->path);
    if (!is_unowned(f)) {
        e->owned = true;
        return;
    }
    if (f->st.kind != VF_KIND_FILE || !is_identifier(module_stem(base)) ||
        vf_slice_eq(vf_path_base(vf_path_dir(f->path)), VF_S("__pycache__")))
        return;
    if (!e->n++)
        e->first = f;
    if (j->hashes && hides_owned(j, f)) {
        struct vf_finding *fi = vf_judge_about(j, VF_RULE_MODULE_UNOWNED, f);
        if (fi)
            fi->message =
                VF_S("a module not installed by any package is imported instead of an installed one");
        e->n--;
    }
}

static void report_entry(struct vf_judge *j, const struct entry *e)
{
    struct vf_slice module = e->is_dir ? e->name : module_stem(e->name);
    if (is_startup_name(module) && !e->owned) {
        (void)report_startup(j, e->first, NULL);
        return;
    }
    if (!j->hashes)
        return;
    struct vf_finding *fi = vf_judge_about(j, VF_RULE_MODULE_UNOWNED, e->first);
    if (!fi)
        return;
    fi->count = e->n;
    if (e->owned || is_known_module(e->name)) /* what a package writes beside its own files */
        fi->level = VF_L_INFO;
}

static void judge_entry(struct vf_judge *j, struct vf_map *unlisted, struct entry *e)
{
    size_t one;
    struct vf_slice module = e->is_dir ? e->name : module_stem(e->name);
    if (!is_identifier(module) || vf_slice_eq(module, VF_S("__pycache__")) ||
        vf_map_get(unlisted, module, &one))
        return;
    if (!j->hashes && !is_startup_name(module))
        return;
    for (size_t i = e->begin; i < e->end && !vf_judge_is_stopped(j); i++)
        look_at_file(j, e, &j->env->files[i]);
    if (e->n)
        report_entry(j, e);
}

static bool is_in_site(const struct vf_judge *j, struct vf_slice path, struct vf_slice *site,
                       struct vf_slice *rest)
{
    for (size_t i = 0; i < j->env->n_sites; i++)
        if (vf_path_under(j->env->sites[i], path, rest) && rest->n &&
            vf_env_site_is_used(j->env, j->env->sites[i])) {
            *site = j->env->sites[i];
            return true;
        }
    return false;
}

/* The name directly in site-packages that files[i] is, or lies below. */
static struct entry entry_at(const struct vf_judge *j, size_t i, struct vf_slice rest)
{
    const struct vf_env *env = j->env;
    size_t slash = vf_slice_find_byte(rest, '/', 0);
    struct entry e = {.begin = i, .end = i + 1, .is_dir = slash != VF_NPOS};
    e.name = vf_slice_sub(rest, 0, e.is_dir ? slash : rest.n);
    if (!e.is_dir)
        return e;
    struct vf_slice dir = vf_slice_sub(env->files[i].path, 0, env->files[i].path.n - rest.n + slash + 1);
    while (e.end < env->n_files && vf_slice_starts(env->files[e.end].path, dir))
        e.end++;
    return e;
}

static void judge_modules(struct vf_judge *j)
{
    struct vf_map unlisted;
    struct vf_slice site, rest;
    vf_map_init(&unlisted, &j->scratch);
    if (j->hashes && !note_unlisted(j, &unlisted)) {
        j->out->failed = true;
        return;
    }
    for (size_t i = 0; i < j->env->n_files && !vf_judge_is_stopped(j);) {
        const struct vf_file *f = &j->env->files[i];
        if (!(f->flags & VF_FILE_IN_SITE) || !is_in_site(j, f->path, &site, &rest)) {
            i++;
            continue;
        }
        struct entry e = entry_at(j, i, rest);
        if (!e.is_dir && is_unowned(f) && vf_slice_ends(rest, VF_S(".pth")))
            judge_path_file(j, f);
        judge_entry(j, &unlisted, &e);
        i = e.end;
    }
}

/* ---- BIN ---- */

/* What the makers of environments put there, and the hooks that virtualenvwrapper offers. */
static bool is_maker_script(const struct vf_file *f)
{
    static const char *const heads[] = {"activate",       "Activate",      "deactivate",     "python",
                                        "pydoc.bat",      "pypy",          "postactivate",   "preactivate",
                                        "postdeactivate", "predeactivate", "get_env_details"};
    for (size_t i = 0; i < VF_COUNT(heads); i++)
        if (vf_slice_starts(vf_path_base(f->path), vf_slice_of(heads[i])))
            return true;
    return false;
}

static void judge_scripts(struct vf_judge *j)
{
    for (size_t i = 0; j->hashes && i < j->env->n_files && !vf_judge_is_stopped(j); i++) {
        const struct vf_file *f = &j->env->files[i];
        if (f->flags & VF_FILE_IN_BIN && f->st.kind == VF_KIND_FILE && f->st.mode & 0111 && is_unowned(f) &&
            !is_maker_script(f))
            vf_judge_about(j, VF_RULE_SCRIPT_UNOWNED, f);
    }
}

void vf_judge_unowned(struct vf_judge *j)
{
    judge_modules(j);
    judge_scripts(j);
}
