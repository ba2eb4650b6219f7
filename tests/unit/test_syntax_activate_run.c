/* What the writers of activate, activate.csh and activate.fish make, read by the real shells:
 * docs/formats.md 3.5. A shell that is not there is a test skipped. */
#include "activate_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct vf_slice hostile[] = {
    VF_S_INIT("/p"),          VF_S_INIT("/a b"),        VF_S_INIT("/o'x"),      VF_S_INIT("/q\"q"),
    VF_S_INIT("/$HOME"),      VF_S_INIT("/`id`"),       VF_S_INIT("/a\\b"),     VF_S_INIT("/a\\\\b"),
    VF_S_INIT("/end\\"),      VF_S_INIT("/a!b"),        VF_S_INIT("/!!"),       VF_S_INIT("/!"),
    VF_S_INIT("/a\nb"),       VF_S_INIT("/a\rb"),       VF_S_INIT("/a\tb"),     VF_S_INIT("/\x01"),
    VF_S_INIT("/\x1b[31m"),   VF_S_INIT("/\xFF\xFE"),   VF_S_INIT("/\xC3\xA9"), VF_S_INIT("/#;&|"),
    VF_S_INIT("/[a]*?{b,c}"), VF_S_INIT("/%s%1@+:,"),   VF_S_INIT("/trail "),   VF_S_INIT("/\\'"),
    VF_S_INIT("/'\"'"),       VF_S_INIT("/a^b~=(x)<y"), VF_S_INIT("/$'x'"),     VF_S_INIT("/\n'\"\\$!"),
    VF_S_INIT("/'"),          VF_S_INIT("/\\n\\"),
};

static const char *const sh_files[] = {
    "VIRTUAL_ENV=\"/p/env\"\nexport VIRTUAL_ENV\n",
    "VIRTUAL_ENV='/p/env'\nexport VIRTUAL_ENV\nPATH=\"$VIRTUAL_ENV/bin:$PATH\"\n",
    "export VIRTUAL_ENV=/p/env\nOTHER_PATH=\"$VIRTUAL_ENV/\"bin\":$PATH\"\n",
    "if [ ! -d '/p/e v' ]; then\n    echo \"Virtual environment directory '/p/e v' does not exist!\" "
    ">&2\nfi\n"
    "VIRTUAL_ENV='/p/e v'\nexport VIRTUAL_ENV\n",
    "if [ ! -d '/p/e v' ] &&\n    { true; }; then\n    if [ ! -d '/p/e v' ]; then\n"
    "        echo \"Virtual environment directory\" '/p/e v' \"does not exist!\" >&2\n    fi\nfi\n"
    "VIRTUAL_ENV='/p/e v'\nexport VIRTUAL_ENV\n",
    "VIRTUAL_ENV='/p/e v'\nexport VIRTUAL_ENV\n# _virtualenv_escape_prompt\n",
};
static const char *const csh_files[] = {
    "setenv VIRTUAL_ENV \"/p/env\"\nset x=\"$VIRTUAL_ENV:q/bin\"\n",
    "setenv VIRTUAL_ENV '/p/env'\n",
    "setenv VIRTUAL_ENV /p/env\nset x=\"$VIRTUAL_ENV:q/\"bin\":$PATH:q\"\n",
    "if ($?_OLD_VIRTUAL_PATH) source '/p/env'\"/\"'bin'\"/deactivate.csh\"\nsetenv VIRTUAL_ENV '/p/env'\n"
    "set x=\"$VIRTUAL_ENV:q/\"'bin'\":$PATH:q\"\nset deactivate_script = "
    "'/p/env'\"/\"'bin'\"/deactivate.csh\"\n",
    "set _virtualenv_dir='/p/env'\nsetenv VIRTUAL_ENV \"$_virtualenv_dir:q\"\nset "
    "x=\"$_virtualenv_dir:q/\"'bin'\n",
};
static const char *const fish_files[] = {
    "set -gx VIRTUAL_ENV \"/p/env\"\n",
    "set -gx VIRTUAL_ENV '/p/env'\n",
    "set -gx VIRTUAL_ENV /p/env\nset x \"$VIRTUAL_ENV\"'/'bin $PATH\n",
    "set -gx VIRTUAL_ENV '/p/env'\nset x \"$VIRTUAL_ENV\"'/''bin' $PATH\n",
};

