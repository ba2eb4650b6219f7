/* TOML and lock files: as tomllib and packaging.pylock have them (fixtures/packaging), and what is written.
 */
#include "packaging_helper.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"
#include "packaging/pylock.h"
#include "packaging/text.h"

static struct vf_arena arena, kept;
static struct vf_err err;
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

static bool next(struct dist_vector *v)
{
    vf_arena_clear(&arena);
    vf_err_clear(&err);
    return dist_next_vector(&arena, v);
}

static void differ(const struct dist_vector *v, struct vf_slice ours)
{
    if (failures++ < 20) {
        print_error("line %u: %.*s\n  theirs %.*s\n  ours   %.*s (%s)\n", v->line, (int)v->field[0].n,
                    v->field[0].p, (int)v->field[1].n, v->field[1].p, (int)ours.n, ours.p, err.detail);
    }
}

static int by_key(const void *a, const void *b)
{
    return vf_slice_cmp(((const struct vf_toml_member *)a)->key, ((const struct vf_toml_member *)b)->key);
}

/* As toml_text of the generator. Documents of the fixtures are shallow. */
static void put_value(struct vf_buf *b, struct vf_toml_value *v)
{
    switch (v->type) {
    case VF_TOML_STRING:
        vf_buf_putc(b, '"');
        vf_buf_put(b, v->text);
        vf_buf_putc(b, '"');
        break;
    case VF_TOML_INTEGER:
        vf_buf_printf(b, "%lld", (long long)v->integer);
        break;
    case VF_TOML_FLOAT:
        vf_buf_printf(b, isnan(v->real) ? "nan" : "%.17g!", v->real);
        break;
    case VF_TOML_BOOLEAN:
        vf_buf_puts(b, v->boolean ? "true" : "false");
        break;
    case VF_TOML_TIME:
        vf_buf_put(b, v->text);
        break;
    case VF_TOML_ARRAY:
        vf_buf_putc(b, '[');
        for (size_t i = 0; i < v->n; i++) {
            vf_buf_puts(b, i > 0 ? "," : "");
            put_value(b, &v->items[i]);
        }
        vf_buf_putc(b, ']');
        break;
    case VF_TOML_TABLE:
        qsort(v->members, v->n, sizeof *v->members, by_key);
        vf_buf_putc(b, '{');
        for (size_t i = 0; i < v->n; i++) {
            vf_buf_puts(b, i > 0 ? ",\"" : "\"");
            vf_buf_put(b, v->members[i].key);
            vf_buf_puts(b, "\":");
            put_value(b, &v->members[i].value);
        }
        vf_buf_putc(b, '}');
        break;
    }
}

static void documents(void **state)
{
    (void)state;
    struct dist_vector v = open_vectors("toml.tsv");
    while (next(&v)) {
        struct vf_toml_value root, again;
        struct vf_buf ours = {0}, written = {0};
        enum vf_status st = vf_toml_parse(&arena, v.field[0], &root, &err);
        if (st == VF_OK)
            put_value(&ours, &root);
        else
            vf_buf_putc(&ours, '-');
        if (!vf_slice_eq(vf_buf_slice(&ours), v.field[1])) {
            differ(&v, vf_buf_slice(&ours));
        } else if (st == VF_OK) {
            vf_buf_puts(&written, "x = ");
            assert_true(vf_toml_value_put(&written, &root));
            assert_int_equal(vf_toml_parse(&arena, vf_buf_slice(&written), &again, &err), VF_OK);
            vf_buf_clear(&ours);
            put_value(&ours, &again.members[0].value);
            if (!vf_slice_eq(vf_buf_slice(&ours), v.field[1]))
                differ(&v, vf_buf_slice(&ours));
        }
        vf_buf_release(&ours);
        vf_buf_release(&written);
    }
    assert_int_equal(failures, 0);
}

static struct vf_marker_env linux_env(void)
{
    static const struct vf_slice extras[] = {VF_S_INIT("x")};
    static const struct vf_slice none[] = {VF_S_INIT("")};
    struct vf_marker_env env = {.has_sets = true, .extras = extras, .n_extras = 1, .groups = none};
    struct dist_vector v = {.rest = dist_read_file(&kept, "fixtures/packaging/environments.tsv")};
    assert_true(dist_next_vector(&kept, &v));
    memcpy(env.value, v.field + 1, sizeof env.value);
    return env;
}

static struct vf_tags linux_tags(void)
{
    struct vf_tags tags;
    struct vf_wheel_target t = {.python = VF_TARGET_CPYTHON,
                                .major = 3,
                                .minor = 11,
                                .os = VF_TARGET_LINUX,
                                .arch = VF_S("x86_64"),
                                .glibc_major = 2,
                                .glibc_minor = 36};
    assert_int_equal(vf_tags_make(&kept, &t, &tags, &err), VF_OK);
    return tags;
}

