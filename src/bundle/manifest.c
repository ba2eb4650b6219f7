/* manifest.c: the texts of a lock bundle. The same bundle gives the same bytes. */
#include "bundle/manifest.h"

#include <jansson.h>

#include "base/digest.h"
#include "base/escape.h"
#include "packaging/pylock.h"

static struct vf_slice digest_of(const struct vf_bundle_sum *s)
{
    return (struct vf_slice){(const char *)s->sha256, sizeof s->sha256};
}

/* --- requirements.txt --- */

enum vf_status vf_bundle_put_requirements(const struct vf_bundle *b, struct vf_buf *out, struct vf_err *err)
{
    for (size_t i = 0; i < b->n_dists; i++) {
        const struct vf_bundle_dist *d = &b->dists[i];
        if (!d->listed)
            continue;
        vf_buf_put(out, d->name);
        vf_buf_puts(out, "==");
        vf_buf_put(out, d->version);
        vf_buf_puts(out, " --hash=sha256:");
        vf_hex_put(out, digest_of(&d->sum));
        vf_buf_putc(out, '\n');
    }
    return out->failed ? vf_err_nomem(err) : VF_OK;
}

/* --- pylock.toml --- */

static enum vf_status lock_specifiers(struct vf_arena *a, struct vf_slice text, struct vf_specifiers *out,
                                      bool *has, struct vf_err *err)
{
    *has = text.n > 0;
    return *has ? vf_specifiers_parse(a, text, out, err) : VF_OK;
}

static enum vf_status lock_package(struct vf_arena *a, const struct vf_bundle_dist *d,
                                   struct vf_lock_package *out, struct vf_err *err)
{
    struct vf_buf hex = {0};
    struct vf_lock_file *wheel = vf_arena_alloc(a, sizeof *wheel);
    struct vf_direct_hash *hash = vf_arena_alloc(a, sizeof *hash);
    struct vf_slice none = {NULL, 0};
    if (!wheel || !hash)
        return vf_err_nomem(err);
    vf_hex_put(&hex, digest_of(&d->sum));
    *hash = (struct vf_direct_hash){VF_S("sha256"), vf_arena_dup(a, vf_buf_slice(&hex))};
    *wheel = (struct vf_lock_file){.name = d->wheel,
                                   .path = vf_arena_concat(a, VF_S("wheels/"), d->wheel, none),
                                   .has_size = true,
                                   .size = d->sum.size,
                                   .hashes = hash,
                                   .n_hashes = 1};
    bool ok = !hex.failed && hash->value.p && wheel->path.p;
    vf_buf_release(&hex);
    if (!ok)
        return vf_err_nomem(err);
    *out = (struct vf_lock_package){
        .name = d->name, .version = d->version, .source = VF_LOCK_FILES, .wheels = wheel, .n_wheels = 1};
    return lock_specifiers(a, d->requires_python, &out->requires_python, &out->has_requires_python, err);
}

static enum vf_status make_lock(struct vf_arena *a, const struct vf_bundle *b, struct vf_pylock *lock,
                                struct vf_err *err)
{
    *lock = (struct vf_pylock){.version = VF_S("1.0"), .created_by = VF_S("venvfix")};
    lock->packages = vf_arena_array(a, b->n_dists + 1, sizeof *lock->packages);
    if (!lock->packages)
        return vf_err_nomem(err);
    enum vf_status st =
        lock_specifiers(a, b->requires_python, &lock->requires_python, &lock->has_requires_python, err);
    for (size_t i = 0; i < b->n_dists && st == VF_OK; i++)
        if (b->dists[i].listed)
            st = lock_package(a, &b->dists[i], &lock->packages[lock->n_packages++], err);
    return st;
}

enum vf_status vf_bundle_put_lock(const struct vf_bundle *b, struct vf_buf *out, struct vf_err *err)
{
    struct vf_arena a;
    struct vf_pylock lock;
    vf_arena_init(&a);
    enum vf_status st = make_lock(&a, b, &lock, err);
    if (st == VF_OK)
        st = vf_pylock_put(out, &lock, err);
    vf_arena_release(&a);
    return st;
}

