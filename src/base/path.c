/* Paths by their words. Everything is decided by walking components; no link is known here, so `a/../b` is
 * `b` even where a disk would say otherwise: callers that need the disk's answer ask it. */
#include "base/path.h"

#include <string.h>

bool vf_path_is_abs(struct vf_slice p)
{
    return p.n > 0 && p.p[0] == '/';
}

/* Takes the next component off *rest, skipping slashes; false at the end. */
static bool next_component(struct vf_slice *rest, struct vf_slice *name)
{
    size_t i = 0;
    while (i < rest->n && rest->p[i] == '/')
        i++;
    size_t end = i;
    while (end < rest->n && rest->p[end] != '/')
        end++;
    *name = vf_slice_sub(*rest, i, end);
    *rest = vf_slice_from(*rest, end);
    return name->n > 0;
}

static bool is_dotdot(struct vf_slice name)
{
    return vf_slice_eq(name, VF_S(".."));
}

/* Takes the last component off what was written behind `root`; false when there is none or it is `..`. */
static bool drop_component(struct vf_buf *out, size_t root)
{
    struct vf_slice written = vf_slice_from(vf_buf_slice(out), root);
    if (written.n == 0)
        return false;
    size_t slash = vf_slice_rfind_byte(written, '/');
    if (is_dotdot(vf_slice_from(written, slash == VF_NPOS ? 0 : slash + 1)))
        return false;
    out->n = root + (slash == VF_NPOS ? 0 : slash);
    return true;
}

void vf_path_clean(struct vf_buf *out, struct vf_slice p)
{
    bool abs = vf_path_is_abs(p);
    if (abs)
        vf_buf_putc(out, '/');
    size_t root = out->n;
    struct vf_slice name;
    while (!out->failed && next_component(&p, &name)) {
        if (vf_slice_eq(name, VF_S(".")))
            continue;
        if (is_dotdot(name) && (drop_component(out, root) || abs))
            continue;
        if (out->n > root)
            vf_buf_putc(out, '/');
        vf_buf_put(out, name);
    }
    if (!abs && out->n == root)
        vf_buf_putc(out, '.');
}

struct vf_slice vf_path_clean_dup(struct vf_arena *a, struct vf_slice p)
{
    if (!p.p) /* what should have made it had no memory */
        return p;
    if (vf_path_is_clean(p))
        return vf_arena_dup(a, p);
    struct vf_buf b = {0};
    vf_path_clean(&b, p);
    struct vf_slice clean = {NULL, 0};
    if (!b.failed)
        clean = vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return clean;
}

bool vf_path_is_clean(struct vf_slice p)
{
    if (p.n == 0)
        return false;
    if (vf_slice_eq(p, VF_S(".")) || vf_slice_eq(p, VF_S("/")))
        return true;
    bool abs = vf_path_is_abs(p);
    bool named = false; /* a component other than `..` was seen */
    struct vf_slice rest = vf_slice_from(p, abs ? 1 : 0);
    while (rest.n > 0) {
        size_t slash = vf_slice_find_byte(rest, '/', 0);
        struct vf_slice name = vf_slice_sub(rest, 0, slash);
        if (name.n == 0 || vf_slice_eq(name, VF_S(".")) || slash == rest.n - 1)
            return false;
        if (is_dotdot(name) && (abs || named))
            return false;
        named = named || !is_dotdot(name);
        rest = vf_slice_from(rest, slash == VF_NPOS ? rest.n : slash + 1);
    }
    return true;
}

static struct vf_slice joint_of(struct vf_slice dir)
{
    return vf_slice_ends(dir, VF_S("/")) ? VF_S("") : VF_S("/");
}

struct vf_slice vf_path_join(struct vf_arena *a, struct vf_slice dir, struct vf_slice name)
{
    if (vf_path_is_abs(name) || dir.n == 0)
        return vf_arena_dup(a, name);
    return vf_arena_concat(a, dir, joint_of(dir), name);
}

void vf_path_join_buf(struct vf_buf *out, struct vf_slice dir, struct vf_slice name)
{
    if (!vf_path_is_abs(name) && dir.n > 0) {
        vf_buf_put(out, dir);
        vf_buf_put(out, joint_of(dir));
    }
    vf_buf_put(out, name);
}

struct vf_slice vf_path_dir(struct vf_slice p)
{
    size_t slash = vf_slice_rfind_byte(p, '/');
    if (slash == VF_NPOS)
        return vf_slice_sub(p, 0, 0);
    return vf_slice_sub(p, 0, slash == 0 ? 1 : slash);
}

struct vf_slice vf_path_base(struct vf_slice p)
{
    size_t slash = vf_slice_rfind_byte(p, '/');
    return vf_slice_from(p, slash == VF_NPOS ? 0 : slash + 1);
}

bool vf_path_under(struct vf_slice dir, struct vf_slice p, struct vf_slice *rest)
{
    size_t skip = dir.n;
    if (vf_slice_eq(dir, VF_S("."))) {
        struct vf_slice first = vf_slice_sub(p, 0, vf_slice_find_byte(p, '/', 0));
        if (vf_path_is_abs(p) || is_dotdot(first))
            return false;
        skip = vf_slice_eq(p, dir) ? p.n : 0;
    } else if (!vf_slice_starts(p, dir)) {
        return false;
    } else if (p.n > dir.n && !vf_slice_ends(dir, VF_S("/"))) {
        if (p.p[dir.n] != '/')
            return false;
        skip = dir.n + 1;
    }
    if (rest)
        *rest = vf_slice_from(p, skip);
    return true;
}

void vf_path_relative(struct vf_buf *out, struct vf_slice from, struct vf_slice to)
{
    struct vf_slice f = from;
    struct vf_slice t = to;
    struct vf_slice x, y;
    for (;;) { /* past the components that both share */
        from = f;
        to = t;
        bool more = next_component(&f, &x);
        if (!next_component(&t, &y) || !more || !vf_slice_eq(x, y))
            break;
    }
    size_t start = out->n;
    while (next_component(&from, &x))
        vf_buf_put(out, out->n > start ? VF_S("/..") : VF_S(".."));
    while (next_component(&to, &y)) {
        if (out->n > start)
            vf_buf_putc(out, '/');
        vf_buf_put(out, y);
    }
    if (out->n == start)
        vf_buf_putc(out, '.');
}

bool vf_path_link_inside(struct vf_buf *out, struct vf_slice link, struct vf_slice target)
{
    if (vf_path_is_abs(target) || vf_path_is_abs(link) || target.n == 0)
        return false;
    struct vf_buf whole = {0};
    vf_path_join_buf(&whole, vf_path_dir(link), target);
    size_t start = out->n;
    vf_path_clean(out, vf_buf_slice(&whole));
    bool ok = !whole.failed && !out->failed;
    vf_buf_release(&whole);
    struct vf_slice clean = vf_slice_from(vf_buf_slice(out), start);
    if (ok && !is_dotdot(vf_slice_sub(clean, 0, vf_slice_find_byte(clean, '/', 0))))
        return true;
    out->n = start;
    return false;
}

size_t vf_path_depth(struct vf_slice p)
{
    size_t n = 0;
    struct vf_slice name;
    while (next_component(&p, &name))
        n += !vf_slice_eq(name, VF_S("."));
    return n;
}
