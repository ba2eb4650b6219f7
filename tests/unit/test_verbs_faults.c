/* Every allocation of a whole check, of a freeze, of a pack and of the check of a bundle, and of a whole dry
 * run of move, fails once: the answer is then the error `internal`, or, where the work can be done without
 * that memory, exactly the answer that it always is. Nothing is lost, nothing is written.
 *
 * The modules that call the allocator are compiled once more into this test with an allocator that fails; the
 * linker then takes none of them from the library. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "env_fixture.h"
#include "report/report.h"

static unsigned long calls, fail_at; /* fail_at 0: never */

static bool fails(void)
{
    return ++calls == fail_at;
}

static void *faulty_malloc(size_t n)
{
    return fails() ? NULL : malloc(n);
}

static void *faulty_calloc(size_t n, size_t size)
{
    return fails() ? NULL : calloc(n, size);
}

static void *faulty_realloc(void *p, size_t n)
{
    return fails() ? NULL : realloc(p, n);
}

#define malloc  faulty_malloc
#define calloc  faulty_calloc
#define realloc faulty_realloc
#include "base/arena.c"
#include "base/digest.c"
#include "base/err.c"
#include "base/hooks.c"
#include "base/search.c"
#include "base/str.c"
#include "fs/host.c"
#include "fs/tree_dir.c"
#include "verbs/result.c"
/* names that two of them have for themselves */
#define scan            scan_of_files
#define compare_entries compare_planned
#include "env/scan.c"
#include "fs/tree_planned.c"
#undef malloc
#undef calloc
#undef realloc

/* Steps between the calls that fail: every one; with a sanitizer, which makes each of them dear, every ninth.
 */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 9
#else
#define STRIDE 1
#endif

/* An environment in which every syntax and most judges have something to do. */
static const char *const lines[] = {
    "bin/activate|VIRTUAL_ENV=\"{E}\"\nexport VIRTUAL_ENV\ndeactivate () {\n:\n}\nVIRTUAL_ENV_PROMPT=\"(env) "
    "\"\n",
    "bin/pip*|#!{E}/bin/python\nprint(1)\n",
    "bin/tool*|#!/bin/sh\n'''exec' '{OLD}/bin/python' \"$0\" \"$@\"\n' '''\nprint(1)\n",
    "{S}/a.pth|{E}/src\nimport sys; sys.path.append('{E}/src')\n",
    "src/|",
    "share/jupyter/kernels/k/kernel.json|{\"argv\": [\"{LIVE}/bin/python\"], \"display_name\": \"k\"}",
    "share/a@|{E}/share/jupyter",
    "etc/conf|root={E}/etc\nold={OLD}\n",
    "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
    "{D}/direct_url.json|{\"url\": \"file://{E}/src\", \"dir_info\": {\"editable\": true}}",
    "{S}/demo.py|root = '{E}/etc'\n",
    "{D}/RECORD|demo.py,{sha:{S}/demo.py},\n../../../bin/tool,,\ndemo-1.0.dist-info/RECORD,,\n",
};

struct answer {
    char *text; /* JSON; NULL: the run failed */
};

static struct answer check_once(struct envfix *f)
{
    struct venvfix_check_result r;
    struct answer a = {NULL};
    (void)ef_check(f, &(struct ef_check){.hashes = true}, &r);
    fail_at = 0;
    if (r.error.code) {
        assert_string_equal(r.error.code, "internal");
        assert_int_equal(r.exit, 2);
    } else {
        struct vf_buf b = {0};
        vf_json_check(&b, &(struct vf_checks){.several = false}, &(struct vf_checked){.result = &r});
        assert_false(b.failed);
        vf_buf_putc(&b, '\0');
        a.text = b.p;
    }
    venvfix_check_free(&r);
    return a;
}

static struct answer move_once(struct envfix *f)
{
    struct venvfix_change_result r;
    struct answer a = {NULL};
    (void)ef_change(f, VENVFIX_MOVE, f->env, f->next, true, &r);
    fail_at = 0;
    if (r.error.code) {
        assert_string_equal(r.error.code, "internal");
        assert_int_equal(r.exit, 2);
    } else {
        struct vf_buf b = {0};
        r.plan_s = r.prove_s = 0;
        vf_json_change(&b, &(struct vf_report){.change = &r}, &(struct vf_report_style){0});
        assert_false(b.failed);
        vf_buf_putc(&b, '\n');
        vf_buf_put(&b, (struct vf_slice){r.diff.p, r.diff.n});
        vf_buf_putc(&b, '\0');
        a.text = b.p;
    }
    venvfix_change_free(&r);
    return a;
}

static struct answer freeze_once(struct envfix *f)
{
    const char *links[] = {f->out};
    struct venvfix_freeze_options o = {.path = f->env, .all = true, .find_links = links, .n_find_links = 1};
    struct venvfix_freeze_result r;
    struct answer a = {NULL};
    (void)venvfix_freeze(&o, &r);
    fail_at = 0;
    if (r.error.code) {
        assert_string_equal(r.error.code, "internal");
        assert_int_equal(r.exit, 2);
    } else {
        struct vf_buf b = {0};
        vf_json_freeze(&b, &(struct vf_report){.freeze = &r}, &(struct vf_report_style){0});
        assert_false(b.failed);
        vf_buf_put(&b, (struct vf_slice){r.text.p, r.text.n});
        vf_buf_putc(&b, '\0');
        a.text = b.p;
    }
    venvfix_freeze_free(&r);
    return a;
}

