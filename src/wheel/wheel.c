/* wheel.c: is this a wheel, and what does it hold? */
#include "wheel/wheel.h"

#include <stdlib.h>

#include "base/path.h"
#include "packaging/metadata.h"
#include "packaging/name.h"
#include "packaging/record.h"
#include "packaging/specifier.h"
#include "packaging/tags.h"

enum { TEXT_MAX = 16 << 20 }; /* bytes of METADATA, WHEEL, entry_points.txt */

struct opening {
    struct vf_wheel *w;
    struct vf_wheel_name file;
    struct vf_record record;
    struct vf_map rows; /* path -> index of the row */
    bool *seen;         /* rows that a member has */
    struct vf_slice record_path;
    struct vf_err *err;
};

static enum vf_status bad(const struct opening *o, const char *fmt, struct vf_slice what)
{
    struct vf_buf shown = {0};
    struct vf_slice cut = vf_slice_sub(what, 0, 200);
    vf_buf_put(&shown, cut);
    const char *text = vf_buf_cstr(&shown);
    enum vf_status st =
        vf_err_set(o->err, VF_BAD_ARCHIVE, 0, "read", o->w->file_name, "%s: '%s'", fmt, text ? text : "");
    vf_buf_release(&shown);
    return st;
}

/* --- names --- */

static bool same_version(struct vf_arena *a, const struct vf_version *v, struct vf_slice text)
{
    struct vf_version other;
    struct vf_err err = {0};
    struct vf_slice own = vf_arena_dup(a, text);
    for (size_t i = 0; own.p && i < own.n; i++) /* escaped in the names of directories */
        if (own.p[i] == '_')
            ((char *)own.p)[i] = '-';
    bool same = own.p && vf_version_parse(a, own, &other, &err) == VF_OK && vf_version_cmp(v, &other) == 0;
    vf_err_release(&err);
    return same;
}

/* Is "NAME-VERSION" this wheel's? */
static bool own_stem(struct opening *o, struct vf_slice stem)
{
    size_t dash = vf_slice_find_byte(stem, '-', 0);
    return dash != VF_NPOS && vf_name_same(vf_slice_sub(stem, 0, dash), o->file.name) &&
           same_version(&o->w->arena, &o->file.version, vf_slice_from(stem, dash + 1));
}

static enum vf_status read_name(struct opening *o, struct vf_slice label)
{
    struct vf_wheel *w = o->w;
    w->file_name = vf_arena_dup(&w->arena, vf_path_base(label));
    if (!w->file_name.p)
        return vf_err_nomem(o->err);
    enum vf_status st = vf_wheel_name_parse(&w->arena, w->file_name, &o->file, o->err);
    if (st != VF_OK)
        return st;
    w->build = o->file.build;
    w->python = o->file.tags.python;
    w->abi = o->file.tags.abi;
    w->platform = o->file.tags.platform;
    return VF_OK;
}

static struct vf_slice top_of(struct vf_slice name)
{
    return vf_slice_sub(name, 0, vf_slice_find_byte(name, '/', 0));
}

static enum vf_status find_info(struct opening *o)
{
    struct vf_wheel *w = o->w;
    for (size_t i = 0; i < w->zip->n; i++) {
        struct vf_slice top = top_of(w->zip->members[i].name);
        if (!vf_slice_ends(top, VF_S(".dist-info")) || vf_slice_eq(top, w->info))
            continue;
        if (w->info.n > 0)
            return bad(o, "a wheel with two metadata directories", top);
        w->info = top;
    }
    if (w->info.n == 0)
        return bad(o, "not a wheel: it has no metadata directory", w->file_name);
    if (!own_stem(o, vf_slice_sub(w->info, 0, w->info.n - 10)))
        return bad(o, "the metadata directory is not that of the file's name", w->info);
    return VF_OK;
}

/* --- metadata --- */

