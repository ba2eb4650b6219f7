/* host_unknown.h: a host that nothing is known of: the one that is checked for by --python, --platform or
 * --glibc, in place of the host that the program runs on. */
#ifndef VF_FS_HOST_UNKNOWN_H
#define VF_FS_HOST_UNKNOWN_H

#include "fs/host.h"

/* Nothing is at any path. Who judges asks first whether the host is known (vf_env_params.host_unknown), and
 * then claims nothing of what it does not find. NULL: no memory. Freed by vf_host_free. */
struct vf_host *vf_host_unknown_new(void);

#endif
