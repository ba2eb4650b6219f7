/* decompose.h: canonical decomposition of letters with marks (Unicode Standard Annex 15), as far as file
 * names of Latin, Greek and Cyrillic have them. macOS takes the composed and the decomposed form for the same
 * name. */
#ifndef VF_BASE_DECOMPOSE_H
#define VF_BASE_DECOMPOSE_H

#include "base/str.h"

/* Appends the text with every letter decomposed and ASCII in lower case: names that a file system may take
 * for one another give the same bytes. What is no UTF-8 is appended as it is. */
void vf_fold_name(struct vf_slice text, struct vf_buf *out);

#endif
