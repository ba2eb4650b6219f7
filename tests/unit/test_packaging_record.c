/* RECORD: what is read from a row, what is reported, what a changed row looks like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "packaging/record.h"

#define B64 "sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
#define HEX "sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

struct fixture {
    struct vf_arena arena;
    struct vf_record rec;
    struct vf_slice file;
};

static void parse(struct fixture *f, const char *text)
{
    struct vf_err err = {0};
    vf_arena_init(&f->arena);
    f->file = vf_slice_of(text);
    assert_int_equal(vf_record_parse(&f->arena, f->file, &f->rec, &err), VF_OK);
}

static void done(struct fixture *f)
{
    vf_arena_release(&f->arena);
}

static void assert_slice(struct vf_slice s, const char *req)
{
    assert_int_equal(s.n, strlen(req));
    assert_memory_equal(s.p, req, s.n);
}

static struct vf_slice raw(const struct fixture *f, struct vf_span s)
{
    return vf_slice_sub(f->file, s.off, (size_t)s.off + s.len);
}

static void three_line_ends(void **state)
{
    (void)state;
    struct fixture f;
    parse(&f, "a.py," B64 ",3\nb.py,,\r\n\r\nc.py," HEX ",\rd.py,,7");
    assert_int_equal(f.rec.n, 4);
    assert_int_equal(f.rec.n_problems, 0);
    const struct vf_record_row *r = f.rec.rows;
    assert_int_equal(r[0].eol, VF_RECORD_LF);
    assert_int_equal(r[1].eol, VF_RECORD_CRLF);
    assert_int_equal(r[2].eol, VF_RECORD_CR);
    assert_int_equal(r[3].eol, VF_RECORD_EOF);
    assert_int_equal(r[2].line, 4);
    assert_int_equal(r[3].line, 5);
    assert_slice(raw(&f, r[0].row), "a.py," B64 ",3");
    assert_slice(raw(&f, r[0].hash_at), B64);
    assert_slice(raw(&f, r[0].size_at), "3");
    assert_slice(r[0].alg, "sha256");
    assert_int_equal(r[0].digest.n, 32);
    assert_false(r[0].hex);
    assert_true(r[0].has_size);
    assert_int_equal(r[0].size, 3);
    assert_true(r[2].hex);
    assert_true(vf_slice_eq(r[0].digest, r[2].digest));
    assert_true(vf_record_digest_is(&r[0], r[2].digest));
    assert_false(vf_record_digest_is(&r[1], r[2].digest));
    assert_false(r[1].has_size);
    assert_slice(r[3].path, "d.py");
    done(&f);
}

static void quoted_fields(void **state)
{
    (void)state;
    struct fixture f;
    parse(&f, "\"a,b \"\"c\"\"\nd.py\",\"" B64 "\",\"12\"\r\n\"plain\",,\nx y'\xff,,\n");
    assert_int_equal(f.rec.n, 3);
    assert_int_equal(f.rec.n_problems, 0);
    assert_slice(f.rec.rows[0].path, "a,b \"c\"\nd.py");
    assert_int_equal(f.rec.rows[0].size, 12);
    assert_int_equal(f.rec.rows[0].digest.n, 32);
    assert_int_equal(f.rec.rows[0].eol, VF_RECORD_CRLF);
    assert_int_equal(f.rec.rows[1].line, 3);
    assert_slice(f.rec.rows[1].path, "plain");
    assert_slice(raw(&f, f.rec.rows[1].path_at), "\"plain\"");
    assert_slice(f.rec.rows[2].path, "x y'\xff");
    done(&f);
}

static void assert_problem(const struct fixture *f, size_t i, enum vf_record_problem_kind kind, unsigned line)
{
    assert_true(i < f->rec.n_problems);
    assert_string_equal(vf_record_problem_words(f->rec.problems[i].kind), vf_record_problem_words(kind));
    assert_int_equal(f->rec.problems[i].line, line);
}

static void bad_rows_are_rows(void **state)
{
    (void)state;
    struct fixture f;
    parse(&f, "one\n"
              "two,\n"
              "four,,,x\n"
              ",,\n"
              "a,sha256=short,\n"
              "b,nohash,\n"
              "c,,12x\n"
              "\"d\"tail,,\n"
              "\"open,,\n"
              "last,,1\n");
    assert_int_equal(f.rec.n, 10);
    assert_problem(&f, 0, VF_RECORD_COLUMNS, 1);
    assert_problem(&f, 1, VF_RECORD_COLUMNS, 2);
    assert_problem(&f, 2, VF_RECORD_COLUMNS, 3);
    assert_problem(&f, 3, VF_RECORD_EMPTY_PATH, 4);
    assert_problem(&f, 4, VF_RECORD_BAD_HASH, 5);
    assert_problem(&f, 5, VF_RECORD_BAD_HASH, 6);
    assert_problem(&f, 6, VF_RECORD_BAD_SIZE, 7);
    assert_problem(&f, 7, VF_RECORD_AFTER_QUOTE, 8);
    assert_problem(&f, 8, VF_RECORD_OPEN_QUOTE, 9);
    assert_problem(&f, 9, VF_RECORD_COLUMNS, 9);
    assert_int_equal(f.rec.n_problems, 10);
    assert_slice(f.rec.rows[0].path, "one");
    assert_int_equal(f.rec.rows[2].columns, 4);
    assert_int_equal(f.rec.rows[4].digest.n, 0);
    assert_slice(f.rec.rows[7].path, "dtail");
    assert_slice(f.rec.rows[9].path, "last");
    assert_int_equal(f.rec.rows[9].line, 10);
    done(&f);
}

static void nul_in_path(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct vf_err err = {0};
    vf_arena_init(&f.arena);
    f.file = VF_S("a\0b,,\n");
    assert_int_equal(vf_record_parse(&f.arena, f.file, &f.rec, &err), VF_OK);
    assert_problem(&f, 0, VF_RECORD_NUL, 1);
    done(&f);
}

/* sha384 has 64 base64 letters: never taken for 64 hexadecimal digits. */
static void hex_goes_by_the_algorithm(void **state)
{
    (void)state;
    struct fixture f;
    parse(&f, "a,sha384=abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcd,\n"
              "b,sha256=abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcd,\n"
              "c,md9=abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcd,\n"
              "d,md5=kAFQmDzST7DWlj99KOF_cg==,\n");
    assert_int_equal(f.rec.n_problems, 0);
    assert_false(f.rec.rows[0].hex);
    assert_int_equal(f.rec.rows[0].digest.n, 48);
    assert_true(f.rec.rows[1].hex);
    assert_int_equal(f.rec.rows[1].digest.n, 32);
    assert_false(f.rec.rows[2].hex);
    assert_int_equal(f.rec.rows[3].digest.n, 16);
    done(&f);
}

