/* step.c: the counter behind VF_KILL_POINT(), in test builds only. Workers share it, so it is atomic. */
#include "fs/kill_point.h"

#ifdef VF_TEST_HOOKS
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long steps;
static atomic_long stop_at = -1; /* -1: the environment was not asked yet */

void vf_kill_point_set(long n)
{
    atomic_store(&steps, 0);
    atomic_store(&stop_at, n);
}

long vf_kill_points_passed(void)
{
    return atomic_load(&steps);
}

void vf_kill_point_reached(void)
{
    long at = atomic_load(&stop_at);
    if (at < 0) {
        const char *v = getenv("VENVFIX_TEST_STOP_AT");
        at = v ? strtol(v, NULL, 10) : 0;
        if (at < 0)
            at = 0;
        atomic_store(&stop_at, at);
    }
    if (atomic_fetch_add(&steps, 1) + 1 == at)
        kill(getpid(), SIGKILL);
}
#endif