/* --- venvfix.json --- */

/* File names are not quite in the order of the names they begin with. */
void vf_bundle_wheel_order(const struct vf_bundle *b, size_t *order)
{
    for (size_t i = 0; i < b->n_dists; i++) {
        size_t k = i;
        for (; k > 0 && vf_slice_cmp(b->dists[order[k - 1]].wheel, b->dists[i].wheel) > 0; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
}

/* Sets a key; false: no memory or not UTF-8. An empty text without pointer is null. */
static bool set_text(json_t *o, const char *key, struct vf_slice v)
{
    return json_object_set_new(o, key, v.p ? json_stringn(v.p, v.n) : json_null()) == 0;
}

static bool set_bool(json_t *o, const char *key, bool v)
{
    return json_object_set_new(o, key, json_boolean(v)) == 0;
}

/* Hands `v` over. */
static bool set_new(json_t *o, const char *key, json_t *v)
{
    return json_object_set_new(o, key, v) == 0;
}

static bool add_file(json_t *files, struct vf_slice dir, struct vf_slice name, const struct vf_bundle_sum *s)
{
    struct vf_buf hex = {0}, path = {0};
    json_t *o = json_object();
    vf_hex_put(&hex, digest_of(s));
    vf_buf_put(&path, dir);
    vf_buf_put(&path, name);
    bool ok = o && !hex.failed && !path.failed && set_text(o, "path", vf_buf_slice(&path)) &&
              set_new(o, "size", json_integer((json_int_t)s->size)) &&
              set_text(o, "sha256", vf_buf_slice(&hex)) && json_array_append(files, o) == 0;
    json_decref(o);
    vf_buf_release(&hex);
    vf_buf_release(&path);
    return ok;
}

static bool add_text(json_t *files, const char *name, struct vf_slice text)
{
    struct vf_bundle_sum s = {.size = text.n};
    return vf_sha256(text, s.sha256) && add_file(files, VF_S(""), vf_slice_of(name), &s);
}

/* Every member but the manifest, in the order of the archive: wheels by file name. */
static json_t *all_files(const struct vf_bundle *b, const size_t *order, struct vf_slice lock,
                         struct vf_slice requirements)
{
    json_t *files = json_array();
    bool ok = files && add_text(files, VF_BUNDLE_LOCK, lock) &&
              add_text(files, VF_BUNDLE_REQUIREMENTS, requirements);
    for (size_t i = 0; ok && i < b->n_dists; i++)
        ok = add_file(files, VF_S("wheels/"), b->dists[order[i]].wheel, &b->dists[order[i]].sum);
    for (size_t i = 0; ok && i < b->n_extras; i++)
        ok = add_file(files, VF_S(""), b->extras[i].member, &b->extras[i].sum);
    if (ok && b->pycache.member.n > 0)
        ok = add_file(files, VF_S(""), b->pycache.member, &b->pycache.sum);
    if (ok)
        return files;
    json_decref(files);
    return NULL;
}

static json_t *strings(const struct vf_slice *v, size_t n)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok = json_array_append_new(list, json_stringn(v[i].p ? v[i].p : "", v[i].n)) == 0;
    if (ok)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *direct_url(const struct vf_direct_url *url)
{
    struct vf_buf b = {0};
    if (!url)
        return json_null();
    vf_direct_url_put(&b, url);
    json_t *o = b.failed ? NULL : json_loadb(b.p, b.n, 0, NULL);
    vf_buf_release(&b);
    return o;
}

static json_t *distributions(const struct vf_bundle *b)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < b->n_dists; i++) {
        const struct vf_bundle_dist *d = &b->dists[i];
        json_t *o = json_object();
        ok = o && set_text(o, "name", d->name) && set_text(o, "version", d->version) &&
             set_text(o, "wheel", d->wheel) && set_text(o, "tags", d->tags) &&
             set_bool(o, "tags_exact", d->tags_exact) && set_bool(o, "listed", d->listed) &&
             set_bool(o, "requested", d->requested) &&
             set_new(o, "modified", strings(d->modified, d->n_modified)) &&
             (!d->converted || set_bool(o, "converted", true)) &&
             (d->n_yields == 0 || set_new(o, "yields", strings(d->yields, d->n_yields))) &&
             set_new(o, "direct_url", direct_url(d->url)) && json_array_append(list, o) == 0;
        json_decref(o);
    }
    if (ok)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *extras(const struct vf_bundle *b)
{
    static const char *const into[] = {"root", "scripts", "site-packages"};
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < b->n_extras; i++) {
        const struct vf_bundle_extra *e = &b->extras[i];
        json_t *o = json_object();
        ok = o && set_text(o, "member", e->member) && set_text(o, "into", vf_slice_of(into[e->into])) &&
             set_text(o, "path", e->rest) && set_bool(o, "executable", e->executable) &&
             (!e->placed || set_bool(o, "placed", true)) && json_array_append(list, o) == 0;
        json_decref(o);
    }
    if (ok)
        return list;
    json_decref(list);
    return NULL;
}

