/* zip.c: opening a zip file: its end, its central directory, and what a member may be. */
#include "archive/zip.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/zip_format.h"
#include "base/escape.h"

#define GIB (UINT64_C(1) << 30)

struct end { /* what the end of the file says */
    uint64_t entries, size, at;
    uint64_t limit; /* where the directory has to end */
};

struct opening {
    struct vf_zip *z;
    struct vf_zip_limits limits;
    struct vf_zip_location *places;
    struct vf_map folded; /* names in lower case, when asked for */
    struct vf_err *err;
};

static enum vf_status bad(const struct opening *o, const char *why)
{
    return vf_err_set(o->err, VF_BAD_ARCHIVE, 0, "read", o->z->source.label, "%s", why);
}

static enum vf_status bad_member(const struct opening *o, struct vf_slice name, const char *why)
{
    return vf_zip_refuse(&o->z->source, VF_BAD_ARCHIVE, name, why, o->err);
}

/* --- the end of the file --- */

/* Where the end record stands: its comment has to reach the end of the file, and only one may. */
static enum vf_status find_end(const struct opening *o, uint64_t *at, char record[ZIP_END_SIZE])
{
    const struct vf_zip_source *s = &o->z->source;
    size_t n = (size_t)(s->size < ZIP_END_SIZE + ZIP_16_FULL ? s->size : ZIP_END_SIZE + ZIP_16_FULL);
    size_t found = 0;
    if (n < ZIP_END_SIZE)
        return bad(o, "not a zip file");
    char *tail = malloc(n);
    if (!tail)
        return vf_err_nomem(o->err);
    enum vf_status st = vf_zip_pread(s, s->size - n, tail, n, o->err);
    for (size_t i = 0; st == VF_OK && i <= n - ZIP_END_SIZE; i++) {
        if (tail[i] != 'P' || zip_get32(tail + i) != ZIP_END ||
            i + ZIP_END_SIZE + zip_get16(tail + i + 20) != n)
            continue;
        found++;
        *at = s->size - n + i;
        memcpy(record, tail + i, ZIP_END_SIZE);
    }
    free(tail);
    if (st != VF_OK)
        return st;
    return found == 1 ? VF_OK
           : found    ? bad(o, "the zip file has two ends")
                      : bad(o, "not a zip file, cut short, or with bytes behind its end");
}

/* A number of the end record and its zip64 form have to agree. */
static bool widen(uint64_t *narrow, uint64_t full, uint64_t wide)
{
    bool ok = *narrow == full || *narrow == wide;
    *narrow = wide;
    return ok;
}

static enum vf_status read_end64(const struct opening *o, uint64_t end_at, struct end *e, bool *is64)
{
    char locator[ZIP_LOCATOR64_SIZE], r[ZIP_END64_SIZE];
    const struct vf_zip_source *s = &o->z->source;
    *is64 = false;
    if (end_at < sizeof locator)
        return VF_OK;
    enum vf_status st = vf_zip_pread(s, end_at - sizeof locator, locator, sizeof locator, o->err);
    if (st != VF_OK || zip_get32(locator) != ZIP_LOCATOR64)
        return st;
    *is64 = true;
    uint64_t at = zip_get64(locator + 8);
    if (zip_get32(locator + 4) != 0 || zip_get32(locator + 16) > 1)
        return vf_err_set(o->err, VF_NOT_SUPPORTED, 0, "read", s->label, "a zip file in several parts");
    if (at > end_at || end_at - at != sizeof locator + sizeof r)
        return bad(o, "the zip64 end is not where it should be");
    st = vf_zip_pread(s, at, r, sizeof r, o->err);
    if (st != VF_OK)
        return st;
    if (zip_get32(r) != ZIP_END64 || zip_get64(r + 4) != sizeof r - 12 || zip_get32(r + 16) != 0 ||
        zip_get32(r + 20) != 0 || zip_get64(r + 24) != zip_get64(r + 32))
        return bad(o, "a zip64 end that makes no sense");
    e->limit = at;
    if (!widen(&e->entries, ZIP_16_FULL, zip_get64(r + 32)) ||
        !widen(&e->size, ZIP_32_FULL, zip_get64(r + 40)) || !widen(&e->at, ZIP_32_FULL, zip_get64(r + 48)))
        return bad(o, "the two ends of the zip file say different things");
    return VF_OK;
}

