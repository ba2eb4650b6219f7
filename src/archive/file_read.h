/* file_read.h: an archive of anybody's into a file tree (file_tree.h): tar in the forms of pax, GNU, ustar
 * and v7, plain or packed by gzip, xz, zstd or bzip2, and zip. One pass; names are bytes.
 *
 * Nothing of it is trusted. A member that cannot be a file below the root of the archive is left out and
 * counted as a flaw; sizes, numbers and depth are limited; nothing is ever opened by a name from the archive.
 */
#ifndef VF_ARCHIVE_FILE_READ_H
#define VF_ARCHIVE_FILE_READ_H

#include "archive/file_tree.h"
#include "archive/zip.h"

enum vf_archive_kind {
    VF_ARCHIVE_NONE, /* it does not begin as an archive does */
    VF_ARCHIVE_TAR,  /* plain */
    VF_ARCHIVE_PACKED,
    VF_ARCHIVE_ZIP
};
/* By the first bytes. */
enum vf_archive_kind vf_archive_kind_of(const struct vf_zip_source *source);

struct vf_file_read {
    struct vf_zip_source
        source; /* a file (not memory): its descriptor is borrowed as long as the tree lives */
    /* A layer of an image, from 1, in order: `.wh.NAME` and `.wh..wh..opq` remove what lower ones have, and a
     * link on the way to a member is followed inside of the tree. 0: no layer. */
    unsigned layer;
    bool follow; /* links on the way are followed, without layers */
    int scratch; /* directory for a file without a name, which packed contents need; -1: there is none */
    const struct vf_hooks *hooks; /* borrowed; may be NULL */
};
/* VF_BAD_ARCHIVE (cut short, damaged, above a limit), VF_NOT_SUPPORTED, VF_NO_SPACE, VF_INTERRUPTED and what
 * reading gives. */
VF_MUST_CHECK enum vf_status vf_file_tree_read(struct vf_file_tree *t, const struct vf_file_read *r,
                                               struct vf_err *err);

#endif
