/* The command line against a table of options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"

#define WORDS 8

/* Parses the words behind `venvfix check`; true when they are understood. */
static bool parse(const char *const *words, struct vf_parsed *p, char why[200])
{
    static char space[WORDS][64]; /* what was parsed points into it, until the next call */
    char *argv[WORDS + 1] = {NULL};
    int n = 0;
    for (; n < WORDS && words[n]; n++) {
        (void)strncpy(space[n], words[n], sizeof space[n] - 1);
        space[n][sizeof space[n] - 1] = 0;
        argv[n] = space[n];
    }
    *why = 0;
    return vf_cli_parse(&vf_verb_check, n, argv, p, why, 200);
}

static void what_is_refused(void **state)
{
    static const struct {
        const char *words[WORDS], *why;
    } table[] = {{{"--nothing"}, "there is no option --nothing"},
                 {{"-Z"}, "there is no option -Z"},
                 {{"--at"}, "--at needs a value: PATH"},
                 {{"-f"}, "-f needs a value: FORMAT"},
                 {{"--hashes=1"}, "--hashes takes no value"},
                 {{"--format", "xml"}, "--format takes one of "},
                 {{"--format="}, "--format takes one of "},
                 {{"-qvZ"}, "there is no option -Z"},
                 {{"a", "b", "c"}, "check takes "},
                 {{""}, "check: an empty path"},
                 {{"--hash"}, "there is no option --hash"}};
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct vf_parsed p;
        char why[200];
        assert_false(parse(table[i].words, &p, why));
        assert_memory_equal(why, table[i].why, strlen(table[i].why));
        vf_cli_parsed_free(&p);
    }
}

static void every_way_to_write_an_option(void **state)
{
    static const char *const ways[][WORDS] = {{"--format", "json", "env"},
                                              {"--format=json", "env"},
                                              {"-f", "json", "env"},
                                              {"-fjson", "env"},
                                              {"-qfjson", "env"},
                                              {"env", "-f", "json"},
                                              {"--format=text", "-fjson", "env"}};
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct vf_parsed p;
        char why[200];
        assert_true(parse(ways[i], &p, why));
        assert_string_equal(vf_cli_value(&vf_verb_check, &p, "format"), "json");
        assert_int_equal(p.n_args, 1);
        assert_int_equal(vf_cli_flag(&vf_verb_check, &p, "quiet"), i == 4);
        assert_null(vf_cli_value(&vf_verb_check, &p, "at"));
        vf_cli_parsed_free(&p);
    }
}

static void lists_and_the_end_of_options(void **state)
{
    struct vf_parsed p;
    char why[200];
    (void)state;
    assert_true(parse((const char *const[WORDS]){"--from", "/a", "--from=/b", "--", "--hashes"}, &p, why));
    size_t from = vf_cli_index(&vf_verb_check, "from");
    assert_int_equal(p.n_lists[from], 2);
    assert_string_equal(p.lists[from][0], "/a");
    assert_string_equal(p.lists[from][1], "/b");
    assert_false(vf_cli_flag(&vf_verb_check, &p, "hashes"));
    assert_string_equal(p.args[0], "--hashes");
    vf_cli_parsed_free(&p);
}

static void tables_are_sound(void **state)
{
    (void)state;
    for (size_t v = 0; vf_verbs[v]; v++) {
        const struct vf_verb *verb = vf_verbs[v];
        assert_true(verb->n_options <= VF_CLI_OPTIONS);
        for (size_t i = 0; i < verb->n_options; i++) {
            const struct vf_option *o = &verb->options[i];
            assert_true((o->kind == VF_OPT_FLAG) == (o->value == NULL));
            for (size_t k = 0; k < i; k++) {
                assert_string_not_equal(o->name, verb->options[k].name);
                assert_true(!o->letter || o->letter != verb->options[k].letter);
            }
        }
    }
}

/* Notes name files of foreign archives. */
static void notes_are_escaped(void **state)
{
    (void)state;
    struct vf_parsed p = {0};
    struct venvfix_hooks hooks;
    char got[100] = "";
    int ends[2], before = dup(2);
    assert_true(before >= 0 && pipe(ends) == 0 && dup2(ends[1], 2) == 2);
    bool ok = vf_cli_hooks(&vf_verb_check, &p, &hooks);
    if (ok)
        hooks.note(hooks.ctx, "left out: a\033[2Jb");
    dup2(before, 2);
    close(before);
    close(ends[1]);
    assert_true(ok && read(ends[0], got, sizeof got - 1) > 0);
    close(ends[0]);
    assert_string_equal(got, "venvfix: left out: a\\x1b[2Jb\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(notes_are_escaped), cmocka_unit_test(what_is_refused),
                                       cmocka_unit_test(every_way_to_write_an_option),
                                       cmocka_unit_test(lists_and_the_end_of_options),
                                       cmocka_unit_test(tables_are_sound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
