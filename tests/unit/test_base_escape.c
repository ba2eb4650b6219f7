/* Spellings, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/escape.h"

static void expect(struct vf_buf *b, const char *req, size_t n)
{
    assert_false(b->failed);
    assert_int_equal(b->n, n);
    assert_memory_equal(b->p, req, n);
    vf_buf_release(b);
}
#define EXPECT(b, lit) expect(b, lit, sizeof(lit) - 1)

static void utf8(void **state)
{
    (void)state;
    assert_true(vf_utf8_valid(VF_S("a\0\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\x8D\xF4\x8F\xBF\xBF")));
    static const struct vf_slice bad[] = {
        VF_S_INIT("\x80"),         VF_S_INIT("\xC0\x80"),
        VF_S_INIT("\xC3"),         VF_S_INIT("\xE0\x80\x80"),
        VF_S_INIT("\xED\xA0\x80"), VF_S_INIT("\xF4\x90\x80\x80"),
        VF_S_INIT("\xE2\x82"),     VF_S_INIT("\xF5\x80\x80\x80"),
        VF_S_INIT("\xFF"),         VF_S_INIT("\xF0\x80\x80\x80"),
    };
    uint32_t cp;
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        assert_false(vf_utf8_valid(bad[i]));
        assert_int_equal(vf_utf8_decode(bad[i], &cp), 0);
    }
    struct vf_buf b = {0};
    for (cp = 0; cp < 0x110000; cp += 61) {
        uint32_t back;
        vf_buf_clear(&b);
        vf_utf8_put(&b, cp);
        bool surrogate = cp >= 0xD800 && cp <= 0xDFFF;
        assert_int_equal(vf_utf8_decode(vf_buf_slice(&b), &back), surrogate ? 0 : b.n);
        if (!surrogate)
            assert_int_equal(back, cp);
    }
    vf_buf_clear(&b);
    vf_utf8_lossy(&b, VF_S("a\xFF\xC3\xA9\xE2"));
    EXPECT(&b, "a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD");
}

static void percent(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    vf_percent_decode(&b, VF_S("%2f%2F%%41%4%zz%00"));
    EXPECT(&b, "//%A%4%zz\0");
    vf_percent_encode(&b, VF_S("/a b~\xC3\xA9+"), "+");
    EXPECT(&b, "/a%20b~%C3%A9+");
}

static void python_repr(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    vf_pyrepr_put(&b, VF_S("/q'uote \xC3\xA9/"));
    EXPECT(&b, "\"/q'uote \xC3\xA9/\"");
    vf_pyrepr_put(&b, VF_S("b\\s\"q"));
    EXPECT(&b, "'b\\\\s\"q'");
    vf_pyrepr_put(&b, VF_S("'\"\n\t\r\x01\x7F\xC2\xA0\xE2\x80\x8B\xFF\xF3\xA0\x80\x81"));
    EXPECT(&b, "'\\'\"\\n\\t\\r\\x01\\x7f\\xa0\\u200b\\udcff\\U000e0001'");
}

static void python_literals(void **state)
{
    (void)state;
    static const struct {
        struct vf_slice in, out;
        size_t used; /* 0: refused */
    } table[] = {
        {VF_S_INIT("'a' + x"), VF_S_INIT("a"), 3},
        {VF_S_INIT("\"\\x41\\u00e9\\U0001F40D\\101\\0\\udcff\""),
         VF_S_INIT("A\xC3\xA9\xF0\x9F\x90\x8D"
                   "A\0\xFF"),
         34},
        {VF_S_INIT("r'\\n\\''z"), VF_S_INIT("\\n\\'"), 7},
        {VF_S_INIT("b'\\xff\\u0041'"), VF_S_INIT("\xFF\\u0041"), 13},
        {VF_S_INIT("Rb\"\\x\""), VF_S_INIT("\\x"), 6},
        {VF_S_INIT("'''a'b\n''' "), VF_S_INIT("a'b\n"), 10},
        {VF_S_INIT("'a\\\nb\\q\\a'"), VF_S_INIT("ab\\q\a"), 10},
        {VF_S_INIT("'a\\\r\nb'"), VF_S_INIT("ab"), 7},
        {VF_S_INIT("''"), VF_S_INIT(""), 2},
        {VF_S_INIT("'a"), VF_S_INIT(""), 0},
        {VF_S_INIT("'a\n'"), VF_S_INIT(""), 0},
        {VF_S_INIT("'a\\"), VF_S_INIT(""), 0},
        {VF_S_INIT("'\\N{DASH}'"), VF_S_INIT(""), 0},
        {VF_S_INIT("'\\x4'"), VF_S_INIT(""), 0},
        {VF_S_INIT("'\\U00110000'"), VF_S_INIT(""), 0},
        {VF_S_INIT("f'a'"), VF_S_INIT(""), 0},
        {VF_S_INIT("ur'a'"), VF_S_INIT(""), 0},
        {VF_S_INIT("x"), VF_S_INIT(""), 0},
        {VF_S_INIT(""), VF_S_INIT(""), 0},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_buf b = {0};
        size_t used = 0;
        assert_int_equal(vf_pystr_get(&b, table[i].in, &used), table[i].used != 0);
        assert_int_equal(used, table[i].used);
        if (used)
            assert_true(vf_slice_eq(vf_buf_slice(&b), table[i].out));
        vf_buf_release(&b);
    }
}

