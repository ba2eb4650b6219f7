/* native_file.c: Mach-O load commands, PE headers and import tables. */
#include "syntax/native_file.h"

enum { COMMANDS_MAX = 4096, IMPORTS_MAX = 4096, PARTS_MAX = 64 };

/* Mach-O */
#define MAGIC_32     0xfeedfaceu
#define MAGIC_64     0xfeedfacfu
#define MAGIC_FAT    0xcafebabeu
#define MAGIC_FAT_64 0xcafebabfu
enum {
    LC_LOAD_DYLIB = 0xc,
    LC_VERSION_MIN_MACOSX = 0x24,
    LC_BUILD_VERSION = 0x32,
    LC_RPATH = 0x1c,
    LC_REEXPORT_DYLIB = 0x1f,
    LC_WEAK_DYLIB = 0x18, /* loaded where it is there */
    PLATFORM_MACOS = 1
};

static uint64_t little(struct vf_slice s, size_t at, size_t n)
{
    uint64_t v = 0;
    if (at > s.n || n > s.n - at)
        return 0;
    for (size_t i = n; i-- > 0;)
        v = v << 8 | (unsigned char)s.p[at + i];
    return v;
}

static uint64_t big(struct vf_slice s, size_t at, size_t n)
{
    uint64_t v = 0;
    if (at > s.n || n > s.n - at)
        return 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | (unsigned char)s.p[at + i];
    return v;
}

static bool add(struct vf_arena *a, struct vf_vec *v, struct vf_slice name)
{
    struct vf_slice *one = vf_vec_push(a, v, sizeof *one);
    if (one)
        *one = name;
    return one != NULL;
}

static void add_cpu(struct vf_native_file *out, const char *name)
{
    if (out->n_cpus < VF_NATIVE_CPUS)
        out->cpus[out->n_cpus++] = name;
}

static struct vf_slice text_at(struct vf_slice s, size_t at)
{
    if (at >= s.n)
        return (struct vf_slice){NULL, 0};
    return vf_slice_sub(s, at, vf_slice_find_byte(s, 0, at));
}

/* --- Mach-O --- */

static const char *macho_cpu(uint64_t type)
{
    static const struct {
        uint64_t type;
        const char *name;
    } names[] = {
        {0x01000007, "x86_64"}, {0x0100000c, "arm64"}, {7, "i386"}, {18, "ppc"}, {0x01000012, "ppc64"}};
    for (size_t i = 0; i < VF_COUNT(names); i++)
        if (names[i].type == type)
            return names[i].name;
    return "another processor";
}

static bool read_command(struct vf_native_file *out, struct vf_slice c, struct vf_arena *a,
                         struct vf_vec *needed, struct vf_vec *rpaths)
{
    uint64_t kind = little(c, 0, 4) & 0x7fffffff;
    uint64_t version = 0;
    if (kind == LC_LOAD_DYLIB || kind == LC_REEXPORT_DYLIB)
        return add(a, needed, text_at(c, (size_t)little(c, 8, 4)));
    if (kind == LC_RPATH)
        return add(a, rpaths, text_at(c, (size_t)little(c, 8, 4)));
    if (kind == LC_VERSION_MIN_MACOSX)
        version = little(c, 8, 4);
    else if (kind == LC_BUILD_VERSION && little(c, 8, 4) == PLATFORM_MACOS)
        version = little(c, 12, 4);
    if (version) {
        out->least_major = (unsigned)(version >> 16);
        out->least_minor = (unsigned)(version >> 8) & 0xff;
    }
    return true;
}

/* The load commands of one part. */
static bool read_commands(struct vf_native_file *out, struct vf_slice part, struct vf_arena *a)
{
    struct vf_vec needed = {0}, rpaths = {0};
    size_t at = little(part, 0, 4) == MAGIC_64 ? 32 : 28;
    uint64_t count = little(part, 16, 4);
    bool ok = true;
    for (uint64_t i = 0; ok && i < count && i < COMMANDS_MAX; i++) {
        uint64_t n = little(part, at + 4, 4);
        if (at > part.n || n < 8 || n > part.n - at) {
            out->damage = "it ends before its load commands: truncated";
            break;
        }
        ok = read_command(out, vf_slice_sub(part, at, at + (size_t)n), a, &needed, &rpaths);
        at += (size_t)n;
    }
    out->needed = needed.base;
    out->n_needed = needed.n;
    out->rpaths = rpaths.base;
    out->n_rpaths = rpaths.n;
    return ok;
}

