/* Absolute rows of RECORD. */
#include "syntax_round.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    round_trips(VF_SYN_RECORD, (struct vf_slice){(const char *)data, size});
    return 0;
}
