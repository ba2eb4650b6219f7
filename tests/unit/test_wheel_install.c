/* Wheels opened and installed: what is refused, and what stands there afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "fs_fixture.h"
#include "packaging/tags.h"
#include "wheel_box.h"

#define SITE "lib/python3.11/site-packages/"

/* Opens and installs one wheel; the words of the error, free() them. */
static enum vf_status install_bytes(struct box_env *e, struct vf_slice bytes, const char *name,
                                    const struct vf_install *how, char **words)
{
    struct vf_err err = {0};
    struct vf_wheel *w;
    struct vf_installed done;
    enum vf_status st = box_open(bytes, name, &w, &err);
    if (st == VF_OK) {
        struct vf_install in = how ? *how : (struct vf_install){0};
        in.wheel = w;
        st = vf_install_wheels(&e->site, &in, 1, NULL, &done, &err);
        vf_wheel_free(w);
    }
    if (words)
        *words = strdup(err.detail);
    vf_err_release(&err);
    return st;
}

static void refused_as(const char *name, const char *wheel, const char *extra, const struct box_file *files,
                       enum vf_status code, const char *words)
{
    struct box_env e;
    struct vf_buf b;
    char *reported, *before, *after;
    box_env_make(&e);
    before = fx_snapshot(e.root, NULL, false);
    box_wheel(&b, name, "py3-none-any", extra, files);
    enum vf_status st = install_bytes(&e, vf_buf_slice(&b), wheel, NULL, &reported);
    if (st != code || !strstr(reported, words))
        fail_msg("%s: status %s, \"%s\"", words, vf_status_name(st), reported);
    after = fx_snapshot(e.root, NULL, false);
    assert_string_equal(before, after); /* refused before anything is written */
    free(reported);
    free(before);
    free(after);
    vf_buf_release(&b);
    box_env_remove(&e);
}

#define FILES(...)                                                                                           \
    (const struct box_file[])                                                                                \
    {                                                                                                        \
        __VA_ARGS__,                                                                                         \
        {                                                                                                    \
            NULL, NULL, false                                                                                \
        }                                                                                                    \
    }
#define WHL "kit-1.0-py3-none-any.whl"

static void refused(void **state)
{
    (void)state;
    const struct box_file *plain = FILES({"kit.py", "1\n", false});
    refused_as("kit", "kat-1.0-py3-none-any.whl", "", plain, VF_BAD_ARCHIVE, "not that of the file's name");
    refused_as("kit", "kit-1.1-py3-none-any.whl", "", plain, VF_BAD_ARCHIVE, "not that of the file's name");
    refused_as("kit", WHL, "Requires-Python: >=3.12\n", plain, VF_INCOMPATIBLE, "requires Python >=3.12");
    refused_as("kit", WHL, "", FILES({"kit-1.0.data/lib/x", "", false}), VF_BAD_ARCHIVE, "not known");
    refused_as("kit", WHL, "", FILES({"kit-1.0.data/data", "", false}), VF_BAD_ARCHIVE, "not known");
    refused_as("kit", WHL, "", FILES({"kat-1.0.data/data/x", "", false}), VF_BAD_ARCHIVE, "not the wheel's");
    refused_as("kit", WHL, "", FILES({"kit-1.0.data/scripts/a/b", "", false}), VF_BAD_ARCHIVE, "of its own");
    refused_as("kit", WHL, "", FILES({"kat-1.0.dist-info/x", "", false}), VF_BAD_ARCHIVE, "two metadata");
    static const char *const not_theirs[] = {
        "data/pyvenv.cfg",      "scripts/python",  "data/bin/python3.11",     "scripts/activate.fish",
        "scripts/Activate.ps1", "data/.venvfix/x", "scripts/activate_this.py"};
    for (size_t i = 0; i < VF_COUNT(not_theirs); i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "kit-1.0.data/%s", not_theirs[i]);
        refused_as("kit", WHL, "", FILES({name, "", false}), VF_BAD_ARCHIVE, "would replace");
    }
    refused_as("kit", WHL, "", FILES({"a.py", "", false}, {"kit-1.0.data/purelib/a.py", "", false}),
               VF_EXISTS, "both bring");
}

