/* marker.h: environment markers (PEP 508, PEP 751): parsed once into a small postfix program, evaluated for
 * any target.
 *
 * Agrees with the newest `packaging`: variables that hold versions compare as versions where the other side
 * is one, all others as text; a comparison without meaning is an error, not false. */
#ifndef VF_PACKAGING_MARKER_H
#define VF_PACKAGING_MARKER_H

#include "packaging/specifier.h"

#define VF_MARKER_TERMS_MAX 8192 /* comparisons of one marker; more are malformed */

/* X(symbol, name). The first 11 are the environment. `.` for `_` is understood where PEP 345 had it. */
#define VF_MARKER_VAR_LIST(X)                                                                                \
    X(OS_NAME, "os_name")                                                                                    \
    X(SYS_PLATFORM, "sys_platform")                                                                          \
    X(PLATFORM_MACHINE, "platform_machine")                                                                  \
    X(PLATFORM_PYTHON_IMPLEMENTATION, "platform_python_implementation")                                      \
    X(PLATFORM_RELEASE, "platform_release")                                                                  \
    X(PLATFORM_SYSTEM, "platform_system")                                                                    \
    X(PLATFORM_VERSION, "platform_version")                                                                  \
    X(PYTHON_VERSION, "python_version")                                                                      \
    X(PYTHON_FULL_VERSION, "python_full_version")                                                            \
    X(IMPLEMENTATION_NAME, "implementation_name")                                                            \
    X(IMPLEMENTATION_VERSION, "implementation_version")                                                      \
    X(EXTRA, "extra")                                                                                        \
    X(EXTRAS, "extras")                                                                                      \
    X(DEPENDENCY_GROUPS, "dependency_groups")

enum vf_marker_var {
#define X(sym, name) VF_MARKER_##sym,
    VF_MARKER_VAR_LIST(X)
#undef X
        VF_MARKER_VARS
};
#define VF_MARKER_ENV_VARS 11
const char *vf_marker_var_name(enum vf_marker_var v); /* static */

/* A target. Slices are borrowed. */
struct vf_marker_env {
    struct vf_slice value[VF_MARKER_ENV_VARS]; /* by enum vf_marker_var; python_full_version may end in `+` */
    bool has_extra;                            /* `extra` may be asked for: requirements of a distribution */
    struct vf_slice extra;                     /* any spelling; "" for none */
    bool has_sets; /* `extras` and `dependency_groups` may be asked for: lock files */
    const struct vf_slice *extras;
    size_t n_extras;
    const struct vf_slice *groups;
    size_t n_groups;
};

struct vf_marker_op; /* one step of the program */
/* Zero-initialised is the marker that always holds. */
struct vf_marker {
    struct vf_slice text; /* as written, without blanks around; borrowed */
    struct vf_marker_op *ops;
    size_t n;
    size_t depth; /* of the stack that evaluation needs */
};

/* VF_MALFORMED, VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_marker_parse(struct vf_arena *a, struct vf_slice text, struct vf_marker *out,
                                             struct vf_err *err);
/* VF_MALFORMED when a comparison has no meaning, or a variable is asked for that the target does not have;
 * every part is looked at, also where the result is clear already. `scratch` holds what is needed meanwhile.
 */
VF_MUST_CHECK enum vf_status vf_marker_eval(const struct vf_marker *m, const struct vf_marker_env *env,
                                            struct vf_arena *scratch, bool *holds, struct vf_err *err);

#endif
