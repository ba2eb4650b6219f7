/* json_parts.h: members of JSON objects, for the report formats that are JSON. For src/report only. Each
 * function returns false when memory ran out; objects may be NULL, which is the same. */
#ifndef VF_REPORT_JSON_PARTS_H
#define VF_REPORT_JSON_PARTS_H

#include <jansson.h>

#include "report/report.h"

#define VF_JS_PRETTY JSON_INDENT(1) /* flags of jansson for a report that people may read */

/* A string or null; where bytes are no UTF-8 they show as U+FFFD, and KEY_base64 has all of them. */
bool vf_js_set_bytes(json_t *o, const char *key, struct venvfix_bytes v);
bool vf_js_set_number(json_t *o, const char *key, uint64_t v);
bool vf_js_set_nullable(json_t *o, const char *key, int64_t v); /* negative: null */
bool vf_js_set_bool(json_t *o, const char *key, bool v);
bool vf_js_set_maybe(json_t *o, const char *key, int v);        /* -1: null */
bool vf_js_set_text(json_t *o, const char *key, const char *v); /* NULL: null */
bool vf_js_set_head(json_t *o);                                 /* schema and tool of docs/report.md */
/* Appends the object and a line feed, and releases the object. out->failed where `ok` is false, too. */
void vf_js_print(struct vf_buf *out, json_t *o, bool ok, size_t flags);

#endif
