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

/* A result with what its writers need. Everything is borrowed. Checks have a report of their own (below). */
struct vf_report {
    const struct venvfix_change_result *change; /* CHANGE, PACK */
    const struct venvfix_freeze_result *freeze; /* FREEZE */
};

/* Appends one report. Out of memory: out->failed. */
typedef void (*vf_write_fn)(struct vf_buf *out, const struct vf_report *r,
                            const struct vf_report_style *style);

/* One environment of a report. */
struct vf_checked {
    const char *env; /* how the user named it, for the commands of the text */
    const struct venvfix_check_result *result;
};

/* A report of checks while it is being written: one environment, or several of which each is written as soon
 * as it is examined. Zero-initialise, then set `several`, `style` and the anchor. */
struct vf_checks {
    bool several; /* more than one was asked for, though fewer may be found */
    const struct vf_report_style *style;
    const char *anchor; /* --anchor: the committed file that findings are shown at; NULL: none */
    long anchor_line;   /* 1-based; 0: none given */
    /* Sums over the environments written so far. */
    uint64_t environments, sound, unsound, unreadable;
    uint64_t errors, warnings, infos, suppressed;
    int exit;          /* the largest */
    uint64_t shown[3]; /* for a writer: findings that it wrote, by level */
    uint64_t listed;   /* for a writer: environments that it showed, of those that could be examined */
    bool baseline;     /* findings are compared with a baseline: `suppressed` means something */
    struct vf_buf
        held; /* for a writer: what belongs behind the environments; released by vf_checks_release */
    struct vf_buf base; /* for a writer: the directory that relative paths begin at */
};
/* Findings at level error that say what could not be examined, where nothing is known to be wrong: whether it
 * works is not known. 0: it is. */
uint64_t vf_report_unknown(const struct venvfix_check_result *r);
/* Adds the sums of one environment: call it before the writer's `one`. */
void vf_checks_add(struct vf_checks *c, const struct vf_checked *one);
void vf_checks_release(struct vf_checks *c);

/* Appends what begins or ends a report of checks. */
typedef void (*vf_frame_fn)(struct vf_buf *out, struct vf_checks *c);
typedef void (*vf_check_fn)(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one);

/* A report format. A NULL function: the format has no form for that kind. */
struct vf_writer {
    const char *name;       /* of --format */
    const char *media_type; /* RFC 6838 */
    vf_check_fn check;      /* one environment, which may be one that could not be examined (result->error) */
    vf_frame_fn begin, end; /* of a report of checks; NULL: nothing */
    vf_write_fn change, pack, freeze;
    void (*error)(struct vf_buf *out,
                  const struct venvfix_error *e); /* NULL: text on standard error is all */
};
extern const struct vf_writer vf_writers[]; /* name NULL at the end; the first one of a kind is its default */
bool vf_writer_takes(const struct vf_writer *w, enum vf_report_kind kind);
/* Its function for reports of this kind; NULL: it has none, or they are checks. */
vf_write_fn vf_writer_function(const struct vf_writer *w, enum vf_report_kind kind);
/* By name, among those that write reports of this kind; NULL when there is none. */
const struct vf_writer *vf_writer_find(enum vf_report_kind kind, struct vf_slice name);
/* Their names, "text|json", NUL-terminated in n bytes. */
void vf_writer_names(enum vf_report_kind kind, char *out, size_t n);

/* ---- json.c: one object and a line feed; docs/report.md ---- */
void vf_json_begin(struct vf_buf *out, struct vf_checks *c);
void vf_json_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one);
void vf_json_end(struct vf_buf *out, struct vf_checks *c);
void vf_json_change(struct vf_buf *out, const struct vf_report *r, const struct vf_report_style *style);
void vf_json_freeze(struct vf_buf *out, const struct vf_report *r, const struct vf_report_style *style);
void vf_json_error(struct vf_buf *out, const struct venvfix_error *e);
/* a finding a line, then the rest of its environment as a line */
void vf_jsonl_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one);
void vf_jsonl_end(struct vf_buf *out, struct vf_checks *c);
void vf_jsonl_error(struct vf_buf *out, const struct venvfix_error *e);

/* ---- sarif.c: SARIF 2.1.0 (OASIS) ---- */
void vf_sarif_begin(struct vf_buf *out, struct vf_checks *c);
void vf_sarif_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one);
void vf_sarif_end(struct vf_buf *out, struct vf_checks *c);
void vf_sarif_error(struct vf_buf *out, const struct venvfix_error *e);
/* ---- junit.c: JUnit XML, a suite for each environment ---- */
void vf_junit_begin(struct vf_buf *out, struct vf_checks *c);
void vf_junit_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one);
void vf_junit_end(struct vf_buf *out, struct vf_checks *c);
void vf_junit_error(struct vf_buf *out, const struct venvfix_error *e);
/* ---- github.c: workflow commands of GitHub Actions ---- */
void vf_github_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one);
void vf_github_end(struct vf_buf *out, struct vf_checks *c);
void vf_github_error(struct vf_buf *out, const struct venvfix_error *e);
/* ---- gitlab.c: GitLab's code quality report ---- */
void vf_gitlab_begin(struct vf_buf *out, struct vf_checks *c);
void vf_gitlab_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one);
void vf_gitlab_end(struct vf_buf *out, struct vf_checks *c);
void vf_gitlab_error(struct vf_buf *out, const struct venvfix_error *e);
/* ---- markdown.c: for job summaries (GitHub flavoured, below 1 MiB) ---- */
void vf_markdown_begin(struct vf_buf *out, struct vf_checks *c);
void vf_markdown_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one);
void vf_markdown_end(struct vf_buf *out, struct vf_checks *c);
void vf_markdown_error(struct vf_buf *out, const struct venvfix_error *e);
/* ---- html.c: one self-contained page ---- */
void vf_html_begin(struct vf_buf *out, struct vf_checks *c);
void vf_html_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one);
void vf_html_end(struct vf_buf *out, struct vf_checks *c);
void vf_html_error(struct vf_buf *out, const struct venvfix_error *e);

/* ---- text_*.c: for people ---- */
void vf_text_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one);
void vf_text_end(struct vf_buf *out, struct vf_checks *c);
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
