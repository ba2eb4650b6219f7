/* VF4xx: import paths. */
#include "rule_case.h"

#define EDIT   "{S}/__editable__.demo-1.0.pth"
#define FINDER "{S}/__editable___demo_1_0_finder.py"
#define MESON  "{S}/_demo_editable_loader.py"

static const struct rule_case cases[] = {
    {"VF401", "{S}/a.pth", 0, {"src/|", "{S}/a.pth|{E}/src\n"}, {"src/|", "{S}/a.pth|../../../src\n"}, NULL},
    {"VF402", "{S}/a.pth", RC_STAYS, {"{S}/a.pth|{OLD}/gone\n"}, {"src/|", "{S}/a.pth|{E}/src\n"}, NULL},
    {"VF402", "{S}/a.pth", RC_NO_FIX, {"{S}/a.pth|{T}/gone\n"}, {"{S}/a.pth|{OUT}\n"}, NULL},
    {"VF402", "{S}/a.pth", RC_NO_FIX, {"{S}/a.pth|gone\n"}, {"{S}/here/|", "{S}/a.pth|here\n"}, NULL},
    {"VF403", "{S}/a.pth", 0, {"src/|", "{S}/a.pth|{OLD}/src\n"}, {"src/|", "{S}/a.pth|{OLD}2/src\n"}, NULL},
    {"VF404", "{S}/a.pth", 0, {"src/|", "{S}/a.pth|{LIVE}/src\n"}, {"src/|", "{S}/a.pth|{OUT}\n"}, NULL},
    {"VF405", "{S}/a.pth", 0, {"{S}/a.pth|{OUT}\n"}, {"{S}/a.pth|#{OUT}\n"}, NULL},
    {"VF405", "{S}/a.pth", 0, {"{S}/a.pth|../../../../out\n"}, {"{S}/a.pth|../../../../gone\n"}, NULL},
    {"VF406", "{S}/a.pth", 0, {"{S}/a.pth|x{FF}\n"}, {"{S}/a.pth|\xC3\xA4\n"}, NULL},
    {"VF407", "{S}/a.pth", 0, {"src/|", "{S}/a.pth| {E}/src\n"}, {"src/|", "{S}/a.pth|{E}/src\n"}, NULL},
    {"VF408",
     "{S}/a.pth",
     0,
     {"src/|", "{S}/a.pth|import sys; sys.path.insert(0, '{E}/src')\n"},
     {"src/|", "{S}/a.pth|import sys; sys.path.insert(0, '{E}2/src')\n"},
     NULL},
    {"VF411", EDIT, 0, {"src/|", EDIT "|{E}/src\n"}, {"src/|", "{S}/demo.pth|{E}/src\n"}, NULL},
    {"VF411",
     FINDER,
     0,
     {"src/demo/|",
      FINDER "|MAPPING: dict[str, str] = {'demo': '{E}/src/demo'}\nNAMESPACES: dict[str, list[str]] = {}\n"},
     {"src/demo/|",
      FINDER "|MAPPING: dict[str, str] = {'demo': '{OUT}'}\nNAMESPACES: dict[str, list[str]] = {}\n"},
     NULL},
    {"VF412", EDIT, 0, {"src/|", EDIT "|{OLD}/src\n"}, {EDIT "|{OUT}\n"}, NULL},
    {"VF412", EDIT, RC_NO_FIX, {EDIT "|{T}/gone\n"}, {"src/|", EDIT "|{E}/src\n"}, NULL},
    {"VF413", EDIT, 0, {"src/|", EDIT "|{LIVE}/src\n"}, {EDIT "|{OUT}\n"}, NULL},
    {"VF414", EDIT, 0, {EDIT "|{OUT}\n"}, {"{S}/demo.pth|{OUT}\n"}, NULL},
    {"VF415",
     MESON,
     0,
     {MESON "|class MesonpyMetaFinder(object):\n    pass\n\ndef install(*a):\n    pass\n\n"
            "install('demo', {'demo'}, '{OUT}', ['{T}/gone/ninja'], False)\n"},
     {MESON "|class MesonpyMetaFinder(object):\n    pass\n\ndef install(*a):\n    pass\n\n"
            "install('demo', {'demo'}, '{OUT}', ['{OUT}/thing'], False)\n"},
     NULL},
    {"VF416",
     FINDER,
     0,
     {FINDER "|import sys\nsys.exit(open('x'))\n"},
     {"{S}/other_finder.py|import sys\n"},
     NULL},
    {"VF417",
     FINDER,
     0,
     {"{OUT}/b/CMakeCache.txt|A:B=c\nCMAKE_CACHEFILE_DIR:INTERNAL={T}/gone\n",
      FINDER "|install({}, {}, {}, [], '{OUT}/b', True, True)\n"},
     {FINDER "|install({}, {}, {}, [], '{OUT}/b', False, True)\n"},
     NULL},
    {"VF417",
     FINDER,
     0,
     {"{OUT}/b/CMakeCache.txt|A:B=c\nCMAKE_CACHEFILE_DIR:INTERNAL={T}/gone\n",
      FINDER "|install_inplace(['demo'], [], '{OUT}/b', True, True)\n"},
     {"{OUT}/b/CMakeCache.txt|A:B=c\nCMAKE_CACHEFILE_DIR:INTERNAL={OUT}/b\n",
      FINDER "|install_inplace(['demo'], [], '{OUT}/b', True, True)\n"},
     NULL},
    {"VF418",
     "{S}/__editable__.demo-1.0.pth",
     0,
     {"{OUT}/proj/README|x", "{S}/__editable__.demo-1.0.pth|{OUT}/proj\n",
      "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n", "{D}/top_level.txt|demo\n",
      "{D}/direct_url.json|{\"url\": \"file://{OUT}/proj\", \"dir_info\": {\"editable\": true}}",
      "{D}/RECORD|__editable__.demo-1.0.pth,,\n"},
     {"{OUT}/proj2/demo.py|x", "{S}/__editable__.demo-1.0.pth|{OUT}/proj2\n",
      "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n", "{D}/top_level.txt|demo\n",
      "{D}/direct_url.json|{\"url\": \"file://{OUT}/proj2\", \"dir_info\": {\"editable\": true}}",
      "{D}/RECORD|__editable__.demo-1.0.pth,,\n"},
     NULL},
    {"VF418",
     "{S}/demo.pth",
     0,
     {"{E}/src/proj/README|x", "{S}/demo.pth|{E}/src/proj\n",
      "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
      "{D}/entry_points.txt|[console_scripts]\nd = demo.cli:main\n",
      "{D}/direct_url.json|{\"url\": \"file://{E}/src/proj\", \"dir_info\": {\"editable\": true}}",
      "{D}/RECORD|demo.pth,,\n"},
     {"{E}/src/proj/demo/__init__.py|x", "{S}/demo.pth|{E}/src/proj\n",
      "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
      "{D}/entry_points.txt|[console_scripts]\nd = demo.cli:main\n",
      "{D}/direct_url.json|{\"url\": \"file://{E}/src/proj\", \"dir_info\": {\"editable\": true}}",
      "{D}/RECORD|demo.pth,,\n"},
     NULL},
    /* in the environment, which was moved */
    {"VF417",
     FINDER,
     0,
     {"b/CMakeCache.txt|\nCMAKE_CACHEFILE_DIR:INTERNAL={OLD}/b\n",
      FINDER "|install({}, {}, {}, [], '{OLD}/b', True, True)\n"},
     {"b/CMakeCache.txt|\nCMAKE_CACHEFILE_DIR:INTERNAL={E}/b\n",
      FINDER "|install({}, {}, {}, [], '{OLD}/b', True, True)\n"},
     NULL},
    {"VF417",
     MESON,
     0,
     {"{OUT}/m/meson-info/meson-info.json|{\"directories\": {\"source\": \"{OUT}\", \"build\": "
      "\"{T}/gone\"}}",
      MESON "|class MesonpyMetaFinder(object):\n    pass\n\ndef install(*a):\n    pass\n\n"
            "install('demo', {'demo'}, '{OUT}/m', ['{OUT}/thing'], False)\n"},
     {"{OUT}/m/meson-info/meson-info.json|{\"directories\": {\"source\": \"{OUT}\", \"build\": \"{OUT}/m\"}}",
      MESON "|class MesonpyMetaFinder(object):\n    pass\n\ndef install(*a):\n    pass\n\n"
            "install('demo', {'demo'}, '{OUT}/m', ['{OUT}/thing'], False)\n"},
     NULL},
};

