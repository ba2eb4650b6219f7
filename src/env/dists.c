/* dists.c: the distributions of the environment: every metadata directory (or file) of its site-packages.
 * docs/formats.md 4.5, 4.6, 6.1. */
#include "env/dists.h"

#include <stdlib.h>

#include "packaging/metadata.h"
#include "packaging/url.h"
#include "packaging/version.h"

/* Through the host's own eyes: links are followed, wherever they lead (uv's symlink mode, virtualenv's
 * symlink-app-data), as pip does. */
static enum vf_status read_host(struct vf_env *env, struct vf_slice abs, uint64_t cap, struct vf_slice *out,
                                bool *there, struct vf_err *err)
{
    enum vf_kind kind;
    enum vf_status st = vf_host_stat(env->params.host, abs, &kind, err);
    if (st != VF_OK || kind == VF_KIND_NONE || kind == VF_KIND_DIR)
        return st; /* a directory of that name is no such file for Python either */
    st = vf_host_read(env->params.host, abs, cap, &env->arena, out, err);
    *there = st == VF_OK;
    return st;
}

/* An egg-link whose project cannot be read is a finding of the link, unless that project is asked for. */
static enum vf_status unread(struct vf_env *env, enum vf_status st, struct vf_err *why, struct vf_err *err)
{
    if (st != VF_OK && st != VF_NO_MEMORY && !env->metadata_only && env->egg_link != VF_NONE) {
        vf_file_unexamined(&env->files[env->egg_link], st, why->sys, NULL);
        st = VF_OK;
    }
    if (st != VF_OK)
        st = vf_err_copy(err, why);
    vf_err_release(why);
    return st;
}

static enum vf_status read_followed(struct vf_env *env, struct vf_slice path, uint64_t cap,
                                    struct vf_slice *out, bool *there, struct vf_err *err)
{
    struct vf_slice abs = vf_path_join(&env->arena, env->resolved, path);
    struct vf_err why;
    if (!abs.p)
        return vf_err_nomem(err);
    vf_err_init(&why);
    return unread(env, read_host(env, abs, cap, out, there, &why), &why, err);
}

enum vf_status vf_dists_list(struct vf_env *env, struct vf_slice path, struct vf_slice **names, size_t *n,
                             struct vf_err *err)
{
    enum vf_kind kind;
    struct vf_err why;
    *n = 0;
    vf_err_init(&why);
    enum vf_status st = vf_host_stat(env->params.host, path, &kind, &why);
    if (st == VF_OK && kind == VF_KIND_DIR)
        st = vf_host_list_dir(env->params.host, path, &env->arena, names, n, &why);
    return unread(env, st, &why, err);
}

/* Marks the directory that `path` is in, or the nearest one above it that is known by its own entry: what is
 * in it was not seen. Without such an entry the error stays one. */
static enum vf_status unseen_behind(struct vf_env *env, struct vf_slice path, struct vf_err *why,
                                    struct vf_err *err)
{
    for (struct vf_slice up = path; up.n; up = vf_path_dir(up)) {
        uint32_t i = vf_env_find(env, up);
        if (i != VF_NONE) {
            vf_file_unexamined(&env->files[i], why->code, why->sys, NULL);
            return VF_OK;
        }
        if (vf_slice_find_byte(up, '/', 0) == VF_NPOS)
            break;
    }
    return vf_err_copy(err, why);
}

/* Metadata behind links into a tool's cache: check follows no link out of the environment and only knows that
 * it is there. */
static enum vf_status look_behind(struct vf_env *env, struct vf_slice path, bool *there, struct vf_err *err)
{
    struct vf_slice abs = vf_path_join(&env->arena, env->resolved, path);
    enum vf_kind kind;
    struct vf_err why;
    if (!abs.p)
        return vf_err_nomem(err);
    vf_err_init(&why);
    enum vf_status st = vf_host_stat(env->params.host, abs, &kind, &why);
    *there = st == VF_OK && kind == VF_KIND_FILE;
    if (st != VF_OK)
        st = unseen_behind(env, path, &why, err);
    vf_err_release(&why);
    return st;
}

