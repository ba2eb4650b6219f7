/* text_parts.h: pieces that the text reports share. For src/report only. */
#ifndef VF_REPORT_TEXT_PARTS_H
#define VF_REPORT_TEXT_PARTS_H

#include "report/report.h"

/* A foreign name or value, escaped for a terminal. */
void vf_text_put(struct vf_buf *out, struct venvfix_bytes v);
/* As a word that can be pasted into a shell: quoted where needed. */
void vf_text_put_word(struct vf_buf *out, struct vf_slice word);
/* An SGR code (ECMA-48), "0" to end it; nothing without colour. */
void vf_text_color(struct vf_buf *out, const struct vf_report_style *style, const char *code);
const char *vf_text_level_color(enum venvfix_level level);
/* Blanks up to `width` columns from out->n == from; at least one. What was put meanwhile is plain ASCII. */
void vf_text_pad(struct vf_buf *out, size_t from, size_t width);
/* "1 file", "3 files", "2 entries". */
void vf_text_put_count(struct vf_buf *out, uint64_t n, const char *one, const char *many);
/* Label and text of one line of a summary: "moved      /a to /b". */
void vf_text_put_label(struct vf_buf *out, const char *label);

/* The rule, where, and what, without the end of a line. */
void vf_text_finding_line(struct vf_buf *out, const struct venvfix_finding *f);

#endif
