/* install_plan.c: every path that the wheels want, and who wants it. */
#include "wheel/install_plan.h"

#include <string.h>

#include "base/path.h"
#include "fs/create.h"
#include "syntax/syntax.h"
#include "wheel/scripts.h"

enum vf_status vf_row_of_bytes(struct vf_row *row, struct vf_slice bytes, struct vf_err *err)
{
    if (!vf_sha256(bytes, row->own))
        return vf_err_set(err, VF_INTERNAL, 0, "hash", row->path, "no sha256 to be had");
    row->alg = VF_S("sha256");
    row->is_own = true;
    row->size = bytes.n;
    row->has_size = true;
    return VF_OK;
}

struct vf_record_entry vf_row_entry(const struct vf_row *row)
{
    return (struct vf_record_entry){
        .path = row->path,
        .alg = row->alg,
        .digest = row->is_own ? (struct vf_slice){(const char *)row->own, sizeof row->own} : row->digest,
        .size = row->size,
        .has_size = row->has_size};
}

/* --- where --- */

static struct vf_slice dir_of(const struct vf_install_plan *p, const struct vf_unit *u,
                              enum vf_wheel_part part, struct vf_arena *a)
{
    switch (part) {
    case VF_PART_ROOT:
        return u->site;
    case VF_PART_PURELIB:
        return p->site->purelib;
    case VF_PART_PLATLIB:
        return p->site->platlib;
    case VF_PART_HEADERS:
        return vf_path_join(a, p->site->headers, u->in->wheel->canonical);
    case VF_PART_SCRIPTS:
        return p->site->bin;
    case VF_PART_DATA:
        return VF_S("");
    }
    return VF_S("");
}

/* Files that make the environment one, and that are not a wheel's to replace. */
static bool is_environments(const struct vf_site *site, struct vf_slice dest)
{
    if (vf_slice_eq_nocase(dest, VF_S("pyvenv.cfg")) || vf_create_is_reserved(dest))
        return true;
    if (!vf_slice_eq_nocase(vf_path_dir(dest), site->bin))
        return false;
    struct vf_slice base = vf_path_base(dest);
    size_t dot = vf_slice_find_byte(base, '.', 0);
    return vf_name_is_python(base) || vf_slice_eq_nocase(vf_slice_sub(base, 0, dot), VF_S("activate")) ||
           vf_slice_eq_nocase(base, VF_S("activate_this.py"));
}

enum vf_status vf_install_plan_dirs(struct vf_install_plan *p, struct vf_slice dest, struct vf_err *err)
{
    size_t seen;
    struct vf_slice dir = vf_path_dir(dest);
    if (dir.n == 0 || vf_map_get(&p->known, dir, &seen))
        return VF_OK;
    for (size_t at = 0; at < dir.n;) { /* from the top, so that parents come first */
        size_t slash = vf_slice_find_byte(dir, '/', at);
        struct vf_slice part = vf_slice_sub(dir, 0, slash);
        at = slash == VF_NPOS ? dir.n : slash + 1;
        if (vf_map_get(&p->known, part, &seen))
            continue;
        struct vf_slice *d = vf_vec_push(&p->arena, &p->dirs, sizeof *d);
        if (!d || !vf_map_put(&p->known, part, 1))
            return vf_err_nomem(err);
        *d = part;
    }
    return VF_OK;
}

/* The row's path: relative to the directory that the dist-info lies in. */
static enum vf_status set_row(struct vf_install_plan *p, const struct vf_unit *u, struct vf_slice dest,
                              struct vf_row *row, struct vf_err *err)
{
    struct vf_buf b = {0};
    struct vf_slice from = vf_path_join(&p->arena, VF_S("/"), u->site);
    struct vf_slice to = vf_path_join(&p->arena, VF_S("/"), dest);
    if (from.p && to.p)
        vf_path_relative(&b, from, to);
    row->path = vf_arena_dup(&p->arena, vf_buf_slice(&b));
    bool ok = from.p && to.p && !b.failed && row->path.p;
    vf_buf_release(&b);
    return ok ? VF_OK : vf_err_nomem(err);
}

/* --- who --- */

static bool same_contents(const struct vf_item *a, const struct vf_item *b)
{
    if (a->file && b->file) {
        bool alike =
            (a->file->part == VF_PART_SCRIPTS) == (b->file->part == VF_PART_SCRIPTS); /* written alike */
        return alike && a->file->size == b->file->size && a->file->digest.n > 0 &&
               vf_slice_eq(a->file->digest, b->file->digest) && a->executable == b->executable;
    }
    return !a->file && !b->file && vf_slice_eq(a->bytes, b->bytes);
}

static struct vf_slice folded(struct vf_install_plan *p, struct vf_slice path)
{
    struct vf_slice low = vf_arena_dup(&p->arena, path);
    for (size_t i = 0; low.p && i < low.n; i++)
        if (low.p[i] >= 'A' && low.p[i] <= 'Z')
            ((char *)low.p)[i] = (char)(low.p[i] | 32);
    return low;
}

