/* Lock files: what is read is written so that it reads as the same again. */
#include "fuzz_packaging.h"
#include "packaging/pylock.h"

static void choose(struct fuzz_dist *f, const struct vf_pylock *lock)
{
    struct vf_wheel_target t = {.python = VF_TARGET_CPYTHON,
                                .major = 3,
                                .minor = 11,
                                .os = VF_TARGET_LINUX,
                                .arch = VF_S("x86_64"),
                                .glibc_major = 2,
                                .glibc_minor = 28};
    struct vf_marker_env env = {.has_sets = true};
    struct vf_lock_choice *c;
    struct vf_tags tags;
    size_t n;
    for (size_t i = 0; i < VF_MARKER_ENV_VARS; i++)
        env.value[i] = i % 2 ? VF_S("3.11") : VF_S("linux");
    demand(vf_tags_make(&f->a, &t, &tags, &f->err) == VF_OK);
    enum vf_status st = vf_pylock_select(&f->a, lock, &env, &tags, &c, &n, &f->err);
    demand(st == VF_OK || st == VF_INCOMPATIBLE || st == VF_BAD_LIST);
    vf_err_clear(&f->err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = fuzz_dist_begin(data, size);
    struct vf_pylock lock, again;
    struct vf_buf one = {0}, two = {0};
    if (vf_pylock_parse(&f.a, f.in, &lock, &f.err) == VF_OK) {
        choose(&f, &lock);
        demand(vf_pylock_put(&one, &lock, &f.err) == VF_OK);
        enum vf_status st = vf_pylock_parse(&f.a, vf_buf_slice(&one), &again, &f.err);
        demand(st == VF_OK || f.err.code == VF_LIMIT); /* dotted keys of [tool] become nested tables */
        if (st == VF_OK) {
            demand(vf_pylock_put(&two, &again, &f.err) == VF_OK);
            demand(vf_slice_eq(vf_buf_slice(&one), vf_buf_slice(&two)));
        }
    }
    vf_buf_release(&one);
    vf_buf_release(&two);
    return fuzz_dist_end(&f);
}
