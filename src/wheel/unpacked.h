/* unpacked.h: wheels that lie unpacked (uv's cache) made files again, and wheels in pip's cache found.
 *
 * uv keeps what it fetched as directories, and not the files' hashes: such a wheel is good for a list without
 * hashes, and for what uv itself fetched for us with the hashes of the list. pip keeps the files themselves,
 * with names that say nothing (http-v2/x/x/x/x/x/HASH.body), and the wheels it built
 * (wheels/x/x/x/HASH/NAME.whl). */
#ifndef VF_WHEEL_UNPACKED_H
#define VF_WHEEL_UNPACKED_H

#include "wheel/candidates.h"

/* Every unpacked wheel of the cache directory whose canonical name is in `names` (NULL: all) is packed into a
 * file in the directory `scratch` (absolute; made by the caller) and added. A directory that is no wheel, or
 * one that contradicts its RECORD, is passed over. A cache that is not there has nothing. */
VF_MUST_CHECK enum vf_status vf_unpacked_add_uv(struct vf_candidates *s, struct vf_slice cache,
                                                const struct vf_map *names, struct vf_slice scratch,
                                                enum vf_origin origin, struct vf_err *err);
/* The wheels of pip's cache whose canonical name is in `names`. */
VF_MUST_CHECK enum vf_status vf_cache_add_pip(struct vf_candidates *s, struct vf_slice cache,
                                              const struct vf_map *names, struct vf_err *err);

#endif
