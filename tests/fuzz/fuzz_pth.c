/* .pth files. */
#include "fuzz_syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    fuzz_init(&f, "lib/python3.12/site-packages/x.pth", (struct vf_slice){(const char *)data, size});
    f.target.root = VF_S("/n\nx");
    struct vf_read_out out = fuzz_read(&f, VF_SYN_PTH, f.src.bytes);
    for (size_t i = 0; i < out.refs.n && i < 32; i++) {
        static const struct vf_slice paths[] = {VF_S_INIT("/n/other place"),
                                                VF_S_INIT("/n/it's \"q\"\\\xC3\xA9")};
        const struct vf_ref *r = VF_VEC_AT(struct vf_ref, &out.refs, i);
        for (size_t k = 0; k < VF_COUNT(paths); k++) {
            struct vf_slice made = fuzz_write(&f, r, paths[k]);
            demand(made.p != NULL);
            struct vf_read_out again = fuzz_read(&f, VF_SYN_PTH, made);
            const struct vf_ref *now = fuzz_ref_at(&again, r->off);
            demand(now != NULL && vf_slice_eq(now->value, paths[k]) && now->raw.n == 0);
        }
        (void)fuzz_write(&f, r, VF_S("/n\nx/y\x0B"));
        (void)fuzz_write(&f, r, VF_S("/n\nx/y"));
    }
    fuzz_repair(&f, VF_SYN_PTH, &out);
    fuzz_release(&f);
    return 0;
}
