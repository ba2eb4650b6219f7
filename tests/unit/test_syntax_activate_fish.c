/* activate.fish: every form of docs/formats.md 3.2. */
#include "activate_fixture.h"

static void forms(void **state)
{
    (void)state;
    static const struct act_case cases[] = {
        /* venv 3.6, 3.9, 3.13.0 */
        {"set -gx VIRTUAL_ENV \"/p/env\"\nset -gx PATH \"$VIRTUAL_ENV/bin\" $PATH\n        if test -n "
         "\"(env) \"   \n"
         "            printf \"%s%s\" \"(env) \" (set_color normal)\n",
         "set -gx VIRTUAL_ENV \"/n/a b\"\nset -gx PATH \"$VIRTUAL_ENV/bin\" $PATH\n        if test -n "
         "\"(env) \"   \n"
         "            printf \"%s%s\" \"(env) \" (set_color normal)\n",
         1, 2},
        {"set -gx VIRTUAL_ENV \"/p/env\"\nset -gx PATH \"$VIRTUAL_ENV/bin\" $PATH\n"
         "        printf \"%s%s%s\" (set_color 4B8BBE) \"(env) \" (set_color normal)\n"
         "    set -gx VIRTUAL_ENV_PROMPT \"(env) \"\n",
         NULL, 1, 2},
        {"set -gx VIRTUAL_ENV \"/p/env\"\nset -gx VIRTUAL_ENV_PROMPT \"env\"\n"
         "        printf \"%s(%s)%s \" (set_color 4B8BBE) \"env\" (set_color normal)\n",
         NULL, 1, 2},
        /* venv after its fix */
        {"set -gx VIRTUAL_ENV /p/env\nset -gx PATH \"$VIRTUAL_ENV/\"bin $PATH\n"
         "        printf \"%s%s%s\" (set_color 4B8BBE) '(env) ' (set_color normal)\n"
         "    set -gx VIRTUAL_ENV_PROMPT '(env) '\n",
         "set -gx VIRTUAL_ENV '/n/a b'\nset -gx PATH \"$VIRTUAL_ENV/\"bin $PATH\n"
         "        printf \"%s%s%s\" (set_color 4B8BBE) '(env) ' (set_color normal)\n"
         "    set -gx VIRTUAL_ENV_PROMPT '(env) '\n",
         1, 2},
        {"set -gx VIRTUAL_ENV /p/env\nset -gx PATH \"$VIRTUAL_ENV/\"bin $PATH\nset -gx VIRTUAL_ENV_PROMPT "
         "env\n"
         "        printf \"%s(%s)%s \" (set_color 4B8BBE) env (set_color normal)\n",
         NULL, 1, 2},
        /* virtualenv 20.8, 20.17, 20.26.5, uv */
        {"set -gx VIRTUAL_ENV '/p/env'\nset -gx PATH \"$VIRTUAL_ENV\"'/bin' $PATH\n        if test -n 'env'\n"
         "            printf '%s%s' 'env' (set_color normal)\n",
         "set -gx VIRTUAL_ENV '/n/a b'\nset -gx PATH \"$VIRTUAL_ENV\"'/bin' $PATH\n        if test -n 'env'\n"
         "            printf '%s%s' 'env' (set_color normal)\n",
         1, 2},
        {"set -gx VIRTUAL_ENV '/p/env'\nset -gx PATH \"$VIRTUAL_ENV\"'/bin' $PATH\n            printf '(%s) "
         "' 'env'\n"
         "if test -n \"$PKG_CONFIG_PATH\"\n",
         NULL, 1, 1},
        /* 20.26.6, 21.14.3 */
        {"set -gx VIRTUAL_ENV /p/env\nset -gx VIRTUAL_ENV (cygpath -u $VIRTUAL_ENV)\n"
         "set -gx PATH \"$VIRTUAL_ENV\"'/'bin $PATH\nif test -n ''\n    set -gx VIRTUAL_ENV_PROMPT ''\nelse\n"
         "    set -gx VIRTUAL_ENV_PROMPT (basename \"$VIRTUAL_ENV\")\n  set -gx TCL_LIBRARY ''''\n",
         NULL, 1, 0},
        {"set -gx VIRTUAL_ENV '/p/env'\nset -gx PATH \"$VIRTUAL_ENV\"'/''bin' $PATH\nif test -n 'env'\n"
         "    set -gx VIRTUAL_ENV_PROMPT 'env'\n        builtin printf '(%s) ' $VIRTUAL_ENV_PROMPT\n",
         "set -gx VIRTUAL_ENV '/n/a b'\nset -gx PATH \"$VIRTUAL_ENV\"'/''bin' $PATH\nif test -n 'env'\n"
         "    set -gx VIRTUAL_ENV_PROMPT 'env'\n        builtin printf '(%s) ' $VIRTUAL_ENV_PROMPT\n",
         1, 2},
    };
    act_cases(VF_SYN_ACTIVATE_FISH, cases, VF_COUNT(cases));
}

