/* VF6xx: where ELF files look for their libraries. No text can stand for such a file: tests of their own. */
#include <stdio.h>
#include <stdlib.h>

#include "elf_fixture.h"
#include "rule_case.h"

static void write_image(struct envfix *f, const char *rel, const struct elf_image *file)
{
    char *path = ef_text(f, rel, NULL);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(file, sizeof *file, 1, out), 1);
    assert_int_equal(fclose(out), 0);
    free(path);
}

/* The file `rel` needs libdemo.so and looks for it in this directory. */
static void write_program(struct envfix *f, const char *rel, const char *runpath, const char *soname)
{
    struct elf_image file;
    char *dir = ef_text(f, runpath, NULL);
    elf_image(&file, "libdemo.so", dir, soname);
    write_image(f, rel, &file);
    free(dir);
}

/* The level of the only finding of this rule, NULL when there is none. */
static const char *level(struct envfix *f, const char *runpath, const char *rule, const char *at)
{
    static const char *kept;
    struct venvfix_check_result r;
    write_program(f, "{E}/bin/prog", runpath, NULL);
    assert_true(ef_check(f, &(struct ef_check){.at = at}, &r) < 2);
    kept = NULL;
    for (size_t i = 0; i < r.findings.n; i++)
        if (!strcmp(r.findings.v[i].rule, rule)) {
            assert_null(kept);
            assert_string_equal(r.findings.v[i].path.p, "bin/prog");
            kept = !strcmp(venvfix_level_name(r.findings.v[i].level), "error") ? "error" : "warning";
        }
    venvfix_check_free(&r);
    return kept;
}

static void levels(void **state)
{
    struct envfix *f = *state;
    ef_write(f, "lib/libdemo.so|x");
    assert_string_equal(level(f, "{E}/lib", "VF601", NULL), "warning");
    assert_null(level(f, "{E}/lib", "VF601", f->env));
    assert_null(level(f, "{E}2/lib", "VF601", NULL));
    assert_string_equal(level(f, "{OLD}/lib", "VF602", NULL), "error");
    assert_string_equal(level(f, "{E}/lib", "VF602", "/srv/elsewhere"), "error");
    assert_string_equal(level(f, "{OLD}/other", "VF602", NULL), "warning"); /* nothing was found there */
    assert_string_equal(level(f, "{OUT}:{LIVE}/lib", "VF603", NULL), "error");
    assert_null(level(f, "$ORIGIN/../lib:{OUT}", "VF602", NULL));
}

static void mended(void **state)
{
    struct envfix *f = *state;
    struct venvfix_change_result r;
    struct venvfix_check_result after;
    ef_write(f, "lib/libdemo.so|x");
    ef_write(f, "bin/prog*|");
    write_program(f, "{E}/bin/prog", "{OLD}/lib:{LIVE}/lib/", NULL);
    assert_int_equal(ef_change(f, VENVFIX_FIX, f->env, NULL, true, &r), 0);
    char *old = ef_text(f, ": {OLD}/lib becomes $ORIGIN/../", NULL);
    assert_non_null(strstr(r.diff.p, old)); /* these bytes, and no others of the file */
    assert_true(strlen(r.diff.p) < 2000);
    free(old);
    venvfix_change_free(&r);
    assert_int_equal(ef_change(f, VENVFIX_FIX, f->env, NULL, false, &r), 0);
    assert_int_equal(r.n_edits, 1);
    assert_string_equal(r.edits[0].rule, "VF602");
    assert_int_equal(r.edits[0].count, 2);
    venvfix_change_free(&r);
    assert_true(ef_check(f, &(struct ef_check){.at = f->env}, &after) < 2);
    assert_int_equal(ef_count(&after.findings, "VF602", NULL) + ef_count(&after.findings, "VF603", NULL), 0);
    venvfix_check_free(&after);
    assert_int_equal(ef_change(f, VENVFIX_MOVE, f->env, f->next, false, &r), 0);
    assert_int_equal(r.n_edits, 0); /* it finds its libraries by itself now */
    venvfix_change_free(&r);
}

