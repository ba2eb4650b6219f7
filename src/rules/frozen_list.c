/* frozen_list.c: lines of a requirements list and packages of a lock file become what is expected. */
#include "packaging/name.h"
#include "packaging/text.h"
#include "packaging/url.h"
#include "rules/frozen.h"

static struct vf_slice absolute(struct vf_arena *a, struct vf_slice base, struct vf_slice path)
{
    struct vf_slice joined = vf_path_join(a, base, path);
    return joined.p ? vf_path_clean_dup(a, joined) : joined;
}

static struct vf_slice kept(struct vf_arena *a, struct vf_buf *b)
{
    struct vf_slice out = b->failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(b));
    vf_buf_release(b);
    return out;
}

static struct vf_slice file_url(struct vf_arena *a, struct vf_slice path)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_url_file_put(&b, path);
    return kept(a, &b);
}

static struct vf_slice stripped(struct vf_arena *a, struct vf_slice url)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_url_strip_put(&b, vf_slice_sub(url, 0, vf_slice_find_byte(url, '#', 0)));
    return kept(a, &b);
}

/* The line, but for the secret of a URL. */
static struct vf_slice shown(struct vf_arena *a, struct vf_slice text, struct vf_slice location)
{
    size_t at = vf_url_has_secret(location) ? vf_slice_find(text, location, 0) : VF_NPOS;
    struct vf_buf b;
    if (at == VF_NPOS)
        return vf_url_has_secret(location) ? VF_S("a URL with a password") : text;
    vf_buf_init(&b);
    vf_buf_put(&b, vf_slice_sub(text, 0, at));
    vf_url_redact_put(&b, location);
    vf_buf_put(&b, vf_slice_from(text, at + location.n));
    return kept(a, &b);
}

static bool is_commit(struct vf_slice s)
{
    bool ok = s.n == 40 || s.n == 64;
    for (size_t i = 0; i < s.n && ok; i++)
        ok = vf_text_digit(s.p[i]) || (s.p[i] >= 'a' && s.p[i] <= 'f');
    return ok;
}

/* "git+https://host/x@commit" */
static void set_vcs(struct vf_arena *a, struct vf_expected_item *e, struct vf_slice location)
{
    struct vf_slice url = vf_slice_sub(location, 0, vf_slice_find_byte(location, '#', 0));
    size_t plus = vf_slice_find_byte(url, '+', 0), at = vf_slice_rfind_byte(url, '@');
    size_t slash = vf_slice_rfind_byte(url, '/');
    bool has_rev = at != VF_NPOS && slash != VF_NPOS && at > slash;
    struct vf_slice rev = has_rev ? vf_slice_from(url, at + 1) : VF_S("");
    e->source = VF_EXPECT_VCS;
    if (is_commit(rev))
        e->commit = rev;
    else
        e->revision = rev;
    e->url = stripped(a, vf_slice_sub(url, plus + 1, has_rev ? at : url.n));
}

static bool is_archive_name(struct vf_slice name)
{
    static const struct vf_slice ends[] = {VF_S_INIT(".whl"), VF_S_INIT(".zip"),    VF_S_INIT(".tar.gz"),
                                           VF_S_INIT(".tgz"), VF_S_INIT(".tar"),    VF_S_INIT(".tar.bz2"),
                                           VF_S_INIT(".tbz"), VF_S_INIT(".tar.xz"), VF_S_INIT(".txz")};
    for (size_t i = 0; i < VF_COUNT(ends); i++)
        if (name.n > ends[i].n && vf_slice_eq_nocase(vf_slice_from(name, name.n - ends[i].n), ends[i]))
            return true;
    return false;
}

static void set_path(struct vf_arena *a, struct vf_expected_item *e, struct vf_slice path)
{
    e->source = is_archive_name(path) && !e->editable ? VF_EXPECT_ARCHIVE : VF_EXPECT_DIR;
    e->url = file_url(a, path);
}

static void set_source(struct vf_arena *a, struct vf_expected_item *e, const struct vf_list_item *it,
                       struct vf_slice cwd)
{
    struct vf_slice path = {NULL, 0}, scheme = vf_url_split(it->location).scheme;
    if (it->source == VF_LIST_NAMED) {
        e->source = VF_EXPECT_INDEX;
    } else if (it->source == VF_LIST_PATH) {
        set_path(a, e, absolute(a, cwd, it->location));
    } else if (vf_slice_find_byte(scheme, '+', 0) != VF_NPOS) {
        set_vcs(a, e, it->location);
    } else if (vf_url_file_path(a, vf_slice_sub(it->location, 0, vf_slice_find_byte(it->location, '#', 0)),
                                &path)) {
        set_path(a, e, path.p ? vf_path_clean_dup(a, path) : path);
    } else {
        e->source = VF_EXPECT_ARCHIVE;
        e->url = stripped(a, it->location);
    }
}

/* `#sha256=` of a URL, where the line has no --hash. */
static bool set_fragment_hash(struct vf_arena *a, struct vf_expected_item *e, struct vf_slice url)
{
    struct vf_slice value;
    if (e->n_hashes || !vf_url_fragment_get(url, VF_S("sha256"), &value))
        return true;
    struct vf_direct_hash *h = vf_arena_alloc(a, sizeof *h);
    if (!h)
        return false;
    *h = (struct vf_direct_hash){VF_S("sha256"), value};
    e->hashes = h;
    e->n_hashes = 1;
    return true;
}

