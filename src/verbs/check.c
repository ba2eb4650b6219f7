/* check.c: the verb check: open, scan, judge, report. It writes nothing and starts nothing. */
#include "fs/host_unknown.h"
#include "fs/txn.h"
#include "rules/judge.h"
#include "rules/policy.h"
#include "syntax/launcher.h"
#include "verbs/archive.h"
#include "verbs/baseline.h"
#include "verbs/check_bundle.h"
#include "verbs/check_frozen.h"
#include "verbs/check_journal.h"
#include "verbs/check_next.h"
#include "verbs/check_root.h"
#include "verbs/check_target.h"

static int exit_code(const struct vf_answers *ans, enum venvfix_fail_on f)
{
    switch (f) {
    case VENVFIX_FAIL_ERROR:
        return ans->errors ? 1 : 0;
    case VENVFIX_FAIL_WARNING:
        return ans->errors || ans->warnings ? 1 : 0;
    case VENVFIX_FAIL_INFO:
        return ans->errors || ans->warnings || ans->infos ? 1 : 0;
    case VENVFIX_FAIL_NEVER:
        break;
    }
    return 0;
}

static struct venvfix_bytes kept(struct vf_session *s, struct vf_slice v)
{
    return v.p && v.n ? vf_bytes_of(vf_arena_dup(s->a, v)) : (struct venvfix_bytes){NULL, 0};
}

static enum vf_status describe_places(struct vf_session *s, const struct vf_env *env,
                                      struct venvfix_check_result *r)
{
    r->old_places = vf_arena_array(s->a, env->n_prefixes + 1, sizeof *r->old_places);
    if (!r->old_places)
        return vf_err_nomem(&s->err);
    for (size_t i = 0; i < env->n_prefixes; i++) {
        const struct vf_env_prefix *p = &env->prefixes[i];
        bool given = p->given && p->kind != VF_PREFIX_PRESENT;
        bool voted = p->votes && p->kind != VF_PREFIX_PRESENT;
        if (!given && !voted)
            continue;
        r->old_places[r->n_old_places++] = (struct venvfix_old_place){
            .path = kept(s, p->prefix.path), .votes = p->votes, .exists = p->exists};
    }
    return VF_OK;
}

static enum venvfix_implementation implementation_of(const struct vf_env *env)
{
    if (env->py.pypy)
        return VENVFIX_PYPY;
    return env->py.minor ? VENVFIX_CPYTHON : VENVFIX_IMPLEMENTATION_UNKNOWN;
}

/* What is checked: a directory, or an environment of an archive. */
struct subject {
    const struct venvfix_archive *archive; /* NULL: a directory */
    size_t member;
    struct venvfix_archive *own;  /* opened by this call */
    struct vf_host *host, *below; /* made for it; NULL: the session's */
    struct vf_image *image;       /* of --root, where it is an archive */
};

/* An archive has no files of this host: what is reported is its own name. */
static void describe_archive(struct vf_session *s, const struct venvfix_archive *a, size_t member,
                             struct venvfix_check_result *r)
{
    struct vf_buf real = {0};
    r->path = vf_bytes_of(vf_arena_dup(s->a, a->path));
    bool known = a->path.n > 1 && vf_host_resolve(s->host, a->path, &real);
    r->resolved = known ? vf_bytes_of(vf_arena_dup(s->a, vf_buf_slice(&real))) : r->path;
    r->member = vf_bytes_of(vf_arena_dup(s->a, a->members[member]));
    vf_buf_release(&real);
}

static enum vf_status describe(struct vf_session *s, const struct vf_env *env,
                               const struct venvfix_check_options *o, const struct subject *sub,
                               struct venvfix_check_result *r)
{
    r->path = kept(s, env->params.outer.n ? env->params.outer : env->typed);
    r->resolved = kept(s, env->dir);
    r->kind = (enum venvfix_kind)env->kind; /* result.c asserts that they agree */
    r->implementation = implementation_of(env);
    r->python = kept(s, env->py.version);
    r->base = kept(s, env->py.base);
    bool known = env->py.base.n && !env->params.host_unknown && !env->py.base_why;
    r->base_exists = known ? env->py.base_exists : -1;
    r->system_site_packages = env->system_site_known ? env->system_site : -1;
    r->relocatable_claim = env->relocatable_claim;
    r->distributions = env->n_dists;
    r->files = env->counted;
    r->bytes = env->bytes;
    r->examined = env->examined;
    r->unexamined += env->n_unexamined;
    r->at = kept(s, env->params.at_windows.n ? env->params.at_windows : env->params.at);
    r->windows = env->windows;
    if (sub->archive)
        describe_archive(s, sub->archive, sub->member, r);
    else if (!r->target_root.p && !vf_check_has_target(o))
        r->image_root = vf_bytes_of(vf_image_root(s, env));
    return describe_places(s, env, r);
}

