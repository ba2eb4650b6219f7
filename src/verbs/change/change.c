/* change.c: recreate, move and fix from beginning to end, and their result. */
#include "base/escape.h"
#include "relocate/given.h"
#include "verbs/recreate/recreate.h"

/* ---- examine: open, scan, judge, plan, prove ---- */

static enum vf_status open_env(struct vf_change *c)
{
    const struct venvfix_change_options *o = c->o;
    struct vf_slice *from = vf_arena_array(c->s.a, o->n_from + 1, sizeof *from);
    if (!from)
        return vf_err_nomem(&c->s.err);
    for (size_t i = 0; i < o->n_from; i++)
        from[i] = vf_slice_of(o->from[i]);
    struct vf_env_params p = {.path = c->from,
                              .cwd = c->s.cwd,
                              .from = from,
                              .n_from = o->n_from,
                              .at = o->verb == VENVFIX_FIX && !o->at ? (struct vf_slice){NULL, 0} : c->to,
                              .build_root = o->verb == VENVFIX_FIX && o->at,
                              .settle = !o->dry_run,
                              .host = c->s.host,
                              .hooks = &c->s.hooks};
    enum vf_status st = vf_change_read_maps(c, &p);
    if (st == VF_OK)
        st = vf_env_open(&p, &c->env, &c->s.err);
    if (st == VF_OK && c->o->verb == VENVFIX_RECREATE)
        st = vf_change_lock_source(c);
    if (st == VF_OK)
        st = vf_env_scan(c->env, &c->s.err);
    if (st == VF_OK)
        st = vf_check_given(c->env, &c->s.err);
    if (st == VF_OK)
        st = vf_change_choose_base(c);
    if (st == VF_OK && o->verb == VENVFIX_FIX && !o->at)
        c->to = c->env->typed;
    return st;
}

/* What no edit repairs is said before anything starts. */
static void note_reinstalls(struct vf_change *c)
{
    for (size_t i = 0; i < c->findings.v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(&c->findings, i);
        if (fi->level != VF_L_ERROR || fi->fix != VF_FIX_REINSTALL)
            continue;
        struct vf_buf b;
        vf_buf_init(&b);
        vf_term_put(&b, fi->distribution.n ? fi->distribution : fi->path);
        vf_buf_puts(&b, " has to be reinstalled: ");
        vf_term_put(&b, fi->message);
        const char *text = vf_buf_cstr(&b);
        if (text)
            vf_hooks_note(&c->s.hooks, text);
        vf_buf_release(&b);
    }
}

static enum vf_status examine(struct vf_change *c)
{
    double start = vf_seconds_since(0);
    enum vf_status st = open_env(c);
    c->findings.a = c->s.a;
    if (st == VF_OK && c->env->windows)
        st = vf_err_set(&c->s.err, VF_WINDOWS, 0, venvfix_verb_name(c->o->verb), c->env->typed,
                        "it is a Windows environment; use it there, or recreate it");
    if (st == VF_OK)
        st = vf_judge_env(c->env, &c->findings, &c->s.err);
    if (st == VF_OK)
        st = vf_plan_make(c->env, &c->findings, c->s.a, &c->plan, &c->s.err);
    c->r->plan_s = vf_seconds_since(start);
    if (st == VF_OK)
        note_reinstalls(c);
    if (st == VF_OK)
        st = vf_change_refuse_contents(c);
    if (st != VF_OK)
        return st;
    start = vf_seconds_since(0);
    st = vf_prove_plan(&c->plan, c->o->leave, c->s.a, &c->proofs, &c->s.err);
    c->r->prove_s = vf_seconds_since(start);
    return st;
}

static enum vf_status carry_out(struct vf_change *c)
{
    if (c->o->verb == VENVFIX_RECREATE)
        return vf_change_by_copy(c);
    if (c->o->verb == VENVFIX_MOVE && vf_change_has_mounts(c->env))
        return vf_change_by_copy(c);
    enum vf_status st = vf_change_in_place(c);
    if (st == VF_OK && c->o->verb == VENVFIX_FIX && c->o->install.compile)
        st = vf_change_compile(c);
    if (c->o->verb != VENVFIX_MOVE || (st != VF_CROSS_DEVICE && st != VF_BUSY) || c->journal_kept)
        return st;
    /* the rename itself decides: another file system, or a mount point */
    vf_err_clear(&c->s.err);
    c->r->renamed = false;
    return vf_change_by_copy(c);
}

/* ---- the result ---- */

static struct venvfix_bytes kept(struct vf_change *c, struct vf_slice v)
{
    return vf_bytes_of(vf_arena_dup(c->s.a, v));
}

/* Of each distribution: is a file of it not what RECORD says? NULL: no memory. */
static bool *modified_dists(struct vf_change *c)
{
    const struct vf_env *env = c->env;
    bool *modified = vf_arena_array(c->s.a, env->n_dists + 1, sizeof *modified);
    for (size_t i = 0; modified && i < env->n_files; i++) {
        const struct vf_file *f = &env->files[i];
        if (f->dist != VF_NONE && f->truth == VF_ROW_FALSE && !(f->flags & VF_FILE_PYC))
            modified[f->dist] = true;
    }
    return modified;
}

