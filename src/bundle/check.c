/* check.c: a bundle against a target: wheel by wheel, then the set as a whole. */
#include "bundle/check.h"

#include "bundle/check_parts.h"
#include "packaging/specifier.h"

struct vf_finding *vf_check_add(struct vf_checking *c, enum vf_rule rule, const struct vf_bundle *b,
                                size_t dist, struct vf_slice path)
{
    if (dist != VF_NPOS)
        path = vf_arena_concat(c->a, VF_S("wheels/"), b->dists[dist].wheel, VF_S(""));
    struct vf_finding *f = path.p ? vf_findings_add(c->findings, rule, path) : NULL;
    if (f && dist != VF_NPOS)
        f->distribution = b->dists[dist].name;
    return f;
}

/* --- the set --- */

static enum vf_status closure(struct vf_checking *c, const struct vf_bundle *b, struct vf_err *err)
{
    struct vf_gap *gaps;
    size_t n;
    enum vf_status st = vf_closure_check(c->a, c->dists, b->n_dists, &c->target.markers, &gaps, &n, err);
    for (size_t i = 0; st == VF_OK && i < n; i++) {
        struct vf_buf words = {0};
        struct vf_finding *f = vf_check_add(c, VF_RULE_BUNDLE_NEEDS, b, gaps[i].dist, VF_S(""));
        vf_gap_put(&words, c->dists, &gaps[i]);
        struct vf_slice message = vf_arena_dup(c->a, vf_buf_slice(&words));
        bool ok = f && !words.failed && message.p;
        vf_buf_release(&words);
        if (!ok)
            return vf_err_nomem(err);
        f->message = message;
        f->value = gaps[i].text;
    }
    return st;
}

static enum vf_status duplicates(struct vf_checking *c, const struct vf_bundle *b, struct vf_err *err)
{
    for (size_t i = 1; i < b->n_dists; i++)
        for (size_t k = 0; k < i; k++) {
            if (!vf_slice_eq(b->dists[i].name, b->dists[k].name))
                continue;
            struct vf_finding *f = vf_check_add(c, VF_RULE_BUNDLE_DUPLICATE, b, i, VF_S(""));
            if (!f)
                return vf_err_nomem(err);
            f->value = b->dists[k].wheel;
            break;
        }
    return VF_OK;
}

/* What the bundle as a whole says of Python. */
static enum vf_status check_python(struct vf_checking *c, const struct vf_bundle *b, struct vf_err *err)
{
    struct vf_specifiers s;
    bool in = true;
    struct vf_err why = {0};
    if (b->requires_python.n == 0)
        return VF_OK;
    enum vf_status st = vf_specifiers_parse(c->a, b->requires_python, &s, &why);
    vf_err_release(&why);
    if (st != VF_OK)
        return st == VF_NO_MEMORY ? vf_err_nomem(err)
                                  : vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", VF_S(VF_BUNDLE_MANIFEST),
                                               "requires_python cannot be read");
    st = vf_specifiers_contains_text(c->a, &s, c->target.python, &in, err);
    if (st != VF_OK || in)
        return st;
    struct vf_finding *f = vf_check_add(c, VF_RULE_WHEEL_PYTHON, b, VF_NPOS, VF_S(VF_BUNDLE_MANIFEST));
    if (!f)
        return vf_err_nomem(err);
    f->value = b->requires_python;
    f->expected = c->target.python;
    return VF_OK;
}

static enum vf_status tell_floor(struct vf_checking *c, const struct vf_bundle *b, struct vf_err *err)
{
    struct vf_buf words = {0};
    if (c->floor == 0)
        return VF_OK;
    struct vf_finding *f = vf_check_add(c, VF_RULE_BUNDLE_FLOOR, b, c->floor_dist, VF_S(""));
    vf_buf_printf(&words, "2.%u", c->floor);
    struct vf_slice value = vf_arena_dup(c->a, vf_buf_slice(&words));
    vf_buf_release(&words);
    if (!f || !value.p)
        return vf_err_nomem(err);
    f->value = value;
    f->target = c->floor_member;
    return VF_OK;
}

static enum vf_status check_set(struct vf_checking *c, const struct vf_bundle_file *f, struct vf_err *err)
{
    enum vf_status st = vf_check_target(c, &f->bundle, err);
    if (st == VF_OK)
        st = check_python(c, &f->bundle, err);
    if (st == VF_OK)
        st = duplicates(c, &f->bundle, err);
    if (st == VF_OK)
        st = closure(c, &f->bundle, err);
    if (st == VF_OK)
        st = vf_check_lists(c, f, err);
    return st == VF_OK ? tell_floor(c, &f->bundle, err) : st;
}

/* Nothing of a finding is the bundle's any more, which goes before the findings do. */
static enum vf_status keep_findings(const struct vf_findings *findings, struct vf_err *err)
{
    for (size_t i = 0; i < findings->v.n; i++) {
        struct vf_finding *f = vf_findings_at(findings, i);
        struct vf_slice *const parts[] = {&f->path,   &f->value,        &f->expected,
                                          &f->target, &f->distribution, &f->message};
        for (size_t k = 0; k < VF_COUNT(parts); k++) {
            if (!parts[k]->p)
                continue;
            *parts[k] = vf_arena_dup(findings->a, *parts[k]);
            if (!parts[k]->p)
                return vf_err_nomem(err);
        }
    }
    return VF_OK;
}

/* --- wheel by wheel --- */

static enum vf_status on_wheel(void *ctx, const struct vf_bundle_file *f, size_t dist, struct vf_err *err)
{
    struct vf_checking *c = ctx;
    if (!c->dists)
        c->dists = vf_arena_array(c->a, f->bundle.n_dists + 1, sizeof *c->dists);
    if (!c->dists)
        return vf_err_nomem(err);
    enum vf_status st = vf_check_target(c, &f->bundle, err);
    return st == VF_OK ? vf_check_wheel(c, f, dist, err) : st;
}

enum vf_status vf_bundle_check(const struct vf_bundle_check_opts *opts, struct vf_findings *findings,
                               struct vf_bundle_report *out, struct vf_err *err)
{
    struct vf_checking c = {.o = opts, .findings = findings, .a = findings->a};
    struct vf_bundle_source source = {.archive = opts->archive,
                                      .spool = opts->spool,
                                      .forget = true,
                                      .wheel = on_wheel,
                                      .ctx = &c,
                                      .hooks = opts->hooks};
    *out = (struct vf_bundle_report){0};
    enum vf_status st = vf_spool_new(opts->spool, &c.aside, err);
    if (st == VF_OK)
        st = vf_bundle_open(&source, &out->file, err);
    if (st == VF_OK)
        st = check_set(&c, out->file, err);
    if (st == VF_OK)
        st = keep_findings(findings, err);
    vf_spool_free(c.aside);
    if (st != VF_OK) {
        vf_bundle_close(out->file);
        out->file = NULL;
        return st;
    }
    out->target = c.target;
    out->files = 5 + out->file->bundle.n_dists + out->file->bundle.n_extras;
    out->files -= out->file->bundle.pycache.member.n == 0;
    vf_findings_sort(findings);
    return findings->failed ? vf_err_nomem(err) : VF_OK;
}
