/* edit_write.c: streams an edited file.
 *
 * One pass over the original: what lies between the splices goes from src to dst, what a splice replaces is
 * read (it belongs to the hash of the original) and dropped. Reading to the real end shows a file that grew
 * or shrank since it was planned. */
#include "fs/edit_write.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "fs/kill_point.h"

enum { CHUNK = 128 * 1024 };

struct stream {
    int src, dst;
    struct vf_slice path;
    char *buf;
    struct vf_hasher *was, *is; /* NULL: not hashed */
};

int vf_fd_write_all(int fd, struct vf_slice bytes)
{
    while (bytes.n > 0) {
        VF_KILL_POINT();
        ssize_t w = write(fd, bytes.p, bytes.n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return -1;
        bytes = vf_slice_from(bytes, (size_t)w);
    }
    return 0;
}

enum vf_status vf_err_write(struct vf_err *err, int sys, const char *op, struct vf_slice path)
{
    if (sys == EACCES || sys == EPERM || sys == EROFS)
        return vf_err_set(err, VF_NOT_WRITABLE, sys, op, path, NULL);
    return vf_err_sys(err, sys, op, path);
}

static ssize_t read_some(int fd, void *buf, size_t n)
{
    ssize_t r;
    do
        r = read(fd, buf, n);
    while (r < 0 && errno == EINTR);
    return r;
}

static enum vf_status emit(struct stream *s, struct vf_slice bytes, struct vf_err *err)
{
    if (s->is)
        vf_hasher_update(s->is, bytes);
    if (vf_fd_write_all(s->dst, bytes) < 0)
        return vf_err_write(err, errno, "write", s->path);
    return VF_OK;
}

/* Takes n bytes off the original; `keep`: they go to the new file. */
static enum vf_status take(struct stream *s, uint64_t n, bool keep, struct vf_err *err)
{
    while (n > 0) {
        ssize_t r = read_some(s->src, s->buf, n < CHUNK ? (size_t)n : CHUNK);
        if (r < 0)
            return vf_err_sys(err, errno, "read", s->path);
        if (r == 0)
            return vf_err_set(err, VF_CHANGED, 0, "read", s->path, "it became shorter while it was read");
        struct vf_slice got = {s->buf, (size_t)r};
        if (s->was)
            vf_hasher_update(s->was, got);
        if (keep) {
            enum vf_status st = emit(s, got, err);
            if (st != VF_OK)
                return st;
        }
        n -= (uint64_t)r;
    }
    return VF_OK;
}

static enum vf_status at_end(struct stream *s, struct vf_err *err)
{
    ssize_t r = read_some(s->src, s->buf, 1);
    if (r < 0)
        return vf_err_sys(err, errno, "read", s->path);
    if (r > 0)
        return vf_err_set(err, VF_CHANGED, 0, "read", s->path, "it became longer while it was read");
    return VF_OK;
}

static enum vf_status splice_all(struct stream *s, const struct vf_edit *e, uint64_t size, struct vf_err *err)
{
    uint64_t pos = 0;
    for (size_t i = 0; i < e->n; i++) {
        const struct vf_splice *sp = &e->splices[i];
        if (sp->off < pos || sp->off > size || sp->len > size - sp->off)
            return vf_err_set(err, VF_CHANGED, 0, "edit", s->path, "it changed since it was read");
        enum vf_status st = take(s, sp->off - pos, true, err);
        if (st == VF_OK)
            st = take(s, sp->len, false, err);
        if (st == VF_OK)
            st = emit(s, sp->bytes, err);
        if (st != VF_OK)
            return st;
        pos = sp->off + sp->len;
    }
    return take(s, size - pos, true, err);
}

static enum vf_status write_edited(struct stream *s, const struct vf_edit *e, uint64_t size,
                                   struct vf_err *err)
{
    enum vf_status st = VF_OK;
    if (e->kind == VF_EDIT_SPLICE) {
        st = splice_all(s, e, size, err);
    } else {
        st = emit(s, e->contents, err);
        if (st == VF_OK && s->src >= 0 && s->was)
            st = take(s, size, false, err);
    }
    if (st == VF_OK && s->src >= 0 && (e->kind == VF_EDIT_SPLICE || s->was))
        st = at_end(s, err);
    return st;
}

static enum vf_status final_sum(struct vf_hasher *h, unsigned char sum[32], struct vf_err *err)
{
    unsigned char full[VF_DIGEST_MAX];
    if (vf_hasher_final(h, full) != 32)
        return vf_err_set(err, VF_INTERNAL, 0, "hash", VF_S(""), NULL);
    for (size_t i = 0; i < 32; i++)
        sum[i] = full[i];
    return VF_OK;
}

enum vf_status vf_edit_write(const struct vf_edit *e, int src, uint64_t old_size, int dst,
                             struct vf_edit_sums *sums, struct vf_err *err)
{
    struct stream s = {.src = src, .dst = dst, .path = e->path, .buf = malloc(CHUNK)};
    enum vf_status st = s.buf ? VF_OK : vf_err_nomem(err);
    if (st == VF_OK && e->kind != VF_EDIT_WRITE && (e->kind != VF_EDIT_SPLICE || src < 0))
        st = vf_err_set(err, VF_INTERNAL, 0, "edit", e->path, "no edit of a regular file");
    if (st == VF_OK && sums)
        st = vf_hasher_new(VF_S("sha256"), &s.was, err);
    if (st == VF_OK && sums)
        st = vf_hasher_new(VF_S("sha256"), &s.is, err);
    if (st == VF_OK)
        st = write_edited(&s, e, old_size, err);
    if (st == VF_OK && sums)
        st = final_sum(s.was, sums->old_sum, err);
    if (st == VF_OK && sums)
        st = final_sum(s.is, sums->new_sum, err);
    if (s.was)
        vf_hasher_free(s.was);
    if (s.is)
        vf_hasher_free(s.is);
    free(s.buf);
    return st;
}

int vf_edit_set_time(int dst, const struct vf_stat *original)
{
    struct stat st;
    if (fstat(dst, &st) < 0)
        return -1;
    if (original->kind != VF_KIND_FILE || (int64_t)st.st_mtime != original->mtime_s ||
        (uint64_t)st.st_size != original->size)
        return 0;
    struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = st.st_mtime + 1}};
    return futimens(dst, t);
}

enum vf_status vf_fd_sha256(int fd, unsigned char sum[32], struct vf_err *err)
{
    struct vf_hasher *h = NULL;
    char *buf = malloc(CHUNK);
    if (!buf)
        return vf_err_nomem(err);
    enum vf_status st = vf_hasher_new(VF_S("sha256"), &h, err);
    while (st == VF_OK) {
        ssize_t r = read_some(fd, buf, CHUNK);
        if (r < 0)
            st = vf_err_sys(err, errno, "read", VF_S(""));
        if (r <= 0)
            break;
        vf_hasher_update(h, (struct vf_slice){buf, (size_t)r});
    }
    if (st == VF_OK)
        st = final_sum(h, sum, err);
    if (h)
        vf_hasher_free(h);
    free(buf);
    return st;
}