static enum vf_status load(struct opening *o, struct vf_slice name, uint64_t cap, bool needed,
                           struct vf_slice *out)
{
    struct vf_wheel *w = o->w;
    struct vf_slice path = vf_path_join(&w->arena, w->info, name);
    if (!path.p)
        return vf_err_nomem(o->err);
    size_t i = vf_zip_find(w->zip, path);
    if (i != VF_NPOS && !w->zip->members[i].is_dir)
        return vf_zip_load(w->zip, i, cap, &w->arena, out, o->err);
    return needed ? bad(o, "not a wheel: a file is missing", path) : VF_OK;
}

static enum vf_status read_metadata(struct opening *o)
{
    struct vf_wheel *w = o->w;
    struct vf_metadata m = {0};
    enum vf_status st = load(o, VF_S("METADATA"), TEXT_MAX, true, &w->metadata);
    if (st == VF_OK)
        st = vf_metadata_parse(&w->arena, w->metadata, &m, o->err);
    if (st != VF_OK)
        return st;
    if (!vf_metadata_get(&m, VF_S("Name"), &w->name) || !vf_metadata_get(&m, VF_S("Version"), &w->version))
        return bad(o, "METADATA has no name or no version", w->info);
    if (!vf_name_same(w->name, o->file.name) || !same_version(&w->arena, &o->file.version, w->version))
        return bad(o, "METADATA has another name or version than the file's name", w->info);
    (void)vf_metadata_get(&m, VF_S("Requires-Python"), &w->requires_python);
    w->canonical = vf_name_canonical(&w->arena, w->name);
    return w->canonical.p ? VF_OK : vf_err_nomem(o->err);
}

static enum vf_status read_wheel(struct opening *o)
{
    struct vf_wheel *w = o->w;
    struct vf_metadata m = {0};
    struct vf_slice version;
    uint64_t major;
    enum vf_status st = load(o, VF_S("WHEEL"), TEXT_MAX, true, &w->wheel);
    if (st == VF_OK)
        st = vf_metadata_parse(&w->arena, w->wheel, &m, o->err);
    if (st != VF_OK)
        return st;
    if (!vf_metadata_get(&m, VF_S("Wheel-Version"), &version) ||
        !vf_slice_to_u64(vf_slice_sub(version, 0, vf_slice_find_byte(version, '.', 0)), &major))
        return bad(o, "WHEEL has no Wheel-Version", w->info);
    if (major > 1)
        return vf_err_set(o->err, VF_NOT_SUPPORTED, 0, "read", w->file_name,
                          "a wheel of a newer format than 1.x");
    w->root_is_purelib = vf_metadata_root_is_purelib(&m);
    return VF_OK;
}

static enum vf_status read_entry_points(struct opening *o)
{
    struct vf_slice text = {NULL, 0};
    struct vf_entry_points *e = &o->w->entry_points;
    enum vf_status st = load(o, VF_S("entry_points.txt"), TEXT_MAX, false, &text);
    if (st == VF_OK)
        st = vf_entry_points_parse(&o->w->arena, text, e, o->err);
    for (size_t i = 0; st == VF_OK && i < e->n_problems; i++)
        if (e->problems[i].kind == VF_ENTRY_BAD_NAME)
            st = bad(o, "an entry point with a name that no script can have", e->problems[i].text);
    return st;
}

/* --- RECORD --- */

static bool strong(struct vf_slice alg)
{
    return vf_slice_eq(alg, VF_S("sha256")) || vf_slice_eq(alg, VF_S("sha384")) ||
           vf_slice_eq(alg, VF_S("sha512"));
}

