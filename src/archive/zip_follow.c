/* zip_follow.c: local headers while they pass. Whatever is unusual is not announced, and where the end of it
 * cannot be told, nothing is any more. */
#include "archive/zip_follow.h"

#include "archive/zip_format.h"

#define FLAGS_TAKEN ((uint32_t)ZIP_FLAG_UTF8 | 3u << 1) /* and the options of deflate */

/* Length of the header that begins here; 0: more bytes are needed to tell. */
static size_t header_size(const struct vf_buf *h)
{
    return h->n < ZIP_LOCAL_SIZE ? 0 : ZIP_LOCAL_SIZE + zip_get16(h->p + 26) + zip_get16(h->p + 28);
}

/* Its header has passed: what comes next? */
static void begin(struct vf_zip_follow *f)
{
    const char *h = f->header.p;
    uint32_t flags = zip_get16(h + 6), method = zip_get16(h + 8);
    struct vf_slice name =
        vf_slice_sub(vf_buf_slice(&f->header), ZIP_LOCAL_SIZE, ZIP_LOCAL_SIZE + zip_get16(h + 26));
    uint64_t packed = zip_get32(h + 18), size = zip_get32(h + 22);
    f->lost = (flags & ~FLAGS_TAKEN) != 0 || packed == ZIP_32_FULL || size == ZIP_32_FULL;
    if (f->lost)
        return;
    f->left = packed;
    bool plain = method == ZIP_STORED && size == packed && size > 0;
    f->member =
        plain && !vf_zip_name_flaw(name) && !vf_slice_ends(name, VF_S("/")) ? VF_FOLLOW_NEW : VF_FOLLOW_REST;
    f->ahead = (struct vf_zip_ahead){.name = name, .data = f->at, .size = size, .crc = zip_get32(h + 14)};
}

/* Bytes of a header: as many as are known to be of it. */
static size_t take_header(struct vf_zip_follow *f, struct vf_slice bytes)
{
    size_t all = header_size(&f->header), want = all ? all : ZIP_LOCAL_SIZE;
    size_t n = bytes.n < want - f->header.n ? bytes.n : want - f->header.n;
    vf_buf_put(&f->header, vf_slice_sub(bytes, 0, n));
    f->at += n;
    f->lost = f->header.failed || (f->header.n >= 4 && zip_get32(f->header.p) != ZIP_LOCAL);
    if (!f->lost && f->header.n == header_size(&f->header))
        begin(f);
    return n;
}

enum vf_zip_passing vf_zip_follow_next(struct vf_zip_follow *f, struct vf_slice bytes, size_t *n)
{
    if (f->lost) {
        f->at += bytes.n;
        *n = bytes.n;
        return VF_PASSING_REST;
    }
    if (f->left == 0) {
        if (f->header.n > 0 && f->header.n == header_size(&f->header)) /* that member is over */
            vf_buf_clear(&f->header);
        *n = take_header(f, bytes);
        return VF_PASSING_REST;
    }
    if (f->member == VF_FOLLOW_NEW) {
        f->member = VF_FOLLOW_DATA;
        *n = 0;
        return VF_PASSING_BEGIN;
    }
    *n = f->left < bytes.n ? (size_t)f->left : bytes.n;
    f->at += *n;
    f->left -= *n;
    return f->member == VF_FOLLOW_DATA ? VF_PASSING_DATA : VF_PASSING_REST;
}

void vf_zip_follow_release(struct vf_zip_follow *f)
{
    vf_buf_release(&f->header);
}
