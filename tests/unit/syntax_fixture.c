/* Reading and writing whole files through the table of syntaxes. */
#include "syntax_fixture.h"

#include <stdio.h>
#include <string.h>

void syn_init(struct syn *s)
{
    static const struct vf_slice bin[] = {VF_S_INIT("python"), VF_S_INIT("python3")};
    *s = (struct syn){0};
    vf_arena_init(&s->a);
    vf_err_init(&s->err);
    s->src.root = VF_S("/p/env");
    s->src.path = VF_S("bin/x");
    s->src.py_minor = 12;
    s->target =
        (struct vf_write_ctx){.root = VF_S("/n/env"), .bin = bin, .n_bin = 2, .py_major = 3, .py_minor = 12};
}

void syn_release(struct syn *s)
{
    vf_err_release(&s->err);
    vf_arena_release(&s->a);
}

void syn_read(struct syn *s, enum vf_syntax syntax, struct vf_slice bytes)
{
    s->syntax = syntax;
    s->src.bytes = bytes;
    s->out = (struct vf_read_out){.a = &s->a};
    enum vf_status st = vf_syntax_read(syntax, &s->src, &s->out, &s->err);
    if (st != VF_OK)
        fail_msg("read: %s", s->err.detail);
}

size_t syn_refs(const struct syn *s)
{
    return s->out.refs.n;
}

size_t syn_flaws(const struct syn *s)
{
    return s->out.flaws.n;
}

const struct vf_ref *syn_ref(const struct syn *s, size_t i)
{
    assert_true(i < s->out.refs.n);
    return VF_VEC_AT(struct vf_ref, &s->out.refs, i);
}

const struct vf_flaw *syn_flaw(const struct syn *s, enum vf_flaw_kind kind)
{
    for (size_t i = 0; i < s->out.flaws.n; i++) {
        const struct vf_flaw *f = VF_VEC_AT(struct vf_flaw, &s->out.flaws, i);
        if (f->kind == kind)
            return f;
    }
    return NULL;
}

size_t syn_count(const struct syn *s, enum vf_flaw_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < s->out.flaws.n; i++)
        n += VF_VEC_AT(struct vf_flaw, &s->out.flaws, i)->kind == kind;
    return n;
}

static struct vf_slice keep(struct syn *s, struct vf_buf *b)
{
    assert_false(b->failed);
    struct vf_slice kept = vf_arena_dup(&s->a, vf_buf_slice(b));
    vf_buf_release(b);
    return kept;
}

struct vf_slice syn_put(struct syn *s, size_t i, struct vf_slice path, enum vf_status *st)
{
    const struct vf_ref *r = syn_ref(s, i);
    struct vf_buf b = {0};
    vf_buf_put(&b, vf_slice_sub(s->src.bytes, 0, r->off));
    vf_err_clear(&s->err);
    size_t before = b.n;
    enum vf_status got = vf_syntax_write(r, &s->src, path, &s->target, &b, &s->err);
    if (st)
        *st = got;
    else if (got != VF_OK)
        fail_msg("write: %s", s->err.detail);
    if (got != VF_OK)
        assert_int_equal(b.n, before);
    vf_buf_put(&b, vf_slice_from(s->src.bytes, r->off + r->len));
    return keep(s, &b);
}

struct vf_slice syn_repaired(struct syn *s)
{
    struct vf_buf b = {0};
    size_t at = 0;
    for (;;) { /* the flaws are not sorted */
        const struct vf_flaw *next = NULL;
        for (size_t i = 0; i < s->out.flaws.n; i++) {
            const struct vf_flaw *f = VF_VEC_AT(struct vf_flaw, &s->out.flaws, i);
            bool later = f->off > at || (f->off == at && (f->len > 0 || at == 0 || f->off == s->src.bytes.n));
            if (f->has_repair && later && (!next || f->off < next->off))
                next = f;
        }
        if (!next)
            break;
        vf_buf_put(&b, vf_slice_sub(s->src.bytes, at, next->off));
        vf_buf_put(&b, next->repair);
        at = next->off + next->len;
        if (at == s->src.bytes.n)
            break;
    }
    vf_buf_put(&b, vf_slice_from(s->src.bytes, at));
    return keep(s, &b);
}

void assert_bytes(struct vf_slice have, struct vf_slice req)
{
    if (vf_slice_eq(have, req))
        return;
    fprintf(stderr, "have: %.*s\nwant: %.*s\n", (int)have.n, have.p, (int)req.n, req.p);
    assert_int_equal(have.n, req.n);
    assert_memory_equal(have.p, req.p, req.n);
}
