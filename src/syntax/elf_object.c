/* elf_object.c: ident, program headers, dynamic section and versions of an ELF file. Files are untrusted:
 * every offset is taken through `slice_at` or `load`, which know where the bytes end. */
#include "syntax/elf_object.h"

#include <elf.h>
#include <string.h>

enum {
    HEAD = 4096,              /* header and, nearly always, all program headers */
    SEGMENTS_MAX = 1024,      /* a linker makes a dozen */
    DYNAMIC_MAX = 64 << 10,   /* bytes */
    VERSIONS_MAX = 256 << 10, /* bytes of .gnu.version_r or .gnu.version_d */
    RECORDS_MAX = 65536,
    INTERP_MAX = 4096,
    NAME_MAX_BYTES = 8192 /* a colon list of directories may be long */
};
#define TEXTS_KEPT ((uint64_t)2 << 20) /* bytes of .dynstr; of a larger one each text is read by itself */

struct segment {
    uint32_t type;
    uint64_t off, addr, n; /* n: bytes in the file */
};

struct object {
    const struct vf_elf_bytes *bytes;
    struct vf_arena *a, scratch;
    struct vf_elf_object *out;
    bool wide, big;
    struct segment *segments;
    size_t n_segments;
    struct vf_slice dynamic, texts; /* texts: empty when they are too many to be kept */
    uint64_t texts_off, texts_n;
};

static uint64_t number(const struct object *o, struct vf_slice s, size_t at, size_t n)
{
    uint64_t v = 0;
    if (at > s.n || n > s.n - at)
        return 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = o->big ? i : n - 1 - i;
        v = v << 8 | (unsigned char)s.p[at + k];
    }
    return v;
}

/* A word of the file's class. */
static uint64_t word(const struct object *o, struct vf_slice s, size_t at)
{
    return number(o, s, at, o->wide ? 8 : 4);
}

static bool damaged(struct object *o, const char *words)
{
    o->out->damage = words;
    return false;
}

/* Up to n bytes from `off`, in scratch memory. Empty behind the end of the file. */
static struct vf_slice load(struct object *o, uint64_t off, uint64_t n)
{
    if (off >= o->bytes->size)
        return (struct vf_slice){NULL, 0};
    if (n > o->bytes->size - off)
        n = o->bytes->size - off;
    char *p = n < SIZE_MAX ? vf_arena_alloc(&o->scratch, (size_t)n + 1) : NULL;
    if (!p)
        return (struct vf_slice){NULL, 0};
    return (struct vf_slice){p, o->bytes->at(o->bytes->ctx, off, p, (size_t)n)};
}

static struct segment segment_at(const struct object *o, struct vf_slice table, size_t at)
{
    if (o->wide)
        return (struct segment){.type = (uint32_t)number(o, table, at, 4),
                                .off = number(o, table, at + 8, 8),
                                .addr = number(o, table, at + 16, 8),
                                .n = number(o, table, at + 32, 8)};
    return (struct segment){.type = (uint32_t)number(o, table, at, 4),
                            .off = number(o, table, at + 4, 4),
                            .addr = number(o, table, at + 8, 4),
                            .n = number(o, table, at + 16, 4)};
}

static bool read_segments(struct object *o, struct vf_slice head)
{
    uint64_t off = o->wide ? number(o, head, 32, 8) : number(o, head, 28, 4);
    size_t count = (size_t)number(o, head, o->wide ? 56 : 44, 2);
    size_t entry = (size_t)number(o, head, o->wide ? 54 : 42, 2);
    if (count == 0)
        return true;
    if (entry != (o->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) || count > SEGMENTS_MAX)
        return damaged(o, "its program headers have no valid size");
    struct vf_slice table = off + count * entry <= head.n && off < head.n
                                ? vf_slice_sub(head, (size_t)off, (size_t)off + count * entry)
                                : load(o, off, count * entry);
    if (table.n < count * entry)
        return damaged(o, "it ends before its program headers: truncated");
    o->segments = vf_arena_array(&o->scratch, count, sizeof *o->segments);
    if (!o->segments)
        return false;
    o->n_segments = count;
    for (size_t i = 0; i < count; i++) {
        struct segment *s = &o->segments[i];
        *s = segment_at(o, table, i * entry);
        bool used = s->type == PT_LOAD || s->type == PT_DYNAMIC || s->type == PT_INTERP;
        if (used && (s->off > o->bytes->size || s->n > o->bytes->size - s->off))
            return damaged(o, "it ends before its last segment: truncated");
        o->out->loadable = o->out->loadable || s->type == PT_LOAD;
    }
    return true;
}

static const struct segment *segment_of(const struct object *o, uint32_t type)
{
    for (size_t i = 0; i < o->n_segments; i++)
        if (o->segments[i].type == type)
            return &o->segments[i];
    return NULL;
}

