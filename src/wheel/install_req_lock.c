/* want_lock.c: packages of a lock file become wants: exactly one version each, with the hashes of all its
 * wheels, so that any of them that is at hand and fits will do. */
#include <string.h>

#include "base/path.h"
#include "packaging/text.h"
#include "wheel/install_req_location.h"

static struct vf_slice lock_place(struct vf_arena *a, const struct vf_lock_file *f, struct vf_slice dir,
                                  bool *local)
{
    *local = !f->url.n;
    return *local ? vf_install_req_abs(a, dir, f->path) : f->url;
}

/* The tools are told of it in a line of a list, where a blank would begin an option, a line feed a line, and
 * `${NAME}` would become a variable of the environment, to be sent to whoever wrote the lock. */
static bool is_url(struct vf_slice s)
{
    bool ok = s.n > 0;
    for (size_t i = 0; i < s.n && ok; i++)
        ok = (unsigned char)s.p[i] > ' ' && s.p[i] != 0x7f && s.p[i] != '{';
    return ok;
}

static bool are_hashes(const struct vf_install_req *w)
{
    bool ok = true;
    for (size_t i = 0; i < w->n_hashes && ok; i++) {
        for (size_t k = 0; k < w->hashes[i].alg.n && ok; k++)
            ok = vf_text_alpha(w->hashes[i].alg.p[k]) || vf_text_digit(w->hashes[i].alg.p[k]) ||
                 w->hashes[i].alg.p[k] == '_';
        for (size_t k = 0; k < w->hashes[i].value.n && ok; k++)
            ok = vf_text_alpha(w->hashes[i].value.p[k]) || vf_text_digit(w->hashes[i].value.p[k]);
    }
    return ok;
}

static enum vf_status check_words(const struct vf_install_req *w, struct vf_err *err)
{
    const char *why = !w->local && !is_url(w->location) ? "a URL that is none"
                      : !are_hashes(w)                  ? "a hash that is none"
                                                        : NULL;
    return why ? vf_err_set(err, VF_BAD_LIST, 0, "read", w->file, "line %u: package '%.*s': %s", w->at,
                            (int)(w->line.n < 100 ? w->line.n : 100), w->line.p, why)
               : VF_OK;
}

static bool all_hashes(struct vf_arena *a, struct vf_install_req *w, const struct vf_lock_choice *c)
{
    const struct vf_lock_package *k = c->package;
    size_t n = c->file->n_hashes;
    for (size_t i = 0; c->is_wheel && i < k->n_wheels; i++)
        n += k->wheels[i].n_hashes;
    w->hashes = vf_arena_array(a, n + 1, sizeof *w->hashes);
    w->hashed = true;
    if (!w->hashes)
        return false;
    for (size_t h = 0; h < c->file->n_hashes; h++)
        w->hashes[w->n_hashes++] = c->file->hashes[h];
    for (size_t i = 0; c->is_wheel && i < k->n_wheels; i++)
        for (size_t h = 0; &k->wheels[i] != c->file && h < k->wheels[i].n_hashes; h++)
            w->hashes[w->n_hashes++] = k->wheels[i].hashes[h];
    return true;
}

static enum vf_status place_vcs(struct vf_arena *a, struct vf_install_req *w, const struct vf_lock_package *k,
                                struct vf_slice dir, struct vf_err *err)
{
    struct vf_buf b = {0};
    vf_buf_put(&b, k->vcs);
    vf_buf_putc(&b, '+');
    if (k->vcs_url.n) {
        vf_buf_put(&b, k->vcs_url);
    } else {
        vf_buf_puts(&b, "file://");
        vf_buf_put(&b, vf_install_req_abs(a, dir, k->vcs_path));
    }
    vf_buf_putc(&b, '@');
    vf_buf_put(&b, k->commit_id);
    if (k->subdirectory.n) {
        vf_buf_puts(&b, "#subdirectory=");
        vf_buf_put(&b, k->subdirectory);
    }
    w->kind = VF_INSTALL_REQ_SOURCE;
    w->location = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    bool ok = w->location.p && vf_install_req_set_vcs_url(a, w, w->location);
    if (ok && w->has_url && k->requested_revision.n)
        w->url.requested_revision = k->requested_revision;
    return ok ? VF_OK : vf_err_nomem(err);
}

