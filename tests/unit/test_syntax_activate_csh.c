/* activate.csh: every form of docs/formats.md 3.2. */
#include "activate_fixture.h"

static void forms(void **state)
{
    (void)state;
    static const struct act_case cases[] = {
        /* venv 3.6, then to 3.13.0: double quotes as long as they can hold the path */
        {"setenv VIRTUAL_ENV \"/p/env\"\nsetenv PATH \"$VIRTUAL_ENV/bin:$PATH\"\n    if (\"env\" != \"\") "
         "then\n"
         "        set env_name = \"env\"\n    set prompt = \"[$env_name] $prompt\"\n",
         NULL, 1, 2},
        {"setenv VIRTUAL_ENV \"/p/env\"\nsetenv PATH \"$VIRTUAL_ENV/bin:$PATH\"\n    set prompt = \"(env) "
         "$prompt\"\n"
         "    setenv VIRTUAL_ENV_PROMPT \"(env) \"\n",
         "setenv VIRTUAL_ENV \"/n/a b\"\nsetenv PATH \"$VIRTUAL_ENV/bin:$PATH\"\n    set prompt = \"(env) "
         "$prompt\"\n"
         "    setenv VIRTUAL_ENV_PROMPT \"(env) \"\n",
         1, 2},
        /* venv after its fix */
        {"setenv VIRTUAL_ENV /p/env\nsetenv PATH \"$VIRTUAL_ENV/\"bin\":$PATH\"\n    set prompt = '(env) "
         "'\"$prompt\"\n"
         "    setenv VIRTUAL_ENV_PROMPT '(env) '\n",
         "setenv VIRTUAL_ENV '/n/a b'\nsetenv PATH \"$VIRTUAL_ENV/\"bin\":$PATH\"\n    set prompt = '(env) "
         "'\"$prompt\"\n"
         "    setenv VIRTUAL_ENV_PROMPT '(env) '\n",
         1, 2},
        {"setenv VIRTUAL_ENV /p/env\nsetenv PATH \"$VIRTUAL_ENV/\"bin\":$PATH\"\nsetenv VIRTUAL_ENV_PROMPT "
         "env\n"
         "    set prompt = \"(\"env\") $prompt:q\"\n",
         NULL, 1, 2},
        /* virtualenv to 20.26.5, uv */
        {"setenv VIRTUAL_ENV '/p/env'\nsetenv PATH \"$VIRTUAL_ENV:q/bin:$PATH:q\"\nif ('env' != \"\") then\n"
         "    set env_name = '(env) '\nelse\n    set env_name = '('\"$VIRTUAL_ENV:t:q\"') '\nendif\n",
         "setenv VIRTUAL_ENV '/n/a b'\nsetenv PATH \"$VIRTUAL_ENV:q/bin:$PATH:q\"\nif ('env' != \"\") then\n"
         "    set env_name = '(env) '\nelse\n    set env_name = '('\"$VIRTUAL_ENV:t:q\"') '\nendif\n",
         1, 2},
        {"setenv VIRTUAL_ENV '/p/env'\nsetenv PATH \"$VIRTUAL_ENV:q/bin:$PATH:q\"\nif ('' != \"\") then\n"
         "    setenv VIRTUAL_ENV_PROMPT ''\nelse\n    setenv VIRTUAL_ENV_PROMPT \"$VIRTUAL_ENV:t:q\"\nendif\n"
         "            set prompt = '('\"$VIRTUAL_ENV_PROMPT:q\"') '\"$prompt:q\"\n",
         NULL, 1, 0},
        /* virtualenv 20.26.6 */
        {"setenv VIRTUAL_ENV /p/env\nsetenv PATH \"$VIRTUAL_ENV:q/\"bin\":$PATH:q\"\nif (env != \"\") then\n"
         "    setenv VIRTUAL_ENV_PROMPT env\n",
         NULL, 1, 2},
        /* 21.7.15: three places; 21.14.5 and 21.15.7 */
        {"if ($?_OLD_VIRTUAL_PATH) source /p/env\"/\"bin\"/deactivate.csh\"\nsetenv VIRTUAL_ENV /p/env\n"
         "setenv PATH \"$VIRTUAL_ENV:q/\"bin\":$PATH:q\"\n            set prompt = '(''env'') "
         "'\"$prompt:q\"\n"
         "set deactivate_script = /p/env\"/\"bin\"/deactivate.csh\"\nalias deactivate 'source "
         "\"$deactivate_script:q\"'\n",
         "if ($?_OLD_VIRTUAL_PATH) source '/n/a b'\"/\"bin\"/deactivate.csh\"\nsetenv VIRTUAL_ENV '/n/a b'\n"
         "setenv PATH \"$VIRTUAL_ENV:q/\"bin\":$PATH:q\"\n            set prompt = '(''env'') "
         "'\"$prompt:q\"\n"
         "set deactivate_script = '/n/a b'\"/\"bin\"/deactivate.csh\"\nalias deactivate 'source "
         "\"$deactivate_script:q\"'\n",
         3, 1},
        {"if ($?_OLD_VIRTUAL_PATH) source '/p/env'\"/\"'bin'\"/deactivate.csh\"\nsetenv VIRTUAL_ENV "
         "'/p/env'\n"
         "setenv PATH \"$VIRTUAL_ENV:q/\"'bin'\":$PATH:q\"\nset _virtualenv_prompt_tcsh = 'env'\n"
         "set _virtualenv_prompt_plain = 'env'\n            set prompt = '('\"$_virtualenv_prompt_tcsh:q\"') "
         "'\"$prompt:q\"\n"
         "set deactivate_script = '/p/env'\"/\"'bin'\"/deactivate.csh\"\n",
         "if ($?_OLD_VIRTUAL_PATH) source '/n/a b'\"/\"'bin'\"/deactivate.csh\"\nsetenv VIRTUAL_ENV '/n/a "
         "b'\n"
         "setenv PATH \"$VIRTUAL_ENV:q/\"'bin'\":$PATH:q\"\nset _virtualenv_prompt_tcsh = 'env'\n"
         "set _virtualenv_prompt_plain = 'env'\n            set prompt = '('\"$_virtualenv_prompt_tcsh:q\"') "
         "'\"$prompt:q\"\n"
         "set deactivate_script = '/n/a b'\"/\"'bin'\"/deactivate.csh\"\n",
         3, 2},
        /* 21.15.11: a variable of its own */
        {"if ($?_OLD_VIRTUAL_PATH) source '/p/env'\"/\"'bin'\"/deactivate.csh\"\nset "
         "_virtualenv_dir='/p/env'\n"
         "setenv VIRTUAL_ENV \"$_virtualenv_dir:q\"\n    setenv PATH "
         "\"$_virtualenv_dir:q/\"'bin'\":$PATH:q\"\n"
         "set deactivate_script = '/p/env'\"/\"'bin'\"/deactivate.csh\"\n",
         "if ($?_OLD_VIRTUAL_PATH) source '/n/a b'\"/\"'bin'\"/deactivate.csh\"\nset _virtualenv_dir='/n/a "
         "b'\n"
         "setenv VIRTUAL_ENV \"$_virtualenv_dir:q\"\n    setenv PATH "
         "\"$_virtualenv_dir:q/\"'bin'\":$PATH:q\"\n"
         "set deactivate_script = '/n/a b'\"/\"'bin'\"/deactivate.csh\"\n",
         3, 0},
    };
    act_cases(VF_SYN_ACTIVATE_CSH, cases, VF_COUNT(cases));
}