static void count(const struct vf_findings *findings, const struct venvfix_check_options *o, bool moved,
                  struct venvfix_check_result *r)
{
    struct vf_answers ans = vf_answers_of(findings);
    for (size_t i = 0; i < findings->v.n;
         i++) { /* of the host; the environment's own files are counted with it */
        enum vf_rule rule = vf_findings_at(findings, i)->rule;
        r->unexamined += rule == VF_RULE_HOST_UNSEEN || rule == VF_RULE_BASE_DENIED;
    }
    r->sound = ans.sound;
    r->movable = moved ? -1 : ans.movable;
    r->self_contained = ans.self_contained;
    r->errors = ans.errors;
    r->warnings = ans.warnings;
    r->infos = ans.infos;
    r->suppressed = ans.suppressed;
    r->fail_on = o->fail_on;
    r->exit = exit_code(&ans, o->fail_on);
}

static enum vf_status read_policy(const struct venvfix_check_options *o, struct vf_policy *p,
                                  struct vf_err *err)
{
    enum vf_status st = VF_OK;
    vf_policy_init(p);
    for (size_t i = 0; i < o->n_select && st == VF_OK; i++)
        st = vf_policy_select(p, vf_slice_of(o->select[i]), err);
    for (size_t i = 0; i < o->n_ignore && st == VF_OK; i++)
        st = vf_policy_ignore(p, vf_slice_of(o->ignore[i]), err);
    for (size_t i = 0; i < o->n_levels && st == VF_OK; i++)
        st = vf_policy_level(p, vf_slice_of(o->levels[i]), err);
    return st;
}

/* From what the judges found to the result: what counts, at which level, what is known already, and the sums.
 */
static enum vf_status conclude(struct vf_session *s, const struct venvfix_check_options *o, bool moved,
                               struct vf_findings *findings, struct venvfix_check_result *r)
{
    struct vf_policy policy;
    struct vf_slice env = {r->path.p, r->path.n}, resolved = {r->resolved.p, r->resolved.n};
    enum vf_status st = read_policy(o, &policy, &s->err);
    if (st != VF_OK)
        return st;
    struct vf_findings listed = {.a = s->a};
    r->ignored = (uint32_t)vf_policy_apply(&policy, findings);
    if (!vf_findings_fold(findings, &listed))
        return vf_err_nomem(&s->err);
    if (o->collect)
        st = vf_baseline_add(o->collect, &listed, env, resolved, &s->err);
    if (st == VF_OK && o->baseline)
        st = vf_baseline_apply(o->baseline, &listed, env, resolved, &s->err);
    if (st != VF_OK)
        return st;
    count(&listed, o, moved, r); /* the report counts what it lists */
    st = vf_findings_out(s, &listed, &r->findings);
    for (size_t i = 0; st == VF_OK && i < listed.v.n; i++)
        r->findings.v[i].assumes = vf_check_assumes(o, vf_findings_at(&listed, i));
    return st;
}

static enum vf_status judge(struct vf_session *s, const struct vf_env *env,
                            const struct venvfix_check_options *o, const struct subject *sub,
                            struct venvfix_check_result *r)
{
    struct vf_findings findings = {.a = s->a};
    struct vf_expected expected;
    struct vf_questions q = {0};
    enum vf_status st = VF_OK;
    if (o->frozen) {
        st = vf_check_read_frozen(s, o, &expected);
        q.expected = &expected;
    }
    if (st == VF_OK)
        st = vf_judge_env_asked(env, &q, &findings, &s->err);
    if (st == VF_OK && sub->archive)
        st = vf_archive_judge(s, sub->archive, sub->member, env, &findings);
    if (st == VF_OK)
        st = describe(s, env, o, sub, r);
    if (st == VF_OK)
        st = conclude(s, o, r->at.p != NULL, &findings, r);
    return st == VF_OK && !env->windows && !sub->archive ? vf_check_next(s, env, o, &findings, r) : st;
}

