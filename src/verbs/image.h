/* image.h: a root file system in an archive: a tar of one, or an image (`docker save`, or an OCI layout as a
 * tar or a directory) whose layers are merged. For src/verbs only. */
#ifndef VF_VERBS_IMAGE_H
#define VF_VERBS_IMAGE_H

#include "verbs/archive.h"

struct vf_image {
    struct venvfix_archive *archive; /* the file; NULL: a directory */
    struct vf_file_tree *layers;     /* merged; NULL: the archive itself is the root file system */
    struct vf_vec fds;               /* int: blobs of a directory */
    struct vf_arena arena;
};

/* `path`: a file, or a directory with an OCI layout. VF_BAD_ARCHIVE, VF_USAGE (several images), and what
 * reading gives. */
VF_MUST_CHECK enum vf_status vf_image_open(struct vf_session *s, struct vf_slice path, const char *scratch,
                                           struct vf_image **out);
const struct vf_file_tree *vf_image_files(const struct vf_image *i);
void vf_image_free(struct vf_image *i); /* NULL is fine */

#endif
