/* markup.h: foreign text inside XML and HTML. For src/report only. */
#ifndef VF_REPORT_MARKUP_H
#define VF_REPORT_MARKUP_H

#include "report/report.h"

/* Text for element content and for attributes in double quotes, in XML 1.0 and HTML: `&<>"'` become
 * references, line feeds and tabs too; what XML 1.0 cannot hold (control characters, U+FFFE, bytes that are
 * no UTF-8) is written as \xNN or \u{N}. */
void vf_markup_put(struct vf_buf *out, struct vf_slice text);
/* The same for a cell of a Markdown table (GitHub flavoured): also `|`, backticks and what else has a meaning
 * there. */
void vf_markup_put_cell(struct vf_buf *out, struct vf_slice text);
/* Message, value and expectation of a finding as one line of plain text. */
void vf_finding_put_text(struct vf_buf *out, const struct venvfix_finding *f);
/* Does the finding make check exit with 1? */
bool vf_finding_fails(const struct venvfix_check_result *r, const struct venvfix_finding *f);
/* What the error says, as one line of plain text. */
void vf_error_put_text(struct vf_buf *out, const struct venvfix_error *e);

#endif
