/* sarif.c: SARIF 2.1.0 (OASIS): one run, whose results are written as the environments come; the tool with
 * its rules stands behind them. */
#include <string.h>

#include "base/escape.h"
#include "report/json_parts.h"
#include "report/location.h"
#include "report/markup.h"

#define SCHEMA "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

static const char *level_of(enum venvfix_level level)
{
    static const char *const names[] = {"note", "warning", "error"};
    return names[level];
}

/* Takes `value` over. */
static bool set(json_t *o, const char *key, json_t *value)
{
    return json_object_set_new(o, key, value) == 0;
}

static json_t *lossy(struct vf_slice s)
{
    struct vf_buf b = {0};
    vf_utf8_lossy(&b, s);
    json_t *v = b.failed ? NULL : json_stringn(b.n ? b.p : "", b.n);
    vf_buf_release(&b);
    return v;
}

static json_t *uri_of(struct vf_slice path)
{
    struct vf_buf b = {0};
    vf_location_put_uri(&b, path);
    json_t *v = b.failed ? NULL : json_stringn(b.n ? b.p : "", b.n);
    vf_buf_release(&b);
    return v;
}

static json_t *physical(struct vf_slice path, int64_t line)
{
    json_t *artifact = json_object(), *o = json_object();
    bool ok = artifact && o && set(artifact, "uri", uri_of(path));
    if (ok && path.n > 0 && path.p[0] != '/')
        ok = set(artifact, "uriBaseId", json_string("ROOT"));
    ok = ok && json_object_set(o, "artifactLocation", artifact) == 0;
    if (ok && line > 0)
        ok = set(o, "region", json_pack("{s:I}", "startLine", (json_int_t)line));
    json_decref(artifact);
    json_t *location = ok ? json_pack("{s:O}", "physicalLocation", o) : NULL;
    json_decref(o);
    return location;
}

/* GitHub refuses a result without a location: with --anchor it is the committed file, and the real one is
 * related. */
static bool set_locations(json_t *result, const struct vf_checks *c, const struct vf_checked *one,
                          const struct venvfix_finding *f)
{
    struct vf_buf real = {0};
    vf_location_put(&real, one, f);
    json_t *at = real.failed ? NULL : physical(vf_buf_slice(&real), f->line);
    vf_buf_release(&real);
    if (!at)
        return false;
    if (!c->anchor)
        return set(result, "locations", json_pack("[o]", at));
    json_t *anchor = physical(vf_slice_of(c->anchor), c->anchor_line > 0 ? c->anchor_line : 1);
    bool ok = anchor && set(at, "id", json_integer(1)) &&
              set(result, "locations", json_pack("[O]", anchor)) &&
              set(result, "relatedLocations", json_pack("[O]", at));
    json_decref(anchor);
    json_decref(at);
    return ok;
}

static bool set_message(json_t *result, const struct venvfix_finding *f)
{
    struct vf_buf b = {0};
    vf_finding_put_text(&b, f);
    json_t *text = b.failed ? NULL : lossy(vf_buf_slice(&b));
    vf_buf_release(&b);
    return text && set(result, "message", json_pack("{s:o}", "text", text));
}

static size_t rule_index(const char *id)
{
    size_t i = 0;
    while (i < venvfix_rule_count() && strcmp(venvfix_rule_at(i)->id, id) != 0)
        i++;
    return i;
}

static bool set_fingerprint(json_t *result, struct vf_fingerprints *fp, const struct vf_checks *c,
                            const struct vf_checked *one, const struct venvfix_finding *f)
{
    struct vf_buf b = {0};
    vf_fingerprint_put(&b, fp, one, f, c->several);
    bool ok = !b.failed && set(result, "partialFingerprints", json_pack("{s:s%}", "venvfix/v1", b.p, b.n));
    vf_buf_release(&b);
    return ok;
}

