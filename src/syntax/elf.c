/* elf.c: libelf over bytes in memory. Files are untrusted: libelf checks its bounds, and strings are taken by
 * its own function. */
#include "syntax/elf.h"

#include <gelf.h>
#include <string.h>

#define NEEDED_MAX 1024u
#define IDLE_MAX   256u /* a compiler makes a dozen */

struct dynamic {
    Elf *elf;
    Elf_Data *data;
    int n;          /* entries */
    size_t strings; /* section of their texts */
    uint64_t texts; /* where that begins in the file */
};

static bool keep(struct vf_arena *a, struct vf_vec *v, const char *text)
{
    struct vf_slice *s = vf_vec_push(a, v, sizeof *s);
    if (!s)
        return false;
    *s = vf_arena_dup(a, vf_slice_of(text));
    return s->p != NULL;
}

static bool entry_at(const struct dynamic *dyn, int i, GElf_Dyn *d)
{
    return i < dyn->n && gelf_getdyn(dyn->data, i, d) && d->d_tag != DT_NULL;
}

static bool is_runpath(const GElf_Dyn *d)
{
    return d->d_tag == DT_RUNPATH || d->d_tag == DT_RPATH;
}

/* Does the text of another entry begin inside [at, at+n)? Linkers let texts share their ends. */
static bool is_shared(const struct dynamic *dyn, uint64_t at, size_t n)
{
    GElf_Dyn d;
    for (int i = 0; entry_at(dyn, i, &d); i++) {
        bool text = d.d_tag == DT_NEEDED || d.d_tag == DT_SONAME || d.d_tag == DT_AUXILIARY ||
                    d.d_tag == DT_FILTER || is_runpath(&d);
        bool same = is_runpath(&d) && d.d_un.d_val == at;
        if (text && !same && d.d_un.d_val >= at && d.d_un.d_val < at + n)
            return true;
    }
    return false;
}

static bool read_entry(const struct dynamic *dyn, const GElf_Dyn *d, struct vf_arena *a,
                       struct vf_vec *needed, struct vf_elf *out)
{
    if (d->d_tag != DT_NEEDED && !is_runpath(d))
        return true;
    const char *text = elf_strptr(dyn->elf, dyn->strings, d->d_un.d_val);
    if (!text)
        return false;
    if (d->d_tag == DT_NEEDED)
        return needed->n >= NEEDED_MAX || keep(a, needed, text);
    if (d->d_tag == DT_RUNPATH || !out->runpath.p) {
        out->runpath = vf_arena_dup(a, vf_slice_of(text));
        out->runpath_off = dyn->texts + d->d_un.d_val;
        out->runpath_shared = is_shared(dyn, d->d_un.d_val, out->runpath.n);
        return out->runpath.p != NULL;
    }
    return true;
}

/* The dynamic section, where there is one. */
static bool find_dynamic(Elf *elf, struct dynamic *dyn)
{
    GElf_Shdr head, strings;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
        if (!gelf_getshdr(scn, &head) || head.sh_type != SHT_DYNAMIC || !head.sh_entsize)
            continue;
        Elf_Scn *texts = elf_getscn(elf, head.sh_link);
        *dyn = (struct dynamic){.elf = elf, .data = elf_getdata(scn, NULL), .strings = head.sh_link};
        if (!dyn->data || !texts || !gelf_getshdr(texts, &strings))
            return false;
        uint64_t n = head.sh_size / head.sh_entsize;
        dyn->n = n < INT32_MAX ? (int)n : INT32_MAX;
        dyn->texts = strings.sh_offset;
        return true;
    }
    return false;
}

static bool read_dynamic(Elf *elf, struct vf_arena *a, struct vf_elf *out)
{
    struct vf_vec needed = {0};
    struct dynamic dyn;
    GElf_Dyn d;
    if (!find_dynamic(elf, &dyn))
        return true;
    for (int i = 0; entry_at(&dyn, i, &d); i++)
        if (!read_entry(&dyn, &d, a, &needed, out))
            return false;
    out->needed = needed.base;
    out->n_needed = needed.n;
    return true;
}

/* NULL: no ELF file, or no memory (the arena says so). */
static Elf *open_copy(struct vf_slice bytes, struct vf_arena *a)
{
    if (bytes.n < EI_NIDENT || memcmp(bytes.p, ELFMAG, SELFMAG) != 0 || elf_version(EV_CURRENT) == EV_NONE)
        return NULL;
    struct vf_slice copy = vf_arena_dup(a, bytes); /* libelf wants memory that it may write to */
    Elf *elf = copy.p ? elf_memory((char *)(uintptr_t)copy.p, copy.n) : NULL;
    if (elf && elf_kind(elf) != ELF_K_ELF) {
        elf_end(elf);
        return NULL;
    }
    return elf;
}

bool vf_elf_read(struct vf_slice bytes, struct vf_arena *a, struct vf_elf *out)
{
    *out = (struct vf_elf){0};
    Elf *elf = open_copy(bytes, a);
    bool ok = elf && read_dynamic(elf, a, out);
    if (elf)
        elf_end(elf);
    if (!ok)
        *out = (struct vf_elf){0};
    return ok;
}

static bool is_idle(const char *name, const GElf_Shdr *head)
{
    static const char *const names[] = {".debug", ".zdebug", ".symtab", ".strtab"};
    if (!name || head->sh_flags & SHF_ALLOC || head->sh_type == SHT_NOBITS)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strncmp(name, names[i], strlen(names[i])))
            return true;
    return false;
}

bool vf_elf_idle(struct vf_slice bytes, struct vf_arena *a, const struct vf_elf_idle **out, size_t *n)
{
    struct vf_vec v = {0};
    size_t names;
    *out = NULL;
    *n = 0;
    Elf *elf = open_copy(bytes, a);
    if (elf && elf_getshdrstrndx(elf, &names) == 0)
        for (Elf_Scn *scn = NULL; v.n < IDLE_MAX && (scn = elf_nextscn(elf, scn));) {
            GElf_Shdr head;
            if (!gelf_getshdr(scn, &head) || !is_idle(elf_strptr(elf, names, head.sh_name), &head))
                continue;
            struct vf_elf_idle *one = vf_vec_push(a, &v, sizeof *one);
            if (one)
                *one = (struct vf_elf_idle){head.sh_offset, head.sh_size};
        }
    if (elf)
        elf_end(elf);
    *out = v.base;
    *n = v.n;
    return !a->failed;
}
