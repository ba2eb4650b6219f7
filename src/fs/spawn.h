/* spawn.h: every child process is started here (interpreter, pip, uv): argument vector, own environment, no
 * shell, a time limit, output captured and capped. Standard input is /dev/null, no other descriptor is handed
 * on. The child leads a process group of its own, of which nothing is left when the call returns; its signal
 * mask is empty, SIGPIPE as usual. On Linux the child dies with the thread that started it. Signals that the
 * caller ignores stay ignored. */
#ifndef VF_FS_SPAWN_H
#define VF_FS_SPAWN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/hooks.h"

struct vf_spawn {
    const char *const
        *argv; /* NULL-terminated; argv[0] is the path that is executed (execve, no PATH search) */
    const char *const *env; /* NULL-terminated "K=V"; NULL: an empty environment with PATH=/usr/bin:/bin and
                               LC_ALL=C.UTF-8 */
    const char *cwd;        /* NULL: "/" */
    unsigned timeout_ms;    /* 0: 30 000; the child and its group are killed then */
    size_t out_cap; /* bytes of stdout and of stderr kept, the first ones; the rest is read and dropped; 0: 64
                       KiB */
};
struct vf_spawn_result {
    int exit_code; /* -1 when ended by a signal */
    int signal;    /* 0 when it exited */
    bool timed_out;
    int exec_errno;           /* errno of a failed execve (or chdir); then the rest is 0 */
    struct vf_slice out, err; /* in the arena */
};
/* VF_OK whatever became of the child: *r says it. VF_INTERRUPTED when the hooks were cancelled,
 * VF_TOOL_FAILED when somebody else in this process reaped the child, VF_IO and the like when there were no
 * pipes or no process to be had. */
VF_MUST_CHECK enum vf_status vf_spawn_run(const struct vf_spawn *s, const struct vf_hooks *hooks,
                                          struct vf_arena *a, struct vf_spawn_result *r, struct vf_err *err);

#endif
