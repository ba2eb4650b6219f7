/* check_archive.c: one environment of an archive: for which path it is checked, where its archive is laid for
 * that, and what is wrong with the archive itself. */
#include "base/path.h"
#include "env/recorded.h"
#include "verbs/archive.h"

/* --- the path --- */

/* Where `tar -x` here would put it. */
static struct vf_slice path_here(struct vf_session *s, struct vf_slice member)
{
    return member.n ? vf_path_join(s->a, s->cwd, member) : s->cwd;
}

static enum vf_status find_path(struct vf_session *s, const struct venvfix_archive *a, size_t i,
                                struct vf_slice *at)
{
    struct vf_tree *tree = NULL;
    enum vf_status st = vf_tree_of_files(a->files, a->envs[i], &tree, &s->err);
    if (st == VF_OK)
        st = vf_env_recorded(tree, s->a, at, &s->err);
    vf_tree_free(tree);
    if (st == VF_OK && !at->n)
        *at = path_here(s, a->members[i]);
    return st == VF_OK && !at->p ? vf_err_nomem(&s->err) : st;
}

/* The archive holds `member`, which is to be at `at`: the directory of the archive that is to be at *mount,
 * as far up as both have the same names. */
static uint32_t mount_point(const struct venvfix_archive *a, size_t i, struct vf_slice at,
                            struct vf_slice *mount)
{
    struct vf_slice member = a->members[i];
    uint32_t dir = a->envs[i];
    *mount = at;
    while (dir != VF_NODE_ROOT && mount->n > 1 && vf_slice_eq(vf_path_base(member), vf_path_base(*mount))) {
        dir = vf_file_tree_node(a->files, dir)->parent;
        member = vf_path_dir(member);
        *mount = vf_path_dir(*mount);
    }
    return dir;
}

/* For messages: the member below the archive's name. */
static struct vf_slice shown_path(struct vf_session *s, const struct venvfix_archive *a, size_t i)
{
    struct vf_slice file = vf_path_is_abs(a->path) ? a->path : VF_S("/dev/stdin");
    return a->members[i].n ? vf_path_join(s->a, file, a->members[i]) : file;
}

enum vf_status vf_archive_params(struct vf_session *s, const struct venvfix_archive *a, size_t i,
                                 struct vf_host *below, struct vf_env_params *p, struct vf_host **host)
{
    struct vf_file_mount m = {.files = a->files, .below = below};
    enum vf_status st = p->at.n ? VF_OK : find_path(s, a, i, &p->at);
    *host = NULL;
    if (st != VF_OK)
        return st;
    m.dir = mount_point(a, i, p->at, &m.at);
    m.alone = p->at;
    p->path = p->at;
    p->outer = shown_path(s, a, i);
    p->root = vf_path_is_abs(a->path) ? a->path : VF_S("/dev/stdin");
    st = p->outer.p ? vf_host_of_files(&m, host, &s->err) : vf_err_nomem(&s->err);
    p->host = *host;
    return st;
}

/* --- the archive itself --- */

static const struct {
    enum vf_rule rule;
    const char *what; /* behind a number and "members" */
} flaws[VF_MEMBER_FLAWS] = {
    [VF_MEMBER_ESCAPES] = {VF_RULE_MEMBER_REFUSED,
                           "whose names lead out of the archive (..) were not looked at"},
    [VF_MEMBER_ABSOLUTE] = {VF_RULE_MEMBER_ABSOLUTE, "whose names begin with a slash"},
    [VF_MEMBER_TWICE] = {VF_RULE_MEMBER_TWICE,
                         "that are in the archive before, by the same name: the last one counts"},
    [VF_MEMBER_BELOW_LINK] = {VF_RULE_MEMBER_REFUSED, "below a link or a file were not looked at"},
    [VF_MEMBER_NO_TARGET] = {VF_RULE_MEMBER_REFUSED,
                             "that are hard links to nothing in the archive before them"},
    [VF_MEMBER_NAME] = {VF_RULE_MEMBER_REFUSED, "without a usable name were not looked at"},
};

static bool add_flaw(struct vf_findings *f, enum vf_member_flaw flaw, const struct vf_member_flaws *said)
{
    struct vf_finding *fi = vf_findings_add(f, flaws[flaw].rule, VF_S("."));
    struct vf_buf words = {0};
    if (!fi)
        return false;
    vf_buf_put_u64(&words, said->count);
    vf_buf_puts(&words, said->count == 1 ? " member " : " members ");
    vf_buf_puts(&words, flaws[flaw].what);
    fi->value = vf_arena_dup(f->a, said->first);
    fi->count = said->count < UINT32_MAX ? (uint32_t)said->count : UINT32_MAX;
    fi->message = vf_arena_dup(f->a, vf_buf_slice(&words));
    vf_buf_release(&words);
    return fi->message.p != NULL;
}

/* A zip that was made without the attributes of Unix. An interpreter that is a link says nothing. */
static bool modes_are_lost(const struct venvfix_archive *a, const struct vf_env *env, uint32_t *scripts)
{
    *scripts = 0;
    for (size_t i = 0; a->zip && i < env->n_files; i++) {
        const struct vf_file *f = &env->files[i];
        if (f->st.kind != VF_KIND_FILE || !(f->flags & VF_FILE_IN_BIN))
            continue;
        if (f->st.mode & 0111)
            return false;
        *scripts += (f->facts.n_refs > 0 && f->facts.refs[0].syntax == VF_SYN_HEADER) || f->facts.elf;
    }
    return *scripts > 0;
}

/* One cause: what follows from it for single files goes. */
static bool say_modes(struct vf_findings *findings, uint32_t scripts)
{
    size_t kept = 0;
    for (size_t i = 0; i < findings->v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(findings, i);
        if (fi->rule != VF_RULE_SCRIPT_NOT_EXECUTABLE && fi->rule != VF_RULE_INTERPRETER_NOT_EXECUTABLE)
            *VF_VEC_AT(struct vf_finding, &findings->v, kept++) = *fi;
    }
    findings->v.n = kept;
    struct vf_finding *fi = vf_findings_add(findings, VF_RULE_MODES_LOST, VF_S("."));
    if (fi)
        fi->count = scripts;
    return fi != NULL;
}

enum vf_status vf_archive_judge(struct vf_session *s, const struct venvfix_archive *a, size_t i,
                                const struct vf_env *env, struct vf_findings *findings)
{
    const struct vf_member_flaws *said = vf_file_tree_flaws(a->files);
    uint32_t scripts;
    bool ok = true;
    for (int k = 0; k < VF_MEMBER_FLAWS && ok && i == 0; k++)
        if (said[k].count > 0)
            ok = add_flaw(findings, (enum vf_member_flaw)k, &said[k]);
    if (ok && modes_are_lost(a, env, &scripts))
        ok = say_modes(findings, scripts);
    vf_findings_sort(findings);
    return ok && !findings->failed ? VF_OK : vf_err_nomem(&s->err);
}
