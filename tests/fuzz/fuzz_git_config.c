/* A git configuration: a URL that is found is there, and the same file with a broken line before it has none.
 */
#include "env/git_config.h"

#include "fuzz_packaging.h"

/* Some names are those of the file itself. */
static bool read_again(void *ctx, struct vf_slice path, struct vf_slice *text)
{
    struct fuzz_dist *f = ctx;
    *text = f->in;
    return path.n % 3 != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = fuzz_dist_begin(data, size);
    struct vf_slice url, again;
    struct vf_git_config config = {.text = f.in, .dir = VF_S("/r/.git"), .read = read_again, .ctx = &f};
    enum vf_git_remote r = vf_git_remote_url(&f.a, &config, &url);
    demand(r == VF_GIT_REMOTE_NO_MEMORY || url.p != NULL);
    demand(r != VF_GIT_REMOTE_FOUND || url.n > 0);
    demand(url.n <= f.in.n);
    config.text = vf_arena_concat(&f.a, VF_S("[\n"), f.in, VF_S(""));
    demand(vf_git_remote_url(&f.a, &config, &again) == VF_GIT_REMOTE_BROKEN);
    return fuzz_dist_end(&f);
}
