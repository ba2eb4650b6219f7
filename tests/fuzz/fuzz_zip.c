/* Zip files: whatever is opened has members with safe names, within the file, whose bytes come out as
 * announced. And what is seen of them while the file comes by is the same. */
#include <stdint.h>
#include <stdlib.h>

#include "archive/zip_follow.h"

static enum vf_status count(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    uint64_t *n = ctx;
    (void)err;
    *n += bytes.n;
    return VF_OK;
}

static bool is_member(const struct vf_zip *z, const struct vf_zip_ahead *a)
{
    size_t i = vf_zip_find(z, a->name);
    const struct vf_zip_member *m = i == VF_NPOS ? NULL : &z->members[i];
    return m && !m->deflated && m->data == a->data && m->size == a->size && m->crc == a->crc;
}

/* z NULL: it could not be opened. */
static void follow(const uint8_t *data, size_t size, const struct vf_zip *z)
{
    struct vf_zip_follow f = {0};
    size_t n, piece = size % 61 + 1;
    uint64_t left = 0;
    for (size_t at = 0; at < size; at += n) {
        struct vf_slice some = {(const char *)data + at, size - at < piece ? size - at : piece};
        enum vf_zip_passing p = vf_zip_follow_next(&f, some, &n);
        if (n > some.n || (n == 0 && p != VF_PASSING_BEGIN) || f.at != at + n)
            abort();
        if (p == VF_PASSING_BEGIN) {
            if (left || f.ahead.data != at || (z && !is_member(z, &f.ahead)))
                abort();
            left = f.ahead.size;
        } else if (p == VF_PASSING_DATA) {
            if (n > left)
                abort();
            left -= n;
        } else if (left) {
            abort();
        }
    }
    vf_zip_follow_release(&f);
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
        follow(data, size, NULL);
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
    follow(data, size, z);
    vf_zip_free(z);
    return 0;
}
