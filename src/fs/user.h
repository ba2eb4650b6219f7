/* user.h: another user of a host, and what file modes allow that user. ACLs and capabilities are not looked
 * at. Sources: passwd(5), group(5), path_resolution(7). */
#ifndef VF_FS_USER_H
#define VF_FS_USER_H

#include "fs/host.h"

struct vf_user {
    struct vf_slice name; /* as given, without a group */
    uint32_t uid;
    uint32_t *gids; /* of all groups */
    size_t n_gids;
};

/* "app", "1000", "app:web", "1000:1000", by /etc/passwd and /etc/group of the host. A number that is not
 * there has the group that was named, else 0 in an image (`image`), as container runtimes give it, and else
 * none. VF_USAGE: there is no such user or group. */
VF_MUST_CHECK enum vf_status vf_user_find(struct vf_host *host, struct vf_slice words, bool image,
                                          struct vf_arena *a, struct vf_user *out, struct vf_err *err);
/* The bits of 4 (read), 2 (write) and 1 (execute, search) that the user has. */
unsigned vf_user_rights(const struct vf_user *user, const struct vf_stat *st);

/* The host as the user sees it: what is behind a directory that the user may not search is not to be seen
 * (EACCES), what the user may not read is not read, and modes have the user's rights in the place of all
 * three. `host` and `user` are borrowed. NULL: no memory. */
struct vf_host *vf_host_user_new(struct vf_host *host, const struct vf_user *user);

#endif
