/* Names of wheels and of metadata directories; Tag lines of WHEEL. */
#include "fuzz_packaging.h"
#include "packaging/name.h"
#include "packaging/tags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = fuzz_dist_begin(data, size);
    struct vf_slice rest = f.in, lines[8];
    struct vf_wheel_name w;
    struct vf_tag tag;
    size_t n = 0;
    bool exact;
    (void)vf_info_name_parse(f.in);
    struct vf_slice name = vf_name_canonical(&f.a, f.in);
    demand(name.p && vf_name_same(name, f.in) && vf_name_valid(name) == vf_name_is_canonical(name));
    if (vf_wheel_name_parse(&f.a, f.in, &w, &f.err) == VF_OK)
        demand(w.name.n > 0 && w.tags.python.n > 0 && vf_wheel_build_cmp(w.build, w.build) == 0);
    vf_err_clear(&f.err);
    while (n < 8 && rest.n > 0)
        lines[n++] = fuzz_dist_line(&rest);
    if (vf_tags_compress(&f.a, lines, n, &tag, &exact, &f.err) == VF_OK) {
        struct vf_tags one = {&tag, 1};
        struct vf_tag first;
        demand(vf_tag_parse(lines[0], &first));
        (void)vf_tags_rank(&one, &first);
    }
    return fuzz_dist_end(&f);
}