enum vf_status vf_dists_read(struct vf_env *env, struct vf_slice dir, struct vf_slice name, uint64_t cap,
                             struct vf_slice *out, bool *there, struct vf_err *err)
{
    *out = (struct vf_slice){NULL, 0};
    *there = false;
    struct vf_slice path = vf_path_join(&env->arena, dir, name);
    if (!path.p)
        return vf_err_nomem(err);
    if (env->metadata_only || vf_path_is_abs(path))
        return read_followed(env, path, cap, out, there, err);
    uint32_t i = vf_env_find(env, path);
    if (i == VF_NONE || env->files[i].st.kind == VF_KIND_LINK)
        return look_behind(env, path, there, err);
    if (env->files[i].st.kind != VF_KIND_FILE || env->files[i].unexamined != VF_OK)
        return VF_OK;
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_tree_read(env->tree, path, cap, &env->arena, out, &why);
    if (st == VF_OK)
        *there = true;
    else if (st != VF_NO_MEMORY)
        vf_file_unexamined(&env->files[i], st, why.sys,
                           st == VF_LIMIT ? "larger than such a file can be" : NULL);
    vf_err_release(&why);
    return st == VF_NO_MEMORY ? vf_err_nomem(err) : VF_OK;
}

static enum vf_status read_meta(struct vf_env *env, struct vf_slice dir, const char *name, uint64_t cap,
                                struct vf_slice *out, bool *there, struct vf_err *err)
{
    return vf_dists_read(env, dir, vf_slice_of(name), cap, out, there, err);
}

/* ---- name and version, as the newest pip prints them (docs/formats.md 6.1) ---- */

static enum vf_status name_and_version(struct vf_env *env, struct vf_env_dist *d,
                                       const struct vf_info_name *parts, struct vf_err *err)
{
    struct vf_metadata meta = {0};
    struct vf_slice header = {NULL, 0}, version = {NULL, 0};
    enum vf_status st = vf_metadata_parse(&env->arena, d->metadata, &meta, err);
    if (st == VF_LIMIT) {
        vf_err_clear(err);
        st = VF_OK;
    }
    if (st != VF_OK)
        return st;
    bool has_version = vf_metadata_get(&meta, VF_S("Version"), &version) && version.n;
    bool has_name = vf_metadata_get(&meta, VF_S("Name"), &header) && header.n;
    struct vf_slice identity = parts->name.n ? parts->name : header;
    d->canonical = vf_name_canonical(&env->arena, identity);
    if (!d->canonical.p)
        return vf_err_nomem(err);
    d->name = has_name ? header : d->canonical;
    d->valid_name = vf_name_valid(identity);
    d->version = d->is_egg ? version : parts->version.n ? parts->version : version;
    (void)vf_metadata_get(&meta, VF_S("Requires-Python"), &d->requires_python);
    d->header_version = has_version ? version : (struct vf_slice){NULL, 0};
    return VF_OK;
}

/* ---- what the rest of the directory says ---- */

static bool has_linux_tag(struct vf_slice wheel)
{
    struct vf_slice line;
    while (vf_slice_next_line(&wheel, &line)) {
        line = vf_slice_trim(line);
        if (vf_slice_starts(line, VF_S("Tag:")) && vf_slice_find(line, VF_S("-linux_"), 0) != VF_NPOS)
            return true;
    }
    return false;
}

static enum vf_status read_url(struct vf_env *env, struct vf_env_dist *d, struct vf_err *err)
{
    struct vf_slice json;
    bool there;
    enum vf_status st = read_meta(env, d->info, "direct_url.json", VF_META_CAP, &json, &there, err);
    if (st != VF_OK || !there)
        return st;
    struct vf_err why;
    vf_err_init(&why);
    st = vf_direct_url_parse(&env->arena, json, &d->url, &why);
    vf_err_release(&why);
    if (st == VF_NO_MEMORY)
        return vf_err_nomem(err);
    d->has_url = st == VF_OK;
    d->url_invalid = st != VF_OK;
    d->editable = d->has_url && d->url.kind == VF_DIRECT_DIR && d->url.editable;
    return VF_OK;
}

