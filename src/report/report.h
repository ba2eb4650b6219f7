/* report.h: results as text for people and as the JSON of docs/report.md. Reports go into a buffer: one is
 * printed whole or not at all. */
#ifndef VF_REPORT_REPORT_H
#define VF_REPORT_REPORT_H

#include "base/err.h"
#include "venvfix.h"

struct vf_report_style {
    bool color;
    bool verbose; /* every finding on a line of its own */
    bool quiet;   /* errors and answers only */
};

/* ---- json.c: one object and a line feed. False: no memory. ---- */
bool vf_json_check(struct vf_buf *out, const struct venvfix_check_result *r);
bool vf_json_change(struct vf_buf *out, const struct venvfix_change_result *r);
bool vf_json_freeze(struct vf_buf *out, const struct venvfix_freeze_result *r);
bool vf_json_error(struct vf_buf *out, const struct venvfix_error *e);

/* ---- text.c ---- */
/* `command`: how the user named the environment, for the lines that say what helps. */
void vf_text_check(struct vf_buf *out, const struct venvfix_check_result *r,
                   const struct vf_report_style *style, const char *env_as_typed);
void vf_text_change(struct vf_buf *out, const struct venvfix_change_result *r,
                    const struct vf_report_style *style);
/* text_pack.c */
void vf_text_pack(struct vf_buf *out, const struct venvfix_change_result *r,
                  const struct vf_report_style *style);
/* The line about a bundle that a change packed (--bundle); nothing when there is none. */
void vf_text_packed(struct vf_buf *out, const struct venvfix_change_result *r,
                    const struct vf_report_style *style);
/* A lock bundle that was checked. */
void vf_text_bundle(struct vf_buf *out, const struct venvfix_check_result *r,
                    const struct vf_report_style *style);
/* The findings as vf_text_check shows them. */
void vf_text_findings(struct vf_buf *out, const struct venvfix_findings *fs,
                      const struct vf_report_style *style);
/* Each of them, where a change was refused because they have no writer. */
void vf_text_unwritten(struct vf_buf *out, const struct venvfix_findings *fs,
                       const struct vf_report_style *style);
/* Lines (a diff), each escaped, line ends kept. */
void vf_term_put_lines(struct vf_buf *out, struct vf_slice text);
/* `venvfix: error: cannot ...` */
void vf_text_error(struct vf_buf *out, const struct venvfix_error *e, const struct vf_report_style *style);
void vf_text_rule(struct vf_buf *out, const struct venvfix_rule *r, const struct vf_report_style *style);
void vf_text_rules(struct vf_buf *out, const struct vf_report_style *style);

#endif