/* The file at the path is an archive. */
static enum vf_status run_bundle(struct vf_session *s, const struct venvfix_check_options *o,
                                 struct venvfix_check_result *r)
{
    struct vf_findings findings = {.a = s->a};
    enum vf_status st = vf_check_bundle(s, o, &findings, r);
    return st == VF_OK ? conclude(s, o, false, &findings, r) : st;
}

static void name_target(struct vf_session *s, const struct venvfix_check_options *o,
                        struct venvfix_check_result *r)
{
    r->target_root = o->root ? vf_bytes_of(vf_session_abs(s, o->root)) : (struct venvfix_bytes){NULL, 0};
    r->target_python = kept(s, vf_slice_of(o->python));
    r->target_platform = kept(s, vf_slice_of(o->platform));
    r->target_glibc = kept(s, vf_slice_of(o->glibc));
    r->target_user = kept(s, vf_slice_of(o->user));
}

/* The lists of the options. */
static enum vf_status set_lists(struct vf_session *s, const struct venvfix_check_options *o,
                                struct vf_env_params *p)
{
    struct vf_slice *from = vf_arena_array(s->a, o->n_from + 1, sizeof *from);
    struct vf_slice *forbid = vf_arena_array(s->a, o->n_forbid + 1, sizeof *forbid);
    if (!from || !forbid)
        return vf_err_nomem(&s->err);
    for (size_t i = 0; i < o->n_from; i++)
        from[i] = vf_slice_of(o->from[i]);
    for (size_t i = 0; i < o->n_forbid; i++)
        forbid[i] = vf_slice_of(o->forbid[i]);
    p->from = from;
    p->n_from = o->n_from;
    p->forbid = forbid;
    p->n_forbid = o->n_forbid;
    return VF_OK;
}

static enum vf_status set_params(struct vf_session *s, const struct venvfix_check_options *o,
                                 struct vf_env_params *p)
{
    *p = (struct vf_env_params){.path = vf_slice_of(o->path),
                                .cwd = s->cwd,
                                .hashes = o->hashes,
                                .host = s->host,
                                .hooks = &s->hooks};
    enum vf_status st = set_lists(s, o, p);
    if (st != VF_OK)
        return st;
    p->project = o->project ? vf_session_abs(s, o->project) : VF_S("");
    if (!p->project.p)
        return vf_err_nomem(&s->err);
    if (o->at && vf_path_is_windows_abs(vf_slice_of(o->at))) {
        p->at_windows = vf_slice_of(o->at);
    } else if (o->at) {
        p->at = vf_session_abs(s, o->at);
        if (p->at.p)
            p->at = vf_check_named(s, s->host, p->at);
        if (!p->at.p)
            return vf_err_nomem(&s->err);
    }
    return VF_OK;
}

/* What an archive is laid over: this host, the file tree of --root, or nothing that is known. */
static enum vf_status open_below(struct vf_session *s, const struct venvfix_check_options *o,
                                 struct subject *sub, struct vf_env_params *p)
{
    if (o->root)
        return vf_check_root_alone(s, o, &sub->below, &sub->image);
    if (!vf_check_has_target(o))
        return VF_OK;
    sub->below = vf_host_unknown_new();
    p->host_unknown = true;
    return sub->below ? VF_OK : vf_err_nomem(&s->err);
}

/* The environment of the options: of a directory or an archive, either for this host or another file tree. */
static enum vf_status open_env(struct vf_session *s, const struct venvfix_check_options *o,
                               struct subject *sub, struct vf_env_params *p, struct vf_env **env)
{
    enum vf_status st = VF_OK;
    if (sub->archive) {
        st = open_below(s, o, sub, p);
        if (st == VF_OK)
            st = vf_archive_params(s, sub->archive, sub->member, sub->below ? sub->below : s->host, p,
                                   &sub->host);
    } else if (o->root) {
        st = vf_check_root(s, o, p, &sub->host, &sub->image);
    } else if (vf_check_has_target(o)) {
        st = vf_check_unknown_host(s, o, p, &sub->host);
    }
    if (st == VF_OK)
        st = vf_env_open(p, env, &s->err);
    if (st == VF_OK && p->at_windows.n && !(*env)->windows)
        st = vf_err_set(&s->err, VF_USAGE, 0, "check", p->at_windows,
                        "--at names a path of Windows, and the environment is not laid out for Windows");
    return st;
}

