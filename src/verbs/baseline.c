/* baseline.c: findings that are known already. The file is JSON, sorted, the same bytes for the same
 * findings:
 * {"venvfix-baseline": 1, "findings": [{"rule", "path", "fingerprint", "count"}, ...]}. Keyed on the
 * fingerprint alone: rule and path are for people. */
#include "verbs/baseline.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/escape.h"
#include "base/path.h"

enum { FINGERPRINT = 64 }; /* hexadecimal digits */

struct entry {
    struct vf_slice fingerprint, rule, path;
    uint64_t count, used;
};

struct venvfix_baseline {
    struct vf_arena a;
    struct vf_vec entries;  /* struct entry */
    struct vf_map by_print; /* fingerprint -> index */
};

/* --- fingerprints --- */

/* The text with `part` replaced by `mark`. */
static void put_without(struct vf_buf *out, struct vf_slice text, struct vf_slice part, const char *mark)
{
    size_t from = 0;
    for (size_t at; part.n > 1 && (at = vf_slice_find(text, part, from)) != VF_NPOS; from = at + part.n) {
        vf_buf_put(out, vf_slice_sub(text, from, at));
        vf_buf_puts(out, mark);
    }
    vf_buf_put(out, vf_slice_from(text, from));
}

static void put_value(struct vf_buf *out, const struct vf_known_as *f)
{
    struct vf_slice prefixes[] = {f->env, f->resolved};
    struct vf_buf text = {0}, next = {0};
    vf_buf_put(&text, f->value);
    for (size_t i = 0; i < VF_COUNT(prefixes); i++) {
        vf_buf_clear(&next);
        put_without(&next, vf_buf_slice(&text), prefixes[i], "{env}");
        vf_buf_clear(&text);
        put_without(&text, vf_buf_slice(&next), vf_path_dir(prefixes[i]), "{project}");
    }
    vf_buf_put(out, vf_buf_slice(&text));
    out->failed = out->failed || text.failed || next.failed;
    vf_buf_release(&text);
    vf_buf_release(&next);
}

void vf_fingerprint_of(struct vf_buf *out, const struct vf_known_as *f, struct vf_slice more)
{
    struct vf_buf text = {0};
    unsigned char digest[32];
    vf_buf_put(&text, f->rule);
    vf_buf_putc(&text, '\0');
    vf_buf_put(&text, f->path);
    vf_buf_putc(&text, '\0');
    put_value(&text, f);
    vf_buf_putc(&text, '\0');
    vf_buf_put(&text, more);
    if (text.failed || !vf_sha256(vf_buf_slice(&text), digest))
        out->failed = true;
    else
        vf_hex_put(out, (struct vf_slice){(const char *)digest, sizeof digest});
    vf_buf_release(&text);
}

static enum vf_status print_of(const struct vf_finding *fi, struct vf_slice env, struct vf_slice resolved,
                               struct vf_buf *out, struct vf_err *err)
{
    struct vf_known_as f = {
        .rule = vf_slice_of(vf_rule_info(fi->rule)->id), .path = fi->path, .env = env, .resolved = resolved};
    if (fi->value.p)
        f.value = fi->value;
    vf_buf_clear(out);
    vf_fingerprint_of(out, &f, (struct vf_slice){"", 0});
    return out->failed ? vf_err_nomem(err) : VF_OK;
}

/* --- the set --- */

struct venvfix_baseline *venvfix_baseline_new(void)
{
    struct venvfix_baseline *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    vf_arena_init(&b->a);
    vf_map_init(&b->by_print, &b->a);
    return b;
}

void venvfix_baseline_free(struct venvfix_baseline *b)
{
    if (!b)
        return;
    vf_arena_release(&b->a);
    free(b);
}

static struct entry *entry_at(const struct venvfix_baseline *b, size_t i)
{
    return VF_VEC_AT(struct entry, &b->entries, i);
}

