/* Names of wheels and tags of targets, as the `packaging` library has them (fixtures/packaging, see
 * test_packaging_python.c). */
#include "packaging_helper.h"

#include <stdlib.h>

#include "base/digest.h"
#include "packaging/name.h"
#include "packaging/tags.h"
#include "packaging/text.h"

static struct vf_arena arena, kept;

static struct dist_vector open_vectors(const char *name)
{
    const char *dir = getenv("VF_DIST_VECTORS");
    struct vf_buf path = {0};
    vf_buf_puts(&path, dir ? dir : "fixtures/packaging");
    vf_buf_putc(&path, '/');
    vf_buf_puts(&path, name);
    struct dist_vector v = {.rest = dist_read_file(&kept, vf_buf_cstr(&path))};
    vf_buf_release(&path);
    return v;
}

static void put_tag(struct vf_buf *b, const struct vf_tag *t)
{
    size_t from = b->n;
    vf_buf_put(b, t->python);
    vf_buf_putc(b, '-');
    vf_buf_put(b, t->abi);
    vf_buf_putc(b, '-');
    vf_buf_put(b, t->platform);
    for (; from < b->n; from++)
        b->p[from] = (char)vf_text_lower((unsigned char)b->p[from]);
}

static int by_bytes(const void *a, const void *b)
{
    return vf_slice_cmp(*(const struct vf_slice *)a, *(const struct vf_slice *)b);
}

/* Every tag of the product, sorted, once each, blanks between. */
static void put_expanded(struct vf_buf *b, const struct vf_tag *t)
{
    struct vf_slice all[64];
    size_t n = 0;
    struct vf_tag one;
    for (struct vf_slice p = t->python; vf_tag_next(&p, &one.python);) {
        for (struct vf_slice q = t->abi; vf_tag_next(&q, &one.abi);) {
            for (struct vf_slice r = t->platform; vf_tag_next(&r, &one.platform);) {
                struct vf_buf text = {0};
                assert_true(n < VF_COUNT(all));
                put_tag(&text, &one);
                all[n++] = vf_arena_dup(&arena, vf_buf_slice(&text));
                vf_buf_release(&text);
            }
        }
    }
    qsort(all, n, sizeof *all, by_bytes);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || !vf_slice_eq(all[i], all[i - 1])) {
            vf_buf_puts(b, i > 0 ? " " : "");
            vf_buf_put(b, all[i]);
        }
    }
}

static void put_build(struct vf_buf *b, struct vf_slice build)
{
    size_t digits = 0;
    size_t zeros = 0;
    while (digits < build.n && vf_text_digit(build.p[digits]))
        digits++;
    while (zeros + 1 < digits && build.p[zeros] == '0')
        zeros++;
    if (build.n > 0) {
        vf_buf_put(b, vf_slice_sub(build, zeros, digits));
        vf_buf_putc(b, ',');
        vf_buf_put(b, vf_slice_from(build, digits));
    }
}

static void wheel_names(void **state)
{
    (void)state;
    unsigned failures = 0;
    struct dist_vector v = open_vectors("wheel_names.tsv");
    while (vf_arena_clear(&arena), dist_next_vector(&arena, &v)) {
        struct vf_wheel_name w;
        struct vf_err err = {0};
        struct vf_buf ours = {0}, theirs = {0};
        if (vf_wheel_name_parse(&arena, v.field[0], &w, &err) == VF_OK) {
            vf_name_canonical_put(&ours, w.name);
            vf_buf_putc(&ours, '\t');
            vf_version_put(&ours, &w.version);
            vf_buf_putc(&ours, '\t');
            put_build(&ours, w.build);
            vf_buf_putc(&ours, '\t');
            put_expanded(&ours, &w.tags);
        } else {
            vf_buf_putc(&ours, '-');
        }
        for (size_t i = 1; i < v.n; i++) {
            vf_buf_puts(&theirs, i > 1 ? "\t" : "");
            vf_buf_put(&theirs, v.field[i]);
        }
        if (!vf_slice_eq(vf_buf_slice(&ours), vf_buf_slice(&theirs)) && failures++ < 20) {
            print_error("line %u: '%s': '%s'\n", v.line, vf_quote(v.field[0]).s,
                        vf_quote(vf_buf_slice(&ours)).s);
        }
        vf_buf_release(&ours);
        vf_buf_release(&theirs);
        vf_err_release(&err);
    }
    assert_int_equal(failures, 0);
}