/* What is chosen, as the generator prints it; "E" when the lock is not for this target. */
static void put_choice(struct vf_buf *b, const struct vf_pylock *lock, struct vf_marker_env env,
                       const struct vf_tags *tags)
{
    struct vf_lock_choice *c;
    size_t n;
    env.groups = lock->default_groups;
    env.n_groups = lock->n_default_groups;
    enum vf_status st = vf_pylock_select(&arena, lock, &env, tags, &c, &n, &err);
    if (st != VF_OK) {
        assert_true(st == VF_INCOMPATIBLE || st == VF_BAD_LIST);
        vf_buf_putc(b, 'E');
        return;
    }
    vf_buf_putc(b, '=');
    for (size_t i = 0; i < n; i++) {
        vf_buf_puts(b, i > 0 ? " " : "");
        vf_buf_put(b, c[i].package->name);
        vf_buf_putc(b, ':');
        if (c[i].file && c[i].file != &c[i].package->archive)
            vf_buf_put(b, c[i].file->name);
    }
}

/* What is written reads back as the same lock: writing that again gives the same bytes. */
static void check_written(const struct vf_pylock *lock, const struct dist_vector *v)
{
    struct vf_buf one = {0}, two = {0};
    struct vf_pylock again;
    vf_err_clear(&err);
    assert_int_equal(vf_pylock_put(&one, lock, &err), VF_OK);
    if (vf_pylock_parse(&arena, vf_buf_slice(&one), &again, &err) != VF_OK) {
        differ(v, vf_buf_slice(&one));
    } else {
        assert_int_equal(vf_pylock_put(&two, &again, &err), VF_OK);
        assert_true(vf_slice_eq(vf_buf_slice(&one), vf_buf_slice(&two)));
    }
    vf_buf_release(&one);
    vf_buf_release(&two);
}

static void lock_files(void **state)
{
    (void)state;
    struct vf_marker_env env = linux_env();
    struct vf_tags tags = linux_tags();
    struct dist_vector v = open_vectors("locks.tsv");
    while (next(&v)) {
        struct vf_pylock lock;
        struct vf_buf ours = {0};
        enum vf_status st = vf_pylock_parse(&arena, v.field[0], &lock, &err);
        if (st == VF_OK)
            put_choice(&ours, &lock, env, &tags);
        else
            vf_buf_putc(&ours, st == VF_NOT_SUPPORTED ? 'V' : '-');
        if (!vf_slice_eq(vf_buf_slice(&ours), v.field[1]))
            differ(&v, vf_buf_slice(&ours));
        else if (st == VF_OK)
            check_written(&lock, &v);
        vf_buf_release(&ours);
    }
    assert_int_equal(failures, 0);
}

static void order_and_lines(void **state)
{
    (void)state;
    struct vf_toml_value root;
    assert_int_equal(
        vf_toml_parse(&arena, VF_S("z = 1\na = [\n 2]\n[t]\nq.b = true\nq.a = 1\n"), &root, &err), VF_OK);
    assert_int_equal(root.n, 3);
    CHECK_SLICE(root.members[0].key, "z");
    CHECK_SLICE(root.members[1].key, "a");
    assert_int_equal(root.members[1].value.items[0].line, 3);
    const struct vf_toml_value *t = vf_toml_get(&root, VF_S("t"));
    assert_non_null(t);
    assert_int_equal(t->line, 4);
    const struct vf_toml_value *q = vf_toml_get(t, VF_S("q"));
    CHECK_SLICE(q->members[0].key, "b");
    assert_null(vf_toml_get(&root, VF_S("b")));
    assert_null(vf_toml_get(q->members[0].key.n ? &q->members[0].value : q, VF_S("b")));
    assert_string_equal(vf_toml_type_words(q->members[0].value.type), "a boolean");
    assert_int_equal(vf_toml_parse(&arena, VF_S("a = 1\nb = \n"), &root, &err), VF_MALFORMED);
    assert_non_null(strstr(err.detail, "line 2"));
    vf_err_clear(&err);
}

static void check_capped(const char *head, const char *part, size_t times, const char *tail)
{
    struct vf_buf b = {0};
    struct vf_toml_value root;
    vf_buf_puts(&b, head);
    for (size_t i = 0; i < times; i++)
        vf_buf_puts(&b, part);
    vf_buf_puts(&b, tail);
    assert_int_equal(vf_toml_parse(&arena, vf_buf_slice(&b), &root, &err), VF_LIMIT);
    vf_err_clear(&err);
    vf_arena_clear(&arena);
    vf_buf_release(&b);
}

static void caps(void **state)
{
    (void)state;
    struct vf_toml_value root;
    check_capped("a", ".a", 200000, " = 1\n");
    check_capped("[a", ".a", 13, "]\n");
    check_capped("\"\"\"", "x", 3, "\"\"\"\na.a.a.a.a.a.a.a.a.a.a.a.a.a = 1\n");
    check_capped("x = '''a''''' # [[[\ny = ", "[", 25, "");
    check_capped("x = ", "{a=", 25, "1");
    check_capped("x = [", "1,", VF_TOML_VALUES_MAX, "]");
    check_capped("# ", "x", VF_TOML_MAX, "\n");
    struct vf_slice fine = VF_S(
        "a.b.c.d.e.f.g.h.i.j.k.l.m = 1.5 # [[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n"
        "s = '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[' # .............\nt = \"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"\n"
        "u = \"\"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"\"\"\"\"\n"
        "v = [[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]\n");
    assert_int_equal(vf_toml_parse(&arena, fine, &root, &err), VF_OK);
    assert_int_equal(root.n, 5);
}

