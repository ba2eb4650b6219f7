/* direct_url.json and kernel.json, and the scanner of strings under both: docs/formats.md 4.4, 4.7. */
#include "syntax_fixture.h"

#include "syntax/json_strings.h"

static bool valid(const char *text)
{
    struct vf_json_scan scan = {.text = vf_slice_of(text)};
    struct vf_json_string str;
    while (vf_json_next(&scan, &str))
        ;
    return vf_json_valid(&scan);
}

static void grammar(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{}",    "[]",     " {\"a\" : [1, -0.5e+7, true, null, NaN, -Infinity]}\n",
        "\"x\"", "0",      "-1.0",
        "1E5",   "[[[]]]", "{\"a\":{\"b\":\"\\u00e9\\n\\/\"}}"};
    static const char *const bad[] = {
        "",     "{",      "[1,]",    "{\"a\":1,}", "{\"a\"}",        "{a:1}",   "[1 2]",
        "[01]", "\"\n\"", "\"\\x\"", "\"\\u12\"",  "{} {}",          "tru",     "]",
        "[\"a", "1.",     "-",       "'a'",        "\xEF\xBB\xBF{}", "\"\xFF\""};
    for (size_t i = 0; i < VF_COUNT(good); i++)
        if (!valid(good[i]))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < VF_COUNT(bad); i++)
        if (valid(bad[i]))
            fail_msg("taken: %s", bad[i]);
    char deep[2 * VF_JSON_DEPTH + 3] = "";
    for (size_t n = VF_JSON_DEPTH; n <= VF_JSON_DEPTH + 1; n++) {
        for (size_t i = 0; i < n; i++) {
            deep[i] = '[';
            deep[2 * n - 1 - i] = ']';
        }
        assert_true(valid(deep) == (n == VF_JSON_DEPTH));
    }
}

static void prefixes(void **state)
{
    (void)state;
    struct vf_json_scan scan = {.text = VF_S("{\"a\": [0, \"x\"],\n \"\\u0062\": {\"c\": \"y\"}}")};
    struct vf_json_string str;
    assert_true(vf_json_next(&scan, &str) && str.is_key && scan.depth == 1);
    assert_true(vf_json_next(&scan, &str) && !str.is_key && scan.depth == 2);
    assert_true(vf_json_key_is(&scan, 0, "a") && scan.level[1].index == 1);
    assert_int_equal(str.off, 10);
    assert_int_equal(str.len, 3);
    assert_true(vf_json_next(&scan, &str) && str.is_key && str.line == 2);
    assert_true(vf_json_next(&scan, &str) && str.is_key);
    assert_true(vf_json_next(&scan, &str));
    assert_true(vf_json_key_is(&scan, 0, "b") && vf_json_key_is(&scan, 1, "c") &&
                !vf_json_key_is(&scan, 2, "c"));
    assert_text(str.inner, "y");
    assert_false(vf_json_next(&scan, &str));
    assert_true(vf_json_valid(&scan) && scan.top_object);
}

static void url_values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct vf_slice value, path;
        const char *req;
    } cases[] = {
        {"{\"dir_info\": {}, \"url\": \"file:///p/my%20proj\"}", VF_S_INIT("/p/my proj"),
         VF_S_INIT("/n/it's \xC3\xA9~"), "{\"dir_info\": {}, \"url\": \"file:///n/it%27s%20%C3%A9~\"}"},
        /* uv leaves what a path may hold */
        {"{\"url\":\"file:///p/hat'ch\",\"dir_info\":{\"editable\":true}}", VF_S_INIT("/p/hat'ch"),
         VF_S_INIT("/n/a'(b) c"), "{\"url\":\"file:///n/a'(b)%20c\",\"dir_info\":{\"editable\":true}}"},
        {"{\"url\": \"file:///p/a+b\", \"dir_info\": {}}", VF_S_INIT("/p/a+b"), VF_S_INIT("/n/a+b'"),
         "{\"url\": \"file:///n/a+b%27\", \"dir_info\": {}}"},
        /* `~` as Python 3.6 writes it */
        {"{\"url\": \"file:///p/%7Euser\", \"dir_info\": {}}", VF_S_INIT("/p/~user"), VF_S_INIT("/n/~user"),
         "{\"url\": \"file:///n/~user\", \"dir_info\": {}}"},
        {"{\"url\": \"file:///p/%ff\", \"archive_info\": {}}", VF_S_INIT("/p/\xFF"), VF_S_INIT("/n/\xFE\n"),
         "{\"url\": \"file:///n/%FE%0A\", \"archive_info\": {}}"},
        {"{\"url\": \"file://localhost/p/x.whl#sha256=1\", \"archive_info\": {}}", VF_S_INIT("/p/x.whl"),
         VF_S_INIT("/n"), "{\"url\": \"file://localhost/n#sha256=1\", \"archive_info\": {}}"},
        {"{\"url\": \"file:\\/\\/\\/p\\/a\", \"dir_info\": {}}", VF_S_INIT("/p/a"), VF_S_INIT("/n/b c"),
         "{\"url\": \"file:\\/\\/\\/n\\/b%20c\", \"dir_info\": {}}"},
    };
    struct syn s;
    enum vf_status st;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        syn_read(&s, VF_SYN_DIRECT_URL, vf_slice_of(cases[i].text));
        assert_int_equal(syn_refs(&s), 1);
        assert_int_equal(syn_flaws(&s), 0);
        assert_int_equal(syn_ref(&s, 0)->role, VF_ROLE_PROJECT_URL);
        assert_bytes(syn_ref(&s, 0)->value, cases[i].value);
        struct vf_slice made = syn_put(&s, 0, cases[i].path, NULL);
        assert_bytes(made, vf_slice_of(cases[i].req));
        syn_read(&s, VF_SYN_DIRECT_URL, made);
        assert_bytes(syn_ref(&s, 0)->value, cases[i].path);
    }
    (void)syn_put(&s, 0, VF_S("rel"), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    syn_release(&s);
}

