/* step.h: where a test may kill the process: VF_STEP() stands right before every system call of copy,
 * transaction, staging and retire that changes the disk. Only a build with -DVF_TEST_HOOKS counts; in any
 * other build the macro is nothing. */
#ifndef VF_FS_STEP_H
#define VF_FS_STEP_H

#include "base/str.h"

#ifdef VF_TEST_HOOKS
/* SIGKILL right before the n-th step from now (1: the next one); 0: never. Without a call the environment
 * variable VENVFIX_TEST_STOP_AT says n. */
void vf_txn_test_stop_at(long n);
long vf_txn_test_steps(void); /* steps since the last vf_txn_test_stop_at, or since the start */
void vf_txn_test_step(void);
#define VF_STEP() vf_txn_test_step()
#else
#define VF_STEP() ((void)0)
#endif

#endif
