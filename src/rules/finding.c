/* finding.c: the table of rules, and findings in order. */
#include "rules/finding.h"

#include <stdlib.h>

static const struct vf_rule_info table[VF_RULE_COUNT] = {
#define ROW(id, sym, family, name, verdict, level, fix, what, why, how)                                      \
    [VF_RULE_##sym] = {"VF" #id, name, VF_V_##verdict,    VF_L_##level, VF_FIX_##fix, what,                  \
                       why,      how,  VF_FAMILY_##family},
#define R(id, sym, name, verdict, level, fix, what, why, how)                                                \
    ROW(id, sym, NONE, name, verdict, level, fix, what, why, how)
#define RF ROW
#include "rules/rules.def"
};

/* What a verdict of the table says about a reference. */
enum {
    STATUS_BOUND = VF_STATUS_BOUND,
    STATUS_BROKEN = VF_STATUS_BROKEN,
    STATUS_STALE = VF_STATUS_BROKEN,
    STATUS_ASTRAY = VF_STATUS_ASTRAY,
    STATUS_HOST = VF_STATUS_HOST
};

/* 1 + the rule; 0: none. */
static const unsigned short by_family[VF_FAMILY_COUNT][VF_STATUS_COUNT] = {
#define R(id, sym, name, verdict, level, fix, what, why, how)
#define RF(id, sym, family, name, verdict, level, fix, what, why, how)                                       \
    [VF_FAMILY_##family][STATUS_##verdict] = 1 + VF_RULE_##sym,
#define ALSO(family, status, sym) [VF_FAMILY_##family][STATUS_##status] = 1 + VF_RULE_##sym,
#include "rules/rules.def"
};

enum vf_rule vf_rule_of(enum vf_family family, enum vf_ref_status status)
{
    unsigned short found = by_family[family][status];
    return found ? (enum vf_rule)(found - 1) : VF_RULE_COUNT;
}

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

struct kind {
    size_t n;     /* findings */
    size_t first; /* 1 + its index in the result, once it is there */
    uint64_t count;
    bool differ; /* their messages */
    struct vf_slice message;
};

/* What findings that can stand for each other have in common. */
static struct vf_slice kind_key(struct vf_arena *a, const struct vf_finding *fi)
{
    char tail[5] = {0, (char)fi->rule, (char)((int)fi->rule >> 8),
                    (char)((int)fi->verdict * 4 + (int)fi->level), (char)fi->fix};
    return vf_arena_concat(a, fi->path, (struct vf_slice){tail, sizeof tail}, VF_S(""));
}

static bool count_kinds(const struct vf_findings *in, struct vf_arena *a, struct vf_vec *kinds, size_t *of)
{
    struct vf_map by_key;
    vf_map_init(&by_key, a);
    for (size_t i = 0; i < in->v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(in, i);
        struct vf_slice key = kind_key(a, fi);
        size_t k;
        if (!key.p)
            return false;
        if (!vf_map_get(&by_key, key, &k)) {
            struct kind *fresh = vf_vec_push(a, kinds, sizeof *fresh);
            if (!fresh || !vf_map_put(&by_key, key, kinds->n - 1))
                return false;
            fresh->message = fi->message;
            k = kinds->n - 1;
        }
        struct kind *kind = VF_VEC_AT(struct kind, kinds, k);
        kind->n++;
        kind->count += fi->count;
        kind->differ = kind->differ || !vf_slice_eq(kind->message, fi->message);
        of[i] = k;
    }
    return true;
}

static bool keep_or_fold(const struct vf_finding *fi, struct kind *kind, struct vf_findings *out)
{
    if (kind->first)
        return true;
    struct vf_finding *kept = vf_vec_push(out->a, &out->v, sizeof *kept);
    if (!kept)
        return false;
    *kept = *fi;
    if (kind->n <= VF_FINDINGS_CAP)
        return true;
    kind->first = out->v.n;
    kept->count = kind->count > UINT32_MAX ? UINT32_MAX : (uint32_t)kind->count;
    if (kind->differ)
        kept->message = vf_slice_of(vf_rule_info(fi->rule)->what);
    return true;
}

bool vf_findings_fold(const struct vf_findings *in, struct vf_findings *out)
{
    struct vf_arena scratch;
    struct vf_vec kinds = {0};
    vf_arena_init(&scratch);
    size_t *of = vf_arena_array(&scratch, in->v.n + 1, sizeof *of);
    bool ok = of && count_kinds(in, &scratch, &kinds, of);
    for (size_t i = 0; ok && i < in->v.n; i++)
        ok = keep_or_fold(vf_findings_at(in, i), VF_VEC_AT(struct kind, &kinds, of[i]), out);
    vf_arena_release(&scratch);
    out->failed = out->failed || !ok;
    return ok;
}

struct vf_finding *vf_findings_at(const struct vf_findings *f, size_t i)
{
    return VF_VEC_AT(struct vf_finding, &f->v, i);
}
