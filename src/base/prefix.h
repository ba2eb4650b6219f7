/* place.h: a place is where an environment stands, stood, or is to stand: one absolute path as bytes, with
 * the rules by which text may name it. Boundaries, last component and mapping ask this module.
 * docs/formats.md 10.1, 10.2. */
#ifndef VF_BASE_PREFIX_H
#define VF_BASE_PREFIX_H

#include "base/path.h"

enum vf_style { VF_STYLE_POSIX, VF_STYLE_WINDOWS };

struct vf_prefix {
    struct vf_slice path; /* clean, absolute; borrowed */
    enum vf_style style;
    bool fold_case; /* compare without ASCII case (Windows, and macOS on request) */
};

/* Is `path` this place or below it? *rest gets the part behind, without separator ("" for the place itself).
 * `path` need not be clean: it is compared by words after cleaning. */
bool vf_prefix_holds(const struct vf_prefix *pl, struct vf_slice path, struct vf_slice *rest,
                     struct vf_arena *a);
/* Three components or more, or two of which the last begins with a dot (docs/architecture.md). */
bool vf_prefix_distinctive(const struct vf_prefix *pl);
/* Places that are no evidence for anything: `/`, `/usr`, `/usr/local` and one-component system directories
 * (`/usr /bin /lib /etc /var /tmp /home /root /opt`). */
bool vf_prefix_is_common(const struct vf_prefix *pl);
/* May `next` stand behind the text of a place, `prev` before it (-1: end or start of file)?
 * docs/formats.md 10.2. In text the left byte must not be a byte of a path name; a `/` before is refused too
 * unless a scheme
 * (`file://`) ends there, which the caller sees. In binaries only the right side counts. */
bool vf_prefix_right_boundary(int next);
bool vf_prefix_left_boundary(int prev);

#endif
