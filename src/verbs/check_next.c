/* check_next.c: what to do about an environment that is not sound: only what fix and move would really do. */
#include "verbs/check_next.h"

#include <string.h>

#include "env/find_base.h"
#include "env/find_project.h"

static const char *variable(const struct venvfix_check_options *o, const char *name)
{
    size_t n = strlen(name);
    for (const char *const *e = o->environ; e && *e; e++)
        if (!strncmp(*e, name, n) && (*e)[n] == '=')
            return *e + n + 1;
    return NULL;
}

/* What another base interpreter repairs. */
static bool is_about_base(const struct vf_finding *fi)
{
    return fi->rule == VF_RULE_INTERPRETER_DANGLING || fi->rule == VF_RULE_INTERPRETER_NOT_EXECUTABLE ||
           fi->rule == VF_RULE_MINOR_MISMATCH || fi->rule == VF_RULE_CFG_HOME_MISSING ||
           fi->rule == VF_RULE_CFG_HOME_FORM || fi->rule == VF_RULE_HOME_NO_STDLIB ||
           fi->rule == VF_RULE_STDLIB_MISSING;
}

static uint32_t count_repairs(const struct vf_findings *f, bool base)
{
    uint32_t n = 0;
    for (size_t i = 0; i < f->v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(f, i);
        bool unsound = fi->level == VF_L_ERROR && (fi->verdict == VF_V_BROKEN || fi->verdict == VF_V_ASTRAY ||
                                                   fi->verdict == VF_V_TAMPERED);
        n += unsound && (fi->fix == VF_FIX_REWRITE || (base && is_about_base(fi)));
    }
    return n;
}

static struct venvfix_command *add(struct venvfix_check_result *r, const char *verb, uint32_t repairs)
{
    struct venvfix_command *c = &r->next[r->n_next++];
    c->argv[c->n++] = vf_bytes_of(VF_S("venvfix"));
    c->argv[c->n++] = vf_bytes_of(vf_slice_of(verb));
    c->argv[c->n++] = r->path;
    c->repairs = repairs;
    return c;
}

static void add_word(struct venvfix_command *c, struct vf_slice word)
{
    c->argv[c->n++] = vf_bytes_of(word);
}

static bool base_is_at_fault(const struct vf_findings *f)
{
    for (size_t i = 0; i < f->v.n; i++)
        if (is_about_base(vf_findings_at(f, i)) && vf_findings_at(f, i)->level == VF_L_ERROR)
            return true;
    return false;
}

static enum vf_status next_base(struct vf_session *s, const struct vf_env *env,
                                const struct venvfix_check_options *o, const struct vf_findings *findings,
                                struct venvfix_check_result *r)
{
    struct vf_base_search where = {.path = variable(o, "PATH"), .home = variable(o, "HOME")};
    struct vf_base_found *found;
    size_t n;
    enum vf_status st = vf_find_base(env, &where, s->a, &found, &n, &s->err);
    if (st != VF_OK || !n)
        return st; /* nothing of this program helps */
    r->next = vf_arena_array(s->a, n, sizeof *r->next);
    if (!r->next)
        return vf_err_nomem(&s->err);
    for (size_t i = 0; i < n; i++) {
        struct venvfix_command *c = add(r, "fix", count_repairs(findings, true));
        if (n == 1)
            break; /* it is found by itself */
        add_word(c, VF_S("--python"));
        add_word(c, found[i].program);
    }
    return VF_OK;
}

enum { MAPS_MAX = 2 }; /* as many as a command has words for */

/* Projects that were moved and can be seen at their new path. */
static enum vf_status add_maps(struct vf_session *s, struct venvfix_command *c, const struct vf_dir_map *maps,
                               size_t n)
{
    for (size_t i = 0; i < n && i < MAPS_MAX; i++) {
        struct vf_slice eq = vf_arena_concat(s->a, maps[i].from, VF_S("="), maps[i].to);
        if (!eq.p)
            return vf_err_nomem(&s->err);
        add_word(c, VF_S("--map"));
        add_word(c, eq);
    }
    return VF_OK;
}

/* Errors about editable installs that no rewrite repairs unless their projects are mapped. */
static uint32_t count_mapped(const struct vf_findings *f)
{
    uint32_t n = 0;
    for (size_t i = 0; i < f->v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(f, i);
        bool project = fi->rule == VF_RULE_EDITABLE_BROKEN || fi->rule == VF_RULE_PTH_BROKEN;
        n += project && fi->level == VF_L_ERROR && fi->fix != VF_FIX_REWRITE;
    }
    return n;
}

enum vf_status vf_check_next(struct vf_session *s, const struct vf_env *env,
                             const struct venvfix_check_options *o, const struct vf_findings *findings,
                             struct venvfix_check_result *r)
{
    bool other = r->target_root.p || env->params.target || r->image_root.p;
    if (r->sound || other) /* fix and move ask this host */
        return VF_OK;
    if (base_is_at_fault(findings) && vf_base_is_missing(env, s->a))
        return next_base(s, env, o, findings, r);
    uint32_t repairs = count_repairs(findings, false);
    struct vf_dir_map *maps = NULL;
    size_t n_maps = 0;
    enum vf_status st = vf_find_projects(env, s->a, &maps, &n_maps, &s->err);
    if (st != VF_OK)
        return st;
    repairs += n_maps ? count_mapped(findings) : 0;
    if (!repairs)
        return VF_OK;
    r->next = vf_arena_array(s->a, 1, sizeof *r->next);
    if (!r->next)
        return vf_err_nomem(&s->err);
    bool elsewhere =
        r->at.p && !vf_slice_eq(env->params.at, env->typed) && !vf_slice_eq(env->params.at, env->resolved);
    struct venvfix_command *c = add(r, elsewhere ? "move" : "fix", repairs);
    if (elsewhere)
        add_word(c, (struct vf_slice){r->at.p, r->at.n});
    return add_maps(s, c, maps, n_maps);
}