static enum vf_status read_end(const struct opening *o, struct end *e)
{
    char r[ZIP_END_SIZE] = {0};
    bool is64;
    enum vf_status st = find_end(o, &e->limit, r);
    if (st != VF_OK)
        return st;
    uint64_t end_at = e->limit;
    if (zip_get16(r + 4) != 0 || zip_get16(r + 6) != 0 || zip_get16(r + 8) != zip_get16(r + 10))
        return vf_err_set(o->err, VF_NOT_SUPPORTED, 0, "read", o->z->source.label,
                          "a zip file in several parts");
    e->entries = zip_get16(r + 10);
    e->size = zip_get32(r + 12);
    e->at = zip_get32(r + 16);
    st = read_end64(o, end_at, e, &is64);
    if (st != VF_OK)
        return st;
    if (e->at > e->limit || e->size != e->limit - e->at)
        return bad(o, "the zip file's directory is not where it should be, or bytes stand before it");
    if (e->entries > o->limits.members || e->size > VF_ZIP_DIRECTORY_MAX ||
        e->entries > e->size / ZIP_CENTRAL_SIZE)
        return bad(o, "more members than the zip file can have, or than are allowed");
    return VF_OK;
}

/* --- one entry of the directory --- */

/* Finds an extra field; false when the fields are not well formed. */
static bool find_extra(struct vf_slice extra, uint32_t id, struct vf_slice *out)
{
    *out = (struct vf_slice){NULL, 0};
    while (extra.n > 0) {
        if (extra.n < 4 || zip_get16(extra.p + 2) > extra.n - 4)
            return false;
        size_t n = zip_get16(extra.p + 2);
        if (zip_get16(extra.p) == id) {
            if (out->p)
                return false; /* twice */
            *out = vf_slice_sub(extra, 4, 4 + n);
        }
        extra = vf_slice_from(extra, 4 + n);
    }
    return true;
}

static bool take64(struct vf_slice *extra, uint64_t *value)
{
    if (*value != ZIP_32_FULL)
        return true;
    if (extra->n < 8)
        return false;
    *value = zip_get64(extra->p);
    *extra = vf_slice_from(*extra, 8);
    return true;
}

static enum vf_status read_extra(const struct opening *o, struct vf_slice name, struct vf_slice extra,
                                 struct vf_zip_member *m, uint64_t *at)
{
    struct vf_slice wide, path;
    if (!find_extra(extra, ZIP_EXTRA_64, &wide) || !find_extra(extra, ZIP_EXTRA_UNICODE_PATH, &path))
        return bad_member(o, name, "extra fields that are not well formed");
    if (!take64(&wide, &m->size) || !take64(&wide, &m->packed) || !take64(&wide, at))
        return bad_member(o, name, "a zip64 field that is too short");
    if (path.p && !vf_slice_eq(vf_slice_from(path, 5), name))
        return bad_member(o, name, "two names");
    return VF_OK;
}

static enum vf_status check_kind(const struct opening *o, struct vf_slice name, struct vf_zip_member *m)
{
    uint32_t kind = m->mode & S_IFMT;
    if (kind == S_IFLNK)
        return bad_member(o, name, "a symbolic link");
    if (kind != 0 && kind != S_IFREG && kind != S_IFDIR)
        return bad_member(o, name, "neither a file nor a directory");
    if ((kind == S_IFDIR && !m->is_dir) || (kind == S_IFREG && m->is_dir))
        return bad_member(o, name, "its name and its mode disagree on whether it is a directory");
    if (m->is_dir && m->size != 0)
        return bad_member(o, name, "a directory with contents");
    return VF_OK;
}

static enum vf_status check_name(const struct opening *o, struct vf_slice name, uint32_t flags)
{
    const char *flaw = vf_zip_name_flaw(name);
    bool ascii = true;
    if (flaw)
        return bad_member(o, name, flaw);
    for (size_t i = 0; i < name.n && ascii; i++)
        ascii = !(name.p[i] & 0x80);
    if (!ascii && !(flags & ZIP_FLAG_UTF8))
        return bad_member(o, name, "a name in an encoding that is not stated");
    if (!vf_utf8_valid(name))
        return bad_member(o, name, "a name that is no UTF-8");
    return VF_OK;
}

