/* file_put.h: one member of an archive into a file tree. Private to src/archive. */
#ifndef VF_ARCHIVE_FILE_PUT_H
#define VF_ARCHIVE_FILE_PUT_H

#include "archive/file_tree.h"

struct vf_put {
    struct vf_slice name;   /* as the archive has it */
    struct vf_slice target; /* of a link */
    struct vf_slice hard;   /* of a hard link: the name of the other member */
    bool is_hard;
    enum vf_kind kind;
    uint16_t mode;
    uint32_t uid, gid, mtime_ns;
    int64_t mtime_s;
    uint64_t size, off; /* FILE: its bytes in the store */
    uint8_t store;
    unsigned layer; /* as in struct vf_file_read */
    bool follow;
};
/* A member that cannot be in the tree is counted as a flaw, and VF_OK. */
VF_MUST_CHECK enum vf_status vf_file_put(struct vf_file_tree *t, const struct vf_put *e, struct vf_err *err);

#endif
