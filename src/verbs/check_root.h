/* check_root.h: check for an image or another host, whose file system is in a directory (--root). For
 * src/verbs only. */
#ifndef VF_VERBS_CHECK_ROOT_H
#define VF_VERBS_CHECK_ROOT_H

#include "env/env.h"
#include "verbs/image.h"
#include "verbs/result.h"

/* Makes *p, which holds what other options said, one for the file tree o->root. *host is what p->host became;
 * to be freed after the environment, also when this fails (it may be NULL). VF_USAGE: the environment is not
 * in the tree, and no --at names its path there. */
VF_MUST_CHECK enum vf_status vf_check_root(struct vf_session *s, const struct venvfix_check_options *o,
                                           struct vf_env_params *p, struct vf_host **host,
                                           struct vf_image **image);
/* o->root may be an archive (verbs/image.h): then *image is it, to be freed after *host. The environment is
 * then one in it, by its path there, or one of this host, with --at.
 *
 * The file tree o->root alone, for an environment that is not in it. */
VF_MUST_CHECK enum vf_status vf_check_root_alone(struct vf_session *s, const struct venvfix_check_options *o,
                                                 struct vf_host **host, struct vf_image **image);
/* A `.venv` that is a file: nothing works below that path, but at the directory of `host` that it names; any
 * other path as it is. p NULL: no memory. */
struct vf_slice vf_check_named(struct vf_session *s, struct vf_host *host, struct vf_slice path);
/* The directory that looks like the root of an image in which this environment has a path that its own files,
 * or --at, name; empty when there is none. */
struct vf_slice vf_image_root(struct vf_session *s, const struct vf_env *env);

#endif
