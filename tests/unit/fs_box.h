/* fs_box.h: a directory of its own for every test of src/fs, and the count of descriptors before and after.
 */
#ifndef TESTS_UNIT_FS_BOX_H
#define TESTS_UNIT_FS_BOX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "fs_fixture.h"

struct box {
    bool fallback; /* system calls beyond POSIX are off */
    char *path;
    int fd;
    int fds; /* open before */
    struct vf_arena arena;
    struct vf_err err;
};

/* Setup and teardown of one test. The teardown fails when the test left a descriptor open. box_enter_plain is
 * the same with the fallbacks of sys.h. */
int box_enter(void **state);
int box_enter_plain(void **state);
int box_leave(void **state);

/* From here to box_as_root the caller has no privileges. False: it never had any, which is the same. The box
 * belongs to that user. */
void box_as_nobody(const struct box *b);
void box_as_root(void);

/* A directory chain of `depth` names of 200 bytes below the box, each "dddd...", with a file "end" in the
 * last one that holds "deep". The relative path of the last directory; free() it. */
char *box_deep(const struct box *b, const char *first, int depth);
void box_drop(const struct box *b, const char *name); /* removes it by vf_sys_remove_tree */
void box_fifo(const struct box *b, const char *rel);
void box_socket(const struct box *b, const char *name);
struct vf_slice box_s(const char *text);
void box_check(struct vf_slice got, const char *req);
/* The error that is set has this code; forgets it. */
void box_check_err(struct box *b, enum vf_status code);

#define BOX_TEST(f) cmocka_unit_test_setup_teardown(f, box_enter, box_leave)
#define BOX_BOTH(f)                                                                                          \
    cmocka_unit_test_setup_teardown(f, box_enter, box_leave),                                                \
    {                                                                                                        \
#f " (fallback)", f, box_enter_plain, box_leave, NULL                                                \
    }

#endif
