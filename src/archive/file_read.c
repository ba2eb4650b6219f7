/* file_read.c: libarchive reads the members, in one pass.
 *
 * Bytes of a plain tar stay where they are: behind the header, libarchive says where it stands, and goes over
 * them by seeking. Everything else (packed, sparse, zip) is written one after another into a file without a
 * name. A packed tar is unpacked ahead of the members, by a thread (tar_stream.c). */
#include "archive/file_read.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/file_put.h"
#include "archive/lazy.h"
#include "archive/tar_read.h"
#include "archive/zip_format.h"
#include "fs/spool.h"

enum { BLOCK = 16 << 10, BUFFER = 256 << 10, RATIO = 1000, ZERO_BLOCK = 512 };

struct reading {
    struct vf_file_tree *t;
    const struct vf_file_read *p;
    enum vf_archive_kind kind;
    struct archive *a;
    struct vf_tar_stream *stream; /* PACKED */
    uint64_t pos;                 /* else: where the next block is read */
    char *block;
    struct vf_spool *spool; /* NULL: not yet needed */
    uint8_t own, spooled;   /* stores: the archive, the spool */
    uint64_t spool_size;
    struct vf_buf buffer;  /* not yet in the spool */
    uint64_t zeros;        /* at the end of what was read of the stream */
    enum vf_status failed; /* of reading the file */
    struct vf_err *err;    /* of the running call */
};

static void count_zeros(struct reading *r, struct vf_slice bytes)
{
    size_t n = 0;
    while (n < bytes.n && bytes.p[bytes.n - 1 - n] == 0)
        n++;
    r->zeros = n == bytes.n ? r->zeros + n : n;
}

/* --- what libarchive asks --- */

static la_ssize_t on_packed(struct archive *a, void *ctx, const void **bytes)
{
    struct reading *r = ctx;
    struct vf_slice got = {NULL, 0};
    (void)a;
    r->failed = vf_tar_stream_some(r->stream, BUFFER, &got, r->err);
    *bytes = got.p;
    count_zeros(r, got);
    return r->failed == VF_OK ? (la_ssize_t)got.n : -1;
}

static la_ssize_t on_read(struct archive *a, void *ctx, const void **bytes)
{
    struct reading *r = ctx;
    uint64_t left = r->pos < r->p->source.size ? r->p->source.size - r->pos : 0;
    size_t n = left < BLOCK ? (size_t)left : BLOCK;
    (void)a;
    if (n > 0)
        r->failed = vf_zip_pread(&r->p->source, r->pos, r->block, n, r->err);
    if (r->failed != VF_OK)
        return -1;
    r->pos += n;
    *bytes = r->block;
    return (la_ssize_t)n;
}

static la_int64_t on_seek(struct archive *a, void *ctx, la_int64_t offset, int whence)
{
    struct reading *r = ctx;
    uint64_t from = whence == SEEK_END ? r->p->source.size : whence == SEEK_CUR ? r->pos : 0;
    (void)a;
    if (offset < 0 ? (uint64_t)-offset > from : (uint64_t)offset > INT64_MAX - from)
        return ARCHIVE_FATAL;
    r->pos = offset < 0 ? from - (uint64_t)-offset : from + (uint64_t)offset;
    return (la_int64_t)r->pos;
}

/* Behind the end nothing is gone over: then the archive is cut short, and reading says so. */
static la_int64_t on_skip(struct archive *a, void *ctx, la_int64_t n)
{
    struct reading *r = ctx;
    (void)a;
    uint64_t left = r->pos < r->p->source.size ? r->p->source.size - r->pos : 0;
    uint64_t skip = n > 0 && (uint64_t)n < left ? (uint64_t)n : left;
    r->pos += skip;
    return (la_int64_t)skip;
}

static enum vf_status failure(const struct reading *r, struct vf_err *err)
{
    const char *why = archive_error_string(r->a);
    if (r->failed != VF_OK)
        return r->failed;
    if (archive_errno(r->a) == ENOMEM)
        return vf_err_nomem(err);
    return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", r->p->source.label, "it cannot be read: %s",
                      why ? why : "no reason given");
}

/* --- opening --- */