static void entry_points_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"../x = a:b", "x/y = a:b", "x = a:b..c", "x = 1a:b", "x = a.:b"};
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "[console_scripts]\n%s\n", bad[i]);
        refused_as("kit", WHL, "", FILES({"kit-1.0.dist-info/entry_points.txt", text, false}), VF_BAD_ARCHIVE,
                   "");
    }
}

/* Every bit of RECORD and of the members: refused, or nothing that matters was changed. */
static void tampered(void **state)
{
    (void)state;
    struct vf_buf b;
    struct box_env e;
    char *reported;
    box_wheel(&b, "kit", "py3-none-any", "", FILES({"kit.py", "x = 1\n", false}));
    size_t at = vf_slice_find(vf_buf_slice(&b), VF_S("x = 1"), 0);
    assert_int_not_equal(at, VF_NPOS);
    uint32_t crc = vf_zip_crc(0, VF_S("y = 1\n"));
    size_t central = vf_slice_find(vf_buf_slice(&b), VF_S("PK\1\2"), 0);
    b.p[at] = 'y';
    for (unsigned i = 0; i < 4; i++) /* with the right checksum: only RECORD knows */
        b.p[14 + i] = b.p[central + 16 + i] = (char)(crc >> 8 * i);
    box_env_make(&e);
    assert_int_equal(install_bytes(&e, vf_buf_slice(&b), WHL, NULL, &reported), VF_BAD_ARCHIVE);
    assert_non_null(strstr(reported, "'kit.py' is not what the wheel's RECORD says"));
    free(reported);
    box_env_remove(&e);
    vf_buf_release(&b);
}

static void assert_file(const struct box_env *e, const char *path, const char *req, mode_t x)
{
    char *got = fx_read(e->root, path), *full = fx_join(e->root, path);
    struct stat st;
    if (!got || strcmp(got, req) != 0)
        fail_msg("%s: '%s', not '%s'", path, got ? got : "(nothing)", req);
    assert_int_equal(stat(full, &st), 0);
    assert_int_equal(st.st_mode & 0111, x);
    free(got);
    free(full);
}

static void everything_in_its_place(void **state)
{
    (void)state;
    struct vf_buf b;
    struct box_env e;
    char *reported, text[600];
    box_env_make(&e);
    box_wheel(&b, "kit", "py3-none-any", "",
              FILES({"kit.py", "1\n", false}, {"kit-1.0.data/purelib/p.py", "2\n", true},
                    {"kit-1.0.data/headers/k.h", "3\n", false}, {"kit-1.0.data/data/share/k", "4\n", false},
                    {"kit-1.0.data/scripts/s", "#!python\nprint()\n", false},
                    {"kit-1.0.data/scripts/sh", "#!/bin/sh\n", false},
                    {"kit-1.0.data/scripts/kit", "hidden\n", false},
                    {"kit-1.0.dist-info/entry_points.txt", "[console_scripts]\nkit = kit:A.run\n", false}));
    struct vf_install how = {.requested = true, .direct_url = VF_S("{}")};
    assert_int_equal(install_bytes(&e, vf_buf_slice(&b), WHL, &how, &reported), VF_OK);
    assert_file(&e, SITE "kit.py", "1\n", 0);
    assert_file(&e, SITE "p.py", "2\n", 0111);
    assert_file(&e, "include/site/python3.11/kit/k.h", "3\n", 0);
    assert_file(&e, "share/k", "4\n", 0);
    (void)snprintf(text, sizeof text, "#!%s/bin/python\nprint()\n", e.root);
    assert_file(&e, "bin/s", text, 0111);
    assert_file(&e, "bin/sh", "#!/bin/sh\n", 0111);
    (void)snprintf(text, sizeof text,
                   "#!%s/bin/python\nimport sys\n\nfrom kit import A\n\nif __name__ == \"__main__\":\n    "
                   "sys.exit(A.run())\n",
                   e.root);
    assert_file(&e, "bin/kit", text, 0111);
    assert_file(&e, SITE "kit-1.0.dist-info/INSTALLER", "venvfix\n", 0);
    assert_file(&e, SITE "kit-1.0.dist-info/REQUESTED", "", 0);
    assert_file(&e, SITE "kit-1.0.dist-info/direct_url.json", "{}", 0);
    char *record = fx_read(e.root, SITE "kit-1.0.dist-info/RECORD");
    assert_int_equal(strncmp(record, "../../../bin/kit,sha256=", 24), 0);
    assert_non_null(strstr(record, "\r\n../../../include/site/python3.11/kit/k.h,sha256="));
    assert_non_null(strstr(record, "\r\nkit-1.0.dist-info/RECORD,,\r\n"));
    assert_non_null(strstr(
        record, "kit-1.0.dist-info/REQUESTED,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\r\n"));
    free(record);
    free(reported);
    /* a second time: everything stands there already */
    assert_int_equal(install_bytes(&e, vf_buf_slice(&b), WHL, &how, &reported), VF_EXISTS);
    free(reported);
    vf_buf_release(&b);
    box_env_remove(&e);
}

