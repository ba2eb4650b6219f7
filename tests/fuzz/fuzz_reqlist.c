/* Requirement lists: parts of the input, separated by NUL, are the lists that it includes. */
#include "fuzz_packaging.h"
#include "packaging/reqlist.h"

static enum vf_status read_part(void *ctx, struct vf_slice path, struct vf_arena *a, struct vf_slice *bytes,
                                struct vf_err *err)
{
    struct vf_slice *rest = ctx;
    (void)path;
    (void)a;
    (void)err;
    size_t end = vf_slice_find_byte(*rest, '\0', 0);
    *bytes = vf_slice_sub(*rest, 0, end);
    *rest = vf_slice_from(*rest, end == VF_NPOS ? rest->n : end + 1);
    return VF_OK;
}

static bool variable(void *ctx, struct vf_slice name, struct vf_slice *value)
{
    (void)ctx;
    *value = VF_S("a b");
    return name.n == 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = fuzz_dist_begin(data, size);
    struct vf_slice rest = f.in, first;
    struct vf_reqlist list;
    struct vf_list_reader reader = {&rest, read_part, variable, false};
    demand(read_part(&rest, f.in, &f.a, &first, &f.err) == VF_OK);
    enum vf_status st = vf_reqlist_parse(&f.a, VF_S("r/a.txt"), first, &reader, &list, &f.err);
    demand((st == VF_OK) == (f.err.code == VF_OK));
    for (size_t i = 0; st == VF_OK && i < list.n; i++) {
        const struct vf_list_item *item = &list.items[i];
        bool option = item->kind == VF_LIST_OPTION;
        demand(item->line > 0 && item->text.n > 0 && item->file.n > 0);
        demand(option || item->req.name.n > 0 || item->source != VF_LIST_NAMED);
        demand(option || item->source == VF_LIST_NAMED || item->location.n > 0);
    }
    /* Once more as UTF-16 and other codings, with what follows the first list. */
    vf_err_clear(&f.err);
    st = vf_reqlist_parse(&f.a, VF_S("a.txt"), f.in, &reader, &list, &f.err);
    demand((st == VF_OK) == (f.err.code == VF_OK));
    return fuzz_dist_end(&f);
}