static bool ends_with_marker(const struct vf_env *env, const struct vf_env_dist *d)
{
    /* virtualenv leaves `pip-24.0.virtualenv` beside what it seeds */
    struct vf_buf b;
    vf_buf_init(&b);
    vf_buf_put(&b, vf_slice_sub(d->info, 0, d->info.n - (sizeof ".dist-info" - 1)));
    vf_buf_puts(&b, ".virtualenv");
    bool has = !b.failed && vf_env_find(env, vf_buf_slice(&b)) != VF_NONE;
    vf_buf_release(&b);
    return has;
}

static enum vf_status read_rest(struct vf_env *env, struct vf_env_dist *d, struct vf_err *err)
{
    struct vf_slice text;
    bool there;
    enum vf_status st = read_meta(env, d->info, "WHEEL", VF_META_CAP, &d->wheel, &there, err);
    if (st == VF_OK)
        st = read_meta(env, d->info, "INSTALLER", VF_META_CAP, &text, &there, err);
    if (st == VF_OK) {
        d->installer = vf_slice_trim(text);
        d->poetry =
            vf_slice_starts(d->installer, VF_S("poetry")) || vf_slice_starts(d->installer, VF_S("Poetry"));
        st = read_meta(env, d->info, "entry_points.txt", VF_META_CAP, &text, &there, err);
    }
    if (st == VF_OK && there) {
        struct vf_err why;
        vf_err_init(&why);
        st = vf_entry_points_parse(&env->arena, text, &d->entry_points, &why);
        vf_err_release(&why);
        st = st == VF_NO_MEMORY ? vf_err_nomem(err) : VF_OK;
    }
    if (st == VF_OK)
        st = read_url(env, d, err);
    if (st != VF_OK)
        return st;
    struct vf_slice build = vf_path_join(&env->arena, d->info, VF_S("uv_build.json"));
    bool local = d->has_url && vf_url_has_scheme(d->url.url, VF_S("file"));
    d->built_here = local || has_linux_tag(d->wheel) || (build.p && vf_env_find(env, build) != VF_NONE);
    d->seeded = ends_with_marker(env, d);
    return VF_OK;
}

/* The file with name and version: PKG-INFO of an egg, which may itself be that file, else METADATA. */
static enum vf_status read_headers(struct vf_env *env, struct vf_env_dist *d, enum vf_kind kind,
                                   struct vf_err *err)
{
    if (d->is_egg && kind == VF_KIND_FILE)
        return vf_dists_read(env, d->site, vf_path_base(d->info), VF_META_CAP, &d->metadata, &d->has_metadata,
                             err);
    return read_meta(env, d->info, d->is_egg ? "PKG-INFO" : "METADATA", VF_META_CAP, &d->metadata,
                     &d->has_metadata, err);
}

static struct vf_env_dist *begin(struct vf_dists *ds, struct vf_slice dir, struct vf_slice name,
                                 const struct vf_info_name *parts, struct vf_err *err)
{
    struct vf_env_dist *d = vf_vec_push(&ds->env->arena, &ds->v, sizeof *d);
    if (d) {
        *d = (struct vf_env_dist){
            .site = dir, .record_file = VF_NONE, .is_egg = parts->kind == VF_INFO_EGG_INFO};
        d->info = vf_path_join(&ds->env->arena, dir, name);
    }
    if (d && d->info.p && vf_map_put(&ds->env->infos, d->info, ds->v.n - 1))
        return d;
    (void)vf_err_nomem(err);
    return NULL;
}

enum vf_status vf_dists_add(struct vf_dists *ds, struct vf_slice dir, struct vf_slice name,
                            const struct vf_info_name *parts, enum vf_kind kind, struct vf_err *err)
{
    struct vf_env *env = ds->env;
    enum vf_status st = vf_env_go_on(env, err);
    if (st != VF_OK)
        return st;
    struct vf_env_dist *d = begin(ds, dir, name, parts, err);
    if (!d)
        return VF_NO_MEMORY;
    d->unseen = kind != VF_KIND_DIR && !(d->is_egg && kind == VF_KIND_FILE);
    st = read_headers(env, d, kind, err);
    if (st == VF_OK)
        st = name_and_version(env, d, parts, err);
    if (st == VF_OK && (env->metadata_only || vf_path_is_abs(dir)))
        return read_url(env, d, err);
    return st == VF_OK ? read_rest(env, d, err) : st;
}