static json_t *result_object(struct vf_checks *c, struct vf_fingerprints *fp, const struct vf_checked *one,
                             const struct venvfix_finding *f)
{
    json_t *o = json_object();
    bool ok = o && set(o, "ruleId", json_string(f->rule)) &&
              set(o, "ruleIndex", json_integer((json_int_t)rule_index(f->rule))) &&
              set(o, "level", json_string(level_of(f->level))) && set_message(o, f) &&
              set_locations(o, c, one, f) && set_fingerprint(o, fp, c, one, f);
    if (ok && f->count > 1)
        ok = set(o, "occurrenceCount", json_integer(f->count));
    if (ok && c->baseline) /* on all results or on none */
        ok = set(o, "suppressions", f->suppressed ? json_pack("[{s:s}]", "kind", "external") : json_array());
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

static void put_head(struct vf_buf *out)
{
    vf_buf_puts(out, "{\"$schema\": \"" SCHEMA "\",\n\"version\": \"2.1.0\",\n\"runs\": [{\n");
}

void vf_sarif_begin(struct vf_buf *out, struct vf_checks *c)
{
    (void)c;
    put_head(out);
    vf_buf_puts(out, "\"results\": [\n");
}

static json_t *notification(const struct venvfix_error *e)
{
    struct vf_buf b = {0};
    vf_error_put_text(&b, e);
    json_t *text = b.failed ? NULL : lossy(vf_buf_slice(&b));
    vf_buf_release(&b);
    return text ? json_pack("{s:s, s:{s:o}}", "level", "error", "message", "text", text) : NULL;
}

/* Appends an object to what is held for the end, with a comma where one is held already. */
static void hold(struct vf_buf *held, json_t *o)
{
    if (held->n > 0)
        vf_buf_puts(held, ",\n");
    vf_js_print(held, o, o != NULL, JSON_COMPACT);
}

void vf_sarif_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one)
{
    const struct venvfix_check_result *r = one->result;
    struct vf_fingerprints fp;
    if (r->error.code) {
        hold(&c->held, notification(&r->error));
        return;
    }
    if (!c->base.n)
        vf_location_base_put(&c->base, one);
    vf_fingerprints_init(&fp);
    for (size_t i = 0; i < r->findings.n; i++) {
        if (c->shown[0]++ > 0)
            vf_buf_puts(out, ",\n");
        json_t *o = result_object(c, &fp, one, &r->findings.v[i]);
        vf_js_print(out, o, o != NULL, JSON_COMPACT);
    }
    vf_fingerprints_release(&fp);
}

static json_t *rule_object(const struct venvfix_rule *r)
{
    struct vf_buf help = {0}, markdown = {0};
    vf_buf_printf(&help, "%s %s", r->why, r->how);
    vf_buf_printf(&markdown, "%s\n\n**Repair:** %s", r->why, r->how);
    json_t *o = NULL;
    if (vf_buf_cstr(&help) && vf_buf_cstr(&markdown))
        o = json_pack("{s:s, s:s, s:{s:s}, s:{s:s}, s:{s:s, s:s}, s:{s:s}, s:{s:[s]}}", "id", r->id, "name",
                      r->name, "shortDescription", "text", r->what, "fullDescription", "text", r->why, "help",
                      "text", vf_buf_cstr(&help), "markdown", vf_buf_cstr(&markdown), "defaultConfiguration",
                      "level", level_of(r->level), "properties", "tags", venvfix_verdict_name(r->verdict));
    vf_buf_release(&help);
    vf_buf_release(&markdown);
    return o;
}

static json_t *driver(void)
{
    json_t *rules = json_array();
    bool ok = rules != NULL;
    for (size_t i = 0; ok && i < venvfix_rule_count(); i++)
        ok = json_array_append_new(rules, rule_object(venvfix_rule_at(i))) == 0;
    json_t *o =
        ok ? json_pack("{s:s, s:s, s:O}", "name", "venvfix", "version", VENVFIX_VERSION, "rules", rules)
           : NULL;
    json_decref(rules);
    return o;
}

static void put_tool(struct vf_buf *out)
{
    json_t *tool = driver(), *o = tool ? json_pack("{s:o}", "driver", tool) : NULL;
    vf_buf_puts(out, "\"tool\": ");
    vf_js_print(out, o, o != NULL, JSON_COMPACT);
}

static void put_invocation(struct vf_buf *out, bool successful, int exit_code, struct vf_slice notifications)
{
    vf_buf_printf(out, "\"invocations\": [{\"executionSuccessful\": %s, \"exitCode\": %d",
                  successful ? "true" : "false", exit_code);
    if (notifications.n > 0) {
        vf_buf_puts(out, ", \"toolExecutionNotifications\": [");
        vf_buf_put(out, notifications);
        vf_buf_putc(out, ']');
    }
    vf_buf_puts(out, "}],\n");
}

void vf_sarif_end(struct vf_buf *out, struct vf_checks *c)
{
    vf_buf_puts(out, "],\n");
    put_invocation(out, c->unreadable == 0, c->exit, vf_buf_slice(&c->held));
    if (c->base.n > 0) {
        json_t *uri = uri_of(vf_buf_slice(&c->base));
        json_t *bases = uri ? json_pack("{s:{s:o}}", "ROOT", "uri", uri) : NULL;
        vf_buf_puts(out, "\"originalUriBaseIds\": ");
        vf_js_print(out, bases, bases != NULL, JSON_COMPACT);
        vf_buf_puts(out, ",\n");
    }
    put_tool(out);
    vf_buf_puts(out, "}]}\n");
}

void vf_sarif_error(struct vf_buf *out, const struct venvfix_error *e)
{
    struct vf_buf held = {0};
    hold(&held, notification(e));
    put_head(out);
    put_invocation(out, false, 2, vf_buf_slice(&held));
    put_tool(out);
    vf_buf_puts(out, "}]}\n");
    out->failed = out->failed || held.failed;
    vf_buf_release(&held);
}
