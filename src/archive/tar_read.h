/* tar_read.h: a tar, packed or not, member by member. Private to src/archive: unpack.h is the door, and
 * proves the names. */
#ifndef VF_ARCHIVE_TAR_READ_H
#define VF_ARCHIVE_TAR_READ_H

#include "archive/unpack.h"
#include "base/digest.h"

struct vf_tar_reader; /* opaque */

/* The limits are set, and only total_bytes and ratio are asked. `hasher` (may be NULL) gets every byte of the
 * file. */
VF_MUST_CHECK enum vf_status vf_tar_reader_open(const struct vf_zip_source *source,
                                                const struct vf_unpack_limits *limits,
                                                struct vf_hasher *hasher, struct vf_tar_reader **out,
                                                struct vf_err *err);
/* The name is valid until the next call. */
VF_MUST_CHECK enum vf_status vf_tar_reader_next(struct vf_tar_reader *t, struct vf_unpack_member *m,
                                                bool *more, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_tar_reader_data(struct vf_tar_reader *t, vf_zip_sink sink, void *ctx,
                                                struct vf_err *err);
struct vf_block *vf_tar_reader_hold(struct vf_tar_reader *t); /* as vf_unpack_hold */
void vf_tar_reader_free(struct vf_tar_reader *t);             /* NULL is fine */

/* --- the seal of a zstd file (seal.c) ---
 *
 * zstd leaves bits in its headers that say nothing, and packs a run of zeros in more ways than one: a changed
 * byte can unpack to the same. So what is written ends with a frame that every reader of zstd passes over
 * (RFC 8878, 3.1.2), with the CRC-32 of all bytes before it: against damage, which it is sure to see in one
 * bit or 32 in a row. What a stranger changes is seen by the digests of the manifest and of the caller. */
#define VF_TRAILER_SIZE 12 /* bytes: magic, length, checksum */
void vf_trailer_make(char seal[VF_TRAILER_SIZE], uint32_t crc);
/* Of a file that ends with one, or with what once was one: its checksum. False: there is none. *broken: it
 * has the form of one and is none of ours. */
bool vf_trailer_read(const char end[VF_TRAILER_SIZE], uint32_t *crc, bool *broken);

/* --- the unpacked stream (tar_stream.c) ---
 *
 * What is large enough is unpacked by a thread of its own, a few blocks ahead of who reads. `hasher` is that
 * thread's until the end, or vf_tar_stream_free. */

struct vf_tar_stream; /* opaque */
VF_MUST_CHECK enum vf_status vf_tar_stream_open(const struct vf_zip_source *source,
                                                const struct vf_unpack_limits *limits,
                                                struct vf_hasher *hasher, struct vf_tar_stream **out,
                                                struct vf_err *err);
/* Between 1 and max bytes, valid until the next call; none at the end of the file. */
VF_MUST_CHECK enum vf_status vf_tar_stream_some(struct vf_tar_stream *s, size_t max, struct vf_slice *out,
                                                struct vf_err *err);
struct vf_block *
vf_tar_stream_hold(struct vf_tar_stream *s); /* of what vf_tar_stream_some gave last; or NULL */
/* At the end: was all of the file unpacked? VF_BAD_ARCHIVE. */
VF_MUST_CHECK enum vf_status vf_tar_stream_done(struct vf_tar_stream *s, struct vf_err *err);
void vf_tar_stream_free(struct vf_tar_stream *s); /* NULL is fine */

#endif
