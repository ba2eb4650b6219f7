/* location.c: where a finding is, and its fingerprint. */
#include "report/location.h"

#include <string.h>

#include "base/escape.h"
#include "base/path.h"
#include "verbs/baseline.h"

static struct vf_slice slice(struct venvfix_bytes b)
{
    return (struct vf_slice){b.p, b.n};
}

static bool is_whole_environment(const struct venvfix_finding *f)
{
    return f->path.n == 1 && f->path.p[0] == '.';
}

/* How the user named the environment, where that is a path below the current directory; else empty. */
static struct vf_slice relative_name(const struct vf_checked *one)
{
    struct vf_slice typed = vf_slice_of(one->env ? one->env : "");
    while (vf_slice_starts(typed, VF_S("./")))
        typed = vf_slice_from(typed, 2);
    while (typed.n > 1 && typed.p[typed.n - 1] == '/')
        typed.n--;
    bool plain = typed.n > 0 && typed.p[0] != '/' && !vf_slice_eq(typed, VF_S(".")) &&
                 vf_slice_find(typed, VF_S(".."), 0) == VF_NPOS &&
                 vf_slice_find(typed, VF_S("//"), 0) == VF_NPOS;
    return plain && vf_slice_ends(slice(one->result->path), typed) ? typed : (struct vf_slice){NULL, 0};
}

void vf_location_base_put(struct vf_buf *out, const struct vf_checked *one)
{
    struct vf_slice path = slice(one->result->path), name = relative_name(one);
    vf_buf_put(out, vf_slice_sub(path, 0, path.n - name.n));
    if (!vf_slice_ends(vf_buf_slice(out), VF_S("/")))
        vf_buf_putc(out, '/');
}

void vf_location_put(struct vf_buf *out, const struct vf_checked *one, const struct venvfix_finding *f)
{
    struct vf_slice name = relative_name(one);
    if (f->path.n > 0 && f->path.p[0] == '/') {
        vf_buf_put(out, slice(f->path));
        return;
    }
    if (one->result->bundle) {
        vf_buf_put(out, name.n ? name : vf_path_base(slice(one->result->path)));
        return;
    }
    if (name.n) {
        vf_buf_put(out, name);
        vf_buf_putc(out, '/');
    }
    vf_buf_put(out, is_whole_environment(f) ? VF_S("pyvenv.cfg") : slice(f->path));
}

void vf_location_put_uri(struct vf_buf *out, struct vf_slice path)
{
    if (path.n > 0 && path.p[0] == '/')
        vf_buf_puts(out, "file://");
    vf_percent_encode(out, path, "");
}

/* --- fingerprints --- */

void vf_fingerprints_init(struct vf_fingerprints *p)
{
    *p = (struct vf_fingerprints){0};
    vf_arena_init(&p->a);
    vf_map_init(&p->seen, &p->a);
}

void vf_fingerprints_release(struct vf_fingerprints *p)
{
    vf_arena_release(&p->a);
}

void vf_fingerprint_put(struct vf_buf *out, struct vf_fingerprints *p, const struct vf_checked *one,
                        const struct venvfix_finding *f, bool env_name)
{
    struct vf_known_as known = {vf_slice_of(f->rule), slice(f->path), slice(f->value),
                                slice(one->result->path), slice(one->result->resolved)};
    struct vf_buf more = {0}, print = {0};
    size_t before = 0;
    if (env_name) {
        struct vf_slice name = relative_name(one);
        vf_buf_put(&more, name.n ? name : slice(one->result->path));
    }
    vf_fingerprint_of(&print, &known, vf_buf_slice(&more));
    struct vf_slice key = vf_arena_dup(&p->a, vf_buf_slice(&print));
    (void)vf_map_get(&p->seen, key, &before);
    if (!key.p || !vf_map_put(&p->seen, key, before + 1))
        out->failed = true;
    if (before == 0) {
        vf_buf_put(out, vf_buf_slice(&print));
    } else { /* the n-th of equal ones */
        vf_buf_printf(&more, "%c%zu", '\0', before);
        vf_fingerprint_of(out, &known, vf_buf_slice(&more));
    }
    out->failed = out->failed || more.failed || print.failed;
    vf_buf_release(&more);
    vf_buf_release(&print);
}
