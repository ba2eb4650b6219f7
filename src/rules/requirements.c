/* requirements.c: VF551, VF553: does the environment hold what its distributions require, in versions that
 * they take, for its interpreter? What `pip check` asks. */
#include "packaging/closure.h"
#include "packaging/name.h"
#include "packaging/target.h"
#include "rules/judge.h"

struct needs {
    struct vf_judge *j;
    struct vf_vec dists; /* struct vf_closure_dist */
    uint32_t *of;        /* closure index -> env->dists */
    size_t n_own;
    struct vf_target target;
    bool unseen; /* a directory on the path could not be listed */
};

static bool counts(const struct vf_env *env, const struct vf_env_dist *d)
{
    return d->valid_name && !d->duplicate && vf_env_site_is_used(env, d->site);
}

static void add(struct needs *s, struct vf_slice name, struct vf_slice version, struct vf_slice metadata)
{
    struct vf_closure_dist *one = vf_vec_push(&s->j->scratch, &s->dists, sizeof *one);
    if (one)
        *one = (struct vf_closure_dist){.name = name, .version = version, .metadata = metadata};
}

static void add_own(struct needs *s)
{
    const struct vf_env *env = s->j->env;
    s->of = vf_arena_array(&s->j->scratch, env->n_dists + 1, sizeof *s->of);
    for (size_t i = 0; s->of && i < env->n_dists; i++) {
        const struct vf_env_dist *d = &env->dists[i];
        if (!counts(env, d))
            continue;
        s->of[s->dists.n] = (uint32_t)i;
        add(s, d->canonical, d->version.n ? d->version : d->header_version,
            d->is_egg ? VF_S("") : d->metadata);
    }
    s->n_own = s->dists.n;
}

/* --- what lies elsewhere on sys.path --- */

/* "Name-1.0-py3.8.egg" */
static void add_egg(struct needs *s, struct vf_slice base)
{
    struct vf_slice stem = vf_slice_sub(base, 0, base.n - 4);
    size_t dash = vf_slice_find_byte(stem, '-', 0);
    if (dash == VF_NPOS)
        return;
    struct vf_slice rest = vf_slice_from(stem, dash + 1);
    size_t end = vf_slice_find_byte(rest, '-', 0);
    add(s, vf_slice_sub(stem, 0, dash), vf_slice_sub(rest, 0, end == VF_NPOS ? rest.n : end), VF_S(""));
}

static void add_name(struct needs *s, struct vf_slice base)
{
    struct vf_info_name parts = vf_info_name_parse(base);
    if (vf_slice_ends(base, VF_S(".egg"))) {
        add_egg(s, base);
    } else if (parts.kind != VF_INFO_NONE && parts.name.n) {
        size_t dash = parts.kind == VF_INFO_EGG_INFO ? vf_slice_find(parts.version, VF_S("-py"), 0) : VF_NPOS;
        add(s, parts.name, vf_slice_sub(parts.version, 0, dash == VF_NPOS ? parts.version.n : dash),
            VF_S(""));
    }
}

static void add_directory(struct needs *s, struct vf_slice dir)
{
    struct vf_slice *names;
    struct vf_err why;
    size_t n = 0;
    int unseen;
    enum vf_kind kind = vf_host_look(s->j->env->params.host, dir, NULL, &unseen);
    if (kind != VF_KIND_DIR) { /* of a host that is not known, too */
        s->unseen = s->unseen || unseen || s->j->env->params.host_unknown;
        return;
    }
    vf_err_init(&why);
    if (vf_host_list_dir(s->j->env->params.host, dir, &s->j->scratch, &names, &n, &why) != VF_OK) {
        n = 0;
        s->unseen = true;
        if (!s->j->runtime.loader.unseen.n)
            s->j->runtime.loader.unseen = vf_arena_dup(s->j->a, dir);
    }
    vf_err_release(&why);
    for (size_t i = 0; i < n; i++)
        add_name(s, names[i]);
}

static void add_eggs_here(struct needs *s)
{
    const struct vf_env *env = s->j->env;
    for (size_t i = 0; i < env->n_sites; i++) {
        struct vf_dirent *ents;
        struct vf_err why;
        size_t n = 0;
        vf_err_init(&why);
        if (vf_tree_list(env->tree, env->sites[i], &s->j->scratch, &ents, &n, &why) == VF_OK)
            for (size_t k = 0; k < n; k++)
                if (vf_slice_ends(ents[k].name, VF_S(".egg")))
                    add_egg(s, ents[k].name);
        vf_err_release(&why);
    }
}

/* The base's own packages, which the environment sees with include-system-site-packages. Debian has them in
 * directories of another name. */
static void add_base(struct needs *s)
{
    struct vf_slice stdlib = s->j->runtime.stdlib;
    struct vf_buf b;
    vf_buf_init(&b);
    if (stdlib.n)
        add_directory(s, vf_path_join(&s->j->scratch, stdlib, VF_S("site-packages")));
    add_directory(s, VF_S("/usr/lib/python3/dist-packages"));
    vf_buf_printf(&b, "/usr/local/lib/python3.%u/dist-packages", s->j->env->py.minor);
    if (!b.failed)
        add_directory(s, vf_arena_dup(&s->j->scratch, vf_buf_slice(&b)));
    vf_buf_release(&b);
}