static void spellings(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    assert_true(vf_toml_string_put(&b, VF_S("a\"\\\b\t\n\v\f\r\x01\x7f\xc3\xa9")));
    CHECK_SLICE(vf_buf_slice(&b), "\"a\\\"\\\\\\b\\t\\n\\u000B\\f\\r\\u0001\\u007F\xc3\xa9\"");
    vf_buf_clear(&b);
    assert_false(vf_toml_string_put(&b, VF_S("\xff")));
    assert_int_equal(b.n, 0);
    assert_true(vf_toml_key_put(&b, VF_S("a-b_1")));
    assert_true(vf_toml_key_put(&b, VF_S("")));
    assert_true(vf_toml_key_put(&b, VF_S("a.b")));
    CHECK_SLICE(vf_buf_slice(&b), "a-b_1\"\"\"a.b\"");
    vf_buf_release(&b);
}

static void a_written_lock(void **state)
{
    (void)state;
    struct vf_direct_hash h[] = {{VF_S("sha256"), VF_S("aa")}};
    struct vf_lock_file wheels[] = {{.name = VF_S("a-1-py3-none-any.whl"),
                                     .path = VF_S("wheels/a-1-py3-none-any.whl"),
                                     .has_size = true,
                                     .size = 7,
                                     .hashes = h,
                                     .n_hashes = 1}};
    struct vf_lock_package packages[] = {
        {.name = VF_S("a"), .version = VF_S("1"), .wheels = wheels, .n_wheels = 1},
        {.name = VF_S("b"), .source = VF_LOCK_DIRECTORY, .directory = VF_S("./b"), .editable = true},
        {.name = VF_S("c"),
         .source = VF_LOCK_VCS,
         .vcs = VF_S("git"),
         .vcs_url = VF_S("u"),
         .commit_id = VF_S("c")},
    };
    struct vf_pylock lock = {
        .created_by = VF_S("venvfix"), .packages = packages, .n_packages = 3, .has_requires_python = true};
    struct vf_buf b = {0};
    assert_int_equal(vf_specifiers_parse(&arena, VF_S("==3.11.*"), &lock.requires_python, &err), VF_OK);
    assert_int_equal(vf_pylock_put(&b, &lock, &err), VF_OK);
    CHECK_SLICE(
        vf_buf_slice(&b),
        "lock-version = \"1.0\"\nrequires-python = \"==3.11.*\"\nextras = []\ndependency-groups = []\n"
        "default-groups = []\ncreated-by = \"venvfix\"\n\n[[packages]]\nname = \"a\"\nversion = \"1\"\n"
        "wheels = [\n    { path = \"wheels/a-1-py3-none-any.whl\", size = 7, hashes = { sha256 = \"aa\" } "
        "},\n]\n"
        "\n[[packages]]\nname = \"b\"\ndirectory = { path = \"./b\", editable = true }\n"
        "\n[[packages]]\nname = \"c\"\nvcs = { type = \"git\", url = \"u\", commit-id = \"c\" }\n");
    packages[1].directory = VF_S("\xff");
    vf_buf_clear(&b);
    assert_int_equal(vf_pylock_put(&b, &lock, &err), VF_BAD_LIST);
    vf_err_clear(&err);
    vf_buf_release(&b);
}

static void messages_name_the_place(void **state)
{
    (void)state;
    struct vf_pylock lock;
    assert_int_equal(vf_pylock_parse(&arena,
                                     VF_S("lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = "
                                          "\"a\"\n[[packages]]\nname = \"B\"\n"),
                                     &lock, &err),
                     VF_BAD_LIST);
    assert_non_null(strstr(err.detail, "line 3"));
    vf_err_clear(&err);
    assert_int_equal(vf_pylock_parse(&arena, VF_S("x = [\n"), &lock, &err), VF_BAD_LIST);
    vf_err_clear(&err);
    assert_true(vf_pylock_is_name(VF_S("pylock.toml")));
    assert_true(vf_pylock_is_name(VF_S("pylock.dev.toml")));
    assert_false(vf_pylock_is_name(VF_S("pylock..toml")));
    assert_false(vf_pylock_is_name(VF_S("pylock.a.b.toml")));
    assert_false(vf_pylock_is_name(VF_S("poetry.lock")));
}

static int setup(void **state)
{
    (void)state;
    vf_arena_init(&arena);
    vf_arena_init(&kept);
    vf_err_init(&err);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vf_arena_release(&arena);
    vf_arena_release(&kept);
    vf_err_release(&err);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents),
        cmocka_unit_test(lock_files),
        cmocka_unit_test(order_and_lines),
        cmocka_unit_test(caps),
        cmocka_unit_test(spellings),
        cmocka_unit_test(a_written_lock),
        cmocka_unit_test(messages_name_the_place),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
