/* prove.h: is what a plan makes the same environment at the new place? On the planned tree, before anything
 * is changed (docs/architecture.md), and by starting the interpreter there. */
#ifndef VF_RELOCATE_PROVE_H
#define VF_RELOCATE_PROVE_H

#include "fs/spawn.h"
#include "relocate/plan.h"

enum vf_proof { VF_PROVED_NOT, VF_PROVED, VF_PROOF_NOT_TRIED };

struct vf_proofs {
    enum vf_proof statics; /* no edited reference names an old place; no error that was not there before */
    enum vf_proof freeze;  /* the same distributions, versions and sources after mapping */
    enum vf_proof record;  /* rows of edited files are true where they were true, and only there */
    enum vf_proof interpreter;
    enum vf_proof packages;    /* the started interpreter finds what is installed; not tried: nothing is */
    struct vf_slice not_found; /* packages VF_PROVED_NOT: the first module that it does not find */
    struct vf_findings after;  /* what is found on the planned tree, judged for the new place */
};

/* The static proofs. `leave`: references in plan->unwritable are allowed to stay. VF_PROOF_FAILED names the
 * first file at fault. */
VF_MUST_CHECK enum vf_status vf_prove_plan(const struct vf_plan *plan, bool leave, struct vf_arena *a,
                                           struct vf_proofs *out, struct vf_err *err);

/* Starts `root`/BIN/python without running any code of the environment; it must report `root` as its prefix.
 * VF_PROOF_NOT_TRIED when it cannot be started here at all (another architecture, no permission to execute).
 * It is also asked for one module of each kind (pure, compiled) in each site-packages directory: `packages`
 * says whether it finds them, and VF_OK is returned all the same. */
VF_MUST_CHECK enum vf_status vf_prove_interpreter(const struct vf_env *env, struct vf_slice root,
                                                  const struct vf_hooks *hooks, struct vf_arena *a,
                                                  struct vf_proofs *out, struct vf_err *err);
/* A small script with the header that scripts at `root` get, for the journal directory: when started it
 * prints what its interpreter calls its prefix. Appends to out. */
VF_MUST_CHECK enum vf_status vf_prove_stub(const struct vf_env *env, struct vf_slice root, struct vf_buf *out,
                                           struct vf_err *err);
/* Starts that stub, which stands at `stub`: it proves the interpreter at `root`, too. Where it does not do
 * so, the interpreter is started by itself, so that an error says which of both it is. */
VF_MUST_CHECK enum vf_status vf_prove_started(const struct vf_env *env, struct vf_slice root,
                                              struct vf_slice stub, const struct vf_hooks *hooks,
                                              struct vf_arena *a, struct vf_proofs *out, struct vf_err *err);

#endif
