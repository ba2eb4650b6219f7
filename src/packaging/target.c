/* goal.c: words for a target, taken apart. */
#include "packaging/target.h"

static enum vf_status bad(struct vf_slice what, const char *why, struct vf_err *err)
{
    return vf_err_set(err, VF_USAGE, 0, "check", (struct vf_slice){NULL, 0}, "'%.*s' is %s",
                      (int)(what.n < 100 ? what.n : 100), what.p ? what.p : "", why);
}

/* Takes a number and what stands behind it off the text. */
static bool take_number(struct vf_slice *s, char end, unsigned *out)
{
    uint64_t v;
    size_t at = vf_slice_find_byte(*s, end, 0);
    struct vf_slice digits = vf_slice_sub(*s, 0, at);
    if (!vf_slice_to_u64(digits, &v) || v > 9999)
        return false;
    *out = (unsigned)v;
    *s = at == VF_NPOS ? (struct vf_slice){NULL, 0} : vf_slice_from(*s, at + 1);
    return true;
}

bool vf_target_parse_glibc(struct vf_slice text, unsigned *minor)
{
    unsigned major;
    return take_number(&text, '.', &major) && major == 2 && take_number(&text, '.', minor) && *minor > 0 &&
           *minor <= VF_TARGET_GLIBC_ANY && text.n == 0;
}

/* --- the interpreter --- */

static enum vf_status parse_python(struct vf_arena *a, const struct vf_target_spec *spec, struct vf_target *g,
                                   struct vf_err *err)
{
    struct vf_slice rest = spec->python;
    struct vf_wheel_target *t = &g->target;
    unsigned patch = VF_TARGET_PATCH_ANY;
    if (vf_slice_ends(rest, VF_S("t"))) {
        rest.n--;
        t->threaded = true;
    }
    if (!take_number(&rest, '.', &t->major) || !take_number(&rest, '.', &t->minor) ||
        (rest.n > 0 && !take_number(&rest, '.', &patch)) || rest.n > 0 || t->major != 3)
        return bad(spec->python, "no version of Python such as 3.12 or 3.12.1", err);
    struct vf_buf b = {0};
    vf_buf_printf(&b, "%u.%u.%u", t->major, t->minor, patch);
    g->python = vf_arena_dup(a, vf_buf_slice(&b));
    bool failed = b.failed;
    vf_buf_release(&b);
    t->pymalloc = t->minor < 8;
    t->python = spec->pypy ? VF_TARGET_PYPY : VF_TARGET_CPYTHON;
    return failed || !g->python.p ? vf_err_nomem(err) : VF_OK;
}

/* The ABI of PyPy has its own version, which no word of ours says: the last one of that Python. */
static struct vf_slice pypy_abi(struct vf_arena *a, unsigned minor)
{
    struct vf_buf b = {0};
    vf_buf_printf(&b, "pypy3%u_pp73", minor);
    struct vf_slice s = vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return s;
}

/* --- the platform --- */

static bool take_prefix(struct vf_slice *s, struct vf_slice prefix)
{
    if (!vf_slice_starts(*s, prefix))
        return false;
    *s = vf_slice_from(*s, prefix.n);
    return true;
}

static bool parse_linux(struct vf_slice tag, struct vf_wheel_target *t)
{
    static const struct {
        struct vf_slice prefix;
        unsigned minor;
    } known[] = {{VF_S_INIT("manylinux1_"), 5},
                 {VF_S_INIT("manylinux2010_"), 12},
                 {VF_S_INIT("manylinux2014_"), 17},
                 {VF_S_INIT("linux_"), VF_TARGET_GLIBC_ANY}};
    t->os = VF_TARGET_LINUX;
    t->arch = tag;
    if (take_prefix(&t->arch, VF_S("musllinux_")))
        return take_number(&t->arch, '_', &t->musl_major) && take_number(&t->arch, '_', &t->musl_minor);
    t->glibc_major = 2;
    for (size_t i = 0; i < VF_COUNT(known); i++)
        if (take_prefix(&t->arch, known[i].prefix)) {
            t->glibc_minor = known[i].minor;
            return true;
        }
    return take_prefix(&t->arch, VF_S("manylinux_")) && take_number(&t->arch, '_', &t->glibc_major) &&
           take_number(&t->arch, '_', &t->glibc_minor) && t->glibc_major == 2;
}

static bool parse_macos(struct vf_slice tag, struct vf_wheel_target *t)
{
    t->os = VF_TARGET_MACOS;
    t->arch = tag;
    return take_prefix(&t->arch, VF_S("macosx_")) && take_number(&t->arch, '_', &t->macos_major) &&
           take_number(&t->arch, '_', &t->macos_minor);
}

static bool is_word(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_'))
            return false;
    return s.n > 0;
}

