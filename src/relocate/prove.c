/* prove.c: the static proofs, on the planned tree. Only edited files are read again; the facts of all others
 * are kept. */
#include "relocate/prove.h"

#include <string.h>

#include "base/digest.h"
#include "fs/tree_planned.h"

struct proving {
    const struct vf_plan *plan;
    struct vf_arena *a;
    struct vf_tree *tree;
    struct vf_env after; /* the environment as planned: shares all but files and distributions */
    struct vf_findings before;
    struct vf_map hard_before;          /* errors before, by path and rule and by path and verdict */
    struct vf_map unwritable, warnings; /* findings of the plan, by path and rule and by path and value */
    struct vf_record **records;         /* of each distribution, once it was asked for: RECORD as planned */
    struct vf_arena scratch;            /* for one question */
    bool leave;
};

static enum vf_status stopped(struct vf_err *err)
{
    return vf_err_set(err, VF_INTERRUPTED, 0, "prove", VF_S(""), "stopped on request");
}

static enum vf_status failed(struct vf_err *err, struct vf_slice path, const char *rule, const char *why)
{
    return vf_err_set(err, VF_PROOF_FAILED, 0, "prove", path, "%s%s%s; nothing was changed", rule,
                      *rule ? ": " : "", why);
}

/* ---- the environment as it will be ---- */

static enum vf_status read_edited(struct proving *p, struct vf_err *err)
{
    const struct vf_edits *edits = &p->plan->edits;
    struct vf_reread *reread = NULL;
    enum vf_status st = vf_reread_new(&p->after, p->tree, &reread, err);
    for (size_t i = 0; i < edits->n && st == VF_OK; i++) {
        if (vf_hooks_cancelled(p->plan->env->params.hooks))
            st = stopped(err);
        uint32_t f = st == VF_OK ? vf_env_find(&p->after, edits->v[i].path) : VF_NONE;
        if (f == VF_NONE)
            continue;
        if (edits->v[i].kind == VF_EDIT_DELETE) {
            p->after.files[f].st.kind = VF_KIND_NONE;
            p->after.files[f].facts = (struct vf_facts){0};
            continue;
        }
        struct vf_file now;
        st = vf_reread_file(reread, f, &now, p->a, err);
        if (st == VF_OK && now.unexamined != VF_OK && p->plan->env->files[f].unexamined == VF_OK)
            st = failed(err, now.path, "", "it cannot be read back");
        if (st == VF_OK)
            p->after.files[f] = now;
    }
    vf_reread_free(reread);
    return st;
}

static enum vf_status lay_out(struct proving *p, struct vf_err *err)
{
    const struct vf_env *env = p->plan->env;
    enum vf_status st = vf_tree_planned(env->tree, &p->plan->edits, &p->tree, err);
    if (st != VF_OK)
        return st;
    p->after = *env;
    p->after.tree = p->tree;
    p->after.files = vf_arena_array(p->a, env->n_files + 1, sizeof *p->after.files);
    if (!p->after.files)
        return vf_err_nomem(err);
    memcpy(p->after.files, env->files, env->n_files * sizeof *env->files);
    st = read_edited(p, err);
    return st == VF_OK && env->params.base ? vf_env_reread_interpreter(&p->after, p->a, err) : st;
}

/* ---- no new error, nothing left ---- */

/* What findings are looked up by: a path and one more thing about it. Names hold no NUL. */
static struct vf_slice key_of(struct vf_arena *a, struct vf_slice path, const char *what,
                              struct vf_slice more)
{
    struct vf_slice rest = vf_arena_concat(a, (struct vf_slice){"", 1}, vf_slice_of(what), more);
    return rest.p ? vf_arena_concat(a, path, rest, VF_S("")) : rest;
}

static struct vf_slice rule_key(struct vf_arena *a, const struct vf_finding *fi)
{
    return key_of(a, fi->path, "rule", vf_slice_of(vf_rule_info(fi->rule)->id));
}

static struct vf_slice value_key(struct vf_arena *a, const struct vf_finding *fi)
{
    return key_of(a, fi->path, "value", fi->value);
}

static struct vf_slice verdict_key(struct vf_arena *a, const struct vf_finding *fi)
{
    return key_of(a, fi->path, "verdict", vf_slice_of(vf_verdict_name(fi->verdict)));
}

static bool put_key(struct vf_map *m, struct vf_slice key)
{
    return key.p && vf_map_put(m, key, 1);
}

