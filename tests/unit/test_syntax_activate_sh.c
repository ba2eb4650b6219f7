/* activate for POSIX shells: every form of docs/formats.md 3.2. */
#include "activate_fixture.h"

static void forms(void **state)
{
    (void)state;
    static const struct act_case cases[] = {
        /* venv before its fix; 3.6 prompts, then 3.9, 3.12, 3.13 */
        {"    if [ \"x(env) \" != x ] ; then\n\tPS1=\"(env) ${PS1:-}\"\nVIRTUAL_ENV=\"/p/env\"\n",
         "    if [ \"x(env) \" != x ] ; then\n\tPS1=\"(env) ${PS1:-}\"\nVIRTUAL_ENV=\"/n/a b\"\n", 1, 2},
        {"VIRTUAL_ENV=\"/p/env\"\nexport VIRTUAL_ENV\nPATH=\"$VIRTUAL_ENV/bin:$PATH\"\n    PS1=\"(env) "
         "${PS1:-}\"\n"
         "    VIRTUAL_ENV_PROMPT=\"(env) \"\n",
         NULL, 1, 2},
        {"    export VIRTUAL_ENV=$(cygpath \"/p/env\")\nelse\n    export VIRTUAL_ENV=\"/p/env\"\nfi\n",
         "    export VIRTUAL_ENV=$(cygpath \"/n/a b\")\nelse\n    export VIRTUAL_ENV=\"/n/a b\"\nfi\n", 2, 0},
        {"        VIRTUAL_ENV=$(cygpath \"/p/env\")\n        export VIRTUAL_ENV\n    *)\n"
         "        export VIRTUAL_ENV=\"/p/env\"\nVIRTUAL_ENV_PROMPT=\"env\"\n",
         NULL, 2, 1},
        /* venv after it: bare words, wslpath */
        {"VIRTUAL_ENV=/p/env\nexport VIRTUAL_ENV\nPATH=\"$VIRTUAL_ENV/\"bin\":$PATH\"\n    PS1='(env) "
         "'\"${PS1:-}\"\n"
         "    VIRTUAL_ENV_PROMPT='(env) '\n",
         "VIRTUAL_ENV='/n/a b'\nexport VIRTUAL_ENV\nPATH=\"$VIRTUAL_ENV/\"bin\":$PATH\"\n    PS1='(env) "
         "'\"${PS1:-}\"\n"
         "    VIRTUAL_ENV_PROMPT='(env) '\n",
         1, 2},
        {"        VIRTUAL_ENV=$(cygpath /p/env)\n                VIRTUAL_ENV=$(wslpath /p/env)\n"
         "                export "
         "VIRTUAL_ENV=/p/env\nPATH=\"$VIRTUAL_ENV/\"bin\":$PATH\"\nVIRTUAL_ENV_PROMPT=env\n"
         "    PS1=\"(\"env\") ${PS1:-}\"\n",
         "        VIRTUAL_ENV=$(cygpath '/n/a b')\n                VIRTUAL_ENV=$(wslpath '/n/a b')\n"
         "                export VIRTUAL_ENV='/n/a "
         "b'\nPATH=\"$VIRTUAL_ENV/\"bin\":$PATH\"\nVIRTUAL_ENV_PROMPT=env\n"
         "    PS1=\"(\"env\") ${PS1:-}\"\n",
         3, 2},
        /* virtualenv 20.8, 20.17, 20.26.5 and uv: always quoted */
        {"VIRTUAL_ENV='/p/env'\nPATH=\"$VIRTUAL_ENV/bin:$PATH\"\n    if [ \"xenv\" != x ] ; then\n"
         "        PS1=\"env${PS1-}\"\n    else\n        PS1=\"(`basename \\\"$VIRTUAL_ENV\\\"`) ${PS1-}\"\n",
         "VIRTUAL_ENV='/n/a b'\nPATH=\"$VIRTUAL_ENV/bin:$PATH\"\n    if [ \"xenv\" != x ] ; then\n"
         "        PS1=\"env${PS1-}\"\n    else\n        PS1=\"(`basename \\\"$VIRTUAL_ENV\\\"`) ${PS1-}\"\n",
         1, 2},
        {"VIRTUAL_ENV='/p/env'\nif ([ \"$OSTYPE\" = \"cygwin\" ]) ; then\n    VIRTUAL_ENV=$(cygpath -u "
         "\"$VIRTUAL_ENV\")\nfi\n"
         "PATH=\"$VIRTUAL_ENV/bin:$PATH\"\nif [ \"x\" != x ] ; then\n    VIRTUAL_ENV_PROMPT=\"\"\nelse\n"
         "    VIRTUAL_ENV_PROMPT=$(basename \"$VIRTUAL_ENV\")\nfi\n    PS1=\"(${VIRTUAL_ENV_PROMPT}) "
         "${PS1-}\"\n",
         NULL, 1, 0},
        /* virtualenv 20.26.6 */
        {"VIRTUAL_ENV=/p/env\nPATH=\"$VIRTUAL_ENV/\"bin\":$PATH\"\nif [ \"x\"env != x ] ; then\n"
         "    VIRTUAL_ENV_PROMPT=env\n    TCL_LIBRARY=''\n    PS1=\"(${_VIRTUAL_PROMPT}) ${PS1-}\"\n",
         NULL, 1, 2},
        /* 20.36 to 21.7.12: inside double quotes */
        {"if [ ! -d /p/env ]; then\n    echo \"Virtual environment directory /p/env does not exist!\" "
         ">&2\nelse\n"
         "    VIRTUAL_ENV=/p/env\nfi\nPATH=\"$VIRTUAL_ENV/\"bin\":$PATH\"\n",
         "if [ ! -d '/n/a b' ]; then\n    echo \"Virtual environment directory '/n/a b' does not exist!\" "
         ">&2\nelse\n"
         "    VIRTUAL_ENV='/n/a b'\nfi\nPATH=\"$VIRTUAL_ENV/\"bin\":$PATH\"\n",
         3, 0},
        /* 21.15.11: the prompt is a variable of its own */
        {"        VIRTUAL_ENV=/p/env\n            _virtualenv_escape_prompt () {\n            }\n"
         "PATH=\"$VIRTUAL_ENV/\"bin\"${PATH:+:$PATH}\"\n"
         "        PS1=\"\\${_VIRTUAL_PROMPT:+(\\${_VIRTUAL_PROMPT}) }${PS1-}\"\n",
         "        VIRTUAL_ENV='/n/a b'\n            _virtualenv_escape_prompt () {\n            }\n"
         "PATH=\"$VIRTUAL_ENV/\"bin\"${PATH:+:$PATH}\"\n"
         "        PS1=\"\\${_VIRTUAL_PROMPT:+(\\${_VIRTUAL_PROMPT}) }${PS1-}\"\n",
         1, 0},
        {"        VIRTUAL_ENV=/p/env\n# "
         "_virtualenv_escape_prompt\nPATH=\"$VIRTUAL_ENV/\"bin\"${PATH:+:$PATH}\"\n"
         "        VIRTUAL_ENV_PROMPT=env\n",
         NULL, 1, 1},
        /* 21.15.7: four places */
        {"if [ ! -d /p/env ] &&\n    { [ -z \"${BASH_VERSION-}\" ]; }; then\n    false\nelse\n    if [ ! -d "
         "/p/env ]; then\n"
         "        echo \"Virtual environment directory\" /p/env \"does not exist!\" >&2\n"
         "        VIRTUAL_ENV=\"$CURRENT_ENV\"\n    else\n        VIRTUAL_ENV=/p/env\n    "
         "fi\nPATH=\"$VIRTUAL_ENV/\"bin\":$PATH\"\n",
         "if [ ! -d '/n/a b' ] &&\n    { [ -z \"${BASH_VERSION-}\" ]; }; then\n    false\nelse\n    if [ ! "
         "-d '/n/a b' ]; then\n"
         "        echo \"Virtual environment directory\" '/n/a b' \"does not exist!\" >&2\n"
         "        VIRTUAL_ENV=\"$CURRENT_ENV\"\n    else\n        VIRTUAL_ENV='/n/a b'\n    "
         "fi\nPATH=\"$VIRTUAL_ENV/\"bin\":$PATH\"\n",
         4, 0},
        /* edited: a comment, no line end */
        {"VIRTUAL_ENV=\"/p/env\"  # mine", "VIRTUAL_ENV=\"/n/a b\"  # mine", 1, 0},
    };
    act_cases(VF_SYN_ACTIVATE_SH, cases, VF_COUNT(cases));
}

