/* anew_tell.c: the result of a recreation from wheels. */
#include "base/escape.h"
#include "verbs/recreate/recreate.h"

static struct venvfix_bytes kept(struct vf_recreate *a, struct vf_slice v)
{
    return vf_bytes_of(vf_arena_dup(a->c->s.a, v));
}

/* The line of the frozen list. */
static struct venvfix_bytes line_of(struct vf_recreate *a, size_t i)
{
    const struct vf_install_req *w = VF_INSTALL_REQ_AT(&a->reqs, i);
    struct vf_arena *arena = a->c->s.a;
    if (w->has_url)
        return vf_bytes_of(vf_arena_concat(arena, w->name, VF_S(" @ "), w->url.url));
    if (!a->selections[i].version.p)
        return kept(a, w->line);
    return vf_bytes_of(vf_arena_concat(arena, w->name, VF_S("=="), a->selections[i].version));
}

static enum venvfix_origin origin_of(enum vf_origin o)
{
    switch (o) {
    case VF_ORIGIN_LINKS:
        return VENVFIX_ORIGIN_FIND_LINKS;
    case VF_ORIGIN_BUNDLE:
        return VENVFIX_ORIGIN_BUNDLE;
    case VF_ORIGIN_CACHE:
        return VENVFIX_ORIGIN_CACHE;
    case VF_ORIGIN_INDEX:
        return VENVFIX_ORIGIN_INDEX;
    case VF_ORIGIN_BUILT:
        return VENVFIX_ORIGIN_BUILT;
    case VF_ORIGIN_DIRECT:
        return VENVFIX_ORIGIN_DIRECT;
    case VF_ORIGIN_ENV:
        break;
    }
    return VENVFIX_ORIGIN_ENVIRONMENT;
}

static void report_one(struct vf_recreate *a, size_t i, struct venvfix_requirement *q)
{
    const struct vf_install_req *w = VF_INSTALL_REQ_AT(&a->reqs, i);
    const struct vf_selection *p = &a->selections[i];
    bool own = a->kind == VF_RECREATE_ENV && p->metadata.p && p->candidates == VF_NPOS; /* dry run */
    *q = (struct venvfix_requirement){.requirement = line_of(a, i),
                                      .name = kept(a, w->name),
                                      .version = kept(a, p->version),
                                      .how = VENVFIX_INSTALLED,
                                      .modified = p->modified,
                                      .origin = own ? VENVFIX_ORIGIN_ENVIRONMENT : VENVFIX_ORIGIN_INDEX};
    if (p->was.n)
        q->was = kept(a, p->was);
    if (p->candidates == VF_NPOS)
        return;
    const struct vf_candidate_wheel *f =
        VF_VEC_AT(const struct vf_candidate_wheel, &a->candidates.wheels, p->candidates);
    q->wheel = kept(a, f->file_name);
    q->origin = origin_of(f->origin);
}

static enum vf_status report_requirements(struct vf_recreate *a)
{
    struct venvfix_change_result *r = a->c->r;
    size_t n = a->reqs.v.n;
    r->requirements = vf_arena_array(a->c->s.a, n + 1, sizeof *r->requirements);
    r->carried = vf_arena_array(a->c->s.a, a->extras.n + 1, sizeof *r->carried);
    if (!r->requirements || !r->carried)
        return vf_err_nomem(&a->c->s.err);
    for (size_t i = 0; i < n; i++) {
        report_one(a, i, &r->requirements[i]);
        r->n_requirements++;
    }
    for (size_t i = 0; i < a->extras.n; i++)
        r->carried[r->n_carried++] = kept(a, VF_VEC_AT(struct vf_recreate_extra, &a->extras, i)->dest);
    return VF_OK;
}

static enum vf_status report_warnings(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_findings some = {.a = c->s.a};
    for (size_t i = 0; i < c->proofs.after.v.n; i++) {
        enum vf_status st = vf_change_add_warning(c, vf_findings_at(&c->proofs.after, i), &some);
        if (st != VF_OK)
            return st;
    }
    return vf_findings_out(&c->s, &some, &c->r->warnings);
}

/* What a dry run shows: a line for each wheel. */
static enum vf_status report_plan(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    struct vf_buf b = {0};
    for (size_t i = 0; i < c->r->n_requirements; i++) {
        const struct venvfix_requirement *q = &c->r->requirements[i];
        vf_buf_puts(&b, "install ");
        vf_buf_put(&b, (struct vf_slice){q->requirement.p, q->requirement.n});
        vf_buf_puts(&b, "   ");
        if (q->wheel.p)
            vf_buf_put(&b, (struct vf_slice){q->wheel.p, q->wheel.n});
        vf_buf_puts(&b, q->wheel.p ? " from " : "from ");
        vf_buf_puts(&b, venvfix_origin_name(q->origin));
        vf_buf_putc(&b, '\n');
    }
    for (size_t i = 0; i < a->reqs.skipped.n; i++) {
        vf_buf_puts(&b, "skip    ");
        vf_buf_put(&b, *VF_VEC_AT(struct vf_slice, &a->reqs.skipped, i));
        vf_buf_putc(&b, '\n');
    }
    if (!b.failed)
        c->r->diff = kept(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return c->r->diff.p ? VF_OK : vf_err_nomem(&c->s.err);
}

enum vf_status vf_recreate_report(struct vf_recreate *a)
{
    struct vf_change *c = a->c;
    c->r->python = kept(a, a->query.python);
    c->r->interpreter = kept(a, a->query.started);
    if (!c->o->dry_run)
        vf_change_report_proofs(c);
    enum vf_status st = report_requirements(a);
    if (st == VF_OK)
        st = c->o->dry_run ? report_plan(a) : report_warnings(a);
    c->r->edits = vf_arena_array(c->s.a, 1, sizeof *c->r->edits);
    return st == VF_OK && c->s.a->failed ? vf_err_nomem(&c->s.err) : st;
}
