/* Headers of scripts, to places that line 1 can hold and to places that it cannot. */
#include "fuzz_syntax.h"

#include "base/escape.h"
#include "syntax/header.h"

static void check(struct fuzz *f, const struct vf_ref *r, const char *root, const char *name)
{
    f->target.root = vf_slice_of(root);
    struct vf_slice path = vf_arena_concat(&f->a, f->target.root, vf_slice_of("/bin/"), vf_slice_of(name));
    struct vf_slice made = fuzz_write(f, r, path);
    if (!made.p)
        return;
    struct vf_read_out again = fuzz_read(f, VF_SYN_HEADER, made);
    const struct vf_ref *now = fuzz_ref_at(&again, r->off);
    demand(now != NULL && now->raw.n == 0);
    if (r->form == VF_HEADER_DEV || (now->flags & VF_REF_SELF) == 0)
        demand(vf_slice_eq(now->value, path));
    else
        demand(vf_slice_eq(now->value, vf_path_base(path)));
    if (!vf_header_is_ours(now) || vf_header_is_ours(r))
        return;
    /* ours turns back into what it was, where that was a line 1 that works */
    struct vf_slice old = f->src.bytes;
    bool one_line = r->form == VF_HEADER_A || r->form == VF_HEADER_O;
    bool sound = r->raw.n == 0 && vf_path_is_abs(r->value) && vf_utf8_valid(r->value) && r->value.n < 40;
    if (!one_line || !sound || !vf_slice_eq(vf_path_base(r->value), vf_slice_of(name)))
        return;
    f->src.bytes = made;
    f->target.root = vf_path_dir(vf_path_dir(r->value));
    struct vf_slice back = fuzz_write(f, now, r->value);
    f->src.bytes = old;
    if (back.p && f->target.root.n > 1) {
        again = fuzz_read(f, VF_SYN_HEADER, back);
        now = fuzz_ref_at(&again, r->off);
        demand(now != NULL && vf_slice_eq(vf_path_base(now->value), vf_slice_of(name)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    fuzz_init(&f, "bin/x", (struct vf_slice){(const char *)data, size});
    struct vf_read_out out = fuzz_read(&f, VF_SYN_HEADER, f.src.bytes);
    for (size_t i = 0; i < out.refs.n; i++) {
        const struct vf_ref *r = VF_VEC_AT(struct vf_ref, &out.refs, i);
        demand(vf_header_form_name(r->form)[0] != '\0');
        check(&f, r, "/n/env", "python");
        check(&f, r, "/n/with blank", "python");
        check(&f, r, "/n/a\nb'c\"d$e`f\\Ug\xFF", "python3");
        struct vf_buf b = {0};
        if (r->form != VF_HEADER_DEV)
            demand(vf_header_put_placeholder(r, &f.src, &b, &f.err) == VF_OK);
        vf_buf_release(&b);
    }
    fuzz_repair(&f, VF_SYN_HEADER, &out);
    fuzz_release(&f);
    return 0;
}