enum vf_status vf_expected_from_list(struct vf_arena *a, const struct vf_reqlist *list, struct vf_slice path,
                                     struct vf_slice cwd, struct vf_expected *out, struct vf_err *err)
{
    *out = (struct vf_expected){.items = vf_arena_array(a, list->n + 1, sizeof *out->items), .path = path};
    for (size_t i = 0; out->items && i < list->n; i++) {
        const struct vf_list_item *it = &list->items[i];
        if (it->kind == VF_LIST_OPTION)
            continue;
        struct vf_expected_item *e = &out->items[out->n++];
        *e = (struct vf_expected_item){.name = vf_name_canonical(a, it->req.name),
                                       .line = shown(a, it->text, it->location),
                                       .at = it->line,
                                       .file = it->file,
                                       .versions = it->req.specifiers,
                                       .has_marker = it->req.has_marker,
                                       .marker = it->req.marker,
                                       .constraint = it->constraint,
                                       .editable = it->kind == VF_LIST_EDITABLE,
                                       .hashes = it->hashes,
                                       .n_hashes = it->n_hashes};
        set_source(a, e, it, cwd);
        if (!set_fragment_hash(a, e, it->location))
            return vf_err_nomem(err);
    }
    return out->items && !a->failed ? VF_OK : vf_err_nomem(err);
}

/* ---- lock files ---- */

static bool add_hashes(struct vf_arena *a, struct vf_expected_item *e, const struct vf_lock_package *k)
{
    size_t n = k->has_sdist ? k->sdist.n_hashes : 0;
    if (k->source == VF_LOCK_ARCHIVE) {
        e->hashes = k->archive.hashes;
        e->n_hashes = k->archive.n_hashes;
        return true;
    }
    for (size_t i = 0; i < k->n_wheels; i++)
        n += k->wheels[i].n_hashes;
    struct vf_direct_hash *all = vf_arena_array(a, n + 1, sizeof *all);
    if (!all)
        return false;
    for (size_t i = 0; i < k->n_wheels; i++)
        for (size_t h = 0; h < k->wheels[i].n_hashes; h++)
            all[e->n_hashes++] = k->wheels[i].hashes[h];
    for (size_t h = 0; k->has_sdist && h < k->sdist.n_hashes; h++)
        all[e->n_hashes++] = k->sdist.hashes[h];
    e->hashes = all;
    return true;
}

static void set_lock_source(struct vf_arena *a, struct vf_expected_item *e, const struct vf_lock_package *k,
                            struct vf_slice dir)
{
    switch (k->source) {
    case VF_LOCK_FILES:
        break; /* by its hashes, from wherever */
    case VF_LOCK_VCS:
        e->source = VF_EXPECT_VCS;
        e->url = k->vcs_url.n ? stripped(a, k->vcs_url) : file_url(a, absolute(a, dir, k->vcs_path));
        e->commit = k->commit_id;
        break;
    case VF_LOCK_DIRECTORY:
        e->source = VF_EXPECT_DIR;
        e->editable = k->editable;
        e->url = file_url(a, absolute(a, dir, k->directory));
        break;
    case VF_LOCK_ARCHIVE:
        e->source = VF_EXPECT_ARCHIVE;
        e->url =
            k->archive.url.n ? stripped(a, k->archive.url) : file_url(a, absolute(a, dir, k->archive.path));
        break;
    }
}

static enum vf_status add_package(struct vf_arena *a, const struct vf_lock_package *k, struct vf_slice dir,
                                  struct vf_expected_item *e, struct vf_err *err)
{
    struct vf_slice pin = vf_arena_concat(a, VF_S("=="), k->version, VF_S(""));
    e->line = k->version.n ? vf_arena_concat(a, k->name, pin, VF_S("")) : k->name;
    if (!pin.p || !e->line.p || !add_hashes(a, e, k))
        return vf_err_nomem(err);
    set_lock_source(a, e, k, dir);
    return k->version.n ? vf_specifiers_parse(a, pin, &e->versions, err) : VF_OK;
}

enum vf_status vf_expected_from_lock(struct vf_arena *a, const struct vf_pylock *lock, struct vf_slice path,
                                     struct vf_slice cwd, struct vf_expected *out, struct vf_err *err)
{
    struct vf_slice dir = vf_path_dir(absolute(a, cwd, path));
    enum vf_status st = VF_OK;
    *out = (struct vf_expected){.items = vf_arena_array(a, lock->n_packages + 1, sizeof *out->items),
                                .path = path,
                                .groups = lock->default_groups,
                                .n_groups = lock->n_default_groups,
                                .is_lock = true};
    for (size_t i = 0; out->items && i < lock->n_packages && st == VF_OK; i++) {
        const struct vf_lock_package *k = &lock->packages[i];
        struct vf_expected_item *e = &out->items[out->n++];
        *e = (struct vf_expected_item){
            .name = k->name, .at = k->line, .file = path, .has_marker = k->has_marker, .marker = k->marker};
        st = add_package(a, k, dir, e, err);
    }
    if (st == VF_OK && (!out->items || a->failed))
        st = vf_err_nomem(err);
    return st;
}
