/* target.c: the ordered tags of a target: its platforms, best first, then interpreter and ABI over each of
 * them. */
#include <stdarg.h>
#include <stdio.h>

#include "packaging/tags.h"
#include "packaging/text.h"

#define MINOR_MAX 200 /* larger ones are no versions of anything; bounds the list */

struct make {
    struct vf_arena *arena;
    const struct vf_wheel_target *t;
    struct vf_vec platforms; /* struct vf_slice */
    struct vf_vec tags;      /* struct vf_tag */
    bool no_memory;
};

VF_PRINTF(2, 3)
static struct vf_slice text(struct make *m, const char *fmt, ...)
{
    va_list ap;
    char b[128];
    va_start(ap, fmt);
    int n = vsnprintf(b, sizeof b, fmt, ap);
    va_end(ap);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof b ? (size_t)n : sizeof b - 1;
    struct vf_slice s = vf_arena_dup(m->arena, (struct vf_slice){b, len});
    m->no_memory = m->no_memory || !s.p;
    return s;
}

/* prefix, then the bytes of an architecture: foreign text, so not through printf. */
static void add_platform(struct make *m, struct vf_slice prefix, struct vf_slice arch)
{
    struct vf_slice *kept = vf_vec_push(m->arena, &m->platforms, sizeof *kept);
    if (kept)
        *kept = vf_arena_concat(m->arena, prefix, arch, (struct vf_slice){NULL, 0});
    m->no_memory = m->no_memory || !kept || !kept->p;
}

static void add_tag(struct make *m, struct vf_slice python, struct vf_slice abi, struct vf_slice platform)
{
    struct vf_tag *kept = vf_vec_push(m->arena, &m->tags, sizeof *kept);
    if (!kept) {
        m->no_memory = true;
        return;
    }
    *kept = (struct vf_tag){python, abi, platform};
}

static void add_tags(struct make *m, struct vf_slice python, struct vf_slice abi)
{
    for (size_t i = 0; i < m->platforms.n && !m->no_memory; i++)
        add_tag(m, python, abi, *VF_VEC_AT(struct vf_slice, &m->platforms, i));
}

/* --- platforms --- */

static bool is_x86(struct vf_slice arch)
{
    return vf_slice_eq(arch, VF_S("x86_64")) || vf_slice_eq(arch, VF_S("i686"));
}

static bool has_manylinux(struct vf_slice arch)
{
    static const struct vf_slice known[] = {
        VF_S_INIT("x86_64"), VF_S_INIT("aarch64"), VF_S_INIT("ppc64"),       VF_S_INIT("ppc64le"),
        VF_S_INIT("s390x"),  VF_S_INIT("i686"),    VF_S_INIT("loongarch64"), VF_S_INIT("riscv64"),
        VF_S_INIT("armv7l"), VF_S_INIT("armv8l"),
    };
    for (size_t i = 0; i < VF_COUNT(known); i++)
        if (vf_slice_eq(arch, known[i]))
            return true;
    return false;
}

static void manylinux(struct make *m, struct vf_slice arch)
{
    static const struct {
        unsigned minor;
        struct vf_slice prefix;
    } legacy[] = {
        {17, VF_S_INIT("manylinux2014_")}, {12, VF_S_INIT("manylinux2010_")}, {5, VF_S_INIT("manylinux1_")}};
    unsigned oldest = is_x86(m->t->arch) ? 5 : 17;
    for (unsigned minor = m->t->glibc_minor; minor >= oldest && !m->no_memory; minor--) {
        add_platform(m, text(m, "manylinux_%u_%u_", m->t->glibc_major, minor), arch);
        for (size_t i = 0; i < VF_COUNT(legacy); i++)
            if (legacy[i].minor == minor)
                add_platform(m, legacy[i].prefix, arch);
    }
}

static void linux_platforms(struct make *m)
{
    const struct vf_wheel_target *t = m->t;
    bool armv8l = vf_slice_eq(t->arch, VF_S("armv8l"));
    struct vf_slice archs[] = {t->arch, VF_S("armv7l")};
    size_t n = armv8l ? 2 : 1;
    for (size_t i = 0; i < n; i++)
        add_platform(m, VF_S("linux_"), archs[i]);
    for (size_t i = 0; i < n && t->glibc_major == 2 && has_manylinux(t->arch); i++)
        manylinux(m, archs[i]);
    for (size_t i = 0; i < n && t->musl_major > 0; i++)
        for (unsigned minor = t->musl_minor + 1; minor-- > 0 && !m->no_memory;)
            add_platform(m, text(m, "musllinux_%u_%u_", t->musl_major, minor), archs[i]);
}

/* The kinds of binary that a macOS of this version runs on this processor. */
static void mac_version(struct make *m, unsigned major, unsigned minor)
{
    struct vf_slice arch = m->t->arch;
    bool intel64 = vf_slice_eq(arch, VF_S("x86_64"));
    bool intel32 = vf_slice_eq(arch, VF_S("i386"));
    struct vf_slice prefix = text(m, "macosx_%u_%u_", major, minor);
    if ((intel64 || intel32) && major == 10 && minor < 4)
        return;
    add_platform(m, prefix, arch);
    if (intel64) {
        add_platform(m, prefix, VF_S("intel"));
        add_platform(m, prefix, VF_S("fat64"));
        add_platform(m, prefix, VF_S("fat3"));
    } else if (intel32) {
        add_platform(m, prefix, VF_S("intel"));
        add_platform(m, prefix, VF_S("fat3"));
        add_platform(m, prefix, VF_S("fat"));
    }
    if (intel64 || vf_slice_eq(arch, VF_S("arm64")))
        add_platform(m, prefix, VF_S("universal2"));
    if (intel64 || intel32)
        add_platform(m, prefix, VF_S("universal"));
}