enum vf_status vf_dists_add_bytes(struct vf_dists *ds, struct vf_slice dir, struct vf_slice name,
                                  struct vf_slice metadata, struct vf_err *err)
{
    struct vf_info_name parts = {.kind = VF_INFO_EGG_INFO};
    struct vf_env_dist *d = begin(ds, dir, name, &parts, err);
    if (!d)
        return VF_NO_MEMORY;
    d->metadata = metadata;
    d->has_metadata = true;
    return name_and_version(ds->env, d, &parts, err);
}

static enum vf_status add_entry(struct vf_dists *ds, struct vf_slice site, const struct vf_dirent *ent,
                                struct vf_err *err)
{
    struct vf_info_name parts = vf_info_name_parse(ent->name);
    if (vf_slice_ends(ent->name, VF_S(".egg-link")))
        return vf_dists_add_egg_link(ds, site, ent->name, err);
    if (parts.kind == VF_INFO_NONE)
        return VF_OK;
    return vf_dists_add(ds, site, ent->name, &parts, ent->st.kind, err);
}

/* An entry that the walk has seen, and that is not to be seen now; a file is marked. */
static enum vf_status unseen_entry(struct vf_dists *ds, struct vf_slice site, const struct vf_dirent *ent,
                                   struct vf_err *err)
{
    struct vf_slice path = vf_path_join(&ds->env->arena, site, ent->name);
    if (!path.p)
        return vf_err_nomem(err);
    uint32_t i = vf_env_find(ds->env, path);
    if (i == VF_NONE)
        return vf_err_set(err, ent->status, ent->sys, "stat", path, NULL);
    vf_file_unexamined(&ds->env->files[i], ent->status, ent->sys, NULL);
    return VF_OK;
}

static enum vf_status list_site(struct vf_dists *ds, struct vf_slice site, struct vf_err *err)
{
    struct vf_dirent *ents;
    size_t n = 0;
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_tree_list(ds->env->tree, site, &ds->env->arena, &ents, &n, &why);
    bool walk_saw_it_fail = st != VF_OK && vf_env_find(ds->env, site) != VF_NONE;
    if (st != VF_OK && !walk_saw_it_fail)
        st = vf_err_copy(err, &why);
    vf_err_release(&why);
    if (walk_saw_it_fail)
        return VF_OK;
    for (size_t i = 0; i < n && st == VF_OK; i++)
        st = ents[i].status == VF_OK ? add_entry(ds, site, &ents[i], err)
                                     : unseen_entry(ds, site, &ents[i], err);
    return st;
}

static enum vf_status mark_duplicates(struct vf_env *env, struct vf_err *err)
{
    struct vf_arena scratch;
    struct vf_map names;
    bool ok = true;
    vf_arena_init(&scratch);
    vf_map_init(&names, &scratch);
    for (size_t i = 0; ok && i < env->n_dists; i++) {
        struct vf_env_dist *d = &env->dists[i];
        if (!d->valid_name)
            continue;
        struct vf_slice key = vf_path_join(&scratch, d->site, d->canonical);
        d->duplicate = key.p && vf_map_get(&names, key, NULL);
        ok = key.p && vf_map_put(&names, key, i);
    }
    vf_arena_release(&scratch);
    return ok ? VF_OK : vf_err_nomem(err);
}

enum vf_status vf_env_dists(struct vf_env *env, struct vf_err *err)
{
    struct vf_dists ds = {.env = env};
    enum vf_status st = VF_OK;
    vf_map_init(&env->infos, &env->arena);
    if (env->metadata_only)
        st = vf_dists_find_metadata(&ds, err);
    for (size_t i = 0; !env->metadata_only && i < env->n_sites && st == VF_OK; i++)
        st = list_site(&ds, env->sites[i], err);
    env->dists = ds.v.base;
    env->n_dists = ds.v.n;
    return st == VF_OK ? mark_duplicates(env, err) : st;
}
