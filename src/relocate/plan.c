/* plan.c: findings -> edits. One pass over the findings (references), one over flaws and hits that they stand
 * for, one over what only a move has to touch (headers we made self-locating, relative links that leave),
 * then RECORD and compiled files. */
#include "relocate/plan.h"
#include "base/le.h"

#include <string.h>

#include "relocate/edit_builder.h"
#include "syntax/header.h"

#define PATH_LIMIT 4095u /* Linux PATH_MAX without the NUL */

/* ---- what cannot be written ---- */

static enum vf_status keep_finding(struct vf_findings *to, const struct vf_finding *fi, struct vf_err *err)
{
    struct vf_finding *kept = vf_vec_push(to->a, &to->v, sizeof *kept);
    if (!kept)
        return vf_err_nomem(err);
    *kept = *fi;
    return VF_OK;
}

static enum vf_status cannot_write(struct vf_edit_builders *d, const struct vf_finding *fi, const char *why,
                                   struct vf_err *err)
{
    struct vf_finding copy = *fi;
    copy.fix = VF_FIX_MANUAL;
    copy.message = vf_arena_concat(d->plan->a, fi->message, VF_S(": "), vf_slice_of(why));
    return copy.message.p ? keep_finding(&d->plan->unwritable, &copy, err) : vf_err_nomem(err);
}

/* ---- the rule that an edit goes by ---- */

/* What names the prefix that is left is broken for the new one, but nothing was wrong with it: it was
 * path-dependent. */
static const char *rule_of_edit(const struct vf_edit_builders *d, const struct vf_finding *fi)
{
    enum vf_rule rule = fi->rule;
    struct vf_slice path = fi->target.p ? fi->target : fi->value;
    bool left = false;
    for (size_t i = 0; !d->plan->stays && !left && i < d->n_present; i++)
        left = vf_path_under(d->plan->env->prefixes[d->present[i]].prefix.path, path, NULL);
    enum vf_family family = vf_rule_info(fi->rule)->family;
    enum vf_rule before = vf_rule_of(family, VF_STATUS_BOUND);
    if (left && before != VF_RULE_COUNT && vf_rule_of(family, VF_STATUS_BROKEN) == fi->rule)
        rule = before;
    return vf_rule_info(rule)->id;
}

/* ---- one reference ---- */

static enum vf_status set_link(struct vf_edit_builders *d, uint32_t file, struct vf_slice target,
                               const char *rule, struct vf_err *err)
{
    if (vf_slice_eq(d->plan->env->files[file].target, target))
        return VF_OK;
    struct vf_edit_builder *dr = vf_edit_builder_of(d, file, VF_EDIT_LINK);
    if (!dr)
        return vf_err_nomem(err);
    dr->target = target;
    dr->rule = rule;
    dr->count = 1;
    return VF_OK;
}

