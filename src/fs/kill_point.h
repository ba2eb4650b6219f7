/* step.h: where a test may kill the process: VF_KILL_POINT() stands right before every system call of copy,
 * transaction, staging and retire that changes the disk. Only a build with -DVF_TEST_HOOKS counts; in any
 * other build the macro is nothing. */
#ifndef VF_FS_KILL_POINT_H
#define VF_FS_KILL_POINT_H

#include "base/str.h"

#ifdef VF_TEST_HOOKS
/* SIGKILL right before the n-th step from now (1: the next one); 0: never. Without a call the environment
 * variable VENVFIX_TEST_STOP_AT says n. */
void vf_kill_point_set(long n);
long vf_kill_points_passed(void); /* steps since the last vf_kill_point_set, or since the start */
void vf_kill_point_reached(void);
#define VF_KILL_POINT() vf_kill_point_reached()
#else
#define VF_KILL_POINT() ((void)0)
#endif

#endif