/* VF421, VF422: what no distribution installed. */
static const struct rule_case unowned[] = {
    {"VF421",
     "{S}/zz.pth",
     0,
     {"{S}/evil.py|x", "{S}/zz.pth|import evil\n"},
     {"{S}/evil.py|x", "{S}/zz.pth|import evil\n",
      "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n", "{D}/RECORD|zz.pth,,\nevil.py,,\n"},
     NULL},
    {"VF421", "{S}/zz.pth", 0, {"{S}/zz.pth|src\nimport\tos\n"}, {"{S}/zz.pth|# import os\nsrc\n"}, NULL},
    {"VF421", "{S}/zz.pth", 0, {"z|import os\n", "{S}/zz.pth@|../../../z"}, {"{S}/zz.txt@|../../../z"}, NULL},
    {"VF421",
     "{S}/_virtualenv.pth",
     0,
     {"{S}/_virtualenv.pth|import _virtualenv; import evil"},
     {"{S}/_virtualenv.pth|import _virtualenv"},
     NULL},
    {"VF421", "{S}/_virtualenv.pth", RC_HASHES, {"{S}/_virtualenv.pth|import _virtualenv"}, {NULL}, NULL},
    {"VF421",
     "{S}/evil.pth",
     0,
     {"{S}/evil.pth|import os; var = 'SETUPTOOLS_USE_DISTUTILS'; x\n"},
     {"{S}/distutils-precedence.pth|import os; var = 'SETUPTOOLS_USE_DISTUTILS'; x\n"},
     NULL},
    {"VF421", "{S}/sitecustomize.py", 0, {"{S}/sitecustomize.py|x"}, {"{S}/sub/sitecustomize.py|x"}, NULL},
    {"VF421",
     "{S}/usercustomize/__init__.py",
     0,
     {"{S}/usercustomize/__init__.py|x"},
     {"{S}/usercustomize/README|x"},
     NULL},
    {"VF421",
     "{S}/sitecustomize.py",
     0,
     {"{S}/sitecustomize.py|x"},
     {"{S}/sitecustomize.py|x", "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
      "{D}/RECORD|sitecustomize.py,,\n"},
     NULL},
    {"VF422", "{S}/evil.py", RC_HASHES, {"{S}/evil.py|x"}, {"{S}/not-a-module.py|x"}, NULL},
    {"VF422",
     "{S}/evil.py",
     RC_HASHES,
     {"{S}/evil.py|x"},
     {"{S}/evil.py|x", "{S}/old-1.egg-info/PKG-INFO|Metadata-Version: 1.0\nName: old\nVersion: 1\n",
      "{S}/old-1.egg-info/top_level.txt|evil\n"},
     NULL},
    {"VF422",
     "{S}/evil/a.py",
     RC_HASHES,
     {"{S}/evil/a.py|x", "{S}/evil/b.py|x"},
     {"{S}/evil/data.txt|x", "{S}/evil/__pycache__/a.cpython-311.pyc|x"},
     NULL},
    {"VF422",
     "{S}/demo.abi3.so",
     RC_HASHES,
     {"{S}/demo.py|x", "{S}/demo.abi3.so|x", "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
      "{D}/RECORD|demo.py,,\n"},
     {"{S}/demo.py|x", "{S}/demo.abi3.so|x", "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
      "{D}/RECORD|demo.py,,\ndemo.abi3.so,,\n"},
     NULL},
};

