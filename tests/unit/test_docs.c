/* The documents say what the tables say: docs/rules.md has a section for every rule, docs/venvfix.1 and the
 * completions are made from the option tables.
 *
 * `test_docs --print rules|man|bash|zsh|fish` prints what follows from the tables; tests/tools/option_docs.py
 * writes it into the documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"

static char *read_doc(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s: not there (tests run from the top directory)", path);
    struct vf_buf b = {0};
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        vf_buf_put(&b, (struct vf_slice){part, n});
    (void)fclose(f);
    vf_buf_putc(&b, '\0');
    assert_false(b.failed);
    return b.p;
}

/* ---- rules ---- */

static void put_rule(struct vf_buf *out, const struct venvfix_rule *r)
{
    static const char *const fixes[] = {"`fix`, `move` and `recreate` rewrite it", "reinstall the package",
                                        "by hand", "venvfix changes nothing about it"};
    vf_buf_printf(out, "### %s %s\n\n", r->id, r->name);
    vf_buf_printf(out, "*%s, usually %s; repair: %s.*\n\n", venvfix_verdict_name(r->verdict),
                  venvfix_level_name(r->level), fixes[r->fix]);
    vf_buf_printf(out, "**What:** %s.\n\n", r->what);
    vf_buf_printf(out, "**Why:** %s\n\n", r->why);
    vf_buf_printf(out, "**How:** %s\n", r->how);
}

static void every_rule_has_its_section(void **state)
{
    (void)state;
    char *doc = read_doc("docs/rules.md");
    unsigned wrong = 0;
    for (size_t i = 0; i < venvfix_rule_count(); i++) {
        struct vf_buf req = {0};
        put_rule(&req, venvfix_rule_at(i));
        vf_buf_putc(&req, '\0');
        assert_false(req.failed);
        if (!strstr(doc, req.p))
            wrong++, (void)fprintf(stderr, "docs/rules.md does not hold:\n%s\n", req.p);
        vf_buf_release(&req);
    }
    assert_int_equal(wrong, 0);
    free(doc);
}

static void no_section_is_without_rule(void **state)
{
    (void)state;
    char *doc = read_doc("docs/rules.md");
    size_t n = 0;
    for (const char *at = doc; (at = strstr(at, "\n### VF")); at++, n++) {
        char id[6] = {0};
        memcpy(id, at + 5, 5);
        assert_non_null(venvfix_rule_find(id));
    }
    assert_int_equal(n, venvfix_rule_count());
    free(doc);
}

/* ---- options ---- */

#define MAN_BEGIN ".\\\" options: from the tables\n"
#define MAN_END   ".\\\" options: end\n"

static void put_generated(struct vf_buf *out, const char *what)
{
    if (!strcmp(what, "man"))
        vf_cli_man(out);
    else if (!vf_cli_completion(out, what))
        for (size_t i = 0; i < venvfix_rule_count(); i++, vf_buf_putc(out, '\n'))
            put_rule(out, venvfix_rule_at(i));
}

static void assert_generated(const char *path, const char *text, const char *what)
{
    struct vf_buf b = {0};
    put_generated(&b, what);
    vf_buf_putc(&b, '\0');
    assert_false(b.failed);
    if (strcmp(text, b.p) != 0)
        fail_msg("%s is not what the option tables say: run tests/tools/option_docs.py", path);
    vf_buf_release(&b);
}

static void man_page_is_made_from_the_tables(void **state)
{
    (void)state;
    char *doc = read_doc("docs/venvfix.1"), *begin = strstr(doc, MAN_BEGIN), *end = strstr(doc, MAN_END);
    assert_true(begin && end);
    *end = '\0';
    assert_generated("docs/venvfix.1", begin + strlen(MAN_BEGIN), "man");
    free(doc);
}

static void completions_are_made_from_the_tables(void **state)
{
    static const struct {
        const char *path, *shell;
    } files[] = {{"docs/completions/venvfix.bash", "bash"},
                 {"docs/completions/_venvfix", "zsh"},
                 {"docs/completions/venvfix.fish", "fish"}};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *doc = read_doc(files[i].path);
        assert_generated(files[i].path, doc, files[i].shell);
        free(doc);
    }
}

int main(int argc, char **argv)
{
    if (argc > 2 && !strcmp(argv[1], "--print")) {
        struct vf_buf b = {0};
        put_generated(&b, argv[2]);
        bool ok = !b.failed && fwrite(b.p, 1, b.n, stdout) == b.n;
        vf_buf_release(&b);
        return ok ? 0 : 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_rule_has_its_section),
                                       cmocka_unit_test(no_section_is_without_rule),
                                       cmocka_unit_test(man_page_is_made_from_the_tables),
                                       cmocka_unit_test(completions_are_made_from_the_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
