/* unpacked.c: a directory with a metadata directory becomes a wheel of stored members: the files that its
 * RECORD lists, RECORD last. Whether they are what RECORD says is asked when they are installed. */
#include "wheel/unpacked.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "fs/create.h"
#include "fs/sys.h"
#include "fs/tree_dir.h"
#include "packaging/metadata.h"
#include "packaging/name.h"
#include "packaging/record.h"
#include "wheel/build_name.h"

enum { PIECE = 1 << 16, TEXT_MAX = 16 << 20 };

struct packing {
    struct vf_candidates *candidates;
    struct vf_arena a;
    struct vf_tree *tree;
    struct vf_slice dir, info; /* the unpacked wheel, its metadata directory */
    struct vf_slice file_name;
    struct vf_zip_entry *entries;
    size_t n;
    struct vf_new_file out;
    struct vf_err *err;
};

static enum vf_status not_one(struct packing *p, const char *why)
{
    return vf_err_set(p->err, VF_BAD_ARCHIVE, 0, "pack", p->dir, "%s", why);
}

static enum vf_status text(struct packing *p, const char *base, struct vf_slice *out)
{
    struct vf_slice path = vf_path_join(&p->a, p->info, vf_slice_of(base));
    return path.p ? vf_tree_read(p->tree, path, TEXT_MAX, &p->a, out, p->err) : vf_err_nomem(p->err);
}

static enum vf_status name_it(struct packing *p)
{
    struct vf_slice metadata, wheel, name, version;
    struct vf_metadata m;
    struct vf_rebuild_names names;
    enum vf_status st = text(p, "METADATA", &metadata);
    if (st == VF_OK)
        st = text(p, "WHEEL", &wheel);
    if (st == VF_OK)
        st = vf_metadata_parse(&p->a, metadata, &m, p->err);
    if (st != VF_OK)
        return st;
    if (!vf_metadata_get(&m, VF_S("Name"), &name) || !vf_metadata_get(&m, VF_S("Version"), &version))
        return not_one(p, "METADATA without a name and a version");
    struct vf_slice stem = vf_slice_sub(p->info, 0, p->info.n - VF_S(".dist-info").n);
    st = vf_rebuild_names_make(&p->a, name, version, stem, wheel, &names, p->err);
    if (st == VF_OK && !vf_slice_eq(names.stem, stem))
        st = not_one(p, "its metadata directory has another name");
    p->file_name = names.file_name;
    return st;
}

/* Gives the file's bytes to the zip, or only counts them. */
static enum vf_status each_piece(struct packing *p, struct vf_zip_entry *e, struct vf_zip_writer *w)
{
    struct vf_reader *r = NULL;
    char buf[PIECE];
    size_t got = 1;
    enum vf_status st = vf_tree_open(p->tree, e->name, &r, p->err);
    while (st == VF_OK && got) {
        st = vf_reader_read(r, buf, sizeof buf, &got, p->err);
        struct vf_slice bytes = {buf, got};
        if (st == VF_OK && w)
            st = vf_zip_writer_data(w, bytes, p->err);
        else if (st == VF_OK)
            e->crc = vf_zip_crc(e->crc, bytes), e->size += got;
    }
    vf_reader_close(r);
    return st;
}

static enum vf_status measure(struct packing *p, struct vf_slice name)
{
    struct vf_stat st;
    struct vf_zip_entry *e = &p->entries[p->n];
    *e = (struct vf_zip_entry){.name = name};
    if (!vf_path_is_clean(name) || vf_path_is_abs(name) || vf_slice_starts(name, VF_S("..")))
        return not_one(p, "RECORD leads out of it");
    enum vf_status s = vf_tree_stat(p->tree, name, &st, p->err);
    if (s == VF_OK)
        s = each_piece(p, e, NULL);
    e->executable = s == VF_OK && (st.mode & 0111) != 0;
    p->n += s == VF_OK;
    return s;
}

static bool is_tools(struct vf_slice base)
{
    static const struct vf_slice names[] = {VF_S_INIT("INSTALLER"), VF_S_INIT("REQUESTED"),
                                            VF_S_INIT("direct_url.json"), VF_S_INIT("uv_cache.json"),
                                            VF_S_INIT("uv_build.json")};
    for (size_t i = 0; i < VF_COUNT(names); i++)
        if (vf_slice_eq(base, names[i]))
            return true;
    return false;
}

static enum vf_status measure_all(struct packing *p)
{
    struct vf_slice bytes, own = vf_path_join(&p->a, p->info, VF_S("RECORD"));
    struct vf_record record;
    enum vf_status st = own.p ? text(p, "RECORD", &bytes) : vf_err_nomem(p->err);
    if (st == VF_OK)
        st = vf_record_parse(&p->a, bytes, &record, p->err);
    if (st != VF_OK)
        return st;
    p->entries = vf_arena_array(&p->a, record.n + 2, sizeof *p->entries);
    if (!p->entries)
        return vf_err_nomem(p->err);
    for (size_t i = 0; i < record.n && st == VF_OK; i++) {
        struct vf_slice path = record.rows[i].path;
        bool theirs = vf_slice_eq(vf_path_dir(path), p->info) && is_tools(vf_path_base(path));
        if (!vf_slice_eq(path, own) && !theirs)
            st = measure(p, path);
    }
    return st == VF_OK ? measure(p, own) : st;
}

