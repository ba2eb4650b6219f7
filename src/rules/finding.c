/* finding.c: the table of rules, and findings in order. */
#include "rules/finding.h"

#include <stdlib.h>

static const struct vf_rule_info table[VF_RULE_COUNT] = {
#define R(id, sym, name, verdict, level, fix, what, why, how)                                                \
    [VF_RULE_##sym] = {"VF" #id, name, VF_V_##verdict, VF_L_##level, VF_FIX_##fix, what, why, how},
#include "rules/rules.def"
#undef R
};

const struct vf_rule_info *vf_rule_info(enum vf_rule r)
{
    return &table[r];
}

bool vf_rule_find(struct vf_slice s, enum vf_rule *out)
{
    for (int i = 0; i < VF_RULE_COUNT; i++) {
        if (!vf_slice_eq_nocase(s, vf_slice_of(table[i].id)) &&
            !vf_slice_eq_nocase(s, vf_slice_of(table[i].name)))
            continue;
        *out = (enum vf_rule)i;
        return true;
    }
    return false;
}

const char *vf_verdict_name(enum vf_verdict v)
{
    static const char *const names[] = {"broken", "astray",     "tampered",     "forbidden", "bound",
                                        "host",   "unexamined", "inconsistent", "exposed",   "stale"};
    return names[v];
}

const char *vf_level_name(enum vf_level l)
{
    static const char *const names[] = {"info", "warning", "error"};
    return names[l];
}

const char *vf_fix_name(enum vf_fix f)
{
    static const char *const names[] = {"rewrite", "reinstall", "manual", "none"};
    return names[f];
}

struct vf_finding *vf_findings_add(struct vf_findings *f, enum vf_rule rule, struct vf_slice path)
{
    struct vf_finding *fi = vf_vec_push(f->a, &f->v, sizeof *fi);
    if (!fi) {
        f->failed = true;
        return NULL;
    }
    const struct vf_rule_info *info = vf_rule_info(rule);
    *fi = (struct vf_finding){.rule = rule,
                              .verdict = info->verdict,
                              .level = info->level,
                              .fix = info->fix,
                              .path = path,
                              .line = -1,
                              .offset = -1,
                              .message = vf_slice_of(info->what),
                              .count = 1,
                              .file = UINT32_MAX,
                              .ref = UINT32_MAX};
    return fi;
}

static int by_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare(const void *pa, const void *pb)
{
    const struct vf_finding *a = pa, *b = pb;
    int c = vf_slice_cmp(a->path, b->path);
    if (!c)
        c = by_number(a->offset, b->offset);
    if (!c)
        c = vf_slice_cmp(vf_slice_of(vf_rule_info(a->rule)->id), vf_slice_of(vf_rule_info(b->rule)->id));
    if (!c)
        c = vf_slice_cmp(a->value, b->value);
    if (!c)
        c = vf_slice_cmp(a->target, b->target);
    if (!c)
        c = by_number(a->line < 0 ? 0 : a->line, b->line < 0 ? 0 : b->line);
    return c ? c : vf_slice_cmp(a->message, b->message);
}

void vf_findings_sort(struct vf_findings *f)
{
    if (f->v.n > 1)
        qsort(f->v.base, f->v.n, sizeof(struct vf_finding), compare);
}

struct vf_finding *vf_findings_at(const struct vf_findings *f, size_t i)
{
    return VF_VEC_AT(struct vf_finding, &f->v, i);
}
