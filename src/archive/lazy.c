/* lazy.c: libarchive is loaded when the first archive is touched, not when the program starts.
 *
 * It brings a dozen libraries along (libxml2, libicu, libstdc++ among them): linked in the ordinary way they
 * would double the time that it takes to start, for verbs that never see an archive. So its functions are
 * defined here, each by its prototype in <archive.h>, and find the real one at the first call. A function
 * that is missing in the list below is linked in the ordinary way: that works, and costs what this saves (a
 * test notices). Static linking: -DVF_STATIC. Without the library nothing can be made new:
 * vf_archive_is_available says whether that is why. */
#include "archive/lazy.h"

#if defined(__linux__) && !defined(VF_STATIC)
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static void *library; /* stays loaded */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    library = dlopen("libarchive.so.13", RTLD_LAZY | RTLD_LOCAL);
    if (!library)
        library = dlopen("libarchive.so", RTLD_LAZY | RTLD_LOCAL);
}

/* The function of that name in the library; NULL: there is none. */
static void *find(_Atomic(void *) *slot, const char *name)
{
    void *p = atomic_load_explicit(slot, memory_order_acquire);
    if (p)
        return p;
    (void)pthread_once(&once, load);
    p = library ? dlsym(library, name) : NULL;
    atomic_store_explicit(slot, p, memory_order_release);
    return p;
}

/* `missing`: what is returned where the library cannot be loaded. Hidden, so that libarchive calls its own
 * functions and not these. A data pointer becomes one of a function only by its bytes in ISO C. */
