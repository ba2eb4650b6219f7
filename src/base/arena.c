/* The arena: a chain of blocks, newest first, each used from its front. Blocks double up to 1 MiB, so that
 * small commands stay small; a request above a quarter of the next block gets a block of its own behind the
 * head, so that the room left in the head is not lost. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 8 * 1024, LARGEST_BLOCK = 1024 * 1024 };

struct vf_arena_block {
    struct vf_arena_block *next;
    size_t size, used; /* of data */
    alignas(max_align_t) char data[];
};

void vf_arena_init(struct vf_arena *a)
{
    *a = (struct vf_arena){0};
}

void vf_arena_release(struct vf_arena *a)
{
    for (struct vf_arena_block *b = a->head, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    vf_arena_init(a);
}

void vf_arena_clear(struct vf_arena *a)
{
    struct vf_arena_block *keep = a->head;
    a->failed = false;
    if (!keep)
        return;
    struct vf_arena rest = {.head = keep->next};
    vf_arena_release(&rest);
    keep->next = NULL;
    keep->used = 0;
    a->used = 0;
}

static struct vf_arena_block *block_new(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct vf_arena_block))
        return NULL;
    struct vf_arena_block *b = malloc(sizeof *b + size);
    if (b) {
        b->next = NULL;
        b->size = size;
        b->used = 0;
    }
    return b;
}

/* A block with room for `size` bytes, or NULL. */
static struct vf_arena_block *block_for(struct vf_arena *a, size_t size)
{
    struct vf_arena_block *head = a->head;
    if (head && size <= head->size - head->used)
        return head;
    size_t next = FIRST_BLOCK;
    if (head)
        next = head->size < LARGEST_BLOCK / 2 ? head->size * 2 : LARGEST_BLOCK;
    bool own = head && size > next / 4;
    struct vf_arena_block *b = block_new(own || size > next ? size : next);
    if (!b)
        return NULL;
    if (own) {
        b->next = head->next;
        head->next = b;
    } else {
        b->next = head;
        a->head = b;
    }
    return b;
}

void *vf_arena_alloc(struct vf_arena *a, size_t size)
{
    const size_t mask = alignof(max_align_t) - 1;
    if (size > SIZE_MAX / 2 || a->failed)
        return NULL;
    size = size == 0 ? mask + 1 : (size + mask) & ~mask;
    struct vf_arena_block *b = block_for(a, size);
    a->failed = !b;
    if (!b)
        return NULL;
    void *p = b->data + b->used;
    b->used += size;
    a->used += size;
    return memset(p, 0, size);
}

void *vf_arena_array(struct vf_arena *a, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return vf_arena_alloc(a, count * size);
}

struct vf_slice vf_arena_concat(struct vf_arena *a, struct vf_slice x, struct vf_slice y, struct vf_slice z)
{
    size_t n;
    if (__builtin_add_overflow(x.n, y.n, &n) || __builtin_add_overflow(n, z.n, &n) || n == SIZE_MAX)
        return (struct vf_slice){NULL, 0};
    char *p = vf_arena_alloc(a, n + 1);
    if (p && x.n > 0)
        memcpy(p, x.p, x.n);
    if (p && y.n > 0)
        memcpy(p + x.n, y.p, y.n);
    if (p && z.n > 0)
        memcpy(p + x.n + y.n, z.p, z.n);
    return (struct vf_slice){p, p ? n : 0};
}

struct vf_slice vf_arena_dup(struct vf_arena *a, struct vf_slice s)
{
    return vf_arena_concat(a, s, (struct vf_slice){0}, (struct vf_slice){0});
}

char *vf_arena_cstr(struct vf_arena *a, struct vf_slice s)
{
    char *p = s.n == SIZE_MAX ? NULL : vf_arena_alloc(a, s.n + 1);
    if (p && s.n > 0)
        memcpy(p, s.p, s.n);
    return p;
}

void *vf_vec_push(struct vf_arena *a, struct vf_vec *v, size_t size)
{
    if (v->n == v->cap) {
        if (v->cap > SIZE_MAX / 2)
            return NULL;
        size_t cap = v->cap == 0 ? 8 : v->cap * 2;
        void *base = vf_arena_array(a, cap, size);
        if (!base)
            return NULL;
        if (v->n > 0)
            memcpy(base, v->base, v->n * size);
        v->base = base;
        v->cap = cap;
    }
    void *element = (char *)v->base + v->n * size;
    v->n++;
    return memset(element, 0, size);
}
