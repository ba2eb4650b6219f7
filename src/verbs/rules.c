/* rules.c: the table of rules for other programs. */
#include "rules/finding.h"
#include "venvfix.h"

static struct venvfix_rule table[VF_RULE_COUNT];
static _Atomic bool ready;

size_t venvfix_rule_count(void)
{
    return VF_RULE_COUNT;
}

const struct venvfix_rule *venvfix_rule_at(size_t i)
{
    if (i >= VF_RULE_COUNT)
        return NULL;
    for (int k = 0; !ready && k < VF_RULE_COUNT; k++) {
        const struct vf_rule_info *r = vf_rule_info((enum vf_rule)k);
        table[k] = (struct venvfix_rule){r->id,
                                         r->name,
                                         (enum venvfix_verdict)r->verdict,
                                         (enum venvfix_level)r->level,
                                         (enum venvfix_how_fixed)r->fix,
                                         r->what,
                                         r->why,
                                         r->how};
    }
    ready = true;
    return &table[i];
}

const struct venvfix_rule *venvfix_rule_find(const char *id_or_name)
{
    enum vf_rule r;
    return vf_rule_find(vf_slice_of(id_or_name), &r) ? venvfix_rule_at((size_t)r) : NULL;
}
