/* links.c: VF8xx: links, names, special and unreadable files. */
#include "rules/judge.h"

#include <stdio.h>
#include <string.h>

/* An interpreter link that would lead to itself once it is re-pointed: what it should lead to is the base. */
static struct vf_slice base_behind(struct vf_judge *j, const struct vf_file *f, const struct vf_location *loc)
{
    struct vf_buf b;
    struct vf_slice base = {NULL, 0};
    vf_buf_init(&b);
    size_t unseen = vf_host_unseen_count(j->env->params.host);
    if (!vf_host_resolve(j->env->params.host, loc->path, &b) &&
        vf_host_unseen_count(j->env->params.host) == unseen) {
        vf_buf_clear(&b);
        vf_path_join_buf(&b, j->env->py.home, vf_path_base(f->path));
        if (!vf_host_executable(j->env->params.host, vf_buf_slice(&b)))
            vf_buf_clear(&b);
    }
    if (b.failed)
        j->out->failed = true;
    else if (b.n)
        base = vf_arena_dup(j->a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return base;
}

static void expect_link(struct vf_judge *j, struct vf_finding *fi, const struct vf_file *f,
                        const struct vf_location *loc)
{
    if (!fi)
        return;
    if (!vf_slice_eq(loc->rest, f->path)) {
        vf_judge_expect(j, fi, loc->rest);
        return;
    }
    fi->expected = base_behind(j, f, loc);
    if (!fi->expected.p)
        fi->fix = VF_FIX_MANUAL;
}

static void judge_absolute(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r,
                           const struct vf_location *loc)
{
    bool interpreter = vf_judge_is_interpreter(f);
    enum vf_family family = interpreter ? VF_FAMILY_INTERPRETER : VF_FAMILY_LINK;
    bool here = vf_env_has(j->env, loc->rest);
    struct vf_finding *fi = NULL;
    switch (vf_judge_status(j, loc)) {
    case VF_STATUS_FINE:
        if (!here)
            fi = vf_judge_ref(j, interpreter ? VF_RULE_INTERPRETER_DANGLING : VF_RULE_LINK_DANGLING, f, r);
        if (fi && (f->flags & VF_FILE_IN_BIN))
            fi->level = VF_L_ERROR;
        return;
    case VF_STATUS_BOUND:
        if (!here)
            fi = vf_judge_ref(j, interpreter ? VF_RULE_INTERPRETER_DANGLING : VF_RULE_LINK_DANGLING, f, r);
        else if (vf_slice_eq(f->path, VF_S("lib64")))
            vf_judge_ref(j, VF_RULE_LIB64_ABSOLUTE, f, r);
        else
            vf_judge_as(j, family, VF_STATUS_BOUND, f, r);
        if (fi && (f->flags & VF_FILE_IN_BIN))
            fi->level = VF_L_ERROR;
        return;
    case VF_STATUS_BROKEN:
        fi = here ? vf_judge_as(j, family, VF_STATUS_BROKEN, f, r)
                  : vf_judge_ref(j, VF_RULE_LINK_DANGLING, f, r);
        if (here)
            expect_link(j, fi, f, loc);
        break;
    case VF_STATUS_ASTRAY:
        fi = vf_judge_as(j, family, VF_STATUS_ASTRAY, f, r);
        expect_link(j, fi, f, loc);
        break;
    case VF_STATUS_HOST:
    case VF_STATUS_RELATIVE:
        break;
    }
    if (fi && (f->flags & VF_FILE_IN_BIN))
        fi->level = VF_L_ERROR;
}

/* virtualenv older than 20 made links to the base's standard library and headers, where others name their
 * base. */
static bool is_library_of_base(const struct vf_env *env, const struct vf_file *f)
{
    return env->py.legacy && f->dist == VF_NONE && !(f->flags & (VF_FILE_IN_BIN | VF_FILE_IN_SITE)) &&
           (vf_slice_starts(f->path, VF_S("lib/python")) || vf_slice_starts(f->path, VF_S("include/")));
}

/* The entry of BIN that VF1xx follows to the base. */
static bool is_followed(const struct vf_judge *j, const struct vf_file *f)
{
    return vf_judge_is_interpreter(f) && vf_slice_eq(vf_path_base(f->path), j->runtime.name);
}

/* Whose RECORD has rows below a link in site-packages: a whole package was linked. */
static uint32_t owner_below(const struct vf_env *env, const struct vf_file *f)
{
    struct vf_slice name = vf_path_base(f->path);
    for (uint32_t d = 0; d < env->n_dists; d++) {
        if (!vf_slice_eq(env->dists[d].site, vf_path_dir(f->path)))
            continue;
        for (size_t i = 0; i < env->dists[d].record.n; i++) {
            struct vf_slice row = env->dists[d].record.rows[i].path;
            if (row.n > name.n && row.p[name.n] == '/' && vf_slice_starts(row, name))
                return d;
        }
    }
    return VF_NONE;
}

static uint32_t owner_of_link(const struct vf_env *env, const struct vf_file *f)
{
    if (f->dist != VF_NONE || f->info_of != VF_NONE)
        return f->dist != VF_NONE ? f->dist : f->info_of;
    return owner_below(env, f);
}

/* A link that an installer made in the place of a file or of a whole package. */
static bool is_installed(const struct vf_env *env, const struct vf_file *f)
{
    return (f->flags & VF_FILE_IN_SITE) &&
           (vf_slice_ends(f->path, VF_S(".dist-info")) || owner_of_link(env, f) != VF_NONE);
}

/* One finding a distribution, at the first of its links. */
static void report_package(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    uint32_t dist = owner_of_link(j->env, f);
    if (dist != VF_NONE && !j->cache_links)
        j->cache_links = vf_arena_array(&j->scratch, j->env->n_dists + 1, sizeof *j->cache_links);
    if (dist != VF_NONE && j->cache_links && j->cache_links[dist]) {
        vf_findings_at(j->out, j->cache_links[dist] - 1)->count++;
        return;
    }
    struct vf_finding *fi = vf_judge_ref(j, VF_RULE_CACHE_LINK, f, r);
    if (!fi || dist == VF_NONE || !j->cache_links)
        return;
    fi->distribution = j->env->dists[dist].canonical;
    j->cache_links[dist] = (uint32_t)j->out->v.n;
}

/* bin/python of an environment inside this one: its base is needed as the outer one's is. */
static bool is_inner_interpreter(struct vf_judge *j, const struct vf_file *f)
{
    struct vf_slice bin = vf_path_dir(f->path), root = vf_path_dir(bin);
    if (!root.n || !vf_slice_eq(vf_path_base(bin), VF_S("bin")) || !vf_name_is_python(vf_path_base(f->path)))
        return false;
    struct vf_slice cfg = vf_path_join(&j->scratch, root, VF_S("pyvenv.cfg"));
    j->out->failed = j->out->failed || !cfg.p;
    return cfg.p && vf_env_find(j->env, cfg) != VF_NONE;
}

/* Absolute, in no place of ours. The interpreter's own link is VF1xx. */
static void judge_outside(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r,
                          const struct vf_location *loc)
{
    if (is_followed(j, f))
        return;
    enum vf_level missing = f->flags & VF_FILE_IN_BIN ? VF_L_ERROR : VF_L_WARNING;
    enum vf_presence at = vf_judge_presence(j, f, r, loc->path, missing);
    if (at == VF_NOT_EXAMINED)
        return;
    if (at == VF_MISSING) {
        if (is_installed(j->env, f)) {
            report_package(j, f, r);
            return;
        }
        struct vf_finding *fi = vf_judge_ref(j, VF_RULE_LINK_DANGLING, f, r);
        if (fi && (f->flags & VF_FILE_IN_BIN))
            fi->level = VF_L_ERROR;
        return;
    }
    if (vf_judge_is_interpreter(f) || is_inner_interpreter(j, f)) {
        vf_judge_ref(j, VF_RULE_BASE_NEEDED, f, r);
        return;
    }
    struct vf_finding *fi = vf_judge_ref(j, VF_RULE_LINK_OUTSIDE, f, r);
    if (fi && is_library_of_base(j->env, f))
        fi->level = VF_L_INFO;
}

/* A relative link that left the environment for something that is still there, as seen from an old place:
 * what it should be here. */
static void expect_as_from_old(struct vf_judge *j, struct vf_finding *fi, const struct vf_file *f,
                               const struct vf_ref *r)
{
    struct vf_slice here = vf_path_join(&j->scratch, vf_judge_fine_root(j), vf_path_dir(f->path));
    for (size_t i = 0; fi && !fi->expected.p && i < j->env->n_prefixes; i++) {
        const struct vf_env_prefix *p = &j->env->prefixes[i];
        if (p->kind != VF_PREFIX_OLD && p->kind != VF_PREFIX_LIVE)
            continue;
        struct vf_slice dir = vf_path_join(&j->scratch, p->prefix.path, vf_path_dir(f->path));
        struct vf_slice was = vf_path_clean_dup(&j->scratch, vf_path_join(&j->scratch, dir, r->value));
        if (!was.p || vf_path_under(p->prefix.path, was, NULL) || !vf_host_exists(j->env->params.host, was))
            continue;
        struct vf_buf b;
        vf_buf_init(&b);
        vf_path_relative(&b, here, was);
        fi->expected = vf_arena_dup(j->a, vf_buf_slice(&b));
        fi->fix = VF_FIX_REWRITE;
        j->out->failed = j->out->failed || b.failed || !fi->expected.p;
        vf_buf_release(&b);
    }
}

static void judge_leaving(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    if (is_followed(j, f) && (j->at || j->at_here || j->runtime.fault != VF_START_OK))
        return; /* said with the base */
    struct vf_slice dir = vf_path_join(&j->scratch, vf_judge_fine_root(j), vf_path_dir(f->path));
    struct vf_slice abs = vf_path_clean_dup(j->a, vf_path_join(&j->scratch, dir, r->value));
    if (!abs.p) {
        j->out->failed = true;
        return;
    }
    enum vf_level missing = f->flags & VF_FILE_IN_BIN ? VF_L_ERROR : VF_L_WARNING;
    enum vf_presence at = vf_judge_presence(j, f, r, abs, missing);
    struct vf_finding *fi = NULL;
    if (at == VF_NOT_EXAMINED)
        return;
    if (at == VF_MISSING) {
        fi = vf_judge_ref(j, VF_RULE_LINK_DANGLING, f, r);
        if (fi && (f->flags & VF_FILE_IN_BIN))
            fi->level = VF_L_ERROR;
        expect_as_from_old(j, fi, f, r);
    } else if (!j->at && !j->at_here) {
        fi = vf_judge_ref(j, VF_RULE_LINK_LEAVES, f, r);
    } else {
        fi = vf_judge_ref(j, VF_RULE_LINK_OUTSIDE, f, r);
    }
    if (fi)
        fi->target = abs;
}

/* Do relative links lead from f back to f? Told once, at the first of them by name. */
static bool is_loop(const struct vf_judge *j, const struct vf_file *f)
{
    const struct vf_env *env = j->env;
    const struct vf_file *at = f;
    struct vf_buf to;
    bool back = false;
    vf_buf_init(&to);
    for (int steps = 0; steps < 40 && !back; steps++) {
        vf_buf_clear(&to);
        if (!vf_path_link_inside(&to, at->path, at->target) || to.failed)
            break;
        uint32_t i = vf_env_find(env, vf_buf_slice(&to));
        if (i == VF_NONE || &env->files[i] < f || env->files[i].st.kind != VF_KIND_LINK)
            break;
        at = &env->files[i];
        back = at == f;
    }
    j->out->failed = j->out->failed || to.failed;
    vf_buf_release(&to);
    return back;
}

/* A relative link: inside and there is fine; a chain is accused once, at the link that dangles. */
static void judge_relative(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    struct vf_buf to, end;
    vf_buf_init(&to);
    vf_buf_init(&end);
    if (!vf_path_link_inside(&to, f->path, r->value)) {
        judge_leaving(j, f, r);
    } else if (!to.failed) {
        struct vf_slice t = vf_buf_slice(&to);
        bool direct =
            vf_slice_eq(t, VF_S(".")) || vf_env_find(j->env, t) != VF_NONE || vf_env_has_dir(j->env, t);
        if (direct && is_loop(j, f))
            vf_judge_ref(j, VF_RULE_LINK_LOOP, f, r);
        else if (!direct && !vf_env_has(j->env, t)) {
            struct vf_finding *fi = vf_judge_ref(j, VF_RULE_LINK_DANGLING, f, r);
            if (fi && (f->flags & VF_FILE_IN_BIN))
                fi->level = VF_L_ERROR;
        }
    }
    vf_buf_release(&to);
    vf_buf_release(&end);
}

void vf_judge_link(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    struct vf_location loc = vf_judge_locate(j, r);
    if (j->runtime.fault == VF_START_LOOP && vf_judge_is_interpreter(f))
        return; /* one cause: the loop is said once */
    if (loc.where == VF_WHERE_RELATIVE)
        judge_relative(j, f, r);
    else if (loc.prefix != VF_NONE)
        judge_absolute(j, f, r, &loc);
    else
        judge_outside(j, f, r, &loc);
}

void vf_judge_file(struct vf_judge *j, const struct vf_file *f)
{
    if (vf_kind_is_special(f->st.kind))
        vf_judge_about(j, VF_RULE_SPECIAL_FILE, f);
    if (f->unexamined == VF_OK)
        return;
    bool limit = f->unexamined == VF_LIMIT || f->unexamined == VF_MALFORMED;
    struct vf_finding *fi = vf_judge_about(j, limit ? VF_RULE_NOT_SEARCHED : VF_RULE_UNREADABLE, f);
    const char *why = f->why ? f->why : f->sys ? strerror(f->sys) : NULL;
    if (!fi || !why)
        return;
    fi->message =
        vf_arena_concat(j->a, vf_slice_of(vf_rule_info(fi->rule)->what), VF_S(": "), vf_slice_of(why));
    if (!fi->message.p)
        j->out->failed = true;
}

void vf_judge_journal(struct vf_judge *j)
{
    for (size_t i = 0; i < j->env->n_files; i++) {
        const struct vf_file *f = &j->env->files[i];
        if (!(f->flags & VF_FILE_JOURNAL))
            continue;
        struct vf_finding *fi = vf_findings_add(
            j->out, j->env->journal_foreign ? VF_RULE_JOURNAL_FOREIGN : VF_RULE_JOURNAL, VF_S(".venvfix"));
        if (fi && j->env->journal_message.p)
            fi->message = j->env->journal_message;
        return;
    }
}
