/* What the tests of src/dist share: an arena, comparison with C strings, files of expected values. */
#ifndef VF_TESTS_DIST_HELPER_H
#define VF_TESTS_DIST_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"

#define CHECK_SLICE(s, req) dist_check_slice((s), (req), __FILE__, __LINE__)
/* Fails the test with both texts unless they are equal. */
void dist_check_slice(struct vf_slice s, const char *req, const char *file, int line);
/* The contents of a file of the repository (tests run from its top), NUL-terminated, in the arena. Fails the
 * test when it cannot be read. */
struct vf_slice dist_read_file(struct vf_arena *a, const char *path);

/* One line of a file of expected values: fields between TABs, with \t \n \r \\ \xNN for what they cannot
 * hold. Empty lines and lines that start with `#` are passed over. */
struct dist_vector {
    struct vf_slice rest;
    struct vf_slice field[16];
    size_t n;
    unsigned line;
};
bool dist_next_vector(struct vf_arena *a, struct dist_vector *v);

#endif
