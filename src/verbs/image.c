/* image.c: which layers an image has, by its manifest (the OCI image specification; `docker save`), and their
 * files merged into one tree. */
#include "verbs/image.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/path.h"
#include "fs/spool.h"
#include "fs/sys.h"

enum { JSON_MAX = 4 << 20, LAYERS_MAX = 127, INDEX_DEPTH = 4 };

struct opening {
    struct vf_session *s;
    struct vf_image *image;
    struct vf_slice path; /* of the image */
    int scratch;
    unsigned n_layers;
};

static enum vf_status bad(struct opening *o, const char *why)
{
    return vf_err_set(&o->s->err, VF_BAD_ARCHIVE, 0, "read", o->path, "it is no image that can be read: %s",
                      why);
}

/* --- members of the image --- */

static enum vf_status open_blob(struct opening *o, struct vf_slice name, struct vf_zip_source *out)
{
    *out = (struct vf_zip_source){.fd = -1, .label = name};
    if (o->image->archive) {
        const struct vf_file_tree *t = o->image->archive->files;
        uint32_t node = vf_file_tree_follow(t, name);
        if (node == VF_NODE_NONE || vf_file_tree_node(t, node)->kind != VF_KIND_FILE)
            return bad(o, "a file that its manifest names is not in it");
        vf_file_tree_bytes(t, node, &out->fd, &out->base);
        out->size = vf_file_tree_node(t, node)->size;
        return VF_OK;
    }
    struct vf_slice abs = vf_path_join(&o->image->arena, o->path, name);
    int *kept = abs.p ? vf_vec_push(&o->image->arena, &o->image->fds, sizeof *kept) : NULL;
    if (!kept)
        return vf_err_nomem(&o->s->err);
    *kept = -1;
    enum vf_status st = vf_file_open(abs, &out->fd, &out->size, &o->s->err);
    *kept = out->fd;
    return st;
}

static enum vf_status load_json(struct opening *o, struct vf_slice name, json_t **out)
{
    struct vf_zip_source f;
    json_error_t ignored;
    *out = NULL;
    enum vf_status st = open_blob(o, name, &f);
    if (st == VF_OK && f.size > JSON_MAX)
        st = bad(o, "its manifest is too large");
    if (st != VF_OK)
        return st;
    char *text = malloc((size_t)f.size + 1);
    if (!text)
        return vf_err_nomem(&o->s->err);
    ssize_t n = pread(f.fd, text, (size_t)f.size, (off_t)f.base);
    if (n == (ssize_t)f.size)
        *out = json_loadb(text, (size_t)n, JSON_REJECT_DUPLICATES, &ignored);
    free(text);
    return *out ? VF_OK : bad(o, "its manifest is not JSON");
}

/* blobs/ALGORITHM/HEX of "ALGORITHM:HEX". */
static enum vf_status blob_name(struct opening *o, const json_t *descriptor, struct vf_slice *out)
{
    const char *digest = json_string_value(json_object_get(descriptor, "digest"));
    struct vf_slice d = vf_slice_of(digest);
    size_t colon = vf_slice_find_byte(d, ':', 0);
    if (colon == VF_NPOS || d.n > 200 || vf_slice_find_byte(d, '/', 0) != VF_NPOS ||
        vf_slice_find(d, VF_S(".."), 0) != VF_NPOS)
        return bad(o, "a digest is missing");
    struct vf_slice dir =
        vf_arena_concat(&o->image->arena, VF_S("blobs/"), vf_slice_sub(d, 0, colon), VF_S("/"));
    *out = vf_arena_concat(&o->image->arena, dir, vf_slice_from(d, colon + 1), VF_S(""));
    return dir.p && out->p ? VF_OK : vf_err_nomem(&o->s->err);
}

/* --- layers --- */

static enum vf_status add_layer(struct opening *o, struct vf_slice name)
{
    struct vf_file_read read = {.scratch = o->scratch, .hooks = &o->s->hooks, .layer = o->n_layers + 1};
    if (o->n_layers == LAYERS_MAX)
        return bad(o, "it has too many layers");
    enum vf_status st = open_blob(o, name, &read.source);
    if (st == VF_OK)
        st = vf_file_tree_read(o->image->layers, &read, &o->s->err);
    o->n_layers++;
    return st;
}

static enum vf_status read_docker(struct opening *o)
{
    json_t *list;
    enum vf_status st = load_json(o, VF_S("manifest.json"), &list);
    if (st == VF_OK && json_array_size(list) != 1)
        st = vf_err_set(&o->s->err, VF_USAGE, 0, "read", o->path,
                        "it holds %zu images: save one of them alone", json_array_size(list));
    const json_t *layers = json_object_get(json_array_get(list, 0), "Layers");
    if (st == VF_OK && json_array_size(layers) == 0)
        st = bad(o, "its manifest names no layers");
    for (size_t i = 0; st == VF_OK && i < json_array_size(layers); i++) {
        const char *name = json_string_value(json_array_get(layers, i));
        struct vf_slice kept = name ? vf_arena_dup(&o->image->arena, vf_slice_of(name)) : VF_S("");
        st = kept.n ? add_layer(o, kept) : bad(o, "its manifest names no layers");
    }
    json_decref(list);
    return st;
}

