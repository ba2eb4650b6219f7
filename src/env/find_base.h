/* find_base.h: where a base interpreter of the environment's own minor version is, when the one that it
 * records is gone. Nothing is started: an interpreter counts when it can be executed and its standard library
 * is where it looks for it. */
#ifndef VF_ENV_FIND_BASE_H
#define VF_ENV_FIND_BASE_H

#include "env/env.h"

/* In order of preference. */
enum vf_base_source {
    VF_BASE_RECORDED, /* by another key of pyvenv.cfg, or where the link leads */
    VF_BASE_MOVED,    /* under the renamed directory that the environment is in as well */
    VF_BASE_BESIDE,   /* another patch release beside the missing one */
    VF_BASE_ELSEWHERE /* on PATH, or where version managers and distributions put it */
};
const char *vf_base_source_name(enum vf_base_source s); /* words for people */

struct vf_base_found {
    enum vf_base_source source;
    struct vf_slice program; /* absolute path, as it is to be written */
    struct vf_slice real;    /* the same, every link resolved */
};

/* What the command line knows of its host. */
struct vf_base_search {
    const char *path; /* PATH; NULL: none */
    const char *home; /* the user's home directory; NULL: none */
};

/* All of the first source that has any, sorted by path, one for each real interpreter. `env` is opened. The
 * result lives in the arena. */
VF_MUST_CHECK enum vf_status vf_find_base(const struct vf_env *env, const struct vf_base_search *search,
                                          struct vf_arena *a, struct vf_base_found **out, size_t *n,
                                          struct vf_err *err);
/* Does the environment have to be given another base? The interpreter is missing, or `home` leads to no
 * standard library. */
bool vf_base_is_missing(const struct vf_env *env, struct vf_arena *scratch);
/* Is this an interpreter of the environment's minor version and implementation, by its name and its standard
 * library? Appends the real path. */
bool vf_base_fits(const struct vf_env *env, struct vf_slice program, struct vf_arena *scratch,
                  struct vf_buf *real);
/* Where the base is now, when the directory around the environment was renamed: *now exists. */
bool vf_base_moved_along(const struct vf_env *env, struct vf_slice path, struct vf_arena *a,
                         struct vf_slice *now);

#endif
