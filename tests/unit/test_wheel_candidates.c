/* Which wheel a want gets; what an interpreter says; compiled files of a bundle. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"
#include "fs_fixture.h"
#include "packaging_helper.h"
#include "wheel/candidates.h"
#include "wheel/pycache.h"
#include "wheel/unpacked.h"
#include "wheel_box.h"

static struct vf_arena arena;
static struct vf_err err;
static struct vf_host *host;
static struct vf_candidates candidates;
static struct vf_interpreter_query query;

static const char *const reported[] = {
    "os_name",
    "posix",
    "sys_platform",
    "linux",
    "platform_machine",
    "x86_64",
    "python_version",
    "3.11",
    "python_full_version",
    "3.11.2",
    "implementation_name",
    "cpython",
    "major",
    "3",
    "minor",
    "11",
    "bits",
    "64",
    "platform",
    "linux-x86_64",
    "glibc",
    "2.36",
    "pymalloc",
    "1",
    "executable",
    "/usr/bin/python3",
    "base",
    "/usr/bin/python3",
    "inside",
    "0",
    "purelib",
    "/lib/python3.11/site-packages",
    "platlib",
    "/lib64/python3.11/site-packages",
    "venv",
    "1",
    "magic",
    "a70d0d0a",
    "pip",
    "0",
    "pip_wheel",
    "/w/pip-1-py3-none-any.whl",
};

static void read_probe(void)
{
    struct vf_buf b = {0};
    for (size_t i = 0; i < VF_COUNT(reported); i++) {
        vf_buf_puts(&b, reported[i]);
        vf_buf_putc(&b, '\0');
    }
    struct vf_slice text = vf_arena_dup(&arena, vf_buf_slice(&b));
    vf_buf_release(&b);
    assert_int_equal(vf_interpreter_query_read(text, &arena, &query, &err), VF_OK);
}

static void what_an_interpreter_says(void **state)
{
    (void)state;
    CHECK_SLICE(query.purelib, "lib/python3.11/site-packages");
    CHECK_SLICE(query.platlib, "lib64/python3.11/site-packages");
    CHECK_SLICE(query.headers, "include/site/python3.11");
    CHECK_SLICE(query.tags.v[0].python, "cp311");
    assert_true(query.has_venv && !query.has_pip && !query.inside);
    struct vf_interpreter_query p;
    vf_err_clear(&err);
    assert_int_equal(vf_interpreter_query_read(VF_S("no NUL at the end"), &arena, &p, &err), VF_TOOL_FAILED);
    vf_err_clear(&err);
    assert_int_equal(vf_interpreter_query_read(VF_S("major\0002\0"), &arena, &p, &err), VF_TOOL_FAILED);
    vf_err_clear(&err);
}

/* A wheel in memory under this file name. `contents` tells them apart. */
static size_t add(const char *file_name, const char *contents, const char *headers)
{
    const struct box_file files[] = {{"a.py", contents, false}, {NULL, NULL, false}};
    struct vf_buf b;
    box_wheel(&b, "a", "py3-none-any", headers, files);
    struct vf_slice bytes = vf_arena_dup(&arena, vf_buf_slice(&b));
    vf_buf_release(&b);
    struct vf_candidate_wheel w = {.held = {.fd = -1, .bytes = bytes}, .file_name = vf_slice_of(file_name)};
    size_t at;
    assert_int_equal(vf_candidates_add(&candidates, &w, &at, &err), VF_OK);
    return at;
}

static struct vf_install_req req(const char *specifiers)
{
    struct vf_install_req w = {.name = VF_S("a"), .line = VF_S("a")};
    assert_int_equal(vf_specifiers_parse(&arena, vf_slice_of(specifiers), &w.versions, &err), VF_OK);
    return w;
}

static size_t choose(const struct vf_install_req *w, bool pre, struct vf_buf *why)
{
    struct vf_chooser c = {.candidates = &candidates, .target = &query, .pre = pre};
    size_t at;
    assert_int_equal(vf_candidates_choose(&c, w, &at, why, &err), VF_OK);
    return at;
}

static void begin(void)
{
    vf_candidates_init(&candidates, &arena, host);
    vf_err_clear(&err);
}

