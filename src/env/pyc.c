/* pyc.c: does a compiled file fit its source? Its header says for which time and size of the source it was
 * made; nothing else of it is read. docs/formats.md 4.9. */
#include <string.h>

#include "base/le.h"
#include "base/siphash.h"
#include "env/env_internal.h"

#define HEADER 16u /* bytes since 3.7: magic number, flags, then time and size of the source, or its hash */

/* Index of the last `.cpython-3` or `.pypy3` of a name: the tag of the interpreter. VF_NPOS: no tag, or one
 * from before the header that is known here. */
static size_t tag_at(struct vf_slice name)
{
    static const struct vf_slice tags[] = {VF_S_INIT(".cpython-3"), VF_S_INIT(".pypy3")};
    for (size_t i = 0; i < VF_COUNT(tags); i++) {
        size_t at = VF_NPOS;
        for (size_t k = 0; (k = vf_slice_find(name, tags[i], k)) != VF_NPOS; k++)
            at = k;
        struct vf_slice minor = at == VF_NPOS ? VF_S("") : vf_slice_from(name, at + tags[i].n);
        if (!minor.n)
            continue;
        bool two = minor.n > 1 && minor.p[1] >= '0' && minor.p[1] <= '9';
        return two || (minor.p[0] >= '7' && minor.p[0] <= '9') ? at : VF_NPOS;
    }
    return VF_NPOS;
}

/* The source of dir/__pycache__/NAME.TAG.pyc: dir/NAME.py, a regular file. NULL: there is none. */
static const struct vf_file *source_of(const struct vf_env *env, struct vf_slice path)
{
    struct vf_slice cache = vf_path_dir(path), name = vf_path_base(path);
    size_t tag = tag_at(name);
    if (tag == VF_NPOS || !vf_slice_eq(vf_path_base(cache), VF_S("__pycache__")))
        return NULL;
    struct vf_slice dir = vf_path_dir(cache);
    struct vf_buf b;
    vf_buf_init(&b);
    if (cache.n > dir.n && dir.n) {
        vf_buf_put(&b, dir);
        vf_buf_putc(&b, '/');
    }
    vf_buf_put(&b, vf_slice_sub(name, 0, tag));
    vf_buf_puts(&b, ".py");
    uint32_t i = b.failed ? VF_NONE : vf_env_find(env, vf_buf_slice(&b));
    vf_buf_release(&b);
    return i != VF_NONE && env->files[i].st.kind == VF_KIND_FILE ? &env->files[i] : NULL;
}

/* A file whose header holds a hash is made for that. */
static bool fits(const unsigned char *head, size_t n, const struct vf_stat *source)
{
    if (n < HEADER)
        return false;
    if (vf_le32(head + 4) != 0)
        return true;
    return vf_le32(head + 8) == (uint32_t)source->mtime_s && vf_le32(head + 12) == (uint32_t)source->size;
}

/* PEP 552: a file with the hash of its source that is used without a look at the source. */
static bool is_unchecked(const unsigned char *head, size_t n)
{
    return n == HEADER && vf_le32(head + 4) == 1;
}

/* Has the source the hash that the header holds? Python up to 3.10 and PyPy take SipHash-2-4, later ones
 * SipHash-1-3. */
static enum vf_status compare_source(const struct vf_read_job *job, struct vf_file *f,
                                     const struct vf_file *source, const unsigned char *head,
                                     struct vf_err *err)
{
    struct vf_siphash older, newer;
    struct vf_reader *rd = NULL;
    size_t got = 1;
    uint64_t hash = vf_le32(head + 8) | (uint64_t)vf_le32(head + 12) << 32;
    enum vf_status st = vf_tree_open_near(job->tree, &job->tools->near, source->path, &source->st, &rd, err);
    vf_siphash_init(&older, vf_le32(head), 2);
    vf_siphash_init(&newer, vf_le32(head), 1);
    while (st == VF_OK && got) {
        st = vf_env_go_on(job->env, err);
        if (st == VF_OK)
            st = vf_reader_read(rd, job->tools->buffer, VF_READ_BUFFER, &got, err);
        struct vf_slice bytes = {job->tools->buffer, st == VF_OK ? got : 0};
        vf_siphash_update(&older, bytes);
        vf_siphash_update(&newer, bytes);
    }
    vf_reader_close(rd);
    if (st == VF_OK && vf_siphash_final(&older) != hash && vf_siphash_final(&newer) != hash)
        f->flags |= VF_FILE_PYC_OTHER;
    return st;
}

enum vf_status vf_env_read_pyc(const struct vf_read_job *job, struct vf_file *f, struct vf_err *err)
{
    const struct vf_file *source = source_of(job->env, f->path);
    if (!source)
        return VF_OK;
    unsigned char head[HEADER];
    size_t n = 0, got = 1;
    struct vf_reader *rd = NULL;
    enum vf_status st = vf_tree_open_near(job->tree, &job->tools->near, f->path, &f->st, &rd, err);
    while (st == VF_OK && n < HEADER && got) {
        st = vf_reader_read(rd, head + n, HEADER - n, &got, err);
        n += got;
    }
    vf_reader_close(rd);
    if (st == VF_OK && !fits(head, n, &source->st))
        f->flags |= VF_FILE_PYC_STALE;
    if (st == VF_OK && job->hash && is_unchecked(head, n))
        st = compare_source(job, f, source, head, err);
    return st;
}
