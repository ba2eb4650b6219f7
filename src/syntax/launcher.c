/* launcher.c: see launcher.h. Formats: docs/formats.md 5.2, 5.3; "PE Format" of Microsoft for resources. */
#include "syntax/launcher.h"

#include "base/le.h"

#define END_SIZE     22u /* end of central directory record of a zip archive, without comment */
#define COMMENT_MAX  65535u
#define SHEBANG_BACK 512u /* how far in front of the archive the stub looks for its line, and more */
#define TYPE_RCDATA  10u
#define ENTRIES_MAX  256u

bool vf_path_is_windows_abs(struct vf_slice p)
{
    bool letter = p.n > 2 && ((p.p[0] >= 'a' && p.p[0] <= 'z') || (p.p[0] >= 'A' && p.p[0] <= 'Z'));
    if (letter && p.p[1] == ':' && (p.p[2] == '\\' || p.p[2] == '/'))
        return true;
    return p.n > 2 && p.p[0] == '\\' && p.p[1] == '\\';
}

/* ---- numbers at offsets; 0 behind the end ---- */

static uint32_t u32_at(struct vf_slice b, uint64_t off)
{
    return off + 4 <= b.n ? vf_le32(b.p + off) : 0;
}

static uint32_t u16_at(struct vf_slice b, uint64_t off)
{
    return off + 2 <= b.n ? (uint32_t)(unsigned char)b.p[off] | (uint32_t)(unsigned char)b.p[off + 1] << 8
                          : 0;
}

/* ---- stub, line, archive ---- */

/* Where the zip archive at the end begins; VF_NPOS: there is none. */
static size_t archive_at(struct vf_slice b)
{
    static const struct vf_slice mark = VF_S_INIT("PK\5\6");
    size_t least = b.n > END_SIZE + COMMENT_MAX ? b.n - END_SIZE - COMMENT_MAX : 0;
    for (size_t i = b.n >= END_SIZE ? b.n - END_SIZE + 1 : 0; i-- > least;) {
        if (!vf_slice_starts(vf_slice_from(b, i), mark))
            continue;
        uint64_t behind = (uint64_t)u32_at(b, i + 12) + u32_at(b, i + 16);
        return behind <= i ? i - (size_t)behind : VF_NPOS;
    }
    return VF_NPOS;
}

/* The interpreter of a `#!` line: quoted, or up to `.exe`, since blanks may be in it. */
static struct vf_slice interpreter_of(struct vf_slice line)
{
    line = vf_slice_trim(line);
    if (line.n && line.p[0] == '"') {
        size_t end = vf_slice_find_byte(line, '"', 1);
        return vf_slice_sub(line, 1, end == VF_NPOS ? line.n : end);
    }
    for (size_t i = 0; i + 4 <= line.n; i++) {
        bool ends = i + 4 == line.n || line.p[i + 4] == ' ' || line.p[i + 4] == '\t';
        if (ends && vf_slice_eq_nocase(vf_slice_sub(line, i, i + 4), VF_S(".exe")))
            return vf_slice_sub(line, 0, i + 4);
    }
    return line;
}

static struct vf_launcher read_shebang(struct vf_slice b)
{
    struct vf_launcher l = {.kind = VF_LAUNCHER_NONE};
    size_t zip = archive_at(b);
    size_t least = zip != VF_NPOS && zip > SHEBANG_BACK ? zip - SHEBANG_BACK : 0;
    for (size_t i = zip == VF_NPOS ? 0 : zip; i-- > least;) {
        if (b.p[i] != '#' || b.p[i + 1] != '!')
            continue;
        struct vf_slice line = vf_slice_sub(b, i + 2, zip);
        l.python = interpreter_of(vf_slice_sub(line, 0, vf_slice_find_byte(line, '\n', 0)));
        l.offset = (size_t)(l.python.p - b.p);
        l.kind = VF_LAUNCHER_SHEBANG;
        return l;
    }
    return l;
}

/* ---- path, length, magic at the end ---- */

static struct vf_launcher read_trailer(struct vf_slice b)
{
    static const struct vf_slice magics[] = {VF_S_INIT("UVUV"), VF_S_INIT("UVSC"), VF_S_INIT("UVPY")};
    struct vf_launcher l = {.kind = VF_LAUNCHER_NONE};
    for (size_t i = 0; i < VF_COUNT(magics) && b.n > 8; i++) {
        size_t n = u32_at(b, b.n - 8);
        if (!vf_slice_ends(b, magics[i]) || n > b.n - 8 || n > 32768)
            continue;
        l.kind = VF_LAUNCHER_TRAILER;
        l.offset = b.n - 8 - n;
        l.python = vf_slice_sub(b, l.offset, b.n - 8);
    }
    return l;
}

