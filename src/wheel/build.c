/* build.c: which files of a distribution go into its wheel, under which names, in which order. */
#include "wheel/build.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/path.h"
#include "packaging/name.h"
#include "wheel/build_legacy.h"
#include "wheel/build_parts.h"
#include "wheel/scripts.h"

struct planning {
    const struct vf_env *env;
    const struct vf_env_dist *dist;
    const struct vf_rebuild_opts *opts;
    struct vf_arena *a;
    struct vf_rebuild *out;
    struct vf_rebuild_names names;
    struct vf_rebuild_dirs prefixes;
    struct vf_slice info, data; /* directories in the wheel */
    struct vf_vec found;        /* struct found */
    struct vf_zip_writer *zip;  /* gives the wheel to the hasher while it is planned; NULL: not wanted */
    struct vf_hasher *hasher;
    struct vf_vec modified; /* struct vf_slice */
    bool legacy;            /* dist: made of an egg-info directory */
    struct vf_vec taken;    /* struct vf_slice: files that such a directory lists */
    struct vf_map by_name;  /* name in the wheel -> index of the row */
    struct vf_err *err;
};

/* A file that goes into the wheel, before it is read. */
struct found {
    struct vf_rebuild_member m;
    const struct vf_record_row *row;
    bool script;
};

static enum vf_status refuse(const struct planning *p, enum vf_status code, struct vf_slice path,
                             const char *why)
{
    return vf_err_set(p->err, code, 0, "rebuild", path, "%s", why);
}

static enum vf_status check_dist(const struct planning *p)
{
    const struct vf_env_dist *d = p->dist;
    if (d->editable && !p->opts->editable)
        return refuse(p, VF_NOT_SUPPORTED, d->info, "an editable install: its files are elsewhere");
    if (d->is_egg || d->is_egg_link)
        return refuse(p, VF_NOT_SUPPORTED, d->info, "an egg says too little for a wheel to be made of it");
    if (d->unseen)
        return refuse(p, VF_UNREADABLE, d->info, "its metadata could not be read");
    if (!d->has_record)
        return refuse(p, VF_NOT_SUPPORTED, d->info, "it has no RECORD, so its files are not known");
    if (d->record.n == 0)
        return refuse(p, VF_UNREADABLE, d->info, "its RECORD could not be read");
    if (!d->has_metadata)
        return refuse(p, VF_NOT_SUPPORTED, d->info, "it has no METADATA");
    if (d->wheel.n == 0)
        return refuse(p, VF_NOT_SUPPORTED, d->info,
                      "it has no WHEEL file: it was not installed from a wheel");
    if (d->record.n_problems > 0)
        return refuse(p, VF_NOT_SUPPORTED, d->info, "its RECORD has rows that cannot be understood");
    return VF_OK;
}

/* --- names in the wheel --- */

static bool is_installers(struct vf_slice base)
{
    static const struct vf_slice names[] = {VF_S_INIT("RECORD"),        VF_S_INIT("RECORD.jws"),
                                            VF_S_INIT("RECORD.p7s"),    VF_S_INIT("INSTALLER"),
                                            VF_S_INIT("REQUESTED"),     VF_S_INIT("direct_url.json"),
                                            VF_S_INIT("uv_cache.json"), VF_S_INIT("uv_build.json")};
    for (size_t i = 0; i < VF_COUNT(names); i++)
        if (vf_slice_eq(base, names[i]))
            return true;
    return false;
}

/* In BIN, or where `pip install --target SITE` put what belongs there. */
static bool is_script(const struct planning *p, struct vf_slice rel, const struct vf_record_row *row)
{
    struct vf_slice dir = vf_path_dir(rel);
    if (vf_slice_eq(dir, p->env->bin))
        return true;
    return vf_slice_eq(vf_path_base(dir), VF_S("bin")) && vf_slice_eq(vf_path_dir(dir), p->dist->site) &&
           vf_env_row_is_in_target(p->dist, row->path, rel);
}