/* Raw bytes that the shell takes for something else. */
static void broken_where_it_is(void **state)
{
    (void)state;
    enum vf_syntax sh = VF_SYN_ACTIVATE_SH;
    act_mends(sh, VF_S("/p/a\"b"), "VIRTUAL_ENV=\"/p/a\"b\"\nexport VIRTUAL_ENV\n", VF_FLAW_ACTIVATE_QUOTING,
              "VIRTUAL_ENV=\"/p/a\\\"b\"\nexport VIRTUAL_ENV\n");
    act_mends(sh, VF_S("/p/$HOME`id`"), "VIRTUAL_ENV=\"/p/$HOME`id`\"\n", VF_FLAW_ACTIVATE_QUOTING,
              "VIRTUAL_ENV=\"/p/\\$HOME\\`id\\`\"\n");
    act_mends(sh, VF_S(""), "VIRTUAL_ENV='/p/o'env'\nexport X='y'\n", VF_FLAW_ACTIVATE_QUOTING,
              "VIRTUAL_ENV='/p/o'\"'\"'env'\nexport X='y'\n");
    act_mends(sh, VF_S(""), "VIRTUAL_ENV='/p/a'b'c'\n", VF_FLAW_ACTIVATE_QUOTING,
              "VIRTUAL_ENV='/p/a'\"'\"'b'\"'\"'c'\n");
    act_mends(sh, VF_S(""), "VIRTUAL_ENV=\"/p/a$\nb\"\nexport VIRTUAL_ENV\n", VF_FLAW_ACTIVATE_QUOTING,
              "VIRTUAL_ENV=\"/p/a\\$\nb\"\nexport VIRTUAL_ENV\n");
    act_mends(sh, VF_S(""),
              "    echo \"Virtual environment directory '/p/o'\"'\"'env' does not exist!\" >&2\n"
              "    VIRTUAL_ENV='/p/o'\"'\"'env'\n",
              VF_FLAW_ACTIVATE_QUOTING,
              "    echo \"Virtual environment directory '/p/o'\\\"'\\\"'env' does not exist!\" >&2\n"
              "    VIRTUAL_ENV='/p/o'\"'\"'env'\n");
    act_mends(sh, VF_S(""), "VIRTUAL_ENV='/p'\nif [ \"xa\"b\" != x ] ; then\n",
              VF_FLAW_ACTIVATE_PROMPT_QUOTING, "VIRTUAL_ENV='/p'\nif [ \"xa\\\"b\" != x ] ; then\n");
    act_mends(sh, VF_S(""), "VIRTUAL_ENV='/p'\n    VIRTUAL_ENV_PROMPT=\"$x\"\n",
              VF_FLAW_ACTIVATE_PROMPT_QUOTING, "VIRTUAL_ENV='/p'\n    VIRTUAL_ENV_PROMPT=\"\\$x\"\n");
}

