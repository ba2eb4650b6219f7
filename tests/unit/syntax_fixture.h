/* For tests of syntaxes: read a file given as bytes, write a reference, look at the whole file that results.
 */
#ifndef TEST_SYNTAX_FIXTURE_H
#define TEST_SYNTAX_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "syntax/syntax.h"

struct syn {
    struct vf_arena a;
    struct vf_read_out out;
    struct vf_err err;
    struct vf_source src;       /* path, root, py_minor, copies may be set before syn_read */
    struct vf_write_ctx target; /* root, bin, env_s... likewise */
    enum vf_syntax syntax;
};

void syn_init(struct syn *s); /* root /p/env; target root /n/env, BIN python and python3, Python 3.12 */
void syn_release(struct syn *s);
void syn_read(struct syn *s, enum vf_syntax syntax, struct vf_slice bytes); /* forgets what was read before */
size_t syn_refs(const struct syn *s);
size_t syn_flaws(const struct syn *s);
const struct vf_ref *syn_ref(const struct syn *s, size_t i);
const struct vf_flaw *syn_flaw(const struct syn *s,
                               enum vf_flaw_kind kind); /* the first of that kind or NULL */
size_t syn_count(const struct syn *s, enum vf_flaw_kind kind);
/* The whole file with reference i written for `path`; the status goes to *st when st is not NULL, else must
 * be VF_OK. */
struct vf_slice syn_put(struct syn *s, size_t i, struct vf_slice path, enum vf_status *st);
struct vf_slice syn_repaired(struct syn *s); /* the whole file with every repair applied */

void assert_bytes(struct vf_slice have, struct vf_slice req);
#define assert_text(have, lit) assert_bytes(have, VF_S(lit))

#endif