static void two_numbers(struct vf_slice s, unsigned *major, unsigned *minor)
{
    uint64_t x = 0, y = 0;
    size_t dot = vf_slice_find_byte(s, '.', 0);
    if (s.n > 0) {
        assert_true(vf_slice_to_u64(vf_slice_sub(s, 0, dot), &x));
        assert_true(vf_slice_to_u64(vf_slice_from(s, dot + 1), &y));
    }
    *major = (unsigned)x;
    *minor = (unsigned)y;
}

static bool is(struct vf_slice s, const char *req)
{
    return vf_slice_eq(s, vf_slice_of(req));
}

static struct vf_wheel_target target_of(const struct dist_vector *v)
{
    struct vf_wheel_target t = {
        .python = VF_TARGET_OTHER_PYTHON, .implementation = v->field[0], .abi = v->field[2]};
    struct vf_slice system = v->field[3];
    two_numbers(v->field[1], &t.major, &t.minor);
    if (is(v->field[0], "cp")) {
        t.python = VF_TARGET_CPYTHON;
        t.debug = vf_slice_find_byte(t.abi, 'd', 0) != VF_NPOS;
        t.threaded = vf_slice_find_byte(t.abi, 't', 0) != VF_NPOS;
        t.pymalloc = vf_slice_find_byte(t.abi, 'm', 0) != VF_NPOS;
    } else if (is(v->field[0], "pp")) {
        t.python = VF_TARGET_PYPY;
    }
    t.os = is(system, "other") ? VF_TARGET_OTHER : is(system, "macos") ? VF_TARGET_MACOS : VF_TARGET_LINUX;
    t.arch = t.platform = v->field[4];
    unsigned major, minor;
    two_numbers(v->field[5], &major, &minor);
    if (is(system, "glibc")) {
        t.glibc_major = major;
        t.glibc_minor = minor;
    } else if (is(system, "musl")) {
        t.musl_major = major;
        t.musl_minor = minor;
    } else {
        t.macos_major = major;
        t.macos_minor = minor;
    }
    return t;
}

static void tags_of_targets(void **state)
{
    (void)state;
    struct dist_vector v = open_vectors("targets.tsv");
    while (vf_arena_clear(&arena), dist_next_vector(&arena, &v)) {
        struct vf_wheel_target t = target_of(&v);
        struct vf_tags tags;
        struct vf_err err = {0};
        struct vf_buf b = {0}, hex = {0};
        unsigned char sum[32];
        assert_int_equal(vf_tags_make(&arena, &t, &tags, &err), VF_OK);
        for (size_t i = 0; i < tags.n; i++) {
            put_tag(&b, &tags.v[i]);
            vf_buf_putc(&b, '\n');
        }
        assert_true(vf_sha256(vf_buf_slice(&b), sum));
        vf_hex_put(&hex, (struct vf_slice){(char *)sum, 32});
        if (!vf_slice_eq(vf_buf_slice(&hex), v.field[7]))
            fail_msg("line %u: %zu tags differ:\n%s", v.line, tags.n, vf_buf_cstr(&b));
        vf_buf_release(&b);
        vf_buf_release(&hex);
    }
}

static size_t rank(const struct vf_tags *tags, const char *wheel)
{
    struct vf_tag t;
    assert_true(vf_tag_parse(vf_slice_of(wheel), &t));
    return vf_tags_rank(tags, &t);
}

