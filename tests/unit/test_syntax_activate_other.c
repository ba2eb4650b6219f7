/* activate.nu, activate.xsh, activate_this.py, activate.bat, activate.ps1: the forms of docs/formats.md 3.2
 * and the encodings of 3.5, byte by byte, since their shells are not at hand. */
#include "activate_fixture.h"

struct value_case {
    const char *text;
    struct vf_slice path;
    const char *req; /* NULL: cannot be written */
};

static void check_values(enum vf_syntax syntax, const struct value_case *cases, size_t n)
{
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < n; i++) {
        enum vf_status st;
        syn_read(&s, syntax, vf_slice_of(cases[i].text));
        struct vf_slice made = syn_put(&s, 0, cases[i].path, &st);
        if (st != (cases[i].req ? VF_OK : VF_UNWRITABLE))
            fail_msg("case %zu", i);
        if (!cases[i].req)
            continue;
        assert_bytes(made, vf_slice_of(cases[i].req));
        syn_read(&s, syntax, made);
        assert_bytes(syn_ref(&s, 0)->value, cases[i].path);
        assert_int_equal(syn_flaws(&s), 0);
    }
    syn_release(&s);
}

static void nu_forms(void **state)
{
    (void)state;
    static const struct act_case cases[] = {
        /* virtualenv 20.8, 20.14, 20.17, 20.26.6 */
        {"let virtual-env = \"/p/env\"\nlet bin = \"bin\"\nlet virtual_prompt = (if (\"env\" != \"\") {\n    "
         "\"(env) \"\n} {\n",
         "let virtual-env = \"/n/a b\"\nlet bin = \"bin\"\nlet virtual_prompt = (if (\"env\" != \"\") {\n    "
         "\"(env) \"\n} {\n",
         1, 2},
        {"    let virtual-env = '/p/env'\n    let bin = 'bin'\n    let virtual-prompt = if ('env' == '') {\n"
         "        $'(char lparen)'\n    } else {\n        '(env) '\n    }\n",
         NULL, 1, 2},
        {"    let virtual_env = '/p/env'\n    let bin = 'bin'\n    let path_name = (if (has-env 'Path') {\n"
         "            'Path'\n        } else {\n            'PATH'\n        }\n    let v = (if ('env' | "
         "is-empty) {\n"
         "    } else {\n        'env'\n    })\n",
         NULL, 1, 2},
        {"    let virtual_env = r#'/p/env'#\n    let bin = r#'bin'#\n    let v = if (r#'env'# | is-empty) "
         "{\n        ($x)\n"
         "    } else {\n        r#'env'#\n    }\n",
         "    let virtual_env = r#'/n/a b'#\n    let bin = r#'bin'#\n    let v = if (r#'env'# | is-empty) "
         "{\n        ($x)\n"
         "    } else {\n        r#'env'#\n    }\n",
         1, 2},
        /* uv */
        {"    const virtual_env = '/p/env'\n    let bin = 'bin'\n    let v = if ('' | is-empty) {\n    } "
         "else {\n        ''\n    }\n",
         "    const virtual_env = '/n/a b'\n    let bin = 'bin'\n    let v = if ('' | is-empty) {\n    } "
         "else {\n        ''\n    }\n",
         1, 0},
    };
    act_cases(VF_SYN_ACTIVATE_NU, cases, VF_COUNT(cases));
    act_mends(VF_SYN_ACTIVATE_NU, VF_S(""), "    const virtual_env = '/p/o'\"'\"'env'\n    let bin = 'bin'\n",
              VF_FLAW_ACTIVATE_QUOTING, "    const virtual_env = r#'/p/o'env'#\n    let bin = 'bin'\n");
    act_mends(VF_SYN_ACTIVATE_NU, VF_S(""), "    let virtual_env = '/p/o'env'\n    let bin = 'bin'\n",
              VF_FLAW_ACTIVATE_QUOTING, "    let virtual_env = r#'/p/o'env'#\n    let bin = 'bin'\n");
}

