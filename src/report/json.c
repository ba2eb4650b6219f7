/* json.c: the reports as JSON, one object (json) or a line each (jsonl), by jansson. Strings that are not
 * UTF-8 show U+FFFD for each bad byte, and a second key with the exact bytes. */
#include "report/json_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/escape.h"

/* Only where there is one: nearly every report has none. */
static bool set_assumes(json_t *o, unsigned assumes)
{
    static const char *const names[] = {"root", "python", "platform", "glibc", "user"};
    if (!assumes)
        return true;
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < sizeof names / sizeof *names; i++)
        if (assumes & (1u << i))
            ok = json_array_append_new(list, json_string(names[i])) == 0;
    return json_object_set_new(o, "assumes", list) == 0 && ok;
}

static json_t *finding(const struct venvfix_finding *f)
{
    json_t *o = json_object();
    bool ok = o && vf_js_set_text(o, "rule", f->rule) && vf_js_set_text(o, "name", f->name) &&
              vf_js_set_text(o, "verdict", venvfix_verdict_name(f->verdict)) &&
              vf_js_set_text(o, "level", venvfix_level_name(f->level)) &&
              vf_js_set_bytes(o, "path", f->path) && vf_js_set_nullable(o, "line", f->line) &&
              vf_js_set_nullable(o, "offset", f->offset) && vf_js_set_bytes(o, "value", f->value) &&
              vf_js_set_bytes(o, "expected", f->expected) && vf_js_set_bytes(o, "target", f->target) &&
              vf_js_set_bytes(o, "distribution", f->distribution) &&
              vf_js_set_bytes(o, "message", f->message) && vf_js_set_number(o, "count", f->count) &&
              vf_js_set_text(o, "fix", venvfix_how_fixed_name(f->fix)) &&
              vf_js_set_bool(o, "suppressed", f->suppressed) && set_assumes(o, f->assumes);
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
        ok = o && vf_js_set_bytes(o, "path", p->path) && vf_js_set_number(o, "votes", p->votes) &&
             vf_js_set_bool(o, "exists", p->exists) && json_array_append(list, o) == 0;
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
    bool ok = e && vf_js_set_bytes(e, "path", r->path) && vf_js_set_bytes(e, "resolved", r->resolved) &&
              vf_js_set_text(e, "kind", venvfix_kind_name(r->kind)) &&
              vf_js_set_text(e, "implementation", venvfix_implementation_name(r->implementation)) &&
              vf_js_set_bytes(e, "python", r->python) && vf_js_set_bytes(e, "base", r->base) &&
              vf_js_set_maybe(e, "base_exists", r->base_exists) &&
              vf_js_set_maybe(e, "system_site_packages", r->system_site_packages) &&
              vf_js_set_bool(e, "relocatable_claim", r->relocatable_claim) &&
              vf_js_set_text(e, "layout", r->windows ? "windows" : "posix") && set_old_places(e, r) &&
              vf_js_set_number(e, "distributions", r->distributions) &&
              vf_js_set_number(e, "files", r->files) && vf_js_set_number(e, "bytes", r->bytes) &&
              (!r->member.p || vf_js_set_bytes(e, "member", r->member)) &&
              json_object_set(o, "environment", e) == 0;
    json_decref(e);
    return ok;
}

static bool set_sums(json_t *o, const struct venvfix_check_result *r)
{
    json_t *answers = json_object(), *counts = json_object(), *seen = json_object();
    bool ok =
        answers && counts && seen && vf_js_set_bool(answers, "sound", r->sound) &&
        vf_js_set_maybe(answers, "movable", r->movable) &&
        vf_js_set_bool(answers, "self_contained", r->self_contained) &&
        vf_js_set_number(counts, "error", r->errors) && vf_js_set_number(counts, "warning", r->warnings) &&
        vf_js_set_number(counts, "info", r->infos) && vf_js_set_number(counts, "suppressed", r->suppressed) &&
        vf_js_set_number(counts, "ignored", r->ignored) && vf_js_set_number(seen, "files", r->examined) &&
        vf_js_set_number(seen, "unexamined", r->unexamined) && json_object_set(o, "answers", answers) == 0 &&
        json_object_set(o, "counts", counts) == 0 && json_object_set(o, "examined", seen) == 0;
    json_decref(answers);
    json_decref(counts);
    json_decref(seen);
    return ok;
}

