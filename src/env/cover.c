/* cover.c: spans sorted once, and one sweep over them. */
#include "env/cover.h"

#include <stdlib.h>

struct vf_cover_span {
    uint64_t off, end;
};

bool vf_cover_add(struct vf_cover *c, struct vf_arena *a, uint64_t off, uint64_t len)
{
    struct vf_cover_span *s = vf_vec_push(a, &c->spans, sizeof *s);
    if (!s)
        return false;
    *s = (struct vf_cover_span){off, len > UINT64_MAX - off ? UINT64_MAX : off + len};
    c->sorted = false;
    return true;
}

static int by_offset(const void *a, const void *b)
{
    const struct vf_cover_span *x = a, *y = b;
    return (x->off > y->off) - (x->off < y->off);
}

static void restart(struct vf_cover *c)
{
    c->next = 0;
    c->end = 0;
}

bool vf_cover_has(struct vf_cover *c, uint64_t off)
{
    if (!c->sorted && c->spans.n > 1)
        qsort(c->spans.base, c->spans.n, sizeof(struct vf_cover_span), by_offset);
    if (!c->sorted || off < c->last)
        restart(c);
    c->sorted = true;
    c->last = off;
    for (; c->next < c->spans.n; c->next++) {
        const struct vf_cover_span *s = VF_VEC_AT(struct vf_cover_span, &c->spans, c->next);
        if (s->off > off)
            break;
        c->end = s->end > c->end ? s->end : c->end;
    }
    return off < c->end;
}
