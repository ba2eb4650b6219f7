/* The two faces of a result: JSON that loses no byte, and text that no name can take over a terminal with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"

#define BYTES(text)                                                                                          \
    {                                                                                                        \
        text, sizeof text - 1                                                                                \
    }

static struct venvfix_finding findings[] = {
    {.rule = "VF203",
     .name = "script-dangling",
     .verdict = VENVFIX_BROKEN,
     .level = VENVFIX_LEVEL_ERROR,
     .fix = VENVFIX_BY_REWRITE,
     .path = BYTES("bin/caf\xE9\x1B[31m"),
     .value = BYTES("/old/\"q\"\n/bin/python"),
     .expected = BYTES("/n\xC3\xA9w/bin/python"),
     .message = BYTES("the interpreter line names a program that does not exist"),
     .line = 1,
     .offset = 2,
     .count = 1},
    {.rule = "VF720",
     .name = "pyc-place",
     .verdict = VENVFIX_STALE,
     .level = VENVFIX_LEVEL_INFO,
     .fix = VENVFIX_NOT_FIXED,
     .path = BYTES("."),
     .distribution = BYTES("demo"),
     .message = BYTES("compiled files keep the path they were compiled at"),
     .line = -1,
     .offset = -1,
     .count = 7},
};
static struct venvfix_old_place old_places[] = {{BYTES("/old"), 3, false}};
static const struct venvfix_check_result checked = {
    .path = BYTES("/srv/\xFFpp"),
    .resolved = BYTES("/srv/\xFFpp"),
    .kind = VENVFIX_KIND_VENV,
    .base_exists = -1,
    .system_site_packages = 0,
    .old_places = old_places,
    .n_old_places = 1,
    .distributions = 1,
    .files = 3,
    .bytes = 17,
    .self_contained = true,
    .findings = {findings, 2},
    .errors = 1,
    .infos = 1,
    .examined = 3,
    .exit = 1,
};

static const struct vf_report checked_report = {
    .kind = VF_REPORT_CHECK, .check = &checked, .env = "a\x1B]0;b"};

static void assert_has(struct vf_buf *b, const char *part)
{
    if (vf_slice_find(vf_buf_slice(b), vf_slice_of(part), 0) == VF_NPOS)
        fail_msg("not there: %s\nin: %s", part, vf_buf_cstr(b));
}

static void json_of_a_check(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    vf_json_check(&b, &checked_report, &(struct vf_report_style){0});
    assert_false(b.failed);
    /* what is not UTF-8 stands twice: readable, and exact */
    assert_has(&b, "\"path\": \"bin/caf\xEF\xBF\xBD\\u001B[31m\"");
    assert_has(&b, "\"path_base64\": \"YmluL2NhZukbWzMxbQ==\"");
    assert_has(&b, "\"path_base64\": \"L3Nydi//cHA=\"");
    assert_has(&b, "\"value\": \"/old/\\\"q\\\"\\n/bin/python\"");
    assert_has(&b, "\"expected\": \"/n\xC3\xA9w/bin/python\"");
    /* what is not known is null, and what is 0 is not */
    assert_has(&b, "\"target\": null");
    assert_has(&b, "\"implementation\": null");
    assert_has(&b, "\"base_exists\": null");
    assert_has(&b, "\"system_site_packages\": false");
    assert_has(&b, "\"line\": null");
    assert_has(&b, "\"at\": null");
    assert_has(&b, "\"suppressed\": 0");
    assert_has(&b, "\"votes\": 3");
    assert_true(vf_slice_ends(vf_buf_slice(&b), VF_S("}\n")));
    vf_buf_release(&b);
}

/* A finding a line, each an object of its own, and the rest as the last line. */
static void jsonl_of_a_check(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    vf_jsonl_check(&b, &checked_report, &(struct vf_report_style){0});
    assert_false(b.failed);
    struct vf_slice rest = vf_buf_slice(&b), line, last = {NULL, 0};
    size_t n = 0;
    for (; vf_slice_next_line(&rest, &line); n++) {
        assert_true(vf_slice_starts(line, VF_S("{")) && vf_slice_ends(line, VF_S("}")));
        last = line;
    }
    assert_int_equal(n, checked.findings.n + 1);
    assert_true(vf_slice_find(last, VF_S("\"type\":\"summary\""), 0) != VF_NPOS);
    assert_true(vf_slice_find(last, VF_S("\"findings\""), 0) == VF_NPOS);
    vf_buf_release(&b);
}

static void json_of_an_error(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    const struct venvfix_error e = {"not-found", "open", BYTES("/g\xFF"),
                                    BYTES("there is no such directory")};
    vf_json_error(&b, &e);
    assert_false(b.failed);
    assert_has(&b, "\"code\": \"not-found\"");
    assert_has(&b, "\"path_base64\": \"L2f/\"");
    assert_has(&b, "\"exit\": 2");
    vf_buf_release(&b);
}

/* No byte of a name reaches a terminal as a control byte. */
static void assert_tame(struct vf_buf *b)
{
    for (size_t i = 0; i < b->n; i++)
        assert_true((unsigned char)b->p[i] >= 0x20 || b->p[i] == '\n');
}

static void text(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    struct vf_report_style style = {.verbose = true};
    vf_text_check(&b, &checked_report, &style);
    assert_has(&b, "VF203");
    assert_has(&b, "VF720");
    assert_has(&b, "\\x1b[31m");
    assert_tame(&b);
    /* worst first */
    assert_true(vf_slice_find(vf_buf_slice(&b), VF_S("VF203"), 0) <
                vf_slice_find(vf_buf_slice(&b), VF_S("VF720"), 0));
    vf_buf_clear(&b);
    style = (struct vf_report_style){.quiet = true};
    vf_text_check(&b, &checked_report, &style);
    assert_has(&b, "VF203");
    assert_true(vf_slice_find(vf_buf_slice(&b), VF_S("VF720"), 0) == VF_NPOS);
    vf_buf_clear(&b);
    style = (struct vf_report_style){.color = true};
    vf_text_check(&b, &checked_report, &style);
    assert_has(&b, "\x1B[");
    vf_buf_clear(&b);
    const struct venvfix_error e = {"not-found", "open", BYTES("/a\x07"),
                                    BYTES("there is no such directory")};
    style = (struct vf_report_style){0};
    vf_text_error(&b, &e, &style);
    assert_string_equal(vf_buf_cstr(&b),
                        "venvfix: error: cannot open '/a\\x07': there is no such directory\n");
    vf_buf_clear(&b);
    vf_term_put_lines(&b, VF_S("-a\x1B\n+b\xFF\n"));
    assert_tame(&b);
    vf_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(json_of_a_check), cmocka_unit_test(jsonl_of_a_check),
                                       cmocka_unit_test(json_of_an_error), cmocka_unit_test(text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
