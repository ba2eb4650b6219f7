/* zip_write.c: a writer of stored members whose bytes are the same everywhere (docs/formats.md 7.2). */
#include <stdlib.h>
#include <sys/stat.h>

#include "archive/zip_format.h"
#include "base/escape.h"

struct written {
    struct vf_zip_entry entry;
    uint64_t at;
};

struct vf_zip_writer {
    struct vf_arena arena;
    vf_zip_sink sink;
    void *ctx;
    struct vf_vec done; /* struct written */
    struct vf_map names;
    uint64_t offset;
    uint64_t size; /* of the member being written, so far */
    uint32_t crc;
    uint32_t time, date;
    bool trust;
};

static void put16(struct vf_buf *b, uint64_t v)
{
    vf_buf_putc(b, (char)(v & 0xff));
    vf_buf_putc(b, (char)(v >> 8 & 0xff));
}

static void put32(struct vf_buf *b, uint64_t v)
{
    put16(b, v & 0xffff);
    put16(b, v >> 16 & 0xffff);
}

static void put64(struct vf_buf *b, uint64_t v)
{
    put32(b, v & ZIP_32_FULL);
    put32(b, v >> 32);
}

static uint64_t narrow(uint64_t v)
{
    return v < ZIP_32_FULL ? v : ZIP_32_FULL;
}

/* Year, month and day of a day since 1970-01-01, by counting in years that begin in March. */
static void civil(int64_t day, int64_t *year, int64_t *month, int64_t *mday)
{
    int64_t shifted = day + 719468, era = shifted / 146097, doe = shifted % 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *mday = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}

static void set_time(struct vf_zip_writer *w, int64_t epoch)
{
    const int64_t first = 315532800, last = 4354819198; /* 1980-01-01 00:00:00, 2107-12-31 23:59:58 */
    int64_t t = epoch < first ? first : epoch > last ? last : epoch, year, month, mday;
    int64_t s = t % 86400;
    civil(t / 86400, &year, &month, &mday);
    w->date = (uint32_t)((year - 1980) << 9 | month << 5 | mday);
    w->time = (uint32_t)((s / 3600) << 11 | (s / 60 % 60) << 5 | s % 60 / 2);
}

enum vf_status vf_zip_writer_new(vf_zip_sink sink, void *ctx, int64_t epoch, struct vf_zip_writer **out,
                                 struct vf_err *err)
{
    struct vf_zip_writer *w = *out = calloc(1, sizeof *w);
    if (!w)
        return vf_err_nomem(err);
    vf_arena_init(&w->arena);
    vf_map_init(&w->names, &w->arena);
    w->sink = sink;
    w->ctx = ctx;
    set_time(w, epoch);
    return VF_OK;
}

void vf_zip_writer_free(struct vf_zip_writer *w)
{
    if (!w)
        return;
    vf_arena_release(&w->arena);
    free(w);
}

uint64_t vf_zip_writer_offset(const struct vf_zip_writer *w)
{
    return w->offset;
}

static enum vf_status flush(struct vf_zip_writer *w, struct vf_buf *b, struct vf_err *err)
{
    enum vf_status st = b->failed ? vf_err_nomem(err) : w->sink(w->ctx, vf_buf_slice(b), err);
    w->offset += b->n;
    vf_buf_clear(b);
    return st;
}

static bool is_ascii(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] & 0x80)
            return false;
    return true;
}

/* What local header and directory have in common: version needed to checksum and sizes, lengths of name and
 * extra field. `wide`: sizes stand in the extra field. */
static void put_common(const struct vf_zip_writer *w, struct vf_buf *b, const struct vf_zip_entry *e,
                       unsigned version, bool wide, size_t extra)
{
    put16(b, version);
    put16(b, is_ascii(e->name) ? 0 : ZIP_FLAG_UTF8);
    put16(b, ZIP_STORED);
    put16(b, w->time);
    put16(b, w->date);
    put32(b, e->crc);
    put32(b, wide ? ZIP_32_FULL : e->size);
    put32(b, wide ? ZIP_32_FULL : e->size);
    put16(b, e->name.n);
    put16(b, extra);
}

static void put_local(const struct vf_zip_writer *w, struct vf_buf *b, const struct vf_zip_entry *e)
{
    bool wide = e->size >= ZIP_32_FULL;
    put32(b, ZIP_LOCAL);
    put_common(w, b, e, wide ? 45 : 20, wide, wide ? 20 : 0);
    vf_buf_put(b, e->name);
    if (wide) {
        put16(b, ZIP_EXTRA_64);
        put16(b, 16);
        put64(b, e->size);
        put64(b, e->size);
    }
}

static void put_central(const struct vf_zip_writer *w, struct vf_buf *b, const struct written *d)
{
    const struct vf_zip_entry *e = &d->entry;
    bool wide = e->size >= ZIP_32_FULL, far = d->at >= ZIP_32_FULL;
    size_t extra = (wide ? 16u : 0u) + (far ? 8u : 0u);
    unsigned version = wide || far ? 45 : 20;
    put32(b, ZIP_CENTRAL);
    put16(b, 3u << 8 | version); /* made by: Unix */
    put_common(w, b, e, version, wide, extra ? extra + 4 : 0);
    put16(b, 0); /* comment */
    put16(b, 0); /* disk */
    put16(b, 0); /* internal attributes */
    put32(b, (uint64_t)(S_IFREG | (e->executable ? 0755u : 0644u)) << 16);
    put32(b, narrow(d->at));
    vf_buf_put(b, e->name);
    if (!extra)
        return;
    put16(b, ZIP_EXTRA_64);
    put16(b, extra);
    if (wide) {
        put64(b, e->size);
        put64(b, e->size);
    }
    if (far)
        put64(b, d->at);
}