/* What POSIX quoting and raw bytes leave broken. */
static void broken_where_it_is(void **state)
{
    (void)state;
    enum vf_syntax csh = VF_SYN_ACTIVATE_CSH;
    act_mends(csh, VF_S("/p/a!b"), "setenv VIRTUAL_ENV '/p/a!b'\n", VF_FLAW_ACTIVATE_QUOTING,
              "setenv VIRTUAL_ENV '/p/a\\!b'\n");
    act_mends(csh, VF_S(""), "setenv VIRTUAL_ENV '/p/a!b'\n", VF_FLAW_ACTIVATE_QUOTING,
              "setenv VIRTUAL_ENV '/p/a\\!b'\n");
    act_mends(csh, VF_S(""), "setenv VIRTUAL_ENV '/p/a\nb'\nset x\n", VF_FLAW_ACTIVATE_QUOTING,
              "setenv VIRTUAL_ENV '/p/a\\\nb'\nset x\n");
    act_mends(csh, VF_S(""), "setenv VIRTUAL_ENV \"/p/a\"b$c\"\n", VF_FLAW_ACTIVATE_QUOTING,
              "setenv VIRTUAL_ENV '/p/a\"b$c'\n");
    act_mends(csh, VF_S(""), "setenv VIRTUAL_ENV '/p/o'env'\n", VF_FLAW_ACTIVATE_QUOTING,
              "setenv VIRTUAL_ENV '/p/o'\"'\"'env'\n");
    act_mends(csh, VF_S(""), "setenv VIRTUAL_ENV /p\n    set prompt = \"(a$b) $prompt\"\n",
              VF_FLAW_ACTIVATE_PROMPT_QUOTING,
              "setenv VIRTUAL_ENV /p\n    set prompt = \"(a\"'$'\"b) $prompt\"\n");
}

