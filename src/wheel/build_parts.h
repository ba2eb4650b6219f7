/* build_parts.h: what the pieces of a rebuild share. For src/wheel only. */
#ifndef VF_WHEEL_BUILD_PARTS_H
#define VF_WHEEL_BUILD_PARTS_H

#include "wheel/build.h"
#include "wheel/build_name.h"

/* The places that no wheel may name, and room to read in; zero-initialise. */
struct vf_rebuild_dirs {
    const struct vf_env *env;
    struct vf_prefix *v;
    struct vf_searcher *searcher; /* NULL when there are none */
    char *window;
};
/* After a failure there is nothing to be released. */
VF_MUST_CHECK enum vf_status vf_rebuild_dirs_make(const struct vf_env *env, struct vf_arena *a,
                                                  struct vf_rebuild_dirs *out, struct vf_err *err);
void vf_rebuild_dirs_release(struct vf_rebuild_dirs *p);

/* Does a file match its row? */
enum vf_rebuild_match { VF_MATCH_TRUE, VF_MATCH_FALSE, VF_MATCH_NO_HASH };

/* Reads m->path once: sets size, checksum and sha256, and compares with the row. *whole (may be NULL) gets
 * the bytes of a file that fits into the window, until the next call; p NULL for others. VF_UNWRITABLE: it
 * names a place. */
VF_MUST_CHECK enum vf_status vf_rebuild_read(const struct vf_rebuild_dirs *p, struct vf_rebuild_member *m,
                                             const struct vf_record_row *row, enum vf_rebuild_match *match,
                                             struct vf_slice *whole, struct vf_err *err);
/* The same for a script in BIN: a Python header becomes `#!python` in m->bytes, and what was there before
 * does not count against the row. */
VF_MUST_CHECK enum vf_status vf_rebuild_read_script(const struct vf_rebuild_dirs *p,
                                                    struct vf_rebuild_member *m,
                                                    const struct vf_record_row *row, struct vf_arena *a,
                                                    enum vf_rebuild_match *match, struct vf_err *err);
/* The same for a kernelspec: where its command is this environment's interpreter, m->bytes has `python`
 * instead. */
VF_MUST_CHECK enum vf_status vf_rebuild_read_kernelspec(const struct vf_rebuild_dirs *p,
                                                        struct vf_rebuild_member *m,
                                                        const struct vf_record_row *row, struct vf_arena *a,
                                                        enum vf_rebuild_match *match, struct vf_err *err);
/* Size, checksum and sha256 of m->bytes; VF_UNWRITABLE when they name a place (`p` may be NULL: not asked).
 */
VF_MUST_CHECK enum vf_status vf_rebuild_measure(const struct vf_rebuild_dirs *p, struct vf_rebuild_member *m,
                                                struct vf_err *err);

#endif
