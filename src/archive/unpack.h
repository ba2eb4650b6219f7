/* unpack.h: the members of an archive from anywhere, one after another: a tar (plain, or packed by zstd, gzip
 * or xz) or a zip.
 *
 *   vf_unpack_open -> (vf_unpack_next -> vf_unpack_data)... until *more is false -> vf_unpack_free
 *
 * Nothing of the file is trusted. Only regular files with clean relative UTF-8 names are members: links,
 * devices, directories, setuid bits, holes, two members of one name, and headers that other readers could
 * take for something else are refused. So is what no member owns: padding that is not zero, bytes behind the
 * end, a second layer of packing. libzstd and libarchive unpack the stream; the tar itself is read here,
 * since libarchive does not show what it passes over. Zips are read by zip.h. */
#ifndef VF_ARCHIVE_UNPACK_H
#define VF_ARCHIVE_UNPACK_H

#include "archive/zip.h"
#include "base/blocks.h"

/* Zero: the default. Above a limit: VF_BAD_ARCHIVE. */
struct vf_unpack_limits {
    uint64_t members;      /* 100 000 */
    uint64_t member_bytes; /* 8 GiB - 1 */
    uint64_t total_bytes;  /* 32 GiB */
    uint64_t ratio;        /* all of it unpacked is at most so many times the file, and 16 MiB: 200 */
    bool alone;            /* no thread: else a large tar is unpacked ahead of the caller */
    bool of_anybody; /* the stream of any tar: packed by bzip2, too, and not ended by a checksum trailer */
};
struct vf_unpack_member {
    struct vf_slice name; /* valid until the archive is freed */
    uint64_t size;
};
struct vf_unpack; /* opaque */

/* `source` may be a file or memory and is borrowed. `digest`: the sha256 of the file is wanted.
 * VF_BAD_ARCHIVE, VF_NO_MEMORY, VF_IO and the like. */
VF_MUST_CHECK enum vf_status vf_unpack_open(const struct vf_zip_source *source,
                                            const struct vf_unpack_limits *limits, bool digest,
                                            struct vf_unpack **out, struct vf_err *err);
/* The next member; what was not read of the one before is passed over. *more false: there is none, and all of
 * the file was looked at. */
VF_MUST_CHECK enum vf_status vf_unpack_next(struct vf_unpack *u, struct vf_unpack_member *m, bool *more,
                                            struct vf_err *err);
/* The bytes of the member, piece by piece; what the sink returns other than VF_OK ends the call. */
VF_MUST_CHECK enum vf_status vf_unpack_data(struct vf_unpack *u, vf_zip_sink sink, void *ctx,
                                            struct vf_err *err);
/* In the sink of vf_unpack_data: what keeps its bytes where they are until the caller releases it. NULL:
 * nothing does, they are to be copied. */
struct vf_block *vf_unpack_hold(struct vf_unpack *u);
/* Of the whole file; behind the end, where it was asked for. */
VF_MUST_CHECK enum vf_status vf_unpack_digest(struct vf_unpack *u, unsigned char sha256[32],
                                              struct vf_err *err);
void vf_unpack_free(struct vf_unpack *u); /* NULL is fine */

#endif
