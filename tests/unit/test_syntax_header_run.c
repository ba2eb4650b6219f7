/* Written headers, run by the kernel, /bin/sh and a real Python (VF_TEST_PYTHON, else the distribution's,
 * else python3) in directories with awkward names. */
#include "syntax_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "syntax/header.h"

static char base[] = "/tmp/vf-header-XXXXXX";
static char interpreter[4096];

/* The path of a program in PATH. */
static bool find_program(const char *name)
{
    const char *path = getenv("PATH");
    while (path && *path) {
        size_t n = strcspn(path, ":");
        if (n > 0 && n + strlen(name) + 2 < sizeof interpreter) {
            memcpy(interpreter, path, n);
            interpreter[n] = '/';
            strcpy(interpreter + n + 1, name);
            if (access(interpreter, X_OK) == 0)
                return true;
        }
        path += n + (path[n] == ':');
    }
    return false;
}

static int run(char *const argv[], char *out, size_t room)
{
    int fds[2], status = -1;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(fds[1], 1);
        dup2(fds[1], 2);
        close(fds[0]);
        execv(argv[0], argv);
        _exit(126);
    }
    close(fds[1]);
    size_t n = 0;
    for (ssize_t got; n + 1 < room && (got = read(fds[0], out + n, room - 1 - n)) > 0;)
        n += (size_t)got;
    out[n] = '\0';
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The program in PATH may be a shim that takes longer than Python itself. */
static int make_base(void **state)
{
    (void)state;
    char *argv[] = {interpreter, "-c", "import sys; sys.stdout.write(sys.executable)", NULL};
    char real[sizeof interpreter];
    const char *given = getenv("VF_TEST_PYTHON");
    if (given)
        strncpy(interpreter, given, sizeof interpreter - 1);
    else if (access("/usr/bin/python3", X_OK) == 0) /* a distribution's starts four times as fast as others */
        strcpy(interpreter, "/usr/bin/python3");
    else if (!find_program("python3"))
        return -1;
    if (run(argv, real, sizeof real) != 0 || real[0] != '/')
        return -1;
    strcpy(interpreter, real);
    return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
    (void)state;
    char out[64];
    char *argv[] = {"/bin/rm", "-rf", base, NULL};
    return run(argv, out, sizeof out);
}

static void put_file(const char *path, struct vf_slice bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
    assert_int_equal(close(fd), 0);
}

struct script {
    struct vf_slice text;
    const char *prints;
    bool docstring; /* writes a G header where line 1 is no good */
};

#define SAY "import sys\nsys.stdout.write('ran ' + '|'.join(sys.argv[1:]) + '\\n')\n"

static const struct script scripts[] = {
    {VF_S_INIT("#!/p/bin/python\n" SAY), "ran a b|c\n", false},
    {VF_S_INIT("#!  /p/bin/python  -E \n\n" SAY), "ran a b|c\n", false},
    {VF_S_INIT("#!/p/bin/python\n# coding: latin-1\n" SAY "x = u'\xE9'\nassert len(x) == 1\n"), "ran a b|c\n",
     false},
    {VF_S_INIT("#!/p/bin/python\nfrom __future__ import division\n" SAY), "ran a b|c\n", false},
    {VF_S_INIT("#!/p/bin/python -E\n'''doc'''\nfrom __future__ import division\n" SAY
               "assert __doc__ == 'doc'\n"),
     "ran a b|c\n", true},
    {VF_S_INIT("#!/bin/sh\n'''exec' \"/p x/bin/python\" -E \"$0\" \"$@\"\n' '''\n" SAY), "ran a b|c\n",
     false},
    {VF_S_INIT("#!/bin/sh\n# coding: latin-1\n'''exec' '/p x/bin/python' \"$0\" \"$@\"\n' '''\n" SAY
               "x = u'\xE9'\n"),
     "ran a b|c\n", false},
    {VF_S_INIT("#!/bin/sh\n'''exec' '/p x/bin/python' \"$0\" \"$@\" #'''\n" SAY), "ran a b|c\n", false},
    {VF_S_INIT("#!python\n" SAY), "ran a b|c\n", false},
    {VF_S_INIT("#!\"/p x/bin/python\"\r\n" SAY), "ran a b|c\n", false},
};

static const char *const prefixes[] = {
    "plain",
    "with blank",
    "tab\there",
    "line\nfeed",
    "carriage\rx",
    "it's",
    "q\"q",
    "$HOME",
    "`id`",
    "b\\Ux \\N",
    "bad\xFF",
    "gr\xC3\xBC\xC3\x9F",
    "'''three ''' x",
    "-dash",
    "a;b&c|d",
    "(x) [y]*?",
    "!!",
    "#x # y",
    "trail \\",
    "01234567890123456789012345678901234567890123456789012345678901234567890"
    "12345678901234567890123456789012345678901"};

static void run_script(struct syn *s, const char *root, const struct script *sc, bool relocatable)
{
    char path[4096], link[4096], out[4096];
    enum vf_status st;
    s->target.root = vf_slice_of(root);
    s->target.env_s = sc->docstring;
    s->target.relocatable = relocatable;
    syn_read(s, VF_SYN_HEADER, sc->text);
    struct vf_slice to = vf_arena_concat(&s->a, s->target.root, VF_S("/bin/python"), VF_S(""));
    struct vf_slice made = syn_put(s, 0, to, &st);
    assert_int_equal(st, VF_OK);
    snprintf(path, sizeof path, "%s/bin/script", root);
    snprintf(link, sizeof link, "%s/link", base);
    put_file(path, made);
    char *argv[] = {path, "a b", "c", NULL};
    int code = run(argv, out, sizeof out);
    if (code != 0 || strcmp(out, sc->prints) != 0)
        fail_msg("in '%s': exit %d, printed '%s', script:\n%.*s", root, code, out, (int)made.n, made.p);
    if (sc != scripts)
        return;
    (void)unlink(link); /* through a link in another directory */
    assert_int_equal(symlink(path, link), 0);
    argv[0] = link;
    assert_int_equal(run(argv, out, sizeof out), 0);
    assert_string_equal(out, sc->prints);
}

static void runs_everywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < VF_COUNT(prefixes); i++) {
        char root[4096], name[4200];
        snprintf(root, sizeof root, "%s/%s", base, prefixes[i]);
        assert_int_equal(mkdir(root, 0755), 0);
        snprintf(name, sizeof name, "%s/bin", root);
        assert_int_equal(mkdir(name, 0755), 0);
        snprintf(name, sizeof name, "%s/bin/python", root);
        assert_int_equal(symlink(interpreter, name), 0);
        for (size_t k = 0; k < VF_COUNT(scripts); k++) {
            if (k % 4 != i % 4 && k != 0 && i != 1)
                continue; /* a Python takes its time to start */
            struct syn s;
            syn_init(&s);
            run_script(&s, root, &scripts[k], false);
            if (i == 1)
                run_script(&s, root, &scripts[k], true);
            syn_release(&s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(runs_everywhere)};
    return cmocka_run_group_tests(tests, make_base, remove_base);
}
