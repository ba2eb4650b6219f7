/* Frozen distributions as a lock file. That readers take what is written is shown end to end
 * (test_freeze.py). */
#include "packaging_helper.h"

#include "packaging/freeze_lock.h"

#define HEAD                                                                                                 \
    "lock-version = \"1.0\"\nrequires-python = \"==3.12.*\"\nextras = []\ndependency-groups = []\n"          \
    "default-groups = []\ncreated-by = \"venvfix\"\n"

static struct vf_direct_hash ab = {VF_S_INIT("sha256"), VF_S_INIT("ab")};

static void check(const struct vf_freeze_item *item, const char *req)
{
    struct vf_buf b = {0};
    struct vf_err err = {0};
    assert_null(vf_freeze_why_unlocked(item));
    assert_int_equal(vf_freeze_lock_put(&b, item, 1, 12, &err), VF_OK);
    assert_true(vf_slice_starts(vf_buf_slice(&b), VF_S(HEAD "\n[[packages]]\n")));
    CHECK_SLICE(vf_slice_from(vf_buf_slice(&b), sizeof HEAD "\n[[packages]]\n" - 1), req);
    vf_buf_release(&b);
}

static struct vf_freeze_item item_of(const char *name)
{
    return (struct vf_freeze_item){.name = vf_slice_of(name),
                                   .canonical = vf_slice_of(name),
                                   .requires_python = VF_S(">=3.8"),
                                   .version = {.text = VF_S("1.0")}};
}

static void wheels(void **state)
{
    (void)state;
    struct vf_lock_file w = {.name = VF_S("x-1.0-py3-none-any.whl"),
                             .path = VF_S("w/x-1.0-py3-none-any.whl"),
                             .has_size = true,
                             .size = 7,
                             .hashes = &ab,
                             .n_hashes = 1};
    struct vf_freeze_item item = item_of("x");
    assert_non_null(vf_freeze_why_unlocked(&item));
    item.wheels = &w;
    item.n_wheels = 1;
    const char *req =
        "name = \"x\"\nversion = \"1.0\"\nrequires-python = \">=3.8\"\nwheels = [\n"
        "    { path = \"w/x-1.0-py3-none-any.whl\", size = 7, hashes = { sha256 = \"ab\" } },\n]\n";
    check(&item, req);
    struct vf_direct_url u = {.kind = VF_DIRECT_DIR, .url = VF_S("file:///p")};
    item.url = &u; /* a wheel that is there goes before a directory */
    check(&item, req);
    item.requires_python = VF_S("3.8 or so");
    check(&item, "name = \"x\"\nversion = \"1.0\"\nwheels = [\n"
                 "    { path = \"w/x-1.0-py3-none-any.whl\", size = 7, hashes = { sha256 = \"ab\" } },\n]\n");
}

static void archives(void **state)
{
    (void)state;
    struct vf_direct_url u = {
        .kind = VF_DIRECT_ARCHIVE, .url = VF_S("https://t:o@h/x.zip"), .subdirectory = VF_S("d")};
    struct vf_freeze_item item = item_of("x");
    item.url = &u;
    assert_non_null(vf_freeze_why_unlocked(&item));
    u.hashes = &ab;
    u.n_hashes = 1;
    check(
        &item,
        "name = \"x\"\nversion = \"1.0\"\nrequires-python = \">=3.8\"\n"
        "archive = { url = \"https://****@h/x.zip\", hashes = { sha256 = \"ab\" }, subdirectory = \"d\" }\n");
}

static void commits(void **state)
{
    (void)state;
    struct vf_direct_url u = {.kind = VF_DIRECT_VCS,
                              .url = VF_S("https://h/r.git"),
                              .vcs = VF_S("git"),
                              .commit_id = VF_S("c0ffee"),
                              .requested_revision = VF_S("main"),
                              .subdirectory = VF_S("d")};
    struct vf_freeze_item item = item_of("x");
    item.url = &u;
    check(&item,
          "name = \"x\"\nvcs = { type = \"git\", url = \"https://h/r.git\", requested-revision = \"main\", "
          "commit-id = \"c0ffee\", subdirectory = \"d\" }\n");
    item = item_of("x");
    item.editable = true;
    item.location = VF_S("/src/r/py");
    item.vcs = (struct vf_freeze_vcs){.state = VF_VCS_FOUND,
                                      .kind = VF_S("git"),
                                      .remote = VF_S("ssh://git@h/r.git"),
                                      .commit = VF_S("c0ffee"),
                                      .subdirectory = VF_S("py")};
    check(&item, "name = \"x\"\nvcs = { type = \"git\", url = \"ssh://git@h/r.git\", commit-id = \"c0ffee\", "
                 "subdirectory = \"py\" }\n");
    item.vcs.state = VF_VCS_NO_REMOTE;
    check(&item, "name = \"x\"\ndirectory = { path = \"/src/r/py\", editable = true }\n");
}

static void directories(void **state)
{
    (void)state;
    struct vf_direct_url u = {.kind = VF_DIRECT_DIR, .url = VF_S("file:///a%20b")};
    struct vf_freeze_item item = item_of("x");
    item.url = &u;
    check(&item, "name = \"x\"\ndirectory = { path = \"/a b\" }\n");
    u.url = VF_S("file:///%ff");
    struct vf_buf b = {0};
    struct vf_err err = {0};
    assert_int_equal(vf_freeze_lock_put(&b, &item, 1, 0, &err), VF_BAD_LIST); /* TOML cannot hold it */
    vf_err_release(&err);
    vf_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wheels),
        cmocka_unit_test(archives),
        cmocka_unit_test(commits),
        cmocka_unit_test(directories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
