/* tags.h: names of wheel files, their compatibility tags, and the tags that a target takes (PEP 425, 427,
 * 600, 656, 803; docs/formats.md 7.4).
 *
 * Agrees with the newest `packaging` on what a wheel may be called and on the tags of a target and their
 * order. */
#ifndef VF_PACKAGING_TAGS_H
#define VF_PACKAGING_TAGS_H

#include "packaging/version.h"

#define VF_WHEEL_NAME_MAX 1024 /* bytes of a wheel's file name */

/* One tag, or compressed sets of them ("py2.py3", "none", "any"). Compared without ASCII case. */
struct vf_tag {
    struct vf_slice python, abi, platform;
};

/* --- names of wheels --- */

struct vf_wheel_name {
    struct vf_slice name;      /* as written */
    struct vf_version version; /* parsed */
    struct vf_slice build;     /* "" none; else begins with a digit */
    struct vf_tag tags;        /* compressed sets, as written */
};
/* `base` is the file name, with `.whl`, no directory. VF_MALFORMED, VF_NO_MEMORY. Slices borrow from base,
 * the version lives in the arena. */
VF_MUST_CHECK enum vf_status vf_wheel_name_parse(struct vf_arena *a, struct vf_slice base,
                                                 struct vf_wheel_name *out, struct vf_err *err);
/* Order of build tags: none first, then by number, then by the rest. */
int vf_wheel_build_cmp(struct vf_slice a, struct vf_slice b);
/* Splits "py3-none-any" (a Tag line of WHEEL; compressed sets allowed). False when it has not three parts or
 * an empty one, or the first is no identifier. */
bool vf_tag_parse(struct vf_slice text, struct vf_tag *out);
/* The compressed tags for a file name from the Tag lines of WHEEL: every part's values once, sorted, joined
 * by dots, in lower case. *exact is false when their product holds tags that no line has: one file name
 * cannot say it, and *out is the first line alone (docs/formats.md 7.1). `n` at least 1. Errors: VF_MALFORMED
 * (a line is no tag), VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_tags_compress(struct vf_arena *a, const struct vf_slice *lines, size_t n,
                                              struct vf_tag *out, bool *exact, struct vf_err *err);
/* Takes the next value off a compressed set; false when it is used up. */
bool vf_tag_next(struct vf_slice *set, struct vf_slice *value);

/* --- targets --- */

enum vf_target_os { VF_TARGET_LINUX, VF_TARGET_MACOS, VF_TARGET_OTHER };
enum vf_target_python { VF_TARGET_CPYTHON, VF_TARGET_PYPY, VF_TARGET_OTHER_PYTHON };

/* What wheels are to run on. Slices are borrowed. */
struct vf_wheel_target {
    enum vf_target_python python;
    struct vf_slice implementation; /* OTHER_PYTHON: its short name, "graalpy" */
    unsigned major, minor;          /* of the language: 3, 12 */
    bool debug, threaded;           /* CPython: flags `d` and `t` */
    bool pymalloc;                  /* CPython before 3.8: flag `m` */
    struct vf_slice abi;            /* others than CPython: "pypy310_pp73" */
    enum vf_target_os os;
    struct vf_slice arch; /* "x86_64", "aarch64", "i686", "armv7l", "armv8l"; macOS: "arm64", "x86_64" */
    unsigned glibc_major, glibc_minor; /* 0, 0: not glibc */
    unsigned musl_major, musl_minor;   /* 0, 0: not musl */
    unsigned macos_major, macos_minor;
    struct vf_slice platform; /* OTHER: all of it, "win_amd64" */
};

/* In the order of preference. */
struct vf_tags {
    struct vf_tag *v;
    size_t n;
};
/* Errors: VF_NO_MEMORY, VF_NOT_SUPPORTED (a version beyond any sense). */
VF_MUST_CHECK enum vf_status vf_tags_make(struct vf_arena *a, const struct vf_wheel_target *target,
                                          struct vf_tags *out, struct vf_err *err);
/* The best place in the target's list that the wheel's (compressed) tags have: 0 is best. VF_NPOS: the target
 * does not take it. */
size_t vf_tags_rank(const struct vf_tags *tags, const struct vf_tag *wheel);

#endif