static bool tar_has_checksum(const char head[512])
{
    unsigned sum = 0, said = 0;
    for (int i = 0; i < 512; i++)
        sum += i >= 148 && i < 156 ? ' ' : (unsigned char)head[i];
    int i = 148;
    while (i < 154 && head[i] == ' ')
        i++;
    for (; i < 156 && head[i] >= '0' && head[i] <= '7'; i++)
        said = said * 8 + (unsigned)(head[i] - '0');
    return said == sum && head[0] != 0;
}

enum vf_archive_kind vf_archive_kind_of(const struct vf_zip_source *source)
{
    static const struct vf_slice packed[] = {VF_S_INIT("\x28\xb5\x2f\xfd"), VF_S_INIT("\x1f\x8b"),
                                             VF_S_INIT("\xfd"
                                                       "7zXZ"),
                                             VF_S_INIT("BZh")};
    char head[512];
    struct vf_slice bytes = {head, vf_zip_source_head(source, head, sizeof head)};
    if (vf_slice_starts(bytes, VF_S("PK\3\4")) || vf_slice_starts(bytes, VF_S("PK\5\6")))
        return VF_ARCHIVE_ZIP;
    for (size_t i = 0; i < VF_COUNT(packed); i++)
        if (vf_slice_starts(bytes, packed[i]))
            return VF_ARCHIVE_PACKED;
    return bytes.n == sizeof head && tar_has_checksum(head) ? VF_ARCHIVE_TAR : VF_ARCHIVE_NONE;
}

static enum vf_status open_stream(struct reading *r, struct vf_err *err)
{
    struct vf_unpack_limits limits = {.ratio = RATIO, .total_bytes = VF_FILE_TREE_BYTES, .of_anybody = true};
    enum vf_status st = vf_tar_stream_open(&r->p->source, &limits, NULL, &r->stream, err);
    if (st != VF_OK)
        return st;
    return archive_read_set_read_callback(r->a, on_packed) == ARCHIVE_OK ? VF_OK : vf_err_nomem(err);
}

static enum vf_status open_file(struct reading *r, struct vf_err *err)
{
    r->block = malloc(BLOCK);
    bool ok = r->block && archive_read_set_read_callback(r->a, on_read) == ARCHIVE_OK &&
              archive_read_set_skip_callback(r->a, on_skip) == ARCHIVE_OK &&
              archive_read_set_seek_callback(r->a, on_seek) == ARCHIVE_OK;
    return ok ? VF_OK : vf_err_nomem(err);
}

static enum vf_status open_archive(struct reading *r, struct vf_err *err)
{
    r->kind = vf_archive_kind_of(&r->p->source);
    if (r->kind == VF_ARCHIVE_NONE)
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", r->p->source.label, "it is no tar and no zip file");
    r->a = archive_read_new();
    if (!r->a)
        return vf_archive_not_made("read", r->p->source.label, err);
    int known = r->kind == VF_ARCHIVE_ZIP ? archive_read_support_format_zip_seekable(r->a)
                                          : archive_read_support_format_tar(r->a);
    if (known != ARCHIVE_OK)
        return vf_err_set(err, VF_NOT_SUPPORTED, 0, "read", r->p->source.label,
                          "libarchive of this host does not read this kind of archive");
    enum vf_status st = r->kind == VF_ARCHIVE_PACKED ? open_stream(r, err) : open_file(r, err);
    if (st != VF_OK)
        return st;
    if (archive_read_set_callback_data(r->a, r) != ARCHIVE_OK)
        return vf_err_nomem(err);
    return archive_read_open1(r->a) == ARCHIVE_OK ? VF_OK : failure(r, err);
}

/* --- contents --- */

static enum vf_status new_spool(struct reading *r, struct vf_err *err)
{
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = r->p->scratch >= 0 ? vf_spool_new(r->p->scratch, &r->spool, &why) : VF_NOT_FOUND;
    int fd = st == VF_OK ? fcntl(vf_spool_fd(r->spool), F_DUPFD_CLOEXEC, 3) : -1;
    vf_err_release(&why);
    if (fd < 0)
        return vf_err_set(err, VF_NOT_WRITABLE, errno, "create", VF_S("a temporary file"),
                          "the contents of a packed archive need one: set TMPDIR to a directory that can be "
                          "written");
    return vf_file_tree_store(r->t, fd, true, &r->spooled, err);
}

