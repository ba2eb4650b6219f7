/* source_name.h: what the name of a file says about it, where its contents are no archive: a requirement
 * list, a pylock.toml, an archive or wheel that its contents are not, or the file of another tool. */
#ifndef VF_PACKAGING_SOURCE_NAME_H
#define VF_PACKAGING_SOURCE_NAME_H

#include "base/err.h"

/* For a file whose first bytes are not those of an archive. VF_OK: a list or a lock file may be in it.
 * VF_BAD_ARCHIVE: its name says that it is an archive or a wheel (a download that was cut off, for example).
 * VF_BAD_LIST: it belongs to another tool (uv.lock, poetry.lock, environment.yml, ...); the detail names the
 * command that writes a list from it. `path` is as the user typed it. */
VF_MUST_CHECK enum vf_status vf_source_name_check(struct vf_slice path, uint64_t size, struct vf_err *err);

#endif
