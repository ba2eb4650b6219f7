/* pylock.c: reading lock files. */
#include "packaging/pylock.h"

#include <string.h>

#include "base/escape.h"
#include "packaging/name.h"
#include "packaging/text.h"
#include "packaging/url.h"

/* Where the reader is, for messages. */
struct parse {
    struct vf_arena *arena;
    struct vf_err *err;
    enum vf_status st;
    const struct vf_toml_value *at; /* the table in hand */
    const char *what;               /* "package", "wheel", ... */
    struct vf_slice package;        /* the name of the package in hand; empty when there is none */
};

/* " of package 'six'", or nothing. */
static struct vf_quoted of_package(const struct parse *p, const char **words)
{
    *words = p->package.n ? " of package " : "";
    return vf_quote(p->package);
}

static bool bad(struct parse *p, const char *why, const char *key)
{
    if (p->st == VF_OK) {
        const char *of;
        struct vf_quoted name = of_package(p, &of);
        p->st = vf_err_set(p->err, VF_BAD_LIST, 0, "parse", (struct vf_slice){NULL, 0},
                           "line %u: %s%s%s%s%s: %s", p->at ? p->at->line : 1, p->what, key ? ", " : "",
                           key ? key : "", of, p->package.n ? name.s : "", why);
    }
    return false;
}

static bool no_memory(struct parse *p)
{
    p->st = vf_err_nomem(p->err);
    return false;
}

/* What another parser found wrong becomes a bad list. */
static bool passed(struct parse *p, enum vf_status st, const char *key)
{
    if (st == VF_OK)
        return true;
    p->st = st;
    if (st == VF_MALFORMED) {
        p->st = VF_BAD_LIST;
        if (p->err)
            p->err->code = VF_BAD_LIST;
        const char *of;
        struct vf_quoted name = of_package(p, &of);
        vf_err_context(p->err, "line %u: %s, %s%s%s", p->at->line, p->what, key, of,
                       p->package.n ? name.s : "");
    }
    return false;
}

static struct vf_slice slice(const char *key)
{
    return vf_slice_of(key);
}

/* *out is NULL when there is no such key. */
static bool get(struct parse *p, const char *key, enum vf_toml_type type, const struct vf_toml_value **out)
{
    *out = vf_toml_get(p->at, slice(key));
    if (*out && (*out)->type != type)
        return bad(p, "a value of the wrong kind", key);
    return true;
}

static bool get_string(struct parse *p, const char *key, bool required, struct vf_slice *out)
{
    const struct vf_toml_value *v;
    if (!get(p, key, VF_TOML_STRING, &v))
        return false;
    if (!v)
        return required ? bad(p, "missing", key) : true;
    *out = v->text;
    return true;
}

static bool get_strings(struct parse *p, const char *key, struct vf_slice **out, size_t *n)
{
    const struct vf_toml_value *v;
    if (!get(p, key, VF_TOML_ARRAY, &v) || !v)
        return p->st == VF_OK;
    *out = vf_arena_array(p->arena, v->n, sizeof **out);
    if (!*out)
        return no_memory(p);
    for (size_t i = 0; i < v->n; i++) {
        if (v->items[i].type != VF_TOML_STRING)
            return bad(p, "not an array of strings", key);
        (*out)[(*n)++] = v->items[i].text;
    }
    return true;
}

static bool get_specifiers(struct parse *p, bool *has, struct vf_specifiers *out)
{
    const struct vf_toml_value *v;
    if (!get(p, "requires-python", VF_TOML_STRING, &v))
        return false;
    *has = v != NULL;
    return !v || passed(p, vf_specifiers_parse(p->arena, v->text, out, p->err), "requires-python");
}

/* An array whose items are all tables. */
static bool get_tables(struct parse *p, const char *key, const struct vf_toml_value **out)
{
    if (!get(p, key, VF_TOML_ARRAY, out))
        return false;
    for (size_t i = 0; *out && i < (*out)->n; i++)
        if ((*out)->items[i].type != VF_TOML_TABLE)
            return bad(p, "not an array of tables", key);
    return true;
}

/* --- files --- */

static bool parse_hashes(struct parse *p, struct vf_lock_file *f)
{
    const struct vf_toml_value *v;
    if (!get(p, "hashes", VF_TOML_TABLE, &v))
        return false;
    if (!v || v->n == 0)
        return bad(p, "at least one hash is needed", "hashes");
    f->hashes = vf_arena_array(p->arena, v->n, sizeof *f->hashes);
    if (!f->hashes)
        return no_memory(p);
    for (size_t i = 0; i < v->n; i++) {
        if (v->members[i].value.type != VF_TOML_STRING)
            return bad(p, "a hash that is no string", "hashes");
        f->hashes[f->n_hashes++] = (struct vf_direct_hash){v->members[i].key, v->members[i].value.text};
    }
    return true;
}