/* docs/formats.md 3.4: what the shell reads and what the writer meant. */
static void two_readings(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    syn_read(&s, VF_SYN_ACTIVATE_SH, VF_S("VIRTUAL_ENV='/p/a'b'c'\n"));
    assert_text(syn_ref(&s, 0)->value, "/p/abc");
    assert_text(syn_ref(&s, 0)->raw, "/p/a'b'c");
    assert_text(syn_put(&s, 0, VF_S("/n/env"), NULL), "VIRTUAL_ENV='/n/env'\n");
    s.src.root = VF_S("/p/a\\\\b"); /* inserted raw: the shell makes one backslash of two */
    syn_read(&s, VF_SYN_ACTIVATE_SH, VF_S("VIRTUAL_ENV=\"/p/a\\\\b\"\n"));
    assert_text(syn_ref(&s, 0)->value, "/p/a\\b");
    assert_text(syn_ref(&s, 0)->raw, "/p/a\\\\b");
    assert_int_equal(syn_count(&s, VF_FLAW_ACTIVATE_QUOTING), 1);
    s.src.root = VF_S("/p/a\\b"); /* or written by somebody who knows */
    syn_read(&s, VF_SYN_ACTIVATE_SH, VF_S("VIRTUAL_ENV=\"/p/a\\\\b\"\n"));
    assert_int_equal(syn_ref(&s, 0)->raw.n, 0);
    assert_int_equal(syn_flaws(&s), 0);
    syn_read(&s, VF_SYN_ACTIVATE_SH, VF_S("VIRTUAL_ENV='/p/a'\\''b'\n"));
    assert_text(syn_ref(&s, 0)->value, "/p/a'b");
    assert_int_equal(syn_flaws(&s), 0);
    syn_release(&s);
}