/* Where an address lies in the file, and how many bytes its segment has from there. */
static bool offset_of(const struct object *o, uint64_t addr, uint64_t *off, uint64_t *room)
{
    for (size_t i = 0; i < o->n_segments; i++) {
        const struct segment *s = &o->segments[i];
        if (s->type != PT_LOAD || addr < s->addr || addr - s->addr >= s->n)
            continue;
        *off = s->off + (addr - s->addr);
        *room = s->n - (addr - s->addr);
        return true;
    }
    return false;
}

static struct vf_slice load_address(struct object *o, uint64_t addr, uint64_t most)
{
    uint64_t off, room;
    if (!offset_of(o, addr, &off, &room))
        return (struct vf_slice){NULL, 0};
    return load(o, off, room < most ? room : most);
}

/* The value of the first entry with that tag; false when there is none. */
static bool tagged(const struct object *o, uint64_t tag, uint64_t *value)
{
    size_t w = o->wide ? 8 : 4;
    for (size_t at = 0; at + 2 * w <= o->dynamic.n; at += 2 * w) {
        uint64_t t = word(o, o->dynamic, at);
        if (t == DT_NULL)
            return false;
        *value = word(o, o->dynamic, at + w);
        if (t == tag)
            return true;
    }
    return false;
}

/* A text of the string table, copied; p NULL where it lies outside, and then the file is damaged. */
static struct vf_slice text_at(struct object *o, uint64_t at)
{
    struct vf_slice all = o->texts;
    if (!all.n && at < o->texts_n) {
        uint64_t room = o->texts_n - at;
        all = load(o, o->texts_off + at, room < NAME_MAX_BYTES ? room : NAME_MAX_BYTES);
        at = 0;
    }
    size_t end = at < all.n ? vf_slice_find_byte(all, 0, (size_t)at) : VF_NPOS;
    if (end == VF_NPOS) {
        (void)damaged(o, "a name is outside its string table");
        return (struct vf_slice){NULL, 0};
    }
    return vf_arena_dup(o->a, vf_slice_sub(all, (size_t)at, end));
}

static bool read_dynamic(struct object *o)
{
    const struct segment *s = segment_of(o, PT_DYNAMIC);
    uint64_t addr, room;
    if (!s)
        return true;
    o->dynamic = load(o, s->off, s->n < DYNAMIC_MAX ? s->n : DYNAMIC_MAX);
    if (!tagged(o, DT_STRTAB, &addr) || !tagged(o, DT_STRSZ, &o->texts_n))
        return damaged(o, "its dynamic section has no string table");
    if (!offset_of(o, addr, &o->texts_off, &room) || room < o->texts_n)
        return damaged(o, "its string table is outside of the file");
    if (o->texts_n <= TEXTS_KEPT)
        o->texts = load(o, o->texts_off, o->texts_n);
    return true;
}

static bool read_text(struct object *o, uint64_t tag, struct vf_slice *out)
{
    uint64_t at;
    if (!tagged(o, tag, &at))
        return true;
    *out = text_at(o, at);
    return out->p != NULL;
}

static void note_libc(struct vf_elf_object *out, struct vf_slice name)
{
    bool musl = vf_slice_starts(name, VF_S("libc.musl-")) || vf_slice_eq(name, VF_S("libc.so"));
    bool glibc = vf_slice_eq(name, VF_S("libc.so.6")) || vf_slice_eq(name, VF_S("libpthread.so.0")) ||
                 vf_slice_eq(name, VF_S("libm.so.6")) || vf_slice_starts(name, VF_S("ld-linux"));
    if (musl)
        out->libc = VF_ELF_LIBC_MUSL;
    else if (glibc && out->libc == VF_ELF_LIBC_NONE)
        out->libc = VF_ELF_LIBC_GLIBC;
}

static bool read_needed(struct object *o)
{
    size_t w = o->wide ? 8 : 4;
    struct vf_vec v = {0};
    for (size_t at = 0; at + 2 * w <= o->dynamic.n && word(o, o->dynamic, at) != DT_NULL; at += 2 * w) {
        if (word(o, o->dynamic, at) != DT_NEEDED)
            continue;
        struct vf_slice name = text_at(o, word(o, o->dynamic, at + w));
        struct vf_slice *s = name.p ? vf_vec_push(o->a, &v, sizeof *s) : NULL;
        if (!s)
            return false;
        *s = name;
        note_libc(o->out, name);
    }
    o->out->needed = v.base;
    o->out->n_needed = v.n;
    return true;
}

