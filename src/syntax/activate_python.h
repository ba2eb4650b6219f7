/* activate_python.h: the literals of the two activate files that are Python: activate.xsh and
 * activate_this.py. */
#ifndef VF_SYNTAX_ACTIVATE_PYTHON_H
#define VF_SYNTAX_ACTIVATE_PYTHON_H

#include "syntax/activate.h"

/* Members of struct act_shell. */
struct act_word act_python_word(struct vf_buf *out, struct vf_slice text);
void act_python_put(struct vf_buf *out, struct vf_slice value, unsigned shape);
unsigned act_python_style(struct vf_slice file, unsigned quote);
extern const uint16_t act_python_correct[];

#endif