/* Writers' habits are told by how they quote `bin`. */
static void habits(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    syn_read(&s, VF_SYN_ACTIVATE_SH, VF_S("VIRTUAL_ENV='/p/e v'\nPATH=\"$VIRTUAL_ENV/\"bin\":$PATH\"\n"));
    assert_text(act_moved(&s, VF_S("/n")), "VIRTUAL_ENV=/n\nPATH=\"$VIRTUAL_ENV/\"bin\":$PATH\"\n");
    syn_read(&s, VF_SYN_ACTIVATE_SH, VF_S("VIRTUAL_ENV='/p/e v'\nPATH=\"$VIRTUAL_ENV/bin:$PATH\"\n"));
    assert_text(act_moved(&s, VF_S("/n")), "VIRTUAL_ENV='/n'\nPATH=\"$VIRTUAL_ENV/bin:$PATH\"\n");
    syn_release(&s);
}

/* docs/formats.md 3.3, and what is no activation script of ours. */
static void other_findings(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    syn_read(
        &s, VF_SYN_ACTIVATE_SH,
        VF_S("VIRTUAL_ENV=''\"$(dirname -- \"$(dirname -- \"$(realpath -- \"$SCRIPT_PATH\")\")\")\"''\n"));
    assert_int_equal(syn_refs(&s), 1);
    assert_int_equal(syn_ref(&s, 0)->flags, VF_REF_SELF);
    assert_int_equal(syn_count(&s, VF_FLAW_ACTIVATE_RELATIVE_SH), 1);
    enum vf_status st;
    (void)syn_put(&s, 0, VF_S("/n"), &st);
    assert_int_equal(st, VF_UNWRITABLE);

    syn_read(&s, VF_SYN_ACTIVATE_SH,
             VF_S("VIRTUAL_ENV='/p/env'\n    if [ '/usr/lib/tcl8.6' != \"\" ]; then\n    "
                  "TCL_LIBRARY=/usr/lib/tcl8.6\n"
                  "    TK_LIBRARY=''\n"));
    assert_int_equal(act_count(&s, VF_ROLE_HOST_LIB), 2);
    assert_text(syn_ref(&s, 2)->value, "/usr/lib/tcl8.6");
    assert_int_equal(syn_ref(&s, 2)->line, 3);

    syn_read(&s, VF_SYN_ACTIVATE_SH, VF_S("# x\r\nVIRTUAL_ENV='/p/env'\r\nexport VIRTUAL_ENV\r\n"));
    assert_text(syn_ref(&s, 0)->value, "/p/env");
    assert_int_equal(syn_count(&s, VF_FLAW_ACTIVATE_CR), 3);
    assert_text(syn_repaired(&s), "# x\nVIRTUAL_ENV='/p/env'\nexport VIRTUAL_ENV\n");

    syn_read(&s, VF_SYN_ACTIVATE_SH,
             VF_S("    echo \"Virtual environment directory /p does not exist!\" >&2\n    VIRTUAL_ENV=/p\n"));
    assert_int_equal(syn_ref(&s, 1)->flags, VF_REF_DEFAULT_OK);

    static const char *const unknown[] = {"",
                                          "export PATH=/p/env/bin:$PATH\n",
                                          "VIRTUAL_ENV=\"$x\"\n",
                                          "VIRTUAL_ENV=env\n",
                                          "# VIRTUAL_ENV='/p'\n",
                                          "if [ ! -d /p/env ]; then\n",
                                          "VIRTUAL_ENV='/p\n"};
    for (size_t i = 0; i < VF_COUNT(unknown); i++) {
        syn_read(&s, VF_SYN_ACTIVATE_SH, vf_slice_of(unknown[i]));
        assert_int_equal(act_count(&s, VF_ROLE_ENV_ROOT), 0);
        assert_int_equal(syn_count(&s, VF_FLAW_ACTIVATE_UNKNOWN), 1);
    }
    syn_release(&s);
}