static enum vf_status parse_platform(const struct vf_target_spec *spec, struct vf_wheel_target *t,
                                     struct vf_err *err)
{
    static const char why[] =
        "no platform such as manylinux_2_28_x86_64, musllinux_1_2_aarch64, linux_x86_64, "
        "macosx_11_0_arm64 or win_amd64";
    struct vf_slice tag = spec->platform;
    bool linux_tag = vf_slice_find(tag, VF_S("linux"), 0) != VF_NPOS;
    bool ok = linux_tag                               ? parse_linux(tag, t)
              : vf_slice_starts(tag, VF_S("macosx_")) ? parse_macos(tag, t)
                                                      : true;
    if (!linux_tag && t->os != VF_TARGET_MACOS) {
        t->os = VF_TARGET_OTHER;
        t->platform = tag;
        ok = vf_slice_starts(tag, VF_S("win"));
    }
    if (!ok || !is_word(t->os == VF_TARGET_OTHER ? tag : t->arch))
        return bad(tag, why, err);
    if (spec->glibc_minor == 0)
        return VF_OK;
    if (t->glibc_major == 0)
        return bad(tag, "a platform without glibc", err);
    t->glibc_minor = spec->glibc_minor;
    return VF_OK;
}

/* --- markers --- */

static void put_system(struct vf_target *g)
{
    struct vf_slice *v = g->markers.value;
    const struct vf_wheel_target *t = &g->target;
    bool windows = t->os == VF_TARGET_OTHER;
    v[VF_MARKER_OS_NAME] = windows ? VF_S("nt") : VF_S("posix");
    v[VF_MARKER_SYS_PLATFORM] = windows                    ? VF_S("win32")
                                : t->os == VF_TARGET_MACOS ? VF_S("darwin")
                                                           : VF_S("linux");
    v[VF_MARKER_PLATFORM_SYSTEM] = windows                    ? VF_S("Windows")
                                   : t->os == VF_TARGET_MACOS ? VF_S("Darwin")
                                                              : VF_S("Linux");
    v[VF_MARKER_PLATFORM_MACHINE] = !windows                                      ? t->arch
                                    : vf_slice_eq(t->platform, VF_S("win_amd64")) ? VF_S("AMD64")
                                    : vf_slice_eq(t->platform, VF_S("win_arm64")) ? VF_S("ARM64")
                                                                                  : VF_S("x86");
}

static enum vf_status put_markers(struct vf_arena *a, struct vf_target *g, struct vf_err *err)
{
    struct vf_slice *v = g->markers.value;
    bool pypy = g->target.python == VF_TARGET_PYPY;
    struct vf_buf b = {0};
    for (size_t i = 0; i < VF_MARKER_ENV_VARS; i++)
        v[i] = VF_S("");
    put_system(g);
    vf_buf_printf(&b, "%u.%u", g->target.major, g->target.minor);
    v[VF_MARKER_PYTHON_VERSION] = vf_arena_dup(a, vf_buf_slice(&b));
    v[VF_MARKER_PYTHON_FULL_VERSION] = g->python;
    v[VF_MARKER_IMPLEMENTATION_VERSION] = g->python;
    v[VF_MARKER_IMPLEMENTATION_NAME] = pypy ? VF_S("pypy") : VF_S("cpython");
    v[VF_MARKER_PLATFORM_PYTHON_IMPLEMENTATION] = pypy ? VF_S("PyPy") : VF_S("CPython");
    bool ok = !b.failed && v[VF_MARKER_PYTHON_VERSION].p;
    vf_buf_release(&b);
    return ok ? VF_OK : vf_err_nomem(err);
}

enum vf_status vf_target_make(struct vf_arena *a, const struct vf_target_spec *spec, struct vf_target *out,
                              struct vf_err *err)
{
    *out = (struct vf_target){0};
    enum vf_status st = parse_python(a, spec, out, err);
    if (st == VF_OK)
        st = parse_platform(spec, &out->target, err);
    if (st == VF_OK && spec->pypy) {
        out->target.abi = pypy_abi(a, out->target.minor);
        st = out->target.abi.p ? VF_OK : vf_err_nomem(err);
    }
    if (st == VF_OK)
        st = put_markers(a, out, err);
    return st == VF_OK ? vf_tags_make(a, &out->target, &out->tags, err) : st;
}

unsigned vf_target_tag_glibc(struct vf_slice platforms)
{
    unsigned least = 0;
    for (struct vf_slice tag; vf_tag_next(&platforms, &tag);) {
        struct vf_wheel_target t = {0};
        if (!vf_slice_starts(tag, VF_S("manylinux")) || !parse_linux(tag, &t))
            return 0;
        if (least == 0 || t.glibc_minor < least)
            least = t.glibc_minor;
    }
    return least;
}
