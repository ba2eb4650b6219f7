/* tar_stream.c: the bytes of a tar, unpacked by libarchive, or by libzstd. No name passes through libarchive,
 * so its trouble with locales does not matter here. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lazy.h"
#include "archive/tar_read.h"
#include "archive/unzstd.h"
#include "archive/zip_format.h"

enum { IN = 256 << 10, AHEAD = 16 }; /* AHEAD blocks of IN bytes at most are unpacked and not yet used */
#define AHEAD_FROM (64u << 10)       /* bytes of a file that is worth a thread */
#define FREE_RATIO (16u << 20)       /* bytes that need no ratio */

struct vf_tar_stream {
    struct vf_zip_source source;
    struct vf_hasher *hasher;
    bool is_zstd, sealed, of_anybody;
    uint32_t seal, crc;      /* what the seal says, and what the bytes before it give */
    struct archive *archive; /* one of these */
    struct vf_unzstd *zstd;
    struct vf_slice packed;    /* zstd: what was read and not yet unpacked */
    char *unpacked;            /* zstd without a thread: IN bytes */
    uint64_t in, out, out_max; /* bytes read from the file, bytes unpacked, and their limit */
    const char *block;         /* what is left of the last one that was unpacked */
    size_t n;
    bool ended;
    enum vf_status failed; /* of reading the file */
    struct vf_err *err;    /* of the running call */
    char *buf;
    struct vf_blocks *ahead; /* all above is the thread's until it was joined; NULL: there is no thread */
    pthread_t thread;
    struct vf_err why; /* what ended the thread */
    struct vf_block *current;
    struct vf_slice rest; /* of it */
};

static enum vf_status bad(const struct vf_tar_stream *s, const char *why, struct vf_err *err)
{
    return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", s->source.label, "%s", why);
}

/* The next bytes of the file: none at its end. */
static enum vf_status read_packed(struct vf_tar_stream *s, struct vf_slice *out, struct vf_err *err)
{
    uint64_t left = s->source.size - s->in;
    size_t n = left < IN ? (size_t)left : IN;
    if (s->failed == VF_OK)
        s->failed = vf_zip_pread(&s->source, s->in, s->buf, n, err);
    if (s->failed != VF_OK)
        return s->failed;
    if (s->hasher)
        vf_hasher_update(s->hasher, (struct vf_slice){s->buf, n});
    if (s->sealed) {
        uint64_t before = s->source.size - VF_TRAILER_SIZE;
        uint64_t some = s->in < before ? before - s->in : 0;
        s->crc = vf_zip_crc(s->crc, (struct vf_slice){s->buf, some < n ? (size_t)some : n});
    }
    s->in += n;
    *out = (struct vf_slice){s->buf, n};
    return VF_OK;
}

static la_ssize_t on_read(struct archive *a, void *ctx, const void **bytes)
{
    struct vf_tar_stream *s = ctx;
    struct vf_slice got;
    (void)a;
    if (read_packed(s, &got, s->err) != VF_OK)
        return -1;
    *bytes = got.p;
    return (la_ssize_t)got.n;
}

static enum vf_status failure(const struct vf_tar_stream *s, struct vf_err *err)
{
    const char *why = archive_error_string(s->archive);
    if (s->failed != VF_OK)
        return s->failed;
    if (archive_errno(s->archive) == ENOMEM)
        return vf_err_nomem(err);
    return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", s->source.label, "it cannot be unpacked: %s",
                      why ? why : "no reason given");
}

static bool add_filters(struct archive *a, bool of_anybody)
{
    return (!of_anybody || archive_read_support_filter_bzip2(a) == ARCHIVE_OK) &&
           archive_read_support_filter_gzip(a) == ARCHIVE_OK &&
           archive_read_support_filter_xz(a) == ARCHIVE_OK &&
           archive_read_support_filter_zstd(a) == ARCHIVE_OK &&
           archive_read_support_format_raw(a) == ARCHIVE_OK;
}

static enum vf_status begin(struct vf_tar_stream *s, struct vf_err *err)
{
    struct archive_entry *e;
    s->archive = archive_read_new();
    if (!s->archive)
        return vf_archive_not_made("read", s->source.label, err);
    if (!add_filters(s->archive, s->of_anybody))
        return vf_err_set(err, VF_NOT_SUPPORTED, 0, "read", s->source.label,
                          "libarchive of this host does not unpack gzip, xz and zstd");
    s->err = err;
    enum vf_status st = VF_OK;
    if (archive_read_open(s->archive, s, NULL, on_read, NULL) != ARCHIVE_OK ||
        archive_read_next_header(s->archive, &e) != ARCHIVE_OK)
        st = failure(s, err);
    s->err = NULL;
    if (st == VF_OK && archive_filter_count(s->archive) > 2) /* the file itself counts */
        st = bad(s, "it is packed more than once", err);
    return st;
}

