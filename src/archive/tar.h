/* tar.h: tar files, packed or not, and zips of packed members, written by libarchive. (Wheels are zips of
 * another kind: zip.h.)
 *
 *   vf_tar_writer_new -> (vf_tar_writer_member -> vf_tar_writer_data...)... -> vf_tar_writer_finish -> _free
 *
 * The same members give the same bytes: every one a regular file with mode 0644, owner 0 without names and
 * the same time; zstd with at least one thread of its own (without any its bytes are others), xz with one,
 * gzip without time. zstd ends with a seal, the CRC-32 of the file, in a frame that readers pass over.
 * Another version of the packing library may give other bytes, which unpack to the same.
 */
#ifndef VF_ARCHIVE_TAR_H
#define VF_ARCHIVE_TAR_H

#include "base/err.h"

enum vf_tar_packing { VF_TAR_ZSTD, VF_TAR_GZIP, VF_TAR_XZ, VF_TAR_PLAIN, VF_TAR_ZIP };

/* By the end of a file's name, in any case: .tar.gz and .tgz, .tar.xz and .txz, .tar, .zip; zstd for all
 * others. */
enum vf_tar_packing vf_tar_packing_of(struct vf_slice file_name);
const char *vf_tar_packing_name(enum vf_tar_packing p); /* "tar.zst", "tar.gz", "tar.xz", "tar", "zip" */

/* Gets the bytes of the file piece by piece. What it returns other than VF_OK ends the call and is returned.
 */
typedef enum vf_status (*vf_tar_sink)(void *ctx, struct vf_slice bytes, struct vf_err *err);

struct vf_tar_params {
    enum vf_tar_packing packing;
    int64_t epoch;    /* time of all members; 0: 1980-01-01, as always in a zip */
    unsigned threads; /* of zstd, at least 1; the bytes do not depend on it */
    vf_tar_sink sink;
    void *ctx;
};
struct vf_tar_writer; /* opaque */

/* VF_NOT_SUPPORTED: libarchive was built without this packing. */
VF_MUST_CHECK enum vf_status vf_tar_writer_new(const struct vf_tar_params *params, struct vf_tar_writer **out,
                                               struct vf_err *err);
/* Begins a member. VF_USAGE: the name is not relative, clean and UTF-8, or the member before is not complete.
 */
VF_MUST_CHECK enum vf_status vf_tar_writer_member(struct vf_tar_writer *w, struct vf_slice name,
                                                  uint64_t size, struct vf_err *err);
/* The next bytes of the member. VF_CHANGED: they are more than announced. */
VF_MUST_CHECK enum vf_status vf_tar_writer_data(struct vf_tar_writer *w, struct vf_slice bytes,
                                                struct vf_err *err);
/* VF_CHANGED: the last member has fewer bytes than announced. */
VF_MUST_CHECK enum vf_status vf_tar_writer_finish(struct vf_tar_writer *w, struct vf_err *err);
void vf_tar_writer_free(struct vf_tar_writer *w); /* NULL is fine; writes nothing more */

#endif
