/* data.c: VF7xx: kernelspecs, and the place in any other file. */
#include "rules/judge.h"

static bool is_bare_python(const struct vf_ref *r)
{
    return (r->flags & VF_REF_RELATIVE) || !vf_path_is_abs(r->value);
}

static void judge_kernel_outside(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r,
                                 const struct vf_location *loc)
{
    struct vf_finding *fi = NULL;
    bool exists = vf_host_exists(j->env->params.host, loc->path);
    bool command = r->role == VF_ROLE_KERNEL_COMMAND;
    if (!exists && command) {
        fi = vf_judge_ref(j, VF_RULE_KERNEL_BROKEN, f, r);
        if (fi && !vf_name_is_python(vf_path_base(loc->path)))
            fi->fix = VF_FIX_MANUAL;
    } else if (exists && command && vf_env_other_root(j->env, loc->path, &j->scratch).n) {
        fi = vf_judge_ref(j, VF_RULE_KERNEL_ASTRAY, f, r);
    } else if (exists && command && vf_name_is_python(vf_path_base(loc->path))) {
        vf_judge_ref(j, VF_RULE_KERNEL_HOST, f, r);
    }
    if (fi && vf_name_is_python(vf_path_base(loc->path))) {
        struct vf_slice bin = vf_path_join(&j->scratch, j->env->bin, vf_path_base(loc->path));
        vf_judge_expect(j, fi, bin);
    }
}

void vf_judge_kernel(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    if (is_bare_python(r))
        return;
    struct vf_location loc = vf_judge_locate(j, r);
    struct vf_finding *fi = NULL;
    switch (vf_judge_status(j, &loc)) {
    case VF_STATUS_FINE:
        if (r->role == VF_ROLE_KERNEL_COMMAND && !vf_env_has(j->env, loc.rest))
            vf_judge_ref(j, VF_RULE_KERNEL_BROKEN, f, r);
        return;
    case VF_STATUS_BOUND:
        if (r->role == VF_ROLE_KERNEL_COMMAND && !vf_env_has(j->env, loc.rest))
            vf_judge_ref(j, VF_RULE_KERNEL_BROKEN, f, r);
        else
            vf_judge_ref(j, VF_RULE_KERNEL_BOUND, f, r);
        return;
    case VF_STATUS_BROKEN:
        fi = vf_judge_ref(j, VF_RULE_KERNEL_BROKEN, f, r);
        break;
    case VF_STATUS_ASTRAY:
        fi = vf_judge_ref(j, VF_RULE_KERNEL_ASTRAY, f, r);
        break;
    case VF_STATUS_HOST:
        judge_kernel_outside(j, f, r, &loc);
        return;
    case VF_STATUS_RELATIVE:
        return;
    }
    vf_judge_expect(j, fi, loc.rest);
}

void vf_judge_project_file(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    struct vf_location loc = vf_judge_locate(j, r);
    enum vf_ref_status stand = vf_judge_status(j, &loc);
    struct vf_finding *fi;
    struct vf_slice now;
    bool live;
    if (stand == VF_STATUS_BOUND) {
        vf_judge_ref(j, VF_RULE_TEXT_BOUND, f, r);
    } else if (stand == VF_STATUS_BROKEN || stand == VF_STATUS_ASTRAY) {
        fi = vf_judge_ref(j, VF_RULE_PROJECT_STALE, f, r);
        vf_judge_expect(j, fi, loc.rest);
    } else if (stand == VF_STATUS_HOST && vf_judge_project(j, loc.path, &now, &live)) {
        fi = vf_judge_ref(j, VF_RULE_PROJECT_STALE, f, r);
        if (fi)
            fi->expected = now;
    }
}

static bool is_activate(const struct vf_file *f)
{
    uint32_t all = 0;
    for (int s = VF_SYN_ACTIVATE_SH; s <= VF_SYN_ACTIVATE_THIS; s++)
        all |= 1u << s;
    return (f->syntaxes & all) != 0;
}

/* Lines that a user or a tool added to an activate file. */
static enum vf_rule rule_of_added_line(enum vf_ref_status stand)
{
    if (stand == VF_STATUS_BOUND)
        return VF_RULE_ACTIVATE_PATH_BOUND;
    return stand == VF_STATUS_ASTRAY ? VF_RULE_ACTIVATE_ASTRAY : VF_RULE_ACTIVATE_PATH_BROKEN;
}

