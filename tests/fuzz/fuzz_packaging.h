/* For harnesses of src/dist: an arena, an error, and a check that ends the run. */
#ifndef FUZZ_DIST_H
#define FUZZ_DIST_H

#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"

struct fuzz_dist {
    struct vf_arena a;
    struct vf_err err;
    struct vf_slice in;
};

static inline void demand(bool ok)
{
    if (!ok)
        abort();
}

static inline struct fuzz_dist fuzz_dist_begin(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = {.in = {(const char *)data, size}};
    vf_arena_init(&f.a);
    vf_err_init(&f.err);
    return f;
}

static inline int fuzz_dist_end(struct fuzz_dist *f)
{
    vf_err_release(&f->err);
    vf_arena_release(&f->a);
    return 0;
}

/* The part of s before the first LF; *s goes behind it. */
static inline struct vf_slice fuzz_dist_line(struct vf_slice *s)
{
    struct vf_slice line = {NULL, 0};
    (void)vf_slice_next_line(s, &line);
    return line;
}

#endif