/* One library's list of versions, at `at` of the table. */
static bool read_aux(struct object *o, struct vf_slice table, size_t at, size_t count,
                     struct vf_slice library, struct vf_vec *v)
{
    for (size_t i = 0; i < count && v->n < RECORDS_MAX; i++) {
        if (at > table.n || table.n - at < sizeof(Elf64_Vernaux))
            return damaged(o, "its list of required versions ends too early");
        struct vf_slice name = text_at(o, number(o, table, at + 8, 4));
        struct vf_elf_version *one = name.p ? vf_vec_push(o->a, v, sizeof *one) : NULL;
        if (!one)
            return false;
        *one = (struct vf_elf_version){library, name, (number(o, table, at + 4, 2) & VER_FLG_WEAK) != 0};
        size_t next = (size_t)number(o, table, at + 12, 4);
        if (next == 0)
            break;
        at += next;
    }
    return true;
}

static bool read_requires(struct object *o)
{
    uint64_t addr, count;
    struct vf_vec v = {0};
    if (!tagged(o, DT_VERNEED, &addr) || !tagged(o, DT_VERNEEDNUM, &count))
        return true;
    struct vf_slice table = load_address(o, addr, VERSIONS_MAX);
    size_t at = 0;
    for (uint64_t i = 0; i < count && v.n < RECORDS_MAX; i++) {
        if (at > table.n || table.n - at < sizeof(Elf64_Verneed))
            return damaged(o, "its list of required versions ends too early");
        struct vf_slice library = text_at(o, number(o, table, at + 4, 4));
        size_t aux = at + (size_t)number(o, table, at + 8, 4);
        if (!library.p || !read_aux(o, table, aux, (size_t)number(o, table, at + 2, 2), library, &v))
            return false;
        size_t next = (size_t)number(o, table, at + 12, 4);
        if (next == 0)
            break;
        at += next;
    }
    o->out->requires = v.base;
    o->out->n_requires = v.n;
    return true;
}

static bool read_defines(struct object *o)
{
    uint64_t addr, count;
    struct vf_vec v = {0};
    if (!tagged(o, DT_VERDEF, &addr) || !tagged(o, DT_VERDEFNUM, &count))
        return true;
    o->out->has_definitions = true;
    struct vf_slice table = load_address(o, addr, VERSIONS_MAX);
    size_t at = 0;
    for (uint64_t i = 0; i < count && i < RECORDS_MAX; i++) {
        if (at > table.n || table.n - at < sizeof(Elf64_Verdef))
            return damaged(o, "its list of defined versions ends too early");
        size_t aux = at + (size_t)number(o, table, at + 12, 4);
        struct vf_slice name = text_at(o, number(o, table, aux, 4));
        struct vf_slice *one = name.p ? vf_vec_push(o->a, &v, sizeof *one) : NULL;
        if (!one)
            return false;
        *one = name;
        size_t next = (size_t)number(o, table, at + 16, 4);
        if (next == 0)
            break;
        at += next;
    }
    o->out->defines = v.base;
    o->out->n_defines = v.n;
    return true;
}

static bool read_interp(struct object *o)
{
    const struct segment *s = segment_of(o, PT_INTERP);
    if (!s)
        return true;
    struct vf_slice text = load(o, s->off, s->n < INTERP_MAX ? s->n : INTERP_MAX);
    o->out->program = true;
    o->out->interp = vf_arena_dup(o->a, vf_slice_sub(text, 0, vf_slice_find_byte(text, 0, 0)));
    return o->out->interp.p != NULL;
}

static bool read_flags(struct object *o)
{
    uint64_t flags;
    o->out->no_default_dirs = tagged(o, DT_FLAGS_1, &flags) && (flags & DF_1_NODEFLIB);
    return true;
}

static bool read_texts(struct object *o)
{
    return read_text(o, DT_SONAME, &o->out->soname) && read_text(o, DT_RPATH, &o->out->rpath) &&
           read_text(o, DT_RUNPATH, &o->out->runpath);
}

