/* read_row.c: compares a file with its RECORD row. */
#include "env/read_row.h"

void vf_row_hasher_release(struct vf_row_hasher *h)
{
    vf_hasher_free(h->hasher);
    *h = (struct vf_row_hasher){0};
}

/* A hasher of this algorithm, at its start. */
static enum vf_status hasher_for(struct vf_row_hasher *h, struct vf_slice alg, struct vf_err *err)
{
    if (h->hasher && vf_slice_eq(h->alg, alg)) {
        vf_hasher_reset(h->hasher);
        return VF_OK;
    }
    vf_row_hasher_release(h);
    h->alg = alg;
    return vf_hasher_new(alg, &h->hasher, err);
}

enum vf_status vf_row_check_begin(struct vf_row_check *c, struct vf_row_hasher *h, const struct vf_env *env,
                                  struct vf_file *f, struct vf_err *err)
{
    *c = (struct vf_row_check){.env = env};
    if (f->dist == VF_NONE || f->row == VF_NONE) {
        f->truth = VF_ROW_NONE;
        return VF_OK;
    }
    const struct vf_record_row *row = &env->dists[f->dist].record.rows[f->row];
    if (!row->digest.n) {
        f->truth = VF_ROW_NO_HASH;
        return VF_OK;
    }
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = hasher_for(h, row->alg, &why);
    c->hasher = h->hasher;
    if (st == VF_NOT_SUPPORTED) { /* an algorithm that nobody here has: the row cannot be verified */
        f->truth = VF_ROW_UNKNOWN;
        f->flags |= VF_FILE_ROW_UNVERIFIED;
        st = VF_OK;
    } else if (st != VF_OK) {
        vf_err_set(err, why.code, why.sys, why.op, f->path, "%s", why.detail);
    }
    vf_err_release(&why);
    return st;
}

void vf_row_check_update(struct vf_row_check *c, struct vf_slice bytes)
{
    if (c->hasher && bytes.n)
        vf_hasher_update(c->hasher, bytes);
}

void vf_row_check_end(struct vf_row_check *c, struct vf_file *f, bool complete)
{
    unsigned char digest[VF_DIGEST_MAX];
    if (c->hasher && complete) {
        size_t n = vf_hasher_final(c->hasher, digest);
        const struct vf_record_row *row = &c->env->dists[f->dist].record.rows[f->row];
        bool same = n && vf_record_digest_is(row, (struct vf_slice){(const char *)digest, n});
        f->truth = same ? VF_ROW_TRUE : VF_ROW_FALSE;
        f->flags |= VF_FILE_HASHED;
    }
    c->hasher = NULL;
}