static struct venvfix_bytes requirement(struct vf_change *c, const struct vf_env_dist *d)
{
    if (d->has_url)
        return vf_bytes_of(vf_arena_concat(c->s.a, d->name, VF_S(" @ "), d->url.url));
    return vf_bytes_of(vf_arena_concat(c->s.a, d->name, VF_S("=="), d->version));
}

static enum vf_status tell_requirements(struct vf_change *c, const struct vf_slice *carried, size_t n_carried)
{
    const struct vf_env *env = c->env;
    struct venvfix_change_result *r = c->r;
    r->requirements = vf_arena_array(c->s.a, env->n_dists + n_carried + 1, sizeof *r->requirements);
    r->carried = vf_arena_array(c->s.a, n_carried + 1, sizeof *r->carried);
    const bool *modified = modified_dists(c);
    if (!r->requirements || !r->carried || !modified)
        return vf_err_nomem(&c->s.err);
    for (uint32_t i = 0; i < env->n_dists; i++) {
        const struct vf_env_dist *d = &env->dists[i];
        if (!d->valid_name)
            continue;
        r->requirements[r->n_requirements++] = (struct venvfix_requirement){.requirement = requirement(c, d),
                                                                            .name = kept(c, d->canonical),
                                                                            .version = kept(c, d->version),
                                                                            .how = VENVFIX_REUSED,
                                                                            .modified = modified[i]};
    }
    for (size_t i = 0; i < n_carried; i++)
        r->carried[r->n_carried++] = kept(c, carried[i]);
    return VF_OK;
}

static enum vf_status tell_edits(struct vf_change *c)
{
    struct venvfix_change_result *r = c->r;
    r->edits = vf_arena_array(c->s.a, c->plan.edits.n + 1, sizeof *r->edits);
    if (!r->edits)
        return vf_err_nomem(&c->s.err);
    for (size_t i = 0; i < c->plan.edits.n; i++) {
        const struct vf_edit *e = &c->plan.edits.v[i];
        r->edits[r->n_edits++] = (struct venvfix_edit){kept(c, e->path), e->rule, e->count};
    }
    return VF_OK;
}

/* What stays and is worth saying: errors, references to other places that are not edited, mentions, what was
 * not seen. */
bool vf_change_worth_a_warning(const struct vf_finding *fi)
{
    if (fi->rule == VF_RULE_HOST_UNSEEN)
        return false; /* the interpreter is started at the end, which says more */
    if (fi->level == VF_L_ERROR || fi->verdict == VF_V_BROKEN || fi->verdict == VF_V_ASTRAY ||
        fi->verdict == VF_V_UNEXAMINED)
        return true;
    return fi->rule == VF_RULE_TEXT_MENTION || fi->rule == VF_RULE_DEBUG_PLACE ||
           fi->rule == VF_RULE_CACHE_PLACE || fi->rule == VF_RULE_URL_STALE;
}

/* Files that somebody changed after they were installed were so before, and are copied as they are: a
 * warning. What the operation is about is where references lead. */
enum vf_status vf_change_add_warning(struct vf_change *c, const struct vf_finding *fi,
                                     struct vf_findings *out)
{
    if (!vf_change_worth_a_warning(fi))
        return VF_OK;
    struct vf_finding *one = vf_vec_push(c->s.a, &out->v, sizeof *one);
    if (!one)
        return vf_err_nomem(&c->s.err);
    *one = *fi;
    if (fi->level != VF_L_ERROR)
        return VF_OK;
    if (fi->verdict == VF_V_BROKEN || fi->verdict == VF_V_ASTRAY)
        c->r->exit = 1;
    else
        one->level = VF_L_WARNING;
    return VF_OK;
}

static enum vf_status tell_warnings(struct vf_change *c)
{
    struct vf_findings some = {.a = c->s.a};
    for (size_t i = 0; i < c->proofs.after.v.n; i++) {
        enum vf_status st = vf_change_add_warning(c, vf_findings_at(&c->proofs.after, i), &some);
        if (st != VF_OK)
            return st;
    }
    if (c->plan.unwritable.v.n)
        c->r->exit = 1; /* left by --leave */
    return vf_findings_out(&c->s, &some, &c->r->warnings);
}

static int proof_value(enum vf_proof p)
{
    return p == VF_PROVED ? 1 : p == VF_PROVED_NOT ? 0 : -1;
}

/* An error about the interpreter itself (VF1xx). */
static bool interpreter_is_wrong(const struct vf_findings *f)
{
    for (size_t i = 0; i < f->v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(f, i);
        if (fi->level == VF_L_ERROR && vf_rule_info(fi->rule)->id[2] == '1')
            return true;
    }
    return false;
}

enum vf_status vf_change_require_packages(struct vf_change *c)
{
    if (c->proofs.packages != VF_PROVED_NOT || interpreter_is_wrong(&c->proofs.after))
        return VF_OK;
    return vf_err_set(&c->s.err, VF_PROOF_FAILED, 0, "import", c->proofs.not_found,
                      "the interpreter starts at the new path, but does not find this module");
}