static enum vf_status read_record(struct opening *o)
{
    struct vf_wheel *w = o->w;
    struct vf_slice bytes = {NULL, 0};
    enum vf_status st = load(o, VF_S("RECORD"), VF_RECORD_MAX, true, &bytes);
    if (st == VF_OK)
        st = vf_record_parse(&w->arena, bytes, &o->record, o->err);
    o->record_path = vf_path_join(&w->arena, w->info, VF_S("RECORD"));
    o->seen = vf_arena_array(&w->arena, o->record.n + 1, sizeof *o->seen);
    vf_map_init(&o->rows, &w->arena);
    if (!o->seen || !o->record_path.p)
        return vf_err_nomem(o->err);
    for (size_t i = 0; st == VF_OK && i < o->record.n; i++) {
        const struct vf_record_row *r = &o->record.rows[i];
        size_t before;
        if (vf_map_get(&o->rows, r->path, &before)) {
            if (!vf_slice_eq(r->digest, o->record.rows[before].digest))
                st = bad(o, "RECORD lists a file twice", r->path);
            o->seen[i] = true;
        } else if (!vf_map_put(&o->rows, r->path, i)) {
            st = vf_err_nomem(o->err);
        }
    }
    return st;
}

static enum vf_status check_row(struct opening *o, const struct vf_zip_member *m, struct vf_wheel_file *f)
{
    size_t row;
    if (!vf_map_get(&o->rows, m->name, &row))
        return bad(o, "RECORD does not list a file of the wheel", m->name);
    const struct vf_record_row *r = &o->record.rows[row];
    o->seen[row] = true;
    if (r->digest.n == 0 || !strong(r->alg))
        return bad(o, "RECORD has no sha256 (or a longer hash) for a file", m->name);
    if (r->has_size && r->size != m->size)
        return bad(o, "RECORD has another size for a file", m->name);
    f->alg = r->alg;
    f->digest = r->digest;
    return VF_OK;
}

static enum vf_status check_rows(struct opening *o)
{
    for (size_t i = 0; i < o->record.n; i++) {
        struct vf_slice path = o->record.rows[i].path;
        size_t m = o->seen[i] ? 0 : vf_zip_find(o->w->zip, path);
        if (!o->seen[i] && m == VF_NPOS)
            return bad(o, "RECORD lists a file that the wheel has not", path);
    }
    return VF_OK;
}

/* --- members --- */

static bool is_signature(struct vf_slice base)
{
    return vf_slice_eq(base, VF_S("RECORD.jws")) || vf_slice_eq(base, VF_S("RECORD.p7s"));
}

/* Files of the metadata directory that an installer writes. */
static bool is_installers(struct vf_slice base)
{
    return vf_slice_eq(base, VF_S("INSTALLER")) || vf_slice_eq(base, VF_S("REQUESTED")) ||
           vf_slice_eq(base, VF_S("direct_url.json"));
}

static bool scheme_part(struct vf_slice key, enum vf_wheel_part *part)
{
    static const struct {
        struct vf_slice key;
        enum vf_wheel_part part;
    } keys[] = {{VF_S_INIT("purelib"), VF_PART_PURELIB},
                {VF_S_INIT("platlib"), VF_PART_PLATLIB},
                {VF_S_INIT("headers"), VF_PART_HEADERS},
                {VF_S_INIT("scripts"), VF_PART_SCRIPTS},
                {VF_S_INIT("data"), VF_PART_DATA}};
    for (size_t i = 0; i < VF_COUNT(keys); i++)
        if (vf_slice_eq(key, keys[i].key)) {
            *part = keys[i].part;
            return true;
        }
    return false;
}

static enum vf_status place_file(struct opening *o, struct vf_slice name, struct vf_wheel_file *f)
{
    struct vf_slice top = top_of(name);
    f->part = VF_PART_ROOT;
    f->rest = name;
    if (top.n == name.n || !vf_slice_ends(top, VF_S(".data")))
        return VF_OK;
    if (!own_stem(o, vf_slice_sub(top, 0, top.n - 5)))
        return bad(o, "a data directory that is not the wheel's", top);
    struct vf_slice rest = vf_slice_from(name, top.n + 1);
    struct vf_slice key = top_of(rest);
    if (key.n == rest.n || !scheme_part(key, &f->part))
        return bad(o, "a data directory of a kind that is not known", name);
    f->rest = vf_slice_from(rest, key.n + 1);
    if (f->part == VF_PART_SCRIPTS && vf_slice_find_byte(f->rest, '/', 0) != VF_NPOS)
        return bad(o, "a script in a directory of its own", name);
    return VF_OK;
}

