/* direct_url.json and URLs. */
#include "packaging_helper.h"

#include "packaging/direct_url.h"
#include "packaging/url.h"

static struct vf_arena arena;
static struct vf_direct_url du;

static enum vf_status parse(const char *json)
{
    struct vf_err err = {0};
    enum vf_status st = vf_direct_url_parse(&arena, vf_slice_of(json), &du, &err);
    assert_int_equal(st == VF_OK, err.code == VF_OK);
    vf_err_release(&err);
    return st;
}

static void check_put(const char *req)
{
    struct vf_buf b = {0};
    vf_direct_url_put(&b, &du);
    CHECK_SLICE(vf_buf_slice(&b), req);
    vf_buf_release(&b);
}

static void three_kinds(void **state)
{
    (void)state;
    assert_int_equal(
        parse("{\"url\": \"https://h/r.git\", \"vcs_info\": {\"vcs\": \"git\", \"commit_id\": \"abc\","
              " \"requested_revision\": \"main\"}, \"subdirectory\": \"d/e\", \"dir_info\": null}"),
        VF_OK);
    assert_int_equal(du.kind, VF_DIRECT_VCS);
    CHECK_SLICE(du.vcs, "git");
    CHECK_SLICE(du.commit_id, "abc");
    CHECK_SLICE(du.requested_revision, "main");
    CHECK_SLICE(du.subdirectory, "d/e");
    check_put(
        "{\"subdirectory\": \"d/e\", \"url\": \"https://h/r.git\", \"vcs_info\": {\"commit_id\": \"abc\", "
        "\"requested_revision\": \"main\", \"vcs\": \"git\"}}");

    assert_int_equal(parse("{\"url\": \"file:///x.whl\", \"archive_info\": {\"hashes\": {\"sha512\": \"aa\", "
                           "\"sha256\": \"bb\"}, \"hash\": \"sha256=bb\"}}"),
                     VF_OK);
    assert_int_equal(du.kind, VF_DIRECT_ARCHIVE);
    assert_int_equal(du.n_hashes, 2);
    CHECK_SLICE(du.hashes[0].alg, "sha512");
    check_put(
        "{\"archive_info\": {\"hash\": \"sha512=aa\", \"hashes\": {\"sha256\": \"bb\", \"sha512\": \"aa\"}}, "
        "\"url\": \"file:///x.whl\"}");

    assert_int_equal(parse("{\"url\": \"file:///x\", \"archive_info\": {\"hash\": \"md5=a=b\"}}"), VF_OK);
    assert_int_equal(du.n_hashes, 1);
    CHECK_SLICE(du.hashes[0].value, "a=b");
    assert_int_equal(parse("{\"url\": \"u\", \"archive_info\": {}}"), VF_OK);
    check_put("{\"archive_info\": {}, \"url\": \"u\"}");

    assert_int_equal(
        parse("{\"url\": \"file:///p\xc3\xa9\\ud83d\\ude00\", \"dir_info\": {\"editable\": true}}"), VF_OK);
    assert_int_equal(du.kind, VF_DIRECT_DIR);
    assert_true(du.editable);
    check_put("{\"dir_info\": {\"editable\": true}, \"url\": \"file:///p\\u00e9\\ud83d\\ude00\"}");
    assert_int_equal(parse("{\"url\": \"FILE://h/p\", \"dir_info\": {\"editable\": null}}"), VF_OK);
    assert_false(du.editable);
}

static void what_pip_refuses(void **state)
{
    (void)state;
    static const char *const table[] = {
        "",
        "[]",
        "nonsense",
        "{\"url\": \"u\"}",
        "{\"archive_info\": {}}",
        "{\"url\": 1, \"archive_info\": {}}",
        "{\"url\": \"file:///u\", \"archive_info\": {}, \"dir_info\": {}}",
        "{\"url\": \"u\", \"archive_info\": []}",
        "{\"url\": \"u\", \"archive_info\": {\"hash\": \"sha256\"}}",
        "{\"url\": \"u\", \"archive_info\": {\"hash\": 1}}",
        "{\"url\": \"u\", \"archive_info\": {\"hashes\": {\"sha256\": 1}}}",
        "{\"url\": \"u\", \"archive_info\": {\"hashes\": {\"sha256\": \"a\"}, \"hash\": \"sha256=b\"}}",
        "{\"url\": \"u\", \"archive_info\": {\"hashes\": {}, \"hash\": \"sha256=b\"}}",
        "{\"url\": \"u\", \"vcs_info\": {\"vcs\": \"git\"}}",
        "{\"url\": \"u\", \"vcs_info\": {\"commit_id\": \"git\"}}",
        "{\"url\": \"u\", \"vcs_info\": {\"vcs\": \"git\", \"commit_id\": \"a\", \"requested_revision\": 1}}",
        "{\"url\": \"https://h/x\", \"dir_info\": {}}",
        "{\"url\": \"file:rel\", \"dir_info\": {}}",
        "{\"url\": \"file:///x\", \"dir_info\": {\"editable\": 1}}",
        "{\"url\": \"file:///x\", \"dir_info\": {}, \"subdirectory\": 3}",
    };
    for (size_t i = 0; i < VF_COUNT(table); i++)
        if (parse(table[i]) != VF_MALFORMED)
            fail_msg("taken: %s", table[i]);
}