static json_t *command(const struct venvfix_command *c)
{
    json_t *o = json_object(), *argv = json_array();
    bool ok =
        o && argv && json_object_set(o, "argv", argv) == 0 && vf_js_set_number(o, "repairs", c->repairs);
    for (size_t i = 0; ok && i < c->n; i++) {
        json_t *word = json_object(); /* for its string only: bad bytes become U+FFFD */
        ok = word && vf_js_set_bytes(word, "w", c->argv[i]) &&
             json_array_append(argv, json_object_get(word, "w")) == 0;
        json_decref(word);
    }
    json_decref(argv);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

static bool set_next(json_t *o, const struct venvfix_check_result *r)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < r->n_next; i++)
        ok = json_array_append_new(list, command(&r->next[i])) == 0;
    if (ok)
        return json_object_set_new(o, "next", list) == 0;
    json_decref(list);
    return false;
}

static bool set_target(json_t *o, const struct venvfix_check_result *r)
{
    bool named = r->target_root.p || r->target_python.p || r->target_platform.p || r->target_glibc.p ||
                 r->target_user.p;
    if (!named)
        return json_object_set_new(o, "target", json_null()) == 0;
    json_t *t = json_object();
    bool ok =
        t && vf_js_set_bytes(t, "root", r->target_root) && vf_js_set_bytes(t, "python", r->target_python) &&
        vf_js_set_bytes(t, "platform", r->target_platform) && vf_js_set_bytes(t, "glibc", r->target_glibc) &&
        vf_js_set_bytes(t, "user", r->target_user) && json_object_set(o, "target", t) == 0;
    json_decref(t);
    return ok;
}

static bool set_check(json_t *o, const struct venvfix_check_result *r)
{
    return vf_js_set_head(o) && set_environment(o, r) && vf_js_set_bytes(o, "at", r->at) &&
           set_target(o, r) && set_sums(o, r) && set_next(o, r) &&
           vf_js_set_text(o, "fail_on", venvfix_fail_on_name(r->fail_on)) &&
           vf_js_set_nullable(o, "exit", r->exit);
}

static json_t *error_object(const struct venvfix_error *e);

static json_t *check_object(const struct vf_checked *one)
{
    const struct venvfix_check_result *r = one->result;
    if (r->error.code)
        return error_object(&r->error);
    json_t *o = json_object();
    if (o && set_check(o, r) && set_findings(o, "findings", &r->findings))
        return o;
    json_decref(o);
    return NULL;
}

/* Several environments: their objects are written as they come, into an array. */
void vf_json_begin(struct vf_buf *out, struct vf_checks *c)
{
    if (c->several)
        vf_buf_puts(out, "{\"schema\": 1, \"tool\": {\"name\": \"venvfix\", \"version\": \"" VENVFIX_VERSION
                         "\"},\n\"reports\": [\n");
}

void vf_json_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one)
{
    json_t *o = check_object(one);
    if (c->several && c->environments > 1)
        vf_buf_puts(out, ",\n");
    vf_js_print(out, o, o != NULL, VF_JS_PRETTY);
}

static json_t *summary(const struct vf_checks *c)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "environments", (json_int_t)c->environments, "sound",
                     (json_int_t)c->sound, "unsound", (json_int_t)c->unsound, "unreadable",
                     (json_int_t)c->unreadable);
}

void vf_json_end(struct vf_buf *out, struct vf_checks *c)
{
    if (!c->several)
        return;
    json_t *o = summary(c);
    vf_buf_puts(out, "],\n\"summary\": ");
    vf_js_print(out, o, o != NULL, JSON_COMPACT);
    vf_buf_printf(out, ", \"exit\": %d}\n", c->exit);
}

