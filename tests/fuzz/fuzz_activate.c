/* Activation scripts of all shells; the first byte chooses which. */
#include "syntax_round.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum vf_syntax shells[] = {VF_SYN_ACTIVATE_SH,  VF_SYN_ACTIVATE_CSH, VF_SYN_ACTIVATE_FISH,
                                            VF_SYN_ACTIVATE_NU,  VF_SYN_ACTIVATE_PS1, VF_SYN_ACTIVATE_XSH,
                                            VF_SYN_ACTIVATE_BAT, VF_SYN_ACTIVATE_THIS};
    if (size > 0)
        round_trips(shells[data[0] % VF_COUNT(shells)], (struct vf_slice){(const char *)data + 1, size - 1});
    return 0;
}
