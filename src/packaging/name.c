/* name.c: project names in their canonical, valid and escaped forms; metadata directory names. */
#include "packaging/name.h"

#include "packaging/text.h"

static bool is_sep(char c)
{
    return c == '-' || c == '_' || c == '.';
}

/* The next byte of the canonical form of s, which starts at *i; -1 at the end. */
static int next_canonical(struct vf_slice s, size_t *i)
{
    if (*i >= s.n)
        return -1;
    if (!is_sep(s.p[*i]))
        return vf_text_lower((unsigned char)s.p[(*i)++]);
    while (*i < s.n && is_sep(s.p[*i]))
        (*i)++;
    return '-';
}

static void put_with(struct vf_buf *out, struct vf_slice name, char sep)
{
    int c;
    for (size_t i = 0; (c = next_canonical(name, &i)) >= 0;)
        vf_buf_putc(out, c == '-' ? sep : (char)c);
}

void vf_name_canonical_put(struct vf_buf *out, struct vf_slice name)
{
    put_with(out, name, '-');
}

void vf_name_escaped_put(struct vf_buf *out, struct vf_slice name)
{
    put_with(out, name, '_');
}

struct vf_slice vf_name_canonical(struct vf_arena *a, struct vf_slice name)
{
    char *p = vf_arena_alloc(a, name.n + 1);
    size_t n = 0;
    int c;
    if (!p)
        return (struct vf_slice){NULL, 0};
    for (size_t i = 0; (c = next_canonical(name, &i)) >= 0;)
        p[n++] = (char)c;
    return (struct vf_slice){p, n};
}

bool vf_name_is_canonical(struct vf_slice name)
{
    if (!vf_name_valid(name))
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (c == '_' || c == '.' || (c >= 'A' && c <= 'Z') || (c == '-' && name.p[i - 1] == '-'))
            return false;
    }
    return true;
}

bool vf_name_same(struct vf_slice a, struct vf_slice b)
{
    size_t i = 0;
    size_t j = 0;
    for (;;) {
        int x = next_canonical(a, &i);
        int y = next_canonical(b, &j);
        if (x != y)
            return false;
        if (x < 0)
            return true;
    }
}

bool vf_name_valid(struct vf_slice name)
{
    if (name.n == 0 || is_sep(name.p[0]) || is_sep(name.p[name.n - 1]))
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!vf_text_alpha(c) && !vf_text_digit(c) && !is_sep(c))
            return false;
    }
    return true;
}

static bool ends_nocase(struct vf_slice s, struct vf_slice suffix)
{
    return s.n >= suffix.n && vf_slice_eq_nocase(vf_slice_from(s, s.n - suffix.n), suffix);
}

/* os.path.splitext takes leading dots for part of the stem: `.dist-info` has no suffix. */
static bool has_stem(struct vf_slice base, size_t suffix)
{
    for (size_t i = 0; i + suffix < base.n; i++)
        if (base.p[i] != '.')
            return true;
    return false;
}

struct vf_info_name vf_info_name_parse(struct vf_slice base)
{
    const struct vf_slice dist_info = VF_S(".dist-info");
    const struct vf_slice egg_info = VF_S(".egg-info");
    struct vf_info_name out = {.kind = VF_INFO_NONE};
    bool dist = ends_nocase(base, dist_info);
    if (!dist && !ends_nocase(base, egg_info))
        return out;
    struct vf_slice suffix = dist ? dist_info : egg_info;
    out.kind = dist ? VF_INFO_DIST_INFO : VF_INFO_EGG_INFO;
    if (!vf_slice_ends(base, suffix) || !has_stem(base, suffix.n))
        return out;
    struct vf_slice stem = vf_slice_sub(base, 0, base.n - suffix.n);
    size_t dash = vf_slice_find_byte(stem, '-', 0);
    if (dash != VF_NPOS) {
        out.name = vf_slice_sub(stem, 0, dash);
        out.version = vf_slice_from(stem, dash + 1);
    } else if (!dist) {
        out.name = stem;
    }
    return out;
}
