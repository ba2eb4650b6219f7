/* TOML: what is read is written so that it reads as the same again. */
#include "fuzz_packaging.h"
#include "packaging/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = fuzz_dist_begin(data, size);
    struct vf_toml_value root, again;
    struct vf_buf one = {0}, two = {0};
    if (vf_toml_parse(&f.a, f.in, &root, &f.err) == VF_OK) {
        vf_buf_puts(&one, "x = ");
        demand(vf_toml_value_put(&one, &root));
        if (vf_toml_parse(&f.a, vf_buf_slice(&one), &again, &f.err) == VF_OK) {
            vf_buf_puts(&two, "x = ");
            demand(again.n == 1 && vf_toml_value_put(&two, &again.members[0].value));
            demand(vf_slice_eq(vf_buf_slice(&one), vf_buf_slice(&two)));
        } else { /* dotted keys became nested tables */
            demand(f.err.code == VF_LIMIT);
        }
    }
    vf_buf_release(&one);
    vf_buf_release(&two);
    return fuzz_dist_end(&f);
}