struct vf_slice vf_install_plan_key(struct vf_install_plan *p, struct vf_slice dest)
{
    return p->site->fold_case ? folded(p, dest) : dest;
}

static enum vf_status claim(struct vf_install_plan *p, struct vf_item *item, struct vf_err *err)
{
    struct vf_slice key = vf_install_plan_key(p, item->dest);
    size_t i;
    if (!key.p)
        return vf_err_nomem(err);
    if (is_environments(p->site, item->dest))
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "install", item->unit->in->wheel->file_name,
                          "the wheel would replace '%.*s' of the environment",
                          (int)(item->dest.n < 200 ? item->dest.n : 200), item->dest.p);
    if (!vf_map_get(&p->claimed, key, &i))
        return vf_map_put(&p->claimed, key, p->items.n - 1) ? VF_OK : vf_err_nomem(err);
    const struct vf_item *first = VF_VEC_AT(struct vf_item, &p->items, i);
    item->shared =
        first->unit != item->unit && vf_slice_eq(first->dest, item->dest) && same_contents(first, item);
    if (item->shared)
        return VF_OK;
    struct vf_slice a = first->unit->in->wheel->file_name, b = item->unit->in->wheel->file_name;
    return vf_err_set(err, VF_EXISTS, 0, "install", item->dest, "'%.*s' and '%.*s' both bring this file",
                      (int)(a.n < 200 ? a.n : 200), a.p, (int)(b.n < 200 ? b.n : 200), b.p);
}

/* A new item for `dest` (in the plan's arena) with its row. */
static struct vf_item *new_item(struct vf_install_plan *p, struct vf_unit *u, struct vf_slice dest,
                                struct vf_err *err)
{
    struct vf_item *item = dest.p ? vf_vec_push(&p->arena, &p->items, sizeof *item) : NULL;
    if (!item) {
        (void)vf_err_nomem(err);
        return NULL;
    }
    *item = (struct vf_item){.unit = u, .dest = dest, .row = &u->rows[u->n_rows++]};
    return set_row(p, u, dest, item->row, err) == VF_OK ? item : NULL;
}

static enum vf_status resolve(struct vf_install_plan *p, struct vf_item *item, struct vf_err *err)
{
    enum vf_status st = claim(p, item, err);
    return st == VF_OK ? vf_install_plan_dirs(p, item->dest, err) : st;
}

/* --- what --- */

static bool ends_nocase(struct vf_slice s, struct vf_slice end)
{
    return s.n >= end.n && vf_slice_eq_nocase(vf_slice_from(s, s.n - end.n), end);
}

/* In a *.dist-info or *.egg-info of site-packages, its own or another's: what is there comes from the wheel's
 * own metadata directory, and from the installer. */
static bool in_metadata(const struct vf_install_plan *p, struct vf_slice dest)
{
    const struct vf_slice sites[] = {p->site->purelib, p->site->platlib};
    struct vf_slice rest;
    for (size_t i = 0; i < VF_COUNT(sites); i++) {
        if (!vf_path_under(sites[i], dest, &rest))
            continue;
        size_t slash = vf_slice_find_byte(rest, '/', 0);
        struct vf_slice top = vf_slice_sub(rest, 0, slash == VF_NPOS ? rest.n : slash);
        if (ends_nocase(top, VF_S(".dist-info")) || ends_nocase(top, VF_S(".egg-info")))
            return true;
    }
    return false;
}

static enum vf_status add_file(struct vf_install_plan *p, struct vf_unit *u, const struct vf_wheel_file *f,
                               struct vf_err *err)
{
    struct vf_slice dir = dir_of(p, u, f->part, &p->arena), lib64;
    if (!dir.p)
        return vf_err_nomem(err);
    struct vf_slice named = vf_path_join(&p->arena, dir, f->rest), dest = named;
    if (named.p && p->site->lib64_is_lib && vf_path_under(VF_S("lib64"), named, &lib64))
        dest = vf_path_join(&p->arena, VF_S("lib"), lib64);
    if (f->part != VF_PART_ROOT && in_metadata(p, dest))
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "install", u->in->wheel->file_name,
                          "'%.*s' would be written into the metadata directory of a distribution",
                          (int)(f->rest.n < 200 ? f->rest.n : 200), f->rest.p);
    struct vf_item *item = new_item(p, u, dest, err);
    if (!item)
        return err->code;
    item->file = f;
    item->executable = f->executable || f->part == VF_PART_SCRIPTS;
    item->row->alg = f->alg;
    item->row->digest = f->digest;
    item->row->size = f->size;
    item->row->has_size = f->digest.n > 0;
    enum vf_status st = vf_slice_eq(named, dest) ? VF_OK : set_row(p, u, named, item->row, err);
    return st == VF_OK ? resolve(p, item, err) : st;
}

