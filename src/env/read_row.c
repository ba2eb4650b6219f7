/* read_row.c: compares a file with its RECORD row. */
#include "env/read_row.h"

enum vf_status vf_row_check_begin(struct vf_row_check *c, const struct vf_env *env, struct vf_file *f,
                                  struct vf_err *err)
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
    enum vf_status st = vf_hasher_new(row->alg, &c->hasher, &why);
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
    vf_hasher_free(c->hasher);
    c->hasher = NULL;
}
