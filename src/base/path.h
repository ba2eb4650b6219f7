/* path.h: paths as bytes, by their words only (nothing here looks at a disk). POSIX separators. */
#ifndef VF_BASE_PATH_H
#define VF_BASE_PATH_H

#include "base/arena.h"

bool vf_path_is_abs(struct vf_slice p);
/* `.`, `..`, `//` and a trailing `/` removed (`..` at the root vanishes; leading `..` of a relative path
 * stays; two leading slashes become one). "" gives ".". Appends to out. */
void vf_path_clean(struct vf_buf *out, struct vf_slice p);
struct vf_slice vf_path_clean_dup(struct vf_arena *a, struct vf_slice p);
bool vf_path_is_clean(struct vf_slice p); /* cleaning would change nothing */
/* dir + '/' + name; name alone when it is absolute or dir is empty. Not cleaned. */
struct vf_slice vf_path_join(struct vf_arena *a, struct vf_slice dir, struct vf_slice name);
void vf_path_join_buf(struct vf_buf *out, struct vf_slice dir, struct vf_slice name);
struct vf_slice vf_path_dir(struct vf_slice p);  /* "a/b/c" -> "a/b", "c" -> "", "/c" -> "/", "/" -> "/" */
struct vf_slice vf_path_base(struct vf_slice p); /* last component */
/* Is `p` the directory `dir` or below it? Both clean. *rest (may be NULL) gets what follows, without the
 * slash. */
bool vf_path_under(struct vf_slice dir, struct vf_slice p, struct vf_slice *rest);
/* The relative path that leads from directory `from` to `to`; both absolute and clean. */
void vf_path_relative(struct vf_buf *out, struct vf_slice from, struct vf_slice to);
/* Resolves `target` of a link that stands at the relative path `link` below a root, by words. Returns false
 * when it is absolute or leaves the root; else out is the clean path below the root ("." for the root
 * itself). */
bool vf_path_link_inside(struct vf_buf *out, struct vf_slice link, struct vf_slice target);
size_t vf_path_depth(struct vf_slice p); /* number of components */

#endif