void vf_jsonl_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one)
{
    const struct venvfix_check_result *r = one->result;
    if (r->error.code) {
        vf_jsonl_error(out, &r->error);
        return;
    }
    for (size_t i = 0; i < r->findings.n; i++) {
        json_t *o = finding(&r->findings.v[i]);
        bool ok = o && vf_js_set_text(o, "type", "finding") &&
                  (!c->several || vf_js_set_bytes(o, "environment", r->path));
        vf_js_print(out, o, ok, JSON_COMPACT);
    }
    json_t *o = json_object();
    vf_js_print(out, o, o && vf_js_set_text(o, "type", "summary") && set_check(o, r), JSON_COMPACT);
}

void vf_jsonl_end(struct vf_buf *out, struct vf_checks *c)
{
    if (!c->several)
        return;
    json_t *o = json_object(), *sums = summary(c);
    bool ok = o && sums && vf_js_set_text(o, "type", "total") && json_object_set(o, "summary", sums) == 0 &&
              vf_js_set_nullable(o, "exit", c->exit);
    json_decref(sums);
    vf_js_print(out, o, ok, JSON_COMPACT);
}

static json_t *error_object(const struct venvfix_error *e)
{
    json_t *o = json_object(), *err = json_object();
    bool ok = o && err && vf_js_set_head(o) && vf_js_set_text(err, "code", e->code) &&
              vf_js_set_text(err, "operation", e->operation) && vf_js_set_bytes(err, "path", e->path) &&
              vf_js_set_bytes(err, "message", e->message) && json_object_set(o, "error", err) == 0 &&
              vf_js_set_number(o, "exit", 2);
    json_decref(err);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

void vf_json_error(struct vf_buf *out, const struct venvfix_error *e)
{
    json_t *o = error_object(e);
    vf_js_print(out, o, o != NULL, VF_JS_PRETTY);
}

void vf_jsonl_error(struct vf_buf *out, const struct venvfix_error *e)
{
    json_t *o = error_object(e);
    vf_js_print(out, o, o && vf_js_set_text(o, "type", "error"), JSON_COMPACT);
}

/* ---- freeze ---- */

static json_t *wheel(const struct venvfix_wheel_file *w)
{
    json_t *o = json_object();
    if (o && vf_js_set_bytes(o, "name", w->name) && vf_js_set_bytes(o, "path", w->path) &&
        vf_js_set_number(o, "size", w->size) && vf_js_set_bytes(o, "sha256", w->sha256))
        return o;
    json_decref(o);
    return NULL;
}

static json_t *frozen(const struct venvfix_frozen *f)
{
    json_t *o = json_object(), *wheels = json_array();
    bool ok = o && wheels && vf_js_set_bytes(o, "requirement", f->requirement) &&
              vf_js_set_bytes(o, "name", f->name) && vf_js_set_bytes(o, "version", f->version) &&
              vf_js_set_text(o, "source", venvfix_source_name(f->source)) &&
              vf_js_set_bytes(o, "url", f->url) && vf_js_set_bool(o, "editable", f->editable) &&
              vf_js_set_bool(o, "local", f->local) && vf_js_set_bool(o, "redacted", f->redacted);
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
    bool ok = o && env && list && vf_js_set_head(o) && vf_js_set_text(o, "verb", "freeze") &&
              vf_js_set_bytes(env, "path", r->path) && vf_js_set_bytes(env, "python", r->python) &&
              json_object_set(o, "environment", env) == 0;
    for (size_t i = 0; ok && i < r->n_requirements; i++)
        ok = json_array_append_new(list, frozen(&r->requirements[i])) == 0;
    ok = ok && json_object_set(o, "requirements", list) == 0 &&
         json_object_set_new(o, "notes", notes(r->notes)) == 0 &&
         vf_js_set_number(o, "exit", (uint64_t)r->exit);
    json_decref(env);
    json_decref(list);
    vf_js_print(out, o, ok, VF_JS_PRETTY);
}

/* ---- recreate, move, fix ---- */

static bool set_requirements(json_t *o, const struct venvfix_change_result *r)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < r->n_requirements; i++) {
        const struct venvfix_requirement *q = &r->requirements[i];
        json_t *one = json_object();
        ok = one && vf_js_set_bytes(one, "requirement", q->requirement) &&
             vf_js_set_bytes(one, "name", q->name) && vf_js_set_bytes(one, "version", q->version) &&
             vf_js_set_text(one, "how", venvfix_how_name(q->how)) &&
             vf_js_set_bool(one, "modified", q->modified);
        if (ok && r->recreated)
            ok = vf_js_set_bytes(one, "wheel", q->wheel) &&
                 vf_js_set_text(one, "origin", venvfix_origin_name(q->origin)) &&
                 vf_js_set_bytes(one, "was", q->was);
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
        ok = one && vf_js_set_bytes(one, "path", r->edits[i].path) &&
             vf_js_set_text(one, "rule", r->edits[i].rule) &&
             vf_js_set_number(one, "count", r->edits[i].count) && json_array_append(list, one) == 0;
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
        ok = one && vf_js_set_bytes(one, "path", v[i]) &&
             json_array_append(list, json_object_get(one, "path")) == 0;
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

/* Only where something was lost. */
static bool set_not_kept(json_t *o, const struct venvfix_change_result *r)
{
    if (!r->n_not_kept)
        return true;
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; i < r->n_not_kept && ok; i++) {
        json_t *one = json_object();
        ok = one && vf_js_set_bytes(one, "path", r->not_kept[i].path) &&
             vf_js_set_text(one, "what", r->not_kept[i].what) && json_array_append(list, one) == 0;
        json_decref(one);
    }
    ok = ok && json_object_set(o, "not_kept", list) == 0;
    json_decref(list);
    return ok;
}

