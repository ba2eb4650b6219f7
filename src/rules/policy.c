/* policy.c: which rules count, and at which level. */
#include "rules/policy.h"

#include <string.h>

void vf_policy_init(struct vf_policy *p)
{
    memset(p, 0, sizeof *p);
}

static bool begins_nocase(const char *text, struct vf_slice word)
{
    return strlen(text) >= word.n && vf_slice_eq_nocase((struct vf_slice){text, word.n}, word);
}

/* How many bytes of the rule's id the word names; a name is as good as a whole id. 0: it does not name the
 * rule. */
static uint8_t match(const struct vf_rule_info *rule, struct vf_slice word)
{
    bool is_id = word.n >= 2 && vf_slice_eq_nocase(vf_slice_sub(word, 0, 2), VF_S("VF"));
    if (is_id)
        return begins_nocase(rule->id, word) ? (uint8_t)word.n : 0;
    return vf_slice_eq_nocase(word, vf_slice_of(rule->name)) ? (uint8_t)strlen(rule->id) : 0;
}

static struct vf_slice trim(struct vf_slice s)
{
    while (s.n > 0 && s.p[0] == ' ')
        s = vf_slice_from(s, 1);
    while (s.n > 0 && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

static struct vf_slice next_word(struct vf_slice *rest)
{
    size_t comma = vf_slice_find_byte(*rest, ',', 0);
    struct vf_slice word = vf_slice_sub(*rest, 0, comma == VF_NPOS ? rest->n : comma);
    *rest = comma == VF_NPOS ? (struct vf_slice){rest->p, 0} : vf_slice_from(*rest, comma + 1);
    return trim(word);
}

static enum vf_status unknown(struct vf_slice word, struct vf_err *err)
{
    return vf_err_set(err, VF_USAGE, 0, "check", word,
                      "unknown rule '%.*s'; `venvfix explain` lists the rules",
                      (int)(word.n < 100 ? word.n : 100), word.p);
}

enum list { SELECT, IGNORE };

static enum vf_status take_words(struct vf_policy *p, struct vf_slice words, enum list list,
                                 struct vf_err *err)
{
    while (words.n > 0) {
        struct vf_slice word = next_word(&words);
        bool known = false;
        for (int i = 0; i < VF_RULE_COUNT; i++) {
            uint8_t n = match(vf_rule_info((enum vf_rule)i), word);
            uint8_t *best = list == SELECT ? &p->rules[i].selected : &p->rules[i].ignored;
            known = known || n > 0;
            if (n > *best)
                *best = n;
        }
        if (!known && word.n > 0)
            return unknown(word, err);
    }
    return VF_OK;
}

enum vf_status vf_policy_select(struct vf_policy *p, struct vf_slice words, struct vf_err *err)
{
    p->selects = true;
    return take_words(p, words, SELECT, err);
}

enum vf_status vf_policy_ignore(struct vf_policy *p, struct vf_slice words, struct vf_err *err)
{
    return take_words(p, words, IGNORE, err);
}

static bool level_of(struct vf_slice word, enum vf_level *out)
{
    static const enum vf_level levels[] = {VF_L_INFO, VF_L_WARNING, VF_L_ERROR};
    for (size_t i = 0; i < VF_COUNT(levels); i++)
        if (vf_slice_eq_nocase(word, vf_slice_of(vf_level_name(levels[i])))) {
            *out = levels[i];
            return true;
        }
    return false;
}

enum vf_status vf_policy_level(struct vf_policy *p, struct vf_slice words, struct vf_err *err)
{
    while (words.n > 0) {
        struct vf_slice word = next_word(&words);
        size_t eq = vf_slice_find_byte(word, '=', 0);
        struct vf_slice rule = trim(vf_slice_sub(word, 0, eq == VF_NPOS ? word.n : eq));
        enum vf_level level;
        bool known = false;
        if (eq == VF_NPOS || !level_of(trim(vf_slice_from(word, eq + 1)), &level))
            return vf_err_set(err, VF_USAGE, 0, "check", word,
                              "--level takes RULE=LEVEL with error, warning or info, not '%.*s'",
                              (int)(word.n < 100 ? word.n : 100), word.p);
        for (int i = 0; i < VF_RULE_COUNT; i++) {
            uint8_t n = match(vf_rule_info((enum vf_rule)i), rule);
            known = known || n > 0;
            if (n == 0 || n < p->rules[i].leveled)
                continue;
            p->rules[i].leveled = n;
            p->rules[i].level = level;
        }
        if (!known)
            return unknown(rule, err);
    }
    return VF_OK;
}

static bool counts(const struct vf_policy *p, enum vf_rule rule)
{
    const struct vf_rule_policy *r = &p->rules[rule];
    if (r->selected == 0 && p->selects)
        return false;
    return r->ignored == 0 || r->selected > r->ignored;
}

size_t vf_policy_apply(const struct vf_policy *p, struct vf_findings *f)
{
    size_t kept = 0, n = f->v.n;
    for (size_t i = 0; i < n; i++) {
        struct vf_finding *fi = vf_findings_at(f, i);
        if (!counts(p, fi->rule))
            continue;
        if (p->rules[fi->rule].leveled > 0)
            fi->level = p->rules[fi->rule].level;
        *vf_findings_at(f, kept++) = *fi;
    }
    f->v.n = kept;
    return n - kept;
}