/* lib64 and the interpreter's own names become relative: they then survive the next move. */
static struct vf_slice link_target(struct vf_edit_builders *d, const struct vf_file *f, struct vf_slice path)
{
    struct vf_slice rest;
    bool relative = vf_slice_eq(f->path, VF_S("lib64")) || vf_judge_is_interpreter(f);
    if (!relative || !vf_path_under(d->plan->to, path, &rest))
        return path;
    struct vf_buf b;
    vf_buf_init(&b);
    struct vf_slice dir = vf_path_join(&d->scratch, d->plan->to, vf_path_dir(f->path));
    vf_path_relative(&b, dir, path);
    struct vf_slice out = b.failed ? path : vf_arena_dup(d->plan->a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out;
}

static enum vf_status write_row_path(struct vf_edit_builders *d, uint32_t file, const struct vf_ref *r,
                                     struct vf_slice path, bool *done, struct vf_err *err)
{
    const struct vf_env *env = d->plan->env;
    uint32_t dist = vf_env_record_of(env, file);
    size_t row = dist == VF_NONE ? VF_NPOS : vf_record_row_at(&env->dists[dist].record, r->value_off);
    if (row == VF_NPOS)
        return VF_OK;
    struct vf_row_change *c = vf_edit_builders_row(d, dist, (uint32_t)row);
    if (!c)
        return vf_err_nomem(err);
    c->path = path;
    *done = true;
    return VF_OK;
}

/* By how much what is in front of the archive grew since its offsets were written: so much may go again. 0:
 * not known.
 */
static size_t zip_growth(struct vf_slice bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    size_t stop = bytes.n > 22 + 65535 ? bytes.n - 22 - 65535 : 0;
    for (size_t at = bytes.n < 22 ? 0 : bytes.n - 22; at > stop; at--) {
        if (memcmp(p + at, "PK\5\6", 4) != 0)
            continue;
        uint64_t size = vf_le32(p + at + 12), offset = vf_le32(p + at + 16);
        return size + offset < at ? (size_t)(at - size - offset) : 0;
    }
    return 0;
}

/* A zip archive behind a header (zipapp, shiv) has offsets that count from the start of the file: readers
 * forgive a header that grew, not one that shrank below what it was then. Blanks at the end of an interpreter
 * line are not read. */
static void keep_zip_offsets(const struct vf_ref *r, struct vf_slice bytes, struct vf_buf *out)
{
    struct vf_slice behind = vf_slice_from(bytes, (size_t)(r->off + r->len));
    if (r->syntax != VF_SYN_HEADER || !vf_slice_starts(behind, VF_S("\nPK\x03\x04")))
        return;
    while (out->n && out->p[out->n - 1] == ' ')
        out->n--;
    size_t spare = out->n < r->len ? zip_growth(bytes) : 0;
    while (!out->failed && out->n + spare < r->len)
        vf_buf_putc(out, ' ');
}

/* Writes reference r of a file for `path`; what has no writer goes onto the list. */
static enum vf_status write_ref(struct vf_edit_builders *d, uint32_t file, const struct vf_ref *r,
                                struct vf_slice path, const struct vf_finding *fi, const char *rule,
                                struct vf_err *err)
{
    const struct vf_file *f = &d->plan->env->files[file];
    const char *refused = fi ? vf_edit_builders_is_refused(d, file, r) : NULL;
    if (refused) {
        if (!d->plan->n_breaking++)
            d->plan->first_breaking = d->plan->unwritable.v.n;
        return cannot_write(d, fi, refused, err);
    }
    enum vf_status noted = fi ? vf_edit_builders_note_edit(d, file, r, path, err) : VF_OK;
    if (noted != VF_OK)
        return noted;
    if (r->syntax == VF_SYN_LINK)
        return set_link(d, file, link_target(d, f, path), rule, err);
    bool row_done = false;
    enum vf_status st = r->syntax == VF_SYN_RECORD ? write_row_path(d, file, r, path, &row_done, err) : VF_OK;
    if (st != VF_OK || row_done)
        return st;
    struct vf_slice bytes;
    st = vf_edit_builder_bytes(d, file, &bytes, err);
    if (st != VF_OK)
        return st;
    struct vf_source src = vf_env_source(d->plan->env, f->path, bytes);
    if (d->memo_file != file)
        d->memo = (struct vf_text_memo){0};
    d->memo_file = file;
    src.memo = &d->memo;
    struct vf_buf out;
    struct vf_err why;
    vf_buf_init(&out);
    vf_err_init(&why);
    st = r->flags & VF_REF_READONLY
             ? vf_err_set(&why, VF_UNWRITABLE, 0, "write", f->path, "this form has no writer")
             : vf_syntax_write(r, &src, path, &d->target, &out, &why);
    keep_zip_offsets(r, bytes, &out);
    if (st == VF_OK && out.failed)
        st = VF_NO_MEMORY;
    if (st == VF_OK) {
        struct vf_splice s = {
            .off = r->off, .len = r->len, .bytes = vf_arena_dup(d->plan->a, vf_buf_slice(&out))};
        bool added;
        st = s.bytes.p || !out.n ? vf_edit_builder_splice(d, file, s, rule, 1, &added, err)
                                 : vf_err_nomem(err);
    } else if (st == VF_UNWRITABLE && fi && fi->verdict == VF_V_STALE) {
        st = keep_finding(&d->plan->warnings, fi, err); /* a prompt, a comment: never a reason not to move */
    } else if (st == VF_UNWRITABLE && fi) {
        st = cannot_write(d, fi, why.detail, err);
    } else if (st == VF_UNWRITABLE) {
        st = VF_OK; /* nobody asked for it: it goes on working as it is */
    } else {
        vf_err_set(err, why.code, why.sys, why.op, f->path, "%s", why.detail);
    }
    vf_err_release(&why);
    vf_buf_release(&out);
    return st;
}

enum vf_status vf_edit_builder_write(struct vf_edit_builders *d, uint32_t file, const struct vf_ref *r,
                                     struct vf_slice path, const char *rule, struct vf_err *err)
{
    return write_ref(d, file, r, path, NULL, rule, err);
}

enum vf_status vf_edit_builder_link(struct vf_edit_builders *d, uint32_t file, struct vf_slice target,
                                    const char *rule, struct vf_err *err)
{
    return set_link(d, file, target, rule, err);
}

/* ---- flaws: what is written wrongly for any place ---- */

static const struct vf_ref *header_ref(const struct vf_file *f)
{
    for (uint32_t i = 0; i < f->facts.n_refs; i++)
        if (f->facts.refs[i].syntax == VF_SYN_HEADER && f->facts.refs[i].role == VF_ROLE_INTERPRETER)
            return &f->facts.refs[i];
    return NULL;
}

static struct vf_slice own_interpreter(struct vf_edit_builders *d, struct vf_slice name)
{
    struct vf_slice bin = vf_path_join(&d->scratch, d->plan->to, d->plan->env->bin);
    return vf_path_join(d->plan->a, bin, vf_name_is_python(name) ? name : VF_S("python"));
}

static enum vf_status reissue_header(struct vf_edit_builders *d, uint32_t file, const struct vf_finding *fi,
                                     struct vf_err *err)
{
    const struct vf_ref *r = header_ref(&d->plan->env->files[file]);
    if (!r)
        return VF_OK;
    struct vf_slice name = vf_path_base(r->raw.n ? r->raw : r->value);
    struct vf_slice path = own_interpreter(d, name);
    return path.p ? write_ref(d, file, r, path, fi, rule_of_edit(d, fi), err) : vf_err_nomem(err);
}

/* A literal that its shell reads as something else: written again, quoted, for the place that was meant. */
static enum vf_status requote(struct vf_edit_builders *d, uint32_t file, const struct vf_finding *fi,
                              bool prompt, struct vf_err *err)
{
    const struct vf_file *f = &d->plan->env->files[file];
    enum vf_status st = VF_OK;
    for (uint32_t i = 0; i < f->facts.n_refs && st == VF_OK; i++) {
        const struct vf_ref *r = &f->facts.refs[i];
        if ((r->role == VF_ROLE_PROMPT) != prompt || r->flags & VF_REF_SELF)
            continue;
        struct vf_location loc;
        struct vf_slice path = r->raw.n ? r->raw : r->value;
        if (!prompt) {
            st = vf_env_locate_ref(d->plan->env, r, &d->scratch, &loc, err);
            if (st != VF_OK || loc.prefix == VF_NONE)
                continue;
            path = loc.rest.n ? vf_path_join(d->plan->a, d->plan->to, loc.rest) : d->plan->to;
        }
        st = path.p ? write_ref(d, file, r, path, fi, rule_of_edit(d, fi), err) : vf_err_nomem(err);
    }
    return st;
}

static enum vf_status apply_repairs(struct vf_edit_builders *d, uint32_t file, const struct vf_finding *fi,
                                    struct vf_err *err)
{
    const struct vf_file *f = &d->plan->env->files[file];
    enum vf_status st = VF_OK;
    for (uint32_t i = 0; i < f->facts.n_flaws && st == VF_OK; i++) {
        const struct vf_flaw *fl = &f->facts.flaws[i];
        struct vf_splice s = {.off = fl->off, .len = fl->len, .bytes = fl->repair};
        bool added;
        if (fl->has_repair)
            st = vf_edit_builder_splice(d, file, s, rule_of_edit(d, fi), 1, &added, err);
    }
    return st;
}

static enum vf_status repair_flaws(struct vf_edit_builders *d, const struct vf_finding *fi,
                                   struct vf_err *err)
{
    const struct vf_file *f = &d->plan->env->files[fi->file];
    switch ((int)fi->rule) {
    case VF_RULE_SCRIPT_MALFORMED:
    case VF_RULE_SCRIPT_TOO_LONG: {
        enum vf_status st = reissue_header(d, fi->file, fi, err);
        return st == VF_OK ? apply_repairs(d, fi->file, fi, err)
                           : st; /* a BOM stands before what is re-issued */
    }
    case VF_RULE_ACTIVATE_QUOTING: {
        /* for where it will stand; the reader's own repairs are for where it stands */
        enum vf_status st = requote(d, fi->file, fi, false, err);
        if (st == VF_OK)
            st = requote(d, fi->file, fi, true, err);
        return st == VF_OK ? apply_repairs(d, fi->file, fi, err) : st;
    }
    default:
        break;
    }
    for (uint32_t i = 0; i < f->facts.n_flaws; i++)
        if (f->facts.flaws[i].has_repair)
            return apply_repairs(d, fi->file, fi, err);
    return VF_OK;
}

/* The first finding of its rule in a file stands for all of them: what repairs one flaw repairs each. */
static enum vf_status plan_flaw(struct vf_edit_builders *d, const struct vf_finding *fi, struct vf_err *err)
{
    if (d->repaired.file == fi->file && d->repaired.rule == fi->rule)
        return VF_OK;
    size_t refused = d->plan->unwritable.v.n;
    enum vf_status st = repair_flaws(d, fi, err);
    d->repaired.file = fi->file;
    d->repaired.rule = fi->rule;
    d->repaired.refused = d->plan->unwritable.v.n != refused;
    return st;
}

/* ---- hits: the place in a file without syntax ---- */

/* Found by the search, not by a reader: the file's hits are what is written. */
static bool is_of_hits(const struct vf_finding *fi)
{
    enum vf_family family = vf_rule_info(fi->rule)->family;
    if (family == VF_FAMILY_ACTIVATE || family == VF_FAMILY_ACTIVATE_LINE)
        return fi->ref == VF_NONE;
    return family == VF_FAMILY_TEXT || family == VF_FAMILY_TEXT_OWNED || family == VF_FAMILY_BINARY ||
           family == VF_FAMILY_SCRIPT_BODY || fi->rule == VF_RULE_TEXT_MENTION;
}

static bool leads_away(const struct vf_edit_builders *d, uint32_t prefix)
{
    enum vf_prefix_kind k = d->plan->env->prefixes[prefix].kind;
    return k == VF_PREFIX_OLD || k == VF_PREFIX_LIVE || (k == VF_PREFIX_PRESENT && !d->plan->stays);
}

static enum vf_status write_hit(struct vf_edit_builders *d, uint32_t file, const struct vf_hit *h,
                                const struct vf_finding *fi, struct vf_err *err)
{
    struct vf_ref r = {.syntax = VF_SYN_TEXT,
                       .role = VF_ROLE_TEXT,
                       .form = (uint16_t)h->encoding,
                       .line = h->line,
                       .file = file,
                       .off = h->off,
                       .len = h->len,
                       .value_off = h->off,
                       .value = d->plan->env->prefixes[h->prefix].prefix.path,
                       .extra = h->rest};
    if (vf_text_writes_rest(d->plan->env->files[file].path)) {
        r.value_off += h->len;
        r.len += h->rest_len;
        r.flags = VF_REF_REST;
    }
    return write_ref(d, file, &r, d->plan->to, fi, rule_of_edit(d, fi), err);
}

static enum vf_status plan_hits(struct vf_edit_builders *d, const struct vf_finding *fi, struct vf_err *err)
{
    const struct vf_file *f = &d->plan->env->files[fi->file];
    enum vf_status st = VF_OK;
    bool whole = !(f->flags & (VF_FILE_BINARY | VF_FILE_HITS_CUT));
    for (uint32_t i = 0; i < f->facts.n_hits && st == VF_OK; i++) {
        const struct vf_hit *h = &f->facts.hits[i];
        if (!leads_away(d, h->prefix) || vf_judge_evidence(d->plan->env, f, h) != VF_EV_REFERENCE)
            continue;
        if (!whole)
            return cannot_write(
                d, fi, f->flags & VF_FILE_BINARY ? "a binary file is never patched" : "too many paths in it",
                err);
        st = write_hit(d, fi->file, h, fi, err);
    }
    return st;
}

static enum vf_status plan_finding(struct vf_edit_builders *d, const struct vf_finding *fi,
                                   struct vf_err *err)
{
    if (fi->file == VF_NONE || fi->verdict == VF_V_BOUND)
        return VF_OK;
    const struct vf_file *f = &d->plan->env->files[fi->file];
    if (is_of_hits(fi))
        return fi->fix == VF_FIX_NONE ? VF_OK : plan_hits(d, fi, err);
    if (fi->rule == VF_RULE_EDITABLE_REBUILD && !d->plan->stays)
        return cannot_write(d, fi, "reinstall it after the move", err);
    if (fi->fix != VF_FIX_REWRITE)
        return VF_OK;
    if (fi->ref != VF_NONE && fi->expected.p)
        return write_ref(d, fi->file, &f->facts.refs[fi->ref], fi->expected, fi, rule_of_edit(d, fi), err);
    return plan_flaw(d, fi, err);
}

/* ---- what only a change of place touches ---- */

/* Relative paths that leave the environment lead elsewhere from the new place. */
static enum vf_status repoint_leaving(struct vf_edit_builders *d, uint32_t file, const struct vf_ref *r,
                                      struct vf_err *err)
{
    const struct vf_env *env = d->plan->env;
    const struct vf_file *f = &env->files[file];
    struct vf_buf b;
    vf_buf_init(&b);
    bool inside = vf_path_link_inside(&b, f->path, r->value);
    vf_buf_release(&b);
    if (inside || vf_path_is_abs(r->value) || env->params.build_root)
        return VF_OK;
    struct vf_slice dir = vf_path_join(&d->scratch, env->resolved, vf_path_dir(f->path));
    struct vf_slice abs = vf_path_clean_dup(d->plan->a, vf_path_join(&d->scratch, dir, r->value));
    if (!abs.p)
        return vf_err_nomem(err);
    if (vf_host_is_missing(env->params.host, abs))
        return VF_OK;
    struct vf_slice inside_rest;
    if (vf_path_under(env->resolved, abs, &inside_rest))
        abs = vf_path_join(d->plan->a, d->plan->to, inside_rest);
    vf_buf_init(&b);
    struct vf_slice new_dir = vf_path_join(&d->scratch, d->plan->to, vf_path_dir(f->path));
    vf_path_relative(&b, new_dir, abs);
    struct vf_slice rel = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(d->plan->a, vf_buf_slice(&b));
    vf_buf_release(&b);
    if (!rel.p || !abs.p)
        return vf_err_nomem(err);
    if (r->syntax == VF_SYN_LINK)
        return set_link(d, file, rel, vf_rule_info(VF_RULE_LINK_LEAVES)->id, err);
    return write_ref(d, file, r, rel, NULL, vf_rule_info(VF_RULE_PTH_OUTSIDE)->id, err);
}

static enum vf_status plan_change_of_place(struct vf_edit_builders *d, uint32_t file, struct vf_err *err)
{
    const struct vf_file *f = &d->plan->env->files[file];
    enum vf_status st = VF_OK;
    for (uint32_t i = 0; i < f->facts.n_refs && st == VF_OK; i++) {
        const struct vf_ref *r = &f->facts.refs[i];
        if (r->syntax == VF_SYN_HEADER && vf_header_is_ours(r) && (f->flags & VF_FILE_IN_BIN)) {
            struct vf_slice path = own_interpreter(d, r->value);
            st = path.p ? write_ref(d, file, r, path, NULL, vf_rule_info(VF_RULE_SCRIPT_BOUND)->id, err)
                        : vf_err_nomem(err);
        } else if (r->syntax == VF_SYN_LINK || ((r->syntax == VF_SYN_PTH || r->syntax == VF_SYN_EGG_LINK) &&
                                                (r->flags & VF_REF_RELATIVE) && !(r->flags & VF_REF_CODE))) {
            st = repoint_leaving(d, file, r, err);
        }
    }
    return st;
}

/* ---- the target ---- */

static enum vf_status describe_target(struct vf_edit_builders *d, struct vf_err *err)
{
    const struct vf_env *env = d->plan->env;
    struct vf_vec names = {0};
    for (size_t i = 0; i < env->n_files; i++) {
        struct vf_slice base = vf_path_base(env->files[i].path);
        if (!(env->files[i].flags & VF_FILE_IN_BIN) || !vf_name_is_python(base))
            continue;
        struct vf_slice *n = vf_vec_push(d->plan->a, &names, sizeof *n);
        if (!n)
            return vf_err_nomem(err);
        *n = base;
    }
    d->target = (struct vf_write_ctx){.root = d->plan->to,
                                      .bin = names.base,
                                      .n_bin = names.n,
                                      .env_s = vf_host_env_splits(env->params.host),
                                      .line_limit = 127,
                                      .py_major = 3,
                                      .py_minor = env->py.minor};
    return VF_OK;
}

static enum vf_status check_lengths(const struct vf_env *env, struct vf_slice to, struct vf_err *err)
{
    if (vf_path_base(to).n > 255)
        return vf_err_set(err, VF_PATH_TOO_LONG, 0, "plan", to, "a name is longer than 255 bytes");
    for (size_t i = 0; i < env->n_files; i++)
        if (to.n + 1 + env->files[i].path.n > PATH_LIMIT)
            return vf_err_set(err, VF_PATH_TOO_LONG, 0, "plan", env->files[i].path,
                              "its path would be longer than 4095 bytes at the new path");
    return VF_OK;
}

/* ---- all of it ---- */

enum vf_status vf_plan_stopped(struct vf_err *err)
{
    return vf_err_set(err, VF_INTERRUPTED, 0, "plan", VF_S(""), "stopped on request");
}

static bool stays_as_it_is(const struct vf_finding *fi)
{
    return fi->verdict == VF_V_BROKEN || fi->verdict == VF_V_ASTRAY || fi->rule == VF_RULE_TEXT_MENTION ||
           fi->rule == VF_RULE_DEBUG_PLACE || fi->rule == VF_RULE_CACHE_PLACE;
}

/* Is what the finding is about written anew? Of a flaw the draft tells: its bytes are among those replaced.
 */
static bool is_written(struct vf_edit_builders *d, const struct vf_finding *fi)
{
    struct vf_edit_builder *dr = fi->file == VF_NONE ? NULL : vf_edit_builder_find(d, fi->file);
    if (fi->fix != VF_FIX_REWRITE || fi->expected.p || !dr)
        return fi->fix == VF_FIX_REWRITE && fi->expected.p;
    bool anywhere = fi->rule != VF_RULE_ACTIVATE_QUOTING || fi->offset < 0;
    if (anywhere ? dr->splices.n > 0 : vf_edit_builder_covers(dr, (uint64_t)fi->offset))
        return true;
    return dr->kind == VF_EDIT_LINK;
}

/* What is quoted wrongly comes last: a reference there that leads elsewhere, too, is written for the new
 * place. */
static bool was_refused(const struct vf_edit_builders *d, const struct vf_finding *fi, size_t before)
{
    if (d->plan->unwritable.v.n != before)
        return true;
    return d->repaired.file == fi->file && d->repaired.rule == fi->rule && d->repaired.refused;
}

static enum vf_status plan_findings(struct vf_edit_builders *d, const struct vf_findings *findings,
                                    bool quoting, struct vf_err *err)
{
    const struct vf_hooks *hooks = d->plan->env->params.hooks;
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < findings->v.n && st == VF_OK; i++) {
        const struct vf_finding *fi = vf_findings_at(findings, i);
        size_t refused = d->plan->unwritable.v.n;
        if ((fi->rule == VF_RULE_ACTIVATE_QUOTING) != quoting)
            continue;
        st = vf_hooks_cancelled(hooks) ? vf_plan_stopped(err) : plan_finding(d, fi, err);
        if (st == VF_OK && stays_as_it_is(fi) && !is_written(d, fi) && !was_refused(d, fi, refused))
            st = keep_finding(&d->plan->warnings, fi, err);
    }
    return st;
}