/* The tags of all wheels, each once, sorted; `wheels` gives room for them. */
static json_t *tags(const struct vf_bundle *b, struct vf_slice *room)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n_dists; i++) {
        size_t at = 0;
        while (at < n && vf_slice_cmp(room[at], b->dists[i].tags) < 0)
            at++;
        if (at < n && vf_slice_eq(room[at], b->dists[i].tags))
            continue;
        for (size_t k = n++; k > at; k--)
            room[k] = room[k - 1];
        room[at] = b->dists[i].tags;
    }
    return strings(room, n);
}

static json_t *interpreter(const struct vf_bundle *b)
{
    json_t *o = json_object();
    struct vf_slice none = {NULL, 0};
    bool ok = o && set_text(o, "implementation", vf_slice_of(b->implementation)) &&
              set_text(o, "version", b->python.n ? b->python : none) &&
              set_text(o, "requires_python", b->requires_python.n ? b->requires_python : none) &&
              set_bool(o, "system_site_packages", b->system_site);
    if (ok && b->platform.n)
        ok = set_text(o, "platform", b->platform);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *pycache(const struct vf_bundle_pycache *c)
{
    if (c->member.n == 0)
        return json_null();
    json_t *o = json_object();
    if (o && set_text(o, "member", c->member) && set_text(o, "magic", c->magic))
        return o;
    json_decref(o);
    return NULL;
}

static int append(const char *text, size_t n, void *data)
{
    struct vf_buf *b = data;
    vf_buf_put(b, (struct vf_slice){text, n});
    return b->failed ? -1 : 0;
}

/* JSON holds UTF-8 only. */
static bool is_text(const struct vf_bundle *b)
{
    bool ok = vf_utf8_valid(b->platform);
    for (size_t i = 0; i < b->n_dists; i++) {
        const struct vf_bundle_dist *d = &b->dists[i];
        ok = ok && vf_utf8_valid(d->name) && vf_utf8_valid(d->version) && vf_utf8_valid(d->wheel) &&
             vf_utf8_valid(d->tags);
        for (size_t k = 0; k < d->n_modified; k++)
            ok = ok && vf_utf8_valid(d->modified[k]);
        for (size_t k = 0; k < d->n_yields; k++)
            ok = ok && vf_utf8_valid(d->yields[k]);
    }
    for (size_t i = 0; i < b->n_extras; i++)
        ok = ok && vf_utf8_valid(b->extras[i].member) && vf_utf8_valid(b->extras[i].rest);
    for (size_t i = 0; i < b->n_left_out; i++)
        ok = ok && vf_utf8_valid(b->left_out[i]);
    return ok;
}

enum vf_status vf_bundle_put_manifest(const struct vf_bundle *b, struct vf_slice lock,
                                      struct vf_slice requirements, struct vf_buf *out, struct vf_err *err)
{
    struct vf_arena a;
    vf_arena_init(&a);
    struct vf_slice *room = vf_arena_array(&a, b->n_dists + 1, sizeof *room);
    size_t *order = vf_arena_array(&a, b->n_dists + 1, sizeof *order);
    json_t *o = json_object();
    bool ok = room && order && o;
    if (ok)
        vf_bundle_wheel_order(b, order);
    ok = ok && set_new(o, "schema", json_integer(VF_BUNDLE_SCHEMA)) &&
         set_text(o, "kind", VF_S("lock-bundle")) && set_text(o, "created_by", VF_S("venvfix")) &&
         set_new(o, "interpreter", interpreter(b)) && set_new(o, "tags", tags(b, room)) &&
         set_text(o, "glibc", b->glibc.n ? b->glibc : (struct vf_slice){NULL, 0}) &&
         set_new(o, "distributions", distributions(b)) && set_new(o, "extra", extras(b)) &&
         set_new(o, "pycache", pycache(&b->pycache)) &&
         set_new(o, "left_out", strings(b->left_out, b->n_left_out)) &&
         set_new(o, "files", all_files(b, order, lock, requirements)) &&
         json_dump_callback(o, append, out, JSON_INDENT(1)) == 0;
    vf_buf_putc(out, '\n');
    json_decref(o);
    vf_arena_release(&a);
    if (!is_text(b))
        return vf_err_set(err, VF_UNWRITABLE, 0, "pack", VF_S(VF_BUNDLE_MANIFEST),
                          "something in it is not UTF-8");
    if (!ok || out->failed)
        return vf_err_nomem(err);
    return VF_OK;
}

/* --- SHA256SUMS --- */

void vf_bundle_put_sum(struct vf_buf *out, const unsigned char sha256[32], struct vf_slice name)
{
    bool odd = vf_slice_find_byte(name, '\n', 0) != VF_NPOS || vf_slice_find_byte(name, '\r', 0) != VF_NPOS;
    if (odd)
        vf_buf_putc(out, '\\');
    vf_hex_put(out, (struct vf_slice){(const char *)sha256, 32});
    vf_buf_puts(out, "  ");
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == '\n' || name.p[i] == '\r')
            vf_buf_puts(out, name.p[i] == '\n' ? "\\n" : "\\r");
        else
            vf_buf_putc(out, name.p[i]);
    vf_buf_putc(out, '\n');
}

