/* What lists and lock files ask for on a target. */
#include <stdio.h>

#include "packaging_helper.h"

#include "wheel/install_req.h"

static struct vf_arena arena;
static struct vf_install_reqs reqs;
static struct vf_err err;

static struct vf_marker_env target(void)
{
    struct vf_marker_env e = {0};
    for (int i = 0; i < VF_MARKER_ENV_VARS; i++)
        e.value[i] = VF_S("x");
    e.value[VF_MARKER_SYS_PLATFORM] = VF_S("linux");
    e.value[VF_MARKER_PYTHON_VERSION] = VF_S("3.11");
    e.value[VF_MARKER_PYTHON_FULL_VERSION] = VF_S("3.11.2");
    return e;
}

static enum vf_status included(void *ctx, struct vf_slice path, struct vf_arena *a, struct vf_slice *bytes,
                               struct vf_err *e)
{
    (void)path, (void)a, (void)e;
    *bytes = vf_slice_of(ctx);
    return VF_OK;
}

/* `more`: what every -r and -c finds. */
static enum vf_status read_list(const char *text, const char *more)
{
    struct vf_reqlist list;
    struct vf_marker_env env = target();
    struct vf_list_reader reader = {.ctx = (void *)more, .read = included};
    vf_err_clear(&err);
    enum vf_status st =
        vf_reqlist_parse(&arena, VF_S("dir/list.txt"), vf_slice_of(text), &reader, &list, &err);
    return st == VF_OK ? vf_install_reqs_from_list(&arena, &list, &env, VF_S("/cwd"), &reqs, &err) : st;
}

static const struct vf_install_req *req(size_t i)
{
    assert_true(i < reqs.v.n);
    return VF_INSTALL_REQ_AT(&reqs, i);
}

static void check_line(size_t i, const char *text)
{
    struct vf_buf b = {0};
    vf_install_req_put(&b, req(i));
    CHECK_SLICE(vf_buf_slice(&b), text);
    vf_buf_release(&b);
}

static void names(void **state)
{
    (void)state;
    assert_int_equal(read_list("Foo.Bar>=1\nbaz; sys_platform == 'win32'\n", NULL), VF_OK);
    assert_int_equal(reqs.v.n, 1);
    CHECK_SLICE(req(0)->name, "foo-bar");
    check_line(0, "Foo.Bar>=1 (dir/list.txt:1)");
    assert_int_equal(reqs.skipped.n, 1);
    CHECK_SLICE(*VF_VEC_AT(struct vf_slice, &reqs.skipped, 0), "baz; sys_platform == 'win32'");
}

static void merged(void **state)
{
    (void)state;
    assert_int_equal(read_list("a[x]>1 --hash=sha256:" /* 64 digits */
                               "0000000000000000000000000000000000000000000000000000000000000000"
                               " --hash=sha256:"
                               "1111111111111111111111111111111111111111111111111111111111111111\n"
                               "A[y]<3 --hash=sha256:"
                               "1111111111111111111111111111111111111111111111111111111111111111\n"
                               "-c c.txt\n",
                               "a!=2\nb==1\n"),
                     VF_OK);
    assert_int_equal(reqs.v.n, 1);
    assert_int_equal(req(0)->versions.n, 3);
    assert_int_equal(req(0)->n_extras, 2);
    assert_int_equal(req(0)->n_hashes, 1);
    CHECK_SLICE(vf_slice_sub(req(0)->hashes[0].value, 0, 4), "1111");
}

/* Two lines that agree on no hash: nothing may fit, not everything. */
static void hashes_that_disagree(void **state)
{
    (void)state;
    assert_int_equal(read_list("a --hash=sha256:"
                               "0000000000000000000000000000000000000000000000000000000000000000\n"
                               "a --hash=sha256:"
                               "1111111111111111111111111111111111111111111111111111111111111111\n",
                               NULL),
                     VF_OK);
    assert_true(req(0)->hashed);
    assert_int_equal(req(0)->n_hashes, 0);
}

