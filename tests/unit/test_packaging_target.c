/* Words for a target: tags and markers as the newest packaging has them, and what is no target. */
#include "fs_box.h"

#include "packaging/target.h"

static void make(struct box *b, const char *python, const char *platform, unsigned glibc, struct vf_target *g)
{
    struct vf_target_spec s = {
        .python = vf_slice_of(python), .platform = vf_slice_of(platform), .glibc_minor = glibc};
    assert_int_equal(vf_target_make(&b->arena, &s, g, &b->err), VF_OK);
}

static bool takes(const struct vf_target *g, const char *text)
{
    struct vf_tag t;
    assert_true(vf_tag_parse(vf_slice_of(text), &t));
    return vf_tags_rank(&g->tags, &t) != VF_NPOS;
}

static void linux_targets(void **state)
{
    struct box *b = *state;
    struct vf_target g;
    make(b, "3.12", "manylinux_2_28_x86_64", 0, &g);
    assert_true(takes(&g, "cp312-cp312-manylinux_2_28_x86_64") &&
                takes(&g, "cp39-abi3-manylinux2014_x86_64"));
    assert_true(takes(&g, "py2.py3-none-any") && takes(&g, "cp312-cp312-linux_x86_64"));
    assert_false(takes(&g, "cp312-cp312-manylinux_2_31_x86_64"));
    assert_false(takes(&g, "cp311-cp311-manylinux_2_28_x86_64"));
    assert_false(takes(&g, "cp312-cp312-manylinux_2_28_aarch64"));
    make(b, "3.12", "linux_x86_64", 0, &g);
    assert_true(takes(&g, "cp312-cp312-manylinux_2_41_x86_64"));
    make(b, "3.12", "linux_x86_64", 17, &g);
    assert_true(takes(&g, "cp312-cp312-manylinux2014_x86_64"));
    assert_false(takes(&g, "cp312-cp312-manylinux_2_18_x86_64"));
    make(b, "3.13t", "musllinux_1_2_aarch64", 0, &g);
    assert_true(takes(&g, "cp313-cp313t-musllinux_1_1_aarch64") && g.target.threaded);
    assert_false(takes(&g, "cp313-cp313-musllinux_1_1_aarch64"));
    box_check(g.markers.value[VF_MARKER_PLATFORM_MACHINE], "aarch64");
    box_check(g.markers.value[VF_MARKER_SYS_PLATFORM], "linux");
}

static void other_targets(void **state)
{
    struct box *b = *state;
    struct vf_target g;
    make(b, "3.11.4", "macosx_11_0_arm64", 0, &g);
    assert_true(takes(&g, "cp311-cp311-macosx_11_0_arm64") &&
                takes(&g, "cp311-cp311-macosx_11_0_universal2"));
    assert_false(takes(&g, "cp311-cp311-macosx_12_0_arm64"));
    box_check(g.markers.value[VF_MARKER_SYS_PLATFORM], "darwin");
    box_check(g.markers.value[VF_MARKER_PYTHON_FULL_VERSION], "3.11.4");
    box_check(g.markers.value[VF_MARKER_PYTHON_VERSION], "3.11");
    make(b, "3.11", "win_amd64", 0, &g);
    assert_true(takes(&g, "cp311-cp311-win_amd64"));
    box_check(g.markers.value[VF_MARKER_PLATFORM_MACHINE], "AMD64");
    box_check(g.markers.value[VF_MARKER_OS_NAME], "nt");
    struct vf_target_spec s = {.python = VF_S("3.10"), .pypy = true, .platform = VF_S("linux_x86_64")};
    assert_int_equal(vf_target_make(&b->arena, &s, &g, &b->err), VF_OK);
    assert_true(takes(&g, "pp310-pypy310_pp73-manylinux_2_28_x86_64"));
    box_check(g.markers.value[VF_MARKER_IMPLEMENTATION_NAME], "pypy");
}

static void no_targets(void **state)
{
    struct box *b = *state;
    static const char *const bad[][2] = {{"3", "linux_x86_64"},
                                         {"", "linux_x86_64"},
                                         {"3.", "linux_x86_64"},
                                         {"3.x", "linux_x86_64"},
                                         {"3.1.2.3", "linux_x86_64"},
                                         {"2.7", "linux_x86_64"},
                                         {"3.11", ""},
                                         {"3.11", "linux"},
                                         {"3.11", "linux_"},
                                         {"3.11", "manylinux_2_x86_64"},
                                         {"3.11", "manylinux_3_1_x86_64"},
                                         {"3.11", "musllinux_x86_64"},
                                         {"3.11", "macosx_arm64"},
                                         {"3.11", "any"},
                                         {"3.11", "linux_X"},
                                         {"3.11", "win-amd64"}};
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        struct vf_target_spec s = {.python = vf_slice_of(bad[i][0]), .platform = vf_slice_of(bad[i][1])};
        struct vf_target g;
        if (vf_target_make(&b->arena, &s, &g, &b->err) != VF_USAGE)
            fail_msg("%s %s", bad[i][0], bad[i][1]);
        box_check_err(b, VF_USAGE);
    }
}

static void glibc(void **state)
{
    (void)state;
    unsigned minor = 0;
    static const char *const bad[] = {"", "2", "2.", "3.1", "2.0", "2.x", "2.28.1", "2.100"};
    assert_true(vf_target_parse_glibc(VF_S("2.28"), &minor) && minor == 28);
    for (size_t i = 0; i < VF_COUNT(bad); i++)
        assert_false(vf_target_parse_glibc(vf_slice_of(bad[i]), &minor));
}

static void glibc_of_tags(void **state)
{
    (void)state;
    assert_int_equal(vf_target_tag_glibc(VF_S("manylinux_2_28_x86_64")), 28);
    assert_int_equal(
        vf_target_tag_glibc(VF_S("manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64")), 17);
    assert_int_equal(vf_target_tag_glibc(VF_S("manylinux1_i686")), 5);
    assert_int_equal(vf_target_tag_glibc(VF_S("any")), 0);
    assert_int_equal(vf_target_tag_glibc(VF_S("linux_x86_64")), 0);
    assert_int_equal(vf_target_tag_glibc(VF_S("musllinux_1_2_x86_64")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {BOX_TEST(linux_targets), BOX_TEST(other_targets), BOX_TEST(no_targets),
                                       BOX_TEST(glibc), BOX_TEST(glibc_of_tags)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
