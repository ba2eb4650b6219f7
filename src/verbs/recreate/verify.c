/* anew_prove.c: what was made is read again from the disk and held against what was asked for; then the
 * rename, and the interpreter at NEW. */
#include <errno.h>
#include <string.h>

#include "env/recheck.h"
#include "fs/spawn.h"
#include "packaging/name.h"
#include "verbs/recreate/recreate.h"

static enum vf_status failed(struct vf_recreate *a, struct vf_slice path, const char *why)
{
    return vf_err_set(&a->c->s.err, VF_PROOF_FAILED, 0, "prove", path, "%s; nothing was made", why);
}

/* ---- the frozen list ---- */

static bool same_version(struct vf_recreate *a, struct vf_slice x, struct vf_slice y)
{
    struct vf_version v, w;
    struct vf_err ignored;
    vf_err_init(&ignored);
    bool same = vf_slice_eq(x, y) ||
                (vf_version_parse(a->c->s.a, x, &v, &ignored) == VF_OK &&
                 vf_version_parse(a->c->s.a, y, &w, &ignored) == VF_OK && vf_version_cmp(&v, &w) == 0);
    vf_err_release(&ignored);
    return same;
}

static enum vf_status prove_freeze(struct vf_recreate *a)
{
    struct vf_map names;
    size_t at;
    vf_map_init(&names, a->c->s.a);
    for (size_t i = 0; i < a->made->n_dists; i++) {
        if (vf_map_get(&names, a->made->dists[i].canonical, &at))
            return failed(a, a->made->dists[i].info, "a distribution is there twice");
        if (!vf_map_put(&names, a->made->dists[i].canonical, i))
            return vf_err_nomem(&a->c->s.err);
    }
    for (size_t i = 0; i < a->reqs.v.n; i++) {
        const struct vf_install_req *w = VF_INSTALL_REQ_AT(&a->reqs, i);
        if (!vf_map_get(&names, w->name, &at))
            return failed(a, w->line, "it was installed and is not found");
        const struct vf_env_dist *d = &a->made->dists[at];
        if (!same_version(a, d->version, a->selections[i].version) ||
            d->has_url != (w->has_url || w->direct_url.n > 0))
            return failed(a, d->info, "the frozen list would differ");
    }
    return names.n == a->reqs.v.n ? VF_OK : failed(a, a->c->to, "there is a package that was not asked for");
}

/* ---- RECORD, and places ---- */

static bool names_staging(struct vf_recreate *a, const struct vf_finding *fi)
{
    struct vf_slice dir = vf_path_dir(a->root);
    return vf_slice_find(fi->value, dir, 0) != VF_NPOS || vf_slice_find(fi->target, dir, 0) != VF_NPOS;
}

static enum vf_status prove_findings(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    for (size_t i = 0; i < c->proofs.after.v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(&c->proofs.after, i);
        if (fi->verdict == VF_V_TAMPERED && fi->level == VF_L_ERROR) {
            c->proofs.record = VF_PROVED_NOT;
            return failed(a, fi->path, "it is not what RECORD says");
        }
        if (names_staging(a, fi)) {
            c->proofs.statics = VF_PROVED_NOT;
            return failed(a, fi->path, "it contains the path where it was built");
        }
    }
    return VF_OK;
}

/* Contents were held against RECORD while they were written; here the files are there, with their sizes, and
 * name nothing they should not. */
enum vf_status vf_recreate_verify(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_env_params p = {.path = a->root,
                              .cwd = c->s.cwd,
                              .at = c->to,
                              .proven = true,
                              .host = c->s.host,
                              .hooks = &c->s.hooks};
    vf_hooks_phase(&c->s.hooks, "prove");
    c->proofs = (struct vf_proofs){.interpreter = VF_PROOF_NOT_TRIED, .after = {.a = c->s.a}};
    enum vf_status st = vf_env_open(&p, &a->made, &c->s.err);
    if (st == VF_OK)
        st = vf_env_scan(a->made, &c->s.err);
    if (st == VF_OK)
        st = vf_judge_env(a->made, &c->proofs.after, &c->s.err);
    if (st != VF_OK)
        return st;
    c->proofs.statics = c->proofs.record = VF_PROVED;
    st = prove_findings(a);
    if (st == VF_OK)
        st = prove_freeze(a);
    c->proofs.freeze = st == VF_OK ? VF_PROVED : VF_PROVED_NOT;
    return st;
}

/* ---- imports ---- */

/* All in one process first; what fails there is tried alone, since some modules do not bear each other. */
static const char importer[] = "import sys,importlib,subprocess\n"
                               "bad=[]\n"
                               "for m in sys.argv[1:]:\n"
                               "    sys.stderr.write('>'+m+'\\n'); sys.stderr.flush()\n"
                               "    try: importlib.import_module(m)\n"
                               "    except BaseException: bad.append(m)\n"
                               "said=[]\n"
                               "for m in bad:\n"
                               "    p=subprocess.run([sys.executable,'-I','-B','-c','import importlib,sys; "
                               "importlib.import_module(sys.argv[1])',m],"
                               "stdin=subprocess.DEVNULL,stdout=subprocess.DEVNULL,stderr=subprocess.PIPE)\n"
                               "    if p.returncode: said.append(m+': "
                               "'+(p.stderr.decode('utf-8','replace').strip().splitlines() or ['?'])[-1])\n"
                               "sys.stdout.write('; '.join(said)[:1000])\n"
                               "sys.exit(1 if said else 0)\n";

