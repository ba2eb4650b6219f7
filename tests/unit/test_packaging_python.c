/* What Python's `packaging` says of versions, specifiers, markers and requirements is what we say: replays
 * the .tsv files of fixtures/packaging, which tests/tools/gen_dist_vectors.py writes. VF_PACKAGING_VECTORS
 * names another directory, for longer runs by hand. */
#include "packaging_helper.h"

#include <stdlib.h>

#include "packaging/name.h"
#include "packaging/requirement.h"
#include "packaging/text.h"

static struct vf_arena arena, kept;
static unsigned failures;

static struct dist_vector open_vectors(const char *name)
{
    const char *dir = getenv("VF_DIST_VECTORS");
    struct vf_buf path = {0};
    vf_buf_puts(&path, dir ? dir : "fixtures/packaging");
    vf_buf_putc(&path, '/');
    vf_buf_puts(&path, name);
    failures = 0;
    struct dist_vector v = {.rest = dist_read_file(&kept, vf_buf_cstr(&path))};
    vf_buf_release(&path);
    return v;
}

/* Reports a line on which we differ; the test fails at its end, so that all of them are seen. */
static void differ(const struct dist_vector *v, const char *what, struct vf_slice ours)
{
    if (failures++ < 20)
        print_error("line %u: '%s': %s: '%s'\n", v->line, vf_quote(v->field[0]).s, what, vf_quote(ours).s);
}

static bool is(struct vf_slice s, const char *req)
{
    return vf_slice_eq(s, vf_slice_of(req));
}

static bool next(struct dist_vector *v)
{
    vf_arena_clear(&arena);
    return dist_next_vector(&arena, v);
}

static void versions(void **state)
{
    (void)state;
    struct dist_vector v = open_vectors("versions.tsv");
    while (next(&v)) {
        struct vf_version version;
        struct vf_err err = {0};
        struct vf_slice text = VF_S("-");
        bool ok = vf_version_parse(&arena, v.field[0], &version, &err) == VF_OK;
        vf_err_clear(&err);
        if (ok)
            assert_int_equal(vf_version_canonical(&arena, v.field[0], &text, &err), VF_OK);
        if (!vf_slice_eq(text, v.field[1]))
            differ(&v, "canonical", text);
        else if (ok && vf_version_is_pre(&version) != is(v.field[2], "1"))
            differ(&v, "pre-release", text);
        vf_err_release(&err);
    }
    assert_int_equal(failures, 0);
}

static void order_of_versions(void **state)
{
    (void)state;
    struct dist_vector v = open_vectors("version_order.tsv");
    while (next(&v)) {
        struct vf_version a, b;
        struct vf_err err = {0};
        assert_int_equal(vf_version_parse(&arena, v.field[0], &a, &err), VF_OK);
        assert_int_equal(vf_version_parse(&arena, v.field[1], &b, &err), VF_OK);
        int d = vf_version_cmp(&a, &b);
        int back = vf_version_cmp(&b, &a);
        const char *sign = d < 0 ? "-1" : d > 0 ? "1" : "0";
        if (!is(v.field[2], sign) || (d < 0) != (back > 0) || (d == 0) != (back == 0))
            differ(&v, "order", v.field[1]);
    }
    assert_int_equal(failures, 0);
}

static void texts_of_specifiers(void **state)
{
    (void)state;
    struct dist_vector v = open_vectors("specifiers.tsv");
    while (next(&v)) {
        struct vf_specifiers set;
        struct vf_err err = {0};
        struct vf_buf b = {0};
        if (vf_specifiers_parse(&arena, v.field[0], &set, &err) == VF_OK) {
            vf_buf_putc(&b, '=');
            assert_int_equal(vf_specifiers_put(&arena, &b, &set, &err), VF_OK);
            if (vf_specifiers_ask_pre(&set) != is(v.field[2], "1"))
                differ(&v, "asks for pre-releases", v.field[2]);
        } else {
            vf_buf_putc(&b, '-');
        }
        if (!vf_slice_eq(vf_buf_slice(&b), v.field[1]))
            differ(&v, "canonical", vf_buf_slice(&b));
        vf_buf_release(&b);
        vf_err_release(&err);
    }
    assert_int_equal(failures, 0);
}

static void members_of_specifiers(void **state)
{
    (void)state;
    struct dist_vector v = open_vectors("specifier_match.tsv");
    while (next(&v)) {
        struct vf_specifiers set;
        struct vf_err err = {0};
        bool in;
        assert_int_equal(vf_specifiers_parse(&arena, v.field[0], &set, &err), VF_OK);
        assert_int_equal(vf_specifiers_contains_text(&arena, &set, v.field[1], &in, &err), VF_OK);
        if (in != is(v.field[2], "1"))
            differ(&v, "contains", v.field[1]);
    }
    assert_int_equal(failures, 0);
}

static size_t split(struct vf_slice s, struct vf_slice *out, size_t max)
{
    size_t n = 0;
    while (s.n > 0 && n < max) {
        size_t end = vf_slice_find_byte(s, ' ', 0);
        end = end == VF_NPOS ? s.n : end;
        out[n++] = vf_slice_sub(s, 0, end);
        s = vf_slice_from(s, end + 1);
    }
    return n;
}