static bool is_left_out(const struct planning *p, struct vf_slice rel, const struct vf_record_row *row)
{
    struct vf_slice base = vf_path_base(rel), dir = vf_path_dir(rel);
    if (vf_slice_eq(dir, p->dist->info) && (is_installers(base) || (p->legacy && vf_legacy_drops(base))))
        return true;
    if (vf_slice_ends(base, VF_S(".pyc")) && vf_slice_eq(vf_path_base(dir), VF_S("__pycache__")))
        return true;
    return is_script(p, rel, row) && vf_script_is_generated(&p->dist->entry_points, base);
}

/* "include/site/python3.12/NAME/x.h" -> "x.h" */
static bool header_rest(const struct planning *p, struct vf_slice rel, struct vf_slice *rest)
{
    struct vf_slice r;
    if (!vf_path_under(VF_S("include/site"), rel, &r))
        return false;
    size_t version = vf_slice_find_byte(r, '/', 0);
    size_t name = version == VF_NPOS ? VF_NPOS : vf_slice_find_byte(r, '/', version + 1);
    if (name == VF_NPOS || !vf_name_same(vf_slice_sub(r, version + 1, name), p->dist->name))
        return false;
    *rest = vf_slice_from(r, name + 1);
    return true;
}

static struct vf_slice data_name(const struct planning *p, struct vf_slice key, struct vf_slice rest)
{
    struct vf_slice dir = vf_path_join(p->a, p->data, key);
    return dir.p ? vf_path_join(p->a, dir, rest) : dir;
}

/* The member's name for a path below the root; p NULL on no memory. */
static struct vf_slice name_of(const struct planning *p, struct vf_slice rel, const struct vf_record_row *row,
                               bool *script)
{
    struct vf_slice rest;
    *script = is_script(p, rel, row);
    if (*script)
        return data_name(p, VF_S("scripts"), vf_path_base(rel));
    if (vf_path_under(p->dist->info, rel, &rest))
        return vf_path_join(p->a, p->info, rest);
    for (size_t i = 0; i < p->env->n_sites; i++)
        if (vf_path_under(p->env->sites[i], rel, &rest))
            return vf_arena_dup(p->a, rest);
    if (header_rest(p, rel, &rest))
        return data_name(p, VF_S("headers"), rest);
    return data_name(p, VF_S("data"), rel);
}

/* --- files --- */

/* Is it what the RECORD of another distribution says? Then that was installed over it, and nobody changed it.
 */
static bool is_anothers(const struct planning *p, const struct vf_rebuild_member *m)
{
    struct vf_slice digest = {(const char *)m->sha256, sizeof m->sha256};
    uint32_t file = vf_env_find(p->env, m->path);
    if (file == VF_NONE || !(p->env->files[file].flags & VF_FILE_SHARED))
        return false;
    for (size_t i = 0; i < p->env->n_dists; i++) {
        const struct vf_env_dist *d = &p->env->dists[i];
        for (size_t r = 0; d != p->dist && r < d->record.n; r++)
            if (d->row_files[r] == file && vf_slice_eq(d->record.rows[r].alg, VF_S("sha256")) &&
                vf_record_digest_is(&d->record.rows[r], digest))
                return true;
    }
    return false;
}

static enum vf_status note_modified(struct planning *p, const struct vf_rebuild_member *member,
                                    enum vf_rebuild_match match)
{
    struct vf_slice rel = member->path;
    if (match == VF_MATCH_TRUE || (match == VF_MATCH_NO_HASH && (p->dist->seeded || p->legacy)))
        return VF_OK;
    if (vf_env_jupyter_rewrites(rel))
        return VF_OK;
    if (!p->opts->allow_modified && !is_anothers(p, member))
        return refuse(p, VF_CHANGED, rel,
                      match == VF_MATCH_FALSE
                          ? "it is not what RECORD says: it was changed after it was installed"
                          : "RECORD has no hash of it, so it is not known whether it was changed");
    struct vf_slice *m = vf_vec_push(p->a, &p->modified, sizeof *m);
    if (!m)
        return vf_err_nomem(p->err);
    *m = rel;
    return VF_OK;
}