static void what_a_target_takes(void **state)
{
    (void)state;
    struct vf_tags tags;
    struct vf_err err = {0};
    struct vf_wheel_target t = {.python = VF_TARGET_CPYTHON,
                                .major = 3,
                                .minor = 11,
                                .os = VF_TARGET_LINUX,
                                .arch = VF_S("x86_64"),
                                .glibc_major = 2,
                                .glibc_minor = 28};
    assert_int_equal(vf_tags_make(&arena, &t, &tags, &err), VF_OK);
    assert_int_equal(rank(&tags, "cp311-cp311-linux_x86_64"), 0);
    assert_true(rank(&tags, "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64") <
                rank(&tags, "cp38-abi3-linux_x86_64"));
    assert_true(rank(&tags, "cp38-abi3-linux_x86_64") < rank(&tags, "py2.py3-none-any"));
    assert_int_equal(rank(&tags, "PY3-None-ANY"), tags.n - 12);
    assert_int_equal(rank(&tags, "cp311-cp311-manylinux_2_29_x86_64"), VF_NPOS);
    assert_int_equal(rank(&tags, "cp310-cp310-manylinux_2_17_x86_64"), VF_NPOS);
    assert_int_equal(rank(&tags, "cp311-cp311-musllinux_1_1_x86_64"), VF_NPOS);
    assert_int_equal(rank(&tags, "py2-none-any"), VF_NPOS);
    t.threaded = true;
    assert_int_equal(vf_tags_make(&arena, &t, &tags, &err), VF_OK);
    assert_int_equal(rank(&tags, "cp38-abi3-linux_x86_64"), VF_NPOS);
    t.glibc_minor = 100000;
    assert_int_equal(vf_tags_make(&arena, &t, &tags, &err), VF_NOT_SUPPORTED);
    vf_err_release(&err);
}

static void check_compressed(const char *const *lines, size_t n, const char *req, bool want_exact)
{
    struct vf_slice s[4];
    struct vf_tag out;
    struct vf_err err = {0};
    struct vf_buf b = {0};
    bool exact;
    for (size_t i = 0; i < n; i++)
        s[i] = vf_slice_of(lines[i]);
    assert_int_equal(vf_tags_compress(&arena, s, n, &out, &exact, &err), VF_OK);
    put_tag(&b, &out);
    CHECK_SLICE(vf_buf_slice(&b), req);
    assert_int_equal(exact, want_exact);
    vf_buf_release(&b);
}

static void tags_for_a_file_name(void **state)
{
    (void)state;
    static const char *const two[] = {"py3-none-any", "py2-none-any"};
    static const char *const many[] = {"cp311-cp311-manylinux2014_x86_64",
                                       "cp311-cp311-manylinux_2_17_x86_64"};
    static const char *const odd[] = {"cp311-cp311-linux_x86_64", "py3-none-any"};
    static const char *const bad[] = {"py3-none-any", "py3-none"};
    struct vf_tag out;
    struct vf_err err = {0};
    bool exact;
    check_compressed(two, 2, "py2.py3-none-any", true);
    check_compressed(many, 2, "cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64", true);
    check_compressed(odd, 2, "cp311-cp311-linux_x86_64", false);
    struct vf_slice s[] = {vf_slice_of(bad[0]), vf_slice_of(bad[1])};
    assert_int_equal(vf_tags_compress(&arena, s, 2, &out, &exact, &err), VF_MALFORMED);
    vf_err_clear(&err);
    assert_int_equal(vf_tags_compress(&arena, s, 0, &out, &exact, &err), VF_MALFORMED);
    vf_err_release(&err);
}

static void order_of_builds(void **state)
{
    (void)state;
    assert_true(vf_wheel_build_cmp(VF_S(""), VF_S("1")) < 0);
    assert_true(vf_wheel_build_cmp(VF_S("9"), VF_S("10")) < 0);
    assert_true(vf_wheel_build_cmp(VF_S("2b"), VF_S("2a")) > 0);
    assert_true(vf_wheel_build_cmp(VF_S("02"), VF_S("2")) == 0);
}

static int setup(void **state)
{
    (void)state;
    vf_arena_init(&arena);
    vf_arena_init(&kept);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vf_arena_release(&arena);
    vf_arena_release(&kept);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wheel_names),         cmocka_unit_test(tags_of_targets),
        cmocka_unit_test(what_a_target_takes), cmocka_unit_test(tags_for_a_file_name),
        cmocka_unit_test(order_of_builds),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
