/* METADATA: every header can be asked for, and the body begins inside the text. */
#include "fuzz_packaging.h"
#include "packaging/metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = fuzz_dist_begin(data, size);
    struct vf_metadata m;
    struct vf_slice v;
    if (vf_metadata_parse(&f.a, f.in, &m, &f.err) == VF_OK) {
        demand(m.body <= f.in.n);
        for (size_t i = 0; i < m.n && i < 100; i++) {
            demand(m.headers[i].name.n > 0 && vf_metadata_get(&m, m.headers[i].name, &v));
            demand(vf_slice_find_byte(m.headers[i].value, '\n', 0) == VF_NPOS);
        }
        (void)vf_metadata_root_is_purelib(&m);
    }
    return fuzz_dist_end(&f);
}
