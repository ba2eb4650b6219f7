/* build_legacy.h: a distribution that pip installed by `setup.py install`, as it did before 23.1 where no
 * wheel package was there. Its egg-info directory lists its files (installed-files.txt), without hashes. For
 * src/wheel only. */
#ifndef VF_WHEEL_BUILD_LEGACY_H
#define VF_WHEEL_BUILD_LEGACY_H

#include "env/env.h"

/* Is it one? */
bool vf_legacy_is(const struct vf_env *env, const struct vf_env_dist *d);
/* The distribution as it would be from a wheel: METADATA with the requirements of requires.txt, WHEEL, and
 * the listed files as rows of a RECORD. All in the arena. VF_NOT_SUPPORTED: compiled for a platform that the
 * names of its files do not say. */
VF_MUST_CHECK enum vf_status vf_legacy_read(const struct vf_env *env, const struct vf_env_dist *d,
                                            struct vf_arena *a, struct vf_env_dist *out, struct vf_err *err);
/* Does this file of the egg-info directory (its base name) have no place in a wheel? */
bool vf_legacy_drops(struct vf_slice base);
/* Appends METADATA made of PKG-INFO and requires.txt (may be empty). */
void vf_legacy_put_metadata(struct vf_buf *out, struct vf_arena *a, struct vf_slice pkg_info,
                            struct vf_slice requires_txt);

#endif