static enum vf_status find_present(struct vf_edit_builders *d, struct vf_err *err)
{
    const struct vf_env *env = d->plan->env;
    d->repaired.file = d->memo_file = VF_NONE;
    d->n_present = 0;
    d->rows = vf_arena_array(&d->scratch, env->n_dists + 1, sizeof *d->rows);
    d->row_change = vf_arena_array(&d->scratch, env->n_dists + 1, sizeof *d->row_change);
    d->present = vf_arena_array(&d->scratch, env->n_prefixes + 1, sizeof *d->present);
    if (!d->rows || !d->row_change || !d->present)
        return vf_err_nomem(err);
    for (uint32_t i = 0; i < env->n_prefixes; i++)
        if (env->prefixes[i].kind == VF_PREFIX_PRESENT)
            d->present[d->n_present++] = i;
    return VF_OK;
}

static enum vf_status plan_all(struct vf_edit_builders *d, const struct vf_findings *findings,
                               struct vf_err *err)
{
    enum vf_status st = find_present(d, err);
    if (st == VF_OK)
        st = describe_target(d, err);
    if (st == VF_OK)
        st = vf_edit_builders_rebase(d, err);
    if (st == VF_OK)
        st = plan_findings(d, findings, false, err);
    if (st == VF_OK)
        st = plan_findings(d, findings, true, err);
    for (uint32_t i = 0; !d->plan->stays && i < d->plan->env->n_files && st == VF_OK; i++)
        if (!(d->plan->env->files[i].flags & VF_FILE_JOURNAL))
            st = vf_hooks_cancelled(d->plan->env->params.hooks) ? vf_plan_stopped(err)
                                                                : plan_change_of_place(d, i, err);
    if (st == VF_OK)
        st = vf_edit_builders_records(d, err);
    return st == VF_OK ? vf_edit_builders_pycs(d, err) : st;
}