#define PASS_ON(type, name, parameters, arguments, missing)                                                  \
    __attribute__((visibility("hidden"))) type name parameters                                               \
    {                                                                                                        \
        static _Atomic(void *) slot;                                                                         \
        __typeof__(name) *real;                                                                              \
        void *found = find(&slot, #name);                                                                    \
        if (!found)                                                                                          \
            return missing;                                                                                  \
        memcpy(&real, &found, sizeof real);                                                                  \
        return real arguments;                                                                               \
    }
#define PASS_ON_VOID(name, parameters, arguments)                                                            \
    __attribute__((visibility("hidden"))) void name parameters                                               \
    {                                                                                                        \
        static _Atomic(void *) slot;                                                                         \
        __typeof__(name) *real;                                                                              \
        void *found = find(&slot, #name);                                                                    \
        if (!found)                                                                                          \
            return;                                                                                          \
        memcpy(&real, &found, sizeof real);                                                                  \
        real arguments;                                                                                      \
    }
#define OF_ARCHIVE(name) PASS_ON(int, name, (struct archive * a), (a), ARCHIVE_FATAL)

PASS_ON(struct archive *, archive_read_new, (void), (), NULL)
OF_ARCHIVE(archive_read_support_filter_bzip2)
OF_ARCHIVE(archive_read_support_filter_gzip)
OF_ARCHIVE(archive_read_support_filter_xz)
OF_ARCHIVE(archive_read_support_filter_zstd)
OF_ARCHIVE(archive_read_support_format_raw)
OF_ARCHIVE(archive_read_support_format_tar)
OF_ARCHIVE(archive_read_support_format_zip_seekable)
PASS_ON(int, archive_read_set_read_callback, (struct archive * a, archive_read_callback *read), (a, read),
        ARCHIVE_FATAL)
PASS_ON(int, archive_read_set_skip_callback, (struct archive * a, archive_skip_callback *skip), (a, skip),
        ARCHIVE_FATAL)
PASS_ON(int, archive_read_set_seek_callback, (struct archive * a, archive_seek_callback *seek), (a, seek),
        ARCHIVE_FATAL)
PASS_ON(int, archive_read_set_callback_data, (struct archive * a, void *ctx), (a, ctx), ARCHIVE_FATAL)
OF_ARCHIVE(archive_read_open1)
PASS_ON(int, archive_read_open,
        (struct archive * a, void *ctx, archive_open_callback *open, archive_read_callback *read,
         archive_close_callback *close),
        (a, ctx, open, read, close), ARCHIVE_FATAL)
PASS_ON(int, archive_read_next_header, (struct archive * a, struct archive_entry **e), (a, e), ARCHIVE_FATAL)
PASS_ON(int, archive_read_data_block, (struct archive * a, const void **p, size_t *n, la_int64_t *off),
        (a, p, n, off), ARCHIVE_FATAL)
OF_ARCHIVE(archive_read_free)

PASS_ON(struct archive *, archive_write_new, (void), (), NULL)
OF_ARCHIVE(archive_write_add_filter_gzip)
OF_ARCHIVE(archive_write_add_filter_none)
OF_ARCHIVE(archive_write_add_filter_xz)
OF_ARCHIVE(archive_write_add_filter_zstd)
OF_ARCHIVE(archive_write_set_format_pax_restricted)
OF_ARCHIVE(archive_write_set_format_zip)
PASS_ON(int, archive_write_set_bytes_in_last_block, (struct archive * a, int n), (a, n), ARCHIVE_FATAL)
PASS_ON(int, archive_write_set_filter_option,
        (struct archive * a, const char *module, const char *option, const char *value),
        (a, module, option, value), ARCHIVE_FATAL)
PASS_ON(int, archive_write_open,
        (struct archive * a, void *ctx, archive_open_callback *open, archive_write_callback *write,
         archive_close_callback *close),
        (a, ctx, open, write, close), ARCHIVE_FATAL)
PASS_ON(int, archive_write_header, (struct archive * a, struct archive_entry *e), (a, e), ARCHIVE_FATAL)
PASS_ON(la_ssize_t, archive_write_data, (struct archive * a, const void *p, size_t n), (a, p, n),
        ARCHIVE_FATAL)
OF_ARCHIVE(archive_write_close)
OF_ARCHIVE(archive_write_free)

OF_ARCHIVE(archive_errno)
PASS_ON(const char *, archive_error_string, (struct archive * a), (a), NULL)
OF_ARCHIVE(archive_filter_count)
PASS_ON(la_int64_t, archive_filter_bytes, (struct archive * a, int n), (a, n), 0)

PASS_ON(struct archive_entry *, archive_entry_new, (void), (), NULL)
PASS_ON_VOID(archive_entry_free, (struct archive_entry * e), (e))
#define OF_ENTRY(type, name, missing) PASS_ON(type, name, (struct archive_entry * e), (e), missing)
OF_ENTRY(__LA_MODE_T, archive_entry_filetype, 0)
OF_ENTRY(la_int64_t, archive_entry_gid, 0)
OF_ENTRY(const char *, archive_entry_hardlink, NULL)
OF_ENTRY(time_t, archive_entry_mtime, 0)
OF_ENTRY(long, archive_entry_mtime_nsec, 0)
OF_ENTRY(const char *, archive_entry_pathname, NULL)
OF_ENTRY(__LA_MODE_T, archive_entry_perm, 0)
OF_ENTRY(la_int64_t, archive_entry_size, 0)
OF_ENTRY(int, archive_entry_sparse_count, 0)
OF_ENTRY(const char *, archive_entry_symlink, NULL)
OF_ENTRY(la_int64_t, archive_entry_uid, 0)
PASS_ON_VOID(archive_entry_set_filetype, (struct archive_entry * e, unsigned type), (e, type))
PASS_ON_VOID(archive_entry_set_gid, (struct archive_entry * e, la_int64_t id), (e, id))
PASS_ON_VOID(archive_entry_set_mtime, (struct archive_entry * e, time_t s, long ns), (e, s, ns))
PASS_ON_VOID(archive_entry_set_pathname, (struct archive_entry * e, const char *path), (e, path))
PASS_ON_VOID(archive_entry_set_perm, (struct archive_entry * e, __LA_MODE_T mode), (e, mode))
PASS_ON_VOID(archive_entry_set_size, (struct archive_entry * e, la_int64_t size), (e, size))
PASS_ON_VOID(archive_entry_set_uid, (struct archive_entry * e, la_int64_t id), (e, id))

bool vf_archive_is_available(void)
{
    (void)pthread_once(&once, load);
    return library != NULL;
}
#else
bool vf_archive_is_available(void)
{
    return true;
}
#endif

enum vf_status vf_archive_not_made(const char *operation, struct vf_slice path, struct vf_err *err)
{
    if (vf_archive_is_available())
        return vf_err_nomem(err);
    return vf_err_set(err, VF_NOT_SUPPORTED, 0, operation, path,
                      "libarchive cannot be loaded; install it (Debian: libarchive13)");
}
