/* gitlab.c: GitLab's code quality report: one array, each entry with a fingerprint of its own. */
#include "base/escape.h"
#include "report/json_parts.h"
#include "report/location.h"
#include "report/markup.h"

static const char *severity_of(const struct venvfix_finding *f)
{
    switch (f->level) {
    case VENVFIX_LEVEL_ERROR:
        return f->verdict == VENVFIX_BROKEN || f->verdict == VENVFIX_ASTRAY ? "critical" : "major";
    case VENVFIX_LEVEL_WARNING:
        return "minor";
    case VENVFIX_LEVEL_INFO:
        break;
    }
    return "info";
}

static json_t *lossy(struct vf_buf *text)
{
    struct vf_buf b = {0};
    vf_utf8_lossy(&b, vf_buf_slice(text));
    json_t *v = b.failed || text->failed ? NULL : json_stringn(b.n ? b.p : "", b.n);
    vf_buf_release(&b);
    return v;
}

/* Takes `path` and `description` over. */
static json_t *entry(const char *check, const char *severity, json_t *description, struct vf_buf *fingerprint,
                     json_t *path, long long line)
{
    json_t *o = NULL;
    if (description && path && !fingerprint->failed)
        o = json_pack("{s:s, s:O, s:s%, s:s, s:{s:O, s:{s:I}}}", "check_name", check, "description",
                      description, "fingerprint", fingerprint->p, fingerprint->n, "severity", severity,
                      "location", "path", path, "lines", "begin", (json_int_t)(line > 0 ? line : 1));
    json_decref(description);
    json_decref(path);
    return o;
}

static json_t *finding(const struct vf_checks *c, struct vf_fingerprints *fp, const struct vf_checked *one,
                       const struct venvfix_finding *f)
{
    struct vf_buf where = {0}, text = {0}, fingerprint = {0};
    vf_location_put(&where, one, f);
    vf_buf_printf(&text, "%s: ", f->name);
    if (c->anchor) {
        vf_buf_put(&text, vf_buf_slice(&where));
        vf_buf_puts(&text, ": ");
        vf_buf_clear(&where);
        vf_buf_puts(&where, c->anchor);
    }
    vf_finding_put_text(&text, f);
    vf_fingerprint_put(&fingerprint, fp, one, f, c->several);
    json_t *o = entry(f->rule, severity_of(f), lossy(&text), &fingerprint, lossy(&where),
                      c->anchor ? c->anchor_line : (long long)f->line);
    vf_buf_release(&where);
    vf_buf_release(&text);
    vf_buf_release(&fingerprint);
    return o;
}

static json_t *error_entry(const struct venvfix_error *e)
{
    struct vf_buf text = {0}, path = {0}, fingerprint = {0};
    vf_error_put_text(&text, e);
    vf_buf_put(&path, e->path.n > 0 ? (struct vf_slice){e->path.p, e->path.n} : VF_S("."));
    vf_buf_printf(&fingerprint, "venvfix-%s-", e->code);
    vf_percent_encode(&fingerprint, vf_buf_slice(&path), "");
    json_t *o = entry(e->code, "blocker", lossy(&text), &fingerprint, lossy(&path), 1);
    vf_buf_release(&text);
    vf_buf_release(&path);
    vf_buf_release(&fingerprint);
    return o;
}

static void put_entry(struct vf_buf *out, struct vf_checks *c, json_t *o)
{
    if (c->shown[0]++ > 0)
        vf_buf_puts(out, ",\n");
    vf_js_print(out, o, o != NULL, JSON_COMPACT);
}

void vf_gitlab_begin(struct vf_buf *out, struct vf_checks *c)
{
    (void)c;
    vf_buf_puts(out, "[\n");
}

void vf_gitlab_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one)
{
    const struct venvfix_check_result *r = one->result;
    struct vf_fingerprints fp;
    if (r->error.code) {
        put_entry(out, c, error_entry(&r->error));
        return;
    }
    vf_fingerprints_init(&fp);
    for (size_t i = 0; i < r->findings.n; i++)
        if (!r->findings.v[i].suppressed)
            put_entry(out, c, finding(c, &fp, one, &r->findings.v[i]));
    vf_fingerprints_release(&fp);
}

void vf_gitlab_end(struct vf_buf *out, struct vf_checks *c)
{
    (void)c;
    vf_buf_puts(out, "]\n");
}

void vf_gitlab_error(struct vf_buf *out, const struct venvfix_error *e)
{
    struct vf_checks c = {0};
    vf_gitlab_begin(out, &c);
    put_entry(out, &c, error_entry(e));
    vf_gitlab_end(out, &c);
}