static bool parse_size(struct parse *p, struct vf_lock_file *f)
{
    const struct vf_toml_value *v;
    if (!get(p, "size", VF_TOML_INTEGER, &v))
        return false;
    if (v && v->integer < 0)
        return bad(p, "negative", "size");
    f->has_size = v != NULL;
    f->size = v ? (uint64_t)v->integer : 0;
    return true;
}

/* A time of day alone, or a date alone, is no time of upload. */
static bool parse_upload_time(struct parse *p, struct vf_lock_file *f)
{
    const struct vf_toml_value *v;
    if (!get(p, "upload-time", VF_TOML_TIME, &v))
        return false;
    if (v && vf_slice_find_byte(v->text, 'T', 0) == VF_NPOS)
        return bad(p, "not a date with time", "upload-time");
    f->upload_time = v ? v->text : (struct vf_slice){NULL, 0};
    return true;
}

static struct vf_slice last_part(struct vf_slice s, char sep)
{
    size_t at = vf_slice_rfind_byte(s, sep);
    return at == VF_NPOS ? s : vf_slice_from(s, at + 1);
}

/* The file name when it is not given: the last part of the path, else of the URL's path, decoded. */
static bool derive_name(struct parse *p, struct vf_lock_file *f)
{
    if (f->name.n > 0) {
        f->has_name = true;
        return true;
    }
    if (f->path.n > 0)
        f->name = last_part(f->path, vf_slice_find_byte(f->path, '/', 0) != VF_NPOS ? '/' : '\\');
    if (f->name.n > 0)
        return true;
    struct vf_buf b;
    vf_buf_init(&b);
    vf_percent_decode(&b, last_part(vf_url_split(f->url).path, '/'));
    f->name = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(p->arena, vf_buf_slice(&b));
    vf_buf_release(&b);
    return f->name.p ? true : no_memory(p);
}

/* The table in hand as a file. */
static bool parse_file(struct parse *p, struct vf_lock_file *f, bool named)
{
    bool ok = (!named || get_string(p, "name", false, &f->name)) && get_string(p, "url", false, &f->url) &&
              get_string(p, "path", false, &f->path) && parse_size(p, f) && parse_upload_time(p, f) &&
              parse_hashes(p, f);
    if (ok && f->url.n == 0 && f->path.n == 0)
        return bad(p, "neither path nor url", NULL);
    return ok && (!named || derive_name(p, f));
}

/* Does the file's name and version fit the package? */
static bool check_fit(struct parse *p, const struct vf_lock_package *k, struct vf_slice name,
                      const struct vf_version *version)
{
    if (!vf_name_same(name, k->name))
        return bad(p, "a file of another project", "name");
    if (k->version.n == 0)
        return true;
    struct vf_version own;
    if (!passed(p, vf_version_parse(p->arena, k->version, &own, p->err), "version"))
        return false;
    return vf_version_cmp(&own, version) == 0 || bad(p, "a file of another version", "name");
}

static bool check_wheel(struct parse *p, const struct vf_lock_package *k, const struct vf_lock_file *f)
{
    struct vf_wheel_name w;
    return passed(p, vf_wheel_name_parse(p->arena, f->name, &w, p->err), "name") &&
           check_fit(p, k, w.name, &w.version);
}

static bool check_sdist(struct parse *p, const struct vf_lock_package *k, const struct vf_lock_file *f)
{
    struct vf_version version;
    struct vf_slice stem = f->name;
    if (vf_slice_ends(stem, VF_S(".tar.gz")))
        stem.n -= 7;
    else if (vf_slice_ends(stem, VF_S(".zip")))
        stem.n -= 4;
    else
        return bad(p, "not *.tar.gz or *.zip", "name");
    size_t dash = vf_slice_rfind_byte(stem, '-');
    if (dash == VF_NPOS || dash == 0)
        return bad(p, "not <name>-<version>", "name");
    return passed(p, vf_version_parse(p->arena, vf_slice_from(stem, dash + 1), &version, p->err), "name") &&
           check_fit(p, k, vf_slice_sub(stem, 0, dash), &version);
}

static bool parse_wheels(struct parse *p, struct vf_lock_package *k)
{
    const struct vf_toml_value *v;
    const struct vf_toml_value *package = p->at;
    if (!get_tables(p, "wheels", &v) || !v)
        return p->st == VF_OK;
    k->wheels = vf_arena_array(p->arena, v->n, sizeof *k->wheels);
    if (!k->wheels)
        return no_memory(p);
    p->what = "wheel";
    for (size_t i = 0; i < v->n; i++) {
        p->at = &v->items[i];
        if (!parse_file(p, &k->wheels[k->n_wheels++], true))
            return false;
    }
    p->at = package;
    p->what = "package";
    return true;
}

