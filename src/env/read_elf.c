/* read_elf.c: of every ELF file what the loader reads. The few that name a prefix are read once more: does it
 * stand where the loader looks for libraries, or where nothing that runs reads it? */
#include "env/env_internal.h"

#include <errno.h>
#include <string.h>

#include "env/read_elf.h"
#include "syntax/elf.h"

/* ---- what the loader reads ---- */

static size_t at_memory(void *ctx, uint64_t off, void *buf, size_t n)
{
    const struct vf_slice *all = ctx;
    struct vf_slice part = off < all->n ? vf_slice_sub(*all, (size_t)off, all->n) : VF_S("");
    if (n > part.n)
        n = part.n;
    if (n > 0)
        memcpy(buf, part.p, n);
    return n;
}

struct positioned {
    struct vf_reader *rd;
    struct vf_err why;
};

static size_t at_reader(void *ctx, uint64_t off, void *buf, size_t n)
{
    struct positioned *p = ctx;
    size_t got = 0;
    if (vf_reader_read_at(p->rd, off, buf, n, &got, &p->why) != VF_OK)
        return 0;
    return got;
}

/* PyInit_NAME of NAME.so, NAME.abi3.so, ...: the function that makes a library an extension module. */
static struct vf_slice init_symbol(const struct vf_file *f, struct vf_arena *a)
{
    struct vf_slice name = vf_path_base(f->path);
    if (!(f->flags & VF_FILE_IN_SITE) || !vf_slice_ends(name, VF_S(".so")))
        return VF_S("");
    return vf_arena_concat(a, VF_S("PyInit_"), vf_slice_sub(name, 0, vf_slice_find_byte(name, '.', 0)),
                           VF_S(""));
}

static enum vf_status read_object(const struct vf_read_job *job, struct vf_file *f,
                                  const struct vf_elf_bytes *bytes, struct vf_err *err)
{
    struct vf_elf_object *elf = vf_arena_alloc(job->a, sizeof *elf);
    struct vf_slice symbol = init_symbol(f, job->a);
    if (!elf || !symbol.p || !vf_elf_object_read(bytes, symbol, job->a, elf))
        return vf_err_nomem(err);
    f->facts.elf = elf;
    return VF_OK;
}

enum vf_status vf_env_read_elf_object(const struct vf_read_job *job, struct vf_file *f, struct vf_slice whole,
                                      struct vf_reader *rd, struct vf_err *err)
{
    struct vf_elf_bytes bytes = {.ctx = &whole, .size = whole.n, .at = at_memory};
    if (whole.p)
        return read_object(job, f, &bytes, err);
    struct positioned p = {.rd = rd};
    struct vf_stat st = {0};
    size_t got;
    char byte;
    vf_err_init(&p.why);
    enum vf_status status = vf_reader_stat(rd, &st, err);
    bool seeks = status == VF_OK && vf_reader_read_at(rd, 0, &byte, 1, &got, &p.why) != VF_NOT_SUPPORTED;
    if (!seeks)
        vf_err_clear(&p.why);
    if (seeks) {
        bytes = (struct vf_elf_bytes){.ctx = &p, .size = st.size, .at = at_reader};
        status = read_object(job, f, &bytes, err);
        if (status == VF_OK && p.why.code != VF_OK) { /* what was not read is not damaged */
            f->facts.elf = NULL;
            status = vf_err_set(err, p.why.code, p.why.sys, "read", f->path, "%s", p.why.detail);
        }
    } else if (status == VF_OK) {
        struct vf_arena scratch;
        vf_arena_init(&scratch);
        status = vf_tree_read(job->tree, f->path, VF_ELF_CAP, &scratch, &whole, err);
        bytes.size = whole.n;
        if (status == VF_OK)
            status = read_object(job, f, &bytes, err);
        vf_arena_release(&scratch);
    }
    vf_err_release(&p.why);
    return status;
}

bool vf_host_elf(struct vf_host *host, struct vf_slice path, struct vf_arena *a,
                 const struct vf_elf_object **out, int *why)
{
    struct positioned p = {0};
    struct vf_stat st;
    char head[4] = {0};
    bool ok = true;
    *out = NULL;
    if (vf_host_look(host, path, &st, why) != VF_KIND_FILE)
        return true;
    vf_err_init(&p.why);
    if (vf_host_open_file(host, path, &p.rd, &p.why) == VF_OK && vf_reader_stat(p.rd, &st, &p.why) == VF_OK &&
        at_reader(&p, 0, head, sizeof head) == sizeof head &&
        vf_elf_is((struct vf_slice){head, sizeof head})) {
        struct vf_elf_object *elf = vf_arena_alloc(a, sizeof *elf);
        struct vf_elf_bytes bytes = {.ctx = &p, .size = st.size, .at = at_reader};
        ok = elf && vf_elf_object_read(&bytes, VF_S(""), a, elf);
        *out = ok ? elf : NULL;
    }
    ok = ok && p.why.code != VF_NO_MEMORY;
    if (p.why.code != VF_OK) {
        *why = p.why.sys ? p.why.sys : EIO;
        vf_host_add_unseen(host, path, *why);
        *out = NULL;
    }
    vf_reader_close(p.rd);
    vf_err_release(&p.why);
    return ok;
}

/* ---- search paths and debug information ---- */

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
