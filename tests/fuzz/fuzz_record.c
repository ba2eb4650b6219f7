/* RECORD: a row without change is its own bytes; a changed one reads back as what it was changed to. */
#include "fuzz_packaging.h"
#include "packaging/record.h"

static void change(struct fuzz_dist *f, const struct vf_record_row *row)
{
    static const unsigned char sum[32] = {1, 2, 3};
    struct vf_slice digest = {(const char *)sum, sizeof sum}, alg = VF_S("sha256");
    struct vf_record again;
    struct vf_buf b = {0};
    struct vf_record_change c = {
        .path = &row->path, .alg = &alg, .digest = &digest, .set_size = true, .size = 42};
    vf_record_row_put(&b, f->in, row, &c);
    demand(vf_record_parse(&f->a, vf_buf_slice(&b), &again, &f->err) == VF_OK);
    demand(again.n == 1 && vf_slice_eq(again.rows[0].path, row->path) && again.rows[0].size == 42 &&
           vf_record_digest_is(&again.rows[0], digest));
    vf_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = fuzz_dist_begin(data, size);
    struct vf_record r;
    struct vf_record_change none = {0};
    struct vf_buf b = {0};
    demand(vf_record_parse(&f.a, f.in, &r, &f.err) == VF_OK);
    for (size_t i = 0; i < r.n && i < 200; i++) {
        const struct vf_record_row *row = &r.rows[i];
        struct vf_slice raw = vf_slice_sub(f.in, row->row.off, (size_t)row->row.off + row->row.len);
        demand(raw.n == row->row.len && raw.n > 0);
        if (row->columns >= 3) {
            vf_buf_clear(&b);
            vf_record_row_put(&b, f.in, row, &none);
            demand(vf_slice_eq(vf_buf_slice(&b), raw));
        }
        if (row->columns < 4)
            change(&f, row);
    }
    vf_buf_release(&b);
    return fuzz_dist_end(&f);
}