static enum vf_status add_bytes(struct vf_install_plan *p, struct vf_unit *u, struct vf_slice dest,
                                struct vf_slice bytes, bool executable, struct vf_err *err)
{
    struct vf_item *item = new_item(p, u, dest, err);
    if (!item)
        return err->code;
    item->bytes = bytes;
    item->executable = executable;
    enum vf_status st = vf_row_of_bytes(item->row, bytes, err);
    return st == VF_OK ? resolve(p, item, err) : st;
}

static enum vf_status add_info(struct vf_install_plan *p, struct vf_unit *u, struct vf_slice name,
                               struct vf_slice bytes, struct vf_err *err)
{
    struct vf_slice dir = vf_path_join(&p->arena, u->site, u->in->wheel->info);
    struct vf_slice dest = dir.p ? vf_path_join(&p->arena, dir, name) : dir;
    return add_bytes(p, u, dest, bytes, false, err);
}

static enum vf_status add_script(struct vf_install_plan *p, struct vf_unit *u, const struct vf_script *s,
                                 struct vf_err *err)
{
    struct vf_buf b = {0};
    struct vf_slice file = u->in->wheel->file_name;
    enum vf_status st = vf_script_put_entry(p->site, s->entry, &b, err);
    if (st == VF_BAD_ARCHIVE)
        vf_err_context(err, "%.*s", (int)(file.n < 200 ? file.n : 200), file.p);
    struct vf_slice bytes = vf_arena_dup(&p->arena, vf_buf_slice(&b));
    vf_buf_release(&b);
    if (st == VF_OK && !bytes.p)
        st = vf_err_nomem(err);
    struct vf_slice dest = vf_path_join(&p->arena, p->site->bin, s->name);
    return st == VF_OK ? add_bytes(p, u, dest, bytes, true, err) : st;
}

static bool is_script(const struct vf_vec *scripts, struct vf_slice name)
{
    for (size_t i = 0; i < scripts->n; i++)
        if (vf_slice_eq(VF_VEC_AT(struct vf_script, scripts, i)->name, name))
            return true;
    return false;
}

static enum vf_status add_wheel(struct vf_install_plan *p, struct vf_unit *u, struct vf_err *err)
{
    const struct vf_wheel *w = u->in->wheel;
    struct vf_vec scripts = {0};
    u->site = w->root_is_purelib ? p->site->purelib : p->site->platlib;
    enum vf_status st = vf_wheel_check_target(w, p->site->tags, p->site->python, err);
    if (st == VF_OK)
        st = vf_scripts_of(&w->entry_points, p->site->py_major, p->site->py_minor, &p->arena, &scripts, err);
    u->rows = vf_arena_array(&p->arena, w->n_files + scripts.n + 4, sizeof *u->rows);
    if (!u->rows)
        return vf_err_nomem(err);
    for (size_t i = 0; i < scripts.n && st == VF_OK; i++)
        st = add_script(p, u, VF_VEC_AT(struct vf_script, &scripts, i), err);
    for (size_t i = 0; i < w->n_files && st == VF_OK; i++)
        if (w->files[i].part != VF_PART_SCRIPTS || !is_script(&scripts, w->files[i].rest))
            st = add_file(p, u, &w->files[i], err);
    if (st == VF_OK)
        st = add_info(p, u, VF_S("INSTALLER"), VF_S("venvfix\n"), err);
    if (st == VF_OK && u->in->requested)
        st = add_info(p, u, VF_S("REQUESTED"), VF_S(""), err);
    if (st == VF_OK && u->in->direct_url.n > 0)
        st = add_info(p, u, VF_S("direct_url.json"), u->in->direct_url, err);
    if (st != VF_OK)
        return st;
    struct vf_slice dir = vf_path_join(&p->arena, u->site, w->info);
    u->record = dir.p ? vf_path_join(&p->arena, dir, VF_S("RECORD")) : dir;
    return u->record.p ? set_row(p, u, u->record, &u->rows[u->n_rows++], err) : vf_err_nomem(err);
}

void vf_install_plan_init(struct vf_install_plan *p, const struct vf_site *site)
{
    *p = (struct vf_install_plan){.site = site};
    vf_arena_init(&p->arena);
    vf_map_init(&p->claimed, &p->arena);
    vf_map_init(&p->known, &p->arena);
}

enum vf_status vf_install_plan_add(struct vf_install_plan *p, const struct vf_install *in, struct vf_unit *u,
                                   struct vf_err *err)
{
    *u = (struct vf_unit){.in = in};
    return add_wheel(p, u, err);
}

enum vf_status vf_install_plan_make(struct vf_install_plan *p, const struct vf_site *site,
                                    const struct vf_install *wheels, size_t n, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    vf_install_plan_init(p, site);
    p->units = vf_arena_array(&p->arena, n + 1, sizeof *p->units);
    if (!p->units)
        return vf_err_nomem(err);
    for (size_t i = 0; i < n && st == VF_OK; i++)
        st = vf_install_plan_add(p, &wheels[i], &p->units[i], err);
    return st;
}

void vf_install_plan_release(struct vf_install_plan *p)
{
    vf_arena_release(&p->arena);
}
