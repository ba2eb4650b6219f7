/* native.c: VF6xx: where ELF files look for their libraries. */
#include "rules/judge.h"

/* Does one of the needed libraries lie in the directory `dir` of the environment? */
static bool finds_here(struct vf_judge *j, const struct vf_ref *r, struct vf_slice dir)
{
    struct vf_slice rest = r->extra, name;
    while (vf_slice_next_line(&rest, &name))
        if (name.n && vf_env_has(j->env, dir.n ? vf_path_join(&j->scratch, dir, name) : name))
            return true;
    return false;
}

/* An installed file stays as it is where it cannot be written, or where a publisher's words may have nothing
 * to do with this environment. One that nobody owns stops a move instead. */
static bool stays(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r, struct vf_slice dir,
                  bool used)
{
    struct vf_buf b;
    if (!vf_judge_owned_true(f))
        return false;
    if (!used && !j->env->dists[f->dist].built_here)
        return true;
    vf_buf_init(&b);
    bool fits = !(r->flags & VF_REF_READONLY) &&
                vf_rpath_put(f->path, vf_judge_fine_root(j), dir, (size_t)r->len, &b);
    vf_buf_release(&b);
    return !fits;
}

void vf_judge_rpath(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    struct vf_location loc = vf_judge_locate(j, r);
    struct vf_finding *fi;
    if (loc.prefix == VF_NONE || vf_prefix_is_common(&j->env->prefixes[loc.prefix].prefix))
        return;
    if (vf_judge_family(j, VF_FAMILY_RPATH, f, r, &loc, &fi) == VF_STATUS_BOUND || !fi)
        return;
    bool used = finds_here(j, r, loc.rest);
    if (!used)
        fi->level = VF_L_WARNING;
    if (stays(j, f, r, loc.rest, used))
        fi->fix = VF_FIX_REINSTALL;
}

/* --- search paths that no prefix of the environment is in --- */

static void report_dir(struct vf_judge *j, const struct vf_file *f, enum vf_rule rule, struct vf_slice dir)
{
    struct vf_finding *fi = vf_judge_about(j, rule, f);
    if (fi)
        fi->value = dir;
}

/* The first element that is relative, and the first that names a directory that is nowhere. */
static void judge_search_path(struct vf_judge *j, const struct vf_file *f, struct vf_slice list)
{
    bool relative = false, gone = false;
    for (bool more = list.p != NULL; more && !(relative && gone);) {
        size_t colon = vf_slice_find_byte(list, ':', 0);
        struct vf_slice dir = vf_slice_sub(list, 0, colon == VF_NPOS ? list.n : colon);
        more = colon != VF_NPOS;
        list = more ? vf_slice_from(list, colon + 1) : list;
        if (vf_slice_starts(dir, VF_S("$")))
            continue;
        if (!vf_path_is_abs(dir)) {
            if (!relative)
                report_dir(j, f, VF_RULE_RPATH_RELATIVE, dir);
            relative = true;
            continue;
        }
        struct vf_ref ref = {.value = dir, .syntax = VF_SYN_RPATH};
        struct vf_location loc = vf_judge_locate(j, &ref);
        if (loc.prefix != VF_NONE || gone || vf_judge_host_has(j, dir))
            continue;
        report_dir(j, f, VF_RULE_RPATH_HOST, dir);
        gone = true;
    }
}

void vf_judge_search_path(struct vf_judge *j, const struct vf_file *f)
{
    const struct vf_elf_object *elf = f->facts.elf;
    judge_search_path(j, f, elf->runpath.p ? elf->runpath : elf->rpath);
}
