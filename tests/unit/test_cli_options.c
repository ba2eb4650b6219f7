/* The command line against a table of options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"

#define WORDS 8

static const struct vf_option *option(const struct vf_verb *verb, const char *name)
{
    for (size_t i = 0; i < verb->n_options; i++)
        if (!strcmp(verb->options[i].name, name))
            return &verb->options[i];
    fail_msg("no option --%s", name);
    return NULL;
}

static const void *value(const struct vf_verb *verb, const void *args, const char *name)
{
    return (const char *)args + option(verb, name)->at;
}

/* Parses the words behind the verb; true when they are understood. Free *args with vf_cli_args_free and free.
 */
static bool parse(const struct vf_verb *verb, const char *const *words, void **args, char why[400])
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
    *args = calloc(1, verb->args_size);
    assert_non_null(*args);
    return vf_cli_parse(verb, n, argv, *args, why, 400);
}

static void release(const struct vf_verb *verb, void *args)
{
    vf_cli_args_free(verb, args);
    free(args);
}

static void what_is_refused(void **state)
{
    static const struct {
        const char *words[WORDS], *why;
    } table[] = {
        {{"--nothing"}, "unknown option '--nothing'"},
        {{"--hash"}, "unknown option '--hash' (did you mean '--hashes'?)"},
        {{"--fromat=json"}, "unknown option '--fromat' (did you mean '--format'?)"},
        {{"-Z"}, "unknown option '-Z'"},
        {{"--at"}, "--at needs a value: PATH"},
        {{"-f"}, "-f needs a value: FORMAT[=FILE]"},
        {{"--hashes=1"}, "--hashes takes no value"},
        {{"--format", "jsom"},
         "--format takes one of text|json|jsonl|sarif|junit|github|gitlab|markdown|html, not 'jsom'"},
        {{"--format="}, "--format takes one of "},
        {{"--format=json="}, "--format json= needs a file name behind '='"},
        {{"--format", "requirements"}, "--format takes one of "},
        {{"--fail-on", "warn"},
         "--fail-on takes one of warning|error|info|never, not 'warn' (did you mean 'warning'?)"},
        {{"--jobs", "0"}, "--jobs takes a number from 1 to 256, not '0'"},
        {{"-j1x"}, "--jobs takes a number from 1 to 256, not '1x'"},
        {{"-qvZ"}, "unknown option '-Z'"},

        {{""}, "check: the path is empty"},
        {{"--nothing", "--at"},
         "unknown option '--nothing'"}, /* the first mistake is the one that is reported */
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        void *args;
        char why[400];
        assert_false(parse(&vf_verb_check, table[i].words, &args, why));
        if (strncmp(why, table[i].why, strlen(table[i].why)) != 0)
            fail_msg("%s: %s", table[i].words[0], why);
        release(&vf_verb_check, args);
    }
}

/* A program that asked for JSON gets its error as JSON, wherever the option stands. */
static void the_format_is_known_after_a_mistake(void **state)
{
    static const char *const ways[][WORDS] = {{"--nothing", "--format=json"}, {"-fjson", "--at"}};
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        void *args;
        char why[400];
        assert_false(parse(&vf_verb_check, ways[i], &args, why));
        const struct vf_cli_common *c = args;
        assert_int_equal(c->n_outputs, 1);
        assert_string_equal(c->outputs[0].writer->name, "json");
        release(&vf_verb_check, args);
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
        void *args;
        char why[400];
        assert_true(parse(&vf_verb_check, ways[i], &args, why));
        const struct vf_cli_common *c = args;
        assert_int_equal(c->n_outputs, 1); /* standard output gets one report: the last that was asked for */
        assert_string_equal(c->outputs[0].writer->name, "json");
        assert_int_equal(c->n_args, 1);
        assert_int_equal(c->quiet, i == 4);
        assert_null(*(const char *const *)value(&vf_verb_check, args, "at"));
        release(&vf_verb_check, args);
    }
}

static void formats_to_files(void **state)
{
    void *args;
    char why[400];
    (void)state;
    assert_true(parse(&vf_verb_check,
                      (const char *const[WORDS]){"--format", "json=a=b.json", "--format=jsonl=c", "-ftext"},
                      &args, why));
    const struct vf_cli_common *c = args;
    assert_int_equal(c->n_outputs, 3);
    assert_string_equal(c->outputs[0].file, "a=b.json");
    assert_string_equal(c->outputs[1].writer->name, "jsonl");
    assert_null(c->outputs[2].file);
    release(&vf_verb_check, args);
}