static void url_flaws(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int flaw; /* -1: none */
        const char *shown;
    } cases[] = {
        {"{\"url\": \"https://h/x\", \"archive_info\": {}}", -1, NULL},
        {"{\"url\": \"file:///C:/x\", \"dir_info\": {}}", -1, NULL},
        {"{\"url\": \"git+ssh://git@h/x\", \"vcs_info\": {}}", -1, NULL},
        {"{\"url\": \"https://${U}:${P}@h/x\", \"archive_info\": {}}", -1, NULL},
        {"{\"url\": \"https://u:secret@h/x\", \"archive_info\": {}}", VF_FLAW_URL_SECRET, "https://****@h/x"},
        {"{\"url\": \"/p/x\", \"dir_info\": {}}", VF_FLAW_URL_INVALID, NULL},
        {"{\"url\": 1, \"dir_info\": {}}", VF_FLAW_URL_INVALID, NULL},
        {"{\"dir_info\": {\"url\": \"file:///p\"}}", VF_FLAW_URL_INVALID, NULL},
        {"{\"url\": \"https://h/x\"}", VF_FLAW_URL_INVALID, NULL},
        {"{\"url\": \"https://h/x\", \"dir_info\": {}, \"vcs_info\": {}}", VF_FLAW_URL_INVALID, NULL},
        {"{\"url\": ", VF_FLAW_JSON_INVALID, NULL},
        {"[]", VF_FLAW_JSON_INVALID, NULL},
        {"", VF_FLAW_JSON_INVALID, NULL},
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        syn_read(&s, VF_SYN_DIRECT_URL, vf_slice_of(cases[i].text));
        assert_int_equal(syn_refs(&s), 0);
        if (syn_flaws(&s) != (cases[i].flaw >= 0))
            fail_msg("case %zu: %zu flaws", i, syn_flaws(&s));
        if (cases[i].flaw < 0)
            continue;
        const struct vf_flaw *f = syn_flaw(&s, (enum vf_flaw_kind)cases[i].flaw);
        assert_non_null(f);
        if (cases[i].shown)
            assert_bytes(f->value, vf_slice_of(cases[i].shown));
    }
    syn_release(&s);
}

