/* policy.h: which rules count, and at which level: --select, --ignore, --level.
 *
 * Call sequence: vf_policy_init -> select, ignore, level, in any order -> vf_policy_apply. */
#ifndef VF_RULES_POLICY_H
#define VF_RULES_POLICY_H

#include "rules/finding.h"

struct vf_rule_policy {
    uint8_t selected, ignored, leveled; /* length of the longest word that named the rule; 0: none did */
    enum vf_level level;                /* where leveled */
};
struct vf_policy {
    bool selects; /* --select was given: a rule that it does not name is left out */
    struct vf_rule_policy rules[VF_RULE_COUNT];
};

void vf_policy_init(struct vf_policy *p);
/* `words`: ids (VF201), beginnings of ids (VF2), names (script-bound), separated by commas; case does not
 * matter. Of two words that name a rule the longer one counts, of two equal ones --ignore. VF_USAGE: a word
 * names no rule. */
VF_MUST_CHECK enum vf_status vf_policy_select(struct vf_policy *p, struct vf_slice words, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_policy_ignore(struct vf_policy *p, struct vf_slice words, struct vf_err *err);
/* "VF201=error", also several, separated by commas. */
VF_MUST_CHECK enum vf_status vf_policy_level(struct vf_policy *p, struct vf_slice words, struct vf_err *err);
/* Removes findings of rules that do not count and sets the level of the others. Returns how many were
 * removed. */
size_t vf_policy_apply(const struct vf_policy *p, struct vf_findings *f);

#endif