/* pip's and easy_install's versioned scripts follow the target. */
static void versioned_scripts(void **state)
{
    (void)state;
    struct vf_buf b;
    struct box_env e;
    box_env_make(&e);
    box_wheel(&b, "pip", "py3-none-any", "",
              FILES({"pip.py", "", false},
                    {"pip-1.0.dist-info/entry_points.txt",
                     "[console_scripts]\npip = pip:m\npip3 = pip:m\npip3.8 = pip:m\npipx = pip:m\n"
                     "easy_install = pip:m\neasy_install-3.8 = pip:m\n",
                     false}));
    assert_int_equal(install_bytes(&e, vf_buf_slice(&b), "pip-1.0-py3-none-any.whl", NULL, NULL), VF_OK);
    static const char *const there[] = {"bin/pip", "bin/pip3", "bin/pip3.11", "bin/pipx",
                                        "bin/easy_install-3.11"};
    for (size_t i = 0; i < VF_COUNT(there); i++)
        assert_true(fx_there(e.root, there[i]));
    assert_false(fx_there(e.root, "bin/pip3.8"));
    assert_false(fx_there(e.root, "bin/easy_install-3.8"));
    vf_buf_release(&b);
    box_env_remove(&e);
}

static enum vf_status install_two(const struct box_file *one, const struct box_file *two, bool fold,
                                  char **reported)
{
    struct box_env e;
    struct vf_buf b[2];
    struct vf_install in[2] = {0};
    struct vf_err err = {0};
    struct vf_wheel *w[2];
    struct vf_hooks hooks = {.jobs = 2};
    box_env_make(&e);
    e.site.fold_case = fold;
    box_wheel(&b[0], "one", "py3-none-any", "", one);
    box_wheel(&b[1], "two", "py3-none-any", "", two);
    assert_int_equal(box_open(vf_buf_slice(&b[0]), "one-1.0-py3-none-any.whl", &w[0], &err), VF_OK);
    assert_int_equal(box_open(vf_buf_slice(&b[1]), "two-1.0-py3-none-any.whl", &w[1], &err), VF_OK);
    in[0].wheel = w[0];
    in[1].wheel = w[1];
    enum vf_status st = vf_install_wheels(&e.site, in, 2, &hooks, NULL, &err);
    *reported = strdup(err.detail);
    for (int i = 0; i < 2; i++) {
        vf_wheel_free(w[i]);
        vf_buf_release(&b[i]);
    }
    vf_err_release(&err);
    box_env_remove(&e);
    return st;
}

