/* spool.h: bytes that are written once and read again: in a file without a name, or in memory.
 *
 * The file is gone when the process ends, whatever ends it. */
#ifndef VF_FS_SPOOL_H
#define VF_FS_SPOOL_H

#include "base/err.h"

struct vf_spool; /* opaque */

/* `dir`: descriptor of a directory, or -1 for memory. */
VF_MUST_CHECK enum vf_status vf_spool_new(int dir, struct vf_spool **out, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_spool_write(struct vf_spool *s, struct vf_slice bytes, struct vf_err *err);
/* A hole, for bytes that nobody is going to read; of a file only. The last thing in a spool is no hole. */
VF_MUST_CHECK enum vf_status vf_spool_skip(struct vf_spool *s, uint64_t n, struct vf_err *err);
uint64_t vf_spool_size(const struct vf_spool *s);
int vf_spool_fd(const struct vf_spool *s); /* -1: memory */
/* Memory: its bytes, which move when more are written. */
struct vf_slice vf_spool_bytes(const struct vf_spool *s);
/* Bytes [at, at + n) as memory that may be written to without changing the spool; NULL when it cannot be had.
 * The file is ours alone, so it cannot shrink under a reader. To be given back to vf_spool_unmap. */
char *vf_spool_map(const struct vf_spool *s, uint64_t at, size_t n);
void vf_spool_unmap(const struct vf_spool *s, char *image, uint64_t at, size_t n);
/* Everything is forgotten. */
VF_MUST_CHECK enum vf_status vf_spool_clear(struct vf_spool *s, struct vf_err *err);
void vf_spool_free(struct vf_spool *s); /* NULL is fine */

/* A regular file of the host, for reading, links followed; `size` as it is now. VF_UNREADABLE when it is
 * something else, VF_NOT_FOUND. */
VF_MUST_CHECK enum vf_status vf_file_open(struct vf_slice path, int *fd, uint64_t *size, struct vf_err *err);

#endif