static bool read_fat(struct vf_native_file *out, struct vf_slice bytes, struct vf_slice cpu,
                     struct vf_arena *a)
{
    bool wide = big(bytes, 0, 4) == MAGIC_FAT_64, ok = true;
    uint64_t count = big(bytes, 4, 4);
    size_t entry = wide ? 32 : 20;
    for (uint64_t i = 0; ok && i < count && i < PARTS_MAX; i++) {
        size_t at = 8 + (size_t)i * entry;
        uint64_t off = big(bytes, at + 8, wide ? 8 : 4), n = big(bytes, at + (wide ? 16 : 12), wide ? 8 : 4);
        const char *name = macho_cpu(big(bytes, at, 4));
        add_cpu(out, name);
        if (off > bytes.n || n > bytes.n - off)
            out->damage = "it ends before its last part: truncated";
        else if (vf_slice_eq(vf_slice_of(name), cpu))
            ok = read_commands(out, vf_slice_sub(bytes, (size_t)off, (size_t)(off + n)), a);
    }
    return ok;
}

/* --- PE --- */

static const char *pe_cpu(uint64_t machine)
{
    static const struct {
        uint64_t machine;
        const char *name;
    } names[] = {{0x8664, "amd64"}, {0x14c, "win32"}, {0xaa64, "arm64"}, {0x1c4, "arm32"}};
    for (size_t i = 0; i < VF_COUNT(names); i++)
        if (names[i].machine == machine)
            return names[i].name;
    return "another processor";
}

struct pe {
    struct vf_slice bytes;
    size_t sections, n_sections;
};

/* Where an address in memory lies in the file; VF_NPOS: nowhere. */
static size_t pe_offset(const struct pe *pe, uint64_t address)
{
    for (size_t i = 0; i < pe->n_sections; i++) {
        size_t at = pe->sections + i * 40;
        uint64_t start = little(pe->bytes, at + 12, 4), size = little(pe->bytes, at + 16, 4);
        if (address >= start && address - start < size)
            return (size_t)(little(pe->bytes, at + 20, 4) + (address - start));
    }
    return VF_NPOS;
}

static bool read_imports(struct vf_native_file *out, const struct pe *pe, uint64_t address,
                         struct vf_arena *a)
{
    struct vf_vec needed = {0};
    size_t at = pe_offset(pe, address);
    bool ok = true;
    for (size_t i = 0; ok && at != VF_NPOS && i < IMPORTS_MAX; i++, at += 20) {
        uint64_t name = little(pe->bytes, at + 12, 4);
        size_t off = name ? pe_offset(pe, name) : VF_NPOS;
        if (!name)
            break;
        if (off == VF_NPOS || off >= pe->bytes.n)
            out->damage = "its import table is outside of the file";
        else
            ok = add(a, &needed, text_at(pe->bytes, off));
    }
    out->needed = needed.base;
    out->n_needed = needed.n;
    return ok;
}

static bool read_pe(struct vf_native_file *out, struct vf_slice bytes, struct vf_arena *a)
{
    size_t head = (size_t)little(bytes, 60, 4), options = head + 24;
    if (head > bytes.n || bytes.n - head < 24 || little(bytes, head, 4) != 0x4550) {
        out->damage = "it ends within its header: truncated";
        return true;
    }
    struct pe pe = {.bytes = bytes,
                    .sections = options + (size_t)little(bytes, head + 20, 2),
                    .n_sections = (size_t)little(bytes, head + 6, 2)};
    bool wide = little(bytes, options, 2) == 0x20b;
    add_cpu(out, pe_cpu(little(bytes, head + 4, 2)));
    for (size_t i = 0; i < pe.n_sections; i++) {
        uint64_t n = little(bytes, pe.sections + i * 40 + 16, 4),
                 off = little(bytes, pe.sections + i * 40 + 20, 4);
        if (off > bytes.n || n > bytes.n - off)
            out->damage = "it ends before its last section: truncated";
    }
    uint64_t imports = little(bytes, options + (wide ? 120 : 104), 4);
    return out->damage || !imports || read_imports(out, &pe, imports, a);
}

bool vf_native_read(struct vf_slice bytes, struct vf_slice cpu, struct vf_arena *a,
                    struct vf_native_file *out)
{
    uint64_t magic = little(bytes, 0, 4), other = big(bytes, 0, 4);
    *out = (struct vf_native_file){.kind = VF_NATIVE_OTHER};
    if (magic == MAGIC_32 || magic == MAGIC_64) {
        out->kind = VF_NATIVE_MACHO;
        add_cpu(out, macho_cpu(little(bytes, 4, 4)));
        return read_commands(out, bytes, a);
    }
    if (other == MAGIC_FAT || other == MAGIC_FAT_64) {
        out->kind = VF_NATIVE_MACHO;
        return read_fat(out, bytes, cpu, a);
    }
    if (vf_slice_starts(bytes, VF_S("MZ"))) {
        out->kind = VF_NATIVE_PE;
        return read_pe(out, bytes, a);
    }
    if (vf_slice_starts(bytes, VF_S("\177ELF")))
        out->kind = VF_NATIVE_ELF;
    return true;
}

bool vf_native_has_cpu(const struct vf_native_file *f, struct vf_slice cpu)
{
    for (size_t i = 0; i < f->n_cpus; i++)
        if (vf_slice_eq(vf_slice_of(f->cpus[i]), cpu))
            return true;
    return false;
}
