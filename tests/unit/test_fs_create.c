/* New files in a tree that is being built: the names that are venvfix's own. */
#include "fs_box.h"

#include <stdlib.h>
#include <unistd.h>

#include "fs/create.h"

static void reserved(void **state)
{
    struct box *b = *state;
    static const struct {
        const char *path;
        bool reserved;
    } cases[] = {
        {".venvfix", true},          {".venvfix/journal", true},
        {".VenvFix/x", true},        {".venvfix-0123456789", true},
        {".venvfix-old-12/a", true}, {".venvfi", false},
        {".venvfixed", false},       {".venvfix.txt", false},
        {"etc/.venvfix", false},
    };
    fx_mkdir(b->path, "etc", 0755);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        struct vf_slice rel = vf_slice_of(cases[i].path);
        enum vf_status want = cases[i].reserved ? VF_BAD_ARCHIVE : VF_OK;
        assert_int_equal(vf_create_is_reserved(rel), cases[i].reserved);
        assert_int_equal(vf_create_complete(b->fd, rel, false, VF_S("x"), &b->err), want);
        vf_err_clear(&b->err);
        if (!cases[i].reserved) {
            assert_true(fx_there(b->path, cases[i].path));
            continue;
        }
        assert_int_equal(vf_create_dir(b->fd, rel, &b->err), want);
        vf_err_clear(&b->err);
        assert_int_equal(vf_create_link(b->fd, rel, VF_S("etc"), &b->err), want);
        vf_err_clear(&b->err);
        assert_false(fx_there(b->path, cases[i].path));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {BOX_BOTH(reserved)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
