/* env_fixture.h: small environments for tests of whole verbs: written from lines of text into a directory of
 * their own, with places around them that an environment can name. Every function fails the test itself when
 * something goes wrong.
 *
 * A line is PATH, a mark, `|`, and contents in which words in braces are replaced:
 *   "etc/app.cfg|text"      a file, 0644           "bin/run*|#!/bin/sh\n"   one that can be executed
 *   "a%4755|x"              a file with this mode  "a@|target"              a link
 *   "src/|"                 a directory            "fifo!|"                 a pipe
 *   "bin/python-|"          taken away
 *   {E} the environment  {OLD} where it stood, gone  {LIVE} another environment, which it came from  {OUT} a
 * directory elsewhere, holding `thing` {T} the directory of all these  {PY} the base interpreter  {HOME} its
 * directory  {V} its 3.X  {S} site-packages, relative {D} {S}/demo-1.0.dist-info  {NUL} that byte  {FF} the
 * byte 0xFF  {CR}  {/200} `/` two hundred times  {sha:REL} RECORD's hash of REL A path that begins with `/`
 * (or a brace that gives one) stands where it says, others in the environment. */
#ifndef TESTS_UNIT_ENV_FIXTURE_H
#define TESTS_UNIT_ENV_FIXTURE_H

#include "fs_box.h"
#include "venvfix.h"

#define EF_LINES 12

struct envfix {
    struct box *box;
    char *env, *old, *live, *out,
        *next;        /* next: a free place below a directory of its own, with the same last component */
    char *base;       /* the real path of the base interpreter */
    char version[16]; /* "3.11" */
};

/* Setup and teardown of one test: the places, and an environment with nothing wrong in it at {E}. */
int ef_enter(void **state);
int ef_leave(void **state);
#define EF_TEST(f) cmocka_unit_test_setup_teardown(f, ef_enter, ef_leave)

/* {E} again as ef_enter made it. */
void ef_reset(struct envfix *f);
void ef_write(struct envfix *f, const char *line);
void ef_lines(struct envfix *f, const char *const *lines); /* up to EF_LINES, NULL ends them earlier */
/* The text with its braces replaced. free() it. */
char *ef_text(struct envfix *f, const char *text, size_t *n);

/* check of `path`, with {OLD} and {LIVE} as --from unless `alone`. Freed by venvfix_check_free. */
struct ef_check {
    const char *path, *at; /* NULL: {E}, none */
    bool hashes, alone;
    const char *from; /* one more old place */
    unsigned jobs;
};
int ef_check(struct envfix *f, const struct ef_check *how, struct venvfix_check_result *r);
int ef_change(struct envfix *f, enum venvfix_verb verb, const char *from, const char *to, bool dry_run,
              struct venvfix_change_result *r);
/* How many findings of this rule stand at this path (NULL: anywhere). */
size_t ef_count(const struct venvfix_findings *fs, const char *rule, const char *path);
/* The findings, one a line, on standard error: for a test that is about to fail. */
void ef_show(const struct venvfix_findings *fs);

#endif