static void repr_reads_back(void **state)
{
    (void)state;
    char all[512];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)(i < 256 ? i : i * 7);
    struct vf_buf lit = {0};
    struct vf_buf back = {0};
    size_t used;
    vf_pyrepr_put(&lit, (struct vf_slice){all, sizeof all});
    assert_true(vf_pystr_get(&back, vf_buf_slice(&lit), &used));
    assert_int_equal(used, lit.n);
    expect(&back, all, sizeof all);
    vf_buf_release(&lit);
}

static void json(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    vf_json_put(&b, VF_S("/a\"\\\n\x01\xC3\xA9\xFF\0"));
    EXPECT(&b, "/a\\\"\\\\\\n\\u0001\xC3\xA9\xEF\xBF\xBD\\u0000");
    size_t used = 0;
    assert_true(vf_json_get(&b, VF_S("\"\\/a\\u0041\\ud83d\\uDC0D\\udcff\\b\",x"), &used));
    assert_int_equal(used, 31);
    EXPECT(&b, "/aA\xF0\x9F\x90\x8D\xFF\b");
    assert_true(vf_json_get(&b, VF_S("\"\\ud83d!\""), &used));
    EXPECT(&b, "\xED\xA0\xBD!");
    static const char *const bad[] = {"\"a", "\"\\u12\"", "\"\\x\"", "a", "", "\"\n\"", "\"\\", "\""};
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        assert_false(vf_json_get(&b, vf_slice_of(bad[i]), &used));
        vf_buf_release(&b);
    }
}

static void terminal(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    vf_term_put(&b, VF_S("a\\\x1B[2J\n\x7F\xC2\x9B\xE2\x80\xAE\xD8\x9C\xFF\xC3\xA9"));
    EXPECT(&b, "a\\\\x1b[2J\\x0a\\x7f\\u{9b}\\u{202e}\\u{61c}\\xff\xC3\xA9");
}

static void shell(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    vf_shell_word_put(&b, VF_S("/a.b-c_d+e=f,g:h@i%j"));
    EXPECT(&b, "/a.b-c_d+e=f,g:h@i%j");
    vf_shell_word_put(&b, VF_S("a'b c"));
    EXPECT(&b, "'a'\\''b c'");
    vf_shell_word_put(&b, VF_S(""));
    EXPECT(&b, "''");
    vf_shell_word_put(&b, VF_S("~/x"));
    EXPECT(&b, "'~/x'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8),        cmocka_unit_test(percent),
        cmocka_unit_test(python_repr), cmocka_unit_test(python_literals),
        cmocka_unit_test(json),        cmocka_unit_test(repr_reads_back),
        cmocka_unit_test(terminal),    cmocka_unit_test(shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