static void kernels(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    syn_read(&s, VF_SYN_KERNELSPEC,
             VF_S("{\n \"argv\": [\n  \"/p/env/bin/python\",\n  \"-m\",\n  \"--dir=/p/env/x\",\n  "
                  "\"/p/y\",\n  \"{connection_file}\"\n ],\n"
                  " \"env\": {\n  \"PATH\": \"/p/env/bin:${PATH}:rel:/usr/bin\",\n  \"HOME\": \"/p/h\",\n  "
                  "\"U\": \"http://h//p\"\n },\n"
                  " \"metadata\": {\n  \"a\": [{\"b\": \"/p/m\"}],\n  \"c\": \"text /p\"\n },\n "
                  "\"display_name\": \"/p\"\n}"));
    static const struct {
        const char *value, *key;
        unsigned role, flags, line;
    } req[] = {
        {"/p/env/bin/python", "argv", VF_ROLE_KERNEL_COMMAND, 0, 3},
        {"/p/env/x", "argv", VF_ROLE_KERNEL_PATH, 0, 5},
        {"/p/y", "argv", VF_ROLE_KERNEL_PATH, 0, 6},
        {"/p/env/bin", "env", VF_ROLE_KERNEL_PATH, VF_REF_LIST, 10},
        {"/usr/bin", "env", VF_ROLE_KERNEL_PATH, VF_REF_LIST, 10},
        {"/p/h", "env", VF_ROLE_KERNEL_PATH, 0, 11},
        {"/p/m", "metadata", VF_ROLE_KERNEL_PATH, 0, 15},
    };
    assert_int_equal(syn_refs(&s), VF_COUNT(req));
    for (size_t i = 0; i < VF_COUNT(req); i++) {
        assert_bytes(syn_ref(&s, i)->value, vf_slice_of(req[i].value));
        assert_string_equal(syn_ref(&s, i)->key, req[i].key);
        assert_int_equal(syn_ref(&s, i)->role, req[i].role);
        assert_int_equal(syn_ref(&s, i)->flags, req[i].flags);
        assert_int_equal(syn_ref(&s, i)->line, req[i].line);
    }
    assert_int_equal(syn_flaws(&s), 0);
    enum vf_status st;
    (void)syn_put(&s, 3, VF_S("/a:b"), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    (void)syn_put(&s, 0, VF_S("/a:b"), &st);
    assert_int_equal(st, VF_OK);
    (void)syn_put(&s, 0, VF_S("/a\0b"), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    syn_release(&s);
}

static void kernel_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct vf_slice value, path;
        const char *req;
    } cases[] = {
        {"{\"argv\": [\"/p\"]}", VF_S_INIT("/p"), VF_S_INIT("/\xC3\xA9\"\\\n\xF0\x9F\x98\x80\xFF"),
         "{\"argv\": [\"/\\u00e9\\\"\\\\\\n\\ud83d\\ude00\\udcff\"]}"},
        {"{\"argv\": [\"/p\"], \"display_name\": \"\xC3\xA9\"}", VF_S_INIT("/p"), VF_S_INIT("/\xC3\xA9"),
         "{\"argv\": [\"/\xC3\xA9\"], \"display_name\": \"\xC3\xA9\"}"},
        {"{\"argv\": [\"\\/p\\/\\u00e9\"]}", VF_S_INIT("/p/\xC3\xA9"), VF_S_INIT("/n/x"),
         "{\"argv\": [\"\\/n\\/x\"]}"},
        {"{\"env\": {\"P\": \"/a:\\u002fb:/c\"}}", VF_S_INIT("/a"), VF_S_INIT("/n"),
         "{\"env\": {\"P\": \"/n:\\u002fb:/c\"}}"},
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        syn_read(&s, VF_SYN_KERNELSPEC, vf_slice_of(cases[i].text));
        assert_bytes(syn_ref(&s, 0)->value, cases[i].value);
        struct vf_slice made = syn_put(&s, 0, cases[i].path, NULL);
        assert_bytes(made, vf_slice_of(cases[i].req));
        syn_read(&s, VF_SYN_KERNELSPEC, made);
        assert_bytes(syn_ref(&s, 0)->value, cases[i].path);
    }
    /* A bare name. */
    syn_read(&s, VF_SYN_KERNELSPEC, VF_S("{\"argv\": [\"python\", \"-m\"]}"));
    assert_int_equal(syn_refs(&s), 1);
    assert_int_equal(syn_ref(&s, 0)->role, VF_ROLE_KERNEL_COMMAND);
    assert_int_equal(syn_ref(&s, 0)->flags, VF_REF_RELATIVE);
    syn_read(&s, VF_SYN_KERNELSPEC,
             VF_S("{\"argv\": [\"{prefix}/bin/python\", \"{resource_dir}/x\", \"a=b\"], \"env\": [\"/p\"]}"));
    assert_int_equal(syn_refs(&s), 0);
    syn_read(&s, VF_SYN_KERNELSPEC, VF_S("{\"argv\": [\"/p/x\", }"));
    assert_int_equal(syn_refs(&s), 1);
    assert_int_equal(syn_count(&s, VF_FLAW_JSON_INVALID), 1);
    syn_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grammar),   cmocka_unit_test(prefixes), cmocka_unit_test(url_values),
        cmocka_unit_test(url_flaws), cmocka_unit_test(kernels),  cmocka_unit_test(kernel_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
