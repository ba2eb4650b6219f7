/* report.h: results as text for people and as files that other programs read: one table of writers, one file
 * for each format. A report goes into a buffer first, so that it is printed whole or not at all. */
#ifndef VF_REPORT_REPORT_H
#define VF_REPORT_REPORT_H

#include "base/err.h"
#include "venvfix.h"

struct vf_report_style {
    bool color;
    bool verbose;  /* every finding on lines of its own */
    bool quiet;    /* errors and answers only */
    bool terminal; /* it goes to a terminal: a diff is escaped, too */
};

/* What a report is about. */
enum vf_report_kind { VF_REPORT_NONE, VF_REPORT_CHECK, VF_REPORT_CHANGE, VF_REPORT_PACK, VF_REPORT_FREEZE };

/* A result with what its writers need; the member of its kind is set. Everything is borrowed. */
struct vf_report {
    enum vf_report_kind kind;
    const struct venvfix_check_result *check;
    const char *env; /* CHECK: how the user named the environment, for the commands of the text */
    const struct venvfix_change_result *change; /* CHANGE, PACK */
    const struct venvfix_freeze_result *freeze;
};

/* Appends one report. Out of memory: out->failed. */
typedef void (*vf_write_fn)(struct vf_buf *out, const struct vf_report *r,
                            const struct vf_report_style *style);

/* A report format. A NULL function: the format has no form for that kind. */
struct vf_writer {
    const char *name;       /* of --format */
    const char *media_type; /* RFC 6838 */
    vf_write_fn check, change, pack, freeze;
    void (*error)(struct vf_buf *out,
                  const struct venvfix_error *e); /* NULL: text on standard error is all */
};
extern const struct vf_writer vf_writers[]; /* name NULL at the end; the first one of a kind is its default */
/* Its function for reports of this kind; NULL: it has none. */
vf_write_fn vf_writer_function(const struct vf_writer *w, enum vf_report_kind kind);
/* By name, among those that write reports of this kind; NULL when there is none. */
const struct vf_writer *vf_writer_find(enum vf_report_kind kind, struct vf_slice name);
/* Their names, "text|json", NUL-terminated in n bytes. */
void vf_writer_names(enum vf_report_kind kind, char *out, size_t n);

/* ---- json.c: one object and a line feed; docs/report.md ---- */
void vf_json_check(struct vf_buf *out, const struct vf_report *r, const struct vf_report_style *style);
void vf_json_change(struct vf_buf *out, const struct vf_report *r, const struct vf_report_style *style);
void vf_json_freeze(struct vf_buf *out, const struct vf_report *r, const struct vf_report_style *style);
void vf_json_error(struct vf_buf *out, const struct venvfix_error *e);
/* jsonl.c: a finding a line, then the rest as the last line. */
void vf_jsonl_check(struct vf_buf *out, const struct vf_report *r, const struct vf_report_style *style);
void vf_jsonl_error(struct vf_buf *out, const struct venvfix_error *e);

/* ---- text.c: for people ---- */
void vf_text_check(struct vf_buf *out, const struct vf_report *r, const struct vf_report_style *style);
void vf_text_change(struct vf_buf *out, const struct vf_report *r, const struct vf_report_style *style);
/* text_pack.c */
void vf_text_pack(struct vf_buf *out, const struct vf_report *r, const struct vf_report_style *style);
/* The line about a bundle that a change packed (--bundle); nothing when there is none. */
void vf_text_packed(struct vf_buf *out, const struct venvfix_change_result *r,
                    const struct vf_report_style *style);
/* A lock bundle that was checked. */
void vf_text_bundle(struct vf_buf *out, const struct venvfix_check_result *r,
                    const struct vf_report_style *style);
/* text_freeze.c: the requirements list, or the lock file. */
void vf_text_freeze(struct vf_buf *out, const struct vf_report *r, const struct vf_report_style *style);
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
