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
void vf_tar_reader_free(struct vf_tar_reader *t); /* NULL is fine */

/* --- the unpacked stream (tar_stream.c) --- */

struct vf_tar_stream; /* opaque */
VF_MUST_CHECK enum vf_status vf_tar_stream_open(const struct vf_zip_source *source,
                                                const struct vf_unpack_limits *limits,
                                                struct vf_hasher *hasher, struct vf_tar_stream **out,
                                                struct vf_err *err);
/* Between 1 and max bytes, valid until the next call; none at the end of the file. */
VF_MUST_CHECK enum vf_status vf_tar_stream_some(struct vf_tar_stream *s, size_t max, struct vf_slice *out,
                                                struct vf_err *err);
/* At the end: was all of the file unpacked? VF_BAD_ARCHIVE. */
VF_MUST_CHECK enum vf_status vf_tar_stream_done(struct vf_tar_stream *s, struct vf_err *err);
void vf_tar_stream_free(struct vf_tar_stream *s); /* NULL is fine */

#endif
