/* pack_parts.h: the steps of vf_pack_plan. For src/bundle only. */
#ifndef VF_BUNDLE_PACK_PARTS_H
#define VF_BUNDLE_PACK_PARTS_H

#include "bundle/pack.h"
#include "wheel/script_conflict.h"

/* Rebuilt wheels of all distributions, or original ones (pack_wheels.c). */
VF_MUST_CHECK enum vf_status vf_pack_plan_wheels(struct vf_pack *p, const struct vf_pack_opts *o,
                                                 struct vf_buf *problems, struct vf_err *err);
/* An original wheel of links whose contents are those of the rebuilt one (pack_original.c). *found false:
 * none.
 */
VF_MUST_CHECK enum vf_status vf_pack_find_original(const struct vf_pack_opts *o, const struct vf_env_dist *d,
                                                   const struct vf_rebuild *r, struct vf_arena *a,
                                                   struct vf_zip_source *out, bool *found,
                                                   struct vf_err *err);
/* A pip for hosts that have none, where the environment has none: from links, else from the base
 * interpreter. */
VF_MUST_CHECK enum vf_status vf_pack_find_pip(const struct vf_env *env, const struct vf_pack_opts *o,
                                              struct vf_arena *a, struct vf_zip_source *out, bool *found,
                                              struct vf_err *err);
/* What no RECORD lists: extras, left_out, bound (pack_extra.c). */
VF_MUST_CHECK enum vf_status vf_pack_plan_extras(struct vf_pack *p, struct vf_err *err);
/* Bound files are written for VF_BUNDLE_PREFIX, where a writer can do it; the others stay in `bound`
 * (pack_place.c). */
VF_MUST_CHECK enum vf_status vf_pack_prefix_extras(struct vf_pack *p, struct vf_slice *bound, size_t *n_bound,
                                                   struct vf_err *err);
/* Compiled files whose sources are in the bundle (pack_pycache.c): after the other two. */
VF_MUST_CHECK enum vf_status vf_pack_plan_pycache(struct vf_pack *p, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_pack_put_pycache(struct vf_pack *p, vf_zip_sink sink, void *ctx,
                                                 struct vf_err *err);
/* Size and sha256 of a file (pack_wheels.c). */
VF_MUST_CHECK enum vf_status vf_pack_file_sum(const struct vf_zip_source *s, struct vf_bundle_sum *out,
                                              struct vf_err *err);
/* Who makes a script that two want: `yields` of the bundle's distributions, which are sorted by name, as the
 * claimants are (some may lack); `env`: where they are installed, or NULL (pack.c). */
VF_MUST_CHECK enum vf_status vf_pack_resolve_scripts(struct vf_pack *p, const struct vf_script_provider *c,
                                                     size_t n, const struct vf_env *env, struct vf_err *err);
/* What the manifest says of the interpreter, and the texts; the last step of a plan (pack.c). */
VF_MUST_CHECK enum vf_status vf_pack_describe(struct vf_pack *p, bool pypy, unsigned minor,
                                              struct vf_err *err);

#endif