/* One planning of all findings; *again: some edit would break a reference that resolves, and is refused now.
 */
static enum vf_status plan_once(struct vf_edit_builders *d, const struct vf_findings *findings, bool *again,
                                struct vf_err *err)
{
    struct vf_plan *out = d->plan;
    *again = false;
    *out = (struct vf_plan){.a = out->a, .env = out->env, .stays = !out->env->params.at.n};
    out->to = out->stays ? out->env->typed : out->env->params.at;
    out->unwritable.a = out->warnings.a = out->a;
    d->v = d->followed = (struct vf_vec){0};
    vf_arena_init(&d->scratch);
    vf_map_init(&d->by_file, &d->scratch);
    enum vf_status st = check_lengths(out->env, out->to, err);
    if (st == VF_OK)
        st = plan_all(d, findings, err);
    if (st == VF_OK)
        st = vf_edit_builders_finish(d, &out->edits, err);
    if (st == VF_OK && !out->env->params.build_root) /* what is there later, nothing here shows */
        st = vf_edit_builders_find_breaking(d, &out->edits, again, err);
    vf_arena_release(&d->scratch);
    return st;
}

enum vf_status vf_plan_make(const struct vf_env *env, const struct vf_findings *findings, struct vf_arena *a,
                            struct vf_plan *out, struct vf_err *err)
{
    struct vf_arena refused;
    struct vf_edit_builders d = {.plan = out, .refused_arena = &refused};
    bool again = true;
    enum vf_status st = VF_OK;
    *out = (struct vf_plan){.a = a, .env = env};
    vf_arena_init(&refused);
    vf_map_init(&d.refused_at, &refused);
    while (st == VF_OK && again) /* an edit is refused once, so this ends */
        st = plan_once(&d, findings, &again, err);
    vf_arena_release(&refused);
    return st;
}

enum vf_status vf_plan_env(const struct vf_env_params *params, struct vf_arena *a, struct vf_env **env,
                           struct vf_plan *out, struct vf_err *err)
{
    struct vf_findings findings = {.a = a};
    *env = NULL;
    enum vf_status st = vf_env_open(params, env, err);
    if (st == VF_OK)
        st = vf_env_scan(*env, err);
    if (st == VF_OK)
        st = vf_judge_env(*env, &findings, err);
    return st == VF_OK ? vf_plan_make(*env, &findings, a, out, err) : st;
}
