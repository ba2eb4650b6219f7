/* old.c: what became of OLD, in words: after a move by copying, and after the rest of one that was cut off.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "verbs/change/change.h"

/* "2 paths (a, b)"; of more than three the first ones. */
static void put_changed(struct vf_buf *b, const struct vf_retire_result *res)
{
    size_t n = res->n_changed, shown = n > 3 ? 3 : n;
    vf_buf_put_u64(b, n);
    vf_buf_puts(b, n == 1 ? " path (" : " paths (");
    for (size_t i = 0; i < shown; i++) {
        if (i > 0)
            vf_buf_puts(b, ", ");
        vf_buf_put(b, res->changed[i].n > 0 ? res->changed[i] : VF_S("."));
    }
    vf_buf_puts(b, shown < n ? ", ...)" : ")");
}

static void put_time(struct vf_buf *b, int64_t seconds)
{
    char text[32];
    struct tm tm;
    time_t t = (time_t)seconds;
    if (seconds == 0 || !gmtime_r(&t, &tm) || strftime(text, sizeof text, "%H:%M:%S UTC", &tm) == 0)
        return;
    vf_buf_puts(b, " of ");
    vf_buf_puts(b, text);
}

static void put_outcome(struct vf_buf *b, const struct vf_retire_result *res, struct vf_slice at_new)
{
    vf_buf_put(b, res->outcome == VF_RETIRE_NOT_NEW ? at_new : res->old);
    switch (res->outcome) {
    case VF_RETIRED:
        return;
    case VF_RETIRE_EMPTIED:
        vf_buf_puts(b, " was emptied, but the directory itself cannot be removed");
        return;
    case VF_RETIRE_CHANGED:
        vf_buf_puts(b, " changed while it was being moved: ");
        put_changed(b, res);
        vf_buf_puts(b, "; ");
        vf_buf_put(b, at_new);
        vf_buf_puts(b, " holds the state");
        put_time(b, res->copied_at);
        vf_buf_puts(b, ". Both were kept: compare them, then remove one of them");
        return;
    case VF_RETIRE_NOT_OLD:
        vf_buf_puts(b, " is not the directory that was copied (any more); it was left alone");
        return;
    case VF_RETIRE_NOT_NEW:
        vf_buf_puts(b,
                    " is not the new environment any more: it, or a directory above, was moved or replaced "
                    "meanwhile; ");
        vf_buf_put(b, res->old);
        vf_buf_puts(b, " was kept");
        return;
    case VF_RETIRE_UNPROVEN:
        vf_buf_puts(
            b, " was kept: the run that was cut off left no proof of what it had copied; compare it with ");
        vf_buf_put(b, at_new);
        vf_buf_puts(b, ", then remove it");
        return;
    }
}

static enum vf_status keep_changed(struct vf_change *c, const struct vf_retire_result *res)
{
    c->r->changed = vf_arena_array(c->s.a, res->n_changed + 1, sizeof *c->r->changed);
    if (!c->r->changed)
        return vf_err_nomem(&c->s.err);
    for (size_t i = 0; i < res->n_changed; i++)
        c->r->changed[i] = vf_bytes_of(res->changed[i].n > 0 ? res->changed[i] : VF_S("."));
    c->r->n_changed = res->n_changed;
    return VF_OK;
}

static const char *reason(const struct vf_err *e)
{
    if (e->detail[0])
        return e->detail;
    return e->sys ? strerror(e->sys) : vf_status_name(e->code);
}

void vf_change_put_error(struct vf_buf *b, const struct vf_err *e)
{
    vf_buf_puts(b, "cannot ");
    vf_buf_puts(b, e->op ? e->op : "remove");
    vf_buf_puts(b, " ");
    vf_buf_put(b, (struct vf_slice){e->path ? e->path : "", e->path_len});
    vf_buf_puts(b, ": ");
    vf_buf_puts(b, reason(e));
}

void vf_change_note_unflushed(struct vf_change *c)
{
    struct vf_buf b = {0};
    if (!c->unflushed)
        return;
    vf_buf_put(&b, c->to);
    vf_buf_printf(
        &b, " is complete, but the disk did not confirm it (%s), so that it may be missing after a crash",
        strerror(c->unflushed));
    if (c->o->verb == VENVFIX_MOVE) {
        vf_buf_puts(&b, "; ");
        vf_buf_put(&b, c->from);
        vf_buf_puts(&b, " was kept: look at the file system, then remove one of them");
    }
    const char *text = vf_buf_cstr(&b);
    if (text)
        vf_hooks_note(&c->s.hooks, text);
    vf_buf_release(&b);
    c->r->exit = 1;
}

static void put_failure(struct vf_buf *b, const struct vf_change *c, struct vf_slice at_new)
{
    vf_buf_puts(b, "the old directory could not be removed wholly: ");
    vf_change_put_error(b, &c->s.err);
    vf_buf_puts(b, "; `venvfix fix ");
    vf_buf_put(b, at_new);
    vf_buf_puts(b, "` tries again");
}

enum vf_status vf_change_report_retire(struct vf_change *c, enum vf_status st, struct vf_slice at_new,
                                       const struct vf_retire_result *res)
{
    struct vf_buf b = {0};
    if (st == VF_OK && res->outcome == VF_RETIRED)
        return VF_OK;
    if (st != VF_OK) { /* NEW is complete: this does not make it undone */
        put_failure(&b, c, at_new);
        vf_err_clear(&c->s.err);
        c->r->exit = 1;
        st = VF_OK;
    } else {
        put_outcome(&b, res, at_new);
        if (res->outcome != VF_RETIRE_EMPTIED && !(res->outcome == VF_RETIRE_NOT_OLD && res->resumed))
            c->r->exit = 1;
        st = keep_changed(c, res);
    }
    const char *text = vf_buf_cstr(&b);
    if (text)
        vf_hooks_note(&c->s.hooks, text);
    vf_buf_release(&b);
    return st;
}

/* --- what was lost --- */

enum vf_status vf_change_lost(struct vf_change *c, struct vf_slice path, const char *what)
{
    struct vf_slice kept = vf_arena_dup(c->s.a, path);
    struct venvfix_not_kept *one = vf_vec_push(c->s.a, &c->not_kept, sizeof *one);
    if (!kept.p || !one)
        return vf_err_nomem(&c->s.err);
    *one = (struct venvfix_not_kept){vf_bytes_of(kept), what};
    return VF_OK;
}

static int by_path(const void *a, const void *b)
{
    const struct venvfix_not_kept *x = a, *y = b;
    int d = vf_slice_cmp((struct vf_slice){x->path.p, x->path.n}, (struct vf_slice){y->path.p, y->path.n});
    return d ? d : strcmp(x->what, y->what);
}

void vf_change_report_lost(struct vf_change *c)
{
    struct venvfix_not_kept *v = c->not_kept.base;
    size_t n = 0;
    if (c->not_kept.n > 0)
        qsort(v, c->not_kept.n, sizeof *v, by_path);
    for (size_t i = 0; i < c->not_kept.n; i++)
        if (n == 0 || by_path(&v[n - 1], &v[i]) != 0)
            v[n++] = v[i];
    c->r->not_kept = v;
    c->r->n_not_kept = n;
}