static enum vf_status index_listed(struct proving *p, const struct vf_findings *in, struct vf_map *out,
                                   struct vf_err *err)
{
    vf_map_init(out, p->a);
    for (size_t i = 0; i < in->v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(in, i);
        if (!put_key(out, rule_key(p->a, fi)) || !put_key(out, value_key(p->a, fi)))
            return vf_err_nomem(err);
    }
    return VF_OK;
}

static enum vf_status index_before(struct proving *p, struct vf_err *err)
{
    vf_map_init(&p->hard_before, p->a);
    for (size_t i = 0; i < p->before.v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(&p->before, i);
        if (fi->level != VF_L_ERROR)
            continue;
        if (!put_key(&p->hard_before, rule_key(p->a, fi)) || !put_key(&p->hard_before, verdict_key(p->a, fi)))
            return vf_err_nomem(err);
    }
    return VF_OK;
}

typedef struct vf_slice (*key_fn)(struct vf_arena *a, const struct vf_finding *fi);

/* Has the map one of the two keys of a finding? */
static bool has_key(struct proving *p, const struct vf_map *m, const struct vf_finding *fi, key_fn second)
{
    if (!m->n)
        return false;
    vf_arena_clear(&p->scratch);
    return vf_map_get(m, rule_key(&p->scratch, fi), NULL) || vf_map_get(m, second(&p->scratch, fi), NULL);
}

static bool listed(struct proving *p, const struct vf_map *m, const struct vf_finding *fi)
{
    return has_key(p, m, fi, value_key);
}

/* Errors of the same file before: the same thing under the name it has there. */
static bool was_wrong_before(struct proving *p, const struct vf_finding *fi)
{
    return has_key(p, &p->hard_before, fi, verdict_key);
}

static bool is_hard(const struct vf_finding *fi)
{
    return fi->level == VF_L_ERROR &&
           (fi->verdict == VF_V_BROKEN || fi->verdict == VF_V_ASTRAY || fi->verdict == VF_V_TAMPERED);
}

/* What is only informational may be written in a form that names no place at all (a path that pyvenv.cfg
 * cannot hold). */
static bool names_old_place(const struct proving *p, const struct vf_finding *fi)
{
    struct vf_location loc;
    struct vf_err ignored;
    vf_err_init(&ignored);
    bool old =
        vf_env_locate(&p->after, fi->target.p ? fi->target : fi->value, p->a, &loc, &ignored) == VF_OK &&
        loc.prefix != VF_NONE;
    vf_err_release(&ignored);
    return old;
}

/* A reference that the plan should have written. */
static bool is_left_over(struct proving *p, const struct vf_finding *fi)
{
    if (fi->verdict == VF_V_STALE && (!names_old_place(p, fi) || listed(p, &p->warnings, fi)))
        return false;
    enum vf_family family = vf_rule_info(fi->rule)->family;
    bool added = family == VF_FAMILY_ACTIVATE || family == VF_FAMILY_ACTIVATE_LINE;
    if (fi->verdict == VF_V_BOUND || fi->fix != VF_FIX_REWRITE)
        return false;
    return family == VF_FAMILY_TEXT || family == VF_FAMILY_SCRIPT_BODY ||
           ((added || fi->ref != VF_NONE) && fi->expected.p);
}

static enum vf_status compare(struct proving *p, const struct vf_findings *after, struct vf_err *err)
{
    enum vf_status st = index_before(p, err);
    if (st == VF_OK)
        st = index_listed(p, &p->plan->unwritable, &p->unwritable, err);
    if (st == VF_OK)
        st = index_listed(p, &p->plan->warnings, &p->warnings, err);
    for (size_t i = 0; i < after->v.n && st == VF_OK; i++) {
        const struct vf_finding *fi = vf_findings_at(after, i);
        if (vf_hooks_cancelled(p->plan->env->params.hooks))
            return stopped(err);
        bool refused = listed(p, &p->unwritable, fi);
        if (refused && p->leave)
            continue;
        if (is_left_over(p, fi))
            return failed(err, fi->path, vf_rule_info(fi->rule)->id,
                          "a reference to another path would stay");
        if (is_hard(fi) && !was_wrong_before(p, fi))
            return failed(err, fi->path, vf_rule_info(fi->rule)->id,
                          "it works now and would not work at the new path");
    }
    return st == VF_OK && p->scratch.failed ? vf_err_nomem(err) : st;
}