/* A row without a file: a directory, what virtualenv lists and never made, or what pip never put there. */
static enum vf_status missing(const struct planning *p, struct vf_slice rel, const struct vf_record_row *row)
{
    if (vf_env_has_dir(p->env, rel) || (row->digest.n == 0 && p->dist->seeded) ||
        vf_env_row_is_hidden_script(p->dist, rel))
        return VF_OK;
    return refuse(p, VF_INCOMPLETE, rel, "RECORD lists it, and it is not there");
}

static enum vf_status add_file(struct planning *p, uint32_t file, const struct vf_record_row *row)
{
    const struct vf_file *f = &p->env->files[file];
    size_t before;
    bool script;
    if (f->st.kind != VF_KIND_FILE)
        return refuse(p, VF_UNWRITABLE, f->path, "a link or a special file, which no wheel can hold");
    if (!p->opts->editable && vf_slice_starts(vf_path_base(f->path), VF_S("__editable__")))
        return refuse(p, VF_NOT_SUPPORTED, f->path, "an editable install: its files are elsewhere");
    struct vf_slice name = name_of(p, f->path, row, &script);
    if (!name.p)
        return vf_err_nomem(p->err);
    if (vf_map_get(&p->by_name, name, &before)) /* listed twice */
        return VF_OK;
    struct found *m = vf_vec_push(p->a, &p->found, sizeof *m);
    if (!m || !vf_map_put(&p->by_name, name, 1))
        return vf_err_nomem(p->err);
    *m = (struct found){.m = {.name = name, .path = f->path, .executable = script || (f->st.mode & 0111)},
                        .row = row,
                        .script = script};
    return VF_OK;
}

/* No RECORD says whose it is, so the rebuild does. */
static enum vf_status take(struct planning *p, struct vf_slice rel)
{
    struct vf_slice *s = vf_vec_push(p->a, &p->taken, sizeof *s);
    if (!s)
        return vf_err_nomem(p->err);
    *s = rel;
    return VF_OK;
}

static enum vf_status add_row(struct planning *p, const struct vf_record_row *row)
{
    struct vf_buf b = {0};
    enum vf_status st = VF_OK;
    bool inside = vf_env_row_path(p->env, p->dist, row->path, &b);
    struct vf_slice rel = vf_arena_dup(p->a, vf_buf_slice(&b));
    if (b.failed || !rel.p)
        st = vf_err_nomem(p->err);
    else if (!inside)
        st = refuse(p, VF_UNWRITABLE, row->path, "RECORD lists a file outside of the environment");
    vf_buf_release(&b);
    if (st == VF_OK && p->legacy)
        st = take(p, rel);
    if (st != VF_OK || is_left_out(p, rel, row))
        return st;
    uint32_t file = vf_env_find(p->env, rel);
    if (file == VF_NONE)
        return missing(p, rel, row);
    const struct vf_file *f = &p->env->files[file];
    if (f->dist != VF_NONE && &p->env->dists[f->dist] == p->dist && p->dist->record.rows[f->row].digest.n > 0)
        row = &p->dist->record.rows[f->row]; /* of two rows the one with a hash */
    return add_file(p, file, row);
}

/* --- order, RECORD, size --- */

static int by_name(const void *x, const void *y)
{
    const struct found *a = x, *b = y;
    return vf_slice_cmp(a->m.name, b->m.name);
}

static int by_bytes(const void *x, const void *y)
{
    const struct vf_slice *a = x, *b = y;
    return vf_slice_cmp(*a, *b);
}

static bool in_info(const struct planning *p, const struct vf_rebuild_member *m)
{
    struct vf_slice rest;
    return vf_path_under(p->info, m->name, &rest);
}

/* Sorted, the metadata directory last: indices of what was found. NULL: no memory. */
static const size_t *order(struct planning *p)
{
    struct found *sorted = p->found.base;
    size_t *v = vf_arena_array(p->a, p->found.n + 1, sizeof *v), n = 0;
    if (p->found.n > 0)
        qsort(sorted, p->found.n, sizeof *sorted, by_name);
    for (int pass = 0; v && pass < 2; pass++)
        for (size_t i = 0; i < p->found.n; i++)
            if (in_info(p, &sorted[i].m) == (pass == 1))
                v[n++] = i;
    return v;
}

