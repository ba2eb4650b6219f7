/* Archives that may be lock bundles: whatever is opened has the members that its manifest says, each with the
 * sha256 that it says; nothing is unpacked beyond the limits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "bundle/bundle.h"

enum { MOST = 4 << 20 };

static enum vf_status collect(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    (void)err;
    vf_buf_put(ctx, bytes);
    return VF_OK;
}

static void same(const struct vf_zip_source *s, const struct vf_bundle_sum *sum)
{
    struct vf_buf b = {0};
    struct vf_err err = {0};
    unsigned char got[32];
    if (vf_zip_source_read(s, collect, &b, &err) != VF_OK || b.n != sum->size ||
        !vf_sha256(vf_buf_slice(&b), got) || memcmp(got, sum->sha256, 32) != 0)
        abort();
    vf_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vf_unpack_limits limits = {.total_bytes = MOST, .member_bytes = MOST, .members = 1000};
    struct vf_bundle_source s = {
        .archive = {.fd = -1, .size = size, .bytes = {(const char *)data, size}, .label = VF_S("fuzz")},
        .spool = -1,
        .limits = &limits};
    struct vf_bundle_file *f = NULL;
    struct vf_err err = {0};
    if (vf_bundle_open(&s, &f, &err) != VF_OK) {
        if (err.code == VF_OK || f)
            abort();
        vf_err_release(&err);
        return 0;
    }
    for (size_t i = 0; i < f->bundle.n_dists; i++)
        same(&f->wheels[i], &f->bundle.dists[i].sum);
    for (size_t i = 0; i < f->bundle.n_extras; i++)
        same(&f->extras[i], &f->bundle.extras[i].sum);
    vf_bundle_close(f);
    return 0;
}
