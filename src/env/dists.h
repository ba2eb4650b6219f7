/* dists.h: the list of distributions while it is made; for src/env only. */
#ifndef VF_ENV_DISTS_H
#define VF_ENV_DISTS_H

#include "env/env_internal.h"
#include "packaging/name.h"

struct vf_dists {
    struct vf_env *env;
    struct vf_vec v; /* struct vf_env_dist */
};

/* The distribution whose metadata is the entry `name` of `dir`; `parts` is that name taken apart, `kind` what
 * the entry is. `dir` is relative to the root, or absolute (then only the name, the version and
 * direct_url.json are read, through `outside`). */
VF_MUST_CHECK enum vf_status vf_dists_add(struct vf_dists *ds, struct vf_slice dir, struct vf_slice name,
                                          const struct vf_info_name *parts, enum vf_kind kind,
                                          struct vf_err *err);
/* An egg whose PKG-INFO was read already; it alone says name and version. */
VF_MUST_CHECK enum vf_status vf_dists_add_bytes(struct vf_dists *ds, struct vf_slice dir,
                                                struct vf_slice name, struct vf_slice metadata,
                                                struct vf_err *err);
/* A metadata file of the directory `dir`; an empty slice and *there false when it is missing. One that is
 * there and cannot be read is an error where the environment was opened for its metadata only (links are
 * followed then); else its file is marked as unexamined. */
VF_MUST_CHECK enum vf_status vf_dists_read(struct vf_env *env, struct vf_slice dir, struct vf_slice name,
                                           uint64_t cap, struct vf_slice *out, bool *there,
                                           struct vf_err *err);
/* The names in a directory of the host, `path` absolute; none when there is no such directory. */
VF_MUST_CHECK enum vf_status vf_dists_list(struct vf_env *env, struct vf_slice path, struct vf_slice **names,
                                           size_t *n, struct vf_err *err);
/* dists_egg.c: the distributions behind `site/NAME.egg-link`, which setuptools' develop wrote: those in the
 * directory that its first line names (docs/formats.md 4.2). */
VF_MUST_CHECK enum vf_status vf_dists_add_egg_link(struct vf_dists *ds, struct vf_slice site,
                                                   struct vf_slice name, struct vf_err *err);
/* dists_egg.c: the distribution in a zipped egg, `path` relative to the root; nothing when the file is none.
 */
VF_MUST_CHECK enum vf_status vf_dists_add_egg_zip(struct vf_dists *ds, struct vf_slice path,
                                                  struct vf_err *err);
/* metadata.c: everything that the interpreter would find, by names alone: the site-packages directories of
 * its own version, then the directories below the root that their .pth files add. */
VF_MUST_CHECK enum vf_status vf_dists_find_metadata(struct vf_dists *ds, struct vf_err *err);
/* metadata.c: instead of vf_env_walk: BIN and the site-packages directories, nothing below them. */
VF_MUST_CHECK enum vf_status vf_env_walk_metadata(struct vf_env *env, struct vf_err *err);

#endif