/* docs/formats.md 3.5: `'` `!` and LF; the other shapes of correct writers are no flaws. */
static void values(void **state)
{
    (void)state;
    static const struct vf_slice hostile[] = {VF_S_INIT("/a\nb"),       VF_S_INIT("/'!\n'"),
                                              VF_S_INIT("/\xFF\x01\r"), VF_S_INIT("/a\\!"),
                                              VF_S_INIT("/\"$`"),       VF_S_INIT("/!")};
    static const char *const shapes[] = {
        "setenv VIRTUAL_ENV \"/p/env\"\nsetenv PATH \"$VIRTUAL_ENV/bin:$PATH\"\n",
        "setenv VIRTUAL_ENV '/p/env'\nsetenv PATH \"$VIRTUAL_ENV:q/bin:$PATH:q\"\n",
        "setenv VIRTUAL_ENV /p/env\nsetenv PATH \"$VIRTUAL_ENV:q/\"bin\":$PATH:q\"\n",
        "set deactivate_script = '/p/env'\"/\"'bin'\"/deactivate.csh\"\nsetenv VIRTUAL_ENV '/p/env'\n"
        "setenv PATH \"$VIRTUAL_ENV:q/\"'bin'\":$PATH:q\"\n"};
    struct syn s;
    syn_init(&s);
    for (size_t k = 0; k < VF_COUNT(shapes) * VF_COUNT(hostile); k++) {
        struct vf_slice path = hostile[k % VF_COUNT(hostile)];
        struct vf_slice text = vf_slice_of(shapes[k / VF_COUNT(hostile)]);
        syn_read(&s, VF_SYN_ACTIVATE_CSH, text);
        syn_read(&s, VF_SYN_ACTIVATE_CSH, act_moved(&s, path));
        assert_int_equal(syn_flaws(&s), 0);
        assert_bytes(syn_ref(&s, 0)->value, path);
        assert_bytes(act_moved(&s, VF_S("/p/env")), text);
    }
    static const char *const correct[] = {"setenv VIRTUAL_ENV '/a'\\''\\!b'\n",
                                          "setenv VIRTUAL_ENV '/a'\"'\"''\\!'b'\n",
                                          "setenv VIRTUAL_ENV '/a'\"'\"'\\!b'\n"};
    for (size_t i = 0; i < VF_COUNT(correct); i++) {
        syn_read(&s, VF_SYN_ACTIVATE_CSH, vf_slice_of(correct[i]));
        assert_text(syn_ref(&s, 0)->value, "/a'!b");
        assert_int_equal(syn_flaws(&s), 0);
    }
    /* 21.15.11 keeps bytes beyond ASCII apart, whoever's place it is */
    struct vf_slice apart =
        VF_S("set _virtualenv_dir='/\xC3''\xA9'''\\!'x'\n    setenv PATH \"$_virtualenv_dir:q/\"'bin'\n");
    syn_read(&s, VF_SYN_ACTIVATE_CSH, apart);
    assert_text(syn_ref(&s, 0)->value, "/\xC3\xA9!x");
    assert_int_equal(syn_flaws(&s), 0);
    assert_bytes(act_moved(&s, VF_S("/\xC3\xA9!x")), apart);
    syn_release(&s);
}

/* A prompt variable is read once more when the prompt is drawn. */
static void prompts(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    syn_read(&s, VF_SYN_ACTIVATE_CSH, VF_S("set _virtualenv_prompt_tcsh = 'a'\\\\'\\!b%%c'\\\\\\\\'d'\n"));
    assert_text(syn_ref(&s, 0)->value, "a!b%c\\d");
    assert_text(syn_put(&s, 0, VF_S("a!b%c\\d"), NULL),
                "set _virtualenv_prompt_tcsh = 'a'\\\\''\\!'b%%c'\\\\''\\\\'d'\n");
    syn_read(&s, VF_SYN_ACTIVATE_CSH, VF_S("set _virtualenv_prompt_plain = 'a'\\\\'\\!b%c'\n"));
    assert_text(syn_ref(&s, 0)->value, "a!b%c");
    assert_text(syn_put(&s, 0, VF_S("e%"), NULL), "set _virtualenv_prompt_plain = 'e%'\n");
    syn_read(&s, VF_SYN_ACTIVATE_CSH, VF_S("    set prompt = \"(env) $prompt\"\n"));
    struct vf_slice made = syn_put(&s, 0, VF_S("a\"b`c!"), NULL);
    assert_text(made, "    set prompt = \"(a\"'\"'\"b\"'`'\"c\"'\\!'\") $prompt\"\n");
    syn_read(&s, VF_SYN_ACTIVATE_CSH, made);
    assert_text(syn_ref(&s, 0)->value, "a\"b`c!");
    syn_release(&s);
}

static void other_findings(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    syn_read(&s, VF_SYN_ACTIVATE_CSH,
             VF_S("if ('/usr/lib/tcl8.6' != \"\") then\n    setenv TCL_LIBRARY '/usr/lib/tcl8.6'\nendif\n"
                  "if ('' != \"\") then\n    setenv TK_LIBRARY ''\n"));
    assert_int_equal(act_count(&s, VF_ROLE_HOST_LIB), 2);
    assert_int_equal(syn_refs(&s), 2);
    assert_int_equal(syn_count(&s, VF_FLAW_ACTIVATE_UNKNOWN), 1);
    syn_read(&s, VF_SYN_ACTIVATE_CSH, VF_S("setenv VIRTUAL_ENV \"$x\"\nsetenv VIRTUAL_ENV `pwd`\n"));
    assert_int_equal(syn_refs(&s), 0);
    assert_int_equal(syn_count(&s, VF_FLAW_ACTIVATE_UNKNOWN), 1);
    syn_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),   cmocka_unit_test(broken_where_it_is), cmocka_unit_test(values),
        cmocka_unit_test(prompts), cmocka_unit_test(other_findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
