/* .egg-link files, links and .project. */
#include "fuzz_syntax.h"

static void check(struct fuzz *f, enum vf_syntax s)
{
    struct vf_slice path = VF_S("/n/other place");
    struct vf_read_out out = fuzz_read(f, s, f->src.bytes);
    for (size_t i = 0; i < out.refs.n; i++) {
        struct vf_slice made = fuzz_write(f, VF_VEC_AT(struct vf_ref, &out.refs, i), path);
        demand(made.p != NULL);
        struct vf_read_out again = fuzz_read(f, s, made);
        demand(again.refs.n == 1 && vf_slice_eq(VF_VEC_AT(struct vf_ref, &again.refs, 0)->value, path));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    fuzz_init(&f, "lib/python3.12/site-packages/x.egg-link", (struct vf_slice){(const char *)data, size});
    check(&f, VF_SYN_EGG_LINK);
    check(&f, VF_SYN_LINK);
    check(&f, VF_SYN_PROJECT);
    fuzz_release(&f);
    return 0;
}
