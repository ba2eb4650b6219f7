/* dists.c: the distributions of the environment: every metadata directory (or file) of its site-packages.
 * FACTS 4.5, 4.6, 6.1. */
#include "env/env_internal.h"

#include <stdlib.h>

#include "dist/metadata.h"
#include "dist/name.h"
#include "dist/url.h"
#include "dist/version.h"

struct dists {
    struct vf_env *env;
    struct vf_vec v; /* struct vf_env_dist */
};

/* Metadata behind links into a tool's cache (uv's symlink mode, virtualenv's symlink-app-data). freeze reads
 * it, as pip does; check follows no link out of the environment and only knows that it is there. */
static enum vf_status read_linked(struct vf_env *env, struct vf_slice path, uint64_t cap,
                                  struct vf_slice *out, bool *there, struct vf_err *err)
{
    struct vf_slice abs = vf_path_join(&env->arena, env->resolved, path);
    if (!abs.p)
        return vf_err_nomem(err);
    *there = vf_outside_kind(env->params.outside, abs, NULL) == VF_KIND_FILE;
    if (!*there || !env->metadata_only)
        return VF_OK;
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_outside_read(env->params.outside, abs, cap, &env->arena, out, &why);
    *there = st == VF_OK;
    vf_err_release(&why);
    return st == VF_NO_MEMORY ? vf_err_nomem(err) : VF_OK;
}

/* A metadata file, or an empty slice when it is missing; unreadable ones are said by the file's own finding.
 */