/* What POSIX quoting leaves broken in fish (docs/formats.md 3.3). */
static void broken_where_it_is(void **state)
{
    (void)state;
    enum vf_syntax fish = VF_SYN_ACTIVATE_FISH;
    act_mends(fish, VF_S("/p/a\\\\b"), "set -gx VIRTUAL_ENV '/p/a\\\\b'\n", VF_FLAW_ACTIVATE_QUOTING,
              "set -gx VIRTUAL_ENV '/p/a\\\\\\\\b'\n");
    act_mends(fish, VF_S(""), "set -gx VIRTUAL_ENV '/p/a\\'\nset -gx X 'y'\n", VF_FLAW_ACTIVATE_QUOTING,
              "set -gx VIRTUAL_ENV '/p/a\\\\'\nset -gx X 'y'\n");
    act_mends(fish, VF_S(""), "set -gx VIRTUAL_ENV '/p/a\\'\"'\"'b'\n", VF_FLAW_ACTIVATE_QUOTING,
              "set -gx VIRTUAL_ENV '/p/a\\\\'\"'\"'b'\n");
    act_mends(fish, VF_S(""), "set -gx VIRTUAL_ENV \"/p/$HOME\"\n", VF_FLAW_ACTIVATE_QUOTING,
              "set -gx VIRTUAL_ENV \"/p/\\$HOME\"\n");
    act_mends(fish, VF_S(""), "set -gx VIRTUAL_ENV '/p/o'env'\n", VF_FLAW_ACTIVATE_QUOTING,
              "set -gx VIRTUAL_ENV '/p/o'\"'\"'env'\n");
    act_mends(fish, VF_S(""), "set -gx VIRTUAL_ENV '/p'\n    set -gx VIRTUAL_ENV_PROMPT 'it's'\n",
              VF_FLAW_ACTIVATE_PROMPT_QUOTING,
              "set -gx VIRTUAL_ENV '/p'\n    set -gx VIRTUAL_ENV_PROMPT 'it'\"'\"'s'\n");
}

static void values(void **state)
{
    (void)state;
    static const struct vf_slice hostile[] = {VF_S_INIT("/a\nb"), VF_S_INIT("/\\\\'\\"),
                                              VF_S_INIT("/\xFF\x01\r"), VF_S_INIT("/\"$(`*?{~")};
    static const char *const shapes[] = {
        "set -gx VIRTUAL_ENV \"/p/env\"\n", "set -gx VIRTUAL_ENV '/p/env'\n",
        "set -gx VIRTUAL_ENV /p/env\nset -gx PATH \"$VIRTUAL_ENV\"'/'bin $PATH\n",
        "set -gx VIRTUAL_ENV '/p/env'\nset -gx PATH \"$VIRTUAL_ENV\"'/''bin' $PATH\n"};
    struct syn s;
    syn_init(&s);
    for (size_t k = 0; k < VF_COUNT(shapes) * VF_COUNT(hostile); k++) {
        struct vf_slice path = hostile[k % VF_COUNT(hostile)];
        struct vf_slice text = vf_slice_of(shapes[k / VF_COUNT(hostile)]);
        syn_read(&s, VF_SYN_ACTIVATE_FISH, text);
        syn_read(&s, VF_SYN_ACTIVATE_FISH, act_moved(&s, path));
        assert_int_equal(syn_flaws(&s), 0);
        assert_bytes(syn_ref(&s, 0)->value, path);
        assert_bytes(act_moved(&s, VF_S("/p/env")), text);
    }
    static const char *const correct[] = {
        "set -gx VIRTUAL_ENV '/a\\'\\\\b'\n", "set -gx VIRTUAL_ENV '/a'\\'''\\\\'b'\n",
        "set -gx VIRTUAL_ENV \"/a'\\\\b\"\n", "set -gx VIRTUAL_ENV /a\\'\\\\b\n"};
    for (size_t i = 0; i < VF_COUNT(correct); i++) {
        syn_read(&s, VF_SYN_ACTIVATE_FISH, vf_slice_of(correct[i]));
        assert_text(syn_ref(&s, 0)->value, "/a'\\b");
        assert_int_equal(syn_flaws(&s), 0);
    }
    syn_release(&s);
}

static void self_locating(void **state)
{
    (void)state;
    static const char *const forms_of_uv[] = {
        "set -gx VIRTUAL_ENV ''(dirname -- (dirname -- (realpath -- (status -f))))''\n",
        "set -gx VIRTUAL_ENV ''\"$(dirname -- \"$(cd \"$(dirname -- \"$(status -f)\")\"; and pwd)\")\"''\n"};
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(forms_of_uv); i++) {
        syn_read(&s, VF_SYN_ACTIVATE_FISH, vf_slice_of(forms_of_uv[i]));
        assert_int_equal(syn_refs(&s), 1);
        assert_int_equal(syn_ref(&s, 0)->flags, VF_REF_SELF);
        assert_int_equal(syn_flaws(&s), 0);
    }
    syn_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(broken_where_it_is),
        cmocka_unit_test(values),
        cmocka_unit_test(self_locating),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