static enum vf_status place_package(struct vf_arena *a, struct vf_install_req *w,
                                    const struct vf_lock_choice *c, struct vf_slice dir, struct vf_err *err)
{
    const struct vf_lock_package *k = c->package;
    struct vf_slice name;
    switch (k->source) {
    case VF_LOCK_VCS:
        return place_vcs(a, w, k, dir, err);
    case VF_LOCK_DIRECTORY:
        w->kind = VF_INSTALL_REQ_SOURCE;
        w->local = true;
        w->location = vf_install_req_abs(a, dir, k->directory);
        if (!w->location.p || !vf_install_req_set_archive_url(a, w, w->location, true))
            return vf_err_nomem(err);
        w->url.kind = VF_DIRECT_DIR;
        break;
    case VF_LOCK_ARCHIVE:
        w->location = lock_place(a, c->file, dir, &w->local);
        name = w->location.p ? vf_install_req_file_name(a, w->location, w->local) : w->location;
        w->kind = name.p && vf_slice_ends(name, VF_S(".whl")) ? VF_INSTALL_REQ_WHEEL : VF_INSTALL_REQ_SOURCE;
        if (!name.p || !vf_install_req_set_archive_url(a, w, w->location, w->local))
            return vf_err_nomem(err);
        break;
    case VF_LOCK_FILES:
        w->location = lock_place(a, c->file, dir, &w->local);
        if (!c->is_wheel) /* only the source archive fits */
            w->kind = VF_INSTALL_REQ_SOURCE;
        break;
    }
    if (!w->location.p)
        return vf_err_nomem(err);
    return !c->file || all_hashes(a, w, c) ? VF_OK : vf_err_nomem(err);
}

static enum vf_status add(struct vf_arena *a, const struct vf_lock_choice *c, struct vf_slice path,
                          struct vf_install_reqs *out, struct vf_err *err)
{
    const struct vf_lock_package *k = c->package;
    struct vf_install_req *w = NULL;
    enum vf_status st = VF_OK;
    if (k->source == VF_LOCK_DIRECTORY && k->editable)
        return vf_err_set(
            err, VF_NOT_SUPPORTED, 0, "read", path,
            "'%.*s' is an editable, which is installed by its project's own tool: leave it out here",
            (int)(k->name.n < 100 ? k->name.n : 100), k->name.p);
    if (k->version.n) {
        st = vf_install_reqs_pin(a, out, k->name, k->version, VF_S(""), &w, err);
    } else {
        w = vf_vec_push(a, &out->v, sizeof *w);
        if (!w)
            return vf_err_nomem(err);
        w->name = w->line = k->name;
    }
    if (st != VF_OK)
        return st;
    w->file = path;
    w->at = k->line;
    w->locked = k;
    st = place_package(a, w, c, vf_path_dir(path), err);
    return st == VF_OK ? check_words(w, err) : st;
}

enum vf_status vf_install_reqs_from_lock(struct vf_arena *a, const struct vf_pylock *lock,
                                         struct vf_slice path, const struct vf_marker_env *env,
                                         const struct vf_tags *tags, struct vf_install_reqs *out,
                                         struct vf_err *err)
{
    struct vf_lock_choice *choices;
    size_t n;
    *out = (struct vf_install_reqs){0};
    struct vf_marker_env sets = *env;
    sets.has_sets = true;
    sets.groups = lock->default_groups;
    sets.n_groups = lock->n_default_groups;
    enum vf_status st = vf_pylock_select(a, lock, &sets, tags, &choices, &n, err);
    vf_err_below(err, path);
    for (size_t i = 0; i < n && st == VF_OK; i++)
        st = add(a, &choices[i], path, out, err);
    return st;
}