static enum vf_status flush(struct reading *r, struct vf_err *err)
{
    enum vf_status st = r->buffer.n > 0 ? vf_spool_write(r->spool, vf_buf_slice(&r->buffer), err) : VF_OK;
    vf_buf_clear(&r->buffer);
    return st;
}

static enum vf_status put_bytes(struct reading *r, struct vf_slice bytes, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    bool large = bytes.n >= BUFFER / 2;
    r->spool_size += bytes.n;
    if (large || r->buffer.n + bytes.n > BUFFER)
        st = flush(r, err);
    if (st == VF_OK && large)
        return vf_spool_write(r->spool, bytes, err);
    vf_buf_put(&r->buffer, bytes);
    return r->buffer.failed ? vf_err_nomem(err) : st;
}

/* Holes are zeros, and cost no room. */
static enum vf_status put_hole(struct reading *r, uint64_t n, struct vf_err *err)
{
    static const char zeros[4096];
    enum vf_status st = VF_OK;
    if (n > sizeof zeros) {
        st = flush(r, err);
        if (st == VF_OK)
            st = vf_spool_skip(r->spool, n - sizeof zeros, err);
        r->spool_size += n - sizeof zeros;
        n = sizeof zeros;
    }
    return st == VF_OK ? put_bytes(r, (struct vf_slice){zeros, (size_t)n}, err) : st;
}

/* The next bytes of a member into the spool. *more false: that was the end. */
static enum vf_status spool_block(struct reading *r, uint64_t *done, uint64_t max, bool *more,
                                  struct vf_err *err)
{
    const void *block = NULL;
    size_t n = 0;
    la_int64_t offset = 0;
    r->err = err;
    int rc = archive_read_data_block(r->a, &block, &n, &offset);
    r->err = NULL;
    *more = rc == ARCHIVE_OK || rc == ARCHIVE_WARN;
    if (rc != ARCHIVE_EOF && !*more)
        return failure(r, err);
    uint64_t end = (uint64_t)offset + n;
    if (!*more || n == 0)
        return VF_OK;
    if (offset < 0 || (uint64_t)offset < *done || end > max)
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", r->p->source.label,
                          "a member has more bytes than it says");
    enum vf_status st = VF_OK;
    if ((uint64_t)offset > *done)
        st = put_hole(r, (uint64_t)offset - *done, err);
    *done = end;
    return st == VF_OK ? put_bytes(r, (struct vf_slice){block, n}, err) : st;
}

static enum vf_status spool_member(struct reading *r, struct vf_put *e, struct vf_err *err)
{
    uint64_t done = 0;
    bool more = true;
    enum vf_status st = r->spool ? VF_OK : new_spool(r, err);
    e->store = r->spooled;
    e->off = r->spool_size;
    while (st == VF_OK && more)
        st = vf_hooks_cancelled(r->p->hooks)
                 ? vf_err_set(err, VF_INTERRUPTED, 0, NULL, VF_S(""), "stopped on request")
                 : spool_block(r, &done, e->size, &more, err);
    if (st == VF_OK && done < e->size)
        st = put_hole(r, e->size - done, err);
    return st;
}

static enum vf_status take_contents(struct reading *r, struct archive_entry *entry, struct vf_put *e,
                                    struct vf_err *err)
{
    enum vf_status st = vf_file_tree_grow(r->t, e->size, r->p->source.label, err);
    if (st != VF_OK || e->size == 0)
        return st;
    if (r->kind != VF_ARCHIVE_TAR || archive_entry_sparse_count(entry) > 0)
        return spool_member(r, e, err);
    e->store = r->own;
    e->off = r->p->source.base + (uint64_t)archive_filter_bytes(r->a, 0);
    uint64_t end = r->p->source.base + r->p->source.size;
    if (e->off > end || e->size > end - e->off)
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", r->p->source.label, "it is cut short");
    return VF_OK;
}

/* --- members --- */

static enum vf_kind kind_of(struct archive_entry *e)
{
    switch (archive_entry_filetype(e)) {
    case AE_IFREG:
        return VF_KIND_FILE;
    case AE_IFDIR:
        return VF_KIND_DIR;
    case AE_IFLNK:
        return VF_KIND_LINK;
    case AE_IFIFO:
        return VF_KIND_FIFO;
    case AE_IFSOCK:
        return VF_KIND_SOCKET;
    default:
        return VF_KIND_DEVICE;
    }
}

