/* writers.c: the table of report formats. A new format is a row here and a file. */
#include <stdio.h>
#include <string.h>

#include "report/report.h"

const struct vf_writer vf_writers[] = {
    {.name = "text",
     .media_type = "text/plain",
     .check = vf_text_check,
     .end = vf_text_end,
     .change = vf_text_change,
     .pack = vf_text_pack},
    {.name = "requirements", .media_type = "text/plain", .freeze = vf_text_freeze},
    {.name = "pylock", .media_type = "application/toml", .freeze = vf_text_freeze},
    {.name = "json",
     .media_type = "application/json",
     .begin = vf_json_begin,
     .check = vf_json_check,
     .end = vf_json_end,
     .change = vf_json_change,
     .pack = vf_json_change,
     .freeze = vf_json_freeze,
     .error = vf_json_error},
    {.name = "jsonl",
     .media_type = "application/jsonl",
     .check = vf_jsonl_check,
     .end = vf_jsonl_end,
     .error = vf_jsonl_error},
    {.name = "sarif",
     .media_type = "application/sarif+json",
     .begin = vf_sarif_begin,
     .check = vf_sarif_check,
     .end = vf_sarif_end,
     .error = vf_sarif_error},
    {.name = "junit",
     .media_type = "application/xml",
     .begin = vf_junit_begin,
     .check = vf_junit_check,
     .end = vf_junit_end,
     .error = vf_junit_error},
    {.name = "github",
     .media_type = "text/plain",
     .check = vf_github_check,
     .end = vf_github_end,
     .error = vf_github_error},
    {.name = "gitlab",
     .media_type = "application/json",
     .begin = vf_gitlab_begin,
     .check = vf_gitlab_check,
     .end = vf_gitlab_end,
     .error = vf_gitlab_error},
    {.name = "markdown",
     .media_type = "text/markdown",
     .begin = vf_markdown_begin,
     .check = vf_markdown_check,
     .end = vf_markdown_end,
     .error = vf_markdown_error},
    {.name = "html",
     .media_type = "text/html",
     .begin = vf_html_begin,
     .check = vf_html_check,
     .end = vf_html_end,
     .error = vf_html_error},
    {.name = NULL},
};

vf_write_fn vf_writer_function(const struct vf_writer *w, enum vf_report_kind kind)
{
    switch (kind) {
    case VF_REPORT_CHANGE:
        return w->change;
    case VF_REPORT_PACK:
        return w->pack;
    case VF_REPORT_FREEZE:
        return w->freeze;
    case VF_REPORT_CHECK:
    case VF_REPORT_NONE:
        break;
    }
    return NULL;
}

bool vf_writer_takes(const struct vf_writer *w, enum vf_report_kind kind)
{
    return kind == VF_REPORT_CHECK ? w->check != NULL : vf_writer_function(w, kind) != NULL;
}

uint64_t vf_report_unknown(const struct venvfix_check_result *r)
{
    uint64_t n = 0;
    for (size_t i = 0; r->sound && i < r->findings.n; i++) {
        const struct venvfix_finding *f = &r->findings.v[i];
        n += f->verdict == VENVFIX_UNEXAMINED && f->level == VENVFIX_LEVEL_ERROR && !f->suppressed;
    }
    return n;
}

void vf_checks_add(struct vf_checks *c, const struct vf_checked *one)
{
    const struct venvfix_check_result *r = one->result;
    c->environments++;
    if (r->exit > c->exit)
        c->exit = r->exit;
    if (r->error.code) {
        c->unreadable++;
        return;
    }
    c->sound += r->sound;
    c->unsound += !r->sound;
    c->errors += r->errors;
    c->warnings += r->warnings;
    c->infos += r->infos;
    c->suppressed += r->suppressed;
}

void vf_checks_release(struct vf_checks *c)
{
    vf_buf_release(&c->held);
    vf_buf_release(&c->base);
}

const struct vf_writer *vf_writer_find(enum vf_report_kind kind, struct vf_slice name)
{
    for (const struct vf_writer *w = vf_writers; w->name; w++)
        if (vf_writer_takes(w, kind) && vf_slice_eq(name, vf_slice_of(w->name)))
            return w;
    return NULL;
}

void vf_writer_names(enum vf_report_kind kind, char *out, size_t n)
{
    size_t used = 0;
    *out = '\0';
    for (const struct vf_writer *w = vf_writers; w->name; w++) {
        if (!vf_writer_takes(w, kind))
            continue;
        int len = snprintf(out + used, n - used, "%s%s", used ? "|" : "", w->name);
        if (len < 0 || (size_t)len >= n - used)
            return;
        used += (size_t)len;
    }
}
