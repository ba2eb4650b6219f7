/* The remote of a git configuration file. The expected answers are those of `git config --get-regexp`; only
 * an empty URL is no URL here. */
#include "env/git_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The files that can be included. */
static bool read_one(void *ctx, struct vf_slice path, struct vf_slice *text)
{
    static const struct {
        const char *path, *text;
    } files[] = {
        {"/r/.git/origin", "[remote \"origin\"]\nurl = from-origin\n"},
        {"/r/other", "[remote \"other\"]\nurl = from-other\n"},
        {"/r/nest/a", "[include]\npath = b\n"},
        {"/r/nest/b", "[include]\npath = ../.git/origin\n"},
        {"/r/user", "[user]\nname = x\n"},
        {"/r/broken", "[\n"},
        {"/r/loop", "[include]\npath = loop\n"},
    };
    (void)ctx;
    for (size_t i = 0; i < VF_COUNT(files); i++) {
        *text = vf_slice_of(files[i].text);
        if (vf_slice_eq(path, vf_slice_of(files[i].path)))
            return true;
    }
    return false;
}

static enum vf_git_remote ask(struct vf_arena *a, const char *text, struct vf_slice *url)
{
    struct vf_git_config config = {.text = vf_slice_of(text), .dir = VF_S("/r/.git"), .read = read_one};
    return vf_git_remote_url(a, &config, url);
}

static void expect(const char *config, const char *url)
{
    struct vf_arena a;
    vf_arena_init(&a);
    struct vf_slice got;
    enum vf_git_remote r = ask(&a, config, &got);
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
    assert_int_equal(ask(&a, config, &got), VF_GIT_REMOTE_BROKEN);
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

/* As if they stood there; what git would not find is passed over. */
static void included(void **state)
{
    (void)state;
    expect("[include]\npath = origin\n[remote \"origin\"]\nurl = own\n", "from-origin");
    expect("[remote \"origin\"]\nurl = own\n[include]\npath = origin\n", "own");
    expect("[include]\npath = ../other\n[remote \"origin\"]\nurl = own\n", "own");
    expect("[include]\npath = /r/other\n[remote \"x\"]\nurl = own\n", "from-other");
    expect("[include]\npath = ../nest/a\n", "from-origin");
    expect("[include]\npath = gone\npath = ~/x\npath = %(prefix)/x\npath =\n[remote \"x\"]\nurl = u\n", "u");
    broken("[include]\npath = ../broken\n");
    broken("[include]\npath = ../loop\n");
    /* on a condition: no answer where it matters */
    expect("[includeIf \"onbranch:x\"]\npath = ../user\n[remote \"x\"]\nurl = u\n", "u");
    expect("[remote \"origin\"]\nurl = u\n[includeIf \"gitdir:x\"]\npath = origin\n", "u");
    broken("[includeIf \"gitdir:/\"]\npath = ../other\n[remote \"origin\"]\nurl = u\n");
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
        cmocka_unit_test(sections_and_keys), cmocka_unit_test(origin_comes_first),
        cmocka_unit_test(included),          cmocka_unit_test(values),
        cmocka_unit_test(no_remote),         cmocka_unit_test(what_git_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
