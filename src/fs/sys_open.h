/* sys_open.h: what the sys_*.c files share. Nobody else includes it. */
#ifndef VF_FS_SYS_OPEN_H
#define VF_FS_SYS_OPEN_H

#include <fcntl.h>

#include "fs/sys.h"

/* A descriptor that is only a starting point for `at` calls. */
#ifdef O_PATH
#define VF_O_AT (O_PATH | O_DIRECTORY | O_CLOEXEC)
#elif defined(O_SEARCH)
#define VF_O_AT (O_SEARCH | O_DIRECTORY | O_CLOEXEC)
#else
#define VF_O_AT (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#endif

bool vf_sys_fallback_forced(void);
/* Opens the directory dirfd/name (one component) for reading, no link followed. `stay`: not across a mount
 * (EXDEV), bind mounts included where openat2 is there; else the caller compares devices. */
int vf_sys_open_subdir(int dirfd, const char *name, bool stay);
/* Appends every name in the directory `fd` but `.` and `..`, in the order they come, with a NUL behind each;
 * *n counts them. Reads from where fd stands and leaves it open. 0 or -1 with errno. */
int vf_sys_read_names(int fd, struct vf_buf *out, size_t *n);
/* The target of the link dirfd/name, appended to out. 0 or -1 with errno. `hint`: its length as stat said, or
 * 0. */
int vf_sys_readlink_at(int dirfd, const char *name, uint64_t hint, struct vf_buf *out);

#endif
