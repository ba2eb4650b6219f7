/* blocks.h: bytes that one thread makes and others use, without being copied: buffers of one size, counted,
 * and a queue of the filled ones in their order.
 *
 *   maker:  vf_blocks_get -> fill block->p, set block->n -> vf_blocks_push ... -> vf_blocks_end
 *   user:   vf_blocks_pop -> (vf_block_hold, vf_block_release by whoever needs it longer) -> vf_block_release
 *
 * There are never more than `most` of them: the maker waits until one is released. */
#ifndef VF_BASE_BLOCKS_H
#define VF_BASE_BLOCKS_H

#include "base/err.h"

struct vf_blocks; /* opaque */

struct vf_block {
    char *p;
    size_t n; /* bytes that are filled; the maker's until it is pushed, then nobody writes */
    struct vf_blocks *pool;
    struct vf_block *next;
    unsigned users;
};

VF_MUST_CHECK enum vf_status vf_blocks_new(size_t size, unsigned most, struct vf_blocks **out,
                                           struct vf_err *err);
/* An empty block that is the caller's alone; waits for one. NULL: vf_blocks_stop was called, or (only before
 * the first one) there is no memory. */
struct vf_block *vf_blocks_get(struct vf_blocks *b);
void vf_blocks_push(struct vf_blocks *b, struct vf_block *block); /* the block is the queue's now */
void vf_blocks_end(struct vf_blocks *b);                          /* no other will be pushed */
/* The next block, the caller's to release; waits for one. NULL: the end. */
struct vf_block *vf_blocks_pop(struct vf_blocks *b);
/* Nobody is going to pop any more: a maker that waits gets NULL. */
void vf_blocks_stop(struct vf_blocks *b);

void vf_block_hold(struct vf_block *block);    /* by who has it, for somebody else; from any thread */
void vf_block_release(struct vf_block *block); /* from any thread; NULL is fine */

/* Maker and user are done. The memory goes when the last block is released. NULL is fine. */
void vf_blocks_free(struct vf_blocks *b);

#endif
