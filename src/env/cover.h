/* cover.h: which offsets of a file lie in one of many spans. Asked in ascending order, n spans and m offsets
 * cost no more than sorting the spans and one look at each of both. */
#ifndef VF_ENV_COVER_H
#define VF_ENV_COVER_H

#include "base/arena.h"

/* Zero-initialise, add all spans, then ask. The spans lie in the arena. */
struct vf_cover {
    struct vf_vec spans; /* struct vf_cover_span */
    size_t next;         /* the first span that begins behind the last offset asked for */
    uint64_t end;        /* where the spans before it end */
    uint64_t last;
    bool sorted;
};

/* False: no memory. */
bool vf_cover_add(struct vf_cover *c, struct vf_arena *a, uint64_t off, uint64_t len);
bool vf_cover_has(struct vf_cover *c, uint64_t off);

#endif