static bool put_text_sum(struct vf_buf *out, const char *name, struct vf_slice text)
{
    unsigned char sum[32];
    bool ok = vf_sha256(text, sum);
    if (ok)
        vf_bundle_put_sum(out, sum, vf_slice_of(name));
    return ok;
}

enum vf_status vf_bundle_put_sums(const struct vf_bundle *b, struct vf_slice manifest, struct vf_slice lock,
                                  struct vf_slice requirements, struct vf_buf *out, struct vf_err *err)
{
    struct vf_arena a;
    vf_arena_init(&a);
    size_t *order = vf_arena_array(&a, b->n_dists + 1, sizeof *order);
    bool ok = order && put_text_sum(out, VF_BUNDLE_MANIFEST, manifest) &&
              put_text_sum(out, VF_BUNDLE_LOCK, lock) &&
              put_text_sum(out, VF_BUNDLE_REQUIREMENTS, requirements);
    if (ok)
        vf_bundle_wheel_order(b, order);
    for (size_t i = 0; ok && i < b->n_dists; i++) {
        const struct vf_bundle_dist *d = &b->dists[order[i]];
        struct vf_slice name = vf_arena_concat(&a, VF_S("wheels/"), d->wheel, VF_S(""));
        ok = name.p != NULL;
        if (ok)
            vf_bundle_put_sum(out, d->sum.sha256, name);
    }
    for (size_t i = 0; ok && i < b->n_extras; i++)
        vf_bundle_put_sum(out, b->extras[i].sum.sha256, b->extras[i].member);
    if (b->pycache.member.n > 0)
        vf_bundle_put_sum(out, b->pycache.sum.sha256, b->pycache.member);
    vf_arena_release(&a);
    return ok && !out->failed ? VF_OK : vf_err_nomem(err);
}
