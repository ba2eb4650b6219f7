/* Every call that reads the disk fails once, with each error that a disk, a descriptor table or a permission
 * can give, in freeze, pack, check and a dry run of move. A file that could not be read is never taken for
 * one that is not there: the answer is the one that it always is, or an error that names a whole path, or a
 * report that says what was not examined.
 *
 * The calls are defined here, so that the whole program uses these; they pass on to the next library's. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "env_fixture.h"
#include "report/report.h"

static bool armed;
static unsigned long calls, fail_at; /* fail_at 0: never */
static int fail_with;
static char failed_at[256]; /* which call it was */

static bool fails(const char *call, const char *what)
{
    if (!armed || __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) != fail_at)
        return false;
    (void)snprintf(failed_at, sizeof failed_at, "%s(%s)", call, what);
    errno = fail_with;
    return true;
}

#define NEXT(type, name, ...)                                                                                \
    static type (*next)(__VA_ARGS__);                                                                        \
    if (!next)                                                                                               \
    *(void **)&next = dlsym(RTLD_NEXT, name)

static mode_t mode_of(int flags, va_list *ap)
{
    return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(*ap, int) : 0;
}

int open(const char *path, int flags, ...)
{
    NEXT(int, "open", const char *, int, ...);
    va_list ap;
    va_start(ap, flags);
    mode_t mode = mode_of(flags, &ap);
    va_end(ap);
    return fails("open", path) ? -1 : next(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
    NEXT(int, "openat", int, const char *, int, ...);
    va_list ap;
    va_start(ap, flags);
    mode_t mode = mode_of(flags, &ap);
    va_end(ap);
    return fails("openat", path) ? -1 : next(dir, path, flags, mode);
}

ssize_t read(int fd, void *buf, size_t n)
{
    NEXT(ssize_t, "read", int, void *, size_t);
    return fails("read", "") ? -1 : next(fd, buf, n);
}

ssize_t pread(int fd, void *buf, size_t n, off_t off)
{
    NEXT(ssize_t, "pread", int, void *, size_t, off_t);
    return fails("pread", "") ? -1 : next(fd, buf, n, off);
}

int fstatat(int dir, const char *restrict path, struct stat *restrict st, int flags)
{
    NEXT(int, "fstatat", int, const char *, struct stat *, int);
    return fails("fstatat", path) ? -1 : next(dir, path, st, flags);
}

int fstat(int fd, struct stat *st)
{
    NEXT(int, "fstat", int, struct stat *);
    return fails("fstat", "") ? -1 : next(fd, st);
}

int stat(const char *restrict path, struct stat *restrict st)
{
    NEXT(int, "stat", const char *, struct stat *);
    return fails("stat", path) ? -1 : next(path, st);
}

ssize_t readlinkat(int dir, const char *restrict path, char *restrict buf, size_t n)
{
    NEXT(ssize_t, "readlinkat", int, const char *, char *, size_t);
    return fails("readlinkat", path) ? -1 : next(dir, path, buf, n);
}

/* openat2 and getdents64; the others have no errors that a disk gives */
long syscall(long number, ...)
{
    NEXT(long, "syscall", long, ...);
    va_list ap;
    long a[6];
    va_start(ap, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(ap, long);
    va_end(ap);
    if ((number == SYS_openat2 && fails("openat2", (const char *)a[1])) ||
        (number == SYS_getdents64 && fails("getdents64", "")))
        return -1;
    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Steps between the calls that fail; with a sanitizer, which makes each run dear, every seventh. */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 7
#else
#define STRIDE 1
#endif

static const char *const lines[] = {
    "bin/pip*|#!{E}/bin/python\nprint(1)\n",
    "{S}/a.pth|./sub\n{E}/src\n",
    "{S}/sub/inner-1.0.dist-info/METADATA|Name: Inner\nVersion: 1.0\n",
    "{S}/linked.egg-link|{E}/src\n",
    "src/linked.egg-info/PKG-INFO|Name: linked\nVersion: 3\n",
    "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
    "{D}/direct_url.json|{\"url\": \"https://h/demo-1.0.zip\", \"archive_info\": {}}",
    "{D}/WHEEL|Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "{D}/RECORD|demo.py,,\n../../../bin/tool,,\ndemo-1.0.dist-info/RECORD,,\n",
    "{S}/demo.py|x = 1\n",
    "bin/tool*|#!{E}/bin/python\nprint(1)\n",
    NULL,
};
static const char *const packable[] = {
    "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: >=3.8\n",
    "{D}/WHEEL|Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "{D}/direct_url.json|{\"url\": \"https://h/x.whl\", \"archive_info\": {}}",
    "{S}/demo.py|x = 1\n",
    "{D}/RECORD|demo.py,{sha:{S}/demo.py},\ndemo-1.0.dist-info/METADATA,{sha:{D}/METADATA},\n"
    "demo-1.0.dist-info/WHEEL,{sha:{D}/WHEEL},\ndemo-1.0.dist-info/RECORD,,\n",
    "etc/conf|x\n",
    NULL,
};
static const char *const checkout[] = {
    "src/.git/HEAD|ref: refs/heads/main\n",
    "src/.git/packed-refs|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa refs/heads/main\n",
    "src/.git/config|[remote \"origin\"]\nurl = https://h/r.git\n",
    "src/pyproject.toml|x\n",
    NULL,
};

/* What a run gave: `text` NULL: an error. */
struct answer {
    char *text;
    size_t unexamined;
};

static void arm(bool on)
{
    calls = 0;
    armed = on;
}

static struct answer done(struct vf_buf *b, const struct venvfix_error *error, int exit_code)
{
    struct answer a = {NULL, 0};
    if (error->code) {
        assert_int_equal(exit_code, 2);
        assert_true(error->path.n > 0);
        if (error->path.p[0] != '/')
            (void)fprintf(stderr, "%s: a path that is not whole: %.*s\n", failed_at, (int)error->path.n,
                          error->path.p);
        assert_true(error->path.p[0] == '/');
        vf_buf_release(b);
        return a;
    }
    vf_buf_putc(b, '\0');
    a.text = b->p;
    return a;
}

static struct answer freeze_once(struct envfix *f)
{
    struct venvfix_freeze_options o = {.path = f->env, .all = true, .hooks = {.jobs = 1}};
    struct venvfix_freeze_result r;
    struct vf_buf b = {0};
    arm(true);
    int code = venvfix_freeze(&o, &r);
    armed = false;
    if (!r.error.code)
        vf_buf_put(&b, (struct vf_slice){r.text.p, r.text.n});
    struct answer a = done(&b, &r.error, code);
    venvfix_freeze_free(&r);
    return a;
}

static struct answer check_once(struct envfix *f)
{
    struct venvfix_check_result r;
    struct vf_buf b = {0};
    arm(true);
    int code = ef_check(f, &(struct ef_check){.jobs = 1}, &r);
    armed = false;
    if (!r.error.code)
        vf_json_check(&b, &(struct vf_checks){.several = false}, &(struct vf_checked){.result = &r});
    assert_false(b.failed);
    struct answer a = done(&b, &r.error, code);
    a.unexamined = r.error.code ? 0 : r.unexamined;
    venvfix_check_free(&r);
    return a;
}

static struct answer move_once(struct envfix *f)
{
    struct venvfix_change_result r;
    struct vf_buf b = {0};
    arm(true);
    int code = ef_change(f, VENVFIX_MOVE, f->env, f->next, true, &r);
    armed = false;
    if (!r.error.code) {
        r.plan_s = r.prove_s = 0;
        vf_json_change(&b, &(struct vf_report){.change = &r}, &(struct vf_report_style){0});
        assert_false(b.failed);
        vf_buf_put(&b, (struct vf_slice){r.diff.p, r.diff.n});
    }
    struct answer a = done(&b, &r.error, code);
    venvfix_change_free(&r);
    return a;
}

static struct answer pack_once(struct envfix *f)
{
    static const char *const no_pip[] = {"pip"};
    struct venvfix_change_result r;
    struct vf_buf b = {0};
    char *file = fx_join(f->out, "b.tar");
    struct venvfix_pack_options o = {
        .path = f->env, .output = file, .exclude = no_pip, .n_exclude = 1, .hooks = {.jobs = 1}};
    arm(true);
    int code = venvfix_pack(&o, &r);
    armed = false;
    if (!r.error.code) {
        r.plan_s = r.stage_s = r.commit_s = 0;
        vf_json_change(&b, &(struct vf_report){.change = &r}, &(struct vf_report_style){0});
        assert_false(b.failed);
        assert_int_equal(unlink(file), 0);
    }
    struct answer a = done(&b, &r.error, code);
    venvfix_change_free(&r);
    free(file);
    return a;
}

static void each_call(struct envfix *f, struct answer (*once)(struct envfix *), int error)
{
    fail_at = 0;
    struct answer whole = once(f);
    unsigned long n = calls, differ = 0, failed = 0;
    assert_non_null(whole.text);
    assert_true(n > 20);
    fail_with = error;
    for (unsigned long i = 1; i <= n; i += STRIDE) {
        fail_at = i;
        struct answer a = once(f);
        failed += !a.text;
        if (a.text && strcmp(a.text, whole.text) != 0 && a.unexamined == whole.unexamined) {
            (void)fprintf(stderr, "call %lu of %lu, %s: %s: another answer:\n%s\n", i, n, failed_at,
                          strerror(error), differ++ ? "" : a.text);
        }
        free(a.text);
    }
    fail_at = 0;
    free(whole.text);
    assert_int_equal(differ, 0);
    assert_true(failed > 0);
}

static void each_error(struct envfix *f, struct answer (*once)(struct envfix *))
{
    ef_lines(f, once == pack_once ? packable : lines);
    each_call(f, once, EIO);
    each_call(f, once, EMFILE);
    each_call(f, once, EACCES);
}

static void freeze_reads_all_or_fails(void **state)
{
    each_error(*state, freeze_once);
}

static void freeze_of_a_checkout_reads_all_or_fails(void **state)
{
    ef_lines(*state, checkout);
    each_error(*state, freeze_once);
}

static void check_says_what_it_did_not_read(void **state)
{
    each_error(*state, check_once);
}

static void move_reads_all_or_fails(void **state)
{
    each_error(*state, move_once);
}

static void pack_reads_all_or_fails(void **state)
{
    each_error(*state, pack_once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(freeze_reads_all_or_fails),
                                       EF_TEST(freeze_of_a_checkout_reads_all_or_fails),
                                       EF_TEST(check_says_what_it_did_not_read),
                                       EF_TEST(move_reads_all_or_fails), EF_TEST(pack_reads_all_or_fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