/* What nobody owns stops the change; an installed file is left, and said. */
static void no_room(void **state)
{
    struct envfix *f = *state;
    struct venvfix_change_result r;
    ef_write(f, "lib/libdemo.so|x");
    ef_write(f, "libdemo.so|x"); /* evidence that OLD is an old path */
    write_program(f, "{E}/lib/prog.so", "{OLD}/libdemo.so", "libdemo.so");
    assert_int_equal(ef_change(f, VENVFIX_FIX, f->env, NULL, false, &r), 2);
    venvfix_change_free(&r);
    ef_write(f, "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n");
    ef_write(f, "{D}/RECORD|../../prog.so,{sha:lib/prog.so},\n{D}/RECORD,,\n");
    assert_int_equal(ef_change(f, VENVFIX_FIX, f->env, NULL, false, &r), 0);
    assert_int_equal(ef_count(&r.warnings, "VF602", "lib/prog.so"), 1);
    venvfix_change_free(&r);
}

/* What only a debugger reads is said, and stops nothing; the same bytes where the program reads them do. */
static void debug(void **state)
{
    struct envfix *f = *state;
    struct elf_image file;
    struct venvfix_change_result r;
    char *source = ef_text(f, "{OLD}/src/x.c", NULL);
    ef_write(f, "src/x.c|x"); /* evidence that OLD is an old path */
    elf_image(&file, "libdemo.so", "$ORIGIN", NULL);
    snprintf(file.debug, sizeof file.debug, "%s", source);
    write_image(f, "{E}/lib/prog.so", &file);
    assert_int_equal(ef_change(f, VENVFIX_FIX, f->env, NULL, false, &r), 0);
    assert_int_equal(r.n_edits, 0);
    assert_int_equal(ef_count(&r.warnings, "VF722", "lib/prog.so"), 1);
    assert_int_equal(r.warnings.n, 1);
    venvfix_change_free(&r);
    file.sections[3].sh_flags = SHF_ALLOC;
    write_image(f, "{E}/lib/prog.so", &file);
    assert_int_equal(ef_change(f, VENVFIX_FIX, f->env, NULL, false, &r), 2);
    venvfix_change_free(&r);
    free(source);
}

/* A search path that no prefix of the environment is in. */
static void search_path(void **state)
{
    struct envfix *f = *state;
    static const struct {
        const char *list, *rule;
        size_t n;
    } cases[] = {{"$ORIGIN/../lib:/nowhere/lib", "VF604", 1},
                 {"$ORIGIN", "VF604", 0},
                 {"{OUT}", "VF604", 0},
                 {"/nowhere/a:/nowhere/b", "VF604", 1},
                 {"$ORIGIN:", "VF605", 1},
                 {"lib", "VF605", 1},
                 {"$ORIGIN/lib", "VF605", 0},
                 {"{E}/lib", "VF604", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static unsigned char image[ELF_FILE];
        struct venvfix_check_result r;
        char *list = ef_text(f, cases[i].list, NULL), *path = ef_text(f, "{E}/lib/prog.so", NULL);
        elf_make(&(struct elf_spec){.runpath = list}, image);
        FILE *out = fopen(path, "wb");
        assert_non_null(out);
        assert_int_equal(fwrite(image, sizeof image, 1, out), 1);
        assert_int_equal(fclose(out), 0);
        assert_true(ef_check(f, &(struct ef_check){.alone = true}, &r) < 2);
        assert_int_equal(ef_count(&r.findings, cases[i].rule, "lib/prog.so"), cases[i].n);
        venvfix_check_free(&r);
        free(list);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(levels), EF_TEST(mended), EF_TEST(no_room), EF_TEST(debug),
                                       EF_TEST(search_path)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
