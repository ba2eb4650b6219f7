/* pylock_write.c: lock files as text. Keys in the order of PEP 751, files as inline tables one to a line, so
 * that two locks compare well. */
#include "packaging/pylock.h"

struct out {
    struct vf_buf *b;
    bool ok; /* false: something that TOML cannot hold */
};

static void put_key(struct out *o, const char *key)
{
    vf_buf_puts(o->b, key);
    vf_buf_puts(o->b, " = ");
}

static void put_text(struct out *o, struct vf_slice s)
{
    o->ok = vf_toml_string_put(o->b, s) && o->ok;
}

/* A line `key = "text"`, nothing when the text is empty. */
static void line(struct out *o, const char *key, struct vf_slice s)
{
    if (s.n > 0) {
        put_key(o, key);
        put_text(o, s);
        vf_buf_putc(o->b, '\n');
    }
}

static void value_line(struct out *o, const char *key, const struct vf_toml_value *v)
{
    if (v) {
        put_key(o, key);
        o->ok = vf_toml_value_put(o->b, v) && o->ok;
        vf_buf_putc(o->b, '\n');
    }
}

static void texts_line(struct out *o, const char *key, const struct vf_slice *v, size_t n)
{
    put_key(o, key);
    vf_buf_putc(o->b, '[');
    for (size_t i = 0; i < n; i++) {
        vf_buf_puts(o->b, i > 0 ? ", " : "");
        put_text(o, v[i]);
    }
    vf_buf_puts(o->b, "]\n");
}

/* Specifiers in the order and spelling given. */
static void specifiers_line(struct out *o, bool has, const struct vf_specifiers *set)
{
    struct vf_buf text;
    if (!has)
        return;
    vf_buf_init(&text);
    for (size_t i = 0; i < set->n; i++) {
        vf_buf_puts(&text, i > 0 ? "," : "");
        vf_buf_puts(&text, vf_spec_op_text(set->v[i].op));
        vf_buf_put(&text, set->v[i].text);
    }
    put_key(o, "requires-python");
    put_text(o, vf_buf_slice(&text));
    vf_buf_putc(o->b, '\n');
    o->b->failed = o->b->failed || text.failed;
    vf_buf_release(&text);
}

/* --- inline tables: `{ key = value, ... }` --- */

static void member(struct out *o, bool *first, const char *key)
{
    vf_buf_puts(o->b, *first ? "" : ", ");
    *first = false;
    put_key(o, key);
}

static void text_member(struct out *o, bool *first, const char *key, struct vf_slice s)
{
    if (s.n > 0) {
        member(o, first, key);
        put_text(o, s);
    }
}

/* One that readers want even when it is empty. */
static void needed_member(struct out *o, bool *first, const char *key, struct vf_slice s)
{
    member(o, first, key);
    put_text(o, s);
}

static void hashes_member(struct out *o, bool *first, const struct vf_lock_file *f)
{
    member(o, first, "hashes");
    vf_buf_puts(o->b, "{ ");
    for (size_t i = 0; i < f->n_hashes; i++) {
        vf_buf_puts(o->b, i > 0 ? ", " : "");
        o->ok = vf_toml_key_put(o->b, f->hashes[i].alg) && o->ok;
        vf_buf_puts(o->b, " = ");
        put_text(o, f->hashes[i].value);
    }
    vf_buf_puts(o->b, " }");
}

static void file_table(struct out *o, const struct vf_lock_file *f, struct vf_slice subdirectory)
{
    bool first = true;
    vf_buf_puts(o->b, "{ ");
    text_member(o, &first, "name", f->has_name ? f->name : (struct vf_slice){NULL, 0});
    if (f->upload_time.n > 0) {
        member(o, &first, "upload-time");
        vf_buf_put(o->b, f->upload_time);
    }
    text_member(o, &first, "url", f->url);
    text_member(o, &first, "path", f->path);
    if (f->has_size) {
        member(o, &first, "size");
        vf_buf_put_u64(o->b, f->size);
    }
    hashes_member(o, &first, f);
    text_member(o, &first, "subdirectory", subdirectory);
    vf_buf_puts(o->b, " }");
}