/* The entry of a fingerprint, made where there is none; NULL: no memory. */
static struct entry *entry_of(struct venvfix_baseline *b, struct vf_slice print, struct vf_slice rule,
                              struct vf_slice path)
{
    size_t i;
    if (vf_map_get(&b->by_print, print, &i))
        return entry_at(b, i);
    struct vf_slice key = vf_arena_dup(&b->a, print);
    struct entry *e = vf_vec_push(&b->a, &b->entries, sizeof *e);
    if (!e || !key.p || !vf_map_put(&b->by_print, key, b->entries.n - 1))
        return NULL;
    *e = (struct entry){
        .fingerprint = key, .rule = vf_arena_dup(&b->a, rule), .path = vf_arena_dup(&b->a, path)};
    return e->rule.p && e->path.p ? e : NULL;
}

enum vf_status vf_baseline_add(struct venvfix_baseline *b, const struct vf_findings *f, struct vf_slice env,
                               struct vf_slice resolved, struct vf_err *err)
{
    struct vf_buf print = {0};
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < f->v.n && st == VF_OK; i++) {
        const struct vf_finding *fi = vf_findings_at(f, i);
        st = print_of(fi, env, resolved, &print, err);
        struct entry *e = NULL;
        if (st == VF_OK)
            e = entry_of(b, vf_buf_slice(&print), vf_slice_of(vf_rule_info(fi->rule)->id), fi->path);
        if (e)
            e->count++;
        else if (st == VF_OK)
            st = vf_err_nomem(err);
    }
    vf_buf_release(&print);
    return st;
}

enum vf_status vf_baseline_apply(struct venvfix_baseline *b, struct vf_findings *f, struct vf_slice env,
                                 struct vf_slice resolved, struct vf_err *err)
{
    struct vf_buf print = {0};
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < f->v.n && st == VF_OK; i++) {
        struct vf_finding *fi = vf_findings_at(f, i);
        size_t k;
        st = print_of(fi, env, resolved, &print, err);
        if (st != VF_OK || !vf_map_get(&b->by_print, vf_buf_slice(&print), &k))
            continue;
        struct entry *e = entry_at(b, k);
        fi->suppressed = e->used < e->count;
        e->used += fi->suppressed;
    }
    vf_buf_release(&print);
    return st;
}

size_t venvfix_baseline_unused(const struct venvfix_baseline *b, struct venvfix_baseline_entry *out, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < b->entries.n; i++) {
        const struct entry *e = entry_at(b, i);
        if (e->used >= e->count)
            continue;
        if (found < n)
            out[found] = (struct venvfix_baseline_entry){.rule = {e->rule.p, e->rule.n},
                                                         .path = {e->path.p, e->path.n},
                                                         .fingerprint = {e->fingerprint.p, e->fingerprint.n},
                                                         .count = e->count - e->used};
        found++;
    }
    return found;
}

/* --- files --- */

static int by_print(const void *pa, const void *pb)
{
    const struct entry *a = *(const struct entry *const *)pa, *b = *(const struct entry *const *)pb;
    int d = vf_slice_cmp(a->path, b->path);
    if (d == 0)
        d = vf_slice_cmp(a->rule, b->rule);
    return d != 0 ? d : vf_slice_cmp(a->fingerprint, b->fingerprint);
}

static void put_entry(struct vf_buf *out, const struct entry *e)
{
    vf_buf_puts(out, "  {\"rule\": \"");
    vf_json_put(out, e->rule);
    vf_buf_puts(out, "\", \"path\": \"");
    vf_json_put(out, e->path);
    vf_buf_puts(out, "\", \"fingerprint\": \"");
    vf_buf_put(out, e->fingerprint);
    vf_buf_printf(out, "\", \"count\": %llu}", (unsigned long long)e->count);
}

char *venvfix_baseline_text(const struct venvfix_baseline *b, size_t *n)
{
    struct vf_buf out = {0};
    const struct entry **sorted = calloc(b->entries.n + 1, sizeof(void *));
    if (!sorted)
        return NULL;
    for (size_t i = 0; i < b->entries.n; i++)
        sorted[i] = entry_at(b, i);
    qsort(sorted, b->entries.n, sizeof(void *), by_print);
    vf_buf_puts(&out, "{\"venvfix-baseline\": 1, \"findings\": [\n");
    for (size_t i = 0; i < b->entries.n; i++) {
        put_entry(&out, sorted[i]);
        vf_buf_puts(&out, i + 1 < b->entries.n ? ",\n" : "\n");
    }
    vf_buf_puts(&out, "]}\n");
    free(sorted);
    *n = out.n;
    char *text = out.failed ? NULL : strndup(out.p, out.n);
    vf_buf_release(&out);
    return text;
}