static enum vf_status read_meta(struct vf_env *env, struct vf_slice dir, const char *name, uint64_t cap,
                                struct vf_slice *out, bool *there, struct vf_err *err)
{
    *out = (struct vf_slice){NULL, 0};
    *there = false;
    struct vf_slice path = vf_path_join(&env->arena, dir, vf_slice_of(name));
    if (!path.p)
        return vf_err_nomem(err);
    uint32_t i = vf_env_find(env, path);
    if (i == VF_NONE || env->files[i].st.kind == VF_KIND_LINK)
        return read_linked(env, path, cap, out, there, err);
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

/* ---- name and version, as the newest pip prints them (FACTS 6.1) ---- */

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

static enum vf_status read_record(struct vf_env *env, struct vf_env_dist *d, struct vf_err *err)
{
    enum vf_status st =
        read_meta(env, d->info, "RECORD", VF_RECORD_CAP, &d->record_bytes, &d->has_record, err);
    if (st != VF_OK || !d->has_record)
        return st;
    struct vf_slice path = vf_path_join(&env->arena, d->info, VF_S("RECORD"));
    d->record_file = vf_env_find(env, path);
    if (d->record_file == VF_NONE || env->files[d->record_file].st.kind != VF_KIND_FILE) {
        d->record_file = VF_NONE; /* behind a link: shared with others, never edited */
        d->record_bytes = (struct vf_slice){NULL, 0};
        return VF_OK;
    }
    struct vf_err why;
    vf_err_init(&why);
    st = vf_record_parse(&env->arena, d->record_bytes, &d->record, &why);
    if (st == VF_LIMIT) {
        vf_file_unexamined(&env->files[d->record_file], VF_LIMIT, 0, "more rows than are read");
        d->record = (struct vf_record){0};
        st = VF_OK;
    }
    vf_err_release(&why);
    return st == VF_OK ? VF_OK : vf_err_nomem(err);
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
    if (st == VF_OK)
        st = read_record(env, d, err);
    if (st != VF_OK)
        return st;
    struct vf_slice build = vf_path_join(&env->arena, d->info, VF_S("uv_build.json"));
    bool local = d->has_url && vf_url_has_scheme(d->url.url, VF_S("file"));
    d->built_here = local || has_linux_tag(d->wheel) || (build.p && vf_env_find(env, build) != VF_NONE);
    d->seeded = ends_with_marker(env, d);
    return VF_OK;
}

static enum vf_status add_dist(struct dists *ds, struct vf_slice site, const struct vf_dirent *ent,
                               struct vf_err *err)
{
    struct vf_env *env = ds->env;
    struct vf_info_name parts = vf_info_name_parse(ent->name);
    if (parts.kind == VF_INFO_NONE)
        return VF_OK;
    struct vf_env_dist *d = vf_vec_push(&env->arena, &ds->v, sizeof *d);
    if (!d)
        return vf_err_nomem(err);
    *d = (struct vf_env_dist){.site = site, .record_file = VF_NONE, .is_egg = parts.kind == VF_INFO_EGG_INFO};
    d->info = vf_path_join(&env->arena, site, ent->name);
    if (!d->info.p || !vf_map_put(&env->infos, d->info, ds->v.n - 1))
        return vf_err_nomem(err);
    d->unseen = ent->st.kind != VF_KIND_DIR && !(d->is_egg && ent->st.kind == VF_KIND_FILE);
    enum vf_status st = VF_OK;
    if (d->is_egg && ent->st.kind == VF_KIND_FILE) {
        st =
            read_meta(env, site, (const char *)ent->name.p, VF_META_CAP, &d->metadata, &d->has_metadata, err);
    } else {
        st = read_meta(env, d->info, d->is_egg ? "PKG-INFO" : "METADATA", VF_META_CAP, &d->metadata,
                       &d->has_metadata, err);
    }
    if (st == VF_OK)
        st = name_and_version(env, d, &parts, err);
    return st == VF_OK ? read_rest(env, d, err) : st;
}

/* `Name.egg-link` of setuptools' develop: line 1 is the directory that holds Name.egg-info (FACTS 4.2). */
static enum vf_status add_egg_link(struct dists *ds, struct vf_slice site, const struct vf_dirent *ent,
                                   struct vf_err *err)
{
    struct vf_env *env = ds->env;
    struct vf_slice text, line = {NULL, 0};
    bool there;
    enum vf_status st = read_meta(env, site, (const char *)ent->name.p, VF_META_CAP, &text, &there, err);
    while (st == VF_OK && there && !line.n && vf_slice_next_line(&text, &line))
        line = vf_slice_trim(line);
    if (st != VF_OK || !line.n)
        return st;
    struct vf_slice stem = vf_slice_sub(ent->name, 0, ent->name.n - (sizeof ".egg-link" - 1));
    struct vf_slice base = vf_path_join(&env->arena, env->typed, site);
    struct vf_slice source = vf_path_clean_dup(&env->arena, vf_path_join(&env->arena, base, line));
    struct vf_buf info;
    vf_buf_init(&info);
    vf_path_join_buf(&info, source, VF_S(""));
    for (size_t i = 0; i < stem.n; i++)
        vf_buf_putc(&info, stem.p[i] == '-' ? '_' : stem.p[i]);
    vf_buf_puts(&info, ".egg-info");
    struct vf_slice egg = vf_arena_dup(&env->arena, vf_buf_slice(&info));
    vf_buf_puts(&info, "/PKG-INFO");
    struct vf_env_dist *d = vf_vec_push(&env->arena, &ds->v, sizeof *d);
    struct vf_err why;
    vf_err_init(&why);
    if (!d || !egg.p || !source.p || info.failed) {
        st = vf_err_nomem(err);
    } else {
        *d = (struct vf_env_dist){
            .site = site, .record_file = VF_NONE, .is_egg = true, .is_egg_link = true, .editable = true};
        d->info = egg;
        d->egg_source = source;
        d->has_metadata = vf_outside_read(env->params.outside, vf_buf_slice(&info), VF_META_CAP, &env->arena,
                                          &d->metadata, &why) == VF_OK;
        struct vf_info_name parts = {.kind = VF_INFO_EGG_INFO, .name = stem};
        st = name_and_version(env, d, &parts, err);
    }
    vf_err_release(&why);
    vf_buf_release(&info);
    if (st == VF_OK && !d->has_metadata)
        ds->v.n--; /* its project is gone: pip does not see it either; the link itself is judged */
    return st;
}

static enum vf_status list_site(struct dists *ds, struct vf_slice site, struct vf_err *err)
{
    struct vf_dirent *ents;
    size_t n;
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_tree_list(ds->env->tree, site, &ds->env->arena, &ents, &n, &why);
    vf_err_release(&why);
    if (st == VF_NO_MEMORY)
        return vf_err_nomem(err);
    if (st != VF_OK)
        return VF_OK; /* the walk has said so */
    for (size_t i = 0; i < n && st == VF_OK; i++)
        if (ents[i].status == VF_OK)
            st = vf_slice_ends(ents[i].name, VF_S(".egg-link")) ? add_egg_link(ds, site, &ents[i], err)
                                                                : add_dist(ds, site, &ents[i], err);
    return st;
}

static void mark_duplicates(struct vf_env *env)
{
    for (size_t i = 1; i < env->n_dists; i++)
        for (size_t k = 0; k < i && !env->dists[i].duplicate; k++)
            env->dists[i].duplicate = env->dists[i].valid_name && env->dists[k].valid_name &&
                                      vf_slice_eq(env->dists[i].site, env->dists[k].site) &&
                                      vf_slice_eq(env->dists[i].canonical, env->dists[k].canonical);
}

enum vf_status vf_env_dists(struct vf_env *env, struct vf_err *err)
{
    struct dists ds = {.env = env};
    enum vf_status st = VF_OK;
    vf_map_init(&env->infos, &env->arena);
    for (size_t i = 0; i < env->n_sites && st == VF_OK; i++)
        st = list_site(&ds, env->sites[i], err);
    env->dists = ds.v.base;
    env->n_dists = ds.v.n;
    mark_duplicates(env);
    return st;
}
