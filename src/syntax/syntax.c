/* The table of syntaxes, and what every reader and writer shares.
 *
 * A writer that fails leaves the caller's buffer as it was, and a reader that reports an impossible range is
 * an internal error here: edits are spliced by these numbers. */
#include "syntax/syntax.h"

struct syntax {
    const char *name;
    enum vf_status (*read)(const struct vf_source *, struct vf_read_out *, struct vf_err *);
    enum vf_status (*write)(const struct vf_ref *, const struct vf_source *, struct vf_slice,
                            const struct vf_write_ctx *, struct vf_buf *, struct vf_err *);
};

static const struct syntax syntaxes[VF_SYN_COUNT] = {
#define X(sym, name) [VF_SYN_##sym] = {name, vf_read_##sym, vf_write_##sym},
    VF_SYNTAX_LIST(X)
#undef X
};

const char *vf_syntax_name(enum vf_syntax s)
{
    return (unsigned)s < VF_SYN_COUNT ? syntaxes[s].name : "unknown";
}

uint64_t vf_syntax_cap(enum vf_syntax s)
{
    const uint64_t mib = 1024 * 1024;
    switch (s) {
    case VF_SYN_CFG:
        return mib / 4;
    case VF_SYN_ACTIVATE_SH:
    case VF_SYN_ACTIVATE_CSH:
    case VF_SYN_ACTIVATE_FISH:
    case VF_SYN_ACTIVATE_NU:
    case VF_SYN_ACTIVATE_PS1:
    case VF_SYN_ACTIVATE_XSH:
    case VF_SYN_ACTIVATE_BAT:
    case VF_SYN_ACTIVATE_THIS:
    case VF_SYN_PTH:
    case VF_SYN_EGG_LINK:
    case VF_SYN_PROJECT:
    case VF_SYN_DIRECT_URL:
    case VF_SYN_KERNELSPEC:
        return mib;
    case VF_SYN_FINDER: /* an editable of a project with very many modules */
        return 16 * mib;
    case VF_SYN_RECORD:
    case VF_SYN_RPATH:
        return 256 * mib;
    case VF_SYN_LINK:
    case VF_SYN_HEADER: /* only its head is looked at */
    case VF_SYN_TEXT:   /* searched in windows */
    case VF_SYN_COUNT:
        break;
    }
    return UINT64_MAX;
}

static bool in_file(uint64_t off, uint64_t len, size_t n)
{
    return off <= n && len <= n - off;
}

enum vf_status vf_syntax_read(enum vf_syntax s, const struct vf_source *src, struct vf_read_out *out,
                              struct vf_err *err)
{
    size_t refs = out->refs.n, flaws = out->flaws.n;
    if ((unsigned)s >= VF_SYN_COUNT)
        return vf_err_set(err, VF_INTERNAL, 0, "read", src->path, "no such syntax");
    enum vf_status st = syntaxes[s].read(src, out, err);
    if (vf_buf_ran_out() && st == VF_OK)
        st = vf_err_nomem(err);
    for (; st == VF_OK && refs < out->refs.n; refs++) {
        struct vf_ref *r = VF_VEC_AT(struct vf_ref, &out->refs, refs);
        r->syntax = s;
        if (!in_file(r->off, r->len, src->bytes.n) || r->value_off > src->bytes.n)
            st = vf_err_set(err, VF_INTERNAL, 0, "read", src->path, "a reference outside the file");
    }
    for (; st == VF_OK && flaws < out->flaws.n; flaws++) {
        const struct vf_flaw *f = VF_VEC_AT(struct vf_flaw, &out->flaws, flaws);
        if (!in_file(f->off, f->len, src->bytes.n))
            st = vf_err_set(err, VF_INTERNAL, 0, "read", src->path, "a flaw outside the file");
    }
    return st;
}

enum vf_status vf_syntax_write(const struct vf_ref *ref, const struct vf_source *src, struct vf_slice path,
                               const struct vf_write_ctx *target, struct vf_buf *out, struct vf_err *err)
{
    if ((unsigned)ref->syntax >= VF_SYN_COUNT || !in_file(ref->off, ref->len, src->bytes.n))
        return vf_err_set(err, VF_INTERNAL, 0, "write", src->path, "a reference that is not of this file");
    if (ref->flags & VF_REF_READONLY)
        return vf_unwritable(err, path, "there is no writer for this form");
    size_t before = out->n;
    enum vf_status st = syntaxes[ref->syntax].write(ref, src, path, target, out, err);
    if (st == VF_OK && out->failed)
        st = vf_err_nomem(err);
    if (st != VF_OK)
        out->n = before;
    return st;
}

struct vf_ref *vf_out_ref(struct vf_read_out *out)
{
    return vf_vec_push(out->a, &out->refs, sizeof(struct vf_ref));
}

struct vf_flaw *vf_out_flaw(struct vf_read_out *out)
{
    return vf_vec_push(out->a, &out->flaws, sizeof(struct vf_flaw));
}

enum vf_status vf_out_note(struct vf_read_out *out, enum vf_flaw_kind kind, uint32_t line, uint64_t off,
                           uint64_t len, struct vf_slice value, struct vf_err *err)
{
    struct vf_flaw *f = vf_out_flaw(out);
    if (!f)
        return vf_err_nomem(err);
    *f = (struct vf_flaw){.kind = kind, .line = line, .off = off, .len = len, .value = value};
    return VF_OK;
}

enum vf_status vf_out_repair(struct vf_read_out *out, const struct vf_flaw *flaw, struct vf_err *err)
{
    struct vf_flaw *f = vf_out_flaw(out);
    if (!f)
        return vf_err_nomem(err);
    *f = *flaw;
    f->has_repair = true;
    return VF_OK;
}

enum vf_status vf_out_keep(struct vf_read_out *out, struct vf_buf *scratch, struct vf_slice *kept,
                           struct vf_err *err)
{
    bool failed = scratch->failed;
    if (!failed)
        *kept = vf_arena_dup(out->a, vf_buf_slice(scratch));
    vf_buf_release(scratch);
    return failed || !kept->p ? vf_err_nomem(err) : VF_OK;
}

enum vf_status vf_unwritable(struct vf_err *err, struct vf_slice path, const char *why)
{
    return vf_err_set(err, VF_UNWRITABLE, 0, "write", path, "%s", why);
}
