/* json.c: the reports as JSON, one object (json) or a line each (jsonl), by jansson. Strings that are not
 * UTF-8 show U+FFFD for each bad byte, and a second key with the exact bytes. */
#include "report/report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/escape.h"

#define PRETTY JSON_INDENT(1)

/* Sets key to a string or null; adds key_base64 where bytes would be lost. Takes nothing over. */
static bool set_bytes(json_t *o, const char *key, struct venvfix_bytes v)
{
    struct vf_slice s = {v.p, v.n};
    if (!v.p)
        return json_object_set_new(o, key, json_null()) == 0;
    if (vf_utf8_valid(s))
        return json_object_set_new(o, key, json_stringn(v.p, v.n)) == 0;
    struct vf_buf lossy, exact, name;
    vf_buf_init(&lossy);
    vf_buf_init(&exact);
    vf_buf_init(&name);
    vf_utf8_lossy(&lossy, s);
    vf_base64_put(&exact, s);
    vf_buf_puts(&name, key);
    vf_buf_puts(&name, "_base64");
    const char *second = vf_buf_cstr(&name);
    bool ok = !lossy.failed && !exact.failed && second &&
              json_object_set_new(o, key, json_stringn(lossy.p, lossy.n)) == 0 &&
              json_object_set_new(o, second, json_stringn(exact.p, exact.n)) == 0;
    vf_buf_release(&lossy);
    vf_buf_release(&exact);
    vf_buf_release(&name);
    return ok;
}

static bool set_number(json_t *o, const char *key, uint64_t v)
{
    return json_object_set_new(o, key, json_integer((json_int_t)v)) == 0;
}

static bool set_nullable(json_t *o, const char *key, int64_t v)
{
    return json_object_set_new(o, key, v < 0 ? json_null() : json_integer((json_int_t)v)) == 0;
}

static bool set_bool(json_t *o, const char *key, bool v)
{
    return json_object_set_new(o, key, json_boolean(v)) == 0;
}

/* -1 is null. */
static bool set_maybe(json_t *o, const char *key, int v)
{
    return json_object_set_new(o, key, v < 0 ? json_null() : json_boolean(v)) == 0;
}

static bool set_text(json_t *o, const char *key, const char *v)
{
    return json_object_set_new(o, key, v ? json_string(v) : json_null()) == 0;
}

static bool set_head(json_t *o)
{
    json_t *tool = json_pack("{s:s, s:s}", "name", "venvfix", "version", VENVFIX_VERSION);
    return set_number(o, "schema", 1) && tool && json_object_set_new(o, "tool", tool) == 0;
}

static json_t *finding(const struct venvfix_finding *f)
{
    json_t *o = json_object();
    bool ok = o && set_text(o, "rule", f->rule) && set_text(o, "name", f->name) &&
              set_text(o, "verdict", venvfix_verdict_name(f->verdict)) &&
              set_text(o, "level", venvfix_level_name(f->level)) && set_bytes(o, "path", f->path) &&
              set_nullable(o, "line", f->line) && set_nullable(o, "offset", f->offset) &&
              set_bytes(o, "value", f->value) && set_bytes(o, "expected", f->expected) &&
              set_bytes(o, "target", f->target) && set_bytes(o, "distribution", f->distribution) &&
              set_bytes(o, "message", f->message) && set_number(o, "count", f->count) &&
              set_text(o, "fix", venvfix_how_fixed_name(f->fix)) && set_bool(o, "suppressed", f->suppressed);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

static bool set_findings(json_t *o, const char *key, const struct venvfix_findings *fs)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < fs->n; i++)
        ok = json_array_append_new(list, finding(&fs->v[i])) == 0;
    if (ok)
        return json_object_set_new(o, key, list) == 0;
    json_decref(list);
    return false;
}

static bool set_old_places(json_t *env, const struct venvfix_check_result *r)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < r->n_old_places; i++) {
        const struct venvfix_old_place *p = &r->old_places[i];
        json_t *o = json_object();
        ok = o && set_bytes(o, "path", p->path) && set_number(o, "votes", p->votes) &&
             set_bool(o, "exists", p->exists) && json_array_append(list, o) == 0;
        json_decref(o);
    }
    if (ok)
        return json_object_set_new(env, "old_places", list) == 0;
    json_decref(list);
    return false;
}