static void nu_values(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {"let virtual_env = r#'/p'#\n", VF_S_INIT("/a'#b"), "let virtual_env = r##'/a'#b'##\n"},
        {"let virtual_env = r#'/p'#\n", VF_S_INIT("/a##'\nb"), "let virtual_env = r###'/a##'\nb'###\n"},
        {"let virtual_env = '/p'\nlet bin = 'bin'\n", VF_S_INIT("/a\nb"),
         "let virtual_env = r#'/a\nb'#\nlet bin = 'bin'\n"},
        {"let virtual_env = \"/p\"\n", VF_S_INIT("/a\"\\\nb"), "let virtual_env = \"/a\\\"\\\\\\nb\"\n"},
        {"let virtual_env = \"/p\"\n", VF_S_INIT("/\xFF"), NULL},
        {"let virtual_env = (path self | path dirname)\n", VF_S_INIT("/n"), NULL},
        {"alias deactivate = source '/p/bin/deactivate.nu'\nlet virtual_env = '/p'\n",
         VF_S_INIT("/n/bin/deactivate.nu"),
         "alias deactivate = source '/n/bin/deactivate.nu'\nlet virtual_env = '/p'\n"},
    };
    check_values(VF_SYN_ACTIVATE_NU, cases, VF_COUNT(cases));
    struct syn s;
    syn_init(&s);
    syn_read(&s, VF_SYN_ACTIVATE_NU,
             VF_S("    let e = if (r#'/usr/lib/tcl'# | is-empty) { $e } else { $e | insert TCL_LIBRARY "
                  "r#'/usr/lib/tcl'# }\n"));
    assert_int_equal(act_count(&s, VF_ROLE_HOST_LIB), 2);
    syn_read(&s, VF_SYN_ACTIVATE_NU, VF_S("const virtual_env = \"\\u{2f}p\\t\"\n"));
    assert_text(syn_ref(&s, 0)->value, "/p\t");
    syn_release(&s);
}

static void xsh(void **state)
{
    (void)state;
    static const struct act_case forms[] = {
        {"            self.embedded_virtual_env = '/p/env'\n            self.embedded_virtual_prompt = "
         "'env'\n"
         "            self.embedded_tcl_library = ''\n",
         "            self.embedded_virtual_env = '/n/a b'\n            self.embedded_virtual_prompt = "
         "'env'\n"
         "            self.embedded_tcl_library = ''\n",
         1, 1},
        /* virtualenv 21.15.11 */
        {"            self.embedded_virtual_env = self._fs_path('/p/env', required=True)\n"
         "            self.embedded_virtual_prompt = 'env'\n"
         "            self.embedded_tcl_library = self._fs_path('')\n    def _fs_path(value, "
         "required=False):\n",
         "            self.embedded_virtual_env = self._fs_path('/n/a b', required=True)\n"
         "            self.embedded_virtual_prompt = 'env'\n"
         "            self.embedded_tcl_library = self._fs_path('')\n    def _fs_path(value, "
         "required=False):\n",
         1, 1},
    };
    static const struct value_case values[] = {
        {"self.embedded_virtual_env = self._fs_path('/p', required=True)\n", VF_S_INIT("/\xC3\xA9'"),
         "self.embedded_virtual_env = self._fs_path(__import__('builtins').bytes.fromhex('2fc3a927'), "
         "required=True)\n"},
        {"self.embedded_virtual_env = self._fs_path('/p', required=True)\n", VF_S_INIT("/\xFF"),
         "self.embedded_virtual_env = self._fs_path(__import__('builtins').bytes.fromhex('2fff'), "
         "required=True)\n"},
        {"self.embedded_virtual_env = self._fs_path(__import__('builtins').bytes.fromhex('2fc3a9'), "
         "required=True)\n",
         VF_S_INIT("/a'b"),
         "self.embedded_virtual_env = "
         "self._fs_path(''.join(__import__('builtins').map(__import__('builtins').chr, "
         "(47, 97, 39, 98))), required=True)\n"},
        {"self.embedded_virtual_env = '/p'\n", VF_S_INIT("/a'b"), "self.embedded_virtual_env = \"/a'b\"\n"},
        {"self.embedded_virtual_env = '/p'\n", VF_S_INIT("/'\"\n\xC3\xA9"),
         "self.embedded_virtual_env = '/\\'\"\\n\xC3\xA9'\n"},
        {"self.embedded_virtual_env = '/p'\n", VF_S_INIT("/\xFF"), NULL},
        {"self.embedded_virtual_env = dirname(dirname(realpath(__file__)))\n", VF_S_INIT("/n"), NULL},
    };
    act_cases(VF_SYN_ACTIVATE_XSH, forms, VF_COUNT(forms));
    check_values(VF_SYN_ACTIVATE_XSH, values, VF_COUNT(values));
    struct syn s;
    syn_init(&s);
    syn_read(&s, VF_SYN_ACTIVATE_XSH,
             VF_S("self.embedded_virtual_prompt = b\"my\\x20env\".decode(\"utf-8\")\n"));
    assert_text(syn_ref(&s, 0)->value, "my env");
    assert_text(syn_put(&s, 0, VF_S("a\"\xC3\xA9"), NULL),
                "self.embedded_virtual_prompt = b\"a\\\"\\xc3\\xa9\".decode(\"utf-8\")\n");
    assert_int_equal(syn_count(&s, VF_FLAW_ACTIVATE_UNKNOWN), 1);
    syn_read(
        &s, VF_SYN_ACTIVATE_XSH,
        VF_S("self.embedded_virtual_prompt = ''.join(__import__('builtins').map(__import__('builtins').chr, "
             "(233, 56575)))\n    def _fs_path(value):\n"));
    assert_text(syn_ref(&s, 0)->value, "\xC3\xA9\xFF");
    assert_text(
        syn_put(&s, 0, VF_S("\xC3\xA9"), NULL),
        "self.embedded_virtual_prompt = ''.join(__import__('builtins').map(__import__('builtins').chr, "
        "(233,)))\n    def _fs_path(value):\n");
    syn_release(&s);
}

