/* direct_url.json: what is taken is written in a form that is taken, with the same meaning. URLs on their
 * own, too. */
#include "fuzz_packaging.h"
#include "packaging/direct_url.h"
#include "packaging/freeze.h"
#include "packaging/url.h"

static void urls(struct fuzz_dist *f, struct vf_slice url)
{
    struct vf_buf b = {0};
    struct vf_slice path;
    struct vf_url u = vf_url_split(url);
    demand(u.scheme.n + u.authority.n + u.path.n + u.query.n + u.fragment.n <= url.n);
    vf_url_redact_put(&b, url);
    vf_buf_clear(&b);
    vf_url_strip_put(&b, url);
    if (vf_url_file_path(&f->a, url, &path)) {
        struct vf_slice again;
        demand(path.n > 0 && path.p[0] == '/');
        vf_buf_clear(&b);
        vf_url_file_put(&b, path);
        demand(vf_url_file_path(&f->a, vf_buf_slice(&b), &again) && vf_slice_eq(path, again));
    }
    vf_buf_release(&b);
    (void)vf_freeze_git_remote(&f->a, url, false, &path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = fuzz_dist_begin(data, size);
    struct vf_direct_url d, again;
    struct vf_buf b = {0};
    if (vf_direct_url_parse(&f.a, f.in, &d, &f.err) == VF_OK) {
        struct vf_freeze_item item = {
            .name = VF_S("x"), .url = &d, .editable = d.editable, .location = VF_S("/x")};
        vf_direct_url_put(&b, &d);
        demand(vf_direct_url_parse(&f.a, vf_buf_slice(&b), &again, &f.err) == VF_OK);
        demand(d.kind == again.kind && vf_slice_eq(d.url, again.url) && d.editable == again.editable);
        demand(vf_slice_eq(d.commit_id, again.commit_id) && vf_slice_eq(d.subdirectory, again.subdirectory));
        vf_buf_clear(&b);
        vf_freeze_put(&b, &item, false);
        urls(&f, d.url);
    }
    urls(&f, f.in);
    vf_buf_release(&b);
    return fuzz_dist_end(&f);
}
