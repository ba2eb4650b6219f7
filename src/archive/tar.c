/* tar.c: writing tar files by libarchive. In the C locale it turns names into NULL or U+FFFD, so every call
 * runs in a UTF-8 locale of this thread alone. */
#include "archive/tar.h"
#include "archive/lazy.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "archive/tar_read.h"
#include "archive/utf8_locale.h"
#include "base/escape.h"

#define EPOCH_1980 315532800

/* Measured on 680 MB of wheels: level 3 is 6 % smaller, and takes a third more time and twice the memory. */
#define ZSTD_LEVEL       "2"
#define ZSTD_THREADS_MAX 4u /* each has buffers of its own */

struct vf_tar_writer {
    struct vf_tar_params params;
    struct archive *archive;
    locale_t locale;
    struct vf_slice member; /* name; owned */
    uint64_t left;          /* bytes that the member still lacks */
    bool sealed;
    uint32_t crc;          /* of all bytes written, for the seal */
    enum vf_status failed; /* of the sink */
    struct vf_err *err;    /* of the running call */
};

/* --- packing --- */

static bool ends_nocase(struct vf_slice s, struct vf_slice end)
{
    return s.n >= end.n && vf_slice_eq_nocase(vf_slice_from(s, s.n - end.n), end);
}

enum vf_tar_packing vf_tar_packing_of(struct vf_slice name)
{
    if (ends_nocase(name, VF_S(".tar.gz")) || ends_nocase(name, VF_S(".tgz")))
        return VF_TAR_GZIP;
    if (ends_nocase(name, VF_S(".tar.xz")) || ends_nocase(name, VF_S(".txz")))
        return VF_TAR_XZ;
    if (ends_nocase(name, VF_S(".zip")))
        return VF_TAR_ZIP;
    return ends_nocase(name, VF_S(".tar")) ? VF_TAR_PLAIN : VF_TAR_ZSTD;
}

const char *vf_tar_packing_name(enum vf_tar_packing p)
{
    static const char *const names[] = {"tar.zst", "tar.gz", "tar.xz", "tar", "zip"};
    return names[p];
}

static int set_packing(struct archive *a, const struct vf_tar_params *p)
{
    char threads[16];
    unsigned n = p->threads > ZSTD_THREADS_MAX ? ZSTD_THREADS_MAX : p->threads;
    (void)snprintf(threads, sizeof threads, "%u", n > 0 ? n : 1);
    int r = ARCHIVE_OK;
    if (p->packing == VF_TAR_ZSTD) {
        r = archive_write_add_filter_zstd(a);
        if (r == ARCHIVE_OK)
            r = archive_write_set_filter_option(a, "zstd", "compression-level", ZSTD_LEVEL);
        return r == ARCHIVE_OK ? archive_write_set_filter_option(a, "zstd", "threads", threads) : r;
    }
    if (p->packing == VF_TAR_GZIP) {
        r = archive_write_add_filter_gzip(a);
        return r == ARCHIVE_OK ? archive_write_set_filter_option(a, "gzip", "timestamp", NULL) : r;
    }
    if (p->packing == VF_TAR_XZ) {
        r = archive_write_add_filter_xz(a);
        return r == ARCHIVE_OK ? archive_write_set_filter_option(a, "xz", "threads", "1") : r;
    }
    return archive_write_add_filter_none(a);
}

/* --- the writer --- */

static locale_t enter(struct vf_tar_writer *w, struct vf_err *err)
{
    w->err = err;
    return uselocale(w->locale);
}

static enum vf_status leave(struct vf_tar_writer *w, locale_t before, int r, const char *what)
{
    enum vf_status st = VF_OK;
    if (w->failed != VF_OK)
        st = w->failed;
    else if (r < ARCHIVE_WARN || (r != ARCHIVE_OK && what != NULL))
        st = vf_err_set(w->err, VF_INTERNAL, 0, "pack", w->member, "%s: %s", what ? what : "libarchive",
                        archive_error_string(w->archive) ? archive_error_string(w->archive) : "no reason");
    (void)uselocale(before);
    w->err = NULL;
    return st;
}

static la_ssize_t on_write(struct archive *a, void *ctx, const void *bytes, size_t n)
{
    struct vf_tar_writer *w = ctx;
    (void)a;
    if (w->sealed)
        w->crc = vf_zip_crc(w->crc, (struct vf_slice){bytes, n});
    if (w->failed == VF_OK)
        w->failed = w->params.sink(w->params.ctx, (struct vf_slice){bytes, n}, w->err);
    return w->failed == VF_OK ? (la_ssize_t)n : -1;
}

static enum vf_status open_archive(struct vf_tar_writer *w, struct vf_err *err)
{
    locale_t before = enter(w, err);
    int r = set_packing(w->archive, &w->params);
    if (r != ARCHIVE_OK) {
        (void)leave(w, before, ARCHIVE_OK, NULL);
        return vf_err_set(err, VF_NOT_SUPPORTED, 0, "pack", VF_S(""),
                          "libarchive of this host does not write %s",
                          vf_tar_packing_name(w->params.packing));
    }
    r = w->params.packing == VF_TAR_ZIP ? archive_write_set_format_zip(w->archive)
                                        : archive_write_set_format_pax_restricted(w->archive);
    if (r == ARCHIVE_OK)
        r = archive_write_set_bytes_in_last_block(w->archive, 1);
    if (r == ARCHIVE_OK)
        r = archive_write_open(w->archive, w, NULL, on_write, NULL);
    return leave(w, before, r, "cannot begin an archive");
}

