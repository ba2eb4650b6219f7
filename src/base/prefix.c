/* Places and the bytes that may stand around them. The two tables are the whole of the boundary rule for
 * single bytes; what depends on more than one (a sentence's full stop, a scheme, %XX) is seen by the search.
 */
#include "base/prefix.h"

#include <string.h>

static bool is_alnum(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Behind `C:` and the like; a Windows place has no other root here. */
static struct vf_slice without_drive(const struct vf_prefix *pl)
{
    struct vf_slice p = pl->path;
    if (pl->style == VF_STYLE_WINDOWS && p.n >= 2 && p.p[1] == ':')
        return vf_slice_from(p, 2);
    return p;
}

/* The path in `/` spelling and clean; borrowed when it is so already. p is NULL when there is no memory. */
static struct vf_slice normal(enum vf_style style, struct vf_slice path, struct vf_arena *a)
{
    bool backslash = style == VF_STYLE_WINDOWS && vf_slice_find_byte(path, '\\', 0) != VF_NPOS;
    if (!backslash)
        return vf_path_is_clean(path) ? path : vf_path_clean_dup(a, path);
    char *copy = vf_arena_cstr(a, path);
    if (!copy)
        return (struct vf_slice){0};
    for (size_t i = 0; i < path.n; i++)
        if (copy[i] == '\\')
            copy[i] = '/';
    return vf_path_clean_dup(a, (struct vf_slice){copy, path.n});
}

bool vf_prefix_holds(const struct vf_prefix *pl, struct vf_slice path, struct vf_slice *rest,
                     struct vf_arena *a)
{
    struct vf_slice prefix = normal(pl->style, pl->path, a);
    struct vf_slice whole = normal(pl->style, path, a);
    if (!prefix.p || !whole.p || whole.n < prefix.n)
        return false;
    struct vf_slice head = vf_slice_sub(whole, 0, prefix.n);
    if (!(pl->fold_case ? vf_slice_eq_nocase(head, prefix) : vf_slice_eq(head, prefix)))
        return false;
    size_t skip = prefix.n;
    if (whole.n > skip && !vf_slice_ends(prefix, VF_S("/"))) {
        if (whole.p[skip] != '/')
            return false;
        skip++;
    }
    if (rest)
        *rest = vf_slice_from(whole, skip);
    return true;
}

static size_t windows_depth(struct vf_slice p, struct vf_slice *last)
{
    size_t n = 0;
    size_t from = 0;
    for (size_t i = 0; i <= p.n; i++) {
        if (i < p.n && p.p[i] != '/' && p.p[i] != '\\')
            continue;
        if (i > from) {
            *last = vf_slice_sub(p, from, i);
            n++;
        }
        from = i + 1;
    }
    return n;
}

bool vf_prefix_distinctive(const struct vf_prefix *pl)
{
    struct vf_slice p = without_drive(pl);
    struct vf_slice last = vf_path_base(p);
    size_t n = pl->style == VF_STYLE_WINDOWS ? windows_depth(p, &last) : vf_path_depth(p);
    return n >= 3 || (n == 2 && vf_slice_starts(last, VF_S(".")));
}

bool vf_prefix_is_common(const struct vf_prefix *pl)
{
    static const struct vf_slice common[] = {
        VF_S_INIT("/"),     VF_S_INIT("/usr"), VF_S_INIT("/usr/local"), VF_S_INIT("/bin"),
        VF_S_INIT("/sbin"), VF_S_INIT("/lib"), VF_S_INIT("/lib64"),     VF_S_INIT("/etc"),
        VF_S_INIT("/var"),  VF_S_INIT("/tmp"), VF_S_INIT("/dev"),       VF_S_INIT("/proc"),
        VF_S_INIT("/sys"),  VF_S_INIT("/run"), VF_S_INIT("/home"),      VF_S_INIT("/root"),
        VF_S_INIT("/opt"),
    };
    struct vf_slice p = without_drive(pl);
    if (p.n == 0 || vf_slice_eq(p, VF_S("\\")))
        return true;
    for (size_t i = 0; i < VF_COUNT(common); i++)
        if (vf_slice_eq(p, common[i]))
            return true;
    return false;
}

bool vf_prefix_right_boundary(int next)
{
    return next <= 0 || strchr("/\\\"'`:;,)]}><&|#?= \t\n\r*$@!", next) != NULL;
}

bool vf_prefix_left_boundary(int prev)
{
    if (prev < 0)
        return true;
    return !(is_alnum(prev) || prev >= 0x80 || prev == '_' || prev == '-' || prev == '.' || prev == '/');
}