static bool is_identifier(struct vf_slice s)
{
    bool ok = s.n > 0 && !(s.p[0] >= '0' && s.p[0] <= '9');
    for (size_t i = 0; i < s.n && ok; i++) {
        char ch = s.p[i];
        ok = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_';
    }
    return ok;
}

/* The top-level module that a member of a wheel makes; empty: none. */
static struct vf_slice module_of(const struct vf_wheel_file *f)
{
    struct vf_slice none = {NULL, 0}, base = vf_path_base(f->rest);
    bool code = vf_slice_ends(base, VF_S(".py")) || vf_slice_ends(base, VF_S(".so"));
    bool lib = f->part == VF_PART_ROOT || f->part == VF_PART_PURELIB || f->part == VF_PART_PLATLIB;
    if (!code || !lib)
        return none;
    size_t slash = vf_slice_find_byte(f->rest, '/', 0);
    struct vf_slice stem = vf_slice_sub(base, 0, vf_slice_find_byte(base, '.', 0));
    struct vf_slice top = slash == VF_NPOS ? stem : vf_slice_sub(f->rest, 0, slash);
    bool init = vf_slice_eq(stem, VF_S("__init__")) && vf_path_depth(f->rest) == 2;
    return (slash == VF_NPOS || init) && is_identifier(top) ? top : none;
}

static enum vf_status modules(struct vf_recreate *a, struct vf_vec *words)
{
    struct vf_arena *arena = a->c->s.a;
    struct vf_map seen;
    size_t at;
    vf_map_init(&seen, arena);
    for (size_t i = 0; i < a->reqs.v.n; i++) {
        const struct vf_wheel *w = a->selections[i].open.wheel;
        for (size_t k = 0; k < w->n_files; k++) {
            struct vf_slice m = module_of(&w->files[k]);
            if (!m.n || vf_map_get(&seen, m, &at))
                continue;
            const char **word = vf_vec_push(arena, words, sizeof *word);
            if (!word || !(*word = vf_arena_cstr(arena, m)) || !vf_map_put(&seen, m, 1))
                return vf_err_nomem(&a->c->s.err);
        }
    }
    return VF_OK;
}

static struct vf_slice last_module(struct vf_slice reported)
{
    size_t at = vf_slice_rfind_byte(reported, '>');
    return at == VF_NPOS ? VF_S("") : vf_slice_trim(vf_slice_from(reported, at + 1));
}

static enum vf_status prove_imports(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_vec words = {0};
    struct vf_spawn_result r = {0};
    struct vf_slice python = vf_path_join(c->s.a, c->to, VF_S("bin/python"));
    enum vf_status st = modules(a, &words);
    const char **argv = vf_arena_array(c->s.a, words.n + 6, sizeof *argv);
    if (st != VF_OK || !argv || !python.p)
        return st != VF_OK ? st : vf_err_nomem(&c->s.err);
    argv[0] = vf_arena_cstr(c->s.a, python);
    argv[1] = "-I";
    argv[2] = "-B";
    argv[3] = "-c";
    argv[4] = importer;
    if (words.n)
        memcpy(argv + 5, words.base, words.n * sizeof *argv);
    struct vf_spawn s = {.argv = argv, .timeout_ms = 1800u * 1000, .out_cap = 1u << 20};
    st = argv[0] ? vf_spawn_run(&s, &c->s.hooks, c->s.a, &r, &c->s.err) : vf_err_nomem(&c->s.err);
    if (st != VF_OK)
        return st;
    c->r->proof_imports = r.exit_code == 0 && !r.exec_errno;
    if (c->r->proof_imports)
        return VF_OK;
    struct vf_slice last = last_module(r.err), reported = r.out.n ? r.out : last;
    return vf_err_set(&c->s.err, VF_PROOF_FAILED, r.exec_errno, "import", c->to, "%s%.*s; nothing was made",
                      r.out.n ? "" : "the interpreter ended while importing ",
                      (int)(reported.n < 500 ? reported.n : 500), reported.p);
}

/* ---- the rename ---- */

static enum vf_status prove_there(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    double start = vf_seconds_since(0);
    vf_hooks_phase(&c->s.hooks, "prove");
    enum vf_status st = vf_prove_interpreter(a->made, c->to, &c->s.hooks, c->s.a, &c->proofs, &c->s.err);
    if (st == VF_OK)
        st = vf_change_require_packages(c);
    if (st == VF_OK && a->o->prove_imports && c->proofs.interpreter == VF_PROVED)
        st = prove_imports(a);
    c->r->prove_s += vf_seconds_since(start);
    return st;
}

enum vf_status vf_recreate_commit(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_staging *s = a->staging;
    double start = vf_seconds_since(0);
    enum vf_status st = c->env ? vf_env_recheck(c->env, NULL, &c->s.err) : VF_OK;
    if (st != VF_OK)
        return st;
    st = vf_staging_commit(s, &c->unflushed, &c->s.err);
    a->staging = NULL;
    c->r->commit_s = vf_seconds_since(start);
    if (st != VF_OK)
        return st;
    st = c->env && c->o->replace ? vf_env_recheck(c->env, NULL, &c->s.err) : VF_OK;
    if (st == VF_OK)
        st = prove_there(a);
    if (st != VF_OK)
        return vf_change_take_back(c, s);
    st = vf_change_end_staging(c, s);
    vf_change_note_unflushed(c);
    return st;
}
