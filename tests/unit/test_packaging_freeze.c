/* Lines of frozen lists; expected texts are those of pip 26.3. */
#include "packaging_helper.h"

#include "packaging/freeze.h"

static struct vf_arena arena;

static void check_lines(const struct vf_freeze_item *item, bool secrets, const char *req)
{
    struct vf_buf b = {0};
    vf_freeze_put(&b, item, secrets);
    CHECK_SLICE(vf_buf_slice(&b), req);
    vf_buf_release(&b);
}

static struct vf_freeze_item item_of(const char *name, const char *version)
{
    return (struct vf_freeze_item){.name = vf_slice_of(name), .version = {.text = vf_slice_of(version)}};
}

static void names_and_versions(void **state)
{
    (void)state;
    struct vf_freeze_item item = item_of("Foo.Bar-Baz", "1.0");
    check_lines(&item, false, "Foo.Bar-Baz==1.0\n");
    item.version.legacy = true;
    check_lines(&item, false, "Foo.Bar-Baz===1.0\n");
    assert_false(vf_freeze_is_local(&item));
    assert_false(vf_freeze_has_secret(&item));
}

static void check_version(const char *base, const char *header, const char *req, bool legacy)
{
    struct vf_freeze_version v;
    struct vf_err err = {0};
    struct vf_info_name info = vf_info_name_parse(vf_slice_of(base));
    struct vf_slice h = vf_slice_of(header);
    assert_int_equal(vf_freeze_version(&arena, &info, header ? &h : NULL, &v, &err), VF_OK);
    CHECK_SLICE(v.text, req);
    assert_int_equal(v.legacy, legacy);
}

static void where_versions_come_from(void **state)
{
    (void)state;
    check_version("norm-1.0.0_rc1.dist-info", "9", "1.0.0rc1", false);
    check_version("norm-01.0.post.dist-info", "9", "1.0.post0", false);
    check_version("dirver-1.0.dist-info", "2.0", "1.0", false);
    check_version("legacy-1.0_weird.dist-info", "1.0-weird", "1.0-weird", true);
    check_version("legacy-weird.dist-info", NULL, "None", true);
    check_version("nover.dist-info", "1.0.0", "1.0.0", false);
    check_version("X-4.0-py3.8.egg-info", "5", "5", false);
    check_version("X-4.0.egg-info", NULL, "None", true);
}

static void direct_references(void **state)
{
    (void)state;
    struct vf_direct_hash h[] = {{VF_S("sha512"), VF_S("aa")}, {VF_S("sha256"), VF_S("bb")}};
    struct vf_direct_url u = {
        .kind = VF_DIRECT_ARCHIVE, .url = VF_S("https://h/x.whl"), .hashes = h, .n_hashes = 2};
    struct vf_freeze_item item = item_of("X-y", "1");
    item.url = &u;
    check_lines(&item, false, "X-y @ https://h/x.whl#sha512=aa\n");
    u.subdirectory = VF_S("d");
    check_lines(&item, false, "X-y @ https://h/x.whl#sha512=aa&subdirectory=d\n");
    assert_false(vf_freeze_is_local(&item));
    u = (struct vf_direct_url){.kind = VF_DIRECT_DIR, .url = VF_S("file:///p%20q")};
    check_lines(&item, false, "X-y @ file:///p%20q\n");
    assert_true(vf_freeze_is_local(&item));
    u = (struct vf_direct_url){.kind = VF_DIRECT_VCS,
                               .url = VF_S("https://me:pw@h/r.git"),
                               .vcs = VF_S("git"),
                               .commit_id = VF_S("c0ffee"),
                               .requested_revision = VF_S("main"),
                               .subdirectory = VF_S("sub")};
    check_lines(&item, false, "X-y @ git+https://****@h/r.git@c0ffee#subdirectory=sub\n");
    check_lines(&item, true, "X-y @ git+https://me:pw@h/r.git@c0ffee#subdirectory=sub\n");
    assert_true(vf_freeze_has_secret(&item));
}

static void editables(void **state)
{
    (void)state;
    struct vf_freeze_item item = item_of("My-proj", "0.1");
    item.editable = true;
    item.location = VF_S("/src/my proj");
    check_lines(&item, false, "# Editable install with no version control (My-proj==0.1)\n-e /src/my proj\n");
    assert_true(vf_freeze_is_local(&item));
    item.vcs = (struct vf_freeze_vcs){.state = VF_VCS_NO_REMOTE, .kind = VF_S("git")};
    check_lines(&item, false, "# Editable Git install with no remote (My-proj==0.1)\n-e /src/my proj\n");
    item.vcs =
        (struct vf_freeze_vcs){.state = VF_VCS_BAD_REMOTE, .kind = VF_S("git"), .remote = VF_S("/gone")};
    check_lines(&item, false,
                "# Editable Git install (My-proj==0.1) with either a deleted local remote or invalid URI:\n"
                "# '/gone'\n-e /src/my proj\n");
    item.vcs = (struct vf_freeze_vcs){.state = VF_VCS_UNKNOWN, .kind = VF_S("hg")};
    check_lines(&item, false, "## !! Could not determine repository location\n-e /src/my proj\n");
    item.vcs = (struct vf_freeze_vcs){.state = VF_VCS_FOUND,
                                      .kind = VF_S("git"),
                                      .remote = VF_S("https://tok@h/r.git"),
                                      .commit = VF_S("abc"),
                                      .subdirectory = VF_S("py")};
    check_lines(&item, false, "-e git+https://****@h/r.git@abc#egg=My_proj&subdirectory=py\n");
    assert_true(vf_freeze_has_secret(&item));
    assert_false(vf_freeze_is_local(&item));
    item.vcs.remote = VF_S("git://h/r");
    item.vcs.subdirectory = VF_S("");
    check_lines(&item, false, "-e git+git://h/r@abc#egg=My_proj\n");
    item.vcs.kind = VF_S("bzr");
    item.vcs.remote = VF_S("bzr://h/r");
    check_lines(&item, false, "-e bzr://h/r@abc#egg=My_proj\n");
    item.vcs.kind = VF_S("svn");
    item.vcs.remote = VF_S("svn://h/r");
    check_lines(&item, false, "-e svn+svn://h/r@abc#egg=My_proj\n");
}