static enum vf_status check_size(const struct opening *o, struct vf_slice name, const struct vf_zip_member *m)
{
    struct vf_zip *z = o->z;
    if (!m->deflated && m->size != m->packed)
        return bad_member(o, name, "a stored member with two sizes");
    if (m->size > o->limits.member_bytes)
        return bad_member(o, name, "larger than is allowed");
    z->total += m->size;
    if (z->total > o->limits.total_bytes)
        return bad(o, "unpacked it would be larger than is allowed");
    if (z->total > (16u << 20) && (z->total - (16u << 20)) / o->limits.ratio > z->source.size)
        return bad(o, "unpacked it would be much larger than any honest file of this size");
    return VF_OK;
}

static enum vf_status remember(struct opening *o, struct vf_map *map, struct vf_slice name, size_t i)
{
    size_t before;
    if (vf_map_get(map, name, &before))
        return bad_member(o, name, "two members have this name");
    return vf_map_put(map, name, i) ? VF_OK : vf_err_nomem(o->err);
}

static enum vf_status add_name(struct opening *o, size_t i)
{
    struct vf_slice name = o->z->members[i].name;
    enum vf_status st = remember(o, &o->z->by_name, name, i);
    if (st != VF_OK || !o->limits.fold_case)
        return st;
    char *low = vf_arena_cstr(&o->z->arena, name);
    if (!low)
        return vf_err_nomem(o->err);
    for (size_t k = 0; k < name.n; k++)
        if (low[k] >= 'A' && low[k] <= 'Z')
            low[k] = (char)(low[k] | 32);
    return remember(o, &o->folded, (struct vf_slice){low, name.n}, i);
}

/* The entry at the start of `rest`, which it leaves behind. */
static enum vf_status read_entry(struct opening *o, size_t i, struct vf_slice *rest)
{
    const char *p = rest->p;
    if (rest->n < ZIP_CENTRAL_SIZE || zip_get32(p) != ZIP_CENTRAL)
        return bad(o, "its directory is damaged");
    size_t n_name = zip_get16(p + 28), n_extra = zip_get16(p + 30), n_comment = zip_get16(p + 32);
    if (n_name + n_extra + n_comment > rest->n - ZIP_CENTRAL_SIZE)
        return bad(o, "its directory is damaged");
    struct vf_slice name = vf_slice_sub(*rest, ZIP_CENTRAL_SIZE, ZIP_CENTRAL_SIZE + n_name);
    struct vf_slice extra = {name.p + n_name, n_extra};
    struct vf_zip_member *m = &o->z->members[i];
    struct vf_zip_location *at = &o->places[i];
    *m = (struct vf_zip_member){.name = name,
                                .size = zip_get32(p + 24),
                                .packed = zip_get32(p + 20),
                                .crc = zip_get32(p + 16),
                                .mode = zip_get16(p + 40)};
    *at = (struct vf_zip_location){zip_get32(p + 42), i, zip_get16(p + 8), zip_get16(p + 10), name};
    enum vf_status st = check_name(o, name, at->flags);
    if (st == VF_OK && ((at->flags & (ZIP_FLAGS_SECRET | ZIP_FLAG_PATCHED)) || zip_get16(p + 34) != 0 ||
                        (at->method != ZIP_STORED && at->method != ZIP_DEFLATED)))
        st = vf_zip_refuse(&o->z->source, VF_NOT_SUPPORTED, name,
                           "encrypted, in several parts, or packed in another way than wheels are", o->err);
    if (st == VF_OK)
        st = read_extra(o, name, extra, m, &at->at);
    if (st != VF_OK)
        return st;
    m->deflated = at->method == ZIP_DEFLATED;
    m->is_dir = name.p[name.n - 1] == '/';
    m->name.n -= m->is_dir ? 1 : 0;
    st = check_kind(o, name, m);
    if (st == VF_OK)
        st = check_size(o, name, m);
    if (st == VF_OK)
        st = add_name(o, i);
    *rest = vf_slice_from(*rest, ZIP_CENTRAL_SIZE + n_name + n_extra + n_comment);
    return st;
}

