/* VF611 to VF617: what the loader can load of an environment, against a host of four files. VF551, VF553. */
#include <stdio.h>
#include <stdlib.h>

#include "elf_fixture.h"
#include "rule_case.h"

static void write_bytes(struct envfix *f, const char *path, const unsigned char *bytes, size_t n)
{
    char line[300];
    (void)snprintf(line, sizeof line, "%s*|", path);
    ef_write(f, line);
    char *text = ef_text(f, path, NULL), *real = *text == '/' ? strdup(text) : fx_join(f->env, text);
    FILE *out = fopen(real, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
    free(real);
    free(text);
}

static void write_elf(struct envfix *f, const char *path, const struct elf_spec *spec)
{
    static unsigned char image[ELF_FILE];
    elf_make(spec, image);
    write_bytes(f, path, image, sizeof image);
}

/* A Python 3.12 at {T}/py whose libc has versions up to LIBC_2.36, and an environment of it. */
static void make_env(struct envfix *f)
{
    char *loader = ef_text(f, "{T}/py/lib/ld.so.1", NULL);
    write_elf(f, "{T}/py/lib/ld.so.1", &(struct elf_spec){.soname = "ld.so.1"});
    write_elf(
        f, "{T}/py/lib/libc.so.6",
        &(struct elf_spec){.soname = "libc.so.6", .defines = {"GLIBC_2.9", "GLIBC_2.14", "GLIBC_2.36"}});
    write_elf(f, "{T}/py/bin/python3.12",
              &(struct elf_spec){.interp = loader, .rpath = "$ORIGIN/../lib", .needed = {"libc.so.6"}});
    ef_write(f, "{T}/py/lib/python3.12/os.py|");
    ef_write(f, "lib/python{V}-|");
    ef_write(f, "lib/python3.12/site-packages/|");
    ef_write(f, "bin/python@|{T}/py/bin/python3.12");
    ef_write(f, "pyvenv.cfg|home = {T}/py/bin\ninclude-system-site-packages = false\nversion = 3.12.1\n");
    free(loader);
}

#define SITE   "lib/python3.12/site-packages/"
#define MODULE SITE "pkg/fast.cpython-312-x86_64-linux-gnu.so"

/* Every finding above info but of VF1xx: "RULE level path value|" */
static const char *found(struct envfix *f)
{
    static char words[4000];
    struct venvfix_check_result r;
    size_t n = 0;
    *words = 0;
    assert_true(ef_check(f, &(struct ef_check){.alone = true, .at = f->env}, &r) < 2);
    for (size_t i = 0; i < r.findings.n; i++) {
        const struct venvfix_finding *fi = &r.findings.v[i];
        if (fi->level != VENVFIX_LEVEL_INFO)
            n += (size_t)snprintf(words + n, sizeof words - n, "%s %s %s %s|", fi->rule,
                                  venvfix_level_name(fi->level), fi->path.p, fi->value.p ? fi->value.p : "-");
        assert_true(n < sizeof words);
    }
    venvfix_check_free(&r);
    return words;
}

static void expect(struct envfix *f, const char *want)
{
    assert_string_equal(found(f), want);
}

static void fine(void **state)
{
    struct envfix *f = *state;
    make_env(f);
    write_elf(f, MODULE,
              &(struct elf_spec){
                  .needed = {"libc.so.6", "libhelp.so.2"},
                  .runpath = "$ORIGIN/../pkg.libs",
                  .requires = {{"libc.so.6", "GLIBC_2.14", false}, {"libc.so.6", "GLIBC_2.99", true}}});
    write_elf(f, SITE "pkg.libs/libhelp.so.2",
              &(struct elf_spec){.soname = "libhelp.so.2", .needed = {"libc.so.6"}});
    write_elf(f, SITE "pkg/bare.so", &(struct elf_spec){.symbol = "PyInit_bare", .needed = {"ld.so.1"}});
    write_elf(f, SITE "pkg/_abi.abi3.so", &(struct elf_spec){.needed = {"libc.so.6"}});
    expect(f, "");
}

static void machine(void **state)
{
    struct envfix *f = *state;
    make_env(f);
    write_elf(f, MODULE, &(struct elf_spec){.machine = EM_AARCH64});
    expect(f, "VF611 error " MODULE " -|");
    write_elf(f, MODULE, &(struct elf_spec){0});
    write_elf(f, SITE "pkg/attach_arm64.so", &(struct elf_spec){.machine = EM_AARCH64}); /* no module */
    expect(f, "");
    write_elf(f, MODULE, &(struct elf_spec){.needed = {"libhelp.so.2"}, .runpath = "$ORIGIN"});
    write_elf(f, SITE "pkg/libhelp.so.2", &(struct elf_spec){.machine = EM_AARCH64});
    expect(f, "VF611 error " MODULE " libhelp.so.2|");
}

static void libc(void **state)
{
    struct envfix *f = *state;
    make_env(f);
    write_elf(f, MODULE, &(struct elf_spec){.needed = {"libc.musl-x86_64.so.1"}});
    expect(f, "VF612 error " MODULE " -|");
    char *loader = ef_text(f, "{T}/py/lib/ld-musl-x86_64.so.1", NULL);
    write_elf(f, "{T}/py/lib/ld-musl-x86_64.so.1", &(struct elf_spec){.soname = "libc.musl-x86_64.so.1"});
    write_elf(f, "{T}/py/bin/python3.12",
              &(struct elf_spec){.interp = loader, .needed = {"libc.musl-x86_64.so.1"}});
    expect(f, "");
    write_elf(f, MODULE, &(struct elf_spec){.needed = {"libc.so.6"}});
    expect(f, "VF612 error " MODULE " -|");
    free(loader);
}

/* Numbers are compared as numbers; the highest is said, once for all that need too much of one library. */
static void versions(void **state)
{
    struct envfix *f = *state;
    make_env(f);
    write_elf(f, MODULE,
              &(struct elf_spec){.needed = {"libc.so.6"}, .requires = {{"libc.so.6", "GLIBC_2.39", false}}});
    expect(f, "VF614 error " MODULE " GLIBC_2.39|");
    write_elf(f, MODULE,
              &(struct elf_spec){
                  .needed = {"libc.so.6"},
                  .requires = {{"libc.so.6", "GLIBC_2.101", false}, {"libc.so.6", "GLIBC_2.39", false}}});
    expect(f, "VF614 error " MODULE " GLIBC_2.101|");
    write_elf(
        f, MODULE,
        &(struct elf_spec){.needed = {"libc.so.6"}, .requires = {{"libc.so.6", "GLIBC_ABI_DT_RELR", false}}});
    expect(f, "VF614 error " MODULE " GLIBC_ABI_DT_RELR|");
}

static void libraries(void **state)
{
    struct envfix *f = *state;
    make_env(f);
    write_elf(f, MODULE, &(struct elf_spec){.needed = {"libnotthere.so.1"}});
    expect(f, "VF613 error " MODULE " libnotthere.so.1|");
    /* RPATH of what loads it counts for a library, RUNPATH does not */
    write_elf(f, MODULE,
              &(struct elf_spec){.needed = {"libone.so"}, .rpath = "$ORIGIN/../one:$ORIGIN/../two"});
    write_elf(f, SITE "one/libone.so", &(struct elf_spec){.needed = {"libtwo.so"}});
    write_elf(f, SITE "two/libtwo.so", &(struct elf_spec){.soname = "libtwo.so"});
    expect(f, "");
    write_elf(f, MODULE,
              &(struct elf_spec){.needed = {"libone.so"}, .runpath = "${ORIGIN}/../one:$ORIGIN/../two"});
    expect(f, "VF613 error " SITE "one/libone.so libtwo.so|");
    /* loaded already under that name */
    write_elf(
        f, MODULE,
        &(struct elf_spec){.needed = {"libtwo.so", "libone.so"}, .runpath = "$ORIGIN/../one:$ORIGIN/../two"});
    expect(f, "");
    ef_write(f, SITE "one/libone.so-|");
    /* an empty or relative element is the directory that the process runs in */
    write_elf(f, MODULE, &(struct elf_spec){.needed = {"libtwo.so"}, .runpath = ":two"});
    expect(f, "VF613 error " MODULE " libtwo.so|");
}

/* What only Python code opens, and what nobody is known to open. */
static void others(void **state)
{
    struct envfix *f = *state;
    make_env(f);
    write_elf(f, SITE "pkg/tests/fast.cpython-312-x86_64-linux-gnu.so",
              &(struct elf_spec){.needed = {"libnotthere.so.1"}});
    write_elf(f, SITE "pkg/plugins/platforms/libqxcb.so", &(struct elf_spec){.needed = {"libnotthere.so.1"}});
    expect(f, "");
    write_elf(f, SITE "pkg/libfast.so", &(struct elf_spec){.needed = {"libnotthere.so.1"}});
    expect(f, "VF613 warning " SITE "pkg/libfast.so libnotthere.so.1|"); /* of nobody */
    ef_write(f, SITE "demo-1.0.dist-info/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n");
    ef_write(f, SITE "pkg/__init__.py|x = 1\n");
    ef_write(f, SITE
             "demo-1.0.dist-info/RECORD|pkg/libfast.so,,\npkg/__init__.py,,\ndemo-1.0.dist-info/METADATA,,\n"
             "demo-1.0.dist-info/RECORD,,\n");
    expect(f, "");
    ef_write(f, SITE "pkg/__init__.py|import ctypes\nx = ctypes.CDLL('libfast.so')\n");
    expect(f, "VF613 warning " SITE "pkg/libfast.so libnotthere.so.1|");
    /* the code may have opened what a module needs, under its own name */
    ef_write(f, SITE "pkg/libfast.so-|");
    ef_write(f, SITE "demo-1.0.dist-info/RECORD|pkg/__init__.py,,\n");
    write_elf(f, MODULE, &(struct elf_spec){.needed = {"libdeep.so.1"}});
    expect(f, "VF613 error " MODULE " libdeep.so.1|");
    write_elf(f, SITE "pkg/deep/libdeep.so.1", &(struct elf_spec){.soname = "libdeep.so.1"});
    expect(f, "VF613 error " MODULE " libdeep.so.1|");
    ef_write(f, SITE
             "demo-1.0.dist-info/RECORD|pkg/fast.cpython-312-x86_64-linux-gnu.so,,\npkg/__init__.py,,\n");
    expect(f, "");
    /* a module that is only tried */
    ef_write(f,
             SITE "pkg/__init__.py|try:\n    from pkg import fast\nexcept ImportError:\n    fast = None\n");
    expect(f, "VF613 warning " MODULE " libdeep.so.1|");
}

static void names(void **state)
{
    struct envfix *f = *state;
    make_env(f);
    write_elf(f, SITE "pkg/fast.cpython-311-x86_64-linux-gnu.so", &(struct elf_spec){0});
    expect(f, "VF615 error " SITE "pkg/fast.cpython-311-x86_64-linux-gnu.so cpython-311-x86_64-linux-gnu|");
    ef_write(f, SITE "pkg/fast.py|");
    expect(f, "");
    ef_write(f, SITE "pkg/fast.py-|");
    write_elf(f, MODULE, &(struct elf_spec){0});
    expect(f, "");
    ef_write(f, MODULE "-|");
    ef_write(f, SITE "pkg/fast.cpython-311-x86_64-linux-gnu.so-|");
    write_elf(f, SITE "pkg/fast.cpython-312t-x86_64-linux-gnu.so", &(struct elf_spec){0});
    expect(f, "VF615 error " SITE "pkg/fast.cpython-312t-x86_64-linux-gnu.so cpython-312t-x86_64-linux-gnu|");
}

static void damage(void **state)
{
    struct envfix *f = *state;
    static unsigned char image[ELF_FILE];
    make_env(f);
    elf_make(&(struct elf_spec){.needed = {"libc.so.6"}}, image);
    write_bytes(f, MODULE, image, ELF_FILE - 1);
    expect(f, "VF617 error " MODULE " -|");
    image[4] = 9;
    write_bytes(f, MODULE, image, ELF_FILE);
    expect(f, "VF617 error " MODULE " -|");
    write_bytes(f, MODULE, image, 8);
    expect(f, "VF617 error " MODULE " -|");
    ef_write(f, MODULE "-|");
    write_bytes(f, SITE "pkg/libx.so.1", image, ELF_FILE);
    expect(f, "VF617 warning " SITE "pkg/libx.so.1 -|");
    ef_write(f, SITE "pkg/libx.so.1-|");
    write_bytes(f, SITE "pkg/example.bin", image, ELF_FILE);
    expect(f, "");
}

static void other_system(void **state)
{
    struct envfix *f = *state;
    make_env(f);
    ef_write(f, SITE "demo-1.0.dist-info/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n");
    ef_write(f, SITE "demo-1.0.dist-info/WHEEL|Wheel-Version: 1.0\nTag: cp312-cp312-win_amd64\n");
    ef_write(f, SITE "demo-1.0.dist-info/RECORD|demo/x.py,,\ndemo-1.0.dist-info/RECORD,,\n");
    ef_write(f, SITE "demo/x.py|");
    expect(f, ""); /* nothing in it is for that system */
    ef_write(f, SITE "demo/x.cp312-win_amd64.pyd|MZ");
    ef_write(f, SITE "demo-1.0.dist-info/RECORD|demo/x.cp312-win_amd64.pyd,,\ndemo-1.0.dist-info/RECORD,,\n");
    expect(f, "VF611 error " SITE "demo-1.0.dist-info/WHEEL win_amd64|");
}

static void add_dist(struct envfix *f, const char *name, const char *headers)
{
    char line[600];
    (void)snprintf(line, sizeof line,
                   SITE "%s.dist-info/METADATA|Metadata-Version: 2.1\nName: %.*s\nVersion: %s\n%s\n", name,
                   (int)strcspn(name, "-"), name, strchr(name, '-') + 1, headers);
    ef_write(f, line);
    (void)snprintf(line, sizeof line, SITE "%s.dist-info/RECORD|", name);
    ef_write(f, line);
}

static void requirements(void **state)
{
    struct envfix *f = *state;
    make_env(f);
    add_dist(f, "flask-3.0",
             "Requires-Dist: click (>=8.0)\nRequires-Dist: colorama ; sys_platform == 'win32'\n"
             "Requires-Dist: dotenv ; extra == 'dotenv'\nRequires-Python: >=3.9");
    expect(f, "VF551 warning . click (>=8.0)|");
    add_dist(f, "click-7.1", "");
    expect(f, "VF551 warning . click (>=8.0)|");
    ef_write(f, SITE "click-7.1.dist-info-|");
    add_dist(f, "click-8.1", "");
    expect(f, "");
    add_dist(f, "app-1.0", "Requires-Dist: flask[dotenv]"); /* a requested extra */
    expect(f, "VF551 warning . dotenv|");
    ef_write(f, SITE "app-1.0.dist-info-|");
    add_dist(f, "old-1.0", "Requires-Python: <3.12");
    expect(f, "VF553 warning " SITE "old-1.0.dist-info <3.12|");
    ef_write(f, SITE "old-1.0.dist-info-|");
    /* what another directory on the path has */
    ef_write(f, SITE "click-8.1.dist-info-|");
    ef_write(f, "{OUT}/more/click-8.1.dist-info/METADATA|x");
    ef_write(f, SITE "more.pth|{OUT}/more\n");
    assert_null(strstr(found(f), "VF551"));
    ef_write(f, "lib/python3.12/site-packages/more.pth-|");
    ef_write(f, SITE "click-8.1-py3.12.egg/EGG-INFO/PKG-INFO|Name: click\nVersion: 8.1\n");
    assert_null(strstr(found(f), "VF551"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EF_TEST(fine),   EF_TEST(machine), EF_TEST(libc),   EF_TEST(versions),     EF_TEST(libraries),
        EF_TEST(others), EF_TEST(names),   EF_TEST(damage), EF_TEST(other_system), EF_TEST(requirements)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