/* `as the archive has it`: a zip may have no size in front of the bytes. */
static enum vf_status take_member(struct reading *r, struct archive_entry *entry, struct vf_err *err)
{
    const char *hard = archive_entry_hardlink(entry);
    la_int64_t size = archive_entry_size(entry);
    struct vf_put e = {.name = vf_slice_of(archive_entry_pathname(entry)),
                       .hard = vf_slice_of(hard),
                       .is_hard = hard != NULL,
                       .kind = hard ? VF_KIND_FILE : kind_of(entry),
                       .mode = (uint16_t)(archive_entry_perm(entry) & 07777),
                       .uid = (uint32_t)archive_entry_uid(entry),
                       .gid = (uint32_t)archive_entry_gid(entry),
                       .mtime_s = archive_entry_mtime(entry),
                       .mtime_ns = (uint32_t)archive_entry_mtime_nsec(entry),
                       .layer = r->p->layer,
                       .follow = r->p->follow || r->p->layer > 0};
    if (e.kind == VF_KIND_LINK)
        e.target = vf_slice_of(archive_entry_symlink(entry));
    e.size = e.kind == VF_KIND_FILE && !hard && size > 0 ? (uint64_t)size : 0;
    enum vf_status st = e.size > 0 ? take_contents(r, entry, &e, err) : VF_OK;
    return st == VF_OK ? vf_file_put(r->t, &e, err) : st;
}

static enum vf_status next_member(struct reading *r, bool *more, struct vf_err *err)
{
    struct archive_entry *entry = NULL;
    if (vf_hooks_cancelled(r->p->hooks))
        return vf_err_set(err, VF_INTERRUPTED, 0, NULL, VF_S(""), "stopped on request");
    r->err = err;
    int rc = archive_read_next_header(r->a, &entry);
    r->err = NULL;
    *more = rc == ARCHIVE_OK || rc == ARCHIVE_WARN;
    if (rc == ARCHIVE_EOF)
        return VF_OK;
    return *more ? take_member(r, entry, err) : failure(r, err);
}

/* What comes behind the last member is unpacked, too: an archive that is damaged there is damaged. */
static enum vf_status drain(struct reading *r, struct vf_err *err)
{
    struct vf_slice some = {NULL, 1};
    enum vf_status st = VF_OK;
    while (st == VF_OK && some.n > 0) {
        st = vf_tar_stream_some(r->stream, BUFFER, &some, err);
        count_zeros(r, some);
    }
    return st;
}

/* A tar ends with blocks of zeros (POSIX, pax): without, members may be missing. */
static enum vf_status look_at_end(struct reading *r, struct vf_err *err)
{
    char end[ZERO_BLOCK];
    const struct vf_zip_source *f = &r->p->source;
    enum vf_status st = VF_OK;
    if (r->kind == VF_ARCHIVE_ZIP)
        return VF_OK;
    if (r->stream) {
        st = drain(r, err);
    } else if (f->size >= sizeof end) {
        st = vf_zip_pread(f, f->size - sizeof end, end, sizeof end, err);
        r->zeros = 0;
        count_zeros(r, (struct vf_slice){end, sizeof end});
    }
    if (st == VF_OK && r->zeros < ZERO_BLOCK)
        st = vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", f->label,
                        "it has no end: it is cut short, copy or download it again");
    return st;
}

static void close_all(struct reading *r)
{
    if (r->a)
        archive_read_free(r->a);
    vf_tar_stream_free(r->stream);
    vf_spool_free(r->spool);
    vf_buf_release(&r->buffer);
    free(r->block);
}

enum vf_status vf_file_tree_read(struct vf_file_tree *t, const struct vf_file_read *p, struct vf_err *err)
{
    struct reading r = {.t = t, .p = p};
    bool more = true;
    enum vf_status st = vf_file_tree_store(t, p->source.fd, false, &r.own, err);
    r.err = err;
    if (st == VF_OK)
        st = open_archive(&r, err);
    while (st == VF_OK && more)
        st = next_member(&r, &more, err);
    if (st == VF_OK)
        st = look_at_end(&r, err);
    if (st == VF_OK && r.spool)
        st = flush(&r, err);
    close_all(&r);
    return st;
}
