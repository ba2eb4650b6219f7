/* frozen.h: what a list or lock file says is to be installed (check --frozen), for comparison with what is.
 *
 * Call sequence: vf_expected_from_list or vf_expected_from_lock, then vf_judge_env_asked. Slices live in the
 * arena given, or borrow from the list or lock. */
#ifndef VF_RULES_FROZEN_H
#define VF_RULES_FROZEN_H

#include "packaging/pylock.h"
#include "packaging/reqlist.h"
#include "rules/judge.h"

enum vf_expected_source {
    VF_EXPECT_INDEX,   /* by its name */
    VF_EXPECT_ARCHIVE, /* a wheel or source archive: `url` */
    VF_EXPECT_VCS,     /* a checkout: `url`, `commit` */
    VF_EXPECT_DIR      /* a directory: `url` is a file: URL */
};

struct vf_expected_item {
    struct vf_slice name; /* canonical; empty: only the source tells */
    struct vf_slice line; /* for people, without secrets */
    uint32_t at;          /* line in `file`; 0: not known */
    struct vf_slice file;
    struct vf_specifiers versions;
    bool has_marker;
    struct vf_marker marker;
    enum vf_expected_source source;
    bool constraint; /* bounds the version of what is installed, and asks for nothing */
    bool editable;
    struct vf_slice url;      /* without secret and fragment */
    struct vf_slice commit;   /* empty: any */
    struct vf_slice revision; /* VCS: what the list says behind the `@`, where that is no commit */
    const struct vf_direct_hash *hashes;
    size_t n_hashes;
};

struct vf_expected {
    struct vf_expected_item *items;
    size_t n;
    struct vf_slice path;          /* of the list, as named */
    const struct vf_slice *groups; /* of a lock: its default groups */
    size_t n_groups;
    bool is_lock;
};

/* `cwd`: relative paths of a list start there, as with pip; those of a lock at its directory. VF_NO_MEMORY.
 */
VF_MUST_CHECK enum vf_status vf_expected_from_list(struct vf_arena *a, const struct vf_reqlist *list,
                                                   struct vf_slice path, struct vf_slice cwd,
                                                   struct vf_expected *out, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_expected_from_lock(struct vf_arena *a, const struct vf_pylock *lock,
                                                   struct vf_slice path, struct vf_slice cwd,
                                                   struct vf_expected *out, struct vf_err *err);
void vf_judge_expected(struct vf_judge *j, const struct vf_expected *e); /* VF571 to VF575 */

#endif
