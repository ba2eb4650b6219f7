/* err.h: the status codes of the project and the error value that travels up.
 *
 * A function that can fail returns `enum vf_status` and takes a `struct vf_err *` last. The first error wins:
 * setting an error that is already set does nothing. The library never prints; the command line renders the
 * error once, as text or as the error object of the JSON report. */
#ifndef VF_BASE_ERR_H
#define VF_BASE_ERR_H

#include "base/str.h"

/* X(symbol, code in the JSON report). docs/report.md lists the codes. The last three never leave the library:
 * callers turn them into a finding or into one of the others. */
#define VF_STATUS_LIST(X)                                                                                    \
    X(OK, "ok")                                                                                              \
    X(USAGE, "usage")                                                                                        \
    X(NOT_FOUND, "not-found")                                                                                \
    X(NOT_AN_ENVIRONMENT, "not-an-environment")                                                              \
    X(CONDA, "conda-environment")                                                                            \
    X(WINDOWS, "windows-environment")                                                                        \
    X(UNREADABLE, "unreadable")                                                                              \
    X(NOT_WRITABLE, "not-writable")                                                                          \
    X(UNWRITABLE, "unwritable")                                                                              \
    X(IS_LINK, "is-link")                                                                                    \
    X(NO_PARENT, "no-parent")                                                                                \
    X(EXISTS, "exists")                                                                                      \
    X(NESTED, "nested")                                                                                      \
    X(PROOF_FAILED, "proof-failed")                                                                          \
    X(TOOL_FAILED, "tool-failed")                                                                            \
    X(INCOMPATIBLE, "incompatible")                                                                          \
    X(NO_BASE, "no-base")                                                                                    \
    X(NO_SPACE, "no-space")                                                                                  \
    X(PATH_TOO_LONG, "path-too-long")                                                                        \
    X(CHANGED, "changed")                                                                                    \
    X(BUSY, "busy")                                                                                          \
    X(INTERRUPTED, "interrupted")                                                                            \
    X(BAD_ARCHIVE, "bad-archive")                                                                            \
    X(BAD_LIST, "bad-list")                                                                                  \
    X(INCOMPLETE, "incomplete")                                                                              \
    X(NOT_SUPPORTED, "not-supported")                                                                        \
    X(IO, "io")                                                                                              \
    X(INTERNAL, "internal")                                                                                  \
    X(NO_MEMORY, "internal")                                                                                 \
    X(LIMIT, "unreadable")                                                                                   \
    X(MALFORMED, "unreadable")                                                                               \
    X(CROSS_DEVICE, "io")

enum vf_status {
#define X(sym, name) VF_##sym,
    VF_STATUS_LIST(X)
#undef X
};

struct vf_err {
    enum vf_status code; /* VF_OK: nothing is set */
    int sys;             /* errno value, 0 when none */
    const char *op;      /* static string: "read", "rename", ... */
    char *path; /* owned copy of the path's bytes (may hold any byte but is NUL-terminated), or NULL */
    size_t path_len;
    char detail[600]; /* one sentence for people: what is wrong and what to do; "" when the errno says it */
};

void vf_err_init(struct vf_err *e);
void vf_err_release(struct vf_err *e);
void vf_err_clear(struct vf_err *e); /* release, then init: for going on after a handled error */
/* Sets the error unless one is set. Returns `code` (or the code already set). `path` may be empty. `fmt` may
 * be NULL. The detail is cut to fit, never fails. e may be NULL (the code is returned all the same). */
enum vf_status vf_err_set(struct vf_err *e, enum vf_status code, int sys, const char *op,
                          struct vf_slice path, const char *fmt, ...) VF_PRINTF(6, 7);
/* From errno: ENOENT/ENOTDIR not-found, EACCES/EPERM unreadable, ENOSPC/EDQUOT no-space, ENAMETOOLONG
 * path-too-long, EXDEV cross-device, EROFS not-writable, ENOMEM no-memory, else io. */
enum vf_status vf_err_sys(struct vf_err *e, int sys, const char *op, struct vf_slice path);
enum vf_status vf_err_nomem(struct vf_err *e);
/* The error of somebody else (VF_OK: nothing), who keeps it: another thread, or a part with one of its own.
 */
enum vf_status vf_err_copy(struct vf_err *e, const struct vf_err *from);
/* Puts words in front of the detail while an error goes up ("while reading the journal of 'x'"). */
void vf_err_context(struct vf_err *e, const char *fmt, ...) VF_PRINTF(2, 3);
/* Makes the path of an error that is below `root` a whole one: a relative path is put behind it, an empty one
 * becomes the root itself. Nothing when no error is set or its path is absolute. */
void vf_err_below(struct vf_err *e, struct vf_slice root);
const char *vf_status_name(enum vf_status code); /* static; the code of the JSON report */

#endif
