/* build.h: the wheel of an installed distribution, rebuilt by its RECORD (docs/formats.md 7.1, 7.2).
 *
 * The same installation gives the same bytes, wherever it stands, with whatever installer: members sorted by
 * bytes, the metadata directory last and RECORD the very last, everything stored; headers of scripts back to
 * `#!python`, the command of a kernelspec back to `python`, scripts of entry points and installers' files
 * left out, `.data/{scripts,headers,data}` as they were. What the wheel holds is what RECORD says, or it is
 * refused; and no place of the environment, old or present, is named in it.
 *
 *   vf_rebuild_plan (reads every file once) -> name, size -> vf_rebuild_write (reads them again) */
#ifndef VF_WHEEL_BUILD_H
#define VF_WHEEL_BUILD_H

#include "archive/zip.h"
#include "env/env.h"

struct vf_rebuild_opts {
    bool allow_modified; /* files that do not match RECORD are packed as they are, and listed; those that
                            match the RECORD of another distribution always are */
    bool editable;       /* an editable install is packed, too: for the same project at the same place only */
    bool legacy;   /* what pip installed by `setup.py install` becomes a wheel, too: no hash says whether
                      its files were changed */
    bool digest;   /* the plan computes the sha256 of the wheel, too: a manifest names it before it is
                      written */
    int64_t epoch; /* time of all members: SOURCE_DATE_EPOCH; 0: 1980-01-01 */
};

/* A member of the wheel. */
struct vf_rebuild_member {
    struct vf_slice name; /* in the wheel */
    struct vf_slice path; /* below the environment's root; empty when `bytes` are all of it */
    struct vf_slice bytes;
    uint64_t size;
    uint32_t crc;
    unsigned char sha256[32];
    bool executable;
};

/* Everything lives in the arena given to vf_rebuild_plan. */
struct vf_rebuild {
    const struct vf_env *env;
    struct vf_slice file_name; /* "x-1.0-py3-none-any.whl" */
    struct vf_rebuild_member *members;
    size_t n;
    struct vf_slice *modified; /* paths below the root that do not match RECORD, sorted */
    size_t n_modified;
    bool converted;         /* it was installed by `setup.py install` */
    struct vf_slice *taken; /* then: paths of all files that are its own, whether the wheel has them or not */
    size_t n_taken;
    bool tags_exact; /* false: one file name cannot say all Tag lines of WHEEL, the first was taken */
    int64_t epoch;
    uint64_t size; /* bytes of the wheel */
    unsigned char
        sha256[32]; /* of the wheel; valid after vf_rebuild_write, or with `digest` after the plan */
    bool hashed;    /* it is: vf_rebuild_write compares the checksums of members and no more */
};

/* `env` was opened (vf_env_open); `dist` is an index of its distributions. Several may be planned at a time,
 * each with an arena of its own. Errors, each with the file named: VF_NOT_SUPPORTED (an editable or VCS
 * working tree, an egg, no RECORD, no WHEEL), VF_INCOMPLETE (a file is missing), VF_CHANGED (it does not
 * match RECORD), VF_UNWRITABLE (its name or its contents cannot be in a wheel: a place of the environment in
 * it, a row outside, a link), VF_UNREADABLE and the like. */
VF_MUST_CHECK enum vf_status vf_rebuild_plan(const struct vf_env *env, uint32_t dist,
                                             const struct vf_rebuild_opts *opts, struct vf_arena *a,
                                             struct vf_rebuild *out, struct vf_err *err);
/* Gives the wheel's bytes to the sink and sets its sha256. VF_CHANGED: a file is not what it was when it was
 * planned. */
VF_MUST_CHECK enum vf_status vf_rebuild_write(struct vf_rebuild *r, vf_zip_sink sink, void *ctx,
                                              struct vf_err *err);
/* A file of the environment that belongs to no distribution, as a member of a bundle: of a script in BIN the
 * Python header becomes `#!python`, everything else stays. *bound: what remains names a place of the
 * environment. `name` is not set. */
VF_MUST_CHECK enum vf_status vf_rebuild_carried(const struct vf_env *env, uint32_t file, struct vf_arena *a,
                                                struct vf_rebuild_member *out, bool *bound,
                                                struct vf_err *err);
/* Gives the bytes of such a member to the sink. VF_CHANGED: it is not what it was. */
VF_MUST_CHECK enum vf_status vf_rebuild_carry(const struct vf_env *env, const struct vf_rebuild_member *m,
                                              vf_zip_sink sink, void *ctx, struct vf_err *err);

#endif
