/* zip_source.c: bytes of a zip file, and words about its members. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/zip_format.h"
#include "base/escape.h"

static enum vf_status cut_short(const struct vf_zip_source *s, struct vf_err *err)
{
    return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", s->label, "the zip file is cut short");
}

enum vf_status vf_zip_pread(const struct vf_zip_source *s, uint64_t off, void *buf, size_t n,
                            struct vf_err *err)
{
    size_t got = 0;
    if (off > s->size || n > s->size - off)
        return cut_short(s, err);
    if (s->fd < 0) {
        if (n > 0)
            memcpy(buf, s->bytes.p + off, n);
        return VF_OK;
    }
    while (got < n) {
        ssize_t r = pread(s->fd, (char *)buf + got, n - got, (off_t)(s->base + off + got));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return vf_err_sys(err, errno, "read", s->label);
        if (r == 0)
            return cut_short(s, err);
        got += (size_t)r;
    }
    return VF_OK;
}

enum vf_status vf_zip_source_read(const struct vf_zip_source *s, vf_zip_sink sink, void *ctx,
                                  struct vf_err *err)
{
    enum { PIECE = 64 << 10 };
    if (s->fd < 0)
        return s->size > 0 ? sink(ctx, s->bytes, err) : VF_OK;
    char *buf = malloc(PIECE);
    enum vf_status st = VF_OK;
    if (!buf)
        return vf_err_nomem(err);
    for (uint64_t at = 0; at < s->size && st == VF_OK;) {
        size_t n = s->size - at < PIECE ? (size_t)(s->size - at) : PIECE;
        st = vf_zip_pread(s, at, buf, n, err);
        if (st == VF_OK)
            st = sink(ctx, (struct vf_slice){buf, n}, err);
        at += n;
    }
    free(buf);
    return st;
}

size_t vf_zip_source_head(const struct vf_zip_source *s, char *buf, size_t n)
{
    n = s->size < n ? (size_t)s->size : n;
    return vf_zip_pread(s, 0, buf, n, NULL) == VF_OK ? n : 0;
}

enum vf_status vf_zip_refuse(const struct vf_zip_source *s, enum vf_status code, struct vf_slice name,
                             const char *why, struct vf_err *err)
{
    struct vf_buf shown = {0};
    vf_term_put(&shown, vf_slice_sub(name, 0, 200));
    const char *text = vf_buf_cstr(&shown);
    enum vf_status st = vf_err_set(err, code, 0, "read", s->label, "member '%s': %s", text ? text : "", why);
    vf_buf_release(&shown);
    return st;
}

const char *vf_zip_name_flaw(struct vf_slice name)
{
    struct vf_slice rest = name;
    unsigned depth = 0;
    if (name.n == 0)
        return "a name that is empty";
    if (name.n > VF_ZIP_NAME_MAX)
        return "a name that is too long";
    if (vf_slice_find_byte(name, '\0', 0) != VF_NPOS)
        return "a NUL byte in its name";
    if (vf_slice_find_byte(name, '\\', 0) != VF_NPOS)
        return "a backslash in its name";
    if (name.p[0] == '/')
        return "an absolute name";
    if (name.n > 1 && name.p[1] == ':' && ((name.p[0] | 32) >= 'a' && (name.p[0] | 32) <= 'z'))
        return "a name with a drive letter";
    if (rest.p[rest.n - 1] == '/')
        rest.n--;
    while (rest.n > 0) {
        size_t slash = vf_slice_find_byte(rest, '/', 0);
        struct vf_slice part = vf_slice_sub(rest, 0, slash);
        if (part.n == 0 || vf_slice_eq(part, VF_S(".")))
            return "a name that is not clean";
        if (vf_slice_eq(part, VF_S("..")))
            return "a name that leads out of its directory";
        if (++depth > VF_ZIP_DEPTH_MAX)
            return "a name with more directories than are allowed";
        if (slash == VF_NPOS)
            return NULL;
        rest = vf_slice_from(rest, slash + 1);
        if (rest.n == 0)
            return "a name that is not clean";
    }
    return "a name that is empty";
}
