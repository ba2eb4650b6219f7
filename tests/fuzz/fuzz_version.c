/* Versions and specifiers, one per line: the canonical text reads back as an equal version; specifiers
 * likewise, and hold the same versions. */
#include "fuzz_packaging.h"
#include "packaging/specifier.h"

static bool version(struct fuzz_dist *f, struct vf_slice text, struct vf_version *v)
{
    struct vf_version again;
    struct vf_slice one, two;
    vf_err_clear(&f->err);
    if (vf_version_parse(&f->a, text, v, &f->err) != VF_OK)
        return false;
    demand(vf_version_canonical(&f->a, text, &one, &f->err) == VF_OK);
    demand(vf_version_parse(&f->a, one, &again, &f->err) == VF_OK);
    demand(vf_version_cmp(v, &again) == 0 && vf_version_is_pre(v) == vf_version_is_pre(&again));
    demand(vf_version_canonical(&f->a, one, &two, &f->err) == VF_OK && vf_slice_eq(one, two));
    return true;
}

static void specifiers(struct fuzz_dist *f, struct vf_slice text, const struct vf_candidate *c)
{
    struct vf_specifiers set, again;
    struct vf_buf b = {0};
    vf_err_clear(&f->err);
    if (vf_specifiers_parse(&f->a, text, &set, &f->err) == VF_OK && set.n < 50) {
        demand(vf_specifiers_put(&f->a, &b, &set, &f->err) == VF_OK);
        demand(vf_specifiers_parse(&f->a, vf_buf_slice(&b), &again, &f->err) == VF_OK);
        demand(vf_specifiers_contains(&set, c) == vf_specifiers_contains(&again, c));
        demand(vf_specifiers_ask_pre(&set) == vf_specifiers_ask_pre(&again));
    }
    vf_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = fuzz_dist_begin(data, size);
    struct vf_slice rest = f.in;
    struct vf_version first = {0}, other;
    struct vf_slice line = fuzz_dist_line(&rest);
    struct vf_candidate c = {version(&f, line, &first) ? &first : NULL, line};
    for (int i = 0; i < 20 && rest.n > 0; i++) {
        line = fuzz_dist_line(&rest);
        if (version(&f, line, &other) && c.version) {
            int d = vf_version_cmp(&first, &other), back = vf_version_cmp(&other, &first);
            demand((d < 0) == (back > 0) && (d == 0) == (back == 0));
        }
        specifiers(&f, line, &c);
    }
    return fuzz_dist_end(&f);
}