static const char *changed(struct fixture *f, size_t row, const struct vf_record_change *c, struct vf_buf *b)
{
    vf_buf_clear(b);
    vf_record_row_put(b, f->file, &f->rec.rows[row], c);
    return vf_buf_cstr(b);
}

static void changes_keep_the_form(void **state)
{
    (void)state;
    struct fixture f;
    struct vf_buf b = {0};
    unsigned char sum[32];
    assert_true(vf_sha256(VF_S("abc"), sum));
    struct vf_slice digest = {(char *)sum, 32};
    struct vf_slice path = VF_S("/n/x,y"), alg = VF_S("sha256");
    parse(&f, "a," HEX ",1\nb,\"" B64 "\",\"22\"\nc,,,more,\n\"d e\",,\nonly\n");
    struct vf_record_change c = {.digest = &digest, .set_size = true, .size = 3};
    assert_string_equal(changed(&f, 0, &c, &b), "a," HEX ",3");
    assert_string_equal(changed(&f, 1, &c, &b), "b,\"" B64 "\",\"3\"");
    assert_string_equal(changed(&f, 2, &c, &b), "c," B64 ",3,more,");
    assert_string_equal(changed(&f, 4, &c, &b), "only," B64 ",3");
    struct vf_record_change p = {.path = &path, .alg = &alg};
    assert_string_equal(changed(&f, 0, &p, &b), "\"/n/x,y\"," HEX ",1");
    path = VF_S("f");
    assert_string_equal(changed(&f, 3, &p, &b), "\"f\",,");
    assert_string_equal(changed(&f, 2, &p, &b), "f,,,more,");
    vf_buf_release(&b);
    done(&f);
}

