/* arena.h: memory that is freed all at once.
 *
 * One arena holds what a command keeps; a second one is scratch. Not thread-safe: every worker has its own.
 * Every allocation may return NULL (no memory, or the size overflows): callers pass VF_NO_MEMORY up. Once
 * there was no memory, every later allocation of the arena fails, too, until it is cleared: a chain of calls
 * needs one check at its end, and who asked with a function that cannot say so is found out by `failed`. */
#ifndef VF_BASE_ARENA_H
#define VF_BASE_ARENA_H

#include "base/str.h"

struct vf_arena_block;
struct vf_arena {
    struct vf_arena_block *head;
    size_t used; /* bytes handed out, for statistics */
    bool failed; /* there was no memory */
};

void vf_arena_init(struct vf_arena *a);
void vf_arena_release(struct vf_arena *a); /* frees everything; the arena can be used again */
/* Keeps one block for use again; everything handed out is gone. */
void vf_arena_clear(struct vf_arena *a);
void *vf_arena_alloc(struct vf_arena *a, size_t size);               /* zeroed, aligned for any type */
void *vf_arena_array(struct vf_arena *a, size_t count, size_t size); /* the same, product checked */
/* Copies; the copy has a NUL behind it. On failure p is NULL and n is 0: check p. */
struct vf_slice vf_arena_dup(struct vf_arena *a, struct vf_slice s);
char *vf_arena_cstr(struct vf_arena *a, struct vf_slice s);
struct vf_slice vf_arena_concat(struct vf_arena *a, struct vf_slice x, struct vf_slice y, struct vf_slice z);

/* A growing array in an arena: base, count, capacity. vf_vec_push returns a zeroed new element or NULL. The
 * old storage stays in the arena when the array grows, so pointers to elements are not stable: use indices.
 */
struct vf_vec {
    void *base;
    size_t n, cap;
};
void *vf_vec_push(struct vf_arena *a, struct vf_vec *v, size_t size);
#define VF_VEC_AT(type, v, i) (&((type *)(v)->base)[i])

/* Slice -> number. Keys are not copied. Zero-initialised is a valid empty map. */
struct vf_map {
    struct vf_map_slot *slots;
    size_t n, cap;
    struct vf_arena *arena;
};
void vf_map_init(struct vf_map *m, struct vf_arena *a);
bool vf_map_reserve(struct vf_map *m, size_t n); /* room for n keys from the start; false: no memory */
bool vf_map_put(struct vf_map *m, struct vf_slice key, size_t value); /* replaces; false: no memory */
bool vf_map_get(const struct vf_map *m, struct vf_slice key, size_t *value);

#endif
