/* freeze.c: the verb freeze: the frozen list of an environment, without Python. */
#include "verbs/freeze.h"

#include <string.h>

#include "packaging/freeze_lock.h"
#include "packaging/url.h"

struct freeze {
    struct vf_session s;
    const struct venvfix_freeze_options *o;
    struct vf_env *env;
    struct vf_frozen list;
    struct vf_buf text, notes;
};

static enum vf_status open_env(struct freeze *z)
{
    struct vf_env_params p = {
        .path = vf_slice_of(z->o->path), .cwd = z->s.cwd, .host = z->s.host, .hooks = &z->s.hooks};
    return vf_env_open_metadata(&p, &z->env, &z->s.err);
}

static enum vf_status collect(struct freeze *z)
{
    struct vf_slice *exclude = vf_arena_array(z->s.a, z->o->n_exclude + 1, sizeof *exclude);
    if (!exclude)
        return vf_err_nomem(&z->s.err);
    for (size_t i = 0; i < z->o->n_exclude; i++)
        exclude[i] = vf_slice_of(z->o->exclude[i]);
    struct vf_env_freeze f = {.all = z->o->all, .exclude = exclude, .n_exclude = z->o->n_exclude};
    enum vf_status st = vf_env_freeze(z->env, &f, z->s.a, &z->list, &z->notes, &z->s.err);
    if (st != VF_OK || !z->o->n_find_links)
        return st;
    return vf_freeze_find_wheels(&z->s, z->o->find_links, z->o->n_find_links, &z->list, &z->notes, &z->s.err);
}

/* ---- the list ---- */

static const char *why_not(const struct freeze *z, const struct vf_freeze_item *it)
{
    if (z->o->lock)
        return vf_freeze_why_unlocked(it);
    return z->o->hashes ? vf_freeze_why_unhashed(it) : NULL;
}

/* The names of all that have this reason, then the reason. */
static void put_reason(const struct freeze *z, const char *why, struct vf_buf *out)
{
    const char *before = out->n ? "; " : "";
    size_t from = out->n;
    for (size_t i = 0; i < z->list.n; i++) {
        const char *own = why_not(z, &z->list.items[i]);
        if (!own || strcmp(own, why) != 0)
            continue;
        vf_buf_puts(out, before);
        before = ", ";
        if (out->n - from > 160) {
            vf_buf_puts(out, "...");
            break;
        }
        vf_buf_put(out, z->list.items[i].canonical);
    }
    vf_buf_printf(out, ": %s", why);
}

static bool said_before(const struct freeze *z, size_t item, const char *why)
{
    for (size_t i = 0; i < item; i++) {
        const char *own = why_not(z, &z->list.items[i]);
        if (own && !strcmp(own, why))
            return true;
    }
    return false;
}

/* A list that lacks a hash is refused by installers as a whole, so it is not made. */
static enum vf_status must_be_complete(struct freeze *z)
{
    struct vf_buf who;
    vf_buf_init(&who);
    for (size_t i = 0; i < z->list.n; i++) {
        const char *why = why_not(z, &z->list.items[i]);
        if (why && !said_before(z, i, why))
            put_reason(z, why, &who);
    }
    enum vf_status st = who.failed ? vf_err_nomem(&z->s.err) : VF_OK;
    if (st == VF_OK && who.n)
        st = vf_err_set(
            &z->s.err, VF_INCOMPLETE, 0, "freeze", z->env->typed,
            "there can be no %s of it (--find-links DIR says where wheels are, --exclude NAME leaves "
            "one out): %.*s",
            z->o->lock ? "lock file" : "list with hashes", (int)who.n, who.p);
    vf_buf_release(&who);
    return st;
}

static enum vf_status put_list(struct freeze *z)
{
    enum vf_status st = must_be_complete(z);
    if (st != VF_OK)
        return st;
    if (z->o->lock)
        return vf_freeze_lock_put(&z->text, z->list.items, z->list.n, z->env->py.minor, &z->s.err);
    for (size_t i = 0; i < z->list.n; i++) {
        if (z->o->hashes)
            vf_freeze_hashed_put(&z->text, &z->list.items[i]);
        else
            vf_freeze_put(&z->text, &z->list.items[i], false);
    }
    return z->text.failed ? vf_err_nomem(&z->s.err) : VF_OK;
}

/* ---- the result ---- */