static void prefixes(void **state)
{
    (void)state;
    assert_int_equal(read_list("./w/a-1.0-py3-none-any.whl\n"
                               "b @ file:///w/b-1.0-py3-none-any.whl#sha256=abcd\n"
                               "c @ https://u:p@h/c-1.0-py3-none-any.whl\n"
                               "d @ git+https://h/d@0123456789012345678901234567890123456789#subdirectory=s\n"
                               "e @ git+https://h/e@main\n"
                               "./dir\n"
                               "f @ https://h/f-1.tar.gz\n",
                               NULL),
                     VF_OK);
    CHECK_SLICE(req(0)->name, "a");
    CHECK_SLICE(req(0)->location, "/cwd/w/a-1.0-py3-none-any.whl");
    CHECK_SLICE(req(0)->url.url, "file:///cwd/w/a-1.0-py3-none-any.whl");
    assert_true(req(1)->local && req(1)->hashed);
    CHECK_SLICE(req(1)->location, "/w/b-1.0-py3-none-any.whl");
    CHECK_SLICE(req(1)->hashes[0].value, "abcd");
    assert_int_equal(req(2)->kind, VF_INSTALL_REQ_WHEEL);
    CHECK_SLICE(req(2)->url.url, "https://h/c-1.0-py3-none-any.whl"); /* no secret is written down */
    CHECK_SLICE(req(2)->location, "https://u:p@h/c-1.0-py3-none-any.whl");
    CHECK_SLICE(req(2)->line, "c @ https://****@h/c-1.0-py3-none-any.whl");
    assert_int_equal(req(3)->kind, VF_INSTALL_REQ_SOURCE);
    CHECK_SLICE(req(3)->url.commit_id, "0123456789012345678901234567890123456789");
    CHECK_SLICE(req(3)->url.url, "https://h/d");
    CHECK_SLICE(req(3)->url.subdirectory, "s");
    assert_false(req(4)->has_url); /* which commit it will be is not known */
    assert_int_equal(req(5)->url.kind, VF_DIRECT_DIR);
    assert_int_equal(req(5)->name.n, 0);
    assert_int_equal(req(6)->kind, VF_INSTALL_REQ_SOURCE);
}

static void options(void **state)
{
    (void)state;
    assert_int_equal(
        read_list("-i https://i\n--extra-index-url https://j\n-f links\n-f file:///abs\n-f https://k\n"
                  "--no-index\n--pre\n--require-hashes\n--trusted-host h\n--no-binary x\n",
                  NULL),
        VF_OK);
    CHECK_SLICE(reqs.index_url, "https://i");
    CHECK_SLICE(*VF_VEC_AT(struct vf_slice, &reqs.extra_index_urls, 0), "https://j");
    CHECK_SLICE(*VF_VEC_AT(struct vf_slice, &reqs.find_links, 0), "/cwd/dir/links");
    CHECK_SLICE(*VF_VEC_AT(struct vf_slice, &reqs.find_links, 1), "/abs");
    CHECK_SLICE(*VF_VEC_AT(struct vf_slice, &reqs.find_links, 2), "https://k");
    assert_true(reqs.no_index && reqs.pre && reqs.require_hashes);
    assert_int_equal(reqs.trusted_hosts.n, 1);
    assert_int_equal(reqs.no_binary.n, 1);
}

static void refused(void **state)
{
    (void)state;
    assert_int_equal(read_list("-e ./x\n", NULL), VF_NOT_SUPPORTED);
    assert_int_equal(read_list("a; nonsense == '1'\n", NULL), VF_BAD_LIST);
    assert_int_equal(
        read_list("a @ https://h/a-1-py3-none-any.whl\na @ https://h/b/a-1-py3-none-any.whl\n", NULL),
        VF_BAD_LIST);
    assert_int_equal(read_list("--only-final :all:\n", NULL), VF_NOT_SUPPORTED);
    assert_int_equal(read_list("a --config-settings k=v\n", NULL), VF_NOT_SUPPORTED);
    assert_int_equal(read_list("a @ https://h/b/a-1-py3-none-any.whl\n"
                               "a @ https://u:secret@h/a-1-py3-none-any.whl\n",
                               NULL),
                     VF_BAD_LIST);
    assert_null(strstr(err.detail, "secret"));
}

