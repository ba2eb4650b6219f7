/* manifest_read.c: the manifest of a bundle from anywhere. jansson bounds the nesting; the caller the size.
 */
#include <jansson.h>
#include <string.h>

#include "archive/zip.h"
#include "base/digest.h"
#include "bundle/manifest.h"
#include "fs/create.h"
#include "packaging/name.h"
#include "packaging/tags.h"

struct parse {
    struct vf_arena *a;
    struct vf_bundle_manifest *out;
    struct vf_map sums;        /* path -> index of files */
    struct vf_bundle_sum *sum; /* of files */
    bool *owned;               /* of files */
    struct vf_err *err;
    enum vf_status st; /* first thing that went wrong */
};

/* Always false. */
static bool bad(struct parse *p, const char *why, struct vf_slice what)
{
    char shown[120];
    size_t n = what.n < sizeof shown ? what.n : sizeof shown - 1;
    memcpy(shown, what.p ? what.p : "", n);
    shown[n] = '\0';
    if (p->st == VF_OK)
        p->st = vf_err_set(p->err, VF_BAD_ARCHIVE, 0, "read", VF_S(VF_BUNDLE_MANIFEST), "%s%s%s", why,
                           n > 0 ? ": " : "", shown);
    return false;
}

static bool nomem(struct parse *p)
{
    if (p->st == VF_OK)
        p->st = vf_err_nomem(p->err);
    return false;
}

/* --- values --- */

static bool keep(struct parse *p, const json_t *v, struct vf_slice *out)
{
    *out = vf_arena_dup(p->a, (struct vf_slice){json_string_value(v), json_string_length(v)});
    return out->p ? true : nomem(p);
}

static bool get_text(struct parse *p, const json_t *o, const char *key, struct vf_slice *out)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? keep(p, v, out) : bad(p, "no string", vf_slice_of(key));
}

/* A string or null, which is empty; absent is null. */
static bool get_maybe(struct parse *p, const json_t *o, const char *key, struct vf_slice *out)
{
    const json_t *v = json_object_get(o, key);
    *out = VF_S("");
    if (!v || json_is_null(v))
        return true;
    return json_is_string(v) ? keep(p, v, out) : bad(p, "neither string nor null", vf_slice_of(key));
}

static bool get_bool(struct parse *p, const json_t *o, const char *key, bool *out)
{
    const json_t *v = json_object_get(o, key);
    *out = json_is_true(v);
    return json_is_boolean(v) ? true : bad(p, "neither true nor false", vf_slice_of(key));
}

static bool get_array(struct parse *p, const json_t *o, const char *key, const json_t **out)
{
    *out = json_object_get(o, key);
    return json_is_array(*out) ? true : bad(p, "no array", vf_slice_of(key));
}

static bool get_texts(struct parse *p, const json_t *o, const char *key, const struct vf_slice **out,
                      size_t *n)
{
    const json_t *list;
    if (!get_array(p, o, key, &list))
        return false;
    *n = json_array_size(list);
    struct vf_slice *v = vf_arena_array(p->a, *n + 1, sizeof *v);
    if (!v)
        return nomem(p);
    for (size_t i = 0; i < *n; i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_string(item))
            return bad(p, "not only strings", vf_slice_of(key));
        if (!keep(p, item, &v[i]))
            return false;
    }
    *out = v;
    return true;
}

/* --- files --- */

static bool parse_sum(struct parse *p, const json_t *o, struct vf_bundle_sum *out)
{
    struct vf_slice hex;
    struct vf_buf raw = {0};
    const json_t *size = json_object_get(o, "size");
    if (!json_is_integer(size) || json_integer_value(size) < 0)
        return bad(p, "no size", VF_S("files"));
    out->size = (uint64_t)json_integer_value(size);
    if (!get_text(p, o, "sha256", &hex))
        return false;
    bool ok = vf_hex_get(&raw, hex) && raw.n == sizeof out->sha256;
    if (ok)
        memcpy(out->sha256, raw.p, raw.n);
    bool failed = raw.failed;
    vf_buf_release(&raw);
    return failed ? nomem(p) : ok ? true : bad(p, "no sha256", hex);
}

static bool parse_files(struct parse *p, const json_t *root)
{
    const json_t *list;
    struct vf_bundle_manifest *m = p->out;
    if (!get_array(p, root, "files", &list))
        return false;
    m->n_files = json_array_size(list);
    m->files = vf_arena_array(p->a, m->n_files + 1, sizeof *m->files);
    p->sum = vf_arena_array(p->a, m->n_files + 1, sizeof *p->sum);
    p->owned = vf_arena_array(p->a, m->n_files + 1, sizeof *p->owned);
    if (!m->files || !p->sum || !p->owned)
        return nomem(p);
    for (size_t i = 0; i < m->n_files; i++) {
        const json_t *o = json_array_get(list, i);
        size_t before;
        m->files[i].sum = &p->sum[i];
        if (!get_text(p, o, "path", &m->files[i].name) || !parse_sum(p, o, &p->sum[i]))
            return false;
        if (vf_map_get(&p->sums, m->files[i].name, &before))
            return bad(p, "listed twice", m->files[i].name);
        if (!vf_map_put(&p->sums, m->files[i].name, i))
            return nomem(p);
    }
    return true;
}