/* Gives the buffer's bytes to the arena; p NULL: no memory. */
static struct venvfix_bytes keep(struct vf_arena *a, struct vf_buf *b)
{
    struct vf_slice s = b->failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(b));
    vf_buf_release(b);
    return vf_bytes_of(s);
}

static enum venvfix_source source_of(const struct vf_freeze_item *it)
{
    if (it->editable)
        return it->vcs.state == VF_VCS_FOUND ? VENVFIX_FROM_VCS : VENVFIX_FROM_DIRECTORY;
    if (!it->url)
        return VENVFIX_FROM_NAME;
    switch (it->url->kind) {
    case VF_DIRECT_ARCHIVE:
        return VENVFIX_FROM_ARCHIVE;
    case VF_DIRECT_VCS:
        return VENVFIX_FROM_VCS;
    case VF_DIRECT_DIR:
        break;
    }
    return VENVFIX_FROM_DIRECTORY;
}

static struct venvfix_bytes url_of(struct vf_arena *a, const struct vf_freeze_item *it)
{
    struct vf_buf b;
    vf_buf_init(&b);
    if (it->editable && it->vcs.state != VF_VCS_FOUND)
        vf_url_file_put(&b, it->location);
    else
        vf_url_redact_put(&b, it->editable ? it->vcs.remote : it->url->url);
    return keep(a, &b);
}

static bool wheels_out(struct vf_arena *a, const struct vf_freeze_item *it, struct venvfix_frozen *out)
{
    out->n_wheels = it->n_wheels;
    out->wheels = vf_arena_array(a, it->n_wheels + 1, sizeof *out->wheels);
    for (size_t i = 0; out->wheels && i < it->n_wheels; i++) {
        const struct vf_lock_file *w = &it->wheels[i];
        out->wheels[i] = (struct venvfix_wheel_file){vf_bytes_of(w->name), vf_bytes_of(w->path),
                                                     vf_bytes_of(w->hashes[0].value), w->size};
    }
    return out->wheels != NULL;
}

static bool item_out(struct vf_arena *a, const struct vf_freeze_item *it, struct venvfix_frozen *out)
{
    struct vf_buf line;
    vf_buf_init(&line);
    vf_freeze_requirement_put(&line, it);
    *out = (struct venvfix_frozen){.requirement = keep(a, &line),
                                   .name = vf_bytes_of(vf_arena_dup(a, it->canonical)),
                                   .version = vf_bytes_of(vf_arena_dup(a, it->version.text)),
                                   .source = source_of(it),
                                   .editable = it->editable,
                                   .local = vf_freeze_is_local(it),
                                   .redacted = vf_freeze_has_secret(it)};
    if (it->editable || it->url)
        out->url = url_of(a, it);
    return wheels_out(a, it, out);
}

static enum vf_status give(struct freeze *z, struct venvfix_freeze_result *r)
{
    struct vf_arena *a = z->s.a;
    r->requirements = vf_arena_array(a, z->list.n + 1, sizeof *r->requirements);
    bool ok = r->requirements != NULL;
    for (size_t i = 0; ok && i < z->list.n; i++)
        ok = item_out(a, &z->list.items[i], &r->requirements[i]);
    r->n_requirements = z->list.n;
    r->path = vf_bytes_of(vf_arena_dup(a, z->env->typed));
    if (z->env->py.version.n)
        r->python = vf_bytes_of(vf_arena_dup(a, z->env->py.version));
    r->text = keep(a, &z->text);
    r->notes = keep(a, &z->notes);
    ok = ok && !a->failed && r->text.p && r->notes.p && !vf_buf_ran_out();
    return ok ? VF_OK : vf_err_nomem(&z->s.err);
}

int venvfix_freeze(const struct venvfix_freeze_options *options, struct venvfix_freeze_result *result)
{
    struct freeze z = {.o = options};
    *result = (struct venvfix_freeze_result){0};
    enum vf_status st = vf_session_open(&z.s, &options->hooks);
    if (st == VF_OK)
        st = open_env(&z);
    if (st == VF_OK)
        st = collect(&z);
    if (st == VF_OK)
        st = put_list(&z);
    if (st == VF_OK)
        st = give(&z, result);
    vf_buf_release(&z.text);
    vf_buf_release(&z.notes);
    vf_env_free(z.env);
    result->exit = st == VF_OK ? 0 : 2;
    vf_session_close(&z.s, &result->error, &result->own);
    return result->exit;
}

void venvfix_freeze_free(struct venvfix_freeze_result *result)
{
    vf_session_free_own(result->own);
    *result = (struct venvfix_freeze_result){0};
}