/* --- reading, and hashing the wheel on the way --- */

static struct vf_zip_entry entry_of(const struct vf_rebuild_member *m)
{
    return (struct vf_zip_entry){
        .name = m->name, .size = m->size, .crc = m->crc, .executable = m->executable};
}

/* Everything of a file of the environment. */
static enum vf_status copy_file(const struct vf_env *env, const struct vf_rebuild_member *m,
                                struct vf_zip_writer *w, struct vf_err *err)
{
    enum { COPY = 64 << 10 };
    struct vf_reader *reader = NULL;
    size_t got = 1;
    char *buf = malloc(COPY);
    enum vf_status st = buf ? vf_tree_open(env->tree, m->path, &reader, err) : vf_err_nomem(err);
    while (st == VF_OK && got > 0) {
        st = vf_reader_read(reader, buf, COPY, &got, err);
        if (st == VF_OK)
            st = vf_zip_writer_data(w, (struct vf_slice){buf, got}, err);
    }
    vf_reader_close(reader);
    free(buf);
    return st;
}

/* The member's bytes into the hasher's zip: those that were just read, or the file once more. */
static enum vf_status feed(struct planning *p, const struct vf_rebuild_member *m, struct vf_slice whole)
{
    struct vf_zip_entry e = entry_of(m);
    if (!p->zip)
        return VF_OK;
    enum vf_status st = vf_zip_writer_member(p->zip, &e, p->err);
    if (st != VF_OK)
        return st;
    if (m->bytes.p || whole.p)
        return vf_zip_writer_data(p->zip, m->bytes.p ? m->bytes : whole, p->err);
    return copy_file(p->env, m, p->zip, p->err);
}

static enum vf_status read_one(struct planning *p, const struct found *f, struct vf_rebuild_member *m)
{
    enum vf_rebuild_match match = VF_MATCH_FALSE;
    struct vf_slice whole = {NULL, 0};
    *m = f->m;
    if (m->bytes.p) {
        enum vf_status made = vf_rebuild_measure(&p->prefixes, m, p->err);
        return made == VF_OK ? feed(p, m, whole) : made;
    }
    enum vf_status st;
    if (f->script)
        st = vf_rebuild_read_script(&p->prefixes, m, f->row, p->a, &match, p->err);
    else if (vf_env_is_kernelspec(m->path))
        st = vf_rebuild_read_kernelspec(&p->prefixes, m, f->row, p->a, &match, p->err);
    else
        st = vf_rebuild_read(&p->prefixes, m, f->row, &match, &whole, p->err);
    if (st == VF_OK)
        st = note_modified(p, m, match);
    return st == VF_OK ? feed(p, m, whole) : st;
}

/* All of them, in the order of the wheel; room for RECORD behind them. */
static enum vf_status read_all(struct planning *p)
{
    struct vf_rebuild *r = p->out;
    const size_t *v = order(p);
    enum vf_status st = VF_OK;
    r->members = vf_arena_array(p->a, p->found.n + 1, sizeof *r->members);
    if (!v || !r->members)
        return vf_err_nomem(p->err);
    for (size_t i = 0; i < p->found.n && st == VF_OK; i++)
        st = read_one(p, VF_VEC_AT(const struct found, &p->found, v[i]), &r->members[r->n++]);
    if (p->modified.n > 0)
        qsort(p->modified.base, p->modified.n, sizeof(struct vf_slice), by_bytes);
    r->modified = p->modified.base;
    r->n_modified = p->modified.n;
    return st;
}

