/* build_carried.c: files that no RECORD lists, on their way into a bundle: read as those of a distribution
 * are, but what names a place is told, not refused. */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/path.h"
#include "wheel/build_parts.h"

static enum vf_status read_one(const struct vf_rebuild_dirs *p, bool script, struct vf_rebuild_member *m,
                               struct vf_arena *a, struct vf_err *err)
{
    struct vf_record_row none = {0};
    enum vf_rebuild_match match;
    return script ? vf_rebuild_read_script(p, m, &none, a, &match, err)
                  : vf_rebuild_read(p, m, &none, &match, NULL, err);
}

enum vf_status vf_rebuild_carried(const struct vf_env *env, uint32_t file, struct vf_arena *a,
                                  struct vf_rebuild_member *out, bool *bound, struct vf_err *err)
{
    const struct vf_file *f = &env->files[file];
    bool script = vf_slice_eq(vf_path_dir(f->path), env->bin);
    struct vf_rebuild_member fresh = {.path = f->path, .executable = (f->st.mode & 0111) != 0};
    struct vf_rebuild_dirs prefixes;
    struct vf_err why = {0};
    enum vf_status st = vf_rebuild_dirs_make(env, a, &prefixes, err);
    if (st != VF_OK)
        return st;
    *out = fresh;
    st = read_one(&prefixes, script, out, a, &why);
    *bound = st == VF_UNWRITABLE;
    if (*bound) {
        vf_err_release(&why);
        vf_searcher_free(prefixes.searcher);
        prefixes.searcher = NULL; /* none are searched for from here on */
        *out = fresh;
        st = read_one(&prefixes, script, out, a, err);
    } else if (st != VF_OK) {
        *err = why;
    }
    vf_rebuild_dirs_release(&prefixes);
    return st;
}

struct carrying {
    vf_zip_sink sink;
    void *ctx;
    struct vf_hasher *hasher;
};

static enum vf_status pass_on(struct carrying *c, struct vf_reader *r, struct vf_err *err)
{
    enum { PIECE = 64 << 10 };
    char *buf = malloc(PIECE);
    size_t got = 1;
    enum vf_status st = buf ? VF_OK : vf_err_nomem(err);
    while (st == VF_OK && got > 0) {
        st = vf_reader_read(r, buf, PIECE, &got, err);
        if (st == VF_OK && got > 0) {
            vf_hasher_update(c->hasher, (struct vf_slice){buf, got});
            st = c->sink(c->ctx, (struct vf_slice){buf, got}, err);
        }
    }
    free(buf);
    return st;
}

enum vf_status vf_rebuild_carry(const struct vf_env *env, const struct vf_rebuild_member *m, vf_zip_sink sink,
                                void *ctx, struct vf_err *err)
{
    struct carrying c = {.sink = sink, .ctx = ctx};
    struct vf_reader *r = NULL;
    unsigned char sum[VF_DIGEST_MAX];
    if (m->bytes.p)
        return sink(ctx, m->bytes, err);
    enum vf_status st = vf_hasher_new(VF_S("sha256"), &c.hasher, err);
    if (st == VF_OK)
        st = vf_tree_open(env->tree, m->path, &r, err);
    if (st == VF_OK)
        st = pass_on(&c, r, err);
    if (st == VF_OK && (vf_hasher_final(c.hasher, sum) != 32 || memcmp(sum, m->sha256, 32) != 0))
        st = vf_err_set(err, VF_CHANGED, 0, "pack", m->path, "it changed while it was packed");
    vf_reader_close(r);
    vf_hasher_free(c.hasher);
    return st;
}