static char base[] = "/tmp/vf-activate-XXXXXX";

/* The path of file `i` in the directory of this run; "main" for -1. */
static const char *file_name(int i)
{
    static char name[64];
    if (i < 0)
        snprintf(name, sizeof name, "%s/main", base);
    else
        snprintf(name, sizeof name, "%s/%d", base, i);
    return name;
}

static void store(int i, struct vf_slice text)
{
    int fd = open(file_name(i), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.p, text.n), text.n);
    close(fd);
}

/* Appends the standard output of argv; false when there is no such program. */
static bool run(const char *const argv[], struct vf_buf *out)
{
    int fds[2], status = 0;
    char part[4096];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(fds[1], 1);
        dup2(null, 2);
        close(fds[0]);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(errno == ENOENT ? 127 : 126);
    }
    close(fds[1]);
    for (ssize_t got; (got = read(fds[0], part, sizeof part)) > 0;)
        vf_buf_put(out, (struct vf_slice){part, (size_t)got});
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return !(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

struct shell {
    const char *argv[4]; /* before the script */
    enum vf_syntax syntax;
    const char *const *files;
    size_t n_files;
};

/* One process sources every file moved to every place and prints what it got. */
static void sourced(const struct shell *sh)
{
    const char *argv[6] = {0};
    size_t n = 0;
    for (; n < VF_COUNT(sh->argv) && sh->argv[n]; n++)
        argv[n] = sh->argv[n];
    struct vf_buf script = {0}, req = {0}, got = {0};
    struct syn s;
    syn_init(&s);
    for (size_t k = 0; k < sh->n_files * VF_COUNT(hostile); k++) {
        struct vf_slice path = hostile[k % VF_COUNT(hostile)];
        syn_read(&s, sh->syntax, vf_slice_of(sh->files[k / VF_COUNT(hostile)]));
        store((int)k, act_moved(&s, path));
        vf_buf_printf(&script, "%s %s\nprintenv VIRTUAL_ENV\n",
                      sh->syntax == VF_SYN_ACTIVATE_SH ? "." : "source", file_name((int)k));
        vf_buf_put(&req, path);
        vf_buf_putc(&req, '\n');
    }
    store(-1, vf_buf_slice(&script));
    argv[n] = file_name(-1);
    bool there = run(argv, &got);
    if (there)
        assert_bytes(vf_buf_slice(&got), vf_buf_slice(&req));
    syn_release(&s);
    vf_buf_release(&script);
    vf_buf_release(&req);
    vf_buf_release(&got);
    if (!there)
        skip();
}

#define SHELL(name, SYNTAX, list, ...)                                                                       \
    static void name(void **state)                                                                           \
    {                                                                                                        \
        static const struct shell sh = {.argv = {__VA_ARGS__},                                               \
                                        .syntax = VF_SYN_ACTIVATE_##SYNTAX,                                  \
                                        .files = list,                                                       \
                                        .n_files = VF_COUNT(list)};                                          \
        (void)state;                                                                                         \
        sourced(&sh);                                                                                        \
    }
SHELL(bash, SH, sh_files, "bash", "--norc")
SHELL(dash, SH, sh_files, "dash")
SHELL(zsh, SH, sh_files, "zsh", "-f")
SHELL(ash, SH, sh_files, "busybox", "ash")
SHELL(tcsh, CSH, csh_files, "tcsh", "-f")
SHELL(fish, FISH, fish_files, "fish", "--no-config")

static int make_base(void **state)
{
    (void)state;
    return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
    (void)state;
    (void)unlink(file_name(-1));
    for (int i = 0; unlink(file_name(i)) == 0;)
        i++;
    return rmdir(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bash), cmocka_unit_test(dash), cmocka_unit_test(zsh),
        cmocka_unit_test(ash),  cmocka_unit_test(tcsh), cmocka_unit_test(fish),
    };
    return cmocka_run_group_tests(tests, make_base, remove_base);
}
