/* The error value. It never fails itself: what cannot be stored (a path without memory, a detail that is too
 * long) is left out or cut, at a character, not inside one. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void vf_err_init(struct vf_err *e)
{
    *e = (struct vf_err){0};
}

void vf_err_release(struct vf_err *e)
{
    free(e->path);
    e->path = NULL;
    e->path_len = 0;
}

void vf_err_clear(struct vf_err *e)
{
    vf_err_release(e);
    vf_err_init(e);
}

/* Takes off a UTF-8 sequence that the cut at the end of the detail left unfinished. */
static void drop_cut_sequence(char *text)
{
    size_t n = strlen(text);
    size_t tail = 0;
    while (tail < n && tail < 3 && ((unsigned char)text[n - 1 - tail] & 0xC0) == 0x80)
        tail++;
    if (tail >= n)
        return;
    unsigned char lead = (unsigned char)text[n - 1 - tail];
    size_t need = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    if (need > tail)
        text[n - 1 - tail] = '\0';
}

static void set_path(struct vf_err *e, struct vf_slice path)
{
    if (path.n == 0 || path.n == SIZE_MAX)
        return;
    e->path = malloc(path.n + 1);
    if (!e->path)
        return;
    memcpy(e->path, path.p, path.n);
    e->path[path.n] = '\0';
    e->path_len = path.n;
}

enum vf_status vf_err_set(struct vf_err *e, enum vf_status code, int sys, const char *op,
                          struct vf_slice path, const char *fmt, ...)
{
    if (!e)
        return code;
    if (e->code != VF_OK)
        return e->code;
    e->code = code;
    e->sys = sys;
    e->op = op;
    set_path(e, path);
    if (fmt) {
        va_list ap;
        va_start(ap, fmt);
        int n = vsnprintf(e->detail, sizeof e->detail, fmt, ap);
        va_end(ap);
        if (n < 0)
            e->detail[0] = '\0';
        else if ((size_t)n >= sizeof e->detail)
            drop_cut_sequence(e->detail);
    }
    return code;
}

void vf_err_below(struct vf_err *e, struct vf_slice root)
{
    if (!e || e->code == VF_OK || root.n == 0 || (e->path && e->path[0] == '/'))
        return;
    bool slash = e->path && root.p[root.n - 1] != '/';
    size_t n = root.n + slash + e->path_len;
    char *whole = malloc(n + 1);
    if (!whole)
        return;
    memcpy(whole, root.p, root.n);
    if (slash)
        whole[root.n] = '/';
    if (e->path)
        memcpy(whole + root.n + slash, e->path, e->path_len);
    whole[n] = '\0';
    free(e->path);
    e->path = whole;
    e->path_len = n;
}

static enum vf_status status_of_errno(int sys)
{
    switch (sys) {
    case ENOENT:
    case ENOTDIR:
        return VF_NOT_FOUND;
    case EACCES:
    case EPERM:
        return VF_UNREADABLE;
    case ENOSPC:
    case EDQUOT:
        return VF_NO_SPACE;
    case ENAMETOOLONG:
        return VF_PATH_TOO_LONG;
    case EXDEV:
        return VF_CROSS_DEVICE;
    case EROFS:
        return VF_NOT_WRITABLE;
    case ENOMEM:
        return VF_NO_MEMORY;
    default:
        return VF_IO;
    }
}

enum vf_status vf_err_sys(struct vf_err *e, int sys, const char *op, struct vf_slice path)
{
    return vf_err_set(e, status_of_errno(sys), sys, op, path, NULL);
}

enum vf_status vf_err_copy(struct vf_err *e, const struct vf_err *from)
{
    return from->code == VF_OK
               ? VF_OK
               : vf_err_set(e, from->code, from->sys, from->op, (struct vf_slice){from->path, from->path_len},
                            "%s", from->detail);
}

enum vf_status vf_err_nomem(struct vf_err *e)
{
    return vf_err_set(e, VF_NO_MEMORY, ENOMEM, NULL, VF_S(""), "out of memory");
}

void vf_err_context(struct vf_err *e, const char *fmt, ...)
{
    if (!e || e->code == VF_OK)
        return;
    char text[sizeof e->detail];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    size_t used = strlen(text);
    const char *joint = e->detail[0] != '\0' ? ": " : "";
    int m = snprintf(text + used, sizeof text - used, "%s%s", joint, e->detail);
    memcpy(e->detail, text, sizeof text);
    if (m < 0 || (size_t)n >= sizeof text || (size_t)m >= sizeof text - used)
        drop_cut_sequence(e->detail);
}

const char *vf_status_name(enum vf_status code)
{
    switch (code) {
#define X(sym, name)                                                                                         \
    case VF_##sym:                                                                                           \
        return name;
        VF_STATUS_LIST(X)
#undef X
    }
    return "internal";
}