static void this_py(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    syn_read(&s, VF_SYN_ACTIVATE_THIS,
             VF_S("base = bin_dir\nos.environ[\"VIRTUAL_ENV_PROMPT\"] = '' or os.path.basename(base)\n"));
    assert_int_equal(syn_refs(&s), 0);
    assert_int_equal(syn_flaws(&s), 0);
    syn_read(
        &s, VF_SYN_ACTIVATE_THIS,
        VF_S("os.environ[\"VIRTUAL_ENV_PROMPT\"] = \"my env\" or os.path.basename(base)  # noqa: SIM222\n"));
    assert_text(syn_put(&s, 0, VF_S("e"), NULL),
                "os.environ[\"VIRTUAL_ENV_PROMPT\"] = \"e\" or os.path.basename(base)  # noqa: SIM222\n");
    act_mends(VF_SYN_ACTIVATE_THIS, VF_S(""),
              "os.environ[\"VIRTUAL_ENV_PROMPT\"] = \"a\"b\" or os.path.basename(base)  # noqa: SIM222\n",
              VF_FLAW_ACTIVATE_PROMPT_QUOTING,
              "os.environ[\"VIRTUAL_ENV_PROMPT\"] = \"a\\\"b\" or os.path.basename(base)  # noqa: SIM222\n");
    syn_release(&s);
}

