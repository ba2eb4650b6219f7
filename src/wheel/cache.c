/* cache.c: wheels in pip's cache. A body is a wheel when it is a zip with one metadata directory at its top.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "fs/sys.h"
#include "packaging/metadata.h"
#include "packaging/name.h"
#include "wheel/build_name.h"
#include "wheel/unpacked.h"

enum { DEPTH = 7, TEXT_MAX = 16 << 20 };

struct looking {
    struct vf_candidates *candidates;
    const struct vf_map *names;
    struct vf_vec todo; /* struct vf_slice: directories */
    struct vf_err *err;
};

static struct vf_slice info_of(const struct vf_zip *z)
{
    for (size_t i = 0; i < z->n; i++) {
        struct vf_slice dir = vf_path_dir(z->members[i].name);
        if (vf_slice_eq(vf_path_base(z->members[i].name), VF_S("WHEEL")) &&
            vf_slice_ends(dir, VF_S(".dist-info")) && vf_slice_find_byte(dir, '/', 0) == VF_NPOS)
            return dir;
    }
    return (struct vf_slice){NULL, 0};
}

static enum vf_status member(const struct vf_zip *z, struct vf_slice info, const char *base,
                             struct vf_arena *a, struct vf_slice *out, struct vf_err *err)
{
    struct vf_slice path = vf_path_join(a, info, vf_slice_of(base));
    size_t i = path.p ? vf_zip_find(z, path) : VF_NPOS;
    if (i == VF_NPOS)
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", info, "it has no %s", base);
    return vf_zip_load(z, i, TEXT_MAX, a, out, err);
}

/* The name that the file had: from METADATA and WHEEL. */
static enum vf_status name_of(const struct vf_zip *z, struct vf_slice info, struct vf_arena *a,
                              struct vf_slice *out, struct vf_err *err)
{
    struct vf_slice metadata, wheel, name, version;
    struct vf_metadata m;
    struct vf_rebuild_names names;
    enum vf_status st = member(z, info, "METADATA", a, &metadata, err);
    if (st == VF_OK)
        st = member(z, info, "WHEEL", a, &wheel, err);
    if (st == VF_OK)
        st = vf_metadata_parse(a, metadata, &m, err);
    if (st != VF_OK)
        return st;
    if (!vf_metadata_get(&m, VF_S("Name"), &name) || !vf_metadata_get(&m, VF_S("Version"), &version))
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", info, "METADATA without a name and a version");
    struct vf_slice stem = vf_slice_sub(info, 0, info.n - VF_S(".dist-info").n);
    st = vf_rebuild_names_make(a, name, version, stem, wheel, &names, err);
    *out = names.file_name;
    return st;
}

static enum vf_status look_into(struct looking *l, struct vf_slice path, int fd, uint64_t size,
                                struct vf_err *why)
{
    struct vf_zip_source src = {.fd = fd, .size = size, .label = path};
    struct vf_zip *z = NULL;
    struct vf_slice file_name = {NULL, 0};
    size_t i;
    enum vf_status st = vf_zip_open(&src, NULL, &z, why);
    struct vf_slice info = st == VF_OK ? info_of(z) : (struct vf_slice){NULL, 0};
    struct vf_slice canonical =
        info.p ? vf_name_canonical(l->candidates->a, vf_info_name_parse(info).name) : info;
    if (st == VF_OK && canonical.p && vf_map_get(l->names, canonical, &i))
        st = name_of(z, info, l->candidates->a, &file_name, why);
    vf_zip_free(z);
    if (st != VF_OK || !file_name.p)
        return st;
    struct vf_candidate_wheel w = {.path = path, .file_name = file_name, .origin = VF_ORIGIN_CACHE};
    return vf_candidates_add(l->candidates, &w, NULL, why);
}

/* What is no wheel is passed over: it is a cache of everything. */
static enum vf_status one_body(struct looking *l, struct vf_slice path)
{
    struct stat st;
    char magic[4];
    struct vf_err why;
    enum vf_status done = VF_OK;
    int fd = vf_sys_open_path(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    vf_err_init(&why);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && pread(fd, magic, 4, 0) == 4 &&
        vf_slice_eq((struct vf_slice){magic, 4}, VF_S("PK\003\004")))
        done = look_into(l, path, fd, (uint64_t)st.st_size, &why);
    if (fd >= 0)
        (void)close(fd);
    vf_err_release(&why);
    return done == VF_NO_MEMORY ? vf_err_nomem(l->err) : VF_OK;
}

static enum vf_status one_name(struct looking *l, struct vf_slice dir, struct vf_slice name)
{
    struct vf_slice path = vf_path_join(l->candidates->a, dir, name);
    if (!path.p)
        return vf_err_nomem(l->err);
    if (vf_slice_ends(name, VF_S(".body")) || vf_slice_ends(name, VF_S(".whl")))
        return one_body(l, path);
    if (vf_slice_find_byte(name, '.', 0) != VF_NPOS ||
        vf_host_kind(l->candidates->host, path, NULL) != VF_KIND_DIR)
        return VF_OK;
    struct vf_slice *d = vf_vec_push(l->candidates->a, &l->todo, sizeof *d);
    if (!d)
        return vf_err_nomem(l->err);
    *d = path;
    return VF_OK;
}

enum vf_status vf_cache_add_pip(struct vf_candidates *s, struct vf_slice cache, const struct vf_map *names,
                                struct vf_err *err)
{
    static const struct vf_slice tops[] = {VF_S_INIT("http-v2"), VF_S_INIT("wheels")};
    struct looking l = {.candidates = s, .names = names, .err = err};
    size_t top = vf_path_depth(cache);
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < VF_COUNT(tops); i++) {
        struct vf_slice *d = vf_vec_push(s->a, &l.todo, sizeof *d);
        if (!d)
            return vf_err_nomem(err);
        *d = vf_path_join(s->a, cache, tops[i]);
    }
    for (size_t i = 0; i < l.todo.n && st == VF_OK; i++) {
        struct vf_slice dir = *VF_VEC_AT(struct vf_slice, &l.todo, i), *in = NULL;
        size_t n = 0;
        if (!dir.p)
            return vf_err_nomem(err);
        if (vf_path_depth(dir) - top > DEPTH)
            continue;
        (void)vf_host_list(s->host, dir, s->a, &in, &n);
        for (size_t k = 0; k < n && st == VF_OK; k++)
            st = one_name(&l, dir, in[k]);
    }
    return st;
}