static void two_wheels(void **state)
{
    (void)state;
    const struct box_file *a = FILES({"ns/__init__.py", "1\n", false}, {"ns/a.py", "", false});
    const struct box_file *b = FILES({"ns/__init__.py", "1\n", false}, {"ns/b.py", "", false});
    const struct box_file *c = FILES({"ns/__init__.py", "2\n", false});
    const struct box_file *d = FILES({"ns/A.py", "", false});
    const struct box_file *e = FILES({"one-1.0.data/scripts/go", "#!python\nprint(1)\n", true});
    const struct box_file *f = FILES({"two-1.0.data/scripts/go", "#!python\nprint(1)\n", true});
    const struct box_file *g = FILES({"two-1.0.data/scripts/go", "#!python\nprint(2)\n", true});
    const struct box_file *h = FILES({"two-1.0.data/data/bin/go", "#!python\nprint(1)\n", true});
    char *reported;
    assert_int_equal(install_two(a, b, false, &reported), VF_OK); /* the same bytes: a namespace of old */
    free(reported);
    assert_int_equal(install_two(a, c, false, &reported), VF_EXISTS);
    assert_non_null(strstr(reported, "'one-1.0-py3-none-any.whl' and 'two-1.0-py3-none-any.whl' both"));
    free(reported);
    assert_int_equal(install_two(e, f, false, &reported), VF_OK); /* with the same header */
    free(reported);
    assert_int_equal(install_two(e, g, false, &reported), VF_EXISTS);
    free(reported);
    assert_int_equal(install_two(e, h, false, &reported), VF_EXISTS); /* that one keeps its header */
    free(reported);
    assert_int_equal(install_two(a, d, false, &reported), VF_OK);
    free(reported);
    assert_int_equal(install_two(a, d, true, &reported), VF_EXISTS);
    free(reported);
}

static void tags_of_the_target(void **state)
{
    (void)state;
    struct vf_arena a;
    struct vf_err err = {0};
    struct vf_tags tags;
    struct vf_wheel *w;
    struct vf_buf b;
    struct vf_wheel_target t = {.python = VF_TARGET_CPYTHON,
                                .major = 3,
                                .minor = 11,
                                .os = VF_TARGET_LINUX,
                                .arch = VF_S("x86_64"),
                                .glibc_major = 2,
                                .glibc_minor = 17};
    vf_arena_init(&a);
    assert_int_equal(vf_tags_make(&a, &t, &tags, &err), VF_OK);
    static const struct {
        const char *tag;
        enum vf_status req;
    } rows[] = {{"py3-none-any", VF_OK},
                {"cp38-abi3-manylinux_2_17_x86_64", VF_OK},
                {"cp311-cp311-manylinux_2_28_x86_64", VF_INCOMPATIBLE},
                {"cp310-cp310-manylinux_2_17_x86_64", VF_INCOMPATIBLE},
                {"py2-none-any", VF_INCOMPATIBLE}};
    for (size_t i = 0; i < VF_COUNT(rows); i++) {
        char name[100];
        (void)snprintf(name, sizeof name, "kit-1.0-%s.whl", rows[i].tag);
        box_wheel(&b, "kit", rows[i].tag, "", FILES({"kit.py", "", false}));
        assert_int_equal(box_open(vf_buf_slice(&b), name, &w, &err), VF_OK);
        assert_int_equal(vf_wheel_check_target(w, &tags, VF_S("3.11.2"), &err), rows[i].req);
        vf_err_clear(&err);
        vf_wheel_free(w);
        vf_buf_release(&b);
    }
    vf_arena_release(&a);
}

/* A place with a blank: the header has to find itself. */
static void awkward_place(void **state)
{
    (void)state;
    struct vf_buf b;
    struct box_env e;
    box_env_make(&e);
    e.site.prefix = VF_S("/a b/env");
    box_wheel(&b, "kit", "py3-none-any", "", FILES({"kit-1.0.data/scripts/s", "#!python\nprint()\n", false}));
    assert_int_equal(install_bytes(&e, vf_buf_slice(&b), WHL, NULL, NULL), VF_OK);
    char *text = fx_read(e.root, "bin/s");
    assert_non_null(text);
    assert_int_equal(strncmp(text, "#!/bin/sh\n'''exec' ", 19), 0);
    free(text);
    vf_buf_release(&b);
    box_env_remove(&e);
}

/* --- wheel by wheel --- */

static struct vf_wheel *boxed(struct vf_buf *b, const char *name, const char *file_name, const char *file,
                              const char *data)
{
    struct vf_err err = {0};
    struct vf_wheel *w = NULL;
    box_wheel(b, name, "py3-none-any", "", FILES({file, data, false}));
    assert_int_equal(box_open(vf_buf_slice(b), file_name, &w, &err), VF_OK);
    return w;
}

