/*
 * Defaults of the sanitizers, built into the sanitized programs, so that they hold also where a test starts
 * one with an empty environment. The exit code 99 is none of venvfix's own. The search for leaks stops other
 * threads with ptrace, so it is left out under strace.
 */
#include <stdio.h>

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__lsan_default_options(void);
int __lsan_is_turned_off(void);

const char *__asan_default_options(void)
{
    return "exitcode=99:detect_stack_use_after_return=1:strict_string_checks=1";
}

const char *__ubsan_default_options(void)
{
    return "exitcode=99:print_stacktrace=1:halt_on_error=1";
}

const char *__lsan_default_options(void)
{
    return "exitcode=99";
}

int __lsan_is_turned_off(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[128];
    int tracer = 0;

    while (status != NULL && tracer == 0 && fgets(line, sizeof line, status) != NULL)
        (void)sscanf(line, "TracerPid: %d", &tracer);
    if (status != NULL)
        (void)fclose(status);
    return tracer != 0;
}
