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
     .message = BYTES("the #! line names a program that does not exist"),
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

static const struct vf_checked checked_one = {.env = "a\x1B]0;b", .result = &checked};

/* A whole report of the one environment in a format. */
static void write_report(struct vf_buf *out, const char *format, const struct vf_report_style *style)
{
    const struct vf_writer *w = vf_writer_find(VF_REPORT_CHECK, vf_slice_of(format));
    struct vf_checks c = {.style = style};
    assert_non_null(w);
    if (w->begin)
        w->begin(out, &c);
    vf_checks_add(&c, &checked_one);
    w->check(out, &c, &checked_one);
    if (w->end)
        w->end(out, &c);
    assert_int_equal(c.exit, 1);
    assert_int_equal(c.unsound, 1);
    vf_checks_release(&c);
    assert_false(out->failed);
}

static void assert_has(struct vf_buf *b, const char *part)
{
    if (vf_slice_find(vf_buf_slice(b), vf_slice_of(part), 0) == VF_NPOS)
        fail_msg("not there: %s\nin: %s", part, vf_buf_cstr(b));
}

static void json_of_a_check(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    write_report(&b, "json", &(struct vf_report_style){0});
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
    write_report(&b, "jsonl", &(struct vf_report_style){0});
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
    write_report(&b, "text", &style);
    assert_has(&b, "VF203");
    assert_has(&b, "VF720");
    assert_has(&b, "\\x1b[31m");
    assert_tame(&b);
    /* worst first */
    assert_true(vf_slice_find(vf_buf_slice(&b), VF_S("VF203"), 0) <
                vf_slice_find(vf_buf_slice(&b), VF_S("VF720"), 0));
    vf_buf_clear(&b);
    style = (struct vf_report_style){.quiet = true};
    write_report(&b, "text", &style);
    assert_has(&b, "VF203");
    assert_true(vf_slice_find(vf_buf_slice(&b), VF_S("VF720"), 0) == VF_NPOS);
    vf_buf_clear(&b);
    style = (struct vf_report_style){.color = true};
    write_report(&b, "text", &style);
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

/* What a name could break in each format: an attribute, a cell, a property, a script element. */
static struct venvfix_finding hostile = {
    .rule = "VF203",
    .name = "script-dangling",
    .verdict = VENVFIX_BROKEN,
    .level = VENVFIX_LEVEL_ERROR,
    .path = BYTES("bin/</script><b>\"'&|`%,:\r\n\x1B\xFF"),
    .value = BYTES("]]>\n<!--<script>\xEF\xBF\xBE"),
    .message = BYTES("no such program"),
    .line = 1,
    .offset = 2,
    .count = 1,
};
static const struct venvfix_check_result hostile_result = {.path = BYTES("/srv/a<b>|c"),
                                                           .resolved = BYTES("/srv/a<b>|c"),
                                                           .findings = {&hostile, 1},
                                                           .errors = 1,
                                                           .exit = 1};
static const struct vf_checked hostile_one = {.env = "/srv/a<b>|c", .result = &hostile_result};

static void write_hostile(struct vf_buf *out, const char *format)
{
    const struct vf_writer *w = vf_writer_find(VF_REPORT_CHECK, vf_slice_of(format));
    struct vf_checks c = {.style = &(struct vf_report_style){0}};
    if (w->begin)
        w->begin(out, &c);
    vf_checks_add(&c, &hostile_one);
    w->check(out, &c, &hostile_one);
    if (w->end)
        w->end(out, &c);
    vf_checks_release(&c);
    assert_false(out->failed);
}

static void assert_has_not(struct vf_buf *b, const char *part)
{
    if (vf_slice_find(vf_buf_slice(b), vf_slice_of(part), 0) != VF_NPOS)
        fail_msg("there: %s\nin: %s", part, vf_buf_cstr(b));
}

static void hostile_names_stay_text(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    write_hostile(&b, "junit");
    assert_has_not(&b, "</script>");
    assert_has_not(&b, "]]>");
    assert_has_not(&b, "\x1B");
    assert_has_not(&b, "\xEF\xBF\xBE");
    assert_has(&b, "\\x1b\\xff"); /* as text that can be read */
    vf_buf_clear(&b);
    write_hostile(&b, "html");
    assert_has(&b, "bin/&#60;/script&#62;");
    assert_has_not(&b, "<b>");
    assert_has_not(&b, "<!--");
    vf_buf_clear(&b);
    write_hostile(&b, "markdown");
    assert_has_not(&b, "<b>");
    assert_has_not(&b, "a<b>|c");
    struct vf_slice rest = vf_buf_slice(&b), line;
    while (vf_slice_next_line(&rest, &line)) { /* every row has its four cells */
        size_t bars = 0;
        for (size_t i = 0; i < line.n; i++)
            bars += line.p[i] == '|';
        assert_true(bars == 0 || bars == 5);
    }
    vf_buf_clear(&b);
    write_hostile(&b, "github");
    assert_has(&b, "::error file=bin/</script><b>\"'&|`%25%2C%3A%0D%0A");
    vf_buf_clear(&b);
    write_hostile(&b, "sarif");
    assert_has(&b, "%0D%0A%1B%FF");
    vf_buf_clear(&b);
    write_hostile(&b, "gitlab");
    assert_has(&b, "\"check_name\":\"VF203\"");
    vf_buf_release(&b);
}

/* An environment that could not be examined has its form in every format, and never an empty report. */
static void errors_in_every_format(void **state)
{
    const struct venvfix_error e = {"not-found", "open", BYTES("/g"), BYTES("there is no such directory")};
    (void)state;
    for (const struct vf_writer *w = vf_writers; w->name; w++) {
        struct vf_buf b = {0};
        if (!w->check || !w->error)
            continue;
        w->error(&b, &e);
        assert_false(b.failed);
        assert_has(&b, "there is no such directory");
        vf_buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_of_a_check),        cmocka_unit_test(jsonl_of_a_check),
        cmocka_unit_test(json_of_an_error),       cmocka_unit_test(hostile_names_stay_text),
        cmocka_unit_test(errors_in_every_format), cmocka_unit_test(text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