/* Does the file begin as zstd does, and does it end with a seal? */
static enum vf_status look_at_ends(struct vf_tar_stream *s, struct vf_err *err)
{
    char magic[4], end[VF_TRAILER_SIZE];
    bool broken;
    if (s->source.size < sizeof magic + VF_TRAILER_SIZE)
        return VF_OK;
    enum vf_status st = vf_zip_pread(&s->source, 0, magic, sizeof magic, err);
    s->is_zstd = st == VF_OK && memcmp(magic, "\x28\xb5\x2f\xfd", sizeof magic) == 0;
    if (!s->is_zstd || s->of_anybody)
        return st;
    st = vf_zip_pread(&s->source, s->source.size - VF_TRAILER_SIZE, end, sizeof end, err);
    if (st != VF_OK)
        return st;
    s->sealed = vf_trailer_read(end, &s->seal, &broken);
    return broken ? bad(s, "its last frame is damaged", err) : VF_OK;
}

static enum vf_status check_seal(struct vf_tar_stream *s, struct vf_err *err)
{
    return !s->sealed || s->crc == s->seal
               ? VF_OK
               : bad(s, "its bytes are not those that were packed: it is damaged", err);
}

static enum vf_status count(struct vf_tar_stream *s, size_t n, struct vf_err *err)
{
    s->out += n;
    return s->out > s->out_max ? bad(s, "it is packed more tightly than an archive may be", err) : VF_OK;
}

/* Into `to`, as much as there is room for. None: that was the end. */
static enum vf_status unpack_zstd(struct vf_tar_stream *s, char *to, size_t room, size_t *n,
                                  struct vf_err *err)
{
    enum vf_status st = VF_OK;
    const char *why;
    for (*n = 0; *n == 0 && st == VF_OK && !s->ended;) {
        if (s->packed.n == 0)
            st = read_packed(s, &s->packed, err);
        if (st != VF_OK)
            return st;
        bool last = s->packed.n == 0;
        if (last && vf_unzstd_at_end(s->zstd))
            s->ended = true;
        else if (!vf_unzstd_some(s->zstd, &s->packed, to, room, n, &why))
            st =
                vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", s->source.label, "it cannot be unpacked: %s", why);
        else if (last && *n == 0 && !vf_unzstd_at_end(s->zstd))
            st = bad(s, "it cannot be unpacked: it is cut short", err);
    }
    return st == VF_OK ? count(s, *n, err) : st;
}

static enum vf_status next_of_archive(struct vf_tar_stream *s, struct vf_err *err)
{
    const void *block = NULL;
    la_int64_t offset = 0;
    s->err = err;
    int r = archive_read_data_block(s->archive, &block, &s->n, &offset);
    s->err = NULL;
    s->block = block;
    s->ended = r == ARCHIVE_EOF;
    if (s->ended)
        s->n = 0;
    if (r != ARCHIVE_OK && !s->ended)
        return failure(s, err);
    if ((uint64_t)offset != s->out && !s->ended)
        return bad(s, "it has holes", err);
    return count(s, s->n, err);
}

/* The next block, of whoever unpacks; it may be empty. */
static enum vf_status next_block(struct vf_tar_stream *s, struct vf_err *err)
{
    if (!s->zstd)
        return next_of_archive(s, err);
    if (!s->unpacked)
        s->unpacked = malloc(IN);
    s->block = s->unpacked;
    return s->unpacked ? unpack_zstd(s, s->unpacked, IN, &s->n, err) : vf_err_nomem(err);
}

/* --- ahead of the reader --- */

/* As much as the block holds; *more false: that was the end, or it failed. */
static enum vf_status fill(struct vf_tar_stream *s, struct vf_block *block, bool *more)
{
    enum vf_status st = VF_OK;
    *more = true;
    while (*more && block->n < IN) {
        size_t room = IN - block->n, n = 0;
        if (s->zstd)
            st = unpack_zstd(s, block->p + block->n, room, &n, &s->why);
        while (!s->zstd && s->n == 0 && !s->ended && st == VF_OK) /* a block may be empty */
            st = next_block(s, &s->why);
        if (!s->zstd && s->n > 0) {
            n = s->n < room ? s->n : room;
            memcpy(block->p + block->n, s->block, n);
            s->block += n;
            s->n -= n;
        }
        block->n += st == VF_OK ? n : 0;
        *more = st == VF_OK && n > 0;
    }
    return st;
}