static enum vf_status prove_statics(struct proving *p, struct vf_proofs *out, struct vf_err *err)
{
    struct vf_env before = *p->plan->env;
    before.params.at = (struct vf_slice){NULL, 0};
    p->before.a = p->a;
    out->after.a = p->a;
    enum vf_status st = vf_judge_env(&before, &p->before, err);
    if (st == VF_OK)
        st = vf_judge_env(&p->after, &out->after, err);
    if (st == VF_OK)
        st = compare(p, &out->after, err);
    out->statics = st == VF_OK ? VF_PROVED : VF_PROVED_NOT;
    return st;
}

/* ---- RECORD ---- */

static enum vf_status contents_after(const struct proving *p, const struct vf_edit *e, struct vf_buf *out,
                                     struct vf_err *err)
{
    struct vf_arena scratch;
    struct vf_slice old;
    vf_arena_init(&scratch);
    enum vf_status st = vf_edit_original(e, p->plan->env->tree, &scratch, &old, err);
    if (st == VF_OK)
        st = vf_edit_apply(e, old, out, err);
    vf_arena_release(&scratch);
    return st == VF_OK && out->failed ? vf_err_nomem(err) : st;
}

/* Does this row say what these bytes are? Rows without hash say nothing: true. */
static bool row_holds(const struct vf_record_row *row, struct vf_slice bytes)
{
    struct vf_hasher *h = NULL;
    unsigned char d[VF_DIGEST_MAX];
    struct vf_err ignored;
    vf_err_init(&ignored);
    bool ok = !row->has_size || row->size == bytes.n;
    if (ok && row->digest.n && vf_hasher_new(row->alg, &h, &ignored) == VF_OK) {
        vf_hasher_update(h, bytes);
        size_t n = vf_hasher_final(h, d);
        ok = vf_record_digest_is(row, (struct vf_slice){(const char *)d, n});
        vf_hasher_free(h);
    }
    vf_err_release(&ignored);
    return ok;
}

static enum vf_status record_after(const struct proving *p, const struct vf_env_dist *d,
                                   struct vf_record *out, struct vf_err *err)
{
    const struct vf_edit *e = d->record_file == VF_NONE
                                  ? NULL
                                  : vf_edits_find(&p->plan->edits, p->plan->env->files[d->record_file].path);
    *out = d->record;
    if (!e)
        return VF_OK;
    struct vf_buf b;
    vf_buf_init(&b);
    enum vf_status st = contents_after(p, e, &b, err);
    struct vf_slice kept = st == VF_OK ? vf_arena_dup(p->a, vf_buf_slice(&b)) : (struct vf_slice){NULL, 0};
    vf_buf_release(&b);
    if (st == VF_OK && !kept.p)
        st = vf_err_nomem(err);
    if (st == VF_OK)
        st = vf_record_parse(p->a, kept, out, err);
    if (st == VF_OK && out->n != d->record.n)
        st = failed(err, e->path, "", "RECORD would have other rows");
    return st;
}

/* The same, taken apart once for each distribution. */
static const struct vf_record *planned_record(struct proving *p, uint32_t dist, struct vf_err *err)
{
    if (p->records && p->records[dist])
        return p->records[dist];
    struct vf_record *now = vf_arena_alloc(p->a, sizeof *now);
    if (!p->records || !now) {
        (void)vf_err_nomem(err);
        return NULL;
    }
    if (record_after(p, &p->plan->env->dists[dist], now, err) != VF_OK)
        return NULL;
    return p->records[dist] = now;
}

static enum vf_status prove_row(struct proving *p, const struct vf_edit *e, const struct vf_file *f,
                                struct vf_err *err)
{
    const struct vf_env_dist *d = &p->plan->env->dists[f->dist];
    const struct vf_record *now = planned_record(p, f->dist, err);
    if (!now)
        return err->code;
    struct vf_arena scratch;
    struct vf_slice old;
    struct vf_buf after;
    vf_arena_init(&scratch);
    vf_buf_init(&after);
    enum vf_status st = vf_edit_original(e, p->plan->env->tree, &scratch, &old, err);
    if (st == VF_OK)
        st = contents_after(p, e, &after, err);
    if (st == VF_OK && row_holds(&d->record.rows[f->row], old) &&
        !row_holds(&now->rows[f->row], vf_buf_slice(&after)))
        st = failed(err, e->path, "", "its RECORD row would not be true any more");
    vf_buf_release(&after);
    vf_arena_release(&scratch);
    return st;
}

