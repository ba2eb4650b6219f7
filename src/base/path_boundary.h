/* edges.h: what stands around a place's text: is it the whole of a path there, and how does the path go on?
 */
#ifndef VF_BASE_PATH_BOUNDARY_H
#define VF_BASE_PATH_BOUNDARY_H

#include "base/search.h"

enum {
    VF_BOUNDARY_BEFORE = 64, /* bytes before a place that are looked at */
    VF_BOUNDARY_BEHIND = 16, /* bytes behind a place or behind its rest that are looked at */
    VF_BOUNDARY_REST = 4096, /* longest rest, as spelled */
};

/* `before`: the last VF_BOUNDARY_BEFORE bytes before the text, fewer only at the start of the file. For text,
 * not for binaries. */
bool vf_boundary_left(enum vf_style style, struct vf_slice before);
/* Does a URL's scheme end here (`file://`, also with `\/`)? */
bool vf_boundary_scheme(enum vf_style style, struct vf_slice before);
/* Is it `file:`, alone or as in `git+file://`? Then the path is percent-encoded. */
bool vf_boundary_file_url(struct vf_slice before);
/* `behind`: what follows the place's text; at least VF_BOUNDARY_BEHIND bytes unless the file ends. */
bool vf_boundary_right(enum vf_style style, struct vf_slice behind);
/* The same in a binary: what can be no text ends a path, too (a pickle's next opcode). */
bool vf_boundary_right_binary(enum vf_style style, struct vf_slice behind);

struct vf_rest_rule {
    enum vf_encoding encoding;
    enum vf_style style;
    bool binary; /* what can be no text ends the path */
    bool quoted; /* the path began behind a quote, so blanks may belong to it */
};
/* The rest of the path at the start of `behind`: its length as spelled, decoded in out with leading slashes
 * taken off and `/` for every separator. At most VF_BOUNDARY_REST bytes are taken. */
size_t vf_boundary_rest(struct vf_rest_rule rule, struct vf_slice behind, struct vf_buf *out);

#endif
