/* probe.h: what a Python interpreter says of itself: the target that wheels are chosen and installed for.
 *
 * The interpreter is started once, with -I and -S: no code of an environment or of the user runs. Sources:
 * PEP 508 (markers), packaging.tags (what tags are made of), sysconfig (where things go). */
#ifndef VF_WHEEL_INTERPRETER_QUERY_H
#define VF_WHEEL_INTERPRETER_QUERY_H

#include "base/hooks.h"
#include "packaging/marker.h"
#include "packaging/tags.h"

struct vf_interpreter_query {
    struct vf_slice started;       /* absolute path of the interpreter that answered, as it says it */
    struct vf_slice base;          /* the base interpreter behind it, where it says one; else `started` */
    struct vf_slice python;        /* full version, "3.12.1" */
    struct vf_slice short_version; /* "3.12" */
    struct vf_marker_env markers;  /* has_extra and has_sets are false */
    struct vf_wheel_target target;
    struct vf_tags tags;
    /* In an environment that its venv module makes, relative to the root. */
    struct vf_slice purelib, platlib;
    struct vf_slice headers;   /* "include/site/python3.12" */
    struct vf_slice magic;     /* hexadecimal digits: the magic number of its compiled files */
    struct vf_slice pip_wheel; /* path of a pip wheel that came with it; empty: none found */
    bool inside;               /* it is that of an environment, and does not tell its base */
    bool has_venv;             /* it can make environments */
    bool has_pip;              /* `-m pip` is there */
};

/* `path`: absolute. `env`: as in struct vf_spawn (a shim finds its way by it). Of an environment's
 * interpreter the base is asked instead. Texts live in the arena. VF_NOT_FOUND, VF_TOOL_FAILED (it does not
 * start, or says nothing that a Python from 3.6 on would say), VF_NOT_SUPPORTED. */
VF_MUST_CHECK enum vf_status vf_interpreter_query_run(struct vf_slice path, const char *const *env,
                                                      const struct vf_hooks *hooks, struct vf_arena *a,
                                                      struct vf_interpreter_query *out, struct vf_err *err);
/* What the interpreter printed, read. For vf_interpreter_query_run, and tests. */
VF_MUST_CHECK enum vf_status vf_interpreter_query_read(struct vf_slice text, struct vf_arena *a,
                                                       struct vf_interpreter_query *out, struct vf_err *err);

#endif