static enum vf_status add_file(struct opening *o, size_t i)
{
    struct vf_wheel *w = o->w;
    const struct vf_zip_member *m = &w->zip->members[i];
    struct vf_wheel_file *f = &w->files[w->n_files];
    bool in_info = vf_slice_eq(vf_path_dir(m->name), w->info);
    if (m->is_dir || vf_slice_eq(m->name, o->record_path))
        return VF_OK;
    *f = (struct vf_wheel_file){.member = i, .size = m->size, .executable = vf_zip_executable(m)};
    enum vf_status st = place_file(o, m->name, f);
    if (st == VF_OK && !(in_info && is_signature(vf_path_base(m->name))))
        st = check_row(o, m, f);
    if (st != VF_OK || (in_info && is_installers(vf_path_base(m->name))))
        return st;
    w->bytes += m->size;
    w->n_files++;
    return VF_OK;
}

static enum vf_status read_members(struct opening *o)
{
    struct vf_wheel *w = o->w;
    enum vf_status st = read_record(o);
    w->files = vf_arena_array(&w->arena, w->zip->n + 1, sizeof *w->files);
    if (st == VF_OK && !w->files)
        st = vf_err_nomem(o->err);
    for (size_t i = 0; st == VF_OK && i < w->zip->n; i++)
        st = add_file(o, i);
    return st == VF_OK ? check_rows(o) : st;
}

enum vf_status vf_wheel_open(const struct vf_zip_source *source, const struct vf_zip_limits *limits,
                             struct vf_wheel **out, struct vf_err *err)
{
    *out = NULL;
    struct vf_wheel *w = calloc(1, sizeof *w);
    if (!w)
        return vf_err_nomem(err);
    vf_arena_init(&w->arena);
    struct opening o = {.w = w, .err = err};
    enum vf_status st = read_name(&o, source->label);
    if (st == VF_OK)
        st = vf_zip_open(source, limits, &w->zip, err);
    if (st == VF_OK)
        st = find_info(&o);
    if (st == VF_OK)
        st = read_wheel(&o);
    if (st == VF_OK)
        st = read_metadata(&o);
    if (st == VF_OK)
        st = read_entry_points(&o);
    if (st == VF_OK)
        st = read_members(&o);
    if (st == VF_OK)
        *out = w;
    else
        vf_wheel_free(w);
    return st;
}

void vf_wheel_free(struct vf_wheel *w)
{
    if (!w)
        return;
    vf_zip_free(w->zip);
    vf_arena_release(&w->arena);
    free(w);
}

enum vf_status vf_wheel_check_target(const struct vf_wheel *w, const struct vf_tags *tags,
                                     struct vf_slice python, struct vf_err *err)
{
    struct vf_tag tag = {w->python, w->abi, w->platform};
    if (tags && vf_tags_rank(tags, &tag) == VF_NPOS)
        return vf_err_set(err, VF_INCOMPATIBLE, 0, "install", w->file_name,
                          "the wheel is for another Python or platform than the target's");
    if (python.n == 0 || w->requires_python.n == 0)
        return VF_OK;
    struct vf_arena a;
    struct vf_specifiers set;
    bool in = true;
    vf_arena_init(&a);
    enum vf_status st = vf_specifiers_parse(&a, w->requires_python, &set, err);
    if (st == VF_OK)
        st = vf_specifiers_contains_text(&a, &set, python, &in, err);
    vf_arena_release(&a);
    if (st == VF_OK && !in)
        st = vf_err_set(err, VF_INCOMPATIBLE, 0, "install", w->file_name, "it requires Python %.*s",
                        (int)(w->requires_python.n < 100 ? w->requires_python.n : 100), w->requires_python.p);
    return st;
}
