/* fs_fixture.h: directories on disk for the tests of src/fs: made, compared as one text, removed. Every
 * function fails the test itself when something goes wrong. */
#ifndef TESTS_UNIT_FS_FIXTURE_H
#define TESTS_UNIT_FS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A new directory, 0755, on tmpfs where there is one (thousands of transactions are run in it). free() the
 * name. */
char *fx_dir(void);
void fx_remove(const char *path); /* a tree or nothing */
void fx_mkdir(const char *base, const char *rel, mode_t mode);
void fx_file(const char *base, const char *rel, const char *contents, mode_t mode, long mtime);
void fx_link(const char *base, const char *rel, const char *target);
char *fx_read(const char *base, const char *rel); /* NULL: not there. free() it */
bool fx_there(const char *base, const char *rel); /* also a dangling link */
void fx_mtime(const char *base, const char *rel, long mtime);
long fx_mtime_of(const char *base, const char *rel);
char *fx_join(const char *a, const char *b); /* a/b; free() it */

/* Everything below root, one entry a line, sorted: path, kind, mode, number of names, mtime with nanoseconds,
 * contents or target. The mtime of the paths in `masked` (NULL-terminated, or NULL) and of directories,
 * unless asked for, is "*". free() it. */
char *fx_snapshot(const char *root, const char *const *masked, bool dir_times);
int fx_open_fds(void);

#endif