static enum vf_status add_record(struct planning *p)
{
    struct vf_rebuild *r = p->out;
    struct vf_buf b = {0};
    struct vf_record_entry *rows = vf_arena_array(p->a, r->n + 1, sizeof *rows);
    struct vf_rebuild_member *m = &r->members[r->n];
    m->name = vf_path_join(p->a, p->info, VF_S("RECORD"));
    if (!rows || !m->name.p)
        return vf_err_nomem(p->err);
    for (size_t i = 0; i < r->n; i++)
        rows[i] = (struct vf_record_entry){
            .path = r->members[i].name,
            .digest = {(const char *)r->members[i].sha256, sizeof r->members[i].sha256},
            .size = r->members[i].size,
            .has_size = true};
    rows[r->n++].path = m->name;
    vf_record_put(&b, rows, r->n, VF_RECORD_LF);
    m->bytes = vf_arena_dup(p->a, vf_buf_slice(&b));
    bool ok = !b.failed && m->bytes.p;
    vf_buf_release(&b);
    enum vf_status st = ok ? vf_rebuild_measure(NULL, m, p->err) : vf_err_nomem(p->err);
    return st == VF_OK ? feed(p, m, m->bytes) : st;
}

static enum vf_status set_size(struct planning *p)
{
    struct vf_rebuild *r = p->out;
    struct vf_zip_entry *entries = calloc(r->n, sizeof *entries);
    if (!entries)
        return vf_err_nomem(p->err);
    for (size_t i = 0; i < r->n; i++)
        entries[i] = entry_of(&r->members[i]);
    r->size = vf_zip_size(entries, r->n);
    free(entries);
    return VF_OK;
}

/* --- the plan --- */

static enum vf_status add_text(struct planning *p, struct vf_slice base, struct vf_slice bytes)
{
    struct found *f = vf_vec_push(p->a, &p->found, sizeof *f);
    struct vf_slice name = vf_path_join(p->a, p->info, base);
    if (!f || !name.p)
        return vf_err_nomem(p->err);
    *f = (struct found){.m = {.name = name, .bytes = bytes}};
    return VF_OK;
}

static enum vf_status begin_legacy(struct planning *p)
{
    struct vf_env_dist *d = vf_arena_alloc(p->a, sizeof *d);
    if (!d)
        return vf_err_nomem(p->err);
    enum vf_status st = vf_legacy_read(p->env, p->dist, p->a, d, p->err);
    p->dist = d;
    p->legacy = true;
    return st;
}

static enum vf_status add_rows(struct planning *p)
{
    const struct vf_env_dist *d = p->dist;
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < d->record.n && st == VF_OK; i++)
        st = add_row(p, &d->record.rows[i]);
    if (st == VF_OK && p->legacy)
        st = add_text(p, VF_S("METADATA"), d->metadata);
    if (st == VF_OK && p->legacy)
        st = add_text(p, VF_S("WHEEL"), d->wheel);
    p->out->converted = p->legacy;
    p->out->taken = p->taken.base;
    p->out->n_taken = p->taken.n;
    return st;
}

static enum vf_status to_hasher(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    (void)err;
    vf_hasher_update(ctx, bytes);
    return VF_OK;
}

static enum vf_status begin_digest(struct planning *p)
{
    enum vf_status st = vf_hasher_new(VF_S("sha256"), &p->hasher, p->err);
    if (st == VF_OK)
        st = vf_zip_writer_new(to_hasher, p->hasher, p->opts->epoch, &p->zip, p->err);
    if (st == VF_OK)
        vf_zip_writer_trust(p->zip);
    return st;
}

static enum vf_status end_digest(struct planning *p)
{
    unsigned char sum[VF_DIGEST_MAX];
    enum vf_status st = vf_zip_writer_finish(p->zip, p->err);
    if (st == VF_OK &&
        (vf_zip_writer_offset(p->zip) != p->out->size || vf_hasher_final(p->hasher, sum) != 32))
        st = vf_err_set(p->err, VF_INTERNAL, 0, "rebuild", p->out->file_name, "the wheel cannot be hashed");
    if (st == VF_OK)
        memcpy(p->out->sha256, sum, sizeof p->out->sha256);
    p->out->hashed = st == VF_OK;
    return st;
}

