/* imports.c: VF4xx: what puts directories on sys.path: .pth files, editable installs, egg-links.
 * docs/formats.md 4.1 to 4.3. */
#include "rules/judge.h"

struct import_rules {
    enum vf_family family;
    enum vf_rule dangling; /* what it names is nowhere */
};
static const struct import_rules pth = {VF_FAMILY_PTH, VF_RULE_PTH_DANGLING};
static const struct import_rules editable = {VF_FAMILY_EDITABLE, VF_RULE_EDITABLE_BROKEN};

static bool is_editable(const struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    if (r->flags & VF_REF_EDITABLE || r->role == VF_ROLE_EDITABLE)
        return true;
    return f->dist != VF_NONE && j->env->dists[f->dist].editable;
}

/* Where a located path is to be: below the environment's prefix that is checked for, or where it is. */
static struct vf_slice future_path(struct vf_judge *j, const struct vf_location *loc)
{
    if (loc->prefix == VF_NONE)
        return loc->path;
    struct vf_slice path = vf_path_join(&j->scratch, vf_judge_fine_root(j), loc->rest);
    j->out->failed = j->out->failed || !path.p;
    return path;
}

/* A build tool of meson-python: ninja, the build directory. */
static void judge_tool(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r,
                       const struct vf_location *loc)
{
    struct vf_finding *fi;
    if (vf_judge_stale_build(j, f, r, future_path(j, loc)))
        return;
    enum vf_level missing = vf_rule_info(VF_RULE_EDITABLE_TOOL)->level;
    if (vf_judge_family(j, VF_FAMILY_EDITABLE, f, r, loc, &fi) == VF_STATUS_HOST &&
        vf_judge_presence(j, f, r, loc->path, missing) == VF_MISSING)
        vf_judge_ref(j, VF_RULE_EDITABLE_TOOL, f, r);
}

static void judge_outside(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r,
                          const struct vf_location *loc, const struct import_rules *rules)
{
    struct vf_slice now;
    bool live;
    if (vf_judge_project(j, loc->path, &now, &live)) {
        if (vf_judge_stale_build(j, f, r, now))
            return;
        struct vf_finding *moved =
            vf_judge_as(j, rules->family, live ? VF_STATUS_ASTRAY : VF_STATUS_BROKEN, f, r);
        if (moved)
            moved->expected = now;
        return;
    }
    /* code may well test for it */
    enum vf_level missing = r->flags & VF_REF_CODE ? VF_L_INFO : vf_rule_info(rules->dangling)->level;
    enum vf_presence at = vf_judge_presence(j, f, r, loc->path, missing);
    if (at == VF_PRESENT) {
        if (vf_judge_stale_build(j, f, r, loc->path))
            return;
        if (!(r->flags & VF_REF_CODE) || rules == &editable)
            vf_judge_as(j, rules->family, VF_STATUS_HOST, f, r);
        return;
    }
    if (at == VF_NOT_EXAMINED || r->flags & VF_REF_CODE)
        return;
    struct vf_finding *fi = vf_judge_ref(j, rules->dangling, f, r);
    if (fi)
        fi->fix = VF_FIX_MANUAL;
}

static void judge_relative(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    struct vf_buf rel;
    vf_buf_init(&rel);
    bool inside = vf_path_link_inside(&rel, f->path, r->value);
    if (inside && !rel.failed && !vf_env_has(j->env, vf_buf_slice(&rel))) {
        struct vf_finding *fi = vf_judge_ref(j, VF_RULE_PTH_DANGLING, f, r);
        if (fi)
            fi->fix = VF_FIX_MANUAL;
    }
    if (!inside && !(r->flags & VF_REF_CODE)) {
        struct vf_slice dir = vf_path_join(&j->scratch, vf_judge_fine_root(j), vf_path_dir(f->path));
        struct vf_slice abs = vf_path_clean_dup(&j->scratch, vf_path_join(&j->scratch, dir, r->value));
        enum vf_level missing = vf_rule_info(VF_RULE_PTH_DANGLING)->level;
        enum vf_presence at = abs.p ? vf_judge_presence(j, f, r, abs, missing) : VF_NOT_EXAMINED;
        if (at == VF_PRESENT)
            (void)vf_judge_as(j, VF_FAMILY_PTH, VF_STATUS_HOST, f, r);
        else if (at == VF_MISSING)
            (void)vf_judge_ref(j, VF_RULE_PTH_DANGLING, f, r);
    }
    vf_buf_release(&rel);
}

static void judge_placed(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r,
                         const struct vf_location *loc, const struct import_rules *rules)
{
    enum vf_ref_status s = vf_judge_status(j, loc);
    bool here = vf_env_has(j->env, loc->rest);
    struct vf_finding *fi = NULL;
    if (vf_judge_stale_build(j, f, r, future_path(j, loc)))
        return;
    if (s == VF_STATUS_FINE || s == VF_STATUS_BOUND) {
        if (!here && !(r->flags & VF_REF_CODE)) {
            fi = vf_judge_ref(j, rules->dangling, f, r);
            if (fi)
                fi->fix = VF_FIX_MANUAL;
        } else if (s == VF_STATUS_BOUND) {
            vf_judge_ref(j,
                         r->flags & VF_REF_CODE && rules == &pth ? VF_RULE_PTH_CODE_PATH
                                                                 : vf_rule_of(rules->family, VF_STATUS_BOUND),
                         f, r);
        }
        return;
    }
    if (s == VF_STATUS_BROKEN && !here)
        fi = vf_judge_ref(j, rules->dangling, f, r);
    else
        fi = vf_judge_as(j, rules->family, s, f, r);
    vf_judge_expect(j, fi, loc->rest);
}

void vf_judge_import(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    struct vf_location loc = vf_judge_locate(j, r);
    const struct import_rules *rules = is_editable(j, f, r) ? &editable : &pth;
    if (r->role == VF_ROLE_BUILD_TOOL)
        judge_tool(j, f, r, &loc);
    else if (loc.prefix != VF_NONE)
        judge_placed(j, f, r, &loc, rules);
    else if (loc.where == VF_WHERE_HOST)
        judge_outside(j, f, r, &loc, rules);
    else
        judge_relative(j, f, r);
}

void vf_judge_import_flaw(struct vf_judge *j, const struct vf_file *f, const struct vf_flaw *fl)
{
    switch ((int)fl->kind) {
    case VF_FLAW_PTH_UNDECODABLE:
        vf_judge_flaw(j, VF_RULE_PTH_UNDECODABLE, f, fl);
        break;
    case VF_FLAW_PTH_BOM:
    case VF_FLAW_PTH_LEADING_BLANK:
    case VF_FLAW_PTH_TRAILING_BLANK:
    case VF_FLAW_PTH_SPLIT:
    case VF_FLAW_PTH_NUL:
    case VF_FLAW_EGG_LINK_MALFORMED:
        vf_judge_flaw(j, VF_RULE_PTH_DEAD_LINE, f, fl);
        break;
    case VF_FLAW_FINDER_UNKNOWN:
        vf_judge_flaw(j, VF_RULE_EDITABLE_UNKNOWN, f, fl);
        break;
    case VF_FLAW_JSON_INVALID:
        vf_judge_flaw(j,
                      vf_slice_eq(vf_path_base(f->path), VF_S("direct_url.json")) ? VF_RULE_URL_INVALID
                                                                                  : VF_RULE_NOT_SEARCHED,
                      f, fl);
        break;
    default:
        break; /* PTH_CODE is ordinary (docs/formats.md 4.1) */
    }
}