/* A file that another member takes for a directory. */
static enum vf_status check_parents(const struct opening *o)
{
    const struct vf_zip *z = o->z;
    struct vf_slice last = {NULL, 0};
    for (size_t i = 0; i < z->n; i++) {
        struct vf_slice name = z->members[i].name;
        size_t cut = vf_slice_rfind_byte(name, '/'), other;
        if (cut == VF_NPOS || vf_slice_eq(vf_slice_sub(name, 0, cut), last))
            continue;
        last = vf_slice_sub(name, 0, cut);
        for (struct vf_slice dir = last; cut != VF_NPOS; cut = vf_slice_rfind_byte(dir, '/')) {
            dir = vf_slice_sub(dir, 0, cut);
            if (vf_map_get(&z->by_name, dir, &other) && !z->members[other].is_dir)
                return bad_member(o, name, "it is inside what another member says is a file");
        }
    }
    return VF_OK;
}

static enum vf_status read_directory(struct opening *o, const struct end *e)
{
    struct vf_zip *z = o->z;
    char *bytes = vf_arena_alloc(&z->arena, (size_t)e->size + 1);
    z->members = vf_arena_array(&z->arena, (size_t)e->entries + 1, sizeof *z->members);
    o->places = calloc((size_t)e->entries + 1, sizeof *o->places);
    if (!bytes || !z->members || !o->places)
        return vf_err_nomem(o->err);
    struct vf_slice rest = {bytes, (size_t)e->size};
    enum vf_status st = vf_zip_pread(&z->source, e->at, bytes, rest.n, o->err);
    for (; z->n < e->entries && st == VF_OK; z->n++)
        st = read_entry(o, z->n, &rest);
    if (st == VF_OK && rest.n > 0)
        st = bad(o, "its directory has more entries than it says");
    if (st == VF_OK)
        st = check_parents(o);
    if (st == VF_OK)
        st = vf_zip_check_locals(z, o->places, e->at, o->err);
    return st;
}

static struct vf_zip_limits with_defaults(const struct vf_zip_limits *given)
{
    struct vf_zip_limits l = given ? *given : (struct vf_zip_limits){0};
    l.members = l.members && l.members < VF_ZIP_MEMBERS_MAX ? l.members : VF_ZIP_MEMBERS_MAX;
    l.member_bytes = l.member_bytes ? l.member_bytes : 8 * GIB;
    l.total_bytes = l.total_bytes ? l.total_bytes : 32 * GIB;
    l.ratio = l.ratio ? l.ratio : 200;
    return l;
}

enum vf_status vf_zip_open(const struct vf_zip_source *source, const struct vf_zip_limits *limits,
                           struct vf_zip **out, struct vf_err *err)
{
    struct end e = {0};
    *out = NULL;
    struct vf_zip *z = calloc(1, sizeof *z);
    if (!z)
        return vf_err_nomem(err);
    vf_arena_init(&z->arena);
    z->source = *source;
    z->source.label = vf_arena_dup(&z->arena, source->label);
    if (source->fd < 0)
        z->source.size = source->bytes.n;
    vf_map_init(&z->by_name, &z->arena);
    struct opening o = {.z = z, .limits = with_defaults(limits), .err = err};
    vf_map_init(&o.folded, &z->arena);
    enum vf_status st = z->source.label.p ? read_end(&o, &e) : vf_err_nomem(err);
    if (st == VF_OK)
        st = read_directory(&o, &e);
    free(o.places);
    if (st == VF_OK)
        *out = z;
    else
        vf_zip_free(z);
    return st;
}

void vf_zip_free(struct vf_zip *z)
{
    if (!z)
        return;
    vf_arena_release(&z->arena);
    free(z);
}

size_t vf_zip_find(const struct vf_zip *z, struct vf_slice name)
{
    size_t i;
    return vf_map_get(&z->by_name, name, &i) ? i : VF_NPOS;
}

bool vf_zip_executable(const struct vf_zip_member *m)
{
    return (m->mode & S_IFMT) == S_IFREG && (m->mode & 0111) != 0;
}