/* An environment that can be packed, with files that nobody owns. */
static const char *const packable[] = {
    "bin/tool*|#!{E}/bin/python\nprint(1)\n",
    "etc/conf|root={E}/etc\n",
    "share/a@|conf",
    "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: >=3.8\n",
    "{D}/WHEEL|Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "{D}/direct_url.json|{\"url\": \"https://h/x.whl\", \"archive_info\": {}}",
    "{S}/demo.py|x = 1\n",
    "{D}/RECORD|demo.py,{sha:{S}/demo.py},\ndemo-1.0.dist-info/METADATA,{sha:{D}/METADATA},\n"
    "demo-1.0.dist-info/WHEEL,{sha:{D}/WHEEL},\ndemo-1.0.dist-info/RECORD,,\n",
    NULL,
};

static char *room; /* a directory for bundles */

static struct answer pack_once(struct envfix *f)
{
    struct venvfix_change_result r;
    struct answer a = {NULL};
    char *file = fx_join(room, "b.tar");
    static const char *const no_pip[] = {"pip"}; /* of this host: too large for this */
    struct venvfix_pack_options o = {
        .path = f->env, .output = file, .exclude = no_pip, .n_exclude = 1, .hooks = {.jobs = 1}};
    (void)venvfix_pack(&o, &r);
    fail_at = 0;
    if (r.error.code) {
        assert_string_equal(r.error.code, "internal");
        assert_int_equal(r.exit, 2);
        assert_false(fx_there(room, "b.tar"));
    } else {
        struct vf_buf b = {0};
        r.plan_s = r.stage_s = 0;
        vf_json_change(&b, &(struct vf_report){.change = &r}, &(struct vf_report_style){0});
        assert_false(b.failed);
        vf_buf_putc(&b, '\0');
        a.text = b.p;
        assert_int_equal(unlink(file), 0);
    }
    free(file);
    venvfix_change_free(&r);
    return a;
}

static struct answer check_bundle_once(struct envfix *f)
{
    struct venvfix_check_result r;
    struct answer a = {NULL};
    char *file = fx_join(room, "kept.tar.zst");
    (void)f;
    struct venvfix_check_options o = {.path = file, .hooks = {.jobs = 1}};
    (void)venvfix_check(&o, &r);
    fail_at = 0;
    if (r.error.code) {
        assert_string_equal(r.error.code, "internal");
        assert_int_equal(r.exit, 2);
    } else {
        struct vf_buf b = {0};
        vf_json_check(&b, &(struct vf_checks){.several = false}, &(struct vf_checked){.result = &r});
        assert_false(b.failed);
        vf_buf_putc(&b, '\0');
        a.text = b.p;
    }
    free(file);
    venvfix_check_free(&r);
    return a;
}

static void each_allocation(struct envfix *f, struct answer (*once)(struct envfix *))
{
    if (once != pack_once && once != check_bundle_once)
        ef_lines(f, lines);
    char *before = fx_snapshot(f->box->path, NULL, true);
    struct answer whole = once(f);
    assert_non_null(whole.text);
    calls = 0;
    struct answer again = once(f);
    unsigned long n = calls, failed = 0, differ = 0;
    assert_string_equal(again.text, whole.text);
    assert_true(n > 50);
    free(again.text);
    for (unsigned long i = 1; i <= n; i += STRIDE) {
        calls = 0;
        fail_at = i;
        struct answer a = once(f);
        failed += !a.text;
        if (a.text && strcmp(a.text, whole.text) != 0) {
            if (!differ++)
                (void)fprintf(stderr, "allocation %lu of %lu failed, and the answer was another one:\n%s\n",
                              i, n, a.text);
            (void)fprintf(stderr, "differs at %lu\n", i);
        }
        free(a.text);
    }
    assert_int_equal(differ, 0);
    assert_true(failed > n / STRIDE / 2);
    char *after = fx_snapshot(f->box->path, NULL, true);
    assert_string_equal(after, before);
    free(before);
    free(after);
    free(whole.text);
}

static void check_without_memory(void **state)
{
    each_allocation(*state, check_once);
}

static void freeze_without_memory(void **state)
{
    static const char *const more[] = {
        "src/.git/HEAD|ref: refs/heads/main\n",
        "src/.git/packed-refs|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa refs/heads/main\n",
        "src/.git/config|[remote \"origin\"]\nurl = git@h:r.git\n",
        "src/pyproject.toml|x\n",
        "{S}/easy-install.pth|./sub\n./x.egg\n",
        "{S}/sub/inner-1.0.dist-info/METADATA|Name: Inner\nVersion: 1.0\n",
        "{S}/other.egg-info|Name: other\nVersion: 2\n",
        "{S}/linked.egg-link|{E}/src\n",
        "src/linked.egg-info/PKG-INFO|Name: linked\nVersion: 3\n",
        "{S}/x.egg|PK\n",
        NULL,
    };
    ef_lines(*state, more);
    each_allocation(*state, freeze_once);
}

static void move_without_memory(void **state)
{
    each_allocation(*state, move_once);
}

static void pack_without_memory(void **state)
{
    ef_lines(*state, packable);
    room = fx_dir();
    each_allocation(*state, pack_once);
    fx_remove(room);
    free(room);
}

static void check_of_a_bundle_without_memory(void **state)
{
    struct envfix *f = *state;
    struct venvfix_change_result r;
    static const char *const no_pip[] = {"pip"};
    ef_lines(f, packable);
    room = fx_dir();
    char *file = fx_join(room, "kept.tar.zst");
    struct venvfix_pack_options o = {.path = f->env, .output = file, .exclude = no_pip, .n_exclude = 1};
    assert_int_equal(venvfix_pack(&o, &r), 0);
    venvfix_change_free(&r);
    each_allocation(f, check_bundle_once);
    fx_remove(room);
    free(room);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(check_without_memory), EF_TEST(freeze_without_memory),
                                       EF_TEST(move_without_memory), EF_TEST(pack_without_memory),
                                       EF_TEST(check_of_a_bundle_without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