/* The sum of a member that somebody claims. */
static bool claim(struct parse *p, struct vf_slice name, struct vf_bundle_sum *out)
{
    size_t i;
    if (!name.p)
        return nomem(p);
    if (!vf_map_get(&p->sums, name, &i))
        return bad(p, "not listed among the files", name);
    if (p->owned[i])
        return bad(p, "used twice", name);
    p->owned[i] = true;
    *out = p->sum[i];
    return true;
}

/* --- distributions --- */

static bool parse_url(struct parse *p, const json_t *v, const struct vf_direct_url **out)
{
    if (!v || json_is_null(v))
        return true;
    struct vf_direct_url *url = vf_arena_alloc(p->a, sizeof *url);
    char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
    struct vf_err err = {0};
    bool ok = url && text;
    if (!ok)
        nomem(p);
    else if (vf_direct_url_parse(p->a, vf_slice_of(text), url, &err) != VF_OK)
        ok = err.code == VF_NO_MEMORY ? nomem(p) : bad(p, err.detail, VF_S(""));
    vf_err_release(&err);
    free(text);
    *out = url;
    return ok;
}

/* The file name says the same name, version and tags. */
static bool check_wheel(struct parse *p, struct vf_bundle_dist *d)
{
    struct vf_wheel_name n;
    struct vf_version v;
    struct vf_err err = {0};
    bool ok = vf_wheel_name_parse(p->a, d->wheel, &n, &err) == VF_OK &&
              vf_version_parse(p->a, d->version, &v, &err) == VF_OK;
    bool memory = err.code == VF_NO_MEMORY;
    vf_err_release(&err);
    if (memory)
        return nomem(p);
    if (!ok || vf_slice_find_byte(d->wheel, '/', 0) != VF_NPOS || !vf_name_same(n.name, d->name) ||
        vf_version_cmp(&n.version, &v) != 0)
        return bad(p, "a wheel whose name does not fit", d->wheel);
    return true;
}

static bool parse_dist(struct parse *p, const json_t *o, struct vf_bundle_dist *d)
{
    if (!get_text(p, o, "name", &d->name) || !get_text(p, o, "version", &d->version) ||
        !get_text(p, o, "wheel", &d->wheel) || !get_text(p, o, "tags", &d->tags) ||
        !get_bool(p, o, "tags_exact", &d->tags_exact) || !get_bool(p, o, "listed", &d->listed) ||
        !get_bool(p, o, "requested", &d->requested) ||
        !get_texts(p, o, "modified", &d->modified, &d->n_modified) ||
        (json_object_get(o, "yields") && !get_texts(p, o, "yields", &d->yields, &d->n_yields)) ||
        !parse_url(p, json_object_get(o, "direct_url"), &d->url))
        return false;
    if (!vf_name_is_canonical(d->name))
        return bad(p, "a name that is not canonical", d->name);
    return check_wheel(p, d) && claim(p, vf_arena_concat(p->a, VF_S("wheels/"), d->wheel, VF_S("")), &d->sum);
}

static bool parse_dists(struct parse *p, const json_t *root)
{
    const json_t *list;
    struct vf_bundle *b = &p->out->bundle;
    if (!get_array(p, root, "distributions", &list))
        return false;
    b->n_dists = json_array_size(list);
    b->dists = vf_arena_array(p->a, b->n_dists + 1, sizeof *b->dists);
    if (!b->dists)
        return nomem(p);
    for (size_t i = 0; i < b->n_dists; i++)
        if (!parse_dist(p, json_array_get(list, i), &b->dists[i]))
            return false;
    return true;
}

/* --- the rest --- */

static bool parse_into(struct parse *p, struct vf_slice text, enum vf_bundle_into *out)
{
    static const struct vf_slice into[] = {VF_S_INIT("root"), VF_S_INIT("scripts"),
                                           VF_S_INIT("site-packages")};
    for (size_t i = 0; i < VF_COUNT(into); i++)
        if (vf_slice_eq(text, into[i])) {
            *out = (enum vf_bundle_into)i;
            return true;
        }
    return bad(p, "an unknown location", text);
}

static bool parse_extra(struct parse *p, const json_t *o, struct vf_bundle_extra *e)
{
    struct vf_slice into;
    if (!get_text(p, o, "member", &e->member) || !get_text(p, o, "into", &into) ||
        !get_text(p, o, "path", &e->rest) || !get_bool(p, o, "executable", &e->executable) ||
        !parse_into(p, into, &e->into))
        return false;
    e->placed = json_is_true(json_object_get(o, "placed"));
    e->path = e->rest;
    if (!vf_slice_starts(e->member, VF_S("extra/")))
        return bad(p, "not below extra/", e->member);
    if (vf_zip_name_flaw(e->rest) || vf_slice_ends(e->rest, VF_S("/")))
        return bad(p, "no clean relative path", e->rest);
    if (e->into == VF_INTO_ROOT && vf_create_is_reserved(e->rest))
        return bad(p, "the name of venvfix's own journal", e->rest);
    return claim(p, e->member, &e->sum);
}

