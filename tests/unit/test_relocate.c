/* The plan of a change, seen through its dry run: what is edited and what is left, each edit as a diff, the
 * RECORD rows that follow, and nothing touched. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "env_fixture.h"

#define META "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"

static bool diff_has(struct envfix *f, const struct venvfix_change_result *r, const char *part)
{
    char *req = ef_text(f, part, NULL);
    bool has = r->diff.p && strstr(r->diff.p, req);
    if (!has)
        print_message("not there: %s\nin: %s\n", req, r->diff.p ? r->diff.p : "(no diff)");
    free(req);
    return has;
}

static const struct venvfix_edit *edit_of(const struct venvfix_change_result *r, const char *path)
{
    for (size_t i = 0; i < r->n_edits; i++)
        if (!strcmp(r->edits[i].path.p, path))
            return &r->edits[i];
    return NULL;
}

static void as_a_diff(void **state)
{
    struct envfix *f = *state;
    static const char *const lines[] = {META,
                                        "bin/a*|#!{E}/bin/python\nimport sys\n",
                                        "bin/old*|#!{OLD}/bin/python\n",
                                        "{S}/demo.py|x = 1\n",
                                        "{S}/e.pth|{E}/src\n",
                                        "src/|",
                                        "etc/link@|{E}/src",
                                        "etc/doc|see {E}2/bin\n",
                                        "{D}/RECORD|../../../bin/a,{sha:bin/a},\ndemo.py,,\n{D}/RECORD,,\n",
                                        NULL};
    struct venvfix_change_result r;
    ef_lines(f, lines);
    assert_int_equal(ef_change(f, VENVFIX_MOVE, f->env, f->next, true, &r), 0);
    assert_true(diff_has(f, &r, "-#!{E}/bin/python\n+#!{T}/next/env/bin/python\n import sys\n"));
    assert_true(diff_has(f, &r, "-{E}/src\n+{T}/next/env/src\n"));
    assert_true(diff_has(f, &r, "etc/link"));
    assert_true(diff_has(f, &r, "-../../../bin/a,sha256="));
    assert_null(edit_of(&r, "etc/doc")); /* a neighbour with a longer name */
    assert_null(edit_of(&r, "lib/demo.py"));
    assert_non_null(edit_of(&r, "bin/a"));
    assert_string_equal(edit_of(&r, "bin/a")->rule, "VF201"); /* nothing was wrong with it */
    assert_string_equal(edit_of(&r, "bin/old")->rule, "VF203");
    assert_int_equal(r.proof_static, 1);
    assert_int_equal(r.proof_freeze, 1);
    assert_int_equal(r.proof_record, 1);
    assert_int_equal(r.proof_interpreter, -1);
    venvfix_change_free(&r);
    struct venvfix_check_result after; /* nothing was touched */
    assert_int_equal(ef_check(f, &(struct ef_check){.alone = true, .hashes = true}, &after), 1);
    assert_int_equal(ef_count(&after.findings, "VF201", "bin/a"), 1);
    assert_int_equal(ef_count(&after.findings, "VF508", NULL), 0);
    venvfix_check_free(&after);
}

/* A row that was false stays as it is; compiled files of an edited module go. */
static void rows_and_compiled_files(void **state)
{
    struct envfix *f = *state;
    static const char *const lines[] = {
        META,
        "bin/a*|#!{OLD}/bin/python\n",
        "bin/b*|#!{OLD}/bin/python\n",
        "{S}/site_conf.py|root = '{OLD}/etc'\n",
        "{S}/__pycache__/site_conf.cpython-312.pyc|x",
        "{S}/__pycache__/other.cpython-312.pyc|x",
        "etc/|",
        "{D}/RECORD|../../../bin/a,{sha:bin/a},\n../../../bin/b,sha256=AAAA,\n{D}/RECORD,,\n",
        NULL};
    struct venvfix_change_result r;
    ef_lines(f, lines);
    assert_int_equal(ef_change(f, VENVFIX_FIX, f->env, NULL, true, &r), 0);
    assert_true(diff_has(f, &r, "-../../../bin/a,"));
    assert_null(strstr(r.diff.p, "-../../../bin/b,"));
    assert_non_null(strstr(r.diff.p, "__pycache__/site_conf.cpython-312.pyc"));
    assert_null(strstr(r.diff.p, "__pycache__/other"));
    assert_true(diff_has(f, &r, "-root = '{OLD}/etc'\n+root = '{E}/etc'\n"));
    venvfix_change_free(&r);
}