static enum vf_rule rule_of_hit(const struct vf_file *f, enum vf_ref_status stand, enum vf_evidence ev)
{
    bool binary = f->flags & VF_FILE_BINARY, bin = f->flags & VF_FILE_IN_BIN;
    bool owned = ev != VF_EV_REFERENCE;
    if (ev == VF_EV_IDLE)
        return VF_RULE_DEBUG_PLACE;
    if (ev == VF_EV_CACHE)
        return VF_RULE_CACHE_PLACE;
    if (ev == VF_EV_MENTION)
        return VF_RULE_TEXT_MENTION;
    if (is_activate(f) && !binary)
        return rule_of_added_line(stand);
    switch (stand) {
    case VF_STATUS_BOUND:
        if (binary)
            return VF_RULE_BINARY_BOUND;
        return owned ? VF_RULE_TEXT_OWNED : bin ? VF_RULE_SCRIPT_BODY_BOUND : VF_RULE_TEXT_BOUND;
    case VF_STATUS_ASTRAY:
        if (binary)
            return VF_RULE_BINARY_ASTRAY;
        return owned ? VF_RULE_TEXT_OWNED_BROKEN : bin ? VF_RULE_SCRIPT_BODY_ASTRAY : VF_RULE_TEXT_ASTRAY;
    case VF_STATUS_BROKEN:
        if (binary)
            return VF_RULE_BINARY_BROKEN;
        return owned ? VF_RULE_TEXT_OWNED_BROKEN : bin ? VF_RULE_SCRIPT_BODY_BROKEN : VF_RULE_TEXT_BROKEN;
    case VF_STATUS_FINE:
    case VF_STATUS_HOST:
    case VF_STATUS_RELATIVE:
        break;
    }
    return VF_RULE_TEXT_MENTION;
}

struct tally { /* hits of one file in one place with one kind of evidence */
    uint32_t prefix;
    enum vf_evidence ev;
    uint32_t count;
    const struct vf_hit *first;
};

static struct vf_slice hit_value(struct vf_judge *j, const struct vf_hit *h)
{
    struct vf_slice prefix = j->env->prefixes[h->prefix].prefix.path;
    struct vf_slice v = h->rest.n ? vf_path_join(j->a, prefix, h->rest) : prefix;
    if (!v.p)
        j->out->failed = true;
    return v;
}

static void report_tally(struct vf_judge *j, const struct vf_file *f, const struct tally *t)
{
    struct vf_location loc;
    struct vf_err err;
    vf_err_init(&err);
    if (vf_env_locate(j->env, j->env->prefixes[t->prefix].prefix.path, &j->scratch, &loc, &err) != VF_OK)
        j->out->failed = true;
    vf_err_release(&err);
    enum vf_ref_status stand = vf_judge_status(j, &loc);
    if (stand == VF_STATUS_FINE || stand == VF_STATUS_HOST)
        return;
    struct vf_finding *fi = vf_judge_about(j, rule_of_hit(f, stand, t->ev), f);
    if (!fi)
        return;
    fi->line = t->first->line ? (int64_t)t->first->line : -1;
    fi->offset = (int64_t)t->first->off;
    fi->value = hit_value(j, t->first);
    fi->target = fi->value;
    fi->count = t->count;
    if (vf_judge_is_idle_batch(j->env, f)) { /* what its reader did not understand, no cmd will */
        fi->level = VF_L_INFO;
        fi->fix = VF_FIX_NONE;
        return;
    }
    if (stand == VF_STATUS_BROKEN || stand == VF_STATUS_ASTRAY)
        vf_judge_expect(j, fi, t->first->rest);
}

void vf_judge_hits(struct vf_judge *j, const struct vf_file *f)
{
    struct vf_vec v = {0};
    for (uint32_t i = 0; i < f->facts.n_hits; i++) {
        const struct vf_hit *h = &f->facts.hits[i];
        enum vf_evidence ev = vf_judge_evidence(j->env, f, h);
        struct tally *t = NULL;
        if (ev == VF_EV_NONE)
            continue;
        for (size_t k = 0; k < v.n && !t; k++)
            if (VF_VEC_AT(struct tally, &v, k)->prefix == h->prefix &&
                VF_VEC_AT(struct tally, &v, k)->ev == ev)
                t = VF_VEC_AT(struct tally, &v, k);
        if (!t && (t = vf_vec_push(&j->scratch, &v, sizeof *t)))
            *t = (struct tally){.prefix = h->prefix, .ev = ev, .first = h};
        if (!t) {
            j->out->failed = true;
            return;
        }
        t->count++;
    }
    for (size_t k = 0; k < v.n; k++)
        report_tally(j, f, VF_VEC_AT(struct tally, &v, k));
}

void vf_judge_pyc(struct vf_judge *j)
{
    uint32_t n = 0, stale = 0;
    for (size_t i = 0; i < j->env->n_files; i++) {
        const struct vf_file *f = &j->env->files[i];
        n += (f->flags & VF_FILE_PYC) && f->st.kind == VF_KIND_FILE;
        stale += (f->flags & VF_FILE_PYC_STALE) != 0;
    }
    struct vf_finding *fi = n ? vf_findings_add(j->out, VF_RULE_PYC_PLACE, VF_S(".")) : NULL;
    if (fi)
        fi->count = n;
    fi = stale ? vf_findings_add(j->out, VF_RULE_PYC_STALE, VF_S(".")) : NULL;
    if (fi)
        fi->count = stale;
}