static const char *text_of(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static bool take_entry(struct venvfix_baseline *b, const json_t *o)
{
    const char *print = text_of(o, "fingerprint"), *rule = text_of(o, "rule"), *path = text_of(o, "path");
    const json_t *count = json_object_get(o, "count");
    if (!print || strlen(print) != FINGERPRINT || !rule || !path || !json_is_integer(count) ||
        json_integer_value(count) < 1)
        return false;
    struct entry *e = entry_of(b, vf_slice_of(print), vf_slice_of(rule), vf_slice_of(path));
    if (e)
        e->count += (uint64_t)json_integer_value(count);
    return e != NULL;
}

/* The bytes of a string of a report: those of KEY_base64 where it has them. */
static bool bytes_of(const json_t *o, const char *key, struct vf_buf *out)
{
    char exact[32];
    vf_buf_clear(out);
    (void)snprintf(exact, sizeof exact, "%s_base64", key);
    const char *base64 = text_of(o, exact), *plain = text_of(o, key);
    if (base64)
        return vf_base64url_get(out, vf_slice_of(base64));
    vf_buf_puts(out, plain ? plain : "");
    return !out->failed;
}

/* A finding of an earlier JSON report. */
static bool take_finding(struct venvfix_baseline *b, const json_t *env, const json_t *o)
{
    struct vf_buf path = {0}, value = {0}, typed = {0}, resolved = {0}, print = {0};
    const char *rule = text_of(o, "rule");
    struct entry *e = NULL;
    bool ok = rule && bytes_of(o, "path", &path) && bytes_of(o, "value", &value) &&
              bytes_of(env, "path", &typed) && bytes_of(env, "resolved", &resolved);
    if (ok) {
        struct vf_known_as f = {vf_slice_of(rule), vf_buf_slice(&path), vf_buf_slice(&value),
                                vf_buf_slice(&typed), vf_buf_slice(&resolved)};
        vf_fingerprint_of(&print, &f, (struct vf_slice){"", 0});
        e = print.failed ? NULL : entry_of(b, vf_buf_slice(&print), f.rule, f.path);
    }
    if (e)
        e->count++;
    vf_buf_release(&path);
    vf_buf_release(&value);
    vf_buf_release(&typed);
    vf_buf_release(&resolved);
    vf_buf_release(&print);
    return e != NULL;
}

static bool take_report(struct venvfix_baseline *b, const json_t *report)
{
    const json_t *env = json_object_get(report, "environment"), *list = json_object_get(report, "findings");
    if (json_object_get(report, "error"))
        return true; /* an environment that could not be examined has no findings */
    bool ok = json_is_object(env) && json_is_array(list);
    for (size_t i = 0; ok && i < json_array_size(list); i++)
        ok = take_finding(b, env, json_array_get(list, i));
    return ok;
}

static bool take_all(struct venvfix_baseline *b, const json_t *root)
{
    const json_t *list = json_object_get(root, "findings"), *reports = json_object_get(root, "reports");
    bool baseline = json_integer_value(json_object_get(root, "venvfix-baseline")) == 1, ok = true;
    if (!baseline && !reports)
        return take_report(b, root);
    if (!json_is_array(baseline ? list : reports))
        return false;
    for (size_t i = 0; ok && baseline && i < json_array_size(list); i++)
        ok = take_entry(b, json_array_get(list, i));
    for (size_t i = 0; ok && !baseline && i < json_array_size(reports); i++)
        ok = take_report(b, json_array_get(reports, i));
    return ok;
}

struct venvfix_baseline *venvfix_baseline_read(const char *text, size_t n)
{
    struct venvfix_baseline *b = venvfix_baseline_new();
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    bool ok = b && root && take_all(b, root);
    json_decref(root);
    if (ok)
        return b;
    venvfix_baseline_free(b);
    return NULL;
}