static bool set_seconds(json_t *o, const char *key, double v)
{
    return json_object_set_new(o, key, v < 0 ? json_null() : json_real(v)) == 0;
}

static bool set_proof(json_t *o, const struct venvfix_change_result *r)
{
    json_t *p = json_object(), *t = json_object();
    bool ok = p && t && vf_js_set_maybe(p, "static", r->proof_static) &&
              vf_js_set_maybe(p, "freeze", r->proof_freeze) &&
              vf_js_set_maybe(p, "record", r->proof_record) &&
              vf_js_set_maybe(p, "interpreter", r->proof_interpreter) &&
              vf_js_set_maybe(p, "packages", r->proof_packages) &&
              (!r->recreated || vf_js_set_maybe(p, "imports", r->proof_imports)) &&
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
    bool ok = o && vf_js_set_head(o) && vf_js_set_text(o, "verb", venvfix_verb_name(r->verb)) &&
              vf_js_set_bool(o, "dry_run", r->dry_run) && vf_js_set_bytes(o, "from", r->from) &&
              vf_js_set_bytes(o, "to", r->to) && set_requirements(o, r) && set_edits(o, r) &&
              set_carried(o, r) && set_not_kept(o, r) && set_findings(o, "warnings", &r->warnings) &&
              json_object_set_new(o, "outside", json_null()) == 0 && set_proof(o, r) &&
              vf_js_set_bool(o, "renamed", r->renamed) && vf_js_set_bool(o, "resumed", r->resumed) &&
              vf_js_set_number(o, "exit", (uint64_t)r->exit);
    if (ok && r->recreated)
        ok = vf_js_set_bytes(o, "python", r->python) && vf_js_set_bytes(o, "interpreter", r->interpreter);
    if (ok && r->dry_run)
        ok = vf_js_set_bytes(o, "diff", r->diff);
    if (ok && r->sha256.p)
        ok = vf_js_set_bytes(o, "sha256", r->sha256) && vf_js_set_number(o, "bytes", r->bytes);
    if (ok && r->bundle.p)
        ok = vf_js_set_bytes(o, "bundle", r->bundle) && vf_js_set_bytes(o, "bundle_sha256", r->bundle_sha256);
    vf_js_print(out, o, ok, VF_JS_PRETTY);
}