static bool set_environment(json_t *o, const struct venvfix_check_result *r)
{
    json_t *e = json_object();
    bool ok = e && set_bytes(e, "path", r->path) && set_bytes(e, "resolved", r->resolved) &&
              set_text(e, "kind", venvfix_kind_name(r->kind)) &&
              set_text(e, "implementation", venvfix_implementation_name(r->implementation)) &&
              set_bytes(e, "python", r->python) && set_bytes(e, "base", r->base) &&
              set_maybe(e, "base_exists", r->base_exists) &&
              set_maybe(e, "system_site_packages", r->system_site_packages) &&
              set_bool(e, "relocatable_claim", r->relocatable_claim) && set_old_places(e, r) &&
              set_number(e, "distributions", r->distributions) && set_number(e, "files", r->files) &&
              set_number(e, "bytes", r->bytes) && json_object_set(o, "environment", e) == 0;
    json_decref(e);
    return ok;
}

static bool set_sums(json_t *o, const struct venvfix_check_result *r)
{
    json_t *answers = json_object(), *counts = json_object(), *seen = json_object();
    bool ok = answers && counts && seen && set_bool(answers, "sound", r->sound) &&
              set_maybe(answers, "movable", r->movable) &&
              set_bool(answers, "self_contained", r->self_contained) &&
              set_number(counts, "error", r->errors) && set_number(counts, "warning", r->warnings) &&
              set_number(counts, "info", r->infos) && set_number(counts, "suppressed", r->suppressed) &&
              set_number(seen, "files", r->examined) && set_number(seen, "unexamined", r->unexamined) &&
              json_object_set(o, "answers", answers) == 0 && json_object_set(o, "counts", counts) == 0 &&
              json_object_set(o, "examined", seen) == 0;
    json_decref(answers);
    json_decref(counts);
    json_decref(seen);
    return ok;
}

static int append(const char *text, size_t n, void *data)
{
    struct vf_buf *b = data;
    vf_buf_put(b, (struct vf_slice){text, n});
    return b->failed ? -1 : 0;
}

/* Prints the object, ends the line, and releases the object. */
static void print(struct vf_buf *out, json_t *o, bool ok, size_t flags)
{
    ok = ok && json_dump_callback(o, append, out, flags) == 0;
    vf_buf_putc(out, '\n');
    json_decref(o);
    if (!ok)
        out->failed = true;
}

static bool set_check(json_t *o, const struct venvfix_check_result *r)
{
    return set_head(o) && set_environment(o, r) && set_bytes(o, "at", r->at) && set_sums(o, r) &&
           set_text(o, "fail_on", venvfix_fail_on_name(r->fail_on)) && set_nullable(o, "exit", r->exit);
}

void vf_json_check(struct vf_buf *out, const struct vf_report *r, const struct vf_report_style *style)
{
    json_t *o = json_object();
    (void)style;
    print(out, o, o && set_check(o, r->check) && set_findings(o, "findings", &r->check->findings), PRETTY);
}

void vf_jsonl_check(struct vf_buf *out, const struct vf_report *r, const struct vf_report_style *style)
{
    (void)style;
    for (size_t i = 0; i < r->check->findings.n; i++) {
        json_t *o = finding(&r->check->findings.v[i]);
        print(out, o, o && set_text(o, "type", "finding"), JSON_COMPACT);
    }
    json_t *o = json_object();
    print(out, o, o && set_text(o, "type", "summary") && set_check(o, r->check), JSON_COMPACT);
}

