/* VF1xx: what stops a program: rights, another machine, its loader, its libraries, its standard library. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "elf_fixture.h"
#include "rule_case.h"

static void write_elf(struct envfix *f, const char *path, const struct elf_spec *spec)
{
    static unsigned char image[ELF_FILE];
    char line[200];
    (void)snprintf(line, sizeof line, "%s*|", path);
    ef_write(f, line);
    elf_make(spec, image);
    char *text = ef_text(f, path, NULL), *real = *text == '/' ? strdup(text) : fx_join(f->env, text);
    FILE *out = fopen(real, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(image, sizeof image, 1, out), 1);
    assert_int_equal(fclose(out), 0);
    free(real);
    free(text);
}

/* A version that no directory above the environment has a standard library of. */
static void use(struct envfix *f, const char *program, const char *home)
{
    char line[400];
    ef_write(f, "lib/python{V}-|");
    ef_write(f, "lib/python3.99/site-packages/|");
    (void)snprintf(line, sizeof line, "bin/python@|%s", program);
    ef_write(f, line);
    (void)snprintf(line, sizeof line,
                   "pyvenv.cfg|home = %s\ninclude-system-site-packages = false\nversion = 3.99.1\n", home);
    ef_write(f, line);
}

/* The words of the only finding above info among VF1xx of the environment as it stands; "" when there is
 * none. Starts with the rule. */
static const char *judged(struct envfix *f, const char *at)
{
    static char words[2000];
    struct venvfix_check_result r;
    unsigned n = 0;
    *words = 0;
    assert_true(ef_check(f, &(struct ef_check){.alone = true, .at = at ? at : f->env}, &r) < 2);
    for (size_t i = 0; i < r.findings.n; i++) {
        const struct venvfix_finding *fi = &r.findings.v[i];
        if (!strcmp(venvfix_level_name(fi->level), "info"))
            continue;
        (void)snprintf(words, sizeof words, "%s %s %s", fi->rule, fi->path.p, fi->message.p);
        n++;
    }
    if (n > 1)
        ef_show(&r.findings);
    assert_true(n <= 1);
    venvfix_check_free(&r);
    return words;
}

static void expect(struct envfix *f, const char *rule, const char *part)
{
    const char *words = judged(f, NULL);
    if (strncmp(words, rule, strlen(rule)) != 0 || !strstr(words, part))
        fail_msg("expected %s '%s', have '%s'", rule, part, words);
}

#define LOADER "/lib64/ld-linux-x86-64.so.2"

/* A whole Python of its own at {T}/py: program, loader, library, standard library. */
static void make_python(struct envfix *f)
{
    const struct elf_spec python = {
        .interp = "/nowhere/ld.so.1", .runpath = "$ORIGIN/../lib", .needed = {"libone.so.1"}};
    char *loader = ef_text(f, "{T}/py/ld.so.1", NULL);
    struct elf_spec spec = python;
    spec.interp = loader;
    spec.requires[0].library = "libone.so.1";
    spec.requires[0].version = "ONE_1.9";
    write_elf(f, "{T}/py/ld.so.1", &(struct elf_spec){.soname = "ld.so.1"});
    write_elf(f, "{T}/py/bin/python3.99", &spec);
    write_elf(f, "{T}/py/lib/libone.so.1",
              &(struct elf_spec){.soname = "libone.so.1", .defines = {"ONE_1.2", "ONE_1.9"}});
    ef_write(f, "{T}/py/lib/python3.99/os.py|");
    use(f, "{T}/py/bin/python3.99", "{T}/py/bin");
    free(loader);
}

static void libraries(void **state)
{
    struct envfix *f = *state;
    make_python(f);
    expect(f, "", "");
    assert_string_equal(judged(f, NULL), "");
    write_elf(f, "{T}/py/lib/libone.so.1",
              &(struct elf_spec){.soname = "libone.so.1", .defines = {"ONE_1.2"}});
    expect(f, "VF133", "libone.so.1 has no version ONE_1.9");
    write_elf(f, "{T}/py/lib/libone.so.1", &(struct elf_spec){.soname = "libone.so.1"});
    assert_string_equal(judged(f, NULL), ""); /* it defines none: the loader only warns */
    write_elf(f, "{T}/py/lib/libone.so.1",
              &(struct elf_spec){.soname = "libone.so.1", .machine = EM_AARCH64});
    expect(f, "VF133", "is there only for AArch64");
    ef_write(f, "{T}/py/lib/libone.so.1-|");
    expect(f, "VF133", "libone.so.1 is not found");
    write_elf(f, "{T}/py/lib/libone.so.1",
              &(struct elf_spec){.soname = "libone.so.1", .defines = {"ONE_1.9"}, .needed = {"libtwo.so.1"}});
    expect(f, "VF133", "libtwo.so.1 is not found"); /* RUNPATH is not inherited */
    ef_write(f, "{T}/py/ld.so.1-|");
    expect(f, "VF132", "/py/ld.so.1");
}

static void machine(void **state)
{
    struct envfix *f = *state;
    make_python(f);
    write_elf(f, "{T}/py/bin/python3.99", &(struct elf_spec){.machine = EM_S390, .interp = LOADER});
    expect(f, "VF131", "this host is");
}

static void stdlib(void **state)
{
    struct envfix *f = *state;
    make_python(f);
    ef_write(f, "{T}/py/lib/python3.99/os.py-|");
    expect(f, "VF130", "no lib/python");
    ef_write(f, "{T}/py/lib64/python3.99/os.py|");
    assert_string_equal(judged(f, NULL), "");
    ef_write(f, "{T}/py/lib64/python3.99/os.py-|");
    ef_write(f, "{T}/py/bin/pybuilddir.txt|x");
    assert_string_equal(judged(f, NULL), "");
}