static bool parse_extras(struct parse *p, const json_t *root)
{
    const json_t *list;
    struct vf_bundle *b = &p->out->bundle;
    if (!get_array(p, root, "extra", &list))
        return false;
    b->n_extras = json_array_size(list);
    b->extras = vf_arena_array(p->a, b->n_extras + 1, sizeof *b->extras);
    if (!b->extras)
        return nomem(p);
    for (size_t i = 0; i < b->n_extras; i++)
        if (!parse_extra(p, json_array_get(list, i), &b->extras[i]))
            return false;
    return true;
}

static bool parse_pycache(struct parse *p, const json_t *root)
{
    struct vf_bundle_pycache *c = &p->out->bundle.pycache;
    const json_t *o = json_object_get(root, "pycache");
    if (!o || json_is_null(o))
        return true;
    if (!get_text(p, o, "member", &c->member) || !get_text(p, o, "magic", &c->magic))
        return false;
    if (!vf_slice_eq(c->member, VF_S(VF_BUNDLE_PYCACHE)) || c->magic.n != 8)
        return bad(p, "compiled files that are not of a known form", c->member);
    return claim(p, c->member, &c->sum);
}

static bool parse_interpreter(struct parse *p, const json_t *root)
{
    struct vf_bundle *b = &p->out->bundle;
    const json_t *o = json_object_get(root, "interpreter");
    struct vf_slice implementation;
    if (!json_is_object(o))
        return bad(p, "no object", VF_S("interpreter"));
    if (!get_maybe(p, o, "implementation", &implementation) || !get_maybe(p, o, "version", &b->python) ||
        !get_maybe(p, o, "requires_python", &b->requires_python) ||
        !get_maybe(p, o, "platform", &b->platform) ||
        !get_bool(p, o, "system_site_packages", &b->system_site))
        return false;
    b->implementation = vf_arena_cstr(p->a, implementation);
    return b->implementation ? true : nomem(p);
}

static bool check_schema(struct parse *p, const json_t *root)
{
    struct vf_slice kind;
    const json_t *schema = json_object_get(root, "schema");
    if (!json_is_integer(schema) || json_integer_value(schema) < 1)
        return bad(p, "no schema: this is no manifest", VF_S(""));
    if (json_integer_value(schema) > VF_BUNDLE_SCHEMA && p->st == VF_OK) {
        p->st = vf_err_set(p->err, VF_NOT_SUPPORTED, 0, "read", VF_S(VF_BUNDLE_MANIFEST),
                           "schema %lld is newer than this venvfix, which reads schema %d: use a newer one",
                           (long long)json_integer_value(schema), VF_BUNDLE_SCHEMA);
        return false;
    }
    return get_text(p, root, "kind", &kind) &&
           (vf_slice_eq(kind, VF_S("lock-bundle")) || bad(p, "not a kind that is known", kind));
}

static bool all_owned(struct parse *p)
{
    for (size_t i = 0; i < p->out->n_files; i++)
        if (!p->owned[i])
            return bad(p, "a file that nothing uses", p->out->files[i].name);
    return true;
}

static bool parse_root(struct parse *p, const json_t *root)
{
    struct vf_bundle *b = &p->out->bundle;
    return check_schema(p, root) && parse_files(p, root) && parse_interpreter(p, root) &&
           get_maybe(p, root, "glibc", &b->glibc) && parse_dists(p, root) && parse_extras(p, root) &&
           get_texts(p, root, "left_out", &b->left_out, &b->n_left_out) && parse_pycache(p, root) &&
           claim(p, VF_S(VF_BUNDLE_LOCK), &p->out->lock) &&
           claim(p, VF_S(VF_BUNDLE_REQUIREMENTS), &p->out->requirements) && all_owned(p);
}

enum vf_status vf_bundle_read_manifest(struct vf_arena *a, struct vf_slice json,
                                       struct vf_bundle_manifest *out, struct vf_err *err)
{
    struct parse p = {.a = a, .out = out, .err = err, .st = VF_OK};
    json_error_t why;
    memset(out, 0, sizeof *out);
    vf_map_init(&p.sums, a);
    if (json.n > VF_BUNDLE_MANIFEST_MAX)
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", VF_S(VF_BUNDLE_MANIFEST),
                          "a manifest of more than %u bytes", VF_BUNDLE_MANIFEST_MAX);
    json_t *root = json_loadb(json.p ? json.p : "", json.n, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        bad(&p, "no JSON", vf_slice_of(why.text));
    else
        parse_root(&p, root);
    json_decref(root);
    return p.st;
}
