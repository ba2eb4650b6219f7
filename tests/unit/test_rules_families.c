/* Families of rules, and findings that stand for many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "env/cover.h"
#include "packaging/record.h"
#include "rules/finding.h"

/* Bound, broken, astray, host: the ids that reports have had from the start. */
static const struct {
    enum vf_family family;
    const char *ids[4];
} families[] = {
    {VF_FAMILY_SCRIPT, {"VF201", "VF203", "VF204", "VF205"}},
    {VF_FAMILY_SCRIPT_BODY, {"VF212", "VF213", "VF214", NULL}},
    {VF_FAMILY_ACTIVATE, {"VF301", "VF302", "VF303", NULL}},
    {VF_FAMILY_ACTIVATE_LINE, {"VF308", "VF309", "VF303", NULL}},
    {VF_FAMILY_PTH, {"VF401", "VF403", "VF404", "VF405"}},
    {VF_FAMILY_EDITABLE, {"VF411", "VF412", "VF413", "VF414"}},
    {VF_FAMILY_RECORD, {"VF503", "VF513", "VF514", NULL}},
    {VF_FAMILY_URL, {"VF521", "VF522", "VF522", NULL}},
    {VF_FAMILY_RPATH, {"VF601", "VF602", "VF603", NULL}},
    {VF_FAMILY_KERNEL, {"VF701", "VF702", "VF703", "VF704"}},
    {VF_FAMILY_TEXT, {"VF711", "VF712", "VF713", NULL}},
    {VF_FAMILY_TEXT_OWNED, {"VF715", "VF716", "VF716", NULL}},
    {VF_FAMILY_BINARY, {"VF717", "VF718", "VF719", NULL}},
    {VF_FAMILY_LINK, {"VF801", "VF804", "VF805", "VF802"}},
    {VF_FAMILY_CFG_VALUE, {"VF122", "VF124", "VF124", NULL}},
    {VF_FAMILY_CFG_COMMAND, {NULL, "VF112", "VF112", NULL}},
    {VF_FAMILY_INTERPRETER, {"VF125", "VF804", "VF126", NULL}},
    {VF_FAMILY_PROJECT, {"VF711", "VF723", "VF723", NULL}},
};

static void each_family_has_its_rules(void **state)
{
    (void)state;
    static const enum vf_ref_status statuses[] = {VF_STATUS_BOUND, VF_STATUS_BROKEN, VF_STATUS_ASTRAY,
                                                  VF_STATUS_HOST};
    assert_int_equal(VF_COUNT(families), VF_FAMILY_COUNT - 1);
    for (size_t i = 0; i < VF_COUNT(families); i++) {
        for (size_t k = 0; k < VF_COUNT(statuses); k++) {
            enum vf_rule rule = vf_rule_of(families[i].family, statuses[k]);
            if (families[i].ids[k])
                assert_string_equal(vf_rule_info(rule)->id, families[i].ids[k]);
            else
                assert_int_equal(rule, VF_RULE_COUNT);
        }
        assert_int_equal(vf_rule_of(families[i].family, VF_STATUS_FINE), VF_RULE_COUNT);
        assert_int_equal(vf_rule_of(families[i].family, VF_STATUS_RELATIVE), VF_RULE_COUNT);
    }
}

/* A rule with a family is what that family says for one status at least. */
static void each_rule_is_of_use_to_its_family(void **state)
{
    (void)state;
    for (int r = 0; r < VF_RULE_COUNT; r++) {
        enum vf_family family = vf_rule_info((enum vf_rule)r)->family;
        bool found = family == VF_FAMILY_NONE;
        for (int s = 0; s < VF_STATUS_COUNT && !found; s++)
            found = vf_rule_of(family, (enum vf_ref_status)s) == (enum vf_rule)r;
        assert_true(found);
    }
}