static void choice_among_versions(void **state)
{
    (void)state;
    struct dist_vector v = open_vectors("specifier_filter.tsv");
    while (next(&v)) {
        struct vf_specifiers set;
        struct vf_err err = {0};
        struct vf_slice texts[8];
        struct vf_version parsed[8];
        struct vf_candidate c[8];
        bool keep[8];
        struct vf_buf b = {0};
        size_t n = split(v.field[2], texts, 8);
        assert_int_equal(vf_specifiers_parse(&arena, v.field[0], &set, &err), VF_OK);
        for (size_t i = 0; i < n; i++) {
            bool ok = vf_version_parse(&arena, texts[i], &parsed[i], &err) == VF_OK;
            vf_err_clear(&err);
            c[i] = (struct vf_candidate){ok ? &parsed[i] : NULL, texts[i]};
        }
        vf_specifiers_filter(&set, c, n, is(v.field[1], "1"), keep);
        for (size_t i = 0; i < n; i++) {
            if (keep[i]) {
                vf_buf_puts(&b, b.n > 0 ? " " : "");
                vf_buf_put(&b, texts[i]);
            }
        }
        if (!vf_slice_eq(vf_buf_slice(&b), v.field[3]))
            differ(&v, "kept", vf_buf_slice(&b));
        vf_buf_release(&b);
    }
    assert_int_equal(failures, 0);
}

static struct vf_slice environments[3][1 + VF_MARKER_ENV_VARS];

static void read_environments(void)
{
    struct dist_vector v = open_vectors("environments.tsv");
    for (size_t i = 0; i < 3; i++) {
        assert_true(dist_next_vector(&kept, &v));
        assert_int_equal(v.n, 1 + VF_MARKER_ENV_VARS);
        memcpy(environments[i], v.field, sizeof environments[i]);
    }
}

static struct vf_marker_env environment(struct vf_slice name, struct vf_slice extra)
{
    static const struct vf_slice extras[] = {VF_S_INIT("Foo_Bar"), VF_S_INIT("x")};
    static const struct vf_slice groups[] = {VF_S_INIT("dev")};
    struct vf_marker_env env = {
        .has_extra = !is(extra, "-"), .extras = extras, .n_extras = 2, .groups = groups, .n_groups = 1};
    env.has_sets = !env.has_extra;
    env.extra = vf_slice_from(extra, 1);
    for (size_t i = 0; i < 3; i++) {
        if (vf_slice_eq(environments[i][0], name)) {
            memcpy(env.value, environments[i] + 1, sizeof env.value);
            return env;
        }
    }
    fail_msg("no such environment");
    return env;
}

static void markers(void **state)
{
    (void)state;
    read_environments();
    struct dist_vector v = open_vectors("markers.tsv");
    while (next(&v)) {
        struct vf_marker m;
        struct vf_err err = {0};
        const char *result = "-";
        bool holds;
        struct vf_marker_env env = environment(v.field[1], v.field[2]);
        if (vf_marker_parse(&arena, v.field[0], &m, &err) == VF_OK) {
            enum vf_status st = vf_marker_eval(&m, &env, &arena, &holds, &err);
            assert_true(st == VF_OK || st == VF_MALFORMED);
            result = st != VF_OK ? "E" : holds ? "1" : "0";
        }
        if (!is(v.field[3], result))
            differ(&v, "result", vf_slice_of(result));
        vf_err_release(&err);
    }
    assert_int_equal(failures, 0);
}

static int by_bytes(const void *a, const void *b)
{
    return vf_slice_cmp(*(const struct vf_slice *)a, *(const struct vf_slice *)b);
}

/* Canonical, sorted, each once, joined by commas. */
static void put_extras(struct vf_buf *b, const struct vf_requirement *r)
{
    struct vf_slice names[16];
    assert_true(r->n_extras <= VF_COUNT(names));
    for (size_t i = 0; i < r->n_extras; i++)
        names[i] = vf_name_canonical(&arena, r->extras[i]);
    qsort(names, r->n_extras, sizeof *names, by_bytes);
    for (size_t i = 0; i < r->n_extras; i++) {
        if (i == 0 || !vf_slice_eq(names[i], names[i - 1])) {
            vf_buf_puts(b, i > 0 ? "," : "");
            vf_buf_put(b, names[i]);
        }
    }
}

static void put_requirement(struct vf_buf *b, const struct vf_requirement *r)
{
    struct vf_err err = {0};
    vf_buf_put(b, r->name);
    vf_buf_putc(b, '\t');
    put_extras(b, r);
    vf_buf_putc(b, '\t');
    vf_buf_put(b, r->url);
    vf_buf_puts(b, "\t=");
    assert_int_equal(vf_specifiers_put(&arena, b, &r->specifiers, &err), VF_OK);
    vf_buf_puts(b, r->has_marker ? "\t1" : "\t0");
}

static void requirements(void **state)
{
    (void)state;
    struct dist_vector v = open_vectors("requirements.tsv");
    while (next(&v)) {
        struct vf_requirement r;
        struct vf_err err = {0};
        struct vf_buf ours = {0}, theirs = {0};
        if (vf_requirement_parse(&arena, v.field[0], &r, &err) == VF_OK)
            put_requirement(&ours, &r);
        else
            vf_buf_putc(&ours, '-');
        for (size_t i = 1; i < v.n; i++) {
            vf_buf_puts(&theirs, i > 1 ? "\t" : "");
            vf_buf_put(&theirs, v.field[i]);
        }
        if (!vf_slice_eq(vf_buf_slice(&ours), vf_buf_slice(&theirs)))
            differ(&v, "parts", vf_buf_slice(&ours));
        vf_buf_release(&ours);
        vf_buf_release(&theirs);
        vf_err_release(&err);
    }
    assert_int_equal(failures, 0);
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
        cmocka_unit_test(versions),
        cmocka_unit_test(order_of_versions),
        cmocka_unit_test(texts_of_specifiers),
        cmocka_unit_test(members_of_specifiers),
        cmocka_unit_test(choice_among_versions),
        cmocka_unit_test(markers),
        cmocka_unit_test(requirements),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
