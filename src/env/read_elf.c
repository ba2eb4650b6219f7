/* read_elf.c: the few ELF files that name a place are read once more: does it stand where the loader looks
 * for libraries, or where nothing that runs reads it? */
#include "env/env_internal.h"
#include "syntax/elf.h"

bool vf_env_claims(const struct vf_file *f, struct vf_arena *a, struct vf_cover *out)
{
    *out = (struct vf_cover){0};
    bool ok = true;
    for (uint32_t i = 0; i < f->facts.n_refs && ok; i++) {
        const struct vf_ref *r = &f->facts.refs[i];
        ok = r->syntax == VF_SYN_LINK || vf_cover_add(out, a, r->off, r->len);
    }
    return ok;
}

static bool drop_claimed(struct vf_file *f, struct vf_vec *hits, struct vf_arena *a)
{
    struct vf_cover claims;
    size_t kept = 0;
    if (!vf_env_claims(f, a, &claims))
        return false;
    for (size_t i = 0; i < hits->n; i++) {
        const struct vf_hit *h = VF_VEC_AT(struct vf_hit, hits, i);
        if (!vf_cover_has(&claims, h->off))
            *VF_VEC_AT(struct vf_hit, hits, kept++) = *h;
    }
    f->facts.hits_total -= (uint32_t)(hits->n - kept);
    hits->n = kept;
    return true;
}

static bool mark_idle(struct vf_vec *hits, const struct vf_elf_idle *idle, size_t n, struct vf_arena *a)
{
    struct vf_cover cover = {0};
    bool ok = true;
    for (size_t k = 0; k < n && ok; k++)
        ok = vf_cover_add(&cover, a, idle[k].off, idle[k].len);
    for (size_t i = 0; i < hits->n && ok; i++) {
        struct vf_hit *h = VF_VEC_AT(struct vf_hit, hits, i);
        h->idle = vf_cover_has(&cover, h->off);
    }
    return ok;
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
        if (!drop_claimed(f, hits, &scratch) || !mark_idle(hits, idle, n_idle, &scratch))
            st = vf_err_nomem(err);
    }
    vf_err_release(&why);
    vf_arena_release(&scratch);
    return st == VF_LIMIT ? VF_OK : st; /* too large: it was searched all the same */
}
