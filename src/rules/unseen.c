/* unseen.c: VF135: what could not be examined on the host is not missing. */
#include <errno.h>
#include <string.h>

#include "rules/judge.h"

static int why_of(const struct vf_judge *j, struct vf_slice path)
{
    const struct vf_host_unseen *u = vf_host_unseen(j->env->params.host);
    while (u && !vf_slice_eq(u->path, path))
        u = u->next;
    return u ? u->why : 0;
}

static void say_why(struct vf_judge *j, struct vf_finding *fi, int why, size_t others)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_puts(&b, vf_rule_info(VF_RULE_HOST_UNSEEN)->what);
    if (why)
        vf_buf_printf(&b, ": %s", strerror(why));
    if (others)
        vf_buf_printf(&b, " (and %zu other path%s)", others, others == 1 ? "" : "s");
    vf_judge_say(j, fi, &b);
}

enum vf_presence vf_judge_presence(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r,
                                   struct vf_slice path, enum vf_level missing)
{
    int why;
    if (j->env->params.host_unknown)
        return VF_PRESENT;
    if (vf_host_look(j->env->params.host, path, NULL, &why) != VF_KIND_NONE)
        return VF_PRESENT;
    if (!why)
        return VF_MISSING;
    struct vf_finding *fi = vf_judge_ref(j, VF_RULE_HOST_UNSEEN, f, r);
    if (fi) {
        fi->level = missing;
        fi->target = vf_arena_dup(j->a, path); /* it may be scratch */
        j->out->failed = j->out->failed || !fi->target.p;
    }
    say_why(j, fi, why, 0);
    return VF_NOT_EXAMINED;
}

/* Does a finding say so already, of the path or of one above or below it? */
static bool is_reported(const struct vf_judge *j, struct vf_slice path)
{
    if (j->runtime.fault == VF_START_DENIED && vf_path_under(j->runtime.blocked, path, NULL))
        return true;
    for (size_t i = 0; i < j->out->v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(j->out, i);
        bool unseen = fi->rule == VF_RULE_HOST_UNSEEN || fi->rule == VF_RULE_NO_ACCESS;
        if (unseen && fi->target.n &&
            (vf_path_under(fi->target, path, NULL) || vf_path_under(path, fi->target, NULL)))
            return true;
    }
    return false;
}

/* One finding for all that no reference was accused of. */
void vf_judge_unseen(struct vf_judge *j)
{
    const struct vf_host *host = j->env->params.host;
    struct vf_slice library = j->runtime.loader.unseen, least = {NULL, 0};
    size_t n = 0;
    if (j->runtime.fault == VF_START_DENIED)
        library = least;
    for (const struct vf_host_unseen *u = vf_host_unseen(host); u; u = u->next) {
        if (vf_slice_eq(u->path, library) || is_reported(j, u->path))
            continue;
        least = !least.n || vf_slice_cmp(u->path, least) < 0 ? u->path : least;
        n++;
    }
    if (vf_host_unseen_count(host) && !vf_host_unseen(host))
        j->out->failed = true; /* no memory to remember them */
    if (!library.n && n)
        n--;
    struct vf_slice path = vf_arena_dup(j->a, library.n ? library : least);
    struct vf_finding *fi = path.n ? vf_findings_add(j->out, VF_RULE_HOST_UNSEEN, path) : NULL;
    if (fi)
        say_why(j, fi, why_of(j, path), n);
    if (fi && j->env->params.user && why_of(j, path) == EACCES) { /* it is known that the user cannot */
        fi->level = VF_L_ERROR;
        fi->verdict = VF_V_BROKEN;
    }
}
