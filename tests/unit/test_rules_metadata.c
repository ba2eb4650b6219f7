/* VF5xx: metadata. */
#include "rule_case.h"

#define META         "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
#define CODE         META, "{S}/demo.py|x = 1\n"
#define RECORD(rows) "{D}/RECORD|" rows "demo-1.0.dist-info/METADATA,,\ndemo-1.0.dist-info/RECORD,,\n"
#define WHOLE        RECORD("demo.py,{sha:{S}/demo.py},6\n")
#define URL          "{D}/direct_url.json|"

static const struct rule_case cases[] = {
    {"VF501", "{D}", 0, {META}, {CODE, WHOLE}, NULL},
    {"VF502", "{D}/RECORD", 0, {CODE, RECORD("demo.py\n")}, {CODE, RECORD("demo.py,,\n")}, NULL},
    {"VF503", "{D}/RECORD", 0, {CODE, RECORD("{E}/{S}/demo.py,,\n")}, {CODE, RECORD("demo.py,,\n")}, NULL},
    {"VF504",
     "{D}/RECORD",
     0,
     {CODE, RECORD("../../../../out/thing,,\n")},
     {CODE, "thing|x", RECORD("../../../thing,,\n")},
     NULL},
    {"VF505",
     "{D}/RECORD",
     0,
     {CODE, RECORD("__pycache__/demo.cpython-311.pyc,,\n")},
     {CODE, "{S}/__pycache__/demo.cpython-311.pyc|x", RECORD("__pycache__/demo.cpython-311.pyc,,\n")},
     NULL},
    {"VF505",
     "{D}/RECORD",
     0,
     {CODE, "{D}/entry_points.txt|[console_scripts]\ndo-it = demo:main\n",
      RECORD("demo-1.0.data/scripts/do-it,sha256=AAAA,6\n")},
     {CODE, "{D}/entry_points.txt|[console_scripts]\ndo-it = demo:main\n",
      RECORD("demo-1.0.data/scripts/other,sha256=AAAA,6\n")},
     NULL},
    {"VF506",
     "{S}/demo.py",
     0,
     {META, RECORD("demo.py,sha256=0000000000000000000000000000000000000000000,6\n")},
     {CODE, WHOLE},
     NULL},
    {"VF507", "{S}/demo.py", 0, {CODE, RECORD("demo.py,,7\n")}, {CODE, RECORD("demo.py,,6\n")}, NULL},
    {"VF508",
     "{S}/demo.py",
     RC_HASHES,
     {CODE, RECORD("demo.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,6\n")},
     {CODE, WHOLE},
     NULL},
    {"VF509",
     "{D}/INSTALLER",
     0,
     {CODE, "{D}/INSTALLER|uv\n", RECORD("demo-1.0.dist-info/INSTALLER,,4\n")},
     {CODE, "{D}/INSTALLER|uv\n", RECORD("demo-1.0.dist-info/INSTALLER,,3\n")},
     NULL},
    {"VF510",
     "{S}/demo-2.0.dist-info",
     0,
     {CODE, WHOLE, "{S}/demo-2.0.dist-info/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 2.0\n"},
     {CODE, WHOLE, "{S}/demo2-2.0.dist-info/METADATA|Metadata-Version: 2.1\nName: demo2\nVersion: 2.0\n"},
     NULL},
    {"VF511",
     "{S}/~emo-1.0.dist-info",
     0,
     {"{S}/~emo-1.0.dist-info/METADATA|Name: demo\nVersion: 1.0\n"},
     {CODE, WHOLE},
     NULL},
    {"VF512", "{D}", 0, {"{D}/RECORD|demo-1.0.dist-info/RECORD,,\n"}, {CODE, WHOLE}, NULL},
    {"VF513",
     "{D}/RECORD",
     0,
     {CODE, RECORD("{OLD}/{S}/demo.py,,\n")},
     {CODE, RECORD("{E}/{S}/demo.py,,\n")},
     NULL},
    {"VF514",
     "{D}/RECORD",
     0,
     {CODE, RECORD("{LIVE}/{S}/demo.py,,\n")},
     {CODE, RECORD("{E}/{S}/demo.py,,\n")},
     NULL},
    {"VF515",
     "{S}/demo.py",
     0,
     {CODE, WHOLE, "{S}/other-1.0.dist-info/METADATA|Metadata-Version: 2.1\nName: other\nVersion: 1.0\n",
      "{S}/other-1.0.dist-info/RECORD|demo.py,,\nother-1.0.dist-info/RECORD,,\n"},
     {CODE, WHOLE, "{S}/other-1.0.dist-info/METADATA|Metadata-Version: 2.1\nName: other\nVersion: 1.0\n",
      "{S}/other-1.0.dist-info/RECORD|other-1.0.dist-info/RECORD,,\n"},
     NULL},
    {"VF516",
     "{D}",
     0,
     {"{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.1\n", RECORD("")},
     {"{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n", RECORD("")},
     NULL},
    {"VF521",
     "{D}/direct_url.json",
     0,
     {META, "src/|", RECORD(""), URL "{\"url\": \"file://{E}/src\", \"dir_info\": {}}"},
     {META, "src/|", RECORD(""), URL "{\"url\": \"file://{OUT}\", \"dir_info\": {}}"},
     NULL},
    {"VF522",
     "{D}/direct_url.json",
     0,
     {META, "src/|", RECORD(""), URL "{\"url\": \"file://{OLD}/src\", \"dir_info\": {\"editable\": true}}"},
     {META, "src/|", RECORD(""), URL "{\"url\": \"file://{OUT}\", \"dir_info\": {\"editable\": true}}"},
     NULL},
    {"VF523",
     "{D}/direct_url.json",
     0,
     {META, RECORD(""), URL "{\"url\": 1}"},
     {META, RECORD(""),
      URL "{\"url\": \"https://h/x\", \"vcs_info\": {\"vcs\": \"git\", \"commit_id\": \"0\"}}"},
     NULL},
    {"VF524",
     "{D}/direct_url.json",
     0,
     {META, RECORD(""), URL "{\"url\": \"https://me:secret@h/x.whl\", \"archive_info\": {}}"},
     {META, RECORD(""), URL "{\"url\": \"https://h/x.whl\", \"archive_info\": {}}"},
     NULL},
};

/* What is said of bundles: tests/e2e/test_pack.py, tests/unit/test_bundle_check.c. */
static const char *const waiting[] = {"VF541", "VF551", "VF552", "VF553", "VF554", "VF555",
                                      "VF556", "VF557", "VF558", "VF559", "VF561", NULL};

static void every_case(void **state)
{
    rc_run(*state, cases, sizeof cases / sizeof *cases);
}

static void none_is_forgotten(void **state)
{
    (void)state;
    rc_all_hit(cases, sizeof cases / sizeof *cases, '5', waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(every_case), cmocka_unit_test(none_is_forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
