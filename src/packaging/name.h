/* name.h: names of projects, and the names of the directories that hold a distribution's metadata.
 *
 * Pure functions over bytes; case is ASCII case. Sources: PEP 503 (canonical form), PEP 508 (valid names),
 * PEP 427 and PEP 491 (escaped form in file names), docs/formats.md 6.1 (what pip takes from a directory
 * name). */
#ifndef VF_PACKAGING_NAME_H
#define VF_PACKAGING_NAME_H

#include "base/arena.h"

/* PEP 503: ASCII lower case, every run of `-`, `_`, `.` becomes one `-`. Any bytes are accepted. Appends to
 * out. */
void vf_name_canonical_put(struct vf_buf *out, struct vf_slice name);
/* The same, in the arena; p is NULL on no memory (and only then: "" gives a pointer, too). */
struct vf_slice vf_name_canonical(struct vf_arena *a, struct vf_slice name);
/* Is it already in that form, and valid? */
bool vf_name_is_canonical(struct vf_slice name);
/* Are both the same project? Compares canonical forms without making them. */
bool vf_name_same(struct vf_slice a, struct vf_slice b);
/* Letters, digits, `-_.`, with a letter or digit at both ends. docs/formats.md 6.1: pip passes over
 * distributions with other names. */
bool vf_name_valid(struct vf_slice name);
/* The form used in the file names of wheels and dist-info directories: runs of `-_.` become one `_`, lower
 * case. Appends to out. */
void vf_name_escaped_put(struct vf_buf *out, struct vf_slice name);

enum vf_info_kind { VF_INFO_NONE, VF_INFO_DIST_INFO, VF_INFO_EGG_INFO };

/* The name of a metadata directory (or file), taken apart. Slices borrow from the name. */
struct vf_info_name {
    enum vf_info_kind kind;
    /* Before the first `-` of the stem, as written. Empty when pip takes the name from METADATA instead: a
     * dist-info without `-`, nothing before the `-`, or a suffix not in lower case. */
    struct vf_slice name;
    /* Behind the first `-`, as written, "" when there is none. Of an egg-info pip does not use it (its
     * version is the header's), and it may end in `-pyX.Y`. */
    struct vf_slice version;
};
/* `base` is one path component. Anything but `*.dist-info` and `*.egg-info` (any ASCII case, as
 * importlib.metadata lists them) gives VF_INFO_NONE. docs/formats.md 6.1. */
struct vf_info_name vf_info_name_parse(struct vf_slice base);

#endif
