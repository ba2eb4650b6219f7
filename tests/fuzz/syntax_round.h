/* For harnesses of syntaxes: read, write every reference for another path, read again: each value is that
 * path. */
#ifndef FUZZ_SYNTAX_ROUND_H
#define FUZZ_SYNTAX_ROUND_H

#include <stdlib.h>

#include "syntax/syntax.h"

static inline bool round_skips(const struct vf_ref *ref)
{
    return (ref->flags & (VF_REF_SELF | VF_REF_READONLY)) != 0;
}

/* The file with every reference written for `path`; false when one of them cannot hold it. */
static inline bool round_write(const struct vf_source *src, const struct vf_read_out *in,
                               struct vf_slice path, struct vf_buf *out)
{
    struct vf_write_ctx target = {.root = path, .line_limit = 127};
    size_t at = 0;
    for (size_t i = 0; i < in->refs.n; i++) {
        const struct vf_ref *ref = VF_VEC_AT(struct vf_ref, &in->refs, i);
        if (round_skips(ref))
            continue;
        if (ref->off < at)
            abort(); /* references overlap or are not in order */
        vf_buf_put(out, vf_slice_sub(src->bytes, at, ref->off));
        if (vf_syntax_write(ref, src, path, &target, out, NULL) != VF_OK)
            return false;
        at = ref->off + ref->len;
    }
    vf_buf_put(out, vf_slice_from(src->bytes, at));
    return !out->failed;
}

static inline size_t round_next(const struct vf_read_out *in, size_t i)
{
    while (i < in->refs.n && round_skips(VF_VEC_AT(struct vf_ref, &in->refs, i)))
        i++;
    return i;
}

static inline void round_compare(const struct vf_read_out *before, const struct vf_read_out *after,
                                 struct vf_slice path)
{
    size_t i = round_next(before, 0);
    size_t j = round_next(after, 0);
    for (; i < before->refs.n && j < after->refs.n;
         i = round_next(before, i + 1), j = round_next(after, j + 1)) {
        const struct vf_ref *ref = VF_VEC_AT(struct vf_ref, &after->refs, j);
        if (!vf_slice_eq(ref->value, path) || ref->raw.n > 0)
            abort();
    }
    if (i < before->refs.n || j < after->refs.n)
        abort();
}

/* One syntax, one path. */
static inline void round_trip(enum vf_syntax syntax, struct vf_slice bytes, struct vf_slice path)
{
    struct vf_arena a = {0};
    struct vf_read_out before = {.a = &a};
    struct vf_read_out after = {.a = &a};
    struct vf_source src = {.path = VF_S("x"), .bytes = bytes, .root = VF_S("/p/env"), .py_minor = 12};
    struct vf_buf out = {0};
    if (vf_syntax_read(syntax, &src, &before, NULL) == VF_OK && round_write(&src, &before, path, &out)) {
        struct vf_source again = src;
        again.bytes = vf_buf_slice(&out);
        if (vf_syntax_read(syntax, &again, &after, NULL) != VF_OK)
            abort();
        round_compare(&before, &after, path);
    }
    vf_buf_release(&out);
    vf_arena_release(&a);
}

static inline void round_trips(enum vf_syntax syntax, struct vf_slice bytes)
{
    static const struct vf_slice paths[] = {
        VF_S_INIT("/n/env"),
        VF_S_INIT("/o'x/a b"),
        VF_S_INIT("/a\"b$HOME`id`\\c\\\\d!e ^%%#;&|<>()\\"),
        VF_S_INIT("/a\nb'c\xC3\xA9\r\x01"),
        VF_S_INIT("/no\xFFutf8"),
    };
    for (size_t i = 0; i < VF_COUNT(paths); i++)
        round_trip(syntax, bytes, paths[i]);
}

#endif
