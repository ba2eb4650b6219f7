/* Manifests of lock bundles: what is taken contradicts itself nowhere, and every path in it stays inside. */
#include <string.h>

#include "archive/zip.h"
#include "bundle/manifest.h"
#include "fuzz_packaging.h"

static bool is_file(const struct vf_bundle_manifest *m, const struct vf_bundle_sum *sum)
{
    for (size_t i = 0; i < m->n_files; i++)
        if (m->files[i].sum->size == sum->size && memcmp(m->files[i].sum->sha256, sum->sha256, 32) == 0)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = fuzz_dist_begin(data, size);
    struct vf_bundle_manifest m;
    struct vf_buf out = {0};
    enum vf_status st = vf_bundle_read_manifest(&f.a, f.in, &m, &f.err);
    demand(st == VF_OK || st == VF_BAD_ARCHIVE || st == VF_NOT_SUPPORTED);
    if (st == VF_OK) {
        const struct vf_bundle *b = &m.bundle;
        demand(m.n_files == b->n_dists + b->n_extras + 2 + (b->pycache.member.n > 0));
        for (size_t i = 0; i < b->n_dists; i++)
            demand(vf_slice_find_byte(b->dists[i].wheel, '/', 0) == VF_NPOS && is_file(&m, &b->dists[i].sum));
        for (size_t i = 0; i < b->n_extras; i++)
            demand(!vf_zip_name_flaw(b->extras[i].rest) && is_file(&m, &b->extras[i].sum));
        demand(vf_bundle_put_manifest(b, VF_S(""), VF_S(""), &out, &f.err) == VF_OK);
    }
    vf_buf_release(&out);
    return fuzz_dist_end(&f);
}
