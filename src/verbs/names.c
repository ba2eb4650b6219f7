/* names.c: the words of the report for the enums of venvfix.h. */
#include "venvfix.h"

const char *venvfix_level_name(enum venvfix_level v)
{
    static const char *const names[] = {"info", "warning", "error"};
    return names[v];
}

const char *venvfix_verdict_name(enum venvfix_verdict v)
{
    static const char *const names[] = {"broken", "astray",     "tampered",     "forbidden", "bound",
                                        "host",   "unexamined", "inconsistent", "exposed",   "stale"};
    return names[v];
}

const char *venvfix_how_fixed_name(enum venvfix_how_fixed v)
{
    static const char *const names[] = {"rewrite", "reinstall", "manual", "none"};
    return names[v];
}

const char *venvfix_kind_name(enum venvfix_kind v)
{
    static const char *const names[] = {"venv", "virtualenv", "uv", "unknown"};
    return names[v];
}

const char *venvfix_implementation_name(enum venvfix_implementation v)
{
    static const char *const names[] = {NULL, "cpython", "pypy"};
    return names[v];
}

const char *venvfix_how_name(enum venvfix_how v)
{
    static const char *const names[] = {"reused", "installed", "carried"};
    return names[v];
}

const char *venvfix_origin_name(enum venvfix_origin v)
{
    static const char *const names[] = {NULL,    "find-links", "bundle", "cache",
                                        "index", "built",      "direct", "environment"};
    return names[v];
}

const char *venvfix_source_name(enum venvfix_source v)
{
    static const char *const names[] = {"name", "archive", "directory", "vcs"};
    return names[v];
}

const char *venvfix_fail_on_name(enum venvfix_fail_on v)
{
    static const char *const names[] = {"warning", "error", "info", "never"};
    return names[v];
}

const char *venvfix_verb_name(enum venvfix_verb v)
{
    static const char *const names[] = {"recreate", "move", "fix", "pack"};
    return names[v];
}