static void *unpack_ahead(void *ctx)
{
    struct vf_tar_stream *s = ctx;
    enum vf_status st = VF_OK;
    struct vf_block *block = NULL;
    for (bool more = true; more && st == VF_OK;) {
        block = vf_blocks_get(s->ahead);
        if (!block)
            break;
        st = fill(s, block, &more);
        vf_blocks_push(s->ahead, block);
    }
    if (!block) /* nobody reads on, or there was no memory for the first */
        (void)vf_err_nomem(&s->why);
    vf_blocks_end(s->ahead);
    return NULL;
}

/* Without a thread the caller unpacks by itself. */
static enum vf_status start_ahead(struct vf_tar_stream *s, struct vf_err *err)
{
    enum vf_status st = vf_blocks_new(IN, AHEAD, &s->ahead, err);
    if (st == VF_OK && pthread_create(&s->thread, NULL, unpack_ahead, s) != 0) {
        vf_blocks_free(s->ahead);
        s->ahead = NULL;
    }
    return st;
}

static void stop_ahead(struct vf_tar_stream *s)
{
    if (!s->ahead)
        return;
    vf_blocks_stop(s->ahead);
    (void)pthread_join(s->thread, NULL);
    vf_block_release(s->current);
    s->current = NULL;
    vf_blocks_free(s->ahead);
    s->ahead = NULL;
    s->rest = (struct vf_slice){NULL, 0};
}

static enum vf_status next_ahead(struct vf_tar_stream *s, struct vf_err *err)
{
    vf_block_release(s->current);
    do {
        s->current = vf_blocks_pop(s->ahead);
    } while (s->current && s->current->n == 0 && (vf_block_release(s->current), true));
    s->rest = s->current ? (struct vf_slice){s->current->p, s->current->n} : (struct vf_slice){NULL, 0};
    return s->current ? VF_OK : vf_err_copy(err, &s->why);
}

/* --- */

enum vf_status vf_tar_stream_open(const struct vf_zip_source *source, const struct vf_unpack_limits *limits,
                                  struct vf_hasher *hasher, struct vf_tar_stream **out, struct vf_err *err)
{
    struct vf_tar_stream *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return vf_err_nomem(err);
    s->source = *source;
    s->hasher = hasher;
    s->of_anybody = limits->of_anybody;
    s->out_max = source->size < UINT64_MAX / limits->ratio ? source->size * limits->ratio : UINT64_MAX;
    s->out_max = s->out_max < FREE_RATIO ? FREE_RATIO : s->out_max;
    s->buf = malloc(IN);
    enum vf_status st = s->buf ? look_at_ends(s, err) : vf_err_nomem(err);
    if (st == VF_OK && s->is_zstd)
        s->zstd = vf_unzstd_new();
    if (st == VF_OK && !s->zstd)
        st = begin(s, err);
    if (st == VF_OK && !limits->alone && source->size >= AHEAD_FROM)
        st = start_ahead(s, err);
    if (st == VF_OK)
        *out = s;
    else
        vf_tar_stream_free(s);
    return st;
}

static enum vf_status next_here(struct vf_tar_stream *s, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    while (s->n == 0 && !s->ended && st == VF_OK)
        st = next_block(s, err);
    s->rest = (struct vf_slice){s->block, s->n};
    s->n = 0;
    return st;
}

enum vf_status vf_tar_stream_some(struct vf_tar_stream *s, size_t max, struct vf_slice *out,
                                  struct vf_err *err)
{
    enum vf_status st = s->rest.n > 0 ? VF_OK : s->ahead ? next_ahead(s, err) : next_here(s, err);
    if (st != VF_OK)
        return st;
    *out = vf_slice_sub(s->rest, 0, max);
    s->rest = vf_slice_from(s->rest, out->n);
    return VF_OK;
}

struct vf_block *vf_tar_stream_hold(struct vf_tar_stream *s)
{
    if (s->current)
        vf_block_hold(s->current);
    return s->current;
}

enum vf_status vf_tar_stream_done(struct vf_tar_stream *s, struct vf_err *err)
{
    stop_ahead(s);
    if (s->archive && (uint64_t)archive_filter_bytes(s->archive, -1) != s->source.size)
        return bad(s, "there are bytes behind its end", err);
    return check_seal(s, err);
}

void vf_tar_stream_free(struct vf_tar_stream *s)
{
    if (!s)
        return;
    stop_ahead(s);
    if (s->archive)
        archive_read_free(s->archive);
    vf_unzstd_free(s->zstd);
    free(s->unpacked);
    vf_err_release(&s->why);
    free(s->buf);
    free(s);
}