static void tags_and_builds(void **state)
{
    (void)state;
    struct vf_install_req w = req("");
    begin();
    (void)add("a-1.0-cp312-cp312-linux_x86_64.whl", "", "");
    size_t plain = add("a-1.0-py3-none-any.whl", "", "");
    assert_int_equal(choose(&w, false, NULL), plain);
    size_t built = add("a-1.0-2-py3-none-any.whl", "", "");
    assert_int_equal(choose(&w, false, NULL), built);
    size_t native = add("a-1.0-cp311-cp311-linux_x86_64.whl", "", "");
    assert_int_equal(choose(&w, false, NULL), native);
    (void)add("a-1.0-cp311-cp311-linux_x86_64.whl", "", ""); /* of equals the first */
    assert_int_equal(choose(&w, false, NULL), native);
}

static void versions(void **state)
{
    (void)state;
    struct vf_install_req any = req(""), exact = req("==1.0"), other = req("==3");
    struct vf_buf why = {0};
    begin();
    size_t one = add("a-1.0-py3-none-any.whl", "", "");
    size_t rc = add("a-2.0rc1-py3-none-any.whl", "", "");
    assert_int_equal(choose(&any, false, NULL), one);
    assert_int_equal(choose(&exact, true, NULL), one);
    assert_int_equal(choose(&other, false, &why), VF_NPOS);
    assert_true(vf_slice_find(vf_buf_slice(&why), VF_S("a-1.0-py3-none-any.whl is another version"), 0) !=
                VF_NPOS);
    (void)rc; /* chosen, but METADATA says another version: no wheel at all, so the next one is taken */
    assert_int_equal(choose(&any, true, NULL), one);
    vf_buf_release(&why);
}

static void requires_python(void **state)
{
    (void)state;
    struct vf_install_req w = req("");
    struct vf_buf why = {0};
    begin();
    (void)add("a-1.0-py3-none-any.whl", "", "Requires-Python: >=3.12\n");
    assert_int_equal(choose(&w, false, &why), VF_NPOS);
    assert_true(vf_slice_find(vf_buf_slice(&why), VF_S("it requires Python >=3.12"), 0) != VF_NPOS);
    vf_buf_release(&why);
    size_t good = add("a-1.0-0-py3-none-any.whl", "", "");
    assert_int_equal(choose(&w, false, NULL), good);
}

static struct vf_direct_hash hash_of(size_t index)
{
    struct vf_buf b = {0};
    assert_int_equal(vf_candidates_sha256(&candidates, index, &err), VF_OK);
    vf_hex_put(
        &b, (struct vf_slice){
                (const char *)VF_VEC_AT(struct vf_candidate_wheel, &candidates.wheels, index)->sha256, 32});
    struct vf_direct_hash h = {VF_S("sha256"), vf_arena_dup(&arena, vf_buf_slice(&b))};
    vf_buf_release(&b);
    return h;
}

static void hashes(void **state)
{
    (void)state;
    struct vf_install_req w = req("");
    begin();
    size_t one = add("a-1.0-py3-none-any.whl", "1", ""), two = add("a-1.0-9-py3-none-any.whl", "2", "");
    struct vf_direct_hash h = hash_of(one), weak = {VF_S("md5"), VF_S("00")};
    assert_int_equal(choose(&w, false, NULL), two);
    w.hashed = true;
    w.hashes = &h;
    w.n_hashes = 1;
    assert_int_equal(choose(&w, false, NULL), one);
    w.hashes = &weak;
    assert_int_equal(choose(&w, false, NULL), VF_NPOS);
    w.n_hashes = 0;
    assert_int_equal(choose(&w, false, NULL), VF_NPOS);
    VF_VEC_AT(struct vf_candidate_wheel, &candidates.wheels, two)->proven = true;
    assert_int_equal(choose(&w, false, NULL), two);
    VF_VEC_AT(struct vf_candidate_wheel, &candidates.wheels, two)->proven = false;
    VF_VEC_AT(struct vf_candidate_wheel, &candidates.wheels, one)->unhashed = true;
    w.hashes = &h;
    w.n_hashes = 1;
    assert_int_equal(choose(&w, false, NULL), VF_NPOS);
    struct vf_chooser c = {.candidates = &candidates, .target = &query, .require_hashes = true};
    struct vf_install_req bare = req("");
    size_t at;
    assert_int_equal(vf_candidates_choose(&c, &bare, &at, NULL, &err), VF_BAD_LIST);
    vf_err_clear(&err);
}