/* ---- resources ---- */

struct resources {
    struct vf_slice b;
    uint64_t headers, n_sections; /* of the section table */
    uint64_t base;                /* file offset of the resource directory */
};

/* File offset of an address in memory; b.n: it is in no section. */
static uint64_t file_offset(const struct resources *r, uint32_t address)
{
    for (uint64_t i = 0; i < r->n_sections; i++) {
        uint64_t h = r->headers + i * 40;
        uint32_t start = u32_at(r->b, h + 12), size = u32_at(r->b, h + 16);
        if (address >= start && address - start < size)
            return (uint64_t)u32_at(r->b, h + 20) + (address - start);
    }
    return r->b.n;
}

/* A name in UTF-16 that is ASCII: is it this one? */
static bool has_name(const struct resources *r, uint64_t off, struct vf_slice name)
{
    bool same = u16_at(r->b, off) == name.n;
    for (size_t i = 0; same && i < name.n; i++)
        same = u16_at(r->b, off + 2 + 2 * i) == (unsigned char)name.p[i];
    return same;
}

/* The entry of a directory with this number or (name.n) this name, or (neither) the first; 0: none. */
static uint32_t entry_of(const struct resources *r, uint64_t dir, uint32_t id, struct vf_slice name)
{
    uint32_t n = u16_at(r->b, dir + 12) + u16_at(r->b, dir + 14);
    for (uint32_t i = 0; i < n && i < ENTRIES_MAX; i++) {
        uint64_t e = dir + 16 + (uint64_t)i * 8;
        uint32_t key = u32_at(r->b, e);
        bool named = key & 0x80000000u;
        bool wanted =
            name.n ? named && has_name(r, r->base + (key & 0x7fffffffu), name) : !id || (!named && key == id);
        if (wanted)
            return u32_at(r->b, e + 4);
    }
    return 0;
}

static bool open_resources(struct resources *r)
{
    uint64_t pe = u32_at(r->b, 0x3c), opt = pe + 24;
    if (!vf_slice_starts(r->b, VF_S("MZ")) || u32_at(r->b, pe) != 0x4550)
        return false;
    uint64_t dirs = opt + (u16_at(r->b, opt) == 0x20b ? 112 : 96);
    r->n_sections = u16_at(r->b, pe + 6);
    r->headers = opt + u16_at(r->b, pe + 20);
    uint32_t address = u32_at(r->b, dirs + 16);
    r->base = address ? file_offset(r, address) : r->b.n;
    return r->base < r->b.n;
}

static struct vf_launcher read_resource(struct vf_slice b)
{
    struct vf_launcher l = {.kind = VF_LAUNCHER_NONE};
    struct resources r = {.b = b};
    if (!open_resources(&r))
        return l;
    uint32_t type = entry_of(&r, r.base, TYPE_RCDATA, VF_S(""));
    uint32_t name =
        type & 0x80000000u ? entry_of(&r, r.base + (type & 0x7fffffffu), 0, VF_S("UV_PYTHON_PATH")) : 0;
    uint32_t data = name & 0x80000000u ? entry_of(&r, r.base + (name & 0x7fffffffu), 0, VF_S("")) : 0;
    uint64_t off = data ? file_offset(&r, u32_at(b, r.base + data)) : b.n;
    uint32_t n = data ? u32_at(b, r.base + data + 4) : 0;
    if (off >= b.n || n > b.n - off)
        return l;
    l.kind = VF_LAUNCHER_RESOURCE;
    l.python = vf_slice_sub(b, (size_t)off, (size_t)off + n);
    l.offset = (size_t)off;
    return l;
}

struct vf_launcher vf_launcher_read(struct vf_slice bytes)
{
    if (!vf_slice_starts(bytes, VF_S("MZ")))
        return (struct vf_launcher){.kind = VF_LAUNCHER_NONE};
    struct vf_launcher l = read_trailer(bytes);
    if (l.kind == VF_LAUNCHER_NONE)
        l = read_resource(bytes);
    if (l.kind == VF_LAUNCHER_NONE)
        l = read_shebang(bytes);
    if (l.kind == VF_LAUNCHER_NONE && vf_slice_find(bytes, VF_S("-script.py"), 0) != VF_NPOS)
        l.kind = VF_LAUNCHER_SCRIPT;
    return l;
}
