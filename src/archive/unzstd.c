/* unzstd.c: libzstd, of which five functions are used. On Linux it is loaded when the first of them is
 * needed. */
#include "archive/unzstd.h"

#include <stdlib.h>
#include <zstd.h>

#if defined(__linux__) && !defined(VF_STATIC)
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#endif

struct functions {
    __typeof__(ZSTD_createDCtx) *create;
    __typeof__(ZSTD_freeDCtx) *free;
    __typeof__(ZSTD_decompressStream) *some;
    __typeof__(ZSTD_isError) *is_error;
    __typeof__(ZSTD_getErrorName) *name;
};

#if defined(__linux__) && !defined(VF_STATIC)
static struct functions zstd; /* create NULL: not there */

/* A data pointer becomes one of a function only by its bytes in ISO C. */
static bool find(void *library, const char *name, void *slot)
{
    void *p = dlsym(library, name);
    memcpy(slot, &p, sizeof p);
    return p != NULL;
}

static void load(void)
{
    void *library = dlopen("libzstd.so.1", RTLD_LAZY | RTLD_LOCAL); /* stays loaded */
    struct functions f = {0};
    if (library && find(library, "ZSTD_freeDCtx", &f.free) &&
        find(library, "ZSTD_decompressStream", &f.some) && find(library, "ZSTD_isError", &f.is_error) &&
        find(library, "ZSTD_getErrorName", &f.name) && find(library, "ZSTD_createDCtx", &f.create))
        zstd = f;
}

static bool is_loaded(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, load);
    return zstd.create != NULL;
}
#else
static const struct functions zstd = {ZSTD_createDCtx, ZSTD_freeDCtx, ZSTD_decompressStream, ZSTD_isError,
                                      ZSTD_getErrorName};

static bool is_loaded(void)
{
    return true;
}
#endif

struct vf_unzstd {
    ZSTD_DCtx *context;
    bool at_end;
};

struct vf_unzstd *vf_unzstd_new(void)
{
    struct vf_unzstd *u = is_loaded() ? calloc(1, sizeof *u) : NULL;
    if (u && !(u->context = zstd.create())) {
        free(u);
        u = NULL;
    }
    return u;
}

bool vf_unzstd_some(struct vf_unzstd *u, struct vf_slice *in, char *to, size_t room, size_t *n,
                    const char **why)
{
    ZSTD_inBuffer from = {in->p, in->n, 0};
    ZSTD_outBuffer out = {to, room, 0};
    size_t left = zstd.some(u->context, &out, &from); /* of this frame, or an error */
    bool ok = !zstd.is_error(left);
    *why = ok ? NULL : zstd.name(left);
    *n = ok ? out.pos : 0;
    if (from.pos > 0)
        *in = vf_slice_from(*in, from.pos);
    u->at_end = ok && left == 0;
    return ok;
}

bool vf_unzstd_at_end(const struct vf_unzstd *u)
{
    return u->at_end;
}

void vf_unzstd_free(struct vf_unzstd *u)
{
    if (!u)
        return;
    (void)zstd.free(u->context);
    free(u);
}
