/*
 * Defaults of the sanitizers, built into the sanitized program, so that they hold also where a test starts
 * it with an empty environment. The exit code 99 is none of venvfix's own.
 */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__lsan_default_options(void);

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
