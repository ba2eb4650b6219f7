/* pack.h: a bundle on its way into a file, for the verb pack and for --bundle of the changing verbs. For
 * src/verbs only. */
#ifndef VF_VERBS_PACK_H
#define VF_VERBS_PACK_H

#include "bundle/pack.h"
#include "fs/atomic_file.h"
#include "verbs/result.h"

/* Set s, o and r; the rest is zero. */
struct vf_packing {
    struct vf_session *s;
    const struct venvfix_pack_options *o;
    struct venvfix_change_result *r; /* gets what `pack` reports */
    struct vf_env *env;
    struct vf_pack *pack;
    struct vf_atomic_file file;
    struct vf_hasher *hasher;
    uint64_t bytes;
};

/* All of it but the name of the file. vf_packing_end is to be called whatever comes of it. */
VF_MUST_CHECK enum vf_status vf_packing_write(struct vf_packing *p);
/* The file gets its name when `st` is VF_OK, else it goes. */
VF_MUST_CHECK enum vf_status vf_packing_end(struct vf_packing *p, enum vf_status st);
/* Is it a list or a lock file that is to be packed (pack_list.c)? */
bool vf_packing_is_list(struct vf_packing *p);
VF_MUST_CHECK enum vf_status vf_packing_plan_list(struct vf_packing *p);

/* pack_list.c: the platform of this host as the manifest names it; empty: not known. p NULL: no memory. */
struct vf_slice vf_packing_host_platform(struct vf_arena *a);

#endif