static enum vf_status prove_records(struct proving *p, struct vf_proofs *out, struct vf_err *err)
{
    p->records = vf_arena_array(p->a, p->plan->env->n_dists + 1, sizeof(struct vf_record *));
    enum vf_status st = p->records ? VF_OK : vf_err_nomem(err);
    for (size_t i = 0; i < p->plan->edits.n && st == VF_OK; i++) {
        const struct vf_edit *e = &p->plan->edits.v[i];
        if (vf_hooks_cancelled(p->plan->env->params.hooks))
            return stopped(err);
        uint32_t f = vf_env_find(p->plan->env, e->path);
        if (e->kind != VF_EDIT_SPLICE || f == VF_NONE)
            continue;
        const struct vf_file *file = &p->plan->env->files[f];
        if (file->dist != VF_NONE && file->row != VF_NONE)
            st = prove_row(p, e, file, err);
    }
    out->record = st == VF_OK ? VF_PROVED : VF_PROVED_NOT;
    return st;
}

/* ---- the frozen list ---- */

/* Where a direct_url.json is edited, its url must be the old one mapped; nothing else of it may differ. */
static enum vf_status same_url(const struct proving *p, const struct vf_env_dist *d, const struct vf_edit *e,
                               struct vf_err *err)
{
    struct vf_buf b;
    struct vf_direct_url now;
    vf_buf_init(&b);
    enum vf_status st = contents_after(p, e, &b, err);
    struct vf_slice json = st == VF_OK ? vf_arena_dup(p->a, vf_buf_slice(&b)) : (struct vf_slice){NULL, 0};
    vf_buf_release(&b);
    if (st != VF_OK)
        return st;
    struct vf_err why;
    vf_err_init(&why);
    st = json.p ? vf_direct_url_parse(p->a, json, &now, &why) : VF_NO_MEMORY;
    vf_err_release(&why);
    if (st == VF_NO_MEMORY)
        return vf_err_nomem(err);
    bool same = st == VF_OK && now.kind == d->url.kind && now.editable == d->url.editable &&
                vf_slice_eq(now.subdirectory, d->url.subdirectory) &&
                vf_slice_eq(now.commit_id, d->url.commit_id) && now.n_hashes == d->url.n_hashes;
    return same ? VF_OK : failed(err, e->path, "", "the frozen list would differ");
}

static bool is_metadata_name(struct vf_slice base)
{
    return vf_slice_eq(base, VF_S("METADATA")) || vf_slice_eq(base, VF_S("PKG-INFO"));
}

static enum vf_status prove_freeze(const struct proving *p, struct vf_proofs *out, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < p->plan->edits.n && st == VF_OK; i++) {
        const struct vf_edit *e = &p->plan->edits.v[i];
        size_t dist;
        if (!vf_map_get(&p->plan->env->infos, vf_path_dir(e->path), &dist))
            continue;
        const struct vf_env_dist *d = &p->plan->env->dists[dist];
        struct vf_slice base = vf_path_base(e->path);
        if (is_metadata_name(base) || e->kind == VF_EDIT_DELETE)
            st = failed(err, e->path, "", "the frozen list would differ");
        else if (vf_slice_eq(base, VF_S("direct_url.json")) && d->has_url)
            st = same_url(p, d, e, err);
    }
    out->freeze = st == VF_OK ? VF_PROVED : VF_PROVED_NOT;
    return st;
}

enum vf_status vf_prove_plan(const struct vf_plan *plan, bool leave, struct vf_arena *a,
                             struct vf_proofs *out, struct vf_err *err)
{
    struct proving p = {.plan = plan, .a = a, .leave = leave};
    *out = (struct vf_proofs){.interpreter = VF_PROOF_NOT_TRIED, .packages = VF_PROOF_NOT_TRIED};
    vf_arena_init(&p.scratch);
    enum vf_status st = lay_out(&p, err);
    if (st == VF_OK)
        st = prove_statics(&p, out, err);
    if (st == VF_OK)
        st = prove_records(&p, out, err);
    if (st == VF_OK)
        st = prove_freeze(&p, out, err);
    vf_arena_release(&p.scratch);
    vf_tree_free(p.tree);
    return st;
}