/* What has no writer is listed, all of it, before anything is changed. */
static void without_a_writer(void **state)
{
    struct envfix *f = *state;
    static const char *const lines[] = {"etc/state.bin|{NUL}{OLD}/etc{NUL}",
                                        "etc/more.bin|{NUL}{OLD}/bin/python{NUL}",
                                        "bin/a*|#!{OLD}/bin/python\n", NULL};
    struct venvfix_change_result r;
    ef_lines(f, lines);
    assert_int_equal(ef_change(f, VENVFIX_FIX, f->env, NULL, true, &r), 2);
    assert_string_equal(r.error.code, "unwritable");
    assert_int_equal(r.unwritten.n, 2);
    assert_int_equal(ef_count(&r.unwritten, "VF718", "etc/state.bin"), 1);
    venvfix_change_free(&r);
}

/* A relative link that left the environment goes on leading to what it led to from the old place. */
static void link_that_left(void **state)
{
    struct envfix *f = *state;
    static const char *const lines[] = {"{T}/deep/thing|x", "share/t@|../../thing",
                                        "share/none@|../../nothing", "bin/a*|#!{T}/deep/old/bin/python\n",
                                        NULL};
    struct venvfix_change_result r;
    char target[64] = "", *path = ef_text(f, "{E}/share/t", NULL);
    ef_lines(f, lines);
    assert_true(ef_change(f, VENVFIX_FIX, f->env, NULL, false, &r) < 2);
    assert_non_null(edit_of(&r, "share/t"));
    assert_null(edit_of(&r, "share/none"));
    assert_int_equal(ef_count(&r.warnings, "VF803", "share/none"), 1);
    assert_true(readlink(path, target, sizeof target - 1) > 0);
    assert_string_equal(target, "../../deep/thing");
    free(path);
    venvfix_change_free(&r);
}

static void put_zipapp(struct vf_buf *b, const char *python)
{
    vf_buf_printf(b, "#!%s\n", python);
    vf_buf_put(b, VF_S("PK\3\4member"));
    size_t directory = b->n;
    vf_buf_put(b, VF_S("PK\1\2PK\5\6\0\0\0\0\1\0\1\0\4\0\0\0"));
    vf_buf_putc(b, (char)directory);
    vf_buf_put(b, VF_S("\0\0\0\0\0"));
    assert_true(directory < 128 && !b->failed);
}

static void assert_file(const char *path, struct vf_slice req)
{
    char bytes[1024];
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    size_t n = fread(bytes, 1, sizeof bytes, in);
    (void)fclose(in);
    assert_int_equal(n, req.n);
    assert_memory_equal(bytes, req.p, n);
}

/* A zip archive behind a header: it may grow, and be again what it was; it never shrinks below that. */
static void archive_behind_a_header(void **state)
{
    struct envfix *f = *state;
    struct vf_buf app = {0};
    struct venvfix_change_result r;
    char *python = ef_text(f, "{E}/bin/python", NULL), *path = ef_text(f, "{E}/bin/app", NULL);
    ef_write(f, "bin/app*|");
    put_zipapp(&app, python);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(app.p, app.n, 1, out), 1);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(ef_change(f, VENVFIX_MOVE, f->env, f->next, false, &r), 0); /* a longer path */
    venvfix_change_free(&r);
    assert_int_equal(ef_change(f, VENVFIX_MOVE, f->next, f->env, false, &r), 0);
    venvfix_change_free(&r);
    assert_file(path, vf_buf_slice(&app));
    char *shorter = ef_text(f, "{T}/e", NULL), *there = ef_text(f, "{T}/e/bin/app", NULL);
    assert_int_equal(ef_change(f, VENVFIX_MOVE, f->env, shorter, false, &r), 0);
    venvfix_change_free(&r);
    struct stat st;
    assert_int_equal(stat(there, &st), 0);
    assert_int_equal(st.st_size, app.n);
    assert_int_equal(ef_change(f, VENVFIX_MOVE, shorter, f->env, false, &r), 0);
    venvfix_change_free(&r);
    assert_file(path, vf_buf_slice(&app));
    free(there);
    free(shorter);
    free(path);
    free(python);
    vf_buf_release(&app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(as_a_diff), EF_TEST(rows_and_compiled_files),
                                       EF_TEST(without_a_writer), EF_TEST(link_that_left),
                                       EF_TEST(archive_behind_a_header)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
