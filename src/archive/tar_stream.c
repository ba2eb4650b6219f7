/* tar_stream.c: the bytes of a tar, unpacked by libarchive. No name passes through it, so its trouble with
 * locales does not matter here. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/tar_read.h"
#include "archive/zip_format.h"

enum { IN = 256 << 10 };
#define FREE_RATIO (16u << 20) /* bytes that need no ratio */

struct vf_tar_stream {
    struct vf_zip_source source;
    struct vf_hasher *hasher;
    struct vf_hasher *seal; /* of all bytes before the seal; NULL: there is none */
    unsigned char sealed[32];
    struct archive *archive;
    uint64_t in, out, out_max; /* bytes read from the file, bytes unpacked, and their limit */
    const char *block;         /* of libarchive: what is left of it */
    size_t n;
    bool ended;
    enum vf_status failed; /* of reading the file */
    struct vf_err *err;    /* of the running call */
    char *buf;
};

static enum vf_status bad(const struct vf_tar_stream *s, const char *why, struct vf_err *err)
{
    return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", s->source.label, "%s", why);
}

static la_ssize_t on_read(struct archive *a, void *ctx, const void **bytes)
{
    struct vf_tar_stream *s = ctx;
    uint64_t left = s->source.size - s->in;
    size_t n = left < IN ? (size_t)left : IN;
    (void)a;
    if (s->failed == VF_OK)
        s->failed = vf_zip_pread(&s->source, s->in, s->buf, n, s->err);
    if (s->failed != VF_OK)
        return -1;
    if (s->hasher)
        vf_hasher_update(s->hasher, (struct vf_slice){s->buf, n});
    if (s->seal) {
        uint64_t before = s->source.size - VF_SEAL_SIZE;
        uint64_t some = s->in < before ? before - s->in : 0;
        vf_hasher_update(s->seal, (struct vf_slice){s->buf, some < n ? (size_t)some : n});
    }
    s->in += n;
    *bytes = s->buf;
    return (la_ssize_t)n;
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

static bool add_filters(struct archive *a)
{
    return archive_read_support_filter_gzip(a) == ARCHIVE_OK &&
           archive_read_support_filter_xz(a) == ARCHIVE_OK &&
           archive_read_support_filter_zstd(a) == ARCHIVE_OK &&
           archive_read_support_format_raw(a) == ARCHIVE_OK;
}

static enum vf_status begin(struct vf_tar_stream *s, struct vf_err *err)
{
    struct archive_entry *e;
    if (!add_filters(s->archive))
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

/* Does the file begin as zstd does, and end with a seal? */
static enum vf_status look_for_seal(struct vf_tar_stream *s, struct vf_err *err)
{
    char magic[4], end[VF_SEAL_SIZE];
    bool broken;
    if (s->source.size < sizeof magic + VF_SEAL_SIZE)
        return VF_OK;
    enum vf_status st = vf_zip_pread(&s->source, 0, magic, sizeof magic, err);
    if (st != VF_OK || memcmp(magic, "\x28\xb5\x2f\xfd", sizeof magic) != 0)
        return st;
    st = vf_zip_pread(&s->source, s->source.size - VF_SEAL_SIZE, end, sizeof end, err);
    if (st == VF_OK && vf_seal_read(end, s->sealed, &broken))
        st = vf_hasher_new(VF_S("sha256"), &s->seal, err);
    else if (st == VF_OK && broken)
        st = bad(s, "its last frame is damaged", err);
    return st;
}

static enum vf_status check_seal(struct vf_tar_stream *s, struct vf_err *err)
{
    unsigned char sum[VF_DIGEST_MAX];
    if (!s->seal)
        return VF_OK;
    if (vf_hasher_final(s->seal, sum) != sizeof s->sealed || memcmp(sum, s->sealed, sizeof s->sealed) != 0)
        return bad(s, "its bytes are not those that were packed: it is damaged", err);
    return VF_OK;
}

enum vf_status vf_tar_stream_open(const struct vf_zip_source *source, const struct vf_unpack_limits *limits,
                                  struct vf_hasher *hasher, struct vf_tar_stream **out, struct vf_err *err)
{
    struct vf_tar_stream *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return vf_err_nomem(err);
    s->source = *source;
    s->hasher = hasher;
    s->out_max = source->size < UINT64_MAX / limits->ratio ? source->size * limits->ratio : UINT64_MAX;
    s->out_max = s->out_max < FREE_RATIO ? FREE_RATIO : s->out_max;
    s->buf = malloc(IN);
    s->archive = archive_read_new();
    enum vf_status st = s->buf && s->archive ? look_for_seal(s, err) : vf_err_nomem(err);
    if (st == VF_OK)
        st = begin(s, err);
    if (st == VF_OK)
        *out = s;
    else
        vf_tar_stream_free(s);
    return st;
}

static enum vf_status next_block(struct vf_tar_stream *s, struct vf_err *err)
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
    s->out += s->n;
    return s->out > s->out_max ? bad(s, "it is packed more tightly than a bundle may be", err) : VF_OK;
}

enum vf_status vf_tar_stream_some(struct vf_tar_stream *s, size_t max, struct vf_slice *out,
                                  struct vf_err *err)
{
    enum vf_status st = VF_OK;
    while (s->n == 0 && !s->ended && st == VF_OK)
        st = next_block(s, err);
    if (st != VF_OK)
        return st;
    *out = (struct vf_slice){s->block, s->n < max ? s->n : max};
    if (out->n > 0)
        s->block += out->n;
    s->n -= out->n;
    return VF_OK;
}

enum vf_status vf_tar_stream_done(struct vf_tar_stream *s, struct vf_err *err)
{
    if ((uint64_t)archive_filter_bytes(s->archive, -1) != s->source.size)
        return bad(s, "there are bytes behind its end", err);
    return check_seal(s, err);
}

void vf_tar_stream_free(struct vf_tar_stream *s)
{
    if (!s)
        return;
    if (s->archive)
        archive_read_free(s->archive);
    vf_hasher_free(s->seal);
    free(s->buf);
    free(s);
}
