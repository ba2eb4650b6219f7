/* freeze_lock.c: frozen distributions -> packages of a lock file. */
#include "packaging/freeze_lock.h"

#include "packaging/url.h"

static bool is_archive_with_hash(const struct vf_freeze_item *item)
{
    return !item->editable && item->url && item->url->kind == VF_DIRECT_ARCHIVE && item->url->n_hashes > 0;
}

static bool is_commit(const struct vf_freeze_item *item)
{
    return item->editable ? item->vcs.state == VF_VCS_FOUND : item->url && item->url->kind == VF_DIRECT_VCS;
}

const char *vf_freeze_why_unlocked(const struct vf_freeze_item *item)
{
    if (item->n_wheels > 0 || item->editable || is_archive_with_hash(item) || is_commit(item))
        return NULL;
    if (item->url) {
        return item->url->kind == VF_DIRECT_DIR
                   ? NULL
                   : "installed from a URL without a hash, and there is no wheel of it";
    }
    return "there is no wheel of it";
}

static struct vf_slice redacted(struct vf_arena *a, struct vf_slice url)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_url_redact_put(&b, url);
    struct vf_slice out = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out;
}

/* From `direct_url.json`: the checkout that was installed; of an editable the one that it lies in. */
static void set_commit(struct vf_arena *a, const struct vf_freeze_item *item, struct vf_lock_package *k)
{
    k->source = VF_LOCK_VCS;
    if (item->editable) {
        k->vcs = item->vcs.kind;
        k->vcs_url = redacted(a, item->vcs.remote);
        k->commit_id = item->vcs.commit;
        k->subdirectory = item->vcs.subdirectory;
        return;
    }
    k->vcs = item->url->vcs;
    k->vcs_url = redacted(a, item->url->url);
    k->commit_id = item->url->commit_id;
    k->requested_revision = item->url->requested_revision;
    k->subdirectory = item->url->subdirectory;
}

static void set_directory(struct vf_arena *a, const struct vf_freeze_item *item, struct vf_lock_package *k)
{
    k->source = VF_LOCK_DIRECTORY;
    k->editable = item->editable;
    k->directory = item->location;
    if (!item->editable) {
        k->subdirectory = item->url->subdirectory;
        if (!vf_url_file_path(a, item->url->url, &k->directory))
            k->directory = redacted(a, item->url->url);
    }
}

static enum vf_status set_requires(struct vf_arena *a, const struct vf_freeze_item *item,
                                   struct vf_lock_package *k, struct vf_err *err)
{
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_specifiers_parse(a, item->requires_python, &k->requires_python, &why);
    k->has_requires_python = st == VF_OK && k->requires_python.n > 0;
    vf_err_release(&why);
    return st == VF_NO_MEMORY ? vf_err_nomem(err) : VF_OK;
}

/* Directories and commits stand without a version: nobody can vouch for it (PEP 751). */
static enum vf_status fill(struct vf_arena *a, const struct vf_freeze_item *item, struct vf_lock_package *k,
                           struct vf_err *err)
{
    k->name = item->canonical;
    k->source = VF_LOCK_FILES;
    if (is_archive_with_hash(item)) {
        k->source = VF_LOCK_ARCHIVE;
        k->subdirectory = item->url->subdirectory;
        k->archive = (struct vf_lock_file){
            .url = redacted(a, item->url->url), .hashes = item->url->hashes, .n_hashes = item->url->n_hashes};
    } else if (is_commit(item)) {
        set_commit(a, item, k);
        return VF_OK;
    } else if (item->editable || item->n_wheels == 0) {
        set_directory(a, item, k);
        return VF_OK;
    }
    k->wheels = item->wheels;
    k->n_wheels = k->source == VF_LOCK_FILES ? item->n_wheels : 0;
    if (!item->version.legacy)
        k->version = item->version.text;
    return set_requires(a, item, k, err);
}

static enum vf_status set_minor(struct vf_arena *a, unsigned minor, struct vf_pylock *lock,
                                struct vf_err *err)
{
    struct vf_buf b;
    if (minor == 0)
        return VF_OK;
    vf_buf_init(&b);
    vf_buf_printf(&b, "==3.%u.*", minor);
    struct vf_slice text = vf_arena_dup(a, vf_buf_slice(&b));
    bool failed = b.failed || !text.p;
    vf_buf_release(&b);
    lock->has_requires_python = true;
    return failed ? vf_err_nomem(err) : vf_specifiers_parse(a, text, &lock->requires_python, err);
}

static enum vf_status fill_all(struct vf_arena *a, const struct vf_freeze_item *items, size_t n,
                               struct vf_pylock *lock, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    lock->packages = vf_arena_array(a, n + 1, sizeof *lock->packages);
    if (!lock->packages)
        return vf_err_nomem(err);
    for (size_t i = 0; i < n && st == VF_OK; i++)
        st = fill(a, &items[i], &lock->packages[i], err);
    lock->n_packages = n;
    return st == VF_OK && a->failed ? vf_err_nomem(err) : st;
}

enum vf_status vf_freeze_lock_put(struct vf_buf *out, const struct vf_freeze_item *items, size_t n,
                                  unsigned minor, struct vf_err *err)
{
    struct vf_arena a;
    vf_arena_init(&a);
    struct vf_pylock lock = {.version = VF_S("1.0"), .created_by = VF_S("venvfix")};
    enum vf_status st = set_minor(&a, minor, &lock, err);
    if (st == VF_OK)
        st = fill_all(&a, items, n, &lock, err);
    if (st == VF_OK)
        st = vf_pylock_put(out, &lock, err);
    vf_arena_release(&a);
    return st;
}