static void put_vcs(struct out *o, const struct vf_lock_package *k)
{
    bool first = true;
    vf_buf_puts(o->b, "vcs = { ");
    needed_member(o, &first, "type", k->vcs);
    text_member(o, &first, "url", k->vcs_url);
    text_member(o, &first, "path", k->vcs_path);
    text_member(o, &first, "requested-revision", k->requested_revision);
    needed_member(o, &first, "commit-id", k->commit_id);
    text_member(o, &first, "subdirectory", k->subdirectory);
    vf_buf_puts(o->b, " }\n");
}

static void put_directory(struct out *o, const struct vf_lock_package *k)
{
    bool first = true;
    vf_buf_puts(o->b, "directory = { ");
    needed_member(o, &first, "path", k->directory);
    if (k->editable) {
        member(o, &first, "editable");
        vf_buf_puts(o->b, "true");
    }
    text_member(o, &first, "subdirectory", k->subdirectory);
    vf_buf_puts(o->b, " }\n");
}

static void put_files(struct out *o, const struct vf_lock_package *k)
{
    const struct vf_slice none = {NULL, 0};
    if (k->has_sdist) {
        vf_buf_puts(o->b, "sdist = ");
        file_table(o, &k->sdist, none);
        vf_buf_putc(o->b, '\n');
    }
    if (k->n_wheels > 0) {
        vf_buf_puts(o->b, "wheels = [\n");
        for (size_t i = 0; i < k->n_wheels; i++) {
            vf_buf_puts(o->b, "    ");
            file_table(o, &k->wheels[i], none);
            vf_buf_puts(o->b, ",\n");
        }
        vf_buf_puts(o->b, "]\n");
    }
}

static void put_source(struct out *o, const struct vf_lock_package *k)
{
    switch (k->source) {
    case VF_LOCK_FILES:
        put_files(o, k);
        break;
    case VF_LOCK_VCS:
        put_vcs(o, k);
        break;
    case VF_LOCK_DIRECTORY:
        put_directory(o, k);
        break;
    case VF_LOCK_ARCHIVE:
        vf_buf_puts(o->b, "archive = ");
        file_table(o, &k->archive, k->subdirectory);
        vf_buf_putc(o->b, '\n');
        break;
    }
}

static void put_package(struct out *o, const struct vf_lock_package *k)
{
    vf_buf_puts(o->b, "\n[[packages]]\n");
    line(o, "name", k->name);
    line(o, "version", k->version);
    line(o, "marker", k->has_marker ? k->marker.text : (struct vf_slice){NULL, 0});
    specifiers_line(o, k->has_requires_python, &k->requires_python);
    value_line(o, "dependencies", k->dependencies);
    line(o, "index", k->index);
    put_source(o, k);
    value_line(o, "attestation-identities", k->attestations);
    value_line(o, "tool", k->tool);
}

static void put_environments(struct out *o, const struct vf_pylock *lock)
{
    if (lock->n_environments == 0)
        return;
    vf_buf_puts(o->b, "environments = [\n");
    for (size_t i = 0; i < lock->n_environments; i++) {
        vf_buf_puts(o->b, "    ");
        put_text(o, lock->environments[i].text);
        vf_buf_puts(o->b, ",\n");
    }
    vf_buf_puts(o->b, "]\n");
}

enum vf_status vf_pylock_put(struct vf_buf *out, const struct vf_pylock *lock, struct vf_err *err)
{
    struct out o = {out, true};
    line(&o, "lock-version", lock->version.n > 0 ? lock->version : VF_S("1.0"));
    put_environments(&o, lock);
    specifiers_line(&o, lock->has_requires_python, &lock->requires_python);
    texts_line(&o, "extras", lock->extras, lock->n_extras);
    texts_line(&o, "dependency-groups", lock->groups, lock->n_groups);
    texts_line(&o, "default-groups", lock->default_groups, lock->n_default_groups);
    put_key(&o, "created-by");
    put_text(&o, lock->created_by);
    vf_buf_putc(out, '\n');
    if (lock->n_packages == 0) /* readers want it, even empty */
        vf_buf_puts(out, "packages = []\n");
    value_line(&o, "tool", lock->tool);
    for (size_t i = 0; i < lock->n_packages; i++)
        put_package(&o, &lock->packages[i]);
    if (out->failed)
        return vf_err_nomem(err);
    return o.ok ? VF_OK
                : vf_err_set(err, VF_BAD_LIST, 0, "write", (struct vf_slice){NULL, 0},
                             "a name, path or URL is not UTF-8, which a lock file cannot hold");
}