static void deep_and_long_input(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    struct vf_err err = {0};
    for (int i = 0; i < 100000; i++)
        vf_buf_puts(&b, "[");
    assert_int_equal(vf_direct_url_parse(&arena, vf_buf_slice(&b), &du, &err), VF_MALFORMED);
    vf_err_clear(&err);
    while (b.n <= VF_DIRECT_URL_MAX)
        vf_buf_puts(&b, "                                ");
    assert_int_equal(vf_direct_url_parse(&arena, vf_buf_slice(&b), &du, &err), VF_LIMIT);
    vf_err_release(&err);
    vf_buf_release(&b);
}

static void parts_of_urls(void **state)
{
    (void)state;
    struct vf_slice v;
    struct vf_url u = vf_url_split(VF_S("git+SSH://a:b@c@h:1/p/q?x=1#egg=n&subdirectory=s"));
    CHECK_SLICE(u.scheme, "git+SSH");
    CHECK_SLICE(u.userinfo, "a:b@c");
    CHECK_SLICE(u.host, "h:1");
    CHECK_SLICE(u.path, "/p/q");
    CHECK_SLICE(u.query, "x=1");
    CHECK_SLICE(u.fragment, "egg=n&subdirectory=s");
    assert_true(vf_url_fragment_get(VF_S("x#a=1&b=2"), VF_S("b"), &v));
    CHECK_SLICE(v, "2");
    assert_false(vf_url_fragment_get(VF_S("x?b=2"), VF_S("b"), &v));
    u = vf_url_split(VF_S("/a:b"));
    assert_int_equal(u.scheme.n, 0);
    CHECK_SLICE(u.path, "/a:b");
    assert_null(u.userinfo.p);
}

static void file_urls(void **state)
{
    (void)state;
    struct vf_slice p;
    struct vf_buf b = {0};
    assert_true(vf_url_file_path(&arena, VF_S("file:///my%20proj/%7Ex%FF#f"), &p));
    CHECK_SLICE(p, "/my proj/~x\xff");
    assert_true(vf_url_file_path(&arena, VF_S("FILE://localhost/x?q"), &p));
    CHECK_SLICE(p, "/x");
    assert_false(vf_url_file_path(&arena, VF_S("file://host/x"), &p));
    assert_false(vf_url_file_path(&arena, VF_S("file:x"), &p));
    assert_false(vf_url_file_path(&arena, VF_S("https:///x"), &p));
    vf_url_file_put(&b, VF_S("/a b/~'\xff"));
    CHECK_SLICE(vf_buf_slice(&b), "file:///a%20b/~%27%FF");
    vf_buf_release(&b);
}

static void secrets(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {"https://u:p@h/x", "https://****@h/x", "https://h/x"},
        {"https://token@h/x#a@b", "https://****@h/x#a@b", "https://h/x#a@b"},
        {"https://a@b:c@h", "https://****@h", "https://h"},
        {"https://git@h/x", NULL, NULL},
        {"https://@h/x", NULL, NULL},
        {"https://h/x@y", NULL, NULL},
        {"https://${U}@h", NULL, NULL},
        {"https://${U-1}:${P_2}@h", NULL, NULL},
        {"https://${U}:p@h", "https://****@h", "https://h"},
        {"https://${}@h", "https://****@h", "https://h"},
        {"https://${U}${P}@h", "https://****@h", "https://h"},
        {"git+ssh://me@h/x", NULL, NULL},
        {"ssh://me:pw@h/x", "ssh://****@h/x", "ssh://h/x"},
        {"git@h:p", NULL, NULL},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_buf b = {0};
        struct vf_slice url = vf_slice_of(table[i][0]);
        assert_int_equal(vf_url_has_secret(url), table[i][1] != NULL);
        vf_url_redact_put(&b, url);
        CHECK_SLICE(vf_buf_slice(&b), table[i][1] ? table[i][1] : table[i][0]);
        vf_buf_clear(&b);
        vf_url_strip_put(&b, url);
        CHECK_SLICE(vf_buf_slice(&b), table[i][2] ? table[i][2] : table[i][0]);
        vf_buf_release(&b);
    }
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
        cmocka_unit_test(three_kinds),         cmocka_unit_test(what_pip_refuses),
        cmocka_unit_test(deep_and_long_input), cmocka_unit_test(parts_of_urls),
        cmocka_unit_test(file_urls),           cmocka_unit_test(secrets),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