static enum vf_status run_env(struct vf_session *s, const struct venvfix_check_options *o,
                              struct subject *sub, struct venvfix_check_result *r)
{
    struct vf_env_params p;
    struct vf_env *env = NULL;
    struct vf_host *user = NULL;
    enum vf_status st = set_params(s, o, &p);
    if (st == VF_OK)
        st = open_env(s, o, sub, &p, &env);
    if (st == VF_OK)
        st = vf_env_scan(env, &s->err);
    if (st == VF_OK && vf_check_has_target(o))
        st = vf_check_take_target(s, o, env);
    if (st == VF_OK)
        st = vf_check_journal(s, env);
    if (st == VF_OK)
        st = vf_check_take_user(s, o, env, &user);
    if (st == VF_OK)
        st = judge(s, env, o, sub, r);
    if (st != VF_OK && env)
        vf_err_below(&s->err, p.outer.n ? p.outer : env->typed);
    vf_env_free(env);
    vf_host_free(user);
    vf_host_free(sub->host);
    vf_host_free(sub->below);
    vf_image_free(sub->image);
    return st;
}

/* A path that is an archive, which the caller did not open. */
static enum vf_status open_archive(struct vf_session *s, const struct venvfix_check_options *o,
                                   struct subject *sub)
{
    enum vf_status st = vf_archive_open(s, o->path, o->scratch, &sub->own);
    sub->archive = sub->own;
    if (st == VF_OK && sub->own->n > 1)
        return vf_err_set(&s->err, VF_USAGE, 0, "check", vf_slice_of(o->path),
                          "it holds %zu environments: open it, and check one after another", sub->own->n);
    return st;
}

static enum vf_status check_bundle(struct vf_session *s, const struct venvfix_check_options *o,
                                   struct venvfix_check_result *r)
{
    if (o->root)
        return vf_err_set(&s->err, VF_USAGE, 0, "check", vf_slice_of(o->path),
                          "--root is for environments, not for lock bundles");
    if (o->frozen || o->project || o->n_forbid)
        return vf_err_set(&s->err, VF_USAGE, 0, "check", vf_slice_of(o->path),
                          "--frozen, --project and --forbid are for environments, not for lock bundles");
    if (o->user)
        return vf_err_set(&s->err, VF_USAGE, 0, "check", vf_slice_of(o->path),
                          "--user is for environments, not for lock bundles");
    return run_bundle(s, o, r);
}

static enum vf_status run(struct vf_session *s, const struct venvfix_check_options *o,
                          struct venvfix_check_result *r)
{
    struct subject sub = {.archive = o->archive, .member = o->member};
    enum vf_subject_kind kind = VF_SUBJECT_ARCHIVE;
    enum vf_status st = o->archive ? VF_OK : vf_subject_kind_of(s, o->path, &kind);
    if (st != VF_OK)
        return st;
    name_target(s, o, r);
    if (kind == VF_SUBJECT_BUNDLE)
        return check_bundle(s, o, r);
    if (kind == VF_SUBJECT_ARCHIVE && !o->archive)
        st = open_archive(s, o, &sub);
    if (st == VF_OK)
        st = run_env(s, o, &sub, r);
    vf_archive_free(sub.own);
    return st;
}

int venvfix_check(const struct venvfix_check_options *options, struct venvfix_check_result *result)
{
    struct vf_session s;
    *result = (struct venvfix_check_result){0};
    enum vf_status st = vf_session_open(&s, &options->hooks);
    vf_key_load(options->state_dir, false, &s.key);
    if (st == VF_OK)
        st = run(&s, options, result);
    if (st != VF_OK)
        result->exit = 2;
    vf_session_close(&s, &result->error, &result->own);
    return result->exit;
}

void venvfix_check_free(struct venvfix_check_result *result)
{
    vf_session_free_own(result->own);
    *result = (struct venvfix_check_result){0};
}