/* --- the other sources --- */

static bool parse_sdist(struct parse *p, struct vf_lock_package *k)
{
    k->has_sdist = true;
    return parse_file(p, &k->sdist, true);
}

static bool parse_archive(struct parse *p, struct vf_lock_package *k)
{
    k->source = VF_LOCK_ARCHIVE;
    return get_string(p, "subdirectory", false, &k->subdirectory) && parse_file(p, &k->archive, false);
}

static bool parse_directory(struct parse *p, struct vf_lock_package *k)
{
    const struct vf_toml_value *v;
    k->source = VF_LOCK_DIRECTORY;
    if (!get_string(p, "path", true, &k->directory) || !get(p, "editable", VF_TOML_BOOLEAN, &v) ||
        !get_string(p, "subdirectory", false, &k->subdirectory))
        return false;
    k->editable = v && v->boolean;
    return true;
}

static bool parse_vcs(struct parse *p, struct vf_lock_package *k)
{
    k->source = VF_LOCK_VCS;
    bool ok = get_string(p, "type", true, &k->vcs) && get_string(p, "url", false, &k->vcs_url) &&
              get_string(p, "path", false, &k->vcs_path) &&
              get_string(p, "requested-revision", false, &k->requested_revision) &&
              get_string(p, "commit-id", true, &k->commit_id) &&
              get_string(p, "subdirectory", false, &k->subdirectory);
    return ok && (k->vcs_url.n > 0 || k->vcs_path.n > 0 || bad(p, "neither path nor url", NULL));
}

/* The sub-tables of a package. *direct counts those that exclude sdist and wheels. */
static bool parse_sources(struct parse *p, struct vf_lock_package *k, size_t *direct)
{
    static const struct {
        const char *key;
        bool direct;
        bool (*parse)(struct parse *p, struct vf_lock_package *k);
    } table[] = {{"vcs", true, parse_vcs},
                 {"directory", true, parse_directory},
                 {"archive", true, parse_archive},
                 {"sdist", false, parse_sdist}};
    const struct vf_toml_value *package = p->at;
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        const struct vf_toml_value *v;
        if (!get(p, table[i].key, VF_TOML_TABLE, &v))
            return false;
        if (v) {
            p->at = v;
            p->what = table[i].key;
            *direct += table[i].direct ? 1 : 0;
            if (!table[i].parse(p, k))
                return false;
            p->at = package;
            p->what = "package";
        }
    }
    return true;
}

static bool check_sources(struct parse *p, const struct vf_lock_package *k, size_t direct)
{
    bool files = k->has_sdist || k->n_wheels > 0;
    if (files ? direct > 0 : direct != 1)
        return bad(p, "not exactly one source: wheels and sdist, archive, vcs, or directory", NULL);
    for (size_t i = 0; i < k->n_wheels; i++)
        if (!check_wheel(p, k, &k->wheels[i]))
            return false;
    return !k->has_sdist || check_sdist(p, k, &k->sdist);
}

static bool check_attestations(struct parse *p, const struct vf_toml_value *v)
{
    for (size_t i = 0; v && i < v->n; i++) {
        const struct vf_toml_value *kind = vf_toml_get(&v->items[i], VF_S("kind"));
        if (!kind || kind->type != VF_TOML_STRING)
            return bad(p, "without kind", "attestation-identities");
    }
    return true;
}

static bool parse_package(struct parse *p, struct vf_lock_package *k)
{
    struct vf_slice marker = {NULL, 0};
    struct vf_version version;
    size_t direct = 0;
    k->line = p->at->line;
    p->package = VF_S("");
    if (!get_string(p, "name", true, &k->name))
        return false;
    p->package = k->name;
    if (!get_string(p, "version", false, &k->version) || !get_string(p, "marker", false, &marker) ||
        !get_string(p, "index", false, &k->index))
        return false;
    if (!vf_name_is_canonical(k->name))
        return bad(p, "not in canonical form", "name");
    k->has_marker = marker.p != NULL;
    if ((k->version.p && !passed(p, vf_version_parse(p->arena, k->version, &version, p->err), "version")) ||
        (k->has_marker && !passed(p, vf_marker_parse(p->arena, marker, &k->marker, p->err), "marker")))
        return false;
    return get_specifiers(p, &k->has_requires_python, &k->requires_python) &&
           get_tables(p, "dependencies", &k->dependencies) &&
           get_tables(p, "attestation-identities", &k->attestations) &&
           get(p, "tool", VF_TOML_TABLE, &k->tool) && parse_sources(p, k, &direct) && parse_wheels(p, k) &&
           check_sources(p, k, direct) && check_attestations(p, k->attestations);
}

