/* pycache.c: Header of a .pyc: magic, flags, then time
 * and size of the source, or its hash (PEP 552). */
#include "wheel/pycache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "fs/create.h"
#include "fs/sys.h"

enum { PYC_MAX = 64 << 20, HEADER = 16 };

struct job {
    const struct vf_site *site;
    const struct vf_zip *zip;
    struct vf_slice magic;
    unsigned char *done; /* one for each member */
};

bool vf_pycache_source(struct vf_slice name, struct vf_buf *out)
{
    struct vf_slice dir = vf_path_dir(name), base = vf_path_base(name);
    size_t dot = vf_slice_find_byte(base, '.', 0);
    if (!vf_slice_eq(vf_path_base(dir), VF_S("__pycache__")) || !vf_slice_ends(base, VF_S(".pyc")) || !dot)
        return false;
    vf_path_join_buf(out, vf_path_dir(dir), vf_slice_sub(base, 0, dot));
    vf_buf_puts(out, ".py");
    return !out->failed;
}

static void put32(unsigned char *at, uint64_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(v >> (8 * i));
}

static bool stat_source(const struct job *j, struct vf_slice rel, struct stat *st)
{
    int fd = vf_sys_open_beneath(j->site->root, rel, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0);
    bool ok = fd >= 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode);
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

static enum vf_status write_one(const struct job *j, size_t i, const struct stat *st, struct vf_slice dest,
                                struct vf_arena *a, struct vf_err *err)
{
    struct vf_slice bytes = {NULL, 0};
    enum vf_status r = vf_zip_load(j->zip, i, PYC_MAX, a, &bytes, err);
    if (r != VF_OK)
        return r;
    if (bytes.n < HEADER || !vf_slice_starts(bytes, j->magic))
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "install", j->zip->members[i].name,
                          "it is not compiled by the Python that the bundle names");
    unsigned char *head = (unsigned char *)bytes.p; /* the arena's own copy */
    if (!(head[4] | head[5] | head[6] | head[7])) {
        put32(head + 8, (uint64_t)st->st_mtime);
        put32(head + 12, (uint64_t)st->st_size);
    }
    r = vf_create_dir(j->site->root, vf_path_dir(dest), err);
    return r == VF_OK ? vf_create_complete(j->site->root, dest, false, bytes, err) : r;
}

static enum vf_status one(void *ctx, size_t i, unsigned worker, struct vf_err *err)
{
    struct job *j = ctx;
    struct stat st;
    struct vf_arena a;
    struct vf_buf source = {0};
    struct vf_slice name = j->zip->members[i].name;
    (void)worker;
    if (j->zip->members[i].is_dir || !vf_pycache_source(name, &source)) {
        vf_buf_release(&source);
        return VF_OK;
    }
    vf_arena_init(&a);
    struct vf_slice rel = vf_path_join(&a, j->site->purelib, vf_buf_slice(&source));
    struct vf_slice dest = vf_path_join(&a, j->site->purelib, name);
    enum vf_status r = rel.p && dest.p ? VF_OK : vf_err_nomem(err);
    if (r == VF_OK && stat_source(j, rel, &st)) {
        r = write_one(j, i, &st, dest, &a, err);
        j->done[i] = r == VF_OK;
    }
    vf_arena_release(&a);
    vf_buf_release(&source);
    return r;
}

enum vf_status vf_pycache_install(const struct vf_site *site, const struct vf_zip_source *source,
                                  struct vf_slice magic, const struct vf_hooks *hooks, uint64_t *written,
                                  struct vf_err *err)
{
    struct vf_zip *zip = NULL;
    struct job j = {.site = site, .magic = magic};
    if (written)
        *written = 0;
    enum vf_status st = vf_zip_open(source, NULL, &zip, err);
    if (st != VF_OK)
        return st;
    j.zip = zip;
    j.done = calloc(zip->n + 1, 1);
    st = j.done ? vf_parallel(hooks, zip->n, one, &j, err) : vf_err_nomem(err);
    for (size_t i = 0; st == VF_OK && written && j.done && i < zip->n; i++)
        *written += j.done[i];
    free(j.done);
    vf_zip_free(zip);
    return st;
}
