/* edit_write.h: writes the file that an edit leads to, from one descriptor to another, in chunks, so that the
 * size of a spliced file is no matter. Used by the copy and by the transaction. */
#ifndef VF_FS_EDIT_WRITE_H
#define VF_FS_EDIT_WRITE_H

#include "fs/edit.h"
#include "fs/tree.h"

struct vf_edit_sums {
    unsigned char old_sum[32], new_sum[32]; /* sha256 of the contents before and after */
};

/* SPLICE or WRITE. src: the original, read from its start, of `old_size` bytes; -1 when there is none (WRITE
 * only). dst: an empty file open for writing. sums may be NULL: nothing is hashed. VF_CHANGED when src has
 * another size, or a splice does not fit in it. */
VF_MUST_CHECK enum vf_status vf_edit_write(const struct vf_edit *e, int src, uint64_t old_size, int dst,
                                           struct vf_edit_sums *sums, struct vf_err *err);
/* The times of the written file dst: now, and never the second of the original together with its size, which
 * is all by which Python tells that a .pyc is stale. 0 or -1 with errno. */
int vf_edit_set_time(int dst, const struct vf_stat *original);
/* sha256 of what fd holds from its position to its end. */
VF_MUST_CHECK enum vf_status vf_fd_sha256(int fd, unsigned char sum[32], struct vf_err *err);
/* All bytes, also over short writes and signals. 0 or -1 with errno. */
int vf_fd_write_all(int fd, struct vf_slice bytes);
/* The error of a failed write: where vf_err_sys would say "unreadable", it is "not-writable". */
enum vf_status vf_err_write(struct vf_err *err, int sys, const char *op, struct vf_slice path);

#endif
