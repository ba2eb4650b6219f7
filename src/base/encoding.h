/* spelling.h: is a place written here, in any 8-bit spelling? The comparison knows what it looks for, so
 * nothing is guessed: at each step the text has the next bytes of the place as an escape of the spelling, or
 * as themselves. */
#ifndef VF_BASE_ENCODING_H
#define VF_BASE_ENCODING_H

#include "base/search.h"

/* No spelling takes more than this many bytes for a byte of the place. */
enum { VF_ENCODING_GROWTH = 8 };

/* Length of the place's text at the start of `text` with its spelling in *sp, or 0. Raw is tried first, then
 * the others in their order. Adds what the comparison cost, roughly in bytes looked at, to *work: text that
 * repeats itself can be made to cost the length of the place at every byte. */
size_t vf_encoding_match(const struct vf_prefix *pl, struct vf_slice text, enum vf_encoding *sp,
                         uint64_t *work);
/* Can a place's text begin with this byte? */
bool vf_encoding_may_start(const struct vf_prefix *pl, char c);

/* The escape at the start of `text` in that spelling: its length with what it stands for in out (1 to 4
 * bytes, *n), or 0. A
 * `\xXX` gives UTF-8 of U+00XX. */
size_t vf_encoding_unit(enum vf_encoding sp, struct vf_slice text, char out[4], size_t *n);

#endif
