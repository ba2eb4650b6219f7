/* Search paths of ELF files: what is written takes the same room and is read again. */
#include "fuzz_syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    fuzz_init(&f, "bin/prog", (struct vf_slice){(const char *)data, size});
    f.target.root = VF_S("/n");
    struct vf_read_out out = fuzz_read(&f, VF_SYN_RPATH, f.src.bytes);
    for (size_t i = 0; i < out.refs.n; i++) {
        const struct vf_ref *r = VF_VEC_AT(struct vf_ref, &out.refs, i);
        if (r->flags & VF_REF_READONLY)
            continue;
        struct vf_slice made = fuzz_write(&f, r, VF_S("/n/lib"));
        demand(!made.p || made.n == f.src.bytes.n);
        if (made.p)
            (void)fuzz_read(&f, VF_SYN_RPATH, made);
    }
    fuzz_release(&f);
    return 0;
}
