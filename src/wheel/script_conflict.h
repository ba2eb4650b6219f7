/* contest.h: scripts that several distributions make by their entry points: `fastapi` is one of fastapi and
 * of fastapi-cli. Installers write each over the one before. Here one distribution keeps the script, the
 * others yield it: they neither write it nor list it in RECORD. */
#ifndef VF_WHEEL_SCRIPT_CONFLICT_H
#define VF_WHEEL_SCRIPT_CONFLICT_H

#include "env/env.h"
#include "packaging/entry_points.h"

/* A distribution. */
struct vf_script_provider {
    struct vf_slice name;                 /* canonical */
    const struct vf_entry_points *points; /* borrowed */
    struct vf_slice metadata;             /* bytes of METADATA: who requires another is installed after it */
};

/* Claimant `loser` yields the script to `winner`: indices of the claimants. */
struct vf_script_conflict {
    size_t loser, winner;
    struct vf_slice script; /* borrows from the entry points */
};

/* Who keeps what: of those that want one script and write it differently the one that made what stands in
 * BIN of `env` (may be NULL: nothing stands there yet). Where that decides nothing, the last one as pip
 * installs: who requires the other, else the first by name. `out` gets the yields (struct
 * vf_script_conflict), in the arena. The same claimants give the same yields, whatever their order.
 * VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_script_conflicts_resolve(const struct vf_script_provider *c, size_t n,
                                                         const struct vf_env *env, struct vf_arena *a,
                                                         struct vf_vec *out, struct vf_err *err);
/* Names of the scripts that claimant `loser` yields, sorted, in the arena. */
VF_MUST_CHECK enum vf_status vf_script_conflicts_lost(const struct vf_vec *yields, size_t loser,
                                                      struct vf_arena *a, const struct vf_slice **names,
                                                      size_t *n, struct vf_err *err);
/* Entry points of these names make no script any more. */
void vf_script_conflicts_drop(struct vf_entry_points *points, const struct vf_slice *names, size_t n);
/* A copy of the scripts of `points`, all in the arena. */
VF_MUST_CHECK enum vf_status vf_script_conflicts_copy_points(const struct vf_entry_points *points,
                                                             struct vf_arena *a, struct vf_entry_points *out,
                                                             struct vf_err *err);

#endif
