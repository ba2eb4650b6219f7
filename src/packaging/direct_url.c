/* direct_url.c: direct_url.json, judged as packaging.direct_url judges it.
 *
 * A key whose value is null counts as absent. jansson keeps the order of the keys, which decides the hash
 * that is printed; of a key given twice the last value counts, as with Python. */
#include "packaging/direct_url.h"

#include <jansson.h>
#include <string.h>

#include "base/escape.h"
#include "packaging/text.h"
#include "packaging/url.h"

struct parse {
    struct vf_arena *arena;
    struct vf_direct_url *out;
    struct vf_err *err;
    enum vf_status st; /* first thing that went wrong */
};

static bool bad(struct parse *p, const char *what, const char *key)
{
    if (p->st == VF_OK) {
        p->st = vf_err_set(p->err, VF_MALFORMED, 0, "parse", (struct vf_slice){NULL, 0},
                           "direct_url.json: %s%s%s", what, key ? ": " : "", key ? key : "");
    }
    return false;
}

static bool copy(struct parse *p, struct vf_slice s, struct vf_slice *out)
{
    *out = vf_arena_dup(p->arena, s);
    if (!out->p && p->st == VF_OK)
        p->st = vf_err_nomem(p->err);
    return out->p != NULL;
}

static const json_t *get(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    return json_is_null(v) ? NULL : v;
}

/* A string that may be missing, or must be there. */
static bool get_string(struct parse *p, const json_t *object, const char *key, bool required,
                       struct vf_slice *out)
{
    const json_t *v = get(object, key);
    if (!v)
        return required ? bad(p, "a value is missing", key) : true;
    if (!json_is_string(v))
        return bad(p, "not a string", key);
    return copy(p, (struct vf_slice){json_string_value(v), json_string_length(v)}, out);
}

static bool parse_vcs(struct parse *p, const json_t *info)
{
    struct vf_direct_url *d = p->out;
    d->kind = VF_DIRECT_VCS;
    return get_string(p, info, "vcs", true, &d->vcs) &&
           get_string(p, info, "requested_revision", false, &d->requested_revision) &&
           get_string(p, info, "commit_id", true, &d->commit_id);
}

static bool parse_dir(struct parse *p, const json_t *info)
{
    const json_t *v = get(info, "editable");
    p->out->kind = VF_DIRECT_DIR;
    if (v && !json_is_boolean(v))
        return bad(p, "not a boolean", "editable");
    p->out->editable = v && json_is_true(v);
    return true;
}

static bool parse_hashes(struct parse *p, const json_t *hashes)
{
    struct vf_direct_url *d = p->out;
    const char *key;
    json_t *value;
    if (!json_is_object(hashes))
        return bad(p, "not an object", "hashes");
    if (json_object_size(hashes) > VF_DIRECT_HASHES_MAX)
        return bad(p, "too many values", "hashes");
    d->hashes = vf_arena_array(p->arena, json_object_size(hashes), sizeof *d->hashes);
    if (!d->hashes) {
        p->st = vf_err_nomem(p->err);
        return false;
    }
    json_object_foreach((json_t *)hashes, key, value)
    {
        if (!json_is_string(value))
            return bad(p, "not a string", "hashes");
        struct vf_direct_hash *h = &d->hashes[d->n_hashes];
        if (!copy(p, vf_slice_of(key), &h->alg) ||
            !copy(p, (struct vf_slice){json_string_value(value), json_string_length(value)}, &h->value))
            return false;
        d->n_hashes++;
    }
    return true;
}