static void mac_platforms(struct make *m)
{
    const struct vf_wheel_target *t = m->t;
    bool intel64 = vf_slice_eq(t->arch, VF_S("x86_64"));
    if (t->macos_major == 10) {
        for (unsigned minor = t->macos_minor + 1; minor-- > 0 && !m->no_memory;)
            mac_version(m, 10, minor);
        return;
    }
    for (unsigned major = t->macos_major; major > 10 && !m->no_memory; major--)
        mac_version(m, major, 0);
    for (unsigned minor = 16; minor > 3 && t->macos_major > 10; minor--)
        if (intel64)
            mac_version(m, 10, minor);
        else /* the Intel part of a universal file may be that old */
            add_platform(m, text(m, "macosx_10_%u_", minor), VF_S("universal2"));
}

static void make_platforms(struct make *m)
{
    switch (m->t->os) {
    case VF_TARGET_LINUX:
        linux_platforms(m);
        break;
    case VF_TARGET_MACOS:
        mac_platforms(m);
        break;
    case VF_TARGET_OTHER:
        add_platform(m, m->t->platform, (struct vf_slice){NULL, 0});
        break;
    }
}

/* --- interpreters --- */

static void cpython(struct make *m)
{
    const struct vf_wheel_target *t = m->t;
    struct vf_slice python = text(m, "cp%u%u", t->major, t->minor);
    bool old = t->major < 3 || (t->major == 3 && t->minor < 8);
    const char *threaded = t->threaded ? "t" : "";
    add_tags(m, python,
             text(m, "cp%u%u%s%s%s", t->major, t->minor, threaded, t->debug ? "d" : "",
                  old && t->pymalloc ? "m" : ""));
    if (t->debug && !old) /* debug builds load ordinary extensions as well */
        add_tags(m, python, text(m, "cp%u%u%s", t->major, t->minor, threaded));
    bool stable = t->major > 3 || (t->major == 3 && t->minor >= 2);
    struct vf_slice stable_abi = t->threaded ? VF_S("abi3t") : VF_S("abi3");
    if (stable)
        add_tags(m, python, stable_abi);
    add_tags(m, python, VF_S("none"));
    for (unsigned minor = t->minor; stable && minor-- > 2 && !m->no_memory;)
        add_tags(m, text(m, "cp%u%u", t->major, minor), stable_abi);
}

static void other_python(struct make *m, struct vf_slice short_name)
{
    struct vf_slice version = text(m, "%u%u", m->t->major, m->t->minor);
    struct vf_slice python = vf_arena_concat(m->arena, short_name, version, (struct vf_slice){NULL, 0});
    m->no_memory = m->no_memory || !python.p;
    if (m->t->abi.n > 0 && !vf_slice_eq(m->t->abi, VF_S("none")))
        add_tags(m, python, m->t->abi);
    add_tags(m, python, VF_S("none"));
}

/* `pyXY`, `pyX`, then older minors down to 0. */
static struct vf_slice generic(struct make *m, unsigned i)
{
    if (i == 1)
        return text(m, "py%u", m->t->major);
    return text(m, "py%u%u", m->t->major, i == 0 ? m->t->minor : m->t->minor + 1 - i);
}

static void compatible(struct make *m, struct vf_slice interpreter)
{
    unsigned n = m->t->minor + 2;
    for (unsigned i = 0; i < n && !m->no_memory; i++)
        add_tags(m, generic(m, i), VF_S("none"));
    if (interpreter.n > 0)
        add_tag(m, interpreter, VF_S("none"), VF_S("any"));
    for (unsigned i = 0; i < n && !m->no_memory; i++)
        add_tag(m, generic(m, i), VF_S("none"), VF_S("any"));
}

enum vf_status vf_tags_make(struct vf_arena *a, const struct vf_wheel_target *target, struct vf_tags *out,
                            struct vf_err *err)
{
    struct make m = {.arena = a, .t = target};
    *out = (struct vf_tags){NULL, 0};
    if (target->major > MINOR_MAX || target->minor > MINOR_MAX || target->glibc_minor > MINOR_MAX ||
        target->musl_minor > MINOR_MAX || target->macos_major > MINOR_MAX ||
        target->macos_minor > MINOR_MAX) {
        return vf_err_set(err, VF_NOT_SUPPORTED, 0, "tags", (struct vf_slice){NULL, 0},
                          "no such version of Python or platform");
    }
    make_platforms(&m);
    struct vf_slice interpreter = {NULL, 0};
    switch (target->python) {
    case VF_TARGET_CPYTHON:
        cpython(&m);
        interpreter = text(&m, "cp%u%u", target->major, target->minor);
        break;
    case VF_TARGET_PYPY:
        other_python(&m, VF_S("pp"));
        interpreter = VF_S("pp3");
        break;
    case VF_TARGET_OTHER_PYTHON:
        other_python(&m, target->implementation);
        break;
    }
    compatible(&m, interpreter);
    if (m.no_memory)
        return vf_err_nomem(err);
    *out = (struct vf_tags){m.tags.base, m.tags.n};
    return VF_OK;
}