static json_t *error_object(const struct venvfix_error *e)
{
    json_t *o = json_object(), *err = json_object();
    bool ok = o && err && set_head(o) && set_text(err, "code", e->code) &&
              set_text(err, "operation", e->operation) && set_bytes(err, "path", e->path) &&
              set_bytes(err, "message", e->message) && json_object_set(o, "error", err) == 0 &&
              set_number(o, "exit", 2);
    json_decref(err);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

void vf_json_error(struct vf_buf *out, const struct venvfix_error *e)
{
    json_t *o = error_object(e);
    print(out, o, o != NULL, PRETTY);
}

void vf_jsonl_error(struct vf_buf *out, const struct venvfix_error *e)
{
    json_t *o = error_object(e);
    print(out, o, o && set_text(o, "type", "error"), JSON_COMPACT);
}

/* ---- freeze ---- */

static json_t *wheel(const struct venvfix_wheel_file *w)
{
    json_t *o = json_object();
    if (o && set_bytes(o, "name", w->name) && set_bytes(o, "path", w->path) &&
        set_number(o, "size", w->size) && set_bytes(o, "sha256", w->sha256))
        return o;
    json_decref(o);
    return NULL;
}

static json_t *frozen(const struct venvfix_frozen *f)
{
    json_t *o = json_object(), *wheels = json_array();
    bool ok = o && wheels && set_bytes(o, "requirement", f->requirement) && set_bytes(o, "name", f->name) &&
              set_bytes(o, "version", f->version) && set_text(o, "source", venvfix_source_name(f->source)) &&
              set_bytes(o, "url", f->url) && set_bool(o, "editable", f->editable) &&
              set_bool(o, "local", f->local) && set_bool(o, "redacted", f->redacted);
    for (size_t i = 0; ok && i < f->n_wheels; i++)
        ok = json_array_append_new(wheels, wheel(&f->wheels[i])) == 0;
    ok = ok && json_object_set(o, "wheels", wheels) == 0;
    json_decref(wheels);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

/* The lines, without the `venvfix: ` in front of each. */
static json_t *notes(struct venvfix_bytes text)
{
    struct vf_slice rest = {text.p, text.n}, line;
    json_t *list = json_array();
    bool ok = list != NULL;
    while (ok && vf_slice_next_line(&rest, &line)) {
        struct vf_buf b;
        vf_buf_init(&b);
        bool head = vf_slice_starts(line, VF_S("venvfix: "));
        vf_utf8_lossy(&b, vf_slice_from(line, head ? sizeof "venvfix: " - 1 : 0));
        ok = !b.failed && json_array_append_new(list, json_stringn(b.n ? b.p : "", b.n)) == 0;
        vf_buf_release(&b);
    }
    if (ok)
        return list;
    json_decref(list);
    return NULL;
}

void vf_json_freeze(struct vf_buf *out, const struct vf_report *report, const struct vf_report_style *style)
{
    const struct venvfix_freeze_result *r = report->freeze;
    (void)style;
    json_t *o = json_object(), *env = json_object(), *list = json_array();
    bool ok = o && env && list && set_head(o) && set_text(o, "verb", "freeze") &&
              set_bytes(env, "path", r->path) && set_bytes(env, "python", r->python) &&
              json_object_set(o, "environment", env) == 0;
    for (size_t i = 0; ok && i < r->n_requirements; i++)
        ok = json_array_append_new(list, frozen(&r->requirements[i])) == 0;
    ok = ok && json_object_set(o, "requirements", list) == 0 &&
         json_object_set_new(o, "notes", notes(r->notes)) == 0 && set_number(o, "exit", (uint64_t)r->exit);
    json_decref(env);
    json_decref(list);
    print(out, o, ok, PRETTY);
}

/* ---- recreate, move, fix ---- */

static bool set_requirements(json_t *o, const struct venvfix_change_result *r)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < r->n_requirements; i++) {
        const struct venvfix_requirement *q = &r->requirements[i];
        json_t *one = json_object();
        ok = one && set_bytes(one, "requirement", q->requirement) && set_bytes(one, "name", q->name) &&
             set_bytes(one, "version", q->version) && set_text(one, "how", venvfix_how_name(q->how)) &&
             set_bool(one, "modified", q->modified);
        if (ok && r->recreated)
            ok = set_bytes(one, "wheel", q->wheel) &&
                 set_text(one, "origin", venvfix_origin_name(q->origin)) && set_bytes(one, "was", q->was);
        ok = ok && json_array_append(list, one) == 0;
        json_decref(one);
    }
    ok = ok && json_object_set(o, "requirements", list) == 0;
    json_decref(list);
    return ok;
}