/* `pack --format zip` was the kind of archive before there was --archive-format. */
static void the_kind_of_archive(void **state)
{
    static const struct {
        const char *words[WORDS];
        bool by_format;
    } ways[] = {{{"--archive-format", "zip", "env"}, false}, {{"--format", "zip", "-fjson", "env"}, true}};
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        void *args;
        char why[400];
        assert_true(parse(&vf_verb_pack, ways[i].words, &args, why));
        const struct vf_cli_common *c = args;
        assert_int_equal(*(const unsigned *)value(&vf_verb_pack, args, "archive-format"), VENVFIX_PACK_ZIP);
        assert_int_equal(c->archive_by_format, ways[i].by_format);
        assert_int_equal(c->n_outputs, i);
        release(&vf_verb_pack, args);
    }
}

static void lists_and_the_end_of_options(void **state)
{
    void *args;
    char why[400];
    (void)state;
    assert_true(parse(&vf_verb_check,
                      (const char *const[WORDS]){"--from", "/a", "--from=/b", "--", "--hashes"}, &args, why));
    const struct vf_option *from = option(&vf_verb_check, "from");
    const char *const *list = *(const char *const *const *)value(&vf_verb_check, args, "from");
    assert_int_equal(*(const size_t *)(const void *)((const char *)args + from->n_at), 2);
    assert_string_equal(list[0], "/a");
    assert_string_equal(list[1], "/b");
    assert_false(*(const bool *)value(&vf_verb_check, args, "hashes"));
    const struct vf_cli_common *c = args;
    assert_string_equal(c->args[0], "--hashes");
    release(&vf_verb_check, args);
}

static void suggestions(void **state)
{
    static const char *const words[] = {"check", "move", "recreate", "fix", "freeze", "pack", "explain"};
    static const struct {
        const char *word, *near;
    } table[] = {{"chekc", "check"}, {"moev", "move"},  {"freze", "freeze"}, {"recr", "recreate"},
                 {"pak", "pack"},    {"destroy", NULL}, {"", NULL},          {"xyzzy", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *near = vf_cli_suggest(table[i].word, words, sizeof words / sizeof *words);
        if (table[i].near ? !near || strcmp(near, table[i].near) != 0 : near != NULL)
            fail_msg("%s: %s", table[i].word, near ? near : "none");
    }
}

static void tables_are_sound(void **state)
{
    (void)state;
    for (size_t v = 0; vf_verbs[v]; v++) {
        const struct vf_verb *verb = vf_verbs[v];
        for (size_t i = 0; i < verb->n_options; i++) {
            const struct vf_option *o = &verb->options[i];
            assert_true((o->kind == VF_OPT_FLAG) == (o->value == NULL));
            assert_true((o->kind == VF_OPT_LIST || o->kind == VF_OPT_FORMAT) == (o->n_at > 0));
            assert_true(o->at < verb->args_size);
            assert_true(o->kind != VF_OPT_CHOICE || o->choices);
            for (size_t k = 0; k < i; k++) {
                assert_string_not_equal(o->name, verb->options[k].name);
                assert_true(!o->letter || o->letter != verb->options[k].letter);
                assert_true(o->at != verb->options[k].at);
            }
        }
    }
}

/* Notes name files of foreign archives. */
static void notes_are_escaped(void **state)
{
    (void)state;
    struct vf_cli_common c = {0};
    struct venvfix_hooks hooks;
    char got[100] = "";
    int ends[2], before = dup(2);
    assert_true(before >= 0 && pipe(ends) == 0 && dup2(ends[1], 2) == 2);
    vf_cli_hooks(&c, &hooks);
    hooks.note(hooks.ctx, "left out: a\033[2Jb");
    dup2(before, 2);
    close(before);
    close(ends[1]);
    assert_true(read(ends[0], got, sizeof got - 1) > 0);
    close(ends[0]);
    assert_string_equal(got, "venvfix: left out: a\\x1b[2Jb\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_are_escaped),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(the_format_is_known_after_a_mistake),
        cmocka_unit_test(every_way_to_write_an_option),
        cmocka_unit_test(formats_to_files),
        cmocka_unit_test(the_kind_of_archive),
        cmocka_unit_test(lists_and_the_end_of_options),
        cmocka_unit_test(suggestions),
        cmocka_unit_test(tables_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