/* The legacy `hash`: the only one, or one of `hashes`. */
static bool check_legacy(struct parse *p, struct vf_slice legacy, bool alone)
{
    struct vf_direct_url *d = p->out;
    size_t eq = vf_slice_find_byte(legacy, '=', 0);
    if (eq == VF_NPOS)
        return bad(p, "not <algorithm>=<hash>", "hash");
    struct vf_direct_hash h = {vf_slice_sub(legacy, 0, eq), vf_slice_from(legacy, eq + 1)};
    if (alone) {
        d->hashes = vf_arena_array(p->arena, 1, sizeof *d->hashes);
        if (!d->hashes) {
            p->st = vf_err_nomem(p->err);
            return false;
        }
        d->hashes[0] = h;
        d->n_hashes = 1;
        return true;
    }
    for (size_t i = 0; i < d->n_hashes; i++)
        if (vf_slice_eq(d->hashes[i].alg, h.alg))
            return vf_slice_eq(d->hashes[i].value, h.value) || bad(p, "`hash` and `hashes` differ", NULL);
    return bad(p, "the algorithm of `hash` is not in `hashes`", NULL);
}

static bool parse_archive(struct parse *p, const json_t *info)
{
    const json_t *hashes = get(info, "hashes");
    struct vf_slice legacy = {NULL, 0};
    p->out->kind = VF_DIRECT_ARCHIVE;
    return (!hashes || parse_hashes(p, hashes)) && get_string(p, info, "hash", false, &legacy) &&
           (!legacy.p || check_legacy(p, legacy, !hashes));
}

static bool check_dir_url(struct parse *p)
{
    struct vf_slice url = p->out->url;
    while (url.n > 0 && (unsigned char)url.p[0] <= ' ')
        url = vf_slice_from(url, 1);
    struct vf_url u = vf_url_split(url);
    if (!vf_slice_eq_nocase(u.scheme, VF_S("file")))
        return bad(p, "a directory whose URL is not file:", "url");
    return (u.path.n > 0 && u.path.p[0] == '/') || bad(p, "a directory whose URL is not absolute", "url");
}

static bool parse_object(struct parse *p, const json_t *root)
{
    static const struct {
        const char *key;
        bool (*parse)(struct parse *p, const json_t *info);
    } infos[] = {{"archive_info", parse_archive}, {"vcs_info", parse_vcs}, {"dir_info", parse_dir}};
    size_t found = 0;
    if (!json_is_object(root))
        return bad(p, "not an object", NULL);
    if (!get_string(p, root, "url", true, &p->out->url) ||
        !get_string(p, root, "subdirectory", false, &p->out->subdirectory))
        return false;
    for (size_t i = 0; i < VF_COUNT(infos); i++) {
        const json_t *info = get(root, infos[i].key);
        if (info && !json_is_object(info))
            return bad(p, "not an object", infos[i].key);
        if (info && !infos[i].parse(p, info))
            return false;
        found += info ? 1 : 0;
    }
    if (found != 1)
        return bad(p, "not exactly one of vcs_info, archive_info, dir_info", NULL);
    return p->out->kind != VF_DIRECT_DIR || check_dir_url(p);
}

enum vf_status vf_direct_url_parse(struct vf_arena *a, struct vf_slice json, struct vf_direct_url *out,
                                   struct vf_err *err)
{
    struct parse p = {.arena = a, .out = out, .err = err, .st = VF_OK};
    json_error_t why;
    memset(out, 0, sizeof *out);
    if (json.n > VF_DIRECT_URL_MAX) {
        return vf_err_set(err, VF_LIMIT, 0, "parse", (struct vf_slice){NULL, 0},
                          "a direct_url.json of more than %u bytes", VF_DIRECT_URL_MAX);
    }
    json_t *root = json_loadb(json.p ? json.p : "", json.n, JSON_ALLOW_NUL | JSON_DECODE_ANY, &why);
    if (!root) {
        (void)bad(&p, "not JSON", vf_quote(vf_slice_of(why.text)).s);
        return p.st;
    }
    (void)parse_object(&p, root);
    json_decref(root);
    return p.st;
}