enum vf_status vf_tar_writer_new(const struct vf_tar_params *params, struct vf_tar_writer **out,
                                 struct vf_err *err)
{
    struct vf_tar_writer *w = calloc(1, sizeof *w);
    *out = NULL;
    if (!w)
        return vf_err_nomem(err);
    w->params = *params;
    w->sealed = params->packing == VF_TAR_ZSTD;
    w->locale = vf_utf8_locale_new();
    w->archive = archive_write_new();
    enum vf_status st = VF_OK;
    if (w->locale == (locale_t)0)
        st = vf_err_set(err, VF_NOT_SUPPORTED, 0, "pack", VF_S(""), "this host has no UTF-8 locale");
    else if (!w->archive)
        st = vf_archive_not_made("pack", VF_S(""), err);
    if (st == VF_OK)
        st = open_archive(w, err);
    if (st == VF_OK)
        *out = w;
    else
        vf_tar_writer_free(w);
    return st;
}

static enum vf_status complete(const struct vf_tar_writer *w, struct vf_err *err)
{
    if (w->left == 0)
        return VF_OK;
    return vf_err_set(err, VF_CHANGED, 0, "pack", w->member, "it has fewer bytes than it had before");
}

static enum vf_status keep_name(struct vf_tar_writer *w, struct vf_slice name, struct vf_err *err)
{
    const char *flaw = vf_zip_name_flaw(name);
    if (!flaw && !vf_utf8_valid(name))
        flaw = "it is not UTF-8";
    if (!flaw && vf_slice_ends(name, VF_S("/")))
        flaw = "it names a directory";
    if (flaw)
        return vf_err_set(err, VF_USAGE, 0, "pack", name, "%s", flaw);
    struct vf_buf b = {0};
    vf_buf_put(&b, name);
    if (!vf_buf_cstr(&b)) {
        vf_buf_release(&b);
        return vf_err_nomem(err);
    }
    free((char *)(uintptr_t)w->member.p);
    w->member = (struct vf_slice){b.p, b.n};
    return VF_OK;
}

enum vf_status vf_tar_writer_member(struct vf_tar_writer *w, struct vf_slice name, uint64_t size,
                                    struct vf_err *err)
{
    enum vf_status st = complete(w, err);
    if (st == VF_OK)
        st = keep_name(w, name, err);
    if (st != VF_OK)
        return st;
    locale_t before = enter(w, err);
    struct archive_entry *e = archive_entry_new();
    int r = ARCHIVE_FATAL;
    if (e) {
        archive_entry_set_pathname(e, w->member.p);
        archive_entry_set_size(e, (la_int64_t)size);
        archive_entry_set_filetype(e, AE_IFREG);
        archive_entry_set_perm(e, 0644);
        if (w->params.packing != VF_TAR_ZIP) /* which libarchive writes in local time, but for none: 1980 */
            archive_entry_set_mtime(e, w->params.epoch ? w->params.epoch : EPOCH_1980, 0);
        archive_entry_set_uid(e, 0);
        archive_entry_set_gid(e, 0);
        r = archive_write_header(w->archive, e);
        archive_entry_free(e);
    }
    w->left = size;
    return leave(w, before, r, "cannot begin a member");
}

enum vf_status vf_tar_writer_data(struct vf_tar_writer *w, struct vf_slice bytes, struct vf_err *err)
{
    if (bytes.n > w->left)
        return vf_err_set(err, VF_CHANGED, 0, "pack", w->member, "it has more bytes than it had before");
    if (bytes.n == 0)
        return VF_OK;
    locale_t before = enter(w, err);
    la_ssize_t n = archive_write_data(w->archive, bytes.p, bytes.n);
    w->left -= bytes.n;
    return leave(w, before, n == (la_ssize_t)bytes.n ? ARCHIVE_OK : ARCHIVE_FATAL, "cannot write a member");
}

static enum vf_status put_seal(struct vf_tar_writer *w, struct vf_err *err)
{
    char seal[VF_TRAILER_SIZE];
    vf_trailer_make(seal, w->crc);
    return w->params.sink(w->params.ctx, (struct vf_slice){seal, sizeof seal}, err);
}

enum vf_status vf_tar_writer_finish(struct vf_tar_writer *w, struct vf_err *err)
{
    enum vf_status st = complete(w, err);
    if (st != VF_OK)
        return st;
    locale_t before = enter(w, err);
    st = leave(w, before, archive_write_close(w->archive), "cannot end an archive");
    return st == VF_OK && w->sealed ? put_seal(w, err) : st;
}

void vf_tar_writer_free(struct vf_tar_writer *w)
{
    if (!w)
        return;
    if (w->failed == VF_OK)
        w->failed = VF_INTERRUPTED; /* freeing closes, which would write on */
    locale_t before = w->locale != (locale_t)0 ? uselocale(w->locale) : (locale_t)0;
    if (w->archive)
        archive_write_free(w->archive);
    if (before != (locale_t)0)
        (void)uselocale(before);
    vf_utf8_locale_free(w->locale);
    free((char *)(uintptr_t)w->member.p);
    free(w);
}