static void directories(void **state)
{
    (void)state;
    char *dir = fx_dir();
    begin();
    fx_file(dir, "a-1.0-py3-none-any.whl", "no zip", 0644, 0);
    fx_file(dir, "nonsense.whl", "", 0644, 0);
    fx_file(dir, "a-1.0.tar.gz", "", 0644, 0);
    fx_file(dir, "a-1.5.zip", "", 0644, 0);
    fx_file(dir, "notes.txt", "", 0644, 0);
    assert_int_equal(vf_candidates_add_dir(&candidates, vf_slice_of(dir), VF_ORIGIN_LINKS, &err), VF_OK);
    assert_int_equal(candidates.wheels.n, 1);
    assert_int_equal(candidates.sources.n, 2);
    struct vf_install_req any = req(""), low = req("<1.5");
    assert_int_equal(choose(&any, false, NULL), VF_NPOS); /* a file that is no wheel is none */
    CHECK_SLICE(vf_candidates_source_for(&candidates, &any, &arena)->version, "1.5");
    CHECK_SLICE(vf_candidates_source_for(&candidates, &low, &arena)->version, "1.0");
    assert_int_equal(vf_candidates_add_dir(&candidates, VF_S("/no/such/directory"), VF_ORIGIN_LINKS, &err),
                     VF_NOT_FOUND);
    vf_err_clear(&err);
    fx_remove(dir);
    free(dir);
}

static void write_bytes(const char *path, const struct vf_buf *b)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(b->p, 1, b->n, f), b->n);
    assert_int_equal(fclose(f), 0);
}

/* What was hashed is what is opened: not another file under its name, nor other bytes in it. */
static void files_that_change(void **state)
{
    (void)state;
    static const struct box_file files[] = {{"a.py", "", false}, {NULL, NULL, false}};
    struct vf_buf wheel = {0};
    struct vf_open_wheel w;
    char *dir = fx_dir(), *path = fx_join(dir, "a-1.0-py3-none-any.whl"), *other = fx_join(dir, "other");
    box_wheel(&wheel, "a", "py3-none-any", "", files);
    for (int round = 0; round < 3; round++) {
        begin();
        write_bytes(path, &wheel);
        assert_int_equal(vf_candidates_add_dir(&candidates, vf_slice_of(dir), VF_ORIGIN_LINKS, &err), VF_OK);
        assert_int_equal(vf_candidates_sha256(&candidates, 0, &err), VF_OK);
        (void)usleep(20000); /* the clock of files ticks */
        if (round > 0)
            write_bytes(round == 1 ? other : path, &wheel);
        if (round == 1)
            assert_int_equal(rename(other, path), 0);
        assert_int_equal(vf_candidates_open(&candidates, 0, &w, &err), round ? VF_CHANGED : VF_OK);
        vf_open_wheel_close(&w);
    }
    vf_err_clear(&err);
    free(path);
    free(other);
    vf_buf_release(&wheel);
    fx_remove(dir);
    free(dir);
}

/* --- compiled files --- */

static enum vf_status collect(void *ctx, struct vf_slice bytes, struct vf_err *e)
{
    (void)e;
    vf_buf_put(ctx, bytes);
    return VF_OK;
}

static void put_zip(struct vf_buf *out, const char *name, struct vf_slice data)
{
    struct vf_zip_writer *w = NULL;
    struct vf_zip_entry e = {vf_slice_of(name), data.n, vf_zip_crc(0, data), false};
    assert_int_equal(vf_zip_writer_new(collect, out, 0, &w, &err), VF_OK);
    assert_int_equal(vf_zip_writer_member(w, &e, &err), VF_OK);
    assert_int_equal(vf_zip_writer_data(w, data, &err), VF_OK);
    assert_int_equal(vf_zip_writer_finish(w, &err), VF_OK);
    vf_zip_writer_free(w);
}

static enum vf_status install_pyc(struct box_env *e, const char *name, struct vf_slice data, uint64_t *n)
{
    struct vf_buf b = {0};
    put_zip(&b, name, data);
    struct vf_zip_source s = {.fd = -1, .bytes = vf_buf_slice(&b), .label = VF_S("pycache.zip")};
    vf_err_clear(&err);
    enum vf_status st = vf_pycache_install(&e->site, &s, VF_S("\247\r\r\n"), NULL, n, &err);
    vf_buf_release(&b);
    return st;
}

