/* Zip files: whatever is opened has members with safe names, within the file, whose bytes come out as
 * announced. */
#include <stdint.h>
#include <stdlib.h>

#include "archive/zip.h"

static enum vf_status count(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    uint64_t *n = ctx;
    (void)err;
    *n += bytes.n;
    return VF_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vf_zip_source s = {.fd = -1, .bytes = {(const char *)data, size}, .label = VF_S("fuzz")};
    struct vf_zip_limits limits = {.total_bytes = 1 << 20, .fold_case = size % 2};
    struct vf_zip *z;
    struct vf_err err = {0};
    if (vf_zip_open(&s, &limits, &z, &err) != VF_OK) {
        if (err.code == VF_OK)
            abort();
        vf_err_release(&err);
        return 0;
    }
    for (size_t i = 0; i < z->n; i++) {
        const struct vf_zip_member *m = &z->members[i];
        uint64_t n = 0;
        if (vf_zip_name_flaw(m->name) || vf_zip_find(z, m->name) != i || m->data + m->packed > size)
            abort();
        if (vf_zip_read(z, i, count, &n, &err) == VF_OK && n != m->size)
            abort();
        vf_err_clear(&err);
    }
    vf_zip_free(z);
    return 0;
}