static void one_by_one(void **state)
{
    (void)state;
    struct vf_err err = {0};
    char *trees[2];
    for (int way = 0; way < 2; way++) {
        struct box_env e;
        struct vf_buf bytes[2];
        struct vf_installer *i = NULL;
        struct vf_hooks hooks = {.jobs = way ? 3 : 1};
        int fds = fx_open_fds();
        box_env_make(&e);
        e.site.prefix = VF_S("/srv/env");
        struct vf_wheel *one = boxed(&bytes[0], "kit", WHL, "kit/a.py", "1");
        struct vf_wheel *two = boxed(&bytes[1], "kat", "kat-1.0-py3-none-any.whl", "kit/b.py", "2");
        struct vf_install in[] = {{.wheel = one, .requested = true}, {.wheel = two}};
        if (way) {
            assert_int_equal(vf_installer_new(&e.site, &hooks, &i, &err), VF_OK);
            assert_int_equal(vf_installer_add(i, &in[0], &err), VF_OK);
            assert_int_equal(vf_installer_add(i, &in[1], &err), VF_OK);
            assert_int_equal(vf_installer_finish(i, &err), VF_OK);
            vf_installer_free(i);
        } else {
            assert_int_equal(vf_install_wheels(&e.site, in, 2, &hooks, NULL, &err), VF_OK);
        }
        char *file = fx_read(e.root, SITE "kit/b.py"),
             *record = fx_read(e.root, SITE "kit-1.0.dist-info/RECORD");
        assert_string_equal(file, "2");
        assert_non_null(strstr(record, "kit-1.0.dist-info/REQUESTED,"));
        trees[way] = record;
        free(file);
        vf_wheel_free(one);
        vf_wheel_free(two);
        vf_buf_release(&bytes[0]);
        vf_buf_release(&bytes[1]);
        box_env_remove(&e);
        assert_int_equal(fx_open_fds(), fds);
    }
    assert_string_equal(trees[0], trees[1]);
    free(trees[0]);
    free(trees[1]);
}

/* What a worker meets in the background is told later; what two wheels both bring is told at once; one that
 * is given up leaves no thread behind. */
static void one_by_one_fails(void **state)
{
    (void)state;
    struct box_env e;
    struct vf_buf bytes[3];
    struct vf_installer *i = NULL;
    struct vf_err err = {0};
    box_env_make(&e);
    struct vf_wheel *one = boxed(&bytes[0], "kit", WHL, "kit.py", "1");
    struct vf_wheel *same = boxed(&bytes[1], "kat", "kat-1.0-py3-none-any.whl", "kit.py", "2");
    struct vf_wheel *there = boxed(&bytes[2], "kot", "kot-1.0-py3-none-any.whl", "there.py", "3");
    struct vf_install in[] = {{.wheel = one}, {.wheel = same}, {.wheel = there}};
    assert_int_equal(vf_installer_new(&e.site, NULL, &i, &err), VF_OK);
    assert_int_equal(vf_installer_add(i, &in[0], &err), VF_OK);
    assert_int_equal(vf_installer_add(i, &in[1], &err), VF_EXISTS);
    vf_err_clear(&err);
    vf_installer_free(i);
    fx_file(e.root, SITE "there.py", "", 0644, 0);
    assert_int_equal(vf_installer_new(&e.site, NULL, &i, &err), VF_OK);
    assert_int_equal(vf_installer_add(i, &in[2], &err), VF_OK);
    assert_int_equal(vf_installer_finish(i, &err), VF_EXISTS);
    vf_installer_free(i);
    vf_err_release(&err);
    for (size_t k = 0; k < VF_COUNT(bytes); k++)
        vf_buf_release(&bytes[k]);
    vf_wheel_free(one);
    vf_wheel_free(same);
    vf_wheel_free(there);
    box_env_remove(&e);
}

/* --- while it comes by --- */

struct coming {
    struct box_env e;
    struct vf_blocks *blocks;
    struct vf_installer *i;
    struct vf_err err;
    size_t announced;
};