static void compiled(void **state)
{
    (void)state;
    static const struct vf_slice timed = VF_S_INIT("\247\r\r\n\0\0\0\0....----code"),
                                 hashed = VF_S_INIT("\247\r\r\n\1\0\0\0hashhashcode"),
                                 foreign = VF_S_INIT("\313\r\r\n\0\0\0\0........code");
    struct box_env e;
    uint64_t n;
    box_env_make(&e);
    fx_file(e.root, "lib/python3.11/site-packages/m.py", "12345", 0644, 0x01020304);
    fx_file(e.root, "lib/python3.11/site-packages/k.py", "", 0644, 0);
    assert_int_equal(install_pyc(&e, "m.pyc", timed, &n), VF_OK); /* no place for a compiled file */
    assert_int_equal(n, 0);
    assert_int_equal(install_pyc(&e, "__pycache__/gone.cpython-311.pyc", timed, &n), VF_OK);
    assert_int_equal(n, 0);
    assert_int_equal(install_pyc(&e, "__pycache__/m.cpython-311.pyc", foreign, &n), VF_BAD_ARCHIVE);
    assert_int_equal(install_pyc(&e, "__pycache__/m.cpython-311.pyc", timed, &n), VF_OK);
    assert_int_equal(n, 1);
    char *got = fx_read(e.root, "lib/python3.11/site-packages/__pycache__/m.cpython-311.pyc");
    assert_memory_equal(got, "\247\r\r\n\0\0\0\0\4\3\2\1\5\0\0\0code", 20);
    free(got);
    assert_int_equal(install_pyc(&e, "__pycache__/k.cpython-311.pyc", hashed, &n), VF_OK);
    got = fx_read(e.root, "lib/python3.11/site-packages/__pycache__/k.cpython-311.pyc");
    assert_memory_equal(got, hashed.p, hashed.n); /* by hash: nothing to be changed */
    free(got);
    box_env_remove(&e);
}

/* --- caches --- */

static void unpacked(void **state)
{
    (void)state;
    char *dir = fx_dir();
    begin();
    fx_mkdir(dir, "archive-v0", 0755);
    fx_mkdir(dir, "archive-v0/id", 0755);
    fx_mkdir(dir, "archive-v0/id/a-1.0.dist-info", 0755);
    fx_file(dir, "archive-v0/id/a.py", "1\n", 0755, 0);
    fx_file(dir, "archive-v0/id/a-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: a\nVersion: 1.0\n",
            0644, 0);
    fx_file(dir, "archive-v0/id/a-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n", 0644, 0);
    const char *record = "a.py,sha256=T1CRyBWcm3OzWcGzUhDWkNxzOySQ0xT0xY7w_0Fk3oI,2\n"
                         "a-1.0.dist-info/METADATA,,\na-1.0.dist-info/WHEEL,,\na-1.0.dist-info/RECORD,,\n";
    fx_file(dir, "archive-v0/id/a-1.0.dist-info/RECORD", record, 0644, 0);
    fx_mkdir(dir, "out", 0755);
    char *out = fx_join(dir, "out");
    struct vf_map names;
    vf_map_init(&names, &arena);
    assert_true(vf_map_put(&names, VF_S("other"), 0));
    assert_int_equal(
        vf_unpacked_add_uv(&candidates, vf_slice_of(dir), &names, vf_slice_of(out), VF_ORIGIN_CACHE, &err),
        VF_OK);
    assert_int_equal(candidates.wheels.n, 0);
    assert_true(vf_map_put(&names, VF_S("a"), 0));
    assert_int_equal(
        vf_unpacked_add_uv(&candidates, vf_slice_of(dir), &names, vf_slice_of(out), VF_ORIGIN_CACHE, &err),
        VF_OK);
    assert_int_equal(candidates.wheels.n, 1);
    const struct vf_candidate_wheel *w = VF_VEC_AT(struct vf_candidate_wheel, &candidates.wheels, 0);
    CHECK_SLICE(w->file_name, "a-1.0-py3-none-any.whl");
    assert_true(w->unhashed && fx_there(out, "unpacked-id/a-1.0-py3-none-any.whl"));
    assert_int_equal(
        vf_unpacked_add_uv(&candidates, VF_S("/no/cache"), NULL, vf_slice_of(out), VF_ORIGIN_CACHE, &err),
        VF_OK);
    fx_remove(dir);
    free(out);
    free(dir);
}

static int setup(void **state)
{
    (void)state;
    vf_arena_init(&arena);
    vf_err_init(&err);
    assert_int_equal(vf_host_open(VF_S("/"), &host, &err), VF_OK);
    read_probe();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vf_host_free(host);
    vf_arena_release(&arena);
    vf_err_release(&err);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_interpreter_says),
        cmocka_unit_test(tags_and_builds),
        cmocka_unit_test(versions),
        cmocka_unit_test(requires_python),
        cmocka_unit_test(hashes),
        cmocka_unit_test(directories),
        cmocka_unit_test(files_that_change),
        cmocka_unit_test(compiled),
        cmocka_unit_test(unpacked),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