static void nothing_changed_is_the_same_bytes(void **state)
{
    (void)state;
    struct fixture f;
    struct vf_buf b = {0};
    struct vf_record_change none = {0};
    parse(&f, "a,b,c\n\"q\"\"\n\",\"" B64 "\",\"1\",\"x\"\r\nz,,1,2,3");
    for (size_t i = 0; i < f.rec.n; i++) {
        changed(&f, i, &none, &b);
        assert_true(vf_slice_eq(vf_buf_slice(&b), raw(&f, f.rec.rows[i].row)));
    }
    vf_buf_release(&b);
    done(&f);
}

static void whole_table(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    unsigned char sum[32];
    assert_true(vf_sha256(VF_S("abc"), sum));
    struct vf_record_entry e[] = {
        {.path = VF_S("x/b.py"), .digest = {(char *)sum, 32}, .size = 3, .has_size = true},
        {.path = VF_S("x/a\"b.py"),
         .alg = VF_S("sha256"),
         .digest = {(char *)sum, 32},
         .size = 0,
         .has_size = true},
        {.path = VF_S("x-1.dist-info/RECORD")},
    };
    vf_record_sort(e, 3);
    vf_record_put(&b, e, 3, VF_RECORD_LF);
    assert_string_equal(vf_buf_cstr(&b), "x-1.dist-info/RECORD,,\n"
                                         "\"x/a\"\"b.py\"," B64 ",0\n"
                                         "x/b.py," B64 ",3\n");
    vf_buf_clear(&b);
    vf_record_put(&b, e, 1, VF_RECORD_CRLF);
    assert_string_equal(vf_buf_cstr(&b), "x-1.dist-info/RECORD,,\r\n");
    vf_buf_release(&b);
}

/* One long line of bare CRs, and rows that each open a quote: both must stay linear. */
static void hostile_shapes_are_linear(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    struct vf_arena arena;
    struct vf_record rec;
    struct vf_err err = {0};
    for (int i = 0; i < 200000; i++)
        vf_buf_puts(&b, "a\r");
    vf_arena_init(&arena);
    assert_int_equal(vf_record_parse(&arena, vf_buf_slice(&b), &rec, &err), VF_OK);
    assert_int_equal(rec.n, 200000);
    assert_int_equal(rec.n_problems, VF_RECORD_PROBLEMS);
    assert_int_equal(rec.problems_total, 200000);
    assert_int_equal(rec.n_bad_rows, 200000);
    vf_buf_clear(&b);
    for (int i = 0; i < 200000; i++)
        vf_buf_puts(&b, "\"\"\"a\n");
    vf_arena_clear(&arena);
    assert_int_equal(vf_record_parse(&arena, vf_buf_slice(&b), &rec, &err), VF_OK);
    vf_buf_clear(&b);
    for (size_t i = 0; i <= VF_RECORD_ROWS_MAX; i++)
        vf_buf_puts(&b, "a\n");
    vf_arena_clear(&arena);
    assert_int_equal(vf_record_parse(&arena, vf_buf_slice(&b), &rec, &err), VF_LIMIT);
    vf_err_release(&err);
    vf_arena_release(&arena);
    vf_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_line_ends),
        cmocka_unit_test(quoted_fields),
        cmocka_unit_test(bad_rows_are_rows),
        cmocka_unit_test(nul_in_path),
        cmocka_unit_test(hex_goes_by_the_algorithm),
        cmocka_unit_test(changes_keep_the_form),
        cmocka_unit_test(nothing_changed_is_the_same_bytes),
        cmocka_unit_test(whole_table),
        cmocka_unit_test(hostile_shapes_are_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