static bool is_for_host(const json_t *descriptor)
{
    static const char *const names[][2] = {
        {"x86_64", "amd64"}, {"aarch64", "arm64"}, {"i686", "386"}, {"armv7l", "arm"}};
    const json_t *p = json_object_get(descriptor, "platform");
    const char *arch = json_string_value(json_object_get(p, "architecture"));
    const char *os = json_string_value(json_object_get(p, "os"));
    struct utsname u;
    const char *own = uname(&u) == 0 ? u.machine : "x86_64";
    for (size_t i = 0; i < VF_COUNT(names); i++)
        if (!strcmp(own, names[i][0]))
            own = names[i][1];
    return arch && os && !strcmp(os, "linux") && !strcmp(arch, own);
}

/* Of several manifests the only one, else the one for this processor. Attestations are for no platform. */
static const json_t *choose(const json_t *manifests)
{
    const json_t *only = NULL, *own = NULL;
    size_t n = 0, n_own = 0;
    for (size_t i = 0; i < json_array_size(manifests); i++) {
        const json_t *d = json_array_get(manifests, i);
        const char *arch = json_string_value(json_object_get(json_object_get(d, "platform"), "architecture"));
        if (arch && !strcmp(arch, "unknown"))
            continue;
        only = d;
        n++;
        if (is_for_host(d)) {
            own = d;
            n_own++;
        }
    }
    if (n == 1)
        return only;
    return n_own == 1 ? own : NULL;
}

static enum vf_status read_oci_layers(struct opening *o, const json_t *manifest)
{
    const json_t *layers = json_object_get(manifest, "layers");
    enum vf_status st = json_array_size(layers) > 0 ? VF_OK : bad(o, "its manifest names no layers");
    for (size_t i = 0; st == VF_OK && i < json_array_size(layers); i++) {
        struct vf_slice name = {NULL, 0};
        st = blob_name(o, json_array_get(layers, i), &name);
        if (st == VF_OK)
            st = add_layer(o, name);
    }
    return st;
}

/* From index.json, through indexes in it, to the manifest. */
static enum vf_status read_oci(struct opening *o)
{
    struct vf_slice name = VF_S("index.json");
    for (int depth = 0; depth < INDEX_DEPTH; depth++) {
        json_t *doc;
        enum vf_status st = load_json(o, name, &doc);
        if (st != VF_OK)
            return st;
        const json_t *manifests = json_object_get(doc, "manifests");
        if (!manifests) {
            st = read_oci_layers(o, doc);
            json_decref(doc);
            return st;
        }
        const json_t *one = choose(manifests);
        if (!one)
            st = vf_err_set(&o->s->err, VF_USAGE, 0, "read", o->path,
                            "it holds %zu images, none or several of them for this processor: save one alone",
                            json_array_size(manifests));
        else
            st = blob_name(o, one, &name);
        json_decref(doc);
        if (st != VF_OK)
            return st;
    }
    return bad(o, "its indexes lead to no manifest");
}

/* --- */

static bool has_member(const struct vf_image *i, const char *name)
{
    const struct vf_file_tree *t = i->archive->files;
    uint32_t node = vf_file_tree_find(t, VF_NODE_ROOT, vf_slice_of(name));
    return node != VF_NODE_NONE && vf_file_tree_node(t, node)->kind == VF_KIND_FILE;
}

static enum vf_status read_image(struct opening *o)
{
    struct vf_image *i = o->image;
    bool docker = i->archive && has_member(i, "manifest.json");
    if (i->archive && !docker && !(has_member(i, "index.json") && has_member(i, "oci-layout")))
        return VF_OK; /* a root file system */
    enum vf_status st = vf_file_tree_new(&i->layers, &o->s->err);
    if (st == VF_OK)
        st = docker ? read_docker(o) : read_oci(o);
    return st;
}

enum vf_status vf_image_open(struct vf_session *s, struct vf_slice path, const char *scratch,
                             struct vf_image **out)
{
    struct vf_image *i = calloc(1, sizeof *i);
    struct opening o = {.s = s, .image = i, .path = path, .scratch = -1};
    *out = NULL;
    if (!i)
        return vf_err_nomem(&s->err);
    vf_arena_init(&i->arena);
    if (scratch)
        o.scratch = vf_sys_open_path(vf_slice_of(scratch), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum vf_status st = VF_OK;
    if (vf_host_kind(s->host, path, NULL) != VF_KIND_DIR)
        st = vf_archive_open_image(s, path, o.scratch, &i->archive);
    if (st == VF_OK)
        st = read_image(&o);
    if (o.scratch >= 0)
        (void)close(o.scratch);
    if (st == VF_OK)
        *out = i;
    else
        vf_image_free(i);
    return st;
}

const struct vf_file_tree *vf_image_files(const struct vf_image *i)
{
    return i->layers ? i->layers : i->archive->files;
}

void vf_image_free(struct vf_image *i)
{
    if (!i)
        return;
    vf_file_tree_free(i->layers);
    vf_archive_free(i->archive);
    for (size_t k = 0; k < i->fds.n; k++)
        if (*VF_VEC_AT(int, &i->fds, k) >= 0)
            (void)close(*VF_VEC_AT(int, &i->fds, k));
    vf_arena_release(&i->arena);
    free(i);
}