static enum vf_status sink(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    struct packing *p = ctx;
    return vf_create_write(&p->out, bytes, err);
}

static enum vf_status write_all(struct packing *p)
{
    struct vf_zip_writer *w = NULL;
    enum vf_status st = vf_zip_writer_new(sink, p, 0, &w, p->err);
    for (size_t i = 0; i < p->n && st == VF_OK; i++) {
        st = vf_zip_writer_member(w, &p->entries[i], p->err);
        if (st == VF_OK)
            st = each_piece(p, &p->entries[i], w);
    }
    if (st == VF_OK)
        st = vf_zip_writer_finish(w, p->err);
    vf_zip_writer_free(w);
    return st;
}

/* In a directory of its own, since two of one name may be there. */
static enum vf_status write_file(struct packing *p, struct vf_slice scratch, struct vf_slice sub,
                                 struct vf_slice *path)
{
    int root = vf_sys_open_path(scratch, O_RDONLY | O_DIRECTORY);
    if (root < 0)
        return vf_err_sys(p->err, errno, "open", scratch);
    struct vf_slice rel = vf_path_join(&p->a, sub, p->file_name);
    *path = rel.p ? vf_path_join(p->candidates->a, scratch, rel) : rel;
    enum vf_status st = path->p ? vf_create_dir(root, sub, p->err) : vf_err_nomem(p->err);
    if (st == VF_OK)
        st = vf_create_file(root, rel, false, &p->out, p->err);
    if (st == VF_OK) {
        st = write_all(p);
        st = vf_create_close(&p->out, st, p->err);
    }
    (void)close(root);
    return st;
}

static enum vf_status pack(struct vf_candidates *s, struct vf_slice dir, struct vf_slice info,
                           struct vf_slice id, struct vf_slice scratch, enum vf_origin origin,
                           struct vf_err *err)
{
    struct packing p = {.candidates = s, .dir = dir, .info = info, .err = err};
    struct vf_slice path = {NULL, 0};
    vf_arena_init(&p.a);
    struct vf_slice sub = vf_arena_concat(&p.a, VF_S("unpacked-"), id, VF_S(""));
    enum vf_status st = sub.p ? vf_tree_dir_open(dir, &p.tree, err) : vf_err_nomem(err);
    if (st == VF_OK)
        st = name_it(&p);
    if (st == VF_OK)
        st = measure_all(&p);
    if (st == VF_OK)
        st = write_file(&p, scratch, sub, &path);
    if (st == VF_OK) {
        struct vf_candidate_wheel w = {
            .path = path, .file_name = vf_path_base(path), .origin = origin, .unhashed = true};
        st = vf_candidates_add(s, &w, NULL, err);
    }
    vf_tree_free(p.tree);
    vf_arena_release(&p.a);
    return st;
}

static bool wanted(struct vf_candidates *s, struct vf_slice info, const struct vf_map *names)
{
    size_t i;
    struct vf_info_name n = vf_info_name_parse(info);
    struct vf_slice canonical = names ? vf_name_canonical(s->a, n.name) : n.name;
    return n.kind == VF_INFO_DIST_INFO && n.name.n && (!names || vf_map_get(names, canonical, &i));
}

static enum vf_status one_archive(struct vf_candidates *s, struct vf_slice store, struct vf_slice id,
                                  const struct vf_map *names, struct vf_slice scratch, enum vf_origin origin,
                                  struct vf_err *err)
{
    struct vf_slice dir = vf_path_join(s->a, store, id), *in = NULL, info = {NULL, 0};
    size_t n = 0;
    if (!dir.p)
        return vf_err_nomem(err);
    (void)vf_host_list(s->host, dir, s->a, &in, &n);
    for (size_t i = 0; i < n; i++)
        if (vf_slice_ends(in[i], VF_S(".dist-info")))
            info = in[i];
    if (!info.p || !wanted(s, info, names))
        return VF_OK;
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = pack(s, dir, info, id, scratch, origin, &why);
    bool passed_over = st == VF_BAD_ARCHIVE || st == VF_NOT_FOUND || st == VF_UNREADABLE ||
                       st == VF_NOT_SUPPORTED || st == VF_MALFORMED || st == VF_LIMIT;
    if (st != VF_OK && !passed_over)
        st = vf_err_set(err, why.code, why.sys, why.op, id, "%s", why.detail);
    vf_err_release(&why);
    return passed_over ? VF_OK : st;
}

enum vf_status vf_unpacked_add_uv(struct vf_candidates *s, struct vf_slice cache, const struct vf_map *names,
                                  struct vf_slice scratch, enum vf_origin origin, struct vf_err *err)
{
    struct vf_slice *stores = NULL, *ids = NULL;
    size_t n = 0, k = 0;
    enum vf_status st = VF_OK;
    (void)vf_host_list(s->host, cache, s->a, &stores, &n);
    for (size_t i = 0; i < n && st == VF_OK; i++) {
        if (!vf_slice_starts(stores[i], VF_S("archive-v")))
            continue;
        struct vf_slice store = vf_path_join(s->a, cache, stores[i]);
        k = 0;
        if (!store.p)
            return vf_err_nomem(err);
        (void)vf_host_list(s->host, store, s->a, &ids, &k);
        for (size_t j = 0; j < k && st == VF_OK; j++)
            st = one_archive(s, store, ids[j], names, scratch, origin, err);
    }
    return st;
}
