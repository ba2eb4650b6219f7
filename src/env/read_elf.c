/* read_elf.c: the few ELF files that name a place are read once more: does it stand where the loader looks
 * for libraries, or where nothing that runs reads it? */
#include "env/env_internal.h"
#include "syntax/elf.h"

bool vf_env_claimed(const struct vf_file *f, const struct vf_hit *h)
{
    for (uint32_t i = 0; i < f->facts.n_refs; i++) {
        const struct vf_ref *r = &f->facts.refs[i];
        if (r->syntax != VF_SYN_LINK && h->off >= r->off && h->off < r->off + r->len)
            return true;
    }
    return false;
}

static void drop_claimed(struct vf_file *f, struct vf_vec *hits)
{
    size_t kept = 0;
    for (size_t i = 0; i < hits->n; i++) {
        const struct vf_hit *h = VF_VEC_AT(struct vf_hit, hits, i);
        if (!vf_env_claimed(f, h))
            *VF_VEC_AT(struct vf_hit, hits, kept++) = *h;
    }
    f->facts.hits_total -= (uint32_t)(hits->n - kept);
    hits->n = kept;
}

static void mark_idle(struct vf_vec *hits, const struct vf_elf_idle *idle, size_t n)
{
    for (size_t i = 0; i < hits->n; i++) {
        struct vf_hit *h = VF_VEC_AT(struct vf_hit, hits, i);
        for (size_t k = 0; k < n && !h->idle; k++)
            h->idle = h->off >= idle[k].off && h->off - idle[k].off < idle[k].len;
    }
}

enum vf_status vf_env_read_elf(const struct vf_read_job *job, struct vf_file *f, struct vf_vec *hits,
                               struct vf_err *err)
{
    struct vf_arena scratch;
    struct vf_slice bytes;
    const struct vf_elf_idle *idle;
    size_t n_idle;
    struct vf_err why;
    vf_arena_init(&scratch);
    vf_err_init(&why);
    enum vf_status st = vf_tree_read(job->tree, f->path, VF_ELF_CAP, &scratch, &bytes, &why);
    if (st == VF_OK)
        st = vf_env_read_syntax(job, f, VF_SYN_RPATH, bytes, err);
    else if (st != VF_LIMIT)
        vf_err_set(err, why.code, why.sys, "read", f->path, "%s", why.detail);
    if (st == VF_OK && !vf_elf_idle(bytes, &scratch, &idle, &n_idle))
        st = vf_err_nomem(err);
    if (st == VF_OK) {
        f->syntaxes |= f->facts.n_refs ? 1u << VF_SYN_RPATH : 0;
        drop_claimed(f, hits);
        mark_idle(hits, idle, n_idle);
    }
    vf_err_release(&why);
    vf_arena_release(&scratch);
    return st == VF_LIMIT ? VF_OK : st; /* too large: it was searched all the same */
}
