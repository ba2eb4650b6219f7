/* The remote of a git configuration file. The expected answers are those of `git config --get-regexp`; only
 * an empty URL is no URL here. */
#include "env/git_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void expect(const char *config, const char *url)
{
    struct vf_arena a;
    vf_arena_init(&a);
    struct vf_slice got;
    enum vf_git_remote r = vf_git_remote_url(&a, vf_slice_of(config), &got);
    assert_int_equal(r, url ? VF_GIT_REMOTE_FOUND : VF_GIT_REMOTE_NONE);
    if (url)
        assert_string_equal(got.p, url);
    vf_arena_release(&a);
}

static void broken(const char *config)
{
    struct vf_arena a;
    vf_arena_init(&a);
    struct vf_slice got;
    assert_int_equal(vf_git_remote_url(&a, vf_slice_of(config), &got), VF_GIT_REMOTE_BROKEN);
    vf_arena_release(&a);
}

static void sections_and_keys(void **state)
{
    (void)state;
    expect("[remote \"origin\"]\n\turl = u\n", "u");
    expect("[core]\n\tbare = false\n[REMOTE \"origin\"]\nURL=u", "u");
    expect("[remote.Origin]\nurl = u\n", "u");
    expect("[remote \"origin\"] url = u", "u");
    expect("\xef\xbb\xbf[remote \"origin\"]\r\n\turl = u\r\n", "u");
    expect("[remote \"a\\\"b\"]\nurl = u\n", "u");
    expect("[remote \"x\"]\nfetch = f\nurl = u\n[branch \"main\"]\nurl = other\n", "u");
}

static void origin_comes_first(void **state)
{
    (void)state;
    expect("[remote \"a\"]\nurl = 1\n[remote \"origin\"]\nurl = 2\nurl = 3\n[remote \"b\"]\nurl = 4\n", "2");
    expect("[remote \"a\"]\nurl = 1\n[remote \"b\"]\nurl = 2\n", "1");
    expect("[remote \"Origin\"]\nurl = 1\n[remote \"b\"]\nurl = 2\n", "1"); /* the quoted part has a case */
}

static void values(void **state)
{
    (void)state;
    expect("[remote \"origin\"] ; comment\n  url = \"https://h/a.git\" # comment\n", "https://h/a.git");
    expect("[remote \"o\"]\nurl = a;b\n", "a");
    expect("[remote \"o\"]\nurl = \"a;b#c\"d  \n", "a;b#cd");
    expect("[remote \"o\"]\nurl = ab\\\n  cd\n", "ab  cd");
    expect("[remote \"o\"]\nurl = \\\\\\\"x\\t\n", "\\\"x\t");
    expect("[remote \"o\"]\nurl =   /a b  \n", "/a b");
    expect("[remote \"o\"]\nurl = \" a \"\n", " a ");
}

static void no_remote(void **state)
{
    (void)state;
    expect("", NULL);
    expect("# [remote \"origin\"]\n; url = u\n", NULL);
    expect("[remote \"origin\"]\nurl =\n", NULL);
    expect("[remote \"origin\"]\nurl\n", NULL);
    expect("[remote \"origin\"]\npushurl = u\nurls = u\n", NULL);
    expect("[remotes \"origin\"]\nurl = u\n", NULL);
}

static void what_git_refuses(void **state)
{
    (void)state;
    broken("[remote \"origin]\nurl = u\n");
    broken("[remote \"origin\"\nurl = u\n");
    broken("[remote origin]\nurl = u\n");
    broken("[remote \"origin\"]\nurl = \"u\n");
    broken("[remote \"origin\"]\nurl = \\x\n");
    broken("[remote \"origin\"]\n1url = x\n");
    broken("[remote \"origin\"]\nurl u\n");
    broken("[remote");
    broken("[remote \"x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_and_keys), cmocka_unit_test(origin_comes_first), cmocka_unit_test(values),
        cmocka_unit_test(no_remote),         cmocka_unit_test(what_git_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
