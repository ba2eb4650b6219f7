/* freeze.h: the frozen list of an environment, read from its metadata directories as the newest `pip freeze`
 * would print it (docs/formats.md 6.1). */
#ifndef VF_ENV_FREEZE_H
#define VF_ENV_FREEZE_H

#include "env/env.h"
#include "packaging/freeze.h"

struct vf_env_freeze {
    bool all;                       /* also pip, and before Python 3.12 setuptools, wheel, distribute */
    const struct vf_slice *exclude; /* names, any spelling */
    size_t n_exclude;
};

/* One of each name, sorted as pip sorts its list. Slices live in the arena given or in the environment. */
struct vf_frozen {
    struct vf_freeze_item *items;
    size_t n;
};

/* Fills *out, and appends to notes one line for everything that a person should know: names passed over,
 * credentials left out, lines that mean a place of this host, metadata that could not be read. */
VF_MUST_CHECK enum vf_status vf_env_freeze(const struct vf_env *env, const struct vf_env_freeze *f,
                                           struct vf_arena *a, struct vf_frozen *out, struct vf_buf *notes,
                                           struct vf_err *err);
/* Opens an environment for its metadata only: of site-packages only the names are listed, of each
 * distribution two files are read (freeze takes a fraction of a check). */
VF_MUST_CHECK enum vf_status vf_env_open_metadata(const struct vf_env_params *params, struct vf_env **out,
                                                  struct vf_err *err);

#endif