static void lock(void **state)
{
    (void)state;
    static const char text[] =
        "lock-version = \"1.0\"\ncreated-by = \"t\"\n"
        "[[packages]]\nname = \"a\"\nversion = \"1.0\"\n"
        "wheels = [{path = \"w/a-1.0-py3-none-any.whl\", hashes = {sha256 = \"00\"}},"
        "{url = \"https://h/a-1.0-cp311-cp311-linux_x86_64.whl\", hashes = {sha256 = \"11\"}}]\n"
        "[[packages]]\nname = \"b\"\nversion = \"1.0\"\nmarker = \"sys_platform == 'win32'\"\n"
        "wheels = [{path = \"w/b-1.0-py3-none-any.whl\", hashes = {sha256 = \"00\"}}]\n"
        "[[packages]]\nname = \"c\"\n[packages.directory]\npath = \"c\"\n"
        "[[packages]]\nname = \"d\"\n[packages.vcs]\ntype = \"git\"\nurl = \"https://h/d\"\n"
        "commit-id = \"0123456789012345678901234567890123456789\"\n";
    struct vf_pylock l;
    struct vf_marker_env env = target();
    struct vf_tag tag = {VF_S("py3"), VF_S("none"), VF_S("any")};
    struct vf_tags tags = {&tag, 1};
    vf_err_clear(&err);
    assert_int_equal(vf_pylock_parse(&arena, vf_slice_of(text), &l, &err), VF_OK);
    assert_int_equal(vf_install_reqs_from_lock(&arena, &l, VF_S("/p/pylock.toml"), &env, &tags, &reqs, &err),
                     VF_OK);
    assert_int_equal(reqs.v.n, 3);
    assert_int_equal(req(0)->kind, VF_INSTALL_REQ_NAMED);
    CHECK_SLICE(req(0)->location, "/p/w/a-1.0-py3-none-any.whl");
    assert_true(req(0)->hashed && !req(0)->has_url);
    assert_int_equal(req(0)->n_hashes, 2); /* any of its wheels will do */
    CHECK_SLICE(req(1)->location, "/p/c");
    CHECK_SLICE(req(1)->url.url, "file:///p/c");
    CHECK_SLICE(req(2)->location, "git+https://h/d@0123456789012345678901234567890123456789");
}

static enum vf_status lock_of(const char *package)
{
    struct vf_pylock l;
    struct vf_marker_env env = target();
    struct vf_tag tag = {VF_S("py3"), VF_S("none"), VF_S("any")};
    struct vf_tags tags = {&tag, 1};
    struct vf_buf text = {0};
    vf_buf_puts(&text, "lock-version = \"1.0\"\ncreated-by = \"t\"\n[[packages]]\nname = \"a\"\n");
    vf_buf_puts(&text, package);
    vf_err_clear(&err);
    assert_int_equal(vf_pylock_parse(&arena, vf_buf_slice(&text), &l, &err), VF_OK);
    enum vf_status st =
        vf_install_reqs_from_lock(&arena, &l, VF_S("/p/pylock.toml"), &env, &tags, &reqs, &err);
    vf_buf_release(&text);
    return st;
}

/* What a lock says becomes a line of a list for pip or uv, and must not become an option or a second line. */
static void words_of_a_lock(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "https://h/a-1-py3-none-any.whl\\n--no-binary=:all:",
        "https://h/a-1-py3-none-any.whl --no-binary=:all:", "https://h/${TOKEN}/a-1-py3-none-any.whl"};
    char text[300];
    for (size_t i = 0; i < VF_COUNT(urls); i++) {
        snprintf(text, sizeof text, "archive = {url = \"%s\", hashes = {sha256 = \"00\"}}\n", urls[i]);
        assert_int_equal(lock_of(text), VF_BAD_LIST);
        assert_non_null(strstr(err.detail, "a URL that is none"));
        snprintf(text, sizeof text, "vcs = {type = \"git\", url = \"%s\", commit-id = \"00\"}\n", urls[i]);
        assert_int_equal(lock_of(text), VF_BAD_LIST);
    }
    assert_int_equal(
        lock_of("archive = {url = \"https://h/a-1.tar.gz\", hashes = {sha256 = \"0\\n-e x\"}}\n"),
        VF_BAD_LIST);
    assert_non_null(strstr(err.detail, "a hash that is none"));
    assert_int_equal(lock_of("archive = {url = \"https://h/%7B$a-1.tar.gz\", hashes = {sha256 = \"00\"}}\n"),
                     VF_OK);
}

static void pins(void **state)
{
    (void)state;
    struct vf_install_req *w;
    reqs = (struct vf_install_reqs){0};
    vf_err_clear(&err);
    assert_int_equal(vf_install_reqs_pin(&arena, &reqs, VF_S("A_b"), VF_S("1.0"), VF_S(""), &w, &err), VF_OK);
    CHECK_SLICE(w->line, "A_b==1.0");
    assert_int_equal(vf_install_reqs_pin(&arena, &reqs, VF_S("c"), VF_S("1.0-weird.x"), VF_S("{}"), &w, &err),
                     VF_OK);
    assert_int_equal(w->versions.v[0].op, VF_SPEC_ARBITRARY);
}

static int teardown(void **state)
{
    (void)state;
    vf_arena_release(&arena);
    vf_err_release(&err);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),    cmocka_unit_test(merged),          cmocka_unit_test(hashes_that_disagree),
        cmocka_unit_test(prefixes), cmocka_unit_test(options),         cmocka_unit_test(refused),
        cmocka_unit_test(lock),     cmocka_unit_test(words_of_a_lock), cmocka_unit_test(pins),
    };
    vf_arena_init(&arena);
    vf_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, teardown);
}