static void bat(void **state)
{
    (void)state;
    static const struct value_case values[] = {
        {"set VIRTUAL_ENV=C:\\p\r\n", VF_S_INIT("D:\\a b%c"), "set VIRTUAL_ENV=D:\\a b%%c\r\n"},
        {"set \"VIRTUAL_ENV=C:\\p\"\r\n", VF_S_INIT("D:\\a&b'c"), "set \"VIRTUAL_ENV=D:\\a&b'c\"\r\n"},
        {"@set \"VIRTUAL_ENV=C:\\p\"\r\n", VF_S_INIT("D:\\a"), "@set \"VIRTUAL_ENV=D:\\a\"\r\n"},
        {"@for %%i in (\"/p/env\") do @set \"VIRTUAL_ENV=%%~fi\"\r\n", VF_S_INIT("/n%e"),
         "@for %%i in (\"/n%%e\") do @set \"VIRTUAL_ENV=%%~fi\"\r\n"},
        {"@set \"VIRTUAL_ENV=C:\\p\"\r\n", VF_S_INIT("D:\\a\"b"), NULL},
        {"@set \"VIRTUAL_ENV=C:\\p\"\r\n", VF_S_INIT("/a\nb"), NULL},
        {"@set \"VIRTUAL_ENV=C:\\p\"\r\n", VF_S_INIT("/a\xFF"), NULL},
        {"@for %%i in (\"%~dp0..\") do @set \"VIRTUAL_ENV=%%~fi\"\r\n", VF_S_INIT("/n"), NULL},
        {"@if defined _OLD_VIRTUAL_PATH @call \"C:\\p\\Scripts\\deactivate.bat\"\r\n@set "
         "\"VIRTUAL_ENV=C:\\p\"\r\n",
         VF_S_INIT("C:\\n%\\Scripts\\deactivate.bat"),
         "@if defined _OLD_VIRTUAL_PATH @call \"C:\\n%%%%\\Scripts\\deactivate.bat\"\r\n@set "
         "\"VIRTUAL_ENV=C:\\p\"\r\n"},
        {"@set \"VIRTUAL_ENV_PROMPT=my env\"\r\n@set \"VIRTUAL_ENV=/p\"\r\n", VF_S_INIT("e"),
         "@set \"VIRTUAL_ENV_PROMPT=e\"\r\n@set \"VIRTUAL_ENV=/p\"\r\n"},
        {"set PROMPT=(my env) %PROMPT%\r\nset VIRTUAL_ENV=/p\r\n", VF_S_INIT("e"),
         "set PROMPT=(e) %PROMPT%\r\nset VIRTUAL_ENV=/p\r\n"},
    };
    check_values(VF_SYN_ACTIVATE_BAT, values, VF_COUNT(values));
    act_mends(VF_SYN_ACTIVATE_BAT, VF_S(""), "set \"VIRTUAL_ENV=C:\\a%b\"\r\n", VF_FLAW_ACTIVATE_QUOTING,
              "set \"VIRTUAL_ENV=C:\\a%%b\"\r\n");
    struct syn s;
    syn_init(&s);
    syn_read(&s, VF_SYN_ACTIVATE_BAT,
             VF_S("@set \"VIRTUAL_ENV=C:\\p\"\r\n@if NOT \"C:\\tcl\"==\"\" @set \"TCL_LIBRARY=C:\\tcl\"\r\n"
                  "@set \"VIRTUAL_ENV_PROMPT=\"\r\n    @set \"PROMPT=(%VIRTUAL_ENV_PROMPT%) %PROMPT%\"\r\n"
                  "    @for %%d in (\"%VIRTUAL_ENV%\") do @set \"VIRTUAL_ENV_PROMPT=%%~nxd\"\r\n"));
    assert_int_equal(syn_refs(&s), 3);
    assert_int_equal(act_count(&s, VF_ROLE_HOST_LIB), 2);
    syn_release(&s);
}

static void ps1(void **state)
{
    (void)state;
    static const struct value_case values[] = {
        {"$env:VIRTUAL_ENV=\"C:\\p\"\r\n", VF_S_INIT("D:\\a b'c"), "$env:VIRTUAL_ENV=\"D:\\a b'c\"\r\n"},
        {"$env:VIRTUAL_ENV=\"/p\"\n", VF_S_INIT("/a$b'"), "$env:VIRTUAL_ENV='/a$b'''\n"},
        {"$env:VIRTUAL_ENV=\"/p\"\n", VF_S_INIT("/`\xE2\x80\x99"),
         "$env:VIRTUAL_ENV='/`\xE2\x80\x99\xE2\x80\x99'\n"},
        {"$env:VIRTUAL_ENV=\"/p\"\n", VF_S_INIT("/\xE2\x80\x9C"), "$env:VIRTUAL_ENV='/\xE2\x80\x9C'\n"},
        {"$env:VIRTUAL_ENV='/a$b'\n", VF_S_INIT("/p"), "$env:VIRTUAL_ENV=\"/p\"\n"},
        {"$env:VIRTUAL_ENV=\"/p\"\n", VF_S_INIT("/\xFF"), NULL},
    };
    check_values(VF_SYN_ACTIVATE_PS1, values, VF_COUNT(values));
    struct syn s;
    syn_init(&s);
    /* Nothing in a file that finds its own place, prompts included. */
    syn_read(&s, VF_SYN_ACTIVATE_PS1,
             VF_S("$env:VIRTUAL_ENV = $VIRTUAL_ENV\n$VIRTUAL_ENV = $BASE_DIR\n    $env:VIRTUAL_ENV_PROMPT = "
                  "\"a\"b\"\n# SIG # x\n"));
    assert_int_equal(syn_refs(&s), 0);
    assert_int_equal(syn_flaws(&s), 0);
    syn_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nu_forms), cmocka_unit_test(nu_values), cmocka_unit_test(xsh),
        cmocka_unit_test(this_py),  cmocka_unit_test(bat),       cmocka_unit_test(ps1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
