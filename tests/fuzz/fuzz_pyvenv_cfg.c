/* pyvenv.cfg. */
#include "fuzz_syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    struct vf_slice path = VF_S("/n/other place"), value;
    fuzz_init(&f, "pyvenv.cfg", (struct vf_slice){(const char *)data, size});
    struct vf_read_out out = fuzz_read(&f, VF_SYN_CFG, f.src.bytes);
    (void)vf_cfg_get(f.src.bytes, VF_S("home"), &value);
    for (size_t i = 0; i < out.refs.n && i < 32; i++) {
        const struct vf_ref *r = VF_VEC_AT(struct vf_ref, &out.refs, i);
        struct vf_slice made = fuzz_write(&f, r, path);
        demand(made.p != NULL);
        struct vf_read_out again = fuzz_read(&f, VF_SYN_CFG, made);
        demand(again.refs.n > i); /* another home may have become one that differs */
        r = VF_VEC_AT(struct vf_ref, &again.refs, i);
        demand(vf_slice_eq(r->value, path));
        (void)fuzz_write(&f, VF_VEC_AT(struct vf_ref, &out.refs, i), VF_S("/n/\n\xFF "));
    }
    fuzz_repair(&f, VF_SYN_CFG, &out);
    fuzz_release(&f);
    return 0;
}
