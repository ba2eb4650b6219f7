/* result.c: sessions of the verbs, and their results. */
#include "verbs/result.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void on_event(void *ctx, const struct vf_event *ev)
{
    const struct venvfix_hooks *u = ctx;
    if (ev->kind == VF_EVENT_NOTE && u->note)
        u->note(u->ctx, ev->note);
    else if (ev->kind != VF_EVENT_NOTE && u->progress)
        u->progress(u->ctx, ev->phase, ev->done, ev->total);
}

enum vf_status vf_session_open(struct vf_session *s, const struct venvfix_hooks *user)
{
    *s = (struct vf_session){.user = *user};
    vf_err_init(&s->err);
    (void)vf_buf_ran_out(); /* of an earlier call */
    s->hooks =
        (struct vf_hooks){.cancel = user->cancel, .event = on_event, .ctx = &s->user, .jobs = user->jobs};
    s->a = calloc(1, sizeof *s->a);
    if (!s->a)
        return vf_err_nomem(&s->err);
    vf_arena_init(s->a);
    enum vf_status st = vf_host_cwd(s->a, &s->cwd, &s->err);
    return st == VF_OK ? vf_host_open(VF_S("/"), &s->host, &s->err) : st;
}

static struct vf_slice sentence(struct vf_session *s)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_puts(&b, s->err.detail);
    if (s->err.sys) {
        if (b.n)
            vf_buf_puts(&b, ": ");
        vf_buf_puts(&b, strerror(s->err.sys));
    }
    if (!b.n)
        vf_buf_puts(&b, vf_status_name(s->err.code));
    struct vf_slice out = b.failed || !s->a ? VF_S("no memory") : vf_arena_dup(s->a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out.p ? out : VF_S("no memory");
}

void vf_session_close(struct vf_session *s, struct venvfix_error *error, void **own)
{
    if (s->err.code != VF_OK) {
        error->code = vf_status_name(s->err.code);
        error->operation = s->err.op ? s->err.op : "run";
        error->message = vf_bytes_of(sentence(s));
        if (s->err.path && s->a)
            error->path = vf_bytes_of(vf_arena_dup(s->a, (struct vf_slice){s->err.path, s->err.path_len}));
    }
    vf_err_release(&s->err);
    vf_host_free(s->host);
    *own = s->a;
}

void vf_session_free_own(void *own)
{
    if (!own)
        return;
    vf_arena_release(own);
    free(own);
}

struct vf_slice vf_session_abs(struct vf_session *s, const char *path)
{
    struct vf_slice joined = vf_path_join(s->a, s->cwd, vf_slice_of(path));
    return joined.p ? vf_path_clean_dup(s->a, joined) : joined;
}

struct venvfix_bytes vf_bytes_of(struct vf_slice s)
{
    return (struct venvfix_bytes){s.p, s.n};
}

static struct venvfix_bytes keep(struct vf_session *s, struct vf_slice v, bool *failed)
{
    if (!v.p)
        return (struct venvfix_bytes){NULL, 0};
    struct vf_slice d = vf_arena_dup(s->a, v);
    *failed = *failed || !d.p;
    return vf_bytes_of(d);
}

/* The public enums have the order of the inner ones. */
_Static_assert((int)VENVFIX_STALE == (int)VF_V_STALE && (int)VENVFIX_BOUND == (int)VF_V_BOUND, "verdicts");
_Static_assert((int)VENVFIX_LEVEL_ERROR == (int)VF_L_ERROR && (int)VENVFIX_LEVEL_INFO == (int)VF_L_INFO,
               "levels");
_Static_assert((int)VENVFIX_NOT_FIXED == (int)VF_FIX_NONE && (int)VENVFIX_BY_HAND == (int)VF_FIX_MANUAL,
               "fixes");
_Static_assert((int)VENVFIX_KIND_UNKNOWN == (int)VF_ENV_UNKNOWN && (int)VENVFIX_KIND_UV == (int)VF_ENV_UV,
               "kinds");

enum vf_status vf_findings_out(struct vf_session *s, const struct vf_findings *in,
                               struct venvfix_findings *out)
{
    struct vf_findings folded = {.a = s->a};
    bool failed = !vf_findings_fold(in, &folded);
    out->v = vf_arena_array(s->a, folded.v.n + 1, sizeof *out->v);
    if (!out->v || failed)
        return vf_err_nomem(&s->err);
    for (size_t i = 0; i < folded.v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(&folded, i);
        const struct vf_rule_info *rule = vf_rule_info(fi->rule);
        out->v[i] = (struct venvfix_finding){.rule = rule->id,
                                             .name = rule->name,
                                             .verdict = (enum venvfix_verdict)fi->verdict,
                                             .level = (enum venvfix_level)fi->level,
                                             .fix = (enum venvfix_how_fixed)fi->fix,
                                             .path = keep(s, fi->path, &failed),
                                             .value = keep(s, fi->value, &failed),
                                             .expected = keep(s, fi->expected, &failed),
                                             .target = keep(s, fi->target, &failed),
                                             .distribution = keep(s, fi->distribution, &failed),
                                             .message = keep(s, fi->message, &failed),
                                             .line = fi->line,
                                             .offset = fi->offset,
                                             .suppressed = fi->suppressed,
                                             .count = fi->count};
    }
    out->n = folded.v.n;
    return failed ? vf_err_nomem(&s->err) : VF_OK;
}

double vf_seconds_since(double start)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9 - start;
}

struct vf_answers vf_answers_of(const struct vf_findings *f)
{
    struct vf_answers ans = {.sound = true, .self_contained = true};
    bool loose = false;
    for (size_t i = 0; i < f->v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(f, i);
        if (fi->suppressed) {
            ans.suppressed++;
            continue;
        }
        ans.errors += fi->level == VF_L_ERROR;
        ans.warnings += fi->level == VF_L_WARNING;
        ans.infos += fi->level == VF_L_INFO;
        if (fi->level == VF_L_INFO)
            continue;
        if (fi->level == VF_L_ERROR &&
            (fi->verdict == VF_V_BROKEN || fi->verdict == VF_V_ASTRAY || fi->verdict == VF_V_TAMPERED))
            ans.sound = false;
        loose = loose || fi->verdict == VF_V_BOUND || fi->verdict == VF_V_UNEXAMINED;
        if (fi->verdict == VF_V_HOST)
            ans.self_contained = false;
    }
    ans.movable = ans.sound && !loose;
    return ans;
}
