/* Closures of sets of distributions: who lacks what. */
#include "packaging_helper.h"

#include "packaging/closure.h"

static struct vf_arena arena;

static struct vf_marker_env linux311(void)
{
    struct vf_marker_env e = {0};
    e.value[VF_MARKER_OS_NAME] = VF_S("posix");
    e.value[VF_MARKER_SYS_PLATFORM] = VF_S("linux");
    e.value[VF_MARKER_PYTHON_VERSION] = VF_S("3.11");
    e.value[VF_MARKER_PYTHON_FULL_VERSION] = VF_S("3.11.2");
    return e;
}

static struct vf_closure_dist dist(const char *name, const char *version, const char *headers)
{
    return (struct vf_closure_dist){
        .name = vf_slice_of(name), .version = vf_slice_of(version), .metadata = vf_slice_of(headers)};
}

/* The gaps as lines. */
static void check(const struct vf_closure_dist *d, size_t n, const char *req)
{
    struct vf_marker_env env = linux311();
    struct vf_gap *gaps;
    size_t n_gaps;
    struct vf_err err = {0};
    struct vf_buf b = {0};
    assert_int_equal(vf_closure_check(&arena, d, n, &env, &gaps, &n_gaps, &err), VF_OK);
    for (size_t i = 0; i < n_gaps; i++) {
        vf_gap_put(&b, d, &gaps[i]);
        vf_buf_putc(&b, '\n');
    }
    CHECK_SLICE(vf_buf_slice(&b), req);
    vf_buf_release(&b);
}

static void complete(void **state)
{
    (void)state;
    struct vf_closure_dist d[] = {
        dist("Flask", "3.0", "Requires-Dist: werkZeug>=2\nRequires-Dist: tomli; python_version < '3.11'\n"),
        dist("werkzeug", "2.0.0", "Requires-Dist: watchdog; extra == 'watch'\n"),
    };
    check(d, 2, "");
    check(d, 0, "");
}

static void missing_and_wrong(void **state)
{
    (void)state;
    struct vf_closure_dist d[] = {
        dist("a", "1.0", "Requires-Dist: b>=2 ; os_name == 'posix'\nRequires-Dist: c (<1)\n"),
        dist("b", "1.9", ""),
    };
    check(d, 2, "a 1.0 needs 'b>=2', and 1.9 is there\na 1.0 needs 'c (<1)', which is not there\n");
}

static void pre_releases_and_locals_count(void **state)
{
    (void)state;
    struct vf_closure_dist d[] = {dist("a", "1", "Requires-Dist: b>=2\nRequires-Dist: c==1\n"),
                                  dist("b", "2.1rc1", ""), dist("c", "1+local", "")};
    check(d, 3, "");
}

static void extras(void **state)
{
    (void)state;
    struct vf_slice asked[] = {VF_S("Big_One")};
    struct vf_closure_dist d[] = {
        dist("a", "1", "Requires-Dist: b[more]; extra == 'big.one'\nRequires-Dist: z; extra == 'other'\n"),
        dist("b", "1", "Requires-Dist: c; extra == 'more'\nRequires-Dist: a[other]; extra == 'more'\n"),
    };
    check(d, 2, "");
    d[0].extras = asked;
    d[0].n_extras = 1;
    check(d, 2, "a[other] 1 needs 'z', which is not there\nb[more] 1 needs 'c', which is not there\n");
}

static void an_extra_says_only_what_it_adds(void **state)
{
    (void)state;
    struct vf_slice asked[] = {VF_S("x")};
    struct vf_closure_dist d[] = {dist("a", "1", "Requires-Dist: b\nRequires-Dist: c; extra != 'y'\n")};
    d[0].extras = asked;
    d[0].n_extras = 1;
    check(d, 1, "a 1 needs 'b', which is not there\na 1 needs 'c', which is not there\n");
}

static void malformed(void **state)
{
    (void)state;
    struct vf_closure_dist d[] = {dist("a", "1", "Requires-Dist: b >\nRequires-Dist: c; nonsense == '1'\n")};
    struct vf_marker_env env = linux311();
    struct vf_gap *gaps;
    size_t n_gaps;
    struct vf_err err = {0};
    assert_int_equal(vf_closure_check(&arena, d, 1, &env, &gaps, &n_gaps, &err), VF_OK);
    assert_int_equal(n_gaps, 2);
    assert_int_equal(gaps[0].kind, VF_GAP_MALFORMED);
    assert_true(gaps[1].why && *gaps[1].why);
    CHECK_SLICE(gaps[1].text, "c; nonsense == '1'");
}

static void a_version_that_is_none(void **state)
{
    (void)state;
    struct vf_closure_dist d[] = {dist("a", "1", "Requires-Dist: b\nRequires-Dist: b>1\n"),
                                  dist("b", "weird", "")};
    check(d, 2, "a 1 needs 'b>1', and weird is there\n");
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
        cmocka_unit_test(complete),
        cmocka_unit_test(missing_and_wrong),
        cmocka_unit_test(extras),
        cmocka_unit_test(pre_releases_and_locals_count),
        cmocka_unit_test(malformed),
        cmocka_unit_test(an_extra_says_only_what_it_adds),
        cmocka_unit_test(a_version_that_is_none),
    };
    vf_arena_init(&arena);
    return cmocka_run_group_tests(tests, NULL, teardown);
}