static void unowned_files(void **state)
{
    rc_run(*state, unowned, sizeof unowned / sizeof *unowned);
}

/* A package may write beside its own files; a tool's own startup code is known. */
static void unowned_levels(void **state)
{
    struct envfix *f = *state;
    struct venvfix_check_result r;
    ef_write(f, "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n");
    ef_write(f, "{S}/demo/__init__.py|x");
    ef_write(f, "{S}/demo/made.py|x");
    ef_write(f, "{S}/evil.py|x");
    ef_write(f, "{S}/_virtualenv.py|x");
    ef_write(f, "{S}/_virtualenv.pth|import _virtualenv");
    ef_write(f, "{D}/RECORD|demo/__init__.py,,\n");
    struct ef_check how = {.path = f->env, .hashes = true};
    (void)ef_check(f, &how, &r);
    size_t warnings = 0, infos = 0;
    for (size_t i = 0; i < r.findings.n; i++) {
        const struct venvfix_finding *fi = &r.findings.v[i];
        if (strncmp(fi->rule, "VF42", 4) != 0)
            continue;
        warnings += fi->level == VENVFIX_LEVEL_WARNING;
        infos += fi->level == VENVFIX_LEVEL_INFO;
    }
    if (warnings != 1 || infos != 3)
        ef_show(&r.findings);
    assert_int_equal(warnings, 1);
    assert_int_equal(infos, 3);
    venvfix_check_free(&r);
}

static const char *const waiting[] = {"VF421", "VF422", "VF431", NULL};

static void every_case(void **state)
{
    rc_run(*state, cases, sizeof cases / sizeof *cases);
}

static void none_is_forgotten(void **state)
{
    (void)state;
    rc_all_hit(cases, sizeof cases / sizeof *cases, '4', waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(every_case), EF_TEST(unowned_files), EF_TEST(unowned_levels),
                                       cmocka_unit_test(none_is_forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