/* --- the whole --- */

static bool parse_environments(struct parse *p, struct vf_pylock *out)
{
    struct vf_slice *texts = NULL;
    size_t n = 0;
    if (!get_strings(p, "environments", &texts, &n) || !texts)
        return p->st == VF_OK;
    out->environments = vf_arena_array(p->arena, n, sizeof *out->environments);
    if (!out->environments)
        return no_memory(p);
    for (size_t i = 0; i < n; i++) {
        struct vf_marker *m = &out->environments[out->n_environments++];
        if (!passed(p, vf_marker_parse(p->arena, texts[i], m, p->err), "environments"))
            return false;
    }
    return true;
}

static bool parse_packages(struct parse *p, struct vf_pylock *out)
{
    const struct vf_toml_value *v;
    if (!get_tables(p, "packages", &v))
        return false;
    if (!v)
        return bad(p, "missing", "packages");
    if (v->n > VF_LOCK_PACKAGES_MAX) {
        p->st = vf_err_set(p->err, VF_LIMIT, 0, "parse", (struct vf_slice){NULL, 0},
                           "a lock of more than %d packages", VF_LOCK_PACKAGES_MAX);
        return false;
    }
    out->packages = vf_arena_array(p->arena, v->n, sizeof *out->packages);
    if (!out->packages)
        return no_memory(p);
    p->what = "package";
    for (size_t i = 0; i < v->n; i++) {
        p->at = &v->items[i];
        if (!parse_package(p, &out->packages[out->n_packages++]))
            return false;
    }
    return true;
}

/* 1 and above is understood, 2 is not. Decided before the rest, which may look different by then. */
static bool check_version(struct parse *p, struct vf_pylock *out)
{
    struct vf_version v, one, two;
    if (!passed(p, vf_version_parse(p->arena, out->version, &v, p->err), "lock-version") ||
        !passed(p, vf_version_parse(p->arena, VF_S("1.0"), &one, p->err), "lock-version") ||
        !passed(p, vf_version_parse(p->arena, VF_S("2"), &two, p->err), "lock-version"))
        return false;
    if (vf_version_cmp(&v, &one) < 0 || vf_version_cmp(&v, &two) >= 0) {
        p->st = vf_err_set(p->err, VF_NOT_SUPPORTED, 0, "parse", (struct vf_slice){NULL, 0},
                           "lock-version '%s' is not known", vf_quote(out->version).s);
        return false;
    }
    out->newer = vf_version_cmp(&v, &one) > 0;
    return true;
}

static bool parse_lock(struct parse *p, struct vf_pylock *out)
{
    p->what = "lock";
    if (!get_string(p, "lock-version", true, &out->version) || !check_version(p, out) ||
        !parse_environments(p, out) || !get_strings(p, "extras", &out->extras, &out->n_extras) ||
        !get_strings(p, "dependency-groups", &out->groups, &out->n_groups) ||
        !get_strings(p, "default-groups", &out->default_groups, &out->n_default_groups) ||
        !get_string(p, "created-by", true, &out->created_by) ||
        !get_specifiers(p, &out->has_requires_python, &out->requires_python) ||
        !get(p, "tool", VF_TOML_TABLE, &out->tool))
        return false;
    for (size_t i = 0; i < out->n_extras; i++)
        if (!vf_name_is_canonical(out->extras[i]))
            return bad(p, "not in canonical form", "extras");
    return parse_packages(p, out);
}

enum vf_status vf_pylock_parse(struct vf_arena *a, struct vf_slice text, struct vf_pylock *out,
                               struct vf_err *err)
{
    memset(out, 0, sizeof *out);
    struct vf_toml_value *root = vf_arena_alloc(a, sizeof *root);
    if (!root)
        return vf_err_nomem(err);
    struct parse p = {.arena = a, .err = err, .st = VF_OK, .at = root, .what = "file"};
    p.st = vf_toml_parse(a, text, root, err);
    if (p.st == VF_MALFORMED) {
        p.st = VF_BAD_LIST;
        if (err)
            err->code = VF_BAD_LIST;
    } else if (p.st == VF_OK) {
        (void)parse_lock(&p, out);
    }
    return p.st;
}

bool vf_pylock_is_name(struct vf_slice base)
{
    const struct vf_slice head = VF_S("pylock.");
    const struct vf_slice tail = VF_S(".toml");
    if (vf_slice_eq(base, VF_S("pylock.toml")))
        return true;
    return base.n > head.n + tail.n && vf_slice_starts(base, head) && vf_slice_ends(base, tail) &&
           vf_slice_find_byte(vf_slice_sub(base, head.n, base.n - tail.n), '.', 0) == VF_NPOS;
}
