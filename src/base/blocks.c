/* blocks.c: counted buffers. One lock for all: it is taken once or twice for a quarter of a megabyte. */
#include "base/blocks.h"

#include <pthread.h>
#include <stdlib.h>

struct vf_blocks {
    pthread_mutex_t lock;
    pthread_cond_t released, pushed;
    size_t size;
    unsigned most, made, out; /* blocks: allowed, in being, in somebody's hands */
    struct vf_block *spare;   /* the last one that was released is the first to be used: it is in the cache */
    struct vf_block *first, *last;
    bool ended, stopped, given_up;
};

enum vf_status vf_blocks_new(size_t size, unsigned most, struct vf_blocks **out, struct vf_err *err)
{
    struct vf_blocks *b = calloc(1, sizeof *b);
    *out = b;
    if (!b)
        return vf_err_nomem(err);
    b->size = size;
    b->most = most;
    (void)pthread_mutex_init(&b->lock, NULL);
    (void)pthread_cond_init(&b->released, NULL);
    (void)pthread_cond_init(&b->pushed, NULL);
    return VF_OK;
}

static struct vf_block *make(struct vf_blocks *b)
{
    struct vf_block *block = malloc(sizeof *block);
    char *p = malloc(b->size);
    if (!block || !p) {
        free(block);
        free(p);
        return NULL;
    }
    *block = (struct vf_block){.p = p, .pool = b};
    b->made++;
    return block;
}

/* Without memory for one more, those that are there have to do. */
struct vf_block *vf_blocks_get(struct vf_blocks *b)
{
    struct vf_block *block = NULL;
    (void)pthread_mutex_lock(&b->lock);
    while (!block && !b->stopped) {
        if (!b->spare && b->made < b->most) {
            b->spare = make(b);
            if (!b->spare && b->made == 0)
                break;
            if (!b->spare)
                b->most = b->made;
        }
        block = b->spare;
        if (!block)
            (void)pthread_cond_wait(&b->released, &b->lock);
    }
    if (block) {
        b->spare = block->next;
        block->next = NULL;
        block->n = 0;
        block->users = 1;
        b->out++;
    }
    (void)pthread_mutex_unlock(&b->lock);
    return block;
}

void vf_blocks_push(struct vf_blocks *b, struct vf_block *block)
{
    (void)pthread_mutex_lock(&b->lock);
    if (b->first)
        b->last->next = block;
    else
        b->first = block;
    b->last = block;
    (void)pthread_cond_signal(&b->pushed);
    (void)pthread_mutex_unlock(&b->lock);
}

void vf_blocks_end(struct vf_blocks *b)
{
    (void)pthread_mutex_lock(&b->lock);
    b->ended = true;
    (void)pthread_cond_signal(&b->pushed);
    (void)pthread_mutex_unlock(&b->lock);
}

struct vf_block *vf_blocks_pop(struct vf_blocks *b)
{
    (void)pthread_mutex_lock(&b->lock);
    while (!b->first && !b->ended)
        (void)pthread_cond_wait(&b->pushed, &b->lock);
    struct vf_block *block = b->first;
    if (block) {
        b->first = block->next;
        block->next = NULL;
    }
    (void)pthread_mutex_unlock(&b->lock);
    return block;
}

void vf_blocks_stop(struct vf_blocks *b)
{
    (void)pthread_mutex_lock(&b->lock);
    b->stopped = true;
    (void)pthread_cond_signal(&b->released);
    (void)pthread_mutex_unlock(&b->lock);
}

static void destroy(struct vf_blocks *b)
{
    for (struct vf_block *block = b->spare, *next; block; block = next) {
        next = block->next;
        free(block->p);
        free(block);
    }
    (void)pthread_cond_destroy(&b->released);
    (void)pthread_cond_destroy(&b->pushed);
    (void)pthread_mutex_destroy(&b->lock);
    free(b);
}

void vf_block_hold(struct vf_block *block)
{
    (void)pthread_mutex_lock(&block->pool->lock);
    block->users++;
    (void)pthread_mutex_unlock(&block->pool->lock);
}

void vf_block_release(struct vf_block *block)
{
    if (!block)
        return;
    struct vf_blocks *b = block->pool;
    (void)pthread_mutex_lock(&b->lock);
    if (--block->users == 0) {
        block->next = b->spare;
        b->spare = block;
        b->out--;
        (void)pthread_cond_signal(&b->released);
    }
    bool last = b->given_up && b->out == 0;
    (void)pthread_mutex_unlock(&b->lock);
    if (last)
        destroy(b);
}

void vf_blocks_free(struct vf_blocks *b)
{
    if (!b)
        return;
    for (struct vf_block *block = b->first, *next; block; block = next) { /* pushed, and never popped */
        next = block->next;
        block->next = NULL;
        vf_block_release(block);
    }
    (void)pthread_mutex_lock(&b->lock);
    b->given_up = true;
    bool last = b->out == 0;
    (void)pthread_mutex_unlock(&b->lock);
    if (last)
        destroy(b);
}