static bool read_ident(struct object *o, struct vf_slice head)
{
    struct vf_elf_machine *m = &o->out->machine;
    if (head.n < EI_NIDENT)
        return damaged(o, "it ends within its header: truncated");
    if (head.p[EI_CLASS] != ELFCLASS32 && head.p[EI_CLASS] != ELFCLASS64)
        return damaged(o, "its class is neither 32 nor 64 bits");
    if (head.p[EI_DATA] != ELFDATA2LSB && head.p[EI_DATA] != ELFDATA2MSB)
        return damaged(o, "its byte order is unknown");
    o->wide = head.p[EI_CLASS] == ELFCLASS64;
    o->big = head.p[EI_DATA] == ELFDATA2MSB;
    if (head.n < (o->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
        return damaged(o, "it ends within its header: truncated");
    *m = (struct vf_elf_machine){(unsigned)number(o, head, 18, 2), o->wide ? 64 : 32, o->big};
    return true;
}

static void read_object(struct object *o)
{
    static bool (*const steps[])(struct object *) = {read_dynamic, read_texts,  read_needed, read_requires,
                                                     read_defines, read_interp, read_flags};
    struct vf_slice head = load(o, 0, HEAD);
    if (!read_ident(o, head))
        return;
    unsigned type = (unsigned)number(o, head, 16, 2);
    if (type != ET_DYN && type != ET_EXEC)
        return;
    o->out->program = type == ET_EXEC;
    bool ok = read_segments(o, head);
    for (size_t i = 0; ok && o->out->loadable && i < VF_COUNT(steps); i++)
        ok = steps[i](o);
}

/* Does the string table hold `name` as a text of its own? */
static bool has_text(struct vf_slice texts, struct vf_slice name)
{
    for (size_t at = 0; name.n && (at = vf_slice_find(texts, name, at)) != VF_NPOS; at++)
        if (at > 0 && texts.p[at - 1] == 0 && at + name.n < texts.n && texts.p[at + name.n] == 0)
            return true;
    return false;
}

bool vf_elf_is(struct vf_slice head)
{
    return head.n >= SELFMAG && memcmp(head.p, ELFMAG, SELFMAG) == 0;
}

bool vf_elf_object_read(const struct vf_elf_bytes *bytes, struct vf_slice symbol, struct vf_arena *a,
                        struct vf_elf_object *out)
{
    struct object o = {.bytes = bytes, .a = a, .out = out};
    *out = (struct vf_elf_object){0};
    vf_arena_init(&o.scratch);
    read_object(&o);
    out->has_symbol = symbol.n && (o.texts_n > TEXTS_KEPT || has_text(o.texts, symbol));
    bool ok = !o.scratch.failed && !a->failed;
    vf_arena_release(&o.scratch);
    return ok;
}

bool vf_elf_machine_eq(const struct vf_elf_machine *x, const struct vf_elf_machine *y)
{
    return x->machine == y->machine && x->bits == y->bits && x->big_endian == y->big_endian;
}

void vf_elf_machine_put(struct vf_buf *out, const struct vf_elf_machine *m)
{
    static const struct {
        unsigned machine, bits;
        const char *name;
    } names[] = {{EM_X86_64, 64, "x86-64"},
                 {EM_X86_64, 32, "x32"},
                 {EM_386, 32, "x86 (32 bits)"},
                 {EM_AARCH64, 64, "AArch64"},
                 {EM_ARM, 32, "ARM (32 bits)"},
                 {EM_PPC64, 64, "PowerPC (64 bits)"},
                 {EM_S390, 64, "S/390 (64 bits)"},
                 {EM_RISCV, 64, "RISC-V (64 bits)"},
                 {258, 64, "LoongArch"}};
    for (size_t i = 0; i < VF_COUNT(names); i++)
        if (names[i].machine == m->machine && names[i].bits == m->bits) {
            vf_buf_puts(out, names[i].name);
            if (m->machine == EM_PPC64)
                vf_buf_puts(out, m->big_endian ? ", big-endian" : ", little-endian");
            return;
        }
    vf_buf_printf(out, "machine %u, %u bits, %s-endian", m->machine, m->bits,
                  m->big_endian ? "big" : "little");
}

static const struct {
    struct vf_elf_machine machine;
    const char *arch;
} archs[] = {{{EM_X86_64, 64, false}, "x86_64"}, {{EM_AARCH64, 64, false}, "aarch64"},
             {{EM_386, 32, false}, "i686"},      {{EM_ARM, 32, false}, "armv7l"},
             {{EM_ARM, 32, false}, "armv8l"},    {{EM_PPC64, 64, false}, "ppc64le"},
             {{EM_PPC64, 64, true}, "ppc64"},    {{EM_S390, 64, true}, "s390x"},
             {{EM_RISCV, 64, false}, "riscv64"}, {{258, 64, false}, "loongarch64"}};

const char *vf_elf_machine_arch(const struct vf_elf_machine *m)
{
    for (size_t i = 0; i < VF_COUNT(archs); i++)
        if (vf_elf_machine_eq(&archs[i].machine, m))
            return archs[i].arch;
    return NULL;
}

bool vf_elf_machine_of(struct vf_slice arch, struct vf_elf_machine *out)
{
    *out = (struct vf_elf_machine){0};
    for (size_t i = 0; i < VF_COUNT(archs); i++)
        if (vf_slice_eq(arch, vf_slice_of(archs[i].arch))) {
            *out = archs[i].machine;
            return true;
        }
    return false;
}

const char *vf_elf_libc_name(enum vf_elf_libc c)
{
    static const char *const names[] = {"no libc", "glibc", "musl"};
    return names[c];
}