void vf_change_report_proofs(struct vf_change *c)
{
    c->r->proof_static = proof_value(c->proofs.statics);
    c->r->proof_freeze = proof_value(c->proofs.freeze);
    c->r->proof_record = proof_value(c->proofs.record);
    c->r->proof_interpreter = proof_value(c->proofs.interpreter);
    c->r->proof_packages = proof_value(c->proofs.packages);
    c->r->not_found = kept(c, c->proofs.not_found);
}

static enum vf_status report(struct vf_change *c)
{
    struct vf_slice *carried = NULL;
    size_t n = 0;
    vf_change_report_proofs(c);
    enum vf_status st = vf_plan_carried(c->env, c->s.a, &carried, &n, &c->s.err);
    if (st == VF_OK)
        st = tell_requirements(c, carried, n);
    if (st == VF_OK)
        st = tell_edits(c);
    return st == VF_OK ? tell_warnings(c) : st;
}

static enum vf_status dry_run(struct vf_change *c)
{
    struct vf_buf diff;
    vf_buf_init(&diff);
    enum vf_status st = vf_plan_diff(&c->plan, &diff, &c->s.err);
    if (st == VF_OK)
        c->r->diff = kept(c, vf_buf_slice(&diff));
    vf_buf_release(&diff);
    return st;
}

/* ---- all of it ---- */

static enum vf_status prefixes(struct vf_change *c)
{
    c->from = vf_session_abs(&c->s, c->o->from_path);
    const char *to = c->o->verb == VENVFIX_FIX ? c->o->at : c->o->to_path;
    c->to = to ? vf_session_abs(&c->s, to) : c->from;
    if (!c->from.p || !c->to.p)
        return vf_err_nomem(&c->s.err);
    c->r->from = vf_bytes_of(c->from);
    c->r->to = vf_bytes_of(c->to);
    return VF_OK;
}

/* Did nothing so far run out of memory in a function that cannot say so? */
static enum vf_status whole(struct vf_change *c)
{
    return vf_buf_ran_out() || c->s.a->failed ? vf_err_nomem(&c->s.err) : VF_OK;
}

static enum vf_status run(struct vf_change *c)
{
    enum vf_recreate_kind recreated = VF_RECREATE_NOT;
    enum vf_status st = prefixes(c);
    if (st == VF_OK)
        st = vf_change_resume(c);
    if (st == VF_OK && c->finished) {
        c->r->resumed = true;
        return VF_OK;
    }
    if (st == VF_OK && c->o->undo) {
        st = vf_change_undo(c);
        return st == VF_OK ? tell_edits(c) : st;
    }
    if (st == VF_OK)
        st = vf_recreate_recognise(c, &recreated);
    c->from_file =
        recreated == VF_RECREATE_LIST || recreated == VF_RECREATE_LOCK || recreated == VF_RECREATE_BUNDLE;
    if (st == VF_OK)
        st = vf_change_refuse_places(c);
    if (st == VF_OK)
        st = vf_change_bundle_first(c);
    if (st == VF_OK && recreated != VF_RECREATE_NOT)
        return vf_recreate_run(c, recreated);
    if (st == VF_OK)
        st = examine(c);
    if (st == VF_OK)
        st = whole(c);
    if (st == VF_OK)
        st = c->o->dry_run ? dry_run(c) : carry_out(c);
    if (st == VF_OK)
        st = report(c);
    return st == VF_OK && c->o->dry_run ? whole(c) : st;
}

int venvfix_change(const struct venvfix_change_options *options, struct venvfix_change_result *result)
{
    *result = (struct venvfix_change_result){.verb = options->verb,
                                             .dry_run = options->dry_run,
                                             .proof_static = -1,
                                             .proof_freeze = -1,
                                             .proof_record = -1,
                                             .proof_interpreter = -1,
                                             .proof_packages = -1,
                                             .proof_imports = -1,
                                             .stage_s = -1,
                                             .commit_s = -1,
                                             .retire_s = -1};
    struct vf_change c = {.o = options, .r = result};
    enum vf_status st = vf_session_open(&c.s, &options->hooks);
    vf_key_load(options->state_dir, !options->dry_run, &c.s.key);
    if (st == VF_OK)
        st = run(&c);
    if (st != VF_OK)
        result->exit = 2;
    /* These two name a requirement, not a file. */
    if (st != VF_OK && c.env && c.s.err.code != VF_INCOMPLETE && c.s.err.code != VF_INCOMPATIBLE)
        vf_err_below(&c.s.err, c.env->typed);
    vf_change_report_lost(&c);
    vf_change_bundle_last(&c, st);
    vf_env_free(c.env);
    vf_session_close(&c.s, &result->error, &result->own);
    return result->exit;
}

void venvfix_change_free(struct venvfix_change_result *result)
{
    vf_session_free_own(result->own);
    *result = (struct venvfix_change_result){0};
}
