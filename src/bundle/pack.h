/* pack.h: a lock bundle made from an environment (docs/bundle.md).
 *
 *   vf_pack_plan (reads every file of the distributions) -> vf_pack_write (reads them again) -> vf_pack_free
 *
 * The plan holds everything that the first member, the manifest, has to say; a file that changes in between
 * is VF_CHANGED. The same environment gives the same bytes, wherever it stands, whoever packs it, with
 * however many workers. */
#ifndef VF_BUNDLE_PACK_H
#define VF_BUNDLE_PACK_H

#include "archive/tar.h"
#include "bundle/manifest.h"
#include "env/env.h"
#include "wheel/build.h"
#include "wheel/candidates.h"

struct vf_pack_opts {
    bool pycache;                   /* compiled files go along, too */
    bool allow_modified;            /* files that do not match RECORD are packed as they are */
    int64_t epoch;                  /* time of all members; 0: 1980-01-01 */
    const struct vf_slice *exclude; /* names of distributions that are left out, any spelling */
    size_t n_exclude;
    const struct vf_slice *links; /* directories with original wheels (--find-links), absolute */
    size_t n_links;
    struct vf_slice platform; /* of the environment's interpreter, "linux_x86_64"; empty: not known */
    const struct vf_hooks *hooks;
};

/* Where the bytes of a wheel come from. */
struct vf_pack_wheel {
    bool original;             /* a file of the host: else rebuilt */
    struct vf_zip_source file; /* original: its fd is owned */
    struct vf_rebuild rebuild; /* rebuilt */
};

/* A compiled file. */
struct vf_pack_pyc {
    struct vf_slice path, name; /* below the root, below site-packages */
    const struct vf_file *source;
    uint64_t size;
    uint32_t crc;
};

/* Everything lives in its arenas. */
struct vf_pack {
    struct vf_arena arena;
    struct vf_arena *worker_arenas;
    unsigned n_workers;
    const struct vf_env *env; /* borrowed; NULL: from a list */
    struct vf_bundle bundle;
    struct vf_pack_wheel *wheels;     /* of bundle.dists, by index */
    struct vf_rebuild_member *extras; /* of bundle.extras, by index */
    struct vf_pack_pyc *pycs;
    size_t n_pycs;
    const struct vf_slice *bound; /* carried files that name a place of the environment */
    size_t n_bound;
    struct vf_buf manifest, lock, requirements, sums;
    struct vf_buf notes; /* lines for people: what was left out */
    int64_t epoch;
};

/* Errors of vf_rebuild_plan, for the first distribution that cannot be packed; the others are in `problems`
 * (a line each; may be NULL). */
VF_MUST_CHECK enum vf_status vf_pack_plan(const struct vf_env *env, const struct vf_pack_opts *opts,
                                          struct vf_buf *problems, struct vf_pack **out, struct vf_err *err);
/* The same without an environment: what a list asks for, from wheels that lie on this host. `target` may be
 * another platform or Python: only markers, target, tags and python of it are asked. The stock grows. `env`
 * of the pack is NULL. VF_INCOMPLETE (no wheel for a want; or the closure has gaps, which are named),
 * VF_NOT_SUPPORTED (a source), VF_INCOMPATIBLE. */
struct vf_pack_list {
    const struct vf_install_reqs *reqs;
    const struct vf_interpreter_query *target;
    struct vf_candidates *candidates;
    struct vf_slice platform; /* as it was named, or of this host; borrowed */
};
VF_MUST_CHECK enum vf_status vf_pack_plan_list(const struct vf_pack_list *list, int64_t epoch,
                                               struct vf_pack **out, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_pack_write(struct vf_pack *p, enum vf_tar_packing packing,
                                           const struct vf_hooks *hooks, vf_tar_sink sink, void *ctx,
                                           struct vf_err *err);
void vf_pack_free(struct vf_pack *p); /* NULL is fine */

#endif
