/* Text as Python and the shell see it: blanks, lines, literals, words. */
#include "syntax_fixture.h"

#include "syntax/pytext.h"
#include "syntax/shell_words.h"

static void blanks(void **state)
{
    (void)state;
    assert_text(vf_py_strip(VF_S(" \t\xC2\xA0x y\xE3\x80\x80\x1F\v")), "x y");
    assert_text(vf_py_strip(VF_S("\xE2\x80\x8Bx\x80")), "\xE2\x80\x8Bx\x80"); /* a zero width space is none */
    assert_int_equal(vf_py_strip(VF_S(" \n")).n, 0);
    assert_int_equal(vf_py_find_splitter(VF_S("a\tb\xC2\x86")), VF_NPOS);
    assert_int_equal(vf_py_find_splitter(VF_S("a\x1D")), 1);
    assert_int_equal(vf_py_find_splitter(VF_S("a\xE2\x80\xA9")), 1);
}

static void line_ends(void **state)
{
    (void)state;
    static const struct {
        struct vf_slice line;
        size_t end;
    } req[] = {{VF_S_INIT("a"), 1}, {VF_S_INIT(""), 2}, {VF_S_INIT("b"), 1}, {VF_S_INIT("c\v"), 0}};
    struct vf_slice rest = VF_S("a\n\r\nb\rc\v"), line;
    size_t end, i = 0;
    for (; vf_py_next_line(&rest, &line, &end); i++) {
        assert_bytes(line, req[i].line);
        assert_int_equal(end, req[i].end);
    }
    assert_int_equal(i, 4);
}

static void cookies(void **state)
{
    (void)state;
    assert_true(vf_py_is_cookie(VF_S("# -*- coding: latin-1 -*-")));
    assert_true(vf_py_is_cookie(VF_S(" \f# vim: set fileencoding=utf-8 :")));
    assert_true(vf_py_is_cookie(VF_S("# coding coding:\tx")));
    assert_false(vf_py_is_cookie(VF_S("x # coding: utf-8")));
    assert_false(vf_py_is_cookie(VF_S("# coding : utf-8")));
    assert_false(vf_py_is_cookie(VF_S("# coding:")));
}

static void literals(void **state)
{
    (void)state;
    struct vf_slice code = VF_S("x = rb'a\\'b' + f\"\"\"c\n\"d\"\"\"  # 'no'\nvar'y'; 'open\n\"z\"");
    static const struct {
        struct vf_slice text;
        bool raw, bytes, format, triple;
    } req[] = {{VF_S_INIT("rb'a\\'b'"), true, true, false, false},
               {VF_S_INIT("f\"\"\"c\n\"d\"\"\""), false, false, true, true},
               {VF_S_INIT("'y'"), false, false, false, false},
               {VF_S_INIT("'open"), false, false, false, false},
               {VF_S_INIT("\"z\""), false, false, false, false}};
    struct vf_py_string str;
    size_t i = 0;
    for (size_t at = 0; vf_py_next_string(code, at, &str); at = str.end, i++) {
        assert_bytes(vf_slice_sub(code, str.start, str.end), req[i].text);
        assert_int_equal(str.raw, req[i].raw);
        assert_int_equal(str.bytes, req[i].bytes);
        assert_int_equal(str.format, req[i].format);
        assert_int_equal(str.triple, req[i].triple);
    }
    assert_int_equal(i, VF_COUNT(req));
}

static void words(void **state)
{
    (void)state;
    static const struct {
        struct vf_slice text, word;
        size_t used;
        bool ok, expands;
    } cases[] = {
        {VF_S_INIT("a'b c'\"d\\\"e\\f\"\\g h"), VF_S_INIT("ab cd\"e\\fg"), 16, true, false},
        {VF_S_INIT("a\\\nb;c"), VF_S_INIT("ab"), 4, true, false},
        {VF_S_INIT("\"a\\\nb\""), VF_S_INIT("ab"), 6, true, false},
        {VF_S_INIT("'a"), VF_S_INIT(""), 0, false, false},
        {VF_S_INIT("\"a"), VF_S_INIT("a"), 0, false, false},
        {VF_S_INIT("a\\"), VF_S_INIT("a"), 0, false, false},
        {VF_S_INIT(""), VF_S_INIT(""), 0, false, false},
        {VF_S_INIT("a$b"), VF_S_INIT("a$b"), 3, true, true},
        {VF_S_INIT("'$b'\\$"), VF_S_INIT("$b$"), 6, true, false},
        {VF_S_INIT("~a"), VF_S_INIT("~a"), 2, true, true},
        {VF_S_INIT("a~#"), VF_S_INIT("a~#"), 3, true, false},
    };
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        struct vf_buf b = {0};
        size_t used = 0;
        bool expands;
        assert_int_equal(vf_shell_word_get(&b, cases[i].text, &used, &expands), cases[i].ok);
        assert_bytes(vf_buf_slice(&b), cases[i].word);
        if (cases[i].ok)
            assert_int_equal(used, cases[i].used);
        if (cases[i].ok)
            assert_int_equal(expands, cases[i].expands);
        vf_buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(blanks), cmocka_unit_test(line_ends),
                                       cmocka_unit_test(cookies), cmocka_unit_test(literals),
                                       cmocka_unit_test(words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