/* Python's json.dumps: everything but printable ASCII is escaped. */
static void put_ascii(struct vf_buf *out, struct vf_slice s)
{
    vf_buf_putc(out, '"');
    while (s.n > 0) {
        uint32_t cp = 0xfffd;
        size_t used = vf_utf8_decode(s, &cp);
        if (used == 1 && cp < 0x7f)
            vf_json_put(out, vf_slice_sub(s, 0, 1));
        else if (cp > 0xffff)
            vf_buf_printf(out, "\\u%04x\\u%04x", 0xd800u + ((cp - 0x10000) >> 10), 0xdc00u + (cp & 0x3ff));
        else
            vf_buf_printf(out, "\\u%04x", cp);
        s = vf_slice_from(s, used ? used : 1);
    }
    vf_buf_putc(out, '"');
}

static void put_member(struct vf_buf *out, const char *before, const char *key, struct vf_slice value)
{
    vf_buf_printf(out, "%s\"%s\": ", before, key);
    put_ascii(out, value);
}

static int by_alg(const struct vf_direct_hash *a, const struct vf_direct_hash *b)
{
    return vf_slice_cmp(a->alg, b->alg);
}

/* The hashes in the order of their names, without sorting the caller's array: there are few. */
static void put_hashes(struct vf_buf *out, const struct vf_direct_url *d)
{
    const struct vf_direct_hash *last = NULL;
    for (size_t done = 0; done < d->n_hashes; done++) {
        const struct vf_direct_hash *next = NULL;
        for (size_t i = 0; i < d->n_hashes; i++) {
            const struct vf_direct_hash *h = &d->hashes[i];
            if ((!last || by_alg(h, last) > 0) && (!next || by_alg(h, next) < 0))
                next = h;
        }
        if (!next) /* the same name twice */
            return;
        vf_buf_puts(out, last ? ", " : "");
        put_ascii(out, next->alg);
        vf_buf_puts(out, ": ");
        put_ascii(out, next->value);
        last = next;
    }
}

/* `"hash": "alg=value", ` for old readers. Left out where the name of the algorithm would be cut at its own
 * `=`. */
static void put_legacy(struct vf_buf *out, const struct vf_direct_hash *h)
{
    struct vf_buf legacy;
    if (vf_slice_find_byte(h->alg, '=', 0) != VF_NPOS)
        return;
    vf_buf_init(&legacy);
    vf_buf_put(&legacy, h->alg);
    vf_buf_putc(&legacy, '=');
    vf_buf_put(&legacy, h->value);
    put_member(out, "", "hash", vf_buf_slice(&legacy));
    vf_buf_puts(out, ", ");
    out->failed = out->failed || legacy.failed;
    vf_buf_release(&legacy);
}

static void put_archive(struct vf_buf *out, const struct vf_direct_url *d)
{
    vf_buf_puts(out, "\"archive_info\": {");
    if (d->n_hashes > 0) {
        put_legacy(out, &d->hashes[0]);
        vf_buf_puts(out, "\"hashes\": {");
        put_hashes(out, d);
        vf_buf_putc(out, '}');
    }
    vf_buf_puts(out, "}, ");
}

void vf_direct_url_put(struct vf_buf *out, const struct vf_direct_url *d)
{
    vf_buf_putc(out, '{');
    if (d->kind == VF_DIRECT_ARCHIVE)
        put_archive(out, d);
    else if (d->kind == VF_DIRECT_DIR)
        vf_buf_puts(out, d->editable ? "\"dir_info\": {\"editable\": true}, " : "\"dir_info\": {}, ");
    if (d->subdirectory.n > 0) {
        put_member(out, "", "subdirectory", d->subdirectory);
        vf_buf_puts(out, ", ");
    }
    put_member(out, "", "url", d->url);
    if (d->kind == VF_DIRECT_VCS) {
        vf_buf_puts(out, ", \"vcs_info\": {");
        put_member(out, "", "commit_id", d->commit_id);
        if (d->requested_revision.n > 0)
            put_member(out, ", ", "requested_revision", d->requested_revision);
        put_member(out, ", ", "vcs", d->vcs);
        vf_buf_putc(out, '}');
    }
    vf_buf_putc(out, '}');
}