static void add(struct vf_findings *f, const char *path, enum vf_level level, const char *message,
                int64_t line)
{
    struct vf_finding *fi = vf_findings_add(f, VF_RULE_PTH_DANGLING, vf_slice_of(path));
    assert_non_null(fi);
    fi->level = level;
    fi->message = vf_slice_of(message);
    fi->line = line;
    fi->count = 2;
}

static void many_of_a_kind_are_one(void **state)
{
    (void)state;
    struct vf_arena a;
    vf_arena_init(&a);
    struct vf_findings in = {.a = &a}, out = {.a = &a};
    for (int i = 0; i < VF_FINDINGS_CAP; i++)
        add(&in, "at the cap", VF_L_ERROR, "m", i);
    for (int i = 0; i < VF_FINDINGS_CAP + 1; i++) {
        add(&in, "above", VF_L_ERROR, i ? "m" : "other", i);
        if (i < 3)
            add(&in, "above", VF_L_INFO, "m", i);
    }
    for (int i = 0; i < 1000; i++)
        add(&in, "same words", VF_L_WARNING, "said", i + 7);
    assert_true(vf_findings_fold(&in, &out));
    assert_int_equal(out.v.n, VF_FINDINGS_CAP + 1 + 3 + 1);
    const struct vf_finding *above = vf_findings_at(&out, VF_FINDINGS_CAP),
                            *last = vf_findings_at(&out, out.v.n - 1);
    assert_int_equal(above->count, 2 * (VF_FINDINGS_CAP + 1));
    assert_int_equal(above->line, 0);
    assert_string_equal(above->message.p, vf_rule_info(VF_RULE_PTH_DANGLING)->what);
    assert_int_equal(last->count, 2000);
    assert_int_equal(last->line, 7);
    assert_string_equal(last->message.p, "said");
    for (size_t i = 0; i < VF_FINDINGS_CAP; i++)
        assert_int_equal(vf_findings_at(&out, i)->count, 2);
    vf_arena_release(&a);
}

static void spans_cover(void **state)
{
    (void)state;
    struct vf_arena a;
    vf_arena_init(&a);
    struct vf_cover c = {0};
    assert_false(vf_cover_has(&c, 0));
    static const uint64_t spans[][2] = {{50, 10}, {10, 5}, {12, 30}, {13, 1}, {UINT64_MAX - 1, 9}, {70, 0}};
    for (size_t i = 0; i < VF_COUNT(spans); i++)
        assert_true(vf_cover_add(&c, &a, spans[i][0], spans[i][1]));
    for (int pass = 0; pass < 2; pass++) /* the second begins again */
        for (uint64_t off = 0; off < 80; off++)
            assert_int_equal(vf_cover_has(&c, off), (off >= 10 && off < 42) || (off >= 50 && off < 60));
    assert_true(vf_cover_has(&c, UINT64_MAX - 1));
    vf_arena_release(&a);
}

static void rows_by_offset(void **state)
{
    (void)state;
    static const char text[] = "a,,\n\n\"b\nc\",,\r\nd,sha256=x,1";
    struct vf_arena a;
    struct vf_record record;
    struct vf_err err;
    vf_arena_init(&a);
    vf_err_init(&err);
    assert_int_equal(vf_record_parse(&a, vf_slice_of(text), &record, &err), VF_OK);
    for (size_t off = 0; off < sizeof text + 3; off++) {
        size_t at = VF_NPOS;
        for (size_t r = 0; r < record.n; r++)
            if (off >= record.rows[r].row.off &&
                off < (size_t)record.rows[r].row.off + record.rows[r].row.len)
                at = r;
        assert_int_equal(vf_record_row_at(&record, off), at);
    }
    assert_int_equal(vf_record_row_at(&(struct vf_record){0}, 0), VF_NPOS);
    vf_err_release(&err);
    vf_arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_family_has_its_rules),
        cmocka_unit_test(each_rule_is_of_use_to_its_family),
        cmocka_unit_test(many_of_a_kind_are_one),
        cmocka_unit_test(spans_cover),
        cmocka_unit_test(rows_by_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
