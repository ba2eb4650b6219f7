/* zip_format.h: numbers of the zip format, for the reader and the writer (APPNOTE 4.3). Private to
 * src/archive. */
#ifndef VF_ARCHIVE_ZIP_FORMAT_H
#define VF_ARCHIVE_ZIP_FORMAT_H

#include "archive/zip.h"

#define ZIP_LOCAL     0x04034b50u
#define ZIP_CENTRAL   0x02014b50u
#define ZIP_END       0x06054b50u
#define ZIP_END64     0x06064b50u
#define ZIP_LOCATOR64 0x07064b50u
#define ZIP_DATA      0x08074b50u

enum {
    ZIP_LOCAL_SIZE = 30,
    ZIP_CENTRAL_SIZE = 46,
    ZIP_END_SIZE = 22,
    ZIP_END64_SIZE = 56,
    ZIP_LOCATOR64_SIZE = 20,
    ZIP_STORED = 0,
    ZIP_DEFLATED = 8,
    ZIP_EXTRA_64 = 0x0001,
    ZIP_EXTRA_UNICODE_PATH = 0x7075,
    ZIP_FLAG_DESCRIPTOR = 1 << 3,
    ZIP_FLAG_UTF8 = 1 << 11,
    ZIP_FLAGS_SECRET = 1 << 0 | 1 << 6 | 1 << 13, /* encryption of data, strong, of the directory */
    ZIP_FLAG_PATCHED = 1 << 5,
    ZIP_16_FULL = 0xffff
};
#define ZIP_32_FULL 0xffffffffu

static inline uint32_t zip_get16(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8;
}

static inline uint32_t zip_get32(const char *p)
{
    return zip_get16(p) | zip_get16(p + 2) << 16;
}

static inline uint64_t zip_get64(const char *p)
{
    return (uint64_t)zip_get32(p) | (uint64_t)zip_get32(p + 4) << 32;
}

/* Exactly n bytes at offset `off` of the source. VF_BAD_ARCHIVE when it ends before. */
VF_MUST_CHECK enum vf_status vf_zip_pread(const struct vf_zip_source *s, uint64_t off, void *buf, size_t n,
                                          struct vf_err *err);
/* VF_BAD_ARCHIVE (or `code`): `why` about the member with this name, which is made printable. */
VF_MUST_CHECK enum vf_status vf_zip_refuse(const struct vf_zip_source *s, enum vf_status code,
                                           struct vf_slice name, const char *why, struct vf_err *err);
/* Compares local headers and data descriptors with what the directory says, sets `data` of all members, and
 * sees that members and directory fill the file. `local_at[i]` and `flags[i]`: of member i. */
struct vf_zip_location {
    uint64_t at;    /* of the local header */
    size_t member;  /* index */
    uint32_t flags; /* general purpose bits */
    uint32_t method;
    struct vf_slice raw; /* the name as stored, with the slash of a directory */
};
VF_MUST_CHECK enum vf_status vf_zip_check_locals(struct vf_zip *z, struct vf_zip_location *places,
                                                 uint64_t end, struct vf_err *err);

#endif
