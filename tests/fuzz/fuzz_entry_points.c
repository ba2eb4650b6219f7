/* entry_points.txt: a script has a name that a file can have, a module and an attribute. */
#include "fuzz_packaging.h"
#include "packaging/entry_points.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = fuzz_dist_begin(data, size);
    struct vf_entry_points e;
    if (vf_entry_points_parse(&f.a, f.in, &e, &f.err) == VF_OK) {
        for (size_t i = 0; i < e.n && i < 100; i++) {
            const struct vf_entry_point *p = &e.entries[i];
            demand(p->module.n > 0 && p->line > 0);
            if (p->kind != VF_ENTRY_OTHER) {
                demand(vf_entry_name_ok(p->name) && p->attr.n > 0);
                demand(vf_entry_points_script(&e, p->name) == p);
            }
        }
    }
    return fuzz_dist_end(&f);
}
