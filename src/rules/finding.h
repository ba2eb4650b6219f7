/* finding.h: what a rule says about an environment, and the table of rules. */
#ifndef VF_RULES_FINDING_H
#define VF_RULES_FINDING_H

#include "base/arena.h"
#include "base/err.h"

enum vf_verdict {
    VF_V_BROKEN,
    VF_V_ASTRAY,
    VF_V_TAMPERED,
    VF_V_FORBIDDEN,
    VF_V_BOUND,
    VF_V_HOST,
    VF_V_UNEXAMINED,
    VF_V_INCONSISTENT,
    VF_V_EXPOSED,
    VF_V_STALE
};
enum vf_level { VF_L_INFO, VF_L_WARNING, VF_L_ERROR };
enum vf_fix { VF_FIX_REWRITE, VF_FIX_REINSTALL, VF_FIX_MANUAL, VF_FIX_NONE };

enum vf_rule {
#define R(id, sym, name, verdict, level, fix, what, why, how) VF_RULE_##sym,
#include "rules/rules.def"
    VF_RULE_COUNT
};

/* Kinds of references, each with rules for what a reference comes to. */
enum vf_family {
    VF_FAMILY_NONE,
#define FAMILY(name) VF_FAMILY_##name,
#include "rules/rules.def"
    VF_FAMILY_COUNT
};

/* How a path relates to the prefix that is checked for. */
enum vf_ref_status {
    VF_STATUS_FINE,   /* right where it is to be */
    VF_STATUS_BOUND,  /* right here, and only here */
    VF_STATUS_BROKEN, /* names a prefix that is not the environment's, or not any more */
    VF_STATUS_ASTRAY, /* names another live environment's prefix that this one calls its own */
    VF_STATUS_HOST,
    VF_STATUS_RELATIVE
};
enum { VF_STATUS_COUNT = VF_STATUS_RELATIVE + 1 };

struct vf_rule_info {
    const char *id;   /* "VF201" */
    const char *name; /* "script-bound" */
    enum vf_verdict verdict;
    enum vf_level level;
    enum vf_fix fix;
    const char *what, *why, *how;
    enum vf_family family; /* NONE: it belongs to none */
};
const struct vf_rule_info *vf_rule_info(enum vf_rule r);
/* The rule of a family for a status; VF_RULE_COUNT: the family says nothing about it. */
enum vf_rule vf_rule_of(enum vf_family family, enum vf_ref_status status);
bool vf_rule_find(struct vf_slice id_or_name, enum vf_rule *out); /* "VF201", "vf201" or "script-bound" */
const char *vf_verdict_name(enum vf_verdict v);
const char *vf_level_name(enum vf_level l);

/* One finding. Slices live in the arena of the findings. Fields as in docs/report.md. */
struct vf_finding {
    enum vf_rule rule;
    enum vf_verdict verdict;
    enum vf_level level;
    enum vf_fix fix;
    struct vf_slice path;                    /* relative to the environment */
    int64_t line, offset;                    /* -1: does not apply */
    struct vf_slice value, expected, target; /* p NULL: null in the report */
    struct vf_slice distribution;            /* normalized name of the owner; p NULL */
    struct vf_slice message;
    uint32_t count;
    bool suppressed;    /* a baseline holds it: it counts nowhere */
    uint32_t file, ref; /* index of file and of its reference (VF_NONE): for planning, not reported */
};

struct vf_findings {
    struct vf_arena *a; /* borrowed */
    struct vf_vec v;    /* struct vf_finding */
    bool failed;        /* no memory */
};
/* A new finding with the rule's usual verdict, level, fix and message. NULL: no memory (failed is set). */
struct vf_finding *vf_findings_add(struct vf_findings *f, enum vf_rule rule, struct vf_slice path);
/* By path, offset (none first), rule id, value, target, line, message (docs/report.md). */
void vf_findings_sort(struct vf_findings *f);
/* More findings of one kind in one file than this are one finding with a count. */
#define VF_FINDINGS_CAP 100
/* The same findings in their order, but where more than VF_FINDINGS_CAP have path, rule, verdict, level and
 * fix in common, only the first stands, for all of them: its count is the sum of theirs, its message the
 * rule's where theirs differ. False: no memory. */
VF_MUST_CHECK bool vf_findings_fold(const struct vf_findings *in, struct vf_findings *out);
struct vf_finding *vf_findings_at(const struct vf_findings *f, size_t i);

#endif
