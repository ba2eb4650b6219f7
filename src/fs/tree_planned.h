/* tree_planned.h: a tree as it will be: a base tree with edits laid over it. Nothing is written; this is what
 * is proven before anything is changed (docs/architecture.md). Spliced files are streamed, so their size is
 * no matter. */
#ifndef VF_FS_TREE_PLANNED_H
#define VF_FS_TREE_PLANNED_H

#include "fs/edit.h"
#include "fs/tree.h"

/* base and edits are borrowed. Deleted entries vanish from lists; new files and links appear (mtime of an
 * edited file: "now" is not known, so mtime_s is INT64_MAX: it differs from any other). */
VF_MUST_CHECK enum vf_status vf_tree_planned(struct vf_tree *base, const struct vf_edits *edits,
                                             struct vf_tree **out, struct vf_err *err);

#endif