/* Bytes of a wheel in blocks that have to be given back before there are new ones; `n` of them. */
static enum vf_status feed(struct coming *c, struct vf_slice bytes)
{
    struct vf_zip_follow f = {0};
    enum vf_status st = VF_OK;
    bool taken = false;
    while (bytes.n > 0 && st == VF_OK) {
        struct vf_block *block = vf_blocks_get(c->blocks);
        assert_non_null(block);
        block->n = bytes.n < 24 ? bytes.n : 24;
        memcpy(block->p, bytes.p, block->n);
        bytes = vf_slice_from(bytes, block->n);
        for (struct vf_slice rest = {block->p, block->n}; rest.n > 0 && st == VF_OK;) {
            size_t n;
            enum vf_zip_passing p = vf_zip_follow_next(&f, rest, &n);
            if (p == VF_PASSING_BEGIN) {
                st = vf_installer_ahead(c->i, &f.ahead, &taken, &c->err);
                c->announced += taken;
            } else if (p == VF_PASSING_DATA && taken) {
                vf_block_hold(block);
                st = vf_installer_data(c->i, vf_slice_sub(rest, 0, n), block, &c->err);
            }
            rest = vf_slice_from(rest, n);
        }
        vf_block_release(block);
    }
    vf_zip_follow_release(&f);
    return st;
}

static void come(struct coming *c)
{
    static const struct vf_hooks hooks = {.jobs = 2};
    *c = (struct coming){0};
    box_env_make(&c->e);
    c->e.site.prefix = VF_S("/srv/env");
    assert_int_equal(vf_blocks_new(24, 3, &c->blocks, &c->err), VF_OK);
    assert_int_equal(vf_installer_new(&c->e.site, &hooks, &c->i, &c->err), VF_OK);
}

static void gone(struct coming *c)
{
    vf_installer_free(c->i);
    vf_blocks_free(c->blocks);
    vf_err_release(&c->err);
    box_env_remove(&c->e);
}

static const struct box_file many_files[] = {
    {"kit/__init__.py", "", false},
    {"kit/large.py", "0123456789012345678901234567890123456789012345678901234567890123456789", false},
    {"kit/run.so", "executable", true},
    {"kit/small.py", "x", false},
    {"kit-1.0.data/scripts/go", "#!python\nprint(1)\n", true},
    {"kit-1.0.data/data/share/text", "text", false},
    {NULL, NULL, false},
};

/* A snapshot without the times of what was just made: ten digits, a dot, the rest. */
static char *tree_of(const struct box_env *e)
{
    char *s = fx_snapshot(e->root, NULL, false);
    for (char *p = s; (p = strchr(p, '.')); p++) {
        size_t before = 0;
        while (p > s && before < 10 && p[-1 - (ptrdiff_t)before] >= '0' && p[-1 - (ptrdiff_t)before] <= '9')
            before++;
        if (before < 10)
            continue;
        size_t n = strspn(p + 1, "0123456789");
        memmove(p - before, p + 1 + n, strlen(p + 1 + n) + 1);
        p -= before;
    }
    return s;
}

/* The same tree as of a wheel that was there from the start. */
static void come_by(void **state)
{
    (void)state;
    struct coming c;
    struct box_env plain;
    struct vf_wheel *w;
    struct vf_buf b;
    struct vf_err err = {0};
    box_wheel(&b, "kit", "py3-none-any", "", many_files);
    come(&c);
    assert_int_equal(feed(&c, vf_buf_slice(&b)), VF_OK);
    assert_int_equal(c.announced, 3);
    assert_int_equal(box_open(vf_buf_slice(&b), WHL, &w, &err), VF_OK);
    struct vf_install in = {.wheel = w};
    assert_int_equal(vf_installer_add(c.i, &in, &c.err), VF_OK);
    assert_int_equal(vf_installer_finish(c.i, &c.err), VF_OK);
    box_env_make(&plain);
    plain.site.prefix = VF_S("/srv/env");
    assert_int_equal(vf_install_wheels(&plain.site, &in, 1, NULL, NULL, &err), VF_OK);
    char *got = tree_of(&c.e), *req = tree_of(&plain);
    assert_string_equal(got, req);
    free(got);
    free(req);
    vf_wheel_free(w);
    box_env_remove(&plain);
    gone(&c);
    vf_buf_release(&b);
}

