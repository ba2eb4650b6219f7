/* A git configuration: a URL that is found is there, and the same file with a broken line before it has none.
 */
#include "env/git_config.h"

#include "fuzz_dist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_dist f = fuzz_dist_begin(data, size);
    struct vf_slice url, again;
    enum vf_git_remote r = vf_git_remote_url(&f.a, f.in, &url);
    demand(r == VF_GIT_REMOTE_NO_MEMORY || url.p != NULL);
    demand(r != VF_GIT_REMOTE_FOUND || url.n > 0);
    demand(url.n <= f.in.n);
    struct vf_slice broken = vf_arena_concat(&f.a, VF_S("[\n"), f.in, VF_S(""));
    demand(vf_git_remote_url(&f.a, broken, &again) == VF_GIT_REMOTE_BROKEN);
    return fuzz_dist_end(&f);
}