/* A directory of links only: home is corrected, once. */
static void home(void **state)
{
    struct envfix *f = *state;
    struct venvfix_change_result r;
    make_python(f);
    ef_write(f, "{T}/links/python3.99@|{T}/py/bin/python3.99");
    use(f, "{T}/links/python3.99", "{T}/links");
    expect(f, "VF129", "no standard library");
    assert_int_equal(ef_change(f, VENVFIX_FIX, f->env, NULL, true, &r), 0);
    assert_int_equal(r.n_edits, 1);
    char *line = ef_text(f, "+home = {T}/py/bin\n", NULL);
    assert_non_null(strstr(r.diff.p, line));
    free(line);
    venvfix_change_free(&r);
    use(f, "{T}/links/python3.99", "{T}/py/bin");
    assert_string_equal(judged(f, NULL), "");
}

/* The interpreter and its library are carried along. */
static void bundled(void **state)
{
    struct envfix *f = *state;
    make_python(f);
    write_elf(f, "py/lib/libone.so.1", &(struct elf_spec){.soname = "libone.so.1", .defines = {"ONE_1.9"}});
    char *loader = ef_text(f, "{T}/py/ld.so.1", NULL);
    write_elf(f, "{E}/py/bin/python3.99",
              &(struct elf_spec){.interp = loader, .runpath = "$ORIGIN/../lib", .needed = {"libone.so.1"}});
    ef_write(f, "py/lib/python3.99/os.py|");
    use(f, "../py/bin/python3.99", "{E}/py/bin");
    assert_string_equal(judged(f, NULL), "");
    struct venvfix_check_result r;
    assert_int_equal(ef_check(f, &(struct ef_check){.alone = true}, &r), 1);
    assert_int_equal(ef_count(&r.findings, "VF122", "pyvenv.cfg"), 1);
    venvfix_check_free(&r);
    assert_int_equal(ef_check(f, &(struct ef_check){.alone = true, .at = "/srv/app"}, &r), 1);
    assert_int_equal(ef_count(&r.findings, "VF101", "pyvenv.cfg"), 1);
    assert_int_equal(ef_count(&r.findings, "VF133", NULL), 0);
    venvfix_check_free(&r);
    ef_write(f, "py/lib/libone.so.1-|");
    expect(f, "VF133", "libone.so.1 is not found");
    free(loader);
}

/* A directory that this user may not search is not one that is missing. */
static void denied(void **state)
{
    struct envfix *f = *state;
    struct venvfix_check_result r;
    make_python(f);
    char *dir = ef_text(f, "{T}/py", NULL);
    assert_int_equal(chmod(dir, 0), 0);
    box_as_nobody(f->box);
    assert_int_equal(ef_check(f, &(struct ef_check){.alone = true, .at = f->env}, &r), 1);
    box_as_root();
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(ef_count(&r.findings, "VF128", "bin/python"), 1);
    assert_int_equal(ef_count(&r.findings, "VF102", NULL) + ef_count(&r.findings, "VF101", NULL), 0);
    for (size_t i = 0; i < r.findings.n; i++)
        assert_true(strcmp(r.findings.v[i].rule, "VF128") || strstr(r.findings.v[i].message.p, dir));
    venvfix_check_free(&r);
    free(dir);
}

/* A library that is there and may not be read: not known, and not called missing. */
static void unseen(void **state)
{
    struct envfix *f = *state;
    struct venvfix_check_result r;
    make_python(f);
    char *library = ef_text(f, "{T}/py/lib/libone.so.1", NULL);
    assert_int_equal(chmod(library, 0), 0);
    box_as_nobody(f->box);
    assert_int_equal(ef_check(f, &(struct ef_check){.alone = true, .at = f->env}, &r), 1);
    box_as_root();
    assert_int_equal(ef_count(&r.findings, "VF135", library), 1);
    assert_int_equal(ef_count(&r.findings, "VF133", NULL), 0);
    assert_int_equal(r.unexamined, 1);
    venvfix_check_free(&r);
    assert_int_equal(chmod(library, 0755), 0);
    assert_string_equal(judged(f, NULL), "");
    free(library);
}

/* A link chain is named link by link. */
static void chain(void **state)
{
    struct envfix *f = *state;
    ef_write(f, "{T}/a@|{T}/b");
    ef_write(f, "{T}/b@|{T}/gone/python3");
    use(f, "{T}/a", "{T}/gone");
    char *words = ef_text(f, "bin/python -> {T}/a -> {T}/b -> {T}/gone/python3, which does not exist", NULL);
    expect(f, "VF102", words);
    free(words);
}

/* Bazel: only a relative link that leaves the environment. */
static void relative(void **state)
{
    struct envfix *f = *state;
    make_python(f);
    ef_write(f, "bin/python-|");
    ef_write(f, "bin/python3@|../../py/bin/python3.99");
    assert_string_equal(judged(f, NULL), "");
    ef_write(f, "bin/python3@|../../gone/bin/python3.99");
    expect(f, "VF102", "which does not exist");
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(libraries), EF_TEST(machine), EF_TEST(stdlib),
                                       EF_TEST(home),      EF_TEST(bundled), EF_TEST(denied),
                                       EF_TEST(unseen),    EF_TEST(chain),   EF_TEST(relative)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