static enum vf_status plan(struct planning *p)
{
    enum vf_status st = p->opts->legacy && vf_legacy_is(p->env, p->dist) ? begin_legacy(p) : VF_OK;
    const struct vf_env_dist *d = p->dist;
    if (st == VF_OK)
        st = check_dist(p);
    struct vf_slice stem = vf_path_base(d->info);
    stem.n -= vf_slice_ends(stem, VF_S(".dist-info")) ? 10 : 0;
    struct vf_slice version = d->header_version.n > 0 ? d->header_version : d->version;
    if (st == VF_OK)
        st = vf_rebuild_names_make(p->a, d->name, version, stem, d->wheel, &p->names, p->err);
    if (st != VF_OK)
        return st;
    struct vf_slice none = {NULL, 0};
    p->info = vf_arena_concat(p->a, p->names.stem, VF_S(".dist-info"), none);
    p->data = vf_arena_concat(p->a, p->names.stem, VF_S(".data"), none);
    p->out->file_name = p->names.file_name;
    p->out->tags_exact = p->names.tags_exact;
    if (!p->info.p || !p->data.p)
        return vf_err_nomem(p->err);
    st = vf_rebuild_dirs_make(p->env, p->a, &p->prefixes, p->err);
    if (st == VF_OK)
        st = add_rows(p);
    if (st == VF_OK)
        st = read_all(p);
    if (st == VF_OK)
        st = add_record(p);
    if (st == VF_OK)
        st = set_size(p);
    return st == VF_OK && p->zip ? end_digest(p) : st;
}

enum vf_status vf_rebuild_plan(const struct vf_env *env, uint32_t dist, const struct vf_rebuild_opts *opts,
                               struct vf_arena *a, struct vf_rebuild *out, struct vf_err *err)
{
    struct planning p = {.env = env, .dist = &env->dists[dist], .opts = opts, .a = a, .out = out, .err = err};
    *out = (struct vf_rebuild){.env = env, .epoch = opts->epoch};
    vf_map_init(&p.by_name, a);
    enum vf_status st = opts->digest ? begin_digest(&p) : VF_OK;
    if (st == VF_OK)
        st = plan(&p);
    vf_zip_writer_free(p.zip);
    vf_hasher_free(p.hasher);
    vf_rebuild_dirs_release(&p.prefixes);
    return st;
}

/* --- writing --- */

struct output {
    vf_zip_sink sink;
    void *ctx;
    struct vf_hasher *hasher;
};

static enum vf_status put_out(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    struct output *o = ctx;
    if (o->hasher)
        vf_hasher_update(o->hasher, bytes);
    return o->sink(o->ctx, bytes, err);
}

static enum vf_status write_members(const struct vf_rebuild *r, struct vf_zip_writer *w, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < r->n && st == VF_OK; i++) {
        const struct vf_rebuild_member *m = &r->members[i];
        struct vf_zip_entry e = entry_of(m);
        st = vf_zip_writer_member(w, &e, err);
        if (st == VF_OK)
            st = m->bytes.p ? vf_zip_writer_data(w, m->bytes, err) : copy_file(r->env, m, w, err);
    }
    return st == VF_OK ? vf_zip_writer_finish(w, err) : st;
}

enum vf_status vf_rebuild_write(struct vf_rebuild *r, vf_zip_sink sink, void *ctx, struct vf_err *err)
{
    struct output o = {.sink = sink, .ctx = ctx};
    struct vf_zip_writer *w = NULL;
    unsigned char sum[VF_DIGEST_MAX];
    enum vf_status st = r->hashed ? VF_OK : vf_hasher_new(VF_S("sha256"), &o.hasher, err);
    if (st == VF_OK)
        st = vf_zip_writer_new(put_out, &o, r->epoch, &w, err);
    if (st == VF_OK)
        st = write_members(r, w, err);
    if (st == VF_OK &&
        (vf_zip_writer_offset(w) != r->size || (o.hasher && vf_hasher_final(o.hasher, sum) != 32)))
        st = vf_err_set(err, VF_INTERNAL, 0, "rebuild", r->file_name,
                        "the wheel has not the size that was planned");
    if (st == VF_OK && o.hasher)
        memcpy(r->sha256, sum, sizeof r->sha256);
    vf_zip_writer_free(w);
    vf_hasher_free(o.hasher);
    return st;
}
