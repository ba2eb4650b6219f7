/* Finders and loaders of editable installs: docs/formats.md 4.3. */
#include "syntax_fixture.h"

static void check(struct syn *s, size_t i, enum vf_role role, const char *key, struct vf_slice value)
{
    assert_int_equal(syn_ref(s, i)->role, role);
    assert_string_equal(syn_ref(s, i)->key, key);
    assert_bytes(syn_ref(s, i)->value, value);
}

static void statements(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        const char *key;
        enum vf_role role;
        const char *first, *moved; /* the file with the first reference at /n/it's */
    } cases[] = {
        {"MAPPING = {'pkg': '/p/src/pkg'}\nNAMESPACES = {}\n", 1, "MAPPING", VF_ROLE_EDITABLE, "/p/src/pkg",
         "MAPPING = {'pkg': \"/n/it's\"}\nNAMESPACES = {}\n"},
        {"MAPPING: dict[str, str] = {'a': '/p/a', 'b': '/p/b'}\n", 2, "MAPPING", VF_ROLE_EDITABLE, "/p/a",
         "MAPPING: dict[str, str] = {'a': \"/n/it's\", 'b': '/p/b'}\n"},
        {"MAPPING = {}\nNAMESPACES: dict[str, list[str]] = {'n': ['/p/n', '/q/n']}\n", 2, "NAMESPACES",
         VF_ROLE_EDITABLE, "/p/n",
         "MAPPING = {}\nNAMESPACES: dict[str, list[str]] = {'n': [\"/n/it's\", '/q/n']}\n"},
        {"F.install()\nF.map_module('x', '/p/src/x/__init__.py')", 1, "map_module", VF_ROLE_EDITABLE,
         "/p/src/x/__init__.py", "F.install()\nF.map_module('x', \"/n/it's\")"},
        {"__path__ = ['/p/sub']", 1, "__path__", VF_ROLE_EDITABLE, "/p/sub", "__path__ = [\"/n/it's\"]"},
        {"def import_from_path(module_name, file_path):\n    pass\nimport_from_path(__name__, '/p/x.py')\n",
         1, "import_from_path", VF_ROLE_EDITABLE, "/p/x.py",
         "def import_from_path(module_name, file_path):\n    pass\nimport_from_path(__name__, "
         "\"/n/it's\")\n"},
        {"def install(\n    a: '/x',\n):\n    pass\n\ninstall({'m': '/p/m.py'}, {'m.e': 'm/e.so'}, {'m': "
         "['/p', 'm']}, ['m'], None, "
         "False, True, [], [], '/p')\n",
         3, "install", VF_ROLE_EDITABLE, "/p/m.py",
         "def install(\n    a: '/x',\n):\n    pass\n\ninstall({'m': \"/n/it's\"}, {'m.e': 'm/e.so'}, {'m': "
         "['/p', 'm']}, ['m'], None, "
         "False, True, [], [], '/p')\n"},
        {"install_inplace(['m'], ['/p/src'], '/p', False, True, [])\n", 2, "install_inplace",
         VF_ROLE_EDITABLE, "/p/src", "install_inplace(['m'], [\"/n/it's\"], '/p', False, True, [])\n"},
        {"class MesonpyMetaFinder(importlib.abc.MetaPathFinder):\n    x = '/a'\ndef init():\n    finder = "
         "MesonpyMetaFinder(\n"
         "        'd',\n        {'m'},\n        '/p/build/cp312',\n        ['/p/env/bin/ninja'],\n        "
         "False,\n    )\n",
         2, "MesonpyMetaFinder", VF_ROLE_BUILD_TOOL, "/p/build/cp312",
         "class MesonpyMetaFinder(importlib.abc.MetaPathFinder):\n    x = '/a'\ndef init():\n    finder = "
         "MesonpyMetaFinder(\n"
         "        'd',\n        {'m'},\n        \"/n/it's\",\n        ['/p/env/bin/ninja'],\n        "
         "False,\n    )\n"},
        {"class MesonpyMetaFinder(x): pass\ninstall('d', {'m'}, '/p/b', "
         "['/tmp/pip-build-env-x/overlay/bin/ninja'], False)",
         2, "install", VF_ROLE_BUILD_TOOL, "/p/b",
         "class MesonpyMetaFinder(x): pass\ninstall('d', {'m'}, \"/n/it's\", "
         "['/tmp/pip-build-env-x/overlay/bin/ninja'], False)"},
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        syn_read(&s, VF_SYN_FINDER, vf_slice_of(cases[i].text));
        if (syn_refs(&s) != cases[i].n)
            fail_msg("case %zu: %zu references", i, syn_refs(&s));
        assert_int_equal(syn_flaws(&s), 0);
        check(&s, 0, cases[i].role, cases[i].key, vf_slice_of(cases[i].first));
        struct vf_slice moved = syn_put(&s, 0, VF_S("/n/it's"), NULL);
        assert_bytes(moved, vf_slice_of(cases[i].moved));
        syn_read(&s, VF_SYN_FINDER, moved);
        check(&s, 0, cases[i].role, cases[i].key, VF_S("/n/it's"));
        assert_bytes(syn_put(&s, 0, vf_slice_of(cases[i].first), NULL), vf_slice_of(cases[i].text));
    }
    syn_release(&s);
}

