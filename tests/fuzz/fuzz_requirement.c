/* Requirements and markers: what is taken can be evaluated, and each part of it is taken on its own. */
#include "fuzz_packaging.h"
#include "packaging/name.h"
#include "packaging/requirement.h"

static void evaluate(struct fuzz_dist *f, const struct vf_marker *m)
{
    struct vf_slice extras[] = {VF_S("x")};
    struct vf_marker_env env = {
        .has_extra = true, .extra = VF_S("X"), .has_sets = true, .extras = extras, .n_extras = 1};
    struct vf_marker again;
    bool one, two;
    for (size_t i = 0; i < VF_MARKER_ENV_VARS; i++)
        env.value[i] = i % 2 ? VF_S("3.11") : VF_S("linux");
    enum vf_status st = vf_marker_eval(m, &env, &f->a, &one, &f->err);
    demand(st == VF_OK || st == VF_MALFORMED);
    vf_err_clear(&f->err);
    demand(vf_marker_parse(&f->a, m->text, &again, &f->err) == VF_OK);
    demand(vf_marker_eval(&again, &env, &f->a, &two, &f->err) == st && (st != VF_OK || one == two));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = fuzz_dist_begin(data, size);
    struct vf_requirement r;
    struct vf_marker m;
    if (vf_requirement_parse(&f.a, f.in, &r, &f.err) == VF_OK) {
        demand(r.name.n > 0 && (r.url.n == 0 || r.specifiers.n == 0));
        for (size_t i = 0; i < r.n_extras; i++)
            demand(r.extras[i].n > 0);
        if (r.has_marker)
            evaluate(&f, &r.marker);
    }
    vf_err_clear(&f.err);
    if (vf_marker_parse(&f.a, f.in, &m, &f.err) == VF_OK)
        evaluate(&f, &m);
    return fuzz_dist_end(&f);
}
