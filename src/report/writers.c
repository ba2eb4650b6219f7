/* writers.c: the table of report formats. A new format is a row here and a file. */
#include <stdio.h>
#include <string.h>

#include "report/report.h"

const struct vf_writer vf_writers[] = {
    {.name = "text",
     .media_type = "text/plain",
     .check = vf_text_check,
     .change = vf_text_change,
     .pack = vf_text_pack},
    {.name = "requirements", .media_type = "text/plain", .freeze = vf_text_freeze},
    {.name = "pylock", .media_type = "application/toml", .freeze = vf_text_freeze},
    {.name = "json",
     .media_type = "application/json",
     .check = vf_json_check,
     .change = vf_json_change,
     .pack = vf_json_change,
     .freeze = vf_json_freeze,
     .error = vf_json_error},
    {.name = "jsonl", .media_type = "application/jsonl", .check = vf_jsonl_check, .error = vf_jsonl_error},
    {.name = NULL},
};

vf_write_fn vf_writer_function(const struct vf_writer *w, enum vf_report_kind kind)
{
    switch (kind) {
    case VF_REPORT_CHECK:
        return w->check;
    case VF_REPORT_CHANGE:
        return w->change;
    case VF_REPORT_PACK:
        return w->pack;
    case VF_REPORT_FREEZE:
        return w->freeze;
    case VF_REPORT_NONE:
        break;
    }
    return NULL;
}

const struct vf_writer *vf_writer_find(enum vf_report_kind kind, struct vf_slice name)
{
    for (const struct vf_writer *w = vf_writers; w->name; w++)
        if (vf_writer_function(w, kind) && vf_slice_eq(name, vf_slice_of(w->name)))
            return w;
    return NULL;
}

void vf_writer_names(enum vf_report_kind kind, char *out, size_t n)
{
    size_t used = 0;
    *out = '\0';
    for (const struct vf_writer *w = vf_writers; w->name; w++) {
        if (!vf_writer_function(w, kind))
            continue;
        int len = snprintf(out + used, n - used, "%s%s", used ? "|" : "", w->name);
        if (len < 0 || (size_t)len >= n - used)
            return;
        used += (size_t)len;
    }
}