/* A name is a reference, too, and keeps its decoration. */
static void prompts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *req;
    } cases[] = {
        {"PS1=\"(env) ${PS1:-}\"\n", "PS1=\"(a'b\\$c) ${PS1:-}\"\n"},
        {"PS1='(env) '\"${PS1:-}\"\n", "PS1='(a'\"'\"'b$c) '\"${PS1:-}\"\n"},
        {"VIRTUAL_ENV_PROMPT=\"(env) \"\n", "VIRTUAL_ENV_PROMPT=\"(a'b\\$c) \"\n"},
        {"VIRTUAL_ENV_PROMPT=env\n", "VIRTUAL_ENV_PROMPT='a'\"'\"'b$c'\n"},
        {"if [ \"x\"'e v' != x ] ; then\n", "if [ \"x\"'a'\"'\"'b$c' != x ] ; then\n"},
    };
    struct syn s;
    enum vf_status st;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        syn_read(&s, VF_SYN_ACTIVATE_SH, vf_slice_of(cases[i].text));
        assert_int_equal(syn_ref(&s, 0)->role, VF_ROLE_PROMPT);
        struct vf_slice made = syn_put(&s, 0, VF_S("a'b$c"), NULL);
        assert_bytes(made, vf_slice_of(cases[i].req));
        syn_read(&s, VF_SYN_ACTIVATE_SH, made);
        assert_text(syn_ref(&s, 0)->value, "a'b$c");
        assert_int_equal(syn_count(&s, VF_FLAW_ACTIVATE_PROMPT_QUOTING), 0);
        (void)syn_put(&s, 0, VF_S("a\nb"), &st);
        assert_int_equal(st, VF_UNWRITABLE);
    }
    syn_release(&s);
}

/* docs/formats.md 3.5, and line feeds in the path. */
static void values(void **state)
{
    (void)state;
    static const struct vf_slice hostile[] = {
        VF_S_INIT("/a\nb"), VF_S_INIT("/a'\nb\""), VF_S_INIT("/\x01\x1b[0m"), VF_S_INIT("/\xFF\xFE"),
        VF_S_INIT("/a\r"),  VF_S_INIT("/a\r\nb"),  VF_S_INIT("/!!"),          VF_S_INIT("/-x "),
        VF_S_INIT("/'"),    VF_S_INIT("/\"\\"),
    };
    static const char *const shapes[] = {"VIRTUAL_ENV=\"/p/env\"\n", "VIRTUAL_ENV='/p/env'\nX='y'\n",
                                         "VIRTUAL_ENV=/p/env\nX=\"y\"\n",
                                         "    VIRTUAL_ENV=$(cygpath /p/env)\n"};
    struct syn s;
    enum vf_status st;
    syn_init(&s);
    for (size_t k = 0; k < VF_COUNT(shapes) * VF_COUNT(hostile); k++) {
        struct vf_slice path = hostile[k % VF_COUNT(hostile)];
        struct vf_slice text = vf_slice_of(shapes[k / VF_COUNT(hostile)]);
        syn_read(&s, VF_SYN_ACTIVATE_SH, text);
        syn_read(&s, VF_SYN_ACTIVATE_SH, act_moved(&s, path));
        assert_int_equal(syn_flaws(&s), 0);
        assert_bytes(syn_ref(&s, 0)->value, path);
        assert_bytes(act_moved(&s, path), s.src.bytes);
    }
    (void)syn_put(&s, 0, VF_S("/a\0b"), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    syn_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),  cmocka_unit_test(broken_where_it_is), cmocka_unit_test(two_readings),
        cmocka_unit_test(habits), cmocka_unit_test(other_findings),     cmocka_unit_test(prompts),
        cmocka_unit_test(values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
