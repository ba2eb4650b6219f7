/* What an interpreter prints about itself: any bytes, since the program may be anything. */
#include <stdint.h>
#include <stdlib.h>

#include "wheel/interpreter_query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vf_arena a;
    struct vf_interpreter_query p;
    struct vf_err err = {0};
    vf_arena_init(&a);
    enum vf_status st = vf_interpreter_query_read((struct vf_slice){(const char *)data, size}, &a, &p, &err);
    if ((st == VF_OK) != (err.code == VF_OK) || (st == VF_OK && (p.target.major != 3 || !p.purelib.n)))
        abort();
    vf_err_release(&err);
    vf_arena_release(&a);
    return 0;
}