/* Has the last member all its bytes, and those that were announced? */
static enum vf_status complete(const struct vf_zip_writer *w, struct vf_err *err)
{
    if (w->done.n == 0)
        return VF_OK;
    const struct vf_zip_entry *e = &VF_VEC_AT(struct written, &w->done, w->done.n - 1)->entry;
    if (w->size == e->size && (w->trust || w->crc == e->crc))
        return VF_OK;
    return vf_err_set(err, VF_CHANGED, 0, "write", e->name, "the file changed while it was packed");
}

void vf_zip_writer_trust(struct vf_zip_writer *w)
{
    w->trust = true;
}

enum vf_status vf_zip_writer_member(struct vf_zip_writer *w, const struct vf_zip_entry *entry,
                                    struct vf_err *err)
{
    const char *flaw = vf_zip_name_flaw(entry->name);
    size_t before;
    enum vf_status st = complete(w, err);
    if (st != VF_OK)
        return st;
    if (flaw || entry->name.p[entry->name.n - 1] == '/')
        return vf_err_set(err, VF_USAGE, 0, "write", entry->name, "no member of a zip file may have %s",
                          flaw ? flaw : "a slash at its end");
    if (!vf_utf8_valid(entry->name))
        return vf_err_set(err, VF_UNWRITABLE, 0, "write", entry->name,
                          "the name is no UTF-8, which a wheel cannot hold");
    if (vf_map_get(&w->names, entry->name, &before))
        return vf_err_set(err, VF_EXISTS, 0, "write", entry->name, "two members would have this name");
    struct written *d = vf_vec_push(&w->arena, &w->done, sizeof *d);
    struct vf_slice name = vf_arena_dup(&w->arena, entry->name);
    if (!d || !name.p || !vf_map_put(&w->names, name, w->done.n))
        return vf_err_nomem(err);
    *d = (struct written){*entry, w->offset};
    d->entry.name = name;
    w->size = 0;
    w->crc = 0;
    struct vf_buf b = {0};
    put_local(w, &b, &d->entry);
    st = flush(w, &b, err);
    vf_buf_release(&b);
    return st;
}

enum vf_status vf_zip_writer_data(struct vf_zip_writer *w, struct vf_slice bytes, struct vf_err *err)
{
    const struct written *d = w->done.n ? VF_VEC_AT(struct written, &w->done, w->done.n - 1) : NULL;
    if (!d)
        return vf_err_set(err, VF_USAGE, 0, "write", (struct vf_slice){NULL, 0}, "no member was begun");
    if (bytes.n > d->entry.size - w->size)
        return vf_err_set(err, VF_CHANGED, 0, "write", d->entry.name, "the file grew while it was packed");
    w->size += bytes.n;
    w->offset += bytes.n;
    if (!w->trust)
        w->crc = vf_zip_crc(w->crc, bytes);
    return bytes.n > 0 ? w->sink(w->ctx, bytes, err) : VF_OK;
}

static void put_end(struct vf_buf *b, uint64_t n, uint64_t at, uint64_t end)
{
    if (n >= ZIP_16_FULL || at >= ZIP_32_FULL || end - at >= ZIP_32_FULL) {
        put32(b, ZIP_END64);
        put64(b, ZIP_END64_SIZE - 12);
        put16(b, 3u << 8 | 45);
        put16(b, 45);
        put32(b, 0);
        put32(b, 0);
        put64(b, n);
        put64(b, n);
        put64(b, end - at);
        put64(b, at);
        put32(b, ZIP_LOCATOR64);
        put32(b, 0);
        put64(b, end);
        put32(b, 1);
    }
    put32(b, ZIP_END);
    put32(b, 0); /* disks */
    put16(b, n < ZIP_16_FULL ? n : ZIP_16_FULL);
    put16(b, n < ZIP_16_FULL ? n : ZIP_16_FULL);
    put32(b, narrow(end - at));
    put32(b, narrow(at));
    put16(b, 0); /* comment */
}

enum vf_status vf_zip_writer_finish(struct vf_zip_writer *w, struct vf_err *err)
{
    struct vf_buf b = {0};
    uint64_t at = w->offset;
    enum vf_status st = complete(w, err);
    for (size_t i = 0; i < w->done.n && st == VF_OK; i++) {
        put_central(w, &b, VF_VEC_AT(struct written, &w->done, i));
        if (b.n > (64u << 10))
            st = flush(w, &b, err);
    }
    if (st == VF_OK) {
        put_end(&b, w->done.n, at, w->offset + b.n);
        st = flush(w, &b, err);
    }
    vf_buf_release(&b);
    return st;
}

uint64_t vf_zip_size(const struct vf_zip_entry *entries, size_t n)
{
    uint64_t at = 0, directory = 0;
    for (size_t i = 0; i < n; i++) {
        bool wide = entries[i].size >= ZIP_32_FULL, far = at >= ZIP_32_FULL;
        uint64_t extra = (wide ? 16u : 0u) + (far ? 8u : 0u);
        at += ZIP_LOCAL_SIZE + entries[i].name.n + (wide ? 20u : 0u) + entries[i].size;
        directory += ZIP_CENTRAL_SIZE + entries[i].name.n + (extra ? extra + 4 : 0);
    }
    bool end64 = n >= ZIP_16_FULL || at >= ZIP_32_FULL || directory >= ZIP_32_FULL;
    return at + directory + ZIP_END_SIZE + (end64 ? ZIP_END64_SIZE + ZIP_LOCATOR64_SIZE : 0u);
}
