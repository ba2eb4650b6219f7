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
    if (r->role != VF_ROLE_KERNEL_COMMAND)
        return;
    enum vf_level missing = vf_rule_info(vf_rule_of(VF_FAMILY_KERNEL, VF_STATUS_BROKEN))->level;
    enum vf_presence at = vf_judge_presence(j, f, r, loc->path, missing);
    if (at == VF_NOT_EXAMINED)
        return;
    if (at == VF_MISSING) {
        fi = vf_judge_as(j, VF_FAMILY_KERNEL, VF_STATUS_BROKEN, f, r);
        if (fi && !vf_name_is_python(vf_path_base(loc->path)))
            fi->fix = VF_FIX_MANUAL;
    } else if (vf_env_other_root(j->env, loc->path, &j->scratch).n) {
        fi = vf_judge_as(j, VF_FAMILY_KERNEL, VF_STATUS_ASTRAY, f, r);
    } else if (vf_name_is_python(vf_path_base(loc->path))) {
        vf_judge_as(j, VF_FAMILY_KERNEL, VF_STATUS_HOST, f, r);
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
    enum vf_ref_status status = vf_judge_status(j, &loc);
    bool right = status == VF_STATUS_FINE || status == VF_STATUS_BOUND;
    struct vf_finding *fi;
    if (right && r->role == VF_ROLE_KERNEL_COMMAND && !vf_env_has(j->env, loc.rest))
        vf_judge_as(j, VF_FAMILY_KERNEL, VF_STATUS_BROKEN, f, r);
    else if (vf_judge_family(j, VF_FAMILY_KERNEL, f, r, &loc, &fi) == VF_STATUS_HOST)
        judge_kernel_outside(j, f, r, &loc);
}

void vf_judge_project_file(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    struct vf_location loc = vf_judge_locate(j, r);
    struct vf_slice now;
    bool live;
    struct vf_finding *fi;
    if (vf_judge_family(j, VF_FAMILY_PROJECT, f, r, &loc, &fi) != VF_STATUS_HOST ||
        !vf_judge_project(j, loc.path, &now, &live))
        return;
    fi = vf_judge_as(j, VF_FAMILY_PROJECT, VF_STATUS_BROKEN, f, r);
    if (fi)
        fi->expected = now;
}

static bool is_activate(const struct vf_file *f)
{
    uint32_t all = 0;
    for (int s = VF_SYN_ACTIVATE_SH; s <= VF_SYN_ACTIVATE_THIS; s++)
        all |= 1u << s;
    return (f->syntaxes & all) != 0;
}

/* What reads a hit that is a reference. */
static enum vf_family family_of_hit(const struct vf_file *f, enum vf_evidence ev)
{
    if (f->flags & VF_FILE_BINARY)
        return VF_FAMILY_BINARY;
    if (is_activate(f))
        return VF_FAMILY_ACTIVATE_LINE; /* a user or a tool added it */
    if (ev != VF_EV_REFERENCE)
        return VF_FAMILY_TEXT_OWNED;
    return f->flags & VF_FILE_IN_BIN ? VF_FAMILY_SCRIPT_BODY : VF_FAMILY_TEXT;
}

static enum vf_rule rule_of_hit(const struct vf_file *f, enum vf_ref_status status, enum vf_evidence ev)
{
    if (ev == VF_EV_IDLE)
        return VF_RULE_DEBUG_PLACE;
    if (ev == VF_EV_CACHE)
        return VF_RULE_CACHE_PLACE;
    if (ev == VF_EV_MENTION)
        return VF_RULE_TEXT_MENTION;
    enum vf_rule rule = vf_rule_of(family_of_hit(f, ev), status);
    return rule == VF_RULE_COUNT ? VF_RULE_TEXT_MENTION : rule;
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
        if (f->flags & VF_FILE_PYC_OTHER)
            vf_judge_about(j, VF_RULE_PYC_OTHER, f);
    }
    struct vf_finding *fi = n ? vf_findings_add(j->out, VF_RULE_PYC_PLACE, VF_S(".")) : NULL;
    if (fi)
        fi->count = n;
    fi = stale ? vf_findings_add(j->out, VF_RULE_PYC_STALE, VF_S(".")) : NULL;
    if (fi)
        fi->count = stale;
}

/* prefix= of a .pc file: a directory of the machine that it was built on. */
void vf_judge_pkgconfig(struct vf_judge *j, const struct vf_file *f)
{
    struct vf_slice text, line;
    struct vf_err why;
    if (f->st.kind != VF_KIND_FILE || f->unexamined != VF_OK)
        return;
    vf_err_init(&why);
    if (vf_tree_read(j->env->tree, f->path, 1u << 16, &j->scratch, &text, &why) != VF_OK)
        text = (struct vf_slice){NULL, 0};
    vf_err_release(&why);
    for (uint32_t n = 1; vf_slice_next_line(&text, &line); n++) {
        if (!vf_slice_starts(line, VF_S("prefix=")))
            continue;
        struct vf_slice dir = vf_slice_trim(vf_slice_from(line, 7));
        struct vf_location loc = vf_judge_locate(j, &(struct vf_ref){.value = dir, .syntax = VF_SYN_TEXT});
        if (!vf_path_is_abs(dir) || loc.prefix != VF_NONE || vf_judge_host_has(j, dir))
            return;
        struct vf_finding *fi = vf_judge_about(j, VF_RULE_PKGCONFIG_HOST, f);
        if (fi) {
            fi->line = n;
            fi->value = vf_arena_dup(j->a, dir);
        }
        return;
    }
}