/* Directories that .pth files and editable installs put on the path. */
static void add_paths(struct needs *s)
{
    const struct vf_env *env = s->j->env;
    for (size_t i = 0; i < env->n_files; i++) {
        const struct vf_file *f = &env->files[i];
        for (uint32_t k = 0; k < f->facts.n_refs; k++) {
            const struct vf_ref *r = &f->facts.refs[k];
            bool path = r->syntax == VF_SYN_PTH || r->syntax == VF_SYN_EGG_LINK;
            if (path && vf_path_is_abs(r->value))
                add_directory(s, r->value);
        }
    }
}

/* Names that can be seen from the environment, without versions that exclude anything: a gap that one of them
 * closes is none. */
static void add_elsewhere(struct needs *s)
{
    add_eggs_here(s);
    add_paths(s);
    if (s->j->env->system_site_known && s->j->env->system_site)
        add_base(s);
}

/* --- findings --- */

bool vf_judge_marker_target(const struct vf_judge *j, struct vf_arena *a, struct vf_target *out)
{
    const struct vf_runtime *rt = &j->runtime;
    const struct vf_interpreter *py = &j->env->py;
    const char *arch = rt->library ? vf_elf_machine_arch(&rt->library->elf->machine) : NULL;
    struct vf_target_spec spec = {.pypy = py->pypy};
    unsigned minor = rt->minor ? rt->minor : py->minor;
    struct vf_err why;
    struct vf_buf b;
    if (j->env->params.target) {
        *out = *j->env->params.target;
        return true;
    }
    spec.platform = arch ? vf_arena_concat(a, VF_S("linux_"), vf_slice_of(arch), VF_S("")) : spec.platform;
    vf_buf_init(&b);
    vf_buf_printf(&b, "3.%u", minor);
    spec.python = vf_arena_dup(a, vf_buf_slice(&b));
    if (vf_slice_starts(py->version, spec.python) && py->version.n > spec.python.n &&
        py->version.p[spec.python.n] == '.')
        spec.python = py->version;
    vf_buf_release(&b);
    vf_err_init(&why);
    bool ok = spec.platform.n && minor && vf_target_make(a, &spec, out, &why) == VF_OK;
    vf_err_release(&why);
    return ok;
}

static void report_gap(struct needs *s, const struct vf_gap *g)
{
    struct vf_finding *fi = vf_findings_add(s->j->out, VF_RULE_BUNDLE_NEEDS, VF_S("."));
    const struct vf_env_dist *d = &s->j->env->dists[s->of[g->dist]];
    struct vf_buf b;
    if (!fi)
        return;
    vf_buf_init(&b);
    vf_gap_put(&b, s->dists.base, g);
    vf_judge_say(s->j, fi, &b);
    fi->level = VF_L_WARNING;
    fi->distribution = d->canonical;
    fi->value = vf_arena_dup(s->j->a, g->text);
    if (g->kind == VF_GAP_MALFORMED) { /* nobody knows what it asks for */
        fi->verdict = VF_V_UNEXAMINED;
        fi->level = VF_L_INFO;
    }
}

static bool find_gaps(struct needs *s, struct vf_gap **gaps, size_t *n)
{
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st =
        vf_closure_check(&s->j->scratch, s->dists.base, s->dists.n, &s->target.markers, gaps, n, &why);
    vf_err_release(&why);
    if (st == VF_NO_MEMORY)
        s->j->out->failed = true;
    return st == VF_OK;
}

static void judge_requires_dist(struct needs *s)
{
    struct vf_gap *gaps;
    size_t n;
    if (!find_gaps(s, &gaps, &n) || !n)
        return;
    add_elsewhere(s);
    if (s->dists.n > s->n_own && !find_gaps(s, &gaps, &n))
        return;
    for (size_t i = 0; i < n && !s->unseen; i++)
        if (gaps[i].dist < s->n_own)
            report_gap(s, &gaps[i]);
}

/* "3.12" where only that is known: the target stands for its last release then. */
static struct vf_slice python_shown(const struct needs *s)
{
    return s->j->env->params.target ? s->target.words.python : s->target.python;
}

static void judge_requires_python(struct needs *s)
{
    for (size_t i = 0; i < s->n_own; i++) {
        const struct vf_env_dist *d = &s->j->env->dists[s->of[i]];
        struct vf_specifiers set;
        struct vf_err why;
        bool in = true;
        if (!d->requires_python.n)
            continue;
        vf_err_init(&why);
        if (vf_specifiers_parse(&s->j->scratch, d->requires_python, &set, &why) == VF_OK)
            in =
                vf_specifiers_contains_text(&s->j->scratch, &set, s->target.python, &in, &why) != VF_OK || in;
        vf_err_release(&why);
        struct vf_finding *fi = in ? NULL : vf_findings_add(s->j->out, VF_RULE_WHEEL_PYTHON, d->info);
        if (!fi)
            continue;
        struct vf_buf b;
        vf_buf_init(&b);
        vf_buf_put(&b, d->name);
        vf_buf_puts(&b, " requires Python ");
        vf_buf_put(&b, d->requires_python);
        vf_buf_puts(&b, s->j->env->params.target ? ", the target is " : ", the interpreter is ");
        vf_buf_put(&b, python_shown(s));
        vf_judge_say(s->j, fi, &b);
        fi->level = VF_L_WARNING;
        fi->distribution = d->canonical;
        fi->value = d->requires_python;
        fi->expected = vf_arena_dup(s->j->a, python_shown(s));
    }
}

void vf_judge_requirements(struct vf_judge *j)
{
    struct needs s = {.j = j};
    if (j->env->py.python2 || !vf_judge_marker_target(j, &j->scratch, &s.target))
        return;
    add_own(&s);
    judge_requires_dist(&s);
    judge_requires_python(&s);
    j->out->failed = j->out->failed || j->scratch.failed;
}