/* repr as Python writes it, both ways. */
static void literals(void **state)
{
    (void)state;
    static const struct {
        struct vf_slice path;
        const char *literal;
    } cases[] = {
        {VF_S_INIT("/q'uote \xC3\xA9"), "\"/q'uote \xC3\xA9\""},
        {VF_S_INIT("/b\\s\"q"), "'/b\\\\s\"q'"},
        {VF_S_INIT("/'\""), "'/\\'\"'"},
        {VF_S_INIT("/a\n\r\t\x01\x7F"), "'/a\\n\\r\\t\\x01\\x7f'"},
        {VF_S_INIT("/\xFF"), "'/\\udcff'"},
        {VF_S_INIT("/\xE2\x80\xA8"), "'/\\u2028'"},
    };
    struct syn s;
    enum vf_status st;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        struct vf_slice text =
            vf_arena_concat(&s.a, VF_S("__path__ = ["), vf_slice_of(cases[i].literal), VF_S("]"));
        syn_read(&s, VF_SYN_FINDER, text);
        assert_bytes(syn_ref(&s, 0)->value, cases[i].path);
        assert_bytes(syn_put(&s, 0, cases[i].path, NULL), text);
    }
    (void)syn_put(&s, 0, VF_S("/a\0"), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    /* Other spellings are read, too, and become a repr when they change. */
    syn_read(&s, VF_SYN_FINDER, VF_S("__path__ = [r'/a\\b', u\"/c\", '''/d''', \"\\x2fe\"]"));
    assert_int_equal(syn_refs(&s), 4);
    assert_text(syn_ref(&s, 0)->value, "/a\\b");
    assert_text(syn_put(&s, 1, VF_S("/n"), NULL), "__path__ = [r'/a\\b', '/n', '''/d''', \"\\x2fe\"]");
    syn_release(&s);
}

static void near_misses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n, unknown;
    } cases[] = {
        {"", 0, 1},
        {"import os\nX = ['/p']\n", 0, 1},
        {"\"\"\"\nMAPPING = {'a': '/p'}\n\"\"\"\n", 0, 1},
        {"# MAPPING = {'a': '/p'}\n", 0, 1},
        {"    MAPPING = {'a': '/p'}\n", 0, 1},
        {"MAPPING_OTHER = {'a': '/p'}\n", 0, 1},
        {"for x in MAPPING.items(): y('/p')\n", 0, 1},
        {"MAPPING = other('/p')\n", 0, 1},
        {"MAPPING = {}\nNAMESPACES = {}\nPATH = '/p'\n", 0, 0},
        {"MAPPING = {'a': '/p' '/q'}\n", 0, 0},
        {"MAPPING = {'a': b'/p', 'b': f'/p', 'c': 'rel/x'}\n", 0, 0},
        {"MAPPING = {  # see '/x'\n  'a': '/p',\n}\nX = '/q'\n", 1, 0},
        {"MAPPING = {'a': '/p'", 0, 0},
        {"def map_module(a='/p'): pass\n", 0, 1},
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        syn_read(&s, VF_SYN_FINDER, vf_slice_of(cases[i].text));
        if (syn_refs(&s) != cases[i].n || syn_count(&s, VF_FLAW_FINDER_UNKNOWN) != cases[i].unknown)
            fail_msg("case %zu: %zu references, %zu flaws", i, syn_refs(&s), syn_flaws(&s));
    }
    syn_read(&s, VF_SYN_FINDER, VF_S("x\n\nMAPPING = {\n 'a':\n  '/p'}\n"));
    assert_int_equal(syn_ref(&s, 0)->line, 5);
    syn_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements),
        cmocka_unit_test(literals),
        cmocka_unit_test(near_misses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