/* What came by is not what the complete wheel says. */
static void came_otherwise(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *words;
    } cases[] = {{"0123456789", "o123456789", "checksum"},
                 {"kit/large.py", "kit/lArge.py", "not where its local header said"}};
    for (size_t k = 0; k < VF_COUNT(cases); k++) {
        struct coming c;
        struct vf_wheel *w;
        struct vf_buf b, lie = {0};
        struct vf_err err = {0};
        box_wheel(&b, "kit", "py3-none-any", "", many_files);
        vf_buf_put(&lie, vf_buf_slice(&b));
        size_t at = vf_slice_find(vf_buf_slice(&b), vf_slice_of(cases[k].from), 0);
        memcpy(lie.p + at, cases[k].to, strlen(cases[k].to));
        come(&c);
        assert_int_equal(feed(&c, vf_buf_slice(&lie)), VF_OK);
        assert_int_equal(box_open(vf_buf_slice(&b), WHL, &w, &err), VF_OK);
        struct vf_install in = {.wheel = w};
        enum vf_status st = vf_installer_add(c.i, &in, &c.err);
        if (st == VF_OK)
            st = vf_installer_finish(c.i, &c.err);
        if (st != VF_BAD_ARCHIVE || !strstr(c.err.detail, cases[k].words))
            fail_msg("%s: %s", cases[k].words, c.err.detail);
        gone(&c);
        vf_wheel_free(w);
        vf_buf_release(&b);
        vf_buf_release(&lie);
    }
}

/* Only RECORD knows: with sha256, which is made in passing, and with another. */
static void only_record_knows(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct coming c;
        struct vf_wheel *w;
        struct vf_buf b;
        struct vf_err err = {0};
        bool lie = k & 1;
        box_wheel_odd(&b, "kit", many_files, "kit/large.py", k & 2 ? "sha512" : "sha256", lie);
        come(&c);
        assert_int_equal(feed(&c, vf_buf_slice(&b)), VF_OK);
        assert_int_equal(box_open(vf_buf_slice(&b), WHL, &w, &err), VF_OK);
        struct vf_install in = {.wheel = w};
        assert_int_equal(vf_installer_add(c.i, &in, &c.err), VF_OK);
        assert_int_equal(vf_installer_finish(c.i, &c.err), lie ? VF_BAD_ARCHIVE : VF_OK);
        if (lie)
            assert_non_null(strstr(c.err.detail, "is not what the wheel's RECORD says"));
        gone(&c);
        vf_wheel_free(w);
        vf_buf_release(&b);
    }
}

/* A worker fails, or the rest never comes: nobody waits for ever. */
static void come_to_nothing(void **state)
{
    (void)state;
    struct coming c;
    struct vf_buf b;
    box_wheel(&b, "kit", "py3-none-any", "", many_files);
    come(&c);
    fx_mkdir(c.e.root, SITE "kit", 0755);
    fx_file(c.e.root, SITE "kit/large.py", "", 0644, 0);
    enum vf_status st = feed(&c, vf_buf_slice(&b));
    if (st == VF_OK)
        st = vf_installer_finish(c.i, &c.err);
    assert_int_equal(st, VF_EXISTS);
    gone(&c);
    size_t middle = vf_slice_find(vf_buf_slice(&b), VF_S("5678901"), 0);
    come(&c);
    assert_int_equal(feed(&c, vf_slice_sub(vf_buf_slice(&b), 0, middle)), VF_OK);
    gone(&c);
    vf_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused),
        cmocka_unit_test(entry_points_refused),
        cmocka_unit_test(tampered),
        cmocka_unit_test(everything_in_its_place),
        cmocka_unit_test(versioned_scripts),
        cmocka_unit_test(two_wheels),
        cmocka_unit_test(tags_of_the_target),
        cmocka_unit_test(awkward_place),
        cmocka_unit_test(one_by_one),
        cmocka_unit_test(one_by_one_fails),
        cmocka_unit_test(come_by),
        cmocka_unit_test(came_otherwise),
        cmocka_unit_test(only_record_knows),
        cmocka_unit_test(come_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