static bool set_edits(json_t *o, const struct venvfix_change_result *r)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < r->n_edits; i++) {
        json_t *one = json_object();
        ok = one && set_bytes(one, "path", r->edits[i].path) && set_text(one, "rule", r->edits[i].rule) &&
             set_number(one, "count", r->edits[i].count) && json_array_append(list, one) == 0;
        json_decref(one);
    }
    ok = ok && json_object_set(o, "edits", list) == 0;
    json_decref(list);
    return ok;
}

/* Paths as strings; bytes that are no UTF-8 stand in a parallel list of exact ones, null elsewhere. */
static bool set_paths(json_t *o, const char *key, const char *exact_key, const struct venvfix_bytes *v,
                      size_t n)
{
    json_t *list = json_array(), *exact = json_array();
    bool ok = list && exact, needed = false;
    for (size_t i = 0; ok && i < n; i++) {
        json_t *one = json_object();
        ok =
            one && set_bytes(one, "path", v[i]) && json_array_append(list, json_object_get(one, "path")) == 0;
        json_t *b64 = ok ? json_object_get(one, "path_base64") : NULL;
        needed = needed || b64;
        ok = ok && json_array_append_new(exact, b64 ? json_incref(b64) : json_null()) == 0;
        json_decref(one);
    }
    ok = ok && json_object_set(o, key, list) == 0 && (!needed || json_object_set(o, exact_key, exact) == 0);
    json_decref(list);
    json_decref(exact);
    return ok;
}

/* The latter only where somebody else changed something. */
static bool set_carried(json_t *o, const struct venvfix_change_result *r)
{
    return set_paths(o, "carried", "carried_base64", r->carried, r->n_carried) &&
           (r->n_changed == 0 || set_paths(o, "changed", "changed_base64", r->changed, r->n_changed));
}

static bool set_seconds(json_t *o, const char *key, double v)
{
    return json_object_set_new(o, key, v < 0 ? json_null() : json_real(v)) == 0;
}

static bool set_proof(json_t *o, const struct venvfix_change_result *r)
{
    json_t *p = json_object(), *t = json_object();
    bool ok = p && t && set_maybe(p, "static", r->proof_static) && set_maybe(p, "freeze", r->proof_freeze) &&
              set_maybe(p, "record", r->proof_record) && set_maybe(p, "interpreter", r->proof_interpreter) &&
              set_maybe(p, "packages", r->proof_packages) &&
              (!r->recreated || set_maybe(p, "imports", r->proof_imports)) &&
              set_seconds(t, "plan", r->plan_s) && set_seconds(t, "stage", r->stage_s) &&
              set_seconds(t, "prove", r->prove_s) && set_seconds(t, "commit", r->commit_s) &&
              set_seconds(t, "retire", r->retire_s) && json_object_set(o, "proof", p) == 0 &&
              json_object_set(o, "phases", t) == 0;
    json_decref(p);
    json_decref(t);
    return ok;
}

void vf_json_change(struct vf_buf *out, const struct vf_report *report, const struct vf_report_style *style)
{
    const struct venvfix_change_result *r = report->change;
    (void)style;
    json_t *o = json_object();
    bool ok = o && set_head(o) && set_text(o, "verb", venvfix_verb_name(r->verb)) &&
              set_bool(o, "dry_run", r->dry_run) && set_bytes(o, "from", r->from) &&
              set_bytes(o, "to", r->to) && set_requirements(o, r) && set_edits(o, r) && set_carried(o, r) &&
              set_findings(o, "warnings", &r->warnings) &&
              json_object_set_new(o, "outside", json_null()) == 0 && set_proof(o, r) &&
              set_bool(o, "renamed", r->renamed) && set_bool(o, "resumed", r->resumed) &&
              set_number(o, "exit", (uint64_t)r->exit);
    if (ok && r->recreated)
        ok = set_bytes(o, "python", r->python) && set_bytes(o, "interpreter", r->interpreter);
    if (ok && r->dry_run)
        ok = set_bytes(o, "diff", r->diff);
    if (ok && r->sha256.p)
        ok = set_bytes(o, "sha256", r->sha256) && set_number(o, "bytes", r->bytes);
    if (ok && r->bundle.p)
        ok = set_bytes(o, "bundle", r->bundle) && set_bytes(o, "bundle_sha256", r->bundle_sha256);
    print(out, o, ok, PRETTY);
}
