/* location.c: where a finding is, and its fingerprint. */
#include "report/location.h"

#include <string.h>

#include "base/digest.h"
#include "base/escape.h"
#include "base/path.h"

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

/* The text with `part` replaced by `mark`. */
static void put_without(struct vf_buf *out, struct vf_slice text, struct vf_slice part, const char *mark)
{
    size_t from = 0;
    for (size_t at; part.n > 1 && (at = vf_slice_find(text, part, from)) != VF_NPOS; from = at + part.n) {
        vf_buf_put(out, vf_slice_sub(text, from, at));
        vf_buf_puts(out, mark);
    }
    vf_buf_put(out, vf_slice_from(text, from));
}

/* The value without the paths that change when checkout or environment move. */
static void put_value(struct vf_buf *out, const struct vf_checked *one, struct vf_slice value)
{
    struct vf_slice prefixes[] = {slice(one->result->path), slice(one->result->resolved)};
    struct vf_buf text = {0}, next = {0};
    vf_buf_put(&text, value);
    for (size_t i = 0; i < VF_COUNT(prefixes); i++) {
        vf_buf_clear(&next);
        put_without(&next, vf_buf_slice(&text), prefixes[i], "{env}");
        vf_buf_clear(&text);
        put_without(&text, vf_buf_slice(&next), vf_path_dir(prefixes[i]), "{project}");
    }
    vf_buf_put(out, vf_buf_slice(&text));
    out->failed = out->failed || text.failed || next.failed;
    vf_buf_release(&text);
    vf_buf_release(&next);
}

static void put_hash(struct vf_buf *out, struct vf_buf *text)
{
    unsigned char digest[32];
    if (text->failed || !vf_sha256(vf_buf_slice(text), digest))
        out->failed = true;
    else
        vf_hex_put(out, (struct vf_slice){(const char *)digest, sizeof digest});
}

void vf_fingerprint_put(struct vf_buf *out, struct vf_fingerprints *p, const struct vf_checked *one,
                        const struct venvfix_finding *f, bool env_name)
{
    struct vf_buf text = {0};
    size_t before = 0;
    vf_buf_puts(&text, f->rule);
    vf_buf_putc(&text, '\0');
    vf_buf_put(&text, slice(f->path));
    vf_buf_putc(&text, '\0');
    put_value(&text, one, slice(f->value));
    if (env_name) {
        struct vf_slice name = relative_name(one);
        vf_buf_putc(&text, '\0');
        vf_buf_put(&text, name.n ? name : slice(one->result->path));
    }
    struct vf_slice key = vf_arena_dup(&p->a, vf_buf_slice(&text));
    (void)vf_map_get(&p->seen, key, &before);
    if (!key.p || !vf_map_put(&p->seen, key, before + 1))
        out->failed = true;
    if (before > 0)
        vf_buf_printf(&text, "%c%zu", '\0', before);
    put_hash(out, &text);
    vf_buf_release(&text);
}