static void check_hashed(const struct vf_freeze_item *item, const char *req)
{
    struct vf_buf b = {0};
    assert_null(vf_freeze_why_unhashed(item));
    vf_freeze_hashed_put(&b, item);
    CHECK_SLICE(vf_buf_slice(&b), req);
    vf_buf_release(&b);
}

static void hashes(void **state)
{
    (void)state;
    struct vf_direct_hash ab = {VF_S("sha256"), VF_S("ab")}, cd = {VF_S("sha256"), VF_S("cd")},
                          md5 = {VF_S("md5"), VF_S("ef")};
    struct vf_lock_file wheels[] = {{.hashes = &ab, .n_hashes = 1}, {.hashes = &cd, .n_hashes = 1}};
    struct vf_direct_url u = {
        .kind = VF_DIRECT_ARCHIVE, .url = VF_S("https://t:o@h/x.whl"), .hashes = &ab, .n_hashes = 1};
    struct vf_freeze_item item = item_of("X", "1");
    assert_non_null(vf_freeze_why_unhashed(&item));
    item.url = &u;
    check_hashed(&item, "X @ https://****@h/x.whl#sha256=ab\n");
    u.hashes = &md5; /* pip does not take that for a hash */
    assert_non_null(vf_freeze_why_unhashed(&item));
    u.kind = VF_DIRECT_VCS;
    assert_non_null(vf_freeze_why_unhashed(&item));
    item.wheels = wheels;
    item.n_wheels = 2;
    check_hashed(&item, "X==1 \\\n    --hash=sha256:ab \\\n    --hash=sha256:cd\n");
    item.url = NULL;
    check_hashed(&item, "X==1 \\\n    --hash=sha256:ab \\\n    --hash=sha256:cd\n");
    item.editable = true;
    assert_non_null(vf_freeze_why_unhashed(&item));
}

/* What would be a line of its own, or a message to a terminal, stays inside its line. */
static void control_characters(void **state)
{
    (void)state;
    struct vf_direct_url u = {.kind = VF_DIRECT_ARCHIVE,
                              .url = VF_S("https://u:p@h/\x1b[2J\n-e /etc\xe2\x80\xa8x\xc2\x85\x7f")};
    struct vf_freeze_item item = item_of("x", "1\r2");
    item.version.legacy = true;
    check_lines(&item, false, "x===1%0D2\n");
    item.url = &u;
    check_lines(&item, false, "x @ https://****@h/%1B[2J%0A-e /etc%E2%80%A8x%C2%85%7F\n");
    item.editable = true;
    item.location = VF_S("/a b\n-e c");
    check_lines(&item, false,
                "# Editable install with no version control (x===1%0D2)\n-e file:///a%20b%0A-e%20c\n");
}

static void git_remotes(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        bool exists;
        const char *req;
    } table[] = {
        {"https://h/x", false, "https://h/x"},
        {"git@h.example:a/b.git", false, "ssh://git@h.example/a/b.git"},
        {"host:path", false, "ssh://host/path"},
        {"/srv/a b.git", true, "file:///srv/a%20b.git"},
        {"/srv/a b.git", false, NULL},
        {"h:/abs", false, NULL},
        {"a:b:c", false, NULL},
        {"", false, NULL},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_slice out = {NULL, 0};
        bool ok = vf_freeze_git_remote(&arena, vf_slice_of(table[i].in), table[i].exists, &out);
        assert_int_equal(ok, table[i].req != NULL);
        if (ok)
            CHECK_SLICE(out, table[i].req);
    }
}

static void order_and_omissions(void **state)
{
    (void)state;
    struct vf_freeze_item items[] = {item_of("b", "1"), item_of("A", "1"), item_of("a", "2"),
                                     item_of("a-b", "1")};
    vf_freeze_sort(items, VF_COUNT(items));
    CHECK_SLICE(items[0].name, "A");
    CHECK_SLICE(items[1].name, "a");
    CHECK_SLICE(items[2].name, "a-b");
    CHECK_SLICE(items[3].name, "b");
    assert_true(vf_freeze_hides(VF_S("argparse"), 12, true));
    assert_true(vf_freeze_hides(VF_S("pip"), 12, false));
    assert_false(vf_freeze_hides(VF_S("pip"), 12, true));
    assert_true(vf_freeze_hides(VF_S("setuptools"), 11, false));
    assert_false(vf_freeze_hides(VF_S("setuptools"), 12, false));
    assert_false(vf_freeze_hides(VF_S("setuptools"), 0, false));
    assert_false(vf_freeze_hides(VF_S("six"), 8, false));
}

static int setup(void **state)
{
    (void)state;
    vf_arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vf_arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_versions),
        cmocka_unit_test(where_versions_come_from),
        cmocka_unit_test(direct_references),
        cmocka_unit_test(editables),
        cmocka_unit_test(hashes),
        cmocka_unit_test(control_characters),
        cmocka_unit_test(git_remotes),
        cmocka_unit_test(order_and_omissions),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
