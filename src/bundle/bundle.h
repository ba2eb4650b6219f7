/* bundle.h: a lock bundle that is read, from anywhere: nothing of it is trusted (docs/bundle.md).
 *
 *   vf_bundle_open -> manifest, texts, wheels as zip sources, extras -> vf_bundle_close
 *
 * One pass over the archive: the manifest comes first, then exactly the members that it lists, in its order,
 * each with the size and the sha256 that it says, then SHA256SUMS; anything else is VF_BAD_ARCHIVE. Members
 * go to one nameless file in the directory that the caller names, or stay in memory; nothing is left when the
 * process ends. What the wheels hold is not looked at: vf_wheel_open (wheel/wheel.h) does that, from any
 * thread, as soon as a wheel is there. */
#ifndef VF_BUNDLE_BUNDLE_H
#define VF_BUNDLE_BUNDLE_H

#include "archive/unpack.h"
#include "archive/zip_follow.h"
#include "base/hooks.h"
#include "bundle/manifest.h"

struct vf_bundle_file;

/* A wheel is there, complete and proven: `dist` is its index, file->wheels[dist] its bytes. Called from the
 * calling thread, in the order of the archive, file->wheels[...] of earlier ones stay valid unless `forget`.
 * What it returns other than VF_OK ends the call and is returned. */
typedef enum vf_status (*vf_bundle_wheel_fn)(void *ctx, const struct vf_bundle_file *file, size_t dist,
                                             struct vf_err *err);

/* A member of a wheel comes by, while nothing of the wheel is proven: who sets *taken gets its bytes, and
 * they are not kept: file->wheels[dist] has a hole there. */
typedef enum vf_status (*vf_bundle_ahead_fn)(void *ctx, const struct vf_bundle_file *file, size_t dist,
                                             const struct vf_zip_ahead *m, bool *taken, struct vf_err *err);
/* `block` keeps the bytes, and is the callee's to release. */
typedef enum vf_status (*vf_bundle_data_fn)(void *ctx, struct vf_slice bytes, struct vf_block *block,
                                            struct vf_err *err);

struct vf_bundle_source {
    struct vf_zip_source archive; /* the file (fd borrowed) or its bytes; label: its name, for errors */
    int spool;                    /* directory for the nameless file; -1: all members stay in memory */
    bool forget; /* a wheel is given up when `wheel` returns (check): one is held at a time */
    bool digest; /* sha256 of the archive is wanted */
    const struct vf_unpack_limits *limits; /* NULL: the defaults */
    vf_bundle_wheel_fn wheel;              /* may be NULL */
    vf_bundle_ahead_fn ahead;              /* may be NULL; asked only where members go to a file */
    vf_bundle_data_fn data;
    void *ctx;
    const struct vf_hooks *hooks; /* cancel, progress ("read"); may be NULL */
};

struct vf_bundle_file {
    struct vf_arena arena;
    struct vf_bundle bundle;            /* the manifest */
    struct vf_slice lock, requirements; /* the texts */
    struct vf_zip_source *wheels;       /* of bundle.dists, by index; label: the wheel's file name */
    struct vf_zip_source *extras;       /* of bundle.extras: bytes of the file, for vf_zip_source_read */
    struct vf_zip_source pycache;       /* size 0: none */
    unsigned char sha256[32];           /* of the archive, where it was wanted */
    struct vf_spool *spool;
};

/* VF_BAD_ARCHIVE, VF_NOT_SUPPORTED (a newer schema), VF_NO_SPACE, VF_INTERRUPTED and the like. */
VF_MUST_CHECK enum vf_status vf_bundle_open(const struct vf_bundle_source *source,
                                            struct vf_bundle_file **out, struct vf_err *err);
void vf_bundle_close(struct vf_bundle_file *f); /* NULL is fine */
/* Does the file at the beginning look like an archive that may be a bundle (zstd, gzip, xz, zip, tar)? Lists
 * and lock files are text. */
bool vf_bundle_is_archive(const struct vf_zip_source *s);

#endif
